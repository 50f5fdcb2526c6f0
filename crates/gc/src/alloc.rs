#![expect(unsafe_code, reason = "the fast path writes type words through a cursor")]
//! Allocation.
//!
//! Each lane has a *cursor*: a run of free, zeroed cells in one of its blocks. Allocation takes the next
//! cell and writes its type word; everything else (alloc bits, counters, limits, finding the next run)
//! happens when a run begins and ends. A run is at most 8 KiB, so that limits hold closely and the
//! zeroed memory is still in the cache when it is used.
//!
//! Allocation never collects. It sets the flag that `wants_collection` reads.

use crate::block::Kind;
use crate::heap::Heap;
use crate::layout::{BYTES, LayoutId};
use crate::size_class::{BLOCK, MAX_SMALL, NO_LANE, PAGE, lane_of};
use crate::space::Place;
use crate::{Addr, OutOfMemory};

/// The most bytes of a run that holds more than one cell.
const RUN: u64 = 8192;
/// After so many bytes of blocks under a hard limit, it is looked at whether free ones hold too much memory.
const LOOK_AT_FREE: u64 = 1 << 20;

/// What a lane allocates from.
#[derive(Clone, Copy)]
pub(crate) struct Cursor {
    /// The next cell; at `end` if there is none.
    next: u64,
    end: u64,
    cell_bytes: u64,
    /// Where the type word of `next` goes.
    types: *mut u32,
    /// The first cell of the run.
    start: u64,
    /// The block, if there is one.
    block: Option<u32>,
}

// SAFETY: `types` points into the tables of the heap that owns the cursor and moves with it.
unsafe impl Send for Cursor {}

impl Cursor {
    pub(crate) const EMPTY: Cursor =
        Cursor { next: 0, end: 0, cell_bytes: 0, types: std::ptr::null_mut(), start: 0, block: None };

    /// Objects of the run so far and their bytes.
    pub(crate) fn pending(&self) -> (u64, u64) {
        let bytes = self.next - self.start;
        (bytes.checked_div(self.cell_bytes).unwrap_or(0), bytes)
    }

    /// Bytes of the run not handed out.
    pub(crate) fn rest(&self) -> u64 {
        self.end - self.next
    }

    /// Whether the address is in a cell handed out.
    pub(crate) fn has(&self, addr: u64) -> bool {
        (self.start..self.next).contains(&addr)
    }
}

/// Why an allocation failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Failure {
    None,
    /// Over the hard limit.
    Limit,
    /// The address range is full or the system has no memory.
    Range,
    /// More than can be addressed.
    Size,
    /// The program is to end.
    Stopped,
}

/// Where objects of a layout come from: what `Heap::alloc_fast` needs to know of it.
#[derive(Clone, Copy, Debug)]
pub struct Allocation {
    lane: u8,
    type_word: u32,
}

impl Heap {
    /// Where objects of a layout come from.
    #[must_use]
    pub fn allocation(&self, layout: LayoutId) -> Allocation {
        Allocation { lane: self.layouts.lane(layout), type_word: layout.0 << 1 }
    }

    /// Allocates a zeroed object if that is a matter of taking the next cell. `None` for objects that
    /// are large or without size, and when a new run has to be found: `alloc` is for all of them.
    #[inline(always)]
    pub fn alloc_fast(&mut self, from: Allocation) -> Option<Addr> {
        self.take_cell(from.lane, from.type_word)
    }

    /// Allocates a zeroed object. Never collects.
    ///
    /// # Errors
    /// Over the hard limit or out of addresses. The caller may collect and try once more.
    #[inline(always)]
    pub fn alloc(&mut self, layout: LayoutId) -> Result<Addr, OutOfMemory> {
        let lane = self.layouts.lane(layout);
        match self.take_cell(lane, layout.0 << 1) {
            Some(addr) => Ok(addr),
            None => self.alloc_slow(layout, lane),
        }
    }

