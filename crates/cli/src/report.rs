//! Showing diagnostics and failures.

use std::io::{IsTerminal, Write};

use golite::Checked;
use golite_diag::Diagnostic;
use golite_diag::render::{self, Colour, Repetitions};

use crate::args::{ColorArg, FormatArg, ReportArgs};

/// Where the forms made for tools go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ToolsStream {
    /// `check`: the diagnostics are its output.
    Stdout,
    /// `run` and `dis`: standard output belongs to the program.
    Stderr,
}

/// Shows everything that was found.
pub(crate) fn show(checked: &Checked, args: ReportArgs, tools: ToolsStream) {
    let map = checked.sources();
    let terminal = std::io::stderr().is_terminal();
    let format = args.format.unwrap_or(if terminal { FormatArg::Pretty } else { FormatArg::Short });
    let mut out = String::new();
    match format {
        FormatArg::Short => {
            let repetitions = match tools {
                ToolsStream::Stdout => Repetitions::Shown,
                ToolsStream::Stderr => Repetitions::LeftOut,
            };
            out = render::short_errors(map, checked.diagnostics(), repetitions);
        }
        FormatArg::Json => {
            for diagnostic in checked.diagnostics() {
                out += &render::json(map, diagnostic);
                out.push('\n');
            }
        }
        FormatArg::Pretty => {
            let colour = colour(args.color, terminal);
            let all: Vec<&Diagnostic> = checked.diagnostics().iter().filter(|d| !d.repeats).collect();
            let shown = if args.max_errors == 0 { all.len() } else { all.len().min(args.max_errors) };
            let mut codes: Vec<&str> = Vec::new();
            for diagnostic in &all[..shown] {
                out += &render::pretty(map, diagnostic, colour);
                if !codes.contains(&diagnostic.code.text()) {
                    codes.push(diagnostic.code.text());
                }
            }
            if shown < all.len() {
                out += &format!("... and {} more (--max-errors 0 shows all)\n", all.len() - shown);
            }
            if let Some(first) = codes.first() {
                let more = if codes.len() > 1 { " (and so on for each code)" } else { "" };
                out += &format!("more: golite explain {first}{more}\n");
            }
        }
    }
    if format == FormatArg::Pretty || tools == ToolsStream::Stderr {
        to_stderr(&out);
    } else {
        to_stdout(&out);
    }
}

/// Colours by the usual conventions: the flag, NO_COLOR, CLICOLOR_FORCE, a terminal that can.
fn colour(flag: ColorArg, terminal: bool) -> Colour {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced =
        set("CLICOLOR_FORCE") && std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let capable = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
    let on = match flag {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => !set("NO_COLOR") && (forced || (terminal && capable)),
    };
    if on { Colour::On } else { Colour::Off }
}

/// A message without a place in the source.
pub(crate) fn fail(message: &str) {
    to_stderr(&format!("{message}\n"));
}

/// Writes to standard output. A reader that has gone away wants no more; any other failure ends the process.
pub(crate) fn to_stdout(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        fail(&format!("golite: write to standard output: {}", golite::load::io_text(&error)));
        std::process::exit(i32::from(crate::FAILED));
    }
}

/// Writes to standard error; there is nobody to tell when that fails.
pub(crate) fn to_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
