//! The actions of the grammar: making nodes, and the decisions that need more than one token.

use std::sync::Arc;

use golite_diag::Diagnostic;
use golite_source::{Interner, Span, Symbol, sym};
use golite_syntax::ast::*;
use golite_syntax::literal;

use crate::recover::is_value;

/// A function's or composite's parameter as parsed: a type, or a name (perhaps a type after all) and
/// a type.
#[derive(Debug)]
pub enum Entry {
    /// A name or a type.
    Plain(Expr),
    /// A name and a type.
    Named(Expr, Expr),
}

/// A type parameter as parsed.
#[derive(Debug)]
pub struct TypeParamEntry {
    /// The name, if a constraint follows it.
    pub name: Option<Expr>,
    /// The constraint, or what stands alone.
    pub ty: Expr,
}

/// What stands between the keyword of a control statement and its body.
#[derive(Debug, Default)]
pub struct Header {
    /// The statement before the first semicolon.
    pub init: Option<Stmt>,
    /// The condition or tag.
    pub last: Option<Stmt>,
    /// The statement after it.
    pub post: Option<Stmt>,
    /// A range clause.
    pub range: Option<RangeHeader>,
}

/// `x, y := range z`
#[derive(Debug)]
pub struct RangeHeader {
    vars: Vec<Expr>,
    define: bool,
    range: Span,
    subject: Expr,
}

/// What the grammar returns.
#[derive(Debug)]
pub enum Parsed {
    /// A package clause.
    Package(Ident),
    /// Imports.
    Import(Vec<Arc<ImportSpec>>),
    /// Other declarations.
    Decls(Vec<Decl>),
    /// A list of statements.
    Stmts(Vec<Stmt>),
    /// An expression.
    Expr(Expr),
}

/// What the actions know and make.
#[derive(Debug)]
pub struct Ctx<'s, 'c> {
    /// The file's text.
    pub text: &'s str,
    /// The global offset of its first byte.
    pub base: u32,
    /// The names of the session.
    pub names: &'c mut Interner,
    /// The next free expression id of the session.
    pub next_id: &'c mut u32,
    /// What is wrong.
    pub errors: &'c mut Vec<Diagnostic>,
    /// The grammar is more generous than the language somewhere: what it accepted is wrong.
    pub refused: bool,
    /// Offsets of the literals that the lexer found malformed, in order.
    pub bad_literals: Arc<[u32]>,
}

impl Ctx<'_, '_> {
    fn new_id(&mut self) -> ExprId {
        let id = ExprId(*self.next_id);
        *self.next_id += 1;
        id
    }

    /// Refuses what the grammar accepted; [`crate::recover`] finds the words.
    fn refuse(&mut self) {
        self.refused = true;
    }

    pub(crate) fn span(&self, l: u32, r: u32) -> Span {
        Span::new(self.base + l, self.base + r.max(l))
    }

    fn source(&self, span: Span) -> &str {
        let range = (span.start - self.base) as usize..(span.end - self.base) as usize;
        self.text.get(range).unwrap_or_default()
    }

    pub(crate) fn ident(&mut self, l: u32, r: u32) -> Ident {
        let name = self.names.intern(&self.text[l as usize..r as usize]);
        Ident { name, span: self.span(l, r), id: self.new_id() }
    }

    /// The name `_` for one that is missing.
    pub(crate) fn blank(&mut self, at: u32) -> Ident {
        Ident { name: sym::BLANK, span: self.span(at, at), id: self.new_id() }
    }

    pub(crate) fn dot(&mut self, l: u32, r: u32) -> Ident {
        Ident { name: sym::DOT, span: self.span(l, r), id: self.new_id() }
    }

    pub(crate) fn name(&mut self, ident: Ident) -> Expr {
        Expr { id: ident.id, span: ident.span, kind: ExprKind::Ident(ident.name) }
    }

    pub(crate) fn expr(&mut self, l: u32, kind: ExprKind, r: u32) -> Expr {
        let span = self.span(l, r);
        self.make(span, kind)
    }

    pub(crate) fn literal(&mut self, l: u32, kind: LitKind, r: u32) -> Expr {
        let bad = self.is_bad(l);
        self.expr(l, if bad { ExprKind::Bad } else { ExprKind::BasicLit(kind) }, r)
    }

