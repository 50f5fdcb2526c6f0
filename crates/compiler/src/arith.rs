//! Which instruction computes what: arithmetic, shifts, comparisons and conversions by the kind of
//! number.
//!
//! Narrow integers are always held extended, so only what can leave their range has instructions of
//! its own; the rest is shared with the 64-bit forms.

use golite_bytecode::{CodeBuilder, Reg};

/// Kinds of numbers as the instruction set sees them. Booleans are `U8`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Num {
    /// `int8`
    I8,
    /// `int16`
    I16,
    /// `int32`
    I32,
    /// `int`, `int64`
    I64,
    /// `uint8`, `bool`
    U8,
    /// `uint16`
    U16,
    /// `uint32`
    U32,
    /// `uint`, `uint64`, `uintptr`
    U64,
    /// `float32`
    F32,
    /// `float64`
    F64,
}

impl Num {
    /// A float.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Num::F32 | Num::F64)
    }

    /// A signed integer.
    #[must_use]
    pub fn is_signed(self) -> bool {
        matches!(self, Num::I8 | Num::I16 | Num::I32 | Num::I64)
    }

    /// Width in bits.
    #[must_use]
    pub fn bits(self) -> u32 {
        match self {
            Num::I8 | Num::U8 => 8,
            Num::I16 | Num::U16 => 16,
            Num::I32 | Num::U32 | Num::F32 => 32,
            Num::I64 | Num::U64 | Num::F64 => 64,
        }
    }
}

/// Binary operations on numbers that give a number of the same kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Rem,
    /// `&`
    And,
    /// `|`
    Or,
    /// `^`
    Xor,
    /// `&^`
    AndNot,
}

/// Comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Comparison {
    /// The comparison that holds for `(b, a)` iff this one holds for `(a, b)`.
    #[must_use]
    pub fn swapped(self) -> Comparison {
        match self {
            Comparison::Eq => Comparison::Eq,
            Comparison::Ne => Comparison::Ne,
            Comparison::Lt => Comparison::Gt,
            Comparison::Le => Comparison::Ge,
            Comparison::Gt => Comparison::Lt,
            Comparison::Ge => Comparison::Le,
        }
    }

    /// The opposite, for operands that are ordered (not floats).
    #[must_use]
    pub fn negated(self) -> Comparison {
        match self {
            Comparison::Eq => Comparison::Ne,
            Comparison::Ne => Comparison::Eq,
            Comparison::Lt => Comparison::Ge,
            Comparison::Le => Comparison::Gt,
            Comparison::Gt => Comparison::Le,
            Comparison::Ge => Comparison::Lt,
        }
    }
}

