//! Allocation. Each of these is a safepoint before it does its work: what it allocates is then fresh
//! until the next one, and may be filled without write barrier.

use golite_bytecode::Reg;
use golite_runtime::{NativeResult, chan};

use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

/// The number in a register that may be absent.
fn optional(vm: &Vm, reg: Reg) -> Option<u64> {
    (reg != Reg::NONE).then(|| vm.get(reg))
}

warm! {
    alloc(vm, o: Alloc) {
        vm.safepoint();
        let addr = vm.rt.alloc(o.ty)?;
        vm.set(o.dst, addr);
    }
    make_slice(vm, o: MakeSlice) {
        vm.safepoint();
        let len = vm.get(o.len);
        let cap = optional(vm, o.cap).unwrap_or(len);
        let slice = vm.rt.make_slice(o.elem, len, cap)?;
        vm.set_slice(o.dst, slice);
    }
    make_map(vm, o: MakeMap) {
        vm.safepoint();
        let hint = optional(vm, o.hint).unwrap_or(0);
        let map = vm.rt.make_map(o.ty, hint as i64)?;
        vm.set(o.dst, map);
    }
    make_chan(vm, o: MakeChan) {
        vm.safepoint();
        let size = optional(vm, o.size).unwrap_or(0);
        let elem = vm.chan_elem(o.ty);
        let ch = chan::make(&mut vm.rt, elem, size as i64)?;
        vm.set(o.dst, ch);
    }
    closure(vm, o: Closure) {
        vm.safepoint();
        let closure = vm.rt.new_closure(o.func)?;
        vm.set(o.dst, closure);
    }
    func_value(vm, o: FuncValue) {
        let value = vm.rt.func_value(o.func)?;
        vm.set(o.dst, value);
    }
}
