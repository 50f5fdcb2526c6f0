//! Functions that a host calls: arguments in, results out, failures as values.
//!
//! A call is an input (`session`) whose function has parameters. They are kept here, as roots, until the
//! goroutine makes its first frame; results are taken from that frame when the function has returned, and
//! must be used before anything of the program runs again.

use golite_bytecode::{FuncIx, Kind, LINK_SLOTS};
use golite_runtime::goroutine::{GoroutineIx, StackSlot};
use golite_runtime::sched::{self, Next};

use crate::run::Outcome;
use crate::session::Input;
use crate::vm::Vm;

/// What kind of failure ended a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureKind {
    /// A panic that nobody recovered.
    Panic,
    /// A fatal error of the runtime.
    Fatal,
    /// All goroutines wait for each other.
    Deadlock,
    /// The limit of memory.
    Memory,
    /// The limit of a stack.
    Stack,
    /// The limit of steps.
    Steps,
    /// The limit of time.
    Time,
    /// The limit of goroutines.
    Goroutines,
    /// What go-lite could not compile or do.
    Defect,
}

/// Why a call failed.
#[derive(Clone, Debug)]
pub struct Report {
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// What a program writes to standard error when it ends so.
    pub text: Vec<u8>,
}

/// How a call ended.
#[derive(Clone, Debug)]
pub enum CallEnd {
    /// The function returned; the slots of its results.
    Returned(Vec<u64>),
    /// It ended its goroutine with `runtime.Goexit`.
    Goexit,
    /// It, or another goroutine meanwhile, failed.
    Failed(Report),
    /// Something called `os.Exit`.
    Exit(i32),
    /// It was interrupted from outside.
    Interrupted,
}

/// The call under way.
#[derive(Debug, Default)]
pub(crate) struct Call {
    id: u64,
    arguments: Vec<(Kind, u64)>,
    result_slots: u16,
    results: Option<Vec<u64>>,
}

impl Call {
    /// Arguments that no frame has yet.
    pub(crate) fn arguments(&self) -> &[(Kind, u64)] {
        &self.arguments
    }

    /// The goroutine ends without return.
    pub(crate) fn forget(&mut self, id: u64) {
        if self.id == id {
            *self = Call::default();
        }
    }
}

impl Vm {
    /// Prepares for calls.
    ///
    /// # Errors
    /// When there is no memory for what has been compiled.
    pub fn begin_calls(&mut self) -> Result<(), String> {
        self.sync()?;
        self.working_dir =
            self.rt.host.working_dir().ok().and_then(|dir| String::from_utf8(dir).ok()).unwrap_or_default();
        Ok(())
    }

    /// Takes over what has been compiled.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn take_over(&mut self) -> Result<(), String> {
        self.sync()
    }

    /// Sets the nanoseconds that each call from now on may take.
    pub fn set_timeout(&mut self, timeout: Option<i64>) {
        self.config.timeout = timeout;
    }

    /// Calls a function with the slots of its arguments, and runs until it ends. Other goroutines run
    /// meanwhile.
    ///
    /// # Panics
    /// If there are not as many slots as the function has parameters.
    pub fn call(&mut self, func: FuncIx, arguments: &[u64]) -> CallEnd {
        self.report = None;
        let input = match self.start_input(func) {
            Ok(input) => input,
            Err(text) => {
                let kind = FailureKind::Memory;
                return CallEnd::Failed(Report { kind, text: text.into_bytes() });
            }
        };
        let signature = self.loader.module().signature_of(func);
        assert_eq!(signature.params.len(), arguments.len(), "a call has the slots of all parameters");
        self.call = Call {
            id: input.id,
            arguments: signature.params.iter().copied().zip(arguments.iter().copied()).collect(),
            result_slots: signature.results.len() as u16,
            results: None,
        };
        let end = self.run_call(input);
        self.call = Call::default();
        // Nothing of it holds for what the host does between calls.
        self.rt.deadline = None;
        self.rt.charge_limit = u64::MAX;
        end
    }

    fn run_call(&mut self, input: Input) -> CallEnd {
        loop {
            let outcome = match sched::next(&mut self.rt) {
                Next::Run { goroutine, budget } => {
                    let id = self.rt.goroutines.get(goroutine).id;
                    self.run_unless_ended(goroutine, id, budget)
                }
                Next::Idle { nanoseconds } => self.idle(nanoseconds),
                Next::Deadlock(deadlock) => Some(self.report_deadlock(deadlock)),
                Next::Failed(error) => Some(self.report_spawn(error)),
            };
            let end = match outcome {
                None if self.call.results.is_some() => {
                    return CallEnd::Returned(self.call.results.take().unwrap_or_default());
                }
                None if self.lives(input) => continue,
                None => CallEnd::Goexit,
                Some(Outcome::Status(status)) => match self.report.take() {
                    Some(report) => CallEnd::Failed(report),
                    None => CallEnd::Exit(status),
                },
                Some(Outcome::Signal(_)) => CallEnd::Interrupted,
            };
            self.rt.interrupt.forget();
            self.end_goroutine(input);
            return end;
        }
    }

    /// The first frame of a goroutine has been made: if it is that of the call, it gets the arguments.
    pub(crate) fn pass_arguments(&mut self, g: GoroutineIx) {
        if self.call.arguments.is_empty() || self.rt.goroutines.get(g).id != self.call.id {
            return;
        }
        let first = LINK_SLOTS + self.call.result_slots;
        for (slot, (_, word)) in (first..).zip(std::mem::take(&mut self.call.arguments)) {
            self.set_window_slot(0, slot, word);
        }
    }

    /// The function of a goroutine has returned: if it is that of the call, its results are kept.
    pub(crate) fn take_results(&mut self, g: GoroutineIx) {
        let goroutine = self.rt.goroutines.get(g);
        if goroutine.id != self.call.id {
            return;
        }
        let first = u32::from(LINK_SLOTS);
        let slots = first..first + u32::from(self.call.result_slots);
        self.call.results = Some(slots.map(|slot| goroutine.stack.get(StackSlot(slot))).collect());
    }
}
