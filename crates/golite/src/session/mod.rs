//! Sessions: inputs that are checked, compiled and run one after the other in one VM.
//!
//! What an input declares is there for those after it; a name that is declared again stands for the new
//! thing. An input that is wrong, panics or is interrupted leaves the names as they were. Goroutines that
//! an input started go on: during the next input, or in `run_background`.
//!
//! What happens to old things when a name is declared again:
//! - a variable of the same type is the same variable, with its new value; of another type it is a new
//!   one, and functions that were there before go on with the old one;
//! - a function of the same type replaces the old one everywhere; of another type, or generic, only for
//!   what comes after it;
//! - a type is a new type: values of the old one keep it, messages call it `T·1`;
//! - a method replaces the one that its type had, or joins the type.
//!
//! The last statement of an input, if it is an expression with values, is shown. The first of its values
//! is kept as `_1`, and as `ans`; those of the inputs before are `_2` and `_3`.

use std::collections::HashMap;

use golite_bytecode::print::print_function;
use golite_bytecode::{Body, FuncIx, GlobalIx};
use golite_compiler::FuncKey;
use golite_diag::Diagnostic;
use golite_runtime::host::Host;
use golite_source::{SourceMap, Span, Symbol};
use golite_syntax::ast::Decl;
use golite_types::{CheckedInput, Checker, DeclRef, InputPackage, ObjId, ObjKind};
use golite_vm::{InputEnd, Vm};

pub use golite_gc::HeapStats;
pub use golite_vm::{Answer, Background, HeapView, Held, ObjectLine, ObjectView, Step, TypeUse, Watcher};

mod anew;
mod input;
mod look;
mod memory;
mod saved;
mod text;
mod tree;
mod waiting;

use input::{CheckedText, Last, Show, check_file, without_clause};
pub use look::Usage;
pub(crate) use look::{constant_too_large, same_code};
pub use saved::{Saved, as_script};
pub(crate) use text::PREDECLARED;
pub use text::{Part, is_incomplete, package_paths, parts};
pub use tree::tokens_text;

use crate::load::GoModule;
use crate::loader::{PackageLoader, find_std};
use crate::program::Program;
use crate::run::RunConfig;

/// The function that runs the statements of an input, in tracebacks.
const INPUT_NAME: &str = "<input>";

/// How many values of inputs before are kept.
const KEPT_VALUES: usize = 3;

/// What came of an input.
#[derive(Debug)]
pub enum Reply {
    /// It is wrong; nothing has happened.
    Errors(Vec<Diagnostic>),
    /// It has run to its end.
    Done(Done),
    /// It panicked, or met a fatal error or a limit; the report has been written.
    Failed,
    /// It called `os.Exit` with this status.
    Exit(i32),
    /// It is a name or constant that has no value to be kept; what it is has been written.
    Described,
    /// It was interrupted, perhaps while it waited for something: Go's words for that.
    Interrupted(Option<&'static str>),
}

/// An input that has run to its end.
#[derive(Debug, Default)]
pub struct Done {
    /// The types of the values that were shown, as the user writes them.
    pub shown: Option<String>,
    /// What it declared, a line each: `f : func(int) int`.
    pub declared: Vec<String>,
    /// What happened to names that were there before.
    pub notes: Vec<String>,
    /// Paths of packages that it was the first to use.
    pub imported: Vec<String>,
    /// Texts that waited and are declared now, and what each declared.
    pub also: Vec<(String, Vec<String>)>,
}

/// A name of a session, for lists of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The name.
    pub name: String,
    /// Whether it is a variable, constant, function or type.
    pub kind: NamedKind,
    /// The type parameters of a generic type, with brackets.
    pub params: String,
    /// Its type as the user writes it; for types what they are.
    pub ty: String,
}

/// What a name of a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NamedKind {
    /// A variable.
    Var,
    /// A constant.
    Const,
    /// A function.
    Func,
    /// A type.
    Type,
}

