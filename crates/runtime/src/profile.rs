//! Profiles while a program runs: which stacks did how much of what.
//!
//! The runtime notes what happens (a goroutine begins to wait, a lock is given to one that waited, an
//! allocation is sampled); the interpreter, which alone can walk stacks, adds the stack as soon as it can and
//! files it here. A stack is a list of code addresses, the innermost first.
//!
//! What nobody asked for costs a test of a flag.

use std::sync::Arc;

use golite_gc::Histogram;
use rustc_hash::FxHashMap;

use crate::goroutine::WaitReason;
use crate::random::Random;

/// The most frames of a stack in a profile.
pub const MAX_FRAMES: usize = 128;

/// Keys and values that a goroutine's samples have: `pprof.Do`.
pub type Labels = Arc<[(String, String)]>;

/// What a stack has done so far.
#[derive(Clone, Debug)]
pub struct Bucket<const N: usize> {
    /// The stack.
    pub stack: Box<[u64]>,
    /// The size of the objects, in a memory profile.
    pub size: u64,
    /// The labels, in a CPU profile.
    pub labels: Option<Labels>,
    /// The sums.
    pub values: [i64; N],
}

type Key = (Box<[u64]>, u64, Option<Labels>);

/// Buckets in the order in which they were first used.
#[derive(Clone, Debug)]
pub struct Table<const N: usize> {
    numbers: FxHashMap<Key, usize>,
    buckets: Vec<Bucket<N>>,
}

impl<const N: usize> Default for Table<N> {
    fn default() -> Self {
        Table { numbers: FxHashMap::default(), buckets: Vec::new() }
    }
}

impl<const N: usize> Table<N> {
    /// The number of the bucket of a stack.
    pub fn bucket(&mut self, stack: Vec<u64>, size: u64, labels: Option<Labels>) -> usize {
        let stack = stack.into_boxed_slice();
        *self.numbers.entry((stack, size, labels)).or_insert_with_key(|(stack, size, labels)| {
            let (stack, labels) = (stack.clone(), labels.clone());
            self.buckets.push(Bucket { stack, size: *size, labels, values: [0; N] });
            self.buckets.len() - 1
        })
    }

    /// Adds to a bucket.
    pub fn add(&mut self, bucket: usize, values: [i64; N]) {
        for (sum, value) in self.buckets[bucket].values.iter_mut().zip(values) {
            *sum += value;
        }
    }

    /// All buckets.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket<N>] {
        &self.buckets
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let words: usize = self.buckets.iter().map(|bucket| 2 * bucket.stack.len()).sum();
        (8 * words + self.buckets.capacity() * size_of::<(Bucket<N>, Key, usize)>()) as u64
    }
}

/// A CPU profile under way or finished.
#[derive(Clone, Default, Debug)]
pub struct CpuProfile {
    /// Nanoseconds between samples.
    pub period: i64,
    /// When it began: by the clock that samples it, and nanoseconds since 1970.
    pub began: i64,
    /// See `began`.
    pub time: i64,
    /// Nanoseconds of running until the next sample.
    pub left: i64,
    /// When the clock was looked at last; `None` before the first time.
    pub looked: Option<i64>,
    /// Steps since then.
    pub steps: u64,
    /// Samples.
    pub table: Table<1>,
}

impl CpuProfile {
    /// A profile with a sample each `period` nanoseconds.
    #[must_use]
    pub fn new(period: i64, began: i64, time: i64) -> CpuProfile {
        CpuProfile { period, began, time, left: period, ..CpuProfile::default() }
    }
}

/// A goroutine that waits.
#[derive(Clone, Copy, Debug)]
struct Wait {
    from: i64,
    /// When it was woken; 0 if it was not yet.
    to: i64,
    reason: WaitReason,
}

