#![expect(unsafe_code, reason = "heap memory is zeroed, poisoned and its cards are written by address")]
//! The heap's address range: blocks, spans of free blocks, cards, and from an address to its object.
//!
//! The range is committed in steps from its start; block n lies at `base + n * BLOCK`. Beside it are a
//! byte for each card of 128 bytes and one for each block, which the write barrier sets to 0xFF. Bit 0
//! of either is for minor collections, bit 1 for the major under way.
//!
//! Every address that is asked about may be anything: outside the range, in a free block, in the unused
//! end of a block.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::block::{Block, Kind};
use crate::checked;
use crate::reserve::{Reservation, addresses_are_limited};
use crate::size_class::{BLOCK, BLOCK_SHIFT};

/// log2 of the bytes of a card. 128 was measured against 512: never slower, up to 2.3 times faster.
pub(crate) const CARD_SHIFT: u32 = 7;
/// Bytes of a card.
pub(crate) const CARD: u64 = 1 << CARD_SHIFT;
/// Cards of a block.
pub(crate) const CARDS: usize = (BLOCK >> CARD_SHIFT) as usize;

/// Bytes committed at a time.
const COMMIT: u64 = 1 << 20;

/// Addresses that are left to the rest of the process.
const OTHERS: u64 = 32 << 20;

/// Bytes of cards committed at a time: those of 16 steps.
const COMMIT_CARDS: u64 = (16 * COMMIT) >> CARD_SHIFT;

/// Blocks zeroed at a time, between which somebody may stop it: 1 MiB.
const ZEROED_AT_ONCE: u32 = 16;

/// What freed memory is filled with in stress mode.
pub(crate) const POISON: u8 = 0xDB;

/// Where an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) block: u32,
    pub(crate) cell: u32,
}

/// The address range. In one reservation lie the bytes of the blocks, the cards, and the heap: a start commits
/// the first two at once.
pub(crate) struct Space {
    range: Reservation,
    /// Offsets in the reservation.
    cards_at: u64,
    heap_at: u64,
    /// The heap's first address.
    base: u64,
    committed: u64,
    cards_committed: u64,
    pub(crate) blocks: Vec<Block>,
    /// A bit for each block: allocated into since the last collection.
    young: Vec<u64>,
    free_by_start: BTreeMap<u32, u32>,
    free_by_length: BTreeSet<(u32, u32)>,
    pub(crate) free_blocks: u64,
    /// Bytes of the tables beside the blocks.
    pub(crate) table_bytes: u64,
    /// Not 0 when the program is to end: what takes long may be left off.
    pub(crate) stop: Option<Arc<AtomicUsize>>,
}

impl Drop for Space {
    fn drop(&mut self) {
        if cfg!(debug_assertions) {
            checked::forbid(self.base);
        }
    }
}

impl Space {
    /// Reserves `bytes`, or half of it and so on, down to `least`.
    pub(crate) fn new(bytes: u64, least: u64) -> Option<Space> {
        let mut bytes = bytes.next_multiple_of(16 * COMMIT).max(16 * COMMIT);
        loop {
            let smaller = (bytes / 2).next_multiple_of(16 * COMMIT);
            // Where addresses are limited, not all are taken.
            if let Some(space) = Space::reserve(bytes)
                && (smaller < least || !addresses_are_limited() || Reservation::new(OTHERS).is_some())
            {
                return Some(space);
            }
            bytes = smaller;
            if bytes < least {
                return None;
            }
        }
    }

    fn reserve(bytes: u64) -> Option<Space> {
        let cards_at = (bytes >> BLOCK_SHIFT).next_multiple_of(BLOCK);
        let heap_at = cards_at + (bytes >> CARD_SHIFT).next_multiple_of(BLOCK);
        let range = Reservation::new(heap_at.checked_add(bytes)?)?;
        if !range.commit(0, cards_at + COMMIT_CARDS) {
            return None;
        }
        Some(Space {
            base: range.base() + heap_at,
            range,
            cards_at,
            heap_at,
            committed: 0,
            cards_committed: COMMIT_CARDS,
            blocks: Vec::new(),
            young: Vec::new(),
            free_by_start: BTreeMap::new(),
            free_by_length: BTreeSet::new(),
            free_blocks: 0,
            table_bytes: 0,
            stop: None,
        })
    }

