//! Going back: what was compiled for an input of a session is taken away again, if nothing that was there
//! before refers to it. See `golite_types::Mark`.

use golite_bytecode::FuncIx;
use golite_types::ObjId;

use crate::program::{Compiler, FuncKey};

/// How much of everything there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// What the checker knew.
    pub checker: golite_types::Mark,
    /// Functions.
    pub functions: usize,
    /// Variables of packages.
    pub globals: usize,
    types: usize,
    methods: usize,
    files: usize,
    strings: usize,
}

impl Compiler {
    /// How much of everything there is.
    pub fn mark(&mut self) -> Mark {
        self.lowest_compiled = FuncIx(u32::MAX);
        Mark {
            checker: self.checker.mark(),
            functions: self.module.functions.len(),
            globals: self.module.globals.len(),
            types: self.module.types.len(),
            methods: self.module.methods.len(),
            files: self.module.files.len(),
            strings: self.module.strings.len(),
        }
    }

    /// The first function, by number, that the VM has asked for since the last mark was made.
    #[must_use]
    pub fn lowest_compiled(&self) -> FuncIx {
        self.lowest_compiled
    }

    /// Whether all that was added since belongs to inputs of a package alone, and no older function was
    /// compiled since that refers to it.
    #[must_use]
    pub fn can_rewind(&self, mark: &Mark, lowest_compiled: FuncIx, pkg: golite_types::PkgId) -> bool {
        let module = &self.module;
        module.types.len() == mark.types
            && module.methods.len() == mark.methods
            && lowest_compiled.index() >= mark.functions
            && self.checker.can_rewind(&mark.checker, pkg)
            && self.own_globals(mark) == module.globals.len() - mark.globals
    }

    /// How many variables since then belong to objects since then.
    fn own_globals(&self, mark: &Mark) -> usize {
        self.objects_since(mark)
            .filter(|obj| self.globals.get(obj).is_some_and(|ix| ix.index() >= mark.globals))
            .count()
    }

    fn objects_since(&self, mark: &Mark) -> impl Iterator<Item = ObjId> + use<> {
        (mark.checker.objects..self.checker.objects.len()).map(|i| ObjId(i as u32))
    }

    /// The variables since then whose addresses nobody can have.
    #[must_use]
    pub fn private_globals(&self, mark: &Mark) -> Vec<usize> {
        let private = self.checker.private_variables(&mark.checker);
        let globals = private.filter_map(|obj| self.globals.get(&obj)).map(|ix| ix.index());
        globals.filter(|ix| *ix >= mark.globals).collect()
    }

    /// Whether a function is the body of a function literal: something may have kept a closure of it.
    #[must_use]
    pub fn is_literal(&self, func: FuncIx) -> bool {
        matches!(self.key(func), FuncKey::Literal(_))
    }

    /// The VM has taken over all methods that were filled in. Tells how many types had some.
    pub fn methods_taken(&mut self) -> usize {
        std::mem::take(&mut self.module.methods_filled).len()
    }

    /// Takes away all that was added since. `can_rewind` was asked. Methods that were filled in since then are to be
    /// filled in again.
    pub fn rewind(&mut self, mark: &Mark) {
        for obj in self.objects_since(mark) {
            self.globals.remove(&obj);
            self.inlinable.remove(&obj);
            self.plain_vars.remove(&obj);
            self.initialisers.remove(&obj);
        }
        for key in self.keys.drain(mark.functions..) {
            self.funcs.remove(&key);
        }
        self.literal_counts.retain(|(func, _), _| func.index() < mark.functions);
        self.module.functions.truncate(mark.functions);
        self.module.globals.truncate(mark.globals);
        for name in self.module.files.drain(mark.files..) {
            self.files.remove(&name);
        }
        for string in self.module.strings.drain(mark.strings..) {
            self.strings.remove(&string);
        }
        self.checker.rewind(&mark.checker);
    }
}
