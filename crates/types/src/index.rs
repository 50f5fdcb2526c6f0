//! Index and slice expressions. Spec: Index expressions, Slice expressions.

use golite_diag::Code;
use golite_syntax::ast::{Expr, ExprKind, SliceExpr};

use crate::check::Checker;
use crate::constant::Const;
use crate::expr::Generic;
use crate::info::Mode;
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId, TypeTable};

/// What indexing a type gives.
#[derive(Clone, Copy, Debug)]
struct Indexed {
    /// The key type of a map.
    key: Option<TypeId>,
    elem: TypeId,
    mode: Mode,
    /// The length, if the type tells.
    length: Option<i64>,
}

/// Whether an index may be negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Negative {
    /// It may.
    Allowed,
    /// It is an error.
    Refused,
}

impl Checker {
    /// `x[i]`. Gives true if it instantiates a generic function, which is then the operand; that is
    /// the caller's to do.
    pub(crate) fn check_index<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr) -> bool {
        let ExprKind::Index(base, indices) = &expr.kind else { return false };
        *x = self.check_expr_or_type(base, Generic::Allowed);
        match x.mode {
            Mode::Invalid => {
                self.use_exprs(indices);
                x.stands_for(expr);
                return false;
            }
            Mode::Type => {
                x.stands_for(expr);
                x.invalidate();
                x.ty = self.check_var_type(expr);
                if x.ty != Basic::Invalid.id() {
                    x.mode = Mode::Type;
                }
                return false;
            }
            Mode::Value => {
                if let Type::Signature(sig) = self.types.get(x.ty)
                    && !sig.type_params.is_empty()
                {
                    return true;
                }
            }
            _ => {}
        }
        self.non_generic(x, None);
        if !x.is_valid() {
            return false;
        }
        let under = self.types.underlying(x.ty);
        if let Type::Pointer(array) = *self.types.get(under)
            && !self.require_complete(array)
        {
            self.use_exprs(indices);
            x.stands_for(expr);
            x.invalidate();
            return false;
        }
        let indexed = if matches!(x.mode, Mode::Builtin(_)) { None } else { self.indexed(x) };
        let Some(indexed) = indexed else {
            if x.ty != Basic::Invalid.id() || matches!(x.mode, Mode::Builtin(_)) {
                let text = self.describe(x);
                let at = self.position(expr);
                self.error(Code::BadIndex, at, format!("cannot index {text}"));
            }
            self.use_exprs(indices);
            x.stands_for(expr);
            x.invalidate();
            return false;
        };
        let index = match indices.as_slice() {
            [] => None,
            [index] => Some(index),
            [index, second, ..] => {
                self.error(Code::BadIndex, start_span(second), "invalid operation: more than one index");
                Some(index)
            }
        };
        if self.is_untyped(x.ty) {
            // An untyped constant string is a string when it is indexed at run time.
            self.update_type(base, Basic::String.id(), true);
        }
        x.stands_for(expr);
        x.mode = indexed.mode;
        x.ty = indexed.elem;
        x.value = None;
        let Some(index) = index else {
            x.invalidate();
            return false;
        };
        match indexed.key {
            Some(key) => {
                let mut operand = self.check_generic_expr(index, None);
                self.assign_to(&mut operand, Some(key), "map index");
            }
            None => {
                self.check_index_value(index, indexed.length);
            }
        }
        if x.ty == Basic::Invalid.id() {
            x.invalidate();
        }
        false
    }

    fn indexed(&mut self, x: &Operand<'_>) -> Option<Indexed> {
        if !self.is_param(x.ty) {
            let under = self.types.underlying(x.ty);
            let mut indexed = self.indexed_kind(under, x.mode)?;
            if let (Some(Const::Str(bytes)), true) = (&x.value, x.is_const()) {
                indexed.length = Some(bytes.len() as i64);
            }
            return Some(indexed);
        }
        let mut all: Option<Indexed> = None;
        for (_, under) in self.specific_types(x.ty)? {
            let this = self.indexed_kind(under, x.mode)?;
            all = Some(match all {
                None => this,
                Some(before) => {
                    let same_key = match (before.key, this.key) {
                        (None, None) => true,
                        (Some(a), Some(b)) => self.types.identical(a, b),
                        _ => false,
                    };
                    if !same_key || !self.types.identical(before.elem, this.elem) {
                        return None;
                    }
                    let length = match (before.length, this.length) {
                        (Some(a), Some(b)) => Some(a.min(b)),
                        (a, b) => a.or(b),
                    };
                    let mode = if this.mode == Mode::Value { Mode::Value } else { before.mode };
                    Indexed { length, mode, ..before }
                }
            });
        }
        all
    }

    fn indexed_kind(&mut self, under: TypeId, mode: Mode) -> Option<Indexed> {
        let variable = Mode::Variable;
        let length = |len: i64| (len >= 0).then_some(len);
        Some(match self.types.get(under).clone() {
            Type::Basic(basic) if basic.is_string() => {
                Indexed { key: None, elem: TypeTable::BYTE, mode: Mode::Value, length: None }
            }
            Type::Array(len, elem) => {
                let mode = if mode == variable { variable } else { Mode::Value };
                Indexed { key: None, elem, mode, length: length(len) }
            }
            Type::Pointer(base) => match self.types.under(base) {
                Type::Array(len, elem) => Indexed { key: None, elem, mode: variable, length: length(len) },
                _ => return None,
            },
            Type::Slice(elem) => Indexed { key: None, elem, mode: variable, length: None },
            Type::Map(key, elem) => Indexed { key: Some(key), elem, mode: Mode::MapIndex, length: None },
            _ => return None,
        })
    }

    /// Checks an index; a constant one must be below the length. Gives its type and constant value.
    pub(crate) fn check_index_value(
        &mut self,
        index: &Expr,
        length: Option<i64>,
    ) -> Option<(TypeId, Option<i64>)> {
        let mut x = self.check_expr(index, None);
        if !self.valid_index(&mut x, "index", Negative::Refused, Code::BadIndex) {
            return None;
        }
        if !x.is_const() {
            return Some((x.ty, None));
        }
        let value = x.value.as_ref()?.as_i64()?;
        if let Some(length) = length.filter(|length| value >= *length) {
            let message = format!("invalid argument: index {value} out of bounds [0:{length}]");
            self.error(Code::BadIndex, x.span, message);
            return None;
        }
        Some((x.ty, Some(value)))
    }

    /// Checks that an operand is an integer that can be an index or a length.
    pub(crate) fn valid_index(
        &mut self,
        x: &mut Operand<'_>,
        what: &str,
        negative: Negative,
        code: Code,
    ) -> bool {
        if !x.is_valid() {
            return false;
        }
        self.convert_untyped(x, Basic::Int.id());
        if !x.is_valid() {
            return false;
        }
        if !self.all_basic(x.ty, Basic::is_integer) {
            let text = self.describe(x);
            self.error(code, x.span, format!("invalid argument: {what} {text} must be integer"));
            return false;
        }
        if x.is_const()
            && let Some(value) = x.value.clone()
        {
            if negative == Negative::Refused && value.sign() < 0 {
                let text = self.describe(x);
                self.error(code, x.span, format!("invalid argument: {what} {text} must not be negative"));
                return false;
            }
            if value.represent(Basic::Int).is_none() {
                let text = self.describe(x);
                self.error(code, x.span, format!("invalid argument: {what} {text} overflows int"));
                return false;
            }
        }
        true
    }

    /// `x[lo:hi:max]`
    pub(crate) fn check_slice<'a>(&mut self, x: &mut Operand<'a>, slice: &'a SliceExpr) {
        let bounds = [&slice.lo, &slice.hi, &slice.max];
        let base = self.check_expr(&slice.base, None);
        if !base.is_valid() {
            self.use_exprs(bounds.into_iter().flatten());
            return;
        }
        let Some((under, string)) = self.sliced_under(&base) else { return };
        let refuse = |checker: &mut Checker| {
            let text = checker.describe(&base);
            checker.error(Code::BadIndex, base.span, format!("cannot slice {text}"));
        };
        let mut length = None;
        let ty = if string {
            if slice.three {
                let span = slice.max.as_ref().map_or(base.span, |max| max.span);
                self.error(Code::BadIndex, span, "invalid operation: 3-index slice of string");
                return;
            }
            if let (true, Some(Const::Str(bytes))) = (base.is_const(), &base.value) {
                length = Some(bytes.len() as i64);
            }
            if self.is_untyped(base.ty) {
                if let Some(expr) = base.expr {
                    self.update_type(expr, Basic::String.id(), true);
                }
                Basic::String.id()
            } else {
                base.ty
            }
        } else {
            match self.types.get(under).clone() {
                Type::Array(len, elem) => {
                    if base.mode != Mode::Variable {
                        let text = self.describe(&base);
                        let message = format!("cannot slice unaddressable value {text}");
                        self.error(Code::NotAddressable, base.span, message);
                        return;
                    }
                    self.mark_addressed(&slice.base);
                    length = (len >= 0).then_some(len);
                    self.types.slice(elem)
                }
                Type::Pointer(array) if !self.require_complete(array) => return,
                Type::Pointer(array) => match self.types.under(array) {
                    Type::Array(len, elem) => {
                        length = (len >= 0).then_some(len);
                        self.types.slice(elem)
                    }
                    _ => return refuse(self),
                },
                Type::Slice(_) => base.ty,
                Type::Basic(Basic::Invalid) => return,
                _ => return refuse(self),
            }
        };
        if slice.three && (slice.hi.is_none() || slice.max.is_none()) {
            // Reported by the parser.
            return;
        }
        x.set_value(ty);
        // Known bounds, for the order of constants; the capacity is known where the length is.
        let mut known: [Option<i64>; 3] = [None; 3];
        for (i, bound) in bounds.iter().enumerate() {
            known[i] = match bound {
                Some(bound) => {
                    let limit = length.map(|length| length + 1);
                    self.check_index_value(bound, limit).and_then(|(_, value)| value)
                }
                None if i == 0 => Some(0),
                None => length,
            };
        }
        for i in 0..2 {
            let Some(low) = known[i].filter(|low| *low > 0) else { continue };
            for j in i + 1..3 {
                if let (Some(high), Some(bound)) = (known[j], bounds[j].as_ref())
                    && high < low
                {
                    let message = format!("invalid slice indices: {high} < {low}");
                    self.error(Code::BadIndex, start_span(bound), message);
                    return;
                }
            }
        }
    }

    /// The common underlying type of what is sliced, and whether it is (also) a string.
    fn sliced_under(&mut self, x: &Operand<'_>) -> Option<(TypeId, bool)> {
        let Some(types) = self.specific_types(x.ty) else {
            let (text, ty) = (self.describe(x), self.show(x.ty));
            let message = format!("cannot slice {text}: no specific type in {ty}");
            self.error(Code::BadIndex, x.span, message);
            return None;
        };
        let bytes = self.types.slice(TypeTable::BYTE);
        let mut string = false;
        let mut common: Option<(TypeId, TypeId)> = None;
        for (ty, under) in types {
            let is_string = matches!(self.types.get(under), Type::Basic(basic) if basic.is_string());
            string |= is_string;
            let under = if is_string { bytes } else { under };
            match common {
                None => common = Some((ty, under)),
                Some((first, before)) => {
                    if !self.types.identical(before, under) {
                        let (text, a, b) = (self.describe(x), self.show(first), self.show(ty));
                        let message =
                            format!("cannot slice {text}: {a} and {b} have different underlying types");
                        self.error(Code::BadIndex, x.span, message);
                        return None;
                    }
                }
            }
        }
        common.map(|(_, under)| (under, string))
    }
}
