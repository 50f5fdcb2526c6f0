//! Inputs: a VM that lives on between functions that it is given, as a session needs it.
//!
//! Each input is a function that a goroutine of its own runs. When it ends, the other goroutines are kept;
//! they run during the next input, or between inputs in `run_background`. What would end a program (a
//! panic, a fatal error, `os.Exit`, an interrupt, a deadlock) ends the goroutine it happened to.
//!
//! What the function of an input defers itself is kept, if it comes to its end: as in a program whose `main` goes
//! on, it runs when the session ends.
//!
//! A goroutine that is ended while it waits is only marked, and ends instead of running. If it waits for a
//! channel it leaves the queue at once; else it stays where it waits until something wakes it.

use golite_bytecode::FuncIx;
use golite_gc::Addr;
use golite_runtime::goroutine::{Creation, GoroutineIx, StackSlot, Status, WaitReason};
use golite_runtime::sched::{self, Next};
use golite_runtime::{chan, outside};

use crate::run::Outcome;
use crate::trace::TraceStyle;
use crate::vm::Vm;

/// What a deferred call that is kept takes.
const DEFERRED_BYTES: i64 = 8;

/// The function of an input, while a goroutine runs it.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    pub(crate) goroutine: GoroutineIx,
    pub(crate) id: u64,
}

/// Calls that inputs deferred.
#[derive(Debug, Default)]
pub(crate) struct Deferred {
    /// The goroutine of the input whose calls are kept, by its number.
    input: u64,
    /// Func values, the last to run first.
    calls: Vec<Addr>,
    /// Those of the input that runs, which come in the order they would run.
    new: usize,
}

impl Deferred {
    pub(crate) fn calls(&self) -> &[Addr] {
        &self.calls
    }

    /// Keeps a call. Those of one input come last first.
    pub(crate) fn add(&mut self, closure: Addr) {
        let at = self.calls.len() - self.new;
        self.calls.insert(at, closure);
        self.new += 1;
    }
}

/// How an input ended. Reports have been written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InputEnd {
    /// Its function returned.
    Finished,
    /// It panicked, or met a fatal error or a limit.
    Failed,
    /// It called `os.Exit`.
    Exit(i32),
    /// It was interrupted from outside, perhaps while it waited for something.
    Interrupted(Option<&'static str>),
}

/// What goroutines do between inputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Background {
    /// Some can run.
    Running,
    /// All wait, at least one for this many nanoseconds.
    Sleeping(i64),
    /// All wait for something outside, or for ever.
    Waiting,
}

impl Vm {
    /// Prepares for inputs.
    ///
    /// # Errors
    /// When there is no memory for what has been compiled.
    pub fn begin_session(&mut self) -> Result<(), String> {
        self.sync()?;
        // The first goroutine of a program is special: its end is the program's.
        let first =
            self.rt.goroutines.spawn(0, Creation::RUNTIME).map_err(|_| "out of memory".to_string())?;
        self.rt.goroutines.take_back(first);
        self.rt.program.passing_functions = Some(self.rt.program.functions.len() as u32);
        self.rt.program.passing_strings = Some(self.rt.program.strings.len());
        self.rt.program.passing_globals = Some(self.rt.program.globals.len());
        self.working_dir =
            self.rt.host.working_dir().ok().and_then(|dir| String::from_utf8(dir).ok()).unwrap_or_default();
        Ok(())
    }

    /// Starts a goroutine that runs a function without parameters and results.
    ///
    /// # Errors
    /// When there is no memory for it, or there are too many.
    pub fn start_input(&mut self, func: FuncIx) -> Result<Input, String> {
        self.sync()?;
        let closure = self.rt.func_value(func).map_err(|_| "out of memory".to_string())?;
        self.start_closure(closure)
    }

