//! Terminating statements. Spec: Terminating statements.

use golite_source::Symbol;
use golite_syntax::ast::{Block, BranchKind, Expr, ExprKind, Stmt, StmtKind};

use crate::check::Checker;
use crate::info::Mode;
use crate::object::Builtin;

impl Checker {
    /// Whether control never runs off the end of a block.
    pub(crate) fn block_terminates(&self, block: &Block) -> bool {
        self.list_terminates(&block.stmts)
    }

    fn list_terminates(&self, stmts: &[Stmt]) -> bool {
        let last = stmts.iter().rev().find(|stmt| !matches!(stmt.kind, StmtKind::Empty));
        last.is_some_and(|stmt| self.stmt_terminates(stmt, None))
    }

    /// Whether control never goes on after a statement, by the rule for missing returns.
    pub(crate) fn ends_flow(&self, stmt: &Stmt) -> bool {
        !matches!(stmt.kind, StmtKind::Bad) && self.stmt_terminates(stmt, None)
    }

    fn stmt_terminates(&self, stmt: &Stmt, label: Option<Symbol>) -> bool {
        match &stmt.kind {
            StmtKind::Expr(expr) => self.is_panic(expr),
            StmtKind::Return(_) => true,
            StmtKind::Branch(kind, _) => matches!(kind, BranchKind::Goto | BranchKind::Fallthrough),
            StmtKind::Labeled(name, inner) => self.stmt_terminates(inner, Some(name.name)),
            StmtKind::Block(block) => self.block_terminates(block),
            StmtKind::If(stmt) => {
                self.block_terminates(&stmt.then)
                    && stmt.otherwise.as_ref().is_some_and(|stmt| self.stmt_terminates(stmt, None))
            }
            StmtKind::Switch(stmt) => self.clauses_terminate(&stmt.clauses, label),
            StmtKind::TypeSwitch(stmt) => self.clauses_terminate(&stmt.clauses, label),
            StmtKind::Select(clauses) => clauses
                .iter()
                .all(|clause| self.list_terminates(&clause.body) && !list_breaks(&clause.body, label, true)),
            StmtKind::For(stmt) => stmt.cond.is_none() && !list_breaks(&stmt.body.stmts, label, true),
            // What was not understood is not to blame.
            StmtKind::Bad => true,
            StmtKind::Empty
            | StmtKind::Send(..)
            | StmtKind::IncDec(..)
            | StmtKind::Assign(..)
            | StmtKind::OpAssign(_)
            | StmtKind::Define(..)
            | StmtKind::Decl(_)
            | StmtKind::Go(_)
            | StmtKind::Defer(_)
            | StmtKind::Range(_) => false,
        }
    }

    fn clauses_terminate(&self, clauses: &[golite_syntax::ast::CaseClause], label: Option<Symbol>) -> bool {
        clauses.iter().any(|clause| clause.exprs.is_none())
            && clauses
                .iter()
                .all(|clause| self.list_terminates(&clause.body) && !list_breaks(&clause.body, label, true))
    }

    fn is_panic(&self, expr: &Expr) -> bool {
        let ExprKind::Call(call) = &expr.unparen().kind else { return false };
        self.info.fact(call.func.unparen().id).mode == Mode::Builtin(Builtin::Panic)
    }
}

fn list_breaks(stmts: &[Stmt], label: Option<Symbol>, implicit: bool) -> bool {
    stmts.iter().any(|stmt| stmt_breaks(stmt, label, implicit))
}

/// Whether a statement leaves the one around it, by a `break` with its label or (`implicit`) none.
fn stmt_breaks(stmt: &Stmt, label: Option<Symbol>, implicit: bool) -> bool {
    match &stmt.kind {
        StmtKind::Branch(BranchKind::Break, None) => implicit,
        StmtKind::Branch(BranchKind::Break, Some(name)) => Some(name.name) == label,
        StmtKind::Labeled(_, inner) => stmt_breaks(inner, label, implicit),
        StmtKind::Block(block) => list_breaks(&block.stmts, label, implicit),
        StmtKind::If(stmt) => {
            list_breaks(&stmt.then.stmts, label, implicit)
                || stmt.otherwise.as_ref().is_some_and(|stmt| stmt_breaks(stmt, label, implicit))
        }
        StmtKind::Switch(stmt) => {
            label.is_some() && stmt.clauses.iter().any(|clause| list_breaks(&clause.body, label, false))
        }
        StmtKind::TypeSwitch(stmt) => {
            label.is_some() && stmt.clauses.iter().any(|clause| list_breaks(&clause.body, label, false))
        }
        StmtKind::Select(clauses) => {
            label.is_some() && clauses.iter().any(|clause| list_breaks(&clause.body, label, false))
        }
        StmtKind::For(stmt) => label.is_some() && list_breaks(&stmt.body.stmts, label, false),
        StmtKind::Range(stmt) => label.is_some() && list_breaks(&stmt.body.stmts, label, false),
        _ => false,
    }
}
