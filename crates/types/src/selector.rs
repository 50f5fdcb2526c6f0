//! Selectors: fields, methods, method values and expressions, names of packages. Spec: Selectors,
//! Method values, Method expressions, Qualified identifiers.

use std::sync::Arc;

use golite_diag::Code;
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{Expr, Ident};

use crate::check::Checker;
use crate::expr::Generic;
use crate::info::{Mode, Selection, SelectionKind};
use crate::literal::{OtherName, Similar};
use crate::lookup::Lookup;
use crate::object::{DeclRef, ObjId, ObjKind, PkgId};
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{Basic, ParamNames, SigInfo, Type, TypeId};

impl Checker {
    /// The member of a package, declared or not.
    pub(crate) fn package_member(&mut self, pkg: PkgId, name: Symbol) -> Option<ObjId> {
        self.lazy_member(pkg, name)
    }

    /// `x.name`
    pub(crate) fn check_selector<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        base: &'a Expr,
        name: Ident,
    ) {
        if let Some(ident) = base.as_ident()
            && let Some(obj) = self.lookup_base(ident.name)
            && let ObjKind::PkgName(pkg) = self.object(obj).kind
        {
            self.info.set_object(ident.id, obj);
            self.use_import(obj);
            self.check_qualified(x, expr, pkg, name);
            return;
        }
        let base_x = self.check_expr_or_type(base, Generic::Refused);
        if let Mode::Builtin(_) = base_x.mode {
            let text = self.describe(&base_x);
            let message = format!("invalid use of {text} in selector expression");
            let at = self.position(expr);
            self.error(Code::NotAValue, at, message);
            return;
        }
        if !base_x.is_valid() || base_x.ty == Basic::Invalid.id() {
            return;
        }
        let selected = match self.types.get(base_x.ty) {
            Type::Pointer(elem) => *elem,
            _ => base_x.ty,
        };
        if !self.require_complete(selected) {
            return;
        }
        match self.lookup_selection(base_x.ty, name.name) {
            Lookup::Field { path, ty, indirect } => {
                if base_x.mode == Mode::Type {
                    let (field, shown) = (self.owned_name(name.name), self.show(base_x.ty));
                    let message = format!("operand for field selector {field} must be value of type {shown}");
                    self.error(Code::MissingMember, start_span(base), message);
                    return;
                }
                let selection =
                    Selection { kind: SelectionKind::Field, recv: base_x.ty, path, method: None, ty };
                self.info.selections.insert(expr.id, selection);
                x.mode = if base_x.mode == Mode::Variable || indirect { Mode::Variable } else { Mode::Value };
                x.ty = ty;
                if ty == Basic::Invalid.id() {
                    x.invalidate();
                }
            }
            Lookup::Method { path, func, ty, indirect, pointer_receiver } => {
                let variable = base_x.mode == Mode::Variable;
                if pointer_receiver && !indirect && !variable {
                    let (method, shown) = (self.owned_name(name.name), self.show(base_x.ty));
                    let message = if base_x.mode == Mode::Type {
                        format!(
                            "invalid method expression {shown}.{method} (needs pointer receiver (*{shown}).{method})"
                        )
                    } else {
                        format!("cannot call pointer method {method} on {shown}")
                    };
                    self.error(Code::NotAddressable, name.span, message);
                    return;
                }
                if let Some(func) = func {
                    self.info.set_object(name.id, func);
                    self.add_dependency(func);
                }
                let (kind, ty) = if base_x.mode == Mode::Type {
                    (SelectionKind::MethodExpr, self.method_expr_type(base_x.ty, ty, func))
                } else {
                    if pointer_receiver && !indirect {
                        self.mark_addressed(base);
                    }
                    (SelectionKind::Method, ty)
                };
                let selection = Selection { kind, recv: base_x.ty, path, method: func, ty };
                self.info.selections.insert(expr.id, selection);
                if ty != Basic::Invalid.id() {
                    x.set_value(ty);
                }
            }
            Lookup::Ambiguous => {
                let (text, member) = (self.expr_text(base), self.owned_name(name.name));
                self.error(Code::AmbiguousSelector, name.span, format!("ambiguous selector {text}.{member}"));
            }
            Lookup::Missing => self.report_missing(&base_x, base, name),
        }
    }

    fn report_missing(&mut self, base_x: &Operand<'_>, base: &Expr, name: Ident) {
        let ty = base_x.ty;
        if self.types.underlying(ty) == Basic::Invalid.id() {
            return;
        }
        let (text, member) = (self.expr_text(base), self.owned_name(name.name));
        let shown = self.show(ty);
        let pointer_to_interface = match self.types.under(ty) {
            Type::Pointer(elem) if self.is_param(elem) => Some("type parameter"),
            Type::Pointer(elem) if self.is_interface_type(elem) => Some("interface"),
            _ => None,
        };
        let mut code = Code::MissingMember;
        let why = match pointer_to_interface {
            Some(kind) => format!("type {shown} is pointer to {kind}, not {kind}"),
            None => match self.similar_member(ty, ty, name.name) {
                Similar::None => format!("type {shown} has no field or method {member}"),
                Similar::Misspelled(other) => {
                    let OtherName { what, name } = other;
                    format!("type {shown} has no field or method {member}, but does have {what} {name}")
                }
                Similar::Unexported(other) => {
                    let OtherName { what, name } = other;
                    format!(
                        "type {shown} has no field or method {member}, but does have unexported {what} {name}"
                    )
                }
                Similar::Inaccessible(other) => {
                    code = Code::Unexported;
                    format!("cannot refer to unexported {} {}", other.what, other.name)
                }
            },
        };
        self.error(code, name.span, format!("{text}.{member} undefined ({why})"));
    }

    /// The member a selector may have meant.
    pub(crate) fn similar_member(&mut self, ty: TypeId, owner: TypeId, name: Symbol) -> Similar {
        let Some(other) = self.lookup_folded(ty, name) else { return Similar::None };
        let exported = |checker: &Checker, name: Symbol| checker.session.names.is_exported(name);
        let (wanted_text, other_text) = (self.owned_name(name), self.owned_name(other));
        let found = match self.lookup_selection(ty, other) {
            Lookup::Field { .. } => Some("field"),
            Lookup::Method { .. } => Some("method"),
            Lookup::Ambiguous | Lookup::Missing => None,
        };
        let what = found.unwrap_or_else(|| self.kind_of_hidden(ty, other));
        let other_name = OtherName { what, name: other_text.clone() };
        let tail = |text: &str| text.chars().skip(1).collect::<String>();
        let same_tail = tail(&wanted_text) == tail(&other_text);
        if found.is_some() && !exported(self, other) {
            return Similar::Misspelled(other_name);
        }
        match (exported(self, name), exported(self, other)) {
            (true, true) => Similar::Misspelled(other_name),
            (true, false) if same_tail => Similar::Unexported(other_name),
            (false, true) if same_tail || self.belongs_here(owner) => Similar::Misspelled(other_name),
            (false, false) if wanted_text == other_text => Similar::Inaccessible(other_name),
            _ => Similar::None,
        }
    }

    /// Whether a type, or the one it points to, is declared in the current package or nowhere.
    fn belongs_here(&mut self, ty: TypeId) -> bool {
        let ty = match *self.types.get(ty) {
            Type::Pointer(elem) => elem,
            _ => ty,
        };
        match self.types.as_named(ty) {
            Some(named) => self.object(self.types.named_info(named).obj).pkg == self.env.pkg,
            None => true,
        }
    }

    fn kind_of_hidden(&mut self, ty: TypeId, name: Symbol) -> &'static str {
        let under = match self.types.under(ty) {
            Type::Pointer(elem) => self.types.under(elem),
            under => under,
        };
        match under {
            Type::Struct(fields) if fields.iter().any(|field| field.name == name) => "field",
            _ => "method",
        }
    }

    /// The function type of `T.Method`: the receiver comes first.
    fn method_expr_type(&mut self, recv: TypeId, method: TypeId, func: Option<ObjId>) -> TypeId {
        let Type::Signature(sig) = self.types.get(method).clone() else { return method };
        let (names, results) = &*sig.names.0;
        let names = if names.iter().any(|name| *name != sym::EMPTY) {
            let receiver = func.and_then(|func| match &self.object(func).decl {
                DeclRef::Func(decl) => decl.receiver.as_ref()?.first()?.name.map(|name| name.name),
                _ => None,
            });
            let receiver = receiver.unwrap_or(sym::BLANK);
            ParamNames(Arc::new(([&[receiver], names.as_slice()].concat(), results.clone())))
        } else {
            ParamNames(Arc::new((Vec::new(), results.clone())))
        };
        let params = [&[recv], sig.params.as_slice()].concat();
        self.types.intern(Type::Signature(Arc::new(SigInfo { params, names, ..(*sig).clone() })))
    }

    /// `pkg.Name`
    fn check_qualified<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr, pkg: PkgId, name: Ident) {
        if let Some(obj) = self.named_member(pkg, expr, name) {
            self.info.set_object(name.id, obj);
            self.operand_of_object(x, obj);
        }
    }

    /// Remembers the first use of package unsafe's pointers by a package of the user.
    pub(crate) fn note_unsafe(&mut self, name: Symbol, span: Span) {
        let pointers = !matches!(self.name(name), "Sizeof" | "Alignof" | "Offsetof");
        if !pointers || self.package(self.env.pkg).std {
            return;
        }
        self.unsafe_use.get_or_insert(span);
        if self.unsafe_forbidden {
            let message = "pointers of package unsafe are not allowed (--allow-unsafe allows them)";
            self.error(Code::Limit, span, message);
        }
    }

    /// The member that a qualified name means; reports if there is none or it is not exported.
    pub(crate) fn named_member(&mut self, pkg: PkgId, expr: &Expr, name: Ident) -> Option<ObjId> {
        if self.package(pkg).fake {
            return None;
        }
        if self.package(pkg).name == sym::UNSAFE {
            self.note_unsafe(name.name, expr.span);
        }
        let Some(obj) = self.package_member(pkg, name.name) else {
            if name.name != sym::BLANK {
                self.report_undefined_member(pkg, name.name, expr);
            }
            return None;
        };
        if !self.session.names.is_exported(name.name) {
            let (text, package) = (self.owned_name(name.name), self.owned_name(self.package(pkg).name));
            let message = format!("name {text} not exported by package {package}");
            self.error(Code::Unexported, name.span, message);
        }
        Some(obj)
    }
}
