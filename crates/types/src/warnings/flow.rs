//! Statements that are never reached, recursion without end, loops whose variables change under
//! closures.

use golite_diag::{Code, Diagnostic};
use golite_source::Span;
use golite_syntax::ast::{
    BinaryOp, Block, BranchKind, Decl, Expr, ExprKind, FuncDecl, Stmt, StmtKind, UnaryOp,
};
use golite_syntax::walk::Node;

use super::head;
use crate::check::Checker;
use crate::object::ObjId;

impl Checker {
    pub(super) fn warn_unreachable(&mut self, stmts: &[Stmt], found: &mut Vec<Diagnostic>) {
        let real: Vec<&Stmt> = stmts.iter().filter(|stmt| !matches!(stmt.kind, StmtKind::Empty)).collect();
        for pair in real.windows(2) {
            let [before, after] = pair else { continue };
            let ends = match &before.kind {
                StmtKind::Branch(kind, _) => *kind != BranchKind::Fallthrough,
                _ => self.ends_flow(before),
            };
            // A label can be jumped to; declarations do nothing; `return` and `panic` are put there to
            // say that control cannot come so far.
            let guard = match &after.kind {
                StmtKind::Labeled(..) | StmtKind::Decl(_) | StmtKind::Return(_) => true,
                StmtKind::Expr(_) => self.ends_flow(after),
                _ => false,
            };
            if !ends || guard {
                continue;
            }
            let mut warning =
                Diagnostic::warning(Code::Unreachable, first_line(self, after.span), "unreachable code");
            warning.about("this is never run");
            warning.also(first_line(self, before.span), "nothing goes on after this");
            found.push(warning);
            return;
        }
    }

    // ---- recursion

    /// A function that calls itself before anything could end it.
    pub(super) fn warn_recursion(&mut self, func: &FuncDecl, body: &Block, found: &mut Vec<Diagnostic>) {
        let Some(own) = self.info.object(func.name.id) else { return };
        for stmt in &body.stmts {
            let exprs: Vec<&Expr> = match &stmt.kind {
                StmtKind::Expr(expr) | StmtKind::IncDec(expr, ..) => vec![expr],
                StmtKind::Assign(left, right, _) | StmtKind::Define(left, right, _) => {
                    left.iter().chain(right).collect()
                }
                StmtKind::OpAssign(binary) => vec![&binary.left, &binary.right],
                StmtKind::Return(values) => values.iter().collect(),
                StmtKind::Decl(decls) => decls
                    .iter()
                    .flat_map(|decl| match decl {
                        Decl::Var(spec) => spec.values.iter().collect(),
                        _ => Vec::new(),
                    })
                    .collect(),
                StmtKind::Empty => continue,
                _ => return,
            };
            for expr in exprs {
                match self.first_call(expr, own, func.receiver.is_some()) {
                    Ok(Some(call)) => {
                        let name = self.owned_name(func.name.name);
                        let message = format!("{name} calls itself without end");
                        let mut warning = Diagnostic::warning(Code::EndlessRecursion, call, message);
                        warning.about("every call comes here");
                        warning.also(head(func), "nothing ends the recursion before");
                        found.push(warning);
                        return;
                    }
                    Ok(None) => {}
                    // Something else is called, which may end the program.
                    Err(()) => return,
                }
            }
            if matches!(stmt.kind, StmtKind::Return(_)) {
                return;
            }
        }
    }

