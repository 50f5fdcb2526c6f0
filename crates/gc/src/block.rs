#![expect(unsafe_code, reason = "type words are written when their cells are taken, not before")]
//! Blocks: what is known beside each 64 KiB of the heap.
//!
//! A block holds cells of one size, one large object, the continuation of one, or nothing. Beside the
//! memory it has three bits for each cell: *alloc* (an object is there), *old* (it survived a
//! collection; in a minor also its mark) and *mark* (major collections), and a type word.
//!
//! Invariants, outside of a collection:
//! - old and mark are subsets of alloc;
//! - cells of the run that a cursor hands out have no alloc bit yet: the bits are set when the run is
//!   retired, at the latest at the beginning of a collection;
//! - in an unswept block the objects with the mark are alive, all others are dead.

use std::mem::MaybeUninit;

use crate::size_class::{BLOCK, class_size, magic_of};

/// What a block holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Nothing.
    Free,
    /// Cells of one size.
    Cells,
    /// The beginning of a large object.
    Large,
    /// The rest of a large object; `Block::head` says where it begins.
    Rest,
}

/// A block.
pub(crate) struct Block {
    pub(crate) kind: Kind,
    /// Size class and pointer kind; for large objects that of class 0.
    pub(crate) lane: u8,
    /// Holds immortal objects.
    pub(crate) immortal: bool,
    /// In the list of its lane's blocks with room.
    pub(crate) listed: bool,
    /// A major has marked it and it was not swept since.
    pub(crate) unswept: bool,
    /// How many cells; 0 if it holds no objects of its own.
    pub(crate) cells: u32,
    /// Divides by the cell size; 0 for large objects, so that every offset is in cell 0.
    magic: u32,
    /// The first block of the large object.
    pub(crate) head: u32,
    /// Bytes from here to the end were never written since they were zero.
    pub(crate) dirty_to: u32,
    /// No free cell lies before this one.
    pub(crate) search: u32,
    /// Bytes of a cell; for large objects all that they are accounted for.
    pub(crate) cell_bytes: u64,
    /// Alloc, old and mark bits of 64 cells at a time.
    bits: Box<[Bits]>,
    /// A type word for each cell that was ever taken: a short program leaves most pages of the table untouched.
    types: Box<[MaybeUninit<u32>]>,
}

/// The bits of 64 cells.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bits {
    pub(crate) alloc: u64,
    pub(crate) old: u64,
    pub(crate) mark: u64,
}

/// A table of type words. Checked builds ask for words of cells that nobody took, and find 0.
fn types_of(cells: u32) -> Box<[MaybeUninit<u32>]> {
    let mut types = Box::new_uninit_slice(cells as usize);
    if cfg!(debug_assertions) {
        types.fill(MaybeUninit::new(0));
    }
    types
}

impl Block {
    /// A block without anything whose memory is zero.
    pub(crate) fn new() -> Block {
        Block {
            kind: Kind::Free,
            lane: 0,
            immortal: false,
            listed: false,
            unswept: false,
            cells: 0,
            magic: 0,
            head: 0,
            dirty_to: 0,
            search: 0,
            cell_bytes: 0,
            bits: Box::default(),
            types: Box::default(),
        }
    }

    /// Makes a free block one of a lane.
    pub(crate) fn become_cells(&mut self, lane: u8, immortal: bool) {
        let size = class_size(lane / 2);
        let cells = BLOCK as u32 / size;
        *self = Block {
            kind: Kind::Cells,
            lane,
            immortal,
            cells,
            magic: magic_of(size),
            dirty_to: self.dirty_to,
            cell_bytes: u64::from(size),
            bits: vec![Bits::default(); cells.div_ceil(64) as usize].into_boxed_slice(),
            types: types_of(cells),
            ..Block::new()
        };
    }

    /// Makes a free block the beginning of a large object.
    pub(crate) fn become_large(&mut self, bytes: u64, noscan: bool, immortal: bool) {
        *self = Block {
            kind: Kind::Large,
            lane: u8::from(!noscan),
            immortal,
            cells: 1,
            dirty_to: BLOCK as u32,
            cell_bytes: bytes,
            bits: vec![Bits::default()].into_boxed_slice(),
            types: types_of(1),
            ..Block::new()
        };
    }

    /// Makes a free block the continuation of a large object.
    pub(crate) fn become_rest(&mut self, head: u32) {
        *self = Block { kind: Kind::Rest, head, dirty_to: BLOCK as u32, ..Block::new() };
    }

