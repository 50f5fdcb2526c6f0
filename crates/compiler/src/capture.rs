//! Variables by their homes, and function literals with what they capture.
//!
//! A variable is captured by value iff it is never assigned after its declaration, else its box is.
//! What a literal captures is found while its body is compiled; the closure is filled in after.

use std::sync::Arc;

use golite_bytecode::{Body, CONTEXT, FuncIx, Function, Kind, Reg};
use golite_source::Span;
use golite_syntax::ast::{Expr, FuncLit};
use golite_types::{ObjId, TypeId};

use crate::func::{Capture, Frame, FuncCompiler, Home};
use crate::lower::Shape;
use crate::program::Inner;

/// The offset of a captured word in a closure.
pub(crate) fn capture_offset(word: u16) -> u32 {
    8 + 8 * u32::from(word)
}

impl FuncCompiler<'_> {
    fn frame(&mut self, depth: usize) -> &mut Frame {
        if depth == self.outer.len() { &mut self.f } else { &mut self.outer[depth] }
    }

    /// Where a variable lives, seen from the function being written.
    pub fn home(&mut self, obj: ObjId) -> Home {
        if let Some(home) = self.f.homes.get(&obj) {
            return *home;
        }
        if !Self::is_own(obj) && self.c.is_global(obj) {
            return Home::Global(self.c.global_ix(obj));
        }
        let depth = self.outer.len();
        self.home_in(depth, obj)
    }

    fn home_in(&mut self, depth: usize, obj: ObjId) -> Home {
        if let Some(home) = self.frame(depth).homes.get(&obj) {
            return *home;
        }
        if depth == 0 {
            let name = self.c.checker.name(self.c.checker.object(obj).name).to_string();
            self.c.fail(format!("the variable {name} has no home"));
            return Home::Regs(Reg(0));
        }
        let outer = self.home_in(depth - 1, obj);
        let boxed = matches!(outer, Home::Box(_) | Home::CapturedBox(_));
        let kinds: Vec<Kind> = if boxed {
            vec![Kind::Ptr]
        } else if Self::is_own(obj) {
            vec![Kind::Num]
        } else {
            let ty = self.var_ty(obj);
            self.shape(ty).kinds().collect()
        };
        let frame = self.frame(depth);
        let first = frame.capture_kinds.len() as u16;
        frame.capture_kinds.extend(kinds);
        frame.captures.push(Capture { outer, first, obj });
        let home = if boxed { Home::CapturedBox(first) } else { Home::Captured(first) };
        frame.homes.insert(obj, home);
        home
    }

    /// The address of a variable that lives in the heap.
    pub fn home_addr(&mut self, home: Home) -> Option<Reg> {
        match home {
            Home::Box(reg) => Some(reg),
            Home::CapturedBox(word) => {
                let dst = self.f.asm.take(1);
                self.f.asm.line().load_ptr(dst, CONTEXT, capture_offset(word) as u16);
                Some(dst)
            }
            Home::Global(global) => {
                let dst = self.f.asm.take(1);
                self.f.asm.line().global_addr(dst, global);
                Some(dst)
            }
            Home::Regs(_) | Home::Captured(_) => None,
        }
    }

    /// Reads captured words into registers.
    pub fn load_captured(&mut self, first: u16, dst: Reg, shape: &Shape) {
        let mut word = first;
        let mut reg = dst;
        let kinds: Vec<Kind> = shape.kinds().collect();
        let mut i = 0;
        while i < kinds.len() {
            let offset = capture_offset(word) as u16;
            let rest = &kinds[i..];
            let step = if rest.starts_with(&[Kind::Ptr, Kind::Num, Kind::Num]) {
                self.f.asm.line().load_slice(reg, CONTEXT, offset);
                3
            } else if rest.starts_with(&[Kind::Ptr, Kind::Num]) {
                self.f.asm.line().load_str(reg, CONTEXT, offset);
                2
            } else if rest.starts_with(&[Kind::Type, Kind::Data]) {
                self.f.asm.line().load_iface(reg, CONTEXT, offset);
                2
            } else if rest[0] == Kind::Ptr {
                self.f.asm.line().load_ptr(reg, CONTEXT, offset);
                1
            } else {
                self.f.asm.line().load_64(reg, CONTEXT, offset);
                1
            };
            i += step;
            word += step as u16;
            reg = reg.plus(step as u16);
        }
    }

    /// Stores words into a fresh closure.
    pub fn store_captured(&mut self, closure: Reg, first: u16, src: Reg, kinds: &[Kind]) {
        let mut i = 0;
        while i < kinds.len() {
            let offset = capture_offset(first + i as u16) as u16;
            let reg = src.plus(i as u16);
            let rest = &kinds[i..];
            i += if rest.starts_with(&[Kind::Ptr, Kind::Num, Kind::Num]) {
                self.f.asm.line().init_slice(closure, reg, offset);
                3
            } else if rest.starts_with(&[Kind::Ptr, Kind::Num]) {
                self.f.asm.line().init_str(closure, reg, offset);
                2
            } else if rest.starts_with(&[Kind::Type, Kind::Data]) {
                self.f.asm.line().init_iface(closure, reg, offset);
                2
            } else if rest[0] == Kind::Ptr {
                self.f.asm.line().init_ptr(closure, reg, offset);
                1
            } else {
                self.f.asm.line().store_64(closure, reg, offset);
                1
            };
        }
    }

    /// Reads a variable into registers; a value in memory is copied.
    pub fn load_home(&mut self, home: Home, dst: Reg, shape: &Shape) {
        match home {
            Home::Regs(reg) => self.mov(dst, reg, shape.slots),
            Home::Captured(first) => self.load_captured(first, dst, shape),
            Home::Global(global) => self.load_global(dst, global, shape),
            Home::Box(_) | Home::CapturedBox(_) => {
                let mark = self.f.asm.mark();
                if let Some(addr) = self.home_addr(home) {
                    self.load(dst, addr, 0, shape);
                }
                self.f.asm.reset(mark);
            }
        }
    }

    /// Stores registers to a variable.
    pub fn store_home(&mut self, home: Home, src: Reg, shape: &Shape) {
        match home {
            Home::Regs(reg) => self.mov(reg, src, shape.slots),
            Home::Captured(_) => self.c.fail("a variable captured by value is assigned".into()),
            Home::Global(global) => self.store_global(global, src, shape),
            Home::Box(_) | Home::CapturedBox(_) => {
                let mark = self.f.asm.mark();
                if let Some(addr) = self.home_addr(home) {
                    self.store(addr, 0, src, shape, false);
                }
                self.f.asm.reset(mark);
            }
        }
    }

    /// A function literal as a func value.
    pub fn func_lit(&mut self, expr: &Expr, lit: &Arc<FuncLit>, dst: Reg) {
        let sig = self.c.checker.info.fact(expr.id).ty;
        let func = self.begin_literal(expr.span, sig, Inner::Literal);
        self.function_body(None, &lit.ty, sig, &lit.body);
        self.end_literal(func, dst);
    }

    /// Starts a function inside the one being written; `sig` is its type.
    pub fn begin_literal(&mut self, span: Span, sig: TypeId, what: Inner) -> FuncIx {
        let sig = self.subst(sig);
        let signature = self.c.signature(&[], sig);
        let signature = self.c.sig_ix(signature);
        let parent = self.f.func;
        let count = self.c.literal_counts.entry((parent, what)).or_insert(0);
        *count += 1;
        let outer = &self.c.module.functions[parent.index()].name;
        // Names and numbers are those of Go: main.f.func1.2, main.f-range1.1
        let word = match what {
            Inner::RangeBody => "-range",
            Inner::Literal if self.outer.is_empty() => ".func",
            Inner::Literal => ".",
        };
        let name = format!("{outer}{word}{count}");
        let (file, line) = self.c.file_line(span);
        let func = self.c.new_literal(Function {
            name: name.into(),
            signature,
            body: Body::Pending,
            captures: Vec::new(),
            wrapper: false,
            file,
            line,
        });
        if self.c.replaceable {
            self.c.functions_around.insert(func, parent);
        }
        let frame = Frame::new(func, self.wide, self.f.env.clone());
        let outer = std::mem::replace(&mut self.f, frame);
        self.outer.push(outer);
        func
    }

    /// Ends the function inside and makes its closure.
    pub fn end_literal(&mut self, func: FuncIx, dst: Reg) {
        let outer = self.outer.pop().expect("a literal has been begun");
        let inner = std::mem::replace(&mut self.f, outer);
        let (captures, kinds) = (inner.captures, inner.capture_kinds);
        match inner.asm.finish(inner.recovery) {
            Ok(code) => {
                let function = &mut self.c.module.functions[func.index()];
                function.body = Body::Code(Box::new(code));
                function.captures = kinds.clone();
            }
            Err(overflow) => self.f.asm.overflow(overflow),
        }
        self.make_closure(func, &captures, &kinds, dst);
    }

    /// A closure over variables of the function being written.
    fn make_closure(&mut self, func: FuncIx, captures: &[Capture], kinds: &[Kind], dst: Reg) {
        if captures.is_empty() {
            self.f.asm.line().func_value(dst, func);
            return;
        }
        let mark = self.f.asm.mark();
        // The values first: nothing may come between the closure and its filling.
        let mut values = Vec::new();
        for (i, capture) in captures.iter().enumerate() {
            let end = captures.get(i + 1).map_or(kinds.len(), |next| usize::from(next.first));
            let kinds = &kinds[usize::from(capture.first)..end];
            let reg = match capture.outer {
                Home::Regs(reg) | Home::Box(reg) => reg,
                Home::CapturedBox(word) => {
                    let reg = self.f.asm.take(1);
                    self.f.asm.line().load_ptr(reg, CONTEXT, capture_offset(word) as u16);
                    reg
                }
                Home::Captured(first) => {
                    let ty = if Self::is_own(capture.obj) {
                        golite_types::Basic::Int.id()
                    } else {
                        self.var_ty(capture.obj)
                    };
                    let shape = self.shape(ty);
                    let reg = self.f.asm.take(shape.slots);
                    self.load_captured(first, reg, &shape);
                    reg
                }
                Home::Global(_) => continue,
            };
            values.push((capture.first, reg, kinds.to_vec()));
        }
        // A variable that the closure captures may be its destination.
        let direct =
            values.iter().all(|(_, reg, kinds)| dst.0 < reg.0 || dst.0 >= reg.0 + kinds.len() as u16);
        let closure = if direct { dst } else { self.f.asm.take(1) };
        self.f.asm.line().closure(closure, func);
        for (first, reg, kinds) in values {
            self.store_captured(closure, first, reg, &kinds);
        }
        self.mov(dst, closure, 1);
        self.f.asm.reset(mark);
    }
}
