//! Instances of generic functions. Spec: Instantiations.

use std::sync::Arc;

use golite_diag::Code;
use golite_source::Span;
use golite_syntax::ast::{Expr, ExprKind};

use crate::check::Checker;
use crate::infer::Inference;
use crate::info::Mode;
use crate::object::PkgId;
use crate::operand::{Operand, Target};
use crate::subst::Subst;
use crate::text::{argument_span, start_span};
use crate::ty::{Basic, ParamNames, SigInfo, Type, TypeId};

/// An instance whose type arguments are checked when all types at hand are complete.
#[derive(Clone, Debug)]
pub(crate) struct PendingInstance {
    pkg: PkgId,
    params: Vec<TypeId>,
    args: Vec<TypeId>,
    span: Span,
    /// The places of the arguments that are written.
    spans: Vec<Span>,
}

impl Checker {
    /// Checks that type arguments satisfy their constraints, by the language version of a place.
    ///
    /// # Errors
    /// The first that does not, and why.
    pub(crate) fn verify_instance(
        &mut self,
        params: &[TypeId],
        args: &[TypeId],
        at: Span,
    ) -> Result<(), (usize, String)> {
        let map: Subst = params.iter().copied().zip(args.iter().copied()).collect();
        for (i, (param, arg)) in params.iter().zip(args).enumerate() {
            let Some(param) = self.types.as_param(*param) else { continue };
            let constraint = self.types.param_info(param).constraint;
            let constraint = self.types.subst(constraint, &map);
            if let Err(reason) = self.implements(*arg, constraint, true) {
                return Err((i, reason.0));
            }
            if !self.allows(at, 20) && self.compares_with_panic(*arg, constraint) {
                let (shown, tail) = (self.show(*arg), self.version_tail(at));
                return Err((i, format!("{shown} to satisfy comparable requires go1.20 or later{tail}")));
            }
        }
        Ok(())
    }

    /// Checks the instances of generic functions that came up while types were incomplete.
    pub(crate) fn verify_pending(&mut self) {
        for pending in std::mem::take(&mut self.pending_instances) {
            self.verify_now(&pending);
        }
    }

    fn verify_now(&mut self, pending: &PendingInstance) {
        let Err((i, cause)) = self.verify_instance(&pending.params, &pending.args, pending.span) else {
            return;
        };
        let span = pending.spans.get(i).copied().unwrap_or(pending.span);
        let pkg = std::mem::replace(&mut self.env.pkg, pending.pkg);
        self.error(Code::ConstraintNotSatisfied, span, cause);
        self.env.pkg = pkg;
    }

    /// The signature with type arguments; records them for the function's name.
    pub(crate) fn instantiate_signature(
        &mut self,
        span: Span,
        func: &Expr,
        sig: &Arc<SigInfo>,
        args: &[TypeId],
        exprs: &[Expr],
    ) -> Arc<SigInfo> {
        let map: Subst = sig.type_params.iter().copied().zip(args.iter().copied()).collect();
        let mut instance = self.types.subst_sig(sig, &map);
        instance.type_params = Vec::new();
        instance.names = ParamNames(sig.names.0.clone());
        self.info.instances.insert(name_id(func), args.to_vec());
        let pending = PendingInstance {
            pkg: self.env.pkg,
            params: sig.type_params.clone(),
            args: args.to_vec(),
            span,
            spans: exprs.iter().map(argument_span).collect(),
        };
        self.note_instance(&pending.params, args, span, &pending.spans);
        if self.env.level == crate::object::FuncLevel(0) {
            self.pending_instances.push(pending);
        } else {
            self.verify_now(&pending);
        }
        Arc::new(instance)
    }

