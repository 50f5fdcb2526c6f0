#![expect(unsafe_code, reason = "objects are read by their pointer maps")]
//! Looking at the heap: which object an address is in, all objects, and who points at whom.

use crate::Addr;
use crate::heap::Heap;
use crate::layout::LayoutId;
use crate::space::Place;

/// An object as found in the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its first byte.
    pub base: Addr,
    /// Its layout, or its elements'.
    pub layout: LayoutId,
    /// How many elements its cell holds, which may be more than were asked for; 1 if not an array.
    pub count: u64,
    /// It was allocated as an array.
    pub is_array: bool,
    /// Bytes of its cell.
    pub bytes: u64,
    /// It survived a collection, or is immortal.
    pub old: bool,
    /// It is never freed.
    pub immortal: bool,
}

impl Heap {
    /// The object that the address points into.
    #[must_use]
    pub fn object_at(&self, addr: Addr) -> Option<Object> {
        self.place_of(addr).map(|place| self.describe(place))
    }

    fn describe(&self, place: Place) -> Object {
        let block = &self.space.blocks[place.block as usize];
        // SAFETY: both callers name an object that is allocated.
        let type_word = unsafe { block.type_word(place.cell) };
        let layout = LayoutId(type_word >> 1);
        let is_array = type_word & 1 != 0;
        Object {
            base: self.space.base_of(place),
            layout,
            count: if is_array { block.cell_bytes / self.layouts.size(layout).max(1) } else { 1 },
            is_array,
            bytes: block.cell_bytes,
            old: block.is_old(place.cell),
            immortal: block.immortal,
        }
    }

    /// Every object not known to be dead, by address.
    pub fn for_each_object(&mut self, visit: &mut dyn FnMut(Object)) {
        self.finish_sweep();
        self.retire_all();
        for index in 0..self.space.blocks.len() as u32 {
            let cells = self.space.blocks[index as usize].cells;
            for cell in 0..cells {
                if self.space.blocks[index as usize].is_alloc(cell) {
                    visit(self.describe(Place { block: index, cell }));
                }
            }
        }
    }

    /// The highest type word of an interface that was a root of the last collection of all there is.
    #[must_use]
    pub fn highest_root_type(&self) -> u64 {
        self.highest_root_type
    }

    /// The type words of interfaces in objects that are not known to be dead, each with its object; what `visit` gives
    /// takes its place. Nothing else of the interface changes.
    pub fn replace_type_words(&mut self, visit: &mut dyn FnMut(&Object, u64) -> u64) {
        let mut objects = Vec::new();
        self.for_each_object(&mut |object| objects.push(object));
        for object in objects {
            let Some(place) = self.place_of(object.base) else { continue };
            let block = &self.space.blocks[place.block as usize];
            if !block.scans() {
                continue;
            }
            // SAFETY: an object of the list is allocated.
            let (type_word, bytes) = (unsafe { block.type_word(place.cell) }, block.cell_bytes);
            let mut replace = |word: u64| visit(&object, word);
            // SAFETY: an object of the list is allocated, with this type word and so many bytes.
            unsafe { self.layouts.replace_type_words(object.base, type_word, bytes, &mut replace) };
        }
    }

    /// The pointers that an object holds: offset and value, nil left out.
    pub fn for_each_pointer(&self, object: &Object, visit: &mut dyn FnMut(u64, Addr)) {
        let Some(place) = self.place_of(object.base) else { return };
        let block = &self.space.blocks[place.block as usize];
        let (bytes, base) = (block.cell_bytes, self.space.base_of(place));
        let mut present = |offset, value| {
            if value != 0 {
                visit(offset, value);
            }
        };
        // SAFETY: `place_of` found the object allocated, with this type word and so many bytes.
        unsafe { self.layouts.visit(base, block.type_word(place.cell), bytes, 0, bytes, &mut present) };
    }
}
