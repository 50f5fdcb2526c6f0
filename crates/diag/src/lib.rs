//! Diagnostics: what is wrong, where, and how it is shown.
//!
//! The stages make [`Diagnostic`]s and never render; the command line chooses a form ([`render`]).

mod codes;
mod mended;
pub mod page;
pub mod render;
pub mod similar;

pub use codes::Code;
use golite_source::Span;
pub use mended::apply;

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

/// A way to make the program right that is almost certainly the one that was meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mend {
    /// What it does.
    pub text: String,
    /// The replacements, in source order, none within another.
    pub edits: Vec<Edit>,
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
    /// What is wrong with that text, in few words; empty if the message says it all.
    pub label: String,
    /// Other places.
    pub labels: Vec<Label>,
    /// Reasons.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    /// The one obvious mend, if there is one.
    pub mend: Option<Mend>,
    /// Has the same cause as an earlier one, which labels this place too: it is not drawn again.
    pub repeats: bool,
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
            label: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            mend: None,
            repeats: false,
        }
    }

    /// A warning about a span.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
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

    /// Adds a reason.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Adds advice.
    pub fn help(&mut self, text: impl Into<String>) {
        self.help.push(text.into());
    }

    /// Says in few words what is wrong with its span.
    pub fn about(&mut self, text: impl Into<String>) {
        self.label = text.into();
    }

    /// Adds a label, unless that place has one.
    pub fn also(&mut self, span: Span, text: impl Into<String>) {
        if !span.is_none() && self.labels.iter().all(|label| label.span != span) {
            self.labels.push(Label { span, text: text.into() });
        }
    }

    /// Sets the mend, unless there is one.
    pub fn mend(&mut self, text: impl Into<String>, mut edits: Vec<Edit>) {
        if self.mend.is_none() {
            edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
            self.mend = Some(Mend { text: text.into(), edits });
        }
    }
}

impl Edit {
    /// Other text in the place of a span.
    #[must_use]
    pub fn replace(span: Span, text: impl Into<String>) -> Edit {
        Edit { span, text: text.into() }
    }

    /// Text before an offset.
    #[must_use]
    pub fn insert(at: u32, text: impl Into<String>) -> Edit {
        Edit { span: Span::at(at), text: text.into() }
    }

    /// Without the text of a span.
    #[must_use]
    pub fn delete(span: Span) -> Edit {
        Edit { span, text: String::new() }
    }
}

/// Puts diagnostics into source order and drops repeated ones.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_key(|diagnostic| diagnostic.at);
    diagnostics.dedup_by(|a, b| a.at == b.at && a.message == b.message);
}
