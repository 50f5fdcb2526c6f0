//! Text as numbers, and integers as text.
//!
//! Errors are codes; the Go sources make errors of them. Rust's own parser reads decimal floats, and is
//! exact; hexadecimal ones are rounded here.

use crate::internal_bytealg::PART;

/// What is wrong with the text of a number; the numbers are those in `strconv.go-lite`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It is no number.
    Syntax = 1,
    /// The number does not fit; the nearest value that fits is returned with it.
    Range = 2,
    /// There is no such base.
    Base = 3,
    /// There is no such size.
    BitSize = 4,
}

/// Appends `value` in a base from 2 to 36.
pub fn append_uint(out: &mut Vec<u8>, mut value: u64, base: u32) {
    if base == 10 {
        let mut buffer = [0; 20];
        let mut at = buffer.len();
        loop {
            at -= 1;
            buffer[at] = b'0' + (value % 10) as u8;
            value /= 10;
            if value == 0 {
                break;
            }
        }
        return out.extend_from_slice(&buffer[at..]);
    }
    let base = u64::from(base.clamp(2, 36));
    let mut buffer = [0; 64];
    let mut at = buffer.len();
    loop {
        at -= 1;
        buffer[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(value % base) as usize];
        value /= base;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&buffer[at..]);
}

/// As [`append_uint`] with a sign.
pub fn append_int(out: &mut Vec<u8>, value: i64, base: u32) {
    if value < 0 {
        out.push(b'-');
    }
    append_uint(out, value.unsigned_abs(), base);
}

/// Told before each part of a long text how long it is, and can end the work.
pub type Tick<'a, E> = &'a mut dyn FnMut(usize) -> Result<(), E>;

/// For texts that are not long.
///
/// # Errors
/// None.
pub fn untold(_part: usize) -> Result<(), std::convert::Infallible> {
    Ok(())
}

/// Whether the underscores of a literal stand between digits, or between the prefix and a digit.
fn underscores_fit<E>(text: &[u8], tick: Tick<'_, E>) -> Result<bool, E> {
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    let (mut previous, mut hex, mut rest) = (b'^', false, text);
    if text.len() >= 2 && text[0] == b'0' && matches!(text[1] | 0x20, b'b' | b'o' | b'x') {
        // The prefix counts as a digit.
        previous = b'0';
        hex = text[1] | 0x20 == b'x';
        rest = &text[2..];
    }
    for part in rest.chunks(PART) {
        tick(part.len())?;
        for &c in part {
            if c.is_ascii_digit() || hex && c.is_ascii_hexdigit() {
                previous = b'0';
            } else if c == b'_' {
                if previous != b'0' {
                    return Ok(false);
                }
                previous = b'_';
            } else {
                if previous == b'_' {
                    return Ok(false);
                }
                previous = b'!';
            }
        }
    }
    Ok(previous != b'_')
}

/// Reads an unsigned integer as `strconv.ParseUint` does.
///
/// # Errors
/// Those of `tick`.
pub fn parse_uint<E>(
    text: &[u8],
    base: i64,
    bit_size: i64,
    tick: Tick<'_, E>,
) -> Result<(u64, Option<Failure>), E> {
    if text.is_empty() {
        return Ok((0, Some(Failure::Syntax)));
    }
    let (digits, radix) = match base {
        2..=36 => (text, base as u64),
        0 if text[0] != b'0' => (text, 10),
        0 => match text.get(1).map(|c| c | 0x20) {
            Some(b'b') if text.len() >= 3 => (&text[2..], 2),
            Some(b'o') if text.len() >= 3 => (&text[2..], 8),
            Some(b'x') if text.len() >= 3 => (&text[2..], 16),
            _ => (&text[1..], 8),
        },
        _ => return Ok((0, Some(Failure::Base))),
    };
    let most = match bit_size {
        0 | 64 => u64::MAX,
        1..=63 => (1 << bit_size) - 1,
        _ => return Ok((0, Some(Failure::BitSize))),
    };
    let (mut value, mut underscores) = (0_u64, false);
    for part in digits.chunks(PART) {
        tick(part.len())?;
        for &c in part {
            let digit = match c {
                b'_' if base == 0 => {
                    underscores = true;
                    continue;
                }
                b'0'..=b'9' => c - b'0',
                b'a'..=b'z' => c - b'a' + 10,
                b'A'..=b'Z' => c - b'A' + 10,
                _ => return Ok((0, Some(Failure::Syntax))),
            };
            if u64::from(digit) >= radix {
                return Ok((0, Some(Failure::Syntax)));
            }
            match value.checked_mul(radix).and_then(|value| value.checked_add(u64::from(digit))) {
                Some(next) if next <= most => value = next,
                _ => return Ok((most, Some(Failure::Range))),
            }
        }
    }
    if underscores && !underscores_fit(text, tick)? {
        return Ok((0, Some(Failure::Syntax)));
    }
    Ok((value, None))
}

