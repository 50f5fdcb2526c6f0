//! Variables, imports, labels and values that nothing uses.

use golite_diag::{Diagnostic, Edit};
use golite_source::Span;
use golite_syntax::ast::{Decl, Expr, ExprKind, Stmt, StmtKind};

use super::{At, Node, Others};
use crate::check::Checker;
use crate::object::{ObjId, ObjKind};
use golite_syntax::walk::uses_of;

/// Assignments to an unused variable that are labelled.
const MOST_LABELS: usize = 2;

impl Checker {
    pub(crate) fn advise_unused_variable(&mut self, error: &mut Diagnostic, at: &At<'_>, others: &Others) {
        let name = self.text(error.span).to_string();
        let symbol = self.session.names.intern(&name);
        error.about(format!("{name} is declared here and never read"));
        let similar = others.undefined.iter().find(|(other, span)| {
            at.path.first().is_some_and(|top| top.contains(*span))
                && golite_diag::similar::nearest(other, [name.as_str()]).is_some()
        });
        if let Some((other, span)) = similar {
            error.also(*span, format!("{other} is not declared: was {name} meant?"));
            return;
        }
        let scope = at.scope_of(error.span);
        if self.advise_hidden(error, at, scope, &name) {
            return;
        }
        let declared = self.object_at(error.span);
        let written: Vec<Span> = scope
            .map(|scope| uses_of(scope, symbol))
            .unwrap_or_default()
            .into_iter()
            .filter(|ident| ident.span != error.span)
            .filter(|ident| declared.is_some() && self.info.object(ident.id) == declared)
            .map(|ident| ident.span)
            .collect();
        for span in written.iter().take(MOST_LABELS) {
            error.also(*span, "only written here");
        }
        let Some((stmt, listed)) = at.statements().next() else { return };
        if written.is_empty() {
            self.mend_unused(error, stmt, listed);
        } else if listed && matches!(stmt.kind, StmtKind::Define(..) | StmtKind::Decl(_)) {
            let line = format!("\n{}_ = {name}", self.indent(stmt.span.start));
            error.mend("if it is not needed yet, say so", vec![Edit::insert(stmt.span.end, line)]);
        }
    }

    /// The local object declared at a place.
    fn object_at(&self, span: Span) -> Option<ObjId> {
        let at = self.objects.iter().position(|object| object.span == span && object.pkg == self.env.pkg)?;
        Some(ObjId(at as u32))
    }

    /// Makes a variable that nothing writes or reads blank, or takes its declaration away.
    fn mend_unused(&self, error: &mut Diagnostic, stmt: &Stmt, listed: bool) {
        let span = error.span;
        let blank = vec![Edit::replace(span, "_")];
        match &stmt.kind {
            StmtKind::Define(left, _, op) => {
                let alone = left.iter().all(|expr| expr.span == span || self.text(expr.span) == "_");
                if alone {
                    let edits =
                        vec![Edit::replace(span, "_"), Edit::replace(Span::new(op.start, op.start + 2), "=")];
                    error.mend("drop the value, or use it", edits);
                } else {
                    // The other names must declare something.
                    let fresh = left.iter().any(|expr| {
                        expr.span != span
                            && expr
                                .as_ident()
                                .and_then(|ident| self.info.object(ident.id))
                                .is_some_and(|obj| self.object(obj).span == expr.span)
                    });
                    let mut edits = blank;
                    if !fresh {
                        edits.push(Edit::replace(Span::new(op.start, op.start + 2), "="));
                    }
                    error.mend("drop the value, or use it", edits);
                }
            }
            StmtKind::Decl(decls) => {
                let spec = decls.iter().find_map(|decl| match decl {
                    Decl::Var(spec) if spec.names.iter().any(|name| name.span == span) => Some(spec),
                    _ => None,
                });
                let Some(spec) = spec else { return };
                if !spec.values.is_empty() && spec.values.len() != spec.names.len() && spec.values.len() != 1
                {
                    return;
                }
                match self.whole_lines(stmt.span) {
                    Some(lines)
                        if listed && spec.values.is_empty() && spec.names.len() == 1 && decls.len() == 1 =>
                    {
                        error.mend("delete the declaration", vec![Edit::delete(lines)]);
                    }
                    _ => error.mend("drop the value, or use it", blank),
                }
            }
            StmtKind::Range(range) if range.define => match (&range.key, &range.value) {
                (Some(key), None) if key.span == span => {
                    let edit = Edit::delete(Span::new(key.span.start, range.range.start));
                    error.mend("count without a variable", vec![edit]);
                }
                (Some(key), Some(value)) => {
                    let other = if key.span == span { value } else { key };
                    if self.text(other.span) != "_" {
                        error.mend("leave it out", blank);
                    }
                }
                _ => {}
            },
            StmtKind::TypeSwitch(switch) => {
                if let Some(name) = switch.binding.filter(|name| name.span == span) {
                    let edit = Edit::delete(Span::new(name.span.start, switch.subject.span.start));
                    error.mend("switch without a variable", vec![edit]);
                }
            }
            _ => {}
        }
    }

