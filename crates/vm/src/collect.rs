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
//! A major looks at each goroutine once, and again, as far up its stack, at what ran since: so its end is
//! short. A deep stack is looked at in parts, from the top; what is left to do of it is of use as long as the
//! frames there do not run, and begins at the top again if they did. A major finds goroutines that nobody can wake: see `golite_runtime::roots`.

use std::collections::VecDeque;

use golite_bytecode::{Body, FrameMaps, FuncIx, Kind, LINK_SLOTS, Module, Word};
use golite_runtime::finalizer::{self, Finalizers};
use golite_runtime::golite_gc::{Addr, Cycle, Heap, Roots, Tracer};
use golite_runtime::goroutine::{Goroutine, GoroutineIx, Goroutines, StackSlot, Status};
use golite_runtime::roots::{may_run, note_leaks, trace_records, trace_timers};
use golite_runtime::sched::{self, Scheduler};
use golite_runtime::{Runtime, timer};
use rustc_hash::FxHashMap;

use crate::frame::{CodeTable, Place, link_pc, link_slots};
use crate::vm::Vm;

/// Frames between the innermost one and the barrier after a minor collection, or after a return past
/// the barrier.
const BARRIER_DISTANCE: usize = 32;

/// Frames of a stack that are looked at in a part of a major: some milliseconds. Few in checked builds, so that tests
/// see parts.
const FRAMES_AT_ONCE: usize = if cfg!(debug_assertions) { 4 * BARRIER_DISTANCE } else { 1 << 17 };

/// What looking at a goroutine costs a minor collection, and each of its frames, in nanoseconds or so.
const WORK_OF_GOROUTINE: u64 = 100;
const WORK_OF_FRAME: u64 = 24;

/// How often stacks are begun anew in a major before they are looked at in one piece: so it comes to an end, however
/// much they go up and down.
const MOST_BEGUN_ANEW: u32 = 16;

/// A register to mark. For `Kind::Type`, the data word follows.
type Live = (u16, Kind);

/// The maps made so far.
#[derive(Debug, Default)]
pub(crate) struct Maps {
    functions: FxHashMap<FuncIx, Option<FrameMaps>>,
    /// By address; bit 0 is set for frames that are in a call.
    places: FxHashMap<u64, Box<[Live]>>,
    /// By goroutine: what the major under way knows of it; empty if there is none.
    seen: Vec<Seen>,
    /// All that do not wait were traced for that major.
    begun: bool,
    /// Those that ran since they were traced for it, with repetitions and some that have ended.
    changed: Vec<GoroutineIx>,
    /// Waiting goroutines that may not be traced yet, once they are looked at.
    left: Option<VecDeque<GoroutineIx>>,
    /// How many of them were looked at since one was found that can run.
    passed: usize,
    /// Deep stacks that were looked at in part: the goroutine, its number, and where the rest begins.
    deep: Vec<(GoroutineIx, u64, FramePlace)>,
    /// How often that began anew in this major.
    begun_anew: u32,
    /// Goroutines that the major found to be leaks.
    leaked: Vec<GoroutineIx>,
    /// Where going through all goroutines after a major goes on.
    tidied: Option<usize>,
}

/// A frame, as it is reached from the one above it.
#[derive(Clone, Copy, Debug)]
struct FramePlace {
    base: u32,
    pc: *const Word,
    /// It is in a call: only registers below `limit`, where the callee's frame begins, are its own.
    in_call: bool,
    limit: u32,
}

impl FramePlace {
    /// The innermost frame.
    fn top(goroutine: &Goroutine) -> FramePlace {
        let pc = std::ptr::with_exposed_provenance(goroutine.pc as usize);
        FramePlace { base: goroutine.base.0, pc, in_call: false, limit: u32::MAX }
    }
}

/// What a major knows of a goroutine.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Seen {
    /// Nothing.
    #[default]
    No,
    /// It was traced, and ran since.
    Before,
    /// It was traced and did not run since.
    Now,
}

/// How many goroutines are traced, and how many are looked at for it, in a part of a major.
const TRACED_AT_ONCE: usize = 2048;
const LOOKED_AT_AT_ONCE: usize = 16 * TRACED_AT_ONCE;

/// How many goroutines are looked at after each collection, once a major has ended.
const TIDIED_AT_ONCE: usize = 4096;

impl Maps {
    /// Code is gone: of functions from a number on, at these addresses.
    pub(crate) fn forget(&mut self, first: FuncIx, last: FuncIx, gone: &[std::ops::Range<usize>]) {
        for func in (first.0..last.0).map(FuncIx) {
            self.functions.remove(&func);
        }
        if !self.places.is_empty() {
            let words = gone.iter().flat_map(|range| range.clone().step_by(size_of::<Word>()));
            // A return address may be one past the last word.
            let ends = gone.iter().map(|range| range.end);
            for address in words.chain(ends) {
                self.places.remove(&(address as u64));
                self.places.remove(&(address as u64 | 1));
            }
        }
    }

