//! The part of `docs/errors.md` that follows from the catalogue of codes.

use golite_diag::Code;

/// Makes it.
pub(crate) fn generate() -> String {
    let mut out =
        String::from("the rows of `crates/diag/src/codes.rs`, and\n`crates/diag/src/pages.md`. -->\n");
    for code in Code::ALL {
        let description: Vec<&str> =
            code.description().lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        let page = golite_diag::page::of(*code).replace("```go\n", "```go fragment\n");
        out += &format!("\n## {}\n\n{}\n\n{page}\n", code.text(), description.join("\n").trim());
    }
    out
}
