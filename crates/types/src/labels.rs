//! Labels and the branches to them. Spec: Labeled statements, Break, Continue, Goto statements.

use std::collections::BTreeMap;

use golite_diag::Code;
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{Block, BranchKind, Decl, Ident, Stmt, StmtKind};

use crate::check::Checker;

/// A label of a function.
struct Label {
    span: Span,
    used: bool,
}

/// The kind of a labeled statement, as far as branches care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Loop,
    Choice,
    Other,
}

/// A `goto` whose label has not come yet.
#[derive(Clone, Copy)]
struct Jump {
    label: Ident,
}

/// The blocks around a statement.
struct Around<'a> {
    outer: Option<&'a Around<'a>>,
    /// The label of the statement whose block it is.
    labeled: Option<(Symbol, Target)>,
    /// Labels met so far in the block.
    labels: Vec<Symbol>,
}

impl Around<'_> {
    fn has_label(&self, name: Symbol) -> bool {
        self.labels.contains(&name) || self.outer.is_some_and(|outer| outer.has_label(name))
    }

    fn target(&self, name: Symbol) -> Option<Target> {
        match self.labeled {
            Some((label, target)) if label == name => Some(target),
            _ => self.outer.and_then(|outer| outer.target(name)),
        }
    }
}

/// What is known while the statements of one block are looked at.
struct BlockState {
    /// Jumps forward without a target yet.
    forward: Vec<Jump>,
    /// Those of them that were there at the last variable declaration, and where that is.
    over: Option<(Span, Vec<Span>)>,
}

impl Checker {
    /// Checks all labels and branches of a function body.
    pub(crate) fn check_labels(&mut self, body: &Block) {
        let mut all: BTreeMap<Symbol, Label> = BTreeMap::new();
        let jumps = self.block_branches(&mut all, None, None, &body.stmts);
        for jump in jumps {
            let name = self.name(jump.label.name).to_string();
            if let Some(label) = all.get_mut(&jump.label.name) {
                label.used = true;
                self.error(Code::BadGoto, jump.label.span, format!("goto {name} jumps into block"));
            } else {
                self.error(Code::BadLabel, jump.label.span, format!("label {name} not declared"));
            }
        }
        for (name, label) in all {
            if !label.used {
                let name = self.name(name).to_string();
                self.error(Code::UnusedLabel, label.span, format!("label {name} declared and not used"));
            }
        }
    }

    fn block_branches(
        &mut self,
        all: &mut BTreeMap<Symbol, Label>,
        outer: Option<&Around<'_>>,
        labeled: Option<(Symbol, Target)>,
        stmts: &[Stmt],
    ) -> Vec<Jump> {
        let mut around = Around { outer, labeled, labels: Vec::new() };
        let mut state = BlockState { forward: Vec::new(), over: None };
        for stmt in stmts {
            self.stmt_branches(all, &mut around, &mut state, None, stmt);
        }
        state.forward
    }

