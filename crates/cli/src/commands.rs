//! The commands.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use golite::load::io_text;
use golite::{
    Checked, Host as _, LeakCheck, NoProgram, NotRunnable, Outcome, Permissions, ProfileSet, Program,
    RunConfig, StdHost, Stuck, TraceTo, Waker, Watch,
};
use golite_diag::{Code, page};

use crate::args::{
    CheckArgs, DenyArg, DisArgs, EvalArgs, LeaksArg, PprofArgs, ReplArgs, ReportArgs, RunArgs, RunFlags,
    RunOptions, TraceArgs, split_script, texts,
};
use crate::report::{ToolsStream, fail, show, to_stderr, to_stdout};
use crate::reports::{self, ReportFiles};
use crate::{FAILED, LIMIT, USAGE, signals};

/// `golite check`.
pub(crate) fn check(args: &CheckArgs) -> ExitCode {
    let mut checked = match golite::check_paths(&texts(&args.paths)) {
        Ok(checked) => checked,
        Err(error) => {
            fail(&error.0);
            return ExitCode::from(FAILED);
        }
    };
    checked.warn();
    show(&checked, args.report, ToolsStream::Stdout);
    let denied = args.deny_warnings && checked.has_warnings();
    if denied {
        fail("golite check: there are warnings (--deny-warnings); --format pretty shows them");
    }
    let status = if checked.has_errors() || denied { FAILED } else { 0 };
    leave(checked);
    ExitCode::from(status)
}

/// `golite dis`.
pub(crate) fn dis(args: &DisArgs) -> ExitCode {
    let mut program = match program(&texts(&args.paths), args.report) {
        Ok(program) => program,
        Err(status) => return status,
    };
    let status = match program.listing(args.func.as_deref()) {
        Ok(listing) => {
            to_stdout(&listing);
            0
        }
        Err(message) => {
            fail(&message);
            FAILED
        }
    };
    leave(program);
    ExitCode::from(status)
}

/// `golite run`.
pub(crate) fn run(args: &RunArgs) -> ExitCode {
    let (paths, rest) = split_script(&args.paths);
    let name = paths.first().map_or_else(Vec::new, |path| path.as_bytes().to_vec());
    run_checked(&args.flags, "run", arguments(name, rest), || {
        let check = if args.flags.leaks.is_some() { golite::check_paths_traced } else { golite::check_paths };
        check(&paths).map_err(|error| error.0)
    })
}

/// `golite eval`.
pub(crate) fn eval(args: &EvalArgs) -> ExitCode {
    let (code, rest) = args.code.split_first().expect("the code is required");
    let constant = code.to_str().and_then(constant_alone);
    if let Some(value) = constant {
        to_stdout(&format!("{value}\n"));
        return ExitCode::SUCCESS;
    }
    run_checked(&args.flags, "eval", arguments(b"eval".to_vec(), rest), || {
        let code = code.to_str().ok_or("eval: the code is not UTF-8")?;
        let find = if args.flags.leaks.is_some() { golite::find_std_traced } else { golite::find_std };
        let files = golite::load::code_text("<eval>", code).map_err(|error| error.0)?;
        Ok(golite::check_eval(&files, find))
    })
}

/// The value of code that is a constant which no variable can hold.
fn constant_alone(code: &str) -> Option<String> {
    let files = golite::load::code_text("<eval>", code).ok()?;
    let checked = golite::check_eval(&files, golite::find_std);
    golite::eval_constant(&checked, code).map(str::to_string)
}

/// `golite script to-go`.
pub(crate) fn script_to_go(report: ReportArgs, path: &OsString) -> ExitCode {
    let files = match golite::load::load_paths(&texts(std::slice::from_ref(path))) {
        Ok(files) => files,
        Err(error) => {
            fail(&error.0);
            return ExitCode::from(FAILED);
        }
    };
    match golite::script_to_go(&files, golite::find_std) {
        Ok(program) => {
            to_stdout(&program);
            return ExitCode::SUCCESS;
        }
        Err(NoProgram::Errors(checked)) => show(&checked, report, ToolsStream::Stderr),
        Err(NoProgram::Message(message)) => fail(&format!("golite script to-go: {message}")),
    }
    ExitCode::from(FAILED)
}

/// `golite repl`.
pub(crate) fn repl(args: &ReplArgs) -> ExitCode {
    let options = match args.flags.options() {
        Ok(options) => options,
        Err(message) => {
            fail(&format!("golite repl: {message}"));
            return ExitCode::from(USAGE);
        }
    };
    if args.flags.records() || options.leaks.is_some() {
        fail(
            "golite repl: a session records nothing: --leaks, --trace and the profiles are flags of `golite run`",
        );
        return ExitCode::from(USAGE);
    }
    let status = golite_repl::run(&golite_repl::Options {
        // In a session a fault would end everything.
        config: RunConfig { allow_unsafe: options.allow_unsafe, ..run_config(&options, &args.flags) },
        permissions: permissions(&options),
        args: arguments(b"repl".to_vec(), &args.args),
        history: !args.no_history,
        init: !args.no_init,
        version: env!("CARGO_PKG_VERSION").into(),
    });
    // Goroutines, and natives that wait on other threads, end with the process.
    std::process::exit(status)
}

