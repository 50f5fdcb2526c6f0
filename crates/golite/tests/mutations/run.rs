//! One case: a program with one change, verified and run.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use golite::{Host, on_deep_stack};
use golite_bytecode::{Body, FuncIx, Module, TypeIx, Verifier, verify_function};
use golite_gc::HeapConfig;
use golite_runtime::host::{Fd, HostResult};
use golite_runtime::native::NativeFn;
use golite_runtime::sched::SchedConfig;
use golite_runtime::{Limits, RuntimeConfig};
use golite_vm::{Loader, Vm, VmConfig};

use crate::change::{self, Changed};
use crate::program::{Compiled, PROGRAMS, compile};
use crate::random::Random;

/// How a case went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The verifier refused the tables or the changed function.
    Rejected,
    /// The verifier refused a function when it was called.
    RejectedLate,
    /// It ran to some end.
    Ran,
    /// A check of accesses stopped it.
    Checked,
    /// Another Rust panic: the message and where it comes from.
    Panicked(String),
    /// It was accepted, and is not run: only checked builds can.
    Accepted,
}

impl Outcome {
    /// Its name in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Rejected => "rejected",
            Outcome::RejectedLate => "rejected when called",
            Outcome::Ran => "ran",
            Outcome::Checked => "stopped by a checked access",
            Outcome::Panicked(_) => "stopped by another panic",
            Outcome::Accepted => "accepted",
        }
    }

    /// As a line.
    pub fn to_line(&self) -> String {
        match self {
            Outcome::Panicked(message) => format!("panicked {}", message.replace('\n', " ")),
            other => other.name().to_string(),
        }
    }

    /// From a line.
    pub fn from_line(line: &str) -> Outcome {
        if let Some(message) = line.strip_prefix("panicked ") {
            return Outcome::Panicked(message.to_string());
        }
        let all =
            [Outcome::Rejected, Outcome::RejectedLate, Outcome::Ran, Outcome::Checked, Outcome::Accepted];
        all.into_iter().find(|outcome| outcome.name() == line).expect("a line of a child")
    }
}

/// A case that is a fault: for the test of the test.
pub const FAULT: u64 = u64::MAX - 2;

/// A case that does not end.
pub const ENDLESS: u64 = u64::MAX - 1;

/// Bytes that a run may take.
const MEMORY: u64 = 32 << 20;

/// How often the heap is collected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Collections {
    /// When it is time.
    Rare,
    /// At every allocation, and what is freed is poisoned.
    All,
}

/// What VMs are made with: small limits, a clock that moves with the steps.
pub fn config(steps: u64, seed: u64, collections: Collections) -> VmConfig {
    let heap = HeapConfig {
        reserve: 256 << 20,
        hard_limit: Some(MEMORY),
        stress: collections == Collections::All,
        ..HeapConfig::default()
    };
    let sched =
        SchedConfig { virtual_clock: true, max_stack: 256 << 10, slice: 1_000, ..SchedConfig::default() };
    let limits = Limits { max_steps: Some(steps), max_goroutines: Some(500) };
    VmConfig {
        runtime: RuntimeConfig { heap, seed, sched, limits, ..RuntimeConfig::default() },
        ..VmConfig::default()
    }
}

/// A host that swallows output and has nothing else. Where one case is looked at, output is shown.
pub struct Silent {
    clock: i64,
    shows: bool,
}

impl Default for Silent {
    fn default() -> Silent {
        Silent { clock: 0, shows: std::env::var_os("GOLITE_MUTATION").is_some() }
    }
}

impl Host for Silent {
    fn write(&mut self, _fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        if self.shows {
            eprint!("{}", String::from_utf8_lossy(bytes));
        }
        Ok(bytes.len())
    }

    fn read(&mut self, _fd: Fd, _buffer: &mut [u8]) -> HostResult<usize> {
        Ok(0)
    }

    fn flush(&mut self) -> HostResult<()> {
        Ok(())
    }

    fn wall_clock(&mut self) -> (i64, i32) {
        (1, 0)
    }

    fn monotonic(&mut self) -> i64 {
        self.clock += 1;
        self.clock
    }

    fn sleep(&mut self, nanos: i64) -> HostResult<()> {
        self.clock = self.clock.saturating_add(nanos);
        Ok(())
    }

    fn random(&mut self, buffer: &mut [u8]) -> HostResult<()> {
        buffer.fill(7);
        Ok(())
    }
}

/// Gives a module that is compiled already, function by function, as a program does: each is verified when
/// it is first called.
struct Replay {
    module: Arc<Module>,
    before: Arc<HashMap<FuncIx, Vec<FuncIx>>>,
    error_types: Arc<HashMap<(String, String), TypeIx>>,
    rejected: Arc<Mutex<bool>>,
}

impl Loader for Replay {
    fn module(&self) -> &Module {
        &self.module
    }

    fn compile(&mut self, func: FuncIx) -> Result<Vec<FuncIx>, String> {
        if let Err(error) = verify_function(&self.module, func) {
            *self.rejected.lock().unwrap_or_else(PoisonError::into_inner) = true;
            return Err(error.to_string());
        }
        match self.before.get(&func) {
            Some(first) => Ok(first.clone()),
            None => Err("the function could not be compiled".into()),
        }
    }

