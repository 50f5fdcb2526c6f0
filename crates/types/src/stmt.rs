//! Function bodies and statements. Spec: Statements.
//!
//! A function literal is checked right after the statement it stands in, before the names that the
//! statement declares come into scope.

use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::Span;
use golite_syntax::ast::{Block, BranchKind, CommClause, Expr, ExprKind, FuncLit, Stmt, StmtKind, UnaryOp};

use crate::check::{Checker, Later};
use crate::info::Mode;
use crate::object::{Builtin, ObjId};
use crate::operand::Operand;
use crate::ops::ChannelUse;
use crate::text::start_span;
use crate::ty::Basic;
use crate::typexpr::Signature;

/// What branch statements are allowed where a statement stands.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Context {
    pub can_break: bool,
    pub can_continue: bool,
    pub can_fall_through: bool,
    /// In the last clause of a switch.
    pub last_clause: bool,
    pub type_switch: bool,
}

impl Context {
    /// For the statements inside another one.
    pub(crate) fn inside(self) -> Context {
        Context { can_break: self.can_break, can_continue: self.can_continue, ..Context::default() }
    }
}

/// What an expression is when it stands as a statement.
enum Effect {
    Statement,
    Expression,
    Conversion,
}

impl Checker {
    /// The body of a function literal is checked when the statement around it is complete.
    pub(crate) fn check_func_literal_body(&mut self, sig: Signature, lit: Arc<FuncLit>) {
        let env = Box::new(self.env.clone());
        self.later.push(Later::Literal(Arc::new(sig), lit, env));
    }

    /// Checks a body; the caller has entered the surroundings and restores them.
    pub(crate) fn func_body(&mut self, sig: &Signature, body: &Block) {
        let outer_locals = std::mem::take(&mut self.locals);
        self.env.scope = sig.scope;
        self.env.level = sig.level;
        self.env.hidden.clone_from(&sig.hidden);
        self.env.results = sig.results.iter().map(|var| self.object(*var).ty).collect();
        self.env.result_vars.clone_from(&sig.results);
        self.stmt_list(Context::default(), &body.stmts);
        self.check_labels(body);
        if !sig.results.is_empty() && !self.block_terminates(body) {
            let brace = Span::new(body.span.end.saturating_sub(1), body.span.end);
            self.error(Code::MissingReturn, brace, "missing return");
        }
        let locals = std::mem::replace(&mut self.locals, outer_locals);
        self.report_unused(&locals);
    }

    fn report_unused(&mut self, locals: &[ObjId]) {
        for obj in locals {
            if !self.var_facts(*obj).used {
                let (span, name) = (self.object(*obj).span, self.name(self.object(*obj).name).to_string());
                self.error(Code::UnusedVariable, span, format!("declared and not used: {name}"));
            }
        }
    }

    /// Notes that a variable is read, and whether by a function literal inside its function.
    pub(crate) fn use_var(&mut self, obj: ObjId) {
        let captured = self.object(obj).level != self.env.level;
        self.with_var(obj, |facts| {
            facts.used = true;
            facts.captured |= captured && !facts.global && !facts.field;
        });
    }

    // ---- lists and single statements

    pub(crate) fn stmt_list(&mut self, context: Context, stmts: &[Stmt]) {
        let len =
            stmts.iter().rposition(|stmt| !matches!(stmt.kind, StmtKind::Empty)).map_or(0, |last| last + 1);
        for (i, stmt) in stmts[..len].iter().enumerate() {
            let last = i + 1 == len;
            let can_fall_through = context.can_fall_through && last;
            let last_clause = context.last_clause && last;
            self.check_stmt(Context { can_fall_through, last_clause, ..context }, stmt);
        }
    }

    /// A block with its own scope.
    pub(crate) fn check_block(&mut self, context: Context, block: &Block) {
        let outer = self.open_scope();
        self.stmt_list(context, &block.stmts);
        self.close_scope(outer);
    }

    /// Checks a statement. The session of a REPL calls it for one statement at a time.
    pub(crate) fn check_stmt(&mut self, context: Context, stmt: &Stmt) {
        let top = self.later.len();
        self.stmt(context, stmt);
        self.run_later_from(top);
    }

