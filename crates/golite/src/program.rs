//! A program that can be compiled, listed and run.

use golite_bytecode::print::print_function;
use golite_bytecode::{Body, FuncIx, Module, Verifier, verify_function};
use golite_compiler::{Compiler, FuncKey};
use golite_runtime::settings::MainPackage;
use golite_source::sym;
use golite_types::{ObjId, ObjKind, PkgId};

use crate::check::Checked;
use crate::stack::on_deep_stack;

/// Files of standard packages have names that begin so.
const STD_ROOT: &str = "$GOROOT/";

/// Why a checked package cannot be run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotRunnable {
    /// It has errors; the diagnostics tell.
    Errors,
    /// It is not `package main`.
    NotMain,
    /// It has no function main.
    NoMain,
}

impl NotRunnable {
    /// The message, with Go's words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            NotRunnable::Errors => "the program has errors",
            NotRunnable::NotMain => "package command-line-arguments is not a main package",
            NotRunnable::NoMain => "function main is undeclared in the main package",
        }
    }
}

/// A program without errors. Its functions are compiled when they are first needed.
#[derive(Debug)]
pub struct Program {
    pub(crate) compiler: Compiler,
    pub(crate) package: PkgId,
    pub(crate) entry: FuncIx,
    /// What it is called, if it is a package of a module.
    pub(crate) main: Option<MainPackage>,
    verifier: Verifier,
}

impl Program {
    /// Makes a program of a package that has been checked.
    ///
    /// # Errors
    /// When it has errors, or no main.
    pub fn new(checked: Checked) -> Result<Program, NotRunnable> {
        if checked.has_errors() || checked.broken {
            return Err(NotRunnable::Errors);
        }
        if checked.checker.package(checked.package).name != sym::MAIN {
            return Err(NotRunnable::NotMain);
        }
        if checked.main().is_none() {
            return Err(NotRunnable::NoMain);
        }
        let Checked { checker, package, main, .. } = checked;
        let mut compiler = Compiler::new(checker);
        let entry = compiler.add_program(package);
        Ok(Program { compiler, package, entry, main, verifier: Verifier::new() })
    }

    /// A program of which a host calls functions: it need not have a main. It has no errors.
    pub(crate) fn of_host(checked: Checked) -> Program {
        let Checked { checker, package, main, .. } = checked;
        let mut compiler = Compiler::new(checker);
        let entry = compiler.add_program(package);
        Program { compiler, package, entry, main, verifier: Verifier::new() }
    }

    /// A program without functions, for a session that adds them.
    pub(crate) fn for_session(checker: golite_types::Checker, package: PkgId) -> Program {
        let mut compiler = Compiler::new(checker);
        compiler.replaceable = true;
        let entry = compiler.add_program(package);
        Program { compiler, package, entry, main: None, verifier: Verifier::new() }
    }

    /// Whether a function of a session takes the place of another one: both are functions without type parameters,
    /// of the same type.
    pub(crate) fn replaces(&mut self, new: ObjId, old: ObjId) -> bool {
        let checker = &mut self.compiler.checker;
        let is_func = |obj: ObjId| matches!(checker.object(obj).kind, ObjKind::Func);
        if !is_func(new) || !is_func(old) {
            return false;
        }
        let types = (checker.object(new).ty, checker.object(old).ty);
        checker.types.identical(types.0, types.1) && !self.is_generic(new) && !self.is_generic(old)
    }

    /// The package that was asked for.
    #[must_use]
    pub fn package(&self) -> PkgId {
        self.package
    }

    /// Where the program first uses `unsafe.Pointer` or a function with pointers of package unsafe, as
    /// `file:line:column`: neither limits nor permissions hold for what it does with them.
    #[must_use]
    pub fn unsafe_use(&self) -> Option<String> {
        let checker = &self.compiler.checker;
        let (file, line, column) = checker.session.map.place(checker.unsafe_use?.start)?;
        Some(format!("{file}:{line}:{column}"))
    }

    /// The function that initialises all packages and calls main.
    #[must_use]
    pub fn entry(&self) -> FuncIx {
        self.entry
    }

    /// What has been compiled so far.
    #[must_use]
    pub fn module(&self) -> &Module {
        &self.compiler.module
    }

