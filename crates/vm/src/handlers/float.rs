//! Floats and complex numbers. A float32 sits in the low half of its slot.

use std::ops::{BitAnd, BitOr};

use golite_bytecode::Reg;
use golite_runtime::NativeResult;

use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

/// 2^63.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// What amd64 gives for a float that fits no int64.
const INDEFINITE: i64 = i64::MIN;

/// Toward zero; what does not fit gives the processor's indefinite value.
#[inline(always)]
fn to_int(value: f64) -> i64 {
    if (-TWO_63..TWO_63).contains(&value) { value as i64 } else { INDEFINITE }
}

/// As gc converts on amd64: above 2^63 by way of the distance from there.
#[inline(always)]
fn to_uint(value: f64) -> u64 {
    if value < TWO_63 { to_int(value) as u64 } else { to_int(value - TWO_63) as u64 | 1 << 63 }
}

macro_rules! min_max {
    ($($name:ident: $ty:ty, $pick:tt, $zero:ident;)*) => {$(
        /// Go's rules: NaN if one is; of zeros the one with the fitting sign.
        #[inline(always)]
        fn $name(lhs: $ty, rhs: $ty) -> $ty {
            if lhs.is_nan() || rhs.is_nan() {
                return <$ty>::NAN;
            }
            if lhs == rhs {
                return <$ty>::from_bits($zero(lhs.to_bits(), rhs.to_bits()));
            }
            if lhs $pick rhs { lhs } else { rhs }
        }
    )*};
}

#[inline(always)]
fn either<T: BitOr<Output = T>>(a: T, b: T) -> T {
    a | b
}

#[inline(always)]
fn both<T: BitAnd<Output = T>>(a: T, b: T) -> T {
    a & b
}

min_max! {
    min64: f64, <, either;
    max64: f64, >, both;
    min32: f32, <, either;
    max32: f32, >, both;
}

plain! {
    add_f64(s, o: AddF64) { s.set_f64(o.dst, s.f64(o.lhs) + s.f64(o.rhs)); }
    sub_f64(s, o: SubF64) { s.set_f64(o.dst, s.f64(o.lhs) - s.f64(o.rhs)); }
    mul_f64(s, o: MulF64) { s.set_f64(o.dst, s.f64(o.lhs) * s.f64(o.rhs)); }
    div_f64(s, o: DivF64) { s.set_f64(o.dst, s.f64(o.lhs) / s.f64(o.rhs)); }
    neg_f64(s, o: NegF64) { s.set_f64(o.dst, -s.f64(o.src)); }
    min_f64(s, o: MinF64) { s.set_f64(o.dst, min64(s.f64(o.lhs), s.f64(o.rhs))); }
    max_f64(s, o: MaxF64) { s.set_f64(o.dst, max64(s.f64(o.lhs), s.f64(o.rhs))); }
    add_f32(s, o: AddF32) { s.set_f32(o.dst, s.f32(o.lhs) + s.f32(o.rhs)); }
    sub_f32(s, o: SubF32) { s.set_f32(o.dst, s.f32(o.lhs) - s.f32(o.rhs)); }
    mul_f32(s, o: MulF32) { s.set_f32(o.dst, s.f32(o.lhs) * s.f32(o.rhs)); }
    div_f32(s, o: DivF32) { s.set_f32(o.dst, s.f32(o.lhs) / s.f32(o.rhs)); }
    neg_f32(s, o: NegF32) { s.set_f32(o.dst, -s.f32(o.src)); }
    min_f32(s, o: MinF32) { s.set_f32(o.dst, min32(s.f32(o.lhs), s.f32(o.rhs))); }
    max_f32(s, o: MaxF32) { s.set_f32(o.dst, max32(s.f32(o.lhs), s.f32(o.rhs))); }
    add_add_f64(s, o: AddAddF64) { s.set_f64(o.dst, s.f64(o.x) + s.f64(o.y) + s.f64(o.z)); }
    sub_add_f64(s, o: SubAddF64) { s.set_f64(o.dst, s.f64(o.x) - s.f64(o.y) + s.f64(o.z)); }
    mul_add_f64(s, o: MulAddF64) { s.set_f64(o.dst, s.f64(o.x) * s.f64(o.y) + s.f64(o.z)); }
    mul_rsub_f64(s, o: MulRsubF64) { s.set_f64(o.dst, s.f64(o.z) - s.f64(o.x) * s.f64(o.y)); }
    mul_sub_f64(s, o: MulSubF64) { s.set_f64(o.dst, s.f64(o.x) * s.f64(o.y) - s.f64(o.z)); }
    sqrt_f64(s, o: SqrtF64) { s.set_f64(o.dst, s.f64(o.src).sqrt()); }
    abs_f64(s, o: AbsF64) { s.set_f64(o.dst, s.f64(o.src).abs()); }
    f64_from_i64(s, o: F64FromI64) { s.set_f64(o.dst, s.int(o.src) as f64); }
    f64_from_u64(s, o: F64FromU64) { s.set_f64(o.dst, s.get(o.src) as f64); }
    i64_from_f64(s, o: I64FromF64) { s.set(o.dst, to_int(s.f64(o.src)) as u64); }
    i32_from_f64(s, o: I32FromF64) {
        let value = to_int(s.f64(o.src));
        s.set(o.dst, i64::from(i32::try_from(value).unwrap_or(i32::MIN)) as u64);
    }
    u64_from_f64(s, o: U64FromF64) { s.set(o.dst, to_uint(s.f64(o.src))); }
    f32_from_f64(s, o: F32FromF64) { s.set_f32(o.dst, s.f64(o.src) as f32); }
    f64_from_f32(s, o: F64FromF32) { s.set_f64(o.dst, f64::from(s.f32(o.src))); }
    f32_from_i64(s, o: F32FromI64) { s.set_f32(o.dst, s.int(o.src) as f32); }
    f32_from_u64(s, o: F32FromU64) { s.set_f32(o.dst, s.get(o.src) as f32); }
}

