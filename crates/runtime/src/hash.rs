#![expect(unsafe_code, reason = "reads values by address")]
//! Hashes of map keys by type.
//!
//! Equal values have equal hashes; NaN never equals anything and hashes at random. Addresses are
//! hashed relative to the heap's base, so that a run depends on the seed alone.
//!
//! The mixing step is a 64-by-64-bit multiplication, folded (as in wyhash, Wang Yi 2019): one of the
//! cheapest that spreads every input bit over the whole result. Seeds keep inputs from being chosen
//! to collide.
//!
//! Long values are hashed in parts, between which limits are looked at.

use golite_bytecode::{TypeIx, TypeKind};
use golite_gc::Addr;
use smallvec::{SmallVec, smallvec};

use crate::lookout::{Lookout, Stop};
use crate::random::Random;
use crate::slot;
use crate::state::{MUCH, PART};
use crate::types::{Comparison, DataWord, TypeTable};

const K0: u64 = 0xa076_1d64_78bd_642f;
const K1: u64 = 0xe703_7ed1_a0b4_28db;
const K2: u64 = 0x8ebc_6af0_9c88_c6e3;

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

/// The hash of a word.
#[must_use]
#[inline(always)]
pub fn hash_word(word: u64, seed: u64) -> u64 {
    fold(word ^ seed ^ K0, K1)
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

/// Mixes in the first bytes, sixteen at a time; some are left, at most sixteen.
#[inline(always)]
fn mix(bytes: &[u8], mut hash: u64) -> u64 {
    let mut at = 0;
    while bytes.len() - at > 16 {
        hash = fold(word(bytes, at) ^ K1, word(bytes, at + 8) ^ hash);
        at += 16;
    }
    hash
}

#[inline(always)]
fn finish(hash: u64, (a, b): (u64, u64), len: usize) -> u64 {
    fold(a ^ K1 ^ len as u64, fold(b ^ hash, K2) ^ K0)
}

/// The hash of bytes, unless they are many: `Hasher::hash_bytes` is for those.
#[inline(always)]
pub(crate) fn hash_short(bytes: &[u8], seed: u64) -> Option<u64> {
    let half = |at: usize| u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")));
    let len = bytes.len();
    let hash = seed ^ K0;
    let (hash, last) = match len {
        0 => (hash, (0, 0)),
        1..=3 => {
            let all = u64::from(bytes[0]) << 16 | u64::from(bytes[len / 2]) << 8 | u64::from(bytes[len - 1]);
            (hash, (all, 0))
        }
        4..=8 => (hash, (half(0), half(len - 4))),
        9..=16 => (hash, (word(bytes, 0), word(bytes, len - 8))),
        _ if len as u64 >= MUCH => return None,
        _ => (mix(bytes, hash), (word(bytes, len - 16), word(bytes, len - 8))),
    };
    Some(finish(hash, last, len))
}

/// The same of many bytes.
#[cold]
#[inline(never)]
fn hash_long(bytes: &[u8], seed: u64, lookout: &mut Lookout<'_>) -> Result<u64, Stop> {
    let (len, part) = (bytes.len(), PART as usize);
    let (mut rest, mut hash) = (bytes, seed ^ K0);
    while rest.len() > part + 16 {
        lookout.pass(PART)?;
        // `mix` leaves the last sixteen.
        hash = mix(&rest[..part + 16], hash);
        rest = &rest[part..];
    }
    lookout.pass(rest.len() as u64)?;
    hash = mix(rest, hash);
    Ok(finish(hash, (word(bytes, len - 16), word(bytes, len - 8)), len))
}

/// The hash of an address.
#[must_use]
#[inline(always)]
pub fn hash_address(addr: Addr, base: Addr, seed: u64) -> u64 {
    hash_word(if addr == 0 { 0 } else { addr.wrapping_sub(base) }, seed)
}

fn hash_float(value: f64, seed: u64, random: &mut Random) -> u64 {
    if value == 0.0 {
        hash_word(0, seed)
    } else if value.is_nan() {
        random.next_u64()
    } else {
        hash_word(value.to_bits(), seed)
    }
}

/// What is still to be hashed: values of a type in a row.
type List = SmallVec<[(Addr, TypeIx, u64); 4]>;

/// What hashing needs besides the value.
pub(crate) struct Hasher<'a> {
    pub types: &'a TypeTable,
    pub random: &'a mut Random,
    pub base: Addr,
    pub lookout: Lookout<'a>,
}

