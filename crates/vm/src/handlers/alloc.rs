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

flow! {
    alloc(s, o: Alloc) {
        match s.vm().alloc_fast(o.ty) {
            Some(addr) => s.set(o.dst, addr),
            None => return Flow::Slow(alloc_slowly),
        }
        Flow::Next
    }
    closure(s, o: Closure) {
        match s.vm().closure_fast(o.func) {
            Some(closure) => s.set(o.dst, closure),
            None => return Flow::Slow(closure_slowly),
        }
        Flow::Next
    }
}

/// `new` by way of a collection, for large values and for those without size.
fn alloc_slowly(vm: &mut Vm) -> bool {
    vm.safepoint();
    let o = vm.operands::<operands::Alloc>();
    match vm.rt.alloc(o.ty) {
        Ok(addr) => {
            vm.set(o.dst, addr);
            vm.advance::<operands::Alloc>()
        }
        Err(trap) => vm.trap(trap),
    }
}

/// As `alloc_slowly`, for a closure.
fn closure_slowly(vm: &mut Vm) -> bool {
    vm.safepoint();
    let o = vm.operands::<operands::Closure>();
    match vm.rt.new_closure(o.func) {
        Ok(closure) => {
            vm.set(o.dst, closure);
            vm.advance::<operands::Closure>()
        }
        Err(trap) => vm.trap(trap),
    }
}

warm! {
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
        if vm.config.origins || vm.config.explain {
            vm.note_made(ch);
        }
    }
    func_value(vm, o: FuncValue) {
        let value = vm.rt.func_value(o.func)?;
        vm.set(o.dst, value);
    }
}
