//! Floating-point numbers as text, with the exact digits and layouts of Go.
//!
//! The digits come from Rust's own formatting: `{:.Ne}` gives the exact value rounded half to even, `{:e}`
//! the shortest digits that read back as the same number, save for ties (`shortest_digits`). The layouts
//! are ours.

/// Decimal digits without leading and trailing zeros: 0.d1d2d3… · 10^point.
struct Digits {
    digits: Vec<u8>,
    point: i64,
}

impl Digits {
    /// Reads Rust's scientific notation.
    fn read(text: &str) -> Digits {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let mut digits: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Digits { digits, point: 0 };
        }
        Digits { digits, point: exponent.parse::<i64>().unwrap_or(0) + 1 }
    }

    fn at(&self, index: i64) -> u8 {
        usize::try_from(index).ok().and_then(|index| self.digits.get(index)).copied().unwrap_or(b'0')
    }

    fn len(&self) -> i64 {
        self.digits.len() as i64
    }
}

/// The fewest digits that read back as `value`; of two such numbers that are equally near, the even one.
fn shortest_digits(value: f64, bits: u32) -> Digits {
    let digits = Digits::read(&if bits == 32 { format!("{:e}", value as f32) } else { format!("{value:e}") });
    if digits.digits.last().is_none_or(|digit| digit % 2 == 0) {
        return digits;
    }
    // Rust rounds ties up. In a tie the exact value has one digit more than the shortest.
    let (mantissa, exponent, _) = parts(value, 64);
    let exact_decimals = -(exponent + i64::from(mantissa.trailing_zeros()));
    let decimals = digits.len() - digits.point;
    let tie = if exact_decimals > 0 { exact_decimals == decimals + 1 } else { decimals < 0 };
    if !tie {
        return digits;
    }
    let nearest = format!("{value:.*e}", digits.digits.len() - 1);
    let reads_back =
        if bits == 32 { nearest.parse() == Ok(value as f32) } else { nearest.parse() == Ok(value) };
    if reads_back { Digits::read(&nearest) } else { digits }
}

/// No double has more significant digits than this, so what follows is zeros.
const MOST_DIGITS: i64 = 800;