    /// Allocates a zeroed array of `count` elements; its memory may hold more.
    ///
    /// # Errors
    /// As `alloc`.
    pub fn alloc_array(&mut self, layout: LayoutId, count: u64) -> Result<Addr, OutOfMemory> {
        let Some(bytes) = self.layouts.size(layout).checked_mul(count) else {
            return self.fail(Failure::Size);
        };
        self.alloc_cell(layout.0 << 1 | 1, bytes, self.layouts.is_noscan(layout))
    }

    /// Allocates zeroed bytes without pointers.
    ///
    /// # Errors
    /// As `alloc`.
    pub fn alloc_noscan(&mut self, bytes: u64) -> Result<Addr, OutOfMemory> {
        self.alloc_cell(BYTES.0 << 1 | 1, bytes, true)
    }

    /// Allocates `count` objects in a row that are never freed: an array if `count` is not 1. They
    /// count as old, so pointers stored into them need the write barrier from the start.
    ///
    /// # Errors
    /// As `alloc`.
    pub fn alloc_immortal(&mut self, layout: LayoutId, count: u64) -> Result<Addr, OutOfMemory> {
        let Some(bytes) = self.layouts.size(layout).checked_mul(count) else {
            return self.fail(Failure::Size);
        };
        if bytes == 0 {
            return Ok(self.zero_base);
        }
        let type_word = layout.0 << 1 | u32::from(count != 1);
        let noscan = self.layouts.is_noscan(layout);
        let place = if bytes > MAX_SMALL {
            let block = self.take_large(bytes, noscan, true)?;
            Place { block, cell: 0 }
        } else {
            self.immortal_cell(lane_of(bytes, noscan))?
        };
        let block = &mut self.space.blocks[place.block as usize];
        block.set_type_word(place.cell, type_word);
        let (bits, bit) = block.bits_of(place.cell);
        bits.alloc |= bit;
        bits.old |= bit;
        self.immortal_bytes += block.cell_bytes;
        self.immortal_objects += 1;
        Ok(self.space.base_of(place))
    }

    /// The address of objects of size zero: immortal.
    #[must_use]
    pub fn zero_base(&self) -> Addr {
        self.zero_base
    }

    /// Why the last allocation failed, in words for the out-of-memory error.
    #[must_use]
    pub fn failure(&self) -> String {
        match self.failure {
            Failure::None => String::new(),
            Failure::Limit => {
                format!("memory limit of {} bytes exceeded", self.pace.hard_limit.unwrap_or(u64::MAX))
            }
            Failure::Range => "address range of the heap exhausted".to_string(),
            Failure::Size => "object too large".to_string(),
            Failure::Stopped => "stopped".to_string(),
        }
    }

    /// The next cell of a lane's run.
    #[inline(always)]
    fn take_cell(&mut self, lane: u8, type_word: u32) -> Option<Addr> {
        let cursor = &mut self.cursors[usize::from(lane)];
        let addr = cursor.next;
        if addr >= cursor.end {
            return None;
        }
        cursor.next = addr + cursor.cell_bytes;
        // SAFETY: `types` points at the type word of the cell at `next`, which is inside of the run.
        unsafe { cursor.types.write(type_word) };
        cursor.types = cursor.types.wrapping_add(1);
        Some(addr)
    }

    #[cold]
    #[inline(never)]
    fn alloc_slow(&mut self, layout: LayoutId, lane: u8) -> Result<Addr, OutOfMemory> {
        if lane == NO_LANE {
            let bytes = self.layouts.size(layout);
            return self.alloc_cell(layout.0 << 1, bytes, self.layouts.is_noscan(layout));
        }
        self.refill(lane)?;
        Ok(self.take_cell(lane, layout.0 << 1).expect("a refilled run has a cell"))
    }

    fn alloc_cell(&mut self, type_word: u32, bytes: u64, noscan: bool) -> Result<Addr, OutOfMemory> {
        if bytes == 0 {
            return Ok(self.zero_base);
        }
        let lane = lane_of(bytes, noscan);
        if lane == NO_LANE {
            return self.alloc_large(type_word, bytes, noscan);
        }
        if let Some(addr) = self.take_cell(lane, type_word) {
            return Ok(addr);
        }
        self.refill(lane)?;
        Ok(self.take_cell(lane, type_word).expect("a refilled run has a cell"))
    }

