//! `select`.

use golite_bytecode::{Reg, SelectCase, SelectTable};
use golite_source::Symbol;
use golite_syntax::ast::{CommClause, Expr, ExprKind, StmtKind, UnaryOp};
use golite_types::{Basic, TypeId};

use crate::arith::Comparison;
use crate::asm::Label;
use crate::func::FuncCompiler;

/// Where a received value goes: registers of its own until the case is chosen.
struct Received<'e> {
    targets: &'e [Expr],
    define: bool,
    value: Reg,
    ok: Reg,
    elem: TypeId,
}

impl FuncCompiler<'_> {
    pub fn select(&mut self, clauses: &[CommClause], label: Option<Symbol>) {
        let mark = self.f.asm.mark();
        let mut table = SelectTable::default();
        let mut received: Vec<Option<Received<'_>>> = Vec::new();
        // Channels and values to be sent, in source order.
        for clause in clauses {
            let Some(comm) = &clause.comm else {
                table.default = true;
                received.push(None);
                continue;
            };
            self.at(comm.span);
            if let StmtKind::Send(ch, value) = &comm.kind {
                let elem = self.chan_elem(ch);
                let ch_ty = self.ty(ch);
                let channel = self.expr_as_value(ch, ch_ty);
                let src = self.expr_as_value(value, elem);
                let elem = self.c.type_ix(elem);
                table.cases.push(SelectCase { send: true, channel, value: src, ok: Reg::NONE, elem });
                received.push(None);
                continue;
            }
            let (targets, define, recv): (&[Expr], bool, &Expr) = match &comm.kind {
                StmtKind::Expr(expr) => (&[], false, expr),
                StmtKind::Assign(left, right, _) => (left, false, &right[0]),
                StmtKind::Define(left, right, _) => (left, true, &right[0]),
                _ => {
                    self.c.fail("a select case that is no communication".into());
                    return;
                }
            };
            let ExprKind::Unary(UnaryOp::Recv, ch) = &recv.unparen().kind else {
                self.c.fail("a select case that is no communication".into());
                return;
            };
            let elem = self.chan_elem(ch);
            let ch_ty = self.ty(ch);
            let channel = self.expr_as_value(ch, ch_ty);
            let shape = self.shape(elem);
            let value = if targets.is_empty() { Reg::NONE } else { self.take(&shape) };
            let ok = if targets.len() > 1 { self.f.asm.take(1) } else { Reg::NONE };
            table.cases.push(SelectCase { send: false, channel, value, ok, elem: shape.ix });
            received.push(Some(Received { targets, define, value, ok, elem }));
        }
        // Cases are numbered in the table's order; the default comes last.
        let count = table.cases.len();
        let chosen = self.f.asm.take(1);
        let index = self.f.asm.add_select(table);
        if let Some(clause) = clauses.first() {
            self.at(clause.span);
        }
        self.f.asm.line().select(chosen, index);
        let end = self.f.asm.label();
        let labels: Vec<Label> = clauses.iter().map(|_| self.f.asm.label()).collect();
        let mut case = 0;
        let mut last = None;
        for (clause, to) in clauses.iter().zip(&labels) {
            let number = if clause.comm.is_some() {
                case += 1;
                case - 1
            } else {
                count
            };
            // One case needs no test: the last that is looked at.
            if last.is_none() && (case == count && clause.comm.is_some() || clause.comm.is_none()) {
                last = Some(*to);
                continue;
            }
            self.branch_imm(Comparison::Eq, chosen, number as i16, *to);
        }
        match last {
            Some(to) => self.f.asm.jump(to),
            None => self.f.asm.jump(end),
        }
        for (i, clause) in clauses.iter().enumerate() {
            self.f.asm.bind(labels[i]);
            let mark = self.f.asm.mark();
            if let Some(received) = &received[i] {
                self.received(received);
            }
            self.push_control(label, Some(end), None, true);
            self.block(&clause.body);
            self.f.control.pop();
            self.f.asm.reset(mark);
            if i + 1 < clauses.len() && !self.ends(&clause.body) {
                self.f.asm.jump(end);
            }
        }
        self.f.asm.bind(end);
        self.f.asm.reset(mark);
    }

    /// Gives the variables of a receive their values.
    fn received(&mut self, received: &Received<'_>) {
        let parts = [(received.value, received.elem), (received.ok, Basic::Bool.id())];
        for (target, (reg, from)) in received.targets.iter().zip(parts) {
            if matches!(target.unparen().kind, ExprKind::Ident(golite_source::sym::BLANK)) {
                continue;
            }
            if received.define {
                let Some(obj) = target.as_ident().and_then(|ident| self.c.checker.info.object(ident.id))
                else {
                    continue;
                };
                let ty = self.var_ty(obj);
                self.declare_with(obj, ty, reg);
                continue;
            }
            let ty = self.ty(target);
            let shape = self.shape(ty);
            let mark = self.f.asm.mark();
            let mut value = reg;
            if self.is_interface(ty) && !self.is_interface(from) {
                value = self.f.asm.take(2);
                self.emit_to_iface(value, reg, from);
            }
            let place = self.place(target);
            self.store_place(place, value, &shape);
            self.f.asm.reset(mark);
        }
    }
}
