//! The examples of `golite doc` are run in a session, and what comes of them is compared.
//!
//! `GOLITE_BLESS=1` writes what comes of them into the file; it has to be read then.

use std::io::Write;
use std::process::{Command, Stdio};

use golite_testkit::workspace;

/// What is printed before each input.
const MARK: &str = "----";

/// Runs inputs in a session; gives what comes of each.
fn outputs(inputs: &[&str]) -> Vec<String> {
    let mut child = Command::new("/bin/sh")
        .args(["-c", "exec \"$0\" repl 2>&1", env!("CARGO_BIN_EXE_golite")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = inputs.iter().map(|input| format!("println(\"{MARK}\")\n{input}\n")).collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split(&format!("{MARK}\n")).skip(1).map(str::to_string).collect()
}

#[test]
fn examples_do_what_they_say() {
    let path = workspace::root().join("crates/golite/src/doc_examples.txt");
    let file = std::fs::read_to_string(&path).unwrap();
    let mut inputs: Vec<&str> = Vec::new();
    for line in file.lines() {
        if line.starts_with("= ") {
            inputs.push(":reset");
        }
        inputs.extend(line.strip_prefix("> "));
    }
    let mut found = outputs(&inputs).into_iter();
    let mut made = String::new();
    for line in file.lines().filter(|line| line.starts_with("= ") || line.starts_with("> ")) {
        made += line;
        made.push('\n');
        let output = found.next().unwrap_or_default();
        if line.starts_with("> ") {
            assert!(!output.contains("\n= ") && !output.contains("\n> "), "{output}");
            made += &output;
        }
    }
    if std::env::var_os("GOLITE_BLESS").is_some() {
        std::fs::write(&path, &made).unwrap();
    }
    assert_eq!(file, made);
}
