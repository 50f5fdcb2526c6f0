//! Exponentials, logarithms, powers, cube root and the hyperbolic functions.
//!
//! The logarithms, `expm1`, `exp2` and the inverse hyperbolic functions are those of FreeBSD's
//! msun; `exp` is the sixteen-fold argument reduction with a Taylor polynomial that real Go uses on
//! amd64 with fused multiply-add; `tanh` is Cephes', `sinh` Hart and Cheney's (no. 2029).
//!
//! Invariant: the order of operations is part of the result. Every step is rounded separately
//! unless `mul_add` is written.

use std::f64::consts::{LN_2, LOG2_E, LOG10_E};

use super::exact::{NAN, frexp, ldexp, modf};

/// `c[0] + x*(c[1] + x*(...))`.
#[inline(always)]
pub(super) fn poly(x: f64, coefficients: &[f64]) -> f64 {
    let mut rest = coefficients.iter().rev();
    let mut sum = rest.next().copied().unwrap_or(0.0);
    for &coefficient in rest {
        sum = sum * x + coefficient;
    }
    sum
}

const LN2_HI: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
const LN2_LO: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);

/// `e^x`.
pub fn exp(x: f64) -> f64 {
    const LN2_UPPER: f64 = f64::from_bits(0x3fe6_2e42_fefa_3000);
    const LN2_LOWER: f64 = 0.282_352_905_630_315_77e-12;
    const OVERFLOW: f64 = 7.097_827_128_933_84e2;
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == f64::NEG_INFINITY {
        return 0.0;
    }
    if x > OVERFLOW {
        return f64::INFINITY;
    }
    let scaled = (LOG2_E * x).round_ties_even();
    if scaled < -1076.0 {
        return 0.0;
    }
    let mut r = (-scaled).mul_add(LN2_UPPER, x);
    r = (-scaled).mul_add(LN2_LOWER, r);
    // exp(r) - 1 of a sixteenth by its series, then four times (1 + y)^2 - 1 = y * (y + 2).
    r *= 0.0625;
    let mut sum: f64 = 1.0 / 40320.0;
    for coefficient in [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0] {
        sum = sum.mul_add(r, coefficient);
    }
    r *= sum;
    for _ in 0..3 {
        r *= r + 2.0;
    }
    let fraction = (r + 2.0).mul_add(r, 1.0);
    let biased = scaled as i64 + 1023;
    if biased >= 0x7FF {
        return f64::INFINITY;
    }
    if biased > 0 {
        return fraction * f64::from_bits((biased as u64) << 52);
    }
    if biased < -52 {
        return 0.0;
    }
    fraction * f64::from_bits(((biased + 1022) as u64) << 52) * f64::MIN_POSITIVE
}

/// `2^x`.
pub fn exp2(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x > 1.023_999_999_999_999_9e3 {
        return f64::INFINITY;
    }
    if x < -1.074e3 {
        return 0.0;
    }
    let k = if x > 0.0 {
        (x + 0.5) as i64
    } else if x < 0.0 {
        (x - 0.5) as i64
    } else {
        0
    };
    let t = x - k as f64;
    let (hi, lo) = (t * LN2_HI, -t * LN2_LO);
    const P: [f64; 5] = [
        1.666_666_666_666_666_6e-1,
        -2.777_777_777_701_559_3e-3,
        6.613_756_321_437_934e-5,
        -1.653_390_220_546_525_2e-6,
        4.138_136_797_057_238_5e-8,
    ];
    let r = hi - lo;
    let t = r * r;
    let c = r - t * poly(t, &P);
    let y = 1.0 - ((lo - (r * c) / (2.0 - c)) - hi);
    ldexp(y, k)
}

