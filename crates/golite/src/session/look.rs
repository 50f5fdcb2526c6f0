//! Looking into a session: the heap, goroutines, trees, completion.

use golite_diag::Diagnostic;
use golite_gc::HeapStats;
use golite_syntax::ast::Stmt;
use golite_types::{CheckedInput, DeclRef, ObjId};
use golite_vm::{HeapView, InputEnd, ObjectView, Watcher};

use super::input::{CheckedText, Last, Show, parse};
use super::text::{KEYWORDS, PREDECLARED};
use super::tree::tree_text;
use super::{Reply, Session};

/// What the VM has used so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    /// Steps of the interpreter.
    pub steps: u64,
    /// Objects allocated.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Collections, minor ones too.
    pub collections: u64,
}

/// Looking into the session.
impl Session {
    /// The next value that is shown is not cut.
    pub fn show_everything(&mut self) {
        self.show = Show::Full;
    }

    /// How many goroutines go on between inputs.
    pub fn goroutine_count(&mut self) -> usize {
        self.vm.kept_goroutines().len()
    }

    /// The goroutines that go on between inputs, with their stacks; empty if there are none.
    pub fn goroutines(&mut self) -> String {
        self.vm.kept_goroutines_text()
    }

    /// The source of a function, type, variable or constant that has been declared.
    pub fn source_of(&mut self, name: &str) -> Option<String> {
        let obj = self.declared_object(name)?;
        let package = self.package;
        let checker = self.checker();
        let object = checker.object(obj).clone();
        let span = match &object.decl {
            DeclRef::Func(decl) => Some(("", decl.span)),
            DeclRef::Type(spec) => Some(("type ", spec.span)),
            DeclRef::Const(spec, _) => Some(("const ", spec.span)),
            DeclRef::Var(..) | DeclRef::None => None,
        };
        match span {
            Some((before, span)) => {
                let text = checker.session.map.text(span);
                let before = if text.starts_with(before) { "" } else { before };
                Some(format!("{before}{text}"))
            }
            None => Some(format!("var {name} {}", checker.show_in(object.ty, package.pkg))),
        }
    }

    /// What an input is that consists of an expression without value that can be kept: a type, a generic
    /// function, a built-in function, `nil`, a constant too large for its type.
    pub(super) fn description(&mut self, text: &str, errors: &[Diagnostic]) -> Option<String> {
        let [error] = errors else { return None };
        let text = text.trim().trim_end_matches(';');
        let whole = |shown: &str| same_code(shown, text);
        let message = error.message.as_str();
        if let Some(ty) = message.strip_suffix(" (type) is not an expression") {
            return whole(ty).then(|| self.type_line(ty));
        }
        if let Some(name) = message.strip_suffix(" without instantiation") {
            if let Some(name) = name.strip_prefix("cannot use generic type ") {
                // The message has its type parameters too.
                let name = name.split('[').next().unwrap_or(name);
                return whole(name).then(|| self.type_line(name));
            }
            let name = name.strip_prefix("cannot use generic function ")?;
            let obj = self.declared_object(name).filter(|_| whole(name))?;
            let package = self.package;
            let checker = self.checker();
            return Some(format!("{name} : {}", checker.show_in(checker.object(obj).ty, package.pkg)));
        }
        if let Some(name) = message.strip_suffix(" (built-in) must be called") {
            let doc = crate::doc::find_text(name).ok().filter(|_| whole(name))?;
            return doc
                .lines()
                .next()
                .map(|line| format!("{name} : {}", line.replacen(&format!(" {name}"), "", 1)));
        }
        if message == "use of untyped nil in assignment" {
            return whole("nil").then(|| "nil : untyped nil".into());
        }
        let (shown, value, ty) = constant_too_large(message, "assignment")?;
        whole(shown).then(|| format!("{value} : {ty}"))
    }

    /// `type T struct{ x int }`, or `type []int`.
    fn type_line(&mut self, name: &str) -> String {
        match self.source_of(name) {
            Some(text) => text,
            // One of the library is declared in its documentation, above the indented comment.
            None => match crate::doc::find_text(name) {
                Ok(text) => {
                    let lines = text.lines().take_while(|line| !line.is_empty() && !line.starts_with("    "));
                    lines.collect::<Vec<_>>().join("\n")
                }
                Err(_) => format!("type {name}"),
            },
        }
    }

