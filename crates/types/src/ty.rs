//! Types and their table.
//!
//! Types are hash-consed: types of the same written form have one [`TypeId`]. Named types, type
//! parameters and instances are nominal, so recursion always passes through an id. Identity is
//! [`TypeTable::identical`]: interfaces are compared by their type sets.

use std::sync::Arc;

use golite_source::{Span, Symbol};
use golite_syntax::ast::ChanDir;
use rustc_hash::FxHashMap;

use crate::object::{ObjId, PkgId};

/// A type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TypeId(pub u32);

/// A named type or an instance of a generic one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct NamedId(pub u32);

/// A type parameter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ParamId(pub u32);

/// The predeclared types, typed and untyped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs)]
pub enum Basic {
    Invalid,
    Bool,
    Int,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Uintptr,
    Float32,
    Float64,
    Complex64,
    Complex128,
    String,
    UnsafePointer,
    UntypedBool,
    UntypedInt,
    UntypedRune,
    UntypedFloat,
    UntypedComplex,
    UntypedString,
    UntypedNil,
}

impl Basic {
    /// All of them, in the order of their fixed ids.
    pub const ALL: [Basic; 26] = [
        Basic::Invalid,
        Basic::Bool,
        Basic::Int,
        Basic::Int8,
        Basic::Int16,
        Basic::Int32,
        Basic::Int64,
        Basic::Uint,
        Basic::Uint8,
        Basic::Uint16,
        Basic::Uint32,
        Basic::Uint64,
        Basic::Uintptr,
        Basic::Float32,
        Basic::Float64,
        Basic::Complex64,
        Basic::Complex128,
        Basic::String,
        Basic::UnsafePointer,
        Basic::UntypedBool,
        Basic::UntypedInt,
        Basic::UntypedRune,
        Basic::UntypedFloat,
        Basic::UntypedComplex,
        Basic::UntypedString,
        Basic::UntypedNil,
    ];

    /// The id of the type.
    #[must_use]
    pub const fn id(self) -> TypeId {
        TypeId(self as u32)
    }

    /// Its name in source and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Basic::Invalid => "invalid type",
            Basic::Bool => "bool",
            Basic::Int => "int",
            Basic::Int8 => "int8",
            Basic::Int16 => "int16",
            Basic::Int32 => "int32",
            Basic::Int64 => "int64",
            Basic::Uint => "uint",
            Basic::Uint8 => "uint8",
            Basic::Uint16 => "uint16",
            Basic::Uint32 => "uint32",
            Basic::Uint64 => "uint64",
            Basic::Uintptr => "uintptr",
            Basic::Float32 => "float32",
            Basic::Float64 => "float64",
            Basic::Complex64 => "complex64",
            Basic::Complex128 => "complex128",
            Basic::String => "string",
            Basic::UnsafePointer => "unsafe.Pointer",
            Basic::UntypedBool => "untyped bool",
            Basic::UntypedInt => "untyped int",
            Basic::UntypedRune => "untyped rune",
            Basic::UntypedFloat => "untyped float",
            Basic::UntypedComplex => "untyped complex",
            Basic::UntypedString => "untyped string",
            Basic::UntypedNil => "untyped nil",
        }
    }

    /// `bool`, typed or not.
    #[must_use]
    pub fn is_boolean(self) -> bool {
        matches!(self, Basic::Bool | Basic::UntypedBool)
    }

    /// Integers, typed or not.
    #[must_use]
    pub fn is_integer(self) -> bool {
        (self >= Basic::Int && self <= Basic::Uintptr)
            || matches!(self, Basic::UntypedInt | Basic::UntypedRune)
    }

    /// Unsigned integers.
    #[must_use]
    pub fn is_unsigned(self) -> bool {
        self >= Basic::Uint && self <= Basic::Uintptr
    }

    /// Floating-point numbers, typed or not.
    #[must_use]
    pub fn is_float(self) -> bool {
        matches!(self, Basic::Float32 | Basic::Float64 | Basic::UntypedFloat)
    }

    /// Complex numbers, typed or not.
    #[must_use]
    pub fn is_complex(self) -> bool {
        matches!(self, Basic::Complex64 | Basic::Complex128 | Basic::UntypedComplex)
    }

    /// Numbers, typed or not.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        self.is_integer() || self.is_float() || self.is_complex()
    }

    /// Strings, typed or not.
    #[must_use]
    pub fn is_string(self) -> bool {
        matches!(self, Basic::String | Basic::UntypedString)
    }

    /// Untyped kinds.
    #[must_use]
    pub fn is_untyped(self) -> bool {
        self >= Basic::UntypedBool
    }

    /// Types that constants can have.
    #[must_use]
    pub fn is_const_type(self) -> bool {
        self.is_boolean() || self.is_numeric() || self.is_string()
    }

    /// Types that `<` orders.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        self.is_integer() || self.is_float() || self.is_string()
    }

    /// Size in bytes; alignment is the same but for strings and complex numbers.
    #[must_use]
    pub fn size(self) -> i64 {
        match self {
            Basic::Bool | Basic::Int8 | Basic::Uint8 => 1,
            Basic::Int16 | Basic::Uint16 => 2,
            Basic::Int32 | Basic::Uint32 | Basic::Float32 => 4,
            Basic::String | Basic::Complex128 => 16,
            _ => 8,
        }
    }
}

