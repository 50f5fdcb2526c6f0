//! Literals: checking them with Go's messages, and decoding strings and runes.

use crate::token::Token;

/// A message and where it belongs, as an offset in the literal.
pub type LiteralError = (usize, String);

/// Checks the text of a number: its kind, and what is wrong with it.
#[must_use]
pub fn check_number(text: &str) -> (Token, Option<LiteralError>) {
    let bytes = text.as_bytes();
    let imaginary = text.ends_with('i');
    let body = if imaginary { &bytes[..bytes.len() - 1] } else { bytes };
    let (base, name, prefix) = match body {
        [b'0', b'x' | b'X', ..] => (16, "hexadecimal", 2),
        [b'0', b'o' | b'O', ..] => (8, "octal", 2),
        [b'0', b'b' | b'B', ..] => (2, "binary", 2),
        [b'0', rest @ ..] if !rest.is_empty() => (8, "octal", 1),
        _ => (10, "decimal", 0),
    };
    let digits = &body[prefix..];
    let is_exponent = |byte: &u8| {
        if base == 16 { matches!(byte, b'p' | b'P') } else { matches!(byte, b'e' | b'E' | b'p' | b'P') }
    };
    let exponent = digits.iter().position(is_exponent);
    let mantissa = &digits[..exponent.unwrap_or(digits.len())];
    let float = exponent.is_some() || mantissa.contains(&b'.');
    let token = match (imaginary, float) {
        (true, _) => Token::Imag,
        (false, true) => Token::Float,
        (false, false) => Token::Int,
    };
    let error = |at: usize, message: String| (token, Some((at, message)));
    let has_digits = mantissa.iter().any(|byte| byte.is_ascii_hexdigit());
    if !has_digits && prefix != 1 {
        return error(prefix + mantissa.len(), format!("{name} literal has no digits"));
    }
    let dot = mantissa.iter().position(|byte| *byte == b'.');
    if let Some(at) = dot.filter(|_| prefix == 2 && base != 16) {
        return error(prefix + at, format!("invalid radix point in {name} literal"));
    }
    if let Some(at) = exponent {
        let mark = char::from(digits[at]);
        if base == 16 && !matches!(mark, 'p' | 'P') || base != 16 && matches!(mark, 'p' | 'P') {
            return error(prefix + at, format!("'{mark}' exponent requires hexadecimal mantissa"));
        }
        if prefix == 2 && base != 16 {
            return error(prefix + at, format!("'{mark}' exponent requires decimal mantissa"));
        }
        let power = &digits[at + 1..];
        let power = power.strip_prefix(b"+").or_else(|| power.strip_prefix(b"-")).unwrap_or(power);
        if !power.iter().any(u8::is_ascii_digit) {
            return error(body.len(), "exponent has no digits".into());
        }
    } else if base == 16 && mantissa.contains(&b'.') {
        return error(body.len(), "hexadecimal mantissa requires a 'p' exponent".into());
    }
    let old_octal_imaginary = imaginary && prefix == 1;
    if !float && !old_octal_imaginary && base < 10 {
        let bad = mantissa.iter().position(|byte| byte.is_ascii_digit() && *byte >= b'0' + base);
        if let Some(at) = bad {
            let digit = char::from(mantissa[at]);
            return error(prefix + at, format!("invalid digit '{digit}' in {name} literal"));
        }
    }
    if let Some(at) = bad_separator(body) {
        return error(at, "'_' must separate successive digits".into());
    }
    (token, None)
}

/// The offset of an underscore that does not stand between digits (or after the base prefix).
fn bad_separator(body: &[u8]) -> Option<usize> {
    let prefixed = body.len() > 1 && body[0] == b'0' && body[1].is_ascii_alphabetic();
    let hex = prefixed && matches!(body[1], b'x' | b'X');
    let digit = |byte: u8| if hex { byte.is_ascii_hexdigit() } else { byte.is_ascii_digit() };
    // The prefix counts as a digit.
    let (start, mut after_digit) = if prefixed { (2, true) } else { (0, false) };
    let mut after_separator = false;
    for (i, byte) in body.iter().enumerate().skip(start) {
        match byte {
            b'_' if !after_digit => return Some(i),
            b'_' => {}
            byte if after_separator && !digit(*byte) => return Some(i - 1),
            _ => {}
        }
        after_separator = *byte == b'_';
        after_digit = digit(*byte);
    }
    after_separator.then(|| body.len() - 1)
}

/// Checks a rune literal, quotes included; `at_line_end` says that the line ends after it.
#[must_use]
pub fn check_char(text: &str, at_line_end: bool) -> Option<LiteralError> {
    if text == "''" {
        return Some((1, "empty rune literal or unescaped '".into()));
    }
    if text.len() < 2 || !text.ends_with('\'') {
        return Some(if at_line_end {
            match next_char(&text[1..], b'\'') {
                // An escape that the line end breaks off.
                Err((offset, message)) if offset > 1 && 1 + offset == text.len() => {
                    (text.len(), at_line_end_instead(&message, '\''))
                }
                _ => (text.len(), "newline in rune literal".into()),
            }
        } else {
            (0, "rune literal not terminated".into())
        });
    }
    // Escapes are read with the closing quote in sight: it may end them too early.
    let (mut at, mut count) = (1, 0);
    while at + 1 < text.len() {
        match next_char(&text[at..], b'\'') {
            Ok((_, len)) => {
                at += len;
                count += 1;
            }
            Err((offset, message)) => return Some((at + offset, message)),
        }
    }
    (count != 1).then(|| (0, "more than one character in rune literal".into()))
}