/// Reads an integer as `strconv.ParseInt` does.
///
/// # Errors
/// Those of `tick`.
pub fn parse_int<E>(
    text: &[u8],
    base: i64,
    bit_size: i64,
    tick: Tick<'_, E>,
) -> Result<(i64, Option<Failure>), E> {
    let (negative, digits) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (magnitude, failure) = parse_uint(digits, base, bit_size, tick)?;
    if failure.is_some_and(|failure| failure != Failure::Range) {
        return Ok((0, failure));
    }
    let bits = if bit_size == 0 { 64 } else { bit_size };
    let cutoff = 1_u64 << (bits - 1);
    if !negative && magnitude >= cutoff {
        return Ok(((cutoff - 1) as i64, Some(Failure::Range)));
    }
    if negative && magnitude > cutoff {
        return Ok(((cutoff as i64).wrapping_neg(), Some(Failure::Range)));
    }
    let value = magnitude as i64;
    Ok((if negative { value.wrapping_neg() } else { value }, None))
}

/// `inf`, `infinity`, `nan` in any case, the first two with a sign; with its length.
fn special(text: &[u8]) -> Option<(f64, usize)> {
    let (sign, rest, skip) = match text.first()? {
        b'+' => (1.0, &text[1..], 1),
        b'-' => (-1.0, &text[1..], 1),
        _ => (1.0, text, 0),
    };
    let begins = |word: &[u8]| rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word);
    if begins(b"infinity") {
        Some((sign * f64::INFINITY, skip + 8))
    } else if begins(b"inf") {
        Some((sign * f64::INFINITY, skip + 3))
    } else if skip == 0 && begins(b"nan") {
        Some((f64::NAN, 3))
    } else {
        None
    }
}

/// So many digits decide: what follows says only whether the number is a little larger.
const MOST_DIGITS: usize = 800;

