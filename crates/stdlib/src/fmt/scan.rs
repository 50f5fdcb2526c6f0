//! Scanning: operands that lie whole in a buffer, followed by white space. What is not of the most usual
//! form is left to the Go source.

use golite_runtime::native::{Ctx, NativeResult};

use crate::internal_bytealg::PART;
use crate::strconv::number::Tick;

/// Digits of an integer that cannot overflow.
const SAFE_DIGITS: usize = 18;

fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ')
}

/// The first word of ASCII characters if white space follows it.
fn word<E>(text: &[u8], tick: Tick<'_, E>) -> Result<Option<(usize, usize)>, E> {
    let mut position = |from: usize, ends: &dyn Fn(&u8) -> bool| {
        for (i, part) in text[from..].chunks(PART).enumerate() {
            if i > 0 {
                tick(part.len())?;
            }
            if let Some(at) = part.iter().position(ends) {
                return Ok(Some(from + i * PART + at));
            }
        }
        Ok(None)
    };
    let Some(start) = position(0, &|byte| !is_space(*byte))? else { return Ok(None) };
    let end = position(start, &|byte| is_space(*byte) || !byte.is_ascii())?;
    Ok(end.filter(|end| text[*end].is_ascii()).map(|end| (start, end)))
}

/// The value of a plain decimal integer.
fn integer(word: &[u8]) -> Option<i64> {
    let (negative, digits) = match word {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let plain = match digits {
        [b'0'] => true,
        [b'1'..=b'9', ..] => digits.len() <= SAFE_DIGITS && digits.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !plain {
        return None;
    }
    let value = digits.iter().fold(0, |value, digit| value * 10 + i64::from(digit & 15));
    Some(if negative { -value } else { value })
}

/// `quickInt(b []byte) (x int64, end int)`.
pub(super) fn quick_int(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let found = word(text, &mut |part| ctx.charge(part as u64 / 8))?;
    let found = found.and_then(|(start, end)| Some((integer(&text[start..end])?, end)));
    let (value, end) = found.unwrap_or((0, 0));
    ctx.set_int(0, value);
    ctx.set_uint(1, end as u64);
    Ok(())
}

/// `quickWord(b []byte) (start, end int)`.
pub(super) fn quick_word(ctx: &mut Ctx<'_>) -> NativeResult {
    let (start, end) = word(ctx.bytes(0), &mut |part| ctx.charge(part as u64 / 8))?.unwrap_or((0, 0));
    ctx.set_uint(0, start as u64);
    ctx.set_uint(1, end as u64);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_integers_before_white_space_are_quick() {
        let check = |text: &[u8]| {
            let Ok(found) = word::<std::convert::Infallible>(text, &mut |_| Ok(()));
            found.and_then(|(start, end)| integer(&text[start..end]))
        };
        assert_eq!(check(b" \r\n12 "), Some(12));
        assert_eq!(check(b"-7\n"), Some(-7));
        assert_eq!(check(b"+0 x"), Some(0));
        assert_eq!(check(b"999999999999999999\t"), Some(999_999_999_999_999_999));
        for text in [
            &b"12"[..],
            b"",
            b"  ",
            b"007 ",
            b"1_0 ",
            b"0x1 ",
            b"9999999999999999999 ",
            b"1.5 ",
            b"- ",
            b"12\xff ",
        ] {
            assert_eq!(check(text), None, "{text:?}");
        }
    }
}
