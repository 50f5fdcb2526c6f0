#![expect(unsafe_code, reason = "the memory of maps")]
//! Maps.
//!
//! A map is a header and one table (`map_table`), or a directory of tables that is indexed by the
//! highest bits of the hash (extendible hashing: Fagin et al. 1979). A full table of the largest
//! size is split in two, so that a large map grows in small steps. Entries are found by a hash
//! with a seed of the map's own.
//!
//! Keys that are one word and strings have code of their own; all others go through the type's hash
//! and equality.
//!
//! Misuse by several goroutines: the header remembers who wrote last and when. If another goroutine
//! comes while the writer was preempted and has done nothing since that orders its writes before what
//! others do, it is a race, and fatal as in Go. What Go finds by luck is found here whenever it is one
//! at a place where goroutines are switched; reads are not remembered.

use golite_bytecode::{TypeIx, TypeKind};
use golite_gc::{Addr, BYTES, Heap, Layout, LayoutId, LayoutWord};

use crate::goroutine::{GoroutineIx, Status};
use crate::hash::{Hasher, hash_address, hash_short, hash_word};
use crate::lookout::{Stop, lookout};
use crate::map_key::{Scratch, key_in_memory};
use crate::map_table::{
    General, Key, MAX_ENTRIES, Place, ShortKey, Str, TABLE_BYTES, Table, Word8, Word16, Word32, Word64,
};
use crate::native::{NativeResult, Trap};
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::{MUCH, PART, Runtime, ZEROES};
use crate::types::{Comparison, TypeTable};

/// How keys are hashed and compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// One byte.
    Word8,
    /// Two bytes.
    Word16,
    /// Four bytes, no float.
    Word32,
    /// Eight bytes, no float, no pointer.
    Word64,
    /// A pointer or channel.
    Pointer,
    /// A string.
    String,
    /// Anything else: by the type's own equality and hash.
    General,
}

/// How entries of a map type lie in its groups.
#[derive(Clone, Debug)]
pub struct MapInfo {
    /// The key type.
    pub key: TypeIx,
    /// The value type.
    pub value: TypeIx,
    /// How keys are hashed and compared.
    pub kind: KeyKind,
    /// Bytes of a key.
    pub key_size: u64,
    /// Bytes of a value.
    pub value_size: u64,
    /// Bytes from a key to its value.
    pub value_offset: u64,
    /// Bytes of an entry.
    pub entry: u64,
    /// Bytes of a group: eight control bytes, eight entries.
    pub group_bytes: u64,
    /// The layout of a group.
    pub group: LayoutId,
    /// Groups hold no pointers.
    pub noscan: bool,
    /// Zero bytes for values larger than the common ones; 0 until needed.
    pub(crate) zero: Addr,
    /// The layouts that were made for it.
    pub(crate) made: Vec<(Layout, LayoutId)>,
}

impl MapInfo {
    pub(crate) fn new(
        ty: &TypeKind,
        types: &mut TypeTable,
        mut register: impl FnMut(&mut TypeTable, Layout) -> LayoutId,
    ) -> MapInfo {
        let TypeKind::Map { key, value } = *ty else { unreachable!("only map types have this") };
        let (key_type, value_type) = (&types[key], &types[value]);
        let align = u64::from(key_type.def.align.max(value_type.def.align).max(1));
        let value_offset = key_type.size.next_multiple_of(u64::from(value_type.def.align.max(1)));
        let entry = (value_offset + value_type.size).next_multiple_of(align);
        let (key_size, value_size) = (key_type.size, value_type.size);
        let one = key_type.slots == 1 && !key_type.in_memory;
        let kind = match (key_type.comparison, key_type.size) {
            (Comparison::Bytes, 1) if one => KeyKind::Word8,
            (Comparison::Bytes, 2) if one => KeyKind::Word16,
            (Comparison::Bytes, 4) if one => KeyKind::Word32,
            (Comparison::Bytes, 8) if one && key_type.noscan => KeyKind::Word64,
            (Comparison::Bytes, 8) if one => KeyKind::Pointer,
            (Comparison::String, _) => KeyKind::String,
            _ => KeyKind::General,
        };
        let mut words = types.words_at(key_type, 0);
        words.extend(types.words_at(value_type, value_offset as u32));
        let noscan = words.is_empty();
        let mut made = Vec::new();
        let mut make = |layout: Layout| {
            let id = register(types, layout.clone());
            made.push((layout, id));
            id
        };
        let words = match noscan {
            true => Vec::new(),
            false => {
                let elem = make(Layout { size: entry, words });
                vec![LayoutWord::Repeat { offset: 8, elem, count: 8 }]
            }
        };
        let group_bytes = (8 + 8 * entry).next_multiple_of(8);
        let group = make(Layout { size: group_bytes, words });
        MapInfo {
            key,
            value,
            kind,
            key_size,
            value_size,
            value_offset,
            entry,
            group_bytes,
            group,
            noscan,
            zero: 0,
            made,
        }
    }
}

