#![expect(unsafe_code, reason = "register and memory access: ranges are proved by the verifier")]
//! What handlers that run out of line reach: registers, constants, values by type.
//!
//! The rules are those of `regs`: the registers are saved in the VM, and the instruction at `pc` is the one
//! that runs.

use golite_bytecode::{
    FuncIx, GlobalIx, LINK_SLOTS, Reg, SelectIx, SigIx, StringIx, TableIx, TypeIx, TypeKind, Word,
};
use golite_runtime::golite_gc::Addr;
use golite_runtime::goroutine::StackSlot;
use golite_runtime::select::Case;
use golite_runtime::slice::Slice;
use golite_runtime::{Ctx, NativeResult, Trap, slot};

use crate::frame::{CallSite, Entry, Targets, call_site_of};
use crate::operands::Decode;
use crate::regs::OUTSIDE;
use crate::vm::Vm;

impl Vm {
    /// The operands of the running instruction.
    #[inline(always)]
    pub(crate) fn operands<O: Decode>(&self) -> O {
        // SAFETY: the handler of a row asks for the operands of that row.
        unsafe { O::decode(self.pc) }
    }

    /// The words of the running instruction.
    pub(crate) fn instruction(&self) -> &[Word] {
        // SAFETY: `pc` points to an instruction.
        let op = unsafe { (*self.pc).op };
        let length = golite_bytecode::Op::from_number(op).map_or(1, |op| op.info().words);
        // SAFETY: an instruction has as many words as its row says.
        unsafe { std::slice::from_raw_parts(self.pc, usize::from(length)) }
    }

    /// Goes on at the next instruction. Large work of this one counts as steps.
    #[inline(always)]
    pub(crate) fn advance<O: Decode>(&mut self) -> bool {
        if self.rt.heap.wants_attention() {
            self.attend();
        }
        self.pc = self.pc.wrapping_add(O::WORDS);
        if self.rt.charged == 0 {
            return true;
        }
        self.take_charges()
    }

    /// Goes on so many words ahead.
    pub(crate) fn go_forward(&mut self, words: usize) -> bool {
        if self.rt.heap.wants_attention() {
            self.attend();
        }
        self.pc = self.pc.wrapping_add(words);
        if self.rt.charged == 0 {
            return true;
        }
        self.take_charges()
    }

    /// In checked builds: looks that slots from the frame's first on are on the stack.
    #[inline(always)]
    fn check(&self, slots: usize) {
        debug_assert!(self.fp.wrapping_add(slots) <= self.stack_end, "{OUTSIDE}");
    }

    #[inline(always)]
    fn slot(&self, reg: Reg) -> *mut u64 {
        self.check(usize::from(reg.0) + 1);
        // SAFETY: the register is in the frame.
        unsafe { self.fp.add(usize::from(reg.0)) }
    }

    /// A register's bits.
    #[inline(always)]
    pub(crate) fn get(&self, reg: Reg) -> u64 {
        // SAFETY: the register is in the frame.
        unsafe { self.slot(reg).read() }
    }

    /// The bits of the register `n` above.
    #[inline(always)]
    fn get_at(&self, reg: Reg, n: usize) -> u64 {
        self.check(usize::from(reg.0) + n + 1);
        // SAFETY: the instruction reads so many registers, all in the frame.
        unsafe { self.fp.add(usize::from(reg.0) + n).read() }
    }

    /// Sets the register `n` above.
    #[inline(always)]
    fn set_at(&mut self, reg: Reg, n: usize, value: u64) {
        self.check(usize::from(reg.0) + n + 1);
        // SAFETY: the instruction writes so many registers, all in the frame.
        unsafe { self.fp.add(usize::from(reg.0) + n).write(value) }
    }

    /// Two registers.
    #[inline(always)]
    pub(crate) fn pair(&self, reg: Reg) -> (u64, u64) {
        (self.get_at(reg, 0), self.get_at(reg, 1))
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, reg: Reg, value: u64) {
        // SAFETY: the register is in the frame.
        unsafe { self.slot(reg).write(value) }
    }

    /// Sets two registers.
    #[inline(always)]
    pub(crate) fn set_pair(&mut self, reg: Reg, value: (u64, u64)) {
        self.set_at(reg, 0, value.0);
        self.set_at(reg, 1, value.1);
    }

    /// Sets three registers.
    #[inline(always)]
    pub(crate) fn set_triple(&mut self, reg: Reg, value: (u64, u64, u64)) {
        self.set_at(reg, 0, value.0);
        self.set_at(reg, 1, value.1);
        self.set_at(reg, 2, value.2);
    }

