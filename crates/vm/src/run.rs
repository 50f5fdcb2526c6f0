//! The scheduler's caller: runs goroutines until the program ends, and says how it did.

use golite_bytecode::FuncIx;
use golite_runtime::goroutine::{Creation, GoroutineIx, Status};
use golite_runtime::panic::Fatal;
use golite_runtime::sched::{self, Deadlock, Next, SpawnError};
use golite_runtime::{Runtime, chan, report, timer};

use crate::dispatch;
use crate::frame::{link_pc, pack_link};
use crate::operands;
use crate::vm::Vm;

/// Standard error.
const STDERR: i32 = 2;

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
    /// The program ends with a panic that nobody recovered; its lines.
    Panic(Vec<u8>),
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

/// How a program ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// Its exit status. What it had to say has been written.
    pub status: i32,
}

impl Vm {
    /// Runs the program whose first function is `entry`, to its end.
    pub fn run(&mut self, entry: FuncIx) -> Outcome {
        let status = match self.begin(entry) {
            Ok(()) => self.run_all(),
            Err(message) => {
                self.write_error(message.as_bytes());
                FAILED
            }
        };
        // An error of the last flush has nobody to be told to.
        let _ = self.rt.host.flush();
        Outcome { status }
    }

    fn begin(&mut self, entry: FuncIx) -> Result<(), String> {
        self.sync().map_err(|message| format!("golite: {message}\n"))?;
        self.working_dir =
            self.rt.host.working_dir().ok().and_then(|dir| String::from_utf8(dir).ok()).unwrap_or_default();
        self.deadline = self.config.timeout.map(|timeout| timer::now(&mut self.rt).saturating_add(timeout));
        if let Some(steps) = self.rt.limits.max_steps {
            self.rt.charge_limit = steps;
        }
        let closure = self.rt.func_value(entry).map_err(|_| "golite: out of memory\n".to_string())?;
        sched::spawn(&mut self.rt, closure, Creation::RUNTIME)
            .map_err(|_| "golite: out of memory\n".to_string())?;
        Ok(())
    }

    fn run_all(&mut self) -> i32 {
        loop {
            match sched::next(&mut self.rt) {
                Next::Run { goroutine, budget } => {
                    if let Some(status) = self.run_slice(goroutine, budget) {
                        return status;
                    }
                }
                Next::Idle { nanoseconds } => {
                    if let Some(status) = self.idle(nanoseconds) {
                        return status;
                    }
                }
                Next::Deadlock(deadlock) => return self.report_deadlock(deadlock),
                Next::Failed(error) => return self.report_spawn(error),
            }
        }
    }

    /// All wait: so does the process.
    fn idle(&mut self, nanoseconds: Option<i64>) -> Option<i32> {
        // An error shows when the program writes the next time.
        let _ = self.rt.host.flush();
        let mut nanoseconds = nanoseconds.unwrap_or(i64::MAX);
        if let Some(deadline) = self.deadline {
            let left = deadline - timer::now(&mut self.rt);
            if left <= 0 {
                return Some(self.report_timeout());
            }
            nanoseconds = nanoseconds.min(left);
        }
        self.rt.host.sleep(nanoseconds);
        None
    }

    /// Runs a goroutine for a time slice. The program's status if it has ended.
    fn run_slice(&mut self, g: GoroutineIx, budget: u32) -> Option<i32> {
        self.budget = match self.rt.limits.max_steps {
            None => u64::from(budget),
            Some(most) => u64::from(budget).min(most.saturating_sub(self.rt.sched.steps)).max(1),
        };
        let granted = self.budget;
        self.exit = Exit::None;
        if self.resume(g) {
            dispatch::run(self);
        }
        let left = u32::try_from(self.budget).unwrap_or(u32::MAX).min(budget);
        match std::mem::replace(&mut self.exit, Exit::None) {
            Exit::Preempted if granted < u64::from(budget) => return Some(self.report_steps()),
            Exit::Preempted => {
                self.save_goroutine();
                sched::preempted(&mut self.rt);
            }
            Exit::Parked => {
                self.save_goroutine();
                sched::parked(&mut self.rt, left);
            }
            Exit::Yielded => {
                self.save_goroutine();
                sched::yielded(&mut self.rt, left);
            }
            Exit::Finished => sched::finished(&mut self.rt, left),
            Exit::Program(status) => return Some(status & 0xff),
            Exit::None => unreachable!("the loop is left for a reason"),
            other => return Some(self.report_end(other)),
        }
        self.look_at_limits()
    }

