//! Types as written. Spec: Types.
//!
//! Checks that need complete types (map keys, embedded fields, type arguments) are put off until the
//! declarations at hand are done, so that a type may refer to itself on the way.

use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{
    ArrayLen, BinaryOp, Expr, ExprKind, Field, FuncDecl, FuncType, Ident, InterfaceElement, InterfaceType,
    StructType, UnaryOp,
};

use crate::check::{Checker, Later};
use crate::info::{Fact, Mode};
use crate::object::{FuncLevel, ObjId, ObjKind, PkgId, ScopeId, VarFacts};
use crate::text::{argument_span, start_span};
use crate::ty::{
    AliasInfo, Basic, FieldInfo, InterfaceInfo, MethodInfo, NamedId, ParamNames, SigInfo, Term, Type, TypeId,
    TypeTable,
};

/// A union of more terms is refused, as in Go.
pub(crate) const MAX_TERMS: usize = 100;

/// What is said about such a union.
pub(crate) fn too_many_terms() -> String {
    format!("cannot handle more than {MAX_TERMS} union terms (implementation limitation)")
}

/// A signature as declared: its type and the variables of its parameters.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The type.
    pub ty: TypeId,
    /// The receiver, for methods.
    pub receiver: Option<ObjId>,
    /// Parameters, blank and unnamed ones too.
    pub params: Vec<ObjId>,
    /// Results, likewise.
    pub results: Vec<ObjId>,
    /// The scope in which they are declared; the body's statements belong to it, too.
    pub scope: ScopeId,
    /// The function they belong to.
    pub level: FuncLevel,
    /// Type parameters in scope.
    pub hidden: Vec<TypeId>,
}

impl Checker {
    /// The type an expression denotes; reports if it does not, or if it is a generic type.
    pub(crate) fn check_type(&mut self, expr: &Expr) -> TypeId {
        let mut ty = self.type_expr(expr);
        let alias = self.alias_of(expr).filter(|obj| !self.object(*obj).type_params.is_empty());
        if alias.is_some() || !self.type_params_of(ty).is_empty() {
            let shown = match alias {
                Some(obj) => self.generic_alias_text(obj),
                None => self.show(ty),
            };
            let message = format!("cannot use generic type {shown} without instantiation");
            self.error(Code::BadInstantiation, start_span(expr), message);
            ty = Basic::Invalid.id();
        }
        self.info.set(expr.id, Fact { mode: Mode::Type, ty });
        ty
    }

    /// As [`Checker::check_type`], but the type must be one that variables can have.
    pub(crate) fn check_var_type(&mut self, expr: &Expr) -> TypeId {
        let ty = self.check_type(expr);
        if matches!(self.types.get(ty), Type::Named(_) | Type::Interface(_)) {
            self.later.push(Later::VarType(ty, start_span(expr)));
        }
        ty
    }

    /// As [`Checker::check_type`], but a generic type without type arguments is allowed.
    pub(crate) fn check_generic_type(&mut self, expr: &Expr) -> TypeId {
        let ty = self.type_expr(expr);
        self.info.set(expr.id, Fact { mode: Mode::Type, ty });
        ty
    }

