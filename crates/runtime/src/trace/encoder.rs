//! The bytes of a trace.
//!
//! Events are put into a batch as they come. What the reader wants of a generation, and the encoder keeps to:
//! - each goroutine has a status before its first event, which the encoder knows from that event;
//! - starts and wake-ups of a goroutine are numbered, from 1 after its status or its creation;
//! - all stacks and strings that are named are in the generation's tables.
//!
//! An event that waits for the stack that led to it has a *hole*, of a fixed width, where the number of the stack
//! will be. If its batch ends before, the number is *promised*: a place in the table that is filled in later.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::{GoStatus, NO_STACK, Told, What, kind};
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
/// Room for what stands before the events of a batch.
const HEAD_ROOM: usize = 64;
/// Room for a batch and one more event.
const BATCH_ROOM: usize = 1 << 16;
/// Bytes of a hole: as many as numbers of stacks may take.
const HOLE: usize = 2;
/// Numbers of stacks are below.
const MOST_STACKS: u32 = 1 << (7 * HOLE);
/// With so many stacks a generation has to end soon.
const MANY_STACKS: usize = MOST_STACKS as usize / 2;
/// Buffers kept to be used again.
const SPARE: usize = 4;
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
        WaitReason::FinalizerWait | WaitReason::CleanupWait | WaitReason::TraceReader => {
            "system goroutine wait"
        }
        WaitReason::None | WaitReason::Coroutine | WaitReason::DebugCall => "unspecified",
    }
}

const _: () = assert!(HEAD_ROOM + BATCH + EVENT_ROOM <= BATCH_ROOM);

/// Memory for a batch.
type Buffer = Box<[u8; BATCH_ROOM]>;

/// A batch that is complete.
#[derive(Debug)]
pub struct Batch {
    buffer: Buffer,
    start: usize,
    end: usize,
}

impl Batch {
    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }
}

/// The stack that led to an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stack {
    /// There is none.
    None,
    /// It will be told.
    Awaited,
}

