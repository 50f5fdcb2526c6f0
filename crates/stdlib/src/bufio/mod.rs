//! Package `bufio`: Go source, but for finding words.

use golite_runtime::native::{Ctx, NativeResult, Package};

use crate::internal_bytealg::{PART, next_field};

/// The package.
pub static PACKAGE: Package = package!(
    "bufio",
    ".",
    ["reader.go-lite", "scan.go-lite", "writer.go-lite"],
    natives!["nextWord" => next_word]
);

fn next_word(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = ctx.bytes(0);
    let (start, end) = next_field(ctx, text)?;
    ctx.charge((end % PART) as u64 / 8)?;
    ctx.set_uint(0, start as u64);
    ctx.set_uint(1, end as u64);
    Ok(())
}
