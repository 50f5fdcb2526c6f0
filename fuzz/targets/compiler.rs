//! Any program without errors is compiled, and what comes of it passes the verifier.

#![no_main]

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{Program, check_files, find_std, on_deep_stack};
use golite_bytecode::verify::verify_module;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let file = SourceText { name: "fuzz.go".into(), text: Arc::from(text), version: None };
    let files = PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false };
    on_deep_stack(|| {
        let Ok(mut program) = Program::new(check_files(&files, find_std)) else { return };
        let result = program.compile_all();
        // Where a limit is passed, there is no code; wrong code is in the module.
        verify_module(program.module()).unwrap_or_else(|error| panic!("{error}\n{result:?}"));
    });
});
