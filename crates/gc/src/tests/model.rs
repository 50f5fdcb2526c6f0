//! Random object graphs against a model.
//!
//! The model keeps every object with what was stored into it. After each collection everything that is
//! reachable in the model must be in the heap with its contents; after a full major nothing else is.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{List, heap, init, node, read, store};
use crate::{Heap, HeapConfig, Layout, LayoutId, LayoutWord, Ready};

#[derive(Clone, Copy, Debug)]
enum Op {
    /// A new object of a shape, stored as root.
    Alloc {
        shape: u8,
        root: u8,
    },
    /// root[to].slot = root[from] + offset.
    Link {
        to: u8,
        slot: u16,
        from: u8,
        offset: u16,
    },
    /// root[to] = root[from].slot.
    Load {
        to: u8,
        from: u8,
        slot: u16,
    },
    Unlink {
        root: u8,
        slot: u16,
    },
    Drop {
        root: u8,
    },
    Weak {
        root: u8,
    },
    Finalizer {
        root: u8,
    },
    Minor,
    /// Minors give up after so much work from now on.
    GiveUp {
        most: u16,
    },
    Start,
    Step {
        budget: u16,
    },
    Full,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..6u8, 0..12u8).prop_map(|(shape, root)| Op::Alloc { shape, root }),
        10 => (0..12u8, 0..6u16, 0..12u8, any::<u16>())
            .prop_map(|(to, slot, from, offset)| Op::Link { to, slot, from, offset }),
        8 => (0..12u8, 0..12u8, 0..6u16).prop_map(|(to, from, slot)| Op::Load { to, from, slot }),
        6 => (0..12u8, 0..6u16).prop_map(|(root, slot)| Op::Unlink { root, slot }),
        3 => (0..12u8).prop_map(|root| Op::Drop { root }),
        1 => (0..12u8).prop_map(|root| Op::Weak { root }),
        1 => (0..12u8).prop_map(|root| Op::Finalizer { root }),
        2 => Just(Op::Minor),
        2 => (0..600u16).prop_map(|most| Op::GiveUp { most }),
        3 => Just(Op::Start),
        3 => (0..150u16).prop_map(|budget| Op::Step { budget }),
        1 => Just(Op::Full),
    ]
}

struct Node {
    bytes: u64,
    /// Offsets of pointers; for an interface that of its data word.
    slots: Vec<u64>,
    values: BTreeMap<u64, u64>,
}

struct Model {
    heap: Heap,
    /// Layout, size, offsets of pointers and of type words.
    layouts: Vec<(LayoutId, u64, Vec<u64>, Vec<u64>)>,
    nodes: BTreeMap<u64, Node>,
    roots: List,
    weak: BTreeMap<u64, u64>,
    finalizers: BTreeSet<u64>,
}

impl Model {
    fn new(stress: bool) -> Model {
        let mut heap = heap(HeapConfig { stress, ..HeapConfig::default() });
        let node = node(&mut heap);
        let pointer = heap.register_layout(Layout { size: 8, words: vec![LayoutWord::Ptr(0)] });
        let repeat = LayoutWord::Repeat { offset: 8, elem: node, count: 40 };
        let wide = heap.register_layout(Layout { size: 1288, words: vec![LayoutWord::Ptr(0), repeat] });
        let wide_slots =
            std::iter::once(0).chain((0..40).flat_map(|ix| [16 + ix * 32, 32 + ix * 32])).collect();
        let wide_ifaces = (0..40).map(|ix| 24 + ix * 32).collect();
        let layouts = vec![
            (node, 32, vec![8, 24], vec![16]),
            (pointer, 8, vec![0], vec![]),
            (wide, 1288, wide_slots, wide_ifaces),
        ];
        Model {
            heap,
            layouts,
            nodes: BTreeMap::new(),
            roots: List(vec![0; 12]),
            weak: BTreeMap::new(),
            finalizers: BTreeSet::new(),
        }
    }

    fn owner(&self, addr: u64) -> Option<u64> {
        let (&base, node) = self.nodes.range(..=addr).next_back()?;
        (addr < base + node.bytes).then_some(base)
    }

    fn alloc(&mut self, shape: u8) -> u64 {
        let (kind, count) =
            [(0, None), (1, None), (2, None), (0, Some(9)), (1, Some(700)), (2, Some(90))][shape as usize];
        let (layout, size, slots, ifaces) = self.layouts[kind].clone();
        let base = match count {
            None => self.heap.alloc(layout),
            Some(count) => self.heap.alloc_array(layout, count),
        }
        .expect("memory");
        let count = count.unwrap_or(1);
        let slots: Vec<u64> =
            (0..count).flat_map(|ix| slots.iter().map(move |slot| ix * size + slot)).collect();
        assert!(slots.iter().all(|slot| read(base + slot) == 0), "new memory is zero");
        assert_eq!(self.owner(base), None, "the cell was free");
        for iface in (0..count).flat_map(|ix| ifaces.iter().map(move |iface| ix * size + iface)) {
            init(base + iface, 1);
        }
        self.nodes.insert(base, Node { bytes: count * size, slots, values: BTreeMap::new() });
        base
    }

