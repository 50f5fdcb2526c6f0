//! Run-time types: layout, slots and pointers follow from what a type is made of, and are looked at
//! against that. So a type cannot lie to the collector, nor to equality and hashing.

use smallvec::SmallVec;

use crate::flow::slot_kinds;
use crate::module::{Module, Signature};
use crate::operand::{Kind, TypeIx};
use crate::types::{FieldDef, Leaf, LeafKind, MAX_SLOTS, PointerWord, Repr, TypeDef, TypeKind, UintKind};

/// The largest value: Go's limit of the address space.
const MOST_BYTES: u64 = 1 << 48;

/// The largest value with pointers: their offsets have 32 bits.
const MOST_POINTER_BYTES: u64 = 1 << 32;

/// What the layout of a value comes to.
#[derive(Default)]
struct Layout {
    size: u64,
    align: u32,
    /// The leaves; meaningless if `memory`.
    leaves: SmallVec<[Leaf; MAX_SLOTS]>,
    memory: bool,
    pointers: SmallVec<[PointerWord; 8]>,
    comparable: bool,
    plain: bool,
}

impl Layout {
    /// A value of these leaves in a row, all of one size.
    fn of(leaves: &[LeafKind]) -> Layout {
        let size = leaves.first().map_or(0, |leaf| leaf.size());
        let rows = (0u32..).map(|i| i * size).zip(leaves);
        Layout {
            size: u64::from(size) * leaves.len() as u64,
            align: size.max(1),
            leaves: rows.clone().map(|(offset, &kind)| Leaf { offset, kind }).collect(),
            memory: false,
            pointers: rows
                .filter_map(|(offset, kind)| match kind {
                    LeafKind::Ptr => Some(PointerWord::Ptr(offset)),
                    LeafKind::Type => Some(PointerWord::Iface(offset)),
                    _ => None,
                })
                .collect(),
            comparable: true,
            plain: true,
        }
    }

    fn not_plain(self) -> Layout {
        Layout { plain: false, ..self }
    }

    fn not_comparable(self) -> Layout {
        Layout { plain: false, comparable: false, ..self }
    }

    /// Appends a part of the value at an offset.
    fn add(&mut self, offset: u64, part: &TypeDef) {
        self.align = self.align.max(part.align);
        self.comparable &= part.comparable;
        self.plain &= part.plain;
        match (&part.repr, u32::try_from(offset)) {
            (Repr::Slots(leaves), Ok(at)) if self.leaves.len() + leaves.len() <= MAX_SLOTS => {
                let leaves =
                    leaves.iter().map(|leaf| Leaf { offset: leaf.offset.saturating_add(at), ..*leaf });
                self.leaves.extend(leaves);
            }
            _ => self.memory = true,
        }
        let at = offset as u32;
        self.pointers.extend(part.pointers.iter().map(|word| match *word {
            PointerWord::Ptr(offset) => PointerWord::Ptr(offset.saturating_add(at)),
            PointerWord::Iface(offset) => PointerWord::Iface(offset.saturating_add(at)),
            PointerWord::Repeat { offset, elem, count } => {
                PointerWord::Repeat { offset: offset.saturating_add(at), elem, count }
            }
        }));
    }
}

/// Checks a type, trusting the types that it is made of.
pub(super) fn check_type(module: &Module, def: &TypeDef) -> Result<(), &'static str> {
    if !parts_exist(module, def) {
        return Err("made of types that do not exist");
    }
    let layout = layout_of(module, def)?;
    if def.size != layout.size || def.align != layout.align {
        return Err("of another size or alignment");
    }
    let repr_fits = match &def.repr {
        Repr::Slots(leaves) => !layout.memory && leaves[..] == layout.leaves[..],
        Repr::Memory => layout.memory,
    };
    if !repr_fits {
        return Err("in other slots");
    }
    if def.pointers[..] != layout.pointers[..] {
        return Err("with other pointers");
    }
    if !layout.pointers.is_empty() && layout.size > MOST_POINTER_BYTES || layout.size > MOST_BYTES {
        return Err("too large");
    }
    if def.comparable != layout.comparable || def.plain != layout.plain {
        return Err("compared in another way");
    }
    check_methods(module, def)
}

