//! `go.mod`: where a module is, its path and its language version.
//!
//! Directives about other modules are read as far as needed to say that they are malformed; nothing is
//! ever downloaded. Texts are those of the `go` command. Source: Go Modules Reference, "go.mod files".

use std::path::{Path, PathBuf};

use super::{GO_MINOR, LoadError};

/// The language version of a module without a `go` line.
const MINOR_WITHOUT_LINE: u32 = 16;

/// A module: where it is and what its `go.mod` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoModule {
    /// The folder of `go.mod`.
    pub root: PathBuf,
    /// The module path.
    pub path: String,
    /// The `N` of the language version `1.N`.
    pub minor: u32,
}

impl GoModule {
    /// Finds the module that a folder belongs to, if there is one.
    ///
    /// # Errors
    /// When its `go.mod` cannot be read, is malformed, or asks for a newer Go.
    pub fn of_folder(folder: &Path) -> Result<Option<GoModule>, LoadError> {
        let Ok(folder) = folder.canonicalize() else { return Ok(None) };
        let Some(root) = folder.ancestors().find(|root| root.join("go.mod").is_file()) else {
            return Ok(None);
        };
        let file = root.join("go.mod");
        let bytes = std::fs::read(&file)
            .map_err(|error| LoadError(format!("reading {}: {}", file.display(), super::io_text(&error))))?;
        let shown = super::relative(&file).display().to_string();
        GoModule::of_text(&String::from_utf8_lossy(&bytes), root, &shown).map(Some)
    }

    /// Reads a `go.mod`; `file` is what messages call it.
    ///
    /// # Errors
    /// When it is malformed, or asks for a newer Go.
    pub fn of_text(text: &str, root: &Path, file: &str) -> Result<GoModule, LoadError> {
        let (path, minor) = parse(text, file)?;
        Ok(GoModule { root: root.to_path_buf(), path, minor })
    }

    /// The folder of a package of this module, if the import path belongs to it.
    #[must_use]
    pub fn folder_of(&self, import_path: &str) -> Option<PathBuf> {
        if import_path == self.path {
            return Some(self.root.clone());
        }
        let rest = import_path.strip_prefix(&self.path)?.strip_prefix('/')?;
        let plain = rest.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        plain.then(|| self.root.join(rest))
    }
}

/// What is wrong with a directive.
enum Wrong {
    /// It is malformed.
    Malformed(String),
    /// It asks for this version of the language, which is newer than go-lite's.
    Newer(String),
}

/// What a file says.
#[derive(Debug, Default)]
struct Facts {
    path: Option<String>,
    minor: Option<u32>,
    toolchain: bool,
}

/// The module path and the minor version; `file` is what messages call the file.
fn parse(text: &str, file: &str) -> Result<(String, u32), LoadError> {
    let wrong = |line: usize, text: &str| {
        let place = if line == 0 { String::new() } else { format!("{file}:{line}: ") };
        LoadError(format!("errors parsing {file}:\n{place}{text}"))
    };
    let mut facts = Facts::default();
    // The directive of the block that is open, and the line where it began.
    let mut block: Option<(String, usize)> = None;
    let mut count = 0;
    for (i, line) in text.lines().enumerate() {
        let number = i + 1;
        count = number;
        let words = words(line).map_err(|(column, message)| match column {
            Some(column) => LoadError(format!("errors parsing {file}:\n{file}:{number}:{column}: {message}")),
            None => wrong(number, &message),
        })?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let result = match (&block, words.as_slice()) {
            (_, []) => Ok(()),
            (Some(_), [")"]) => {
                block = None;
                Ok(())
            }
            (Some((verb, _)), args) => directive(verb, args, &mut facts),
            (None, [verb, "("]) if DIRECTIVES.contains(verb) => {
                block = Some(((*verb).to_string(), number));
                Ok(())
            }
            (None, [verb, args @ ..]) => directive(verb, args, &mut facts),
        };
        result.map_err(|error| match error {
            Wrong::Malformed(message) => wrong(number, &message),
            Wrong::Newer(version) => {
                LoadError(format!("{file} requires go >= {version} (go-lite runs Go 1.{GO_MINOR})"))
            }
        })?;
    }
    if let Some((_, start)) = block {
        let message = format!("syntax error (unterminated block started at {file}:{start}:1)");
        return Err(wrong(count + 1, &message));
    }
    let missing = || LoadError(format!("error reading {file}: missing module declaration"));
    let path = facts.path.ok_or_else(missing)?;
    if let Some(problem) = path_problem(&path) {
        return Err(LoadError(format!("malformed module path {path:?}: {problem}")));
    }
    Ok((path, facts.minor.unwrap_or(MINOR_WITHOUT_LINE)))
}

