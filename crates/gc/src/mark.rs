#![expect(unsafe_code, reason = "objects are read by their pointer maps")]
//! Marking: from roots and dirty cards to everything reachable.
//!
//! A minor follows young objects only; its mark is the old bit, so what survives is old at once. A
//! major follows everything and has a bit of its own. A minor that runs during a major marks what it
//! promotes and leaves it to the major to scan; so a major never meets a young object, because a minor
//! comes before each of its slices.
//!
//! A large object is scanned in pieces, so that a slice stays bounded. A minor cannot be divided: the next one would
//! not know what it left. But one that has looked at much gives up, and all that is young becomes old, which needs
//! no look at the objects. So it is bounded, too, whatever was written into large slices and deep stacks.

use crate::Addr;
use crate::block::Kind;
use crate::heap::Heap;
use crate::layout::{Layouts, bits, load, prefetch};
use crate::pace::SLICE_MOST;
use crate::size_class::{BLOCK, MAX_SMALL};
use crate::space::{CARD, CARDS, Place, Space};

/// Bytes of a large object that are scanned at a time.
const PIECE: u64 = BLOCK;

/// Cards between one that is looked at and one that is asked for.
const AHEAD: usize = 6;

/// Small objects that are scanned before the work is counted.
const AT_ONCE: u32 = 64;

/// Which collection asks for roots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// Only objects allocated since the last collection: roots that did not change since then may be
    /// left out.
    Minor,
    /// All objects.
    Major,
}

/// The owner's roots.
pub trait Roots {
    /// A major starts: nothing has been traced for it.
    fn major_starts(&mut self) {}

    /// Whether all that was to be marked by the calls of the other functions so far has been. What was not is marked
    /// by further calls of `trace_waiting`.
    fn is_traced(&self) -> bool {
        true
    }

    /// Marks all roots, but what only waiting goroutines hold in a major. May be called several times in
    /// a major; what did not change since the last call may then be left out.
    fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>);

    /// Majors only, to a fixpoint: marks the stacks of waiting goroutines whose wait object
    /// `tracer.is_marked`, a bounded number at each call. Returns whether any was traced.
    fn trace_waiting(&mut self, tracer: &mut Tracer<'_>) -> bool {
        let _ = tracer;
        false
    }

    /// Majors only, after the fixpoint: the goroutines left are leaks; marks their stacks.
    fn trace_leaked(&mut self, tracer: &mut Tracer<'_>) {
        let _ = tracer;
    }
}

/// Marks what the owner's roots point at.
pub struct Tracer<'a> {
    pub(crate) heap: &'a mut Heap,
    pub(crate) cycle: Cycle,
}

impl Tracer<'_> {
    /// A root. Nil, interior and immortal pointers, and any number, are allowed.
    #[inline]
    pub fn mark(&mut self, addr: Addr) {
        match self.cycle {
            Cycle::Minor => self.heap.marker.mark::<false>(&mut self.heap.space, addr),
            Cycle::Major => self.heap.marker.mark::<true>(&mut self.heap.space, addr),
        }
    }

    /// An interface as root: its data is a pointer iff bit 0 of the type word is set.
    #[inline]
    pub fn mark_iface(&mut self, type_word: u64, data: u64) {
        let highest = &mut self.heap.highest_root_type;
        *highest = (*highest).max(type_word);
        if type_word & 1 != 0 {
            self.mark(data);
        }
    }

    /// Whether the object is known to be live so far; true for nil, immortal and foreign addresses.
    #[must_use]
    pub fn is_marked(&self, addr: Addr) -> bool {
        self.heap.is_live(self.cycle, addr)
    }

    /// Which collection this is.
    #[must_use]
    pub fn cycle(&self) -> Cycle {
        self.cycle
    }

    /// Counts work of the owner, about a nanosecond a unit.
    pub fn spend(&mut self, work: u64) {
        let left = &mut self.heap.marker.minor_left;
        *left = left.saturating_sub(work);
    }

    /// Whether a minor has given up: all that is young stays, and no root has to be named any more.
    #[must_use]
    pub fn has_given_up(&self) -> bool {
        self.cycle == Cycle::Minor && self.heap.marker.minor_left == 0
    }
}

