#![expect(unsafe_code, reason = "objects are read by their pointer maps")]
//! Layouts: where the pointers of an object are.
//!
//! A layout is registered as a tree (`LayoutWord::Repeat` names another one) and kept in the form that
//! is quickest to walk: two masks for flat layouts of at most 64 words, else a list in which only long
//! repetitions are left. Repetitions of one are dissolved, so the tree's depth is logarithmic in the
//! size and the walk may recurse.
//!
//! A *type word* is what a block keeps for each cell: the layout's index shifted left by one, with bit 0
//! set for arrays. An array's memory holds as many elements as fit its cell; those after the ones asked
//! for stay zero or are used by `append`.

use crate::size_class::lane_of;

/// A registered layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LayoutId(pub u32);

/// The layout of plain bytes, always registered: size 1, no pointers.
pub const BYTES: LayoutId = LayoutId(0);

/// Words of memory that the collector looks at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LayoutWord {
    /// A pointer at this offset.
    Ptr(u32),
    /// Type word and data word of an interface: the data is a pointer iff bit 0 of the type word is set.
    Iface(u32),
    /// `count` values of another layout, its size apart.
    Repeat {
        /// Where the first one is.
        offset: u32,
        /// Their layout.
        elem: LayoutId,
        /// How many.
        count: u64,
    },
}

/// Size and pointer words of a kind of object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    /// Bytes.
    pub size: u64,
    /// Words, ascending by offset, at multiples of 8; none means free of pointers.
    pub words: Vec<LayoutWord>,
}

/// Repetitions of up to so many words are written out.
const WRITE_OUT: u64 = 64;

enum Shape {
    /// No pointers.
    Noscan,
    /// At most 64 words: bit n of `ptrs` is a pointer at 8 n, of `ifaces` a type word at 8 n.
    Masks { ptrs: u64, ifaces: u64 },
    /// Anything else.
    List(Box<[LayoutWord]>),
}

struct Entry {
    size: u64,
    shape: Shape,
}

/// All layouts of a heap.
pub(crate) struct Layouts {
    entries: Vec<Entry>,
    /// The lane of a single object of each layout, for the fast path.
    lanes: Vec<u8>,
}

impl Layouts {
    pub(crate) fn new() -> Layouts {
        Layouts { entries: vec![Entry { size: 1, shape: Shape::Noscan }], lanes: vec![lane_of(1, true)] }
    }

    pub(crate) fn register(&mut self, layout: &Layout) -> LayoutId {
        let mut words = Vec::new();
        self.write_out(&layout.words, 0, &mut words);
        let flat = words.iter().all(|word| !matches!(word, LayoutWord::Repeat { .. }));
        let shape = if words.is_empty() {
            Shape::Noscan
        } else if flat && layout.size <= 512 {
            let (mut ptrs, mut ifaces) = (0, 0);
            for word in &words {
                match *word {
                    LayoutWord::Ptr(offset) => ptrs |= 1 << (offset / 8),
                    LayoutWord::Iface(offset) => ifaces |= 1 << (offset / 8),
                    LayoutWord::Repeat { .. } => unreachable!("the words are flat"),
                }
            }
            Shape::Masks { ptrs, ifaces }
        } else {
            Shape::List(words.into_boxed_slice())
        };
        let id = LayoutId(u32::try_from(self.entries.len()).expect("fewer layouts than 2^31"));
        assert!(id.0 < 1 << 31, "a type word holds the layout and a flag");
        self.lanes.push(lane_of(layout.size, matches!(shape, Shape::Noscan)));
        self.entries.push(Entry { size: layout.size, shape });
        id
    }

    /// Copies words, short repetitions written out.
    fn write_out(&self, words: &[LayoutWord], base: u32, out: &mut Vec<LayoutWord>) {
        for word in words {
            match *word {
                LayoutWord::Ptr(offset) => {
                    debug_assert!(offset % 8 == 0, "pointers are aligned");
                    out.push(LayoutWord::Ptr(base + offset));
                }
                LayoutWord::Iface(offset) => {
                    debug_assert!(offset % 8 == 0, "interfaces are aligned");
                    out.push(LayoutWord::Iface(base + offset));
                }
                LayoutWord::Repeat { offset, elem, count } => {
                    let entry = &self.entries[elem.0 as usize];
                    let elem_words = match &entry.shape {
                        Shape::Noscan => continue,
                        Shape::Masks { ptrs, ifaces } => words_of(*ptrs, *ifaces),
                        Shape::List(list) => list.to_vec(),
                    };
                    let short = count.saturating_mul(elem_words.len() as u64) <= WRITE_OUT;
                    if count == 1 || short {
                        for ix in 0..count {
                            self.write_out(&elem_words, base + offset + (ix * entry.size) as u32, out);
                        }
                    } else {
                        out.push(LayoutWord::Repeat { offset: base + offset, elem, count });
                    }
                }
            }
        }
    }

