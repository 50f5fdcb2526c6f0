//! Elements of slices, strings and arrays, bounds checked.
//!
//! An index is compared as unsigned number, so that negative ones are out of range too.

use super::fault;
use super::memory::{load_pair, load_triple, store_pair, store_triple};
use crate::operands;
use crate::regs::{Flow, Regs, load, store};

/// The address of element `idx` of `size` bytes in the slice or string at `view`.
macro_rules! element {
    ($s:ident, $view:expr, $idx:expr, $size:expr) => {{
        let (idx, (base, len)) = ($s.get($idx), $s.pair($view));
        if idx >= len {
            return Flow::Slow(fault::index);
        }
        base + idx * u64::from($size)
    }};
}

/// The address of element `idx` of `size` bytes in the slice that is element `row` of the one at `rows`.
macro_rules! row_element {
    ($s:ident, $rows:expr, $row:expr, $idx:expr, $size:expr) => {{
        let (row, (rows, count)) = ($s.get($row), $s.pair($rows));
        if row >= count {
            return Flow::Slow(fault::row);
        }
        let (idx, (base, len)) = ($s.get($idx), load_pair(rows + row * 24));
        if idx >= len {
            return Flow::Slow(fault::row_index);
        }
        base + idx * u64::from($size)
    }};
}

/// The address of element `idx` of `size` bytes in the array of `len` at `ptr`.
macro_rules! array_element {
    ($s:ident, $ptr:expr, $idx:expr, $len:expr, $size:expr) => {{
        let (idx, base) = ($s.get($idx), $s.get($ptr));
        if base == 0 {
            return Flow::Slow(fault::nil);
        }
        if idx >= u64::from($len) {
            return Flow::Slow(fault::index);
        }
        base + idx * u64::from($size)
    }};
}

/// Exchanges two elements.
#[inline(always)]
fn swap<T: Copy>(at: u64, other: u64) {
    let value = load::<T>(at);
    store(at, load::<T>(other));
    store(other, value);
}