    /// Makes the block free; its memory stays as it is.
    pub(crate) fn become_free(&mut self) {
        *self = Block { dirty_to: self.dirty_to, ..Block::new() };
    }

    /// Bytes of the tables beside the block.
    pub(crate) fn table_bytes(&self) -> u64 {
        (self.bits.len() * size_of::<Bits>() + self.types.len() * 4) as u64
    }

    /// Whether its objects hold pointers.
    pub(crate) fn scans(&self) -> bool {
        self.lane & 1 != 0
    }

    /// The cell at an offset; at or above `cells` if there is none.
    #[inline(always)]
    pub(crate) fn cell_at(&self, offset: u64) -> u32 {
        ((offset * u64::from(self.magic)) >> 32) as u32
    }

    /// The bits of all cells.
    pub(crate) fn bits_mut(&mut self) -> &mut [Bits] {
        &mut self.bits
    }

    /// The bits of 64 cells, one of which is this, and the bit that is its own.
    #[inline(always)]
    pub(crate) fn bits_of(&mut self, cell: u32) -> (&mut Bits, u64) {
        (&mut self.bits[(cell / 64) as usize], 1 << (cell % 64))
    }

    #[inline(always)]
    fn bit(&self, cell: u32, of: impl Fn(&Bits) -> u64) -> bool {
        of(&self.bits[(cell / 64) as usize]) >> (cell % 64) & 1 != 0
    }

    #[inline(always)]
    pub(crate) fn is_alloc(&self, cell: u32) -> bool {
        self.bit(cell, |bits| bits.alloc)
    }

    #[inline(always)]
    pub(crate) fn is_old(&self, cell: u32) -> bool {
        self.bit(cell, |bits| bits.old)
    }

    #[inline(always)]
    pub(crate) fn is_marked(&self, cell: u32) -> bool {
        self.bit(cell, |bits| bits.mark)
    }

    pub(crate) fn set_alloc(&mut self, cell: u32) {
        let (bits, bit) = self.bits_of(cell);
        bits.alloc |= bit;
    }

    /// Sets the alloc bits of `[from, to)`.
    pub(crate) fn set_alloc_range(&mut self, from: u32, to: u32) {
        let mut cell = from;
        while cell < to {
            let in_word = (64 - cell % 64).min(to - cell);
            let mask = if in_word == 64 { u64::MAX } else { ((1 << in_word) - 1) << (cell % 64) };
            self.bits[(cell / 64) as usize].alloc |= mask;
            cell += in_word;
        }
    }

    /// The type word of an object.
    ///
    /// # Safety
    /// The cell is an object's, or was one's since the block became what it is; checked builds take any.
    #[inline(always)]
    pub(crate) unsafe fn type_word(&self, cell: u32) -> u32 {
        // SAFETY: whoever takes a cell writes its type word.
        unsafe { self.types[cell as usize].assume_init() }
    }

    pub(crate) fn set_type_word(&mut self, cell: u32, type_word: u32) {
        self.types[cell as usize].write(type_word);
    }

    /// Where the type words from a cell on are.
    pub(crate) fn type_words_from(&mut self, cell: u32) -> *mut u32 {
        self.types[cell as usize..].as_mut_ptr().cast()
    }

    /// The next run of at most `limit` free cells at or after `from`: first cell and length.
    pub(crate) fn free_run(&self, from: u32, limit: u32) -> Option<(u32, u32)> {
        let mut start = from;
        while start < self.cells && self.is_alloc(start) {
            // Skip what is taken a word at a time.
            let taken = (!(self.bits[(start / 64) as usize].alloc >> (start % 64))).trailing_zeros();
            start += taken.clamp(1, 64 - start % 64);
        }
        if start >= self.cells {
            return None;
        }
        let bound = self.cells.min(start.saturating_add(limit));
        let mut end = start;
        while end < bound {
            let rest = self.bits[(end / 64) as usize].alloc >> (end % 64);
            let free = rest.trailing_zeros().min(64 - end % 64);
            if free == 0 {
                break;
            }
            end += free;
        }
        Some((start, end.min(bound) - start))
    }

    /// Whether no cell is allocated.
    pub(crate) fn is_empty(&self) -> bool {
        self.bits.iter().all(|bits| bits.alloc == 0)
    }

    /// Whether a cell is free.
    pub(crate) fn has_room(&self) -> bool {
        self.free_run(0, 1).is_some()
    }
}