    #[inline(always)]
    pub(crate) fn lane(&self, layout: LayoutId) -> u8 {
        self.lanes[layout.0 as usize]
    }

    pub(crate) fn size(&self, layout: LayoutId) -> u64 {
        self.entries[layout.0 as usize].size
    }

    pub(crate) fn is_noscan(&self, layout: LayoutId) -> bool {
        matches!(self.entries[layout.0 as usize].shape, Shape::Noscan)
    }

    /// Of an object that is one value of a flat layout the words with pointers, and those with type words of
    /// interfaces; `None` for other objects.
    #[inline(always)]
    pub(crate) fn masks(&self, type_word: u32) -> Option<(u64, u64)> {
        match self.entries[(type_word >> 1) as usize].shape {
            Shape::Masks { ptrs, ifaces } if type_word & 1 == 0 => Some((ptrs, ifaces)),
            _ => None,
        }
    }

    /// Calls `visit` with offset and value of each pointer in `[from, to)` of an object with `bytes`
    /// bytes at `base`. An interface counts when either of its words is in the range.
    ///
    /// # Safety
    /// `base` is an allocated object of at least `bytes` bytes whose memory has this type word.
    pub(crate) unsafe fn visit<F: FnMut(u64, u64)>(
        &self,
        base: u64,
        type_word: u32,
        bytes: u64,
        from: u64,
        to: u64,
        visit: &mut F,
    ) {
        let entry = &self.entries[(type_word >> 1) as usize];
        if type_word & 1 == 0 {
            // SAFETY: the object is one value of this layout.
            unsafe { self.visit_value(entry, base, 0, from, to, visit) };
        } else {
            // SAFETY: the object's memory is divided into elements of this layout.
            unsafe { self.visit_elements(entry, base, 0, bytes / entry.size.max(1), from, to, visit) };
        }
    }

    /// Replaces the type word of each interface of an object with `bytes` bytes at `base` by what `visit` gives.
    ///
    /// # Safety
    /// `base` is an allocated object of at least `bytes` bytes whose memory has this type word.
    pub(crate) unsafe fn replace_type_words(
        &self,
        base: u64,
        type_word: u32,
        bytes: u64,
        visit: &mut impl FnMut(u64) -> u64,
    ) {
        let entry = &self.entries[(type_word >> 1) as usize];
        let count = if type_word & 1 == 0 { 1 } else { bytes / entry.size.max(1) };
        for ix in 0..count {
            // SAFETY: the object is one value of this layout, or its memory is divided into such.
            unsafe { self.replace_in_value(entry, base + ix * entry.size, visit) };
        }
    }

    /// # Safety
    /// A value of the layout lies at `base`.
    unsafe fn replace_in_value(&self, entry: &Entry, base: u64, visit: &mut impl FnMut(u64) -> u64) {
        let mut replace = |at: u64| {
            // SAFETY: the layout has an interface at this offset of the value.
            let word = unsafe { load(at) };
            let new = visit(word);
            if new != word {
                // SAFETY: as for the load.
                unsafe { std::ptr::with_exposed_provenance_mut::<u64>(at as usize).write(new) };
            }
        };
        match &entry.shape {
            Shape::Noscan => {}
            Shape::Masks { ifaces, .. } => bits(*ifaces).for_each(|word| replace(base + word * 8)),
            Shape::List(words) => {
                for word in words {
                    match *word {
                        LayoutWord::Ptr(_) => {}
                        LayoutWord::Iface(offset) => replace(base + u64::from(offset)),
                        LayoutWord::Repeat { .. } => {}
                    }
                }
                for word in words {
                    if let LayoutWord::Repeat { offset, elem, count } = *word {
                        let entry = &self.entries[elem.0 as usize];
                        for ix in 0..count {
                            let at = base + u64::from(offset) + ix * entry.size;
                            // SAFETY: the layout has that many elements there.
                            unsafe { self.replace_in_value(entry, at, visit) };
                        }
                    }
                }
            }
        }
    }

    /// Elements at `base + start`, the range relative to `base`.
    ///
    /// # Safety
    /// `count` elements of the layout lie there.
    unsafe fn visit_elements<F: FnMut(u64, u64)>(
        &self,
        entry: &Entry,
        base: u64,
        start: u64,
        count: u64,
        from: u64,
        to: u64,
        visit: &mut F,
    ) {
        if matches!(entry.shape, Shape::Noscan) || to <= start {
            return;
        }
        let first = from.saturating_sub(start) / entry.size;
        let last = count.min((to - start).div_ceil(entry.size));
        if let Shape::Masks { ptrs: 1, ifaces: 0 } = entry.shape {
            // Slices of pointers and of strings.
            for ix in first..last {
                let offset = start + ix * entry.size;
                if offset >= from {
                    // SAFETY: an element lies there, and it begins with a pointer.
                    visit(offset, unsafe { load(base + offset) });
                }
            }
            return;
        }
        for ix in first..last {
            // SAFETY: `ix < count`, and elements lie there by the caller's contract.
            unsafe { self.visit_value(entry, base, start + ix * entry.size, from, to, visit) };
        }
    }

