#![expect(unsafe_code, reason = "counters of semaphores and notify lists in the GC heap")]
//! Semaphores and notify lists: what package sync is built on.
//!
//! A semaphore is a `uint32` in Go's memory and, while somebody waits, a queue in the table here,
//! found by its address (the heap does not move). A released unit goes straight to the first
//! waiter: the counter only counts units that nobody waits for, so a woken goroutine owns its unit
//! and need not look again.
//!
//! A notify list is two `uint32`: the ticket of the next waiter, and of the next to be notified.

use golite_gc::Addr;
use rustc_hash::FxHashMap;

use crate::chan;
use crate::goroutine::{GoroutineIx, WaitReason};
use crate::native::{Ctx, Native, NativeResult, Trap};
use crate::sched;
use crate::slot;
use crate::state::Runtime;
use crate::wait::{NO_RECORD, Side, WaitQueue, WaitRecord, WaitTable};

/// Where in the queue a goroutine begins to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// After the others.
    Last,
    /// Before the others: it has waited already.
    First,
}

/// The queues of all semaphores and notify lists on which somebody waits.
#[derive(Default, Debug)]
pub struct Semas {
    queues: FxHashMap<Addr, WaitQueue>,
}

impl Semas {
    /// The queue at that address.
    #[must_use]
    pub fn queue(&self, addr: Addr) -> WaitQueue {
        self.queues.get(&addr).copied().unwrap_or(WaitQueue::EMPTY)
    }

    fn push(&mut self, waits: &mut WaitTable, addr: Addr, record: u32, turn: Turn) {
        let queue = self.queues.entry(addr).or_insert(WaitQueue::EMPTY);
        match turn {
            Turn::Last => waits.push(queue, record),
            Turn::First => waits.push_front(queue, record),
        }
    }

    /// Takes a record out of the queue at that address.
    pub(crate) fn unlink(&mut self, waits: &mut WaitTable, addr: Addr, record: u32) {
        let Some(queue) = self.queues.get_mut(&addr) else { return };
        waits.unlink(queue, record);
        if queue.is_empty() {
            self.queues.remove(&addr);
        }
    }
}

fn load(addr: Addr) -> u32 {
    debug_assert!(addr != 0 && addr.is_multiple_of(4));
    // SAFETY: natives pass the address of a `uint32` of a live object; package sync, which alone
    // can call them, tests its receivers for nil by its first access to them.
    unsafe { slot::read(addr) }
}

fn store(addr: Addr, value: u32) {
    // SAFETY: as for `load`.
    unsafe { slot::write(addr, value) }
}

fn wait(rt: &mut Runtime, record: WaitRecord, turn: Turn, reason: WaitReason) -> NativeResult {
    let WaitRecord { goroutine: g, object: addr, .. } = record;
    debug_assert_eq!(rt.goroutines.get(g).records, NO_RECORD);
    let record = rt.sched.waits.add(record);
    rt.goroutines.get_mut(g).records = record;
    rt.sched.semas.push(&mut rt.sched.waits, addr, record, turn);
    sched::park(rt, g, reason, addr)
}

/// Wakes the first waiter, if there is one.
fn wake_first(rt: &mut Runtime, addr: Addr) -> bool {
    let queue = rt.sched.semas.queue(addr);
    if queue.is_empty() {
        return false;
    }
    chan::woken_by(rt, queue.head);
    true
}

/// Takes a unit of the semaphore at `addr`; waits for one under that reason.
///
/// # Errors
/// `Trap::Park`.
pub fn acquire(rt: &mut Runtime, g: GoroutineIx, addr: Addr, turn: Turn, reason: WaitReason) -> NativeResult {
    rt.release(g);
    let units = load(addr);
    if units > 0 {
        store(addr, units - 1);
        return Ok(());
    }
    wait(rt, WaitRecord::new(g, Side::Semaphore, addr, 0), turn, reason)
}

/// Gives a unit to the semaphore at `addr`.
pub fn release(rt: &mut Runtime, g: GoroutineIx, addr: Addr) {
    rt.release(g);
    if !wake_first(rt, addr) {
        store(addr, load(addr).wrapping_add(1));
    }
}

/// The ticket of a goroutine that is going to wait in the notify list at `list`.
pub fn notify_add(list: Addr) -> u32 {
    let ticket = load(list);
    store(list, ticket.wrapping_add(1));
    ticket
}

/// Waits until the ticket is notified.
///
/// # Errors
/// `Trap::Park`.
pub fn notify_wait(rt: &mut Runtime, g: GoroutineIx, list: Addr, ticket: u32) -> NativeResult {
    rt.release(g);
    let notified = load(list + 4);
    // Tickets may wrap around: those before `notified` are less than half of the circle behind it.
    if (ticket.wrapping_sub(notified) as i32) < 0 {
        return Ok(());
    }
    let record = WaitRecord::new(g, Side::Notify, list, u64::from(ticket));
    wait(rt, record, Turn::Last, WaitReason::CondWait)
}

/// Notifies all tickets that were given.
pub fn notify_all(rt: &mut Runtime, g: GoroutineIx, list: Addr) {
    rt.release(g);
    store(list + 4, load(list));
    while wake_first(rt, list) {}
}

/// Notifies the oldest ticket that was not notified yet.
pub fn notify_one(rt: &mut Runtime, g: GoroutineIx, list: Addr) {
    rt.release(g);
    let ticket = load(list + 4);
    if ticket == load(list) {
        return;
    }
    store(list + 4, ticket.wrapping_add(1));
    let queue = rt.sched.semas.queue(list);
    let waiter = rt.sched.waits.queue(queue).find(|(_, record)| record.value == u64::from(ticket));
    if let Some((record, _)) = waiter {
        chan::woken_by(rt, record);
    }
}

