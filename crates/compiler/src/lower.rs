//! Types of the checker as run-time types: layout, slots, names, methods.
//!
//! Identical types share one index, also when the checker knows them by several ids (interfaces
//! written differently). Methods are filled in only when a value of the type can get into an
//! interface: what nobody can ask for is not even read from the standard packages.

use std::hash::Hasher as _;
use std::sync::Arc;

use golite_bytecode::{
    ChanDir, FieldDef, Kind, Leaf, LeafKind, MAX_SLOTS, MethodDef, MethodIx, MethodName, PointerWord, Repr,
    TypeDef, TypeIx, TypeKind, UintKind,
};
use golite_source::{Symbol, sym};
use golite_syntax::ast;
use golite_types::{Basic, PkgId, Type, TypeId};

use crate::arith::Num;
use crate::program::Compiler;

/// How code moves a value of a type: by its leaves alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// No slots.
    Empty,
    /// One number.
    Num(LeafKind),
    /// One pointer.
    Ptr,
    /// Pointer and length, eight bytes apart.
    Str,
    /// Pointer, length, capacity.
    Slice,
    /// Type word, data word.
    Iface,
    /// Several slots of other kinds.
    Many,
    /// One slot with the address of a copy.
    Memory,
}

/// What code generation needs to know of a type.
#[derive(Clone, Debug)]
pub struct Shape {
    /// The run-time type.
    pub ix: TypeIx,
    /// How it is moved.
    pub form: Form,
    /// Slots in registers.
    pub slots: u16,
    /// Bytes in memory.
    pub size: u64,
    /// Leaves; empty for values in memory.
    pub leaves: Arc<[Leaf]>,
}

impl Shape {
    /// The kinds of the slots.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        let memory = (self.form == Form::Memory).then_some(Kind::Ptr);
        self.leaves.iter().map(|leaf| leaf.kind.kind()).chain(memory)
    }

    /// The offset of the first leaf in memory.
    #[must_use]
    pub fn first_offset(&self) -> u32 {
        self.leaves.first().map_or(0, |leaf| leaf.offset)
    }

    /// The value sits in memory.
    #[must_use]
    pub fn is_memory(&self) -> bool {
        self.form == Form::Memory
    }
}

/// The type that an untyped value takes on its own.
pub(crate) fn default_basic(basic: Basic) -> Basic {
    match basic {
        Basic::UntypedBool => Basic::Bool,
        Basic::UntypedInt => Basic::Int,
        Basic::UntypedRune => Basic::Int32,
        Basic::UntypedFloat => Basic::Float64,
        Basic::UntypedComplex => Basic::Complex128,
        Basic::UntypedString => Basic::String,
        other => other,
    }
}

fn form_of(repr: &Repr) -> Form {
    let Repr::Slots(leaves) = repr else { return Form::Memory };
    let near = |i: usize| leaves[i].offset == leaves[0].offset + 8 * i as u32;
    let kinds: Vec<LeafKind> = leaves.iter().map(|leaf| leaf.kind).collect();
    match kinds[..] {
        [] => Form::Empty,
        [LeafKind::Ptr] => Form::Ptr,
        [kind] => Form::Num(kind),
        [LeafKind::Ptr, LeafKind::W64] if near(1) => Form::Str,
        [LeafKind::Type, LeafKind::Data] => Form::Iface,
        [LeafKind::Ptr, LeafKind::W64, LeafKind::W64] if near(1) && near(2) => Form::Slice,
        _ => Form::Many,
    }
}

