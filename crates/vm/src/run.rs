//! The scheduler's caller: runs goroutines until the program ends, and says how it did.

use std::time::Duration;

use golite_bytecode::FuncIx;
use golite_runtime::goroutine::{Creation, GoroutineIx, Status};
use golite_runtime::host::{Fd, HostError, HostResult};
use golite_runtime::interrupt::Cause;
use golite_runtime::panic::{Fatal, PrintedPanic};
use golite_runtime::sched::{self, Deadlock, Next, SpawnError};
use golite_runtime::settings::MainPackage;
use golite_runtime::trace::What;
use golite_runtime::{Runtime, chan, outside, report};

use crate::call::{FailureKind, Report};
use crate::dispatch;
use crate::frame::{link_pc, pack_link};
use crate::operands;
use crate::trace::{THROW, TraceStyle};
use crate::vm::{LeakCheck, TraceTo, Vm};

/// Standard error.
const STDERR: i32 = 2;

/// The first bytes of a report, by which what is explained is chosen.
const MOST_OF_CAUSE: usize = 64 << 10;

/// A report is written when so much of it is there: it may be larger than the memory that is left.
const WRITTEN_AT_ONCE: usize = 64 << 10;

/// Exit status of a program that panics, or that a limit ends.
const FAILED: i32 = 2;

/// Why the interpreter was left.
#[derive(Debug)]
pub(crate) enum Exit {
    /// It was not.
    None,
    /// The time slice is over.
    Preempted,
    /// The goroutine waits.
    Parked,
    /// The goroutine gave way.
    Yielded,
    /// The goroutine has ended.
    Finished,
    /// The program ends with this status.
    Program(i32),
    /// The program ends by this signal.
    Signal(i32),
    /// The program ends with panics that nobody recovered; what is said of a memory fault.
    Panic(Vec<PrintedPanic>, String),
    /// The program ends with a fatal error.
    FatalError(Fatal),
    /// The stack is over its limit; the line about it.
    Overflow(String),
    /// The limit of steps is reached.
    StepLimit,
    /// `runtime.Breakpoint` without debugger.
    Breakpoint,
    /// The VM cannot go on; why.
    Fatal(String),
}

/// How a program ended. What it had to say has been written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// With this exit status.
    Status(i32),
    /// As a process ends that this signal kills.
    Signal(i32),
}

/// Writing to a pipe that nobody reads.
const SIGPIPE: i32 = 13;

/// The signal of a crash that leaves a core dump.
const SIGABRT: i32 = 6;

/// What is said of output that could not be written and no write has told the program of.
fn lost_output(error: HostError) -> String {
    format!("golite: standard output is incomplete: {}\n", std::io::Error::from_raw_os_error(error.0))
}

/// The end of a program whose buffered output cannot be written because nobody reads it: a write would
/// have ended it. Other errors are told to the next write.
fn ended_by(flushed: HostResult<()>) -> Option<Outcome> {
    (flushed == Err(HostError::BROKEN_PIPE)).then_some(Outcome::Signal(SIGPIPE))
}

impl Vm {
    /// Runs the program whose first function is `entry`, to its end.
    pub fn run(&mut self, entry: FuncIx) -> Outcome {
        let outcome = match self.begin(entry) {
            Ok(()) => self.run_all(),
            Err(message) => self.fail(FailureKind::Defect, message.as_bytes()),
        };
        let outcome = self.check_leaks(outcome);
        match self.rt.host.flush() {
            Ok(()) => outcome,
            Err(HostError::BROKEN_PIPE) => Outcome::Signal(SIGPIPE),
            Err(error) => {
                // The program could have asked for this error only by a write that did not come.
                self.write_error(lost_output(error).as_bytes());
                outcome
            }
        }
    }

    /// Shows the goroutines that can never go on when a program has come to its end, if that is wanted.
    fn check_leaks(&mut self, outcome: Outcome) -> Outcome {
        let Outcome::Status(status) = outcome else { return outcome };
        if self.config.leaks == LeakCheck::Off || self.crashed {
            return outcome;
        }
        let text = self.leak_report();
        if text.is_empty() {
            return outcome;
        }
        self.write_error(text.as_bytes());
        match (self.config.leaks, status) {
            (LeakCheck::Fail, 0) => Outcome::Status(FAILED),
            _ => outcome,
        }
    }

