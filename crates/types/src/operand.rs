//! Operands: what checking an expression gives.
//!
//! An operand borrows its expression; tables of the checker hold what outlives it. After an error
//! its mode is [`Mode::Invalid`], and everything that would follow from it stays silent.

use golite_source::Span;
use golite_syntax::ast::{Expr, ExprId, ExprKind};

use crate::check::Checker;
use crate::constant::Const;
use crate::info::Mode;
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId, TypeTable};

/// The result of checking an expression.
#[derive(Clone, Debug)]
pub(crate) struct Operand<'a> {
    /// What it stands for.
    pub mode: Mode,
    /// Its type; untyped until something decides it.
    pub ty: TypeId,
    /// The value of a constant; `None` if it is not known after an error.
    pub value: Option<Const>,
    /// The expression's id.
    pub id: ExprId,
    /// The whole expression.
    pub span: Span,
    /// The expression; none for one of several results of a call and the like.
    pub expr: Option<&'a Expr>,
    /// Stands for the expression in messages if there is none.
    pub text: Option<String>,
}

/// The type of what a value is assigned to, and what messages call that.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'t> {
    /// The type.
    pub ty: TypeId,
    /// The variable or context.
    pub desc: &'t str,
}

impl<'a> Operand<'a> {
    /// An operand of an expression about which nothing is known yet.
    pub(crate) fn invalid(expr: &'a Expr) -> Operand<'a> {
        Operand {
            mode: Mode::Invalid,
            ty: Basic::Invalid.id(),
            value: None,
            id: expr.id,
            span: start_span(expr),
            expr: Some(expr),
            text: None,
        }
    }

    /// A value that no expression of its own stands for. `text` names it in messages.
    pub(crate) fn value(ty: TypeId, span: Span, text: impl Into<String>) -> Operand<'a> {
        Operand {
            mode: Mode::Value,
            ty,
            value: None,
            id: ExprId(0),
            span,
            expr: None,
            text: Some(text.into()),
        }
    }

    /// Whether no error was found.
    pub(crate) fn is_valid(&self) -> bool {
        self.mode != Mode::Invalid
    }

    /// Notes an error.
    pub(crate) fn invalidate(&mut self) {
        self.mode = Mode::Invalid;
        self.value = None;
    }

    /// The predeclared `nil`, converted or not.
    pub(crate) fn is_nil(&self) -> bool {
        self.mode == Mode::Nil
    }

    /// A constant.
    pub(crate) fn is_const(&self) -> bool {
        self.mode == Mode::Const
    }

    /// Makes it stand for another expression, which it became a part of.
    pub(crate) fn stands_for(&mut self, expr: &'a Expr) {
        self.id = expr.id;
        self.span = start_span(expr);
        self.expr = Some(expr);
        self.text = None;
    }

    /// Makes it a value of a type.
    pub(crate) fn set_value(&mut self, ty: TypeId) {
        self.mode = Mode::Value;
        self.ty = ty;
        self.value = None;
    }

    /// Makes it a constant of a type.
    pub(crate) fn set_const(&mut self, ty: TypeId, value: Option<Const>) {
        self.mode = Mode::Const;
        self.ty = ty;
        self.value = value;
    }
}

impl Checker {
    /// The text of an operand's expression, as messages show it.
    pub(crate) fn operand_text(&self, x: &Operand<'_>) -> String {
        match (x.expr, &x.text) {
            (Some(expr), _) => self.expr_text(expr),
            (None, Some(text)) => text.clone(),
            (None, None) => self.text(x.span).to_string(),
        }
    }

