//! Binary operators.
//!
//! Chains lean to the left and can be thousands of operands long: they are taken in a loop.

use golite_bytecode::{Op, Reg};
use golite_syntax::ast::{BinaryExpr, BinaryOp, Expr, ExprKind, UnaryOp};
use golite_types::{Const, Type, TypeId};

use crate::arith::{self, BinaryOp as Arith, Comparison, Num};
use crate::func::FuncCompiler;
use crate::lower::Form;

/// The arithmetic operation of an operator.
pub(crate) fn arithmetic(op: BinaryOp) -> Option<Arith> {
    Some(match op {
        BinaryOp::Add => Arith::Add,
        BinaryOp::Sub => Arith::Sub,
        BinaryOp::Mul => Arith::Mul,
        BinaryOp::Div => Arith::Div,
        BinaryOp::Rem => Arith::Rem,
        BinaryOp::And => Arith::And,
        BinaryOp::Or => Arith::Or,
        BinaryOp::Xor => Arith::Xor,
        BinaryOp::AndNot => Arith::AndNot,
        BinaryOp::Shl
        | BinaryOp::Shr
        | BinaryOp::LogAnd
        | BinaryOp::LogOr
        | BinaryOp::Eq
        | BinaryOp::Ne
        | BinaryOp::Lt
        | BinaryOp::Le
        | BinaryOp::Gt
        | BinaryOp::Ge => return None,
    })
}

/// The comparison of an operator.
pub(crate) fn comparison(op: BinaryOp) -> Option<Comparison> {
    Some(match op {
        BinaryOp::Eq => Comparison::Eq,
        BinaryOp::Ne => Comparison::Ne,
        BinaryOp::Lt => Comparison::Lt,
        BinaryOp::Le => Comparison::Le,
        BinaryOp::Gt => Comparison::Gt,
        BinaryOp::Ge => Comparison::Ge,
        _ => return None,
    })
}

