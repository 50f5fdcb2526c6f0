//! Values: what is inside them, and storing them.

use golite_runtime::golite_bytecode::{TypeIx, TypeKind};
use golite_runtime::{Ctx, NativeResult, Trap};

use super::type_param;
use super::types::elem_of;

/// The value of an interface parameter: its type, the data word.
fn value(ctx: &mut Ctx<'_>, slot: u16) -> Result<(TypeIx, u64), Trap> {
    let (type_word, data) = ctx.iface(slot);
    match ctx.type_of(type_word) {
        Some(ty) => Ok((ty, data)),
        None => Err(ctx.panic_string("rtype: nil value")),
    }
}

fn is_interface(ctx: &Ctx<'_>, ty: TypeIx) -> bool {
    matches!(ctx.type_def(ty).kind, TypeKind::Interface(_))
}

/// The value at an address as interface: of a value of interface type what it holds. `frozen` memory is
/// never written again, so that a box can be an interior pointer.
fn load(ctx: &mut Ctx<'_>, ty: TypeIx, addr: u64, frozen: bool) -> Result<(u64, u64), Trap> {
    if is_interface(ctx, ty) {
        return Ok((ctx.read_u64(addr), ctx.read_u64(addr + 8)));
    }
    if frozen && !ctx.type_def(ty).is_direct() {
        return Ok((ctx.rt().types[ty].type_word, addr));
    }
    ctx.make_iface_from_memory(ty, addr)
}

fn set_value(ctx: &mut Ctx<'_>, value: (u64, u64)) -> NativeResult {
    ctx.set_iface(0, value.0, value.1);
    Ok(())
}

pub(super) fn word(ctx: &mut Ctx<'_>) -> NativeResult {
    let (_, data) = value(ctx, 0)?;
    ctx.set_uint(0, data);
    Ok(())
}

pub(super) fn float(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, data) = value(ctx, 0)?;
    let single = ctx.type_def(ty).size == 4;
    ctx.set_float(0, if single { f64::from(f32::from_bits(data as u32)) } else { f64::from_bits(data) });
    Ok(())
}

pub(super) fn complex(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, addr) = value(ctx, 0)?;
    let (re, im) = if ctx.type_def(ty).size == 8 {
        let part = |addr| f64::from(f32::from_bits(ctx.read_u32(addr)));
        (part(addr), part(addr + 4))
    } else {
        (f64::from_bits(ctx.read_u64(addr)), f64::from_bits(ctx.read_u64(addr + 8)))
    };
    ctx.set_float(0, re);
    ctx.set_float(1, im);
    Ok(())
}

pub(super) fn string(ctx: &mut Ctx<'_>) -> NativeResult {
    let (_, addr) = value(ctx, 0)?;
    let (text, len) = (ctx.read_u64(addr), ctx.read_u64(addr + 8));
    ctx.set_string_at(0, text, len);
    Ok(())
}

pub(super) fn bytes(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, data) = value(ctx, 0)?;
    let def = ctx.type_def(ty);
    if let TypeKind::Array { len, .. } = def.kind {
        if def.is_direct() {
            return ctx.set_bytes(0, &[data as u8]);
        }
        let bytes = ctx.bytes_at(data, len);
        return ctx.set_bytes(0, bytes);
    }
    let (addr, len, cap) = (ctx.read_u64(data), ctx.read_u64(data + 8), ctx.read_u64(data + 16));
    ctx.set_slice(0, addr, len, cap);
    Ok(())
}

pub(super) fn len(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, data) = value(ctx, 0)?;
    let len = match ctx.type_def(ty).kind {
        TypeKind::Array { len, .. } => len,
        TypeKind::Slice(_) | TypeKind::String => ctx.read_u64(data + 8),
        // Maps and channels begin with the number of their elements.
        TypeKind::Map { .. } | TypeKind::Chan { .. } if data != 0 => ctx.read_u64(data),
        _ => 0,
    };
    ctx.set_uint(0, len);
    Ok(())
}

pub(super) fn index(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, data) = value(ctx, 0)?;
    let index = ctx.uint(2);
    let found = match ctx.type_def(ty).kind {
        TypeKind::Array { elem, len } if index < len => {
            if ctx.type_def(ty).is_direct() {
                (ctx.rt().types[elem].type_word, data)
            } else {
                let addr = data + index * ctx.type_def(elem).size;
                load(ctx, elem, addr, true)?
            }
        }
        TypeKind::Slice(elem) if index < ctx.read_u64(data + 8) => {
            let addr = ctx.read_u64(data) + index * ctx.type_def(elem).size;
            load(ctx, elem, addr, false)?
        }
        _ => return Err(ctx.panic_string("reflect: slice index out of range")),
    };
    set_value(ctx, found)
}

