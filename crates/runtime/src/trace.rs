//! Execution traces: what happened when, in the form that `go tool trace` reads (version 2 as of Go 1.26).
//!
//! The runtime tells what happens, which is made bytes at once; the interpreter adds stacks, whose numbers are put
//! where these bytes have room for them. Full batches of bytes can be taken while the trace goes on; from time to time
//! they make a *generation*, which a reader understands without those before. One thread runs all goroutines: it is
//! thread 1 with processor 0.

mod encoder;
mod parts;

use std::collections::HashMap;

pub use encoder::Batch;
use encoder::{Encoder, Stack};
pub use parts::{TraceParts, native_take_part, native_wait_part, wake_reader};

use rustc_hash::FxHashMap;

use crate::code_address::CodeAddress;
use crate::event::Event;
use crate::goroutine::WaitReason;
use crate::pprof::Place;

/// The first bytes of a trace.
pub const HEADER: &[u8; 16] = b"go 1.26 trace\0\0\0";

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
    Block(u64, WaitReason),
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

/// Where a goroutine is in each of its frames: the interpreter's own addresses.
pub type RawStack = smallvec::SmallVec<[u64; 16]>;

/// How many stacks are at hand.
const RECENT: usize = 64;

/// The place of a stack among them, by its innermost address.
fn recent_place(innermost: u64) -> usize {
    (innermost.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize
}

/// A trace under way.
#[derive(Debug, Default)]
pub struct TraceLog {
    /// The generation so far.
    encoder: Encoder,
    /// When the last of what is told happened, if that was that a goroutine does not run any more.
    switched: Option<i64>,
    /// The numbers of stacks.
    stack_numbers: FxHashMap<Box<[u64]>, u32>,
    /// The numbers of stacks by their return addresses.
    raw_numbers: FxHashMap<RawStack, u32>,
    /// Those that came last, by the innermost address.
    recent: Recent,
}

/// Stacks that came lately, each at the place of its innermost address.
#[derive(Debug)]
struct Recent(Box<[RecentStack; RECENT]>);

/// The innermost address of a stack, or 0 for none, the return addresses, the number.
#[derive(Default, Debug)]
struct RecentStack {
    innermost: u64,
    returns: Vec<u64>,
    number: u32,
}

impl Default for Recent {
    fn default() -> Recent {
        Recent(Box::new(std::array::from_fn(|_| RecentStack::default())))
    }
}

impl TraceLog {
    /// Adds something without stack.
    pub fn add(&mut self, time: i64, what: What) {
        self.switched = None;
        self.encoder.record(time, Stack::None, &what);
    }

    /// Adds something that gets the stack of the running goroutine.
    pub fn add_with_stack(&mut self, time: i64, what: What) {
        self.switched = None;
        self.encoder.record(time, Stack::Awaited, &what);
    }

    /// Whether something waits for its stack.
    #[must_use]
    #[inline(always)]
    pub fn wants_stack(&self) -> bool {
        self.encoder.awaits_stack()
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
        if let Some((&innermost, returns)) = raw.split_first() {
            let returns = returns.to_vec();
            self.recent.0[recent_place(innermost)] = RecentStack { innermost, returns, number };
        }
        self.give_number(number);
        true
    }

    /// A stack with that innermost address that came lately, by its return addresses, and its number: if it is the
    /// one, `give_number` may be called.
    #[must_use]
    #[inline]
    pub fn recent(&self, innermost: u64) -> Option<(&[u64], u32)> {
        let stack = &self.recent.0[recent_place(innermost)];
        (stack.innermost == innermost).then_some((&*stack.returns, stack.number))
    }

    /// Gives those that wait for it their stack by its number.
    #[inline]
    pub fn give_number(&mut self, number: u32) {
        self.encoder.give_stack(number);
    }

    /// When the goroutine stopped that ran, if nothing has happened since then but the choice of who runs next.
    #[must_use]
    #[inline(always)]
    pub fn time_of_switch(&self) -> Option<i64> {
        self.switched
    }

    /// A goroutine begins to run.
    #[inline(always)]
    pub fn started(&mut self, time: i64, goroutine: u64) {
        self.encoder.started(time, goroutine);
        self.switched = None;
    }

    /// The goroutine that runs waits from now on.
    #[inline(always)]
    pub fn blocked(&mut self, time: i64, goroutine: u64, reason: WaitReason) {
        self.encoder.blocked(time, Stack::Awaited, goroutine, reason);
        self.switched = Some(time);
    }

    /// A goroutine can run again: because of `by`, or, if that is 0, of a timer or the world outside.
    #[inline(always)]
    pub fn unblocked(&mut self, time: i64, goroutine: u64, by: u64) {
        let stack = if by == 0 { Stack::None } else { Stack::Awaited };
        self.encoder.unblocked(time, stack, goroutine);
        self.switched = None;
    }

    /// Adds what the runtime tells.
    pub fn event(&mut self, time: i64, event: Event) {
        // Has it a stack; does the goroutine that ran not run any more?
        let (what, has_stack, stops) = match event {
            // What nobody does, but a timer or the world outside, has no stack.
            Event::GoroutineCreated { goroutine, entry, parent, .. } => {
                let place = entry.map(|func| CodeAddress { func, pc: 0, depth: 0 }.to_word());
                let entry = place.map_or(NO_STACK, |place| self.stack(vec![place]));
                (What::Create(goroutine, entry), parent != 0, false)
            }
            Event::GoroutineUnblocked { goroutine, by } => return self.unblocked(time, goroutine, by),
            Event::GoroutineStarted { goroutine } => return self.started(time, goroutine),
            Event::GoroutineBlocked { goroutine, reason, .. } => {
                return self.blocked(time, goroutine, reason);
            }
            Event::GoroutineYielded { goroutine } => (What::Stop(goroutine, "runtime.Gosched"), true, true),
            Event::GoroutinePreempted { goroutine } => (What::Stop(goroutine, "preempted"), true, true),
            Event::GoroutineEnded { goroutine } => (What::End(goroutine), false, true),
            Event::GoroutineLeaked { .. }
            | Event::TimerFired { .. }
            | Event::CollectionStarted { .. }
            | Event::CollectionEnded { .. }
            | Event::AllocationSampled { .. }
            | Event::NativeCalled { .. } => return,
        };
        let stack = if has_stack { Stack::Awaited } else { Stack::None };
        self.encoder.record(time, stack, &what);
        self.switched = stops.then_some(time);
    }

    /// Whether the generation has to end soon: few more stacks can have numbers.
    #[must_use]
    pub fn has_many_stacks(&self) -> bool {
        self.encoder.has_many_stacks()
    }

    /// How many records the generation has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.encoder.count()
    }

    /// When the first of them was made.
    #[must_use]
    pub fn begins(&self) -> Option<i64> {
        self.encoder.first()
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
        let number = self.encoder.add_stack(stack.clone());
        self.stack_numbers.insert(stack, number);
        number
    }

    /// The code addresses of all stacks.
    pub fn addresses(&self) -> impl Iterator<Item = u64> {
        self.encoder.addresses()
    }

    /// Whether batches are full that were not taken.
    #[must_use]
    #[inline(always)]
    pub fn has_batches(&self) -> bool {
        self.encoder.has_ended()
    }

    /// The full batches that were not taken yet. They are of the generation under way.
    pub fn take_batches(&mut self) -> Vec<Batch> {
        self.encoder.take_ended()
    }

    /// Takes back the memory of a batch, to be used again.
    pub fn give_back(&mut self, batch: Batch) {
        self.encoder.give_back(batch);
    }

    /// Ends the generation, given what stands at the code addresses and the time since 1970: the bytes that come
    /// behind the batches, which have to be taken now.
    pub fn encode(&mut self, places: &HashMap<u64, Place>, wall: (i64, i32), now: i64) -> Vec<u8> {
        self.give_number(NO_STACK);
        let rest = self.encoder.end_generation(places, wall, now);
        // Stacks are numbered anew, so that a long run does not collect them all.
        self.stack_numbers.clear();
        self.raw_numbers.clear();
        self.recent = Recent::default();
        rest
    }
}
