//! A function while it is compiled: its frame, its variables, its way in and out.
//!
//! A variable has one of two homes: registers, or an object in the heap whose address is in a
//! register (address taken, captured and assigned, or a value in memory). There is no addressable
//! frame memory.

use std::sync::Arc;

use golite_bytecode::{Code, FuncIx, GlobalIx, Kind, LINK_SLOTS, Reg, RuntimeErrorCode};
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::{Block, Expr, ExprId, ExprKind, Field, FuncType, Ident, Stmt, StmtKind};
use golite_types::{Const, DeclRef, ObjId, PkgId, Subst, Type, TypeId};
use rustc_hash::FxHashMap;

use crate::asm::{Asm, Label, Overflow, Position};
use crate::loops::Control;
use crate::lower::Shape;
use crate::program::{Compiler, FuncKey, Inner};
use crate::range_func::RangeBody;

/// Where a variable lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Home {
    /// In registers from here on.
    Regs(Reg),
    /// In the heap; the register has the address.
    Box(Reg),
    /// In the closure being run, from this captured word on.
    Captured(u16),
    /// In the heap; this captured word has the address.
    CapturedBox(u16),
    /// A package-level variable.
    Global(GlobalIx),
}

/// A result of a function.
#[derive(Clone, Debug)]
pub(crate) struct ResultSlot {
    /// Where the caller finds it.
    pub reg: Reg,
    /// Its type.
    pub ty: TypeId,
    /// The variable, if it has a name (or stands for one).
    pub var: Option<ObjId>,
}

/// A captured variable: its home in the function around, the first captured word here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capture {
    pub outer: Home,
    pub first: u16,
    pub obj: ObjId,
}

/// A function that is being written.
#[derive(Debug)]
pub(crate) struct Frame {
    pub func: FuncIx,
    pub asm: Asm,
    pub env: Arc<Subst>,
    pub homes: FxHashMap<ObjId, Home>,
    pub captures: Vec<Capture>,
    pub capture_kinds: Vec<Kind>,
    pub results: Vec<ResultSlot>,
    pub has_defer: bool,
    /// Calls that have been made before the expression around them, with their values.
    pub hoisted: FxHashMap<ExprId, Reg>,
    /// The index expression that is compiled next is only read.
    pub read_entry: Option<ExprId>,
    /// Constant arguments, by parameter, of functions that are being inlined.
    pub const_params: FxHashMap<ObjId, Const>,
    /// How many functions are being inlined: their code belongs to the line of the call.
    pub inlining: u32,
    pub recovery: Option<Label>,
    pub control: Vec<Control>,
    pub goto_labels: FxHashMap<Symbol, Label>,
    /// The label that stands before the statement compiled next.
    pub pending_label: Option<Symbol>,
    /// This is the body of a range-over-func loop of the function around.
    pub range_body: Option<RangeBody>,
}

impl Frame {
    pub fn new(func: FuncIx, wide: bool, env: Arc<Subst>) -> Frame {
        Frame {
            func,
            asm: Asm::new(wide),
            env,
            homes: FxHashMap::default(),
            captures: Vec::new(),
            capture_kinds: Vec::new(),
            results: Vec::new(),
            has_defer: false,
            hoisted: FxHashMap::default(),
            read_entry: None,
            const_params: FxHashMap::default(),
            inlining: 0,
            recovery: None,
            control: Vec::new(),
            goto_labels: FxHashMap::default(),
            pending_label: None,
            range_body: None,
        }
    }
}

/// The compiler of one function and the literals inside it.
pub(crate) struct FuncCompiler<'c> {
    pub c: &'c mut Compiler,
    /// The function being written.
    pub f: Frame,
    /// The functions around it, outermost first.
    pub outer: Vec<Frame>,
    pub wide: bool,
}

impl<'c> FuncCompiler<'c> {
    /// Compiles a function from its key.
    pub fn compile(c: &'c mut Compiler, func: FuncIx, key: &FuncKey, wide: bool) -> Result<Code, Overflow> {
        for what in [Inner::Literal, Inner::RangeBody] {
            c.literal_counts.remove(&(func, what));
        }
        let env = match key {
            FuncKey::Decl(obj, args) => c.env_of(*obj, args),
            _ => Subst::default(),
        };
        let f = Frame::new(func, wide, Arc::new(env));
        let mut compiler = FuncCompiler { c, f, outer: Vec::new(), wide };
        match key {
            FuncKey::Decl(obj, _) => compiler.declared(*obj),
            FuncKey::Wrapper(wrapper) => compiler.wrapper(wrapper),
            FuncKey::Entry(main) => compiler.entry(*main),
            FuncKey::Initialise(main) => compiler.initialise(*main),
            FuncKey::PackageInit(pkg) => compiler.package_init(*pkg),
            FuncKey::VarInit(_, vars) => compiler.var_init(vars),
            FuncKey::Literal(_) => compiler.c.fail("a function literal outside its function".into()),
        }
        let FuncCompiler { c, f, .. } = compiler;
        c.module.functions[func.index()].captures = f.capture_kinds;
        f.asm.finish(f.recovery)
    }