/// Makes bytes of records.
#[derive(Debug)]
pub(super) struct Encoder {
    /// The batches that have ended and were not taken.
    ended: Vec<Batch>,
    spare: Vec<Buffer>,
    generation: u64,
    batch: Buffer,
    /// Where the bytes of the batch end; they begin behind the room for its head.
    filled: usize,
    /// The first hole in the batch, or 0, and further ones: mostly there is one.
    hole: usize,
    further_holes: Vec<usize>,
    /// The number that events of ended batches have for the stack that is awaited, or 0.
    promised: u32,
    base: u64,
    last: u64,
    /// The time of the first record of the generation.
    first: Option<i64>,
    /// Records in it.
    count: usize,
    strings: FxHashMap<String, u64>,
    texts: Vec<String>,
    /// Numbers of texts that stand in go-lite itself: the same text is mostly at the same place.
    fixed: Vec<(&'static str, u64)>,
    /// Numbers of the texts of reasons to wait; 0 if they have none yet.
    reasons: [u64; WaitReason::ALL.len()],
    /// Number of the last start or wake-up of the goroutines that have a status: of some that did something lately,
    /// each at the place of its own number (0 is nobody), and of the others.
    near: Box<[(u64, u64); NEAR]>,
    far: FxHashMap<u64, u64>,
    /// Stacks by number, from 1.
    stacks: Vec<Box<[u64]>>,
    proc_starts: u64,
    /// The goroutine that runs where the bytes end.
    running: u64,
    gc: u64,
}

impl Default for Encoder {
    fn default() -> Encoder {
        Encoder {
            ended: Vec::new(),
            spare: Vec::new(),
            generation: 1,
            batch: Box::new([0; BATCH_ROOM]),
            filled: HEAD_ROOM,
            hole: 0,
            further_holes: Vec::new(),
            promised: 0,
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

    /// Whether an event waits for the stack that led to it.
    #[inline(always)]
    pub(super) fn awaits_stack(&self) -> bool {
        self.hole != 0 || self.promised != 0
    }

    /// Adds a stack: its number.
    pub(super) fn add_stack(&mut self, stack: Box<[u64]>) -> u32 {
        self.stacks.push(stack);
        self.stacks.len() as u32
    }

    /// The code addresses of all stacks.
    pub(super) fn addresses(&self) -> impl Iterator<Item = u64> {
        self.stacks.iter().flat_map(|stack| stack.iter().copied())
    }

    /// Whether the generation has to end soon, since numbers of stacks run out.
    pub(super) fn has_many_stacks(&self) -> bool {
        self.stacks.len() >= MANY_STACKS
    }

    /// Gives those that wait for it their stack by its number.
    #[inline]
    pub(super) fn give_stack(&mut self, number: u32) {
        let number = if number < MOST_STACKS { number } else { NO_STACK };
        let bytes: [u8; HOLE] = [number as u8 | 0x80, (number >> 7) as u8];
        fill(&mut self.batch, self.hole, bytes);
        self.hole = 0;
        if !self.further_holes.is_empty() || self.promised != 0 {
            self.give_further(number, bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn give_further(&mut self, number: u32, bytes: [u8; HOLE]) {
        for hole in self.further_holes.drain(..) {
            fill(&mut self.batch, hole, bytes);
        }
        let promised = std::mem::take(&mut self.promised);
        if promised != 0 && number != NO_STACK {
            self.stacks[promised as usize - 1] = self.stacks[number as usize - 1].clone();
        }
    }

    /// The batches that have ended since the last call.
    pub(super) fn take_ended(&mut self) -> Vec<Batch> {
        std::mem::take(&mut self.ended)
    }

    /// Whether there are such batches.
    #[inline(always)]
    pub(super) fn has_ended(&self) -> bool {
        !self.ended.is_empty()
    }

    /// Takes back the memory of a batch.
    pub(super) fn give_back(&mut self, batch: Batch) {
        if self.spare.len() < SPARE {
            self.spare.push(batch.buffer);
        }
    }

    /// Ends the generation: its last bytes, which come behind the batches that have ended.
    pub(super) fn end_generation(
        &mut self,
        places: &HashMap<u64, Place>,
        wall: (i64, i32),
        now: i64,
    ) -> Vec<u8> {
        let first = self.first.unwrap_or(now);
        if self.first.is_none() {
            self.begin(first);
        }
        self.end_batch();
        let mut rest = self.sync(first, wall, now);
        self.tables(places, &mut rest);
        self.generation += 1;
        (self.base, self.last, self.first, self.count, self.proc_starts) = (0, 0, None, 0, 0);
        self.strings.clear();
        self.fixed.clear();
        self.reasons.fill(0);
        self.near.fill((0, 0));
        self.far.clear();
        self.stacks.clear();
        rest
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

    /// What stands before the payload of a batch.
    fn head(&self, thread: u64, base: u64, len: usize) -> Vec<u8> {
        let mut head = Vec::with_capacity(HEAD_ROOM);
        head.push(kind::BATCH);
        [self.generation, thread, base, len as u64].into_iter().for_each(|number| varint(&mut head, number));
        head
    }

    fn write_batch(&self, out: &mut Vec<u8>, thread: u64, base: u64, payload: &[u8]) {
        out.extend_from_slice(&self.head(thread, base, payload.len()));
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
    #[inline(never)]
    fn end_batch(&mut self) {
        if self.filled == HEAD_ROOM {
            return;
        }
        if self.hole != 0 {
            if self.promised == 0 {
                self.promised = self.add_stack(Box::default());
            }
            let promised = std::mem::take(&mut self.promised);
            self.give_stack(promised);
            self.promised = promised;
        }
        let head = self.head(THREAD, self.base, self.filled - HEAD_ROOM);
        let start = HEAD_ROOM - head.len();
        self.batch[start..HEAD_ROOM].copy_from_slice(&head);
        let next = self.spare.pop().unwrap_or_else(|| Box::new([0; BATCH_ROOM]));
        let buffer = std::mem::replace(&mut self.batch, next);
        self.ended.push(Batch { buffer, start, end: self.filled });
        self.filled = HEAD_ROOM;
    }

    /// Adds an event.
    #[inline(always)]
    fn event<const N: usize>(&mut self, time: i64, kind: u8, args: [u64; N]) {
        let at = self.begin_event(time, kind, args);
        self.filled += at;
    }

    /// Adds an event whose last number is that of the stack that led to it.
    #[inline(always)]
    fn event_of<const N: usize>(&mut self, time: i64, kind: u8, args: [u64; N], stack: Stack) {
        let at = self.begin_event(time, kind, args);
        let hole = self.filled + at;
        let room = self.batch[hole..].first_chunk_mut::<HOLE>().expect("there is room behind `BATCH`");
        match stack {
            Stack::None => {
                room[0] = NO_STACK as u8;
                self.filled = hole + 1;
            }
            Stack::Awaited => {
                *room = [0x80, 0];
                match self.hole {
                    0 => self.hole = hole,
                    _ => self.further_holes.push(hole),
                }
                self.filled = hole + HOLE;
            }
        }
    }

    /// Puts an event behind the bytes of the batch, without counting it as one of them: its length.
    #[inline(always)]
    fn begin_event<const N: usize>(&mut self, time: i64, kind: u8, args: [u64; N]) -> usize {
        const { assert!(10 * (N + 1) + 1 + HOLE < EVENT_ROOM) };
        if self.filled > HEAD_ROOM + BATCH {
            self.end_batch();
        }
        let time = (time.max(0) as u64).max(self.last);
        if self.filled == HEAD_ROOM {
            self.base = time;
            self.last = time;
        }
        let room = self.batch[self.filled..].first_chunk_mut().expect("there is room behind `BATCH`");
        room[0] = kind;
        let mut at = put(room, 1, time - self.last);
        for value in args {
            at = put(room, at, value);
        }
        self.last = time;
        at
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
        let known = self.fixed.iter().find(|(known, _)| std::ptr::eq(*known, text));
        if let Some((_, number)) = known {
            return *number;
        }
        let number = self.string(text);
        self.fixed.push((text, number));
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

    /// Counts a record.
    #[inline(always)]
    fn count_one(&mut self, time: i64) {
        if self.first.is_none() {
            self.begin(time);
        }
        self.count += 1;
    }

    /// A goroutine begins to run.
    #[inline(always)]
    pub(super) fn started(&mut self, time: i64, goroutine: u64) {
        self.count_one(time);
        let number = self.next_number(time, goroutine, GoStatus::Runnable);
        self.event(time, kind::GO_START, [goroutine, number]);
        self.running = goroutine;
    }

    /// The goroutine that runs waits from now on.
    #[inline(always)]
    pub(super) fn blocked(&mut self, time: i64, stack: Stack, goroutine: u64, reason: WaitReason) {
        self.count_one(time);
        self.runs(time, goroutine);
        let reason = self.reason(reason);
        self.event_of(time, kind::GO_BLOCK, [reason], stack);
        self.running = 0;
    }

    /// A goroutine can run again.
    #[inline(always)]
    pub(super) fn unblocked(&mut self, time: i64, stack: Stack, goroutine: u64) {
        self.count_one(time);
        let number = self.next_number(time, goroutine, GoStatus::Waiting);
        self.event_of(time, kind::GO_UNBLOCK, [goroutine, number], stack);
    }

    /// Adds what happened, and perhaps a hole for the stack that led to it.
    pub(super) fn record(&mut self, time: i64, stack: Stack, what: &What) {
        match what {
            What::Start(g) => return self.started(time, *g),
            What::Block(g, reason) => return self.blocked(time, stack, *g, *reason),
            What::Unblock(g) => return self.unblocked(time, stack, *g),
            _ => self.count_one(time),
        }
        match what {
            What::Start(_) | What::Block(..) | What::Unblock(_) => {}
            What::Known(g, status) => {
                self.status(time, *g, *status);
                if *status == GoStatus::Running {
                    self.running = *g;
                }
            }
            What::Create(g, entry) => {
                self.far.remove(g);
                self.set_number(*g, 0);
                self.event_of(time, kind::GO_CREATE, [*g, u64::from(*entry)], stack);
            }
            What::Stop(g, reason) => {
                self.runs(time, *g);
                let reason = self.fixed(reason);
                self.event_of(time, kind::GO_STOP, [reason], stack);
                self.running = 0;
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
            What::Procs(count) => self.event_of(time, kind::PROCS_CHANGE, [*count], stack),
            What::GcBegin => {
                self.event_of(time, kind::GC_BEGIN, [self.gc], stack);
                self.gc += 1;
            }
            What::GcEnd => {
                self.event(time, kind::GC_END, [self.gc]);
                self.gc += 1;
            }
            What::StopWorld(why) => {
                let why = self.fixed(why);
                self.event_of(time, kind::STW_BEGIN, [why], stack);
            }
            What::StartWorld => self.event(time, kind::STW_END, []),
            What::HeapAlloc(bytes) => self.event(time, kind::HEAP_ALLOC, [*bytes]),
            What::HeapGoal(bytes) => self.event(time, kind::HEAP_GOAL, [*bytes]),
            What::TaskEnd(task) => self.event_of(time, kind::TASK_END, [*task], stack),
            What::Told(told) => self.told(time, told, stack),
        }
    }

    fn told(&mut self, time: i64, told: &Told, stack: Stack) {
        match told {
            Told::TaskBegin(task, parent, name) => {
                let name = self.string(name);
                self.event_of(time, kind::TASK_BEGIN, [*task, *parent, name], stack);
            }
            Told::RegionBegin(task, name) => {
                let name = self.string(name);
                self.event_of(time, kind::REGION_BEGIN, [*task, name], stack);
            }
            Told::RegionEnd(task, name) => {
                let name = self.string(name);
                self.event_of(time, kind::REGION_END, [*task, name], stack);
            }
            Told::Log(task, category, text) => {
                let (category, text) = (self.string(category), self.string(text));
                self.event_of(time, kind::LOG, [*task, category, text], stack);
            }
        }
    }

    /// The tables of stacks and strings, and the end.
    fn tables(&mut self, places: &HashMap<u64, Place>, out: &mut Vec<u8>) {
        let unknown = Place::default();
        let base = self.last;
        let mut payload = vec![kind::STACKS];
        for (frames, number) in std::mem::take(&mut self.stacks).iter().zip(1..) {
            let mut one = vec![kind::STACK];
            varint(&mut one, number);
            varint(&mut one, frames.len() as u64);
            for address in frames {
                let place = places.get(address).unwrap_or(&unknown);
                let (function, file) = (self.string(&place.function), self.string(&place.file));
                for value in [*address, function, file, place.line.max(0) as u64] {
                    varint(&mut one, value);
                }
            }
            if payload.len() + one.len() > BATCH {
                self.write_batch(out, NO_THREAD, base, &payload);
                payload = vec![kind::STACKS];
            }
            payload.extend(one);
        }
        self.write_batch(out, NO_THREAD, base, &payload);
        let mut payload = vec![kind::STRINGS];
        for (i, text) in std::mem::take(&mut self.texts).iter().enumerate() {
            if payload.len() + text.len() > BATCH {
                self.write_batch(out, NO_THREAD, base, &payload);
                payload = vec![kind::STRINGS];
            }
            payload.push(kind::STRING);
            varint(&mut payload, i as u64 + 1);
            varint(&mut payload, text.len() as u64);
            payload.extend_from_slice(text.as_bytes());
        }
        self.write_batch(out, NO_THREAD, base, &payload);
        out.push(kind::END);
    }
}

/// Puts the number of a stack into a hole of a batch; 0 is none, its place is in the room for the head.
#[inline(always)]
fn fill(batch: &mut [u8; BATCH_ROOM], hole: usize, bytes: [u8; HOLE]) {
    if let Some(room) = batch.get_mut(hole..hole + HOLE) {
        room.copy_from_slice(&bytes);
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
