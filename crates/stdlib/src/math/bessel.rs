//! Bessel functions of order zero and one (FreeBSD msun, `e_j0.c`, `e_j1.c`); the others are made of
//! them by recurrence in the package's source.

use std::f64::consts::{FRAC_2_PI, FRAC_2_SQRT_PI};

use super::bessel_tables::{P0, P1, Q0, Q1, Rational};
use super::exact::NAN;
use super::explog::{log, poly};
use super::trig::{cos, sincos};

/// `1/sqrt(π)`.
const INV_SQRT_PI: f64 = 0.5 * FRAC_2_SQRT_PI;
/// `2^129`, from where the asymptotic form is its first term.
const TWO_129: f64 = f64::from_bits((1023 + 129) << 52);

const J_NUM_0: [f64; 4] = [
    0.015_624_999_999_999_995,
    -0.000_189_979_294_238_854_72,
    1.829_540_495_327_006_7e-6,
    -4.618_326_885_321_032e-9,
];
const J_DEN_0: [f64; 5] = [
    1.0,
    0.015_619_102_946_489_001,
    0.000_116_926_784_663_337_45,
    5.135_465_502_073_181e-7,
    1.166_140_033_337_9e-9,
];
const Y_NUM_0: [f64; 7] = [
    -0.073_804_295_108_687_23,
    0.176_666_452_509_181_12,
    -0.013_818_567_194_559_69,
    0.000_347_453_432_093_683_65,
    -3.814_070_537_243_641_6e-6,
    1.955_901_370_350_229_2e-8,
    -3.982_051_941_321_034e-11,
];
const Y_DEN_0: [f64; 5] = [
    1.0,
    0.012_730_483_483_412_37,
    7.600_686_273_503_533e-5,
    2.591_508_518_404_578e-7,
    4.411_103_113_326_754_7e-10,
];
const J_NUM_1: [f64; 4] =
    [-0.0625, 0.001_407_056_669_551_897, -1.599_556_310_840_356e-5, 4.967_279_996_095_844_5e-8];
const J_DEN_1: [f64; 6] = [
    1.0,
    0.019_153_759_953_836_346,
    0.000_185_946_785_588_630_92,
    1.177_184_640_426_236_8e-6,
    5.046_362_570_762_170_4e-9,
    1.235_422_744_261_379_1e-11,
];
const Y_NUM_1: [f64; 5] = [
    -0.196_057_090_646_238_94,
    0.050_443_871_663_981_13,
    -0.001_912_568_958_757_635_5,
    2.352_526_005_616_105e-5,
    -9.190_991_580_398_789e-8,
];
const Y_DEN_1: [f64; 6] = [
    1.0,
    0.019_916_731_823_664_99,
    0.000_202_552_581_025_135_17,
    1.356_088_010_975_162_3e-6,
    6.227_414_523_646_215e-9,
    1.665_592_462_079_920_8e-11,
];

/// The rational approximation in `1/x²` for x from two on.
fn asymptotic(x: f64, table: &[Rational; 4]) -> f64 {
    let range = if x >= 8.0 {
        0
    } else if x >= 4.5454 {
        1
    } else if x >= 2.8571 {
        2
    } else {
        3
    };
    let (numerator, denominator) = table[range];
    let z = 1.0 / (x * x);
    poly(z, numerator) / poly(z, denominator)
}

/// The two phases of order zero, `sin x - cos x` and `sin x + cos x`, without cancellation.
fn phases0(x: f64) -> (f64, f64) {
    let (s, c) = sincos(x);
    let (mut ss, mut cc) = (s - c, s + c);
    if x < f64::MAX / 2.0 {
        let z = -cos(x + x);
        if s * c < 0.0 {
            cc = z / ss;
        } else {
            ss = z / cc;
        }
    }
    (ss, cc)
}

/// The two phases of order one.
fn phases1(x: f64) -> (f64, f64) {
    let (s, c) = sincos(x);
    let (mut ss, mut cc) = (-s - c, s - c);
    if x < f64::MAX / 2.0 {
        let z = cos(x + x);
        if s * c > 0.0 {
            cc = z / ss;
        } else {
            ss = z / cc;
        }
    }
    (ss, cc)
}

