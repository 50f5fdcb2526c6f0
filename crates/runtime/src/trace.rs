//! Execution traces: what happened when, in the form that `go tool trace` reads (version 2 as of Go 1.26).
//!
//! The runtime notes what happens in a list of records; the interpreter adds stacks. Records that have theirs are
//! made bytes soon, while they are in the cache of the processor, and from time to time these make a *generation*,
//! which a reader understands without those before. One thread runs all goroutines: it is thread 1 with
//! processor 0.
//!
//! What the reader wants of a generation, and the encoder keeps to:
//! - each goroutine has a status before its first event, which the encoder knows from that event;
//! - starts and wake-ups of a goroutine are numbered, from 1 after its status or its creation;
//! - all stacks and strings that are named are in the generation's tables.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use crate::code_address::CodeAddress;
use crate::event::Event;
use crate::goroutine::WaitReason;
use crate::pprof::{Place, varint};

/// The first bytes of a trace.
pub const HEADER: &[u8; 16] = b"go 1.26 trace\0\0\0";

/// The thread of batches that belong to none.
const NO_THREAD: u64 = u64::MAX;
/// The thread that runs goroutines.
const THREAD: u64 = 1;
/// Most bytes of the events of a batch.
const BATCH: usize = 60_000;
/// Room for a batch and one more event.
const BATCH_ROOM: usize = 1 << 16;
/// Most bytes of a string.
const STRING: usize = 1024;
/// No stack.
pub const NO_STACK: u32 = 0;

/// Numbers of events, as the format has them.
pub mod kind {
    #![allow(missing_docs, reason = "the names are those of the format")]
    pub const BATCH: u8 = 1;
    pub const STACKS: u8 = 2;
    pub const STACK: u8 = 3;
    pub const STRINGS: u8 = 4;
    pub const STRING: u8 = 5;
    pub const FREQUENCY: u8 = 8;
    pub const PROCS_CHANGE: u8 = 9;
    pub const PROC_START: u8 = 10;
    pub const PROC_STOP: u8 = 11;
    pub const PROC_STATUS: u8 = 13;
    pub const GO_CREATE: u8 = 14;
    pub const GO_START: u8 = 16;
    pub const GO_DESTROY: u8 = 17;
    pub const GO_STOP: u8 = 19;
    pub const GO_BLOCK: u8 = 20;
    pub const GO_UNBLOCK: u8 = 21;
    pub const GO_STATUS: u8 = 25;
    pub const STW_BEGIN: u8 = 26;
    pub const STW_END: u8 = 27;
    pub const GC_BEGIN: u8 = 29;
    pub const GC_END: u8 = 30;
    pub const HEAP_ALLOC: u8 = 37;
    pub const HEAP_GOAL: u8 = 38;
    pub const TASK_BEGIN: u8 = 40;
    pub const TASK_END: u8 = 41;
    pub const REGION_BEGIN: u8 = 42;
    pub const REGION_END: u8 = 43;
    pub const LOG: u8 = 44;
    pub const SYNC: u8 = 50;
    pub const CLOCK: u8 = 51;
    pub const END: u8 = 52;
}

/// What a goroutine does at the beginning of a generation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GoStatus {
    /// It could run.
    Runnable = 1,
    /// It runs.
    Running = 2,
    /// It waits.
    Waiting = 4,
}

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// A goroutine was there when the trace began.
    Known(u64, GoStatus),
    /// A goroutine was made; the stack of its first function.
    Create(u64, u32),
    /// A goroutine begins to run.
    Start(u64),
    /// The running one gives way.
    Stop(u64, &'static str),
    /// The running one waits.
    Block(u64, &'static str),
    /// A goroutine can run again.
    Unblock(u64),
    /// The running one has ended.
    End(u64),
    /// Nobody can run for a while.
    Idle,
    /// Somebody can run again.
    Busy,
    /// The number of processors.
    Procs(u64),
    /// A collection of all objects begins.
    GcBegin,
    /// It ends.
    GcEnd,
    /// The program is stopped.
    StopWorld(&'static str),
    /// It goes on.
    StartWorld,
    /// Bytes in objects.
    HeapAlloc(u64),
    /// The size of the heap that the next collection is to end before.
    HeapGoal(u64),
    /// A task ends.
    TaskEnd(u64),
    /// Something with a text of the program's. Boxed, since there is little of it: records are short without.
    Told(Box<Told>),
}

/// What a program tells a trace, with the number of the task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Told {
    /// A task begins: its number, that of the task it is part of, its name.
    TaskBegin(u64, u64, String),
    /// A region of the running goroutine begins: its task and name.
    RegionBegin(u64, String),
    /// It ends.
    RegionEnd(u64, String),
    /// A message: task, category, text.
    Log(u64, String, String),
}

/// A record: what happened, when, and the number of the stack.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Nanoseconds of the monotonic clock.
    pub time: i64,
    /// The stack that led to it.
    pub stack: u32,
    /// What happened.
    pub what: What,
}