    // ---- types and positions

    /// A type of the tree with the type parameters at hand replaced.
    pub fn subst(&mut self, ty: TypeId) -> TypeId {
        if self.f.env.is_empty() {
            return ty;
        }
        let env = self.f.env.clone();
        self.c.checker.types.subst(ty, &env)
    }

    /// The type of an expression.
    pub fn ty(&mut self, expr: &Expr) -> TypeId {
        let ty = self.c.checker.info.fact(expr.id).ty;
        self.subst(ty)
    }

    /// The type of a variable.
    pub fn var_ty(&mut self, obj: ObjId) -> TypeId {
        let ty = self.c.checker.object(obj).ty;
        self.subst(ty)
    }

    pub fn shape(&mut self, ty: TypeId) -> Shape {
        self.c.shape(ty)
    }

    pub fn shape_of(&mut self, expr: &Expr) -> Shape {
        let ty = self.ty(expr);
        self.c.shape(ty)
    }

    pub fn under(&mut self, ty: TypeId) -> Type {
        self.c.checker.types.under(ty)
    }

    /// Sets the source position of the instructions that follow.
    pub fn at(&mut self, span: Span) {
        if self.f.inlining > 0 || self.f.asm.position().span == span {
            return;
        }
        self.at_token(span.start, span);
    }

    /// Sets the position of an expression. Its line is that of the token that stands for it, as in gc:
    /// the opening parenthesis of a call, the bracket of an index, the dot of a selector.
    pub fn at_expr(&mut self, expr: &Expr) {
        if self.f.inlining > 0 {
            return;
        }
        let token = match &expr.kind {
            ExprKind::Call(call) => call.func.span.end,
            ExprKind::Index(base, _) | ExprKind::Selector(base, _) | ExprKind::TypeAssert(base, _) => {
                base.span.end
            }
            ExprKind::Slice(slice) => slice.base.span.end,
            ExprKind::Binary(binary) => binary.op_span.start,
            _ => return self.at(expr.span),
        };
        self.at_token(token, expr.span);
    }

    fn at_token(&mut self, token: u32, span: Span) {
        let map = &self.c.checker.session.map;
        // A directive may stand before the token.
        let relocated = map.is_relocated(token);
        let place = map.place(if relocated { map.token_from(token) } else { token });
        let Some((name, line, _)) = place else {
            return self.f.asm.set_position(Position { span, ..Position::default() });
        };
        let mut file = 0;
        if relocated {
            let name = name.to_string();
            let ix = self.c.file_ix(&name);
            if ix != self.c.module.functions[self.f.func.index()].file {
                file = ix + 1;
            }
        }
        self.f.asm.set_position(Position { span, line, file, inlined: 0 });
    }

    // ---- ways in and out

    fn declared(&mut self, obj: ObjId) {
        let object = self.c.checker.object(obj).clone();
        let DeclRef::Func(decl) = &object.decl else {
            self.c.fail("not a function".into());
            return;
        };
        let Some(body) = decl.body() else {
            self.c.fail("a function without body".into());
            return;
        };
        let receiver = decl.receiver.as_ref().and_then(|fields| fields.first());
        let receiver_ty = self.c.receiver_type(obj);
        let receiver = receiver_ty.map(|ty| (receiver.and_then(|field| field.name), ty));
        self.function_body(receiver, &decl.ty, object.ty, body);
    }

    /// Parameters, results and body of a function or literal.
    pub fn function_body(
        &mut self,
        receiver: Option<(Option<Ident>, TypeId)>,
        ty: &FuncType,
        sig: TypeId,
        body: &Block,
    ) {
        self.at(ty.func);
        self.f.has_defer = block_defers(&body.stmts);
        self.prologue(receiver, ty, sig);
        self.block(&body.stmts);
        self.at(Span::new(body.span.end.saturating_sub(1), body.span.end));
        self.epilogue();
    }

