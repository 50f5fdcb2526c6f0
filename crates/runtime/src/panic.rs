#![expect(unsafe_code, reason = "makes error values in the heap")]
//! Panics and fatal errors: their values and texts.
//!
//! A function of the runtime that panics records what and returns `Trap::Panic`. The value itself is
//! made when the interpreter asks for it: its type is one of package `runtime` and may have to be
//! loaded first. The packages declare these types so:
//! - `runtime.errorString`, `runtime.plainError`, `runtime.boundsError` and
//!   `internal/runtime/maps.unhashableTypeError` are strings, the text without `runtime error: `;
//! - `runtime.TypeAssertionError` and `runtime.PanicNilError` are used by pointer; the first field of
//!   the former is its text.

use golite_bytecode::{FuncIx, TypeIx, TypeKind};
use golite_gc::Addr;

use crate::native::Trap;
use crate::settings::PANIC_NIL;
use crate::slot;
use crate::state::Runtime;

/// Kinds of panics that the runtime raises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// `runtime.errorString`: most runtime errors.
    Error,
    /// `runtime.errorString` for a memory fault: a line about the signal follows the text.
    Memory,
    /// `runtime.errorString` for a division by zero.
    Divide,
    /// `runtime.errorString` for a negative shift count.
    Shift,
    /// `runtime.boundsError`.
    Bounds,
    /// `runtime.plainError`: no `runtime error: ` in front.
    Plain,
    /// `*runtime.TypeAssertionError`.
    TypeAssertion,
    /// `*runtime.PanicNilError`.
    Nil,
    /// An unhashable key looked up in an empty map.
    Unhashable,
    /// A plain string.
    String,
}

impl ErrorKind {
    /// The functions of Go's runtime between the one that failed and `runtime.gopanic`, innermost first, where Go
    /// has some that programs know.
    #[must_use]
    pub fn raised_by(self) -> &'static [FuncIx] {
        use crate::code_address as own;
        match self {
            ErrorKind::Memory => &[own::PANIC_MEMORY, own::SIGNAL_PANIC],
            ErrorKind::Divide => &[own::PANIC_DIVIDE],
            ErrorKind::Shift => &[own::PANIC_SHIFT],
            ErrorKind::Bounds => &[own::PANIC_BOUNDS],
            ErrorKind::Error
            | ErrorKind::Plain
            | ErrorKind::TypeAssertion
            | ErrorKind::Nil
            | ErrorKind::Unhashable
            | ErrorKind::String => &[],
        }
    }

    /// What stands before the text in `Error()`.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            ErrorKind::Error
            | ErrorKind::Memory
            | ErrorKind::Divide
            | ErrorKind::Shift
            | ErrorKind::Bounds
            | ErrorKind::Nil => "runtime error: ",
            ErrorKind::Plain | ErrorKind::TypeAssertion | ErrorKind::Unhashable | ErrorKind::String => "",
        }
    }

    /// The package and the type of its values; a pointer to it for the assertion and nil errors.
    #[must_use]
    pub fn type_name(self) -> (&'static str, &'static str) {
        match self {
            ErrorKind::Error | ErrorKind::Memory | ErrorKind::Divide | ErrorKind::Shift => {
                ("runtime", "errorString")
            }
            ErrorKind::Bounds => ("runtime", "boundsError"),
            ErrorKind::Plain => ("runtime", "plainError"),
            ErrorKind::TypeAssertion => ("runtime", "TypeAssertionError"),
            ErrorKind::Nil => ("runtime", "PanicNilError"),
            ErrorKind::Unhashable => ("internal/runtime/maps", "unhashableTypeError"),
            ErrorKind::String => ("", "string"),
        }
    }
}

/// Types of the values that the runtime makes; index 0 where not known yet.
#[derive(Clone, Copy, Default, Debug)]
pub struct WellKnown {
    /// `string`.
    pub string: Option<TypeIx>,
    /// `runtime.errorString`.
    pub error_string: Option<TypeIx>,
    /// `runtime.boundsError`.
    pub bounds_error: Option<TypeIx>,
    /// `runtime.plainError`.
    pub plain_error: Option<TypeIx>,
    /// `*runtime.TypeAssertionError`.
    pub type_assertion_error: Option<TypeIx>,
    /// `*runtime.PanicNilError`.
    pub panic_nil_error: Option<TypeIx>,
    /// `internal/runtime/maps.unhashableTypeError`.
    pub unhashable_error: Option<TypeIx>,
}

impl WellKnown {
    /// The type of values of that kind.
    #[must_use]
    pub fn get(&self, kind: ErrorKind) -> Option<TypeIx> {
        match kind {
            ErrorKind::Error | ErrorKind::Memory | ErrorKind::Divide | ErrorKind::Shift => self.error_string,
            ErrorKind::Bounds => self.bounds_error,
            ErrorKind::Plain => self.plain_error,
            ErrorKind::TypeAssertion => self.type_assertion_error,
            ErrorKind::Nil => self.panic_nil_error,
            ErrorKind::Unhashable => self.unhashable_error,
            ErrorKind::String => self.string,
        }
    }

