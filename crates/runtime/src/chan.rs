#![expect(unsafe_code, reason = "fields and buffers of channels in the GC heap")]
//! Channels.
//!
//! A channel is an object in the GC heap: a ring buffer and two queues of wait records. A value
//! handed to a waiting receiver goes straight into its frame, past the buffer; a waiting sender's
//! value is kept in its wait record (in a box of its own if it takes more than one slot).
//!
//! Invariants:
//! - a receiver waits only while the buffer is empty, a sender only while it is full;
//! - both queues are non-empty only if one `select` waits on both sides of an unbuffered channel;
//! - a closed channel has empty queues.
//!
//! Values in memory (`Repr::Memory`) are never written after they were made, so the buffer holds
//! their addresses. Other values lie in the buffer as in any array.
//!
//! The channel of a timer has a buffer of one that `len` and `cap` do not show; see `timer.rs`.

mod word;

use golite_bytecode::{LeafKind, MAX_SLOTS, TypeIx};
use golite_gc::Addr;

use crate::event::Event;
use crate::goroutine::{GoroutineIx, StackSlot, WaitReason};
use crate::native::{NativeResult, Trap};
use crate::panic::ErrorKind;
use crate::sched;
use crate::slot;
use crate::state::Runtime;
use crate::timer;
use crate::wait::{NO_RECORD, PLAIN, Side, WaitQueue, WaitRecord};

pub use word::{receive_word, send_word, takes_words, wait_for_word};

/// Bytes of a channel object.
pub(crate) const CHAN_BYTES: u64 = 64;
/// Where a channel has pointers: the buffer and the timer.
pub(crate) const CHAN_POINTERS: [u32; 2] = [16, 56];

const COUNT: u64 = 0;
const CAPACITY: u64 = 8;
const BUFFER: u64 = 16;
const FIRST: u64 = 24;
const RECEIVERS: u64 = 32;
const SENDERS: u64 = 40;
const ELEM_AND_FLAGS: u64 = 48;
const TIMER: u64 = 56;

/// In the word at `ELEM_AND_FLAGS`, above the element type.
const CLOSED: u64 = 1 << 32;
/// The element takes one slot that is a pointer, or the address of a value in memory.
const ONE_POINTER: u64 = 1 << 33;
/// The element takes one slot that is a 64-bit number, or any number if there is no buffer.
const ONE_WORD: u64 = 1 << 34;
/// The element takes no slot.
const NO_SLOT: u64 = 1 << 35;

/// Allocations above this are out of range: Go's limit of the address space.
const MOST_BYTES: u64 = 1 << 48;

/// The slots of a value; those after the last are 0.
pub type Value = [u64; MAX_SLOTS];

#[inline]
fn get(ch: Addr, field: u64) -> u64 {
    // SAFETY: `ch` is the address of a live channel object, by the crate's rule, and `field` is one of
    // its aligned words; or `ch` is that of a cell of its buffer, and `field` the word in it.
    unsafe { slot::read(ch + field) }
}

#[inline]
fn set(ch: Addr, field: u64, value: u64) {
    // SAFETY: as for `get`.
    unsafe { slot::write(ch + field, value) }
}

/// Reads a value of a type in slots from memory.
fn load_value(rt: &Runtime, at: Addr, elem: TypeIx) -> Value {
    let mut value = Value::default();
    let leaves = &rt.ty(elem).leaves;
    // SAFETY: `at` is a cell of a channel's buffer or a box, made for this type, and values in
    // slots have at most `MAX_SLOTS`.
    unsafe { slot::read_leaves(at, leaves, value.as_mut_ptr()) }
    value
}

/// Writes a value of a type in slots to memory.
fn store_value(rt: &Runtime, at: Addr, elem: TypeIx, value: &Value) {
    let ty = rt.ty(elem);
    // SAFETY: as for `load_value`.
    unsafe { slot::write_leaves(at, &ty.leaves, value.as_ptr()) }
    if !ty.noscan {
        rt.heap.write_barrier_range(at, ty.size);
    }
}