    fn stmt(&mut self, context: Context, stmt: &Stmt) {
        let inner = context.inside();
        match &stmt.kind {
            StmtKind::Bad | StmtKind::Empty => {}
            StmtKind::Expr(expr) => self.expr_stmt(expr),
            StmtKind::Send(channel, value) => self.send_stmt(channel, value),
            StmtKind::IncDec(expr, increment, _) => self.inc_dec(expr, *increment),
            StmtKind::Assign(left, right, _) => self.assign_vars(left, right),
            StmtKind::OpAssign(binary) => {
                let mut x = self.binary(binary);
                self.assign_operand(&binary.left, &mut x, "assignment");
            }
            StmtKind::Define(left, right, span) => self.short_var_decl(*span, left, right),
            StmtKind::Decl(decls) => self.decl_stmt(decls),
            StmtKind::Go(call) => self.suspended_call("go", call),
            StmtKind::Defer(call) => self.suspended_call("defer", call),
            StmtKind::Return(values) => self.return_stmt(stmt.span, values),
            StmtKind::Branch(kind, label) => {
                if label.is_none() {
                    self.branch_stmt(context, *kind, stmt.span);
                }
            }
            StmtKind::Block(block) => self.check_block(inner, block),
            StmtKind::If(stmt) => {
                let outer = self.open_scope();
                if let Some(init) = &stmt.init {
                    self.check_stmt(Context::default(), init);
                }
                self.condition(&stmt.cond, "if");
                self.check_block(inner, &stmt.then);
                if let Some(otherwise) = &stmt.otherwise {
                    self.check_stmt(inner, otherwise);
                }
                self.close_scope(outer);
            }
            StmtKind::Switch(stmt) => self.switch_stmt(inner, stmt),
            StmtKind::TypeSwitch(stmt) => self.type_switch_stmt(inner, stmt),
            StmtKind::Select(clauses) => self.select_stmt(inner, clauses),
            StmtKind::For(stmt) => {
                let outer = self.open_scope();
                if let Some(init) = &stmt.init {
                    self.check_stmt(Context::default(), init);
                }
                if let Some(cond) = &stmt.cond {
                    self.condition(cond, "for");
                }
                if let Some(post) = &stmt.post {
                    self.check_stmt(Context::default(), post);
                    if let StmtKind::Define(left, ..) = &post.kind {
                        self.use_exprs(left);
                    }
                }
                let body = Context { can_break: true, can_continue: true, ..Context::default() };
                self.check_block(body, &stmt.body);
                self.close_scope(outer);
            }
            StmtKind::Range(range) => self.range_stmt(range, stmt.span),
            StmtKind::Labeled(_, inner) => self.check_stmt(context, inner),
        }
    }

    fn condition(&mut self, expr: &Expr, what: &str) {
        let x = self.check_expr(expr, None);
        if x.is_valid() && !self.all_basic(x.ty, Basic::is_boolean) {
            self.error(
                Code::TypeMismatch,
                start_span(expr),
                format!("non-boolean condition in {what} statement"),
            );
        }
    }

    fn expr_stmt(&mut self, expr: &Expr) {
        let x = self.check_raw(expr, None);
        let (code, message) = match x.mode {
            Mode::Invalid => return,
            Mode::Builtin(_) => (Code::UnusedResult, "must be called"),
            Mode::Type => (Code::NotAValue, "is not an expression"),
            _ if matches!(self.effect(expr), Effect::Statement) => return,
            _ => (Code::UnusedResult, "is not used"),
        };
        let text = self.describe(&x);
        self.error(code, x.span, format!("{text} {message}"));
    }

    /// What a checked expression is as a statement. Spec: Expression statements.
    fn effect(&self, expr: &Expr) -> Effect {
        let expr = expr.unparen();
        match &expr.kind {
            ExprKind::Unary(UnaryOp::Recv, _) => Effect::Statement,
            ExprKind::Call(call) => match self.info.fact(call.func.unparen().id).mode {
                Mode::Type => Effect::Conversion,
                Mode::Builtin(
                    Builtin::Clear
                    | Builtin::Close
                    | Builtin::Copy
                    | Builtin::Delete
                    | Builtin::Panic
                    | Builtin::Print
                    | Builtin::Println
                    | Builtin::Recover,
                ) => Effect::Statement,
                Mode::Builtin(_) => Effect::Expression,
                _ => Effect::Statement,
            },
            _ => Effect::Expression,
        }
    }

    fn send_stmt(&mut self, channel: &Expr, value: &Expr) {
        let channel_operand = self.check_expr(channel, None);
        let mut x = self.check_generic_expr(value, None);
        if !channel_operand.is_valid() || !x.is_valid() {
            return;
        }
        if let Some(elem) = self.channel_elem(&channel_operand, channel.span, ChannelUse::Send) {
            self.assign_to(&mut x, Some(elem), "send");
        }
    }

    fn inc_dec(&mut self, expr: &Expr, increment: bool) {
        let mut x = self.check_expr(expr, None);
        if !x.is_valid() {
            return;
        }
        if !self.all_basic(x.ty, Basic::is_numeric) {
            let (text, shown) = (self.expr_text(expr), self.show(x.ty));
            let op = if increment { "++" } else { "--" };
            let message = format!("invalid operation: {text}{op} (non-numeric type {shown})");
            self.error(Code::BadOperator, start_span(expr), message);
            return;
        }
        self.assign_operand(expr, &mut x, "assignment");
    }

