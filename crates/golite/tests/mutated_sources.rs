//! Wrong programs: the test programs with some text changed. Nothing that is made of them makes the
//! checker panic or hang, and whatever it finds can be shown, with every mend.
//!
//! The changes follow from the number of the round alone. `GOLITE_ROUNDS` is how many there are; more
//! than the usual two are for looking for new cases. What was found is below, as text.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use golite::load::{PackageFiles, SourceText};
use golite::{check_files, find_std};
use golite_diag::apply;
use golite_diag::render::{self, Colour};
use golite_testkit::workspace::{files_below, root};

#[path = "mutations/random.rs"]
mod random;

use random::Random;

/// Longer files take too long for what they add.
const LONGEST: usize = 6_000;

/// No file of that length takes so long, in a development build on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Texts that are put in at random places.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    "`",
    "\n",
    ":=",
    "=",
    ".",
    ",",
    ";",
    "...",
    "<-",
    "&",
    "*",
    "~",
    "!",
    "func ",
    "type ",
    "var ",
    "const ",
    "struct{",
    "interface{",
    "map[",
    "chan ",
    "return ",
    "if ",
    "for ",
    "range ",
    "switch ",
    "case ",
    "default:",
    "go ",
    "defer ",
    "goto L\n",
    "L:",
    "break ",
    "continue ",
    "nil",
    "iota",
    "_",
    "x",
    "T",
    "int",
    "string",
    "any",
    "error",
    "1",
    "0x",
    "1e",
    "1.5",
    "'a'",
    "\"s\"",
    "append(",
    "len(",
    "make(",
    "new(",
    "fmt.",
    "[T any]",
    "[int]",
    "T[",
    "|",
    "import \"fmt\"\n",
    "package p\n",
    "\\",
    "\u{e9}",
    "\u{1f642}",
    "\0",
];

/// A place in a text between two characters.
fn place(text: &str, random: &mut Random) -> usize {
    text.floor_char_boundary(random.below(text.len() + 1))
}

fn changed(text: &str, random: &mut Random) -> String {
    let mut text = text.to_string();
    for _ in 0..=random.below(4) {
        let (a, b) = (place(&text, random), place(&text, random));
        let (from, to) = (a.min(b), a.max(b).min(text.ceil_char_boundary(a.min(b) + random.below(60))));
        let to = text.ceil_char_boundary(to.max(from));
        match random.below(6) {
            0 => text.replace_range(from..to, ""),
            1 => {
                let part = text[from..to].to_string();
                let at = place(&text, random);
                text.insert_str(at, &part);
            }
            2 if random.percent(20) => {
                text.truncate(text.floor_char_boundary(text.len() / 2 + random.below(text.len() / 2 + 1)))
            }
            3 => text.replace_range(from..to, random.pick(PIECES).unwrap_or("x")),
            _ => text.insert_str(from, random.pick(PIECES).unwrap_or("x")),
        }
    }
    text
}

/// Checks a text and shows everything; gives how long it took.
fn look_at(text: &str) -> Duration {
    let start = Instant::now();
    let file = SourceText { name: "main.go".into(), text: Arc::from(text), version: None };
    let files = PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false };
    let mut checked = check_files(&files, find_std);
    checked.warn();
    let map = checked.sources();
    for diagnostic in checked.diagnostics().iter().take(50) {
        assert!(!render::pretty(map, diagnostic, Colour::Off).is_empty());
        assert!(render::json(map, diagnostic).ends_with('}'));
        if let (Some(mend), Some((file, _))) = (&diagnostic.mend, map.locate(diagnostic.at)) {
            assert_ne!(apply(file, &mend.edits), *file.text, "{}", mend.text);
        }
    }
    start.elapsed()
}

#[test]
fn changed_programs_are_checked_without_panic() {
    let rounds = std::env::var("GOLITE_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let files = files_below(&root().join("lang-tests"), &[".go-lite"]);
    for round in 0..rounds {
        for (number, path) in files.iter().enumerate() {
            let text = std::fs::read_to_string(path).unwrap();
            // What a file expects is no part of the program.
            let text = text.split("\n// Rendered:").next().unwrap_or_default();
            let text = text.split("\n// Stderr:").next().unwrap_or_default();
            if text.len() > LONGEST {
                continue;
            }
            let mut random = Random::new(round * 1_000_003 + number as u64);
            let text = changed(text, &mut random);
            match catch_unwind(AssertUnwindSafe(|| look_at(&text))) {
                Ok(time) => assert!(time < LIMIT, "round {round}: {} took {time:?}:\n{text}", path.display()),
                Err(_) => panic!("round {round}: {}:\n{text}", path.display()),
            }
        }
    }
}

/// What was found so.
#[test]
fn what_was_found_stays_mended() {
    for text in FOUND {
        look_at(text);
    }
}

const FOUND: &[&str] = &[
    // A slice expression is marked from its bracket.
    "package p\nvar s string = \"x\"\nvar t int = s[1:2]\n",
    // A literal without its end in a conversion.
    "package p\nvar t string = '",
    "package p\nvar t int = \"",
    // No package clause, no imports.
    "fmt.Println(1)\n",
    "",
    "\u{feff}package p\nvar x = y\n",
];
