//! Trigonometric functions and their inverses, by the methods of the Cephes library.
//!
//! Arguments below 2^29 are reduced by π/4 in three parts (Cody and Waite), larger ones by 64-bit
//! words of the digits of 4/π (Payne and Hanek).

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, FRAC_PI_4, PI};

use super::exact::NAN;
use super::explog::poly;

const SIN: [f64; 6] = [
    -1.666_666_666_666_663e-1,
    8.333_333_333_322_119e-3,
    -1.984_126_982_958_954e-4,
    2.755_731_362_138_572_4e-6,
    -2.505_074_776_285_780_7e-8,
    1.589_623_015_765_465_7e-10,
];
const COS: [f64; 6] = [
    4.166_666_666_666_659_3e-2,
    -1.388_888_888_887_305_6e-3,
    2.480_158_728_885_170_5e-5,
    -2.755_731_417_929_674e-7,
    2.087_570_084_197_473e-9,
    -1.135_853_652_138_768_2e-11,
];

/// The octant (even, modulo eight) and what is left of a non-negative finite `x`.
fn reduce(x: f64) -> (u64, f64) {
    const PART_A: f64 = 7.853_981_256_484_985e-1;
    const PART_B: f64 = 3.774_894_707_930_798e-8;
    const PART_C: f64 = 2.695_151_429_079_059_5e-15;
    if x >= (1u64 << 29) as f64 {
        return reduce_large(x);
    }
    let mut octant = (x * (2.0 * FRAC_2_PI)) as u64;
    octant += octant & 1;
    let y = octant as f64;
    (octant & 7, ((x - y * PART_A) - y * PART_B) - y * PART_C)
}

/// The digits of 4/π in words of 64 bits, the first word its integer part.
const FOUR_OVER_PI: [u64; 20] = [
    0x0000_0000_0000_0001,
    0x45f3_06dc_9c88_2a53,
    0xf84e_afa3_ea69_bb81,
    0xb6c5_2b32_7887_2083,
    0xfca2_c757_bd77_8ac3,
    0x6e48_dc74_849b_a5c0,
    0x0c92_5dd4_13a3_2439,
    0xfc3b_d639_6253_4e7d,
    0xd104_6bea_5d76_8909,
    0xd338_e04d_68be_fc82,
    0x7323_ac73_06a6_73e9,
    0x3908_bf17_7bf2_5076,
    0x3ff1_2fff_bc0b_301f,
    0xde5e_2316_b414_da3e,
    0xda6c_fd9e_4f96_136e,
    0x9e8c_7ecd_3cbf_d45a,
    0xea4f_758f_d7cb_e2f6,
    0x7a0e_73ef_14a5_25d4,
    0xd7f6_bf62_3f1a_ba10,
    0xac06_608d_f8f6_d757,
];

fn reduce_large(x: f64) -> (u64, f64) {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7FF) as i64 - 1023 - 52;
    let mantissa = bits & ((1 << 52) - 1) | 1 << 52;
    // The three words whose product with the mantissa holds the octant and the fraction.
    let position = (exponent + 61) as usize;
    let (digit, shift) = (position / 64, position % 64);
    let word = |at: usize| -> u64 {
        let pair = u128::from(FOUR_OVER_PI[at]) << 64 | u128::from(FOUR_OVER_PI[at + 1]);
        (pair >> (64 - shift)) as u64
    };
    let low = (u128::from(word(digit + 2)) * u128::from(mantissa)) >> 64;
    let middle = u128::from(word(digit + 1)) * u128::from(mantissa);
    let high = u128::from(word(digit).wrapping_mul(mantissa)) << 64;
    let product = high.wrapping_add(middle).wrapping_add(low);
    let octant = (product >> 125) as u64;
    let fraction = product << 3;
    let (hi, lo) = ((fraction >> 64) as u64, product as u64);
    // As a float in [0, 1): drop the leading bit, keep 52 more.
    let zeros = hi.leading_zeros();
    let shifted =
        hi.checked_shl(zeros + 1).unwrap_or(0) | lo.checked_shr(63u32.wrapping_sub(zeros)).unwrap_or(0);
    let value = f64::from_bits(shifted >> 12 | u64::from(1023 - (zeros + 1)) << 52);
    if octant & 1 == 1 { ((octant + 1) & 7, (value - 1.0) * FRAC_PI_4) } else { (octant, value * FRAC_PI_4) }
}

fn sin_part(z: f64) -> f64 {
    let zz = z * z;
    z + z * zz * poly(zz, &SIN)
}

fn cos_part(z: f64) -> f64 {
    let zz = z * z;
    1.0 - 0.5 * zz + zz * zz * poly(zz, &COS)
}

