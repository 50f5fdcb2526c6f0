//! The command line of go-lite: `golite run`, `eval`, `check`, `dis`, `repl`, `doc`, `script`, `explain`, `pprof`,
//! `trace`, `completions`, `man`, `version`.
//!
//! `golite FILE` is `golite run FILE`. Exit status: the script's own; 2 for a panic, fatal error or
//! limit; 1 for compile errors and for files that cannot be read; 64 for wrong usage.

mod args;
mod commands;
mod manual;
mod report;
mod reports;
mod signals;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command, RunArgs, ScriptCommand};

/// Wrong usage of the command line (EX_USAGE).
const USAGE: u8 = 64;

/// A limit, or an environment that is malformed.
const LIMIT: u8 = 2;

/// Compile errors, files that cannot be read.
const FAILED: u8 = 1;

fn main() -> ExitCode {
    golite::use_one_arena();
    let mut args: Vec<_> = std::env::args_os().collect();
    if args.len() == 1 && std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        args.push("repl".into());
    }
    if let Some(message) = args::missing_command(&args) {
        report::fail(&message);
        return ExitCode::from(USAGE);
    }
    if let Some(run) = RunArgs::without_flags(&args) {
        return commands::run(&run);
    }
    let cli = match Cli::try_parse_from(args::with_command(args.into_iter())) {
        Ok(cli) => cli,
        Err(error) => {
            if error.use_stderr() {
                // There is nobody to tell if that fails.
                let _ = error.print();
            } else {
                report::to_stdout(&error.render().to_string());
            }
            return ExitCode::from(if error.use_stderr() { USAGE } else { 0 });
        }
    };
    match cli.command {
        Command::Run(run) => commands::run(&run),
        Command::Eval(eval) => commands::on_deep_stack(|| commands::eval(&eval)),
        Command::Check(check) => commands::on_deep_stack(|| commands::check(&check)),
        Command::Dis(dis) => commands::on_deep_stack(|| commands::dis(&dis)),
        Command::Repl(repl) => commands::repl(&repl),
        Command::Doc { name } => commands::on_deep_stack(|| commands::doc(&name)),
        Command::Script(ScriptCommand::ToGo { report, path }) => {
            commands::on_deep_stack(|| commands::script_to_go(report, &path))
        }
        Command::Explain { code } => commands::explain(code.as_deref()),
        Command::Pprof(pprof) => commands::pprof(&pprof),
        Command::Trace(trace) => commands::trace(&trace),
        Command::Completions { shell } => manual::completions(shell),
        Command::Man => manual::manual(),
        Command::Version => commands::version(),
    }
}
