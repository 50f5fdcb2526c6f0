//! Package `runtime/debug`: settings of the runtime. Package `runtime` has some of them too.

use golite_runtime::host::Fd;
use golite_runtime::native::{Ctx, NativeResult, Package, Request, Trap};
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
        "WriteHeapDump" => |ctx| {
            let fd = u32::try_from(ctx.uint(0)).ok().and_then(|fd| Fd::try_from(fd).ok()).unwrap_or(-1);
            Err(Trap::Request(Request::HeapDump { fd }))
        },
        "mainModule" => |ctx| {
            let module = ctx.rt().settings.main.as_ref().map(|main| main.module.clone());
            ctx.set_string(0, module.unwrap_or_default().as_bytes())
        },
        "mainPackage" => |ctx| {
            let path = ctx.rt().settings.main.as_ref().map(|main| main.path.clone());
            ctx.set_string(0, path.unwrap_or_default().as_bytes())
        },
        "release" => memory::release,
        "setCrashOutput" => set_crash_output,
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

/// `setCrashOutput(fd int) (errno int)`: nothing for a negative descriptor.
fn set_crash_output(ctx: &mut Ctx<'_>) -> NativeResult {
    let (mut new, mut errno) = (None, 0);
    if let Ok(fd) = u32::try_from(ctx.int(0)) {
        match ctx.host().duplicate(fd as Fd) {
            Ok(fd) => new = Some(fd),
            Err(error) => errno = i64::from(error.0),
        }
    }
    if errno == 0 {
        let before = std::mem::replace(&mut ctx.runtime().settings.crash_output, new);
        if let Some(fd) = before {
            // It is a duplicate that nobody else has.
            let _ = ctx.host().close(fd);
        }
    }
    ctx.set_int(0, errno);
    Ok(())
}

fn set_traceback(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = Traceback::parse(ctx.bytes(0));
    let settings = &mut ctx.runtime().settings;
    settings.traceback = wanted.or(settings.traceback_env);
    Ok(())
}
