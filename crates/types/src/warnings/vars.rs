//! Local variables: what is certain from all their uses in one function.

use golite_diag::{Code, Diagnostic};
use golite_source::Span;
use golite_syntax::ast::{Block, Decl, Expr, ExprKind, FuncDecl, Stmt, StmtKind, UnaryOp};
use golite_syntax::walk::{Node, uses_of};

use crate::check::Checker;
use crate::object::{Builtin, ObjId, ObjKind};
use crate::ty::{Type, TypeId};

/// A local variable that is declared without a value, or with one.
struct Local<'a> {
    obj: ObjId,
    ty: TypeId,
    span: Span,
    value: Option<&'a Expr>,
}

impl Checker {
    pub(super) fn warn_self_assignment(&mut self, stmt: &Stmt, found: &mut Vec<Diagnostic>) {
        let StmtKind::Assign(left, right, _) = &stmt.kind else { return };
        for (left, right) in left.iter().zip(right) {
            if self.same_place(left, right) {
                let text = self.expr_text(left);
                let message = format!("self-assignment of {text} to {text}");
                let mut warning = Diagnostic::warning(Code::SelfAssignment, right.span, message);
                warning.about("this changes nothing");
                found.push(warning);
            }
        }
    }

    /// Whether two expressions are the same variable or field, and reading them does nothing else.
    fn same_place(&self, a: &Expr, b: &Expr) -> bool {
        match (&a.unparen().kind, &b.unparen().kind) {
            (ExprKind::Ident(_), ExprKind::Ident(_)) => {
                self.variable(a).is_some() && self.variable(a) == self.variable(b)
            }
            (ExprKind::Selector(x, name), ExprKind::Selector(y, other)) => {
                name.name == other.name && self.same_place(x, y)
            }
            _ => false,
        }
    }

    pub(super) fn warn_local_variables(
        &mut self,
        func: &FuncDecl,
        body: &Block,
        found: &mut Vec<Diagnostic>,
    ) {
        let top = Node::Block(body);
        let mut locals: Vec<Local<'_>> = Vec::new();
        top.each(&mut |node| {
            let Node::Stmt(stmt) = node else { return };
            match &stmt.kind {
                StmtKind::Decl(decls) => {
                    for decl in decls {
                        let Decl::Var(spec) = decl else { continue };
                        for (i, name) in spec.names.iter().enumerate() {
                            if let Some(obj) = self.info.object(name.id)
                                && (spec.values.is_empty() || spec.values.len() == spec.names.len())
                            {
                                let value = spec.values.get(i);
                                locals.push(Local { obj, ty: self.object(obj).ty, span: name.span, value });
                            }
                        }
                    }
                }
                StmtKind::Define(left, right, _) if left.len() == right.len() => {
                    for (name, value) in left.iter().zip(right) {
                        if let Some(obj) = name.as_ident().and_then(|ident| self.info.object(ident.id))
                            && self.object(obj).span == name.span
                        {
                            let ty = self.object(obj).ty;
                            locals.push(Local { obj, ty, span: name.span, value: Some(value) });
                        }
                    }
                }
                _ => {}
            }
        });
        for local in &locals {
            match self.types.under(local.ty) {
                Type::Map(..) if local.value.is_none() => self.warn_nil_map(top, local, found),
                Type::Pointer(_) if local.value.is_none() => self.warn_nil_in_interface(top, local, found),
                Type::Chan(..) => self.warn_lonely_channel(body, local, found),
                Type::Interface(_) if local.value.is_none() => self.warn_shadowed(func, top, local, found),
                _ => {}
            }
        }
    }

    /// Whether a variable keeps the value that it has by its declaration.
    fn never_set(&self, obj: ObjId) -> bool {
        let facts = self.var_facts(obj);
        !facts.assigned && !facts.addressed
    }

    fn uses(&self, top: Node<'_>, obj: ObjId) -> Vec<Span> {
        let name = self.object(obj).name;
        uses_of(top, name)
            .into_iter()
            .filter(|ident| self.info.object(ident.id) == Some(obj) && ident.span != self.object(obj).span)
            .map(|ident| ident.span)
            .collect()
    }