    /// All that are known.
    pub fn all(&self) -> impl Iterator<Item = TypeIx> + use<> {
        let all = [
            self.string,
            self.error_string,
            self.bounds_error,
            self.plain_error,
            self.type_assertion_error,
            self.panic_nil_error,
            self.unhashable_error,
        ];
        all.into_iter().flatten()
    }

    /// Sets the type of values of that kind.
    pub fn set(&mut self, kind: ErrorKind, ty: TypeIx) {
        let place = match kind {
            ErrorKind::Error | ErrorKind::Memory | ErrorKind::Divide | ErrorKind::Shift => {
                &mut self.error_string
            }
            ErrorKind::Bounds => &mut self.bounds_error,
            ErrorKind::Plain => &mut self.plain_error,
            ErrorKind::TypeAssertion => &mut self.type_assertion_error,
            ErrorKind::Nil => &mut self.panic_nil_error,
            ErrorKind::Unhashable => &mut self.unhashable_error,
            ErrorKind::String => &mut self.string,
        };
        *place = Some(ty);
    }
}

/// A panic that was raised.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PendingPanic {
    /// With a value of the program.
    Value {
        /// Its type word.
        type_word: u64,
        /// Its data word.
        data: u64,
    },
    /// With a value that the runtime makes.
    Error {
        /// Of which type.
        kind: ErrorKind,
        /// Its text, without prefix.
        text: String,
        /// The address of a memory fault.
        addr: u64,
    },
}

/// Why the program ends at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fatal {
    /// `fatal error: ` and the text, then the goroutine that did it.
    Error(String),
    /// As `Error`, then all goroutines, as Go's internal throws.
    Throw(String),
    /// No memory: what the heap says.
    OutOfMemory(String),
    /// A limit of the host; the text names it.
    Limit(String),
}

/// An integer of an index or bound: Go prints unsigned ones as such.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bound {
    /// Of a signed type.
    Signed(i64),
    /// Of an unsigned type.
    Unsigned(u64),
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Bound::Signed(value) => write!(f, "{value}"),
            Bound::Unsigned(value) => write!(f, "{value}"),
        }
    }
}

impl Runtime {
    /// Records a runtime error.
    #[must_use]
    #[cold]
    pub fn raise(&mut self, kind: ErrorKind, text: impl Into<String>) -> Trap {
        self.pending_panic = Some(PendingPanic::Error { kind, text: text.into(), addr: 0 });
        Trap::Panic
    }

    /// Records a panic with a value; a nil one becomes Go's error for that.
    #[must_use]
    #[cold]
    pub fn raise_value(&mut self, type_word: u64, data: u64) -> Trap {
        if type_word == 0 && !self.settings.panic_nil {
            return self.raise(ErrorKind::Nil, "panic called with nil argument");
        }
        if type_word == 0 {
            self.settings.differences.count(PANIC_NIL);
        }
        self.pending_panic = Some(PendingPanic::Value { type_word, data });
        Trap::Panic
    }

    /// Records a fatal error.
    #[must_use]
    #[cold]
    pub fn raise_fatal(&mut self, text: impl Into<String>) -> Trap {
        self.fatal = Some(Fatal::Error(text.into()));
        Trap::Fatal
    }

    /// Records a fatal error of the runtime's own kind: all goroutines are shown.
    #[must_use]
    #[cold]
    pub fn raise_throw(&mut self, text: impl Into<String>) -> Trap {
        self.fatal = Some(Fatal::Throw(text.into()));
        Trap::Fatal
    }

    /// Nil dereference at an offset.
    #[must_use]
    #[cold]
    pub fn raise_nil(&mut self, offset: u64) -> Trap {
        let text = "invalid memory address or nil pointer dereference".to_string();
        self.pending_panic = Some(PendingPanic::Error { kind: ErrorKind::Memory, text, addr: offset });
        Trap::Panic
    }

    /// Integer division by zero.
    #[must_use]
    #[cold]
    pub fn raise_divide(&mut self) -> Trap {
        self.raise(ErrorKind::Divide, "integer divide by zero")
    }

    /// A negative shift count.
    #[must_use]
    #[cold]
    pub fn raise_shift(&mut self) -> Trap {
        self.raise(ErrorKind::Shift, "negative shift amount")
    }

    /// An index out of range. The index is a slot: negative ones are taken as signed; the length of
    /// anything that exists is below 2^63.
    #[must_use]
    #[cold]
    pub fn raise_index(&mut self, index: u64, len: u64) -> Trap {
        let text = if (index as i64) < 0 {
            format!("index out of range [{}]", index as i64)
        } else {
            format!("index out of range [{index}] with length {len}")
        };
        self.raise(ErrorKind::Bounds, text)
    }