/// In checked builds: looks that the address is that of a channel.
#[inline(always)]
pub(crate) fn check(rt: &Runtime, ch: Addr) {
    debug_assert!(
        rt.heap.is_object(ch, rt.sched.layouts.chan),
        "a checked access outside of a channel: {ch:#x}"
    );
}

fn is_closed(ch: Addr) -> bool {
    get(ch, ELEM_AND_FLAGS) & CLOSED != 0
}

pub(crate) fn elem_of(ch: Addr) -> TypeIx {
    TypeIx(get(ch, ELEM_AND_FLAGS) as u32)
}

/// The elements are of another type, which looks the same.
pub(crate) fn set_elem(ch: Addr, elem: TypeIx) {
    let flags = get(ch, ELEM_AND_FLAGS) >> 32 << 32;
    set(ch, ELEM_AND_FLAGS, flags | u64::from(elem.0));
}

fn field_of(side: Side) -> u64 {
    match side {
        Side::Receive => RECEIVERS,
        Side::Send => SENDERS,
        Side::Semaphore | Side::Notify => unreachable!("queues of channels have two sides"),
    }
}

/// The object has to be a channel: the queue of one of its sides.
pub(crate) fn queue(ch: Addr, side: Side) -> WaitQueue {
    WaitQueue::from_word(get(ch, field_of(side)))
}

pub(crate) fn set_queue(ch: Addr, side: Side, queue: WaitQueue) {
    set(ch, field_of(side), queue.to_word());
}

pub(crate) fn timer_of(ch: Addr) -> Addr {
    get(ch, TIMER)
}

/// Makes a channel the channel of a timer.
pub(crate) fn set_timer(rt: &mut Runtime, ch: Addr, timer: Addr) {
    set(ch, TIMER, timer);
    rt.heap.write_barrier(ch + TIMER);
}

/// `make(chan elem, size)`.
///
/// # Errors
/// A panic if the size is out of range; `Trap::OutOfMemory`.
pub fn make(rt: &mut Runtime, elem: TypeIx, size: i64) -> Result<Addr, Trap> {
    let ty = rt.ty(elem);
    let bytes = u64::try_from(size).ok().and_then(|n| n.checked_mul(ty.size));
    if bytes.is_none_or(|bytes| bytes > MOST_BYTES - CHAN_BYTES) {
        return Err(rt.raise(ErrorKind::Plain, "makechan: size out of range"));
    }
    let flags = match &*ty.leaves {
        _ if ty.in_memory => ONE_POINTER,
        [] => NO_SLOT,
        [leaf] if leaf.kind == LeafKind::Ptr => ONE_POINTER,
        [leaf] if leaf.kind == LeafKind::W64 || size == 0 => ONE_WORD,
        _ => 0,
    };
    let layout = if ty.in_memory { rt.sched.layouts.pointer } else { ty.layout };
    let has_buffer = flags & NO_SLOT == 0 && size > 0;
    let buffer = if has_buffer { rt.alloc_array(layout, size as u64)? } else { 0 };
    let ch = rt.heap.alloc(rt.sched.layouts.chan)?;
    set(ch, CAPACITY, size as u64);
    set(ch, BUFFER, buffer);
    set(ch, ELEM_AND_FLAGS, u64::from(elem.0) | flags);
    Ok(ch)
}

/// `len(ch)`.
#[must_use]
#[inline]
pub fn len(ch: Addr) -> u64 {
    if ch == 0 || timer_of(ch) != 0 { 0 } else { get(ch, COUNT) }
}

/// `cap(ch)`.
#[must_use]
#[inline]
pub fn cap(ch: Addr) -> u64 {
    if ch == 0 || timer_of(ch) != 0 { 0 } else { get(ch, CAPACITY) }
}

// ---- the buffer