    /// `var m map[K]V; m[k] = v`
    fn warn_nil_map(&mut self, top: Node<'_>, local: &Local<'_>, found: &mut Vec<Diagnostic>) {
        if !self.never_set(local.obj) {
            return;
        }
        let mut written: Option<Span> = None;
        top.each(&mut |node| {
            let Node::Stmt(stmt) = node else { return };
            let places: &[Expr] = match &stmt.kind {
                StmtKind::Assign(left, ..) => left,
                StmtKind::IncDec(expr, ..) => std::slice::from_ref(expr),
                _ => return,
            };
            for place in places {
                if let ExprKind::Index(base, _) = &place.unparen().kind
                    && self.variable(base) == Some(local.obj)
                    && written.is_none_or(|span| base.span.start < span.start)
                {
                    written = Some(base.span);
                }
            }
        });
        let Some(span) = written else { return };
        let (name, shown) =
            (self.owned_name(self.object(local.obj).name), self.show_in(local.ty, self.env.pkg));
        let message = format!("assignment to entry in nil map {name}");
        let mut warning = Diagnostic::warning(Code::NilMapWrite, span, message);
        warning.about(format!("{name} is nil: this panics"));
        warning.also(local.span, "declared here, and never made");
        warning.help(format!("make it: {name} := {shown}{{}}"));
        found.push(warning);
    }

    /// `var e *E; return e` where the result is an interface.
    fn warn_nil_in_interface(&mut self, top: Node<'_>, local: &Local<'_>, found: &mut Vec<Diagnostic>) {
        if !self.never_set(local.obj) {
            return;
        }
        let mut returned: Vec<Span> = Vec::new();
        let mut waiting = vec![top];
        while let Some(node) = waiting.pop() {
            if matches!(node, Node::Expr(Expr { kind: ExprKind::FuncLit(_), .. })) {
                continue;
            }
            if let Node::Stmt(Stmt { kind: StmtKind::Return(values), .. }) = node {
                returned.extend(
                    values
                        .iter()
                        .filter(|value| self.variable(value) == Some(local.obj))
                        .map(|value| value.span),
                );
            }
            node.children(&mut waiting);
        }
        returned.sort_by_key(|span| span.start);
        let Some(span) = returned.first().copied() else { return };
        // The result it becomes: an interface is never nil with a pointer in it.
        let Some(result) = self.result_at(top, span) else { return };
        if !self.is_interface_type(result) {
            return;
        }
        let (shown, result) = (self.show(local.ty), self.show(result));
        let message = format!("this {result} is not nil: it holds a nil {shown}");
        let mut warning = Diagnostic::warning(Code::NilInInterface, span, message);
        warning.about(format!("not nil, with a nil {shown} in it"));
        warning.also(local.span, "nil from here on");
        warning.help("return nil");
        found.push(warning);
    }

    /// The type of the result that a returned value becomes, in the function that has a body.
    fn result_at(&self, body: Node<'_>, value: Span) -> Option<TypeId> {
        let func = self.objects.iter().find_map(|object| match &object.decl {
            crate::object::DeclRef::Func(decl) if decl.body().map(|body| body.span) == Some(body.span()) => {
                Some(decl.clone())
            }
            _ => None,
        })?;
        let mut index = None;
        body.each(&mut |node| {
            if let Node::Stmt(Stmt { kind: StmtKind::Return(values), .. }) = node
                && let Some(at) = values.iter().position(|other| other.span == value)
            {
                index = Some(at);
            }
        });
        let field = func.ty.results.get(index?)?;
        Some(self.info.fact(field.ty.id).ty)
    }