/// A field of a struct.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct FieldInfo {
    /// The name.
    pub name: Symbol,
    /// The package, which matters for names that are not exported.
    pub pkg: PkgId,
    /// The type.
    pub ty: TypeId,
    /// Embedded.
    pub embedded: bool,
    /// The tag, decoded; empty without one.
    pub tag: Arc<[u8]>,
}

/// Parameters and results.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SigInfo {
    /// Type parameters, of kind [`Type::Param`].
    pub type_params: Vec<TypeId>,
    /// Types of the parameters; the last is a slice if variadic.
    pub params: Vec<TypeId>,
    /// Types of the results.
    pub results: Vec<TypeId>,
    /// The last parameter is `...T`.
    pub variadic: bool,
    /// Names of parameters and results, for messages only; empty names if there are none.
    pub names: ParamNames,
}

/// Names of parameters. They do not take part in the identity of types.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ParamNames(pub Arc<(Vec<Symbol>, Vec<Symbol>)>);

/// A method of an interface.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct MethodInfo {
    /// The name.
    pub name: Symbol,
    /// The package, which matters for names that are not exported.
    pub pkg: PkgId,
    /// The signature.
    pub sig: TypeId,
    /// Where it is declared.
    pub span: Span,
}

/// An interface as written.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct InterfaceInfo {
    /// Methods.
    pub methods: Vec<MethodInfo>,
    /// Embedded types and unions, with their places.
    pub embeds: Vec<(TypeId, Span)>,
    /// The interface around a constraint such as `~int`, written without `interface`.
    pub implicit: bool,
}

/// A term of a union.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Term {
    /// `~T`
    pub tilde: bool,
    /// `T`
    pub ty: TypeId,
}

/// What a type is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Type {
    /// A predeclared type.
    Basic(Basic),
    /// A named type.
    Named(NamedId),
    /// `*T`
    Pointer(TypeId),
    /// `[]T`
    Slice(TypeId),
    /// `[n]T`; -1 when the length is in error.
    Array(i64, TypeId),
    /// `map[K]V`
    Map(TypeId, TypeId),
    /// `chan T`
    Chan(ChanDir, TypeId),
    /// `struct {...}`
    Struct(Arc<[FieldInfo]>),
    /// Several values.
    Tuple(Arc<[TypeId]>),
    /// `func(...)`
    Signature(Arc<SigInfo>),
    /// `interface {...}`
    Interface(Arc<InterfaceInfo>),
    /// `A | ~B`
    Union(Arc<[Term]>),
    /// A type parameter.
    Param(ParamId),
}

/// A named type.
#[derive(Clone, Debug)]
pub struct NamedInfo {
    /// Its declaration.
    pub obj: ObjId,
    /// The underlying type; invalid while it is being declared, or for instances until expanded.
    pub underlying: TypeId,
    /// The underlying type is known.
    pub resolved: bool,
    /// Own type parameters, of kind [`Type::Param`]; empty for instances.
    pub type_params: Vec<TypeId>,
    /// Type parameters of the functions around a local type.
    pub hidden: Vec<TypeId>,
    /// For instances: the generic type and all arguments, those for `hidden` last.
    pub origin: Option<(NamedId, Vec<TypeId>)>,
    /// Methods declared for it; those of an instance are its origin's.
    pub methods: Vec<ObjId>,
}

