//! Package `syscall`: errors and signals.

mod texts;

use golite_runtime::native::{Ctx, NativeResult, Package};

/// The package.
pub static PACKAGE: Package = package!(
    "syscall",
    ".",
    ["numbers.go-lite", "syscall.go-lite"],
    natives![
        "errorText" => |ctx| set_text(ctx, &texts::ERRORS, "errno"),
        "signalText" => |ctx| set_text(ctx, &texts::SIGNALS, "signal"),
    ]
);

fn set_text(ctx: &mut Ctx<'_>, table: &[&str], unknown: &str) -> NativeResult {
    let number = ctx.int(0);
    match usize::try_from(number).ok().and_then(|index| table.get(index)) {
        Some(text) if !text.is_empty() => ctx.set_string(0, text.as_bytes()),
        _ => ctx.set_string(0, format!("{unknown} {number}").as_bytes()),
    }
}
