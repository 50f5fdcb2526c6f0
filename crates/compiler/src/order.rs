//! The order of evaluation, as gc has it.
//!
//! The specification orders calls, receives and logical operators. What else an expression reads, and when, is
//! up to the compiler; programs see it, so it is done as gc does it.

use golite_bytecode::Reg;
use golite_syntax::ast::{Expr, ExprKind, UnaryOp};
use golite_types::{Basic, Mode, Type, TypeId};

use crate::func::{FuncCompiler, Home};

impl FuncCompiler<'_> {
    /// Whether evaluating an expression calls something or waits: then plain variables beside it
    /// are read after it.
    pub fn has_call(&mut self, expr: &Expr) -> bool {
        if self.c.checker.info.value(expr.id).is_some() || self.f.hoisted.contains_key(&expr.id) {
            return false;
        }
        let itself = match &expr.kind {
            ExprKind::Unary(op, _) => *op == UnaryOp::Recv,
            ExprKind::Call(call) => {
                let mode = self.c.checker.info.fact(call.func.id).mode;
                !matches!(mode, Mode::Type | Mode::Builtin(_)) && !self.is_inlined(call)
            }
            _ => false,
        };
        itself || expr.any_operand(|operand| self.has_call(operand))
    }

    /// Whether gc evaluates an operand, or a part of it, in its turn: besides calls it takes slices,
    /// assertions, `&&` and `||`, maps, and most built-in functions then. All else waits until
    /// everything of that kind beside it is done.
    pub fn is_ordered(&mut self, expr: &Expr) -> bool {
        if self.const_value(expr).is_some() || self.f.hoisted.contains_key(&expr.id) {
            return false;
        }
        let itself = match &expr.kind {
            ExprKind::TypeAssert(..) => {
                let ty = self.ty(expr);
                !self.is_pointer_shaped(ty)
            }
            ExprKind::Unary(op, _) => *op == UnaryOp::Recv,
            ExprKind::Slice(_) => true,
            ExprKind::Call(call) => match self.c.checker.info.fact(call.func.id).mode {
                Mode::Type => {
                    let to = self.ty(expr);
                    let list = matches!(self.under(to), Type::Slice(_));
                    let from = call.args.first().map(|arg| self.value_type(arg));
                    list && from.is_some_and(|from| matches!(self.under(from), Type::Basic(_)))
                }
                Mode::Builtin(_) => true,
                _ => !self.is_inlined(call),
            },
            ExprKind::CompositeLit(lit) => {
                let ty = self.ty(expr);
                !lit.elements.is_empty() && matches!(self.under(ty), Type::Map(..))
            }
            ExprKind::Binary(binary) => binary.op.is_logical(),
            _ => false,
        };
        itself || expr.any_operand(|operand| self.is_ordered(operand))
    }

    /// `is_ordered` for an operand that becomes a `ty`: gc copies in its turn what it hands to the
    /// conversion to an interface by address.
    pub fn is_ordered_as(&mut self, expr: &Expr, ty: TypeId) -> bool {
        if self.is_ordered(expr) {
            return true;
        }
        if !self.is_interface(ty) || self.const_value(expr).is_some() || self.is_nil(expr) {
            return false;
        }
        let from = self.value_type(expr);
        let (size, align) = self.c.checker.types.size_align(from);
        match self.under(from) {
            Type::Interface(_) | Type::Slice(_) => false,
            Type::Basic(basic) if basic.is_string() => false,
            _ if self.is_pointer_shaped(from) => false,
            _ if self.has_pointers(from) => true,
            _ => !matches!((size, align), (0, _) | (2, 2) | (4, 4) | (8, 8)),
        }
    }

    fn has_pointers(&mut self, ty: TypeId) -> bool {
        let ix = self.shape(ty).ix;
        !self.c.module.types[ix.index()].pointers.is_empty()
    }

    /// Whether a value is one pointer, so that an interface of gc holds it without a box.
    fn is_pointer_shaped(&mut self, ty: TypeId) -> bool {
        match self.under(ty) {
            Type::Pointer(_) | Type::Map(..) | Type::Chan(..) | Type::Signature(_) => true,
            Type::Basic(basic) => basic == Basic::UnsafePointer,
            Type::Struct(fields) => fields.len() == 1 && self.is_pointer_shaped(fields[0].ty),
            Type::Array(1, elem) => self.is_pointer_shaped(elem),
            _ => false,
        }
    }

    /// Whether a call among later operands can change what this one reads.
    pub fn is_sensitive(&mut self, expr: &Expr) -> bool {
        if self.const_value(expr).is_some() || self.f.hoisted.contains_key(&expr.id) || self.is_ordered(expr)
        {
            return false;
        }
        match &expr.kind {
            ExprKind::Paren(inner) => self.is_sensitive(inner),
            ExprKind::Ident(_) => match self.variable(expr) {
                Some(obj) => !matches!(self.home(obj), Home::Regs(_) | Home::Captured(_)),
                None => false,
            },
            ExprKind::FuncLit(_) | ExprKind::BasicLit(_) => false,
            _ => true,
        }
    }

    /// Whether of two operands the second is to be evaluated first.
    pub fn calls_first(&mut self, operands: &[&Expr; 2]) -> bool {
        self.is_ordered(operands[1]) && self.is_sensitive(operands[0])
    }

    // ---- calls before everything else

    /// Evaluates the calls in operands where the whole operands would come too early: gc makes all calls of
    /// a list in their order, then reads the variables beside them. With a call among later operands, an
    /// operand such as `x + f()` is done in two steps; `is_ordered` then says that it waits.
    pub fn hoist_calls(&mut self, operands: &[&Expr]) {
        let Some(last) = operands.iter().rposition(|operand| self.is_ordered(operand)) else { return };
        if operands[..last].iter().any(|operand| self.is_mixed(operand)) {
            for operand in &operands[..=last] {
                self.hoist(operand);
            }
        }
    }

    /// Evaluates the calls within the expression, in their order.
    pub fn hoist(&mut self, expr: &Expr) {
        if self.const_value(expr).is_some() || !self.has_call(expr) {
            return;
        }
        if self.is_hoistable(expr) {
            let ty = self.value_type(expr);
            let reg = self.expr_as_value(expr, ty);
            self.f.hoisted.insert(expr.id, reg);
            return;
        }
        expr.any_operand(|operand| {
            self.hoist(operand);
            false
        });
    }

    /// Whether the whole expression is evaluated when its turn comes: a call of a function, a receive, an
    /// operator that may leave out its right side.
    fn is_hoistable(&mut self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Call(call) => {
                let mode = self.c.checker.info.fact(call.func.id).mode;
                !matches!(mode, Mode::Type | Mode::Builtin(_)) && self.tuple_types(expr).is_none()
            }
            ExprKind::Unary(op, _) => *op == UnaryOp::Recv,
            ExprKind::Binary(binary) => binary.op.is_logical(),
            _ => false,
        }
    }

    /// Whether an operand both calls something and reads what another call could change.
    fn is_mixed(&mut self, expr: &Expr) -> bool {
        self.has_call(expr) && self.reads_beside_calls(expr)
    }

    fn reads_beside_calls(&mut self, expr: &Expr) -> bool {
        if self.const_value(expr).is_some() || self.is_hoistable(expr) {
            return false;
        }
        match &expr.kind {
            ExprKind::Ident(_) => self.is_sensitive(expr),
            ExprKind::Selector(..) | ExprKind::Star(_) | ExprKind::Index(..) => true,
            // They are evaluated in their turn.
            ExprKind::Slice(_) | ExprKind::TypeAssert(..) => false,
            _ => expr.any_operand(|operand| self.reads_beside_calls(operand)),
        }
    }

    /// The value of an expression that was evaluated before. It is used once.
    pub fn take_hoisted(&mut self, expr: &Expr) -> Option<Reg> {
        if self.f.hoisted.is_empty() { None } else { self.f.hoisted.remove(&expr.id) }
    }
}
