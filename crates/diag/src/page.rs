//! The page of each code: a wrong example, the mend, and the section of the specification.
//!
//! The pages are in `pages.md`, one section a code.

use crate::Code;

const PAGES: &str = include_str!("pages.md");

/// The page of a code, as Markdown.
///
/// # Panics
/// If there is none; a test looks that all are there.
#[must_use]
pub fn of(code: Code) -> &'static str {
    sections().find(|(name, _)| *name == code.text()).map(|(_, text)| text).expect("every code has a page")
}

/// All pages with their names.
pub fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    let starts = PAGES.strip_prefix("## ").unwrap_or(PAGES).split("\n## ");
    starts.map(|section| {
        let (name, text) = section.split_once('\n').unwrap_or((section, ""));
        (name.trim(), text.trim())
    })
}

/// The examples of a page: the wrong one, then the mended one.
#[must_use]
pub fn examples(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == "```go" {
            let code: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push(code.join("\n") + "\n");
        }
    }
    found
}

/// A page for a terminal: without the marks of Markdown, examples indented.
#[must_use]
pub fn plain(page: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for line in page.lines() {
        if line.starts_with("```") {
            code = !code;
        } else if code && !line.is_empty() {
            out += &format!("    {}\n", line.replace('\t', "    "));
        } else {
            out += &format!("{line}\n");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_page_in_its_place() {
        let pages: Vec<&str> = sections().map(|(name, _)| name).collect();
        let codes: Vec<&str> = Code::ALL.iter().map(|code| code.text()).collect();
        assert_eq!(pages, codes);
        for (name, page) in sections() {
            assert!(page.contains("\nSpec: "), "{name} names no section of the specification");
        }
    }
}
