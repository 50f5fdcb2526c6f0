#![expect(unsafe_code, reason = "tests play the owner, who reads and writes objects")]
//! Tests: claims about the heap, and a model of random object graphs (`tests/model.rs`).

mod model;

use crate::{
    AttachError, BYTES, Cycle, Heap, HeapConfig, Layout, LayoutId, LayoutWord, OutOfMemory, Ready, Roots,
    Tracer,
};

/// Roots that are a list of addresses.
#[derive(Default)]
pub(crate) struct List(pub(crate) Vec<u64>);

impl Roots for List {
    fn trace(&mut self, _: Cycle, tracer: &mut Tracer<'_>) {
        for &root in &self.0 {
            tracer.mark(root);
        }
    }
}

pub(crate) fn heap(config: HeapConfig) -> Heap {
    Heap::new(HeapConfig { reserve: 256 << 20, ..config }).expect("address space")
}

pub(crate) fn plain() -> Heap {
    heap(HeapConfig::default())
}

/// A number, a pointer, an interface.
pub(crate) fn node(heap: &mut Heap) -> LayoutId {
    heap.register_layout(Layout { size: 32, words: vec![LayoutWord::Ptr(8), LayoutWord::Iface(16)] })
}

pub(crate) fn read(addr: u64) -> u64 {
    // SAFETY: tests read words of objects that they keep alive.
    unsafe { std::ptr::with_exposed_provenance::<u64>(addr as usize).read() }
}

/// A store without barrier.
pub(crate) fn init(addr: u64, value: u64) {
    // SAFETY: tests write words of objects that they keep alive.
    unsafe { std::ptr::with_exposed_provenance_mut::<u64>(addr as usize).write(value) };
}

pub(crate) fn store(heap: &Heap, addr: u64, value: u64) {
    init(addr, value);
    heap.write_barrier(addr);
}

fn objects(heap: &Heap) -> u64 {
    heap.stats().heap_objects
}

#[test]
fn memory_is_zero_also_when_used_again() {
    for stress in [false, true] {
        let mut heap = heap(HeapConfig { stress, ..HeapConfig::default() });
        for bytes in [1, 8, 24, 100, 5000, 32768, 40_000, 200_000] {
            for _ in 0..4 {
                for _ in 0..20 {
                    let addr = heap.alloc_noscan(bytes).expect("memory");
                    for word in 0..bytes / 8 {
                        assert_eq!(read(addr + word * 8), 0, "{bytes}");
                        init(addr + word * 8, u64::MAX);
                    }
                }
                heap.collect_minor(&mut List::default());
            }
            heap.collect_major(&mut List::default());
            assert_eq!(objects(&heap), 0);
        }
    }
}

#[test]
fn interior_pointers_keep_objects() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let array = heap.alloc_array(layout, 5000).expect("memory");
    let small = heap.alloc(layout).expect("memory");
    let target = heap.alloc(layout).expect("memory");
    init(small + 16, 1 << 1 | 1);
    init(small + 24, target + 9);
    init(array + 4999 * 32 + 8, small + 31);
    for cycle in 0..3 {
        heap.collect_minor(&mut List(vec![array + 70_001]));
        heap.collect_major(&mut List(vec![array + 70_001]));
        assert_eq!(objects(&heap), 3, "{cycle}");
    }
    store(&heap, small + 16, 1 << 1);
    heap.collect_major(&mut List(vec![array]));
    assert_eq!(objects(&heap), 2);
    heap.collect_major(&mut List::default());
    assert_eq!(objects(&heap), 0);
}

#[test]
fn any_number_may_be_a_root() {
    let mut heap = plain();
    heap.alloc_noscan(100_000).expect("memory");
    let (base, end) = (heap.base(), heap.base() + heap.stats().heap_sys);
    let numbers = (base - 3..base + 3).chain(end - 3..end + 3).chain([0, 1, u64::MAX, base + 65535]);
    heap.collect_major(&mut List(numbers.collect()));
}

#[test]
fn immortals_are_roots_and_stay() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let global = heap.alloc_immortal(layout, 1).expect("memory");
    let many = heap.alloc_immortal(layout, 3000).expect("memory");
    let (one, other) = (heap.alloc(layout).expect("memory"), heap.alloc(layout).expect("memory"));
    store(&heap, global + 8, one);
    store(&heap, many + 2999 * 32 + 8, other);
    heap.collect_minor(&mut List::default());
    assert_eq!(objects(&heap), 2);
    heap.collect_major(&mut List::default());
    assert_eq!(objects(&heap), 2);
    assert!(heap.object_at(global).expect("there").immortal);
    store(&heap, global + 8, 0);
    heap.collect_major(&mut List::default());
    assert_eq!(objects(&heap), 1);
    assert_eq!(heap.alloc_array(layout, 0), Ok(heap.zero_base()));
}

