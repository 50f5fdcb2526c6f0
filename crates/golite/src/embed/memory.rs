//! Values in the memory of a VM: read by their Go types, written as the Go type wants them.
//!
//! Nothing is collected while values are read or written: addresses stay good, and what has been allocated
//! for half of a value is garbage if the other half does not fit.

use golite_bytecode::{FieldDef, TypeIx, TypeKind};
use golite_runtime::golite_gc::Addr;
use golite_runtime::{Runtime, Trap, slot};

use super::host_data::HostData;
use super::value::Value;

/// How deep values are read: a list that leads to itself has no end.
const MAX_DEPTH: u32 = 100;

/// How many values are read at once.
const MAX_VALUES: u64 = 50_000_000;

/// Why a value cannot be read or written.
#[derive(Debug)]
pub(super) enum Problem {
    /// It is not what is wanted; the text says how.
    Wrong(String),
    /// There is no memory for it.
    Memory,
    /// It was stopped: a limit, or an interrupt.
    Stopped,
}

impl From<Trap> for Problem {
    fn from(trap: Trap) -> Problem {
        match trap {
            Trap::OutOfMemory => Problem::Memory,
            Trap::Limit => Problem::Stopped,
            _ => Problem::Wrong("a value cannot be a key of a map".into()),
        }
    }
}

/// Types of values that are put into interfaces, and that of errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct Natural {
    pub bool: TypeIx,
    pub int: TypeIx,
    pub uint64: TypeIx,
    pub float: TypeIx,
    pub complex: TypeIx,
    pub string: TypeIx,
    pub bytes: TypeIx,
    pub list: TypeIx,
    pub map: TypeIx,
    pub any_map: TypeIx,
    /// `*errors.errorString`.
    pub error: TypeIx,
}

// ---- reading

/// Reads values of a VM.
pub(super) struct Reader<'a> {
    rt: &'a mut Runtime,
    data: &'a HostData,
    left: u64,
}

