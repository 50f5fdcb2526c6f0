//! Names as numbers.

use rustc_hash::{FxBuildHasher, FxHashMap};
use std::sync::Arc;

/// An interned identifier.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Symbol(pub u32);

/// The identifiers of a session. Two equal names have one number.
#[derive(Debug)]
pub struct Interner {
    names: Vec<Arc<str>>,
    numbers: FxHashMap<Arc<str>, Symbol>,
}

macro_rules! well_known {
    ($($constant:ident $name:literal)*) => {
        /// Names that the language itself knows.
        pub mod sym {
            use super::Symbol;
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            enum Number { $($constant),* }
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $constant: Symbol = Symbol(Number::$constant as u32);
            )*
            pub(super) const NAMES: &[&str] = &[$($name),*];
        }
    };
}

well_known! {
    EMPTY "" BLANK "_" MAIN "main" INIT "init" IOTA "iota" NIL "nil" TRUE "true" FALSE "false"
    BOOL "bool" STRING "string" INT "int" INT8 "int8" INT16 "int16" INT32 "int32" INT64 "int64"
    UINT "uint" UINT8 "uint8" UINT16 "uint16" UINT32 "uint32" UINT64 "uint64" UINTPTR "uintptr"
    FLOAT32 "float32" FLOAT64 "float64" COMPLEX64 "complex64" COMPLEX128 "complex128"
    BYTE "byte" RUNE "rune" ERROR "error" ANY "any" COMPARABLE "comparable" ERROR_METHOD "Error"
    APPEND "append" CAP "cap" CLEAR "clear" CLOSE "close" COMPLEX "complex" COPY "copy" DELETE "delete"
    IMAG "imag" LEN "len" MAKE "make" MAX "max" MIN "min" NEW "new" PANIC "panic" PRINT "print"
    PRINTLN "println" REAL "real" RECOVER "recover"
    UNSAFE "unsafe" POINTER "Pointer" SIZEOF "Sizeof" OFFSETOF "Offsetof" ALIGNOF "Alignof" ADD "Add"
    SLICE "Slice" SLICE_DATA "SliceData" UNSAFE_STRING "String" STRING_DATA "StringData" DOT "."
}

/// Names there is room for at the start.
const SOME: usize = 400;

impl Default for Interner {
    fn default() -> Interner {
        // A short program has some hundred names: the tables need not grow for them.
        let mut interner = Interner {
            names: Vec::with_capacity(SOME),
            numbers: FxHashMap::with_capacity_and_hasher(SOME, FxBuildHasher),
        };
        for name in sym::NAMES {
            interner.intern(name);
        }
        interner
    }
}

impl Interner {
    /// The symbol of a name.
    pub fn intern(&mut self, name: &str) -> Symbol {
        if let Some(symbol) = self.numbers.get(name) {
            return *symbol;
        }
        let symbol = Symbol(self.names.len() as u32);
        let name: Arc<str> = name.into();
        self.names.push(name.clone());
        self.numbers.insert(name, symbol);
        symbol
    }

    /// The symbol of a name, if it was ever interned.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Symbol> {
        self.numbers.get(name).copied()
    }

    /// The name.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &str {
        &self.names[symbol.0 as usize]
    }

    /// Whether the name begins with an upper-case letter.
    #[must_use]
    pub fn is_exported(&self, symbol: Symbol) -> bool {
        self.name(symbol).chars().next().is_some_and(char::is_uppercase)
    }
}

#[cfg(test)]
mod tests {
    use super::{Interner, sym};

    #[test]
    fn well_known_names_have_their_numbers() {
        let mut interner = Interner::default();
        assert_eq!(interner.intern("main"), sym::MAIN);
        assert_eq!(interner.name(sym::RECOVER), "recover");
        assert_eq!(interner.name(sym::STRING_DATA), "StringData");
        assert!(interner.intern("x") != interner.intern("y"));
    }
}
