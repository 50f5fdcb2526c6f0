//! Run-time events: one stream that feeds traces, the goroutine view, `GODEBUG` lines, the debugger.
//!
//! A row of the table is an event. It costs one test of a flag where nobody listens. Listeners see
//! an event in the order in which things happen and may not change the run: they get no runtime.

use golite_bytecode::FuncIx;

use crate::goroutine::WaitReason;
use crate::latency::Latencies;
use crate::trace::TraceLog;

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal { $($(#[$field_doc:meta])* $field:ident: $ty:ty,)* })*) => {
        /// What happened.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Event {
            $($(#[$doc])* $name { $($(#[$field_doc])* $field: $ty,)* },)*
        }

        impl Event {
            /// All names, in order of the table.
            pub const NAMES: &[&str] = &[$($text,)*];

            /// The event's name.
            #[must_use]
            pub fn name(&self) -> &'static str {
                match self {
                    $(Event::$name { .. } => $text,)*
                }
            }
        }
    };
}

events! {
    /// A goroutine was made.
    GoroutineCreated = "goroutine.created" {
        /// The new one.
        goroutine: u64,
        /// The one that made it; 0 for the runtime.
        parent: u64,
        /// The function that it runs.
        entry: Option<FuncIx>,
        /// The function with the `go` statement.
        func: Option<FuncIx>,
        /// The word of its code.
        pc: u32,
    }
    /// A goroutine begins to run for a slice.
    GoroutineStarted = "goroutine.started" {
        /// Which.
        goroutine: u64,
    }
    /// A goroutine gave way: `runtime.Gosched`.
    GoroutineYielded = "goroutine.yielded" {
        /// Which.
        goroutine: u64,
    }
    /// A goroutine used up its slice.
    GoroutinePreempted = "goroutine.preempted" {
        /// Which.
        goroutine: u64,
    }
    /// A goroutine waits from now on.
    GoroutineBlocked = "goroutine.blocked" {
        /// Which.
        goroutine: u64,
        /// Why.
        reason: WaitReason,
        /// On what: the address of a channel or semaphore; 0 if nothing of the kind.
        object: u64,
    }
    /// A goroutine can run again.
    GoroutineUnblocked = "goroutine.unblocked" {
        /// Which.
        goroutine: u64,
        /// Who woke it; 0 for a timer or the outside world.
        by: u64,
    }
    /// A goroutine ended.
    GoroutineEnded = "goroutine.ended" {
        /// Which.
        goroutine: u64,
    }
    /// A goroutine waits for what nobody can reach.
    GoroutineLeaked = "goroutine.leaked" {
        /// Which.
        goroutine: u64,
    }
    /// A timer fired.
    TimerFired = "timer.fired" {
        /// When it was due.
        when: i64,
    }
    /// A collection began.
    CollectionStarted = "gc.started" {
        /// Of all objects.
        major: bool,
    }
    /// A collection ended.
    CollectionEnded = "gc.ended" {
        /// Of all objects.
        major: bool,
        /// Bytes in objects that are left.
        live: u64,
    }
    /// An allocation that was sampled.
    AllocationSampled = "alloc.sampled" {
        /// Who allocated.
        goroutine: u64,
        /// Bytes.
        bytes: u64,
    }
    /// A native function was called.
    NativeCalled = "native.called" {
        /// By whom.
        goroutine: u64,
        /// Which.
        func: FuncIx,
    }
}

/// Who listens to events.
pub trait Listener: Send {
    /// An event at `time` nanoseconds of the monotonic clock.
    fn event(&mut self, time: i64, event: Event);
}

/// The listener, if there is one.
#[derive(Default)]
pub struct Events {
    listener: Option<Box<dyn Listener>>,
    /// The trace under way.
    pub log: Option<Box<TraceLog>>,
    /// How long goroutines that can run wait for it, if that is measured.
    pub latencies: Option<Box<Latencies>>,
}

impl std::fmt::Debug for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Events").field("listening", &self.listening()).finish()
    }
}

impl Events {
    /// Whether anybody listens.
    #[must_use]
    #[inline(always)]
    pub fn listening(&self) -> bool {
        self.listener.is_some() || self.log.is_some() || self.latencies.is_some()
    }

    /// Whether somebody wants to be asked after each time slice. A trace does not.
    #[must_use]
    #[inline(always)]
    pub fn listens_to_all(&self) -> bool {
        self.listener.is_some()
    }

    /// Sets the listener; returns the one before.
    pub fn listen(&mut self, listener: Option<Box<dyn Listener>>) -> Option<Box<dyn Listener>> {
        std::mem::replace(&mut self.listener, listener)
    }

    /// Whether an event has to be told to anybody, if somebody listens.
    #[inline(always)]
    pub fn wants(&mut self, event: &Event) -> bool {
        match &mut self.latencies {
            None => true,
            Some(latencies) => latencies.measures(event) || self.listener.is_some() || self.log.is_some(),
        }
    }

    /// The trace under way, if nobody else listens.
    #[inline(always)]
    pub fn only_log(&mut self) -> Option<&mut TraceLog> {
        let alone = self.listener.is_none() && self.latencies.is_none();
        if alone { self.log.as_deref_mut() } else { None }
    }

    /// Tells the listener. To be called after `listening`, so that making the event is free otherwise.
    pub fn tell(&mut self, time: i64, event: Event) {
        if let Some(latencies) = &mut self.latencies {
            latencies.measured(time, &event);
        }
        if let Some(log) = &mut self.log {
            log.event(time, event);
        }
        if let Some(listener) = &mut self.listener {
            listener.event(time, event);
        }
    }
}
