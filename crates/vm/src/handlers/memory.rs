//! Loads and stores through a pointer and an offset. A nil pointer faults.

use golite_runtime::NativeResult;

use super::fault;
use crate::operands;
use crate::regs::{Flow, Regs, load, store};
use crate::vm::Vm;

/// The address `ptr + offset`, unless `ptr` is nil.
macro_rules! address {
    ($s:ident, $ptr:expr, $offset:expr) => {{
        let ptr = $s.get($ptr);
        if ptr == 0 {
            return Flow::Slow(fault::nil);
        }
        ptr + u64::from($offset)
    }};
}

flow! {
    load_i8(s, o: LoadI8) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, i64::from(load::<i8>(at)) as u64);
        Flow::Next
    }
    load_i16(s, o: LoadI16) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, i64::from(load::<i16>(at)) as u64);
        Flow::Next
    }
    load_i32(s, o: LoadI32) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, i64::from(load::<i32>(at)) as u64);
        Flow::Next
    }
    load_u8(s, o: LoadU8) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, u64::from(load::<u8>(at)));
        Flow::Next
    }
    load_u16(s, o: LoadU16) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, u64::from(load::<u16>(at)));
        Flow::Next
    }
    load_u32(s, o: LoadU32) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, u64::from(load::<u32>(at)));
        Flow::Next
    }
    load_64(s, o: Load64) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, load::<u64>(at));
        Flow::Next
    }
    add_load(s, o: AddLoad) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, s.get(o.lhs).wrapping_add(load(at)));
        Flow::Next
    }
    sub_load(s, o: SubLoad) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, s.get(o.lhs).wrapping_sub(load(at)));
        Flow::Next
    }
    add_load_f64(s, o: AddLoadF64) {
        let at = address!(s, o.ptr, o.offset);
        s.set_f64(o.dst, s.f64(o.lhs) + load::<f64>(at));
        Flow::Next
    }
    sub_load_f64(s, o: SubLoadF64) {
        let at = address!(s, o.ptr, o.offset);
        s.set_f64(o.dst, s.f64(o.lhs) - load::<f64>(at));
        Flow::Next
    }
    mul_load_f64(s, o: MulLoadF64) {
        let at = address!(s, o.ptr, o.offset);
        s.set_f64(o.dst, s.f64(o.lhs) * load::<f64>(at));
        Flow::Next
    }
    load_ptr(s, o: LoadPtr) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, load::<u64>(at));
        Flow::Next
    }
    load_str(s, o: LoadStr) {
        let at = address!(s, o.ptr, o.offset);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    load_slice(s, o: LoadSlice) {
        let at = address!(s, o.ptr, o.offset);
        s.set_triple(o.dst, load_triple(at));
        Flow::Next
    }
    load_iface(s, o: LoadIface) {
        let at = address!(s, o.ptr, o.offset);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    store_8(s, o: Store8) {
        let at = address!(s, o.ptr, o.offset);
        store(at, s.get(o.src) as u8);
        Flow::Next
    }
    store_16(s, o: Store16) {
        let at = address!(s, o.ptr, o.offset);
        store(at, s.get(o.src) as u16);
        Flow::Next
    }
    store_32(s, o: Store32) {
        let at = address!(s, o.ptr, o.offset);
        store(at, s.get(o.src) as u32);
        Flow::Next
    }
    store_64(s, o: Store64) {
        let at = address!(s, o.ptr, o.offset);
        store(at, s.get(o.src));
        Flow::Next
    }
    field_add_imm(s, o: FieldAddImm) {
        let at = address!(s, o.ptr, o.offset);
        store(at, load::<u64>(at).wrapping_add(i64::from(o.imm) as u64));
        Flow::Next
    }
    field_add(s, o: FieldAdd) {
        let at = address!(s, o.ptr, o.offset);
        store(at, load::<u64>(at).wrapping_add(s.get(o.src)));
        Flow::Next
    }
    field_add_f64(s, o: FieldAddF64) {
        let at = address!(s, o.ptr, o.offset);
        store(at, load::<f64>(at) + s.f64(o.src));
        Flow::Next
    }
    field_mul_add_f64(s, o: FieldMulAddF64) {
        let at = address!(s, o.ptr, o.offset);
        store(at, load::<f64>(at) + s.f64(o.x) * s.f64(o.y));
        Flow::Next
    }
    field_mul_rsub_f64(s, o: FieldMulRsubF64) {
        let at = address!(s, o.ptr, o.offset);
        store(at, load::<f64>(at) - s.f64(o.x) * s.f64(o.y));
        Flow::Next
    }
    store_ptr(s, o: StorePtr) {
        let at = address!(s, o.ptr, o.offset);
        store(at, s.get(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    store_str(s, o: StoreStr) {
        let at = address!(s, o.ptr, o.offset);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    store_slice(s, o: StoreSlice) {
        let at = address!(s, o.ptr, o.offset);
        store_triple(at, s.triple(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    store_iface(s, o: StoreIface) {
        let at = address!(s, o.ptr, o.offset);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    init_ptr(s, o: InitPtr) {
        let at = address!(s, o.ptr, o.offset);
        store(at, s.get(o.src));
        Flow::Next
    }
    init_str(s, o: InitStr) {
        let at = address!(s, o.ptr, o.offset);
        store_pair(at, s.pair(o.src));
        Flow::Next
    }
    init_slice(s, o: InitSlice) {
        let at = address!(s, o.ptr, o.offset);
        store_triple(at, s.triple(o.src));
        Flow::Next
    }
    init_iface(s, o: InitIface) {
        let at = address!(s, o.ptr, o.offset);
        store_pair(at, s.pair(o.src));
        Flow::Next
    }
    field_addr(s, o: FieldAddr) {
        let at = address!(s, o.ptr, o.offset);
        s.set(o.dst, at);
        Flow::Next
    }
    nil_check(s, o: NilCheck) {
        if s.get(o.ptr) == 0 { Flow::Slow(fault::nil) } else { Flow::Next }
    }
}

/// Two words of memory: a string, an interface.
#[inline(always)]
pub(super) fn load_pair(at: u64) -> (u64, u64) {
    (load(at), load(at + 8))
}

/// Three words of memory: a slice.
#[inline(always)]
pub(super) fn load_triple(at: u64) -> (u64, u64, u64) {
    (load(at), load(at + 8), load(at + 16))
}

/// Writes two words. The barrier is the caller's.
#[inline(always)]
pub(super) fn store_pair(at: u64, (a, b): (u64, u64)) {
    store(at, a);
    store(at + 8, b);
}

/// Writes three words. The barrier is the caller's.
#[inline(always)]
pub(super) fn store_triple(at: u64, (a, b, c): (u64, u64, u64)) {
    store(at, a);
    store(at + 8, b);
    store(at + 16, c);
}

warm! {
    load_val(vm, o: LoadVal) {
        let at = vm.not_nil_at(o.ptr, u64::from(o.offset))?;
        vm.load_value(o.dst, at, o.ty);
    }
    store_val(vm, o: StoreVal) {
        let at = vm.not_nil_at(o.ptr, u64::from(o.offset))?;
        vm.store_value(at, o.src, o.ty)?;
    }
    copy_mem(vm, o: CopyMem) {
        let (to, from) = (vm.not_nil(o.dst)?, vm.not_nil(o.src)?);
        if vm.rt.ty(o.ty).is_long() {
            return copy_long(vm);
        }
        vm.rt.copy_memory(from, to, o.ty, 1)?;
    }
    zero_mem(vm, o: ZeroMem) {
        let at = vm.not_nil(o.ptr)?;
        if vm.rt.ty(o.ty).is_long() {
            return zero_long(vm);
        }
        vm.rt.zero_memory(at, o.ty, 1)?;
    }
}

/// `copy.mem` of a large value. By itself, so that small ones need no more registers for it.
#[cold]
#[inline(never)]
fn copy_long(vm: &mut Vm) -> NativeResult {
    let o = vm.operands::<operands::CopyMem>();
    vm.rt.copy_memory(vm.get(o.src), vm.get(o.dst), o.ty, 1)
}

/// `zero.mem` of a large value.
#[cold]
#[inline(never)]
fn zero_long(vm: &mut Vm) -> NativeResult {
    let o = vm.operands::<operands::ZeroMem>();
    vm.rt.zero_memory(vm.get(o.ptr), o.ty, 1)
}