impl Compiler {
    /// The run-time type of a type without type parameters.
    pub fn type_ix(&mut self, ty: TypeId) -> TypeIx {
        if let Some(ix) = self.type_ids.get(&ty) {
            return *ix;
        }
        if let Type::Basic(basic) = *self.checker.types.get(ty)
            && default_basic(basic) != basic
        {
            return self.type_ix(default_basic(basic).id());
        }
        let name = self.checker.runtime_name(ty);
        // Names of very deep types are cut, so that many share one.
        let outline = self.outline(ty);
        let named = self.types_by_name.get(name.as_str()).into_iter().flatten();
        let same: Vec<_> = named.filter(|other| other.2 == outline).map(|other| (other.0, other.1)).collect();
        for (other, ix) in same {
            if self.checker.types.identical(ty, other) {
                self.type_ids.insert(ty, ix);
                return ix;
            }
        }
        let ix = TypeIx(self.module.types.len() as u32);
        self.type_ids.insert(ty, ix);
        self.ids_of_types.push(ty);
        self.types_by_name.entry(name.as_str().into()).or_default().push((ty, ix, outline));
        self.module.types.push(TypeDef {
            name: name.into(),
            package: "".into(),
            bare_name: "".into(),
            kind: TypeKind::Incomplete,
            size: 0,
            align: 1,
            repr: Repr::Slots(Vec::new()),
            pointers: Vec::new(),
            comparable: false,
            plain: false,
            elem_has_methods: false,
            methods: Vec::new(),
        });
        self.complete(ty, ix);
        ix
    }

    /// A number that identical types have in common, and few others: made of what a type is, and the one type in it,
    /// and so on.
    fn outline(&self, mut ty: TypeId) -> u64 {
        let types = &self.checker.types;
        let mut hasher = rustc_hash::FxHasher::default();
        loop {
            let (kind, inner) = match types.get(types.unalias(ty)) {
                Type::Pointer(elem) => (1, *elem),
                Type::Slice(elem) => (2, *elem),
                Type::Array(_, elem) => (3, *elem),
                Type::Chan(_, elem) => (4, *elem),
                Type::Map(_, elem) => (5, *elem),
                Type::Struct(fields) if fields.len() == 1 => (6, fields[0].ty),
                _ => return hasher.finish(),
            };
            hasher.write_u8(kind);
            ty = inner;
        }
    }

    /// Fills in a type whose index is taken.
    fn complete(&mut self, ty: TypeId, ix: TypeIx) {
        let (size, align) = self.checker.types.size_align(ty);
        // Types of elements inside the value first: their layout is part of this one.
        let under = self.checker.types.under(ty);
        let kind = self.kind_of(ty, &under);
        let mut leaves = Vec::new();
        let fits = self.leaves_of(ty, 0, &mut leaves);
        let repr = if fits { Repr::Slots(leaves) } else { Repr::Memory };
        let mut pointers = Vec::new();
        self.pointers_of(ty, 0, &mut pointers);
        let comparable = self.checker.types.comparable(ty, true);
        let plain = comparable && self.is_plain(ty);
        let elem_has_methods = match under {
            Type::Pointer(elem) if self.checker.types.as_named(ty).is_some() => {
                let pointer = self.checker.types.pointer(elem);
                !self.checker.method_set(pointer).is_empty()
            }
            _ => false,
        };
        let (package, bare_name) = self.bare_name(ty);
        let def = &mut self.module.types[ix.index()];
        def.package = package;
        def.bare_name = bare_name;
        def.kind = kind;
        def.size = size.max(0) as u64;
        def.align = align.max(1) as u32;
        def.repr = repr;
        def.pointers = pointers;
        def.comparable = comparable;
        def.plain = plain;
        def.elem_has_methods = elem_has_methods;
    }

    /// Package path and bare name of a defined or predeclared type.
    fn bare_name(&mut self, ty: TypeId) -> (Box<str>, Box<str>) {
        match *self.checker.types.get(ty) {
            Type::Basic(basic) => ("".into(), basic.name().trim_start_matches("unsafe.").into()),
            Type::Named(named) => {
                let obj = self.checker.types.named_info(named).obj;
                let pkg = self.checker.object(obj).pkg;
                let full = self.checker.runtime_name(ty);
                if pkg == PkgId(0) {
                    return ("".into(), full.into());
                }
                let package = self.checker.package(pkg);
                let prefix = self.checker.name(package.name).len() + 1;
                (package.path.as_ref().into(), full.get(prefix..).unwrap_or("").into())
            }
            _ => ("".into(), "".into()),
        }
    }