impl Hasher<'_> {
    /// The hash of bytes.
    ///
    /// # Errors
    /// `Stop::Limit`.
    #[inline(always)]
    pub fn hash_bytes(&mut self, bytes: &[u8], seed: u64) -> Result<u64, Stop> {
        match hash_short(bytes, seed) {
            Some(hash) => self.lookout.pass(bytes.len() as u64).map(|()| hash),
            None => hash_long(bytes, seed, &mut self.lookout),
        }
    }

    /// The hash of a value in memory.
    ///
    /// # Errors
    /// The type that cannot be hashed; `Stop::Limit`.
    pub fn hash_memory(&mut self, addr: Addr, ty: TypeIx, seed: u64) -> Result<u64, Stop> {
        let mut hash = seed;
        let mut rest: List = smallvec![(addr, ty, 1)];
        while let Some((addr, ty, count)) = rest.pop() {
            hash = self.hash_row(addr, ty, count, hash, &mut rest)?;
        }
        Ok(hash)
    }

    fn hash_words(&mut self, type_word: u64, data: u64, seed: u64, rest: &mut List) -> Result<u64, Stop> {
        let hash = hash_word(type_word, seed);
        if type_word == 0 {
            return Ok(hash);
        }
        let ty = slot::type_of_word(type_word);
        let rt_type = &self.types[ty];
        if rt_type.comparison == Comparison::None {
            return Err(Stop::Type(ty));
        }
        Ok(match rt_type.data_word {
            DataWord::Box => {
                rest.push((data, ty, 1));
                hash
            }
            DataWord::Bits if type_word & 1 != 0 => hash_address(data, self.base, hash),
            DataWord::Bits => hash_word(data, hash),
            DataWord::Float32 => hash_float(f64::from(f32::from_bits(data as u32)), hash, self.random),
            DataWord::Float64 => hash_float(f64::from_bits(data), hash, self.random),
            DataWord::Blank => hash,
        })
    }

    fn hash_row(
        &mut self,
        addr: Addr,
        ty: TypeIx,
        count: u64,
        seed: u64,
        rest: &mut List,
    ) -> Result<u64, Stop> {
        let types = self.types;
        let rt_type = &types[ty];
        let size = rt_type.size;
        if rt_type.comparison == Comparison::None {
            return Err(Stop::Type(ty));
        }
        let mut hash = seed;
        // SAFETY: `count` values of the type are at the address, by the crate's rule.
        unsafe {
            if rt_type.comparison == Comparison::Bytes && rt_type.noscan {
                return self.hash_bytes(slot::bytes(addr, size * count), hash);
            }
            self.lookout.pass(8)?;
            // What takes several steps is done value by value: the others wait in the list. Values of size
            // zero are all alike.
            if count > 1 && size > 0 {
                rest.push((addr + size, ty, count - 1));
            }
            match &rt_type.def.kind {
                TypeKind::Struct(fields) => {
                    for field in fields.iter().rev().filter(|field| &*field.name != "_") {
                        rest.push((addr + field.offset, field.ty, 1));
                    }
                }
                TypeKind::Array { elem, len } => {
                    if *len > 0 {
                        rest.push((addr, *elem, *len));
                    }
                }
                TypeKind::String => {
                    hash = self.hash_bytes(slot::bytes(slot::read(addr), slot::read(addr + 8)), hash)?;
                }
                TypeKind::Interface(_) => {
                    hash = self.hash_words(slot::read(addr), slot::read(addr + 8), hash, rest)?;
                }
                TypeKind::Float if size == 4 => {
                    hash = hash_float(f64::from(slot::read::<f32>(addr)), hash, self.random);
                }
                TypeKind::Float => hash = hash_float(slot::read(addr), hash, self.random),
                TypeKind::Complex if size == 8 => {
                    hash = hash_float(f64::from(slot::read::<f32>(addr)), hash, self.random);
                    hash = hash_float(f64::from(slot::read::<f32>(addr + 4)), hash, self.random);
                }
                TypeKind::Complex => {
                    hash = hash_float(slot::read(addr), hash, self.random);
                    hash = hash_float(slot::read(addr + 8), hash, self.random);
                }
                _ => hash = hash_address(slot::read(addr), self.base, hash),
            }
        }
        Ok(hash)
    }
}
