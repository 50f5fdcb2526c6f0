//! Expressions in messages: their text, and the place that Go gives for them.

use golite_source::Span;
use golite_syntax::ast::{Expr, ExprKind};

use crate::check::Checker;

impl Checker {
    /// The text of an expression.
    pub(crate) fn expr_text(&self, expr: &Expr) -> String {
        golite_syntax::text::expr_text(&self.session.map, &self.session.names, expr)
    }
}

impl Checker {
    /// What Go takes for the position of an expression: the operator, dot, bracket or parenthesis
    /// that makes it, or its start.
    pub(crate) fn position(&self, expr: &Expr) -> Span {
        match &expr.kind {
            ExprKind::Binary(binary) => binary.op_span,
            ExprKind::Selector(base, _) | ExprKind::Index(base, _) | ExprKind::TypeAssert(base, _) => {
                self.token_after(base.span)
            }
            ExprKind::Slice(slice) => self.token_after(slice.base.span),
            ExprKind::Call(call) => self.token_after(call.func.span),
            _ => expr.span,
        }
    }

    /// The place of the token after a span.
    fn token_after(&self, span: Span) -> Span {
        let mut at = span.end;
        let rest = self.session.map.file_of(span.start).map_or("", |id| {
            let file = self.session.map.file(id);
            file.text.get((span.end - file.base) as usize..).unwrap_or_default()
        });
        let mut rest = rest;
        loop {
            let trimmed = rest.trim_start();
            at += (rest.len() - trimmed.len()) as u32;
            rest = trimmed;
            let comment = if rest.starts_with("/*") {
                rest.find("*/").map(|end| end + 2)
            } else if rest.starts_with("//") {
                rest.find('\n')
            } else {
                None
            };
            let Some(len) = comment else { return Span::at(at) };
            at += len as u32;
            rest = &rest[len..];
        }
    }
}

/// Where Go reports an error about an operation: at the operator of a binary one.
pub(crate) fn operator_span(expr: &Expr) -> Span {
    match &expr.kind {
        ExprKind::Binary(binary) => binary.op_span,
        _ => expr.span,
    }
}

/// The span of a type argument from where Go says that it is.
pub(crate) fn argument_span(arg: &Expr) -> Span {
    if matches!(arg.kind, ExprKind::Func(_)) { start_span(arg) } else { arg.span }
}

/// The span of an expression from where Go says that it starts: a slice expression at its bracket, a
/// function type after `func`. Very long chains are taken from their real start.
pub(crate) fn start_span(expr: &Expr) -> Span {
    let mut at = expr;
    for _ in 0..64 {
        at = match &at.kind {
            ExprKind::CompositeLit(lit) => match &lit.ty {
                Some(ty) => ty,
                None => break,
            },
            ExprKind::KeyValue(key, _) => key,
            ExprKind::Selector(base, _) | ExprKind::Index(base, _) | ExprKind::TypeAssert(base, _) => base,
            ExprKind::Binary(binary) => &binary.left,
            ExprKind::Call(call) => &call.func,
            ExprKind::Slice(slice) => return Span::new(slice.base.span.end, expr.span.end),
            ExprKind::Func(ty) => return Span::new(ty.span.start, expr.span.end),
            _ => break,
        };
    }
    expr.span
}