pub(super) fn field(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, data) = value(ctx, 0)?;
    let index = usize::try_from(ctx.int(2)).unwrap_or(usize::MAX);
    let def = ctx.type_def(ty);
    let field = match &def.kind {
        TypeKind::Struct(fields) => fields.get(index).map(|field| (field.ty, field.offset)),
        _ => None,
    };
    let Some((field, offset)) = field else {
        return Err(ctx.panic_string("reflect: Field index out of range"));
    };
    let found = if !def.is_direct() {
        load(ctx, field, data + offset, true)?
    } else if ctx.type_def(field).is_direct() {
        (ctx.rt().types[field].type_word, data)
    } else {
        // The struct is one slot, and this field none.
        let addr = ctx.new_value(field)?;
        load(ctx, field, addr, true)?
    };
    set_value(ctx, found)
}

pub(super) fn elem(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, addr) = value(ctx, 0)?;
    let found = match ctx.type_def(ty).kind {
        TypeKind::Pointer(elem) if addr != 0 => load(ctx, elem, addr, false)?,
        _ => (0, 0),
    };
    set_value(ctx, found)
}

/// The pointer in a value that is or begins with one.
fn pointer(ctx: &mut Ctx<'_>) -> Result<u64, Trap> {
    let (ty, data) = value(ctx, 0)?;
    Ok(match ctx.type_def(ty).kind {
        TypeKind::Slice(_) | TypeKind::String => ctx.read_u64(data),
        _ => data,
    })
}

pub(super) fn is_nil(ctx: &mut Ctx<'_>) -> NativeResult {
    let pointer = pointer(ctx)?;
    ctx.set_bool(0, pointer == 0);
    Ok(())
}

/// Where Go's heap begins on amd64; addresses are printed relative to it, so that they do not depend on
/// where the system put ours.
const PRINTED_BASE: u64 = 0xc0_0000_0000;

pub(super) fn address(ctx: &mut Ctx<'_>) -> NativeResult {
    let pointer = pointer(ctx)?;
    let base = ctx.rt().heap.base();
    let inside = ctx.rt().heap.contains(pointer);
    ctx.set_uint(0, if inside { pointer - base + PRINTED_BASE } else { pointer });
    Ok(())
}

pub(super) fn convert(ctx: &mut Ctx<'_>) -> NativeResult {
    let (_, data) = value(ctx, 0)?;
    let ty = type_param(ctx, 2);
    let type_word = ctx.rt().types[ty].type_word;
    set_value(ctx, (type_word, data))
}

pub(super) fn zero(ctx: &mut Ctx<'_>) -> NativeResult {
    let ty = type_param(ctx, 0);
    let addr = ctx.new_value(ty)?;
    let zero = load(ctx, ty, addr, true)?;
    set_value(ctx, zero)
}

pub(super) fn new(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, pointer) = (type_param(ctx, 0), type_param(ctx, 1));
    let addr = ctx.new_value(ty)?;
    let type_word = ctx.rt().types[pointer].type_word;
    set_value(ctx, (type_word, addr))
}

/// Element type, address and length of a slice parameter.
fn slice(ctx: &mut Ctx<'_>, slot: u16) -> Result<(TypeIx, u64, u64), Trap> {
    let (ty, data) = value(ctx, slot)?;
    match ctx.type_def(ty).kind {
        TypeKind::Slice(elem) => Ok((elem, ctx.read_u64(data), ctx.read_u64(data + 8))),
        _ => Err(ctx.panic_string("rtype: not a slice")),
    }
}

/// So many bytes of two large elements change places before limits and interrupts are looked at.
const SWAPPED_AT_ONCE: u64 = 1 << 18;

pub(super) fn swap(ctx: &mut Ctx<'_>) -> NativeResult {
    let (elem, addr, len) = slice(ctx, 0)?;
    let (i, j) = (ctx.uint(2), ctx.uint(3));
    if i >= len || j >= len {
        return Err(ctx.panic_string("reflect: slice index out of range"));
    }
    let size = ctx.type_def(elem).size;
    if i == j || size == 0 {
        return Ok(());
    }
    let (a, b) = (addr + i * size, addr + j * size);
    let noscan = ctx.rt().types[elem].noscan;
    let most = if noscan { SWAPPED_AT_ONCE.min(size) } else { 0 };
    let mut copy = vec![0; most as usize];
    let mut left = 0..size;
    while !left.is_empty() {
        let part = ctx.rt().part_of(&mut left, elem, false, SWAPPED_AT_ONCE);
        let (a, b, part) = (a + part.start, b + part.start, part.end - part.start);
        ctx.charge(part / 32)?;
        if noscan {
            let copy = &mut copy[..part as usize];
            copy.copy_from_slice(ctx.bytes_at(a, part));
            let other = ctx.bytes_at(b, part);
            ctx.bytes_at_mut(a, part).copy_from_slice(other);
            ctx.bytes_at_mut(b, part).copy_from_slice(copy);
        } else {
            // A type with pointers consists of whole words.
            for at in (0..part).step_by(8) {
                let (x, y) = (ctx.read_u64(a + at), ctx.read_u64(b + at));
                ctx.write_pointer(a + at, y);
                ctx.write_pointer(b + at, x);
            }
        }
    }
    Ok(())
}