/// The words of a line, without its comment; otherwise the column, if Go tells it, and what is wrong.
fn words(line: &str) -> Result<Vec<String>, (Option<usize>, String)> {
    let mut words = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r']);
        let Some(first) = rest.chars().next() else { return Ok(words) };
        let column = line.len() - rest.len() + 1;
        if rest.starts_with("//") {
            return Ok(words);
        }
        match first {
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => {
                words.push(first.to_string());
                rest = &rest[1..];
            }
            '"' | '`' => {
                let Some(len) = rest[1..].find(first) else {
                    return Err((Some(line.len() + 1), "unexpected newline in string".into()));
                };
                words.push(rest[1..=len].to_string());
                rest = &rest[len + 2..];
            }
            c if c < ' ' => return Err((None, format!("unexpected input character '\\x{:02x}'", c as u32))),
            _ => {
                let is_end = |(at, c): (usize, char)| {
                    c <= ' ' || "()[]{},".contains(c) || rest[at..].starts_with("//")
                };
                let len = rest.char_indices().find(|end| is_end(*end)).map_or(rest.len(), |(at, _)| at);
                let word = &rest[..len];
                if let Some(at) = word.find("/*") {
                    let message = "mod files must use // comments (not /* */ comments)";
                    return Err((Some(column + at), message.into()));
                }
                if word.contains(['"', '\'', '`']) {
                    let message = "invalid quoted string: unquoted string cannot contain quote";
                    return Err((None, message.into()));
                }
                words.push(word.to_string());
                rest = &rest[len..];
            }
        }
    }
}

const DIRECTIVES: &[&str] =
    &["module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"];

/// Reads one directive.
fn directive(verb: &str, args: &[&str], facts: &mut Facts) -> Result<(), Wrong> {
    let malformed = |text: &str| Err(Wrong::Malformed(text.into()));
    let usage = |usage: &str| Err(Wrong::Malformed(format!("usage: {verb} {usage}")));
    match (verb, args) {
        ("module", _) if facts.path.is_some() => malformed("repeated module statement"),
        ("module", [path]) => {
            facts.path = Some((*path).to_string());
            Ok(())
        }
        ("module", _) => usage("module/path"),
        ("go", _) if facts.minor.is_some() => malformed("repeated go statement"),
        ("go", [version]) => {
            let Some((major, minor)) = go_version(version) else {
                return malformed(&format!("invalid go version '{version}': must match format 1.23.0"));
            };
            if (major, minor) > (1, GO_MINOR) {
                return Err(Wrong::Newer((*version).to_string()));
            }
            facts.minor = Some(minor);
            Ok(())
        }
        ("go", _) => malformed("go directive expects exactly one argument"),
        ("toolchain", _) if facts.toolchain => malformed("repeated toolchain statement"),
        ("toolchain", [name]) => {
            facts.toolchain = true;
            let fits = *name == "default" || *name == "go1" || name.starts_with("go1.");
            if fits {
                Ok(())
            } else {
                malformed(&format!(
                    "invalid toolchain version '{name}': must match format go1.23.0 or default"
                ))
            }
        }
        ("toolchain", _) => malformed("toolchain directive expects exactly one argument"),
        ("require" | "exclude", [_, _]) => Ok(()),
        ("require" | "exclude", _) => usage("module/path v1.2.3"),
        ("replace", [_, "=>", _] | [_, _, "=>", _] | [_, "=>", _, _] | [_, _, "=>", _, _]) => Ok(()),
        ("replace", _) => usage(
            "module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory",
        ),
        ("godebug", [setting]) if setting.contains('=') => Ok(()),
        ("godebug", _) => usage("key=value"),
        ("tool" | "ignore" | "retract", [_, ..]) => Ok(()),
        ("tool", []) => usage("module/path"),
        ("ignore", []) => usage("path"),
        ("retract", []) => malformed("expected '[' or version"),
        _ => malformed(&format!("unknown directive: {verb}")),
    }
}

/// The two numbers of a language version: `1.21`, `1.21.3`, `1.21rc1`.
fn go_version(text: &str) -> Option<(u32, u32)> {
    let number = |text: &str| {
        let plain = !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text == "0" || !text.starts_with('0'));
        plain.then(|| text.parse().ok()).flatten()
    };
    let (major, rest) = text.split_once('.')?;
    let major = number(major).filter(|major| *major > 0)?;
    // A release candidate: letters and a number at the end.
    let letter = rest.find(|c: char| c.is_ascii_lowercase()).unwrap_or(rest.len());
    let (numbers, candidate) = rest.split_at(letter);
    let digits = candidate.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let whole = candidate.is_empty() || !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let (minor, patch) = numbers.split_once('.').map_or((numbers, "0"), |parts| parts);
    number(patch)?;
    whole.then_some((major, number(minor)?))
}

