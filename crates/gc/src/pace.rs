//! When to collect.
//!
//! All decisions count bytes, never time, so that a run is the same every time.
//!
//! - A minor is due after `young_limit` bytes of allocation. The budget halves while much survives
//!   (the pause of a minor is its survivors) and grows back to 4 MiB while little does.
//! - A major must be done when live bytes reach the *goal*: Go's rule of `GOGC`, lowered by the soft and
//!   the hard limit. It starts at the *trigger* below the goal, and its slices are as large as needed to
//!   be done in time.
//! - With `GOGC=off` and no limit nothing is ever collected, finalizers included, as in Go.
//!
//! Live bytes are what the last major marked plus what minors promoted since: the heap's size would
//! count what the lazy sweep has not freed yet.

use crate::heap::Heap;

/// The young budget: measured best at the size of a second-level cache.
const YOUNG: u64 = 4 << 20;
const YOUNG_LEAST: u64 = 1 << 20;
/// The young budget close to a limit.
const YOUNG_TIGHT: u64 = 128 << 10;

/// Survivors of a minor above which the budget shrinks, and below which it grows.
const SURVIVORS_MANY: u64 = 2 << 20;
const SURVIVORS_FEW: u64 = 512 << 10;

/// Go's least heap at `GOGC=100`.
const HEAP_LEAST: u64 = 4 << 20;

/// The least part of a slice in bytes.
const SLICE_LEAST: u64 = 2 << 20;

/// The state of pacing.
pub(crate) struct Pace {
    pub(crate) gogc: i32,
    pub(crate) soft_limit: Option<u64>,
    pub(crate) hard_limit: Option<u64>,
    /// Bytes after the last major, plus promotions since.
    pub(crate) live: u64,
    /// Live bytes at which a major must be done.
    pub(crate) goal: u64,
    /// Live bytes at which it starts.
    pub(crate) trigger: u64,
    /// The adaptive young budget.
    young: u64,
    /// Bytes of allocation after which a minor is due.
    pub(crate) young_limit: u64,
    /// Live bytes and charges at the end of the last major.
    base: u64,
}

impl Pace {
    pub(crate) fn new(gogc: i32, soft_limit: Option<u64>, hard_limit: Option<u64>) -> Pace {
        let mut pace = Pace {
            gogc,
            soft_limit,
            hard_limit,
            live: 0,
            goal: 0,
            trigger: 0,
            young: YOUNG,
            young_limit: 0,
            base: 0,
        };
        pace.update(0);
        pace
    }

    /// Computes goal and trigger anew from the state after the last major; `extra` is what counts
    /// beside live objects.
    pub(crate) fn update(&mut self, extra: u64) {
        self.base = self.base.max(extra);
        self.recompute();
    }

    /// A major ended with so many live bytes, `extra` beside them.
    pub(crate) fn major_done(&mut self, marked: u64, extra: u64) {
        self.live = marked;
        self.base = marked.saturating_add(extra);
        self.recompute();
    }

    /// A minor promoted so many bytes.
    pub(crate) fn minor_done(&mut self, survived: u64) {
        self.live = self.live.saturating_add(survived);
        if survived > SURVIVORS_MANY {
            self.young = (self.young / 2).max(YOUNG_LEAST);
        } else if survived < SURVIVORS_FEW {
            self.young = (self.young * 2).min(YOUNG);
        }
        self.recompute();
    }

    pub(crate) fn recompute(&mut self) {
        let mut goal = match u64::try_from(self.gogc) {
            Ok(percent) => {
                let grown = u128::from(self.base) * u128::from(100 + percent) / 100;
                u64::try_from(grown).unwrap_or(u64::MAX).max(HEAP_LEAST * percent / 100)
            }
            Err(_) => u64::MAX,
        };
        if let Some(limit) = self.soft_limit {
            // Below the limit already: collect, but not all the time.
            goal = goal.min(limit.max(self.base.saturating_add((self.base / 8).max(1 << 20))));
        }
        if let Some(limit) = self.hard_limit {
            let left = limit.saturating_sub(self.base);
            goal = goal.min(self.base.saturating_add((left / 4 * 3).max(64 << 10)));
        }
        self.goal = goal;
        let span = goal.saturating_sub(self.base);
        if goal == u64::MAX {
            self.trigger = u64::MAX;
            self.young_limit = u64::MAX;
        } else {
            self.trigger = goal - span / 4;
            self.young_limit = self.young.min((span / 4).max(YOUNG_TIGHT));
        }
        if let Some(limit) = self.hard_limit {
            self.young_limit = self.young_limit.min((limit / 8).max(16 << 10));
        }
    }

    /// Bytes to mark in the next slice of a major, when so many count as live now.
    pub(crate) fn slice(&self, now: u64) -> u64 {
        if now >= self.goal {
            return u64::MAX;
        }
        let slices = (self.goal - self.trigger) / self.young_limit.max(1);
        (self.live / slices.max(1) * 2).max(SLICE_LEAST)
    }
}

impl Heap {
    /// What counts against the goal now.
    pub(crate) fn live_now(&self) -> u64 {
        self.pace.live.saturating_add(self.extra())
    }

    /// What counts beside live objects.
    pub(crate) fn extra(&self) -> u64 {
        self.external.saturating_add(self.immortal_bytes)
    }

    /// Asks for a collection if one is due.
    #[inline]
    pub(crate) fn check_pace(&mut self) {
        self.wants |= self.stress || self.young_bytes >= self.pace.young_limit || self.major_due();
    }

    /// Whether a major should start.
    pub(crate) fn major_due(&self) -> bool {
        !self.marker.major_active && self.live_now() >= self.pace.trigger
    }

    /// `GOGC`, negative if off.
    #[must_use]
    pub fn gogc(&self) -> i32 {
        self.pace.gogc
    }

    /// The soft limit.
    #[must_use]
    pub fn soft_limit(&self) -> Option<u64> {
        self.pace.soft_limit
    }

    /// Sets `GOGC` (negative: off); returns the old one.
    pub fn set_gogc(&mut self, percent: i32) -> i32 {
        let old = std::mem::replace(&mut self.pace.gogc, percent.max(-1));
        self.pace.recompute();
        self.check_pace();
        old
    }

    /// Sets the soft limit; returns the old one.
    pub fn set_soft_limit(&mut self, bytes: Option<u64>) -> Option<u64> {
        let old = std::mem::replace(&mut self.pace.soft_limit, bytes);
        self.pace.recompute();
        self.check_pace();
        old
    }

    /// Sets the hard limit; returns the old one.
    pub fn set_hard_limit(&mut self, bytes: Option<u64>) -> Option<u64> {
        let old = std::mem::replace(&mut self.pace.hard_limit, bytes);
        self.pace.recompute();
        self.check_pace();
        old
    }
}