    /// An index of an unsigned type out of range.
    #[must_use]
    #[cold]
    pub fn raise_index_unsigned(&mut self, index: u64, len: u64) -> Trap {
        self.raise(ErrorKind::Bounds, format!("index out of range [{index}] with length {len}"))
    }

    /// A slice too short for an array.
    #[must_use]
    #[cold]
    pub fn raise_slice_to_array(&mut self, len: u64, wanted: u64) -> Trap {
        let text = format!(
            "cannot convert slice with length {len} to array or pointer to array with length {wanted}"
        );
        self.raise(ErrorKind::Bounds, text)
    }

    /// The value of a panic, made if the runtime raised it.
    ///
    /// # Errors
    /// `Err(Ok(kind))` if the type is not known yet: load it, set it in `well_known`, ask again.
    /// `Err(Err(trap))` without memory.
    pub fn panic_value(&mut self, pending: &PendingPanic) -> Result<(u64, u64), Result<ErrorKind, Trap>> {
        let (kind, text) = match pending {
            PendingPanic::Value { type_word, data } => return Ok((*type_word, *data)),
            PendingPanic::Error { kind, text, .. } => (*kind, text),
        };
        let ty = self.well_known.get(kind).ok_or(Ok(kind))?;
        match self.types[ty].def.kind {
            TypeKind::Pointer(target) => self.error_object(ty, target, text.as_bytes()).map_err(Err),
            _ => self.string_value(ty, text.as_bytes()).map_err(Err),
        }
    }

    /// A pointer to a new struct whose first string field is the text.
    fn error_object(&mut self, ty: TypeIx, target: TypeIx, text: &[u8]) -> Result<(u64, u64), Trap> {
        let (string, len) = self.new_string(text)?;
        let object = self.alloc(target)?;
        let field = match &self.types[target].def.kind {
            TypeKind::Struct(fields) => {
                fields.iter().find(|field| matches!(self.types[field.ty].def.kind, TypeKind::String))
            }
            _ => None,
        };
        if let Some(field) = field {
            let at = object + field.offset;
            // SAFETY: a string field of a fresh object; nothing was collected since.
            unsafe {
                slot::write(at, string);
                slot::write(at + 8, len);
            }
        }
        Ok((self.types[ty].type_word, object))
    }

    /// An interface of a string type with that text.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn string_value(&mut self, ty: TypeIx, text: &[u8]) -> Result<(u64, u64), Trap> {
        let (string, len) = self.new_string(text)?;
        let object: Addr = self.alloc(ty)?;
        // SAFETY: a fresh box of a string type.
        unsafe {
            slot::write(object, string);
            slot::write(object + 8, len);
        }
        Ok((self.types[ty].type_word, object))
    }
}

/// The text of a panic: a string of the heap, which may be large and is not copied, and what stands around it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PanicText {
    /// Before the string.
    pub before: Vec<u8>,
    /// Address and length of the string; who keeps the text keeps that.
    pub string: (Addr, u64),
    /// Behind the string.
    pub after: &'static [u8],
}

impl From<Vec<u8>> for PanicText {
    fn from(text: Vec<u8>) -> PanicText {
        PanicText { before: text, ..PanicText::default() }
    }
}

/// One panic of the chain that ends a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintedPanic {
    /// The value as printed, newlines not yet followed by tabs.
    pub text: PanicText,
    /// A deferred call recovered it (and then something else panicked).
    pub recovered: bool,
    /// It was raised again with the same value.
    pub repanicked: bool,
    /// It is `runtime.Goexit`, which is not printed.
    pub goexit: bool,
}

/// What stands before the text of a panic, if it is not the first that is printed, and behind it.
#[must_use]
pub fn around_panic(panic: &PrintedPanic, first: bool) -> (&'static [u8], &'static [u8]) {
    let before: &[u8] = if first { b"panic: " } else { b"\tpanic: " };
    let after: &[u8] = match (panic.recovered, panic.repanicked) {
        (_, true) => b" [recovered, repanicked]\n",
        (true, false) => b" [recovered]\n",
        (false, false) => b"\n",
    };
    (before, after)
}

/// Adds a text with a tab after each newline: a value cannot fake the start of a line.
pub fn push_indented(out: &mut Vec<u8>, text: &[u8]) {
    for &byte in text {
        out.push(byte);
        if byte == b'\n' {
            out.push(b'\t');
        }
    }
}

/// The line about a memory fault.
#[must_use]
pub fn signal_line(addr: u64, pc: u64) -> String {
    format!("[signal SIGSEGV: segmentation violation code=0x1 addr={addr:#x} pc={pc:#x}]\n")
}