/// The sine of `x` in radians.
pub fn sin(x: f64) -> f64 {
    if x == 0.0 || x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return NAN;
    }
    let (octant, z) = reduce(x.abs());
    let y = if octant & 2 == 2 { cos_part(z) } else { sin_part(z) };
    if (octant > 3) != (x < 0.0) { -y } else { y }
}

/// The cosine of `x` in radians.
pub fn cos(x: f64) -> f64 {
    if !x.is_finite() {
        return NAN;
    }
    let (octant, z) = reduce(x.abs());
    let y = if octant & 2 == 2 { sin_part(z) } else { cos_part(z) };
    if (octant > 3) != (octant & 2 == 2) { -y } else { y }
}

/// Sine and cosine of `x` in radians.
pub fn sincos(x: f64) -> (f64, f64) {
    if x == 0.0 {
        return (x, 1.0);
    }
    if !x.is_finite() {
        return (NAN, NAN);
    }
    (sin(x), cos(x))
}

/// The tangent of `x` in radians.
pub fn tan(x: f64) -> f64 {
    const P: [f64; 3] = [-1.795_652_519_764_848_8e7, 1.153_516_648_385_874_2e6, -1.309_369_391_813_837_9e4];
    const Q: [f64; 5] = [
        -5.386_957_559_294_546_3e7,
        2.500_838_018_233_579e7,
        -1.320_892_344_402_109_7e6,
        1.368_129_634_706_929_6e4,
        1.0,
    ];
    if x == 0.0 || x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return NAN;
    }
    let (octant, z) = reduce(x.abs());
    let zz = z * z;
    let mut y = if zz > 1e-14 { z + z * (zz * poly(zz, &P) / poly(zz, &Q)) } else { z };
    if octant & 2 == 2 {
        y = -1.0 / y;
    }
    if x < 0.0 { -y } else { y }
}

/// The arctangent in [0, 0.66].
fn atan_reduced(x: f64) -> f64 {
    const P: [f64; 5] = [
        -6.485_021_904_942_025e1,
        -1.228_866_684_490_136_1e2,
        -7.500_855_792_314_705e1,
        -1.615_753_718_733_365_2e1,
        -8.750_608_600_031_904e-1,
    ];
    const Q: [f64; 6] = [
        1.945_506_571_482_614e2,
        4.853_903_996_359_137e2,
        4.328_810_604_912_902_7e2,
        1.650_270_098_316_988_5e2,
        2.485_846_490_142_306_2e1,
        1.0,
    ];
    let z = x * x;
    let z = z * poly(z, &P) / poly(z, &Q);
    x * z + x
}

/// The arctangent of a positive `x`.
fn atan_positive(x: f64) -> f64 {
    /// What π/2 lacks as a float64.
    const MORE_BITS: f64 = 6.123_233_995_736_766e-17;
    if x <= 0.66 {
        return atan_reduced(x);
    }
    // The tangent of 3π/8.
    if x > 2.414_213_562_373_095 {
        return FRAC_PI_2 - atan_reduced(1.0 / x) + MORE_BITS;
    }
    FRAC_PI_4 + atan_reduced((x - 1.0) / (x + 1.0)) + 0.5 * MORE_BITS
}

/// The arctangent.
pub fn atan(x: f64) -> f64 {
    if x == 0.0 {
        x
    } else if x > 0.0 {
        atan_positive(x)
    } else {
        -atan_positive(-x)
    }
}

/// The arcsine.
pub fn asin(x: f64) -> f64 {
    if x == 0.0 {
        return x;
    }
    let size = if x < 0.0 { -x } else { x };
    if size > 1.0 {
        return NAN;
    }
    let other = (1.0 - size * size).sqrt();
    let result =
        if size > 0.7 { FRAC_PI_2 - atan_positive(other / size) } else { atan_positive(size / other) };
    if x < 0.0 { -result } else { result }
}

/// The arccosine.
pub fn acos(x: f64) -> f64 {
    FRAC_PI_2 - asin(x)
}

/// The angle of the point (`x`, `y`).
pub fn atan2(y: f64, x: f64) -> f64 {
    if y.is_nan() || x.is_nan() {
        return NAN;
    }
    let size = if y == 0.0 {
        if x.is_sign_negative() { PI } else { 0.0 }
    } else if x == 0.0 {
        FRAC_PI_2
    } else if x.is_infinite() {
        match (x > 0.0, y.is_infinite()) {
            (true, true) => FRAC_PI_4,
            (true, false) => 0.0,
            (false, true) => 3.0 * FRAC_PI_4,
            (false, false) => PI,
        }
    } else if y.is_infinite() {
        FRAC_PI_2
    } else {
        let q = atan(y / x);
        return match (x < 0.0, q <= 0.0) {
            (false, _) => q,
            (true, true) => q + PI,
            (true, false) => q - PI,
        };
    };
    size.copysign(y)
}
