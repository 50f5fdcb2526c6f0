//! Package `runtime`: what programs may know and set of what runs them.
//!
//! What needs frames, code or roots is asked of the interpreter (`Request`).

pub mod memory;
pub mod profile;

use golite_runtime::host::ProcessNumber;
use golite_runtime::latency::stood_still;
use golite_runtime::native::{Ctx, NativeResult, Package, Request, TraceRequest, Trap};
use golite_runtime::{finalizer, timer};

/// The version of Go whose language is run, and go-lite's own.
const VERSION: &str = concat!(
    "go1.27-golite.",
    env!("CARGO_PKG_VERSION_MAJOR"),
    ".",
    env!("CARGO_PKG_VERSION_MINOR"),
    ".",
    env!("CARGO_PKG_VERSION_PATCH")
);

macro_rules! file {
    ($name:literal) => {
        ($name, source!($name))
    };
}

/// The file with `GOOS`.
const OS: (&str, &str) = if cfg!(target_os = "macos") {
    file!("os_darwin.go-lite")
} else if cfg!(target_os = "freebsd") {
    file!("os_freebsd.go-lite")
} else if cfg!(target_family = "wasm") {
    file!("os_js.go-lite")
} else {
    file!("os_linux.go-lite")
};

/// The file with `GOARCH`.
const ARCH: (&str, &str) = if cfg!(target_family = "wasm") {
    file!("arch_wasm.go-lite")
} else if cfg!(target_arch = "aarch64") {
    file!("arch_arm64.go-lite")
} else {
    file!("arch_amd64.go-lite")
};

/// The package.
pub static PACKAGE: Package = Package {
    path: "runtime",
    files: &[
        file!("error.go-lite"),
        file!("finalizer.go-lite"),
        file!("mem.go-lite"),
        file!("profile.go-lite"),
        file!("runtime.go-lite"),
        file!("stack.go-lite"),
        OS,
        ARCH,
    ],
    natives: natives![
        "BlockProfile" => profile::block_profile,
        "Breakpoint" => |_| Err(Trap::Request(Request::Breakpoint)),
        "GC" => |_| Err(Trap::Request(Request::Collect)),
        "GOMAXPROCS" => max_procs,
        "GOROOT" => root,
        "Goexit" => |_| Err(Trap::Goexit),
        "Gosched" => |_| Err(Trap::Yield),
        "KeepAlive" => |_| Ok(()),
        "LockOSThread" => lock_thread,
        "MutexProfile" => profile::mutex_profile,
        "NumCPU" => processors,
        "NumGoroutine" => goroutines,
        "SetBlockProfileRate" => profile::set_block_rate,
        "SetDefaultGOMAXPROCS" => default_max_procs,
        "SetGCPercent" => memory::set_gc_percent,
        "SetMaxThreads" => set_max_threads,
        "SetMutexProfileFraction" => profile::set_mutex_fraction,
        "Stack" => stack,
        "StopTrace" => |_| Err(Trap::Request(Request::Trace(TraceRequest::Stop))),
        "UnlockOSThread" => unlock_thread,
        "Version" => |ctx| ctx.set_string(0, VERSION.as_bytes()),
        "addCleanup" => finalizer::native_add_cleanup,
        "callers" => callers,
        "callersOf" => callers_of,
        "firstProfileRate" => |ctx| {
            let rate = ctx.rt().settings.memory_rate;
            ctx.set_int(0, rate);
            Ok(())
        },
        "goroutineIDs" => goroutine_ids,
        "memProfile" => profile::mem_profile,
        "position" => position,
        "readTrace" => |_| Err(Trap::Request(Request::Trace(TraceRequest::Read))),
        "readMemStats" => memory::stop_and_read_mem_stats,
        "removeCleanup" => finalizer::native_remove_cleanup,
        "runCleanup" => finalizer::native_run_cleanup,
        "runFinalizer" => finalizer::native_run_finalizer,
        "setFinalizer" => finalizer::native_set_finalizer,
        "startCPU" => profile::start_cpu,
        "startTrace" => |_| Err(Trap::Request(Request::Trace(TraceRequest::Start))),
        "stopCPU" => profile::stop_cpu,
        "threads" => |ctx| {
            let count = threads(ctx);
            ctx.set_int(0, count);
            Ok(())
        },
        "tracing" => |ctx| {
            let on = ctx.rt().tracing;
            ctx.set_bool(0, on);
            Ok(())
        },
        "waitCleanup" => finalizer::native_wait_cleanup,
        "waitFinalizer" => finalizer::native_wait_finalizer,
    ],
};

fn root(ctx: &mut Ctx<'_>) -> NativeResult {
    let root = ctx.host().env(b"GOROOT").unwrap_or_default();
    ctx.set_string(0, &root)
}

fn processors(ctx: &mut Ctx<'_>) -> NativeResult {
    let count = ctx.host().process_number(ProcessNumber::Processors);
    ctx.set_int(0, count);
    Ok(())
}

