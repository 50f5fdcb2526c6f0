#![expect(unsafe_code, reason = "the memory of map tables")]
//! The tables of a map: groups of eight entries behind eight control bytes.
//!
//! A table is a Swiss table (Abseil, 2018): a control byte says of its entry that it is empty (0),
//! was deleted (1), or is in use (0x80 and seven bits of the hash); eight of them are examined at
//! once in a word. Empty is 0, so that fresh memory is an empty table.
//!
//! Probing starts at the group that the hash names and goes on by triangular steps; it ends at a
//! group with an empty entry, or when all groups were seen. A table of one group may be full; larger
//! ones are at most seven eighths full, deleted entries counted.
//!
//! Tables are never changed in shape: growth makes a new table, and an iterator that is in the old
//! one keeps it and goes on there.

use golite_bytecode::TypeIx;
use golite_gc::Addr;

use crate::equal::equal_memory;
use crate::lookout::Lookout;
use crate::map::{KeyKind, MapInfo};
use crate::slot;
use crate::string;
use crate::types::TypeTable;

/// Most entries of one table; a fuller one is split in two.
pub(crate) const MAX_ENTRIES: u64 = 1024;

/// Bytes of a table object, and its words: groups (a pointer), number of groups - 1, entries in use,
/// entries that may still be taken, and depth (low half) with the first place in the directory.
pub(crate) const TABLE_BYTES: u64 = 40;
const GROUPS: u64 = 0;
const MASK: u64 = 8;
const USED: u64 = 16;
const ROOM: u64 = 24;
const DEPTH: u64 = 32;
const FIRST: u64 = 36;

const LOW: u64 = 0x0101_0101_0101_0101;
const HIGH: u64 = 0x8080_8080_8080_8080;
const DELETED: u8 = 1;

/// A key that is looked for.
pub(crate) trait Key {
    /// Whether it equals the key at an address.
    ///
    /// # Safety
    /// A key of the map's key type is there.
    unsafe fn equals(&mut self, at: Addr) -> bool;
}

/// A key that is written at once.
pub(crate) trait ShortKey: Key + Copy {
    /// Writes it to an address.
    ///
    /// # Safety
    /// There is room for it.
    unsafe fn write(self, at: Addr);
}

macro_rules! word_keys {
    ($($name:ident: $ty:ty;)*) => {$(
        #[derive(Clone, Copy)]
        pub(crate) struct $name(pub u64);

        impl Key for $name {
            #[inline(always)]
            unsafe fn equals(&mut self, at: Addr) -> bool {
                // SAFETY: the caller's promise.
                unsafe { slot::read::<$ty>(at) == self.0 as $ty }
            }
        }

        impl ShortKey for $name {
            #[inline(always)]
            unsafe fn write(self, at: Addr) {
                // SAFETY: the caller's promise.
                unsafe { slot::write(at, self.0 as $ty) }
            }
        }
    )*};
}

word_keys! {
    Word8: u8;
    Word16: u16;
    Word32: u32;
    Word64: u64;
}

/// A string, of few bytes.
#[derive(Clone, Copy)]
pub(crate) struct Str(pub Addr, pub u64);

impl Key for Str {
    #[inline(always)]
    unsafe fn equals(&mut self, at: Addr) -> bool {
        // SAFETY: the caller's promise.
        unsafe { string::equal((self.0, self.1), (slot::read(at), slot::read(at + 8))) }
    }
}

impl ShortKey for Str {
    #[inline(always)]
    unsafe fn write(self, at: Addr) {
        // SAFETY: the caller's promise.
        unsafe {
            slot::write(at, self.0);
            slot::write(at + 8, self.1);
        }
    }
}

/// A key in memory, of any type and size. When the lookout stops a comparison, all others answer no, and what
/// was looked for is not found: whoever looks asks the lookout before that is believed.
pub(crate) struct General<'a, 'b> {
    pub types: &'a TypeTable,
    pub ty: TypeIx,
    pub at: Addr,
    pub lookout: &'a mut Lookout<'b>,
}

impl Key for General<'_, '_> {
    #[inline]
    unsafe fn equals(&mut self, at: Addr) -> bool {
        // Both keys were hashed, so nothing in them is uncomparable.
        equal_memory(self.types, self.at, at, self.ty, self.lookout).unwrap_or(false)
    }
}

/// Positions of the bytes whose high bit is set.
#[derive(Clone, Copy)]
struct Bits(u64);

impl Iterator for Bits {
    type Item = u64;

    #[inline(always)]
    fn next(&mut self) -> Option<u64> {
        if self.0 == 0 {
            return None;
        }
        let at = u64::from(self.0.trailing_zeros() / 8);
        self.0 &= self.0 - 1;
        Some(at)
    }
}