/// `dst = lhs op rhs`.
pub fn emit_binary(b: &mut CodeBuilder, op: BinaryOp, num: Num, dst: Reg, lhs: Reg, rhs: Reg) {
    use BinaryOp as B;
    use Num as N;
    match (op, num) {
        (B::Add, N::I64 | N::U64) => b.add(dst, lhs, rhs),
        (B::Add, N::I8) => b.add_i8(dst, lhs, rhs),
        (B::Add, N::I16) => b.add_i16(dst, lhs, rhs),
        (B::Add, N::I32) => b.add_i32(dst, lhs, rhs),
        (B::Add, N::U8) => b.add_u8(dst, lhs, rhs),
        (B::Add, N::U16) => b.add_u16(dst, lhs, rhs),
        (B::Add, N::U32) => b.add_u32(dst, lhs, rhs),
        (B::Add, N::F32) => b.add_f32(dst, lhs, rhs),
        (B::Add, N::F64) => b.add_f64(dst, lhs, rhs),
        (B::Sub, N::I64 | N::U64) => b.sub(dst, lhs, rhs),
        (B::Sub, N::I8) => b.sub_i8(dst, lhs, rhs),
        (B::Sub, N::I16) => b.sub_i16(dst, lhs, rhs),
        (B::Sub, N::I32) => b.sub_i32(dst, lhs, rhs),
        (B::Sub, N::U8) => b.sub_u8(dst, lhs, rhs),
        (B::Sub, N::U16) => b.sub_u16(dst, lhs, rhs),
        (B::Sub, N::U32) => b.sub_u32(dst, lhs, rhs),
        (B::Sub, N::F32) => b.sub_f32(dst, lhs, rhs),
        (B::Sub, N::F64) => b.sub_f64(dst, lhs, rhs),
        (B::Mul, N::I64 | N::U64) => b.mul(dst, lhs, rhs),
        (B::Mul, N::I8) => b.mul_i8(dst, lhs, rhs),
        (B::Mul, N::I16) => b.mul_i16(dst, lhs, rhs),
        (B::Mul, N::I32) => b.mul_i32(dst, lhs, rhs),
        (B::Mul, N::U8) => b.mul_u8(dst, lhs, rhs),
        (B::Mul, N::U16) => b.mul_u16(dst, lhs, rhs),
        (B::Mul, N::U32) => b.mul_u32(dst, lhs, rhs),
        (B::Mul, N::F32) => b.mul_f32(dst, lhs, rhs),
        (B::Mul, N::F64) => b.mul_f64(dst, lhs, rhs),
        (B::Div, N::F32) => b.div_f32(dst, lhs, rhs),
        (B::Div, N::F64) => b.div_f64(dst, lhs, rhs),
        (B::Div, N::U8 | N::U16 | N::U32 | N::U64) => b.div_u(dst, lhs, rhs),
        (B::Div, N::I64) => b.div(dst, lhs, rhs),
        // MIN / -1 leaves the range.
        (B::Div, N::I8 | N::I16 | N::I32) => {
            b.div(dst, lhs, rhs);
            emit_extend(b, num, dst, dst)
        }
        (B::Rem, N::U8 | N::U16 | N::U32 | N::U64) => b.rem_u(dst, lhs, rhs),
        (B::Rem, _) => b.rem(dst, lhs, rhs),
        (B::And, _) => b.and(dst, lhs, rhs),
        (B::Or, _) => b.or(dst, lhs, rhs),
        (B::Xor, _) => b.xor(dst, lhs, rhs),
        (B::AndNot, _) => b.and_not(dst, lhs, rhs),
    };
}

/// `dst = lhs op imm` if there is such a form; false (and nothing written) if not.
pub fn emit_binary_imm(b: &mut CodeBuilder, op: BinaryOp, num: Num, dst: Reg, lhs: Reg, imm: i64) -> bool {
    let wide = matches!(num, Num::I64 | Num::U64);
    let Ok(small) = i16::try_from(imm) else { return false };
    // The immediate is sign-extended: for unsigned kinds that is the same only when not negative.
    let plain = num.is_signed() || small >= 0;
    match op {
        BinaryOp::Add if wide => b.add_imm(dst, lhs, small),
        BinaryOp::Sub if wide && small != i16::MIN => b.add_imm(dst, lhs, -small),
        BinaryOp::Mul if wide => b.mul_imm(dst, lhs, small),
        BinaryOp::Div if num.is_signed() && small > 1 && is_power(small) => {
            b.div_pow2(dst, lhs, small.trailing_zeros() as u16)
        }
        BinaryOp::Rem if num.is_signed() && small > 1 && is_power(small) => {
            b.rem_pow2(dst, lhs, small.trailing_zeros() as u16)
        }
        BinaryOp::Div if num.is_signed() && small != 0 && small != -1 => b.div_imm(dst, lhs, small),
        BinaryOp::Rem if num.is_signed() && small != 0 && small != -1 => b.rem_imm(dst, lhs, small),
        BinaryOp::Div if is_unsigned(num) && is_power(small) => {
            b.shr_u_imm(dst, lhs, small.trailing_zeros() as u16)
        }
        BinaryOp::Rem if is_unsigned(num) && is_power(small) => b.and_imm(dst, lhs, small - 1),
        BinaryOp::And if plain => b.and_imm(dst, lhs, small),
        BinaryOp::Or if plain => b.or_imm(dst, lhs, small),
        BinaryOp::Xor if plain => b.xor_imm(dst, lhs, small),
        BinaryOp::AndNot if plain => b.and_imm(dst, lhs, !small),
        BinaryOp::Add
        | BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::Div
        | BinaryOp::Rem
        | BinaryOp::And
        | BinaryOp::Or
        | BinaryOp::Xor
        | BinaryOp::AndNot => return false,
    };
    true
}

