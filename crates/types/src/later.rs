//! Checks that were put off until the types they are about are complete.

use std::sync::Arc;

use golite_diag::Code;
use golite_source::{Span, Symbol, sym};

use crate::check::{Checker, Later};
use crate::object::{ObjId, PkgId};
use crate::ty::{Basic, MethodInfo, Term, Type, TypeId};
use crate::typexpr::{MAX_TERMS, too_many_terms};

impl Checker {
    pub(crate) fn run_later(&mut self) {
        self.run_later_from(0);
    }

    /// Performs the actions put off since there were `top` of them.
    pub(crate) fn run_later_from(&mut self, top: usize) {
        let mut next = top;
        while next < self.later.len() {
            // The place is kept, so that actions put off meanwhile come after the ones that wait.
            let action = std::mem::replace(
                &mut self.later[next],
                Later::VarType(Basic::Invalid.id(), Span::default()),
            );
            next += 1;
            self.perform(action);
        }
        self.later.truncate(top);
        self.verify_pending();
    }

    pub(crate) fn perform(&mut self, action: Later) {
        match action {
            Later::MapKey(key, span) => self.check_map_key(key, span),
            Later::Embedded(ty, span) => self.check_embedded(ty, span),
            Later::Size(ty, span) => self.check_size(ty, span),
            Later::ChanElem(elem, span) => self.check_chan_elem(elem, span),
            Later::Instance(obj, params, args, span, spans) => {
                self.check_instance(obj, &params, &args, span, &spans);
            }
            Later::Interface(ty) => self.check_interface(ty),
            Later::Union(ty, spans) => self.check_union(ty, &spans),
            Later::Defined(obj) => {
                let ty = self.object(obj).ty;
                self.valid_type(ty);
                self.check_unique_members(ty);
            }
            Later::Receiver(ty, span, pkg) => self.check_receiver(ty, span, pkg),
            Later::VarType(ty, span) => self.check_var_interface(ty, span),
            Later::Literal(sig, literal, env) => {
                let outer = std::mem::replace(&mut self.env, *env);
                self.env.scope = sig.scope;
                self.func_body(&sig, &literal.body);
                self.env = outer;
            }
        }
    }

    fn check_map_key(&mut self, key: TypeId, span: Span) {
        if key == Basic::Invalid.id() || self.types.comparable(key, true) {
            return;
        }
        let why = if self.types.as_param(key).is_some() { " (missing comparable constraint)" } else { "" };
        let shown = self.show(key);
        self.error(Code::BadMapKey, span, format!("invalid map key type {shown}{why}"));
    }

    fn check_embedded(&mut self, ty: TypeId, span: Span) {
        let (base, pointer) = match self.types.get(ty) {
            Type::Pointer(base) => (*base, true),
            _ => (ty, false),
        };
        let message = match self.types.under(base) {
            Type::Basic(Basic::UnsafePointer) => "embedded field type cannot be unsafe.Pointer",
            Type::Pointer(_) => "embedded field type cannot be a pointer",
            Type::Param(_) => "embedded field type cannot be a (pointer to a) type parameter",
            Type::Interface(_) if pointer => "embedded field type cannot be a pointer to an interface",
            _ => return,
        };
        self.error(Code::BadEmbedding, span, message);
    }

    fn check_instance(&mut self, obj: ObjId, params: &[TypeId], args: &[TypeId], span: Span, spans: &[Span]) {
        if params.len() != args.len() {
            let quality = if args.len() < params.len() { "not enough" } else { "too many" };
            let name = self.name(self.object(obj).name);
            let message = format!(
                "{quality} type arguments for type {name}: have {}, want {}",
                args.len(),
                params.len()
            );
            self.error(Code::BadInstantiation, span, message);
            return;
        }
        if let Err((i, reason)) = self.verify_instance(params, args, span) {
            let at = spans.get(i).copied().unwrap_or(span);
            self.error(Code::ConstraintNotSatisfied, at, reason);
        }
    }

    fn check_receiver(&mut self, ty: TypeId, span: Span, pkg: PkgId) {
        let base = match self.types.get(ty) {
            Type::Pointer(base) => *base,
            _ => ty,
        };
        if base == Basic::Invalid.id() {
            return;
        }
        let shown = self.show(base);
        let message = match self.types.get(base).clone() {
            Type::Named(named) => {
                let obj = self.types.named_info(named).obj;
                if self.object(obj).pkg != pkg {
                    format!("cannot define new methods on non-local type {shown}")
                } else {
                    match self.types.under(base) {
                        Type::Basic(Basic::UnsafePointer) => {
                            format!("invalid receiver type {shown} (unsafe.Pointer)")
                        }
                        Type::Pointer(_) | Type::Interface(_) => {
                            format!("invalid receiver type {shown} (pointer or interface type)")
                        }
                        _ => return,
                    }
                }
            }
            Type::Basic(_) => format!("cannot define new methods on non-local type {shown}"),
            _ => format!("invalid receiver type {}", self.show(ty)),
        };
        self.error(Code::BadReceiver, span, message);
    }

