//! The inputs of a session as a script that does the same.
//!
//! The inputs are checked anew, in their order and without being run, to know what each name in them stands
//! for. What a session allows and a script does not is then written in another way:
//! - an expression is printed; the value that a later input calls `ans` or `_2` gets a name;
//! - a name that was declared again as something else: the older one gets another name;
//! - a variable that was declared again with its type is assigned to;
//! - of functions and methods that replaced each other the last one is left;
//! - an input that returns becomes a function that is called.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use golite_diag::render;
use golite_parser::{PartKind, script_parts};
use golite_source::{Span, Symbol};
use golite_syntax::ast::{Decl, Expr, ExprKind, Field, FuncDecl, Ident, Stmt, StmtKind, VarSpec};
use golite_syntax::lexer::Lexer;
use golite_syntax::token::Token;
use golite_syntax::walk::Node;
use golite_types::{CheckedInput, Checker, DeclRef, InputPackage, NamedId, ObjId, ObjKind};

use super::KEPT_VALUES;
use super::input::{CheckedText, Last, Show, check_file, without_clause};
use crate::check::{Checked, check_prepared};
use crate::load::{GoModule, PackageFiles, SourceText};
use crate::loader::{PackageLoader, find_std};

/// Inputs as a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Saved {
    /// The script.
    pub text: String,
    /// What is wrong with it as a script, if something is: a session still takes it.
    pub problem: Option<String>,
}

/// The script that inputs of a session, all of them right, amount to.
#[must_use]
pub fn as_script(inputs: &[String]) -> Saved {
    let mut replay = Replay::new();
    for text in inputs {
        replay.add(text);
    }
    let text = replay.script();
    let problem = problem_of(&text);
    Saved { text, problem }
}

/// The first error of a script.
fn problem_of(text: &str) -> Option<String> {
    let file = SourceText { name: "saved".into(), text: text.into(), version: None };
    let folder = PathBuf::from(".");
    let module = GoModule::of_folder(&folder).ok().flatten();
    let checked: Checked = check_prepared(
        &PackageFiles { files: vec![file], folder, module, by_folder: false },
        find_std,
        &mut |_, _| {},
    );
    let error = checked.diagnostics().first().filter(|_| checked.has_errors())?;
    let line = render::short(checked.sources(), error);
    Some(line.trim_start_matches("saved:").to_string())
}

/// A change of the text of an input: what stands in a range of it.
#[derive(Clone, Debug)]
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

/// The last expression of an input.
#[derive(Clone, Copy, Debug)]
struct Shown {
    span: Span,
    /// The variable of its first value.
    value: ObjId,
    count: usize,
}

/// A `var` statement of which variables are there already.
#[derive(Debug)]
struct VarGroup {
    span: Span,
    /// Its lines: the span, and what is assigned instead, if it is.
    lines: Vec<(Span, Option<Assigned>)>,
}

/// What a line of `var` assigns.
#[derive(Debug)]
struct Assigned {
    names: Vec<Span>,
    values: Option<Span>,
    ty: Option<Span>,
}

/// An input that has been checked.
#[derive(Debug)]
struct Input {
    text: String,
    base: u32,
    /// Names in it and what they stand for.
    uses: Vec<(Span, ObjId)>,
    shown: Option<Shown>,
    /// `:=` that declares nothing new.
    assigns: Vec<Span>,
    groups: Vec<VarGroup>,
    /// Declarations that others replaced.
    removed: Vec<Span>,
    /// It returns, or has labels, and declares nothing.
    apart: bool,
    /// It does nothing but return.
    nothing: bool,
}

struct Replay {
    checker: Checker,
    package: InputPackage,
    inputs: Vec<Input>,
    /// Variables declared again with their types, and the first of each.
    same: HashMap<ObjId, ObjId>,
    /// What stands no more for its name, in order.
    hidden: Vec<ObjId>,
    /// In which input, and where, functions and methods are declared.
    funcs: HashMap<ObjId, (usize, Span)>,
    methods: HashMap<(NamedId, Symbol), ObjId>,
    /// By which function another was replaced.
    successors: HashMap<ObjId, ObjId>,
    /// The first values of inputs, newest first, and of which input each is.
    values: Vec<ObjId>,
    all_values: HashMap<ObjId, usize>,
    /// Explicit imports: names and paths, and the packages.
    imports: Vec<(Option<String>, String)>,
}

