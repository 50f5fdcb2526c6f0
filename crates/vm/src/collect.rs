//! Collections: the roots in frames, by safepoint maps.
//!
//! A map says which registers of a frame may still be read, and what they hold. There are two for a
//! place in code: of a frame that runs or is suspended there, and of one that is in a call from there;
//! the latter has nothing of the call's window, which belongs to the callee. Either has what the
//! function's recovery point reads too. Maps are made when a collection first meets a place.
//!
//! A minor collection looks only at goroutines that ran since the last one, and of their stacks only at
//! frames that did: some way down the stack, a frame is made to return to the *barrier*, a stub that moves
//! the barrier down before it lets the caller go on. What is below it was looked at before, and points
//! to old objects only. So a deep stack costs nothing while the program works at its top.
//!
//! A major finds goroutines that
//! nobody can wake: see `golite_runtime::roots`.

use golite_bytecode::{Body, FrameMaps, FuncIx, Kind, LINK_SLOTS, Module, Word};
use golite_runtime::finalizer::{self, Finalizers};
use golite_runtime::golite_gc::{Cycle, Heap, Roots, Tracer};
use golite_runtime::goroutine::{Goroutine, GoroutineIx, Goroutines, StackSlot, Status};
use golite_runtime::roots::{may_run, note_leaks, note_waiting, trace_records, trace_timers};
use golite_runtime::sched::{self, Scheduler};
use golite_runtime::{Runtime, timer};
use rustc_hash::FxHashMap;

use crate::frame::{CodeTable, Place, link_pc, link_slots};
use crate::vm::Vm;

/// Frames between the innermost one and the barrier after a minor collection, or after a return past
/// the barrier.
const BARRIER_DISTANCE: usize = 32;

/// A register to mark. For `Kind::Type`, the data word follows.
type Live = (u16, Kind);

/// The maps made so far.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    functions: FxHashMap<FuncIx, Option<FrameMaps>>,
    /// By address; bit 0 is set for frames that are in a call.
    places: FxHashMap<u64, Box<[Live]>>,
    /// Goroutines marked in the major under way.
    marked: Vec<bool>,
    /// Goroutines that the major found to be leaks.
    leaked: Vec<GoroutineIx>,
}

impl Maps {
    /// What is live in a frame at `pc`; `in_call` if a call from there has not returned, whose return
    /// address `pc` is.
    fn live(&mut self, module: &Module, code: &CodeTable, pc: *const Word, in_call: bool) -> &[Live] {
        let key = pc as u64 | u64::from(in_call);
        if !self.places.contains_key(&key) {
            let made = self.make(module, code, pc, in_call);
            self.places.insert(key, made);
        }
        &self.places[&key]
    }

    fn make(&mut self, module: &Module, code: &CodeTable, pc: *const Word, in_call: bool) -> Box<[Live]> {
        let place = if in_call { code.call_place(pc) } else { code.place(pc) };
        match place {
            Place::Code(func, word) => self.make_in_code(module, func, if in_call { word + 1 } else { word }),
            Place::Stub(func) => at_entry(module, func),
            Place::Exit | Place::Unwind => Box::default(),
        }
    }

    fn make_in_code(&mut self, module: &Module, func: FuncIx, word: u32) -> Box<[Live]> {
        let function = &module.functions[func.index()];
        let Body::Code(code) = &function.body else { return at_entry(module, func) };
        let maps = self.functions.entry(func).or_insert_with(|| FrameMaps::new(module, function, code).ok());
        let maps = maps.as_ref().expect("code was verified, and so has maps");
        let mut live: Vec<Live> = Vec::new();
        let mut add = |pc: u32| {
            for (reg, kind) in maps.live_in(module, function, code, pc) {
                match kind {
                    Kind::Ptr | Kind::Type => live.push((reg.0, kind)),
                    Kind::Num | Kind::Data | Kind::Unset => {}
                }
            }
        };
        if (word as usize) < code.words.len() {
            add(word);
        }
        if let Some(recovery) = code.recovery {
            add(recovery);
        }
        live.sort_unstable_by_key(|live| live.0);
        live.dedup();
        live.into()
    }
}

/// What is live when a function begins.
fn at_entry(module: &Module, func: FuncIx) -> Box<[Live]> {
    let function = &module.functions[func.index()];
    let signature = &module.signatures[function.signature.index()];
    let first = LINK_SLOTS + signature.results.len() as u16;
    let params = signature.params.iter().enumerate();
    let params = params.filter(|(_, kind)| matches!(kind, Kind::Ptr | Kind::Type));
    let mut live: Vec<Live> = params.map(|(i, kind)| (first + i as u16, *kind)).collect();
    if !function.captures.is_empty() {
        live.push((golite_bytecode::CONTEXT.0, Kind::Ptr));
    }
    // A native that has parked returns what it got.
    if matches!(function.body, Body::Native { .. }) {
        let results = signature.results.iter().enumerate();
        let results = results.filter(|(_, kind)| matches!(kind, Kind::Ptr | Kind::Type));
        live.extend(results.map(|(i, kind)| (LINK_SLOTS + i as u16, *kind)));
    }
    live.into()
}

