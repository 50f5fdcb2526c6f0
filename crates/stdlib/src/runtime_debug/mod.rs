//! Package `runtime/debug`: settings of the runtime. Package `runtime` has some of them too.

use golite_runtime::native::{Ctx, NativeResult, Package};
use golite_runtime::settings::Traceback;

use crate::runtime::{memory, set_max_threads};

/// The package.
pub static PACKAGE: Package = package!(
    "runtime/debug",
    ".",
    ["build.go-lite", "debug.go-lite"],
    natives![
        "SetGCPercent" => memory::set_gc_percent,
        "SetMaxStack" => memory::set_max_stack,
        "SetMaxThreads" => set_max_threads,
        "SetMemoryLimit" => memory::set_memory_limit,
        "SetPanicOnFault" => set_panic_on_fault,
        "SetTraceback" => set_traceback,
        "release" => memory::release,
    ]
);

fn set_panic_on_fault(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = ctx.bool(0);
    let goroutine = ctx.goroutine();
    let place = &mut ctx.runtime().goroutines.get_mut(goroutine).panic_on_fault;
    let before = std::mem::replace(place, wanted);
    ctx.set_bool(0, before);
    Ok(())
}

fn set_traceback(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = Traceback::parse(ctx.bytes(0));
    let settings = &mut ctx.runtime().settings;
    settings.traceback = wanted.or(settings.traceback_env);
    Ok(())
}
