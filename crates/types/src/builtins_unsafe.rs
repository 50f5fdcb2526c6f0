//! The functions of package unsafe. Spec: Package unsafe.

use golite_diag::Code;
use golite_syntax::ast::{CallExpr, Expr, ExprKind};
use num_bigint::BigInt;

use crate::builtins::shape;
use crate::check::Checker;
use crate::constant::Const;
use crate::index::Negative;
use crate::info::{Fact, Mode, Selection, SelectionKind};
use crate::lookup::Lookup;
use crate::object::Builtin;
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId, TypeTable};

impl Checker {
    pub(crate) fn builtin_unsafe<'a>(
        &mut self,
        x: &mut Operand<'a>,
        call: &'a CallExpr,
        builtin: Builtin,
        mut args: Vec<Operand<'a>>,
    ) -> bool {
        let pointer = Basic::UnsafePointer.id();
        match builtin {
            Builtin::UnsafeAlignof | Builtin::UnsafeSizeof => {
                let name = shape(builtin).0;
                self.assign_to(x, None, &format!("argument to unsafe.{name}"));
                if !x.is_valid() || !self.require_size(x.ty) {
                    return false;
                }
                if self.has_variable_size(x.ty, &mut Vec::new()) {
                    x.set_value(Basic::Uintptr.id());
                } else {
                    let (size, align) = self.types.size_align(x.ty);
                    if size == i64::MAX {
                        let text = self.describe(x);
                        return self.bad_argument(x, format!("{text} is too large"));
                    }
                    let value = if builtin == Builtin::UnsafeSizeof { size } else { align };
                    x.set_const(Basic::Uintptr.id(), Some(Const::int(value)));
                }
                true
            }
            Builtin::UnsafeOffsetof => self.builtin_offsetof(x, &call.args[0]),
            Builtin::UnsafeAdd => {
                let Some(mut y) = args.pop() else { return false };
                self.assign_to(x, Some(pointer), "argument to unsafe.Add");
                if !x.is_valid() || !self.valid_index(&mut y, "length", Negative::Allowed, Code::BadBuiltin) {
                    return false;
                }
                x.set_value(pointer);
                true
            }
            Builtin::UnsafeSlice => {
                let Some(mut y) = args.pop() else { return false };
                let elem = match self.common_under(x.ty) {
                    Ok(under) => match *self.types.get(under) {
                        Type::Pointer(elem) => Some(elem),
                        _ => None,
                    },
                    Err(_) => None,
                };
                let Some(elem) = elem else {
                    let text = self.describe(x);
                    return self.bad_argument(x, format!("invalid argument: {text} is not a pointer"));
                };
                if !self.valid_index(&mut y, "length", Negative::Refused, Code::BadBuiltin) {
                    return false;
                }
                let ty = self.types.slice(elem);
                x.set_value(ty);
                true
            }
            Builtin::UnsafeSliceData => {
                let elem = match self.common_under(x.ty) {
                    Ok(under) => match *self.types.get(under) {
                        Type::Slice(elem) => Some(elem),
                        _ => None,
                    },
                    Err(_) => None,
                };
                let Some(elem) = elem else {
                    let text = self.describe(x);
                    return self.bad_argument(x, format!("invalid argument: {text} is not a slice"));
                };
                let ty = self.types.pointer(elem);
                x.set_value(ty);
                true
            }
            Builtin::UnsafeString => {
                let Some(mut y) = args.pop() else { return false };
                let bytes = self.types.pointer(TypeTable::BYTE);
                self.assign_to(x, Some(bytes), "argument to unsafe.String");
                if !x.is_valid() || !self.valid_index(&mut y, "length", Negative::Refused, Code::BadBuiltin) {
                    return false;
                }
                x.set_value(Basic::String.id());
                true
            }
            _ => {
                self.assign_to(x, Some(Basic::String.id()), "argument to unsafe.StringData");
                if !x.is_valid() {
                    return false;
                }
                let ty = self.types.pointer(TypeTable::BYTE);
                x.set_value(ty);
                true
            }
        }
    }

    fn builtin_offsetof<'a>(&mut self, x: &mut Operand<'a>, arg: &'a Expr) -> bool {
        let selector = arg.unparen();
        let ExprKind::Selector(base, name) = &selector.kind else {
            let text = self.expr_text(arg);
            let message = format!("invalid argument: {text} is not a selector expression");
            self.error(Code::BadBuiltin, start_span(arg), message);
            self.use_exprs([arg]);
            return false;
        };
        *x = self.check_expr(base, None);
        if !x.is_valid() {
            return false;
        }
        let mut owner = x.ty;
        if let Type::Pointer(elem) = self.types.under(owner)
            && matches!(self.types.under(elem), Type::Struct(_))
        {
            owner = elem;
        }
        if !self.require_size(owner) {
            return false;
        }
        let field = self.owned_name(name.name);
        let shown = self.show(owner);
        match self.lookup_selection(owner, name.name) {
            Lookup::Field { path, ty, indirect } => {
                if indirect {
                    let message =
                        format!("invalid argument: field {field} is embedded via a pointer in {shown}");
                    return self.bad_argument(x, message);
                }
                let kind = SelectionKind::Field;
                let selection = Selection { kind, recv: owner, path: path.clone(), method: None, ty };
                self.info.selections.insert(selector.id, selection);
                self.info.set(selector.id, Fact { mode: Mode::Variable, ty });
                if self.has_variable_size(owner, &mut Vec::new()) {
                    x.set_value(Basic::Uintptr.id());
                    return true;
                }
                let mut offset = 0i64;
                let mut at = owner;
                for index in path {
                    offset =
                        offset.saturating_add(self.types.field_offsets(at).get(index).copied().unwrap_or(0));
                    if let Type::Struct(fields) = self.types.under(at)
                        && let Some(field) = fields.get(index)
                    {
                        at = field.ty;
                    }
                }
                x.set_const(Basic::Uintptr.id(), Some(Const::Int(BigInt::from(offset))));
                true
            }
            Lookup::Method { .. } => {
                let text = self.expr_text(arg);
                self.error(
                    Code::BadBuiltin,
                    start_span(arg),
                    format!("invalid argument: {text} is a method value"),
                );
                false
            }
            Lookup::Ambiguous | Lookup::Missing => {
                self.bad_argument(x, format!("invalid argument: {shown} has no single field {field}"))
            }
        }
    }

    /// Whether the size of a type depends on a type parameter.
    pub(crate) fn has_variable_size(&mut self, ty: TypeId, seen: &mut Vec<TypeId>) -> bool {
        if self.is_param(ty) {
            return true;
        }
        if seen.contains(&ty) {
            return false;
        }
        seen.push(ty);
        match self.types.under(ty) {
            Type::Array(_, elem) => self.has_variable_size(elem, seen),
            Type::Struct(fields) => fields.iter().any(|field| self.has_variable_size(field.ty, seen)),
            _ => false,
        }
    }
}