    /// Sets a slice.
    #[inline(always)]
    pub(crate) fn set_slice(&mut self, reg: Reg, slice: Slice) {
        self.set_triple(reg, (slice.addr, slice.len, slice.cap));
    }

    /// The register as a slot of the running goroutine's stack; none for none.
    pub(crate) fn stack_slot(&self, reg: Reg) -> StackSlot {
        match reg {
            Reg::NONE => StackSlot::NONE,
            reg => StackSlot(self.frame_slot().0 + u32::from(reg.0)),
        }
    }

    /// Writes a register, if it is one.
    #[inline(always)]
    pub(crate) fn set_wanted(&mut self, reg: Reg, value: u64) {
        if reg != Reg::NONE {
            self.set(reg, value);
        }
    }

    /// What a call of the function needs to know.
    #[inline(always)]
    pub(crate) fn entry(&self, func: FuncIx) -> Entry {
        debug_assert!(func.index() < self.code.entries.len());
        // SAFETY: the table has all functions of the module, which the verifier has looked for.
        unsafe { self.entries.add(func.index()).read() }
    }

    /// What the instruction at `pc` called last, if it called it by `key`.
    #[inline(always)]
    pub(crate) fn call_site(&self, pc: *const Word, key: u64) -> Option<Entry> {
        // SAFETY: the table has all places that `call_site_of` gives, and stays where it is.
        let site = unsafe { &*self.call_sites.add(call_site_of(pc)) };
        (site.pc == pc && site.key == key).then_some(site.entry)
    }

    /// Whether something is remembered of the instruction at `pc`.
    #[inline(always)]
    pub(crate) fn calls_other(&self, pc: *const Word) -> bool {
        // SAFETY: as for `call_site`.
        unsafe { (*self.call_sites.add(call_site_of(pc))).pc == pc }
    }

    /// What the running instruction calls by `key`, now and, if the function has code, the next time.
    pub(crate) fn remember_call(&mut self, key: u64, func: FuncIx) -> Entry {
        let (pc, entry) = (self.pc, self.entry(func));
        if !self.code.is_stub(func) {
            self.code.call_sites[call_site_of(pc)] = CallSite { pc, key, entry };
        }
        entry
    }

    /// Whether a func value may be called by the signature: for assertions, since the verifier does not
    /// know which function a func value is.
    pub(crate) fn fits(&self, func: FuncIx, sig: SigIx) -> bool {
        let module = self.loader.module();
        module.functions.get(func.index()).is_some_and(|function| {
            module.signatures[function.signature.index()] == module.signatures[sig.index()]
        })
    }

    /// The address of a package-level variable.
    #[inline(always)]
    pub(crate) fn global(&self, global: GlobalIx) -> Addr {
        debug_assert!(global.index() < self.rt.program.globals.len());
        // SAFETY: as for `entry`.
        unsafe { self.globals.add(global.index()).read() }
    }

    /// Address and length of a string constant.
    #[inline(always)]
    pub(crate) fn string(&self, string: StringIx) -> (Addr, u64) {
        debug_assert!(string.index() < self.rt.program.strings.len());
        // SAFETY: as for `entry`.
        unsafe { self.strings.add(string.index()).read() }
    }

    /// A new value of the type, if that needs no collection and no new memory.
    #[inline(always)]
    pub(crate) fn alloc_fast(&mut self, ty: TypeIx) -> Option<Addr> {
        // SAFETY: as for `entry`; the table has all types.
        let from = unsafe { self.allocations.add(ty.index()).read() };
        if self.rt.heap.wants_collection() {
            return None;
        }
        self.rt.heap.alloc_fast(from)
    }

    /// A new closure of the function, if that needs no collection and no new memory.
    #[inline(always)]
    pub(crate) fn closure_fast(&mut self, func: FuncIx) -> Option<Addr> {
        // SAFETY: as for `entry`.
        let from = unsafe { (*self.functions.add(func.index())).allocation };
        if self.rt.heap.wants_collection() {
            return None;
        }
        let closure = self.rt.heap.alloc_fast(from)?;
        crate::regs::store(closure, u64::from(func.0));
        Some(closure)
    }

    /// How many result slots calls of the signature have.
    #[inline(always)]
    pub(crate) fn result_slots(&self, sig: SigIx) -> u16 {
        debug_assert!(sig.index() < self.results.len());
        // SAFETY: as for `entry`.
        unsafe { *self.results.get_unchecked(sig.index()) }
    }

