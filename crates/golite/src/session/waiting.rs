//! Declarations that wait for names which later inputs declare.
//!
//! An input that declares functions and types only, and in which nothing is wrong but that names are missing,
//! is put aside as text. When all that is missing has been declared, perhaps by others that wait, it is
//! declared too: a group that refers to itself in a circle becomes one input.

use golite_diag::Diagnostic;
use golite_syntax::ast::Decl;

use super::{Done, Reply, Session};

/// An input that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    text: String,
    names: Vec<String>,
    missing: Vec<String>,
}

/// Most inputs that wait; the oldest is given up then.
const MOST: usize = 1000;

impl Session {
    /// Inputs that wait and what for: `f : waits for g`.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        self.waiting.iter().map(Waiting::line).collect()
    }

    /// What is to become of an input with errors: it may wait, or complete a group that waits.
    pub(super) fn wait(&mut self, text: &str, errors: Vec<Diagnostic>) -> Reply {
        match self.as_waiting(text, &errors) {
            Some(new) => {
                self.waiting.retain(|old| old.names.iter().any(|name| !new.names.contains(name)));
                if self.waiting.len() == MOST {
                    self.waiting.remove(0);
                }
                let mut done = Done { declared: vec![new.line()], ..Done::default() };
                for error in &errors {
                    done.notes.extend(error.help.iter().map(|help| format!("{}: {help}", error.message)));
                }
                self.waiting.push(new);
                match self.declare_ready() {
                    Some(mut declared) => {
                        declared.notes.splice(0..0, done.notes);
                        Reply::Done(declared)
                    }
                    None => Reply::Done(done),
                }
            }
            None => Reply::Errors(self.with_waiting(errors)),
        }
    }

    /// The input as one that waits, if it can be.
    fn as_waiting(&mut self, text: &str, errors: &[Diagnostic]) -> Option<Waiting> {
        let decls = self.failed.take()?;
        let mut missing: Vec<String> = Vec::new();
        for error in errors {
            let name = error.message.strip_prefix("undefined: ")?;
            if !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
                return None;
            }
            missing.push(name.to_string());
        }
        missing.sort();
        missing.dedup();
        let checker = self.checker();
        let mut names = Vec::new();
        for decl in &decls {
            let name = match decl {
                Decl::Func(func) if func.receiver.is_none() => func.name.name,
                Decl::Type(spec) => spec.name.name,
                Decl::Func(_) | Decl::Const(_) | Decl::Var(_) => return None,
            };
            names.push(checker.name(name).to_string());
        }
        (!names.is_empty()).then(|| Waiting { text: text.trim_end().to_string(), names, missing })
    }

    /// Errors about names that wait say so.
    fn with_waiting(&self, mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for error in &mut errors {
            let Some(name) = error.message.strip_prefix("undefined: ").map(str::to_string) else { continue };
            if let Some(waiting) = self.waiting.iter().find(|waiting| waiting.names.contains(&name)) {
                error.note(format!("{name} waits for {}", waiting.missing.join(", ")));
                error.message += &format!("\n\t{name} waits for {}", waiting.missing.join(", "));
                error.help.clear();
                error.mend = None;
            }
        }
        errors
    }

    /// Names have been declared: what waited for them is declared too. What came of that is added.
    pub(super) fn names_declared(&mut self, done: &mut Done) {
        if self.waiting.is_empty() || done.declared.is_empty() {
            return;
        }
        // Who declares a name that waits has given up the one that waits.
        let declared: Vec<String> =
            done.declared.iter().filter_map(|line| line.split(" : ").next()).map(bare).collect();
        self.waiting.retain(|waiting| !waiting.names.iter().all(|name| declared.contains(name)));
        if let Some(more) = self.declare_ready() {
            done.declared.extend(more.declared);
            done.notes.extend(more.notes);
            done.also.extend(more.also);
        }
    }

    /// Declares those that wait for nothing any more, if there are some.
    fn declare_ready(&mut self) -> Option<Done> {
        let package = self.package;
        let mut ready: Vec<usize> = (0..self.waiting.len()).collect();
        loop {
            let names: Vec<String> =
                ready.iter().flat_map(|index| self.waiting[*index].names.clone()).collect();
            let before = ready.len();
            let waiting = self.waiting.clone();
            let checker = self.checker();
            let mut known = |name: &String| {
                let symbol = checker.session.names.intern(name);
                names.contains(name) || checker.session_name(package, symbol).is_some()
            };
            ready.retain(|index| waiting[*index].missing.iter().all(&mut known));
            if ready.len() == before {
                break;
            }
        }
        if ready.is_empty() {
            return None;
        }
        let group: Vec<Waiting> = ready.into_iter().rev().map(|index| self.waiting.remove(index)).collect();
        let texts: Vec<String> = group.iter().rev().map(|waiting| waiting.text.clone()).collect();
        let text = texts.join("\n");
        let names: Vec<String> = group.into_iter().rev().flat_map(|waiting| waiting.names).collect();
        self.silent = true;
        let reply = self.eval(&text);
        self.silent = false;
        match reply {
            Reply::Done(mut done) => {
                let declared = done.declared.clone();
                done.also.insert(0, (text, declared));
                Some(done)
            }
            Reply::Errors(errors) => {
                let messages = errors.iter().map(|error| format!("{}: {}", names.join(", "), error.message));
                Some(Done { notes: messages.collect(), ..Done::default() })
            }
            Reply::Failed | Reply::Described | Reply::Exit(_) | Reply::Interrupted(_) => None,
        }
    }
}

impl Waiting {
    fn line(&self) -> String {
        format!("{} : waits for {}", self.names.join(", "), self.missing.join(", "))
    }
}

/// A line about a declaration without what stands before the name.
fn bare(line: &str) -> String {
    line.strip_prefix("type ").unwrap_or(line).to_string()
}
