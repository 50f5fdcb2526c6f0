//! Package `slices`: sorting of slices of ordered types.
//!
//! Equal elements of these types cannot be told apart, so any algorithm gives Go's result, except that
//! zeros of both signs are equal floats: such slices are left to the algorithm in the Go sources.

use golite_runtime::golite_bytecode::TypeKind;
use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};

mod sorting;

use sorting::Numbers;

use crate::internal_bytealg::room_for;

/// The package.
pub static PACKAGE: Package = package!(
    "slices",
    ".",
    ["iter.go-lite", "quick.go-lite", "slices.go-lite", "sort.go-lite"],
    natives!["sortOrdered" => sort_ordered]
);

/// Sorts integers of a type.
macro_rules! sort_as {
    ($ty:ty, $ctx:expr, $addr:expr, $len:expr) => {{
        let numbers = Numbers { addr: $addr, len: $len as usize };
        let number = |bytes: &[u8; size_of::<$ty>()]| <$ty>::from_ne_bytes(*bytes);
        sorting::sort_numbers($ctx, numbers, |a, b| number(a).cmp(&number(b)))?;
        true
    }};
}

/// Sorts floats of a type, NaN first; false if there are zeros of both signs.
macro_rules! sort_floats_as {
    ($ty:ty, $ctx:expr, $addr:expr, $len:expr) => {{
        let numbers = Numbers { addr: $addr, len: $len as usize };
        let number = |bytes: &[u8; size_of::<$ty>()]| <$ty>::from_ne_bytes(*bytes);
        // Of zeros, whether one is positive, whether one is negative.
        let mut zeros = [false; 2];
        for part in sorting::parts(numbers.len) {
            $ctx.look()?;
            for value in numbers.all($ctx)[part].iter().map(number).filter(|value| *value == 0.0) {
                zeros[usize::from(value.is_sign_negative())] = true;
            }
        }
        if zeros == [true; 2] {
            false
        } else {
            sorting::sort_numbers($ctx, numbers, |a, b| {
                let (a, b) = (number(a), number(b));
                a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
            })?;
            true
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
    let kind = def.kind.clone();
    let done = match kind {
        TypeKind::String => {
            room_for(ctx, len * size)?;
            let mut strings: Vec<(u64, u64)> = Vec::with_capacity(len as usize);
            for part in sorting::parts(len as usize) {
                ctx.look()?;
                let header = |i| (ctx.read_u64(addr + 16 * i), ctx.read_u64(addr + 16 * i + 8));
                strings.extend((part.start as u64..part.end as u64).map(header));
            }
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
