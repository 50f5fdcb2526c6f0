//! Gamma and error functions.
//!
//! `lgamma`, `erf` and `erfc` are FreeBSD msun's (`e_lgamma_r.c`, `s_erf.c`), `gamma` is Cephes' with
//! its Stirling formula, `erfinv` is Wichura's algorithm AS 241.

use std::f64::consts::{LN_2, PI, SQRT_2};

use super::exact::NAN;
use super::explog::{exp, log, poly, pow};
use super::trig::{cos, sin};

// Cephes gamma.c.
const GAMMA_P: [f64; 7] = [
    1.0,
    0.494_214_826_801_497_1,
    0.207_448_227_648_435_98,
    0.047_636_780_045_713_72,
    0.010_421_379_756_176_158,
    0.001_191_351_470_065_863_8,
    0.000_160_119_522_476_751_85,
];
const GAMMA_Q: [f64; 8] = [
    1.0,
    0.071_430_491_703_027_3,
    -0.234_591_795_718_243_35,
    0.035_823_639_860_549_865,
    0.011_813_978_522_206_043,
    -0.004_456_419_138_517_973,
    0.000_539_605_580_493_303_4,
    -2.315_818_733_241_201_4e-5,
];
const STIRLING: [f64; 5] = [
    0.083_333_333_333_348_22,
    0.003_472_222_216_054_586_6,
    -0.002_681_326_178_057_812_4,
    -0.000_229_549_961_613_378_13,
    0.000_787_311_395_793_093_7,
];

/// Stirling's formula as two factors, whose product may overflow.
fn stirling(x: f64) -> (f64, f64) {
    const SQRT_TWO_PI: f64 = 2.506_628_274_631_000_7;
    if x > 200.0 {
        return (f64::INFINITY, 1.0);
    }
    let w = 1.0 / x;
    let w = 1.0 + w * poly(w, &STIRLING);
    let e = exp(x);
    // Above this bound pow(x, x - 0.5) overflows although the quotient does not.
    let (y1, y2) = if x > 143.01608 {
        let v = pow(x, 0.5 * x - 0.25);
        (v, v / e)
    } else {
        (pow(x, x - 0.5) / e, 1.0)
    };
    (y1, SQRT_TWO_PI * w * y2)
}

/// The gamma function.
pub fn gamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::NEG_INFINITY || (x < 0.0 && x.fract() == 0.0) {
        return NAN;
    }
    if x == f64::INFINITY {
        return x;
    }
    if x == 0.0 {
        return f64::INFINITY.copysign(x);
    }
    let q = x.abs();
    if q > 33.0 {
        return if x > 0.0 {
            let (y1, y2) = stirling(x);
            y1 * y2
        } else {
            gamma_by_reflection(q)
        };
    }
    let mut x = x;
    let mut z = 1.0;
    while x >= 3.0 {
        x -= 1.0;
        z *= x;
    }
    while x < 0.0 {
        if x > -1e-9 {
            return gamma_near_zero(x, z);
        }
        z /= x;
        x += 1.0;
    }
    while x < 2.0 {
        if x < 1e-9 {
            return gamma_near_zero(x, z);
        }
        z /= x;
        x += 1.0;
    }
    if x == 2.0 {
        return z;
    }
    x -= 2.0;
    z * poly(x, &GAMMA_P) / poly(x, &GAMMA_Q)
}

/// gamma(-q) for q above 33, not an integer.
fn gamma_by_reflection(q: f64) -> f64 {
    let mut p = q.floor();
    let sign = if (p as i64) & 1 == 0 { -1.0 } else { 1.0 };
    let mut z = q - p;
    if z > 0.5 {
        p += 1.0;
        z = q - p;
    }
    let z = q * sin(PI * z);
    if z == 0.0 {
        return f64::INFINITY.copysign(sign);
    }
    let (y1, y2) = stirling(q);
    let size = z.abs();
    let d = size * y1 * y2;
    sign * if d.is_infinite() { PI / size / y1 / y2 } else { PI / d }
}

fn gamma_near_zero(x: f64, z: f64) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    if x == 0.0 { f64::INFINITY } else { z / ((1.0 + EULER * x) * x) }
}

