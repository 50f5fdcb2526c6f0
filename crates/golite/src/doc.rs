//! What a package, function, type or method of the standard library is: its declaration and comment.
//!
//! The sources are formatted as gofmt does it: a declaration outside of a block begins in column 0, its
//! comment stands right above it, and a group has its names behind one tab.

use golite_diag::similar::nearest;
use golite_stdlib::{find, find_by_name};

/// What is declared without import, as a file of Go.
const BUILTIN: &[(&str, &str)] = &[("builtin.go-lite", include_str!("builtin.go-lite"))];

/// Inputs of a session for names, and what comes of them: `= name`, then `> input` and output.
const EXAMPLES: &str = include_str!("doc_examples.txt");

/// A declaration of a package.
struct Item<'t> {
    /// `Name`, or `Type.Name` for a method.
    name: String,
    /// The comment's lines without slashes.
    comment: Vec<&'t str>,
    /// The declaration without body.
    text: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Func,
    Method,
    Type,
    Value,
}

/// The documentation of a name such as `strings`, `strings.Fields`, `strings.Builder.Len` or
/// `math/rand.Intn`.
///
/// # Errors
/// That there is no such name.
pub fn find_text(name: &str) -> Result<String, String> {
    let name = name.trim();
    let (path, member) = match name
        .rfind('/')
        .map_or(name.find('.'), |slash| name[slash..].find('.').map(|dot| slash + dot))
    {
        Some(dot) => (&name[..dot], Some(&name[dot + 1..])),
        None => (name, None),
    };
    let package =
        find(path).or_else(|| find_by_name(path)).filter(|package| !package.path.starts_with("internal/"));
    let (path, files) = match package {
        Some(package) => (package.path, package.files),
        None if path == "builtin" => (path, BUILTIN),
        // What needs no import has no package before its name.
        None if member.is_none() => {
            return member_text("builtin", path, &all_items(BUILTIN)).map_err(|_| missing_package(path));
        }
        None => return Err(missing_package(path)),
    };
    match member {
        None => Ok(package_text(path, files, &all_items(files))),
        Some(member) => member_text(path, member, &all_items(files)),
    }
}

fn all_items(files: &[(&'static str, &'static str)]) -> Vec<Item<'static>> {
    files.iter().flat_map(|(_, text)| items(text)).collect()
}

fn missing_package(name: &str) -> String {
    let paths: Vec<&str> = crate::session::package_paths().collect();
    let names = paths.iter().filter_map(|path| path.rsplit('/').next());
    match nearest(name, paths.iter().copied().chain(names)) {
        Some(near) => format!("there is no package {name}; did you mean {near}?"),
        None => format!("there is no package {name}"),
    }
}

/// The example of a name: lines of a session.
fn example(path: &str, member: &str) -> impl Iterator<Item = String> {
    let name = if path == "builtin" { member.to_string() } else { format!("{path}.{member}") };
    let mut lines = EXAMPLES.lines();
    lines.find(|line| line.strip_prefix("= ").is_some_and(|other| other == name));
    lines.take_while(|line| !line.starts_with("= ")).map(|line| match line.strip_prefix("> ") {
        Some(input) => format!("golite> {input}"),
        None => line.to_string(),
    })
}

/// The names that have examples.
pub fn with_examples() -> impl Iterator<Item = &'static str> {
    EXAMPLES.lines().filter_map(|line| line.strip_prefix("= "))
}

