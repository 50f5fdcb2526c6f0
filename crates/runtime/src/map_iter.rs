#![expect(unsafe_code, reason = "the memory of iterators")]
//! Iteration over maps.
//!
//! An iterator is an object of its own. It goes through the directory, and through the entries of
//! each table, from a random start and around. A table that is replaced by a larger one while an
//! iterator is in it stays with the iterator: its keys are then looked up in the map, which tells
//! what was deleted and what the values are now. What was inserted meanwhile may be missed; nothing
//! comes twice. Spec: For statements with range clause.

use golite_bytecode::TypeIx;
use golite_gc::Addr;

use crate::equal::equal_memory;
use crate::lookout::{Stop, lookout};
use crate::map::{Access, Header};
use crate::map_table::Table;
use crate::native::Trap;
use crate::slot;
use crate::state::Runtime;

/// The iterator's words: map and table are pointers.
const MAP: u64 = 0;
const TABLE: u64 = 8;
const TYPE: u64 = 16;
/// Places of the directory done, and where it was begun.
const PLACE: u64 = 24;
const PLACE_START: u64 = 32;
/// Entries of the table done, and where they are begun.
const ENTRY: u64 = 40;
const ENTRY_START: u64 = 48;
/// Depth of the directory when `PLACE` was true.
const DEPTH: u64 = 56;
/// How often the map had been cleared.
const CLEARED: u64 = 64;

/// Bytes of an iterator.
pub(crate) const ITERATOR_BYTES: u64 = 72;
/// Where its pointers are.
pub(crate) const ITERATOR_POINTERS: [u32; 2] = [MAP as u32, TABLE as u32];

#[derive(Clone, Copy)]
struct Iterator(Addr);

// SAFETY of both: an `Iterator` is only made of the address of an iterator, by the crate's rule.
#[expect(clippy::undocumented_unsafe_blocks, reason = "see the comment above")]
impl Iterator {
    #[inline(always)]
    fn get(self, word: u64) -> u64 {
        unsafe { slot::read(self.0 + word) }
    }
    #[inline(always)]
    fn set(self, word: u64, value: u64) {
        unsafe { slot::write(self.0 + word, value) }
    }
}

/// The type of the map that an iterator goes through.
pub(crate) fn type_of(iter: Addr) -> TypeIx {
    TypeIx(Iterator(iter).get(TYPE) as u32)
}

/// The map is of another type, which looks the same.
pub(crate) fn set_type(iter: Addr, ty: TypeIx) {
    Iterator(iter).set(TYPE, u64::from(ty.0));
}

impl Runtime {
    /// An iterator over a map (nil is allowed), before its first entry.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`, the fatal error of a race.
    pub fn map_iter(&mut self, map: Addr, ty: TypeIx) -> Result<Addr, Trap> {
        let iter = Iterator(self.heap.alloc(self.map_layouts.iterator)?);
        if map == 0 || self.header(map).count() == 0 {
            return Ok(iter.0);
        }
        self.check_access(Header(map), Access::Iterate)?;
        iter.set(MAP, map);
        iter.set(TYPE, u64::from(ty.0));
        iter.set(PLACE_START, self.random.next_u64());
        iter.set(ENTRY_START, self.random.next_u64());
        iter.set(DEPTH, u64::from(Header(map).depth()));
        iter.set(CLEARED, Header(map).cleared());
        Ok(iter.0)
    }