    pub(crate) fn base(&self) -> u64 {
        self.base
    }

    pub(crate) fn committed(&self) -> u64 {
        self.committed
    }

    /// What to add to `addr >> 7` to get the address of its card byte.
    pub(crate) fn card_bias(&self) -> u64 {
        (self.range.base() + self.cards_at).wrapping_sub(self.base >> CARD_SHIFT)
    }

    /// What to add to `addr >> 16` to get the address of its block byte.
    pub(crate) fn block_bias(&self) -> u64 {
        self.range.base().wrapping_sub(self.base >> BLOCK_SHIFT)
    }

    #[inline(always)]
    pub(crate) fn block_base(&self, block: u32) -> u64 {
        self.base + (u64::from(block) << BLOCK_SHIFT)
    }

    pub(crate) fn base_of(&self, place: Place) -> u64 {
        self.block_base(place.block) + u64::from(place.cell) * self.blocks[place.block as usize].cell_bytes
    }

    /// Whether a block was allocated into since the last collection.
    #[inline(always)]
    pub(crate) fn is_young(&self, block: u32) -> bool {
        self.young.get((block / 64) as usize).is_some_and(|word| word >> (block % 64) & 1 != 0)
    }

    /// Whether an address may be that of a young object: a look at little memory.
    #[inline(always)]
    pub(crate) fn may_be_young(&self, addr: u64) -> bool {
        let offset = addr.wrapping_sub(self.base);
        offset < self.committed && self.is_young((offset >> BLOCK_SHIFT) as u32)
    }

    /// Notes that blocks are allocated into.
    pub(crate) fn become_young(&mut self, blocks: std::ops::Range<u32>) {
        for block in blocks {
            self.young[(block / 64) as usize] |= 1 << (block % 64);
        }
    }

    /// After a collection.
    pub(crate) fn forget_young(&mut self) {
        self.young.fill(0);
    }

    /// The cell that an address points into, allocated or not. `None` for anything else.
    #[inline(always)]
    pub(crate) fn cell_of(&self, addr: u64) -> Option<Place> {
        let offset = addr.wrapping_sub(self.base);
        if offset >= self.committed {
            return None;
        }
        let block = (offset >> BLOCK_SHIFT) as u32;
        let found = &self.blocks[block as usize];
        let cell = found.cell_at(offset & (BLOCK - 1));
        if cell < found.cells {
            return Some(Place { block, cell });
        }
        (found.kind == Kind::Rest).then_some(Place { block: found.head, cell: 0 })
    }

    /// Takes `count` adjacent free blocks; their `kind` is still free.
    pub(crate) fn take_blocks(&mut self, count: u32) -> Option<u32> {
        let (length, start) = match self.free_by_length.range((count, 0)..).next() {
            Some(&found) => found,
            None => {
                self.commit_blocks(count)?;
                *self.free_by_length.range((count, 0)..).next()?
            }
        };
        self.remove_free(start, length);
        if length > count {
            self.insert_free(start + count, length - count);
        }
        Some(start)
    }

    /// Gives blocks back; they must be of kind `Free`.
    pub(crate) fn give_blocks(&mut self, start: u32, count: u32) {
        let (mut first, mut length) = (start, count);
        if let Some((&before, &before_length)) = self.free_by_start.range(..start).next_back()
            && before + before_length == start
        {
            self.remove_free(before, before_length);
            first = before;
            length += before_length;
        }
        if let Some(&after_length) = self.free_by_start.get(&(start + count)) {
            self.remove_free(start + count, after_length);
            length += after_length;
        }
        self.insert_free(first, length);
    }

    fn insert_free(&mut self, start: u32, length: u32) {
        self.free_by_start.insert(start, length);
        self.free_by_length.insert((length, start));
        self.free_blocks += u64::from(length);
    }

