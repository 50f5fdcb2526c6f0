//! From tokens to the syntax tree.
//!
//! The grammar is `go.lalrpop`. A file is lexed whole and cut into top-level declarations, each of
//! which is parsed on its own: a syntax error costs its declaration and nothing else.

mod actions;
mod errors;

use std::ops::Range;

use golite_diag::{Code, Diagnostic};
use golite_source::{FileId, Interner, SourceMap, Span, sym};
use golite_syntax::ast::{Decl, Expr, File, Ident, Stmt};
use golite_syntax::lexer::{Comment, Lexer, Spanned};
use golite_syntax::token::Token;

pub use actions::is_blank;
use actions::{Ctx, Parsed};

#[allow(clippy::all, clippy::pedantic, missing_docs, unused_qualifications, missing_debug_implementations)]
mod go {
    include!(concat!(env!("OUT_DIR"), "/go.rs"));
}

/// Brackets within brackets that are read at most.
const MAX_NESTING: usize = 10_000;

/// Prefix and suffix operators in one statement that are read at most.
const MAX_CHAIN: usize = 50_000;

/// What all files of a session share while they are parsed.
#[derive(Debug)]
pub struct Session<'c> {
    /// The names.
    pub names: &'c mut Interner,
    /// The next free expression id.
    pub next_id: &'c mut u32,
    /// What is wrong.
    pub errors: &'c mut Vec<Diagnostic>,
}

/// A parsed file.
#[derive(Debug)]
pub struct ParsedFile {
    /// The tree.
    pub file: File,
    /// The comments, as offsets in the file.
    pub comments: Vec<Comment>,
    /// A syntax error was found: facts about unused things are not to be trusted.
    pub broken: bool,
}