fn is_unsigned(num: Num) -> bool {
    !num.is_signed() && !num.is_float()
}

/// Whether the number is a power of two.
pub fn is_power(number: i16) -> bool {
    number > 0 && (number & (number - 1)) == 0
}

/// `dst =` the low bits of `src`, extended as the kind is held. Returns the instruction's position;
/// 64-bit kinds give a plain move.
pub fn emit_extend(b: &mut CodeBuilder, num: Num, dst: Reg, src: Reg) -> usize {
    match num {
        Num::I8 => b.ext_i8(dst, src),
        Num::I16 => b.ext_i16(dst, src),
        Num::I32 => b.ext_i32(dst, src),
        Num::U8 => b.ext_u8(dst, src),
        Num::U16 => b.ext_u16(dst, src),
        Num::U32 => b.ext_u32(dst, src),
        Num::I64 | Num::U64 | Num::F32 | Num::F64 if dst == src => b.code.len(),
        Num::I64 | Num::U64 | Num::F32 | Num::F64 => b.mov(dst, src),
    }
}

/// `dst = lhs << count`, the count unsigned and of any size.
pub fn emit_shl(b: &mut CodeBuilder, num: Num, dst: Reg, lhs: Reg, count: Reg) {
    b.shl(dst, lhs, count);
    if num.bits() < 64 {
        emit_extend(b, num, dst, dst);
    }
}

/// `dst = lhs << count` by a constant.
pub fn emit_shl_imm(b: &mut CodeBuilder, num: Num, dst: Reg, lhs: Reg, count: u64) {
    match num {
        _ if count >= u64::from(num.bits()) => {
            b.const_i32(dst, 0);
        }
        Num::U32 => {
            b.shl_u32_imm(dst, lhs, count as u16);
        }
        _ => {
            b.shl_imm(dst, lhs, count as u16);
            if num.bits() < 64 {
                emit_extend(b, num, dst, dst);
            }
        }
    }
}

/// `dst = lhs >> count`, the count unsigned and of any size.
pub fn emit_shr(b: &mut CodeBuilder, num: Num, dst: Reg, lhs: Reg, count: Reg) {
    if num.is_signed() {
        b.shr(dst, lhs, count)
    } else {
        b.shr_u(dst, lhs, count)
    };
}

/// `dst = lhs >> count` by a constant.
pub fn emit_shr_imm(b: &mut CodeBuilder, num: Num, dst: Reg, lhs: Reg, count: u64) {
    if num.is_signed() {
        b.shr_imm(dst, lhs, count.min(63) as u16);
    } else if count > 63 {
        b.const_i32(dst, 0);
    } else {
        b.shr_u_imm(dst, lhs, count as u16);
    }
}

/// `dst = -src`.
pub fn emit_neg(b: &mut CodeBuilder, num: Num, dst: Reg, src: Reg) {
    match num {
        Num::F32 => {
            b.neg_f32(dst, src);
        }
        Num::F64 => {
            b.neg_f64(dst, src);
        }
        _ => {
            b.neg(dst, src);
            if num.bits() < 64 {
                emit_extend(b, num, dst, dst);
            }
        }
    }
}

/// `dst = ^src`.
pub fn emit_not(b: &mut CodeBuilder, num: Num, dst: Reg, src: Reg) {
    b.not(dst, src);
    if !num.is_signed() && num.bits() < 64 {
        emit_extend(b, num, dst, dst);
    }
}

