//! Go's own tests of a standard package, read from an installed Go and run by go-lite.
//!
//! The tests of a package are one package here, `main`. Declarations that go-lite does not accept are taken out
//! until it accepts the rest: those that need what is not exported, or packages that are not there. Lines keep
//! their numbers. Each test that is left runs alone.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use golite_testkit::process::{End, Outcome as Ended, Run};

use crate::real_go::Go;
use crate::{Outcome, golite, parallel};

/// How often declarations are taken out before the rest has to be accepted.
const ROUNDS: usize = 40;

/// Limits of checking all of them, and of one test.
const CHECK_TIMEOUT: Duration = Duration::from_secs(300);
const TIMEOUT: Duration = Duration::from_secs(60);

/// A file of tests.
struct File {
    name: String,
    lines: Vec<String>,
}

/// Runs the tests of a package whose names contain the filter.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let (binary, rest) = match args {
        ["--golite", binary, rest @ ..] => (PathBuf::from(binary), rest),
        rest => (golite::build()?, rest),
    };
    let (package, filter) = match rest {
        [package] => (*package, ""),
        [package, filter] => (*package, *filter),
        _ => return Err("usage: cargo xtask gotests [--golite BINARY] PACKAGE [FILTER]".into()),
    };
    let go = Go::find()?;
    let source = Path::new(&go.root).join("src").join(package);
    let folder = std::env::temp_dir().join(format!("golite-gotests-{}", package.replace('/', "-")));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let mut files = read(&source, package)?;
    let all = tests_of(&files);
    prune(&binary, &folder, &mut files)?;
    let mut left: Vec<String> = tests_of(&files).into_iter().collect();
    left.retain(|name| name.contains(filter));
    let results = parallel::map(&left, |name| run_one(&binary, &folder, name));
    let mut failures = String::new();
    let (mut passed, mut skipped) = (0, 0);
    for (name, result) in left.iter().zip(&results) {
        match result {
            Ok(true) => passed += 1,
            Ok(false) => skipped += 1,
            Err(why) => {
                let _ = writeln!(failures, "--- {name}\n{}", why.trim_end());
            }
        }
    }
    print!("{failures}");
    println!(
        "{package}: {} tests, {} of them accepted; of {} that were run {passed} pass, {skipped} are skipped",
        all.len(),
        tests_of(&files).len(),
        left.len()
    );
    Ok(())
}

/// The files of tests outside of the package that are for this system, as files of package `main`.
fn read(source: &Path, package: &str) -> Result<Vec<File>, String> {
    let list = Command::new("go")
        .args(["list", "-f", "{{join .XTestGoFiles \"\\n\"}}", package])
        .env("CGO_ENABLED", "0")
        .output()
        .map_err(|error| format!("go list: {error}"))?;
    let clause = format!("package {}_test", package.rsplit('/').next().unwrap_or(package));
    let mut files = Vec::new();
    for name in String::from_utf8_lossy(&list.stdout).lines() {
        let text = std::fs::read_to_string(source.join(name)).map_err(|error| format!("{name}: {error}"))?;
        // Names of functions that the tests expect have the package in them.
        let text = text.replace(&format!("{}.", &clause["package ".len()..]), "main.");
        let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
        if let Some(line) = lines.iter_mut().find(|line| **line == clause) {
            *line = "package main".to_string();
        }
        // A function without body is in assembly, or linked from elsewhere; a program must not have one.
        for line in &mut lines {
            if line.starts_with("func ") && !line.contains('{') && !line.ends_with(['(', ',']) {
                line.clear();
            }
        }
        files.push(File { name: name.to_string(), lines });
    }
    if files.is_empty() { Err(format!("{package} has no tests")) } else { Ok(files) }
}

/// The names of functions that are tests.
fn tests_of(files: &[File]) -> BTreeSet<String> {
    let lines = files.iter().flat_map(|file| &file.lines);
    lines
        .filter_map(|line| {
            let (name, rest) = line.strip_prefix("func ")?.split_once('(')?;
            let is_test = name.starts_with("Test") && name != "TestMain" && rest.contains("*testing.T)");
            is_test.then(|| name.to_string())
        })
        .collect()
}

