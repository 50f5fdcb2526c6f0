#![expect(unsafe_code, reason = "fields of timers in the GC heap")]
//! Clocks, sleep and timers, as Go has them since 1.23.
//!
//! A timer is an object in the GC heap. One with a function is in the heap of deadlines while it is
//! active. One with a channel is there only while a goroutine waits to receive from the channel:
//! otherwise it fires late, when somebody looks at the channel. So nobody can receive a stale value
//! after `Stop` or `Reset`, and a forgotten ticker is garbage like anything else.
//!
//! The channel of a timer has room for one value that `len` and `cap` do not show.
//!
//! The virtual clock (with a seed) moves with the steps that goroutines run, and jumps to the next
//! deadline when all wait: a program that sleeps for an hour takes no time, and every run reads the
//! same times.
//!
//! Invariants:
//! - `WHEN` of an active timer is not 0; `HANDLE` is not 0 exactly if it is in the heap of deadlines;
//! - deadlines of timers keep their objects alive; deadlines of sleepers name live goroutines.

use golite_gc::{Addr, Cycle, Tracer};

use crate::chan;
use crate::event::Event;
use crate::goroutine::{Creation, GoroutineIx, WaitReason};
use crate::host::Host;
use crate::native::{Ctx, Native, NativeResult, Trap};
use crate::sched::{self, SpawnError};
use crate::slot;
use crate::state::Runtime;
use crate::timer_heap::{Handle, Target, TimerHeap};
use crate::wait::{NO_RECORD, Side};

/// Bytes of a timer object.
pub(crate) const TIMER_BYTES: u64 = 48;
/// Where a timer has pointers: channel, function, location.
pub(crate) const TIMER_POINTERS: [u32; 3] = [0, 8, 16];

const CHANNEL: u64 = 0;
const FUNCTION: u64 = 8;
const LOCATION: u64 = 16;
const WHEN: u64 = 24;
const PERIOD: u64 = 32;
const HANDLE: u64 = 40;

fn get(timer: Addr, field: u64) -> u64 {
    // SAFETY: `timer` is the address of a live timer object (only package time has such pointers,
    // and gets them from `new_timer`), and `field` is one of its aligned words.
    unsafe { slot::read(timer + field) }
}

fn set(timer: Addr, field: u64, value: u64) {
    // SAFETY: as for `get`.
    unsafe { slot::write(timer + field, value) }
}

// ---- clocks

/// Nanoseconds of the virtual clock that a step takes.
pub const STEP: i64 = 10;

/// Where the virtual wall clock begins, in seconds since 1970: 2009-11-10 23:00:00 UTC, the day on
/// which Go was made public, as in Go's playground.
const VIRTUAL_START: i64 = 1_257_894_000;

/// The clock of a VM. Monotonic time begins at 1, so that no time is 0.
#[derive(Debug)]
pub struct Clock {
    is_virtual: bool,
    /// Real: what the host's clock showed at the first reading. Virtual: the sum of all jumps.
    offset: Option<i64>,
    /// How often the virtual clock was read: each reading is later than the one before.
    readings: i64,
    last: i64,
}

impl Clock {
    /// A clock that was not read yet.
    #[must_use]
    pub fn new(is_virtual: bool) -> Clock {
        Clock { is_virtual, offset: None, readings: 0, last: 1 }
    }

    /// Whether it is virtual.
    #[must_use]
    pub fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// The latest reading.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    fn read(&mut self, host: &mut dyn Host, steps: u64) -> i64 {
        if self.is_virtual {
            self.readings += 1;
            let steps = i64::try_from(steps).unwrap_or(i64::MAX).saturating_add(self.readings);
            self.last = steps.saturating_mul(STEP).saturating_add(self.offset.unwrap_or(1));
        } else {
            let now = host.monotonic();
            self.last = (now - *self.offset.get_or_insert(now - 1)).max(self.last);
        }
        self.last
    }

    /// As `read` for a real clock, by what the host reads quickly.
    #[inline]
    fn stamp(&mut self, host: &mut dyn Host) -> i64 {
        let now = host.stamp();
        self.last = (now - *self.offset.get_or_insert(now - 1)).max(self.last);
        self.last
    }

    /// All wait until `when`: the virtual clock goes there at once. False for a real one.
    pub(crate) fn jump(&mut self, when: i64) -> bool {
        if self.is_virtual && when > self.last {
            let more = when - self.last;
            self.offset = Some(self.offset.unwrap_or(1).saturating_add(more));
            self.last = when;
        }
        self.is_virtual
    }
}

