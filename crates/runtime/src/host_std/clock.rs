#![cfg_attr(
    all(target_os = "linux", target_arch = "x86_64"),
    expect(unsafe_code, reason = "the counter of the processor is read by an instruction of its own")
)]
//! Clocks. The monotonic one is there as the system tells it, and, between two of its readings, by the counter of the
//! processor.
//!
//! A system call without a change of mode, which is how the clock is read, takes 20 to 30 ns, the counter 10. The
//! counter is used only where the system keeps its own time by it, for at most a millisecond after a reading of the
//! system's clock, and at the rate that the reading before gave. So what the system knows of its quality, and
//! corrections of the clock, hold here too.

use std::time::{SystemTime, UNIX_EPOCH};

/// The system's monotonic clock in nanoseconds: what `Instant` reads, without its arithmetic.
pub(super) fn monotonic_clock() -> i64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).expect("there is such a clock");
    time.tv_sec() * 1_000_000_000 + time.tv_nsec()
}

/// The wall clock: seconds since 1970 and nanoseconds.
pub(super) fn wall_clock() -> (i64, i32) {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => (since.as_secs() as i64, since.subsec_nanos() as i32),
        Err(before) => {
            let nanos = -(before.duration().as_nanos() as i128);
            (nanos.div_euclid(1_000_000_000) as i64, nanos.rem_euclid(1_000_000_000) as i32)
        }
    }
}

/// Nanoseconds of processor time that this thread has used, if the system tells.
pub(super) fn thread_time() -> Option<i64> {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_THREAD_CPUTIME_ID).ok()?;
    Some(time.tv_sec().saturating_mul(1_000_000_000).saturating_add(time.tv_nsec()))
}

/// For how long the counter is believed, in nanoseconds.
const TRUSTED: u64 = 1_000_000;

/// The shortest time that a rate is taken from: readings are some tens of nanoseconds off.
const MEASURED: i64 = 100_000;

/// How many ticks a reading of the system's clock takes at most, if nothing comes between.
const READING: u64 = 2_000;

/// Where so many readings in a row take longer, the counter is no good.
const MOST_INTERRUPTED: u32 = 16;

/// A clock that is read by counting.
#[derive(Default, Debug)]
pub(super) struct TickClock {
    /// What both clocks showed at the last reading of the system's; 0 if that is not known.
    ticks: u64,
    time: i64,
    /// Nanoseconds in 2^32 ticks.
    rate: u64,
    /// For how many ticks after that reading the rate is believed.
    trusted: u64,
    /// Whether the counter can be used, if that is known.
    usable: Option<bool>,
    /// How many readings in a row were interrupted.
    interrupted: u32,
}

impl TickClock {
    /// The system's monotonic clock in nanoseconds, nearly.
    #[inline]
    pub(super) fn read(&mut self) -> i64 {
        if self.trusted != 0 {
            let since = ticks().wrapping_sub(self.ticks);
            if since < self.trusted {
                // Both are less than 2^32.
                return self.time + ((since * self.rate) >> 32) as i64;
            }
        }
        self.synchronise()
    }

    #[cold]
    #[inline(never)]
    fn synchronise(&mut self) -> i64 {
        if !*self.usable.get_or_insert_with(counts_time) {
            return monotonic_clock();
        }
        let before = ticks();
        let time = monotonic_clock();
        let took = ticks().wrapping_sub(before);
        let ticks = before + took / 2;
        if took > READING {
            // Something came between: nobody knows when the clock was read.
            self.interrupted += 1;
            self.usable = Some(self.interrupted < MOST_INTERRUPTED);
            (self.ticks, self.trusted) = (0, 0);
            return time;
        }
        self.interrupted = 0;
        let (elapsed, counted) = (time - self.time, ticks.wrapping_sub(self.ticks));
        if self.ticks != 0 && elapsed < MEASURED {
            return time;
        }
        let rate = u64::try_from((i128::from(elapsed) << 32) / i128::from(counted.max(1))).unwrap_or(0);
        let trusted = match self.ticks != 0 && (1..1 << 32).contains(&rate) {
            // No longer than it was measured for.
            true => ((TRUSTED << 32) / rate).min(counted).min(u64::from(u32::MAX)),
            false => 0,
        };
        (self.ticks, self.time, self.rate, self.trusted) = (ticks, time, rate, trusted);
        time
    }
}

/// The counter of the processor. To be called where the system keeps its time by it.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[inline(always)]
fn ticks() -> u64 {
    // SAFETY: all processors of this architecture have the instruction, and processes may use it where the system's
    // own clock does so within them.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn ticks() -> u64 {
    0
}

/// Whether the system keeps its time by the counter.
fn counts_time() -> bool {
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    cfg!(all(target_os = "linux", target_arch = "x86_64"))
        && std::fs::read_to_string(SOURCE).is_ok_and(|name| name.trim() == "tsc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_near_the_clock() {
        let mut clock = TickClock::default();
        let end = monotonic_clock() + 20_000_000;
        let mut worst = 0;
        loop {
            let before = monotonic_clock();
            let time = clock.read();
            let after = monotonic_clock();
            // The thread may be interrupted between two of these.
            worst = worst.max(before - time).max(time - after);
            if after > end {
                break;
            }
        }
        assert!(worst < 20_000, "{worst} ns off");
    }
}
