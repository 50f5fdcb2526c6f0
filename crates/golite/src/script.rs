//! Scripts: evaluating code, and the Go program that a script means.
//!
//! What a script means as Go: its declarations stand as they are, its statements are the body of `main`,
//! and the variables that they declare outside of any block belong to the package. `x := f()` becomes
//! `var x T` there and `x = f()` in `main`, so that everything happens in the order of the source.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use golite_parser::{PartKind, script_parts};
use golite_source::{Interner, Span, Symbol, sym};
use golite_syntax::ast::{CallExpr, Decl, Expr, ExprId, ExprKind, Ident, Stmt, StmtKind, VarSpec};
use golite_syntax::lexer::Lexer;
use golite_syntax::token::Token;
use golite_syntax::walk::Node;
use golite_types::{DeclRef, ObjId, ObjKind, PkgId, Session};

use crate::check::{Checked, check_prepared};
use crate::load::{PackageFiles, SourceText};
use crate::loader::{FindStd, ParsedPackage, is_script};
use crate::session::{PREDECLARED, constant_too_large, same_code};
use crate::stack::on_deep_stack;

/// What the parser says of several expressions that are no statement.
pub(crate) const LIST: &str = ", expected := or = or comma";

/// Functions of package fmt whose results nobody wants to see.
const PRINTERS: [&str; 6] = ["Print", "Printf", "Println", "Fprint", "Fprintf", "Fprintln"];

/// Checks a script whose last statement, if it is an expression with a value, is to be printed.
#[must_use]
pub fn check_eval(files: &PackageFiles, find_std: FindStd) -> Checked {
    let mut prints_call = false;
    let checked = check_prepared(files, find_std, &mut |parsed, session| {
        prints_call = print_last(parsed, session);
    });
    if checked.diagnostics().iter().any(|error| error.message.ends_with(LIST))
        && let Some(list) = check_list(files, find_std)
    {
        return list;
    }
    if prints_call && checked.has_errors() {
        // The call may have no value.
        let plain = check_prepared(files, find_std, &mut |_, _| {});
        if !plain.has_errors() {
            return plain;
        }
    }
    checked
}

/// Checks code whose last statement is several expressions with commas between, to be printed: as the left side of an
/// assignment. `None` if it is something else that is wrong.
fn check_list(files: &PackageFiles, find_std: FindStd) -> Option<Checked> {
    let [file] = &files.files[..] else { return None };
    let text = format!("{} = _", file.text.trim_end().trim_end_matches(';'));
    let file = SourceText { text: text.into(), ..file.clone() };
    let with_list = PackageFiles { files: vec![file], ..files.clone() };
    let mut is_list = false;
    let checked = check_prepared(&with_list, find_std, &mut |parsed, session| {
        is_list = print_list(parsed, session);
    });
    is_list.then_some(checked)
}

/// Has the left side of the last statement printed, which is an assignment. Tells whether it is one.
fn print_list(parsed: &mut ParsedPackage, session: &mut Session) -> bool {
    if !session.errors.is_empty() {
        return false;
    }
    let Some(Stmt { kind, .. }) = last_statement(parsed) else { return false };
    let StmtKind::Assign(left, ..) = kind else { return false };
    let values = std::mem::take(left);
    *kind = StmtKind::Expr(print_call(values, session));
    true
}

/// The last statement of a script that is not empty.
fn last_statement(parsed: &mut ParsedPackage) -> Option<&mut Stmt> {
    let script = parsed.trees.first_mut()?.script.as_mut()?;
    let body = script.main.as_mut().and_then(Arc::get_mut)?.body.as_mut()?;
    body.stmts.iter_mut().rfind(|stmt| !matches!(stmt.kind, StmtKind::Empty))
}

/// The value of code that is a constant expression too large for any variable.
#[must_use]
pub fn eval_constant<'c>(checked: &'c Checked, code: &str) -> Option<&'c str> {
    let [error] = checked.diagnostics() else { return None };
    let (shown, value, _) = constant_too_large(&error.message, "argument to fmt.Println")?;
    same_code(shown, code).then_some(value)
}

