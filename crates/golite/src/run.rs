//! Running a program.

use golite_bytecode::{FuncIx, Module, TypeIx};
use golite_gc::HeapConfig;
use golite_runtime::host::{Host, HostError};
use golite_runtime::native::NativeFn;
use golite_runtime::sched::{DEFAULT_MAX_STACK, SchedConfig};
use golite_runtime::settings::{DebugDefaults, PANIC_NIL};
use golite_runtime::{Limits, RuntimeConfig};
use golite_source::Span;
use golite_vm::{Failure, Loader, Vm, VmConfig};

pub use golite_runtime::native::ProfileKind;
pub use golite_vm::{LeakCheck, ProfileSet, Stats, TraceTo};

pub use golite_vm::Outcome;

use crate::explain;
use crate::load::debug_settings;
use crate::program::Program;
use crate::stack::on_deep_stack;

/// What holds of `GODEBUG` for programs of the language before version `1.N`.
const OF_OLDER_VERSIONS: [(u32, &str, &str); 2] = [(21, PANIC_NIL, "1"), (24, "randseednop", "0")];

/// Characters of source that a report shows.
const SOURCE_SHOWN: usize = 80;

/// How a program is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunConfig {
    /// Bytes that the heap and all stacks may take.
    pub max_memory: Option<u64>,
    /// Steps that the program may take.
    pub max_steps: Option<u64>,
    /// Nanoseconds that it may take.
    pub timeout: Option<i64>,
    /// The program may use pointers of package unsafe: no limit holds for one that does.
    pub allow_unsafe: bool,
    /// Goroutines alive at once.
    pub max_goroutines: Option<u64>,
    /// Bytes of one goroutine's stack.
    pub max_stack: Option<u64>,
    /// Failures are explained, below Go's own text.
    pub explain: bool,
    /// The seed of every choice of the runtime.
    pub seed: u64,
    /// The clock moves with the steps: the run is the same to the byte with the same seed.
    pub virtual_clock: bool,
    /// Profiles of the whole run.
    pub profiles: ProfileSet,
    /// A trace of the whole run.
    pub trace: TraceTo,
    /// What is done about goroutines that can never go on.
    pub leaks: LeakCheck,
    /// What the run came to is counted.
    pub stats: bool,
}

/// What was recorded of a run: the files, for what was asked for.
#[derive(Clone, Debug)]
pub struct Reports {
    /// The profiles.
    pub profiles: Vec<(ProfileKind, Vec<u8>)>,
    /// The trace, in parts that follow each other, if it was to be kept. Otherwise, why the host took only some.
    pub trace: Result<Option<Vec<Vec<u8>>>, HostError>,
    /// What the run came to.
    pub stats: Option<Stats>,
}

/// `GOGC`: a number, or `off`; anything else is 100.
fn gogc(text: Option<Vec<u8>>) -> i32 {
    match text.as_deref() {
        Some(b"off") => -1,
        Some(text) => {
            let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
            number.map_or(100, |number: i32| number.max(-1))
        }
        None => 100,
    }
}

/// `GOMEMLIMIT`: bytes with a unit of powers of two, or `off`.
///
/// # Errors
/// For anything else.
fn memory_limit(text: &str) -> Result<Option<u64>, ()> {
    if text.is_empty() || text == "off" {
        return Ok(None);
    }
    let text = text.strip_prefix('+').unwrap_or(text);
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit {
        "" | "B" => 0,
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return Err(()),
    };
    let number: i64 = number.parse().map_err(|_| ())?;
    let bytes = number.checked_mul(1 << shift).ok_or(())?;
    Ok(Some(bytes.unsigned_abs()))
}

/// Whether a setting is in a list as that of `GODEBUG`.
fn has_setting(list: Option<Vec<u8>>, name: &str, value: &str) -> bool {
    let list = list.unwrap_or_default();
    let wanted = format!("{name}={value}");
    list.split(|byte| *byte == b',').any(|setting| setting == wanted.as_bytes())
}