    /// Tells what is run, for `debug.ReadBuildInfo`.
    pub fn set_main_package(&mut self, main: Option<MainPackage>) {
        self.rt.settings.main = main;
    }

    fn begin(&mut self, entry: FuncIx) -> Result<(), String> {
        self.main = Some(entry);
        self.sync().map_err(|message| format!("golite: {message}\n"))?;
        self.working_dir =
            self.rt.host.working_dir().ok().and_then(|dir| String::from_utf8(dir).ok()).unwrap_or_default();
        if let Some(timeout) = self.config.timeout {
            self.rt.deadline = Some(self.rt.host.monotonic().saturating_add(timeout));
        }
        self.begin_profiles();
        if self.config.trace != TraceTo::Nowhere {
            self.begin_trace();
        }
        let closure = self.rt.func_value(entry).map_err(|_| "golite: out of memory\n".to_string())?;
        sched::spawn(&mut self.rt, closure, Creation::RUNTIME)
            .map_err(|_| "golite: out of memory\n".to_string())?;
        self.begin_debug_lines();
        Ok(())
    }

    fn run_all(&mut self) -> Outcome {
        self.whole_program = true;
        loop {
            let end = match sched::next(&mut self.rt) {
                Next::Run { goroutine, budget } => self.run_slice(goroutine, budget),
                Next::Idle { nanoseconds } => self.idle(nanoseconds),
                Next::Deadlock(deadlock) => Some(self.report_deadlock(deadlock)),
                Next::Failed(error) => Some(self.report_spawn(error)),
            };
            if let Some(outcome) = end {
                return outcome;
            }
        }
    }

    /// All wait: so does the process.
    pub(crate) fn idle(&mut self, nanoseconds: Option<i64>) -> Option<Outcome> {
        let wanted = nanoseconds.unwrap_or(i64::MAX);
        let mut most = wanted;
        if let Some(deadline) = self.rt.deadline {
            let left = deadline - self.rt.host.monotonic();
            if left <= 0 {
                return Some(self.report_timeout());
            }
            most = most.min(left);
        }
        if self.debug_lines.next_sched < i64::MAX {
            let now = self.rt.host.monotonic();
            if now >= self.debug_lines.next_sched {
                self.show_sched(now);
            }
            most = most.min(self.debug_lines.next_sched - now);
        }
        self.record_idle(What::Idle);
        let flushed = self.rt.host.sleep(most);
        self.record_idle(What::Busy);
        if let Some(outcome) = ended_by(flushed).or_else(|| self.interrupted()) {
            return Some(outcome);
        }
        outside::deliver(&mut self.rt);
        if most == wanted {
            sched::idled(&mut self.rt);
        }
        None
    }

    /// Runs a goroutine for a time slice. How the program ended, if it has.
    pub(crate) fn run_slice(&mut self, g: GoroutineIx, budget: u32) -> Option<Outcome> {
        self.budget = match self.rt.limits.max_steps {
            None => u64::from(budget),
            Some(most) => {
                let left = most.saturating_sub(self.rt.sched.steps);
                self.rt.charge_limit = left;
                u64::from(budget).min(left).max(1)
            }
        };
        let granted = self.budget;
        self.exit = Exit::None;
        if self.resume(g) {
            match self.rt.profiles.cpu {
                None => dispatch::run(self),
                Some(_) => self.run_sampled(),
            }
        }
        // Others may have run since. Without a limit of steps, they got all that was granted.
        let (g, budget) = (self.rt.running, self.rt.sched.granted());
        let granted = if self.rt.limits.max_steps.is_none() { u64::from(budget) } else { granted };
        // What was not granted, because the limit of steps is near, is not used either.
        let left = budget - (granted - self.budget.min(granted)) as u32;
        let exit = std::mem::replace(&mut self.exit, Exit::None);
        let preempted = matches!(exit, Exit::Preempted);
        match exit {
            Exit::Preempted if granted < u64::from(budget) => return Some(self.report_steps()),
            Exit::Preempted => {
                self.save_goroutine();
                sched::preempted(&mut self.rt);
                self.stack_records(g);
            }
            Exit::Parked => {
                self.save_goroutine();
                sched::parked(&mut self.rt, left);
                self.stack_records(g);
            }
            Exit::Yielded => {
                self.save_goroutine();
                sched::yielded(&mut self.rt, left);
                self.stack_records(g);
            }
            Exit::Finished => {
                self.take_results(g);
                sched::finished(&mut self.rt, left);
            }
            Exit::Program(status) => return Some(Outcome::Status(status & 0xff)),
            Exit::Signal(number) => return Some(Outcome::Signal(number)),
            Exit::None => unreachable!("the loop is left for a reason"),
            other => return Some(self.report_end(other)),
        }
        self.between_slices(preempted)
    }

