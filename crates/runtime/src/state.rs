//! The runtime: all state of one VM.
//!
//! One struct, `Send`, without anything process-wide. The data half (heap objects by type, maps,
//! strings, interfaces, panics) and the scheduling half (goroutines, channels, timers) are functions
//! over it; the VM owns it.
//!
//! Out of memory: an allocation never collects. It fails with `Trap::OutOfMemory`; the interpreter,
//! which knows the roots, collects everything and runs the instruction once more, then gives up.

use std::any::Any;

use golite_bytecode::{FuncIx, GlobalIx, MethodIx, StringIx, TypeIx};
use golite_gc::{Addr, Heap, HeapConfig, HeapError, LayoutId};

use rustc_hash::FxHashMap;

use crate::finalizer::Finalizers;
use crate::goroutine::{GoroutineIx, Goroutines};
use crate::host::{Host, ProcessNumber};
use crate::interrupt::Interrupt;
use crate::latency::Latencies;
use crate::native::{NativeResult, Trap};
use crate::outside::Outside;
use crate::panic::{Fatal, PendingPanic, WellKnown};
use crate::profile::Profiles;
use crate::program::Program;
use crate::random::Random;
use crate::sched::{SchedConfig, Scheduler};
use crate::settings::{DebugDefaults, Settings};
use crate::trace::TraceParts;
use crate::types::{RtType, TypeTable};

/// What the host limits, the heap and the stacks apart.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Steps of the whole run.
    pub max_steps: Option<u64>,
    /// Goroutines alive at once.
    pub max_goroutines: Option<u64>,
}

/// What a runtime is made with.
#[derive(Clone, Copy, Debug, Default)]
pub struct RuntimeConfig {
    /// The heap.
    pub heap: HeapConfig,
    /// The seed of every choice.
    pub seed: u64,
    /// The scheduler.
    pub sched: SchedConfig,
    /// Limits.
    pub limits: Limits,
    /// Allocations are sampled from the start.
    pub sample_memory: bool,
    /// It is measured how long goroutines that can run wait for it.
    pub time_latencies: bool,
    /// What holds where the environment variable `GODEBUG` does not say something else.
    pub debug_defaults: DebugDefaults,
}

/// The state of one VM.
pub struct Runtime {
    /// The heap.
    pub heap: Heap,
    /// Run-time types.
    pub types: TypeTable,
    /// What else was taken over from the module: functions, strings, variables, method names.
    pub program: Program,
    /// All goroutines.
    pub goroutines: Goroutines,
    /// The scheduler, and all that goroutines wait on.
    pub sched: Scheduler,
    /// The outside world.
    pub host: Box<dyn Host>,
    /// Who waits for it.
    pub outside: Outside,
    /// Who may end the program from outside.
    pub interrupt: Interrupt,
    /// Choices of the data half: map seeds, where iterations start, hashes of NaN.
    pub random: Random,
    /// Limits.
    pub limits: Limits,
    /// The running goroutine; `GoroutineIx::NONE` between slices. Whoever switches sets it with
    /// `set_running`.
    pub running: GoroutineIx,
    /// The id of the running goroutine, 0 between slices.
    pub running_id: u64,
    /// Counts the releasing operations of all goroutines: see `release`.
    pub release_clock: u64,
    /// Steps that natives charged and the interpreter has not yet taken from its budget.
    pub charged: u64,
    /// When `charged` passes this, the native is stopped: what is left of `max_steps`.
    pub charge_limit: u64,
    /// When the program ends because of its limit of time, by the host's monotonic clock (also with a
    /// virtual one: what is virtual costs nobody time).
    pub deadline: Option<i64>,
    /// What whoever made the VM keeps for its own natives.
    pub host_data: Option<Box<dyn Any + Send>>,
    /// The panic that a function of the runtime raised, for the interpreter to take.
    pub pending_panic: Option<PendingPanic>,
    /// Which bounds the next panic of a slice expression shows as unsigned numbers.
    pub unsigned_bounds: u8,
    /// The fatal error that was raised.
    pub fatal: Option<Fatal>,
    /// Finalizers and cleanups.
    pub finalizers: Finalizers,
    /// What programs set.
    pub settings: Settings,
    /// Who holds which lock, by the address of its semaphore, if package sync tells.
    pub holders: FxHashMap<Addr, u64>,
    /// Parts of the trace that nobody has taken yet.
    pub trace_parts: TraceParts,
    /// There is a trace: of the whole run, or one that the program has started.
    pub tracing: bool,
    /// Who wrote to the map whose concurrent use ends the program.
    pub racing: GoroutineIx,
    /// By the semaphore of readers: who holds the lock for reading, once for each time. See `holders`.
    pub readers: FxHashMap<Addr, Vec<u64>>,
    /// What is known of where time and memory go.
    pub profiles: Profiles,
    /// Types of the values that the runtime makes itself.
    pub well_known: WellKnown,
    /// 1,024 zero bytes, never written: where `map.get` of a missing key points.
    pub(crate) zeroes: Addr,
    pub(crate) map_layouts: crate::map::MapLayouts,
    /// The 256 strings of one byte.
    pub(crate) byte_strings: Addr,
}

