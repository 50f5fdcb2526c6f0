//! Panics, `recover`, `runtime.Goexit`, and what ends a goroutine.
//!
//! A panic does not unwind the stack at once. It runs the goroutine's deferred calls, last first, each in
//! a window above the frame that panicked, so that a report can show that frame. Such a call returns to
//! the *unwind stub*, which looks whether it has recovered. If so, the stack is cut back to the frame that
//! deferred the call, which goes on at its recovery point; if not, the next deferred call runs, and after
//! the last one the program ends.
//!
//! `Goroutine::panics` has the panics on their way, oldest first. Of each, `frame` and `deferred` name the
//! frame whose deferred call runs and that call's own frame. A panic whose deferred call is above the frame
//! that a newer one is recovered to has been overtaken and is dropped. `Goexit` is a panic that nothing
//! recovers: if a panic that overtook it is recovered, it goes on.

use golite_bytecode::{Body, CONTEXT, Effect, FuncIx, LINK_SLOTS, Op, Reg, Word};
use golite_gc::Addr;
use golite_runtime::goroutine::{DeferRecord, Goroutine, GoroutineIx, PanicRecord, StackError, StackSlot};
use golite_runtime::panic::{
    ErrorKind, Fatal, PanicText, PendingPanic, PrintedPanic, around_panic, push_indented, signal_line,
};
use golite_runtime::{NativeResult, Runtime, Trap, sched};

use crate::access::first_param;
use crate::frame::{Place, link_pc, link_slots, pack_link};
use crate::operands;
use crate::run::Exit;
use crate::vm::Vm;

/// The moment when an instruction found no memory.
#[derive(Debug)]
pub(crate) struct Starved {
    pc: *const Word,
    /// Bytes allocated up to then.
    allocated: u64,
    /// Steps of finished time slices, and what was left of the running one.
    step: (u64, u64),
}

/// Texts of panics are written in pieces of so many bytes: they may take most of the memory that there is.
const PIECE: u64 = 64 << 10;

/// The texts of the panics that end the program, while `Error` and `String` methods make them.
#[derive(Debug)]
pub(crate) struct Printing {
    goroutine: GoroutineIx,
    texts: Vec<PanicText>,
}

/// A frame of a goroutine: where it is, and where in its code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FrameAt {
    /// The frame's slot 0.
    pub(crate) base: StackSlot,
    /// The function, if it is one of a module.
    pub(crate) func: Option<FuncIx>,
    /// The word of its code: of the running instruction, or the last of the call that it is in.
    pub(crate) word: u32,
    /// The frame is a stub's: nothing of the function has run.
    pub(crate) stub: bool,
}

impl FrameAt {
    /// The frame of a function that has not begun.
    pub(crate) fn entry(func: FuncIx) -> FrameAt {
        FrameAt { base: StackSlot(0), func: Some(func), word: 0, stub: true }
    }
}

impl Vm {
    fn goroutine(&mut self) -> &mut Goroutine {
        self.rt.goroutines.get_mut(self.rt.running)
    }

    /// An instruction did not come to its end. True if the loop goes on.
    #[cold]
    pub(crate) fn trap(&mut self, trap: Trap) -> bool {
        match trap {
            Trap::Panic => self.raise_pending(),
            Trap::Park if self.switches_at_once() => {
                let length = self.instruction().len();
                self.pc = self.pc.wrapping_add(length);
                self.save_goroutine();
                if self.rt.sched.events.log.is_some() {
                    self.stack_records(self.rt.running);
                }
                let (g, budget) = sched::hand_on(&mut self.rt, self.budget as u32);
                self.budget = u64::from(budget);
                self.resume(g)
            }
            Trap::Park => self.leave_after(Exit::Parked),
            Trap::Wait => self.leave(Exit::Parked),
            Trap::Yield => self.leave_after(Exit::Yielded),
            Trap::Goexit => {
                let pc = self.pc as u64;
                self.goroutine().push_panic(PanicRecord {
                    type_word: 0,
                    data: 0,
                    frame: StackSlot::NONE,
                    deferred: StackSlot::NONE,
                    pc,
                    recovered: false,
                    aborted: false,
                    goexit: true,
                    repanicked: false,
                    error: None,
                });
                self.unwind()
            }
            Trap::Exit(status) => self.leave(Exit::Program(status)),
            Trap::Signal(number) => self.leave(Exit::Signal(number)),
            Trap::Fatal => self.fatal(),
            Trap::OutOfMemory => self.starve(),
            Trap::Limit => self.leave(Exit::StepLimit),
            Trap::Request(request) => self.serve(request),
        }
    }

