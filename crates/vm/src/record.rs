//! Execution traces: stacks for what the runtime has noted, and the bytes.
//!
//! See `golite_runtime::trace`. A record that needs the stack of the goroutine that runs gets it when the
//! instruction, or the time slice, has ended. Batches that are full are passed on between time slices: to the host,
//! or to the goroutine that reads them. When many records have come together they make a generation.

use std::collections::{HashMap, VecDeque};

use golite_bytecode::Word;
use golite_gc::OutOfMemory;
use golite_runtime::NativeResult;
use golite_runtime::goroutine::{Goroutine, GoroutineIx, StackSlot, Status, WaitReason};
use golite_runtime::host::HostError;
use golite_runtime::latency::stood_still;
use golite_runtime::native::TraceRequest;
use golite_runtime::profile::MAX_FRAMES;
use golite_runtime::timer;
use golite_runtime::trace::{GoStatus, HEADER, RawStack, TraceLog, What, wake_reader};

use crate::frame::{link_pc, link_slots};
use crate::vm::{TraceTo, Vm};

/// Records of a generation.
const TOGETHER: usize = 40_000;

/// About what batches, stacks and texts of a generation take.
const LOG_BYTES: u64 = 1 << 20;

/// The last generations of a trace: what a `FlightRecorder` of package `runtime/trace` keeps.
#[derive(Default, Debug)]
pub(crate) struct Flight {
    age: i64,
    most: u64,
    /// When each ended, and its bytes.
    parts: VecDeque<(i64, Vec<u8>)>,
    bytes: u64,
    /// What there is of the next.
    current: Vec<u8>,
}

impl Flight {
    /// How long a generation should be: so long that not much more is kept than was asked for.
    fn part(&self) -> i64 {
        (self.age / 4).clamp(1_000_000, 1_000_000_000)
    }

    /// The generation has ended. Forgets those that are too old or too many, but never the last.
    fn end_generation(&mut self, now: i64) {
        let part = std::mem::take(&mut self.current);
        self.bytes += part.len() as u64;
        self.parts.push_back((now, part));
        while self.parts.len() > 1
            && let Some((end, first)) = self.parts.front()
            && (self.bytes > self.most || now - end > self.age)
        {
            self.bytes -= first.len() as u64;
            self.parts.pop_front();
        }
    }
}

impl Vm {
    /// Begins a trace.
    pub(crate) fn begin_trace(&mut self) {
        self.begin_log();
        self.rt.tracing = true;
        self.deliver_to_reader(HEADER);
    }

    /// Begins the list of records, or a generation in it, with the goroutines that there are.
    fn begin_log(&mut self) {
        self.flush_trace();
        if self.rt.sched.events.log.is_none() {
            self.rt.sched.events.log = Some(Box::new(TraceLog::default()));
        }
        self.record_known();
    }

    /// Records the goroutines that there are.
    fn record_known(&mut self) {
        let now = timer::glance(&mut self.rt);
        // The one that runs has the thread: it comes first.
        let running = self.rt.running;
        let mut known: Vec<(bool, u64, GoStatus)> = self
            .rt
            .goroutines
            .iter()
            .map(|(index, g)| {
                let status = match g.status {
                    Status::Running => GoStatus::Running,
                    Status::Waiting => GoStatus::Waiting,
                    Status::Runnable | Status::Dead => GoStatus::Runnable,
                };
                (index != running, g.id, status)
            })
            .collect();
        known.sort_by_key(|(other, id, _)| (*other, *id));
        let procs = self.rt.max_procs().max(1) as u64;
        let Some(log) = &mut self.rt.sched.events.log else { return };
        for (_, id, status) in known {
            log.add(now, What::Known(id, status));
        }
        if running != GoroutineIx::NONE {
            log.add(now, What::Procs(procs));
        }
    }

    /// Ends the trace.
    pub(crate) fn end_trace(&mut self) {
        self.flush_trace();
        self.rt.tracing = false;
        self.end_log();
        wake_reader(&mut self.rt);
    }

    /// Ends the list of records if nobody wants them.
    fn end_log(&mut self) {
        if !self.rt.tracing && self.flight.is_none() {
            self.rt.sched.events.log = None;
        }
    }

    /// Gives the records of the running instruction or time slice the stack of the goroutine.
    #[inline(never)]
    pub(crate) fn stack_records(&mut self, g: GoroutineIx) {
        let Some(log) = self.rt.sched.events.log.as_deref_mut().filter(|log| log.wants_stack()) else {
            return;
        };
        // The same stack comes again and again: it is known by its return addresses.
        if g != GoroutineIx::NONE {
            let goroutine = self.rt.goroutines.get(g);
            if let Some(innermost) = Vm::innermost(goroutine)
                && let Some((returns, number)) = log.recent(innermost)
                && returns_to(goroutine, returns, self.code.exit())
            {
                return log.give_number(number);
            }
        }
        self.stack_records_anew(g);
    }

