#![expect(unsafe_code, reason = "reads values by address")]
//! Equality of values by type.
//!
//! Values nest without bound (an interface in a struct in an interface …), so the walk keeps its own
//! list of what is left instead of recursing. Spec: Comparison operators: fields in source order,
//! stopping at the first difference; blank fields are left out; two values of one uncomparable
//! dynamic type panic.

use golite_bytecode::{TypeIx, TypeKind};
use golite_gc::Addr;

use crate::native::Trap;
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::Runtime;
use crate::string;
use crate::types::{Comparison, DataWord, TypeTable};

/// Bytes that are compared between two looks at the limits.
const LONG: u64 = 1 << 24;

/// Values in a row that are still to be compared.
struct Rest {
    a: Addr,
    b: Addr,
    ty: TypeIx,
    count: u64,
}

/// How two interfaces compare, as far as their words tell.
enum Words {
    Known(bool),
    Boxes(TypeIx),
    Uncomparable(TypeIx),
}

#[inline]
fn compare_words(types: &TypeTable, a: (u64, u64), b: (u64, u64)) -> Words {
    if a.0 != b.0 {
        return Words::Known(false);
    }
    if a.0 == 0 {
        return Words::Known(true);
    }
    let ty = slot::type_of_word(a.0);
    let rt_type = &types[ty];
    if rt_type.comparison == Comparison::None {
        return Words::Uncomparable(ty);
    }
    match rt_type.data_word {
        DataWord::Box => Words::Boxes(ty),
        DataWord::Bits => Words::Known(a.1 == b.1),
        DataWord::Float32 => Words::Known(f32::from_bits(a.1 as u32) == f32::from_bits(b.1 as u32)),
        DataWord::Float64 => Words::Known(f64::from_bits(a.1) == f64::from_bits(b.1)),
        DataWord::Blank => Words::Known(true),
    }
}

impl Runtime {
    /// Whether two interfaces (type word, data word) are equal.
    ///
    /// # Errors
    /// The panic if their values are of one type that cannot be compared.
    #[inline]
    pub fn equal_ifaces(&mut self, a: (u64, u64), b: (u64, u64)) -> Result<bool, Trap> {
        match compare_words(&self.types, a, b) {
            Words::Known(answer) => Ok(answer),
            Words::Boxes(ty) => self.equal_memory(a.1, b.1, ty),
            Words::Uncomparable(ty) => Err(self.raise_uncomparable(ty)),
        }
    }

    #[cold]
    fn raise_uncomparable(&mut self, ty: TypeIx) -> Trap {
        let text = format!("comparing uncomparable type {}", self.types.name(ty));
        self.raise(ErrorKind::Error, text)
    }

    /// Whether two values in memory are equal.
    ///
    /// # Errors
    /// As `equal_ifaces`, for interfaces inside; `Trap::Limit`.
    pub fn equal_memory(&mut self, a: Addr, b: Addr, ty: TypeIx) -> Result<bool, Trap> {
        let mut walk = Walk::new(a, b, ty);
        loop {
            match walk.next(&self.types) {
                Ok(Some(answer)) => {
                    self.spend(walk.bytes);
                    return Ok(answer);
                }
                // Few values can hold many texts: limits hold between them.
                Ok(None) if walk.bytes >= LONG => self.charge(std::mem::take(&mut walk.bytes) >> 6)?,
                Ok(None) => {}
                Err(ty) => return Err(self.raise_uncomparable(ty)),
            }
        }
    }
}

/// Whether two values in memory are equal; the uncomparable type that was met otherwise.
pub(crate) fn equal_memory(types: &TypeTable, a: Addr, b: Addr, ty: TypeIx) -> Result<bool, TypeIx> {
    let rt_type = &types[ty];
    // SAFETY: here and below, the addresses are of values of the type, by the crate's rule; strings
    // and boxes that they refer to are live with them.
    unsafe {
        match rt_type.comparison {
            Comparison::Bytes => {
                return Ok(slot::bytes(a, rt_type.size) == slot::bytes(b, rt_type.size));
            }
            Comparison::String => return Ok(equal_strings(a, b)),
            _ => {}
        }
    }
    let mut walk = Walk::new(a, b, ty);
    loop {
        if let Some(answer) = walk.next(types)? {
            return Ok(answer);
        }
    }
}

