//! Every function against real Go on amd64: a digest over a million arguments each.

use super::{bessel, exact, explog, gamma, trig};

/// Digests (FNV-1a over the result words, NaN canonical) taken from go1.27.3 linux/amd64.
const DIGESTS: &[(&str, u64)] = &[
    ("acos", 0x20da81b60f75a973),
    ("acosh", 0x4597f9a1628dd72d),
    ("asin", 0x9942038c3d69cc77),
    ("asinh", 0x55a70001bfd56c6a),
    ("atan", 0x313842ec93b88b90),
    ("atanh", 0xd2f1b24f804007e5),
    ("cbrt", 0x3a8b102d35f2484b),
    ("cos", 0xf0a5d1e4d5b2059b),
    ("cosh", 0xd37983caaec5de77),
    ("erf", 0x28037773a6e4b085),
    ("erfc", 0x989bd7c69a13e121),
    ("erfcinv", 0xec0456d031eee586),
    ("erfinv", 0xf856a7496ac41d78),
    ("exp", 0xcbae20fd5e83ba1e),
    ("exp2", 0x89f6d645145b4172),
    ("expm1", 0x5d3ad334ba32e133),
    ("gamma", 0x443be5a98938939b),
    ("j0", 0x9edc8d76509d3a31),
    ("j1", 0xae926ef064838fb4),
    ("lgamma", 0xa1ac364b2422eca2),
    ("log", 0xe2d2be9971244afa),
    ("log10", 0xa7e4c72b352cd567),
    ("log1p", 0x221a21ef3bbb9519),
    ("log2", 0x0a588e9922a84c19),
    ("logb", 0xd9b1c6410bc6d1aa),
    ("sin", 0x81185f8dac83f194),
    ("sinh", 0xf5fb7f4f28549bf6),
    ("sqrt", 0x4c93b04cac314ba8),
    ("tan", 0x321ef7d1754f8bcd),
    ("tanh", 0x83524f568fcc888d),
    ("y0", 0x5812a60cbf1fc93f),
    ("y1", 0x905495789d9f1016),
    ("frexp", 0x66e779ea0fcc1155),
    ("sincos", 0x92ca35af8cbd3df8),
    ("modf", 0x149c150f58b391a6),
    ("ilogb", 0xe20b420286993025),
    ("floor", 0xe7361def880fdf1b),
    ("ceil", 0x20087fb66462b425),
    ("trunc", 0x6d61d82de8c72ccd),
    ("round", 0xd05cdb39dbd0b757),
    ("roundeven", 0x82536eefc1afbebf),
    ("atan2", 0x7e4fe57aa7a3d185),
    ("pow", 0x0adade60c8868446),
    ("hypot", 0x355ba4457ebc0e28),
    ("mod", 0x5c2f801e96ca6ccc),
    ("remainder", 0xbbfefaefae8b46b3),
    ("nextafter", 0x8e3cb49dbf3e4840),
    ("dim", 0xe8c676116e9ac6a7),
    ("max", 0xe71a9efe9ac0ebc8),
    ("min", 0x0b49b3968192ee66),
    ("copysign", 0xf16778af54ea205e),
    ("ldexp", 0xd92cf14817c13bc1),
    ("nextafter32", 0xc37177f078f5ed10),
    ("powi", 0x061598d4a943c5e2),
];

const SPECIAL: [f64; 44] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    2.0,
    -2.0,
    0.5,
    -0.5,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NAN,
    f64::MAX,
    f64::MIN,
    5e-324,
    -5e-324,
    1e-310,
    3.0,
    4.0,
    -3.0,
    -4.0,
    0.7,
    709.78,
    710.0,
    -745.0,
    -746.0,
    536_870_912.0,
    4_503_599_627_370_496.0,
    9_007_199_254_740_992.0,
    4_611_686_018_427_387_904.0,
    1e19,
    0.84375,
    1.25,
    6.0,
    28.0,
    33.0,
    171.0,
    200.0,
    -33.5,
    -170.5,
    143.1,
    1.4616,
    0.9,
    0.85,
    1e-9,
];

struct Arguments(u64);

