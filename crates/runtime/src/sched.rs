//! The scheduler: which goroutine runs next, for how long, and what happens when none can.
//!
//! Order is Go's with one processor: a goroutine that becomes runnable runs next, whoever was to
//! run next before goes to the end of the queue, which is first in, first out. A goroutine that
//! runs because it was next inherits what is left of its waker's time slice, so that two that wake
//! each other do not starve the rest. For exploration the choice is random, by the seed.
//!
//! Time is measured in steps (a call, a back-edge, work charged by a native). The interpreter runs
//! the goroutine that `next` names for a budget and says how it stopped through `parked`,
//! `preempted`, `yielded` or `finished`.
//!
//! Invariants:
//! - a goroutine is in the queue (or next) exactly if its status is `Runnable`;
//! - `Runtime::running` is the one that is `Running`, if any.

use std::collections::VecDeque;

use golite_gc::{Addr, Heap, Layout, LayoutId, LayoutWord};

use crate::chan;
use crate::event::{Event, Events};
use crate::goroutine::{Creation, GoroutineIx, StackError, Status, WaitReason};
use crate::native::{NativeResult, Trap};
use crate::random::Random;
use crate::sema::Semas;
use crate::state::Runtime;
use crate::timer::{self, Clock, Timers};
use crate::wait::WaitTable;

/// In which order runnable goroutines run.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Order {
    /// As Go with one processor.
    #[default]
    Go,
    /// Any, by the seed, in slices of random length: for exploration.
    Random,
}

/// What a scheduler is made with.
#[derive(Clone, Copy, Debug)]
pub struct SchedConfig {
    /// The clock moves with the steps, and jumps when all wait.
    pub virtual_clock: bool,
    /// The order.
    pub order: Order,
    /// Steps in a time slice.
    pub slice: u32,
    /// Bytes that one stack may have: Go's `SetMaxStack`.
    pub max_stack: u64,
}

/// Go's limit for one stack on 64-bit systems.
pub const DEFAULT_MAX_STACK: u64 = 1_000_000_000;

impl Default for SchedConfig {
    fn default() -> SchedConfig {
        SchedConfig { virtual_clock: false, order: Order::Go, slice: 200_000, max_stack: DEFAULT_MAX_STACK }
    }
}

/// Layouts of the scheduler's own objects in the GC heap.
#[derive(Clone, Copy, Debug)]
pub struct SchedLayouts {
    /// A channel.
    pub chan: LayoutId,
    /// A timer.
    pub timer: LayoutId,
    /// One pointer: an element of the buffer of a channel of values in memory.
    pub pointer: LayoutId,
}

/// The scheduler and all that waits.
#[derive(Debug)]
pub struct Scheduler {
    /// What it was made with; limits may be changed at any time.
    pub config: SchedConfig,
    /// Who waits on what.
    pub waits: WaitTable,
    /// Sleepers and timers.
    pub timers: Timers,
    /// Semaphores and notify lists.
    pub semas: Semas,
    /// Who listens to what happens.
    pub events: Events,
    /// The source of all choices.
    pub random: Random,
    /// The clock.
    pub clock: Clock,
    /// Steps of all slices that have ended.
    pub steps: u64,
    /// The main goroutine called `runtime.Goexit`.
    pub main_exited: bool,
    /// Layouts of its objects.
    pub layouts: SchedLayouts,
    pub(crate) queue: VecDeque<GoroutineIx>,
    pub(crate) run_next: GoroutineIx,
    /// Steps left in the slice that whoever runs next inherits.
    pub(crate) slice_left: u32,
    /// Whoever ran next last had a slice of its own, since there was none to inherit.
    pub(crate) overdrawn: bool,
    /// The budget that the running goroutine was given.
    pub(crate) granted: u32,
    /// Bytes charged to the heap for wait records and timers.
    pub(crate) charged: u64,
    /// Natives at work on helper threads, and goroutines that the host will wake.
    pub(crate) outside: usize,
    pub(crate) switches: u64,
}

