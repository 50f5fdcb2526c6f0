//! Declarations: constants, variables, types, functions, at package level and in functions.
//! Spec: Declarations and scope.
//!
//! An object is declared when something first refers to it. `path` holds the objects being declared,
//! outermost first; meeting one of them again is a cycle, which only a type definition makes legal.
//! Bodies wait until all declarations are known.

use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{
    BinaryOp, ConstSpec, Decl, Expr, ExprKind, Field, FuncDecl, Ident, TypeSpec, UnaryOp, VarSpec,
};

use crate::check::{Checker, Env};
use crate::constant::Const;
use crate::info::Mode;
use crate::object::{DeclRef, FuncLevel, ObjId, ObjKind, PkgId, Progress};
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{AliasInfo, Basic, InterfaceInfo, NamedId, NamedInfo, ParamInfo, Type, TypeId};

/// Declarations that refer to each other deeper than this are refused.
const MAX_PATH: usize = 10_000;

/// Nor may their expressions, taken together, need more of the native stack. The stack has at least
/// twice as much ([`Checker`] runs on a deep one).
const MAX_STACK_BYTES: usize = 128 << 20;

impl Checker {
    /// Declares an object if that is not done yet; finds cycles.
    pub(crate) fn declare_object(&mut self, obj: ObjId) {
        match self.object(obj).progress {
            Progress::Done => return,
            Progress::Active => {
                let valid = self.valid_cycle(obj);
                match self.object(obj).kind {
                    ObjKind::Func => {}
                    _ if !valid => self.object_mut(obj).ty = Basic::Invalid.id(),
                    ObjKind::TypeName if self.is_unknown_alias(obj) => {
                        self.object_mut(obj).ty = self.types.pending_alias(obj);
                    }
                    _ => {}
                }
                return;
            }
            Progress::New => {}
        }
        let here = stack_address();
        if self.path.is_empty() {
            self.stack_start = here;
        }
        if self.path.len() >= MAX_PATH || self.stack_start.abs_diff(here) > MAX_STACK_BYTES {
            let span = self.object(obj).span;
            self.error(Code::Limit, span, "declarations refer to each other too deeply");
            self.object_mut(obj).progress = Progress::Done;
            return;
        }
        self.parse_lazy_func(obj);
        self.object_mut(obj).progress = Progress::Active;
        self.path.push(obj);
        let (pkg, scope, decl) = {
            let object = self.object(obj);
            (object.pkg, object.scope, object.decl.clone())
        };
        // What a function's signature mentions is not needed when variables are initialised.
        let depends = (!matches!(decl, DeclRef::Func(_))).then_some(obj);
        let outer = self.enter(pkg, scope, depends);
        match decl {
            DeclRef::Const(spec, index) => self.const_decl(obj, &spec, index),
            DeclRef::Var(spec, index) => self.package_var(obj, &spec, index),
            DeclRef::Type(spec) => self.type_decl(obj, &spec),
            DeclRef::Func(decl) => self.func_decl(obj, &decl),
            DeclRef::None => {}
        }
        self.env = outer;
        self.path.pop();
        self.object_mut(obj).progress = Progress::Done;
    }

    /// An alias without type parameters about whose right side nothing is known yet.
    fn is_unknown_alias(&self, obj: ObjId) -> bool {
        let object = self.object(obj);
        object.alias && object.type_params.is_empty() && object.ty == Basic::Invalid.id()
    }

    /// Enters a package's scope outside of any function; gives the surroundings to come back to.
    pub(crate) fn enter(&mut self, pkg: PkgId, scope: crate::object::ScopeId, decl: Option<ObjId>) -> Env {
        let env = Env {
            pkg,
            scope,
            level: FuncLevel(0),
            results: Vec::new(),
            result_vars: Vec::new(),
            iota: None,
            decl,
            hidden: Vec::new(),
            error_span: None,
        };
        std::mem::replace(&mut self.env, env)
    }

    // ---- constants and variables