impl<'a> Reader<'a> {
    pub(super) fn new(rt: &'a mut Runtime, data: &'a HostData) -> Reader<'a> {
        Reader { rt, data, left: MAX_VALUES }
    }

    /// The value in these slots.
    pub(super) fn read(&mut self, ty: TypeIx, slots: &[u64], depth: u32) -> Result<Value, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem::Wrong(format!("a value is more than {MAX_DEPTH} levels deep")));
        }
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| Problem::Wrong(format!("a value has more than {MAX_VALUES} parts")))?;
        let rt_type = &self.rt.types[ty];
        let (size, in_memory) = (rt_type.size, rt_type.in_memory);
        Ok(match &rt_type.def.kind {
            TypeKind::Bool => Value::Bool(slots[0] != 0),
            TypeKind::Int { .. } => Value::Int(slots[0] as i64),
            TypeKind::Uint { .. } => Value::Uint(slots[0]),
            TypeKind::Float => Value::Float(float(slots[0], size == 4)),
            TypeKind::Complex => Value::Complex(float(slots[0], size == 8), float(slots[1], size == 8)),
            TypeKind::String => match String::from_utf8(self.rt.copy_bytes(slots[0], slots[1])) {
                Ok(text) => Value::String(text),
                Err(error) => Value::Bytes(error.into_bytes()),
            },
            TypeKind::Pointer(_) if slots[0] == 0 => Value::Nil,
            TypeKind::Pointer(elem) => {
                let elem = *elem;
                match self.data.object_at(self.rt, elem, slots[0]) {
                    Some(object) => Value::Object(object),
                    None => self.read_at(elem, slots[0], depth + 1)?,
                }
            }
            TypeKind::Slice(_) if slots[0] == 0 => Value::Nil,
            TypeKind::Slice(elem) if is_byte(self.rt, *elem) => {
                Value::Bytes(self.rt.copy_bytes(slots[0], slots[1]))
            }
            TypeKind::Slice(elem) => self.read_list(*elem, slots[0], slots[1], depth)?,
            TypeKind::Array { elem, len } => {
                let (elem, len) = (*elem, *len);
                match (in_memory, len) {
                    (true, _) if is_byte(self.rt, elem) => Value::Bytes(self.rt.copy_bytes(slots[0], len)),
                    (true, _) => self.read_list(elem, slots[0], len, depth)?,
                    (false, 0) => Value::List(Vec::new()),
                    (false, _) => Value::List(vec![self.read(elem, slots, depth + 1)?]),
                }
            }
            TypeKind::Map { .. } if slots[0] == 0 => Value::Nil,
            TypeKind::Map { key, value } => self.read_map(slots[0], ty, *key, *value, depth)?,
            TypeKind::Struct(fields) => {
                let fields = fields.clone();
                self.read_struct(&fields, slots, in_memory, depth)?
            }
            TypeKind::Interface(_) if slots[0] == 0 => Value::Nil,
            TypeKind::Interface(_) => {
                let held = self.rt.iface_slots(slots[0], slots[1]);
                self.read(slot::type_of_word(slots[0]), &held, depth + 1)?
            }
            TypeKind::Chan { .. } | TypeKind::Func { .. } | TypeKind::UnsafePointer => {
                Value::Other(self.rt.types.name(ty).to_string())
            }
            TypeKind::Incomplete => unreachable!("values have complete types"),
        })
    }

    /// The value at an address.
    pub(super) fn read_at(&mut self, ty: TypeIx, addr: Addr, depth: u32) -> Result<Value, Problem> {
        let slots = self.rt.load_slots(addr, ty);
        self.read(ty, &slots, depth)
    }

    fn read_list(&mut self, elem: TypeIx, addr: Addr, len: u64, depth: u32) -> Result<Value, Problem> {
        let size = self.rt.types[elem].size;
        let items = (0..len).map(|i| self.read_at(elem, addr + i * size, depth + 1));
        Ok(Value::List(items.collect::<Result<_, _>>()?))
    }

    fn read_struct(
        &mut self,
        fields: &[FieldDef],
        slots: &[u64],
        in_memory: bool,
        depth: u32,
    ) -> Result<Value, Problem> {
        let mut values = Vec::with_capacity(fields.len());
        let mut first = 0;
        for field in fields {
            let value = if in_memory {
                self.read_at(field.ty, slots[0] + field.offset, depth + 1)?
            } else {
                let count = usize::from(self.rt.types[field.ty].slots);
                first += count;
                self.read(field.ty, &slots[first - count..first], depth + 1)?
            };
            if &*field.name != "_" {
                values.push((field.name.to_string(), value));
            }
        }
        Ok(Value::Struct(values))
    }

    fn read_map(
        &mut self,
        map: Addr,
        ty: TypeIx,
        key: TypeIx,
        value: TypeIx,
        depth: u32,
    ) -> Result<Value, Problem> {
        let mut entries = Vec::new();
        let iter = self.rt.map_iter(map, ty)?;
        while let Some((key_at, value_at)) = self.rt.map_next(iter)? {
            let key = self.read_at(key, key_at, depth + 1)?;
            entries.push((key, self.read_at(value, value_at, depth + 1)?));
        }
        Ok(Value::Map(entries))
    }
}

fn float(bits: u64, single: bool) -> f64 {
    if single { f64::from(f32::from_bits(bits as u32)) } else { f64::from_bits(bits) }
}

fn is_byte(rt: &Runtime, ty: TypeIx) -> bool {
    matches!(rt.types[ty].def.kind, TypeKind::Uint { .. }) && rt.types[ty].size == 1
}

// ---- writing