impl Scheduler {
    /// A scheduler without goroutines; its layouts are registered with the heap.
    #[must_use]
    pub fn new(config: SchedConfig, seed: u64, heap: &mut Heap) -> Scheduler {
        let layout = |heap: &mut Heap, size, offsets: &[u32]| {
            heap.register_layout(Layout {
                size,
                words: offsets.iter().map(|&o| LayoutWord::Ptr(o)).collect(),
            })
        };
        let layouts = SchedLayouts {
            chan: layout(heap, crate::chan::CHAN_BYTES, &crate::chan::CHAN_POINTERS),
            timer: layout(heap, crate::timer::TIMER_BYTES, &crate::timer::TIMER_POINTERS),
            pointer: layout(heap, 8, &[0]),
        };
        Scheduler {
            config,
            waits: WaitTable::new(),
            timers: Timers::default(),
            semas: Semas::default(),
            events: Events::default(),
            random: Random::new(seed ^ 0x7363_6865_6475_6c65),
            clock: Clock::new(config.virtual_clock),
            steps: 0,
            main_exited: false,
            layouts,
            queue: VecDeque::new(),
            run_next: GoroutineIx::NONE,
            slice_left: 0,
            overdrawn: false,
            granted: 0,
            charged: 0,
            outside: 0,
            switches: 0,
        }
    }

    /// How many goroutines are in the queue.
    #[must_use]
    pub fn runnable(&self) -> usize {
        self.queue.len() + usize::from(self.run_next != GoroutineIx::NONE)
    }

    /// Whether it is time to ask the host for news while somebody can run; `preempted` says that a slice
    /// has just been used up. With the virtual clock rarely: only so that who never waits cannot keep
    /// input away for ever.
    #[must_use]
    pub fn wants_news(&self, preempted: bool) -> bool {
        let every = if self.clock.is_virtual() { 4096 } else { 16 };
        let now = self.switches.is_multiple_of(every) || (preempted && !self.clock.is_virtual());
        self.outside > 0 && now
    }

    /// For how many steps the running goroutine was given the processor.
    #[must_use]
    pub fn granted(&self) -> u32 {
        self.granted
    }

    /// How often a goroutine was given the processor.
    #[must_use]
    pub fn switches(&self) -> u64 {
        self.switches
    }
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// Run this goroutine for so many steps.
    Run {
        /// Which.
        goroutine: GoroutineIx,
        /// Steps, at least 1.
        budget: u32,
    },
    /// All wait, at least one for time or for the outside world: wait so many nanoseconds (for ever
    /// if `None`) or until the outside world has news, then ask again.
    Idle {
        /// How long.
        nanoseconds: Option<i64>,
    },
    /// None can ever run again.
    Deadlock(Deadlock),
    /// A timer could not start its goroutine.
    Failed(SpawnError),
}

/// Which deadlock it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deadlock {
    /// Goroutines wait for ever.
    AllAsleep,
    /// There are none: main called `runtime.Goexit`.
    NoGoroutines,
}

/// Why a goroutine was not started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpawnError {
    /// No memory, or over the limit of the heap.
    OutOfMemory,
    /// Over the limit of goroutines.
    TooMany,
}

/// Starts a goroutine that runs the closure `entry`. It runs next.
///
/// # Errors
/// Over a limit; nothing has changed then.
pub fn spawn(rt: &mut Runtime, entry: Addr, creation: Creation) -> Result<GoroutineIx, SpawnError> {
    if rt.limits.max_goroutines.is_some_and(|most| rt.goroutines.live() as u64 >= most) {
        return Err(SpawnError::TooMany);
    }
    let before = rt.goroutines.bytes();
    let g = rt.goroutines.spawn(entry, creation).map_err(|_| SpawnError::OutOfMemory)?;
    let more = rt.goroutines.bytes() - before;
    if more > 0 && rt.heap.try_charge_external(more).is_err() {
        rt.goroutines.take_back(g);
        return Err(SpawnError::OutOfMemory);
    }
    let id = rt.goroutines.get(g).id;
    if rt.running != GoroutineIx::NONE {
        rt.release(rt.running);
        rt.profiles.inherit(id, rt.running_id);
    }
    tell(
        rt,
        Event::GoroutineCreated {
            goroutine: id,
            parent: creation.parent,
            entry: (entry != 0).then(|| Runtime::func_of_closure(entry)),
            func: creation.func,
            pc: creation.pc,
        },
    );
    enqueue_next(rt, g);
    Ok(g)
}

