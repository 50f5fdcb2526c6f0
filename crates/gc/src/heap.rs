#![expect(unsafe_code, reason = "the write barrier stores into the card tables by address")]
//! The heap itself: its state, its making, and the write barrier.

use std::collections::VecDeque;

use crate::alloc::{Cursor, Failure};
use crate::collect::Pass;
use crate::layout::{BYTES, Layout, LayoutId, Layouts};
use crate::mark::Marker;
use crate::pace::{MINOR_MOST, Pace};
use crate::sample::Sampling;
use crate::size_class::{CLASSES, LANES, PAGE};
use crate::space::{CARD_SHIFT, Space};
use crate::special::Specials;
use crate::stats::Times;
use crate::{Addr, OutOfMemory};

/// The least address space a heap works with.
const LEAST: u64 = 64 << 20;

/// What a heap is made with.
#[derive(Clone, Copy, Debug)]
pub struct HeapConfig {
    /// Bytes of address space to ask for (halved until it succeeds, down to 64 MiB).
    pub reserve: usize,
    /// Bytes (objects, immortal objects and external charges) over which allocations fail.
    pub hard_limit: Option<u64>,
    /// `GOGC`, negative is off.
    pub gogc: i32,
    /// `GOMEMLIMIT`.
    pub soft_limit: Option<u64>,
    /// Ask for a collection at every allocation and poison what is freed.
    pub stress: bool,
}

impl Default for HeapConfig {
    fn default() -> Self {
        HeapConfig { reserve: 64 << 30, hard_limit: None, gogc: 100, soft_limit: None, stress: false }
    }
}

/// The address range could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeapError;

impl std::fmt::Display for HeapError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("cannot reserve address space for the heap")
    }
}

impl std::error::Error for HeapError {}

/// A heap.
///
/// It has no knowledge of Go and none of stacks: the owner registers layouts, names its roots when asked
/// (`Roots`), calls the write barrier, and calls `collect` at a safepoint when `wants_collection`.
pub struct Heap {
    pub(crate) wants: bool,
    pub(crate) stress: bool,
    pub(crate) attention: bool,
    /// `write_barrier` adds an address's card number to this.
    card_bias: u64,
    block_bias: u64,
    pub(crate) cursors: Box<[Cursor; LANES]>,
    pub(crate) layouts: Layouts,
    /// The highest type word of an interface among the roots, since the last precise major began.
    pub(crate) highest_root_type: u64,
    pub(crate) space: Space,
    pub(crate) marker: Marker,
    pub(crate) pace: Pace,
    pub(crate) specials: Specials,
    pub(crate) sampling: Sampling,
    pub(crate) times: Times,
    /// By lane: blocks that may have room.
    pub(crate) listed: Box<[Vec<u32>; LANES]>,
    /// By lane: the block of immortal cells with room.
    pub(crate) immortal_blocks: Box<[Option<u32>; LANES]>,
    /// Blocks allocated into since the last collection.
    pub(crate) young_blocks: Vec<u32>,
    /// The block from which the lazy sweep goes on; all are swept at the end of the blocks.
    pub(crate) sweep_from: u32,
    /// Pages of free blocks are being given back to the system.
    pub(crate) releasing: bool,
    /// Bytes of blocks taken under a hard limit since free ones were looked at.
    pub(crate) taken_under_limit: u64,
    /// The work after which a minor gives up.
    pub(crate) minor_most: u64,
    pub(crate) pass: Pass,
    /// The numbers of majors to come that the program asked for.
    pub(crate) forced_majors: Vec<u64>,
    pub(crate) zero_base: Addr,
    pub(crate) failure: Failure,
    /// Bytes in objects and runs, without immortal ones.
    pub(crate) used: u64,
    /// Bytes allocated since the last collection.
    pub(crate) young_bytes: u64,
    pub(crate) total_alloc: u64,
    pub(crate) mallocs: [u64; CLASSES],
    pub(crate) frees: [u64; CLASSES],
    pub(crate) immortal_bytes: u64,
    pub(crate) immortal_objects: u64,
    pub(crate) external: u64,
    /// Collections in stress mode, to make every 64th a major.
    pub(crate) stress_count: u64,
    pub(crate) ready: VecDeque<crate::Ready>,
}

impl Heap {
    /// A new heap.
    ///
    /// # Errors
    /// If no address range of at least 64 MiB can be reserved.
    pub fn new(config: HeapConfig) -> Result<Heap, HeapError> {
        let space = Space::new(config.reserve as u64, LEAST).ok_or(HeapError)?;
        let mut heap = Heap {
            wants: false,
            stress: config.stress,
            attention: false,
            sampling: Sampling::default(),
            card_bias: space.card_bias(),
            block_bias: space.block_bias(),
            cursors: Box::new([Cursor::EMPTY; LANES]),
            layouts: Layouts::new(),
            highest_root_type: 0,
            space,
            marker: Marker::default(),
            pace: Pace::new(config.gogc, config.soft_limit, config.hard_limit),
            specials: Specials::default(),
            times: Times::default(),
            listed: Box::new([const { Vec::new() }; LANES]),
            immortal_blocks: Box::new([None; LANES]),
            young_blocks: Vec::new(),
            sweep_from: 0,
            releasing: false,
            taken_under_limit: 0,
            minor_most: MINOR_MOST,
            pass: Pass::default(),
            forced_majors: Vec::new(),
            zero_base: 0,
            failure: Failure::None,
            used: 0,
            young_bytes: 0,
            total_alloc: 0,
            mallocs: [0; CLASSES],
            frees: [0; CLASSES],
            immortal_bytes: 0,
            immortal_objects: 0,
            external: 0,
            stress_count: 0,
            ready: VecDeque::new(),
        };
        // A limit below a page still leaves room for this one object.
        let limit = heap.pace.hard_limit.take();
        heap.zero_base = heap.alloc_immortal(BYTES, 8).map_err(|OutOfMemory| HeapError)?;
        heap.pace.hard_limit = limit.map(|bytes| bytes.max(PAGE));
        heap.pace.update(0);
        Ok(heap)
    }