impl RunConfig {
    /// What a VM is made with, given the environment.
    ///
    /// # Errors
    /// Go's text for a malformed environment; that the program uses what is not allowed.
    pub(crate) fn to_vm(self, host: &dyn Host, program: &Program) -> Result<VmConfig, String> {
        if !self.allow_unsafe
            && let Some(place) = program.unsafe_use()
        {
            return Err(format!(
                "{place}: the program uses pointers of package unsafe: limits and permissions would not hold (--allow-unsafe runs it)\n"
            ));
        }
        let limit = host.env(b"GOMEMLIMIT").map(|text| String::from_utf8_lossy(&text).into_owned());
        let soft_limit = match &limit {
            None => None,
            Some(text) => memory_limit(text).map_err(|()| {
                format!(
                    "GOMEMLIMIT={text}\nfatal error: malformed GOMEMLIMIT; see `go doc runtime/debug.SetMemoryLimit`\n"
                )
            })?,
        };
        let heap = HeapConfig {
            hard_limit: self.max_memory,
            gogc: gogc(host.env(b"GOGC")),
            soft_limit,
            stress: has_setting(host.env(b"GODEBUG"), "gcstress", "1"),
            ..HeapConfig::default()
        };
        let sched = SchedConfig {
            virtual_clock: self.virtual_clock,
            max_stack: self.max_stack.unwrap_or(DEFAULT_MAX_STACK),
            ..SchedConfig::default()
        };
        let limits = Limits { max_steps: self.max_steps, max_goroutines: self.max_goroutines };
        let sample_memory = self.profiles.memory || program.mentions(&["MemProfile", "\"runtime/pprof\""]);
        let time_latencies = program.mentions(&["\"runtime/metrics\""]);
        let origins = self.leaks != LeakCheck::Off || program.mentions(&["\"golite/inspect\""]);
        let debug_defaults = program.debug_defaults();
        let seed = self.seed;
        let runtime =
            RuntimeConfig { heap, seed, sched, limits, sample_memory, time_latencies, debug_defaults };
        Ok(VmConfig {
            runtime,
            timeout: self.timeout,
            profiles: self.profiles,
            trace: self.trace,
            origins,
            leaks: self.leaks,
            stats: self.stats,
            explain: self.explain,
            calls: false,
        })
    }
}

impl Loader for Program {
    fn module(&self) -> &Module {
        &self.compiler.module
    }

    fn compile(&mut self, func: FuncIx) -> Result<Vec<FuncIx>, String> {
        on_deep_stack(|| Program::compile(self, func))
    }

    fn source(&self, start: u32, end: u32) -> String {
        let map = &self.compiler.checker.session.map;
        let text = map.text(golite_source::Span { start, end });
        let words: Vec<&str> = text.split_whitespace().collect();
        let line = words.join(" ");
        match line.char_indices().nth(SOURCE_SHOWN) {
            Some((at, _)) => format!("{}...", &line[..at]),
            None => line,
        }
    }

    fn native(&self, package: &str, name: &str) -> Option<NativeFn> {
        match golite_stdlib::find(package) {
            Some(package) => package.native(name),
            None => crate::embed::find_native(name),
        }
    }

    fn error_type(&mut self, package: &str, name: &str, pointer: bool) -> Result<TypeIx, String> {
        self.compiler.dynamic_type(package, name, pointer)
    }

    fn explain(&self, failure: &Failure) -> String {
        explain::explain(&self.compiler.checker, failure)
    }

    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

impl Program {
    /// Runs the program to its end. All that it and the runtime have to say goes to the host.
    ///
    /// # Errors
    /// When the VM cannot be made; the message is a whole line.
    pub fn run(self, config: RunConfig, host: Box<dyn Host>) -> Result<Outcome, String> {
        self.run_recorded(config, host).map(|(outcome, _)| outcome)
    }

    /// As `run`; gives what was recorded too.
    ///
    /// # Errors
    /// As `run`.
    pub fn run_recorded(self, config: RunConfig, host: Box<dyn Host>) -> Result<(Outcome, Reports), String> {
        on_deep_stack(move || self.run_here(config, host))
    }

    /// As `run`, on the thread of the caller: functions are compiled on its native stack when they are
    /// called, the interpreter itself takes none.
    ///
    /// # Errors
    /// As `run`.
    pub fn run_here(self, config: RunConfig, host: Box<dyn Host>) -> Result<(Outcome, Reports), String> {
        let config = config.to_vm(&*host, &self)?;
        let (entry, main) = (self.entry(), self.main.clone());
        let vm = Vm::new(config, host, Box::new(self));
        let mut vm = vm.map_err(|error| format!("golite: {error}\n"))?;
        vm.set_main_package(main);
        let outcome = vm.run(entry);
        let trace = vm.end_trace_of_run();
        let reports = Reports { profiles: vm.profile_files(), trace, stats: vm.stats() };
        // The process, or the thread, ends with the VM: nothing has to be taken apart.
        std::mem::forget(vm);
        Ok((outcome, reports))
    }

    /// What the program says of `GODEBUG`: by its version of the language, and by its `//go:debug` lines.
    fn debug_defaults(&self) -> DebugDefaults {
        let checker = &self.compiler.checker;
        let files = checker.session.map.files();
        let own = || files.iter().filter(|file| !file.name.starts_with("$GOROOT/"));
        let mut defaults = DebugDefaults::default();
        for (minor, name, value) in OF_OLDER_VERSIONS {
            if own().any(|file| !checker.allows(Span::new(file.base, file.base), minor)) {
                defaults.set(name, value);
            }
        }
        for (name, value) in own().flat_map(|file| debug_settings(&file.text)) {
            defaults.set(name, value);
        }
        defaults
    }

    /// Whether a file of the program has one of these texts. What costs time in all programs is done only for
    /// those that may ask for it; as in Go, which samples allocations in programs that mention the profile.
    fn mentions(&self, texts: &[&str]) -> bool {
        let files = self.compiler.checker.session.map.files();
        let mut own = files.iter().filter(|file| !file.name.starts_with("$GOROOT/"));
        own.any(|file| texts.iter().any(|text| file.text.contains(text)))
    }
}
