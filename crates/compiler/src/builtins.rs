//! Built-in functions.

use golite_bytecode::{Reg, RuntimeErrorCode as Code};
use golite_source::Span;
use golite_syntax::ast::{CallExpr, Expr, ExprKind};
use golite_types::{Basic, Builtin, Type, TypeId};

use crate::arith::{self, Comparison, Num};
use crate::func::FuncCompiler;
use crate::lower::{Form, Shape};
use crate::place::Place;

impl FuncCompiler<'_> {
    /// A call of a built-in function.
    pub fn builtin(&mut self, expr: &Expr, call: &CallExpr, builtin: Builtin, dst: Option<Reg>) -> Reg {
        let ty = self.ty(expr);
        let args = &call.args;
        if let [arg] = &args[..]
            && self.tuple_types(arg).is_some()
        {
            return self.builtin_spread(expr, arg, builtin, ty, dst);
        }
        if dst.is_none()
            && let Some(reg) = self.part_of_variable(expr)
        {
            return reg;
        }
        let mark = self.f.asm.mark();
        let shape = match builtin {
            Builtin::Clear
            | Builtin::Close
            | Builtin::Delete
            | Builtin::Panic
            | Builtin::Print
            | Builtin::Println => None,
            Builtin::Copy => {
                let int = Basic::Int.id();
                Some(self.shape(int))
            }
            Builtin::Recover => {
                let any = self.c.checker.types.any();
                Some(self.shape(any))
            }
            _ => Some(self.shape(ty)),
        };
        let want = match &shape {
            Some(shape) => self.dst(dst, shape),
            None => Reg(0),
        };
        let after = self.f.asm.mark();
        match builtin {
            Builtin::Len | Builtin::Cap => self.len_cap(expr, builtin, &args[0], want),
            Builtin::Append => self.append(expr, call, ty, want),
            Builtin::Make => self.make(expr, args, ty, want),
            Builtin::New => self.new_object(expr, &args[0], ty, want),
            Builtin::Min | Builtin::Max => self.min_max(expr, builtin, args, ty, want),
            Builtin::Complex => {
                let num =
                    if shape.as_ref().is_some_and(|shape| shape.size == 8) { Num::F32 } else { Num::F64 };
                let part = if num == Num::F32 { Basic::Float32 } else { Basic::Float64 };
                let out = self.f.asm.take(2);
                for (i, arg) in args.iter().enumerate() {
                    let to = out.plus(i as u16);
                    match self.const_value(arg) {
                        Some(value) => self.constant(to, &value, part.id()),
                        None => self.expr_to(arg, to),
                    }
                }
                self.mov(want, out, 2);
            }
            Builtin::Real | Builtin::Imag => {
                let value = self.expr(&args[0]);
                self.mov(want, value.plus(u16::from(builtin == Builtin::Imag)), 1);
            }
            Builtin::Copy => {
                let to = self.expr(&args[0]);
                let from = self.expr(&args[1]);
                let slice = self.ty(&args[0]);
                let Type::Slice(elem) = self.under(slice) else { return want };
                let elem = self.c.type_ix(elem);
                self.at_expr(expr);
                self.f.asm.line().copy_slice(want, to, from, elem);
            }
            Builtin::Recover => {
                self.f.asm.line().recover(want);
            }
            Builtin::Clear
            | Builtin::Close
            | Builtin::Delete
            | Builtin::Panic
            | Builtin::Print
            | Builtin::Println => {
                let types = self.builtin_arg_types(builtin, call);
                let calls = args.iter().any(|arg| self.is_ordered(arg));
                let mut regs = Vec::with_capacity(args.len());
                for (arg, ty) in args.iter().zip(&types) {
                    let reg = if calls { self.expr_as_value(arg, *ty) } else { self.expr_as(arg, *ty) };
                    regs.push((reg, *ty));
                }
                self.builtin_regs(builtin, &regs, expr.span);
            }
            Builtin::UnsafeAdd
            | Builtin::UnsafeSlice
            | Builtin::UnsafeSliceData
            | Builtin::UnsafeString
            | Builtin::UnsafeStringData => self.unsafe_builtin(expr, builtin, args, ty, want),
            Builtin::UnsafeAlignof | Builtin::UnsafeOffsetof | Builtin::UnsafeSizeof => {
                // Constant but for types that were type parameters.
                let ty = self.ty(&args[0]);
                let (size, align) = self.c.checker.types.size_align(ty);
                let value = match builtin {
                    Builtin::UnsafeSizeof => size,
                    Builtin::UnsafeAlignof => align,
                    _ => self.field_offset(&args[0]),
                };
                self.const_int(want, value);
            }
        }
        self.f.asm.reset(if dst.is_some() { mark } else { after });
        want
    }

    /// The offset of a field in the struct that it is selected from, embedded ones included.
    fn field_offset(&mut self, selector: &Expr) -> i64 {
        let ExprKind::Selector(base, _) = &selector.unparen().kind else { return 0 };
        let Some(selection) = self.c.checker.info.selections.get(&selector.unparen().id).cloned() else {
            return 0;
        };
        let mut ty = self.ty(base);
        if let Type::Pointer(elem) = self.under(ty) {
            ty = elem;
        }
        let mut offset = 0;
        for index in selection.path {
            let Type::Struct(fields) = self.under(ty) else { return offset };
            let ty_here = self.subst(ty);
            offset += self.c.checker.types.field_offsets(ty_here)[index];
            ty = self.subst(fields[index].ty);
        }
        offset
    }

    /// `append(f())` and the like: the results of one call are the arguments.
    fn builtin_spread(
        &mut self,
        expr: &Expr,
        arg: &Expr,
        builtin: Builtin,
        ty: TypeId,
        dst: Option<Reg>,
    ) -> Reg {
        let (regs, types) = self.multi_value(arg);
        let args: Vec<(Reg, TypeId)> = regs.into_iter().zip(types).collect();
        self.at_expr(expr);
        match builtin {
            Builtin::Append => {
                let Type::Slice(elem) = self.under(ty) else { return Reg(0) };
                let shape = self.shape(elem);
                let want = dst.unwrap_or_else(|| self.f.asm.take(3));
                let mark = self.f.asm.mark();
                let slice = self.f.asm.take(3);
                self.mov(slice, args[0].0, 3);
                for (reg, from) in &args[1..] {
                    let mark = self.f.asm.mark();
                    let value = self.take(&shape);
                    self.assign_regs(value, *reg, *from, elem);
                    self.append_one(slice, slice, value, &shape);
                    self.f.asm.reset(mark);
                }
                self.mov(want, slice, 3);
                self.f.asm.reset(mark);
                want
            }
            Builtin::Copy => {
                let want = dst.unwrap_or_else(|| self.f.asm.take(1));
                let Type::Slice(elem) = self.under(args[0].1) else { return want };
                let elem = self.c.type_ix(elem);
                self.f.asm.line().copy_slice(want, args[0].0, args[1].0, elem);
                want
            }
            Builtin::Complex => {
                let want = dst.unwrap_or_else(|| self.f.asm.take(2));
                let out = self.f.asm.take(2);
                self.mov(out, args[0].0, 1);
                self.mov(out.plus(1), args[1].0, 1);
                self.mov(want, out, 2);
                want
            }
            Builtin::Delete => {
                if let Type::Map(key, _) = self.under(args[0].1) {
                    let shape = self.shape(key);
                    let value = self.take(&shape);
                    self.assign_regs(value, args[1].0, args[1].1, key);
                    self.builtin_regs(builtin, &[args[0], (value, key)], expr.span);
                }
                Reg(0)
            }
            _ => {
                self.builtin_regs(builtin, &args, expr.span);
                Reg(0)
            }
        }
    }

    /// The types as which the arguments of a built-in function without result are taken.
    pub fn builtin_arg_types(&mut self, builtin: Builtin, call: &CallExpr) -> Vec<TypeId> {
        let mut types = Vec::with_capacity(call.args.len());
        for (i, arg) in call.args.iter().enumerate() {
            let mut ty = self.ty(arg);
            match builtin {
                Builtin::Panic => ty = self.c.checker.types.any(),
                Builtin::Delete if i == 1 => {
                    if let Type::Map(key, _) = self.under(types[0]) {
                        ty = key;
                    }
                }
                _ => {
                    if let Some(basic) = self.c.checker.types.basic(ty)
                        && basic.is_untyped()
                    {
                        ty = crate::lower::default_basic(basic).id();
                    }
                }
            }
            types.push(ty);
        }
        types
    }

    /// A built-in function without result, on values in registers.
    pub fn builtin_regs(&mut self, builtin: Builtin, args: &[(Reg, TypeId)], span: Span) {
        if !span.is_none() {
            self.at(span);
        }
        match builtin {
            Builtin::Close => {
                self.f.asm.line().chan_close(args[0].0);
            }
            Builtin::Delete => {
                let map = self.c.type_ix(args[0].1);
                self.f.asm.line().map_delete(args[0].0, args[1].0, map);
            }
            Builtin::Clear => match self.under(args[0].1) {
                Type::Map(..) => {
                    let map = self.c.type_ix(args[0].1);
                    self.f.asm.line().map_clear(args[0].0, map);
                }
                Type::Slice(elem) => {
                    let elem = self.c.type_ix(elem);
                    self.f.asm.line().clear_slice(args[0].0, elem);
                }
                _ => {}
            },
            Builtin::Panic => {
                self.f.asm.line().panic(args[0].0);
            }
            Builtin::Recover => {
                let value = self.f.asm.take(2);
                self.f.asm.line().recover(value);
            }
            Builtin::Copy => {
                let Type::Slice(elem) = self.under(args[0].1) else { return };
                let elem = self.c.type_ix(elem);
                let count = self.f.asm.take(1);
                self.f.asm.line().copy_slice(count, args[0].0, args[1].0, elem);
            }
            Builtin::Print | Builtin::Println => {
                for (i, (reg, ty)) in args.iter().enumerate() {
                    if i > 0 && builtin == Builtin::Println {
                        self.print_text(b" ");
                    }
                    let ix = self.c.type_ix(*ty);
                    self.f.asm.line().print(*reg, ix);
                }
                if builtin == Builtin::Println {
                    self.print_text(b"\n");
                }
            }
            _ => self.c.fail("this built-in function cannot be called like that".into()),
        }
    }

    fn print_text(&mut self, text: &[u8]) {
        let mark = self.f.asm.mark();
        let reg = self.f.asm.take(2);
        let string = self.c.string_ix(text);
        self.f.asm.line().const_str(reg, string);
        let ix = self.c.type_ix(Basic::String.id());
        self.f.asm.line().print(reg, ix);
        self.f.asm.reset(mark);
    }

    /// The register with the length or capacity of a variable in registers, for `len(x)` and `cap(x)`.
    pub fn part_of_variable(&mut self, expr: &Expr) -> Option<Reg> {
        let ExprKind::Call(call) = &expr.unparen().kind else { return None };
        let [arg] = &call.args[..] else { return None };
        if self.const_value(expr.unparen()).is_some() {
            return None;
        }
        let slot = match self.builtin_of(call)? {
            Builtin::Len => 1,
            Builtin::Cap => 2,
            _ => return None,
        };
        let ty = self.ty(arg);
        match self.under(ty) {
            Type::Slice(_) => {}
            Type::Basic(basic) if basic.is_string() && slot == 1 => {}
            _ => return None,
        }
        Some(self.register_var(arg)?.plus(slot))
    }

    fn len_cap(&mut self, expr: &Expr, builtin: Builtin, arg: &Expr, want: Reg) {
        let ty = self.ty(arg);
        match self.under(ty) {
            Type::Slice(_) => {
                // Length and capacity alone, where the slice is in memory.
                let slot = if builtin == Builtin::Len { 1 } else { 2 };
                let place = self.place(arg);
                if let Place::Mem { ptr, offset } = place
                    && let Ok(at) = u16::try_from(offset + 8 * slot)
                {
                    self.at_expr(expr);
                    self.f.asm.line().load_64(want, ptr, at);
                } else {
                    let reg = self.read(place, ty, None);
                    self.mov(want, reg.plus(slot as u16), 1);
                }
            }
            Type::Basic(_) => {
                let reg = self.expr(arg);
                self.mov(want, reg.plus(1), 1);
            }
            Type::Map(..) => {
                let reg = self.expr(arg);
                self.f.asm.line().map_len(want, reg);
            }
            Type::Chan(..) => {
                let reg = self.expr(arg);
                let b = self.f.asm.line();
                if builtin == Builtin::Len {
                    b.chan_len(want, reg)
                } else {
                    b.chan_cap(want, reg)
                };
            }
            Type::Array(len, _) => {
                self.borrow(arg);
                self.const_int(want, len);
            }
            Type::Pointer(array) => {
                self.expr(arg);
                if let Type::Array(len, _) = self.under(array) {
                    self.const_int(want, len);
                }
            }
            _ => self.c.fail("len or cap of something that has none".into()),
        }
    }

    fn new_object(&mut self, expr: &Expr, arg: &Expr, ty: TypeId, want: Reg) {
        let Type::Pointer(elem) = self.under(ty) else { return };
        let shape = self.shape(elem);
        if self.is_type(arg) {
            self.at_expr(expr);
            self.f.asm.line().alloc(want, shape.ix);
            return;
        }
        // new(x): a variable with that value.
        let value = self.borrow_as(arg, elem);
        let object = self.f.asm.take(1);
        self.at_expr(expr);
        self.f.asm.line().alloc(object, shape.ix);
        if shape.slots > 0 {
            self.store(object, 0, value, &shape, true);
        }
        self.f.asm.line().mov(want, object);
    }

    fn make(&mut self, expr: &Expr, args: &[Expr], ty: TypeId, want: Reg) {
        let mut sizes = [Reg::NONE; 2];
        let any_call = args.iter().skip(1).any(|arg| self.is_ordered(arg));
        // gc evaluates the capacity before the length.
        for (size, arg) in sizes.iter_mut().zip(args.iter().skip(1)).rev() {
            *size = self.size_arg(arg, any_call);
        }
        self.at_expr(expr);
        let ix = self.c.type_ix(ty);
        match self.under(ty) {
            Type::Slice(elem) => {
                let elem = self.c.type_ix(elem);
                self.f.asm.line().make_slice(want, sizes[0], sizes[1], elem);
            }
            Type::Map(..) => {
                self.f.asm.line().make_map(want, sizes[0], ix);
            }
            Type::Chan(..) => {
                self.f.asm.line().make_chan(want, sizes[0], ix);
            }
            _ => self.c.fail("make of a type that cannot be made".into()),
        }
    }

    /// A size: any integer type, or a constant that may be written as a float.
    fn size_arg(&mut self, arg: &Expr, own: bool) -> Reg {
        if let Some(value) = self.const_value(arg) {
            let reg = self.f.asm.take(1);
            self.const_int(reg, value.as_i64().unwrap_or(-1));
            return reg;
        }
        let ty = self.ty(arg);
        let reg = if own { self.expr_as_value(arg, ty) } else { self.expr(arg) };
        if self.c.num(ty) == Some(Num::U64) {
            // Too large for an int: as a negative one it is refused all the same.
            return reg;
        }
        reg
    }

    fn min_max(&mut self, expr: &Expr, builtin: Builtin, args: &[Expr], ty: TypeId, want: Reg) {
        let shape = self.shape(ty);
        let best = self.take(&shape);
        let mut values = Vec::with_capacity(args.len());
        let calls = args.iter().any(|arg| self.has_call(arg));
        for arg in args {
            let reg = match self.const_value(arg) {
                Some(value) => {
                    let reg = self.take(&shape);
                    self.constant(reg, &value, ty);
                    reg
                }
                None if calls => self.expr_as_value(arg, ty),
                None => self.expr(arg),
            };
            values.push(reg);
        }
        self.at_expr(expr);
        if let Some(num) = self.c.num(ty) {
            let mut found = values[0];
            for (i, value) in values.iter().enumerate().skip(1) {
                // All are read before the destination, which may be one of them, is written.
                let dst = if i + 1 == values.len() { want } else { best };
                let line = self.f.asm.line();
                match (builtin == Builtin::Min, num) {
                    (true, Num::F64) => line.min_f64(dst, found, *value),
                    (false, Num::F64) => line.max_f64(dst, found, *value),
                    (true, Num::F32) => line.min_f32(dst, found, *value),
                    (false, Num::F32) => line.max_f32(dst, found, *value),
                    (true, num) if num.is_signed() => line.min(dst, found, *value),
                    (false, num) if num.is_signed() => line.max(dst, found, *value),
                    (true, _) => line.min_u(dst, found, *value),
                    (false, _) => line.max_u(dst, found, *value),
                };
                found = dst;
            }
            if values.len() == 1 {
                self.mov(want, found, shape.slots);
            }
            return;
        }
        self.mov(best, values[0], shape.slots);
        for value in &values[1..] {
            let skip = self.f.asm.label();
            let (left, right) = if builtin == Builtin::Min { (*value, best) } else { (best, *value) };
            let less = self.f.asm.take(1);
            self.f.asm.line().lt_str(less, left, right);
            self.branch_reg(less, false, skip);
            self.mov(best, *value, shape.slots);
            self.f.asm.bind(skip);
        }
        self.mov(want, best, shape.slots);
    }

    // ---- append

    fn append(&mut self, expr: &Expr, call: &CallExpr, ty: TypeId, want: Reg) {
        let Type::Slice(elem) = self.under(ty) else { return };
        let shape = self.shape(elem);
        let args = &call.args[1..];
        let late = args.iter().any(|arg| self.is_ordered(arg)) && self.is_sensitive(&call.args[0]);
        let early = if late { None } else { Some(self.expr_as(&call.args[0], ty)) };
        if call.ellipsis.is_some() {
            let tail = self.expr_as_tail(&args[0], ty);
            let slice = early.unwrap_or_else(|| self.expr_as(&call.args[0], ty));
            self.at_expr(expr);
            self.f.asm.line().append_slice(want, slice, tail, shape.ix);
            return;
        }
        match args {
            [] => {
                let slice = early.unwrap_or_else(|| self.expr(&call.args[0]));
                self.mov(want, slice, 3);
            }
            [arg] => {
                let value = self.borrow_as(arg, elem);
                let slice = early.unwrap_or_else(|| self.expr_as(&call.args[0], ty));
                self.at_expr(expr);
                self.append_one(want, slice, value, &shape);
            }
            _ => {
                let mut values = Vec::with_capacity(args.len());
                let mut calls = Vec::with_capacity(args.len());
                for arg in args {
                    calls.push(self.is_ordered_as(arg, elem));
                    values.push(if calls[calls.len() - 1] { self.expr_as_value(arg, elem) } else { Reg(0) });
                }
                for (i, arg) in args.iter().enumerate() {
                    if !calls[i] {
                        values[i] = self.borrow_as(arg, elem);
                    }
                }
                let slice = early.unwrap_or_else(|| self.expr_as(&call.args[0], ty));
                self.at_expr(expr);
                let Ok(count) = u16::try_from(args.len()) else {
                    self.c.fail("too many arguments of append".into());
                    return;
                };
                let grown = self.f.asm.take(3);
                let old = self.f.asm.take(1);
                self.f.asm.line().mov(old, slice.plus(1));
                self.f.asm.line().append_extend(grown, slice, count, shape.ix);
                if shape.slots > 0 {
                    for (i, value) in values.iter().enumerate() {
                        let mark = self.f.asm.mark();
                        let idx = self.f.asm.take(1);
                        self.f.asm.line().add_imm(idx, old, i as i16);
                        let place = Place::Elem { view: grown, idx, size: shape.size as u32, offset: 0 };
                        self.store_place(place, *value, &shape);
                        self.f.asm.reset(mark);
                    }
                }
                self.mov(want, grown, 3);
            }
        }
    }

    fn append_one(&mut self, want: Reg, slice: Reg, value: Reg, shape: &Shape) {
        let b = self.f.asm.line();
        let plain = shape.first_offset() == 0;
        match (shape.form, shape.size) {
            (Form::Num(_), 1) => b.append_8(want, slice, value, shape.ix),
            (Form::Num(_), 4) if plain => b.append_32(want, slice, value, shape.ix),
            (Form::Num(_), 8) if plain => b.append_64(want, slice, value, shape.ix),
            (Form::Ptr, 8) => b.append_ptr(want, slice, value, shape.ix),
            (Form::Str, 16) => b.append_str(want, slice, value, shape.ix),
            (Form::Iface, 16) => b.append_iface(want, slice, value, shape.ix),
            _ => b.append_val(want, slice, value, shape.ix),
        };
    }

    /// The tail of `append(s, tail...)`: a slice, or a string for bytes.
    fn expr_as_tail(&mut self, arg: &Expr, ty: TypeId) -> Reg {
        if self.is_nil(arg) {
            return self.expr_as(arg, ty);
        }
        self.expr(arg)
    }

    // ---- package unsafe

    fn unsafe_builtin(&mut self, expr: &Expr, builtin: Builtin, args: &[Expr], ty: TypeId, want: Reg) {
        match builtin {
            Builtin::UnsafeSliceData | Builtin::UnsafeStringData => {
                let reg = self.expr(&args[0]);
                self.mov(want, reg, 1);
            }
            Builtin::UnsafeString | Builtin::UnsafeSlice => {
                let ptr = self.expr(&args[0]);
                let len = self.size_arg(&args[1], true);
                let out = self.f.asm.take(3);
                self.mov(out, ptr, 1);
                self.mov(out.plus(1), len, 1);
                let mut size = 1;
                if builtin == Builtin::UnsafeSlice {
                    self.mov(out.plus(2), len, 1);
                    if let Type::Slice(elem) = self.under(ty) {
                        size = self.c.checker.types.size_align(elem).0;
                    }
                }
                self.at_expr(expr);
                self.check_unsafe(builtin, out, size);
                let slots = self.shape(ty).slots;
                self.mov(want, out, slots);
            }
            Builtin::UnsafeAdd => {
                let ptr = self.expr(&args[0]);
                let len = self.size_arg(&args[1], true);
                let sum = self.f.asm.take(1);
                self.at_expr(expr);
                self.f.asm.line().num_from_ptr(sum, ptr);
                arith::emit_binary(self.f.asm.line(), arith::BinaryOp::Add, Num::I64, sum, sum, len);
                self.f.asm.line().ptr_from_num(want, sum);
            }
            _ => {}
        }
    }

    /// Panics unless the memory that begins at the address in `at` and has as many elements of a size as the register
    /// behind it says is in the range of addresses.
    fn check_unsafe(&mut self, builtin: Builtin, at: Reg, size: i64) {
        let (no_length, nil) = match builtin {
            Builtin::UnsafeSlice => (Code::UnsafeSliceLength, Code::UnsafeSliceNil),
            _ => (Code::UnsafeStringLength, Code::UnsafeStringNil),
        };
        let mark = self.f.asm.mark();
        let len = at.plus(1);
        let (addr, most) = (self.f.asm.take(1), self.f.asm.take(1));
        let (ok, too_long) = (self.f.asm.label(), self.f.asm.label());
        self.branch_imm(Comparison::Lt, len, 0, too_long);
        self.f.asm.line().num_from_ptr(addr, at);
        if size == 0 {
            self.branch_imm(Comparison::Ne, addr, 0, ok);
            self.branch_imm(Comparison::Eq, len, 0, ok);
        } else {
            self.const_int(most, 0);
            arith::emit_binary(self.f.asm.line(), arith::BinaryOp::Sub, Num::U64, most, most, addr);
            if size > 1 {
                let by = self.f.asm.take(1);
                self.const_int(by, size);
                arith::emit_binary(self.f.asm.line(), arith::BinaryOp::Div, Num::U64, most, most, by);
            }
            self.branch_regs(Comparison::Le, Num::U64, len, most, ok);
        }
        self.branch_imm(Comparison::Ne, addr, 0, too_long);
        self.f.asm.line().panic_runtime(nil as u16);
        self.f.asm.bind(too_long);
        self.f.asm.line().panic_runtime(no_length as u16);
        self.f.asm.bind(ok);
        self.f.asm.reset(mark);
    }

    /// Whether an expression statement is a call of `panic`: nothing follows it.
    pub fn is_panic(&self, expr: &Expr) -> bool {
        match &expr.unparen().kind {
            ExprKind::Call(call) => self.builtin_of(call) == Some(Builtin::Panic),
            _ => false,
        }
    }
}
