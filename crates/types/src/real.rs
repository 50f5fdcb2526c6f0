//! Real constants: rationals, and floats of 512 bits for what is too large or too small to be kept exactly.
//!
//! A value is a ratio as long as its binary exponent is small; beyond, it is a mantissa with an exponent
//! of its own, so that `1e100000000` costs no more than `1.5`. The limits are those of Go's compiler, so
//! that the same constants are refused.

use std::cmp::Ordering;
use std::fmt;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// The longest mantissa kept, in bits.
const PRECISION: i64 = 512;

/// Values of larger binary exponents are floats.
const SMALL_EXPONENT: i64 = 4096;

/// The largest binary exponent there is.
const MAX_EXPONENT: i64 = i32::MAX as i64;

/// The smallest one: what is below is zero.
const MIN_EXPONENT: i64 = i32::MIN as i64;

/// A real number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Real {
    /// An exact value.
    Ratio(BigRational),
    /// `mantissa * 2^exponent`, the mantissa odd, so that equal values look equal.
    Float {
        /// The digits and the sign; not zero.
        mantissa: BigInt,
        /// The power of two.
        exponent: i64,
    },
}

/// The number of bits before the binary point: the value is at least half of two to that power.
fn ratio_exponent(value: &BigRational) -> i64 {
    value.numer().bits() as i64 - value.denom().bits() as i64
}

/// `mantissa * 2^exponent` with at most [`PRECISION`] bits, rounded to nearest even; the mantissa odd.
fn rounded(mantissa: BigInt, exponent: i64) -> (BigInt, i64) {
    if mantissa.is_zero() {
        return (mantissa, 0);
    }
    let (negative, mut digits, mut exponent) = (mantissa.is_negative(), mantissa.abs(), exponent);
    let extra = digits.bits() as i64 - PRECISION;
    if extra > 0 {
        let rest = &digits & ((BigInt::one() << extra as usize) - 1);
        let half = BigInt::one() << (extra - 1) as usize;
        digits >>= extra as usize;
        exponent += extra;
        if rest > half || (rest == half && digits.bit(0)) {
            digits += 1;
        }
    }
    let zeros = digits.trailing_zeros().unwrap_or(0);
    digits >>= zeros as usize;
    (if negative { -digits } else { digits }, exponent + zeros as i64)
}

impl Real {
    /// An integer.
    pub(crate) fn integer(value: BigInt) -> Real {
        Real::ratio(BigRational::from_integer(value))
    }

    /// A ratio, as it is kept.
    pub(crate) fn ratio(value: BigRational) -> Real {
        if ratio_exponent(&value).abs() >= SMALL_EXPONENT {
            let (mantissa, exponent) = parts_of_ratio(&value);
            return Real::float(mantissa, exponent);
        }
        // A long fraction is rounded; integers of this size are exact.
        let bits = (value.numer().bits() + value.denom().bits()) as i64;
        if bits <= 8 * PRECISION || value.is_integer() {
            return Real::Ratio(value);
        }
        let (mantissa, exponent) = parts_of_ratio(&value);
        Real::float(mantissa, exponent)
    }

    /// `mantissa * 2^exponent`, rounded.
    pub(crate) fn float(mantissa: BigInt, exponent: i64) -> Real {
        let (mantissa, exponent) = rounded(mantissa, exponent);
        let size = mantissa.bits() as i64 + exponent;
        if mantissa.is_zero() || size < MIN_EXPONENT {
            return Real::zero();
        }
        if size.abs() < SMALL_EXPONENT {
            let power = BigInt::one() << exponent.unsigned_abs() as usize;
            return Real::Ratio(if exponent < 0 {
                BigRational::new(mantissa, power)
            } else {
                BigRational::from_integer(mantissa * power)
            });
        }
        Real::Float { mantissa, exponent }
    }

    /// `digits * base^exponent` for the bases 2 and 10.
    pub(crate) fn scaled(digits: BigInt, base: u32, exponent: i64) -> Real {
        // Digits that are shifted in or out of the small range decide whether it is exact.
        let bits = exponent.saturating_mul(if base == 10 { 4 } else { 1 });
        if bits.abs() <= 2 * SMALL_EXPONENT + digits.bits() as i64 {
            let power = BigInt::from(base).pow(exponent.unsigned_abs() as u32);
            return Real::ratio(if exponent < 0 {
                BigRational::new(digits, power)
            } else {
                BigRational::from_integer(digits * power)
            });
        }
        if base == 2 {
            return Real::float(digits, exponent);
        }
        // Powers of five by squaring, with bits to spare for their rounding.
        let keep = |value: BigInt, exponent: i64| {
            let extra = value.bits() as i64 - (PRECISION + 64);
            if extra <= 0 { (value, exponent) } else { (value >> extra as usize, exponent + extra) }
        };
        let (mut power, mut power_exponent) = (BigInt::one(), 0);
        let mut left = exponent.unsigned_abs();
        let (mut square, mut square_exponent) = (BigInt::from(5), 0);
        while left > 0 {
            if left & 1 == 1 {
                (power, power_exponent) = keep(power * &square, power_exponent + square_exponent);
            }
            left >>= 1;
            (square, square_exponent) = keep(&square * &square, 2 * square_exponent);
        }
        if exponent >= 0 {
            return Real::float(digits * power, power_exponent + exponent);
        }
        let shift = PRECISION + 64 + power.bits() as i64;
        Real::float((digits << shift as usize) / power, exponent - power_exponent - shift)
    }