/// A VM and what has been declared in it. It lives on one thread, which needs a deep stack: see
/// `on_deep_stack`.
pub struct Session {
    vm: Box<Vm>,
    package: InputPackage,
    inputs: u32,
    /// The values shown last, newest first.
    values: Vec<ObjId>,
    /// Functions that were replaced, with what replaced them last.
    replaced: HashMap<ObjId, Vec<FuncIx>>,
    /// How often each type name was declared again.
    type_versions: HashMap<Symbol, u32>,
    /// How the next value is shown.
    show: Show,
    /// Variables for values, used in turn.
    spare: Vec<ObjId>,
    /// The one of them that gets the value of the input that runs.
    value: Option<ObjId>,
    /// Inputs that may be taken away.
    passing: Option<memory::Passing>,
    /// Inputs that leave something.
    past: Option<memory::PastInputs>,
    /// How the input that is checked, or has been, was read.
    reading: Option<memory::Reading>,
    /// How often types had got methods when the VM last took all over.
    fills_taken: usize,
    /// Declarations that wait for names.
    waiting: Vec<waiting::Waiting>,
    /// What an input that has errors declares, if it does nothing else.
    failed: Option<Vec<Decl>>,
    /// Declarations that waited are being declared.
    silent: bool,
    /// Who watches the next input, and the variable that gets its value.
    watcher: Option<(Option<GlobalIx>, Box<dyn Watcher>)>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl Session {
    /// A session without names.
    ///
    /// # Errors
    /// When the VM cannot be made; the message is a whole line.
    pub fn new(config: RunConfig, host: Box<dyn Host>) -> Result<Session, String> {
        let folder = std::path::PathBuf::from(".");
        let module = GoModule::of_folder(&folder).map_err(|error| format!("{}\n", error.0))?;
        let loader = PackageLoader::new(module, find_std).for_script(folder);
        let mut checker = Checker::new(Box::new(loader));
        checker.unsafe_forbidden = !config.allow_unsafe;
        let package = checker.begin_inputs();
        let program = Program::for_session(checker, package.pkg);
        let config = config.to_vm(&*host, &program)?;
        let vm = Vm::new(config, host, Box::new(program));
        let mut vm = vm.map_err(|error| format!("golite: {error}\n"))?;
        vm.begin_session()?;
        let (values, replaced, type_versions) = Default::default();
        Ok(Session {
            vm,
            package,
            inputs: 0,
            values,
            replaced,
            type_versions,
            show: Show::Cut,
            spare: Vec::new(),
            value: None,
            passing: None,
            past: None,
            reading: None,
            fills_taken: 0,
            waiting: Vec::new(),
            failed: None,
            silent: false,
            watcher: None,
        })
    }

    fn program(&mut self) -> &mut Program {
        self.vm
            .loader()
            .as_any()
            .and_then(|loader| loader.downcast_mut())
            .expect("the VM was made with a program")
    }

    fn checker(&mut self) -> &mut Checker {
        &mut self.program().compiler.checker
    }

    /// The files that diagnostics are about.
    pub fn sources(&mut self) -> &SourceMap {
        &self.checker().session.map
    }

    /// Checks, compiles and runs an input.
    pub fn eval(&mut self, text: &str) -> Reply {
        match self.check(text) {
            Ok((input, count)) => self.run(input, count),
            // Those that waited do so no more, even if they have errors.
            Err(errors) if self.silent => Reply::Errors(errors),
            Err(errors) if let Some(line) = self.description(text, &errors) => {
                self.write(1, format!("{line}\n").as_bytes());
                Reply::Described
            }
            Err(errors) => self.wait(text, errors),
        }
    }

    fn run(&mut self, input: CheckedInput, count: usize) -> Reply {
        let before = self.vm.deferred_count();
        match self.run_main(&input) {
            InputEnd::Finished => {
                let mut done = self.keep(input, count);
                match self.vm.deferred_count() - before {
                    0 => {}
                    1 => {
                        done.notes.push("the deferred call runs when the session ends or begins again".into())
                    }
                    _ => {
                        done.notes.push("the deferred calls run when the session ends or begins again".into())
                    }
                }
                self.tidy_past();
                self.names_declared(&mut done);
                Reply::Done(done)
            }
            end => self.failed(input, end),
        }
    }

    /// Runs the statements of an input.
    fn run_main(&mut self, input: &CheckedInput) -> InputEnd {
        self.prepare(input);
        self.prepare_value(input);
        let program = self.program();
        let func = program.compiler.func_ix(FuncKey::Decl(input.main, Vec::new()));
        self.input_runs(input, func);
        match self.vm.start_input(func) {
            Ok(started) => {
                self.vm.keep_deferred(started);
                if let Some((result, watcher)) = self.watcher.take() {
                    self.vm.watch(started, result, watcher);
                }
                self.vm.run_input(started)
            }
            Err(message) => {
                self.write(2, format!("golite: {message}\n").as_bytes());
                InputEnd::Failed
            }
        }
    }

    /// Runs the deferred call that is the next to run, if there is one.
    pub fn run_deferred(&mut self) -> Option<Reply> {
        let end = match self.vm.start_deferred()? {
            Ok(started) => self.vm.run_input(started),
            Err(message) => {
                self.write(2, format!("golite: {message}\n").as_bytes());
                InputEnd::Failed
            }
        };
        Some(match end {
            InputEnd::Finished => Reply::Described,
            InputEnd::Failed => Reply::Failed,
            InputEnd::Exit(status) => Reply::Exit(status),
            InputEnd::Interrupted(waited) => Reply::Interrupted(waited),
        })
    }

    /// Takes away what is left of an input that has not come to its end.
    fn failed(&mut self, input: CheckedInput, end: InputEnd) -> Reply {
        let changed = input.changed().next().is_some();
        self.checker().drop_input(input);
        if changed {
            self.refill_methods();
        }
        match end {
            InputEnd::Finished | InputEnd::Failed => Reply::Failed,
            InputEnd::Exit(status) => Reply::Exit(status),
            InputEnd::Interrupted(waited) => Reply::Interrupted(waited),
        }
    }

    /// The type of an expression, or what is wrong with it. Nothing is run.
    ///
    /// # Errors
    /// What is wrong.
    pub fn type_of(&mut self, text: &str) -> Result<String, Vec<Diagnostic>> {
        let (input, count) = match self.check(text) {
            Ok(checked) => checked,
            Err(errors) => {
                let line = self.description(text, &errors).ok_or(errors)?;
                return Ok(line.rsplit_once(" : ").map_or(line.clone(), |(_, ty)| ty.to_string()));
            }
        };
        let shown = self.value_types(&input, count);
        self.checker().drop_input(input);
        Ok(shown.unwrap_or_else(|| "no value".into()))
    }

    /// Whether a goroutine that no input waits for has failed since this was asked last.
    pub fn take_others_failed(&mut self) -> bool {
        self.vm.take_others_failed()
    }

    /// Lets goroutines run that no input waits for. Says what they do then.
    pub fn run_background(&mut self) -> Background {
        let state = self.vm.run_background();
        if state != Background::Running {
            self.flush();
        }
        state
    }

    /// Writes to one of the program's streams, behind what the program wrote.
    pub fn write(&mut self, fd: i32, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.vm.rt.host.write(fd, rest) {
                // Nobody reads it.
                Ok(0) | Err(_) => return,
                Ok(count) => rest = &rest[count..],
            }
        }
    }

