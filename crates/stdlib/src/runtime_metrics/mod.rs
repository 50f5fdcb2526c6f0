//! Package `runtime/metrics`: the numbers that package runtime does not give.

use golite_runtime::goroutine::{FIRST_STACK_SLOTS, Status, WaitReason};
use golite_runtime::latency::Latencies;
use golite_runtime::native::{Ctx, NativeResult, Package};
use golite_runtime::timer;

use crate::runtime::memory;

/// The package.
pub static PACKAGE: Package = package!(
    "runtime/metrics",
    ".",
    ["metrics.go-lite"],
    natives![
        "readMemStats" => memory::read_mem_stats,
        "readNumbers" => read_numbers,
    ]
);

/// `readNumbers(n []uint64)`: in the order of the constants in the Go source.
fn read_numbers(ctx: &mut Ctx<'_>) -> NativeResult {
    let (at, len, _) = ctx.slice(0);
    let cpu = ctx.host().cpu_time();
    let rt = ctx.runtime();
    let elapsed = timer::glance(rt);
    let began = rt.sched.events.latencies.as_ref().map_or(0, |latencies| latencies.cpu_began);
    let stats = rt.heap.stats();
    let (minor, major) = rt.heap.pause_histograms();
    let all = || rt.goroutines.iter().filter(|(_, goroutine)| !goroutine.system).map(|(_, g)| g);
    let count = |status: Status| all().filter(|g| g.status == status).count() as u64;
    let outside =
        all().filter(|g| g.status == Status::Waiting && g.reason == WaitReason::IoWait).count() as u64;
    let locked = all().filter(|g| g.thread_locks > 0 && g.id != 1).count() as u64;
    let gogc = rt.heap.gogc();
    let mut numbers = vec![
        (cpu - began).max(0) as u64,
        elapsed.max(0) as u64,
        u64::try_from(gogc).unwrap_or(u64::MAX),
        rt.heap.soft_limit().unwrap_or(i64::MAX as u64),
        stats.last_marked,
        stats.immortal,
        8 * u64::from(FIRST_STACK_SLOTS),
        rt.goroutines.started(),
        outside,
        count(Status::Runnable),
        count(Status::Running),
        count(Status::Waiting) - outside,
        1 + locked,
        rt.profiles.lock_wait.max(0) as u64,
        stats.minor_pause_total_ns + stats.slice_total_ns,
    ];
    for [queued, run] in rt.finalizers.counts() {
        numbers.extend([queued, run]);
    }
    numbers.extend(minor.iter().zip(major).map(|(minor, major)| minor + major));
    numbers.extend(rt.profiles.stops);
    let none = Latencies::default();
    numbers.extend(rt.sched.events.latencies.as_deref().unwrap_or(&none).counts());
    numbers.extend(rt.settings.differences.counts());
    for (i, number) in numbers.into_iter().enumerate().take(len as usize) {
        ctx.write_u64(at + 8 * i as u64, number);
    }
    Ok(())
}