impl Replay {
    fn new() -> Replay {
        let folder = PathBuf::from(".");
        let module = GoModule::of_folder(&folder).ok().flatten();
        let loader = PackageLoader::new(module, find_std).for_script(folder);
        let mut checker = Checker::new(Box::new(loader));
        let package = checker.begin_inputs();
        Replay {
            checker,
            package,
            inputs: Vec::new(),
            same: HashMap::new(),
            hidden: Vec::new(),
            funcs: HashMap::new(),
            methods: HashMap::new(),
            successors: HashMap::new(),
            values: Vec::new(),
            all_values: HashMap::new(),
            imports: Vec::new(),
        }
    }

    /// Checks an input. One that has errors (it needs what was not kept) is left as it is.
    fn add(&mut self, text: &str) {
        let text = without_clause(text.trim_end());
        let id = self.checker.session.map.add(format!("<{}>", self.inputs.len() + 1), text.clone());
        let base = self.checker.session.map.file(id).base;
        let mut new = Input {
            text,
            base,
            uses: Vec::new(),
            shown: None,
            assigns: Vec::new(),
            groups: Vec::new(),
            removed: Vec::new(),
            apart: false,
            nothing: false,
        };
        let checked = check_file(&mut self.checker, self.package, id, Last::Values(1), Show::Not);
        if let Ok(CheckedText { input, count, decls, .. }) = checked {
            self.take(input, count, &decls, &mut new);
        }
        self.inputs.push(new);
    }

    fn take(&mut self, mut input: CheckedInput, count: usize, decls: &[Decl], new: &mut Input) {
        let DeclRef::Func(main) = self.checker.object(input.main).decl.clone() else { return };
        let stmts: &[Stmt] = main.body.as_ref().map_or(&[], |body| &body.stmts);
        self.find_uses(stmts, decls, &input, new);
        if let Some(shown) = &mut new.shown {
            shown.count = count;
        }
        let is_name = |(name, _): &&(Symbol, ObjId)| !self.checker.name(*name).starts_with('·');
        let declares = input.names.iter().find(is_name).is_some() || !input.methods.is_empty();
        let returns = stmts.iter().any(|stmt| leaves(Node::Stmt(stmt)));
        let labels = stmts.iter().any(|stmt| matches!(stmt.kind, StmtKind::Labeled(..)));
        new.apart = (returns || labels) && !declares && decls.is_empty();
        new.nothing = declares_nothing_but_return(stmts) && !declares && decls.is_empty();
        self.variables_again(&mut input, stmts, decls, new);
        self.functions_again(&input, decls, new);
        let methods = input.methods.clone();
        for method in methods {
            self.method_again(method, decls, new);
        }
        let value = new.shown.map(|shown| shown.value).filter(|_| count > 0);
        input.names.retain(|(name, _)| !self.checker.name(*name).starts_with('·'));
        for (_, obj, old) in self.checker.keep_input(self.package, input) {
            if let Some(old) = old.filter(|old| *old != obj && !self.funcs_replaced(*old, obj)) {
                self.hidden.push(old);
            }
        }
        match value {
            Some(value) => self.value_again(value),
            None => new.shown = None,
        }
    }

    /// Whether a function took the place of another everywhere.
    fn funcs_replaced(&mut self, old: ObjId, new: ObjId) -> bool {
        let checker = &mut self.checker;
        let types = (checker.object(old).ty, checker.object(new).ty);
        let same = checker.types.identical(types.0, types.1);
        let plain = |obj: ObjId| match &checker.object(obj).decl {
            DeclRef::Func(decl) => decl.type_params.is_empty(),
            _ => false,
        };
        same && plain(old) && plain(new)
    }

