#![expect(unsafe_code, reason = "values of the tests lie in the GC heap")]
//! Channels, select, semaphores, timers and the scheduler without an interpreter: goroutines are
//! scripts whose operations the driver performs.
//!
//! What must hold in every run: values arrive once and whole; nobody waits while the
//! other side waits too; the same seed gives the same run; what is in flight survives collections.

use std::collections::{BTreeMap, HashMap};

use golite_bytecode::{Leaf, LeafKind, Module, PointerWord, Repr, TypeDef, TypeIx, TypeKind};
use golite_gc::{Addr, Cycle, Heap, HeapConfig, Roots, Tracer};
use proptest::prelude::*;

use crate::chan;
use crate::goroutine::{Creation, GoroutineIx, Goroutines, StackSlot, WaitReason};
use crate::host::{Fd, Host, HostResult};
use crate::native::{NativeResult, Trap};
use crate::report;
use crate::roots;
use crate::sched::{self, Deadlock, Next, Order, SchedConfig, Scheduler};
use crate::select::{Case, Otherwise, select};
use crate::sema::{self, Turn};
use crate::slot;
use crate::state::{Runtime, RuntimeConfig};
use crate::timer;
use crate::wait::Side;

struct NoHost;

impl Host for NoHost {
    fn write(&mut self, _: Fd, bytes: &[u8]) -> HostResult<usize> {
        Ok(bytes.len())
    }
    fn read(&mut self, _: Fd, _: &mut [u8]) -> HostResult<usize> {
        Ok(0)
    }
    fn flush(&mut self) -> HostResult<()> {
        Ok(())
    }
    fn wall_clock(&mut self) -> (i64, i32) {
        (0, 0)
    }
    fn monotonic(&mut self) -> i64 {
        unreachable!("the clock is virtual")
    }
    fn sleep(&mut self, _: i64) -> HostResult<()> {
        Ok(())
    }
    fn random(&mut self, _: &mut [u8]) -> HostResult<()> {
        Ok(())
    }
}

const INT: TypeIx = TypeIx(1);
const STRING: TypeIx = TypeIx(2);
const POINTER: TypeIx = TypeIx(3);
const EMPTY: TypeIx = TypeIx(4);
const BYTE: TypeIx = TypeIx(5);
const LARGE: TypeIx = TypeIx(6);
pub(crate) const TIME: TypeIx = TypeIx(7);
const ELEMS: [TypeIx; 6] = [INT, STRING, POINTER, EMPTY, BYTE, LARGE];

fn def(name: &str, size: u64, repr: Repr, pointers: Vec<PointerWord>) -> TypeDef {
    TypeDef {
        name: name.into(),
        package: "".into(),
        bare_name: "".into(),
        kind: TypeKind::Struct(Vec::new()),
        size,
        align: if size == 1 { 1 } else { 8 },
        repr,
        pointers,
        comparable: true,
        plain: false,
        elem_has_methods: false,
        methods: Vec::new(),
    }
}

fn leaves(kinds: &[LeafKind]) -> Repr {
    Repr::Slots(kinds.iter().enumerate().map(|(i, &kind)| Leaf { offset: 8 * i as u32, kind }).collect())
}

fn types() -> Module {
    let types = vec![
        def("", 0, leaves(&[]), Vec::new()),
        def("int", 8, leaves(&[LeafKind::W64]), Vec::new()),
        def("string", 16, leaves(&[LeafKind::Ptr, LeafKind::W64]), vec![PointerWord::Ptr(0)]),
        def("*int", 8, leaves(&[LeafKind::Ptr]), vec![PointerWord::Ptr(0)]),
        def("struct {}", 0, leaves(&[]), Vec::new()),
        def("uint8", 1, leaves(&[LeafKind::U8]), Vec::new()),
        def("[9]int", 72, Repr::Memory, Vec::new()),
        def(
            "time.Time",
            24,
            leaves(&[LeafKind::W64, LeafKind::W64, LeafKind::Ptr]),
            vec![PointerWord::Ptr(16)],
        ),
    ];
    Module { types, ..Module::default() }
}

