//! What can be said on the command line.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::styling::Styles;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use golite::load::io_text;

/// Go, run by a bytecode VM.
#[derive(Parser, Debug)]
#[command(
    name = "golite",
    version = version(),
    styles = Styles::plain(),
    after_help = "`golite FILE` is `golite run FILE`. Everything after the path belongs to the script."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a program: a file, several files of one package, a directory, or `-` for standard input
    Run(Box<RunArgs>),
    /// Run code given as text, and print the value of its last expression
    Eval(Box<EvalArgs>),
    /// Report all errors of a package without running it
    Check(CheckArgs),
    /// Show the bytecode of a program
    Dis(DisArgs),
    /// Type Go, see what comes of it; `golite` alone on a terminal is the same
    Repl(Box<ReplArgs>),
    /// Show what a package, function, type or method of the standard library is
    Doc {
        /// The name: strings, strings.Fields, strings.Builder.Len, math/rand.Intn
        #[arg(value_hint = ValueHint::Other)]
        name: String,
    },
    /// Work on scripts: files without package clause
    #[command(subcommand)]
    Script(ScriptCommand),
    /// Explain the code of a diagnostic
    Explain {
        /// The code, such as unused-variable; all codes are listed without it
        #[arg(value_hint = ValueHint::Other)]
        code: Option<String>,
    },
    /// Show a profile: the functions that take most, and the tree of calls
    Pprof(PprofArgs),
    /// Show a trace: what goroutines did, the longest waits, pauses
    Trace(TraceArgs),
    /// Print what completes commands, flags and values in a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, for man
    Man,
    /// Print the version
    Version,
}

/// How diagnostics are shown.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct ReportArgs {
    /// Form of diagnostics; pretty if standard error is a terminal, short if not
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatArg>,
    /// Colours in pretty diagnostics
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) color: ColorArg,
    /// Most errors shown in the pretty form; 0 for all
    #[arg(long, value_name = "N", default_value_t = MAX_ERRORS)]
    pub(crate) max_errors: usize,
}

/// Errors shown in the pretty form, if nothing else is said.
const MAX_ERRORS: usize = 20;

impl Default for ReportArgs {
    fn default() -> ReportArgs {
        ReportArgs { format: None, color: ColorArg::Auto, max_errors: MAX_ERRORS }
    }
}

/// The forms of diagnostics.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FormatArg {
    /// Drawn with source lines
    Pretty,
    /// path:line:col: message
    Short,
    /// One JSON object a line
    Json,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What can be done with a script.
#[derive(Subcommand, Debug)]
pub(crate) enum ScriptCommand {
    /// Print the complete Go program that a script means
    ToGo {
        #[command(flatten)]
        report: ReportArgs,
        /// The script, or - for standard input
        #[arg(value_name = "FILE")]
        path: OsString,
    },
}

/// `golite run`.
#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) flags: RunFlags,
    /// Program and its arguments: FILE..., DIRECTORY or -, then what the script gets
    #[arg(required = true, trailing_var_arg = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) paths: Vec<OsString>,
}

impl RunArgs {
    /// The arguments of a command line without flags, `golite FILE ARGS` or `golite run FILE ARGS`. Scripts are
    /// started so most often, and to describe all commands to the parser of arguments takes longer than to run
    /// a short one.
    pub(crate) fn without_flags(args: &[OsString]) -> Option<RunArgs> {
        let first = args.get(1)?;
        let paths = if first == "run" { &args[2..] } else { &args[1..] };
        let program = paths.first()?;
        if program.as_encoded_bytes().starts_with(b"-")
            || COMMANDS.iter().any(|command| first == command && first != "run")
        {
            return None;
        }
        Some(RunArgs { flags: RunFlags::default(), paths: paths.to_vec() })
    }
}

/// `golite eval`.
#[derive(Args, Debug)]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    pub(crate) flags: RunFlags,
    /// The statements or expression, then what the program gets as arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CODE")]
    pub(crate) code: Vec<OsString>,
}