#[inline(always)]
fn tag(hash: u64) -> u8 {
    0x80 | (hash & 0x7F) as u8
}

/// Bytes equal to the tag; a byte above an equal one may be reported too.
#[inline(always)]
fn matching(control: u64, tag: u8) -> Bits {
    let x = control ^ (LOW * u64::from(tag));
    Bits(x.wrapping_sub(LOW) & !x & HIGH)
}

#[inline(always)]
fn empty(control: u64) -> u64 {
    !(control | control << 7) & HIGH
}

#[inline(always)]
fn free(control: u64) -> Bits {
    Bits(!control & HIGH)
}

/// A table: the address of its object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Table(pub Addr);

/// Where a key is, or may go.
pub(crate) enum Place {
    /// The entry.
    Found(Addr),
    /// The control byte's address and the entry's; `taken` counts against the room.
    Vacant { control: Addr, entry: Addr, fresh: bool },
    /// There is no room.
    Full,
}

// SAFETY of all of these methods: `self.0` is the address of a live table object, and its groups are
// as many as it says, of the map type whose `info` is given. `map.rs` makes them so.
#[expect(clippy::undocumented_unsafe_blocks, reason = "see the comment above")]
impl Table {
    pub fn init(self, groups: Addr, group_count: u64, depth: u32, first: u32) {
        unsafe {
            slot::write(self.0 + GROUPS, groups);
            slot::write(self.0 + MASK, group_count - 1);
            slot::write(self.0 + USED, 0u64);
            slot::write(self.0 + ROOM, room(group_count));
            slot::write(self.0 + DEPTH, depth);
            slot::write(self.0 + FIRST, first);
        }
    }

    #[inline(always)]
    pub fn groups(self) -> Addr {
        unsafe { slot::read(self.0 + GROUPS) }
    }

    #[inline(always)]
    pub fn mask(self) -> u64 {
        let mask: u64 = unsafe { slot::read(self.0 + MASK) };
        debug_assert!(mask < MAX_ENTRIES / 8, "a checked access outside of a table of a map");
        mask
    }

    pub fn entries(self) -> u64 {
        (self.mask() + 1) * 8
    }

    #[inline(always)]
    pub fn used(self) -> u64 {
        unsafe { slot::read(self.0 + USED) }
    }

    #[inline(always)]
    fn room(self) -> u64 {
        unsafe { slot::read(self.0 + ROOM) }
    }

    #[inline(always)]
    fn set_counts(self, used: u64, room: u64) {
        unsafe {
            slot::write(self.0 + USED, used);
            slot::write(self.0 + ROOM, room);
        }
    }

    pub fn depth(self) -> u32 {
        unsafe { slot::read(self.0 + DEPTH) }
    }

    pub fn first(self) -> u32 {
        unsafe { slot::read(self.0 + FIRST) }
    }

    pub fn set_first(self, first: u32) {
        unsafe { slot::write(self.0 + FIRST, first) }
    }

    #[inline(always)]
    fn group(self, index: u64, info: &MapInfo) -> Addr {
        self.groups() + index * info.group_bytes
    }

    /// The entry with that key, 0 if there is none.
    #[inline(always)]
    pub fn find<K: Key>(self, hash: u64, mut key: K, info: &MapInfo) -> Addr {
        let (groups, mask, tag) = (self.groups(), self.mask(), tag(hash));
        let (mut index, mut step) = ((hash >> 7) & mask, 0);
        loop {
            let group = groups + index * info.group_bytes;
            let control = unsafe { slot::read::<u64>(group) };
            for i in matching(control, tag) {
                let entry = group + 8 + i * info.entry;
                if unsafe { key.equals(entry) } {
                    return entry;
                }
            }
            step += 1;
            if empty(control) != 0 || step > mask {
                return 0;
            }
            index = (index + step) & mask;
        }
    }

    /// The entry with that key, or where it may go.
    #[inline(always)]
    pub fn place<K: Key>(self, hash: u64, mut key: K, info: &MapInfo) -> Place {
        let (groups, mask, tag) = (self.groups(), self.mask(), tag(hash));
        let (mut index, mut step) = ((hash >> 7) & mask, 0);
        let mut vacant: Option<(Addr, Addr, bool)> = None;
        loop {
            let group = groups + index * info.group_bytes;
            let control = unsafe { slot::read::<u64>(group) };
            for i in matching(control, tag) {
                let entry = group + 8 + i * info.entry;
                if unsafe { key.equals(entry) } {
                    return Place::Found(entry);
                }
            }
            if vacant.is_none()
                && let Some(i) = free(control).next()
            {
                let fresh = control >> (8 * i) & 0xFF == 0;
                vacant = Some((group + i, group + 8 + i * info.entry, fresh));
            }
            step += 1;
            if empty(control) != 0 || step > mask {
                break;
            }
            index = (index + step) & mask;
        }
        match vacant {
            Some((control, entry, fresh)) if !fresh || self.room() > 0 => {
                Place::Vacant { control, entry, fresh }
            }
            _ => Place::Full,
        }
    }