/// Grows the stack of a goroutine to at least `slots`. Old and new are charged before the growth.
///
/// # Errors
/// See `StackError`.
pub fn grow_stack(rt: &mut Runtime, g: GoroutineIx, slots: u64) -> Result<(), StackError> {
    let before = rt.goroutines.get(g).stack.bytes();
    let during = before.max(slots * 8) * 2;
    rt.heap.try_charge_external(during).map_err(|_| StackError::OutOfMemory)?;
    let limit = rt.sched.config.max_stack;
    let outcome = rt.goroutines.grow_stack(g, slots, limit);
    let after = rt.goroutines.get(g).stack.bytes();
    rt.heap.charge_external(after as i64 - before as i64 - during as i64);
    outcome
}

/// Shrinks the stack of a goroutine of which the lowest `live` slots are in use: for the collector.
/// A goroutine that is running keeps its stack.
pub fn shrink_stack(rt: &mut Runtime, g: GoroutineIx, live: u32) {
    if rt.goroutines.get(g).status == Status::Running {
        return;
    }
    let before = rt.goroutines.get(g).stack.bytes();
    rt.goroutines.shrink_stack(g, live);
    let after = rt.goroutines.get(g).stack.bytes();
    rt.heap.charge_external(after as i64 - before as i64);
}

/// Makes a waiting goroutine runnable. What it waited for is in its slots. It runs next.
#[inline]
pub fn ready(rt: &mut Runtime, g: GoroutineIx) {
    wake(rt, g);
    enqueue_next(rt, g);
}

/// Makes a waiting goroutine runnable: it runs after those that can run already.
pub fn ready_in_turn(rt: &mut Runtime, g: GoroutineIx) {
    wake(rt, g);
    rt.sched.queue.push_back(g);
}

#[inline]
fn wake(rt: &mut Runtime, g: GoroutineIx) {
    let by = rt.running_id;
    let goroutine = rt.goroutines.touch(g);
    debug_assert_eq!(goroutine.status, Status::Waiting);
    goroutine.status = Status::Runnable;
    let locks = goroutine.reason.is_lock();
    goroutine.reason = WaitReason::None;
    goroutine.leaked = false;
    let id = goroutine.id;
    if locks || rt.profiles.times_waits() {
        let now = timer::glance(rt);
        if rt.profiles.wait_ended(id, now) {
            rt.heap.request_attention();
        }
    }
    tell(rt, Event::GoroutineUnblocked { goroutine: id, by });
}

fn enqueue_next(rt: &mut Runtime, g: GoroutineIx) {
    let sched = &mut rt.sched;
    let before = std::mem::replace(&mut sched.run_next, g);
    if before != GoroutineIx::NONE {
        sched.queue.push_back(before);
    }
}

/// The goroutine that runs next, which is then in no queue: give it back with `put_next`.
pub(crate) fn take_next(rt: &mut Runtime) -> GoroutineIx {
    std::mem::replace(&mut rt.sched.run_next, GoroutineIx::NONE)
}

/// Makes the goroutine run next; who was to run next goes to the end of the queue.
pub(crate) fn put_next(rt: &mut Runtime, g: GoroutineIx) {
    if g != GoroutineIx::NONE {
        enqueue_next(rt, g);
    }
}

/// Puts the goroutine that would run next, if there is one, at the end of the queue instead.
pub(crate) fn queue_next(rt: &mut Runtime) {
    let next = take_next(rt);
    if next != GoroutineIx::NONE {
        rt.sched.queue.push_back(next);
    }
}