/// `golite repl`.
#[derive(Args, Debug)]
pub(crate) struct ReplArgs {
    #[command(flatten)]
    pub(crate) flags: RunFlags,
    /// Keep no lines for later sessions
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Run no init file
    #[arg(long)]
    pub(crate) no_init: bool,
    /// What programs get as arguments
    #[arg(trailing_var_arg = true, value_name = "ARGS")]
    pub(crate) args: Vec<OsString>,
}

/// The smallest limit of a stack: any goroutine begins with 512 bytes, and calls a few functions.
const LEAST_STACK: u64 = 4096;

/// How a program is run. What has been read and is consistent is in [`RunOptions`].
#[derive(Args, Debug, Default)]
pub(crate) struct RunFlags {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Limit of the heap and all stacks, such as 64MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Limits")]
    max_memory: Option<u64>,
    /// Limit of steps (calls, loop iterations, and what library functions count for theirs)
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Limits")]
    max_steps: Option<u64>,
    /// Limit of time, such as 5s or 300ms
    #[arg(long, value_name = "TIME", value_parser = parse_duration, help_heading = "Limits")]
    timeout: Option<Duration>,
    /// Limit of goroutines alive at once
    #[arg(long, value_name = "N", value_parser = at_least_one, help_heading = "Limits")]
    max_goroutines: Option<u64>,
    /// Limit of one goroutine's stack, such as 1MiB
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Limits")]
    max_stack: Option<u64>,
    /// What the script may not use
    #[arg(long, value_name = "WHAT", value_delimiter = ',', help_heading = "Permissions")]
    deny: Vec<DenyArg>,
    /// A directory that may be read; without more such flags nothing else may
    #[arg(long, value_name = "DIR", help_heading = "Permissions")]
    allow_read: Vec<PathBuf>,
    /// A directory that may be written; without more such flags nothing else may
    #[arg(long, value_name = "DIR", help_heading = "Permissions")]
    allow_write: Vec<PathBuf>,
    /// The pointers of package unsafe, together with limits or permissions: they hold for no program that uses them
    #[arg(long, help_heading = "Permissions")]
    allow_unsafe: bool,
    /// Seed of every choice of the runtime: the run is the same to the byte
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Show at the end what was used: instructions by kind, memory, collections, goroutines
    /// (the program runs slower)
    #[arg(long)]
    stats: bool,
    /// Show at the end which goroutines can never go on
    /// (`=error`: and fail if there are any)
    #[arg(long, value_name = "WHAT", num_args = 0..=1, require_equals = true, default_missing_value = "show")]
    pub(crate) leaks: Option<LeaksArg>,
    /// Explain a panic or deadlock, and show the seed, even if standard error is no terminal
    #[arg(long)]
    explain: bool,
    /// Show warnings, even if standard error is no terminal
    #[arg(long)]
    warn: bool,
    /// Write a profile of the processor's time to a file
    #[arg(long, value_name = "FILE", help_heading = "Profiles")]
    pub(crate) cpuprofile: Option<PathBuf>,
    /// Write a profile of the memory allocated and in use to a file
    #[arg(long, value_name = "FILE", help_heading = "Profiles")]
    pub(crate) memprofile: Option<PathBuf>,
    /// Write a profile of where goroutines waited to a file
    #[arg(long, value_name = "FILE", help_heading = "Profiles")]
    pub(crate) blockprofile: Option<PathBuf>,
    /// Write a profile of who held locks that others waited for to a file
    #[arg(long, value_name = "FILE", help_heading = "Profiles")]
    pub(crate) mutexprofile: Option<PathBuf>,
    /// Write a trace of what happened to a file; with a name in .json one for Perfetto and Chrome
    #[arg(long, value_name = "FILE", help_heading = "Profiles")]
    pub(crate) trace: Option<PathBuf>,
}

/// What is done about goroutines that can never go on.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LeaksArg {
    /// Show them
    Show,
    /// Show them, and fail
    Error,
}

/// What can be denied.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DenyArg {
    /// Files
    Fs,
    /// Environment variables
    Env,
    /// Networks
    Net,
    /// Other programs
    Exec,
}