/// Layouts of the objects that maps are made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapLayouts {
    header: LayoutId,
    pub table: LayoutId,
    pub pointer: LayoutId,
    pub iterator: LayoutId,
}

impl MapLayouts {
    pub fn new(heap: &mut Heap) -> MapLayouts {
        let mut layout = |size, pointers: &[u32]| {
            let words = pointers.iter().map(|&offset| LayoutWord::Ptr(offset)).collect();
            heap.register_layout(Layout { size, words })
        };
        MapLayouts {
            header: layout(HEADER_BYTES, &[ROOT as u32]),
            table: layout(TABLE_BYTES, &[0]),
            pointer: layout(8, &[0]),
            iterator: layout(crate::map_iter::ITERATOR_BYTES, &crate::map_iter::ITERATOR_POINTERS),
        }
    }
}

// The header's words.
const COUNT: u64 = 0;
const ROOT: u64 = 8;
const SEED: u64 = 16;
const WRITER: u64 = 24;
const WRITTEN: u64 = 32;
const WRITER_INDEX: u64 = 40;
const DEPTH: u64 = 44;
const CLEARED: u64 = 48;
const HEADER_BYTES: u64 = 56;

/// What a goroutine does to a map, for the texts of races.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    Read,
    Write,
    Iterate,
}

/// The header of a map that is not nil.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header(pub Addr);

// SAFETY of all of these: a header is only made of the address of a map, by the crate's rule.
#[expect(clippy::undocumented_unsafe_blocks, reason = "see the comment above")]
impl Header {
    #[inline(always)]
    pub fn count(self) -> u64 {
        unsafe { slot::read(self.0 + COUNT) }
    }
    #[inline(always)]
    fn set_count(self, count: u64) {
        unsafe { slot::write(self.0 + COUNT, count) }
    }
    #[inline(always)]
    pub fn seed(self) -> u64 {
        unsafe { slot::read(self.0 + SEED) }
    }
    #[inline(always)]
    fn root(self) -> Addr {
        unsafe { slot::read(self.0 + ROOT) }
    }
    #[inline(always)]
    pub fn depth(self) -> u32 {
        unsafe { slot::read(self.0 + DEPTH) }
    }
    #[inline(always)]
    fn writer(self) -> u64 {
        unsafe { slot::read(self.0 + WRITER) }
    }
    pub fn cleared(self) -> u64 {
        unsafe { slot::read(self.0 + CLEARED) }
    }
    /// The table for a hash; address 0 if the map has no table yet.
    #[inline(always)]
    pub fn table(self, hash: u64) -> Table {
        match self.depth() {
            0 => Table(self.root()),
            depth => self.table_at(hash >> (64 - depth)),
        }
    }
    /// The table at a place of the directory.
    #[inline(always)]
    pub fn table_at(self, index: u64) -> Table {
        match self.depth() {
            0 => Table(self.root()),
            _ => Table(unsafe { slot::read(self.root() + 8 * index) }),
        }
    }
    pub fn set_directory(self, directory: Addr, depth: u32, heap: &Heap) {
        unsafe {
            slot::write(self.0 + ROOT, directory);
            slot::write(self.0 + DEPTH, depth);
        }
        heap.write_barrier(self.0 + ROOT);
    }
    pub fn set_table_at(self, index: u64, table: Table, heap: &Heap) {
        let place = if self.depth() == 0 { self.0 + ROOT } else { self.root() + 8 * index };
        unsafe { slot::write(place, table.0) };
        heap.write_barrier(place);
    }
}