    fn start_closure(&mut self, closure: Addr) -> Result<Input, String> {
        let goroutine = sched::spawn(&mut self.rt, closure, Creation::RUNTIME)
            .map_err(|error| format!("no goroutine can be started: {error:?}"))?;
        let timeout = self.config.timeout;
        self.rt.deadline = timeout.map(|timeout| self.rt.host.monotonic().saturating_add(timeout));
        Ok(Input { goroutine, id: self.rt.goroutines.get(goroutine).id })
    }

    /// What the function of an input defers is kept when it has come to its end.
    pub fn keep_deferred(&mut self, input: Input) {
        self.deferred.input = input.id;
        self.deferred.new = 0;
    }

    /// How many deferred calls are kept.
    #[must_use]
    pub fn deferred_count(&self) -> usize {
        self.deferred.calls.len()
    }

    /// Starts the deferred call that is to run next, if there is one.
    pub fn start_deferred(&mut self) -> Option<Result<Input, String>> {
        self.deferred.input = 0;
        let closure = self.deferred.calls.pop()?;
        self.rt.heap.charge_external(-DEFERRED_BYTES);
        Some(self.start_closure(closure))
    }

    /// Whether the frame that ends is that of an input, and there is memory for what it deferred.
    pub(crate) fn keeps_deferred(&mut self, frame: StackSlot) -> bool {
        frame == StackSlot(0)
            && self.deferred.input != 0
            && self.deferred.input == self.rt.goroutines.get(self.rt.running).id
            && self.rt.heap.try_charge_external(DEFERRED_BYTES.unsigned_abs()).is_ok()
    }

    /// Runs until the input ends.
    pub fn run_input(&mut self, input: Input) -> InputEnd {
        loop {
            let (outcome, mine) = match sched::next(&mut self.rt) {
                Next::Run { goroutine, budget } => {
                    let id = self.rt.goroutines.get(goroutine).id;
                    let outcome = self.run_unless_ended(goroutine, id, budget);
                    (outcome, id == input.id)
                }
                Next::Idle { nanoseconds } => (self.idle(nanoseconds), true),
                Next::Deadlock(deadlock) => (Some(self.report_deadlock(deadlock)), true),
                Next::Failed(error) => (Some(self.report_spawn(error)), false),
            };
            match outcome {
                None if !mine || self.lives(input) => {}
                None => return InputEnd::Finished,
                Some(outcome) => {
                    let end = match self.input_end(outcome) {
                        InputEnd::Interrupted(_) => InputEnd::Interrupted(self.waits_for(input)),
                        end => end,
                    };
                    if mine || matches!(end, InputEnd::Interrupted(_) | InputEnd::Exit(_)) {
                        self.end_goroutine(input);
                        return end;
                    }
                    self.others_failed |= end == InputEnd::Failed;
                }
            }
        }
    }

    /// Runs one time slice of a goroutine that no input waits for, if one can run.
    pub fn run_background(&mut self) -> Background {
        match sched::next(&mut self.rt) {
            Next::Run { goroutine, budget } => {
                let id = self.rt.goroutines.get(goroutine).id;
                if let Some(outcome) = self.run_unless_ended(goroutine, id, budget) {
                    self.others_failed |= self.input_end(outcome) == InputEnd::Failed;
                    self.end_running();
                }
                Background::Running
            }
            Next::Idle { nanoseconds } => {
                outside::deliver(&mut self.rt);
                nanoseconds.map_or(Background::Waiting, Background::Sleeping)
            }
            Next::Deadlock(_) => Background::Waiting,
            Next::Failed(error) => {
                self.report_spawn(error);
                Background::Running
            }
        }
    }

    /// Whether a goroutine that no input waits for has failed since this was asked last.
    pub fn take_others_failed(&mut self) -> bool {
        std::mem::take(&mut self.others_failed)
    }

    /// Takes over the methods that were filled in. Those of the module are to be forgotten then; false if there is no
    /// memory for what has been compiled.
    pub fn takes_methods(&mut self) -> bool {
        let synced = self.sync().is_ok();
        if synced {
            self.rt.types.forget_filled();
        }
        synced
    }