/// Has the value of the last statement printed. Tells whether that is a call.
fn print_last(parsed: &mut ParsedPackage, session: &mut Session) -> bool {
    let last = last_statement(parsed);
    let Some(Stmt { kind: StmtKind::Expr(expr), .. }) = last else { return false };
    let is_call = match &expr.unparen().kind {
        ExprKind::Call(call) if is_printer(call, &session.names) => return false,
        ExprKind::Call(_) => true,
        _ => false,
    };
    let span = expr.span;
    let value = std::mem::replace(expr, Expr { id: ExprId(0), span, kind: ExprKind::Bad });
    *expr = print_call(vec![value], session);
    is_call
}

pub(crate) fn is_printer(call: &CallExpr, names: &Interner) -> bool {
    let ExprKind::Selector(base, name) = &call.func.kind else { return false };
    let is_fmt = matches!(base.kind, ExprKind::Ident(base) if names.name(base) == "fmt");
    is_fmt && PRINTERS.contains(&names.name(name.name))
}

/// `fmt.Println(values)`, in the place of the values.
fn print_call(values: Vec<Expr>, session: &mut Session) -> Expr {
    let start = values.first().map_or(0, |value| value.span.start);
    let span = Span::new(start, values.last().map_or(start, |value| value.span.end));
    let at = Span::new(span.start, span.start);
    let mut id = || {
        session.next_id += 1;
        ExprId(session.next_id - 1)
    };
    let (fmt, println) = (session.names.intern("fmt"), session.names.intern("Println"));
    let base = Expr { id: id(), span: at, kind: ExprKind::Ident(fmt) };
    let name = Ident { name: println, span: at, id: id() };
    let func = Expr { id: id(), span: at, kind: ExprKind::Selector(Box::new(base), name) };
    let rparen = Span::new(span.end, span.end);
    let call = CallExpr { func: Box::new(func), args: values, ellipsis: None, rparen };
    Expr { id: id(), span, kind: ExprKind::Call(call) }
}

/// Why a script has no Go program.
#[derive(Debug)]
pub enum NoProgram {
    /// It has errors.
    Errors(Box<Checked>),
    /// Something of it cannot be written in Go.
    Message(String),
}

/// The complete Go program that a script means.
///
/// # Errors
/// When the files are no script, or a wrong one, or something in it has no name in Go.
pub fn script_to_go(files: &PackageFiles, find_std: FindStd) -> Result<String, NoProgram> {
    let [file] = &files.files[..] else {
        return Err(NoProgram::Message("a script is one file".into()));
    };
    if !is_script(file) {
        return Err(NoProgram::Message(format!("{} has a package clause: it is Go already", file.name)));
    }
    let checked = check_prepared(files, find_std, &mut |_, _| {});
    if checked.has_errors() {
        return Err(NoProgram::Errors(Box::new(checked)));
    }
    let text = file.text.clone();
    let program =
        on_deep_stack(move || Writer::new(&checked, &text).program()).map_err(NoProgram::Message)?;
    match first_error(&program, files, find_std) {
        None => Ok(program),
        Some(error) => Err(NoProgram::Message(format!("the Go program would have an error: {error}"))),
    }
}

/// What is wrong with the Go program of a script, should something be.
fn first_error(program: &str, files: &PackageFiles, find_std: FindStd) -> Option<String> {
    let file = SourceText { name: "main.go".into(), text: program.into(), version: files.files[0].version };
    let whole = PackageFiles {
        files: vec![file],
        by_folder: false,
        folder: files.folder.clone(),
        module: files.module.clone(),
    };
    let checked = check_prepared(&whole, find_std, &mut |_, _| {});
    let error = checked.diagnostics().first().filter(|_| checked.has_errors())?;
    Some(golite_diag::render::short(checked.sources(), error))
}

/// A change of the source: what stands in a range of it.
struct Edit {
    start: usize,
    end: usize,
    text: String,
}