/// What is marked and not scanned yet.
#[derive(Default)]
pub(crate) struct Marker {
    /// Young objects.
    minor: Vec<Place>,
    /// Objects of the major, and those to be scanned for it without being marked.
    major: Vec<Place>,
    /// Large objects of which the part from the second address on is left.
    minor_pieces: Vec<(Place, u64)>,
    major_pieces: Vec<(Place, u64)>,
    /// A major is under way.
    pub(crate) major_active: bool,
    /// Bytes promoted by the minor under way.
    pub(crate) survived: u64,
    /// Objects promoted by it.
    pub(crate) survivors: u64,
    /// Dirty cards that it looked at.
    pub(crate) cards: u64,
    /// Bytes marked by the major under way.
    pub(crate) marked: u64,
    /// Objects marked by it, and pointers to objects that it met.
    objects: u64,
    visits: u64,
    /// The work done for it; see `drain`.
    pub(crate) work: u64,
    /// The block from which on it looks for dirty cards, that up to which, and how often it has come there.
    cards_from: usize,
    cards_to: usize,
    pub(crate) rounds_of_cards: u32,
    /// The work that is left to the minor under way; with none it gives up.
    pub(crate) minor_left: u64,
}

/// The work of taking an object to scan.
const WORK_OF_SCAN: u64 = 8;
/// The work of looking whether an object is marked, and of marking it.
const WORK_OF_VISIT: u64 = 10;
const WORK_OF_MARK: u64 = 10;
/// The work of looking at a card and at a block with cards: often the only part of it that is looked at.
const WORK_OF_CARD: u64 = 80;
const WORK_OF_BLOCK: u64 = 400;

impl Marker {
    /// Marks the object that the address points into, if there is one.
    #[inline(always)]
    pub(crate) fn mark<const MAJOR: bool>(&mut self, space: &mut Space, addr: u64) {
        if !MAJOR && !space.may_be_young(addr) {
            return;
        }
        let Some(place) = space.cell_of(addr) else { return };
        let block = &mut space.blocks[place.block as usize];
        let (bytes, immortal, scans) = (block.cell_bytes, block.immortal, block.scans());
        let (bits, bit) = block.bits_of(place.cell);
        if bits.alloc & bit == 0 {
            return;
        }
        if MAJOR {
            self.visits += 1;
            if immortal || bits.mark & bit != 0 {
                return;
            }
            bits.mark |= bit;
            self.marked += bytes;
            self.objects += 1;
        } else {
            if bits.old & bit != 0 {
                return;
            }
            bits.old |= bit;
            self.survived += bytes;
            self.survivors += 1;
            if self.major_active {
                bits.mark |= bit;
                self.marked += bytes;
            }
        }
        if scans {
            if MAJOR {
                self.major.push(place);
            } else {
                self.minor.push(place);
                if self.major_active {
                    self.major.push(place);
                }
            }
        }
    }

    /// Leaves an object's pointers to be marked, without marking the object.
    pub(crate) fn push<const MAJOR: bool>(&mut self, space: &Space, base: u64) {
        if let Some(place) = space.cell_of(base) {
            if MAJOR { self.major.push(place) } else { self.minor.push(place) }
        }
    }

    /// Nothing is left to scan.
    pub(crate) fn is_drained(&self) -> bool {
        self.major.is_empty() && self.major_pieces.is_empty()
    }

    /// Scans until nothing is left or a budget of work is used up, and gives what is left of the budget. A unit of
    /// work is about a nanosecond.
    pub(crate) fn drain<const MAJOR: bool>(
        &mut self,
        layouts: &Layouts,
        space: &mut Space,
        mut budget: u64,
    ) -> u64 {
        let mut more = true;
        while budget > 0 && more {
            let before = self.work_of_marks::<MAJOR>();
            let mut work = 0;
            for _ in 0..AT_ONCE {
                let next = if MAJOR { self.major.pop() } else { self.minor.pop() };
                if let Some(place) = next
                    && space.blocks[place.block as usize].cell_bytes <= MAX_SMALL
                {
                    work += self.scan_small::<MAJOR>(layouts, space, place);
                    continue;
                }
                let pieces = if MAJOR { &mut self.major_pieces } else { &mut self.minor_pieces };
                let Some((place, from)) = next.map(|place| (place, 0)).or_else(|| pieces.pop()) else {
                    more = false;
                    break;
                };
                let mut to = space.blocks[place.block as usize].cell_bytes;
                if to - from > PIECE {
                    to = from + PIECE;
                    pieces.push((place, to));
                }
                self.scan::<MAJOR>(layouts, space, place, from, to);
                // Words that hold nothing cost little, but the pages of a new slice may not be there yet.
                work += WORK_OF_SCAN + (to - from) / 4;
                break;
            }
            work += self.work_of_marks::<MAJOR>() - before;
            if MAJOR {
                self.work += work;
            }
            budget = budget.saturating_sub(work);
        }
        budget
    }