    fn type_expr(&mut self, expr: &Expr) -> TypeId {
        match &expr.kind {
            ExprKind::Bad => {}
            ExprKind::Ident(name) => return self.type_name(expr, *name),
            ExprKind::Selector(base, sel) => return self.qualified_type(expr, base, *sel),
            ExprKind::Index(base, args) => return self.instance_expr(expr, base, args),
            ExprKind::Paren(inner) => return self.check_type(inner),
            ExprKind::Array(ArrayLen::Slice, elem) => {
                let elem = self.check_var_type(elem);
                return self.types.slice(elem);
            }
            ExprKind::Array(len, elem) => {
                let len = match len {
                    ArrayLen::Len(len) => self.array_length(len),
                    ArrayLen::Auto | ArrayLen::Slice => {
                        let message = "invalid use of [...] array (outside a composite literal)";
                        self.error(Code::BadType, start_span(expr), message);
                        -1
                    }
                };
                let elem = self.check_var_type(elem);
                if len >= 0 {
                    let array = self.types.intern(Type::Array(len, elem));
                    self.later.push(Later::Size(array, expr.span));
                    return array;
                }
            }
            ExprKind::Ellipsis(elem) => {
                self.error(Code::BadType, start_span(expr), "invalid use of ...");
                self.check_type(elem);
            }
            ExprKind::Struct(fields) => {
                let ty = self.struct_type(fields);
                self.later.push(Later::Size(ty, expr.span));
                return ty;
            }
            ExprKind::Star(base) => {
                let base = self.check_var_type(base);
                if base != Basic::Invalid.id() {
                    return self.types.pointer(base);
                }
            }
            ExprKind::Func(ty) => return self.check_signature(ty, &[]).ty,
            ExprKind::Interface(ty) => return self.interface_type(ty),
            ExprKind::Map(key, value) => {
                let key_type = self.check_var_type(key);
                let value = self.check_var_type(value);
                self.later.push(Later::MapKey(key_type, start_span(key)));
                return self.types.intern(Type::Map(key_type, value));
            }
            ExprKind::Chan(dir, elem) => {
                let elem_type = self.check_var_type(elem);
                self.later.push(Later::ChanElem(elem_type, start_span(elem)));
                return self.types.intern(Type::Chan(*dir, elem_type));
            }
            _ => {
                let text = self.expr_text(expr);
                self.error(Code::NotAType, start_span(expr), format!("{text} is not a type"));
                self.use_exprs(std::slice::from_ref(expr));
            }
        }
        Basic::Invalid.id()
    }

    fn type_name(&mut self, expr: &Expr, name: Symbol) -> TypeId {
        let invalid = Basic::Invalid.id();
        let text = self.name(name).to_string();
        let Some((obj, scope)) = self.lookup(name) else {
            if name == sym::BLANK {
                self.error(Code::BlankValue, start_span(expr), "cannot use _ as value or type");
            } else {
                let span = self.env.error_span.unwrap_or(expr.span);
                let mut error = Diagnostic::error(Code::Undefined, span, format!("undefined: {text}"));
                error.about(format!("no type here is called {text}"));
                self.report(error);
            }
            return invalid;
        };
        self.info.set_object(expr.id, obj);
        if !matches!(self.object(obj).kind, ObjKind::TypeName) {
            let kind = self.object_kind(obj);
            self.error(Code::NotAType, start_span(expr), format!("{text} ({kind}) is not a type"));
            self.with_var(obj, |facts| facts.used = true);
            return invalid;
        }
        let is_new = scope == ScopeId(0) && matches!(name, sym::ANY | sym::COMPARABLE);
        if is_new && !self.require_version(expr.span, 18, &format!("predeclared {text}")) {
            return invalid;
        }
        self.declare_object(obj);
        self.use_dot_import(scope, obj);
        self.object(obj).ty
    }

