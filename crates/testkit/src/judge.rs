//! Running one test and comparing what came of it with what the file expects.

use std::path::Path;
use std::time::Duration;

use crate::case::Case;
use crate::expect::{self, Block, Expectation, Expected, Gc};
use crate::process::{End, Outcome, Run};
use crate::{diff, mask};

/// Lines of a listing that a failure shows.
const MAX_LISTING: usize = 150;

/// Limit of one check or listing.
const TOOL_TIMEOUT: Duration = Duration::from_secs(60);

/// The program under test, and what to do about blocks that are not as they should be.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    /// The `golite` binary.
    pub golite: &'a Path,
    /// Whether `Rendered` and `Listing` blocks are rewritten instead of compared.
    pub bless: bool,
}

impl Judge<'_> {
    /// Runs a test.
    ///
    /// # Errors
    /// Everything that is not as expected, in a form to be read.
    pub fn judge(&self, case: &Case) -> Result<(), String> {
        let text = std::fs::read_to_string(&case.main).map_err(|error| error.to_string())?;
        let expectation = expect::parse(&text)?;
        if expectation.checks() {
            self.check(case, &expectation)?;
        }
        if let Some(block) = &expectation.rendered {
            let run = self.tool(case, &["check", "--format", "pretty", "--color", "never"]);
            let outcome = run.run();
            self.compare_block(case, block, &outcome.stderr, &run)?;
        }
        if expectation.json.is_some() {
            // A block before this one may have been rewritten.
            let text = std::fs::read_to_string(&case.main).map_err(|error| error.to_string())?;
            if let Some(block) = &expect::parse(&text)?.json {
                let run = self.tool(case, &["check", "--format", "json"]);
                let outcome = run.run();
                self.compare_block(case, block, &outcome.stdout, &run)?;
            }
        }
        if let Some(block) = &expectation.listing {
            let mut listing = String::new();
            let names = &expectation.options.func;
            let named = names.iter().map(|name| vec!["dis", "--func", name]);
            let commands = if names.is_empty() { vec![vec!["dis"]] } else { named.collect() };
            for command in commands {
                let run = self.tool(case, &command);
                let outcome = run.run();
                if outcome.end != End::Exit(0) {
                    return Err(format!("{}: {}\n{}", run.shown(), outcome.end, outcome.stderr));
                }
                if !listing.is_empty() {
                    listing.push('\n');
                }
                listing += &outcome.stdout;
            }
            self.compare_block(case, block, &listing, &self.tool(case, &["dis"]))?;
        }
        for run in runs(self.golite, case, &expectation) {
            compare_run(case, &expectation, &run.run()).map_err(|wrong| {
                let folder = case.folder().display();
                format!("in {folder}\n$ {}\n{wrong}\n{}", run.shown(), self.listing(case))
            })?;
        }
        Ok(())
    }

    fn tool<'c>(&'c self, case: &'c Case, words: &[&str]) -> Run<'c> {
        let mut args: Vec<String> = words.iter().map(ToString::to_string).collect();
        args.push(case.argument());
        let timeout = TOOL_TIMEOUT;
        Run { program: self.golite, args, folder: case.folder(), stdin: "", env: Vec::new(), timeout }
    }

    /// Compares the diagnostics of the checker with the marks in all files of the program.
    fn check(&self, case: &Case, expectation: &Expectation) -> Result<(), String> {
        let run = self.tool(case, &["check", "--format", "json"]);
        let outcome = run.run();
        let found = diagnostics(&outcome.stdout).map_err(|why| {
            format!("$ {}\n{}\n{why}\n{}{}", run.shown(), outcome.end, outcome.stdout, outcome.stderr)
        })?;
        let mut expected: Vec<(String, Expected)> = Vec::new();
        for file in &case.files {
            let marks = if *file == case.main {
                expectation.diagnostics.clone()
            } else {
                let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
                expect::diagnostics_of(&text)?
            };
            let name = file.strip_prefix(case.folder()).unwrap_or(file).to_string_lossy().into_owned();
            expected.extend(marks.into_iter().map(|mark| (name.clone(), mark)));
        }
        let mut wrong = Vec::new();
        let mut taken = vec![false; expected.len()];
        for one in &found {
            let fits = (0..expected.len()).find(|at| !taken[*at] && one.fits(&expected[*at]));
            match fits {
                Some(at) => taken[at] = true,
                None => wrong.push(format!("not expected: {}", one.shown())),
            }
        }
        for (at, (file, mark)) in expected.iter().enumerate() {
            if !taken[at] {
                let Expected { severity, line, code, text } = mark;
                wrong.push(format!("did not come: {file}:{line}: {severity} {code} {text:?}"));
            }
        }
        let failed = found.iter().any(|one| one.severity == "error");
        let status = End::Exit(i32::from(failed));
        if outcome.end != status {
            wrong.push(format!("the end is {}, not {status}", outcome.end));
        }
        if !outcome.stderr.is_empty() {
            wrong.push(format!("standard error is not empty:\n{}", outcome.stderr));
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("$ {}\n{}", run.shown(), wrong.join("\n"))) }
    }

    fn compare_block(&self, case: &Case, block: &Block, actual: &str, run: &Run<'_>) -> Result<(), String> {
        let actual: Vec<&str> = actual.trim_end().lines().map(str::trim_end).collect();
        let expected: Vec<&str> = block.lines.iter().map(|line| line.trim_end()).collect();
        if actual == expected {
            return Ok(());
        }
        if self.bless {
            let text = std::fs::read_to_string(&case.main).map_err(|error| error.to_string())?;
            let text = expect::with_block(&text, block, &actual);
            return std::fs::write(&case.main, text).map_err(|error| error.to_string());
        }
        Err(format!(
            "$ {}\n{}\n(GOLITE_BLESS=1 takes it as it is)",
            run.shown(),
            diff::lines(&expected, &actual)
        ))
    }

    /// The bytecode, for a failure.
    fn listing(&self, case: &Case) -> String {
        let outcome = self.tool(case, &["dis"]).run();
        let lines: Vec<&str> = outcome.stdout.lines().collect();
        let mut out = String::from("bytecode:\n");
        for line in lines.iter().take(MAX_LISTING) {
            out.push_str(line);
            out.push('\n');
        }
        if lines.len() > MAX_LISTING {
            out.push_str(&format!("⋮ ({} more lines: golite dis)\n", lines.len() - MAX_LISTING));
        }
        out + &outcome.stderr
    }
}