    /// The work of marking so far: most pointers lead to memory that is not at hand.
    #[inline(always)]
    fn work_of_marks<const MAJOR: bool>(&self) -> u64 {
        if MAJOR {
            WORK_OF_VISIT * self.visits + WORK_OF_MARK * self.objects
        } else {
            (WORK_OF_VISIT + WORK_OF_MARK) * self.survivors
        }
    }

    /// At most the work of scanning for a major what the last minor promoted, all of whose words may be pointers. Of
    /// large objects not all: they are divided like what was there before.
    pub(crate) fn work_of_promoted(&self) -> u64 {
        (WORK_OF_SCAN * self.survivors + self.survived / 8 * (WORK_OF_VISIT + 2)).min(3 * SLICE_MOST)
    }

    /// Marks what the pointers of a small object point at, if it is allocated; gives the work without that.
    #[inline(always)]
    fn scan_small<const MAJOR: bool>(&mut self, layouts: &Layouts, space: &mut Space, place: Place) -> u64 {
        let block = &space.blocks[place.block as usize];
        if !block.is_alloc(place.cell) {
            return 0;
        }
        let (bytes, base) = (block.cell_bytes, space.block_base(place.block));
        let base = base + u64::from(place.cell) * bytes;
        let work = WORK_OF_SCAN + bytes / 8;
        // SAFETY: the object is allocated.
        let type_word = unsafe { block.type_word(place.cell) };
        let Some((ptrs, ifaces)) = layouts.masks(type_word) else {
            self.scan::<MAJOR>(layouts, space, place, 0, bytes);
            return work;
        };
        for word in bits(ptrs) {
            // SAFETY: the object is one value of a layout that has a pointer there.
            self.mark::<MAJOR>(space, unsafe { load(base + word * 8) });
        }
        for word in bits(ifaces) {
            // SAFETY: the layout has an interface there.
            let (type_word, data) = unsafe { (load(base + word * 8), load(base + word * 8 + 8)) };
            if type_word & 1 != 0 {
                self.mark::<MAJOR>(space, data);
            }
        }
        work
    }

    /// Marks what the pointers in `[from, to)` of an allocated object point at.
    fn scan<const MAJOR: bool>(
        &mut self,
        layouts: &Layouts,
        space: &mut Space,
        place: Place,
        from: u64,
        to: u64,
    ) {
        let block = &space.blocks[place.block as usize];
        if !block.scans() || !block.is_alloc(place.cell) {
            return;
        }
        let (bytes, base) = (block.cell_bytes, space.base_of(place));
        // SAFETY: the object is allocated (checked above) with this type word, and its cell has `bytes`.
        unsafe {
            let type_word = block.type_word(place.cell);
            layouts.visit(base, type_word, bytes, from, to, &mut |_, value| self.mark::<MAJOR>(space, value))
        };
    }

    /// Scans the parts of old (in a major: marked) objects that lie in dirty cards, and cleans the cards
    /// for this kind of collection, until none is left or the budget is used up; gives what is left of it.
    /// A major goes on where it stopped.
    pub(crate) fn scan_cards<const MAJOR: bool>(
        &mut self,
        layouts: &Layouts,
        space: &mut Space,
        mut budget: u64,
    ) -> u64 {
        let bit: u8 = if MAJOR { 2 } else { 1 };
        // Bit 1 means something only while a major is under way.
        let keep: u8 = if MAJOR || self.major_active { !bit } else { 0 };
        let mut start = if MAJOR { std::mem::take(&mut self.cards_from) } else { 0 };
        let mut from = start;
        if MAJOR && start == 0 {
            self.cards_to = space.blocks.len();
        }
        while budget > 0 {
            // A round ends where the heap ended when it began: it may grow as fast as this goes on.
            let found = next_with(space.block_marks(), from, bit)
                .filter(|&block| start == 0 || block < self.cards_to);
            let Some(block) = found else {
                if start == 0 {
                    break;
                }
                self.rounds_of_cards += 1;
                self.cards_to = space.blocks.len();
                (start, from) = (0, 0);
                continue;
            };
            from = block + 1;
            let block = block as u32;
            space.block_marks()[block as usize] &= keep;
            let mut dirty = [0; CARDS];
            let mut count = 0;
            let cards = space.cards_of(block);
            let mut card = 0;
            while let Some(found) = next_with(cards, card, bit) {
                cards[found] &= keep;
                dirty[count] = found as u16;
                count += 1;
                card = found + 1;
            }
            if !MAJOR {
                self.cards += count as u64;
            }
            let before = self.work_of_marks::<MAJOR>();
            let base = space.block_base(block);
            for (ix, &card) in dirty[..count].iter().enumerate() {
                if let Some(&next) = dirty[..count].get(ix + AHEAD) {
                    prefetch(base + u64::from(next) * CARD);
                }
                self.scan_card::<MAJOR>(layouts, space, block, u64::from(card) * CARD);
            }
            let work = WORK_OF_BLOCK + WORK_OF_CARD * count as u64 + self.work_of_marks::<MAJOR>() - before;
            if MAJOR {
                self.work += work;
            }
            budget = budget.saturating_sub(work);
        }
        if MAJOR && budget == 0 {
            self.cards_from = from;
        }
        budget
    }

