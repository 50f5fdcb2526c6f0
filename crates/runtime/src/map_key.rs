#![expect(unsafe_code, reason = "the memory of keys")]
//! Keys that are hashed and compared in memory: those of types without code of their own.

use golite_bytecode::TypeIx;
use golite_gc::{Addr, checked};

use crate::slot;
use crate::types::TypeTable;

/// Words for a key in slots: at most eight leaves, padded.
const SCRATCH: usize = 17;

/// The memory of a key in slots, while it is looked for. It stays where it is.
pub(crate) struct Scratch([u64; SCRATCH]);

impl Scratch {
    #[inline(always)]
    pub(crate) fn new() -> Scratch {
        Scratch([0; SCRATCH])
    }

    /// Its address, which may be read and written as memory of the heap may.
    #[inline(always)]
    fn address(&mut self) -> Addr {
        let at = self.0.as_mut_ptr().expose_provenance() as Addr;
        if cfg!(debug_assertions) {
            checked::allow(at, at + 8 * SCRATCH as u64);
        }
        at
    }
}

impl Drop for Scratch {
    #[inline(always)]
    fn drop(&mut self) {
        if cfg!(debug_assertions) {
            checked::forbid(self.0.as_ptr().addr() as Addr);
        }
    }
}

/// A key's memory: its own, or the scratch words filled from its slots.
///
/// # Safety
/// `key` points to the slots of a key of the type.
pub(crate) unsafe fn key_in_memory(
    types: &TypeTable,
    ty: TypeIx,
    key: *const u64,
    scratch: &mut Scratch,
) -> Addr {
    let rt_type = &types[ty];
    if rt_type.in_memory {
        // SAFETY: the caller's promise.
        return unsafe { key.read() };
    }
    assert!(rt_type.size <= 8 * SCRATCH as u64, "eight leaves fit into the scratch words");
    let at = scratch.address();
    // SAFETY: the scratch words are large enough, and the caller's promise.
    unsafe { slot::write_leaves(at, &rt_type.leaves, key) };
    at
}
