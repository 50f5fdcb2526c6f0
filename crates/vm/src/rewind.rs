//! Going back: the code and the variables of inputs of a session are taken away again, if nothing refers to
//! them: no goroutine is in their code, and no closure of their functions is left.

use golite_bytecode::FuncIx;
use golite_runtime::Runtime;
use golite_runtime::golite_gc::{Addr, LayoutId};
use golite_runtime::goroutine::{Goroutine, GoroutineIx, Status};

use crate::frame::CodeMark;
use crate::vm::Vm;

/// How much code and how many variables there were.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    code: CodeMark,
    globals: usize,
    strings: usize,
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

    /// Whether anything has a closure of a function since then, after collecting what nobody has.
    pub fn has_closures_since(&mut self, mark: &Mark) -> bool {
        self.collect_all();
        let layouts: Vec<LayoutId> = self.rt.program.closure_layouts().collect();
        let mut found = false;
        self.rt.heap.for_each_object(&mut |object| {
            found |= layouts.contains(&object.layout)
                && !object.is_array
                && !object.immortal
                && Runtime::func_of_closure(object.base).index() >= mark.code.functions;
        });
        found
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

    /// The module has lost what was added since then; `private` are variables among it whose addresses nobody
    /// can have. `can_rewind` was asked.
    pub fn rewind(&mut self, mark: &Mark, private: &[usize]) {
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
        self.rt.shrink(first, mark.globals, mark.strings, private);
        self.entries = self.code.entries.as_ptr();
        self.globals = self.rt.program.globals.as_ptr();
        self.strings = self.rt.program.strings.as_ptr();
        self.functions = self.rt.program.functions.as_ptr();
    }
}