    fn root(&self, root: u8) -> Option<(u64, u64)> {
        let addr = self.roots.0[root as usize];
        (addr != 0).then(|| (addr, self.owner(addr).expect("roots are objects")))
    }

    fn slot(&self, base: u64, slot: u16) -> u64 {
        let slots = &self.nodes[&base].slots;
        slots[(slot as usize * 997) % slots.len()]
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::Alloc { shape, root } => self.roots.0[root as usize] = self.alloc(shape),
            Op::Link { to, slot, from, offset } => {
                if let (Some((_, to)), Some((_, from))) = (self.root(to), self.root(from)) {
                    let slot = self.slot(to, slot);
                    let value = from + u64::from(offset) % self.nodes[&from].bytes;
                    store(&self.heap, to + slot, value);
                    self.nodes.get_mut(&to).expect("there").values.insert(slot, value);
                }
            }
            Op::Load { to, from, slot } => {
                if let Some((_, from)) = self.root(from) {
                    let slot = self.slot(from, slot);
                    self.roots.0[to as usize] = read(from + slot);
                }
            }
            Op::Unlink { root, slot } => {
                if let Some((_, base)) = self.root(root) {
                    let slot = self.slot(base, slot);
                    store(&self.heap, base + slot, 0);
                    self.nodes.get_mut(&base).expect("there").values.remove(&slot);
                }
            }
            Op::Drop { root } => self.roots.0[root as usize] = 0,
            Op::Weak { root } => {
                if let Some((addr, _)) = self.root(root) {
                    let handle = self.heap.make_weak(addr).expect("attached");
                    if self.weak.insert(handle, addr).is_none() {
                        self.roots.0.push(handle);
                    }
                }
            }
            Op::Finalizer { root } => {
                if let Some((_, base)) = self.root(root) {
                    let set = self.heap.set_finalizer(base, base);
                    assert_eq!(set.is_ok(), self.finalizers.insert(base));
                }
            }
            Op::Minor => self.heap.collect_minor(&mut self.roots),
            Op::GiveUp { most } => self.heap.minor_most = u64::from(most),
            Op::Start => self.heap.start_major(&mut self.roots),
            Op::Step { budget } => {
                self.heap.step_major(&mut self.roots, u64::from(budget));
            }
            Op::Full => self.heap.collect_major(&mut self.roots),
        }
        if matches!(op, Op::Minor | Op::Start | Op::Step { .. } | Op::Full) {
            self.check(matches!(op, Op::Full));
        }
    }

    fn reachable(&self, with_finalizers: bool) -> BTreeSet<u64> {
        let mut work: Vec<u64> = self.roots.0.iter().filter_map(|&addr| self.owner(addr)).collect();
        let mut seen = BTreeSet::new();
        if with_finalizers {
            let contents = self.finalizers.iter().flat_map(|base| self.nodes[base].values.values());
            work.extend(contents.filter_map(|&addr| self.owner(addr)));
        }
        while let Some(base) = work.pop() {
            if seen.insert(base) {
                work.extend(self.nodes[&base].values.values().filter_map(|&addr| self.owner(addr)));
            }
        }
        seen
    }

    fn check(&mut self, full: bool) {
        let kept = self.reachable(true);
        // What became ready was reachable neither from roots nor from other finalizable objects.
        let ready = self.heap.take_ready();
        for ready in &ready {
            let Ready::Finalizer { object, .. } = *ready else { panic!("no cleanups were added") };
            assert!(!kept.contains(&object) && self.finalizers.remove(&object));
            assert!(self.heap.object_at(object).is_some(), "resurrected");
        }
        if full {
            assert!(self.finalizers.iter().all(|base| kept.contains(base)), "all dead ones are ready");
        }
        for base in &kept {
            let found = self.heap.object_at(*base).expect("reachable objects are there");
            assert_eq!(found.base, *base);
            for slot in &self.nodes[base].slots {
                let expected = self.nodes[base].values.get(slot).copied().unwrap_or(0);
                assert_eq!(read(base + slot), expected, "contents stay");
            }
        }
        for (&handle, &target) in &self.weak {
            let value = self.heap.weak_get(handle);
            match self.owner(target) {
                Some(base) if kept.contains(&base) => assert_eq!(value, target),
                _ => assert!(value == 0 || !full, "weak handles of dead objects are clear"),
            }
        }
        self.weak.retain(|&handle, _| self.heap.weak_get(handle) != 0);
        // Forget what the heap has freed; it may hand the memory out again.
        let heap = &self.heap;
        self.nodes.retain(|base, _| heap.object_at(*base).is_some());
        let stats = heap.stats();
        assert_eq!(stats.mallocs - stats.frees, stats.heap_objects);
        if full {
            let handles = self.roots.0.len() - 12;
            let objects = kept.len() + ready.len() + handles;
            assert_eq!(stats.heap_objects as usize, objects, "nothing dead is kept");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_heap_is_its_model(stress in any::<bool>(), ops in prop::collection::vec(op(), 1..300)) {
        let mut model = Model::new(stress);
        for op in ops {
            model.run(op);
        }
        model.run(Op::Full);
    }
}
