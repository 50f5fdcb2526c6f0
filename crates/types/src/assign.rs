//! Assignments, short variable declarations, and the values of `return`. Spec: Assignment
//! statements, Short variable declarations.

use golite_diag::{Code, Diagnostic};
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{Expr, ExprKind, Ident};
use rustc_hash::FxHashSet;

use crate::check::Checker;
use crate::info::{Fact, Mode};
use crate::object::{ObjId, ObjKind, VarFacts};
use crate::operand::{Operand, Target};
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId};

/// What an assignment assigns to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// An error was found.
    Invalid,
    /// `_`
    Blank,
    /// Something of a type.
    Typed(TypeId),
}

fn is_call(expr: &Expr) -> bool {
    matches!(expr.unparen().kind, ExprKind::Call(_))
}

impl Checker {
    /// Gives variables the values of a list: one each, or all from one call or `, ok` form.
    /// `declared` are types that are known before; `returning` is the place of a `return`.
    pub(crate) fn init_vars(
        &mut self,
        vars: &[ObjId],
        declared: &[Option<TypeId>],
        values: &[Expr],
        returning: Option<Span>,
    ) {
        let (l, r) = (vars.len(), values.len());
        let context = match (returning, l > 1) {
            (Some(_), _) => "return statement",
            (None, true) => "multiple assignment",
            (None, false) => "assignment",
        };
        if l == r && !(r == 1 && is_call(&values[0])) {
            for ((var, ty), value) in vars.iter().zip(declared).zip(values) {
                let name = self.owned_name(self.object(*var).name);
                let desc = if name.is_empty() { "result variable" } else { &name };
                let mut x = self.check_value(value, ty.map(|ty| Target { ty, desc }));
                self.init_var(*var, *ty, &mut x, context);
            }
            return;
        }
        if r != 1 {
            let before = self.session.errors.len();
            self.use_exprs(values);
            if self.session.errors.len() == before {
                match returning {
                    Some(span) => {
                        let operands: Vec<Operand<'_>> =
                            values.iter().map(|value| self.check_expr(value, None)).collect();
                        self.return_error(span, declared, &operands);
                    }
                    None => self.count_error(values, l, r),
                }
            }
            self.give_up(vars, declared);
            return;
        }
        let mut operands = self.check_multi(&values[0], l == 2 && returning.is_none());
        if operands.len() == l {
            for ((var, ty), x) in vars.iter().zip(declared).zip(&mut operands) {
                self.init_var(*var, *ty, x, context);
            }
            return;
        }
        if operands.first().is_none_or(Operand::is_valid) {
            match returning {
                Some(span) => self.return_error(span, declared, &operands),
                None => self.count_error(values, l, operands.len()),
            }
        }
        self.give_up(vars, declared);
    }

    /// Variables whose values are in error get no type.
    fn give_up(&mut self, vars: &[ObjId], declared: &[Option<TypeId>]) {
        for (var, ty) in vars.iter().zip(declared) {
            if ty.is_none() {
                self.object_mut(*var).ty = Basic::Invalid.id();
            }
        }
    }

