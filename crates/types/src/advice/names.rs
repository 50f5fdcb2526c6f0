//! Names that are not declared: what was meant, where it was, which package has it.

use golite_diag::similar::nearest;
use golite_diag::{Diagnostic, Edit};
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{Decl, Expr, ExprKind, Ident, StmtKind};

use super::{At, Node, Others};
use crate::check::Checker;
use crate::info::Mode;
use crate::lookup::Lookup;
use crate::object::{ObjId, ObjKind, PkgId};
use crate::ty::{Type, TypeId};

/// What other languages call something that Go calls otherwise.
const ELSEWHERE: &[(&str, &str)] = &[
    ("null", "nil"),
    ("NULL", "nil"),
    ("None", "nil"),
    ("nullptr", "nil"),
    ("Null", "nil"),
    ("True", "true"),
    ("TRUE", "true"),
    ("False", "false"),
    ("FALSE", "false"),
    ("str", "string"),
    ("String", "string"),
    ("boolean", "bool"),
    ("char", "rune"),
    ("long", "int64"),
    ("double", "float64"),
    ("float", "float64"),
    ("integer", "int"),
    ("Integer", "int"),
    ("object", "any"),
    ("Object", "any"),
];

/// Keywords that a statement can begin with and that can stand alone.
const KEYWORDS: &[&str] = &["return", "break", "continue", "fallthrough"];

/// More uses of a missing package than these are not labelled.
const MOST_LABELS: usize = 3;

impl Checker {
    pub(crate) fn advise_undefined(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        before: &mut [Diagnostic],
        others: &mut Others,
    ) {
        let named = match at.last() {
            Some(Node::Expr(expr)) => match &expr.kind {
                ExprKind::Ident(_) if expr.span == error.span => expr.as_ident(),
                ExprKind::Selector(base, name) if name.span == error.span => {
                    return self.advise_package_member(error, base, *name);
                }
                _ => None,
            },
            _ => None,
        };
        let Some(ident) = named else { return };
        let selector = at.path.iter().rev().nth(1).and_then(|node| match node {
            Node::Expr(Expr { kind: ExprKind::Selector(base, name), .. }) if base.span == ident.span => {
                Some(*name)
            }
            _ => None,
        });
        if let Some(member) = selector
            && self.advise_missing_package(error, at, ident, member, before, others)
        {
            return;
        }
        self.advise_name(error, at, ident, selector, others);
    }

    /// A name before a dot may be that of a standard package that is not imported.
    fn advise_missing_package(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        ident: Ident,
        member: Ident,
        before: &mut [Diagnostic],
        others: &mut Others,
    ) -> bool {
        let file = at.file.span.start;
        let known =
            others.packages.iter().find(|(other, name, _)| *other == file && *name == ident.name).copied();
        if let Some((_, _, first)) = known {
            error.repeats = true;
            if let Some(first) = before.get_mut(first)
                && first.labels.len() < MOST_LABELS
            {
                first.also(error.span, "used here too");
            }
            return true;
        }
        let name = self.owned_name(ident.name);
        let candidates = self.loader.std_packages(&name);
        let member_text = self.owned_name(member.name);
        // Of several packages with that name the one that has the member.
        let path = match candidates.as_slice() {
            [] => None,
            [one] => Some(*one),
            many => many.iter().copied().find(|path| self.package_has(path, &member_text)).or(Some(many[0])),
        };
        let Some(path) = path else {
            let Some(path) = self.loader.missing_package(&name) else { return false };
            error.note(format!("Go has a package {path}, go-lite does not have it"));
            return true;
        };
        others.packages.push((file, ident.name, before.len()));
        error.about(format!("{name} is a standard package that is not imported"));
        let Some(import) = self.import_edit(at.file, path) else { return true };
        if self.package_has(path, &member_text) {
            error.mend("import it", vec![import]);
        } else if let Some(near) = self.near_member(path, &member_text) {
            let edits = vec![import, Edit::replace(member.span, near.as_str())];
            error.mend(format!("import it; did you mean {name}.{near}?"), edits);
        }
        true
    }

    fn package_has(&mut self, path: &str, name: &str) -> bool {
        let Ok(pkg) = self.load_package(path, Span::default()) else { return false };
        let symbol = self.session.names.intern(name);
        self.session.names.is_exported(symbol) && self.lazy_member(pkg, symbol).is_some()
    }

    fn near_member(&mut self, path: &str, name: &str) -> Option<String> {
        let pkg = self.load_package(path, Span::default()).ok()?;
        let names = self.member_names(pkg);
        nearest(name, names.iter().map(String::as_str)).map(str::to_string)
    }

