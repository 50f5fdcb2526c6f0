//! Counters of the memory, and how the collector is paced.

use golite_runtime::golite_gc::HeapStats;
use golite_runtime::latency::stood_still;
use golite_runtime::native::{Ctx, NativeResult};
use golite_runtime::timer;

/// Offsets in `MemStats`: it has Go's layout.
const PAUSE_NS: u64 = 24 * 8;
const PAUSE_END: u64 = PAUSE_NS + PAUSES * 8;
const NUM_GC: u64 = PAUSE_END + PAUSES * 8;
const CPU_FRACTION: u64 = NUM_GC + 8;
const ENABLE: u64 = CPU_FRACTION + 8;
const BY_SIZE: u64 = ENABLE + 8;
/// Pauses that are kept.
const PAUSES: u64 = 256;
/// Sizes that are shown.
const SIZES: usize = 61;

/// The first fields of `MemStats`, in order.
fn first_fields(ctx: &Ctx<'_>, stats: &HeapStats) -> [u64; 24] {
    let rt = ctx.rt();
    let stacks = rt.goroutines.bytes();
    let heap_sys = stats.heap_idle + stats.heap_inuse;
    let profiles = rt.profiles.bytes();
    let tables = rt.types.len() * size_of::<golite_runtime::types::RtType>()
        + rt.program.functions.len() * size_of::<golite_runtime::program::RtFunction>();
    let other = tables as u64 + stats.external.saturating_sub(stacks);
    let last = stats.pauses.last().map_or(0, |(end, _)| *end);
    [
        stats.heap_alloc,
        stats.total_alloc,
        heap_sys + stacks + stats.block_sys + stats.cache_sys + profiles + stats.gc_sys + other,
        0,
        stats.mallocs,
        stats.frees,
        stats.heap_alloc,
        heap_sys,
        stats.heap_idle,
        stats.heap_inuse,
        stats.heap_released.min(stats.heap_idle),
        stats.heap_objects,
        stacks,
        stacks,
        stats.block_sys,
        stats.block_sys,
        stats.cache_sys,
        stats.cache_sys,
        profiles,
        stats.gc_sys,
        other,
        stats.next_gc,
        last,
        stats.pause_total_ns + stats.minor_pause_total_ns,
    ]
}

/// Steps for all the numbers, which are counted when they are asked for.
const STATS_STEPS: u64 = 10_000;

/// `readMemStats(m *MemStats)` of package runtime.
pub(super) fn stop_and_read_mem_stats(ctx: &mut Ctx<'_>) -> NativeResult {
    let began = timer::glance(ctx.runtime());
    read_mem_stats(ctx)?;
    stood_still(ctx.runtime(), "read mem stats", began);
    Ok(())
}

/// `readMemStats(m *MemStats)`.
///
/// # Errors
/// None but those of charging steps.
pub fn read_mem_stats(ctx: &mut Ctx<'_>) -> NativeResult {
    let at = ctx.raw(0);
    ctx.charge(STATS_STEPS)?;
    let stats = ctx.rt().heap.stats();
    for (i, value) in first_fields(ctx, &stats).into_iter().enumerate() {
        ctx.write_u64(at + 8 * i as u64, value);
    }
    // The pause of collection n is at (n + 255) % 256.
    let oldest = stats.num_major - stats.pauses.len() as u64;
    for place in 0..PAUSES {
        ctx.write_u64(at + PAUSE_NS + 8 * place, 0);
        ctx.write_u64(at + PAUSE_END + 8 * place, 0);
    }
    for (i, (end, pause)) in stats.pauses.iter().enumerate() {
        let place = (oldest + i as u64) % PAUSES;
        ctx.write_u64(at + PAUSE_NS + 8 * place, *pause);
        ctx.write_u64(at + PAUSE_END + 8 * place, *end);
    }
    ctx.write_u32(at + NUM_GC, stats.num_major as u32);
    ctx.write_u32(at + NUM_GC + 4, stats.num_forced as u32);
    let running = ctx.host().monotonic().max(1) as f64;
    let fraction = ((stats.pause_total_ns + stats.minor_pause_total_ns) as f64 / running).min(1.0);
    ctx.write_u64(at + CPU_FRACTION, fraction.to_bits());
    ctx.write_u8(at + ENABLE, 1);
    ctx.write_u8(at + ENABLE + 1, 0);
    let small = stats.by_size.iter().copied().filter(|(size, ..)| *size > 0);
    for (i, (size, mallocs, frees)) in std::iter::once((0, 0, 0)).chain(small).take(SIZES).enumerate() {
        let entry = at + BY_SIZE + 24 * i as u64;
        ctx.write_u32(entry, size);
        ctx.write_u64(entry + 8, mallocs);
        ctx.write_u64(entry + 16, frees);
    }
    Ok(())
}

/// `SetGCPercent(percent int) int`.
///
/// # Errors
/// None.
pub fn set_gc_percent(ctx: &mut Ctx<'_>) -> NativeResult {
    let percent = ctx.int(0).clamp(-1, i64::from(i32::MAX)) as i32;
    let before = ctx.runtime().heap.set_gogc(percent);
    ctx.set_int(0, i64::from(before));
    Ok(())
}

/// `SetMemoryLimit(limit int64) int64`.
///
/// # Errors
/// None.
pub fn set_memory_limit(ctx: &mut Ctx<'_>) -> NativeResult {
    let limit = ctx.int(0);
    let heap = &mut ctx.runtime().heap;
    let wanted = u64::try_from(limit).ok().filter(|_| limit != i64::MAX);
    let before = heap.set_soft_limit(wanted);
    if limit < 0 {
        heap.set_soft_limit(before);
    }
    ctx.set_int(0, before.map_or(i64::MAX, |limit| i64::try_from(limit).unwrap_or(i64::MAX)));
    Ok(())
}

/// Gives free memory back to the system.
///
/// # Errors
/// None.
pub fn release(ctx: &mut Ctx<'_>) -> NativeResult {
    ctx.runtime().heap.release_free();
    Ok(())
}

/// `SetMaxStack(bytes int) int`.
///
/// # Errors
/// None.
pub fn set_max_stack(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = ctx.int(0);
    let config = &mut ctx.runtime().sched.config;
    let before = std::mem::replace(&mut config.max_stack, wanted.max(0) as u64);
    ctx.set_int(0, i64::try_from(before).unwrap_or(i64::MAX));
    Ok(())
}