fn runtime_with(seed: u64, sched: SchedConfig) -> Runtime {
    let heap = HeapConfig { reserve: 1 << 30, ..HeapConfig::default() };
    let config = RuntimeConfig { heap, seed, sched, ..RuntimeConfig::default() };
    let mut rt = Runtime::new(config, Box::new(NoHost)).expect("a heap");
    let module = types();
    rt.types.sync(&module, &mut rt.heap);
    rt
}

pub(crate) fn runtime() -> Runtime {
    runtime_with(1, SchedConfig { virtual_clock: true, ..SchedConfig::default() })
}

pub(crate) fn spawn(rt: &mut Runtime) -> GoroutineIx {
    sched::spawn(rt, 0, Creation::RUNTIME).expect("memory for a goroutine")
}

pub(crate) fn runs(rt: &mut Runtime) -> GoroutineIx {
    match sched::next(rt) {
        Next::Run { goroutine, .. } => goroutine,
        other => panic!("expected a goroutine to run: {other:?}"),
    }
}

/// A value of the type that is recognisable by its number; `read_value` is the inverse.
fn make_value(rt: &mut Runtime, elem: TypeIx, number: u64) -> Vec<u64> {
    // SAFETY: writes to fresh objects of these sizes.
    unsafe {
        match elem {
            INT => vec![number],
            BYTE => vec![number & 255],
            EMPTY => vec![],
            POINTER | STRING => {
                let addr = rt.heap.alloc_noscan(8).expect("memory");
                slot::write(addr, number);
                if elem == POINTER { vec![addr] } else { vec![addr, number] }
            }
            _ => {
                let addr = rt.alloc(LARGE).expect("memory");
                (0..9).for_each(|i| slot::write(addr + 8 * i, number + i));
                vec![addr]
            }
        }
    }
}