    /// Names and values of a constant or variable declaration must match.
    pub(crate) fn check_arity(
        &mut self,
        names: &[Ident],
        values: &[Expr],
        constant: bool,
        implicit: bool,
        at: Span,
    ) {
        let (l, r) = (names.len(), values.len());
        if l < r {
            let extra = &values[l];
            if implicit {
                let place = self.place(extra.span);
                self.error(Code::WrongCount, at, format!("extra init expr at {place}"));
            } else {
                let text = self.expr_text(extra);
                self.error(Code::WrongCount, extra.span, format!("extra init expr {text}"));
            }
        } else if l > r && (constant || r != 1) {
            let name = self.name(names[r].name).to_string();
            self.error(Code::WrongCount, names[r].span, format!("missing init expr for {name}"));
        }
    }

    fn const_decl(&mut self, obj: ObjId, spec: &ConstSpec, index: usize) {
        let (iota, error_span) = (self.env.iota, self.env.error_span);
        self.env.iota = Some(spec.iota);
        self.env.error_span = None;
        let mut ty = None;
        if let Some(expr) = &spec.ty {
            let declared = self.check_type(expr);
            let fits = self.types.basic(declared).is_some_and(Basic::is_const_type)
                && self.types.as_param(declared).is_none();
            if !fits {
                let under = self.types.underlying(declared);
                if under != Basic::Invalid.id() {
                    let shown = self.show(declared);
                    self.error(
                        Code::BadDeclaration,
                        start_span(expr),
                        format!("invalid constant type {shown}"),
                    );
                }
                (self.env.iota, self.env.error_span) = (iota, error_span);
                self.object_mut(obj).ty = Basic::Invalid.id();
                return;
            }
            ty = Some(declared);
        }
        let (mut result, mut value) = (Basic::Invalid.id(), None);
        if let Some(expr) = spec.values.get(index) {
            if spec.implicit {
                self.env.error_span = Some(self.object(obj).span);
            }
            let mut operand = self.check_expr(expr, None);
            result = ty.unwrap_or(operand.ty);
            if operand.mode == Mode::Invalid || operand.ty == Basic::Invalid.id() {
                result = ty.unwrap_or(Basic::Invalid.id());
            } else if operand.mode != Mode::Const {
                let text = self.describe(&operand);
                self.error(Code::NotConstant, operand.span, format!("{text} is not constant"));
                result = ty.unwrap_or(Basic::Invalid.id());
            } else {
                if ty.is_some() {
                    self.assign_to(&mut operand, ty, "constant declaration");
                }
                if operand.mode != Mode::Invalid {
                    value = operand.value;
                }
            }
        } else if let Some(ty) = ty {
            result = ty;
        }
        (self.env.iota, self.env.error_span) = (iota, error_span);
        let object = self.object_mut(obj);
        object.ty = result;
        object.kind = ObjKind::Const(value);
    }

    /// All variables of a specification that share a call get their types together.
    fn package_var(&mut self, obj: ObjId, spec: &Arc<VarSpec>, index: usize) {
        let pkg = self.object(obj).pkg;
        let vars = self
            .package(pkg)
            .vars
            .iter()
            .rev()
            .find(|(other, _)| Arc::ptr_eq(other, spec))
            .map_or_else(|| vec![obj], |(_, vars)| vars.clone());
        let shared = spec.values.len() == 1 && vars.len() > 1;
        self.var_decl(obj, index, spec, &vars);
        if shared {
            let deps = self.deps.get(&obj).cloned().unwrap_or_default();
            for var in vars {
                self.object_mut(var).progress = Progress::Done;
                self.deps.insert(var, deps.clone());
            }
        }
    }

