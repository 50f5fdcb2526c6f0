//! Scripts: files without package clause.
//!
//! The tokens are cut into declarations (`import`, `const`, `type`, `func`) and the runs of statements
//! between them. `var` is a statement: its values are computed when the script gets there. All runs
//! together are the body of `main`; each declaration and each run is parsed alone, so that a syntax
//! error in one of them hides nothing of the others.
//!
//! A declaration begins where no bracket is open, behind a semicolon. `func` begins one if a name
//! follows, or a receiver and a name that is called or has type parameters: anything else is a function
//! literal.

use std::ops::Range;
use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::{FileId, SourceMap, Span, sym};
use golite_syntax::ast::{Block, Decl, File, FuncDecl, FuncType, Ident, Script, Stmt, StmtKind};
use golite_syntax::lexer::{Lexer, Spanned};
use golite_syntax::token::Token;

use crate::actions::Parsed;
use crate::recover::Recovered;
use crate::{ParsedFile, Parser, Session, chunk, read};

/// A part of a script, as a range of tokens.
enum Part {
    Import(Range<usize>),
    Decl(Range<usize>),
    Stmts(Range<usize>),
}

/// What a part of a script is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PartKind {
    /// `import`
    Import,
    /// `const`, `type` or `func`.
    Decl,
    /// Statements.
    Stmts,
}

/// The parts of a script: what each is, and its text without what ends it, as offsets.
#[must_use]
pub fn script_parts(text: &str) -> Vec<(PartKind, Range<u32>)> {
    let tokens: Vec<Spanned> = Lexer::new(text).collect();
    let place = |range: Range<usize>| {
        let tokens = &tokens[range];
        let is_end = |token: &Spanned| matches!(token.1, Token::Semi | Token::Newline | Token::EofSemi);
        let last = tokens.iter().rposition(|token| !is_end(token))?;
        Some(tokens[0].0..tokens[last].2)
    };
    let parts = Tokens(&tokens).parts().into_iter().filter_map(|part| {
        let (kind, range) = match part {
            Part::Import(range) => (PartKind::Import, range),
            Part::Decl(range) => (PartKind::Decl, range),
            Part::Stmts(range) => (PartKind::Stmts, range),
        };
        Some((kind, place(range)?))
    });
    parts.collect()
}

/// Whether a text begins with a package clause. False for one that has no token at all.
#[must_use]
pub fn has_package_clause(text: &str) -> bool {
    Lexer::new(text).next().is_some_and(|token| token.1 == Token::Package)
}