    /// One value at `base + start`, the range relative to `base`.
    ///
    /// # Safety
    /// A value of the layout lies there.
    #[inline]
    unsafe fn visit_value<F: FnMut(u64, u64)>(
        &self,
        entry: &Entry,
        base: u64,
        start: u64,
        from: u64,
        to: u64,
        visit: &mut F,
    ) {
        match &entry.shape {
            Shape::Noscan => {}
            Shape::Masks { ptrs, ifaces } => {
                let range = words_in_range(start, from, to);
                for word in bits(ptrs & range) {
                    let offset = start + word * 8;
                    // SAFETY: the layout has a pointer at this offset of the value.
                    visit(offset, unsafe { load(base + offset) });
                }
                for word in bits(ifaces & (range | range >> 1)) {
                    let offset = start + word * 8;
                    // SAFETY: the layout has an interface at this offset of the value.
                    unsafe { visit_iface(base, offset, visit) };
                }
            }
            Shape::List(words) => {
                for word in words {
                    match *word {
                        LayoutWord::Ptr(offset) => {
                            let offset = start + u64::from(offset);
                            if offset + 8 > from && offset < to {
                                // SAFETY: the layout has a pointer at this offset of the value.
                                visit(offset, unsafe { load(base + offset) });
                            }
                        }
                        LayoutWord::Iface(offset) => {
                            let offset = start + u64::from(offset);
                            if offset + 16 > from && offset < to {
                                // SAFETY: the layout has an interface at this offset of the value.
                                unsafe { visit_iface(base, offset, visit) };
                            }
                        }
                        LayoutWord::Repeat { offset, elem, count } => {
                            let entry = &self.entries[elem.0 as usize];
                            let start = start + u64::from(offset);
                            // SAFETY: the layout has that many elements there.
                            unsafe { self.visit_elements(entry, base, start, count, from, to, visit) };
                        }
                    }
                }
            }
        }
    }
}

/// # Safety
/// An interface lies at `base + offset`.
#[inline]
unsafe fn visit_iface<F: FnMut(u64, u64)>(base: u64, offset: u64, visit: &mut F) {
    // SAFETY: the type word of the interface.
    if unsafe { load(base + offset) } & 1 != 0 {
        // SAFETY: the data word follows the type word.
        visit(offset + 8, unsafe { load(base + offset + 8) });
    }
}

/// Reads a word of the heap.
///
/// # Safety
/// The address is in an allocated object and a multiple of 8.
#[inline(always)]
pub(crate) unsafe fn load(addr: u64) -> u64 {
    // SAFETY: the caller's contract; the heap's memory was exposed when it was mapped.
    unsafe { std::ptr::with_exposed_provenance::<u64>(addr as usize).read() }
}

/// Asks for a card of memory that will be read soon; any address is allowed.
#[inline(always)]
pub(crate) fn prefetch(addr: u64) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let line = std::ptr::with_exposed_provenance::<i8>(addr as usize);
        // SAFETY: a hint, which reads nothing as far as the program can tell.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(line);
            _mm_prefetch::<_MM_HINT_T0>(line.wrapping_add(64));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = addr;
}

/// Which of the 64 words of a value at `start` lie in `[from, to)`.
#[inline]
fn words_in_range(start: u64, from: u64, to: u64) -> u64 {
    let low = from.saturating_sub(start) / 8;
    let high = to.saturating_sub(start).div_ceil(8);
    let below = |n: u64| if n >= 64 { u64::MAX } else { (1 << n) - 1 };
    below(high) & !below(low)
}

/// The positions of the bits that are set.
#[inline(always)]
pub(crate) fn bits(mut mask: u64) -> impl Iterator<Item = u64> {
    std::iter::from_fn(move || {
        (mask != 0).then(|| {
            let bit = mask.trailing_zeros();
            mask &= mask - 1;
            u64::from(bit)
        })
    })
}

fn words_of(ptrs: u64, ifaces: u64) -> Vec<LayoutWord> {
    bits(ptrs | ifaces)
        .map(|word| {
            let offset = word as u32 * 8;
            if ptrs >> word & 1 != 0 { LayoutWord::Ptr(offset) } else { LayoutWord::Iface(offset) }
        })
        .collect()
}