    /// What has to be looked at now and then.
    fn between_slices(&mut self, preempted: bool) -> Option<Outcome> {
        if self.flush_full_trace().is_err() {
            // The trace alone goes on without end.
            self.end_trace();
            self.rt.trace_parts.take();
            return Some(self.report_spawn(SpawnError::OutOfMemory));
        }
        if self.rt.limits.max_steps.is_some_and(|most| self.rt.sched.steps >= most) {
            return Some(self.report_steps());
        }
        if self.rt.interrupt.is_asked() {
            return self.interrupted();
        }
        if self.rt.sched.wants_news(preempted) {
            outside::deliver(&mut self.rt);
        }
        if preempted || self.rt.sched.switches().is_multiple_of(16) {
            let now = self.rt.host.monotonic();
            if self.rt.deadline.is_some_and(|deadline| now >= deadline) {
                return Some(self.report_timeout());
            }
            if now >= self.debug_lines.next_sched {
                self.show_sched(now);
            }
            return ended_by(self.rt.host.tick(now));
        }
        None
    }

    /// How the program ends because somebody outside wants it to.
    fn interrupted(&mut self) -> Option<Outcome> {
        let cause = self.rt.interrupt.asked()?;
        while !self.rt.interrupt.claim() {
            // It came too late: the process is being ended.
            std::thread::park();
        }
        let number = match cause {
            Cause::TimeLimit => return Some(self.report_timeout()),
            Cause::Signal(number) => number,
        };
        let Some(name) = report::dumping_signal(number) else { return Some(Outcome::Signal(number)) };
        self.save_goroutine();
        let text = format!("{name}\nPC=0x0 m=0 sigcode=0\n\n{}", self.trace_all(None, self.crash_style()));
        Some(self.fail(FailureKind::Fatal, text.as_bytes()))
    }

    /// Loads the registers of a goroutine. False if it did not begin to run.
    pub(crate) fn resume(&mut self, g: GoroutineIx) -> bool {
        let goroutine = self.rt.goroutines.get_mut(g);
        if goroutine.pc == 0 {
            return self.start(g);
        }
        self.pc = std::ptr::with_exposed_provenance(goroutine.pc as usize);
        let stack = goroutine.stack.base();
        self.stack_end = stack.wrapping_add(goroutine.stack.slots() as usize);
        self.fp = stack.wrapping_add(goroutine.base.0 as usize);
        let panics = goroutine.wakes_to_panic();
        if self.rt.profiles.times_waits() {
            self.sample_wait(g);
        }
        if panics {
            let outcome = chan::resume(&mut self.rt, g);
            return self.raise_on_wake(outcome);
        }
        true
    }

    /// Makes the first frame of a goroutine.
    fn start(&mut self, g: GoroutineIx) -> bool {
        let closure = self.rt.goroutines.get(g).entry;
        let entry = self.entry(Runtime::func_of_closure(closure));
        self.set_frame(golite_runtime::goroutine::StackSlot(0));
        self.pc = entry.code;
        let link = pack_link(golite_bytecode::Reg(0), self.code.exit());
        debug_assert_eq!(link_pc(link), self.code.exit());
        self.set_window_slot(0, 0, link);
        self.set_window_slot(0, golite_bytecode::CONTEXT.0, closure);
        if let Some(goes_on) = self.reserve(entry.slots) {
            return goes_on;
        }
        self.pass_arguments(g);
        self.rt.goroutines.get_mut(g).entry = 0;
        true
    }

