//! Operand classes: what the cells of an instruction mean.
//!
//! Every operand of a row in `instructions.rs` has a class. The class fixes how many cells the
//! operand takes, the Rust type used to emit and decode it, and, for registers, which slots are
//! read or written and of what kind. Encoder, printer, verifier and liveness all follow from it.
//!
//! An instruction is one or two 64-bit words, seen as 16-bit cells: the opcode, then `a b c` of the
//! first word, then `e0 e1 e2 e3` of the extension word. Operands are placed in order: a 16-bit one
//! in the next free cell, a 32-bit one in the next free pair of `(b,c) (e0,e1) (e2,e3)`, a 64-bit
//! one in the whole extension word.

/// A register: an index of a 64-bit slot relative to the frame pointer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Reg(pub u16);

impl Reg {
    /// Stands for "no register" in optional operands.
    pub const NONE: Reg = Reg(u16::MAX);

    /// The register `n` slots above this one.
    #[must_use]
    #[inline(always)]
    pub fn plus(self, n: u16) -> Reg {
        Reg(self.0 + n)
    }
}

macro_rules! index_types {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The index as a `usize`.
            #[must_use]
            #[inline(always)]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index_types! {
    /// Index of a run-time type in `Module::types`.
    TypeIx,
    /// Index of a function in `Module::functions`.
    FuncIx,
    /// Index of a package-level variable in `Module::globals`.
    GlobalIx,
    /// Index of a string constant in `Module::strings`.
    StringIx,
    /// Index of a call signature in `Module::signatures`.
    SigIx,
    /// Index of a method identity (name, package if unexported, signature) in `Module::methods`.
    MethodIx,
    /// Index of a jump table in `Function::tables`.
    TableIx,
    /// Index of a select table in `Function::selects`.
    SelectIx,
}

/// What a slot holds, as far as the collector and the verifier care.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// Never written, or written with different kinds on different paths: must not be read.
    Unset,
    /// An integer, a boolean or a float.
    Num,
    /// An address in the heap range, or nil.
    Ptr,
    /// The type word of an interface: `type index << 1 | data is a pointer`, 0 for nil.
    Type,
    /// The data word of the interface whose type word is in the slot before.
    Data,
}

/// How an operand touches the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// The operand is not a register.
    None,
    /// Slots of these kinds are read.
    Read(&'static [Kind]),
    /// Slots of these kinds are written.
    Write(&'static [Kind]),
    /// One number is read, then written.
    Update,
    /// `n` slots of any kind are read (`n` is 0 where a `Count` operand gives it).
    ReadAny(u16),
    /// `n` slots are written with the kinds of the `ReadAny` operand.
    WriteCopied(u16),
    /// The slots of a value of the row's type operand are read.
    ReadValue,
    /// The slots of a value of the row's type operand are written.
    WriteValue,
    /// The slots of a key of the row's map type are read.
    ReadKey,
    /// As many strings as the row's count says are read, from consecutive slots.
    ReadStrings,
    /// The base of a call window: all slots from here on belong to the callee.
    Window,
}

/// How the bits of an operand are to be printed and checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A register; the flag says whether `Reg::NONE` is allowed.
    Register {
        /// `Reg::NONE` may stand here.
        optional: bool,
    },
    /// A signed number.
    Signed,
    /// An unsigned number.
    Unsigned,
    /// A number of slots.
    Count,
    /// A forward jump: the target is this many words after the instruction's own first word.
    Forward,
    /// A backward jump: the target is this many words before the instruction's own first word.
    Backward,
    /// A `TypeIx`.
    Type,
    /// A `FuncIx`.
    Func,
    /// A `GlobalIx`.
    Global,
    /// A `StringIx`.
    String,
    /// A `SigIx`.
    Sig,
    /// A `MethodIx`.
    Method,
    /// A `TableIx`.
    Table,
    /// A `SelectIx`.
    Select,
    /// A native function's number.
    Native,
}

