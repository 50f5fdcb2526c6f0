//! From files to a checked program with all its diagnostics.

use std::collections::HashSet;
use std::sync::Arc;

use golite_diag::{Code, Diagnostic, Severity};
use golite_runtime::settings::MainPackage;
use golite_source::{SourceMap, Span, sym};
use golite_syntax::ast::{Decl, File, FuncDecl};
use golite_types::{Checker, ObjId, ObjKind, PkgId, Session};

use crate::load::{LoadError, PackageFiles, load_paths};
use crate::loader::{
    FindStd, PackageLoader, ParsedPackage, find_std, find_std_traced, is_script, parse_program,
};
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
    /// What it is called, if it is one of a module.
    pub(crate) main: Option<MainPackage>,
    /// The files of the package.
    trees: Vec<File>,
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

    /// The offset of the first byte of the first file: that of a script.
    pub(crate) fn script_base(&self) -> u32 {
        self.sources().files().first().map_or(0, |file| file.base)
    }

    /// Adds warnings to a program without errors.
    pub fn warn(&mut self) {
        if self.has_errors() || self.broken {
            return;
        }
        let (checker, trees, package) = (&mut self.checker, &self.trees, self.package);
        let warnings = on_deep_stack(|| checker.warnings(package, trees));
        self.checker.session.errors.extend(warnings);
        put_in_order(&mut self.checker);
    }

    /// Whether something is wrong or looks so.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        self.diagnostics().iter().any(|diagnostic| diagnostic.severity == Severity::Warning)
    }

    /// Reports what `check` allows and `run` does not: functions without body.
    pub fn check_runnable(&mut self) {
        if !self.has_errors() {
            self.checker.report_missing_bodies();
            put_in_order(&mut self.checker);
        }
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
    let files = load_paths(paths)?;
    // A program that may look at its leaks is traced too.
    let inspects = files.files.iter().any(|file| file.text.contains("\"golite/inspect\""));
    Ok(check_files(&files, if inspects { find_std_traced } else { find_std }))
}

/// As `check_paths`, for a program that is looked at for leaks when it has ended.
///
/// # Errors
/// As `check_paths`.
pub fn check_paths_traced(paths: &[String]) -> Result<Checked, LoadError> {
    Ok(check_files(&load_paths(paths)?, find_std_traced))
}

/// Checks a package; imports come from its module and from the standard packages.
#[must_use]
pub fn check_files(files: &PackageFiles, find_std: FindStd) -> Checked {
    check_prepared(files, find_std, &mut |_, _| {})
}

/// As `check_files`; the trees can be changed before they are checked.
pub(crate) fn check_prepared(
    files: &PackageFiles,
    find_std: FindStd,
    prepare: &mut (dyn FnMut(&mut ParsedPackage, &mut Session) + Send),
) -> Checked {
    let mut loader = PackageLoader::new(files.module.clone(), find_std);
    if files.files.len() == 1 && is_script(&files.files[0]) {
        loader = loader.for_script(files.folder.clone());
    }
    check_with(files, loader, prepare)
}

/// As `check_prepared`, with imports from elsewhere.
pub(crate) fn check_with(
    files: &PackageFiles,
    loader: PackageLoader,
    prepare: &mut (dyn FnMut(&mut ParsedPackage, &mut Session) + Send),
) -> Checked {
    on_deep_stack(|| {
        let mut checker = Checker::new(Box::new(loader));
        let mut parsed = parse_program(&files.files, &mut checker.session);
        prepare(&mut parsed, &mut checker.session);
        let package = checker.check_package("main", &parsed.trees, parsed.broken);
        drop_consequences(&mut checker, &parsed);
        if !checker.session.errors.iter().any(|error| error.severity == Severity::Error) {
            check_directives(&mut checker, &mut parsed);
        }
        put_in_order(&mut checker);
        let main = files.main_package();
        Checked { checker, package, broken: parsed.broken, main, trees: parsed.trees }
    })
}

/// Drops what the checker says about declarations with syntax errors: who knows what they mean. And about names that
/// are declared in what could not be read.
fn drop_consequences(checker: &mut Checker, parsed: &ParsedPackage) {
    if !parsed.broken {
        return;
    }
    let mut errors = std::mem::take(&mut checker.session.errors);
    let lost: Vec<String> =
        parsed.lost.iter().map(|name| format!("undefined: {}", checker.name(*name))).collect();
    let broken = |error: &Diagnostic| {
        parsed.broken_decls.iter().any(|decl| decl.start <= error.at && error.at < decl.end)
    };
    let is_syntax = |error: &Diagnostic| matches!(error.code, Code::Syntax | Code::BadToken | Code::Nesting);
    errors.retain(|error| {
        if is_syntax(error) {
            return true;
        }
        let is_lost = error.code == Code::Undefined && lost.contains(&error.message);
        // That a name stands twice is true of what could be read, too.
        !(is_lost || error.code != Code::Redeclared && broken(error))
    });
    checker.session.errors = errors;
}

/// What is said of directives where nothing else is wrong.
fn check_directives(checker: &mut Checker, parsed: &mut ParsedPackage) {
    checker.session.errors.append(&mut parsed.late);
    for at in &parsed.bodiless {
        let decls = parsed.trees.iter().flat_map(|tree| &tree.decls);
        let mut funcs = decls.filter_map(|decl| match decl {
            Decl::Func(func) => Some(func),
            Decl::Var(_) | Decl::Const(_) | Decl::Type(_) => None,
        });
        let has_body =
            |func: &&Arc<FuncDecl>| func.span.start <= *at && *at < func.span.end && func.has_body();
        if let Some(func) = funcs.find(has_body) {
            let span = Span::new(*at, func.name.span.end);
            let message = "can only use //go:noescape with external func implementations";
            checker.session.errors.push(Diagnostic::error(Code::BadDirective, span, message));
        }
    }
    if parsed.linknames.is_empty() {
        return;
    }
    let mut declared = HashSet::new();
    for decl in parsed.trees.iter().flat_map(|tree| &tree.decls) {
        match decl {
            Decl::Func(func) if func.receiver.is_none() => _ = declared.insert(checker.name(func.name.name)),
            Decl::Var(spec) => declared.extend(spec.names.iter().map(|name| checker.name(name.name))),
            Decl::Func(_) | Decl::Const(_) | Decl::Type(_) => {}
        }
    }
    let mut linked = HashSet::new();
    let mut errors = Vec::new();
    for (span, local, may_link) in &parsed.linknames {
        let message = if !may_link {
            "//go:linkname only allowed in Go files that import \"unsafe\"".to_string()
        } else if !declared.contains(local.as_str()) {
            "//go:linkname must refer to declared function or variable".to_string()
        } else if !linked.insert(local) {
            format!("duplicate //go:linkname for {local}")
        } else {
            continue;
        };
        errors.push(Diagnostic::error(Code::BadDirective, *span, message));
    }
    checker.session.errors.append(&mut errors);
}

/// Puts the diagnostics into source order, each once.
fn put_in_order(checker: &mut Checker) {
    golite_diag::sort(&mut checker.session.errors);
}