/// The place of a value that is no word.
fn cell(rt: &Runtime, ch: Addr, index: u64) -> Addr {
    get(ch, BUFFER) + index * rt.ty(elem_of(ch)).size
}

fn put(rt: &mut Runtime, ch: Addr, value: &Value) {
    let (count, capacity) = (get(ch, COUNT), get(ch, CAPACITY));
    debug_assert!(count < capacity);
    let flags = get(ch, ELEM_AND_FLAGS);
    if flags & NO_SLOT != 0 {
        set(ch, COUNT, count + 1);
        return;
    }
    if flags & (ONE_POINTER | ONE_WORD) != 0 {
        word::put(rt, ch, count, value[0]);
        return;
    }
    set(ch, COUNT, count + 1);
    let at = cell(rt, ch, place_behind(ch, count));
    store_value(rt, at, elem_of(ch), value);
}

/// The place in the buffer behind the `count` values that are there.
#[inline(always)]
fn place_behind(ch: Addr, count: u64) -> u64 {
    let (first, room) = (get(ch, FIRST), get(ch, CAPACITY) - count);
    if first < room { first + count } else { first - room }
}

/// The first value has left the buffer, which had `count`.
#[inline(always)]
fn drop_first(ch: Addr, count: u64) {
    let next = get(ch, FIRST) + 1;
    set(ch, FIRST, if next == get(ch, CAPACITY) { 0 } else { next });
    set(ch, COUNT, count - 1);
}

fn take(rt: &mut Runtime, ch: Addr) -> Value {
    let mut value = Value::default();
    let count = get(ch, COUNT);
    debug_assert!(count > 0);
    let flags = get(ch, ELEM_AND_FLAGS);
    if flags & NO_SLOT != 0 {
        set(ch, COUNT, count - 1);
        return value;
    }
    if flags & (ONE_POINTER | ONE_WORD) != 0 {
        value[0] = word::take(ch, count);
        return value;
    }
    let elem = elem_of(ch);
    let at = cell(rt, ch, get(ch, FIRST));
    value = load_value(rt, at, elem);
    if !rt.ty(elem).noscan {
        store_value(rt, at, elem, &Value::default());
    }
    drop_first(ch, count);
    value
}

/// Drops what is in the buffer; whether there was something.
pub(crate) fn drain(rt: &mut Runtime, ch: Addr) -> bool {
    let some = get(ch, COUNT) > 0;
    while get(ch, COUNT) > 0 {
        take(rt, ch);
    }
    some
}

// ---- values of waiting senders

/// Keeps a value for a wait record: the record's word, and whether it must be marked.
fn keep(rt: &mut Runtime, elem: TypeIx, value: &Value) -> Result<(u64, bool), Trap> {
    let ty = rt.ty(elem);
    match &*ty.leaves {
        _ if ty.in_memory => Ok((value[0], true)),
        [] => Ok((0, false)),
        [leaf] => Ok((value[0], leaf.kind == LeafKind::Ptr)),
        _ => {
            let at = rt.alloc(elem)?;
            store_value(rt, at, elem, value);
            Ok((at, true))
        }
    }
}

/// The value that a waiting sender's record keeps.
fn kept(rt: &Runtime, elem: TypeIx, word: u64) -> Value {
    if rt.ty(elem).leaves.len() > 1 {
        return load_value(rt, word, elem);
    }
    let mut value = Value::default();
    value[0] = word;
    value
}

/// The zero value of a type as slots.
fn zero(rt: &mut Runtime, elem: TypeIx) -> Result<Value, Trap> {
    let mut value = Value::default();
    if rt.ty(elem).in_memory {
        value[0] = rt.alloc(elem)?;
    }
    Ok(value)
}

// ---- slots of goroutines