/// The runs that a file asks for: without collections at every allocation and with them, with each
/// seed.
#[must_use]
pub fn runs<'a>(golite: &'a Path, case: &'a Case, expectation: &'a Expectation) -> Vec<Run<'a>> {
    if !expectation.runs() {
        return Vec::new();
    }
    let options = &expectation.options;
    let run = |seed: u32, stress: bool| {
        let mut args = vec!["run".to_string()];
        args.extend(options.flags.iter().cloned());
        if seed > 0 {
            args.extend(["--seed".to_string(), seed.to_string()]);
        }
        args.push(case.argument());
        args.extend(options.args.iter().cloned());
        let mut env = options.env.clone();
        if stress {
            env.push(("GODEBUG".into(), "gcstress=1".into()));
        }
        let (folder, stdin) = (case.folder(), options.stdin.as_str());
        Run { program: golite, args, folder, stdin, env, timeout: options.timeout }
    };
    let seeds = || if options.seeds == 0 { 0..=0 } else { 1..=options.seeds };
    let mut runs: Vec<Run<'a>> = seeds().map(|seed| run(seed, false)).collect();
    match options.gc {
        Gc::Off => {}
        Gc::Once => runs.push(run(u32::from(options.seeds > 0), true)),
        Gc::EverySeed => runs.extend(seeds().map(|seed| run(seed, true))),
    }
    runs
}

/// Compares what a run left behind with what is expected.
///
/// # Errors
/// Everything that differs.
pub fn compare_run(case: &Case, expectation: &Expectation, outcome: &Outcome) -> Result<(), String> {
    let mut wrong = Vec::new();
    let status = End::Exit(expectation.status());
    if outcome.end != status {
        wrong.push(format!("the end is {}, not {status}", outcome.end));
    }
    let expected: Vec<&str> =
        expectation.output.iter().flat_map(|block| &block.lines).map(|l| l.trim_end()).collect();
    let actual: Vec<&str> = outcome.stdout.lines().map(str::trim_end).collect();
    if actual != expected {
        wrong.push(format!("standard output:\n{}", diff::lines(&expected, &actual)));
    }
    let stderr_differs = compare_stderr(case, expectation, outcome);
    let shown = stderr_differs.is_some();
    wrong.extend(stderr_differs);
    if wrong.is_empty() {
        return Ok(());
    }
    if !shown && !outcome.stderr.is_empty() {
        wrong.push(format!("standard error:\n{}", outcome.stderr.trim_end()));
    }
    Err(wrong.join("\n"))
}

