#![expect(unsafe_code, reason = "reads values by address")]
//! Equality of values by type.
//!
//! Values nest without bound (an interface in a struct in an interface …), so the walk keeps its own
//! list of what is left instead of recursing. Each step takes at most about a MiB, and limits hold between
//! steps. Spec: Comparison operators: fields in source order,
//! stopping at the first difference; blank fields are left out; two values of one uncomparable
//! dynamic type panic.

use golite_bytecode::{TypeIx, TypeKind};
use golite_gc::Addr;
use smallvec::{SmallVec, smallvec};

use crate::lookout::{Lookout, Stop, lookout};
use crate::native::Trap;
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::{MUCH, PART, Runtime};
use crate::string;
use crate::types::{Comparison, DataWord, TypeTable};

/// What is still to be compared.
enum Rest {
    /// Values in a row.
    Values { a: Addr, b: Addr, ty: TypeIx, count: u64 },
    /// Bytes: of a long string.
    Bytes { a: Addr, b: Addr, len: u64 },
}

/// The list of what is still to be compared, what comes first last.
type List = SmallVec<[Rest; 4]>;

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
        let mut lookout = lookout!(self);
        let answer = equal_memory(&self.types, a, b, ty, &mut lookout);
        let done = lookout.end();
        match answer {
            Ok(answer) => {
                self.spend(done?);
                Ok(answer)
            }
            Err(Stop::Type(ty)) => Err(self.raise_uncomparable(ty)),
            Err(Stop::Limit) => Err(Trap::Limit),
        }
    }
}

/// Whether two values in memory are equal; otherwise the uncomparable type that was met, or that it has been
/// stopped.
pub(crate) fn equal_memory(
    types: &TypeTable,
    a: Addr,
    b: Addr,
    ty: TypeIx,
    lookout: &mut Lookout<'_>,
) -> Result<bool, Stop> {
    let rt_type = &types[ty];
    // SAFETY: here and below, the addresses are of values of the type, by the crate's rule; strings
    // and boxes that they refer to are live with them.
    unsafe {
        match rt_type.comparison {
            Comparison::Bytes if !rt_type.is_long() => {
                return Ok(slot::bytes(a, rt_type.size) == slot::bytes(b, rt_type.size));
            }
            Comparison::String if slot::read::<u64>(a + 8) < MUCH => return Ok(equal_strings(a, b)),
            _ => {}
        }
    }
    let mut list: List = smallvec![Rest::Values { a, b, ty, count: 1 }];
    while let Some(rest) = list.pop() {
        let equal = match rest {
            Rest::Values { a, b, ty, count } => equal_row(types, a, b, ty, count, &mut list, lookout)?,
            Rest::Bytes { a, b, len } => equal_bytes(a, b, len, &mut list, lookout)?,
        };
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

/// # Safety
/// Both are addresses of strings.
unsafe fn equal_strings(a: Addr, b: Addr) -> bool {
    // SAFETY: the caller's promise.
    unsafe { string::equal((slot::read(a), slot::read(a + 8)), (slot::read(b), slot::read(b + 8))) }
}

/// Compares the first of so many bytes.
fn equal_bytes(a: Addr, b: Addr, len: u64, list: &mut List, lookout: &mut Lookout<'_>) -> Result<bool, Stop> {
    let part = len.min(PART);
    lookout.pass(part)?;
    if len > part {
        list.push(Rest::Bytes { a: a + part, b: b + part, len: len - part });
    }
    // SAFETY: so many bytes are at both addresses.
    Ok(unsafe { slot::bytes(a, part) == slot::bytes(b, part) })
}

/// Compares what can be compared at once; the rest goes to the list.
fn equal_row(
    types: &TypeTable,
    a: Addr,
    b: Addr,
    ty: TypeIx,
    count: u64,
    list: &mut List,
    lookout: &mut Lookout<'_>,
) -> Result<bool, Stop> {
    let rt_type = &types[ty];
    let size = rt_type.size;
    // Values of size zero are all alike.
    let count = if size == 0 { count.min(1) } else { count };
    if count == 0 {
        return Ok(true);
    }
    let now = match rt_type.comparison {
        Comparison::None => return Err(Stop::Type(ty)),
        Comparison::Bytes => return equal_bytes(a, b, size * count, list, lookout),
        Comparison::Float32 | Comparison::Float64 | Comparison::Complex64 | Comparison::Complex128 => {
            let now = count.min(PART / size);
            lookout.pass(size * now)?;
            now
        }
        Comparison::String | Comparison::Interface | Comparison::Struct => {
            lookout.pass(size.min(MUCH))?;
            1
        }
        Comparison::Array => count,
    };
    if count > now {
        let done = size * now;
        list.push(Rest::Values { a: a + done, b: b + done, ty, count: count - now });
    }
    let all = |equal: &dyn Fn(u64) -> bool| (0..now).all(|i| equal(i * size));
    // SAFETY: `count` values of the type are at both addresses.
    unsafe {
        Ok(match rt_type.comparison {
            Comparison::None | Comparison::Bytes => unreachable!("they were looked at before"),
            Comparison::Float32 => all(&|i| slot::read::<f32>(a + i) == slot::read::<f32>(b + i)),
            Comparison::Float64 => all(&|i| slot::read::<f64>(a + i) == slot::read::<f64>(b + i)),
            Comparison::Complex64 => all(&|i| slot::read::<[f32; 2]>(a + i) == slot::read::<[f32; 2]>(b + i)),
            Comparison::Complex128 => {
                all(&|i| slot::read::<[f64; 2]>(a + i) == slot::read::<[f64; 2]>(b + i))
            }
            Comparison::String => {
                let (x, y) = (slot::read::<Addr>(a), slot::read::<Addr>(b));
                let (len, other) = (slot::read::<u64>(a + 8), slot::read::<u64>(b + 8));
                if len != other {
                    false
                } else if x == y {
                    true
                } else if len < MUCH {
                    lookout.pass(len)?;
                    slot::bytes(x, len) == slot::bytes(y, len)
                } else {
                    list.push(Rest::Bytes { a: x, b: y, len });
                    true
                }
            }
            Comparison::Interface => {
                let x = (slot::read(a), slot::read(a + 8));
                let y = (slot::read(b), slot::read(b + 8));
                match compare_words(types, x, y) {
                    Words::Known(answer) => answer,
                    Words::Boxes(ty) => {
                        list.push(Rest::Values { a: x.1, b: y.1, ty, count: 1 });
                        true
                    }
                    Words::Uncomparable(ty) => return Err(Stop::Type(ty)),
                }
            }
            Comparison::Struct => {
                if let TypeKind::Struct(fields) = &rt_type.def.kind {
                    for field in fields.iter().rev().filter(|field| &*field.name != "_") {
                        let (a, b) = (a + field.offset, b + field.offset);
                        list.push(Rest::Values { a, b, ty: field.ty, count: 1 });
                    }
                }
                true
            }
            Comparison::Array => {
                if let TypeKind::Array { elem, len } = rt_type.def.kind {
                    list.push(Rest::Values { a, b, ty: elem, count: len * count });
                }
                true
            }
        })
    }
}
