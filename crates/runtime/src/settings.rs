//! What a program sets by package `runtime` and `runtime/debug`, the heap and the stacks apart.

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
    /// Milliseconds between the lines of the scheduler; 0 for none.
    pub schedtrace: i64,
    /// These with processors, threads and goroutines.
    pub scheddetail: bool,
}

impl DebugOutput {
    /// What the value of `GODEBUG` asks for.
    #[must_use]
    pub fn parse(text: &[u8]) -> DebugOutput {
        let text = String::from_utf8_lossy(text);
        let number = |name: &str| {
            let settings = text.split(',').filter_map(|setting| setting.split_once('='));
            settings.filter(|(key, _)| *key == name).filter_map(|(_, value)| value.parse().ok()).next_back()
        };
        let is_on = |name| number(name).is_some_and(|value: i64| value > 0);
        DebugOutput {
            gctrace: is_on("gctrace"),
            gentrace: is_on("gentrace"),
            schedtrace: number("schedtrace").unwrap_or(0).max(0),
            scheddetail: is_on("scheddetail"),
        }
    }
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
    /// What `GODEBUG` shows.
    pub debug: DebugOutput,
    /// What the environment wants it to show at least.
    pub traceback_env: Traceback,
}

impl Settings {
    /// The settings that the environment asks for.
    #[must_use]
    pub fn new(host: &mut dyn Host) -> Settings {
        let wanted = host.env(b"GOMAXPROCS").and_then(|text| String::from_utf8(text).ok()?.parse().ok());
        let traceback = Traceback::parse(&host.env(b"GOTRACEBACK").unwrap_or_default());
        let debug = DebugOutput::parse(&host.env(b"GODEBUG").unwrap_or_default());
        Settings {
            env_bytes: 0,
            max_procs: None,
            max_procs_env: wanted.filter(|&n: &i64| n > 0),
            debug,
            max_threads: 10_000,
            traceback,
            crash_output: None,
            traceback_env: traceback,
        }
    }
}