    /// The targets of a switch.
    pub(crate) fn targets(&self, table: TableIx) -> &Targets {
        &self.code.jump_tables[table.index()]
    }

    /// The pointer in a register.
    ///
    /// # Errors
    /// The panic if it is nil.
    #[inline(always)]
    pub(crate) fn not_nil(&mut self, reg: Reg) -> Result<Addr, Trap> {
        self.not_nil_at(reg, 0)
    }

    /// The pointer in a register, plus an offset.
    ///
    /// # Errors
    /// The panic if it is nil.
    #[inline(always)]
    pub(crate) fn not_nil_at(&mut self, reg: Reg, offset: u64) -> Result<Addr, Trap> {
        match self.get(reg) {
            0 => Err(self.rt.raise_nil(offset)),
            addr => Ok(addr + offset),
        }
    }

    // ---- values by type

    /// Loads a value into registers.
    #[inline(always)]
    pub(crate) fn load_value(&mut self, dst: Reg, at: Addr, ty: TypeIx) {
        // SAFETY: a value of the type is there, and its registers are in the frame.
        unsafe { self.rt.load_value(at, ty, self.slot(dst)) }
    }

    /// Stores a value from registers, with the write barrier.
    #[inline(always)]
    pub(crate) fn store_value(&mut self, at: Addr, src: Reg, ty: TypeIx) -> NativeResult {
        // SAFETY: there is room for a value of the type, and its registers are in the frame.
        unsafe { self.rt.store_value(at, ty, self.slot(src)) }
    }

    /// `append(slice, value)`.
    pub(crate) fn append_value(&mut self, slice: Slice, src: Reg, elem: TypeIx) -> Result<Slice, Trap> {
        // SAFETY: the registers hold a value of the element type.
        unsafe { self.rt.append_value(slice, self.slot(src), elem) }
    }

    /// An interface with the value in registers.
    #[inline(always)]
    pub(crate) fn box_value(&mut self, src: Reg, ty: TypeIx) -> Result<(u64, u64), Trap> {
        let addr = self.rt.alloc(ty)?;
        // SAFETY: a fresh object of the type; the registers hold a value of it.
        unsafe { self.rt.init_value(addr, ty, self.slot(src)) }?;
        Ok((slot::type_word(ty, true), addr))
    }

    /// The slots of a value in registers, and how many they are.
    pub(crate) fn value_slots(&self, src: Reg, ty: TypeIx) -> ([u64; golite_bytecode::MAX_SLOTS], usize) {
        let count = usize::from(self.rt.ty(ty).slots);
        let mut slots = [0; golite_bytecode::MAX_SLOTS];
        for (i, slot) in slots.iter_mut().enumerate().take(count) {
            *slot = self.get(src.plus(i as u16));
        }
        (slots, count)
    }

    /// Joins strings in consecutive registers.
    #[inline(always)]
    pub(crate) fn concat(&mut self, first: Reg, count: u16) -> Result<(Addr, u64), Trap> {
        // SAFETY: the registers hold so many strings.
        unsafe { self.rt.concat(self.slot(first), usize::from(count)) }
    }

    /// `print` of a value in registers.
    pub(crate) fn print(&mut self, src: Reg, ty: TypeIx) -> NativeResult {
        // SAFETY: the registers hold a value of the type.
        unsafe { self.rt.print(ty, self.slot(src)) }
    }

    /// See `Runtime::map_get`.
    #[inline(always)]
    pub(crate) fn map_get(&mut self, m: Reg, key: Reg, ty: TypeIx) -> Result<Addr, Trap> {
        // SAFETY: the registers hold a key of the map type.
        unsafe { self.rt.map_get(self.get(m), self.slot(key), ty) }
    }

    /// See `Runtime::map_find`.
    #[inline(always)]
    pub(crate) fn map_find(&mut self, m: Reg, key: Reg, ty: TypeIx) -> Result<Addr, Trap> {
        // SAFETY: as for `map_get`.
        unsafe { self.rt.map_find(self.get(m), self.slot(key), ty) }
    }

    /// See `Runtime::map_set`.
    #[inline(always)]
    pub(crate) fn map_set(&mut self, m: Reg, key: Reg, ty: TypeIx) -> Result<Addr, Trap> {
        // SAFETY: as for `map_get`.
        unsafe { self.rt.map_set(self.get(m), self.slot(key), ty) }
    }