/// The VM as the collector sees it.
struct VmRoots<'a> {
    goroutines: &'a mut Goroutines,
    sched: &'a mut Scheduler,
    maps: &'a mut Maps,
    code: &'a CodeTable,
    module: &'a Module,
    finalizers: &'a Finalizers,
    extra: &'a [(u64, u64)],
    arguments: &'a [(Kind, u64)],
    printing_pc: *const Word,
}

impl VmRoots<'_> {
    fn trace_goroutine(&mut self, g: GoroutineIx, tracer: &mut Tracer<'_>) {
        let goroutine = self.goroutines.get(g);
        trace_records(&self.sched.waits, goroutine, tracer);
        if goroutine.pc == 0 {
            return;
        }
        let seen = trace_frames(self.maps, self.module, self.code, goroutine, self.printing_pc, tracer);
        if tracer.cycle() == Cycle::Minor
            && let Some(base) = seen
        {
            let goroutine = self.goroutines.get_mut(g);
            goroutine.clear_barrier();
            let stub = self.code.barrier_link(goroutine.stack.get(base));
            goroutine.set_barrier(base, stub);
        }
    }
}

/// Marks the live registers of the frames of a goroutine; in a minor collection of those above the
/// barrier. Gives where the barrier should be, if it is too far away.
fn trace_frames(
    maps: &mut Maps,
    module: &Module,
    code: &CodeTable,
    goroutine: &Goroutine,
    printing_pc: *const Word,
    tracer: &mut Tracer<'_>,
) -> Option<StackSlot> {
    let stack = &goroutine.stack;
    let at = |slot: u32| stack.get(StackSlot(slot));
    let minor = tracer.cycle() == Cycle::Minor;
    let (mut frames, mut wanted) = (0, None);
    let mut base = goroutine.base.0;
    let mut pc: *const Word = std::ptr::with_exposed_provenance(goroutine.pc as usize);
    let (mut in_call, mut limit) = (false, u32::MAX);
    loop {
        for &(reg, kind) in maps.live(module, code, pc, in_call) {
            let reg = u32::from(reg);
            if reg >= limit {
                continue;
            }
            match kind {
                Kind::Type => tracer.mark_iface(at(base + reg), at(base + reg + 1)),
                _ => tracer.mark(at(base + reg)),
            }
        }
        frames += 1;
        if frames == BARRIER_DISTANCE {
            wanted = Some(StackSlot(base));
        }
        let far = wanted.filter(|_| frames > 2 * BARRIER_DISTANCE);
        if minor && base == goroutine.barrier.0 {
            return far;
        }
        let link = goroutine.link(StackSlot(base));
        let (return_to, below) = (link_pc(link), link_slots(link) as u32);
        if return_to == code.exit() {
            return far;
        }
        if return_to == code.unwind() {
            let record = goroutine.panics().iter().rev().find(|panic| panic.deferred.0 == base);
            pc = record.map_or(printing_pc, |panic| std::ptr::with_exposed_provenance(panic.pc as usize));
            (in_call, limit) = (false, u32::MAX);
        } else {
            (pc, in_call, limit) = (return_to, true, below);
        }
        base -= below;
    }
}

impl Roots for VmRoots<'_> {
    fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>) {
        trace_timers(self.sched, tracer);
        finalizer::trace(self.finalizers, tracer);
        for &(word, data) in self.extra {
            tracer.mark_iface(word, data);
        }
        for (i, &(kind, word)) in self.arguments.iter().enumerate() {
            match kind {
                Kind::Ptr => tracer.mark(word),
                Kind::Type => tracer.mark_iface(word, self.arguments[i + 1].1),
                Kind::Num | Kind::Data | Kind::Unset => {}
            }
        }
        if cycle == Cycle::Major {
            self.maps.marked.clear();
            self.maps.marked.resize(self.goroutines.capacity(), false);
        }
        let wanted: Vec<GoroutineIx> = self
            .goroutines
            .iter()
            .filter(|(_, goroutine)| match cycle {
                Cycle::Minor => goroutine.ran,
                Cycle::Major => goroutine.status != Status::Waiting,
            })
            .map(|(g, _)| g)
            .collect();
        for g in wanted {
            self.trace_goroutine(g, tracer);
            match cycle {
                Cycle::Minor => {
                    let goroutine = self.goroutines.get_mut(g);
                    goroutine.ran = goroutine.status == Status::Running;
                }
                Cycle::Major => self.maps.marked[g.index()] = true,
            }
        }
    }

    fn trace_waiting(&mut self, tracer: &mut Tracer<'_>) -> bool {
        let mut found = Vec::new();
        for (g, goroutine) in self.goroutines.iter() {
            let marked = self.maps.marked.get(g.index()).copied().unwrap_or(false);
            if !marked && may_run(&self.sched.waits, goroutine, tracer) {
                found.push(g);
            }
        }
        for &g in &found {
            self.trace_goroutine(g, tracer);
            self.maps.marked[g.index()] = true;
        }
        !found.is_empty()
    }

    fn trace_leaked(&mut self, tracer: &mut Tracer<'_>) {
        let marked = &self.maps.marked;
        let left: Vec<GoroutineIx> = self
            .goroutines
            .iter()
            .filter(|(g, _)| !marked.get(g.index()).copied().unwrap_or(false))
            .map(|(g, _)| g)
            .collect();
        for &g in &left {
            self.trace_goroutine(g, tracer);
        }
        self.maps.leaked = left;
    }
}

