//! The programs of `lang-tests/` with many seeds, with a collection at every allocation, and with small
//! heaps: whatever the runtime chooses, a program prints the same.

use golite_testkit::case::{Case, cases_below};
use golite_testkit::expect::{self, Gc};
use golite_testkit::judge::compare_run;
use golite_testkit::process::Run;
use golite_testkit::workspace;

use crate::{Outcome, golite, parallel};

/// How many seeds, if it is not said.
const SEEDS: u32 = 20;

/// Runs the programs whose names contain the filter.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let (seeds, filter) = match args {
        [] => (SEEDS, ""),
        ["--seeds", number] => (parse(number)?, ""),
        ["--seeds", number, filter] => (parse(number)?, *filter),
        [filter] => (SEEDS, *filter),
        _ => return Err("usage: cargo xtask stress [--seeds N] [FILTER]".into()),
    };
    let golite = golite::build()?;
    let mut cases = cases_below(&workspace::root().join("lang-tests"));
    cases.retain(|case| case.name.contains(filter));
    let results = parallel::map(&cases, |case| stress(case, &golite, seeds));
    let mut runs = 0;
    let mut failures = Vec::new();
    for (case, result) in cases.iter().zip(results) {
        match result {
            Ok(count) => runs += count,
            Err(why) => failures.push(format!("{}: {why}", case.name)),
        }
    }
    println!("{runs} runs of {} programs as expected", cases.len() - failures.len());
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n\n")) }
}

fn parse(number: &str) -> Result<u32, String> {
    number.parse().map_err(|_| format!("{number} is not a number of seeds"))
}

/// Runs one program in all ways; how many runs that were.
fn stress(case: &Case, golite: &std::path::Path, seeds: u32) -> Result<u32, String> {
    let text = std::fs::read_to_string(&case.main).map_err(|error| error.to_string())?;
    let expectation = expect::parse(&text)?;
    if !expectation.runs() {
        return Ok(0);
    }
    let options = &expectation.options;
    let mut ways: Vec<Option<(&str, &str)>> = vec![None, Some(("GOGC", "5"))];
    if options.gc != Gc::Off {
        ways.push(Some(("GODEBUG", "gcstress=1")));
    }
    let mut runs = 0;
    for seed in 1..=seeds {
        for way in &ways {
            let mut env = options.env.clone();
            env.extend(way.map(|(name, value)| (name.to_string(), value.to_string())));
            let mut args = vec!["run".to_string(), "--seed".into(), seed.to_string()];
            args.extend(options.flags.iter().cloned());
            args.push(case.argument());
            args.extend(options.args.iter().cloned());
            let (folder, stdin) = (case.folder(), options.stdin.as_str());
            let run = Run { program: golite, args, folder, stdin, env, timeout: options.timeout };
            compare_run(case, &expectation, &run.run())
                .map_err(|wrong| format!("in {}\n$ {}\n{wrong}", folder.display(), run.shown()))?;
            runs += 1;
        }
    }
    Ok(runs)
}