fn read_value(rt: &Runtime, g: GoroutineIx, at: u32, elem: TypeIx) -> u64 {
    let slot_at = |i: u32| rt.goroutines.get(g).stack.get(StackSlot(at + i));
    // SAFETY: reads objects that `make_value` made, or zero values.
    unsafe {
        match elem {
            INT | BYTE => slot_at(0),
            EMPTY => 0,
            POINTER if slot_at(0) == 0 => 0,
            POINTER => slot::read(slot_at(0)),
            STRING if slot_at(0) == 0 => slot_at(1),
            STRING => {
                let number: u64 = slot::read(slot_at(0));
                assert_eq!(number, slot_at(1), "both slots of a string are of one value");
                number
            }
            _ => {
                let first: u64 = slot::read(slot_at(0));
                let last: u64 = slot::read(slot_at(0) + 64);
                assert!(first == 0 && last == 0 || last == first + 8, "a large value is whole");
                first
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Action {
    Send(usize),
    Receive(usize),
    Close(usize),
    Select(Vec<(bool, usize)>, bool),
    Sleep(i64),
    Yield,
    Lock(usize),
    Spawn,
}

/// Channels and scripts of one run, and what happened.
struct World {
    rt: Runtime,
    elems: Vec<TypeIx>,
    channels: Vec<Addr>,
    locks: Vec<Addr>,
    scripts: HashMap<GoroutineIx, (usize, usize)>,
    actions: Vec<Vec<Action>>,
    /// The operation that a goroutine has to finish after it was woken.
    unfinished: HashMap<GoroutineIx, Action>,
    holding: HashMap<usize, usize>,
    log: Vec<String>,
    sent: BTreeMap<(usize, u64), usize>,
    received: BTreeMap<usize, Vec<u64>>,
    number: u64,
    pending: HashMap<GoroutineIx, Vec<(usize, u64)>>,
    spawned: usize,
}

pub(crate) const VALUE: u32 = 10;
pub(crate) const OK: u32 = 20;
const CHOSEN: u32 = 21;
const SENT: u32 = 24;

pub(crate) struct WorldRoots<'a> {
    pub goroutines: &'a mut Goroutines,
    pub sched: &'a mut Scheduler,
    pub fixed: &'a [Addr],
}

impl Roots for WorldRoots<'_> {
    fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>) {
        self.fixed.iter().for_each(|&addr| tracer.mark(addr));
        roots::trace_timers(self.sched, tracer);
        // What a minor has seen is old until the goroutine runs again.
        let wanted: Vec<GoroutineIx> = match cycle {
            Cycle::Minor => self.goroutines.take_touched(),
            Cycle::Major => self.goroutines.iter().map(|(g, _)| g).collect(),
        };
        for g in wanted {
            let goroutine = self.goroutines.get(g);
            roots::trace_records(&self.sched.waits, goroutine, tracer);
            for i in 0..goroutine.stack.slots() {
                tracer.mark(goroutine.stack.get(StackSlot(i)));
            }
        }
    }
}

impl World {
    fn new(seed: u64, order: Order, channels: &[(usize, u8)], actions: Vec<Vec<Action>>) -> World {
        let config = SchedConfig { virtual_clock: true, order, ..SchedConfig::default() };
        let mut rt = runtime_with(seed, config);
        let elems: Vec<_> = channels.iter().map(|&(elem, _)| ELEMS[elem]).collect();
        let addrs = channels
            .iter()
            .zip(&elems)
            .map(|(&(_, size), &elem)| chan::make(&mut rt, elem, i64::from(size)).expect("memory"))
            .collect();
        let locks = (0..2)
            .map(|_| {
                let lock = rt.heap.alloc_noscan(8).expect("memory");
                // SAFETY: a fresh object: one unit.
                unsafe { slot::write(lock, 1u32) };
                lock
            })
            .collect();
        let mut world = World {
            rt,
            elems,
            channels: addrs,
            locks,
            scripts: HashMap::new(),
            actions,
            unfinished: HashMap::new(),
            holding: HashMap::new(),
            log: Vec::new(),
            sent: BTreeMap::new(),
            received: BTreeMap::new(),
            number: 0,
            pending: HashMap::new(),
            spawned: 0,
        };
        for script in 0..world.actions.len() {
            let g = spawn(&mut world.rt);
            world.scripts.insert(g, (script, 0));
        }
        world
    }

    fn collect(&mut self) {
        let mut fixed = self.channels.clone();
        fixed.extend(&self.locks);
        let rt = &mut self.rt;
        let mut roots = WorldRoots { goroutines: &mut rt.goroutines, sched: &mut rt.sched, fixed: &fixed };
        match self.number % 3 {
            0 => rt.heap.collect_major(&mut roots),
            _ => rt.heap.collect_minor(&mut roots),
        }
    }

    fn run(&mut self) {
        loop {
            if self.number.is_multiple_of(5) {
                self.collect();
            }
            match sched::next(&mut self.rt) {
                Next::Run { goroutine, budget } => self.slice(goroutine, budget),
                Next::Idle { .. } | Next::Failed(_) => panic!("the clock is virtual, memory abounds"),
                Next::Deadlock(_) => break,
            }
            self.check_queues();
        }
    }

    fn slice(&mut self, g: GoroutineIx, budget: u32) {
        if let Some(action) = self.unfinished.remove(&g) {
            match chan::resume(&mut self.rt, g) {
                Ok(()) => self.completed(g, &action),
                Err(_) => self.panicked(g),
            }
        }
        let mut left = budget;
        loop {
            let (script, at) = self.scripts[&g];
            let Some(action) = self.actions[script].get(at).cloned() else {
                self.log.push(format!("{script} ends"));
                if self.unfinished.is_empty() {
                    self.holding.retain(|_, holder| *holder != script);
                }
                return sched::finished(&mut self.rt, left);
            };
            if left == 0 {
                return sched::preempted(&mut self.rt);
            }
            left -= 1;
            self.scripts.insert(g, (script, at + 1));
            if matches!(action, Action::Yield) {
                return sched::yielded(&mut self.rt, left);
            }
            match self.perform(g, script, &action) {
                Ok(()) => self.completed(g, &action),
                Err(Trap::Park) => {
                    self.unfinished.insert(g, action);
                    return sched::parked(&mut self.rt, left);
                }
                Err(_) => self.panicked(g),
            }
        }
    }

    fn perform(&mut self, g: GoroutineIx, script: usize, action: &Action) -> NativeResult {
        self.pending.remove(&g);
        match *action {
            Action::Send(c) => {
                let value = self.fresh(g, c);
                chan::send(&mut self.rt, g, self.channels[c], &value)
            }
            Action::Receive(c) => {
                chan::recv(&mut self.rt, g, self.channels[c], StackSlot(VALUE), StackSlot(OK))
            }
            Action::Close(c) => chan::close(&mut self.rt, g, self.channels[c]),
            Action::Select(ref cases, default) => {
                let mut list = Vec::new();
                for (i, &(send, c)) in cases.iter().enumerate() {
                    let at = SENT + 2 * i as u32;
                    let mut slots = 0;
                    if send {
                        let value = self.fresh(g, c);
                        slots = value.len() as u16;
                        for (j, &word) in value.iter().enumerate() {
                            self.rt.goroutines.get_mut(g).stack.set(StackSlot(at + j as u32), word);
                        }
                    }
                    let value = StackSlot(if send { at } else { VALUE });
                    list.push(Case { send, channel: self.channels[c], value, slots, ok: StackSlot(OK) });
                }
                let otherwise = if default { Otherwise::Default } else { Otherwise::Wait };
                select(&mut self.rt, g, &list, otherwise, StackSlot(CHOSEN))
            }
            Action::Sleep(time) => timer::sleep(&mut self.rt, g, time),
            Action::Lock(l) => {
                // Taken and given back in turn: every second use of the lock by a script releases it.
                if self.holding.get(&l) == Some(&script) {
                    self.holding.remove(&l);
                    sema::release(&mut self.rt, g, self.locks[l]);
                    return Ok(());
                }
                sema::acquire(&mut self.rt, g, self.locks[l], Turn::Last, WaitReason::MutexLock)
            }
            Action::Spawn => {
                if self.spawned < 8 {
                    self.spawned += 1;
                    let new = spawn(&mut self.rt);
                    self.scripts.insert(new, (script, self.scripts[&g].1));
                }
                Ok(())
            }
            Action::Yield => unreachable!("done by the caller"),
        }
    }

    /// A new value for channel `c`, numbered upward from 1; noted as sent once the send completes.
    fn fresh(&mut self, g: GoroutineIx, c: usize) -> Vec<u64> {
        self.number += 1;
        self.pending.entry(g).or_default().push((c, self.number));
        make_value(&mut self.rt, self.elems[c], self.number)
    }

    fn completed(&mut self, g: GoroutineIx, action: &Action) {
        let (script, _) = self.scripts[&g];
        let stack = &self.rt.goroutines.get(g).stack;
        let (chosen, ok) = (stack.get(StackSlot(CHOSEN)) as usize, stack.get(StackSlot(OK)));
        let sends = self.pending.remove(&g).unwrap_or_default();
        let done = match action {
            Action::Send(c) => Some((true, *c, sends[0].1)),
            Action::Receive(c) => Some((false, *c, 0)),
            Action::Select(cases, default) => match cases.get(chosen) {
                None => {
                    assert!(*default && chosen == cases.len(), "default is chosen only if there is one");
                    None
                }
                Some(&(send, c)) => {
                    let nth = cases[..chosen].iter().filter(|case| case.0).count();
                    Some((send, c, if send { sends[nth].1 } else { 0 }))
                }
            },
            Action::Lock(l) => {
                let before = self.holding.insert(*l, script);
                if before.is_some_and(|holder| holder != script) {
                    self.log.push(format!("{script} shares lock {l}"));
                }
                None
            }
            Action::Close(_) | Action::Sleep(_) | Action::Yield | Action::Spawn => None,
        };
        match done {
            Some((true, c, number)) => {
                self.sent.insert((c, number), script);
                self.log.push(format!("{script} sent {number} on {c}"));
            }
            Some((false, c, _)) => {
                let value = read_value(&self.rt, g, VALUE, self.elems[c]);
                self.log.push(format!("{script} received {value} {ok} from {c}"));
                if ok == 1 {
                    self.received.entry(c).or_default().push(value);
                } else {
                    assert_eq!(value, 0, "a closed channel gives zero values");
                }
            }
            None => self.log.push(format!("{script} did {action:?} {chosen}")),
        }
    }

    fn panicked(&mut self, g: GoroutineIx) {
        let (script, at) = self.scripts[&g];
        self.pending.remove(&g);
        assert!(self.rt.pending_panic.take().is_some());
        self.log.push(format!("{script} panicked before {at}"));
    }

    fn check_queues(&self) {
        let mut records = 0;
        for &ch in &self.channels {
            let (receivers, senders) = (chan::queue(ch, Side::Receive), chan::queue(ch, Side::Send));
            assert!(receivers.is_empty() || chan::len(ch) == 0, "receivers wait for an empty buffer only");
            assert!(
                senders.is_empty() || chan::len(ch) == chan::cap(ch),
                "senders wait for a full buffer only"
            );
            records += self.rt.sched.waits.queue(receivers).count();
            records += self.rt.sched.waits.queue(senders).count();
            if let (Some((_, r)), Some((_, s))) =
                (self.rt.sched.waits.queue(receivers).next(), self.rt.sched.waits.queue(senders).next())
            {
                assert_eq!(r.goroutine, s.goroutine, "both sides wait only within one select");
            }
        }
        for &lock in &self.locks {
            records += self.rt.sched.waits.queue(self.rt.sched.semas.queue(lock)).count();
        }
        assert_eq!(records, self.rt.sched.waits.live(), "every record is in a queue");
    }

    /// Values arrived once. Bytes and empty values are not told apart by number.
    fn check_values(&self) {
        for (&c, values) in &self.received {
            if matches!(self.elems[c], EMPTY | BYTE) {
                let sent = self.sent.keys().filter(|key| key.0 == c).count();
                assert!(values.len() <= sent);
                continue;
            }
            assert!(values.iter().all(|value| self.sent.contains_key(&(c, *value))), "received means sent");
            let mut unique = values.clone();
            unique.sort_unstable();
            unique.dedup();
            assert_eq!(unique.len(), values.len(), "no value arrives twice");
            let in_buffer = chan::len(self.channels[c]) as usize;
            let sent = self.sent.keys().filter(|key| key.0 == c).count();
            assert_eq!(sent, values.len() + in_buffer, "no value is lost");
        }
    }
}

fn action() -> impl Strategy<Value = Action> {
    let case = (any::<bool>(), 0usize..3);
    prop_oneof![
        4 => (0usize..3).prop_map(Action::Send),
        4 => (0usize..3).prop_map(Action::Receive),
        1 => (0usize..3).prop_map(Action::Close),
        4 => (proptest::collection::vec(case, 0..5), any::<bool>())
            .prop_map(|(cases, default)| Action::Select(cases, default)),
        1 => (0i64..1000).prop_map(Action::Sleep),
        1 => Just(Action::Yield),
        2 => (0usize..2).prop_map(Action::Lock),
        1 => Just(Action::Spawn),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn values_arrive_once_whole_and_the_same_seed_gives_the_same_run(
        seed in any::<u64>(),
        random in any::<bool>(),
        channels in proptest::collection::vec((0usize..6, 0u8..3), 3),
        actions in proptest::collection::vec(proptest::collection::vec(action(), 0..12), 1..6),
    ) {
        let order = if random { Order::Random } else { Order::Go };
        let mut first = World::new(seed, order, &channels, actions.clone());
        first.run();
        first.check_values();
        let mut second = World::new(seed, order, &channels, actions);
        second.run();
        prop_assert_eq!(first.log, second.log);
    }
}

proptest! {
    #[test]
    fn a_buffer_is_first_in_first_out(
        elem in 0usize..6,
        size in 0i64..5,
        steps in proptest::collection::vec(any::<bool>(), 0..60),
    ) {
        let elem = ELEMS[elem];
        let mut rt = runtime();
        let g = spawn(&mut rt);
        prop_assert_eq!(runs(&mut rt), g);
        let channel = chan::make(&mut rt, elem, size).expect("memory");
        let mut model = std::collections::VecDeque::new();
        for (i, send) in steps.into_iter().enumerate() {
            let value = make_value(&mut rt, elem, i as u64);
            for (j, &word) in value.iter().enumerate() {
                rt.goroutines.get_mut(g).stack.set(StackSlot(SENT + j as u32), word);
            }
            let at = StackSlot(if send { SENT } else { VALUE });
            let slots = value.len() as u16;
            let case = Case { send, channel, value: at, slots, ok: StackSlot(OK) };
            select(&mut rt, g, &[case], Otherwise::Default, StackSlot(CHOSEN)).expect("it does not wait");
            let went = rt.goroutines.get(g).stack.get(StackSlot(CHOSEN)) == 0;
            if send {
                prop_assert_eq!(went, (model.len() as i64) < size);
                if went {
                    model.push_back(if elem == EMPTY { 0 } else { i as u64 });
                }
            } else {
                let expected = model.pop_front();
                let got = went.then(|| read_value(&rt, g, VALUE, elem));
                prop_assert_eq!(got, expected);
            }
            prop_assert_eq!(chan::len(channel), model.len() as u64);
        }
    }
}

#[test]
fn a_new_goroutine_runs_next_and_the_rest_in_order() {
    let mut rt = runtime();
    let all: Vec<_> = (0..4).map(|_| spawn(&mut rt)).collect();
    let mut order = Vec::new();
    for _ in 0..4 {
        let g = runs(&mut rt);
        order.push(g);
        sched::finished(&mut rt, 100);
    }
    assert_eq!(order, [all[3], all[0], all[1], all[2]]);
    assert_eq!(sched::next(&mut rt), Next::Deadlock(Deadlock::NoGoroutines));
}

#[test]
fn two_that_wake_each_other_do_not_starve_a_third() {
    let mut rt = runtime();
    let ch = chan::make(&mut rt, INT, 0).expect("memory");
    let back = chan::make(&mut rt, INT, 0).expect("memory");
    let (ping, pong, third) = (spawn(&mut rt), spawn(&mut rt), spawn(&mut rt));
    let mut turns: HashMap<GoroutineIx, u32> = HashMap::new();
    let mut left = 0;
    for _ in 0..10_000 {
        let Next::Run { goroutine: g, budget } = sched::next(&mut rt) else { panic!("all can run") };
        left = budget;
        let turn = turns.entry(g).or_default();
        *turn += 1;
        if g == third {
            break;
        }
        let (to, from) = if g == ping { (ch, back) } else { (back, ch) };
        let (dst, ok) = (StackSlot(VALUE), StackSlot(OK));
        // Each exchange takes steps: the slice that they hand to each other must run out.
        let outcome = if (*turn % 2 == 1) == (g == ping) {
            chan::send(&mut rt, g, to, &[1])
        } else {
            chan::recv(&mut rt, g, from, dst, ok)
        };
        match outcome {
            Ok(()) if left > 1000 => sched::yielded(&mut rt, left - 1000),
            Ok(()) => sched::preempted(&mut rt),
            Err(_) => sched::parked(&mut rt, left.saturating_sub(1000)),
        }
    }
    assert!(turns.contains_key(&third), "the third ran ({left} steps left); {pong:?}");
}

#[test]
fn select_chooses_evenly() {
    let mut rt = runtime();
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    let channels: Vec<_> = (0..5).map(|_| chan::make(&mut rt, INT, 1).expect("memory")).collect();
    let mut counts = [0u32; 5];
    for _ in 0..10_000 {
        let cases: Vec<_> = channels
            .iter()
            .map(|&channel| {
                if chan::len(channel) == 0 {
                    chan::send(&mut rt, g, channel, &[7]).expect("room");
                }
                Case { send: false, channel, value: StackSlot(VALUE), slots: 0, ok: StackSlot::NONE }
            })
            .collect();
        select(&mut rt, g, &cases, Otherwise::Wait, StackSlot(CHOSEN)).expect("all are ready");
        counts[rt.goroutines.get(g).stack.get(StackSlot(CHOSEN)) as usize] += 1;
    }
    assert!(counts.iter().all(|&count| (1_800..2_200).contains(&count)), "{counts:?}");
}

#[test]
fn a_sender_woken_by_close_panics_and_a_receiver_gets_zero() {
    let mut rt = runtime();
    let ch = chan::make(&mut rt, STRING, 0).expect("memory");
    let (sender, closer) = (spawn(&mut rt), spawn(&mut rt));
    assert_eq!(runs(&mut rt), closer);
    sched::yielded(&mut rt, 0);
    assert_eq!(runs(&mut rt), sender);
    let value = make_value(&mut rt, STRING, 5);
    assert_eq!(chan::send(&mut rt, sender, ch, &value), Err(Trap::Park));
    sched::parked(&mut rt, 0);
    assert_eq!(runs(&mut rt), closer);
    assert_eq!(report::describe(&rt, sender).header(), "goroutine 1 [chan send]:");
    assert_eq!(chan::close(&mut rt, closer, ch), Ok(()));
    assert_eq!(chan::close(&mut rt, closer, ch), Err(Trap::Panic));
    assert_eq!(chan::recv(&mut rt, closer, ch, StackSlot(VALUE), StackSlot(OK)), Ok(()));
    sched::finished(&mut rt, 0);
    assert_eq!(runs(&mut rt), sender);
    assert_eq!(chan::resume(&mut rt, sender), Err(Trap::Panic));
    assert_eq!(chan::resume(&mut rt, sender), Ok(()));
}

#[test]
fn sizes_of_channels_are_checked() {
    let mut rt = runtime();
    assert_eq!(chan::make(&mut rt, INT, -1), Err(Trap::Panic));
    assert_eq!(chan::make(&mut rt, INT, i64::MAX), Err(Trap::Panic));
    let ch = chan::make(&mut rt, EMPTY, i64::MAX).expect("empty values take no room");
    assert_eq!(chan::cap(ch), i64::MAX as u64);
}

#[test]
fn waiting_without_end_has_its_reasons() {
    let mut rt = runtime();
    let nil = Case { send: false, channel: 0, value: StackSlot::NONE, slots: 0, ok: StackSlot::NONE };
    let check = |rt: &mut Runtime, cases: &[Case], header: &str| {
        let g = spawn(rt);
        assert_eq!(runs(rt), g);
        assert_eq!(select(rt, g, cases, Otherwise::Wait, StackSlot(CHOSEN)), Err(Trap::Park));
        sched::parked(rt, 0);
        assert_eq!(report::describe(rt, g).state(), header);
    };
    check(&mut rt, &[], "select (no cases)");
    check(&mut rt, &[nil], "chan receive (nil chan)");
    check(&mut rt, &[nil, nil], "select");
    assert_eq!(sched::next(&mut rt), Next::Deadlock(Deadlock::AllAsleep));
}

#[test]
fn stacks_grow_to_their_limit_and_shrink() {
    let mut rt =
        runtime_with(1, SchedConfig { max_stack: 1 << 16, virtual_clock: true, ..SchedConfig::default() });
    let external = |heap: &Heap| heap.stats().external;
    let before = external(&rt.heap);
    let g = spawn(&mut rt);
    rt.goroutines.get_mut(g).stack.set(StackSlot(63), 42);
    sched::grow_stack(&mut rt, g, 5_000).expect("within the limit");
    let stack = &rt.goroutines.get(g).stack;
    assert_eq!((stack.slots(), stack.get(StackSlot(63)), stack.get(StackSlot(4_999))), (8192, 42, 0));
    assert!(sched::grow_stack(&mut rt, g, 8193).is_err());
    sched::shrink_stack(&mut rt, g, 64);
    assert_eq!(rt.goroutines.get(g).stack.slots(), 256);
    assert_eq!(external(&rt.heap) - before, rt.goroutines.bytes());
}

#[test]
fn a_million_goroutines_on_a_channel_take_less_than_800_mib() {
    // A tenth of them: the bytes are those that are charged to the heap.
    let mut rt = runtime();
    let ch = chan::make(&mut rt, INT, 0).expect("memory");
    let before = rt.heap.stats().external;
    let count = 100_000;
    for _ in 0..count {
        let g = spawn(&mut rt);
        assert_eq!(runs(&mut rt), g);
        let _ = chan::recv(&mut rt, g, ch, StackSlot(VALUE), StackSlot::NONE);
        sched::parked(&mut rt, 0);
    }
    // The allocator adds 16 bytes to each of the two blocks of a goroutine.
    let each = (rt.heap.stats().external - before) / count + 32;
    assert!(each < 800 * 1024 * 1024 / 1_000_000, "{each} bytes each");
    let g = spawn(&mut rt);
    assert_eq!(runs(&mut rt), g);
    chan::close(&mut rt, g, ch).expect("open");
    sched::finished(&mut rt, 0);
    for _ in 0..count {
        runs(&mut rt);
        sched::finished(&mut rt, 0);
    }
    assert_eq!(sched::next(&mut rt), Next::Deadlock(Deadlock::NoGoroutines));
    assert_eq!(rt.sched.waits.live(), 0);
}