    fn var_decl(&mut self, obj: ObjId, index: usize, spec: &VarSpec, vars: &[ObjId]) {
        let ty = spec.ty.as_ref().map(|ty| self.check_var_type(ty));
        let init = match spec.values.len() {
            n if n == vars.len() => spec.values.get(index),
            1 => {
                if let Some(ty) = ty {
                    for var in vars {
                        self.object_mut(*var).ty = ty;
                    }
                }
                self.init_vars(vars, &vec![ty; vars.len()], &spec.values, None);
                return;
            }
            _ => spec.values.get(index),
        };
        if let Some(ty) = ty {
            self.object_mut(obj).ty = ty;
        }
        match init {
            Some(init) => {
                let name = self.owned_name(self.object(obj).name);
                let target = ty.map(|ty| crate::operand::Target { ty, desc: &name });
                let mut operand = self.check_value(init, target);
                self.init_var(obj, ty, &mut operand, "variable declaration");
            }
            None => self.object_mut(obj).ty = ty.unwrap_or(Basic::Invalid.id()),
        }
    }

    /// Gives a variable its type, the declared one or that of its value.
    pub(crate) fn init_var(
        &mut self,
        obj: ObjId,
        declared: Option<TypeId>,
        operand: &mut Operand,
        context: &str,
    ) {
        if operand.mode == Mode::Invalid
            || operand.ty == Basic::Invalid.id()
            || declared == Some(Basic::Invalid.id())
        {
            self.object_mut(obj).ty = declared.unwrap_or(Basic::Invalid.id());
            return;
        }
        let ty = self.assign_to(operand, declared, context);
        let ty = declared.or(ty).unwrap_or(Basic::Invalid.id());
        self.object_mut(obj).ty = ty;
    }

    // ---- types

    /// Declares a type; the object has its type before its right side is read.
    pub(crate) fn type_decl(&mut self, obj: ObjId, spec: &TypeSpec) {
        let outer = self.env.scope;
        if spec.alias {
            self.object_mut(obj).alias = true;
            match spec.type_params.first() {
                Some(param) => self.require_version(param.span, 23, "generic type alias"),
                None => self.require_version(spec.name.span, 9, "type alias"),
            };
            if !spec.type_params.is_empty() {
                self.open_scope();
                let params = self.declare_type_params(&spec.type_params);
                self.object_mut(obj).type_params = params.clone();
                self.check_bounds(&spec.type_params, &params);
            }
            let ty = self.check_type(&spec.ty);
            let own = self.object(obj).type_params.contains(&ty);
            if own {
                let message = "cannot use type parameter declared in alias declaration as RHS";
                self.error(Code::BadTypeParameter, start_span(&spec.ty), message);
            }
            let pending = self.object(obj).ty;
            if self.types.as_pending(pending).is_some() {
                self.complete_alias(pending, AliasInfo { obj, target: ty, args: Vec::new() });
            } else {
                self.object_mut(obj).ty = if own {
                    Basic::Invalid.id()
                } else if spec.type_params.is_empty() {
                    self.types.alias(AliasInfo { obj, target: ty, args: Vec::new() })
                } else {
                    ty
                };
            }
            self.close_scope(outer);
            return;
        }
        self.later.push(crate::check::Later::Defined(obj));
        let hidden = self.env.hidden.clone();
        let ty = self.types.new_named(NamedInfo {
            obj,
            underlying: Basic::Invalid.id(),
            resolved: false,
            type_params: Vec::new(),
            hidden,
            origin: None,
            methods: Vec::new(),
        });
        let named = self.types.as_named(ty).expect("a new named type");
        self.object_mut(obj).ty = ty;
        self.attach_pending(obj, named);
        if let Some(param) = spec.type_params.first() {
            self.require_version(param.span, 18, "type parameter");
            self.open_scope();
            let params = self.declare_type_params(&spec.type_params);
            self.types.named[named.0 as usize].type_params = params.clone();
            self.check_bounds(&spec.type_params, &params);
        }
        let mut right = self.check_type(&spec.ty);
        self.close_scope(outer);
        if self.types.as_param(right).is_some() {
            let message = "cannot use a type parameter as RHS in type declaration";
            self.error(Code::BadTypeParameter, start_span(&spec.ty), message);
            right = Basic::Invalid.id();
        }
        // An error found in a cycle made it invalid already.
        if self.object(obj).ty == Basic::Invalid.id() {
            right = Basic::Invalid.id();
        }
        self.right_sides.insert(named, right);
        self.define(named, right);
    }

