#![expect(unsafe_code, reason = "objects are read by their pointer maps")]
//! Marking: from roots and dirty cards to everything reachable.
//!
//! A minor follows young objects only; its mark is the old bit, so what survives is old at once. A
//! major follows everything and has a bit of its own. A minor that runs during a major marks what it
//! promotes and leaves it to the major to scan; so a major never meets a young object, because a minor
//! comes before each of its slices.
//!
//! A large object is scanned in pieces, so that a slice stays bounded.

use crate::Addr;
use crate::block::Kind;
use crate::heap::Heap;
use crate::layout::Layouts;
use crate::size_class::{BLOCK, MAX_SMALL};
use crate::space::{CARD, CARDS, Place, Space};

/// Bytes of a large object that are scanned at a time.
const PIECE: u64 = BLOCK;

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
}

/// What is marked and not scanned yet.
#[derive(Default)]
pub(crate) struct Marker {
    /// Young objects.
    minor: Vec<u64>,
    /// Objects of the major, and those to be scanned for it without being marked.
    major: Vec<u64>,
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
    /// Objects marked by it.
    objects: u64,
    /// The work done for it; see `drain`.
    pub(crate) work: u64,
}

/// The work of taking an object to scan.
const WORK_OF_SCAN: u64 = 8;
/// The work of marking an object.
const WORK_OF_MARK: u64 = 12;

impl Marker {
    /// Marks the object that the address points into, if there is one.
    #[inline(always)]
    pub(crate) fn mark<const MAJOR: bool>(&mut self, space: &mut Space, addr: u64) {
        let Some(place) = space.cell_of(addr) else { return };
        let block = &mut space.blocks[place.block as usize];
        if !block.is_alloc(place.cell) {
            return;
        }
        if MAJOR {
            if block.immortal || block.is_marked(place.cell) {
                return;
            }
            block.set_mark(place.cell);
            self.marked += block.cell_bytes;
            self.objects += 1;
        } else {
            if block.is_old(place.cell) {
                return;
            }
            block.set_old(place.cell);
            self.survived += block.cell_bytes;
            self.survivors += 1;
            if self.major_active {
                block.set_mark(place.cell);
                self.marked += block.cell_bytes;
            }
        }
        if block.scans() {
            let base = space.base_of(place);
            if MAJOR {
                self.major.push(base);
            } else {
                self.minor.push(base);
                if self.major_active {
                    self.major.push(base);
                }
            }
        }
    }

    /// Leaves an object's pointers to be marked, without marking the object.
    pub(crate) fn push<const MAJOR: bool>(&mut self, base: u64) {
        if MAJOR { self.major.push(base) } else { self.minor.push(base) }
    }

    /// Nothing is left to scan.
    pub(crate) fn is_drained(&self) -> bool {
        self.major.is_empty() && self.major_pieces.is_empty()
    }

    /// Scans until nothing is left or a budget of work is used up. A unit of work is about a nanosecond.
    pub(crate) fn drain<const MAJOR: bool>(&mut self, layouts: &Layouts, space: &mut Space, mut budget: u64) {
        while budget > 0 {
            let next = if MAJOR { self.major.pop() } else { self.minor.pop() };
            let (place, from) = match next {
                Some(base) => match space.cell_of(base) {
                    Some(place) => (place, 0),
                    None => continue,
                },
                None => match if MAJOR { self.major_pieces.pop() } else { self.minor_pieces.pop() } {
                    Some(piece) => piece,
                    None => return,
                },
            };
            let bytes = space.blocks[place.block as usize].cell_bytes;
            let mut to = bytes;
            if bytes > MAX_SMALL && to - from > PIECE {
                to = from + PIECE;
                if MAJOR { self.major_pieces.push((place, to)) } else { self.minor_pieces.push((place, to)) }
            }
            let before = self.objects;
            self.scan::<MAJOR>(layouts, space, place, from, to);
            if MAJOR {
                let work = WORK_OF_SCAN + (to - from) / 4 + WORK_OF_MARK * (self.objects - before);
                self.work += work;
                budget = budget.saturating_sub(work);
            }
        }
    }

    /// Marks what the pointers in `[from, to)` of an allocated object point at.
    #[inline]
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
    /// for this kind of collection.
    pub(crate) fn scan_cards<const MAJOR: bool>(&mut self, layouts: &Layouts, space: &mut Space) {
        let bit: u8 = if MAJOR { 2 } else { 1 };
        // Bit 1 means something only while a major is under way.
        let keep: u8 = if MAJOR || self.major_active { !bit } else { 0 };
        let mut from = 0;
        while let Some(block) = next_with(space.block_marks(), from, bit) {
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
            for &card in &dirty[..count] {
                self.scan_card::<MAJOR>(layouts, space, block, u64::from(card) * CARD);
            }
        }
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

    /// Forgets the card bits of majors, before one starts.
    pub(crate) fn clean_major_cards(&mut self, space: &mut Space) {
        let mut from = 0;
        while let Some(block) = next_with(space.block_marks(), from, 2) {
            space.block_marks()[block] &= !2;
            space.cards_of(block as u32).iter_mut().for_each(|card| *card &= !2);
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