#[test]
fn stores_during_a_major_are_seen() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let nodes: Vec<u64> = (0..1000).map(|_| heap.alloc(layout).expect("memory")).collect();
    for pair in nodes.windows(2) {
        init(pair[0] + 8, pair[1]);
    }
    let hidden = heap.alloc(layout).expect("memory");
    init(nodes[999] + 8, hidden);
    let mut roots = List(vec![nodes[0]]);
    heap.start_major(&mut roots);
    assert!(!heap.step_major(&mut roots, 3200));
    // The only pointer to `hidden` moves from a white object to a black one.
    store(&heap, nodes[0] + 24, hidden);
    store(&heap, nodes[0] + 16, 1);
    store(&heap, nodes[999] + 8, 0);
    while !heap.step_major(&mut roots, 3200) {
        let young = heap.alloc(layout).expect("memory");
        store(&heap, young + 8, read(nodes[500] + 8));
        store(&heap, nodes[0] + 8, young);
        store(&heap, young + 8, nodes[1]);
    }
    heap.collect_major(&mut roots);
    assert_eq!(objects(&heap), 1002);
    assert_eq!(heap.object_at(hidden).map(|object| object.base), Some(hidden));
}

/// A slice of 64 MiB full of pointers: no minor looks at all of it, and neither does one slice of a major.
#[test]
fn much_that_was_written_is_looked_at_in_parts() {
    const COUNT: u64 = 8 << 20;
    let mut heap = plain();
    let layout = node(&mut heap);
    let pointer = heap.register_layout(Layout { size: 8, words: vec![LayoutWord::Ptr(0)] });
    let slice = heap.alloc_array(pointer, COUNT).expect("memory");
    let mut roots = List(vec![slice]);
    let fill = |heap: &mut Heap| {
        let fresh = heap.alloc(layout).expect("memory");
        for index in 0..COUNT {
            store(heap, slice + index * 8, fresh);
        }
        heap.alloc(layout).expect("memory");
        fresh
    };
    // Young: what is garbage stays until the next major.
    fill(&mut heap);
    heap.collect_minor(&mut roots);
    assert_eq!(objects(&heap), 3);
    assert_eq!(heap.generations()[0].0, 0);
    // Old, all of its cards dirty.
    fill(&mut heap);
    heap.collect_minor(&mut roots);
    assert_eq!(objects(&heap), 5);
    // What is written in the middle of a major.
    heap.start_major(&mut roots);
    let last = fill(&mut heap);
    let mut slices = 1;
    while !heap.step_major(&mut roots, 1_000_000) {
        slices += 1;
    }
    assert!(slices > 20, "{slices}");
    heap.collect_major(&mut roots);
    assert_eq!(objects(&heap), 2);
    assert!(heap.object_at(last).is_some());
}

/// A program that dirties more than a slice looks at, again and again, does not keep a major from its end.
#[test]
fn majors_end_whatever_is_written() {
    let mut heap = plain();
    let pointer = heap.register_layout(Layout { size: 8, words: vec![LayoutWord::Ptr(0)] });
    let slice = heap.alloc_array(pointer, 1 << 20).expect("memory");
    let mut roots = List(vec![slice]);
    heap.start_major(&mut roots);
    let mut slices = 1;
    while !heap.step_major(&mut roots, 1000) {
        (0..1 << 20).step_by(16).for_each(|index| heap.write_barrier(slice + index * 8));
        slices += 1;
        assert!(slices < 10_000);
    }
}

#[test]
fn finalizers_run_in_order_of_reference_and_resurrect() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let (first, second) = (heap.alloc(layout).expect("memory"), heap.alloc(layout).expect("memory"));
    init(first + 8, second);
    assert_eq!(heap.set_finalizer(first + 8, 1), Err(AttachError::Interior));
    assert_eq!(heap.set_finalizer(3, 1), Err(AttachError::NotAnObject));
    assert_eq!(heap.set_finalizer(first, 1), Ok(()));
    assert_eq!(heap.set_finalizer(first, 1), Err(AttachError::Duplicate));
    assert_eq!(heap.set_finalizer(second, 2), Ok(()));
    let cleanup = heap.add_cleanup(first + 9, 3).expect("attached");
    let weak = heap.make_weak(first).expect("attached");
    let mut roots = List(vec![weak]);
    heap.collect_minor(&mut roots);
    assert_eq!(heap.take_ready(), [Ready::Finalizer { object: first, token: 1 }]);
    assert_eq!(heap.weak_get(weak), 0);
    heap.collect_major(&mut roots);
    assert_eq!(
        heap.take_ready(),
        [Ready::Finalizer { object: second, token: 2 }, Ready::Cleanup { id: cleanup, token: 3 }]
    );
    heap.collect_major(&mut roots);
    assert_eq!((objects(&heap), heap.take_ready()), (1, vec![]));
}