/// The types and methods that a type names exist.
fn parts_exist(module: &Module, def: &TypeDef) -> bool {
    let exists = |ty: &TypeIx| ty.0 != 0 && ty.index() < module.types.len();
    match &def.kind {
        TypeKind::Pointer(elem)
        | TypeKind::Slice(elem)
        | TypeKind::Array { elem, .. }
        | TypeKind::Chan { elem, .. } => exists(elem),
        TypeKind::Map { key, value } => exists(key) && exists(value),
        TypeKind::Func { params, results, .. } => params.iter().chain(results).all(exists),
        TypeKind::Struct(fields) => fields.iter().all(|field| exists(&field.ty)),
        TypeKind::Interface(methods) => methods.iter().all(|method| method.index() < module.methods.len()),
        TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Uint { .. }
        | TypeKind::Float
        | TypeKind::Complex
        | TypeKind::String
        | TypeKind::UnsafePointer
        | TypeKind::Incomplete => true,
    }
}

fn layout_of(module: &Module, def: &TypeDef) -> Result<Layout, &'static str> {
    use LeafKind::{Data, I8, I16, I32, Ptr, Type, U8, U16, U32, W64};
    Ok(match &def.kind {
        TypeKind::Bool => Layout::of(&[U8]),
        TypeKind::Int { is_int } => match def.size {
            8 => Layout::of(&[W64]),
            _ if *is_int => return Err("an int of another size"),
            1 => Layout::of(&[I8]),
            2 => Layout::of(&[I16]),
            4 => Layout::of(&[I32]),
            _ => return Err("an integer of no known size"),
        },
        TypeKind::Uint { which } => match (which, def.size) {
            (_, 8) => Layout::of(&[W64]),
            (UintKind::Sized, 1) => Layout::of(&[U8]),
            (UintKind::Sized, 2) => Layout::of(&[U16]),
            (UintKind::Sized, 4) => Layout::of(&[U32]),
            _ => return Err("an integer of no known size"),
        },
        TypeKind::Float => match def.size {
            4 => Layout::of(&[U32]).not_plain(),
            8 => Layout::of(&[W64]).not_plain(),
            _ => return Err("a float of no known size"),
        },
        TypeKind::Complex => match def.size {
            8 => Layout::of(&[U32, U32]).not_plain(),
            16 => Layout::of(&[W64, W64]).not_plain(),
            _ => return Err("a complex number of no known size"),
        },
        TypeKind::String => Layout::of(&[Ptr, W64]).not_plain(),
        TypeKind::UnsafePointer | TypeKind::Pointer(_) | TypeKind::Chan { .. } => Layout::of(&[Ptr]),
        TypeKind::Func { .. } => Layout::of(&[Ptr]).not_comparable(),
        TypeKind::Map { key, value } => {
            let too_large = |ty: &TypeIx| module.types[ty.index()].size >= MOST_POINTER_BYTES / 16;
            if too_large(key) || too_large(value) {
                return Err("a map of values that are too large");
            }
            Layout::of(&[Ptr]).not_comparable()
        }
        TypeKind::Slice(_) => Layout::of(&[Ptr, W64, W64]).not_comparable(),
        TypeKind::Interface(_) => Layout::of(&[Type, Data]).not_plain(),
        TypeKind::Array { elem, len } => array_layout(*elem, *len, complete(module, *elem)?)?,
        TypeKind::Struct(fields) => struct_layout(module, fields, def.size)?,
        TypeKind::Incomplete => Layout { align: 1, ..Layout::default() },
    })
}

/// A type that is a part of another's values.
fn complete(module: &Module, ty: TypeIx) -> Result<&TypeDef, &'static str> {
    let def = &module.types[ty.index()];
    if matches!(def.kind, TypeKind::Incomplete) {
        Err("made of a type that is not complete")
    } else {
        Ok(def)
    }
}

fn array_layout(elem: TypeIx, len: u64, def: &TypeDef) -> Result<Layout, &'static str> {
    let mut layout = Layout {
        align: def.align,
        comparable: def.comparable,
        plain: def.plain,
        size: def.size.checked_mul(len).filter(|&size| size <= MOST_BYTES).ok_or("too large")?,
        ..Layout::default()
    };
    match len {
        0 => {}
        1 => layout.add(0, def),
        _ => {
            layout.memory = def.size > 0;
            if !def.pointers.is_empty() {
                layout.pointers.push(PointerWord::Repeat { offset: 0, elem, count: len });
            }
        }
    }
    Ok(layout)
}

