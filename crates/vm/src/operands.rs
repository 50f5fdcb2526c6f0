#![expect(unsafe_code, reason = "reads operands from verified code")]
//! Decoded operands: one struct a row of the instruction table, named as the row's opcode.
//!
//! The cells of an instruction are 16-bit numbers in a row in memory: cell `n` is at byte `2 + 2n` of
//! the instruction. So an operand is one load at an offset that is known when the VM is built. Fields
//! that a handler does not use are not loaded.

use golite_bytecode::operand::{self, Operand};
use golite_bytecode::{Op, Word, for_each_instruction};

const _: () = assert!(cfg!(target_endian = "little"), "operands are read as little-endian numbers");

/// What a row's operands are decoded from.
pub(crate) trait Decode: Sized {
    /// Length of the instruction in words.
    const WORDS: usize;

    /// Decodes the instruction at `pc`.
    ///
    /// # Safety
    /// `pc` points to an instruction of this row.
    unsafe fn decode(pc: *const Word) -> Self;
}

/// Reads `cells` 16-bit cells from cell `cell` on.
///
/// # Safety
/// The instruction at `pc` has these cells.
#[inline(always)]
unsafe fn read_cells(pc: *const Word, cell: u8, cells: u8) -> u64 {
    // SAFETY: the caller's promise; words are aligned to 8, and `place` aligns wide operands.
    unsafe {
        let at = pc.cast::<u8>().add(2 + 2 * cell as usize);
        match cells {
            1 => u64::from(at.cast::<u16>().read()),
            2 => u64::from(at.cast::<u32>().read()),
            _ => at.cast::<u64>().read(),
        }
    }
}

macro_rules! define_operands {
    ($($(#[doc = $doc:literal])* $name:ident => $variant:ident = $text:literal
        { $($operand:ident: $class:ident),* } [$($effect:ident)*])*) => {$(
        $(#[doc = $doc])*
        #[allow(dead_code)]
        #[derive(Clone, Copy)]
        pub(crate) struct $variant {
            $(pub(crate) $operand: <operand::$class as Operand>::Value,)*
        }

        impl Decode for $variant {
            const WORDS: usize = Op::INFO[Op::$variant as usize].words as usize;

            #[inline(always)]
            #[allow(unused_variables, unused_mut, unused_assignments)]
            unsafe fn decode(pc: *const Word) -> $variant {
                let row = &Op::INFO[Op::$variant as usize];
                let mut index = 0;
                $(
                    let cells = <operand::$class as Operand>::CELLS;
                    // SAFETY: the row has this operand in these cells.
                    let bits = unsafe { read_cells(pc, row.operands[index].cell, cells) };
                    let $operand = <operand::$class as Operand>::from_bits(bits);
                    index += 1;
                )*
                $variant { $($operand),* }
            }
        }
    )*};
}

for_each_instruction!(define_operands);