    /// Finds the names, and what the input shows.
    fn find_uses(&mut self, stmts: &[Stmt], decls: &[Decl], input: &CheckedInput, new: &mut Input) {
        let mut nodes: Vec<Node<'_>> = decls.iter().map(Node::Decl).collect();
        for stmt in stmts {
            match &stmt.kind {
                // The value of the input, which gets variables of its own.
                StmtKind::Define(left, right, at) if at.start == at.end && !left.is_empty() => {
                    let first = |(name, _): &&(Symbol, ObjId)| self.checker.name(*name) == "·1";
                    if let (Some((_, value)), [from, ..]) = (input.names.iter().find(first), &right[..]) {
                        let end = right.last().map_or(from.span.end, |last| last.span.end);
                        let span = Span::new(from.span.start, end);
                        new.shown = Some(Shown { span, value: *value, count: 0 });
                    }
                    nodes.extend(right.iter().map(Node::Expr));
                }
                _ => nodes.push(Node::Stmt(stmt)),
            }
        }
        let mut found: Vec<Ident> = Vec::new();
        let mut receivers: Vec<Ident> = Vec::new();
        for node in nodes {
            node.each(&mut |node| match node {
                Node::Expr(expr) => found.extend(expr.as_ident()),
                Node::Decl(Decl::Const(spec)) => found.extend(&spec.names),
                Node::Decl(Decl::Var(spec)) => found.extend(&spec.names),
                Node::Decl(Decl::Type(spec)) => found.push(spec.name),
                Node::Decl(Decl::Func(func)) => match &func.receiver {
                    None => found.push(func.name),
                    Some(fields) => receivers.extend(fields.iter().filter_map(receiver_name)),
                },
                Node::Stmt(_) | Node::Block(_) | Node::Case(_) | Node::Comm(_) => {}
            });
        }
        let own: HashMap<Symbol, ObjId> = input.names.iter().copied().collect();
        for ident in receivers {
            let known = own.get(&ident.name).copied();
            if let Some(obj) = known.or_else(|| self.checker.session_name(self.package, ident.name)) {
                new.uses.push((ident.span, obj));
            }
        }
        for ident in found {
            if let Some(obj) = self.checker.info.object(ident.id) {
                new.uses.push((ident.span, obj));
            }
        }
        new.uses.sort_by_key(|(span, _)| span.start);
        new.uses.dedup_by_key(|(span, _)| span.start);
    }

    /// Variables that are declared again with their types are assigned to.
    fn variables_again(&mut self, input: &mut CheckedInput, stmts: &[Stmt], decls: &[Decl], new: &mut Input) {
        let checker = &mut self.checker;
        let is_var = |checker: &Checker, obj: ObjId| matches!(checker.object(obj).kind, ObjKind::Var(_));
        let mut again: HashMap<ObjId, ObjId> = HashMap::new();
        for (name, obj) in &input.names {
            let Some(old) = checker.session_name(self.package, *name) else { continue };
            let types = (checker.object(*obj).ty, checker.object(old).ty);
            // The variables of values are not the user's.
            if is_var(checker, *obj)
                && is_var(checker, old)
                && checker.types.identical(types.0, types.1)
                && !self.all_values.contains_key(&old)
            {
                again.insert(*obj, old);
            }
        }
        let checker = &self.checker;
        let object = |ident: &Ident| checker.info.object(ident.id);
        let specs = |stmt: &Stmt| -> Vec<std::sync::Arc<VarSpec>> {
            let StmtKind::Decl(decls) = &stmt.kind else { return Vec::new() };
            let var = |decl: &Decl| match decl {
                Decl::Var(spec) => Some(spec.clone()),
                Decl::Const(_) | Decl::Type(_) | Decl::Func(_) => None,
            };
            decls.iter().filter_map(var).collect()
        };
        // A line of `var` declares all of its names or none; one outside of statements declares all.
        for spec in stmts.iter().flat_map(specs) {
            let known = |ident: &Ident| object(ident).is_some_and(|obj| again.contains_key(&obj));
            if !spec.names.iter().all(known) {
                let names: Vec<ObjId> = spec.names.iter().filter_map(object).collect();
                again.retain(|obj, _| !names.contains(obj));
            }
        }
        for decl in decls {
            if let Decl::Var(spec) = decl {
                let names: Vec<ObjId> = spec.names.iter().filter_map(object).collect();
                again.retain(|obj, _| !names.contains(obj));
            }
        }
        for stmt in stmts {
            let mut inner = stmt;
            while let StmtKind::Labeled(_, labeled) = &inner.kind {
                inner = labeled;
            }
            match &inner.kind {
                StmtKind::Define(left, _, operator) if operator.start != operator.end => {
                    let declared = left.iter().filter_map(|target| {
                        let ident = target.as_ident()?;
                        let obj = object(&ident)?;
                        (checker.object(obj).span == ident.span).then_some(obj)
                    });
                    let mut declared = declared.peekable();
                    if declared.peek().is_some() && declared.all(|obj| again.contains_key(&obj)) {
                        new.assigns.push(*operator);
                    }
                }
                StmtKind::Decl(_) => {
                    let specs = specs(inner);
                    let lines: Vec<(Span, Option<Assigned>)> = specs
                        .iter()
                        .map(|spec| {
                            let all = spec
                                .names
                                .iter()
                                .all(|name| object(name).is_some_and(|obj| again.contains_key(&obj)));
                            (spec.span, all.then(|| assigned(spec)))
                        })
                        .collect();
                    if lines.iter().any(|(_, assigned)| assigned.is_some()) {
                        new.groups.push(VarGroup { span: inner.span, lines });
                    }
                }
                _ => {}
            }
        }
        input.names.retain(|(_, obj)| !again.contains_key(obj));
        for (obj, old) in again {
            let first = self.same.get(&old).copied().unwrap_or(old);
            self.same.insert(obj, first);
        }
    }

