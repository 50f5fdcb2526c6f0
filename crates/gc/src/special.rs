//! Weak handles, finalizers and cleanups.
//!
//! The owner's functions and arguments are *tokens* here: numbers that name entries of a table which the
//! owner marks as roots.
//!
//! When objects have become unreachable, in this order:
//! 1. what an object with a finalizer refers to is kept (so of two such objects in a chain the first is
//!    finalized first, and those in a cycle never are), the object itself is not;
//! 2. weak handles of dead objects are cleared;
//! 3. dead objects with a finalizer lose it, live once more, and the finalizer is ready;
//! 4. cleanups of objects that are still dead are ready.
//!
//! A minor does the same for what was attached since the last collection: only that can belong to a
//! young object.
//!
//! Tables are ordered by address, so that the order of what becomes ready depends on nothing else.

use std::collections::BTreeMap;

use crate::block::Kind;
use crate::heap::Heap;
use crate::mark::Cycle;
use crate::space::Place;
use crate::{Addr, OutOfMemory};

/// A cleanup.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CleanupId(pub u64);

/// What the owner has to run after a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ready {
    /// The object became unreachable; it is alive once more.
    Finalizer {
        /// The object.
        object: Addr,
        /// The owner's token.
        token: u64,
    },
    /// The object is gone.
    Cleanup {
        /// The cleanup.
        id: CleanupId,
        /// The owner's token.
        token: u64,
    },
}

/// Why a finalizer, cleanup or weak handle was not attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttachError {
    /// Not the address of an object (nil, foreign or freed).
    NotAnObject,
    /// Inside of an object, not at its beginning (finalizers only).
    Interior,
    /// The object has a finalizer already.
    Duplicate,
    /// No memory for it.
    OutOfMemory,
}

impl From<OutOfMemory> for AttachError {
    fn from(_: OutOfMemory) -> AttachError {
        AttachError::OutOfMemory
    }
}

/// What is attached to objects.
#[derive(Default)]
pub(crate) struct Specials {
    /// By object.
    finalizers: BTreeMap<Addr, u64>,
    /// By object and number.
    cleanups: BTreeMap<(Addr, CleanupId), u64>,
    /// The object of each cleanup.
    cleanup_objects: BTreeMap<CleanupId, Addr>,
    next_cleanup: u64,
    /// The handle of each pointer; neither is kept alive by it.
    weak: BTreeMap<Addr, Addr>,
    /// What was attached since the last collection.
    fresh_finalizers: Vec<Addr>,
    fresh_cleanups: Vec<(Addr, CleanupId)>,
    fresh_weak: Vec<Addr>,
    /// The number of each sample of the memory profile, by object.
    samples: BTreeMap<Addr, u64>,
    fresh_samples: Vec<Addr>,
}

impl Heap {
    /// A finalizer for the object at `object`. That of an immortal object never runs.
    ///
    /// # Errors
    /// If the address is not the beginning of an object, or the object has one.
    pub fn set_finalizer(&mut self, object: Addr, token: u64) -> Result<(), AttachError> {
        let place = self.place_of(object).ok_or(AttachError::NotAnObject)?;
        if self.space.base_of(place) != object {
            return Err(AttachError::Interior);
        }
        if self.specials.finalizers.contains_key(&object) {
            return Err(AttachError::Duplicate);
        }
        self.specials.finalizers.insert(object, token);
        self.specials.fresh_finalizers.push(object);
        Ok(())
    }

    /// Removes the finalizer; its token if there was one.
    pub fn clear_finalizer(&mut self, object: Addr) -> Option<u64> {
        self.specials.finalizers.remove(&object)
    }

    /// A cleanup for the object that `addr` points into. That of an immortal object never runs.
    ///
    /// # Errors
    /// If there is no object.
    pub fn add_cleanup(&mut self, addr: Addr, token: u64) -> Result<CleanupId, AttachError> {
        let place = self.place_of(addr).ok_or(AttachError::NotAnObject)?;
        let object = self.space.base_of(place);
        self.specials.next_cleanup += 1;
        let id = CleanupId(self.specials.next_cleanup);
        self.specials.cleanups.insert((object, id), token);
        self.specials.cleanup_objects.insert(id, object);
        self.specials.fresh_cleanups.push((object, id));
        Ok(id)
    }

    /// Removes a cleanup that is not ready yet; its token if it was there.
    pub fn remove_cleanup(&mut self, id: CleanupId) -> Option<u64> {
        let object = self.specials.cleanup_objects.remove(&id)?;
        self.specials.cleanups.remove(&(object, id))
    }

    /// Gives a sampled object the number by which the owner hears that it is gone.
    pub fn number_sample(&mut self, object: Addr, number: u64) {
        self.specials.samples.insert(object, number);
        self.specials.fresh_samples.push(object);
    }

    /// The weak handle of a pointer: itself an object of 8 bytes, the same one for the same pointer as
    /// long as the handle lives. A weak pointer holds the handle's address as an ordinary pointer.
    ///
    /// # Errors
    /// If there is no object, or no memory for the handle.
    pub fn make_weak(&mut self, addr: Addr) -> Result<Addr, AttachError> {
        self.place_of(addr).ok_or(AttachError::NotAnObject)?;
        if let Some(&handle) = self.specials.weak.get(&addr) {
            return Ok(handle);
        }
        let handle = self.alloc_noscan(8)?;
        self.space.store(handle, addr);
        self.specials.weak.insert(addr, handle);
        self.specials.fresh_weak.push(addr);
        Ok(handle)
    }

