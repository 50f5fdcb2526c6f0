#![expect(unsafe_code, reason = "reads and writes memory of the heap by address")]
//! Slots and memory: what 64 bits mean, and how values lie in the heap.
//!
//! A slot is an untagged word. What it holds follows from the bytecode alone: integers extended to
//! 64 bits, floats as bits (a float32 in the low half), addresses, type words.
//!
//! Addresses are real ones in the heap's range. The functions here are unsafe because they trust
//! the address; everybody else in this crate trusts what the crate's documentation says of the
//! addresses that it is given. Checked builds (those with debug assertions) do not trust: see
//! `golite_gc::checked`.

use golite_bytecode::{Leaf, LeafKind, TypeIx};
use golite_gc::{Addr, checked};

/// The type word of an interface that holds a value of the type.
#[must_use]
#[inline(always)]
pub fn type_word(ty: TypeIx, data_is_pointer: bool) -> u64 {
    u64::from(ty.0) << 1 | u64::from(data_is_pointer)
}

/// The dynamic type that a type word names; index 0 for a nil interface.
#[must_use]
#[inline(always)]
pub fn type_of_word(word: u64) -> TypeIx {
    TypeIx((word >> 1) as u32)
}

/// Whether the data word behind a type word is a pointer.
#[must_use]
#[inline(always)]
pub fn holds_pointer(word: u64) -> bool {
    word & 1 != 0
}

/// In checked builds: looks that the bytes are memory of a heap.
#[inline(always)]
fn check(addr: Addr, len: u64, align: usize) {
    if cfg!(debug_assertions) {
        checked::check_access(addr, len, align as u64);
    }
}

/// Reads a value from memory.
///
/// # Safety
/// `addr` is the address of a `T` in a live object.
#[must_use]
#[inline(always)]
pub unsafe fn read<T: Copy>(addr: Addr) -> T {
    check(addr, size_of::<T>() as u64, align_of::<T>());
    // SAFETY: the caller's promise; cells are aligned to 8 and Go's layouts keep alignment.
    unsafe { std::ptr::with_exposed_provenance::<T>(addr as usize).read() }
}

/// Writes a value to memory, without write barrier.
///
/// # Safety
/// `addr` is the address of a `T` in a live object.
#[inline(always)]
pub unsafe fn write<T: Copy>(addr: Addr, value: T) {
    check(addr, size_of::<T>() as u64, align_of::<T>());
    // SAFETY: as for `read`.
    unsafe { std::ptr::with_exposed_provenance_mut::<T>(addr as usize).write(value) }
}

/// Bytes of memory.
///
/// # Safety
/// `[addr, addr + len)` is inside a live object (any address if `len` is 0), and nobody writes it
/// as long as the slice is used.
#[must_use]
#[inline(always)]
pub unsafe fn bytes<'a>(addr: Addr, len: u64) -> &'a [u8] {
    if len == 0 {
        return &[];
    }
    check(addr, len, 1);
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(std::ptr::with_exposed_provenance(addr as usize), len as usize) }
}

/// Bytes of memory, to be written.
///
/// # Safety
/// As `bytes`; nobody else reads or writes them as long as the slice is used.
#[must_use]
#[inline(always)]
pub unsafe fn bytes_mut<'a>(addr: Addr, len: u64) -> &'a mut [u8] {
    if len == 0 {
        return &mut [];
    }
    check(addr, len, 1);
    // SAFETY: the caller's promise.
    unsafe {
        std::slice::from_raw_parts_mut(std::ptr::with_exposed_provenance_mut(addr as usize), len as usize)
    }
}

/// Copies bytes; the ranges may overlap.
///
/// # Safety
/// Both ranges are inside live objects.
#[inline(always)]
pub unsafe fn copy(from: Addr, to: Addr, len: u64) {
    if len == 0 {
        return;
    }
    check(from, len, 1);
    check(to, len, 1);
    // SAFETY: the caller's promise.
    unsafe {
        std::ptr::copy(
            std::ptr::with_exposed_provenance::<u8>(from as usize),
            std::ptr::with_exposed_provenance_mut::<u8>(to as usize),
            len as usize,
        );
    }
}

/// Zeroes bytes.
///
/// # Safety
/// The range is inside a live object.
#[inline(always)]
pub unsafe fn zero(addr: Addr, len: u64) {
    if len == 0 {
        return;
    }
    check(addr, len, 1);
    // SAFETY: the caller's promise.
    unsafe { std::ptr::with_exposed_provenance_mut::<u8>(addr as usize).write_bytes(0, len as usize) }
}

/// Reads a leaf into its slot.
///
/// # Safety
/// `addr` is the address of a leaf of that kind in a live object.
#[must_use]
#[inline(always)]
pub unsafe fn read_leaf(addr: Addr, kind: LeafKind) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match kind {
            LeafKind::I8 => read::<i8>(addr) as u64,
            LeafKind::I16 => read::<i16>(addr) as u64,
            LeafKind::I32 => read::<i32>(addr) as u64,
            LeafKind::U8 => u64::from(read::<u8>(addr)),
            LeafKind::U16 => u64::from(read::<u16>(addr)),
            LeafKind::U32 => u64::from(read::<u32>(addr)),
            LeafKind::W64 | LeafKind::Ptr | LeafKind::Type | LeafKind::Data => read::<u64>(addr),
        }
    }
}

/// Writes a leaf from its slot, without write barrier.
///
/// # Safety
/// As `read_leaf`.
#[inline(always)]
pub unsafe fn write_leaf(addr: Addr, kind: LeafKind, slot: u64) {
    // SAFETY: the caller's promise.
    unsafe {
        match kind {
            LeafKind::I8 | LeafKind::U8 => write(addr, slot as u8),
            LeafKind::I16 | LeafKind::U16 => write(addr, slot as u16),
            LeafKind::I32 | LeafKind::U32 => write(addr, slot as u32),
            LeafKind::W64 | LeafKind::Ptr | LeafKind::Type | LeafKind::Data => write(addr, slot),
        }
    }
}

/// Reads all leaves of a value into consecutive slots.
///
/// # Safety
/// A value with these leaves is at `addr`; `slots` has room for them.
#[inline]
pub unsafe fn read_leaves(addr: Addr, leaves: &[Leaf], slots: *mut u64) {
    for (i, leaf) in leaves.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { slots.add(i).write(read_leaf(addr + u64::from(leaf.offset), leaf.kind)) }
    }
}

/// Writes all leaves of a value from consecutive slots, without write barrier.
///
/// # Safety
/// As `read_leaves`.
#[inline]
pub unsafe fn write_leaves(addr: Addr, leaves: &[Leaf], slots: *const u64) {
    for (i, leaf) in leaves.iter().enumerate() {
        // SAFETY: the caller's promise.
        unsafe { write_leaf(addr + u64::from(leaf.offset), leaf.kind, slots.add(i).read()) }
    }
}