    fn remove_free(&mut self, start: u32, length: u32) {
        self.free_by_start.remove(&start);
        self.free_by_length.remove(&(length, start));
        self.free_blocks -= u64::from(length);
    }

    /// Commits room for at least `count` more blocks in a row.
    fn commit_blocks(&mut self, count: u32) -> Option<()> {
        // Free blocks at the end of what is committed count.
        let end = self.blocks.len() as u32;
        let at_end = match self.free_by_start.range(..end).next_back() {
            Some((&start, &length)) if start + length == end => length,
            _ => 0,
        };
        let missing = u64::from(count.saturating_sub(at_end)) << BLOCK_SHIFT;
        let step = missing.checked_next_multiple_of(COMMIT)?.max(COMMIT);
        let target = self.committed.checked_add(step)?;
        if target > self.range.bytes() - self.heap_at {
            return None;
        }
        let cards_target = (target >> CARD_SHIFT).next_multiple_of(COMMIT_CARDS);
        if cards_target > self.cards_committed {
            let missing = cards_target - self.cards_committed;
            if !self.range.commit(self.cards_at + self.cards_committed, missing) {
                return None;
            }
            self.cards_committed = cards_target;
        }
        if !self.range.commit(self.heap_at + self.committed, step) {
            return None;
        }
        self.committed = target;
        if cfg!(debug_assertions) {
            checked::allow(self.base, self.base + target);
        }
        let added = (step >> BLOCK_SHIFT) as u32;
        self.blocks.extend((0..added).map(|_| Block::new()));
        self.young.resize(self.blocks.len().div_ceil(64), 0);
        self.give_blocks(end, added);
        Some(())
    }

    /// Makes a taken block one of a lane.
    pub(crate) fn open_cells(&mut self, block: u32, lane: u8, immortal: bool) {
        let found = &mut self.blocks[block as usize];
        found.become_cells(lane, immortal);
        self.table_bytes += found.table_bytes();
    }

    /// Makes taken blocks a large object; its memory is zeroed. False if somebody stops it meanwhile: the blocks are
    /// free again.
    pub(crate) fn open_large(
        &mut self,
        block: u32,
        count: u32,
        bytes: u64,
        noscan: bool,
        immortal: bool,
    ) -> bool {
        for ix in block..block + count {
            let done = ix - block;
            if done > 0 && done.is_multiple_of(ZEROED_AT_ONCE) && self.is_stopped() {
                self.blocks[block as usize..ix as usize].iter_mut().for_each(|zeroed| zeroed.dirty_to = 0);
                self.give_blocks(block, count);
                return false;
            }
            self.zero(self.block_base(ix), u64::from(self.blocks[ix as usize].dirty_to));
        }
        let found = &mut self.blocks[block as usize];
        found.become_large(bytes, noscan, immortal);
        self.table_bytes += found.table_bytes();
        for ix in block + 1..block + count {
            self.blocks[ix as usize].become_rest(block);
        }
        true
    }