    /// An operand with its kind and type, as messages show it.
    pub(crate) fn describe(&mut self, x: &Operand<'_>) -> String {
        if x.mode == Mode::Nil {
            return match x.ty {
                ty if ty == Basic::Invalid.id() => "nil (with invalid type)".into(),
                ty if ty == Basic::UntypedNil.id() => "nil".into(),
                ty => format!("nil (of type {})", self.show(ty)),
            };
        }
        let text = self.operand_text(x);
        let mut out = format!("{text} (");
        let mut has_type = false;
        if !matches!(x.mode, Mode::Invalid | Mode::NoValue | Mode::Builtin(_) | Mode::Type | Mode::Package) {
            match self.types.get(x.ty) {
                Type::Basic(basic) if basic.is_untyped() => {
                    out += basic.name();
                    out.push(' ');
                }
                _ => has_type = true,
            }
        }
        out += match x.mode {
            Mode::Invalid => "invalid operand",
            Mode::NoValue => "no value",
            Mode::Builtin(_) => "built-in",
            Mode::Type => "type",
            Mode::Const => "constant",
            Mode::Variable => "variable",
            Mode::MapIndex => "map index expression",
            Mode::Value => "value",
            Mode::Nil => "nil",
            Mode::CommaOk => "comma, ok expression",
            Mode::Package => "package",
        };
        if x.mode == Mode::Const {
            let value = x.value.as_ref().map_or_else(|| "unknown".to_string(), Const::show);
            if value != text {
                out.push(' ');
                out += &value;
            }
        }
        if has_type {
            match self.named_results(x) {
                Some(results) => out += &format!(" of type {results}"),
                None => out += &self.describe_type(x.ty),
            }
        }
        out.push(')');
        out
    }

    /// The results of a call of several, with their names.
    fn named_results(&self, x: &Operand<'_>) -> Option<String> {
        let Type::Tuple(types) = self.types.get(x.ty) else { return None };
        let ExprKind::Call(call) = &x.expr?.unparen().kind else { return None };
        let Type::Signature(sig) = self.types.get(self.info.fact(call.func.id).ty) else { return None };
        (sig.results.len() == types.len()).then(|| self.show_results(types, &sig.names))
    }

    fn describe_type(&mut self, ty: TypeId) -> String {
        if ty == Basic::Invalid.id() {
            return " with invalid type".into();
        }
        let mut desc = String::new();
        let generic = match self.types.get(ty).clone() {
            Type::Named(named) => !self.types.named_info(named).type_params.is_empty(),
            Type::Signature(sig) => !sig.type_params.is_empty(),
            _ => false,
        };
        if generic {
            desc += "generic ";
        }
        let has_name = self.types.as_named(ty).is_some() || self.types.as_alias(ty).is_some();
        if has_name || ty == self.types.any() {
            let kind = match self.composite_kind(ty) {
                "" => match self.types.basic(ty) {
                    Some(Basic::UnsafePointer) => "Pointer",
                    basic => basic.map_or("", Basic::name),
                },
                kind => kind,
            };
            desc += kind;
            desc.push(' ');
        }
        let mut out = format!(" of {desc}type {}", self.show(ty));
        if let Some(param) = self.types.as_param(ty) {
            let constraint = self.types.param_info(param).constraint;
            out += " constrained by ";
            out += &self.show(constraint);
            if self.types.type_set(ty).terms.as_ref().is_some_and(Vec::is_empty) {
                out += " with empty type set";
            }
        }
        out
    }