/// How a program is to be run: the flags of `golite run`, read and consistent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct RunOptions {
    /// Bytes of the heap and all stacks together.
    pub(crate) max_memory: Option<u64>,
    /// Steps of the whole run.
    pub(crate) max_steps: Option<u64>,
    /// Wall time of the whole run.
    pub(crate) timeout: Option<Duration>,
    /// Goroutines alive at once.
    pub(crate) max_goroutines: Option<u64>,
    /// Bytes of one goroutine's stack.
    pub(crate) max_stack: Option<u64>,
    /// What the program may not use.
    pub(crate) deny: Vec<DenyArg>,
    /// The folders it may read, without symbolic links; `None` for all.
    pub(crate) read: Option<Vec<PathBuf>>,
    /// The folders it may write, without symbolic links; `None` for all.
    pub(crate) write: Option<Vec<PathBuf>>,
    /// The pointer functions of package unsafe are allowed.
    pub(crate) allow_unsafe: bool,
    /// The seed of every choice; drawn at random without one.
    pub(crate) seed: Option<u64>,
    /// What was used is shown at the end.
    pub(crate) stats: bool,
    /// What is done about goroutines that can never go on, at the end.
    pub(crate) leaks: Option<LeaksArg>,
    /// Panics and deadlocks are explained.
    pub(crate) explain: bool,
    /// Warnings are shown.
    pub(crate) warn: bool,
}

impl RunOptions {
    /// Whether the program is not trusted: there are limits or permissions.
    pub(crate) fn restricts(&self) -> bool {
        let limited = [self.max_memory, self.max_steps, self.max_goroutines, self.max_stack];
        limited.iter().any(Option::is_some)
            || self.timeout.is_some()
            || !self.deny.is_empty()
            || self.read.is_some()
            || self.write.is_some()
    }
}

impl RunFlags {
    /// Whether something is recorded of the run.
    pub(crate) fn records(&self) -> bool {
        let profiles = [&self.cpuprofile, &self.memprofile, &self.blockprofile, &self.mutexprofile];
        self.trace.is_some() || profiles.iter().any(|path| path.is_some())
    }

    /// The options, if they go together and all of them work.
    pub(crate) fn options(&self) -> Result<RunOptions, String> {
        let denied_files = self.deny.contains(&DenyArg::Fs);
        if denied_files && !(self.allow_read.is_empty() && self.allow_write.is_empty()) {
            return Err("--deny fs denies all files: --allow-read and --allow-write contradict it".into());
        }
        if self.max_stack.is_some_and(|stack| stack < LEAST_STACK) {
            return Err(format!("--max-stack is at least {LEAST_STACK} bytes"));
        }
        if let (Some(stack), Some(memory)) = (self.max_stack, self.max_memory)
            && stack > memory
        {
            return Err("--max-stack is above --max-memory, which counts stacks too".into());
        }
        Ok(RunOptions {
            max_memory: self.max_memory,
            max_steps: self.max_steps,
            timeout: self.timeout,
            max_goroutines: self.max_goroutines,
            max_stack: self.max_stack,
            deny: self.deny.clone(),
            read: folders("--allow-read", &self.allow_read)?,
            write: folders("--allow-write", &self.allow_write)?,
            allow_unsafe: self.allow_unsafe,
            seed: self.seed,
            stats: self.stats,
            leaks: self.leaks,
            explain: self.explain,
            warn: self.warn,
        })
    }
}

/// Existing folders, without symbolic links: what a program opens is compared with these.
fn folders(flag: &str, paths: &[PathBuf]) -> Result<Option<Vec<PathBuf>>, String> {
    let full = |path: &PathBuf| {
        let shown = path.display();
        let found = path.canonicalize().map_err(|error| format!("{flag} {shown}: {}", io_text(&error)))?;
        if found.is_dir() { Ok(found) } else { Err(format!("{flag} {shown}: not a directory")) }
    };
    if paths.is_empty() {
        return Ok(None);
    }
    paths.iter().map(full).collect::<Result<_, _>>().map(Some)
}

/// `golite check`.
#[derive(Args, Debug)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Warnings count as errors
    #[arg(long)]
    pub(crate) deny_warnings: bool,
    /// The files of one package, a directory, or -
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) paths: Vec<OsString>,
}

