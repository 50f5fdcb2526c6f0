//! The interactive session: `golite repl`.
//!
//! A thread with a deep stack owns the session ([`engine`]); it lets goroutines run while nothing is
//! asked of it. The other thread reads lines, from a terminal with an editor ([`terminal`]) or from
//! anything else as it comes ([`pipe`]), and asks for one input at a time.

mod commands;
mod engine;
mod heap;
mod help;
mod history;
mod inputs;
mod measure;
mod pipe;
mod printer;
mod records;
mod step;
mod terminal;

use std::io::IsTerminal;

use golite::{Permissions, RunConfig};
use golite_diag::render::Colour;

use engine::Engine;

/// How a session is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Limits and the seed.
    pub config: RunConfig,
    /// What programs may do.
    pub permissions: Permissions,
    /// What programs get as `os.Args`.
    pub args: Vec<Vec<u8>>,
    /// Lines are kept for later sessions.
    pub history: bool,
    /// A session at a terminal begins with the inputs of the user's init file.
    pub init: bool,
    /// The version, for the first line.
    pub version: String,
}

/// What a line asks for when the session is to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum After {
    /// Go on; the input was right.
    Right,
    /// Go on; the input was right, and declared `main`.
    Main,
    /// Go on; it was not.
    Wrong,
    /// The session ends.
    Quit,
}

/// Runs a session to its end. Gives the exit status: 1 if an input that did not come from a terminal
/// was wrong.
#[must_use]
pub fn run(options: &Options) -> i32 {
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let colour = if terminal && !no_colour && !dumb { Colour::On } else { Colour::Off };
    let (engine, requests) = Engine::new();
    let serve = {
        let options = options.clone();
        move || engine::serve(&options, terminal, colour, &requests)
    };
    let mut status = 0;
    let served = golite::beside_deep_stack(serve, || {
        status = if terminal { terminal::read(&engine, options) } else { pipe::read(&engine) };
        if engine.close() == After::Wrong && !terminal {
            status = 1;
        }
    });
    match served {
        Ok(Ok(())) => status,
        Ok(Err(message)) => {
            eprint!("{message}");
            2
        }
        Err(error) => {
            eprintln!("golite: {error}");
            2
        }
    }
}

/// Whether a line is a command: a colon and a letter, or one of the words that end other sessions or ask them.
fn is_command(line: &str) -> bool {
    let line = line.trim();
    matches!(line, "exit" | "quit" | "exit()" | "quit()" | "help")
        || line.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}
