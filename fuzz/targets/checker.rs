//! Any text is checked, and what is found can be shown in all forms.

#![no_main]

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{check_files, find_std};
use golite_diag::render::{self, Colour};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = SourceText { name: "fuzz.go".into(), text: Arc::from(text), version: None };
    let files = PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false };
    let mut checked = check_files(&files, find_std);
    checked.warn();
    for diagnostic in checked.diagnostics() {
        assert!(!render::pretty(checked.sources(), diagnostic, Colour::Off).is_empty());
        assert!(render::json(checked.sources(), diagnostic).ends_with('}'));
    }
});