/// `golite dis`.
#[derive(Args, Debug)]
pub(crate) struct DisArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Only the functions of that name: Name, main.Name, main.(*T).Method, fmt.Println
    #[arg(long, value_name = "NAME")]
    pub(crate) func: Option<String>,
    /// The files of a program, a directory, or -
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub(crate) paths: Vec<OsString>,
}

/// `golite pprof`.
#[derive(Args, Debug)]
pub(crate) struct PprofArgs {
    /// Which values to show, such as inuse_space
    #[arg(long, value_name = "NAME")]
    pub(crate) sample: Option<String>,
    /// Most functions listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// Least part of the whole, in percent, of a call in the tree
    #[arg(long, value_name = "PERCENT", default_value_t = 1.0)]
    pub(crate) least: f64,
    /// The profile
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// `golite trace`.
#[derive(Args, Debug)]
pub(crate) struct TraceArgs {
    /// Most goroutines and waits listed
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    /// The trace
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

/// Words that are commands; anything else in their place is a path to run.
const COMMANDS: [&str; 14] = [
    "run",
    "eval",
    "check",
    "dis",
    "repl",
    "doc",
    "script",
    "explain",
    "pprof",
    "trace",
    "completions",
    "man",
    "version",
    "help",
];

/// Words that will be commands.
const LATER: [&str; 6] = ["fmt", "test", "explore", "debug", "lsp", "build"];

/// Adds the command `run` where it is left out.
pub(crate) fn with_command(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    let named = match args.get(1) {
        None => true,
        Some(first) => {
            COMMANDS.iter().any(|command| OsStr::new(command) == first)
                || ["-h", "--help", "-V", "--version"].iter().any(|flag| OsStr::new(flag) == first)
        }
    };
    if !named {
        args.insert(1, "run".into());
    }
    args
}

/// What is to be said of a word in the place of a command that is none, unless a file or folder has that name.
pub(crate) fn missing_command(args: &[OsString]) -> Option<String> {
    let word = args.get(1)?.to_str()?;
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_word || COMMANDS.contains(&word) || Path::new(word).exists() {
        return None;
    }
    Some(if LATER.contains(&word) {
        format!("golite {word}: this version has no such command; `golite --help` lists them")
    } else {
        format!("golite {word}: no command and no file; `golite --help` lists the commands")
    })
}

/// The version, with that of the language and the platform.
pub(crate) fn version() -> &'static str {
    static VERSION: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
        format!(
            "{} (go1.{}) {}/{}",
            env!("CARGO_PKG_VERSION"),
            golite::load::GO_MINOR,
            std::env::consts::OS,
            std::env::consts::ARCH
        )
    });
    &VERSION
}

/// A number above zero.
fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("the limit is at least 1".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("not a number".into()),
    }
}

/// A number of bytes: `4096`, `64MiB`, `1GB`.
fn parse_size(text: &str) -> Result<u64, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| "a size looks like 64MiB".to_string())?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err("the units are B, KiB, MiB, GiB, TiB, kB, MB, GB, TB".into()),
    };
    number.checked_mul(factor).filter(|bytes| *bytes > 0).ok_or_else(|| "the size is out of range".into())
}

/// A time: `300ms`, `5s`, `2m`, `1h`; Go's notation with one unit, fractions allowed.
fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| "a time looks like 5s or 300ms".to_string())?;
    let seconds = match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("the units are ns, us, ms, s, m, h".into()),
    };
    let time =
        Duration::try_from_secs_f64(number * seconds).map_err(|_| "the time is out of range".to_string())?;
    if time.is_zero() { Err("the time is zero".into()) } else { Ok(time) }
}

/// Splits what follows the flags of `run` into paths of the program and arguments of the script: all
/// leading names of source files are the program's, else the first path alone.
pub(crate) fn split_script(all: &[OsString]) -> (Vec<String>, &[OsString]) {
    let is_source = |path: &OsString| {
        path.to_str().is_some_and(golite::load::is_source_name) && !Path::new(path).is_dir()
    };
    let sources = all.iter().take_while(|path| is_source(path)).count().max(1);
    let (paths, args) = all.split_at(sources.min(all.len()));
    (texts(paths), args)
}

