//! range-over-func: the loop body becomes a function inside.
//!
//! A state word per loop finds iterators that break the rules, with Go's texts. A way out of the
//! body other than `continue` is written down as a code, the body returns false, and the code is
//! looked at after the iterator has returned. Results of a `return` travel in boxes.

use golite_bytecode::{Reg, RuntimeErrorCode};
use golite_source::Symbol;
use golite_syntax::ast::{Expr, RangeStmt, Stmt, StmtKind};
use golite_types::{Basic, ObjId, SigInfo, Type, TypeId};

use crate::arith::Comparison;
use crate::func::{FuncCompiler, Home};
use crate::loops::Exit;
use crate::program::Inner;

/// The body of a range-over-func loop, as a function.
#[derive(Clone, Debug)]
pub(crate) struct RangeBody {
    /// The state word.
    pub state: ObjId,
    /// The code of the way out.
    pub code: ObjId,
    /// Boxes for the results of the function around.
    pub results: Vec<(ObjId, TypeId)>,
    /// The ways out, by code - 1.
    pub exits: Vec<Exit>,
    /// Labels inside the body.
    pub labels: Vec<Symbol>,
    /// The number that names the frame of the function around.
    pub token: Option<ObjId>,
}

/// The body may be called.
const READY: i32 = 0;
/// It runs (or has panicked).
const RUNNING: i32 = 1;
/// It has returned false.
const DONE: i32 = 2;
/// The loop is over.
const EXHAUSTED: i32 = 3;

/// Variables of the compiler itself have numbers from here on.
const OWN: u32 = 1 << 31;

