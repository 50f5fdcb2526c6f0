//! What the runtime takes over from a module besides types: string constants, package-level
//! variables, closures without captures, method names.
//!
//! Strings, variables and static closures are immortal: allocated once, never freed, addresses
//! fixed. A session adds to these tables, and takes away again what no input needs: its strings, variables
//! and closures are ordinary objects.

#![expect(unsafe_code, reason = "fills fresh immortal memory")]

use std::collections::HashMap;

use golite_bytecode::{FuncIx, GlobalIx, Kind, MethodName, Module, TypeIx};
use golite_gc::{Addr, Allocation, Layout, LayoutId, LayoutWord, OutOfMemory};

use crate::native::Trap;
use crate::slot;
use crate::state::Runtime;

/// A function as the runtime knows it.
#[derive(Clone, Copy, Debug)]
pub struct RtFunction {
    /// The layout of its closures.
    pub closure: LayoutId,
    /// Where its closures are allocated from.
    pub allocation: Allocation,
    /// The one closure without captures, 0 until it is asked for.
    pub value: Addr,
}

/// Tables by the module's indices.
#[derive(Debug, Default)]
pub struct Program {
    /// Functions.
    pub functions: Vec<RtFunction>,
    /// Addresses of package-level variables.
    pub globals: Vec<Addr>,
    /// The variables' types.
    pub global_types: Vec<TypeIx>,
    /// Address and length of string constants.
    pub strings: Vec<(Addr, u64)>,
    /// Method identities.
    pub methods: Vec<MethodName>,
    closures: HashMap<Vec<Kind>, LayoutId>,
    /// The memory of variables that come, by index: they were there before by other indices.
    adopted: HashMap<usize, Addr>,
    /// Functions can go: func values of those from this number on are ordinary objects, each a new one.
    pub passing_functions: Option<u32>,
    /// String constants can go: those from this number on are ordinary objects, which the table holds.
    pub passing_strings: Option<usize>,
    /// Variables can go: those from this number on are ordinary objects, which the table holds.
    pub passing_globals: Option<usize>,
}

impl Program {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Program {
        Program::default()
    }

    /// The string constants that are ordinary objects.
    #[must_use]
    pub fn held_strings(&self) -> &[(Addr, u64)] {
        self.passing_strings.and_then(|first| self.strings.get(first..)).unwrap_or_default()
    }

    /// The variables that are ordinary objects.
    #[must_use]
    pub fn held_globals(&self) -> &[Addr] {
        self.passing_globals.and_then(|first| self.globals.get(first..)).unwrap_or_default()
    }

    /// A variable that the module has got is one that was there before: this is its memory.
    pub fn adopt_global(&mut self, global: GlobalIx, addr: Addr) {
        if global.index() >= self.globals.len() {
            self.adopted.insert(global.index(), addr);
        }
    }

    /// The memory of variables that the module has got and the table has not.
    pub fn adopted_globals(&self) -> impl Iterator<Item = Addr> {
        self.adopted.values().copied()
    }

    /// The layouts of closures.
    pub fn closure_layouts(&self) -> impl Iterator<Item = LayoutId> {
        self.closures.values().copied()
    }
}

impl Runtime {
    /// Takes over all that is new in the module.
    ///
    /// # Errors
    /// When there is no memory for its constants and variables.
    pub fn sync(&mut self, module: &Module) -> Result<(), OutOfMemory> {
        self.types.sync(module, &mut self.heap);
        let known = self.program.methods.len();
        self.program.methods.extend_from_slice(&module.methods[known..]);
        for (i, global) in module.globals.iter().enumerate().skip(self.program.globals.len()) {
            let ty = &self.types[global.ty];
            let addr = match (ty.size, self.program.adopted.get(&i)) {
                (0, _) => self.heap.zero_base(),
                (_, Some(addr)) => *addr,
                (_, None) if self.program.passing_globals.is_some() => self.heap.alloc(ty.layout)?,
                (_, None) => self.heap.alloc_immortal(ty.layout, 1)?,
            };
            self.program.adopted.remove(&i);
            self.program.globals.push(addr);
            self.program.global_types.push(global.ty);
        }
        for string in &module.strings[self.program.strings.len()..] {
            let addr = match self.program.passing_strings {
                None => self.immortal_bytes(string)?,
                Some(_) => self.passing_bytes(string)?,
            };
            self.program.strings.push((addr, string.len() as u64));
        }
        for function in &module.functions[self.program.functions.len()..] {
            let closure = self.closure_layout(&function.captures);
            let allocation = self.heap.allocation(closure);
            self.program.functions.push(RtFunction { closure, allocation, value: 0 });
        }
        Ok(())
    }

    /// The module has lost its last functions, variables, string constants, types and methods: all but so many. No
    /// closure of the functions is left, and no value of the types.
    pub fn shrink(&mut self, functions: usize, globals: usize, strings: usize, types: usize, methods: usize) {
        self.program.functions.truncate(functions);
        self.program.strings.truncate(strings);
        self.program.globals.truncate(globals);
        self.program.global_types.truncate(globals);
        self.program.methods.truncate(methods);
        self.types.shrink(types);
    }