    /// What an object is, in words.
    pub(crate) fn object_kind(&self, obj: ObjId) -> &'static str {
        let object = self.object(obj);
        match &object.kind {
            ObjKind::PkgName(_) => "package name",
            ObjKind::Const(_) => "constant",
            ObjKind::TypeName if object.alias => "type alias",
            ObjKind::TypeName if self.types.as_param(object.ty).is_some() => "type parameter",
            ObjKind::TypeName => "defined type",
            ObjKind::Var(facts) if facts.global => "package-level variable",
            ObjKind::Var(facts) if facts.field => "struct field",
            ObjKind::Var(facts) if facts.param => "parameter",
            ObjKind::Var(_) => "local variable",
            ObjKind::Func if object.receiver.is_some() => "method",
            ObjKind::Func => "function",
            ObjKind::Builtin(_) => "built-in function",
            ObjKind::Nil => "untyped nil",
        }
    }

    fn qualified_type(&mut self, expr: &Expr, base: &Expr, sel: Ident) -> TypeId {
        let invalid = Basic::Invalid.id();
        let package =
            base.as_ident().and_then(|ident| self.lookup_base(ident.name)).and_then(|obj| {
                match self.object(obj).kind {
                    ObjKind::PkgName(pkg) => Some((obj, pkg)),
                    _ => None,
                }
            });
        let Some((name, pkg)) = package else {
            let text = self.expr_text(expr);
            let x = self.check_expr_or_type(base, crate::expr::Generic::Refused);
            match x.mode {
                Mode::Invalid => {}
                Mode::Builtin(_) => {
                    let what = self.describe(&x);
                    let message = format!("invalid use of {what} in selector expression");
                    let at = self.position(expr);
                    self.error(Code::NotAValue, at, message);
                }
                Mode::Type if self.types.as_alias(x.ty).is_none() && !self.require_complete(x.ty) => {}
                _ => self.error(Code::NotAType, sel.span, format!("{text} is not a type")),
            }
            return invalid;
        };
        self.info.set_object(base.id, name);
        self.info.set(base.id, Fact { mode: Mode::Package, ty: invalid });
        self.use_import(name);
        let Some(obj) = self.named_member(pkg, expr, sel) else { return invalid };
        self.info.set_object(sel.id, obj);
        self.declare_object(obj);
        if !matches!(self.object(obj).kind, ObjKind::TypeName) {
            let x = self.check_expr_or_type(expr, crate::expr::Generic::Allowed);
            if x.is_valid() {
                let text = self.describe(&x);
                self.error(Code::NotAType, start_span(expr), format!("{text} is not a type"));
            }
            return invalid;
        }
        self.object(obj).ty
    }

    // ---- instances

    fn instance_expr(&mut self, expr: &Expr, base: &Expr, args: &[Expr]) -> TypeId {
        let invalid = Basic::Invalid.id();
        let generic = self.check_generic_type(base);
        let alias = self.alias_of(base).filter(|obj| !self.object(*obj).type_params.is_empty());
        if alias.is_none() && (generic == invalid || self.type_params_of(generic).is_empty()) {
            if generic != invalid {
                let (shown, list) = (self.show(generic), self.expr_list_text(args));
                let message = format!(
                    "invalid operation: {}{list} ({shown} is not a generic type)",
                    self.expr_text(base)
                );
                self.error(Code::BadInstantiation, start_span(base), message);
            }
            return invalid;
        }
        self.require_version(expr.span, 18, "type instantiation");
        let types: Vec<TypeId> = args.iter().map(|arg| self.check_var_type(arg)).collect();
        if types.contains(&invalid) {
            return invalid;
        }
        let spans = args.iter().map(argument_span).collect();
        if let Some(obj) = alias {
            let params = self.object(obj).type_params.clone();
            self.later.push(Later::Instance(obj, params.clone(), types.clone(), start_span(expr), spans));
            if params.len() != types.len() {
                return invalid;
            }
            let map = params.into_iter().zip(types.iter().copied()).collect();
            let target = self.types.subst(generic, &map);
            return self.types.alias(AliasInfo { obj, target, args: types });
        }
        let named = self.types.as_named(generic).expect("a generic type that is no alias is defined");
        self.instantiate_type(named, types, base.span, spans)
    }

    fn expr_list_text(&self, exprs: &[Expr]) -> String {
        let texts: Vec<String> = exprs.iter().map(|expr| self.expr_text(expr)).collect();
        format!("[{}]", texts.join(", "))
    }

    /// The alias that an expression names.
    pub(crate) fn alias_of(&self, expr: &Expr) -> Option<ObjId> {
        let id = match &expr.unparen().kind {
            ExprKind::Ident(_) => expr.unparen().id,
            ExprKind::Selector(_, sel) => sel.id,
            _ => return None,
        };
        self.info.object(id).filter(|obj| self.object(*obj).alias)
    }

    /// The instance of a generic type; whether its arguments fit is found out later. `span` is the
    /// generic type's.
    pub(crate) fn instantiate_type(
        &mut self,
        generic: NamedId,
        mut args: Vec<TypeId>,
        span: Span,
        spans: Vec<Span>,
    ) -> TypeId {
        let info = self.types.named_info(generic);
        let (obj, params, hidden) = (info.obj, info.type_params.clone(), info.hidden.clone());
        let fits = params.len() == args.len();
        self.note_instance(&params, &args, span, &spans);
        self.later.push(Later::Instance(obj, params, args.clone(), span, spans));
        if fits {
            args.extend(hidden);
        }
        let instance = self.types.instance(generic, args);
        self.later.push(Later::Size(instance, span));
        self.instance_places.entry(instance).or_insert(span);
        instance
    }

    /// A generic alias as messages show it: with its type parameters.
    fn generic_alias_text(&self, alias: ObjId) -> String {
        let object = self.object(alias);
        format!("{}{}", self.name(object.name), self.show_type_params(&object.type_params))
    }

    /// The type parameters of a generic type without arguments; none for other types.
    pub(crate) fn type_params_of(&self, ty: TypeId) -> Vec<TypeId> {
        self.types
            .as_named(ty)
            .map(|named| self.types.named_info(named).type_params.clone())
            .unwrap_or_default()
    }

    // ---- arrays

    /// The array length an expression denotes; -1 and reported if it is wrong.
    pub(crate) fn array_length(&mut self, expr: &Expr) -> i64 {
        if let ExprKind::Ident(name) = expr.kind {
            let text = self.name(name).to_string();
            match self.lookup(name) {
                None => {
                    let message = format!("undefined array length {text} or missing type constraint");
                    self.error(Code::BadType, start_span(expr), message);
                    return -1;
                }
                Some((obj, _)) if !matches!(self.object(obj).kind, ObjKind::Const(_)) => {
                    self.error(Code::BadType, start_span(expr), format!("invalid array length {text}"));
                    self.with_var(obj, |facts| facts.used = true);
                    return -1;
                }
                Some(_) => {}
            }
        }
        let operand = self.check_expr(expr, None);
        if operand.mode == Mode::Invalid {
            return -1;
        }
        if operand.mode != Mode::Const {
            let text = self.describe(&operand);
            self.error(Code::BadType, start_span(expr), format!("array length {text} must be constant"));
            return -1;
        }
        let integer = self.types.basic(operand.ty).is_some_and(Basic::is_integer);
        let untyped = self.types.basic(operand.ty).is_some_and(Basic::is_untyped);
        if (untyped || integer)
            && let Some(len) = operand.value.as_ref().and_then(crate::constant::Const::as_i64)
            && len >= 0
        {
            return len;
        }
        if operand.value.is_some() {
            let text = self.describe(&operand);
            let message = if integer {
                format!("invalid array length {text}")
            } else {
                format!("array length {text} must be integer")
            };
            self.error(Code::BadType, start_span(expr), message);
        }
        -1
    }

    // ---- structs and interfaces

    fn struct_type(&mut self, ty: &StructType) -> TypeId {
        let mut fields: Vec<FieldInfo> = Vec::with_capacity(ty.fields.len());
        let mut spans: Vec<(Symbol, Span)> = Vec::with_capacity(ty.fields.len());
        let mut current = Basic::Invalid.id();
        for (i, field) in ty.fields.iter().enumerate() {
            if i == 0 || !Arc::ptr_eq(&field.ty, &ty.fields[i - 1].ty) {
                current = self.check_var_type(&field.ty);
            }
            let name = field.name.name;
            if field.embedded {
                self.later.push(Later::Embedded(current, start_span(&field.ty)));
            }
            if name != sym::BLANK
                && let Some((_, first)) = spans.iter().find(|(other, _)| *other == name)
            {
                let other = self.other_declaration(*first, &self.owned_name(name));
                let message = format!("{} redeclared{other}", self.name(name));
                self.error(Code::Redeclared, field.name.span, message);
                continue;
            }
            spans.push((name, field.name.span));
            let tag = field
                .tag
                .map_or_else(Vec::new, |span| golite_syntax::literal::decode_string(self.text(span)));
            fields.push(FieldInfo {
                name,
                pkg: self.package_of_name(name),
                ty: current,
                embedded: field.embedded,
                tag: tag.into(),
            });
        }
        let id = self.types.intern(Type::Struct(fields.into()));
        for (name, span) in spans {
            self.field_spans.insert((name, id), span);
        }
        id
    }

    fn interface_type(&mut self, ty: &InterfaceType) -> TypeId {
        let mut info = InterfaceInfo::default();
        for element in &ty.elements {
            match element {
                InterfaceElement::Embedded(expr) => {
                    if matches!(expr.kind, ExprKind::Binary(_) | ExprKind::Unary(..)) {
                        let what = format!("embedding interface element {}", self.expr_text(expr));
                        self.require_version(expr.span, 18, &what);
                    }
                    let embedded = self.union_type(expr);
                    info.embeds.push((embedded, expr.span));
                }
                InterfaceElement::Method(name, _) if name.name == sym::BLANK => {
                    self.error(Code::BadType, name.span, "methods must have a unique non-blank name");
                }
                InterfaceElement::Method(name, sig) => {
                    let sig = self.check_signature(sig, &[]).ty;
                    let pkg = self.package_of_name(name.name);
                    info.methods.push(MethodInfo { name: name.name, pkg, sig, span: name.span });
                }
            }
        }
        if info.methods.is_empty() && info.embeds.is_empty() {
            return TypeTable::EMPTY_INTERFACE;
        }
        // Methods are shown in the order of their names.
        info.methods.sort_by(|a, b| self.name(a.name).cmp(self.name(b.name)));
        let id = self.types.intern(Type::Interface(Arc::new(info)));
        self.later.push(Later::Interface(id));
        id
    }

    /// The interface around a constraint written without `interface`.
    pub(crate) fn implicit_interface(&mut self, expr: &Expr) -> TypeId {
        let embedded = self.union_type(expr);
        let info =
            InterfaceInfo { embeds: vec![(embedded, expr.span)], implicit: true, ..InterfaceInfo::default() };
        let ty = self.types.intern(Type::Interface(Arc::new(info)));
        self.info.set(expr.id, Fact { mode: Mode::Type, ty });
        ty
    }

    fn union_type(&mut self, expr: &Expr) -> TypeId {
        let mut parts = Vec::new();
        let mut at = expr;
        while let ExprKind::Binary(binary) = &at.kind
            && binary.op == BinaryOp::Or
        {
            parts.push(&*binary.right);
            at = &binary.left;
        }
        parts.push(at);
        parts.reverse();
        let mut terms = Vec::new();
        let mut invalid = false;
        for (i, part) in parts.iter().enumerate() {
            let (tilde, inner) = match &part.kind {
                ExprKind::Unary(UnaryOp::Tilde, inner) => (true, &**inner),
                _ => (false, *part),
            };
            let mut ty = self.check_type(inner);
            if self.types.as_param(ty).is_some() {
                let message = if tilde {
                    format!("type in term {} cannot be a type parameter", self.expr_text(part))
                } else {
                    "term cannot be a type parameter".to_string()
                };
                self.error(Code::BadTypeParameter, start_span(inner), message);
                ty = Basic::Invalid.id();
            }
            if parts.len() == 1 && !tilde {
                return ty;
            }
            if i == MAX_TERMS {
                self.error(Code::Limit, start_span(part), too_many_terms());
                invalid = true;
            }
            terms.push(Term { tilde, ty });
        }
        if invalid {
            return Basic::Invalid.id();
        }
        let id = self.types.intern(Type::Union(terms.into()));
        self.later.push(Later::Union(id, parts.iter().map(|part| start_span(part)).collect()));
        id
    }

    // ---- signatures

    /// Parameters and results, declared in a scope of their own, at a function level of their own.
    pub(crate) fn check_signature(&mut self, ty: &FuncType, type_params: &[Field]) -> Signature {
        self.signature(ty, type_params, |_| None)
    }

    /// The signature of a function or method declaration; fills in the object's receiver.
    pub(crate) fn check_method_signature(&mut self, obj: ObjId, decl: &FuncDecl) -> Signature {
        self.signature(&decl.ty, &decl.type_params, |checker| {
            let receiver = decl.receiver.as_ref()?;
            let Some(field) = receiver.first() else {
                checker.error(Code::BadReceiver, decl.name.span, "method has no receiver");
                return None;
            };
            if receiver.len() > 1 {
                checker.error(Code::BadReceiver, decl.name.span, "method has multiple receivers");
            }
            Some(checker.receiver(obj, field))
        })
    }

    fn signature(
        &mut self,
        ty: &FuncType,
        type_params: &[Field],
        receiver: impl FnOnce(&mut Checker) -> Option<ObjId>,
    ) -> Signature {
        let (level, hidden) = (self.env.level, self.env.hidden.clone());
        self.levels += 1;
        self.env.level = FuncLevel(self.levels);
        let outer = self.open_scope();
        let receiver = receiver(self);
        if let Some(param) = type_params.first() {
            match receiver {
                Some(_) => self.require_version(param.span, 27, "generic method"),
                None => self.require_version(param.span, 18, "type parameter"),
            };
        }
        let own = self.declare_type_params(type_params);
        self.env.hidden.extend(&own);
        self.check_bounds(type_params, &own);
        let (params, variadic) = self.collect_params(&ty.params, true);
        let (results, _) = self.collect_params(&ty.results, false);
        for (fields, vars) in [(&ty.params, &params), (&ty.results, &results)] {
            for (field, var) in fields.iter().zip(vars) {
                if let Some(name) = field.name {
                    self.declare(name.name, *var);
                }
            }
        }
        let names = |checker: &Checker, vars: &[ObjId]| -> Vec<Symbol> {
            vars.iter().map(|var| checker.object(*var).name).collect()
        };
        let types = |checker: &Checker, vars: &[ObjId]| -> Vec<TypeId> {
            vars.iter().map(|var| checker.object(*var).ty).collect()
        };
        let info = SigInfo {
            type_params: own,
            params: types(self, &params),
            results: types(self, &results),
            variadic,
            names: ParamNames(Arc::new((names(self, &params), names(self, &results)))),
        };
        let ty = self.types.intern(Type::Signature(Arc::new(info)));
        let signature = Signature {
            ty,
            receiver,
            params,
            results,
            scope: self.env.scope,
            level: self.env.level,
            hidden: std::mem::replace(&mut self.env.hidden, hidden),
        };
        self.close_scope(outer);
        self.env.level = level;
        signature
    }

    fn collect_params(&mut self, fields: &[Field], may_be_variadic: bool) -> (Vec<ObjId>, bool) {
        let mut vars = Vec::with_capacity(fields.len());
        let (mut ty, mut variadic) = (Basic::Invalid.id(), false);
        for (i, field) in fields.iter().enumerate() {
            if i == 0 || !Arc::ptr_eq(&field.ty, &fields[i - 1].ty) {
                ty = match &field.ty.kind {
                    ExprKind::Ellipsis(elem) => {
                        let elem = self.check_var_type(elem);
                        if may_be_variadic && i + 1 == fields.len() {
                            variadic = true;
                            let slice = self.types.slice(elem);
                            self.info.set(field.ty.id, Fact { mode: Mode::Type, ty: slice });
                            slice
                        } else {
                            let message = if may_be_variadic {
                                "can only use ... with final parameter"
                            } else {
                                "invalid use of ..."
                            };
                            self.error(Code::BadType, start_span(&field.ty), message);
                            elem
                        }
                    }
                    _ => self.check_var_type(&field.ty),
                };
            }
            let (name, span) = field.name.map_or((sym::EMPTY, field.span), |name| (name.name, name.span));
            let facts = VarFacts { param: true, used: true, ..VarFacts::default() };
            let var = self.new_var(name, span, ty, facts);
            if let Some(name) = field.name {
                self.info.set_object(name.id, var);
            }
            vars.push(var);
        }
        (vars, variadic)
    }

    fn receiver(&mut self, method: ObjId, field: &Field) -> ObjId {
        let mut base = field.ty.unparen();
        let mut pointer = false;
        if let ExprKind::Star(inner) = &base.kind {
            pointer = true;
            base = inner.unparen();
        }
        let span = base.span;
        let mut ty;
        if let ExprKind::Index(generic, args) = &base.kind {
            self.require_version(span, 18, "type instantiation");
            ty = self.generic_receiver(method, generic, args);
            if ty != Basic::Invalid.id() {
                self.info.set(base.id, Fact { mode: Mode::Type, ty });
                self.object_mut(method).receiver = Some(ty);
                if pointer {
                    ty = self.types.pointer(ty);
                }
                self.info.set(field.ty.id, Fact { mode: Mode::Type, ty });
            }
        } else {
            ty = self.check_var_type(&field.ty);
            if let Some(instance) = self.aliased_instance(ty) {
                let message =
                    format!("cannot define new methods on instantiated type {}", self.show(instance));
                self.error(Code::BadReceiver, span, message);
                ty = Basic::Invalid.id();
            }
            let base = match self.types.get(ty) {
                Type::Pointer(base) => *base,
                _ => ty,
            };
            self.object_mut(method).receiver = Some(base);
            self.object_mut(method).pointer_receiver = base != ty;
        }
        self.later.push(Later::Receiver(ty, span, self.env.pkg));
        let (name, span) = field.name.map_or((sym::EMPTY, field.span), |name| (name.name, name.span));
        let facts = VarFacts { param: true, used: true, ..VarFacts::default() };
        let var = self.new_var(name, span, ty, facts);
        if let Some(ident) = field.name {
            self.info.set_object(ident.id, var);
            self.declare(name, var);
        }
        var
    }

    /// The instance of a generic type that a receiver's type names by an alias.
    fn aliased_instance(&self, receiver: TypeId) -> Option<TypeId> {
        let mut at = self.pointed_to(receiver);
        while let Some(alias) = self.types.as_alias(at) {
            at = self.pointed_to(alias.target);
            let is_instance = match self.types.as_alias(at) {
                Some(inner) => !inner.args.is_empty(),
                None => self.types.is_instance(at),
            };
            if is_instance {
                return Some(at);
            }
        }
        None
    }

    /// What is behind the stars of a type as written; the type itself if it has none.
    fn pointed_to(&self, mut ty: TypeId) -> TypeId {
        while self.types.as_alias(ty).is_none()
            && let Type::Pointer(base) = self.types.get(ty)
        {
            ty = *base;
        }
        ty
    }

    fn generic_receiver(&mut self, method: ObjId, generic: &Expr, args: &[Expr]) -> TypeId {
        let invalid = Basic::Invalid.id();
        let base = self.check_generic_type(generic);
        let mut params = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            let (name, span) = match arg.as_ident() {
                Some(ident) => (ident.name, ident.span),
                None => {
                    if !matches!(arg.kind, ExprKind::Bad) {
                        let text = self.expr_text(arg);
                        let message = format!("receiver type parameter {text} must be an identifier");
                        self.error(Code::BadReceiver, start_span(arg), message);
                    }
                    (sym::BLANK, arg.span)
                }
            };
            let param = self.declare_type_param(name, span, index);
            if let Some(id) = self.types.as_param(param) {
                self.info.set_object(arg.id, self.types.param_info(id).obj);
            }
            self.info.set(arg.id, Fact { mode: Mode::Type, ty: param });
            params.push(param);
        }
        self.object_mut(method).type_params.clone_from(&params);
        self.env.hidden.extend(&params);
        if base == invalid {
            return invalid;
        }
        if let Some(alias) = self.alias_of(generic).filter(|obj| !self.object(*obj).type_params.is_empty()) {
            let shown = self.generic_alias_text(alias);
            let message = format!("cannot define new methods on generic alias type {shown}");
            self.error(Code::BadReceiver, start_span(generic), message);
            return invalid;
        }
        let declared = self.type_params_of(base);
        let (Some(named), false) = (self.types.as_named(base), declared.is_empty()) else {
            let shown = self.show(base);
            self.error(Code::BadReceiver, start_span(generic), format!("{shown} is not a generic type"));
            return invalid;
        };
        if params.len() != declared.len() {
            let (got, plural) = (params.len(), if params.len() == 1 { "" } else { "s" });
            let message = format!(
                "receiver declares {got} type parameter{plural}, but receiver base type declares {}",
                declared.len()
            );
            self.error(Code::BadReceiver, start_span(generic), message);
            return invalid;
        }
        let map = declared.iter().copied().zip(params.iter().copied()).collect();
        for (own, declared) in params.iter().zip(&declared) {
            if let (Some(own), Some(declared)) = (self.types.as_param(*own), self.types.as_param(*declared)) {
                let constraint = self.types.param_info(declared).constraint;
                let bound = self.types.subst(constraint, &map);
                self.types.params[own.0 as usize].constraint = bound;
            }
        }
        self.types.instance(named, params)
    }

    /// The signature of a function or method that has been declared, with its variables.
    #[must_use]
    pub fn signature_of(&self, func: ObjId) -> Option<&Signature> {
        self.signatures.get(&func).map(|sig| &**sig)
    }

    /// The package that a member's name belongs to: exported ones are the same everywhere.
    fn package_of_name(&self, name: Symbol) -> PkgId {
        if self.session.names.is_exported(name) { PkgId(0) } else { self.env.pkg }
    }

    /// A name as text of its own.
    pub(crate) fn owned_name(&self, name: Symbol) -> String {
        self.name(name).to_string()
    }
}
