//! What can go wrong, as values.

use std::fmt;

use golite_diag::render::{self, Colour};
use golite_diag::{Diagnostic, Severity};
use golite_source::SourceMap;
use golite_vm::{FailureKind, Report};

/// Why a program could not be compiled, or a call did not give its results.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The program has errors.
    Compile(CompileError),
    /// The VM, or a package of the host, cannot be made as it is wanted.
    Setup(String),
    /// The program has no function of that name that can be called.
    NoFunction(String),
    /// Arguments or results are not of the types that the function has; the text says which and how.
    Types(String),
    /// The function's last result, an `error`, is not nil; its text.
    Returned(String),
    /// A panic that nobody recovered, in any goroutine.
    Panic(Failure),
    /// A fatal error: all goroutines wait for each other, an unlocked mutex is unlocked.
    Fatal(Failure),
    /// A limit was reached.
    Limit(Limit, Failure),
    /// The program called `os.Exit` with this status.
    Exit(i32),
    /// Somebody interrupted the call.
    Interrupted,
    /// The function ended its goroutine with `runtime.Goexit`.
    Goexit,
}

/// Which limit was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Limit {
    /// `Options::max_memory`.
    Memory,
    /// `Options::max_stack`.
    Stack,
    /// `Options::max_steps`.
    Steps,
    /// `Options::timeout`.
    Time,
    /// `Options::max_goroutines`.
    Goroutines,
    /// `Options::max_output`.
    Output,
}

/// How a call failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What Go writes, without the goroutines: `panic: boom`.
    pub text: String,
    /// The stacks of the goroutines as Go writes them; empty for most limits.
    pub traceback: String,
}

impl Error {
    /// The error of a failed call.
    pub(super) fn of_report(report: &Report) -> Error {
        let whole = String::from_utf8_lossy(&report.text);
        let (text, traceback) = match whole.find("\n\ngoroutine ") {
            Some(at) => (&whole[..at], &whole[at + 2..]),
            None => (&*whole, ""),
        };
        let failure = Failure { text: text.trim_end().to_string(), traceback: traceback.to_string() };
        let limit = match report.kind {
            FailureKind::Panic => return Error::Panic(failure),
            FailureKind::Fatal | FailureKind::Deadlock => return Error::Fatal(failure),
            FailureKind::Defect => return Error::Setup(failure.text),
            FailureKind::Memory => Limit::Memory,
            FailureKind::Stack => Limit::Stack,
            FailureKind::Steps => Limit::Steps,
            FailureKind::Time => Limit::Time,
            FailureKind::Goroutines => Limit::Goroutines,
        };
        Error::Limit(limit, failure)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Compile(error) => error.fmt(f),
            Error::Setup(text) | Error::Types(text) | Error::Returned(text) => f.write_str(text),
            Error::NoFunction(name) => write!(f, "the program has no function {name} that can be called"),
            Error::Panic(failure) | Error::Fatal(failure) | Error::Limit(_, failure) => {
                f.write_str(&failure.text)
            }
            Error::Exit(status) => write!(f, "exit status {status}"),
            Error::Interrupted => f.write_str("interrupted"),
            Error::Goexit => f.write_str("the function called runtime.Goexit"),
        }
    }
}

impl std::error::Error for Error {}

/// The errors of a program that cannot be compiled. Shown as Go's compiler shows them, a line each.
pub struct CompileError {
    pub(super) map: SourceMap,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// One error of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The file, as it was named; empty if it is not about one.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in bytes, from 1.
    pub column: u32,
    /// The stable name of the kind of error, such as `unused-variable`.
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
}

impl CompileError {
    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The errors in the order of the source.
    #[must_use]
    pub fn messages(&self) -> Vec<Message> {
        let message = |error: &Diagnostic| {
            let (file, line, column) = match self.map.place(error.at) {
                Some((file, line, column)) => (file.to_string(), line, column),
                None => Default::default(),
            };
            Message { file, line, column, code: error.code.text(), text: error.message.clone() }
        };
        self.errors().map(message).collect()
    }

    /// The errors as the command line shows them: with the source, and what helps. With colours for a
    /// terminal, or without.
    #[must_use]
    pub fn pretty(&self, colours: bool) -> String {
        let colour = if colours { Colour::On } else { Colour::Off };
        self.errors().map(|error| render::pretty(&self.map, error, colour)).collect()
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, error) in self.errors().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&render::short(&self.map, error))?;
        }
        Ok(())
    }
}

impl fmt::Debug for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CompileError").field(&self.to_string()).finish()
    }
}

impl std::error::Error for CompileError {}
