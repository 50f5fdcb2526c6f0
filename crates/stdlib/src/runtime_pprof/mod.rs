//! Package `runtime/pprof`: the interpreter makes the files, the rest is Go.

use golite_runtime::host::ProcessNumber;
use golite_runtime::native::{Ctx, NativeResult, Package, ProfileKind, ProfileRequest, Request, Trap};
use golite_runtime::profile::Labels;

use crate::runtime::profile::{start_cpu, stop_cpu};

/// The package.
pub static PACKAGE: Package = package!(
    "runtime/pprof",
    ".",
    ["pprof.go-lite"],
    natives![
        "encode" => encode,
        "encodeStacks" => encode_stacks,
        "leaks" => leaks,
        "maxRSS" => max_rss,
        "setLabels" => set_labels,
        "startCPU" => start_cpu,
        "stopCPU" => stop_cpu,
    ]
);

fn encode(ctx: &mut Ctx<'_>) -> NativeResult {
    let kind = match ctx.int(0) {
        0 => ProfileKind::Memory,
        1 => ProfileKind::Allocations,
        2 => ProfileKind::Block,
        3 => ProfileKind::Mutex,
        4 => ProfileKind::Goroutine,
        5 => ProfileKind::GoroutineLeak,
        _ => ProfileKind::ThreadCreate,
    };
    let text = ctx.bool(1);
    Err(Trap::Request(Request::Profile(ProfileRequest { kind, text })))
}

fn encode_stacks(ctx: &mut Ctx<'_>) -> NativeResult {
    let (words, count, _) = ctx.slice(2);
    let kind = ProfileKind::Custom { name: (ctx.raw(0), ctx.uint(1)), words: (words, count) };
    let text = ctx.bool(5);
    Err(Trap::Request(Request::Profile(ProfileRequest { kind, text })))
}

fn leaks(ctx: &mut Ctx<'_>) -> NativeResult {
    let count = ctx.rt().goroutines.iter().filter(|(_, goroutine)| goroutine.leaked).count();
    ctx.set_int(0, count as i64);
    Ok(())
}

fn max_rss(ctx: &mut Ctx<'_>) -> NativeResult {
    let bytes = ctx.host().process_number(ProcessNumber::MaxRss);
    ctx.set_int(0, bytes);
    Ok(())
}

/// `setLabels(list []string)`.
fn set_labels(ctx: &mut Ctx<'_>) -> NativeResult {
    let (at, len, _) = ctx.slice(0);
    let text = |i: u64| {
        let (addr, len) = (ctx.read_u64(at + 16 * i), ctx.read_u64(at + 16 * i + 8));
        String::from_utf8_lossy(ctx.bytes_at(addr, len)).into_owned()
    };
    let labels: Vec<(String, String)> = (0..len / 2).map(|i| (text(2 * i), text(2 * i + 1))).collect();
    let labels: Option<Labels> = (!labels.is_empty()).then(|| labels.into());
    let goroutine = ctx.rt().running_id;
    ctx.runtime().profiles.set_labels(goroutine, labels);
    Ok(())
}