    fn is_bad(&self, literal: u32) -> bool {
        self.bad_literals.binary_search(&literal).is_ok()
    }

    fn make(&mut self, span: Span, kind: ExprKind) -> Expr {
        Expr { id: self.new_id(), span, kind }
    }

    pub(crate) fn selector(&mut self, base: Expr, name: Ident) -> Expr {
        self.make(base.span.to(name.span), ExprKind::Selector(Box::new(base), name))
    }

    pub(crate) fn index(&mut self, base: Expr, args: Vec<Expr>, r: u32) -> Expr {
        // An index stands alone; only type arguments may be several.
        if args.iter().skip(1).any(is_value) {
            self.refuse();
        }
        let span = Span::new(base.span.start, self.base + r);
        self.make(span, ExprKind::Index(Box::new(base), args))
    }

    pub(crate) fn array(&mut self, l: u32, len: ArrayLen, elem: Expr, r: u32) -> Expr {
        self.expr(l, ExprKind::Array(len, Box::new(elem)), r)
    }

    pub(crate) fn array_of_list(&mut self, l: u32, mut list: Vec<Expr>, elem: Expr, r: u32) -> Expr {
        if list.len() > 1 {
            self.refuse();
        }
        let len = list.swap_remove(0);
        self.array(l, ArrayLen::Len(Box::new(len)), elem, r)
    }

    pub(crate) fn call(&mut self, func: Expr, args: (Vec<Expr>, Option<Span>), pl: u32, r: u32) -> Expr {
        let span = Span::new(func.span.start, self.base + r);
        let rparen = self.span(pl, r);
        let (args, ellipsis) = args;
        self.make(span, ExprKind::Call(CallExpr { func: Box::new(func), args, ellipsis, rparen }))
    }

    pub(crate) fn slice(
        &mut self,
        base: Expr,
        lo: Option<Expr>,
        hi: Option<Expr>,
        max: Option<Expr>,
        three: bool,
        r: u32,
    ) -> Expr {
        let span = Span::new(base.span.start, self.base + r);
        if three && (hi.is_none() || max.is_none()) {
            self.refuse();
        }
        self.make(span, ExprKind::Slice(Box::new(SliceExpr { base, lo, hi, max, three })))
    }

    pub(crate) fn assertion(&mut self, x: Expr, ty: Option<Expr>, r: u32) -> Expr {
        let span = Span::new(x.span.start, self.base + r);
        self.make(span, ExprKind::TypeAssert(Box::new(x), ty.map(Box::new)))
    }

    pub(crate) fn composite(&mut self, ty: Expr, value: (Vec<Expr>, u32, u32, u32)) -> Expr {
        let (elements, _, pl, r) = value;
        // `x[1] {` is an element before a block.
        if matches!(ty.kind, ExprKind::Index(..)) && is_value(&ty) {
            self.refuse();
        }
        let span = Span::new(ty.span.start, self.base + r);
        let rbrace = self.span(pl, r);
        self.make(span, ExprKind::CompositeLit(CompositeLit { ty: Some(Box::new(ty)), elements, rbrace }))
    }

    pub(crate) fn untyped_composite(&mut self, value: (Vec<Expr>, u32, u32, u32)) -> Expr {
        let (elements, l, pl, r) = value;
        let rbrace = self.span(pl, r);
        self.expr(l, ExprKind::CompositeLit(CompositeLit { ty: None, elements, rbrace }), r)
    }

    pub(crate) fn key_value(&mut self, key: Expr, value: Expr) -> Expr {
        self.make(key.span.to(value.span), ExprKind::KeyValue(Box::new(key), Box::new(value)))
    }

    /// `<-x`: a receive, or, before a channel type, part of that type.
    pub(crate) fn receive(&mut self, l: u32, x: Expr, r: u32) -> Expr {
        let span = self.span(l, r);
        self.receive_at(span, x)
    }