/// The running goroutine waits from now on; whoever holds its wait records wakes it. `object` is
/// what it waits on, for events.
///
/// # Errors
/// Always `Trap::Park`.
#[inline]
pub fn park(rt: &mut Runtime, g: GoroutineIx, reason: WaitReason, object: Addr) -> NativeResult {
    rt.release_clock += 1;
    let goroutine = rt.goroutines.get_mut(g);
    goroutine.releases = rt.release_clock;
    debug_assert_ne!(goroutine.status, Status::Waiting);
    goroutine.status = Status::Waiting;
    goroutine.reason = reason;
    goroutine.since = 0;
    let id = goroutine.id;
    charge(rt);
    if reason.is_lock() || rt.profiles.times_waits() {
        let now = timer::glance(rt);
        rt.profiles.wait_began(id, reason, now);
    }
    tell(rt, chan::blocked(id, reason, object));
    Err(Trap::Park)
}

/// Charges what wait records and timers take. They are small and bounded by the goroutines, which
/// are charged before they are made, so this is told to the heap afterwards.
pub(crate) fn charge(rt: &mut Runtime) {
    let bytes = rt.sched.waits.bytes() + rt.sched.timers.bytes();
    if bytes != rt.sched.charged {
        rt.heap.charge_external(bytes as i64 - rt.sched.charged as i64);
        rt.sched.charged = bytes;
    }
}

/// The slice of the running goroutine is over: `left` steps of its budget were not used.
fn end_slice(rt: &mut Runtime, left: u32) -> GoroutineIx {
    let sched = &mut rt.sched;
    let used = sched.granted.saturating_sub(left);
    sched.steps += u64::from(used);
    sched.granted = 0;
    sched.slice_left = left;
    let g = rt.running;
    rt.set_running(GoroutineIx::NONE);
    g
}

/// The running goroutine has parked, with `left` steps of its budget unused.
pub fn parked(rt: &mut Runtime, left: u32) {
    let g = end_slice(rt, left);
    // It may have been woken since, by the native that parked it.
    debug_assert_ne!(rt.goroutines.get(g).status, Status::Running);
}

/// The running goroutine used up its budget: it goes to the end of the queue.
pub fn preempted(rt: &mut Runtime) {
    let g = end_slice(rt, 0);
    let id = to_end(rt, g);
    tell(rt, Event::GoroutinePreempted { goroutine: id });
}

/// The running goroutine gives way, with `left` steps unused: it goes to the end of the queue.
pub fn yielded(rt: &mut Runtime, left: u32) {
    let g = end_slice(rt, left);
    let id = to_end(rt, g);
    tell(rt, Event::GoroutineYielded { goroutine: id });
}

fn to_end(rt: &mut Runtime, g: GoroutineIx) -> u64 {
    rt.sched.queue.push_back(g);
    let goroutine = rt.goroutines.get_mut(g);
    goroutine.status = Status::Runnable;
    goroutine.id
}

/// The running goroutine has ended, with `left` steps unused.
pub fn finished(rt: &mut Runtime, left: u32) {
    let g = end_slice(rt, left);
    let id = rt.goroutines.get(g).id;
    let before = rt.goroutines.bytes();
    rt.goroutines.end(g);
    let after = rt.goroutines.bytes();
    rt.heap.charge_external(after as i64 - before as i64);
    rt.profiles.ended(id);
    tell(rt, Event::GoroutineEnded { goroutine: id });
}

