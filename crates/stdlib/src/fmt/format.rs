//! One operand as text: verbs, flags, width and precision of `fmt` for values of basic kinds.
//!
//! Everything here appends to a buffer and depends on nothing but its arguments. Which operands have
//! methods, and what is inside composite values, is the business of the Go sources.

use crate::internal_bytealg::PART;
use crate::strconv::ftoa::append_float;
use crate::strconv::number::{Tick, append_uint, untold};
use crate::strconv::quote::{Keep, append_quoted, append_quoted_rune, append_rune, can_backquote};
use crate::unicode::tables::is_print;
use crate::unicode_utf8::{count, decode};

/// Flags, width and precision. The numbers of the flags are those in `print.go-lite`.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The sum of the flags.
    pub flags: u32,
    /// The width, 0 without `WIDTH`.
    pub width: usize,
    /// The precision, 0 without `PREC`.
    pub prec: usize,
}

/// A width is given.
pub const WIDTH: u32 = 1;
/// A precision is given.
pub const PREC: u32 = 2;
/// `-`: pad on the right.
pub const MINUS: u32 = 4;
/// `+`: always a sign, or ASCII only.
pub const PLUS: u32 = 8;
/// `#`: the alternative form.
pub const SHARP: u32 = 16;
/// ` `: room for a sign, or between bytes.
pub const SPACE: u32 = 32;
/// `0`: pad with zeros.
pub const ZERO: u32 = 64;
/// `%+v`.
pub const PLUS_V: u32 = 128;
/// `%#v`.
pub const SHARP_V: u32 = 256;