/// Fields follow each other, each at the next multiple of its alignment; the struct's end is told by
/// its own size, because the compiler pads after a last field of size zero.
fn struct_layout(module: &Module, fields: &[FieldDef], size: u64) -> Result<Layout, &'static str> {
    let mut layout = Layout { align: 1, comparable: true, plain: true, ..Layout::default() };
    let mut end = 0;
    for field in fields {
        let part = complete(module, field.ty)?;
        let aligned = field.offset.is_multiple_of(u64::from(part.align.max(1)));
        if !aligned || field.offset < end || field.offset > MOST_BYTES || part.size > MOST_BYTES {
            return Err("with a field in the wrong place");
        }
        layout.plain &= field.offset == end && &*field.name != "_";
        layout.add(field.offset, part);
        end = field.offset + part.size;
    }
    layout.plain &= end == size;
    layout.size = size;
    if end > size || !size.is_multiple_of(u64::from(layout.align)) {
        return Err("smaller than its fields");
    }
    Ok(layout)
}

/// Methods can be called with the data word of an interface that holds a value of the type.
pub(super) fn check_methods(module: &Module, def: &TypeDef) -> Result<(), &'static str> {
    let receiver = if def.data_is_pointer() { Kind::Ptr } else { Kind::Num };
    for method in &def.methods {
        let Some(name) = module.methods.get(method.method.index()) else {
            return Err("with a method that does not exist");
        };
        let Some(function) = module.functions.get(method.func.index()) else {
            return Err("with a method without function");
        };
        let signature = module.signatures.get(function.signature.index());
        let fits = signature.is_some_and(|signature| is_signature(module, signature, receiver, name.ty));
        if !fits || !function.captures.is_empty() {
            return Err("with a method of another type");
        }
    }
    Ok(())
}

/// Whether a signature is that of a function type, after a receiver of one slot.
pub(super) fn is_signature(module: &Module, signature: &Signature, receiver: Kind, ty: TypeIx) -> bool {
    let Some(TypeDef { kind: TypeKind::Func { params, results, .. }, .. }) = module.types.get(ty.index())
    else {
        return false;
    };
    let slots = |types: &[TypeIx], kinds: &[Kind]| {
        let mut kinds = kinds.iter();
        types.iter().all(|ty| {
            let def = module.types.get(ty.index());
            def.is_some_and(|def| slot_kinds(def).all(|kind| kinds.next() == Some(&kind)))
        }) && kinds.next().is_none()
    };
    signature.params.first() == Some(&receiver)
        && slots(params, &signature.params[1..])
        && slots(results, &signature.results)
}

/// The parts of a value of the type, by number.
fn part(def: &TypeDef, number: usize) -> Option<TypeIx> {
    match &def.kind {
        TypeKind::Struct(fields) => fields.get(number).map(|field| field.ty),
        TypeKind::Array { elem, .. } => (number == 0).then_some(*elem),
        _ => None,
    }
}

/// A type whose values are parts of themselves, among those that are new. All types that the others
/// are made of were looked at before.
pub(super) fn check_cycles(module: &Module, fresh: &[TypeIx]) -> Option<TypeIx> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum State {
        New,
        Open,
        Done,
    }
    let first = fresh.iter().min()?.index();
    let mut states = vec![State::New; module.types.len() - first];
    let mut path: Vec<(TypeIx, usize)> = Vec::new();
    for &root in fresh {
        if states[root.index() - first] != State::New {
            continue;
        }
        states[root.index() - first] = State::Open;
        path.push((root, 0));
        while let Some((ty, number)) = path.last_mut() {
            let Some(next) = part(&module.types[ty.index()], *number) else {
                states[ty.index() - first] = State::Done;
                path.pop();
                continue;
            };
            *number += 1;
            match next.index().checked_sub(first).map(|at| &mut states[at]) {
                None | Some(State::Done) => {}
                Some(State::Open) => return Some(next),
                Some(state) => {
                    *state = State::Open;
                    path.push((next, 0));
                }
            }
        }
    }
    None
}
