//! The type checker: names, types, constants, and every fact the compiler needs.
//!
//! [`Checker`] holds all packages of a session. Errors are those of Go's own compiler in wording and
//! place.

mod advice;
mod assign;
mod builtins;
mod builtins_unsafe;
mod call;
mod check;
mod constant;
mod convert;
mod cycles;
mod decl;
mod display;
mod expr;
mod identity;
mod imports;
mod index;
mod infer;
mod info;
mod init_order;
mod instance;
mod labels;
mod later;
mod layout;
mod lazy;
mod literal;
mod lookup;
mod mono;
mod object;
mod operand;
mod ops;
mod range;
mod real;
mod returns;
mod rewind;
mod script;
mod selector;
mod session;
mod stmt;
mod subst;
mod switch;
mod text;
mod ty;
mod typeset;
mod typexpr;
mod unify;
mod universe;
mod version;
mod warnings;

pub use check::{Checker, Loaded, Loader, Session};
pub use constant::Const;
pub use identity::Incomparable;
pub use info::{Fact, Info, Mode, Selection, SelectionKind};
pub use init_order::InitStep;
pub use lookup::MethodEntry;
pub use object::{
    Builtin, DeclRef, FuncLevel, ImplicitId, ObjId, ObjKind, Object, Package, PkgId, Progress, Scope,
    ScopeId, VarFacts,
};
pub use rewind::Mark;
pub use session::{CheckedInput, InputPackage};
pub use subst::Subst;
pub use ty::{
    Basic, FieldInfo, InterfaceInfo, MethodInfo, NamedId, NamedInfo, ParamId, ParamInfo, ParamNames, SigInfo,
    Term, Type, TypeId, TypeTable,
};
pub use typeset::TypeSet;
pub use typexpr::Signature;
pub use version::{FileVersion, ITERATION_VARIABLES, NEWEST, Versions};