/// The monotonic clock, without that a virtual one moves by being read: for profiles, which must not change
/// a run.
pub fn glance(rt: &mut Runtime) -> i64 {
    match rt.sched.clock.is_virtual() {
        true => rt.sched.clock.last().max(rt.sched.steps as i64 * STEP),
        false => now(rt),
    }
}

/// As `glance`, for what happens often: see `Host::stamp`.
#[inline]
pub fn stamp(rt: &mut Runtime) -> i64 {
    match rt.sched.clock.is_virtual() {
        true => glance(rt),
        false => rt.sched.clock.stamp(rt.host.as_mut()),
    }
}

/// The monotonic clock in nanoseconds; 1 at the start.
pub fn now(rt: &mut Runtime) -> i64 {
    let steps = rt.sched.steps;
    rt.sched.clock.read(rt.host.as_mut(), steps)
}

/// The wall clock: seconds since 1970 UTC, nanoseconds; and the monotonic clock at that moment.
pub fn wall(rt: &mut Runtime) -> (i64, i32, i64) {
    let mono = now(rt);
    if rt.sched.clock.is_virtual() {
        return (VIRTUAL_START + mono / SECOND, (mono % SECOND) as i32, mono);
    }
    let (seconds, nanoseconds) = rt.host.wall_clock();
    (seconds, nanoseconds, mono)
}

const SECOND: i64 = 1_000_000_000;

/// Seconds from year 1 to 1970 and to 1885, where `time.Time` counts from when it has a monotonic
/// reading. Every fourth year has a day more, but not every hundredth, but every four hundredth.
const UNIX_TO_INTERNAL: i64 = (1969 * 365 + 1969 / 4 - 1969 / 100 + 1969 / 400) * 86_400;
const WALL_TO_INTERNAL: i64 = (1884 * 365 + 1884 / 4 - 1884 / 100 + 1884 / 400) * 86_400;

/// The fields `wall` and `ext` of the `time.Time` at that moment of the monotonic clock.
fn time_fields(rt: &mut Runtime, moment: i64) -> (u64, i64) {
    let (seconds, nanoseconds, mono) = wall(rt);
    let nanoseconds = i128::from(nanoseconds) + i128::from(moment) - i128::from(mono);
    let seconds = seconds + nanoseconds.div_euclid(i128::from(SECOND)) as i64;
    let nanoseconds = nanoseconds.rem_euclid(i128::from(SECOND)) as u64;
    let since_1885 = seconds + UNIX_TO_INTERNAL - WALL_TO_INTERNAL;
    if since_1885 >> 33 != 0 {
        return (nanoseconds, seconds + UNIX_TO_INTERNAL);
    }
    (1 << 63 | (since_1885 as u64) << 30 | nanoseconds, moment)
}

// ---- deadlines

/// All deadlines.
#[derive(Default, Debug)]
pub struct Timers {
    heap: TimerHeap,
    /// Timers put into the heap of deadlines since the last collection: the young ones among them.
    recent: Vec<Addr>,
    /// How many timers fired.
    fired: u64,
}

impl Timers {
    /// When the next deadline is.
    #[must_use]
    #[inline]
    pub fn next_when(&self) -> Option<i64> {
        self.heap.next_when()
    }

    /// Whether there is no deadline.
    #[must_use]
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// How many deadlines there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// How many fired.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.fired
    }

    /// The bytes it takes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.heap.bytes() + 8 * self.recent.capacity() as u64
    }

    /// Notes a timer for the next minor collection. A ticker comes here at every tick: before the list
    /// outgrows the heap of deadlines, it is made anew from it.
    fn remember(&mut self, timer: Addr) {
        if self.recent.len() > 2 * self.heap.len() + 64 {
            self.recent.clear();
            self.recent.extend(self.heap.iter().filter_map(|deadline| match deadline.target {
                Target::Timer(timer) => Some(timer),
                Target::Sleeper(_) => None,
            }));
        } else {
            self.recent.push(timer);
        }
    }

    /// Marks the timers that have a deadline: they will start a goroutine, or wake the one that waits
    /// for their channel.
    pub fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>) {
        match cycle {
            Cycle::Minor => self.recent.iter().for_each(|&timer| tracer.mark(timer)),
            Cycle::Major => {
                for deadline in self.heap.iter() {
                    if let Target::Timer(timer) = deadline.target {
                        tracer.mark(timer);
                    }
                }
            }
        }
        self.recent.clear();
    }
}