    /// Whether the next goroutine can go on without the loop being left: nobody listens, nothing is limited, and
    /// nothing else has to be looked at between two slices.
    fn switches_at_once(&self) -> bool {
        let rt = &self.rt;
        self.whole_program
            && sched::switches_at_once(rt)
            && rt.limits.max_steps.is_none()
            && rt.profiles.cpu.is_none()
            && !rt.sched.events.listens_to_all()
            && !rt.interrupt.is_asked()
    }

    pub(crate) fn leave(&mut self, exit: Exit) -> bool {
        self.exit = exit;
        false
    }

    /// Leaves the loop; the goroutine goes on after the running instruction.
    fn leave_after(&mut self, exit: Exit) -> bool {
        let length = self.instruction().len();
        self.pc = self.pc.wrapping_add(length);
        self.leave(exit)
    }

    /// The time slice is over.
    pub(crate) fn preempt(&mut self) -> bool {
        if self.initialising > 0 {
            let slice = u64::from(self.rt.sched.config.slice.max(1));
            self.rt.sched.steps += slice;
            if self.rt.limits.max_steps.is_some_and(|most| self.rt.sched.steps >= most) {
                return self.leave(Exit::StepLimit);
            }
            self.budget = slice;
            return true;
        }
        self.leave(Exit::Preempted)
    }

    /// No memory: collects everything and does the instruction once more; the second time it is fatal.
    ///
    /// It is the second time if nothing else was allocated since, or no step was taken: a native that
    /// charges steps allocates last, and an instruction that allocates twice takes no step.
    fn starve(&mut self) -> bool {
        if self.rt.interrupt.is_asked() {
            // What is large was left off because of that.
            return self.leave(Exit::StepLimit);
        }
        let moment = |vm: &Vm| Starved {
            pc: vm.pc,
            allocated: vm.rt.heap.allocated(),
            step: (vm.rt.sched.steps, vm.budget),
        };
        let now = moment(self);
        let again = |before: &Starved| {
            before.pc == now.pc && (before.allocated == now.allocated || before.step == now.step)
        };
        if self.starved.as_ref().is_some_and(again) {
            let text = self.rt.heap.failure();
            self.rt.fatal = Some(Fatal::OutOfMemory(text));
            return self.fatal();
        }
        self.collect_all();
        self.starved = Some(moment(self));
        true
    }

    /// Grows the running goroutine's stack so that there are `slots` from the frame on. If that is not
    /// possible, gives what the loop does then.
    pub(crate) fn reserve(&mut self, slots: u32) -> Option<bool> {
        if self.fp.wrapping_add(slots as usize) <= self.stack_end {
            return None;
        }
        let frame = self.frame_slot();
        let wanted = u64::from(frame.0) + u64::from(slots);
        let g = self.rt.running;
        let outcome = match sched::grow_stack(&mut self.rt, g, wanted) {
            Err(StackError::OutOfMemory) => {
                self.collect_all();
                sched::grow_stack(&mut self.rt, g, wanted)
            }
            other => other,
        };
        match outcome {
            Ok(()) => {
                self.set_frame(frame);
                None
            }
            Err(StackError::Overflow) => {
                let limit = self.rt.sched.config.max_stack;
                // Bytes from the bottom of the stack.
                let (sp, end) =
                    (8 * u64::from(frame.0), 8 * u64::from(self.rt.goroutines.get(g).stack.slots()));
                let text = format!(
                    "runtime: goroutine stack exceeds {limit}-byte limit\nruntime: sp={sp:#x} stack=[0x0, {end:#x}]\n"
                );
                Some(self.leave(Exit::Overflow(text)))
            }
            Err(StackError::OutOfMemory) => {
                let text = self.rt.heap.failure();
                self.rt.fatal = Some(Fatal::OutOfMemory(text));
                Some(self.fatal())
            }
        }
    }