// FreeBSD e_lgamma_r.c.
/// Near one and two: even and odd coefficients.
const A_EVEN: [f64; 6] = [
    0.077_215_664_901_532_87,
    0.067_352_301_053_129_27,
    0.007_385_550_860_814_029,
    0.001_192_707_631_833_620_7,
    0.000_220_862_790_713_908_39,
    2.521_445_654_512_573_3e-5,
];
const A_ODD: [f64; 6] = [
    0.322_467_033_424_113_6,
    0.020_580_808_432_516_733,
    0.002_890_513_836_734_156_3,
    0.000_510_069_792_153_511_3,
    0.000_108_011_567_247_583_94,
    4.486_409_496_189_151_6e-5,
];
/// Around the minimum: every third coefficient.
const T0: [f64; 5] = [
    0.483_836_122_723_810_05,
    -0.032_788_541_075_985_965,
    0.006_100_538_702_462_913,
    -0.001_403_464_699_892_328_4,
    0.000_315_632_070_903_625_95,
];
const T1: [f64; 5] = [
    -0.147_587_722_994_593_9,
    0.017_970_675_081_182_04,
    -0.003_684_520_167_811_382_6,
    0.000_881_081_882_437_654,
    -0.000_312_754_168_375_120_86,
];
const T2: [f64; 5] = [
    0.064_624_940_239_133_39,
    -0.010_314_224_129_834_144,
    0.002_259_647_809_006_124_7,
    -0.000_538_595_305_356_740_5,
    0.000_335_529_192_635_519_1,
];
/// Between, numerator and denominator.
const U: [f64; 6] = [
    -0.077_215_664_901_532_87,
    0.632_827_064_025_093_4,
    1.454_922_501_372_347_7,
    0.977_717_527_963_372_7,
    0.228_963_728_064_692_45,
    0.013_381_091_853_678_766,
];
const V: [f64; 6] = [
    1.0,
    2.455_977_937_130_411_3,
    2.128_489_763_798_934,
    0.769_285_150_456_672_8,
    0.104_222_645_593_369_13,
    0.003_217_092_422_824_239,
];
/// From two to eight, numerator and denominator.
const S: [f64; 7] = [
    -0.077_215_664_901_532_87,
    0.214_982_415_960_608_85,
    0.325_778_796_408_931,
    0.146_350_472_652_464_45,
    0.026_642_270_303_363_86,
    0.001_840_284_514_073_377_2,
    3.194_753_265_841_009e-5,
];
const R: [f64; 7] = [
    1.0,
    1.392_005_334_676_210_5,
    0.721_935_547_567_138_1,
    0.171_933_865_632_803_08,
    0.018_645_919_171_565_29,
    0.000_777_942_496_381_893_6,
    7.326_684_307_446_256e-6,
];
/// Stirling's series.
const W: [f64; 7] = [
    0.418_938_533_204_672_7,
    0.083_333_333_333_332_97,
    -0.002_777_777_777_287_755_4,
    0.000_793_650_558_643_019_6,
    -0.000_595_187_557_450_34,
    0.000_836_339_918_996_282_1,
    -0.001_630_929_340_965_752_7,
];

/// `-sin(πx)` for x not negative, by octants.
fn minus_sin_pi(x: f64) -> f64 {
    const TWO_52: f64 = (1u64 << 52) as f64;
    if x < 0.25 {
        return -sin(PI * x);
    }
    let (x, octant) = if x.floor() != x {
        let x = x % 2.0;
        (x, (x * 4.0) as u64)
    } else if x >= 2.0 * TWO_52 {
        (0.0, 0)
    } else {
        // The lowest bit of the integer: whether it is odd.
        let z = if x < TWO_52 { x + TWO_52 } else { x };
        let odd = z.to_bits() & 1;
        (odd as f64, odd << 2)
    };
    -match octant {
        0 => sin(PI * x),
        1 | 2 => cos(PI * (0.5 - x)),
        3 | 4 => sin(PI * (1.0 - x)),
        5 | 6 => -cos(PI * (x - 1.5)),
        _ => sin(PI * (x - 2.0)),
    }
}

/// The logarithm of |gamma(x)| and the sign of gamma(x).
pub fn lgamma(x: f64) -> (f64, i64) {
    if !x.is_finite() {
        return (x, 1);
    }
    if x == 0.0 {
        return (f64::INFINITY, 1);
    }
    let negative = x < 0.0;
    let size = x.abs();
    if size < f64::from_bits((1023 - 70) << 52) {
        return (-log(size), if negative { -1 } else { 1 });
    }
    if !negative {
        return (lgamma_positive(size), 1);
    }
    if size >= (1u64 << 52) as f64 {
        return (f64::INFINITY, 1);
    }
    let t = minus_sin_pi(size);
    if t == 0.0 {
        return (f64::INFINITY, 1);
    }
    let sign = if t < 0.0 { -1 } else { 1 };
    if size == 1.0 || size == 2.0 {
        return (0.0, sign);
    }
    (log(PI / (t * size).abs()) - lgamma_positive(size), sign)
}

