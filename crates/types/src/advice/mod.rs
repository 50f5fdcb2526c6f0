//! What is said beside an error: labels, reasons, and the mended lines.
//!
//! The rules of the language report in Go's words and know nothing of this. When a package has been
//! checked, each of its errors is looked at once more together with the tree around its place. So a
//! right program pays nothing, and advice about one kind of mistake stands in one place.
//!
//! A mend is offered only if it is almost certainly what was meant and leaves no error behind; a
//! test applies all that the test programs get.

mod calls;
mod decls;
mod edits;
mod flow;
mod names;
mod unused;
mod values;

use golite_diag::{Code, Diagnostic};
use golite_source::{Span, Symbol};
use golite_syntax::ast::File;

pub(crate) use golite_syntax::walk::{At, Node};

use crate::check::Checker;

/// What is known about all errors of a package while one is looked at.
#[derive(Default)]
pub(crate) struct Others {
    /// Names of undefined things and their places.
    undefined: Vec<(String, Span)>,
    /// Unused variables, and imports by the name they have.
    unused: Vec<(String, Span)>,
    /// Standard packages that are not imported, with the file and the index of the first error.
    packages: Vec<(u32, Symbol, usize)>,
    /// The index of the first unused import of each file.
    imports: Vec<(u32, usize)>,
    /// Places where values of a wrong type stand.
    mismatches: Vec<Span>,
}

impl Checker {
    /// Adds advice to the errors reported since there were `from`.
    pub(crate) fn advise(&mut self, files: &[File], from: usize) {
        let mut errors = self.session.errors.split_off(from);
        errors.sort_by_key(|error| error.at);
        let mut others = self.others(&errors);
        for index in 0..errors.len() {
            let (before, rest) = errors.split_at_mut(index);
            let error = &mut rest[0];
            if let Some(at) = At::new(files, error.span) {
                self.advise_one(error, &at, before, &mut others);
            }
        }
        self.session.errors.append(&mut errors);
    }

    fn others(&self, errors: &[Diagnostic]) -> Others {
        let mut others = Others::default();
        for error in errors {
            match error.code {
                Code::Undefined => {
                    if let Some(name) = error.message.strip_prefix("undefined: ") {
                        others.undefined.push((name.to_string(), error.span));
                    }
                }
                Code::UnusedVariable => {
                    others.unused.push((self.text(error.span).to_string(), error.span));
                }
                Code::UnusedImport => {
                    let text = self.text(error.span);
                    let name = text.trim_matches('"').rsplit('/').next().unwrap_or_default();
                    others.unused.push((name.to_string(), error.span));
                }
                Code::TypeMismatch | Code::MissingMethod => others.mismatches.push(error.span),
                _ => {}
            }
        }
        others
    }

    fn advise_one(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        before: &mut [Diagnostic],
        others: &mut Others,
    ) {
        match error.code {
            Code::Undefined if error.message.starts_with("result parameter ") => {
                error.note(
                    "a return without values returns the result variables, which another variable hides here",
                );
            }
            Code::Undefined => self.advise_undefined(error, at, before, others),
            Code::MissingMember | Code::Unexported => self.advise_member(error, at),
            Code::BadImport => self.advise_import(error),
            Code::UnusedVariable => self.advise_unused_variable(error, at, others),
            Code::UnusedImport => self.advise_unused_import(error, at, before, others),
            Code::UnusedLabel => self.advise_unused_label(error),
            Code::UnusedResult => self.advise_unused_result(error, at),
            Code::TypeMismatch
            | Code::MissingMethod
            | Code::PointerReceiver
            | Code::BadComparison
            | Code::BadOperator => self.advise_mismatch(error, at, others),
            Code::ConstantOverflow | Code::ConstantTruncated => self.advise_constant(error, at),
            Code::WrongCount => self.advise_count(error, at),
            Code::MissingReturn => self.advise_missing_return(error, at),
            Code::NoNewVariables => self.advise_no_new_variables(error, at),
            Code::NotAssignable => self.advise_not_assignable(error, at),
            Code::Duplicate => self.advise_duplicate(error, at),
            Code::TypeCycle => self.advise_type_cycle(error, at),
            Code::DivisionByZero => error.about("this is zero"),
            _ => {}
        }
    }
}