/// Checks an interpreted string literal, quotes included; `at_line_end` says that the line ends after it.
#[must_use]
pub fn check_string(text: &str, at_line_end: bool) -> Vec<LiteralError> {
    let mut errors = Vec::new();
    let closed = text.len() >= 2 && text.ends_with('"') && !ends_escaped(text);
    let end = if closed { text.len() - 1 } else { text.len() };
    let mut at = 1;
    while at < end {
        match next_char(&text[at..], b'"') {
            Ok((_, len)) => at += len,
            Err((offset, message)) => {
                // What breaks an escape off is the line end, or nothing.
                let broken_off = !closed && (at + offset == end || at + 1 == end);
                match (broken_off, at_line_end) {
                    (false, _) => errors.push((at + offset, message)),
                    (true, true) if at + 1 == end => errors.push((end, "unknown escape".into())),
                    (true, true) => errors.push((end, at_line_end_instead(&message, '"'))),
                    (true, false) => {}
                }
                at += offset.max(1);
                while !text.is_char_boundary(at) {
                    at += 1;
                }
            }
        }
    }
    if !closed {
        errors.push(if at_line_end {
            (text.len(), "newline in string".into())
        } else {
            (0, "string not terminated".into())
        });
    }
    errors
}

/// The message about a wrong character in an escape, for the end of the line.
fn at_line_end_instead(message: &str, quote: char) -> String {
    let shown = quote_char(quote, quote as u8);
    message.replacen(&shown, "'\\n'", 1)
}

fn ends_escaped(text: &str) -> bool {
    let body = &text.as_bytes()[1..text.len() - 1];
    body.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// What one character or escape of a literal stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// A code point.
    Char(char),
    /// A byte given by number.
    Byte(u8),
}

/// The first character or escape of `text`, and its length.
fn next_char(text: &str, quote: u8) -> Result<(Unit, usize), LiteralError> {
    let char = text.chars().next().ok_or((0, "string not terminated".to_string()))?;
    if char != '\\' {
        return Ok((Unit::Char(char), char.len_utf8()));
    }
    let bytes = text.as_bytes();
    let simple = |byte| Ok((Unit::Char(char::from(byte)), 2));
    let (digits, base, start) = match bytes.get(1) {
        Some(b'a') => return simple(7),
        Some(b'b') => return simple(8),
        Some(b'f') => return simple(12),
        Some(b'n') => return simple(10),
        Some(b'r') => return simple(13),
        Some(b't') => return simple(9),
        Some(b'v') => return simple(11),
        Some(b'\\') => return simple(b'\\'),
        Some(byte) if *byte == quote => return simple(quote),
        Some(b'0'..=b'7') => (3, 8, 1),
        Some(b'x') => (2, 16, 2),
        Some(b'u') => (4, 16, 2),
        Some(b'U') => (8, 16, 2),
        None => return Err((0, "escape is not terminated".into())),
        Some(_) => return Err((1, "unknown escape".into())),
    };
    let mut value: u32 = 0;
    for i in start..start + digits {
        let digit = bytes.get(i).and_then(|byte| char::from(*byte).to_digit(base));
        let Some(digit) = digit else {
            let rest = text.get(i..).unwrap_or_default();
            let found = rest.chars().next().unwrap_or(char::from(quote));
            let name = if base == 8 { "octal" } else { "hexadecimal" };
            return Err((i, format!("invalid character {} in {name} escape", quote_char(found, quote))));
        };
        value = value.wrapping_mul(base) + digit;
    }
    let len = start + digits;
    match bytes[1] {
        b'u' | b'U' => match char::from_u32(value) {
            Some(char) => Ok((Unit::Char(char), len)),
            None => Err((len, format!("escape is invalid Unicode code point {}", unicode(value)))),
        },
        _ => match u8::try_from(value) {
            Ok(byte) => Ok((Unit::Byte(byte), len)),
            Err(_) => Err((len, format!("octal escape value {value} > 255"))),
        },
    }
}

fn unicode(value: u32) -> String {
    format!("U+{value:04X}")
}

fn quote_char(char: char, quote: u8) -> String {
    if char == char::from(quote) && quote == b'\'' { "'\\''".into() } else { format!("'{char}'") }
}

/// The bytes that a string literal (interpreted or raw, quotes included) stands for.
#[must_use]
pub fn decode_string(text: &str) -> Vec<u8> {
    if let Some(body) = text.strip_prefix('`') {
        let body = body.strip_suffix('`').unwrap_or(body);
        return body.bytes().filter(|byte| *byte != b'\r').collect();
    }
    let body = text.strip_prefix('"').unwrap_or(text);
    let body = body.strip_suffix('"').unwrap_or(body);
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        match next_char(rest, b'"') {
            Ok((Unit::Byte(byte), len)) => {
                out.push(byte);
                rest = &rest[len..];
            }
            Ok((Unit::Char(char), len)) => {
                out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[len..];
            }
            // Reported by the lexer.
            Err(_) => break,
        }
    }
    out
}

/// The value of a rune literal, quotes included; 0 for a malformed one, which the lexer reported.
#[must_use]
pub fn decode_char(text: &str) -> u32 {
    let body = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    match next_char(body, b'\'') {
        Ok((Unit::Char(char), _)) => u32::from(char),
        Ok((Unit::Byte(byte), _)) => u32::from(byte),
        Err(_) => 0,
    }
}
