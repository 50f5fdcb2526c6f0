//! Reading what the grammar refuses.
//!
//! When the grammar refuses a declaration, the file is read once more by the functions here, one for
//! each production: they say what is wrong in the words of Go's compiler, go on at the same places as
//! it does, and give a tree with [`ExprKind::Bad`] where something is missing. Where they find no
//! error (types may stand where values belong, for them), the checker will.
//! A table-driven parser knows what could follow a token, but not what the user was about to write;
//! messages made from its states were tried and fit only the simplest mistakes.
//!
//! A file that the grammar accepts gives the same tree here; a test compares the two.

mod decl;
mod expr;
mod params;
mod stmt;
mod types;

use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::{SourceMap, Span, Symbol};
use golite_syntax::ast::{Decl, Expr, ExprKind, File, Ident, ImportSpec, Stmt};
use golite_syntax::lexer::Spanned;
use golite_syntax::token::Token;

use crate::actions::Ctx;
pub(crate) use expr::is_value;

/// Tokens that begin a top-level declaration.
const DECLARATIONS: &[Token] = &[Token::Import, Token::Const, Token::Type, Token::Var, Token::Func];

/// Keywords of statements: inside a function nothing is skipped beyond them.
const STATEMENTS: &[Token] = &[
    Token::Break,
    Token::Const,
    Token::Continue,
    Token::Defer,
    Token::Fallthrough,
    Token::For,
    Token::Go,
    Token::Goto,
    Token::If,
    Token::Return,
    Token::Select,
    Token::Switch,
    Token::Type,
    Token::Var,
];

/// Statements, types and operators within each other that are read at most.
const MAX_DEPTH: u32 = 60_000;

/// What reading a wrong file gives.
#[derive(Debug)]
pub(crate) struct Recovered {
    pub file: File,
    /// The declarations that have syntax errors.
    pub broken: Vec<Span>,
    /// Names in the parts that belong to no declaration.
    pub lost: Vec<Symbol>,
}

/// Reads tokens one after the other.
pub(crate) struct Reader<'t, 's, 'c> {
    ctx: Ctx<'s, 'c>,
    map: &'t SourceMap,
    tokens: &'t [Spanned],
    /// The current token's index.
    at: usize,
    /// How many functions are around.
    functions: u32,
    /// Brackets around within an expression; -1 in the header of a control statement, where a
    /// name before `{` is no type of a composite literal.
    level: i32,
    /// Something was reported: nothing is at the end of the file any more.
    reported: bool,
    lost: Vec<Symbol>,
    /// Syntax errors so far.
    wrong: u32,
    /// How deep the reading functions are nested.
    depth: u32,
}