/// `dst = lhs cmp rhs` as a boolean.
pub fn emit_compare(b: &mut CodeBuilder, cmp: Comparison, num: Num, dst: Reg, lhs: Reg, rhs: Reg) {
    let (cmp, lhs, rhs) = match cmp {
        Comparison::Gt | Comparison::Ge => (cmp.swapped(), rhs, lhs),
        Comparison::Eq | Comparison::Ne | Comparison::Lt | Comparison::Le => (cmp, lhs, rhs),
    };
    let less = cmp == Comparison::Lt;
    match (cmp, num) {
        (Comparison::Eq, Num::F64) => b.eq_f64(dst, lhs, rhs),
        (Comparison::Ne, Num::F64) => b.ne_f64(dst, lhs, rhs),
        (Comparison::Eq, Num::F32) => b.eq_f32(dst, lhs, rhs),
        (Comparison::Ne, Num::F32) => b.ne_f32(dst, lhs, rhs),
        (Comparison::Eq, _) => b.eq(dst, lhs, rhs),
        (Comparison::Ne, _) => b.ne(dst, lhs, rhs),
        (_, Num::F64) if less => b.lt_f64(dst, lhs, rhs),
        (_, Num::F64) => b.le_f64(dst, lhs, rhs),
        (_, Num::F32) if less => b.lt_f32(dst, lhs, rhs),
        (_, Num::F32) => b.le_f32(dst, lhs, rhs),
        (_, _) if num.is_signed() && less => b.lt(dst, lhs, rhs),
        (_, _) if num.is_signed() => b.le(dst, lhs, rhs),
        (_, _) if less => b.lt_u(dst, lhs, rhs),
        (_, _) => b.le_u(dst, lhs, rhs),
    };
}

/// `dst = to(src)` for a number of another kind.
pub fn emit_convert(b: &mut CodeBuilder, from: Num, to: Num, dst: Reg, src: Reg) {
    match (from, to) {
        (Num::F64, Num::F64) | (Num::F32, Num::F32) => {
            emit_extend(b, to, dst, src);
        }
        (Num::F64, Num::F32) => {
            b.f32_from_f64(dst, src);
        }
        (Num::F32, Num::F64) => {
            b.f64_from_f32(dst, src);
        }
        (Num::F32, _) => {
            b.f64_from_f32(dst, src);
            emit_convert(b, Num::F64, to, dst, dst);
        }
        (Num::F64, Num::U64) => {
            b.u64_from_f64(dst, src);
        }
        // gc converts to int32 for the narrow types, but for uint32.
        (Num::F64, _) if to.bits() < 32 || (to.bits() == 32 && to.is_signed()) => {
            b.i32_from_f64(dst, src);
            emit_extend(b, to, dst, dst);
        }
        (Num::F64, _) => {
            b.i64_from_f64(dst, src);
            emit_extend(b, to, dst, dst);
        }
        (Num::U64, Num::F64) => {
            b.f64_from_u64(dst, src);
        }
        (_, Num::F64) => {
            b.f64_from_i64(dst, src);
        }
        (Num::U64, Num::F32) => {
            b.f32_from_u64(dst, src);
        }
        (_, Num::F32) => {
            b.f32_from_i64(dst, src);
        }
        (_, _) if fits(from, to) => {
            emit_extend(b, Num::I64, dst, src);
        }
        (_, _) => {
            emit_extend(b, to, dst, src);
        }
    }
}

/// Whether every value of `from`, as held in its slot, is a value of `to` as held.
#[must_use]
pub fn fits(from: Num, to: Num) -> bool {
    if from == to || (to.bits() == 64 && !to.is_float() && !from.is_float()) {
        return true;
    }
    !from.is_float() && !to.is_float() && from.bits() < to.bits() && (!from.is_signed() || to.is_signed())
}