    fn seen(&self, g: GoroutineIx) -> Seen {
        self.seen.get(g.index()).copied().unwrap_or_default()
    }

    fn see(&mut self, g: GoroutineIx, seen: Seen) {
        if self.seen.len() <= g.index() {
            self.seen.resize(g.index() + 1, Seen::No);
        }
        self.seen[g.index()] = seen;
    }

    /// Takes what is left of a goroutine's stack to be looked at.
    fn take_deep(&mut self, g: GoroutineIx, goroutine: &Goroutine) -> Option<FramePlace> {
        let index = self.deep.iter().position(|(index, id, _)| (*index, *id) == (g, goroutine.id))?;
        Some(self.deep.swap_remove(index).2)
    }

    /// Notes for the major under way that goroutines ran.
    fn note_ran(&mut self, goroutines: &[GoroutineIx]) {
        if self.begun {
            for &g in goroutines {
                if self.seen(g) == Seen::Now {
                    self.see(g, Seen::Before);
                }
            }
            self.changed.extend(goroutines);
        }
    }

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
    /// String constants that are ordinary objects.
    constants: &'a [(Addr, u64)],
    /// Variables that are ordinary objects.
    variables: Vec<Addr>,
    /// Strings that are printed when the program ends.
    printed: Vec<Addr>,
    arguments: &'a [(Kind, u64)],
    /// Func values that inputs deferred.
    deferred: &'a [Addr],
    printing_pc: *const Word,
}

impl VmRoots<'_> {
    /// Marks what a goroutine holds; in a major at most so many of its frames, and the rest by `trace_deep`.
    fn trace_goroutine(&mut self, g: GoroutineIx, most: usize, tracer: &mut Tracer<'_>) {
        let goroutine = self.goroutines.get(g);
        trace_records(&self.sched.waits, goroutine, tracer);
        if goroutine.pc == 0 {
            return;
        }
        let top = FramePlace::top(goroutine);
        let minor = tracer.cycle() == Cycle::Minor;
        let (end, most, kept) = if minor {
            (End::At(goroutine.barrier.0), usize::MAX, None)
        } else {
            let rest = self.maps.take_deep(g, goroutine);
            let steady = if self.maps.seen(g) == Seen::No { 0 } else { goroutine.steady.0 };
            match rest {
                // The rest is from a place on whose frames ran since: it begins anew.
                Some(rest) if rest.base >= steady => {
                    self.maps.begun_anew += 1;
                    let much = self.maps.begun_anew > MOST_BEGUN_ANEW;
                    (End::NotBelow(0), if much { usize::MAX } else { most }, None)
                }
                kept => (End::NotBelow(steady), most, kept),
            }
        };
        let (far, rest) = trace_frames(
            self.maps,
            self.module,
            self.code,
            goroutine,
            self.printing_pc,
            (top, end, most),
            tracer,
        );
        let goroutine = self.goroutines.get_mut(g);
        // No object is young when a major looks at frames, and none after a minor that gave up, so the barrier may
        // be anywhere then too.
        if let Some(base) = far {
            goroutine.put_barrier_back();
            let stub = self.code.barrier_link(goroutine.stack.get(base));
            goroutine.set_barrier(base, stub);
        }
        if !minor {
            goroutine.steady = goroutine.barrier.get().unwrap_or(StackSlot(0));
            let id = goroutine.id;
            self.maps.see(g, Seen::Now);
            self.maps.deep.extend(rest.or(kept).map(|rest| (g, id, rest)));
        }
    }

    /// Goes on with a stack that was looked at in part; false if there is none.
    fn trace_deep(&mut self, tracer: &mut Tracer<'_>) -> bool {
        let Some((g, id, rest)) = self.maps.deep.pop() else { return false };
        let Some(goroutine) = self.goroutines.living(g).filter(|goroutine| goroutine.id == id) else {
            return true;
        };
        if rest.base >= goroutine.steady.0 {
            self.maps.deep.push((g, id, rest));
            self.trace_goroutine(g, FRAMES_AT_ONCE, tracer);
            return true;
        }
        let part = (rest, End::NotBelow(0), FRAMES_AT_ONCE);
        let (_, rest) =
            trace_frames(self.maps, self.module, self.code, goroutine, self.printing_pc, part, tracer);
        self.maps.deep.extend(rest.map(|rest| (g, id, rest)));
        true
    }

    /// Those to be traced for a major that do not wait.
    fn awake(&mut self) -> Vec<GoroutineIx> {
        let mut found = Vec::new();
        if !std::mem::replace(&mut self.maps.begun, true) {
            found.extend(self.goroutines.iter().filter(|(_, g)| g.status != Status::Waiting).map(|(g, _)| g));
            return found;
        }
        let touched = self.goroutines.touched();
        self.maps.note_ran(touched);
        for g in std::mem::take(&mut self.maps.changed) {
            let Some(goroutine) = self.goroutines.living(g) else { continue };
            if goroutine.status != Status::Waiting {
                found.push(g);
            } else if let Some(left) = &mut self.maps.left
                && self.maps.seen.get(g.index()) != Some(&Seen::Now)
            {
                left.push_back(g);
            }
        }
        found
    }
}

