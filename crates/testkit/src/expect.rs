//! What a file says must happen. The notation is described at the top of this crate.

use std::time::Duration;

/// Seconds of processor time for one run, unless the file says otherwise.
const TIMEOUT_SECONDS: u64 = 60;

/// Options of the first line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Not valid Go, or not with the same output.
    pub extension: bool,
    /// How it runs under `GODEBUG=gcstress=1`.
    pub gc: Gc,
    /// How many seeds it runs with; 0 for a run without `--seed`.
    pub seeds: u32,
    /// Flags of `golite run`.
    pub flags: Vec<String>,
    /// Arguments of the program.
    pub args: Vec<String>,
    /// Its standard input.
    pub stdin: String,
    /// Environment variables.
    pub env: Vec<(String, String)>,
    /// The functions listed; all if none is named.
    pub func: Vec<String>,
    /// Processor time of one run.
    pub timeout: Duration,
}

/// How a program runs under `GODEBUG=gcstress=1`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gc {
    /// Once.
    Once,
    /// With every seed.
    EverySeed,
    /// Not at all.
    Off,
}

/// Consecutive comment lines with a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// The lines, without the comment signs.
    pub lines: Vec<String>,
    /// Where they are in the file, as indices of lines; the heading is the line before.
    pub place: std::ops::Range<usize>,
}

/// An error or warning that must be reported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expected {
    /// `error` or `warning`.
    pub severity: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The code.
    pub code: String,
    /// A part of the message; empty if any will do.
    pub text: String,
}

/// Everything that a file expects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// How to run it.
    pub options: Options,
    /// Standard output.
    pub output: Option<Block>,
    /// Standard error.
    pub stderr: Option<Block>,
    /// The line that a panic or fatal error begins with.
    pub failure: Option<String>,
    /// The exit status.
    pub exit: Option<i32>,
    /// Errors and warnings.
    pub diagnostics: Vec<Expected>,
    /// The checker says nothing.
    pub accepted: bool,
    /// Rendered diagnostics.
    pub rendered: Option<Block>,
    /// Diagnostics as objects.
    pub json: Option<Block>,
    /// Bytecode.
    pub listing: Option<Block>,
}

impl Expectation {
    /// Whether the program is to be run.
    #[must_use]
    pub fn runs(&self) -> bool {
        self.output.is_some() || self.stderr.is_some() || self.failure.is_some() || self.exit.is_some()
    }

    /// Whether the program is to be checked.
    #[must_use]
    pub fn checks(&self) -> bool {
        !self.diagnostics.is_empty() || self.accepted
    }

    /// The exit status of a run.
    #[must_use]
    pub fn status(&self) -> i32 {
        self.exit.unwrap_or(if self.failure.is_some() { 2 } else { 0 })
    }
}

/// Reads what a file expects.
///
/// # Errors
/// When an expectation is malformed, contradicts another, or there is none.
pub fn parse(text: &str) -> Result<Expectation, String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Expectation {
        options: options(&lines)?,
        output: None,
        stderr: None,
        failure: None,
        exit: None,
        diagnostics: Vec::new(),
        accepted: false,
        rendered: None,
        json: None,
        listing: None,
    };
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let heading = Heading::of(line);
        match heading {
            None => diagnostics(line, at, &mut found.diagnostics)?,
            Some(Heading::Accepted) => found.accepted = true,
            Some(Heading::Failure(first)) => once(&mut found.failure, first, line)?,
            Some(Heading::Exit(status)) => once(&mut found.exit, status, line)?,
            Some(
                Heading::Output | Heading::Stderr | Heading::Rendered | Heading::Json | Heading::Listing,
            ) => {
                let block = block(&lines, at);
                at = block.place.end;
                let slot = match heading {
                    Some(Heading::Output) => &mut found.output,
                    Some(Heading::Stderr) => &mut found.stderr,
                    Some(Heading::Rendered) => &mut found.rendered,
                    Some(Heading::Json) => &mut found.json,
                    _ => &mut found.listing,
                };
                once(slot, block, line)?;
            }
        }
    }
    let rendered_or_listed = found.rendered.is_some() || found.json.is_some() || found.listing.is_some();
    if !found.runs() && !found.checks() && !rendered_or_listed {
        return Err("the file expects nothing: no Output, Panic, Exit, ERROR, Accepted or Listing".into());
    }
    if found.runs() && found.diagnostics.iter().any(|expected| expected.severity == "error") {
        return Err("a program with errors does not run: ERROR and Output exclude each other".into());
    }
    if found.accepted && !found.diagnostics.is_empty() {
        return Err("Accepted means that nothing is reported: ERROR and Accepted exclude each other".into());
    }
    Ok(found)
}

/// Reads the marks of errors and warnings in a file that expects nothing else.
///
/// # Errors
/// When a mark is malformed.
pub fn diagnostics_of(text: &str) -> Result<Vec<Expected>, String> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        diagnostics(line, at + 1, &mut found)?;
    }
    Ok(found)
}

fn once<T>(slot: &mut Option<T>, value: T, line: &str) -> Result<(), String> {
    match slot.replace(value) {
        Some(_) => Err(format!("given twice: {line}")),
        None => Ok(()),
    }
}