    /// Ends the program for what `Runtime::fatal` says.
    pub(crate) fn fatal(&mut self) -> bool {
        let fatal = self.rt.fatal.take().unwrap_or(Fatal::Throw("unknown".into()));
        self.leave(Exit::FatalError(fatal))
    }

    // ---- frames

    /// The running frame.
    pub(crate) fn running_frame(&self) -> FrameAt {
        self.frame_at(self.frame_slot(), self.code.place(self.pc))
    }

    /// The frame at a slot of a stack.
    pub(crate) fn frame_at(&self, base: StackSlot, place: Place) -> FrameAt {
        let (func, word, stub) = match place {
            Place::Code(func, word) => (Some(func), word, false),
            Place::Stub(func) => (Some(func), 0, true),
            Place::Exit | Place::Unwind => (None, 0, true),
        };
        FrameAt { base, func, word, stub }
    }

    /// How many slots a frame may use.
    pub(crate) fn frame_size(&self, frame: FrameAt) -> u32 {
        frame.func.map_or(u32::from(LINK_SLOTS), |func| self.code.slots(func))
    }

    /// The frame that called `frame`, and whether it did so by a panic; `None` for the first one of the
    /// goroutine.
    pub(crate) fn caller(&self, g: GoroutineIx, frame: FrameAt) -> Option<(FrameAt, bool)> {
        let goroutine = self.rt.goroutines.get(g);
        let link = goroutine.link(frame.base);
        let below = link_slots(link) as u32;
        match self.code.call_place(link_pc(link)) {
            Place::Exit => None,
            Place::Unwind => {
                let record = goroutine.panics().iter().rev().find(|panic| panic.deferred == frame.base);
                let pc = record
                    .map_or(self.printing_pc, |panic| std::ptr::with_exposed_provenance(panic.pc as usize));
                let base = StackSlot(frame.base.0 - below);
                Some((self.frame_at(base, self.code.place(pc)), true))
            }
            place => {
                let place = self.deferring_place(place, link, frame);
                Some((self.frame_at(StackSlot(frame.base.0 - below), place), false))
            }
        }
    }

    /// Where the caller of a frame is. Deferred calls return to `run.defers` itself: unless the
    /// instruction before it is the call, that is where the caller is.
    fn deferring_place(&self, place: Place, link: u64, callee: FrameAt) -> Place {
        let Place::Code(func, word) = place else { return place };
        let Body::Code(code) = &self.loader.module().functions[func.index()].body else { return place };
        let next = code.words.get(word as usize + 1);
        if next.is_none_or(|next| next.op != Op::RunDefers as u16 || usize::from(next.a) != link_slots(link))
        {
            return place;
        }
        let before = (word.saturating_sub(1)..=word).find_map(|at| {
            let words = &code.words[at as usize..];
            let info = Op::from_number(words[0].op)?.info();
            (info.has(Effect::Call) && at + u32::from(info.words) == word + 1).then_some(words[0])
        });
        let called = match before {
            Some(call) if call.op == Op::Call as u16 => callee.func == Some(FuncIx(call.wide())),
            Some(call) => call.op != Op::RunDefers as u16,
            None => false,
        };
        if called { place } else { Place::Code(func, word + 1) }
    }

    /// Whether the function was made by the compiler.
    fn is_wrapper(&self, func: Option<FuncIx>) -> bool {
        func.is_some_and(|func| self.loader.module().functions[func.index()].wrapper)
    }

    // ---- deferred calls

    /// Defers a call in the frame. It is the running one, or for the body of a range-over-func loop one
    /// below, whose calls run after those of the frames between: records are in the order of frames.
    pub(crate) fn push_defer(&mut self, closure: u64, frame: StackSlot) -> NativeResult {
        let rt = &mut self.rt;
        let more = rt.goroutines.get(rt.running).growth_by_defer();
        if more > 0 {
            rt.heap.try_charge_external(more)?;
            rt.goroutines.grow_defers(rt.running, more)?;
        }
        let defers = &mut self.goroutine().defers;
        let at = defers.iter().rposition(|record| record.frame <= frame).map_or(0, |at| at + 1);
        defers.insert(at, DeferRecord { closure, frame });
        Ok(())
    }