/// The slots of a value as one of a type.
pub(super) fn write(
    rt: &mut Runtime,
    data: &mut HostData,
    ty: TypeIx,
    value: &Value,
) -> Result<Vec<u64>, Problem> {
    let (size, in_memory) = (rt.types[ty].size, rt.types[ty].in_memory);
    let kind = rt.types[ty].def.kind.clone();
    Ok(match (kind, value) {
        (TypeKind::Bool, Value::Bool(value)) => vec![u64::from(*value)],
        (TypeKind::Int { .. }, Value::Int(_) | Value::Uint(_)) => vec![signed(rt, ty, value)? as u64],
        (TypeKind::Uint { .. }, Value::Int(_) | Value::Uint(_)) => vec![unsigned(rt, ty, value)?],
        (TypeKind::Float, Value::Float(number)) => vec![float_bits(*number, size == 4)],
        (TypeKind::Complex, Value::Complex(re, im)) => {
            vec![float_bits(*re, size == 8), float_bits(*im, size == 8)]
        }
        (TypeKind::String, Value::String(text)) => pair(rt.new_string(text.as_bytes())?),
        (TypeKind::String, Value::Bytes(bytes)) => pair(rt.new_string(bytes)?),
        (TypeKind::Slice(_), Value::Nil) => vec![0, 0, 0],
        (TypeKind::Slice(elem), Value::Bytes(bytes)) if is_byte(rt, elem) => {
            let len = bytes.len() as u64;
            vec![rt.new_bytes(bytes)?, len, len]
        }
        (TypeKind::Slice(elem), Value::List(items)) => {
            let len = items.len() as u64;
            let layout = rt.types[elem].layout;
            let addr = rt.alloc_array(layout, len)?;
            write_items(rt, data, elem, addr, items)?;
            vec![addr, len, len]
        }
        (TypeKind::Array { elem, len }, Value::List(items)) if items.len() as u64 == len => {
            match &items[..] {
                [] if !in_memory => Vec::new(),
                [only] if !in_memory => write(rt, data, elem, only)?,
                items => {
                    let addr = rt.alloc(ty)?;
                    write_items(rt, data, elem, addr, items)?;
                    vec![addr]
                }
            }
        }
        (TypeKind::Map { .. }, Value::Nil) => vec![0],
        (TypeKind::Map { key: key_ty, value: value_ty }, Value::Map(entries)) => {
            let map = rt.make_map(ty, entries.len() as i64)?;
            for (key, value) in entries {
                let key = write(rt, data, key_ty, key)?;
                let value = write(rt, data, value_ty, value)?;
                rt.map_store(map, ty, &key, &value)?;
            }
            vec![map]
        }
        (TypeKind::Struct(fields), Value::Struct(values)) => write_struct(rt, data, ty, &fields, values)?,
        (TypeKind::Pointer(_), Value::Nil) => vec![0],
        (TypeKind::Pointer(elem), Value::Object(object)) => match data.object_type(rt, elem) {
            Some(wanted) if wanted == object.ty => {
                let addr = rt.alloc(elem)?;
                let id = data.keep_object(object.clone());
                rt.store_slots(addr, elem, &[id])?;
                vec![addr]
            }
            _ => return Err(wrong(rt, ty, value)),
        },
        (TypeKind::Pointer(elem), value) if data.object_type(rt, elem).is_none() => {
            let slots = write(rt, data, elem, value)?;
            let addr = rt.alloc(elem)?;
            rt.store_slots(addr, elem, &slots)?;
            vec![addr]
        }
        (TypeKind::Interface(_), Value::Nil) => vec![0, 0],
        (TypeKind::Interface(_), value) => write_interface(rt, data, ty, value)?,
        (TypeKind::Incomplete, _) => unreachable!("values have complete types"),
        (_, value) => return Err(wrong(rt, ty, value)),
    })
}

fn write_items(
    rt: &mut Runtime,
    data: &mut HostData,
    elem: TypeIx,
    addr: Addr,
    items: &[Value],
) -> Result<(), Problem> {
    let size = rt.types[elem].size;
    for (i, item) in (0..).zip(items) {
        let slots = write(rt, data, elem, item)?;
        rt.store_slots(addr + i * size, elem, &slots)?;
    }
    Ok(())
}

fn write_struct(
    rt: &mut Runtime,
    data: &mut HostData,
    ty: TypeIx,
    fields: &[FieldDef],
    values: &[(String, Value)],
) -> Result<Vec<u64>, Problem> {
    if let Some((name, _)) = values.iter().find(|(name, _)| !fields.iter().any(|field| *field.name == **name))
    {
        return Err(Problem::Wrong(format!("{} has no field {name}", rt.types.name(ty))));
    }
    let addr = if rt.types[ty].in_memory { Some(rt.alloc(ty)?) } else { None };
    let mut slots = Vec::new();
    for field in fields {
        let value = values.iter().find(|(name, _)| *field.name == **name).map(|(_, value)| value);
        let written = match value {
            Some(value) => write(rt, data, field.ty, value).map_err(|problem| match problem {
                Problem::Wrong(text) => Problem::Wrong(format!("field {}: {text}", field.name)),
                Problem::Memory | Problem::Stopped => problem,
            })?,
            None => zero(rt, field.ty)?,
        };
        match addr {
            Some(addr) => rt.store_slots(addr + field.offset, field.ty, &written)?,
            None => slots.extend(written),
        }
    }
    Ok(addr.map_or(slots, |addr| vec![addr]))
}

