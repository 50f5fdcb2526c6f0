//! Modules: what the compiler hands to the VM.
//!
//! A module only grows: the compiler adds types, functions, strings and variables as it reaches
//! them, and compiles a function's body when it is first called (or all at once for `dis`). The VM
//! takes over what is new. Indices are never reused, so code needs no relocation.

use crate::code::Word;
use crate::operand::{FuncIx, GlobalIx, Kind, MethodIx, Reg, SigIx, StringIx, TypeIx};
use crate::types::TypeDef;

/// Slots between a window's base and its results: the link and the closure.
///
/// Slot 0 is the VM's (where to return to). Slot 1 is the context: the closure being run, for a
/// function that captures; unset for all others.
pub const LINK_SLOTS: u16 = 2;

/// The register of the closure being run, in functions that capture.
pub const CONTEXT: Reg = Reg(1);

/// Programs and packages of one session.
#[derive(Clone, Default, Debug)]
pub struct Module {
    /// Run-time types. Index 0 is reserved: a type word of 0 is a nil interface.
    pub types: Vec<TypeDef>,
    /// Functions, compiled or not yet.
    pub functions: Vec<Function>,
    /// Package-level variables.
    pub globals: Vec<Global>,
    /// String constants (bytes; Go strings need not be UTF-8).
    pub strings: Vec<Box<[u8]>>,
    /// Call signatures.
    pub signatures: Vec<Signature>,
    /// Method identities.
    pub methods: Vec<MethodName>,
    /// Types whose `methods` have been filled in since they were added, in order. A type gets its methods
    /// when its values can first get into an interface. A session forgets them when they have been taken over.
    pub methods_filled: Vec<TypeIx>,
    /// Source files by which spans are shown: name as Go prints it in tracebacks.
    pub files: Vec<Box<str>>,
}

/// Kinds of the slots of results and parameters, in order.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Signature {
    /// The results' slots.
    pub results: Vec<Kind>,
    /// The parameters' slots, the receiver's first.
    pub params: Vec<Kind>,
}

impl Signature {
    /// The first register of the parameters.
    #[must_use]
    pub fn first_param(&self) -> Reg {
        Reg(LINK_SLOTS + self.results.len() as u16)
    }

    /// The first register after the parameters.
    #[must_use]
    pub fn first_local(&self) -> Reg {
        self.first_param().plus(self.params.len() as u16)
    }
}

/// The identity of a method: interfaces and types match methods by it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct MethodName {
    /// The method's name.
    pub name: Box<str>,
    /// The package path for an unexported name, else empty.
    pub package: Box<str>,
    /// The function type without receiver.
    pub ty: TypeIx,
}

/// A package-level variable: an immortal block of its own.
#[derive(Clone, Debug)]
pub struct Global {
    /// `main.x`.
    pub name: Box<str>,
    /// Its type.
    pub ty: TypeIx,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// As Go prints it: `main.f`, `main.(*T).M`, `main.main.func1`, `main.G[...]`.
    pub name: Box<str>,
    /// What callers see.
    pub signature: SigIx,
    /// The body.
    pub body: Body,
    /// Kinds of the captured words of its closures; they follow the code word at offset 8.
    pub captures: Vec<Kind>,
    /// Made by the compiler, not written by the user: hidden in tracebacks, transparent to recover.
    pub wrapper: bool,
    /// File (`Module::files`) and line of the declaration.
    pub file: u32,
    /// Line of the `func` keyword.
    pub line: u32,
}

/// The body of a function.
#[derive(Clone, Debug)]
pub enum Body {
    /// Not compiled yet: compiled when first called.
    Pending,
    /// Native: `package path`, `name` (`Type.Method` for methods) in the table of natives.
    Native {
        /// The package's path.
        package: Box<str>,
        /// The function's name.
        name: Box<str>,
    },
    /// Bytecode.
    Code(Box<Code>),
}

/// A compiled body.
#[derive(Clone, Default, Debug)]
pub struct Code {
    /// The instructions.
    pub words: Vec<Word>,
    /// How many slots a frame has, its call windows' links, results and parameters included. At most 65,535.
    pub frame_slots: u16,
    /// Where a recovered panic resumes: the epilogue that runs the remaining deferred calls,
    /// loads the results and returns. Only in functions with `defer`.
    pub recovery: Option<u32>,
    /// Jump tables of `switch.int` and `switch.str`.
    pub tables: Vec<JumpTable>,
    /// Tables of `select`.
    pub selects: Vec<SelectTable>,
    /// Positions: ascending by pc; each holds until the next.
    pub lines: Vec<LineEntry>,
    /// Calls that were inlined; `LineEntry::inlined` refers to them.
    pub inlined: Vec<InlinedCall>,
    /// Variables by pc range, for the debugger and for messages.
    pub variables: Vec<VariableEntry>,
    /// Index and slice expressions whose bounds are of unsigned types, for messages.
    pub unsigned: Vec<UnsignedBounds>,
}

