//! Counters and times.
//!
//! The counters are exact at every moment: what a cursor has handed out counts although its run is not
//! retired. Times need a clock from the owner, because the outside world is not the heap's business;
//! without one all are 0.

use std::collections::VecDeque;

use crate::heap::Heap;
use crate::size_class::{BLOCK, CLASSES, class_size};

/// How many pauses and records of collections are kept.
const PAUSES: usize = 256;

/// Buckets of a histogram of pauses.
pub const BUCKETS: usize = 24;

/// How many pauses were how long: bucket 0 is below a microsecond, bucket `n` below 2^n of them, the last
/// one has all that are longer.
pub type Histogram = [u64; BUCKETS];

/// A minor collection.
#[derive(Clone, Copy, Default, Debug)]
pub struct MinorRecord {
    /// Its number, from 1.
    pub number: u64,
    /// When it ended.
    pub end: u64,
    /// Nanoseconds; with the slice of a major, if it was done before one.
    pub pause: u64,
    /// Bytes allocated since the collection before.
    pub young: u64,
    /// Bytes and objects that survived, which are old from now on.
    pub survived: (u64, u64),
    /// Dirty cards that were looked at.
    pub cards: u64,
}

/// A major collection.
#[derive(Clone, Copy, Default, Debug)]
pub struct MajorRecord {
    /// Its number, from 1.
    pub number: u64,
    /// The program asked for it.
    pub forced: bool,
    /// When it ended.
    pub end: u64,
    /// Nanoseconds from its start to its end.
    pub wall: u64,
    /// Nanoseconds that the mutator was stopped: at the start, for the slices between, at the end.
    pub stopped: [u64; 3],
    /// Bytes in objects when it began and when it ended, and those in objects that it has marked.
    pub bytes: [u64; 3],
    /// The size of the heap that it was to end before.
    pub goal: u64,
}

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
    /// Bytes of the collector's own tables: cards and marks of blocks.
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
    /// Nanoseconds of majors between their first and their last part.
    pub slice_total_ns: u64,
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
    /// Bytes of what describes blocks: bits and types of their cells.
    pub block_sys: u64,
    /// Bytes of the cursors by which the processor allocates.
    pub cache_sys: u64,
    /// Per size class: bytes of a cell (0 for large objects), allocated, freed.
    pub by_size: Vec<(u32, u64, u64)>,
}

/// Times and numbers of collections.
#[derive(Default)]
pub(crate) struct Times {
    clock: Option<Box<dyn FnMut() -> u64 + Send>>,
    pause_total: u64,
    minor_total: u64,
    /// Of majors the slices between the first and the last.
    slice_total: u64,
    /// The major under way.
    major: MajorRecord,
    began: u64,
    last_slice: u64,
    majors: u64,
    minors: u64,
    pub(crate) forced: u64,
    pub(crate) survived: u64,
    /// The minor under way.
    pub(crate) minor: MinorRecord,
    minor_log: VecDeque<MinorRecord>,
    major_log: VecDeque<MajorRecord>,
    minor_pauses: Histogram,
    major_pauses: Histogram,
}

fn keep<T>(log: &mut VecDeque<T>, record: T) {
    if log.len() == PAUSES {
        log.pop_front();
    }
    log.push_back(record);
}

/// Adds a pause to a histogram.
pub fn count_pause(histogram: &mut Histogram, nanoseconds: u64) {
    let bucket = (u64::BITS - (nanoseconds / 1000).leading_zeros()) as usize;
    histogram[bucket.min(BUCKETS - 1)] += 1;
}

impl Times {
    pub(crate) fn now(&mut self) -> u64 {
        self.clock.as_mut().map_or(0, |clock| clock())
    }

    /// How many majors have ended.
    pub(crate) fn majors(&self) -> u64 {
        self.majors
    }

    /// How long it was since `start`, as the end of a minor.
    fn end_minor(&mut self, start: u64) -> u64 {
        let now = self.now();
        let passed = now.saturating_sub(start);
        self.minors += 1;
        let record = MinorRecord { number: self.minors, end: now, pause: passed, ..self.minor };
        keep(&mut self.minor_log, record);
        self.minor = MinorRecord::default();
        passed
    }