/// Which frame of a stack is the last to be looked at, unless the stack ends before.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The one that begins at this slot.
    At(u32),
    /// The first that does not begin above this slot.
    NotBelow(u32),
}

/// Marks the live registers of the frames of a goroutine from one frame on, at most so many. Gives where the barrier
/// should be, if these begin with the innermost and it is too far away, and where the rest begins.
fn trace_frames(
    maps: &mut Maps,
    module: &Module,
    code: &CodeTable,
    goroutine: &Goroutine,
    printing_pc: *const Word,
    (from, end, most): (FramePlace, End, usize),
    tracer: &mut Tracer<'_>,
) -> (Option<StackSlot>, Option<FramePlace>) {
    let stack = &goroutine.stack;
    let at = |slot: u32| stack.get(StackSlot(slot));
    let (mut frames, mut wanted) = (0, None);
    let FramePlace { mut base, mut pc, mut in_call, mut limit } = from;
    tracer.spend(WORK_OF_GOROUTINE);
    loop {
        tracer.spend(WORK_OF_FRAME);
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
        let is_end = match end {
            End::At(last) => base == last,
            End::NotBelow(last) => base <= last,
        };
        if is_end {
            return (far, None);
        }
        let link = goroutine.link(StackSlot(base));
        let (return_to, below) = (link_pc(link), link_slots(link) as u32);
        if return_to == code.exit() {
            return (far, None);
        }
        if return_to == code.unwind() {
            let record = goroutine.panics().iter().rev().find(|panic| panic.deferred.0 == base);
            pc = record.map_or(printing_pc, |panic| std::ptr::with_exposed_provenance(panic.pc as usize));
            (in_call, limit) = (false, u32::MAX);
        } else {
            (pc, in_call, limit) = (return_to, true, below);
        }
        base -= below;
        if frames >= most || tracer.has_given_up() {
            return (far, Some(FramePlace { base, pc, in_call, limit }));
        }
    }
}

