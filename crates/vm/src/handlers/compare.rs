//! Comparisons into a boolean.

use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;
use golite_runtime::NativeResult;

plain! {
    eq(s, o: Eq) { s.set(o.dst, u64::from(s.get(o.lhs) == s.get(o.rhs))); }
    ne(s, o: Ne) { s.set(o.dst, u64::from(s.get(o.lhs) != s.get(o.rhs))); }
    lt(s, o: Lt) { s.set(o.dst, u64::from(s.int(o.lhs) < s.int(o.rhs))); }
    le(s, o: Le) { s.set(o.dst, u64::from(s.int(o.lhs) <= s.int(o.rhs))); }
    lt_u(s, o: LtU) { s.set(o.dst, u64::from(s.get(o.lhs) < s.get(o.rhs))); }
    le_u(s, o: LeU) { s.set(o.dst, u64::from(s.get(o.lhs) <= s.get(o.rhs))); }
    eq_f64(s, o: EqF64) { s.set(o.dst, u64::from(s.f64(o.lhs) == s.f64(o.rhs))); }
    ne_f64(s, o: NeF64) { s.set(o.dst, u64::from(s.f64(o.lhs) != s.f64(o.rhs))); }
    lt_f64(s, o: LtF64) { s.set(o.dst, u64::from(s.f64(o.lhs) < s.f64(o.rhs))); }
    le_f64(s, o: LeF64) { s.set(o.dst, u64::from(s.f64(o.lhs) <= s.f64(o.rhs))); }
    eq_f32(s, o: EqF32) { s.set(o.dst, u64::from(s.f32(o.lhs) == s.f32(o.rhs))); }
    ne_f32(s, o: NeF32) { s.set(o.dst, u64::from(s.f32(o.lhs) != s.f32(o.rhs))); }
    lt_f32(s, o: LtF32) { s.set(o.dst, u64::from(s.f32(o.lhs) < s.f32(o.rhs))); }
    le_f32(s, o: LeF32) { s.set(o.dst, u64::from(s.f32(o.lhs) <= s.f32(o.rhs))); }
    not_bool(s, o: NotBool) { s.set(o.dst, s.get(o.src) ^ 1); }
}

flow! {
    eq_str(s, o: EqStr) {
        let (lhs, rhs) = (s.pair(o.lhs), s.pair(o.rhs));
        if lhs.1 != rhs.1 || lhs.0 == rhs.0 {
            s.set(o.dst, u64::from(lhs.1 == rhs.1));
            return Flow::Next;
        }
        Flow::Slow(compare_bytes)
    }
}

/// `eq.str` of strings of one length.
fn compare_bytes(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::EqStr>();
    let (lhs, rhs) = (vm.pair(o.lhs), vm.pair(o.rhs));
    match vm.rt.equal_strings(lhs, rhs) {
        Ok(equal) => {
            vm.set(o.dst, u64::from(equal));
            vm.advance::<operands::EqStr>()
        }
        Err(trap) => vm.trap(trap),
    }
}

warm! {
    lt_str(vm, o: LtStr) {
        let (lhs, rhs) = (vm.pair(o.lhs), vm.pair(o.rhs));
        let less = vm.rt.compare_strings(lhs, rhs)?.is_lt();
        vm.set(o.dst, u64::from(less));
    }
    le_str(vm, o: LeStr) {
        let (lhs, rhs) = (vm.pair(o.lhs), vm.pair(o.rhs));
        let at_most = vm.rt.compare_strings(lhs, rhs)?.is_le();
        vm.set(o.dst, u64::from(at_most));
    }
    eq_iface(vm, o: EqIface) {
        let (lhs, rhs) = (vm.pair(o.lhs), vm.pair(o.rhs));
        let equal = vm.rt.equal_ifaces(lhs, rhs)?;
        vm.set(o.dst, u64::from(equal));
    }
    eq_mem(vm, o: EqMem) {
        let (lhs, rhs) = (vm.not_nil(o.lhs)?, vm.not_nil(o.rhs)?);
        let equal = vm.rt.equal_memory(lhs, rhs, o.ty)?;
        vm.set(o.dst, u64::from(equal));
    }
}