    /// `run.defers`: runs what the frame deferred; each call returns to the instruction itself.
    #[inline(never)]
    pub(crate) fn run_defers(&mut self) -> bool {
        let base = self.operands::<operands::RunDefers>().base;
        let frame = self.frame_slot();
        match self.goroutine().defers.last().copied() {
            Some(record) if record.frame == frame => {
                if record.closure == 0 {
                    self.goroutine().defers.pop();
                    let trap = self.rt.raise_nil(0);
                    return self.trap(trap);
                }
                if self.keeps_deferred(frame) {
                    self.goroutine().defers.pop();
                    self.deferred.add(record.closure);
                    return true;
                }
                let entry = self.entry(Runtime::func_of_closure(record.closure));
                if let Some(ended) = self.reserve(u32::from(base.0) + entry.slots) {
                    return ended;
                }
                self.goroutine().defers.pop();
                let link = pack_link(base, self.pc);
                self.enter_closure(u32::from(base.0), link, record.closure)
            }
            _ => self.advance::<operands::RunDefers>(),
        }
    }

    /// Makes a frame of the window and goes on in the closure's function. As every call it is a step: a
    /// function may panic and recover for ever.
    fn enter_closure(&mut self, window: u32, link: u64, closure: u64) -> bool {
        self.set_window_slot(window, CONTEXT.0, closure);
        self.enter_window(window, link, self.entry(Runtime::func_of_closure(closure)).code)
    }

    /// Makes a frame of the window, in which the arguments are, and goes on in `code`.
    pub(crate) fn enter_window(&mut self, window: u32, link: u64, code: *const Word) -> bool {
        self.set_window_slot(window, 0, link);
        self.fp = self.fp.wrapping_add(window as usize);
        self.pc = code;
        self.budget -= 1;
        if self.budget == 0 { self.preempt() } else { true }
    }

    // ---- panics

    /// A panic was raised by the runtime or a native: makes its value and begins.
    fn raise_pending(&mut self) -> bool {
        let pending = self.rt.pending_panic.take().expect("who traps with a panic has recorded it");
        let value = loop {
            match self.rt.panic_value(&pending) {
                Ok(value) => break value,
                Err(Ok(kind)) => {
                    if let Err(message) = self.load_error_type(kind) {
                        self.exit = Exit::Fatal(format!("golite: {message}\n"));
                        return false;
                    }
                }
                Err(Err(_)) => {
                    self.rt.pending_panic = Some(pending.clone());
                    self.collect_all();
                    self.rt.pending_panic = None;
                    match self.rt.panic_value(&pending) {
                        Ok(value) => break value,
                        Err(_) => {
                            let text = self.rt.heap.failure();
                            self.rt.fatal = Some(Fatal::OutOfMemory(text));
                            return self.fatal();
                        }
                    }
                }
            }
        };
        let error = match pending {
            PendingPanic::Value { .. } => None,
            PendingPanic::Error { kind, addr, .. } => {
                if kind == ErrorKind::Memory {
                    self.fault = Some((value, addr));
                }
                Some(kind)
            }
        };
        self.begin_panic(value, error)
    }

    fn begin_panic(&mut self, value: (u64, u64), error: Option<ErrorKind>) -> bool {
        if self.is_printing() {
            return self.panic_while_printing(value);
        }
        let pc = self.pc as u64;
        self.goroutine().push_panic(PanicRecord {
            type_word: value.0,
            data: value.1,
            frame: StackSlot::NONE,
            deferred: StackSlot::NONE,
            pc,
            recovered: false,
            aborted: false,
            goexit: false,
            repanicked: false,
            error,
        });
        self.unwind()
    }

    fn is_printing(&self) -> bool {
        self.printing.as_ref().is_some_and(|printing| printing.goroutine == self.rt.running)
    }

