//! Sweeping: from dead objects to free cells.
//!
//! A minor sweeps the blocks allocated into since the last collection, at once. After a major all
//! blocks are *unswept*: one is swept when its lane needs room, some at each collection, and all that
//! are left before the next major starts. Large objects are freed at the end of the major.
//!
//! A dead object counts as allocated until it is swept, so that `mallocs - frees == heap_objects` at
//! every moment.

use crate::block::{Bits, Kind};
use crate::heap::Heap;
use crate::space::POISON;

/// Blocks swept beside each collection: 8 MiB.
const AT_ONCE: u32 = 128;

impl Heap {
    /// Frees the young objects that the minor has not promoted.
    pub(crate) fn sweep_young(&mut self) {
        self.space.forget_young();
        for block in std::mem::take(&mut self.young_blocks) {
            self.free_dead(block, |bits| bits.alloc & !bits.old);
            self.settle(block);
        }
    }

    /// Makes all blocks unswept, after a major has marked; frees large objects.
    pub(crate) fn begin_sweep(&mut self) {
        for list in self.listed.iter_mut() {
            list.clear();
        }
        for block in 0..self.space.blocks.len() as u32 {
            let found = &mut self.space.blocks[block as usize];
            if found.immortal {
                continue;
            }
            match found.kind {
                Kind::Cells => {
                    found.unswept = true;
                    found.listed = true;
                    self.listed[usize::from(found.lane)].push(block);
                }
                Kind::Large => {
                    self.sweep_bits(block);
                    self.settle(block);
                }
                Kind::Free | Kind::Rest => {}
            }
        }
        self.sweep_from = 0;
    }

    /// Sweeps some blocks, or gives pages of some free blocks back.
    pub(crate) fn sweep_some(&mut self) {
        if self.sweep_blocks(AT_ONCE) && self.releasing {
            self.releasing = self.space.release_some(AT_ONCE);
        }
    }

    /// Sweeps all blocks that are left.
    pub(crate) fn finish_sweep(&mut self) {
        self.sweep_blocks(u32::MAX);
    }

    /// Sweeps up to so many blocks; whether none is left.
    pub(crate) fn sweep_blocks(&mut self, mut count: u32) -> bool {
        let all = self.space.blocks.len() as u32;
        while self.sweep_from < all && count > 0 {
            let block = self.sweep_from;
            self.sweep_from += 1;
            if self.space.blocks[block as usize].unswept {
                count -= 1;
                self.sweep_bits(block);
                self.settle(block);
            }
            if self.sweep_from == all && self.space.free_blocks > (all / 2).max(256).into() {
                self.releasing = true;
            }
        }
        self.sweep_from >= all
    }

    /// Frees what the major has not marked in a block.
    pub(crate) fn sweep_bits(&mut self, block: u32) {
        self.free_dead(block, |bits| bits.alloc & !bits.mark);
        let found = &mut self.space.blocks[block as usize];
        found.unswept = false;
        found.search = 0;
        found.bits_mut().iter_mut().for_each(|bits| bits.mark = 0);
    }

    /// Frees the objects of a block that `dead` chooses from each word of bits.
    fn free_dead(&mut self, block: u32, dead: impl Fn(&Bits) -> u64) {
        let found = &mut self.space.blocks[block as usize];
        let (cell_bytes, class) = (found.cell_bytes, usize::from(found.lane / 2));
        let mut freed = 0;
        let mut poisoned = Vec::new();
        for (word, bits) in found.bits_mut().iter_mut().enumerate() {
            let dead = dead(bits);
            if dead != 0 {
                freed += u64::from(dead.count_ones());
                *bits = Bits { alloc: bits.alloc & !dead, old: bits.old & !dead, mark: bits.mark & !dead };
                if self.stress {
                    poisoned
                        .extend((0..64).filter(|bit| dead >> bit & 1 != 0).map(|bit| word as u64 * 64 + bit));
                }
            }
        }
        let base = self.space.block_base(block);
        for cell in poisoned {
            self.space.fill(base + cell * cell_bytes, cell_bytes, POISON);
        }
        self.frees[class] += freed;
        self.used -= freed * cell_bytes;
    }

    /// Puts a swept block where it belongs: to the free ones, or in its lane's list if it has room.
    fn settle(&mut self, block: u32) {
        let found = &mut self.space.blocks[block as usize];
        found.search = 0;
        if found.is_empty() {
            self.space.close(block);
        } else if found.kind == Kind::Cells && found.has_room() {
            self.list(block);
        }
    }
}
