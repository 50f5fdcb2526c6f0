//! The examples of the pages of codes: the wrong one gives an error of that code and no other, the
//! mended one none.

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{check_files, find_std};
use golite_diag::page;

/// Codes whose page has no example: it would need several packages, or be very long.
const WITHOUT: &[&str] = &["nesting", "import-cycle", "language-version", "limit"];

fn codes(example: &str) -> Vec<&'static str> {
    let text =
        if example.starts_with("package ") { example.to_string() } else { format!("package p\n\n{example}") };
    let text = if example.contains("func main(") { text.replace("package p", "package main") } else { text };
    let file = SourceText { name: "p.go".into(), text: Arc::from(text), version: None };
    let files = PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false };
    let mut checked = check_files(&files, find_std);
    checked.warn();
    checked.diagnostics().iter().map(|error| error.code.text()).collect()
}

#[test]
fn examples_of_pages_are_wrong_and_mended() {
    for (name, text) in page::sections() {
        let examples = page::examples(text);
        if WITHOUT.contains(&name) {
            assert!(examples.is_empty(), "{name}");
            continue;
        }
        let [wrong, mended] = examples.as_slice() else { panic!("{name} has not two examples") };
        assert!(codes(wrong).iter().all(|code| *code == name), "{name}: {:?}\n{wrong}", codes(wrong));
        assert!(!codes(wrong).is_empty(), "{name}: nothing is wrong with\n{wrong}");
        assert!(codes(mended).is_empty(), "{name}: {:?}\n{mended}", codes(mended));
    }
}
