//! Package `strings`: searching and building of whole strings.

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult, Trap};

use crate::internal_bytealg::{
    self, Cased, LONGEST, PART, ascii_case, change_case, count_in, find, find_last, index, next_field,
    room_for,
};

/// The package.
pub static PACKAGE: Package = package!(
    "strings",
    ".",
    [
        "builder.go-lite",
        "change.go-lite",
        "iter.go-lite",
        "reader.go-lite",
        "replace.go-lite",
        "search.go-lite",
        "split.go-lite",
        "trim.go-lite"
    ],
    natives![
        "Index" => |ctx| position(ctx, find),
        "LastIndex" => |ctx| position(ctx, find_last),
        "IndexByte" => |ctx| byte_position(ctx, find),
        "LastIndexByte" => |ctx| byte_position(ctx, find_last),
        "Count" => count_parts,
        "Compare" => compare,
        "nextField" => field,
        "countFields" => count_fields,
        "Join" => join,
        "repeat" => repeat,
        "replace" => replace,
        "ToUpper" => |ctx| in_case(ctx, 0),
        "ToLower" => |ctx| in_case(ctx, 1),
    ]
);

fn position(
    ctx: &mut Ctx<'_>,
    find: fn(&mut Ctx<'_>, &[u8], &[u8]) -> Result<Option<usize>, Trap>,
) -> NativeResult {
    let (text, part) = (ctx.bytes(0), ctx.bytes(2));
    let found = find(ctx, text, part)?;
    ctx.set_int(0, found.map_or(-1, |at| at as i64));
    Ok(())
}

fn byte_position(
    ctx: &mut Ctx<'_>,
    find: fn(&mut Ctx<'_>, &[u8], &[u8]) -> Result<Option<usize>, Trap>,
) -> NativeResult {
    let text = ctx.bytes(0);
    let found = find(ctx, text, &[ctx.uint(2) as u8])?;
    ctx.set_int(0, found.map_or(-1, |at| at as i64));
    Ok(())
}

fn count_parts(ctx: &mut Ctx<'_>) -> NativeResult {
    let (text, part) = (ctx.bytes(0), ctx.bytes(2));
    let count = count_in(ctx, text, part)?;
    ctx.set_int(0, count as i64);
    Ok(())
}

fn compare(ctx: &mut Ctx<'_>) -> NativeResult {
    let (text, other) = (ctx.bytes(0), ctx.bytes(2));
    let order = internal_bytealg::compare(ctx, text, other)?;
    ctx.set_int(0, order as i64);
    Ok(())
}

fn field(ctx: &mut Ctx<'_>) -> NativeResult {
    let (start, end) = next_field(ctx, ctx.bytes(0))?;
    ctx.charge((end % PART) as u64 / 4)?;
    ctx.set_int(0, start as i64);
    ctx.set_int(1, end as i64);
    Ok(())
}

fn count_fields(ctx: &mut Ctx<'_>) -> NativeResult {
    let fields = internal_bytealg::count_fields(ctx, ctx.bytes(0))?;
    ctx.set_int(0, fields as i64);
    Ok(())
}

fn join(ctx: &mut Ctx<'_>) -> NativeResult {
    let (addr, count, _) = ctx.slice(0);
    let separator = ctx.bytes(3);
    if count == 1 {
        let (text, len) = (ctx.read_u64(addr), ctx.read_u64(addr + 8));
        ctx.set_string_at(0, text, len);
        return Ok(());
    }
    let mut total = 0_u64;
    for i in 0..count {
        let len = ctx.read_u64(addr + 16 * i + 8) + if i > 0 { separator.len() as u64 } else { 0 };
        total = total.saturating_add(len);
    }
    if total > i64::MAX as u64 {
        return Err(ctx.panic_string("strings: Join output length overflow"));
    }
    let new = ctx.new_bytes(total)?;
    let mut at = new;
    let mut charged = new;
    for i in 0..count {
        if at - charged >= PART as u64 || i % 1024 == 0 {
            ctx.charge(count.min(1024) + (at - charged) / 8)?;
            charged = at;
        }
        let part = ctx.string_at(addr + 16 * i);
        for bytes in [if i > 0 { separator } else { &[] }, part] {
            if !bytes.is_empty() {
                ctx.fill(at, bytes)?;
                at += bytes.len() as u64;
            }
        }
    }
    ctx.set_string_at(0, if total == 0 { 0 } else { new }, total);
    Ok(())
}

fn repeat(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let total = text.len() as u64 * ctx.uint(2);
    if total == 0 {
        ctx.set_string_at(0, 0, 0);
        return Ok(());
    }
    if total > LONGEST {
        return Err(ctx.panic_error("makeslice: len out of range"));
    }
    let new = ctx.new_bytes(total)?;
    // What is there is copied behind itself, in parts that are whole texts.
    let part = (PART / text.len()).max(1) * text.len();
    ctx.charge(text.len() as u64 / 8)?;
    ctx.fill(new, text)?;
    let mut done = text.len();
    while done < total as usize {
        let more = done.min(part).min(total as usize - done);
        ctx.charge(more as u64 / 8)?;
        let copied = ctx.bytes_at(new, more as u64);
        ctx.fill(new + done as u64, copied)?;
        done += more;
    }
    ctx.set_string_at(0, new, total);
    Ok(())
}

fn replace(ctx: &mut Ctx<'_>) -> NativeResult {
    let (text, old, new) = (ctx.bytes(0), ctx.bytes(2), ctx.bytes(4));
    let limit = usize::try_from(ctx.int(6)).unwrap_or(usize::MAX);
    ctx.charge(text.len() as u64 / 8)?;
    let found = count_in(ctx, text, old)?.min(limit);
    if found == 0 {
        let (addr, len) = (ctx.raw(0), ctx.uint(1));
        ctx.set_string_at(0, addr, len);
        return Ok(());
    }
    let kept = (text.len() - old.len() * found) as u64;
    let total = (new.len() as u64).saturating_mul(found as u64).saturating_add(kept);
    if total > i64::MAX as u64 {
        return Err(ctx.panic_string("strings: Replace output length overflow"));
    }
    ctx.charge(total / 8)?;
    let addr = ctx.new_bytes(total)?;
    let (mut read, mut to, mut told) = (0, addr, addr);
    for i in 0..found {
        if to - told >= PART as u64 || i % 4096 == 0 {
            ctx.look()?;
            told = to;
        }
        let skip = if !old.is_empty() {
            find_from(ctx, text, read, old)?
        } else if i > 0 {
            crate::unicode_utf8::decode(&text[read..]).1
        } else {
            0
        };
        for part in [&text[read..read + skip], new] {
            ctx.fill(to, part)?;
            to += part.len() as u64;
        }
        read += skip + old.len();
    }
    ctx.fill(to, &text[read..])?;
    ctx.set_string_at(0, if total == 0 { 0 } else { addr }, total);
    Ok(())
}

/// How far the next of those that were counted is.
fn find_from(ctx: &mut Ctx<'_>, text: &[u8], from: usize, old: &[u8]) -> Result<usize, Trap> {
    // Most are near.
    let near = &text[from..text.len().min(from + PART)];
    match index(near, old) {
        Some(at) => Ok(at),
        None => Ok(find(ctx, &text[from..], old)?.unwrap_or(0)),
    }
}

fn in_case(ctx: &mut Ctx<'_>, case: i64) -> NativeResult {
    let text = ctx.bytes(0);
    match ascii_case(ctx, text, case)? {
        Cased::New(new) => {
            ctx.set_string_at(0, new, text.len() as u64);
            return Ok(());
        }
        Cased::Same => {}
        Cased::NotAscii => {
            room_for(ctx, 2 * text.len() as u64)?;
            let changed = change_case(ctx, text, case)?;
            if internal_bytealg::compare(ctx, &changed, text)?.is_ne() {
                return ctx.set_string(0, &changed);
            }
        }
    }
    let (addr, len) = (ctx.raw(0), ctx.uint(1));
    ctx.set_string_at(0, addr, len);
    Ok(())
}
