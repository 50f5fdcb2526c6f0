//! What goroutines and timers hold, for the collector.
//!
//! The frames' slots are the interpreter's to mark, since it knows which are live at which pc. Here
//! is all the rest: closures, deferred calls, panics, wait records, timers.
//!
//! A major collection finds goroutines that can never be woken: it marks all goroutines that do not
//! wait (and those that the clock or the outside world will wake), then, to a fixpoint, those that
//! wait on something that is marked. The others are leaks.

use golite_gc::Tracer;

use crate::event::Event;
use crate::goroutine::{Goroutine, Status};
use crate::sched::{self, Scheduler};
use crate::state::Runtime;
use crate::wait::WaitTable;

/// Marks what a goroutine holds besides the slots of its frames. In a minor collection only for
/// goroutines that ran since the last one.
pub fn trace_records(waits: &WaitTable, goroutine: &Goroutine, tracer: &mut Tracer<'_>) {
    tracer.mark(goroutine.entry);
    for record in &goroutine.defers {
        tracer.mark(record.closure);
    }
    for panic in goroutine.panics() {
        tracer.mark_iface(panic.type_word, panic.data);
    }
    for record in waits.siblings(goroutine.records) {
        tracer.mark(record.object);
        if record.holds_pointer {
            tracer.mark(record.value);
        }
    }
}

/// Whether a goroutine may run again, as far as is marked: it does not wait, or what it waits on is
/// reachable.
#[must_use]
pub fn may_run(waits: &WaitTable, goroutine: &Goroutine, tracer: &Tracer<'_>) -> bool {
    if goroutine.status != Status::Waiting {
        return true;
    }
    if goroutine.reason.is_on_object() {
        return waits.siblings(goroutine.records).any(|record| tracer.is_marked(record.object));
    }
    !goroutine.reason.is_for_ever()
}

/// Marks the timers that have a deadline: in every collection.
pub fn trace_timers(sched: &mut Scheduler, tracer: &mut Tracer<'_>) {
    let cycle = tracer.cycle();
    sched.timers.trace(cycle, tracer);
}

/// To be called after a major collection, with the ids of the goroutines that it found to be leaks:
/// tells listeners of each once.
pub fn note_leaks(rt: &mut Runtime, leaks: &[crate::goroutine::GoroutineIx]) {
    for &g in leaks {
        let goroutine = rt.goroutines.get_mut(g);
        if !std::mem::replace(&mut goroutine.leaked, true) {
            let id = goroutine.id;
            sched::tell(rt, Event::GoroutineLeaked { goroutine: id });
        }
    }
}