    fn kind_of(&mut self, ty: TypeId, under: &Type) -> TypeKind {
        match under {
            Type::Basic(basic) => match basic {
                Basic::Bool | Basic::UntypedBool => TypeKind::Bool,
                Basic::Int | Basic::UntypedInt => TypeKind::Int { is_int: true },
                Basic::Int8 | Basic::Int16 | Basic::Int32 | Basic::Int64 | Basic::UntypedRune => {
                    TypeKind::Int { is_int: false }
                }
                Basic::Uint => TypeKind::Uint { which: UintKind::Uint },
                Basic::Uintptr => TypeKind::Uint { which: UintKind::Uintptr },
                Basic::Uint8 | Basic::Uint16 | Basic::Uint32 | Basic::Uint64 => {
                    TypeKind::Uint { which: UintKind::Sized }
                }
                Basic::Float32 | Basic::Float64 | Basic::UntypedFloat => TypeKind::Float,
                Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex => TypeKind::Complex,
                Basic::String | Basic::UntypedString => TypeKind::String,
                Basic::UnsafePointer | Basic::UntypedNil => TypeKind::UnsafePointer,
                Basic::Invalid => TypeKind::Incomplete,
            },
            Type::Pointer(elem) => TypeKind::Pointer(self.type_ix(*elem)),
            Type::Slice(elem) => TypeKind::Slice(self.type_ix(*elem)),
            Type::Array(len, elem) => {
                TypeKind::Array { elem: self.type_ix(*elem), len: (*len).max(0) as u64 }
            }
            Type::Map(key, value) => TypeKind::Map { key: self.type_ix(*key), value: self.type_ix(*value) },
            Type::Chan(dir, elem) => TypeKind::Chan {
                elem: self.type_ix(*elem),
                dir: match dir {
                    ast::ChanDir::Both => ChanDir::Both,
                    ast::ChanDir::Send => ChanDir::Send,
                    ast::ChanDir::Recv => ChanDir::Recv,
                },
            },
            Type::Signature(sig) => TypeKind::Func {
                params: sig.params.iter().map(|ty| self.type_ix(*ty)).collect(),
                results: sig.results.iter().map(|ty| self.type_ix(*ty)).collect(),
                variadic: sig.variadic,
            },
            Type::Struct(fields) => {
                let offsets = self.checker.types.field_offsets(ty);
                let mut defs = Vec::with_capacity(fields.len());
                for (field, offset) in fields.iter().zip(offsets.iter()) {
                    let exported = self.checker.session.names.is_exported(field.name);
                    defs.push(FieldDef {
                        name: self.checker.name(field.name).into(),
                        package: if exported { "".into() } else { self.package_path(field.pkg) },
                        ty: self.type_ix(field.ty),
                        offset: *offset as u64,
                        embedded: field.embedded,
                        tag: String::from_utf8_lossy(&field.tag).into_owned().into(),
                    });
                }
                TypeKind::Struct(defs)
            }
            Type::Interface(_) => {
                let set = self.checker.types.type_set(ty);
                let mut methods = set.methods.clone();
                methods.sort_by_key(|method| self.checker.name(method.name));
                TypeKind::Interface(
                    methods
                        .iter()
                        .map(|method| self.method_ix(method.name, method.pkg, method.sig))
                        .collect(),
                )
            }
            Type::Tuple(_) | Type::Union(_) | Type::Param(_) | Type::Named(_) => TypeKind::Incomplete,
        }
    }

    fn package_path(&self, pkg: PkgId) -> Box<str> {
        self.checker.package(pkg).path.as_ref().into()
    }