    /// Runs the next deferred call of the goroutine, for its newest panic. The frame is the one that
    /// panicked.
    fn unwind(&mut self) -> bool {
        let Some(record) = self.goroutine().defers.last().copied() else {
            return self.nothing_deferred();
        };
        let window = self.frame_size(self.running_frame());
        let slots = match record.closure {
            0 => u32::from(LINK_SLOTS),
            closure => self.entry(Runtime::func_of_closure(closure)).slots,
        };
        if let Some(ended) = self.reserve(window + slots) {
            return ended;
        }
        let deferred = StackSlot(self.frame_slot().0 + window);
        let goroutine = self.goroutine();
        goroutine.defers.pop();
        let panic = goroutine.last_panic().expect("a panic is on its way");
        panic.frame = record.frame;
        panic.deferred = deferred;
        if record.closure == 0 {
            let trap = self.rt.raise_nil(0);
            return self.trap(trap);
        }
        let link = pack_link(Reg(window as u16), self.code.unwind());
        self.enter_closure(window, link, record.closure)
    }

    fn nothing_deferred(&mut self) -> bool {
        if self.goroutine().last_panic().is_some_and(|panic| panic.goexit) {
            return self.goroutine_exits();
        }
        self.begin_printing()
    }

    /// The unwind stub: a deferred call, or a method that gives a panic's text, has returned.
    pub(crate) fn deferred_returned(&mut self) -> bool {
        if self.is_printing() {
            return self.text_returned();
        }
        let panic = *self.goroutine().last_panic().expect("a panic is on its way");
        self.pc = std::ptr::with_exposed_provenance(panic.pc as usize);
        if !panic.recovered {
            return self.unwind();
        }
        // The way down to the frame goes by panics that are dropped.
        let recovery = self.recovery_of(panic.frame);
        let goroutine = self.goroutine();
        goroutine.pop_panic();
        while let Some(older) = goroutine.last_panic().copied() {
            if older.deferred == StackSlot::NONE || older.deferred <= panic.frame {
                break;
            }
            if older.goexit {
                // It was overtaken by the panic: it goes on.
                goroutine.last_panic().expect("just looked at").pc = panic.pc;
                return self.unwind();
            }
            goroutine.pop_panic();
        }
        // The frames above are gone, and with them perhaps the one with the barrier.
        self.goroutine().clear_barrier();
        self.set_frame(panic.frame);
        self.pc = recovery;
        true
    }

    /// Where a frame that deferred goes on after a recovered panic.
    fn recovery_of(&self, base: StackSlot) -> *const Word {
        let mut frame = self.running_frame();
        while frame.base != base {
            frame = self.caller(self.rt.running, frame).expect("the frame that deferred is on the stack").0;
        }
        let func = frame.func.expect("who defers is a function");
        let recovery = match &self.loader.module().functions[func.index()].body {
            Body::Code(code) => code.recovery,
            Body::Pending | Body::Native { .. } => None,
        };
        let recovery = recovery.expect("a function that defers has a recovery point");
        self.code.start(func).wrapping_add(recovery as usize)
    }

    /// `recover()` in the running frame: it works in a function that a panic called as deferred one,
    /// directly or through the compiler's wrappers.
    pub(crate) fn recover(&mut self) -> (u64, u64) {
        let Some(panic) = self.goroutine().last_panic().copied() else { return (0, 0) };
        if panic.goexit || panic.recovered {
            return (0, 0);
        }
        let mut frame = self.running_frame();
        if self.is_wrapper(frame.func) {
            // `defer recover()`: as if the function that deferred it called it, unless a panic does.
            match self.caller(self.rt.running, frame) {
                Some((caller, false)) => frame = caller,
                _ => return (0, 0),
            }
        }
        while frame.base != panic.deferred {
            match self.caller(self.rt.running, frame) {
                Some((caller, false)) if self.is_wrapper(caller.func) => frame = caller,
                _ => return (0, 0),
            }
        }
        self.goroutine().last_panic().expect("just looked at").recovered = true;
        (panic.type_word, panic.data)
    }

    // ---- the end of a goroutine