impl FuncCompiler<'_> {
    /// A variable of the compiler's own. Those captured by value are ints.
    fn own_var(&mut self) -> ObjId {
        self.c.own_vars += 1;
        ObjId(OWN + self.c.own_vars)
    }

    /// Whether the variable is one of the compiler's own.
    pub fn is_own(obj: ObjId) -> bool {
        obj.0 >= OWN
    }

    fn own_box(&mut self, ty: TypeId) -> ObjId {
        let obj = self.own_var();
        let shape = self.shape(ty);
        let reg = self.f.asm.take(1);
        self.f.asm.line().alloc(reg, shape.ix);
        self.f.homes.insert(obj, Home::Box(reg));
        obj
    }

    fn set_own(&mut self, obj: ObjId, value: i32) {
        let mark = self.f.asm.mark();
        let reg = self.f.asm.take(1);
        self.f.asm.line().const_i32(reg, value);
        let home = self.home(obj);
        let shape = self.shape(Basic::Int.id());
        self.store_home(home, reg, &shape);
        self.f.asm.reset(mark);
    }

    fn get_own(&mut self, obj: ObjId) -> Reg {
        let reg = self.f.asm.take(1);
        let home = self.home(obj);
        let shape = self.shape(Basic::Int.id());
        self.load_home(home, reg, &shape);
        reg
    }

    pub fn range_func(&mut self, stmt: &RangeStmt, label: Option<Symbol>, sig: &SigInfo) {
        let int = Basic::Int.id();
        let yield_ty = self.subst(sig.params[0]);
        let Type::Signature(yield_sig) = self.under(yield_ty) else { return };
        let iterator = self.f.asm.take(1);
        self.expr_to(&stmt.subject, iterator);
        let state = self.own_box(int);
        let code = self.own_box(int);
        let mut labels = Vec::new();
        let mut has_return = false;
        scan(&stmt.body.stmts, &mut labels, &mut has_return);
        let mut results = Vec::new();
        if has_return {
            for ty in self.result_types() {
                results.push((self.own_box(ty), ty));
            }
        }
        let token = self.frame_token(&stmt.body.stmts);
        // The body as a function.
        let body = RangeBody { state, code, results: results.clone(), exits: Vec::new(), labels, token };
        let closure = self.f.asm.take(1);
        let func = self.begin_literal(stmt.body.span, yield_ty, Inner::RangeBody);
        self.f.range_body = Some(body);
        let params: Vec<TypeId> = yield_sig.params.iter().map(|ty| self.subst(*ty)).collect();
        self.range_body(stmt, label, &params);
        let exits = self.f.range_body.take().map(|body| body.exits).unwrap_or_default();
        self.end_literal(func, closure);
        // The call, and what has to be done after it.
        let mark = self.f.asm.mark();
        let subject = self.ty(&stmt.subject);
        let signature = self.c.signature(&[], subject);
        let sig_ix = self.c.sig_ix(signature.clone());
        let base = self.window(&signature);
        self.mov(base.plus(signature.first_param().0), closure, 1);
        self.at(stmt.range);
        self.f.asm.line().call_closure(base, iterator, sig_ix);
        self.f.asm.reset(mark);
        let ok = self.f.asm.label();
        let now = self.get_own(state);
        self.branch_imm(Comparison::Ne, now, RUNNING as i16, ok);
        self.f.asm.line().panic_runtime(RuntimeErrorCode::RangeRecovered as u16);
        self.f.asm.bind(ok);
        self.set_own(state, EXHAUSTED);
        if exits.is_empty() {
            return;
        }
        let went = self.get_own(code);
        let end = self.f.asm.label();
        self.branch_reg(went, false, end);
        for (i, exit) in exits.iter().enumerate() {
            let next = self.f.asm.label();
            self.branch_imm(Comparison::Ne, went, i as i16 + 1, next);
            self.take_exit(*exit, &results);
            self.f.asm.bind(next);
        }
        self.f.asm.bind(end);
    }

    /// Goes where a loop's body wanted to go, in the function around it.
    fn take_exit(&mut self, exit: Exit, results: &[(ObjId, TypeId)]) {
        match exit {
            Exit::Return => self.finish_return(results),
            Exit::BareReturn if self.f.range_body.is_some() => self.leave_range(exit),
            Exit::BareReturn => self.leave(),
            Exit::Goto(name) => {
                if self.is_outside(name) {
                    self.leave_range(exit);
                } else {
                    let target = self.goto_label(name);
                    self.f.asm.jump(target);
                }
            }
            Exit::Break(_) | Exit::Continue(_) => match self.exit_label(exit) {
                Some(target) => self.f.asm.jump(target),
                None => self.leave_range(exit),
            },
        }
    }

    /// Parameters, checks and statements of the body.
    fn range_body(&mut self, stmt: &RangeStmt, label: Option<Symbol>, params: &[TypeId]) {
        self.at(stmt.range);
        let signature = self.c.module.signature_of(self.f.func).clone();
        let result = Reg(golite_bytecode::LINK_SLOTS);
        let _ = self.f.asm.take(signature.first_param().0);
        let mut regs = Vec::new();
        for ty in params {
            let slots = self.shape(*ty).slots;
            regs.push(self.f.asm.take(slots));
        }
        let body = self.f.range_body.clone().expect("in the body of a loop");
        let now = self.get_own(body.state);
        let ready = self.f.asm.label();
        self.branch_reg(now, false, ready);
        for (value, code) in
            [(RUNNING, RuntimeErrorCode::RangeAfterPanic), (DONE, RuntimeErrorCode::RangeAfterFalse)]
        {
            let next = self.f.asm.label();
            self.branch_imm(Comparison::Ne, now, value as i16, next);
            self.f.asm.line().panic_runtime(code as u16);
            self.f.asm.bind(next);
        }
        self.f.asm.line().panic_runtime(RuntimeErrorCode::RangeAfterExit as u16);
        self.f.asm.bind(ready);
        self.set_own(body.state, RUNNING);
        let brk = self.f.asm.label();
        let cont = self.f.asm.label();
        match (&regs[..], params) {
            ([key, value], [key_ty, value_ty]) => {
                self.bind_range_pair(stmt, (*key, *key_ty), (*value, *value_ty));
            }
            ([key], [key_ty]) => self.bind_range(stmt, stmt.key.as_ref(), *key, *key_ty),
            _ => {}
        }
        self.push_control(label, Some(brk), Some(cont), true);
        self.block(&stmt.body.stmts);
        self.f.control.pop();
        self.f.asm.bind(cont);
        self.set_own(body.state, READY);
        self.f.asm.line().const_i32(result, 1);
        self.f.asm.line().ret();
        self.f.asm.bind(brk);
        self.set_own(body.state, DONE);
        self.f.asm.line().const_i32(result, 0);
        self.f.asm.line().ret();
    }

    /// Leaves the body for a place in a function around it.
    pub fn leave_range(&mut self, exit: Exit) {
        let Some(body) = self.f.range_body.clone() else {
            self.c.fail("a branch without target".into());
            return;
        };
        let known = body.exits.iter().position(|other| *other == exit);
        let index = known.unwrap_or(body.exits.len());
        if known.is_none() {
            self.f.range_body.as_mut().expect("in a body").exits.push(exit);
        }
        self.set_own(body.code, index as i32 + 1);
        self.set_own(body.state, DONE);
        let result = Reg(golite_bytecode::LINK_SLOTS);
        self.f.asm.line().const_i32(result, 0);
        self.f.asm.line().ret();
    }

    /// Whether a label lies outside the body that is being written.
    pub fn is_outside(&self, name: Symbol) -> bool {
        self.f.range_body.as_ref().is_some_and(|body| !body.labels.contains(&name))
    }

    /// `return` in the body.
    pub fn return_from_range(&mut self, values: &[Expr]) {
        let mark = self.f.asm.mark();
        let body = self.f.range_body.clone().expect("in the body of a loop");
        if values.is_empty() {
            self.leave_range(Exit::BareReturn);
            self.f.asm.reset(mark);
            return;
        }
        if values.len() < body.results.len() {
            let (regs, types) = self.multi_value(&values[0]);
            for (i, (obj, ty)) in body.results.iter().enumerate() {
                let shape = self.shape(*ty);
                let reg = self.take(&shape);
                self.assign_regs(reg, regs[i], types[i], *ty);
                let home = self.home(*obj);
                self.store_home(home, reg, &shape);
            }
        } else {
            let operands: Vec<_> = values.iter().zip(body.results.iter().map(|(_, ty)| *ty)).collect();
            let regs = self.values_in_order(&operands);
            for (reg, (obj, ty)) in regs.into_iter().zip(&body.results) {
                let shape = self.shape(*ty);
                let home = self.home(*obj);
                self.store_home(home, reg, &shape);
            }
        }
        self.leave_range(Exit::Return);
        self.f.asm.reset(mark);
    }

    /// The result types of the function around all bodies.
    fn result_types(&self) -> Vec<TypeId> {
        let types = |results: &[crate::func::ResultSlot]| results.iter().map(|result| result.ty).collect();
        if self.f.range_body.is_none() {
            return types(&self.f.results);
        }
        let frame = self.outer.iter().rev().find(|frame| frame.range_body.is_none());
        frame.map_or_else(Vec::new, |frame| types(&frame.results))
    }

    /// After a loop whose body returned from the function: passes the results on, or returns.
    fn finish_return(&mut self, results: &[(ObjId, TypeId)]) {
        let mark = self.f.asm.mark();
        let outer = self.f.range_body.as_ref().map(|body| body.results.clone());
        for (i, (from, ty)) in results.iter().enumerate() {
            let shape = self.shape(*ty);
            let reg = self.take(&shape);
            let home = self.home(*from);
            self.load_home(home, reg, &shape);
            match &outer {
                Some(outer) => {
                    let home = self.home(outer[i].0);
                    self.store_home(home, reg, &shape);
                }
                None => self.set_result(i, reg, &shape),
            }
        }
        match outer {
            Some(_) => self.leave_range(Exit::Return),
            None => self.leave(),
        }
        self.f.asm.reset(mark);
    }

    // ---- defer

    /// The number of the frame that deferred calls of the body belong to.
    fn frame_token(&mut self, stmts: &[Stmt]) -> Option<ObjId> {
        if !crate::func::block_defers(stmts) {
            return None;
        }
        if let Some(body) = &self.f.range_body {
            return body.token;
        }
        let obj = self.own_var();
        let reg = self.f.asm.take(1);
        self.f.asm.line().frame_token(reg);
        self.f.homes.insert(obj, Home::Regs(reg));
        Some(obj)
    }

    /// `defer callee()`
    pub fn defer(&mut self, callee: Reg) {
        match self.f.range_body.as_ref().map(|body| body.token) {
            Some(Some(token)) => {
                let token = self.get_own(token);
                self.f.asm.line().defer_outer(callee, token);
            }
            _ => {
                self.f.asm.line().defer(callee);
            }
        }
    }
}