enum Heading {
    Output,
    Stderr,
    Rendered,
    Json,
    Listing,
    Accepted,
    Failure(String),
    Exit(i32),
}

impl Heading {
    fn of(line: &str) -> Option<Heading> {
        let text = line.strip_prefix("// ")?.trim_end();
        match text {
            "Output:" => return Some(Heading::Output),
            "Stderr:" => return Some(Heading::Stderr),
            "Rendered:" => return Some(Heading::Rendered),
            "Json:" => return Some(Heading::Json),
            "Listing:" => return Some(Heading::Listing),
            "Accepted" => return Some(Heading::Accepted),
            _ => {}
        }
        if let Some(first) = text.strip_prefix("Panic: ") {
            return Some(Heading::Failure(format!("panic: {first}")));
        }
        if let Some(first) = text.strip_prefix("Fatal: ") {
            return Some(Heading::Failure(format!("fatal error: {first}")));
        }
        text.strip_prefix("Exit: ")?.trim().parse().ok().map(Heading::Exit)
    }
}

/// The comment lines from a line on, up to one that is no comment or is a heading.
fn block(lines: &[&str], start: usize) -> Block {
    let rest = lines[start..].iter();
    let texts: Vec<String> = rest
        .take_while(|line| line.starts_with("//") && Heading::of(line).is_none())
        .map(|line| {
            let text = &line[2..];
            text.strip_prefix(' ').unwrap_or(text).to_string()
        })
        .collect();
    let end = start + texts.len();
    Block { lines: texts, place: start..end }
}

/// Reads the `ERROR` and `WARN` comments of a line, whose number is from 1.
fn diagnostics(line: &str, number: usize, found: &mut Vec<Expected>) -> Result<(), String> {
    let mut rest = line;
    while let Some((severity, after)) = next_mark(rest) {
        let bad = |why: &str| Err(format!("line {number}: {why}"));
        let (offset, mut text) = match after.strip_prefix('(') {
            None => (0, after),
            Some(inner) => {
                match inner.split_once(')').map(|(offset, text)| (offset.parse::<isize>(), text)) {
                    Some((Ok(offset), text)) => (offset, text),
                    _ => return bad("a relative line looks like ERROR(-1)"),
                }
            }
        };
        let Some(at) = number.checked_add_signed(offset) else { return bad("there is no such line") };
        let mut any = false;
        loop {
            text = text.trim_start();
            let length = text.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            let (code, after) = text.split_at(length.unwrap_or(text.len()));
            if code.is_empty() {
                break;
            }
            let after = after.trim_start();
            let (words, after) = match quoted(after) {
                None => (String::new(), after),
                Some(Ok(found)) => found,
                Some(Err(why)) => return bad(&why),
            };
            found.push(Expected { severity, line: at, code: code.to_string(), text: words });
            (any, text) = (true, after);
        }
        if !any {
            return bad("the mark is followed by a code and a text in quotes");
        }
        rest = text;
        let closed = rest.is_empty() || rest.starts_with("*/") || rest.starts_with("//");
        if !closed {
            return bad(&format!("not understood: {rest}"));
        }
    }
    Ok(())
}

fn next_mark(line: &str) -> Option<(&'static str, &str)> {
    let marks =
        [("// ERROR", "error"), ("/* ERROR", "error"), ("// WARN", "warning"), ("/* WARN", "warning")];
    let found = marks.iter().filter_map(|(mark, severity)| {
        let at = line.find(mark)?;
        let after = &line[at + mark.len()..];
        after.starts_with([' ', '(']).then_some((at, *severity, after))
    });
    found.min_by_key(|(at, ..)| *at).map(|(_, severity, after)| (severity, after))
}

/// A text in quotes (with escapes) or backquotes, and what follows it.
fn quoted(text: &str) -> Option<Result<(String, &str), String>> {
    if let Some(raw) = text.strip_prefix('`') {
        return Some(match raw.split_once('`') {
            Some((inner, rest)) => Ok((inner.to_string(), rest)),
            None => Err("the backquote is not closed".into()),
        });
    }
    let inner = text.strip_prefix('"')?;
    let mut out = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some(Ok((out, &inner[at + 1..]))),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => out.push('\n'),
                Some('t') => out.push('\t'),
                Some('r') => out.push('\r'),
                Some(c @ ('"' | '\\')) => out.push(c),
                other => return Some(Err(format!("the escape \\{} is unknown", other.unwrap_or(' ')))),
            },
            c => out.push(c),
        }
    }
    Some(Err("the quote is not closed".into()))
}