    /// Notes where functions are declared; those that they replace are left out.
    fn functions_again(&mut self, input: &CheckedInput, decls: &[Decl], new: &mut Input) {
        for func in decls.iter().filter_map(as_func).filter(|func| func.receiver.is_none()) {
            let Some(obj) = self.checker.info.object(func.name.id) else { continue };
            let name = func.name.name;
            if !input.names.iter().any(|(_, other)| *other == obj) {
                continue;
            }
            if let Some(old) = self.checker.session_name(self.package, name)
                && self.funcs_replaced(old, obj)
            {
                self.remove(old, new);
                self.successors.insert(old, obj);
            }
            self.funcs.insert(obj, (self.inputs.len(), func.span));
        }
    }

    fn method_again(&mut self, method: ObjId, decls: &[Decl], new: &mut Input) {
        let object = self.checker.object(method);
        let Some(named) = object.receiver.and_then(|ty| self.checker.types.as_named(ty)) else { return };
        let DeclRef::Func(decl) = object.decl.clone() else { return };
        let key = (named, object.name);
        debug_assert!(decls.iter().filter_map(as_func).any(|func| func.span == decl.span));
        self.funcs.insert(method, (self.inputs.len(), decl.span));
        if let Some(old) = self.methods.insert(key, method) {
            self.remove(old, new);
        }
    }

    /// Leaves a declaration out of its input.
    fn remove(&mut self, func: ObjId, new: &mut Input) {
        let Some((input, span)) = self.funcs.get(&func).copied() else { return };
        match self.inputs.get_mut(input) {
            Some(input) => input.removed.push(span),
            None => new.removed.push(span),
        }
    }

    fn value_again(&mut self, value: ObjId) {
        self.all_values.insert(value, self.inputs.len());
        self.values.insert(0, value);
        self.values.truncate(KEPT_VALUES);
        for (i, obj) in self.values.clone().into_iter().enumerate() {
            let name = self.checker.session.names.intern(&format!("_{}", i + 1));
            self.checker.bind_session_name(self.package, name, obj);
        }
        let ans = self.checker.session.names.intern("ans");
        self.checker.bind_session_name(self.package, ans, value);
    }

    // ---- the script

    fn script(mut self) -> String {
        let renamed = self.new_names();
        let mut out = String::new();
        let texts: Vec<String> = (0..self.inputs.len()).map(|i| self.input_text(i, &renamed)).collect();
        for (name, path) in self.used_imports() {
            match name {
                Some(name) => out += &format!("import {name} {path:?}\n"),
                None => out += &format!("import {path:?}\n"),
            }
        }
        for text in texts.iter().filter(|text| !text.trim().is_empty()) {
            out += text.trim_matches('\n');
            out.push('\n');
        }
        out
    }

