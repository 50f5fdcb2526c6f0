//! Any text gives tokens that lie in it, in order.

#![no_main]

use golite_syntax::lexer::Lexer;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut end = 0;
    for (start, _, stop) in Lexer::new(text) {
        assert!(end <= start && start <= stop && stop as usize <= text.len());
        end = stop.max(start);
    }
});
