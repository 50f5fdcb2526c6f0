//! What a package, function, type or method of the standard library is: its declaration and comment.
//!
//! The sources are formatted as gofmt does it: a declaration outside of a block begins in column 0, its
//! comment stands right above it, and a group has its names behind one tab.

use golite_stdlib::{find, find_by_name};

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
    let Some(package) = package else { return Err(format!("there is no package {path}")) };
    let items: Vec<Item<'_>> = package.files.iter().flat_map(|(_, text)| items(text)).collect();
    match member {
        None => Ok(package_text(package.path, package.files, &items)),
        Some(member) => member_text(package.path, member, &items),
    }
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
        let exported = |item: &&Item<'_>| item.kind == kind && is_exported(&item.name);
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
    let Some(item) = items.iter().find(|item| item.name == member && is_exported(&item.name)) else {
        return Err(format!("package {path} has no {member}"));
    };
    let mut out = format!("{}\n", item.text);
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
    Ok(out)
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
    fn missing_names_are_told() {
        assert_eq!(find_text("nothing").unwrap_err(), "there is no package nothing");
        assert_eq!(find_text("strings.Nothing").unwrap_err(), "package strings has no Nothing");
        assert_eq!(find_text("strings.explode").unwrap_err(), "package strings has no explode");
    }
}
