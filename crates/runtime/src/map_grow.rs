#![expect(unsafe_code, reason = "the memory of maps")]
//! How maps grow: larger tables, tables that are divided in two, directories.
//!
//! Entries are copied to new tables, which the map gets when they are complete: whoever is stopped before leaves
//! the map as it was.

use golite_bytecode::TypeIx;

use crate::hash::{Hasher, hash_address, hash_short, hash_word};
use crate::lookout::{Stop, lookout};
use crate::map::{Header, KeyKind};
use crate::map_table::{MAX_ENTRIES, Table, read_word};
use crate::native::{NativeResult, Trap};
use crate::slot;
use crate::state::{MUCH, Runtime};

impl Runtime {
    pub(crate) fn new_table(
        &mut self,
        ty: TypeIx,
        groups: u64,
        depth: u32,
        first: u32,
    ) -> Result<Table, Trap> {
        let layout = self.map_info(ty).group;
        self.spend(self.heap.layout_size(layout).saturating_mul(groups));
        let memory = self.heap.alloc_array(layout, groups)?;
        let table = Table(self.heap.alloc(self.map_layouts.table)?);
        table.init(memory, groups, depth, first);
        Ok(table)
    }

    /// Makes room in the table where the hash belongs. No entry is changed if there is no memory or it is stopped.
    #[cold]
    #[inline(never)]
    pub(crate) fn grow(&mut self, map: Header, hash: u64, ty: TypeIx) -> Result<(), Trap> {
        let old = map.table(hash);
        if old.0 == 0 {
            let table = self.new_table(ty, 1, 0, 0)?;
            map.set_table_at(0, table, &self.heap);
            return Ok(());
        }
        let (depth, entries) = (old.depth(), old.entries());
        if old.is_sparse() || entries < MAX_ENTRIES {
            let entries = if old.is_sparse() { entries } else { entries * 2 };
            let table = self.new_table(ty, entries / 8, depth, old.first())?;
            self.move_entries(map, old, ty, |_| table)?;
            self.enter(map, table);
            return Ok(());
        }
        if depth == map.depth() {
            self.double_directory(map)?;
        }
        let half = 1 << (map.depth() - depth - 1);
        let low = self.new_table(ty, MAX_ENTRIES / 8, depth + 1, old.first())?;
        let high = self.new_table(ty, MAX_ENTRIES / 8, depth + 1, old.first() + half)?;
        self.move_entries(map, old, ty, |hash| if hash >> (63 - depth) & 1 == 0 { low } else { high })?;
        self.enter(map, low);
        self.enter(map, high);
        Ok(())
    }

    /// Puts a table into all places of the directory that are its.
    fn enter(&mut self, map: Header, table: Table) {
        let first = u64::from(table.first());
        for index in first..first + (1 << (map.depth() - table.depth())) {
            map.set_table_at(index, table, &self.heap);
        }
    }

    fn double_directory(&mut self, map: Header) -> Result<(), Trap> {
        let places = 1u64 << map.depth();
        let directory = self.heap.alloc_array(self.map_layouts.pointer, places * 2)?;
        for i in 0..places {
            let table = map.table_at(i);
            // SAFETY: a fresh array of twice as many pointers.
            unsafe {
                slot::write(directory + 16 * i, table.0);
                slot::write(directory + 16 * i + 8, table.0);
            }
        }
        let mut index = 0;
        while index < places {
            let table = map.table_at(index);
            index += 1 << (map.depth() - table.depth());
            table.set_first(table.first() * 2);
        }
        map.set_directory(directory, map.depth() + 1, &self.heap);
        Ok(())
    }

    fn move_entries(
        &mut self,
        map: Header,
        old: Table,
        ty: TypeIx,
        to: impl Fn(u64) -> Table,
    ) -> NativeResult {
        let (seed, base, lookout) = (map.seed(), self.heap.base(), lookout!(self));
        let info = self.types[ty].map.as_deref().expect("the type of a map operation is a map type");
        let is_large = info.entry >= MUCH;
        let mut hasher = Hasher { types: &self.types, random: &mut self.random, base, lookout };
        for entry in (0..old.entries()).filter_map(|i| old.entry(i, info)) {
            // SAFETY: a key of the map's type is there.
            let word = unsafe { read_word(entry, info.kind) };
            let hash = match info.kind {
                KeyKind::Word8 | KeyKind::Word16 | KeyKind::Word32 | KeyKind::Word64 => hash_word(word, seed),
                KeyKind::Pointer => hash_address(word, base, seed),
                KeyKind::String => {
                    // SAFETY: as above, a string.
                    let text = unsafe { slot::bytes(word, slot::read(entry + 8)) };
                    match hash_short(text, seed) {
                        Some(hash) => hash,
                        None => hasher.hash_bytes(text, seed).map_err(Stop::trap)?,
                    }
                }
                KeyKind::General => hasher.hash_memory(entry, info.key, seed).map_err(Stop::trap)?,
            };
            let table = to(hash);
            let (control, place) = table.vacancy(hash, info);
            // SAFETY: both are entries of this map.
            unsafe {
                if is_large {
                    hasher.lookout.copy(entry, place, info.entry).map_err(Stop::trap)?;
                } else {
                    slot::copy(entry, place, info.entry);
                }
            }
            table.take(control, true, hash);
        }
        let done = hasher.lookout.end()?;
        self.spend(done);
        Ok(())
    }
}
