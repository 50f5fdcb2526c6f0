//! Conversions, explicit and implicit: representability, assignability, untyped values.
//! Spec: Representability, Assignability, Conversions.

use golite_diag::Code;
use golite_syntax::ast::{BinaryOp, Expr, ExprKind};
use num_traits::ToPrimitive;

use crate::check::Checker;
use crate::constant::Const;
use crate::info::{Fact, Mode};
use crate::operand::{Operand, Target};
use crate::text::{operator_span, start_span};
use crate::ty::{Basic, Type, TypeId};

/// Why an untyped value does not fit a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Misfit {
    /// The kinds differ.
    Kind,
    /// Digits after the point would be lost.
    Truncated,
    /// The value is too large.
    Overflow,
}

/// Constants with longer mantissas are refused. Go has the same limit.
const MAX_BITS: u64 = 512;

/// The longest constant string, in bytes.
const MAX_STRING: usize = 1 << 28;

impl Checker {
    // ---- constants

    /// The value a constant has in a basic type.
    pub(crate) fn representation(&mut self, x: &Operand<'_>, to: Basic) -> Result<Option<Const>, Misfit> {
        let Some(value) = &x.value else { return Ok(None) };
        if let Some(value) = value.represent(to) {
            return Ok(Some(value));
        }
        let numeric = self.is_basic(x.ty, Basic::is_numeric) && to.is_numeric();
        if !numeric {
            return Err(Misfit::Kind);
        }
        if !self.is_basic(x.ty, Basic::is_integer) && to.is_integer() {
            Err(Misfit::Truncated)
        } else {
            Err(Misfit::Overflow)
        }
    }

    /// Checks that a constant fits a basic type and rounds it to that.
    pub(crate) fn representable(&mut self, x: &mut Operand<'_>, to: TypeId, basic: Basic) {
        match self.representation(x, basic) {
            Ok(value) => x.value = value,
            Err(misfit) => {
                self.report_misfit(misfit, x, to);
                x.invalidate();
            }
        }
    }

    fn report_misfit(&mut self, misfit: Misfit, x: &Operand<'_>, to: TypeId) {
        let (text, ty) = (self.describe(x), self.show(to));
        let (code, message) = match misfit {
            Misfit::Kind => (Code::TypeMismatch, format!("cannot convert {text} to type {ty}")),
            Misfit::Truncated => (Code::ConstantTruncated, format!("{text} truncated to {ty}")),
            Misfit::Overflow => (Code::ConstantOverflow, format!("{text} overflows {ty}")),
        };
        self.error(code, x.span, message);
    }

    /// Checks the result of a constant operation: a typed one must fit, an untyped one must not grow
    /// beyond all bounds.
    pub(crate) fn check_overflow(&mut self, x: &mut Operand<'_>) {
        if !self.is_untyped(x.ty) {
            if let Some(basic) = self.types.basic(x.ty) {
                self.representable(x, x.ty, basic);
            }
            return;
        }
        let (span, name) = match x.expr {
            Some(expr) => (operator_span(expr), operation_name(expr)),
            None => (x.span, ""),
        };
        match &x.value {
            None => {}
            Some(value) if value.is_excessive() => {
                self.error(Code::ConstantOverflow, span, "constant result is not representable");
                x.value = None;
            }
            Some(Const::Int(value)) if value.bits() > MAX_BITS => {
                let space = if name.is_empty() { "" } else { " " };
                self.error(Code::ConstantOverflow, span, format!("constant {name}{space}overflow"));
                x.value = None;
            }
            Some(Const::Str(bytes)) if bytes.len() > MAX_STRING => {
                let len = bytes.len();
                let message = format!("constant string too long ({len} bytes > {MAX_STRING} bytes)");
                self.error(Code::ConstantOverflow, span, message);
                x.value = None;
            }
            Some(_) => {}
        }
    }

    // ---- untyped values

