//! Switches over values and over types.

use golite_bytecode::{JumpTable, Reg};
use golite_source::{Span, Symbol};
use golite_syntax::ast::{CaseClause, Expr, SwitchStmt, TypeSwitchStmt};
use golite_types::{Const, TypeId};

use crate::arith::{Comparison, Num};
use crate::asm::Label;
use crate::func::FuncCompiler;
use crate::loops::Control;

/// From so many cases on a table is worth it.
const TABLE_CASES: usize = 4;

impl FuncCompiler<'_> {
    pub fn switch(&mut self, stmt: &SwitchStmt, label: Option<Symbol>) {
        let mark = self.f.asm.mark();
        if let Some(init) = &stmt.init {
            self.stmt(init);
        }
        let labels: Vec<Label> = stmt.clauses.iter().map(|_| self.f.asm.label()).collect();
        let end = self.f.asm.label();
        let default = stmt.clauses.iter().position(|clause| clause.exprs.is_none());
        let otherwise = default.map_or(end, |index| labels[index]);
        match &stmt.tag {
            None => {
                for (clause, to) in stmt.clauses.iter().zip(&labels) {
                    for expr in clause.exprs.iter().flatten() {
                        self.at_expr(expr);
                        self.branch_if(expr, true, *to);
                    }
                }
            }
            Some(tag) => {
                self.at(tag.span);
                let ty = self.value_type(tag);
                let reg = match self.const_value(tag) {
                    Some(_) => self.expr_as_value(tag, ty),
                    None => self.borrow_tag(tag, ty, &stmt.clauses),
                };
                if !self.table_switch(reg, ty, &stmt.clauses, &labels, otherwise) {
                    for (clause, to) in stmt.clauses.iter().zip(&labels) {
                        for expr in clause.exprs.iter().flatten() {
                            let mark = self.f.asm.mark();
                            self.at_expr(expr);
                            self.case(reg, ty, expr, *to);
                            self.f.asm.reset(mark);
                        }
                    }
                } else {
                    self.clauses(&stmt.clauses, &labels, end, label);
                    self.f.asm.reset(mark);
                    return;
                }
            }
        }
        self.f.asm.jump(otherwise);
        self.clauses(&stmt.clauses, &labels, end, label);
        self.f.asm.reset(mark);
    }

    /// The tag in registers that no case changes.
    fn borrow_tag(&mut self, tag: &Expr, ty: TypeId, clauses: &[CaseClause]) -> Reg {
        let calls =
            clauses.iter().any(|clause| clause.exprs.iter().flatten().any(|expr| self.has_call(expr)));
        if calls { self.expr_as_value(tag, ty) } else { self.borrow_as(tag, ty) }
    }

    /// Jumps to `to` if the case's value equals the tag.
    fn case(&mut self, tag: Reg, ty: TypeId, expr: &Expr, to: Label) {
        if self.is_nil(expr) {
            return self.branch_reg(tag, false, to);
        }
        let case_ty = self.value_type(expr);
        let tag_iface = self.is_interface(ty);
        let case_iface = self.is_interface(case_ty);
        if !tag_iface && !case_iface {
            if let Some(num) = self.c.num(ty).filter(|num| !num.is_float()) {
                if let Some(imm) = self.small_const(expr) {
                    return self.branch_imm(Comparison::Eq, tag, imm, to);
                }
                let value = self.expr(expr);
                return self.branch_regs(Comparison::Eq, num, tag, value, to);
            }
            let is_string = self.c.checker.types.basic(ty).is_some_and(|basic| basic.is_string());
            let value = self.borrow_as(expr, ty);
            if is_string {
                self.f.asm.branch(to, |b| b.jump_eq_str(tag, value, 0));
                return;
            }
            let result = self.f.asm.take(1);
            self.compare_regs(Comparison::Eq, ty, result, tag, value);
            return self.branch_reg(result, true, to);
        }
        let (left, right, iface) = if tag_iface {
            let value = self.expr_as(expr, ty);
            (tag, value, ty)
        } else {
            let boxed = self.f.asm.take(2);
            self.emit_to_iface(boxed, tag, ty);
            let value = self.expr(expr);
            (boxed, value, case_ty)
        };
        let result = self.f.asm.take(1);
        self.compare_regs(Comparison::Eq, iface, result, left, right);
        self.branch_reg(result, true, to);
    }

    /// A switch over many constants by a table; false (and nothing written) if it is none.
    fn table_switch(
        &mut self,
        tag: Reg,
        ty: TypeId,
        clauses: &[CaseClause],
        labels: &[Label],
        otherwise: Label,
    ) -> bool {
        let mut cases = Vec::new();
        for (clause, label) in clauses.iter().zip(labels) {
            for expr in clause.exprs.iter().flatten() {
                let Some(value) = self.const_value(expr) else { return false };
                cases.push((value, *label));
            }
        }
        if cases.len() < TABLE_CASES {
            return false;
        }
        if self.c.checker.types.basic(ty).is_some_and(|basic| basic.is_string()) {
            let mut strings = Vec::new();
            let mut targets = Vec::new();
            for (value, label) in cases {
                let Const::Str(bytes) = value else { return false };
                strings.push((self.c.string_ix(&bytes), 0));
                targets.push(label);
            }
            targets.push(otherwise);
            let table = JumpTable::Str { cases: strings, default: 0 };
            self.f.asm.switch(table, targets, |b, ix| {
                b.switch_str(tag, ix);
            });
            return true;
        }
        let Some(num) = self.c.num(ty).filter(|num| !num.is_float()) else { return false };
        let mut values = Vec::new();
        for (value, label) in cases {
            let Some(bits) = self.const_bits(&value, num) else { return false };
            values.push((bits, label));
        }
        let first = values.iter().map(|(value, _)| *value).min().unwrap_or(0);
        let last = values.iter().map(|(value, _)| *value).max().unwrap_or(0);
        let Some(span) = last.checked_sub(first).filter(|span| *span < 4 * values.len() as i64 + 16) else {
            return false;
        };
        if num == Num::U64 && first < 0 {
            return false;
        }
        let mut targets = vec![otherwise; span as usize + 1];
        for (value, label) in values.iter().rev() {
            targets[(value - first) as usize] = *label;
        }
        targets.push(otherwise);
        let table = JumpTable::Int { first, targets: Vec::new(), default: 0 };
        self.f.asm.switch(table, targets, |b, ix| {
            b.switch_int(tag, ix);
        });
        true
    }

    /// The bodies of the clauses, in order.
    fn clauses(&mut self, clauses: &[CaseClause], labels: &[Label], end: Label, label: Option<Symbol>) {
        for (i, clause) in clauses.iter().enumerate() {
            self.f.asm.bind(labels[i]);
            self.f.control.push(Control {
                label,
                brk: Some(end),
                cont: None,
                fallthrough: labels.get(i + 1).copied(),
                labeled_only: false,
            });
            self.block(&clause.body);
            self.f.control.pop();
            if i + 1 < clauses.len() && !self.ends(&clause.body) {
                self.f.asm.jump(end);
            }
        }
        self.f.asm.bind(end);
    }

    pub fn type_switch(&mut self, stmt: &TypeSwitchStmt, label: Option<Symbol>) {
        let mark = self.f.asm.mark();
        if let Some(init) = &stmt.init {
            self.stmt(init);
        }
        self.at(stmt.subject.span);
        let subject_ty = self.ty(&stmt.subject);
        let iface = self.f.asm.take(2);
        self.expr_to(&stmt.subject, iface);
        let labels: Vec<Label> = stmt.clauses.iter().map(|_| self.f.asm.label()).collect();
        let end = self.f.asm.label();
        let default = stmt.clauses.iter().position(|clause| clause.exprs.is_none());
        for (clause, to) in stmt.clauses.iter().zip(&labels) {
            for expr in clause.exprs.iter().flatten() {
                self.type_case(iface, expr, *to);
            }
        }
        self.f.asm.jump(default.map_or(end, |index| labels[index]));
        for (i, clause) in stmt.clauses.iter().enumerate() {
            self.f.asm.bind(labels[i]);
            let mark = self.f.asm.mark();
            self.clause_var(clause, iface, subject_ty, clause.span);
            self.push_control(label, Some(end), None, true);
            self.block(&clause.body);
            self.f.control.pop();
            self.f.asm.reset(mark);
            if i + 1 < stmt.clauses.len() && !self.ends(&clause.body) {
                self.f.asm.jump(end);
            }
        }
        self.f.asm.bind(end);
        self.f.asm.reset(mark);
    }

    fn type_case(&mut self, iface: Reg, expr: &Expr, to: Label) {
        if self.is_nil(expr) {
            return self.branch_reg(iface, false, to);
        }
        let ty = self.ty(expr);
        let ix = self.c.type_ix(ty);
        if self.is_interface(ty) {
            self.f.asm.branch(to, |b| b.jump_implements(iface, ix, 0));
        } else {
            self.f.asm.branch(to, |b| b.jump_is_type(iface, ix, 0));
        }
    }

    /// The variable of a clause.
    fn clause_var(&mut self, clause: &CaseClause, iface: Reg, subject: TypeId, span: Span) {
        let Some(obj) = self.c.checker.info.implicit.get(&clause.id).copied() else { return };
        self.at(span);
        let ty = self.var_ty(obj);
        let shape = self.shape(ty);
        let _ = subject;
        let value = self.take(&shape);
        if self.is_interface(ty) {
            self.mov(value, iface, 2);
        } else {
            self.unbox(value, iface, &shape);
        }
        self.declare_with(obj, ty, value);
    }
}