#[test]
fn a_ready_object_lives_until_taken() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let object = heap.alloc(layout).expect("memory");
    heap.set_finalizer(object, 7).expect("attached");
    for _ in 0..3 {
        heap.collect_major(&mut List::default());
        assert_eq!(objects(&heap), 1);
    }
    assert_eq!(heap.take_ready().len(), 1);
    heap.collect_major(&mut List::default());
    assert_eq!(objects(&heap), 0);
}

#[test]
fn finalizers_in_a_cycle_never_run() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let object = heap.alloc(layout).expect("memory");
    init(object + 8, object);
    heap.set_finalizer(object, 7).expect("attached");
    heap.collect_major(&mut List::default());
    assert!(!heap.has_ready());
    assert_eq!(heap.clear_finalizer(object), Some(7));
    heap.collect_major(&mut List::default());
    assert_eq!(objects(&heap), 0);
}

#[test]
fn weak_handles_are_one_per_pointer_and_die_themselves() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let object = heap.alloc(layout).expect("memory");
    let weak = heap.make_weak(object).expect("attached");
    let inner = heap.make_weak(object + 8).expect("attached");
    assert_eq!(heap.make_weak(object), Ok(weak));
    assert_ne!(weak, inner);
    heap.collect_major(&mut List(vec![object, weak]));
    assert_eq!((heap.weak_get(weak), objects(&heap)), (object, 2));
    heap.collect_major(&mut List(vec![weak]));
    assert_eq!((heap.weak_get(weak), objects(&heap)), (0, 1));
}

#[test]
fn cleanups_can_be_removed() {
    let mut heap = plain();
    let object = heap.alloc_noscan(50).expect("memory");
    let (one, two) =
        (heap.add_cleanup(object, 1).expect("attached"), heap.add_cleanup(object, 2).expect("attached"));
    assert_eq!(heap.remove_cleanup(one), Some(1));
    assert_eq!(heap.remove_cleanup(one), None);
    heap.collect_minor(&mut List::default());
    assert_eq!(heap.take_ready(), [Ready::Cleanup { id: two, token: 2 }]);
}

#[test]
fn waiting_goroutines_are_live_by_what_they_wait_for() {
    /// Waiter n is waiting on the first and holds the second.
    struct Waiting {
        roots: Vec<u64>,
        waiters: Vec<(u64, u64)>,
        traced: Vec<bool>,
        leaked: usize,
    }
    impl Roots for Waiting {
        fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>) {
            self.roots.iter().for_each(|&root| tracer.mark(root));
            self.traced = vec![false; self.waiters.len()];
            if cycle == Cycle::Minor {
                self.waiters.iter().for_each(|&(on, holds)| {
                    tracer.mark(on);
                    tracer.mark(holds);
                });
            }
        }
        fn trace_waiting(&mut self, tracer: &mut Tracer<'_>) -> bool {
            let mut progress = false;
            for (ix, &(on, holds)) in self.waiters.iter().enumerate() {
                if !self.traced[ix] && tracer.is_marked(on) {
                    self.traced[ix] = true;
                    progress = true;
                    tracer.mark(holds);
                }
            }
            progress
        }
        fn trace_leaked(&mut self, tracer: &mut Tracer<'_>) {
            self.leaked = 0;
            for (ix, &(on, holds)) in self.waiters.iter().enumerate() {
                if !self.traced[ix] {
                    self.leaked += 1;
                    tracer.mark(on);
                    tracer.mark(holds);
                }
            }
        }
    }
    let mut heap = plain();
    let at: Vec<u64> = (0..6).map(|_| heap.alloc_noscan(16).expect("memory")).collect();
    // In the order that needs several rounds: 2 waits for what 1 holds, 1 for what 0 holds.
    let waiters = vec![(at[2], at[3]), (at[1], at[2]), (at[0], at[1]), (at[4], at[5])];
    let mut roots = Waiting { roots: vec![at[0]], waiters, traced: vec![], leaked: 9 };
    heap.collect_major(&mut roots);
    assert_eq!((roots.leaked, objects(&heap)), (1, 6));
}

