//! Too many and too few values: in calls, assignments and returns.

use golite_diag::{Diagnostic, Edit};
use golite_source::Span;
use golite_syntax::ast::{Expr, ExprKind, FuncDecl, StmtKind};

use super::{At, Node};
use crate::check::Checker;
use crate::object::DeclRef;
use crate::ty::{Basic, Type, TypeId};

impl Checker {
    pub(crate) fn advise_count(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        if error.message.contains("arguments in call to") {
            self.advise_argument_count(error, at);
        } else if error.message.contains("return values") {
            self.advise_return_count(error, at);
        } else if error.message.starts_with("assignment mismatch")
            || error.message.starts_with("multiple-value")
        {
            self.advise_results(error, at);
        }
    }

    fn advise_argument_count(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let call = at.path.iter().rev().find_map(|node| match node {
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => {
                // The error stands at an argument or at the end of the call.
                Some(call)
            }
            _ => None,
        });
        let Some(call) = call else { return };
        let Some(obj) = self.called(&call.func) else { return };
        let DeclRef::Func(decl) = self.object(obj).decl.clone() else { return };
        let params = &decl.ty.params;
        if self.is_in_source(obj) {
            error.also(Span::new(decl.name.span.start, decl.ty.span.end), "declared here");
        } else {
            error.note(self.signature_text(&decl));
        }
        let given = call.args.len();
        if error.message.starts_with("not enough") {
            if given >= params.len() || call.args.len() == 1 && matches!(call.args[0].kind, ExprKind::Call(_))
            {
                return;
            }
            let missing: Vec<String> = params[given..]
                .iter()
                .map(|field| {
                    let ty = self.text(field.ty.span);
                    field.name.map_or_else(|| ty.to_string(), |name| format!("{} {ty}", self.name(name.name)))
                })
                .collect();
            error.about(format!("missing {}", missing.join(", ")));
        } else if call.ellipsis.is_some() {
            // Which of them is too many is not certain.
        } else if given > params.len() {
            error.about("this one is too many");
            let constant = |arg: &Expr| matches!(arg.unparen().kind, ExprKind::BasicLit(_));
            let types: Vec<TypeId> = params.iter().map(|field| self.info.fact(field.ty.id).ty).collect();
            let fit = call.args.iter().zip(types).all(|(arg, ty)| self.could_be(arg, ty));
            if fit && call.args[params.len()..].iter().all(constant) {
                let from = match params.len().checked_sub(1) {
                    Some(last) => call.args[last].span.end,
                    None => call.args[0].span.start,
                };
                error
                    .mend("leave it out", vec![Edit::delete(Span::new(from, call.args[given - 1].span.end))]);
            }
        }
    }

    /// A function as its declaration begins.
    fn signature_text(&self, decl: &FuncDecl) -> String {
        let name = self.name(decl.name.name);
        format!("func {name}{}", self.text(Span::new(decl.name.span.end, decl.ty.span.end)))
    }

    fn advise_return_count(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let Some((func, _)) = at.function() else { return };
        match (func.results.first(), func.results.last()) {
            (Some(first), Some(last)) => {
                let span = Span::new(first.span.start, last.span.end);
                let count = func.results.len();
                error
                    .also(span, format!("{count} result{} declared here", if count == 1 { "" } else { "s" }));
            }
            _ => {
                let end = func.span.end;
                let span = Span::new(func.span.start, end);
                error.also(span, "the function has no result");
            }
        }
    }

    /// A call with several results where one is needed, and the like.
    fn advise_results(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let Some((expr, _)) = at.expr_at(error.span) else { return };
        let ExprKind::Call(call) = &expr.unparen().kind else { return };
        let core = self.types.core(self.info.fact(call.func.id).ty);
        let Some(Type::Signature(sig)) = core.map(|core| self.types.get(core).clone()) else { return };
        let results = sig.results.clone();
        let shown: Vec<String> = results.iter().map(|ty| self.show(*ty)).collect();
        let list = match shown.as_slice() {
            [] => "nothing".to_string(),
            [one] => one.clone(),
            [many @ .., last] => format!("{} and {last}", many.join(", ")),
        };
        error.about(format!("gives {list}"));
        let Some((stmt, listed)) = at.statements().next() else { return };
        let [_, last] = results.as_slice() else { return };
        if !listed || self.show(*last) != "error" {
            return;
        }
        // `n := f()`, where f gives a value and an error.
        if let StmtKind::Define(left, right, _) = &stmt.kind
            && let ([one], [value]) = (left.as_slice(), right.as_slice())
            && value.id == expr.id
            && self.text(one.span) != "_"
        {
            let indent = self.indent(stmt.span.start);
            let leave = self.leaving(at);
            let check = format!("\n{indent}if err != nil {{\n{indent}\t{leave}\n{indent}}}");
            let edits = vec![Edit::insert(one.span.end, ", err"), Edit::insert(stmt.span.end, check)];
            error.mend("take the error too", edits);
        } else if error.message.starts_with("multiple-value") {
            error.help(format!("take both before: value, err := {}", self.text(expr.span)));
        }
    }

    /// The statement that leaves the function around with an error `err`.
    fn leaving(&mut self, at: &At<'_>) -> String {
        let Some((func, _)) = at.function() else { return "panic(err)".into() };
        let types: Vec<TypeId> = func.results.iter().map(|field| self.info.fact(field.ty.id).ty).collect();
        let Some((last, rest)) = types.split_last() else { return "panic(err)".into() };
        if self.show(*last) != "error" {
            return "panic(err)".into();
        }
        let mut values = Vec::new();
        for ty in rest {
            let value = match self.types.under(*ty) {
                Type::Basic(basic) if basic.is_string() => "\"\"",
                Type::Basic(basic) if basic.is_boolean() => "false",
                Type::Basic(basic) if basic.is_numeric() && basic != Basic::Invalid => "0",
                Type::Pointer(_)
                | Type::Slice(_)
                | Type::Map(..)
                | Type::Chan(..)
                | Type::Signature(_)
                | Type::Interface(_) => "nil",
                _ => return "panic(err)".into(),
            };
            values.push(value);
        }
        values.push("err");
        format!("return {}", values.join(", "))
    }

    pub(crate) fn advise_no_new_variables(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let Some((stmt, _)) = at.statements().next() else { return };
        let StmtKind::Define(left, right, op) = &stmt.kind else { return };
        error.about(":= declares, and nothing here is new");
        for expr in left {
            let Some(obj) = expr.as_ident().and_then(|ident| self.info.object(ident.id)) else { continue };
            let object = self.object(obj);
            let (name, span) = (self.owned_name(object.name), object.span);
            let line = self.line_number(span);
            if object.span != expr.span {
                error.also(span, format!("{name} exists since line {line}"));
            }
        }
        let fits = left.len() != right.len()
            || left.iter().zip(right).all(|(left, right)| {
                self.text(left.span) == "_"
                    || self.info.fact(right.id).ty == self.info.fact(left.id).ty
                    || matches!(right.kind, ExprKind::BasicLit(_))
            });
        if fits {
            error.mend("assign with =", vec![Edit::replace(Span::new(op.start, op.start + 2), "=")]);
        }
    }
}