fn max_procs(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = ctx.int(0);
    let before = ctx.runtime().max_procs();
    if wanted > 0 && wanted != before {
        let began = timer::glance(ctx.runtime());
        ctx.runtime().settings.max_procs = Some(wanted);
        stood_still(ctx.runtime(), "GOMAXPROCS", began);
    }
    ctx.set_int(0, before);
    Ok(())
}

fn default_max_procs(ctx: &mut Ctx<'_>) -> NativeResult {
    ctx.runtime().settings.max_procs = None;
    Ok(())
}

fn goroutines(ctx: &mut Ctx<'_>) -> NativeResult {
    let count = ctx.rt().goroutines.iter().filter(|(_, goroutine)| !goroutine.system).count();
    ctx.set_uint(0, count as u64);
    Ok(())
}

/// Threads: the one that runs goroutines, and one for each goroutine but main that has locked its own.
fn threads(ctx: &Ctx<'_>) -> i64 {
    let main = ctx.rt().goroutines.iter().map(|(_, goroutine)| goroutine.id).min();
    let locked = ctx.rt().goroutines.iter().filter(|(_, g)| g.thread_locks > 0 && Some(g.id) != main);
    1 + locked.count() as i64
}

fn check_threads(ctx: &mut Ctx<'_>) -> NativeResult {
    let limit = ctx.rt().settings.max_threads;
    if threads(ctx) <= limit {
        return Ok(());
    }
    let text = format!("runtime: program exceeds {limit}-thread limit\n");
    // The text that follows tells as much if this cannot be written.
    let _ = ctx.host().write(2, text.as_bytes());
    Err(ctx.runtime().raise_throw("thread exhaustion"))
}

fn lock_thread(ctx: &mut Ctx<'_>) -> NativeResult {
    let goroutine = ctx.goroutine();
    ctx.runtime().goroutines.get_mut(goroutine).thread_locks += 1;
    check_threads(ctx)
}

fn unlock_thread(ctx: &mut Ctx<'_>) -> NativeResult {
    let goroutine = ctx.goroutine();
    let locks = &mut ctx.runtime().goroutines.get_mut(goroutine).thread_locks;
    *locks = locks.saturating_sub(1);
    Ok(())
}

/// `SetMaxThreads(threads int) int`.
///
/// # Errors
/// Fatal if there are more threads already.
pub fn set_max_threads(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = ctx.int(0);
    let before = std::mem::replace(&mut ctx.runtime().settings.max_threads, wanted);
    ctx.set_int(0, before);
    check_threads(ctx)
}

fn stack(ctx: &mut Ctx<'_>) -> NativeResult {
    let (buffer, len, _) = ctx.slice(0);
    let all = ctx.bool(3);
    if len == 0 {
        ctx.set_int(0, 0);
        return Ok(());
    }
    Err(Trap::Request(Request::Traceback { all, buffer, len }))
}

fn callers(ctx: &mut Ctx<'_>) -> NativeResult {
    let skip = ctx.int(0).max(0) as u64;
    let (buffer, len, _) = ctx.slice(1);
    let goroutine = ctx.goroutine();
    Err(Trap::Request(Request::Callers { goroutine, skip, buffer, len }))
}

fn position(ctx: &mut Ctx<'_>) -> NativeResult {
    Err(Trap::Request(Request::Position { address: ctx.uint(0) }))
}

/// The goroutines that are not the runtime's: the running one, then the others in order.
fn goroutine_ids(ctx: &mut Ctx<'_>) -> NativeResult {
    let (buffer, len, _) = ctx.slice(0);
    let running = ctx.rt().running_id;
    let count = ctx.rt().goroutines.live() as u64;
    ctx.charge(count)?;
    let began = timer::glance(ctx.runtime());
    let mut ids: Vec<u64> =
        ctx.rt().goroutines.iter().filter(|(_, g)| !g.system).map(|(_, g)| g.id).collect();
    ids.sort_by_key(|id| (*id != running, *id));
    for (i, id) in ids.iter().enumerate().take(len as usize) {
        ctx.write_u64(buffer + 8 * i as u64, *id);
    }
    ctx.set_uint(0, ids.len() as u64);
    stood_still(ctx.runtime(), "goroutine profile", began);
    Ok(())
}

fn callers_of(ctx: &mut Ctx<'_>) -> NativeResult {
    let id = ctx.uint(0);
    let (buffer, len, _) = ctx.slice(1);
    let found = ctx.rt().goroutines.iter().find(|(_, goroutine)| goroutine.id == id);
    let Some((goroutine, _)) = found else {
        ctx.set_int(0, 0);
        return Ok(());
    };
    // Of the running goroutine the frame that asks is left out.
    let skip = u64::from(goroutine == ctx.goroutine());
    Err(Trap::Request(Request::Callers { goroutine, skip, buffer, len }))
}