    /// The pointer that a weak handle was made from, 0 once its object is gone, and for handle 0.
    #[must_use]
    pub fn weak_get(&self, handle: Addr) -> Addr {
        if handle == 0 { 0 } else { self.space.fetch(handle) }
    }

    /// Takes the finalizers and cleanups that are ready, in order. From here on the caller keeps the
    /// objects alive.
    pub fn take_ready(&mut self) -> Vec<Ready> {
        self.ready.drain(..).collect()
    }

    /// Whether `take_ready` has something.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Whether the object that the address points into is known to be alive in this collection.
    pub(crate) fn is_live(&self, cycle: Cycle, addr: Addr) -> bool {
        let Some(Place { block, cell }) = self.space.cell_of(addr) else { return true };
        let found = &self.space.blocks[block as usize];
        match cycle {
            Cycle::Minor => found.is_old(cell),
            Cycle::Major => found.immortal || found.is_marked(cell),
        }
    }

    /// Marks what objects with finalizers refer to. Those are like roots.
    pub(crate) fn mark_finalizer_contents<const MAJOR: bool>(&mut self) {
        if MAJOR {
            for &object in self.specials.finalizers.keys() {
                self.marker.push::<true>(&self.space, object);
            }
            for ready in &self.ready {
                if let Ready::Finalizer { object, .. } = *ready {
                    self.marker.mark::<true>(&mut self.space, object);
                }
            }
        } else {
            for &object in &self.specials.fresh_finalizers {
                if self.specials.finalizers.contains_key(&object) {
                    self.marker.push::<false>(&self.space, object);
                }
            }
        }
    }

    /// Steps 2 to 4 after marking.
    pub(crate) fn settle_specials<const MAJOR: bool>(&mut self) {
        let cycle = if MAJOR { Cycle::Major } else { Cycle::Minor };
        self.clear_weak::<MAJOR>(cycle);
        self.ready_finalizers::<MAJOR>(cycle);
        self.marker.drain::<MAJOR>(&self.layouts, &mut self.space, u64::MAX);
        self.ready_cleanups::<MAJOR>(cycle);
        self.free_samples::<MAJOR>(cycle);
    }

    fn free_samples<const MAJOR: bool>(&mut self, cycle: Cycle) {
        let fresh = std::mem::take(&mut self.specials.fresh_samples);
        if self.specials.samples.is_empty() {
            return;
        }
        let objects = if MAJOR { self.specials.samples.keys().copied().collect() } else { fresh };
        for object in objects {
            if !self.is_live(cycle, object)
                && let Some(number) = self.specials.samples.remove(&object)
            {
                self.sampling.freed.push(number);
            }
        }
    }

    fn clear_weak<const MAJOR: bool>(&mut self, cycle: Cycle) {
        let fresh = std::mem::take(&mut self.specials.fresh_weak);
        let targets = if MAJOR { self.specials.weak.keys().copied().collect() } else { fresh };
        for target in targets {
            let Some(&handle) = self.specials.weak.get(&target) else { continue };
            let (target_lives, handle_lives) = (self.is_live(cycle, target), self.is_live(cycle, handle));
            if target_lives && handle_lives {
                continue;
            }
            self.specials.weak.remove(&target);
            if handle_lives {
                self.space.store(handle, 0);
            }
        }
    }

    fn ready_finalizers<const MAJOR: bool>(&mut self, cycle: Cycle) {
        let fresh = std::mem::take(&mut self.specials.fresh_finalizers);
        let objects: Vec<Addr> =
            if MAJOR { self.specials.finalizers.keys().copied().collect() } else { fresh };
        let dead: Vec<Addr> = objects.into_iter().filter(|&object| !self.is_live(cycle, object)).collect();
        for object in dead {
            if let Some(token) = self.specials.finalizers.remove(&object) {
                self.ready.push_back(Ready::Finalizer { object, token });
                self.marker.mark::<MAJOR>(&mut self.space, object);
            }
        }
    }

    fn ready_cleanups<const MAJOR: bool>(&mut self, cycle: Cycle) {
        let fresh = std::mem::take(&mut self.specials.fresh_cleanups);
        let keys: Vec<_> = if MAJOR { self.specials.cleanups.keys().copied().collect() } else { fresh };
        for (object, id) in keys {
            if self.is_live(cycle, object) {
                continue;
            }
            if let Some(token) = self.specials.cleanups.remove(&(object, id)) {
                self.specials.cleanup_objects.remove(&id);
                self.ready.push_back(Ready::Cleanup { id, token });
            }
        }
    }

    /// The object that an address points into.
    pub(crate) fn place_of(&self, addr: Addr) -> Option<Place> {
        let place = self.space.cell_of(addr)?;
        let block = &self.space.blocks[place.block as usize];
        let alive = if block.unswept {
            block.is_marked(place.cell)
        } else {
            block.is_alloc(place.cell)
                || block.kind == Kind::Cells && self.cursors[usize::from(block.lane)].has(addr)
        };
        alive.then_some(place)
    }
}
