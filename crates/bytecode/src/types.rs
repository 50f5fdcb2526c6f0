//! Run-time types: layout in memory, slots in registers, names and methods.
//!
//! A value of a type is either *in slots* (one 64-bit slot a leaf, at most `MAX_SLOTS`) or *in
//! memory* (one slot with the address of a copy that nobody else writes). Both follow from the type
//! alone. Memory has Go's own layout as on amd64.

use crate::operand::{FuncIx, Kind, MethodIx, TypeIx};

/// The most slots a value may take in registers; larger ones are values in memory.
pub const MAX_SLOTS: usize = 8;

/// A run-time type.
#[derive(Clone, Debug)]
pub struct TypeDef {
    /// As Go prints it (`%T`): `main.T`, `[]int`, `map[string]main.T`.
    pub name: Box<str>,
    /// The full path of the package of a defined type, else empty.
    pub package: Box<str>,
    /// The bare name of a defined type (`T`, `G[int]`), else empty.
    pub bare_name: Box<str>,
    /// What it is made of.
    pub kind: TypeKind,
    /// Bytes in memory.
    pub size: u64,
    /// Alignment in memory.
    pub align: u32,
    /// How values sit in registers.
    pub repr: Repr,
    /// Words of memory that the collector looks at, ascending by offset. Arrays list one element;
    /// see `TypeKind::Array`. Empty means free of pointers.
    pub pointers: Vec<PointerWord>,
    /// `==` is defined (it may still panic for interfaces inside).
    pub comparable: bool,
    /// Equality is equality of the bytes, and so is the hash: no padding, floats, strings, interfaces.
    pub plain: bool,
    /// Of a defined pointer type: a pointer to its element has methods.
    pub elem_has_methods: bool,
    /// Methods in name order, exported before unexported is not assumed. For interfaces: empty
    /// (see `TypeKind::Interface`).
    pub methods: Vec<MethodDef>,
}

impl TypeDef {
    /// Whether an interface holding a value of this type has a pointer as data word (the value
    /// itself if it is one pointer, else its box). False only for types of exactly one number slot.
    #[must_use]
    pub fn data_is_pointer(&self) -> bool {
        !matches!(&self.repr, Repr::Slots(leaves) if leaves.len() == 1 && leaves[0].kind.kind() == Kind::Num)
    }

    /// Whether an interface holds the value itself, without a box: exactly one slot, in slots.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        matches!(&self.repr, Repr::Slots(leaves) if leaves.len() == 1)
    }

    /// How many slots a value takes in registers.
    #[must_use]
    pub fn slots(&self) -> u16 {
        match &self.repr {
            Repr::Slots(leaves) => leaves.len() as u16,
            Repr::Memory => 1,
        }
    }
}

/// How values of a type sit in registers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Repr {
    /// One slot a leaf, in order of the offsets; none for types of size zero.
    Slots(Vec<Leaf>),
    /// One slot: the address of the value in memory, never nil.
    Memory,
}

/// A leaf: what one slot holds of a value, and where it is in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Leaf {
    /// Offset in bytes.
    pub offset: u32,
    /// What it is.
    pub kind: LeafKind,
}

/// What a leaf is, in memory and in its slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LeafKind {
    /// One signed byte, sign-extended in its slot.
    I8,
    /// Two signed bytes.
    I16,
    /// Four signed bytes.
    I32,
    /// One unsigned byte or a bool, zero-extended in its slot.
    U8,
    /// Two unsigned bytes.
    U16,
    /// Four unsigned bytes or a float32 (its bits).
    U32,
    /// Eight bytes: int, uint, uintptr, 64-bit integers, float64 (its bits), lengths.
    W64,
    /// A pointer: also maps, channels, funcs, the data of strings and slices.
    Ptr,
    /// The type word of an interface; its data word is the next leaf.
    Type,
    /// The data word of an interface.
    Data,
}