    /// Calls of functions run another one from now on; all have the same signature.
    ///
    /// # Errors
    /// When there is no memory for what has been compiled.
    pub fn redirect(&mut self, from: &[FuncIx], to: FuncIx) -> Result<(), String> {
        self.sync()?;
        self.code.redirect(from, to);
        Ok(())
    }

    /// The loader, to add code.
    pub fn loader(&mut self) -> &mut dyn crate::Loader {
        &mut *self.loader
    }

    /// Collects everything that nothing refers to.
    pub fn collect_garbage(&mut self) {
        self.collect_all();
    }

    /// The goroutines of the program that have neither ended nor been ended.
    #[must_use]
    pub fn kept_goroutines(&self) -> Vec<GoroutineIx> {
        let kept =
            self.rt.goroutines.iter().filter(|(_, state)| !state.system && !self.ended.contains(&state.id));
        kept.map(|(goroutine, _)| goroutine).collect()
    }

    /// Their stacks, as Go shows them.
    #[must_use]
    pub fn kept_goroutines_text(&self) -> String {
        let texts: Vec<String> = self
            .kept_goroutines()
            .into_iter()
            .map(|goroutine| self.trace_text(goroutine, TraceStyle::User))
            .collect();
        texts.join("\n")
    }

    pub(crate) fn run_unless_ended(
        &mut self,
        goroutine: GoroutineIx,
        id: u64,
        budget: u32,
    ) -> Option<Outcome> {
        if self.ended.remove(&id) {
            sched::finished(&mut self.rt, budget);
            return None;
        }
        self.failed = false;
        let outcome = self.run_slice(goroutine, budget);
        if outcome.is_some() {
            self.end_running();
        }
        outcome
    }

    /// Whether the goroutine of an input has not ended.
    pub(crate) fn lives(&self, input: Input) -> bool {
        self.rt.goroutines.iter().any(|(goroutine, state)| {
            goroutine == input.goroutine && state.id == input.id && state.status != Status::Dead
        })
    }

    /// What an input waits for.
    fn waits_for(&self, input: Input) -> Option<&'static str> {
        if !self.lives(input) {
            return None;
        }
        let goroutine = self.rt.goroutines.get(input.goroutine);
        (goroutine.status == Status::Waiting).then(|| goroutine.reason.text())
    }

    /// What an end of the program means for an input.
    fn input_end(&mut self, outcome: Outcome) -> InputEnd {
        let interrupted = self.rt.interrupt.is_asked();
        self.rt.interrupt.forget();
        match outcome {
            Outcome::Signal(_) if interrupted => InputEnd::Interrupted(None),
            Outcome::Signal(_) => InputEnd::Failed,
            Outcome::Status(_) if self.failed => InputEnd::Failed,
            Outcome::Status(status) => InputEnd::Exit(status),
        }
    }

    /// Ends the goroutine that runs, if one does.
    pub(crate) fn end_running(&mut self) {
        if self.rt.running != GoroutineIx::NONE {
            sched::finished(&mut self.rt, 0);
        }
        self.printing = None;
        self.printing_pc = std::ptr::null();
        self.fault = None;
        self.starved = None;
        self.initialising = 0;
    }

    pub(crate) fn end_goroutine(&mut self, input: Input) {
        if self.lives(input) {
            // What it did is past for everybody.
            self.rt.release(input.goroutine);
            self.ended.insert(input.id);
            let goroutine = self.rt.goroutines.get(input.goroutine);
            let reason = goroutine.reason;
            let on_channel =
                matches!(reason, WaitReason::ChanReceive | WaitReason::ChanSend | WaitReason::Select);
            if goroutine.status == Status::Waiting && (on_channel || reason.is_for_ever()) {
                chan::leave_queues(&mut self.rt, input.goroutine);
                sched::ready_in_turn(&mut self.rt, input.goroutine);
            }
        }
    }
}