    /// The exported names of a package, sorted.
    pub(crate) fn member_names(&self, pkg: PkgId) -> Vec<String> {
        let scope = self.package(pkg).scope;
        let declared = self.scopes[scope.0 as usize].names.keys();
        let mut names: Vec<String> = declared
            .filter(|name| self.session.names.is_exported(**name))
            .map(|name| self.owned_name(*name))
            .collect();
        if let Some(lazy) = self.lazy.get(&pkg) {
            let exported = |name: &&str| name.starts_with(char::is_uppercase);
            names.extend(lazy.names(&self.session.map).filter(exported).map(str::to_string));
        }
        names.sort();
        names.dedup();
        names
    }

    /// `pkg.Name` where the package has no such name.
    fn advise_package_member(&mut self, error: &mut Diagnostic, base: &Expr, name: Ident) {
        let Some(obj) = self.info.object(base.id) else { return };
        let ObjKind::PkgName(pkg) = self.object(obj).kind else { return };
        let wanted = self.owned_name(name.name);
        let package = self.owned_name(self.package(pkg).name);
        let names = self.member_names(pkg);
        if let Some(near) = nearest(&wanted, names.iter().map(String::as_str)) {
            if near.to_lowercase() == wanted.to_lowercase() {
                error.note("names used from another package begin with a capital letter");
            }
            error.about(format!("package {package} has no {wanted}"));
            error.mend(format!("did you mean {near}?"), vec![Edit::replace(name.span, near)]);
        } else {
            error.about(format!("package {package} has no {wanted}"));
        }
    }

