#![expect(unsafe_code, reason = "moves values between slots and memory")]
//! Values by type: between slots and memory, and from memory to memory.
//!
//! Stores come in two forms: with the write barrier, and (`init`) without, for objects allocated
//! since the last safepoint.

use golite_bytecode::{LeafKind, TypeIx, TypeKind};
use golite_gc::Addr;

use crate::native::NativeResult;
use crate::slot;
use crate::state::{MUCH, Runtime};

impl Runtime {
    /// Loads a value into consecutive slots; a value in memory as a copy of its own is the caller's
    /// business: here its slot becomes `addr` itself.
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
    /// # Errors
    /// As `copy_memory`.
    ///
    /// # Safety
    /// `addr` has room for a value of the type, and `slots` holds one.
    #[inline]
    pub unsafe fn store_value(&mut self, addr: Addr, ty: TypeIx, slots: *const u64) -> NativeResult {
        // SAFETY: the caller's promise.
        unsafe { self.init_value(addr, ty, slots)? };
        let rt_type = &self.types[ty];
        if !rt_type.noscan {
            self.heap.write_barrier_range(addr, rt_type.size);
        }
        Ok(())
    }

    /// Stores a value from consecutive slots into an object allocated since the last safepoint.
    ///
    /// # Errors
    /// As `copy_memory`.
    ///
    /// # Safety
    /// As `store_value`.
    #[inline]
    pub unsafe fn init_value(&mut self, addr: Addr, ty: TypeIx, slots: *const u64) -> NativeResult {
        let rt_type = &self.types[ty];
        // SAFETY: the caller's promise.
        unsafe {
            if rt_type.in_memory {
                if rt_type.is_long() {
                    // The barrier does no harm.
                    return self.copy_long(slots.read(), addr, ty, 1);
                }
                slot::copy(slots.read(), addr, rt_type.size);
            } else {
                slot::write_leaves(addr, &rt_type.leaves, slots);
            }
        }
        Ok(())
    }

    /// Copies `count` values of a type, with the write barrier; the ranges may overlap. Many bytes are copied
    /// in parts, and what is there when that is stopped is neither the old nor the new.
    ///
    /// # Errors
    /// `Trap::Limit` when a limit is reached or the program is interrupted.
    #[inline]
    pub fn copy_memory(&mut self, from: Addr, to: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let rt_type = &self.types[ty];
        let bytes = rt_type.size * count;
        if bytes >= MUCH {
            return self.copy_long(from, to, ty, count);
        }
        if bytes == 0 {
            return Ok(());
        }
        // SAFETY: the addresses are of that many values of the type, by the crate's rule.
        unsafe { slot::copy(from, to, bytes) };
        if !rt_type.noscan {
            self.heap.write_barrier_range(to, bytes);
        }
        Ok(())
    }

    /// Zeroes `count` values of a type; many in parts.
    ///
    /// # Errors
    /// As `copy_memory`.
    #[inline]
    pub fn zero_memory(&mut self, addr: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let bytes = self.types[ty].size * count;
        if bytes >= MUCH {
            return self.zero_long(addr, ty, count);
        }
        // SAFETY: as for `copy_memory`.
        unsafe { slot::zero(addr, bytes) };
        Ok(())
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
    /// # Errors
    /// As `copy_memory`.
    ///
    /// # Panics
    /// If there are fewer slots than the type has.
    pub fn store_slots(&mut self, addr: Addr, ty: TypeIx, slots: &[u64]) -> NativeResult {
        assert!(slots.len() >= usize::from(self.types[ty].slots), "all slots of the value are given");
        // SAFETY: as for `load_slots`.
        unsafe { self.store_value(addr, ty, slots.as_ptr()) }
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
        self.store_slots(at, value_ty, value)
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
    ///
    /// # Errors
    /// As `copy_memory`.
    pub fn store_iface_value(&mut self, addr: Addr, type_word: u64, data: u64) -> NativeResult {
        let ty = slot::type_of_word(type_word);
        let slots = self.iface_slots(type_word, data);
        self.store_slots(addr, ty, &slots)
    }

    /// The leaf of a type that fits one slot, for the fast paths of the interpreter.
    #[must_use]
    pub fn single_leaf(&self, ty: TypeIx) -> Option<LeafKind> {
        crate::types::single_leaf(&self.types[ty])
    }
}
