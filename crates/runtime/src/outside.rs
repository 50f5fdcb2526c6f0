//! Waiting for the outside world: input that has not come, a pipe that nobody else has opened.
//!
//! The host refuses with `WOULD_WAIT`, the native parks its goroutine with `wait`, and the others go on.
//! When the host says that it is worth another try the goroutine is woken, and calls the native again:
//! so nothing is kept while it waits, neither a buffer nor a place for results.
//!
//! With the virtual clock the host refuses every call that could have to wait (`set_patient`), nobody
//! looks at it while somebody can run, and the clock stands until what is awaited has happened, or a
//! timer is due in real time. So the run is the same however fast the input comes, unless it comes so
//! late that it would have been late in real time too.
//!
//! Invariant: `waiting` has one entry for each goroutine that waits for `IoWait`.

use crate::goroutine::{GoroutineIx, WaitReason};
use crate::native::{NativeResult, Trap};
use crate::sched;
use crate::state::Runtime;

/// Who waits for the outside world.
#[derive(Debug, Default)]
pub struct Outside {
    /// Tokens and goroutines, in the order in which they began to wait.
    waiting: Vec<(u64, GoroutineIx)>,
    last_token: u64,
}

/// The running goroutine waits until the call that the host has refused is worth another try.
///
/// # Errors
/// Always `Trap::Wait`.
pub fn wait(rt: &mut Runtime) -> NativeResult {
    rt.outside.last_token += 1;
    let token = rt.outside.last_token;
    let g = rt.running;
    rt.host.watch(token);
    rt.outside.waiting.push((token, g));
    sched::expect_outside(rt);
    match sched::park(rt, g, WaitReason::IoWait, 0) {
        Err(Trap::Park) => Err(Trap::Wait),
        other => other,
    }
}

/// Wakes those for whom something has happened, in the order in which they began to wait.
pub fn deliver(rt: &mut Runtime) {
    if rt.outside.waiting.is_empty() {
        return;
    }
    for token in rt.host.happened() {
        let Some(place) = rt.outside.waiting.iter().position(|(known, _)| *known == token) else { continue };
        let (_, g) = rt.outside.waiting.remove(place);
        sched::outside_done(rt);
        sched::ready_in_turn(rt, g);
    }
}
