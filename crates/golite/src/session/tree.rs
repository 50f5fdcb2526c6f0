//! The tokens and the syntax tree of an input, as text.

use golite_source::{SourceMap, Span};
use golite_syntax::ast::{Decl, Expr, ExprKind, Stmt, StmtKind};
use golite_syntax::lexer::Lexer;
use golite_syntax::token::Token;
use golite_syntax::walk::Node;
use golite_types::{Checker, Mode, PkgId};

/// The widest text of a node that is shown.
const WIDTH: usize = 40;

/// The tokens of a text, a line each: place, kind, text. Semicolons that line ends stand for are told.
///
/// # Errors
/// What is no token, as `line:column: message`, a line each.
pub fn tokens_text(text: &str) -> Result<String, String> {
    let mut lexer = Lexer::new(text);
    let place = |at: u32| {
        let before = &text[..at as usize];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |end| end + 1) + 1;
        format!("{line}:{column}")
    };
    let mut out = String::new();
    for (start, token, end) in lexer.by_ref() {
        let own = match token {
            Token::Newline => "; for the end of the line".into(),
            Token::EofSemi => "; for the end of the input".into(),
            Token::Eof => continue,
            _ => text[start as usize..end as usize].replace('\n', "\\n"),
        };
        let kind = match token {
            Token::Newline | Token::EofSemi => Token::Semi,
            token => token,
        };
        out += &format!("{:<8}{:<14}{own}\n", place(start), format!("{kind:?}"));
    }
    let mut comments: Vec<Span> = lexer.comments.iter().map(|c| Span::new(c.start, c.end)).collect();
    comments.sort();
    for comment in comments {
        let own = text[comment.start as usize..comment.end as usize].replace('\n', "\\n");
        out += &format!("{:<8}{:<14}{own}\n", place(comment.start), "Comment");
    }
    match &lexer.errors[..] {
        [] => Ok(out),
        errors => {
            let lines: Vec<String> =
                errors.iter().map(|error| format!("{}: {}", place(error.offset), error.message)).collect();
            Err(lines.join("\n"))
        }
    }
}

/// The tree of declarations and statements, a node a line, what belongs to it below it. Expressions that were
/// checked have their types.
pub(crate) fn tree_text(checker: &mut Checker, pkg: PkgId, decls: &[Decl], stmts: &[&Stmt]) -> String {
    let mut out = String::new();
    for decl in decls {
        add(checker, pkg, Node::Decl(decl), 0, &mut out);
    }
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::Expr(expr) => add(checker, pkg, Node::Expr(expr), 0, &mut out),
            // The value of an input, which is kept for the next.
            StmtKind::Define(left, right, at) if at.start == at.end && !left.is_empty() => {
                right.iter().for_each(|value| add(checker, pkg, Node::Expr(value), 0, &mut out));
            }
            _ => add(checker, pkg, Node::Stmt(stmt), 0, &mut out),
        }
    }
    out
}

fn add(checker: &mut Checker, pkg: PkgId, node: Node<'_>, depth: usize, out: &mut String) {
    let (name, detail) = label(&checker.session.map, node);
    out.push_str(&"  ".repeat(depth));
    out.push_str(name);
    if !detail.is_empty() {
        out.push(' ');
        out.push_str(&detail);
    }
    if let Node::Expr(expr) = node {
        out.push_str(&fact(checker, pkg, expr));
    }
    out.push('\n');
    let mut children = Vec::new();
    node.children(&mut children);
    for child in children {
        add(checker, pkg, child, depth + 1, out);
    }
}

/// The type that an expression was found to have, and the value of a constant.
fn fact(checker: &mut Checker, pkg: PkgId, expr: &Expr) -> String {
    let fact = checker.info.fact(expr.id);
    match fact.mode {
        Mode::Const => {
            let value = checker.info.value(expr.id).map(golite_types::Const::show);
            let ty = checker.show_in(fact.ty, pkg);
            match value {
                Some(value) if !matches!(expr.kind, ExprKind::BasicLit(_)) => format!(" : {ty} = {value}"),
                _ => format!(" : {ty}"),
            }
        }
        Mode::Variable | Mode::MapIndex | Mode::Value | Mode::CommaOk => {
            format!(" : {}", checker.show_in(fact.ty, pkg))
        }
        Mode::Type => " (type)".into(),
        Mode::Package => " (package)".into(),
        Mode::Invalid | Mode::NoValue | Mode::Builtin(_) | Mode::Nil => String::new(),
    }
}

