//! Types as written.

use golite_source::{Span, Symbol};
use golite_syntax::ast::{Expr, Field, FuncType};

use crate::check::Checker;
use crate::object::ObjId;
use crate::ty::{NamedId, TypeId};

/// A signature as declared: its type and the variables of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    /// The type.
    pub ty: TypeId,
    /// Parameters, blank and unnamed ones too.
    pub params: Vec<ObjId>,
    /// Results, likewise.
    pub results: Vec<ObjId>,
}

impl Checker {
    /// The type an expression denotes; reports if it does not. Constraints and generic types are
    /// allowed only where types2's `definedType` allows them.
    pub(crate) fn check_type(&mut self, _expr: &Expr) -> TypeId {
        unimplemented!()
    }

    /// As [`Checker::check_type`], but the type must be one that variables can have.
    pub(crate) fn check_var_type(&mut self, _expr: &Expr) -> TypeId {
        unimplemented!()
    }

    /// As [`Checker::check_type`], but a generic type without type arguments is allowed.
    pub(crate) fn check_generic_type(&mut self, _expr: &Expr) -> TypeId {
        unimplemented!()
    }

    /// The array length an expression denotes; -1 and reported if it is wrong.
    pub(crate) fn array_length(&mut self, _expr: &Expr) -> i64 {
        unimplemented!()
    }

    /// Parameters and results; opens a scope (left open, as `env.scope`) and declares them there.
    pub(crate) fn check_signature(&mut self, _ty: &FuncType, _type_params: &[Field]) -> Signature {
        unimplemented!()
    }

    /// The instance of a generic type, its arguments to be verified later.
    pub(crate) fn instantiate_type(
        &mut self,
        _generic: NamedId,
        _args: Vec<TypeId>,
        _spans: Vec<Span>,
    ) -> TypeId {
        unimplemented!()
    }

    /// The type parameters of a generic named type; none if it is not generic.
    pub(crate) fn type_params_of(&self, _ty: TypeId) -> Vec<TypeId> {
        unimplemented!()
    }

    /// The text of a name, for messages.
    pub(crate) fn owned_name(&self, name: Symbol) -> String {
        self.name(name).to_string()
    }
}