    /// The goroutine's function has returned.
    pub(crate) fn goroutine_ends(&mut self) -> bool {
        if self.rt.running_id == 1 && !self.config.calls {
            return self.leave(Exit::Program(0));
        }
        // What it has done last was done in a frame that is gone.
        if let Some(log) = &mut self.rt.sched.events.log {
            log.give_stack(Vec::new(), None);
        }
        if self.switches_at_once() {
            sched::finished(&mut self.rt, self.budget as u32);
            let (g, budget) = sched::next_at_once(&mut self.rt);
            self.budget = u64::from(budget);
            return self.resume(g);
        }
        self.leave(Exit::Finished)
    }

    fn goroutine_exits(&mut self) -> bool {
        self.goroutine().panics = None;
        self.call.forget(self.rt.running_id);
        if self.rt.running_id == 1 && !self.config.calls {
            self.rt.sched.main_exited = true;
        }
        self.leave(Exit::Finished)
    }

    // ---- the report of a panic that ends the program

    fn begin_printing(&mut self) -> bool {
        self.printing = Some(Box::new(Printing { goroutine: self.rt.running, texts: Vec::new() }));
        self.next_text()
    }

    /// Makes the text of the next panic: by its `Error` or `String` method, if it has one.
    fn next_text(&mut self) -> bool {
        loop {
            let done = self.printing.as_ref().map_or(0, |printing| printing.texts.len());
            let Some(panic) = self.goroutine().panics().get(done).copied() else {
                return self.report_panic();
            };
            let method = match panic.goexit {
                true => None,
                false => self.rt.panic_text_method(panic.type_word),
            };
            let Some(func) = method else {
                let text = self.rt.panic_value_text(panic.type_word, panic.data);
                self.push_text(text);
                continue;
            };
            let window = self.frame_size(self.running_frame());
            let entry = self.entry(func);
            if let Some(ended) = self.reserve(window + entry.slots) {
                return ended;
            }
            let link = pack_link(Reg(window as u16), self.code.unwind());
            self.set_window_slot(window, 0, link);
            self.set_window_slot(window, first_param(2), panic.data);
            self.printing_pc = self.pc;
            self.fp = self.fp.wrapping_add(window as usize);
            self.pc = entry.code;
            return true;
        }
    }

    fn push_text(&mut self, text: PanicText) {
        if let Some(printing) = &mut self.printing {
            printing.texts.push(text);
        }
    }

    /// A method has returned a text: it is in the results of the window above the frame.
    fn text_returned(&mut self) -> bool {
        self.pc = self.printing_pc;
        let window = self.frame_size(self.running_frame());
        let results = LINK_SLOTS;
        let (addr, len) = (self.window_slot(window, results), self.window_slot(window, results + 1));
        self.push_text(PanicText { string: (addr, len), ..PanicText::default() });
        self.next_text()
    }

    fn panic_while_printing(&mut self, value: (u64, u64)) -> bool {
        let ty = golite_runtime::slot::type_of_word(value.0);
        let name = self.rt.types.name(ty).to_string();
        let text = match name.as_str() {
            "string" => self.rt.panic_value_text(value.0, value.1),
            _ => format!("type {name}").into_bytes().into(),
        };
        let mut message = b"panic while printing panic value: ".to_vec();
        self.pieces_of_text(&text, &mut |_, piece| {
            message.extend_from_slice(piece);
            true
        });
        self.rt.fatal = Some(Fatal::Throw(String::from_utf8_lossy(&message).into_owned()));
        self.fatal()
    }

    fn report_panic(&mut self) -> bool {
        let printing = self.printing.take().expect("the texts are being made");
        let panics = self.goroutine().panics().to_vec();
        let mut printed: Vec<(PrintedPanic, (u64, u64))> = Vec::new();
        for (panic, text) in panics.iter().zip(printing.texts) {
            let value = (panic.type_word, panic.data);
            // The same value once more is not another panic.
            if let Some((before, same)) = printed.last_mut()
                && !panic.goexit
                && self.rt.equal_ifaces(*same, value).unwrap_or(false)
            {
                before.repanicked |= before.recovered;
                before.recovered |= panic.recovered;
                continue;
            }
            self.rt.pending_panic = None;
            let shown =
                PrintedPanic { text, recovered: panic.recovered, repanicked: false, goexit: panic.goexit };
            printed.push((shown, value));
        }
        let last = printed.last().map(|(_, value)| *value);
        let panics = printed.into_iter().map(|(panic, _)| panic).filter(|panic| !panic.goexit).collect();
        let mut signal = String::new();
        if let Some((value, addr)) = self.fault
            && Some(value) == last
        {
            signal = signal_line(addr, 0);
        }
        self.leave(Exit::Panic(panics, signal))
    }