    /// A goroutine that goes on between inputs: its stack, and what it waits on.
    pub fn goroutine(&mut self, id: u64) -> Option<String> {
        self.vm.goroutine_text(id)
    }

    /// The heap by generation and type.
    pub fn heap_view(&mut self) -> HeapView {
        self.vm.heap_view()
    }

    /// Runs an expression, and tells the type of its value, what it holds, and who else holds that. Nothing is
    /// kept.
    ///
    /// # Errors
    /// What came of it, if it has no value; `Done` if it has none or several.
    pub fn object_view(&mut self, text: &str) -> Result<(String, ObjectView), Reply> {
        self.show = Show::Not;
        let (input, count) = self.check(text).map_err(Reply::Errors)?;
        let Some(obj) = self.first_value(&input).filter(|_| count == 1 && input.names.len() == 1) else {
            self.checker().drop_input(input);
            return Err(Reply::Done(super::Done::default()));
        };
        match self.run_main(&input) {
            InputEnd::Finished => {}
            end => return Err(self.failed(input, end)),
        }
        let ty = self.value_types(&input, count).unwrap_or_default();
        let compiler = &mut self.program().compiler;
        let ix = compiler.global_ix(obj);
        let global = compiler.module.globals[ix.index()].ty;
        let addr = self.vm.rt.program.globals[ix.index()];
        let view = self.vm.object_view(addr, global);
        self.checker().drop_input(input);
        Ok((ty, view))
    }

    /// Runs an input while somebody watches each of its instructions.
    pub fn step(&mut self, text: &str, watcher: Box<dyn Watcher>) -> Reply {
        let (input, count) = match self.check(text) {
            Ok(checked) => checked,
            Err(errors) => return Reply::Errors(errors),
        };
        let result = self.first_value(&input).map(|obj| self.program().compiler.global_ix(obj));
        self.watcher = Some((result, watcher));
        let reply = self.run(input, count);
        self.vm.unwatch();
        reply
    }

    /// The variable of the first value of an input.
    pub(super) fn first_value(&mut self, input: &CheckedInput) -> Option<ObjId> {
        let first = self.checker().session.names.intern("·1");
        input.names.iter().find(|(name, _)| *name == first).map(|(_, obj)| *obj)
    }