    /// The identity of a method.
    pub(crate) fn method_ix(&mut self, name: Symbol, pkg: PkgId, sig: TypeId) -> MethodIx {
        self.want_methods(name);
        let exported = self.checker.session.names.is_exported(name);
        let package = if exported { "".into() } else { self.package_path(pkg) };
        let method = MethodName { name: self.checker.name(name).into(), package, ty: self.type_ix(sig) };
        if let Some(ix) = self.method_ids.get(&method) {
            return *ix;
        }
        let ix = MethodIx(self.module.methods.len() as u32);
        self.module.methods.push(method.clone());
        self.method_ids.insert(method, ix);
        ix
    }

    /// Appends the leaves of a type at an offset; false when the value belongs into memory.
    fn leaves_of(&mut self, ty: TypeId, at: u32, out: &mut Vec<Leaf>) -> bool {
        let mut push = |offset: u32, kind: LeafKind| out.push(Leaf { offset: at + offset, kind });
        match self.checker.types.under(ty) {
            Type::Basic(basic) => match basic {
                Basic::Bool | Basic::Uint8 | Basic::UntypedBool => push(0, LeafKind::U8),
                Basic::Int8 => push(0, LeafKind::I8),
                Basic::Int16 => push(0, LeafKind::I16),
                Basic::Int32 | Basic::UntypedRune => push(0, LeafKind::I32),
                Basic::Uint16 => push(0, LeafKind::U16),
                Basic::Uint32 | Basic::Float32 => push(0, LeafKind::U32),
                Basic::Int
                | Basic::Int64
                | Basic::Uint
                | Basic::Uint64
                | Basic::Uintptr
                | Basic::Float64
                | Basic::UntypedInt
                | Basic::UntypedFloat => push(0, LeafKind::W64),
                Basic::Complex64 => {
                    push(0, LeafKind::U32);
                    push(4, LeafKind::U32);
                }
                Basic::Complex128 | Basic::UntypedComplex => {
                    push(0, LeafKind::W64);
                    push(8, LeafKind::W64);
                }
                Basic::String | Basic::UntypedString => {
                    push(0, LeafKind::Ptr);
                    push(8, LeafKind::W64);
                }
                Basic::UnsafePointer | Basic::UntypedNil => push(0, LeafKind::Ptr),
                Basic::Invalid => {}
            },
            Type::Pointer(_) | Type::Map(..) | Type::Chan(..) | Type::Signature(_) => push(0, LeafKind::Ptr),
            Type::Slice(_) => {
                push(0, LeafKind::Ptr);
                push(8, LeafKind::W64);
                push(16, LeafKind::W64);
            }
            Type::Interface(_) => {
                push(0, LeafKind::Type);
                push(8, LeafKind::Data);
            }
            Type::Array(len, elem) => {
                if len > 1 {
                    let (size, _) = self.checker.types.size_align(elem);
                    return size == 0;
                }
                if len == 1 {
                    return self.leaves_of(elem, at, out);
                }
            }
            Type::Struct(fields) => {
                let offsets = self.checker.types.field_offsets(ty);
                for (field, offset) in fields.iter().zip(offsets.iter()) {
                    let Ok(offset) = u32::try_from(*offset) else { return false };
                    if !self.leaves_of(field.ty, at + offset, out) || out.len() > MAX_SLOTS {
                        return false;
                    }
                }
            }
            Type::Tuple(_) | Type::Union(_) | Type::Param(_) | Type::Named(_) => {}
        }
        out.len() <= MAX_SLOTS
    }

