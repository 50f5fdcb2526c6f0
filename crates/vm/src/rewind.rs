//! Going back: the code and the variables of inputs of a session are taken away again, if nothing refers to
//! them: no goroutine is in their code, and no closure of their functions is left.

use std::collections::{HashMap, HashSet};

use golite_bytecode::{FuncIx, GlobalIx, TypeIx};
use golite_runtime::Runtime;
use golite_runtime::golite_gc::{Addr, LayoutId};
use golite_runtime::goroutine::{Goroutine, GoroutineIx, Status};
use golite_runtime::slot::{type_of_word, type_word};

use crate::frame::CodeMark;
use crate::vm::Vm;

/// How much code and how many variables there were.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    code: CodeMark,
    globals: usize,
    strings: usize,
    types: usize,
    methods: usize,
}

/// Why code has to stay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Held {
    /// For ever, as far as is known.
    Always,
    /// A goroutine is in it.
    ByGoroutine,
}

impl Vm {
    /// How much code and how many variables there are.
    ///
    /// # Errors
    /// When there is no memory for what has been compiled.
    pub fn mark(&mut self) -> Result<Mark, String> {
        self.sync()?;
        Ok(Mark {
            code: self.code.mark(),
            globals: self.rt.program.globals.len(),
            strings: self.rt.program.strings.len(),
            types: self.rt.types.len(),
            methods: self.rt.program.methods.len(),
        })
    }

    /// Whether the code since then may go, closures apart.
    ///
    /// # Errors
    /// Why not.
    pub fn can_rewind(&self, mark: &Mark) -> Result<(), Held> {
        let first = mark.code.functions;
        // A variable of a standard package that has its value keeps it.
        let recorded = self.rt.sched.events.log.is_some() || self.rt.profiles.cpu.is_some();
        if recorded || (first..self.code.entries.len()).any(|i| self.initialised.contains(&FuncIx(i as u32)))
        {
            return Err(Held::Always);
        }
        let new = |closure: &Addr| Runtime::func_of_closure(*closure).index() >= first;
        if self.deferred.calls().iter().any(new) {
            return Err(Held::Always);
        }
        let is_in = |(index, goroutine): (GoroutineIx, &Goroutine)| self.is_in_code(index, goroutine, first);
        if self.rt.goroutines.iter().any(is_in) { Err(Held::ByGoroutine) } else { Ok(()) }
    }

    /// The closures of functions since then, with those, after collecting what nobody has.
    pub fn closures_since(&mut self, mark: &Mark) -> Vec<(Addr, FuncIx)> {
        self.collect_all();
        let layouts: Vec<LayoutId> = self.rt.program.closure_layouts().collect();
        let mut found = Vec::new();
        self.rt.heap.for_each_object(&mut |object| {
            if layouts.contains(&object.layout) && !object.is_array && !object.immortal {
                let func = Runtime::func_of_closure(object.base);
                if func.index() >= mark.code.functions {
                    found.push((object.base, func));
                }
            }
        });
        found
    }

    /// Whether types were added since then.
    #[must_use]
    pub fn has_types_since(&self, mark: &Mark) -> bool {
        self.rt.types.len() > mark.types
    }

    /// The types since then that values tell; `None` if they are where they cannot be replaced. `closures_since` was
    /// asked.
    pub fn types_of_values_since(&mut self, mark: &Mark) -> Option<Vec<TypeIx>> {
        let new = |ty: TypeIx| ty.index() >= mark.types;
        let roots = [self.rt.heap.highest_root_type(), self.rt.finalizers.highest_type_word()];
        if self.rt.well_known.all().any(new) || roots.into_iter().any(|word| new(type_of_word(word))) {
            return None;
        }
        // Where an entry of such a map is follows from the type of its key.
        let hashed = self.rt.types.groups_with_interface_keys();
        let mut found = HashSet::new();
        let mut fixed = false;
        self.rt.heap.replace_type_words(&mut |object, word| {
            let ty = type_of_word(word);
            if new(ty) {
                found.insert(ty);
                fixed |= hashed.contains(&object.layout);
            }
            word
        });
        let mut objects = Vec::new();
        self.rt.heap.for_each_object(&mut |object| objects.push(object));
        found
            .extend(objects.iter().filter_map(|object| self.rt.type_in_object(object)).filter(|ty| new(*ty)));
        let mut found: Vec<TypeIx> = found.into_iter().collect();
        found.sort();
        (!fixed).then_some(found)
    }