    /// See `Runtime::map_delete`.
    pub(crate) fn map_delete(&mut self, m: Reg, key: Reg, ty: TypeIx) -> NativeResult {
        // SAFETY: as for `map_get`.
        unsafe { self.rt.map_delete(self.get(m), self.slot(key), ty) }
    }

    /// Whether the dynamic type of an interface implements another; false for nil.
    #[inline(always)]
    pub(crate) fn implements(&mut self, type_word: u64, iface: TypeIx) -> bool {
        self.rt.iface_implements(type_word, iface)
    }

    /// The element type of a channel type.
    pub(crate) fn chan_elem(&self, ty: TypeIx) -> TypeIx {
        match self.rt.ty(ty).def.kind {
            TypeKind::Chan { elem, .. } => elem,
            _ => unreachable!("the verifier wants a channel type here"),
        }
    }

    /// How many elements an array type has, and the size of one.
    pub(crate) fn array_shape(&self, ty: TypeIx) -> (u64, u64) {
        match self.rt.ty(ty).def.kind {
            TypeKind::Array { elem, len } => (len, self.rt.ty(elem).size),
            _ => unreachable!("the verifier wants an array type here"),
        }
    }

    /// Lists the cases of a select; whether it has a default.
    pub(crate) fn select_cases(&self, table: SelectIx, cases: &mut smallvec::SmallVec<[Case; 8]>) -> bool {
        let table = &self.code.select_tables[table.index()];
        let frame = self.frame_slot().0;
        let slot = |reg: Reg| match reg {
            Reg::NONE => StackSlot::NONE,
            reg => StackSlot(frame + u32::from(reg.0)),
        };
        cases.extend(table.cases.iter().map(|case| Case {
            send: case.send,
            channel: self.get(case.channel),
            value: slot(case.value),
            slots: self.rt.ty(case.elem).slots,
            ok: slot(case.ok),
        }));
        table.default
    }

    /// Zeroes what cases of a select may receive: the verifier takes it as written, whichever goes ahead.
    pub(crate) fn clear_received(&mut self, cases: &[Case]) {
        let stack = &mut self.rt.goroutines.get_mut(self.rt.running).stack;
        for case in cases.iter().filter(|case| !case.send) {
            if let Some(value) = case.value.get() {
                (0..u32::from(case.slots)).for_each(|i| stack.set(StackSlot(value.0 + i), 0));
            }
            if let Some(ok) = case.ok.get() {
                stack.set(ok, 0);
            }
        }
    }

    // ---- natives

    /// Calls a native function in the window at `base`.
    #[inline(always)]
    pub(crate) fn call_native(&mut self, base: Reg, func: FuncIx) -> NativeResult {
        let native = self.code.natives[func.index()];
        let window = StackSlot(self.frame_slot().0 + u32::from(base.0));
        self.check(
            usize::from(base.0 + LINK_SLOTS) + usize::from(native.results) + usize::from(native.params),
        );
        let base = self.slot(base);
        // SAFETY: the window has the slots of the function's signature; a native neither calls code
        // nor grows stacks.
        let mut ctx = unsafe { Ctx::new(&mut self.rt, base, window, native.results, native.params) };
        match native.function {
            Some(function) => function(&mut ctx),
            None => Err(ctx.fatal("a native function is missing")),
        }
    }

    /// Takes what natives charged and instructions spent off the budget.
    pub(crate) fn take_charges(&mut self) -> bool {
        let charged = std::mem::take(&mut self.rt.charged);
        if charged < self.budget {
            self.budget -= charged;
            return true;
        }
        self.rt.sched.steps += charged - self.budget;
        self.budget = 0;
        self.preempt()
    }

    /// Reads a slot of the stack relative to the running frame.
    pub(crate) fn window_slot(&self, base: u32, slot: u16) -> u64 {
        self.check(base as usize + usize::from(slot) + 1);
        // SAFETY: whoever asks has made the window, and the stack has room for it.
        unsafe { self.fp.add(base as usize + usize::from(slot)).read() }
    }

    /// Writes a slot of the stack relative to the running frame.
    pub(crate) fn set_window_slot(&mut self, base: u32, slot: u16, value: u64) {
        self.check(base as usize + usize::from(slot) + 1);
        // SAFETY: as for `window_slot`.
        unsafe { self.fp.add(base as usize + usize::from(slot)).write(value) }
    }
}

/// The first parameter of a window with so many results.
pub(crate) fn first_param(results: u16) -> u16 {
    LINK_SLOTS + results
}
