//! The blocks of code in the documents: what they show is what happens.
//!
//! - A block marked `console` holds commands and what they print. Lines `$ golite …` are run at the top
//!   of the repository (single quotes keep words together); what follows, up to the next `$`, is the output (standard output, then standard
//!   error). A line `...` stands for any lines. Other commands are not run. `GOLITE_BLESS=1` rewrites
//!   outputs without such a line.
//! - A block marked `session` is one of `golite repl`: lines that begin with `golite> ` or `   ...> ` are typed,
//!   the others are what comes of them.
//! - A block marked `go` is a program with expectations, as in `lang-tests`.
//! - A block marked `go NAME`, where the name ends in `.go-lite` or `.go`, is a file of its document. The commands
//!   of blocks below it are run in a folder with the files above them, the last of each name; outputs show that
//!   folder as `/home/gopher`.
//! - Blocks marked otherwise (`go fragment`, `text`) are not run.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::case::Case;
use crate::judge::Judge;
use crate::process::Run;
use crate::{diff, workspace};

/// Limit of one command.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Stands for any lines of an output.
const ANY_LINES: &str = "...";

/// How outputs show the folder of a document's files.
const HOME: &str = "/home/gopher";

/// A block of code in a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodeBlock {
    /// The document.
    pub document: PathBuf,
    /// What stands behind the opening fence.
    pub mark: String,
    /// The lines between the fences, as indices of lines.
    pub place: Range<usize>,
    /// Those lines.
    pub lines: Vec<String>,
    /// Names and texts of the files that the document has shown above the block.
    pub files: Vec<(String, String)>,
}

/// All blocks of the documents of the repository that are marked `console` or `go`.
///
/// # Panics
/// When a document cannot be read or a block has no end.
#[must_use]
pub fn blocks() -> Vec<CodeBlock> {
    let root = workspace::root();
    let mut documents = workspace::files_below(&root.join("docs"), &[".md"]);
    documents.push(root.join("README.md"));
    let mut found = Vec::new();
    for document in documents {
        let text = std::fs::read_to_string(&document)
            .unwrap_or_else(|error| panic!("{}: {error}", document.display()));
        found.extend(blocks_of(&document, &text));
    }
    found.retain(|block| ["console", "session", "go"].contains(&block.mark.as_str()));
    found
}

/// The words of a command; what stands between single quotes is one.
fn words_of(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (i, part) in command.split('\'').enumerate() {
        if i % 2 == 1 {
            words.push(part.to_string());
        } else {
            words.extend(part.split_whitespace().map(str::to_string));
        }
    }
    words
}

/// The name in a mark `go NAME`, if that is one of a file.
fn file_name(mark: &str) -> Option<&str> {
    mark.strip_prefix("go ").filter(|name| name.ends_with(".go-lite") || name.ends_with(".go"))
}

fn blocks_of(document: &Path, text: &str) -> Vec<CodeBlock> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut files: Vec<(String, String)> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        if let Some(mark) = lines[at].strip_prefix("```") {
            let start = at + 1;
            let length = lines[start..].iter().position(|line| *line == "```");
            let end = start + length.unwrap_or_else(|| panic!("{}:{start}: no end", document.display()));
            let mark = mark.trim();
            if let Some(name) = file_name(mark) {
                files.retain(|(other, _)| other != name);
                files.push((name.to_string(), lines[start..end].join("\n") + "\n"));
            }
            found.push(CodeBlock {
                document: document.to_path_buf(),
                mark: mark.to_string(),
                place: start..end,
                lines: lines[start..end].iter().map(ToString::to_string).collect(),
                files: files.clone(),
            });
            at = end;
        }
        at += 1;
    }
    found
}

impl CodeBlock {
    /// The document and the line, as the name of a test.
    #[must_use]
    pub fn name(&self) -> String {
        let path = self.document.strip_prefix(workspace::root()).unwrap_or(&self.document);
        format!("{}:{}", path.display(), self.place.start)
    }

    /// Runs what the block shows and compares.
    ///
    /// # Errors
    /// What differs.
    pub fn judge(&self, judge: &Judge<'_>) -> Result<(), String> {
        match self.mark.as_str() {
            "go" => self.judge_program(judge),
            "session" => self.judge_session(judge),
            _ => self.judge_console(judge),
        }
    }

    /// A folder for the files of this block alone.
    fn folder(&self) -> PathBuf {
        let name = self.name().replace(['/', ':', '.'], "-");
        std::env::temp_dir().join(format!("golite-book-{}-{name}", std::process::id()))
    }

    fn judge_program(&self, judge: &Judge<'_>) -> Result<(), String> {
        let folder = self.folder();
        let file = folder.join("program.go-lite");
        let text = self.lines.join("\n") + "\n";
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        let case = Case { name: self.name(), path: file.clone(), main: file.clone(), files: vec![file] };
        // The block cannot be rewritten through the copy.
        let result = Judge { golite: judge.golite, bless: false }.judge(&case);
        // What is left in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&folder);
        result
    }