#[test]
fn the_hard_limit_holds_and_memory_comes_back() {
    let mut heap = heap(HeapConfig { hard_limit: Some(2 << 20), ..HeapConfig::default() });
    let layout = node(&mut heap);
    let mut roots = List::default();
    for bytes in [16, 600, 30_000, 300_000] {
        while let Ok(addr) = heap.alloc_noscan(bytes) {
            roots.0.push(addr);
        }
        assert!(heap.stats().heap_alloc <= 2 << 20);
        assert!(heap.failure().contains("2097152"), "{}", heap.failure());
        assert!(heap.wants_collection());
        assert_eq!(heap.alloc_array(layout, u64::MAX / 8), Err(OutOfMemory));
        roots.0.clear();
        heap.collect_major(&mut roots);
        assert_eq!(objects(&heap), 0);
    }
    assert_eq!(heap.try_charge_external(3 << 20), Err(OutOfMemory));
    assert_eq!(heap.try_charge_external(1 << 20), Ok(()));
    assert_eq!(heap.alloc_noscan(3 << 19), Err(OutOfMemory));
    heap.charge_external(-(1 << 20));
    assert!(heap.alloc_noscan(3 << 19).is_ok());
}

#[test]
fn the_address_range_is_a_limit_too() {
    let mut heap =
        Heap::new(HeapConfig { reserve: 16 << 20, ..HeapConfig::default() }).expect("address space");
    let large = heap.alloc_noscan(12 << 20).expect("memory");
    assert_eq!(heap.alloc_noscan(12 << 20), Err(OutOfMemory));
    assert!(heap.failure().contains("range"));
    heap.collect_major(&mut List(vec![]));
    assert_eq!(heap.object_at(large), None);
    heap.alloc_noscan(12 << 20).expect("memory");
}

#[test]
fn garbage_does_not_let_the_heap_grow() {
    for stress in [false, true] {
        let mut heap = heap(HeapConfig { stress, ..HeapConfig::default() });
        let layout = node(&mut heap);
        let mut roots = List(vec![0; 500]);
        for round in 0..if stress { 5_000 } else { 1_000_000 } {
            let addr = heap.alloc(layout).expect("memory");
            // Old garbage as well as young: each object lives for 500 others.
            roots.0[round % 500] = addr;
            init(addr + 8, roots.0[(round + 499) % 500 / 2]);
            if heap.wants_collection() {
                heap.collect(&mut roots);
            }
        }
        let stats = heap.stats();
        assert!(stats.heap_sys < 64 << 20, "{stats:?}");
        assert_eq!(stats.mallocs - stats.frees, stats.heap_objects);
        assert!(stats.num_minor > 0);
    }
}

#[test]
fn majors_start_by_the_goal() {
    let mut heap = plain();
    let mut roots = List::default();
    for _ in 0..200_000 {
        roots.0.push(heap.alloc_noscan(128).expect("memory"));
        if heap.wants_collection() {
            heap.collect(&mut roots);
        }
    }
    let stats = heap.stats();
    assert!((2..10).contains(&stats.num_major), "{}", stats.num_major);
    assert_eq!(stats.heap_objects, 200_000);
    assert_eq!(heap.set_gogc(-1), 100);
    assert_eq!(heap.stats().next_gc, u64::MAX);
    heap.collect_major(&mut roots);
    for _ in 0..200_000 {
        heap.alloc_noscan(128).expect("memory");
        assert!(!heap.wants_collection());
    }
    assert_eq!(heap.set_soft_limit(Some(16 << 20)), None);
    assert!(heap.wants_collection());
}

#[test]
fn objects_are_found_with_type_and_pointers() {
    let mut heap = plain();
    let layout = node(&mut heap);
    let array = heap.alloc_array(layout, 3).expect("memory");
    let bytes = heap.alloc_noscan(10).expect("memory");
    init(array + 32 + 8, bytes + 1);
    let found = heap.object_at(array + 95).expect("there");
    assert_eq!(
        (found.base, found.layout, found.count, found.is_array, found.bytes),
        (array, layout, 3, true, 96)
    );
    let mut pointers = Vec::new();
    heap.for_each_pointer(&found, &mut |offset, value| pointers.push((offset, value)));
    assert_eq!(pointers, [(40, bytes + 1)]);
    let mut all = Vec::new();
    heap.for_each_object(&mut |object| all.push((object.base, object.layout, object.immortal)));
    all.retain(|object| !object.2);
    all.sort_unstable();
    let mut expected = vec![(array, layout, false), (bytes, BYTES, false)];
    expected.sort_unstable();
    assert_eq!(all, expected);
    assert_eq!(heap.object_at(array + 96 * 600), None);
}