    /// Type and value that an untyped operand gets where a type is expected.
    pub(crate) fn implicit_type(
        &mut self,
        x: &Operand<'_>,
        target: TypeId,
    ) -> Result<(TypeId, Option<Const>), Misfit> {
        if !x.is_valid() || !self.is_untyped(x.ty) || target == Basic::Invalid.id() {
            return Ok((x.ty, None));
        }
        if self.is_untyped(target) {
            return match self.max_untyped(x.ty, target) {
                Some(max) => Ok((max, None)),
                None => Err(Misfit::Kind),
            };
        }
        if x.is_nil() {
            return if self.has_nil(target) { Ok((target, None)) } else { Err(Misfit::Kind) };
        }
        if self.is_param(target) {
            let Some(types) = self.specific_types(target) else { return Err(Misfit::Kind) };
            for (_, under) in types {
                self.implicit_type(x, under).map_err(|_| Misfit::Kind)?;
            }
            return Ok((target, None));
        }
        match self.types.under(target) {
            Type::Basic(basic) => {
                if x.is_const() {
                    return self.representation(x, basic).map(|value| (target, value));
                }
                // Untyped but not constant: comparisons and shifts.
                let fits = match self.types.basic(x.ty) {
                    Some(Basic::UntypedBool) => basic.is_boolean(),
                    Some(Basic::UntypedString) => basic.is_string(),
                    Some(kind) if kind.is_numeric() => basic.is_numeric(),
                    _ => false,
                };
                if fits { Ok((target, None)) } else { Err(Misfit::Kind) }
            }
            Type::Interface(_) => {
                // Values in interfaces have a concrete type: the default type.
                if self.types.type_set(target).is_all() {
                    Ok((self.default_type(x.ty), None))
                } else {
                    Err(Misfit::Kind)
                }
            }
            _ => Err(Misfit::Kind),
        }
    }

    /// Gives an untyped operand a type; reports if that cannot be.
    pub(crate) fn convert_untyped(&mut self, x: &mut Operand<'_>, target: TypeId) {
        match self.implicit_type(x, target) {
            Ok((ty, value)) => self.set_implicit(x, ty, value),
            Err(misfit) => {
                let shown = if self.is_param(target) { target } else { self.types.underlying(target) };
                self.report_misfit(misfit, x, shown);
                x.invalidate();
            }
        }
    }

    fn set_implicit(&mut self, x: &mut Operand<'_>, ty: TypeId, value: Option<Const>) {
        if let Some(value) = value {
            if x.expr.is_some() && self.untyped.contains_key(&x.id) {
                self.info.values.insert(x.id, value.clone());
            }
            x.value = Some(value);
        }
        if ty != x.ty {
            x.ty = ty;
            if let Some(expr) = x.expr {
                self.update_type(expr, ty, false);
            }
        }
    }

    /// Changes the type of an untyped expression and of the operands that share it. A typed type is
    /// final, and so is any type if `last` says so: then constants must fit and left operands of
    /// shifts must be integers.
    pub(crate) fn update_type(&mut self, expr: &Expr, ty: TypeId, last: bool) {
        let mut work = vec![expr];
        while let Some(expr) = work.pop() {
            let Some(shifted) = self.untyped.get(&expr.id).copied() else { continue };
            let old = self.info.fact(expr.id);
            match &expr.kind {
                ExprKind::Paren(inner) => work.push(inner),
                // Operands of constants are never materialised.
                ExprKind::Unary(..) | ExprKind::Binary(_) if old.mode == Mode::Const => {}
                ExprKind::Unary(_, inner) => work.push(inner),
                ExprKind::Binary(binary) => {
                    if binary.op.is_shift() {
                        work.push(&binary.left);
                    } else if !binary.op.is_comparison() {
                        work.push(&binary.right);
                        work.push(&binary.left);
                    }
                }
                _ => {}
            }
            if !last && self.is_untyped(ty) {
                self.info.set(expr.id, Fact { mode: old.mode, ty: self.types.underlying(ty) });
                continue;
            }
            self.untyped.remove(&expr.id);
            if shifted && !self.all_basic(ty, Basic::is_integer) {
                let (text, shown) = (self.expr_text(expr), self.show(ty));
                let message =
                    format!("invalid operation: shifted operand {text} (type {shown}) must be integer");
                self.error(Code::BadShift, start_span(expr), message);
                continue;
            }
            let value = self.info.values.get(&expr.id).cloned();
            let mut x = Operand { mode: old.mode, ty: old.ty, value, ..Operand::invalid(expr) };
            if old.mode == Mode::Const && x.value.is_some() {
                match self.implicit_type(&x, ty) {
                    Ok((_, Some(value))) => x.value = Some(value),
                    Ok((_, None)) => {}
                    Err(misfit) => {
                        let shown = if self.is_param(ty) { ty } else { self.types.underlying(ty) };
                        self.report_misfit(misfit, &x, shown);
                        continue;
                    }
                }
            }
            self.info.set(expr.id, Fact { mode: old.mode, ty });
            if let Some(value) = x.value {
                self.info.values.insert(expr.id, value);
            }
        }
    }