    fn alloc_large(&mut self, type_word: u32, bytes: u64, noscan: bool) -> Result<Addr, OutOfMemory> {
        let block = self.take_large(bytes, noscan, false)?;
        let found = &mut self.space.blocks[block as usize];
        let bytes = found.cell_bytes;
        found.set_type_word(0, type_word);
        found.set_alloc(0);
        self.space.become_young(block..block + bytes.div_ceil(BLOCK) as u32);
        self.young_blocks.push(block);
        self.mallocs[0] += 1;
        self.used += bytes;
        self.total_alloc += bytes;
        self.young_bytes += bytes;
        self.check_pace();
        let base = self.space.block_base(block);
        if self.sampling.takes_large(bytes) {
            self.sampled(base, bytes);
        }
        Ok(base)
    }

    /// Blocks for a large object, within the limit.
    fn take_large(&mut self, bytes: u64, noscan: bool, immortal: bool) -> Result<u32, OutOfMemory> {
        let accounted = match bytes.checked_next_multiple_of(PAGE) {
            Some(accounted) if accounted <= 1 << 46 => accounted,
            _ => return self.fail(Failure::Size),
        };
        self.reserve_room(accounted)?;
        let count = accounted.div_ceil(BLOCK) as u32;
        let block = self.take_blocks(count)?;
        if !self.space.open_large(block, count, accounted, noscan, immortal) {
            self.failure = Failure::Stopped;
            return Err(OutOfMemory);
        }
        Ok(block)
    }

    /// Adjacent free blocks, sweeping what is left when there are none.
    ///
    /// Under a hard limit, other free blocks give their pages back when the process would have more memory than it may:
    /// a slice that grows leaves gaps that are too small for it.
    fn take_blocks(&mut self, count: u32) -> Result<u32, OutOfMemory> {
        if let Some(limit) = self.pace.hard_limit {
            self.taken_under_limit += u64::from(count) * BLOCK;
            if self.taken_under_limit >= LOOK_AT_FREE {
                self.taken_under_limit = 0;
                let wanted = u64::from(count) * BLOCK;
                if self.charged() + wanted + self.space.free_bytes_held() > limit {
                    self.space.release_free();
                }
            }
        }
        if let Some(block) = self.space.take_blocks(count) {
            return Ok(block);
        }
        self.finish_sweep();
        match self.space.take_blocks(count) {
            Some(block) => Ok(block),
            None => self.fail(Failure::Range),
        }
    }

    /// Checks that so many more bytes are within the hard limit.
    fn reserve_room(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        if self.room() >= bytes {
            return Ok(());
        }
        self.finish_sweep();
        if self.room() >= bytes {
            return Ok(());
        }
        self.fail(Failure::Limit)
    }

    /// Bytes left below the hard limit.
    pub(crate) fn room(&self) -> u64 {
        self.pace.hard_limit.map_or(u64::MAX, |limit| limit.saturating_sub(self.charged()))
    }

    fn immortal_cell(&mut self, lane: u8) -> Result<Place, OutOfMemory> {
        let bytes = u64::from(crate::size_class::class_size(lane / 2));
        self.reserve_room(bytes)?;
        if let Some(block) = self.immortal_blocks[usize::from(lane)] {
            let found = &mut self.space.blocks[block as usize];
            if let Some((cell, _)) = found.free_run(found.search, 1) {
                found.search = cell + 1;
                self.open_run(block, cell, 1);
                return Ok(Place { block, cell });
            }
        }
        let block = self.take_blocks(1)?;
        self.space.open_cells(block, lane, true);
        self.space.blocks[block as usize].search = 1;
        self.immortal_blocks[usize::from(lane)] = Some(block);
        self.open_run(block, 0, 1);
        Ok(Place { block, cell: 0 })
    }

    pub(crate) fn fail<T>(&mut self, why: Failure) -> Result<T, OutOfMemory> {
        self.failure = why;
        self.wants = true;
        Err(OutOfMemory)
    }