/// Labels in statements, and whether one of them returns. Function literals are not looked into.
fn scan(stmts: &[Stmt], labels: &mut Vec<Symbol>, has_return: &mut bool) {
    for stmt in stmts {
        scan_stmt(stmt, labels, has_return);
    }
}

fn scan_stmt(stmt: &Stmt, labels: &mut Vec<Symbol>, has_return: &mut bool) {
    match &stmt.kind {
        StmtKind::Return(_) => *has_return = true,
        StmtKind::Labeled(name, inner) => {
            labels.push(name.name);
            scan_stmt(inner, labels, has_return);
        }
        StmtKind::Block(block) => scan(&block.stmts, labels, has_return),
        StmtKind::If(stmt) => {
            scan(&stmt.then.stmts, labels, has_return);
            if let Some(otherwise) = &stmt.otherwise {
                scan_stmt(otherwise, labels, has_return);
            }
        }
        StmtKind::Switch(stmt) => {
            stmt.clauses.iter().for_each(|clause| scan(&clause.body, labels, has_return))
        }
        StmtKind::TypeSwitch(stmt) => {
            stmt.clauses.iter().for_each(|clause| scan(&clause.body, labels, has_return));
        }
        StmtKind::Select(clauses) => clauses.iter().for_each(|clause| scan(&clause.body, labels, has_return)),
        StmtKind::For(stmt) => scan(&stmt.body.stmts, labels, has_return),
        StmtKind::Range(stmt) => scan(&stmt.body.stmts, labels, has_return),
        _ => {}
    }
}
