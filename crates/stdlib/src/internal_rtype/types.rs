//! Questions about types.

use golite_runtime::golite_bytecode::types::{ChanDir, FieldDef, UintKind};
use golite_runtime::golite_bytecode::{TypeDef, TypeIx, TypeKind};
use golite_runtime::{Ctx, NativeResult};

use super::type_param;

/// Names of kinds, by number.
const KINDS: [&str; 27] = [
    "invalid",
    "bool",
    "int",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "uintptr",
    "float32",
    "float64",
    "complex64",
    "complex128",
    "array",
    "chan",
    "func",
    "interface",
    "map",
    "ptr",
    "slice",
    "string",
    "struct",
    "unsafe.Pointer",
];

/// The number of the kind of a type, as reflect has it.
pub(super) fn kind_of(def: &TypeDef) -> u64 {
    let by_size = |least: u64| least + u64::from(def.size.trailing_zeros());
    match &def.kind {
        TypeKind::Incomplete => 0,
        TypeKind::Bool => 1,
        TypeKind::Int { is_int: true } => 2,
        TypeKind::Int { is_int: false } => by_size(3),
        TypeKind::Uint { which: UintKind::Uint } => 7,
        TypeKind::Uint { which: UintKind::Sized } => by_size(8),
        TypeKind::Uint { which: UintKind::Uintptr } => 12,
        TypeKind::Float => 11 + u64::from(def.size.trailing_zeros()),
        TypeKind::Complex => 12 + u64::from(def.size.trailing_zeros()),
        TypeKind::Array { .. } => 17,
        TypeKind::Chan { .. } => 18,
        TypeKind::Func { .. } => 19,
        TypeKind::Interface(_) => 20,
        TypeKind::Map { .. } => 21,
        TypeKind::Pointer(_) => 22,
        TypeKind::Slice(_) => 23,
        TypeKind::String => 24,
        TypeKind::Struct(_) => 25,
        TypeKind::UnsafePointer => 26,
    }
}

/// The element type of an array, channel, map, pointer or slice.
pub(super) fn elem_of(def: &TypeDef) -> Option<TypeIx> {
    match def.kind {
        TypeKind::Array { elem, .. } | TypeKind::Chan { elem, .. } => Some(elem),
        TypeKind::Map { value, .. } => Some(value),
        TypeKind::Pointer(elem) | TypeKind::Slice(elem) => Some(elem),
        _ => None,
    }
}

pub(super) fn type_of(ctx: &mut Ctx<'_>) -> NativeResult {
    let ty = ctx.type_of(ctx.iface(0).0);
    ctx.set_uint(0, ty.map_or(0, |ty| u64::from(ty.0)));
    Ok(())
}

pub(super) fn kind_name(ctx: &mut Ctx<'_>) -> NativeResult {
    let number = ctx.uint(0) as usize;
    match KINDS.get(number) {
        Some(name) => ctx.set_string(0, name.as_bytes()),
        None => ctx.set_string(0, format!("kind{number}").as_bytes()),
    }
}

/// Sets a number that follows from the type in the first parameter.
fn set(ctx: &mut Ctx<'_>, value: impl Fn(&TypeDef) -> u64) -> NativeResult {
    let value = value(ctx.type_def(type_param(ctx, 0)));
    ctx.set_uint(0, value);
    Ok(())
}

/// Sets a text that follows from the type in the first parameter.
fn set_text(ctx: &mut Ctx<'_>, text: impl Fn(&TypeDef) -> &str) -> NativeResult {
    let text = text(ctx.type_def(type_param(ctx, 0))).to_owned();
    ctx.set_string(0, text.as_bytes())
}

pub(super) fn kind(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, kind_of)
}

pub(super) fn string(ctx: &mut Ctx<'_>) -> NativeResult {
    set_text(ctx, |def| &def.name)
}

pub(super) fn name(ctx: &mut Ctx<'_>) -> NativeResult {
    // Predeclared types have no package, but a name.
    set_text(ctx, |def| match def.kind {
        _ if !def.bare_name.is_empty() => &def.bare_name,
        TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Uint { .. }
        | TypeKind::Float
        | TypeKind::Complex
        | TypeKind::String => &def.name,
        TypeKind::UnsafePointer => "Pointer",
        _ => "",
    })
}

pub(super) fn package(ctx: &mut Ctx<'_>) -> NativeResult {
    set_text(ctx, |def| &def.package)
}

pub(super) fn size(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| def.size)
}

pub(super) fn align(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| u64::from(def.align))
}

pub(super) fn comparable(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| u64::from(def.comparable))
}

pub(super) fn has_methods(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| u64::from(!def.methods.is_empty()))
}

/// Whether all values of a type implement an interface type; both may be interfaces.
fn implements_all(ctx: &mut Ctx<'_>, ty: TypeIx, iface: TypeIx) -> bool {
    let TypeKind::Interface(wanted) = &ctx.type_def(iface).kind else { return false };
    if let TypeKind::Interface(has) = &ctx.type_def(ty).kind {
        return wanted.iter().all(|method| has.contains(method));
    }
    ctx.runtime().types.implements(ty, iface)
}