    /// What tells one of these types tells another one from now on: the same one, made anew.
    pub fn replace_types_of_values(&mut self, types: &HashMap<TypeIx, TypeIx>) {
        self.rt.heap.replace_type_words(&mut |_, word| match types.get(&type_of_word(word)) {
            Some(ty) => type_word(*ty, word & 1 != 0),
            None => word,
        });
        let mut objects = Vec::new();
        self.rt.heap.for_each_object(&mut |object| objects.push(object));
        for object in objects {
            if let Some(ty) = self.rt.type_in_object(&object).and_then(|ty| types.get(&ty)) {
                self.rt.set_type_in_object(&object, *ty);
            }
        }
    }

    /// A closure that `closures_since` found is one of another function: the same one, compiled anew.
    pub fn set_closure_function(&mut self, closure: Addr, func: FuncIx) {
        Runtime::set_func_of_closure(closure, func);
    }

    /// The memory of a variable.
    #[must_use]
    pub fn global_address(&self, global: GlobalIx) -> Option<Addr> {
        self.rt.program.globals.get(global.index()).copied()
    }

    /// A variable that is new in the module is one that was there before: this is its memory.
    pub fn adopt_global(&mut self, global: GlobalIx, addr: Addr) {
        self.rt.program.adopt_global(global, addr);
    }

    /// Whether a goroutine has to do with functions from a number on.
    fn is_in_code(&self, index: GoroutineIx, goroutine: &Goroutine, first: usize) -> bool {
        if goroutine.status == Status::Dead {
            return false;
        }
        let new = |func: FuncIx| func.index() >= first;
        let is_new = |closure: Addr| closure != 0 && new(Runtime::func_of_closure(closure));
        if goroutine.creation.func.is_some_and(new)
            || goroutine.defers.iter().any(|record| is_new(record.closure))
            || !goroutine.panics().is_empty()
        {
            return true;
        }
        if goroutine.pc == 0 {
            return is_new(goroutine.entry);
        }
        let pc = std::ptr::with_exposed_provenance(goroutine.pc as usize);
        let mut frame = self.frame_at(goroutine.base, self.code.place(pc));
        loop {
            if frame.func.is_some_and(new) {
                return true;
            }
            match self.caller(index, frame) {
                Some((caller, _)) => frame = caller,
                None => return false,
            }
        }
    }

    /// The module has lost what was added since then. `can_rewind` was asked.
    pub fn rewind(&mut self, mark: &Mark) {
        let first = mark.code.functions;
        let last = self.code.entries.len();
        let gone = self.code.rewind(&mark.code);
        self.maps.forget(FuncIx(first as u32), FuncIx(last as u32), &gone);
        for func in (first..last).map(|i| FuncIx(i as u32)) {
            self.initialisers.remove(&func);
        }
        let old = |(func, _): &(FuncIx, u32)| func.index() < first;
        self.closes.retain(|_, place| old(place));
        self.made.retain(|_, place| old(place));
        self.rt.shrink(first, mark.globals, mark.strings, mark.types, mark.methods);
        self.entries = self.code.entries.as_ptr();
        self.globals = self.rt.program.globals.as_ptr();
        self.strings = self.rt.program.strings.as_ptr();
        self.functions = self.rt.program.functions.as_ptr();
        self.allocations = self.rt.types.allocations().as_ptr();
    }
}
