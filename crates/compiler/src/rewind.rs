//! Going back: what was compiled for an input of a session is taken away again, if nothing that was there
//! before refers to it. See `golite_types::Mark`.

use golite_bytecode::{FuncIx, GlobalIx};
use golite_types::{ObjId, TypeId};

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
    /// Types.
    pub types: usize,
    /// Identities of methods.
    pub methods: usize,
    instances: usize,
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
            instances: self.instances,
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
        lowest_compiled.index() >= mark.functions
            && self.checker.can_rewind(&mark.checker, pkg)
            && self.own_globals(mark) == module.globals.len() - mark.globals
    }

    /// How many variables since then belong to objects since then.
    fn own_globals(&self, mark: &Mark) -> usize {
        let all = self.objects_since(mark).filter_map(|obj| self.globals.get(&obj));
        let mut all: Vec<usize> = all.map(|ix| ix.index()).filter(|ix| *ix >= mark.globals).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    }

    /// The variable of package level, if code has mentioned it.
    #[must_use]
    pub fn global_of(&self, obj: ObjId) -> Option<GlobalIx> {
        self.globals.get(&obj).copied()
    }

    fn objects_since(&self, mark: &Mark) -> impl Iterator<Item = ObjId> + use<> {
        (mark.checker.objects..self.checker.objects.len()).map(|i| ObjId(i as u32))
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
        self.functions_around.retain(|func, _| func.index() < mark.functions);
        self.module.functions.truncate(mark.functions);
        self.module.globals.truncate(mark.globals);
        for name in self.module.files.drain(mark.files..) {
            self.files.remove(&name);
        }
        for string in self.module.strings.drain(mark.strings..) {
            self.strings.remove(&string);
        }
        self.rewind_types(mark);
        self.checker.rewind(&mark.checker);
    }

    fn rewind_types(&mut self, mark: &Mark) {
        for method in self.module.methods.drain(mark.methods..) {
            self.method_ids.remove(&method);
        }
        self.module.methods_filled.retain(|ty| ty.index() < mark.types);
        self.instances = mark.instances;
        let checker = &self.checker;
        let old = |ty: &TypeId| checker.is_type_before(*ty, &mark.checker);
        self.type_ids.retain(|ty, ix| ix.index() < mark.types && old(ty));
        self.shapes.retain(|ty, shape| shape.ix.index() < mark.types && old(ty));
        if self.module.types.len() == mark.types {
            return;
        }
        for ty in self.module.types.drain(mark.types..) {
            if let Some(same) = self.types_by_name.get_mut(&ty.name) {
                same.retain(|(_, ix, _)| ix.index() < mark.types);
                if same.is_empty() {
                    self.types_by_name.remove(&ty.name);
                }
            }
        }
        self.ids_of_types.truncate(mark.types);
        self.dynamic.retain(|ty| ty.index() < mark.types);
        for types in self.unfilled.values_mut() {
            types.retain(|ty| ty.index() < mark.types);
        }
    }

    /// Which of the functions inside another one a function is, and that other one.
    #[must_use]
    pub fn literal_place(&self, func: FuncIx) -> Option<(FuncIx, usize)> {
        let around = *self.functions_around.get(&func)?;
        Some((around, self.literals_of(around).iter().position(|other| *other == func)?))
    }

    /// The function of that number inside a function that has been compiled.
    #[must_use]
    pub fn literal_at(&self, around: FuncIx, number: usize) -> Option<FuncIx> {
        self.literals_of(around).get(number).copied()
    }

    fn literals_of(&self, around: FuncIx) -> Vec<FuncIx> {
        let all = self.functions_around.iter().filter(|(_, other)| **other == around);
        let mut all: Vec<FuncIx> = all.map(|(func, _)| *func).collect();
        all.sort();
        all
    }

    /// Whether types were there at that moment.
    #[must_use]
    pub fn are_types_before(&self, types: &[TypeId], mark: &Mark) -> bool {
        types.iter().all(|ty| self.checker.is_type_before(*ty, &mark.checker))
    }
}
