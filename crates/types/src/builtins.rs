//! Built-in functions. Spec: Built-in functions.

use std::sync::Arc;

use golite_diag::Code;
use golite_syntax::ast::{BinaryOp, CallExpr, ChanDir, Expr};

use crate::check::Checker;
use crate::constant::Const;
use crate::expr::Generic;
use crate::info::Mode;
use crate::object::Builtin;
use crate::operand::Operand;
use crate::text::start_span;
use crate::ty::{Basic, ParamNames, SigInfo, Type, TypeId, TypeTable};

/// Name, least number of arguments, and whether there may be more.
pub(crate) fn shape(builtin: Builtin) -> (&'static str, usize, bool) {
    match builtin {
        Builtin::Append => ("append", 1, true),
        Builtin::Cap => ("cap", 1, false),
        Builtin::Clear => ("clear", 1, false),
        Builtin::Close => ("close", 1, false),
        Builtin::Complex => ("complex", 2, false),
        Builtin::Copy => ("copy", 2, false),
        Builtin::Delete => ("delete", 2, false),
        Builtin::Imag => ("imag", 1, false),
        Builtin::Len => ("len", 1, false),
        Builtin::Make => ("make", 1, true),
        Builtin::Max => ("max", 1, true),
        Builtin::Min => ("min", 1, true),
        Builtin::New => ("new", 1, false),
        Builtin::Panic => ("panic", 1, false),
        Builtin::Print => ("print", 0, true),
        Builtin::Println => ("println", 0, true),
        Builtin::Real => ("real", 1, false),
        Builtin::Recover => ("recover", 0, false),
        Builtin::UnsafeAdd => ("Add", 2, false),
        Builtin::UnsafeAlignof => ("Alignof", 1, false),
        Builtin::UnsafeOffsetof => ("Offsetof", 1, false),
        Builtin::UnsafeSizeof => ("Sizeof", 1, false),
        Builtin::UnsafeSlice => ("Slice", 2, false),
        Builtin::UnsafeSliceData => ("SliceData", 1, false),
        Builtin::UnsafeString => ("String", 2, false),
        Builtin::UnsafeStringData => ("StringData", 1, false),
    }
}