    fn scan_card<const MAJOR: bool>(
        &mut self,
        layouts: &Layouts,
        space: &mut Space,
        block: u32,
        offset: u64,
    ) {
        let found = &space.blocks[block as usize];
        if !found.scans() && found.kind != Kind::Rest {
            return;
        }
        match found.kind {
            Kind::Free => {}
            Kind::Cells => {
                let size = found.cell_bytes;
                let last = found.cell_at(offset + CARD - 1).min(found.cells - 1);
                for cell in found.cell_at(offset)..=last {
                    let start = u64::from(cell) * size;
                    let from = offset.saturating_sub(start);
                    let to = (offset + CARD - start).min(size);
                    self.scan_old::<MAJOR>(layouts, space, Place { block, cell }, from, to);
                }
            }
            Kind::Large => {
                let to = (offset + CARD).min(found.cell_bytes);
                self.scan_old::<MAJOR>(layouts, space, Place { block, cell: 0 }, offset, to);
            }
            Kind::Rest => {
                let head = found.head;
                let from = u64::from(block - head) * BLOCK + offset;
                let to = (from + CARD).min(space.blocks[head as usize].cell_bytes);
                if from < to {
                    self.scan_old::<MAJOR>(layouts, space, Place { block: head, cell: 0 }, from, to);
                }
            }
        }
    }

    fn scan_old<const MAJOR: bool>(
        &mut self,
        layouts: &Layouts,
        space: &mut Space,
        place: Place,
        from: u64,
        to: u64,
    ) {
        let block = &space.blocks[place.block as usize];
        let counts = match (MAJOR, block.unswept) {
            (true, _) => block.immortal || block.is_marked(place.cell),
            (false, false) => block.is_old(place.cell),
            (false, true) => block.is_marked(place.cell),
        };
        if counts {
            self.scan::<MAJOR>(layouts, space, place, from, to);
        }
    }

    /// Makes all that is young old, without a look at what is reachable. The major under way has it to look at.
    pub(crate) fn promote_all(&mut self, space: &mut Space, young_blocks: &[u32]) {
        self.minor.clear();
        self.minor_pieces.clear();
        for &block in young_blocks {
            let info = &mut space.blocks[block as usize];
            let (bytes, scans) = (info.cell_bytes, info.scans());
            for (first, found) in (0..).step_by(64).zip(info.bits_mut()) {
                let young = found.alloc & !found.old;
                let count = u64::from(young.count_ones());
                found.old |= young;
                self.survivors += count;
                self.survived += count * bytes;
                if self.major_active {
                    found.mark |= young;
                    self.marked += count * bytes;
                    if scans {
                        self.major.extend(bits(young).map(|cell| Place { block, cell: first + cell as u32 }));
                    }
                }
            }
        }
        Self::clean_cards(space, 1);
    }

    /// Forgets the card bits of majors, before one starts.
    pub(crate) fn clean_major_cards(&mut self, space: &mut Space) {
        (self.cards_from, self.rounds_of_cards) = (0, 0);
        Self::clean_cards(space, 2);
    }

    fn clean_cards(space: &mut Space, bit: u8) {
        let mut from = 0;
        while let Some(block) = next_with(space.block_marks(), from, bit) {
            space.block_marks()[block] &= !bit;
            space.cards_of(block as u32).iter_mut().for_each(|card| *card &= !bit);
            from = block + 1;
        }
    }
}

/// Where the next byte with the bit is, at `from` or after. Most bytes are zero, so they are looked at by
/// eights.
fn next_with(bytes: &[u8], from: usize, bit: u8) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        if at.is_multiple_of(8)
            && let Some(eight) = bytes[at..].first_chunk::<8>()
            && *eight == [0; 8]
        {
            at += 8;
            continue;
        }
        if bytes[at] & bit != 0 {
            return Some(at);
        }
        at += 1;
    }
    None
}