/// A type parameter.
#[derive(Clone, Debug)]
pub struct ParamInfo {
    /// Its declaration.
    pub obj: ObjId,
    /// Its name.
    pub name: Symbol,
    /// Its place in the list.
    pub index: usize,
    /// The constraint.
    pub constraint: TypeId,
}

/// What an alias stands for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct AliasInfo {
    /// Its declaration.
    pub obj: ObjId,
    /// The type on the right side of the declaration, type parameters replaced; maybe an alias again.
    pub target: TypeId,
    /// The type arguments of a generic alias.
    pub args: Vec<TypeId>,
}

/// How many types, named types and type parameters there are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TypeCounts {
    pub(crate) types: usize,
    pub(crate) named: usize,
    pub(crate) params: usize,
}

/// The types of a session.
#[derive(Debug)]
pub struct TypeTable {
    types: Vec<Type>,
    ids: FxHashMap<Type, TypeId>,
    /// For every id the one without an alias's name.
    actual: Vec<TypeId>,
    /// Ids that stand for types by the name of an alias.
    aliases: FxHashMap<TypeId, AliasInfo>,
    alias_ids: FxHashMap<AliasInfo, TypeId>,
    /// Aliases whose right sides are being read.
    pending: FxHashMap<TypeId, ObjId>,
    /// Named types.
    pub named: Vec<NamedInfo>,
    named_ids: Vec<TypeId>,
    instances: FxHashMap<(NamedId, Vec<TypeId>), TypeId>,
    /// Type parameters.
    pub params: Vec<ParamInfo>,
    pub(crate) type_sets: FxHashMap<TypeId, Arc<crate::typeset::TypeSet>>,
    /// How often a type set met a type that is still being declared.
    pub(crate) unresolved_met: u32,
    pub(crate) sizes: crate::layout::Sizes,
    /// Makes unexported names of two packages differ and exported ones equal.
    pub(crate) any: TypeId,
}

impl Default for TypeTable {
    fn default() -> TypeTable {
        let mut table = TypeTable {
            types: Vec::new(),
            ids: FxHashMap::default(),
            actual: Vec::new(),
            aliases: FxHashMap::default(),
            alias_ids: FxHashMap::default(),
            pending: FxHashMap::default(),
            named: Vec::new(),
            named_ids: Vec::new(),
            instances: FxHashMap::default(),
            params: Vec::new(),
            type_sets: FxHashMap::default(),
            unresolved_met: 0,
            sizes: crate::layout::Sizes::default(),
            any: TypeId(0),
        };
        for basic in Basic::ALL {
            table.intern(Type::Basic(basic));
        }
        table.any = table.intern(Type::Interface(Arc::default()));
        // Other names of types that there are, so that messages show what was written.
        for ty in [Type::Basic(Basic::Uint8), Type::Basic(Basic::Int32), Type::Interface(Arc::default())] {
            table.push(ty);
        }
        table
    }
}

impl TypeTable {
    /// Takes away the last types, named types and type parameters: all but so many. Nothing refers to them but what is
    /// known of others: that is found out again.
    pub(crate) fn rewind(&mut self, to: TypeCounts) {
        for (index, ty) in self.types.drain(to.types..).enumerate() {
            let id = TypeId((to.types + index) as u32);
            if self.ids.get(&ty) == Some(&id) {
                self.ids.remove(&ty);
            }
            if let Some(info) = self.aliases.remove(&id) {
                self.alias_ids.remove(&info);
            }
            self.pending.remove(&id);
        }
        self.actual.truncate(to.types);
        for info in self.named.drain(to.named..) {
            if let Some(instance) = info.origin {
                self.instances.remove(&instance);
            }
        }
        self.named_ids.truncate(to.named);
        self.params.truncate(to.params);
        self.sizes.forget_from(to.types);
        let old = |id: TypeId| (id.0 as usize) < to.types;
        self.type_sets.retain(|id, set| {
            old(*id)
                && set.methods.iter().all(|method| old(method.sig))
                && set.terms.iter().flatten().all(|term| old(term.ty))
        });
        for info in &mut self.named {
            if !old(info.underlying) {
                // An instance, which is expanded when it is asked for.
                info.underlying = Basic::Invalid.id();
                info.resolved = false;
            }
        }
    }

    /// Whether all that was found out about older named types can be found out again.
    pub(crate) fn can_rewind(&self, to: TypeCounts) -> bool {
        let new = |id: TypeId| id.0 as usize >= to.types;
        self.named[..to.named].iter().all(|info| info.origin.is_some() || !new(info.underlying))
            && self.params[..to.params].iter().all(|info| !new(info.constraint))
    }