flow! {
    index_i8(s, o: IndexI8) {
        let at = element!(s, o.s, o.idx, 1u8);
        s.set(o.dst, i64::from(load::<i8>(at)) as u64);
        Flow::Next
    }
    index_i16(s, o: IndexI16) {
        let at = element!(s, o.s, o.idx, 2u8);
        s.set(o.dst, i64::from(load::<i16>(at)) as u64);
        Flow::Next
    }
    index_i32(s, o: IndexI32) {
        let at = element!(s, o.s, o.idx, 4u8);
        s.set(o.dst, i64::from(load::<i32>(at)) as u64);
        Flow::Next
    }
    index_u8(s, o: IndexU8) {
        let at = element!(s, o.s, o.idx, 1u8);
        s.set(o.dst, u64::from(load::<u8>(at)));
        Flow::Next
    }
    index_u16(s, o: IndexU16) {
        let at = element!(s, o.s, o.idx, 2u8);
        s.set(o.dst, u64::from(load::<u16>(at)));
        Flow::Next
    }
    index_u32(s, o: IndexU32) {
        let at = element!(s, o.s, o.idx, 4u8);
        s.set(o.dst, u64::from(load::<u32>(at)));
        Flow::Next
    }
    index_64(s, o: Index64) {
        let at = element!(s, o.s, o.idx, 8u8);
        s.set(o.dst, load(at));
        Flow::Next
    }
    index_ptr(s, o: IndexPtr) {
        let at = element!(s, o.s, o.idx, 8u8);
        s.set(o.dst, load(at));
        Flow::Next
    }
    index_str(s, o: IndexStr) {
        let at = element!(s, o.s, o.idx, 16u8);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    index_slice(s, o: IndexSlice) {
        let at = element!(s, o.s, o.idx, 24u8);
        s.set_triple(o.dst, load_triple(at));
        Flow::Next
    }
    index_iface(s, o: IndexIface) {
        let at = element!(s, o.s, o.idx, 16u8);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    add_index(s, o: AddIndex) {
        let at = element!(s, o.s, o.idx, 8u8);
        s.set(o.dst, s.get(o.lhs).wrapping_add(load(at)));
        Flow::Next
    }
    add_index_f64(s, o: AddIndexF64) {
        let at = element!(s, o.s, o.idx, 8u8);
        s.set_f64(o.dst, s.f64(o.lhs) + load::<f64>(at));
        Flow::Next
    }
    index_row_u8(s, o: IndexRowU8) {
        let at = row_element!(s, o.s, o.row, o.idx, 1u8);
        s.set(o.dst, u64::from(load::<u8>(at)));
        Flow::Next
    }
    index_row_64(s, o: IndexRow64) {
        let at = row_element!(s, o.s, o.row, o.idx, 8u8);
        s.set(o.dst, load(at));
        Flow::Next
    }
    set_row_8(s, o: SetRow8) {
        let at = row_element!(s, o.s, o.row, o.idx, 1u8);
        store(at, s.get(o.src) as u8);
        Flow::Next
    }
    set_row_64(s, o: SetRow64) {
        let at = row_element!(s, o.s, o.row, o.idx, 8u8);
        store(at, s.get(o.src));
        Flow::Next
    }
    swap_num(s, o: SwapNum) {
        let (idx, other, (base, len)) = (s.get(o.idx), s.get(o.other), s.pair(o.s));
        if idx >= len {
            return Flow::Slow(fault::first_index);
        }
        if other >= len {
            return Flow::Slow(fault::other_index);
        }
        let size = u64::from(o.size);
        let (at, other) = (base + idx * size, base + other * size);
        match o.size {
            8 => swap::<u64>(at, other),
            4 => swap::<u32>(at, other),
            2 => swap::<u16>(at, other),
            _ => swap::<u8>(at, other),
        }
        Flow::Next
    }
    set_8(s, o: Set8) {
        let at = element!(s, o.s, o.idx, 1u8);
        store(at, s.get(o.src) as u8);
        Flow::Next
    }
    set_16(s, o: Set16) {
        let at = element!(s, o.s, o.idx, 2u8);
        store(at, s.get(o.src) as u16);
        Flow::Next
    }
    set_32(s, o: Set32) {
        let at = element!(s, o.s, o.idx, 4u8);
        store(at, s.get(o.src) as u32);
        Flow::Next
    }
    set_64(s, o: Set64) {
        let at = element!(s, o.s, o.idx, 8u8);
        store(at, s.get(o.src));
        Flow::Next
    }
    elem_add_imm(s, o: ElemAddImm) {
        let at = element!(s, o.s, o.idx, 8u8);
        store(at, load::<u64>(at).wrapping_add(i64::from(o.imm) as u64));
        Flow::Next
    }
    elem_add(s, o: ElemAdd) {
        let at = element!(s, o.s, o.idx, 8u8);
        store(at, load::<u64>(at).wrapping_add(s.get(o.src)));
        Flow::Next
    }
    elem_add_f64(s, o: ElemAddF64) {
        let at = element!(s, o.s, o.idx, 8u8);
        store(at, load::<f64>(at) + s.f64(o.src));
        Flow::Next
    }
    set_ptr(s, o: SetPtr) {
        let at = element!(s, o.s, o.idx, 8u8);
        store(at, s.get(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    set_str(s, o: SetStr) {
        let at = element!(s, o.s, o.idx, 16u8);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    set_slice(s, o: SetSlice) {
        let at = element!(s, o.s, o.idx, 24u8);
        store_triple(at, s.triple(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    set_iface(s, o: SetIface) {
        let at = element!(s, o.s, o.idx, 16u8);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    index_field_i32(s, o: IndexFieldI32) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set(o.dst, i64::from(load::<i32>(at)) as u64);
        Flow::Next
    }
    index_field_u8(s, o: IndexFieldU8) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set(o.dst, u64::from(load::<u8>(at)));
        Flow::Next
    }
    index_field_u32(s, o: IndexFieldU32) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set(o.dst, u64::from(load::<u32>(at)));
        Flow::Next
    }
    index_field_64(s, o: IndexField64) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set(o.dst, load(at));
        Flow::Next
    }
    index_field_ptr(s, o: IndexFieldPtr) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set(o.dst, load(at));
        Flow::Next
    }
    index_field_str(s, o: IndexFieldStr) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    index_field_slice(s, o: IndexFieldSlice) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set_triple(o.dst, load_triple(at));
        Flow::Next
    }
    index_field_iface(s, o: IndexFieldIface) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    set_field_8(s, o: SetField8) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store(at, s.get(o.src) as u8);
        Flow::Next
    }
    set_field_32(s, o: SetField32) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store(at, s.get(o.src) as u32);
        Flow::Next
    }
    set_field_64(s, o: SetField64) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store(at, s.get(o.src));
        Flow::Next
    }
    set_field_ptr(s, o: SetFieldPtr) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store(at, s.get(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    set_field_str(s, o: SetFieldStr) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    set_field_slice(s, o: SetFieldSlice) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store_triple(at, s.triple(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    set_field_iface(s, o: SetFieldIface) {
        let at = element!(s, o.s, o.idx, o.size) + u64::from(o.offset);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    index_addr(s, o: IndexAddr) {
        let at = element!(s, o.s, o.idx, o.size);
        s.set(o.dst, at);
        Flow::Next
    }
    array_addr(s, o: ArrayAddr) {
        let at = array_element!(s, o.ptr, o.idx, o.len, o.size);
        s.set(o.dst, at);
        Flow::Next
    }
    array_i32(s, o: ArrayI32) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 4u8);
        s.set(o.dst, i64::from(load::<i32>(at)) as u64);
        Flow::Next
    }
    array_u8(s, o: ArrayU8) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 1u8);
        s.set(o.dst, u64::from(load::<u8>(at)));
        Flow::Next
    }
    array_u32(s, o: ArrayU32) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 4u8);
        s.set(o.dst, u64::from(load::<u32>(at)));
        Flow::Next
    }
    array_64(s, o: Array64) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 8u8);
        s.set(o.dst, load(at));
        Flow::Next
    }
    array_ptr(s, o: ArrayPtr) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 8u8);
        s.set(o.dst, load(at));
        Flow::Next
    }
    array_str(s, o: ArrayStr) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 16u8);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    array_iface(s, o: ArrayIface) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 16u8);
        s.set_pair(o.dst, load_pair(at));
        Flow::Next
    }
    array_set_8(s, o: ArraySet8) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 1u8);
        store(at, s.get(o.src) as u8);
        Flow::Next
    }
    array_set_32(s, o: ArraySet32) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 4u8);
        store(at, s.get(o.src) as u32);
        Flow::Next
    }
    array_set_64(s, o: ArraySet64) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 8u8);
        store(at, s.get(o.src));
        Flow::Next
    }
    array_set_ptr(s, o: ArraySetPtr) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 8u8);
        store(at, s.get(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    array_set_str(s, o: ArraySetStr) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 16u8);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    array_set_iface(s, o: ArraySetIface) {
        let at = array_element!(s, o.ptr, o.idx, o.len, 16u8);
        store_pair(at, s.pair(o.src));
        s.vm().rt.heap.write_barrier(at);
        Flow::Next
    }
    check_index(s, o: CheckIndex) {
        if s.get(o.idx) >= s.get(o.len) { Flow::Slow(fault::check_index) } else { Flow::Next }
    }
}