/// Where a goroutine is in each of its frames: the interpreter's own addresses.
pub type RawStack = smallvec::SmallVec<[u64; 16]>;

/// How many stacks are at hand.
const RECENT: usize = 64;

/// The place of a stack among them, by its innermost address.
fn recent_place(innermost: u64) -> usize {
    (innermost.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize
}

/// Records that are made bytes together, when they have their stacks.
const TOGETHER: usize = 256;

/// A trace under way.
#[derive(Debug)]
pub struct TraceLog {
    /// What is not bytes yet.
    records: Vec<Record>,
    /// The generation so far.
    encoder: Encoder,
    /// Records in it, and the time of the first.
    encoded: usize,
    begins: Option<i64>,
    /// The records that wait for the stack of the running goroutine.
    unstacked: Vec<usize>,
    /// Stacks by number, from 1.
    stacks: Vec<Box<[u64]>>,
    stack_numbers: FxHashMap<Box<[u64]>, u32>,
    /// The numbers of stacks by their return addresses.
    raw_numbers: FxHashMap<RawStack, u32>,
    /// Those that came last, by the innermost address.
    recent: Box<[(RawStack, u32); RECENT]>,
}

impl Default for TraceLog {
    fn default() -> TraceLog {
        TraceLog {
            records: Vec::with_capacity(2 * TOGETHER),
            encoder: Encoder::default(),
            encoded: 0,
            begins: None,
            unstacked: Vec::new(),
            stacks: Vec::new(),
            stack_numbers: FxHashMap::default(),
            raw_numbers: FxHashMap::default(),
            recent: Box::new(std::array::from_fn(|_| Default::default())),
        }
    }
}

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

impl TraceLog {
    /// Adds a record without stack.
    #[inline]
    pub fn add(&mut self, time: i64, what: What) {
        self.records.push(Record { time, stack: NO_STACK, what });
    }

    /// Adds a record that gets the stack of the running goroutine.
    #[inline]
    pub fn add_with_stack(&mut self, time: i64, what: What) {
        self.unstacked.push(self.records.len());
        self.add(time, what);
    }

    /// Whether a record waits for its stack.
    #[must_use]
    pub fn wants_stack(&self) -> bool {
        !self.unstacked.is_empty()
    }

    /// Gives those that wait for it their stack, which may be known by its return addresses from here on.
    pub fn give_stack(&mut self, stack: Vec<u64>, raw: Option<RawStack>) {
        let number = if stack.is_empty() { NO_STACK } else { self.stack(stack) };
        if let Some(raw) = raw {
            self.raw_numbers.insert(raw, number);
        }
        self.give_number(number);
    }

    /// Gives those that wait for it their stack, if it is known.
    pub fn give_known(&mut self, raw: &RawStack) -> bool {
        let Some(&number) = self.raw_numbers.get(raw) else { return false };
        if let Some(&innermost) = raw.first() {
            self.recent[recent_place(innermost)] = (raw.clone(), number);
        }
        self.give_number(number);
        true
    }

    /// A stack with that innermost address that came lately, and its number: if it is the one, `give_number` may be
    /// called.
    #[must_use]
    pub fn recent(&self, innermost: u64) -> Option<(&[u64], u32)> {
        let (raw, number) = &self.recent[recent_place(innermost)];
        (raw.first() == Some(&innermost)).then_some((raw, *number))
    }

    /// Gives those that wait for it their stack by its number.
    pub fn give_number(&mut self, number: u32) {
        for index in self.unstacked.drain(..) {
            if let Some(record) = self.records.get_mut(index) {
                record.stack = number;
            }
        }
        if self.records.len() >= TOGETHER {
            self.encode_records();
        }
    }

    /// Makes bytes of the records, all of which have their stacks, but for the last: it may tell the time of what
    /// comes next.
    #[inline(never)]
    fn encode_records(&mut self) {
        let Some(last) = self.records.pop() else { return };
        for record in self.records.drain(..) {
            self.begins.get_or_insert(record.time);
            self.encoder.record(&record);
            self.encoded += 1;
        }
        self.records.push(last);
    }

    /// The time of the last record, if nothing has happened since then but the choice of who runs next.
    #[must_use]
    pub fn time_of_switch(&self) -> Option<i64> {
        let last = self.records.last()?;
        matches!(last.what, What::Block(..) | What::Stop(..) | What::End(_)).then_some(last.time)
    }

    /// Adds what the runtime tells.
    pub fn event(&mut self, time: i64, event: Event) {
        let what = match event {
            Event::GoroutineCreated { goroutine, entry, .. } => {
                let place = entry.map(|func| CodeAddress { func, pc: 0, depth: 0 }.to_word());
                What::Create(goroutine, place.map_or(NO_STACK, |place| self.stack(vec![place])))
            }
            Event::GoroutineStarted { goroutine } => What::Start(goroutine),
            Event::GoroutineYielded { goroutine } => What::Stop(goroutine, "runtime.Gosched"),
            Event::GoroutinePreempted { goroutine } => What::Stop(goroutine, "preempted"),
            Event::GoroutineBlocked { goroutine, reason, .. } => What::Block(goroutine, block_reason(reason)),
            Event::GoroutineUnblocked { goroutine, .. } => What::Unblock(goroutine),
            Event::GoroutineEnded { goroutine } => What::End(goroutine),
            Event::GoroutineLeaked { .. }
            | Event::TimerFired { .. }
            | Event::CollectionStarted { .. }
            | Event::CollectionEnded { .. }
            | Event::AllocationSampled { .. }
            | Event::NativeCalled { .. } => return,
        };
        match what {
            What::Start(_) | What::End(_) => self.add(time, what),
            _ => self.add_with_stack(time, what),
        }
    }

    /// How many records the generation has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.encoded + self.records.len()
    }

    /// When the first of them was made.
    #[must_use]
    pub fn begins(&self) -> Option<i64> {
        self.begins.or_else(|| self.records.first().map(|record| record.time))
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of a stack.
    pub fn stack(&mut self, mut stack: Vec<u64>) -> u32 {
        stack.truncate(crate::profile::MAX_FRAMES);
        let stack = stack.into_boxed_slice();
        if let Some(&number) = self.stack_numbers.get(&stack) {
            return number;
        }
        self.stacks.push(stack.clone());
        let number = self.stacks.len() as u32;
        self.stack_numbers.insert(stack, number);
        number
    }

    /// The code addresses of all stacks.
    pub fn addresses(&self) -> impl Iterator<Item = u64> {
        self.stacks.iter().flat_map(|stack| stack.iter().copied())
    }

    /// Ends the generation, given what stands at the code addresses and the time since 1970.
    pub fn encode(&mut self, places: &HashMap<u64, Place>, wall: (i64, i32), now: i64) -> Vec<u8> {
        self.unstacked.clear();
        self.encode_records();
        if let Some(last) = self.records.pop() {
            self.begins.get_or_insert(last.time);
            self.encoder.record(&last);
        }
        let first = self.begins.take().unwrap_or(now);
        self.encoded = 0;
        let out = self.encoder.end_generation(first, &self.stacks, places, wall, now);
        // Stacks are numbered anew, so that a long run does not collect them all.
        self.stacks.clear();
        self.stack_numbers.clear();
        self.raw_numbers.clear();
        self.recent.iter_mut().for_each(|(raw, _)| raw.clear());
        out
    }
}

/// Makes bytes of records.
#[derive(Debug)]
struct Encoder {
    /// The batches of the generation that have ended.
    out: Vec<u8>,
    generation: u64,
    batch: Box<[u8; BATCH_ROOM]>,
    /// Bytes in the batch.
    filled: usize,
    base: u64,
    last: u64,
    /// The generation has its first event.
    begun: bool,
    strings: FxHashMap<String, u64>,
    texts: Vec<String>,
    /// Numbers of texts that stand in go-lite itself, by their addresses.
    fixed: Vec<(usize, u64)>,
    /// Number of the last start or wake-up of the goroutines that have a status.
    seen: FxHashMap<u64, u64>,
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
            out: Vec::new(),
            generation: 1,
            batch: Box::new([0; BATCH_ROOM]),
            filled: 0,
            base: 0,
            last: 0,
            begun: false,
            strings: FxHashMap::default(),
            texts: Vec::new(),
            fixed: Vec::new(),
            seen: FxHashMap::default(),
            stacks: Vec::new(),
            proc_starts: 0,
            running: 0,
            gc: 1,
        }
    }
}