/// A class of operands.
pub trait Operand {
    /// The type by which the operand is emitted and decoded.
    type Value: Copy;
    /// How many 16-bit cells it takes: 1, 2 or 4.
    const CELLS: u8;
    /// What it does to the frame.
    const ACCESS: Access;
    /// What its bits are.
    const SHAPE: Shape;
    /// To bits, in the low `16 * CELLS` bits.
    fn to_bits(value: Self::Value) -> u64;
    /// From bits as `to_bits` made them; higher bits are ignored.
    fn from_bits(bits: u64) -> Self::Value;
}

macro_rules! registers {
    ($($(#[$doc:meta])* $name:ident: $access:expr, $optional:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Operand for $name {
            type Value = Reg;
            const CELLS: u8 = 1;
            const ACCESS: Access = $access;
            const SHAPE: Shape = Shape::Register { optional: $optional };
            fn to_bits(value: Reg) -> u64 {
                u64::from(value.0)
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> Reg {
                Reg(bits as u16)
            }
        }
    )*};
}

registers! {
    /// Reads a number.
    Num: Access::Read(&[Kind::Num]), false;
    /// Reads a number, or is absent.
    OptNum: Access::Read(&[Kind::Num]), true;
    /// Reads a pointer.
    Ptr: Access::Read(&[Kind::Ptr]), false;
    /// Reads one slot of any kind.
    Any: Access::ReadAny(1), false;
    /// Reads two slots of any kinds.
    Any2: Access::ReadAny(2), false;
    /// Reads three slots of any kinds.
    Any3: Access::ReadAny(3), false;
    /// Reads as many slots as the row's count says.
    AnyN: Access::ReadAny(0), false;
    /// Reads pointer and length: a string, or the first two slots of a slice.
    View: Access::Read(&[Kind::Ptr, Kind::Num]), false;
    /// Reads a slice: pointer, length, capacity.
    Slice: Access::Read(&[Kind::Ptr, Kind::Num, Kind::Num]), false;
    /// Reads an interface: type word, data word.
    Iface: Access::Read(&[Kind::Type, Kind::Data]), false;
    /// Reads two numbers (a complex value).
    Num2: Access::Read(&[Kind::Num, Kind::Num]), false;
    /// Reads a value of the row's type.
    Val: Access::ReadValue, false;
    /// Reads a key of the row's map type.
    Key: Access::ReadKey, false;
    /// Reads consecutive strings.
    Strings: Access::ReadStrings, false;
    /// Writes a number.
    NumOut: Access::Write(&[Kind::Num]), false;
    /// Writes two numbers.
    Num2Out: Access::Write(&[Kind::Num, Kind::Num]), false;
    /// Writes a pointer.
    PtrOut: Access::Write(&[Kind::Ptr]), false;
    /// Writes one slot, of the kind read.
    AnyOut: Access::WriteCopied(1), false;
    /// Writes two slots, of the kinds read.
    Any2Out: Access::WriteCopied(2), false;
    /// Writes three slots, of the kinds read.
    Any3Out: Access::WriteCopied(3), false;
    /// Writes as many slots as the row's count says, of the kinds read.
    AnyNOut: Access::WriteCopied(0), false;
    /// Writes a string.
    StrOut: Access::Write(&[Kind::Ptr, Kind::Num]), false;
    /// Writes a slice.
    SliceOut: Access::Write(&[Kind::Ptr, Kind::Num, Kind::Num]), false;
    /// Writes an interface.
    IfaceOut: Access::Write(&[Kind::Type, Kind::Data]), false;
    /// Writes a value of the row's type.
    ValOut: Access::WriteValue, false;
    /// Writes a value of the row's type, or drops it.
    OptValOut: Access::WriteValue, true;
    /// Reads and writes a number.
    NumInOut: Access::Update, false;
    /// The base of a call window.
    Window: Access::Window, false;
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident: $value:ty, $cells:expr, $shape:expr, $to:expr, $from:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub enum $name {}

        impl Operand for $name {
            type Value = $value;
            const CELLS: u8 = $cells;
            const ACCESS: Access = Access::None;
            const SHAPE: Shape = $shape;
            fn to_bits(value: $value) -> u64 {
                let to: fn($value) -> u64 = $to;
                to(value)
            }
            #[inline(always)]
            fn from_bits(bits: u64) -> $value {
                let from: fn(u64) -> $value = $from;
                from(bits)
            }
        }
    )*};
}

