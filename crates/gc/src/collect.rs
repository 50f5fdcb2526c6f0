//! Collections: minor, major in slices, major at once.
//!
//! A major goes through these states, the mutator running between slices:
//!
//! 1. *Start*: a minor, the sweep's rest, mark bits clear; immortal objects, roots and what finalizers
//!    keep are given to the marker.
//! 2. *Marking* in slices, each after a minor (which marks what it promotes). Stores dirty cards, which are looked
//!    at once nothing else is left.
//! 3. *Second pass*: roots that changed and cards again, and waiting goroutines, still in slices. It makes the end
//!    short.
//! 4. *End*, without the mutator: roots and cards a last time; waiting goroutines to a fixpoint, the rest
//!    are leaks; weak handles, finalizers, cleanups; then the blocks are given to the sweep.
//!
//! A full major (`runtime.GC`) finishes one that is under way and does another from start to end, so that
//! nothing dead at its call is kept: at once, or in slices too, between which others may run.

use crate::Addr;
use crate::alloc::Failure;
use crate::heap::Heap;
use crate::mark::{Cycle, Roots, Tracer};
use crate::pace::{MINOR_MOST, SLICE_LEAST, SLICE_MOST};
use crate::stats::MinorRecord;

/// Every so many collections stress mode makes a major.
const STRESS_MAJOR: u64 = 64;

/// Blocks swept at a time where a major has to wait for it: about as long as a slice.
const SWEEP_BEFORE: u32 = 1024;

/// How often a major goes through all cards, each time in longer slices, before it ends whatever is dirty.
const ROUNDS_OF_CARDS: u32 = 3;

/// How far marking has come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Pass {
    #[default]
    First,
    Second,
}

impl Heap {
    /// Does what is due: a minor, and the start, a slice or the end of a major. To be called at a
    /// safepoint when `wants_collection`.
    pub fn collect(&mut self, roots: &mut dyn Roots) {
        if self.stress {
            self.stress_count += 1;
            // Some give up early, each at another place.
            let early = self.stress_count % 8 == 7;
            self.minor_most = if early { self.stress_count / 8 % 1024 } else { MINOR_MOST };
            if self.stress_count.is_multiple_of(STRESS_MAJOR) {
                self.collect_major(roots);
            } else {
                self.collect_minor(roots);
            }
            return;
        }
        // A large allocation does what would have been done for as many bytes of small ones.
        let mut turns = (self.young_bytes / self.pace.young_limit).clamp(1, 1 << 16) as u32;
        if !self.marker.major_active {
            turns -= 1;
            self.collect_minor(roots);
            if self.failure_pending() {
                self.start_major(roots);
                self.step_major(roots, u64::MAX);
            } else if self.major_due() {
                // The sweep comes first, in pieces too.
                if self.sweep_blocks(SWEEP_BEFORE * (turns + 1)) {
                    self.start_major(roots);
                    if self.pace.is_little_work() && roots.is_traced() {
                        self.step_major(roots, u64::MAX);
                    }
                }
            }
        }
        while turns > 0 && self.marker.major_active && !self.space.is_stopped() {
            turns -= 1;
            let budget = self.next_slice();
            self.step_major(roots, budget);
        }
    }

    /// Which major has to end before a full one, begun now and done by `step_full`, is complete.
    pub fn full_major(&mut self) -> u64 {
        let target = self.times.majors() + 1 + u64::from(self.marker.major_active);
        self.forced_majors.push(target);
        target
    }

    /// The next part of a full major; true when all is done, the sweep included.
    pub fn step_full(&mut self, roots: &mut dyn Roots, target: u64) -> bool {
        if self.times.majors() < target {
            if self.marker.major_active {
                self.step_major(roots, SLICE_MOST);
            } else if self.sweep_blocks(SWEEP_BEFORE) {
                self.start_major(roots);
            }
            return false;
        }
        let start = self.times.now();
        let done = self.sweep_blocks(SWEEP_BEFORE);
        self.times.sweep_ended(start);
        done
    }

    /// A minor collection: frees what was allocated since the last collection and is unreachable.
    pub fn collect_minor(&mut self, roots: &mut dyn Roots) {
        let start = self.times.now();
        self.minor(roots);
        self.sweep_some();
        self.times.minor_ended(start);
    }

    /// A whole precise major collection, swept: what `runtime.GC` does.
    pub fn collect_major(&mut self, roots: &mut dyn Roots) {
        if self.marker.major_active {
            self.step_major(roots, u64::MAX);
        }
        self.highest_root_type = 0;
        self.start_major(roots);
        self.major_slice(roots, u64::MAX, true);
        let start = self.times.now();
        self.finish_sweep();
        self.times.sweep_ended(start);
    }

    /// Whether a major is under way.
    #[must_use]
    pub fn major_active(&self) -> bool {
        self.marker.major_active
    }

    /// Starts an incremental major; does nothing if one is under way.
    pub fn start_major(&mut self, roots: &mut dyn Roots) {
        if self.marker.major_active {
            return;
        }
        let start = self.times.now();
        let goal = self.pace.goal;
        self.times.major_started(self.stats_alloc(), goal, start);
        self.minor(roots);
        self.finish_sweep();
        self.marker.clean_major_cards(&mut self.space);
        self.marker.major_active = true;
        self.marker.marked = 0;
        self.marker.work = 0;
        self.pass = Pass::First;
        self.pace.major_started();
        roots.major_starts();
        for object in self.immortal_pointerful() {
            self.marker.push::<true>(&self.space, object);
        }
        self.trace(roots, Cycle::Major);
        self.mark_finalizer_contents::<true>();
        self.times.start_ended(start);
    }