impl<'t, 's, 'c> Reader<'t, 's, 'c> {
    /// Over the tokens of a text. `reported`: the lexer found errors.
    pub(crate) fn new(
        ctx: Ctx<'s, 'c>,
        map: &'t SourceMap,
        tokens: &'t [Spanned],
        reported: bool,
    ) -> Reader<'t, 's, 'c> {
        Reader {
            ctx,
            map,
            tokens,
            at: 0,
            functions: 0,
            level: 0,
            reported,
            lost: Vec::new(),
            wrong: 0,
            depth: 0,
        }
    }

    /// A whole file.
    pub(crate) fn file(mut self) -> Recovered {
        let mut broken = Vec::new();
        let file = self.source_file(&mut broken);
        Recovered { file, broken, lost: self.lost }
    }

    /// Declarations up to the end.
    pub(crate) fn declarations(mut self) -> Vec<Decl> {
        self.declaration_list(&mut Vec::new(), &mut Vec::new())
    }

    /// One `import` declaration of a script.
    pub(crate) fn import_declaration(mut self) -> Vec<Arc<ImportSpec>> {
        self.want(Token::Import);
        let imports = self.imports();
        if self.token() != Token::Eof && !self.got_semi() {
            self.unexpected(" after top level declaration");
        }
        imports
    }

    /// A list of statements up to the end.
    pub(crate) fn statements(mut self) -> Vec<Stmt> {
        self.functions = 1;
        let stmts = self.stmt_list();
        if self.token() != Token::Eof {
            self.unexpected(" at end of statement");
        }
        stmts
    }

    /// An expression up to the end.
    pub(crate) fn expression(mut self) -> Expr {
        let expr = self.expr();
        self.got_semi();
        if self.token() != Token::Eof {
            self.unexpected(" after expression");
        }
        expr
    }

    // ---- tokens

    fn current(&self) -> Spanned {
        let end = self.ctx.text.len() as u32;
        self.tokens.get(self.at).copied().unwrap_or((end, Token::Eof, end))
    }

    fn token(&self) -> Token {
        self.tokens.get(self.at).map_or(Token::Eof, |token| token.1)
    }

    /// Offset of the current token.
    fn start(&self) -> u32 {
        self.current().0
    }

    /// Offset after the token before.
    fn end(&self) -> u32 {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.2)
    }

    /// The place of the current token as messages give it.
    fn here(&self) -> Span {
        let (start, token, end) = self.current();
        if token == Token::Newline { self.ctx.span(start, start) } else { self.ctx.span(start, end) }
    }

    fn next(&mut self) {
        if self.at < self.tokens.len() {
            self.at += 1;
        }
    }

    fn got(&mut self, token: Token) -> bool {
        let found = self.token() == token;
        if found {
            self.next();
        }
        found
    }

    fn at_semi(&self) -> bool {
        is_semi(self.token())
    }

    fn got_semi(&mut self) -> bool {
        let found = self.at_semi();
        if found {
            self.next();
        }
        found
    }

    fn want(&mut self, token: Token) {
        if !self.got(token) {
            self.expected(name_of(token));
            self.next();
        }
    }

    /// `=`; `:=` in its place is reported and taken for it.
    fn got_assign(&mut self) -> bool {
        if self.token() == Token::Define {
            self.expected("=");
            self.next();
            return true;
        }
        self.got(Token::Assign)
    }

    /// Skips to one of the tokens; [`Token::Semi`] stands for all kinds of semicolons. Inside of
    /// functions the keywords of statements stop it too.
    fn skip_to(&mut self, stops: &[Token]) {
        loop {
            let token = self.token();
            let semi = is_semi(token) && stops.contains(&Token::Semi);
            let statement = self.functions > 0 && STATEMENTS.contains(&token);
            if token == Token::Eof || semi || statement || stops.contains(&token) {
                return;
            }
            self.next();
        }
    }

    /// Skips to the next declaration, outside of functions; remembers the names on the way.
    fn skip_to_declaration(&mut self) {
        while self.token() != Token::Eof && !DECLARATIONS.contains(&self.token()) {
            if self.token() == Token::Ident {
                let (start, _, end) = self.current();
                let name = self.ctx.names.intern(&self.ctx.text[start as usize..end as usize]);
                self.lost.push(name);
            }
            self.next();
        }
    }

    /// Reads something that may contain its own kind. What is right was found to be not too deep
    /// before; here missing braces can make one statement after the other an inner one.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        self.depth += 1;
        if self.depth > MAX_DEPTH && self.token() != Token::Eof {
            let here = self.here();
            let message = "expression or block nested too deeply";
            self.ctx.errors.push(Diagnostic::error(Code::Nesting, here, message));
            self.reported = true;
            self.at = self.tokens.len();
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    // ---- messages

    /// Reports the current token as unexpected; `tail` is the rest of the sentence.
    fn unexpected(&mut self, tail: &str) {
        let (start, token, end) = self.current();
        let source = &self.ctx.text[start as usize..end.max(start) as usize];
        let shown = match token {
            Token::Ident => format!("name {source}"),
            Token::Int | Token::Float | Token::Imag | Token::Char | Token::String => {
                format!("literal {source}")
            }
            token => token.text().to_string(),
        };
        let here = self.here();
        self.wrong(here, &format!("unexpected {shown}{tail}"));
    }

    fn expected(&mut self, what: &str) {
        self.unexpected(&format!(", expected {what}"));
    }

    /// Reports a syntax error at a place.
    fn wrong(&mut self, at: Span, message: &str) {
        if self.token() == Token::Eof && self.reported {
            return;
        }
        self.wrong += 1;
        self.plain(at, &format!("syntax error: {message}"));
    }

    fn wrong_here(&mut self, message: &str) {
        let here = self.here();
        self.wrong(here, message);
    }

    /// Reports something that Go's parser finds without calling it a syntax error.
    fn plain(&mut self, at: Span, message: &str) {
        self.reported = true;
        self.ctx.errors.push(Diagnostic::error(Code::Syntax, at, message));
    }

    fn bad_expr(&mut self) -> Expr {
        let start = self.start();
        self.ctx.expr(start, ExprKind::Bad, start)
    }

    fn text_of(&self, expr: &Expr) -> String {
        golite_syntax::text::expr_text(self.map, self.ctx.names, expr)
    }

    // ---- names and lists

    fn name(&mut self) -> Ident {
        let (start, token, end) = self.current();
        if token == Token::Ident {
            self.next();
            return self.ctx.ident(start, end);
        }
        self.expected("name");
        self.next();
        self.ctx.blank(start)
    }

    fn name_list(&mut self, first: Ident) -> Vec<Ident> {
        let mut names = vec![first];
        while self.got(Token::Comma) {
            names.push(self.name());
        }
        names
    }

    fn expr_list(&mut self) -> Vec<Expr> {
        let mut list = vec![self.expr()];
        while self.got(Token::Comma) {
            list.push(self.expr());
        }
        list
    }

    /// Elements with separators between them, up to a closing token, which is consumed; gives its
    /// place. `element` returns true when nothing may follow.
    fn list(
        &mut self,
        context: &str,
        separator: Token,
        close: Token,
        mut element: impl FnMut(&mut Self) -> bool,
    ) -> Span {
        let mut done = false;
        while self.token() != Token::Eof && self.token() != close && !done {
            done = element(self);
            let separated = match separator {
                Token::Semi => self.got_semi(),
                separator => self.got(separator),
            };
            if !separated && self.token() != close {
                let (separator, closing) = (name_of(separator), name_of(close));
                self.unexpected(&format!(" in {context}; possibly missing {separator} or {closing}"));
                self.skip_to(&[Token::RParen, Token::RBrack, Token::RBrace]);
                if self.token() != close {
                    return self.here();
                }
            }
        }
        let end = self.here();
        self.want(close);
        end
    }
}

fn is_semi(token: Token) -> bool {
    matches!(token, Token::Semi | Token::Newline | Token::EofSemi)
}

/// What a message calls a token that is missing.
fn name_of(token: Token) -> &'static str {
    match token {
        Token::Semi => "semicolon or newline",
        token => token.text(),
    }
}