    /// `go`: starts a goroutine that runs a func value.
    #[inline(never)]
    pub(crate) fn start_goroutine(&mut self) -> bool {
        self.safepoint();
        let closure = self.get(self.operands::<operands::Go>().callee);
        if closure == 0 {
            let trap = self.rt.raise_fatal("go of nil func value");
            return self.trap(trap);
        }
        let creation = self.creation();
        match sched::spawn(&mut self.rt, closure, creation) {
            Ok(_) => self.advance::<operands::Go>(),
            Err(SpawnError::OutOfMemory) => self.trap(golite_runtime::Trap::OutOfMemory),
            Err(SpawnError::TooMany) => {
                let most = self.rt.limits.max_goroutines.unwrap_or(0);
                self.rt.fatal = Some(Fatal::Limit(format!("more than {most} goroutines (--max-goroutines)")));
                self.fatal()
            }
        }
    }

    /// Where the running instruction is, for a goroutine that it starts.
    fn creation(&self) -> Creation {
        let frame = self.running_frame();
        Creation { func: frame.func, pc: frame.word, parent: self.rt.running_id }
    }

    // ---- reports

    pub(crate) fn write_error(&mut self, text: &[u8]) {
        // Standard error may be closed: then nobody reads the report.
        let _ = self.rt.host.flush();
        self.write_all(STDERR, text);
    }

    /// Writes to a descriptor; what it does not take is lost.
    pub(crate) fn write_all(&mut self, fd: Fd, text: &[u8]) {
        let mut rest = text;
        while !rest.is_empty() {
            match self.rt.host.write(fd, rest) {
                Ok(0) | Err(_) => return,
                Ok(count) => rest = &rest[count..],
            }
        }
    }

    /// The program ends with this on standard error.
    fn fail(&mut self, kind: FailureKind, text: &[u8]) -> Outcome {
        self.fail_with(kind, &[], text)
    }

    /// The same, with lines about panics before the text.
    fn fail_with(&mut self, kind: FailureKind, panics: &[PrintedPanic], text: &[u8]) -> Outcome {
        self.crashed = true;
        self.failed = true;
        if self.config.calls {
            let mut all = Vec::new();
            self.pieces_of_panics(panics, &mut |_, piece| {
                all.extend_from_slice(piece);
                true
            });
            all.extend_from_slice(text);
            self.report = Some(Report { kind, text: all });
        } else {
            // Standard error may be closed: then nobody reads the report.
            let _ = self.rt.host.flush();
            self.write_report(STDERR, panics, text);
        }
        if let Some(fd) = self.rt.settings.crash_output {
            self.write_report(fd, panics, text);
        }
        let of_host = matches!(
            kind,
            FailureKind::Steps | FailureKind::Time | FailureKind::Goroutines | FailureKind::Defect
        );
        if self.rt.settings.traceback.crash && !of_host && !self.config.calls {
            return Outcome::Signal(SIGABRT);
        }
        Outcome::Status(FAILED)
    }

    /// Whoever interrupts it while a long text is written sees no more of that.
    fn write_report(&mut self, fd: Fd, panics: &[PrintedPanic], text: &[u8]) {
        let (mut waiting, mut written) = (Vec::new(), false);
        self.pieces_of_panics(panics, &mut |vm, piece| {
            waiting.extend_from_slice(piece);
            if waiting.len() >= WRITTEN_AT_ONCE {
                vm.write_all(fd, &waiting);
                waiting.clear();
                written = true;
            }
            !written || !vm.rt.interrupt.is_asked()
        });
        waiting.extend_from_slice(text);
        self.write_all(fd, &waiting);
    }