/// Reads the longest number at the start of `text` as `strconv.ParseFloat` would: the value, the bytes
/// it took, what is wrong.
///
/// # Errors
/// Those of `tick`.
pub fn parse_float_prefix<E>(
    text: &[u8],
    bits: u32,
    tick: Tick<'_, E>,
) -> Result<(f64, usize, Option<Failure>), E> {
    const WRONG: (f64, usize, Option<Failure>) = (0.0, 0, Some(Failure::Syntax));
    if let Some((value, length)) = special(text) {
        return Ok((value, length, None));
    }
    let mut at = 0;
    let negative = text.first() == Some(&b'-');
    if matches!(text.first(), Some(b'+' | b'-')) {
        at = 1;
    }
    let hex = text.len() > at + 2 && text[at] == b'0' && text[at + 1] | 0x20 == b'x';
    if hex {
        at += 2;
    }
    // Digits with at most one point; the number is `digits` times the base to the power `scale`.
    let (mut digits, mut scale, mut point, mut underscores) = (Vec::new(), 0_i64, false, false);
    let (mut any, mut more, mut told) = (false, false, at);
    while let Some(&c) = text.get(at) {
        if at >= told {
            let part = (text.len() - at).min(PART);
            tick(part)?;
            told = at + part;
        }
        match c {
            b'_' => underscores = true,
            b'.' if !point => point = true,
            b'0'..=b'9' => any = true,
            b'a'..=b'f' | b'A'..=b'F' if hex => any = true,
            _ => break,
        }
        if c != b'_' && c != b'.' {
            if digits.len() < MOST_DIGITS {
                if c != b'0' || !digits.is_empty() {
                    digits.push(c);
                }
                scale -= i64::from(point);
            } else {
                more |= c != b'0';
                scale += i64::from(!point);
            }
        }
        at += 1;
    }
    if !any {
        return Ok(WRONG);
    }
    if more {
        digits.push(b'1');
        scale -= 1;
    } else if digits.is_empty() {
        digits.push(b'0');
    }
    let mut exponent = 0_i64;
    let mark = if hex { b'p' } else { b'e' };
    if text.get(at).is_some_and(|c| c | 0x20 == mark) {
        let mut end = at + 1;
        let minus = text.get(end) == Some(&b'-');
        if matches!(text.get(end), Some(b'+' | b'-')) {
            end += 1;
        }
        if !text.get(end).is_some_and(u8::is_ascii_digit) {
            return Ok(WRONG);
        }
        told = end;
        while let Some(&c) = text.get(end).filter(|&&c| c.is_ascii_digit() || c == b'_') {
            if end >= told {
                let part = (text.len() - end).min(PART);
                tick(part)?;
                told = end + part;
            }
            if c == b'_' {
                underscores = true;
            } else if exponent < 1_000_000 {
                exponent = exponent * 10 + i64::from(c - b'0');
            }
            end += 1;
        }
        if minus {
            exponent = -exponent;
        }
        at = end;
    } else if hex {
        return Ok(WRONG); // a hexadecimal mantissa needs its exponent
    }
    if underscores && !underscores_fit(&text[..at], tick)? {
        return Ok(WRONG);
    }
    let value = if hex {
        round_hex(&digits, exponent + 4 * scale, bits)
    } else {
        let decimal = format!("{}e{}", String::from_utf8_lossy(&digits), exponent + scale);
        if bits == 32 {
            decimal.parse::<f32>().map_or(0.0, f64::from)
        } else {
            decimal.parse::<f64>().unwrap_or(0.0)
        }
    };
    let failure = value.is_infinite().then_some(Failure::Range);
    Ok((if negative { -value } else { value }, at, failure))
}

/// The float nearest to `digits` (hexadecimal) · 2^exponent.
fn round_hex(digits: &[u8], mut exponent: i64, bits: u32) -> f64 {
    let (mut mantissa, mut sticky) = (0_u64, false);
    for &c in digits {
        let digit = u64::from((c as char).to_digit(16).unwrap_or(0));
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
        } else {
            sticky |= digit != 0;
            exponent += 4;
        }
    }
    if mantissa == 0 {
        return 0.0;
    }
    let (precision, least, most) = if bits == 32 { (24, -126, 128) } else { (53, -1022, 1024) };
    let leading = exponent + 63 - i64::from(mantissa.leading_zeros());
    let lowest = leading.max(least) - (precision - 1);
    let shift = lowest - exponent;
    if shift <= 0 {
        mantissa <<= -shift;
    } else if shift > 64 {
        return 0.0;
    } else {
        let wide = u128::from(mantissa);
        let rest = wide & ((1 << shift) - 1);
        let half = 1_u128 << (shift - 1);
        mantissa = (wide >> shift) as u64;
        if rest > half || rest == half && (sticky || mantissa & 1 == 1) {
            mantissa += 1;
        }
    }
    if mantissa == 0 {
        return 0.0;
    }
    if lowest + 63 - i64::from(mantissa.leading_zeros()) >= most {
        return f64::INFINITY;
    }
    // The mantissa has at most 53 bits and the result is representable: both factors are exact.
    let low = lowest as i32;
    mantissa as f64 * 2f64.powi(low / 2) * 2f64.powi(low - low / 2)
}
