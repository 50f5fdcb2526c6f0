//! One large program, for measuring the front end: copies of given programs, their package-level names
//! made different by a number at the end.
//!
//! It works on tokens. A package-level name is renamed wherever it stands, except behind the name of an
//! imported package; so fields, methods and local variables of that name are renamed with it, which
//! changes nothing as long as all of them are. Programs for which that is not enough (a method that a
//! standard package asks for has the name of a function; dot imports; `init`) are left out: each
//! renamed program is checked on its own before copies of it are used.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;
use std::path::{Path, PathBuf};

use golite_syntax::lexer::Lexer;
use golite_syntax::token::Token;
use golite_testkit::process::{End, Run};
use golite_testkit::workspace;

use crate::real_go::{Built, Go};
use crate::{Outcome, golite};

const USAGE: &str = "usage: cargo xtask bigprogram --lines N OUT IN... (files or folders)";

/// Bytes that a line has at least, on average: what a line means must not depend on the inputs.
const MIN_BYTES_PER_LINE: usize = 25;

/// Makes the program and says what it is like.
pub(crate) fn run(args: &[&str]) -> Outcome {
    let ["--lines", number, out, inputs @ ..] = args else { return Err(USAGE.into()) };
    let lines: usize = number.parse().map_err(|_| USAGE.to_string())?;
    let parts = usable_parts(inputs)?;
    let text = assemble(&parts, lines);
    std::fs::write(out, &text).map_err(|error| format!("{out}: {error}"))?;
    let count = text.lines().count();
    println!("{out}: {count} lines, {} bytes, from {} programs", text.len(), parts.len());
    if text.len() / count < MIN_BYTES_PER_LINE {
        return Err(format!("{} bytes a line are too few", text.len() / count));
    }
    check(Path::new(out), &text)
}

/// A program in pieces.
#[derive(Debug)]
struct Part {
    /// Import paths by the name under which they are used.
    imports: BTreeMap<String, String>,
    /// The text behind the imports, cut at the names that get a number.
    pieces: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Text(String),
    Name(String),
}

impl Part {
    /// The declarations, with names numbered.
    fn numbered(&self, number: usize) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out += text,
                Piece::Name(name) => {
                    let _ = write!(out, "{name}_{number}");
                }
            }
        }
        out
    }
}

/// The parts of all inputs that can be used together.
fn usable_parts(inputs: &[&str]) -> Result<Vec<Part>, String> {
    let golite = golite::build()?;
    let mut files: Vec<PathBuf> = Vec::new();
    for input in inputs {
        let path = Path::new(input);
        if path.is_dir() {
            files.extend(workspace::files_below(path, &[".go", ".go-lite"]));
        } else {
            files.push(path.to_path_buf());
        }
    }
    let scratch = std::env::temp_dir().join(format!("golite-bigprogram-{}.go", std::process::id()));
    let mut parts: Vec<Part> = Vec::new();
    let mut imports: BTreeMap<String, String> = BTreeMap::new();
    for file in &files {
        let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let Some(part) = cut(&text) else { continue };
        let fits = part.imports.iter().all(|(name, path)| imports.get(name).is_none_or(|old| old == path));
        let alone = assemble(std::slice::from_ref(&part), 1);
        std::fs::write(&scratch, &alone).map_err(|error| format!("{}: {error}", scratch.display()))?;
        let dense = alone.len() / alone.lines().count() >= MIN_BYTES_PER_LINE * 4 / 5;
        if fits && dense && passes(&golite, &scratch) {
            imports.extend(part.imports.clone());
            parts.push(part);
        }
    }
    // What is left in the folder of temporary files does no harm.
    let _ = std::fs::remove_file(&scratch);
    if parts.is_empty() { Err("none of the inputs can be used".into()) } else { Ok(parts) }
}

fn passes(golite: &Path, file: &Path) -> bool {
    let args = vec!["check".to_string(), file.to_string_lossy().into_owned()];
    let folder = workspace::root();
    let timeout = std::time::Duration::from_secs(60);
    let run = Run { program: golite, args, folder: &folder, stdin: "", env: Vec::new(), timeout };
    run.run().end == End::Exit(0)
}