    /// Zero.
    pub(crate) fn zero() -> Real {
        Real::Ratio(BigRational::zero())
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self, Real::Ratio(value) if value.is_zero())
    }

    /// -1, 0 or 1.
    #[must_use]
    pub fn sign(&self) -> i32 {
        match self {
            Real::Ratio(value) if value.is_zero() => 0,
            Real::Ratio(value) if value.is_negative() => -1,
            Real::Float { mantissa, .. } if mantissa.is_negative() => -1,
            Real::Ratio(_) | Real::Float { .. } => 1,
        }
    }

    /// The binary exponent: the value is between half of two to this power and that.
    fn size(&self) -> i64 {
        match self {
            Real::Ratio(value) => ratio_exponent(value),
            Real::Float { mantissa, exponent } => mantissa.bits() as i64 + exponent,
        }
    }

    /// Whether no float of Go's compiler holds it.
    pub(crate) fn is_excessive(&self) -> bool {
        self.size() > MAX_EXPONENT
    }

    /// Whether its square is zero for Go's compiler.
    pub(crate) fn square_vanishes(&self) -> bool {
        self.is_zero() || 2 * self.size() < MIN_EXPONENT
    }

    /// As an integer, if it is one. Floats are too large to be integers that matter.
    pub(crate) fn to_integer(&self) -> Option<BigInt> {
        match self {
            Real::Ratio(value) => value.is_integer().then(|| value.to_integer()),
            Real::Float { .. } => None,
        }
    }

    /// As a ratio, if it is kept as one.
    pub(crate) fn as_ratio(&self) -> Option<&BigRational> {
        match self {
            Real::Ratio(value) => Some(value),
            Real::Float { .. } => None,
        }
    }

    fn parts(&self) -> (BigInt, i64) {
        match self {
            Real::Ratio(value) => parts_of_ratio(value),
            Real::Float { mantissa, exponent } => (mantissa.clone(), *exponent),
        }
    }

    /// `-x`
    pub(crate) fn neg(&self) -> Real {
        match self {
            Real::Ratio(value) => Real::Ratio(-value),
            Real::Float { mantissa, exponent } => Real::Float { mantissa: -mantissa, exponent: *exponent },
        }
    }

    /// `x + y`
    pub(crate) fn add(&self, other: &Real) -> Real {
        if let (Real::Ratio(x), Real::Ratio(y)) = (self, other) {
            return Real::ratio(x + y);
        }
        if self.is_zero() || other.is_zero() {
            return if self.is_zero() { other.clone() } else { self.clone() };
        }
        // What is beyond the last bit does not count.
        if (self.size() - other.size()).abs() > 2 * PRECISION {
            return if self.size() > other.size() { self.clone() } else { other.clone() };
        }
        let ((x, x_exponent), (y, y_exponent)) = (self.parts(), other.parts());
        let exponent = x_exponent.min(y_exponent);
        let sum = (x << (x_exponent - exponent) as usize) + (y << (y_exponent - exponent) as usize);
        Real::float(sum, exponent)
    }

    /// `x - y`
    pub(crate) fn sub(&self, other: &Real) -> Real {
        self.add(&other.neg())
    }

    /// `x * y`
    pub(crate) fn mul(&self, other: &Real) -> Real {
        if let (Real::Ratio(x), Real::Ratio(y)) = (self, other) {
            return Real::ratio(x * y);
        }
        let ((x, x_exponent), (y, y_exponent)) = (self.parts(), other.parts());
        Real::float(x * y, x_exponent.saturating_add(y_exponent))
    }

    /// `x / y`; the divisor is not zero.
    pub(crate) fn div(&self, other: &Real) -> Real {
        if let (Real::Ratio(x), Real::Ratio(y)) = (self, other) {
            return Real::ratio(x / y);
        }
        let ((x, x_exponent), (y, y_exponent)) = (self.parts(), other.parts());
        let shift = (2 * PRECISION + y.bits() as i64 - x.bits() as i64).max(0);
        Real::float((x << shift as usize) / y, x_exponent.saturating_sub(y_exponent) - shift)
    }

    /// The order of two values.
    pub(crate) fn order(&self, other: &Real) -> Ordering {
        if let (Real::Ratio(x), Real::Ratio(y)) = (self, other) {
            return x.cmp(y);
        }
        match (self.sign(), other.sign()) {
            (a, b) if a != b => a.cmp(&b),
            (sign, _) if (self.size() - other.size()).abs() > 2 => {
                let order = self.size().cmp(&other.size());
                if sign < 0 { order.reverse() } else { order }
            }
            _ => self.sub(other).sign().cmp(&0),
        }
    }

    /// The mantissa as a float between a half and one, and the binary exponent.
    pub(crate) fn mantissa_and_exponent(&self) -> (f64, i64) {
        let (mantissa, exponent) = self.parts();
        let bits = mantissa.bits() as i64;
        let top = &mantissa >> (bits - 64).max(0) as usize;
        let scale = 2f64.powi(-(bits.min(64) as i32));
        (top.to_f64().unwrap_or_default() * scale, bits + exponent)
    }
}

/// A ratio as a rounded mantissa and an exponent.
fn parts_of_ratio(value: &BigRational) -> (BigInt, i64) {
    let shift = PRECISION + 64 - ratio_exponent(value);
    let (numer, denom) = (value.numer(), value.denom());
    let quotient =
        if shift >= 0 { (numer << shift as usize) / denom } else { numer / (denom << (-shift) as usize) };
    rounded(quotient, -shift)
}

impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Real::Ratio(value) => write!(f, "{value}"),
            Real::Float { mantissa, exponent } => write!(f, "{mantissa}p{exponent}"),
        }
    }
}
