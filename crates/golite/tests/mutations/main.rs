//! The verifier against broken modules: real modules in which one field was changed are refused, or run
//! without a fault of the processor.
//!
//! A case is a number: it says which program, which field, which change. Cases run in child processes
//! (this program once more), so that a fault is seen and has a number. A child says each case before it
//! begins and how it went after. What may happen: the module is rejected, before it runs or when a function
//! is first called; it runs to some end; or a check of checked builds stops it with a Rust panic. A signal,
//! an abort, or a case that does not end is a failure.
//!
//! `GOLITE_MUTATIONS=100000` asks for more cases than the tests do every day, `GOLITE_MUTATIONS_FROM`
//! for other ones. `GOLITE_MUTATION=1234` runs one case here and tells about it.

mod change;
mod program;
mod random;
mod run;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::run::{ENDLESS, FAULT, Outcome, Runner};

/// Cases of an ordinary test run.
const CASES: u64 = 2_000;

/// A case that takes longer hangs. Most take milliseconds; the machine may be busy.
const LONGEST: Duration = Duration::from_secs(120);

/// Children at once.
const CHILDREN: u64 = 2;

/// KiB of address space that a child may have: what a broken module makes the runtime ask for is refused
/// by the runtime, not by the system.
const CHILD_KIB: u64 = 4 << 20;

const CHILD: &str = "GOLITE_MUTATION_CHILD";

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn main() -> ExitCode {
    if let Ok(range) = std::env::var(CHILD) {
        let (first, end) = range.split_once(' ').expect("two numbers");
        child(first.parse().expect("a number"), end.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    if let Some(case) = number("GOLITE_MUTATION") {
        let mut runner = Runner::new();
        println!("{}", runner.describe(case));
        println!("{:?}", runner.run(case));
        return ExitCode::SUCCESS;
    }
    let tests = vec![
        Trial::test("programs_use_all_instructions", program::check_coverage),
        Trial::test("mutated_modules_never_fault", mutated_modules_never_fault),
        Trial::test("faults_and_endless_cases_are_noticed", faults_and_endless_cases_are_noticed),
    ];
    libtest_mimic::run(&Arguments::from_args(), tests).exit_code()
}

/// Runs cases; a line before and after each.
fn child(first: u64, end: u64) {
    let mut runner = Runner::new();
    let mut out = std::io::stdout();
    for case in first..end {
        if case < FAULT {
            runner.prepare(case);
        }
        writeln!(out, "begin {case}").and_then(|()| out.flush()).expect("the parent listens");
        let outcome = runner.run(case);
        writeln!(out, "end {case} {}", outcome.to_line()).expect("the parent listens");
    }
}

/// What the cases of one child came to.
#[derive(Default)]
struct Count {
    outcomes: BTreeMap<&'static str, u64>,
    /// Messages of panics that are no checks of accesses, with their first case.
    panics: BTreeMap<String, (u64, u64)>,
    failures: Vec<String>,
}

impl Count {
    fn add(&mut self, case: u64, outcome: Outcome) {
        *self.outcomes.entry(outcome.name()).or_default() += 1;
        if let Outcome::Panicked(message) = outcome {
            self.panics.entry(message).or_insert((case, 0)).1 += 1;
        }
    }

    fn merge(&mut self, other: Count) {
        for (name, count) in other.outcomes {
            *self.outcomes.entry(name).or_default() += count;
        }
        for (message, (case, count)) in other.panics {
            self.panics.entry(message).or_insert((case, 0)).1 += count;
        }
        self.failures.extend(other.failures);
    }
}

fn start_child(first: u64, end: u64) -> Child {
    let program = std::env::current_exe().expect("the test is a file");
    let limited = format!("ulimit -v {CHILD_KIB}; ulimit -c 0; exec \"$0\"");
    let mut command = Command::new("sh");
    command.arg("-c").arg(limited).arg(program).env(CHILD, format!("{first} {end}"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("a child starts")
}

/// Runs a range of cases in one child after the other: a new one after each failure.
fn run_range(first: u64, end: u64, longest: Duration) -> Count {
    let mut count = Count::default();
    let mut next = first;
    while next < end {
        let mut child = start_child(next, end);
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let (sender, receiver) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let mut running = None;
        let why = loop {
            match receiver.recv_timeout(longest) {
                Ok(line) => {
                    let mut words = line.splitn(3, ' ');
                    let what = words.next().unwrap_or_default();
                    let case: u64 = words.next().and_then(|word| word.parse().ok()).expect("a case");
                    if what == "begin" {
                        running = Some(case);
                        continue;
                    }
                    count.add(case, Outcome::from_line(words.next().unwrap_or_default()));
                    running = None;
                    next = case + 1;
                }
                Err(RecvTimeoutError::Timeout) => {
                    // It may have ended meanwhile.
                    let _ = child.kill();
                    break "does not end".to_string();
                }
                Err(RecvTimeoutError::Disconnected) => break String::new(),
            }
        };
        let status = child.wait().expect("the child was started");
        reader.join().expect("the reader only reads");
        if next >= end {
            break;
        }
        let case = running.unwrap_or(next);
        let why = if why.is_empty() { format!("{status}") } else { why };
        count.failures.push(format!("case {case}: {why}"));
        next = case + 1;
    }
    count
}

fn mutated_modules_never_fault() -> Result<(), Failed> {
    let cases = number("GOLITE_MUTATIONS").unwrap_or(CASES);
    let from = number("GOLITE_MUTATIONS_FROM").unwrap_or(0);
    let share = cases.div_ceil(CHILDREN);
    let workers: Vec<_> = (0..CHILDREN)
        .map(|i| {
            let (first, end) = (from + i * share, from + ((i + 1) * share).min(cases));
            std::thread::spawn(move || run_range(first, end, LONGEST))
        })
        .collect();
    let mut count = Count::default();
    for worker in workers {
        count.merge(worker.join().expect("a worker counts"));
    }
    let mut report = format!("{cases} cases from {from}:");
    for (name, number) in &count.outcomes {
        report.push_str(&format!("\n{number:8} {name}"));
    }
    for (message, (case, number)) in &count.panics {
        report.push_str(&format!("\n{number:12} {message} (first: {case})"));
    }
    println!("{report}");
    if count.failures.is_empty() {
        return Ok(());
    }
    Err(format!("{report}\n{}", count.failures.join("\n")).into())
}

fn faults_and_endless_cases_are_noticed() -> Result<(), Failed> {
    let count = run_range(FAULT, ENDLESS + 1, Duration::from_secs(5));
    let [fault, endless] = &count.failures[..] else {
        return Err(format!("two failures: {:?}", count.failures).into());
    };
    assert!(fault.starts_with(&format!("case {FAULT}: signal")), "{fault}");
    assert_eq!(*endless, format!("case {ENDLESS}: does not end"));
    Ok(())
}
