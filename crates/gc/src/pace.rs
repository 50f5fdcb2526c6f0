//! When to collect.
//!
//! All decisions count bytes, never time, so that a run is the same every time.
//!
//! - A minor is due after `young_limit` bytes of allocation. The budget halves while much survives
//!   (the pause of a minor is its survivors) and grows back to 4 MiB while little does.
//! - A major should be done when live bytes reach the *goal*: Go's rule of `GOGC`, lowered by the soft and
//!   the hard limit. It starts at the *trigger* below the goal. Its slices are as large as needed to be done
//!   in time, but never so large that the program stops for long: rather the slices come more often, and if
//!   that is not enough the goal is passed.
//!
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

/// Work of a slice, in nanoseconds or so.
pub(crate) const SLICE_LEAST: u64 = 1_000_000;
pub(crate) const SLICE_MOST: u64 = 3_000_000;

/// The work after which a minor gives up: nearly that of a full young generation of small objects all of which survive.
pub(crate) const MINOR_MOST: u64 = 4_000_000;

/// The least young budget while a major is under way: its slices come as often.
const YOUNG_BETWEEN_SLICES: u64 = 512 << 10;

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
    /// The work of the last major, or a guess.
    work: u64,
    /// A major is under way.
    marking: bool,
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
            work: 0,
            marking: false,
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

    /// A major starts.
    pub(crate) fn major_started(&mut self) {
        self.marking = true;
        // What was promoted since the last one has to be marked too: as much work as the rest, byte for byte.
        let grown = u128::from(self.work) * u128::from(self.live) / u128::from(self.base.max(1));
        self.work = u64::try_from(grown).unwrap_or(u64::MAX).max(self.live / 2);
        self.recompute();
    }

    /// A major ended with so many live bytes, `extra` beside them, after so much work.
    pub(crate) fn major_done(&mut self, marked: u64, extra: u64, work: u64) {
        self.marking = false;
        self.work = work;
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
            let slices = self.work / SLICE_MOST + 1;
            let least = slices.saturating_mul(YOUNG_BETWEEN_SLICES).min(span / 4 * 3);
            let lead = least.max(span / 4);
            self.trigger = goal - lead;
            self.young_limit = self.young.min((span / 4).max(YOUNG_TIGHT));
            if self.marking {
                let often = (lead / slices).max(YOUNG_BETWEEN_SLICES);
                self.young_limit = self.young_limit.min(often);
            }
        }
        if let Some(limit) = self.hard_limit {
            self.young_limit = self.young_limit.min((limit / 8).max(16 << 10));
        }
    }

    /// Whether the major under way is so short that slices are not worth while.
    pub(crate) fn is_little_work(&self) -> bool {
        self.work <= 2 * SLICE_LEAST
    }

    /// The work to do in the next slice of a major that has done `work`, when so many bytes count as live now.
    fn slice(&self, now: u64, work: u64) -> u64 {
        let slices = self.goal.saturating_sub(now) / self.young_limit.max(1);
        let left = self.work.saturating_sub(work);
        if left == 0 {
            // There is more than there was the last time.
            return SLICE_MOST;
        }
        (left / slices.max(1) * 2).clamp(SLICE_LEAST, SLICE_MOST)
    }
}

impl Heap {
    /// The work to do in the next slice of the major under way.
    pub(crate) fn next_slice(&self) -> u64 {
        let now = self.live_now().saturating_add(self.young_bytes);
        self.pace.slice(now, self.marker.work)
    }

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
