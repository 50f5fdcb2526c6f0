//! Expressions: the way in, names, literals of basic types, dereferences and type assertions.
//! Spec: Expressions.
//!
//! Each `check_` function records type, kind and value of its expression in [`crate::Info`]. Depth of
//! recursion is the nesting of brackets: operators of one precedence level and parentheses are
//! walked in loops, so a long sum costs no stack.

use golite_diag::{Code, Diagnostic};
use golite_source::sym;
use golite_syntax::ast::{Expr, ExprKind, LitKind, UnaryOp};

use crate::check::Checker;
use crate::constant::Const;
use crate::info::{Fact, Mode};
use crate::object::{FuncLevel, ObjId, ObjKind, PkgId, Progress};
use crate::operand::{Operand, Target};
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId};

/// What is known about the place of an expression.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Hint<'t> {
    /// Nothing.
    None,
    /// It is assigned to that; a generic function takes its type arguments from there.
    Target(Target<'t>),
    /// It is an element of a composite literal; its own literal may leave the type out.
    Element(TypeId),
}

/// Whether a generic function or type may stand without type arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Generic {
    /// It may.
    Allowed,
    /// It is an error.
    Refused,
}

/// Longer numbers are refused. Go has the same limit.
const MAX_LITERAL: usize = 10_000;

impl Checker {
    // ---- ways in