numbers! {
    /// A signed 16-bit number.
    I16: i16, 1, Shape::Signed, |v| u64::from(v as u16), |b| b as i16;
    /// An unsigned 16-bit number: an offset, a shift count.
    U16: u16, 1, Shape::Unsigned, u64::from, |b| b as u16;
    /// How many slots or values.
    Count: u16, 1, Shape::Count, u64::from, |b| b as u16;
    /// A signed 32-bit number.
    I32: i32, 2, Shape::Signed, |v| u64::from(v as u32), |b| b as i32;
    /// An unsigned 32-bit number: a size, a length, a wide offset.
    U32: u32, 2, Shape::Unsigned, u64::from, |b| b as u32;
    /// 64 bits.
    U64: u64, 4, Shape::Unsigned, |v| v, |b| b;
    /// A short forward jump.
    Jump: u16, 1, Shape::Forward, u64::from, |b| b as u16;
    /// A long forward jump.
    Jump32: u32, 2, Shape::Forward, u64::from, |b| b as u32;
    /// A short backward jump.
    Back: u16, 1, Shape::Backward, u64::from, |b| b as u16;
    /// A long backward jump.
    Back32: u32, 2, Shape::Backward, u64::from, |b| b as u32;
    /// A run-time type.
    Type: TypeIx, 2, Shape::Type, |v| u64::from(v.0), |b| TypeIx(b as u32);
    /// A function.
    Func: FuncIx, 2, Shape::Func, |v| u64::from(v.0), |b| FuncIx(b as u32);
    /// A package-level variable.
    Global: GlobalIx, 2, Shape::Global, |v| u64::from(v.0), |b| GlobalIx(b as u32);
    /// A string constant.
    Str: StringIx, 2, Shape::String, |v| u64::from(v.0), |b| StringIx(b as u32);
    /// A call signature.
    Sig: SigIx, 2, Shape::Sig, |v| u64::from(v.0), |b| SigIx(b as u32);
    /// A method identity.
    Method: MethodIx, 2, Shape::Method, |v| u64::from(v.0), |b| MethodIx(b as u32);
    /// A jump table of the function.
    Table: TableIx, 2, Shape::Table, |v| u64::from(v.0), |b| TableIx(b as u32);
    /// A select table of the function.
    Select: SelectIx, 2, Shape::Select, |v| u64::from(v.0), |b| SelectIx(b as u32);
    /// A native function's number: its `FuncIx`.
    Native: FuncIx, 2, Shape::Native, |v| u64::from(v.0), |b| FuncIx(b as u32);
}

/// The first cell of each operand, given how many cells each takes. Cells 0, 1, 2 are `a b c`; 3 to
/// 6 are the extension word. Evaluated at compile time.
///
/// # Panics
/// When the operands do not fit.
#[must_use]
pub const fn place<const N: usize>(sizes: [u8; N]) -> [u8; N] {
    let mut cells = [0; N];
    let mut used = [false; 7];
    let mut i = 0;
    while i < N {
        let mut at = if sizes[i] == 4 { 3 } else { 0 };
        loop {
            assert!(at + sizes[i] as usize <= 7, "the operands of an instruction do not fit");
            let aligned = sizes[i] != 2 || at % 2 == 1;
            let mut free = aligned;
            let mut j = 0;
            while j < sizes[i] as usize {
                free = free && !used[at + j];
                j += 1;
            }
            if free {
                break;
            }
            at += 1;
        }
        let mut j = 0;
        while j < sizes[i] as usize {
            used[at + j] = true;
            j += 1;
        }
        cells[i] = at as u8;
        i += 1;
    }
    cells
}

/// How many words (1 or 2) an instruction with these operands takes.
#[must_use]
pub const fn words<const N: usize>(sizes: [u8; N]) -> u8 {
    let cells = place(sizes);
    let mut i = 0;
    while i < N {
        if cells[i] + sizes[i] > 3 {
            return 2;
        }
        i += 1;
    }
    1
}
