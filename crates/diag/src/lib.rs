//! Diagnostics: what is wrong, where, and how it is shown.
//!
//! The stages make [`Diagnostic`]s and never render; the command line chooses a form ([`render`]).

mod codes;
pub mod render;

pub use codes::Code;
use golite_source::Span;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The program cannot run.
    Error,
    /// The program runs, but probably not as meant.
    Warning,
}

/// Another place that matters, with a word about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// What to know about it.
    pub text: String,
}

/// A replacement of source text that mends the error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

/// One message to the user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// Go's wording; further lines begin with a tab.
    pub message: String,
    /// The offset at which Go reports it.
    pub at: u32,
    /// The text it is about.
    pub span: Span,
    /// Other places.
    pub labels: Vec<Label>,
    /// Reasons.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// The one obvious mend, if there is one.
    pub edits: Vec<Edit>,
}

impl Diagnostic {
    /// An error about a span, reported at its start.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            at: span.start,
            span,
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            edits: Vec::new(),
        }
    }

    /// Reported at another offset than the start of its span.
    #[must_use]
    pub fn reported_at(mut self, at: u32) -> Diagnostic {
        self.at = at;
        self
    }

    /// With a label.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// With a reason.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// With advice.
    #[must_use]
    pub fn with_help(mut self, text: impl Into<String>) -> Diagnostic {
        self.help.push(text.into());
        self
    }
}

/// Puts diagnostics into source order and drops repeated ones.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_key(|diagnostic| diagnostic.at);
    diagnostics.dedup_by(|a, b| a.at == b.at && a.message == b.message);
}
