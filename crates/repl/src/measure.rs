//! What a run of an input took.

use std::time::{Duration, Instant};

use golite::session::{Session, Usage};

/// The state before a run.
pub(crate) struct Start {
    time: Instant,
    usage: Usage,
}

impl Start {
    pub(crate) fn now(session: &mut Session) -> Start {
        Start { usage: session.usage(), time: Instant::now() }
    }

    /// What the run took, in a line.
    pub(crate) fn line(&self, session: &mut Session) -> String {
        let time = self.time.elapsed();
        let usage = session.usage();
        format!(
            "{}, {} steps, {} objects of {} allocated, {} collections",
            duration(time),
            usage.steps - self.usage.steps,
            usage.objects - self.usage.objects,
            bytes(usage.bytes - self.usage.bytes),
            usage.collections - self.usage.collections,
        )
    }
}

/// A time with three digits and a unit.
pub(crate) fn duration(time: Duration) -> String {
    let nanos = time.as_nanos();
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", time.as_secs_f64() * 1e6),
        1_000_000..1_000_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// A number of bytes with a unit.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..10_240 => format!("{count} B"),
        10_240..10_485_760 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}
