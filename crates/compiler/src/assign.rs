//! Assignments and declarations of variables.
//!
//! An assignment has two phases: operands of index expressions and pointer indirections on the left
//! and the values on the right, then the stores from left to right.

use golite_bytecode::Reg;
use golite_source::{Span, sym};
use golite_syntax::ast::{BinaryExpr, Expr, ExprKind, UnaryOp, VarSpec};
use golite_types::{Basic, ObjId, Type, TypeId};

use crate::asm::Mark;
use crate::func::{FuncCompiler, Home};
use crate::lower::{Form, Shape};
use crate::place::Place;

impl FuncCompiler<'_> {
    /// `x, y = a, b`
    pub fn assign(&mut self, left: &[Expr], right: &[Expr], span: Span) {
        let mark = self.f.asm.mark();
        match (left, right) {
            ([target], [value]) => self.assign_one(target, value, span),
            (_, [value]) => self.assign_multi(left, value, span),
            _ => self.assign_parallel(left, right, span),
        }
        self.f.asm.reset(mark);
    }

    fn is_blank(expr: &Expr) -> bool {
        matches!(expr.unparen().kind, ExprKind::Ident(sym::BLANK))
    }

    fn assign_one(&mut self, target: &Expr, value: &Expr, span: Span) {
        if Self::is_blank(target) {
            let ty = self.value_type(value);
            self.expr_as(value, ty);
            return;
        }
        let ty = self.ty(target);
        let shape = self.shape(ty);
        if let ExprKind::Ident(_) = target.unparen().kind
            && let Some(obj) = self.variable(target.unparen())
        {
            let home = self.home(obj);
            return self.assign_var(home, ty, &shape, value);
        }
        // The value first, unless the place calls something.
        if self.has_call(target) {
            let place = self.place(target);
            let reg = self.borrow_as(value, ty);
            self.at(span);
            self.store_place(place, reg, &shape);
            return;
        }
        let reg = self.borrow_as(value, ty);
        let place = self.place(target);
        self.at(target.span);
        self.store_place(place, reg, &shape);
    }

    /// `x = value` for a variable.
    fn assign_var(&mut self, home: Home, ty: TypeId, shape: &Shape, value: &Expr) {
        match home {
            Home::Regs(reg) if shape.slots == 1 || self.writes_late(value) => self.expr_as_to(value, ty, reg),
            Home::Regs(reg) => {
                let temp = self.expr_as(value, ty);
                self.mov(reg, temp, shape.slots);
            }
            Home::Box(_) | Home::Captured(_) | Home::CapturedBox(_) | Home::Global(_) => {
                let reg = self.borrow_as(value, ty);
                self.store_home(home, reg, shape);
            }
        }
    }

    /// Whether code for an expression writes its destination only at the end, when nothing can
    /// panic any more and everything has been read.
    fn writes_late(&self, value: &Expr) -> bool {
        match &value.unparen().kind {
            ExprKind::CompositeLit(_) => false,
            ExprKind::Ident(_)
            | ExprKind::BasicLit(_)
            | ExprKind::Call(_)
            | ExprKind::Index(..)
            | ExprKind::Slice(_)
            | ExprKind::Selector(..)
            | ExprKind::Star(_)
            | ExprKind::Unary(..)
            | ExprKind::Binary(_)
            | ExprKind::FuncLit(_)
            | ExprKind::TypeAssert(..) => true,
            _ => false,
        }
    }

    /// The type that an untyped or typed value has on its own.
    pub fn value_type(&mut self, value: &Expr) -> TypeId {
        let ty = self.ty(value);
        match self.c.checker.types.basic(ty) {
            Some(basic) if basic.is_untyped() => crate::lower::default_basic(basic).id(),
            _ => ty,
        }
    }

    /// `a, b = b, a+b` for variables of one slot in registers and values that cannot panic: only what
    /// a store before would change is read early. False (and nothing written) for all else.
    fn assign_registers(&mut self, left: &[Expr], right: &[Expr]) -> bool {
        let mut targets = Vec::with_capacity(left.len());
        for (target, value) in left.iter().zip(right) {
            let ty = self.ty(target);
            let Some(reg) = self.register_var(target) else { return false };
            if self.shape(ty).slots != 1 || self.needs_conversion(value, ty) || targets.contains(&reg) {
                return false;
            }
            targets.push(reg);
        }
        let mut reads = Vec::with_capacity(right.len());
        for value in right {
            let mut regs = Vec::new();
            if !self.pure_reads(value, &mut regs) {
                return false;
            }
            reads.push(regs);
        }
        let mut early = vec![None; right.len()];
        for (i, value) in right.iter().enumerate() {
            if reads[i].iter().any(|reg| targets[..i].contains(reg)) {
                let ty = self.ty(&left[i]);
                early[i] = Some(self.expr_as_value(value, ty));
            }
        }
        for (i, value) in right.iter().enumerate() {
            match early[i] {
                Some(reg) => self.mov(targets[i], reg, 1),
                None => {
                    let ty = self.ty(&left[i]);
                    self.expr_as_to(value, ty, targets[i]);
                }
            }
        }
        true
    }

    /// The registers that a value reads, if it is made of variables in registers and constants by
    /// operations that cannot panic.
    pub fn pure_reads(&mut self, value: &Expr, out: &mut Vec<Reg>) -> bool {
        if self.const_value(value).is_some() || self.is_nil(value) {
            return true;
        }
        match &value.unparen().kind {
            ExprKind::Ident(_) => match self.register_var(value) {
                Some(reg) => {
                    out.push(reg);
                    true
                }
                None => false,
            },
            ExprKind::Unary(UnaryOp::Neg | UnaryOp::BitNot | UnaryOp::Plus, operand) => {
                let ty = self.ty(operand);
                self.c.num(ty).is_some() && self.pure_reads(operand, out)
            }
            ExprKind::Binary(binary) => {
                let ty = self.ty(value);
                let safe = crate::binary::arithmetic(binary.op).is_some_and(|op| {
                    !matches!(op, crate::arith::BinaryOp::Div | crate::arith::BinaryOp::Rem)
                });
                safe && self.c.num(ty).is_some()
                    && self.pure_reads(&binary.left, out)
                    && self.pure_reads(&binary.right, out)
            }
            _ => false,
        }
    }

    /// The places of the targets of one assignment, with their types; `None` for the blank one. Registers above
    /// the mark are temporaries.
    fn places(&mut self, left: &[Expr], mark: Mark) -> Vec<Option<(Place, TypeId)>> {
        // Only an assignment to a variable in registers can change where another target is.
        let moves = left.iter().any(|target| self.register_var(target).is_some());
        let mut places = Vec::with_capacity(left.len());
        for target in left {
            if Self::is_blank(target) {
                places.push(None);
                continue;
            }
            let ty = self.ty(target);
            let place = self.place(target);
            places.push(Some((if moves { self.freeze(place, mark) } else { place }, ty)));
        }
        places
    }

    /// `a[i], a[j] = a[j], a[i]` for a slice of numbers in registers, and indices that cannot panic. False (and nothing
    /// written) for all else.
    fn exchange(&mut self, left: &[Expr], right: &[Expr]) -> bool {
        let ([first, second], [to_first, to_second]) = (left, right) else { return false };
        let [Some(first), Some(second), Some(to_first), Some(to_second)] =
            [first, second, to_first, to_second].map(|expr| self.element_of_variable(expr))
        else {
            return false;
        };
        let slices = [first.0, second.0, to_first.0, to_second.0];
        let same = slices.iter().all(|slice| *slice == first.0)
            && self.same_value(first.1, to_second.1)
            && self.same_value(second.1, to_first.1);
        if !same {
            return false;
        }
        let [read_last, read_first] = [&right[0], &right[1]].map(|expr| {
            self.at(expr.span);
            self.f.asm.position()
        });
        // A traceback shows one line.
        if (read_first.line, read_first.file) != (read_last.line, read_last.file) {
            return false;
        }
        let mark = self.f.asm.mark();
        let (idx, other) = (self.expr(first.1), self.expr(second.1));
        self.at(right[0].span);
        self.f.asm.line().swap_num(first.0, idx, other, first.2);
        self.f.asm.note_first(read_first);
        self.f.asm.reset(mark);
        true
    }

    /// Of an element of a slice of numbers: the registers of the slice, if it is a variable, the index, if it cannot
    /// panic, and the size of an element.
    fn element_of_variable<'e>(&mut self, expr: &'e Expr) -> Option<(Reg, &'e Expr, u16)> {
        let ExprKind::Index(base, index) = &expr.unparen().kind else { return None };
        let [index] = &index[..] else { return None };
        let base_ty = self.ty(base);
        let Type::Slice(elem) = self.under(base_ty) else { return None };
        let shape = self.shape(elem);
        let slice = self.register_var(base)?;
        let fits = matches!(shape.form, Form::Num(_)) && shape.first_offset() == 0;
        if !fits || !matches!(shape.size, 1 | 2 | 4 | 8) || !self.pure_reads(index, &mut Vec::new()) {
            return None;
        }
        let which = u8::from(self.is_unsigned_bound(index));
        self.f.asm.note_unsigned(expr.unparen().span, which);
        Some((slice, index, shape.size as u16))
    }

    /// Whether two values made of variables in registers and constants are the same.
    fn same_value(&mut self, one: &Expr, other: &Expr) -> bool {
        let (one, other) = (one.unparen(), other.unparen());
        if let (Some(one), Some(other)) = (self.small_const(one), self.small_const(other)) {
            return one == other;
        }
        match (&one.kind, &other.kind) {
            (ExprKind::Ident(_), ExprKind::Ident(_)) => {
                let reg = self.register_var(one);
                reg.is_some() && reg == self.register_var(other)
            }
            (ExprKind::Binary(one), ExprKind::Binary(other)) => {
                one.op == other.op
                    && self.same_value(&one.left, &other.left)
                    && self.same_value(&one.right, &other.right)
            }
            _ => false,
        }
    }

    fn assign_parallel(&mut self, left: &[Expr], right: &[Expr], span: Span) {
        if self.assign_registers(left, right) || self.exchange(left, right) {
            return;
        }
        let mark = self.f.asm.mark();
        // All calls, then what the places are made of, then the values.
        let plain = |target: &Expr| matches!(target.unparen().kind, ExprKind::Ident(_));
        if !left.iter().all(plain) {
            left.iter().chain(right).for_each(|operand| self.hoist(operand));
        }
        let places = self.places(left, mark);
        let mut operands = Vec::with_capacity(right.len());
        for (i, value) in right.iter().enumerate() {
            let ty = match &places[i] {
                Some((_, ty)) => *ty,
                None => self.value_type(value),
            };
            operands.push((value, ty));
        }
        let values = self.values_assigned(&places, &operands);
        for (i, place) in places.into_iter().enumerate() {
            let Some((place, ty)) = place else { continue };
            let shape = self.shape(ty);
            self.at(if matches!(place, Place::Regs(_)) { span } else { left[i].span });
            self.store_place(place, values[i], &shape);
        }
    }

    /// The values of a parallel assignment. What reads memory behind a target in memory comes first, as in gc: it
    /// has to be read before the first store, the others at theirs.
    fn values_assigned(
        &mut self,
        places: &[Option<(Place, TypeId)>],
        operands: &[(&Expr, TypeId)],
    ) -> Vec<Reg> {
        let in_memory = |place: &Option<(Place, TypeId)>| {
            place.is_some_and(|(place, _)| !matches!(place, Place::Regs(_) | Place::Captured(_)))
        };
        let first = places.iter().position(in_memory).unwrap_or(places.len());
        let early: Vec<bool> = (operands.iter().enumerate())
            .map(|(i, (value, ty))| {
                let ordered = self.is_ordered_as(value, *ty);
                i > first && !ordered && !self.pure_reads(value, &mut Vec::new())
            })
            .collect();
        let mut order: Vec<usize> = (0..operands.len()).collect();
        order.sort_by_key(|i| !early[*i]);
        let sorted: Vec<_> = order.iter().map(|i| operands[*i]).collect();
        let found = self.values_in_order(&sorted);
        let mut values = vec![Reg(0); operands.len()];
        for (i, value) in order.into_iter().zip(found) {
            values[i] = value;
        }
        values
    }

    /// `x, y = f()` and the forms with `ok`.
    fn assign_multi(&mut self, left: &[Expr], value: &Expr, span: Span) {
        let mark = self.f.asm.mark();
        let places = self.places(left, mark);
        let (regs, types) = self.multi_value(value);
        for (i, place) in places.into_iter().enumerate() {
            let Some((place, ty)) = place else { continue };
            let shape = self.shape(ty);
            let mark = self.f.asm.mark();
            let mut reg = regs[i];
            if self.is_interface(ty) && !self.is_interface(types[i]) {
                let boxed = self.f.asm.take(2);
                self.emit_to_iface(boxed, reg, types[i]);
                reg = boxed;
            }
            self.at(span);
            self.store_place(place, reg, &shape);
            self.f.asm.reset(mark);
        }
    }

    /// An expression with several values: a call, or one with `ok`.
    pub fn multi_value(&mut self, value: &Expr) -> (Vec<Reg>, Vec<TypeId>) {
        let inner = value.unparen();
        let bool_ty = Basic::Bool.id();
        match &inner.kind {
            ExprKind::Call(call) => {
                let results = self.call(inner, call);
                let types: Vec<TypeId> = results.types.iter().map(|ty| self.subst(*ty)).collect();
                let mut regs = Vec::with_capacity(types.len());
                let mut reg = results.first;
                for ty in &types {
                    regs.push(reg);
                    reg = reg.plus(self.shape(*ty).slots);
                }
                (regs, types)
            }
            ExprKind::Index(base, _) => {
                let map = self.ty(base);
                let Type::Map(_, elem) = self.under(map) else { return (Vec::new(), Vec::new()) };
                let shape = self.shape(elem);
                let reg = self.take(&shape);
                let ok = self.f.asm.take(1);
                self.map_index_ok(inner, Some(reg), ok);
                (vec![reg, ok], vec![elem, bool_ty])
            }
            ExprKind::TypeAssert(subject, Some(target)) => {
                let target = self.ty(target);
                let shape = self.shape(target);
                let reg = self.take(&shape);
                let ok = self.f.asm.take(1);
                self.at(inner.span);
                self.type_assert_ok(subject, target, reg, ok);
                (vec![reg, ok], vec![target, bool_ty])
            }
            ExprKind::Unary(UnaryOp::Recv, ch) => {
                let elem = self.chan_elem(ch);
                let shape = self.shape(elem);
                let reg = self.take(&shape);
                let ok = self.f.asm.take(1);
                let ch = self.expr(ch);
                self.at(inner.span);
                self.f.asm.line().chan_recv_ok(reg, ch, ok, shape.ix);
                (vec![reg, ok], vec![elem, bool_ty])
            }
            _ => {
                self.c.fail("an expression without several values".into());
                (Vec::new(), Vec::new())
            }
        }
    }

    /// `x op= y`
    pub fn op_assign(&mut self, binary: &BinaryExpr) {
        let mark = self.f.asm.mark();
        let target = &*binary.left;
        let ty = self.ty(target);
        let shape = self.shape(ty);
        let early = if self.has_call(&binary.right) {
            let right_ty = if binary.op.is_shift() { self.value_type(&binary.right) } else { ty };
            let place_calls = self.has_call(target);
            if place_calls { None } else { Some(self.expr_as_value(&binary.right, right_ty)) }
        } else {
            None
        };
        let place = self.place(target);
        match place {
            Place::Regs(reg) => self.operate(binary.op, ty, reg, reg, &binary.right, early, binary.op_span),
            Place::Map { map, key, ty: map_ty } => {
                let early = match early {
                    None if self.has_call(&binary.right) => {
                        let right_ty = if binary.op.is_shift() { self.value_type(&binary.right) } else { ty };
                        Some(self.expr_as_value(&binary.right, right_ty))
                    }
                    early => early,
                };
                let old = self.read(Place::Map { map, key, ty: map_ty }, ty, None);
                let result = self.take(&shape);
                self.operate(binary.op, ty, result, old, &binary.right, early, binary.op_span);
                self.store_place(place, result, &shape);
            }
            place => {
                let place = self.settled(place);
                if self.update(place, ty, binary.op, &binary.right, early, target.span) {
                    self.f.asm.reset(mark);
                    return;
                }
                let old = self.read(place, ty, None);
                let result = self.take(&shape);
                self.operate(binary.op, ty, result, old, &binary.right, early, binary.op_span);
                self.store_place(place, result, &shape);
            }
        }
        self.f.asm.reset(mark);
    }

    /// A place that is used twice: elements by short instructions stay, others become addresses.
    fn settled(&mut self, place: Place) -> Place {
        self.f.asm.keep_temporary();
        match place {
            Place::Elem { size: 1 | 4 | 8, offset: 0, .. } | Place::Global(_) | Place::Mem { .. } => place,
            Place::Array { size: 4 | 8, offset: 0, .. } => place,
            Place::Elem { .. } | Place::Array { .. } => Place::Mem { ptr: self.place_addr(place), offset: 0 },
            Place::Regs(_) | Place::Captured(_) | Place::Map { .. } => place,
        }
    }

    /// `x++` and `x--`
    pub fn inc_dec(&mut self, target: &Expr, up: bool, span: Span) {
        use crate::arith::{self, BinaryOp};
        let mark = self.f.asm.mark();
        let ty = self.ty(target);
        let shape = self.shape(ty);
        let place = self.place(target);
        let place = self.settled(place);
        if self.update_by_one(place, ty, up, target.span) {
            self.f.asm.reset(mark);
            return;
        }
        let (old, result) = match place {
            Place::Regs(reg) => (reg, reg),
            place => (self.read(place, ty, None), self.take(&shape)),
        };
        self.at(span);
        let op = if up { BinaryOp::Add } else { BinaryOp::Sub };
        match self.c.num(ty) {
            Some(num) => {
                if num.is_float() || !arith::emit_binary_imm(self.f.asm.line(), op, num, result, old, 1) {
                    let bits = match num {
                        arith::Num::F64 => 1f64.to_bits() as i64,
                        arith::Num::F32 => i64::from(1f32.to_bits()),
                        _ => 1,
                    };
                    let one = self.number(bits);
                    arith::emit_binary(self.f.asm.line(), op, num, result, old, one);
                }
            }
            None => {
                // A complex number.
                let num = if shape.size == 8 { arith::Num::F32 } else { arith::Num::F64 };
                let one = self.f.asm.take(1);
                let bits = if shape.size == 8 { i64::from(1f32.to_bits()) } else { 1f64.to_bits() as i64 };
                self.const_int(one, bits);
                let line = self.f.asm.line();
                arith::emit_binary(line, op, num, result, old, one);
                if result != old {
                    self.mov(result.plus(1), old.plus(1), 1);
                }
            }
        }
        if !matches!(place, Place::Regs(_)) {
            self.store_place(place, result, &shape);
        }
        self.f.asm.reset(mark);
    }

    // ---- declarations

    /// Declares a variable with a value in registers that nobody else uses (for values in memory:
    /// the address of a fresh copy).
    pub fn declare_with(&mut self, obj: ObjId, ty: TypeId, value: Reg) {
        let shape = self.shape(ty);
        if self.c.is_global(obj) {
            let home = Home::Global(self.c.global_ix(obj));
            return self.store_home(home, value, &shape);
        }
        let home = if shape.is_memory() {
            Home::Box(value)
        } else if self.needs_box(obj, &shape) {
            let reg = self.f.asm.take(1);
            self.f.asm.line().alloc(reg, shape.ix);
            if shape.slots > 0 {
                self.store(reg, 0, value, &shape, true);
            }
            Home::Box(reg)
        } else {
            Home::Regs(value)
        };
        self.f.homes.insert(obj, home);
    }

    /// A variable with its zero value.
    pub fn declare_zero(&mut self, obj: ObjId, ty: TypeId) {
        let shape = self.shape(ty);
        if self.c.is_global(obj) {
            return self.declare_global_zero(obj, &shape);
        }
        let boxed = self.needs_box(obj, &shape);
        let home = if boxed {
            let reg = self.f.asm.take(1);
            self.f.asm.line().alloc(reg, shape.ix);
            Home::Box(reg)
        } else {
            let reg = self.take(&shape);
            self.zero(reg, &shape);
            Home::Regs(reg)
        };
        self.f.homes.insert(obj, home);
    }

    /// A variable that a statement of a script declares for the package.
    fn declare_global_zero(&mut self, obj: ObjId, shape: &Shape) {
        let mark = self.f.asm.mark();
        let reg = if shape.is_memory() {
            let reg = self.f.asm.take(1);
            self.f.asm.line().alloc(reg, shape.ix);
            reg
        } else {
            let reg = self.take(shape);
            self.zero(reg, shape);
            reg
        };
        let home = Home::Global(self.c.global_ix(obj));
        self.store_home(home, reg, shape);
        self.f.asm.reset(mark);
    }

    /// A variable with the value of an expression. Registers stay taken for it.
    pub fn declare_expr(&mut self, obj: ObjId, ty: TypeId, value: &Expr) {
        let shape = self.shape(ty);
        if self.c.is_global(obj) {
            let mark = self.f.asm.mark();
            let reg = self.borrow_as(value, ty);
            let home = Home::Global(self.c.global_ix(obj));
            self.store_home(home, reg, &shape);
            return self.f.asm.reset(mark);
        }
        let reg = if shape.is_memory() { self.f.asm.take(1) } else { self.take(&shape) };
        let mark = self.f.asm.mark();
        self.expr_as_to(value, ty, reg);
        self.f.asm.reset(mark);
        if !shape.is_memory() && self.needs_box(obj, &shape) {
            let home = self.f.asm.take(1);
            self.f.asm.line().alloc(home, shape.ix);
            if shape.slots > 0 {
                self.store(home, 0, reg, &shape, true);
            }
            self.f.homes.insert(obj, Home::Box(home));
            return;
        }
        let home = if shape.is_memory() { Home::Box(reg) } else { Home::Regs(reg) };
        self.f.homes.insert(obj, home);
    }

    /// `x, y := a, b`
    pub fn define(&mut self, left: &[Expr], right: &[Expr], span: Span) {
        let new: Vec<Option<ObjId>> = left.iter().map(|target| self.new_var(target)).collect();
        if let ([target], [value]) = (left, right) {
            match new[0] {
                Some(obj) => {
                    let ty = self.var_ty(obj);
                    self.declare_expr(obj, ty, value);
                }
                None => self.assign(std::slice::from_ref(target), right, span),
            }
            return;
        }
        // Values first, in registers that new variables can keep.
        let mut places: Vec<Option<(Place, TypeId)>> = Vec::with_capacity(left.len());
        let mark = self.f.asm.mark();
        for (i, target) in left.iter().enumerate() {
            if new[i].is_some() || Self::is_blank(target) {
                places.push(None);
            } else {
                let ty = self.ty(target);
                let place = self.place(target);
                places.push(Some((self.freeze(place, mark), ty)));
            }
        }
        let (regs, types) = if let [value] = right {
            // Keep the results apart from the window, whose registers are given back.
            let (regs, types) = self.multi_value(value);
            (regs, types)
        } else {
            let mut operands = Vec::with_capacity(right.len());
            for (i, value) in right.iter().enumerate() {
                let ty = match (&new[i], &places[i]) {
                    (Some(obj), _) => self.var_ty(*obj),
                    (None, Some((_, ty))) => *ty,
                    (None, None) => self.value_type(value),
                };
                operands.push((value, ty));
            }
            let regs = self.values_in_order(&operands);
            (regs, operands.into_iter().map(|(_, ty)| ty).collect())
        };
        for i in 0..left.len() {
            let Some(mut reg) = regs.get(i).copied() else { return };
            let from = types[i];
            match (new[i], places[i]) {
                (Some(obj), _) => {
                    let ty = self.var_ty(obj);
                    if self.is_interface(ty) && !self.is_interface(from) {
                        let boxed = self.f.asm.take(2);
                        self.emit_to_iface(boxed, reg, from);
                        reg = boxed;
                    }
                    self.declare_with(obj, ty, reg);
                }
                (None, Some((place, ty))) => {
                    let shape = self.shape(ty);
                    if self.is_interface(ty) && !self.is_interface(from) {
                        let boxed = self.f.asm.take(2);
                        self.emit_to_iface(boxed, reg, from);
                        reg = boxed;
                    }
                    self.at(span);
                    self.store_place(place, reg, &shape);
                }
                (None, None) => {}
            }
        }
    }

    /// The variable that an identifier on the left of `:=` declares, if it is new there.
    pub fn new_var(&mut self, target: &Expr) -> Option<ObjId> {
        let ident = target.as_ident()?;
        if ident.name == sym::BLANK {
            return None;
        }
        let obj = self.c.checker.info.object(ident.id)?;
        (self.c.checker.object(obj).span == ident.span).then_some(obj)
    }

    /// `var x, y T = a, b` in a function.
    pub fn var_decl(&mut self, spec: &VarSpec) {
        self.at(spec.span);
        let vars: Vec<Option<ObjId>> = spec.names.iter().map(|name| self.declared_var(*name)).collect();
        let written = spec.ty.as_ref().map(|ty| self.ty(ty));
        if spec.values.is_empty() {
            for obj in vars.into_iter().flatten() {
                let ty = self.var_ty(obj);
                self.declare_zero(obj, ty);
            }
            return;
        }
        if spec.values.len() == vars.len() {
            if let ([Some(obj)], [value]) = (&vars[..], &spec.values[..]) {
                let ty = self.var_ty(*obj);
                return self.declare_expr(*obj, ty, value);
            }
            let mut operands = Vec::with_capacity(vars.len());
            for (obj, value) in vars.iter().zip(&spec.values) {
                let ty = match (obj, written) {
                    (Some(obj), _) => self.var_ty(*obj),
                    (None, Some(ty)) => ty,
                    (None, None) => self.value_type(value),
                };
                operands.push((value, ty));
            }
            let regs = self.values_in_order(&operands);
            for ((obj, reg), (_, ty)) in vars.into_iter().zip(regs).zip(operands) {
                if let Some(obj) = obj {
                    self.declare_with(obj, ty, reg);
                }
            }
            return;
        }
        let (regs, types) = self.multi_value(&spec.values[0]);
        for (i, obj) in vars.into_iter().enumerate() {
            let (Some(obj), Some(mut reg)) = (obj, regs.get(i).copied()) else { continue };
            let ty = self.var_ty(obj);
            if self.is_interface(ty) && !self.is_interface(types[i]) {
                let boxed = self.f.asm.take(2);
                self.emit_to_iface(boxed, reg, types[i]);
                reg = boxed;
            }
            self.declare_with(obj, ty, reg);
        }
    }

    /// Initialises package-level variables.
    pub fn init_vars(&mut self, vars: &[ObjId], spec: &VarSpec) {
        let mark = self.f.asm.mark();
        let blank = |compiler: &Self, obj: ObjId| compiler.c.checker.object(obj).name == sym::BLANK;
        if let [obj] = vars
            && (spec.values.len() == 1 || spec.values.len() == spec.names.len())
        {
            let span = self.c.checker.object(*obj).span;
            let at = spec.names.iter().position(|name| name.span == span).unwrap_or(0);
            if let Some(value) = spec.values.get(at.min(spec.values.len() - 1)) {
                let ty = self.var_ty(*obj);
                let shape = self.shape(ty);
                let reg = self.expr_as(value, ty);
                if !blank(self, *obj) {
                    let global = self.c.global_ix(*obj);
                    self.store_global(global, reg, &shape);
                }
            }
        } else if let Some(value) = spec.values.first() {
            let (regs, types) = self.multi_value(value);
            for (i, obj) in vars.iter().enumerate() {
                if blank(self, *obj) {
                    continue;
                }
                let ty = self.var_ty(*obj);
                let shape = self.shape(ty);
                let mut reg = regs[i];
                if self.is_interface(ty) && !self.is_interface(types[i]) {
                    let boxed = self.f.asm.take(2);
                    self.emit_to_iface(boxed, reg, types[i]);
                    reg = boxed;
                }
                let global = self.c.global_ix(*obj);
                self.store_global(global, reg, &shape);
            }
        }
        self.f.asm.reset(mark);
    }
}