    /// Gives results and parameters their homes.
    fn prologue(&mut self, receiver: Option<(Option<Ident>, TypeId)>, ty: &FuncType, sig: TypeId) {
        let Type::Signature(sig) = self.under(sig) else { return };
        let _ = self.f.asm.take(LINK_SLOTS);
        let mut results = Vec::new();
        for (i, result) in sig.results.iter().enumerate() {
            let result = self.subst(*result);
            let slots = self.shape(result).slots;
            let reg = self.f.asm.take(slots);
            let name = ty.results.get(i).and_then(|field: &Field| field.name);
            results.push((ResultSlot { reg, ty: result, var: None }, name));
        }
        let mut params = Vec::new();
        if let Some((name, ty)) = receiver {
            let ty = self.subst(ty);
            let slots = self.shape(ty).slots;
            params.push((self.f.asm.take(slots), ty, name));
        }
        for (i, param) in sig.params.iter().enumerate() {
            let param = self.subst(*param);
            let slots = self.shape(param).slots;
            let name = ty.params.get(i).and_then(|field: &Field| field.name);
            params.push((self.f.asm.take(slots), param, name));
        }
        // Recovery may come from any instruction that can panic: results and the addresses of their
        // boxes are defined before the first of them.
        let mut boxes = Vec::new();
        for (mut slot, name) in results {
            let shape = self.shape(slot.ty);
            let obj =
                name.and_then(|name| self.c.checker.info.object(name.id).filter(|_| name.name != sym::EMPTY));
            // `return` assigns it.
            let captured = obj.is_some_and(|obj| self.c.checker.var_facts(obj).captured);
            let boxed = captured || obj.is_some_and(|obj| self.needs_box(obj, &shape));
            slot.var = obj;
            if self.f.has_defer && shape.is_memory() {
                self.f.asm.line().nil(slot.reg);
            } else if self.f.has_defer || (name.is_some() && !boxed) {
                self.zero(slot.reg, &shape);
            }
            if let Some(obj) = obj {
                if boxed {
                    let reg = self.f.asm.take(1);
                    if self.f.has_defer {
                        self.f.asm.line().nil(reg);
                    }
                    boxes.push((reg, shape));
                    self.f.homes.insert(obj, Home::Box(reg));
                } else {
                    self.f.homes.insert(obj, Home::Regs(slot.reg));
                }
            } else if self.f.has_defer && shape.is_memory() {
                boxes.push((slot.reg, shape));
            }
            self.f.results.push(slot);
        }
        for (reg, shape) in boxes {
            self.f.asm.line().alloc(reg, shape.ix);
        }
        for (reg, ty, name) in params {
            if let Some(obj) = name.and_then(|name| self.declared_var(name)) {
                let home = self.param_home(obj, reg, ty);
                self.f.homes.insert(obj, home);
            }
        }
        if self.f.has_defer {
            self.f.recovery = Some(self.f.asm.label());
        }
    }

    /// A parameter's home: where it came in, or a box of its own.
    pub fn param_home(&mut self, obj: ObjId, reg: Reg, ty: TypeId) -> Home {
        let shape = self.shape(ty);
        if shape.is_memory() {
            return Home::Box(reg);
        }
        if self.needs_box(obj, &shape) {
            let home = self.f.asm.take(1);
            self.f.asm.line().alloc(home, shape.ix);
            self.store(home, 0, reg, &shape, true);
            return Home::Box(home);
        }
        Home::Regs(reg)
    }

    /// The object of a declared name, unless it is blank or unused by anything.
    pub fn declared_var(&mut self, name: Ident) -> Option<ObjId> {
        if name.name == sym::BLANK {
            return None;
        }
        self.c.checker.info.object(name.id)
    }

    /// Whether a variable lives in the heap.
    pub fn needs_box(&self, obj: ObjId, shape: &Shape) -> bool {
        let facts = self.c.checker.var_facts(obj);
        shape.is_memory() || facts.addressed || (facts.captured && facts.assigned)
    }

    /// The end of the function: falls off, or the recovery point.
    pub fn epilogue(&mut self) {
        if self.f.results.is_empty() || self.f.results.iter().all(|result| result.var.is_some()) {
            self.leave();
        } else {
            // The checker saw to it that nobody gets here.
            self.f.asm.line().panic_runtime(RuntimeErrorCode::Unreachable as u16);
        }
        if let Some(recovery) = self.f.recovery {
            self.f.asm.bind(recovery);
            self.leave();
        }
    }

    /// Runs deferred calls, brings the results into their slots and returns.
    pub fn leave(&mut self) {
        if self.f.has_defer {
            let base = self.f.asm.top();
            self.f.asm.need_slots(base.0 + LINK_SLOTS);
            self.f.asm.line().run_defers(base);
        }
        for i in 0..self.f.results.len() {
            let ResultSlot { reg, ty, var } = self.f.results[i].clone();
            let Some(var) = var else { continue };
            match self.f.homes[&var] {
                Home::Regs(_) => {}
                home => {
                    let shape = self.shape(ty);
                    match home {
                        // The box of a value in memory is the value: nobody writes it any more.
                        Home::Box(from) if shape.is_memory() && !self.shared(var) => {
                            self.f.asm.line().mov(reg, from);
                        }
                        home => self.load_home(home, reg, &shape),
                    }
                }
            }
        }
        self.ret();
    }