fn package_text(path: &str, files: &[(&str, &str)], items: &[Item<'_>]) -> String {
    let mut out = format!("package {} // import {path:?}\n\n", path.rsplit('/').next().unwrap_or(path));
    for (_, text) in files {
        let mut comment: Vec<&str> = Vec::new();
        for line in text.lines() {
            match line.strip_prefix("//") {
                Some(rest) => comment.push(rest.strip_prefix(' ').unwrap_or(rest)),
                None if line.starts_with("package ") => break,
                None => comment.clear(),
            }
        }
        if comment.first().is_some_and(|line| line.starts_with("Package ")) {
            out += &comment.join("\n");
            out += "\n\n";
        }
    }
    for kind in [Kind::Value, Kind::Func, Kind::Type] {
        let exported = |item: &&Item<'_>| item.kind == kind && is_visible(path, &item.name);
        let mut lines: Vec<&str> = items
            .iter()
            .filter(exported)
            .map(|item| item.text.lines().next().unwrap_or_default().trim_end_matches(" {"))
            .collect();
        lines.sort_unstable();
        for line in lines {
            out += line;
            out.push('\n');
        }
    }
    out
}

fn member_text(path: &str, member: &str, items: &[Item<'_>]) -> Result<String, String> {
    let Some(item) = items.iter().find(|item| item.name == member && is_visible(path, &item.name)) else {
        let names = items.iter().map(|item| item.name.as_str()).filter(|name| is_visible(path, name));
        let same = |name: &&str| name.eq_ignore_ascii_case(member);
        let near = names.clone().find(same).or_else(|| nearest(member, names));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Err(format!("package {path} has no {member}{hint}"));
    };
    let mut out = format!("{}\n", shown(item));
    for line in &item.comment {
        out += format!("    {line}").trim_end();
        out.push('\n');
    }
    if item.kind == Kind::Type {
        let makes = |other: &&Item<'_>| {
            let results = other.text.rsplit_once(") ").map_or("", |(_, results)| results);
            other.kind == Kind::Func
                && results.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == member)
        };
        let method =
            |other: &&Item<'_>| other.name.strip_prefix(member).is_some_and(|rest| rest.starts_with('.'));
        for other in items.iter().filter(|other| is_exported(&other.name) && (makes(other) || method(other)))
        {
            out += &format!("\n{}", other.text);
        }
        out.push('\n');
    }
    for (at, line) in example(path, member).enumerate() {
        if at == 0 {
            out += "\nExample:\n";
        }
        out += format!("    {line}").trim_end();
        out.push('\n');
    }
    Ok(out)
}

/// A declaration as it is shown: of a struct what is exported, a line of a group without its columns.
fn shown(item: &Item<'_>) -> String {
    let lines: Vec<&str> = item.text.lines().collect();
    match &lines[..] {
        [line] if item.kind == Kind::Value => {
            let (code, comment) = line.split_once("//").unwrap_or((line, ""));
            let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
            if comment.is_empty() { code } else { format!("{code} //{comment}") }
        }
        [first, fields @ .., last] if first.ends_with("struct {") => {
            let own = |line: &&&str| {
                let name = line.trim_start_matches('\t').trim_start_matches('*');
                name.starts_with("//") || name.starts_with(|c: char| c.is_uppercase())
            };
            let mut kept: Vec<&str> = fields.iter().filter(own).copied().collect();
            let is_comment = |line: &&str| line.trim_start().starts_with("//");
            while kept.len() < fields.len() && kept.last().is_some_and(is_comment) {
                kept.pop();
            }
            if kept.len() < fields.len() {
                kept.push("\t// and fields that are not exported");
            }
            format!("{first}\n{}\n{last}", kept.join("\n"))
        }
        _ => item.text.clone(),
    }
}

fn is_visible(path: &str, name: &str) -> bool {
    path == "builtin" || is_exported(name)
}

fn is_exported(name: &str) -> bool {
    name.split('.').all(|part| part.starts_with(|c: char| c.is_uppercase()))
}

/// The declarations of a file.
fn items(text: &str) -> Vec<Item<'_>> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut comment: Vec<&str> = Vec::new();
    let mut group: Option<&str> = None;
    for (at, line) in lines.iter().enumerate() {
        if let Some(keyword) = group {
            if *line == ")" {
                group = None;
                comment.clear();
                continue;
            }
            let Some(inner) = line.strip_prefix('\t').filter(|inner| !inner.starts_with(['\t', '}'])) else {
                comment.clear();
                continue;
            };
            if let Some(rest) = inner.strip_prefix("//") {
                comment.push(rest.strip_prefix(' ').unwrap_or(rest));
                continue;
            }
            let comment = std::mem::take(&mut comment);
            let text = block(&lines[at..], "\t}").replace("\n\t", "\n");
            let text = format!("{keyword} {}", text.trim_start_matches('\t'));
            let kind = if keyword == "type" { Kind::Type } else { Kind::Value };
            for name in names(inner) {
                found.push(Item { name, comment: comment.clone(), text: text.clone(), kind });
            }
            continue;
        }
        if let Some(rest) = line.strip_prefix("//") {
            comment.push(rest.strip_prefix(' ').unwrap_or(rest));
            continue;
        }
        let comment = std::mem::take(&mut comment);
        let Some((keyword, rest)) = line.split_once(' ') else { continue };
        match keyword {
            "func" => {
                let text =
                    line.strip_suffix(" {").unwrap_or_else(|| line.split(" { ").next().unwrap_or(line));
                let (name, kind) = match rest.strip_prefix('(') {
                    None => (word(rest), Kind::Func),
                    Some(method) => {
                        let Some((receiver, method)) = method.split_once(") ") else { continue };
                        let ty = receiver.rsplit_once(' ').map_or(receiver, |(_, ty)| ty);
                        (format!("{}.{}", word(ty.trim_start_matches('*')), word(method)), Kind::Method)
                    }
                };
                found.push(Item { name, comment, text: text.to_string(), kind });
            }
            "type" | "var" | "const" if rest == "(" => group = Some(keyword),
            "type" => {
                let text = block(&lines[at..], "}");
                found.push(Item { name: word(rest), comment, text, kind: Kind::Type });
            }
            "var" | "const" => {
                let text = block(&lines[at..], "}");
                for name in names(rest) {
                    found.push(Item {
                        name,
                        comment: comment.clone(),
                        text: text.clone(),
                        kind: Kind::Value,
                    });
                }
            }
            _ => {}
        }
    }
    found
}

