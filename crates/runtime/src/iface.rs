#![expect(unsafe_code, reason = "reads boxes")]
//! Interfaces: boxes, method lookup, assertions.
//!
//! A method is found by the pair of dynamic type and method identity. One cache for the whole VM
//! answers nearly all lookups: direct-mapped, keyed by the pair, so that it needs no upkeep but to be
//! cleared when a type gets methods. A table of methods per type and interface, as Go has it, would
//! be smaller code per call, but interfaces here hold the type itself.

use golite_bytecode::{FuncIx, MethodIx, TypeIx, TypeKind};
use golite_gc::Addr;

use crate::native::{NativeResult, Trap};
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::Runtime;
use crate::types::TypeTable;

/// The tables are so large that they are mapped by themselves: pages nobody touches cost nothing.
const CACHE_BITS: u32 = 13;
/// Where the answers for types and methods begin: functions.
const METHODS: usize = 0;
/// Where those for types and interfaces begin: whether the type implements the interface.
const IMPLEMENTS: usize = 1 << CACHE_BITS;
const NO_FUNC: u32 = u32::MAX;

/// How many places of answers are listed.
const MOST_USED: usize = 64;

/// Answers of lookups that were made before. A key of 0 stands for none, so that memory that nobody touched yet
/// is an empty cache.
#[derive(Debug)]
pub struct MethodCache {
    answers: Box<[(u64, u32); 2 << CACHE_BITS]>,
    /// Where answers are, for as long as they are few: they are forgotten often while a program begins.
    used: Vec<u16>,
    /// Lookups of methods that were not in the cache.
    misses: u64,
}

impl Default for MethodCache {
    fn default() -> MethodCache {
        // By way of a vector, which takes zeroed memory: an array would be made on the native stack.
        let answers = vec![(0, 0); 2 << CACHE_BITS].try_into().expect("so long");
        MethodCache { answers, used: Vec::new(), misses: 0 }
    }
}

impl MethodCache {
    /// Forgets all answers.
    pub(crate) fn clear(&mut self) {
        if self.used.len() < MOST_USED {
            for place in self.used.drain(..) {
                self.answers[usize::from(place)] = (0, 0);
            }
        } else {
            self.used.clear();
            self.answers.fill((0, 0));
        }
    }

    /// There is going to be an answer in a place.
    fn note(&mut self, place: usize) {
        if self.used.len() < MOST_USED {
            self.used.push(place as u16);
        }
    }
}

/// The key of a type and a method or interface; never 0.
#[inline(always)]
fn key(ty: TypeIx, other: u32) -> u64 {
    (u64::from(ty.0) << 32 | u64::from(other)) + 1
}

#[inline(always)]
fn place(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - CACHE_BITS)) as usize
}

impl TypeTable {
    /// The function of a method of a concrete type.
    #[inline(always)]
    pub fn method_for(&mut self, ty: TypeIx, method: MethodIx) -> Option<FuncIx> {
        let key = key(ty, method.0);
        let (cached, func) = self.methods.answers[METHODS + place(key)];
        if cached == key {
            return (func != NO_FUNC).then_some(FuncIx(func));
        }
        self.find_method(key, ty, method)
    }

    /// How often a method was looked up, because the cache did not have it.
    #[must_use]
    pub fn method_misses(&self) -> u64 {
        self.methods.misses
    }

    /// The function of a method, if it was looked up lately.
    #[must_use]
    #[inline(always)]
    pub fn cached_method(&self, ty: TypeIx, method: MethodIx) -> Option<FuncIx> {
        let key = key(ty, method.0);
        let (cached, func) = self.methods.answers[METHODS + place(key)];
        (cached == key && func != NO_FUNC).then_some(FuncIx(func))
    }

    #[cold]
    fn find_method(&mut self, key: u64, ty: TypeIx, method: MethodIx) -> Option<FuncIx> {
        self.methods.misses += 1;
        self.methods.note(METHODS + place(key));
        let found = self[ty].def.methods.iter().find(|m| m.method == method).map(|m| m.func);
        self.methods.answers[METHODS + place(key)] = (key, found.map_or(NO_FUNC, |func| func.0));
        found
    }

    /// Whether a concrete type has all methods of an interface type.
    #[inline]
    pub fn implements(&mut self, ty: TypeIx, iface: TypeIx) -> bool {
        let key = key(ty, iface.0);
        let (cached, answer) = self.methods.answers[IMPLEMENTS + place(key)];
        if cached == key {
            return answer != 0;
        }
        let answer = self.missing_method(ty, iface).is_none();
        self.methods.note(IMPLEMENTS + place(key));
        self.methods.answers[IMPLEMENTS + place(key)] = (key, u32::from(answer));
        answer
    }

