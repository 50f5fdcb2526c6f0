//! Index and slice expressions.

use golite_bytecode::Reg;
use golite_syntax::ast::{Expr, ExprKind, SliceExpr};
use golite_types::{Mode, ObjKind, Type, TypeId};

use crate::func::FuncCompiler;
use crate::place::Place;

impl FuncCompiler<'_> {
    /// `x[i]`, or an instantiated function.
    pub fn index_expr(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        let ExprKind::Index(base, _) = &expr.kind else { return Reg(0) };
        let func = match &base.unparen().kind {
            ExprKind::Ident(_) => Some(base.unparen().id),
            ExprKind::Selector(_, name) => Some(name.id),
            _ => None,
        };
        if let Some(obj) = func.and_then(|id| self.c.checker.info.object(id))
            && matches!(self.c.checker.object(obj).kind, ObjKind::Func)
        {
            return self.expr_dst(base, dst);
        }
        self.read_place(expr, dst)
    }

    /// `v, ok := m[k]`
    pub fn map_index_ok(&mut self, expr: &Expr, value: Option<Reg>, ok: Reg) {
        let mark = self.f.asm.mark();
        self.f.read_entry = Some(expr.unparen().id);
        let Place::Map { map, key, ty } = self.place(expr) else {
            self.c.fail("not an element of a map".into());
            return;
        };
        let Type::Map(_, elem) = self.under(ty) else { return };
        let shape = self.shape(elem);
        let addr = self.f.asm.take(2);
        let map_ix = self.c.type_ix(ty);
        self.f.asm.line().map_get_ok(addr, map, key, addr.plus(1), map_ix);
        if let Some(value) = value {
            self.load(value, addr, 0, &shape);
        }
        self.f.asm.line().mov(ok, addr.plus(1));
        self.f.asm.reset(mark);
    }

    /// `x[lo:hi:max]`
    pub fn slice_expr(&mut self, expr: &Expr, slice: &SliceExpr, dst: Option<Reg>) -> Reg {
        let ty = self.ty(expr);
        let shape = self.shape(ty);
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &shape);
        let after = self.f.asm.mark();
        let base_ty = self.ty(&slice.base);
        let bounds = [&slice.lo, &slice.hi, &slice.max];
        let bounds_call =
            bounds.iter().any(|bound| bound.as_ref().is_some_and(|bound| self.is_ordered(bound)));
        let late = bounds_call && self.is_sensitive(&slice.base);
        let early = if late { None } else { Some(self.sliced(&slice.base, base_ty)) };
        let mut regs = [Reg::NONE; 3];
        let mut unsigned = 0;
        for (reg, bound) in regs.iter_mut().zip(bounds) {
            let Some(bound) = bound else { continue };
            // A low bound of 0 is none.
            let is_low = slice.lo.as_ref().is_some_and(|low| std::ptr::eq(low, bound));
            if is_low && self.small_const(bound) == Some(0) {
                continue;
            }
            *reg = self.expr(bound);
        }
        for (i, bound) in bounds.iter().enumerate() {
            if bound.as_ref().is_some_and(|bound| self.is_unsigned_bound(bound)) {
                unsigned |= 1 << i;
            }
        }
        self.f.asm.note_unsigned(expr.span, unsigned);
        let base = early.unwrap_or_else(|| self.sliced(&slice.base, base_ty));
        self.at_expr(expr);
        let [lo, hi, max] = regs;
        match self.under(base_ty) {
            Type::Slice(elem) => {
                let size = self.shape(elem).size as u32;
                self.f.asm.line().slice_slice(want, base, lo, hi, max, size);
            }
            Type::Basic(_) => {
                self.f.asm.line().slice_str(want, base, lo, hi);
            }
            Type::Pointer(array) => {
                let array = self.c.type_ix(array);
                self.f.asm.line().slice_array(want, base, lo, hi, max, array);
            }
            Type::Array(..) => {
                let array = self.c.type_ix(base_ty);
                self.f.asm.line().slice_array(want, base, lo, hi, max, array);
            }
            _ => self.c.fail("this cannot be sliced".into()),
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// What is sliced: a slice, a string, or the address of an array.
    fn sliced(&mut self, base: &Expr, ty: TypeId) -> Reg {
        if matches!(self.under(ty), Type::Array(..)) {
            let place = self.place(base);
            return match place {
                Place::Regs(_) | Place::Captured(_) | Place::Map { .. } => self.expr(base),
                place => self.place_addr(place),
            };
        }
        self.expr(base)
    }

    /// Whether an expression denotes a type.
    pub fn is_type(&self, expr: &Expr) -> bool {
        self.c.checker.info.fact(expr.id).mode == Mode::Type
    }
}