/// Paths as texts. A path that is not UTF-8 is shown with replacement characters, and is not found.
pub(crate) fn texts(paths: &[OsString]) -> Vec<String> {
    paths.iter().map(|path| path.to_string_lossy().into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn run_is_understood() {
        let split = |args: &[&str]| {
            let args: Vec<_> = args.iter().map(OsString::from).collect();
            let quick = RunArgs::without_flags(&args);
            let args = with_command(args.into_iter());
            let Command::Run(run) = Cli::try_parse_from(args).unwrap().command else { panic!("not run") };
            if let Some(quick) = quick {
                assert_eq!(format!("{quick:?}"), format!("{run:?}"));
            }
            let (paths, rest) = split_script(&run.paths);
            (paths.join(" "), texts(rest).join(" "))
        };
        let check = |args: &[&str], paths: &str, rest: &str| {
            assert_eq!(split(args), (paths.to_string(), rest.to_string()), "{args:?}");
        };
        check(&["golite", "a.go"], "a.go", "");
        check(&["golite", "a.go", "b.go-lite", "c", "d.go"], "a.go b.go-lite", "c d.go");
        check(&["golite", "run", "--seed", "1", "a.go", "--seed", "-x", "--", "y"], "a.go", "--seed -x -- y");
        check(&["golite", "--seed=1", "-", "-v"], "-", "-v");
        check(&["golite", "tool", "a.go"], "tool", "a.go");
        check(&["golite", "run", "--", "-x.go"], "-x.go", "");
        check(&["golite", "run", "a.go", "run", "--", "--seed"], "a.go", "run -- --seed");
        check(&["golite", "run", "run", "x"], "run", "x");
        check(&["golite", "a.go", "--", "-v", "--help"], "a.go", "-- -v --help");
    }

    #[test]
    fn only_command_lines_without_flags_need_no_parser() {
        let quick = |args: &[&str]| {
            let args: Vec<_> = args.iter().map(OsString::from).collect();
            RunArgs::without_flags(&args).is_some()
        };
        assert!(quick(&["golite", "a.go"]) && quick(&["golite", "run", "a.go", "-v"]));
        for other in [&["golite"] as &[_], &["golite", "run"], &["golite", "-h"], &["golite", "run", "-"]] {
            assert!(!quick(other), "{other:?}");
        }
        assert!(!quick(&["golite", "check", "a.go"]) && !quick(&["golite", "help", "run"]));
    }

    fn options(flags: &[&str]) -> Result<RunOptions, String> {
        let args = ["golite", "run"].iter().chain(flags).chain(&["a.go"]);
        match Cli::try_parse_from(args).map_err(|error| error.to_string())?.command {
            Command::Run(run) => run.flags.options(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn flags_that_contradict_each_other_are_refused() {
        let refused = |flags: &[&str], part: &str| {
            let error = options(flags).unwrap_err();
            assert!(error.contains(part), "{flags:?}: {error}");
        };
        refused(&["--deny", "fs", "--allow-read", "."], "contradict");
        refused(&["--max-stack", "2MiB", "--max-memory", "1MiB"], "above --max-memory");
        refused(
            &["--allow-read", "no/such/folder"],
            "--allow-read no/such/folder: no such file or directory",
        );
        refused(&["--allow-write", "Cargo.toml"], "--allow-write Cargo.toml: not a directory");
        refused(&["--max-steps", "0"], "at least 1");
        refused(&["--deny", "everything"], "invalid value");
        refused(&["--seed=-1"], "invalid value");
    }

    #[test]
    fn sizes_and_times_are_read() {
        assert_eq!(parse_size("64MiB"), Ok(64 << 20));
        assert_eq!(parse_size("1kB"), Ok(1000));
        assert!(
            parse_size("0").is_err() && parse_size("x").is_err() && parse_size("99999999999TiB").is_err()
        );
        assert_eq!(parse_duration("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(parse_duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert!(parse_duration("5").is_err() && parse_duration("0s").is_err());
    }
}
