//! Any text gives a tree and errors whose places lie in it.

#![no_main]

use golite_source::{Interner, SourceMap};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    golite::on_deep_stack(|| {
        let mut map = SourceMap::default();
        let file = map.add("fuzz.go", text);
        let (mut names, mut next_id, mut errors) = (Interner::default(), 1, Vec::new());
        let mut session =
            golite_parser::Session { names: &mut names, next_id: &mut next_id, errors: &mut errors };
        golite_parser::parse_file(&map, file, &mut session);
        for error in &errors {
            assert!(error.at as usize <= text.len() + 1);
        }
    });
});