fn start(rt: &mut Runtime, timer: Addr) {
    debug_assert!(get(timer, HANDLE) == 0 && get(timer, WHEN) != 0);
    let Handle(handle) = rt.sched.timers.heap.insert(get(timer, WHEN) as i64, Target::Timer(timer));
    set(timer, HANDLE, u64::from(handle) + 1);
    rt.sched.timers.remember(timer);
    sched::charge(rt);
}

fn cancel(rt: &mut Runtime, timer: Addr) {
    let handle = get(timer, HANDLE);
    if handle != 0 {
        rt.sched.timers.heap.remove(Handle((handle - 1) as u32));
        set(timer, HANDLE, 0);
    }
}

/// The timer's channel got a waiting receiver.
pub(crate) fn somebody_waits(rt: &mut Runtime, timer: Addr) {
    if get(timer, HANDLE) == 0 && get(timer, WHEN) != 0 {
        start(rt, timer);
    }
}

/// The timer's channel has no waiting receiver any more.
pub(crate) fn nobody_waits(rt: &mut Runtime, timer: Addr) {
    cancel(rt, timer);
}

/// Fires all that is due.
pub(crate) fn fire_due(rt: &mut Runtime, now: i64) -> Result<(), SpawnError> {
    // Whoever is woken here runs in the order of the deadlines, even where several have passed at once:
    // each at the end of the queue, not before the one woken last.
    let next = sched::take_next(rt);
    let outcome = fire_each(rt, now);
    sched::put_next(rt, next);
    outcome
}

fn fire_each(rt: &mut Runtime, now: i64) -> Result<(), SpawnError> {
    while let Some((handle, deadline)) = rt.sched.timers.heap.first() {
        if deadline.when > now {
            break;
        }
        match deadline.target {
            Target::Sleeper(g) => {
                rt.sched.timers.heap.remove(handle);
                rt.goroutines.get_mut(g).timer = NO_RECORD;
                rt.sched.timers.fired += 1;
                sched::ready(rt, g);
            }
            Target::Timer(timer) => fire(rt, timer, now)?,
        }
        sched::queue_next(rt);
    }
    Ok(())
}

/// Fires a timer that is due, and starts it again if it has a period.
fn fire(rt: &mut Runtime, timer: Addr, now: i64) -> Result<(), SpawnError> {
    let due = get(timer, WHEN) as i64;
    let function = get(timer, FUNCTION);
    if function != 0 {
        // First, so that the timer is as it was if the goroutine cannot be started.
        sched::spawn(rt, function, Creation::TIMER)?;
    }
    cancel(rt, timer);
    let period = get(timer, PERIOD) as i64;
    let next = if period > 0 {
        let periods = (now - due) / period + 1;
        period.checked_mul(periods).and_then(|more| due.checked_add(more)).unwrap_or(i64::MAX)
    } else {
        0
    };
    set(timer, WHEN, next as u64);
    rt.sched.timers.fired += 1;
    sched::tell(rt, Event::TimerFired { when: due });
    let channel = get(timer, CHANNEL);
    if channel != 0 {
        let (wall, ext) = time_fields(rt, due);
        // A tick that finds the last one not received is dropped.
        chan::offer(rt, channel, &chan::value_of(&[wall, ext as u64, get(timer, LOCATION)]));
    }
    if next != 0 && (channel == 0 || !chan::queue(channel, Side::Receive).is_empty()) {
        start(rt, timer);
    }
    Ok(())
}

/// Somebody looks at the timer's channel: if the timer is due, it fires now.
pub(crate) fn poll(rt: &mut Runtime, timer: Addr) {
    let when = get(timer, WHEN) as i64;
    if when == 0 || get(timer, HANDLE) != 0 {
        return;
    }
    let now = now(rt);
    if when <= now {
        // Timers with a channel start no goroutine: this cannot fail.
        let _ = fire(rt, timer, now);
    }
}

/// `time.Sleep`, done by the running goroutine `g`.
///
/// # Errors
/// `Trap::Park`.
pub fn sleep(rt: &mut Runtime, g: GoroutineIx, nanoseconds: i64) -> NativeResult {
    if nanoseconds <= 0 {
        return Ok(());
    }
    let when = now(rt).saturating_add(nanoseconds);
    let Handle(handle) = rt.sched.timers.heap.insert(when, Target::Sleeper(g));
    rt.goroutines.get_mut(g).timer = handle;
    sched::park(rt, g, WaitReason::Sleep, 0)
}