/// Writes a value into a goroutine's slots, if it wants it.
pub(crate) fn deliver(rt: &mut Runtime, g: GoroutineIx, dst: StackSlot, elem: TypeIx, value: &Value) {
    let Some(dst) = dst.get() else { return };
    let slots = rt.ty(elem).slots;
    let goroutine = rt.goroutines.touch(g);
    for (i, &slot) in value[..usize::from(slots)].iter().enumerate() {
        goroutine.stack.set(StackSlot(dst.0 + i as u32), slot);
    }
}

/// Writes one number into a goroutine's slot, if it wants it.
pub(crate) fn deliver_number(rt: &mut Runtime, g: GoroutineIx, dst: StackSlot, value: u64) {
    if let Some(dst) = dst.get() {
        rt.goroutines.get_mut(g).stack.set(dst, value);
    }
}

fn receiver_word(dst: StackSlot, ok: StackSlot) -> u64 {
    u64::from(dst.0) | u64::from(ok.0) << 32
}

// ---- waking

/// Gives a value to the waiting receiver of that record and makes it runnable.
fn hand_over(rt: &mut Runtime, record: u32, elem: TypeIx, value: &Value, ok: bool) {
    let WaitRecord { goroutine, value: word, .. } = *rt.sched.waits.get(record);
    deliver(rt, goroutine, StackSlot(word as u32), elem, value);
    deliver_number(rt, goroutine, StackSlot((word >> 32) as u32), u64::from(ok));
    woken_by(rt, record);
}

/// Takes the value of the waiting sender of that record and makes it runnable.
fn take_from(rt: &mut Runtime, record: u32, elem: TypeIx) -> Value {
    let value = kept(rt, elem, rt.sched.waits.get(record).value);
    woken_by(rt, record);
    value
}

/// The operation of that record went ahead: its goroutine leaves all queues and becomes runnable.
pub(crate) fn woken_by(rt: &mut Runtime, record: u32) {
    let WaitRecord { goroutine, case, .. } = *rt.sched.waits.get(record);
    if case != PLAIN {
        let chosen = rt.goroutines.get(goroutine).chosen;
        deliver_number(rt, goroutine, chosen, u64::from(case));
    }
    leave_queues(rt, goroutine);
    sched::ready(rt, goroutine);
}

/// Frees all wait records of a goroutine.
pub fn leave_queues(rt: &mut Runtime, g: GoroutineIx) {
    let mut at = std::mem::replace(&mut rt.goroutines.get_mut(g).records, NO_RECORD);
    while at != NO_RECORD {
        let WaitRecord { object, side, sibling, .. } = *rt.sched.waits.get(at);
        match side {
            Side::Receive | Side::Send => {
                let mut waiting = queue(object, side);
                rt.sched.waits.unlink(&mut waiting, at);
                set_queue(object, side, waiting);
                if side == Side::Receive && waiting.is_empty() && timer_of(object) != 0 {
                    timer::nobody_waits(rt, timer_of(object));
                }
            }
            Side::Semaphore | Side::Notify => rt.sched.semas.unlink(&mut rt.sched.waits, object, at),
        }
        rt.sched.waits.remove(at);
        at = sibling;
    }
}

/// Puts a goroutine into a queue of a channel. It is parked afterwards by `sched::park`.
pub(crate) fn enqueue(rt: &mut Runtime, mut record: WaitRecord) {
    let (g, ch, side) = (record.goroutine, record.object, record.side);
    let goroutine = rt.goroutines.get_mut(g);
    record.sibling = goroutine.records;
    let mut waiting = queue(ch, side);
    let index = rt.sched.waits.append(&mut waiting, record);
    goroutine.records = index;
    set_queue(ch, side, waiting);
    if side == Side::Receive && timer_of(ch) != 0 {
        timer::somebody_waits(rt, timer_of(ch));
    }
}

// ---- operations

/// Whether a send would go ahead (or panic) at once.
pub(crate) fn can_send(ch: Addr) -> bool {
    ch != 0 && (is_closed(ch) || !queue(ch, Side::Receive).is_empty() || get(ch, COUNT) < get(ch, CAPACITY))
}