    // ---- assignability

    /// Checks that an operand can be assigned to a type, and converts an untyped one. Without a
    /// target an untyped value gets its default type. Gives the operand's type then; after an error
    /// the operand is invalid.
    pub(crate) fn assign_to(
        &mut self,
        x: &mut Operand<'_>,
        target: Option<TypeId>,
        context: &str,
    ) -> Option<TypeId> {
        self.single_value(x);
        match x.mode {
            Mode::Invalid => return None,
            Mode::Nil | Mode::Const | Mode::Variable | Mode::MapIndex | Mode::Value | Mode::CommaOk => {}
            Mode::NoValue | Mode::Builtin(_) | Mode::Type | Mode::Package => {
                let to = target.map_or_else(|| "_".to_string(), |ty| self.show(ty));
                let text = self.describe(x);
                let message = format!("cannot assign {text} to {to} in {context}");
                self.error(Code::TypeMismatch, x.span, message);
                x.invalidate();
                return None;
            }
        }
        if self.is_untyped(x.ty) {
            let wanted = match target {
                None if x.is_nil() => {
                    self.error(Code::UntypedNil, x.span, format!("use of untyped nil in {context}"));
                    x.invalidate();
                    return None;
                }
                None => self.default_type(x.ty),
                Some(ty) if !x.is_nil() && self.is_interface_type(ty) => self.default_type(x.ty),
                Some(ty) => ty,
            };
            match self.implicit_type(x, wanted) {
                Ok((ty, value)) => self.set_implicit(x, ty, value),
                Err(misfit) => {
                    let (text, to) = (self.describe(x), self.show(wanted));
                    let (code, tail) = match misfit {
                        Misfit::Kind => (Code::TypeMismatch, ""),
                        Misfit::Truncated => (Code::ConstantTruncated, " (truncated)"),
                        Misfit::Overflow => (Code::ConstantOverflow, " (overflows)"),
                    };
                    self.error(code, x.span, format!("cannot use {text} as {to} value in {context}{tail}"));
                    x.invalidate();
                    return None;
                }
            }
            if !x.is_valid() {
                return None;
            }
        }
        self.non_generic(x, target.map(|ty| Target { ty, desc: context }));
        if !x.is_valid() {
            return None;
        }
        let Some(target) = target else { return Some(x.ty) };
        let mut cause = String::new();
        if !self.assignable(x, target, &mut cause) {
            let (text, to) = (self.describe(x), self.show(target));
            let code = if cause.ends_with("has pointer receiver)") {
                Code::PointerReceiver
            } else if cause.contains("missing method") {
                Code::MissingMethod
            } else {
                Code::TypeMismatch
            };
            let tail = if cause.is_empty() { String::new() } else { format!(": {cause}") };
            self.error(code, x.span, format!("cannot use {text} as {to} value in {context}{tail}"));
            x.invalidate();
            return None;
        }
        Some(x.ty)
    }

