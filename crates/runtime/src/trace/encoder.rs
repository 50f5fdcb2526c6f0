//! The bytes of a trace.
//!
//! Events are put into a batch as they come. What the reader wants of a generation, and the encoder keeps to:
//! - each goroutine has a status before its first event, which the encoder knows from that event;
//! - starts and wake-ups of a goroutine are numbered, from 1 after its status or its creation;
//! - all stacks and strings that are named are in the generation's tables.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::{GoStatus, Told, What, kind};
use crate::goroutine::WaitReason;
use crate::pprof::{Place, varint};

/// The thread of batches that belong to none.
const NO_THREAD: u64 = u64::MAX;
/// The thread that runs goroutines.
const THREAD: u64 = 1;
/// Most bytes of the events of a batch.
const BATCH: usize = 60_000;
/// Room for one event.
const EVENT_ROOM: usize = 64;
/// Room for a batch and one more event.
const BATCH_ROOM: usize = 1 << 16;
/// Most bytes of a string.
const STRING: usize = 1024;
/// Goroutines whose numbers are at hand.
const NEAR: usize = 64;

/// Why a goroutine waits, in the words of Go's traces.
fn block_reason(reason: WaitReason) -> &'static str {
    match reason {
        WaitReason::ChanReceive => "chan receive",
        WaitReason::ChanSend => "chan send",
        WaitReason::Select => "select",
        WaitReason::ChanReceiveNil | WaitReason::ChanSendNil | WaitReason::SelectNoCases => "forever",
        WaitReason::Sleep => "sleep",
        WaitReason::CondWait => "sync.(*Cond).Wait",
        WaitReason::Semacquire
        | WaitReason::MutexLock
        | WaitReason::RwMutexRLock
        | WaitReason::RwMutexLock
        | WaitReason::WaitGroupWait => "sync",
        WaitReason::IoWait => "network",
        WaitReason::FinalizerWait | WaitReason::CleanupWait => "system goroutine wait",
        WaitReason::None | WaitReason::Coroutine | WaitReason::DebugCall => "unspecified",
    }
}

const _: () = assert!(BATCH + EVENT_ROOM <= BATCH_ROOM);

/// Makes bytes of records.
#[derive(Debug)]
pub(super) struct Encoder {
    /// The batches of the generation that have ended.
    ended: Vec<Vec<u8>>,
    generation: u64,
    batch: Box<[u8; BATCH_ROOM]>,
    /// Bytes in the batch.
    filled: usize,
    base: u64,
    last: u64,
    /// The time of the first record of the generation.
    first: Option<i64>,
    /// Records in it.
    count: usize,
    strings: FxHashMap<String, u64>,
    texts: Vec<String>,
    /// Numbers of texts that stand in go-lite itself, by their addresses.
    fixed: Vec<(usize, u64)>,
    /// Numbers of the texts of reasons to wait; 0 if they have none yet.
    reasons: [u64; WaitReason::ALL.len()],
    /// Number of the last start or wake-up of the goroutines that have a status: of some that did something lately,
    /// each at the place of its own number (0 is nobody), and of the others.
    near: Box<[(u64, u64); NEAR]>,
    far: FxHashMap<u64, u64>,
    /// Which stacks are named.
    stacks: Vec<bool>,
    proc_starts: u64,
    /// The goroutine that runs where the bytes end.
    running: u64,
    gc: u64,
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder {
            ended: Vec::new(),
            generation: 1,
            batch: Box::new([0; BATCH_ROOM]),
            filled: 0,
            base: 0,
            last: 0,
            first: None,
            count: 0,
            strings: FxHashMap::default(),
            texts: Vec::new(),
            fixed: Vec::new(),
            reasons: [0; WaitReason::ALL.len()],
            near: Box::new([(0, 0); NEAR]),
            far: FxHashMap::default(),
            stacks: Vec::new(),
            proc_starts: 0,
            running: 0,
            gc: 1,
        }
    }
}