/// Names of devices that no element of a path may have before its first dot.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
    "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// What is wrong with a module path. Source: Go Modules Reference, "Module paths".
fn path_problem(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("empty string".into());
    }
    if path.starts_with('-') {
        return Some("leading dash".into());
    }
    if path.contains("//") {
        return Some("double slash".into());
    }
    if path.ends_with('/') {
        return Some("trailing slash".into());
    }
    path.split('/').find_map(element_problem)
}

fn element_problem(element: &str) -> Option<String> {
    if element.is_empty() {
        return Some("empty path element".into());
    }
    if element.bytes().all(|byte| byte == b'.') {
        return Some(format!("invalid path element {element:?}"));
    }
    if element.ends_with('.') {
        return Some("trailing dot in path element".into());
    }
    if let Some(c) = element.chars().find(|c| !(c.is_ascii_alphanumeric() || "-._~+".contains(*c))) {
        return Some(format!("invalid char {c:?}"));
    }
    let short = element.split('.').next().unwrap_or(element);
    if DEVICES.contains(&short.to_ascii_lowercase().as_str()) {
        return Some(format!("{short:?} disallowed as path element component on Windows"));
    }
    let digits = short.rsplit_once('~').map(|(_, digits)| digits);
    let tilde = digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    tilde.then(|| "trailing tilde and digits in path element".into())
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[track_caller]
    fn check(text: &str, expected: Result<(&str, u32), &str>) {
        let parsed = parse(text, "go.mod");
        let parsed = parsed.as_ref().map(|(path, minor)| (path.as_str(), *minor)).map_err(|e| e.0.as_str());
        assert_eq!(parsed, expected, "{text}");
    }

    /// The message about the first line after the module's.
    #[track_caller]
    fn wrong(line: &str, message: &str) {
        let message = format!("errors parsing go.mod:\ngo.mod:2: {message}");
        check(&format!("module a\n{line}\n"), Err(&message));
    }

    #[test]
    fn module_and_version_are_read() {
        check(
            "// a comment\nmodule \"example.com/a\" // b\n\ngo 1.21.3\nrequire x v1\n",
            Ok(("example.com/a", 21)),
        );
        check("module a//b\ngo 1.21rc1\ntoolchain go1.22.0\n", Ok(("a", 21)));
        check("module (\n\ta\n)\nrequire (\n\tx v1 // indirect\n)\n", Ok(("a", 16)));
        check("module a\ngo 1.27.9\nreplace x v1 => ./x\nretract [v1, v2]\ntool x\n", Ok(("a", 27)));
    }

    #[test]
    fn a_broken_file_is_an_error() {
        wrong("go abc", "invalid go version 'abc': must match format 1.23.0");
        wrong("go 1.05", "invalid go version '1.05': must match format 1.23.0");
        wrong("go 1.21 1.22", "go directive expects exactly one argument");
        wrong("foo bar", "unknown directive: foo");
        wrong(")", "unknown directive: )");
        wrong("module b", "repeated module statement");
        wrong("require x", "usage: require module/path v1.2.3");
        wrong("toolchain x", "invalid toolchain version 'x': must match format go1.23.0 or default");
        wrong("\u{1}", "unexpected input character '\\x01'");
        check(
            "module a\nrequire (\n\tx v1\n",
            Err("errors parsing go.mod:\ngo.mod:4: syntax error (unterminated block started at go.mod:2:1)"),
        );
        check("module \"a\n", Err("errors parsing go.mod:\ngo.mod:1:10: unexpected newline in string"));
        check("module a b\n", Err("errors parsing go.mod:\ngo.mod:1: usage: module module/path"));
        check("go 1.21\n", Err("error reading go.mod: missing module declaration"));
        check("module a\ngo 1.28\n", Err("go.mod requires go >= 1.28 (go-lite runs Go 1.27)"));
        check("module a\ngo 2.0\n", Err("go.mod requires go >= 2.0 (go-lite runs Go 1.27)"));
    }

    #[test]
    fn module_paths_are_checked() {
        for (path, problem) in [
            ("\"\"", "\"\": empty string"),
            ("/a", "\"/a\": empty path element"),
            ("a/", "\"a/\": trailing slash"),
            ("../a", "\"../a\": invalid path element \"..\""),
            ("a.", "\"a.\": trailing dot in path element"),
            ("-a", "\"-a\": leading dash"),
            ("a!b", "\"a!b\": invalid char '!'"),
            ("con", "\"con\": \"con\" disallowed as path element component on Windows"),
            ("a~1", "\"a~1\": trailing tilde and digits in path element"),
        ] {
            check(&format!("module {path}\n"), Err(&format!("malformed module path {problem}")));
        }
    }
}