/// A declaration up to the line that closes what its first line opens.
fn block(lines: &[&str], close: &str) -> String {
    let length = match lines[0].ends_with('{') {
        true => lines.iter().position(|line| line.starts_with(close)).map_or(1, |end| end + 1),
        false => 1,
    };
    lines[..length].join("\n")
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The names that a line of `var` or `const` declares.
fn names(line: &str) -> Vec<String> {
    let mut names = Vec::new();
    for part in line.split(", ") {
        let name = word(part);
        if name.is_empty() {
            break;
        }
        let whole = part.len() == name.len();
        names.push(name);
        if !whole {
            break;
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::find_text;

    #[test]
    fn functions_types_and_methods_have_declaration_and_comment() {
        let text = find_text("strings.Fields").unwrap();
        assert!(text.starts_with("func Fields(s string) []string\n    Fields "), "{text}");
        let text = find_text("strings.Builder").unwrap();
        assert!(text.starts_with("type Builder struct {"), "{text}");
        assert!(text.contains("\nfunc (b *Builder) WriteString(s string) (int, error)\n"), "{text}");
        assert!(find_text("strings.Builder.Len").unwrap().starts_with("func (b *Builder) Len() int\n"));
        assert!(find_text("time.Second").unwrap().starts_with("const Second"));
        assert!(find_text("math/rand.Intn").unwrap().starts_with("func Intn(n int) int\n"));
        assert!(find_text("strings").unwrap().contains("\nfunc Fields(s string) []string\n"));
    }

    #[test]
    fn what_is_predeclared_has_documents() {
        let text = find_text("append").unwrap();
        assert!(
            text.starts_with("func append(slice []Type, elems ...Type) []Type\n    append adds"),
            "{text}"
        );
        for name in crate::session::PREDECLARED {
            assert!(find_text(name).is_ok_and(|text| text.contains("\n    ")), "{name}");
        }
        assert!(find_text("builtin").unwrap().contains("\nfunc len(v Type) int\n"));
    }

    #[test]
    fn structs_show_what_is_exported() {
        let text = find_text("strings.Builder").unwrap();
        assert!(
            text.starts_with("type Builder struct {\n\t// and fields that are not exported\n}\n"),
            "{text}"
        );
        let text = find_text("flag.FlagSet").unwrap();
        assert!(text.contains("\tUsage func()\n") && !text.contains("tooEarly"), "{text}");
    }

    #[test]
    fn names_with_examples_are_there() {
        for name in super::with_examples() {
            let text = find_text(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(text.contains("\nExample:\n    golite> "), "{name}: {text}");
        }
    }

    #[test]
    fn missing_names_are_told() {
        assert_eq!(find_text("nothing").unwrap_err(), "there is no package nothing");
        assert_eq!(find_text("striings").unwrap_err(), "there is no package striings; did you mean strings?");
        assert_eq!(find_text("strings.Nothing").unwrap_err(), "package strings has no Nothing");
        let near = find_text("strings.fields").unwrap_err();
        assert_eq!(near, "package strings has no fields; did you mean Fields?");
        assert_eq!(find_text("strings.explode").unwrap_err(), "package strings has no explode");
    }
}
