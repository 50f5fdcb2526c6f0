#![expect(unsafe_code, reason = "values of the tests lie in the GC heap")]
//! Semaphores, notify lists, sleep and timers without an interpreter.

use crate::chan;
use crate::goroutine::{StackSlot, WaitReason};
use crate::native::Trap;
use crate::report;
use crate::sched::{self, Deadlock, Next};
use crate::sched_tests::{OK, TIME, VALUE, WorldRoots, runs, runtime, spawn};
use crate::sema::{self, Turn};
use crate::slot;
use crate::timer;

#[test]
fn a_semaphore_counts_units_and_hands_them_over_in_order() {
    let mut rt = runtime();
    let addr = rt.heap.alloc_noscan(8).expect("memory");
    let all: Vec<_> = (0..3).map(|_| spawn(&mut rt)).collect();
    for _ in 0..3 {
        let g = runs(&mut rt);
        let turn = if g == all[1] { Turn::First } else { Turn::Last };
        assert_eq!(sema::acquire(&mut rt, g, addr, turn, WaitReason::Semacquire), Err(Trap::Park));
        sched::parked(&mut rt, 0);
    }
    assert_eq!(sched::next(&mut rt), Next::Deadlock(Deadlock::AllAsleep));
    let mut order = Vec::new();
    for _ in 0..3 {
        sema::release(&mut rt, all[0], addr);
        order.push(runs(&mut rt));
        sched::finished(&mut rt, 0);
    }
    assert_eq!(order, [all[1], all[2], all[0]]);
    sema::release(&mut rt, all[0], addr);
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    assert_eq!(sema::acquire(&mut rt, g, addr, Turn::Last, WaitReason::Semacquire), Ok(()));
}

#[test]
fn a_notify_list_wakes_by_ticket() {
    let mut rt = runtime();
    let list = rt.heap.alloc_noscan(8).expect("memory");
    let (a, b) = (spawn(&mut rt), spawn(&mut rt));
    let (first, second) = (sema::notify_add(list), sema::notify_add(list));
    assert_eq!(runs(&mut rt), b);
    assert_eq!(sema::notify_wait(&mut rt, b, list, second), Err(Trap::Park));
    sched::parked(&mut rt, 0);
    sema::notify_one(&mut rt, a, list);
    assert_eq!(runs(&mut rt), a);
    assert_eq!(sema::notify_wait(&mut rt, a, list, first), Ok(()), "its ticket was notified before it waits");
    sema::notify_one(&mut rt, a, list);
    sched::finished(&mut rt, 0);
    assert_eq!(runs(&mut rt), b);
}

#[test]
fn sleepers_wake_in_order_of_time_and_the_virtual_clock_jumps() {
    let mut rt = runtime();
    let all: Vec<_> = (0..3).map(|_| spawn(&mut rt)).collect();
    let hour = 3_600_000_000_000;
    for _ in 0..3 {
        let g = runs(&mut rt);
        let rank = all.iter().position(|&x| x == g).expect("one of them") as i64;
        assert_eq!(timer::sleep(&mut rt, g, hour * (3 - rank)), Err(Trap::Park));
        sched::parked(&mut rt, 0);
    }
    for &g in all.iter().rev() {
        assert_eq!(runs(&mut rt), g);
        sched::finished(&mut rt, 0);
    }
    assert!(timer::now(&mut rt) >= 3 * hour);
}