/// Takes out declarations until go-lite accepts what is left, which then lies in the folder.
fn prune(binary: &Path, folder: &Path, files: &mut [File]) -> Result<(), String> {
    let mut last = String::new();
    for _ in 0..ROUNDS {
        for file in files.iter() {
            write(&folder.join(&file.name), &file.lines.join("\n"))?;
        }
        write(&folder.join("main.go"), &main_file(&tests_of(files)))?;
        let mut args = ["check", "--format", "short"].map(str::to_string).to_vec();
        args.extend(names_in(folder)?);
        let ended = start(binary, folder, args, CHECK_TIMEOUT);
        if matches!(ended.end, End::Exit(0)) {
            return Ok(());
        }
        last = ended.stdout + &ended.stderr;
        let mut changed = false;
        for message in last.lines().filter(|line| !line.starts_with('\t')) {
            let mut parts = message.splitn(3, ':');
            let (Some(path), Some(Ok(line))) = (parts.next(), parts.next().map(str::parse::<usize>)) else {
                continue;
            };
            let name = Path::new(path).file_name().map(|name| name.to_string_lossy().into_owned());
            let file = files.iter_mut().find(|file| Some(&file.name) == name.as_ref());
            changed |= file.is_some_and(|file| take_out(&mut file.lines, line));
        }
        if !changed {
            break;
        }
    }
    Err(format!("go-lite does not accept the rest:\n{last}"))
}

/// Empties the declaration around a line; of imports the line alone. False if there was nothing.
fn take_out(lines: &mut [String], line: usize) -> bool {
    let at = line.saturating_sub(1);
    if lines.get(at).is_none_or(String::is_empty) {
        return false;
    }
    let begins = |text: &str| {
        ["func ", "var ", "type ", "const ", "import "].iter().any(|word| text.starts_with(word))
    };
    let Some(first) = (0..=at).rev().find(|&i| begins(&lines[i])) else { return false };
    if lines[first].starts_with("import (") {
        lines[at].clear();
        return true;
    }
    let open = lines[first].ends_with(['{', '(', '`', ',']);
    let end = if open { (first + 1..lines.len()).find(|&i| lines[i].starts_with(['}', ')'])) } else { None };
    lines[first..=end.unwrap_or(first)].iter_mut().for_each(String::clear);
    true
}

/// The files in the folder, which the command line names: what ends in `_test.go` is no part of it otherwise.
fn names_in(folder: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    let mut names: Vec<String> =
        entries.filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned())).collect();
    names.retain(|name| name.ends_with(".go"));
    names.sort();
    Ok(names)
}

fn main_file(tests: &BTreeSet<String>) -> String {
    let list: String = tests.iter().map(|name| format!("\t\t{{Name: {name:?}, F: {name}}},\n")).collect();
    format!(
        "package main\n\nimport \"testing\"\n\nfunc main() {{\n\tsame := func(pat, str string) (bool, error) {{ return \
         pat == str || pat == \"\", nil }}\n\ttesting.Main(same, []testing.InternalTest{{\n{list}\t}}, nil, nil)\n}}\n"
    )
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn start(binary: &Path, folder: &Path, args: Vec<String>, timeout: Duration) -> Ended {
    Run { program: binary, args, folder, stdin: "", env: Vec::new(), timeout }.run()
}

/// Runs a test: passed, skipped, or why not.
fn run_one(binary: &Path, folder: &Path, name: &str) -> Result<bool, String> {
    let mut args = vec!["run".to_string()];
    args.extend(names_in(folder)?);
    args.extend(["-test.v", "-test.short", "-test.run", name].map(str::to_string));
    let ended = start(binary, folder, args, TIMEOUT);
    match ended.end {
        End::Exit(0) => Ok(!ended.stdout.contains(&format!("--- SKIP: {name} "))),
        end => {
            let text = ended.stdout + &ended.stderr;
            let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("=== ")).take(12).collect();
            Err(format!("{end}\n{}", lines.join("\n")))
        }
    }
}