/// Bytes from which on the work of an instruction counts as steps.
pub(crate) const MUCH: u64 = 4096;

/// So much of something long is worked on between two looks at limits and interrupts.
pub const PART: u64 = 1 << 20;

/// log2 of the steps that a native charges between two looks at the clock.
const CLOCK_SHIFT: u32 = 16;

/// Zero bytes kept for values of missing keys; larger values have a block of their own.
pub(crate) const ZEROES: u64 = 1024;

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Runtime>();
};

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("types", &self.types.len()).field("program", &self.program).finish()
    }
}

impl Runtime {
    /// A new runtime without program.
    ///
    /// # Errors
    /// If the heap's address range cannot be reserved.
    pub fn new(config: RuntimeConfig, mut host: Box<dyn Host>) -> Result<Runtime, HeapError> {
        let mut heap = Heap::new(config.heap)?;
        let settings = Settings::new(&mut *host, config.debug_defaults);
        if config.sample_memory {
            heap.start_sampling(config.seed, settings.memory_rate);
        }
        let bytes = TypeTable::bytes_layout();
        let zeroes = heap.alloc_immortal(bytes, ZEROES).map_err(|_| HeapError)?;
        let byte_strings = heap.alloc_immortal(bytes, 256).map_err(|_| HeapError)?;
        crate::string::fill_byte_strings(byte_strings);
        let mut sched = Scheduler::new(config.sched, config.seed, &mut heap);
        if config.time_latencies {
            sched.events.latencies = Some(Box::new(Latencies::new(host.cpu_time())));
        }
        if config.sched.virtual_clock {
            host.set_patient();
        } else if let Some(clock) = host.pause_clock() {
            // Where time is virtual it does not pass in a collection.
            heap.set_clock(clock);
        }
        let map_layouts = crate::map::MapLayouts::new(&mut heap);
        let interrupt = host.interrupt().unwrap_or_default();
        heap.set_stop(interrupt.word());
        Ok(Runtime {
            map_layouts,
            heap,
            types: TypeTable::new(),
            program: Program::new(),
            goroutines: Goroutines::new(),
            sched,
            interrupt,
            host,
            outside: Outside::default(),
            random: Random::new(config.seed ^ 0x6d61_7073_6565_6421),
            limits: config.limits,
            running: GoroutineIx::NONE,
            running_id: 0,
            release_clock: 0,
            charged: 0,
            charge_limit: u64::MAX,
            deadline: None,
            host_data: None,
            pending_panic: None,
            unsigned_bounds: 0,
            fatal: None,
            finalizers: Finalizers::default(),
            settings,
            holders: FxHashMap::default(),
            trace_parts: TraceParts::default(),
            tracing: false,
            racing: GoroutineIx::NONE,
            readers: FxHashMap::default(),
            profiles: Profiles::new(config.seed),
            well_known: WellKnown::default(),
            zeroes,
            byte_strings,
        })
    }

    /// Seconds and nanoseconds since 1970, for the records of a run; with a virtual clock those of the run.
    pub fn wall_clock(&mut self) -> (i64, i32) {
        if !self.sched.clock.is_virtual() {
            return self.host.wall_clock();
        }
        let now = crate::timer::glance(self);
        (now / 1_000_000_000, (now % 1_000_000_000) as i32)
    }

    /// What `GOMAXPROCS` is.
    pub fn max_procs(&mut self) -> i64 {
        let set = self.settings.max_procs.or(self.settings.max_procs_env);
        set.unwrap_or_else(|| self.host.process_number(ProcessNumber::Processors))
    }