#[test]
fn nested_layouts_are_walked() {
    let mut heap = plain();
    let pair = heap.register_layout(Layout { size: 16, words: vec![LayoutWord::Ptr(8)] });
    let repeat = |offset, elem, count| LayoutWord::Repeat { offset, elem, count };
    let wide = heap.register_layout(Layout {
        size: 16 * 100 + 8,
        words: vec![LayoutWord::Ptr(0), repeat(8, pair, 100)],
    });
    let once = heap.register_layout(Layout { size: 16 * 100 + 16, words: vec![repeat(8, wide, 1)] });
    let deep = heap.register_layout(Layout { size: 1616 * 50, words: vec![repeat(0, once, 50)] });
    let none = heap.register_layout(Layout { size: 80, words: vec![repeat(0, BYTES, 80)] });
    assert!(heap.is_noscan(none) && !heap.is_noscan(deep));
    let object = heap.alloc(deep).expect("memory");
    let mut expected = 1;
    for (outer, inner) in [(0, 0), (7, 3), (49, 99)] {
        for slot in [object + outer * 1616 + 8, object + outer * 1616 + 16 + inner * 16 + 8] {
            let target = heap.alloc_noscan(8).expect("memory");
            store(&heap, slot, target);
            expected += 1;
        }
    }
    for _ in 0..2 {
        heap.collect_minor(&mut List(vec![object]));
        heap.collect_major(&mut List(vec![object]));
        assert_eq!(objects(&heap), expected);
    }
    // Old to young by cards, in each block of the large object.
    for outer in 0..50 {
        let target = heap.alloc_noscan(8).expect("memory");
        let slot = object + outer * 1616 + 16 + 50 * 16 + 8;
        init(slot, target);
        heap.write_barrier_range(slot - 8, 16);
        expected += 1;
    }
    heap.collect_minor(&mut List(vec![]));
    assert_eq!(objects(&heap), expected);
}

/// A queue: all that is made survives its minor, is written into, and dies later.
#[test]
fn majors_end_where_a_queue_moves_on() {
    let mut heap = plain();
    let layout = heap.register_layout(Layout { size: 16, words: vec![LayoutWord::Ptr(0)] });
    let first = heap.alloc(layout).expect("memory");
    let mut roots = List(vec![first, first]);
    for made in 0..6_000_000 {
        if heap.wants_collection() {
            heap.collect(&mut roots);
        }
        let fresh = heap.alloc(layout).expect("memory");
        store(&heap, roots.0[1], fresh);
        roots.0[1] = fresh;
        if made > 200_000 {
            roots.0[0] = read(roots.0[0]);
        }
    }
    assert!(heap.majors() > 3, "{} majors", heap.majors());
    assert!(heap.stats().heap_alloc < 32 << 20, "{} bytes", heap.stats().heap_alloc);
}

/// Lists that are dropped when they are long.
#[test]
fn majors_end_where_all_survives() {
    let mut heap = plain();
    let layout = heap.register_layout(Layout { size: 16, words: vec![LayoutWord::Ptr(0)] });
    let mut roots = List(vec![0]);
    for made in 0..6_000_000u64 {
        if heap.wants_collection() {
            heap.collect(&mut roots);
        }
        let fresh = heap.alloc(layout).expect("memory");
        init(fresh, if made % 400_000 == 0 { 0 } else { roots.0[0] });
        roots.0[0] = fresh;
    }
    assert!(heap.majors() > 3, "{} majors", heap.majors());
    assert!(heap.stats().heap_alloc < 64 << 20, "{} bytes", heap.stats().heap_alloc);
}

/// What is dirty is always at the end of a heap that grows faster than one part looks at cards.
#[test]
fn majors_end_where_the_heap_grows() {
    const COUNT: u64 = 1 << 18;
    let mut heap = plain();
    let pointer = heap.register_layout(Layout { size: 8, words: vec![LayoutWord::Ptr(0)] });
    let mut roots = List(vec![heap.alloc_array(pointer, COUNT).expect("memory")]);
    heap.start_major(&mut roots);
    while !heap.step_major(&mut roots, 1000) {
        let grown = heap.alloc_array(pointer, COUNT).expect("the major ends before the memory does");
        (0..COUNT).step_by(16).for_each(|index| heap.write_barrier(grown + index * 8));
        roots.0.push(grown);
    }
}
