//! Any text is read as a `go.mod` and as the head of a file with build constraints.

#![no_main]

use std::path::Path;

use golite::load::{GoModule, file_constraint, name_matches};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(module) = GoModule::of_text(text, Path::new("."), "go.mod") {
        assert_eq!(module.folder_of(&module.path).as_deref(), Some(Path::new(".")));
    }
    file_constraint(text);
    name_matches(text);
});