/// The Bessel function of the first kind of order zero.
pub fn j0(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() {
        return 0.0;
    }
    let x = x.abs();
    if x >= 2.0 {
        let (ss, cc) = phases0(x);
        if x > TWO_129 {
            return INV_SQRT_PI * cc / x.sqrt();
        }
        let (u, v) = (1.0 + asymptotic(x, &P0), (-0.125 + asymptotic(x, &Q0)) / x);
        return INV_SQRT_PI * (u * cc - v * ss) / x.sqrt();
    }
    if x < 1.0 / (1u64 << 27) as f64 {
        return 1.0;
    }
    if x < 1.0 / (1u64 << 13) as f64 {
        return 1.0 - 0.25 * x * x;
    }
    let z = x * x;
    let ratio = z * poly(z, &J_NUM_0) / poly(z, &J_DEN_0);
    if x < 1.0 {
        return 1.0 + z * (-0.25 + ratio);
    }
    let u = 0.5 * x;
    (1.0 + u) * (1.0 - u) + z * ratio
}

/// The Bessel function of the second kind of order zero.
pub fn y0(x: f64) -> f64 {
    if x < 0.0 || x.is_nan() {
        return NAN;
    }
    if x.is_infinite() {
        return 0.0;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x >= 2.0 {
        let (ss, cc) = phases0(x);
        if x > TWO_129 {
            return INV_SQRT_PI * ss / x.sqrt();
        }
        let (u, v) = (1.0 + asymptotic(x, &P0), (-0.125 + asymptotic(x, &Q0)) / x);
        return INV_SQRT_PI * (u * ss + v * cc) / x.sqrt();
    }
    if x <= 1.0 / (1u64 << 27) as f64 {
        return Y_NUM_0[0] + FRAC_2_PI * log(x);
    }
    let z = x * x;
    poly(z, &Y_NUM_0) / poly(z, &Y_DEN_0) + FRAC_2_PI * j0(x) * log(x)
}

/// The Bessel function of the first kind of order one.
pub fn j1(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    if x.is_infinite() || x == 0.0 {
        return 0.0;
    }
    let (size, negative) = (x.abs(), x < 0.0);
    let result = if size >= 2.0 {
        let (ss, cc) = phases1(size);
        if size > TWO_129 {
            INV_SQRT_PI * cc / size.sqrt()
        } else {
            let (u, v) = (1.0 + asymptotic(size, &P1), (0.375 + asymptotic(size, &Q1)) / size);
            INV_SQRT_PI * (u * cc - v * ss) / size.sqrt()
        }
    } else if size < 1.0 / (1u64 << 27) as f64 {
        // Real Go forgets the sign here.
        return 0.5 * size;
    } else {
        let z = size * size;
        let r = z * poly(z, &J_NUM_1);
        0.5 * size + r * size / poly(z, &J_DEN_1)
    };
    if negative { -result } else { result }
}

/// The Bessel function of the second kind of order one.
pub fn y1(x: f64) -> f64 {
    if x < 0.0 || x.is_nan() {
        return NAN;
    }
    if x.is_infinite() {
        return 0.0;
    }
    if x == 0.0 {
        return f64::NEG_INFINITY;
    }
    if x >= 2.0 {
        let (ss, cc) = phases1(x);
        if x > TWO_129 {
            return INV_SQRT_PI * ss / x.sqrt();
        }
        let (u, v) = (1.0 + asymptotic(x, &P1), (0.375 + asymptotic(x, &Q1)) / x);
        return INV_SQRT_PI * (u * ss + v * cc) / x.sqrt();
    }
    if x <= 1.0 / (1u64 << 54) as f64 {
        return -FRAC_2_PI / x;
    }
    let z = x * x;
    x * (poly(z, &Y_NUM_1) / poly(z, &Y_DEN_1)) + FRAC_2_PI * (j1(x) * log(x) - 1.0 / x)
}
