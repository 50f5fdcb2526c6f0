//! Finding the nodes of the tree around a place.

use crate::ast::{
    ArrayLen, Block, CaseClause, CommClause, Decl, Expr, ExprKind, Field, File, FuncType, Ident,
    InterfaceElement, Stmt, StmtKind,
};
use golite_source::{Span, Symbol};

/// A part of the tree.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// A declaration, at top level or in a function.
    Decl(&'a Decl),
    /// A statement.
    Stmt(&'a Stmt),
    /// An expression or type.
    Expr(&'a Expr),
    /// A block.
    Block(&'a Block),
    /// A clause of a switch.
    Case(&'a CaseClause),
    /// A clause of a select.
    Comm(&'a CommClause),
}

/// The way from a file to a place.
#[derive(Debug)]
pub struct At<'a> {
    /// The file.
    pub file: &'a File,
    /// From the declaration inwards; each contains the place.
    pub path: Vec<Node<'a>>,
}

impl<'a> Node<'a> {
    /// Its text.
    #[must_use]
    pub fn span(self) -> Span {
        match self {
            Node::Decl(Decl::Const(spec)) => spec.span,
            Node::Decl(Decl::Var(spec)) => spec.span,
            Node::Decl(Decl::Type(spec)) => spec.span,
            Node::Decl(Decl::Func(func)) => func.span,
            Node::Stmt(stmt) => stmt.span,
            Node::Expr(expr) => expr.span,
            Node::Block(block) => block.span,
            Node::Case(clause) => clause.span,
            Node::Comm(clause) => clause.span,
        }
    }

    /// Whether a span is within it.
    #[must_use]
    pub fn contains(self, span: Span) -> bool {
        let own = self.span();
        own.start <= span.start && span.end <= own.end
    }

    /// Whether names declared directly within it end with it.
    fn is_scope(self) -> bool {
        match self {
            Node::Block(_) | Node::Case(_) | Node::Comm(_) => true,
            Node::Stmt(stmt) => matches!(
                stmt.kind,
                StmtKind::If(_)
                    | StmtKind::For(_)
                    | StmtKind::Range(_)
                    | StmtKind::Switch(_)
                    | StmtKind::TypeSwitch(_)
            ),
            Node::Expr(expr) => matches!(expr.kind, ExprKind::FuncLit(_)),
            Node::Decl(decl) => matches!(decl, Decl::Func(_)),
        }
    }

    /// The nodes directly below.
    pub fn children(self, out: &mut Vec<Node<'a>>) {
        match self {
            Node::Decl(decl) => decl_children(decl, out),
            Node::Stmt(stmt) => stmt_children(stmt, out),
            Node::Expr(expr) => expr_children(expr, out),
            Node::Block(block) => out.extend(block.stmts.iter().map(Node::Stmt)),
            Node::Case(clause) => {
                out.extend(clause.exprs.iter().flatten().map(Node::Expr));
                out.extend(clause.body.iter().map(Node::Stmt));
            }
            Node::Comm(clause) => {
                out.extend(clause.comm.iter().map(Node::Stmt));
                out.extend(clause.body.iter().map(Node::Stmt));
            }
        }
    }

    /// Calls a function for this node and all below, in no particular order.
    pub fn each(self, visit: &mut impl FnMut(Node<'a>)) {
        let mut waiting = vec![self];
        while let Some(node) = waiting.pop() {
            visit(node);
            node.children(&mut waiting);
        }
    }
}

fn fields<'a>(fields: &'a [Field], out: &mut Vec<Node<'a>>) {
    out.extend(fields.iter().map(|field| Node::Expr(&field.ty)));
}

fn signature<'a>(ty: &'a FuncType, out: &mut Vec<Node<'a>>) {
    fields(&ty.params, out);
    fields(&ty.results, out);
}

fn decl_children<'a>(decl: &'a Decl, out: &mut Vec<Node<'a>>) {
    match decl {
        Decl::Const(spec) => {
            if !spec.implicit {
                out.extend(spec.ty.iter().map(|ty| Node::Expr(ty)));
                out.extend(spec.values.iter().map(Node::Expr));
            }
        }
        Decl::Var(spec) => out.extend(spec.ty.iter().chain(&spec.values).map(Node::Expr)),
        Decl::Type(spec) => {
            fields(&spec.type_params, out);
            out.push(Node::Expr(&spec.ty));
        }
        Decl::Func(func) => {
            fields(func.receiver.as_deref().unwrap_or_default(), out);
            fields(&func.type_params, out);
            signature(&func.ty, out);
            out.extend(func.body().into_iter().map(Node::Block));
        }
    }
}

fn stmt_children<'a>(stmt: &'a Stmt, out: &mut Vec<Node<'a>>) {
    match &stmt.kind {
        StmtKind::Bad | StmtKind::Empty | StmtKind::Branch(..) => {}
        StmtKind::Expr(expr) | StmtKind::Go(expr) | StmtKind::Defer(expr) | StmtKind::IncDec(expr, ..) => {
            out.push(Node::Expr(expr));
        }
        StmtKind::Send(channel, value) => out.extend([Node::Expr(channel), Node::Expr(value)]),
        StmtKind::Assign(left, right, _) | StmtKind::Define(left, right, _) => {
            out.extend(left.iter().chain(right).map(Node::Expr));
        }
        StmtKind::OpAssign(binary) => out.extend([Node::Expr(&binary.left), Node::Expr(&binary.right)]),
        StmtKind::Decl(decls) => out.extend(decls.iter().map(Node::Decl)),
        StmtKind::Return(values) => out.extend(values.iter().map(Node::Expr)),
        StmtKind::Block(block) => out.push(Node::Block(block)),
        StmtKind::If(stmt) => {
            out.extend(stmt.init.iter().map(Node::Stmt));
            out.push(Node::Expr(&stmt.cond));
            out.push(Node::Block(&stmt.then));
            out.extend(stmt.otherwise.iter().map(Node::Stmt));
        }
        StmtKind::Switch(stmt) => {
            out.extend(stmt.init.iter().map(Node::Stmt));
            out.extend(stmt.tag.iter().map(Node::Expr));
            out.extend(stmt.clauses.iter().map(Node::Case));
        }
        StmtKind::TypeSwitch(stmt) => {
            out.extend(stmt.init.iter().map(Node::Stmt));
            out.push(Node::Expr(&stmt.subject));
            out.extend(stmt.clauses.iter().map(Node::Case));
        }
        StmtKind::Select(clauses) => out.extend(clauses.iter().map(Node::Comm)),
        StmtKind::For(stmt) => {
            out.extend(stmt.init.iter().chain(&stmt.post).map(Node::Stmt));
            out.extend(stmt.cond.iter().map(Node::Expr));
            out.push(Node::Block(&stmt.body));
        }
        StmtKind::Range(stmt) => {
            out.extend(stmt.key.iter().chain(&stmt.value).chain(&stmt.extra).map(Node::Expr));
            out.push(Node::Expr(&stmt.subject));
            out.push(Node::Block(&stmt.body));
        }
        StmtKind::Labeled(_, inner) => out.push(Node::Stmt(inner)),
    }
}

fn expr_children<'a>(expr: &'a Expr, out: &mut Vec<Node<'a>>) {
    match &expr.kind {
        ExprKind::Bad | ExprKind::Ident(_) | ExprKind::BasicLit(_) => {}
        ExprKind::FuncLit(lit) => {
            signature(&lit.ty, out);
            out.push(Node::Block(&lit.body));
        }
        ExprKind::CompositeLit(lit) => {
            out.extend(lit.ty.iter().map(|ty| Node::Expr(ty)));
            out.extend(lit.elements.iter().map(Node::Expr));
        }
        ExprKind::Paren(inner)
        | ExprKind::Selector(inner, _)
        | ExprKind::Star(inner)
        | ExprKind::Unary(_, inner)
        | ExprKind::Chan(_, inner)
        | ExprKind::Ellipsis(inner) => out.push(Node::Expr(inner)),
        ExprKind::Index(base, args) => {
            out.push(Node::Expr(base));
            out.extend(args.iter().map(Node::Expr));
        }
        ExprKind::Slice(slice) => {
            out.push(Node::Expr(&slice.base));
            out.extend(slice.lo.iter().chain(&slice.hi).chain(&slice.max).map(Node::Expr));
        }
        ExprKind::TypeAssert(base, ty) => {
            out.push(Node::Expr(base));
            out.extend(ty.iter().map(|ty| Node::Expr(ty)));
        }
        ExprKind::Call(call) => {
            out.push(Node::Expr(&call.func));
            out.extend(call.args.iter().map(Node::Expr));
        }
        ExprKind::Binary(binary) => out.extend([Node::Expr(&binary.left), Node::Expr(&binary.right)]),
        ExprKind::KeyValue(key, value) | ExprKind::Map(key, value) => {
            out.extend([Node::Expr(key), Node::Expr(value)]);
        }
        ExprKind::Array(len, elem) => {
            if let ArrayLen::Len(len) = len {
                out.push(Node::Expr(len));
            }
            out.push(Node::Expr(elem));
        }
        ExprKind::Struct(ty) => out.extend(ty.fields.iter().map(|field| Node::Expr(&field.ty))),
        ExprKind::Func(ty) => signature(ty, out),
        ExprKind::Interface(ty) => {
            for element in &ty.elements {
                match element {
                    InterfaceElement::Method(_, ty) => signature(ty, out),
                    InterfaceElement::Embedded(expr) => out.push(Node::Expr(expr)),
                }
            }
        }
    }
}

