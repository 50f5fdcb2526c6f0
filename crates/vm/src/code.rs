//! Taking over code: functions are compiled when they are first called.
//!
//! A call of a function that is not compiled runs its stub. The frame is made already: the stub has the
//! function compiled, then runs the initialisers that it needs (each returns to the stub), then goes on
//! with the function's own code in the same frame.

use golite_bytecode::{Body, FuncIx, Module, Reg, TypeIx};
use golite_runtime::native::NativeFn;
use golite_runtime::panic::ErrorKind;

use crate::frame::pack_link;
use crate::operands;
use crate::run::Exit;
use crate::vm::Vm;

/// Where the VM gets its code from.
pub trait Loader: Send {
    /// What has been compiled so far. It only grows, and compiled bodies do not change.
    fn module(&self) -> &Module;

    /// Compiles a function that is pending. Gives the functions that have to run before it, each once
    /// for all that name it.
    ///
    /// # Errors
    /// Why it cannot be compiled.
    fn compile(&mut self, func: FuncIx) -> Result<Vec<FuncIx>, String>;

    /// The source text between two offsets of the source map, on one line; empty where it is not known.
    fn source(&self, start: u32, end: u32) -> String {
        let _ = (start, end);
        String::new()
    }

    /// The native function of that name in a package.
    fn native(&self, package: &str, name: &str) -> Option<NativeFn>;

    /// The type of that name of a package, or the pointer type to it.
    ///
    /// # Errors
    /// Why there is none.
    fn error_type(&mut self, package: &str, name: &str, pointer: bool) -> Result<TypeIx, String>;

    /// Explains a failure, in whole lines.
    fn explain(&self, _failure: &crate::failure::Failure) -> String {
        String::new()
    }

    /// Itself, if whoever made the VM adds code while it lives.
    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        None
    }
}

impl Vm {
    /// Takes over what is new in the module.
    pub(crate) fn sync(&mut self) -> Result<(), String> {
        let module = self.loader.module();
        let known = self.rt.program.globals.len();
        self.rt.sync(module).map_err(|_| "out of memory for constants and variables".to_string())?;
        for (i, global) in module.globals.iter().enumerate().skip(known) {
            if &*global.name == "runtime.MemProfileRate" {
                let variable = self.rt.program.globals[i];
                // Its initialiser comes later; until then the heap is to read the same.
                crate::regs::store(variable, self.rt.settings.memory_rate);
                self.rt.heap.watch_sampling_rate(variable);
            }
        }
        for signature in &module.signatures[self.results.len()..] {
            self.results.push(signature.results.len() as u16);
        }
        self.code.sync(module, |package, name| self.loader.native(package, name));
        self.entries = self.code.entries.as_ptr();
        self.call_sites = self.code.call_sites.as_ptr();
        self.globals = self.rt.program.globals.as_ptr();
        self.strings = self.rt.program.strings.as_ptr();
        self.allocations = self.rt.types.allocations().as_ptr();
        self.functions = self.rt.program.functions.as_ptr();
        Ok(())
    }

    /// Has a function compiled and takes its code.
    fn load(&mut self, func: FuncIx) -> Result<(), String> {
        let first = self.loader.compile(func)?;
        self.sync()?;
        let module = self.loader.module();
        let Body::Code(code) = &module.functions[func.index()].body else {
            return Err(format!("{} was not compiled", module.functions[func.index()].name));
        };
        self.code.install(module, func, code);
        self.rt.sync_captures(module, func);
        let first = first.into_iter().filter(|next| !self.initialised.contains(next)).collect();
        self.initialisers.insert(func, first);
        Ok(())
    }

    /// The stub of a function: see the module's documentation.
    pub(crate) fn compile_and_go(&mut self) -> bool {
        let func = self.operands::<operands::StubCompile>().func;
        if self.rt.settings.debug.inittrace && self.code.is_stub(func) && !self.returns_from_initialiser() {
            self.trace_init(func);
        }
        if self.code.is_stub(func)
            && let Err(message) = self.load(func)
        {
            return self.cannot_load(&message);
        }
        let slots = self.code.slots(func);
        if let Some(ended) = self.reserve(slots + u32::from(golite_bytecode::LINK_SLOTS)) {
            return ended;
        }
        if self.returns_from_initialiser() {
            self.initialising -= 1;
        }
        let waiting = self.initialisers.entry(func).or_default();
        // One may have been run meanwhile for another that needs it.
        let next = std::iter::from_fn(|| waiting.pop_front()).find(|next| self.initialised.insert(*next));
        let Some(next) = next else {
            self.initialisers.remove(&func);
            self.pc = self.code.start(func);
            return true;
        };
        self.initialising += 1;
        let window = Reg(slots as u16);
        let entry = self.code.entries[next.index()];
        if let Some(ended) = self.reserve(slots + entry.slots) {
            return ended;
        }
        let link = pack_link(window, self.code.second_stub(func));
        self.set_window_slot(slots, 0, link);
        self.fp = self.fp.wrapping_add(slots as usize);
        self.pc = entry.code;
        true
    }

    /// Whether the stub that runs is the second of its function, to which initialisers return.
    fn returns_from_initialiser(&self) -> bool {
        let func = self.operands::<operands::StubCompile>().func;
        self.pc == self.code.second_stub(func)
    }

    fn cannot_load(&mut self, message: &str) -> bool {
        self.exit = Exit::Fatal(format!("golite: {message}\n"));
        false
    }

    /// The type of values that the runtime panics with.
    pub(crate) fn load_error_type(&mut self, kind: ErrorKind) -> Result<TypeIx, String> {
        let (package, name) = kind.type_name();
        let pointer = matches!(kind, ErrorKind::TypeAssertion | ErrorKind::Nil);
        let ty = self.loader.error_type(package, name, pointer)?;
        self.sync()?;
        self.rt.well_known.set(kind, ty);
        Ok(ty)
    }
}
