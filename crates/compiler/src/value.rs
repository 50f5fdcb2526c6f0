//! Moving values: registers, memory, package-level variables, constants.

use golite_bytecode::{GlobalIx, Kind, LeafKind, Reg};
use golite_types::{Basic, Const, TypeId};

use crate::arith::Num;
use crate::asm::Constant;
use crate::func::FuncCompiler;
use crate::lower::{Form, Shape};

impl FuncCompiler<'_> {
    /// Registers for a value of the shape.
    pub fn take(&mut self, shape: &Shape) -> Reg {
        self.f.asm.take(shape.slots)
    }

    /// The destination, or fresh registers.
    pub fn dst(&mut self, dst: Option<Reg>, shape: &Shape) -> Reg {
        dst.unwrap_or_else(|| self.f.asm.take(shape.slots))
    }

    /// Moves `slots` registers.
    pub fn mov(&mut self, dst: Reg, src: Reg, slots: u16) {
        if dst == src {
            return;
        }
        match slots {
            0 => {}
            1 => self.f.asm.mov(dst, src),
            2 => _ = self.f.asm.line().mov_2(dst, src),
            3 => _ = self.f.asm.line().mov_3(dst, src),
            n => _ = self.f.asm.line().mov_n(dst, src, n),
        }
    }

    /// The zero value.
    pub fn zero(&mut self, dst: Reg, shape: &Shape) {
        match shape.form {
            Form::Memory => {
                self.f.asm.line().alloc(dst, shape.ix);
            }
            Form::Str => {
                self.f.asm.line().nil_str(dst);
            }
            Form::Slice => {
                self.f.asm.line().nil_slice(dst);
            }
            Form::Iface => {
                self.f.asm.line().nil_iface(dst);
            }
            Form::Empty | Form::Num(_) | Form::Ptr | Form::Many => {
                let leaves = shape.leaves.clone();
                let mut i = 0u16;
                while let Some(leaf) = leaves.get(usize::from(i)) {
                    let reg = dst.plus(i);
                    let b = self.f.asm.line();
                    match leaf.kind.kind() {
                        Kind::Ptr => b.nil(reg),
                        Kind::Type => b.nil_iface(reg),
                        Kind::Num | Kind::Unset | Kind::Data => b.const_i32(reg, 0),
                    };
                    i += if leaf.kind == LeafKind::Type { 2 } else { 1 };
                }
            }
        }
    }

    /// A pointer with the offset added when it does not fit into an instruction.
    fn near(&mut self, ptr: Reg, offset: u32) -> (Reg, u16) {
        match u16::try_from(offset) {
            Ok(offset) => (ptr, offset),
            Err(_) => {
                let reg = self.f.asm.take(1);
                self.f.asm.line().field_addr(reg, ptr, offset);
                (reg, 0)
            }
        }
    }

    /// `dst =` the value at `ptr + offset`. Values in memory are copied.
    pub fn load(&mut self, dst: Reg, ptr: Reg, offset: u32, shape: &Shape) {
        let mark = self.f.asm.mark();
        let first = shape.first_offset();
        match shape.form {
            Form::Empty => {
                self.f.asm.line().nil_check(ptr);
            }
            Form::Num(kind) => {
                let (ptr, offset) = self.near(ptr, offset + first);
                let b = self.f.asm.line();
                match kind {
                    LeafKind::I8 => b.load_i8(dst, ptr, offset),
                    LeafKind::I16 => b.load_i16(dst, ptr, offset),
                    LeafKind::I32 => b.load_i32(dst, ptr, offset),
                    LeafKind::U8 => b.load_u8(dst, ptr, offset),
                    LeafKind::U16 => b.load_u16(dst, ptr, offset),
                    LeafKind::U32 => b.load_u32(dst, ptr, offset),
                    LeafKind::W64 | LeafKind::Ptr | LeafKind::Type | LeafKind::Data => {
                        b.load_64(dst, ptr, offset)
                    }
                };
            }
            Form::Ptr => {
                let (ptr, offset) = self.near(ptr, offset + first);
                self.f.asm.line().load_ptr(dst, ptr, offset);
            }
            Form::Str => {
                let (ptr, offset) = self.near(ptr, offset + first);
                self.f.asm.line().load_str(dst, ptr, offset);
            }
            Form::Slice => {
                let (ptr, offset) = self.near(ptr, offset + first);
                self.f.asm.line().load_slice(dst, ptr, offset);
            }
            Form::Iface => {
                let (ptr, offset) = self.near(ptr, offset + first);
                self.f.asm.line().load_iface(dst, ptr, offset);
            }
            Form::Many => {
                let (ptr, offset) = self.near(ptr, offset);
                self.f.asm.line().load_val(dst, ptr, offset, shape.ix);
            }
            Form::Memory => {
                let from = self.addr_plus(ptr, offset);
                let copy = self.f.asm.take(1);
                self.f.asm.line().nil_check(from);
                self.f.asm.line().alloc(copy, shape.ix);
                self.f.asm.line().copy_mem(copy, from, shape.ix);
                self.f.asm.line().mov(dst, copy);
            }
        }
        self.f.asm.reset(mark);
    }

    /// `ptr + offset` in a register.
    pub fn addr_plus(&mut self, ptr: Reg, offset: u32) -> Reg {
        if offset == 0 {
            return ptr;
        }
        let reg = self.f.asm.take(1);
        self.f.asm.line().field_addr(reg, ptr, offset);
        reg
    }

    /// Stores a value at `ptr + offset`. `init`: into an object allocated since the last safepoint.
    pub fn store(&mut self, ptr: Reg, offset: u32, src: Reg, shape: &Shape, init: bool) {
        let mark = self.f.asm.mark();
        let first = shape.first_offset();
        match shape.form {
            Form::Empty => {
                self.f.asm.line().nil_check(ptr);
            }
            Form::Num(kind) => {
                let (ptr, offset) = self.near(ptr, offset + first);
                let b = self.f.asm.line();
                match kind.size() {
                    1 => b.store_8(ptr, src, offset),
                    2 => b.store_16(ptr, src, offset),
                    4 => b.store_32(ptr, src, offset),
                    _ => b.store_64(ptr, src, offset),
                };
            }
            Form::Ptr => {
                let (ptr, offset) = self.near(ptr, offset + first);
                let b = self.f.asm.line();
                if init {
                    b.init_ptr(ptr, src, offset)
                } else {
                    b.store_ptr(ptr, src, offset)
                };
            }
            Form::Str => {
                let (ptr, offset) = self.near(ptr, offset + first);
                let b = self.f.asm.line();
                if init {
                    b.init_str(ptr, src, offset)
                } else {
                    b.store_str(ptr, src, offset)
                };
            }
            Form::Slice => {
                let (ptr, offset) = self.near(ptr, offset + first);
                let b = self.f.asm.line();
                if init {
                    b.init_slice(ptr, src, offset)
                } else {
                    b.store_slice(ptr, src, offset)
                };
            }
            Form::Iface => {
                let (ptr, offset) = self.near(ptr, offset + first);
                let b = self.f.asm.line();
                if init {
                    b.init_iface(ptr, src, offset)
                } else {
                    b.store_iface(ptr, src, offset)
                };
            }
            Form::Many => {
                let (ptr, offset) = self.near(ptr, offset);
                self.f.asm.line().store_val(ptr, src, offset, shape.ix);
            }
            Form::Memory => {
                let to = self.addr_plus(ptr, offset);
                self.f.asm.line().copy_mem(to, src, shape.ix);
            }
        }
        self.f.asm.reset(mark);
    }

    /// `dst =` a package-level variable.
    #[expect(clippy::needless_return, reason = "the other arms are positions of instructions")]
    pub fn load_global(&mut self, dst: Reg, global: GlobalIx, shape: &Shape) {
        let direct = shape.first_offset() == 0;
        let b = self.f.asm.line();
        match shape.form {
            Form::Num(LeafKind::I32) if direct => b.load_global_i32(dst, global),
            Form::Num(LeafKind::U8) if direct => b.load_global_u8(dst, global),
            Form::Num(LeafKind::U32) if direct => b.load_global_u32(dst, global),
            Form::Num(LeafKind::W64) if direct => b.load_global_64(dst, global),
            Form::Ptr if direct => b.load_global_ptr(dst, global),
            Form::Str if direct => b.load_global_str(dst, global),
            Form::Slice if direct => b.load_global_slice(dst, global),
            Form::Iface if direct => b.load_global_iface(dst, global),
            Form::Empty => return,
            _ => {
                let mark = self.f.asm.mark();
                let addr = self.global_address(global);
                self.load(dst, addr, 0, shape);
                self.f.asm.reset(mark);
                return;
            }
        };
    }

    /// Stores to a package-level variable.
    #[expect(clippy::needless_return, reason = "the other arms are positions of instructions")]
    pub fn store_global(&mut self, global: GlobalIx, src: Reg, shape: &Shape) {
        let direct = shape.first_offset() == 0;
        let b = self.f.asm.line();
        match shape.form {
            Form::Num(kind) if direct && kind.size() == 1 => b.store_global_8(src, global),
            Form::Num(kind) if direct && kind.size() == 4 => b.store_global_32(src, global),
            Form::Num(kind) if direct && kind.size() == 8 => b.store_global_64(src, global),
            Form::Ptr if direct => b.store_global_ptr(src, global),
            Form::Str if direct => b.store_global_str(src, global),
            Form::Slice if direct => b.store_global_slice(src, global),
            Form::Iface if direct => b.store_global_iface(src, global),
            Form::Empty => return,
            _ => {
                let mark = self.f.asm.mark();
                let addr = self.global_address(global);
                self.store(addr, 0, src, shape, false);
                self.f.asm.reset(mark);
                return;
            }
        };
    }

    /// A fresh copy of a value in memory.
    pub fn copy_of(&mut self, src: Reg, shape: &Shape) -> Reg {
        let dst = self.f.asm.take(1);
        self.f.asm.line().alloc(dst, shape.ix);
        self.f.asm.line().copy_mem(dst, src, shape.ix);
        dst
    }

    /// An integer constant.
    pub fn const_int(&mut self, dst: Reg, value: i64) {
        self.f.asm.line().constant(dst, value);
    }

    /// A register that has the number, not to be written to: that of the loop, or a new one.
    pub fn number(&mut self, value: i64) -> Reg {
        if let Some(reg) = self.f.asm.invariant(Constant::Number(value)) {
            return reg;
        }
        let reg = self.f.asm.take(1);
        self.const_int(reg, value);
        reg
    }

    /// A register that has the address of a package-level variable, not to be written to.
    pub fn global_address(&mut self, global: GlobalIx) -> Reg {
        if let Some(reg) = self.f.asm.invariant(Constant::Address(global)) {
            return reg;
        }
        let reg = self.f.asm.take(1);
        self.f.asm.line().global_addr(reg, global);
        reg
    }

    /// The bits of a constant as a slot of this kind of number holds it.
    pub fn const_bits(&mut self, value: &Const, num: Num) -> Option<i64> {
        if let Const::Bool(value) = value {
            return Some(i64::from(*value));
        }
        Some(match num {
            Num::F64 => value.as_f64()?.to_bits() as i64,
            Num::F32 => i64::from(value.as_f32()?.to_bits()),
            Num::I8 | Num::I16 | Num::I32 | Num::I64 | Num::U8 | Num::U16 | Num::U32 | Num::U64 => {
                value.bits()? as i64
            }
        })
    }

    /// A constant as a value of a basic type.
    pub fn constant(&mut self, dst: Reg, value: &Const, ty: TypeId) {
        let Some(basic) = self.c.checker.types.basic(ty) else {
            self.c.fail("a constant of a type that is not basic".into());
            return;
        };
        if basic.is_string() {
            let Const::Str(bytes) = value else { return };
            if bytes.is_empty() {
                self.f.asm.line().nil_str(dst);
            } else {
                let ix = self.c.string_ix(bytes);
                self.f.asm.line().const_str(dst, ix);
            }
            return;
        }
        if basic.is_complex() {
            let Some((re, im)) = value.as_complex() else { return };
            let (re, im) = (Const::Float(re), Const::Float(im));
            let num = if basic == Basic::Complex64 { Num::F32 } else { Num::F64 };
            for (i, part) in [re, im].iter().enumerate() {
                let bits = self.const_bits(part, num).unwrap_or(0);
                self.const_int(dst.plus(i as u16), bits);
            }
            return;
        }
        let num = self.c.num(ty).unwrap_or(Num::I64);
        let bits = self.const_bits(value, num).unwrap_or(0);
        self.const_int(dst, bits);
    }
}