/// `golite doc`.
pub(crate) fn doc(name: &str) -> ExitCode {
    match golite::doc::find_text(name) {
        Ok(text) => {
            to_stdout(&text);
            ExitCode::SUCCESS
        }
        Err(message) => {
            fail(&format!("golite doc: {message}"));
            ExitCode::from(FAILED)
        }
    }
}

/// What a program gets as `os.Args`.
fn arguments(name: Vec<u8>, rest: &[OsString]) -> Vec<Vec<u8>> {
    let rest = rest.iter().map(|arg| arg.as_encoded_bytes().to_vec());
    std::iter::once(name).chain(rest).collect()
}

/// Checks and runs a program.
fn run_checked(
    flags: &RunFlags,
    command: &str,
    arguments: Vec<Vec<u8>>,
    check: impl FnOnce() -> Result<Checked, String> + Send,
) -> ExitCode {
    let options = match flags.options() {
        Ok(options) => options,
        Err(message) => {
            fail(&format!("golite {command}: {message}"));
            return ExitCode::from(USAGE);
        }
    };
    let mut host = match StdHost::new(arguments, permissions(&options)) {
        Ok(host) => host,
        Err(error) => {
            fail(&format!("golite: {}", io_text(&error)));
            return ExitCode::from(LIMIT);
        }
    };
    let (waker, watch) = (host.waker(), Watch::new(&host, options.timeout));
    host.when_it_lasts(move || watch_over(waker, watch));
    tell_unhandled(signals::install_first());
    on_deep_stack(move || match check() {
        Ok(checked) => run_here(checked, flags, &options, host),
        Err(message) => {
            fail(&message);
            ExitCode::from(FAILED)
        }
    })
}

/// Runs a command that needs a deep native stack.
pub(crate) fn on_deep_stack(command: impl FnOnce() -> ExitCode + Send) -> ExitCode {
    golite::try_on_deep_stack(command).unwrap_or_else(|error| {
        fail(&format!("golite: {error}"));
        ExitCode::from(LIMIT)
    })
}

fn tell_unhandled(installed: std::io::Result<()>) {
    if let Err(error) = installed {
        fail(&format!("golite: no signal can be handled: {error}"));
    }
}

/// Sees to signals, and watches over the program from a thread of its own. A program that has ended by then costs
/// nobody a thread: it would take longer than the program.
fn watch_over(waker: Waker, watch: Watch) {
    tell_unhandled(signals::install(&waker));
    let watch = move || match watch.until_stuck() {
        Stuck::Signal(signal) => signals::die(signal),
        Stuck::Failure(text) => {
            to_stderr(&text);
            std::process::exit(i32::from(LIMIT))
        }
    };
    let thread = std::thread::Builder::new().name("watch".to_string());
    if let Err(error) = thread.spawn(watch) {
        fail(&format!("golite: nobody can watch over the program: {error}"));
    }
}

/// Runs a program. It returns if there is none: the process ends with the program.
fn run_here(checked: Checked, flags: &RunFlags, options: &RunOptions, mut host: StdHost) -> ExitCode {
    if !reports::spare_sources(flags, checked.sources()) {
        return ExitCode::from(FAILED);
    }
    let warn = options.warn || std::io::stderr().is_terminal();
    let program = match runnable(checked, flags.report, if warn { Warnings::Shown } else { Warnings::Not }) {
        Ok(program) => program,
        Err(status) => return status,
    };
    // A fault, or the limit of time in the middle of something long, is another thread's to tell.
    if program.unsafe_use().is_some() {
        golite::catch_faults();
    }
    if program.unsafe_use().is_some() || options.timeout.is_some() {
        host.lasts();
    }
    let config = run_config(options, flags);
    // Who cannot write a file is told before the program runs.
    let Some(files) = ReportFiles::create(flags, &mut host) else { return ExitCode::from(FAILED) };
    match program.run_recorded(config, Box::new(host)) {
        Ok((outcome, reports)) => {
            let written = files.write(&reports);
            match outcome {
                Outcome::Status(0) if !written => std::process::exit(i32::from(FAILED)),
                Outcome::Status(status) => std::process::exit(status),
                Outcome::Signal(signal) => signals::die(signal),
            }
        }
        Err(message) => {
            to_stderr(&message);
            std::process::exit(i32::from(LIMIT))
        }
    }
}