/// Parses a file without package clause. Errors are added to the session.
pub fn parse_script(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> ParsedFile {
    parse(map, id, session, Main::OfScript)
}

/// Parses an input of a session: a script, in which `main` is a function as any other.
pub fn parse_input(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> ParsedFile {
    parse(map, id, session, Main::Ordinary)
}

/// What a declared function `main` is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Main {
    /// What runs, if there are no statements.
    OfScript,
    /// One among others.
    Ordinary,
}

fn parse(map: &SourceMap, id: FileId, session: &mut Session<'_>, main: Main) -> ParsedFile {
    read(map, id, session, |parser| {
        let mut broken = Vec::new();
        let file = parser.script(main, &mut broken);
        Recovered { file, broken, lost: Vec::new() }
    })
}

impl Parser<'_, '_, '_> {
    fn script(&mut self, main: Main, broken: &mut Vec<Span>) -> File {
        let mut file = self.empty_file();
        file.package.name = sym::MAIN;
        let mut stmts = Vec::new();
        if !self.report_nesting(0..self.tokens.len()) {
            for part in Tokens(&self.tokens).parts() {
                self.part(part, &mut file, &mut stmts, broken);
            }
        }
        let is_main = |decl: &Decl| matches!(decl, Decl::Func(func) if func.receiver.is_none() && func.name.name == sym::MAIN);
        let only_variables = stmts.iter().all(|stmt| {
            matches!(&stmt.kind, StmtKind::Empty)
                || matches!(&stmt.kind, StmtKind::Decl(decls) if decls.iter().all(|decl| matches!(decl, Decl::Var(_))))
        });
        let declared = file.decls.iter().find(|decl| main == Main::OfScript && is_main(decl));
        if let Some(Decl::Func(main)) = declared {
            if only_variables {
                // A program that lacks its package clause, not a script.
                for stmt in stmts {
                    if let StmtKind::Decl(decls) = stmt.kind {
                        file.decls.extend(decls);
                    }
                }
                file.script = Some(Script { main: None });
                return file;
            }
            let message = "a script with statements cannot declare func main";
            let first = stmts.iter().find(|stmt| !matches!(stmt.kind, StmtKind::Empty));
            let mut error = Diagnostic::error(Code::BadMain, main.name.span, message);
            if let Some(first) = first {
                error = error.label(first.span, "this statement is part of main");
            }
            self.session.errors.push(error);
            file.decls.retain(|decl| !is_main(decl));
        }
        let main = self.main_of(stmts, file.span);
        file.script = Some(Script { main: Some(Arc::new(main)) });
        file
    }

    fn part(&mut self, part: Part, file: &mut File, stmts: &mut Vec<Stmt>, broken: &mut Vec<Span>) {
        let (Part::Import(range) | Part::Decl(range) | Part::Stmts(range)) = &part;
        let range = range.clone();
        let (start, end) = (self.tokens[range.start].0, self.tokens[range.end - 1].2);
        let span = self.ctx().span(start, end);
        let (errors, before) = (self.session.errors.len(), stmts.len());
        let marker = if matches!(part, Part::Stmts(_)) { Token::StartStmts } else { Token::StartDecls };
        match (self.parse(marker, range.clone()), part) {
            (Ok(Parsed::Stmts(parsed)), _) => stmts.extend(parsed),
            (Ok(Parsed::Import(parsed)), _) => file.imports.extend(parsed),
            (Ok(Parsed::Decls(parsed)), _) => file.decls.extend(parsed),
            (_, Part::Stmts(_)) => stmts.extend(self.recover(range, |reader| reader.statements())),
            (_, Part::Import(_)) => {
                file.imports.extend(self.recover(range, |reader| reader.import_declaration()));
            }
            (_, Part::Decl(_)) => file.decls.extend(self.recover(range, |reader| reader.declarations())),
        }
        if self.session.errors.len() == errors {
            return;
        }
        // Of statements those with errors, up to the next one.
        let starts = stmts[before..].iter().skip(1).map(|stmt| stmt.span.start);
        let mut from = span.start;
        for to in starts.chain([span.end + 1]) {
            if self.session.errors[errors..].iter().any(|error| (from..to).contains(&error.at)) {
                broken.push(Span::new(from, to));
            }
            from = to;
        }
    }

    /// The function that the statements are the body of.
    fn main_of(&mut self, stmts: Vec<Stmt>, whole: Span) -> FuncDecl {
        let at = stmts
            .first()
            .map_or(Span::new(whole.start, whole.start), |stmt| Span::new(stmt.span.start, stmt.span.start));
        let end = stmts.last().map_or(whole.end, |stmt| stmt.span.end);
        let name = Ident { name: sym::MAIN, span: at, id: self.ctx().blank(0).id };
        let ty = FuncType { func: at, params: Vec::new(), results: Vec::new(), span: at };
        let body = Some(Block { stmts, span: Span::new(at.start, end) });
        FuncDecl { receiver: None, name, type_params: Vec::new(), ty, body, late: None, span: whole }
    }
}

/// The tokens of a script, to be cut into parts.
#[derive(Clone, Copy)]
struct Tokens<'t>(&'t [Spanned]);

impl Tokens<'_> {
    fn parts(self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut at = 0;
        while at < self.0.len() {
            match self.declaration_at(at) {
                Some(Token::Import) => {
                    let chunk = chunk(self.0, at);
                    at = chunk.end;
                    parts.push(Part::Import(chunk));
                }
                Some(_) => {
                    let chunk = chunk(self.0, at);
                    at = chunk.end;
                    parts.push(Part::Decl(chunk));
                }
                None => {
                    let end = self.statements_end(at);
                    parts.push(Part::Stmts(at..end));
                    at = end;
                }
            }
        }
        parts
    }

    /// Where the statements that begin at an index end: at the next declaration.
    fn statements_end(self, start: usize) -> usize {
        let mut depth = 0usize;
        for (i, token) in self.0.iter().enumerate().skip(start) {
            match token.1 {
                Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
                Token::RParen | Token::RBrack | Token::RBrace => depth = depth.saturating_sub(1),
                Token::Semi | Token::Newline if depth == 0 && self.declaration_at(i + 1).is_some() => {
                    return i + 1;
                }
                _ => {}
            }
        }
        self.0.len()
    }

    /// The keyword of the declaration that begins at an index, if one does.
    fn declaration_at(self, at: usize) -> Option<Token> {
        let token = self.0.get(at)?.1;
        let kind = |at: usize| self.0.get(at).map(|token| token.1);
        match token {
            Token::Import | Token::Const | Token::Type => Some(token),
            Token::Func if kind(at + 1) == Some(Token::Ident) => Some(token),
            Token::Func if kind(at + 1) == Some(Token::LParen) => {
                let name = self.closing(at + 1)? + 1;
                let is_method = kind(name) == Some(Token::Ident)
                    && match kind(name + 1) {
                        Some(Token::LParen) => true,
                        Some(Token::LBrack) => {
                            self.closing(name + 1).and_then(|end| kind(end + 1)) == Some(Token::LParen)
                        }
                        _ => false,
                    };
                is_method.then_some(token)
            }
            _ => None,
        }
    }

    /// The bracket that closes the one at an index.
    fn closing(self, open: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (i, token) in self.0.iter().enumerate().skip(open) {
            match token.1 {
                Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
                Token::RParen | Token::RBrack | Token::RBrace => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(i);
                    }
                }
                _ => {}
            }
        }
        None
    }
}