/// A value of a basic kind.
#[derive(Clone, Copy, Debug)]
pub enum Operand<'a> {
    /// A nil interface.
    Nil,
    /// A bool.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A float and its size in bits.
    Float(f64, u32),
    /// A complex number and the size of its parts in bits.
    Complex(f64, f64, u32),
    /// A string.
    Text(&'a [u8]),
    /// A slice of bytes, and whether it is nil.
    Bytes(&'a [u8], bool),
}

impl Spec {
    fn has(self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn without(self, flag: u32) -> Spec {
        Spec { flags: self.flags & !flag, ..self }
    }

    fn with(self, flag: u32) -> Spec {
        Spec { flags: self.flags | flag, ..self }
    }

    fn prec(self) -> Option<usize> {
        self.has(PREC).then_some(self.prec)
    }

    fn fill(self, out: &mut Vec<u8>, n: usize) {
        let byte = if self.has(ZERO) && !self.has(MINUS) { b'0' } else { b' ' };
        out.resize(out.len() + n, byte);
    }

    /// Appends `text` padded to the width.
    pub fn pad(self, out: &mut Vec<u8>, text: &[u8]) {
        if !self.has(WIDTH) || self.width == 0 {
            return out.extend_from_slice(text);
        }
        let missing = self.width.saturating_sub(count(text));
        if self.has(MINUS) {
            out.extend_from_slice(text);
            self.fill(out, missing);
        } else {
            self.fill(out, missing);
            out.extend_from_slice(text);
        }
    }
}

/// A bound of the bytes that [`append_operand`] writes.
pub fn longest(spec: Spec, verb: char, operand: Operand<'_>) -> u64 {
    let number = 2 * spec.width.max(spec.prec) as u64 + 500;
    match operand {
        Operand::Nil | Operand::Bool(_) | Operand::Int(_) | Operand::Uint(_) | Operand::Float(..) => number,
        Operand::Complex(..) => 2 * number,
        // A byte becomes at most five: `0xff ` or, quoted, `\\xff`.
        Operand::Text(text) => number + 5 * text.len() as u64,
        Operand::Bytes(bytes, _) if matches!(verb, 's' | 'q' | 'x' | 'X') => number + 5 * bytes.len() as u64,
        Operand::Bytes(bytes, _) => {
            let each = if spec.flags & (WIDTH | PREC) == 0 { 12 } else { number };
            500 + each.saturating_mul(bytes.len() as u64)
        }
    }
}

/// Appends `operand` by `verb`; a verb that does not fit gives Go's `%!verb(type=value)`.
pub fn append_operand(out: &mut Vec<u8>, spec: Spec, verb: char, operand: Operand<'_>, type_name: &str) {
    let fits = match operand {
        Operand::Nil => match verb {
            'T' | 'v' => {
                spec.pad(out, b"<nil>");
                true
            }
            _ => false,
        },
        Operand::Bool(value) => match verb {
            't' | 'v' => {
                spec.pad(out, if value { b"true" } else { b"false" });
                true
            }
            _ => false,
        },
        Operand::Int(value) => append_integer(out, spec, verb, value as u64, true),
        Operand::Uint(value) => append_integer(out, spec, verb, value, false),
        Operand::Float(value, bits) => append_real(out, spec, verb, value, bits),
        Operand::Complex(re, im, bits) => {
            let fits = matches!(verb, 'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E');
            if fits {
                out.push(b'(');
                append_real(out, spec, verb, re, bits);
                append_real(out, spec.with(PLUS), verb, im, bits);
                out.extend_from_slice(b"i)");
            }
            fits
        }
        Operand::Text(text) => append_text(out, spec, verb, text),
        Operand::Bytes(bytes, nil) => {
            append_bytes(out, spec, verb, bytes, nil, type_name);
            true
        }
    };
    if !fits {
        if matches!(operand, Operand::Nil) {
            out.extend_from_slice(b"%!");
            append_rune(out, verb as i32);
            out.extend_from_slice(b"(<nil>");
        } else {
            append_misfit(out, verb, type_name);
            append_operand(out, spec, 'v', operand, type_name);
        }
        out.push(b')');
    }
}

fn append_integer(out: &mut Vec<u8>, spec: Spec, verb: char, value: u64, signed: bool) -> bool {
    match verb {
        'v' if spec.has(SHARP_V) && !signed => append_digits(out, spec.with(SHARP), verb, value, 16, false),
        'v' | 'd' => append_digits(out, spec, verb, value, 10, signed),
        'b' => append_digits(out, spec, verb, value, 2, signed),
        'o' | 'O' => append_digits(out, spec, verb, value, 8, signed),
        'x' | 'X' => append_digits(out, spec, verb, value, 16, signed),
        'c' => {
            let mut text = Vec::with_capacity(4);
            append_rune(&mut text, code_point(value));
            spec.pad(out, &text);
        }
        'q' => {
            let keep = if spec.has(PLUS) { Keep::Ascii } else { Keep::Printable };
            let mut text = Vec::with_capacity(12);
            append_quoted_rune(&mut text, code_point(value), keep);
            spec.pad(out, &text);
        }
        'U' => append_unicode(out, spec, value),
        _ => return false,
    }
    true
}

fn code_point(value: u64) -> i32 {
    i32::try_from(value).ok().filter(|&r| r <= 0x10_FFFF).unwrap_or(0xFFFD)
}

fn append_digits(out: &mut Vec<u8>, spec: Spec, verb: char, value: u64, base: u32, signed: bool) {
    let negative = signed && (value as i64) < 0;
    let magnitude = if negative { value.wrapping_neg() } else { value };
    if spec.flags == 0 {
        // The common case: nothing to pad, no prefix.
        if negative {
            out.push(b'-');
        }
        let start = out.len();
        append_uint(out, magnitude, base);
        if verb == 'X' {
            out[start..].make_ascii_uppercase();
        } else if verb == 'O' {
            out.splice(start..start, *b"0o");
        }
        return;
    }
    let mut least = 0;
    if let Some(prec) = spec.prec() {
        least = prec;
        if prec == 0 && magnitude == 0 {
            return spec.without(ZERO).fill(out, if spec.has(WIDTH) { spec.width } else { 0 });
        }
    } else if spec.has(ZERO) && !spec.has(MINUS) && spec.has(WIDTH) {
        let sign = negative || spec.has(PLUS) || spec.has(SPACE);
        least = spec.width.saturating_sub(usize::from(sign));
    }
    let mut digits = Vec::with_capacity(20);
    append_uint(&mut digits, magnitude, base);
    if verb == 'X' {
        digits.make_ascii_uppercase();
    }
    let zeros = least.saturating_sub(digits.len());
    let mut text = Vec::with_capacity(zeros + digits.len() + 4);
    if negative {
        text.push(b'-');
    } else if spec.has(PLUS) {
        text.push(b'+');
    } else if spec.has(SPACE) {
        text.push(b' ');
    }
    if verb == 'O' {
        text.extend_from_slice(b"0o");
    }
    if spec.has(SHARP) {
        match base {
            2 => text.extend_from_slice(b"0b"),
            8 if zeros == 0 && digits[0] != b'0' => text.push(b'0'),
            16 => text.extend_from_slice(if verb == 'X' { b"0X" } else { b"0x" }),
            _ => {}
        }
    }
    text.resize(text.len() + zeros, b'0');
    text.extend_from_slice(&digits);
    spec.without(ZERO).pad(out, &text);
}

/// `U+0078`, with `#` and if printable `U+0078 'x'`.
fn append_unicode(out: &mut Vec<u8>, spec: Spec, value: u64) {
    let least = spec.prec().unwrap_or(4).max(4);
    let digits = format!("{value:X}");
    let mut text = b"U+".to_vec();
    text.resize(2 + least.saturating_sub(digits.len()), b'0');
    text.extend_from_slice(digits.as_bytes());
    if spec.has(SHARP)
        && let Ok(r) = i32::try_from(value)
        && r <= 0x10_FFFF
        && is_print(r as u32)
    {
        text.extend_from_slice(b" '");
        append_rune(&mut text, r);
        text.push(b'\'');
    }
    spec.without(ZERO).pad(out, &text);
}

fn append_real(out: &mut Vec<u8>, spec: Spec, verb: char, value: f64, bits: u32) -> bool {
    let (letter, prec) = match verb {
        'v' => (b'g', -1),
        'b' | 'g' | 'G' | 'x' | 'X' => (verb as u8, -1),
        'f' | 'e' | 'E' => (verb as u8, 6),
        'F' => (b'f', 6),
        _ => return false,
    };
    let prec = spec.prec().map_or(prec, |prec| prec as i64);
    let mut text = Vec::with_capacity(24);
    append_float(&mut text, value, letter, prec, bits);
    if !matches!(text[0], b'-' | b'+') {
        text.insert(0, b'+');
    }
    if spec.has(SPACE) && text[0] == b'+' && !spec.has(PLUS) {
        text[0] = b' ';
    }
    if matches!(text[1], b'I' | b'N') {
        let spec = spec.without(ZERO);
        let bare = text[1] == b'N' && !spec.has(SPACE) && !spec.has(PLUS);
        if bare {
            text.remove(0);
        }
        spec.pad(out, &text);
        return true;
    }
    if spec.has(SHARP) && letter != b'b' {
        keep_point(&mut text, letter, prec);
    }
    if spec.has(PLUS) || text[0] != b'+' {
        if spec.has(ZERO) && !spec.has(MINUS) && spec.has(WIDTH) && spec.width > text.len() {
            out.push(text[0]);
            spec.fill(out, spec.width - text.len());
            out.extend_from_slice(&text[1..]);
        } else {
            spec.pad(out, &text);
        }
    } else {
        spec.pad(out, &text[1..]);
    }
    true
}

/// The flag `#`: a decimal point always, and for `g` and `x` trailing zeros. `text` begins with its sign.
fn keep_point(text: &mut Vec<u8>, letter: u8, prec: i64) {
    let hex = matches!(letter, b'x' | b'X');
    let mut digits = match letter {
        b'g' | b'G' | b'x' if prec == -1 => 6,
        b'g' | b'G' | b'x' => prec,
        _ => 0,
    };
    let end = text
        .iter()
        .position(|c| matches!(c, b'p' | b'P') || !hex && matches!(c, b'e' | b'E'))
        .unwrap_or(text.len());
    let tail = text.split_off(end);
    let (mut point, mut significant) = (false, false);
    for &c in &text[1..] {
        if c == b'.' {
            point = true;
            continue;
        }
        significant |= c != b'0';
        digits -= i64::from(significant);
    }
    if !point {
        if text.len() == 2 && text[1] == b'0' {
            digits -= 1;
        }
        text.push(b'.');
    }
    text.resize(text.len() + digits.max(0) as usize, b'0');
    text.extend_from_slice(&tail);
}

/// Cuts to as many runes as the precision says.
fn cut(spec: Spec, text: &[u8]) -> &[u8] {
    let Some(prec) = spec.prec() else { return text };
    let mut at = 0;
    for _ in 0..prec {
        if at >= text.len() {
            return text;
        }
        at += decode(&text[at..]).1;
    }
    &text[..at]
}

fn append_text(out: &mut Vec<u8>, spec: Spec, verb: char, text: &[u8]) -> bool {
    match verb {
        'v' if spec.has(SHARP_V) => append_quote(out, spec, text),
        'v' | 's' => spec.pad(out, cut(spec, text)),
        'x' | 'X' => append_hex(out, spec, verb, text),
        'q' => append_quote(out, spec, text),
        _ => return false,
    }
    true
}

fn append_quote(out: &mut Vec<u8>, spec: Spec, text: &[u8]) {
    let text = cut(spec, text);
    let mut quoted = Vec::with_capacity(text.len() + 2);
    let Ok(()) = append_whole_quote(&mut quoted, spec, text, &mut untold);
    spec.pad(out, &quoted);
}

fn append_whole_quote<E>(out: &mut Vec<u8>, spec: Spec, text: &[u8], tick: Tick<'_, E>) -> Result<(), E> {
    if spec.has(SHARP) && can_backquote(text, tick)? {
        out.push(b'`');
        append_parts(out, text, tick)?;
        out.push(b'`');
        return Ok(());
    }
    let keep = if spec.has(PLUS) { Keep::Ascii } else { Keep::Printable };
    append_quoted(out, text, b'"', keep, tick)
}

fn append_parts<E>(out: &mut Vec<u8>, text: &[u8], tick: Tick<'_, E>) -> Result<(), E> {
    for part in text.chunks(PART) {
        tick(part.len())?;
        out.extend_from_slice(part);
    }
    Ok(())
}

/// Texts of so many bytes have more runes than the widest field.
const LARGE: usize = 4 << 20;

/// As [`append_operand`]; `tick` is told of each part of a long text, and can end the work.
///
/// # Errors
/// Those of `tick`.
pub fn append_large<E>(
    out: &mut Vec<u8>,
    spec: Spec,
    verb: char,
    operand: Operand<'_>,
    type_name: &str,
    tick: Tick<'_, E>,
) -> Result<(), E> {
    let (text, is_text) = match operand {
        Operand::Text(text) => (text, true),
        Operand::Bytes(bytes, _) => (bytes, false),
        _ => (&[][..], true),
    };
    // What a precision cuts off a text is not large.
    let cut = spec.has(PREC) && matches!(verb, 'v' | 's' | 'q');
    if text.len() <= LARGE || is_text && cut {
        append_operand(out, spec, verb, operand, type_name);
        return Ok(());
    }
    match (verb, is_text) {
        ('q', _) if !cut => append_whole_quote(out, spec, text, tick),
        ('v', true) if spec.has(SHARP_V) => append_whole_quote(out, spec, text, tick),
        ('s', _) | ('v', true) if !cut => append_parts(out, text, tick),
        ('s' | 'q', _) => {
            append_operand(out, spec, verb, operand, type_name);
            Ok(())
        }
        ('x' | 'X', _) => {
            let text = &text[..spec.prec().map_or(text.len(), |prec| prec.min(text.len()))];
            if text.len() <= LARGE {
                append_hex(out, spec, verb, text);
                return Ok(());
            }
            let mut spec = spec.without(PREC | WIDTH);
            for (i, part) in text.chunks(PART).enumerate() {
                tick(part.len())?;
                if i > 0 && spec.has(SPACE) {
                    out.push(b' ');
                } else if i > 0 {
                    spec = spec.without(SHARP);
                }
                append_hex(out, spec, verb, part);
            }
            Ok(())
        }
        (_, true) => {
            append_misfit(out, verb, type_name);
            append_large(out, spec, 'v', operand, type_name, tick)?;
            out.push(b')');
            Ok(())
        }
        (_, false) => {
            let sharp_v = verb == 'v' && spec.has(SHARP_V);
            append_operand(out, spec, verb, Operand::Bytes(&text[..1], false), type_name);
            let close = out.pop();
            for part in text[1..].chunks(PART / 16) {
                tick(16 * part.len())?;
                for byte in part {
                    out.extend_from_slice(if sharp_v { b", " } else { b" " });
                    append_operand(out, spec, verb, Operand::Uint(u64::from(*byte)), "uint8");
                }
            }
            out.extend(close);
            Ok(())
        }
    }
}

/// The beginning of what stands for an operand that a verb does not fit.
fn append_misfit(out: &mut Vec<u8>, verb: char, type_name: &str) {
    out.extend_from_slice(b"%!");
    append_rune(out, verb as i32);
    out.push(b'(');
    out.extend_from_slice(type_name.as_bytes());
    out.push(b'=');
}

fn append_hex(out: &mut Vec<u8>, spec: Spec, verb: char, text: &[u8]) {
    let text = &text[..spec.prec().map_or(text.len(), |prec| prec.min(text.len()))];
    if text.is_empty() {
        return spec.fill(out, if spec.has(WIDTH) { spec.width } else { 0 });
    }
    let digits = if verb == 'X' { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
    let prefix = [b'0', verb as u8];
    let of = |byte: u8| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]];
    if !spec.has(SPACE | SHARP | WIDTH) {
        let start = out.len();
        out.resize(start + 2 * text.len(), 0);
        for (two, byte) in out[start..].chunks_exact_mut(2).zip(text) {
            two.copy_from_slice(&of(*byte));
        }
        return;
    }
    let mut hex = Vec::with_capacity(2 * text.len() + 2);
    for (i, byte) in text.iter().enumerate() {
        if i > 0 && spec.has(SPACE) {
            hex.push(b' ');
        }
        if spec.has(SHARP) && (i == 0 || spec.has(SPACE)) {
            hex.extend_from_slice(&prefix);
        }
        hex.extend_from_slice(&of(*byte));
    }
    spec.pad(out, &hex);
}

fn append_bytes(out: &mut Vec<u8>, spec: Spec, verb: char, bytes: &[u8], nil: bool, type_name: &str) {
    match verb {
        's' => spec.pad(out, cut(spec, bytes)),
        'x' | 'X' => append_hex(out, spec, verb, bytes),
        'q' => append_quote(out, spec, bytes),
        _ => {
            let sharp_v = verb == 'v' && spec.has(SHARP_V);
            if sharp_v {
                let name = if type_name == "[]uint8" { "[]byte" } else { type_name };
                out.extend_from_slice(name.as_bytes());
                if nil {
                    return out.extend_from_slice(b"(nil)");
                }
            }
            out.push(if sharp_v { b'{' } else { b'[' });
            for (i, &byte) in bytes.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(if sharp_v { b", " } else { b" " });
                }
                append_operand(out, spec, verb, Operand::Uint(u64::from(byte)), "uint8");
            }
            out.push(if sharp_v { b'}' } else { b']' });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_operands_are_written_as_others() {
        let text = "aé\"\u{7f}b€".as_bytes().repeat(LARGE / 11 + 10_003);
        let check = |spec: Spec, verb: char, operand: Operand<'_>| {
            let (mut one, mut other) = (Vec::new(), Vec::new());
            append_operand(&mut one, spec, verb, operand, "name");
            let Ok(()) = append_large(&mut other, spec, verb, operand, "name", &mut untold);
            assert!(one == other, "{verb} {spec:?}: {} and {} bytes", one.len(), other.len());
        };
        let texts = [
            ('s', WIDTH | MINUS),
            ('v', SHARP_V),
            ('q', WIDTH),
            ('q', SHARP | PLUS),
            ('x', 0),
            ('X', SHARP),
            ('x', SHARP | SPACE),
            ('x', PREC | WIDTH),
            ('d', 0),
        ];
        for (verb, flags) in texts {
            check(Spec { flags, width: 9, prec: LARGE + 7 }, verb, Operand::Text(&text));
        }
        for (verb, flags) in [('x', SPACE), ('v', SHARP_V), ('d', WIDTH | SHARP)] {
            check(Spec { flags, width: 9, prec: 0 }, verb, Operand::Bytes(&text, false));
        }
    }
}
