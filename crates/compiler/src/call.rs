//! Calls.
//!
//! The window of a call lies at the top of the frame. Arguments go straight into the callee's
//! parameters: those that call something first, in order, then the plain ones, as gc does.

use golite_bytecode::{FuncIx, LINK_SLOTS, Reg, Signature};
use golite_source::Span;
use golite_syntax::ast::{CallExpr, Expr, ExprKind};
use golite_types::{Builtin, Mode, ObjKind, SelectionKind, Type, TypeId};

use crate::func::FuncCompiler;
use crate::method::{Resolved, Target};
use crate::program::FuncKey;
use crate::wrapper::{Later, Wrapper};

/// What is called.
enum Callee<'e> {
    /// A function known now.
    Func(FuncIx),
    /// A method: the receiver's expression.
    Method(&'e Expr, Resolved),
    /// A func value.
    Value(&'e Expr),
}

/// The results of a call, in registers at the top of the stack.
#[derive(Clone, Debug)]
pub(crate) struct Results {
    /// The first slot.
    pub first: Reg,
    /// The types, in order.
    pub types: Vec<TypeId>,
}

impl FuncCompiler<'_> {
    /// A call's value (its first result, if it has any).
    pub fn call_value(&mut self, expr: &Expr, call: &CallExpr, dst: Option<Reg>) -> Reg {
        if self.is_type(&call.func) {
            let target = self.ty(&call.func);
            return match call.args.first() {
                Some(arg) => self.conversion(expr, arg, target, dst),
                None => Reg(0),
            };
        }
        if let Some(builtin) = self.builtin_of(call) {
            return self.builtin(expr, call, builtin, dst);
        }
        if let Some(reg) = self.call_without_call(expr, call, dst) {
            return reg;
        }
        let mark = self.f.asm.mark();
        let results = self.call(expr, call);
        let Some(ty) = results.types.first().copied() else { return results.first };
        let Some(dst) = dst else { return results.first };
        let slots = self.shape(ty).slots;
        self.mov(dst, results.first, slots);
        self.f.asm.reset(mark);
        dst
    }

    /// The built-in function that is called, if it is one.
    pub fn builtin_of(&self, call: &CallExpr) -> Option<Builtin> {
        match self.c.checker.info.fact(call.func.unparen().id).mode {
            Mode::Builtin(builtin) => Some(builtin),
            _ => {
                let id = match &call.func.unparen().kind {
                    ExprKind::Ident(_) => call.func.unparen().id,
                    ExprKind::Selector(_, name) => name.id,
                    _ => return None,
                };
                match self.c.checker.object(self.c.checker.info.object(id)?).kind {
                    ObjKind::Builtin(builtin) => Some(builtin),
                    _ => None,
                }
            }
        }
    }

    fn callee<'e>(&mut self, func: &'e Expr) -> Callee<'e> {
        let func = func.unparen();
        let named = match &func.kind {
            ExprKind::Index(base, _) => base.unparen(),
            _ => func,
        };
        match &named.kind {
            ExprKind::Ident(_) => {
                if let Some(func) = self.static_func(named.id, &[named.id, func.id]) {
                    return Callee::Func(func);
                }
            }
            ExprKind::Selector(base, name) => {
                let Some(selection) = self.c.checker.info.selections.get(&named.id).cloned() else {
                    return match self.static_func(name.id, &[name.id, named.id, func.id]) {
                        Some(func) => Callee::Func(func),
                        None => Callee::Value(func),
                    };
                };
                match selection.kind {
                    SelectionKind::Method => {
                        let resolved = self.resolve(named, name, &selection);
                        return Callee::Method(base, resolved);
                    }
                    SelectionKind::MethodExpr => {
                        return Callee::Func(self.method_expr(named, name, &selection));
                    }
                    SelectionKind::Field => {}
                }
            }
            _ => {}
        }
        Callee::Value(func)
    }

    /// The declared function behind an identifier.
    fn static_func(
        &mut self,
        id: golite_syntax::ast::ExprId,
        instance_ids: &[golite_syntax::ast::ExprId],
    ) -> Option<FuncIx> {
        let obj = self.c.checker.info.object(id)?;
        if !matches!(self.c.checker.object(obj).kind, ObjKind::Func) {
            return None;
        }
        let args = instance_ids.iter().find_map(|id| self.c.checker.info.instances.get(id).cloned());
        let args = args.unwrap_or_default().into_iter().map(|ty| self.subst(ty)).collect();
        Some(self.c.func_ix(FuncKey::Decl(obj, args)))
    }

    /// Calls; the results stay at the top of the register stack.
    pub fn call(&mut self, expr: &Expr, call: &CallExpr) -> Results {
        let sig_ty = self.ty(&call.func);
        let Type::Signature(sig) = self.under(sig_ty) else {
            self.c.fail("a call of something that is no function".into());
            return Results { first: Reg(0), types: Vec::new() };
        };
        let types = sig.results.clone();
        let callee = self.callee(&call.func);
        let args_call = call.args.iter().any(|arg| self.is_ordered(arg));
        match callee {
            Callee::Func(func) => {
                let inner = self.c.module.signature_of(func).clone();
                let base = self.window(&inner);
                let mark = self.f.asm.mark();
                let params = base.plus(inner.first_param().0);
                self.arguments(call, &sig.params, sig.variadic, params, None);
                self.at_expr(expr);
                self.emit_call(base, func);
                self.f.asm.reset(mark);
                self.results(base, &inner, types)
            }
            Callee::Method(recv, resolved) => {
                let inner = self.target_signature(resolved.target);
                match resolved.target {
                    Target::Static { func, .. } => {
                        let base = self.window(&inner);
                        let mark = self.f.asm.mark();
                        let params = base.plus(inner.first_param().0);
                        let args = self.c.signature(&[], sig_ty).params.len() as u16;
                        let receiver = inner.params.len() as u16 - args;
                        self.arguments(
                            call,
                            &sig.params,
                            sig.variadic,
                            params.plus(receiver),
                            Some((recv, &resolved, params)),
                        );
                        self.at_expr(expr);
                        self.emit_call(base, func);
                        self.f.asm.reset(mark);
                        self.results(base, &inner, types)
                    }
                    Target::Iface { method, sig: sig_ix } => {
                        let late = args_call && self.is_sensitive(recv);
                        let early = if late { None } else { Some(self.receiver(recv, &resolved, None)) };
                        let base = self.window(&inner);
                        let mark = self.f.asm.mark();
                        let params = base.plus(inner.first_param().0);
                        self.arguments(call, &sig.params, sig.variadic, params.plus(1), None);
                        let iface = early.unwrap_or_else(|| self.receiver(recv, &resolved, None));
                        self.at_expr(expr);
                        self.f.asm.line().call_iface(base, iface, method, sig_ix);
                        self.f.asm.reset(mark);
                        self.results(base, &inner, types)
                    }
                }
            }
            Callee::Value(func) => {
                let late = args_call && self.is_sensitive(func);
                let early = if late { None } else { Some(self.expr(func)) };
                let inner = self.c.signature(&[], sig_ty);
                let sig_ix = self.c.sig_ix(inner.clone());
                let base = self.window(&inner);
                let mark = self.f.asm.mark();
                let params = base.plus(inner.first_param().0);
                self.arguments(call, &sig.params, sig.variadic, params, None);
                let callee = early.unwrap_or_else(|| self.expr(func));
                self.at_expr(expr);
                self.f.asm.line().call_closure(base, callee, sig_ix);
                self.f.asm.reset(mark);
                self.results(base, &inner, types)
            }
        }
    }

    /// Keeps the results of a finished call, gives back the rest of its window.
    fn results(&mut self, base: Reg, inner: &Signature, types: Vec<TypeId>) -> Results {
        // The window is at the top: cut it off after the results.
        self.f.asm.cut(base.plus(LINK_SLOTS + inner.results.len() as u16));
        Results { first: base.plus(LINK_SLOTS), types }
    }

    /// Evaluates arguments into the callee's parameters, with the receiver in its turn.
    fn arguments(
        &mut self,
        call: &CallExpr,
        params: &[TypeId],
        variadic: bool,
        to: Reg,
        receiver: Option<(&Expr, &Resolved, Reg)>,
    ) {
        let params: Vec<TypeId> = params.iter().map(|ty| self.subst(*ty)).collect();
        // f(g()): the results of one call are the arguments.
        if let [arg] = &call.args[..]
            && let Some(types) = self.tuple_types(arg)
        {
            if let Some((recv, resolved, to)) = receiver {
                self.receiver(recv, resolved, Some(to));
            }
            return self.spread(arg, &types, &params, variadic, to);
        }
        let fixed = if variadic && call.ellipsis.is_none() { params.len() - 1 } else { params.len() };
        let mut slots = Vec::with_capacity(params.len());
        let mut at = to;
        for ty in &params {
            slots.push(at);
            at = at.plus(self.shape(*ty).slots);
        }
        let mut operands: Vec<&Expr> = receiver.iter().map(|(recv, ..)| *recv).collect();
        operands.extend(&call.args);
        self.hoist_calls(&operands);
        let mut calls = Vec::with_capacity(call.args.len());
        for (i, arg) in call.args.iter().enumerate() {
            let ordered = match params.get(i).filter(|_| i < fixed) {
                Some(ty) => self.is_ordered_as(arg, *ty),
                None => self.is_ordered(arg),
            };
            calls.push(ordered);
        }
        let last_call = calls.iter().rposition(|calls| *calls);
        let receiver_calls = receiver.is_some_and(|(recv, _, _)| self.is_ordered(recv));
        // The first pass takes what calls something, the second the rest.
        for pass in [true, false] {
            if pass && last_call.is_none() && !receiver_calls {
                continue;
            }
            if let Some((recv, resolved, to)) = receiver
                && receiver_calls == pass
            {
                self.receiver(recv, resolved, Some(to));
            }
            for (i, arg) in call.args.iter().enumerate().take(fixed) {
                if calls[i] != pass {
                    continue;
                }
                let mark = self.f.asm.mark();
                self.expr_as_to(arg, params[i], slots[i]);
                self.f.asm.reset(mark);
            }
            if fixed < params.len() {
                let rest = &call.args[fixed.min(call.args.len())..];
                let rest_calls = calls[fixed.min(calls.len())..].contains(&true);
                if rest_calls == pass {
                    self.variadic(rest, params[fixed], slots[fixed], call.rparen);
                }
            }
        }
    }

    /// The slice of a variadic parameter.
    fn variadic(&mut self, args: &[Expr], slice: TypeId, to: Reg, span: Span) {
        let Type::Slice(elem) = self.under(slice) else { return };
        if args.is_empty() {
            self.f.asm.line().nil_slice(to);
            return;
        }
        let mark = self.f.asm.mark();
        let shape = self.shape(elem);
        // Values with calls are there before the slice is made.
        let mut values = Vec::with_capacity(args.len());
        let alone = args.len() == 1;
        for arg in args {
            let early = if alone { self.has_call(arg) } else { self.is_ordered_as(arg, elem) };
            values.push(if early { Some(self.expr_as_value(arg, elem)) } else { None });
        }
        let temp = self.f.asm.take(3);
        let len = self.f.asm.take(1);
        self.const_int(len, args.len() as i64);
        self.at(span);
        self.f.asm.line().make_slice(temp, len, Reg::NONE, shape.ix);
        for (i, arg) in args.iter().enumerate() {
            let mark = self.f.asm.mark();
            let reg = values[i].unwrap_or_else(|| self.borrow_as(arg, elem));
            if shape.slots > 0 {
                self.store(temp, i as u32 * shape.size as u32, reg, &shape, false);
            }
            self.f.asm.reset(mark);
        }
        self.mov(to, temp, 3);
        self.f.asm.reset(mark);
    }

    /// Values of a statement, each in registers of its own: variables may be assigned before the
    /// values are used.
    pub fn values_in_order(&mut self, values: &[(&Expr, TypeId)]) -> Vec<Reg> {
        let operands: Vec<&Expr> = values.iter().map(|(value, _)| *value).collect();
        self.hoist_calls(&operands);
        let mut regs = vec![Reg(0); values.len()];
        let ordered: Vec<bool> = values.iter().map(|(value, ty)| self.is_ordered_as(value, *ty)).collect();
        for pass in [true, false] {
            for (i, (value, ty)) in values.iter().enumerate() {
                if ordered[i] == pass {
                    regs[i] = self.expr_as_value(value, *ty);
                }
            }
        }
        regs
    }

    /// A value in registers of its own.
    pub fn expr_as_value(&mut self, expr: &Expr, ty: TypeId) -> Reg {
        let shape = self.shape(ty);
        let reg = self.take(&shape);
        self.expr_as_to(expr, ty, reg);
        reg
    }

    /// The types of a call with several results (or none).
    pub fn tuple_types(&mut self, expr: &Expr) -> Option<Vec<TypeId>> {
        if !matches!(expr.unparen().kind, ExprKind::Call(_)) {
            return None;
        }
        let ty = self.c.checker.info.fact(expr.unparen().id).ty;
        match self.c.checker.types.get(ty).clone() {
            Type::Tuple(types) => Some(types.iter().map(|ty| self.subst(*ty)).collect()),
            _ => None,
        }
    }

    /// `f(g())`: hands the results of one call on as arguments.
    fn spread(&mut self, arg: &Expr, types: &[TypeId], params: &[TypeId], variadic: bool, to: Reg) {
        let mark = self.f.asm.mark();
        let ExprKind::Call(inner) = &arg.unparen().kind else { return };
        let results = self.call(arg.unparen(), inner);
        let mut from = results.first;
        let mut at = to;
        let fixed = if variadic { params.len() - 1 } else { params.len() };
        let mut types = types.iter();
        for param in &params[..fixed] {
            let Some(ty) = types.next() else { return };
            self.assign_regs(at, from, *ty, *param);
            from = from.plus(self.shape(*ty).slots);
            at = at.plus(self.shape(*param).slots);
        }
        if variadic {
            let Type::Slice(elem) = self.under(params[fixed]) else { return };
            let shape = self.shape(elem);
            let rest: Vec<TypeId> = types.copied().collect();
            if rest.is_empty() {
                self.f.asm.line().nil_slice(at);
            } else {
                let temp = self.f.asm.take(3);
                let len = self.f.asm.take(1);
                self.const_int(len, rest.len() as i64);
                self.f.asm.line().make_slice(temp, len, Reg::NONE, shape.ix);
                for (i, ty) in rest.iter().enumerate() {
                    let mark = self.f.asm.mark();
                    let value = self.take(&shape);
                    self.assign_regs(value, from, *ty, elem);
                    if shape.slots > 0 {
                        self.store(temp, i as u32 * shape.size as u32, value, &shape, false);
                    }
                    from = from.plus(self.shape(*ty).slots);
                    self.f.asm.reset(mark);
                }
                self.mov(at, temp, 3);
            }
        }
        self.f.asm.reset(mark);
    }

    /// `dst =` a value in registers, as one of the target's type. Values in memory are handed over.
    pub fn assign_regs(&mut self, dst: Reg, src: Reg, from: TypeId, to: TypeId) {
        if self.is_interface(to) && !self.is_interface(from) {
            self.emit_to_iface(dst, src, from);
        } else {
            let slots = self.shape(to).slots;
            self.mov(dst, src, slots);
        }
    }

    // ---- go and defer

    /// The call of a `go` or `defer` statement as a func value without parameters.
    pub fn later_call(&mut self, expr: &Expr) -> Option<Reg> {
        let inner = expr.unparen();
        let ExprKind::Call(call) = &inner.kind else {
            self.c.fail("go and defer need a call".into());
            return None;
        };
        if let Some(builtin) = self.builtin_of(call) {
            return self.later_builtin(inner, call, builtin);
        }
        if self.is_type(&call.func) {
            // A conversion: only its operand is evaluated.
            self.expr(inner);
            return None;
        }
        let dst = self.f.asm.take(1);
        let mark = self.f.asm.mark();
        let sig_ty = self.ty(&call.func);
        let Type::Signature(sig) = self.under(sig_ty) else { return None };
        let callee = self.callee(&call.func);
        if call.args.is_empty() && sig.params.is_empty() && sig.results.is_empty() {
            match &callee {
                Callee::Func(func) => {
                    let native = matches!(
                        self.c.module.functions[func.index()].body,
                        golite_bytecode::Body::Native { .. }
                    );
                    if !native {
                        self.f.asm.line().func_value(dst, *func);
                        return Some(dst);
                    }
                }
                Callee::Value(func) => {
                    self.expr_to(func, dst);
                    self.f.asm.reset(mark);
                    return Some(dst);
                }
                Callee::Method(..) => {}
            }
        }
        let args_call = call.args.iter().any(|arg| self.is_ordered(arg));
        let (later, words) = match callee {
            Callee::Func(func) => {
                let inner = self.c.module.signature_of(func).clone();
                let words = self.f.asm.take(inner.params.len() as u16);
                self.arguments(call, &sig.params, sig.variadic, words, None);
                (Later::Static(func), words)
            }
            Callee::Method(recv, resolved) => {
                let inner = self.target_signature(resolved.target);
                match resolved.target {
                    Target::Static { func, .. } => {
                        let words = self.f.asm.take(inner.params.len() as u16);
                        let args = self.c.signature(&[], sig_ty).params.len() as u16;
                        let first = words.plus(inner.params.len() as u16 - args);
                        self.arguments(
                            call,
                            &sig.params,
                            sig.variadic,
                            first,
                            Some((recv, &resolved, words)),
                        );
                        (Later::Static(func), words)
                    }
                    Target::Iface { method, sig: sig_ix } => {
                        let words = self.f.asm.take(inner.params.len() as u16 + 1);
                        let late = args_call && self.is_sensitive(recv);
                        if !late {
                            self.receiver(recv, &resolved, Some(words));
                        }
                        self.arguments(call, &sig.params, sig.variadic, words.plus(2), None);
                        if late {
                            self.receiver(recv, &resolved, Some(words));
                        }
                        // A nil interface panics now.
                        let ok = self.f.asm.label();
                        self.at_expr(expr);
                        self.f.asm.branch(ok, |b| b.jump_nz(words, 0));
                        let code = golite_bytecode::RuntimeErrorCode::NilDereference as u16;
                        self.f.asm.line().panic_runtime(code);
                        self.f.asm.bind(ok);
                        (Later::Iface(method, sig_ix), words)
                    }
                }
            }
            Callee::Value(func) => {
                let inner = self.c.signature(&[], sig_ty);
                let sig_ix = self.c.sig_ix(inner.clone());
                let words = self.f.asm.take(inner.params.len() as u16 + 1);
                let late = args_call && self.is_sensitive(func);
                if !late {
                    self.expr_to(func, words);
                }
                self.arguments(call, &sig.params, sig.variadic, words.plus(1), None);
                if late {
                    self.expr_to(func, words);
                }
                (Later::Closure(sig_ix), words)
            }
        };
        let wrapper = self.c.func_ix(FuncKey::Wrapper(Wrapper::Later(later)));
        let kinds = self.c.module.functions[wrapper.index()].captures.clone();
        self.closure_of(wrapper, &kinds, words, dst);
        self.f.asm.reset(mark);
        Some(dst)
    }

    fn later_builtin(&mut self, expr: &Expr, call: &CallExpr, builtin: Builtin) -> Option<Reg> {
        let dst = self.f.asm.take(1);
        let mark = self.f.asm.mark();
        let types = self.builtin_arg_types(builtin, call);
        let total: u16 = types.iter().map(|ty| self.shape(*ty).slots).sum();
        let words = self.f.asm.take(total);
        let mut at = words;
        for (arg, ty) in call.args.iter().zip(&types) {
            self.expr_as_to(arg, *ty, at);
            at = at.plus(self.shape(*ty).slots);
        }
        self.at_expr(expr);
        let wrapper = self.c.func_ix(FuncKey::Wrapper(Wrapper::Builtin(builtin, types)));
        let kinds = self.c.module.functions[wrapper.index()].captures.clone();
        self.closure_of(wrapper, &kinds, words, dst);
        self.f.asm.reset(mark);
        Some(dst)
    }
}
