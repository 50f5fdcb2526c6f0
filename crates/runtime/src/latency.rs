//! Time in which nothing went on: for how long goroutines could run before they did, and for how long all of them
//! stood still while something was done for one. Package `runtime/metrics` tells both.
//!
//! Of the first one in eight is measured, as in Go, and only for programs that ask.

use golite_gc::{Histogram, count_pause};
use rustc_hash::FxHashMap;

use crate::event::Event;
use crate::state::Runtime;
use crate::timer;
use crate::trace::What;

/// One of so many is measured.
const PERIOD: u64 = 8;

/// The times so far.
#[derive(Clone, Default, Debug)]
pub struct Latencies {
    /// What the processor had done for the thread before the program began, by `Host::cpu_time`.
    pub cpu_began: i64,
    counts: Histogram,
    /// How often a goroutine became able to run.
    ready: u64,
    /// Since when those that are measured can run.
    since: FxHashMap<u64, i64>,
}

impl Latencies {
    /// Nothing is measured yet.
    #[must_use]
    pub fn new(cpu_began: i64) -> Latencies {
        Latencies { cpu_began, ..Latencies::default() }
    }

    /// How many were how long.
    #[must_use]
    pub fn counts(&self) -> &Histogram {
        &self.counts
    }

    /// Whether the time of an event is needed. Each event has to be asked for once.
    #[inline(always)]
    pub fn measures(&mut self, event: &Event) -> bool {
        match Change::of(event) {
            Change::Ready(_) => {
                self.ready += 1;
                self.ready.is_multiple_of(PERIOD)
            }
            Change::Runs(goroutine) => !self.since.is_empty() && self.since.contains_key(&goroutine),
            Change::Other => false,
        }
    }

    /// Takes note of when it was; of those that are not measured too, if somebody else listens.
    pub fn measured(&mut self, time: i64, event: &Event) {
        match Change::of(event) {
            Change::Ready(goroutine) if self.ready.is_multiple_of(PERIOD) => {
                self.since.insert(goroutine, time);
            }
            Change::Runs(goroutine) => {
                if let Some(since) = self.since.remove(&goroutine) {
                    count_pause(&mut self.counts, u64::try_from(time - since).unwrap_or(0));
                }
            }
            Change::Ready(_) | Change::Other => {}
        }
    }
}

/// What an event is to a goroutine that waits for the processor.
enum Change {
    /// It can run from here on.
    Ready(u64),
    /// It runs.
    Runs(u64),
    /// Nothing.
    Other,
}

impl Change {
    #[inline(always)]
    fn of(event: &Event) -> Change {
        match *event {
            Event::GoroutineCreated { goroutine, .. }
            | Event::GoroutineUnblocked { goroutine, .. }
            | Event::GoroutineYielded { goroutine }
            | Event::GoroutinePreempted { goroutine } => Change::Ready(goroutine),
            Event::GoroutineStarted { goroutine } => Change::Runs(goroutine),
            Event::GoroutineBlocked { .. }
            | Event::GoroutineEnded { .. }
            | Event::GoroutineLeaked { .. }
            | Event::TimerFired { .. }
            | Event::CollectionStarted { .. }
            | Event::CollectionEnded { .. }
            | Event::AllocationSampled { .. }
            | Event::NativeCalled { .. } => Change::Other,
        }
    }
}

/// Something that Go stops all goroutines for has been done since `began`, by `timer::glance`. `why` is what Go calls
/// it.
pub fn stood_still(rt: &mut Runtime, why: &'static str, began: i64) {
    let end = timer::glance(rt);
    count_pause(&mut rt.profiles.stops, u64::try_from(end - began).unwrap_or(0));
    if let Some(log) = &mut rt.sched.events.log {
        log.add(began, What::StopWorld(why));
        log.add(end, What::StartWorld);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_eight_is_measured_from_ready_to_running() {
        let mut latencies = Latencies::default();
        for round in 0..16 {
            let events = [
                (0, Event::GoroutineUnblocked { goroutine: 7, by: 1 }),
                (3_000, Event::GoroutineStarted { goroutine: 7 }),
            ];
            for (after, event) in events {
                if latencies.measures(&event) {
                    latencies.measured(round * 10_000 + after, &event);
                }
            }
        }
        let mut expected = Histogram::default();
        // From 2 to 4 microseconds.
        expected[2] = 2;
        assert_eq!(latencies.counts(), &expected);
    }
}