    /// The names of what has lost its own, and of values that later inputs use.
    fn new_names(&self) -> HashMap<ObjId, String> {
        let mut words: HashSet<String> = HashSet::new();
        for input in &self.inputs {
            let idents = Lexer::new(&input.text).filter(|(_, token, _)| *token == Token::Ident);
            words.extend(idents.map(|(start, _, end)| input.text[start as usize..end as usize].to_string()));
        }
        let mut fresh = |name: &str| {
            let all = (1..).map(|number| format!("{name}_{number}"));
            let free = all.into_iter().find(|name| words.insert(name.clone()));
            free.unwrap_or_default()
        };
        let mut renamed: HashMap<ObjId, String> = HashMap::new();
        let checker = &self.checker;
        for obj in &self.hidden {
            let object = checker.object(*obj);
            let removed = self.funcs.get(obj).is_some_and(|(i, span)| {
                self.inputs.get(*i).is_some_and(|input| input.removed.contains(span))
            });
            let own = !matches!(object.kind, ObjKind::PkgName(_)) && !self.all_values.contains_key(obj);
            if own && !removed && !renamed.contains_key(obj) {
                renamed.insert(*obj, fresh(checker.name(object.name)));
            }
        }
        let used: HashSet<ObjId> =
            self.inputs.iter().flat_map(|input| &input.uses).map(|(_, obj)| *obj).collect();
        let mut values: Vec<(usize, ObjId)> = self.all_values.iter().map(|(obj, i)| (*i, *obj)).collect();
        values.sort_unstable();
        for (_, value) in values.into_iter().filter(|(_, value)| used.contains(value)) {
            renamed.insert(value, fresh("ans"));
        }
        // A script with statements has its own main.
        let main =
            self.checker.session.names.get("main").and_then(|name| checker.session_name(self.package, name));
        if let Some(main) = main.filter(|_| self.inputs.iter().any(has_statements)) {
            renamed.insert(main, fresh("main"));
        }
        renamed
    }

    fn input_text(&mut self, index: usize, renamed: &HashMap<ObjId, String>) -> String {
        let input = &self.inputs[index];
        if input.nothing {
            return String::new();
        }
        let place = |span: Span| ((span.start - input.base) as usize, (span.end - input.base) as usize);
        let edit = |span: Span, text: String| {
            let (start, end) = place(span);
            Edit { start, end, text }
        };
        let mut edits: Vec<Edit> = Vec::new();
        for (span, obj) in &input.uses {
            let mut meant = self.same.get(obj).unwrap_or(obj);
            while let Some(next) = self.successors.get(meant) {
                meant = next;
            }
            if let Some(name) = renamed.get(meant) {
                edits.push(edit(*span, name.clone()));
            }
        }
        for operator in &input.assigns {
            edits.push(edit(*operator, "=".into()));
        }
        let within = |edits: &[Edit], span: Span| {
            let (start, end) = place(span);
            apply(&input.text, start, end, edits)
        };
        let groups: Vec<Edit> = input
            .groups
            .iter()
            .map(|group| {
                let lines = group.lines.iter().map(|(span, assigned)| match assigned {
                    None => format!("var {}", within(&edits, *span)),
                    Some(assigned) => {
                        let names: Vec<String> =
                            assigned.names.iter().map(|name| within(&edits, *name)).collect();
                        let values = match (assigned.values, assigned.ty) {
                            (Some(values), _) => within(&edits, values),
                            (None, Some(ty)) => {
                                let zero = format!("*new({})", within(&edits, ty));
                                vec![zero; names.len()].join(", ")
                            }
                            (None, None) => String::new(),
                        };
                        format!("{} = {values}", names.join(", "))
                    }
                });
                edit(group.span, lines.collect::<Vec<_>>().join("\n"))
            })
            .collect();
        let mut outer = groups;
        outer.extend(input.removed.iter().map(|span| edit(*span, String::new())));
        let mut imports = Vec::new();
        for (kind, range) in script_parts(&input.text) {
            if kind == PartKind::Import {
                let (start, end) = (range.start as usize, range.end as usize);
                imports.push(input.text[start..end].to_string());
                outer.push(Edit { start, end, text: String::new() });
            }
        }
        let inside =
            |edit: &Edit| outer.iter().any(|outer| outer.start <= edit.start && edit.end <= outer.end);
        edits.retain(|edit| !inside(edit));
        edits.extend(outer.iter().cloned());
        if let Some(shown) = input.shown {
            let (start, end) = place(shown.span);
            let (before, after) = match renamed.get(&shown.value) {
                Some(name) => {
                    let more = (2..=shown.count).map(|number| format!(", {name}_{number}"));
                    let names = format!("{name}{}", more.collect::<String>());
                    (format!("{names} := "), format!("\nfmt.Println({names})"))
                }
                None => ("fmt.Println(".to_string(), ")".to_string()),
            };
            edits.push(Edit { start, end: start, text: before });
            edits.push(Edit { start: end, end, text: after });
        }
        let text = apply(&input.text, 0, input.text.len(), &edits);
        let text = if input.apart { format!("func() {{\n{text}\n}}()") } else { text };
        for import in imports {
            self.note_imports(&import);
        }
        text
    }