    /// A name that is not declared here.
    fn advise_name(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        ident: Ident,
        selector: Option<Ident>,
        others: &Others,
    ) {
        let name = self.owned_name(ident.name);
        if let Some((_, go)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
            error.mend(format!("Go calls it {go}"), vec![Edit::replace(ident.span, *go)]);
            return;
        }
        if (name == "this" || name == "self")
            && let Some(Node::Decl(Decl::Func(func))) = at.func_decl()
        {
            match func.receiver.as_deref().and_then(<[_]>::first).and_then(|field| field.name) {
                Some(receiver) => {
                    let text = self.owned_name(receiver.name);
                    error.also(receiver.span, "the receiver has this name");
                    error.mend(format!("did you mean {text}?"), vec![Edit::replace(ident.span, text)]);
                }
                None => error.note("a method names its receiver before its own name: func (x T) Method()"),
            }
            return;
        }
        // The checker says so where a type is needed.
        let wants_type = !error.label.is_empty();
        if !wants_type {
            error.about(format!("nothing here is called {name}"));
        }
        if name == "init" || name == "main" {
            error.note("the functions init and main cannot be referred to");
            return;
        }
        let alone = at
            .statements()
            .next()
            .is_some_and(|(stmt, _)| matches!(&stmt.kind, StmtKind::Expr(expr) if expr.span == ident.span));
        if alone && let Some(near) = nearest(&name, KEYWORDS.iter().copied()) {
            error.mend(format!("did you mean {near}?"), vec![Edit::replace(ident.span, near)]);
            return;
        }
        let (visible, hidden) = self.names_around(at, ident);
        let same = hidden.iter().rev().find(|obj| self.object(**obj).name == ident.name).copied();
        if let Some(obj) = same {
            self.advise_out_of_scope(error, at, obj, &name);
            return;
        }
        let unused: Vec<String> = others.unused.iter().map(|(name, _)| name.clone()).collect();
        let swapped = unused.iter().find(|other| {
            other.len() == name.len() && golite_diag::similar::distance(other, &name) == 1 && name.len() < 3
        });
        let called = at.path.iter().rev().nth(1).and_then(|node| match node {
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) if call.func.span == ident.span => {
                Some(call.args.len())
            }
            _ => None,
        });
        let visible: Vec<ObjId> = visible
            .into_iter()
            .filter(|obj| match self.object(*obj).kind {
                // A type can be called with one value only.
                ObjKind::TypeName => wants_type || called == Some(1),
                ObjKind::Builtin(_) => called.is_some(),
                _ => !wants_type,
            })
            .collect();
        let mut texts: Vec<String> =
            visible.iter().map(|obj| self.owned_name(self.object(*obj).name)).collect();
        if selector.is_some() {
            texts.extend(
                at.file
                    .imports
                    .iter()
                    .filter(|import| import.name.is_none())
                    .filter_map(|import| import.path_text.rsplit('/').next().map(str::to_string)),
            );
        }
        let near =
            swapped.cloned().or_else(|| nearest(&name, texts.iter().map(String::as_str)).map(str::to_string));
        // Of names of one letter nothing can be said.
        let near = near.filter(|_| name.chars().count() > 1);
        if let Some(near) = near {
            let declared = visible.iter().find(|obj| self.name(self.object(**obj).name) == near).copied();
            if let Some(obj) = declared.filter(|obj| self.is_in_source(*obj)) {
                error.also(self.object(obj).span, format!("{near} is declared here"));
            }
            error.mend(format!("did you mean {near}?"), vec![Edit::replace(ident.span, near)]);
        } else if selector.is_some()
            && let Some(path) = self.loader.near_package(&name)
        {
            error.help(format!("did you mean the package \"{path}\"?"));
        }
    }

    /// The objects that a name at a place can mean, nearest last, and those of the function around
    /// that cannot be seen from there.
    fn names_around(&self, at: &At<'_>, ident: Ident) -> (Vec<ObjId>, Vec<ObjId>) {
        let mut visible: Vec<ObjId> = Vec::new();
        let universe = &self.scopes[0].names;
        // A session has the names of the inputs before around those of the input.
        let mut outer: Vec<ObjId> = Vec::new();
        let mut next = Some(self.package(self.env.pkg).scope);
        while let Some(scope) = next.filter(|scope| scope.0 != 0) {
            let own = |obj: &ObjId| !self.name(self.object(*obj).name).starts_with('·');
            outer.extend(self.scopes[scope.0 as usize].names.values().copied().filter(own));
            next = self.scopes[scope.0 as usize].parent;
        }
        outer.sort();
        let mut predeclared: Vec<ObjId> = universe.values().copied().collect();
        predeclared.sort();
        let (mut inner, mut hidden) = (Vec::new(), Vec::new());
        if let Some(top) = at.path.first() {
            let span = top.span();
            for (index, object) in self.objects.iter().enumerate() {
                let local = object.pkg == self.env.pkg && object.decl_is_local();
                let inside = span.start <= object.span.start && object.span.end <= span.end;
                let is_field = matches!(&object.kind, ObjKind::Var(facts) if facts.field);
                if !local || !inside || is_field || object.name == sym::EMPTY || object.name == sym::BLANK {
                    continue;
                }
                let obj = ObjId(index as u32);
                let scope = at.scope_of(object.span);
                let sees = scope.is_none_or(|scope| scope.contains(ident.span));
                if sees && object.span.start < ident.span.start {
                    inner.push(obj);
                } else {
                    hidden.push(obj);
                }
            }
        }
        visible.extend(inner);
        visible.extend(outer);
        visible.extend(predeclared);
        (visible, hidden)
    }

    /// A name that is declared in the same function, but elsewhere.
    fn advise_out_of_scope(&mut self, error: &mut Diagnostic, at: &At<'_>, obj: ObjId, name: &str) {
        let span = self.object(obj).span;
        if span.start > error.span.start {
            error.also(span, format!("{name} is declared only here, after its use"));
            return;
        }
        let Some(scope) = at.scope_of(span) else { return };
        let what = match scope {
            Node::Stmt(stmt) => match stmt.kind {
                StmtKind::If(_) => "if statement",
                StmtKind::For(_) | StmtKind::Range(_) => "loop",
                _ => "switch statement",
            },
            Node::Case(_) | Node::Comm(_) => "clause",
            Node::Expr(_) | Node::Decl(_) => "function",
            Node::Block(_) => "block",
        };
        let end = scope.span().end;
        let line = self.line_number(Span::at(end.saturating_sub(1)));
        error.about(format!("{name} does not exist here"));
        error.also(span, format!("{name} is declared in this {what}, which ends in line {line}"));
        error.help(format!("declare {name} before the {what} to use it after it"));
    }

    // ---- members of types

    /// `x.name` where the type has no such member, and unknown fields in literals.
    pub(crate) fn advise_member(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let name = self.text(error.span).to_string();
        let mut ty = None;
        match at.last() {
            Some(Node::Expr(Expr { kind: ExprKind::Selector(base, member), .. }))
                if member.span == error.span =>
            {
                let fact = self.info.fact(base.id);
                if fact.mode == Mode::Type && self.advise_type_for_package(error, at, base, &name) {
                    return;
                }
                if self
                    .info
                    .object(base.id)
                    .is_some_and(|obj| matches!(self.object(obj).kind, ObjKind::PkgName(_)))
                {
                    error.note("names used from another package begin with a capital letter");
                    return;
                }
                ty = Some(fact.ty);
            }
            Some(Node::Expr(key)) if key.span == error.span => {
                // The key of an element of a struct literal.
                for node in at.path.iter().rev() {
                    if let Node::Expr(Expr { kind: ExprKind::CompositeLit(_), id, .. }) = node {
                        ty = Some(self.info.fact(*id).ty);
                        break;
                    }
                }
            }
            _ => {}
        }
        let Some(ty) = ty else { return };
        if error.message.contains("cannot refer to unexported") {
            error.note("names that begin with a small letter can be used in their own package only");
            let exported: Vec<String> = self
                .names_of_members(ty)
                .into_iter()
                .filter(|other| other.to_lowercase() == name.to_lowercase())
                .collect();
            if let Some(other) = exported.first().filter(|other| **other != name) {
                error.mend(format!("did you mean {other}?"), vec![Edit::replace(error.span, other.as_str())]);
            }
            return;
        }
        let shown = self.show(ty);
        let names = self.names_of_members(ty);
        let fields_only = !matches!(at.last(), Some(Node::Expr(Expr { kind: ExprKind::Selector(..), .. })));
        let names: Vec<String> = if fields_only { self.names_of_fields(ty) } else { names };
        // What is called is a method, or a field that holds a function.
        let called = at.path.iter().rev().nth(1).is_some_and(|node| match node {
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => call.func.span.end == error.span.end,
            _ => false,
        });
        let names: Vec<String> =
            names.into_iter().filter(|name| !called || self.can_call_member(ty, name)).collect();
        if let Some(near) = nearest(&name, names.iter().map(String::as_str)) {
            error.mend(format!("did you mean {near}?"), vec![Edit::replace(error.span, near)]);
        } else if !names.is_empty() && names.len() <= 8 {
            error.note(format!("{shown} has {}", names.join(", ")));
        }
        error.about(format!("{shown} has no {name}"));
    }

    /// `string.ToUpper` for `strings.ToUpper`.
    fn advise_type_for_package(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        base: &Expr,
        name: &str,
    ) -> bool {
        let text = self.text(base.span).to_string();
        let Some(path) = self.loader.near_package(&text) else { return false };
        if !self.package_has(&path, name) {
            return false;
        }
        let package = path.rsplit('/').next().unwrap_or(&path).to_string();
        error.about(format!("{text} is a type"));
        let mut edits = vec![Edit::replace(base.span, package.as_str())];
        if !self.imports_path(at.file, &path) {
            match self.import_edit(at.file, &path) {
                Some(edit) => edits.push(edit),
                None => return true,
            }
        }
        error.mend(format!("did you mean the package {package}?"), edits);
        true
    }

    fn can_call_member(&mut self, ty: TypeId, name: &str) -> bool {
        let name = self.session.names.intern(name);
        match self.lookup_selection(ty, name) {
            Lookup::Method { .. } => true,
            Lookup::Field { ty, .. } => matches!(self.types.under(ty), Type::Signature(_)),
            Lookup::Ambiguous | Lookup::Missing => false,
        }
    }

    /// Names of fields and methods that can be selected from a value here, sorted.
    fn names_of_members(&mut self, ty: TypeId) -> Vec<String> {
        let base = match *self.types.get(ty) {
            Type::Pointer(base) => base,
            _ => ty,
        };
        let pointer = self.types.intern(Type::Pointer(base));
        let set_of = if matches!(self.types.under(base), Type::Interface(_) | Type::Param(_)) {
            base
        } else {
            pointer
        };
        let methods = self.method_set(set_of);
        let mut names: Vec<String> = methods
            .into_iter()
            .filter(|method| self.can_select(method.name, method.pkg))
            .map(|method| self.owned_name(method.name))
            .collect();
        names.extend(self.names_of_fields(base));
        names.sort();
        names.dedup();
        names
    }

    fn names_of_fields(&mut self, ty: TypeId) -> Vec<String> {
        let Some(core) = self.types.core(ty) else { return Vec::new() };
        let core = match *self.types.get(core) {
            Type::Pointer(base) => self.types.underlying(base),
            _ => core,
        };
        let Type::Struct(fields) = self.types.get(core).clone() else { return Vec::new() };
        fields
            .iter()
            .filter(|field| self.can_select(field.name, field.pkg) && field.name != sym::BLANK)
            .map(|field| self.owned_name(field.name))
            .collect()
    }

    fn can_select(&self, name: Symbol, pkg: PkgId) -> bool {
        pkg == self.env.pkg || self.session.names.is_exported(name)
    }

    // ---- imports

    /// An import path that leads nowhere.
    pub(crate) fn advise_import(&mut self, error: &mut Diagnostic) {
        let path = self.text(error.span).trim_matches(['"', '`']).to_string();
        error.about("there is no such package");
        if error.message.contains("go-lite does not load other modules") {
            error.note("go-lite runs without network; a package of your own is a folder below the go.mod");
            return;
        }
        if !error.message.contains("is not in std") {
            return;
        }
        if self.loader.missing_path(&path) {
            error.about("Go has this package, go-lite does not");
        } else if let Some(near) = self.loader.near_package(&path) {
            let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_string();
            if last(&near) == last(&path) {
                error.mend(
                    format!("did you mean {near}?"),
                    vec![Edit::replace(error.span, format!("\"{near}\""))],
                );
            } else {
                error.help(format!("did you mean \"{near}\"?"));
            }
        }
    }
}