    /// All outputs of a session together: what comes of which line is not told apart.
    fn judge_session(&self, judge: &Judge<'_>) -> Result<(), String> {
        let typed = |line: &str| {
            let input = line.strip_prefix("golite> ").or_else(|| line.strip_prefix("   ...> "));
            input.map(|input| format!("{input}\n"))
        };
        let input: String = self.lines.iter().filter_map(|line| typed(line)).collect();
        let expected: Vec<&str> =
            self.lines.iter().map(String::as_str).filter(|line| typed(line).is_none()).collect();
        let outcome = Run {
            program: Path::new("/bin/sh"),
            args: ["-c", "exec \"$0\" repl 2>&1", &judge.golite.to_string_lossy()]
                .map(str::to_string)
                .to_vec(),
            folder: &workspace::root(),
            stdin: &input,
            env: Vec::new(),
            timeout: TIMEOUT,
        }
        .run();
        let actual: Vec<&str> = outcome.stdout.trim_end().lines().map(str::trim_end).collect();
        if matches(&expected, &actual) { Ok(()) } else { Err(diff::lines(&expected, &actual)) }
    }

    fn judge_console(&self, judge: &Judge<'_>) -> Result<(), String> {
        if self.files.is_empty() {
            return self.judge_commands(judge, &workspace::root());
        }
        let folder = self.folder();
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        for (name, text) in &self.files {
            std::fs::write(folder.join(name), text).map_err(|error| format!("{name}: {error}"))?;
        }
        let result = self.judge_commands(judge, &folder);
        // What is left in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&folder);
        result
    }

    fn judge_commands(&self, judge: &Judge<'_>, folder: &Path) -> Result<(), String> {
        let mut blessed: Vec<String> = Vec::new();
        let mut changed = false;
        let mut at = 0;
        while at < self.lines.len() {
            let command = &self.lines[at];
            let length = self.lines[at + 1..].iter().take_while(|line| !line.starts_with("$ ")).count();
            let expected: Vec<&str> = self.lines[at + 1..=at + length].iter().map(String::as_str).collect();
            blessed.push(command.clone());
            at += length + 1;
            let words = command.strip_prefix("$ golite").map(words_of);
            let Some(words) = words else {
                blessed.extend(expected.iter().map(ToString::to_string));
                continue;
            };
            let mut output = run(judge.golite, words, folder);
            if !self.files.is_empty() {
                output = output.replace(&*folder.to_string_lossy(), HOME);
            }
            let actual: Vec<&str> = output.trim_end().lines().map(str::trim_end).collect();
            let open = expected.contains(&ANY_LINES);
            if matches(&expected, &actual) || (judge.bless && !open) {
                let lines = if open { &expected } else { &actual };
                changed |= !open && expected != actual;
                blessed.extend(lines.iter().map(ToString::to_string));
            } else {
                let differs = diff::lines(&expected, &actual);
                return Err(format!("{command}\n{differs}\n(GOLITE_BLESS=1 takes it as it is)"));
            }
        }
        if changed { self.rewrite(&blessed) } else { Ok(()) }
    }

    /// Puts other lines into the block; the document may have changed since it was read.
    fn rewrite(&self, lines: &[String]) -> Result<(), String> {
        let read = std::fs::read_to_string(&self.document);
        let text = read.map_err(|error| format!("{}: {error}", self.document.display()))?;
        let fenced = |lines: &[String]| format!("```{}\n{}\n```", self.mark, lines.join("\n"));
        let text = text.replacen(&fenced(&self.lines), &fenced(lines), 1);
        std::fs::write(&self.document, text).map_err(|error| format!("{}: {error}", self.document.display()))
    }
}

fn run(golite: &Path, args: Vec<String>, folder: &Path) -> String {
    let run = Run { program: golite, args, folder, stdin: "", env: Vec::new(), timeout: TIMEOUT };
    let outcome = run.run();
    outcome.stdout + &outcome.stderr
}

/// Whether lines are those expected, where `...` stands for any.
fn matches(expected: &[&str], actual: &[&str]) -> bool {
    match expected {
        [] => actual.is_empty(),
        [first, rest @ ..] if *first == ANY_LINES => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        [first, rest @ ..] => actual.first() == Some(first) && matches(rest, &actual[1..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_by_their_fences() {
        let text = "a\n```go\nx\n```\n```console\n$ golite version\n1\n```\n";
        let found = blocks_of(Path::new("d.md"), text);
        let shown: Vec<_> = found.iter().map(|block| (block.mark.as_str(), block.place.clone())).collect();
        assert_eq!(shown, [("go", 2..3), ("console", 5..7)]);
    }

    #[test]
    fn commands_see_the_files_above_them() {
        let text = "```go a.go-lite\nx\n```\n```console\n$ golite a.go-lite\n```\n```go a.go-lite\ny\n```\n```go fragment\nz\n```\n```console\n```\n";
        let found = blocks_of(Path::new("d.md"), text);
        let files = |block: usize| found[block].files.clone();
        assert_eq!(files(1), [("a.go-lite".to_string(), "x\n".to_string())]);
        assert_eq!(files(4), [("a.go-lite".to_string(), "y\n".to_string())]);
    }

    #[test]
    fn three_dots_stand_for_any_lines() {
        assert!(matches(&["a", "...", "d"], &["a", "b", "c", "d"]));
        assert!(matches(&["a", "..."], &["a"]));
        assert!(!matches(&["a", "...", "d"], &["a", "b"]));
        assert!(!matches(&["a"], &["a", "b"]));
    }
}
