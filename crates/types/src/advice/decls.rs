//! Declarations, duplicates, and what cannot be assigned to.

use golite_diag::{Diagnostic, Edit};
use golite_source::{Span, Symbol};
use golite_syntax::ast::{ArrayLen, Expr, ExprKind};

use super::{At, Node};
use crate::check::Checker;
use crate::info::Mode;
use crate::object::{DeclRef, ObjKind};
use crate::ty::Basic;

impl Checker {
    pub(crate) fn advise_not_assignable(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let Some((expr, _)) = at.expr_at(error.span) else { return };
        match &expr.unparen().kind {
            ExprKind::Index(base, _) if self.is_basic(self.info.fact(base.id).ty, Basic::is_string) => {
                let text = self.text(base.span).to_string();
                error.about("a byte of a string cannot change");
                error.help(format!(
                    "strings never change: change a copy, b := []byte({text}), and use string(b)"
                ));
            }
            ExprKind::Selector(base, _) if self.info.fact(base.unparen().id).mode == Mode::MapIndex => {
                let text = self.text(base.span).to_string();
                error.about("what a map holds cannot change in place");
                error.help(format!("change a copy and put it back: v := {text}; v.… = …; {text} = v"));
            }
            ExprKind::Ident(_) => {
                let Some(obj) = self.info.object(expr.unparen().id) else { return };
                let object = self.object(obj);
                let what = match object.kind {
                    ObjKind::Const(_) => "a constant",
                    ObjKind::Func => "a function",
                    ObjKind::TypeName => "a type",
                    _ => return,
                };
                let (name, span) = (self.owned_name(object.name), object.span);
                error.about(format!("{name} is {what}"));
                if self.is_in_source(obj) {
                    error.also(span, "declared here");
                }
            }
            _ => {}
        }
    }

    pub(crate) fn advise_duplicate(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        if error.message.starts_with("duplicate case") {
            error.about("this value has a case already");
            let Some(Node::Case(clause)) =
                at.path.iter().rev().find(|node| matches!(node, Node::Case(_))).copied()
            else {
                return;
            };
            let exprs = clause.exprs.as_deref().unwrap_or_default();
            if let Some(index) = exprs.iter().position(|expr| expr.span == error.span) {
                let span = match (index.checked_sub(1), exprs.get(index + 1)) {
                    (Some(before), _) => Span::new(exprs[before].span.end, exprs[index].span.end),
                    (None, Some(next)) => Span::new(exprs[index].span.start, next.span.start),
                    (None, None) => Span::new(clause.span.start, clause.span.end),
                };
                let whole = exprs.len() == 1;
                if !whole {
                    error.mend("leave it out", vec![Edit::delete(span)]);
                } else if clause.body.is_empty()
                    && let Some(lines) = self.whole_lines(Span::new(
                        clause.span.start,
                        clause.colon.end.max(clause.colon.start + 1),
                    ))
                {
                    error.mend("leave it out", vec![Edit::delete(lines)]);
                }
            }
            return;
        }
        // The element before it with the same key.
        let lit = at.path.iter().rev().find_map(|node| match node {
            Node::Expr(Expr { kind: ExprKind::CompositeLit(lit), .. }) => Some(lit),
            _ => None,
        });
        let Some(lit) = lit else { return };
        let key_of = |element: &Expr| match &element.kind {
            ExprKind::KeyValue(key, _) => Some(key.span),
            _ => None,
        };
        let Some(index) = lit
            .elements
            .iter()
            .position(|element| element.span == error.span || key_of(element) == Some(error.span))
        else {
            return;
        };
        let Some(key) = key_of(&lit.elements[index]) else { return };
        let value = |checker: &Checker, element: &Expr| match &element.kind {
            ExprKind::KeyValue(key, _) => checker.info.value(key.id).map(crate::constant::Const::key),
            _ => None,
        };
        let this = value(self, &lit.elements[index]);
        let text = self.text(key).to_string();
        let first = lit.elements[..index].iter().find(|element| {
            let same_value = this.is_some() && value(self, element) == this;
            same_value || key_of(element).is_some_and(|other| self.text(other) == text)
        });
        error.about("this key is given twice");
        if let Some(first) = first.and_then(key_of) {
            error.also(first, "first here");
        }
    }

    pub(crate) fn advise_type_cycle(&mut self, error: &mut Diagnostic, _at: &At<'_>) {
        if !error.message.starts_with("invalid recursive type") {
            return;
        }
        // The types of the cycle, in order; the first refers to the second, the last to the first.
        let mut names: Vec<Symbol> = vec![self.session.names.intern(self.session.map.text(error.span))];
        names.extend(
            error
                .labels
                .iter()
                .skip(1)
                .map(|label| self.session.names.intern(self.session.map.text(label.span))),
        );
        error.labels.clear();
        let package = self.package(self.env.pkg).scope;
        for (index, name) in names.iter().enumerate() {
            let next = names[(index + 1) % names.len()];
            let local = self.objects.iter().position(|object| object.span == error.span);
            let obj = self.scopes[package.0 as usize].names.get(name).copied();
            let obj = match (obj, local) {
                (Some(obj), _) => obj,
                (None, Some(at)) => crate::object::ObjId(at as u32),
                (None, None) => return,
            };
            let DeclRef::Type(spec) = self.object(obj).decl.clone() else { return };
            let Some((span, is_field)) = by_value(&spec.ty, next) else { return };
            let text = self.name(next).to_string();
            error.also(span, format!("each {} holds a whole {text}", self.name(*name)));
            if index == 0 && is_field {
                error.mend("hold a pointer to it", vec![Edit::insert(span.start, "*")]);
            }
        }
        error.about("the type would be infinitely large");
    }
}

/// Where a type holds a value of a named type, and whether as a field or element that could be a
/// pointer.
fn by_value(ty: &Expr, name: Symbol) -> Option<(Span, bool)> {
    match &ty.kind {
        ExprKind::Ident(other) => (*other == name).then_some((ty.span, false)),
        ExprKind::Paren(inner) => by_value(inner, name),
        ExprKind::Array(ArrayLen::Len(_), elem) => by_value(elem, name).map(|(span, _)| (span, true)),
        ExprKind::Struct(ty) => ty.fields.iter().find_map(|field| {
            by_value(&field.ty, name).map(|(span, _)| (span, !field.embedded || span == field.ty.span))
        }),
        _ => None,
    }
}
