//! Integers. Narrow ones are held extended; only what can overflow has a narrow form.

use super::fault;
use crate::operands;
use crate::regs::{Flow, Regs};

/// Go's shift: counts of 64 and more give 0.
#[inline(always)]
fn shift_left(value: u64, count: u64) -> u64 {
    if count < 64 { value << count } else { 0 }
}

/// What makes a shift to the right round towards zero: 2^power - 1 for a negative value, else 0.
/// `power` is from 0 to 63; 0 stands for what no verified module has.
#[inline(always)]
fn below_power(value: i64, power: u32) -> i64 {
    ((value >> 63) as u64).wrapping_shr(64 - power) as i64
}

plain! {
    add(s, o: Add) { s.set(o.dst, s.get(o.lhs).wrapping_add(s.get(o.rhs))); }
    add_i8(s, o: AddI8) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_add(s.get(o.rhs)) as i8) as u64); }
    add_i16(s, o: AddI16) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_add(s.get(o.rhs)) as i16) as u64); }
    add_i32(s, o: AddI32) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_add(s.get(o.rhs)) as i32) as u64); }
    add_u8(s, o: AddU8) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_add(s.get(o.rhs)) as u8)); }
    add_u16(s, o: AddU16) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_add(s.get(o.rhs)) as u16)); }
    add_u32(s, o: AddU32) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_add(s.get(o.rhs)) as u32)); }
    sub(s, o: Sub) { s.set(o.dst, s.get(o.lhs).wrapping_sub(s.get(o.rhs))); }
    sub_i8(s, o: SubI8) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_sub(s.get(o.rhs)) as i8) as u64); }
    sub_i16(s, o: SubI16) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_sub(s.get(o.rhs)) as i16) as u64); }
    sub_i32(s, o: SubI32) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_sub(s.get(o.rhs)) as i32) as u64); }
    sub_u8(s, o: SubU8) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_sub(s.get(o.rhs)) as u8)); }
    sub_u16(s, o: SubU16) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_sub(s.get(o.rhs)) as u16)); }
    sub_u32(s, o: SubU32) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_sub(s.get(o.rhs)) as u32)); }
    mul(s, o: Mul) { s.set(o.dst, s.get(o.lhs).wrapping_mul(s.get(o.rhs))); }
    mul_i8(s, o: MulI8) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_mul(s.get(o.rhs)) as i8) as u64); }
    mul_i16(s, o: MulI16) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_mul(s.get(o.rhs)) as i16) as u64); }
    mul_i32(s, o: MulI32) { s.set(o.dst, i64::from(s.get(o.lhs).wrapping_mul(s.get(o.rhs)) as i32) as u64); }
    mul_u8(s, o: MulU8) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_mul(s.get(o.rhs)) as u8)); }
    mul_u16(s, o: MulU16) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_mul(s.get(o.rhs)) as u16)); }
    mul_u32(s, o: MulU32) { s.set(o.dst, u64::from(s.get(o.lhs).wrapping_mul(s.get(o.rhs)) as u32)); }
    add_imm(s, o: AddImm) { s.set(o.dst, s.get(o.lhs).wrapping_add(i64::from(o.imm) as u64)); }
    add_add(s, o: AddAdd) { s.set(o.dst, s.get(o.x).wrapping_add(s.get(o.y)).wrapping_add(s.get(o.z))); }
    add_add_u32(s, o: AddAddU32) {
        s.set(o.dst, u64::from(s.get(o.x).wrapping_add(s.get(o.y)).wrapping_add(s.get(o.z)) as u32));
    }
    min(s, o: Min) { s.set(o.dst, s.int(o.lhs).min(s.int(o.rhs)) as u64); }
    max(s, o: Max) { s.set(o.dst, s.int(o.lhs).max(s.int(o.rhs)) as u64); }
    min_u(s, o: MinU) { s.set(o.dst, s.get(o.lhs).min(s.get(o.rhs))); }
    max_u(s, o: MaxU) { s.set(o.dst, s.get(o.lhs).max(s.get(o.rhs))); }
    add_add_imm(s, o: AddAddImm) {
        s.set(o.dst, s.get(o.lhs).wrapping_add(s.get(o.rhs)).wrapping_add(i64::from(o.imm) as u64));
    }
    mul_imm(s, o: MulImm) { s.set(o.dst, s.get(o.lhs).wrapping_mul(i64::from(o.imm) as u64)); }
    div_imm(s, o: DivImm) { s.set(o.dst, quotient(s.get(o.lhs), i64::from(o.imm) as u64)); }
    rem_imm(s, o: RemImm) { s.set(o.dst, rest(s.get(o.lhs), i64::from(o.imm) as u64)); }
    div_pow2(s, o: DivPow2) {
        let (value, power) = (s.int(o.lhs), u32::from(o.power) & 63);
        s.set(o.dst, (value.wrapping_add(below_power(value, power)) >> power) as u64);
    }
    rem_pow2(s, o: RemPow2) {
        let (value, power) = (s.int(o.lhs), u32::from(o.power) & 63);
        let bias = below_power(value, power);
        s.set(o.dst, ((value.wrapping_add(bias) & ((1 << power) - 1)) - bias) as u64);
    }
    mul_add(s, o: MulAdd) { s.set(o.dst, s.get(o.x).wrapping_mul(s.get(o.y)).wrapping_add(s.get(o.z))); }
    mul_imm_add(s, o: MulImmAdd) {
        s.set(o.dst, s.get(o.x).wrapping_mul(i64::from(o.factor) as u64).wrapping_add(s.get(o.z)));
    }
    mul_add_imm(s, o: MulAddImm) {
        let product = s.get(o.x).wrapping_mul(i64::from(o.factor) as u64);
        s.set(o.dst, product.wrapping_add(i64::from(o.term) as u64));
    }
    and(s, o: And) { s.set(o.dst, s.get(o.lhs) & s.get(o.rhs)); }
    or(s, o: Or) { s.set(o.dst, s.get(o.lhs) | s.get(o.rhs)); }
    xor(s, o: Xor) { s.set(o.dst, s.get(o.lhs) ^ s.get(o.rhs)); }
    and_not(s, o: AndNot) { s.set(o.dst, s.get(o.lhs) & !s.get(o.rhs)); }
    and_imm(s, o: AndImm) { s.set(o.dst, s.get(o.lhs) & i64::from(o.imm) as u64); }
    or_imm(s, o: OrImm) { s.set(o.dst, s.get(o.lhs) | i64::from(o.imm) as u64); }
    xor_imm(s, o: XorImm) { s.set(o.dst, s.get(o.lhs) ^ i64::from(o.imm) as u64); }
    neg(s, o: Neg) { s.set(o.dst, s.get(o.src).wrapping_neg()); }
    not(s, o: Not) { s.set(o.dst, !s.get(o.src)); }
    shl(s, o: Shl) { s.set(o.dst, shift_left(s.get(o.lhs), s.get(o.count))); }
    shr(s, o: Shr) { s.set(o.dst, (s.int(o.lhs) >> s.get(o.count).min(63)) as u64); }
    shr_u(s, o: ShrU) {
        let count = s.get(o.count);
        s.set(o.dst, if count < 64 { s.get(o.lhs) >> count } else { 0 });
    }
    shl_imm(s, o: ShlImm) { s.set(o.dst, s.get(o.lhs) << (o.count & 63)); }
    shr_imm(s, o: ShrImm) { s.set(o.dst, (s.int(o.lhs) >> (o.count & 63)) as u64); }
    shr_u_imm(s, o: ShrUImm) { s.set(o.dst, s.get(o.lhs) >> (o.count & 63)); }
    shl_u32_imm(s, o: ShlU32Imm) { s.set(o.dst, u64::from((s.get(o.lhs) as u32) << (o.count & 31))); }
    rotl_u32_imm(s, o: RotlU32Imm) {
        s.set(o.dst, u64::from((s.get(o.src) as u32).rotate_left(u32::from(o.count))));
    }
    rotl_u64_imm(s, o: RotlU64Imm) { s.set(o.dst, s.get(o.src).rotate_left(u32::from(o.count))); }
    xor_rotl_u32(s, o: XorRotlU32) {
        s.set(o.dst, s.get(o.lhs) ^ u64::from((s.get(o.src) as u32).rotate_left(u32::from(o.count))));
    }
    xor_and(s, o: XorAnd) { s.set(o.dst, s.get(o.lhs) ^ s.get(o.x) & s.get(o.y)); }
    xor_and_not(s, o: XorAndNot) { s.set(o.dst, s.get(o.lhs) ^ s.get(o.x) & !s.get(o.y)); }
    xor_shl(s, o: XorShl) { s.set(o.dst, s.get(o.lhs) ^ s.get(o.src) << (o.count & 63)); }
    xor_shr_u(s, o: XorShrU) { s.set(o.dst, s.get(o.lhs) ^ s.get(o.src) >> (o.count & 63)); }
    ext_i8(s, o: ExtI8) { s.set(o.dst, i64::from(s.get(o.src) as i8) as u64); }
    ext_i16(s, o: ExtI16) { s.set(o.dst, i64::from(s.get(o.src) as i16) as u64); }
    ext_i32(s, o: ExtI32) { s.set(o.dst, i64::from(s.get(o.src) as i32) as u64); }
    ext_u8(s, o: ExtU8) { s.set(o.dst, u64::from(s.get(o.src) as u8)); }
    ext_u16(s, o: ExtU16) { s.set(o.dst, u64::from(s.get(o.src) as u16)); }
    ext_u32(s, o: ExtU32) { s.set(o.dst, u64::from(s.get(o.src) as u32)); }
}

