//! The test targets made of programs: one test a program, all of them side by side.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::{Case, cases_below};
use crate::judge::Judge;
use crate::{book, workspace};

/// The folders of `lang-tests`.
pub const FOLDERS: [&str; 13] = [
    "lex", "parse", "check", "run", "panic", "std", "sched", "gc", "limit", "code", "script", "programs",
    "fixed",
];

/// Runs every program of `lang-tests/`.
#[must_use]
pub fn lang_tests(golite: &str) -> ExitCode {
    let folder = workspace::root().join("lang-tests");
    let mut trials = Vec::new();
    for case in cases_below(&folder) {
        let known = FOLDERS.iter().any(|folder| case.name.starts_with(&format!("{folder}/")));
        if known {
            trials.push(trial(golite, case));
        } else {
            trials.push(Trial::test(case.name, || {
                Err(Failed::from(format!("tests lie in one of the folders {}", FOLDERS.join(" "))))
            }));
        }
    }
    conclude(trials)
}

/// Runs every program of `examples/`.
#[must_use]
pub fn examples(golite: &str) -> ExitCode {
    let folder = workspace::root().join("examples");
    conclude(cases_below(&folder).into_iter().map(|case| trial(golite, case)).collect())
}

/// Runs every block of code of the documents.
#[must_use]
pub fn book(golite: &str) -> ExitCode {
    let golite: Arc<Path> = Path::new(golite).into();
    let trials = book::blocks().into_iter().map(|block| {
        let golite = golite.clone();
        Trial::test(block.name(), move || Ok(block.judge(&Judge { golite: &golite, bless: bless() })?))
    });
    let mut arguments = Arguments::from_args();
    if bless() {
        // Two blocks of one document must not be rewritten at once.
        arguments.test_threads = Some(1);
    }
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn conclude(trials: Vec<Trial>) -> ExitCode {
    assert!(!trials.is_empty(), "{} has no tests", workspace::root().display());
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(golite: &str, case: Case) -> Trial {
    let golite: Arc<Path> = Path::new(golite).into();
    let bless = bless();
    Trial::test(case.name.clone(), move || Ok(Judge { golite: &golite, bless }.judge(&case)?))
}

/// Whether `GOLITE_BLESS=1` asks to take listings and rendered diagnostics as they are.
#[must_use]
pub fn bless() -> bool {
    std::env::var_os("GOLITE_BLESS").is_some_and(|value| value == "1")
}