// ---- natives of package internal/sema

/// Bodies of the functions of package internal/sema.
///
/// `Acquire(s *uint32)`, `AcquireMutex(s *uint32, first bool)`, `AcquireRWMutexR(s *uint32)`,
/// `AcquireRWMutex(s *uint32)`, `AcquireWaitGroup(s *uint32)`, `Release(s *uint32)`,
/// `NotifyAdd(l *NotifyList) uint32`, `NotifyWait(l *NotifyList, ticket uint32)`,
/// `Held(s *uint32)`, `Freed(s *uint32)`, `ReadHeld(s *uint32)`, `ReadFreed(s *uint32)`,
/// `NotifyAll(l *NotifyList)`, `NotifyOne(l *NotifyList)`, `Fatal(text string)`.
pub static NATIVES: &[Native] = &[
    Native { name: "Acquire", func: |ctx| native_acquire(ctx, Turn::Last, WaitReason::Semacquire) },
    Native { name: "AcquireMutex", func: native_acquire_mutex },
    Native { name: "AcquireRWMutexR", func: |ctx| native_acquire(ctx, Turn::Last, WaitReason::RwMutexRLock) },
    Native { name: "AcquireRWMutex", func: |ctx| native_acquire(ctx, Turn::Last, WaitReason::RwMutexLock) },
    Native {
        name: "AcquireWaitGroup",
        func: |ctx| native_acquire(ctx, Turn::Last, WaitReason::WaitGroupWait),
    },
    Native { name: "Release", func: native_release },
    Native { name: "Held", func: native_held },
    Native { name: "Freed", func: native_freed },
    Native { name: "ReadHeld", func: native_read_held },
    Native { name: "ReadFreed", func: native_read_freed },
    Native { name: "NotifyAdd", func: native_notify_add },
    Native { name: "NotifyWait", func: native_notify_wait },
    Native { name: "NotifyAll", func: native_notify_all },
    Native { name: "NotifyOne", func: native_notify_one },
    Native { name: "Fatal", func: native_fatal },
];

/// The address of `words` 32-bit words that a native was given; a panic if it is none.
fn address(ctx: &mut Ctx<'_>, words: u64) -> Result<Addr, Trap> {
    let addr = ctx.raw(0);
    let rt = ctx.runtime();
    if !addr.is_multiple_of(4) || !rt.heap.contains(addr) || !rt.heap.contains(addr + 4 * words - 1) {
        return Err(rt.raise_nil(0));
    }
    Ok(addr)
}

fn native_acquire(ctx: &mut Ctx<'_>, turn: Turn, reason: WaitReason) -> NativeResult {
    let (g, addr) = (ctx.goroutine(), address(ctx, 1)?);
    acquire(ctx.runtime(), g, addr, turn, reason)
}

fn native_acquire_mutex(ctx: &mut Ctx<'_>) -> NativeResult {
    let turn = if ctx.bool(1) { Turn::First } else { Turn::Last };
    native_acquire(ctx, turn, WaitReason::MutexLock)
}

fn native_release(ctx: &mut Ctx<'_>) -> NativeResult {
    let (g, addr) = (ctx.goroutine(), address(ctx, 1)?);
    release(ctx.runtime(), g, addr);
    Ok(())
}

fn native_held(ctx: &mut Ctx<'_>) -> NativeResult {
    let (addr, goroutine) = (address(ctx, 1)?, ctx.rt().running_id);
    ctx.runtime().holders.insert(addr, goroutine);
    Ok(())
}

fn native_freed(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = address(ctx, 1)?;
    ctx.runtime().holders.remove(&addr);
    Ok(())
}

fn native_read_held(ctx: &mut Ctx<'_>) -> NativeResult {
    let (addr, goroutine) = (address(ctx, 1)?, ctx.rt().running_id);
    ctx.runtime().readers.entry(addr).or_default().push(goroutine);
    Ok(())
}

fn native_read_freed(ctx: &mut Ctx<'_>) -> NativeResult {
    let (addr, goroutine) = (address(ctx, 1)?, ctx.rt().running_id);
    let readers = &mut ctx.runtime().readers;
    if let Some(list) = readers.get_mut(&addr) {
        // Another goroutine may give back what one has taken: then it is not known whose it was.
        let place = list.iter().position(|&reader| reader == goroutine).unwrap_or(0);
        list.swap_remove(place);
        if list.is_empty() {
            readers.remove(&addr);
        }
    }
    Ok(())
}

fn native_notify_add(ctx: &mut Ctx<'_>) -> NativeResult {
    let ticket = notify_add(address(ctx, 2)?);
    ctx.set_uint(0, u64::from(ticket));
    Ok(())
}

fn native_notify_wait(ctx: &mut Ctx<'_>) -> NativeResult {
    let (g, list, ticket) = (ctx.goroutine(), address(ctx, 2)?, ctx.uint(1) as u32);
    notify_wait(ctx.runtime(), g, list, ticket)
}

fn native_notify_all(ctx: &mut Ctx<'_>) -> NativeResult {
    let (g, list) = (ctx.goroutine(), address(ctx, 2)?);
    notify_all(ctx.runtime(), g, list);
    Ok(())
}

fn native_notify_one(ctx: &mut Ctx<'_>) -> NativeResult {
    let (g, list) = (ctx.goroutine(), address(ctx, 2)?);
    notify_one(ctx.runtime(), g, list);
    Ok(())
}

fn native_fatal(ctx: &mut Ctx<'_>) -> NativeResult {
    let text = String::from_utf8_lossy(ctx.bytes(0)).into_owned();
    Err(ctx.fatal(text))
}