    /// The strings of the heap that texts are made of, while they are made.
    pub(crate) fn printed_strings(printing: Option<&Printing>) -> Vec<Addr> {
        let texts = printing.map_or(&[][..], |printing| &printing.texts);
        texts.iter().map(|text| text.string.0).collect()
    }

    /// Gives the lines about panics, piece by piece while more are wanted.
    pub(crate) fn pieces_of_panics(
        &mut self,
        panics: &[PrintedPanic],
        give: &mut dyn FnMut(&mut Vm, &[u8]) -> bool,
    ) {
        for (number, panic) in panics.iter().enumerate() {
            let (before, after) = around_panic(panic, number == 0);
            if !(give(self, before) && self.pieces_of_text(&panic.text, give) && give(self, after)) {
                return;
            }
        }
    }

    fn pieces_of_text(&mut self, text: &PanicText, give: &mut dyn FnMut(&mut Vm, &[u8]) -> bool) -> bool {
        let mut piece = Vec::new();
        push_indented(&mut piece, &text.before);
        let (addr, len) = text.string;
        for start in (0..len).step_by(PIECE as usize) {
            push_indented(&mut piece, self.rt.string_bytes(addr + start, PIECE.min(len - start)));
            if !give(self, &piece) {
                return false;
            }
            piece.clear();
        }
        push_indented(&mut piece, text.after);
        give(self, &piece)
    }

    /// The words for one of the runtime errors that compiled code raises itself.
    pub(crate) fn raise_runtime_code(&mut self, code: u16) -> Trap {
        use golite_bytecode::RuntimeErrorCode as Code;
        let text = match code {
            c if c == Code::NilDereference as u16 => return self.rt.raise_nil(0),
            c if c == Code::DivideByZero as u16 => return self.rt.raise_divide(),
            c if c == Code::NegativeShift as u16 => return self.rt.raise_shift(),
            c if c == Code::RangeAfterFalse as u16 => {
                "range function continued iteration after function for loop body returned false"
            }
            c if c == Code::RangeAfterExit as u16 => {
                "range function continued iteration after whole loop exit"
            }
            c if c == Code::RangeAfterPanic as u16 => {
                "range function continued iteration after loop body panic"
            }
            c if c == Code::RangeRecovered as u16 => {
                "range function recovered a loop body panic and did not resume panicking"
            }
            c if c == Code::UnsafeSliceLength as u16 => "unsafe.Slice: len out of range",
            c if c == Code::UnsafeSliceNil as u16 => "unsafe.Slice: ptr is nil and len is not zero",
            c if c == Code::UnsafeStringLength as u16 => "unsafe.String: len out of range",
            c if c == Code::UnsafeStringNil as u16 => "unsafe.String: ptr is nil and len is not zero",
            _ => return self.rt.raise_fatal("unreachable code was reached"),
        };
        self.rt.raise(ErrorKind::Error, text)
    }

    /// Raises what a goroutine has to panic with now that it goes on: it is behind the instruction that
    /// made it wait.
    pub(crate) fn raise_on_wake(&mut self, outcome: NativeResult) -> bool {
        let Err(trap) = outcome else { return true };
        if let Place::Code(func, word) = self.code.place(self.pc.wrapping_sub(1)) {
            let start = self.code.start(func);
            let mut at = start;
            while at.wrapping_add(self.length_at(at)) <= start.wrapping_add(word as usize) {
                at = at.wrapping_add(self.length_at(at));
            }
            self.pc = at;
        }
        self.trap(trap)
    }

    fn length_at(&self, pc: *const Word) -> usize {
        let op = self.code.op_at(pc);
        Op::from_number(op).map_or(1, |op| usize::from(op.info().words))
    }
}