    /// The first method, in name order, of the interface that the type does not have.
    #[must_use]
    pub fn missing_method(&self, ty: TypeIx, iface: TypeIx) -> Option<MethodIx> {
        let TypeKind::Interface(wanted) = &self[iface].def.kind else { return None };
        let has = &self[ty].def.methods;
        wanted.iter().copied().find(|&method| !has.iter().any(|m| m.method == method))
    }
}

impl Runtime {
    /// Puts the value in these slots into a new box.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    ///
    /// # Safety
    /// `slots` holds a value of the type.
    #[inline]
    pub unsafe fn new_box(&mut self, ty: TypeIx, slots: *const u64) -> Result<Addr, Trap> {
        let addr = self.alloc(ty)?;
        // SAFETY: fresh memory for a value of the type, and the caller's promise.
        unsafe { self.init_value(addr, ty, slots) }?;
        Ok(addr)
    }

    /// An interface with the value in these slots: type word, data word.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    ///
    /// # Panics
    /// If there are fewer slots than the type has.
    pub fn iface_from_slots(&mut self, ty: TypeIx, slots: &[u64]) -> Result<(u64, u64), Trap> {
        let rt_type = &self.types[ty];
        let type_word = rt_type.type_word;
        if let TypeKind::Interface(_) = rt_type.def.kind {
            return Ok((slots[0], slots[1]));
        }
        if rt_type.def.is_direct() {
            return Ok((type_word, slots[0]));
        }
        assert!(slots.len() >= usize::from(rt_type.slots), "all slots of the value are given");
        // SAFETY: there are as many slots as the type has.
        Ok((type_word, unsafe { self.new_box(ty, slots.as_ptr()) }?))
    }

    /// An interface with a copy of the value at `addr`. A value of interface type is itself.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn iface_from_memory(&mut self, ty: TypeIx, addr: Addr) -> Result<(u64, u64), Trap> {
        let slots = self.load_slots(addr, ty);
        self.iface_from_slots(ty, &slots)
    }

    /// Whether the dynamic type of an interface implements another; false for nil.
    #[inline]
    pub fn iface_implements(&mut self, type_word: u64, iface: TypeIx) -> bool {
        type_word != 0 && self.types.implements(slot::type_of_word(type_word), iface)
    }

    /// `x.(ty)` of a concrete type: panics unless that is the dynamic type of `x`, whose static type
    /// is `from`.
    ///
    /// # Errors
    /// The panic.
    #[inline]
    pub fn assert_type(&mut self, type_word: u64, ty: TypeIx, from: TypeIx) -> NativeResult {
        if type_word == self.types[ty].type_word {
            Ok(())
        } else {
            Err(self.raise_not_type(type_word, ty, from))
        }
    }

    /// `x.(ty)` of an interface type.
    ///
    /// # Errors
    /// The panic.
    #[inline]
    pub fn assert_iface(&mut self, type_word: u64, ty: TypeIx, from: TypeIx) -> NativeResult {
        if self.iface_implements(type_word, ty) {
            Ok(())
        } else {
            Err(self.raise_not_iface(type_word, ty, from))
        }
    }

    #[cold]
    fn raise_not_type(&mut self, type_word: u64, ty: TypeIx, from: TypeIx) -> Trap {
        let (want, from_name) = (self.types.name(ty), self.types.name(from));
        if type_word == 0 {
            let text = format!("interface conversion: {from_name} is nil, not {want}");
            return self.raise(ErrorKind::TypeAssertion, text);
        }
        let have = slot::type_of_word(type_word);
        let mut text = format!("interface conversion: {from_name} is {}, not {want}", self.types.name(have));
        if self.types.name(have) == want {
            let same = self.types[have].def.package == self.types[ty].def.package;
            text.push_str(if same {
                " (types from different scopes)"
            } else {
                " (types from different packages)"
            });
        }
        self.raise(ErrorKind::TypeAssertion, text)
    }

    #[cold]
    fn raise_not_iface(&mut self, type_word: u64, ty: TypeIx, _from: TypeIx) -> Trap {
        let want = self.types.name(ty);
        if type_word == 0 {
            let text = format!("interface conversion: interface is nil, not {want}");
            return self.raise(ErrorKind::TypeAssertion, text);
        }
        let have = slot::type_of_word(type_word);
        let missing = self.types.missing_method(have, ty).map(|m| &*self.program.methods[m.index()].name);
        let text = format!(
            "interface conversion: {} is not {want}: missing method {}",
            self.types.name(have),
            missing.unwrap_or("")
        );
        self.raise(ErrorKind::TypeAssertion, text)
    }
}