/// All profiles of a program.
#[derive(Debug)]
pub struct Profiles {
    /// Allocations: objects and bytes allocated, objects and bytes freed.
    pub memory: Table<4>,
    /// Waiting: how often, nanoseconds.
    pub block: Table<2>,
    /// Making others wait: how often, nanoseconds.
    pub mutex: Table<2>,
    /// The CPU profile under way.
    pub cpu: Option<CpuProfile>,
    /// Nanoseconds of waiting for each sample; 0 is off.
    pub block_rate: i64,
    /// One of so many contentions is sampled; 0 is off.
    pub mutex_fraction: i64,
    /// Nanoseconds that goroutines waited for locks.
    pub lock_wait: i64,
    /// How often the program stood still for something else than a collection, and for how long.
    pub stops: Histogram,
    waits: FxHashMap<u64, Wait>,
    /// Contentions of the running instruction: nanoseconds.
    pub unlocks: Vec<i64>,
    labels: FxHashMap<u64, Labels>,
    /// Which of the events are sampled.
    pub random: Random,
}

impl Profiles {
    /// Nothing is profiled.
    #[must_use]
    pub fn new(seed: u64) -> Profiles {
        Profiles {
            memory: Table::default(),
            block: Table::default(),
            mutex: Table::default(),
            cpu: None,
            block_rate: 0,
            mutex_fraction: 0,
            lock_wait: 0,
            stops: Histogram::default(),
            waits: FxHashMap::default(),
            unlocks: Vec::new(),
            labels: FxHashMap::default(),
            random: Random::new(seed ^ 0x7072_6f66_696c_6573),
        }
    }

    /// Whether it matters how long goroutines wait.
    #[must_use]
    #[inline(always)]
    pub fn times_waits(&self) -> bool {
        self.block_rate > 0 || self.mutex_fraction > 0
    }

    /// A goroutine begins to wait.
    #[cold]
    pub fn wait_began(&mut self, goroutine: u64, reason: WaitReason, now: i64) {
        self.waits.insert(goroutine, Wait { from: now, to: 0, reason });
    }

    /// It was woken. Whether a running goroutine that did so by an unlock is to be sampled.
    #[cold]
    pub fn wait_ended(&mut self, goroutine: u64, now: i64) -> bool {
        let Some(wait) = self.waits.get_mut(&goroutine) else { return false };
        wait.to = now;
        let locks = wait.reason.is_lock();
        let waited = (now - wait.from).max(0);
        if locks {
            self.lock_wait += waited;
            if !self.times_waits() {
                self.waits.remove(&goroutine);
                return false;
            }
        }
        let sampled = locks && self.mutex_fraction > 0 && self.random.below(self.mutex_fraction as u64) == 0;
        if sampled {
            self.unlocks.push(waited);
        }
        sampled
    }

    /// A goroutine that was woken goes on: why and how long it waited, if that is a sample.
    #[cold]
    pub fn waited(&mut self, goroutine: u64) -> Option<(WaitReason, [i64; 2])> {
        let wait = self.waits.remove(&goroutine)?;
        let waited = (wait.to - wait.from).max(0);
        if !wait.reason.is_on_object() || self.block_rate <= 0 {
            return None;
        }
        if waited >= self.block_rate {
            return Some((wait.reason, [1, waited]));
        }
        // Short waits are sampled in proportion, and count for those that are not.
        if waited == 0 || self.random.below(self.block_rate as u64) >= waited as u64 {
            return None;
        }
        Some((wait.reason, [self.block_rate / waited, self.block_rate]))
    }

    /// Sets what a goroutine's samples are labelled with.
    pub fn set_labels(&mut self, goroutine: u64, labels: Option<Labels>) {
        match labels {
            Some(labels) => self.labels.insert(goroutine, labels),
            None => self.labels.remove(&goroutine),
        };
    }

    /// What a goroutine's samples are labelled with.
    #[must_use]
    pub fn labels(&self, goroutine: u64) -> Option<Labels> {
        self.labels.get(&goroutine).cloned()
    }

    /// A goroutine has the labels of the one that started it.
    #[inline]
    pub fn inherit(&mut self, goroutine: u64, parent: u64) {
        if !self.labels.is_empty()
            && let Some(labels) = self.labels(parent)
        {
            self.labels.insert(goroutine, labels);
        }
    }

    /// A goroutine has ended.
    #[inline]
    pub fn ended(&mut self, goroutine: u64) {
        if !self.labels.is_empty() {
            self.labels.remove(&goroutine);
        }
    }

    /// Bytes of memory that the tables take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let cpu = self.cpu.as_ref().map_or(0, |cpu| cpu.table.bytes());
        self.memory.bytes() + self.block.bytes() + self.mutex.bytes() + cpu
    }
}