    /// Whether an operand can be assigned to a type. Nothing is reported; `cause` may get a reason.
    pub(crate) fn assignable(&mut self, x: &Operand<'_>, target: TypeId, cause: &mut String) -> bool {
        let from = x.ty;
        if !x.is_valid() || from == Basic::Invalid.id() || target == Basic::Invalid.id() {
            return true;
        }
        if self.types.identical(from, target) {
            return true;
        }
        let (from_under, target_under) = (self.types.underlying(from), self.types.underlying(target));
        let (from_param, target_param) = (self.is_param(from), self.is_param(target));
        let invalid = Basic::Invalid.id();
        if from_under == invalid || target_under == invalid {
            return true;
        }
        if self.is_untyped(from_under) {
            if target_param {
                let Some(terms) = self.specific_types(target) else { return false };
                return terms.iter().all(|(ty, _)| self.implicit_type(x, *ty).is_ok());
            }
            return self.implicit_type(x, target).is_ok();
        }
        let unnamed = !self.has_name(from) || !self.has_name(target);
        if unnamed && !from_param && !target_param && self.types.identical(from_under, target_under) {
            return true;
        }
        let target_interface = !target_param && matches!(self.types.get(target_under), Type::Interface(_));
        let pointer_to_interface = match *self.types.get(target_under) {
            Type::Pointer(elem) => self.is_interface_type(elem) || self.is_param(elem),
            _ => false,
        };
        if target_interface || pointer_to_interface {
            let (from, target) = (self.types.unalias(from), self.types.unalias(target));
            match self.implements(from, target, false) {
                Ok(()) => return true,
                Err(reason) if !from_param => {
                    *cause = reason.0;
                    return false;
                }
                Err(_) => {}
            }
        }
        if !from_param
            && matches!(self.types.get(from_under), Type::Interface(_))
            && self.implements(target, from, false).is_ok()
        {
            *cause = "need type assertion".into();
            return false;
        }
        if let (Type::Chan(golite_syntax::ast::ChanDir::Both, a), Type::Chan(_, b)) =
            (self.types.get(from_under).clone(), self.types.get(target_under).clone())
            && self.types.identical(a, b)
        {
            return unnamed;
        }
        if target_param && !self.has_name(from) {
            let Some(terms) = self.specific_types(target) else { return false };
            for (ty, _) in terms {
                if !self.assignable(x, ty, cause) {
                    let (a, b, c) = (self.show(from), self.show(ty), self.show(target));
                    add_cause(cause, format!("cannot assign {a} to {b} (in {c})"));
                    return false;
                }
            }
            return true;
        }
        if from_param && !self.has_name(target) {
            let Some(terms) = self.specific_types(from) else { return false };
            for (ty, _) in terms {
                let part = Operand { ty, ..x.clone() };
                if !self.assignable(&part, target, cause) {
                    let (a, b, c) = (self.show(ty), self.show(from), self.show(target));
                    add_cause(cause, format!("cannot assign {a} (in {b}) to {c}"));
                    return false;
                }
            }
            return true;
        }
        false
    }

    // ---- conversions

