//! Numbers that are not what they seem.

use golite_diag::{Code, Diagnostic};
use golite_syntax::ast::{BinaryExpr, BinaryOp, CallExpr, Expr, ExprKind, LitKind};

use crate::check::Checker;
use crate::info::Mode;
use crate::object::{Builtin, ObjKind};
use crate::ty::{Basic, TypeTable};

impl Checker {
    /// `string(n)` of a number.
    pub(super) fn warn_conversion(&mut self, expr: &Expr, call: &CallExpr, found: &mut Vec<Diagnostic>) {
        let [arg] = call.args.as_slice() else { return };
        if self.info.fact(call.func.id).mode != Mode::Type
            || !self.is_basic(self.info.fact(call.func.id).ty, Basic::is_string)
        {
            return;
        }
        let ty = self.info.fact(arg.id).ty;
        let integer = self.is_basic(ty, Basic::is_integer);
        let character = [TypeTable::RUNE, Basic::Uint8.id(), Basic::Int32.id(), Basic::UntypedRune.id()]
            .into_iter()
            .any(|other| self.types.identical(ty, other));
        let rune_literal = matches!(arg.unparen().kind, ExprKind::BasicLit(LitKind::Char));
        if !integer || character || rune_literal {
            return;
        }
        let shown = self.show(ty);
        let message =
            format!("conversion from {shown} to string yields a string of one rune, not a string of digits");
        let mut warning = Diagnostic::warning(Code::IntToString, expr.span, message);
        let value = self.info.value(expr.id).map(crate::constant::Const::show);
        warning.about(match value {
            Some(value) => format!("this is {value}"),
            None => "this is the character with that number".into(),
        });
        let text = self.text(arg.span).to_string();
        warning.help(format!(
            "digits: strconv.Itoa({text}) or fmt.Sprint({text}); the character: string(rune({text}))"
        ));
        found.push(warning);
    }

    /// Comparisons whose result is known.
    pub(super) fn warn_comparison(&mut self, expr: &Expr, binary: &BinaryExpr, found: &mut Vec<Diagnostic>) {
        if !binary.op.is_comparison() || self.info.fact(expr.id).mode == Mode::Const {
            return;
        }
        let (left, right) = (&*binary.left, &*binary.right);
        let zero = |checker: &Checker, expr: &Expr| {
            checker.info.value(expr.id).is_some_and(|value| value.as_int().is_some() && value.is_zero())
        };
        let never_negative = |checker: &mut Checker, expr: &Expr| {
            let is_length = match &expr.unparen().kind {
                ExprKind::Call(call) => {
                    call.func.as_ident().and_then(|ident| checker.info.object(ident.id)).is_some_and(|obj| {
                        matches!(checker.object(obj).kind, ObjKind::Builtin(Builtin::Len | Builtin::Cap))
                    })
                }
                _ => false,
            };
            is_length || checker.is_basic(checker.info.fact(expr.id).ty, Basic::is_unsigned)
        };
        let result = if zero(self, right) && never_negative(self, left) {
            match binary.op {
                BinaryOp::Ge => Some(true),
                BinaryOp::Lt => Some(false),
                _ => None,
            }
        } else if zero(self, left) && never_negative(self, right) {
            match binary.op {
                BinaryOp::Le => Some(true),
                BinaryOp::Gt => Some(false),
                _ => None,
            }
        } else {
            None
        };
        let (reason, result) = match result {
            Some(result) => ("it is never negative", result),
            None => {
                let same = self.variable(left).is_some() && self.variable(left) == self.variable(right);
                let ty = self.info.fact(left.id).ty;
                let exact =
                    self.is_basic(ty, |basic| basic.is_integer() || basic.is_string() || basic.is_boolean());
                if !same || !exact || self.is_param(ty) {
                    return;
                }
                let result = matches!(binary.op, BinaryOp::Eq | BinaryOp::Le | BinaryOp::Ge);
                ("both sides are the same variable", result)
            }
        };
        let text = self.expr_text(expr);
        let message = format!("comparison {text} is always {result}");
        let mut warning = Diagnostic::warning(Code::ConstantComparison, expr.span, message);
        warning.about(reason);
        found.push(warning);
    }

    /// Divisions that drop a fraction although a number with one is written beside.
    pub(super) fn warn_division(&mut self, expr: &Expr, binary: &BinaryExpr, found: &mut Vec<Diagnostic>) {
        let (left, right) = (&*binary.left, &*binary.right);
        let fraction = |checker: &Checker, expr: &Expr| {
            matches!(expr.unparen().kind, ExprKind::BasicLit(LitKind::Float))
                && checker.text(expr.span).contains('.')
        };
        let integer =
            self.is_basic(self.info.fact(expr.id).ty, |basic| basic.is_integer() && !basic.is_untyped());
        if binary.op == BinaryOp::Div && integer && (fraction(self, left) || fraction(self, right)) {
            let text = self.expr_text(expr);
            let message = format!("{text} is integer division");
            let mut warning = Diagnostic::warning(Code::IntegerDivision, expr.span, message);
            warning.about("the fraction is dropped: the variable makes both sides whole numbers");
            let (x, y) = (self.text(left.span).to_string(), self.text(right.span).to_string());
            warning.help(if fraction(self, left) {
                format!("{x} / float64({y})")
            } else {
                format!("float64({x}) / {y}")
            });
            found.push(warning);
            return;
        }
        // `1/2*3.0`
        let whole = |expr: &Expr| matches!(expr.unparen().kind, ExprKind::BasicLit(LitKind::Int));
        if !matches!(binary.op, BinaryOp::Mul | BinaryOp::Add | BinaryOp::Sub) {
            return;
        }
        for (part, other) in [(left, right), (right, left)] {
            let ExprKind::Binary(inner) = &part.unparen().kind else { continue };
            if inner.op != BinaryOp::Div
                || !whole(&inner.left)
                || !whole(&inner.right)
                || !fraction(self, other)
            {
                continue;
            }
            let number = |expr: &Expr| self.text(expr.span).parse::<i64>().ok();
            let (Some(x), Some(y)) = (number(&inner.left), number(&inner.right)) else { continue };
            if y != 0 && x % y != 0 {
                let message = format!("{x}/{y} is integer division");
                let mut warning = Diagnostic::warning(Code::IntegerDivision, part.span, message);
                warning.about(format!("this is {}", x / y));
                warning.help(format!("{x}.0/{y}"));
                found.push(warning);
            }
        }
    }
}