/// Whether a receive would go ahead at once. A timer that is due fires first.
pub(crate) fn can_receive(rt: &mut Runtime, ch: Addr) -> bool {
    if ch == 0 {
        return false;
    }
    if timer_of(ch) != 0 {
        timer::poll(rt, timer_of(ch));
    }
    get(ch, COUNT) > 0 || is_closed(ch) || !queue(ch, Side::Send).is_empty()
}

/// Sends if that can go ahead at once.
fn send_now(rt: &mut Runtime, ch: Addr, value: &Value) -> Option<NativeResult> {
    if is_closed(ch) {
        return Some(Err(send_on_closed(rt)));
    }
    let receivers = queue(ch, Side::Receive);
    if !receivers.is_empty() {
        hand_over(rt, receivers.head, elem_of(ch), value, true);
        return Some(Ok(()));
    }
    if get(ch, COUNT) < get(ch, CAPACITY) {
        put(rt, ch, value);
        return Some(Ok(()));
    }
    None
}

fn send_on_closed(rt: &mut Runtime) -> Trap {
    rt.raise(ErrorKind::Plain, "send on closed channel")
}

/// The slots of a value that are given, then zeroes.
pub(crate) fn value_of(slots: &[u64]) -> Value {
    let mut value = Value::default();
    value[..slots.len()].copy_from_slice(slots);
    value
}

/// Receives if that can go ahead at once.
fn receive_now(
    rt: &mut Runtime,
    g: GoroutineIx,
    ch: Addr,
    dst: StackSlot,
    ok: StackSlot,
) -> Option<NativeResult> {
    let elem = elem_of(ch);
    let senders = queue(ch, Side::Send);
    let (value, open) = if get(ch, COUNT) > 0 {
        let value = take(rt, ch);
        if !senders.is_empty() {
            let next = take_from(rt, senders.head, elem);
            put(rt, ch, &next);
        }
        (value, true)
    } else if !senders.is_empty() {
        (take_from(rt, senders.head, elem), true)
    } else if is_closed(ch) {
        match if dst == StackSlot::NONE { Ok(Value::default()) } else { zero(rt, elem) } {
            Ok(value) => (value, false),
            Err(trap) => return Some(Err(trap)),
        }
    } else {
        return None;
    };
    deliver(rt, g, dst, elem, &value);
    deliver_number(rt, g, ok, u64::from(open));
    Some(Ok(()))
}

/// `ch <- value`, done by the running goroutine `g`: the value's slots, as many as its type has.
///
/// # Errors
/// A panic, `Trap::Park`, `Trap::OutOfMemory`; after the last it may be done once more.
pub fn send(rt: &mut Runtime, g: GoroutineIx, ch: Addr, value: &[u64]) -> NativeResult {
    let value = &value_of(value);
    rt.release(g);
    if ch == 0 {
        return sched::park(rt, g, WaitReason::ChanSendNil, 0);
    }
    check(rt, ch);
    if let Some(outcome) = send_now(rt, ch, value) {
        return outcome;
    }
    enqueue_send(rt, g, ch, value, PLAIN)?;
    sched::park(rt, g, WaitReason::ChanSend, ch)
}

/// `dst, ok = <-ch`, done by the running goroutine `g`. Either slot may be `StackSlot::NONE`.
///
/// # Errors
/// `Trap::Park`: whoever wakes `g` has written both. `Trap::OutOfMemory`.
pub fn recv(rt: &mut Runtime, g: GoroutineIx, ch: Addr, dst: StackSlot, ok: StackSlot) -> NativeResult {
    rt.release(g);
    if ch == 0 {
        return sched::park(rt, g, WaitReason::ChanReceiveNil, 0);
    }
    check(rt, ch);
    if timer_of(ch) != 0 {
        timer::poll(rt, timer_of(ch));
    }
    if let Some(outcome) = receive_now(rt, g, ch, dst, ok) {
        return outcome;
    }
    // What stands there from before keeps nothing alive while the goroutine waits.
    deliver(rt, g, dst, elem_of(ch), &Value::default());
    enqueue_recv(rt, g, ch, dst, ok, PLAIN);
    sched::park(rt, g, WaitReason::ChanReceive, ch)
}

