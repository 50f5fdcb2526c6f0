//! Package `unicode`: natives over the tables.

pub mod tables;

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};
use tables::{CLASSES, Range, simple_fold, to_case};

/// The package.
pub static PACKAGE: Package = package!(
    "unicode",
    ".",
    ["tables.go-lite", "unicode.go-lite"],
    natives![
        "isClass" => is_class,
        "ranges16" => ranges16,
        "ranges32" => ranges32,
        "caseData" => case_data,
        "To" => to,
        "SimpleFold" => fold,
    ]
);

fn is_class(ctx: &mut Ctx<'_>) -> NativeResult {
    let class = usize::try_from(ctx.int(0)).ok().and_then(|class| CLASSES.get(class));
    let c = u32::try_from(ctx.int(1)).ok();
    let is = class.zip(c).is_some_and(|(&class, c)| tables::tables().is(class, c));
    ctx.set_bool(0, is);
    Ok(())
}

/// Ranges as words of a width, in the layout of Go's `Range16` and `Range32`.
fn set_ranges(ctx: &mut Ctx<'_>, ranges: &[Range], width: usize) -> NativeResult {
    let mut bytes = Vec::with_capacity(ranges.len() * 3 * width);
    for range in ranges {
        for word in [range.lo, range.hi, range.stride] {
            bytes.extend_from_slice(&word.to_le_bytes()[..width]);
        }
    }
    let addr = ctx.new_bytes_of(&bytes)?;
    ctx.set_slice(0, addr, ranges.len() as u64, ranges.len() as u64);
    Ok(())
}

fn ranges16(ctx: &mut Ctx<'_>) -> NativeResult {
    let table = std::str::from_utf8(ctx.bytes(0)).ok().and_then(|name| tables::tables().get(name));
    set_ranges(ctx, table.map_or(&[], |table| &table.low), 2)
}

fn ranges32(ctx: &mut Ctx<'_>) -> NativeResult {
    let table = std::str::from_utf8(ctx.bytes(0)).ok().and_then(|name| tables::tables().get(name));
    set_ranges(ctx, table.map_or(&[], |table| &table.high), 4)
}

fn case_data(ctx: &mut Ctx<'_>) -> NativeResult {
    let cases = &tables::tables().cases;
    let mut bytes = Vec::with_capacity(cases.len() * 20);
    for case in cases {
        bytes.extend_from_slice(&case.lo.to_le_bytes());
        bytes.extend_from_slice(&case.hi.to_le_bytes());
        for delta in case.delta {
            bytes.extend_from_slice(&delta.to_le_bytes());
        }
    }
    let addr = ctx.new_bytes_of(&bytes)?;
    let count = cases.len() as u64 * 5;
    ctx.set_slice(0, addr, count, count);
    Ok(())
}

fn to(ctx: &mut Ctx<'_>) -> NativeResult {
    let mapped = to_case(ctx.int(0), ctx.int(1) as i32);
    ctx.set_int(0, i64::from(mapped));
    Ok(())
}

fn fold(ctx: &mut Ctx<'_>) -> NativeResult {
    let next = simple_fold(ctx.int(0) as i32);
    ctx.set_int(0, i64::from(next));
    Ok(())
}