/// Copies of the parts in turn, until there are enough lines.
fn assemble(parts: &[Part], lines: usize) -> String {
    let mut body = String::new();
    let mut count = 0;
    let mut number = 0;
    while count < lines {
        let copy = parts[number % parts.len()].numbered(number);
        count += copy.lines().count();
        body += &copy;
        number += 1;
    }
    let used = &parts[..parts.len().min(number)];
    let imports: BTreeSet<(&String, &String)> = used.iter().flat_map(|part| &part.imports).collect();
    let mut out = String::from("package main\n\n");
    for (name, path) in imports {
        let last = path.trim_matches('"').rsplit('/').next().unwrap_or_default();
        let alias = if last == name { String::new() } else { format!("{name} ") };
        let _ = writeln!(out, "import {alias}{path}");
    }
    out + &body + "\nfunc main() {}\n"
}

/// Takes a program apart; `None` if it is not one that can be copied.
fn cut(text: &str) -> Option<Part> {
    let tokens: Vec<(Range<usize>, Token)> =
        Lexer::new(text).map(|(start, token, end)| (start as usize..end as usize, token)).collect();
    let (imports, body) = imports(text, &tokens)?;
    let tokens = &tokens[body..];
    let names = package_names(text, tokens)?;
    let mut pieces = Vec::new();
    let mut at = tokens.first()?.0.start;
    for (index, (span, token)) in tokens.iter().enumerate() {
        let word = &text[span.clone()];
        let behind = |back: usize| index.checked_sub(back).map(|index| &tokens[index]);
        let qualified = behind(1).is_some_and(|(_, token)| *token == Token::Dot)
            && behind(2).is_some_and(|(span, _)| imports.contains_key(&text[span.clone()]));
        if *token == Token::Ident && names.contains(word) && !qualified {
            pieces.push(Piece::Text(without_blank_lines(&text[at..span.start])));
            pieces.push(Piece::Name(word.to_string()));
            at = span.end;
        }
    }
    // The rest ends with the comments that say what is expected: they are of no use here.
    let end = tokens.last()?.0.end.max(at);
    pieces.push(Piece::Text(without_blank_lines(text[at..end].trim_end()) + "\n"));
    Some(Part { imports, pieces })
}

/// The imports by name, and the index of the first token behind them.
fn imports(text: &str, tokens: &[(Range<usize>, Token)]) -> Option<(BTreeMap<String, String>, usize)> {
    let word = |at: usize| tokens.get(at).map(|(span, _)| &text[span.clone()]);
    let mut found = BTreeMap::new();
    if (word(0), word(1)) != (Some("package"), Some("main")) {
        return None;
    }
    let mut at = 3;
    while word(at) == Some("import") {
        at += 1;
        let group = word(at) == Some("(");
        at += usize::from(group);
        while word(at)? != ")" {
            let alias = (tokens[at].1 != Token::String).then(|| word(at)).flatten();
            at += usize::from(alias.is_some());
            let path = word(at)?;
            let last = path.trim_matches('"').rsplit('/').next()?;
            // The last element of a path of a second version is not the package's name.
            let name = alias.unwrap_or(last);
            let usable = !matches!(name, "." | "_" | "v2") && path.starts_with('"');
            usable.then(|| found.insert(name.to_string(), path.to_string()))?;
            at += 2;
            if !group {
                break;
            }
        }
        if group {
            at += 2;
        }
    }
    Some((found, at))
}

