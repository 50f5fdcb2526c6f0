//! Counters and times.
//!
//! The counters are exact at every moment: what a cursor has handed out counts although its run is not
//! retired. Times need a clock from the owner, because the outside world is not the heap's business;
//! without one all are 0.

use std::collections::VecDeque;

use crate::heap::Heap;
use crate::size_class::{BLOCK, CLASSES, class_size};

/// How many pauses are kept.
const PAUSES: usize = 256;

/// Exact counters.
#[derive(Clone, Default, Debug)]
pub struct HeapStats {
    /// Objects ever allocated, without immortal ones.
    pub mallocs: u64,
    /// Objects freed.
    pub frees: u64,
    /// Bytes in objects, dead ones that are not swept included.
    pub heap_alloc: u64,
    /// Objects not yet freed: `mallocs - frees`.
    pub heap_objects: u64,
    /// Bytes ever allocated.
    pub total_alloc: u64,
    /// Bytes of memory that the heap has asked the system for.
    pub heap_sys: u64,
    /// Bytes in blocks that hold objects.
    pub heap_inuse: u64,
    /// Bytes in free blocks.
    pub heap_idle: u64,
    /// Bytes of free blocks that hold no pages.
    pub heap_released: u64,
    /// Bytes of the collector's own tables.
    pub gc_sys: u64,
    /// Bytes of immortal objects.
    pub immortal: u64,
    /// Bytes charged by the owner.
    pub external: u64,
    /// Heap size by which the next major is done, `u64::MAX` if there will be none.
    pub next_gc: u64,
    /// Major collections finished.
    pub num_major: u64,
    /// Majors that `collect_major` was called for.
    pub num_forced: u64,
    /// Minor collections, those before a slice of a major included.
    pub num_minor: u64,
    /// Nanoseconds the mutator was stopped for majors.
    pub pause_total_ns: u64,
    /// Nanoseconds the mutator was stopped for minors alone.
    pub minor_pause_total_ns: u64,
    /// The last majors, newest last, at most 256: when each ended, and its nanoseconds.
    pub pauses: Vec<(u64, u64)>,
    /// Bytes in objects when the last major started.
    pub last_before: u64,
    /// Bytes in objects when the last major had marked.
    pub last_after: u64,
    /// Bytes that the last major has marked.
    pub last_marked: u64,
    /// Bytes that survived the last minor.
    pub last_survived: u64,
    /// Per size class: bytes of a cell (0 for large objects), allocated, freed.
    pub by_size: Vec<(u32, u64, u64)>,
}

/// Times and numbers of collections.
#[derive(Default)]
pub(crate) struct Times {
    clock: Option<Box<dyn FnMut() -> u64 + Send>>,
    pauses: VecDeque<(u64, u64)>,
    pause_total: u64,
    minor_total: u64,
    /// Pauses of the major under way.
    pause: u64,
    majors: u64,
    minors: u64,
    pub(crate) forced: u64,
    before: u64,
    after: u64,
    marked: u64,
    pub(crate) survived: u64,
}

impl Times {
    pub(crate) fn now(&mut self) -> u64 {
        self.clock.as_mut().map_or(0, |clock| clock())
    }

    pub(crate) fn minor_ended(&mut self, start: u64) {
        let passed = self.now().saturating_sub(start);
        self.minors += 1;
        self.minor_total += passed;
    }

    pub(crate) fn major_started(&mut self, before: u64) {
        self.pause = 0;
        self.before = before;
    }

    pub(crate) fn slice_ended(&mut self, start: u64) {
        let passed = self.now().saturating_sub(start);
        self.minors += 1;
        self.pause += passed;
        self.pause_total += passed;
    }

    pub(crate) fn major_ended(&mut self, marked: u64, after: u64) {
        self.majors += 1;
        self.marked = marked;
        self.after = after;
        let now = self.now();
        self.pauses.push_back((now, self.pause));
        if self.pauses.len() > PAUSES {
            self.pauses.pop_front();
        }
    }

    /// The sweep at the end of a full major counts with it.
    pub(crate) fn sweep_ended(&mut self, start: u64) {
        let passed = self.now().saturating_sub(start);
        self.pause_total += passed;
        if let Some((_, pause)) = self.pauses.back_mut() {
            *pause += passed;
        }
    }
}

impl Heap {
    /// The clock for pauses, in nanoseconds.
    pub fn set_clock(&mut self, clock: Box<dyn FnMut() -> u64 + Send>) {
        self.times.clock = Some(clock);
    }

    /// Bytes in objects.
    pub(crate) fn stats_alloc(&self) -> u64 {
        self.used - self.cursors.iter().map(crate::alloc::Cursor::rest).sum::<u64>()
    }

    /// Gives free memory back to the system, after sweeping what is left.
    pub fn release_free(&mut self) {
        self.finish_sweep();
        self.space.release_free();
    }

    /// How many majors have ended.
    #[must_use]
    pub fn majors(&self) -> u64 {
        self.times.majors
    }

    /// Bytes allocated so far, as far as counted: grows with every few objects.
    #[must_use]
    pub fn allocated(&self) -> u64 {
        self.total_alloc + self.cursors.iter().map(|cursor| cursor.pending().1).sum::<u64>()
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> HeapStats {
        let mut by_size: Vec<(u32, u64, u64)> = (0..CLASSES as u8)
            .map(|class| {
                (class_size(class), self.mallocs[usize::from(class)], self.frees[usize::from(class)])
            })
            .collect();
        let mut total_alloc = self.total_alloc;
        for (lane, cursor) in self.cursors.iter().enumerate().take(CLASSES * 2) {
            let (objects, bytes) = cursor.pending();
            by_size[lane / 2].1 += objects;
            total_alloc += bytes;
        }
        let mallocs = by_size.iter().map(|class| class.1).sum();
        let frees = by_size.iter().map(|class| class.2).sum();
        let heap_idle = self.space.free_blocks * BLOCK;
        HeapStats {
            mallocs,
            frees,
            heap_alloc: self.stats_alloc(),
            heap_objects: mallocs - frees,
            total_alloc,
            heap_sys: self.space.committed(),
            heap_inuse: self.space.committed() - heap_idle,
            heap_idle,
            heap_released: self.space.released_bytes(),
            gc_sys: self.space.table_bytes + self.space.committed() / 128,
            immortal: self.immortal_bytes,
            external: self.external,
            next_gc: self.pace.goal,
            num_major: self.times.majors,
            num_forced: self.times.forced,
            num_minor: self.times.minors,
            pause_total_ns: self.times.pause_total,
            minor_pause_total_ns: self.times.minor_total,
            pauses: self.times.pauses.iter().copied().collect(),
            last_before: self.times.before,
            last_after: self.times.after,
            last_marked: self.times.marked,
            last_survived: self.times.survived,
            by_size,
        }
    }
}