    fn stmt_branches(
        &mut self,
        all: &mut BTreeMap<Symbol, Label>,
        around: &mut Around<'_>,
        state: &mut BlockState,
        labeled: Option<(Symbol, Target)>,
        stmt: &Stmt,
    ) {
        let declared = |state: &mut BlockState, span: Span| {
            state.over = Some((span, state.forward.iter().map(|jump| jump.label.span).collect()));
        };
        match &stmt.kind {
            StmtKind::Decl(decls) => {
                for decl in decls {
                    if let Decl::Var(spec) = decl {
                        declared(state, spec.span);
                    }
                }
            }
            StmtKind::Define(_, _, span) => declared(state, *span),
            StmtKind::Labeled(label, inner) => {
                if label.name != sym::BLANK {
                    self.enter_label(all, around, state, *label);
                }
                let target = match &inner.kind {
                    StmtKind::For(_) | StmtKind::Range(_) => Target::Loop,
                    StmtKind::Switch(_) | StmtKind::TypeSwitch(_) | StmtKind::Select(_) => Target::Choice,
                    _ => Target::Other,
                };
                self.stmt_branches(all, around, state, Some((label.name, target)), inner);
            }
            StmtKind::Branch(kind, Some(label)) => self.branch(all, around, state, *kind, *label),
            StmtKind::Block(block) => {
                let jumps = self.block_branches(all, Some(around), labeled, &block.stmts);
                state.forward.extend(jumps);
            }
            StmtKind::If(stmt) => {
                let jumps = self.block_branches(all, Some(around), labeled, &stmt.then.stmts);
                state.forward.extend(jumps);
                if let Some(otherwise) = &stmt.otherwise {
                    self.stmt_branches(all, around, state, labeled, otherwise);
                }
            }
            StmtKind::Switch(stmt) => {
                self.clause_branches(all, around, state, labeled, stmt.clauses.iter().map(|clause| &*clause.body));
            }
            StmtKind::TypeSwitch(stmt) => {
                self.clause_branches(all, around, state, labeled, stmt.clauses.iter().map(|clause| &*clause.body));
            }
            StmtKind::Select(clauses) => {
                self.clause_branches(all, around, state, labeled, clauses.iter().map(|clause| &*clause.body));
            }
            StmtKind::For(stmt) => {
                let jumps = self.block_branches(all, Some(around), labeled, &stmt.body.stmts);
                state.forward.extend(jumps);
            }
            StmtKind::Range(stmt) => {
                let jumps = self.block_branches(all, Some(around), labeled, &stmt.body.stmts);
                state.forward.extend(jumps);
            }
            _ => {}
        }
    }

    fn clause_branches<'s>(
        &mut self,
        all: &mut BTreeMap<Symbol, Label>,
        around: &Around<'_>,
        state: &mut BlockState,
        labeled: Option<(Symbol, Target)>,
        bodies: impl Iterator<Item = &'s [Stmt]>,
    ) {
        let inner = Around { outer: Some(around), labeled, labels: Vec::new() };
        for body in bodies {
            let jumps = self.block_branches(all, Some(&inner), None, body);
            state.forward.extend(jumps);
        }
    }

    fn enter_label(
        &mut self,
        all: &mut BTreeMap<Symbol, Label>,
        around: &mut Around<'_>,
        state: &mut BlockState,
        label: Ident,
    ) {
        let name = self.name(label.name).to_string();
        if let Some(first) = all.get(&label.name) {
            let other = self.other_declaration(first.span);
            self.error(Code::Redeclared, label.span, format!("label {name} already declared{other}"));
        } else {
            all.insert(label.name, Label { span: label.span, used: false });
            around.labels.push(label.name);
        }
        let (here, rest): (Vec<Jump>, Vec<Jump>) =
            state.forward.iter().partition(|jump| jump.label.name == label.name);
        state.forward = rest;
        for jump in here {
            if let Some(label) = all.get_mut(&label.name) {
                label.used = true;
            }
            if let Some((span, jumps)) = &state.over
                && jumps.contains(&jump.label.span)
            {
                let line = self.session.map.locate(span.start).map_or(0, |(_, at)| at.line);
                let message = format!("goto {name} jumps over variable declaration at line {line}");
                self.error(Code::BadGoto, jump.label.span, message);
            }
        }
    }

    fn branch(
        &mut self,
        all: &mut BTreeMap<Symbol, Label>,
        around: &Around<'_>,
        state: &mut BlockState,
        kind: BranchKind,
        label: Ident,
    ) {
        let name = self.name(label.name).to_string();
        match kind {
            BranchKind::Break => {
                if !matches!(around.target(label.name), Some(Target::Loop | Target::Choice)) {
                    self.error(Code::BadLabel, label.span, format!("invalid break label {name}"));
                    return;
                }
            }
            BranchKind::Continue => {
                if around.target(label.name) != Some(Target::Loop) {
                    self.error(Code::BadLabel, label.span, format!("invalid continue label {name}"));
                    return;
                }
            }
            BranchKind::Goto | BranchKind::Fallthrough => {
                if !around.has_label(label.name) {
                    state.forward.push(Jump { label });
                    return;
                }
            }
        }
        if let Some(label) = all.get_mut(&label.name) {
            label.used = true;
        }
    }
}