impl Encoder {
    /// How many records the generation has so far.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// When the first of them was made.
    pub(super) fn first(&self) -> Option<i64> {
        self.first
    }

    /// Ends the generation: its bytes, in parts.
    pub(super) fn end_generation(
        &mut self,
        stacks: &[Box<[u64]>],
        places: &HashMap<u64, Place>,
        wall: (i64, i32),
        now: i64,
    ) -> Vec<Vec<u8>> {
        let first = self.first.unwrap_or(now);
        if self.first.is_none() {
            self.begin(first);
        }
        self.end_batch();
        let mut parts = vec![self.sync(first, wall, now)];
        parts.append(&mut self.ended);
        parts.push(self.tables(stacks, places));
        self.generation += 1;
        (self.base, self.last, self.first, self.count, self.proc_starts) = (0, 0, None, 0, 0);
        self.strings.clear();
        self.fixed.clear();
        self.reasons.fill(0);
        self.near.fill((0, 0));
        self.far.clear();
        self.stacks.clear();
        parts
    }

    /// The first events of a generation.
    #[cold]
    fn begin(&mut self, time: i64) {
        self.first = Some(time);
        self.event(time, kind::PROC_STATUS, [0, 1]);
        // The one that runs is bound to the thread before anything happens.
        if self.running != 0 {
            self.status(time, self.running, GoStatus::Running);
        }
    }

    fn write_batch(&self, out: &mut Vec<u8>, thread: u64, base: u64, payload: &[u8]) {
        out.push(kind::BATCH);
        for number in [self.generation, thread, base, payload.len() as u64] {
            varint(out, number);
        }
        out.extend_from_slice(payload);
    }

    fn sync(&self, first: i64, (seconds, nanoseconds): (i64, i32), now: i64) -> Vec<u8> {
        let mut payload = vec![kind::SYNC, kind::FREQUENCY];
        varint(&mut payload, 1_000_000_000);
        payload.push(kind::CLOCK);
        let base = first.max(0) as u64;
        let numbers = [(now - first).max(0) as u64, now.max(0) as u64, seconds.max(0) as u64];
        numbers.into_iter().for_each(|number| varint(&mut payload, number));
        varint(&mut payload, nanoseconds.max(0) as u64);
        let mut out = Vec::new();
        self.write_batch(&mut out, NO_THREAD, base, &payload);
        out
    }

    #[cold]
    fn end_batch(&mut self) {
        if self.filled > 0 {
            let mut part = Vec::with_capacity(self.filled + 40);
            self.write_batch(&mut part, THREAD, self.base, &self.batch[..self.filled]);
            self.ended.push(part);
            self.filled = 0;
        }
    }

    /// Adds an event.
    #[inline(always)]
    fn event<const N: usize>(&mut self, time: i64, kind: u8, args: [u64; N]) {
        const { assert!(10 * (N + 1) < EVENT_ROOM) };
        if self.filled > BATCH {
            self.end_batch();
        }
        let time = (time.max(0) as u64).max(self.last);
        if self.filled == 0 {
            self.base = time;
            self.last = time;
        }
        let room = self.batch[self.filled..].first_chunk_mut().expect("there is room behind `BATCH`");
        room[0] = kind;
        let mut at = put(room, 1, time - self.last);
        for value in args {
            at = put(room, at, value);
        }
        self.filled += at;
        self.last = time;
    }