#[test]
fn a_timer_gives_no_stale_value_after_stop_and_reset() {
    let mut rt = runtime();
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    let ch = chan::make(&mut rt, TIME, 1).expect("memory");
    let start = timer::now(&mut rt);
    let t = timer::new_timer(&mut rt, ch, 0, 0, start + 1_000_000, 0).expect("memory");
    assert!(rt.sched.timers.is_empty(), "nobody waits for it");
    assert_eq!((chan::len(ch), chan::cap(ch)), (0, 0));
    rt.sched.steps += 1_000_000;
    assert!(chan::can_receive(&mut rt, ch), "it fires when somebody looks");
    assert!(timer::stop(&mut rt, t), "the value was not received");
    assert!(!chan::can_receive(&mut rt, ch));
    assert!(!timer::stop(&mut rt, t));
    let now = timer::now(&mut rt);
    assert!(!timer::reset(&mut rt, t, now + 5_000, 0));
    assert_eq!(chan::recv(&mut rt, g, ch, StackSlot(VALUE), StackSlot(OK)), Err(Trap::Park));
    assert_eq!(rt.sched.timers.len(), 1, "now somebody waits");
    sched::parked(&mut rt, 0);
    assert_eq!(runs(&mut rt), g);
    let stack = &rt.goroutines.get(g).stack;
    assert_eq!(stack.get(StackSlot(OK)), 1);
    let (wall, ext) = (stack.get(StackSlot(VALUE)), stack.get(StackSlot(VALUE + 1)));
    assert_eq!((wall >> 63, ext as i64), (1, now + 5_000), "the time at which it was due");
    assert!(rt.sched.timers.is_empty());
    assert!(!timer::stop(&mut rt, t));
}

#[test]
fn a_ticker_drops_ticks_that_nobody_takes() {
    let mut rt = runtime();
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    let ch = chan::make(&mut rt, TIME, 1).expect("memory");
    let start = timer::now(&mut rt);
    timer::new_timer(&mut rt, ch, 0, 0, start + 100_000, 100_000).expect("memory");
    rt.sched.steps += 45_000;
    assert_eq!(chan::recv(&mut rt, g, ch, StackSlot(VALUE), StackSlot(OK)), Ok(()));
    assert_eq!(chan::recv(&mut rt, g, ch, StackSlot(VALUE), StackSlot(OK)), Err(Trap::Park));
    sched::parked(&mut rt, 0);
    assert_eq!(runs(&mut rt), g);
    let ext = rt.goroutines.get(g).stack.get(StackSlot(VALUE + 1)) as i64;
    assert_eq!(ext, start + 500_000, "ticks keep their rhythm");
}

#[test]
fn a_timer_with_a_function_starts_a_goroutine() {
    let mut rt = runtime();
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    let function = rt.heap.alloc_noscan(8).expect("memory");
    let when = timer::now(&mut rt) + 1000;
    timer::new_timer(&mut rt, 0, function, 0, when, 0).expect("memory");
    sched::finished(&mut rt, 0);
    let started = runs(&mut rt);
    assert_eq!(rt.goroutines.get(started).entry, function);
    let info = report::describe(&rt, started);
    assert_eq!(info.created_by(None).as_deref(), Some("created by time.goFunc"));
}

#[test]
fn deadlines_keep_their_timers_alive() {
    let mut rt = runtime();
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    let function = rt.heap.alloc_noscan(8).expect("memory");
    // SAFETY: a fresh object.
    unsafe { slot::write(function, 42u64) };
    let when = timer::now(&mut rt) + 1000;
    timer::new_timer(&mut rt, 0, function, 0, when, 0).expect("memory");
    sched::finished(&mut rt, 0);
    for major in [false, false, true, false] {
        let mut roots = WorldRoots { goroutines: &mut rt.goroutines, sched: &mut rt.sched, fixed: &[] };
        if major {
            rt.heap.collect_major(&mut roots);
        } else {
            rt.heap.collect_minor(&mut roots);
        }
        for _ in 0..100 {
            rt.heap.alloc_noscan(8).expect("memory");
            rt.heap.alloc(rt.sched.layouts.timer).expect("memory");
        }
    }
    let started = runs(&mut rt);
    assert_eq!(rt.goroutines.get(started).entry, function);
    assert!(rt.heap.object_at(function).is_some());
    // SAFETY: the deadline has kept it alive.
    assert_eq!(unsafe { slot::read::<u64>(function) }, 42);
}