    fn receive_at(&mut self, span: Span, x: Expr) -> Expr {
        let kind = match x.kind {
            ExprKind::Chan(ChanDir::Both, elem) => ExprKind::Chan(ChanDir::Recv, elem),
            // `<-chan<- T` is `<-chan (<-T)`.
            ExprKind::Chan(ChanDir::Send, elem) => {
                if matches!(elem.kind, ExprKind::Chan(..)) {
                    let inner = self.receive_at(elem.span, *elem);
                    ExprKind::Chan(ChanDir::Recv, Box::new(inner))
                } else {
                    self.refuse();
                    ExprKind::Bad
                }
            }
            kind => ExprKind::Unary(UnaryOp::Recv, Box::new(Expr { kind, ..x })),
        };
        self.make(span, kind)
    }

    pub(crate) fn binary(&mut self, left: Expr, op: BinaryOp, ol: u32, or: u32, right: Expr) -> Expr {
        let op_span = self.span(ol, or);
        self.join(left, op, op_span, right)
    }

    fn join(&mut self, left: Expr, op: BinaryOp, op_span: Span, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let binary = BinaryExpr { op, op_span, left: Box::new(left), right: Box::new(right) };
        self.make(span, ExprKind::Binary(binary))
    }

    /// Applies the precedences to a flat chain. Spec: Operator precedence.
    pub(crate) fn resolve(&mut self, chain: (Expr, Vec<(BinaryOp, Span, Expr)>)) -> Expr {
        let (first, rest) = chain;
        let mut operands = vec![first];
        let mut operators: Vec<(BinaryOp, Span)> = Vec::new();
        for (op, span, right) in rest {
            while let Some((top, top_span)) = operators.last().copied()
                && precedence(top) >= precedence(op)
            {
                operators.pop();
                self.reduce(&mut operands, top, top_span);
            }
            operators.push((op, span));
            operands.push(right);
        }
        while let Some((op, span)) = operators.pop() {
            self.reduce(&mut operands, op, span);
        }
        operands.pop().expect("a chain has an operand")
    }

    fn reduce(&mut self, operands: &mut Vec<Expr>, op: BinaryOp, span: Span) {
        let (Some(right), Some(left)) = (operands.pop(), operands.pop()) else {
            unreachable!("each operator has two operands")
        };
        let joined = self.join(left, op, span, right);
        operands.push(joined);
    }

    // ---- declarations

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn func_decl(
        &mut self,
        l: u32,
        receiver: Option<Vec<Field>>,
        name: Ident,
        type_params: Vec<Field>,
        mut ty: FuncType,
        body: Option<Block>,
        r: u32,
    ) -> Parsed {
        ty.func = self.span(l, l + 4);
        let span = self.span(l, r);
        Parsed::Decls(vec![Decl::Func(Arc::new(FuncDecl {
            receiver,
            name,
            type_params,
            ty,
            body,
            late: None,
            span,
        }))])
    }

    pub(crate) fn import(&mut self, name: Option<Ident>, l: u32, r: u32) -> Arc<ImportSpec> {
        let path = self.span(l, r);
        let bytes = literal::decode_string(self.source(path));
        let path_text = String::from_utf8_lossy(&bytes).into_owned();
        Arc::new(ImportSpec { name, path, path_text, bad: self.is_bad(l) })
    }

    pub(crate) fn const_spec(
        &mut self,
        l: u32,
        names: Vec<Ident>,
        ty: Option<Expr>,
        values: Option<Vec<Expr>>,
        r: u32,
    ) -> ConstSpec {
        let implicit = values.is_none() && ty.is_none();
        ConstSpec {
            names,
            ty: ty.map(Arc::new),
            values: Arc::new(values.unwrap_or_default()),
            iota: 0,
            implicit,
            span: self.span(l, r),
        }
    }

    /// Numbers the lines and repeats type and values where they are left out. Spec: Constant declarations.
    pub(crate) fn const_group(&mut self, specs: Vec<ConstSpec>) -> Vec<Decl> {
        let mut last: Option<(Option<Arc<Expr>>, Arc<Vec<Expr>>)> = None;
        let mut decls = Vec::with_capacity(specs.len());
        for (i, mut spec) in specs.into_iter().enumerate() {
            spec.iota = i as u32;
            if spec.implicit {
                match &last {
                    Some((ty, values)) => (spec.ty, spec.values) = (ty.clone(), values.clone()),
                    None => spec.implicit = false,
                }
            } else {
                last = Some((spec.ty.clone(), spec.values.clone()));
            }
            decls.push(Decl::Const(Arc::new(spec)));
        }
        decls
    }

