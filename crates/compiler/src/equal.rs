//! Equality by type.

use golite_bytecode::{Kind, Reg};
use golite_types::{Type, TypeId};

use crate::arith::{self, Comparison, Num};
use crate::func::FuncCompiler;
use golite_source::sym;

impl FuncCompiler<'_> {
    /// `dst = left == right` for values of a type; values in memory by their addresses.
    pub fn equal(&mut self, ty: TypeId, dst: Reg, left: Reg, right: Reg) {
        let shape = self.shape(ty);
        if shape.is_memory() {
            self.f.asm.line().eq_mem(dst, left, right, shape.ix);
            return;
        }
        let mut parts = Vec::new();
        self.equal_parts(ty, 0, &mut parts);
        let mut parts = parts.into_iter();
        let Some((first_ty, first)) = parts.next() else {
            self.f.asm.line().const_i32(dst, 1);
            return;
        };
        let mark = self.f.asm.mark();
        let result = self.f.asm.take(1);
        let end = self.f.asm.label();
        self.equal_leaf(first_ty, result, left.plus(first), right.plus(first));
        for (part, slot) in parts {
            self.f.asm.branch(end, |b| b.jump_z(result, 0));
            self.equal_leaf(part, result, left.plus(slot), right.plus(slot));
        }
        self.f.asm.bind(end);
        self.f.asm.line().mov(dst, result);
        self.f.asm.reset(mark);
    }

    /// The leaves of a value in registers that take part: type, first slot. Blank fields do not.
    fn equal_parts(&mut self, ty: TypeId, slot: u16, out: &mut Vec<(TypeId, u16)>) {
        match self.under(ty) {
            Type::Struct(fields) => {
                let mut slot = slot;
                for field in fields.iter() {
                    if field.name != sym::BLANK {
                        self.equal_parts(field.ty, slot, out);
                    }
                    slot += self.shape(field.ty).slots;
                }
            }
            Type::Array(0, _) => {}
            Type::Array(_, elem) => {
                if self.shape(elem).slots > 0 {
                    self.equal_parts(elem, slot, out);
                }
            }
            _ => out.push((ty, slot)),
        }
    }

    fn equal_leaf(&mut self, ty: TypeId, dst: Reg, left: Reg, right: Reg) {
        if let Some(num) = self.c.num(ty) {
            arith::emit_compare(self.f.asm.line(), Comparison::Eq, num, dst, left, right);
            return;
        }
        let shape = self.shape(ty);
        match self.under(ty) {
            Type::Interface(_) => {
                self.f.asm.line().eq_iface(dst, left, right);
            }
            Type::Basic(basic) if basic.is_string() => {
                self.f.asm.line().eq_str(dst, left, right);
            }
            Type::Basic(basic) if basic.is_complex() => {
                let num = if shape.size == 8 { Num::F32 } else { Num::F64 };
                let other = self.f.asm.take(1);
                let line = self.f.asm.line();
                arith::emit_compare(line, Comparison::Eq, num, other, left.plus(1), right.plus(1));
                arith::emit_compare(line, Comparison::Eq, num, dst, left, right);
                line.and(dst, dst, other);
            }
            _ if shape.kinds().next() == Some(Kind::Ptr) => {
                self.f.asm.line().eq(dst, left, right);
            }
            _ => {
                self.c.fail("values that cannot be compared are compared".into());
            }
        }
    }
}