/// Decides what to do next. Nobody is running when it is called.
pub fn next(rt: &mut Runtime) -> Next {
    debug_assert_eq!(rt.running, GoroutineIx::NONE);
    loop {
        if let Err(error) = look_at_timers(rt) {
            return Next::Failed(error);
        }
        if let Some((goroutine, budget)) = pick(rt) {
            start(rt, goroutine, budget);
            return Next::Run { goroutine, budget };
        }
        if let Some(when) = rt.sched.timers.next_when() {
            if rt.sched.outside == 0 && rt.sched.clock.jump(when) {
                continue;
            }
            // How often the virtual clock is read must not depend on how long the outside world takes.
            let now = if rt.sched.clock.is_virtual() { rt.sched.clock.last() } else { timer::now(rt) };
            let nanoseconds = when.saturating_sub(now).max(1);
            return Next::Idle { nanoseconds: Some(nanoseconds) };
        }
        if rt.sched.outside > 0 {
            return Next::Idle { nanoseconds: None };
        }
        return Next::Deadlock(if rt.goroutines.iter().any(|(_, g)| !g.system) {
            Deadlock::AllAsleep
        } else {
            Deadlock::NoGoroutines
        });
    }
}

/// The time that `Next::Idle` named has passed: so it has for the virtual clock, if nobody was woken
/// before.
pub fn idled(rt: &mut Runtime) {
    if rt.sched.runnable() == 0
        && let Some(when) = rt.sched.timers.next_when()
    {
        rt.sched.clock.jump(when);
    }
}

/// Whether `hand_on` or `next_at_once` may stand for `next`: somebody can run, and it is not the time to look at clocks, timers and
/// the world outside, which is done at every sixteenth switch.
#[must_use]
#[inline]
pub fn switches_at_once(rt: &Runtime) -> bool {
    rt.sched.runnable() > 0 && !rt.sched.switches.is_multiple_of(LOOK_EVERY)
}

/// Gives the processor to the next goroutine, for as many steps. Nobody is running when it is called, and
/// `switches_at_once` holds.
///
/// # Panics
/// If nobody can run.
pub fn next_at_once(rt: &mut Runtime) -> (GoroutineIx, u32) {
    let (goroutine, budget) = pick(rt).expect("somebody can run");
    start(rt, goroutine, budget);
    (goroutine, budget)
}

/// The running goroutine has parked, with `left` steps of its budget unused: gives the processor to the next one,
/// for as many steps. It is `parked` and `next` in one, for when `switches_at_once` holds and nobody listens.
///
/// # Panics
/// If nobody can run.
#[inline(always)]
pub fn hand_on(rt: &mut Runtime, left: u32) -> (GoroutineIx, u32) {
    let sched = &mut rt.sched;
    sched.steps += u64::from(sched.granted.saturating_sub(left));
    sched.slice_left = left;
    let (goroutine, budget) = pick(rt).expect("somebody can run");
    start(rt, goroutine, budget);
    (goroutine, budget)
}

/// Clocks and timers are looked at once in so many switches.
const LOOK_EVERY: u64 = 16;

/// Fires what is due. While goroutines hand the processor to each other quickly, the clock is read
/// at every sixteenth switch only.
fn look_at_timers(rt: &mut Runtime) -> Result<(), SpawnError> {
    if rt.sched.timers.is_empty() || switches_at_once(rt) {
        return Ok(());
    }
    let now = timer::now(rt);
    timer::fire_due(rt, now)
}

#[inline]
fn pick(rt: &mut Runtime) -> Option<(GoroutineIx, u32)> {
    let sched = &mut rt.sched;
    let slice = sched.config.slice.max(1);
    if sched.config.order == Order::Random {
        return pick_random(sched, slice);
    }
    let inherited = std::mem::take(&mut sched.slice_left).min(slice);
    let next = std::mem::replace(&mut sched.run_next, GoroutineIx::NONE);
    if next != GoroutineIx::NONE {
        if inherited > 0 {
            return Some((next, inherited));
        }
        // There is nothing to inherit. It gets a slice of its own, but not twice in a row.
        if !sched.overdrawn || sched.queue.is_empty() {
            sched.overdrawn = true;
            return Some((next, slice));
        }
        sched.queue.push_back(next);
    }
    sched.overdrawn = false;
    sched.queue.pop_front().map(|g| (g, slice))
}