    /// A single value. A hint is the type it is assigned to.
    pub(crate) fn check_expr<'a>(&mut self, expr: &'a Expr, hint: Option<TypeId>) -> Operand<'a> {
        self.check_value(expr, hint.map(|ty| Target { ty, desc: "assignment" }))
    }

    /// A single value, and what it is assigned to.
    pub(crate) fn check_value<'a>(&mut self, expr: &'a Expr, target: Option<Target<'_>>) -> Operand<'a> {
        let hint = target.map_or(Hint::None, Hint::Target);
        let mut x = self.check_operand(expr, hint, Generic::Refused);
        self.exclude_all(&mut x);
        self.single_value(&mut x);
        x
    }

    /// A single value, which may be a generic function; `element` is the type of a composite
    /// literal's elements.
    pub(crate) fn check_generic_expr<'a>(&mut self, expr: &'a Expr, element: Option<TypeId>) -> Operand<'a> {
        let hint = element.map_or(Hint::None, Hint::Element);
        let mut x = self.check_operand(expr, hint, Generic::Allowed);
        self.exclude_all(&mut x);
        self.single_value(&mut x);
        x
    }

    /// Anything: also no value, several values, a type or a built-in function.
    pub(crate) fn check_raw<'a>(&mut self, expr: &'a Expr, hint: Option<TypeId>) -> Operand<'a> {
        let hint = hint.map_or(Hint::None, |ty| Hint::Target(Target { ty, desc: "assignment" }));
        self.check_operand(expr, hint, Generic::Refused)
    }

    /// A single value, a type or a built-in function.
    pub(crate) fn check_expr_or_type<'a>(&mut self, expr: &'a Expr, generic: Generic) -> Operand<'a> {
        let mut x = self.check_operand(expr, Hint::None, generic);
        if x.mode == Mode::NoValue {
            let text = self.describe(&x);
            self.error(Code::NotAValue, x.span, format!("{text} used as value or type"));
            x.invalidate();
        }
        self.single_value(&mut x);
        x
    }

    /// The values of an expression: several for a call with several results, and two for a value
    /// with `, ok` if `comma_ok` says that two are wanted.
    pub(crate) fn check_multi<'a>(&mut self, expr: &'a Expr, comma_ok: bool) -> Vec<Operand<'a>> {
        let mut x = self.check_operand(expr, Hint::None, Generic::Refused);
        self.exclude_all(&mut x);
        if x.is_valid()
            && let Type::Tuple(types) = self.types.get(x.ty).clone()
        {
            let value = |(i, ty): (usize, &TypeId)| {
                let suffix = ["st", "nd", "rd"].get(i).copied().unwrap_or("th");
                Operand::value(*ty, expr.span, format!("{}{suffix} function result", i + 1))
            };
            return types.iter().enumerate().map(value).collect();
        }
        if comma_ok && matches!(x.mode, Mode::MapIndex | Mode::CommaOk) {
            let ok = Basic::UntypedBool.id();
            let ok = Operand::value(ok, expr.span, "ok value of (comma, ok) expression");
            return vec![x, ok];
        }
        vec![x]
    }

    /// The values of a list; a single expression may give several.
    pub(crate) fn check_list<'a>(&mut self, exprs: &'a [Expr]) -> Vec<Operand<'a>> {
        match exprs {
            [one] => self.check_multi(one, false),
            many => many.iter().map(|expr| self.check_expr(expr, None)).collect(),
        }
    }

    /// Checks expressions whose values cannot be used because of an error, so that what they
    /// mention counts as used.
    pub(crate) fn use_exprs<'a>(&mut self, exprs: impl IntoIterator<Item = &'a Expr>) {
        for expr in exprs {
            match &expr.unparen().kind {
                ExprKind::Ident(name) if *name == sym::BLANK => {}
                ExprKind::KeyValue(_, value) => self.use_exprs([&**value]),
                _ => {
                    self.check_operand(expr, Hint::None, Generic::Allowed);
                }
            }
        }
    }

    /// An operand checked in part: it must be a single value.
    pub(crate) fn finish_value<'a>(&mut self, mut x: Operand<'a>) -> Operand<'a> {
        self.exclude_all(&mut x);
        self.single_value(&mut x);
        x
    }

    /// An operand checked in part: it must be values.
    pub(crate) fn finish_values<'a>(&mut self, mut x: Operand<'a>) -> Operand<'a> {
        self.exclude_all(&mut x);
        x
    }

    fn exclude_all(&mut self, x: &mut Operand<'_>) {
        let (code, tail) = match x.mode {
            Mode::NoValue => (Code::NotAValue, "used as value"),
            Mode::Builtin(_) => (Code::NotAValue, "must be called"),
            Mode::Type => (Code::NotAValue, "is not an expression"),
            _ => return,
        };
        let text = self.describe(x);
        self.error(code, x.span, format!("{text} {tail}"));
        x.invalidate();
    }

    /// Reports an operand that is several values.
    pub(crate) fn single_value(&mut self, x: &mut Operand<'_>) {
        if x.mode == Mode::Value && matches!(self.types.get(x.ty), Type::Tuple(_)) {
            let text = self.describe(x);
            let message = format!("multiple-value {text} in single-value context");
            self.error(Code::WrongCount, x.span, message);
            x.invalidate();
        }
    }

    /// Reports a generic type, and instantiates a generic function from what it is assigned to or
    /// reports it.
    pub(crate) fn non_generic(&mut self, x: &mut Operand<'_>, target: Option<Target<'_>>) {
        if !x.is_valid() || x.mode == Mode::NoValue {
            return;
        }
        let alias = x.expr.filter(|_| x.mode == Mode::Type).and_then(|expr| self.alias_of(expr));
        let what = match self.types.get(x.ty).clone() {
            _ if alias.is_some_and(|alias| !self.object(alias).type_params.is_empty()) => "type",
            Type::Named(named) if !self.types.named_info(named).type_params.is_empty() => "type",
            Type::Signature(sig) if !sig.type_params.is_empty() => {
                if let Some(target) = target
                    && let Ok(under) = self.common_under(target.ty)
                    && matches!(self.types.get(under), Type::Signature(_))
                {
                    let target = Target { ty: under, desc: target.desc };
                    self.instantiate_for_target(x, target);
                    return;
                }
                "function"
            }
            _ => return,
        };
        let text = self.operand_text(x);
        let message = format!("cannot use generic {what} {text} without instantiation");
        self.error(Code::BadInstantiation, x.span, message);
        x.invalidate();
        x.ty = Basic::Invalid.id();
    }

    /// Writes down what is known about an operand's expression.
    pub(crate) fn record(&mut self, x: &Operand<'_>) {
        let Some(expr) = x.expr else { return };
        self.info.set(expr.id, Fact { mode: x.mode, ty: x.ty });
        if let Some(value) = x.value.as_ref().filter(|_| x.is_const()) {
            self.info.values.insert(expr.id, value.clone());
        } else {
            self.info.values.remove(&expr.id);
        }
        if x.is_valid() && self.is_untyped(x.ty) && x.mode != Mode::NoValue {
            self.untyped.insert(expr.id, false);
        }
    }

    // ---- dispatch

    pub(crate) fn check_operand<'a>(
        &mut self,
        expr: &'a Expr,
        hint: Hint<'_>,
        generic: Generic,
    ) -> Operand<'a> {
        // Parentheses: what is inside stands for itself, without a hint.
        if let ExprKind::Paren(_) = expr.kind {
            let mut around = Vec::new();
            let mut inner = expr;
            while let ExprKind::Paren(next) = &inner.kind {
                around.push(inner);
                inner = next;
            }
            let mut x = self.check_operand(inner, Hint::None, Generic::Refused);
            for outer in around.into_iter().rev() {
                x.stands_for(outer);
                self.record(&x);
            }
            return x;
        }
        let mut x = self.check_kind(expr, hint);
        let value = matches!(x.mode, Mode::Value | Mode::Variable | Mode::MapIndex | Mode::CommaOk);
        if value && !self.require_complete(x.ty) {
            x.invalidate();
        }
        if generic == Generic::Refused {
            let target = match hint {
                Hint::Target(target) => Some(target),
                Hint::None | Hint::Element(_) => None,
            };
            self.non_generic(&mut x, target);
        }
        self.record(&x);
        x
    }

    fn check_kind<'a>(&mut self, expr: &'a Expr, hint: Hint<'_>) -> Operand<'a> {
        let mut x = Operand::invalid(expr);
        match &expr.kind {
            ExprKind::Bad | ExprKind::Paren(_) => {}
            ExprKind::Ident(_) => self.check_ident(&mut x),
            ExprKind::BasicLit(kind) => self.check_basic_lit(&mut x, *kind),
            ExprKind::FuncLit(lit) => self.check_func_lit(&mut x, lit),
            ExprKind::CompositeLit(lit) => {
                let element = match hint {
                    Hint::Element(ty) => Some(ty),
                    Hint::None | Hint::Target(_) => None,
                };
                self.check_composite_lit(&mut x, lit, element);
            }
            ExprKind::Selector(base, name) => self.check_selector(&mut x, expr, base, *name),
            ExprKind::Index(..) => {
                if self.check_index(&mut x, expr) {
                    let target = match hint {
                        Hint::Target(target) => Some(target),
                        Hint::None | Hint::Element(_) => None,
                    };
                    self.instantiate_operand(&mut x, expr, target);
                }
            }
            ExprKind::Slice(slice) => self.check_slice(&mut x, slice),
            ExprKind::TypeAssert(base, ty) => self.check_type_assert(&mut x, expr, base, ty.as_deref()),
            ExprKind::Call(call) => self.check_call(&mut x, expr, call),
            ExprKind::Star(inner) => self.check_star(&mut x, inner),
            ExprKind::Unary(op, inner) => self.check_unary(&mut x, expr, *op, inner),
            ExprKind::Binary(_) => self.check_binary_chain(&mut x, expr),
            ExprKind::KeyValue(..) => {
                self.error(Code::Syntax, start_span(expr), "unexpected key:value expression");
            }
            ExprKind::Ellipsis(_) => self.error(Code::Syntax, start_span(expr), "invalid use of '...'"),
            ExprKind::Array(..)
            | ExprKind::Struct(_)
            | ExprKind::Func(_)
            | ExprKind::Interface(_)
            | ExprKind::Map(..)
            | ExprKind::Chan(..) => {
                x.ty = self.check_type(expr);
                x.mode = if x.ty == Basic::Invalid.id() { Mode::Invalid } else { Mode::Type };
            }
        }
        x
    }

    // ---- names

    fn check_ident(&mut self, x: &mut Operand<'_>) {
        let Some(ident) = x.expr.and_then(Expr::as_ident) else { return };
        let Some((obj, scope)) = self.lookup(ident.name) else {
            let name = self.owned_name(ident.name);
            if ident.name == sym::BLANK {
                self.error(Code::BlankValue, ident.span, "cannot use _ as value or type");
            } else {
                self.error(Code::Undefined, ident.span, format!("undefined: {name}"));
            }
            return;
        };
        self.info.set_object(ident.id, obj);
        if let ObjKind::PkgName(_) = self.object(obj).kind {
            let name = self.owned_name(ident.name);
            let message = format!("use of package {name} not in selector");
            self.error(Code::NotAValue, ident.span, message);
            return;
        }
        self.use_dot_import(scope, obj);
        self.operand_of_object(x, obj);
    }

    /// Makes an operand stand for a declared object.
    pub(crate) fn operand_of_object(&mut self, x: &mut Operand<'_>, obj: ObjId) {
        let object = self.object(obj);
        let declare = match object.progress {
            Progress::New => true,
            Progress::Active => matches!(object.kind, ObjKind::Const(_) | ObjKind::Var(_)),
            Progress::Done => false,
        };
        if declare {
            self.declare_object(obj);
        }
        let object = self.object(obj);
        let (ty, kind) = (object.ty, object.kind.clone());
        let is_iota = object.name == sym::IOTA && object.pkg == PkgId(0);
        x.ty = ty;
        match kind {
            ObjKind::PkgName(_) => {}
            ObjKind::Const(value) => {
                self.add_dependency(obj);
                if ty == Basic::Invalid.id() {
                    return;
                }
                x.mode = Mode::Const;
                x.value = value;
                if is_iota {
                    let Some(iota) = self.env.iota else {
                        let message = "cannot use iota outside constant declaration";
                        self.error(Code::BadDeclaration, x.span, message);
                        x.invalidate();
                        x.ty = Basic::Invalid.id();
                        return;
                    };
                    x.value = Some(Const::int(i64::from(iota)));
                }
            }
            ObjKind::TypeName => {
                if ty != Basic::Invalid.id() {
                    x.mode = Mode::Type;
                }
            }
            ObjKind::Var(_) => {
                self.use_var(obj);
                self.add_dependency(obj);
                if ty != Basic::Invalid.id() {
                    x.mode = Mode::Variable;
                }
            }
            ObjKind::Func => {
                self.add_dependency(obj);
                if ty != Basic::Invalid.id() {
                    x.mode = Mode::Value;
                }
            }
            ObjKind::Builtin(builtin) => x.mode = Mode::Builtin(builtin),
            ObjKind::Nil => x.mode = Mode::Nil,
        }
    }

    /// Notes that the declaration at hand refers to a package-level object.
    pub(crate) fn add_dependency(&mut self, obj: ObjId) {
        let Some(from) = self.env.decl else { return };
        let object = self.object(obj);
        if object.level != FuncLevel(0) || object.pkg != self.env.pkg {
            return;
        }
        let deps = self.deps.entry(from).or_default();
        if !deps.contains(&obj) {
            deps.push(obj);
        }
    }

    // ---- literals of basic types

    fn check_basic_lit(&mut self, x: &mut Operand<'_>, kind: LitKind) {
        let text = self.text(x.span);
        let number = matches!(kind, LitKind::Int | LitKind::Float | LitKind::Imag);
        if number && text.len() > MAX_LITERAL {
            let message = format!("excessively long constant: {}... ({} chars)", &text[..10], text.len());
            self.error(Code::ConstantOverflow, x.span, message);
            return;
        }
        if number && text.len() > 2 && !self.allows(x.span, 13) {
            let what = match text.as_bytes() {
                text if text.contains(&b'_') => Some("underscore in numeric literal"),
                [b'0', b'b' | b'B', ..] => Some("binary literal"),
                [b'0', b'o' | b'O', ..] => Some("0o/0O-style octal literal"),
                [b'0', b'x' | b'X', ..] if kind == LitKind::Float => {
                    Some("hexadecimal floating-point literal")
                }
                _ => None,
            };
            if let Some(what) = what {
                self.require_version(x.span, 13, what);
            }
        }
        let text = self.text(x.span);
        let ty = match kind {
            LitKind::Int => Basic::UntypedInt,
            LitKind::Float => Basic::UntypedFloat,
            LitKind::Imag => Basic::UntypedComplex,
            LitKind::Char => Basic::UntypedRune,
            LitKind::String => Basic::UntypedString,
        };
        let Some(value) = Const::literal(kind, text) else {
            let message = format!("malformed constant: {text}");
            self.error(Code::ConstantOverflow, x.span, message);
            return;
        };
        x.set_const(ty.id(), Some(value));
        self.check_overflow(x);
    }

    // ---- pointers and assertions

    fn check_star<'a>(&mut self, x: &mut Operand<'a>, inner: &'a Expr) {
        let base = self.check_expr_or_type(inner, Generic::Refused);
        match base.mode {
            Mode::Invalid => {}
            Mode::Type => {
                self.var_type_later(base.ty, inner.span);
                x.ty = self.types.pointer(base.ty);
                x.mode = Mode::Type;
            }
            Mode::Builtin(_) => {
                let text = self.describe(&base);
                let message = format!("invalid operation: cannot indirect {text}");
                self.error(Code::BadIndirection, base.span, message);
            }
            _ => {
                let types = self.specific_types(base.ty).unwrap_or_default();
                let mut elem: Option<TypeId> = None;
                for (_, under) in &types {
                    let Type::Pointer(this) = *self.types.get(*under) else {
                        elem = None;
                        break;
                    };
                    if let Some(before) = elem
                        && !self.types.identical(before, this)
                    {
                        let text = self.describe(&base);
                        let message =
                            format!("invalid operation: pointers of {text} must have identical base types");
                        self.error(Code::BadIndirection, base.span, message);
                        return;
                    }
                    elem = Some(this);
                }
                let Some(elem) = elem else {
                    if base.ty != Basic::Invalid.id() {
                        let text = self.describe(&base);
                        let message = format!("invalid operation: cannot indirect {text}");
                        self.error(Code::BadIndirection, base.span, message);
                    }
                    return;
                };
                x.mode = Mode::Variable;
                x.ty = elem;
                if elem == Basic::Invalid.id() {
                    x.invalidate();
                }
            }
        }
    }

    fn check_type_assert<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        base: &'a Expr,
        ty: Option<&'a Expr>,
    ) {
        let Some(ty) = ty else {
            let message = "invalid syntax tree: use of .(type) outside type switch";
            self.error(Code::BadAssertion, start_span(expr), message);
            self.use_exprs([base]);
            return;
        };
        let subject = self.check_expr(base, None);
        if !subject.is_valid() {
            return;
        }
        let text = self.describe(&subject);
        if self.is_param(subject.ty) {
            let message =
                format!("invalid operation: cannot use type assertion on type parameter value {text}");
            self.error(Code::BadAssertion, subject.span, message);
            return;
        }
        if !self.is_interface_type(subject.ty) {
            let message = format!("invalid operation: {text} is not an interface");
            self.error(Code::BadAssertion, subject.span, message);
            return;
        }
        let target = self.check_var_type(ty);
        if target == Basic::Invalid.id() || !self.require_complete(target) {
            return;
        }
        // An interface need not have the methods: the value may.
        if !self.is_interface_type(target)
            && let Err(cause) = self.missing_method(target, subject.ty, true)
        {
            let (whole, to, from) = (self.expr_text(expr), self.show(target), self.show(subject.ty));
            let message =
                format!("impossible type assertion: {whole}\n\t{to} does not implement {from} {}", cause.0);
            self.error(Code::ImpossibleAssertion, start_span(expr), message);
        }
        x.mode = Mode::CommaOk;
        x.ty = target;
    }

    /// Checks later that a type can be one of a variable.
    pub(crate) fn var_type_later(&mut self, ty: TypeId, span: golite_source::Span) {
        if !self.is_param(ty) {
            self.later.push(crate::check::Later::VarType(ty, span));
        }
    }

    // ---- variables and where they live

    /// Notes that the variable inside an addressable expression has its address taken.
    pub(crate) fn mark_addressed(&mut self, expr: &Expr) {
        let mut expr = expr;
        loop {
            match &expr.kind {
                ExprKind::Paren(inner) => expr = inner,
                ExprKind::Ident(_) => {
                    if let Some(obj) = self.info.object(expr.id) {
                        self.with_var(obj, |facts| facts.addressed = true);
                    }
                    return;
                }
                ExprKind::Selector(base, _) => {
                    if self.selects_through_pointer(expr, base) {
                        return;
                    }
                    expr = base;
                }
                ExprKind::Index(base, _) => {
                    let ty = self.info.fact(base.id).ty;
                    if !self.is_array(ty) {
                        return;
                    }
                    expr = base;
                }
                _ => return,
            }
        }
    }

    fn is_array(&mut self, ty: TypeId) -> bool {
        self.types.core(ty).is_some_and(|core| matches!(self.types.get(core), Type::Array(..)))
    }

    /// Whether a selector follows a pointer, so that the variable before the dot is only read. The
    /// last field may be a pointer itself.
    fn selects_through_pointer(&mut self, selector: &Expr, base: &Expr) -> bool {
        let Some(selection) = self.info.selections.get(&selector.id).cloned() else {
            // A qualified name: the variable is another package's.
            if let ExprKind::Selector(_, name) = &selector.kind
                && let Some(obj) = self.info.object(name.id)
            {
                self.with_var(obj, |facts| facts.addressed = true);
            }
            return true;
        };
        let mut ty = self.info.fact(base.id).ty;
        for index in selection.path {
            let Some(core) = self.types.core(ty) else { return true };
            match self.types.get(core).clone() {
                Type::Struct(fields) => match fields.get(index) {
                    Some(field) => ty = field.ty,
                    None => return true,
                },
                _ => return true,
            }
        }
        false
    }

    /// Notes an error about a name that real Go has.
    pub(crate) fn report_undefined_member(&mut self, pkg: PkgId, name: golite_source::Symbol, expr: &Expr) {
        let ExprKind::Selector(_, sel) = &expr.kind else { return };
        let text = self.expr_text(expr);
        let path = self.package(pkg).path.clone();
        let wanted = self.owned_name(name);
        if self.package(pkg).std && self.loader.known_in_go(&path, &wanted) {
            let mut error = Diagnostic::error(Code::Unsupported, sel.span, format!("undefined: {text}"));
            error.note(format!("Go's package {path} has {wanted}, go-lite's does not"));
            self.report(error);
            return;
        }
        let folded = wanted.to_lowercase();
        let scope = self.package(pkg).scope;
        let mut close: Vec<String> = self.scopes[scope.0 as usize]
            .names
            .keys()
            .filter(|other| self.session.names.is_exported(**other))
            .map(|other| self.owned_name(*other))
            .filter(|other| other.to_lowercase() == folded)
            .collect();
        if let Some(lazy) = self.lazy.get(&pkg) {
            let exported =
                |name: &&str| name.starts_with(char::is_uppercase) && name.to_lowercase() == folded;
            close.extend(lazy.names(&self.session.map).filter(exported).map(str::to_string));
        }
        close.sort();
        let tail = close.first().map_or_else(String::new, |name| format!(" (but have {name})"));
        self.error(Code::Undefined, sel.span, format!("undefined: {text}{tail}"));
    }

    /// `<-x`, and what `&x` and operators with one operand give.
    fn check_unary<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr, op: UnaryOp, inner: &'a Expr) {
        let operand = self.check_expr(inner, None);
        if !operand.is_valid() {
            return;
        }
        *x = operand;
        self.unary(x, expr, op, inner);
        x.stands_for(expr);
    }
}
