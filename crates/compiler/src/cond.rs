//! Conditions: boolean expressions as jumps.

use golite_bytecode::{CodeBuilder, Reg};
use golite_syntax::ast::{BinaryExpr, BinaryOp, Expr, ExprKind, UnaryOp};
use golite_types::Const;

use crate::arith::{self, Comparison, Num};
use crate::asm::Label;
use crate::binary::comparison;
use crate::func::FuncCompiler;

impl FuncCompiler<'_> {
    /// Jumps to `to` if the condition is `when`, else falls through. `to` may be bound already: then
    /// it is a backward jump.
    pub fn branch_if(&mut self, expr: &Expr, when: bool, to: Label) {
        if let Some(Const::Bool(value)) = self.const_value(expr) {
            if value == when {
                self.f.asm.jump(to);
            }
            return;
        }
        if let Some(reg) = self.take_hoisted(expr) {
            return self.branch_reg(reg, when, to);
        }
        match &expr.kind {
            ExprKind::Paren(inner) => return self.branch_if(inner, when, to),
            ExprKind::Unary(UnaryOp::Not, inner) => return self.branch_if(inner, !when, to),
            ExprKind::Binary(binary) => match binary.op {
                BinaryOp::LogAnd | BinaryOp::LogOr => return self.branch_logical(binary, when, to),
                op if comparison(op).is_some() => return self.branch_compare(binary, when, to),
                _ => {}
            },
            _ => {}
        }
        let mark = self.f.asm.mark();
        let reg = self.expr(expr);
        self.f.asm.reset(mark);
        self.branch_reg(reg, when, to);
    }

    /// Jumps if a boolean register is `when`.
    pub fn branch_reg(&mut self, reg: Reg, when: bool, to: Label) {
        self.emit_branch(
            to,
            |b, d| if when { b.jump_nz(reg, d) } else { b.jump_z(reg, d) },
            Some(&|b: &mut CodeBuilder, d| if when { b.loop_nz(reg, d) } else { b.loop_z(reg, d) }),
        );
    }

    /// Writes a conditional jump, forward or (when the label is bound) backward.
    fn emit_branch(
        &mut self,
        to: Label,
        forward: impl Fn(&mut CodeBuilder, u16) -> usize,
        backward: Option<&dyn Fn(&mut CodeBuilder, u16) -> usize>,
    ) {
        if self.f.asm.bound(to).is_none() {
            self.f.asm.branch(to, |b| forward(b, 0));
            return;
        }
        // The short form, if there is one and the distance fits.
        if let Some(backward) = backward {
            let before = self.f.asm.pc();
            if let Some(distance) = self.f.asm.back_distance(to) {
                backward(self.f.asm.line(), distance);
                debug_assert!(self.f.asm.pc() > before);
                return;
            }
        }
        let taken = self.f.asm.label();
        let over = self.f.asm.label();
        self.f.asm.branch(taken, |b| forward(b, 0));
        self.f.asm.jump(over);
        self.f.asm.bind(taken);
        self.f.asm.jump(to);
        self.f.asm.bind(over);
    }

    /// `&&` and `||`, whose chains lean to the left.
    fn branch_logical(&mut self, binary: &BinaryExpr, when: bool, to: Label) {
        let op = binary.op;
        let mut operands: Vec<&Expr> = vec![&binary.right];
        let mut left = &*binary.left;
        while let ExprKind::Binary(inner) = &left.kind {
            if inner.op != op || self.const_value(left).is_some() {
                break;
            }
            operands.push(&inner.right);
            left = &inner.left;
        }
        operands.push(left);
        operands.reverse();
        // `a && b` is false as soon as one is false; `a || b` true as soon as one is true.
        let decides = op == BinaryOp::LogOr;
        if when == decides {
            for operand in operands {
                self.branch_if(operand, decides, to);
            }
            return;
        }
        let end = self.f.asm.label();
        let (last, before) = operands.split_last().expect("at least two operands");
        for operand in before {
            self.branch_if(operand, decides, end);
        }
        self.branch_if(last, when, to);
        self.f.asm.bind(end);
    }

    /// A logical expression as a value.
    pub fn bool_value(&mut self, expr: &Expr, dst: Reg) {
        let other = self.f.asm.label();
        let end = self.f.asm.label();
        self.branch_if(expr, false, other);
        self.f.asm.line().const_i32(dst, 1);
        self.f.asm.jump(end);
        self.f.asm.bind(other);
        self.f.asm.line().const_i32(dst, 0);
        self.f.asm.bind(end);
    }

    fn branch_compare(&mut self, binary: &BinaryExpr, when: bool, to: Label) {
        let mark = self.f.asm.mark();
        let cmp = comparison(binary.op).expect("a comparison");
        if self.is_nil(&binary.left) || self.is_nil(&binary.right) {
            let operand = if self.is_nil(&binary.left) { &binary.right } else { &binary.left };
            let reg = self.borrow(operand);
            self.f.asm.reset(mark);
            self.at(binary.op_span);
            return self.branch_reg(reg, (cmp == Comparison::Ne) == when, to);
        }
        let ty = self.compare_type(&binary.left, &binary.right);
        if let Some(num) = self.c.num(ty) {
            if num.is_float() {
                self.branch_float(binary, cmp, num, when, to);
            } else {
                let cmp = if when { cmp } else { cmp.negated() };
                self.branch_int(binary, cmp, num, to);
            }
            self.f.asm.reset(mark);
            return;
        }
        let is_string = self.c.checker.types.basic(ty).is_some_and(|basic| basic.is_string());
        if is_string && matches!(cmp, Comparison::Eq | Comparison::Ne) {
            let equal = (cmp == Comparison::Eq) == when;
            for (constant, operand) in [(&binary.right, &binary.left), (&binary.left, &binary.right)] {
                if self.is_empty_string(constant) {
                    let reg = self.expr(operand);
                    self.f.asm.reset(mark);
                    return self.branch_reg(reg.plus(1), !equal, to);
                }
            }
            let (left, right, _) = self.compare_operands(binary);
            self.f.asm.reset(mark);
            self.at(binary.op_span);
            self.emit_branch(
                to,
                |b, d| if equal { b.jump_eq_str(left, right, d) } else { b.jump_ne_str(left, right, d) },
                None,
            );
            return;
        }
        if self.is_word(ty) {
            let (left, right, _) = self.compare_operands(binary);
            self.f.asm.reset(mark);
            let equal = (cmp == Comparison::Eq) == when;
            self.emit_branch(
                to,
                |b, d| if equal { b.jump_eq(left, right, d) } else { b.jump_ne(left, right, d) },
                Some(&|b: &mut CodeBuilder, d| {
                    if equal { b.loop_eq(left, right, d) } else { b.loop_ne(left, right, d) }
                }),
            );
            return;
        }
        let (left, right, ty) = self.compare_operands(binary);
        let result = self.f.asm.take(1);
        self.at(binary.op_span);
        self.compare_regs(cmp, ty, result, left, right);
        self.f.asm.reset(mark);
        self.branch_reg(result, when, to);
    }

    fn branch_int(&mut self, binary: &BinaryExpr, cmp: Comparison, num: Num, to: Label) {
        // A small constant on either side.
        for (operand, constant, cmp) in
            [(&binary.left, &binary.right, cmp), (&binary.right, &binary.left, cmp.swapped())]
        {
            let Some(imm) = self.small_const(constant) else { continue };
            let order = !matches!(cmp, Comparison::Eq | Comparison::Ne);
            // 64-bit unsigned order differs from the signed one of the short forms.
            if order && num == Num::U64 {
                continue;
            }
            if !order && self.branch_bits(operand, imm, cmp == Comparison::Eq, num, to) {
                return;
            }
            let reg = self.expr(operand);
            if imm == 0 && !order {
                return self.branch_reg(reg, cmp == Comparison::Ne, to);
            }
            return self.branch_imm(cmp, reg, imm, to);
        }
        let (left, right, _) = self.compare_operands(binary);
        self.branch_regs(cmp, num, left, right, to);
    }

    /// A comparison of `x % constant` or `x & constant` for being `imm`, or not, as one jump where there is one.
    fn branch_bits(&mut self, operand: &Expr, imm: i16, equal: bool, num: Num, to: Label) -> bool {
        let ExprKind::Binary(inner) = &operand.unparen().kind else { return false };
        let Some(right) = self.small_const(&inner.right) else { return false };
        // x & mask is 0, or is its only bit.
        let mask = match inner.op {
            BinaryOp::And if right >= 0 => right,
            BinaryOp::Rem if arith::is_power(right) && (imm == 0 || !num.is_signed()) => right - 1,
            BinaryOp::Rem if imm == 0 && right > 1 && num != Num::U64 => {
                let lhs = self.expr(&inner.left);
                self.emit_branch(
                    to,
                    |b, d| if equal { b.jump_rem_z(lhs, right, d) } else { b.jump_rem_nz(lhs, right, d) },
                    None,
                );
                return true;
            }
            _ => return false,
        };
        if imm != 0 && (imm != mask || !arith::is_power(mask)) {
            return false;
        }
        let lhs = self.expr(&inner.left);
        let zero = equal == (imm == 0);
        self.emit_branch(
            to,
            |b, d| if zero { b.jump_and_z(lhs, mask, d) } else { b.jump_and_nz(lhs, mask, d) },
            None,
        );
        true
    }

    /// Jumps if `reg cmp imm`, signed.
    pub fn branch_imm(&mut self, cmp: Comparison, reg: Reg, imm: i16, to: Label) {
        self.emit_branch(
            to,
            |b, d| match cmp {
                Comparison::Eq => b.jump_eq_imm(reg, imm, d),
                Comparison::Ne => b.jump_ne_imm(reg, imm, d),
                Comparison::Lt => b.jump_lt_imm(reg, imm, d),
                Comparison::Le => b.jump_le_imm(reg, imm, d),
                Comparison::Gt => b.jump_gt_imm(reg, imm, d),
                Comparison::Ge => b.jump_ge_imm(reg, imm, d),
            },
            Some(&|b: &mut CodeBuilder, d| match cmp {
                Comparison::Eq => b.loop_eq_imm(reg, imm, d),
                Comparison::Ne => b.loop_ne_imm(reg, imm, d),
                Comparison::Lt => b.loop_lt_imm(reg, imm, d),
                Comparison::Le => b.loop_le_imm(reg, imm, d),
                Comparison::Gt => b.loop_gt_imm(reg, imm, d),
                Comparison::Ge => b.loop_ge_imm(reg, imm, d),
            }),
        );
    }

    /// Jumps if `left cmp right` for integers.
    pub fn branch_regs(&mut self, cmp: Comparison, num: Num, left: Reg, right: Reg, to: Label) {
        // Narrow unsigned values are held zero-extended: their order is the signed one too.
        let unsigned = num == Num::U64;
        let (cmp, left, right) = match cmp {
            Comparison::Gt => (Comparison::Lt, right, left),
            Comparison::Ge => (Comparison::Le, right, left),
            Comparison::Eq | Comparison::Ne | Comparison::Lt | Comparison::Le => (cmp, left, right),
        };
        self.emit_branch(
            to,
            |b, d| match cmp {
                Comparison::Eq => b.jump_eq(left, right, d),
                Comparison::Ne => b.jump_ne(left, right, d),
                Comparison::Lt if unsigned => b.jump_lt_u(left, right, d),
                Comparison::Lt => b.jump_lt(left, right, d),
                _ if unsigned => b.jump_le_u(left, right, d),
                _ => b.jump_le(left, right, d),
            },
            Some(&|b: &mut CodeBuilder, d| match cmp {
                Comparison::Eq => b.loop_eq(left, right, d),
                Comparison::Ne => b.loop_ne(left, right, d),
                Comparison::Lt if unsigned => b.loop_lt_u(left, right, d),
                Comparison::Lt => b.loop_lt(left, right, d),
                _ if unsigned => b.loop_le_u(left, right, d),
                _ => b.loop_le(left, right, d),
            }),
        );
    }

    fn branch_float(&mut self, binary: &BinaryExpr, cmp: Comparison, num: Num, when: bool, to: Label) {
        let (left, right, ty) = self.compare_operands(binary);
        if num == Num::F32 {
            let result = self.f.asm.take(1);
            self.compare_regs(cmp, ty, result, left, right);
            return self.branch_reg(result, when, to);
        }
        let (cmp, left, right) = match cmp {
            Comparison::Gt => (Comparison::Lt, right, left),
            Comparison::Ge => (Comparison::Le, right, left),
            Comparison::Eq | Comparison::Ne | Comparison::Lt | Comparison::Le => (cmp, left, right),
        };
        let equal = (cmp == Comparison::Eq) == when;
        let loop_lt = |b: &mut CodeBuilder, d| b.loop_lt_f64(left, right, d);
        let loop_le = |b: &mut CodeBuilder, d| b.loop_le_f64(left, right, d);
        let backward: Option<&dyn Fn(&mut CodeBuilder, u16) -> usize> = match cmp {
            Comparison::Lt if when => Some(&loop_lt),
            Comparison::Le if when => Some(&loop_le),
            _ => None,
        };
        self.emit_branch(
            to,
            |b, d| match cmp {
                Comparison::Eq | Comparison::Ne if equal => b.jump_eq_f64(left, right, d),
                Comparison::Eq | Comparison::Ne => b.jump_ne_f64(left, right, d),
                Comparison::Lt if when => b.jump_lt_f64(left, right, d),
                Comparison::Lt => b.jump_nlt_f64(left, right, d),
                _ if when => b.jump_le_f64(left, right, d),
                _ => b.jump_nle_f64(left, right, d),
            },
            backward,
        );
    }
}