/// The names declared at package level.
fn package_names<'t>(text: &'t str, tokens: &[(Range<usize>, Token)]) -> Option<BTreeSet<&'t str>> {
    let word = |at: usize| tokens.get(at).map_or("", |(span, _)| &text[span.clone()]);
    let mut names = BTreeSet::new();
    let (mut depth, mut at) = (0_usize, 0);
    let mut starts = true;
    while at < tokens.len() {
        let current = word(at);
        if depth == 0 && starts {
            match current {
                "func" if word(at + 1) != "(" => {
                    names.insert(word(at + 1));
                }
                "type" | "var" | "const" if word(at + 1) == "(" => {
                    let mut inner = 0_usize;
                    let mut spec = true;
                    let mut within = at + 2;
                    while within < tokens.len() && !(inner == 0 && word(within) == ")") {
                        if inner == 0 && spec {
                            names.extend(declared(text, &tokens[within..]));
                        }
                        inner = nested(inner, word(within));
                        spec = inner == 0 && ends_line(tokens[within].1);
                        within += 1;
                    }
                    at = within;
                }
                "type" | "var" | "const" => names.extend(declared(text, &tokens[at + 1..])),
                _ => {}
            }
        }
        depth = nested(depth, word(at));
        starts = depth == 0 && ends_line(tokens[at].1);
        at += 1;
    }
    names.remove("_");
    (!names.contains("init")).then_some(names)
}

/// The names that a declaration begins with: `a, b int = 1, 2`.
fn declared<'t>(text: &'t str, tokens: &[(Range<usize>, Token)]) -> Vec<&'t str> {
    let mut names = Vec::new();
    for pair in tokens.chunks(2) {
        names.push(&text[pair[0].0.clone()]);
        if pair.get(1).is_none_or(|(_, token)| *token != Token::Comma) {
            break;
        }
    }
    names
}

fn nested(depth: usize, word: &str) -> usize {
    match word {
        "(" | "[" | "{" => depth + 1,
        ")" | "]" | "}" => depth.saturating_sub(1),
        _ => depth,
    }
}

fn ends_line(token: Token) -> bool {
    matches!(token, Token::Semi | Token::Newline | Token::EofSemi)
}

/// A text between names, without its empty lines. Raw strings are not cut: their blank lines go too,
/// which does not matter here.
fn without_blank_lines(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut newline = false;
    for line in text.split_inclusive('\n') {
        if !(newline && line.trim().is_empty() && line.ends_with('\n')) {
            out += line;
        }
        newline = true;
    }
    out
}

/// Checks the whole with real Go, if it is there.
fn check(path: &Path, text: &str) -> Outcome {
    let go = match Go::find() {
        Ok(go) => go,
        Err(why) => {
            println!("not compiled with real Go: {why}");
            return Ok(());
        }
    };
    let folder = std::env::temp_dir().join(format!("golite-bigprogram-{}", std::process::id()));
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("main.go"), text))
        .and_then(|()| std::fs::write(folder.join("go.mod"), "module program\n\ngo 1.27\n"));
    written.map_err(|error| format!("{}: {error}", folder.display()))?;
    let built = go.build(&folder);
    // What is left in the folder of temporary files does no harm.
    let _ = std::fs::remove_dir_all(&folder);
    match built? {
        Built::Program(_) => {
            println!("{} compiles with {}", path.display(), go.version);
            Ok(())
        }
        Built::Errors(errors) => Err(format!("real Go refuses {}:\n{:.2000}", path.display(), errors)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_package_get_a_number() {
        let text = "package main\n\nimport \"fmt\"\n\ntype T struct{ a int }\n\nvar (\n\tx, y = 1, f(2)\n\n\tz int\n)\n\nfunc f(n int) int { return n }\n\nfunc (t T) m() {}\n\nfunc main() { fmt.Println(x, y, T{a: 1}, z) }\n\n// Output:\n// 1\n";
        let part = cut(text).unwrap();
        assert_eq!(part.imports.iter().next(), Some((&"fmt".to_string(), &"\"fmt\"".to_string())));
        assert_eq!(
            part.numbered(7),
            "type T_7 struct{ a int }\nvar (\n\tx_7, y_7 = 1, f_7(2)\n\tz_7 int\n)\nfunc f_7(n int) int { return n }\nfunc (t T_7) m() {}\nfunc main_7() { fmt.Println(x_7, y_7, T_7{a: 1}, z_7) }\n"
        );
    }

    #[test]
    fn programs_that_cannot_be_copied_are_left_out() {
        assert!(cut("package main\n\nfunc init() {}\n").is_none());
        assert!(cut("package main\n\nimport . \"fmt\"\n\nfunc main() {}\n").is_none());
        assert!(cut("package other\n").is_none());
    }
}
