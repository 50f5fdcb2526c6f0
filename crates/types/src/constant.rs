//! Exact constants. Spec: Constants.
//!
//! Integers are exact up to the limit the checker sets; other numbers are [`Real`].

use std::sync::Arc;

use golite_syntax::ast::{BinaryOp, LitKind, UnaryOp};
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};

use crate::real::Real;
use crate::ty::Basic;

/// A constant's value. Kinds are kept apart by representation, as small as the value allows.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// A truth value.
    Bool(bool),
    /// The bytes of a string.
    Str(Arc<[u8]>),
    /// An integer.
    Int(BigInt),
    /// Another real number.
    Float(Real),
    /// A complex number: real and imaginary part.
    Complex(Real, Real),
}

/// Literals with larger decimal exponents are malformed, as in Go.
const MALFORMED_EXPONENT: i64 = 646_456_993;

impl Const {
    /// An integer constant.
    #[must_use]
    pub fn int(value: i64) -> Const {
        Const::Int(BigInt::from(value))
    }

    /// A string constant.
    #[must_use]
    pub fn str(value: &[u8]) -> Const {
        Const::Str(value.into())
    }

    /// The value of a literal as written; `None` if its exponent is excessive.
    #[must_use]
    pub fn literal(kind: LitKind, text: &str) -> Option<Const> {
        match kind {
            LitKind::Char => Some(Const::int(i64::from(golite_syntax::literal::decode_char(text)))),
            LitKind::String => Some(Const::Str(golite_syntax::literal::decode_string(text).into())),
            LitKind::Int => Some(parse_int(&text.replace('_', ""))),
            LitKind::Float => parse_float(&text.replace('_', "")),
            LitKind::Imag => {
                let digits = text.trim_end_matches('i').replace('_', "");
                // For compatibility `0123i` is decimal.
                let value = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    Real::integer(digits.parse().unwrap_or_default())
                } else if digits.starts_with('0')
                    && digits.len() > 1
                    && !digits.contains(['.', 'e', 'E', 'p', 'P'])
                {
                    match parse_int(&digits) {
                        Const::Int(value) => Real::integer(value),
                        _ => unreachable!("parse_int gives integers"),
                    }
                } else {
                    parse_float(&digits)?.as_real()?
                };
                Some(Const::Complex(Real::zero(), value))
            }
        }
    }

    /// Whether it has grown beyond what Go's compiler can hold.
    #[must_use]
    pub fn is_excessive(&self) -> bool {
        match self {
            Const::Float(value) => value.is_excessive(),
            Const::Complex(re, im) => re.is_excessive() || im.is_excessive(),
            Const::Bool(_) | Const::Str(_) | Const::Int(_) => false,
        }
    }

    /// Whether the squares of its parts are too small for Go's compiler, which takes a complex
    /// division by it for one by zero.
    #[must_use]
    pub fn squares_vanish(&self) -> bool {
        self.as_complex().is_some_and(|(re, im)| re.square_vanishes() && im.square_vanishes())
    }

    /// As a real number, if it is one.
    #[must_use]
    pub fn as_real(&self) -> Option<Real> {
        match self {
            Const::Int(value) => Some(Real::integer(value.clone())),
            Const::Float(value) => Some(value.clone()),
            Const::Complex(re, im) if im.is_zero() => Some(re.clone()),
            _ => None,
        }
    }

    /// Real and imaginary part of a number.
    #[must_use]
    pub fn as_complex(&self) -> Option<(Real, Real)> {
        match self {
            Const::Complex(re, im) => Some((re.clone(), im.clone())),
            other => Some((other.as_real()?, Real::zero())),
        }
    }

    /// As an integer, if it is one in value.
    #[must_use]
    pub fn as_int(&self) -> Option<BigInt> {
        match self {
            Const::Int(value) => Some(value.clone()),
            other => other.as_real()?.to_integer(),
        }
    }

    /// As a machine integer.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.as_int()?.to_i64()
    }

    /// The low 64 bits of an integer.
    #[must_use]
    pub fn bits(&self) -> Option<u64> {
        let value = self.as_int()?;
        value.to_i64().map(|value| value as u64).or_else(|| value.to_u64())
    }

    /// As the nearest `float64`; infinite when too large.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        Some(to_f64(&self.as_real()?))
    }

    /// As the nearest `float32`; infinite when too large.
    #[must_use]
    pub fn as_f32(&self) -> Option<f32> {
        Some(to_f32(&self.as_real()?))
    }

    /// Whether it is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        match self {
            Const::Int(value) => value.is_zero(),
            Const::Float(value) => value.is_zero(),
            Const::Complex(re, im) => re.is_zero() && im.is_zero(),
            Const::Bool(_) | Const::Str(_) => false,
        }
    }

    /// -1, 0 or 1.
    #[must_use]
    pub fn sign(&self) -> i32 {
        self.as_real().map_or(0, |value| value.sign())
    }

    /// The same value in the kind of an untyped type, if it is exact there.
    #[must_use]
    pub fn to_kind(&self, kind: Basic) -> Option<Const> {
        match kind {
            kind if kind.is_integer() => self.as_int().map(Const::Int),
            kind if kind.is_float() => self.as_real().map(Const::Float),
            kind if kind.is_complex() => self.as_complex().map(|(re, im)| Const::Complex(re, im)),
            _ => Some(self.clone()),
        }
    }

    /// What becomes of the value in a type, if the type can hold it; floats are rounded.
    /// Spec: Representability.
    #[must_use]
    pub fn represent(&self, ty: Basic) -> Option<Const> {
        if ty.is_integer() {
            let value = self.as_int()?;
            let fits = match ty {
                Basic::UntypedInt | Basic::UntypedRune => true,
                _ => {
                    let bits = ty.size() as u64 * 8;
                    if ty.is_unsigned() {
                        value.sign() != Sign::Minus && value.bits() <= bits
                    } else {
                        let limit = BigInt::one() << (bits - 1) as usize;
                        value < limit && value >= -limit
                    }
                }
            };
            return fits.then_some(Const::Int(value));
        }
        match ty {
            Basic::Float32 | Basic::Float64 | Basic::UntypedFloat => {
                round_float(&self.as_real()?, ty).map(Const::Float)
            }
            Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex => {
                let (re, im) = self.as_complex()?;
                let part = match ty {
                    Basic::Complex64 => Basic::Float32,
                    Basic::Complex128 => Basic::Float64,
                    _ => Basic::UntypedFloat,
                };
                Some(Const::Complex(round_float(&re, part)?, round_float(&im, part)?))
            }
            Basic::Bool | Basic::UntypedBool => matches!(self, Const::Bool(_)).then(|| self.clone()),
            Basic::String | Basic::UntypedString => matches!(self, Const::Str(_)).then(|| self.clone()),
            _ => None,
        }
    }

    /// `op x`; the type decides the width of `^` on unsigned integers.
    #[must_use]
    pub fn unary(op: UnaryOp, x: &Const, ty: Basic) -> Option<Const> {
        match (op, x) {
            (UnaryOp::Plus, x) => Some(x.clone()),
            (UnaryOp::Neg, Const::Int(x)) => Some(Const::Int(-x)),
            (UnaryOp::Neg, Const::Float(x)) => Some(Const::Float(x.neg())),
            (UnaryOp::Neg, Const::Complex(re, im)) => Some(Const::Complex(re.neg(), im.neg())),
            (UnaryOp::BitNot, Const::Int(x)) => {
                let value = !x;
                Some(Const::Int(if ty.is_unsigned() {
                    value & ((BigInt::one() << (ty.size() as usize * 8)) - 1)
                } else {
                    value
                }))
            }
            (UnaryOp::Not, Const::Bool(x)) => Some(Const::Bool(!x)),
            _ => None,
        }
    }

    /// Brings two values to one kind, the larger.
    fn matched(x: &Const, y: &Const) -> Option<(Const, Const)> {
        fn rank(x: &Const) -> u8 {
            match x {
                Const::Int(_) => 1,
                Const::Float(_) => 2,
                Const::Complex(..) => 3,
                Const::Bool(_) | Const::Str(_) => 0,
            }
        }
        let raise = |x: &Const, to: u8| match to {
            2 => x.as_real().map(Const::Float),
            3 => x.as_complex().map(|(re, im)| Const::Complex(re, im)),
            _ => Some(x.clone()),
        };
        let to = rank(x).max(rank(y));
        Some((raise(x, to)?, raise(y, to)?))
    }

    /// `x op y` for operators that are neither shifts nor comparisons. Division of integers truncates
    /// if `integer` says so; the divisor is not zero.
    #[must_use]
    pub fn binary(op: BinaryOp, x: &Const, y: &Const, integer: bool) -> Option<Const> {
        match Const::matched(x, y)? {
            (Const::Bool(x), Const::Bool(y)) => match op {
                BinaryOp::LogAnd => Some(Const::Bool(x && y)),
                BinaryOp::LogOr => Some(Const::Bool(x || y)),
                _ => None,
            },
            (Const::Str(x), Const::Str(y)) if op == BinaryOp::Add => {
                Some(Const::Str([&*x, &*y].concat().into()))
            }
            (Const::Int(x), Const::Int(y)) => Some(match op {
                BinaryOp::Add => Const::Int(x + y),
                BinaryOp::Sub => Const::Int(x - y),
                BinaryOp::Mul => Const::Int(x * y),
                BinaryOp::Div if integer => Const::Int(x / y),
                BinaryOp::Div => Const::Float(Real::ratio(BigRational::new(x, y))),
                BinaryOp::Rem => Const::Int(x % y),
                BinaryOp::And => Const::Int(x & y),
                BinaryOp::Or => Const::Int(x | y),
                BinaryOp::Xor => Const::Int(x ^ y),
                BinaryOp::AndNot => Const::Int(x & !y),
                _ => return None,
            }),
            (Const::Float(x), Const::Float(y)) => Some(Const::Float(match op {
                BinaryOp::Add => x.add(&y),
                BinaryOp::Sub => x.sub(&y),
                BinaryOp::Mul => x.mul(&y),
                BinaryOp::Div => x.div(&y),
                _ => return None,
            })),
            (Const::Complex(a, b), Const::Complex(c, d)) => {
                let (re, im) = match op {
                    BinaryOp::Add => (a.add(&c), b.add(&d)),
                    BinaryOp::Sub => (a.sub(&c), b.sub(&d)),
                    BinaryOp::Mul => (a.mul(&c).sub(&b.mul(&d)), a.mul(&d).add(&b.mul(&c))),
                    BinaryOp::Div => {
                        let s = c.mul(&c).add(&d.mul(&d));
                        if s.is_zero() {
                            return None;
                        }
                        let (re, im) = (a.mul(&c).add(&b.mul(&d)), b.mul(&c).sub(&a.mul(&d)));
                        (re.div(&s), im.div(&s))
                    }
                    _ => return None,
                };
                Some(Const::Complex(re, im))
            }
            _ => None,
        }
    }

    /// `x << n` or `x >> n`.
    #[must_use]
    pub fn shift(op: BinaryOp, x: &Const, n: u32) -> Option<Const> {
        let x = x.as_int()?;
        Some(Const::Int(if op == BinaryOp::Shl { x << n as usize } else { x >> n as usize }))
    }

    /// Whether `x op y` holds.
    #[must_use]
    pub fn compare(op: BinaryOp, x: &Const, y: &Const) -> Option<bool> {
        use std::cmp::Ordering;
        let order = match Const::matched(x, y)? {
            (Const::Bool(x), Const::Bool(y)) => x.cmp(&y),
            (Const::Str(x), Const::Str(y)) => x.cmp(&y),
            (Const::Int(x), Const::Int(y)) => x.cmp(&y),
            (Const::Float(x), Const::Float(y)) => x.order(&y),
            (Const::Complex(a, b), Const::Complex(c, d)) => {
                if a == c && b == d {
                    Ordering::Equal
                } else {
                    Ordering::Less
                }
            }
            _ => return None,
        };
        Some(match op {
            BinaryOp::Eq => order.is_eq(),
            BinaryOp::Ne => order.is_ne(),
            BinaryOp::Lt => order.is_lt(),
            BinaryOp::Le => order.is_le(),
            BinaryOp::Gt => order.is_gt(),
            BinaryOp::Ge => order.is_ge(),
            _ => return None,
        })
    }

    /// A key under which equal constants of one type meet.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Const::Str(bytes) => format!("s{bytes:?}"),
            other => match other.as_complex() {
                Some((re, im)) => format!("n{re},{im}"),
                None => format!("{other:?}"),
            },
        }
    }

    /// As messages show it.
    #[must_use]
    pub fn show(&self) -> String {
        match self {
            Const::Bool(value) => value.to_string(),
            Const::Str(bytes) => {
                let text = quote(bytes);
                if text.chars().count() > 72 {
                    let short: String = text.chars().take(69).collect();
                    format!("{short}...")
                } else {
                    text
                }
            }
            Const::Int(value) => value.to_string(),
            Const::Float(value) => show_float(value),
            Const::Complex(re, im) => format!("({} + {}i)", show_float(re), show_float(im)),
        }
    }
}

