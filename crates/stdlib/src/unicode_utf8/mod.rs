//! Package `unicode/utf8`: decoding, counting and checking of bytes.
//!
//! Bytes that are not UTF-8 in its shortest form decode to U+FFFD of width 1.

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};

use crate::internal_bytealg::PART;

/// The first rune of `bytes` and its width; `(0xFFFD, 0)` if there are none.
pub fn decode(bytes: &[u8]) -> (i32, usize) {
    const INVALID: (i32, usize) = (0xFFFD, 1);
    let Some(&first) = bytes.first() else { return (0xFFFD, 0) };
    let (width, least) = match first {
        0..=0x7F => return (i32::from(first), 1),
        0xC2..=0xDF => (2, 0x80),
        0xE0..=0xEF => (3, 0x800),
        0xF0..=0xF4 => (4, 0x1_0000),
        _ => return INVALID,
    };
    let Some(rest) = bytes.get(1..width) else { return INVALID };
    let mut r = u32::from(first) & (0x7F >> width);
    for &byte in rest {
        if byte & 0xC0 != 0x80 {
            return INVALID;
        }
        r = r << 6 | u32::from(byte & 0x3F);
    }
    if r < least || char::from_u32(r).is_none() { INVALID } else { (r as i32, width) }
}

/// The last rune of `bytes` and its width; `(0xFFFD, 0)` if there are none.
pub fn decode_last(bytes: &[u8]) -> (i32, usize) {
    let end = bytes.len();
    if end == 0 {
        return (0xFFFD, 0);
    }
    for start in (end.saturating_sub(4)..end).rev() {
        if bytes[start] & 0xC0 != 0x80 {
            let (r, width) = decode(&bytes[start..]);
            return if start + width == end { (r, width) } else { (0xFFFD, 1) };
        }
    }
    (0xFFFD, 1)
}

/// Whether `bytes` begin with a whole rune, or with what can never become one.
pub fn is_full(bytes: &[u8]) -> bool {
    let Some(&first) = bytes.first() else { return false };
    let (width, second) = match first {
        0xC2..=0xDF => (2, 0x80..=0xBF),
        0xE0 => (3, 0xA0..=0xBF),
        0xED => (3, 0x80..=0x9F),
        0xE1..=0xEF => (3, 0x80..=0xBF),
        0xF0 => (4, 0x90..=0xBF),
        0xF4 => (4, 0x80..=0x8F),
        0xF1..=0xF3 => (4, 0x80..=0xBF),
        _ => return true,
    };
    bytes.len() >= width
        || bytes.get(1).is_some_and(|byte| !second.contains(byte))
        || bytes.get(2).is_some_and(|byte| byte & 0xC0 != 0x80)
}

/// The number of runes.
pub fn count(bytes: &[u8]) -> usize {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.chars().count();
    }
    let (mut at, mut runes) = (0, 0);
    while at < bytes.len() {
        at += decode(&bytes[at..]).1;
        runes += 1;
    }
    runes
}

/// Parts of a long text, none of which ends within a rune.
pub fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let end = if rest.len() <= PART { rest.len() } else { rune_start(rest, PART) };
        let (part, behind) = rest.split_at(end);
        rest = behind;
        (!part.is_empty()).then_some(part)
    })
}

/// A place at most three bytes before `at` that is in no rune: a rune has at most three bytes behind its first,
/// and behind four of those that are not the first of one something else begins.
fn rune_start(bytes: &[u8], at: usize) -> usize {
    let begins = |at: &usize| bytes[*at] & 0xC0 != 0x80;
    (at.saturating_sub(3)..=at).rev().find(begins).unwrap_or(at)
}

/// The package.
pub static PACKAGE: Package = package!(
    "unicode/utf8",
    ".",
    ["utf8.go-lite"],
    natives![
        "RuneCount" => rune_count,
        "RuneCountInString" => rune_count,
        "Valid" => valid,
        "ValidString" => valid,
        "fullBytes" => full,
        "fullString" => full,
        "decodeBytes" => decode_first,
        "decodeString" => decode_first,
        "decodeLastBytes" => decode_end,
        "decodeLastString" => decode_end,
    ]
);

fn rune_count(ctx: &mut Ctx<'_>) -> NativeResult {
    let mut runes = 0;
    for part in parts(ctx.bytes(0)) {
        ctx.charge(part.len() as u64 / 8)?;
        runes += count(part);
    }
    ctx.set_int(0, runes as i64);
    Ok(())
}

fn valid(ctx: &mut Ctx<'_>) -> NativeResult {
    let mut valid = true;
    for part in parts(ctx.bytes(0)) {
        ctx.charge(part.len() as u64 / 8)?;
        valid &= std::str::from_utf8(part).is_ok();
        if !valid {
            break;
        }
    }
    ctx.set_bool(0, valid);
    Ok(())
}

fn full(ctx: &mut Ctx<'_>) -> NativeResult {
    ctx.set_bool(0, is_full(ctx.bytes(0)));
    Ok(())
}

fn decode_first(ctx: &mut Ctx<'_>) -> NativeResult {
    let (r, width) = decode(ctx.bytes(0));
    ctx.set_int(0, i64::from(r));
    ctx.set_int(1, width as i64);
    Ok(())
}

fn decode_end(ctx: &mut Ctx<'_>) -> NativeResult {
    let (r, width) = decode_last(ctx.bytes(0));
    ctx.set_int(0, i64::from(r));
    ctx.set_int(1, width as i64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_end_within_a_rune() {
        for unit in [
            &b"\x80"[..],
            "\u{1F600}".as_bytes(),
            "é".as_bytes(),
            "a€".as_bytes(),
            b"\xe2\x82",
            b"\xf0\x9f\x98\x80\x80",
        ] {
            for shift in 0..5 {
                let bytes = [&b"abcde"[..shift], &unit.repeat(PART / 2)].concat();
                assert_eq!(parts(&bytes).map(count).sum::<usize>(), count(&bytes), "{unit:?} {shift}");
                let valid = parts(&bytes).all(|part| std::str::from_utf8(part).is_ok());
                assert_eq!(valid, std::str::from_utf8(&bytes).is_ok(), "{unit:?} {shift}");
                assert_eq!(parts(&bytes).collect::<Vec<_>>().concat().len(), bytes.len());
            }
        }
    }
}
