//! Labels and the branches to them. Spec: Labeled statements, Break, Continue, Goto statements.

use std::collections::BTreeMap;

use golite_diag::Code;
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{Block, BranchKind, Decl, Ident, Stmt, StmtKind};

use crate::check::Checker;

/// A label of a function.
struct Label {
    span: Span,
    /// The block it stands in.
    block: Span,
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
    span: Span,
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

/// A variable declaration: where it is reported to be, and its first name.
#[derive(Clone, Copy)]
struct Declared {
    at: Span,
    name: Span,
}

/// What is known while the statements of one block are looked at.
struct BlockState {
    /// Jumps forward without a target yet.
    forward: Vec<Jump>,
    /// Those of them that were there at the last variable declaration, and where that is.
    over: Option<(Declared, Vec<Span>)>,
}

impl Checker {
    /// Checks all labels and branches of a function body.
    pub(crate) fn check_labels(&mut self, body: &Block) {
        let mut all: BTreeMap<Symbol, Label> = BTreeMap::new();
        let jumps = self.block_branches(&mut all, None, None, body.span, &body.stmts);
        for jump in jumps {
            let name = self.name(jump.label.name).to_string();
            if let Some(label) = all.get_mut(&jump.label.name) {
                label.used = true;
                let block = label.block;
                let block = self.place(block);
                self.error(
                    Code::BadGoto,
                    jump.label.span,
                    format!("goto {name} jumps into block starting at {block}"),
                );
            } else {
                self.error(Code::BadLabel, jump.label.span, format!("label {name} not defined"));
            }
        }
        for (name, label) in all {
            if !label.used {
                let name = self.name(name).to_string();
                self.error(Code::UnusedLabel, label.span, format!("label {name} defined and not used"));
            }
        }
    }

    fn block_branches(
        &mut self,
        all: &mut BTreeMap<Symbol, Label>,
        outer: Option<&Around<'_>>,
        labeled: Option<(Symbol, Target)>,
        span: Span,
        stmts: &[Stmt],
    ) -> Vec<Jump> {
        let mut around = Around { span, outer, labeled, labels: Vec::new() };
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
        let declared = |state: &mut BlockState, declared: Declared| {
            state.over = Some((declared, state.forward.iter().map(|jump| jump.label.span).collect()));
        };
        match &stmt.kind {
            StmtKind::Decl(decls) => {
                for decl in decls {
                    if let Decl::Var(spec) = decl {
                        let name = spec.names.first().map_or(spec.span, |name| name.span);
                        declared(state, Declared { at: spec.span, name });
                        break;
                    }
                }
            }
            StmtKind::Define(left, _, span) => {
                let name = left.first().map_or(*span, |first| first.span);
                declared(state, Declared { at: *span, name });
            }
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
                let jumps = self.block_branches(all, Some(around), labeled, block.span, &block.stmts);
                state.forward.extend(jumps);
            }
            StmtKind::If(stmt) => {
                let jumps = self.block_branches(all, Some(around), labeled, stmt.then.span, &stmt.then.stmts);
                state.forward.extend(jumps);
                if let Some(otherwise) = &stmt.otherwise {
                    let jumps = self.block_branches(
                        all,
                        Some(around),
                        labeled,
                        otherwise.span,
                        std::slice::from_ref(otherwise),
                    );
                    state.forward.extend(jumps);
                }
            }
            StmtKind::Switch(stmt) => {
                self.clause_branches(
                    all,
                    around,
                    state,
                    labeled,
                    stmt.clauses.iter().map(|clause| (clause.span, &*clause.body)),
                );
            }
            StmtKind::TypeSwitch(stmt) => {
                self.clause_branches(
                    all,
                    around,
                    state,
                    labeled,
                    stmt.clauses.iter().map(|clause| (clause.span, &*clause.body)),
                );
            }
            StmtKind::Select(clauses) => {
                self.clause_branches(
                    all,
                    around,
                    state,
                    labeled,
                    clauses.iter().map(|clause| (clause.span, &*clause.body)),
                );
            }
            StmtKind::For(stmt) => {
                let jumps = self.block_branches(all, Some(around), labeled, stmt.body.span, &stmt.body.stmts);
                state.forward.extend(jumps);
            }
            StmtKind::Range(stmt) => {
                let jumps = self.block_branches(all, Some(around), labeled, stmt.body.span, &stmt.body.stmts);
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
        bodies: impl Iterator<Item = (Span, &'s [Stmt])>,
    ) {
        let inner = Around { span: around.span, outer: Some(around), labeled, labels: Vec::new() };
        for (span, body) in bodies {
            let jumps = self.block_branches(all, Some(&inner), None, span, body);
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
            let place = self.place(first.span);
            self.error(Code::Redeclared, label.span, format!("label {name} already defined at {place}"));
        } else {
            all.insert(label.name, Label { span: label.span, block: around.span, used: false });
            around.labels.push(label.name);
        }
        let (here, rest): (Vec<Jump>, Vec<Jump>) =
            state.forward.iter().partition(|jump| jump.label.name == label.name);
        state.forward = rest;
        for jump in here {
            if let Some(label) = all.get_mut(&label.name) {
                label.used = true;
            }
            if let Some((declared, jumps)) = &state.over
                && jumps.contains(&jump.label.span)
            {
                let (variable, place) = (self.text(declared.name), self.place(declared.at));
                let message = format!("goto {name} jumps over declaration of {variable} at {place}");
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
        // A label that has come counts as used, even where it cannot be used.
        let blank = label.name == sym::BLANK;
        let known = !blank && all.get_mut(&label.name).map(|label| label.used = true).is_some();
        let target = if blank { None } else { around.target(label.name) };
        let (word, fits) = match kind {
            BranchKind::Break => ("break", matches!(target, Some(Target::Loop | Target::Choice))),
            BranchKind::Continue => ("continue", target == Some(Target::Loop)),
            BranchKind::Goto | BranchKind::Fallthrough => {
                if !around.has_label(label.name) {
                    state.forward.push(Jump { label });
                }
                return;
            }
        };
        if fits {
            return;
        }
        let name = self.name(label.name);
        let message = if known {
            format!("invalid {word} label {name}")
        } else {
            format!("{word} label not defined: {name}")
        };
        self.error(Code::BadLabel, label.span, message);
    }
}
