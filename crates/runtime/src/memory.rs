#![expect(unsafe_code, reason = "moves values between slots and memory")]
//! Values by type: between slots and memory, and from memory to memory.
//!
//! Stores come in two forms: with the write barrier, and (`init`) without, for objects allocated
//! since the last safepoint.

use golite_bytecode::{LeafKind, TypeIx, TypeKind};
use golite_gc::Addr;

use crate::native::NativeResult;
use crate::slot;
use crate::state::{PART, Runtime};

impl Runtime {
    /// Loads a value into consecutive slots; a value in memory as a copy of its own is the caller's
    /// business (`copy_of`): here its slot becomes `addr` itself.
    ///
    /// # Safety
    /// A value of the type is at `addr`, and `slots` has room for it.
    #[inline]
    pub unsafe fn load_value(&self, addr: Addr, ty: TypeIx, slots: *mut u64) {
        let rt_type = &self.types[ty];
        // SAFETY: the caller's promise.
        unsafe {
            if rt_type.in_memory {
                slots.write(addr);
            } else {
                slot::read_leaves(addr, &rt_type.leaves, slots);
            }
        }
    }

    /// Stores a value from consecutive slots, with the write barrier.
    ///
    /// # Safety
    /// `addr` has room for a value of the type, and `slots` holds one.
    #[inline]
    pub unsafe fn store_value(&mut self, addr: Addr, ty: TypeIx, slots: *const u64) {
        // SAFETY: the caller's promise.
        unsafe { self.init_value(addr, ty, slots) };
        let rt_type = &self.types[ty];
        if !rt_type.noscan {
            self.heap.write_barrier_range(addr, rt_type.size);
        }
    }

    /// Stores a value from consecutive slots into an object allocated since the last safepoint.
    ///
    /// # Safety
    /// As `store_value`.
    #[inline]
    pub unsafe fn init_value(&mut self, addr: Addr, ty: TypeIx, slots: *const u64) {
        let rt_type = &self.types[ty];
        // SAFETY: the caller's promise.
        unsafe {
            if rt_type.in_memory {
                slot::copy(slots.read(), addr, rt_type.size);
            } else {
                slot::write_leaves(addr, &rt_type.leaves, slots);
            }
        }
    }

    /// Copies `count` values of a type, with the write barrier; the ranges may overlap.
    #[inline]
    pub fn copy_memory(&mut self, from: Addr, to: Addr, ty: TypeIx, count: u64) {
        let (size, noscan) = (self.types[ty].size, self.types[ty].noscan);
        let bytes = size * count;
        if bytes == 0 {
            return;
        }
        self.spend(bytes);
        // SAFETY: the addresses are of that many values of the type, by the crate's rule.
        unsafe { slot::copy(from, to, bytes) };
        if !noscan {
            self.heap.write_barrier_range(to, bytes);
        }
    }

    /// The same, for instructions that can be done again from the start when they are interrupted: many bytes are
    /// copied in parts.
    ///
    /// # Errors
    /// `Trap::Limit` when the limit of time is reached or the program is interrupted.
    #[inline]
    pub fn copy_much(&mut self, from: Addr, to: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let bytes = self.types[ty].size * count;
        if bytes <= PART || from.abs_diff(to) < bytes {
            self.copy_memory(from, to, ty, count);
            return Ok(());
        }
        self.copy_in_parts(from, to, bytes, self.types[ty].noscan)
    }

    #[cold]
    fn copy_in_parts(&mut self, from: Addr, to: Addr, bytes: u64, noscan: bool) -> NativeResult {
        self.spend(bytes);
        for start in (0..bytes).step_by(PART as usize) {
            self.look()?;
            let part = PART.min(bytes - start);
            // SAFETY: the addresses are of so many bytes of values of a type, by the crate's rule.
            unsafe { slot::copy(from + start, to + start, part) };
            if !noscan {
                self.heap.write_barrier_range(to + start, part);
            }
        }
        Ok(())
    }

    /// Zeroes `count` values of a type; many in parts.
    ///
    /// # Errors
    /// As `copy_much`.
    #[inline]
    pub fn zero_much(&mut self, addr: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let bytes = self.types[ty].size * count;
        self.spend(bytes);
        for start in (0..bytes).step_by(PART as usize) {
            if start > 0 {
                self.look()?;
            }
            // SAFETY: as for `copy_memory`.
            unsafe { slot::zero(addr + start, PART.min(bytes - start)) };
        }
        Ok(())
    }

