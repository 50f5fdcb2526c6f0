//! Statements.

use golite_source::Span;
use golite_syntax::ast::{
    BinaryExpr, BinaryOp, Block, BranchKind, CaseClause, CommClause, Expr, ExprKind, ForStmt, Ident, IfStmt,
    RangeStmt, Stmt, StmtKind,
};
use golite_syntax::token::Token;

use super::Reader;
use crate::actions::Header;

/// What stands between the keyword of a control statement and its body.
#[derive(Default)]
struct Parts {
    init: Option<Stmt>,
    /// Condition, tag or guard.
    last: Option<Stmt>,
    post: Option<Stmt>,
    range: Option<RangeParts>,
}

/// A range clause.
struct RangeParts {
    vars: Vec<Expr>,
    define: bool,
    keyword: Span,
    subject: Expr,
}

/// What may begin with `range`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Range {
    Allowed,
    Refused,
}

/// A simple statement, or a range clause.
enum Simple {
    Stmt(Stmt),
    Range(RangeParts),
}

impl Reader<'_, '_, '_> {
    fn simple_or_range(&mut self, list: Option<Vec<Expr>>, start: u32, range: Range) -> Simple {
        if range == Range::Allowed && self.token() == Token::Range {
            return Simple::Range(self.range_clause(Vec::new(), false));
        }
        let mut left = match list {
            Some(list) => list,
            None => self.expr_list(),
        };
        let op = self.here();
        let token = self.token();
        if matches!(token, Token::Assign | Token::Define) {
            self.next();
            let define = token == Token::Define;
            if range == Range::Allowed && self.token() == Token::Range {
                return Simple::Range(self.range_clause(left, define));
            }
            let right = self.expr_list();
            let kind =
                if define { StmtKind::Define(left, right, op) } else { StmtKind::Assign(left, right, op) };
            return Simple::Stmt(self.ctx.stmt(start, kind, self.end()));
        }
        if left.len() > 1 {
            self.expected(":= or = or comma");
            self.skip_to(&[Token::Semi, Token::RBrace]);
        }
        let x = left.swap_remove(0);
        let kind = match token {
            _ if !left.is_empty() => StmtKind::Expr(x),
            Token::Inc | Token::Dec => {
                self.next();
                StmtKind::IncDec(x, token == Token::Inc, op)
            }
            Token::Arrow => {
                self.next();
                StmtKind::Send(x, self.expr())
            }
            token => match assign_op(token) {
                Some(binary) => {
                    self.next();
                    let right = self.expr();
                    StmtKind::OpAssign(Box::new(BinaryExpr {
                        op: binary,
                        op_span: op,
                        left: Box::new(x),
                        right: Box::new(right),
                    }))
                }
                None => StmtKind::Expr(x),
            },
        };
        Simple::Stmt(self.ctx.stmt(start, kind, self.end()))
    }

    fn simple(&mut self) -> Stmt {
        let start = self.start();
        self.simple_after(None, start)
    }

    fn simple_after(&mut self, list: Option<Vec<Expr>>, start: u32) -> Stmt {
        match self.simple_or_range(list, start, Range::Refused) {
            Simple::Stmt(stmt) => stmt,
            Simple::Range(_) => unreachable!("a range clause was refused"),
        }
    }

    fn range_clause(&mut self, vars: Vec<Expr>, define: bool) -> RangeParts {
        let keyword = self.here();
        self.next();
        RangeParts { vars, define, keyword, subject: self.expr() }
    }

    // ---- headers

    fn header(&mut self, keyword: Token) -> Parts {
        self.next();
        let mut parts = Parts::default();
        if self.token() == Token::LBrace {
            if keyword == Token::If {
                self.wrong_here("missing condition in if statement");
            }
            return parts;
        }
        let outer = std::mem::replace(&mut self.level, -1);
        let semi = self.header_parts(keyword, &mut parts);
        if parts.last.is_none()
            && keyword == Token::If
            && let Some((at, token)) = semi
        {
            if token == Token::Semi {
                self.wrong(at, "missing condition in if statement");
            } else {
                self.wrong(at, &format!("unexpected {}, expected {{ after if clause", token.text()));
            }
        }
        self.level = outer;
        parts
    }

    /// Fills in the parts; gives the semicolon after the first.
    fn header_parts(&mut self, keyword: Token, parts: &mut Parts) -> Option<(Span, Token)> {
        let is_for = keyword == Token::For;
        if !self.at_semi() {
            if self.got(Token::Var) {
                let name = keyword.text().trim_start_matches("keyword ");
                self.wrong_here(&format!("var declaration not allowed in {name} initializer"));
            }
            let start = self.start();
            let range = if is_for { Range::Allowed } else { Range::Refused };
            match self.simple_or_range(None, start, range) {
                Simple::Stmt(stmt) => parts.init = Some(stmt),
                Simple::Range(range) => {
                    parts.range = Some(range);
                    return None;
                }
            }
        }
        if self.token() == Token::LBrace {
            parts.last = parts.init.take();
            return None;
        }
        let mut semi = None;
        if self.at_semi() {
            semi = Some((self.here(), self.token()));
            self.next();
        } else {
            self.want(Token::LBrace);
            if self.token() != Token::LBrace {
                self.skip_to(&[Token::LBrace, Token::RBrace]);
            }
        }
        if !is_for {
            if self.token() != Token::LBrace {
                parts.last = Some(self.simple());
            }
            return semi;
        }
        if !self.at_semi() {
            if self.token() == Token::LBrace {
                self.expected("for loop condition");
                return semi;
            }
            parts.last = Some(self.simple());
        }
        if !self.got_semi() {
            self.expected("semicolon or newline");
            self.next();
        }
        if self.token() != Token::LBrace {
            let post = self.simple();
            if let StmtKind::Define(_, _, op) = &post.kind {
                self.wrong(*op, "cannot declare in post statement of for loop");
            }
            parts.post = Some(post);
        }
        semi
    }

    /// The expression that a header ends in; statements there are reported.
    fn value_of(&mut self, stmt: Option<Stmt>) -> Option<Expr> {
        let stmt = stmt?;
        let (at, text) = match stmt.kind {
            StmtKind::Expr(expr) => return Some(expr),
            StmtKind::Assign(left, right, op) => {
                let (left, right) = (self.emphasized(&left), self.emphasized(&right));
                (op, format!("assignment {left} = {right}"))
            }
            StmtKind::Define(left, right, op) => {
                (op, format!("{} := {}", self.list_text(&left), self.list_text(&right)))
            }
            StmtKind::OpAssign(binary) => {
                let (left, right) = (self.text_of(&binary.left), self.text_of(&binary.right));
                (binary.op_span, format!("{left} {}= {right}", binary.op.text()))
            }
            StmtKind::IncDec(x, up, op) => {
                (op, format!("{}{}", self.text_of(&x), if up { "++" } else { "--" }))
            }
            StmtKind::Send(channel, x) => {
                let at = Span::at(channel.span.end);
                (at, format!("{} <- {}", self.text_of(&channel), self.text_of(&x)))
            }
            _ => return Some(self.bad_at(stmt.span)),
        };
        self.wrong(at, &format!("cannot use {text} as value"));
        Some(self.bad_at(stmt.span))
    }

    fn list_text(&self, list: &[Expr]) -> String {
        list.iter().map(|expr| self.text_of(expr)).collect::<Vec<_>>().join(", ")
    }

    fn emphasized(&self, list: &[Expr]) -> String {
        let text = self.list_text(list);
        match list {
            [Expr { kind: ExprKind::Binary(_), .. }] => format!("({text})"),
            _ => text,
        }
    }

    // ---- blocks

    /// A block; `context` is what it follows, if a missing brace is to be reported.
    pub(super) fn block(&mut self, context: &str) -> Block {
        let start = self.start();
        if !self.got(Token::LBrace) {
            self.expected(&format!("{{ after {context}"));
            self.skip_to(&[Token::Ident, Token::RBrace]);
            if self.got(Token::RBrace) {
                return Block { stmts: Vec::new(), span: self.ctx.span(start, self.end()) };
            }
        }
        let stmts = self.stmt_list();
        self.want(Token::RBrace);
        Block { stmts, span: self.ctx.span(start, self.end()) }
    }

    pub(super) fn stmt_list(&mut self) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        while !matches!(self.token(), Token::Eof | Token::RBrace | Token::Case | Token::Default) {
            if self.got_semi() {
                continue;
            }
            let Some(stmt) = self.stmt() else { break };
            stmts.push(stmt);
            if !self.got_semi() && self.token() != Token::RBrace {
                self.unexpected(" at end of statement");
                self.skip_to(&[Token::Semi, Token::RBrace, Token::Case, Token::Default]);
                self.got_semi();
            }
        }
        stmts
    }

    /// A statement, if one begins here.
    fn stmt(&mut self) -> Option<Stmt> {
        self.nested(Self::stmt_here)
    }

    fn stmt_here(&mut self) -> Option<Stmt> {
        let (start, token, _) = self.current();
        let kind = match token {
            Token::Ident => {
                let mut list = self.expr_list();
                if self.token() == Token::Colon
                    && let [only] = list.as_slice()
                    && let Some(label) = only.as_ident()
                {
                    list.clear();
                    return self.labeled(start, label);
                }
                return Some(self.simple_after(Some(list), start));
            }
            Token::Var | Token::Const | Token::Type => {
                self.next();
                StmtKind::Decl(self.specs(token))
            }
            Token::LBrace => StmtKind::Block(self.block("")),
            Token::Plus
            | Token::Minus
            | Token::Star
            | Token::Amp
            | Token::Caret
            | Token::Not
            | Token::Arrow
            | Token::Int
            | Token::Float
            | Token::Imag
            | Token::Char
            | Token::String
            | Token::Func
            | Token::LParen
            | Token::LBrack
            | Token::Struct
            | Token::Map
            | Token::Chan
            | Token::Interface => return Some(self.simple()),
            Token::For => return Some(self.for_stmt()),
            Token::Switch => return Some(self.switch_stmt()),
            Token::Select => return Some(self.select_stmt()),
            Token::If => return Some(self.if_stmt()),
            Token::Fallthrough => {
                self.next();
                StmtKind::Branch(BranchKind::Fallthrough, None)
            }
            Token::Break | Token::Continue => {
                self.next();
                let kind = if token == Token::Break { BranchKind::Break } else { BranchKind::Continue };
                let label = (self.token() == Token::Ident).then(|| self.name());
                StmtKind::Branch(kind, label)
            }
            Token::Go | Token::Defer => {
                self.next();
                let x = self.call_of(token);
                if token == Token::Go { StmtKind::Go(x) } else { StmtKind::Defer(x) }
            }
            Token::Goto => {
                self.next();
                StmtKind::Branch(BranchKind::Goto, Some(self.name()))
            }
            Token::Return => {
                self.next();
                let empty = self.at_semi() || self.token() == Token::RBrace;
                StmtKind::Return(if empty { Vec::new() } else { self.expr_list() })
            }
            _ => return None,
        };
        Some(self.ctx.stmt(start, kind, self.end()))
    }

    /// The call of a `go` or `defer` statement.
    fn call_of(&mut self, keyword: Token) -> Expr {
        let mut x = self.primary();
        if matches!(x.kind, ExprKind::Paren(_)) {
            let name = keyword.text().trim_start_matches("keyword ");
            self.plain(x.span, &format!("expression in {name} must not be parenthesized"));
            while let ExprKind::Paren(inner) = x.kind {
                x = *inner;
            }
        }
        x
    }

    fn labeled(&mut self, start: u32, label: Ident) -> Option<Stmt> {
        let (colon, end) = (self.here(), self.end());
        self.next();
        if self.token() == Token::RBrace || self.at_semi() {
            return Some(self.ctx.labeled(start, label, None, end));
        }
        let Some(stmt) = self.stmt() else {
            self.wrong(colon, "missing statement after label");
            return None;
        };
        Some(self.ctx.labeled(start, label, Some(stmt), self.end()))
    }

    // ---- control statements

    fn if_stmt(&mut self) -> Stmt {
        let start = self.start();
        let parts = self.header(Token::If);
        let cond = match self.value_of(parts.last) {
            Some(cond) => cond,
            None => self.bad_expr(),
        };
        let then = self.block("if clause");
        let mut otherwise = None;
        if self.got(Token::Else) {
            match self.token() {
                Token::If => otherwise = Some(self.if_stmt()),
                Token::LBrace => {
                    let begin = self.start();
                    let block = self.block("");
                    otherwise = Some(self.ctx.stmt(begin, StmtKind::Block(block), self.end()));
                }
                _ => {
                    self.wrong_here("else must be followed by if or statement block");
                    self.skip_to(&[Token::Ident, Token::RBrace]);
                }
            }
        }
        let stmt = IfStmt { init: parts.init, cond, then, otherwise };
        self.ctx.stmt(start, StmtKind::If(Box::new(stmt)), self.end())
    }

    fn for_stmt(&mut self) -> Stmt {
        let start = self.start();
        let parts = self.header(Token::For);
        let cond = self.value_of(parts.last);
        let body = self.block("for clause");
        let kind = match parts.range {
            Some(RangeParts { vars, define, keyword, subject }) => {
                let mut vars = vars.into_iter();
                let (key, value, extra) = (vars.next(), vars.next(), vars.next());
                let range = keyword;
                StmtKind::Range(Box::new(RangeStmt { key, value, extra, define, subject, body, range }))
            }
            None => StmtKind::For(Box::new(ForStmt { init: parts.init, cond, post: parts.post, body })),
        };
        self.ctx.stmt(start, kind, self.end())
    }

    fn switch_stmt(&mut self) -> Stmt {
        let start = self.start();
        let parts = self.header(Token::Switch);
        let guard = matches!(
            &parts.last,
            Some(Stmt { kind: StmtKind::Define(left, right, _), .. })
                if matches!(right.as_slice(), [Expr { kind: ExprKind::TypeAssert(_, None), .. }])
                    && matches!(left.as_slice(), [only] if only.as_ident().is_some())
        );
        let last = if guard {
            parts.last
        } else {
            let tag = self.value_of(parts.last);
            tag.map(|tag| Stmt { span: tag.span, kind: StmtKind::Expr(tag) })
        };
        let brace = self.start();
        let clauses = self.clauses("missing { after switch clause", Self::case_clause);
        let header = Box::new(Header { init: parts.init, last, ..Header::default() });
        self.ctx.switch(start, header, brace, clauses, self.end())
    }

    fn select_stmt(&mut self) -> Stmt {
        let start = self.start();
        self.next();
        let clauses = self.clauses("missing { after select clause", Self::comm_clause);
        self.ctx.stmt(start, StmtKind::Select(clauses), self.end())
    }

    fn clauses<T>(&mut self, missing: &str, mut clause: impl FnMut(&mut Self) -> T) -> Vec<T> {
        if !self.got(Token::LBrace) {
            self.wrong_here(missing);
            self.skip_to(&[Token::Case, Token::Default, Token::RBrace]);
        }
        let mut clauses = Vec::new();
        while self.token() != Token::Eof && self.token() != Token::RBrace {
            clauses.push(clause(self));
        }
        self.want(Token::RBrace);
        clauses
    }

    fn no_clause(&mut self) {
        self.expected("case or default or }");
        self.skip_to(&[Token::Colon, Token::Case, Token::Default, Token::RBrace]);
    }

    fn case_clause(&mut self) -> CaseClause {
        let start = self.start();
        let mut exprs = None;
        match self.token() {
            Token::Case => {
                self.next();
                exprs = Some(self.expr_list());
            }
            Token::Default => self.next(),
            _ => self.no_clause(),
        }
        let (colon, _, colon_end) = self.current();
        self.want(Token::Colon);
        let body = self.stmt_list();
        self.ctx.case(start, exprs, colon, colon_end, body)
    }

    fn comm_clause(&mut self) -> CommClause {
        let start = self.start();
        let mut comm = None;
        match self.token() {
            Token::Case => {
                self.next();
                comm = Some(self.simple());
            }
            Token::Default => self.next(),
            _ => self.no_clause(),
        }
        let (_, _, colon_end) = self.current();
        self.want(Token::Colon);
        let body = self.stmt_list();
        self.ctx.comm(start, comm, colon_end, body)
    }
}

fn assign_op(token: Token) -> Option<BinaryOp> {
    Some(match token {
        Token::PlusAssign => BinaryOp::Add,
        Token::MinusAssign => BinaryOp::Sub,
        Token::StarAssign => BinaryOp::Mul,
        Token::SlashAssign => BinaryOp::Div,
        Token::PercentAssign => BinaryOp::Rem,
        Token::AmpAssign => BinaryOp::And,
        Token::PipeAssign => BinaryOp::Or,
        Token::CaretAssign => BinaryOp::Xor,
        Token::ShlAssign => BinaryOp::Shl,
        Token::ShrAssign => BinaryOp::Shr,
        Token::AmpCaretAssign => BinaryOp::AndNot,
        _ => return None,
    })
}