/// Limits, the seed and what is recorded of a run.
fn run_config(options: &RunOptions, flags: &RunFlags) -> RunConfig {
    RunConfig {
        max_memory: options.max_memory,
        max_steps: options.max_steps,
        stats: options.stats,
        timeout: options.timeout.map(|time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)),
        max_goroutines: options.max_goroutines,
        max_stack: options.max_stack,
        allow_unsafe: options.allow_unsafe || !options.restricts(),
        explain: options.explain || std::io::stderr().is_terminal(),
        seed: options.seed.unwrap_or_else(random_seed),
        virtual_clock: options.seed.is_some(),
        leaks: match options.leaks {
            None => LeakCheck::Off,
            Some(LeaksArg::Show) => LeakCheck::Show,
            Some(LeaksArg::Error) => LeakCheck::Fail,
        },
        trace: match &flags.trace {
            None => TraceTo::Nowhere,
            Some(path) if reports::is_json(path) => TraceTo::Memory,
            Some(_) => TraceTo::Host,
        },
        profiles: ProfileSet {
            cpu: flags.cpuprofile.is_some(),
            memory: flags.memprofile.is_some(),
            block: flags.blockprofile.is_some(),
            mutex: flags.mutexprofile.is_some(),
        },
    }
}

/// A seed that nobody can foresee.
fn random_seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

/// What the script may do. Nothing that go-lite has opens connections or starts programs, so that
/// denying these two changes nothing.
fn permissions(options: &RunOptions) -> Permissions {
    let only = |folders: &Option<Vec<PathBuf>>| {
        if options.deny.contains(&DenyArg::Fs) { Some(Vec::new()) } else { folders.clone() }
    };
    Permissions {
        read: only(&options.read),
        write: only(&options.write),
        env: !options.deny.contains(&DenyArg::Env),
    }
}

/// Whether warnings are looked for before a program runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Warnings {
    Shown,
    Not,
}

/// Checks a program; what is wrong has been shown when there is no program.
fn program(paths: &[String], report: ReportArgs) -> Result<Program, ExitCode> {
    let checked = golite::check_paths(paths).map_err(|error| {
        fail(&error.0);
        ExitCode::from(FAILED)
    })?;
    runnable(checked, report, Warnings::Not)
}

/// Makes a program; what is wrong has been shown when there is none.
fn runnable(mut checked: Checked, report: ReportArgs, warnings: Warnings) -> Result<Program, ExitCode> {
    checked.check_runnable();
    if warnings == Warnings::Shown {
        checked.warn();
    }
    show(&checked, report, ToolsStream::Stderr);
    Program::new(checked).map_err(|error| {
        if error != NotRunnable::Errors {
            fail(error.text());
        }
        ExitCode::from(FAILED)
    })
}

/// The process ends: the memory of large tables goes back to the system as a whole.
fn leave<T>(value: T) {
    std::mem::forget(value);
}

/// `golite explain`.
pub(crate) fn explain(code: Option<&str>) -> ExitCode {
    let Some(name) = code else {
        let lines: String = Code::ALL
            .iter()
            .map(|code| {
                let first = code.description().lines().next().unwrap_or_default().trim();
                format!("{:26}{first}\n", code.text())
            })
            .collect();
        to_stdout(&lines);
        return ExitCode::SUCCESS;
    };
    match Code::ALL.iter().find(|code| code.text() == name) {
        Some(code) => {
            let text: String =
                code.description().lines().map(|line| format!("{}\n", line.trim_start())).collect();
            let page = page::plain(page::of(*code));
            to_stdout(&format!("{name}\n\n{text}\n{page}"));
            ExitCode::SUCCESS
        }
        None => {
            let codes = Code::ALL.iter().map(|code| code.text());
            let near = golite_diag::similar::nearest(name, codes);
            let hint = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
            fail(&format!("there is no code {name}; {hint}`golite explain` lists all"));
            ExitCode::from(USAGE)
        }
    }
}

/// `golite pprof`.
pub(crate) fn pprof(args: &PprofArgs) -> ExitCode {
    let view = golite_tools::profile::View {
        sample: args.sample.as_deref(),
        functions: args.top,
        least_percent: args.least,
    };
    show_file(&args.file, |bytes| golite_tools::profile::show(bytes, view))
}

/// `golite trace`.
pub(crate) fn trace(args: &TraceArgs) -> ExitCode {
    show_file(&args.file, |bytes| golite_tools::trace::summary(bytes, args.top))
}

/// Shows the text that is made of a file.
fn show_file(path: &Path, text: impl FnOnce(&[u8]) -> Result<String, String>) -> ExitCode {
    match std::fs::read(path).map_err(|error| io_text(&error)).and_then(|bytes| text(&bytes)) {
        Ok(text) => {
            to_stdout(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            fail(&format!("golite: {}: {error}", path.display()));
            ExitCode::from(FAILED)
        }
    }
}

/// `golite version`.
pub(crate) fn version() -> ExitCode {
    to_stdout(&format!("golite {}\n", crate::args::version()));
    ExitCode::SUCCESS
}