    /// `f[T]` that is not called: missing type arguments come from what it is assigned to.
    pub(crate) fn instantiate_operand<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        target: Option<Target<'_>>,
    ) {
        let ExprKind::Index(_, indices) = &expr.kind else { return };
        let at = self.position(expr);
        let known = self.require_version(at, 18, "function instantiation");
        let Some(args) = self.given_types(x, expr, indices) else { return };
        let sig = matches!(self.types.get(x.ty), Type::Signature(sig) if args.len() < sig.type_params.len());
        if known && sig && target.is_some() {
            self.require_version(at, 21, "partially instantiated function in assignment");
        }
        self.instantiate_with(x, args, indices, target);
    }

    /// `f[T]` as an argument: all type arguments instantiate it; fewer are given back.
    pub(crate) fn partly_instantiate<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr) -> Vec<TypeId> {
        let ExprKind::Index(_, indices) = &expr.kind else { return Vec::new() };
        let Some(args) = self.given_types(x, expr, indices) else { return Vec::new() };
        match self.types.get(x.ty) {
            Type::Signature(sig) if args.len() < sig.type_params.len() => args,
            _ => {
                self.instantiate_with(x, args, indices, None);
                Vec::new()
            }
        }
    }

    /// A generic function without type arguments, which come from what it is assigned to.
    pub(crate) fn instantiate_for_target(&mut self, x: &mut Operand<'_>, target: Target<'_>) {
        self.instantiate_with(x, Vec::new(), &[], Some(target));
        if x.is_valid() {
            self.record(x);
        }
    }

    fn given_types<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        indices: &'a [Expr],
    ) -> Option<Vec<TypeId>> {
        x.stands_for(expr);
        let args: Vec<TypeId> = indices.iter().map(|index| self.check_var_type(index)).collect();
        if args.contains(&Basic::Invalid.id()) {
            x.invalidate();
            return None;
        }
        let want = match self.types.get(x.ty) {
            Type::Signature(sig) => sig.type_params.len(),
            _ => 0,
        };
        let got = args.len();
        if got > want {
            let message = format!("got {got} type arguments but want {want}");
            self.error(Code::BadInstantiation, start_span(&indices[got - 1]), message);
            x.invalidate();
            return None;
        }
        Some(args)
    }

    fn instantiate_with(
        &mut self,
        x: &mut Operand<'_>,
        mut args: Vec<TypeId>,
        exprs: &[Expr],
        target: Option<Target<'_>>,
    ) {
        let Type::Signature(sig) = self.types.get(x.ty).clone() else { return };
        if args.len() < sig.type_params.len() {
            if exprs.is_empty() && self.require_version(x.span, 18, "function instantiation") {
                self.require_version(x.span, 21, "implicitly instantiated function in assignment");
            }
            let (renamed, map) = self.rename_params(&sig.type_params);
            let mut params = Vec::new();
            let mut values = Vec::new();
            if let Some(target) = target {
                // As in a call of a function with one parameter of the generic function's type.
                let plain = SigInfo { type_params: Vec::new(), ..(*sig).clone() };
                let plain = self.types.subst_sig(&plain, &map);
                params.push(self.types.intern(Type::Signature(Arc::new(plain))));
                values.push(Operand::value(target.ty, x.span, target.desc));
            }
            let mut inference = Inference {
                args: args.iter().map(|ty| Some(*ty)).collect(),
                span: x.expr.map_or(x.span, |expr| self.position(expr)),
                reverse: target.is_some(),
                params: renamed,
                error: None,
            };
            inference.args.resize(inference.params.len(), None);
            match self.infer(&mut inference, &params, &values) {
                Some(inferred) => args = inferred,
                None => {
                    if let Some((span, message)) = inference.error {
                        self.error(Code::CannotInfer, span, message);
                    }
                    x.invalidate();
                    return;
                }
            }
        }
        let Some(expr) = x.expr else { return };
        let at = self.position(expr);
        let instance = self.instantiate_signature(at, expr, &sig, &args, exprs);
        x.ty = self.types.intern(Type::Signature(instance));
        x.mode = Mode::Value;
    }
}

/// The identity of a function's name, under which its type arguments are recorded.
fn name_id(func: &Expr) -> golite_syntax::ast::ExprId {
    let mut func = func;
    loop {
        match &func.kind {
            ExprKind::Paren(inner) => func = inner,
            ExprKind::Index(inner, _) => func = inner,
            ExprKind::Selector(_, name) => return name.id,
            _ => return func.id,
        }
    }
}
