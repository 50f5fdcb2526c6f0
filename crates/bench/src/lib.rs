//! Pieces of the runtime, each done many times by a function of a small program: what `cargo bench` measures.
//!
//! Whole programs, against other implementations, are compared in `docs/performance.md`.

use golite::embed::{Error, Options, Program, Vm};

/// The program; `Vm::call` calls its functions by name.
pub const PROGRAM: &str = include_str!("pieces.go-lite");

/// The functions, and how often each is to do its piece in one sample.
pub const PIECES: &[(&str, i64)] = &[
    ("Loop", 100_000),
    ("Floats", 100_000),
    ("Branches", 100_000),
    ("Elements", 100_000),
    ("Rows", 100_000),
    ("Fields", 100_000),
    ("Calls", 100_000),
    ("Closures", 100_000),
    ("Methods", 100_000),
    ("Defers", 10_000),
    ("Natives", 10_000),
    ("Unbuffered", 10_000),
    ("Buffered", 10_000),
    ("Selects", 10_000),
    ("Spawns", 10_000),
    ("Mutexes", 10_000),
    ("MapSets", 10_000),
    ("MapGets", 10_000),
    ("Appends", 10_000),
    ("Builds", 10_000),
    ("Sorts", 10_000),
    ("Allocs", 10_000),
    ("Trees", 10_230),
    ("Collections", 10_240),
];

/// A VM with the program.
///
/// # Errors
/// If the program does not compile, or there is no memory.
pub fn vm() -> Result<Vm, Error> {
    Program::compile("pieces.go-lite", PROGRAM)?.vm(Options::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What each function returns for 1024, as real Go says.
    const RESULTS: &[(&str, i64)] = &[
        ("Loop", 523776),
        ("Floats", 2000),
        ("Branches", 512),
        ("Elements", 1564),
        ("Rows", 32448),
        ("Fields", 1024),
        ("Calls", 523776),
        ("Closures", 261632),
        ("Methods", 5120),
        ("Defers", 1024),
        ("Natives", 4096),
        ("Unbuffered", 523776),
        ("Buffered", 523776),
        ("Selects", 1536),
        ("Spawns", 1024),
        ("Mutexes", 1024),
        ("MapSets", 1024),
        ("MapGets", 1536),
        ("Appends", 1024),
        ("Builds", 5120),
        ("Sorts", 1023),
        ("Allocs", 1024),
        ("Trees", 2046),
        ("Collections", 8191),
    ];

    #[test]
    fn every_piece_does_its_work() {
        let mut vm = vm().expect("the program compiles");
        let names: Vec<&str> = PIECES.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, RESULTS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for (name, result) in RESULTS {
            let found: i64 = vm.call(name, (1024,)).expect("a piece runs");
            assert_eq!(found, *result, "{name}");
        }
    }
}
