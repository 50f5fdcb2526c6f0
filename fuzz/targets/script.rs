//! Any text is checked as a script; one without errors becomes a Go program without errors.

#![no_main]

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{check_files, find_std, script_to_go};
use libfuzzer_sys::fuzz_target;

fn files(text: &str) -> PackageFiles {
    let file = SourceText { name: "fuzz.go-lite".into(), text: Arc::from(text), version: None };
    PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false }
}

fuzz_target!(|text: &str| {
    if let Ok(go) = script_to_go(&files(text), find_std) {
        let checked = check_files(&files(&go), find_std);
        let errors: Vec<_> = checked.diagnostics().iter().map(|error| &error.message).collect();
        assert!(!checked.has_errors(), "{errors:?}\n{go}");
    }
});