/// The name of a node and what tells it from others.
fn label(map: &SourceMap, node: Node<'_>) -> (&'static str, String) {
    let text = |span: Span| cut(map.text(span));
    match node {
        Node::Decl(Decl::Const(spec)) => ("const", text(spec.span)),
        Node::Decl(Decl::Var(spec)) => ("var", text(spec.span)),
        Node::Decl(Decl::Type(spec)) => ("type", text(spec.name.span)),
        Node::Decl(Decl::Func(func)) => {
            let end = func.body.as_ref().map_or(func.span.end, |body| body.span.start);
            ("func", text(Span::new(func.name.span.start, end)))
        }
        Node::Block(_) => ("Block", String::new()),
        Node::Case(clause) => (if clause.exprs.is_some() { "case" } else { "default" }, String::new()),
        Node::Comm(clause) => (if clause.comm.is_some() { "case" } else { "default" }, String::new()),
        Node::Stmt(stmt) => stmt_label(map, stmt),
        Node::Expr(expr) => expr_label(map, expr),
    }
}

fn stmt_label(map: &SourceMap, stmt: &Stmt) -> (&'static str, String) {
    let text = |span: Span| cut(map.text(span));
    let name = match &stmt.kind {
        StmtKind::Bad => "Bad",
        StmtKind::Empty => "Empty",
        StmtKind::Expr(_) => "Expr",
        StmtKind::Send(..) => "Send",
        StmtKind::IncDec(_, true, _) => "Inc",
        StmtKind::IncDec(_, false, _) => "Dec",
        StmtKind::Assign(..) => "Assign",
        StmtKind::OpAssign(binary) => return ("OpAssign", format!("{}=", binary.op.text())),
        StmtKind::Define(..) => "Define",
        StmtKind::Decl(_) => "Decl",
        StmtKind::Go(_) => "Go",
        StmtKind::Defer(_) => "Defer",
        StmtKind::Return(_) => "Return",
        StmtKind::Branch(..) => return ("Branch", text(stmt.span)),
        StmtKind::Block(_) => "Block",
        StmtKind::If(_) => "If",
        StmtKind::Switch(_) => "Switch",
        StmtKind::TypeSwitch(_) => "TypeSwitch",
        StmtKind::Select(_) => "Select",
        StmtKind::For(_) => "For",
        StmtKind::Range(_) => "Range",
        StmtKind::Labeled(label, _) => return ("Labeled", text(label.span)),
    };
    (name, String::new())
}

fn expr_label(map: &SourceMap, expr: &Expr) -> (&'static str, String) {
    let text = |span: Span| cut(map.text(span));
    match &expr.kind {
        ExprKind::Bad => ("Bad", text(expr.span)),
        ExprKind::Ident(_) => ("Ident", text(expr.span)),
        ExprKind::BasicLit(_) => ("Literal", text(expr.span)),
        ExprKind::FuncLit(_) => ("FuncLit", String::new()),
        ExprKind::CompositeLit(_) => ("CompositeLit", String::new()),
        ExprKind::Paren(_) => ("Paren", String::new()),
        ExprKind::Selector(_, name) => ("Selector", format!(".{}", text(name.span))),
        ExprKind::Index(..) => ("Index", String::new()),
        ExprKind::Slice(_) => ("Slice", String::new()),
        ExprKind::TypeAssert(..) => ("TypeAssert", String::new()),
        ExprKind::Call(_) => ("Call", String::new()),
        ExprKind::Star(_) => ("Star", String::new()),
        ExprKind::Unary(op, _) => ("Unary", op.text().into()),
        ExprKind::Binary(binary) => ("Binary", binary.op.text().into()),
        ExprKind::KeyValue(..) => ("KeyValue", String::new()),
        ExprKind::Array(..) => ("ArrayType", String::new()),
        ExprKind::Struct(_) => ("StructType", text(expr.span)),
        ExprKind::Func(_) => ("FuncType", text(expr.span)),
        ExprKind::Interface(_) => ("InterfaceType", text(expr.span)),
        ExprKind::Map(..) => ("MapType", String::new()),
        ExprKind::Chan(..) => ("ChanType", String::new()),
        ExprKind::Ellipsis(_) => ("Ellipsis", String::new()),
    }
}

/// A text on one line, not too long.
fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line,
    }
}
