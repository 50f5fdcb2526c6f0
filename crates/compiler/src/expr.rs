//! Expressions: into a register asked for, or wherever the value already is.

use golite_bytecode::Reg;
use golite_syntax::ast::{Expr, ExprKind, UnaryOp};
use golite_types::{Const, Mode, ObjKind, Type, TypeId};

use crate::arith::{self, Num};
use crate::func::{FuncCompiler, Home};
use crate::lower::Shape;
use crate::place::Place;
use crate::program::FuncKey;

impl FuncCompiler<'_> {
    /// The value of an expression in registers: a variable's own, or temporaries.
    pub fn expr(&mut self, expr: &Expr) -> Reg {
        self.expr_dst(expr, None)
    }

    /// The value of an expression, put where asked for. The destination is written last, unless the
    /// expression is a literal of several parts.
    pub fn expr_to(&mut self, expr: &Expr, dst: Reg) {
        self.expr_dst(expr, Some(dst));
    }

    /// A constant's value.
    pub fn const_value(&self, expr: &Expr) -> Option<Const> {
        self.c.checker.info.value(expr.id).cloned()
    }

    /// A constant integer that fits an instruction.
    pub fn small_const(&mut self, expr: &Expr) -> Option<i16> {
        let value = self.const_value(expr).or_else(|| self.const_param(expr))?;
        if matches!(value, Const::Str(_)) {
            return None;
        }
        let ty = self.ty(expr);
        let num = self.c.num(ty).filter(|num| !num.is_float())?;
        i16::try_from(self.const_bits(&value, num)?).ok()
    }

    pub fn expr_dst(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        if let Some(value) = self.const_value(expr).or_else(|| self.const_param(expr)) {
            let ty = self.ty(expr);
            return self.const_expr(&value, ty, dst);
        }
        if let Some(reg) = self.take_hoisted(expr) {
            let Some(dst) = dst else { return reg };
            let slots = self.shape_of(expr).slots;
            self.mov(dst, reg, slots);
            return dst;
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.expr_dst(inner, dst),
            ExprKind::Ident(_) => self.ident(expr, dst),
            ExprKind::FuncLit(lit) => {
                let dst = self.dst(dst, &Shape::pointer());
                self.func_lit(expr, lit, dst);
                dst
            }
            ExprKind::CompositeLit(_) => {
                let ty = self.ty(expr);
                self.composite(expr, ty, dst)
            }
            ExprKind::Selector(..) => self.selector(expr, dst),
            ExprKind::Index(..) => self.index_expr(expr, dst),
            ExprKind::Star(_) => self.read_place(expr, dst),
            ExprKind::Slice(slice) => self.slice_expr(expr, slice, dst),
            ExprKind::TypeAssert(subject, _) => {
                let ty = self.ty(expr);
                self.type_assert(expr, subject, ty, dst)
            }
            ExprKind::Call(call) => self.call_value(expr, call, dst),
            ExprKind::Unary(op, operand) => self.unary(expr, *op, operand, dst),
            ExprKind::Binary(binary) => self.binary(expr, binary, dst),
            ExprKind::Bad
            | ExprKind::BasicLit(_)
            | ExprKind::KeyValue(..)
            | ExprKind::Array(..)
            | ExprKind::Struct(_)
            | ExprKind::Func(_)
            | ExprKind::Interface(_)
            | ExprKind::Map(..)
            | ExprKind::Chan(..)
            | ExprKind::Ellipsis(_) => {
                self.c.fail("an expression without value".into());
                Reg(0)
            }
        }
    }

    /// A constant; in an interface it is boxed with its default type.
    fn const_expr(&mut self, value: &Const, ty: TypeId, dst: Option<Reg>) -> Reg {
        if dst.is_none()
            && let Some(num) = self.c.num(ty)
            && let Some(bits) = self.const_bits(value, num)
        {
            return self.number(bits);
        }
        let shape = self.shape(ty);
        let dst = self.dst(dst, &shape);
        self.constant(dst, value, ty);
        dst
    }

    fn ident(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        let Some(obj) = self.c.checker.info.object(expr.id) else {
            if self.c.checker.info.fact(expr.id).mode == Mode::Nil {
                return self.nil(expr, dst);
            }
            self.c.fail("an identifier without meaning".into());
            return Reg(0);
        };
        match self.c.checker.object(obj).kind {
            ObjKind::Var(_) => {
                let ty = self.ty(expr);
                let shape = self.shape(ty);
                let home = self.home(obj);
                if let Home::Regs(reg) = home {
                    return match dst {
                        Some(dst) => {
                            self.mov(dst, reg, shape.slots);
                            dst
                        }
                        None => reg,
                    };
                }
                let dst = self.dst(dst, &shape);
                self.load_home(home, dst, &shape);
                dst
            }
            ObjKind::Func => self.func_name(expr, obj, dst),
            ObjKind::Nil => self.nil(expr, dst),
            ObjKind::PkgName(_) | ObjKind::Const(_) | ObjKind::TypeName | ObjKind::Builtin(_) => {
                self.c.fail("a name without value".into());
                Reg(0)
            }
        }
    }

    fn nil(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        let ty = self.ty(expr);
        let shape = self.shape(ty);
        let dst = self.dst(dst, &shape);
        self.zero(dst, &shape);
        dst
    }

    /// A declared function as a func value.
    pub fn func_name(&mut self, expr: &Expr, obj: golite_types::ObjId, dst: Option<Reg>) -> Reg {
        let args = self.instance_args(expr);
        let func = self.c.func_ix(FuncKey::Decl(obj, args));
        let dst = self.dst(dst, &Shape::pointer());
        self.f.asm.line().func_value(dst, func);
        dst
    }

    /// The type arguments with which a generic function is used here.
    pub fn instance_args(&mut self, expr: &Expr) -> Vec<TypeId> {
        let args = self.c.checker.info.instances.get(&expr.id).cloned().unwrap_or_default();
        args.into_iter().map(|ty| self.subst(ty)).collect()
    }

    /// Reads the place of an expression.
    pub fn read_place(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        let ty = self.ty(expr);
        let shape = self.shape(ty);
        self.f.read_entry = Some(expr.id);
        if let Some(dst) = dst {
            let mark = self.f.asm.mark();
            let place = self.place(expr);
            self.at_expr(expr);
            self.load_place(place, &shape, Some(dst));
            self.f.asm.reset(mark);
            return dst;
        }
        let place = self.place(expr);
        self.at_expr(expr);
        self.load_place(place, &shape, None)
    }

    /// The value of an expression for use at once: a value in memory may be the variable itself.
    pub fn borrow(&mut self, expr: &Expr) -> Reg {
        let ty = self.ty(expr);
        let shape = self.shape(ty);
        if !shape.is_memory() || self.const_value(expr).is_some() {
            return self.expr(expr);
        }
        match expr.unparen().kind {
            ExprKind::Ident(_) => {
                let place = self.place(expr);
                self.at_expr(expr);
                self.borrow_place(place, &shape)
            }
            ExprKind::Selector(..) | ExprKind::Index(..) | ExprKind::Star(_) => {
                let place = self.place(expr);
                self.at_expr(expr);
                // Whoever uses the value takes the address for that of an object.
                if let Place::Mem { ptr, offset: 0 } = place {
                    self.f.asm.line().nil_check(ptr);
                }
                self.borrow_place(place, &shape)
            }
            _ => self.expr(expr),
        }
    }

    // ---- with the implicit conversion to the type of the destination

    /// The value as one of the target's type: concrete values become interfaces.
    pub fn expr_as(&mut self, expr: &Expr, target: TypeId) -> Reg {
        self.expr_as_dst(expr, target, None)
    }

    /// As `expr_as`, for use at once.
    pub fn borrow_as(&mut self, expr: &Expr, target: TypeId) -> Reg {
        if self.needs_conversion(expr, target) || self.is_nil(expr) {
            return self.expr_as(expr, target);
        }
        self.borrow(expr)
    }

    /// As `expr_as`, into registers.
    pub fn expr_as_to(&mut self, expr: &Expr, target: TypeId, dst: Reg) {
        self.expr_as_dst(expr, target, Some(dst));
    }

    pub fn is_nil(&self, expr: &Expr) -> bool {
        self.c.checker.info.fact(expr.unparen().id).mode == Mode::Nil
    }

    pub fn needs_conversion(&mut self, expr: &Expr, target: TypeId) -> bool {
        let ty = self.ty(expr);
        self.is_interface(target) && !self.is_interface(ty)
    }

    pub fn is_interface(&mut self, ty: TypeId) -> bool {
        matches!(self.under(ty), Type::Interface(_))
    }

    pub fn expr_as_dst(&mut self, expr: &Expr, target: TypeId, dst: Option<Reg>) -> Reg {
        if self.is_nil(expr) {
            let shape = self.shape(target);
            let dst = self.dst(dst, &shape);
            self.zero(dst, &shape);
            return dst;
        }
        if !self.needs_conversion(expr, target) {
            return self.expr_dst(expr, dst);
        }
        let shape = self.shape(target);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        let mut ty = self.ty(expr);
        if let Some(basic) = self.c.checker.types.basic(ty)
            && basic.is_untyped()
        {
            ty = crate::lower::default_basic(basic).id();
        }
        let value = match self.const_value(expr) {
            Some(value) => self.const_expr(&value, ty, None),
            None => self.borrow(expr),
        };
        self.at_expr(expr);
        self.emit_to_iface(want, value, ty);
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    // ---- operators with one operand

    fn unary(&mut self, expr: &Expr, op: UnaryOp, operand: &Expr, dst: Option<Reg>) -> Reg {
        let ty = self.ty(expr);
        let shape = self.shape(ty);
        match op {
            UnaryOp::Addr => return self.address_of(operand, dst),
            UnaryOp::Recv => return self.receive(expr, operand, ty, dst),
            UnaryOp::Plus => return self.expr_dst(operand, dst),
            UnaryOp::Not => {
                let mark = self.f.asm.mark();
                let want = self.dst(dst, &shape);
                let after = self.f.asm.mark();
                let src = self.expr(operand);
                self.f.asm.line().not_bool(want, src);
                self.f.asm.reset(if dst.is_some() { mark } else { after });
                return want;
            }
            UnaryOp::Neg | UnaryOp::BitNot | UnaryOp::Tilde => {}
        }
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        let src = self.expr(operand);
        self.at_expr(expr);
        match self.c.num(ty) {
            Some(num) if op == UnaryOp::Neg => arith::emit_neg(self.f.asm.line(), num, want, src),
            Some(num) => arith::emit_not(self.f.asm.line(), num, want, src),
            None => {
                // A complex number.
                let num = if shape.size == 8 { Num::F32 } else { Num::F64 };
                let part = self.f.asm.take(2);
                arith::emit_neg(self.f.asm.line(), num, part, src);
                arith::emit_neg(self.f.asm.line(), num, part.plus(1), src.plus(1));
                self.mov(want, part, 2);
            }
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// `<-ch`
    fn receive(&mut self, expr: &Expr, operand: &Expr, ty: TypeId, dst: Option<Reg>) -> Reg {
        let shape = self.shape(ty);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        let ch = self.expr(operand);
        let elem = self.chan_elem(operand);
        self.at_expr(expr);
        let elem_ix = self.c.type_ix(elem);
        self.f.asm.line().chan_recv(want, ch, elem_ix);
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// The element type of a channel expression.
    pub fn chan_elem(&mut self, expr: &Expr) -> TypeId {
        let ty = self.ty(expr);
        match self.under(ty) {
            Type::Chan(_, elem) => elem,
            _ => ty,
        }
    }

    /// A place read into registers with the type's shape.
    pub fn read(&mut self, place: Place, ty: TypeId, dst: Option<Reg>) -> Reg {
        let shape = self.shape(ty);
        self.load_place(place, &shape, dst)
    }
}