/// Parses a file. Errors are added to the session; the tree holds the declarations without any.
pub fn parse_file(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> ParsedFile {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let before = session.errors.len();
    let mut parser = Parser::new(&text, base, session);
    let file = parser.file();
    let comments = std::mem::take(&mut parser.comments);
    ParsedFile { file, comments, broken: session.errors.len() > before }
}

/// Parses a list of statements, as a script or a REPL line has it.
pub fn parse_stmts(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> Vec<Stmt> {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let mut parser = Parser::new(&text, base, session);
    let all = 0..parser.tokens.len();
    match parser.parse(Token::StartStmts, all) {
        Some(Parsed::Stmts(stmts)) => stmts,
        _ => Vec::new(),
    }
}

/// Parses one expression.
pub fn parse_expr(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> Option<Expr> {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let mut parser = Parser::new(&text, base, session);
    let all = 0..parser.tokens.len();
    match parser.parse(Token::StartExpr, all) {
        Some(Parsed::Expr(expr)) => Some(expr),
        _ => None,
    }
}

/// Parses the part of a file between two offsets as one top-level declaration.
pub fn parse_decl(map: &SourceMap, id: FileId, range: Range<u32>, session: &mut Session<'_>) -> Vec<Decl> {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let part = &text[range.start as usize..range.end as usize];
    let mut parser = Parser::new(part, base + range.start, session);
    let all = 0..parser.tokens.len();
    match parser.parse(Token::StartDecls, all) {
        Some(Parsed::Decls(decls)) => decls,
        _ => Vec::new(),
    }
}

struct Parser<'s, 'c, 'n> {
    text: &'s str,
    base: u32,
    tokens: Vec<Spanned>,
    comments: Vec<Comment>,
    session: &'c mut Session<'n>,
    grammar: go::StartParser,
    /// The token at which the last declaration broke.
    broken_at: usize,
}

impl<'s, 'c, 'n> Parser<'s, 'c, 'n> {
    fn new(text: &'s str, base: u32, session: &'c mut Session<'n>) -> Parser<'s, 'c, 'n> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::with_capacity(text.len() / 4 + 16);
        tokens.extend(lexer.by_ref());
        for error in &lexer.errors {
            let span = Span::new(base + error.offset, base + error.offset + 1);
            session.errors.push(Diagnostic::error(Code::BadToken, span, error.message.clone()));
        }
        Parser {
            text,
            base,
            tokens,
            comments: lexer.comments,
            session,
            grammar: go::StartParser::new(),
            broken_at: 0,
        }
    }

    fn span(&self, token: Spanned) -> Span {
        Span::new(self.base + token.0, self.base + token.2)
    }

    fn error(&mut self, span: Span, message: &str) {
        let message = format!("syntax error: {message}");
        self.session.errors.push(Diagnostic::error(Code::Syntax, span, message));
    }

    fn file(&mut self) -> File {
        let end = self.base + self.text.len() as u32;
        let missing = Ident {
            name: sym::BLANK,
            span: Span::at(self.base),
            id: golite_syntax::ast::ExprId(*self.session.next_id),
        };
        *self.session.next_id += 1;
        let mut file = File {
            package: missing,
            imports: Vec::new(),
            decls: Vec::new(),
            span: Span::new(self.base, end),
        };
        let mut at = 0;
        let mut first = true;
        let mut last_was_bodyless_func = false;
        while at < self.tokens.len() {
            let token = self.tokens[at];
            if matches!(token.1, Token::Semi | Token::Newline | Token::EofSemi) {
                if first {
                    self.error(self.span(token), "package statement must be first");
                    return file;
                }
                // An empty declaration.
                at += 1;
                continue;
            }
            if first && token.1 != Token::Package {
                self.error(self.span(token), "package statement must be first");
                return file;
            }
            let chunk = self.chunk(at);
            let bodyless = std::mem::take(&mut last_was_bodyless_func);
            match token.1 {
                Token::Package if first => {}
                Token::Import if file.decls.is_empty() => {}
                Token::Import => {
                    self.error(self.span(token), "imports must appear before other declarations")
                }
                Token::Const | Token::Var | Token::Type | Token::Func => {}
                Token::LBrace if bodyless => {
                    self.error(self.span(token), "unexpected semicolon or newline before {");
                    at = self.next_declaration(chunk.end);
                    continue;
                }
                _ => {
                    self.error(self.span(token), "non-declaration statement outside function body");
                    at = self.next_declaration(at + 1);
                    continue;
                }
            }
            first = false;
            let parsed = self.parse(Token::StartDecls, chunk.clone());
            at = chunk.end;
            match parsed {
                Some(Parsed::Package(name)) => {
                    if name.name == sym::BLANK {
                        let error =
                            Diagnostic::error(Code::PackageClause, name.span, "invalid package name _");
                        self.session.errors.push(error);
                    }
                    file.package = name;
                }
                Some(Parsed::Import(imports)) => file.imports.extend(imports),
                Some(Parsed::Decls(decls)) => {
                    last_was_bodyless_func =
                        matches!(decls.last(), Some(Decl::Func(func)) if func.body.is_none());
                    file.decls.extend(decls);
                }
                Some(Parsed::Stmts(_) | Parsed::Expr(_)) => unreachable!("the marker asks for a declaration"),
                None => {
                    let broken = self.broken_at.max(chunk.start + 1);
                    let next = self.next_declaration(broken);
                    at = if next < chunk.end { next } else { chunk.end };
                }
            }
        }
        if first {
            let end = Span::at(end);
            self.error(end, "package statement must be first");
        }
        file
    }

    /// The tokens of the declaration at an index, with its semicolon.
    fn chunk(&self, start: usize) -> Range<usize> {
        let mut depth = 0usize;
        for (i, token) in self.tokens[start..].iter().enumerate() {
            match token.1 {
                Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
                Token::RParen | Token::RBrack | Token::RBrace => depth = depth.saturating_sub(1),
                Token::Semi | Token::Newline | Token::EofSemi if depth == 0 => return start..start + i + 1,
                _ => {}
            }
        }
        start..self.tokens.len()
    }

    /// The first token from an index on that begins a declaration at the start of a line.
    fn next_declaration(&self, from: usize) -> usize {
        let at_line_start =
            |offset: u32| offset == 0 || self.text.as_bytes().get(offset as usize - 1) == Some(&b'\n');
        let rest = self.tokens.get(from..).unwrap_or_default();
        let found = rest.iter().position(|token| {
            matches!(token.1, Token::Func | Token::Type | Token::Var | Token::Const | Token::Import)
                && at_line_start(token.0)
        });
        found.map_or(self.tokens.len(), |i| from + i)
    }

    /// Parses a range of tokens as what the marker says; reports the first error.
    fn parse(&mut self, marker: Token, range: Range<usize>) -> Option<Parsed> {
        self.broken_at = range.end;
        if let Some(token) = self.too_deep(range.clone()) {
            let message = "expression or block nested too deeply";
            let error = Diagnostic::error(Code::Nesting, self.span(token), message);
            self.session.errors.push(error);
            return None;
        }
        let tokens = &self.tokens[range.clone()];
        let start = tokens.first().map_or(0, |token| token.0);
        let input = std::iter::once((start, marker, start)).chain(tokens.iter().copied());
        let mut ctx = Ctx {
            text: self.text,
            base: self.base,
            names: &mut *self.session.names,
            next_id: &mut *self.session.next_id,
            errors: &mut *self.session.errors,
        };
        match self.grammar.parse(&mut ctx, input) {
            Ok(parsed) => Some(parsed),
            Err(error) => {
                let failure = errors::Failure::new(error, tokens);
                self.broken_at = range.start + failure.index;
                let (span, message) = failure.explain(self.text, marker, tokens);
                self.error(Span::new(self.base + span.start, self.base + span.end), &message);
                None
            }
        }
    }

    /// The token at which the nesting limit is passed. The stages after this one recurse over the
    /// tree; their stack is sized for this limit.
    fn too_deep(&self, range: Range<usize>) -> Option<Spanned> {
        let (mut depth, mut chain, mut elses) = (0usize, 0usize, 0usize);
        for token in &self.tokens[range] {
            match token.1 {
                Token::LParen | Token::LBrack => {
                    depth += 1;
                    chain += 1;
                }
                Token::LBrace => {
                    depth += 1;
                    chain = 0;
                }
                Token::RBrace => {
                    depth = depth.saturating_sub(1);
                    chain = 0;
                }
                Token::RParen | Token::RBrack => depth = depth.saturating_sub(1),
                Token::Semi | Token::Newline | Token::Comma | Token::Assign | Token::Define => chain = 0,
                Token::Else => elses += 1,
                Token::Star
                | Token::Minus
                | Token::Plus
                | Token::Not
                | Token::Caret
                | Token::Amp
                | Token::Arrow
                | Token::Tilde
                | Token::Dot
                | Token::Colon
                | Token::Chan
                | Token::Map
                | Token::Func => chain += 1,
                _ => {}
            }
            if depth > MAX_NESTING || chain > MAX_CHAIN || elses > MAX_NESTING {
                return Some(*token);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