    /// Writes why the program ends.
    fn report_end(&mut self, exit: Exit) -> Outcome {
        self.save_goroutine();
        let traceback = self.rt.settings.traceback;
        let (mut text, mut panics) = (Vec::new(), Vec::new());
        let (mut one, mut all, mut style) = (true, traceback.all, self.crash_style());
        let mut level = traceback.level;
        let throws = matches!(exit, Exit::FatalError(Fatal::Throw(_)));
        let mut kind = FailureKind::Fatal;
        match exit {
            Exit::Panic(found, signal) => {
                panics = found;
                text.extend(signal.bytes());
                kind = FailureKind::Panic;
            }
            Exit::FatalError(Fatal::Error(message)) => {
                text.extend(format!("fatal error: {message}\n").bytes())
            }
            Exit::FatalError(Fatal::Throw(message)) => {
                text.extend(format!("fatal error: {message}\n").bytes());
                (all, style, level) = (true, TraceStyle::System, 2);
            }
            Exit::FatalError(Fatal::OutOfMemory(message)) => {
                text.extend(format!("fatal error: runtime: out of memory: {message}\n").bytes());
                kind = FailureKind::Memory;
            }
            Exit::FatalError(Fatal::Limit(message)) => {
                text.extend(format!("golite: limit reached: {message}\n").bytes());
                one = false;
                kind = FailureKind::Goroutines;
            }
            Exit::Overflow(line) => {
                text.extend(line.bytes());
                text.extend_from_slice(b"fatal error: stack overflow\n");
                kind = FailureKind::Stack;
                // Not in the runtime's own form as in Go: a hundred frames of one function are enough to look at.
                (all, level) = (true, level.max(1));
            }
            Exit::StepLimit => return self.report_stopped(),
            Exit::Breakpoint => text.extend_from_slice(b"SIGTRAP: trace trap\nPC=0x0 m=0 sigcode=128\n"),
            Exit::Fatal(message) => {
                text.extend(message.bytes());
                one = false;
                kind = FailureKind::Defect;
            }
            Exit::None
            | Exit::Preempted
            | Exit::Parked
            | Exit::Yielded
            | Exit::Finished
            | Exit::Program(_)
            | Exit::Signal(_) => unreachable!("these do not end the program with a report"),
        }
        let mut cause = Vec::new();
        self.pieces_of_panics(&panics, &mut |_, piece| {
            cause.extend_from_slice(&piece[..piece.len().min(MOST_OF_CAUSE - cause.len())]);
            cause.len() < MOST_OF_CAUSE
        });
        cause.extend_from_slice(&text[..text.len().min(MOST_OF_CAUSE)]);
        let cause = String::from_utf8_lossy(&cause).into_owned();
        if one && level > 0 {
            text.push(b'\n');
            let g = self.rt.running;
            let mut frames = if all { self.trace_all(Some(g), style) } else { self.trace_text(g, style) };
            if throws && let Some(header) = frames.find('\n') {
                frames.insert_str(header + 1, THROW);
            }
            text.extend(frames.bytes());
        }
        if one {
            text.extend(self.explain(&cause, Some(self.rt.running)).bytes());
        }
        self.fail_with(kind, &panics, &text)
    }

    /// A native was stopped: by who is outside, by the limit of time, or by that of steps.
    fn report_stopped(&mut self) -> Outcome {
        match self.interrupted() {
            Some(outcome) => outcome,
            None if self.rt.is_late() => self.report_timeout(),
            None => self.report_steps(),
        }
    }

    fn report_steps(&mut self) -> Outcome {
        let most = self.rt.limits.max_steps.unwrap_or(0);
        let text = format!("golite: limit reached: {most} steps (--max-steps)\n");
        self.fail(FailureKind::Steps, text.as_bytes())
    }

    fn report_timeout(&mut self) -> Outcome {
        let timeout = Duration::from_nanos(self.config.timeout.unwrap_or(0).unsigned_abs());
        self.fail(FailureKind::Time, report::time_limit(timeout).as_bytes())
    }

    pub(crate) fn report_deadlock(&mut self, deadlock: Deadlock) -> Outcome {
        let mut text = format!("fatal error: {}\n", report::deadlock_text(deadlock));
        let any = self.rt.goroutines.iter().any(|(_, g)| !g.system && g.status != Status::Dead);
        if deadlock == Deadlock::AllAsleep && any && self.rt.settings.traceback.level > 0 {
            text.push('\n');
            text.push_str(&self.trace_all(None, self.crash_style()));
        }
        if deadlock == Deadlock::AllAsleep && self.config.leaks != LeakCheck::Off {
            text.push('\n');
            text.push_str(&self.deadlock_report());
        }
        let cause = text.lines().next().unwrap_or_default().to_string();
        text.push_str(&self.explain(&cause, None));
        self.fail(FailureKind::Deadlock, text.as_bytes())
    }

    pub(crate) fn report_spawn(&mut self, error: SpawnError) -> Outcome {
        let (kind, text) = match error {
            SpawnError::OutOfMemory => {
                let text = format!("fatal error: runtime: out of memory: {}\n", self.rt.heap.failure());
                (FailureKind::Memory, text)
            }
            SpawnError::TooMany => {
                let most = self.rt.limits.max_goroutines.unwrap_or(0);
                let text = format!("golite: limit reached: more than {most} goroutines (--max-goroutines)\n");
                (FailureKind::Goroutines, text)
            }
        };
        self.fail(kind, text.as_bytes())
    }
}