    fn suspended_call(&mut self, keyword: &str, call: &Expr) {
        if matches!(call.kind, ExprKind::Paren(_)) {
            let message = format!("expression in {keyword} must not be parenthesized");
            self.error(Code::NeedsCall, start_span(call), message);
        }
        let call = call.unparen();
        if !matches!(call.kind, ExprKind::Call(_)) {
            let message = format!("expression in {keyword} must be function call");
            self.error(Code::NeedsCall, start_span(call), message);
            self.use_exprs([call]);
            return;
        }
        let x = self.check_raw(call, None);
        if !x.is_valid() {
            return;
        }
        let (code, message) = match self.effect(call) {
            Effect::Statement => return,
            Effect::Conversion => (Code::NeedsCall, "requires function call, not conversion"),
            Effect::Expression => (Code::UnusedResult, "discards result of"),
        };
        let text = self.describe(&x);
        self.error(code, x.span, format!("{keyword} {message} {text}"));
    }

    fn return_stmt(&mut self, span: Span, values: &[Expr]) {
        let vars = self.env.result_vars.clone();
        let named = vars.first().is_some_and(|var| self.object(*var).name != golite_source::sym::EMPTY);
        if !values.is_empty() || !named {
            let declared: Vec<_> = self.env.results.iter().map(|ty| Some(*ty)).collect();
            self.init_vars(&vars, &declared, values, Some(span));
            return;
        }
        for var in vars {
            let name = self.object(var).name;
            let Some((other, _)) = self.lookup(name) else { continue };
            if other != var && !Checker::is_blank(name) {
                let text = self.name(name).to_string();
                let inner = format!("inner declaration of {}", self.object_text(other));
                let more = [(self.object(other).span, inner)];
                let message = format!("result parameter {text} not in scope at return");
                self.error_with(Code::Undefined, span, message, &more);
            }
        }
    }

    /// An object as messages show it: `var x int`.
    fn object_text(&self, obj: ObjId) -> String {
        let object = self.object(obj);
        let kind = match object.kind {
            crate::object::ObjKind::Const(_) => "const",
            crate::object::ObjKind::TypeName => "type",
            crate::object::ObjKind::Func => "func",
            _ => "var",
        };
        format!("{kind} {} {}", self.name(object.name), self.show(object.ty))
    }

    fn branch_stmt(&mut self, context: Context, kind: BranchKind, span: Span) {
        let message = match kind {
            BranchKind::Break if !context.can_break => "break is not in a loop, switch, or select",
            BranchKind::Continue if !context.can_continue => "continue is not in a loop",
            BranchKind::Fallthrough if !context.can_fall_through => {
                if context.last_clause {
                    "cannot fallthrough final case in switch"
                } else if context.type_switch {
                    "cannot fallthrough in type switch"
                } else {
                    "fallthrough statement out of place"
                }
            }
            _ => return,
        };
        self.error(Code::MisplacedBranch, span, message);
    }

    fn select_stmt(&mut self, context: Context, clauses: &[CommClause]) {
        let context = Context { can_break: true, ..context };
        let mut default: Option<Span> = None;
        for clause in clauses {
            if clause.comm.is_none() {
                self.check_single_default(&mut default, clause.span);
            }
        }
        for clause in clauses {
            let received = match clause.comm.as_ref().map(|comm| &comm.kind) {
                None | Some(StmtKind::Send(..)) => None,
                Some(StmtKind::Expr(expr)) => Some(expr),
                Some(StmtKind::Assign(_, right, _) | StmtKind::Define(_, right, _)) if right.len() == 1 => {
                    Some(&right[0])
                }
                Some(_) => {
                    self.bad_select_case(clause);
                    continue;
                }
            };
            if let Some(expr) = received
                && !matches!(expr.unparen().kind, ExprKind::Unary(UnaryOp::Recv, _))
            {
                self.bad_select_case(clause);
                continue;
            }
            let outer = self.open_scope();
            if let Some(comm) = &clause.comm {
                self.check_stmt(context, comm);
            }
            self.stmt_list(context, &clause.body);
            self.close_scope(outer);
        }
    }

    fn bad_select_case(&mut self, clause: &CommClause) {
        let comm = clause.comm.as_ref();
        let span = comm.map_or(clause.span, |comm| comm.span);
        let message = "select case must be send or receive (possibly with assignment)";
        let at = match comm.map(|comm| &comm.kind) {
            Some(StmtKind::Expr(expr)) => self.position(expr),
            _ => span,
        };
        self.report(Diagnostic::error(Code::BadChannel, span, message).reported_at(at.start));
    }

    pub(crate) fn check_single_default(&mut self, first: &mut Option<Span>, span: Span) {
        match *first {
            Some(before) => {
                let place = self.place(before);
                let keyword = Span::new(span.start, span.start + 7);
                self.error(Code::Duplicate, keyword, format!("multiple defaults (first at {place})"));
            }
            None => *first = Some(span),
        }
    }

    /// An operand that is a constant without expression.
    pub(crate) fn constant_operand<'a>(&self, span: Span) -> Operand<'a> {
        let mut x = Operand::value(Basic::Bool.id(), span, "true");
        x.set_const(Basic::Bool.id(), Some(crate::constant::Const::Bool(true)));
        x
    }
}
