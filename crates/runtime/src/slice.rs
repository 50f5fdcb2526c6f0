#![expect(unsafe_code, reason = "the memory of slices")]
//! Slices: making, growing, copying, cutting.
//!
//! `append` grows as Go does, by its rule and then up to the size class of the cell, because `cap`
//! shows it.
//!
//! A slice without capacity does not point past the end of its array: it keeps the array's address.

use golite_bytecode::TypeIx;
use golite_gc::{Addr, size_class_bytes};

use crate::native::Trap;
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::Runtime;

/// A slice in registers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Slice {
    /// The address of its first element.
    pub addr: Addr,
    /// How many elements it has.
    pub len: u64,
    /// How many it may have.
    pub cap: u64,
}

/// The largest allocation that Go considers: 2^48 bytes.
const MAX_BYTES: u64 = 1 << 48;

/// The capacity for `wanted` elements, before rounding: doubling at first, a quarter more later, with
/// a smooth passage between.
#[must_use]
fn grown_capacity(wanted: u64, old: u64) -> u64 {
    const THRESHOLD: u64 = 256;
    if wanted > old.saturating_mul(2) {
        return wanted;
    }
    if old < THRESHOLD {
        return old * 2;
    }
    let mut capacity = old;
    while capacity < wanted {
        capacity = capacity.saturating_add((capacity.saturating_add(3 * THRESHOLD)) >> 2);
    }
    capacity
}

impl Runtime {
    /// `make([]elem, len, cap)`; both as slots of signed integers.
    ///
    /// # Errors
    /// The panic of a length or capacity out of range, `Trap::OutOfMemory`.
    pub fn make_slice(&mut self, elem: TypeIx, len: u64, cap: u64) -> Result<Slice, Trap> {
        let (size, layout) = (self.types[elem].size, self.types[elem].layout);
        let fits = |n: u64| (n as i64) >= 0 && n.checked_mul(size).is_some_and(|bytes| bytes <= MAX_BYTES);
        if !fits(cap) || !fits(len) || len > cap {
            let which = if fits(len) { "cap" } else { "len" };
            return Err(self.raise(ErrorKind::Error, format!("makeslice: {which} out of range")));
        }
        let addr = self.alloc_array(layout, cap)?;
        Ok(Slice { addr, len, cap })
    }

    /// The same slice with room for `more` elements after its length: grown if it has to be. The
    /// length is the old one; what is between it and the capacity is zero only in a grown slice.
    ///
    /// # Errors
    /// The panic of a length out of range, `Trap::OutOfMemory`.
    #[inline(always)]
    pub fn reserve(&mut self, slice: Slice, more: u64, elem: TypeIx) -> Result<Slice, Trap> {
        if more <= slice.cap - slice.len { Ok(slice) } else { self.grow_slice(slice, more, elem) }
    }

    /// A larger copy of a slice, as `append` makes it.
    #[cold]
    #[inline(never)]
    fn grow_slice(&mut self, slice: Slice, more: u64, elem: TypeIx) -> Result<Slice, Trap> {
        let rt_type = &self.types[elem];
        let (size, layout, noscan) = (rt_type.size, rt_type.layout, rt_type.noscan);
        let wanted = slice.len.checked_add(more).filter(|&n| (n as i64) >= 0);
        let Some(wanted) = wanted else { return Err(self.raise_grow()) };
        if size == 0 {
            return Ok(Slice { addr: self.heap.zero_base(), len: slice.len, cap: wanted });
        }
        let bytes = grown_capacity(wanted, slice.cap).checked_mul(size).filter(|&bytes| bytes <= MAX_BYTES);
        let Some(bytes) = bytes else { return Err(self.raise_grow()) };
        let cap = size_class_bytes(bytes as usize, noscan) as u64 / size;
        self.spend(bytes);
        let addr = self.heap.alloc_array(layout, cap)?;
        self.fill_from(slice.addr, addr, slice.len * size)?;
        Ok(Slice { addr, len: slice.len, cap })
    }