    /// Zeroes `count` values of a type.
    #[inline]
    pub fn zero_memory(&mut self, addr: Addr, ty: TypeIx, count: u64) {
        let bytes = self.types[ty].size * count;
        self.spend(bytes);
        // SAFETY: as for `copy_memory`.
        unsafe { slot::zero(addr, bytes) };
    }

    /// A new object with a copy of the value at `addr`.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn copy_of(&mut self, addr: Addr, ty: TypeIx) -> Result<Addr, crate::native::Trap> {
        let copy = self.alloc(ty)?;
        // SAFETY: both are values of the type.
        unsafe { slot::copy(addr, copy, self.types[ty].size) };
        Ok(copy)
    }

    /// A copy of bytes of the heap.
    ///
    /// # Panics
    /// If they are not in the heap.
    #[must_use]
    pub fn copy_bytes(&self, addr: Addr, len: u64) -> Vec<u8> {
        assert!(len == 0 || self.heap.contains(addr) && self.heap.contains(addr + (len - 1)));
        // SAFETY: checked; nothing else runs while they are copied.
        unsafe { slot::bytes(addr, len) }.to_vec()
    }

    /// The slots of a value in memory.
    #[must_use]
    pub fn load_slots(&self, addr: Addr, ty: TypeIx) -> Vec<u64> {
        let mut slots = vec![0; usize::from(self.types[ty].slots)];
        // SAFETY: there is room for all slots; the address is a value's by the crate's rule.
        unsafe { self.load_value(addr, ty, slots.as_mut_ptr()) };
        slots
    }

    /// Stores the slots of a value to memory, with the write barrier.
    ///
    /// # Panics
    /// If there are fewer slots than the type has.
    pub fn store_slots(&mut self, addr: Addr, ty: TypeIx, slots: &[u64]) {
        assert!(slots.len() >= usize::from(self.types[ty].slots), "all slots of the value are given");
        // SAFETY: as for `load_slots`.
        unsafe { self.store_value(addr, ty, slots.as_ptr()) };
    }

    /// `map[key] = value`, of slots.
    ///
    /// # Errors
    /// The panic of a nil map or a key that cannot be hashed, `Trap::OutOfMemory`.
    ///
    /// # Panics
    /// If there are fewer slots than the types of key and value have.
    pub fn map_store(
        &mut self,
        map: Addr,
        ty: TypeIx,
        key: &[u64],
        value: &[u64],
    ) -> Result<(), crate::native::Trap> {
        let TypeKind::Map { key: key_ty, value: value_ty } = self.types[ty].def.kind else {
            unreachable!("a map is stored to by its type");
        };
        assert!(key.len() >= usize::from(self.types[key_ty].slots), "all slots of the key are given");
        // SAFETY: checked just now.
        let at = unsafe { self.map_set(map, key.as_ptr(), ty) }?;
        self.store_slots(at, value_ty, value);
        Ok(())
    }

    /// New bytes with that content.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_bytes(&mut self, bytes: &[u8]) -> Result<Addr, crate::native::Trap> {
        let addr = self.alloc_bytes(bytes.len() as u64)?;
        self.fill(addr, bytes)?;
        Ok(addr)
    }

    /// The slots of the value that an interface holds; a value in memory is its box's address.
    #[must_use]
    pub fn iface_slots(&self, type_word: u64, data: u64) -> Vec<u64> {
        let ty = slot::type_of_word(type_word);
        let rt_type = &self.types[ty];
        match rt_type.in_memory || rt_type.leaves.len() == 1 {
            true => vec![data],
            false => self.load_slots(data, ty),
        }
    }

    /// Stores the value that an interface holds to memory, with the write barrier.
    pub fn store_iface_value(&mut self, addr: Addr, type_word: u64, data: u64) {
        let ty = slot::type_of_word(type_word);
        let slots = self.iface_slots(type_word, data);
        self.store_slots(addr, ty, &slots);
    }

    /// The leaf of a type that fits one slot, for the fast paths of the interpreter.
    #[must_use]
    pub fn single_leaf(&self, ty: TypeIx) -> Option<LeafKind> {
        crate::types::single_leaf(&self.types[ty])
    }
}