impl FuncCompiler<'_> {
    /// A binary expression's value.
    pub fn binary(&mut self, expr: &Expr, binary: &BinaryExpr, dst: Option<Reg>) -> Reg {
        let ty = self.ty(expr);
        let shape = self.shape(ty);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        if binary.op.is_logical() {
            self.bool_value(expr, want);
        } else if comparison(binary.op).is_some() {
            self.at(binary.op_span);
            self.compare_value(binary, want);
        } else {
            self.chain(expr, binary, ty, want);
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// Arithmetic: a chain of operators, folded from the left into `want`.
    fn chain(&mut self, expr: &Expr, binary: &BinaryExpr, ty: TypeId, want: Reg) {
        if self.emit_rotation(&binary.left, binary, want) {
            return;
        }
        // The links from the outermost inwards.
        let mut links = vec![(expr, binary)];
        let mut first: &Expr = &binary.left;
        loop {
            let inner = first.unparen();
            if self.c.checker.info.value(inner.id).is_some() {
                break;
            }
            match &inner.kind {
                ExprKind::Binary(next) if !next.op.is_logical() && comparison(next.op).is_none() => {
                    links.push((inner, next));
                    first = &next.left;
                }
                _ => break,
            }
        }
        links.reverse();
        let mut operands = vec![first];
        operands.extend(links.iter().map(|(_, link)| &*link.right));
        self.hoist_calls(&operands);
        if self.c.checker.types.basic(ty).is_some_and(|basic| basic.is_string()) {
            return self.concat(first, &links, want);
        }
        // Operands with calls go first where a plain operand before them could change.
        let mut early: Vec<Option<Reg>> = vec![None; links.len()];
        let last_call = links.iter().rposition(|(_, link)| self.is_ordered(&link.right));
        if let Some(last) = last_call {
            let mut sensitive = self.is_sensitive(first);
            for (_, link) in &links[..last] {
                sensitive = sensitive || self.is_sensitive(&link.right);
            }
            if sensitive {
                let first_value = self.is_ordered(first).then(|| self.expr(first));
                for (i, (_, link)) in links.iter().enumerate() {
                    if self.is_ordered(&link.right) {
                        early[i] = Some(self.expr(&link.right));
                    }
                }
                let left = first_value.unwrap_or_else(|| self.expr(first));
                return self.fold(left, &links, &early, want, None);
            }
        }
        // A small constant goes to the right, where it needs no register.
        if self.swaps(first, links[0].1) {
            let left = self.expr(&links[0].1.right);
            return self.fold(left, &links, &early, want, Some(first));
        }
        // `^x & y` is `y &^ x`.
        let (_, link) = links[0];
        if let (BinaryOp::And, Some(x)) = (link.op, self.complement(first)) {
            let x = self.expr(x);
            let y = self.expr(&link.right);
            let dst = if links.len() == 1 { want } else { self.f.asm.take(1) };
            self.at(link.op_span);
            self.f.asm.line().and_not(dst, y, x);
            return self.fold(dst, &links[1..], &early[1..], want, None);
        }
        let mark = self.f.asm.mark();
        let left = self.expr(first);
        if self.f.asm.is_above(left, mark) {
            self.f.asm.note_temporary();
        }
        self.fold(left, &links, &early, want, None);
    }

    /// The operand of `^x`, if it calls nothing.
    fn complement<'e>(&mut self, expr: &'e Expr) -> Option<&'e Expr> {
        let expr = expr.unparen();
        let ExprKind::Unary(UnaryOp::BitNot, operand) = &expr.kind else { return None };
        (self.const_value(expr).is_none() && !self.is_ordered(expr)).then_some(operand)
    }

    /// Whether `constant op right` may be written `right op constant`.
    fn swaps(&mut self, first: &Expr, link: &BinaryExpr) -> bool {
        matches!(link.op, BinaryOp::Add | BinaryOp::Mul | BinaryOp::And | BinaryOp::Or | BinaryOp::Xor)
            && self.small_const(first).is_some()
            && self.small_const(&link.right).is_none()
    }

    /// Folds the links into `want`; `swapped` is the operand that the first one has on its right.
    fn fold(
        &mut self,
        first: Reg,
        links: &[(&Expr, &BinaryExpr)],
        early: &[Option<Reg>],
        want: Reg,
        swapped: Option<&Expr>,
    ) {
        let mut left = first;
        let count = links.len();
        // Intermediate results share one temporary.
        let mut temporary: Option<(Reg, u16)> = None;
        let mut next = 0;
        while next < count {
            // A product and what is added to it are one instruction.
            let product = match next {
                0 => swapped.unwrap_or(&links[0].1.right),
                _ => &links[next].1.right,
            };
            let fused = self.fuses(product, links, early, next);
            let i = if fused { next + 1 } else { next };
            next = i + 1;
            let (link_expr, link) = links[i];
            let ty = self.ty(link_expr);
            let slots = self.shape(ty).slots;
            let dst = if i + 1 == count {
                want
            } else {
                match temporary {
                    Some((reg, n)) if n >= slots => reg,
                    _ => {
                        let reg = self.f.asm.take(slots);
                        temporary = Some((reg, slots));
                        reg
                    }
                }
            };
            let mark = self.f.asm.mark();
            if fused {
                let num = self.c.num(ty).expect("a product that is fused is of numbers");
                self.product_and_term(dst, left, (product, early[i - 1]), link, early[i], num);
                self.f.asm.reset(mark);
                left = dst;
                continue;
            }
            let right = swapped.filter(|_| i == 0).unwrap_or(&link.right);
            if i > 0 && early[i].is_none() && self.add_to_sum(link, ty, dst, left) {
                left = dst;
                continue;
            }
            self.operate(link.op, ty, dst, left, right, early[i], link.op_span);
            self.f.asm.reset(mark);
            left = dst;
        }
    }

    /// `dst = x + y + z`, or `x + y` plus or minus a constant, or `x - y + z` of floats, where `left` is a temporary
    /// that has just got the first two, and `z` is in a register. False, and nothing written, if it is something else.
    fn add_to_sum(&mut self, link: &BinaryExpr, ty: TypeId, dst: Reg, left: Reg) -> bool {
        let Some(num @ (Num::I64 | Num::U64 | Num::U32 | Num::F64)) = self.c.num(ty) else { return false };
        if num == Num::F64 {
            let term = if link.op == BinaryOp::Add { self.register_var(&link.right) } else { None };
            let Some(term) = term else { return false };
            let Some(sum) = self.f.asm.take_back(left, &[Op::AddF64, Op::SubF64]) else { return false };
            let line = self.f.asm.line();
            match sum.op {
                Op::AddF64 => line.add_add_f64(dst, sum.reg(0), sum.reg(1), term),
                _ => line.sub_add_f64(dst, sum.reg(0), sum.reg(1), term),
            };
            return true;
        }
        let imm = match (link.op, self.small_const(&link.right)) {
            (BinaryOp::Add, Some(imm)) => Some(imm),
            (BinaryOp::Sub, Some(imm)) if imm != i16::MIN => Some(-imm),
            _ => None,
        };
        if num == Num::U32 || imm.is_none() {
            let term = if link.op == BinaryOp::Add { self.register_var(&link.right) } else { None };
            let Some(term) = term else { return false };
            let Some(sum) = self.f.asm.take_back(left, &[Op::Add, Op::AddU32]) else { return false };
            let line = self.f.asm.line();
            match num {
                Num::U32 => line.add_add_u32(dst, sum.reg(0), sum.reg(1), term),
                _ => line.add_add(dst, sum.reg(0), sum.reg(1), term),
            };
            return true;
        }
        let (Some(imm), Some(sum)) = (imm, self.f.asm.take_back(left, &[Op::Add])) else { return false };
        self.f.asm.line().add_add_imm(dst, sum.reg(0), sum.reg(1), imm);
        true
    }

    /// Whether the link is a product, by `factor`, and the next one adds something to it, or subtracts, that is
    /// no product itself, so that there is an instruction for both.
    fn fuses(
        &mut self,
        factor: &Expr,
        links: &[(&Expr, &BinaryExpr)],
        early: &[Option<Reg>],
        at: usize,
    ) -> bool {
        let Some([(expr, product), (_, sum)]) = links.get(at..at + 2) else { return false };
        let ty = self.ty(expr);
        if product.op != BinaryOp::Mul || !matches!(sum.op, BinaryOp::Add | BinaryOp::Sub) {
            return false;
        }
        let Some(num) = self.c.num(ty) else { return false };
        if early[at + 1].is_none() && self.product(&sum.right, num).is_some() {
            return false;
        }
        let factor = early[at].is_none() && self.small_const(factor).is_some();
        let term = if early[at + 1].is_none() { self.small_const(&sum.right) } else { None };
        match num {
            Num::F64 => true,
            Num::I64 | Num::U64 => match (factor, term) {
                (true, Some(term)) => sum.op == BinaryOp::Add || term != i16::MIN,
                (_, None) => sum.op == BinaryOp::Add,
                (false, Some(_)) => false,
            },
            _ => false,
        }
    }

    /// `dst = left * factor + term`, or minus: the link is the sum.
    fn product_and_term(
        &mut self,
        dst: Reg,
        left: Reg,
        (factor, early): (&Expr, Option<Reg>),
        sum: &BinaryExpr,
        early_term: Option<Reg>,
        num: Num,
    ) {
        let small = if early.is_none() { self.small_const(factor) } else { None };
        if let Some(small) = small {
            let term = if early_term.is_none() { self.small_const(&sum.right) } else { None };
            if let Some(term) = term {
                let term = if sum.op == BinaryOp::Add { term } else { -term };
                self.f.asm.line().mul_add_imm(dst, left, small, term);
                return;
            }
        }
        let by = if small.is_some() { None } else { Some(early.unwrap_or_else(|| self.expr(factor))) };
        let term = early_term.unwrap_or_else(|| self.expr(&sum.right));
        self.at(sum.op_span);
        let line = self.f.asm.line();
        match (small, by) {
            (Some(small), _) => line.mul_imm_add(dst, left, small, term),
            (None, Some(by)) if num == Num::F64 && sum.op == BinaryOp::Add => {
                line.mul_add_f64(dst, left, by, term)
            }
            (None, Some(by)) if num == Num::F64 => line.mul_sub_f64(dst, left, by, term),
            (None, by) => line.mul_add(dst, left, by.expect("no small factor"), term),
        };
    }

    /// The factors of a product of such numbers that calls nothing.
    pub fn product<'e>(&mut self, expr: &'e Expr, num: Num) -> Option<(&'e Expr, &'e Expr)> {
        let ExprKind::Binary(binary) = &expr.unparen().kind else { return None };
        let ty = self.ty(expr);
        let fits = binary.op == BinaryOp::Mul
            && self.c.num(ty) == Some(num)
            && self.const_value(expr.unparen()).is_none()
            && !self.is_ordered(expr);
        fits.then_some((&*binary.left, &*binary.right))
    }

    /// `dst = left op right`, the right operand an expression or already in a register.
    pub fn operate(
        &mut self,
        op: BinaryOp,
        ty: TypeId,
        dst: Reg,
        left: Reg,
        right: &Expr,
        early: Option<Reg>,
        span: golite_source::Span,
    ) {
        if op.is_shift() {
            return self.shift(op, ty, dst, left, right, early, span);
        }
        let Some(operation) = arithmetic(op) else { return };
        let Some(num) = self.c.num(ty) else {
            if self.shape(ty).form == Form::Str {
                let parts = self.f.asm.take(4);
                self.mov(parts, left, 2);
                let right = early.unwrap_or_else(|| self.expr(right));
                self.mov(parts.plus(2), right, 2);
                self.at(span);
                self.f.asm.line().concat(dst, parts, 2);
                return;
            }
            let right = early.unwrap_or_else(|| self.expr(right));
            self.at(span);
            return self.complex(operation, ty, dst, left, right);
        };
        if early.is_none()
            && !num.is_float()
            && let Some(imm) = self.small_const(right)
        {
            self.at(span);
            if arith::emit_binary_imm(self.f.asm.line(), operation, num, dst, left, i64::from(imm)) {
                return;
            }
        }
        if let (BinaryOp::And, None, Some(x)) = (op, early, self.complement(right)) {
            let x = self.expr(x);
            self.at(span);
            self.f.asm.line().and_not(dst, left, x);
            return;
        }
        let fusible = match num {
            Num::F64 => matches!(op, BinaryOp::Add | BinaryOp::Sub),
            Num::I64 | Num::U64 => op == BinaryOp::Add,
            _ => false,
        };
        if fusible
            && early.is_none()
            && let Some((x, y)) = self.product(right, num)
        {
            let (x, y) = if self.small_const(x).is_some() { (y, x) } else { (x, y) };
            let x = self.expr(x);
            let small = self.small_const(y);
            let y = if small.is_some() { x } else { self.expr(y) };
            self.at(span);
            let line = self.f.asm.line();
            match (num, op) {
                (Num::F64, BinaryOp::Add) => line.mul_add_f64(dst, x, y, left),
                (Num::F64, _) => line.mul_rsub_f64(dst, x, y, left),
                _ => match small {
                    Some(small) => line.mul_imm_add(dst, x, small, left),
                    None => line.mul_add(dst, x, y, left),
                },
            };
            return;
        }
        let mark = self.f.asm.mark();
        let right = early.unwrap_or_else(|| self.expr(right));
        self.at(span);
        if self.f.asm.is_above(right, mark) {
            if self.fuse_right(operation, num, dst, left, right) {
                return;
            }
        } else if matches!(operation, arith::BinaryOp::Add | arith::BinaryOp::Mul)
            && self.f.asm.is_temporary()
            && self.fuse_right(operation, num, dst, right, left)
        {
            // In memory is the left one.
            return;
        }
        arith::emit_binary(self.f.asm.line(), operation, num, dst, left, right);
    }

    /// `dst = left op right` in one instruction with that which has just made the temporary `right`. False, and
    /// nothing written, if there is none.
    fn fuse_right(&mut self, op: arith::BinaryOp, num: Num, dst: Reg, left: Reg, right: Reg) -> bool {
        use arith::BinaryOp as B;
        let wide = matches!(num, Num::I64 | Num::U64);
        let asm = &mut self.f.asm;
        let ops: &[Op] = match (op, num) {
            (B::Xor, _) => &[Op::RotlU32Imm, Op::ShlImm, Op::ShrUImm, Op::And, Op::AndNot],
            (B::Add, _) if wide => &[Op::Load64, Op::Index64],
            (B::Sub, _) if wide => &[Op::Load64],
            (B::Add, Num::F64) => &[Op::Load64, Op::Index64],
            (B::Sub | B::Mul, Num::F64) => &[Op::Load64],
            _ => return false,
        };
        let Some(taken) = asm.take_back(right, ops) else { return false };
        let [_, last, _] = taken.operands;
        let (first, small) = (taken.reg(0), last as u16);
        if matches!(taken.op, Op::Load64 | Op::Index64) {
            let line = asm.line_of(&taken);
            match (taken.op, op) {
                (Op::Index64, _) if wide => line.add_index(dst, left, first, taken.reg(1)),
                (Op::Index64, _) => line.add_index_f64(dst, left, first, taken.reg(1)),
                (_, B::Add) if wide => line.add_load(dst, left, first, small),
                (_, B::Sub) if wide => line.sub_load(dst, left, first, small),
                (_, B::Add) => line.add_load_f64(dst, left, first, small),
                (_, B::Sub) => line.sub_load_f64(dst, left, first, small),
                _ => line.mul_load_f64(dst, left, first, small),
            };
            return true;
        }
        let line = asm.line();
        match taken.op {
            Op::RotlU32Imm => line.xor_rotl_u32(dst, left, first, small),
            Op::ShlImm => line.xor_shl(dst, left, first, small),
            Op::ShrUImm => line.xor_shr_u(dst, left, first, small),
            Op::And => line.xor_and(dst, left, first, taken.reg(1)),
            _ => line.xor_and_not(dst, left, first, taken.reg(1)),
        };
        true
    }

    /// A shift; the count is of any integer type.
    fn shift(
        &mut self,
        op: BinaryOp,
        ty: TypeId,
        dst: Reg,
        left: Reg,
        count: &Expr,
        early: Option<Reg>,
        span: golite_source::Span,
    ) {
        let num = self.c.num(ty).unwrap_or(Num::I64);
        let known = match self.const_value(count).and_then(|value| value.as_int()) {
            Some(value) => Some(u64::try_from(value).unwrap_or(u64::MAX)),
            None => self.known_int(count).and_then(|count| u64::try_from(count).ok()),
        };
        if let Some(count) = known {
            self.at(span);
            match op {
                BinaryOp::Shl => arith::emit_shl_imm(self.f.asm.line(), num, dst, left, count),
                _ => arith::emit_shr_imm(self.f.asm.line(), num, dst, left, count),
            }
            return;
        }
        let count_ty = self.ty(count);
        let reg = early.unwrap_or_else(|| self.expr(count));
        self.at(span);
        if self.c.num(count_ty).is_none_or(Num::is_signed) {
            self.f.asm.line().check_shift(reg);
        }
        match op {
            BinaryOp::Shl => arith::emit_shl(self.f.asm.line(), num, dst, left, reg),
            _ => arith::emit_shr(self.f.asm.line(), num, dst, left, reg),
        }
    }

    /// `a + b + c` for strings: one instruction for all operands.
    fn concat(&mut self, first: &Expr, links: &[(&Expr, &BinaryExpr)], want: Reg) {
        let mut operands = vec![first];
        operands.extend(links.iter().map(|(_, link)| &*link.right));
        // As many at a time as an instruction and a frame allow.
        const MOST: usize = 1000;
        let mut done: Option<Reg> = None;
        let mut rest = &operands[..];
        let result = self.f.asm.take(2);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(MOST));
            rest = later;
            let mark = self.f.asm.mark();
            let parts = self.f.asm.take(2 * (now.len() + usize::from(done.is_some())) as u16);
            let mut at = parts;
            if let Some(done) = done {
                self.mov(at, done, 2);
                at = at.plus(2);
            }
            let calls: Vec<bool> = now.iter().map(|operand| self.is_ordered(operand)).collect();
            for pass in [true, false] {
                for (i, operand) in now.iter().enumerate() {
                    if calls[i] == pass {
                        self.expr_to(operand, at.plus(2 * i as u16));
                    }
                }
            }
            self.at(links[links.len() - 1].1.op_span);
            let count = now.len() as u16 + u16::from(done.is_some());
            self.f.asm.line().concat(result, parts, count);
            self.f.asm.reset(mark);
            done = Some(result);
        }
        self.mov(want, result, 2);
    }

    fn complex(&mut self, op: Arith, ty: TypeId, dst: Reg, left: Reg, right: Reg) {
        let shape = self.shape(ty);
        let num = if shape.size == 8 { Num::F32 } else { Num::F64 };
        let out = self.f.asm.take(2);
        let (out_re, out_im) = (out, out.plus(1));
        let (a, b, c, d) = (left, left.plus(1), right, right.plus(1));
        match op {
            Arith::Mul => {
                let t = self.f.asm.take(2);
                let line = self.f.asm.line();
                arith::emit_binary(line, Arith::Mul, num, out_re, a, c);
                arith::emit_binary(line, Arith::Mul, num, t, b, d);
                arith::emit_binary(line, Arith::Sub, num, out_re, out_re, t);
                arith::emit_binary(line, Arith::Mul, num, out_im, a, d);
                arith::emit_binary(line, Arith::Mul, num, t, b, c);
                arith::emit_binary(line, Arith::Add, num, out_im, out_im, t);
            }
            Arith::Div => {
                // complex64 divides as complex128 and rounds, as in gc.
                let wide = self.f.asm.take(4);
                for (i, src) in [a, b, c, d].into_iter().enumerate() {
                    let to = wide.plus(i as u16);
                    arith::emit_convert(self.f.asm.line(), num, Num::F64, to, src);
                }
                let line = self.f.asm.line();
                line.div_c128(wide, wide, wide.plus(2));
                arith::emit_convert(line, Num::F64, num, out_re, wide);
                arith::emit_convert(line, Num::F64, num, out_im, wide.plus(1));
            }
            Arith::Add | Arith::Sub | Arith::Rem | Arith::And | Arith::Or | Arith::Xor | Arith::AndNot => {
                let line = self.f.asm.line();
                arith::emit_binary(line, op, num, out_re, a, c);
                arith::emit_binary(line, op, num, out_im, b, d);
            }
        }
        self.mov(dst, out, 2);
    }

    /// The two operands of a comparison, converted to what they are compared as; its type.
    pub fn compare_operands(&mut self, binary: &BinaryExpr) -> (Reg, Reg, TypeId) {
        let ty = self.compare_type(&binary.left, &binary.right);
        self.hoist_calls(&[&binary.left, &binary.right]);
        let (left, right) = if self.calls_first(&[&binary.left, &binary.right]) {
            let right = self.compared(&binary.right, ty);
            (self.compared(&binary.left, ty), right)
        } else {
            let left = self.compared(&binary.left, ty);
            (left, self.compared(&binary.right, ty))
        };
        (left, right, ty)
    }

    /// An operand of a comparison.
    fn compared(&mut self, operand: &Expr, ty: TypeId) -> Reg {
        match self.bytes_of_string(operand).filter(|_| !self.needs_conversion(operand, ty)) {
            Some(bytes) => self.borrow(bytes),
            None => self.borrow_as(operand, ty),
        }
    }

    /// The type in which two operands are compared: the interface, if one of them is one.
    pub fn compare_type(&mut self, left: &Expr, right: &Expr) -> TypeId {
        let (left_ty, right_ty) = (self.ty(left), self.ty(right));
        if self.is_nil(left) {
            return right_ty;
        }
        if self.is_nil(right) || self.is_interface(left_ty) {
            return left_ty;
        }
        if self.is_interface(right_ty) {
            return right_ty;
        }
        let untyped = self.c.checker.types.basic(left_ty).is_some_and(|basic| basic.is_untyped());
        if untyped { right_ty } else { left_ty }
    }

    /// A comparison as a boolean.
    fn compare_value(&mut self, binary: &BinaryExpr, want: Reg) {
        let cmp = comparison(binary.op).expect("a comparison");
        if self.is_nil(&binary.left) || self.is_nil(&binary.right) {
            let operand = if self.is_nil(&binary.left) { &binary.right } else { &binary.left };
            let reg = self.borrow(operand);
            let zero = self.f.asm.take(1);
            // Slices, pointers, maps, channels, funcs and interfaces are nil iff their first word is 0.
            let ty = self.ty(operand);
            if self.is_interface(ty) {
                self.f.asm.line().const_i32(zero, 0);
            } else {
                self.f.asm.line().nil(zero);
            }
            let b = self.f.asm.line();
            if cmp == Comparison::Eq {
                b.eq(want, reg, zero)
            } else {
                b.ne(want, reg, zero)
            };
            return;
        }
        let (left, right, ty) = self.compare_operands(binary);
        self.at(binary.op_span);
        self.compare_regs(cmp, ty, want, left, right);
    }

    /// `dst = left cmp right` for values of a type.
    pub fn compare_regs(&mut self, cmp: Comparison, ty: TypeId, dst: Reg, left: Reg, right: Reg) {
        if let Some(num) = self.c.num(ty) {
            arith::emit_compare(self.f.asm.line(), cmp, num, dst, left, right);
            return;
        }
        let is_string = self.c.checker.types.basic(ty).is_some_and(|basic| basic.is_string());
        match cmp {
            Comparison::Eq => self.equal(ty, dst, left, right),
            Comparison::Ne => {
                self.equal(ty, dst, left, right);
                self.f.asm.line().not_bool(dst, dst);
            }
            Comparison::Lt if is_string => {
                self.f.asm.line().lt_str(dst, left, right);
            }
            Comparison::Le if is_string => {
                self.f.asm.line().le_str(dst, left, right);
            }
            Comparison::Gt if is_string => {
                self.f.asm.line().lt_str(dst, right, left);
            }
            Comparison::Ge if is_string => {
                self.f.asm.line().le_str(dst, right, left);
            }
            Comparison::Lt | Comparison::Le | Comparison::Gt | Comparison::Ge => {
                self.c.fail("values without order are compared".into());
            }
        }
    }

    /// Whether a constant is the empty string.
    pub fn is_empty_string(&self, expr: &Expr) -> bool {
        matches!(self.c.checker.info.value(expr.id), Some(Const::Str(bytes)) if bytes.is_empty())
    }

    /// Whether a type is a pointer-shaped one: compared as one word.
    pub fn is_word(&mut self, ty: TypeId) -> bool {
        matches!(self.under(ty), Type::Pointer(_) | Type::Chan(..) | Type::Map(..) | Type::Signature(_))
            || self.c.checker.types.basic(ty) == Some(golite_types::Basic::UnsafePointer)
    }
}