/// A comparison that is not finished.
struct Walk {
    rest: Vec<Rest>,
    /// Bytes that were looked at.
    bytes: u64,
}

impl Walk {
    fn new(a: Addr, b: Addr, ty: TypeIx) -> Walk {
        Walk { rest: vec![Rest { a, b, ty, count: 1 }], bytes: 0 }
    }

    /// Compares the next values in a row. The answer, when it is known.
    fn next(&mut self, types: &TypeTable) -> Result<Option<bool>, TypeIx> {
        let Some(Rest { a, b, ty, count }) = self.rest.pop() else { return Ok(Some(true)) };
        let equal = equal_row(types, a, b, ty, count, self)?;
        Ok((!equal).then_some(false))
    }
}

/// # Safety
/// Both are addresses of strings.
unsafe fn equal_strings(a: Addr, b: Addr) -> bool {
    // SAFETY: the caller's promise.
    unsafe { string::equal((slot::read(a), slot::read(a + 8)), (slot::read(b), slot::read(b + 8))) }
}

/// Compares what can be compared at once; the rest goes to the list, what comes first last.
fn equal_row(
    types: &TypeTable,
    a: Addr,
    b: Addr,
    ty: TypeIx,
    count: u64,
    walk: &mut Walk,
) -> Result<bool, TypeIx> {
    let rt_type = &types[ty];
    let size = rt_type.size;
    // Values of size zero are all alike.
    let count = if size == 0 { count.min(1) } else { count };
    if count == 0 {
        return Ok(true);
    }
    let plain = !matches!(
        rt_type.comparison,
        Comparison::String | Comparison::Interface | Comparison::Struct | Comparison::Array
    );
    walk.bytes += if plain { size * count } else { size };
    let all = |equal: &dyn Fn(u64) -> bool| (0..count).all(|i| equal(i * size));
    // SAFETY: `count` values of the type are at both addresses.
    unsafe {
        Ok(match rt_type.comparison {
            Comparison::None => return Err(ty),
            Comparison::Bytes => slot::bytes(a, size * count) == slot::bytes(b, size * count),
            Comparison::Float32 => all(&|i| slot::read::<f32>(a + i) == slot::read::<f32>(b + i)),
            Comparison::Float64 => all(&|i| slot::read::<f64>(a + i) == slot::read::<f64>(b + i)),
            Comparison::Complex64 => all(&|i| slot::read::<[f32; 2]>(a + i) == slot::read::<[f32; 2]>(b + i)),
            Comparison::Complex128 => {
                all(&|i| slot::read::<[f64; 2]>(a + i) == slot::read::<[f64; 2]>(b + i))
            }
            Comparison::String => {
                if count > 1 {
                    walk.rest.push(Rest { a: a + size, b: b + size, ty, count: count - 1 });
                }
                walk.bytes += slot::read::<u64>(a + 8);
                equal_strings(a, b)
            }
            Comparison::Interface => {
                if count > 1 {
                    walk.rest.push(Rest { a: a + size, b: b + size, ty, count: count - 1 });
                }
                let x = (slot::read(a), slot::read(a + 8));
                let y = (slot::read(b), slot::read(b + 8));
                match compare_words(types, x, y) {
                    Words::Known(answer) => answer,
                    Words::Boxes(ty) => {
                        walk.rest.push(Rest { a: x.1, b: y.1, ty, count: 1 });
                        true
                    }
                    Words::Uncomparable(ty) => return Err(ty),
                }
            }
            Comparison::Struct => {
                if count > 1 {
                    walk.rest.push(Rest { a: a + size, b: b + size, ty, count: count - 1 });
                }
                if let TypeKind::Struct(fields) = &rt_type.def.kind {
                    for field in fields.iter().rev().filter(|field| &*field.name != "_") {
                        walk.rest.push(Rest {
                            a: a + field.offset,
                            b: b + field.offset,
                            ty: field.ty,
                            count: 1,
                        });
                    }
                }
                true
            }
            Comparison::Array => {
                if let TypeKind::Array { elem, len } = rt_type.def.kind {
                    walk.rest.push(Rest { a, b, ty: elem, count: len * count });
                }
                true
            }
        })
    }
}
