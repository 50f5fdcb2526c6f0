//! Conversions, explicit and to interfaces, and type assertions.

use golite_bytecode::Reg;
use golite_syntax::ast::{Expr, ExprKind};
use golite_types::{Basic, Const, Mode, Type, TypeId};

use crate::arith::{self, Num};
use crate::func::FuncCompiler;
use crate::lower::{Form, Shape};

impl FuncCompiler<'_> {
    /// `dst =` a concrete value as an interface.
    pub fn emit_to_iface(&mut self, dst: Reg, src: Reg, ty: TypeId) {
        self.c.make_dynamic(ty);
        let shape = self.shape(ty);
        match shape.form {
            Form::Num(_) => self.f.asm.line().iface_num(dst, src, shape.ix),
            Form::Ptr => self.f.asm.line().iface_ptr(dst, src, shape.ix),
            Form::Empty | Form::Str | Form::Slice | Form::Iface | Form::Many | Form::Memory => {
                self.f.asm.line().iface_box(dst, src, shape.ix)
            }
        };
    }

    /// The value in an interface that is known to hold this type.
    pub fn emit_from_iface(&mut self, dst: Reg, iface: Reg, shape: &Shape) {
        match shape.form {
            Form::Empty => {}
            Form::Num(_) => {
                self.f.asm.line().data_num(dst, iface);
            }
            Form::Ptr => {
                self.f.asm.line().data_ptr(dst, iface);
            }
            // A box is never written again: a value in memory is the box itself.
            Form::Memory => {
                self.f.asm.line().data_ptr(dst, iface);
            }
            Form::Str | Form::Slice | Form::Iface | Form::Many => {
                let mark = self.f.asm.mark();
                let addr = self.f.asm.take(1);
                self.f.asm.line().data_ptr(addr, iface);
                self.load(dst, addr, 0, shape);
                self.f.asm.reset(mark);
            }
        }
    }

    /// `x.(T)`, panicking.
    pub fn type_assert(&mut self, expr: &Expr, subject: &Expr, target: TypeId, dst: Option<Reg>) -> Reg {
        let from = self.ty(subject);
        let target_shape = self.shape(target);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &target_shape);
        let after = self.f.asm.mark();
        let iface = self.expr(subject);
        self.at_expr(expr);
        let from = self.c.type_ix(from);
        if self.is_interface(target) {
            self.f.asm.line().assert_iface(want, iface, target_shape.ix, from);
        } else {
            self.f.asm.line().assert_type(iface, target_shape.ix, from);
            self.unbox(want, iface, &target_shape);
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// As `emit_from_iface`, with a copy of a value in memory, which the receiver may write.
    pub fn unbox(&mut self, dst: Reg, iface: Reg, shape: &Shape) {
        if !shape.is_memory() {
            return self.emit_from_iface(dst, iface, shape);
        }
        let mark = self.f.asm.mark();
        let addr = self.f.asm.take(1);
        self.f.asm.line().data_ptr(addr, iface);
        let copy = self.copy_of(addr, shape);
        self.f.asm.line().mov(dst, copy);
        self.f.asm.reset(mark);
    }

    /// `v, ok := x.(T)`: the value (or zero) and whether it is of the type.
    pub fn type_assert_ok(&mut self, subject: &Expr, target: TypeId, value: Reg, ok: Reg) {
        let shape = self.shape(target);
        let mark = self.f.asm.mark();
        let iface = self.expr(subject);
        // The results may be the registers that are read.
        let result = self.f.asm.take(1);
        let temp = self.take(&shape);
        let other = self.f.asm.label();
        let end = self.f.asm.label();
        if self.is_interface(target) {
            self.f.asm.line().implements(result, iface, shape.ix);
            self.f.asm.branch(other, |b| b.jump_z(result, 0));
            self.f.asm.line().mov_2(temp, iface);
        } else {
            self.f.asm.line().is_type(result, iface, shape.ix);
            self.f.asm.branch(other, |b| b.jump_z(result, 0));
            self.unbox(temp, iface, &shape);
        }
        self.f.asm.jump(end);
        self.f.asm.bind(other);
        self.zero(temp, &shape);
        self.f.asm.bind(end);
        self.mov(value, temp, shape.slots);
        self.f.asm.line().mov(ok, result);
        self.f.asm.reset(mark);
    }

    /// `T(x)`
    pub fn conversion(&mut self, expr: &Expr, operand: &Expr, target: TypeId, dst: Option<Reg>) -> Reg {
        if self.is_nil(operand) || self.is_interface(target) {
            return self.expr_as_dst(operand, target, dst);
        }
        let shape = self.shape(target);
        let mut from = self.ty(operand);
        // A constant converted to what was a type parameter.
        if let Some(value) = self.const_value(operand)
            && let Some(kind) = self.c.checker.types.basic(target)
            && kind.is_const_type()
            && kind.is_string() == matches!(value, Const::Str(_))
        {
            let want = self.dst(dst, &shape);
            self.constant(want, &value, target);
            return want;
        }
        if let Some(basic) = self.c.checker.types.basic(from) {
            from = crate::lower::default_basic(basic).id();
            if !basic.is_untyped() {
                from = self.ty(operand);
            }
        }
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        if let Some(value) = self.const_value(operand) {
            let source_shape = self.shape(from);
            let value_reg = self.take(&source_shape);
            self.constant(value_reg, &value, from);
            self.at_expr(expr);
            self.convert(want, value_reg, from, target);
        } else if dst.is_none() && self.same_slots(from, target) {
            // Only the type changes.
            self.f.asm.reset(mark);
            return self.expr(operand);
        } else {
            let src = self.expr(operand);
            self.at_expr(expr);
            self.convert(want, src, from, target);
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// Whether a conversion leaves the slots as they are.
    fn same_slots(&mut self, from: TypeId, to: TypeId) -> bool {
        let (from_under, to_under) =
            (self.c.checker.types.underlying(from), self.c.checker.types.underlying(to));
        if from_under == to_under {
            return true;
        }
        match (self.c.num(from), self.c.num(to)) {
            (Some(from), Some(to)) => {
                from == to || (!from.is_float() && !to.is_float() && arith::fits(from, to))
            }
            (None, None) => match (self.under(from), self.under(to)) {
                (Type::Basic(a), Type::Basic(b)) => a == b,
                (Type::Basic(_), _) | (_, Type::Basic(_)) => false,
                (Type::Slice(_), Type::Slice(_)) => true,
                (Type::Slice(_), _) => false,
                _ => true,
            },
            _ => false,
        }
    }

    /// The slice in `string(bytes)`. Where the string is only looked at by the next instruction it need not be made: the
    /// first two words of the slice stand for it.
    pub fn bytes_of_string<'e>(&mut self, expr: &'e Expr) -> Option<&'e Expr> {
        let arg = self.converted(expr)?;
        let (from, to) = (self.ty(arg), self.ty(expr));
        let to_string = self.c.checker.types.basic(to).is_some_and(Basic::is_string);
        (to_string && self.is_byte_slice(from)).then_some(arg)
    }

    /// The string in `[]byte(string)`, in the same way.
    pub fn string_of_bytes<'e>(&mut self, expr: &'e Expr) -> Option<&'e Expr> {
        let arg = self.converted(expr)?;
        let (from, to) = (self.value_type(arg), self.ty(expr));
        let from_string = self.c.checker.types.basic(from).is_some_and(Basic::is_string);
        (from_string && self.is_byte_slice(to)).then_some(arg)
    }

    /// The operand of a conversion whose result is no constant.
    fn converted<'e>(&self, expr: &'e Expr) -> Option<&'e Expr> {
        let expr = expr.unparen();
        let ExprKind::Call(call) = &expr.kind else { return None };
        let info = &self.c.checker.info;
        let converts = info.fact(call.func.id).mode == Mode::Type && info.fact(expr.id).mode != Mode::Const;
        call.args.first().filter(|_| converts && !self.f.hoisted.contains_key(&expr.id))
    }

    fn is_byte_slice(&mut self, ty: TypeId) -> bool {
        let Type::Slice(elem) = self.under(ty) else { return false };
        self.c.checker.types.basic(elem) == Some(Basic::Uint8)
    }

    /// `dst =` a value of one type as one of another.
    pub fn convert(&mut self, dst: Reg, src: Reg, from: TypeId, to: TypeId) {
        if let (Some(from_num), Some(to_num)) = (self.c.num(from), self.c.num(to)) {
            arith::emit_convert(self.f.asm.line(), from_num, to_num, dst, src);
            return;
        }
        let (from_basic, to_basic) = (self.c.checker.types.basic(from), self.c.checker.types.basic(to));
        if to_basic.is_some_and(Basic::is_string) {
            match self.under(from) {
                Type::Basic(basic) if basic.is_integer() => {
                    self.f.asm.line().str_from_rune(dst, src);
                    return;
                }
                Type::Slice(elem) => {
                    let b = self.c.checker.types.basic(elem);
                    let line = self.f.asm.line();
                    if b == Some(Basic::Uint8) {
                        line.str_from_bytes(dst, src)
                    } else {
                        line.str_from_runes(dst, src)
                    };
                    return;
                }
                _ => {}
            }
        }
        if from_basic.is_some_and(Basic::is_string)
            && let Type::Slice(elem) = self.under(to)
        {
            let b = self.c.checker.types.basic(elem);
            let line = self.f.asm.line();
            if b == Some(Basic::Uint8) {
                line.bytes_from_str(dst, src)
            } else {
                line.runes_from_str(dst, src)
            };
            return;
        }
        if let (Some(from_basic), Some(to_basic)) = (from_basic, to_basic) {
            if from_basic.is_complex() && to_basic.is_complex() {
                let kind = |basic| if basic == Basic::Complex64 { Num::F32 } else { Num::F64 };
                let (from, to) = (kind(from_basic), kind(to_basic));
                let out = self.f.asm.take(2);
                let line = self.f.asm.line();
                arith::emit_convert(line, from, to, out, src);
                arith::emit_convert(line, from, to, out.plus(1), src.plus(1));
                self.mov(dst, out, 2);
                return;
            }
            if from_basic == Basic::UnsafePointer && self.c.num(to).is_some() {
                self.f.asm.line().num_from_ptr(dst, src);
                return;
            }
            if to_basic == Basic::UnsafePointer && self.c.num(from).is_some() {
                self.f.asm.line().ptr_from_num(dst, src);
                return;
            }
        }
        if let Type::Slice(_) = self.under(from) {
            match self.under(to) {
                Type::Pointer(array) => {
                    if let Type::Array(len, _) = self.under(array) {
                        self.f.asm.line().slice_to_array(dst, src, len as u32);
                        return;
                    }
                }
                Type::Array(len, _) => {
                    let shape = self.shape(to);
                    let addr = self.f.asm.take(1);
                    self.f.asm.line().slice_to_array(addr, src, len as u32);
                    if shape.form != Form::Empty {
                        self.load(dst, addr, 0, &shape);
                    }
                    return;
                }
                _ => {}
            }
        }
        // Same representation: pointers, structs, arrays, funcs, maps, channels.
        let slots = self.shape(to).slots;
        self.mov(dst, src, slots);
    }
}