impl Encoder {
    /// Ends the generation that began at `first`: its bytes.
    fn end_generation(
        &mut self,
        first: i64,
        stacks: &[Box<[u64]>],
        places: &HashMap<u64, Place>,
        wall: (i64, i32),
        now: i64,
    ) -> Vec<u8> {
        self.begin(first);
        self.end_batch();
        let events = std::mem::take(&mut self.out);
        self.sync(first, wall, now);
        self.out.extend_from_slice(&events);
        self.tables(stacks, places);
        self.out.push(kind::END);
        self.generation += 1;
        (self.base, self.last, self.begun, self.proc_starts) = (0, 0, false, 0);
        self.strings.clear();
        self.fixed.clear();
        self.seen.clear();
        self.stacks.clear();
        std::mem::take(&mut self.out)
    }

    /// The first events of a generation.
    fn begin(&mut self, time: i64) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        self.event(time, kind::PROC_STATUS, [0, 1]);
        // The one that runs is bound to the thread before anything happens.
        if self.running != 0 {
            self.status(time, self.running, GoStatus::Running);
        }
    }

    fn write_batch(&mut self, thread: u64, base: u64, payload: &[u8]) {
        self.out.push(kind::BATCH);
        for number in [self.generation, thread, base, payload.len() as u64] {
            varint(&mut self.out, number);
        }
        self.out.extend_from_slice(payload);
    }

    fn sync(&mut self, first: i64, (seconds, nanoseconds): (i64, i32), now: i64) {
        let mut payload = vec![kind::SYNC, kind::FREQUENCY];
        varint(&mut payload, 1_000_000_000);
        payload.push(kind::CLOCK);
        let base = first.max(0) as u64;
        let numbers = [(now - first).max(0) as u64, now.max(0) as u64, seconds.max(0) as u64];
        numbers.into_iter().for_each(|number| varint(&mut payload, number));
        varint(&mut payload, nanoseconds.max(0) as u64);
        self.write_batch(NO_THREAD, base, &payload);
    }

    fn end_batch(&mut self) {
        if self.filled > 0 {
            let batch = self.batch[..self.filled].to_vec();
            self.write_batch(THREAD, self.base, &batch);
            self.filled = 0;
        }
    }

    /// Adds a number to the batch, which has room: see `BATCH_ROOM`.
    #[inline(always)]
    fn put(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.batch[self.filled % BATCH_ROOM] = value as u8 | 0x80;
            self.filled += 1;
            value >>= 7;
        }
        self.batch[self.filled % BATCH_ROOM] = value as u8;
        self.filled += 1;
    }

    /// Adds an event with at most five arguments.
    #[inline]
    fn event<const N: usize>(&mut self, time: i64, kind: u8, args: [u64; N]) {
        if self.filled > BATCH {
            self.end_batch();
        }
        let time = (time.max(0) as u64).max(self.last);
        if self.filled == 0 {
            self.base = time;
            self.last = time;
        }
        const { assert!(N <= 5) };
        self.put(u64::from(kind));
        self.put(time - self.last);
        for value in args {
            self.put(value);
        }
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
    fn stack(&mut self, stack: u32) -> u64 {
        let index = stack as usize;
        if index >= self.stacks.len() {
            self.stacks.resize(index + 1, false);
        }
        self.stacks[index] = true;
        u64::from(stack)
    }

    /// The goroutine's status, if it has none yet.
    fn status(&mut self, time: i64, goroutine: u64, status: GoStatus) {
        if self.seen.contains_key(&goroutine) {
            return;
        }
        self.seen.insert(goroutine, 0);
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
        if let Some(number) = self.seen.get_mut(&goroutine) {
            *number += 1;
            return *number;
        }
        self.status(time, goroutine, status);
        self.seen.insert(goroutine, 1);
        1
    }

    fn record(&mut self, record: &Record) {
        let time = record.time;
        self.begin(time);
        let stack = self.stack(record.stack);
        match &record.what {
            What::Known(g, status) => {
                self.status(time, *g, *status);
                if *status == GoStatus::Running {
                    self.running = *g;
                }
            }
            What::Create(g, entry) => {
                let entry = self.stack(*entry);
                self.seen.insert(*g, 0);
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
                let reason = self.fixed(reason);
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

    /// The tables of stacks and strings.
    fn tables(&mut self, stacks: &[Box<[u64]>], places: &HashMap<u64, Place>) {
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
                self.write_batch(NO_THREAD, base, &payload);
                payload = vec![kind::STACKS];
            }
            payload.extend(one);
        }
        self.write_batch(NO_THREAD, base, &payload);
        let mut payload = vec![kind::STRINGS];
        for (i, text) in std::mem::take(&mut self.texts).iter().enumerate() {
            if payload.len() + text.len() > BATCH {
                self.write_batch(NO_THREAD, base, &payload);
                payload = vec![kind::STRINGS];
            }
            payload.push(kind::STRING);
            varint(&mut payload, i as u64 + 1);
            varint(&mut payload, text.len() as u64);
            payload.extend_from_slice(text.as_bytes());
        }
        self.write_batch(NO_THREAD, base, &payload);
    }
}
