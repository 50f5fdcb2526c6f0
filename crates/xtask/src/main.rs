//! Developer tasks: `cargo xtask TASK`.

mod bigprogram;
mod bytecode_page;
mod differential;
mod docs;
mod errors_page;
mod golite;
mod gotests;
mod handlers;
mod look;
mod parallel;
mod real_go;
mod soak;
mod start_order;
mod stress;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask TASK

  docs [--check]                 writes the generated pages of docs/, or says which are stale
  look [BINARY]                  draws docs/look.svg, the picture in the README, with that golite or a new one
  differential [FILTER]          runs lang-tests and examples under real Go too, and compares
  stress [--seeds N] [FILTER]    runs lang-tests with many seeds, collections everywhere, small heaps
  gotests PACKAGE [FILTER]       runs the tests that an installed Go has of a package (--golite BINARY: with that)
  soak [--seconds N] [--seed N]  random programs that check what is reachable in them (--golite BINARY: with that)
  handlers BINARY                looks for calls in the handlers of an optimised golite (objdump)
  start-order BINARY             lists what a start of an optimised golite runs, for the linker (valgrind, nm)
  bigprogram --lines N OUT IN... makes one large program of copies of the programs IN
";

/// What a task comes to: done, or a message why not.
type Outcome = Result<(), String>;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["docs"] => docs::write(),
        ["docs", "--check"] => docs::check(),
        ["look"] => look::run(None),
        ["look", binary] => look::run(Some(binary)),
        ["differential"] => differential::run(""),
        ["differential", filter] => differential::run(filter),
        ["stress", rest @ ..] => stress::run(rest),
        ["gotests", rest @ ..] => gotests::run(rest),
        ["soak", rest @ ..] => soak::run(rest),
        ["handlers", binary] => handlers::run(binary),
        ["start-order", binary] => start_order::run(binary),
        ["bigprogram", rest @ ..] => bigprogram::run(rest),
        _ => Err(USAGE.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}
