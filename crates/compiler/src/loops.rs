//! Loops, and where `break` and `continue` go.
//!
//! The condition of a loop stands at its bottom: one jump an iteration.

use golite_bytecode::Reg;
use golite_source::{Span, Symbol};
use golite_syntax::ast::{BinaryOp, Expr, ExprKind, ForStmt, RangeStmt, StmtKind};
use golite_types::{Basic, ITERATION_VARIABLES, ObjId, Type, TypeId};

use crate::arith::{Comparison, Num};
use crate::asm::Label;
use crate::func::{FuncCompiler, Home};
use crate::place::Place;

/// Something that `break` or `continue` can leave.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Control {
    /// Its label.
    pub label: Option<Symbol>,
    /// Where `break` goes.
    pub brk: Option<Label>,
    /// Where `continue` goes.
    pub cont: Option<Label>,
    /// Where `fallthrough` goes.
    pub fallthrough: Option<Label>,
    /// Only with its label.
    pub labeled_only: bool,
}

/// A way out of a statement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// `break`
    Break(Option<Symbol>),
    /// `continue`
    Continue(Option<Symbol>),
    /// `goto`
    Goto(Symbol),
    /// `return`; the values are in the boxes of the loop.
    Return,
    /// `return` without values: named results are what they are.
    BareReturn,
}

