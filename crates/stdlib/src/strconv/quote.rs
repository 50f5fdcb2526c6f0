//! Quoting and unquoting of strings and runes.

use super::number::Tick;
use crate::internal_bytealg::PART;
use crate::unicode::tables::{is_graphic, is_print};
use crate::unicode_utf8::{decode, parts};

/// Which characters are quoted as they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// What `IsPrint` says.
    Printable,
    /// Printable ASCII only.
    Ascii,
    /// What `IsGraphic` says.
    Graphic,
}

/// Appends UTF-8; what is no code point becomes U+FFFD.
pub fn append_rune(out: &mut Vec<u8>, r: i32) {
    let c = u32::try_from(r).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Appends `text` between quotes.
///
/// # Errors
/// Those of `tick`.
pub fn append_quoted<E>(
    out: &mut Vec<u8>,
    text: &[u8],
    quote: u8,
    keep: Keep,
    tick: Tick<'_, E>,
) -> Result<(), E> {
    let plain = |byte: &u8| (b' '..=b'~').contains(byte) && *byte != quote && *byte != b'\\';
    out.push(quote);
    let mut at = 0;
    let mut told = 0;
    while at < text.len() {
        if at >= told {
            let part = (text.len() - at).min(PART);
            tick(part)?;
            told = at + part;
        }
        let run = text[at..told].iter().position(|byte| !plain(byte)).unwrap_or(told - at);
        out.extend_from_slice(&text[at..at + run]);
        at += run;
        if at == told {
            continue;
        }
        let byte = text[at];
        let (r, width) = if byte < 0x80 { (i32::from(byte), 1) } else { decode(&text[at..]) };
        if width == 1 && r == 0xFFFD {
            out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
        } else {
            append_escaped(out, r, quote, keep);
        }
        at += width;
    }
    out.push(quote);
    Ok(())
}

/// Appends a rune between single quotes.
pub fn append_quoted_rune(out: &mut Vec<u8>, r: i32, keep: Keep) {
    let valid = u32::try_from(r).ok().and_then(char::from_u32).is_some();
    out.push(b'\'');
    append_escaped(out, if valid { r } else { 0xFFFD }, b'\'', keep);
    out.push(b'\'');
}

fn append_escaped(out: &mut Vec<u8>, r: i32, quote: u8, keep: Keep) {
    if r == i32::from(quote) || r == i32::from(b'\\') {
        out.push(b'\\');
        out.push(r as u8);
        return;
    }
    let c = r as u32;
    let kept = match keep {
        Keep::Ascii => c < 0x80 && is_print(c),
        Keep::Printable => is_print(c),
        Keep::Graphic => is_graphic(c),
    };
    if kept {
        return append_rune(out, r);
    }
    let letter = match r {
        7 => b'a',
        8 => b'b',
        12 => b'f',
        10 => b'n',
        13 => b'r',
        9 => b't',
        11 => b'v',
        _ => {
            let text = if c < 0x20 || c == 0x7F {
                format!("\\x{c:02x}")
            } else if char::from_u32(c).is_none() {
                "\\ufffd".to_owned()
            } else if c < 0x1_0000 {
                format!("\\u{c:04x}")
            } else {
                format!("\\U{c:08x}")
            };
            return out.extend_from_slice(text.as_bytes());
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

/// Whether `text` can stand between back quotes unchanged.
///
/// # Errors
/// Those of `tick`.
pub fn can_backquote<E>(text: &[u8], tick: Tick<'_, E>) -> Result<bool, E> {
    for part in parts(text) {
        tick(part.len())?;
        if !is_plain(part) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_plain(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        let (r, width) = decode(&text[at..]);
        at += width;
        if width > 1 {
            if r == 0xFEFF {
                return false;
            }
            continue;
        }
        if r == 0xFFFD || r < 0x20 && r != 9 || r == i32::from(b'`') || r == 0x7F {
            return false;
        }
    }
    true
}

/// The first character of the inside of a literal: its value, whether it is to be written as UTF-8 (and
/// not as one byte), its length in the literal.
pub fn unquote_char(text: &[u8], quote: u8) -> Option<(i32, bool, usize)> {
    let &first = text.first()?;
    if first == quote && (quote == b'\'' || quote == b'"') {
        return None;
    }
    if first >= 0x80 {
        let (r, width) = decode(text);
        return Some((r, true, width));
    }
    if first != b'\\' {
        return Some((i32::from(first), false, 1));
    }
    let &escape = text.get(1)?;
    let plain = |value: u8| Some((i32::from(value), false, 2));
    match escape {
        b'a' => plain(7),
        b'b' => plain(8),
        b'f' => plain(12),
        b'n' => plain(10),
        b'r' => plain(13),
        b't' => plain(9),
        b'v' => plain(11),
        b'\\' => plain(b'\\'),
        b'\'' | b'"' if escape == quote => plain(escape),
        b'x' | b'u' | b'U' => {
            let count = match escape {
                b'x' => 2,
                b'u' => 4,
                _ => 8,
            };
            let mut value = 0_u32;
            for &c in text.get(2..2 + count)? {
                value = value << 4 | (c as char).to_digit(16)?;
            }
            if escape == b'x' {
                return Some((value as i32, false, 4));
            }
            char::from_u32(value)?;
            Some((value as i32, true, 2 + count))
        }
        b'0'..=b'7' => {
            let mut value = 0;
            for &c in text.get(1..4)? {
                value = value << 3 | i32::try_from((c as char).to_digit(8)?).ok()?;
            }
            (value <= 255).then_some((value, false, 4))
        }
        _ => None,
    }
}

/// Reads the quoted literal at the start of `text`: its length, and what it stands for.
///
/// # Errors
/// Those of `tick`.
pub fn unquote_prefix<E>(text: &[u8], tick: Tick<'_, E>) -> Result<Option<(usize, Vec<u8>)>, E> {
    let Some(&quote) = text.first().filter(|_| text.len() >= 2) else { return Ok(None) };
    Ok(match quote {
        b'`' => {
            let mut inside = Vec::new();
            let mut end = 1;
            for part in text[1..].chunks(PART) {
                tick(part.len())?;
                let close = part.iter().position(|&c| c == b'`');
                let part = &part[..close.unwrap_or(part.len())];
                inside.extend(part.iter().copied().filter(|&c| c != b'\r'));
                end += part.len();
                if close.is_some() {
                    return Ok(Some((end + 1, inside)));
                }
            }
            None
        }
        b'"' | b'\'' => {
            let mut out = Vec::new();
            let (mut at, mut count, mut told) = (1, 0, 1);
            loop {
                if at >= told {
                    let part = (text.len() - at).min(PART);
                    tick(part)?;
                    told = at + part.max(1);
                }
                match text.get(at) {
                    None => return Ok(None),
                    Some(&byte) if byte == quote => break,
                    Some(b'\n') => return Ok(None),
                    Some(_) if quote == b'\'' && count == 1 => return Ok(None),
                    Some(_) => {}
                }
                let Some((r, multibyte, length)) = unquote_char(&text[at..], quote) else { return Ok(None) };
                at += length;
                count += 1;
                if r < 0x80 || !multibyte {
                    out.push(r as u8);
                } else {
                    append_rune(&mut out, r);
                }
            }
            // Go takes '' for an empty text.
            (quote != b'\'' || count == 1 || at == 1).then_some((at + 1, out))
        }
        _ => None,
    })
}
