//! Opcodes and what the table says of them.

use crate::operand::{Access, Operand, Shape, place, words};

/// What an instruction may do besides computing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// May raise a Go panic or a fatal error.
    Panic,
    /// May collect garbage, yield or park.
    Safepoint,
    /// Runs other code in a call window.
    Call,
    /// May go on elsewhere.
    Branch,
    /// Never falls through to the next instruction.
    End,
    /// The runtime's own: refused in modules.
    Internal,
}

/// One operand of a row.
#[derive(Clone, Copy, Debug)]
pub struct OperandInfo {
    /// Its name in the row.
    pub name: &'static str,
    /// Its first cell: 0, 1, 2 are `a b c`, 3 to 6 the extension word.
    pub cell: u8,
    /// How many cells it takes: 1, 2 or 4.
    pub cells: u8,
    /// What it does to the frame.
    pub access: Access,
    /// What its bits are.
    pub shape: Shape,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// The printed name.
    pub text: &'static str,
    /// The handler's name.
    pub handler: &'static str,
    /// The meaning.
    pub doc: &'static str,
    /// The operands in order.
    pub operands: &'static [OperandInfo],
    /// The effects.
    pub effects: &'static [Effect],
    /// Length in 64-bit words: 1 or 2.
    pub words: u8,
}

impl OpInfo {
    /// Whether the row has the effect.
    #[must_use]
    pub fn has(&self, effect: Effect) -> bool {
        self.effects.contains(&effect)
    }
}

macro_rules! define_ops {
    ($($(#[doc = $doc:literal])* $name:ident => $variant:ident = $text:literal
        { $($operand:ident: $class:ident),* } [$($effect:ident)*])*) => {
        /// An operation; the numbers are dense and start at 0.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        pub enum Op {
            $($(#[doc = $doc])* $variant,)*
        }

        impl Op {
            /// All operations in order of their numbers.
            pub const ALL: &[Op] = &[$(Op::$variant),*];

            /// The rows of the table, indexed by number.
            pub const INFO: &[OpInfo] = &[$({
                #[allow(dead_code)]
                const SIZES: [u8; { 0 $(+ { let _ = stringify!($operand); 1 })* }] =
                    [$(<crate::operand::$class as Operand>::CELLS),*];
                #[allow(dead_code)]
                const PLACES: [u8; SIZES.len()] = place(SIZES);
                const OPERANDS: &[OperandInfo] = &{
                    #[allow(unused_mut, unused_assignments, unused_variables)]
                    {
                        let mut next = 0;
                        [$({
                            let i = next;
                            next += 1;
                            OperandInfo {
                                name: stringify!($operand),
                                cell: PLACES[i],
                                cells: SIZES[i],
                                access: <crate::operand::$class as Operand>::ACCESS,
                                shape: <crate::operand::$class as Operand>::SHAPE,
                            }
                        }),*]
                    }
                };
                OpInfo {
                    text: $text,
                    handler: stringify!($name),
                    doc: concat!($($doc, "\n"),*),
                    operands: OPERANDS,
                    effects: &[$(Effect::$effect),*],
                    words: words(SIZES),
                }
            }),*];
        }
    };
}

crate::for_each_instruction!(define_ops);

impl Op {
    /// The operation with this number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<Op> {
        Op::ALL.get(usize::from(number)).copied()
    }

    /// Its row of the table.
    #[must_use]
    pub fn info(self) -> &'static OpInfo {
        &Op::INFO[self as usize]
    }
}