    /// `f, err := ` in a block, where an outer `f` was to be set.
    fn advise_hidden(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        scope: Option<Node<'_>>,
        name: &str,
    ) -> bool {
        let Some(scope) = scope else { return false };
        let Some(inner) = self.object_at(error.span) else { return false };
        let ty = self.object(inner).ty;
        let outer = self.objects.iter().enumerate().rev().find(|(_, object)| {
            object.pkg == self.env.pkg
                && object.decl_is_local()
                && matches!(&object.kind, ObjKind::Var(facts) if !facts.field && !facts.global)
                && self.name(object.name) == name
                && object.span.start < error.span.start
                && at.path.first().is_some_and(|top| top.contains(object.span))
                && !scope.contains(object.span)
                && at.scope_of(object.span).is_some_and(|outer| outer.contains(error.span))
        });
        let Some(outer) = outer.map(|(index, _)| ObjId(index as u32)) else { return false };
        let (outer_ty, outer_span) = (self.object(outer).ty, self.object(outer).span);
        if !self.types.identical(outer_ty, ty) {
            return false;
        }
        let Some((stmt, listed)) = at.statements().next() else { return false };
        let StmtKind::Define(left, _, op) = &stmt.kind else { return false };
        let line = self.line_number(outer_span);
        error.about(format!("this := makes a new {name}"));
        error.also(outer_span, format!("the {name} of line {line} keeps its value"));
        let mut edits = vec![Edit::replace(Span::new(op.start, op.start + 2), "=")];
        let indent = self.indent(stmt.span.start);
        for expr in left.iter().filter(|expr| expr.span != error.span) {
            let Some(ident) = expr.as_ident() else { return true };
            let Some(obj) = self.info.object(ident.id) else { continue };
            if self.object(obj).span != ident.span || ident.name == golite_source::sym::BLANK {
                continue;
            }
            let Some(shown) = self.type_in(at.file, self.object(obj).ty) else { return true };
            let text = format!("var {} {shown}\n{indent}", self.name(ident.name));
            edits.push(Edit::insert(stmt.span.start, text));
        }
        if listed {
            error.mend(format!("assign to the outer {name}"), edits);
        }
        true
    }

    pub(crate) fn advise_unused_import(
        &mut self,
        error: &mut Diagnostic,
        at: &At<'_>,
        before: &mut [Diagnostic],
        others: &mut Others,
    ) {
        let file = at.file.span.start;
        let text = self.text(error.span).to_string();
        let name = text.trim_matches('"').rsplit('/').next().unwrap_or_default().to_string();
        error.about("nothing uses this package");
        let similar =
            others.undefined.iter().find(|(other, _)| golite_diag::similar::distance(other, &name) == 1);
        if let Some((other, span)) = similar {
            error.also(*span, format!("was {name} meant instead of {other}?"));
            return;
        }
        let lines =
            at.file.imports.iter().find(|import| import.path.end == error.span.end).and_then(|import| {
                let start = import.name.map_or(import.path.start, |name| name.span.start);
                self.whole_lines(Span::new(start, import.path.end)).or_else(|| {
                    // `import "x"` on a line of its own.
                    let keyword = Span::new(start.checked_sub(7)?, import.path.end);
                    if self.text(keyword).starts_with("import ") { self.whole_lines(keyword) } else { None }
                })
            });
        let first = others.imports.iter().find(|(other, _)| *other == file).map(|(_, index)| *index);
        match first.and_then(|first| before.get_mut(first)) {
            Some(first) => {
                error.repeats = true;
                first.also(error.span, "nor this one");
                if let (Some(lines), Some(mend)) = (lines, &mut first.mend) {
                    mend.edits.push(Edit::delete(lines));
                    mend.text = "remove them".into();
                }
            }
            None => {
                others.imports.push((file, before.len()));
                if let Some(lines) = lines {
                    error.mend("remove it", vec![Edit::delete(lines)]);
                }
            }
        }
    }

    pub(crate) fn advise_unused_label(&mut self, error: &mut Diagnostic) {
        let label = self.text(error.span).to_string();
        error.about(format!("no break, continue or goto names {label}"));
    }

    pub(crate) fn advise_unused_result(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let Some((stmt, true)) = at.statements().next() else { return };
        let StmtKind::Expr(expr) = &stmt.kind else { return };
        error.about("this value goes nowhere");
        match &expr.unparen().kind {
            ExprKind::Binary(binary) if binary.op == golite_syntax::ast::BinaryOp::Eq => {
                error.note("== compares; = assigns");
                let left = self.info.fact(binary.left.id).ty;
                let right = self.info.fact(binary.right.id).ty;
                let place = matches!(
                    binary.left.unparen().kind,
                    ExprKind::Ident(_) | ExprKind::Selector(..) | ExprKind::Index(..) | ExprKind::Star(_)
                );
                if place
                    && matches!(stmt.kind, StmtKind::Expr(Expr { kind: ExprKind::Binary(_), .. }))
                    && self.types.identical(left, right)
                    && self.info.fact(binary.left.id).mode == crate::info::Mode::Variable
                {
                    let op = Span::new(binary.op_span.start, binary.op_span.start + 2);
                    error.mend("assign it", vec![Edit::replace(op, "=")]);
                }
            }
            ExprKind::Call(call) if self.text(call.func.span) == "append" => {
                error.note("append gives a new slice; the old one does not change");
                if let Some(first) = call.args.first()
                    && self.info.fact(first.id).mode == crate::info::Mode::Variable
                {
                    let text = self.text(first.span).to_string();
                    let at = stmt.span.start;
                    error.mend("keep what it gives", vec![Edit::insert(at, format!("{text} = "))]);
                }
            }
            _ => {}
        }
    }
}
