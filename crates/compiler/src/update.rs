//! `x op= y` and `x++` in one instruction, where there is one: for numbers of 64 bits in memory.

use golite_bytecode::Reg;
use golite_source::Span;
use golite_syntax::ast::{BinaryOp, Expr};
use golite_types::TypeId;

use crate::arith::Num;
use crate::func::FuncCompiler;
use crate::place::Place;

/// What is added to a number in memory.
enum Amount {
    Small(i16),
    Reg(Reg),
    /// A product, of floats, or its negative.
    Product {
        x: Reg,
        y: Reg,
        minus: bool,
    },
}

impl FuncCompiler<'_> {
    /// `place op= right`, the right operand an expression or already in a register. False, and nothing written, if
    /// there is no instruction for it, or if it would panic in another order than its parts.
    pub fn update(
        &mut self,
        place: Place,
        ty: TypeId,
        op: BinaryOp,
        right: &Expr,
        early: Option<Reg>,
        target: Span,
    ) -> bool {
        let Some(num) = self.c.num(ty).filter(|num| matches!(num, Num::I64 | Num::U64 | Num::F64)) else {
            return false;
        };
        let global = matches!(place, Place::Global(_));
        if !fits(place, num) || !matches!(op, BinaryOp::Add | BinaryOp::Sub) {
            return false;
        }
        // What is in memory is read first; that is seen if it is not there, and the other operand panics too.
        if early.is_none() && (self.has_call(right) || !(global || self.pure_reads(right, &mut Vec::new()))) {
            return false;
        }
        let mark = self.f.asm.mark();
        let Some(amount) = self.amount(place, num, op, right, early) else { return false };
        self.at(target);
        self.add_to(place, num, &amount);
        self.f.asm.reset(mark);
        true
    }

    /// `place++` or `place--`; false, and nothing written, if there is no instruction for it.
    pub fn update_by_one(&mut self, place: Place, ty: TypeId, up: bool, target: Span) -> bool {
        let Some(num) = self.c.num(ty).filter(|num| matches!(num, Num::I64 | Num::U64)) else { return false };
        if !fits(place, num) {
            return false;
        }
        self.at(target);
        self.add_to(place, num, &Amount::Small(if up { 1 } else { -1 }));
        true
    }

    fn amount(
        &mut self,
        place: Place,
        num: Num,
        op: BinaryOp,
        right: &Expr,
        early: Option<Reg>,
    ) -> Option<Amount> {
        let minus = op == BinaryOp::Sub;
        if num != Num::F64 {
            if early.is_none()
                && let Some(imm) = self.small_const(right).filter(|imm| *imm != i16::MIN)
            {
                return Some(Amount::Small(if minus { -imm } else { imm }));
            }
            return (!minus).then(|| Amount::Reg(early.unwrap_or_else(|| self.expr(right))));
        }
        if early.is_none()
            && matches!(place, Place::Mem { .. })
            && let Some((x, y)) = self.product(right, num)
        {
            let (x, y) = (self.expr(x), self.expr(y));
            return Some(Amount::Product { x, y, minus });
        }
        (!minus).then(|| Amount::Reg(early.unwrap_or_else(|| self.expr(right))))
    }

    fn add_to(&mut self, place: Place, num: Num, amount: &Amount) {
        let float = num == Num::F64;
        let b = self.f.asm.line();
        match (place, amount) {
            (Place::Mem { ptr, offset }, Amount::Small(imm)) => b.field_add_imm(ptr, *imm, offset as u16),
            (Place::Mem { ptr, offset }, Amount::Reg(src)) if float => {
                b.field_add_f64(ptr, *src, offset as u16)
            }
            (Place::Mem { ptr, offset }, Amount::Reg(src)) => b.field_add(ptr, *src, offset as u16),
            (Place::Mem { ptr, offset }, Amount::Product { x, y, minus: false }) => {
                b.field_mul_add_f64(ptr, *x, *y, offset as u16)
            }
            (Place::Mem { ptr, offset }, Amount::Product { x, y, minus: true }) => {
                b.field_mul_rsub_f64(ptr, *x, *y, offset as u16)
            }
            (Place::Elem { view, idx, .. }, Amount::Small(imm)) => b.elem_add_imm(view, idx, *imm),
            (Place::Elem { view, idx, .. }, Amount::Reg(src)) if float => b.elem_add_f64(view, idx, *src),
            (Place::Elem { view, idx, .. }, Amount::Reg(src)) => b.elem_add(view, idx, *src),
            (Place::Global(global), Amount::Small(imm)) => b.global_add_imm(*imm, global),
            (Place::Global(global), Amount::Reg(src)) => b.global_add(*src, global),
            _ => unreachable!("`fits` leaves no other place"),
        };
    }
}

/// Whether there are instructions that add to a number of 64 bits there.
fn fits(place: Place, num: Num) -> bool {
    match place {
        Place::Mem { offset, .. } => u16::try_from(offset).is_ok(),
        Place::Elem { size: 8, offset: 0, .. } => true,
        Place::Global(_) => num != Num::F64,
        Place::Elem { .. }
        | Place::Array { .. }
        | Place::Regs(_)
        | Place::Captured(_)
        | Place::Map { .. } => false,
    }
}
