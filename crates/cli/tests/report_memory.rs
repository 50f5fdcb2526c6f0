//! What a program panics with may be most of the memory that it may have: the report of it is no copy.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::process::{Command, Stdio};

/// Half of the limit.
const TEXT: usize = 48 << 20;

/// The most memory that a program had before the end of its report was read, in KiB; its standard error is compared.
#[track_caller]
fn most_memory(statement: &str, before: &str, after: &str) -> u64 {
    let source = format!(
        "package main\n\nimport (\"errors\"; \"strings\")\n\nvar _, _ = errors.New(\"\"), strings.Repeat\n\n\
         type E struct{{ text string }}\n\nfunc (e *E) Error() string {{ return e.text }}\n\ntype S string\n\n\
         func main() {{\n\ttext := strings.Repeat(\"a\", {TEXT})\n\t{statement}\n}}\n"
    );
    let path =
        std::env::temp_dir().join(format!("golite-report-{}-{}.go", std::process::id(), statement.len()));
    std::fs::write(&path, source).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_golite"))
        .args(["run", "--max-memory", "96MiB"])
        .arg(&path)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = child.stderr.take().unwrap();
    let mut text = vec![0; TEXT - (200 << 10)];
    stderr.read_exact(&mut text).unwrap();
    // It waits until more is read.
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    stderr.read_to_end(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    std::fs::remove_file(path).unwrap();
    let expected = format!("{before}{}{after}", "a".repeat(TEXT));
    assert!(text.starts_with(expected.as_bytes()), "{statement}: the text is not whole");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn the_report_of_a_long_panic_takes_no_memory() {
    for (statement, before, after) in [
        ("panic(text)", "panic: ", "\n\ngoroutine 1 [running]:\n"),
        ("panic(S(text))", "panic: main.S(\"", "\")\n\ngoroutine 1 [running]:\n"),
        ("panic(errors.New(text))", "panic: ", "\n\ngoroutine 1 [running]:\n"),
        ("panic(&E{text})", "panic: ", "\n\ngoroutine 1 [running]:\n"),
    ] {
        let most = most_memory(statement, before, after);
        assert!(most < (96 << 10) * 11 / 10, "{statement}: {most} KiB");
    }
}
