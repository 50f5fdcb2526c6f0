//! Composite and function literals. Spec: Composite literals, Function literals.

use std::sync::Arc;

use golite_diag::Code;
use golite_source::Symbol;
use golite_syntax::ast::{ArrayLen, CompositeLit, Expr, ExprKind, FuncLit};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::{Checker, Later};
use crate::info::{Fact, Mode, Selection, SelectionKind};
use crate::lookup::Lookup;
use crate::object::PkgId;
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{Basic, FieldInfo, Type, TypeId};

/// What is known about the fields a struct literal sets, by their paths.
type Visited = FxHashMap<Vec<usize>, Symbol>;

impl Checker {
    pub(crate) fn check_func_lit(&mut self, x: &mut Operand<'_>, lit: &Arc<FuncLit>) {
        let outer = self.env.scope;
        let sig = self.check_signature(&lit.ty, &[]);
        let ty = sig.ty;
        let has_call = self.has_call;
        self.check_func_literal_body(sig, lit.clone());
        self.has_call = has_call;
        self.close_scope(outer);
        x.set_value(ty);
    }

    pub(crate) fn check_composite_lit<'a>(
        &mut self,
        x: &mut Operand<'a>,
        lit: &'a CompositeLit,
        element: Option<TypeId>,
    ) {
        let span = x.span;
        let mut auto = None;
        let (ty, base) = match (&lit.ty, element) {
            (Some(ty), _) => {
                if let ExprKind::Array(ArrayLen::Auto, elem) = &ty.kind {
                    // The length follows from the elements.
                    let elem = self.check_var_type(elem);
                    let open = self.types.intern(Type::Array(-1, elem));
                    auto = Some((ty, elem));
                    (open, open)
                } else {
                    let ty = self.check_type(ty);
                    (ty, ty)
                }
            }
            (None, Some(hint)) => {
                let base = match self.common_under(hint) {
                    Ok(under) => match *self.types.get(under) {
                        Type::Pointer(elem) => elem,
                        _ => hint,
                    },
                    Err(_) => hint,
                };
                (hint, base)
            }
            (None, None) => {
                self.error(Code::BadLiteral, span, "missing type in composite literal");
                (Basic::Invalid.id(), Basic::Invalid.id())
            }
        };
        if !self.require_complete(base) {
            self.use_exprs(&lit.elements);
            return;
        }
        let common = self.common_under(base);
        let mut result = ty;
        match common.as_ref().ok().map(|under| self.types.get(*under).clone()) {
            Some(Type::Struct(fields)) => {
                if lit.elements.first().is_some_and(|first| matches!(first.kind, ExprKind::KeyValue(..))) {
                    self.check_keyed_fields(lit, base);
                } else if !lit.elements.is_empty() {
                    self.check_fields_in_order(lit, &fields, base);
                }
            }
            Some(Type::Array(len, elem)) => {
                let count = self.check_elements(&lit.elements, elem, (len >= 0).then_some(len));
                if let Some((expr, elem)) = auto {
                    result = self.types.intern(Type::Array(count, elem));
                    self.later.push(Later::Size(result, expr.span));
                    self.info.set(expr.id, Fact { mode: Mode::Type, ty: result });
                }
            }
            Some(Type::Slice(elem)) => {
                self.check_elements(&lit.elements, elem, None);
            }
            Some(Type::Map(key, value)) => self.check_map_elements(&lit.elements, key, value),
            other => {
                self.use_exprs(&lit.elements);
                if other != Some(Type::Basic(Basic::Invalid)) {
                    let kind = if element.is_some() && lit.ty.is_none() { " element" } else { "" };
                    let cause = if common.is_err() { " (no common underlying type)" } else { "" };
                    let shown = self.show(ty);
                    let message = format!("invalid composite literal{kind} type {shown}{cause}");
                    self.error(Code::BadLiteral, span, message);
                }
                x.invalidate();
                return;
            }
        }
        if result == Basic::Invalid.id() {
            x.invalidate();
            return;
        }
        x.set_value(result);
    }

    fn check_keyed_fields(&mut self, lit: &CompositeLit, base: TypeId) {
        let mut visited = Visited::default();
        for element in &lit.elements {
            let ExprKind::KeyValue(key, value) = &element.kind else {
                let message = "mixture of field:value and value elements in struct literal";
                self.error(Code::BadLiteral, start_span(element), message);
                continue;
            };
            let mut x = self.check_generic_expr(value, None);
            let Some(name) = key.as_ident() else {
                let text = self.expr_text(key);
                let message = format!("invalid field name {text} in struct literal");
                self.error(Code::BadLiteral, start_span(element), message);
                continue;
            };
            let under = match self.common_under(base) {
                Ok(under) => under,
                Err(_) => continue,
            };
            let (path, ty) = match self.lookup_selection(under, name.name) {
                Lookup::Field { path, ty, indirect } => {
                    if indirect {
                        let text = self.expr_text(key);
                        let message = format!("invalid implicit pointer indirection to reach {text}");
                        self.error(Code::BadLiteral, start_span(key), message);
                        continue;
                    }
                    if path.len() > 1 && !self.allows(key.span, 27) {
                        let (field, shown) = (self.field_path(under, &path), self.show(base));
                        let what = format!("use of promoted field {field} in struct literal of type {shown}");
                        self.require_version(key.span, 27, &what);
                    }
                    (path, ty)
                }
                Lookup::Method { .. } => {
                    let text = self.expr_text(key);
                    self.error(Code::MissingMember, start_span(key), format!("{text} is not a field"));
                    continue;
                }
                Lookup::Ambiguous | Lookup::Missing => {
                    let message = self.missing_field(base, under, name.name);
                    self.error(Code::MissingMember, start_span(key), message);
                    continue;
                }
            };
            let selection =
                Selection { kind: SelectionKind::Field, recv: under, path: path.clone(), method: None, ty };
            self.info.selections.insert(key.id, selection);
            self.assign_to(&mut x, Some(ty), "struct literal");
            self.check_field_twice(element, &mut visited, path, name.name);
        }
    }

    /// The names along a path of fields, with dots between them.
    fn field_path(&mut self, base: TypeId, path: &[usize]) -> String {
        let mut names = Vec::new();
        let mut at = base;
        for index in path {
            if let Type::Struct(fields) = self.types.under(at)
                && let Some(field) = fields.get(*index)
            {
                names.push(self.owned_name(field.name));
                at = field.ty;
            }
        }
        names.join(".")
    }

    fn check_field_twice(&mut self, element: &Expr, visited: &mut Visited, path: Vec<usize>, name: Symbol) {
        let field = self.owned_name(name);
        if visited.contains_key(&path) {
            let message = format!("duplicate field name {field} in struct literal");
            self.error(Code::Duplicate, start_span(element), message);
            return;
        }
        let around = (1..path.len()).find_map(|len| visited.get(&path[..len]).copied());
        if let Some(other) = around {
            let other = self.owned_name(other);
            let message =
                format!("cannot specify promoted field {field} and enclosing embedded field {other}");
            self.error(Code::Duplicate, start_span(element), message);
            return;
        }
        let inside = visited.iter().find(|(other, _)| other.starts_with(&path)).map(|(_, name)| *name);
        if let Some(other) = inside {
            let other = self.owned_name(other);
            let message =
                format!("cannot specify embedded field {field} and enclosed promoted field {other}");
            self.error(Code::Duplicate, start_span(element), message);
            return;
        }
        visited.insert(path, name);
    }

    fn check_fields_in_order(&mut self, lit: &CompositeLit, fields: &[FieldInfo], base: TypeId) {
        let hidden = |checker: &Checker, field: &FieldInfo| {
            !checker.session.names.is_exported(field.name)
                && field.pkg != checker.env.pkg
                && field.pkg != PkgId(0)
        };
        let mut any_hidden = false;
        for (i, element) in lit.elements.iter().enumerate() {
            if let ExprKind::KeyValue(_, value) = &element.kind {
                let message = "mixture of field:value and value elements in struct literal";
                self.error(Code::BadLiteral, start_span(element), message);
                self.use_exprs([&**value]);
                continue;
            }
            let mut x = self.check_generic_expr(element, None);
            let Some(field) = fields.get(i) else {
                let shown = self.show(base);
                let message = format!("too many values in struct literal of type {shown}");
                self.error(Code::BadLiteral, x.span, message);
                self.use_exprs(&lit.elements[i + 1..]);
                break;
            };
            if hidden(self, field) {
                let (name, shown) = (self.owned_name(field.name), self.show(base));
                let message = format!(
                    "implicit assignment to unexported field {name} in struct literal of type {shown}"
                );
                self.error(Code::Unexported, x.span, message);
                any_hidden = true;
                continue;
            }
            self.assign_to(&mut x, Some(field.ty), "struct literal");
        }
        // Values for hidden fields were wrong already: their number does not matter.
        if lit.elements.len() < fields.len() && !any_hidden {
            let hint = if fields.iter().any(|field| hidden(self, field)) {
                " (type has unexported fields - use key:value pairs)"
            } else {
                ""
            };
            let shown = self.show(base);
            let message = format!("too few values in struct literal of type {shown}{hint}");
            self.error(Code::BadLiteral, lit.rbrace, message);
        }
    }

    /// The elements of an array or slice; gives the length they need.
    fn check_elements(&mut self, elements: &[Expr], elem: TypeId, length: Option<i64>) -> i64 {
        let mut visited: FxHashSet<i64> = FxHashSet::default();
        let (mut index, mut most) = (0i64, 0i64);
        for element in elements {
            let mut valid = false;
            let mut value = element;
            if let ExprKind::KeyValue(key, inner) = &element.kind {
                value = inner;
                match self.check_index_value(key, length) {
                    Some((_, Some(at))) => {
                        index = at;
                        valid = true;
                    }
                    Some((_, None)) => {
                        let text = self.expr_text(key);
                        let message = format!("index {text} must be integer constant");
                        self.error(Code::BadLiteral, start_span(element), message);
                    }
                    None => {}
                }
            } else if let Some(length) = length.filter(|length| index >= *length) {
                let message = format!("index {index} is out of bounds (>= {length})");
                self.error(Code::BadLiteral, start_span(element), message);
            } else {
                valid = true;
            }
            if valid && !visited.insert(index) {
                let message = format!("duplicate index {index} in array or slice literal");
                self.error(Code::Duplicate, start_span(element), message);
            }
            index = index.saturating_add(1);
            most = most.max(index);
            let mut x = self.check_generic_expr(value, Some(elem));
            self.assign_to(&mut x, Some(elem), "array or slice literal");
        }
        most
    }

    fn check_map_elements(&mut self, elements: &[Expr], key_type: TypeId, value_type: TypeId) {
        let interface = self.is_interface_type(key_type);
        let mut visited: FxHashSet<(String, TypeId)> = FxHashSet::default();
        for element in elements {
            let ExprKind::KeyValue(key, value) = &element.kind else {
                self.error(Code::BadLiteral, start_span(element), "missing key in map literal");
                continue;
            };
            let mut x = self.check_generic_expr(key, Some(key_type));
            self.assign_to(&mut x, Some(key_type), "map literal");
            if !x.is_valid() {
                continue;
            }
            if let (true, Some(constant)) = (x.is_const(), &x.value) {
                // Under an interface constants of different types are different keys.
                let ty = if interface { x.ty } else { key_type };
                if !visited.insert((constant.key(), ty)) {
                    let message = format!("duplicate key {} in map literal", constant.show());
                    self.error(Code::Duplicate, x.span, message);
                    continue;
                }
            }
            let mut x = self.check_generic_expr(value, Some(value_type));
            self.assign_to(&mut x, Some(value_type), "map literal");
        }
    }

    fn missing_field(&mut self, base: TypeId, under: TypeId, name: Symbol) -> String {
        let (wanted, shown) = (self.owned_name(name), self.show(base));
        let head = format!("unknown field {wanted} in struct literal of type {shown}");
        match self.similar_member(under, base, name) {
            Similar::None => head,
            Similar::Misspelled(other) => format!("{head}, but does have {}", other.name),
            Similar::Unexported(other) => format!("{head}, but does have unexported {}", other.name),
            Similar::Inaccessible(other) => {
                format!("cannot refer to unexported field {} in struct literal of type {shown}", other.name)
            }
        }
    }
}

/// A member of about the same name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OtherName {
    /// `field` or `method`
    pub what: &'static str,
    /// Its name.
    pub name: String,
}

/// How a member of about the same name differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Similar {
    /// There is none.
    None,
    /// In upper and lower case.
    Misspelled(OtherName),
    /// In its first letter, which makes it invisible.
    Unexported(OtherName),
    /// Not at all, but it is not visible here.
    Inaccessible(OtherName),
}