impl Runtime {
    /// The header of a map that is not nil. Checked builds look that it is one.
    #[inline(always)]
    pub(crate) fn header(&self, map: Addr) -> Header {
        debug_assert!(
            self.heap.is_object(map, self.map_layouts.header),
            "a checked access outside of a map: {map:#x}"
        );
        Header(map)
    }

    #[inline(always)]
    pub(crate) fn map_info(&self, ty: TypeIx) -> &MapInfo {
        self.types[ty].map.as_deref().expect("the type of a map operation is a map type")
    }

    /// `make(ty, hint)`.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn make_map(&mut self, ty: TypeIx, hint: i64) -> Result<Addr, Trap> {
        let header = self.heap.alloc(self.map_layouts.header)?;
        let seed = self.random.next_u64();
        // SAFETY: a fresh header.
        unsafe { slot::write(header + SEED, seed) };
        if hint > 8 {
            self.prepare(Header(header), ty, hint as u64)?;
        }
        Ok(header)
    }

    /// Makes the tables of a new map large enough for `hint` entries, within reason: a hint is not
    /// a promise.
    fn prepare(&mut self, map: Header, ty: TypeIx, hint: u64) -> Result<(), Trap> {
        let (entry, group_bytes) = (self.map_info(ty).entry, self.map_info(ty).group_bytes);
        let most = (64 << 20) / entry.max(8);
        let entries = (hint.min(most) * 8 / 7 + 1).next_power_of_two().max(8);
        debug_assert!(group_bytes >= 8);
        let tables = (entries / MAX_ENTRIES).max(1);
        if tables == 1 {
            let table = self.new_table(ty, entries / 8, 0, 0)?;
            map.set_table_at(0, table, &self.heap);
            return Ok(());
        }
        let depth = tables.trailing_zeros();
        let directory = self.heap.alloc_array(self.map_layouts.pointer, tables)?;
        for i in 0..tables {
            let table = self.new_table(ty, MAX_ENTRIES / 8, depth, i as u32)?;
            // SAFETY: a fresh array of that many pointers.
            unsafe { slot::write(directory + 8 * i, table.0) };
        }
        map.set_directory(directory, depth, &self.heap);
        Ok(())
    }

    /// `len(m)`.
    #[must_use]
    #[inline(always)]
    pub fn map_len(map: Addr) -> u64 {
        if map == 0 { 0 } else { Header(map).count() }
    }

    /// The address of the value of `m[key]`, or of a zero value.
    ///
    /// # Errors
    /// The panic of a key that cannot be hashed, the fatal error of a race.
    ///
    /// # Safety
    /// `key` points to the slots of a key.
    #[inline(always)]
    pub unsafe fn map_get(&mut self, map: Addr, key: *const u64, ty: TypeIx) -> Result<Addr, Trap> {
        // SAFETY: the caller's promise.
        match unsafe { self.map_find(map, key, ty) }? {
            0 => self.zero_value(ty),
            value => Ok(value),
        }
    }

    #[inline]
    fn zero_value(&mut self, ty: TypeIx) -> Result<Addr, Trap> {
        let info = self.map_info(ty);
        if info.value_size <= ZEROES { Ok(self.zeroes) } else { self.large_zero_value(ty) }
    }

    #[cold]
    fn large_zero_value(&mut self, ty: TypeIx) -> Result<Addr, Trap> {
        let (zero, size) = (self.map_info(ty).zero, self.map_info(ty).value_size);
        if zero != 0 {
            return Ok(zero);
        }
        let zero = self.heap.alloc_immortal(BYTES, size)?;
        self.types.map_info_mut(ty).zero = zero;
        Ok(zero)
    }

    /// The address of the value of `m[key]`, 0 if the key is not there.
    ///
    /// # Errors
    /// As `map_get`.
    ///
    /// # Safety
    /// As `map_get`.
    #[inline]
    pub unsafe fn map_find(&mut self, map: Addr, key: *const u64, ty: TypeIx) -> Result<Addr, Trap> {
        if map == 0 || self.header(map).count() == 0 {
            // SAFETY: the caller's promise.
            return unsafe { self.find_in_empty(key, ty) };
        }
        self.check_access(Header(map), Access::Read)?;
        // SAFETY: the caller's promise.
        unsafe { self.find(Header(map), key, ty) }.map(|(_, value)| value)
    }

    #[cold]
    unsafe fn find_in_empty(&mut self, key: *const u64, ty: TypeIx) -> Result<Addr, Trap> {
        if self.map_info(ty).kind == KeyKind::General {
            let key_type = self.map_info(ty).key;
            let mut scratch = Scratch::new();
            // SAFETY: the caller's promise.
            let at = unsafe { key_in_memory(&self.types, key_type, key, &mut scratch) };
            match self.hash_memory(at, key_type, 0) {
                Err(Stop::Type(ty)) => {
                    let text = format!("hash of unhashable type: {}", self.types.name(ty));
                    return Err(self.raise(ErrorKind::Unhashable, text));
                }
                Err(Stop::Limit) => return Err(Trap::Limit),
                Ok(_) => {}
            }
        }
        Ok(0)
    }

    fn hash_memory(&mut self, at: Addr, ty: TypeIx, seed: u64) -> Result<u64, Stop> {
        let (base, lookout) = (self.heap.base(), lookout!(self));
        let mut hasher = Hasher { types: &self.types, random: &mut self.random, base, lookout };
        let hash = hasher.hash_memory(at, ty, seed)?;
        let done = hasher.lookout.end().map_err(|_| Stop::Limit)?;
        self.spend(done);
        Ok(hash)
    }

    /// The hash of a key in memory.
    fn hash_key(&mut self, at: Addr, ty: TypeIx, seed: u64) -> Result<u64, Trap> {
        self.hash_memory(at, ty, seed).map_err(|stop| match stop {
            Stop::Type(ty) => self.raise_unhashable(ty),
            Stop::Limit => Trap::Limit,
        })
    }

    #[cold]
    fn raise_unhashable(&mut self, ty: TypeIx) -> Trap {
        let text = format!("hash of unhashable type {}", self.types.name(ty));
        self.raise(ErrorKind::Error, text)
    }

    /// Key and value address of an entry of a map that is not nil; zeros if it is not there.
    ///
    /// # Safety
    /// As `map_get`.
    #[inline]
    pub(crate) unsafe fn find(
        &mut self,
        map: Header,
        key: *const u64,
        ty: TypeIx,
    ) -> Result<(Addr, Addr), Trap> {
        let info = self.types[ty].map.as_deref().expect("the type of a map operation is a map type");
        let (seed, base) = (map.seed(), self.heap.base());
        // SAFETY: the caller's promise.
        let word = || unsafe { key.read() };
        let entry = match info.kind {
            KeyKind::Word64 => find_in(map, hash_word(word(), seed), Word64(word()), info),
            KeyKind::String => {
                // SAFETY: the caller's promise: two slots, a string.
                let (addr, len) = unsafe { (key.read(), key.add(1).read()) };
                // SAFETY: a string, by the crate's rule.
                match hash_short(unsafe { slot::bytes(addr, len) }, seed) {
                    Some(hash) => find_in(map, hash, Str(addr, len), info),
                    // SAFETY: the caller's promise.
                    None => unsafe { self.find_general(map, key, ty) }?.1,
                }
            }
            KeyKind::Word32 => find_in(map, hash_word(word() & 0xFFFF_FFFF, seed), Word32(word()), info),
            KeyKind::Pointer => find_in(map, hash_address(word(), base, seed), Word64(word()), info),
            KeyKind::Word8 => find_in(map, hash_word(word() & 0xFF, seed), Word8(word()), info),
            KeyKind::Word16 => find_in(map, hash_word(word() & 0xFFFF, seed), Word16(word()), info),
            // SAFETY: the caller's promise.
            KeyKind::General => unsafe { self.find_general(map, key, ty) }?.1,
        };
        if entry == 0 {
            return Ok((0, 0));
        }
        Ok(self.addresses(entry, self.map_info(ty)))
    }

    /// Table and entry of a key of any type and size; the entry is 0 if it is not there.
    #[inline(never)]
    unsafe fn find_general(
        &mut self,
        map: Header,
        key: *const u64,
        ty: TypeIx,
    ) -> Result<(Table, Addr), Trap> {
        let key_type = self.map_info(ty).key;
        let mut scratch = Scratch::new();
        // SAFETY: the caller's promise.
        let at = unsafe { key_in_memory(&self.types, key_type, key, &mut scratch) };
        let hash = self.hash_key(at, key_type, map.seed())?;
        let table = map.table(hash);
        if table.0 == 0 {
            return Ok((table, 0));
        }
        let info = self.types[ty].map.as_deref().expect("the type of a map operation is a map type");
        let mut lookout = lookout!(self);
        let key = General { types: &self.types, ty: key_type, at, lookout: &mut lookout };
        let entry = table.find(hash, key, info);
        let done = lookout.end()?;
        self.spend(done);
        Ok((table, entry))
    }

    /// The addresses of an entry's key and value. Those of size zero are somewhere else: nothing may
    /// point past the end of a group.
    #[inline(always)]
    pub(crate) fn addresses(&self, entry: Addr, info: &MapInfo) -> (Addr, Addr) {
        let key = if info.key_size == 0 { self.heap.zero_base() } else { entry };
        let value = if info.value_size == 0 { self.heap.zero_base() } else { entry + info.value_offset };
        (key, value)
    }

    /// The address of the value of `m[key]`, inserted as zero if it is not there.
    ///
    /// # Errors
    /// The panic of a nil map or a key that cannot be hashed, the fatal error of a race,
    /// `Trap::OutOfMemory`.
    ///
    /// # Safety
    /// As `map_get`.
    #[inline]
    pub unsafe fn map_set(&mut self, map: Addr, key: *const u64, ty: TypeIx) -> Result<Addr, Trap> {
        if map == 0 {
            return Err(self.raise(ErrorKind::Plain, "assignment to entry in nil map"));
        }
        let map = self.header(map);
        self.check_access(map, Access::Write)?;
        let (seed, base) = (map.seed(), self.heap.base());
        let kind = self.map_info(ty).kind;
        // SAFETY: the caller's promise.
        let word = || unsafe { key.read() };
        match kind {
            KeyKind::Word64 => self.set(map, hash_word(word(), seed), Word64(word()), ty),
            KeyKind::String => {
                // SAFETY: the caller's promise: two slots, a string.
                let (addr, len) = unsafe { (key.read(), key.add(1).read()) };
                // SAFETY: a string, by the crate's rule.
                match hash_short(unsafe { slot::bytes(addr, len) }, seed) {
                    Some(hash) => self.set(map, hash, Str(addr, len), ty),
                    // SAFETY: the caller's promise.
                    None => unsafe { self.set_general(map, key, ty) },
                }
            }
            KeyKind::Word32 => self.set(map, hash_word(word() & 0xFFFF_FFFF, seed), Word32(word()), ty),
            KeyKind::Pointer => self.set(map, hash_address(word(), base, seed), Word64(word()), ty),
            KeyKind::Word8 => self.set(map, hash_word(word() & 0xFF, seed), Word8(word()), ty),
            KeyKind::Word16 => self.set(map, hash_word(word() & 0xFFFF, seed), Word16(word()), ty),
            // SAFETY: the caller's promise.
            KeyKind::General => unsafe { self.set_general(map, key, ty) },
        }
    }

    /// The whole of `map_set` for a key that is one word or a short string.
    #[inline(always)]
    fn set<K: ShortKey>(&mut self, map: Header, hash: u64, key: K, ty: TypeIx) -> Result<Addr, Trap> {
        loop {
            let info = self.map_info(ty);
            let table = map.table(hash);
            let place = if table.0 == 0 { Place::Full } else { table.place(hash, key, info) };
            match place {
                Place::Found(entry) => return Ok(self.addresses(entry, info).1),
                Place::Vacant { control, entry, fresh } => {
                    table.take(control, fresh, hash);
                    map.set_count(map.count() + 1);
                    // SAFETY: the entry is the table's, and vacant.
                    unsafe { key.write(entry) };
                    if !info.noscan {
                        self.heap.write_barrier(entry);
                    }
                    return Ok(self.addresses(entry, info).1);
                }
                Place::Full => self.grow(map, hash, ty)?,
            }
        }
    }

    /// `map_set` for other keys. An equal key is replaced: `-0` may stand for `+0`.
    #[inline(never)]
    unsafe fn set_general(&mut self, map: Header, key: *const u64, ty: TypeIx) -> Result<Addr, Trap> {
        let key_type = self.map_info(ty).key;
        let mut scratch = Scratch::new();
        // SAFETY: the caller's promise.
        let at = unsafe { key_in_memory(&self.types, key_type, key, &mut scratch) };
        let hash = self.hash_key(at, key_type, map.seed())?;
        loop {
            let info = self.types[ty].map.as_deref().expect("the type of a map operation is a map type");
            let table = map.table(hash);
            let mut lookout = lookout!(self);
            let key = General { types: &self.types, ty: key_type, at, lookout: &mut lookout };
            let place = if table.0 == 0 { Place::Full } else { table.place(hash, key, info) };
            let done = lookout.end()?;
            self.spend(done);
            let entry = match place {
                Place::Found(entry) | Place::Vacant { entry, .. } => entry,
                Place::Full => {
                    self.grow(map, hash, ty)?;
                    continue;
                }
            };
            // Written first: if that is stopped, the map is what it was.
            self.copy_memory(at, entry, key_type, 1)?;
            if let Place::Vacant { control, fresh, .. } = place {
                table.take(control, fresh, hash);
                map.set_count(map.count() + 1);
            }
            return Ok(self.addresses(entry, self.map_info(ty)).1);
        }
    }

    /// `delete(m, key)`.
    ///
    /// # Errors
    /// As `map_get`.
    ///
    /// # Safety
    /// As `map_get`.
    pub unsafe fn map_delete(&mut self, map: Addr, key: *const u64, ty: TypeIx) -> Result<(), Trap> {
        if map == 0 || self.header(map).count() == 0 {
            // SAFETY: the caller's promise.
            unsafe { self.find_in_empty(key, ty) }?;
            return Ok(());
        }
        let map = Header(map);
        self.check_access(map, Access::Write)?;
        // SAFETY: the caller's promise.
        let Some((table, entry)) = (unsafe { self.find_entry(map, key, ty) })? else { return Ok(()) };
        self.remove_entry(map, table, entry, ty)
    }

    /// Removes an entry. The value is zeroed before: if that is stopped, the entry is still there.
    fn remove_entry(&mut self, map: Header, table: Table, entry: Addr, ty: TypeIx) -> NativeResult {
        let info = self.map_info(ty);
        let (value, bytes) = (info.value_offset, info.entry);
        let TypeKind::Map { key: key_type, value: value_type } = self.types[ty].def.kind else {
            unreachable!("the type is a map's")
        };
        if bytes >= MUCH {
            self.zero_memory(entry + value, value_type, 1)?;
        } else {
            // SAFETY: an entry of the table.
            unsafe { slot::zero(entry, bytes) };
        }
        table.remove(entry, self.map_info(ty));
        map.set_count(map.count() - 1);
        // What is left of a key in an entry that nobody uses keeps something alive, but does no harm.
        if bytes >= MUCH { self.zero_memory(entry, key_type, 1) } else { Ok(()) }
    }

    /// The table and entry of a key.
    unsafe fn find_entry(
        &mut self,
        map: Header,
        key: *const u64,
        ty: TypeIx,
    ) -> Result<Option<(Table, Addr)>, Trap> {
        let info = self.map_info(ty);
        // SAFETY: the caller's promise.
        let (kind, word, seed) = (info.kind, || unsafe { key.read() }, map.seed());
        let hash = match kind {
            KeyKind::Word64 => Some(hash_word(word(), seed)),
            KeyKind::Word32 => Some(hash_word(word() & 0xFFFF_FFFF, seed)),
            KeyKind::Word16 => Some(hash_word(word() & 0xFFFF, seed)),
            KeyKind::Word8 => Some(hash_word(word() & 0xFF, seed)),
            KeyKind::Pointer => Some(hash_address(word(), self.heap.base(), seed)),
            // SAFETY: the caller's promise: two slots, a string.
            KeyKind::String => hash_short(unsafe { slot::bytes(word(), key.add(1).read()) }, seed),
            KeyKind::General => None,
        };
        let Some(hash) = hash else {
            // SAFETY: the caller's promise.
            let (table, entry) = unsafe { self.find_general(map, key, ty) }?;
            return Ok((entry != 0).then_some((table, entry)));
        };
        let table = map.table(hash);
        if table.0 == 0 {
            return Ok(None);
        }
        let entry = match kind {
            KeyKind::Word64 | KeyKind::Pointer => table.find(hash, Word64(word()), info),
            KeyKind::Word32 => table.find(hash, Word32(word()), info),
            KeyKind::Word16 => table.find(hash, Word16(word()), info),
            KeyKind::Word8 => table.find(hash, Word8(word()), info),
            // SAFETY: the caller's promise: two slots, a string.
            KeyKind::String => table.find(hash, Str(word(), unsafe { key.add(1).read() }), info),
            KeyKind::General => unreachable!("these have no short hash"),
        };
        Ok((entry != 0).then_some((table, entry)))
    }

    /// `clear(m)`.
    ///
    /// # Errors
    /// The fatal error of a race.
    pub fn map_clear(&mut self, map: Addr, ty: TypeIx) -> Result<(), Trap> {
        if map == 0 || self.header(map).count() == 0 {
            return Ok(());
        }
        let map = Header(map);
        self.check_access(map, Access::Write)?;
        // SAFETY: the map's header.
        unsafe { slot::write(map.0 + CLEARED, map.cleared() + 1) };
        let (mut index, mut done) = (0, 0);
        while index < 1 << map.depth() {
            let table = map.table_at(index);
            let info = self.map_info(ty);
            if info.entry >= MUCH {
                self.clear_large(map, table, ty)?;
            } else {
                let bytes = info.group_bytes * table.entries() / 8;
                map.set_count(map.count() - table.used());
                table.clear(info);
                self.spend(bytes);
                done += bytes;
            }
            index += 1 << (map.depth() - table.depth());
            if done >= PART {
                done = 0;
                self.look()?;
            }
        }
        Ok(())
    }

    /// Removes all large entries of a table.
    #[cold]
    fn clear_large(&mut self, map: Header, table: Table, ty: TypeIx) -> NativeResult {
        for i in 0..table.entries() {
            if let Some(entry) = table.entry(i, self.map_info(ty)) {
                self.remove_entry(map, table, entry, ty)?;
            }
        }
        table.reset(self.map_info(ty));
        Ok(())
    }

    /// Notices races: see the file's comment. A write is remembered.
    #[inline(always)]
    pub(crate) fn check_access(&mut self, map: Header, access: Access) -> Result<(), Trap> {
        let writer = map.writer();
        if writer != 0 && writer != self.running_id {
            self.check_race(map, access)?;
        }
        if access == Access::Write {
            // SAFETY: the map's header.
            unsafe {
                slot::write(map.0 + WRITER, self.running_id);
                slot::write(map.0 + WRITTEN, self.release_clock);
                slot::write(map.0 + WRITER_INDEX, self.running.0);
            }
        }
        Ok(())
    }

    #[cold]
    fn check_race(&mut self, map: Header, access: Access) -> Result<(), Trap> {
        // SAFETY: the map's header.
        let (index, written) =
            unsafe { (GoroutineIx(slot::read(map.0 + WRITER_INDEX)), slot::read::<u64>(map.0 + WRITTEN)) };
        let racing = self
            .goroutines
            .find(index, map.writer())
            .is_some_and(|writer| writer.status == Status::Runnable && writer.releases <= written);
        if racing {
            self.racing = index;
            return Err(self.raise_fatal(match access {
                Access::Read => "concurrent map read and map write",
                Access::Write => "concurrent map writes",
                Access::Iterate => "concurrent map iteration and map write",
            }));
        }
        // That write is past for everybody.
        // SAFETY: the map's header.
        unsafe { slot::write(map.0 + WRITER, 0u64) };
        Ok(())
    }
}

#[inline(always)]
fn find_in<K: Key>(map: Header, hash: u64, key: K, info: &MapInfo) -> Addr {
    let table = map.table(hash);
    if table.0 == 0 { 0 } else { table.find(hash, key, info) }
}