pub(super) fn implements(ctx: &mut Ctx<'_>) -> NativeResult {
    let (ty, iface) = (type_param(ctx, 0), type_param(ctx, 1));
    let is = implements_all(ctx, ty, iface);
    ctx.set_bool(0, is);
    Ok(())
}

fn same_fields(a: &[FieldDef], b: &[FieldDef]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            a.name == b.name
                && a.package == b.package
                && a.ty == b.ty
                && a.embedded == b.embedded
                && a.tag == b.tag
        })
}

/// Whether two composite types are made of the same parts.
fn same_underlying(a: &TypeDef, b: &TypeDef) -> bool {
    match (&a.kind, &b.kind) {
        (TypeKind::Pointer(a), TypeKind::Pointer(b)) | (TypeKind::Slice(a), TypeKind::Slice(b)) => a == b,
        (TypeKind::Array { elem: a, len: n }, TypeKind::Array { elem: b, len: m }) => a == b && n == m,
        (TypeKind::Map { key: a, value: v }, TypeKind::Map { key: b, value: w }) => a == b && v == w,
        (TypeKind::Chan { elem: a, dir: d }, TypeKind::Chan { elem: b, dir: e }) => {
            a == b && (d == e || *d == ChanDir::Both)
        }
        (
            TypeKind::Func { params: a, results: r, variadic: v },
            TypeKind::Func { params: b, results: s, variadic: w },
        ) => a == b && r == s && v == w,
        (TypeKind::Struct(a), TypeKind::Struct(b)) => same_fields(a, b),
        _ => false,
    }
}

pub(super) fn assignable(ctx: &mut Ctx<'_>) -> NativeResult {
    let (from, to) = (type_param(ctx, 0), type_param(ctx, 1));
    let is = from == to || implements_all(ctx, from, to) || {
        let (a, b) = (ctx.type_def(from), ctx.type_def(to));
        (a.bare_name.is_empty() || b.bare_name.is_empty()) && same_underlying(a, b)
    };
    ctx.set_bool(0, is);
    Ok(())
}

pub(super) fn elem(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| elem_of(def).map_or(0, |elem| u64::from(elem.0)))
}

pub(super) fn key(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| match def.kind {
        TypeKind::Map { key, .. } => u64::from(key.0),
        _ => 0,
    })
}

pub(super) fn len(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| match def.kind {
        TypeKind::Array { len, .. } => len,
        _ => 0,
    })
}

pub(super) fn chan_dir(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| match def.kind {
        TypeKind::Chan { dir: ChanDir::Recv, .. } => 1,
        TypeKind::Chan { dir: ChanDir::Send, .. } => 2,
        TypeKind::Chan { dir: ChanDir::Both, .. } => 3,
        _ => 0,
    })
}

fn fields(def: &TypeDef) -> &[FieldDef] {
    match &def.kind {
        TypeKind::Struct(fields) => fields,
        _ => &[],
    }
}

pub(super) fn field_count(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| fields(def).len() as u64)
}

/// The field that the first two parameters name; else the panic of an index out of range.
fn field_param(ctx: &mut Ctx<'_>) -> Result<FieldDef, golite_runtime::Trap> {
    let index = usize::try_from(ctx.int(1)).unwrap_or(usize::MAX);
    match fields(ctx.type_def(type_param(ctx, 0))).get(index) {
        Some(field) => Ok(field.clone()),
        None => Err(ctx.panic_string("reflect: Field index out of bounds")),
    }
}

pub(super) fn field_name(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_string(0, field.name.as_bytes())
}

pub(super) fn field_package(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_string(0, field.package.as_bytes())
}

pub(super) fn field_type(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_uint(0, u64::from(field.ty.0));
    Ok(())
}

pub(super) fn field_tag(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_string(0, field.tag.as_bytes())
}

pub(super) fn field_offset(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_uint(0, field.offset);
    Ok(())
}

pub(super) fn field_exported(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_bool(0, field.package.is_empty() && &*field.name != "_");
    Ok(())
}

pub(super) fn field_embedded(ctx: &mut Ctx<'_>) -> NativeResult {
    let field = field_param(ctx)?;
    ctx.set_bool(0, field.embedded);
    Ok(())
}

fn signature(def: &TypeDef) -> (&[TypeIx], &[TypeIx], bool) {
    match &def.kind {
        TypeKind::Func { params, results, variadic } => (params, results, *variadic),
        _ => (&[], &[], false),
    }
}

pub(super) fn param_count(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| signature(def).0.len() as u64)
}

pub(super) fn result_count(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| signature(def).1.len() as u64)
}

pub(super) fn variadic(ctx: &mut Ctx<'_>) -> NativeResult {
    set(ctx, |def| u64::from(signature(def).2))
}

pub(super) fn param(ctx: &mut Ctx<'_>) -> NativeResult {
    let index = ctx.uint(1) as usize;
    set(ctx, |def| signature(def).0.get(index).map_or(0, |ty| u64::from(ty.0)))
}

pub(super) fn result(ctx: &mut Ctx<'_>) -> NativeResult {
    let index = ctx.uint(1) as usize;
    set(ctx, |def| signature(def).1.get(index).map_or(0, |ty| u64::from(ty.0)))
}
