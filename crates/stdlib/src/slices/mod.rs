//! Package `slices`: sorting of slices of ordered types.
//!
//! Equal elements of these types cannot be told apart, so any algorithm gives Go's result, except that
//! zeros of both signs are equal floats: such slices are left to the algorithm in the Go sources.

use golite_runtime::golite_bytecode::TypeKind;
use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};

use crate::internal_bytealg::room_for;

/// The package.
pub static PACKAGE: Package = package!(
    "slices",
    ".",
    ["iter.go-lite", "quick.go-lite", "slices.go-lite", "sort.go-lite"],
    natives!["sortOrdered" => sort_ordered]
);

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
            sort_strings(ctx, addr, len);
            true
        }
        TypeKind::Float => sort_floats(ctx.bytes_at_mut(addr, len * size), size),
        TypeKind::Int { .. } => {
            sort_words(ctx.bytes_at_mut(addr, len * size), size, true);
            true
        }
        TypeKind::Uint { .. } => {
            sort_words(ctx.bytes_at_mut(addr, len * size), size, false);
            true
        }
        _ => false,
    };
    ctx.set_bool(0, done);
    Ok(())
}

/// Sorts words of a type that are laid out as bytes.
macro_rules! sort_as {
    ($ty:ty, $bytes:expr) => {{
        const SIZE: usize = size_of::<$ty>();
        let (chunks, _) = $bytes.as_chunks_mut::<SIZE>();
        let mut values: Vec<$ty> = chunks.iter().map(|chunk| <$ty>::from_ne_bytes(*chunk)).collect();
        values.sort_unstable();
        for (chunk, value) in chunks.iter_mut().zip(values) {
            *chunk = value.to_ne_bytes();
        }
    }};
}

fn sort_words(bytes: &mut [u8], size: u64, signed: bool) {
    match (size, signed) {
        (1, true) => sort_as!(i8, bytes),
        (2, true) => sort_as!(i16, bytes),
        (4, true) => sort_as!(i32, bytes),
        (_, true) => sort_as!(i64, bytes),
        (1, false) => sort_as!(u8, bytes),
        (2, false) => sort_as!(u16, bytes),
        (4, false) => sort_as!(u32, bytes),
        (_, false) => sort_as!(u64, bytes),
    }
}

/// Sorts floats, NaN first; false if there are zeros of both signs.
macro_rules! sort_floats_as {
    ($ty:ty, $bytes:expr) => {{
        const SIZE: usize = size_of::<$ty>();
        let (chunks, _) = $bytes.as_chunks_mut::<SIZE>();
        let mut values: Vec<$ty> = chunks.iter().map(|chunk| <$ty>::from_ne_bytes(*chunk)).collect();
        let zero = |negative| values.iter().any(|v| *v == 0.0 && v.is_sign_negative() == negative);
        if zero(true) && zero(false) {
            return false;
        }
        values.sort_unstable_by(|a, b| a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())));
        for (chunk, value) in chunks.iter_mut().zip(values) {
            *chunk = value.to_ne_bytes();
        }
        true
    }};
}

fn sort_floats(bytes: &mut [u8], size: u64) -> bool {
    if size == 4 { sort_floats_as!(f32, bytes) } else { sort_floats_as!(f64, bytes) }
}

fn sort_strings(ctx: &mut Ctx<'_>, addr: u64, len: u64) {
    let mut strings: Vec<(u64, u64)> =
        (0..len).map(|i| (ctx.read_u64(addr + 16 * i), ctx.read_u64(addr + 16 * i + 8))).collect();
    strings.sort_unstable_by(|a, b| ctx.bytes_at(a.0, a.1).cmp(ctx.bytes_at(b.0, b.1)));
    for (i, (text, bytes)) in (0..len).zip(strings) {
        ctx.write_string(addr + 16 * i, text, bytes);
    }
}