impl<'a> At<'a> {
    /// The way to a place in one of the files.
    #[must_use]
    pub fn new(files: &'a [File], place: Span) -> Option<At<'a>> {
        let inside = |span: Span| span.start <= place.start && place.end <= span.end;
        let file = files.iter().find(|file| inside(file.span))?;
        let mut path = Vec::new();
        // The statements of a script are around its declarations.
        let script = file.script.as_ref().and_then(|script| script.main.as_ref()?.body.as_ref());
        let mut next: Vec<Node<'a>> =
            script.map(Node::Block).into_iter().chain(file.decls.iter().map(Node::Decl)).collect();
        while let Some(node) = next.iter().rev().copied().find(|node| node.contains(place)) {
            path.push(node);
            next.clear();
            node.children(&mut next);
        }
        Some(At { file, path })
    }

    /// The innermost node of all.
    #[must_use]
    pub fn last(&self) -> Option<Node<'a>> {
        self.path.last().copied()
    }

    /// The expression with exactly a span, the outermost such, and what is around it, from the inside.
    #[must_use]
    pub fn expr_at(&self, span: Span) -> Option<(&'a Expr, Around<'_, 'a>)> {
        let exact = self.path.iter().position(|node| match node {
            Node::Expr(expr) => expr.span == span,
            _ => false,
        });
        // Errors about slice expressions and function types begin behind their start.
        let found = exact.or_else(|| {
            self.path.iter().rposition(|node| match node {
                Node::Expr(expr) => {
                    expr.span.end == span.end && matches!(expr.kind, ExprKind::Slice(_) | ExprKind::Func(_))
                }
                _ => false,
            })
        })?;
        let Node::Expr(expr) = self.path[found] else { return None };
        Some((expr, Around { nodes: &self.path[..found] }))
    }