/// The slots of a zero value.
pub(super) fn zero(rt: &mut Runtime, ty: TypeIx) -> Result<Vec<u64>, Problem> {
    if rt.types[ty].in_memory {
        return Ok(vec![rt.alloc(ty)?]);
    }
    Ok(vec![0; usize::from(rt.types[ty].slots)])
}

/// A value as one of the Go type that is natural for it, in an interface.
fn write_interface(
    rt: &mut Runtime,
    data: &mut HostData,
    ty: TypeIx,
    value: &Value,
) -> Result<Vec<u64>, Problem> {
    let natural = data.natural;
    let held = match value {
        Value::Bool(_) => natural.bool,
        Value::Int(_) => natural.int,
        Value::Uint(_) => natural.uint64,
        Value::Float(_) => natural.float,
        Value::Complex(..) => natural.complex,
        Value::String(_) => natural.string,
        Value::Bytes(_) => natural.bytes,
        Value::List(_) => natural.list,
        Value::Map(entries) => match entries.iter().all(|(key, _)| matches!(key, Value::String(_))) {
            true => natural.map,
            false => natural.any_map,
        },
        Value::Error(_) => natural.error,
        Value::Object(object) => match data.pointer_type(object.ty) {
            Some(held) => held,
            None => return Err(wrong(rt, ty, value)),
        },
        Value::Nil | Value::Struct(_) | Value::Other(_) => return Err(wrong(rt, ty, value)),
    };
    if !rt.types.implements(held, ty) {
        return Err(wrong(rt, ty, value));
    }
    let slots = match value {
        Value::Error(text) => {
            let TypeKind::Pointer(elem) = rt.types[held].def.kind else {
                unreachable!("errors are pointers");
            };
            let text = pair(rt.new_string(text.as_bytes())?);
            let addr = rt.alloc(elem)?;
            rt.store_slots(addr, elem, &text)?;
            vec![addr]
        }
        value => write(rt, data, held, value)?,
    };
    Ok(pair(rt.iface_from_slots(held, &slots)?))
}

fn pair((first, second): (u64, u64)) -> Vec<u64> {
    vec![first, second]
}

fn float_bits(number: f64, single: bool) -> u64 {
    if single { u64::from((number as f32).to_bits()) } else { number.to_bits() }
}

fn wrong(rt: &Runtime, ty: TypeIx, value: &Value) -> Problem {
    Problem::Wrong(format!("{} is wanted, not {}", rt.types.name(ty), value.kind()))
}

fn signed(rt: &Runtime, ty: TypeIx, value: &Value) -> Result<i64, Problem> {
    let number = match value {
        Value::Int(number) => i128::from(*number),
        Value::Uint(number) => i128::from(*number),
        other => return Err(wrong(rt, ty, other)),
    };
    let bits = rt.types[ty].size * 8;
    let most = (1i128 << (bits - 1)) - 1;
    match i64::try_from(number) {
        Ok(small) if (-most - 1..=most).contains(&number) => Ok(small),
        _ => Err(Problem::Wrong(format!("{number} does not fit into {}", rt.types.name(ty)))),
    }
}

fn unsigned(rt: &Runtime, ty: TypeIx, value: &Value) -> Result<u64, Problem> {
    let number = match value {
        Value::Int(number) => i128::from(*number),
        Value::Uint(number) => i128::from(*number),
        other => return Err(wrong(rt, ty, other)),
    };
    let bits = rt.types[ty].size * 8;
    match u64::try_from(number) {
        Ok(small) if number < 1i128 << bits => Ok(small),
        _ => Err(Problem::Wrong(format!("{number} does not fit into {}", rt.types.name(ty)))),
    }
}