    /// As `stack_records`, for a stack that did not come lately.
    #[cold]
    fn stack_records_anew(&mut self, g: GoroutineIx) {
        let raw = self.raw_stack(g);
        let known = match (&raw, &mut self.rt.sched.events.log) {
            (Some(raw), Some(log)) => log.give_known(raw),
            _ => false,
        };
        if !known {
            let stack = if g == GoroutineIx::NONE { Vec::new() } else { self.addresses_of(g, MAX_FRAMES) };
            if let Some(log) = &mut self.rt.sched.events.log {
                log.give_stack(stack, raw);
                if log.has_many_stacks() {
                    self.flush_trace();
                }
            }
        }
    }

    /// Where a goroutine is in its innermost frame. Not for those that panic, or that have not begun.
    #[inline]
    fn innermost(goroutine: &Goroutine) -> Option<u64> {
        if goroutine.pc == 0 || !goroutine.panics().is_empty() {
            return None;
        }
        let waits = goroutine.status == Status::Waiting && goroutine.reason != WaitReason::IoWait;
        Some(goroutine.pc | u64::from(waits) << 63 | u64::from(goroutine.id == 1) << 62)
    }

    /// What tells the stack of a goroutine from others: where it is in each frame. Not for those that panic, or
    /// that have not begun.
    fn raw_stack(&self, g: GoroutineIx) -> Option<RawStack> {
        if g == GoroutineIx::NONE {
            return None;
        }
        let goroutine = self.rt.goroutines.get(g);
        let mut raw = RawStack::new();
        raw.push(Vm::innermost(goroutine)?);
        let mut base = goroutine.base.0;
        while raw.len() <= MAX_FRAMES {
            let link = goroutine.link(StackSlot(base));
            let return_to = link_pc(link);
            if return_to == self.code.exit() {
                return Some(raw);
            }
            if return_to == self.code.unwind() {
                return None;
            }
            raw.push(return_to as u64);
            base -= link_slots(link) as u32;
        }
        Some(raw)
    }

    /// Passes full batches on. Ends the generation, if it has many records, or, where only the last are kept, if they
    /// begin long ago.
    ///
    /// # Errors
    /// When what the program records is more than its memory may be.
    #[inline]
    pub(crate) fn flush_full_trace(&mut self) -> Result<(), OutOfMemory> {
        match &self.rt.sched.events.log {
            None => Ok(()),
            Some(log) if self.flight.is_none() && !log.has_batches() && log.len() < TOGETHER => Ok(()),
            Some(_) => self.flush_what_is_due(),
        }
    }

    #[cold]
    fn flush_what_is_due(&mut self) -> Result<(), OutOfMemory> {
        self.deliver_batches();
        let Some(log) = &self.rt.sched.events.log else { return Ok(()) };
        let full = log.len() >= TOGETHER;
        if let Some(part) = self.flight.as_ref().map(|flight| flight.part()) {
            let begins = log.begins();
            let now = timer::glance(&mut self.rt);
            if full || begins.is_some_and(|time| now - time > part) {
                self.begin_log();
            }
        } else if full {
            self.flush_trace();
        }
        self.charge_trace()
    }

    /// Passes full batches on.
    fn deliver_batches(&mut self) {
        let Some(log) = &mut self.rt.sched.events.log else { return };
        for batch in log.take_batches() {
            self.deliver(batch.bytes());
            if let Some(log) = &mut self.rt.sched.events.log {
                log.give_back(batch);
            }
        }
        if self.trace_failed.is_some() {
            self.end_log();
        }
    }

    /// Passes some bytes on to all that want them.
    fn deliver(&mut self, bytes: &[u8]) {
        if let Some(flight) = &mut self.flight {
            flight.current.extend_from_slice(bytes);
        }
        if self.rt.tracing {
            self.deliver_to_reader(bytes);
        }
    }

    fn deliver_to_reader(&mut self, bytes: &[u8]) {
        if self.config.trace != TraceTo::Host {
            self.rt.trace_parts.push(bytes.to_vec());
            wake_reader(&mut self.rt);
        } else if let Err(error) = self.rt.host.record_trace(bytes) {
            self.trace_failed = Some(error);
            self.rt.tracing = false;
        }
    }

    /// Counts the bytes of a trace that the program has asked for as its memory.
    fn charge_trace(&mut self) -> Result<(), OutOfMemory> {
        let held = if self.program_traces {
            let log = if self.rt.sched.events.log.is_some() { LOG_BYTES } else { 0 };
            let flight = self.flight.as_ref().map_or(0, |flight| flight.bytes + flight.current.len() as u64);
            log + self.rt.trace_parts.bytes() + flight
        } else {
            0
        };
        let before = self.trace_charged;
        if held > before {
            self.rt.heap.try_charge_external(held - before)?;
        } else {
            self.rt.heap.charge_external(-((before - held) as i64));
        }
        self.trace_charged = held;
        Ok(())
    }