    /// How many types, named types and type parameters there are.
    pub(crate) fn counts(&self) -> TypeCounts {
        TypeCounts { types: self.types.len(), named: self.named.len(), params: self.params.len() }
    }

    /// The id of a type.
    pub fn intern(&mut self, ty: Type) -> TypeId {
        if let Some(id) = self.ids.get(&ty) {
            return *id;
        }
        let id = self.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    fn push(&mut self, ty: Type) -> TypeId {
        let id = TypeId(self.types.len() as u32);
        self.types.push(ty);
        self.actual.push(id);
        id
    }

    /// A type by the name of an alias. It is the type in all but its text: what it is, is the same.
    pub fn alias(&mut self, info: AliasInfo) -> TypeId {
        let target = self.unalias(info.target);
        // Type parameters are known by their ids.
        if target == Basic::Invalid.id() || matches!(self.get(target), Type::Param(_)) {
            return target;
        }
        if let Some(id) = self.alias_ids.get(&info) {
            return *id;
        }
        let id = self.push(self.get(target).clone());
        self.actual[id.0 as usize] = target;
        self.aliases.insert(id, info.clone());
        self.alias_ids.insert(info, id);
        id
    }

    /// The id of an alias that is mentioned before its right side is known.
    pub(crate) fn pending_alias(&mut self, obj: ObjId) -> TypeId {
        let id = self.push(Type::Basic(Basic::Invalid));
        self.pending.insert(id, obj);
        id
    }

    /// The alias behind an id whose right side is not known yet.
    pub(crate) fn as_pending(&self, id: TypeId) -> Option<ObjId> {
        if self.pending.is_empty() { None } else { self.pending.get(&id).copied() }
    }

    /// Says what an alias stands for that was mentioned before.
    pub(crate) fn complete_alias(&mut self, id: TypeId, info: AliasInfo) {
        self.pending.remove(&id);
        let target = self.unalias(info.target);
        self.types[id.0 as usize] = self.get(target).clone();
        self.actual[id.0 as usize] = target;
        self.type_sets.remove(&id);
        if target != Basic::Invalid.id() {
            self.aliases.insert(id, info.clone());
            self.alias_ids.insert(info, id);
        }
    }

    /// The type behind aliases.
    #[must_use]
    pub fn unalias(&self, id: TypeId) -> TypeId {
        self.actual[id.0 as usize]
    }

    /// The alias by whose name a type was written.
    #[must_use]
    pub fn as_alias(&self, id: TypeId) -> Option<&AliasInfo> {
        if self.unalias(id) == id { None } else { self.aliases.get(&id) }
    }

    /// What a type is.
    #[must_use]
    pub fn get(&self, id: TypeId) -> &Type {
        &self.types[id.0 as usize]
    }

    /// `byte`: identical to `uint8`, but shown by its own name.
    pub const BYTE: TypeId = TypeId(27);
    /// `rune`: identical to `int32`, but shown by its own name.
    pub const RUNE: TypeId = TypeId(28);
    /// `interface{}`: identical to `any`, but shown as written.
    pub const EMPTY_INTERFACE: TypeId = TypeId(29);

    /// The empty interface.
    #[must_use]
    pub fn any(&self) -> TypeId {
        self.any
    }

    /// A new named type.
    pub fn new_named(&mut self, info: NamedInfo) -> TypeId {
        let named = NamedId(self.named.len() as u32);
        self.named.push(info);
        let id = self.intern(Type::Named(named));
        self.named_ids.push(id);
        id
    }

    /// The id of a named type.
    #[must_use]
    pub fn named_id(&self, named: NamedId) -> TypeId {
        self.named_ids[named.0 as usize]
    }

    /// A new type parameter.
    pub fn new_param(&mut self, info: ParamInfo) -> TypeId {
        let param = ParamId(self.params.len() as u32);
        self.params.push(info);
        self.intern(Type::Param(param))
    }

    /// The instance of a generic type. All arguments, hidden ones last.
    pub fn instance(&mut self, origin: NamedId, args: Vec<TypeId>) -> TypeId {
        if let Some(id) = self.instances.get(&(origin, args.clone())) {
            return *id;
        }
        let obj = self.named[origin.0 as usize].obj;
        let id = self.new_named(NamedInfo {
            obj,
            underlying: Basic::Invalid.id(),
            resolved: false,
            type_params: Vec::new(),
            hidden: Vec::new(),
            origin: Some((origin, args.clone())),
            methods: Vec::new(),
        });
        self.instances.insert((origin, args), id);
        id
    }

    /// `*T`
    pub fn pointer(&mut self, elem: TypeId) -> TypeId {
        self.intern(Type::Pointer(elem))
    }

    /// `[]T`
    pub fn slice(&mut self, elem: TypeId) -> TypeId {
        self.intern(Type::Slice(elem))
    }

    /// Several values.
    pub fn tuple(&mut self, types: &[TypeId]) -> TypeId {
        self.intern(Type::Tuple(types.into()))
    }

    /// A function type without type parameters and names.
    pub fn func(&mut self, params: &[TypeId], results: &[TypeId], variadic: bool) -> TypeId {
        self.intern(Type::Signature(Arc::new(SigInfo {
            type_params: Vec::new(),
            params: params.to_vec(),
            results: results.to_vec(),
            variadic,
            names: ParamNames::default(),
        })))
    }

    /// The named type's facts.
    #[must_use]
    pub fn named_info(&self, id: NamedId) -> &NamedInfo {
        &self.named[id.0 as usize]
    }

    /// The type parameter's facts.
    #[must_use]
    pub fn param_info(&self, id: ParamId) -> &ParamInfo {
        &self.params[id.0 as usize]
    }

    /// The named type behind an id.
    #[must_use]
    pub fn as_named(&self, id: TypeId) -> Option<NamedId> {
        match self.get(id) {
            Type::Named(named) => Some(*named),
            _ => None,
        }
    }

    /// Whether a type is an instance of a generic type.
    #[must_use]
    pub(crate) fn is_instance(&self, id: TypeId) -> bool {
        self.as_named(id).is_some_and(|named| self.named_info(named).origin.is_some())
    }

    /// The type parameter behind an id.
    #[must_use]
    pub fn as_param(&self, id: TypeId) -> Option<ParamId> {
        match self.get(id) {
            Type::Param(param) => Some(*param),
            _ => None,
        }
    }

    /// The underlying type; expands instances. A type parameter is its own.
    pub fn underlying(&mut self, id: TypeId) -> TypeId {
        let Type::Named(named) = *self.get(id) else { return self.unalias(id) };
        self.expand(named);
        self.named[named.0 as usize].underlying
    }

    /// The underlying type as far as it is known.
    #[must_use]
    pub fn peek_underlying(&self, id: TypeId) -> TypeId {
        match *self.get(id) {
            Type::Named(named) => self.named[named.0 as usize].underlying,
            _ => self.unalias(id),
        }
    }

    /// Fills in an instance's underlying type, if its origin has one.
    fn expand(&mut self, named: NamedId) {
        let info = &self.named[named.0 as usize];
        if info.resolved {
            return;
        }
        let Some((origin, args)) = info.origin.clone() else { return };
        let generic = &self.named[origin.0 as usize];
        if !generic.resolved {
            return;
        }
        let params: Vec<TypeId> = generic.type_params.iter().chain(&generic.hidden).copied().collect();
        if params.len() != args.len() {
            self.named[named.0 as usize].resolved = true;
            return;
        }
        let underlying = generic.underlying;
        // Recursion through the instance itself ends here: its id exists already.
        self.named[named.0 as usize].resolved = true;
        let map: crate::subst::Subst = params.into_iter().zip(args).collect();
        let underlying = self.subst(underlying, &map);
        let underlying = self.underlying(underlying);
        self.named[named.0 as usize].underlying = underlying;
    }

    /// Completes the definition of a named type.
    pub(crate) fn set_underlying(&mut self, named: NamedId, underlying: TypeId) {
        let info = &mut self.named[named.0 as usize];
        info.underlying = underlying;
        info.resolved = true;
    }

    /// The kind of the underlying type.
    pub fn under(&mut self, id: TypeId) -> Type {
        let id = self.underlying(id);
        self.get(id).clone()
    }

    /// The basic type underlying, if it is one.
    pub fn basic(&mut self, id: TypeId) -> Option<Basic> {
        let id = self.underlying(id);
        match self.get(id) {
            Type::Basic(basic) => Some(*basic),
            _ => None,
        }
    }
}