    /// `T(x)`: the operand becomes the result.
    pub(crate) fn conversion(&mut self, x: &mut Operand<'_>, target: TypeId) {
        let constant = x.is_const();
        let const_type = self.is_basic(target, Basic::is_const_type) && !self.is_param(target);
        let mut cause = String::new();
        let mut value = None;
        let ok = if constant && const_type {
            match self.constant_conversion(x, target) {
                Some(converted) => {
                    value = Some(converted);
                    true
                }
                None => {
                    if self.is_basic(x.ty, Basic::is_integer) && self.is_basic(target, Basic::is_integer) {
                        let shown = x.value.as_ref().map_or_else(String::new, Const::show);
                        let to = self.show(target);
                        let message = format!("cannot convert {} to type {to}", self.describe(x));
                        let message = if shown.is_empty() {
                            message
                        } else {
                            format!("constant {shown} overflows {to}")
                        };
                        self.error(Code::ConstantOverflow, x.span, message);
                        x.invalidate();
                        return;
                    }
                    false
                }
            }
        } else if constant && self.is_param(target) {
            x.mode = Mode::Value;
            self.constant_to_param(x, target, &mut cause)
        } else {
            self.convertible(x, target, &mut cause)
        };
        if !ok {
            if constant && !self.is_param(target) {
                // Go shows the value as far as it was converted.
                if self.is_basic(target, Basic::is_integer)
                    && let Some(int) = x.value.as_ref().and_then(Const::as_int)
                {
                    x.value = Some(Const::Int(int));
                }
            }
            let (text, to) = (self.describe(x), self.show(target));
            let tail = if cause.is_empty() { String::new() } else { format!(": {cause}") };
            self.error(Code::BadConversion, x.span, format!("cannot convert {text} to type {to}{tail}"));
            x.invalidate();
            return;
        }
        if self.is_untyped(x.ty) {
            let mut last = target;
            if x.is_nil() {
            } else if self.is_interface_type(target) || (constant && !const_type) {
                last = self.default_type(x.ty);
            } else if constant
                && self.is_basic(x.ty, Basic::is_integer)
                && self.all_basic(target, Basic::is_string)
            {
                last = x.ty;
            }
            if let Some(expr) = x.expr {
                self.update_type(expr, last, true);
            }
        }
        x.ty = target;
        match value {
            Some(value) => {
                x.mode = Mode::Const;
                x.value = value;
            }
            None => {
                x.mode = Mode::Value;
                x.value = None;
            }
        }
    }

    /// The value of a constant converted to a constant type; `Some(None)` if it is unknown.
    fn constant_conversion(&mut self, x: &Operand<'_>, target: TypeId) -> Option<Option<Const>> {
        let basic = self.types.basic(target)?;
        let Some(value) = &x.value else { return Some(None) };
        if let Some(value) = value.represent(basic) {
            return Some(Some(value));
        }
        if basic.is_string() && self.is_basic(x.ty, Basic::is_integer) {
            let char = value
                .as_int()
                .and_then(|value| value.to_u32())
                .and_then(char::from_u32)
                .unwrap_or(char::REPLACEMENT_CHARACTER);
            return Some(Some(Const::str(char.to_string().as_bytes())));
        }
        None
    }

    fn constant_to_param(&mut self, x: &mut Operand<'_>, target: TypeId, cause: &mut String) -> bool {
        let Some(terms) = self.specific_types(target) else {
            *cause = format!("{} does not contain specific types", self.show(target));
            return false;
        };
        for (_, under) in terms {
            if self.is_basic(x.ty, Basic::is_string) && self.is_bytes_or_runes(under) {
                continue;
            }
            if self.types.basic(under).is_some() && self.constant_conversion(x, under).is_some() {
                continue;
            }
            let (to, all) = (self.show(under), self.show(target));
            if self.is_basic(x.ty, Basic::is_integer) && self.is_basic(under, Basic::is_integer) {
                let value = x.value.as_ref().map_or_else(String::new, Const::show);
                *cause = format!("constant {value} overflows {to} (in {all})");
            } else {
                x.mode = Mode::Const;
                *cause = format!("cannot convert {} to type {to} (in {all})", self.describe(x));
                x.mode = Mode::Value;
            }
            return false;
        }
        true
    }

