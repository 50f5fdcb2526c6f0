//! Operations whose result is exact or correctly rounded: rounding to integers, remainders,
//! exponents, neighbours, minimum and maximum.
//!
//! Any correct algorithm gives the same bits here, so these rest on Rust's own operations.

/// The quiet NaN of `math.NaN()`.
pub const NAN: f64 = f64::from_bits(0x7FF8_0000_0000_0001);

const FRACTION_BITS: u32 = 52;
const EXPONENT_MASK: u64 = 0x7FF;
const BIAS: i64 = 1023;

/// Scales a subnormal into the normal range; returns the scaled value and the exponent to add.
fn normalize(x: f64) -> (f64, i64) {
    if x.abs() < f64::MIN_POSITIVE { (x * (1u64 << 52) as f64, -52) } else { (x, 0) }
}

/// `x = fraction * 2^exponent` with the fraction in [0.5, 1); zeros, infinities and NaN as they are.
pub fn frexp(x: f64) -> (f64, i64) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, shift) = normalize(x);
    let bits = x.to_bits();
    let exponent = ((bits >> FRACTION_BITS) & EXPONENT_MASK) as i64 - BIAS + 1;
    let fraction = bits & !(EXPONENT_MASK << FRACTION_BITS) | ((BIAS - 1) as u64) << FRACTION_BITS;
    (f64::from_bits(fraction), exponent + shift)
}

/// `fraction * 2^exponent`, rounded once.
pub fn ldexp(fraction: f64, exponent: i64) -> f64 {
    if fraction == 0.0 || !fraction.is_finite() {
        return fraction;
    }
    let (fraction, shift) = normalize(fraction);
    let bits = fraction.to_bits();
    let exponent =
        exponent.wrapping_add(shift).wrapping_add(((bits >> FRACTION_BITS) & EXPONENT_MASK) as i64 - BIAS);
    if exponent < -1075 {
        return 0f64.copysign(fraction);
    }
    if exponent > BIAS {
        return f64::INFINITY.copysign(fraction);
    }
    // A subnormal result is built 53 binades higher and rounded by one multiplication.
    let (exponent, scale) = if exponent < -1022 {
        (exponent + 53, f64::from_bits(((BIAS - 53) as u64) << 52))
    } else {
        (exponent, 1.0)
    };
    let bits = bits & !(EXPONENT_MASK << FRACTION_BITS) | ((exponent + BIAS) as u64) << FRACTION_BITS;
    scale * f64::from_bits(bits)
}

/// The binary exponent of a finite `x` that is not zero.
fn exponent_of(x: f64) -> i64 {
    let (x, shift) = normalize(x);
    ((x.to_bits() >> FRACTION_BITS) & EXPONENT_MASK) as i64 - BIAS + shift
}

/// The binary exponent of `x`.
pub fn logb(x: f64) -> f64 {
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x.is_infinite() {
        f64::INFINITY
    } else if x.is_nan() {
        x
    } else {
        exponent_of(x) as f64
    }
}

/// The binary exponent of `x` as an integer.
pub fn ilogb(x: f64) -> i64 {
    if x == 0.0 {
        i64::from(i32::MIN)
    } else if !x.is_finite() {
        i64::from(i32::MAX)
    } else {
        exponent_of(x)
    }
}

/// Integer part and fraction, both with the sign of `x`.
pub fn modf(x: f64) -> (f64, f64) {
    let integer = x.trunc();
    (integer, (x - integer).copysign(x))
}

/// The remainder of `x / y` truncated, with the sign of `x`.
pub fn fmod(x: f64, y: f64) -> f64 {
    if y == 0.0 || x.is_infinite() || x.is_nan() || y.is_nan() { NAN } else { x % y }
}

/// The IEEE 754 remainder: of `x / y` rounded to the nearest integer, ties to even.
pub fn remainder(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() || x.is_infinite() || y == 0.0 {
        return NAN;
    }
    if y.is_infinite() || x == 0.0 {
        return x;
    }
    let (mut rest, divisor) = (x.abs(), y.abs());
    let negative = x < 0.0;
    if rest == divisor {
        return if negative { -0.0 } else { 0.0 };
    }
    if divisor <= f64::MAX / 2.0 {
        rest %= divisor + divisor;
    }
    if divisor < 2.0 * f64::MIN_POSITIVE {
        // Halving the divisor would lose a bit; doubling the rest does not.
        if rest + rest > divisor {
            rest -= divisor;
            if rest + rest >= divisor {
                rest -= divisor;
            }
        }
    } else {
        let half = 0.5 * divisor;
        if rest > half {
            rest -= divisor;
            if rest >= half {
                rest -= divisor;
            }
        }
    }
    if negative { -rest } else { rest }
}

/// The next representable value after `x` towards `y`.
pub fn nextafter(x: f64, y: f64) -> f64 {
    if x.is_nan() || y.is_nan() {
        NAN
    } else if x == y {
        x
    } else if x == 0.0 {
        f64::from_bits(1).copysign(y)
    } else if (y > x) == (x > 0.0) {
        f64::from_bits(x.to_bits() + 1)
    } else {
        f64::from_bits(x.to_bits() - 1)
    }
}

/// The next representable 32-bit value after `x` towards `y`.
pub fn nextafter32(x: f32, y: f32) -> f32 {
    if x.is_nan() || y.is_nan() {
        f32::NAN
    } else if x == y {
        x
    } else if x == 0.0 {
        f32::from_bits(1).copysign(y)
    } else if (y > x) == (x > 0.0) {
        f32::from_bits(x.to_bits() + 1)
    } else {
        f32::from_bits(x.to_bits() - 1)
    }
}

/// `max(x - y, 0)`.
pub fn dim(x: f64, y: f64) -> f64 {
    let difference = x - y;
    if difference <= 0.0 { 0.0 } else { difference }
}

/// The larger of `x` and `y`; +Inf wins over NaN, +0 over -0.
pub fn max(x: f64, y: f64) -> f64 {
    if x == f64::INFINITY || y == f64::INFINITY {
        f64::INFINITY
    } else if x.is_nan() || y.is_nan() {
        NAN
    } else if x == 0.0 && y == 0.0 {
        if x.is_sign_negative() { y } else { x }
    } else if x > y {
        x
    } else {
        y
    }
}

/// The smaller of `x` and `y`; -Inf wins over NaN, -0 over +0.
pub fn min(x: f64, y: f64) -> f64 {
    if x == f64::NEG_INFINITY || y == f64::NEG_INFINITY {
        f64::NEG_INFINITY
    } else if x.is_nan() || y.is_nan() {
        NAN
    } else if x == 0.0 && y == 0.0 {
        if x.is_sign_negative() { x } else { y }
    } else if x < y {
        x
    } else {
        y
    }
}

/// `sqrt(p*p + q*q)` without needless overflow.
pub fn hypot(p: f64, q: f64) -> f64 {
    let (p, q) = (p.abs(), q.abs());
    if p.is_infinite() || q.is_infinite() {
        return f64::INFINITY;
    }
    if p.is_nan() || q.is_nan() {
        return NAN;
    }
    let (large, small) = if p < q { (q, p) } else { (p, q) };
    if large == 0.0 {
        return 0.0;
    }
    let ratio = small / large;
    large * (1.0 + ratio * ratio).sqrt()
}

/// The square root; NaN has Go's sign and payload only if `x` was NaN already.
pub fn sqrt(x: f64) -> f64 {
    x.sqrt()
}
