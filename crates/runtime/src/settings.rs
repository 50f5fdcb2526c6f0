//! What a program sets by package `runtime` and `runtime/debug`, the heap and the stacks apart.

use golite_gc::DEFAULT_RATE;

use crate::host::Host;

/// How much a crash shows: `GOTRACEBACK`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Traceback {
    /// 0: no goroutine at all; 1: those of the user; 2: those of the runtime too.
    pub level: u32,
    /// Other goroutines than the one that crashed.
    pub all: bool,
    /// End with a signal that leaves a core dump.
    pub crash: bool,
}

impl Traceback {
    /// What is shown if nothing else is asked for.
    pub const SINGLE: Traceback = Traceback { level: 1, all: false, crash: false };

    /// The meaning of a value of `GOTRACEBACK`.
    #[must_use]
    pub fn parse(text: &[u8]) -> Traceback {
        match text {
            b"none" => Traceback { level: 0, all: false, crash: false },
            b"single" | b"" => Traceback::SINGLE,
            b"all" => Traceback { level: 1, all: true, crash: false },
            b"system" => Traceback { level: 2, all: true, crash: false },
            b"crash" => Traceback { level: 2, all: true, crash: true },
            _ => {
                let number = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
                Traceback { level: number.unwrap_or(0), all: true, crash: false }
            }
        }
    }

    /// What shows all that either shows.
    #[must_use]
    pub fn or(self, other: Traceback) -> Traceback {
        Traceback {
            level: self.level | other.level,
            all: self.all || other.all,
            crash: self.crash || other.crash,
        }
    }
}

/// The lines on standard error that `GODEBUG` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DebugOutput {
    /// One for each full collection, in Go's form.
    pub gctrace: bool,
    /// One for each collection, with what happened to the generations.
    pub gentrace: bool,
    /// One for each full collection, with how many finalizers and cleanups are queued.
    pub check_finalizers: bool,
    /// One for each package with how long its initialisation took.
    pub inittrace: bool,
    /// Milliseconds between the lines of the scheduler; 0 for none.
    pub schedtrace: i64,
    /// These with processors, threads and goroutines.
    pub scheddetail: bool,
}

/// The last number that a value of `GODEBUG` gives to a name.
pub(crate) fn debug_number(text: &str, name: &str) -> Option<i64> {
    let settings = text.split(',').filter_map(|setting| setting.split_once('='));
    settings.filter(|(key, _)| *key == name).filter_map(|(_, value)| value.parse().ok()).next_back()
}

/// `GODEBUG=panicnil=1`: nil is a value to panic with.
pub const PANIC_NIL: &str = "panicnil";

/// What a program may say of `GODEBUG` itself, by `//go:debug` lines, as far as it makes a difference here.
const OF_PROGRAMS: [&str; 3] = [PANIC_NIL, "randautoseed", "randseednop"];

/// How often what they say was not what Go does by itself.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Differences([u64; OF_PROGRAMS.len()]);

impl Differences {
    /// In the order of their names.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.0
    }

    /// Counts one for a setting.
    pub fn count(&mut self, name: &str) {
        if let Some(place) = OF_PROGRAMS.iter().position(|known| *known == name) {
            self.0[place] += 1;
        }
    }
}

/// What it says.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DebugDefaults([Option<i64>; OF_PROGRAMS.len()]);

impl DebugDefaults {
    /// The value of a setting, if the program says something of it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<i64> {
        OF_PROGRAMS.iter().position(|known| *known == name).and_then(|place| self.0[place])
    }

    /// Notes what the program says of a setting; nothing if it makes no difference.
    pub fn set(&mut self, name: &str, value: &str) {
        if let Some(place) = OF_PROGRAMS.iter().position(|known| *known == name) {
            self.0[place] = value.parse().ok();
        }
    }
}

impl DebugOutput {
    /// What the value of `GODEBUG` asks for.
    #[must_use]
    pub fn parse(text: &str) -> DebugOutput {
        let is_on = |name| debug_number(text, name).is_some_and(|value| value > 0);
        DebugOutput {
            gctrace: is_on("gctrace"),
            gentrace: is_on("gentrace"),
            check_finalizers: is_on("checkfinalizers"),
            inittrace: is_on("inittrace"),
            schedtrace: debug_number(text, "schedtrace").unwrap_or(0).max(0),
            scheddetail: is_on("scheddetail"),
        }
    }
}

/// The package that is run, and the module it is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MainPackage {
    /// Its import path.
    pub path: String,
    /// The path of its module.
    pub module: String,
}

/// The settings of one VM.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `GOMAXPROCS` as a call has set it: told to programs, of no effect.
    pub max_procs: Option<i64>,
    /// `GOMAXPROCS` of the environment. Without it, it is the number of processors: the host is asked when
    /// the program asks, since that takes several system calls.
    pub max_procs_env: Option<i64>,
    /// Bytes of the variables of the environment that the program has set: they are charged to the heap.
    pub env_bytes: u64,
    /// `debug.SetMaxThreads`.
    pub max_threads: i64,
    /// What a crash shows.
    pub traceback: Traceback,
    /// Where a crash is written to beside standard error: `debug.SetCrashOutput`.
    pub crash_output: Option<crate::host::Fd>,
    /// What is run, unless it is files given by name.
    pub main: Option<MainPackage>,
    /// What `GODEBUG` shows.
    pub debug: DebugOutput,
    /// What the program itself sets of `GODEBUG`, where the environment does not.
    pub debug_defaults: DebugDefaults,
    /// How often settings of `GODEBUG` made a difference.
    pub differences: Differences,
    /// `panic(nil)` panics with nil: `GODEBUG=panicnil=1`.
    pub panic_nil: bool,
    /// What `runtime.MemProfileRate` is at the start.
    pub memory_rate: i64,
    /// What the environment wants it to show at least.
    pub traceback_env: Traceback,
}

impl Settings {
    /// The settings that the environment asks for, and where it says nothing of `GODEBUG` those of the program.
    #[must_use]
    pub fn new(host: &mut dyn Host, debug_defaults: DebugDefaults) -> Settings {
        let wanted = host.env(b"GOMAXPROCS").and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        let wanted = wanted.map(|number: i32| i64::from(number));
        let traceback = Traceback::parse(&host.env(b"GOTRACEBACK").unwrap_or_default());
        let environment = host.env(b"GODEBUG").unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        let panic_nil = debug_number(&environment, PANIC_NIL).or(debug_defaults.get(PANIC_NIL));
        Settings {
            env_bytes: 0,
            main: None,
            max_procs: None,
            max_procs_env: wanted.filter(|&n: &i64| n > 0),
            debug: DebugOutput::parse(&environment),
            panic_nil: panic_nil == Some(1),
            memory_rate: debug_number(&environment, "memprofilerate").unwrap_or(DEFAULT_RATE),
            debug_defaults,
            differences: Differences::default(),
            max_threads: 10_000,
            traceback,
            crash_output: None,
            traceback_env: traceback,
        }
    }
}