    /// The first call of a function in an expression that is always made.
    ///
    /// # Errors
    /// When another call comes before.
    fn first_call(&self, expr: &Expr, own: ObjId, method: bool) -> Result<Option<Span>, ()> {
        match &expr.kind {
            ExprKind::Paren(inner) | ExprKind::Star(inner) | ExprKind::Selector(inner, _) => {
                self.first_call(inner, own, method)
            }
            ExprKind::Unary(UnaryOp::Recv, _) => Err(()),
            ExprKind::Unary(_, inner) => self.first_call(inner, own, method),
            ExprKind::Binary(binary) => match self.first_call(&binary.left, own, method)? {
                Some(call) => Ok(Some(call)),
                None if matches!(binary.op, BinaryOp::LogAnd | BinaryOp::LogOr) => Ok(None),
                None => self.first_call(&binary.right, own, method),
            },
            ExprKind::Call(call) => {
                for arg in &call.args {
                    if let Some(call) = self.first_call(arg, own, method)? {
                        return Ok(Some(call));
                    }
                }
                let called = match &call.func.unparen().kind {
                    ExprKind::Ident(_) => self.info.object(call.func.unparen().id),
                    // Another receiver may lead elsewhere only through an interface, which has no object.
                    ExprKind::Selector(_, name) if method => self.info.object(name.id),
                    _ => None,
                };
                if called == Some(own) {
                    return Ok(Some(expr.span));
                }
                let harmless = matches!(self.info.fact(call.func.id).mode, crate::info::Mode::Type)
                    || self
                        .std_func(call)
                        .is_some_and(|(path, _)| path == "fmt" || path == "strings" || path == "math");
                if harmless { Ok(None) } else { Err(()) }
            }
            ExprKind::Index(base, args) => {
                for part in std::iter::once(&**base).chain(args) {
                    if let Some(call) = self.first_call(part, own, method)? {
                        return Ok(Some(call));
                    }
                }
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    // ---- loops

    /// Closures that outlive the iteration and use a variable that the loop goes on to change.
    pub(super) fn warn_loop(&mut self, stmt: &Stmt, found: &mut Vec<Diagnostic>) {
        let (mut changed, body): (Vec<ObjId>, &Block) = match &stmt.kind {
            StmtKind::For(stmt) => {
                let post = match stmt.post.as_ref().map(|post| &post.kind) {
                    Some(StmtKind::IncDec(expr, ..)) => self.variable(expr),
                    Some(StmtKind::OpAssign(binary)) => self.variable(&binary.left),
                    Some(StmtKind::Assign(left, ..)) => left.first().and_then(|left| self.variable(left)),
                    _ => None,
                };
                (post.into_iter().collect(), &stmt.body)
            }
            StmtKind::Range(range) if !range.define => (
                range.key.iter().chain(&range.value).filter_map(|expr| self.variable(expr)).collect(),
                &range.body,
            ),
            _ => return,
        };
        // Variables that the loop declares are new in each iteration.
        changed.retain(|obj| {
            let span = self.object(*obj).span;
            !(stmt.span.start <= span.start && span.end <= stmt.span.end)
        });
        if changed.is_empty() || self.waits_in(body) {
            return;
        }
        for inner in &body.stmts {
            let literal = match &inner.kind {
                StmtKind::Go(Expr { kind: ExprKind::Call(call), .. })
                | StmtKind::Defer(Expr { kind: ExprKind::Call(call), .. }) => Some(&*call.func),
                StmtKind::Assign(_, right, _) => match right.as_slice() {
                    [Expr { kind: ExprKind::Call(call), .. }] if self.text(call.func.span) == "append" => {
                        call.args.last()
                    }
                    _ => None,
                },
                _ => None,
            };
            let Some(literal) = literal.filter(|literal| matches!(literal.kind, ExprKind::FuncLit(_))) else {
                continue;
            };
            let mut used: Option<(Span, ObjId)> = None;
            Node::Expr(literal).each(&mut |node| {
                if let Node::Expr(expr) = node
                    && let Some(obj) = self.variable(expr)
                    && changed.contains(&obj)
                    && used.is_none_or(|(span, _)| expr.span.start < span.start)
                {
                    used = Some((expr.span, obj));
                }
            });
            let Some((span, obj)) = used else { continue };
            let (name, declared) = (self.owned_name(self.object(obj).name), self.object(obj).span);
            let message = format!("loop variable {name} captured by func literal");
            let mut warning = Diagnostic::warning(Code::LoopCapture, span, message);
            warning.about(format!("runs after the loop has changed {name}"));
            warning.also(declared, format!("one {name} for all iterations"));
            if let StmtKind::For(stmt) = &stmt.kind
                && let Some(Stmt { kind: StmtKind::Assign(left, ..), .. }) = &stmt.init
                && left.len() == 1
            {
                warning.help(format!(
                    "declare it in the loop: for {name} := … has a new {name} in each iteration"
                ));
            }
            found.push(warning);
            return;
        }
    }

    /// Whether a block waits for something itself, maybe for what it has started.
    fn waits_in(&self, body: &Block) -> bool {
        let mut waits = false;
        let mut waiting: Vec<Node<'_>> = body.stmts.iter().map(Node::Stmt).collect();
        while let Some(node) = waiting.pop() {
            match node {
                Node::Expr(Expr { kind: ExprKind::FuncLit(_), .. }) => continue,
                Node::Expr(Expr { kind: ExprKind::Unary(UnaryOp::Recv, _), .. }) => waits = true,
                Node::Expr(Expr { kind: ExprKind::Selector(_, name), .. }) => {
                    waits |= matches!(self.name(name.name), "Wait" | "Lock" | "Gosched" | "Sleep");
                }
                Node::Stmt(Stmt { kind: StmtKind::Select(_) | StmtKind::Send(..), .. }) => waits = true,
                _ => {}
            }
            node.children(&mut waiting);
        }
        waits
    }
}

fn first_line(checker: &Checker, span: Span) -> Span {
    let text = checker.text(span);
    let line = text.find('\n').unwrap_or(text.len());
    Span::new(span.start, span.start + line as u32)
}
