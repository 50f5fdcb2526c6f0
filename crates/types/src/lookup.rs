//! Fields and methods of types; method sets; what a type lacks for an interface.
//! Spec: Selectors, Method sets, Implementing an interface.

use golite_source::Symbol;

use crate::check::Checker;
use crate::object::{ObjId, PkgId};
use crate::ty::TypeId;

/// What `x.name` finds in the type of `x`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Lookup {
    /// A field.
    Field {
        /// Embedded fields to follow and the field itself.
        path: Vec<usize>,
        /// Its type.
        ty: TypeId,
        /// A pointer was followed on the way (the receiver's own included).
        indirect: bool,
    },
    /// A method.
    Method {
        /// Embedded fields to follow.
        path: Vec<usize>,
        /// The declaration; `None` for methods of interfaces and type parameters.
        func: Option<ObjId>,
        /// The signature without receiver, type parameters of the receiver replaced.
        ty: TypeId,
        /// A pointer was followed on the way (the receiver's own included).
        indirect: bool,
        /// The method has a pointer receiver.
        pointer_receiver: bool,
    },
    /// Found in two embedded fields of the same depth.
    Ambiguous,
    /// Not there.
    Missing,
}

/// Why a type does not implement an interface, as messages say it in parentheses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reason(pub String);

/// A method that a type has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MethodEntry {
    /// The name.
    pub name: Symbol,
    /// The package, which matters for names that are not exported.
    pub pkg: PkgId,
    /// The embedded fields to follow.
    pub path: Vec<usize>,
    /// The declaration; `None` for a method of an embedded interface.
    pub func: Option<ObjId>,
    /// The method has a pointer receiver.
    pub pointer_receiver: bool,
    /// The type of the method, without receiver.
    pub ty: TypeId,
}

impl Checker {
    /// Finds the field or method a selector means. An unexported name is one of the current package.
    pub(crate) fn lookup_selection(&mut self, _ty: TypeId, _name: Symbol) -> Lookup {
        unimplemented!()
    }

    /// As [`Checker::lookup_selection`], but names match without regard to upper and lower case.
    pub(crate) fn lookup_folded(&mut self, _ty: TypeId, _name: Symbol) -> Option<Symbol> {
        unimplemented!()
    }

    /// Whether a type implements an interface, or (`constraint`) satisfies it.
    ///
    /// # Errors
    /// The reason why not.
    pub(crate) fn implements(
        &mut self,
        _ty: TypeId,
        _iface: TypeId,
        _constraint: bool,
    ) -> Result<(), Reason> {
        unimplemented!()
    }

    /// The first method of an interface that a type lacks. `asserting`: for a type assertion, where
    /// an interface type need only not contradict.
    ///
    /// # Errors
    /// What is missing, as `missing method M` and further lines.
    pub(crate) fn missing_method(
        &mut self,
        _ty: TypeId,
        _iface: TypeId,
        _asserting: bool,
    ) -> Result<(), Reason> {
        unimplemented!()
    }

    /// The method set of a type, sorted by name.
    pub fn method_set(&mut self, _ty: TypeId) -> Vec<MethodEntry> {
        unimplemented!()
    }
}