impl LeafKind {
    /// The kind of the slot.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            LeafKind::Ptr => Kind::Ptr,
            LeafKind::Type => Kind::Type,
            LeafKind::Data => Kind::Data,
            LeafKind::I8
            | LeafKind::I16
            | LeafKind::I32
            | LeafKind::U8
            | LeafKind::U16
            | LeafKind::U32
            | LeafKind::W64 => Kind::Num,
        }
    }

    /// Bytes in memory.
    #[must_use]
    pub fn size(self) -> u32 {
        match self {
            LeafKind::I8 | LeafKind::U8 => 1,
            LeafKind::I16 | LeafKind::U16 => 2,
            LeafKind::I32 | LeafKind::U32 => 4,
            LeafKind::W64 | LeafKind::Ptr | LeafKind::Type | LeafKind::Data => 8,
        }
    }
}

/// A word of memory that the collector looks at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PointerWord {
    /// A pointer at this offset.
    Ptr(u32),
    /// An interface at this offset: type word, data word.
    Iface(u32),
    /// `count` repetitions, `stride` bytes apart, of the words of another type, from `offset` on:
    /// an array inside the value.
    Repeat {
        /// Where the first one is.
        offset: u32,
        /// The element type.
        elem: TypeIx,
        /// How many.
        count: u64,
    },
}

/// What a type is made of.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `bool`.
    Bool,
    /// Signed integers; the size says which. `is_int` tells `int` from `int64`.
    Int {
        /// It is `int` itself.
        is_int: bool,
    },
    /// Unsigned integers.
    Uint {
        /// Which of `uint`, `uintptr` and the sized ones.
        which: UintKind,
    },
    /// `float32`, `float64`.
    Float,
    /// `complex64`, `complex128`.
    Complex,
    /// `string`.
    String,
    /// `unsafe.Pointer`.
    UnsafePointer,
    /// `*elem`.
    Pointer(TypeIx),
    /// `[]elem`.
    Slice(TypeIx),
    /// `[len]elem`.
    Array {
        /// The element type.
        elem: TypeIx,
        /// How many.
        len: u64,
    },
    /// `map[key]value`.
    Map {
        /// The key type.
        key: TypeIx,
        /// The value type.
        value: TypeIx,
    },
    /// A channel.
    Chan {
        /// The element type.
        elem: TypeIx,
        /// Which directions it allows.
        dir: ChanDir,
    },
    /// A function type.
    Func {
        /// Parameter types; the last is a slice if `variadic`.
        params: Vec<TypeIx>,
        /// Result types.
        results: Vec<TypeIx>,
        /// `...T`.
        variadic: bool,
    },
    /// A struct.
    Struct(Vec<FieldDef>),
    /// An interface: the identities of all its methods, in name order.
    Interface(Vec<MethodIx>),
    /// Reserved (index 0), or declared and not yet filled in.
    Incomplete,
}

/// Which unsigned integer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UintKind {
    /// `uint8` to `uint64`, by size.
    Sized,
    /// `uint`.
    Uint,
    /// `uintptr`.
    Uintptr,
}

/// Directions of a channel type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChanDir {
    /// `chan T`.
    Both,
    /// `chan<- T`.
    Send,
    /// `<-chan T`.
    Recv,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct FieldDef {
    /// Its name; `_` for blank ones.
    pub name: Box<str>,
    /// The package path of an unexported name, else empty.
    pub package: Box<str>,
    /// Its type.
    pub ty: TypeIx,
    /// Offset in bytes.
    pub offset: u64,
    /// It is embedded.
    pub embedded: bool,
    /// The tag, empty if none.
    pub tag: Box<str>,
}

/// A method of a concrete type.
#[derive(Clone, Debug)]
pub struct MethodDef {
    /// Its identity.
    pub method: MethodIx,
    /// Takes the data word of an interface as first parameter (kind `Data`), then the arguments:
    /// the method itself where the receiver is one slot, else a wrapper that opens the box.
    pub func: FuncIx,
}