fn lgamma_positive(x: f64) -> f64 {
    const MINIMUM: f64 = 1.461_632_144_968_362_2;
    if x == 1.0 || x == 2.0 {
        return 0.0;
    }
    if x < 2.0 {
        // By 0.27 around the minimum, or the next integer.
        return if x <= 0.9 {
            let start = -log(x);
            if x >= 0.731_632_144_968_362_2 {
                start + near_integer(1.0 - x)
            } else if x >= 0.191_632_144_968_362_26 {
                start + near_minimum(x - (MINIMUM - 1.0))
            } else {
                start + between(x)
            }
        } else if x >= 1.731_632_144_968_362_3 {
            0.0 + near_integer(2.0 - x)
        } else if x >= 1.191_632_144_968_362_2 {
            0.0 + near_minimum(x - MINIMUM)
        } else {
            0.0 + between(x - 1.0)
        };
    }
    if x < 8.0 {
        let integer = x.trunc();
        let y = x - integer;
        let p = y * poly(y, &S);
        let q = poly(y, &R);
        let mut result = 0.5 * y + p / q;
        if integer >= 3.0 {
            let mut z = 1.0;
            let mut factor = integer - 1.0;
            while factor >= 2.0 {
                z *= y + factor;
                factor -= 1.0;
            }
            result += log(z);
        }
        return result;
    }
    if x < (1u64 << 58) as f64 {
        let t = log(x);
        let z = 1.0 / x;
        let [w0, rest @ ..] = &W;
        let w = w0 + z * poly(z * z, rest);
        return (x - 0.5) * (t - 1.0) + w;
    }
    x * (log(x) - 1.0)
}

fn near_integer(y: f64) -> f64 {
    let z = y * y;
    let p = y * poly(z, &A_EVEN) + z * poly(z, &A_ODD);
    p - 0.5 * y
}

fn near_minimum(y: f64) -> f64 {
    const VALUE: f64 = -1.214_862_905_358_496_1e-1;
    const VALUE_REST: f64 = -3.638_676_997_039_505e-18;
    let z = y * y;
    let w = z * y;
    let p = z * poly(w, &T0) - (VALUE_REST - w * (poly(w, &T1) + y * poly(w, &T2)));
    VALUE + p
}

fn between(y: f64) -> f64 {
    let p1 = y * poly(y, &U);
    let p2 = poly(y, &V);
    -0.5 * y + p1 / p2
}

// FreeBSD s_erf.c.
const PP: [f64; 5] = [
    0.128_379_167_095_512_56,
    -0.325_042_107_247_001_5,
    -0.028_481_749_575_598_51,
    -0.005_770_270_296_489_442,
    -2.376_301_665_665_016_3e-5,
];
const QQ: [f64; 6] = [
    1.0,
    0.397_917_223_959_155_35,
    0.065_022_249_988_767_3,
    0.005_081_306_281_875_766,
    0.000_132_494_738_004_321_64,
    -3.960_228_278_775_368e-6,
];
const PA: [f64; 7] = [
    -0.002_362_118_560_752_659_4,
    0.414_856_118_683_748_33,
    -0.372_207_876_035_701_3,
    0.318_346_619_901_161_75,
    -0.110_894_694_282_396_68,
    0.035_478_304_325_618_236,
    -0.002_166_375_594_868_791,
];
const QA: [f64; 7] = [
    1.0,
    0.106_420_880_400_844_23,
    0.540_397_917_702_171,
    0.071_828_654_414_196_27,
    0.126_171_219_808_761_64,
    0.013_637_083_912_029_05,
    0.011_984_499_846_799_107,
];
const RA: [f64; 8] = [
    -0.009_864_944_034_847_148,
    -0.693_858_572_707_181_8,
    -10.558_626_225_323_291,
    -62.375_332_450_326_006,
    -162.396_669_462_573_47,
    -184.605_092_906_711_04,
    -81.287_435_506_306_6,
    -9.814_329_344_169_145,
];
const SA: [f64; 9] = [
    1.0,
    19.651_271_667_439_257,
    137.657_754_143_519_04,
    434.565_877_475_229_23,
    645.387_271_733_267_9,
    429.008_140_027_567_83,
    108.635_005_541_779_44,
    6.570_249_770_319_282,
    -0.060_424_415_214_858_1,
];
const RB: [f64; 7] = [
    -0.009_864_942_924_700_1,
    -0.799_283_237_680_523,
    -17.757_954_917_754_752,
    -160.636_384_855_821_92,
    -637.566_443_368_389_6,
    -1_025.095_131_611_077_2,
    -483.519_191_608_651_4,
];
const SB: [f64; 8] = [
    1.0,
    30.338_060_743_482_46,
    325.792_512_996_573_9,
    1_536.729_586_084_437,
    3_199.858_219_508_595_5,
    2_553.050_406_433_164_4,
    474.528_541_206_955_37,
    -22.440_952_446_585_82,
];
const ERX: f64 = 0.845_062_911_510_467_5;
const EFX: f64 = 0.128_379_167_095_512_6;
const EFX8: f64 = 1.027_033_336_764_100_7;