impl Arguments {
    fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Half of them any bits, a quarter in [-8, 8), a quarter in [-1024, 1024) or special.
    fn float(&mut self) -> f64 {
        let choice = self.word();
        match choice >> 61 & 3 {
            0 | 1 => f64::from_bits(self.word()),
            2 => self.word() as i64 as f64 / (1u64 << 60) as f64,
            _ if choice & 7 == 0 => SPECIAL[(self.word() % 44) as usize],
            _ => self.word() as i64 as f64 / (1u64 << 53) as f64,
        }
    }
}

fn unary(name: &str) -> Option<fn(f64) -> f64> {
    Some(match name {
        "acos" => trig::acos,
        "acosh" => explog::acosh,
        "asin" => trig::asin,
        "asinh" => explog::asinh,
        "atan" => trig::atan,
        "atanh" => explog::atanh,
        "cbrt" => explog::cbrt,
        "cos" => trig::cos,
        "cosh" => explog::cosh,
        "erf" => gamma::erf,
        "erfc" => gamma::erfc,
        "erfcinv" => gamma::erfcinv,
        "erfinv" => gamma::erfinv,
        "exp" => explog::exp,
        "exp2" => explog::exp2,
        "expm1" => explog::expm1,
        "gamma" => gamma::gamma,
        "j0" => bessel::j0,
        "j1" => bessel::j1,
        "lgamma" => |x| {
            let (value, sign) = gamma::lgamma(x);
            value * sign as f64
        },
        "log" => explog::log,
        "log10" => explog::log10,
        "log1p" => explog::log1p,
        "log2" => explog::log2,
        "logb" => exact::logb,
        "sin" => trig::sin,
        "sinh" => explog::sinh,
        "sqrt" => f64::sqrt,
        "tan" => trig::tan,
        "tanh" => explog::tanh,
        "y0" => bessel::y0,
        "y1" => bessel::y1,
        "frexp" => |x| {
            let (fraction, exponent) = exact::frexp(x);
            fraction * (exponent + 5000) as f64
        },
        "sincos" => |x| {
            let (sin, cos) = trig::sincos(x);
            sin + 3.0 * cos
        },
        "modf" => |x| {
            let (integer, fraction) = exact::modf(x);
            integer * 3.0 + fraction
        },
        "ilogb" => |x| exact::ilogb(x) as f64,
        "floor" => f64::floor,
        "ceil" => f64::ceil,
        "trunc" => f64::trunc,
        "round" => f64::round,
        "roundeven" => f64::round_ties_even,
        _ => return None,
    })
}

fn binary(name: &str) -> Option<fn(f64, f64) -> f64> {
    Some(match name {
        "atan2" => trig::atan2,
        "pow" => explog::pow,
        "hypot" => exact::hypot,
        "mod" => exact::fmod,
        "remainder" => exact::remainder,
        "nextafter" => exact::nextafter,
        "dim" => exact::dim,
        "max" => exact::max,
        "min" => exact::min,
        "copysign" => f64::copysign,
        "ldexp" => |x, y| exact::ldexp(x, if y.is_nan() || y.abs() > 1e6 { 7 } else { y as i64 }),
        "nextafter32" => |x, y| f64::from(exact::nextafter32(x as f32, y as f32)),
        "powi" => |x, y| explog::pow(x, if y.abs() > 1e6 { 3.0 } else { y.trunc() }),
        _ => return None,
    })
}

fn digest(function: impl Fn(&mut Arguments) -> f64) -> u64 {
    let mut arguments = Arguments(88_172_645_463_325_252);
    let mut hash = 14_695_981_039_346_656_037u64;
    for _ in 0..1_000_000 {
        let result = function(&mut arguments);
        let word = if result.is_nan() { 0x7ff8_0000_0000_0001 } else { result.to_bits() };
        hash = (hash ^ word).wrapping_mul(1_099_511_628_211);
    }
    hash
}

#[test]
fn every_function_gives_the_bits_of_real_go() {
    let mut wrong = Vec::new();
    for &(name, expected) in DIGESTS {
        let found = if let Some(function) = unary(name) {
            digest(|arguments| function(arguments.float()))
        } else {
            let function = binary(name).expect("every row names a function");
            digest(|arguments| {
                let x = arguments.float();
                function(x, arguments.float())
            })
        };
        if found != expected {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "results differ from real Go's: {wrong:?}");
}
