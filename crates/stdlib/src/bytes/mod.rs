//! Package `bytes`: searching in slices of bytes.

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult, Trap};

use crate::internal_bytealg::{
    self, Cased, PART, ascii_case, change_case, count_in, find, find_last, next_field, room_for,
};

/// The package.
pub static PACKAGE: Package = package!(
    "bytes",
    ".",
    [
        "buffer.go-lite",
        "change.go-lite",
        "iter.go-lite",
        "reader.go-lite",
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
        "Equal" => equal,
        "nextField" => field,
        "countFields" => count_fields,
        "ToUpper" => |ctx| in_case(ctx, 0),
        "ToLower" => |ctx| in_case(ctx, 1),
    ]
);

fn position(
    ctx: &mut Ctx<'_>,
    find: fn(&mut Ctx<'_>, &[u8], &[u8]) -> Result<Option<usize>, Trap>,
) -> NativeResult {
    let (text, part) = (ctx.bytes(0), ctx.bytes(3));
    let found = find(ctx, text, part)?;
    ctx.set_int(0, found.map_or(-1, |at| at as i64));
    Ok(())
}

fn byte_position(
    ctx: &mut Ctx<'_>,
    find: fn(&mut Ctx<'_>, &[u8], &[u8]) -> Result<Option<usize>, Trap>,
) -> NativeResult {
    let text = ctx.bytes(0);
    let found = find(ctx, text, &[ctx.uint(3) as u8])?;
    ctx.set_int(0, found.map_or(-1, |at| at as i64));
    Ok(())
}

fn count_parts(ctx: &mut Ctx<'_>) -> NativeResult {
    let (text, part) = (ctx.bytes(0), ctx.bytes(3));
    let count = count_in(ctx, text, part)?;
    ctx.set_int(0, count as i64);
    Ok(())
}

fn compare(ctx: &mut Ctx<'_>) -> NativeResult {
    let (text, other) = (ctx.bytes(0), ctx.bytes(3));
    let order = internal_bytealg::compare(ctx, text, other)?;
    ctx.set_int(0, order as i64);
    Ok(())
}

fn equal(ctx: &mut Ctx<'_>) -> NativeResult {
    let (text, other) = (ctx.bytes(0), ctx.bytes(3));
    let is = text.len() == other.len() && internal_bytealg::compare(ctx, text, other)?.is_eq();
    ctx.set_bool(0, is);
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

fn in_case(ctx: &mut Ctx<'_>, case: i64) -> NativeResult {
    let text = ctx.bytes(0);
    match ascii_case(ctx, text, case)? {
        Cased::New(new) => {
            ctx.set_slice(0, new, text.len() as u64, text.len() as u64);
            return Ok(());
        }
        Cased::Same => return ctx.set_bytes(0, text),
        Cased::NotAscii => {}
    }
    room_for(ctx, 2 * text.len() as u64)?;
    let changed = change_case(ctx, text, case)?;
    ctx.set_bytes(0, &changed)
}