    /// Writes out what is buffered of the program's output.
    pub fn flush(&mut self) {
        // Who does not read it any more does not want it.
        let _ = self.vm.rt.host.flush();
    }

    /// The VM, to look into.
    pub fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }

    /// The names that have been declared, in order.
    pub fn names(&mut self) -> Vec<Named> {
        let package = self.package;
        let checker = self.checker();
        let mut names: Vec<Named> = checker
            .session_names(package)
            .into_iter()
            .filter_map(|(name, obj)| {
                let name = checker.name(name).to_string();
                let object = checker.object(obj).clone();
                let (kind, ty) = match &object.kind {
                    ObjKind::Var(_) => (NamedKind::Var, object.ty),
                    ObjKind::Const(_) => (NamedKind::Const, object.ty),
                    ObjKind::Func => (NamedKind::Func, object.ty),
                    ObjKind::TypeName => (NamedKind::Type, checker.types.underlying(object.ty)),
                    ObjKind::PkgName(_) | ObjKind::Builtin(_) | ObjKind::Nil => return None,
                };
                let params = match &object.decl {
                    DeclRef::Type(spec) if !spec.type_params.is_empty() => {
                        let between = Span::new(spec.name.span.end, spec.ty.span.start);
                        checker.session.map.text(between).trim_end().to_string()
                    }
                    _ => String::new(),
                };
                Some(Named { name, kind, params, ty: checker.show_in(ty, package.pkg) })
            })
            .collect();
        names.sort_by(|a, b| a.name.cmp(&b.name));
        names
    }

    /// The packages that have been imported: names and paths.
    pub fn imports(&mut self) -> Vec<(String, String)> {
        let package = self.package;
        let checker = self.checker();
        let mut imports: Vec<(String, String)> = checker
            .session_imports(package)
            .into_iter()
            .map(|(name, pkg)| (checker.name(name).to_string(), checker.package(pkg).path.to_string()))
            .filter(|(name, _)| !name.starts_with('·'))
            .collect();
        imports.sort();
        imports
    }

    /// The bytecode of a function that has been declared.
    ///
    /// # Errors
    /// That there is no such function, or what the compiler says.
    pub fn listing(&mut self, name: &str) -> Result<String, String> {
        let missing = || format!("there is no function {name}");
        let obj = self.declared_object(name).ok_or_else(missing)?;
        if !matches!(self.checker().object(obj).kind, ObjKind::Func) {
            return Err(missing());
        }
        let program = self.program();
        if program.is_generic(obj) {
            return Err(format!("{name} is generic: it has code only for the types it is used with"));
        }
        let func = program.compiler.func_ix(FuncKey::Decl(obj, Vec::new()));
        program.compile(func)?;
        if matches!(program.compiler.module.functions[func.index()].body, Body::Native { .. }) {
            return Err(format!("{name} is part of go-lite itself: it has no bytecode"));
        }
        let map = &program.compiler.checker.session.map;
        let module = &program.compiler.module;
        let source_line = |file: u32, line: u32| -> Option<String> {
            let name = module.files.get(file as usize)?;
            let file = map.files().iter().find(|file| *file.name == **name)?;
            Some(file.line_text(line).to_string())
        };
        Ok(print_function(module, func, &source_line))
    }

    /// What a name or `T.Method` stands for.
    fn declared_object(&mut self, name: &str) -> Option<ObjId> {
        let package = self.package;
        let (base, method) = match name.split_once('.') {
            Some((base, method)) => (base.trim_matches(['(', '*', ')']), Some(method)),
            None => (name, None),
        };
        let checker = self.checker();
        let symbol = checker.session.names.intern(base);
        let Some(obj) = checker.session_name(package, symbol) else {
            return self.library_object(symbol, method?);
        };
        let checker = self.checker();
        let Some(method) = method else { return Some(obj) };
        let method = checker.session.names.intern(method);
        checker.declared_method(checker.object(obj).ty, method)
    }

    /// What a member of a package, or `Type.Method` of one, stands for.
    fn library_object(&mut self, name: Symbol, member: &str) -> Option<ObjId> {
        let package = self.package;
        let name_text = self.checker().name(name).to_string();
        // It is checked as what a program uses.
        let text = match member.split_once('.') {
            Some((base, method)) => format!("(*{name_text}.{base}).{method}"),
            None => format!("{name_text}.{member}"),
        };
        self.show = Show::Not;
        let checked = self.check(&text);
        let checker = self.checker();
        match checked {
            Ok((input, _)) => checker.drop_input(input),
            // A generic function is there nonetheless.
            Err(errors) if errors.iter().all(|error| error.message.ends_with("without instantiation")) => {}
            Err(_) => return None,
        }
        let pkg = checker.package_by_name(package, name)?;
        let (base, method) =
            member.split_once('.').map_or((member, None), |(base, method)| (base, Some(method)));
        let base = checker.session.names.intern(base);
        let obj = checker.lazy_member(pkg, base)?;
        let Some(method) = method else { return Some(obj) };
        let method = checker.session.names.intern(method);
        checker.declared_method(checker.object(obj).ty, method)
    }

    // ---- checking

    fn check(&mut self, text: &str) -> Result<(CheckedInput, usize), Vec<Diagnostic>> {
        self.check_as(text, Last::Values(1)).map(|checked| (checked.input, checked.count))
    }

    fn check_as(&mut self, text: &str, last: Last) -> Result<CheckedText, Vec<Diagnostic>> {
        self.input_begins();
        self.check_text(text, last)
    }

    fn check_text(&mut self, text: &str, last: Last) -> Result<CheckedText, Vec<Diagnostic>> {
        self.inputs += 1;
        self.failed = None;
        let name = format!("<{}>", self.inputs);
        let text = without_clause(text);
        let package = self.package;
        let show = std::mem::take(&mut self.show);
        self.reading_begins(&text, show);
        let checker = self.checker();
        let id = checker.session.map.add(name, text);
        let checked = check_file(checker, package, id, last, show).map_err(|wrong| {
            self.failed = wrong.only_declares;
            wrong.errors
        })?;
        if let Some(reading) = &mut self.reading {
            reading.last = checked.last;
        }
        Ok(checked)
    }

    fn value_types(&mut self, input: &CheckedInput, count: usize) -> Option<String> {
        let package = self.package;
        let checker = self.checker();
        let types: Vec<String> = (1..=count)
            .filter_map(|number| {
                let name = checker.session.names.intern(&format!("·{number}"));
                let obj = input.names.iter().find(|(other, _)| *other == name)?.1;
                Some(checker.show_in(checker.object(obj).ty, package.pkg))
            })
            .collect();
        match &types[..] {
            [] => None,
            [one] => Some(one.clone()),
            many => Some(format!("({})", many.join(", "))),
        }
    }

    // ---- before and after a run

    /// Variables that are declared again with their type keep their place; types get their new methods.
    fn prepare(&mut self, input: &CheckedInput) {
        let package = self.package;
        let compiler = &mut self.program().compiler;
        for (name, obj) in &input.names {
            let Some(old) = compiler.checker.session_name(package, *name) else { continue };
            let is_var = |checker: &Checker, obj: ObjId| matches!(checker.object(obj).kind, ObjKind::Var(_));
            if is_var(&compiler.checker, *obj) && is_var(&compiler.checker, old) {
                let (new_ty, old_ty) = (compiler.checker.object(*obj).ty, compiler.checker.object(old).ty);
                if compiler.checker.types.identical(new_ty, old_ty) {
                    compiler.share_global(*obj, old);
                }
            }
        }
        if input.changed().next().is_some() {
            self.refill_methods();
        }
    }

    fn refill_methods(&mut self) {
        self.program().compiler.refill_methods();
    }

    fn keep(&mut self, mut input: CheckedInput, count: usize) -> Done {
        let package = self.package;
        let shown = self.value_types(&input, count);
        let mut done = Done { shown, ..Done::default() };
        let results = self.take_results(&mut input);
        let value = results.first().map(|first| self.value_variable(*first));
        self.keep_variables(&mut input, &mut done);
        let new_value = value.filter(|(_, known)| !known).map(|(value, _)| value);
        let checker = self.checker();
        if new_value.is_some() || input.leaves_something(checker, package) {
            self.input_stays(&input, new_value);
        }
        let checker = self.checker();
        let imported = input.imported(checker, package).into_iter();
        done.imported = imported.filter(|path| !path.starts_with("internal/")).collect();
        done.imported.sort();
        self.keep_names(input, &mut done);
        if let Some((value, _)) = value {
            self.keep_value(value);
        }
        done
    }

    /// The variables of the values of an input, which are no names of it any more.
    fn take_results(&mut self, input: &mut CheckedInput) -> Vec<ObjId> {
        let checker = self.checker();
        let mut results: Vec<(String, ObjId)> = Vec::new();
        input.names.retain(|(name, obj)| {
            let text = checker.name(*name);
            let result = text.starts_with('·');
            if result {
                results.push((text.to_string(), *obj));
            }
            !result
        });
        results.sort();
        results.into_iter().map(|(_, obj)| obj).collect()
    }

    /// What an input declares is part of the session from now on.
    fn keep_names(&mut self, mut input: CheckedInput, done: &mut Done) {
        let package = self.package;
        let methods = std::mem::take(&mut input.methods);
        let changed: Vec<_> = input.changed().cloned().collect();
        let checker = self.checker();
        let mut names = checker.keep_input(package, input);
        names.sort_by_key(|(_, obj, _)| checker.object(*obj).span.start);
        for (name, obj, old) in names {
            self.declared(name, obj, old, done);
        }
        for method in methods {
            self.declared_method(method, &changed, done);
        }
    }

    /// A variable that is declared again with its type is the old one.
    fn keep_variables(&mut self, input: &mut CheckedInput, done: &mut Done) {
        let package = self.package;
        let checker = self.checker();
        let mut same: Vec<(u32, String)> = Vec::new();
        input.names.retain(|(name, obj)| {
            let Some(old) = checker.session_name(package, *name) else { return true };
            let is_var = |obj: ObjId| matches!(checker.object(obj).kind, ObjKind::Var(_));
            let (new_ty, old_ty) = (checker.object(*obj).ty, checker.object(old).ty);
            if !is_var(*obj) || !is_var(old) || !checker.types.identical(new_ty, old_ty) {
                return true;
            }
            let line = format!("{} : {}", checker.name(*name), checker.show_in(new_ty, package.pkg));
            same.push((checker.object(*obj).span.start, line));
            false
        });
        same.sort();
        done.declared.extend(same.into_iter().map(|(_, line)| line));
    }

    fn keep_value(&mut self, obj: ObjId) {
        self.values.insert(0, obj);
        self.values.truncate(KEPT_VALUES);
        self.bind_values();
    }

    /// The names of values stand for the values there are.
    fn bind_values(&mut self) {
        for (i, obj) in self.values.clone().into_iter().enumerate() {
            self.bind_value(i, obj);
        }
    }

    fn bind_value(&mut self, index: usize, obj: ObjId) {
        let package = self.package;
        let checker = self.checker();
        let name = checker.session.names.intern(&format!("_{}", index + 1));
        checker.bind_session_name(package, name, obj);
        if index == 0 {
            let ans = checker.session.names.intern("ans");
            checker.bind_session_name(package, ans, obj);
        }
    }

    /// A name has been declared, perhaps again.
    fn declared(&mut self, name: Symbol, obj: ObjId, old: Option<ObjId>, done: &mut Done) {
        let pkg = self.package.pkg;
        let checker = self.checker();
        let text = checker.name(name).to_string();
        let object = checker.object(obj);
        let ty = checker.show_in(object.ty, pkg);
        match &object.kind {
            ObjKind::Var(_) | ObjKind::Const(_) | ObjKind::Func => {
                done.declared.push(format!("{text} : {ty}"));
            }
            ObjKind::TypeName => done.declared.push(format!("type {text}")),
            ObjKind::PkgName(_) | ObjKind::Builtin(_) | ObjKind::Nil => {}
        }
        let Some(old) = old.filter(|old| *old != obj) else { return };
        let (new_ty, old_ty) = (object.ty, checker.object(old).ty);
        let kinds = (object.kind.clone(), checker.object(old).kind.clone());
        match kinds {
            (ObjKind::Func, ObjKind::Func) => self.replace(&text, obj, old, done),
            (ObjKind::Var(_), ObjKind::Var(_)) if !checker.types.identical(new_ty, old_ty) => {
                let old_ty = checker.show_in(old_ty, pkg);
                done.notes.push(format!(
                    "{text} is a new variable: functions from before use the old one, of type {old_ty}"
                ));
            }
            (_, ObjKind::TypeName) => {
                let is_alias = checker.object(old).alias;
                if !is_alias {
                    let version = self.type_versions.entry(name).or_insert(0);
                    *version += 1;
                    let old_name = format!("{text}·{version}");
                    let checker = self.checker();
                    checker.rename(old, &old_name);
                    done.notes
                        .push(format!("values of the old type {text} keep it; it is shown as {old_name}"));
                }
            }
            _ => {}
        }
    }

    /// Calls of the old function run the new one, if they can.
    fn replace(&mut self, name: &str, new: ObjId, old: ObjId, done: &mut Done) {
        let program = self.program();
        if !program.replaces(new, old) {
            done.notes.push(format!("functions from before call the old {name}"));
            return;
        }
        let compiler = &mut program.compiler;
        let to = compiler.func_ix(FuncKey::Decl(new, Vec::new()));
        let from = compiler.func_ix(FuncKey::Decl(old, Vec::new()));
        let mut all = self.replaced.remove(&old).unwrap_or_default();
        all.push(from);
        if let Err(message) = self.vm.redirect(&all, to) {
            done.notes.push(format!("functions from before call the old {name}: {message}"));
        }
        self.replaced.insert(new, all);
    }

    fn declared_method(
        &mut self,
        method: ObjId,
        changed: &[(golite_types::NamedId, Vec<ObjId>)],
        done: &mut Done,
    ) {
        let pkg = self.package.pkg;
        let program = self.program();
        let name = program.compiler.declared_name_of(method);
        let name = name.strip_prefix("main.").unwrap_or(&name).to_string();
        let checker = &program.compiler.checker;
        let symbol = checker.object(method).name;
        let ty = checker.show_in(checker.object(method).ty, pkg);
        done.declared.push(format!("{name} : {ty}"));
        let receiver = checker.object(method).receiver.and_then(|ty| checker.types.as_named(ty));
        let before = changed.iter().find(|(named, _)| Some(*named) == receiver);
        let pointer = checker.object(method).pointer_receiver;
        let old = before
            .and_then(|(_, methods)| methods.iter().copied().find(|old| checker.object(*old).name == symbol));
        let Some(old) = old else { return };
        if checker.object(old).pointer_receiver == pointer {
            self.replace(&name, method, old, done);
        } else {
            done.notes.push(format!("functions from before call the old {name}"));
        }
    }
}
