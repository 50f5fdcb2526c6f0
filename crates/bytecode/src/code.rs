//! Code: the words of a function, and how instructions are written to and read from them.

use crate::op::{Op, OpInfo};
use crate::operand::{Operand, Reg};

/// One 64-bit word of code: the first word of an instruction (`op`, then three cells), or its
/// extension word (four cells).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(C, align(8))]
pub struct Word {
    /// The opcode; the first cell of an extension word.
    pub op: u16,
    /// Cell `a`.
    pub a: u16,
    /// Cell `b`.
    pub b: u16,
    /// Cell `c`.
    pub c: u16,
}

const _: () = assert!(size_of::<Word>() == 8);

impl Word {
    /// Cells `b` and `c` as one number.
    #[must_use]
    #[inline(always)]
    pub fn wide(self) -> u32 {
        u32::from(self.b) | u32::from(self.c) << 16
    }

    /// As an extension word: all four cells as one number.
    #[must_use]
    #[inline(always)]
    pub fn bits(self) -> u64 {
        u64::from(self.op) | u64::from(self.a) << 16 | u64::from(self.b) << 32 | u64::from(self.c) << 48
    }

    /// An extension word of these bits.
    #[must_use]
    pub fn from_bits(bits: u64) -> Word {
        Word { op: bits as u16, a: (bits >> 16) as u16, b: (bits >> 32) as u16, c: (bits >> 48) as u16 }
    }
}

/// Writes `bits` to the cells of an operand of the instruction at `at`.
pub fn set_cells(code: &mut [Word], at: usize, cell: u8, cells: u8, bits: u64) {
    for i in 0..cells {
        let value = (bits >> (16 * u32::from(i))) as u16;
        let (word, slot) = match cell + i {
            n @ 0..=2 => (at, n + 1),
            n => (at + 1, n - 3),
        };
        let word = &mut code[word];
        match slot {
            0 => word.op = value,
            1 => word.a = value,
            2 => word.b = value,
            _ => word.c = value,
        }
    }
}

/// Reads the cells of an operand of the instruction at `at`.
#[must_use]
pub fn get_cells(code: &[Word], at: usize, cell: u8, cells: u8) -> u64 {
    let mut bits = 0;
    for i in 0..cells {
        let value = match cell + i {
            0 => code[at].a,
            1 => code[at].b,
            2 => code[at].c,
            3 => code[at + 1].op,
            4 => code[at + 1].a,
            5 => code[at + 1].b,
            _ => code[at + 1].c,
        };
        bits |= u64::from(value) << (16 * u32::from(i));
    }
    bits
}

/// The instruction at `at`: its row, or `None` if there is none or it is cut off.
#[must_use]
pub fn decode(code: &[Word], at: usize) -> Option<&'static OpInfo> {
    let info = Op::from_number(code.get(at)?.op)?.info();
    (at + usize::from(info.words) <= code.len()).then_some(info)
}

/// Appends instructions to a function's code.
///
/// There is one method a row, named as its handler, with the operands as parameters. Each returns
/// the position of the instruction, by which jumps are patched.
#[derive(Default, Debug)]
pub struct CodeBuilder {
    /// The code so far.
    pub code: Vec<Word>,
}

impl CodeBuilder {
    /// `dst = value`, in the shorter form.
    pub fn constant(&mut self, dst: Reg, value: i64) -> usize {
        match i32::try_from(value) {
            Ok(small) => self.const_i32(dst, small),
            Err(_) => self.const_64(dst, value as u64),
        }
    }
}

macro_rules! define_emitters {
    ($($(#[doc = $doc:literal])* $name:ident => $variant:ident = $text:literal
        { $($operand:ident: $class:ident),* } [$($effect:ident)*])*) => {
        impl CodeBuilder {
            $(
                $(#[doc = $doc])*
                #[allow(clippy::too_many_arguments)]
                pub fn $name(&mut self $(, $operand: <crate::operand::$class as Operand>::Value)*) -> usize {
                    let at = self.code.len();
                    let info = Op::$variant.info();
                    self.code.push(Word { op: Op::$variant as u16, a: 0, b: 0, c: 0 });
                    if info.words == 2 {
                        self.code.push(Word::from_bits(0));
                    }
                    #[allow(unused_mut, unused_variables)]
                    let mut operands = info.operands.iter();
                    $(
                        if let Some(place) = operands.next() {
                            let bits = <crate::operand::$class as Operand>::to_bits($operand);
                            set_cells(&mut self.code, at, place.cell, place.cells, bits);
                        }
                    )*
                    at
                }
            )*
        }
    };
}

crate::for_each_instruction!(define_emitters);