    /// Gives a lane a new run of at least one cell.
    fn refill(&mut self, lane: u8) -> Result<(), OutOfMemory> {
        let block = self.cursors[usize::from(lane)].block;
        self.retire(lane);
        let cell_bytes = u64::from(crate::size_class::class_size(lane / 2));
        self.reserve_room(cell_bytes)?;
        let most = if self.stress { 1 } else { (RUN.min(self.room()) / cell_bytes).max(1) as u32 };
        let (most, sample) = self.sampling.run(cell_bytes, most);
        let mut candidate = block;
        let (block, first, count) = loop {
            if let Some(block) = candidate
                && let Some((first, count)) = self.run_in(block, most)
            {
                break (block, first, count);
            }
            candidate = match self.next_listed(lane) {
                Some(block) => Some(block),
                None => {
                    let block = self.take_blocks(1)?;
                    self.space.open_cells(block, lane, false);
                    Some(block)
                }
            };
        };
        self.sampling.give_back(u64::from(most - count) * cell_bytes);
        self.open_run(block, first, count);
        let found = &mut self.space.blocks[block as usize];
        found.search = first + count;
        let types = found.type_words_from(first);
        if !self.space.is_young(block) {
            self.space.become_young(block..block + 1);
            self.young_blocks.push(block);
        }
        let start = self.space.base_of(Place { block, cell: first });
        let bytes = u64::from(count) * cell_bytes;
        self.cursors[usize::from(lane)] =
            Cursor { next: start, end: start + bytes, cell_bytes, types, start, block: Some(block) };
        self.used += bytes;
        self.young_bytes += bytes;
        self.check_pace();
        if sample {
            self.sampled(start, cell_bytes);
        }
        Ok(())
    }

    /// A free run of a block that belongs to the lane already.
    fn run_in(&mut self, block: u32, most: u32) -> Option<(u32, u32)> {
        let found = &self.space.blocks[block as usize];
        found.free_run(found.search, most)
    }

    /// The next block of a lane's list, swept.
    fn next_listed(&mut self, lane: u8) -> Option<u32> {
        while let Some(block) = self.listed[usize::from(lane)].pop() {
            let found = &mut self.space.blocks[block as usize];
            // Entries of blocks that were freed meanwhile are stale.
            if found.kind != Kind::Cells || found.lane != lane || !found.listed {
                continue;
            }
            found.listed = false;
            if found.unswept {
                self.sweep_bits(block);
            }
            return Some(block);
        }
        None
    }

    /// Zeroes the cells of a run.
    fn open_run(&mut self, block: u32, first: u32, count: u32) {
        let found = &mut self.space.blocks[block as usize];
        let from = u64::from(first) * found.cell_bytes;
        let to = from + u64::from(count) * found.cell_bytes;
        let dirty = u64::from(found.dirty_to);
        found.dirty_to = dirty.max(to) as u32;
        let base = self.space.block_base(block);
        self.space.zero(base + from, dirty.clamp(from, to) - from);
    }

    /// Ends a lane's run: alloc bits and counters.
    fn retire(&mut self, lane: u8) {
        let cursor = self.cursors[usize::from(lane)];
        let Some(block) = cursor.block else { return };
        let (objects, bytes) = cursor.pending();
        let offset = (cursor.start - self.space.base()) & (BLOCK - 1);
        let found = &mut self.space.blocks[block as usize];
        let first = found.cell_at(offset);
        found.set_alloc_range(first, first + objects as u32);
        self.mallocs[usize::from(lane / 2)] += objects;
        self.total_alloc += bytes;
        self.used -= cursor.rest();
        self.young_bytes -= cursor.rest();
        self.sampling.give_back(cursor.rest());
        self.cursors[usize::from(lane)] = Cursor::EMPTY;
    }

    /// Ends all runs. Their blocks go back to the lists when they are swept as young blocks.
    pub(crate) fn retire_all(&mut self) {
        for lane in 0..NO_LANE {
            self.retire(lane);
        }
    }

    /// Puts a block with room into its lane's list.
    pub(crate) fn list(&mut self, block: u32) {
        let found = &mut self.space.blocks[block as usize];
        if !found.listed {
            found.listed = true;
            self.listed[usize::from(found.lane)].push(block);
        }
    }
}
