//! Calls without a call: small functions whose result is an expression of their parameters, and functions of
//! standard packages that are instructions.
//!
//! A function is inlined if evaluating its body cannot panic, call, wait or loop. So nobody can tell: no
//! traceback can show it, and neither `recover` nor `runtime.Callers` is ever called in it.

use golite_bytecode::Reg;
use golite_syntax::ast::{BinaryExpr, BinaryOp, CallExpr, Expr, ExprKind, FuncDecl, StmtKind, UnaryOp};
use golite_types::{Const, DeclRef, ObjId, ObjKind, Type};

use crate::arith::Num;
use crate::func::{FuncCompiler, Home};

/// How many operators a body may have, those of functions inlined in it included.
const MAX_SIZE: u32 = 40;

impl FuncCompiler<'_> {
    /// The value of a call that needs none.
    pub fn call_without_call(&mut self, expr: &Expr, call: &CallExpr, dst: Option<Reg>) -> Option<Reg> {
        let name = match &call.func.unparen().kind {
            ExprKind::Ident(_) => call.func.unparen().id,
            ExprKind::Selector(_, name) => name.id,
            _ => return None,
        };
        let func = self.c.checker.info.object(name)?;
        if !matches!(self.c.checker.object(func).kind, ObjKind::Func) || call.ellipsis.is_some() {
            return None;
        }
        if self.c.checker.package(self.c.checker.object(func).pkg).std {
            return self.intrinsic(expr, func, &call.args, dst);
        }
        self.inlined(func, &call.args, dst)
    }

    /// Whether a call is one of a function of the program that is inlined. When it happens can't be seen.
    pub fn is_inlined(&mut self, call: &CallExpr) -> bool {
        let ExprKind::Ident(_) = call.func.unparen().kind else { return false };
        let Some(func) = self.c.checker.info.object(call.func.unparen().id) else { return false };
        let object = self.c.checker.object(func);
        matches!(object.kind, ObjKind::Func)
            && call.ellipsis.is_none()
            && !self.c.checker.package(object.pkg).std
            && self.is_inlinable(func)
            && self.has_all_arguments(func, &call.args)
    }

    /// Whether each argument is one value.
    fn has_all_arguments(&mut self, func: ObjId, args: &[Expr]) -> bool {
        self.declaration(func).is_some_and(|decl| decl.ty.params.len() == args.len())
            && !args.iter().any(|arg| self.tuple_types(arg).is_some())
    }

    /// A call of a function that is an instruction.
    fn intrinsic(&mut self, expr: &Expr, func: ObjId, args: &[Expr], dst: Option<Reg>) -> Option<Reg> {
        let object = self.c.checker.object(func);
        let path = self.c.checker.package(object.pkg).path.clone();
        let name = self.c.checker.name(object.name).to_string();
        match (&*path, &*name, args) {
            ("math", "Sqrt" | "Abs", [arg]) => {
                let (dst, mark) = self.destination(dst);
                let float = self.ty(expr);
                let src = self.expr_as(arg, float);
                let line = self.f.asm.line();
                if name == "Sqrt" {
                    line.sqrt_f64(dst, src)
                } else {
                    line.abs_f64(dst, src)
                };
                self.f.asm.reset(mark);
                Some(dst)
            }
            ("math/bits", "RotateLeft" | "RotateLeft32" | "RotateLeft64", [arg, count]) => {
                let count = self.const_value(count)?.as_i64()?;
                let (dst, mark) = self.destination(dst);
                let ty = self.ty(expr);
                let src = self.expr_as(arg, ty);
                self.rotate(dst, src, name == "RotateLeft32", count);
                self.f.asm.reset(mark);
                Some(dst)
            }
            _ => None,
        }
    }

    /// A destination of one register, and the mark above it.
    fn destination(&mut self, dst: Option<Reg>) -> (Reg, crate::asm::Mark) {
        let dst = dst.unwrap_or_else(|| self.f.asm.take(1));
        (dst, self.f.asm.mark())
    }

    fn rotate(&mut self, dst: Reg, src: Reg, short: bool, count: i64) {
        if short {
            self.f.asm.line().rotl_u32_imm(dst, src, (count & 31) as u16);
        } else {
            self.f.asm.line().rotl_u64_imm(dst, src, (count & 63) as u16);
        }
    }

    /// The result of a function in place of its call.
    fn inlined(&mut self, func: ObjId, args: &[Expr], dst: Option<Reg>) -> Option<Reg> {
        if !self.is_inlinable(func) {
            return None;
        }
        let decl = self.declaration(func)?;
        self.c.checker.read_body(&decl);
        let body = result_of(&decl)?;
        if !self.has_all_arguments(func, args) {
            return None;
        }
        let operands: Vec<&Expr> = args.iter().collect();
        let (dst, mark) = self.destination(dst);
        self.hoist_calls(&operands);
        let mut values = Vec::with_capacity(args.len());
        for (arg, param) in args.iter().zip(&decl.ty.params) {
            let Some(obj) = param.name.and_then(|name| self.c.checker.info.object(name.id)) else {
                continue;
            };
            let ty = self.c.checker.object(obj).ty;
            let value = match self.const_value(arg) {
                Some(value) => Bound::Const(value),
                // A variable in a register stays as it is: nothing in the body assigns.
                None => Bound::Reg(self.expr_as(arg, ty)),
            };
            values.push((obj, value));
        }
        for (obj, value) in values.iter().cloned() {
            match value {
                Bound::Const(value) => {
                    self.f.const_params.insert(obj, value);
                }
                Bound::Reg(reg) => {
                    self.f.homes.insert(obj, Home::Regs(reg));
                }
            }
        }
        self.f.inlining += 1;
        self.expr_to(body, dst);
        self.f.inlining -= 1;
        for (obj, _) in values {
            self.f.const_params.remove(&obj);
            self.f.homes.remove(&obj);
        }
        self.f.asm.reset(mark);
        Some(dst)
    }

    fn declaration(&self, func: ObjId) -> Option<std::sync::Arc<FuncDecl>> {
        match &self.c.checker.object(func).decl {
            DeclRef::Func(decl) => Some(decl.clone()),
            _ => None,
        }
    }

    /// Whether a declared function is inlined.
    fn is_inlinable(&mut self, func: ObjId) -> bool {
        let pkg = self.c.checker.object(func).pkg;
        if self.c.replaceable && !self.c.checker.package(pkg).std {
            return false;
        }
        if let Some(known) = self.c.inlinable.get(&func) {
            return known.is_some();
        }
        // Not within itself.
        self.c.inlinable.insert(func, None);
        let size = self.inlined_size(func);
        self.c.inlinable.insert(func, size);
        size.is_some()
    }

    fn inlined_size(&mut self, func: ObjId) -> Option<u32> {
        let decl = self.declaration(func)?;
        let Type::Signature(sig) = self.under(self.c.checker.object(func).ty) else { return None };
        let plain = decl.receiver.is_none() && decl.type_params.is_empty() && !sig.variadic;
        let [result] = sig.results[..] else { return None };
        if !plain || decl.ty.results.iter().any(|field| field.name.is_some()) || !self.is_number(result) {
            return None;
        }
        if sig.params.iter().any(|param| !self.is_number(*param)) {
            return None;
        }
        let mut size = 0;
        let body = result_of(&decl)?;
        (self.is_harmless(body, &mut size) && size <= MAX_SIZE).then_some(size)
    }

    fn is_number(&mut self, ty: golite_types::TypeId) -> bool {
        self.c.num(ty).is_some()
    }

    /// Whether evaluating an expression can neither panic nor be seen; counts its operators.
    fn is_harmless(&mut self, expr: &Expr, size: &mut u32) -> bool {
        *size += 1;
        if *size > MAX_SIZE {
            return false;
        }
        let ty = self.ty(expr);
        if self.const_value(expr).is_some() {
            return self.is_number(ty) || self.c.checker.types.basic(ty).is_some();
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.is_harmless(inner, size),
            ExprKind::Ident(_) => {
                let var = self.c.checker.info.object(expr.id);
                self.is_number(ty) && var.is_some_and(|var| self.c.checker.var_facts(var).param)
            }
            ExprKind::Unary(UnaryOp::Plus | UnaryOp::Neg | UnaryOp::BitNot, inner) => {
                self.is_number(ty) && self.is_harmless(inner, size)
            }
            ExprKind::Binary(binary) => self.is_harmless_binary(ty, binary, size),
            ExprKind::Call(call) if self.is_type(&call.func) => {
                let [arg] = &call.args[..] else { return false };
                let from = self.value_type(arg);
                self.is_number(ty) && self.is_number(from) && self.is_harmless(arg, size)
            }
            ExprKind::Call(call) => {
                let ExprKind::Ident(_) = call.func.kind else { return false };
                let Some(func) = self.c.checker.info.object(call.func.id) else { return false };
                if !matches!(self.c.checker.object(func).kind, ObjKind::Func)
                    || self.c.checker.package(self.c.checker.object(func).pkg).std
                    || !self.is_inlinable(func)
                {
                    return false;
                }
                *size += self.c.inlinable[&func].unwrap_or_default();
                call.args.iter().all(|arg| self.is_harmless(arg, size))
            }
            _ => false,
        }
    }

    fn is_harmless_binary(&mut self, ty: golite_types::TypeId, binary: &BinaryExpr, size: &mut u32) -> bool {
        let Some(num) = self.c.num(ty) else { return false };
        let right = self.const_value(&binary.right);
        let fits = match binary.op {
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul => true,
            BinaryOp::And | BinaryOp::Or | BinaryOp::Xor | BinaryOp::AndNot => true,
            BinaryOp::Div if num.is_float() => true,
            BinaryOp::Div | BinaryOp::Rem => right.is_some_and(|value| value.as_i64() != Some(0)),
            BinaryOp::Shl | BinaryOp::Shr => {
                let count = self.ty(&binary.right);
                right.is_some() || self.c.num(count).is_some_and(|num| !num.is_signed())
            }
            _ => false,
        };
        fits && self.is_harmless(&binary.left, size) && self.is_harmless(&binary.right, size)
    }

    /// The value of a parameter of a function that is being inlined, if the argument is constant.
    pub fn const_param(&self, expr: &Expr) -> Option<Const> {
        if self.f.const_params.is_empty() {
            return None;
        }
        self.f.const_params.get(&self.c.checker.info.object(expr.id)?).cloned()
    }

    /// An integer that is known: a constant, or made of those and of constant arguments.
    pub fn known_int(&self, expr: &Expr) -> Option<i64> {
        if let Some(value) = self.const_value(expr).or_else(|| self.const_param(expr)) {
            return value.as_i64();
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.known_int(inner),
            ExprKind::Binary(binary) if binary.op == BinaryOp::Sub => {
                self.known_int(&binary.left)?.checked_sub(self.known_int(&binary.right)?)
            }
            _ => None,
        }
    }

    /// `x<<n | x>>(32-n)`, and the other ways to write a rotation by a known count: the variable, and how
    /// far it is rotated to the left.
    pub fn rotation(&mut self, left: &Expr, binary: &BinaryExpr) -> Option<(Reg, i64)> {
        let (ExprKind::Binary(a), ExprKind::Binary(b)) = (&left.unparen().kind, &binary.right.unparen().kind)
        else {
            return None;
        };
        let (up, down) = match (a.op, b.op) {
            (BinaryOp::Shl, BinaryOp::Shr) => (a, b),
            (BinaryOp::Shr, BinaryOp::Shl) => (b, a),
            _ => return None,
        };
        let ty = self.ty(left);
        let bits = match self.c.num(ty)? {
            Num::U32 => 32,
            Num::U64 => 64,
            _ => return None,
        };
        let count = self.known_int(&up.right)?;
        let fits = count > 0 && count < bits && self.known_int(&down.right)? == bits - count;
        let reg = self.register_var(&up.left)?;
        (fits && self.register_var(&down.left)? == reg).then_some((reg, count))
    }

    /// `left | right` as a rotation, if it is one.
    pub fn emit_rotation(&mut self, left: &Expr, binary: &BinaryExpr, dst: Reg) -> bool {
        if !matches!(binary.op, BinaryOp::Or | BinaryOp::Xor | BinaryOp::Add) {
            return false;
        }
        let Some((src, count)) = self.rotation(left, binary) else { return false };
        let ty = self.ty(left);
        let short = self.c.num(ty) == Some(Num::U32);
        self.rotate(dst, src, short, count);
        true
    }
}

/// What a parameter stands for while its function is inlined.
#[derive(Clone, Debug)]
enum Bound {
    Const(Const),
    Reg(Reg),
}

/// The expression that a function consists of.
fn result_of(decl: &FuncDecl) -> Option<&Expr> {
    let [stmt] = &decl.body()?.stmts[..] else { return None };
    match &stmt.kind {
        StmtKind::Return(values) => match &values[..] {
            [value] => Some(value),
            _ => None,
        },
        _ => None,
    }
}
