//! Selectors: fields, methods called, method values and method expressions.

use golite_bytecode::{FuncIx, Kind, MethodIx, Reg, RuntimeErrorCode, SigIx, Signature};
use golite_source::Symbol;
use golite_syntax::ast::{Expr, ExprKind, Ident};
use golite_types::{ObjId, ObjKind, PkgId, Selection, SelectionKind, Type, TypeId};

use crate::func::FuncCompiler;
use crate::lower::Shape;
use crate::place::Place;
use crate::program::FuncKey;
use crate::wrapper::Wrapper;

/// What a method selector calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// A declared method.
    Static { func: FuncIx, pointer_receiver: bool },
    /// A method of an interface.
    Iface { method: MethodIx, sig: SigIx },
}

/// A method selector, resolved for the types at hand.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    /// Embedded fields to follow to the receiver.
    pub path: Vec<usize>,
    /// What is called.
    pub target: Target,
}

impl FuncCompiler<'_> {
    /// `x.f` as a value.
    pub fn selector(&mut self, expr: &Expr, dst: Option<Reg>) -> Reg {
        let ExprKind::Selector(base, name) = &expr.kind else { return Reg(0) };
        let Some(selection) = self.c.checker.info.selections.get(&expr.id).cloned() else {
            return self.qualified(expr, name, dst);
        };
        match selection.kind {
            SelectionKind::Field => self.read_place(expr, dst),
            SelectionKind::Method => self.method_value(expr, base, name, &selection, dst),
            SelectionKind::MethodExpr => {
                let func = self.method_expr(expr, name, &selection);
                let dst = self.dst(dst, &Shape::pointer());
                self.f.asm.line().func_value(dst, func);
                dst
            }
        }
    }

    /// `pkg.Name`
    fn qualified(&mut self, expr: &Expr, name: &Ident, dst: Option<Reg>) -> Reg {
        let Some(obj) = self.c.checker.info.object(name.id) else {
            self.c.fail("a selector without meaning".into());
            return Reg(0);
        };
        match self.c.checker.object(obj).kind {
            ObjKind::Func => {
                let mut args = self.instance_args(expr);
                if args.is_empty()
                    && let Some(own) = self.c.checker.info.instances.get(&name.id).cloned()
                {
                    args = own.into_iter().map(|ty| self.subst(ty)).collect();
                }
                let func = self.c.func_ix(FuncKey::Decl(obj, args));
                let dst = self.dst(dst, &Shape::pointer());
                self.f.asm.line().func_value(dst, func);
                dst
            }
            ObjKind::Var(_) => self.read_place(expr, dst),
            _ => {
                self.c.fail("a qualified name without value".into());
                Reg(0)
            }
        }
    }

    /// The own type arguments of a generic method at a selector.
    fn method_args(&mut self, expr: &Expr, name: &Ident) -> Vec<TypeId> {
        let instances = &self.c.checker.info.instances;
        let args = instances.get(&name.id).or_else(|| instances.get(&expr.id)).cloned().unwrap_or_default();
        args.into_iter().map(|ty| self.subst(ty)).collect()
    }

    /// Finds what a method selector on a value of type `recv` calls.
    pub fn resolve(&mut self, expr: &Expr, name: &Ident, selection: &Selection) -> Resolved {
        let recv = self.subst(selection.recv);
        let own = self.method_args(expr, name);
        let generic = match self.c.checker.types.get(selection.recv) {
            Type::Param(_) => true,
            Type::Pointer(elem) => matches!(self.c.checker.types.get(*elem), Type::Param(_)),
            _ => false,
        };
        if generic || selection.method.is_none() {
            return self.resolve_name(recv, name.name, selection, own);
        }
        let obj = selection.method.expect("a method");
        let mut ty = recv;
        for field in &selection.path {
            ty = self.field_type(ty, *field);
        }
        let mut args = self.c.receiver_args(ty);
        args.extend(own);
        let func = self.c.func_ix(FuncKey::Decl(obj, args));
        let pointer_receiver = self.c.checker.object(obj).pointer_receiver;
        Resolved { path: selection.path.clone(), target: Target::Static { func, pointer_receiver } }
    }

    fn field_type(&mut self, ty: TypeId, index: usize) -> TypeId {
        let ty = match self.under(ty) {
            Type::Pointer(elem) => elem,
            _ => ty,
        };
        match self.under(ty) {
            Type::Struct(fields) => fields[index].ty,
            _ => ty,
        }
    }

    /// By name, in the method set of a type: for receivers whose type was a type parameter, and for
    /// methods of interfaces.
    fn resolve_name(
        &mut self,
        recv: TypeId,
        name: Symbol,
        selection: &Selection,
        own: Vec<TypeId>,
    ) -> Resolved {
        if selection.method.is_none() && !self.is_concrete_path(recv, &selection.path) {
            let mut ty = recv;
            for field in &selection.path {
                ty = self.field_type(ty, *field);
            }
            if let Type::Pointer(elem) = self.under(ty)
                && self.is_interface(elem)
            {
                ty = elem;
            }
            return Resolved { path: selection.path.clone(), target: self.iface_target(ty, name) };
        }
        let pkg = selection.method.map_or(PkgId(0), |obj| self.c.checker.object(obj).pkg);
        self.by_name(recv, name, pkg, own)
    }

    /// Whether the receiver at the end of a path is no interface.
    fn is_concrete_path(&mut self, recv: TypeId, path: &[usize]) -> bool {
        let mut ty = recv;
        for field in path {
            ty = self.field_type(ty, *field);
        }
        !self.is_interface(ty)
    }

    /// What a method name means for a type.
    pub fn by_name(&mut self, recv: TypeId, name: Symbol, pkg: PkgId, own: Vec<TypeId>) -> Resolved {
        if self.is_interface(recv) {
            return Resolved { path: Vec::new(), target: self.iface_target(recv, name) };
        }
        let exported = self.c.checker.session.names.is_exported(name);
        let mut entries = self.c.checker.method_set(recv);
        if !matches!(self.c.checker.types.get(recv), Type::Pointer(_)) {
            let pointer = self.c.checker.types.pointer(recv);
            entries.extend(self.c.checker.method_set(pointer));
        }
        let found = entries
            .into_iter()
            .find(|entry| entry.name == name && (exported || pkg == PkgId(0) || entry.pkg == pkg));
        let Some(entry) = found else {
            let name = self.c.checker.name(name).to_string();
            self.c.fail(format!("no method {name}"));
            return Resolved {
                path: Vec::new(),
                target: Target::Static { func: FuncIx(0), pointer_receiver: false },
            };
        };
        let mut ty = recv;
        for field in &entry.path {
            ty = self.field_type(ty, *field);
        }
        match entry.func {
            Some(obj) => {
                let mut args = self.c.receiver_args(ty);
                args.extend(own);
                let func = self.c.func_ix(FuncKey::Decl(obj, args));
                let pointer_receiver = self.c.checker.object(obj).pointer_receiver;
                Resolved { path: entry.path, target: Target::Static { func, pointer_receiver } }
            }
            None => Resolved { path: entry.path, target: self.iface_target(ty, name) },
        }
    }

    fn iface_target(&mut self, iface: TypeId, name: Symbol) -> Target {
        let set = self.c.checker.types.type_set(iface);
        let Some(info) = set.methods.iter().find(|method| method.name == name).copied() else {
            let name = self.c.checker.name(name).to_string();
            self.c.fail(format!("no method {name} in the interface"));
            return Target::Static { func: FuncIx(0), pointer_receiver: false };
        };
        let method = self.c.method_ix(name, info.pkg, info.sig);
        let signature = self.c.signature(&[Kind::Data], info.sig);
        let sig = self.c.sig_ix(signature);
        Target::Iface { method, sig }
    }

    /// Brings a receiver into registers, as the method takes it: pointer, value, or interface.
    pub fn receiver(&mut self, base: &Expr, resolved: &Resolved, dst: Option<Reg>) -> Reg {
        let mark = self.f.asm.mark();
        let ty = self.ty(base);
        if let (Some(dst), true) = (dst, resolved.path.is_empty()) {
            // The common case: the value itself is the receiver.
            let pointer = matches!(self.under(ty), Type::Pointer(_));
            let direct = match resolved.target {
                Target::Static { pointer_receiver, .. } => pointer == pointer_receiver,
                Target::Iface { .. } => self.is_interface(ty),
            };
            if direct {
                self.expr_to(base, dst);
                return dst;
            }
        }
        let place = self.place(base);
        let reg = self.receiver_of(place, ty, resolved, base.span, dst);
        if dst.is_some() {
            self.f.asm.reset(mark);
        }
        reg
    }

    /// As `receiver`, from a place.
    pub fn receiver_of(
        &mut self,
        place: Place,
        ty: TypeId,
        resolved: &Resolved,
        span: golite_source::Span,
        dst: Option<Reg>,
    ) -> Reg {
        let (place, ty) = self.field_path(place, ty, &resolved.path, span);
        let pointee = match self.under(ty) {
            Type::Pointer(elem) => Some(elem),
            _ => None,
        };
        self.at(span);
        match resolved.target {
            Target::Static { pointer_receiver: true, .. } => match pointee {
                Some(_) => self.read(place, ty, dst),
                None => {
                    let addr = self.place_addr(place);
                    // The address of the first field of nothing is none.
                    if matches!(place, Place::Mem { offset: 0, .. }) {
                        self.f.asm.line().nil_check(addr);
                    }
                    match dst {
                        Some(dst) => {
                            self.mov(dst, addr, 1);
                            dst
                        }
                        None => addr,
                    }
                }
            },
            Target::Static { .. } | Target::Iface { .. } => match pointee {
                Some(elem) => {
                    let ptr = self.read(place, ty, None);
                    self.read(Place::Mem { ptr, offset: 0 }, elem, dst)
                }
                None => self.read(place, ty, dst),
            },
        }
    }

    /// `x.M` as a func value: the receiver is taken now.
    fn method_value(
        &mut self,
        expr: &Expr,
        base: &Expr,
        name: &Ident,
        selection: &Selection,
        dst: Option<Reg>,
    ) -> Reg {
        let mark = self.f.asm.mark();
        let want = self.dst(dst, &Shape::pointer());
        let after = self.f.asm.mark();
        let resolved = self.resolve(expr, name, selection);
        let receiver = self.receiver(base, &resolved, None);
        self.at_expr(expr);
        let wrapper = match resolved.target {
            Target::Static { func, pointer_receiver } => {
                let slots = if pointer_receiver {
                    1
                } else {
                    let mut ty = self.ty(base);
                    for field in &resolved.path {
                        ty = self.field_type(ty, *field);
                    }
                    if let Type::Pointer(elem) = self.under(ty) {
                        ty = elem;
                    }
                    self.shape(ty).slots
                };
                Wrapper::Bound { func, receiver: slots }
            }
            Target::Iface { method, sig } => {
                // A nil interface panics here, not when the method is called.
                let ok = self.f.asm.label();
                self.f.asm.branch(ok, |b| b.jump_nz(receiver, 0));
                self.f.asm.line().panic_runtime(RuntimeErrorCode::NilDereference as u16);
                self.f.asm.bind(ok);
                Wrapper::BoundIface { method, sig }
            }
        };
        let func = self.c.func_ix(FuncKey::Wrapper(wrapper));
        let kinds = self.c.module.functions[func.index()].captures.clone();
        self.closure_of(func, &kinds, receiver, want);
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// A closure whose captured words are in consecutive registers.
    pub fn closure_of(&mut self, func: FuncIx, kinds: &[Kind], words: Reg, dst: Reg) {
        if kinds.is_empty() {
            self.f.asm.line().func_value(dst, func);
            return;
        }
        let mark = self.f.asm.mark();
        let direct = dst.0 < words.0 || dst.0 >= words.0 + kinds.len() as u16;
        let closure = if direct { dst } else { self.f.asm.take(1) };
        self.f.asm.line().closure(closure, func);
        self.store_captured(closure, 0, words, kinds);
        self.mov(dst, closure, 1);
        self.f.asm.reset(mark);
    }

    /// `T.M`: a function with the receiver as first parameter.
    pub fn method_expr(&mut self, expr: &Expr, name: &Ident, selection: &Selection) -> FuncIx {
        let recv = self.subst(selection.recv);
        let own = self.method_args(expr, name);
        let pkg = selection.method.map_or(PkgId(0), |obj: ObjId| self.c.checker.object(obj).pkg);
        if !self.is_interface(recv) {
            let resolved = self.by_name(recv, name.name, pkg, own.clone());
            let pointer = matches!(self.c.checker.types.get(recv), Type::Pointer(_));
            if let Target::Static { func, pointer_receiver } = resolved.target
                && resolved.path.is_empty()
                && pointer == pointer_receiver
            {
                return func;
            }
        }
        self.c.func_ix(FuncKey::Wrapper(Wrapper::Expr { ty: recv, name: name.name, pkg, args: own }))
    }

    /// The signature with which a resolved method is called, its receiver's slots included.
    pub fn target_signature(&mut self, target: Target) -> Signature {
        match target {
            Target::Static { func, .. } => self.c.module.signature_of(func).clone(),
            Target::Iface { sig, .. } => self.c.module.signatures[sig.index()].clone(),
        }
    }
}