    /// Gives a defined type the underlying type of its right side, now or when that is known.
    fn define(&mut self, named: NamedId, right: TypeId) {
        // Follow definitions that wait for others; a way back here is a cycle.
        let mut cycle = vec![self.types.named_info(named).obj];
        let mut at = self.through_aliases(right, &mut cycle);
        while let Some(next) = self.types.as_named(at) {
            if next == named {
                self.object_cycle_error(&cycle);
                self.types.set_underlying(named, Basic::Invalid.id());
                self.right_sides.insert(named, Basic::Invalid.id());
                self.resolve_forwards();
                return;
            }
            match self.forwards.iter().find(|(waiting, _)| *waiting == next) {
                Some((_, right)) if cycle.len() < 1000 => {
                    let right = *right;
                    cycle.push(self.types.named_info(next).obj);
                    at = self.through_aliases(right, &mut cycle);
                }
                _ => break,
            }
        }
        if self.is_resolved(right) {
            let under = self.types.underlying(right);
            self.types.set_underlying(named, under);
            self.resolve_forwards();
        } else {
            self.forwards.push((named, right));
        }
    }

    /// The type behind aliases, which are noted on the way.
    fn through_aliases(&self, ty: TypeId, way: &mut Vec<ObjId>) -> TypeId {
        let mut at = ty;
        while let Some(alias) = self.types.as_alias(at) {
            way.push(alias.obj);
            at = alias.target;
        }
        at
    }

    /// Ends the declaration of an alias that was mentioned in it, and of the types that wait for it.
    fn complete_alias(&mut self, id: TypeId, info: AliasInfo) {
        self.types.complete_alias(id, info);
        let (waiting, others) = std::mem::take(&mut self.forwards).into_iter().partition(|(_, at)| *at == id);
        self.forwards = others;
        let waiting: Vec<(NamedId, TypeId)> = waiting;
        for (named, right) in waiting {
            self.define(named, right);
        }
    }

    pub(crate) fn is_resolved(&mut self, ty: TypeId) -> bool {
        if self.types.as_pending(ty).is_some() {
            return false;
        }
        self.types.underlying(ty);
        self.types.as_named(ty).is_none_or(|named| self.types.named_info(named).resolved)
    }

    fn resolve_forwards(&mut self) {
        let mut i = 0;
        while i < self.forwards.len() {
            let (named, right) = self.forwards[i];
            if self.is_resolved(right) {
                self.forwards.remove(i);
                let under = self.types.underlying(right);
                self.types.set_underlying(named, under);
                i = 0;
            } else {
                i += 1;
            }
        }
    }

    /// The methods of a type join it when it is declared.
    fn attach_pending(&mut self, obj: ObjId, named: NamedId) {
        self.lazy_methods(obj);
        let Some(methods) = self.pending_methods.remove(&obj) else { return };
        for method in methods {
            let (name, span) = (self.object(method).name, self.object(method).span);
            let known = self.types.named_info(named).methods.clone();
            if let Some(other) = known.into_iter().find(|other| self.object(*other).name == name) {
                let (base, text) =
                    (self.name(self.object(obj).name).to_string(), self.name(name).to_string());
                let place = self.place(self.object(other).span);
                let message = format!("method {base}.{text} already declared at {place}");
                self.error(Code::Redeclared, span, message);
            } else {
                self.types.named[named.0 as usize].methods.push(method);
            }
        }
    }

    /// Fields and methods of a type must have different names.
    pub(crate) fn check_unique_members(&mut self, ty: TypeId) {
        let Some(named) = self.types.as_named(ty) else { return };
        let Type::Struct(fields) = self.types.under(ty) else { return };
        let under = self.types.underlying(ty);
        for method in self.types.named_info(named).methods.clone() {
            let (name, span) = (self.object(method).name, self.object(method).span);
            if fields.iter().any(|field| field.name == name && name != sym::BLANK) {
                let text = self.name(name).to_string();
                let field = self.field_spans.get(&(name, under)).copied().unwrap_or_default();
                let other = self.other_declaration(field, &text);
                let message = format!("field and method with the same name {text}{other}");
                self.error(Code::Redeclared, span, message);
            }
        }
    }

