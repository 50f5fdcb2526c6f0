//! `select` over any number of cases.
//!
//! Every ready case is chosen with the same probability, by the scheduler's random source. If none
//! is, the goroutine waits in the queues of all its channels; whoever makes the first of them go
//! ahead takes it out of the others and writes the index of the case into its slot.

use golite_gc::Addr;

use crate::chan;
use crate::goroutine::{GoroutineIx, StackSlot, WaitReason};
use crate::native::NativeResult;
use crate::sched;
use crate::state::Runtime;
use crate::wait::NO_RECORD;

/// A case. Slots are those of the goroutine that selects.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Send or receive.
    pub send: bool,
    /// The channel, 0 for nil: never ready.
    pub channel: Addr,
    /// The first slot of the value to be sent, or of where the received one goes.
    pub value: StackSlot,
    /// How many slots a value takes.
    pub slots: u16,
    /// Where `ok` of a receive goes.
    pub ok: StackSlot,
}

/// What to do when no case is ready.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Otherwise {
    /// There is a `default`: the number of cases is chosen.
    Default,
    /// Wait.
    Wait,
}

/// Selects for the running goroutine `g`. The index of the case goes to `dst`. The slots of what may be received
/// hold nothing that keeps an object alive.
///
/// # Errors
/// As `chan::send` and `chan::recv`.
pub fn select(
    rt: &mut Runtime,
    g: GoroutineIx,
    cases: &[Case],
    otherwise: Otherwise,
    dst: StackSlot,
) -> NativeResult {
    rt.release(g);
    if let Some(index) = ready_case(rt, cases) {
        chan::deliver_number(rt, g, dst, index as u64);
        let case = &cases[index];
        if !case.send {
            return chan::receive_ready(rt, g, case.channel, case.value, case.ok);
        }
        let value = value_of(rt, g, case);
        return chan::send_ready(rt, case.channel, &value);
    }
    if otherwise == Otherwise::Default {
        chan::deliver_number(rt, g, dst, cases.len() as u64);
        return Ok(());
    }
    wait(rt, g, cases, dst)
}

/// One of the ready cases. Each new one replaces the choice so far with probability one in as many
/// as were seen, which makes the choice even without a list of them.
fn ready_case(rt: &mut Runtime, cases: &[Case]) -> Option<usize> {
    let mut chosen = None;
    let mut ready = 0;
    for (index, case) in cases.iter().enumerate() {
        if case.channel != 0 {
            chan::check(rt, case.channel);
        }
        let is_ready =
            if case.send { chan::can_send(case.channel) } else { chan::can_receive(rt, case.channel) };
        if is_ready {
            ready += 1;
            if ready == 1 || rt.sched.random.below(ready) == 0 {
                chosen = Some(index);
            }
        }
    }
    chosen
}

fn value_of(rt: &Runtime, g: GoroutineIx, case: &Case) -> chan::Value {
    let stack = &rt.goroutines.get(g).stack;
    let mut value = chan::Value::default();
    for i in 0..u32::from(case.slots) {
        value[i as usize] = stack.get(StackSlot(case.value.0 + i));
    }
    value
}

fn wait(rt: &mut Runtime, g: GoroutineIx, cases: &[Case], dst: StackSlot) -> NativeResult {
    rt.goroutines.get_mut(g).chosen = dst;
    if shares_queues(cases) {
        for index in any_order(rt, cases.len()) {
            wait_in(rt, g, &cases[index], index)?;
        }
    } else {
        for (index, case) in cases.iter().enumerate() {
            wait_in(rt, g, case, index)?;
        }
    }
    let object = match rt.goroutines.get(g).records {
        NO_RECORD => 0,
        record => rt.sched.waits.get(record).object,
    };
    sched::park(rt, g, reason(cases), object)
}

/// Puts the goroutine into the queue of a case; if that fails, into none. Where a received value goes has been
/// cleared.
fn wait_in(rt: &mut Runtime, g: GoroutineIx, case: &Case, index: usize) -> NativeResult {
    if case.channel == 0 {
        return Ok(());
    }
    let index = index as u32;
    if !case.send {
        chan::enqueue_recv(rt, g, case.channel, case.value, case.ok, index);
        return Ok(());
    }
    let value = value_of(rt, g, case);
    let outcome = chan::enqueue_send(rt, g, case.channel, &value, index);
    if outcome.is_err() {
        chan::leave_queues(rt, g);
    }
    outcome
}

/// Whether two cases wait in the same queue, of which the first there goes ahead.
fn shares_queues(cases: &[Case]) -> bool {
    let same = |a: &Case, b: &Case| a.channel == b.channel && a.send == b.send;
    cases.iter().enumerate().any(|(i, case)| cases[..i].iter().any(|other| same(case, other)))
}

/// The numbers below `count` in any order.
fn any_order(rt: &mut Runtime, count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, rt.sched.random.below(last as u64 + 1) as usize);
    }
    order
}

/// As Go shows it: a `select` with one case is that operation.
fn reason(cases: &[Case]) -> WaitReason {
    match cases {
        [] => WaitReason::SelectNoCases,
        [Case { send: true, channel: 0, .. }] => WaitReason::ChanSendNil,
        [Case { send: false, channel: 0, .. }] => WaitReason::ChanReceiveNil,
        [Case { send: true, .. }] => WaitReason::ChanSend,
        [Case { send: false, .. }] => WaitReason::ChanReceive,
        _ => WaitReason::Select,
    }
}
