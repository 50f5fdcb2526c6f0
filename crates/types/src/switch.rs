//! Switches. Spec: Switch statements.

use golite_diag::Code;
use golite_source::{Span, sym};
use golite_syntax::ast::{CaseClause, Expr, ExprKind, SwitchStmt, TypeSwitchStmt};
use rustc_hash::FxHashMap;

use crate::check::Checker;
use crate::object::{ObjKind, VarFacts};
use crate::operand::Operand;
use crate::ops::Comparison;
use crate::stmt::Context;
use crate::text::{operator_span, start_span};
use crate::ty::{Basic, TypeId};

/// Constant cases met before: by value, types and places.
type Cases = FxHashMap<String, Vec<(TypeId, Span)>>;

impl Checker {
    fn check_defaults(&mut self, clauses: &[CaseClause]) {
        let mut default: Option<Span> = None;
        for clause in clauses.iter().filter(|clause| clause.exprs.is_none()) {
            self.check_single_default(&mut default, clause.span);
        }
    }

    pub(crate) fn switch_stmt(&mut self, context: Context, stmt: &SwitchStmt) {
        let outer = self.open_scope();
        if let Some(init) = &stmt.init {
            self.check_stmt(Context::default(), init);
        }
        let mut tag = match &stmt.tag {
            Some(tag) => {
                let mut x = self.check_expr(tag, None);
                self.assign_to(&mut x, None, "switch expression");
                if x.is_valid() && !self.types.comparable(x.ty, true) && !self.has_nil(x.ty) {
                    let (text, shown) = (self.describe(&x), self.show(x.ty));
                    let message = format!("cannot switch on {text} ({shown} is not comparable)");
                    self.error(Code::BadComparison, x.span, message);
                    x.invalidate();
                }
                x
            }
            None => {
                let brace = Span::at(stmt.body.end.saturating_sub(1));
                self.constant_operand(
                    stmt.clauses.first().map_or(brace, |clause| Span::at(clause.span.start)),
                )
            }
        };
        self.check_defaults(&stmt.clauses);
        let mut seen = Cases::default();
        for (i, clause) in stmt.clauses.iter().enumerate() {
            let last = i + 1 == stmt.clauses.len();
            let context = Context { can_break: true, can_fall_through: !last, last_clause: last, ..context };
            self.case_values(&mut tag, clause.exprs.as_deref().unwrap_or_default(), &mut seen);
            let outer = self.open_scope();
            self.stmt_list(context, &clause.body);
            self.close_scope(outer);
        }
        self.close_scope(outer);
    }

    fn case_values(&mut self, tag: &mut Operand<'_>, values: &[Expr], seen: &mut Cases) {
        for expr in values {
            let mut x = self.check_expr(expr, None);
            if !tag.is_valid() || !x.is_valid() {
                continue;
            }
            self.convert_untyped(&mut x, tag.ty);
            if !x.is_valid() {
                continue;
            }
            let (mut y, mut with) = (x.clone(), tag.clone());
            self.compare(&mut y, &mut with, Comparison::Case);
            if !y.is_valid() || !x.is_const() {
                continue;
            }
            let Some(value) =
                x.value.as_ref().filter(|value| !matches!(value, crate::constant::Const::Bool(_)))
            else {
                continue;
            };
            let before = seen.entry(value.key()).or_default();
            if let Some((_, first)) = before.iter().find(|(ty, _)| self.types.identical(*ty, x.ty)) {
                let more = [(*first, "previous case".to_string())];
                let message = format!("duplicate case {} in expression switch", self.describe(&x));
                self.error_with(Code::Duplicate, x.span, message, &more);
            } else {
                // Go points at the parenthesis of a conversion, at the operator of an operation.
                let at = match &expr.kind {
                    ExprKind::Call(call) => Span::at(call.func.span.end),
                    _ => operator_span(expr),
                };
                before.push((x.ty, at));
            }
        }
    }