    /// Declares type parameters; their constraints are read by [`Checker::check_bounds`].
    pub(crate) fn declare_type_params(&mut self, fields: &[Field]) -> Vec<TypeId> {
        let mut params = Vec::with_capacity(fields.len());
        for (index, field) in fields.iter().enumerate() {
            let (name, span) = field.name.map_or((sym::BLANK, field.span), |name| (name.name, name.span));
            let param = self.declare_type_param(name, span, index);
            if let Some(name) = field.name
                && let Some(param) = self.types.as_param(param)
            {
                self.info.set_object(name.id, self.types.param_info(param).obj);
            }
            params.push(param);
        }
        params
    }

    pub(crate) fn declare_type_param(&mut self, name: Symbol, span: Span, index: usize) -> TypeId {
        let object = self.plain_object(name, span, Basic::Invalid.id(), ObjKind::TypeName);
        let obj = self.new_object(object);
        let any = self.types.any();
        let param = self.types.new_param(ParamInfo { obj, name, index, constraint: any });
        self.object_mut(obj).ty = param;
        self.declare(name, obj);
        param
    }

    pub(crate) fn check_bounds(&mut self, fields: &[Field], params: &[TypeId]) {
        let outer = std::mem::replace(&mut self.in_type_params, true);
        let mut bound = Basic::Invalid.id();
        for (i, field) in fields.iter().enumerate() {
            if i == 0 || !Arc::ptr_eq(&field.ty, &fields[i - 1].ty) {
                bound = self.bound(&field.ty);
                if self.types.as_param(bound).is_some() {
                    let message = "cannot use a type parameter as constraint";
                    self.error(Code::BadTypeParameter, start_span(&field.ty), message);
                    bound = Basic::Invalid.id();
                }
            }
            if let Some(param) = self.types.as_param(params[i]) {
                self.types.params[param.0 as usize].constraint = bound;
            }
        }
        self.in_type_params = outer;
    }

    fn bound(&mut self, expr: &Expr) -> TypeId {
        let implicit = match &expr.kind {
            ExprKind::Unary(UnaryOp::Tilde, _) => true,
            ExprKind::Binary(binary) => binary.op == BinaryOp::Or,
            _ => false,
        };
        if implicit {
            return self.implicit_interface(expr);
        }
        let ty = self.check_type(expr);
        // A type that is no interface stands for the interface of that type alone.
        let resolved = self.is_resolved(ty);
        if !resolved
            || matches!(
                self.types.under(ty),
                Type::Interface(_) | Type::Param(_) | Type::Basic(Basic::Invalid)
            )
        {
            return ty;
        }
        let info =
            InterfaceInfo { embeds: vec![(ty, expr.span)], implicit: true, ..InterfaceInfo::default() };
        self.types.intern(Type::Interface(Arc::new(info)))
    }

    // ---- functions

    fn func_decl(&mut self, obj: ObjId, decl: &FuncDecl) {
        // A signature that refers to itself finds an empty one.
        let empty = self.types.func(&[], &[], false);
        self.object_mut(obj).ty = empty;
        let sig = self.check_method_signature(obj, decl);
        self.object_mut(obj).ty = sig.ty;
        self.signatures.insert(obj, Arc::new(sig));
        if !decl.has_body() && !decl.type_params.is_empty() {
            self.error(Code::MissingBody, decl.span, "generic function is missing function body");
        }
    }

    /// Checks the body of a function or method, if that is not done yet.
    pub fn check_body(&mut self, obj: ObjId) {
        if !self.checked.insert(obj) {
            return;
        }
        self.declare_object(obj);
        let (pkg, decl) = (self.object(obj).pkg, self.object(obj).decl.clone());
        let DeclRef::Func(decl) = decl else { return };
        self.read_body(&decl);
        let (Some(body), Some(sig)) = (decl.body(), self.signatures.get(&obj).cloned()) else { return };
        let outer = self.enter(pkg, sig.scope, Some(obj));
        self.env.hidden.clone_from(&sig.hidden);
        let top = self.later.len();
        self.func_body(&sig, body);
        self.run_later_from(top);
        self.env = outer;
    }

