//! Package `strconv`: numbers and quoted text.

pub mod ftoa;
pub mod number;
pub mod quote;

#[cfg(test)]
mod tests;

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};
use quote::Keep;

use crate::internal_bytealg::{LONGEST, room_for};
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
    ctx.charge(text.len() as u64 / 8)?;
    let (value, failure) = number::parse_int(text, ctx.int(2), ctx.int(3));
    ctx.set_int(0, value);
    ctx.set_int(1, code(failure));
    Ok(())
}

fn parse_uint(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    ctx.charge(text.len() as u64 / 8)?;
    let (value, failure) = number::parse_uint(text, ctx.int(2), ctx.int(3));
    ctx.set_uint(0, value);
    ctx.set_int(1, code(failure));
    Ok(())
}

fn parse_float(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    ctx.charge(text.len() as u64)?;
    let bits = if ctx.int(2) == 32 { 32 } else { 64 };
    let (value, length, failure) = number::parse_float_prefix(text, bits);
    ctx.set_float(0, value);
    ctx.set_int(1, length as i64);
    ctx.set_int(2, code(failure));
    Ok(())
}

fn format_float(ctx: &mut Ctx<'_>) -> NativeResult {
    let prec = ctx.int(2);
    ctx.charge(prec.max(0) as u64 / 8)?;
    if prec > LONGEST as i64 {
        return Err(ctx.panic_error("makeslice: len out of range"));
    }
    room_for(ctx, prec.max(0) as u64 + 400)?;
    let mut out = Vec::with_capacity(24);
    let bits = if ctx.int(3) == 32 { 32 } else { 64 };
    ftoa::append_float(&mut out, ctx.float(0), ctx.uint(1) as u8, prec, bits);
    ctx.set_string(0, &out)
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
    let tick = |part: usize| ctx.charge(part as u64 / 2);
    quote::append_quoted_in_parts(&mut out, text, quote, keep, tick)?;
    ctx.set_string(0, &out)
}

fn quote_rune(ctx: &mut Ctx<'_>) -> NativeResult {
    let mut out = Vec::with_capacity(12);
    quote::append_quoted_rune(&mut out, ctx.int(0) as i32, keep(ctx.int(1)));
    ctx.set_string(0, &out)
}

fn can_backquote(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    ctx.charge(text.len() as u64 / 4)?;
    ctx.set_bool(0, quote::can_backquote(text));
    Ok(())
}

fn test_rune(ctx: &mut Ctx<'_>, test: fn(u32) -> bool) -> NativeResult {
    let is = u32::try_from(ctx.int(0)).is_ok_and(test);
    ctx.set_bool(0, is);
    Ok(())
}

fn unquote_prefix(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    ctx.charge(text.len() as u64 / 4)?;
    room_for(ctx, text.len() as u64)?;
    let (length, inside) = quote::unquote_prefix(text).unwrap_or_default();
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