    /// The addresses of the next entry's key and value; `None` at the end.
    ///
    /// # Errors
    /// The fatal error of a race.
    pub fn map_next(&mut self, iter: Addr) -> Result<Option<(Addr, Addr)>, Trap> {
        debug_assert!(
            self.heap.is_object(iter, self.map_layouts.iterator),
            "a checked access outside of an iterator: {iter:#x}"
        );
        let iter = Iterator(iter);
        if iter.get(MAP) == 0 {
            return Ok(None);
        }
        let (map, ty) = (self.header(iter.get(MAP)), TypeIx(iter.get(TYPE) as u32));
        self.check_access(map, Access::Iterate)?;
        let depth = u64::from(map.depth());
        let deeper = depth - iter.get(DEPTH);
        if deeper != 0 {
            iter.set(PLACE, iter.get(PLACE) << deeper);
            iter.set(PLACE_START, iter.get(PLACE_START) << deeper);
            iter.set(DEPTH, depth);
        }
        // Tables that this call leaves; all but the first had no entry.
        let (places, mut passed) = (1u64 << depth, 0);
        while iter.get(PLACE) < places {
            if iter.get(TABLE) == 0 {
                let mut place = (iter.get(PLACE) + iter.get(PLACE_START)) & (places - 1);
                let table = map.table_at(place);
                if iter.get(PLACE) == 0 {
                    // The random start may be in the middle of a table's places.
                    place = u64::from(table.first());
                    iter.set(PLACE_START, place);
                }
                debug_assert_eq!(place, u64::from(table.first()));
                iter.set(TABLE, table.0);
                self.heap.write_barrier(iter.0 + TABLE);
                iter.set(ENTRY, 0);
            }
            let table = Table(iter.get(TABLE));
            if let Some(found) = self.next_in_table(iter, map, table, ty)? {
                return Ok(Some(found));
            }
            iter.set(TABLE, 0);
            iter.set(PLACE, iter.get(PLACE) + (1 << (depth - u64::from(table.depth()))));
            passed += 1;
            if passed > 1 {
                self.charge(table.entries() / 64)?;
            }
        }
        iter.set(MAP, 0);
        Ok(None)
    }

    fn next_in_table(
        &mut self,
        iter: Iterator,
        map: Header,
        table: Table,
        ty: TypeIx,
    ) -> Result<Option<(Addr, Addr)>, Trap> {
        let places = 1u64 << map.depth();
        let place = (iter.get(PLACE) + iter.get(PLACE_START)) & (places - 1);
        let current = map.table_at(place) == table;
        let (entries, start) = (table.entries(), iter.get(ENTRY_START));
        let mut done = iter.get(ENTRY);
        while done < entries {
            let info = self.types[ty].map.as_deref().expect("iterators are over maps");
            let at = (done + start) & (entries - 1);
            if at.is_multiple_of(8) && table.group_unused(at, info) {
                done += 8;
                continue;
            }
            done += 1;
            let Some(entry) = table.entry(at, info) else { continue };
            if current {
                let found = self.addresses(entry, info);
                iter.set(ENTRY, done);
                return Ok(Some(found));
            }
            let found = self.look_up_again(iter, map, entry, ty)?;
            if found.is_some() {
                iter.set(ENTRY, done);
                return Ok(found);
            }
        }
        iter.set(ENTRY, done);
        Ok(None)
    }

    /// An entry of a table that was replaced: as it is in the map now.
    fn look_up_again(
        &mut self,
        iter: Iterator,
        map: Header,
        entry: Addr,
        ty: TypeIx,
    ) -> Result<Option<(Addr, Addr)>, Trap> {
        let info = self.types[ty].map.as_deref().expect("iterators are over maps");
        let key_type = info.key;
        let old = self.addresses(entry, info);
        let key = self.load_slots(old.0, key_type);
        if map.count() != 0 {
            // SAFETY: the slots of a key of the map's type.
            let found = unsafe { self.find(map, key.as_ptr(), ty) }?;
            if found.1 != 0 {
                return Ok(Some(found));
            }
        }
        // A key that is not equal to itself (NaN) cannot be found, and only `clear` removes it.
        let is_self = match equal_memory(&self.types, old.0, old.0, key_type, &mut lookout!(self)) {
            Err(Stop::Limit) => return Err(Trap::Limit),
            answer => answer.unwrap_or(true),
        };
        Ok((!is_self && map.cleared() == iter.get(CLEARED)).then_some(old))
    }
}