    /// How many values an expression has; `None` if the text is not an expression alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn value_count(&mut self, text: &str) -> Result<Option<usize>, Vec<Diagnostic>> {
        self.show = Show::Not;
        let CheckedText { input, count, is_value, .. } = self.check_as(text, Last::Values(1))?;
        let alone = is_value && input.names.len() == count && input.methods.is_empty();
        self.checker().drop_input(input);
        Ok(alone.then_some(count))
    }

    /// The syntax tree of an input, with the types of its expressions if it has no errors.
    ///
    /// # Errors
    /// What is wrong with its syntax.
    pub fn tree(&mut self, text: &str) -> Result<String, Vec<Diagnostic>> {
        let pkg = self.package.pkg;
        self.show = Show::Not;
        match self.check_as(text, Last::Values(1)) {
            Ok(CheckedText { input, decls, .. }) => {
                let checker = self.checker();
                let main = checker.object(input.main).decl.clone();
                let DeclRef::Func(main) = main else { unreachable!("an input has a function") };
                let stmts: Vec<&Stmt> = main.body.iter().flat_map(|body| &body.stmts).collect();
                let text = tree_text(checker, pkg, &decls, &stmts);
                checker.drop_input(input);
                Ok(text)
            }
            Err(_) => {
                self.inputs += 1;
                let name = format!("<{}>", self.inputs);
                let checker = self.checker();
                let id = checker.session.map.add(name, text.to_string());
                let (file, _) = parse(checker, id, Last::Statement, Show::Not)?;
                let main = file.script.as_ref().and_then(|script| script.main.clone());
                let body = main.as_ref().and_then(|main| main.body.as_ref());
                let stmts: Vec<&Stmt> = body.iter().flat_map(|body| &body.stmts).collect();
                Ok(tree_text(checker, pkg, &file.decls, &stmts))
            }
        }
    }

    /// Begins a trace of what goroutines do; false if one is being made.
    pub fn trace_on(&mut self) -> bool {
        self.vm.trace_on()
    }

    /// Ends the trace and gives its bytes, if one is being made.
    pub fn trace_off(&mut self) -> Option<Vec<u8>> {
        self.vm.trace_off()
    }

    /// Begins a profile of the CPU; false if one is being made.
    pub fn profile_on(&mut self) -> bool {
        self.vm.profile_on()
    }

    /// Ends the profile and gives its bytes, if one is being made.
    pub fn profile_off(&mut self) -> Option<Vec<u8>> {
        self.vm.profile_off()
    }

    /// What is in the heap, and what the collector has done.
    pub fn heap(&mut self) -> HeapStats {
        self.vm.rt.heap.stats()
    }

    /// Collects everything that nothing refers to.
    pub fn collect_garbage(&mut self) {
        self.vm.collect_garbage();
    }

    /// What has been used so far.
    pub fn usage(&mut self) -> Usage {
        let stats = self.heap();
        Usage {
            steps: self.vm.rt.sched.steps,
            objects: stats.mallocs,
            bytes: stats.total_alloc,
            collections: stats.num_major + stats.num_minor,
        }
    }

    /// Names that can stand for a beginning, such as `fo` or `x.Na`: the last name, and how it is shown.
    pub fn complete(&mut self, beginning: &str) -> Vec<(String, String)> {
        let package = self.package;
        let Some((base, prefix)) = beginning.rsplit_once('.') else {
            return self.complete_name(beginning);
        };
        let checker = self.checker();
        if let Some(members) = checker.members_by_name(package, base) {
            let fits = members.into_iter().filter(|member| member.starts_with(prefix));
            return fits
                .map(|member| {
                    let text = crate::doc::find_text(&format!("{base}.{member}")).unwrap_or_default();
                    let line = text.lines().next().unwrap_or(&member).trim_end_matches(" {").to_string();
                    (member, line)
                })
                .collect();
        }
        // Nothing is called to complete a name.
        if base.is_empty() || base.contains('(') {
            return Vec::new();
        }
        let Ok((input, _)) = self.check(base) else { return Vec::new() };
        let value = self.first_value(&input);
        let checker = self.checker();
        checker.drop_input(input);
        let Some(value) = value else { return Vec::new() };
        let ty = checker.object(value).ty;
        let fits =
            checker.selectable(ty, package.pkg).into_iter().filter(|(name, _)| name.starts_with(prefix));
        fits.map(|(name, ty)| {
            let shown = format!("{name} {ty}");
            (name, shown)
        })
        .collect()
    }

    fn complete_name(&mut self, prefix: &str) -> Vec<(String, String)> {
        let mut found: Vec<(String, String)> = self
            .names()
            .into_iter()
            .map(|named| {
                let shown = format!("{} {}", named.name, named.ty);
                (named.name, shown)
            })
            .collect();
        let words = KEYWORDS.iter().chain(PREDECLARED).map(|word| (*word).to_string());
        let packages = golite_stdlib::PACKAGES
            .iter()
            .filter(|package| !package.path.starts_with("internal/"))
            .filter_map(|package| package.path.rsplit('/').next())
            .map(str::to_string);
        found.extend(words.chain(packages).map(|word| (word.clone(), word)));
        found.retain(|(name, _)| name.starts_with(prefix));
        found.sort();
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }
}

/// Whether two texts differ in nothing but white space.
pub(crate) fn same_code(a: &str, b: &str) -> bool {
    let dense = |text: &str| -> String { text.split_whitespace().collect() };
    dense(a) == dense(b)
}

/// The expression, value and type of a constant that an error says is too large for its default type.
pub(crate) fn constant_too_large<'m>(message: &'m str, context: &str) -> Option<(&'m str, &'m str, &'m str)> {
    let rest = message.strip_prefix("cannot use ")?.strip_suffix(" (overflows)")?;
    let (rest, _) = rest.strip_suffix(context)?.strip_suffix(" value in ")?.rsplit_once(" as ")?;
    let (shown, constant) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let (ty, value) = constant.split_once(" constant").filter(|(ty, _)| ty.starts_with("untyped "))?;
    Some((shown, if value.is_empty() { shown } else { value.trim_start() }, ty))
}
