#![expect(
    unsafe_code,
    reason = "goroutine stacks are allocated and grown by hand: no other type grows in place"
)]
//! Stacks of goroutines: slots that are zeroed where they were never written, so that every slot may be read.

use std::alloc::{Layout, alloc_zeroed, dealloc, realloc};
use std::ptr::NonNull;

/// A slot of a goroutine's stack, counted from the stack's bottom.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct StackSlot(pub u32);

impl StackSlot {
    /// Stands for "nowhere": what would go there is dropped.
    pub const NONE: StackSlot = StackSlot(u32::MAX);

    /// The slot, unless it is `NONE`.
    #[must_use]
    pub fn get(self) -> Option<StackSlot> {
        (self != StackSlot::NONE).then_some(self)
    }
}

/// Slots of a new goroutine's stack: 512 bytes.
pub const FIRST_STACK_SLOTS: u32 = 64;

/// The largest stack in slots that indices can name; the limit in bytes is lower.
const MOST_STACK_SLOTS: u64 = 1 << 31;

/// A stack of slots. It owns its memory and moves when it grows or shrinks.
#[derive(Debug)]
pub struct Stack {
    base: NonNull<u64>,
    slots: u32,
}

// SAFETY: a stack is plain memory that it alone owns.
unsafe impl Send for Stack {}

/// Why a stack did not grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StackError {
    /// It would exceed the limit: Go's stack overflow.
    Overflow,
    /// There is no memory.
    OutOfMemory,
}

impl Stack {
    /// A zeroed stack of `FIRST_STACK_SLOTS`.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn new() -> Result<Stack, StackError> {
        let layout = Stack::layout(FIRST_STACK_SLOTS);
        // SAFETY: the layout's size is not zero.
        let base = unsafe { alloc_zeroed(layout) };
        let base = NonNull::new(base.cast::<u64>()).ok_or(StackError::OutOfMemory)?;
        Ok(Stack { base, slots: FIRST_STACK_SLOTS })
    }

    fn layout(slots: u32) -> Layout {
        Layout::array::<u64>(slots as usize).expect("stacks have at most 2^31 slots")
    }

    /// The first slot's address. It holds until the stack grows or shrinks.
    #[must_use]
    #[inline(always)]
    pub fn base(&self) -> *mut u64 {
        self.base.as_ptr()
    }

    /// How many slots it has.
    #[must_use]
    #[inline(always)]
    pub fn slots(&self) -> u32 {
        self.slots
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        u64::from(self.slots) * 8
    }

    /// Grows it by doubling until it has `slots`. The content stays, the address may change.
    ///
    /// # Errors
    /// When it would exceed `limit` bytes, or there is no memory; it is then as before.
    pub fn grow(&mut self, slots: u64, limit: u64) -> Result<(), StackError> {
        let mut wanted = u64::from(self.slots);
        while wanted < slots {
            wanted *= 2;
        }
        if wanted * 8 > limit.max(u64::from(FIRST_STACK_SLOTS) * 8) || wanted > MOST_STACK_SLOTS {
            return Err(StackError::Overflow);
        }
        self.resize(wanted as u32)
    }

    /// Halves it as long as the `live` lowest slots fill less than a quarter of it.
    pub fn shrink(&mut self, live: u32) {
        let mut wanted = self.slots;
        while wanted > FIRST_STACK_SLOTS && live < wanted / 4 {
            wanted /= 2;
        }
        if wanted != self.slots {
            // A stack that cannot be made smaller just stays as large as it is.
            let _ = self.resize(wanted);
        }
    }

    fn resize(&mut self, slots: u32) -> Result<(), StackError> {
        let (old, new) = (Stack::layout(self.slots), Stack::layout(slots));
        // SAFETY: `base` was allocated with the layout of `self.slots`; the new size is not zero
        // and was checked by `Layout`.
        let base = unsafe { realloc(self.base.as_ptr().cast(), old, new.size()) };
        let base = NonNull::new(base.cast::<u64>()).ok_or(StackError::OutOfMemory)?;
        if slots > self.slots {
            // SAFETY: the block has `slots` slots, of which the first `self.slots` are taken over.
            unsafe {
                base.as_ptr().add(self.slots as usize).write_bytes(0, (slots - self.slots) as usize);
            }
        }
        self.base = base;
        self.slots = slots;
        Ok(())
    }

    /// Reads a slot.
    ///
    /// # Panics
    /// When the stack has no such slot.
    #[must_use]
    #[inline]
    pub fn get(&self, slot: StackSlot) -> u64 {
        assert!(slot.0 < self.slots, "a slot of the stack");
        // SAFETY: the slot is one of the stack's, and every slot is initialised.
        unsafe { self.base.as_ptr().add(slot.0 as usize).read() }
    }

    /// Writes a slot.
    ///
    /// # Panics
    /// When the stack has no such slot.
    #[inline]
    pub fn set(&mut self, slot: StackSlot, value: u64) {
        assert!(slot.0 < self.slots, "a slot of the stack");
        // SAFETY: the slot is one of the stack's.
        unsafe { self.base.as_ptr().add(slot.0 as usize).write(value) }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: `base` was allocated with this layout and is not used afterwards.
        unsafe { dealloc(self.base.as_ptr().cast(), Stack::layout(self.slots)) }
    }
}