    /// Appends the words that the collector looks at.
    fn pointers_of(&mut self, ty: TypeId, at: u32, out: &mut Vec<PointerWord>) {
        match self.checker.types.under(ty) {
            Type::Basic(basic) => {
                if matches!(
                    basic,
                    Basic::String | Basic::UnsafePointer | Basic::UntypedString | Basic::UntypedNil
                ) {
                    out.push(PointerWord::Ptr(at));
                }
            }
            Type::Pointer(_) | Type::Map(..) | Type::Chan(..) | Type::Signature(_) | Type::Slice(_) => {
                out.push(PointerWord::Ptr(at));
            }
            Type::Interface(_) => out.push(PointerWord::Iface(at)),
            Type::Array(len, elem) => {
                let mut inner = Vec::new();
                self.pointers_of(elem, at, &mut inner);
                match len {
                    _ if inner.is_empty() || len <= 0 => {}
                    1 => out.append(&mut inner),
                    _ => {
                        let elem = self.type_ix(elem);
                        out.push(PointerWord::Repeat { offset: at, elem, count: len as u64 });
                    }
                }
            }
            Type::Struct(fields) => {
                let offsets = self.checker.types.field_offsets(ty);
                for (field, offset) in fields.iter().zip(offsets.iter()) {
                    self.pointers_of(field.ty, at + *offset as u32, out);
                }
            }
            Type::Tuple(_) | Type::Union(_) | Type::Param(_) | Type::Named(_) => {}
        }
    }

    /// Equality is equality of the bytes: no padding, floats, strings, interfaces, blank fields.
    fn is_plain(&mut self, ty: TypeId) -> bool {
        match self.checker.types.under(ty) {
            Type::Basic(basic) => !basic.is_float() && !basic.is_complex() && !basic.is_string(),
            Type::Pointer(_) | Type::Chan(..) => true,
            Type::Array(_, elem) => self.is_plain(elem),
            Type::Struct(fields) => {
                let offsets = self.checker.types.field_offsets(ty);
                let mut end = 0;
                for (field, offset) in fields.iter().zip(offsets.iter()) {
                    if *offset != end || field.name == sym::BLANK || !self.is_plain(field.ty) {
                        return false;
                    }
                    end = offset + self.checker.types.size_align(field.ty).0;
                }
                end == self.checker.types.size_align(ty).0
            }
            _ => false,
        }
    }

    /// What code generation needs to know of a type without type parameters.
    pub fn shape(&mut self, ty: TypeId) -> Shape {
        if let Some(shape) = self.shapes.get(&ty) {
            return shape.clone();
        }
        let ix = self.type_ix(ty);
        let def = &self.module.types[ix.index()];
        let leaves: Arc<[Leaf]> = match &def.repr {
            Repr::Slots(leaves) => leaves.as_slice().into(),
            Repr::Memory => Arc::new([]),
        };
        let shape = Shape { ix, form: form_of(&def.repr), slots: def.slots(), size: def.size, leaves };
        self.shapes.insert(ty, shape.clone());
        shape
    }

    /// The kind of number a type is, for arithmetic; booleans are `U8`.
    pub fn num(&mut self, ty: TypeId) -> Option<Num> {
        Some(match self.checker.types.basic(ty)? {
            Basic::Bool | Basic::Uint8 | Basic::UntypedBool => Num::U8,
            Basic::Int8 => Num::I8,
            Basic::Int16 => Num::I16,
            Basic::Int32 | Basic::UntypedRune => Num::I32,
            Basic::Int | Basic::Int64 | Basic::UntypedInt => Num::I64,
            Basic::Uint16 => Num::U16,
            Basic::Uint32 => Num::U32,
            Basic::Uint | Basic::Uint64 | Basic::Uintptr => Num::U64,
            Basic::Float32 => Num::F32,
            Basic::Float64 | Basic::UntypedFloat => Num::F64,
            Basic::Complex64
            | Basic::Complex128
            | Basic::UntypedComplex
            | Basic::String
            | Basic::UntypedString
            | Basic::UnsafePointer
            | Basic::UntypedNil
            | Basic::Invalid => return None,
        })
    }