    /// Whether a value that is not constant can be converted to a type.
    fn convertible(&mut self, x: &Operand<'_>, target: TypeId, cause: &mut String) -> bool {
        if self.assignable(x, target, cause) {
            return true;
        }
        let from = x.ty;
        let (from_param, target_param) = (self.is_param(from), self.is_param(target));
        let (a, b) = (self.types.underlying(from), self.types.underlying(target));
        if !from_param && !target_param {
            if self.types.identical_ignoring_tags(a, b) {
                return true;
            }
            if let (Type::Pointer(p), Type::Pointer(q)) =
                (self.types.get(from).clone(), self.types.get(target).clone())
                && !self.is_param(p)
                && !self.is_param(q)
            {
                let (p, q) = (self.types.underlying(p), self.types.underlying(q));
                if self.types.identical_ignoring_tags(p, q) {
                    return true;
                }
            }
            if !self.convertible_kinds(a, b) {
                return false;
            }
            let (what, minor) = match (self.types.get(a), self.types.get(b)) {
                (Type::Slice(_), Type::Array(..)) => ("array", 20),
                (Type::Slice(_), Type::Pointer(_)) => ("array pointer", 17),
                _ => return true,
            };
            if !self.allows(x.span, minor) {
                let tail = self.version_tail(x.span);
                *cause = format!("conversion of slice to {what} requires go1.{minor} or later{tail}");
                return false;
            }
            return true;
        }
        let all = |ty: TypeId, checker: &mut Checker| checker.specific_types(ty);
        let Some(froms) = all(from, self) else { return false };
        let Some(targets) = all(target, self) else { return false };
        for (part, _) in &froms {
            let part_x = Operand { ty: *part, ..x.clone() };
            for (to, _) in &targets {
                if self.convertible(&part_x, *to, cause) {
                    continue;
                }
                let (a, b) = (self.show(*part), self.show(*to));
                let (from, target) = (self.show(from), self.show(target));
                let text = match (from_param, target_param) {
                    (true, true) => format!("cannot convert {a} (in {from}) to type {b} (in {target})"),
                    (true, false) => format!("cannot convert {a} (in {from}) to type {target}"),
                    _ => format!("cannot convert {from} to type {b} (in {target})"),
                };
                add_cause(cause, text);
                return false;
            }
        }
        true
    }

    /// The conversions between kinds of types; both are underlying types.
    fn convertible_kinds(&mut self, a: TypeId, b: TypeId) -> bool {
        match (self.types.get(a).clone(), self.types.get(b).clone()) {
            (Type::Basic(x), Type::Basic(y)) => {
                let real = |x: Basic| x.is_integer() || x.is_float();
                (real(x) && real(y))
                    || (x.is_complex() && y.is_complex())
                    || (x.is_integer() && y.is_string())
                    || (x == Basic::Uintptr && y == Basic::UnsafePointer)
                    || (x == Basic::UnsafePointer && y == Basic::Uintptr)
            }
            (Type::Slice(_), Type::Basic(y)) => y.is_string() && self.is_bytes_or_runes(a),
            (Type::Basic(x), Type::Slice(_)) => x.is_string() && self.is_bytes_or_runes(b),
            (Type::Pointer(_), Type::Basic(y)) => y == Basic::UnsafePointer,
            (Type::Basic(x), Type::Pointer(_)) => x == Basic::UnsafePointer,
            (Type::Slice(x), Type::Array(_, y)) => self.types.identical(x, y),
            (Type::Slice(x), Type::Pointer(array)) => match self.types.under(array) {
                Type::Array(_, y) => self.types.identical(x, y),
                _ => false,
            },
            _ => false,
        }
    }

    /// `[]byte`, `[]rune` and types like them.
    pub(crate) fn is_bytes_or_runes(&mut self, ty: TypeId) -> bool {
        match self.types.under(ty) {
            Type::Slice(elem) => self.is_basic(elem, |basic| matches!(basic, Basic::Uint8 | Basic::Int32)),
            _ => false,
        }
    }
}

fn add_cause(cause: &mut String, text: String) {
    *cause = if cause.is_empty() { text } else { format!("{text}\n\t{cause}") };
}

/// What an operation that overflows is called.
fn operation_name(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Unary(golite_syntax::ast::UnaryOp::BitNot, _) => "bitwise complement",
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Add => "addition",
            BinaryOp::Sub => "subtraction",
            BinaryOp::Xor => "bitwise XOR",
            BinaryOp::Mul => "multiplication",
            BinaryOp::Shl => "shift",
            _ => "",
        },
        _ => "",
    }
}