impl Vm {
    /// Collects if it is time. To be called before an instruction does anything.
    #[inline(always)]
    pub(crate) fn safepoint(&mut self) {
        if self.rt.heap.wants_collection() {
            self.collect(Heap::collect);
        }
    }

    /// The barrier stub: the frame that returned was the one with the barrier. Moves it down, then
    /// returns to where the frame's own link says.
    pub(crate) fn return_past_barrier(&mut self) -> bool {
        let frame = self.frame_slot();
        let goroutine = self.rt.goroutines.get_mut(self.rt.running);
        let link = goroutine.barrier_link;
        goroutine.barrier = StackSlot::NONE;
        self.pc = link_pc(link);
        let mut base = frame;
        for _ in 0..BARRIER_DISTANCE {
            let own = goroutine.stack.get(base);
            if link_pc(own) == self.code.exit() {
                return true;
            }
            base = StackSlot(base.0 - link_slots(own) as u32);
        }
        let stub = self.code.barrier_link(goroutine.stack.get(base));
        goroutine.set_barrier(base, stub);
        true
    }

    /// Collects everything there is to collect.
    pub(crate) fn collect_all(&mut self) {
        self.collect(Heap::collect_major);
    }

    /// Saves the registers in the record of the running goroutine, if there is one.
    pub(crate) fn save_goroutine(&mut self) {
        if self.rt.running == GoroutineIx::NONE || self.fp.is_null() {
            return;
        }
        let base = self.frame_slot();
        let pc = self.pc as u64;
        let goroutine = self.rt.goroutines.get_mut(self.rt.running);
        goroutine.base = base;
        goroutine.pc = pc;
    }

    #[cold]
    #[inline(never)]
    fn collect(&mut self, run: fn(&mut Heap, &mut dyn Roots)) {
        if self.rt.heap.wants_attention() {
            self.attend();
        }
        self.save_goroutine();
        let majors = self.rt.heap.majors();
        let traced = self.rt.sched.events.log.is_some();
        let start = if traced { timer::glance(&mut self.rt) } else { 0 };
        let mut extra = Vec::new();
        if let Some(golite_runtime::panic::PendingPanic::Value { type_word, data }) = self.rt.pending_panic {
            extra.push((type_word, data));
        }
        let Runtime { heap, goroutines, sched, finalizers, .. } = &mut self.rt;
        let mut roots = VmRoots {
            goroutines,
            sched,
            maps: &mut self.maps,
            code: &self.code,
            module: self.loader.module(),
            finalizers,
            extra: &extra,
            arguments: self.call.arguments(),
            printing_pc: self.printing_pc,
        };
        run(heap, &mut roots);
        finalizer::after_collection(&mut self.rt);
        self.count_freed();
        self.show_collections();
        if traced {
            self.record_collection(start, self.rt.heap.majors() != majors);
        }
        if self.rt.heap.majors() != majors {
            self.after_major();
        }
    }

    fn after_major(&mut self) {
        if self.config.origins {
            self.forget_made();
        }
        let now = timer::now(&mut self.rt);
        note_waiting(&mut self.rt.goroutines, now);
        let leaked = std::mem::take(&mut self.maps.leaked);
        note_leaks(&mut self.rt, &leaked);
        let idle: Vec<(GoroutineIx, u32)> = self
            .rt
            .goroutines
            .iter()
            .filter(|(_, goroutine)| goroutine.status != Status::Running && goroutine.pc != 0)
            .map(|(g, goroutine)| (g, self.stack_in_use(goroutine)))
            .collect();
        for (g, live) in idle {
            sched::shrink_stack(&mut self.rt, g, live);
        }
    }

    /// How many slots of a suspended goroutine's stack are in use.
    pub(crate) fn stack_in_use(&self, goroutine: &Goroutine) -> u32 {
        let pc: *const Word = std::ptr::with_exposed_provenance(goroutine.pc as usize);
        let slots = match self.code.place(pc) {
            Place::Code(func, _) | Place::Stub(func) => self.code.slots(func),
            Place::Exit | Place::Unwind => u32::from(LINK_SLOTS),
        };
        goroutine.base.0 + slots
    }
}