    fn look_at_limits(&mut self) -> Option<i32> {
        if self.rt.limits.max_steps.is_some_and(|most| self.rt.sched.steps >= most) {
            return Some(self.report_steps());
        }
        if self.deadline.is_some() || self.rt.sched.switches().is_multiple_of(16) {
            let now = self.rt.host.monotonic();
            self.rt.host.tick(now);
        }
        if let Some(deadline) = self.deadline
            && timer::now(&mut self.rt) >= deadline
        {
            return Some(self.report_timeout());
        }
        None
    }

    /// Loads the registers of a goroutine. False if it did not begin to run.
    fn resume(&mut self, g: GoroutineIx) -> bool {
        let goroutine = self.rt.goroutines.get_mut(g);
        if goroutine.pc == 0 {
            return self.start(g);
        }
        let (pc, base) = (goroutine.pc, goroutine.base);
        self.pc = std::ptr::with_exposed_provenance(pc as usize);
        self.set_frame(base);
        let outcome = chan::resume(&mut self.rt, g);
        self.raise_on_wake(outcome)
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
        self.rt.goroutines.get_mut(g).entry = 0;
        true
    }

    /// `go`: starts a goroutine that runs a func value.
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
        let mut rest = text;
        while !rest.is_empty() {
            match self.rt.host.write(STDERR, rest) {
                Ok(0) | Err(_) => return,
                Ok(count) => rest = &rest[count..],
            }
        }
    }

    /// Writes why the program ends. Gives its status.
    fn report_end(&mut self, exit: Exit) -> i32 {
        self.save_goroutine();
        let traceback = self.rt.settings.traceback;
        let mut text = Vec::new();
        let (mut one, mut all) = (true, traceback.all);
        match exit {
            Exit::Panic(lines) => text.extend(lines),
            Exit::FatalError(Fatal::Error(message)) => {
                text.extend(format!("fatal error: {message}\n").bytes())
            }
            Exit::FatalError(Fatal::Throw(message)) => {
                text.extend(format!("fatal error: {message}\n").bytes());
                all = true;
            }
            Exit::FatalError(Fatal::OutOfMemory(message)) => {
                text.extend(format!("fatal error: runtime: out of memory: {message}\n").bytes());
            }
            Exit::FatalError(Fatal::Limit(message)) => {
                text.extend(format!("golite: limit reached: {message}\n").bytes());
                one = false;
            }
            Exit::Overflow(line) => {
                text.extend(line.bytes());
                text.extend_from_slice(b"fatal error: stack overflow\n");
            }
            Exit::StepLimit => return self.report_steps(),
            Exit::Breakpoint => text.extend_from_slice(b"SIGTRAP: trace trap\nPC=0x0 m=0 sigcode=128\n"),
            Exit::Fatal(message) => {
                text.extend(message.bytes());
                one = false;
            }
            Exit::None
            | Exit::Preempted
            | Exit::Parked
            | Exit::Yielded
            | Exit::Finished
            | Exit::Program(_) => unreachable!("these do not end the program with a report"),
        }
        if one && traceback.level > 0 {
            text.push(b'\n');
            let g = self.rt.running;
            let frames = if all { self.trace_all(Some(g)) } else { self.trace_text(g) };
            text.extend(frames.bytes());
        }
        self.write_error(&text);
        FAILED
    }

    fn report_steps(&mut self) -> i32 {
        let most = self.rt.limits.max_steps.unwrap_or(0);
        self.write_error(format!("golite: limit reached: {most} steps (--max-steps)\n").as_bytes());
        FAILED
    }

    fn report_timeout(&mut self) -> i32 {
        let seconds = self.config.timeout.unwrap_or(0) as f64 / 1e9;
        self.write_error(format!("golite: limit reached: {seconds} seconds (--timeout)\n").as_bytes());
        FAILED
    }

    fn report_deadlock(&mut self, deadlock: Deadlock) -> i32 {
        let mut text = format!("fatal error: {}\n", report::deadlock_text(deadlock));
        let any = self.rt.goroutines.iter().any(|(_, g)| !g.system && g.status != Status::Dead);
        if deadlock == Deadlock::AllAsleep && any && self.rt.settings.traceback.level > 0 {
            text.push('\n');
            text.push_str(&self.trace_all(None));
        }
        self.write_error(text.as_bytes());
        FAILED
    }

    fn report_spawn(&mut self, error: SpawnError) -> i32 {
        let text = match error {
            SpawnError::OutOfMemory => {
                format!("fatal error: runtime: out of memory: {}\n", self.rt.heap.failure())
            }
            SpawnError::TooMany => {
                let most = self.rt.limits.max_goroutines.unwrap_or(0);
                format!("golite: limit reached: more than {most} goroutines (--max-goroutines)\n")
            }
        };
        self.write_error(text.as_bytes());
        FAILED
    }
}
