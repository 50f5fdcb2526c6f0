//! Statements.

use golite_source::Symbol;
use golite_syntax::ast::{BranchKind, Decl, Expr, Ident, Stmt, StmtKind};
use golite_types::TypeId;

use crate::asm::Label;
use crate::func::FuncCompiler;
use crate::loops::Exit;

impl FuncCompiler<'_> {
    /// The statements of a block; its variables' registers are given back at the end.
    pub fn block(&mut self, stmts: &[Stmt]) {
        let mark = self.f.asm.mark();
        for stmt in stmts {
            self.stmt(stmt);
        }
        self.f.asm.reset(mark);
    }

    pub fn stmt(&mut self, stmt: &Stmt) {
        let label = self.f.pending_label.take();
        self.at(stmt.span);
        match &stmt.kind {
            StmtKind::Bad | StmtKind::Empty => {}
            StmtKind::Expr(expr) => {
                let mark = self.f.asm.mark();
                self.expr_stmt(expr);
                self.f.asm.reset(mark);
            }
            StmtKind::Send(ch, value) => self.send(stmt, ch, value),
            StmtKind::IncDec(target, up, span) => self.inc_dec(target, *up, *span),
            StmtKind::Assign(left, right, span) => self.assign(left, right, *span),
            StmtKind::OpAssign(binary) => self.op_assign(binary),
            StmtKind::Define(left, right, span) => self.define(left, right, *span),
            StmtKind::Decl(decls) => {
                for decl in decls {
                    if let Decl::Var(spec) = decl {
                        self.var_decl(spec);
                    }
                }
            }
            StmtKind::Go(call) => {
                let mark = self.f.asm.mark();
                if let Some(callee) = self.later_call(call) {
                    self.at(stmt.span);
                    self.f.asm.line().go(callee);
                }
                self.f.asm.reset(mark);
            }
            StmtKind::Defer(call) => {
                let mark = self.f.asm.mark();
                if let Some(callee) = self.later_call(call) {
                    self.at(stmt.span);
                    self.defer(callee);
                }
                self.f.asm.reset(mark);
            }
            StmtKind::Return(values) => self.return_stmt(values),
            StmtKind::Branch(kind, label) => self.branch_stmt(*kind, *label),
            StmtKind::Block(block) => self.labeled_block(label, |compiler| compiler.block(&block.stmts)),
            StmtKind::If(_) => self.labeled_block(label, |compiler| compiler.if_stmt(stmt)),
            StmtKind::Switch(switch) => self.switch(switch, label),
            StmtKind::TypeSwitch(switch) => self.type_switch(switch, label),
            StmtKind::Select(clauses) => self.select(clauses, label),
            StmtKind::For(stmt) => self.for_stmt(stmt, label),
            StmtKind::Range(range) => self.range(range, label),
            StmtKind::Labeled(name, inner) => {
                let label = self.goto_label(name.name);
                self.f.asm.bind(label);
                self.f.pending_label = Some(name.name);
                self.stmt(inner);
                self.f.pending_label = None;
            }
        }
    }

    /// A statement that only a labeled `break` can leave.
    fn labeled_block(&mut self, label: Option<Symbol>, body: impl FnOnce(&mut Self)) {
        let Some(name) = label else { return body(self) };
        let end = self.f.asm.label();
        self.push_control(Some(name), Some(end), None, false);
        body(self);
        self.f.control.pop();
        self.f.asm.bind(end);
    }

    fn expr_stmt(&mut self, expr: &Expr) {
        use golite_syntax::ast::{ExprKind, UnaryOp};
        let inner = expr.unparen();
        if let ExprKind::Unary(UnaryOp::Recv, ch) = &inner.kind {
            let elem = self.chan_elem(ch);
            let ch = self.expr(ch);
            self.at(inner.span);
            let elem = self.c.type_ix(elem);
            self.f.asm.line().chan_recv(golite_bytecode::Reg::NONE, ch, elem);
            return;
        }
        self.expr(inner);
    }

    fn send(&mut self, stmt: &Stmt, ch: &Expr, value: &Expr) {
        let mark = self.f.asm.mark();
        let elem = self.chan_elem(ch);
        let (channel, src) = if self.calls_first(&[ch, value]) {
            let src = self.expr_as(value, elem);
            (self.expr(ch), src)
        } else {
            let channel = self.expr(ch);
            (channel, self.expr_as(value, elem))
        };
        self.at(stmt.span);
        let elem = self.c.type_ix(elem);
        self.f.asm.line().chan_send(channel, src, elem);
        self.f.asm.reset(mark);
    }

    fn if_stmt(&mut self, stmt: &Stmt) {
        let StmtKind::If(if_stmt) = &stmt.kind else { return };
        let mark = self.f.asm.mark();
        if let Some(init) = &if_stmt.init {
            self.stmt(init);
        }
        self.at(if_stmt.cond.span);
        let other = self.f.asm.label();
        self.branch_if(&if_stmt.cond, false, other);
        self.block(&if_stmt.then.stmts);
        match &if_stmt.otherwise {
            None => self.f.asm.bind(other),
            Some(otherwise) => {
                let end = self.f.asm.label();
                if !self.ends(&if_stmt.then.stmts) {
                    self.f.asm.jump(end);
                }
                self.f.asm.bind(other);
                self.stmt(otherwise);
                self.f.asm.bind(end);
            }
        }
        self.f.asm.reset(mark);
    }

    /// Whether nothing follows the statements: the last one leaves.
    pub fn ends(&self, stmts: &[Stmt]) -> bool {
        match stmts.last().map(|stmt| &stmt.kind) {
            Some(StmtKind::Return(_)) => true,
            Some(StmtKind::Branch(kind, _)) => *kind != BranchKind::Fallthrough,
            Some(StmtKind::Expr(expr)) => self.is_panic(expr),
            _ => false,
        }
    }

    fn return_stmt(&mut self, values: &[Expr]) {
        if self.f.range_body.is_some() {
            return self.return_from_range(values);
        }
        let mark = self.f.asm.mark();
        self.set_results(values);
        self.leave();
        self.f.asm.reset(mark);
    }

    /// Evaluates what is returned into the results.
    fn set_results(&mut self, values: &[Expr]) {
        let results = self.f.results.clone();
        if values.is_empty() {
            return;
        }
        if values.len() < results.len() {
            let (regs, types) = self.multi_value(&values[0]);
            for (i, result) in results.iter().enumerate() {
                let shape = self.shape(result.ty);
                let value = if self.is_interface(result.ty) && !self.is_interface(types[i]) {
                    let boxed = self.f.asm.take(2);
                    self.emit_to_iface(boxed, regs[i], types[i]);
                    boxed
                } else {
                    regs[i]
                };
                self.set_result(i, value, &shape);
            }
            return;
        }
        // Straight into the slots when nobody can see them half-done.
        let plain = !self.f.has_defer && results.iter().all(|result| result.var.is_none());
        if plain || (results.len() == 1 && !self.f.has_defer && results[0].var.is_none()) {
            let calls = self.ordered_results(values);
            for pass in [true, false] {
                for (i, value) in values.iter().enumerate() {
                    if calls[i] == pass {
                        self.expr_as_to(value, results[i].ty, results[i].reg);
                    }
                }
            }
            return;
        }
        let mut regs = Vec::with_capacity(values.len());
        let calls = self.ordered_results(values);
        if calls.contains(&true) && values.len() > 1 {
            regs.resize(values.len(), golite_bytecode::Reg(0));
            for pass in [true, false] {
                for (i, value) in values.iter().enumerate() {
                    if calls[i] == pass {
                        regs[i] = self.expr_as_value(value, results[i].ty);
                    }
                }
            }
        } else {
            for (value, result) in values.iter().zip(&results) {
                let own = values.len() > 1;
                let reg =
                    if own { self.expr_as_value(value, result.ty) } else { self.expr_as(value, result.ty) };
                regs.push(reg);
            }
        }
        for (i, reg) in regs.into_iter().enumerate() {
            let shape = self.shape(results[i].ty);
            self.set_result(i, reg, &shape);
        }
    }

    /// Which of the values returned are evaluated in their turn.
    fn ordered_results(&mut self, values: &[Expr]) -> Vec<bool> {
        let operands: Vec<&Expr> = values.iter().collect();
        self.hoist_calls(&operands);
        let types: Vec<TypeId> = self.f.results.iter().map(|result| result.ty).collect();
        values.iter().zip(types).map(|(value, ty)| self.is_ordered_as(value, ty)).collect()
    }

    pub fn set_result(&mut self, index: usize, value: golite_bytecode::Reg, shape: &crate::lower::Shape) {
        let result = self.f.results[index].clone();
        match result.var {
            Some(var) => {
                let home = self.f.homes[&var];
                self.store_home(home, value, shape);
            }
            None => self.mov(result.reg, value, shape.slots),
        }
    }

    fn branch_stmt(&mut self, kind: BranchKind, label: Option<Ident>) {
        match kind {
            BranchKind::Goto => {
                let Some(label) = label else { return };
                if self.is_outside(label.name) {
                    return self.leave_range(Exit::Goto(label.name));
                }
                let target = self.goto_label(label.name);
                self.f.asm.jump(target);
            }
            BranchKind::Fallthrough => {
                let target = self.f.control.iter().rev().find_map(|control| control.fallthrough);
                if let Some(target) = target {
                    self.f.asm.jump(target);
                }
            }
            BranchKind::Break | BranchKind::Continue => {
                let exit = if kind == BranchKind::Break {
                    Exit::Break(label.map(|label| label.name))
                } else {
                    Exit::Continue(label.map(|label| label.name))
                };
                match self.exit_label(exit) {
                    Some(target) => self.f.asm.jump(target),
                    None => self.leave_range(exit),
                }
            }
        }
    }

    /// The label of a labeled statement.
    pub fn goto_label(&mut self, name: Symbol) -> Label {
        if let Some(label) = self.f.goto_labels.get(&name) {
            return *label;
        }
        let label = self.f.asm.label();
        self.f.goto_labels.insert(name, label);
        label
    }
}