/// `e^x - 1`, accurate near zero.
pub fn expm1(x: f64) -> f64 {
    const Q: [f64; 6] = [
        1.0,
        -3.333_333_333_333_313e-2,
        1.587_301_587_254_814_6e-3,
        -7.936_507_578_674_88e-5,
        4.008_217_827_329_362e-6,
        -2.010_992_181_836_243_7e-7,
    ];
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == f64::NEG_INFINITY {
        return -1.0;
    }
    let (mut x, size, negative) = (x, x.abs(), x < 0.0);
    if size >= 3.881_624_211_135_693_7e1 {
        if negative {
            return -1.0;
        }
        if size >= 7.097_827_128_933_84e2 {
            return f64::INFINITY;
        }
    }
    let (mut c, mut k) = (0.0, 0i64);
    if size > 3.465_735_902_799_726_5e-1 {
        let (hi, lo);
        if size < 1.039_720_770_839_918 {
            if negative {
                (hi, lo, k) = (x + LN2_HI, -LN2_LO, -1);
            } else {
                (hi, lo, k) = (x - LN2_HI, LN2_LO, 1);
            }
        } else {
            k = (LOG2_E * x + if negative { -0.5 } else { 0.5 }) as i64;
            let t = k as f64;
            (hi, lo) = (x - t * LN2_HI, t * LN2_LO);
        }
        x = hi - lo;
        c = (hi - x) - lo;
    } else if size < 1.0 / (1u64 << 54) as f64 {
        return x;
    }
    let hfx = 0.5 * x;
    let hxs = x * hfx;
    let r1 = poly(hxs, &Q);
    let t = 3.0 - r1 * hfx;
    let mut e = hxs * ((r1 - t) / (6.0 - x * t));
    if k == 0 {
        return x - (x * e - hxs);
    }
    e = x * (e - c) - c;
    e -= hxs;
    let scale = |y: f64| f64::from_bits(y.to_bits().wrapping_add((k as u64) << 52));
    match k {
        -1 => 0.5 * (x - e) - 0.5,
        1 if x < -0.25 => -2.0 * (e - (x + 0.5)),
        1 => 1.0 + 2.0 * (x - e),
        _ if k <= -2 || k > 56 => scale(1.0 - (e - x)) - 1.0,
        _ if k < 20 => {
            let t = f64::from_bits(0x3ff0_0000_0000_0000 - (0x0020_0000_0000_0000 >> k));
            scale(t - (e - x))
        }
        _ => {
            let t = f64::from_bits(((0x3ff - k) as u64) << 52);
            scale(x - (e + t) + 1.0)
        }
    }
}

const LOG_COEFFICIENTS: [f64; 7] = [
    6.666_666_666_666_735e-1,
    3.999_999_999_940_942e-1,
    2.857_142_874_366_239e-1,
    2.222_219_843_214_978_4e-1,
    1.818_357_216_161_805e-1,
    1.531_383_769_920_937_3e-1,
    1.479_819_860_511_658_6e-1,
];

/// The natural logarithm.
///
/// As real Go on amd64: a subnormal argument is taken apart by its bits, without normalising.
pub fn log(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x < 0.0 {
        return NAN;
    }
    let bits = x.to_bits();
    let mut fraction = f64::from_bits(bits & 0x000F_FFFF_FFFF_FFFF | 0x3FE0_0000_0000_0000);
    let mut k = (bits >> 52) as f64 - 1022.0;
    if fraction <= std::f64::consts::FRAC_1_SQRT_2 {
        fraction *= 2.0;
        k -= 1.0;
    }
    let [l1, l2, l3, l4, l5, l6, l7] = LOG_COEFFICIENTS;
    let f = fraction - 1.0;
    let s = f / (2.0 + f);
    let s2 = s * s;
    let s4 = s2 * s2;
    let t1 = s2 * poly(s4, &[l1, l3, l5, l7]);
    let t2 = s4 * poly(s4, &[l2, l4, l6]);
    let r = t1 + t2;
    let hfsq = 0.5 * f * f;
    k * LN2_HI - ((hfsq - (s * (hfsq + r) + k * LN2_LO)) - f)
}

/// The decimal logarithm.
pub fn log10(x: f64) -> f64 {
    log(x) * LOG10_E
}

/// The binary logarithm, exact for powers of two.
pub fn log2(x: f64) -> f64 {
    let (fraction, exponent) = frexp(x);
    if fraction == 0.5 {
        return (exponent - 1) as f64;
    }
    log(fraction) * LOG2_E + exponent as f64
}

/// `log(1 + x)`, accurate near zero.
pub fn log1p(x: f64) -> f64 {
    if x < -1.0 || x.is_nan() {
        return NAN;
    }
    if x == -1.0 {
        return f64::NEG_INFINITY;
    }
    if x == f64::INFINITY {
        return x;
    }
    let size = x.abs();
    let (mut f, mut fraction, mut k, mut c) = (0.0, 0u64, 1i64, 0.0);
    if size < 4.142_135_623_730_950_5e-1 {
        if size < 1.0 / (1u64 << 29) as f64 {
            return if size < 1.0 / (1u64 << 54) as f64 { x } else { x - x * x * 0.5 };
        }
        if x > -2.928_932_188_134_525e-1 {
            (k, f, fraction) = (0, x, 1);
        }
    }
    if k != 0 {
        let u = if size < (1u64 << 53) as f64 { 1.0 + x } else { x };
        let bits = u.to_bits();
        k = (bits >> 52) as i64 - 1023;
        if size < (1u64 << 53) as f64 {
            c = if k > 0 { 1.0 - (u - x) } else { x - (u - 1.0) };
            c /= u;
        }
        fraction = bits & 0x000f_ffff_ffff_ffff;
        let reduced = if fraction < 0x0006_a09e_667f_3bcd {
            fraction | 0x3ff0_0000_0000_0000
        } else {
            k += 1;
            let bits = fraction | 0x3fe0_0000_0000_0000;
            fraction = (0x0010_0000_0000_0000 - fraction) >> 2;
            bits
        };
        f = f64::from_bits(reduced) - 1.0;
    }
    let hfsq = 0.5 * f * f;
    let n = k as f64;
    if fraction == 0 {
        if f == 0.0 {
            if k == 0 {
                return 0.0;
            }
            c += n * LN2_LO;
            return n * LN2_HI + c;
        }
        let r = hfsq * (1.0 - 0.666_666_666_666_666_7 * f);
        if k == 0 {
            return f - r;
        }
        return n * LN2_HI - ((r - (n * LN2_LO + c)) - f);
    }
    let s = f / (2.0 + f);
    let z = s * s;
    let r = z * poly(z, &LOG_COEFFICIENTS);
    if k == 0 {
        return f - (hfsq - s * (hfsq + r));
    }
    n * LN2_HI - ((hfsq - (s * (hfsq + r) + (n * LN2_LO + c))) - f)
}

