//! Execution traces: what happened when, in the form that `go tool trace` reads (version 2 as of Go 1.26).
//!
//! The runtime notes what happens in a list of records; the interpreter adds stacks, and from time to time
//! makes a *generation* of the records: bytes that a reader understands without those before. One thread runs
//! all goroutines: it is thread 1 with processor 0.
//!
//! What the reader wants of a generation, and the encoder keeps to:
//! - each goroutine has a status before its first event, which the encoder knows from that event;
//! - starts and wake-ups of a goroutine are numbered, from 1 after its status or its creation;
//! - all stacks and strings that are named are in the generation's tables.

use std::collections::HashMap;

use rustc_hash::{FxHashMap, FxHashSet};

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
    /// A task begins: its number, that of the task it is part of, its name.
    TaskBegin(u64, u64, String),
    /// A task ends.
    TaskEnd(u64),
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

/// A trace under way.
#[derive(Debug)]
pub struct TraceLog {
    records: Vec<Record>,
    /// The records that wait for the stack of the running goroutine.
    unstacked: Vec<usize>,
    /// Stacks by number, from 1.
    stacks: Vec<Box<[u64]>>,
    stack_numbers: FxHashMap<Box<[u64]>, u32>,
    /// The numbers of stacks by their return addresses.
    raw_numbers: FxHashMap<RawStack, u32>,
    generation: u64,
    /// The goroutine that runs where the records end.
    running: u64,
    gc: u64,
}