/// Reads the options in the first line (the second after `#!`).
fn options(lines: &[&str]) -> Result<Options, String> {
    let mut options = Options {
        extension: false,
        gc: Gc::Once,
        seeds: 0,
        flags: Vec::new(),
        args: Vec::new(),
        stdin: String::new(),
        env: Vec::new(),
        func: Vec::new(),
        timeout: Duration::from_secs(TIMEOUT_SECONDS),
    };
    let at = usize::from(lines.first().is_some_and(|line| line.starts_with("#!")));
    if let Some(late) = lines.iter().skip(at + 1).find(|line| line.starts_with("//lang:")) {
        return Err(format!("options belong into the first line: {late}"));
    }
    let Some(mut rest) = lines.get(at).and_then(|line| line.strip_prefix("//lang:")).map(str::trim) else {
        return Ok(options);
    };
    while !rest.is_empty() {
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => (String::new(), after),
            Some(after) => match quoted(after) {
                Some(value) => value?,
                None => {
                    let (value, after) = after.split_at(after.find(' ').unwrap_or(after.len()));
                    (value.to_string(), after)
                }
            },
        };
        set_option(&mut options, name, value)?;
        rest = after.trim_start();
    }
    Ok(options)
}

fn set_option(options: &mut Options, name: &str, value: String) -> Result<(), String> {
    let words = || value.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let number = || value.parse::<u32>().map_err(|_| format!("{name}={value}: not a number"));
    match name {
        "extension" => options.extension = true,
        "gc" => {
            options.gc = match value.as_str() {
                "stress" => Gc::EverySeed,
                "off" => Gc::Off,
                _ => return Err(format!("gc={value}: it is stress or off")),
            }
        }
        "seeds" => options.seeds = number()?,
        "flags" => options.flags = words(),
        "args" => options.args = words(),
        "stdin" => options.stdin = value,
        "env" => {
            for word in words() {
                let (name, value) = word.split_once('=').ok_or_else(|| format!("env: {word} has no ="))?;
                options.env.push((name.to_string(), value.to_string()));
            }
        }
        "func" => options.func = value.split(',').map(str::to_string).collect(),
        "timeout" => options.timeout = Duration::from_secs(number()?.into()),
        _ => return Err(format!("there is no option {name}")),
    }
    Ok(())
}

/// The text of a file with other lines in a block.
#[must_use]
pub fn with_block(text: &str, block: &Block, lines: &[&str]) -> String {
    let old: Vec<&str> = text.lines().collect();
    let comment = |line: &&str| if line.is_empty() { "//".to_string() } else { format!("// {line}") };
    let before = old[..block.place.start].iter().map(ToString::to_string);
    let after = old[block.place.end..].iter().map(ToString::to_string);
    let all: Vec<String> = before.chain(lines.iter().map(comment)).chain(after).collect();
    all.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Vec<(usize, String, String)> {
        let found = parse(text).unwrap().diagnostics;
        found.into_iter().map(|e| (e.line, e.code, e.text)).collect()
    }

    fn expected(line: usize, code: &str, text: &str) -> (usize, String, String) {
        (line, code.into(), text.into())
    }

    #[test]
    fn errors_are_read_from_comments() {
        assert_eq!(only("\nx := 1 // ERROR unused \"a \\\"b\"\n"), [expected(2, "unused", "a \"b")]);
        assert_eq!(
            only("x // ERROR a-b c `d` e"),
            ["a-b", "c", "e"].map(|code| expected(1, code, if code == "c" { "d" } else { "" }))
        );
        assert_eq!(
            only("f(/* ERROR a \"x\" */ 1, /* ERROR b */ 2)"),
            [expected(1, "a", "x"), expected(1, "b", "")]
        );
        assert_eq!(only("\n\n// ERROR(-1) a"), [expected(2, "a", "")]);
    }

    #[test]
    fn blocks_end_at_headings_and_code() {
        let text = "package p\n// Output:\n// a\n//\n//  b\n// Panic: boom\n// Exit: 3\n\n// Stderr:\n// e\nx\n// f\n";
        let found = parse(text).unwrap();
        assert_eq!(found.output.unwrap().lines, ["a", "", " b"]);
        assert_eq!((found.failure.as_deref(), found.exit), (Some("panic: boom"), Some(3)));
        assert_eq!(found.stderr.unwrap().lines, ["e"]);
    }

    #[test]
    fn options_are_read_from_the_first_line() {
        let text = "//lang: extension gc=off seeds=20 args=\"a b\" stdin=\"1\\n\" timeout=5\n// Output:\n";
        let options = parse(text).unwrap().options;
        assert!(options.extension && options.gc == Gc::Off && options.seeds == 20);
        assert_eq!((options.args, options.stdin.as_str()), (vec!["a".to_string(), "b".to_string()], "1\n"));
        assert_eq!(options.timeout, Duration::from_secs(5));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        let refused = |text: &str, part: &str| {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        refused("package main\n", "expects nothing");
        refused("x // ERROR \"text\"", "followed by a code");
        refused("x // ERROR a \"text", "not closed");
        refused("x // ERROR a\n// Output:\n", "exclude each other");
        refused("// Output:\n\n// Output:\n", "given twice");
        refused("//lang: nonsense\n// Output:\n", "no option nonsense");
        refused("package p\n//lang: extension\n// Output:\n", "first line");
    }

    #[test]
    fn a_block_is_replaced() {
        let text = "a\n// Listing:\n// old\n// older\n\nb\n";
        let block = parse(text).unwrap().listing.unwrap();
        assert_eq!(with_block(text, &block, &["new", ""]), "a\n// Listing:\n// new\n//\n\nb\n");
    }
}