struct Writer<'c> {
    checked: &'c Checked,
    text: &'c str,
    base: u32,
    edits: Vec<Edit>,
    /// Declarations of the variables of the package.
    vars: Vec<(String, String)>,
    imports: BTreeSet<String>,
}

impl<'c> Writer<'c> {
    fn new(checked: &'c Checked, text: &'c str) -> Writer<'c> {
        let base = checked.script_base();
        let (edits, vars, imports) = (Vec::new(), Vec::new(), BTreeSet::new());
        Writer { checked, text, base, edits, vars, imports }
    }

    fn program(mut self) -> Result<String, String> {
        let checker = &self.checked.checker;
        for pkg in &checker.package(self.checked.package).imports {
            let path = &checker.package(*pkg).path;
            if path.starts_with('.') {
                return Err(format!("Go's modules do not accept the relative import of {path:?}"));
            }
        }
        for pkg in checker.imported_by_use(self.checked.package) {
            self.imports.insert(format!("{:?}", &*checker.package(pkg).path));
        }
        let main = self.checked.main().map(|main| checker.object(main).decl.clone());
        let mut declares_main = true;
        if let Some(DeclRef::Func(main)) = main
            && let Some(body) = &main.body
            && main.name.span.start == main.name.span.end
        {
            declares_main = false;
            for stmt in &body.stmts {
                self.names_mean_the_same(stmt)?;
                self.statement(stmt)?;
            }
        }
        let (mut imports, mut decls, mut stmts) = (Vec::new(), Vec::new(), Vec::new());
        let parts = script_parts(self.text);
        let mut before = self.first_line();
        let mut out = String::new();
        for (i, (kind, range)) in parts.iter().enumerate() {
            let next = parts.get(i + 1).map_or(self.text.len(), |(_, next)| next.start as usize);
            let end = self.with_comment(range.end as usize, next);
            let lead = self.text[before..range.start as usize].trim_start_matches([';', ' ', '\t']);
            let lead = lead.trim_start_matches('\n').trim_end_matches([' ', '\t']);
            let mut lead = if lead.trim().is_empty() { "" } else { lead }.to_string();
            // These lines stand before the package clause.
            let is_first = |line: &str| line.starts_with("//go:build ") || line.starts_with("//go:debug ");
            if i == 0 && lead.lines().any(is_first) {
                let (first, others): (Vec<_>, Vec<_>) = lead.lines().partition(|line| is_first(line));
                let _ = write!(out, "{}\n\n", first.join("\n"));
                let others: String = others.iter().map(|line| format!("{line}\n")).collect();
                lead = others.trim_start_matches('\n').to_string();
            }
            before = end;
            let whole = format!("{lead}{}", self.edited(range.start as usize, end));
            match kind {
                PartKind::Import => imports.push(whole),
                PartKind::Stmts if !declares_main => stmts.push(indented(&whole)),
                PartKind::Decl | PartKind::Stmts => decls.push(whole),
            }
        }
        let rest = self.text[before..].trim_matches([';', '\n', ' ', '\t']);
        out.push_str("package main\n");
        for import in imports {
            let _ = write!(out, "\n{import}\n");
        }
        match &self.imports.iter().collect::<Vec<_>>()[..] {
            [] => {}
            [one] => {
                let _ = write!(out, "\nimport {one}\n");
            }
            many => {
                out += "\nimport (\n";
                many.iter().for_each(|path| {
                    let _ = writeln!(out, "\t{path}");
                });
                out += ")\n";
            }
        }
        if !self.vars.is_empty() {
            out += "\nvar (\n";
            let width = self.vars.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
            for (name, ty) in &self.vars {
                let _ = writeln!(out, "\t{name:width$} {ty}");
            }
            out += ")\n";
        }
        for decl in decls {
            let _ = write!(out, "\n{decl}\n");
        }
        if !declares_main {
            let stmts: Vec<&String> = stmts.iter().filter(|stmt| !stmt.trim().is_empty()).collect();
            out += "\nfunc main() {\n";
            for (i, stmt) in stmts.iter().enumerate() {
                if i > 0 {
                    out.push('\n');
                }
                let _ = writeln!(out, "{}", stmt.trim_end());
            }
            if !rest.is_empty() {
                let _ = writeln!(out, "\n{}", indented(rest));
            }
            out += "}\n";
        } else if !rest.is_empty() {
            let _ = write!(out, "\n{rest}\n");
        }
        Ok(out)
    }

    /// A variable of the script hides what had its name; in Go it does so above its line too.
    fn names_mean_the_same(&self, stmt: &Stmt) -> Result<(), String> {
        let mut other = None;
        Node::Stmt(stmt).each(&mut |node| {
            if let Node::Expr(expr) = node
                && let Some(ident) = expr.as_ident()
                && let Some(obj) = self.checked.checker.info.object(ident.id)
                && self.is_hidden(ident.name, obj)
            {
                other = Some(ident.name);
            }
        });
        match other {
            Some(name) => {
                let name = self.checked.checker.name(name);
                Err(format!("{name} means something else above the line that declares it"))
            }
            None => Ok(()),
        }
    }

    /// Whether a predeclared name or that of a package stands for something of the script too.
    fn is_hidden(&self, name: Symbol, obj: ObjId) -> bool {
        let checker = &self.checked.checker;
        let object = checker.object(obj);
        let own = &checker.scopes[checker.package(self.checked.package).scope.0 as usize].names;
        let outside = object.pkg == PkgId(0) || matches!(object.kind, ObjKind::PkgName(_));
        outside && own.get(&name).is_some_and(|own| *own != obj)
    }

    /// Behind a byte order mark and a `#!` line.
    fn first_line(&self) -> usize {
        if self.text.starts_with('\u{feff}') {
            return '\u{feff}'.len_utf8();
        }
        if self.text.starts_with("#!") { self.text.find('\n').unwrap_or(self.text.len()) } else { 0 }
    }

    /// Where a part ends with the comment that stands on its last line.
    fn with_comment(&self, end: usize, next: usize) -> usize {
        let line = self.text[end..next].find('\n').map_or(next, |at| end + at);
        let rest = self.text[end..line].trim_start_matches([';', ' ', '\t']);
        if rest.starts_with("//") || (rest.starts_with("/*") && rest.trim_end().ends_with("*/")) {
            line
        } else {
            end
        }
    }

    /// A part of the source with its changes.
    fn edited(&self, start: usize, end: usize) -> String {
        let mut out = String::new();
        let mut at = start;
        for edit in self.edits.iter().filter(|edit| start <= edit.start && edit.end <= end) {
            out += &self.text[at..edit.start];
            out += &edit.text;
            at = edit.end;
        }
        out + &self.text[at..end]
    }

    fn range(&self, span: Span) -> (usize, usize) {
        ((span.start - self.base) as usize, (span.end - self.base) as usize)
    }

    fn source(&self, span: Span) -> &'c str {
        let (start, end) = self.range(span);
        &self.text[start..end]
    }

    /// A statement outside of all blocks.
    fn statement(&mut self, stmt: &Stmt) -> Result<(), String> {
        match &stmt.kind {
            StmtKind::Labeled(_, inner) => self.statement(inner),
            StmtKind::Define(left, _, operator) => {
                for target in left {
                    if let Some(ident) = target.as_ident()
                        && ident.name != sym::BLANK
                        && let Some(obj) = self.checked.checker.info.object(ident.id)
                        && self.checked.checker.object(obj).span == ident.span
                    {
                        self.variable(obj)?;
                    }
                }
                let (start, end) = self.range(*operator);
                let at = start + self.text[start..end].find(":=").unwrap_or(0);
                self.edits.push(Edit { start: at, end: at + 2, text: "=".into() });
                Ok(())
            }
            StmtKind::Decl(decls) => {
                let mut lines = Vec::new();
                for decl in decls {
                    let Decl::Var(spec) = decl else { continue };
                    for name in spec.names.iter().filter(|name| name.name != sym::BLANK) {
                        if let Some(obj) = self.checked.checker.info.object(name.id) {
                            self.variable(obj)?;
                        }
                    }
                    lines.extend(self.assignment(spec)?);
                }
                let (start, end) = self.range(stmt.span);
                let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
                let separator = format!("\n{}", &self.text[line..start]);
                self.edits.push(Edit { start, end, text: lines.join(&separator) });
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// What a line of `var` does in `main`.
    fn assignment(&mut self, spec: &VarSpec) -> Result<Option<String>, String> {
        let (Some(first), Some(last)) = (spec.values.first(), spec.values.last()) else { return Ok(None) };
        let names: Vec<&str> = spec.names.iter().map(|name| self.source(name.span)).collect();
        let values = self.source(first.span.to(last.span));
        // A blank name has the type that is written, or that of its value.
        if let Some(ty) = &spec.ty
            && let [name] = &spec.names[..]
            && name.name == sym::BLANK
        {
            return Ok(Some(format!("var _ {} = {values}", self.source(ty.span))));
        }
        Ok(Some(format!("{} = {values}", names.join(", "))))
    }

    fn variable(&mut self, obj: ObjId) -> Result<(), String> {
        let checker = &self.checked.checker;
        let object = checker.object(obj);
        let name = checker.name(object.name).to_string();
        for named in checker.names_in_type(object.ty) {
            let (text, pkg) = (checker.object(named).name, checker.object(named).pkg);
            if pkg == PkgId(0) || pkg == self.checked.package {
                continue;
            }
            if !checker.session.names.is_exported(text) {
                let shown = checker.show_in(object.ty, self.checked.package);
                return Err(format!("the type of {name} has no name in Go outside of its package: {shown}"));
            }
            self.import(pkg, &name)?;
        }
        let shown = checker.show_in(object.ty, self.checked.package);
        let own = &checker.scopes[checker.package(self.checked.package).scope.0 as usize].names;
        for (start, token, end) in Lexer::new(&shown) {
            let word = &shown[start as usize..end as usize];
            let hides =
                |word: &str| checker.session.names.get(word).is_some_and(|word| own.contains_key(&word));
            if token == Token::Ident && PREDECLARED.contains(&word) && hides(word) {
                return Err(format!("the type of {name} is {shown}, but {word} is a name of the script"));
            }
        }
        self.vars.push((name, shown));
        Ok(())
    }

    /// Imports the package of a type that has to be written.
    fn import(&mut self, pkg: PkgId, var: &str) -> Result<(), String> {
        let checker = &self.checked.checker;
        let package = checker.package(pkg);
        let scope = &checker.scopes[checker.package(self.checked.package).scope.0 as usize];
        let imports = scope.parent.map(|parent| &checker.scopes[parent.0 as usize]);
        if checker.scopes[checker.package(self.checked.package).scope.0 as usize]
            .names
            .contains_key(&package.name)
        {
            let (own, path) = (checker.name(package.name), &package.path);
            return Err(format!("the type of {var} belongs to {path}, but {own} is a name of the script"));
        }
        let named = |name: Symbol| imports.and_then(|scope| scope.names.get(&name)).copied();
        match named(package.name) {
            Some(obj) if matches!(checker.object(obj).kind, ObjKind::PkgName(found) if found == pkg) => {
                Ok(())
            }
            Some(_) => Err(format!(
                "the type of {var} belongs to {}, whose name is that of another import",
                package.path
            )),
            None => {
                self.imports.insert(format!("{:?}", &*package.path));
                Ok(())
            }
        }
    }
}

/// Text one level deeper, but for the lines within raw strings.
fn indented(text: &str) -> String {
    let mut inside = vec![false; text.len() + 1];
    for (start, token, end) in Lexer::new(text) {
        if token == Token::String && text[start as usize..].starts_with('`') {
            inside[start as usize + 1..end as usize].fill(true);
        }
    }
    let mut out = String::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if !inside[at] && line != "\n" {
            out.push('\t');
        }
        out += line;
        at += line.len();
    }
    out
}
