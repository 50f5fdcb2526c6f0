//! `//line` directives: comments that say where the text comes from. Spec of the compiler: Line
//! directives.

use std::sync::Arc;

use golite_source::Relocation;
use golite_syntax::lexer::Comment;

use crate::pragmas::PragmaError;

/// The largest line and column that a directive may give.
const MAX: u64 = 1 << 30;

/// The relocations that the comments of a file ask for; `name` is the file's own. What is wrong with them is added to
/// the errors.
pub(crate) fn relocations(
    text: &str,
    name: &Arc<str>,
    comments: &[Comment],
    errors: &mut Vec<PragmaError>,
) -> Vec<Relocation> {
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
        let (file, line, column) = match parse(body.trim_end_matches('\r')) {
            Ok(Some(parsed)) => parsed,
            Ok(None) => continue,
            Err(Wrong { what, number }) => {
                // Both are parts of the text.
                let at = number.as_ptr().addr() - text.as_ptr().addr();
                let (at, end) = (at as u32, (at + number.len()).max(at + 1) as u32);
                let message = format!("invalid {what} number: {number}");
                errors.push(PragmaError { at, end: end.min(text.len() as u32), message, late: false });
                continue;
            }
        };
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

/// A number that cannot be one of a line or column.
struct Wrong<'a> {
    what: &'static str,
    number: &'a str,
}

/// The text before the last colon and the one after it, which may be a number.
fn trailing_number(text: &str) -> Option<(&str, &str, Option<u64>)> {
    let (rest, number) = text.rsplit_once(':')?;
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    Some((rest, number, number.parse().ok().filter(|_| digits)))
}

fn in_range<'a>(what: &'static str, number: &'a str, value: u64) -> Result<u32, Wrong<'a>> {
    match u32::try_from(value) {
        Ok(small) if (1..=MAX).contains(&value) => Ok(small),
        _ => Err(Wrong { what, number }),
    }
}

/// `name:line` or `name:line:column`; `None` if there is no colon.
fn parse(body: &str) -> Result<Option<(&str, u32, Option<u32>)>, Wrong<'_>> {
    let Some((rest, last_text, last)) = trailing_number(body) else { return Ok(None) };
    let last = last.ok_or(Wrong { what: "line", number: last_text })?;
    if let Some((file, line_text, Some(line))) = trailing_number(rest) {
        let column = in_range("column", last_text, last)?;
        return Ok(Some((file, in_range("line", line_text, line)?, Some(column))));
    }
    Ok(Some((rest, in_range("line", last_text, last)?, None)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(directive: &str, expected: &str) {
        let text = format!("package p\n{directive}\nvar x = 1\n");
        let start = text.find('/').expect("there is a comment") as u32;
        let comments = [Comment { start, end: start + directive.len() as u32 }];
        let mut errors = Vec::new();
        let found = relocations(&text, &Arc::from("a.go"), &comments, &mut errors);
        let found = found.iter().map(|to| format!("{} {} {:?}", to.name, to.line, to.column));
        let errors = errors.iter().map(|error| format!("{}: {}", error.at - start + 1, error.message));
        assert_eq!(found.chain(errors).collect::<Vec<_>>().join("; "), expected, "{directive}");
    }

    #[test]
    fn directives_that_are_no_lines_are_told() {
        check("//line f:5", "f 5 None");
        check("//line f:5:7", "f 5 Some(7)");
        check("//line a:b:7", "a:b 7 None");
        check("//line f", "");
        check("//line f:0", "10: invalid line number: 0");
        check("//line f:-1", "10: invalid line number: -1");
        check("//line f:+3", "10: invalid line number: +3");
        check("//line f:5 ", "10: invalid line number: 5 ");
        check("//line f:", "10: invalid line number: ");
        check("//line f:0:5", "10: invalid line number: 0");
        check("//line f:1:0", "12: invalid column number: 0");
        check("//line f:1:99999999999", "12: invalid column number: 99999999999");
        check("//line f:1:99999999999999999999", "12: invalid line number: 99999999999999999999");
        check("//line f:1073741824", "f 1073741824 None");
        check("//line f:1073741825", "10: invalid line number: 1073741825");
        check("/*line f:x*/", "10: invalid line number: x");
    }
}