    /// Returns; the results have their values.
    pub fn ret(&mut self) {
        let mut slots = 0u16;
        for i in 0..self.f.results.len() {
            let ty = self.f.results[i].ty;
            slots = slots.saturating_add(self.shape(ty).slots);
        }
        self.f.asm.ret(slots);
    }

    /// Whether somebody else may hold the address of a variable.
    pub fn shared(&self, obj: ObjId) -> bool {
        let facts = self.c.checker.var_facts(obj);
        facts.addressed || facts.captured
    }

    // ---- programs

    /// Initialisers of the packages, then `main.main`.
    fn entry(&mut self, main: PkgId) {
        let _ = self.f.asm.take(LINK_SLOTS);
        self.initialise_packages(main);
        let scope = self.c.checker.package(main).scope;
        let name = self.c.checker.session.names.intern("main");
        if let Some(obj) = self.c.checker.scopes[scope.0 as usize].names.get(&name).copied() {
            let func = self.c.func_ix(FuncKey::Decl(obj, Vec::new()));
            self.call_plain(func);
        }
        self.f.asm.line().ret();
    }

    fn initialise(&mut self, main: PkgId) {
        let _ = self.f.asm.take(LINK_SLOTS);
        self.initialise_packages(main);
        self.f.asm.line().ret();
    }

    fn initialise_packages(&mut self, main: PkgId) {
        for pkg in self.c.user_packages(main) {
            let package = self.c.checker.package(pkg);
            let inits = package.inits.clone();
            if !package.vars.is_empty() {
                let func = self.c.func_ix(FuncKey::PackageInit(pkg));
                self.call_plain(func);
            }
            for init in inits {
                let func = self.c.func_ix(FuncKey::Decl(init, Vec::new()));
                self.call_plain(func);
            }
        }
    }

    /// Calls a function without parameters and results.
    fn call_plain(&mut self, func: FuncIx) {
        let base = self.f.asm.top();
        self.f.asm.need_slots(base.0 + LINK_SLOTS);
        self.f.asm.line().call(base, func);
    }

    /// The function is shown at that place of the source.
    fn belongs_to(&mut self, span: Span) {
        let (file, line) = self.c.file_line(span);
        let function = &mut self.c.module.functions[self.f.func.index()];
        (function.file, function.line) = (file, line);
    }

    fn package_init(&mut self, pkg: PkgId) {
        let _ = self.f.asm.take(LINK_SLOTS);
        let steps = self.c.checker.init_order(pkg).to_vec();
        if let Some(first) = steps.first() {
            self.belongs_to(first.spec.span);
        }
        for step in steps {
            self.at(step.spec.span);
            self.init_vars(&step.vars, &step.spec);
        }
        self.f.asm.line().ret();
    }

    fn var_init(&mut self, vars: &[ObjId]) {
        let _ = self.f.asm.take(LINK_SLOTS);
        if let Some(spec) = vars.first().and_then(|var| self.c.initialiser(*var)) {
            self.belongs_to(spec.span);
            self.at(spec.span);
            self.init_vars(vars, &spec);
        }
        self.f.asm.line().ret();
    }
}

/// Whether statements defer something in their own function (range-over-func bodies count).
pub(crate) fn block_defers(stmts: &[Stmt]) -> bool {
    stmts.iter().any(stmt_defers)
}

fn stmt_defers(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Defer(_) => true,
        StmtKind::Block(block) => block_defers(&block.stmts),
        StmtKind::If(stmt) => {
            block_defers(&stmt.then.stmts) || stmt.otherwise.as_ref().is_some_and(stmt_defers)
        }
        StmtKind::Switch(stmt) => stmt.clauses.iter().any(|clause| block_defers(&clause.body)),
        StmtKind::TypeSwitch(stmt) => stmt.clauses.iter().any(|clause| block_defers(&clause.body)),
        StmtKind::Select(clauses) => clauses.iter().any(|clause| block_defers(&clause.body)),
        StmtKind::For(stmt) => block_defers(&stmt.body.stmts),
        StmtKind::Range(stmt) => block_defers(&stmt.body.stmts),
        StmtKind::Labeled(_, stmt) => stmt_defers(stmt),
        StmtKind::Bad
        | StmtKind::Empty
        | StmtKind::Expr(_)
        | StmtKind::Send(..)
        | StmtKind::IncDec(..)
        | StmtKind::Assign(..)
        | StmtKind::OpAssign(_)
        | StmtKind::Define(..)
        | StmtKind::Decl(_)
        | StmtKind::Go(_)
        | StmtKind::Return(_)
        | StmtKind::Branch(..) => false,
    }
}