    /// A constraint cannot be the type of a variable.
    fn check_var_interface(&mut self, ty: TypeId, span: Span) {
        if !matches!(self.types.under(ty), Type::Interface(_)) {
            return;
        }
        let set = self.types.type_set(ty);
        if set.is_method_set() {
            return;
        }
        let why = if set.comparable {
            "interface is (or embeds) comparable"
        } else {
            "interface contains type constraints"
        };
        let message = format!("cannot use type {} outside a type constraint: {why}", self.show(ty));
        self.error(Code::BadTypeParameter, span, message);
    }

    fn check_interface(&mut self, ty: TypeId) {
        let Type::Interface(info) = self.types.get(ty).clone() else { return };
        // Name, package, signature and place of each method, in the order in which they join.
        let mut seen: Vec<(MethodInfo, Span)> = Vec::new();
        for method in &info.methods {
            match self.same_method(&seen, method.name, method.pkg) {
                Some((_, first)) => self.duplicate_method(method.name, method.span, first),
                None => seen.push((*method, method.span)),
            }
        }
        for (embedded, span) in &info.embeds {
            let span = *span;
            match self.types.under(*embedded) {
                Type::Interface(_) => {}
                Type::Union(_) | Type::Basic(Basic::Invalid) => continue,
                _ => {
                    let shown = self.show(*embedded);
                    self.require_version(span, 18, &format!("embedding non-interface type {shown}"));
                    continue;
                }
            }
            for method in self.types.type_set(*embedded).methods.clone() {
                match self.same_method(&seen, method.name, method.pkg) {
                    Some((other, first)) => {
                        if !self.types.identical(other.sig, method.sig) || !self.allows(span, 14) {
                            self.duplicate_method(method.name, span, first);
                        }
                    }
                    None => seen.push((method, span)),
                }
            }
        }
    }

    fn same_method(
        &self,
        seen: &[(MethodInfo, Span)],
        name: Symbol,
        pkg: PkgId,
    ) -> Option<(MethodInfo, Span)> {
        seen.iter().find(|(other, _)| self.same_member(other.name, other.pkg, name, pkg)).copied()
    }

    /// Whether names of fields or methods are the same: unexported ones only within a package.
    pub(crate) fn same_member(&self, a: Symbol, a_pkg: PkgId, b: Symbol, b_pkg: PkgId) -> bool {
        a == b && (a_pkg == b_pkg || self.session.names.is_exported(a))
    }

    fn duplicate_method(&mut self, name: Symbol, span: Span, first: Span) {
        let text = self.name(name).to_string();
        let more = [(first, format!("other declaration of method {text}"))];
        self.error_with(Code::Redeclared, span, format!("duplicate method {text}"), &more);
    }

    fn check_union(&mut self, ty: TypeId, spans: &[Span]) {
        let Type::Union(terms) = self.types.get(ty).clone() else { return };
        let show = |checker: &Checker, term: &Term| {
            format!("{}{}", if term.tilde { "~" } else { "" }, checker.show_with_path(term.ty))
        };
        let mut count = 0;
        for term in terms.iter() {
            let interface = matches!(self.types.under(term.ty), Type::Interface(_));
            let inner =
                if interface { self.types.type_set(term.ty).terms.as_ref().map(Vec::len) } else { None };
            count += inner.unwrap_or(1);
        }
        if count > MAX_TERMS {
            let message = too_many_terms();
            self.error(Code::Limit, spans.first().copied().unwrap_or_default(), message);
            return;
        }
        for (i, term) in terms.iter().enumerate() {
            let span = spans.get(i).copied().unwrap_or_default();
            if term.ty == Basic::Invalid.id() {
                continue;
            }
            let under = self.types.underlying(term.ty);
            let interface = matches!(self.types.get(under), Type::Interface(_));
            let shown = self.show(term.ty);
            if term.tilde && interface {
                self.error(Code::BadType, span, format!("invalid use of ~ ({shown} is an interface)"));
                continue;
            }
            if term.tilde && !self.types.identical(under, term.ty) {
                let under = self.show(under);
                let message = format!("invalid use of ~ (underlying type of {shown} is {under})");
                self.error(Code::BadType, span, message);
                continue;
            }
            if interface {
                let set = self.types.type_set(term.ty);
                let text = show(self, term);
                if !set.methods.is_empty() {
                    let message = format!("cannot use {text} in union ({text} contains methods)");
                    self.error(Code::BadType, span, message);
                } else if self.types.unalias(term.ty) == self.comparable_type {
                    self.error(Code::BadType, span, "cannot use comparable in union");
                } else if set.comparable {
                    let message = format!("cannot use {text} in union ({text} embeds comparable)");
                    self.error(Code::BadType, span, message);
                }
                continue;
            }
            let before: Arc<[Term]> = terms[..i].into();
            for other in before.iter() {
                let other_under = self.types.underlying(other.ty);
                if matches!(self.types.get(other_under), Type::Interface(_)) {
                    continue;
                }
                let a = if other.tilde { under } else { term.ty };
                let b = if term.tilde { other_under } else { other.ty };
                if self.types.identical(a, b) {
                    let message = format!("overlapping terms {} and {}", show(self, term), show(self, other));
                    self.error(Code::BadType, span, message);
                    break;
                }
            }
        }
    }

    /// Whether a name is `_` or missing.
    pub(crate) fn is_blank(name: Symbol) -> bool {
        name == sym::BLANK || name == sym::EMPTY
    }
}