/// A timer that is due at `when` and then every `period` nanoseconds, if that is not 0. It sends the
/// time, shown in `location`, to `channel` (a fresh one with room for one), or starts `function`.
///
/// # Errors
/// `Trap::OutOfMemory`.
pub fn new_timer(
    rt: &mut Runtime,
    channel: Addr,
    function: Addr,
    location: Addr,
    when: i64,
    period: i64,
) -> Result<Addr, Trap> {
    let timer = rt.heap.alloc(rt.sched.layouts.timer)?;
    set(timer, CHANNEL, channel);
    set(timer, FUNCTION, function);
    set(timer, LOCATION, location);
    if channel != 0 {
        chan::set_timer(rt, channel, timer);
    }
    arm(rt, timer, when, period);
    Ok(timer)
}

fn arm(rt: &mut Runtime, timer: Addr, when: i64, period: i64) {
    set(timer, WHEN, when.max(1) as u64);
    set(timer, PERIOD, period.max(0) as u64);
    let channel = get(timer, CHANNEL);
    if channel == 0 || !chan::queue(channel, Side::Receive).is_empty() {
        start(rt, timer);
    }
}

/// Stops a timer and drops a value that was not received; whether it was active or had one.
pub fn stop(rt: &mut Runtime, timer: Addr) -> bool {
    cancel(rt, timer);
    let mut active = get(timer, WHEN) != 0;
    set(timer, WHEN, 0);
    let channel = get(timer, CHANNEL);
    if channel != 0 && chan::drain(rt, channel) {
        active = true;
    }
    active
}

/// Starts a timer anew; whether it was active.
pub fn reset(rt: &mut Runtime, timer: Addr, when: i64, period: i64) -> bool {
    let active = stop(rt, timer);
    arm(rt, timer, when, period);
    active
}

// ---- natives of package time

/// Bodies of functions that package time declares without one: `now`, `Sleep`, `newTimer`,
/// `stopTimer`, `resetTimer`.
pub static NATIVES: &[Native] = &[
    Native { name: "now", func: native_now },
    Native { name: "Sleep", func: native_sleep },
    Native { name: "newTimer", func: native_new_timer },
    Native { name: "stopTimer", func: native_stop_timer },
    Native { name: "resetTimer", func: native_reset_timer },
];

/// `func now() (sec int64, nsec int32, mono int64)`
///
/// # Errors
/// As other natives.
pub fn native_now(ctx: &mut Ctx<'_>) -> NativeResult {
    let (seconds, nanoseconds, mono) = wall(ctx.runtime());
    ctx.set_int(0, seconds);
    ctx.set_int(1, i64::from(nanoseconds));
    ctx.set_int(2, mono);
    Ok(())
}

/// `func Sleep(d Duration)`
///
/// # Errors
/// As other natives.
pub fn native_sleep(ctx: &mut Ctx<'_>) -> NativeResult {
    let (g, nanoseconds) = (ctx.goroutine(), ctx.int(0));
    sleep(ctx.runtime(), g, nanoseconds)
}

/// `func newTimer(c chan Time, f func(), loc *Location, when, period int64) *runtimeTimer`
///
/// # Errors
/// As other natives.
pub fn native_new_timer(ctx: &mut Ctx<'_>) -> NativeResult {
    let (channel, function, location) = (ctx.raw(0), ctx.raw(1), ctx.raw(2));
    let (when, period) = (ctx.int(3), ctx.int(4));
    let timer = new_timer(ctx.runtime(), channel, function, location, when, period)?;
    ctx.set_raw(0, timer);
    Ok(())
}

/// `func stopTimer(t *runtimeTimer) bool`
///
/// # Errors
/// As other natives.
pub fn native_stop_timer(ctx: &mut Ctx<'_>) -> NativeResult {
    let timer = ctx.raw(0);
    let active = stop(ctx.runtime(), timer);
    ctx.set_bool(0, active);
    Ok(())
}

/// `func resetTimer(t *runtimeTimer, when, period int64) bool`
///
/// # Errors
/// As other natives.
pub fn native_reset_timer(ctx: &mut Ctx<'_>) -> NativeResult {
    let (timer, when, period) = (ctx.raw(0), ctx.int(1), ctx.int(2));
    let active = reset(ctx.runtime(), timer, when, period);
    ctx.set_bool(0, active);
    Ok(())
}