/// An index or slice expression some of whose bounds are of an unsigned type of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnsignedBounds {
    /// Start of the source span.
    pub start: u32,
    /// End of the source span.
    pub end: u32,
    /// Which bounds: bit 0 the index or the low one, bit 1 the high one, bit 2 the maximum.
    pub which: u8,
}

/// The position of the code from `pc` on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineEntry {
    /// Index into `Code::words`.
    pub pc: u32,
    /// Start of the source span (global offset of the session's source map), 0 if none.
    pub start: u32,
    /// End of the source span.
    pub end: u32,
    /// Line, from 1.
    pub line: u32,
    /// Index + 1 into `Module::files` of its file, 0 for that of the function: `//line` directives stand within functions.
    pub file: u32,
    /// Index + 1 into `Code::inlined`, 0 for the function itself.
    pub inlined: u32,
}

impl LineEntry {
    /// The file, in a function of that file.
    #[must_use]
    pub fn file_in(&self, own: u32) -> u32 {
        self.file.checked_sub(1).unwrap_or(own)
    }
}

/// A call whose callee's body stands in its place.
#[derive(Clone, Debug)]
pub struct InlinedCall {
    /// The callee.
    pub function: FuncIx,
    /// Index + 1 of the inlined call around this one, 0 for the function itself.
    pub parent: u32,
    /// Line of the call in the parent.
    pub call_line: u32,
}

/// Where a variable lives from one pc to another.
#[derive(Clone, Debug)]
pub struct VariableEntry {
    /// Its name.
    pub name: Box<str>,
    /// Its type.
    pub ty: TypeIx,
    /// First pc.
    pub from: u32,
    /// The pc after the last.
    pub to: u32,
    /// Its first slot.
    pub reg: Reg,
    /// The slot holds the address of the variable, not its value.
    pub boxed: bool,
}

/// A jump table. Targets are word indices of the function's code, ahead of the switch.
#[derive(Clone, Debug)]
pub enum JumpTable {
    /// `first + i` goes to `targets[i]`, everything else to `default`.
    Int {
        /// The lowest value.
        first: i64,
        /// The targets.
        targets: Vec<u32>,
        /// Where other values go.
        default: u32,
    },
    /// Each string goes to its target, everything else to `default`.
    Str {
        /// The cases, without duplicates.
        cases: Vec<(StringIx, u32)>,
        /// Where other strings go.
        default: u32,
    },
}

/// The cases of a `select`.
#[derive(Clone, Default, Debug)]
pub struct SelectTable {
    /// The cases in source order.
    pub cases: Vec<SelectCase>,
    /// There is a `default`.
    pub default: bool,
}

/// A case of a `select`.
#[derive(Clone, Copy, Debug)]
pub struct SelectCase {
    /// Send or receive.
    pub send: bool,
    /// The channel.
    pub channel: Reg,
    /// First slot of the value sent, or of where the received one goes (`Reg::NONE`: dropped).
    pub value: Reg,
    /// Where `ok` goes (`Reg::NONE`: nowhere).
    pub ok: Reg,
    /// The element type.
    pub elem: TypeIx,
}

/// Runtime errors that compiled code raises itself (`panic.runtime`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum RuntimeErrorCode {
    /// Nil pointer dereference.
    NilDereference = 0,
    /// Integer division by zero.
    DivideByZero = 1,
    /// A negative shift count.
    NegativeShift = 2,
    /// `yield` called after the loop body returned false.
    RangeAfterFalse = 3,
    /// `yield` called after the whole loop ended.
    RangeAfterExit = 4,
    /// `yield` called after the loop body panicked.
    RangeAfterPanic = 5,
    /// The iterator recovered the loop body's panic and returned.
    RangeRecovered = 6,
    /// A path that the compiler proved impossible.
    Unreachable = 7,
    /// `unsafe.Slice` of a length that is negative or reaches beyond all addresses.
    UnsafeSliceLength = 8,
    /// `unsafe.Slice` of something at nil.
    UnsafeSliceNil = 9,
    /// As `UnsafeSliceLength`, of `unsafe.String`.
    UnsafeStringLength = 10,
    /// As `UnsafeSliceNil`, of `unsafe.String`.
    UnsafeStringNil = 11,
}

impl Module {
    /// The function's signature.
    #[must_use]
    pub fn signature_of(&self, func: FuncIx) -> &Signature {
        &self.signatures[self.functions[func.index()].signature.index()]
    }

    /// The global's type.
    #[must_use]
    pub fn global_type(&self, global: GlobalIx) -> &TypeDef {
        &self.types[self.globals[global.index()].ty.index()]
    }

    /// The method's name.
    #[must_use]
    pub fn method_name(&self, method: MethodIx) -> &MethodName {
        &self.methods[method.index()]
    }
}