    pub(crate) fn minor_ended(&mut self, start: u64) {
        let passed = self.end_minor(start);
        self.minor_total += passed;
        count_pause(&mut self.minor_pauses, passed);
    }

    pub(crate) fn major_started(&mut self, before: u64, goal: u64, start: u64) {
        self.major = MajorRecord { goal, bytes: [before, 0, 0], ..MajorRecord::default() };
        self.began = start;
        self.last_slice = 0;
    }

    /// The first part of a major has ended.
    pub(crate) fn start_ended(&mut self, start: u64) {
        let passed = self.end_minor(start);
        self.pause_total += passed;
        self.major.stopped[0] = passed;
        count_pause(&mut self.major_pauses, passed);
    }

    pub(crate) fn slice_ended(&mut self, start: u64) {
        let passed = self.end_minor(start);
        self.pause_total += passed;
        self.major.stopped[1] += self.last_slice;
        self.slice_total += self.last_slice;
        self.last_slice = passed;
        count_pause(&mut self.major_pauses, passed);
    }

    pub(crate) fn major_ended(&mut self, marked: u64, after: u64, forced: bool) {
        self.majors += 1;
        self.forced += u64::from(forced);
        let now = self.now();
        let major = &mut self.major;
        major.number = self.majors;
        major.forced = forced;
        major.end = now;
        major.wall = now.saturating_sub(self.began);
        major.stopped[2] = self.last_slice;
        major.bytes[1] = after;
        major.bytes[2] = marked;
        let record = *major;
        keep(&mut self.major_log, record);
    }

    /// The sweep at the end of a full major counts with it.
    pub(crate) fn sweep_ended(&mut self, start: u64) {
        let passed = self.now().saturating_sub(start);
        self.pause_total += passed;
        if let Some(major) = self.major_log.back_mut() {
            major.stopped[2] += passed;
            major.wall += passed;
        }
    }
}

impl Heap {
    /// The clock for pauses, in nanoseconds.
    pub fn set_clock(&mut self, clock: Box<dyn FnMut() -> u64 + Send>) {
        self.times.clock = Some(clock);
    }

    /// The reading of that clock, 0 without one.
    pub fn clock_now(&mut self) -> u64 {
        self.times.now()
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

    /// The last minor collections, the newest last, at most 256.
    pub fn minor_records(&self) -> impl DoubleEndedIterator<Item = &MinorRecord> {
        self.times.minor_log.iter()
    }

    /// The last major collections, the newest last, at most 256.
    pub fn major_records(&self) -> impl DoubleEndedIterator<Item = &MajorRecord> {
        self.times.major_log.iter()
    }

    /// How long the mutator was stopped: for minors alone, and at a time for majors.
    #[must_use]
    pub fn pause_histograms(&self) -> (Histogram, Histogram) {
        (self.times.minor_pauses, self.times.major_pauses)
    }

    /// Objects and bytes of the young and of the old generation, after sweeping what is left.
    pub fn generations(&mut self) -> [(u64, u64); 2] {
        let mut found = [(0, 0); 2];
        self.for_each_object(&mut |object| {
            if !object.immortal {
                let (objects, bytes) = &mut found[usize::from(object.old)];
                *objects += 1;
                *bytes += object.bytes;
            }
        });
        found
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
        let last = self.times.major_log.back().copied().unwrap_or_default();
        let cache_sys = size_of_val(&*self.cursors) as u64;
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
            gc_sys: self.space.committed() / 128 + self.space.committed() / BLOCK,
            block_sys: self.space.table_bytes,
            cache_sys,
            immortal: self.immortal_bytes,
            external: self.external,
            next_gc: self.pace.goal,
            num_major: self.times.majors,
            num_forced: self.times.forced,
            num_minor: self.times.minors,
            pause_total_ns: self.times.pause_total,
            minor_pause_total_ns: self.times.minor_total,
            slice_total_ns: self.times.slice_total,
            pauses: self.times.major_log.iter().map(|r| (r.end, r.stopped.iter().sum())).collect(),
            last_before: last.bytes[0],
            last_after: last.bytes[1],
            last_marked: last.bytes[2],
            last_survived: self.times.survived,
            by_size,
        }
    }
}