/// `lhs / rhs` for an `rhs` that is not 0. Without the test for 0 that Rust would add.
#[inline(always)]
fn divide(lhs: i64, rhs: i64) -> i64 {
    lhs.checked_div(rhs).unwrap_or(lhs)
}

/// `lhs % rhs` for an `rhs` that is not 0.
#[inline(always)]
fn remainder(lhs: i64, rhs: i64) -> i64 {
    lhs.checked_rem(rhs).unwrap_or(0)
}

/// Whether both fit 32 bits: a 32-bit division is several times faster on many processors.
#[inline(always)]
fn both_short(lhs: u64, rhs: u64) -> bool {
    (lhs | rhs) >> 32 == 0
}

/// `lhs / rhs` of signed numbers, `rhs` not 0.
#[inline(always)]
fn quotient(lhs: u64, rhs: u64) -> u64 {
    if both_short(lhs, rhs) {
        return u64::from((lhs as u32).checked_div(rhs as u32).unwrap_or(0));
    }
    divide(lhs as i64, rhs as i64) as u64
}

/// `lhs % rhs` of signed numbers, `rhs` not 0.
#[inline(always)]
pub(super) fn rest(lhs: u64, rhs: u64) -> u64 {
    if both_short(lhs, rhs) {
        return u64::from((lhs as u32).checked_rem(rhs as u32).unwrap_or(0));
    }
    remainder(lhs as i64, rhs as i64) as u64
}

flow! {
    div(s, o: Div) {
        let (lhs, rhs) = (s.get(o.lhs), s.get(o.rhs));
        if rhs == 0 {
            return Flow::Slow(fault::divide);
        }
        s.set(o.dst, quotient(lhs, rhs));
        Flow::Next
    }
    rem(s, o: Rem) {
        let (lhs, rhs) = (s.get(o.lhs), s.get(o.rhs));
        if rhs == 0 {
            return Flow::Slow(fault::divide);
        }
        s.set(o.dst, rest(lhs, rhs));
        Flow::Next
    }
    div_u(s, o: DivU) {
        match s.get(o.lhs).checked_div(s.get(o.rhs)) {
            Some(quotient) => s.set(o.dst, quotient),
            None => return Flow::Slow(fault::divide),
        }
        Flow::Next
    }
    rem_u(s, o: RemU) {
        match s.get(o.lhs).checked_rem(s.get(o.rhs)) {
            Some(rest) => s.set(o.dst, rest),
            None => return Flow::Slow(fault::divide),
        }
        Flow::Next
    }
    check_shift(s, o: CheckShift) {
        if s.int(o.count) < 0 { Flow::Slow(fault::shift) } else { Flow::Next }
    }
}
