//! Calls. Spec: Calls, Passing arguments to ... parameters.

use std::sync::Arc;

use golite_diag::Code;
use golite_syntax::ast::{CallExpr, Expr, ExprKind};

use crate::check::Checker;
use crate::expr::Generic;
use crate::infer::Inference;
use crate::info::{Fact, Mode};
use crate::object::ObjKind;
use crate::operand::{Operand, Target};
use crate::text::start_span;
use crate::ty::{Basic, SigInfo, Type, TypeId};

/// The arguments of a call as far as they are checked before inference.
struct Arguments<'a> {
    values: Vec<Operand<'a>>,
    /// Type arguments given to generic functions among them.
    given: Vec<Vec<TypeId>>,
}

/// Type arguments written in a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct GivenTypes<'a> {
    /// The types.
    pub types: Vec<TypeId>,
    /// Their expressions.
    pub exprs: &'a [Expr],
}

impl Checker {
    /// A call or conversion.
    pub(crate) fn check_call<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr) {
        let mut instantiated: Option<(&'a Expr, &'a [Expr])> = None;
        let mut func = match &call.func.kind {
            ExprKind::Index(_, indices) => {
                let mut func = Operand::invalid(&call.func);
                if self.check_index(&mut func, &call.func) {
                    instantiated = Some((&call.func, indices));
                    func.stands_for(&call.func);
                }
                self.record(&func);
                func
            }
            _ => self.check_expr_or_type(&call.func, Generic::Allowed),
        };
        match func.mode {
            Mode::Invalid => {
                self.use_exprs(&call.args);
                return;
            }
            Mode::Type => {
                self.check_conversion(x, func, expr, call);
                return;
            }
            Mode::Builtin(builtin) => {
                if !self.check_builtin(x, expr, call, builtin) {
                    x.invalidate();
                }
                x.stands_for(expr);
                if x.is_valid() && !x.is_const() {
                    self.has_call = true;
                }
                return;
            }
            Mode::Const if call.args.is_empty() && self.is_compiler_constant(&call.func) => {
                x.set_const(Basic::String.id(), func.value);
                return;
            }
            _ => {}
        }
        let Some(mut sig) = self.called_signature(&func) else {
            self.use_exprs(&call.args);
            return;
        };
        let generic = !sig.type_params.is_empty();
        let mut given = GivenTypes::default();
        if generic && instantiated.is_none() {
            self.require_version(expr.span, 18, "implicit function instantiation");
        }
        if let Some((index, exprs)) = instantiated {
            let types: Vec<TypeId> = exprs.iter().map(|expr| self.check_var_type(expr)).collect();
            if types.contains(&Basic::Invalid.id()) {
                self.use_exprs(&call.args);
                return;
            }
            self.require_version(expr.span, 18, "function instantiation");
            let (got, want) = (types.len(), sig.type_params.len());
            if got > want {
                let message = format!("got {got} type arguments but want {want}");
                self.error(Code::BadInstantiation, start_span(&exprs[want]), message);
                self.use_exprs(&call.args);
                return;
            }
            given = GivenTypes { types, exprs };
            if got == want {
                let at = self.position(index);
                sig = self.instantiate_signature(at, index, &sig, &given.types, exprs);
                given = GivenTypes::default();
            }
        }
        let arguments = self.check_arguments_alone(&call.args);
        let sig = self.check_arguments(expr, call, &sig, given, arguments);
        if generic && sig.type_params.is_empty() {
            let ty = self.types.intern(Type::Signature(sig.clone()));
            self.info.set(call.func.id, Fact { mode: Mode::Value, ty });
            func.ty = ty;
        }
        self.has_call = true;
        match sig.results.as_slice() {
            [] => {
                x.mode = Mode::NoValue;
                x.ty = self.types.tuple(&[]);
            }
            [one] => {
                x.set_value(*one);
                if *one == Basic::Invalid.id() {
                    x.invalidate();
                }
            }
            many => {
                let ty = self.types.tuple(many);
                x.set_value(ty);
            }
        }
        if x.mode == Mode::Value && !sig.type_params.is_empty() && self.mentions(x.ty, &sig.type_params) {
            x.invalidate();
        }
    }

    /// Whether it is `runtime.Compiler`: of go-lite's own, the constant may be called.
    fn is_compiler_constant(&self, func: &Expr) -> bool {
        let ExprKind::Selector(base, name) = &func.unparen().kind else { return false };
        let package = base.as_ident().and_then(|base| self.info.object(base.id));
        let of_runtime = package.is_some_and(|package| match self.object(package).kind {
            ObjKind::PkgName(pkg) => &*self.package(pkg).path == "runtime",
            _ => false,
        });
        of_runtime && self.name(name.name) == "Compiler"
    }

    fn called_signature(&mut self, func: &Operand<'_>) -> Option<Arc<SigInfo>> {
        if func.ty == Basic::Invalid.id() {
            return None;
        }
        let cause = match self.specific_types(func.ty) {
            None => None,
            Some(types) => types.into_iter().find_map(|(ty, under)| {
                let is_func = matches!(self.types.get(under), Type::Signature(_));
                (!is_func).then(|| format!("{} is not a function", self.show(ty)))
            }),
        };
        let cause = match cause {
            Some(cause) => cause,
            None => match self.common_under(func.ty) {
                Ok(under) => match self.types.get(under) {
                    Type::Signature(sig) => return Some(sig.clone()),
                    _ => return None,
                },
                Err(cause) => cause,
            },
        };
        if self.types.underlying(func.ty) != Basic::Invalid.id() {
            let text = self.describe(func);
            let message = format!("invalid operation: cannot call {text}: {cause}");
            self.error(Code::BadCall, func.span, message);
        }
        None
    }

    fn check_conversion<'a>(
        &mut self,
        x: &mut Operand<'a>,
        mut func: Operand<'a>,
        expr: &'a Expr,
        call: &'a CallExpr,
    ) {
        self.non_generic(&mut func, None);
        if !func.is_valid() {
            self.use_exprs(&call.args);
            return;
        }
        let target = func.ty;
        if !self.require_complete(target) {
            self.use_exprs(&call.args);
            return;
        }
        let shown = self.show(target);
        match call.args.as_slice() {
            [] => {
                let message = format!("missing argument in conversion to {shown}");
                self.error(Code::WrongCount, start_span(expr), message);
            }
            [argument] => {
                let mut value = self.check_value(argument, Some(Target { ty: target, desc: "conversion" }));
                if !value.is_valid() {
                    return;
                }
                if self.is_interface_type(target) && !self.types.type_set(target).is_method_set() {
                    let message = format!(
                        "cannot use interface {shown} in conversion (contains specific type constraints or is comparable)"
                    );
                    self.error(Code::BadTypeParameter, start_span(expr), message);
                    return;
                }
                if call.ellipsis.is_some() {
                    let message = format!("invalid use of ... in conversion to {shown}");
                    self.error(Code::BadConversion, start_span(argument), message);
                    return;
                }
                self.conversion(&mut value, target);
                *x = value;
                x.stands_for(expr);
            }
            [.., last] => {
                self.use_exprs(&call.args);
                let message = format!("too many arguments in conversion to {shown}");
                self.error(Code::WrongCount, last.span, message);
            }
        }
    }

    // ---- arguments

    /// Evaluates arguments; generic functions among them stay generic.
    fn check_arguments_alone<'a>(&mut self, args: &'a [Expr]) -> Arguments<'a> {
        let mut arguments = Arguments { values: Vec::new(), given: Vec::new() };
        for arg in args {
            let mut x = Operand::invalid(arg);
            let mut given = Vec::new();
            if matches!(arg.kind, ExprKind::Index(..)) && self.check_index(&mut x, arg) {
                given = self.partly_instantiate(&mut x, arg);
                if given.is_empty() {
                    self.record(&x);
                }
            } else if matches!(arg.kind, ExprKind::Index(..)) {
                // Checked just now; it is not a generic function.
                self.record(&x);
                x = self.finish_value(x);
            } else if let [only] = args {
                let x = self.check_operand(only, crate::expr::Hint::None, Generic::Allowed);
                let x = self.finish_values(x);
                if let (true, Type::Tuple(types)) = (x.is_valid(), self.types.get(x.ty).clone()) {
                    for ty in types.iter() {
                        arguments.values.push(Operand {
                            ty: *ty,
                            id: golite_syntax::ast::ExprId(0),
                            ..x.clone()
                        });
                        arguments.given.push(Vec::new());
                    }
                    return arguments;
                }
                arguments.values.push(x);
                arguments.given.push(Vec::new());
                continue;
            } else {
                x = self.check_generic_expr(arg, None);
            }
            arguments.values.push(x);
            arguments.given.push(given);
        }
        arguments
    }

    /// Checks arguments against parameters and infers type arguments. Gives the signature called, as
    /// it was after an error.
    fn check_arguments<'a>(
        &mut self,
        expr: &'a Expr,
        call: &'a CallExpr,
        sig: &Arc<SigInfo>,
        given: GivenTypes<'a>,
        mut arguments: Arguments<'a>,
    ) -> Arc<SigInfo> {
        let count = arguments.values.len();
        let spread = call.ellipsis.is_some();
        let mut params = sig.params.clone();
        let mut wanted = params.len();
        if sig.variadic {
            if spread {
                if call.args.len() == 1 && count > 1 {
                    let text = self.expr_text(&call.args[0]);
                    let message = format!("cannot use ... with {count}-valued {text}");
                    self.error(Code::BadCall, start_span(expr), message);
                    return sig.clone();
                }
            } else if count + 1 >= wanted {
                let last = params.pop().unwrap_or(Basic::Invalid.id());
                let elem = match *self.types.get(last) {
                    Type::Slice(elem) => elem,
                    _ => last,
                };
                params.resize(count.max(params.len()), elem);
                wanted = count;
            } else {
                wanted -= 1;
            }
        } else if spread {
            let text = self.expr_text(&call.func);
            let message = format!("cannot use ... in call to non-variadic {text}");
            self.error(Code::BadCall, start_span(expr), message);
            return sig.clone();
        }
        if count != wanted {
            self.report_count(expr, call, sig, &arguments.values, wanted);
            return sig.clone();
        }
        let mut rsig = sig.clone();
        let own = sig.type_params.len();
        let mut inference = Inference::default();
        if own > 0 {
            let (renamed, map) = self.rename_params(&sig.type_params);
            params = params.iter().map(|param| self.types.subst(*param, &map)).collect();
            inference.params = renamed;
            inference.args = given.types.iter().map(|ty| Some(*ty)).collect();
            inference.args.resize(own, None);
        }
        let mut generic_args = Vec::new();
        for (i, arg) in arguments.values.iter_mut().enumerate() {
            let Type::Signature(arg_sig) = self.types.get(arg.ty).clone() else { continue };
            if arg_sig.type_params.is_empty() || !arg.is_valid() {
                continue;
            }
            let (renamed, map) = self.rename_params(&arg_sig.type_params);
            let mut new = self.types.subst_sig(&arg_sig, &map);
            new.type_params.clone_from(&renamed);
            let number = renamed.len();
            inference.params.extend(renamed);
            inference.args.extend(arguments.given[i].iter().map(|ty| Some(*ty)));
            inference.args.resize(inference.params.len(), None);
            arg.ty = self.types.intern(Type::Signature(Arc::new(new)));
            generic_args.push((i, arg_sig, number));
        }
        if let Some((first, ..)) = generic_args.first() {
            let at = arguments.values[*first].span;
            self.require_version(at, 21, "implicitly instantiated function as argument");
        }
        if !inference.params.is_empty() {
            inference.span = self.position(expr);
            let Some(types) = self.infer(&mut inference, &params, &arguments.values) else {
                if let Some((span, message)) = inference.error {
                    let text = self.expr_text(&call.func);
                    self.error(Code::CannotInfer, span, format!("in call to {text}, {message}"));
                }
                return sig.clone();
            };
            if own > 0 {
                rsig =
                    self.instantiate_signature(inference.span, &call.func, sig, &types[..own], given.exprs);
                let map = inference.params[..own].iter().copied().zip(types[..own].iter().copied()).collect();
                params = params.iter().map(|param| self.types.subst(*param, &map)).collect();
            }
            let mut from = own;
            for (i, arg_sig, number) in generic_args {
                let arg = &mut arguments.values[i];
                let part = &types[from..from + number];
                from += number;
                let Some(arg_expr) = arg.expr else { continue };
                let new = self.instantiate_signature(inference.span, arg_expr, &arg_sig, part, &[]);
                arg.ty = self.types.intern(Type::Signature(new));
                self.record(arg);
            }
        }
        if !arguments.values.is_empty() {
            let context = format!("argument to {}", self.expr_text(&call.func));
            for (arg, param) in arguments.values.iter_mut().zip(&params) {
                self.assign_to(arg, Some(*param), &context);
            }
        }
        rsig
    }

    /// Checks values that are evaluated already against the parameters of a made-up signature: for
    /// built-in functions.
    pub(crate) fn check_builtin_arguments<'a>(
        &mut self,
        expr: &'a Expr,
        call: &'a CallExpr,
        sig: &Arc<SigInfo>,
        values: Vec<Operand<'a>>,
    ) {
        let given = vec![Vec::new(); values.len()];
        self.check_arguments(expr, call, sig, GivenTypes::default(), Arguments { values, given });
    }

    fn report_count(
        &mut self,
        expr: &Expr,
        call: &CallExpr,
        sig: &SigInfo,
        values: &[Operand<'_>],
        wanted: usize,
    ) {
        let (span, word) = if values.len() > wanted {
            (values[wanted].span, "too many")
        } else {
            // After the last argument, or at the closing parenthesis.
            (values.last().map_or(call.rparen, |last| last.span), "not enough")
        };
        let span = if values.is_empty() { expr.span } else { span };
        let text = self.expr_text(&call.func);
        let have: Vec<TypeId> = values.iter().map(|value| value.ty).collect();
        let have = self.summary(&have, false, call.ellipsis.is_some());
        let want = self.summary(&sig.params, sig.variadic, false);
        let message = format!("{word} arguments in call to {text}\n\thave {have}\n\twant {want}");
        self.error(Code::WrongCount, span, message);
    }

    /// Types in parentheses, as messages about their number show them: `number` for untyped ones.
    pub(crate) fn summary(&mut self, types: &[TypeId], variadic: bool, spread: bool) -> String {
        let mut parts = Vec::new();
        for (i, ty) in types.iter().enumerate() {
            let last = i + 1 == types.len();
            let mut text = match self.types.get(*ty).clone() {
                Type::Basic(Basic::Invalid) => "unknown type".to_string(),
                Type::Basic(basic) if basic.is_untyped() && basic.is_numeric() => "number".into(),
                Type::Basic(basic) if basic.is_untyped() => basic.name().replace("untyped ", ""),
                Type::Slice(elem) if last && variadic => self.show(elem),
                _ => self.show(*ty),
            };
            if last && variadic {
                text.insert_str(0, "...");
            } else if last && spread {
                text.push_str("...");
            }
            parts.push(text);
        }
        format!("({})", parts.join(", "))
    }
}
