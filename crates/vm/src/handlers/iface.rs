//! Interfaces: making them, opening them, type tests.

use golite_runtime::{NativeResult, slot};

use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

plain! {
    iface_num(s, o: IfaceNum) { s.set_pair(o.dst, (slot::type_word(o.ty, false), s.get(o.src))); }
    iface_ptr(s, o: IfacePtr) { s.set_pair(o.dst, (slot::type_word(o.ty, true), s.get(o.src))); }
    data_num(s, o: DataNum) {
        let (word, data) = s.pair(o.src);
        debug_assert!(!slot::holds_pointer(word), "a checked access to a pointer as number");
        s.set(o.dst, data);
    }
    data_ptr(s, o: DataPtr) {
        let (word, data) = s.pair(o.src);
        debug_assert!(slot::holds_pointer(word), "a checked access to a number as pointer");
        s.set(o.dst, data);
    }
    is_type(s, o: IsType) { s.set(o.dst, u64::from(s.get(o.src) >> 1 == u64::from(o.ty.0))); }
}

flow! {
    assert_type(s, o: AssertType) {
        if s.get(o.src) >> 1 == u64::from(o.ty.0) { Flow::Next } else { Flow::Slow(assertion_fails) }
    }
}

fn assertion_fails(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::AssertType>();
    match vm.rt.assert_type(vm.get(o.src), o.ty, o.from) {
        Ok(()) => vm.advance::<operands::AssertType>(),
        Err(trap) => vm.trap(trap),
    }
}

warm! {
    iface_box(vm, o: IfaceBox) {
        vm.safepoint();
        let (word, data) = vm.box_value(o.src, o.ty)?;
        vm.set_pair(o.dst, (word, data));
    }
    assert_iface(vm, o: AssertIface) {
        let src = vm.pair(o.src);
        vm.rt.assert_iface(src.0, o.ty, o.from)?;
        vm.set_pair(o.dst, src);
    }
    implements(vm, o: Implements) {
        let answer = vm.implements(vm.get(o.src), o.ty);
        vm.set(o.dst, u64::from(answer));
    }
}