    /// Compiles the functions of the program's packages, whether they are called or not. Generic
    /// functions are compiled for the types they are used with, those of standard packages not at
    /// all: they are compiled when they are called.
    ///
    /// # Errors
    /// What the compiler says about the first function that it cannot compile, and what the verifier
    /// says about bad code (a defect of go-lite).
    pub fn compile_all(&mut self) -> Result<(), String> {
        on_deep_stack(|| {
            let functions: Vec<_> = self.user_packages().flat_map(|package| package.funcs.clone()).collect();
            for obj in functions {
                if !self.is_generic(obj) {
                    self.compiler.func_ix(FuncKey::Decl(obj, Vec::new()));
                }
            }
            let mut next = 0;
            while next < self.compiler.module.functions.len() {
                let func = FuncIx(next as u32);
                if !self.is_std(func) {
                    self.compile(func)?;
                }
                next += 1;
            }
            Ok(())
        })
    }

    /// Compiles and verifies everything that the program can reach, functions of standard packages
    /// included, for which nothing else compiles what is not called. Gives what is wrong, a line each.
    pub fn compile_reachable(&mut self) -> Vec<String> {
        on_deep_stack(|| {
            let mut problems = Vec::new();
            let mut next = 0;
            while next < self.compiler.module.functions.len() {
                let func = FuncIx(next as u32);
                if let Err(message) = self.compile(func) {
                    problems.push(format!("{}: {message}", self.compiler.module.functions[next].name));
                }
                next += 1;
            }
            problems
        })
    }

    fn user_packages(&self) -> impl Iterator<Item = &golite_types::Package> {
        self.compiler.checker.packages.iter().filter(|package| !package.std && !package.fake)
    }

    /// Whether a function or its receiver has type parameters.
    pub(crate) fn is_generic(&self, obj: golite_types::ObjId) -> bool {
        let checker = &self.compiler.checker;
        let object = checker.object(obj);
        debug_assert!(matches!(object.kind, ObjKind::Func));
        !object.type_params.is_empty()
            || matches!(checker.types.get(object.ty), golite_types::Type::Signature(sig) if !sig.type_params.is_empty())
    }

    /// Whether a function belongs to a standard package.
    fn is_std(&self, func: FuncIx) -> bool {
        let module = &self.compiler.module;
        let file = module.functions[func.index()].file as usize;
        module.files.get(file).is_some_and(|file| file.starts_with(STD_ROOT))
    }

    /// Compiles and verifies a function. Gives those that have to run before it.
    pub(crate) fn compile(&mut self, func: FuncIx) -> Result<Vec<FuncIx>, String> {
        let first = self.compiler.compile(func)?;
        self.verifier.verify_tables(&self.compiler.module).map_err(|error| error.to_string())?;
        verify_function(&self.compiler.module, func).map_err(|error| error.to_string())?;
        Ok(first)
    }

    /// The module has lost its last functions and variables.
    pub(crate) fn shrunk(&mut self) {
        self.verifier.shrunk(&self.compiler.module);
    }

    /// Functions that fit a name: `main.Name`, `Name`, or the part after the last slash of the
    /// package's path. Without a name: all compiled ones.
    fn select(&self, name: Option<&str>) -> Vec<FuncIx> {
        let functions = &self.compiler.module.functions;
        let fits = |full: &str| match name {
            None => true,
            Some(name) => full == name || full.strip_prefix("main.") == Some(name),
        };
        (0..functions.len() as u32)
            .map(FuncIx)
            .filter(|func| {
                let function = &functions[func.index()];
                let known = name.is_some() || matches!(function.body, Body::Code(_));
                known && fits(&function.name)
            })
            .collect()
    }

    /// The listing of all functions of the program, or of those of that name (`--func`), which may
    /// belong to a standard package if the program uses it.
    ///
    /// # Errors
    /// What the compiler says, or that there is no such function.
    pub fn listing(&mut self, name: Option<&str>) -> Result<String, String> {
        self.compile_all()?;
        let functions = self.select(name);
        if functions.is_empty() {
            return Err(format!("the program has no function {}", name.unwrap_or("main")));
        }
        on_deep_stack(|| {
            for func in &functions {
                self.compile(*func)?;
            }
            let map = &self.compiler.checker.session.map;
            let module = &self.compiler.module;
            let source_line = |file: u32, line: u32| -> Option<String> {
                let name = module.files.get(file as usize)?;
                let file = map.files().iter().find(|file| *file.name == **name)?;
                Some(file.line_text(line).to_string())
            };
            let texts: Vec<_> =
                functions.iter().map(|func| print_function(module, *func, &source_line)).collect();
            Ok(texts.join("\n"))
        })
    }
}