    /// Ends the generation.
    fn flush_trace(&mut self) {
        let Some(mut log) = self.rt.sched.events.log.take() else { return };
        let mut places = HashMap::new();
        for address in log.addresses() {
            places.entry(address).or_insert_with(|| self.place(address));
        }
        let now = timer::glance(&mut self.rt);
        let wall = self.rt.wall_clock();
        let rest = log.encode(&places, wall, now);
        self.rt.sched.events.log = Some(log);
        self.deliver_batches();
        self.deliver(&rest);
        if let Some(flight) = &mut self.flight {
            flight.end_generation(now);
        }
    }

    /// Nobody can run for a while, or somebody can again.
    pub(crate) fn record_idle(&mut self, what: What) {
        if self.rt.sched.events.log.is_some() {
            let now = timer::glance(&mut self.rt);
            if let Some(log) = &mut self.rt.sched.events.log {
                log.add(now, what);
            }
        }
    }

    /// A collection has ended that began at `start`.
    #[cold]
    pub(crate) fn record_collection(&mut self, start: i64, major: bool) {
        if self.rt.running == GoroutineIx::NONE {
            return;
        }
        let end = timer::glance(&mut self.rt);
        let stats = self.rt.heap.stats();
        let Some(log) = &mut self.rt.sched.events.log else { return };
        if major {
            log.add(start, What::GcBegin);
        }
        log.add(start, What::StopWorld(if major { "GC mark termination" } else { "minor collection" }));
        log.add(end, What::StartWorld);
        if major {
            log.add(end, What::GcEnd);
            log.add(end, What::HeapGoal(stats.next_gc));
        }
        log.add(end, What::HeapAlloc(stats.heap_alloc));
    }

    /// Ends the trace of the whole run: its parts, if they were kept. Otherwise the host has had them all.
    ///
    /// # Errors
    /// Why the host took only some.
    pub fn end_trace_of_run(&mut self) -> Result<Option<Vec<Vec<u8>>>, HostError> {
        if self.config.trace == TraceTo::Nowhere {
            return Ok(None);
        }
        self.end_trace();
        match (self.trace_failed, self.config.trace) {
            (Some(error), _) => Err(error),
            (None, TraceTo::Host) => Ok(None),
            (None, _) => Ok(Some(self.rt.trace_parts.take())),
        }
    }

    /// What a program asks for.
    pub(crate) fn serve_trace(&mut self, request: TraceRequest) -> NativeResult {
        self.trace_as_asked(request)?;
        // Over the limit the next slice ends the program.
        let _ = self.charge_trace();
        Ok(())
    }

    fn trace_as_asked(&mut self, request: TraceRequest) -> NativeResult {
        match request {
            TraceRequest::Start => {
                let free = !self.rt.tracing;
                if free {
                    self.program_traces = true;
                    self.save_goroutine();
                    let began = timer::glance(&mut self.rt);
                    self.begin_trace();
                    stood_still(&mut self.rt, "start trace", began);
                }
                self.set_native_result(0, u64::from(free));
                Ok(())
            }
            TraceRequest::Stop => {
                self.end_trace();
                Ok(())
            }
            TraceRequest::Read => {
                if self.rt.trace_parts.first().is_none() {
                    self.flush_trace();
                }
                let Some(bytes) = self.rt.trace_parts.first() else {
                    (0..3).for_each(|slot| self.set_native_result(slot, 0));
                    return Ok(());
                };
                let bytes = bytes.to_vec();
                self.set_native_bytes(&bytes)?;
                self.rt.trace_parts.pop();
                Ok(())
            }
            TraceRequest::StartFlight { age, bytes } => {
                let free = self.flight.is_none();
                if free {
                    self.program_traces = true;
                    self.save_goroutine();
                    self.begin_log();
                    self.flight = Some(Box::new(Flight { age, most: bytes, ..Flight::default() }));
                }
                self.set_native_result(0, u64::from(free));
                Ok(())
            }
            TraceRequest::StopFlight => {
                self.flush_trace();
                self.flight = None;
                self.end_log();
                Ok(())
            }
            TraceRequest::ReadFlight => {
                self.save_goroutine();
                self.begin_log();
                let parts = self.flight.iter().flat_map(|flight| &flight.parts);
                let mut bytes = HEADER.to_vec();
                parts.for_each(|(_, part)| bytes.extend_from_slice(part));
                self.set_native_bytes(&bytes)
            }
        }
    }
}

/// Whether the frames of a goroutine return to these addresses, and then to `exit`, if they are all that are recorded.
#[inline]
fn returns_to(goroutine: &Goroutine, returns: &[u64], exit: *const Word) -> bool {
    let mut base = goroutine.base.0;
    for &known in returns {
        let link = goroutine.link(StackSlot(base));
        if link_pc(link) as u64 != known {
            return false;
        }
        base -= link_slots(link) as u32;
    }
    returns.len() >= MAX_FRAMES || link_pc(goroutine.link(StackSlot(base))) == exit
}