pub(crate) fn enqueue_send(
    rt: &mut Runtime,
    g: GoroutineIx,
    ch: Addr,
    value: &Value,
    case: u32,
) -> Result<(), Trap> {
    let (word, holds_pointer) = keep(rt, elem_of(ch), value)?;
    let mut record = WaitRecord::new(g, Side::Send, ch, word);
    record.case = case;
    record.holds_pointer = holds_pointer;
    enqueue(rt, record);
    Ok(())
}

pub(crate) fn enqueue_recv(
    rt: &mut Runtime,
    g: GoroutineIx,
    ch: Addr,
    dst: StackSlot,
    ok: StackSlot,
    case: u32,
) {
    let mut record = WaitRecord::new(g, Side::Receive, ch, receiver_word(dst, ok));
    record.case = case;
    enqueue(rt, record);
}

/// Sends without waiting: whether it went ahead. For timers, which are nobody.
pub(crate) fn offer(rt: &mut Runtime, ch: Addr, value: &Value) -> bool {
    !is_closed(ch) && send_now(rt, ch, value).is_some()
}

/// The operation of a `select` case that was found ready.
pub(crate) fn send_ready(rt: &mut Runtime, ch: Addr, value: &Value) -> NativeResult {
    send_now(rt, ch, value).expect("the case is ready")
}

/// As `send_ready`.
pub(crate) fn receive_ready(
    rt: &mut Runtime,
    g: GoroutineIx,
    ch: Addr,
    dst: StackSlot,
    ok: StackSlot,
) -> NativeResult {
    receive_now(rt, g, ch, dst, ok).expect("the case is ready")
}

/// `close(ch)`, done by the running goroutine `g`: receivers get the zero value, senders panic.
///
/// # Errors
/// A panic, `Trap::OutOfMemory`.
pub fn close(rt: &mut Runtime, g: GoroutineIx, ch: Addr) -> NativeResult {
    rt.release(g);
    if ch == 0 {
        return Err(rt.raise(ErrorKind::Plain, "close of nil channel"));
    }
    if is_closed(ch) {
        return Err(rt.raise(ErrorKind::Plain, "close of closed channel"));
    }
    let elem = elem_of(ch);
    let receivers = queue(ch, Side::Receive);
    let value = if receivers.is_empty() { Value::default() } else { zero(rt, elem)? };
    set(ch, ELEM_AND_FLAGS, get(ch, ELEM_AND_FLAGS) | CLOSED);
    loop {
        let receivers = queue(ch, Side::Receive);
        if receivers.is_empty() {
            break;
        }
        hand_over(rt, receivers.head, elem, &value, false);
    }
    loop {
        let senders = queue(ch, Side::Send);
        if senders.is_empty() {
            break;
        }
        let sender = rt.sched.waits.get(senders.head).goroutine;
        rt.goroutines.get_mut(sender).wake_panic = true;
        woken_by(rt, senders.head);
    }
    Ok(())
}

/// Raises the panic of a goroutine that goes on after it was woken by the close of the channel it
/// was sending on. To be asked when a goroutine goes on.
///
/// # Errors
/// That panic.
pub fn resume(rt: &mut Runtime, g: GoroutineIx) -> NativeResult {
    if rt.goroutines.get_mut(g).take_wake_panic() {
        return Err(send_on_closed(rt));
    }
    Ok(())
}

/// The event of blocking on a channel or another object.
pub(crate) fn blocked(id: u64, reason: WaitReason, object: Addr) -> Event {
    Event::GoroutineBlocked { goroutine: id, reason, object }
}