impl Default for TraceLog {
    fn default() -> TraceLog {
        TraceLog {
            records: Vec::new(),
            unstacked: Vec::new(),
            stacks: Vec::new(),
            stack_numbers: FxHashMap::default(),
            raw_numbers: FxHashMap::default(),
            generation: 1,
            running: 0,
            gc: 1,
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
    pub fn add(&mut self, time: i64, what: What) {
        self.records.push(Record { time, stack: NO_STACK, what });
    }

    /// Adds a record that gets the stack of the running goroutine.
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
        self.give_number(number);
        true
    }

    fn give_number(&mut self, number: u32) {
        for index in self.unstacked.drain(..) {
            if let Some(record) = self.records.get_mut(index) {
                record.stack = number;
            }
        }
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

    /// How many records wait to be encoded.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// When the first of them was made.
    #[must_use]
    pub fn begins(&self) -> Option<i64> {
        self.records.first().map(|record| record.time)
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
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

    /// Makes a generation of the records so far, given what stands at the code addresses and the time since
    /// 1970. After it the list is empty.
    pub fn encode(&mut self, places: &HashMap<u64, Place>, wall: (i64, i32), now: i64) -> Vec<u8> {
        let records = std::mem::take(&mut self.records);
        self.unstacked.clear();
        let mut encoder = Encoder {
            out: Vec::new(),
            generation: self.generation,
            batch: Vec::new(),
            base: 0,
            last: 0,
            strings: FxHashMap::default(),
            texts: Vec::new(),
            seen: FxHashMap::default(),
            stacks: FxHashSet::default(),
            proc_starts: 0,
        };
        encoder.sync(records.first().map_or(now, |record| record.time), wall, now);
        let first = records.first().map_or(now, |record| record.time);
        encoder.event(first, kind::PROC_STATUS, &[0, 1]);
        // The one that runs is bound to the thread before anything happens.
        if self.running != 0 {
            encoder.status(first, self.running, GoStatus::Running);
        }
        let mut gc = self.gc;
        let mut running = self.running;
        for record in &records {
            encoder.record(record, &mut running, &mut gc);
        }
        encoder.end_batch();
        encoder.tables(&self.stacks, places);
        encoder.out.push(kind::END);
        self.running = running;
        self.gc = gc;
        self.generation += 1;
        // Stacks are numbered anew, so that a long run does not collect them all.
        self.stacks.clear();
        self.stack_numbers.clear();
        self.raw_numbers.clear();
        encoder.out
    }
}

struct Encoder {
    out: Vec<u8>,
    generation: u64,
    batch: Vec<u8>,
    base: u64,
    last: u64,
    strings: FxHashMap<String, u64>,
    texts: Vec<String>,
    /// Number of the last start or wake-up of the goroutines that have a status.
    seen: FxHashMap<u64, u64>,
    stacks: FxHashSet<u32>,
    proc_starts: u64,
}

impl Encoder {
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
        if !self.batch.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.write_batch(THREAD, self.base, &batch);
        }
    }

    fn event(&mut self, time: i64, kind: u8, args: &[u64]) {
        if self.batch.len() > BATCH {
            self.end_batch();
        }
        let time = (time.max(0) as u64).max(self.last);
        if self.batch.is_empty() {
            self.base = time;
            self.last = time;
        }
        self.batch.push(kind);
        varint(&mut self.batch, time - self.last);
        args.iter().for_each(|arg| varint(&mut self.batch, *arg));
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

    fn stack(&mut self, stack: u32) -> u64 {
        self.stacks.insert(stack);
        u64::from(stack)
    }

    /// The goroutine's status, if it has none yet.
    fn status(&mut self, time: i64, goroutine: u64, status: GoStatus) {
        if self.seen.contains_key(&goroutine) {
            return;
        }
        self.seen.insert(goroutine, 0);
        let thread = if status == GoStatus::Running { THREAD } else { NO_THREAD };
        self.event(time, kind::GO_STATUS, &[goroutine, thread, status as u64]);
    }

    /// The number of the goroutine's next start or wake-up.
    fn next_number(&mut self, goroutine: u64) -> u64 {
        let number = self.seen.entry(goroutine).or_default();
        *number += 1;
        *number
    }

    fn record(&mut self, record: &Record, running: &mut u64, gc: &mut u64) {
        let time = record.time;
        let stack = self.stack(record.stack);
        match &record.what {
            What::Known(g, status) => {
                self.status(time, *g, *status);
                if *status == GoStatus::Running {
                    *running = *g;
                }
            }
            What::Create(g, entry) => {
                let entry = self.stack(*entry);
                self.seen.insert(*g, 0);
                self.event(time, kind::GO_CREATE, &[*g, entry, stack]);
            }
            What::Start(g) => {
                self.status(time, *g, GoStatus::Runnable);
                let number = self.next_number(*g);
                self.event(time, kind::GO_START, &[*g, number]);
                *running = *g;
            }
            What::Stop(g, reason) | What::Block(g, reason) => {
                self.status(time, *g, GoStatus::Running);
                let reason = self.string(reason);
                let blocks = matches!(record.what, What::Block(..));
                let kind = if blocks { kind::GO_BLOCK } else { kind::GO_STOP };
                self.event(time, kind, &[reason, stack]);
                *running = 0;
            }
            What::Unblock(g) => {
                self.status(time, *g, GoStatus::Waiting);
                let number = self.next_number(*g);
                self.event(time, kind::GO_UNBLOCK, &[*g, number, stack]);
            }
            What::End(g) => {
                self.status(time, *g, GoStatus::Running);
                self.event(time, kind::GO_DESTROY, &[]);
                *running = 0;
            }
            What::Idle => self.event(time, kind::PROC_STOP, &[]),
            What::Busy => {
                self.proc_starts += 1;
                self.event(time, kind::PROC_START, &[0, self.proc_starts]);
            }
            What::Procs(count) => self.event(time, kind::PROCS_CHANGE, &[*count, stack]),
            What::GcBegin => {
                self.event(time, kind::GC_BEGIN, &[*gc, stack]);
                *gc += 1;
            }
            What::GcEnd => {
                self.event(time, kind::GC_END, &[*gc]);
                *gc += 1;
            }
            What::StopWorld(why) => {
                let why = self.string(why);
                self.event(time, kind::STW_BEGIN, &[why, stack]);
            }
            What::StartWorld => self.event(time, kind::STW_END, &[]),
            What::HeapAlloc(bytes) => self.event(time, kind::HEAP_ALLOC, &[*bytes]),
            What::HeapGoal(bytes) => self.event(time, kind::HEAP_GOAL, &[*bytes]),
            What::TaskBegin(task, parent, name) => {
                let name = self.string(name);
                self.event(time, kind::TASK_BEGIN, &[*task, *parent, name, stack]);
            }
            What::TaskEnd(task) => self.event(time, kind::TASK_END, &[*task, stack]),
            What::RegionBegin(task, name) => {
                let name = self.string(name);
                self.event(time, kind::REGION_BEGIN, &[*task, name, stack]);
            }
            What::RegionEnd(task, name) => {
                let name = self.string(name);
                self.event(time, kind::REGION_END, &[*task, name, stack]);
            }
            What::Log(task, category, text) => {
                let (category, text) = (self.string(category), self.string(text));
                self.event(time, kind::LOG, &[*task, category, text, stack]);
            }
        }
    }

    /// The tables of stacks and strings.
    fn tables(&mut self, stacks: &[Box<[u64]>], places: &HashMap<u64, Place>) {
        let unknown = Place::default();
        let base = self.last;
        let mut payload = vec![kind::STACKS];
        let mut used: Vec<u32> = self.stacks.iter().copied().filter(|&stack| stack != NO_STACK).collect();
        used.sort_unstable();
        for number in used {
            let frames = &stacks[number as usize - 1];
            let mut one = vec![kind::STACK];
            varint(&mut one, u64::from(number));
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