    pub(crate) fn type_spec(
        &mut self,
        l: u32,
        name: Ident,
        type_params: Vec<Field>,
        alias: bool,
        ty: Expr,
        r: u32,
    ) -> Arc<TypeSpec> {
        Arc::new(TypeSpec { name, type_params, alias, ty, span: self.span(l, r) })
    }

    /// `type T[...] U`: an array type, or type parameters. `comma`: one follows the last entry.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn type_spec_brackets(
        &mut self,
        l: u32,
        name: Ident,
        bl: u32,
        (mut list, comma): (Vec<TypeParamEntry>, bool),
        alias: bool,
        ty: Expr,
        r: u32,
    ) -> Arc<TypeSpec> {
        let alone = list.len() == 1 && list[0].name.is_none();
        if alone && !comma && !alias && !splits(&list[0].ty, Split::IfType) {
            let len = list.swap_remove(0).ty;
            let ty = self.array(bl, ArrayLen::Len(Box::new(len)), ty, r);
            return self.type_spec(l, name, vec![], false, ty, r);
        }
        let type_params = self.type_params(list);
        self.type_spec(l, name, type_params, alias, ty, r)
    }

    pub(crate) fn type_params(&mut self, list: Vec<TypeParamEntry>) -> Vec<Field> {
        let mut fields = Vec::with_capacity(list.len());
        let mut constraint: Option<Arc<Expr>> = None;
        for entry in list.into_iter().rev() {
            let (name, ty) = match entry.name {
                Some(name) => (name.as_ident(), Some(entry.ty)),
                None => match self.split_type_parameter(entry.ty, Split::Always) {
                    Ok((name, ty)) => (Some(name), ty),
                    Err(_) => (None, None),
                },
            };
            if let Some(ty) = ty {
                constraint = Some(Arc::new(ty));
            }
            match (name, &constraint) {
                (Some(name), Some(ty)) => {
                    let span = name.span.to(ty.span);
                    fields.push(Field { name: Some(name), ty: ty.clone(), span });
                }
                _ => self.refuse(),
            }
        }
        fields.reverse();
        fields
    }

    /// `P *C`, `P (C)` and their unions read as expressions: taken apart into name and constraint. A
    /// name stands alone; what cannot be taken apart comes back.
    pub(crate) fn split_type_parameter(
        &mut self,
        expr: Expr,
        split: Split,
    ) -> Result<(Ident, Option<Expr>), Expr> {
        if let Some(name) = expr.as_ident() {
            return Ok((name, None));
        }
        if !splits(&expr, split) {
            return Err(expr);
        }
        match expr.kind {
            ExprKind::Binary(mut binary) => {
                let bad = || Expr { id: ExprId(0), span: expr.span, kind: ExprKind::Bad };
                let left = std::mem::replace(&mut *binary.left, bad());
                let right = std::mem::replace(&mut *binary.right, bad());
                if binary.op == BinaryOp::Mul {
                    let star = self.make(binary.op_span.to(right.span), ExprKind::Star(Box::new(right)));
                    return left.as_ident().map(|name| (name, Some(star))).ok_or(left);
                }
                let (name, ty) = self.split_type_parameter(left, Split::Always)?;
                Ok((name, ty.map(|ty| self.join(ty, BinaryOp::Or, binary.op_span, right))))
            }
            ExprKind::Call(CallExpr { func, mut args, rparen, .. }) => {
                let inner = args.swap_remove(0);
                let paren = self.make(inner.span.to(rparen), ExprKind::Paren(Box::new(inner)));
                func.as_ident().map(|name| (name, Some(paren))).ok_or(*func)
            }
            kind => Err(Expr { kind, ..expr }),
        }
    }

    pub(crate) fn params(&mut self, list: Vec<Entry>) -> Vec<Field> {
        if list.iter().all(|entry| matches!(entry, Entry::Plain(_))) {
            let field = |entry| match entry {
                Entry::Plain(ty) => Field { name: None, span: ty.span, ty: Arc::new(ty) },
                Entry::Named(..) => unreachable!("all entries are plain"),
            };
            return list.into_iter().map(field).collect();
        }
        let mut fields = Vec::with_capacity(list.len());
        let mut following: Option<Arc<Expr>> = None;
        for entry in list.into_iter().rev() {
            let (name, ty) = match entry {
                Entry::Named(name, ty) => {
                    following = Some(Arc::new(ty));
                    (name.as_ident().ok_or(name.span), following.clone())
                }
                Entry::Plain(name) => match name.as_ident() {
                    Some(ident) => (Ok(ident), following.clone()),
                    None => {
                        let span = name.span;
                        following = Some(Arc::new(name));
                        (Err(span), following.clone())
                    }
                },
            };
            let at = match name {
                Ok(ident) => ident.span,
                Err(span) => {
                    self.refuse();
                    span
                }
            };
            let ty = ty.unwrap_or_else(|| {
                self.refuse();
                Arc::new(self.make(at, ExprKind::Bad))
            });
            fields.push(Field { name: name.ok(), span: at.to(ty.span), ty });
        }
        fields.reverse();
        fields
    }

    pub(crate) fn signature(&mut self, l: u32, params: Vec<Field>, results: Vec<Field>, r: u32) -> FuncType {
        FuncType { func: Span::default(), params, results, span: self.span(l, r) }
    }

    pub(crate) fn one_result(&mut self, ty: Expr) -> Vec<Field> {
        vec![Field { name: None, span: ty.span, ty: Arc::new(ty) }]
    }

    pub(crate) fn func_type_expr(&mut self, ty: FuncType) -> Expr {
        self.make(ty.func.to(ty.span), ExprKind::Func(Box::new(ty)))
    }

    pub(crate) fn func_lit(&mut self, l: u32, ty: FuncType, body: Block, r: u32) -> Expr {
        self.expr(l, ExprKind::FuncLit(Arc::new(FuncLit { ty, body })), r)
    }

    // ---- structs and interfaces

    pub(crate) fn struct_type(&mut self, l: u32, groups: Vec<Vec<StructField>>, r: u32) -> Expr {
        let fields = groups.into_iter().flatten().collect();
        self.expr(l, ExprKind::Struct(StructType { fields }), r)
    }

    pub(crate) fn fields(
        &mut self,
        first: Expr,
        more: Vec<Ident>,
        ty: Expr,
        tag: Option<Span>,
    ) -> Vec<StructField> {
        let ty = Arc::new(ty);
        let first = self.plain_name(&first);
        first
            .into_iter()
            .chain(more)
            .map(|name| StructField { name, embedded: false, ty: ty.clone(), tag })
            .collect()
    }

    fn plain_name(&mut self, expr: &Expr) -> Option<Ident> {
        let name = expr.as_ident();
        if name.is_none() {
            self.refuse();
        }
        name
    }

    pub(crate) fn embedded(&mut self, ty: Expr, tag: Option<Span>) -> Vec<StructField> {
        let mut inner = &ty;
        let ident = loop {
            match &inner.kind {
                ExprKind::Star(x) | ExprKind::Paren(x) | ExprKind::Index(x, _) => inner = x,
                ExprKind::Selector(_, name) => break *name,
                ExprKind::Ident(name) => break Ident { name: *name, span: inner.span, id: inner.id },
                _ => unreachable!("the grammar allows only names here"),
            }
        };
        let name = Ident { id: self.new_id(), ..ident };
        vec![StructField { name, embedded: true, ty: Arc::new(ty), tag }]
    }

    pub(crate) fn method_spec(&mut self, name: Expr, ty: FuncType) -> InterfaceElement {
        match self.plain_name(&name) {
            Some(name) => InterfaceElement::Method(name, Box::new(ty)),
            None => InterfaceElement::Embedded(self.make(name.span, ExprKind::Bad)),
        }
    }

    // ---- statements

    pub(crate) fn stmt(&mut self, l: u32, kind: StmtKind, r: u32) -> Stmt {
        Stmt { span: self.span(l, r), kind }
    }

    pub(crate) fn labeled(&mut self, l: u32, label: Ident, stmt: Option<Stmt>, r: u32) -> Stmt {
        let inner = stmt.unwrap_or(Stmt { span: self.span(r, r), kind: StmtKind::Empty });
        let end = inner.span.end;
        Stmt { span: Span::new(self.base + l, end), kind: StmtKind::Labeled(label, Box::new(inner)) }
    }

    pub(crate) fn expr_stmt(&mut self, l: u32, mut list: Vec<Expr>, r: u32) -> Stmt {
        if list.len() > 1 {
            self.refuse();
            return self.stmt(l, StmtKind::Bad, r);
        }
        let expr = list.swap_remove(0);
        self.stmt(l, StmtKind::Expr(expr), r)
    }

    /// The call of a `go` or `defer` statement: no operators, no parentheses around it.
    pub(crate) fn call_stmt(&mut self, x: Expr) -> Expr {
        let operator = matches!(
            x.kind,
            ExprKind::Binary(_) | ExprKind::Unary(..) | ExprKind::Star(_) | ExprKind::Paren(_)
        );
        if operator {
            self.refuse();
        }
        x
    }

    /// The expression that a header ends in.
    fn header_value(&mut self, stmt: Option<Stmt>) -> Option<Expr> {
        let stmt = stmt?;
        match stmt.kind {
            StmtKind::Expr(expr) => Some(expr),
            _ => {
                self.refuse();
                Some(self.make(stmt.span, ExprKind::Bad))
            }
        }
    }

    pub(crate) fn if_stmt(
        &mut self,
        l: u32,
        header: Box<Header>,
        then: Block,
        otherwise: Option<Stmt>,
        r: u32,
    ) -> Stmt {
        let Header { init, last, .. } = *header;
        let cond = self.header_value(last).unwrap_or_else(|| {
            self.refuse();
            self.make(Span::at(then.span.start), ExprKind::Bad)
        });
        self.stmt(l, StmtKind::If(Box::new(IfStmt { init, cond, then, otherwise })), r)
    }

    pub(crate) fn switch(
        &mut self,
        l: u32,
        header: Box<Header>,
        bl: u32,
        clauses: Vec<CaseClause>,
        r: u32,
    ) -> Stmt {
        let body = self.span(bl, r);
        let guard = |expr: &Expr| matches!(expr.kind, ExprKind::TypeAssert(_, None));
        let Header { init, last, .. } = *header;
        let subject = |expr: Expr| match expr.kind {
            ExprKind::TypeAssert(x, None) => *x,
            _ => unreachable!("tested by the caller"),
        };
        match last {
            Some(Stmt { kind: StmtKind::Expr(expr), .. }) if guard(&expr) => {
                let subject = subject(expr);
                let stmt = TypeSwitchStmt { init, binding: None, subject, clauses, body };
                self.stmt(l, StmtKind::TypeSwitch(Box::new(stmt)), r)
            }
            Some(Stmt { kind: StmtKind::Define(left, mut right, _), .. })
                if right.len() == 1 && guard(&right[0]) =>
            {
                let binding = match (left.len(), left[0].as_ident()) {
                    (1, Some(ident)) => Some(ident),
                    _ => {
                        self.refuse();
                        None
                    }
                };
                let subject = subject(right.swap_remove(0));
                let stmt = TypeSwitchStmt { init, binding, subject, clauses, body };
                self.stmt(l, StmtKind::TypeSwitch(Box::new(stmt)), r)
            }
            last => {
                let tag = self.header_value(last);
                self.stmt(l, StmtKind::Switch(Box::new(SwitchStmt { init, tag, clauses, body })), r)
            }
        }
    }

    pub(crate) fn range_header(
        &mut self,
        vars: Vec<Expr>,
        define: bool,
        kl: u32,
        kr: u32,
        subject: Expr,
    ) -> Box<Header> {
        let range = self.span(kl, kr);
        Box::new(Header { range: Some(RangeHeader { vars, define, range, subject }), ..Header::default() })
    }

    pub(crate) fn for_stmt(&mut self, l: u32, header: Box<Header>, body: Block, r: u32) -> Stmt {
        let Header { init, last, post, range } = *header;
        if let Some(RangeHeader { vars, define, range, subject }) = range {
            let mut vars = vars.into_iter();
            let (key, value, extra) = (vars.next(), vars.next(), vars.next());
            let stmt = RangeStmt { key, value, extra, define, subject, body, range };
            return self.stmt(l, StmtKind::Range(Box::new(stmt)), r);
        }
        if matches!(&post, Some(Stmt { kind: StmtKind::Define(..), .. })) {
            self.refuse();
        }
        let cond = self.header_value(last);
        let stmt = ForStmt { init, cond, post, body };
        self.stmt(l, StmtKind::For(Box::new(stmt)), r)
    }

    pub(crate) fn case(
        &mut self,
        l: u32,
        exprs: Option<Vec<Expr>>,
        cl: u32,
        cr: u32,
        body: Vec<Stmt>,
    ) -> CaseClause {
        let (span, colon) = (self.clause_span(l, cr, &body), self.span(cl, cr));
        CaseClause { exprs, body, span, colon, id: self.new_id() }
    }

    /// The clauses of a statement; a label without statement ends the last one only.
    pub(crate) fn clauses<T>(&mut self, clauses: Vec<(T, bool)>) -> Vec<T> {
        let last = clauses.len().saturating_sub(1);
        if clauses[..last].iter().any(|(_, open)| *open) {
            self.refuse();
        }
        clauses.into_iter().map(|(clause, _)| clause).collect()
    }

    pub(crate) fn comm(&mut self, l: u32, comm: Option<Stmt>, cr: u32, body: Vec<Stmt>) -> CommClause {
        let span = self.clause_span(l, cr, &body);
        CommClause { comm, body, span }
    }

    /// A clause ends with its last statement, or with its colon.
    fn clause_span(&self, l: u32, cr: u32, body: &[Stmt]) -> Span {
        let head = self.span(l, cr);
        body.last().map_or(head, |last| head.to(last.span))
    }
}

