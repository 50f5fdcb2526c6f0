//! Every instruction is shown by a listing in `lang-tests/code`.

use std::collections::BTreeSet;

use golite_bytecode::{Effect, Op};
use golite_testkit::expect;
use golite_testkit::workspace::{files_below, root};

/// Instructions that the virtual machine has and the compiler does not emit. One that it begins to emit
/// leaves this list and gets a program that shows it.
const NOT_EMITTED: [&str; 2] = ["jump.not.type", "zero.mem"];

/// The names of instructions in all listings.
fn listed() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files_below(&root().join("lang-tests/code"), &[".go-lite"]) {
        let text = std::fs::read_to_string(&file).unwrap();
        let listing = expect::parse(&text).unwrap_or_else(|why| panic!("{}: {why}", file.display())).listing;
        for line in listing.into_iter().flat_map(|block| block.lines) {
            // A place in words, then the instruction; source lines have a bar there.
            let mut words = line.split_whitespace();
            if words.next().is_some_and(|place| place.parse::<u32>().is_ok()) {
                found.extend(words.next().map(str::to_string));
            }
        }
    }
    found
}

#[test]
fn every_instruction_is_shown_by_a_program() {
    let listed = listed();
    let emitted = |op: &&Op| !op.info().has(Effect::Internal);
    for op in Op::ALL.iter().filter(emitted) {
        let name = op.info().text;
        let expected = !NOT_EMITTED.contains(&name);
        assert_eq!(listed.contains(name), expected, "{name}: whether a program of lang-tests/code shows it");
    }
}