    /// The kind of a composite type; empty for basic types.
    pub(crate) fn composite_kind(&mut self, ty: TypeId) -> &'static str {
        match self.types.under(ty) {
            Type::Basic(_) | Type::Named(_) => "",
            Type::Array(..) => "array",
            Type::Slice(_) => "slice",
            Type::Struct(_) => "struct",
            Type::Pointer(_) => "pointer",
            Type::Signature(_) => "func",
            Type::Interface(_) | Type::Param(_) => "interface",
            Type::Map(..) => "map",
            Type::Chan(..) => "chan",
            Type::Tuple(_) => "tuple",
            Type::Union(_) => "union",
        }
    }

    // ---- predicates

    /// An untyped kind, nil too.
    pub(crate) fn is_untyped(&self, ty: TypeId) -> bool {
        matches!(self.types.get(ty), Type::Basic(basic) if basic.is_untyped())
    }

    /// A type parameter.
    pub(crate) fn is_param(&self, ty: TypeId) -> bool {
        self.types.as_param(ty).is_some()
    }

    /// An interface that is not a type parameter.
    pub(crate) fn is_interface_type(&mut self, ty: TypeId) -> bool {
        !self.is_param(ty) && matches!(self.types.under(ty), Type::Interface(_))
    }

    /// A basic type of a kind, by its underlying type; type parameters are not.
    pub(crate) fn is_basic(&mut self, ty: TypeId, test: fn(Basic) -> bool) -> bool {
        self.types.basic(ty).is_some_and(test)
    }

    /// A basic type of a kind; for type parameters all types of the type set.
    pub(crate) fn all_basic(&mut self, ty: TypeId, test: fn(Basic) -> bool) -> bool {
        self.types.all_under(ty, |_, under| matches!(under, Type::Basic(basic) if test(*basic)))
    }

    /// Types with a name: predeclared, defined, and type parameters.
    pub(crate) fn has_name(&self, ty: TypeId) -> bool {
        matches!(self.types.get(ty), Type::Basic(_) | Type::Named(_) | Type::Param(_))
    }

    /// Whether `nil` is a value of the type.
    pub(crate) fn has_nil(&mut self, ty: TypeId) -> bool {
        self.types.all_under(ty, |_, under| match under {
            Type::Basic(basic) => *basic == Basic::UnsafePointer,
            Type::Slice(_)
            | Type::Pointer(_)
            | Type::Signature(_)
            | Type::Map(..)
            | Type::Chan(..)
            | Type::Interface(_) => true,
            _ => false,
        })
    }

    /// The type that an untyped value gets when nothing else decides; other types stay.
    pub(crate) fn default_type(&self, ty: TypeId) -> TypeId {
        match self.types.get(ty) {
            Type::Basic(Basic::UntypedBool) => Basic::Bool.id(),
            Type::Basic(Basic::UntypedInt) => Basic::Int.id(),
            Type::Basic(Basic::UntypedRune) => TypeTable::RUNE,
            Type::Basic(Basic::UntypedFloat) => Basic::Float64.id(),
            Type::Basic(Basic::UntypedComplex) => Basic::Complex128.id(),
            Type::Basic(Basic::UntypedString) => Basic::String.id(),
            _ => ty,
        }
    }

    /// The larger of two untyped numeric types; the same for equal types.
    pub(crate) fn max_untyped(&self, a: TypeId, b: TypeId) -> Option<TypeId> {
        if a == b {
            return Some(a);
        }
        match (self.types.get(a), self.types.get(b)) {
            (Type::Basic(x), Type::Basic(y))
                if x.is_untyped() && y.is_untyped() && x.is_numeric() && y.is_numeric() =>
            {
                Some((*x).max(*y).id())
            }
            _ => None,
        }
    }

    /// The types of a type parameter's type set with their underlying types; `None` if it has none
    /// in particular. For another type that type alone.
    pub(crate) fn specific_types(&mut self, ty: TypeId) -> Option<Vec<(TypeId, TypeId)>> {
        if !self.is_param(ty) {
            return Some(vec![(ty, self.types.underlying(ty))]);
        }
        let terms = self.types.type_set(ty).terms.clone()?;
        if terms.is_empty() {
            return None;
        }
        Some(terms.iter().map(|term| (term.ty, self.types.underlying(term.ty))).collect())
    }

    /// The common underlying type of a type set.
    ///
    /// # Errors
    /// Why there is none.
    pub(crate) fn common_under(&mut self, ty: TypeId) -> Result<TypeId, String> {
        let Some(types) = self.specific_types(ty) else { return Err("no specific type".into()) };
        let mut common: Option<(TypeId, TypeId)> = None;
        for (ty, under) in types {
            let Some((first, before)) = common else {
                common = Some((ty, under));
                continue;
            };
            if let (Type::Chan(a, x), Type::Chan(b, y)) =
                (self.types.get(before).clone(), self.types.get(under).clone())
            {
                use golite_syntax::ast::ChanDir;
                if !self.types.identical(x, y) {
                    let (a, b) = (self.show(first), self.show(ty));
                    return Err(format!("channels {a} and {b} have different element types"));
                }
                if a != b {
                    if a == ChanDir::Both {
                        common = Some((ty, under));
                    } else if b != ChanDir::Both {
                        let (a, b) = (self.show(first), self.show(ty));
                        return Err(format!("channels {a} and {b} have conflicting directions"));
                    }
                }
                continue;
            }
            if !self.types.identical(before, under) {
                let (a, b) = (self.show(first), self.show(ty));
                return Err(format!("{a} and {b} have different underlying types"));
            }
        }
        Ok(common.expect("a type set has at least one term here").1)
    }
}