/// `x * erfc(x)` for x from 1.25 on.
fn erfc_times_x(x: f64) -> f64 {
    let s = 1.0 / (x * x);
    let ratio = if x < 1.0 / 0.35 { (poly(s, &RA), poly(s, &SA)) } else { (poly(s, &RB), poly(s, &SB)) };
    let z = f64::from_bits(x.to_bits() & 0xffff_ffff_0000_0000);
    exp(-z * z - 0.5625) * exp((z - x) * (z + x) + ratio.0 / ratio.1)
}

fn erf_small_ratio(x: f64) -> f64 {
    let z = x * x;
    poly(z, &PP) / poly(z, &QQ)
}

fn erf_middle_ratio(x: f64) -> f64 {
    let s = x - 1.0;
    poly(s, &PA) / poly(s, &QA)
}

/// The error function.
pub fn erf(x: f64) -> f64 {
    if x.is_nan() {
        return NAN;
    }
    let size = if x < 0.0 { -x } else { x };
    let result = if size < 0.84375 {
        let small = if size < 2.848_094_538_889_218e-306 {
            0.125 * (8.0 * size + EFX8 * size)
        } else if size < 1.0 / (1u64 << 28) as f64 {
            size + EFX * size
        } else {
            size + size * erf_small_ratio(size)
        };
        return if x < 0.0 { -small } else { small };
    } else if size < 1.25 {
        ERX + erf_middle_ratio(size)
    } else if size >= 6.0 {
        1.0
    } else {
        1.0 - erfc_times_x(size) / size
    };
    if x < 0.0 { -result } else { result }
}

/// The complementary error function `1 - erf(x)`.
pub fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return NAN;
    }
    let (size, negative) = (x.abs(), x < 0.0);
    if size < 0.84375 {
        let small = if size < 1.0 / (1u64 << 56) as f64 {
            size
        } else {
            let y = erf_small_ratio(size);
            if size < 0.25 { size + size * y } else { 0.5 + (size * y + (size - 0.5)) }
        };
        return if negative { 1.0 + small } else { 1.0 - small };
    }
    if size < 1.25 {
        let ratio = erf_middle_ratio(size);
        return if negative { 1.0 + ERX + ratio } else { 1.0 - ERX - ratio };
    }
    if size < 28.0 {
        if negative && size > 6.0 {
            return 2.0;
        }
        let r = erfc_times_x(size);
        return if negative { 2.0 - r / size } else { r / size };
    }
    if negative { 2.0 } else { 0.0 }
}

// Wichura, Applied Statistics 37 (1988), scaled for the inverse error function.
const CENTRAL_P: [f64; 8] = [
    1.197_532_311_567_091_3,
    47.072_688_112_383_98,
    697.062_665_343_896,
    4_854.886_889_384_388,
    16_235.862_515_167_575,
    23_782.041_382_114_385,
    11_819.493_347_062_295,
    887.094_069_625_455_2,
];
const CENTRAL_Q: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const MIDDLE_P: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const MIDDLE_Q: [f64; 8] = [
    SQRT_2,
    2.903_651_444_541_994_8,
    2.370_766_162_602_453_4,
    0.975_478_320_017_874_3,
    0.209_450_652_105_127_5,
    0.021_494_160_384_252_878,
    0.000_774_414_590_651_577_1,
    1.485_985_001_984_035_5e-9,
];
const TAIL_P: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const TAIL_Q: [f64; 8] = [
    SQRT_2,
    0.848_290_841_659_516_4,
    0.193_648_094_695_065_91,
    0.021_036_937_682_720_69,
    0.001_112_800_997_078_859_7,
    2.611_088_405_080_593_5e-5,
    2.010_321_207_683_943e-7,
    2.891_024_605_872_965_5e-15,
];

/// The inverse of the error function.
pub fn erfinv(x: f64) -> f64 {
    if x.is_nan() || x.abs() > 1.0 {
        return NAN;
    }
    if x.abs() == 1.0 {
        return f64::INFINITY.copysign(x);
    }
    let size = if x < 0.0 { -x } else { x };
    let result = if size <= 0.85 {
        let r = 0.180625 - 0.25 * size * size;
        (size * poly(r, &CENTRAL_P)) / poly(r, &CENTRAL_Q)
    } else {
        let r = (LN_2 - log(1.0 - size)).sqrt();
        if r <= 5.0 {
            poly(r - 1.6, &MIDDLE_P) / poly(r - 1.6, &MIDDLE_Q)
        } else {
            poly(r - 5.0, &TAIL_P) / poly(r - 5.0, &TAIL_Q)
        }
    };
    if x < 0.0 { -result } else { result }
}

/// The inverse of `erfc`.
pub fn erfcinv(x: f64) -> f64 {
    erfinv(1.0 - x)
}
