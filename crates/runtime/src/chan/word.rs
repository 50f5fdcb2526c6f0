//! Sends and receives of values of one word, which most channels are for: the operations of the module above
//! without the detours for values of any shape. Closed channels, nil, `select` and timers go there.

use super::{
    BUFFER, CAPACITY, CLOSED, COUNT, ELEM_AND_FLAGS, FIRST, ONE_POINTER, ONE_WORD, check, drop_first,
    elem_of, get, hand_over, place_behind, queue, receiver_word, set, set_queue, value_of, woken_by,
};
use golite_gc::Addr;

use crate::goroutine::{GoroutineIx, StackSlot, WaitReason};
use crate::native::NativeResult;
use crate::sched;
use crate::state::Runtime;
use crate::wait::{NO_RECORD, PLAIN, Side, WaitQueue, WaitRecord};

/// Whether the operations of this module serve the channel: it is open, and its values take one slot, which
/// lies in the buffer as it is. A timer's channel is for times, which take more.
#[must_use]
#[inline(always)]
pub fn takes_words(ch: Addr) -> bool {
    if ch == 0 {
        return false;
    }
    let flags = get(ch, ELEM_AND_FLAGS);
    flags & CLOSED == 0 && flags & (ONE_POINTER | ONE_WORD) != 0
}

/// `ch <- value`, done by the running goroutine `g`; `takes_words` holds.
///
/// # Errors
/// `Trap::Park`.
#[inline(always)]
pub fn send_word(rt: &mut Runtime, g: GoroutineIx, ch: Addr, value: u64) -> NativeResult {
    check(rt, ch);
    let receivers = queue(ch, Side::Receive);
    if !receivers.is_empty() {
        rt.release(g);
        give(rt, ch, receivers, value);
        return Ok(());
    }
    let count = get(ch, COUNT);
    if count < get(ch, CAPACITY) {
        rt.release(g);
        put(rt, ch, count, value);
        return Ok(());
    }
    let mut record = WaitRecord::new(g, Side::Send, ch, value);
    record.holds_pointer = get(ch, ELEM_AND_FLAGS) & ONE_POINTER != 0;
    wait(rt, ch, Side::Send, record);
    sched::park(rt, g, WaitReason::ChanSend, ch)
}

/// `<-ch` if that goes ahead at once, done by the running goroutine `g`; `takes_words` holds.
#[inline(always)]
pub fn receive_word(rt: &mut Runtime, g: GoroutineIx, ch: Addr) -> Option<u64> {
    check(rt, ch);
    let count = get(ch, COUNT);
    let senders = queue(ch, Side::Send);
    if count == 0 {
        if senders.is_empty() {
            return None;
        }
        rt.release(g);
        return Some(take_from(rt, ch, senders));
    }
    rt.release(g);
    let value = take(ch, count);
    if !senders.is_empty() {
        let next = take_from(rt, ch, senders);
        put(rt, ch, count - 1, next);
    }
    Some(value)
}

/// `dst, ok = <-ch` when `receive_word` had nothing: the running goroutine `g` waits. Whoever wakes it has
/// written both slots, which may be `StackSlot::NONE`.
///
/// # Errors
/// Always `Trap::Park`.
#[inline(always)]
pub fn wait_for_word(
    rt: &mut Runtime,
    g: GoroutineIx,
    ch: Addr,
    dst: StackSlot,
    ok: StackSlot,
) -> NativeResult {
    if let Some(dst) = dst.get() {
        // What stands there from before keeps nothing alive meanwhile.
        rt.goroutines.get_mut(g).stack.set(dst, 0);
    }
    wait(rt, ch, Side::Receive, WaitRecord::new(g, Side::Receive, ch, receiver_word(dst, ok)));
    sched::park(rt, g, WaitReason::ChanReceive, ch)
}

/// Gives a value to the first receiver and makes it runnable.
#[inline(always)]
fn give(rt: &mut Runtime, ch: Addr, mut receivers: WaitQueue, value: u64) {
    let WaitRecord { case, goroutine: g, value: word, .. } = *rt.sched.waits.get(receivers.head);
    if case != PLAIN {
        hand_over(rt, receivers.head, elem_of(ch), &value_of(&[value]), true);
        return;
    }
    rt.sched.waits.pop(&mut receivers);
    set_queue(ch, Side::Receive, receivers);
    let goroutine = rt.goroutines.touch(g);
    goroutine.records = NO_RECORD;
    if let Some(dst) = StackSlot(word as u32).get() {
        goroutine.stack.set(dst, value);
    }
    if let Some(ok) = StackSlot((word >> 32) as u32).get() {
        goroutine.stack.set(ok, 1);
    }
    sched::ready(rt, g);
}

/// Takes the value of the first sender and makes it runnable.
#[inline(always)]
fn take_from(rt: &mut Runtime, ch: Addr, mut senders: WaitQueue) -> u64 {
    let WaitRecord { case, goroutine: g, value, .. } = *rt.sched.waits.get(senders.head);
    if case != PLAIN {
        woken_by(rt, senders.head);
        return value;
    }
    rt.sched.waits.pop(&mut senders);
    set_queue(ch, Side::Send, senders);
    rt.goroutines.get_mut(g).records = NO_RECORD;
    sched::ready(rt, g);
    value
}

/// Takes the first of the `count` values in the buffer.
#[inline(always)]
pub(super) fn take(ch: Addr, count: u64) -> u64 {
    let at = get(ch, BUFFER) + 8 * get(ch, FIRST);
    let value = get(at, 0);
    set(at, 0, 0);
    drop_first(ch, count);
    value
}

/// Puts a value behind the `count` that are in the buffer, which has room.
#[inline(always)]
pub(super) fn put(rt: &mut Runtime, ch: Addr, count: u64, value: u64) {
    let at = get(ch, BUFFER) + 8 * place_behind(ch, count);
    set(at, 0, value);
    set(ch, COUNT, count + 1);
    if get(ch, ELEM_AND_FLAGS) & ONE_POINTER != 0 {
        rt.heap.write_barrier(at);
    }
}

/// Puts the only record of its goroutine at the end of a queue.
#[inline(always)]
fn wait(rt: &mut Runtime, ch: Addr, side: Side, record: WaitRecord) {
    let mut waiting = queue(ch, side);
    let index = rt.sched.waits.append(&mut waiting, record);
    set_queue(ch, side, waiting);
    rt.goroutines.get_mut(record.goroutine).records = index;
}