    #[cold]
    fn raise_grow(&mut self) -> Trap {
        self.raise(ErrorKind::Error, "growslice: len out of range")
    }

    /// `append(s, value)` for elements of one byte.
    ///
    /// # Errors
    /// As `reserve`.
    #[inline(always)]
    pub fn append_8(&mut self, slice: Slice, value: u64, elem: TypeIx) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, 1, elem)?;
        // SAFETY: there is room for one more element.
        unsafe { slot::write(slice.addr + slice.len, value as u8) };
        Ok(Slice { len: slice.len + 1, ..slice })
    }

    /// `append(s, value)` for elements of four bytes.
    ///
    /// # Errors
    /// As `reserve`.
    #[inline(always)]
    pub fn append_32(&mut self, slice: Slice, value: u64, elem: TypeIx) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, 1, elem)?;
        // SAFETY: there is room for one more element.
        unsafe { slot::write(slice.addr + 4 * slice.len, value as u32) };
        Ok(Slice { len: slice.len + 1, ..slice })
    }

    /// `append(s, value)` for elements of eight bytes that are no pointers.
    ///
    /// # Errors
    /// As `reserve`.
    #[inline(always)]
    pub fn append_64(&mut self, slice: Slice, value: u64, elem: TypeIx) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, 1, elem)?;
        // SAFETY: there is room for one more element.
        unsafe { slot::write(slice.addr + 8 * slice.len, value) };
        Ok(Slice { len: slice.len + 1, ..slice })
    }

    /// `append(s, value)` for elements that are pointers.
    ///
    /// # Errors
    /// As `reserve`.
    #[inline(always)]
    pub fn append_ptr(&mut self, slice: Slice, value: u64, elem: TypeIx) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, 1, elem)?;
        let at = slice.addr + 8 * slice.len;
        // SAFETY: there is room for one more element.
        unsafe { slot::write(at, value) };
        self.heap.write_barrier(at);
        Ok(Slice { len: slice.len + 1, ..slice })
    }

    /// `append(s, value)` for elements of two words that need the write barrier: strings, interfaces.
    ///
    /// # Errors
    /// As `reserve`.
    #[inline(always)]
    pub fn append_pair(&mut self, slice: Slice, value: (u64, u64), elem: TypeIx) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, 1, elem)?;
        let at = slice.addr + 16 * slice.len;
        // SAFETY: there is room for one more element.
        unsafe {
            slot::write(at, value.0);
            slot::write(at + 8, value.1);
        }
        self.heap.write_barrier(at);
        Ok(Slice { len: slice.len + 1, ..slice })
    }

    /// `append(s, value)` for elements of any type.
    ///
    /// # Errors
    /// As `reserve`.
    ///
    /// # Safety
    /// `value` points to the slots of an element.
    #[inline]
    pub unsafe fn append_value(
        &mut self,
        slice: Slice,
        value: *const u64,
        elem: TypeIx,
    ) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, 1, elem)?;
        let at = slice.addr + self.types[elem].size * slice.len;
        // SAFETY: there is room for one more element, and the caller's promise.
        unsafe { self.store_value(at, elem, value) }?;
        Ok(Slice { len: slice.len + 1, ..slice })
    }

    /// `count` zeroed elements appended.
    ///
    /// # Errors
    /// As `reserve`.
    pub fn append_extend(&mut self, slice: Slice, count: u64, elem: TypeIx) -> Result<Slice, Trap> {
        let slice = self.reserve(slice, count, elem)?;
        self.zero_memory(slice.addr + self.types[elem].size * slice.len, elem, count)?;
        Ok(Slice { len: slice.len + count, ..slice })
    }

    /// `append(s, tail...)`.
    ///
    /// # Errors
    /// As `reserve`.
    #[inline]
    pub fn append_slice(&mut self, slice: Slice, tail: (Addr, u64), elem: TypeIx) -> Result<Slice, Trap> {
        if tail.1 == 0 {
            return Ok(slice);
        }
        let slice = self.reserve(slice, tail.1, elem)?;
        self.copy_memory(tail.0, slice.addr + self.types[elem].size * slice.len, elem, tail.1)?;
        Ok(Slice { len: slice.len + tail.1, ..slice })
    }

    /// `copy(to, from)`: how many elements.
    ///
    /// # Errors
    /// As `copy_memory`.
    #[inline]
    pub fn copy_slice(&mut self, to: (Addr, u64), from: (Addr, u64), elem: TypeIx) -> Result<u64, Trap> {
        let count = to.1.min(from.1);
        if to.0 != from.0 {
            self.copy_memory(from.0, to.0, elem, count)?;
        }
        Ok(count)
    }

    /// `s[lo:hi:max]` of a slice whose elements have `size` bytes. `max` is the capacity if absent;
    /// `three` says whether it was written.
    ///
    /// # Errors
    /// The panic of bounds out of range.
    #[inline(always)]
    pub fn slice_slice(
        &mut self,
        slice: Slice,
        lo: u64,
        hi: u64,
        max: Option<u64>,
        size: u64,
    ) -> Result<Slice, Trap> {
        let end = max.unwrap_or(slice.cap);
        if end > slice.cap || hi > end || lo > hi {
            return Err(self.raise_slice(lo, hi, max, slice.cap, "capacity"));
        }
        let cap = end - lo;
        let addr = if cap == 0 { slice.addr } else { slice.addr + lo * size };
        Ok(Slice { addr, len: hi - lo, cap })
    }

    /// `a[lo:hi:max]` of an array of `len` elements at `addr`, which is not nil.
    ///
    /// # Errors
    /// The panic of bounds out of range.
    pub fn slice_array(
        &mut self,
        array: (Addr, u64),
        lo: u64,
        hi: u64,
        max: Option<u64>,
        size: u64,
    ) -> Result<Slice, Trap> {
        let end = max.unwrap_or(array.1);
        if end > array.1 || hi > end || lo > hi {
            return Err(self.raise_slice(lo, hi, max, array.1, "length"));
        }
        let cap = end - lo;
        let addr = if cap == 0 { array.0 } else { array.0 + lo * size };
        Ok(Slice { addr, len: hi - lo, cap })
    }

    /// `s[lo:hi]` of a string.
    ///
    /// # Errors
    /// The panic of bounds out of range.
    #[inline(always)]
    pub fn slice_string(&mut self, string: (Addr, u64), lo: u64, hi: u64) -> Result<(Addr, u64), Trap> {
        if hi > string.1 || lo > hi {
            return Err(self.raise_slice(lo, hi, None, string.1, "length"));
        }
        let addr = if lo == hi { string.0 } else { string.0 + lo };
        Ok((addr, hi - lo))
    }

    /// The bounds are slots; `unsigned_bounds` tells which are not negative if their top bit is set. The
    /// highest bound is looked at first.
    #[cold]
    #[inline(never)]
    fn raise_slice(&mut self, lo: u64, hi: u64, max: Option<u64>, end: u64, what: &str) -> Trap {
        let which = std::mem::take(&mut self.unsigned_bounds);
        let number = |bound: u64, bit: u8| match which & bit {
            0 => i128::from(bound as i64),
            _ => i128::from(bound),
        };
        let (low, high, end) = (number(lo, 1), number(hi, 2), i128::from(end));
        let bounds = match max {
            None if high < 0 => format!("[:{high}]"),
            None if high > end => format!("[:{high}] with {what} {end}"),
            None if low < 0 => format!("[{low}:]"),
            None => format!("[{low}:{high}]"),
            Some(max) => {
                let top = number(max, 4);
                if top < 0 {
                    format!("[::{top}]")
                } else if top > end {
                    format!("[::{top}] with {what} {end}")
                } else if high < 0 {
                    format!("[:{high}:]")
                } else if high > top {
                    format!("[:{high}:{top}]")
                } else if low < 0 {
                    format!("[{low}::]")
                } else {
                    format!("[{low}:{high}:]")
                }
            }
        };
        self.raise(ErrorKind::Bounds, format!("slice bounds out of range {bounds}"))
    }
}
