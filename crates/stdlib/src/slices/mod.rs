//! Package `slices`: sorting of slices of ordered types.
//!
//! Equal elements of these types cannot be told apart, so any algorithm gives Go's result, except that
//! zeros of both signs are equal floats: such slices are left to the algorithm in the Go sources.

use golite_runtime::golite_bytecode::TypeKind;
use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};

mod sorting;

use crate::internal_bytealg::room_for;

/// The package.
pub static PACKAGE: Package = package!(
    "slices",
    ".",
    ["iter.go-lite", "quick.go-lite", "slices.go-lite", "sort.go-lite"],
    natives!["sortOrdered" => sort_ordered]
);

/// Numbers of a type that are laid out as bytes.
macro_rules! numbers {
    ($ty:ty, $ctx:expr, $addr:expr, $len:expr) => {{
        let (chunks, _) = $ctx.bytes_at($addr, $len * size_of::<$ty>() as u64).as_chunks();
        chunks.iter().map(|chunk| <$ty>::from_ne_bytes(*chunk)).collect::<Vec<$ty>>()
    }};
}

/// Sorts those.
macro_rules! sort_by {
    ($ty:ty, $ctx:expr, $addr:expr, $len:expr, $values:expr, $compare:expr) => {{
        sorting::sort_numbers($ctx, &mut $values, $compare)?;
        let (chunks, _) = $ctx.bytes_at_mut($addr, $len * size_of::<$ty>() as u64).as_chunks_mut();
        for (chunk, value) in chunks.iter_mut().zip($values) {
            *chunk = value.to_ne_bytes();
        }
        true
    }};
}

macro_rules! sort_as {
    ($ty:ty, $ctx:expr, $addr:expr, $len:expr) => {{
        let mut values = numbers!($ty, $ctx, $addr, $len);
        sort_by!($ty, $ctx, $addr, $len, values, |a, b| a.cmp(b))
    }};
}

/// Sorts floats, NaN first; false if there are zeros of both signs.
macro_rules! sort_floats_as {
    ($ty:ty, $ctx:expr, $addr:expr, $len:expr) => {{
        let mut values = numbers!($ty, $ctx, $addr, $len);
        let zero = |negative| values.iter().any(|v| *v == 0.0 && v.is_sign_negative() == negative);
        if zero(true) && zero(false) {
            false
        } else {
            sort_by!($ty, $ctx, $addr, $len, values, |a, b| a
                .partial_cmp(b)
                .unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())))
        }
    }};
}

fn sort_ordered(ctx: &mut Ctx<'_>) -> NativeResult {
    let (type_word, data) = ctx.iface(0);
    let element = ctx.type_of(type_word).and_then(|ty| match ctx.type_def(ty).kind {
        TypeKind::Slice(element) => Some(element),
        _ => None,
    });
    let Some(element) = element else {
        ctx.set_bool(0, false);
        return Ok(());
    };
    let (addr, len) = (ctx.read_u64(data), ctx.read_u64(data + 8));
    ctx.charge(len * u64::from(64 - len.leading_zeros()) / 4)?;
    let def = ctx.type_def(element);
    let size = def.size;
    room_for(ctx, len * size)?;
    let def = ctx.type_def(element);
    let kind = def.kind.clone();
    let done = match kind {
        TypeKind::String => {
            let strings = (0..len).map(|i| (ctx.read_u64(addr + 16 * i), ctx.read_u64(addr + 16 * i + 8)));
            let mut strings: Vec<(u64, u64)> = strings.collect();
            sorting::sort_strings(ctx, &mut strings)?;
            for (i, (text, bytes)) in (0..len).zip(strings) {
                ctx.write_string(addr + 16 * i, text, bytes);
            }
            true
        }
        TypeKind::Float if size == 4 => sort_floats_as!(f32, ctx, addr, len),
        TypeKind::Float => sort_floats_as!(f64, ctx, addr, len),
        TypeKind::Int { .. } => match size {
            1 => sort_as!(i8, ctx, addr, len),
            2 => sort_as!(i16, ctx, addr, len),
            4 => sort_as!(i32, ctx, addr, len),
            _ => sort_as!(i64, ctx, addr, len),
        },
        TypeKind::Uint { .. } => match size {
            1 => sort_as!(u8, ctx, addr, len),
            2 => sort_as!(u16, ctx, addr, len),
            4 => sort_as!(u32, ctx, addr, len),
            _ => sort_as!(u64, ctx, addr, len),
        },
        _ => false,
    };
    ctx.set_bool(0, done);
    Ok(())
}