    /// Notes the imports of a declaration, each once.
    fn note_imports(&mut self, text: &str) {
        let mut name: Option<String> = None;
        for (start, token, end) in Lexer::new(text) {
            let word = &text[start as usize..end as usize];
            match token {
                Token::Ident | Token::Dot => name = Some(word.to_string()),
                Token::String => {
                    let import = (name.take(), word.trim_matches(['"', '`']).to_string());
                    if !self.imports.contains(&import) {
                        self.imports.push(import);
                    }
                }
                _ => name = None,
            }
        }
    }

    /// The imports that something uses.
    fn used_imports(&self) -> Vec<(Option<String>, String)> {
        let checker = &self.checker;
        let used: HashSet<(&str, &str, &str)> = self
            .inputs
            .iter()
            .flat_map(|input| &input.uses)
            .filter_map(|(_, obj)| match checker.object(*obj).kind {
                ObjKind::PkgName(pkg) => {
                    let package = checker.package(pkg);
                    let own = checker.name(package.name);
                    Some((checker.name(checker.object(*obj).name), own, &*package.path))
                }
                _ => None,
            })
            .collect();
        let is_used = |(name, path): &&(Option<String>, String)| match name.as_deref() {
            Some("." | "_") => true,
            Some(name) => used.iter().any(|(other, _, of)| *other == name && of == path),
            None => used.iter().any(|(name, own, of)| name == own && of == path),
        };
        self.imports.iter().filter(is_used).cloned().collect()
    }
}

fn as_func(decl: &Decl) -> Option<&FuncDecl> {
    match decl {
        Decl::Func(func) => Some(func),
        Decl::Const(_) | Decl::Var(_) | Decl::Type(_) => None,
    }
}

/// The name of the type of a receiver.
fn receiver_name(field: &Field) -> Option<Ident> {
    let mut ty: &Expr = &field.ty;
    loop {
        match &ty.kind {
            ExprKind::Star(inner) | ExprKind::Paren(inner) => ty = inner,
            ExprKind::Index(base, _) => ty = base,
            _ => return ty.as_ident(),
        }
    }
}

fn assigned(spec: &VarSpec) -> Assigned {
    let values = match (spec.values.first(), spec.values.last()) {
        (Some(first), Some(last)) => Some(first.span.to(last.span)),
        _ => None,
    };
    let names = spec.names.iter().map(|name| name.span).collect();
    Assigned { names, values, ty: spec.ty.as_ref().map(|ty| ty.span) }
}

/// Whether a statement returns from the function around.
fn leaves(node: Node<'_>) -> bool {
    match node {
        Node::Stmt(Stmt { kind: StmtKind::Return(_), .. }) => true,
        Node::Expr(_) | Node::Decl(_) => false,
        Node::Stmt(_) | Node::Block(_) | Node::Case(_) | Node::Comm(_) => {
            let mut below = Vec::new();
            node.children(&mut below);
            below.into_iter().any(leaves)
        }
    }
}

fn declares_nothing_but_return(stmts: &[Stmt]) -> bool {
    let mut some = stmts.iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Empty)).peekable();
    some.peek().is_some() && some.all(|stmt| matches!(stmt.kind, StmtKind::Return(_)))
}

/// Whether an input does something when it runs, beside declaring variables.
fn has_statements(input: &Input) -> bool {
    let parts = script_parts(&input.text);
    let text = |range: &std::ops::Range<u32>| &input.text[range.start as usize..range.end as usize];
    parts.iter().any(|(kind, range)| *kind == PartKind::Stmts && !text(range).starts_with("var"))
}

/// A part of a text with the changes in it.
fn apply(text: &str, start: usize, end: usize, edits: &[Edit]) -> String {
    let mut inside: Vec<&Edit> = edits.iter().filter(|edit| start <= edit.start && edit.end <= end).collect();
    inside.sort_by_key(|edit| (edit.start, edit.end));
    let mut out = String::new();
    let mut at = start;
    for edit in inside {
        // What is within a part that is left out is left out with it.
        if edit.start >= at {
            out += &text[at..edit.start];
            out += &edit.text;
            at = edit.end;
        }
    }
    out + &text[at..end]
}