    fn string(&mut self, text: &str) -> u64 {
        if text.is_empty() {
            return 0;
        }
        let end = (0..=STRING.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let text = &text[..end];
        if let Some(&number) = self.strings.get(text) {
            return number;
        }
        self.texts.push(text.to_string());
        let number = self.texts.len() as u64;
        self.strings.insert(text.to_string(), number);
        number
    }

    /// The number of a text that stands in go-lite itself.
    #[inline]
    fn fixed(&mut self, text: &'static str) -> u64 {
        let known = self.fixed.iter().find(|(address, _)| *address == text.as_ptr().addr());
        if let Some((_, number)) = known {
            return *number;
        }
        let number = self.string(text);
        self.fixed.push((text.as_ptr().addr(), number));
        number
    }

    #[inline]
    fn reason(&mut self, reason: WaitReason) -> u64 {
        let known = self.reasons[reason as usize];
        if known != 0 {
            return known;
        }
        let number = self.string(block_reason(reason));
        self.reasons[reason as usize] = number;
        number
    }

    #[inline]
    fn stack(&mut self, stack: u32) -> u64 {
        let index = stack as usize;
        if index >= self.stacks.len() {
            self.stacks.resize(index + 1, false);
        }
        self.stacks[index] = true;
        u64::from(stack)
    }

    /// The number of the last start or wake-up of a goroutine that has a status.
    #[inline]
    fn number(&mut self, goroutine: u64) -> Option<&mut u64> {
        let place = goroutine as usize % NEAR;
        if self.near[place].0 != goroutine {
            let number = self.far.remove(&goroutine)?;
            self.set_number(goroutine, number);
        }
        Some(&mut self.near[place].1)
    }

    fn set_number(&mut self, goroutine: u64, number: u64) {
        let (before, its) = std::mem::replace(&mut self.near[goroutine as usize % NEAR], (goroutine, number));
        if before != 0 && before != goroutine {
            self.far.insert(before, its);
        }
    }

    /// The goroutine's status, if it has none yet.
    fn status(&mut self, time: i64, goroutine: u64, status: GoStatus) {
        if self.number(goroutine).is_some() {
            return;
        }
        self.set_number(goroutine, 0);
        let thread = if status == GoStatus::Running { THREAD } else { NO_THREAD };
        self.event(time, kind::GO_STATUS, [goroutine, thread, status as u64]);
    }

    /// The status of the goroutine that does something: it runs.
    #[inline]
    fn runs(&mut self, time: i64, goroutine: u64) {
        if goroutine != self.running {
            self.status(time, goroutine, GoStatus::Running);
        }
    }

    /// The number of the goroutine's next start or wake-up; it has this status before.
    #[inline]
    fn next_number(&mut self, time: i64, goroutine: u64, status: GoStatus) -> u64 {
        match self.number(goroutine) {
            Some(number) => {
                *number += 1;
                *number
            }
            None => {
                self.status(time, goroutine, status);
                self.set_number(goroutine, 1);
                1
            }
        }
    }

    /// Adds what happened, with the number of the stack that led to it.
    #[inline]
    pub(super) fn record(&mut self, time: i64, stack: u32, what: &What) {
        if self.first.is_none() {
            self.begin(time);
        }
        self.count += 1;
        let stack = self.stack(stack);
        match what {
            What::Known(g, status) => {
                self.status(time, *g, *status);
                if *status == GoStatus::Running {
                    self.running = *g;
                }
            }
            What::Create(g, entry) => {
                let entry = self.stack(*entry);
                self.far.remove(g);
                self.set_number(*g, 0);
                self.event(time, kind::GO_CREATE, [*g, entry, stack]);
            }
            What::Start(g) => {
                let number = self.next_number(time, *g, GoStatus::Runnable);
                self.event(time, kind::GO_START, [*g, number]);
                self.running = *g;
            }
            What::Stop(g, reason) => {
                self.runs(time, *g);
                let reason = self.fixed(reason);
                self.event(time, kind::GO_STOP, [reason, stack]);
                self.running = 0;
            }
            What::Block(g, reason) => {
                self.runs(time, *g);
                let reason = self.reason(*reason);
                self.event(time, kind::GO_BLOCK, [reason, stack]);
                self.running = 0;
            }
            What::Unblock(g) => {
                let number = self.next_number(time, *g, GoStatus::Waiting);
                self.event(time, kind::GO_UNBLOCK, [*g, number, stack]);
            }
            What::End(g) => {
                self.runs(time, *g);
                self.event(time, kind::GO_DESTROY, []);
                self.running = 0;
            }
            What::Idle => self.event(time, kind::PROC_STOP, []),
            What::Busy => {
                self.proc_starts += 1;
                self.event(time, kind::PROC_START, [0, self.proc_starts]);
            }
            What::Procs(count) => self.event(time, kind::PROCS_CHANGE, [*count, stack]),
            What::GcBegin => {
                self.event(time, kind::GC_BEGIN, [self.gc, stack]);
                self.gc += 1;
            }
            What::GcEnd => {
                self.event(time, kind::GC_END, [self.gc]);
                self.gc += 1;
            }
            What::StopWorld(why) => {
                let why = self.fixed(why);
                self.event(time, kind::STW_BEGIN, [why, stack]);
            }
            What::StartWorld => self.event(time, kind::STW_END, []),
            What::HeapAlloc(bytes) => self.event(time, kind::HEAP_ALLOC, [*bytes]),
            What::HeapGoal(bytes) => self.event(time, kind::HEAP_GOAL, [*bytes]),
            What::TaskEnd(task) => self.event(time, kind::TASK_END, [*task, stack]),
            What::Told(told) => self.told(time, told, stack),
        }
    }

    fn told(&mut self, time: i64, told: &Told, stack: u64) {
        match told {
            Told::TaskBegin(task, parent, name) => {
                let name = self.string(name);
                self.event(time, kind::TASK_BEGIN, [*task, *parent, name, stack]);
            }
            Told::RegionBegin(task, name) => {
                let name = self.string(name);
                self.event(time, kind::REGION_BEGIN, [*task, name, stack]);
            }
            Told::RegionEnd(task, name) => {
                let name = self.string(name);
                self.event(time, kind::REGION_END, [*task, name, stack]);
            }
            Told::Log(task, category, text) => {
                let (category, text) = (self.string(category), self.string(text));
                self.event(time, kind::LOG, [*task, category, text, stack]);
            }
        }
    }

    /// The tables of stacks and strings, and the end.
    fn tables(&mut self, stacks: &[Box<[u64]>], places: &HashMap<u64, Place>) -> Vec<u8> {
        let mut out = Vec::new();
        let unknown = Place::default();
        let base = self.last;
        let mut payload = vec![kind::STACKS];
        // Number 0 is no stack.
        let used: Vec<usize> = (1..self.stacks.len()).filter(|number| self.stacks[*number]).collect();
        for number in used {
            let frames = &stacks[number - 1];
            let mut one = vec![kind::STACK];
            varint(&mut one, number as u64);
            varint(&mut one, frames.len() as u64);
            for address in frames {
                let place = places.get(address).unwrap_or(&unknown);
                let (function, file) = (self.string(&place.function), self.string(&place.file));
                for value in [*address, function, file, place.line.max(0) as u64] {
                    varint(&mut one, value);
                }
            }
            if payload.len() + one.len() > BATCH {
                self.write_batch(&mut out, NO_THREAD, base, &payload);
                payload = vec![kind::STACKS];
            }
            payload.extend(one);
        }
        self.write_batch(&mut out, NO_THREAD, base, &payload);
        let mut payload = vec![kind::STRINGS];
        for (i, text) in std::mem::take(&mut self.texts).iter().enumerate() {
            if payload.len() + text.len() > BATCH {
                self.write_batch(&mut out, NO_THREAD, base, &payload);
                payload = vec![kind::STRINGS];
            }
            payload.push(kind::STRING);
            varint(&mut payload, i as u64 + 1);
            varint(&mut payload, text.len() as u64);
            payload.extend_from_slice(text.as_bytes());
        }
        self.write_batch(&mut out, NO_THREAD, base, &payload);
        out.push(kind::END);
        out
    }
}

/// Puts a number at a place of the room of an event: the place behind it.
#[inline(always)]
fn put(room: &mut [u8; EVENT_ROOM], mut at: usize, mut value: u64) -> usize {
    while value >= 0x80 {
        room[at % EVENT_ROOM] = value as u8 | 0x80;
        at += 1;
        value >>= 7;
    }
    room[at % EVENT_ROOM] = value as u8;
    at + 1
}