    fn native(&self, package: &str, name: &str) -> Option<NativeFn> {
        golite_stdlib::find(package)?.native(name)
    }

    fn error_type(&mut self, package: &str, name: &str, _pointer: bool) -> Result<TypeIx, String> {
        let ty = self.error_types.get(&(package.to_string(), name.to_string()));
        ty.copied().ok_or_else(|| "the runtime has no such type".to_string())
    }
}

/// The message of the last panic, and where it was raised.
static LAST_PANIC: Mutex<String> = Mutex::new(String::new());

/// A compiled program with its module where it can be changed.
struct Prepared {
    compiled: Compiled,
    module: Arc<Module>,
}

/// Runs cases. Programs are compiled when they are first needed.
pub struct Runner {
    programs: Vec<Option<Prepared>>,
}

impl Runner {
    /// A runner. Panics are silent from now on.
    pub fn new() -> Runner {
        if std::env::var_os("GOLITE_MUTATION").is_none() {
            std::panic::set_hook(Box::new(|info| {
                let place = info.location().map_or_else(String::new, |at| format!(" at {at}"));
                let text = info.payload_as_str().unwrap_or("?");
                *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = format!("{text}{place}");
            }));
        }
        Runner { programs: PROGRAMS.iter().map(|_| None).collect() }
    }

    /// Compiles the program of a case.
    pub fn prepare(&mut self, case: u64) {
        let place = &mut self.programs[(case % PROGRAMS.len() as u64) as usize];
        place.get_or_insert_with(|| {
            let compiled = compile((case % PROGRAMS.len() as u64) as usize);
            Prepared { module: Arc::new(compiled.module.clone()), compiled }
        });
    }

    fn change(&mut self, case: u64) -> (&mut Prepared, Changed) {
        self.prepare(case);
        let place = &mut self.programs[(case % PROGRAMS.len() as u64) as usize];
        let prepared = place.as_mut().expect("just prepared");
        let module = Arc::make_mut(&mut prepared.module);
        let changed = change::change(&mut Random::new(case), module, &prepared.compiled.ran);
        (prepared, changed)
    }

    /// What a case changes.
    pub fn describe(&mut self, case: u64) -> String {
        let (prepared, changed) = self.change(case);
        let program = PROGRAMS[(case % PROGRAMS.len() as u64) as usize];
        let text = format!("{program}: {}", changed.what);
        changed.undo(Arc::make_mut(&mut prepared.module), &prepared.compiled.module);
        text
    }

    /// Changes, verifies, runs, and undoes the change.
    pub fn run(&mut self, case: u64) -> Outcome {
        match case {
            FAULT => std::process::abort(),
            ENDLESS => loop {
                std::thread::park();
            },
            _ => {}
        }
        let (prepared, changed) = self.change(case);
        let outcome = match verify(&prepared.module, &changed) {
            false => Outcome::Rejected,
            true if cfg!(debug_assertions) => run(prepared, case),
            true => Outcome::Accepted,
        };
        changed.undo(Arc::make_mut(&mut prepared.module), &prepared.compiled.module);
        outcome
    }
}

fn verify(module: &Module, changed: &Changed) -> bool {
    let tables = Verifier::new().verify_tables(module);
    let function = changed.function.map_or(Ok(()), |func| verify_function(module, func));
    if let (Some(_), Err(error)) =
        (std::env::var_os("GOLITE_MUTATION"), tables.as_ref().and(function.as_ref()))
    {
        println!("{error}");
    }
    tables.is_ok() && function.is_ok()
}

fn run(prepared: &Prepared, case: u64) -> Outcome {
    let rejected = Arc::new(Mutex::new(false));
    let replay = Replay {
        module: Arc::clone(&prepared.module),
        before: Arc::clone(&prepared.compiled.before),
        error_types: Arc::clone(&prepared.compiled.error_types),
        rejected: Arc::clone(&rejected),
    };
    let (entry, steps) = (prepared.compiled.entry, prepared.compiled.steps * 2 + 10_000);
    // With collections everywhere steps take longer.
    let (steps, collections) = match case / PROGRAMS.len() as u64 % 8 {
        0 => (steps.min(20_000), Collections::All),
        _ => (steps, Collections::Rare),
    };
    let ended = catch_unwind(AssertUnwindSafe(|| {
        on_deep_stack(move || {
            let vm = Vm::new(config(steps, case, collections), Box::<Silent>::default(), Box::new(replay));
            vm.expect("there is address space").run(entry);
        });
    }));
    if *rejected.lock().unwrap_or_else(PoisonError::into_inner) {
        return Outcome::RejectedLate;
    }
    if ended.is_ok() {
        return Outcome::Ran;
    }
    let message = LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if message.starts_with("a checked ") { Outcome::Checked } else { Outcome::Panicked(message) }
}

/// Whether the function has code.
pub fn has_code(module: &Module, func: FuncIx) -> bool {
    matches!(module.functions[func.index()].body, Body::Code(_))
}