    /// Takes a vacant place for a key of that hash.
    #[inline(always)]
    pub fn take(self, control: Addr, fresh: bool, hash: u64) {
        unsafe { slot::write(control, tag(hash)) };
        self.set_counts(self.used() + 1, self.room() - u64::from(fresh));
    }

    /// Where an entry of that hash goes in a new table, which has room and no such key: its control byte and
    /// itself.
    #[inline(always)]
    pub fn vacancy(self, hash: u64, info: &MapInfo) -> (Addr, Addr) {
        let mask = self.mask();
        let (mut index, mut step) = ((hash >> 7) & mask, 0);
        loop {
            let group = self.group(index, info);
            let control = unsafe { slot::read::<u64>(group) };
            if let Some(i) = Bits(empty(control)).next() {
                return (group + i, group + 8 + i * info.entry);
            }
            step += 1;
            debug_assert!(step <= mask, "a new table has room");
            index = (index + step) & mask;
        }
    }

    /// Removes an entry, whose value is zero.
    pub fn remove(self, entry: Addr, info: &MapInfo) {
        // The first entry is 8 bytes into its group; where entries have no size, so is every one.
        let offset = entry - 8 - self.groups();
        let group = self.groups() + offset / info.group_bytes * info.group_bytes;
        // With entries of size 0 all of a group have one address: any of those in use will do.
        let control = unsafe { slot::read::<u64>(group) };
        let i = match info.entry {
            0 => Bits(control & HIGH).next().unwrap_or(0),
            size => (entry - group - 8) / size,
        };
        let (used, room) = (self.used() - 1, self.room());
        if used == 0 && self.mask() < 16 {
            return self.reset(info);
        }
        // A group that has an empty entry never made a probe go on: the entry may become empty too.
        let reusable = self.mask() == 0 || empty(control) != 0;
        unsafe { slot::write(group + i, if reusable { 0 } else { DELETED }) };
        self.set_counts(used, room + u64::from(reusable));
    }

    /// All entries are removed, and their values zero: probes need not go past them any more.
    pub fn reset(self, info: &MapInfo) {
        let groups = self.mask() + 1;
        for index in 0..groups {
            unsafe { slot::write(self.group(index, info), 0u64) };
        }
        self.set_counts(0, room(groups));
    }

    /// Removes all entries, which are not large.
    pub fn clear(self, info: &MapInfo) {
        let groups = self.mask() + 1;
        unsafe { slot::zero(self.groups(), groups * info.group_bytes) };
        self.set_counts(0, room(groups));
    }

    /// Entry number `i`, if it is in use; whether its whole group is unused is told by `group_unused`.
    #[inline]
    pub fn entry(self, i: u64, info: &MapInfo) -> Option<Addr> {
        let group = self.group(i / 8, info);
        let control = unsafe { slot::read::<u8>(group + i % 8) };
        (control & 0x80 != 0).then_some(group + 8 + i % 8 * info.entry)
    }

    /// Whether none of the eight entries from `i` on, the first of a group, is in use.
    #[inline]
    pub fn group_unused(self, i: u64, info: &MapInfo) -> bool {
        let control = unsafe { slot::read::<u64>(self.group(i / 8, info)) };
        control & HIGH == 0
    }

    /// Whether so many entries were deleted that a table of the same size will do.
    pub fn is_sparse(self) -> bool {
        self.used() * 2 < self.entries()
    }
}

/// How many entries may be taken in a table of so many groups.
fn room(groups: u64) -> u64 {
    if groups == 1 { 8 } else { groups * 7 }
}

/// The key kinds that are one word read from memory: for rehashing.
///
/// # Safety
/// A key of that kind is at `at`.
#[inline(always)]
pub(crate) unsafe fn read_word(at: Addr, kind: KeyKind) -> u64 {
    // SAFETY: the caller's promise.
    unsafe {
        match kind {
            KeyKind::Word8 => u64::from(slot::read::<u8>(at)),
            KeyKind::Word16 => u64::from(slot::read::<u16>(at)),
            KeyKind::Word32 => u64::from(slot::read::<u32>(at)),
            KeyKind::Word64 | KeyKind::Pointer | KeyKind::String | KeyKind::General => slot::read(at),
        }
    }
}