    pub(crate) fn type_switch_stmt(&mut self, context: Context, stmt: &TypeSwitchStmt) {
        let outer = self.open_scope();
        if let Some(init) = &stmt.init {
            self.check_stmt(Context::default(), init);
        }
        let context = Context { can_break: true, type_switch: true, ..context };
        let binding = match stmt.binding {
            Some(name) if name.name == sym::BLANK => {
                self.error(Code::NoNewVariables, name.span, "no new variable on left side of :=");
                None
            }
            binding => binding,
        };
        let x = self.check_expr(&stmt.subject, None);
        let mut subject = None;
        if x.is_valid() {
            let text = self.describe(&x);
            if self.is_param(x.ty) {
                let message = format!("cannot use type switch on type parameter value {text}");
                self.error(Code::BadAssertion, x.span, message);
            } else if self.is_interface_type(x.ty) {
                subject = Some(x);
            } else {
                self.error(Code::BadAssertion, x.span, format!("{text} is not an interface"));
            }
        }
        self.check_defaults(&stmt.clauses);
        let mut vars = Vec::new();
        let mut seen: Vec<(Option<TypeId>, Span)> = Vec::new();
        for clause in &stmt.clauses {
            let types = clause.exprs.as_deref().unwrap_or_default();
            let ty = self.case_types(subject.as_ref(), types, &mut seen);
            let outer = self.open_scope();
            if let Some(name) = binding {
                let var = self.new_var(name.name, name.span, ty, VarFacts::default());
                self.declare(name.name, var);
                self.info.implicit.insert(clause.id, var);
                vars.push(var);
            }
            self.stmt_list(context, &clause.body);
            self.close_scope(outer);
        }
        if let Some(name) = binding
            && !vars.iter().any(|var| self.var_facts(*var).used)
        {
            let message = format!("{} declared and not used", self.name(name.name));
            self.error(Code::UnusedVariable, name.span, message);
        }
        self.close_scope(outer);
    }

    /// Checks the types of a clause; gives the type of the clause's variable.
    fn case_types(
        &mut self,
        subject: Option<&Operand<'_>>,
        types: &[Expr],
        seen: &mut Vec<(Option<TypeId>, Span)>,
    ) -> TypeId {
        let invalid = Basic::Invalid.id();
        let mut single = None;
        for expr in types {
            let ty = if self.names_nil(expr) {
                self.check_expr(expr, None);
                None
            } else {
                let ty = self.check_var_type(expr);
                if ty == invalid {
                    single = Some(invalid);
                    continue;
                }
                Some(ty)
            };
            single = ty;
            let before = seen.iter().find(|(other, _)| match (ty, *other) {
                (Some(a), Some(b)) => self.types.identical(a, b),
                (None, None) => true,
                _ => false,
            });
            if let Some((_, first)) = before {
                let shown = ty.map_or_else(|| "nil".to_string(), |ty| self.show(ty));
                let more = [(*first, "previous case".to_string())];
                let message = format!("duplicate case {shown} in type switch");
                self.error_with(Code::Duplicate, expr.span, message, &more);
                continue;
            }
            seen.push((ty, expr.span));
            if let (Some(x), Some(ty)) = (subject, ty) {
                self.possible_case(expr, x, ty);
            }
        }
        match single {
            Some(ty) if types.len() == 1 => ty,
            _ => subject.map_or(invalid, |x| x.ty),
        }
    }

    fn possible_case(&mut self, expr: &Expr, x: &Operand<'_>, ty: TypeId) {
        if self.is_interface_type(ty) || self.is_param(ty) {
            return;
        }
        if let Err(reason) = self.missing_method(ty, x.ty, true) {
            let (text, described, shown) = (self.expr_text(expr), self.describe(x), self.show(ty));
            let message = format!(
                "impossible type switch case: {text}\n\t{described} cannot have dynamic type {shown} {}",
                reason.0
            );
            self.error(Code::ImpossibleAssertion, start_span(expr), message);
        }
    }

    fn names_nil(&mut self, expr: &Expr) -> bool {
        let Some(ident) = expr.unparen().as_ident() else { return false };
        self.lookup(ident.name).is_some_and(|(obj, _)| matches!(self.object(obj).kind, ObjKind::Nil))
    }
}