    fn return_error(&mut self, at: Span, want: &[Option<TypeId>], have: &[Operand<'_>]) {
        let (l, r) = (want.len(), have.len());
        let (at, quality) = match have {
            have if r > l => (have[l].span, "too many"),
            [.., last] => (last.span, "not enough"),
            [] => (at, "not enough"),
        };
        let have: Vec<TypeId> = have.iter().map(|x| x.ty).collect();
        let want: Vec<TypeId> = want.iter().map(|ty| ty.unwrap_or(Basic::Invalid.id())).collect();
        let (have, want) = (self.summary(&have, false, false), self.summary(&want, false, false));
        let message = format!("{quality} return values\n\thave {have}\n\twant {want}");
        self.error(Code::WrongCount, at, message);
    }

    fn count_error(&mut self, values: &[Expr], l: usize, r: usize) {
        let Some(first) = values.first() else { return };
        let measure = |n: usize, unit: &str| format!("{n} {unit}{}", if n == 1 { "" } else { "s" });
        let (vars, vals) = (measure(l, "variable"), measure(r, "value"));
        let message = match &first.unparen().kind {
            ExprKind::Call(call) if values.len() == 1 => {
                format!("assignment mismatch: {vars} but {} returns {vals}", self.expr_text(&call.func))
            }
            _ => format!("assignment mismatch: {vars} but {vals}"),
        };
        self.error(Code::WrongCount, first.span, message);
    }

    /// `x, y = a, b`
    pub(crate) fn assign_vars(&mut self, left: &[Expr], right: &[Expr]) {
        let (l, r) = (left.len(), right.len());
        let context = if l > 1 { "multiple assignment" } else { "assignment" };
        if l == r && !(r == 1 && is_call(&right[0])) {
            for (left, right) in left.iter().zip(right) {
                self.assign_expr(left, right, context);
            }
            return;
        }
        if r != 1 {
            let before = self.session.errors.len();
            self.use_left(left);
            self.use_exprs(right);
            if self.session.errors.len() == before {
                self.count_error(right, l, r);
            }
            return;
        }
        let mut operands = self.check_multi(&right[0], l == 2);
        if operands.len() == l {
            for (left, x) in left.iter().zip(&mut operands) {
                self.assign_operand(left, x, context);
            }
            return;
        }
        if operands.first().is_none_or(Operand::is_valid) {
            self.count_error(right, l, operands.len());
        }
        self.use_left(left);
    }

    /// Checks left sides that cannot be assigned to because of an error; being assigned to is no use.
    fn use_left(&mut self, left: &[Expr]) {
        for expr in left {
            match expr.unparen().as_ident() {
                Some(ident) if ident.name == sym::BLANK => {}
                Some(ident) => {
                    let used = self.variable_named(ident.name).map(|var| (var, self.var_facts(var).used));
                    self.use_exprs([expr]);
                    if let Some((var, used)) = used {
                        self.with_var(var, |facts| facts.used = used);
                    }
                }
                None => self.use_exprs([expr]),
            }
        }
    }

    fn variable_named(&mut self, name: Symbol) -> Option<ObjId> {
        self.lookup(name).map(|(obj, _)| obj).filter(|obj| matches!(self.object(*obj).kind, ObjKind::Var(_)))
    }

    fn assign_expr(&mut self, left: &Expr, right: &Expr, context: &str) {
        let place = self.assigned_place(left);
        let ty = match place {
            Place::Invalid => return self.use_exprs([right]),
            Place::Blank => None,
            Place::Typed(ty) => Some(ty),
        };
        let desc = self.expr_text(left);
        let target = ty
            .filter(|ty| matches!(self.types.under(*ty), Type::Signature(_)))
            .map(|ty| Target { ty, desc: &desc });
        let mut x = self.check_value(right, target);
        self.assign_place(ty, &mut x, context);
    }

    /// Assigns an operand to what an expression stands for.
    pub(crate) fn assign_operand(&mut self, left: &Expr, x: &mut Operand<'_>, context: &str) {
        match self.assigned_place(left) {
            Place::Invalid => x.invalidate(),
            Place::Blank => self.assign_place(None, x, context),
            Place::Typed(ty) => self.assign_place(Some(ty), x, context),
        }
    }

    fn assign_place(&mut self, ty: Option<TypeId>, x: &mut Operand<'_>, context: &str) {
        let context =
            if ty.is_none() && context == "assignment" { "assignment to _ identifier" } else { context };
        self.assign_to(x, ty, context);
    }

    /// The left side of an assignment.
    fn assigned_place(&mut self, left: &Expr) -> Place {
        let ident = left.unparen().as_ident();
        if ident.is_some_and(|ident| ident.name == sym::BLANK) {
            return Place::Blank;
        }
        // Being assigned to does not count as use.
        let before = ident
            .and_then(|ident| self.variable_named(ident.name))
            .map(|var| (var, self.var_facts(var).used));
        let x = self.check_expr(left, None);
        if let Some((var, used)) = before {
            self.with_var(var, |facts| facts.used = used);
        }
        if !x.is_valid() || x.ty == Basic::Invalid.id() {
            return Place::Invalid;
        }
        if matches!(x.mode, Mode::Variable | Mode::MapIndex) {
            if x.mode == Mode::Variable
                && let Some(var) = self.variable_inside(left)
            {
                self.with_var(var, |facts| facts.assigned = true);
            }
            return Place::Typed(x.ty);
        }
        let text = self.expr_text(left);
        if let ExprKind::Selector(base, _) = &left.unparen().kind
            && self.info.fact(base.unparen().id).mode == Mode::MapIndex
        {
            let message = format!("cannot assign to struct field {text} in map");
            self.error(Code::NotAssignable, start_span(left), message);
            return Place::Invalid;
        }
        let message = format!("cannot assign to {text} (neither addressable nor a map index expression)");
        self.error(Code::NotAssignable, start_span(left), message);
        Place::Invalid
    }

    /// The variable that an assignment to an addressable expression changes; none if it goes through
    /// a pointer, slice or map.
    fn variable_inside(&mut self, expr: &Expr) -> Option<ObjId> {
        match &expr.unparen().kind {
            ExprKind::Ident(_) => self.info.object(expr.unparen().id),
            ExprKind::Selector(base, name) => {
                let Some(selection) = self.info.selections.get(&expr.unparen().id).cloned() else {
                    return self.info.object(name.id);
                };
                let mut ty = self.info.fact(base.id).ty;
                for index in selection.path {
                    let Type::Struct(fields) = self.types.under(ty) else { return None };
                    ty = fields.get(index)?.ty;
                }
                self.variable_inside(base)
            }
            ExprKind::Index(base, _) => {
                let ty = self.info.fact(base.id).ty;
                let core = self.types.core(ty)?;
                matches!(self.types.get(core), Type::Array(..)).then(|| self.variable_inside(base)).flatten()
            }
            _ => None,
        }
    }

    /// A statement of a script declares a variable whose name is that of something else.
    fn declared_again(&mut self, ident: Ident, other: ObjId) {
        let (text, first) = (self.owned_name(ident.name), self.object(other).span);
        // What runs the statements stands nowhere.
        if ident.name == sym::MAIN && first.start == first.end {
            return self.error(Code::BadMain, ident.span, "cannot declare main - must be func");
        }
        let message = format!("{text} redeclared in this block{}", self.other_declaration(first, &text));
        self.report(
            Diagnostic::error(Code::Redeclared, ident.span, message).label(first, "first declared here"),
        );
    }

    /// `x, y := a, b`
    pub(crate) fn short_var_decl(&mut self, at: Span, left: &[Expr], right: &[Expr]) {
        let top = self.later.len();
        let scope = self.env.scope;
        let mut seen: FxHashSet<Symbol> = FxHashSet::default();
        let mut vars: Vec<ObjId> = Vec::with_capacity(left.len());
        let mut declared: Vec<Option<TypeId>> = Vec::with_capacity(left.len());
        let mut fresh: Vec<(Symbol, ObjId)> = Vec::new();
        let mut wrong = false;
        for expr in left {
            let mut known = None;
            match expr.as_ident() {
                None => {
                    self.use_left(std::slice::from_ref(expr));
                    let message = format!("non-name {} on left side of :=", self.expr_text(expr));
                    self.error(Code::BadDeclaration, start_span(expr), message);
                    wrong = true;
                }
                Some(ident) if ident.name != sym::BLANK && !seen.insert(ident.name) => {
                    let message = format!("{} repeated on left side of :=", self.name(ident.name));
                    self.error(Code::Redeclared, start_span(expr), message);
                    wrong = true;
                }
                Some(ident) => match self.scopes[scope.0 as usize].names.get(&ident.name).copied() {
                    Some(other) => {
                        self.info.set_object(ident.id, other);
                        if matches!(self.object(other).kind, ObjKind::Var(_)) {
                            self.with_var(other, |facts| facts.assigned = true);
                            known = Some(other);
                        } else if self.script_scope == Some(scope) {
                            self.declared_again(ident, other);
                            wrong = true;
                        } else {
                            let message = format!("cannot assign to {}", self.expr_text(expr));
                            self.error(Code::NotAssignable, start_span(expr), message);
                            wrong = true;
                        }
                    }
                    None => {
                        let facts = self.new_var_facts();
                        let var = self.new_var(ident.name, ident.span, Basic::Invalid.id(), facts);
                        self.info.set_object(ident.id, var);
                        if ident.name != sym::BLANK {
                            fresh.push((ident.name, var));
                        }
                        vars.push(var);
                        declared.push(None);
                        continue;
                    }
                },
            }
            match known {
                Some(var) => {
                    vars.push(var);
                    declared.push(Some(self.object(var).ty));
                }
                None => {
                    let facts = VarFacts { used: true, ..VarFacts::default() };
                    vars.push(self.new_var(sym::BLANK, expr.span, Basic::Invalid.id(), facts));
                    declared.push(None);
                }
            }
        }
        self.init_vars(&vars, &declared, right, None);
        self.run_later_from(top);
        for (expr, var) in left.iter().zip(&vars) {
            let ty = self.object(*var).ty;
            self.info.set(expr.id, Fact { mode: Mode::Variable, ty });
        }
        if fresh.is_empty() && !wrong {
            self.error(Code::NoNewVariables, at, "no new variables on left side of :=");
        }
        for (name, var) in fresh {
            self.declare_local(name, var);
        }
    }
}