pub(super) fn overlap(ctx: &mut Ctx<'_>) -> NativeResult {
    let (elem, a, n) = slice(ctx, 0)?;
    let (_, b, m) = slice(ctx, 2)?;
    let size = ctx.type_def(elem).size;
    ctx.set_bool(0, a < b + m * size && b < a + n * size);
    Ok(())
}

/// The type and address that a pointer parameter points to.
fn target(ctx: &mut Ctx<'_>) -> Result<(TypeIx, u64), Trap> {
    let (ty, addr) = value(ctx, 0)?;
    match ctx.type_def(ty).kind {
        TypeKind::Pointer(_) if addr != 0 => Ok((elem_of(ctx.type_def(ty)).unwrap_or(TypeIx(0)), addr)),
        _ => Err(ctx.panic_string("rtype: not a pointer, or nil")),
    }
}

pub(super) fn set(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, addr) = target(ctx)?;
    let (type_word, data) = ctx.iface(2);
    if is_interface(ctx, ty) {
        ctx.write_iface(addr, type_word, data);
    } else if type_word == 0 {
        let zero = ctx.new_value(ty)?;
        ctx.copy_values(zero, addr, ty, 1)?;
    } else {
        ctx.store_iface_value(addr, type_word, data)?;
    }
    Ok(())
}

pub(super) fn set_word(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, addr) = target(ctx)?;
    let value = ctx.uint(2);
    let size = ctx.type_def(ty).size.min(8);
    ctx.bytes_at_mut(addr, size).copy_from_slice(&value.to_le_bytes()[..size as usize]);
    Ok(())
}

pub(super) fn set_float(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, addr) = target(ctx)?;
    let value = ctx.float(2);
    if ctx.type_def(ty).size == 4 {
        ctx.write_u32(addr, (value as f32).to_bits());
    } else {
        ctx.write_u64(addr, value.to_bits());
    }
    Ok(())
}

pub(super) fn set_complex(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, addr) = target(ctx)?;
    let (re, im) = (ctx.float(2), ctx.float(3));
    if ctx.type_def(ty).size == 8 {
        ctx.write_u32(addr, (re as f32).to_bits());
        ctx.write_u32(addr + 4, (im as f32).to_bits());
    } else {
        ctx.write_u64(addr, re.to_bits());
        ctx.write_u64(addr + 8, im.to_bits());
    }
    Ok(())
}

pub(super) fn set_string(ctx: &mut Ctx<'_>) -> NativeResult {
    let (_, addr) = target(ctx)?;
    let (text, len) = (ctx.raw(2), ctx.uint(3));
    ctx.write_string(addr, text, len);
    Ok(())
}

pub(super) fn set_bytes(ctx: &mut Ctx<'_>) -> NativeResult {
    let (_, addr) = target(ctx)?;
    let (bytes, len, cap) = ctx.slice(2);
    ctx.write_pointer(addr, bytes);
    ctx.write_u64(addr + 8, len);
    ctx.write_u64(addr + 16, cap);
    Ok(())
}

pub(super) fn map_entries(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, map) = value(ctx, 0)?;
    let TypeKind::Map { key, value: elem } = ctx.type_def(ty).kind else {
        return Err(ctx.panic_string("rtype: not a map"));
    };
    let (list, _) = value(ctx, 2)?;
    let any = elem_of(ctx.type_def(list)).unwrap_or(TypeIx(0));
    let count = if map == 0 { 0 } else { ctx.read_u64(map) };
    ctx.charge(count)?;
    let iterator = ctx.runtime().map_iter(map, ty)?;
    let lists = [ctx.new_values(any, count)?, ctx.new_values(any, count)?];
    let mut entries = 0;
    while let Some((key_addr, elem_addr)) = ctx.runtime().map_next(iterator)? {
        if entries % 4096 == 0 {
            ctx.look()?;
        }
        for (list, ty, addr) in [(lists[0], key, key_addr), (lists[1], elem, elem_addr)] {
            let (type_word, data) = load(ctx, ty, addr, false)?;
            ctx.write_iface(list + 16 * entries, type_word, data);
        }
        entries += 1;
    }
    ctx.set_slice(0, lists[0], entries, count);
    ctx.set_slice(3, lists[1], entries, count);
    Ok(())
}
