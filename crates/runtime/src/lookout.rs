#![expect(unsafe_code, reason = "moves and zeroes memory of the heap by address")]
//! Looking at limits and interrupts in the middle of something long.
//!
//! What takes long in proportion to its operands is done in parts of about a MiB (`PART`), with a look between
//! them. Copying and zeroing have the whole runtime to look with (`Runtime::charge`). Hashing and comparing
//! walk over types, and entries of maps are moved by what the map's type says: they borrow that from the
//! runtime, and look with what is left, a `Lookout`.
//!
//! Whoever is stopped leaves what is being written half done; the goroutine ends there. What must hold for
//! others holds all the same: every part that was written has had its write barrier, no string, slice or
//! interface is half the old and half the new, a map is what it was, or the key is gone from it.
//!
//! Small operands do not come here at all.

use std::ops::Range;

use golite_bytecode::TypeIx;
use golite_gc::Addr;

use crate::host::Host;
use crate::interrupt::Interrupt;
use crate::native::{NativeResult, Trap};
use crate::slot;
use crate::state::{PART, Runtime};

/// Why a hash or a comparison did not come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// A value of a type that cannot be compared.
    Type(TypeIx),
    /// A limit is reached, or the program is interrupted.
    Limit,
}

impl Stop {
    /// The trap, where all values were hashed or compared before.
    pub fn trap(self) -> Trap {
        match self {
            Stop::Limit => Trap::Limit,
            Stop::Type(_) => unreachable!("keys of a map were hashed when they were put into it"),
        }
    }
}

/// Looks, for work that has borrowed parts of the runtime.
pub(crate) struct Lookout<'a> {
    interrupt: &'a Interrupt,
    host: &'a mut dyn Host,
    deadline: Option<i64>,
    /// Bytes that may be worked on before the limit of steps is reached.
    most: u64,
    /// Bytes that were worked on.
    done: u64,
    /// When so many were, it is time to look.
    next: u64,
}

/// A lookout of a runtime, parts of which are borrowed otherwise.
macro_rules! lookout {
    ($rt:expr) => {
        $crate::lookout::Lookout::new(
            &$rt.interrupt,
            &mut *$rt.host,
            $rt.deadline,
            $rt.charge_limit.saturating_sub($rt.charged),
        )
    };
}
pub(crate) use lookout;

impl<'a> Lookout<'a> {
    /// See `lookout!`.
    #[inline(always)]
    pub fn new(
        interrupt: &'a Interrupt,
        host: &'a mut dyn Host,
        deadline: Option<i64>,
        steps: u64,
    ) -> Lookout<'a> {
        Lookout { interrupt, host, deadline, most: steps.saturating_mul(64), done: 0, next: PART }
    }

    /// So many bytes were worked on, or are about to be.
    ///
    /// # Errors
    /// When the work is to stop.
    #[inline(always)]
    pub fn pass(&mut self, bytes: u64) -> Result<(), Stop> {
        self.done += bytes;
        if self.done < self.next { Ok(()) } else { self.look() }
    }

    #[cold]
    fn look(&mut self) -> Result<(), Stop> {
        self.host.lasts();
        let late = self.deadline.is_some_and(|deadline| self.host.monotonic() >= deadline);
        // Who was stopped before stays so.
        if self.next == 0 || late || self.done > self.most || self.interrupt.is_asked() {
            self.next = 0;
            return Err(Stop::Limit);
        }
        self.next = self.done + PART;
        Ok(())
    }

    /// How many bytes were worked on; an error if the work was stopped.
    #[inline(always)]
    pub fn end(self) -> Result<u64, Trap> {
        if self.next == 0 { Err(Trap::Limit) } else { Ok(self.done) }
    }

    /// Copies bytes to memory that nobody has seen yet.
    ///
    /// # Errors
    /// As `pass`.
    ///
    /// # Safety
    /// As `slot::copy`, and the ranges do not overlap.
    pub unsafe fn copy(&mut self, from: Addr, to: Addr, bytes: u64) -> Result<(), Stop> {
        for start in (0..bytes).step_by(PART as usize) {
            let part = PART.min(bytes - start);
            self.pass(part)?;
            // SAFETY: the caller's promise.
            unsafe { slot::copy(from + start, to + start, part) };
        }
        Ok(())
    }
}

impl Runtime {
    /// Copies `count` values of a type, many bytes, with the write barrier; the ranges may overlap.
    ///
    /// # Errors
    /// `Trap::Limit`.
    #[cold]
    #[inline(never)]
    pub(crate) fn copy_long(&mut self, from: Addr, to: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let (bytes, noscan) = (self.types[ty].size * count, self.types[ty].noscan);
        // Where it overlaps with what is still to be read, the last part goes first.
        let backward = from < to && to - from < bytes;
        let mut left = 0..bytes;
        while !left.is_empty() {
            let part = self.part_of(&mut left, ty, backward, PART);
            let (start, bytes) = (part.start, part.end - part.start);
            self.charge(bytes >> 6)?;
            // SAFETY: the addresses are of so many bytes of values, by the crate's rule.
            unsafe { slot::copy(from + start, to + start, bytes) };
            if !noscan {
                self.heap.write_barrier_range(to + start, bytes);
            }
        }
        Ok(())
    }

    /// Zeroes `count` values of a type, many bytes.
    ///
    /// # Errors
    /// `Trap::Limit`.
    #[cold]
    #[inline(never)]
    pub(crate) fn zero_long(&mut self, addr: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let mut left = 0..self.types[ty].size * count;
        while !left.is_empty() {
            let part = self.part_of(&mut left, ty, false, PART);
            self.charge((part.end - part.start) >> 6)?;
            // SAFETY: as for `copy_long`.
            unsafe { slot::zero(addr + part.start, part.end - part.start) };
        }
        Ok(())
    }

    /// Takes the first part of the bytes that are left of values of a type, or the last. It has about `most` bytes,
    /// begins and ends at whole words, and no string, slice or interface is in two parts: who comes after a stop
    /// would find the address of one and the length of another.
    pub fn part_of(&self, left: &mut Range<u64>, ty: TypeIx, last: bool, most: u64) -> Range<u64> {
        if left.end - left.start <= most {
            return std::mem::replace(left, 0..0);
        }
        let cut = if last { left.end - most } else { left.start + most };
        let cut = self.types.whole_before(ty, cut) & !7;
        if last {
            cut..std::mem::replace(&mut left.end, cut)
        } else {
            std::mem::replace(&mut left.start, cut)..cut
        }
    }
}
