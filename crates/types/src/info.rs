//! What the checker found out about expressions, for the compiler.

use golite_syntax::ast::ExprId;
use rustc_hash::FxHashMap;

use crate::constant::Const;
use crate::object::{Builtin, ObjId};
use crate::ty::TypeId;

/// What an expression stands for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Mode {
    /// Not checked, or in error.
    #[default]
    Invalid,
    /// No value: a call without results.
    NoValue,
    /// A built-in function.
    Builtin(Builtin),
    /// A type.
    Type,
    /// A constant.
    Const,
    /// An addressable variable.
    Variable,
    /// An element of a map: assignable, with `, ok`.
    MapIndex,
    /// A value.
    Value,
    /// `nil`
    Nil,
    /// A value with `, ok`: a receive or type assertion.
    CommaOk,
    /// A package name, legal only before a dot.
    Package,
}

/// Type and kind of an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
    /// What it stands for.
    pub mode: Mode,
    /// Its type.
    pub ty: TypeId,
}

/// Kinds of `x.f`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SelectionKind {
    /// A field.
    Field,
    /// A method of a value, bound to it.
    Method,
    /// `T.Method`: a function with the receiver as first parameter.
    MethodExpr,
}

/// What `x.f` selects.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    /// Its kind.
    pub kind: SelectionKind,
    /// The type of `x`.
    pub recv: TypeId,
    /// The fields to follow, embedded ones first; for methods without the last step.
    pub path: Vec<usize>,
    /// The method, if it is one of a named type; none for methods of interfaces.
    pub method: Option<ObjId>,
    /// The type of the result.
    pub ty: TypeId,
}

/// Side tables over expressions, of a whole session.
#[derive(Debug, Default)]
pub struct Info {
    facts: Vec<Fact>,
    /// Values of constant expressions.
    pub values: FxHashMap<ExprId, Const>,
    uses: Vec<ObjId>,
    /// `x.f`, but for qualified names.
    pub selections: FxHashMap<ExprId, Selection>,
    /// Type arguments of instantiated functions, by the expression of the function's name.
    pub instances: FxHashMap<ExprId, Vec<TypeId>>,
    /// Variables that clauses of type switches declare, by the clause's id.
    pub implicit: FxHashMap<ExprId, ObjId>,
}

impl Info {
    pub(crate) fn set(&mut self, id: ExprId, fact: Fact) {
        let index = id.index();
        if index >= self.facts.len() {
            let nothing = Fact { mode: Mode::Invalid, ty: crate::ty::Basic::Invalid.id() };
            self.facts.resize(index + 64, nothing);
        }
        self.facts[index] = fact;
    }

    /// Forgets the facts about the last expressions.
    pub(crate) fn forget(&mut self, ids: impl Iterator<Item = ExprId> + Clone) {
        let Some(first) = ids.clone().next() else { return };
        self.facts.truncate(first.index());
        self.uses.truncate(first.index());
        for id in ids {
            self.values.remove(&id);
            self.selections.remove(&id);
            self.instances.remove(&id);
            self.implicit.remove(&id);
        }
    }

    /// Type and kind of an expression.
    #[must_use]
    pub fn fact(&self, id: ExprId) -> Fact {
        let nothing = Fact { mode: Mode::Invalid, ty: crate::ty::Basic::Invalid.id() };
        self.facts.get(id.index()).copied().unwrap_or(nothing)
    }

    /// The value of a constant expression.
    #[must_use]
    pub fn value(&self, id: ExprId) -> Option<&Const> {
        self.values.get(&id)
    }

    pub(crate) fn set_object(&mut self, id: ExprId, obj: ObjId) {
        let index = id.index();
        if index >= self.uses.len() {
            self.uses.resize(index + 64, ObjId(0));
        }
        self.uses[index] = obj;
    }

    /// The object that an identifier declares or refers to.
    #[must_use]
    pub fn object(&self, id: ExprId) -> Option<ObjId> {
        self.uses.get(id.index()).copied().filter(|obj| obj.0 != 0)
    }
}