    /// The run-time type of that name in a package (in none: a basic type), or of pointers to it, whose
    /// values the runtime makes and puts into interfaces.
    ///
    /// # Errors
    /// Why there is none.
    pub fn dynamic_type(&mut self, package: &str, name: &str, pointer: bool) -> Result<TypeIx, String> {
        let ty = match (package, name) {
            ("", "string") => Basic::String.id(),
            _ => self.checker.named_type(package, name)?,
        };
        let ty = if pointer { self.checker.types.pointer(ty) } else { ty };
        self.make_dynamic(ty);
        self.fill_wanted();
        Ok(self.type_ix(ty))
    }

    /// The run-time type, for a host that puts values of it into interfaces.
    pub fn type_of_host(&mut self, ty: TypeId) -> TypeIx {
        self.make_dynamic(ty);
        self.fill_wanted();
        self.type_ix(ty)
    }

    /// A value of the type can get into an interface from here on: its methods are filled in, and
    /// those of what can be reached from it by looking at it.
    pub(crate) fn make_dynamic(&mut self, ty: TypeId) {
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            let ix = self.type_ix(ty);
            if !self.dynamic.insert(ix) {
                continue;
            }
            match self.checker.types.under(ty) {
                Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) => work.push(elem),
                Type::Map(key, value) => work.extend([key, value]),
                Type::Struct(fields) => {
                    for field in fields.iter() {
                        if self.checker.session.names.is_exported(field.name) {
                            work.push(field.ty);
                        }
                    }
                }
                _ => {}
            }
            if matches!(self.checker.types.under(ty), Type::Interface(_)) {
                continue;
            }
            self.fill_methods(ty, ix);
        }
    }

    /// Types got methods after values of them could get into interfaces.
    pub fn refill_methods(&mut self) {
        let mut all: Vec<TypeIx> = self.dynamic.iter().copied().collect();
        all.sort();
        for ix in all {
            let ty = self.ids_of_types[ix.index()];
            if !matches!(self.checker.types.under(ty), Type::Interface(_)) {
                self.fill_methods(ty, ix);
            }
        }
        self.fill_wanted();
    }

    /// An interface has a method of that name: types need theirs.
    fn want_methods(&mut self, name: Symbol) {
        if self.wanted.insert(name) {
            self.newly_wanted.push(name);
        }
    }

    /// Makes the methods known to the runtime that types need since the last time.
    pub(crate) fn fill_wanted(&mut self) {
        while !self.newly_wanted.is_empty() {
            let names = std::mem::take(&mut self.newly_wanted);
            let mut types: Vec<TypeIx> =
                names.iter().filter_map(|name| self.unfilled.remove(name)).flatten().collect();
            types.sort_unstable();
            types.dedup();
            for ix in types {
                self.fill_methods(self.ids_of_types[ix.index()], ix);
            }
        }
    }

    /// Makes the methods of a type known to the runtime: those with names that interfaces have. Nobody asks for
    /// others, and to declare all methods of a type of the standard library takes long.
    fn fill_methods(&mut self, ty: TypeId, ix: TypeIx) {
        let mut names = self.checker.method_names(ty);
        names.retain(|(name, _)| {
            let wanted = self.wanted.contains(name);
            if !wanted {
                let types = self.unfilled.entry(*name).or_default();
                if !types.contains(&ix) {
                    types.push(ix);
                }
            }
            wanted
        });
        // A method with type parameters of its own implements nothing.
        let mut entries = self.checker.methods_named(ty, names);
        entries.retain(|entry| match self.checker.types.get(entry.ty) {
            Type::Signature(sig) => sig.type_params.is_empty(),
            _ => true,
        });
        if entries.is_empty() && self.module.types[ix.index()].methods.is_empty() {
            return;
        }
        let mut methods = Vec::with_capacity(entries.len());
        for entry in &entries {
            let method = self.method_ix(entry.name, entry.pkg, entry.ty);
            let func = self.interface_method(ty, entry);
            methods.push(MethodDef { method, func });
        }
        self.module.types[ix.index()].methods = methods;
        self.module.methods_filled.push(ix);
    }
}
