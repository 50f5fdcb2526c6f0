//! Profiles as records, and what steers them. The files are made by the interpreter (`Request::Profile`).

use golite_runtime::native::{Ctx, NativeResult, ProfileKind, ProfileRequest, Request, Trap};
use golite_runtime::profile::{Bucket, CpuProfile};
use golite_runtime::timer;

/// Words of a stack in a record.
const STACK: usize = 32;

/// Writes records of so many values and a stack to a slice; how many there are, and whether they fitted.
fn write_records<const N: usize>(ctx: &mut Ctx<'_>, records: &[Bucket<N>]) {
    let (at, len, _) = ctx.slice(0);
    let fits = records.len() as u64 <= len;
    ctx.set_int(0, records.len() as i64);
    ctx.set_bool(1, fits);
    if !fits {
        return;
    }
    for (i, record) in records.iter().enumerate() {
        let at = at + (8 * i * (N + STACK)) as u64;
        let stack = record.stack.iter().copied().chain(std::iter::repeat(0)).take(STACK);
        for (word, value) in record.values.iter().map(|value| *value as u64).chain(stack).enumerate() {
            ctx.write_u64(at + 8 * word as u64, value);
        }
    }
}

pub(super) fn mem_profile(ctx: &mut Ctx<'_>) -> NativeResult {
    let all = ctx.bool(3);
    let buckets = ctx.rt().profiles.memory.buckets();
    let mut records: Vec<Bucket<4>> = Vec::new();
    for bucket in buckets.iter().filter(|bucket| all || bucket.values[0] != bucket.values[2]) {
        let [objects, bytes, freed, freed_bytes] = bucket.values;
        records.push(Bucket { values: [bytes, freed_bytes, objects, freed], ..bucket.clone() });
    }
    write_records(ctx, &records);
    Ok(())
}

pub(super) fn block_profile(ctx: &mut Ctx<'_>) -> NativeResult {
    let records = ctx.rt().profiles.block.buckets().to_vec();
    write_records(ctx, &records);
    Ok(())
}

pub(super) fn mutex_profile(ctx: &mut Ctx<'_>) -> NativeResult {
    let records = ctx.rt().profiles.mutex.buckets().to_vec();
    write_records(ctx, &records);
    Ok(())
}

pub(super) fn set_block_rate(ctx: &mut Ctx<'_>) -> NativeResult {
    let rate = ctx.int(0).max(0);
    ctx.runtime().profiles.block_rate = rate;
    Ok(())
}

pub(super) fn set_mutex_fraction(ctx: &mut Ctx<'_>) -> NativeResult {
    let wanted = ctx.int(0);
    let place = &mut ctx.runtime().profiles.mutex_fraction;
    let before = *place;
    if wanted >= 0 {
        *place = wanted;
    }
    ctx.set_int(0, before);
    Ok(())
}

/// `startCPU(hz int) bool`.
///
/// # Errors
/// None.
pub fn start_cpu(ctx: &mut Ctx<'_>) -> NativeResult {
    let rate = ctx.int(0).clamp(1, 1_000_000);
    let free = ctx.rt().profiles.cpu.is_none();
    if free {
        let (seconds, nanoseconds) = ctx.runtime().wall_clock();
        let began = timer::glance(ctx.runtime());
        let time = seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(nanoseconds));
        ctx.runtime().profiles.cpu = Some(CpuProfile::new(1_000_000_000 / rate, began, time));
    }
    ctx.set_bool(0, free);
    Ok(())
}

/// `stopCPU() []byte`.
///
/// # Errors
/// The request for the file.
pub fn stop_cpu(ctx: &mut Ctx<'_>) -> NativeResult {
    if ctx.rt().profiles.cpu.is_none() {
        ctx.set_slice(0, 0, 0, 0);
        return Ok(());
    }
    Err(Trap::Request(Request::Profile(ProfileRequest { kind: ProfileKind::Cpu, text: false })))
}