impl Checker {
    /// A call of a built-in function: the operand becomes the result. False after an error.
    pub(crate) fn check_builtin<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        call: &'a CallExpr,
        builtin: Builtin,
    ) -> bool {
        let (name, least, more) = shape(builtin);
        if call.ellipsis.is_some() && builtin != Builtin::Append {
            let message = format!("invalid operation: invalid use of ... with built-in {name}");
            self.error(Code::BadBuiltin, start_span(expr), message);
            self.use_exprs(&call.args);
            return false;
        }
        // The length of an array is constant unless the array comes from a call or receive.
        let outer_call = self.has_call;
        if matches!(builtin, Builtin::Len | Builtin::Cap) {
            self.has_call = false;
        }
        let special = matches!(builtin, Builtin::Make | Builtin::New | Builtin::UnsafeOffsetof);
        let args = if special { Vec::new() } else { self.check_list(&call.args) };
        let called = self.has_call;
        if matches!(builtin, Builtin::Len | Builtin::Cap) {
            self.has_call = outer_call;
        }
        if args.iter().any(|arg| !arg.is_valid()) {
            return false;
        }
        let count = if special { call.args.len() } else { args.len() };
        let word = if count < least {
            Some("not enough")
        } else if count > least && !more {
            Some("too many")
        } else {
            None
        };
        if let Some(word) = word {
            let text = self.expr_text(expr);
            let message =
                format!("invalid operation: {word} arguments for {text} (expected {least}, found {count})");
            self.error(Code::BadBuiltin, start_span(expr), message);
            return false;
        }
        if let Some(first) = args.first() {
            *x = first.clone();
        }
        let needs = match builtin {
            Builtin::Clear => Some((21, name.to_string())),
            Builtin::Max | Builtin::Min => Some((21, format!("built-in {name}"))),
            Builtin::UnsafeAdd | Builtin::UnsafeSlice => Some((17, format!("unsafe.{name}"))),
            Builtin::UnsafeSliceData | Builtin::UnsafeString | Builtin::UnsafeStringData => {
                Some((20, format!("unsafe.{name}")))
            }
            _ => None,
        };
        if let Some((minor, what)) = needs {
            self.require_version(call.func.span, minor, &what);
        }
        match builtin {
            Builtin::Append => self.builtin_append(x, expr, call, args),
            Builtin::Len | Builtin::Cap => self.builtin_len(x, builtin, called),
            Builtin::Clear => self.builtin_clear(x),
            Builtin::Close => self.builtin_close(x),
            Builtin::Complex => self.builtin_complex(x, expr, args),
            Builtin::Copy => self.builtin_copy(x, args),
            Builtin::Delete => self.builtin_delete(x, args),
            Builtin::Imag | Builtin::Real => self.builtin_part(x, builtin),
            Builtin::Make => self.builtin_make(x, expr, call),
            Builtin::Max | Builtin::Min => self.builtin_min_max(x, builtin, args),
            Builtin::New => self.builtin_new(x, call, &call.args[0]),
            Builtin::Panic => {
                let any = self.types.any();
                self.assign_to(x, Some(any), "argument to panic");
                self.no_value(x)
            }
            Builtin::Print | Builtin::Println => {
                let context = format!("argument to built-in {name}");
                for mut arg in args {
                    self.assign_to(&mut arg, None, &context);
                    if !arg.is_valid() {
                        return false;
                    }
                }
                x.mode = Mode::NoValue;
                self.no_value(x)
            }
            Builtin::Recover => {
                x.set_value(TypeTable::EMPTY_INTERFACE);
                true
            }
            Builtin::UnsafeAdd
            | Builtin::UnsafeAlignof
            | Builtin::UnsafeOffsetof
            | Builtin::UnsafeSizeof
            | Builtin::UnsafeSlice
            | Builtin::UnsafeSliceData
            | Builtin::UnsafeString
            | Builtin::UnsafeStringData => self.builtin_unsafe(x, call, builtin, args),
        }
    }

    fn no_value(&mut self, x: &mut Operand<'_>) -> bool {
        if x.mode == Mode::Invalid {
            return false;
        }
        x.mode = Mode::NoValue;
        x.ty = self.types.tuple(&[]);
        x.value = None;
        true
    }

    pub(crate) fn bad_argument(&mut self, x: &Operand<'_>, message: String) -> bool {
        self.error(Code::BadBuiltin, x.span, message);
        false
    }

    /// The element type of a slice, or of all slices of a type set.
    fn slice_elem(&mut self, x: &Operand<'_>) -> Result<TypeId, String> {
        let types = self.specific_types(x.ty).unwrap_or_default();
        let mut elem: Option<TypeId> = None;
        for (_, under) in &types {
            let Type::Slice(this) = *self.types.get(*under) else {
                elem = None;
                break;
            };
            if let Some(before) = elem
                && !self.types.identical(before, this)
            {
                let (a, b, text) = (self.show(before), self.show(this), self.describe(x));
                return Err(format!("mismatched slice element types {a} and {b} in {text}"));
            }
            elem = Some(this);
        }
        if let Some(elem) = elem {
            return Ok(elem);
        }
        if x.is_nil() {
            return Err("argument must be a slice; have untyped nil".into());
        }
        Err(format!("argument must be a slice; have {}", self.describe(x)))
    }

    /// Whether an operand is a string or byte slice that can go into the byte slice `x`; `Some` tells
    /// whether it may be a string.
    fn bytes_source(&mut self, x: &Operand<'_>, y: &Operand<'_>) -> Option<bool> {
        let bytes = self.types.slice(TypeTable::BYTE);
        if !self.assignable(x, bytes, &mut String::new()) {
            return None;
        }
        let mut string = false;
        for (_, under) in self.specific_types(y.ty)? {
            match self.types.get(under).clone() {
                Type::Slice(elem) if self.types.identical(elem, Basic::Uint8.id()) => {}
                Type::Basic(basic) if basic.is_string() => string = true,
                _ => return None,
            }
        }
        Some(string)
    }

    fn builtin_append<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        call: &'a CallExpr,
        mut args: Vec<Operand<'a>>,
    ) -> bool {
        let elem = match self.slice_elem(x) {
            Ok(elem) => elem,
            Err(cause) => return self.bad_argument(x, format!("invalid append: {cause}")),
        };
        let ty = x.ty;
        if args.len() == 2 && call.ellipsis.is_some() && self.bytes_source(x, &args[1]) == Some(true) {
            let y = &mut args[1];
            if self.is_untyped(y.ty) {
                self.convert_untyped(y, Basic::String.id());
            }
            x.set_value(ty);
            return true;
        }
        let rest = self.types.slice(elem);
        let sig = Arc::new(SigInfo {
            type_params: Vec::new(),
            params: vec![ty, rest],
            results: vec![ty],
            variadic: true,
            names: ParamNames::default(),
        });
        self.check_builtin_arguments(expr, call, &sig, args);
        x.set_value(ty);
        true
    }

    fn builtin_len(&mut self, x: &mut Operand<'_>, builtin: Builtin, called: bool) -> bool {
        let is_len = builtin == Builtin::Len;
        let Some(types) = self.specific_types(x.ty) else { return self.refuse_len(x, is_len) };
        let param = self.is_param(x.ty);
        let mut constant: Option<Option<Const>> = None;
        for (_, under) in types {
            let under = self.array_behind_pointer(under);
            let fits = match self.types.get(under) {
                Type::Basic(basic) => {
                    if let (true, Some(Const::Str(bytes))) = (x.is_const(), &x.value) {
                        constant = Some(Some(Const::int(bytes.len() as i64)));
                    }
                    basic.is_string() && is_len
                }
                Type::Array(len, _) => {
                    if !called && !param {
                        constant = Some((*len >= 0).then(|| Const::int(*len)));
                    }
                    true
                }
                Type::Slice(_) | Type::Chan(..) => true,
                Type::Map(..) => is_len,
                _ => false,
            };
            if !fits {
                return self.refuse_len(x, is_len);
            }
        }
        match constant {
            Some(value) => x.set_const(Basic::Int.id(), value),
            None => x.set_value(Basic::Int.id()),
        }
        true
    }

    /// The array a pointer leads to; other types stay.
    fn array_behind_pointer(&mut self, under: TypeId) -> TypeId {
        let Type::Pointer(elem) = *self.types.get(under) else { return under };
        let elem = self.types.underlying(elem);
        if matches!(self.types.get(elem), Type::Array(..)) { elem } else { under }
    }

    fn refuse_len(&mut self, x: &Operand<'_>, is_len: bool) -> bool {
        if self.types.underlying(x.ty) != Basic::Invalid.id() {
            let text = self.describe(x);
            let name = if is_len { "len" } else { "cap" };
            self.bad_argument(x, format!("invalid argument: {text} for built-in {name}"));
        }
        false
    }

    fn builtin_clear(&mut self, x: &mut Operand<'_>) -> bool {
        let types = self.specific_types(x.ty).unwrap_or_default();
        let fits = !types.is_empty()
            && types
                .iter()
                .all(|(_, under)| matches!(self.types.get(*under), Type::Map(..) | Type::Slice(_)));
        if !fits {
            let text = self.describe(x);
            let message = format!(
                "invalid argument: cannot clear {text}: argument must be (or constrained by) map or slice"
            );
            return self.bad_argument(x, message);
        }
        self.no_value(x)
    }

    fn builtin_close(&mut self, x: &mut Operand<'_>) -> bool {
        let types = self.specific_types(x.ty).unwrap_or_default();
        let mut kind = types.is_empty().then_some("non-channel");
        for (_, under) in &types {
            match self.types.get(*under) {
                Type::Chan(ChanDir::Recv, _) => kind = Some("receive-only channel"),
                Type::Chan(..) => continue,
                _ => kind = Some("non-channel"),
            }
            break;
        }
        if let Some(kind) = kind {
            let text = self.describe(x);
            self.error(Code::BadChannel, x.span, format!("invalid operation: cannot close {kind} {text}"));
            return false;
        }
        self.no_value(x)
    }

    fn builtin_complex<'a>(
        &mut self,
        x: &mut Operand<'a>,
        expr: &'a Expr,
        mut args: Vec<Operand<'a>>,
    ) -> bool {
        let Some(mut y) = args.pop() else { return false };
        match (self.is_untyped(x.ty), self.is_untyped(y.ty)) {
            (false, false) => {}
            (true, false) => self.convert_untyped(x, y.ty),
            (false, true) => self.convert_untyped(&mut y, x.ty),
            (true, true) if x.is_const() && y.is_const() => {
                for part in [&mut *x, &mut y] {
                    let real = part.value.as_ref().is_none_or(|value| value.as_real().is_some());
                    if self.is_basic(part.ty, Basic::is_numeric) && real {
                        part.ty = Basic::UntypedFloat.id();
                    }
                }
            }
            (true, true) => {
                self.convert_untyped(x, Basic::Float64.id());
                self.convert_untyped(&mut y, Basic::Float64.id());
            }
        }
        if !x.is_valid() || !y.is_valid() {
            return false;
        }
        if !self.types.identical(x.ty, y.ty) {
            let (text, a, b) = (self.expr_text(expr), self.show(x.ty), self.show(y.ty));
            let message = format!("invalid operation: {text} (mismatched types {a} and {b})");
            return self.bad_argument(x, message);
        }
        let whole = |basic| match basic {
            Basic::Float32 => Some(Basic::Complex64),
            Basic::Float64 => Some(Basic::Complex128),
            Basic::UntypedFloat => Some(Basic::UntypedComplex),
            _ => None,
        };
        let result = match self.types.basic(x.ty).and_then(whole) {
            Some(result) => result,
            None if self.all_basic(x.ty, |basic| matches!(basic, Basic::Float32 | Basic::Float64)) => {
                return self.refuse_param(x, Builtin::Complex);
            }
            None => {
                let ty = self.show(x.ty);
                let message = format!("invalid argument: arguments have type {ty}, expected floating-point");
                return self.bad_argument(x, message);
            }
        };
        if x.is_const() && y.is_const() {
            let parts = match (&x.value, &y.value) {
                (Some(re), Some(im)) => re.as_real().zip(im.as_real()),
                _ => None,
            };
            x.set_const(result.id(), parts.map(|(re, im)| Const::Complex(re, im)));
        } else {
            x.set_value(result.id());
        }
        true
    }

    /// The result would be of a new type parameter, which Go does not have.
    fn refuse_param(&mut self, x: &Operand<'_>, builtin: Builtin) -> bool {
        let (text, name) = (self.describe(x), shape(builtin).0);
        let message = format!(
            "{text} not supported as argument to built-in {name} for go1.18 (see go.dev/issue/50937)"
        );
        self.bad_argument(x, message)
    }

    fn builtin_part(&mut self, x: &mut Operand<'_>, builtin: Builtin) -> bool {
        if self.is_untyped(x.ty) {
            if x.is_const() {
                if self.is_basic(x.ty, Basic::is_numeric) {
                    x.ty = Basic::UntypedComplex.id();
                }
            } else {
                self.convert_untyped(x, Basic::Complex128.id());
                if !x.is_valid() {
                    return false;
                }
            }
        }
        let part = |basic| match basic {
            Basic::Complex64 => Some(Basic::Float32),
            Basic::Complex128 => Some(Basic::Float64),
            Basic::UntypedComplex => Some(Basic::UntypedFloat),
            _ => None,
        };
        let result = match self.types.basic(x.ty).and_then(part) {
            Some(result) => result,
            None if self.all_basic(x.ty, Basic::is_complex) => return self.refuse_param(x, builtin),
            None => {
                let ty = self.show(x.ty);
                let message = format!("invalid argument: argument has type {ty}, expected complex type");
                return self.bad_argument(x, message);
            }
        };
        if x.is_const() {
            let parts = x.value.as_ref().and_then(Const::as_complex);
            let part = parts.map(|(re, im)| if builtin == Builtin::Real { re } else { im });
            x.set_const(result.id(), part.map(Const::Float));
        } else {
            x.set_value(result.id());
        }
        true
    }

    fn builtin_copy<'a>(&mut self, x: &mut Operand<'a>, mut args: Vec<Operand<'a>>) -> bool {
        let Some(mut y) = args.pop() else { return false };
        let dst = match self.slice_elem(x) {
            Ok(elem) => elem,
            Err(cause) => return self.bad_argument(x, format!("invalid copy: {cause}")),
        };
        if self.bytes_source(x, &y).is_none() {
            let src = match self.slice_elem(&y) {
                Ok(elem) => elem,
                Err(_) if self.all_basic(y.ty, Basic::is_string) => TypeTable::BYTE,
                Err(cause) => return self.bad_argument(&y, format!("invalid copy: {cause}")),
            };
            if !self.types.identical(dst, src) {
                let (a, b) = (self.describe(x), self.describe(&y));
                let (c, d) = (self.show(dst), self.show(src));
                let message =
                    format!("invalid copy: arguments {a} and {b} have different element types {c} and {d}");
                return self.bad_argument(x, message);
            }
        }
        if self.is_untyped(y.ty) {
            self.convert_untyped(&mut y, Basic::String.id());
        }
        x.set_value(Basic::Int.id());
        true
    }

    fn builtin_delete<'a>(&mut self, x: &mut Operand<'a>, mut args: Vec<Operand<'a>>) -> bool {
        let Some(mut key) = args.pop() else { return false };
        let types = self.specific_types(x.ty).unwrap_or_default();
        let mut key_type: Option<TypeId> = None;
        for (_, under) in &types {
            let Type::Map(this, _) = *self.types.get(*under) else {
                key_type = None;
                break;
            };
            if let Some(before) = key_type
                && !self.types.identical(before, this)
            {
                let text = self.describe(x);
                let message = format!("invalid argument: maps of {text} must have identical key types");
                return self.bad_argument(x, message);
            }
            key_type = Some(this);
        }
        let Some(key_type) = key_type else {
            let text = self.describe(x);
            return self.bad_argument(x, format!("invalid argument: {text} is not a map"));
        };
        self.assign_to(&mut key, Some(key_type), "argument to delete");
        if !key.is_valid() {
            return false;
        }
        self.no_value(x)
    }

    fn builtin_make<'a>(&mut self, x: &mut Operand<'a>, expr: &'a Expr, call: &'a CallExpr) -> bool {
        let (arg, sizes) = match call.args.as_slice() {
            [arg, sizes @ ..] => (arg, sizes),
            [] => return false,
        };
        let ty = self.check_var_type(arg);
        if ty == Basic::Invalid.id() {
            self.use_exprs(sizes);
            return false;
        }
        let cause = match self.specific_types(ty) {
            None => Some("no specific type".to_string()),
            Some(types) => {
                let fits = types.iter().all(|(_, under)| {
                    matches!(self.types.get(*under), Type::Slice(_) | Type::Map(..) | Type::Chan(..))
                });
                (!fits).then(|| "type must be slice, map, or channel".to_string())
            }
        };
        let under = match cause {
            Some(cause) => Err(cause),
            None => self.common_under(ty),
        };
        let under = match under {
            Ok(under) => under,
            Err(cause) => {
                let text = self.expr_text(arg);
                let message = format!("invalid argument: cannot make {text}: {cause}");
                self.error(Code::BadBuiltin, start_span(arg), message);
                self.use_exprs(sizes);
                return false;
            }
        };
        let least = if matches!(self.types.get(under), Type::Slice(_)) { 2 } else { 1 };
        let count = call.args.len();
        if count < least || count > least + 1 {
            let text = self.expr_text(expr);
            let most = least + 1;
            let message =
                format!("invalid operation: {text} expects {least} or {most} arguments; found {count}");
            self.error(Code::BadBuiltin, start_span(expr), message);
            self.use_exprs(sizes);
            return false;
        }
        let mut known = Vec::new();
        for size in sizes {
            if let Some((_, Some(value))) = self.check_index_value(size, None) {
                known.push(value);
            }
        }
        if let [len, cap] = known.as_slice()
            && len > cap
        {
            let message = "invalid argument: length and capacity swapped";
            self.error(Code::BadBuiltin, start_span(&sizes[0]), message);
        }
        x.set_value(ty);
        true
    }

    fn builtin_min_max<'a>(&mut self, x: &mut Operand<'a>, builtin: Builtin, args: Vec<Operand<'a>>) -> bool {
        let op = if builtin == Builtin::Max { BinaryOp::Gt } else { BinaryOp::Lt };
        for (i, arg) in args.iter().enumerate() {
            let mut arg = arg.clone();
            if !self.all_basic(arg.ty, Basic::is_ordered) {
                let text = self.describe(&arg);
                return self.bad_argument(&arg, format!("invalid argument: {text} cannot be ordered"));
            }
            if i == 0 {
                continue;
            }
            self.match_types(x, &mut arg);
            if !x.is_valid() {
                return false;
            }
            if !self.types.identical(x.ty, arg.ty) {
                let (a, b, text) = (self.show(x.ty), self.show(arg.ty), self.operand_text(&arg));
                let message = format!(
                    "invalid argument: mismatched types {a} (previous argument) and {b} (type of {text})"
                );
                return self.bad_argument(&arg, message);
            }
            if x.is_const() && arg.is_const() {
                if let (Some(a), Some(b)) = (&arg.value, &x.value)
                    && Const::compare(op, a, b) == Some(true)
                {
                    *x = arg;
                }
            } else {
                x.mode = Mode::Value;
                x.value = None;
            }
        }
        if !x.is_const() {
            x.mode = Mode::Value;
            let any = self.types.any();
            let name = shape(builtin).0;
            self.assign_to(x, Some(any), &format!("argument to built-in {name}"));
            if !x.is_valid() {
                return false;
            }
        }
        for arg in &args {
            if let Some(expr) = arg.expr {
                self.update_type(expr, x.ty, true);
            }
        }
        true
    }

    fn builtin_new<'a>(&mut self, x: &mut Operand<'a>, call: &'a CallExpr, arg: &'a Expr) -> bool {
        *x = self.check_expr_or_type(arg, Generic::Refused);
        match x.mode {
            Mode::Invalid => return false,
            Mode::Builtin(_) => {
                let text = self.describe(x);
                self.error(Code::NotAValue, x.span, format!("{text} must be called"));
                return false;
            }
            Mode::Type => self.var_type_later(x.ty, arg.span),
            _ => {
                let what = format!("new({})", self.expr_text(arg));
                self.require_version(call.func.span, 26, &what);
                if self.is_untyped(x.ty) {
                    self.assign_to(x, None, "argument to new");
                    if !x.is_valid() {
                        return false;
                    }
                }
            }
        }
        let ty = self.types.pointer(x.ty);
        x.set_value(ty);
        true
    }

    // ---- package unsafe
}