impl Roots for VmRoots<'_> {
    fn major_starts(&mut self) {
        self.maps.seen.clear();
        self.maps.changed.clear();
        self.maps.begun = false;
        self.maps.left = None;
        self.maps.passed = 0;
        self.maps.deep.clear();
        self.maps.begun_anew = 0;
    }

    fn is_traced(&self) -> bool {
        self.maps.deep.is_empty()
    }

    fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>) {
        trace_timers(self.sched, tracer);
        finalizer::trace(self.finalizers, tracer);
        for &(word, data) in self.extra {
            tracer.mark_iface(word, data);
        }
        for &(addr, _) in self.constants {
            tracer.mark(addr);
        }
        for &addr in self.variables.iter().chain(&self.printed) {
            tracer.mark(addr);
        }
        for &closure in self.deferred {
            tracer.mark(closure);
        }
        for (i, &(kind, word)) in self.arguments.iter().enumerate() {
            match kind {
                Kind::Ptr => tracer.mark(word),
                Kind::Type => tracer.mark_iface(word, self.arguments[i + 1].1),
                Kind::Num | Kind::Data | Kind::Unset => {}
            }
        }
        let wanted = match cycle {
            Cycle::Minor => {
                let touched = self.goroutines.take_touched();
                self.maps.note_ran(&touched);
                touched
            }
            Cycle::Major => {
                // What was marked since may let others go on.
                self.maps.passed = 0;
                self.awake()
            }
        };
        for g in wanted {
            if tracer.has_given_up() {
                break;
            }
            if cycle == Cycle::Minor || self.maps.seen(g) != Seen::Now {
                self.trace_goroutine(g, FRAMES_AT_ONCE, tracer);
            }
        }
    }

    fn trace_waiting(&mut self, tracer: &mut Tracer<'_>) -> bool {
        if self.trace_deep(tracer) {
            return true;
        }
        let mut left = self.maps.left.take().unwrap_or_else(|| {
            let all = self.goroutines.iter().map(|(g, _)| g);
            all.filter(|&g| self.maps.seen(g) != Seen::Now).collect()
        });
        let (mut looked_at, mut traced) = (0, 0);
        while looked_at < LOOKED_AT_AT_ONCE && traced < TRACED_AT_ONCE && self.maps.passed < left.len() {
            let Some(g) = left.pop_front() else { break };
            looked_at += 1;
            let Some(goroutine) = self.goroutines.living(g) else { continue };
            if self.maps.seen(g) == Seen::Now {
                continue;
            }
            if may_run(&self.sched.waits, goroutine, tracer) {
                self.maps.passed = 0;
                traced += 1;
                self.trace_goroutine(g, FRAMES_AT_ONCE, tracer);
            } else {
                self.maps.passed += 1;
                left.push_back(g);
            }
        }
        let more = traced > 0 || self.maps.passed < left.len() || !self.maps.deep.is_empty();
        self.maps.left = Some(left);
        more
    }

    fn trace_leaked(&mut self, tracer: &mut Tracer<'_>) {
        let left = self.maps.left.take().unwrap_or_default().into_iter();
        let mut left: Vec<GoroutineIx> = left.filter(|&g| self.goroutines.living(g).is_some()).collect();
        left.sort_unstable();
        left.dedup();
        debug_assert!(self.maps.deep.is_empty(), "the end comes when all is looked at");
        for &g in &left {
            self.trace_goroutine(g, usize::MAX, tracer);
        }
        self.maps.leaked = left;
        self.maps.seen.clear();
        self.maps.changed.clear();
        self.maps.begun = false;
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
        let steady = std::mem::replace(&mut goroutine.steady, StackSlot(0));
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
        goroutine.steady = steady.min(base);
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
    fn collect<T>(&mut self, run: impl FnOnce(&mut Heap, &mut dyn Roots) -> T) -> T {
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
        let Runtime { heap, goroutines, sched, finalizers, program, .. } = &mut self.rt;
        let mut roots = VmRoots {
            goroutines,
            sched,
            maps: &mut self.maps,
            code: &self.code,
            module: self.loader.module(),
            finalizers,
            extra: &extra,
            constants: program.held_strings(),
            printed: Vm::printed_strings(self.printing.as_deref()),
            variables: program.held_globals().iter().copied().chain(program.adopted_globals()).collect(),
            arguments: self.call.arguments(),
            deferred: self.deferred.calls(),
            printing_pc: self.printing_pc,
        };
        let outcome = run(heap, &mut roots);
        finalizer::after_collection(&mut self.rt);
        self.count_freed();
        self.show_collections();
        if traced {
            self.record_collection(start, self.rt.heap.majors() != majors);
        }
        if self.rt.heap.majors() != majors {
            self.after_major();
        }
        if let Some(from) = self.maps.tidied {
            self.tidy(from);
        }
        outcome
    }

    fn after_major(&mut self) {
        if self.config.origins || self.config.explain {
            self.forget_made();
        }
        let leaked = std::mem::take(&mut self.maps.leaked);
        note_leaks(&mut self.rt, &leaked);
        self.maps.tidied = Some(0);
    }

    /// Notes of some goroutines since when they wait, and gives back what they do not use of their stacks.
    fn tidy(&mut self, from: usize) {
        let now = timer::now(&mut self.rt);
        let end = self.rt.goroutines.capacity().min(from + TIDIED_AT_ONCE);
        for index in from..end {
            let g = GoroutineIx(index as u32);
            let Some(goroutine) = self.rt.goroutines.living(g) else { continue };
            if goroutine.status == Status::Waiting && goroutine.since == 0 {
                self.rt.goroutines.get_mut(g).since = now;
            }
            let goroutine = self.rt.goroutines.get(g);
            if goroutine.status != Status::Running && goroutine.pc != 0 {
                let live = self.stack_in_use(goroutine);
                sched::shrink_stack(&mut self.rt, g, live);
            }
        }
        self.maps.tidied = (end < self.rt.goroutines.capacity()).then_some(end);
    }

    /// The next part of a collection of all there is that a goroutine has asked for; whether it was the last.
    /// To be called until it was.
    pub(crate) fn collect_in_parts(&mut self) -> bool {
        let id = self.rt.running_id;
        let known = self.collecting.iter().find(|(goroutine, _)| *goroutine == id);
        let target = match known {
            Some((_, target)) => *target,
            None => {
                let target = self.rt.heap.full_major();
                self.collecting.push((id, target));
                target
            }
        };
        let done = self.collect(|heap, roots| heap.step_full(roots, target));
        if done {
            self.collecting.retain(|(goroutine, _)| *goroutine != id);
        }
        done
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
