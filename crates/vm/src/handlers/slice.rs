//! Slicing, appending, copying.

use golite_bytecode::Reg;
use golite_runtime::slice::Slice;
use golite_runtime::{NativeResult, golite_gc::Addr};

use super::memory::store_pair;
use crate::operands;
use crate::regs::{Flow, Regs, store};
use crate::vm::Vm;

/// A bound, or what stands for it when it is absent.
#[inline(always)]
fn bound(vm: &Vm, reg: Reg, absent: u64) -> u64 {
    if reg == Reg::NONE { absent } else { vm.get(reg) }
}

fn slice_of(vm: &Vm, reg: Reg) -> Slice {
    Slice { addr: vm.get(reg), len: vm.get(reg.plus(1)), cap: vm.get(reg.plus(2)) }
}

#[inline(always)]
fn fast_bound(s: &Regs, reg: Reg, absent: u64) -> u64 {
    if reg == Reg::NONE { absent } else { s.get(reg) }
}

flow! {
    slice_slice(s, o: SliceSlice) {
        let (addr, len, cap) = s.triple(o.s);
        let (lo, hi) = (fast_bound(s, o.lo, 0), fast_bound(s, o.hi, len));
        let max = fast_bound(s, o.max, cap);
        if max > cap || hi > max || lo > hi {
            return Flow::Slow(slice_fails);
        }
        let addr = if max == lo { addr } else { addr + lo * u64::from(o.size) };
        s.set_triple(o.dst, (addr, hi - lo, max - lo));
        Flow::Next
    }
    slice_str(s, o: SliceStr) {
        let (addr, len) = s.pair(o.s);
        let (lo, hi) = (fast_bound(s, o.lo, 0), fast_bound(s, o.hi, len));
        if hi > len || lo > hi {
            return Flow::Slow(slice_str_fails);
        }
        let addr = if lo == hi { addr } else { addr + lo };
        s.set_pair(o.dst, (addr, hi - lo));
        Flow::Next
    }
    slice_to_array(s, o: SliceToArray) {
        let (addr, len, _) = s.triple(o.s);
        if len < u64::from(o.len) {
            return Flow::Slow(slice_to_array_fails);
        }
        s.set(o.dst, addr);
        Flow::Next
    }
    append_8(s, o: Append8) {
        let (addr, len, cap) = s.triple(o.s);
        if len == cap {
            return Flow::Slow(append_8_grows);
        }
        store(addr + len, s.get(o.src) as u8);
        s.set_triple(o.dst, (addr, len + 1, cap));
        Flow::Next
    }
    append_32(s, o: Append32) {
        let (addr, len, cap) = s.triple(o.s);
        if len == cap {
            return Flow::Slow(append_32_grows);
        }
        store(addr + 4 * len, s.get(o.src) as u32);
        s.set_triple(o.dst, (addr, len + 1, cap));
        Flow::Next
    }
    append_64(s, o: Append64) {
        let (addr, len, cap) = s.triple(o.s);
        if len == cap {
            return Flow::Slow(append_64_grows);
        }
        store(addr + 8 * len, s.get(o.src));
        s.set_triple(o.dst, (addr, len + 1, cap));
        Flow::Next
    }
    append_ptr(s, o: AppendPtr) {
        let (addr, len, cap) = s.triple(o.s);
        if len == cap {
            return Flow::Slow(append_ptr_grows);
        }
        let at = addr + 8 * len;
        store(at, s.get(o.src));
        s.vm().rt.heap.write_barrier(at);
        s.set_triple(o.dst, (addr, len + 1, cap));
        Flow::Next
    }
    append_str(s, o: AppendStr) {
        let (addr, len, cap) = s.triple(o.s);
        if len == cap {
            return Flow::Slow(append_str_grows);
        }
        append_pair_here(s, o.dst, o.src, (addr, len, cap))
    }
    append_iface(s, o: AppendIface) {
        let (addr, len, cap) = s.triple(o.s);
        if len == cap {
            return Flow::Slow(append_iface_grows);
        }
        append_pair_here(s, o.dst, o.src, (addr, len, cap))
    }
}

#[inline(always)]
fn append_pair_here(s: &mut Regs, dst: Reg, src: Reg, (addr, len, cap): (Addr, u64, u64)) -> Flow {
    let at = addr + 16 * len;
    store_pair(at, s.pair(src));
    s.vm().rt.heap.write_barrier(at);
    s.set_triple(dst, (addr, len + 1, cap));
    Flow::Next
}