impl FuncCompiler<'_> {
    pub fn push_control(
        &mut self,
        label: Option<Symbol>,
        brk: Option<Label>,
        cont: Option<Label>,
        any: bool,
    ) {
        self.f.control.push(Control { label, brk, cont, fallthrough: None, labeled_only: !any });
    }

    /// Where a `break` or `continue` goes, if it stays in this function.
    pub fn exit_label(&self, exit: Exit) -> Option<Label> {
        self.f.control.iter().rev().find_map(|control| match exit {
            Exit::Break(Some(name)) if control.label == Some(name) => control.brk,
            Exit::Continue(Some(name)) if control.label == Some(name) => control.cont,
            Exit::Break(None) if !control.labeled_only => control.brk,
            Exit::Continue(None) if !control.labeled_only => control.cont,
            Exit::Break(_) | Exit::Continue(_) | Exit::Goto(_) | Exit::Return | Exit::BareReturn => None,
        })
    }

    pub fn for_stmt(&mut self, stmt: &ForStmt, label: Option<Symbol>) {
        let mark = self.f.asm.mark();
        let mut own = Vec::new();
        if let Some(init) = &stmt.init {
            self.stmt(init);
            if let StmtKind::Define(left, ..) = &init.kind {
                own.extend(left.iter().filter_map(|target| self.new_var(target)));
            }
        }
        // Each iteration has variables of its own, in newer versions of the language.
        if !self.own_variables(stmt.body.span) {
            own.clear();
        }
        let begins = self.f.asm.begin_loop();
        let boxed: Vec<ObjId> =
            own.into_iter().filter(|obj| matches!(self.f.homes.get(obj), Some(Home::Box(_)))).collect();
        let end = self.f.asm.label();
        let cont = self.f.asm.label();
        let counted = self.counted(stmt, &boxed);
        let check = self.f.asm.label();
        if let (Some(_), Some(cond)) = (counted, &stmt.cond) {
            self.at(cond.span);
            self.branch_if(cond, false, end);
        } else if stmt.cond.is_some() {
            self.f.asm.jump(check);
        }
        let body = self.f.asm.here();
        self.push_control(label, Some(end), Some(cont), true);
        self.block(&stmt.body.stmts);
        self.f.control.pop();
        self.f.asm.bind(cont);
        for obj in &boxed {
            self.next_box(*obj);
        }
        if let Some((counter, limit)) = counted {
            if let Some(cond) = &stmt.cond {
                self.at(cond.span);
            }
            self.count_up(counter, limit, body);
        } else {
            if let Some(post) = &stmt.post {
                self.stmt(post);
            }
            if let Some(cond) = &stmt.cond {
                self.f.asm.bind(check);
                self.at(cond.span);
                self.branch_if(cond, true, body);
            } else {
                self.f.asm.jump(body);
            }
        }
        if stmt.cond.is_none() || counted.is_some() {
            self.f.asm.bind(check);
        }
        self.f.asm.bind(end);
        if begins {
            self.f.asm.end_loop();
        }
        self.f.asm.reset(mark);
    }

    /// A copy of a boxed loop variable for the next iteration.
    fn next_box(&mut self, obj: ObjId) {
        let Some(Home::Box(reg)) = self.f.homes.get(&obj).copied() else { return };
        let ty = self.var_ty(obj);
        let shape = self.shape(ty);
        let mark = self.f.asm.mark();
        let copy = self.f.asm.take(1);
        if shape.is_memory() {
            self.f.asm.line().alloc(copy, shape.ix);
            self.f.asm.line().copy_mem(copy, reg, shape.ix);
        } else {
            let value = self.take(&shape);
            self.load(value, reg, 0, &shape);
            self.f.asm.line().alloc(copy, shape.ix);
            if shape.slots > 0 {
                self.store(copy, 0, value, &shape, true);
            }
        }
        self.f.asm.line().mov(reg, copy);
        self.f.asm.reset(mark);
    }

    /// `i < limit; i++` with both in registers: counter and limit.
    fn counted(&mut self, stmt: &ForStmt, boxed: &[ObjId]) -> Option<(Reg, Limit)> {
        if !boxed.is_empty() {
            return None;
        }
        let StmtKind::IncDec(target, true, _) = &stmt.post.as_ref()?.kind else { return None };
        let ExprKind::Binary(cond) = &stmt.cond.as_ref()?.kind else { return None };
        let counter = self.register_var(target)?;
        let ty = self.ty(target);
        if cond.op != BinaryOp::Lt || self.c.num(ty) != Some(Num::I64) {
            return None;
        }
        if self.register_var(&cond.left) != Some(counter) {
            return None;
        }
        if let Some(imm) = self.small_const(&cond.right) {
            return Some((counter, Limit::Const(imm)));
        }
        let limit = match self.register_var(&cond.right) {
            Some(limit) => limit,
            None => self.part_of_variable(&cond.right)?,
        };
        Some((counter, Limit::Reg(limit)))
    }

    /// The register of a variable of one slot.
    pub fn register_var(&mut self, expr: &Expr) -> Option<Reg> {
        if !matches!(expr.unparen().kind, ExprKind::Ident(_)) {
            return None;
        }
        let obj = self.variable(expr.unparen())?;
        match self.home(obj) {
            Home::Regs(reg) => Some(reg),
            Home::Box(_) | Home::Captured(_) | Home::CapturedBox(_) | Home::Global(_) => None,
        }
    }

    /// `counter++; if counter < limit { goto body }`
    fn count_up(&mut self, counter: Reg, limit: Limit, body: Label) {
        if let Some(distance) = self.f.asm.back_distance(body) {
            let line = self.f.asm.line();
            match limit {
                Limit::Const(imm) => line.loop_inc_lt_imm(counter, imm, distance),
                Limit::Reg(reg) => line.loop_inc_lt(counter, reg, distance),
            };
            return;
        }
        self.f.asm.line().add_imm(counter, counter, 1);
        match limit {
            Limit::Const(imm) => self.branch_imm(Comparison::Lt, counter, imm, body),
            Limit::Reg(reg) => self.branch_regs(Comparison::Lt, Num::I64, counter, reg, body),
        }
    }

    // ---- range

    /// Whether each iteration of the loop with this body has variables of its own.
    fn own_variables(&self, body: Span) -> bool {
        self.c.checker.allows(body, ITERATION_VARIABLES)
    }

    pub fn range(&mut self, stmt: &RangeStmt, label: Option<Symbol>) {
        let mark = self.f.asm.mark();
        let begins = self.f.asm.begin_loop();
        if stmt.define && !self.own_variables(stmt.body.span) {
            for target in [&stmt.key, &stmt.value].into_iter().flatten() {
                if let Some(obj) = self.new_var(target) {
                    let ty = self.var_ty(obj);
                    self.declare_zero(obj, ty);
                }
            }
        }
        let ty = self.value_type(&stmt.subject);
        match self.under(ty) {
            Type::Basic(basic) if basic.is_string() => self.range_string(stmt, label),
            Type::Basic(_) => self.range_int(stmt, label, ty),
            Type::Slice(elem) => self.range_slice(stmt, label, elem),
            Type::Array(len, elem) => self.range_array(stmt, label, ty, elem, len, false),
            Type::Pointer(array) => {
                if let Type::Array(len, elem) = self.under(array) {
                    self.range_array(stmt, label, array, elem, len, true);
                }
            }
            Type::Map(key, value) => self.range_map(stmt, label, ty, key, value),
            Type::Chan(_, elem) => self.range_chan(stmt, label, elem),
            Type::Signature(sig) => self.range_func(stmt, label, &sig),
            _ => self.c.fail("this cannot be ranged over".into()),
        }
        if begins {
            self.f.asm.end_loop();
        }
        self.f.asm.reset(mark);
    }

    /// The variable of a range clause that is not blank, and whether it is new.
    fn range_var<'e>(&self, expr: Option<&'e Expr>) -> Option<&'e Expr> {
        expr.filter(|expr| !matches!(expr.kind, ExprKind::Ident(golite_source::sym::BLANK)))
    }

    /// Gives the variable of an iteration its value; `value` stays as it is.
    pub fn bind_range(&mut self, stmt: &RangeStmt, target: Option<&Expr>, value: Reg, ty: TypeId) {
        let Some(target) = self.range_var(target) else { return };
        if stmt.define && self.own_variables(stmt.body.span) {
            let Some(obj) = target.as_ident().and_then(|ident| self.c.checker.info.object(ident.id)) else {
                return;
            };
            let var_ty = self.var_ty(obj);
            let shape = self.shape(var_ty);
            let facts = self.c.checker.var_facts(obj);
            if !facts.assigned && !self.needs_box(obj, &shape) {
                // Nobody changes it: the value itself is the variable.
                self.f.homes.insert(obj, Home::Regs(value));
                return;
            }
            let own = if shape.is_memory() {
                value
            } else {
                let own = self.take(&shape);
                self.mov(own, value, shape.slots);
                own
            };
            self.declare_with(obj, var_ty, own);
            return;
        }
        let mark = self.f.asm.mark();
        let place = self.place(target);
        self.assign_range(target, place, value, ty);
        self.f.asm.reset(mark);
    }

    fn assign_range(&mut self, target: &Expr, place: Place, value: Reg, ty: TypeId) {
        let target_ty = self.ty(target);
        let shape = self.shape(target_ty);
        let mut reg = value;
        if self.is_interface(target_ty) && !self.is_interface(ty) {
            reg = self.f.asm.take(2);
            self.emit_to_iface(reg, value, ty);
        }
        self.store_place(place, reg, &shape);
    }

    /// Gives both variables of an iteration their values. Variables that are there already are
    /// assigned to in two phases, as `key, value = …` does.
    pub fn bind_range_pair(&mut self, stmt: &RangeStmt, key: (Reg, TypeId), value: (Reg, TypeId)) {
        let targets = (self.range_var(stmt.key.as_ref()), self.range_var(stmt.value.as_ref()));
        if let (false, (Some(first), Some(second))) = (stmt.define, targets) {
            let mark = self.f.asm.mark();
            let place = self.place(first);
            let first_place = self.freeze(place, mark);
            let place = self.place(second);
            let second_place = self.freeze(place, mark);
            self.assign_range(first, first_place, key.0, key.1);
            self.assign_range(second, second_place, value.0, value.1);
            self.f.asm.reset(mark);
            return;
        }
        self.bind_range(stmt, stmt.key.as_ref(), key.0, key.1);
        self.bind_range(stmt, stmt.value.as_ref(), value.0, value.1);
    }

    fn loop_body(&mut self, stmt: &RangeStmt, label: Option<Symbol>, end: Label, cont: Label) {
        self.push_control(label, Some(end), Some(cont), true);
        self.block(&stmt.body.stmts);
        self.f.control.pop();
    }

    fn range_int(&mut self, stmt: &RangeStmt, label: Option<Symbol>, subject: TypeId) {
        // An untyped constant takes the type of the variable.
        let ty = match (&stmt.key, self.const_value(&stmt.subject)) {
            (Some(key), Some(_)) if !matches!(key.kind, ExprKind::Ident(golite_source::sym::BLANK)) => {
                match key.as_ident().and_then(|ident| self.c.checker.info.object(ident.id)) {
                    Some(obj) if stmt.define => self.var_ty(obj),
                    _ => self.ty(key),
                }
            }
            _ => subject,
        };
        let num = self.c.num(ty).unwrap_or(Num::I64);
        let counter = self.f.asm.take(1);
        let limit = match self.small_const(&stmt.subject) {
            Some(imm) => Limit::Const(imm),
            None => {
                let reg = self.f.asm.take(1);
                match self.const_value(&stmt.subject) {
                    Some(value) => self.constant(reg, &value, ty),
                    None => self.expr_to(&stmt.subject, reg),
                }
                Limit::Reg(reg)
            }
        };
        let end = self.f.asm.label();
        let cont = self.f.asm.label();
        self.f.asm.line().const_i32(counter, 0);
        let first = match limit {
            Limit::Const(imm) => {
                self.branch_imm(Comparison::Ge, counter, imm, end);
                None
            }
            Limit::Reg(reg) => {
                self.branch_regs(Comparison::Ge, num, counter, reg, end);
                Some(reg)
            }
        };
        let body = self.f.asm.here();
        let mark = self.f.asm.mark();
        self.bind_range(stmt, stmt.key.as_ref(), counter, ty);
        self.loop_body(stmt, label, end, cont);
        self.f.asm.reset(mark);
        self.f.asm.bind(cont);
        match first {
            Some(reg) if num == Num::U64 => {
                self.f.asm.line().add_imm(counter, counter, 1);
                self.branch_regs(Comparison::Lt, num, counter, reg, body);
            }
            _ => self.count_up(counter, limit, body),
        }
        self.f.asm.bind(end);
    }

    fn range_slice(&mut self, stmt: &RangeStmt, label: Option<Symbol>, elem: TypeId) {
        let shape = self.shape(elem);
        let slice = match self.string_of_bytes(&stmt.subject) {
            // Nobody else has the slice: its bytes are read where they are.
            Some(string) => {
                let slice = self.f.asm.take(3);
                let ty = self.value_type(string);
                self.expr_as_to(string, ty, slice);
                self.mov(slice.plus(2), slice.plus(1), 1);
                slice
            }
            None => self.expr_fixed(&stmt.subject, 3),
        };
        let counter = self.f.asm.take(1);
        let end = self.f.asm.label();
        let cont = self.f.asm.label();
        self.f.asm.line().const_i32(counter, 0);
        let len = slice.plus(1);
        self.branch_regs(Comparison::Ge, Num::I64, counter, len, end);
        let body = self.f.asm.here();
        let mark = self.f.asm.mark();
        if self.range_var(stmt.value.as_ref()).is_some() {
            let value = self.take(&shape);
            let place = Place::Elem { view: slice, idx: counter, size: shape.size as u32, offset: 0 };
            self.at(stmt.subject.span);
            self.load_place(place, &shape, Some(value));
            self.bind_range_pair(stmt, (counter, Basic::Int.id()), (value, elem));
        } else {
            self.bind_range(stmt, stmt.key.as_ref(), counter, Basic::Int.id());
        }
        self.loop_body(stmt, label, end, cont);
        self.f.asm.reset(mark);
        self.f.asm.bind(cont);
        self.count_up(counter, Limit::Reg(len), body);
        self.f.asm.bind(end);
    }

    /// The value of what is ranged over, in registers that the body does not change.
    fn expr_fixed(&mut self, subject: &Expr, slots: u16) -> Reg {
        if let ExprKind::Ident(_) = subject.unparen().kind
            && let Some(obj) = self.variable(subject.unparen())
            && !self.c.checker.var_facts(obj).assigned
            && let Home::Regs(reg) = self.home(obj)
        {
            return reg;
        }
        let reg = self.f.asm.take(slots);
        self.expr_to(subject, reg);
        reg
    }

    fn range_array(
        &mut self,
        stmt: &RangeStmt,
        label: Option<Symbol>,
        array: TypeId,
        elem: TypeId,
        len: i64,
        pointer: bool,
    ) {
        let shape = self.shape(elem);
        let wants_value = self.range_var(stmt.value.as_ref()).is_some();
        let array_shape = self.shape(array);
        // The array itself is copied when its elements are asked for; without them it is not even
        // evaluated unless it calls something.
        let place = if pointer {
            let ptr = self.f.asm.take(1);
            self.expr_to(&stmt.subject, ptr);
            Some(Place::Mem { ptr, offset: 0 })
        } else if wants_value {
            let reg = self.take(&array_shape);
            self.expr_to(&stmt.subject, reg);
            Some(if array_shape.is_memory() { Place::Mem { ptr: reg, offset: 0 } } else { Place::Regs(reg) })
        } else {
            if self.has_call(&stmt.subject) {
                self.expr(&stmt.subject);
            }
            None
        };
        let counter = self.f.asm.take(1);
        let limit = self.f.asm.take(1);
        self.const_int(limit, len);
        let end = self.f.asm.label();
        let cont = self.f.asm.label();
        self.f.asm.line().const_i32(counter, 0);
        self.branch_regs(Comparison::Ge, Num::I64, counter, limit, end);
        let body = self.f.asm.here();
        let mark = self.f.asm.mark();
        if wants_value && let Some(place) = place {
            let value = self.take(&shape);
            let place = match place {
                Place::Mem { ptr, .. } => {
                    Place::Array { ptr, idx: counter, len: len as u32, size: shape.size as u32, offset: 0 }
                }
                other => other,
            };
            self.at(stmt.subject.span);
            self.load_place(place, &shape, Some(value));
            self.bind_range_pair(stmt, (counter, Basic::Int.id()), (value, elem));
        } else {
            self.bind_range(stmt, stmt.key.as_ref(), counter, Basic::Int.id());
        }
        self.loop_body(stmt, label, end, cont);
        self.f.asm.reset(mark);
        self.f.asm.bind(cont);
        self.count_up(counter, Limit::Reg(limit), body);
        self.f.asm.bind(end);
    }

    fn range_string(&mut self, stmt: &RangeStmt, label: Option<Symbol>) {
        let string = self.expr_fixed(&stmt.subject, 2);
        let at = self.f.asm.take(1);
        // The rune and where the next one begins.
        let next = self.f.asm.take(2);
        let end = self.f.asm.label();
        let cont = self.f.asm.label();
        let check = self.f.asm.label();
        self.f.asm.line().const_i32(next.plus(1), 0);
        self.f.asm.jump(check);
        let body = self.f.asm.here();
        self.at(stmt.subject.span);
        self.f.asm.line().mov(at, next.plus(1));
        self.f.asm.line().next_rune(next, string, at);
        let mark = self.f.asm.mark();
        self.bind_range_pair(stmt, (at, Basic::Int.id()), (next, Basic::Int32.id()));
        self.loop_body(stmt, label, end, cont);
        self.f.asm.reset(mark);
        self.f.asm.bind(cont);
        self.f.asm.bind(check);
        self.branch_regs(Comparison::Lt, Num::I64, next.plus(1), string.plus(1), body);
        self.f.asm.bind(end);
    }

    fn range_map(
        &mut self,
        stmt: &RangeStmt,
        label: Option<Symbol>,
        map: TypeId,
        key: TypeId,
        value: TypeId,
    ) {
        let (key_shape, value_shape) = (self.shape(key), self.shape(value));
        let iter = self.f.asm.take(1);
        let pair = self.f.asm.take(2);
        let mark = self.f.asm.mark();
        let reg = self.expr(&stmt.subject);
        self.at(stmt.subject.span);
        let map = self.c.type_ix(map);
        self.f.asm.line().map_iter(iter, reg, map);
        self.f.asm.reset(mark);
        let end = self.f.asm.label();
        let cont = self.f.asm.here();
        self.at(stmt.range);
        self.f.asm.line().map_next(pair, pair.plus(1), iter);
        self.f.asm.branch(end, |b| b.jump_z(pair, 0));
        let mark = self.f.asm.mark();
        let wants_key = self.range_var(stmt.key.as_ref()).is_some();
        let wants_value = self.range_var(stmt.value.as_ref()).is_some();
        let key_reg = self.take(&key_shape);
        let value_reg = self.take(&value_shape);
        if wants_key {
            self.load(key_reg, pair, 0, &key_shape);
        }
        if wants_value {
            self.load(value_reg, pair.plus(1), 0, &value_shape);
        }
        self.bind_range_pair(stmt, (key_reg, key), (value_reg, value));
        self.loop_body(stmt, label, end, cont);
        self.f.asm.reset(mark);
        self.f.asm.jump(cont);
        self.f.asm.bind(end);
    }

    fn range_chan(&mut self, stmt: &RangeStmt, label: Option<Symbol>, elem: TypeId) {
        let shape = self.shape(elem);
        let ch = self.expr_fixed(&stmt.subject, 1);
        let ok = self.f.asm.take(1);
        let end = self.f.asm.label();
        let cont = self.f.asm.here();
        let mark = self.f.asm.mark();
        let value = self.take(&shape);
        self.at(stmt.subject.span);
        self.f.asm.line().chan_recv_ok(value, ch, ok, shape.ix);
        self.f.asm.branch(end, |b| b.jump_z(ok, 0));
        self.bind_range(stmt, stmt.key.as_ref(), value, elem);
        self.loop_body(stmt, label, end, cont);
        self.f.asm.reset(mark);
        self.f.asm.jump(cont);
        self.f.asm.bind(end);
    }
}

/// The limit of a counted loop.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Const(i16),
    Reg(Reg),
}