fn compare_stderr(case: &Case, expectation: &Expectation, outcome: &Outcome) -> Option<String> {
    let came = || outcome.stderr.trim_end();
    if let Some(failure) = &expectation.failure {
        let begins = |line: &&str| line.starts_with("panic: ") || line.starts_with("fatal error: ");
        let first = outcome.stderr.lines().find(begins);
        if first.map(str::trim_end) != Some(failure) {
            return Some(format!("standard error has not the line\n- {failure}\nbut is\n{}", came()));
        }
    }
    match &expectation.stderr {
        Some(block) => {
            let mut expected: Vec<&str> = block.lines.iter().map(|line| line.trim_end()).collect();
            let open = expected.last() == Some(&"...");
            if open {
                expected.pop();
            }
            let masked = |text: &str| mask::standard_frames(&mask::arguments(text), &["$GOROOT"]);
            let expected_text = masked(&mask::stderr(&expected.join("\n"), ""));
            let actual_text = masked(&mask::stderr(&outcome.stderr, &case.folder().to_string_lossy()));
            let expected: Vec<&str> = expected_text.lines().collect();
            let mut actual: Vec<&str> = actual_text.lines().map(str::trim_end).collect();
            if open {
                actual.truncate(expected.len());
            }
            (actual != expected).then(|| format!("standard error:\n{}", diff::lines(&expected, &actual)))
        }
        None if expectation.failure.is_none() && !outcome.stderr.is_empty() => {
            Some(format!("standard error is not empty:\n{}", came()))
        }
        None => None,
    }
}

/// A diagnostic as `golite check --format json` prints it.
#[derive(Debug)]
struct Found {
    severity: String,
    file: String,
    line: u64,
    code: String,
    message: String,
}

impl Found {
    fn fits(&self, (file, mark): &(String, Expected)) -> bool {
        self.file.trim_start_matches("./") == file
            && self.line == mark.line as u64
            && self.severity == mark.severity
            && self.code == mark.code
            && self.message.contains(&mark.text)
    }

    fn shown(&self) -> String {
        let Found { severity, file, line, code, message } = self;
        format!("{file}:{line}: {severity} {code} {message:?}")
    }
}

fn diagnostics(stdout: &str) -> Result<Vec<Found>, String> {
    stdout
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_string();
            Ok(Found {
                severity: text(&value["severity"]),
                file: text(&value["at"]["file"]),
                line: value["at"]["line"].as_u64().unwrap_or_default(),
                code: text(&value["code"]),
                message: text(&value["message"]),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(text: &str, stdout: &str, stderr: &str, status: i32) -> String {
        let path = std::path::PathBuf::from("/t/a.go-lite");
        let case = Case { name: "a".into(), path: path.clone(), main: path.clone(), files: vec![path] };
        let outcome = Outcome { stdout: stdout.into(), stderr: stderr.into(), end: End::Exit(status) };
        compare_run(&case, &expect::parse(text).unwrap(), &outcome).err().unwrap_or_default()
    }

    #[test]
    fn everything_that_differs_is_said() {
        let fits = |text: &str, stdout: &str, stderr: &str, status: i32| {
            assert_eq!(compare(text, stdout, stderr, status), "", "{text}");
        };
        let differs = |text: &str, stdout: &str, stderr: &str, status: i32, part: &str| {
            let wrong = compare(text, stdout, stderr, status);
            assert!(wrong.contains(part), "{text}: {wrong:?}");
        };
        fits("// Output:\n// a\n", "a\n", "", 0);
        fits("// Output:\n// a\n", "a", "", 0);
        differs("// Output:\n// a\n", "b\n", "", 0, "- a\n+ b");
        differs("// Output:\n// a\n", "a\n", "x", 0, "not empty");
        differs("// Output:\n// a\n", "a\n", "", 1, "exit status 1, not exit status 0");
        differs("// Exit: 3\n", "a\n", "", 3, "+ a");
        fits("// Panic: boom\n", "", "hello\npanic: boom\n\ngoroutine 1 [running]:\n", 2);
        differs("// Panic: boom\n", "", "panic: boom!\n", 2, "has not the line");
        differs("// Panic: boom\n", "", "fatal error: boom\n", 2, "has not the line");
        fits("// Fatal: boom\n", "", "fatal error: boom\n", 2);
        fits("// Stderr:\n// 0x1\n// a.go:1\n", "", "0x22\n/t/a.go:1\n", 0);
        fits("// Stderr:\n// a\n// ...\n", "", "a\nb\nc\n", 0);
        differs("// Stderr:\n// a\n", "", "a\nb\n", 0, "+ b");
    }
}