warm! {
    div_c128(vm, o: DivC128) {
        let at = |reg: Reg| (f64::from_bits(vm.get(reg)), f64::from_bits(vm.get(reg.plus(1))));
        let (real, imaginary) = divide_complex(at(o.lhs), at(o.rhs));
        vm.set_pair(o.dst, (real.to_bits(), imaginary.to_bits()));
    }
}

/// Complex division by Smith's method, with infinities and zeros as in C99, annex G.
fn divide_complex((a, b): (f64, f64), (c, d): (f64, f64)) -> (f64, f64) {
    let (real, imaginary) = if c.abs() >= d.abs() {
        let ratio = d / c;
        let denominator = c + ratio * d;
        ((a + b * ratio) / denominator, (b - a * ratio) / denominator)
    } else {
        let ratio = c / d;
        let denominator = d + ratio * c;
        ((a * ratio + b) / denominator, (b * ratio - a) / denominator)
    };
    if !real.is_nan() && !imaginary.is_nan() {
        return (real, imaginary);
    }
    let unit = |value: f64| f64::from(u8::from(value.is_infinite())).copysign(value);
    let finite = |x: f64, y: f64| x.is_finite() && y.is_finite();
    if c == 0.0 && d == 0.0 && (!a.is_nan() || !b.is_nan()) {
        let infinity = f64::INFINITY.copysign(c);
        return (infinity * a, infinity * b);
    }
    if (a.is_infinite() || b.is_infinite()) && finite(c, d) {
        let (a, b) = (unit(a), unit(b));
        return (f64::INFINITY * (a * c + b * d), f64::INFINITY * (b * c - a * d));
    }
    if (c.is_infinite() || d.is_infinite()) && finite(a, b) {
        let (c, d) = (unit(c), unit(d));
        return (0.0 * (a * c + b * d), 0.0 * (b * c - a * d));
    }
    (real, imaginary)
}
