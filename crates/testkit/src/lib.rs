//! Tests that are programs: how a file says what must happen, and how that is checked.
//!
//! A test is a Go program below `lang-tests/` (or an example below `examples/`) that says in comments
//! what must come of it. The `golite` binary runs it in a process of its own, so that a crash or a
//! hang is the failure of one test. A folder that holds a `main.go-lite` is one program of several
//! files.
//!
//! What a file can expect, at least one thing:
//!
//! | Comment | Meaning |
//! |---|---|
//! | `// Output:` and lines | standard output, to the line; without it there must be none |
//! | `// Stderr:` and lines | standard error; a last line `...` lets more follow |
//! | `// Panic: TEXT` | standard error has a line `panic: TEXT` (the first such); exit status 2 |
//! | `// Fatal: TEXT` | the same for `fatal error: TEXT` |
//! | `// Exit: N` | the exit status, if it is not 0, or not 2 after a panic |
//! | `// ERROR code "text"` | an error of that code on this line, with that text in its message |
//! | `// WARN code "text"` | the same for a warning |
//! | `// Accepted` | `golite check` says nothing; the program is not run |
//! | `// Rendered:` and lines | what `golite check --format pretty` shows |
//! | `// Json:` and lines | what `golite check --format json` prints |
//! | `// Listing:` and lines | what `golite dis` prints |
//!
//! One comment may list several errors: `// ERROR code "text" code "text"`; `/* ERROR … */` and
//! `// ERROR(-1) …` (a line relative to this one) are for lines where no line comment can stand.
//! Errors that are expected and do not come, and those that come and are not expected, fail.
//! Without `Panic`, `Fatal` or `Stderr`, standard error must be empty.
//!
//! The first line may set options, `//lang: extension gc=off seeds=20 args="a b" stdin="1\n2\n"`:
//!
//! | Option | Meaning |
//! |---|---|
//! | `extension` | not valid Go, or not with the same output: never run under real Go |
//! | `gc=off` | not run under `GODEBUG=gcstress=1` (every other program is, with the same output) |
//! | `gc=stress` | run under it with every seed, not with one |
//! | `seeds=N` | run with `--seed 1` to `--seed N` |
//! | `flags="…"` | flags of `golite run` |
//! | `args="…"` | arguments of the program |
//! | `stdin="…"` | its standard input, with Go's escapes |
//! | `env="A=1 B=2"` | environment variables |
//! | `func=A,B` | the listing is that of these functions |
//! | `timeout=N` | seconds of processor time for one run; 60 without it |
//!
//! `GOLITE_BLESS=1` rewrites `Rendered`, `Json` and `Listing` blocks. `Output` is never rewritten: it comes
//! from real Go.

pub mod book;
pub mod case;
pub mod diff;
pub mod expect;
pub mod harness;
pub mod judge;
pub mod look;
pub mod mask;
pub mod process;
pub mod workspace;