/// Appends `value` as `strconv.AppendFloat` does. `bits` is 32 or 64; `prec` below 0 means the fewest
/// digits that read back as the same number.
pub fn append_float(out: &mut Vec<u8>, value: f64, format: u8, prec: i64, bits: u32) {
    let value = if bits == 32 { f64::from(value as f32) } else { value };
    if value.is_nan() {
        out.extend_from_slice(b"NaN");
        return;
    }
    if value.is_infinite() {
        out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
        return;
    }
    match format {
        b'b' => return append_binary(out, value, bits),
        b'x' | b'X' => return append_hex(out, value, format, prec, bits),
        b'e' | b'E' | b'f' | b'g' | b'G' => {}
        _ => return out.extend_from_slice(&[b'%', format]),
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let value = value.abs();
    let shortest = prec < 0;
    let digits = if shortest {
        shortest_digits(value, bits)
    } else {
        match format {
            b'e' | b'E' => Digits::read(&format!("{value:.*e}", prec.min(MOST_DIGITS) as usize)),
            b'f' => {
                let exact = prec.min(1100);
                out.extend_from_slice(format!("{value:.*}", exact as usize).as_bytes());
                out.resize(out.len() + (prec - exact) as usize, b'0');
                return;
            }
            _ => Digits::read(&format!("{value:.*e}", (prec.max(1) - 1).min(MOST_DIGITS) as usize)),
        }
    };
    match format {
        b'e' | b'E' => {
            let prec = if shortest { (digits.len() - 1).max(0) } else { prec };
            append_scientific(out, &digits, format, prec);
        }
        b'f' => append_plain(out, &digits, (digits.len() - digits.point).max(0)),
        _ => {
            let prec = if shortest { digits.len() } else { prec.max(1) };
            let mut limit = prec;
            if limit > digits.len() && digits.len() >= digits.point {
                limit = digits.len();
            }
            if shortest {
                limit = 6;
            }
            let exponent = digits.point - 1;
            if exponent < -4 || exponent >= limit {
                let prec = prec.min(digits.len());
                append_scientific(out, &digits, if format == b'G' { b'E' } else { b'e' }, (prec - 1).max(0));
            } else {
                append_plain(out, &digits, (digits.len() - digits.point).max(0));
            }
        }
    }
}

/// `d.dddde±dd` with `prec` digits after the point.
fn append_scientific(out: &mut Vec<u8>, digits: &Digits, letter: u8, prec: i64) {
    out.push(digits.at(0));
    if prec > 0 {
        out.push(b'.');
        out.extend((1..=prec).map(|index| digits.at(index)));
    }
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    out.push(letter);
    append_exponent(out, exponent);
}

/// `ddd.ddd` with `prec` digits after the point.
fn append_plain(out: &mut Vec<u8>, digits: &Digits, prec: i64) {
    if digits.point > 0 {
        out.extend((0..digits.point).map(|index| digits.at(index)));
    } else {
        out.push(b'0');
    }
    if prec > 0 {
        out.push(b'.');
        out.extend((0..prec).map(|index| digits.at(digits.point + index)));
    }
}

/// The sign and at least two digits.
fn append_exponent(out: &mut Vec<u8>, exponent: i64) {
    out.push(if exponent < 0 { b'-' } else { b'+' });
    out.extend_from_slice(format!("{:02}", exponent.abs()).as_bytes());
}

/// The mantissa as an integer (the hidden bit included) and its exponent, and the mantissa's width.
fn parts(value: f64, bits: u32) -> (u64, i64, u32) {
    let (fraction, exponent, width, bias) = if bits == 32 {
        let raw = (value as f32).to_bits();
        (u64::from(raw & 0x7F_FFFF), i64::from(raw >> 23 & 0xFF), 23, 127)
    } else {
        let raw = value.to_bits();
        (raw & 0xF_FFFF_FFFF_FFFF, (raw >> 52 & 0x7FF) as i64, 52, 1023)
    };
    if exponent == 0 {
        (fraction, 1 - bias - i64::from(width), width)
    } else {
        (fraction | 1 << width, exponent - bias - i64::from(width), width)
    }
}

/// `-ddddp±ddd`: the mantissa in decimal and a power of two.
fn append_binary(out: &mut Vec<u8>, value: f64, bits: u32) {
    let (mantissa, exponent, _) = parts(value, bits);
    if value.is_sign_negative() {
        out.push(b'-');
    }
    out.extend_from_slice(format!("{mantissa}p{exponent:+}").as_bytes());
}

/// `-0x1.yyyyyyyyp±dd`.
fn append_hex(out: &mut Vec<u8>, value: f64, format: u8, prec: i64, bits: u32) {
    let (mut mantissa, mut exponent, width) = parts(value, bits);
    exponent += i64::from(width);
    // Put the leading one at bit 60: 15 hexadecimal digits follow it.
    if mantissa == 0 {
        exponent = 0;
    } else {
        let shift = mantissa.leading_zeros() - 3;
        mantissa <<= shift;
        exponent -= i64::from(shift) - i64::from(60 - width);
    }
    if (0..15).contains(&prec) {
        let drop = 60 - 4 * prec as u32;
        let rest = mantissa & ((1 << drop) - 1);
        let half = 1 << (drop - 1);
        mantissa >>= drop;
        if rest > half || rest == half && mantissa & 1 == 1 {
            mantissa += 1;
        }
        mantissa <<= drop;
        if mantissa & 1 << 61 != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    if value.is_sign_negative() {
        out.push(b'-');
    }
    let digit = |nibble: u64| {
        let digits = if format == b'X' { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        digits[(nibble & 15) as usize]
    };
    out.extend_from_slice(&[b'0', format, digit(mantissa >> 60 & 1)]);
    mantissa <<= 4;
    if prec < 0 && mantissa != 0 {
        out.push(b'.');
        while mantissa != 0 {
            out.push(digit(mantissa >> 60));
            mantissa <<= 4;
        }
    } else if prec > 0 {
        out.push(b'.');
        for _ in 0..prec {
            out.push(digit(mantissa >> 60));
            mantissa <<= 4;
        }
    }
    out.push(if format == b'X' { b'P' } else { b'p' });
    append_exponent(out, exponent);
}