    /// The first address of the range: what printed addresses and hashes are relative to.
    #[must_use]
    pub fn base(&self) -> Addr {
        self.space.base()
    }

    /// Whether the address is in the part of the range that is in use.
    #[inline]
    #[must_use]
    pub fn contains(&self, addr: Addr) -> bool {
        addr.wrapping_sub(self.space.base()) < self.space.committed()
    }

    /// Whether an object that was allocated with the layout, not an array, begins at the address. The
    /// answer may also be yes for one that was freed: this is for the assertions of checked builds; others know
    /// less, and say yes.
    #[must_use]
    pub fn is_object(&self, addr: Addr, layout: LayoutId) -> bool {
        self.space.cell_of(addr).is_some_and(|place| {
            let block = &self.space.blocks[place.block as usize];
            // SAFETY: it is a checked build.
            let has_layout = || unsafe { block.type_word(place.cell) } == layout.0 << 1;
            self.space.base_of(place) == addr && (!cfg!(debug_assertions) || has_layout())
        })
    }

    /// A word that is not 0 when the program is to end: large objects are then left off, as if there was no memory for
    /// them.
    pub fn set_stop(&mut self, word: std::sync::Arc<std::sync::atomic::AtomicUsize>) {
        self.space.stop = Some(word);
    }

    /// Registers a layout. Equal layouts get ids of their own, so an id can stand for a type.
    pub fn register_layout(&mut self, layout: Layout) -> LayoutId {
        self.layouts.register(&layout)
    }

    /// Whether values of the layout hold no pointers.
    #[must_use]
    pub fn is_noscan(&self, layout: LayoutId) -> bool {
        self.layouts.is_noscan(layout)
    }

    /// The size of a layout in bytes.
    #[must_use]
    pub fn layout_size(&self, layout: LayoutId) -> u64 {
        self.layouts.size(layout)
    }

    /// To be called after a pointer was stored at `slot`, which is in an object of this heap, unless the
    /// object was allocated since the last safepoint. For an interface, the address of either word.
    #[inline(always)]
    pub fn write_barrier(&self, slot: Addr) {
        debug_assert!(self.contains(slot), "the barrier is for stores into the heap: {slot:#x}");
        let card = self.card_bias.wrapping_add(slot >> CARD_SHIFT) as usize;
        // SAFETY: the slot is in a committed block (contract of the method), and so its card is committed.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(card).write(0xFF) };
        let block = self.block_bias.wrapping_add(slot >> crate::size_class::BLOCK_SHIFT) as usize;
        // SAFETY: as above; the table of block bytes covers the whole range.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(block).write(0xFF) };
    }

    /// To be called after pointers were stored anywhere in `[addr, addr + bytes)`.
    pub fn write_barrier_range(&self, addr: Addr, bytes: u64) {
        if bytes == 0 {
            return;
        }
        let last = addr + (bytes - 1);
        assert!(self.contains(addr) && self.contains(last), "the barrier is for stores into the heap");
        for (bias, shift) in [(self.card_bias, CARD_SHIFT), (self.block_bias, crate::size_class::BLOCK_SHIFT)]
        {
            let from = bias.wrapping_add(addr >> shift) as usize;
            let count = ((last >> shift) - (addr >> shift) + 1) as usize;
            // SAFETY: the range is committed, so its part of the table is.
            unsafe { std::ptr::with_exposed_provenance_mut::<u8>(from).write_bytes(0xFF, count) };
        }
    }

    /// Whether `collect` should be called at the next safepoint.
    #[inline(always)]
    #[must_use]
    pub fn wants_collection(&self) -> bool {
        self.wants
    }

    /// Makes `wants_collection` true.
    pub fn request_collection(&mut self) {
        self.wants = true;
    }

    /// Bytes that count against the limits.
    pub(crate) fn charged(&self) -> u64 {
        self.used.saturating_add(self.immortal_bytes).saturating_add(self.external)
    }

    /// Charges (or gives back) bytes that the owner holds outside of the heap: stacks, buffers, timers.
    pub fn charge_external(&mut self, bytes: i64) {
        self.external = self.external.saturating_add_signed(bytes);
        self.check_pace();
    }

    /// As `charge_external` for growth, refused over the hard limit.
    ///
    /// # Errors
    /// Over the hard limit; nothing is charged then.
    pub fn try_charge_external(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        if self.room() < bytes {
            self.finish_sweep();
            if self.room() < bytes {
                return self.fail(Failure::Limit);
            }
        }
        self.external += bytes;
        self.check_pace();
        Ok(())
    }
}