fn pick_random(sched: &mut Scheduler, slice: u32) -> Option<(GoroutineIx, u32)> {
    let next = std::mem::replace(&mut sched.run_next, GoroutineIx::NONE);
    if next != GoroutineIx::NONE {
        sched.queue.push_back(next);
    }
    if sched.queue.is_empty() {
        return None;
    }
    let place = sched.random.below(sched.queue.len() as u64) as usize;
    let g = sched.queue.swap_remove_back(place)?;
    // Mostly short slices: the length's order of magnitude is what is chosen.
    let length = (u64::from(slice) >> sched.random.below(32).min(31)).max(1);
    Some((g, sched.random.below(length) as u32 + 1))
}

#[inline]
fn start(rt: &mut Runtime, g: GoroutineIx, budget: u32) {
    rt.sched.granted = budget;
    rt.sched.switches += 1;
    let goroutine = rt.goroutines.touch(g);
    goroutine.status = Status::Running;
    let id = goroutine.id;
    rt.running = g;
    rt.running_id = id;
    tell(rt, Event::GoroutineStarted { goroutine: id });
}

/// Something outside of the VM will wake a goroutine, so that there is no deadlock while all wait.
pub fn expect_outside(rt: &mut Runtime) {
    rt.sched.outside += 1;
}

/// What `expect_outside` announced has happened.
pub fn outside_done(rt: &mut Runtime) {
    rt.sched.outside -= 1;
}

/// Tells the listener of an event, if there is one.
#[inline(always)]
pub fn tell(rt: &mut Runtime, event: Event) {
    // The clock is not read for what nobody measures.
    if rt.sched.events.listening() && rt.sched.events.wants(&event) {
        // What happens most often goes to a trace by a shorter way.
        match event {
            Event::GoroutineStarted { goroutine } => tell_started(rt, goroutine),
            Event::GoroutineBlocked { goroutine, reason, object } => {
                tell_blocked(rt, goroutine, reason, object)
            }
            Event::GoroutineUnblocked { goroutine, by } => tell_unblocked(rt, goroutine, by),
            other => tell_listeners(rt, other),
        }
    }
}

#[inline(never)]
fn tell_started(rt: &mut Runtime, goroutine: u64) {
    if let Some(log) = rt.sched.events.only_log()
        && let Some(time) = log.time_of_switch()
    {
        return log.started(time, goroutine);
    }
    tell_listeners(rt, Event::GoroutineStarted { goroutine });
}

#[inline(never)]
fn tell_blocked(rt: &mut Runtime, goroutine: u64, reason: WaitReason, object: u64) {
    let now = timer::stamp(rt);
    match rt.sched.events.only_log() {
        // The time slice ends now, so that the stack is looked at.
        Some(log) => log.blocked(now, goroutine, reason),
        None => tell_at(rt, now, Event::GoroutineBlocked { goroutine, reason, object }),
    }
}

#[inline(never)]
fn tell_unblocked(rt: &mut Runtime, goroutine: u64, by: u64) {
    let now = timer::stamp(rt);
    match rt.sched.events.only_log() {
        Some(log) => {
            log.unblocked(now, goroutine, by);
            look_at_stack(rt);
        }
        None => tell_at(rt, now, Event::GoroutineUnblocked { goroutine, by }),
    }
}

#[cold]
#[inline(never)]
fn tell_listeners(rt: &mut Runtime, event: Event) {
    // Who starts to run does so when the one before has stopped.
    let switch = match &rt.sched.events.log {
        Some(log) if matches!(event, Event::GoroutineStarted { .. }) => log.time_of_switch(),
        _ => None,
    };
    let now = switch.unwrap_or_else(|| timer::stamp(rt));
    tell_at(rt, now, event);
}

#[cold]
fn tell_at(rt: &mut Runtime, now: i64, event: Event) {
    rt.sched.events.tell(now, event);
    look_at_stack(rt);
}

/// If a trace waits for the stack of the goroutine that runs, it gets that soon.
#[inline]
fn look_at_stack(rt: &mut Runtime) {
    let wants_stack = rt.sched.events.log.as_ref().is_some_and(|log| log.wants_stack());
    if wants_stack && rt.running != GoroutineIx::NONE {
        rt.heap.request_attention();
    }
}