fn slice_to_array_fails(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::SliceToArray>();
    let len = vm.get(o.s.plus(1));
    let trap = vm.rt.raise_slice_to_array(len, u64::from(o.len));
    vm.trap(trap)
}

/// Cold halves: the same by the runtime, which grows or panics.
macro_rules! cold {
    ($($name:ident($vm:ident, $o:ident: $op:ident) $body:block)*) => {$(
        fn $name(vm: &mut Vm) -> bool {
            fn body($vm: &mut Vm, $o: operands::$op) -> NativeResult {
                $body
                Ok(())
            }
            let operands = vm.operands::<operands::$op>();
            match body(vm, operands) {
                Ok(()) => vm.advance::<operands::$op>(),
                Err(trap) => vm.trap(trap),
            }
        }
    )*};
}

cold! {
    slice_fails(vm, o: SliceSlice) {
        let slice = slice_of(vm, o.s);
        let max = (o.max != Reg::NONE).then(|| vm.get(o.max));
        let (lo, hi) = (bound(vm, o.lo, 0), bound(vm, o.hi, slice.len));
        vm.rt.unsigned_bounds = vm.unsigned_bounds();
        let slice = vm.rt.slice_slice(slice, lo, hi, max, u64::from(o.size))?;
        vm.set_slice(o.dst, slice);
    }
    slice_str_fails(vm, o: SliceStr) {
        let text = vm.pair(o.s);
        let (lo, hi) = (bound(vm, o.lo, 0), bound(vm, o.hi, text.1));
        vm.rt.unsigned_bounds = vm.unsigned_bounds();
        let text = vm.rt.slice_string(text, lo, hi)?;
        vm.set_pair(o.dst, text);
    }
    append_8_grows(vm, o: Append8) {
        vm.safepoint();
        let slice = vm.rt.append_8(slice_of(vm, o.s), vm.get(o.src), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_32_grows(vm, o: Append32) {
        vm.safepoint();
        let slice = vm.rt.append_32(slice_of(vm, o.s), vm.get(o.src), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_64_grows(vm, o: Append64) {
        vm.safepoint();
        let slice = vm.rt.append_64(slice_of(vm, o.s), vm.get(o.src), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_ptr_grows(vm, o: AppendPtr) {
        vm.safepoint();
        let slice = vm.rt.append_ptr(slice_of(vm, o.s), vm.get(o.src), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_str_grows(vm, o: AppendStr) {
        vm.safepoint();
        let slice = vm.rt.append_pair(slice_of(vm, o.s), vm.pair(o.src), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_iface_grows(vm, o: AppendIface) {
        vm.safepoint();
        let slice = vm.rt.append_pair(slice_of(vm, o.s), vm.pair(o.src), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
}

warm! {
    slice_array(vm, o: SliceArray) {
        let addr = vm.not_nil(o.ptr)?;
        let (len, size) = vm.array_shape(o.ty);
        let max = (o.max != Reg::NONE).then(|| vm.get(o.max));
        let (lo, hi) = (bound(vm, o.lo, 0), bound(vm, o.hi, len));
        let slice = match vm.rt.slice_array((addr, len), lo, hi, max, size) {
            Ok(slice) => slice,
            Err(_) => {
                // Once more, for the text.
                vm.rt.unsigned_bounds = vm.unsigned_bounds();
                vm.rt.slice_array((addr, len), lo, hi, max, size)?
            }
        };
        vm.set_slice(o.dst, slice);
    }
    append_val(vm, o: AppendVal) {
        vm.safepoint();
        let slice = vm.append_value(slice_of(vm, o.s), o.src, o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_extend(vm, o: AppendExtend) {
        vm.safepoint();
        let slice = vm.rt.append_extend(slice_of(vm, o.s), u64::from(o.count), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    append_slice(vm, o: AppendSlice) {
        vm.safepoint();
        let slice = vm.rt.append_slice(slice_of(vm, o.s), vm.pair(o.tail), o.elem)?;
        vm.set_slice(o.dst, slice);
    }
    copy_slice(vm, o: CopySlice) {
        let count = vm.rt.copy_slice(vm.pair(o.to), vm.pair(o.from), o.elem)?;
        vm.set(o.dst, count);
    }
    clear_slice(vm, o: ClearSlice) {
        let (addr, len) = vm.pair(o.s);
        vm.rt.zero_memory(addr, o.elem, len)?;
    }
}
