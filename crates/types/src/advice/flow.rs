//! Functions that may end without `return`.

use golite_diag::Diagnostic;
use golite_source::Span;
use golite_syntax::ast::{Block, BranchKind, Stmt, StmtKind};

use super::{At, Node};
use crate::check::Checker;

impl Checker {
    pub(crate) fn advise_missing_return(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let Some((func, body)) = at.function() else { return };
        error.about("the function can end here");
        if let (Some(first), Some(last)) = (func.results.first(), func.results.last()) {
            let span = Span::new(first.span.start, last.span.end);
            let text = self.text(span).to_string();
            error.also(span, format!("it must return {text}"));
        }
        self.falls_through(error, body);
    }

    /// Labels where control runs off the end of a block.
    fn falls_through(&mut self, error: &mut Diagnostic, block: &Block) {
        let mut block = block;
        loop {
            let last = block.stmts.iter().rev().find(|stmt| !matches!(stmt.kind, StmtKind::Empty));
            let Some(stmt) = last else { return };
            match &stmt.kind {
                StmtKind::Block(inner) => block = inner,
                StmtKind::If(inner) => {
                    let mut at = inner;
                    loop {
                        if !self.block_terminates(&at.then) {
                            let text = self.text(at.cond.span).to_string();
                            error.also(at.cond.span, format!("when {text}, nothing is returned"));
                            return;
                        }
                        match at.otherwise.as_ref().map(|stmt| &stmt.kind) {
                            None => {
                                let text = self.text(at.cond.span).to_string();
                                error.also(at.cond.span, format!("when not {text}, nothing is returned"));
                                return;
                            }
                            Some(StmtKind::If(next)) => at = next,
                            Some(StmtKind::Block(inner)) => {
                                block = inner;
                                break;
                            }
                            Some(_) => return,
                        }
                    }
                }
                StmtKind::For(inner) => {
                    match &inner.cond {
                        Some(cond) => {
                            let text = self.text(cond.span).to_string();
                            error.also(cond.span, format!("the loop ends when {text} is false"));
                        }
                        None => {
                            if let Some(span) = first_break(&inner.body) {
                                error.also(span, "this leaves the loop");
                            }
                        }
                    }
                    return;
                }
                StmtKind::Range(inner) => {
                    error.also(inner.subject.span, "the loop ends after the last element, or has none");
                    return;
                }
                StmtKind::Switch(inner) => {
                    if inner.clauses.iter().all(|clause| clause.exprs.is_some()) {
                        error.also(keyword(stmt, 6), "no case may match: there is no default");
                    }
                    return;
                }
                StmtKind::TypeSwitch(inner) => {
                    if inner.clauses.iter().all(|clause| clause.exprs.is_some()) {
                        error.also(keyword(stmt, 6), "no case may match: there is no default");
                    }
                    return;
                }
                _ => return,
            }
        }
    }
}

fn keyword(stmt: &Stmt, length: u32) -> Span {
    Span::new(stmt.span.start, stmt.span.start + length)
}

/// The first `break` in a loop's body that leaves this loop.
fn first_break(body: &Block) -> Option<Span> {
    let mut found: Option<Span> = None;
    let mut waiting: Vec<Node<'_>> = body.stmts.iter().map(Node::Stmt).collect();
    while let Some(node) = waiting.pop() {
        if let Node::Stmt(stmt) = node {
            match stmt.kind {
                StmtKind::Branch(BranchKind::Break, _) => {
                    if found.is_none_or(|span| stmt.span.start < span.start) {
                        found = Some(stmt.span);
                    }
                    continue;
                }
                StmtKind::For(_)
                | StmtKind::Range(_)
                | StmtKind::Switch(_)
                | StmtKind::TypeSwitch(_)
                | StmtKind::Select(_) => continue,
                _ => {}
            }
        }
        if !matches!(node, Node::Expr(_)) {
            node.children(&mut waiting);
        }
    }
    found
}