    /// Does about `budget` nanoseconds of work for the major under way; true when it is done (or there is none).
    pub fn step_major(&mut self, roots: &mut dyn Roots, budget: u64) -> bool {
        self.major_slice(roots, budget, false)
    }

    fn major_slice(&mut self, roots: &mut dyn Roots, budget: u64, forced: bool) -> bool {
        if !self.marker.major_active {
            return true;
        }
        let start = self.times.now();
        // What the minor promotes comes on top: else a program most of whose objects survive adds as much as is done.
        let promoted = self.minor(roots);
        let left = self.marker.drain::<true>(&self.layouts, &mut self.space, budget.saturating_add(promoted));
        let left = left.min(budget);
        if self.marker.is_drained() {
            let sliced = budget < u64::MAX;
            let pass = self.pass;
            match pass {
                Pass::First if sliced => {
                    if self.cards_are_done(left) {
                        self.pass = Pass::Second;
                        self.trace(roots, Cycle::Major);
                        self.mark_finalizer_contents::<true>();
                    }
                }
                Pass::Second if sliced && roots_waiting(self, roots) => {
                    self.marker.scan_cards::<true>(&self.layouts, &mut self.space, left);
                }
                Pass::Second if sliced && !self.cards_are_done(left) => {}
                Pass::First | Pass::Second => self.finish_major(roots),
            }
        }
        let done = !self.marker.major_active;
        self.times.slice_ended(start);
        if done {
            let number = self.times.majors() + 1;
            let asked = self.forced_majors.contains(&number);
            self.forced_majors.retain(|&wanted| wanted > number);
            let forced = forced || asked;
            let marked = self.marker.marked;
            self.times.major_ended(marked, self.stats_alloc(), forced);
        }
        done
    }

    /// Gives at most how much work it is to scan for a major what it promoted.
    fn minor(&mut self, roots: &mut dyn Roots) -> u64 {
        self.wants = false;
        if self.young_blocks.is_empty() {
            // Nothing is young; cards and what was attached wait for the next time.
            return 0;
        }
        self.retire_all();
        self.marker.survived = 0;
        self.marker.survivors = 0;
        self.marker.cards = 0;
        self.marker.minor_left = self.minor_most;
        let young = self.young_bytes;
        self.trace(roots, Cycle::Minor);
        let left = self.marker.minor_left;
        let left = self.marker.scan_cards::<false>(&self.layouts, &mut self.space, left);
        let left = self.marker.drain::<false>(&self.layouts, &mut self.space, left);
        self.mark_finalizer_contents::<false>();
        if self.marker.drain::<false>(&self.layouts, &mut self.space, left) == 0 {
            self.marker.promote_all(&mut self.space, &self.young_blocks);
        }
        self.settle_specials::<false>();
        self.sweep_young();
        self.young_bytes = 0;
        self.times.survived = self.marker.survived;
        self.times.minor = MinorRecord {
            young,
            survived: (self.marker.survived, self.marker.survivors),
            cards: self.marker.cards,
            ..MinorRecord::default()
        };
        self.pace.minor_done(self.marker.survived);
        self.marker.work_of_promoted()
    }

    /// Whether the dirty cards and what they lead to are done with in this slice, which has `left`. If not, the next
    /// ones go on. What a program dirties faster than that needs longer slices, or all at once at last.
    fn cards_are_done(&mut self, left: u64) -> bool {
        let rounds = self.marker.rounds_of_cards;
        let left = left.max(SLICE_LEAST) + SLICE_MOST * ((1 << rounds.min(ROUNDS_OF_CARDS)) - 1);
        let left = self.marker.scan_cards::<true>(&self.layouts, &mut self.space, left);
        let left = self.marker.drain::<true>(&self.layouts, &mut self.space, left);
        left > 0 || rounds > ROUNDS_OF_CARDS
    }

    fn finish_major(&mut self, roots: &mut dyn Roots) {
        self.trace(roots, Cycle::Major);
        self.marker.scan_cards::<true>(&self.layouts, &mut self.space, u64::MAX);
        self.mark_finalizer_contents::<true>();
        self.marker.drain::<true>(&self.layouts, &mut self.space, u64::MAX);
        while roots_waiting(self, roots) {
            self.marker.drain::<true>(&self.layouts, &mut self.space, u64::MAX);
        }
        roots.trace_leaked(&mut Tracer { heap: self, cycle: Cycle::Major });
        self.marker.drain::<true>(&self.layouts, &mut self.space, u64::MAX);
        self.settle_specials::<true>();
        self.marker.major_active = false;
        self.failure = Failure::None;
        self.begin_sweep();
        let extra = self.extra();
        self.pace.major_done(self.marker.marked, extra, self.marker.work);
    }

    fn trace(&mut self, roots: &mut dyn Roots, cycle: Cycle) {
        roots.trace(cycle, &mut Tracer { heap: self, cycle });
    }

    /// An allocation has failed since the last major.
    fn failure_pending(&self) -> bool {
        self.failure != Failure::None
            && self.pace.hard_limit.is_some_and(|limit| self.charged() >= limit - limit / 8)
    }

    /// Immortal objects with pointers.
    fn immortal_pointerful(&self) -> Vec<Addr> {
        let mut found = Vec::new();
        for (index, block) in self.space.blocks.iter().enumerate() {
            if block.immortal && block.scans() {
                let cells = (0..block.cells).filter(|&cell| block.is_alloc(cell));
                let base = self.space.block_base(index as u32);
                found.extend(cells.map(|cell| base + u64::from(cell) * block.cell_bytes));
            }
        }
        found
    }
}

fn roots_waiting(heap: &mut Heap, roots: &mut dyn Roots) -> bool {
    roots.trace_waiting(&mut Tracer { heap, cycle: Cycle::Major })
}