    /// Which goroutine runs from now on.
    #[inline]
    pub fn set_running(&mut self, goroutine: GoroutineIx) {
        self.running = goroutine;
        self.running_id = if goroutine == GoroutineIx::NONE { 0 } else { self.goroutines.get(goroutine).id };
    }

    /// The running goroutine does something that orders what it did before what others do after:
    /// send, receive, close, unlock, an atomic operation, `go`, or it begins to wait. Two accesses to
    /// a map by different goroutines race if the first did none of these between.
    #[inline]
    pub fn release(&mut self, goroutine: GoroutineIx) {
        self.release_clock += 1;
        self.goroutines.get_mut(goroutine).releases = self.release_clock;
    }

    /// The type.
    #[must_use]
    #[inline(always)]
    pub fn ty(&self, ty: TypeIx) -> &RtType {
        &self.types[ty]
    }

    /// The address of a package-level variable.
    #[must_use]
    #[inline(always)]
    pub fn global(&self, global: GlobalIx) -> Addr {
        self.program.globals[global.index()]
    }

    /// Address and length of a string constant.
    #[must_use]
    #[inline(always)]
    pub fn string_constant(&self, string: StringIx) -> (Addr, u64) {
        self.program.strings[string.index()]
    }

    /// The function of a method of a concrete type.
    #[must_use]
    #[inline(always)]
    pub fn method_for(&mut self, ty: TypeIx, method: MethodIx) -> Option<FuncIx> {
        self.types.method_for(ty, method)
    }

    /// Allocates a zeroed value of a type: `new(ty)`.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline(always)]
    pub fn alloc(&mut self, ty: TypeIx) -> Result<Addr, Trap> {
        let rt_type = &self.types[ty];
        if rt_type.size == 0 {
            return Ok(self.heap.zero_base());
        }
        let (layout, size) = (rt_type.layout, rt_type.size);
        self.spend(size);
        Ok(self.heap.alloc(layout)?)
    }

    /// Allocates zeroed values in a row.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn alloc_array(&mut self, layout: LayoutId, count: u64) -> Result<Addr, Trap> {
        if count == 0 || self.heap.layout_size(layout) == 0 {
            return Ok(self.heap.zero_base());
        }
        self.spend(self.heap.layout_size(layout).saturating_mul(count));
        Ok(self.heap.alloc_array(layout, count)?)
    }

    /// Allocates zeroed bytes.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn alloc_bytes(&mut self, len: u64) -> Result<Addr, Trap> {
        if len == 0 {
            return Ok(self.heap.zero_base());
        }
        self.spend(len);
        Ok(self.heap.alloc_noscan(len)?)
    }

    /// Steps for work that a native does.
    ///
    /// # Errors
    /// `Trap::Limit` when the limit of steps or of time is reached or the program is interrupted.
    #[inline]
    pub fn charge(&mut self, steps: u64) -> NativeResult {
        let before = self.charged;
        self.charged = before.saturating_add(steps);
        if self.charged > self.charge_limit || self.interrupt.is_asked() {
            return Err(Trap::Limit);
        }
        if before >> CLOCK_SHIFT != self.charged >> CLOCK_SHIFT && self.is_late() {
            return Err(Trap::Limit);
        }
        Ok(())
    }

    /// Between parts of long work whose steps are counted elsewhere.
    ///
    /// # Errors
    /// `Trap::Limit` when the limit of time is reached or the program is interrupted.
    pub fn look(&mut self) -> NativeResult {
        if self.interrupt.is_asked() || self.is_late() { Err(Trap::Limit) } else { Ok(()) }
    }

    /// Work of an instruction in proportion to its operands. Much of it counts as steps, a step for 64
    /// bytes, which the interpreter takes when the instruction is done: so a time slice is not longer for
    /// large operands.
    #[inline(always)]
    pub fn spend(&mut self, bytes: u64) {
        if bytes >= MUCH {
            self.charged = self.charged.saturating_add(bytes >> 6);
        }
    }

    /// Whether the limit of time has passed.
    #[cold]
    pub fn is_late(&mut self) -> bool {
        self.host.lasts();
        self.deadline.is_some_and(|deadline| self.host.monotonic() >= deadline)
    }
}