    /// Takes over the captures of a function that were not known when it was first seen.
    pub fn sync_captures(&mut self, module: &Module, func: FuncIx) {
        let layout = self.closure_layout(&module.functions[func.index()].captures);
        let function = &mut self.program.functions[func.index()];
        function.closure = layout;
        function.allocation = self.heap.allocation(layout);
    }

    fn immortal_bytes(&mut self, bytes: &[u8]) -> Result<Addr, OutOfMemory> {
        if bytes.is_empty() {
            return Ok(self.heap.zero_base());
        }
        let addr = self.heap.alloc_immortal(golite_gc::BYTES, bytes.len() as u64)?;
        // SAFETY: fresh memory of that length.
        unsafe { slot::bytes_mut(addr, bytes.len() as u64) }.copy_from_slice(bytes);
        Ok(addr)
    }

    fn passing_bytes(&mut self, bytes: &[u8]) -> Result<Addr, OutOfMemory> {
        if bytes.is_empty() {
            return Ok(self.heap.zero_base());
        }
        let addr = self.heap.alloc_array(golite_gc::BYTES, bytes.len() as u64)?;
        // SAFETY: fresh memory of that length.
        unsafe { slot::bytes_mut(addr, bytes.len() as u64) }.copy_from_slice(bytes);
        Ok(addr)
    }

    fn closure_layout(&mut self, captures: &[Kind]) -> LayoutId {
        if let Some(&layout) = self.program.closures.get(captures) {
            return layout;
        }
        let words = captures.iter().enumerate().filter_map(|(i, kind)| {
            let offset = 8 + 8 * i as u32;
            match kind {
                Kind::Ptr => Some(LayoutWord::Ptr(offset)),
                Kind::Type => Some(LayoutWord::Iface(offset)),
                Kind::Unset | Kind::Num | Kind::Data => None,
            }
        });
        let layout = Layout { size: 8 + 8 * captures.len() as u64, words: words.collect() };
        let layout = self.heap.register_layout(layout);
        self.program.closures.insert(captures.to_vec(), layout);
        layout
    }

    /// A new closure of the function, its captured words zero.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn new_closure(&mut self, func: FuncIx) -> Result<Addr, Trap> {
        let layout = self.program.functions[func.index()].closure;
        let addr = self.heap.alloc(layout)?;
        // SAFETY: closures have at least one word.
        unsafe { slot::write(addr, u64::from(func.0)) };
        Ok(addr)
    }

    /// The function as a func value: its one closure without captures.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn func_value(&mut self, func: FuncIx) -> Result<Addr, Trap> {
        match self.program.functions[func.index()].value {
            0 => self.make_func_value(func),
            addr => Ok(addr),
        }
    }

    #[cold]
    fn make_func_value(&mut self, func: FuncIx) -> Result<Addr, Trap> {
        if self.program.passing_functions.is_some_and(|first| func.0 >= first) {
            return self.new_closure(func);
        }
        let addr = self.heap.alloc_immortal(golite_gc::BYTES, 8)?;
        // SAFETY: fresh memory of eight bytes.
        unsafe { slot::write(addr, u64::from(func.0)) };
        self.program.functions[func.index()].value = addr;
        Ok(addr)
    }

    /// The function that a closure runs.
    #[must_use]
    #[inline(always)]
    pub fn func_of_closure(closure: Addr) -> FuncIx {
        debug_assert!(closure != 0);
        // SAFETY: func values are nil or point to closures, whose first word is the function.
        FuncIx(unsafe { slot::read::<u64>(closure) } as u32)
    }

    /// A closure runs another function from now on: one with the same captures.
    pub fn set_func_of_closure(closure: Addr, func: FuncIx) {
        debug_assert!(closure != 0);
        // SAFETY: func values are nil or point to closures, whose first word is the function.
        unsafe { slot::write::<u64>(closure, u64::from(func.0)) }
    }

    /// The type that an object of the runtime itself mentions: a channel that of its elements, an iterator that of its
    /// map.
    #[must_use]
    pub fn type_in_object(&self, object: &golite_gc::Object) -> Option<TypeIx> {
        if object.layout == self.sched.layouts.chan {
            Some(crate::chan::elem_of(object.base))
        } else if object.layout == self.map_layouts.iterator {
            Some(crate::map_iter::type_of(object.base))
        } else {
            None
        }
    }

    /// Such an object mentions another type from now on.
    pub fn set_type_in_object(&self, object: &golite_gc::Object, ty: TypeIx) {
        if object.layout == self.sched.layouts.chan {
            crate::chan::set_elem(object.base, ty);
        } else if object.layout == self.map_layouts.iterator {
            crate::map_iter::set_type(object.base, ty);
        }
    }
}