    // ---- in functions

    /// `const`, `var` and `type` in a function.
    pub(crate) fn decl_stmt(&mut self, decls: &[Decl]) {
        for decl in decls {
            let top = self.later.len();
            match decl {
                Decl::Const(spec) => {
                    let mut consts = Vec::new();
                    for (i, name) in spec.names.iter().enumerate() {
                        let object = self.plain_object(
                            name.name,
                            name.span,
                            Basic::Invalid.id(),
                            ObjKind::Const(None),
                        );
                        let obj = self.new_object(object);
                        self.info.set_object(name.id, obj);
                        consts.push(obj);
                        self.const_decl(obj, spec, i);
                    }
                    self.check_arity(&spec.names, &spec.values, true, spec.implicit, spec.span);
                    self.run_later_from(top);
                    for (name, obj) in spec.names.iter().zip(consts) {
                        self.declare(name.name, obj);
                    }
                }
                Decl::Var(spec) => {
                    let mut vars = Vec::new();
                    for name in &spec.names {
                        let facts = self.new_var_facts();
                        let obj = self.new_var(name.name, name.span, Basic::Invalid.id(), facts);
                        self.info.set_object(name.id, obj);
                        vars.push(obj);
                    }
                    for (i, obj) in vars.iter().enumerate() {
                        self.var_decl(*obj, i, spec, &vars);
                        if spec.values.len() == 1 {
                            break;
                        }
                    }
                    if spec.ty.is_none() || !spec.values.is_empty() {
                        self.check_arity(&spec.names, &spec.values, false, false, spec.span);
                    }
                    self.run_later_from(top);
                    for (name, obj) in spec.names.iter().zip(vars) {
                        self.declare_local(name.name, obj);
                    }
                }
                Decl::Type(spec) => {
                    let object = self.plain_object(
                        spec.name.name,
                        spec.name.span,
                        Basic::Invalid.id(),
                        ObjKind::TypeName,
                    );
                    let obj = self.new_object(object);
                    self.info.set_object(spec.name.id, obj);
                    self.declare(spec.name.name, obj);
                    self.object_mut(obj).progress = Progress::Active;
                    self.path.push(obj);
                    self.type_decl(obj, spec);
                    self.path.pop();
                    self.object_mut(obj).progress = Progress::Done;
                    self.run_later_from(top);
                }
                Decl::Func(_) => {}
            }
        }
    }

    /// Enters a variable of a function into the current scope, to be reported if nothing uses it.
    pub(crate) fn declare_local(&mut self, name: Symbol, obj: ObjId) {
        if self.script_scope == Some(self.env.scope) && name == sym::INIT {
            let span = self.object(obj).span;
            return self.error(Code::BadMain, span, "cannot declare init - must be func");
        }
        if self.declare(name, obj) {
            self.locals.push(obj);
        }
    }

    // ---- reports

    /// Reports a message with further lines `place: text`.
    pub(crate) fn error_with(&mut self, code: Code, span: Span, message: String, more: &[(Span, String)]) {
        let mut text = message;
        for (at, line) in more {
            text += &format!("\n\t{}: {line}", self.place(*at));
        }
        let mut diagnostic = Diagnostic::error(code, self.env.error_span.unwrap_or(span), text);
        for (at, line) in more {
            diagnostic = diagnostic.label(*at, line.clone());
        }
        self.report(diagnostic);
    }

    /// The value of a constant.
    #[must_use]
    pub fn const_value(&self, obj: ObjId) -> Option<&Const> {
        match &self.object(obj).kind {
            ObjKind::Const(value) => value.as_ref(),
            _ => None,
        }
    }
}

/// Where the native stack stands, near enough.
fn stack_address() -> usize {
    let local = 0u8;
    std::hint::black_box(std::ptr::from_ref(&local)).addr()
}
