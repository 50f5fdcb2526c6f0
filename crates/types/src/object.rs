//! What names stand for: packages, constants, types, variables, functions.

use std::sync::Arc;

use golite_source::{Span, Symbol};
use golite_syntax::ast::{ConstSpec, ExprId, FuncDecl, TypeSpec, VarSpec};
use rustc_hash::FxHashMap;

use crate::constant::Const;
use crate::ty::TypeId;

/// An object. Number 0 is none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct ObjId(pub u32);

/// A package. Number 0 is the universe.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct PkgId(pub u32);

/// A scope.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScopeId(pub u32);

/// A function or function literal while it is checked; 0 is the package level.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FuncLevel(pub u32);

/// Built-in functions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Builtin {
    Append,
    Cap,
    Clear,
    Close,
    Complex,
    Copy,
    Delete,
    Imag,
    Len,
    Make,
    Max,
    Min,
    New,
    Panic,
    Print,
    Println,
    Real,
    Recover,
    UnsafeAdd,
    UnsafeAlignof,
    UnsafeOffsetof,
    UnsafeSizeof,
    UnsafeSlice,
    UnsafeSliceData,
    UnsafeString,
    UnsafeStringData,
}

/// How far an object's declaration has been checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Not yet.
    New,
    /// Being checked; the index in the path of declarations.
    Active,
    /// Done.
    Done,
}

/// Facts about a variable that decide where it lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct VarFacts {
    /// It is a field.
    pub field: bool,
    /// It is a parameter, result or receiver.
    pub param: bool,
    /// Declared at package level.
    pub global: bool,
    /// Its value is read somewhere.
    pub used: bool,
    /// A function literal inside its function refers to it.
    pub captured: bool,
    /// It is assigned to after its declaration.
    pub assigned: bool,
    /// Its address is taken, explicitly or by a call of a method with pointer receiver or by slicing.
    pub addressed: bool,
}

/// What an object is.
#[derive(Clone, Debug)]
pub enum ObjKind {
    /// An imported package's name.
    PkgName(PkgId),
    /// A constant; the value is `None` when in error.
    Const(Option<Const>),
    /// A type.
    TypeName,
    /// A variable.
    Var(VarFacts),
    /// A function or method.
    Func,
    /// A built-in function.
    Builtin(Builtin),
    /// `nil`
    Nil,
}

/// The declaration of a package-level object.
#[derive(Clone, Debug)]
pub enum DeclRef {
    /// None: predeclared, local or a field.
    None,
    /// A constant: its line and its place in it.
    Const(Arc<ConstSpec>, usize),
    /// A variable: its line and its place in it.
    Var(Arc<VarSpec>, usize),
    /// A type.
    Type(Arc<TypeSpec>),
    /// A function or method.
    Func(Arc<FuncDecl>),
}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// The name.
    pub name: Symbol,
    /// The package it belongs to.
    pub pkg: PkgId,
    /// Where it is declared.
    pub span: Span,
    /// Its type; for a generic type the generic one.
    pub ty: TypeId,
    /// What it is.
    pub kind: ObjKind,
    /// Its declaration.
    pub decl: DeclRef,
    /// The file's scope, in which its declaration is read.
    pub scope: ScopeId,
    /// How far it has been checked.
    pub progress: Progress,
    /// The function it is local to.
    pub level: FuncLevel,
    /// For methods: the receiver's base type. For generic aliases: see `alias_params`.
    pub receiver: Option<TypeId>,
    /// For methods: the receiver is a pointer.
    pub pointer_receiver: bool,
    /// Type parameters of the receiver or of a generic alias.
    pub type_params: Vec<TypeId>,
    /// `type A = T`
    pub alias: bool,
}

impl Object {
    /// How many a short program has, the predeclared ones among them.
    pub(crate) const FIRST: usize = 256;

    /// It is declared in a function or predeclared.
    #[must_use]
    pub fn decl_is_local(&self) -> bool {
        matches!(self.decl, DeclRef::None)
    }
}

/// The names of a block.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// The block around.
    pub parent: Option<ScopeId>,
    /// The names.
    pub names: FxHashMap<Symbol, ObjId>,
}

/// A package.
#[derive(Clone, Debug)]
pub struct Package {
    /// The import path.
    pub path: Arc<str>,
    /// The name.
    pub name: Symbol,
    /// The names at package level.
    pub scope: ScopeId,
    /// Packages imported, in order of their appearance.
    pub imports: Vec<PkgId>,
    /// Package-level variable declarations, in source order.
    pub vars: Vec<(Arc<VarSpec>, Vec<ObjId>)>,
    /// Functions and methods with bodies, `init` functions too, in source order.
    pub funcs: Vec<ObjId>,
    /// The `init` functions in order.
    pub inits: Vec<ObjId>,
    /// A package of the standard library: bodies are checked on demand.
    pub std: bool,
    /// The package could not be loaded: members are not reported.
    pub fake: bool,
}

/// The clause of a type switch or another place that declares a variable without a name of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ImplicitId(pub ExprId);