fn is_odd_integer(x: f64) -> bool {
    if x.abs() >= (1u64 << 53) as f64 {
        return false;
    }
    let (integer, fraction) = modf(x);
    fraction == 0.0 && (integer as i64) & 1 == 1
}

/// `x^y`: repeated squaring of the fraction for the integer part of `y`, `exp(f * log(x))` for the
/// rest of it.
pub fn pow(x: f64, y: f64) -> f64 {
    if y == 0.0 || x == 1.0 {
        return 1.0;
    }
    if y == 1.0 {
        return x;
    }
    if x.is_nan() || y.is_nan() {
        return NAN;
    }
    if x == 0.0 {
        let odd = x.is_sign_negative() && is_odd_integer(y);
        return match (y < 0.0, odd) {
            (true, true) => f64::NEG_INFINITY,
            (true, false) => f64::INFINITY,
            (false, true) => x,
            (false, false) => 0.0,
        };
    }
    if y.is_infinite() {
        return if x == -1.0 {
            1.0
        } else if (x.abs() < 1.0) == (y > 0.0) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    if x.is_infinite() {
        if x < 0.0 {
            return pow(1.0 / x, -y);
        }
        return if y < 0.0 { 0.0 } else { f64::INFINITY };
    }
    if y == 0.5 {
        return x.sqrt();
    }
    if y == -0.5 {
        return 1.0 / x.sqrt();
    }
    let (mut integer, mut fraction) = modf(y.abs());
    if fraction != 0.0 && x < 0.0 {
        return NAN;
    }
    if integer >= 9.223_372_036_854_776e18 {
        return if x == -1.0 {
            1.0
        } else if (x.abs() < 1.0) == (y > 0.0) {
            0.0
        } else {
            f64::INFINITY
        };
    }
    let (mut result, mut exponent) = (1.0, 0i64);
    if fraction != 0.0 {
        if fraction > 0.5 {
            fraction -= 1.0;
            integer += 1.0;
        }
        result = exp(fraction * log(x));
    }
    let (mut base, mut base_exponent) = frexp(x);
    let mut rest = integer as i64;
    while rest != 0 {
        if !(-(1 << 12)..=1 << 12).contains(&base_exponent) {
            // The result over- or underflows; `ldexp` clamps it.
            exponent += base_exponent;
            break;
        }
        if rest & 1 == 1 {
            result *= base;
            exponent += base_exponent;
        }
        base *= base;
        base_exponent <<= 1;
        if base < 0.5 {
            base += base;
            base_exponent -= 1;
        }
        rest >>= 1;
    }
    if y < 0.0 {
        result = 1.0 / result;
        exponent = -exponent;
    }
    ldexp(result, exponent)
}

/// `10^n`.
pub fn pow10(n: i64) -> f64 {
    const SMALL: [f64; 32] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
        1e18, 1e19, 1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28, 1e29, 1e30, 1e31,
    ];
    const LARGE: [f64; 10] = [1e0, 1e32, 1e64, 1e96, 1e128, 1e160, 1e192, 1e224, 1e256, 1e288];
    const TINY: [f64; 11] =
        [1e0, 1e-32, 1e-64, 1e-96, 1e-128, 1e-160, 1e-192, 1e-224, 1e-256, 1e-288, 1e-320];
    match n {
        0..=308 => LARGE[n as usize / 32] * SMALL[n as usize % 32],
        -323..=-1 => TINY[-n as usize / 32] / SMALL[-n as usize % 32],
        309.. => f64::INFINITY,
        _ => 0.0,
    }
}