fn show_float(value: &Real) -> String {
    let float = to_f64(value);
    if float.is_finite() && (float != 0.0 || value.is_zero()) {
        let text = format_g(float, 6);
        // What is no integer must not look like one.
        if value.to_integer().is_some() || text.contains('.') {
            return text;
        }
        return format_shortest(float);
    }
    // Beyond float64: mantissa and decimal exponent by logarithm.
    let (mantissa, exponent) = value.mantissa_and_exponent();
    let digits = exponent as f64 * (std::f64::consts::LN_2 / std::f64::consts::LN_10);
    let exponent = digits.trunc();
    let mantissa = mantissa * 10f64.powf(digits - exponent);
    // Where rounding to six digits makes a ten, the mantissa is one already.
    let (mantissa, exponent) = if mantissa.abs() < 1.0 - 0.5e-6 {
        (mantissa * 10.0, exponent - 1.0)
    } else if mantissa.abs() >= 10.0 {
        (mantissa / 10.0, exponent + 1.0)
    } else {
        (mantissa, exponent)
    };
    format!("{}e{:+}", format_g(mantissa, 6), exponent as i64)
}

/// As Go's `%g`: the fewest digits that tell the value.
fn format_shortest(value: f64) -> String {
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("digits");
    if (-4..21).contains(&exponent) {
        return format!("{value}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// As C's `%.{digits}g`.
fn format_g(value: f64, digits: usize) -> String {
    if value == 0.0 {
        return "0".into();
    }
    let text = format!("{value:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("digits");
    let trim = |text: &str| {
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        } else {
            text.into()
        }
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        format!("{}e{sign}{:02}", trim(mantissa), exponent.abs())
    } else {
        trim(&format!("{value:.*}", (digits as i32 - 1 - exponent).max(0) as usize))
    }
}

/// A string as Go quotes it.
fn quote(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char {
                '"' => out += "\\\"",
                '\\' => out += "\\\\",
                '\n' => out += "\\n",
                '\t' => out += "\\t",
                '\r' => out += "\\r",
                char if char.is_control() => out += &format!("\\x{:02x}", u32::from(char)),
                char => out.push(char),
            }
        }
        for byte in chunk.invalid() {
            out += &format!("\\x{byte:02x}");
        }
    }
    out.push('"');
    out
}

fn parse_int(text: &str) -> Const {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.as_bytes() {
        [b'0', b'x', ..] => (&lower[2..], 16),
        [b'0', b'b', ..] => (&lower[2..], 2),
        [b'0', b'o', ..] => (&lower[2..], 8),
        [b'0', ..] if lower.len() > 1 => (&lower[1..], 8),
        _ => (&*lower, 10),
    };
    Const::Int(BigInt::parse_bytes(digits.as_bytes(), radix).unwrap_or_default())
}

fn parse_float(text: &str) -> Option<Const> {
    let lower = text.to_ascii_lowercase();
    let (hex, rest) = match lower.strip_prefix("0x") {
        Some(rest) => (true, rest),
        None => (false, &*lower),
    };
    let (mantissa, exponent) = match rest.split_once(if hex { 'p' } else { 'e' }) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
        None => (rest, 0),
    };
    if exponent > MALFORMED_EXPONENT && !hex {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let value = BigInt::parse_bytes(digits.as_bytes(), if hex { 16 } else { 10 }).unwrap_or_default();
    let places = fraction.len() as i64 * if hex { 4 } else { 1 };
    // Go reads digits with a binary exponent of 32 bits first, then the powers of five.
    let exponent = exponent.checked_sub(places)?;
    i32::try_from(exponent.checked_add(value.bits() as i64)?).ok()?;
    let value = Real::scaled(value, if hex { 2 } else { 10 }, exponent);
    (!value.is_excessive()).then_some(Const::Float(value))
}

fn round_float(value: &Real, ty: Basic) -> Option<Real> {
    let exact = |ratio: Option<BigRational>| Real::ratio(ratio.unwrap_or_default());
    match ty {
        Basic::Float32 => {
            let rounded = to_f32(value);
            rounded.is_finite().then(|| exact(BigRational::from_float(rounded)))
        }
        Basic::Float64 => {
            let rounded = to_f64(value);
            rounded.is_finite().then(|| exact(BigRational::from_float(rounded)))
        }
        _ => Some(value.clone()),
    }
}

/// Rounds to a binary float of the given mantissa bits and least exponent, to nearest even; gives
/// mantissa and exponent.
fn round_to(value: &BigRational, mantissa_bits: i64, least: i64) -> (u64, i64) {
    let n = value.numer().magnitude();
    let d = value.denom().magnitude();
    // value = q * 2^exponent with q of mantissa_bits bits, or fewer for subnormal numbers.
    let mut exponent = (n.bits() as i64 - d.bits() as i64) - mantissa_bits;
    loop {
        exponent = exponent.max(least);
        let (scaled_n, scaled_d) = if exponent <= 0 {
            (n << (-exponent) as usize, d.clone())
        } else {
            (n.clone(), d << exponent as usize)
        };
        let q = &scaled_n / &scaled_d;
        if q.bits() as i64 > mantissa_bits {
            exponent += 1;
            continue;
        }
        let rest = scaled_n - &q * &scaled_d;
        let twice = rest << 1usize;
        let mut q = q.to_u64().expect("at most 64 bits");
        if twice > scaled_d || (twice == scaled_d && q & 1 == 1) {
            q += 1;
        }
        return (q, exponent);
    }
}

fn to_f64(value: &Real) -> f64 {
    let Some(ratio) = value.as_ratio() else { return beyond(value) };
    if ratio.is_zero() {
        return 0.0;
    }
    let (q, exponent) = round_to(ratio, 53, -1074);
    let magnitude = if exponent > 1024 { f64::INFINITY } else { scale(q as f64, exponent) };
    if ratio.is_negative() { -magnitude } else { magnitude }
}

fn to_f32(value: &Real) -> f32 {
    let Some(ratio) = value.as_ratio() else { return beyond(value) as f32 };
    if ratio.is_zero() {
        return 0.0;
    }
    let (q, exponent) = round_to(ratio, 24, -149);
    let magnitude = if exponent > 128 { f32::INFINITY } else { scale(q as f64, exponent) as f32 };
    if ratio.is_negative() { -magnitude } else { magnitude }
}

/// What becomes of a value whose exponent no machine float has: infinite or zero.
fn beyond(value: &Real) -> f64 {
    let (mantissa, exponent) = value.mantissa_and_exponent();
    if exponent > 0 { mantissa.signum() * f64::INFINITY } else { 0.0 }
}

/// `x * 2^exponent`; exact when the result is a float64.
fn scale(mut x: f64, mut exponent: i64) -> f64 {
    while exponent > 1000 {
        x *= 2f64.powi(1000);
        exponent -= 1000;
    }
    while exponent < -1000 {
        x *= 2f64.powi(-1000);
        exponent += 1000;
    }
    x * 2f64.powi(exponent as i32)
}

#[cfg(test)]
mod tests {
    use super::{Const, LitKind};

    #[test]
    fn floats_are_rounded_once() {
        for text in
            ["0.1", "1e308", "4.9e-324", "2.2250738585072011e-308", "3.14159", "1e-400", "123456789e20"]
        {
            let value = Const::literal(LitKind::Float, text).expect("fits");
            assert_eq!(value.as_f64(), text.parse().ok(), "{text}");
            assert_eq!(value.as_f32(), text.parse().ok(), "{text}");
        }
        assert_eq!(Const::literal(LitKind::Float, "0x1p-2").and_then(|value| value.as_f64()), Some(0.25));
    }

    #[test]
    fn values_are_shown_as_go_shows_them() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                Const::literal(LitKind::Float, text).map(|value| value.show()).as_deref(),
                Some(expected)
            );
        };
        check("1.5", "1.5");
        check("1e100", "1e+100");
        check("3.14159265", "3.14159");
        check("1e1000", "1e+1000");
        check("1.23456789e-100000", "1.23457e-100000");
        check("1e646456992", "1e+646456992");
        check("1e5000", "1e+5000");
    }
}