    /// An unbuffered channel that only this function sees, and none of the functions in it.
    fn warn_lonely_channel(&mut self, body: &Block, local: &Local<'_>, found: &mut Vec<Diagnostic>) {
        let Some(Expr { kind: ExprKind::Call(call), .. }) = local.value else { return };
        let is_make = call
            .func
            .as_ident()
            .and_then(|ident| self.info.object(ident.id))
            .is_some_and(|obj| matches!(self.object(obj).kind, ObjKind::Builtin(Builtin::Make)));
        if !is_make || call.args.len() != 1 || !self.never_set(local.obj) {
            return;
        }
        // Uses other than sending and receiving hand it to somebody else, or may.
        let mut plain: Vec<Span> = Vec::new();
        let mut others: Vec<Node<'_>> = Vec::new();
        Node::Block(body).each(&mut |node| match node {
            Node::Stmt(Stmt { kind: StmtKind::Send(channel, _), .. }) => plain.push(channel.span),
            Node::Stmt(Stmt { kind: StmtKind::Go(_), .. }) | Node::Comm(_) => others.push(node),
            Node::Expr(Expr { kind: ExprKind::Unary(UnaryOp::Recv, channel), .. }) => {
                plain.push(channel.span)
            }
            Node::Expr(Expr { kind: ExprKind::FuncLit(_), .. }) => others.push(node),
            _ => {}
        });
        let uses = self.uses(Node::Block(body), local.obj);
        let elsewhere = |span: &Span| others.iter().any(|node| node.contains(*span));
        if uses.iter().any(|span| !plain.contains(span) || elsewhere(span)) {
            return;
        }
        // The first use is a statement of the function itself, so that it is certainly reached.
        let first = body.stmts.iter().find(|stmt| {
            stmt.span.start > local.span.start && uses.iter().any(|span| Node::Stmt(stmt).contains(*span))
        });
        let Some(stmt) = first else { return };
        let before = body.stmts.iter().take_while(|other| other.span.start < stmt.span.start);
        let leaves = before.into_iter().any(|other| {
            let mut ends = false;
            Node::Stmt(other).each(&mut |node| {
                ends |=
                    matches!(node, Node::Stmt(Stmt { kind: StmtKind::Return(_) | StmtKind::Branch(..), .. }))
            });
            ends
        });
        let certain = matches!(
            stmt.kind,
            StmtKind::Send(..) | StmtKind::Expr(_) | StmtKind::Define(..) | StmtKind::Assign(..)
        );
        if leaves || !certain {
            return;
        }
        let name = self.owned_name(self.object(local.obj).name);
        let message = format!("channel {name} is used by one goroutine only: this waits for ever");
        let mut warning = Diagnostic::warning(Code::LonelyChannel, stmt.span, message);
        warning.about("nobody is on the other side");
        warning.also(
            call.func.span.to(Span::new(call.rparen.end, call.rparen.end)),
            "without a buffer, both sides must meet",
        );
        warning.help("start a goroutine for the other side, or give it a buffer: make(chan T, 1)");
        found.push(warning);
    }

    /// `var err error` that is never set because inner `:=` declare others, and is returned.
    fn warn_shadowed(
        &mut self,
        func: &FuncDecl,
        top: Node<'_>,
        local: &Local<'_>,
        found: &mut Vec<Diagnostic>,
    ) {
        if !self.never_set(local.obj) || self.show(local.ty) != "error" {
            return;
        }
        let uses = self.uses(top, local.obj);
        let name = self.object(local.obj).name;
        let hiding = self.objects.iter().find(|object| {
            object.name == name
                && object.decl_is_local()
                && object.span.start > local.span.start
                && func.span.start <= object.span.start
                && object.span.end <= func.span.end
                && object.ty == local.ty
                && matches!(object.kind, ObjKind::Var(facts) if !facts.param && !facts.field)
        });
        let (Some(hiding), Some(read)) = (hiding.map(|object| object.span), uses.last().copied()) else {
            return;
        };
        if read.start < hiding.start {
            return;
        }
        let text = self.owned_name(name);
        let line = self.line_number(read);
        let message = format!("this {text} hides another, which is never set and used in line {line}");
        let mut warning = Diagnostic::warning(Code::ShadowedError, hiding, message);
        warning.about(format!("this := makes a new {text}"));
        warning.also(local.span, format!("this {text} stays nil"));
        warning.also(read, "and is used here");
        warning.help(format!("assign to the outer {text} with ="));
        found.push(warning);
    }
}