    /// The declared function around, if there is one.
    #[must_use]
    pub fn func_decl(&self) -> Option<Node<'a>> {
        self.path.first().copied().filter(|node| matches!(node, Node::Decl(Decl::Func(_))))
    }

    /// Signature and body of the innermost function around.
    #[must_use]
    pub fn function(&self) -> Option<(&'a FuncType, &'a Block)> {
        self.path.iter().rev().find_map(|node| match node {
            Node::Expr(Expr { kind: ExprKind::FuncLit(lit), .. }) => Some((&lit.ty, &lit.body)),
            Node::Decl(Decl::Func(func)) => Some((&func.ty, func.body()?)),
            _ => None,
        })
    }

    /// The statements around, the innermost first, each with whether it stands in a list of
    /// statements.
    pub fn statements(&self) -> impl Iterator<Item = (&'a Stmt, bool)> {
        self.path.iter().enumerate().rev().filter_map(|(at, node)| match node {
            Node::Stmt(stmt) => {
                let listed = at.checked_sub(1).map(|at| match self.path[at] {
                    Node::Block(_) => true,
                    Node::Case(clause) => clause.body.iter().any(|other| std::ptr::eq(other, *stmt)),
                    Node::Comm(clause) => clause.body.iter().any(|other| std::ptr::eq(other, *stmt)),
                    Node::Decl(_) | Node::Stmt(_) | Node::Expr(_) => false,
                });
                Some((*stmt, listed == Some(true)))
            }
            _ => None,
        })
    }

    /// The innermost node with names of its own around a place in the same declaration.
    #[must_use]
    pub fn scope_of(&self, declared: Span) -> Option<Node<'a>> {
        let top = self.path.first().copied()?;
        let mut node = top;
        let mut scope = top;
        let mut next = Vec::new();
        loop {
            next.clear();
            node.children(&mut next);
            match next.iter().copied().find(|child| child.contains(declared)) {
                Some(child) => node = child,
                None => return Some(scope),
            }
            if node.is_scope() {
                scope = node;
            }
        }
    }
}

/// What is around an expression, from the outside.
#[derive(Clone, Copy, Debug)]
pub struct Around<'p, 'a> {
    /// The nodes, the innermost last.
    pub nodes: &'p [Node<'a>],
}

impl<'a> Around<'_, 'a> {
    /// The node around, past parentheses.
    #[must_use]
    pub fn parent(self) -> Option<Node<'a>> {
        self.nodes
            .iter()
            .rev()
            .copied()
            .find(|node| !matches!(node, Node::Expr(Expr { kind: ExprKind::Paren(_), .. })))
    }
}

/// The identifiers with a name below a node.
#[must_use]
pub fn uses_of(node: Node<'_>, name: Symbol) -> Vec<Ident> {
    let mut found = Vec::new();
    node.each(&mut |node| {
        if let Node::Expr(expr) = node
            && let Some(ident) = expr.as_ident()
            && ident.name == name
        {
            found.push(ident);
        }
    });
    found.sort_by_key(|ident| ident.span.start);
    found
}
