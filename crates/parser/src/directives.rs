//! `//line` directives: comments that say where the text comes from. Spec of the compiler: Line
//! directives.

use std::sync::Arc;

use golite_source::Relocation;
use golite_syntax::lexer::Comment;

/// The largest line and column that a directive may give.
const MAX: u32 = 1 << 30;

/// The relocations that the comments of a file ask for; `name` is the file's own.
pub(crate) fn relocations(text: &str, name: &Arc<str>, comments: &[Comment]) -> Vec<Relocation> {
    let mut found: Vec<Relocation> = Vec::new();
    for comment in comments {
        let (start, end) = (comment.start as usize, comment.end as usize);
        let source = &text[start..end];
        let at_line_start = start == 0 || text.as_bytes()[start - 1] == b'\n';
        let (body, from) = match source.strip_prefix("/*line ") {
            Some(body) => (body.trim_end_matches("*/"), comment.end),
            None if at_line_start => match source.strip_prefix("//line ") {
                Some(body) => (body, comment.end + 1),
                None => continue,
            },
            None => continue,
        };
        let Some((file, line, column)) = parse(body.trim_end_matches('\r')) else { continue };
        // Without a name but with a column the name stays what it was.
        let name = match (file, column) {
            ("", Some(_)) => found.last().map_or_else(|| name.clone(), |last| last.name.clone()),
            (file, _) => Arc::from(beside(name, file)),
        };
        found.push(Relocation { from, name, line, column });
    }
    found
}

/// The file that a directive names: relative to the folder of its own.
fn beside(own: &str, file: &str) -> String {
    if file.is_empty() || file.starts_with('/') {
        return file.to_string();
    }
    let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(file.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            ".." if folder.starts_with('/') => {}
            part => parts.push(part),
        }
    }
    let root = if folder.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

/// `name:line` or `name:line:column`
fn parse(body: &str) -> Option<(&str, u32, Option<u32>)> {
    let number = |text: &str| text.parse().ok().filter(|number| (1..=MAX).contains(number));
    let (rest, last) = body.rsplit_once(':')?;
    let last = number(last)?;
    match rest.rsplit_once(':').and_then(|(file, line)| Some((file, number(line)?))) {
        Some((file, line)) => Some((file, line, Some(last))),
        None => Some((rest, last, None)),
    }
}