    /// Whether what takes long may be left off.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.as_ref().is_some_and(|word| word.load(Ordering::Relaxed) != 0)
    }

    /// Frees a block without objects, for a large object all of its blocks.
    pub(crate) fn close(&mut self, block: u32) {
        let found = &self.blocks[block as usize];
        let count = if found.kind == Kind::Large { found.cell_bytes.div_ceil(BLOCK) as u32 } else { 1 };
        self.table_bytes -= found.table_bytes();
        for ix in block..block + count {
            self.blocks[ix as usize].become_free();
        }
        self.give_blocks(block, count);
    }

    /// Gives the pages of blocks back to the system.
    fn discard(&self, start: u32, count: u32) {
        self.range.discard(self.heap_at + (u64::from(start) << BLOCK_SHIFT), u64::from(count) << BLOCK_SHIFT);
    }

    /// Gives the pages of free blocks back to the system.
    pub(crate) fn release_free(&mut self) {
        for (&start, &length) in &self.free_by_start {
            let span = start as usize..(start + length) as usize;
            if self.blocks[span.clone()].iter().any(|block| block.dirty_to > 0) {
                self.discard(start, length);
                self.blocks[span].iter_mut().for_each(|block| block.dirty_to = 0);
            }
        }
    }

    /// Gives the pages of at least some free blocks back; false if there are no more of them.
    pub(crate) fn release_some(&mut self, most: u32) -> bool {
        let mut found = None;
        'spans: for (&start, &length) in &self.free_by_start {
            for block in start..start + length {
                if self.blocks[block as usize].dirty_to > 0 {
                    found = Some((block, (start + length - block).min(most)));
                    break 'spans;
                }
            }
        }
        let Some((from, count)) = found else { return false };
        self.discard(from, count);
        self.blocks[from as usize..(from + count) as usize].iter_mut().for_each(|block| block.dirty_to = 0);
        true
    }

    /// Bytes of free blocks that hold pages.
    pub(crate) fn free_bytes_held(&self) -> u64 {
        let spans =
            self.free_by_start.iter().map(|(&start, &length)| start as usize..(start + length) as usize);
        spans.map(|span| self.blocks[span].iter().map(|block| u64::from(block.dirty_to)).sum::<u64>()).sum()
    }

    /// Bytes of free blocks that hold no pages.
    pub(crate) fn released_bytes(&self) -> u64 {
        let spans =
            self.free_by_start.iter().map(|(&start, &length)| start as usize..(start + length) as usize);
        spans
            .map(|span| self.blocks[span].iter().filter(|block| block.dirty_to == 0).count() as u64 * BLOCK)
            .sum()
    }

    fn check(&self, addr: u64, bytes: u64) {
        assert!(addr >= self.base && addr + bytes <= self.base + self.committed, "memory is committed");
    }

    /// Fills memory with zeros.
    pub(crate) fn zero(&mut self, addr: u64, bytes: u64) {
        self.fill(addr, bytes, 0);
    }

    /// Fills memory.
    pub(crate) fn fill(&mut self, addr: u64, bytes: u64, byte: u8) {
        if bytes == 0 {
            return;
        }
        self.check(addr, bytes);
        let start = std::ptr::with_exposed_provenance_mut::<u8>(addr as usize);
        // SAFETY: `check` proved the memory to be committed; nobody holds references into it.
        unsafe { start.write_bytes(byte, bytes as usize) };
    }

    /// Writes a word of an object of the heap.
    pub(crate) fn store(&mut self, addr: u64, value: u64) {
        self.check(addr, 8);
        // SAFETY: `check` proved the memory to be committed; objects are aligned to 8.
        unsafe { std::ptr::with_exposed_provenance_mut::<u64>(addr as usize).write(value) };
    }

    /// Reads a word of an object of the heap.
    pub(crate) fn fetch(&self, addr: u64) -> u64 {
        self.check(addr, 8);
        // SAFETY: `check` proved the memory to be committed; objects are aligned to 8.
        unsafe { crate::layout::load(addr) }
    }

    /// The bytes of all committed blocks.
    pub(crate) fn block_marks(&mut self) -> &mut [u8] {
        let start = std::ptr::with_exposed_provenance_mut::<u8>(self.range.base() as usize);
        // SAFETY: the table is committed whole, one byte for each block of the range; the write barrier
        // writes through raw pointers only while no such reference exists (`&mut self`).
        unsafe { std::slice::from_raw_parts_mut(start, self.blocks.len()) }
    }

    /// The cards of a block.
    pub(crate) fn cards_of(&mut self, block: u32) -> &mut [u8; CARDS] {
        assert!((block as usize) < self.blocks.len(), "cards of committed blocks are committed");
        let start = (self.range.base() + self.cards_at) as usize + block as usize * CARDS;
        let start = std::ptr::with_exposed_provenance_mut::<[u8; CARDS]>(start);
        // SAFETY: cards are committed ahead of their blocks; the write barrier writes through raw
        // pointers only while no such reference exists (`&mut self`).
        unsafe { &mut *start }
    }
}
