#![cfg_attr(
    all(target_os = "linux", target_arch = "x86_64"),
    expect(unsafe_code, reason = "the counter of the processor is read by an instruction of its own")
)]
//! The monotonic clock: as the system tells it, and, between two of its readings, by the counter of the processor.
//!
//! A system call without a change of mode, which is how the clock is read, takes 20 to 30 ns, the counter 10. The
//! counter is used only where the system keeps its own time by it, for at most a millisecond after a reading of the
//! system's clock, and at the rate that the reading before gave. So what the system knows of its quality, and
//! corrections of the clock, hold here too.

/// The system's monotonic clock in nanoseconds: what `Instant` reads, without its arithmetic.
pub(super) fn monotonic_clock() -> i64 {
    let time = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).expect("there is such a clock");
    time.tv_sec() * 1_000_000_000 + time.tv_nsec()
}

/// For how long the counter is believed, in nanoseconds.
const TRUSTED: u64 = 1_000_000;

/// The shortest time that a rate is taken from: readings are some tens of nanoseconds off.
const MEASURED: i64 = 100_000;

/// A clock that is read by counting.
#[derive(Default, Debug)]
pub(super) struct TickClock {
    /// What both clocks showed at the last reading of the system's.
    ticks: u64,
    time: i64,
    /// Nanoseconds in 2^32 ticks.
    rate: u64,
    /// For how many ticks after that reading the rate is believed.
    trusted: u64,
    /// Whether the counter can be used, if that is known.
    usable: Option<bool>,
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
        let ticks = before.wrapping_add(took / 2);
        let (elapsed, counted) = (time - self.time, ticks.wrapping_sub(self.ticks));
        if self.ticks != 0 && elapsed < MEASURED {
            return time;
        }
        let rate = u64::try_from((i128::from(elapsed) << 32) / i128::from(counted.max(1))).unwrap_or(0);
        // Not where the reading was interrupted, nor where the counter is slower than the clock.
        let good = self.ticks != 0 && (1..1 << 32).contains(&rate) && took < counted / 64;
        let trusted = if good { (TRUSTED << 32) / rate } else { 0 };
        *self = TickClock {
            ticks,
            time,
            rate,
            // No longer than it was measured for.
            trusted: trusted.min(counted).min(u64::from(u32::MAX)),
            usable: self.usable,
        };
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
