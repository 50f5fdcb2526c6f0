//! From files to a checked program with all its diagnostics.

use std::collections::HashSet;

use golite_diag::{Diagnostic, Severity};
use golite_source::{SourceMap, sym};
use golite_types::{Checker, ObjId, ObjKind, PkgId};

use crate::load::{LoadError, PackageFiles, load_paths};
use crate::loader::{FindStd, PackageLoader, find_std, parse_package};
use crate::stack::on_deep_stack;

/// A checked program, wrong or not.
#[derive(Debug)]
pub struct Checked {
    /// All packages, with everything found out about them.
    pub checker: Checker,
    /// The package that was asked for.
    pub package: PkgId,
    /// A syntax error was found.
    pub broken: bool,
}

impl Checked {
    /// What is wrong, in source order.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.checker.session.errors
    }

    /// The files that the diagnostics are about.
    #[must_use]
    pub fn sources(&self) -> &SourceMap {
        &self.checker.session.map
    }

    /// Whether an error was found.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics().iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The function where the program starts, if it is one.
    #[must_use]
    pub fn main(&self) -> Option<ObjId> {
        let package = self.checker.package(self.package);
        let scope = &self.checker.scopes[package.scope.0 as usize];
        let main = scope.names.get(&sym::MAIN).copied()?;
        (package.name == sym::MAIN && matches!(self.checker.object(main).kind, ObjKind::Func)).then_some(main)
    }
}

/// Reads and checks the package that paths of a command line name.
///
/// # Errors
/// When the paths cannot be read.
pub fn check_paths(paths: &[String]) -> Result<Checked, LoadError> {
    Ok(check_files(&load_paths(paths)?, find_std))
}

/// Checks a package; imports come from its module and from the standard packages.
#[must_use]
pub fn check_files(files: &PackageFiles, find_std: FindStd) -> Checked {
    on_deep_stack(|| {
        let loader = PackageLoader::new(files.module.clone(), find_std);
        let mut checker = Checker::new(Box::new(loader));
        let (trees, broken) = parse_package(&files.files, &mut checker.session);
        // After a syntax error, declarations are missing: what the checker says would mislead.
        let package = checker.check_package("main", if broken { &[] } else { &trees }, broken);
        put_in_order(&mut checker);
        Checked { checker, package, broken }
    })
}

/// Puts the diagnostics into source order. Of equal messages on one line the first is enough.
fn put_in_order(checker: &mut Checker) {
    let mut errors = std::mem::take(&mut checker.session.errors);
    golite_diag::sort(&mut errors);
    let mut seen = HashSet::new();
    let map = &checker.session.map;
    errors.retain(|error| {
        let line = map.file_of(error.at).map(|file| (file, map.locate(error.at).map(|(_, at)| at.line)));
        seen.insert((line, error.message.clone()))
    });
    checker.session.errors = errors;
}
