//! Values of the wrong type: which type is asked for where, and how one becomes the other.

use golite_diag::{Diagnostic, Edit};
use golite_source::Span;
use golite_syntax::ast::{BinaryExpr, BinaryOp, Decl, Expr, ExprKind, LitKind, StmtKind};

use super::{At, Node, Others};
use crate::check::Checker;
use crate::info::Mode;
use crate::lookup::Lookup;
use crate::object::{DeclRef, ObjId, ObjKind};
use crate::ty::{Basic, Type, TypeId};
use golite_syntax::walk::Around;

/// What a value is used as.
pub(super) struct Wanted {
    pub ty: TypeId,
    /// Where that is said, and how.
    pub because: Option<(Span, String)>,
}

impl Checker {
    /// The type that the surroundings of a value ask for.
    pub(super) fn wanted(&mut self, at: &At<'_>, value: &Expr, around: Around<'_, '_>) -> Option<Wanted> {
        let inside = |exprs: &[Expr]| {
            exprs.iter().position(|expr| expr.unparen().id == value.id || expr.id == value.id)
        };
        match around.parent()? {
            Node::Stmt(stmt) => match &stmt.kind {
                StmtKind::Assign(left, right, _) | StmtKind::Define(left, right, _) => {
                    let left = left.get(inside(right)?)?;
                    let ty = self.info.fact(left.id).ty;
                    Some(Wanted { ty, because: self.declared_here(left) })
                }
                StmtKind::Return(values) => {
                    let index = inside(values)?;
                    let (func, _) = at.function()?;
                    let field = func.results.get(index)?;
                    let ty = self.info.fact(field.ty.id).ty;
                    let shown = self.show(ty);
                    Some(Wanted { ty, because: Some((field.ty.span, format!("the result is {shown}"))) })
                }
                StmtKind::Send(channel, sent) if sent.id == value.id => {
                    let core = self.types.core(self.info.fact(channel.id).ty)?;
                    match *self.types.get(core) {
                        Type::Chan(_, elem) => Some(Wanted { ty: elem, because: None }),
                        _ => None,
                    }
                }
                _ => None,
            },
            Node::Decl(Decl::Var(spec)) => {
                inside(&spec.values)?;
                let ty = spec.ty.as_ref()?;
                let wanted = self.info.fact(ty.id).ty;
                let shown = self.show(wanted);
                Some(Wanted { ty: wanted, because: Some((ty.span, format!("{shown} because of this"))) })
            }
            Node::Expr(Expr { kind: ExprKind::Call(call), .. }) => {
                let index = inside(&call.args)?;
                self.parameter(&call.func, index)
            }
            Node::Expr(parent @ Expr { kind: ExprKind::CompositeLit(lit), .. }) => {
                let index = inside(&lit.elements)?;
                let core = self.types.core(self.info.fact(parent.id).ty)?;
                match self.types.get(core).clone() {
                    Type::Struct(fields) => Some(Wanted { ty: fields.get(index)?.ty, because: None }),
                    Type::Array(_, elem) | Type::Slice(elem) => Some(Wanted { ty: elem, because: None }),
                    _ => None,
                }
            }
            Node::Expr(Expr { kind: ExprKind::KeyValue(key, inner), .. }) if inner.id == value.id => {
                let lit = around.nodes.iter().rev().find_map(|node| match node {
                    Node::Expr(expr) if matches!(expr.kind, ExprKind::CompositeLit(_)) => Some(*expr),
                    _ => None,
                })?;
                let core = self.types.core(self.info.fact(lit.id).ty)?;
                match self.types.get(core).clone() {
                    Type::Struct(fields) => {
                        let name = key.as_ident()?.name;
                        let field = fields.iter().find(|field| field.name == name)?;
                        Some(Wanted { ty: field.ty, because: None })
                    }
                    Type::Map(_, elem) | Type::Array(_, elem) | Type::Slice(elem) => {
                        Some(Wanted { ty: elem, because: None })
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The declaration of a variable that is assigned to.
    fn declared_here(&self, left: &Expr) -> Option<(Span, String)> {
        let obj = self.info.object(left.as_ident()?.id)?;
        if !self.is_in_source(obj) {
            return None;
        }
        let object = self.object(obj);
        Some((object.span, format!("{} is {}", self.name(object.name), self.show(object.ty))))
    }

    /// The parameter that an argument goes to.
    fn parameter(&mut self, func: &Expr, index: usize) -> Option<Wanted> {
        let core = self.types.core(self.info.fact(func.id).ty)?;
        let Type::Signature(sig) = self.types.get(core).clone() else { return None };
        let last = sig.params.len().checked_sub(1)?;
        let mut ty = *sig.params.get(index.min(last))?;
        if sig.variadic
            && index >= last
            && let Type::Slice(elem) = *self.types.get(ty)
        {
            ty = elem;
        }
        let because = self.called(func).filter(|obj| self.is_in_source(*obj)).and_then(|obj| {
            let DeclRef::Func(decl) = &self.object(obj).decl else { return None };
            let field = decl.ty.params.get(index.min(last))?;
            Some((field.span, format!("the parameter is {}", self.text(field.ty.span))))
        });
        Some(Wanted { ty, because })
    }

    /// The function or method that a call's function expression names.
    pub(super) fn called(&self, func: &Expr) -> Option<ObjId> {
        let obj = match &func.unparen().kind {
            ExprKind::Ident(_) => self.info.object(func.unparen().id)?,
            ExprKind::Selector(_, name) => self.info.object(name.id)?,
            _ => return None,
        };
        matches!(self.object(obj).kind, ObjKind::Func).then_some(obj)
    }

    pub(crate) fn advise_mismatch(&mut self, error: &mut Diagnostic, at: &At<'_>, others: &Others) {
        if let Some((expr, around)) = at.expr_at(error.span) {
            let operands = match &expr.unparen().kind {
                ExprKind::Binary(binary) if error.message.starts_with("invalid operation") => Some(binary),
                _ => match around.parent() {
                    Some(Node::Expr(Expr { kind: ExprKind::Binary(binary), .. }))
                        if error.message.starts_with("invalid operation") =>
                    {
                        Some(binary)
                    }
                    _ => None,
                },
            };
            if let Some(binary) = operands {
                self.advise_operands(error, at, binary);
                return;
            }
            if !error.message.starts_with("cannot use ") {
                return;
            }
            let fact = self.info.fact(expr.id);
            if fact.ty != Basic::Invalid.id() {
                error.about(of_type(&self.show(fact.ty)));
            } else if let ExprKind::BasicLit(kind) = expr.unparen().kind {
                error.about(if kind == LitKind::String { "this is a string" } else { "this is a number" });
            }
            let Some(wanted) = self.wanted(at, expr, around) else { return };
            if let Some((span, text)) = wanted.because {
                error.also(span, text);
            }
            if wanted.ty == Basic::Invalid.id()
                || fact.mode == Mode::Invalid
                    && fact.ty == Basic::Invalid.id()
                    && !matches!(expr.unparen().kind, ExprKind::BasicLit(_))
            {
                return;
            }
            if self.is_interface_type(wanted.ty) {
                self.advise_interface(error, expr, fact.ty, wanted.ty);
                return;
            }
            if self.advise_swap(error, at, expr, around, others) {
                return;
            }
            self.advise_conversion(error, at, expr, wanted.ty);
        } else if let Some(Node::Stmt(stmt)) = at.last()
            && let StmtKind::OpAssign(binary) = &stmt.kind
        {
            self.advise_operands(error, at, binary);
        }
    }

    /// Two arguments that are right in the other order.
    fn advise_swap(
        &mut self,
        error: &mut Diagnostic,
        _at: &At<'_>,
        value: &Expr,
        around: Around<'_, '_>,
        others: &Others,
    ) -> bool {
        let Some(Node::Expr(Expr { kind: ExprKind::Call(call), .. })) = around.parent() else { return false };
        let Some(index) = call.args.iter().position(|arg| arg.id == value.id) else { return false };
        let wrong: Vec<usize> = (0..call.args.len())
            .filter(|index| others.mismatches.contains(&call.args[*index].span))
            .collect();
        let [first, second] = wrong.as_slice() else { return false };
        let (first, second) = (*first, *second);
        let (Some(a), Some(b)) = (self.parameter(&call.func, first), self.parameter(&call.func, second))
        else {
            return false;
        };
        let (x, y) = (&call.args[first], &call.args[second]);
        if !self.could_be(x, b.ty) || !self.could_be(y, a.ty) {
            return false;
        }
        let (x_text, y_text) = (self.text(x.span).to_string(), self.text(y.span).to_string());
        if index == first {
            let edits = vec![Edit::replace(x.span, y_text), Edit::replace(y.span, x_text)];
            error.mend("exchange the arguments", edits);
        } else {
            error.repeats = true;
        }
        true
    }

    /// Whether an expression, given its own type, can be a value of a type.
    pub(super) fn could_be(&mut self, expr: &Expr, ty: TypeId) -> bool {
        let literal = match &expr.unparen().kind {
            ExprKind::BasicLit(kind) => Some(*kind),
            _ => None,
        };
        match literal {
            Some(LitKind::String) => self.is_basic(ty, Basic::is_string),
            Some(LitKind::Int | LitKind::Char) => self.is_basic(ty, Basic::is_numeric),
            Some(LitKind::Float) => self.is_basic(ty, |basic| basic.is_numeric() && !basic.is_integer()),
            Some(LitKind::Imag) => false,
            None => {
                let own = self.info.fact(expr.id).ty;
                own != Basic::Invalid.id() && self.types.identical(own, ty)
            }
        }
    }

    /// How a value becomes one of another type.
    fn advise_conversion(&mut self, error: &mut Diagnostic, at: &At<'_>, expr: &Expr, to: TypeId) {
        let span = expr.span;
        let text = self.text(span).to_string();
        let numeric = self.is_basic(to, Basic::is_numeric);
        let string = self.is_basic(to, Basic::is_string);
        if let ExprKind::BasicLit(kind) = &expr.kind {
            match kind {
                LitKind::String if numeric => {
                    let inner = text.trim_matches(['"', '`']);
                    let fits = if self.is_basic(to, Basic::is_integer) {
                        inner.parse::<i64>().is_ok()
                    } else {
                        inner.parse::<f64>().is_ok_and(f64::is_finite)
                    };
                    let one = inner.chars().count() == 1 && !inner.contains(['\'', '\\', '"']);
                    let small = self.is_basic(to, |basic| matches!(basic, Basic::Uint8 | Basic::Int32));
                    if one && small && !fits {
                        error.mend(
                            "a character stands in single quotes",
                            vec![Edit::replace(span, format!("'{inner}'"))],
                        );
                    } else if fits && !inner.starts_with('+') {
                        error.mend("a number needs no quotes", vec![Edit::replace(span, inner)]);
                    }
                }
                LitKind::Int | LitKind::Float if string => {
                    error.mend("a string stands in quotes", vec![Edit::replace(span, format!("\"{text}\""))]);
                }
                LitKind::Char if string => {
                    let inner = &text[1..text.len() - 1];
                    if !inner.contains(['"', '\\']) {
                        error.mend(
                            "a string stands in double quotes",
                            vec![Edit::replace(span, format!("\"{inner}\""))],
                        );
                    }
                }
                _ => {}
            }
            return;
        }
        let from = self.info.fact(expr.id).ty;
        if from == Basic::Invalid.id() || self.is_untyped(from) {
            return;
        }
        let mode = self.info.fact(expr.id).mode;
        if !matches!(mode, Mode::Value | Mode::Variable | Mode::MapIndex | Mode::CommaOk | Mode::Const) {
            return;
        }
        self.describe_byte_of_string(error, expr);
        self.convert_value(error, at, expr, from, to);
    }

    /// Says what an index of a string gives.
    fn describe_byte_of_string(&mut self, error: &mut Diagnostic, expr: &Expr) {
        if let ExprKind::Index(base, _) = &expr.unparen().kind
            && self.is_basic(self.info.fact(base.id).ty, Basic::is_string)
        {
            error.about("this is one byte of the string, a number");
            let text = self.text(base.span).to_string();
            error.note(format!(
                "a character can have several bytes; []rune({text}) has its characters, range {text} goes over them"
            ));
        }
    }

    /// The mend that makes a value of one type a value of another, if there is a usual one.
    fn convert_value(&mut self, error: &mut Diagnostic, at: &At<'_>, expr: &Expr, from: TypeId, to: TypeId) {
        let span = expr.span;
        let number = |basic: Basic| basic.is_numeric();
        let real = |basic: Basic| basic.is_numeric() && !basic.is_complex();
        let (from_number, to_number) = (self.is_basic(from, real), self.is_basic(to, real));
        let (from_string, to_string) =
            (self.is_basic(from, Basic::is_string), self.is_basic(to, Basic::is_string));
        if from_number && to_number {
            let Some(target) = self.type_in(at.file, to) else { return };
            if self.info.fact(expr.id).mode == Mode::Const {
                return;
            }
            let drops = !self.is_basic(from, Basic::is_integer) && self.is_basic(to, Basic::is_integer);
            let text = if drops { "convert it, which drops the fraction" } else { "convert it" };
            error.mend(text, Checker::around(span, format!("{target}("), ")"));
            return;
        }
        if from_string && self.is_basic(to, number) {
            let text = self.text(span).to_string();
            let call = if self.is_basic(to, Basic::is_integer) {
                format!("strconv.Atoi({text})")
            } else {
                format!("strconv.ParseFloat({text}, 64)")
            };
            error.help(format!("{call} gives the number and an error"));
            return;
        }
        if from_number && to_string && self.types.identical(to, Basic::String.id()) {
            let byte_or_rune = self.types.identical(from, Basic::Uint8.id())
                || self.types.identical(from, Basic::Int32.id());
            if byte_or_rune {
                error.mend("a string of that character", Checker::around(span, "string(", ")"));
            } else if self.types.identical(from, Basic::Int.id()) {
                if let Some(edits) = self.call_around(at.file, span, "strconv", "strconv.Itoa") {
                    error.mend("the number in digits", edits);
                }
            } else if let Some(edits) = self.call_around(at.file, span, "fmt", "fmt.Sprint") {
                error.mend("the number in digits", edits);
            }
            return;
        }
        // Pointers and what they point to.
        if let Type::Pointer(elem) = *self.types.get(to)
            && self.types.identical(elem, from)
        {
            let literal = matches!(expr.kind, ExprKind::CompositeLit(_));
            if literal
                || self.info.fact(expr.id).mode == Mode::Variable && !matches!(expr.kind, ExprKind::Binary(_))
            {
                error.mend("take its address", vec![Edit::insert(span.start, "&")]);
            }
            return;
        }
        if let Type::Pointer(elem) = *self.types.get(from)
            && self.types.identical(elem, to)
        {
            error.mend("take what it points to", vec![Edit::insert(span.start, "*")]);
            return;
        }
        let bytes = |checker: &mut Checker, ty: TypeId| match checker.types.under(ty) {
            Type::Slice(elem) => {
                checker.types.identical(elem, Basic::Uint8.id())
                    || checker.types.identical(elem, Basic::Int32.id())
            }
            _ => false,
        };
        let convertible = from_string && bytes(self, to) || to_string && bytes(self, from);
        let (from_under, to_under) = (self.types.underlying(from), self.types.underlying(to));
        let same = self.types.identical(from_under, to_under)
            && !self.is_param(from)
            && !self.is_param(to)
            && !matches!(self.types.get(from_under), Type::Interface(_) | Type::Signature(_));
        if (convertible || same)
            && let Some(target) = self.type_in(at.file, to)
        {
            let target =
                if target.starts_with(['*', '<', 'f', 'c']) && !target.chars().all(char::is_alphanumeric) {
                    format!("({target})")
                } else {
                    target
                };
            error.mend("convert it", Checker::around(span, format!("{target}("), ")"));
        } else if self.is_interface_type(from)
            && error.message.ends_with("need type assertion")
            && let Some(target) = self.type_in(at.file, to)
        {
            error.help(format!(
                "{}.({target}) panics if it holds another type; v, ok := does not",
                self.text(span)
            ));
        }
    }

    /// A value that lacks methods of an interface.
    fn advise_interface(&mut self, error: &mut Diagnostic, expr: &Expr, from: TypeId, iface: TypeId) {
        if from == Basic::Invalid.id() || self.is_untyped(from) {
            return;
        }
        let shown = self.show(from);
        for method in self.types.type_set(iface).methods.clone() {
            let name = self.owned_name(method.name);
            match self.lookup_member(from, method.name, method.pkg) {
                Lookup::Method { func: Some(func), pointer_receiver: true, indirect: false, .. } => {
                    if self.is_in_source(func) {
                        let span = self.object(func).span;
                        error.also(span, format!("{name} is declared on *{shown}, so only *{shown} has it"));
                    }
                    error.about(of_type(&shown));
                    let literal = matches!(expr.kind, ExprKind::CompositeLit(_));
                    let plain = matches!(
                        expr.kind,
                        ExprKind::Ident(_) | ExprKind::Selector(..) | ExprKind::Index(..) | ExprKind::Star(_)
                    );
                    if literal || plain && self.info.fact(expr.id).mode == Mode::Variable {
                        error.mend("take its address", vec![Edit::insert(expr.span.start, "&")]);
                    }
                    return;
                }
                Lookup::Method { ty, func, .. } => {
                    if self.types.identical(ty, method.sig) {
                        continue;
                    }
                    if let Some(func) = func.filter(|func| self.is_in_source(*func)) {
                        error.also(self.object(func).span, format!("{name} is here, with another signature"));
                    }
                    return;
                }
                _ => {
                    error.about(format!("{shown} has no method {name}"));
                    self.similar_method(error, from, &name);
                    return;
                }
            }
        }
    }

    /// A method with nearly the name of one that is missing.
    fn similar_method(&mut self, error: &mut Diagnostic, ty: TypeId, name: &str) {
        let base = match *self.types.get(ty) {
            Type::Pointer(base) => base,
            _ => ty,
        };
        let Some(named) = self.types.as_named(base) else { return };
        for method in self.methods_of(named) {
            let other = self.owned_name(self.object(method).name);
            if golite_diag::similar::nearest(name, [other.as_str()]).is_some() && self.is_in_source(method) {
                error.also(self.object(method).span, format!("did you mean {name}?"));
            }
        }
    }

    /// Operands of different types.
    fn advise_operands(&mut self, error: &mut Diagnostic, at: &At<'_>, binary: &BinaryExpr) {
        let (left, right) = (&*binary.left, &*binary.right);
        let (a, b) = (self.info.fact(left.id).ty, self.info.fact(right.id).ty);
        let invalid = Basic::Invalid.id();
        if !error.message.contains("mismatched types") || a == invalid || b == invalid {
            return;
        }
        let (a_text, b_text) = (self.show(a), self.show(b));
        error.span = left.span;
        error.about(of_type(&a_text));
        error.also(right.span, of_type(&b_text));
        for (byte, literal, ty) in [(left, right, a), (right, left, b)] {
            // A byte or rune and a string of one character.
            let small =
                self.types.identical(ty, Basic::Uint8.id()) || self.types.identical(ty, Basic::Int32.id());
            if small && let ExprKind::BasicLit(LitKind::String) = literal.kind {
                self.describe_byte_of_string(error, byte);
                error.about(of_type(&self.show(a)));
                let text = self.text(literal.span);
                let inner = text.trim_matches(['"', '`']).to_string();
                let fits = match inner.chars().next() {
                    Some(char) => {
                        inner.chars().count() == 1
                            && (char.is_ascii() || self.types.identical(ty, Basic::Int32.id()))
                    }
                    None => false,
                };
                if fits && !inner.contains(['\'', '\\']) && binary.op.is_comparison() {
                    error.mend(
                        "a character stands in single quotes",
                        vec![Edit::replace(literal.span, format!("'{inner}'"))],
                    );
                }
                return;
            }
        }
        let is_string = |checker: &mut Checker, ty: TypeId| checker.is_basic(ty, Basic::is_string);
        for (value, ty, other) in [(left, a, b), (right, b, a)] {
            if binary.op == BinaryOp::Add
                && is_string(self, other)
                && self.is_basic(ty, Basic::is_numeric)
                && !self.is_untyped(ty)
            {
                let plain = is_string(self, other)
                    && (self.types.identical(other, Basic::String.id()) || self.is_untyped(other));
                if !plain {
                    return;
                }
                let edits = if self.types.identical(ty, Basic::Int.id()) {
                    self.call_around(at.file, value.span, "strconv", "strconv.Itoa")
                } else {
                    self.call_around(at.file, value.span, "fmt", "fmt.Sprint")
                };
                if let Some(edits) = edits {
                    error.mend("the number in digits", edits);
                }
                return;
            }
        }
        let real = |basic: Basic| basic.is_numeric() && !basic.is_complex();
        if self.is_basic(a, real) && self.is_basic(b, real) && !self.is_untyped(a) && !self.is_untyped(b) {
            let (x, y) = (self.text(left.span).to_string(), self.text(right.span).to_string());
            for (text, from, to) in [(x, a, b), (y, b, a)] {
                let Some(target) = self.type_in(at.file, to) else { continue };
                let drops = !self.is_basic(from, Basic::is_integer) && self.is_basic(to, Basic::is_integer);
                let what = if drops {
                    "counts whole numbers and drops the fraction"
                } else {
                    "makes both the same type"
                };
                error.help(format!("{target}({text}) {what}"));
            }
        }
    }

    // ---- constants

    /// A constant that its type cannot hold.
    pub(crate) fn advise_constant(&mut self, error: &mut Diagnostic, at: &At<'_>) {
        let target = at.expr_at(error.span).and_then(|(expr, around)| match around.parent() {
            // A conversion.
            Some(Node::Expr(Expr { kind: ExprKind::Call(call), .. }))
                if self.info.fact(call.func.id).mode == Mode::Type =>
            {
                Some(Wanted { ty: self.info.fact(call.func.id).ty, because: None })
            }
            Some(Node::Expr(Expr { kind: ExprKind::Binary(binary), .. })) => {
                let other = if binary.left.id == expr.id { &binary.right } else { &binary.left };
                Some(Wanted { ty: self.info.fact(other.id).ty, because: None })
            }
            _ => self.wanted(at, expr, around),
        });
        let Some(wanted) = target else { return };
        if let Some((span, text)) = wanted.because {
            error.also(span, text);
        }
        let Some(basic) = self.types.basic(wanted.ty) else { return };
        let shown = self.show(wanted.ty);
        if let Some((least, most)) = range_of(basic) {
            if error.code == golite_diag::Code::ConstantTruncated {
                error.note(format!("{shown} holds whole numbers only"));
                return;
            }
            error.note(format!("{shown} holds {least} to {most}"));
            if let Some(value) = constant_in(&error.message)
                && let Some(fits) = smallest_type(value, least == "0")
            {
                error.help(format!("{fits} holds it"));
            }
        }
    }
}

/// The number that a message about an overflow speaks of.
fn constant_in(message: &str) -> Option<i128> {
    let after = |text: &str| {
        let rest = message.split_once(text)?.1;
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '-')).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    after(" constant ").or_else(|| after("cannot use ")).or_else(|| after("constant "))
}

/// What a label says of a value of a type.
fn of_type(text: &str) -> String {
    match text.strip_prefix("untyped ") {
        Some("int" | "float" | "rune" | "complex") => "this is a number".into(),
        Some(kind) => format!("this is a {kind}"),
        None => format!("this is of type {text}"),
    }
}

/// The least and the greatest value of an integer type.
fn range_of(basic: Basic) -> Option<(String, String)> {
    let (bits, signed) = match basic {
        Basic::Int8 => (8, true),
        Basic::Int16 => (16, true),
        Basic::Int32 => (32, true),
        Basic::Int64 | Basic::Int => (64, true),
        Basic::Uint8 => (8, false),
        Basic::Uint16 => (16, false),
        Basic::Uint32 => (32, false),
        Basic::Uint64 | Basic::Uint | Basic::Uintptr => (64, false),
        _ => return None,
    };
    Some(if signed {
        ((-(1i128 << (bits - 1))).to_string(), ((1i128 << (bits - 1)) - 1).to_string())
    } else {
        ("0".into(), ((1i128 << bits) - 1).to_string())
    })
}

/// The smallest type that holds a number, of the kind of another that does not.
fn smallest_type(value: i128, unsigned: bool) -> Option<&'static str> {
    const UNSIGNED: [(&str, i128, i128); 4] = [
        ("byte", 0, u8::MAX as i128),
        ("uint16", 0, u16::MAX as i128),
        ("uint32", 0, u32::MAX as i128),
        ("uint64", 0, u64::MAX as i128),
    ];
    const SIGNED: [(&str, i128, i128); 5] = [
        ("int8", i8::MIN as i128, i8::MAX as i128),
        ("int16", i16::MIN as i128, i16::MAX as i128),
        ("int32", i32::MIN as i128, i32::MAX as i128),
        ("int64", i64::MIN as i128, i64::MAX as i128),
        ("uint64", 0, u64::MAX as i128),
    ];
    let types: &[_] = if unsigned && value >= 0 { &UNSIGNED } else { &SIGNED };
    types.iter().find(|(_, least, most)| *least <= value && value <= *most).map(|(name, ..)| *name)
}
