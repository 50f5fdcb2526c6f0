//! Package `strconv`: numbers and quoted text.

pub mod ftoa;
pub mod number;
pub mod quote;

#[cfg(test)]
mod tests;

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};
use quote::Keep;

use crate::internal_bytealg::{LONGEST, PART, room_for};
use crate::unicode::tables;

/// The package.
pub static PACKAGE: Package = package!(
    "strconv",
    ".",
    ["quote.go-lite", "strconv.go-lite"],
    natives![
        "Itoa" => itoa,
        "FormatInt" => format_int,
        "FormatUint" => format_uint,
        "parseInt" => parse_int,
        "parseUint" => parse_uint,
        "parseFloat" => parse_float,
        "formatFloat" => format_float,
        "quote" => quote_string,
        "quoteRune" => quote_rune,
        "CanBackquote" => can_backquote,
        "IsPrint" => |ctx| test_rune(ctx, tables::is_print),
        "IsGraphic" => |ctx| test_rune(ctx, tables::is_graphic),
        "unquotePrefix" => unquote_prefix,
        "unquoteChar" => unquote_char,
    ]
);

fn itoa(ctx: &mut Ctx<'_>) -> NativeResult {
    let mut out = Vec::with_capacity(20);
    number::append_int(&mut out, ctx.int(0), 10);
    ctx.set_string(0, &out)
}

/// The base in a parameter.
fn base(ctx: &mut Ctx<'_>, param: u16) -> Result<u32, golite_runtime::Trap> {
    match ctx.int(param) {
        base @ 2..=36 => Ok(base as u32),
        _ => Err(ctx.panic_string("strconv: illegal AppendInt/FormatInt base")),
    }
}

fn format_int(ctx: &mut Ctx<'_>) -> NativeResult {
    let base = base(ctx, 1)?;
    let mut out = Vec::with_capacity(20);
    number::append_int(&mut out, ctx.int(0), base);
    ctx.set_string(0, &out)
}

fn format_uint(ctx: &mut Ctx<'_>) -> NativeResult {
    let base = base(ctx, 1)?;
    let mut out = Vec::with_capacity(20);
    number::append_uint(&mut out, ctx.uint(0), base);
    ctx.set_string(0, &out)
}

fn code(failure: Option<number::Failure>) -> i64 {
    failure.map_or(0, |failure| failure as i64)
}

fn parse_int(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let (base, bits) = (ctx.int(2), ctx.int(3));
    let (value, failure) = number::parse_int(text, base, bits, &mut |part| ctx.charge(part as u64 / 8))?;
    ctx.set_int(0, value);
    ctx.set_int(1, code(failure));
    Ok(())
}

fn parse_uint(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let (base, bits) = (ctx.int(2), ctx.int(3));
    let (value, failure) = number::parse_uint(text, base, bits, &mut |part| ctx.charge(part as u64 / 8))?;
    ctx.set_uint(0, value);
    ctx.set_int(1, code(failure));
    Ok(())
}

fn parse_float(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let bits = if ctx.int(2) == 32 { 32 } else { 64 };
    let (value, length, failure) =
        number::parse_float_prefix(text, bits, &mut |part| ctx.charge(part as u64))?;
    ctx.set_float(0, value);
    ctx.set_int(1, length as i64);
    ctx.set_int(2, code(failure));
    Ok(())
}

/// No float has more digits that are not zeros behind the point.
const MOST_PLACES: i64 = 1100;

fn format_float(ctx: &mut Ctx<'_>) -> NativeResult {
    let prec = ctx.int(2);
    ctx.charge(prec.max(0) as u64 / 8)?;
    if prec > LONGEST as i64 {
        return Err(ctx.panic_error("makeslice: len out of range"));
    }
    let mut out = Vec::with_capacity(24);
    let bits = if ctx.int(3) == 32 { 32 } else { 64 };
    let format = ctx.uint(1) as u8;
    let exact = prec.min(MOST_PLACES);
    ftoa::append_float(&mut out, ctx.float(0), format, exact, bits);
    let zeros = match format {
        b'e' | b'E' | b'f' | b'x' | b'X' if ctx.float(0).is_finite() => (prec - exact) as u64,
        _ => 0,
    };
    if zeros == 0 {
        return ctx.set_string(0, &out);
    }
    // What follows so many places is zeros, before the exponent.
    let mark = if matches!(format, b'x' | b'X') { b'p' } else { b'e' };
    let exponent = out.iter().position(|byte| byte | 0x20 == mark);
    let (head, tail) = out.split_at(exponent.unwrap_or(out.len()));
    let total = out.len() as u64 + zeros;
    let new = ctx.new_bytes(total)?;
    ctx.fill(new, head)?;
    let mut done = head.len() as u64;
    for part in (0..zeros).step_by(PART).map(|from| (zeros - from).min(PART as u64)) {
        ctx.look()?;
        ctx.bytes_at_mut(new + done, part).fill(b'0');
        done += part;
    }
    ctx.fill(new + done, tail)?;
    ctx.set_string_at(0, new, total);
    Ok(())
}

fn keep(number: i64) -> Keep {
    match number {
        1 => Keep::Ascii,
        2 => Keep::Graphic,
        _ => Keep::Printable,
    }
}

fn quote_string(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    room_for(ctx, 4 * text.len() as u64)?;
    let mut out = Vec::with_capacity(text.len() + 2);
    let (quote, keep) = (ctx.uint(2) as u8, keep(ctx.int(3)));
    quote::append_quoted(&mut out, text, quote, keep, &mut |part| ctx.charge(part as u64 / 2))?;
    ctx.set_string(0, &out)
}

fn quote_rune(ctx: &mut Ctx<'_>) -> NativeResult {
    let mut out = Vec::with_capacity(12);
    quote::append_quoted_rune(&mut out, ctx.int(0) as i32, keep(ctx.int(1)));
    ctx.set_string(0, &out)
}

fn can_backquote(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let can = quote::can_backquote(text, &mut |part| ctx.charge(part as u64 / 4))?;
    ctx.set_bool(0, can);
    Ok(())
}

fn test_rune(ctx: &mut Ctx<'_>, test: fn(u32) -> bool) -> NativeResult {
    let is = u32::try_from(ctx.int(0)).is_ok_and(test);
    ctx.set_bool(0, is);
    Ok(())
}

fn unquote_prefix(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    room_for(ctx, text.len() as u64)?;
    let found = quote::unquote_prefix(text, &mut |part| ctx.charge(part as u64 / 4))?;
    let (length, inside) = found.unwrap_or_default();
    ctx.set_int(2, length as i64);
    ctx.set_string(0, &inside)
}

fn unquote_char(ctx: &mut Ctx<'_>) -> NativeResult {
    let (value, multibyte, length) = quote::unquote_char(ctx.bytes(0), ctx.uint(2) as u8).unwrap_or_default();
    ctx.set_int(0, i64::from(value));
    ctx.set_bool(1, multibyte);
    ctx.set_int(2, length as i64);
    Ok(())
}