/// The cube root, by Kahan's estimate and one Newton step rounded to 23 bits.
pub fn cbrt(x: f64) -> f64 {
    const C: f64 = 5.428_571_428_571_428e-1;
    const D: f64 = -7.053_061_224_489_796e-1;
    const E: f64 = 1.414_285_714_285_714_4;
    const F: f64 = 1.607_142_857_142_857_2;
    const G: f64 = 3.571_428_571_428_571_5e-1;
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let size = x.abs();
    let mut t = f64::from_bits(size.to_bits() / 3 + (715_094_163 << 32));
    if size < f64::MIN_POSITIVE {
        t = (1u64 << 54) as f64 * size;
        t = f64::from_bits(t.to_bits() / 3 + (696_219_795 << 32));
    }
    let r = t * t / size;
    let s = C + r * t;
    t *= G + F / (s + E + D / s);
    t = f64::from_bits((t.to_bits() & (0xF_FFFF_FFFC << 28)).wrapping_add(1 << 30));
    let s = t * t;
    let r = size / s;
    let w = t + t;
    let r = (r - t) / (w + r);
    t += t * r;
    t.copysign(x)
}

/// The hyperbolic sine.
pub fn sinh(x: f64) -> f64 {
    const P: [f64; 4] = [
        -6.307_673_640_497_717e5,
        -8.991_272_022_039_509e4,
        -2.894_211_355_989_564e3,
        -2.630_563_213_397_497e1,
    ];
    const Q: [f64; 4] = [-6.307_673_640_497_717e5, 1.521_517_378_790_019e4, -1.736_789_535_582_337e2, 1.0];
    let size = if x < 0.0 { -x } else { x };
    let result = if size > 21.0 {
        exp(size) * 0.5
    } else if size > 0.5 {
        let e = exp(size);
        (e - 1.0 / e) * 0.5
    } else {
        let square = size * size;
        poly(square, &P) * size / poly(square, &Q)
    };
    if x < 0.0 { -result } else { result }
}

/// The hyperbolic cosine.
pub fn cosh(x: f64) -> f64 {
    let size = x.abs();
    let e = exp(size);
    if size > 21.0 { e * 0.5 } else { (e + 1.0 / e) * 0.5 }
}

/// The hyperbolic tangent.
pub fn tanh(x: f64) -> f64 {
    const P: [f64; 3] = [-1.614_687_684_417_084_5e3, -9.928_772_310_019_186e1, -9.643_991_794_250_522e-1];
    const Q: [f64; 4] = [4.844_063_053_251_255e3, 2.235_488_390_601_004_5e3, 1.128_116_784_916_329_3e2, 1.0];
    let size = x.abs();
    if size > 0.5 * 8.802_969_193_111_306e1 {
        1f64.copysign(x)
    } else if size >= 0.625 {
        let result = 1.0 - 2.0 / (exp(2.0 * size) + 1.0);
        if x < 0.0 { -result } else { result }
    } else if x == 0.0 {
        x
    } else {
        let s = x * x;
        x + x * s * poly(s, &P) / poly(s, &Q)
    }
}

/// The inverse hyperbolic sine.
pub fn asinh(x: f64) -> f64 {
    const LARGE: f64 = (1u64 << 28) as f64;
    if !x.is_finite() {
        return x;
    }
    let size = if x < 0.0 { -x } else { x };
    let result = if size > LARGE {
        log(size) + LN_2
    } else if size > 2.0 {
        log(2.0 * size + 1.0 / ((size * size + 1.0).sqrt() + size))
    } else if size < 1.0 / LARGE {
        size
    } else {
        log1p(size + size * size / (1.0 + (1.0 + size * size).sqrt()))
    };
    if x < 0.0 { -result } else { result }
}

/// The inverse hyperbolic cosine.
pub fn acosh(x: f64) -> f64 {
    if x < 1.0 || x.is_nan() {
        return NAN;
    }
    if x == 1.0 {
        return 0.0;
    }
    if x >= (1u64 << 28) as f64 {
        return log(x) + LN_2;
    }
    if x > 2.0 {
        return log(2.0 * x - 1.0 / (x + (x * x - 1.0).sqrt()));
    }
    let t = x - 1.0;
    log1p(t + (2.0 * t + t * t).sqrt())
}

/// The inverse hyperbolic tangent.
pub fn atanh(x: f64) -> f64 {
    if !(-1.0..=1.0).contains(&x) {
        return NAN;
    }
    if x.abs() == 1.0 {
        return f64::INFINITY.copysign(x);
    }
    let size = if x < 0.0 { -x } else { x };
    let result = if size < 1.0 / (1u64 << 28) as f64 {
        size
    } else if size < 0.5 {
        let t = size + size;
        0.5 * log1p(t + t * size / (1.0 - size))
    } else {
        0.5 * log1p((size + size) / (1.0 - size))
    };
    if x < 0.0 { -result } else { result }
}
