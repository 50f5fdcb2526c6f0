//! The part of `docs/errors.md` that follows from the catalogue of codes.

use golite_diag::Code;

/// Makes it.
pub(crate) fn generate() -> String {
    let mut out = String::from("the rows of `crates/diag/src/codes.rs`. -->\n");
    for code in Code::ALL {
        let description: Vec<&str> =
            code.description().lines().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        out += &format!("\n## {}\n\n{}\n", code.text(), description.join("\n").trim());
    }
    out
}
