//! Package `math/rand`: the sequences of real Go for seeded sources.

pub mod source;
mod warmed_up;

#[cfg(test)]
mod tests;

use golite_runtime::native::{Ctx, Native, NativeResult, Package, Trap};

use source::{LENGTH, seeded};

/// Bytes before the state vector in a `rngSource`: tap and feed.
const VECTOR: u64 = 16;

/// The address of the source in the first parameter; a nil dereference if it is none.
fn source_address(ctx: &mut Ctx<'_>) -> Result<u64, Trap> {
    let addr = ctx.raw(0);
    if !ctx.rt().heap.contains(addr) {
        return Err(ctx.runtime().raise_nil(0));
    }
    Ok(addr)
}

fn fill(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = source_address(ctx)?;
    ctx.charge(LENGTH as u64)?;
    for (at, word) in (addr + VECTOR..).step_by(8).zip(seeded(ctx.int(1))) {
        ctx.write_u64(at, word);
    }
    Ok(())
}

/// Steps the counter at `addr` down the vector; returns the address of its word.
fn step_down(ctx: &mut Ctx<'_>, source: u64, counter: u64) -> u64 {
    let index = match ctx.read_u64(source + counter) {
        0 => LENGTH as u64 - 1,
        index => (index - 1).min(LENGTH as u64 - 1),
    };
    ctx.write_u64(source + counter, index);
    source + VECTOR + 8 * index
}

fn next(ctx: &mut Ctx<'_>) -> Result<u64, Trap> {
    let source = source_address(ctx)?;
    let tap = step_down(ctx, source, 0);
    let feed = step_down(ctx, source, 8);
    let value = ctx.read_u64(feed).wrapping_add(ctx.read_u64(tap));
    ctx.write_u64(feed, value);
    Ok(value)
}

fn uint64(ctx: &mut Ctx<'_>) -> NativeResult {
    let value = next(ctx)?;
    ctx.set_uint(0, value);
    Ok(())
}

fn int63(ctx: &mut Ctx<'_>) -> NativeResult {
    let value = next(ctx)?;
    ctx.set_uint(0, value & (u64::MAX >> 1));
    Ok(())
}

fn debug_default(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = String::from_utf8_lossy(ctx.bytes(0)).into_owned();
    let value = ctx.rt().settings.debug_defaults.get(&name);
    ctx.set_string(0, value.map(|value| value.to_string()).unwrap_or_default().as_bytes())
}

fn made_difference(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = String::from_utf8_lossy(ctx.bytes(0)).into_owned();
    ctx.runtime().settings.differences.count(&name);
    Ok(())
}

fn getenv(ctx: &mut Ctx<'_>) -> NativeResult {
    let name = ctx.bytes(0);
    let value = ctx.host().env(name).unwrap_or_default();
    ctx.set_string(0, &value)
}

/// A value of the generator that belongs to the seed of the VM.
pub(crate) fn runtime_random(ctx: &mut Ctx<'_>) -> NativeResult {
    let value = ctx.runtime().random.next_u64();
    ctx.set_uint(0, value);
    Ok(())
}

/// The package.
pub static PACKAGE: Package = Package {
    path: "math/rand",
    files: &[("rand.go-lite", source!("rand.go-lite")), ("zipf.go-lite", source!("zipf.go-lite"))],
    natives: &[
        Native { name: "fill", func: fill },
        Native { name: "debugDefault", func: debug_default },
        Native { name: "getenv", func: getenv },
        Native { name: "madeDifference", func: made_difference },
        Native { name: "rngSource.Int63", func: int63 },
        Native { name: "rngSource.Uint64", func: uint64 },
        Native { name: "runtimeRandom", func: runtime_random },
    ],
};