pub(crate) fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::LogOr => 1,
        BinaryOp::LogAnd => 2,
        BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 3,
        BinaryOp::Add | BinaryOp::Sub | BinaryOp::Or | BinaryOp::Xor => 4,
        BinaryOp::Mul
        | BinaryOp::Div
        | BinaryOp::Rem
        | BinaryOp::Shl
        | BinaryOp::Shr
        | BinaryOp::And
        | BinaryOp::AndNot => 5,
    }
}

/// Whether a statement is a label without statement, or ends in one.
pub(crate) fn ends_in_label(stmt: &Stmt) -> bool {
    match &stmt.kind {
        StmtKind::Labeled(_, inner) => matches!(inner.kind, StmtKind::Empty) || ends_in_label(inner),
        _ => false,
    }
}

/// When a type parameter that reads as an expression is taken apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Split {
    /// If it has the form.
    Always,
    /// If it can be nothing else, since a part of it can only be a type.
    IfType,
}

/// Whether an expression is a name and a constraint: `P *C`, `P (C)`, or a union that begins so.
fn splits(expr: &Expr, split: Split) -> bool {
    let fits = |part: &Expr| split == Split::Always || only_type(part);
    match &expr.kind {
        ExprKind::Binary(binary) => match binary.op {
            BinaryOp::Mul => binary.left.as_ident().is_some() && fits(&binary.right),
            BinaryOp::Or if fits(&binary.right) => splits(&binary.left, Split::Always),
            BinaryOp::Or => splits(&binary.left, split),
            _ => false,
        },
        ExprKind::Call(CallExpr { func, args, ellipsis: None, .. }) => {
            func.as_ident().is_some() && args.len() == 1 && fits(&args[0])
        }
        _ => false,
    }
}

/// Whether an expression can only be a type, or the term of a union.
fn only_type(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Array(..)
        | ExprKind::Struct(_)
        | ExprKind::Func(_)
        | ExprKind::Interface(_)
        | ExprKind::Map(..)
        | ExprKind::Chan(..)
        | ExprKind::Unary(UnaryOp::Tilde, _) => true,
        ExprKind::Binary(binary) => only_type(&binary.left) || only_type(&binary.right),
        ExprKind::Unary(_, x) | ExprKind::Star(x) | ExprKind::Paren(x) => only_type(x),
        _ => false,
    }
}

/// The symbol of a blank or missing name.
#[must_use]
pub fn is_blank(name: Symbol) -> bool {
    name == sym::BLANK
}
