//! Operators. Spec: Operators.

use golite_diag::Code;
use golite_source::Span;
use golite_syntax::ast::{BinaryExpr, BinaryOp, ChanDir, Expr, ExprKind, UnaryOp};
use num_traits::ToPrimitive;

use crate::check::Checker;
use crate::constant::Const;
use crate::identity::Incomparable;
use crate::info::Mode;
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{Basic, Type, TypeId};

/// The largest count of a constant shift: enough for the smallest float64.
const MAX_SHIFT: u32 = 1023 - 1 + 52;

/// Which way a value goes through a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ChannelUse {
    /// `<-c`
    Receive,
    /// `c <- x`
    Send,
}

/// Why a comparison is checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    /// An operator stands in the source.
    Operator(BinaryOp),
    /// A case is compared with the tag of its switch.
    Case,
}

impl Checker {
    // ---- one operand

    pub(crate) fn unary<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr, op: UnaryOp, inner: &'a Expr) {
        let mut op = op;
        match op {
            UnaryOp::Addr => {
                let literal = matches!(inner.unparen().kind, ExprKind::CompositeLit(_));
                if !literal && x.mode != Mode::Variable {
                    let text = self.describe(x);
                    let message = format!("invalid operation: cannot take address of {text}");
                    self.error(Code::NotAddressable, x.span, message);
                    x.invalidate();
                    return;
                }
                if !literal {
                    self.mark_addressed(inner);
                }
                let ty = self.types.pointer(x.ty);
                x.set_value(ty);
                return;
            }
            UnaryOp::Recv => {
                match self.channel_elem(x, x.span, ChannelUse::Receive) {
                    Some(elem) => {
                        x.mode = Mode::CommaOk;
                        x.ty = elem;
                        x.value = None;
                        self.has_call = true;
                    }
                    None => x.invalidate(),
                }
                return;
            }
            UnaryOp::Tilde => {
                let message = "cannot use ~ outside of interface or type constraint";
                if !self.all_basic(x.ty, Basic::is_integer) {
                    self.error(Code::BadOperator, start_span(expr), message);
                    x.invalidate();
                    return;
                }
                let message = format!("{message} (use ^ for bitwise complement)");
                self.error(Code::BadOperator, start_span(expr), message);
                op = UnaryOp::BitNot;
            }
            UnaryOp::Plus | UnaryOp::Neg | UnaryOp::Not | UnaryOp::BitNot => {}
        }
        let test: fn(Basic) -> bool = match op {
            UnaryOp::Not => Basic::is_boolean,
            UnaryOp::BitNot => Basic::is_integer,
            _ => Basic::is_numeric,
        };
        if !self.all_basic(x.ty, test) {
            let text = self.describe(x);
            let message = format!("invalid operation: operator {} not defined on {text}", op.text());
            self.error(Code::BadOperator, x.span, message);
            x.invalidate();
            return;
        }
        if x.is_const() {
            let Some(value) = &x.value else { return };
            let basic = self.types.basic(x.ty).unwrap_or(Basic::Invalid);
            x.value = Const::unary(op, value, basic);
            x.stands_for(expr);
            self.check_overflow(x);
            return;
        }
        x.mode = Mode::Value;
    }

    /// The element type of a channel that is received from or sent to; reports if it is none.
    pub(crate) fn channel_elem(&mut self, x: &Operand<'_>, span: Span, way: ChannelUse) -> Option<TypeId> {
        let cause = match self.specific_types(x.ty) {
            None => Some("no specific channel type".to_string()),
            Some(types) => types.iter().find_map(|(ty, under)| match self.types.get(*under) {
                Type::Chan(ChanDir::Send, _) if way == ChannelUse::Receive => {
                    Some(format!("send-only channel {}", self.show(*ty)))
                }
                Type::Chan(ChanDir::Recv, _) if way == ChannelUse::Send => {
                    Some(format!("receive-only channel {}", self.show(*ty)))
                }
                Type::Chan(..) => None,
                _ => Some(format!("non-channel {}", self.show(*ty))),
            }),
        };
        let cause = match cause {
            Some(cause) => cause,
            None => match self.common_under(x.ty) {
                Ok(under) => match *self.types.get(under) {
                    Type::Chan(_, elem) => return Some(elem),
                    _ => "non-channel".into(),
                },
                Err(cause) => cause,
            },
        };
        if x.ty == Basic::Invalid.id() {
            return None;
        }
        let text = self.describe(x);
        let verb = match way {
            ChannelUse::Receive => "receive from",
            ChannelUse::Send => "send to",
        };
        let message = if self.is_param(x.ty) {
            format!("invalid operation: cannot {verb} {text}: {cause}")
        } else {
            // Only the kind and direction are said before the operand, which has the type.
            format!("invalid operation: cannot {verb} {cause} {text}")
        };
        self.error(Code::BadChannel, span, message);
        None
    }

    // ---- two operands

    /// A chain of binary operators that leans to the left, from its leftmost operand.
    pub(crate) fn check_binary_chain<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr) {
        let mut spine: Vec<(&'a Expr, &'a BinaryExpr)> = Vec::new();
        let mut left = expr;
        while let ExprKind::Binary(binary) = &left.kind {
            spine.push((left, binary));
            left = &binary.left;
        }
        *x = self.check_expr(left, None);
        while let Some((node, binary)) = spine.pop() {
            let y = self.check_expr(&binary.right, None);
            let long = x.is_const() && matches!(binary.left.kind, ExprKind::Binary(_));
            self.binary_step(x, y, Some(node), binary);
            if long && x.is_const() && matches!(x.value, Some(Const::Str(_))) {
                // The parts of a long constant string are not needed any more, and each is as long
                // as all before it.
                self.info.values.remove(&binary.left.id);
            }
            x.stands_for(node);
            if !spine.is_empty() {
                self.record(x);
            }
        }
    }

    /// `x op y` of an assignment operation: the operand becomes the result. `binary` is not an
    /// expression of its own.
    pub(crate) fn binary<'a>(&mut self, binary: &'a BinaryExpr) -> Operand<'a> {
        let mut x = self.check_expr(&binary.left, None);
        let y = self.check_expr(&binary.right, None);
        self.binary_step(&mut x, y, None, binary);
        x
    }

    /// As [`Checker::binary`] for operands that are checked already.
    pub(crate) fn binary_step<'a>(
        &mut self,
        x: &mut Operand<'a>,
        mut y: Operand<'a>,
        expr: Option<&'a Expr>,
        binary: &'a BinaryExpr,
    ) {
        let op = binary.op;
        if !x.is_valid() {
            return;
        }
        if !y.is_valid() {
            x.invalidate();
            return;
        }
        if op.is_shift() {
            self.shift(x, &mut y, expr, op);
            return;
        }
        self.match_types(x, &mut y);
        if !x.is_valid() {
            return;
        }
        if op.is_comparison() {
            self.compare(x, &mut y, Comparison::Operator(op));
            return;
        }
        if !self.types.identical(x.ty, y.ty) {
            if x.ty != Basic::Invalid.id() && y.ty != Basic::Invalid.id() {
                let (a, b) = (self.show(x.ty), self.show(y.ty));
                let text = match expr {
                    Some(expr) => self.expr_text(expr),
                    None => {
                        let (left, right) = (self.expr_text(&binary.left), self.expr_text(&binary.right));
                        format!("{left} {}= {right}", op.text())
                    }
                };
                let message = format!("invalid operation: {text} (mismatched types {a} and {b})");
                self.error(Code::TypeMismatch, x.span, message);
            }
            x.invalidate();
            return;
        }
        let test: fn(Basic) -> bool = match op {
            BinaryOp::Add => |basic| basic.is_numeric() || basic.is_string(),
            BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div => Basic::is_numeric,
            BinaryOp::LogAnd | BinaryOp::LogOr => Basic::is_boolean,
            _ => Basic::is_integer,
        };
        if !self.all_basic(x.ty, test) {
            let text = self.describe(x);
            let message = format!("invalid operation: operator {} not defined on {text}", op.text());
            self.error(Code::BadOperator, x.span, message);
            x.invalidate();
            return;
        }
        if matches!(op, BinaryOp::Div | BinaryOp::Rem)
            && (x.is_const() || self.all_basic(x.ty, Basic::is_integer))
            && y.is_const()
            && let complex = self.is_basic(x.ty, Basic::is_complex)
            && y.value.as_ref().is_some_and(|y| y.is_zero() || complex && y.squares_vanish())
        {
            self.error(Code::DivisionByZero, y.span, "invalid operation: division by zero");
            x.invalidate();
            return;
        }
        if x.is_const() && y.is_const() {
            let integer = self.is_basic(x.ty, Basic::is_integer);
            x.value = match (&x.value, &y.value) {
                (Some(a), Some(b)) => Const::binary(op, a, b, integer),
                _ => None,
            };
            if let Some(expr) = expr {
                x.stands_for(expr);
            }
            self.check_overflow(x);
            return;
        }
        x.mode = Mode::Value;
        x.value = None;
    }

    /// Converts untyped operands to the type of the other one.
    pub(crate) fn match_types(&mut self, x: &mut Operand<'_>, y: &mut Operand<'_>) {
        if !self.may_match(x, y) {
            return;
        }
        self.convert_untyped(x, y.ty);
        if !x.is_valid() {
            return;
        }
        self.convert_untyped(y, x.ty);
        if !y.is_valid() {
            x.invalidate();
        }
    }

    fn may_match(&mut self, x: &Operand<'_>, y: &Operand<'_>) -> bool {
        if !self.is_untyped(x.ty) && !self.is_untyped(y.ty) {
            return false;
        }
        let mut both = |test: fn(Basic) -> bool| self.all_basic(x.ty, test) == self.all_basic(y.ty, test);
        if !both(Basic::is_numeric) {
            return false;
        }
        let (booleans, strings) = (both(Basic::is_boolean), both(Basic::is_string));
        if self.is_interface_type(x.ty) || self.is_interface_type(y.ty) {
            return true;
        }
        if !booleans || !strings {
            return false;
        }
        if x.is_nil() {
            return self.has_nil(y.ty);
        }
        if y.is_nil() {
            return self.has_nil(x.ty);
        }
        !matches!(self.types.under(x.ty), Type::Pointer(_))
            && !matches!(self.types.under(y.ty), Type::Pointer(_))
    }

    fn shift<'a>(&mut self, x: &mut Operand<'a>, y: &mut Operand<'a>, expr: Option<&'a Expr>, op: BinaryOp) {
        let shifted = x.value.as_ref().filter(|_| x.is_const()).and_then(Const::as_int);
        let untyped = self.is_untyped(x.ty);
        let constant = untyped && shifted.is_some();
        if !constant && !self.all_basic(x.ty, Basic::is_integer) {
            self.refuse_shifted(x);
            return;
        }
        if y.is_const() {
            let count = y.value.as_ref().and_then(Const::as_int);
            if count.is_some_and(|count| count.sign() == num_bigint::Sign::Minus) {
                let text = self.describe(y);
                let message = format!("invalid operation: negative shift count {text}");
                self.error(Code::BadShift, y.span, message);
                x.invalidate();
                return;
            }
            if self.is_untyped(y.ty) {
                self.representable(y, Basic::Uint.id(), Basic::Uint);
                if !y.is_valid() {
                    x.invalidate();
                    return;
                }
            }
        } else if self.all_basic(y.ty, Basic::is_integer) && !self.is_untyped(y.ty) {
            if !self.allows(y.span, 13) && !self.all_basic(y.ty, Basic::is_unsigned) {
                let what = format!("invalid operation: signed shift count {}", self.describe(y));
                self.require_version(y.span, 13, &what);
                x.invalidate();
                return;
            }
        } else if self.is_untyped(y.ty) {
            self.convert_untyped(y, Basic::Uint.id());
            if !y.is_valid() {
                x.invalidate();
                return;
            }
        } else {
            self.refuse_count(x, y);
            return;
        }
        if x.is_const() {
            if y.is_const() {
                if !self.is_basic(x.ty, Basic::is_integer) {
                    x.ty = Basic::UntypedInt.id();
                }
                let (Some(_), Some(count)) = (&x.value, &y.value) else {
                    x.value = None;
                    return;
                };
                let count =
                    count.as_int().and_then(|count| count.to_u32()).filter(|count| *count <= MAX_SHIFT);
                let Some(count) = count else {
                    let text = self.describe(y);
                    let message = format!("invalid operation: invalid shift count {text}");
                    self.error(Code::BadShift, y.span, message);
                    x.invalidate();
                    return;
                };
                x.value = x.value.as_ref().and_then(|value| Const::shift(op, value, count));
                if let Some(expr) = expr {
                    x.stands_for(expr);
                }
                self.check_overflow(x);
                return;
            }
            // Spec: the type of an untyped constant on the left is what it would be if the shift
            // were replaced by its left operand alone. It is known later.
            if untyped {
                if let Some(lhs) = self.untyped.get_mut(&x.id) {
                    *lhs = true;
                }
                self.settle_count(y);
                x.mode = Mode::Value;
                x.value = None;
                return;
            }
        }
        if !self.all_basic(x.ty, Basic::is_integer) {
            self.refuse_shifted(x);
            return;
        }
        self.settle_count(y);
        x.mode = Mode::Value;
        x.value = None;
    }

    /// An untyped constant count of a shift at run time is an unsigned integer.
    fn settle_count(&mut self, y: &Operand<'_>) {
        if y.is_const()
            && self.is_untyped(y.ty)
            && let Some(expr) = y.expr
        {
            self.update_type(expr, Basic::Uint.id(), true);
        }
    }

    fn refuse_shifted(&mut self, x: &mut Operand<'_>) {
        let text = self.describe(x);
        let message = format!("invalid operation: shifted operand {text} must be integer");
        self.error(Code::BadShift, x.span, message);
        x.invalidate();
    }

    fn refuse_count(&mut self, x: &mut Operand<'_>, y: &Operand<'_>) {
        let text = self.describe(y);
        self.error(Code::BadShift, y.span, format!("invalid operation: shift count {text} must be integer"));
        x.invalidate();
    }

    // ---- comparisons

    /// Compares two operands whose types match; the first becomes the result.
    pub(crate) fn compare(&mut self, x: &mut Operand<'_>, y: &mut Operand<'_>, why: Comparison) {
        let invalid = Basic::Invalid.id();
        if x.ty == invalid || y.ty == invalid {
            x.invalidate();
            return;
        }
        let op = match why {
            Comparison::Operator(op) => op,
            Comparison::Case => BinaryOp::Eq,
        };
        let mut unused = String::new();
        if !self.assignable(x, y.ty, &mut unused) && !self.assignable(y, x.ty, &mut unused) {
            let cause = format!("mismatched types {} and {}", self.show(x.ty), self.show(y.ty));
            self.refuse_comparison(x, y, why, Blame::Second, cause);
            return;
        }
        if matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            if x.is_nil() || y.is_nil() {
                let other = if x.is_nil() { y.ty } else { x.ty };
                if !self.has_nil(other) {
                    self.refuse_comparison(x, y, why, Blame::Second, String::new());
                    return;
                }
            } else if !self.types.comparable(x.ty, true) {
                let cause = self.incomparable_cause(x.ty);
                self.refuse_comparison(x, y, why, Blame::First, cause);
                return;
            } else if !self.types.comparable(y.ty, true) {
                let cause = self.incomparable_cause(y.ty);
                self.refuse_comparison(x, y, why, Blame::Second, cause);
                return;
            }
        } else if !self.all_basic(x.ty, Basic::is_ordered) {
            self.refuse_comparison(x, y, why, Blame::First, String::new());
            return;
        } else if !self.all_basic(y.ty, Basic::is_ordered) {
            self.refuse_comparison(x, y, why, Blame::Second, String::new());
            return;
        }
        if x.is_const() && y.is_const() {
            x.value = match (&x.value, &y.value) {
                (Some(a), Some(b)) => Const::compare(op, a, b).map(Const::Bool),
                _ => None,
            };
        } else {
            x.mode = Mode::Value;
            x.value = None;
            // The operands are computed at run time: their types are final now.
            for side in [&*x, &*y] {
                if let Some(expr) = side.expr {
                    self.update_type(expr, self.default_type(side.ty), true);
                }
            }
        }
        x.ty = Basic::UntypedBool.id();
    }

    /// Why values of a type cannot be compared; empty if there is nothing more to say.
    fn incomparable_cause(&mut self, ty: TypeId) -> String {
        if !self.is_param(ty)
            && matches!(self.types.under(ty), Type::Slice(_) | Type::Signature(_) | Type::Map(..))
        {
            return format!("{} can only be compared to nil", self.composite_kind(ty));
        }
        match self.types.incomparable_part(ty, true, &mut Vec::new()) {
            None | Some(Incomparable::Plain) => String::new(),
            Some(Incomparable::Param) => {
                let empty = self.types.type_set(ty).terms.as_ref().is_some_and(Vec::is_empty);
                if empty { "empty type set".into() } else { "incomparable types in type set".into() }
            }
            Some(Incomparable::Field(field)) => {
                format!("struct containing {} cannot be compared", self.show(field))
            }
            Some(Incomparable::Elem(array)) => format!("{} cannot be compared", self.show(array)),
        }
    }

    fn refuse_comparison(
        &mut self,
        x: &mut Operand<'_>,
        y: &Operand<'_>,
        why: Comparison,
        blame: Blame,
        cause: String,
    ) {
        let (left, right) = (self.operand_text(x), self.operand_text(y));
        let op = match why {
            Comparison::Operator(op) => op,
            Comparison::Case => BinaryOp::Eq,
        };
        let mut at_first = blame == Blame::First;
        let cause = if !cause.is_empty() {
            cause
        } else if self.is_param(x.ty) || self.is_param(y.ty) {
            at_first = at_first && self.is_param(x.ty);
            let ty = if at_first { x.ty } else { y.ty };
            format!("type parameter {} cannot use operator {}", self.show(ty), op.text())
        } else {
            let ty = if at_first { x.ty } else { y.ty };
            let what = match self.composite_kind(ty) {
                "" => self.show(ty),
                kind => kind.to_string(),
            };
            format!("operator {} not defined on {what}", op.text())
        };
        let (span, message) = match why {
            Comparison::Case => (x.span, format!("invalid case {left} in switch on {right} ({cause})")),
            Comparison::Operator(op) => (
                if at_first { x.span } else { y.span },
                format!("invalid operation: {left} {} {right} ({cause})", op.text()),
            ),
        };
        self.error(Code::BadComparison, span, message);
        x.invalidate();
    }
}

/// The operand a comparison fails for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Blame {
    First,
    Second,
}
