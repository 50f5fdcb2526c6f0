//! From tokens to the syntax tree.
//!
//! The grammar is `go.lalrpop`. A file is lexed whole and cut into top-level declarations, each of
//! which is parsed on its own. If the grammar refuses one of them, the file is read again by
//! `recover`, which says what is wrong.

mod actions;
mod advice;
mod directives;
mod pragmas;
mod recover;
mod script;

use std::ops::Range;
use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::{FileId, Interner, Relocation, SourceMap, Span, Symbol};
use golite_syntax::ast::{Block, Decl, Expr, File, Stmt};
use golite_syntax::lexer::{Comment, Lexer, Spanned};
use golite_syntax::token::Token;

pub use actions::is_blank;
use actions::{Ctx, Parsed};
pub use pragmas::{Linkname, PragmaError, Pragmas};
use recover::{Reader, Recovered};
pub use script::{PartKind, has_package_clause, parse_input, parse_script, script_parts};

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
    /// The tree; [`golite_syntax::ast::ExprKind::Bad`] where something is missing.
    pub file: File,
    /// The comments, as offsets in the file.
    pub comments: Vec<Comment>,
    /// A syntax error was found: facts about unused things are not to be trusted.
    pub broken: bool,
    /// The declarations with syntax errors.
    pub broken_decls: Vec<Span>,
    /// Names in the parts of the file that belong to no declaration.
    pub lost: Vec<Symbol>,
    /// What the `//line` directives say.
    pub relocations: Vec<Relocation>,
    /// What the `//go:` directives say.
    pub pragmas: Pragmas,
}

/// Parses a file. Errors are added to the session.
pub fn parse_file(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> ParsedFile {
    read(map, id, session, |parser| parser.file())
}

/// Reads a file in the way that is given, with all that is said about it.
fn read(
    map: &SourceMap,
    id: FileId,
    session: &mut Session<'_>,
    file: impl FnOnce(&mut Parser<'_, '_, '_>) -> Recovered,
) -> ParsedFile {
    let source = map.file(id);
    let (text, base, name) = (source.text.clone(), source.base, source.name.clone());
    let before = session.errors.len();
    let mut parser = Parser::new(&text, base, map, session);
    let Recovered { file, broken, lost } = file(&mut parser);
    let comments = std::mem::take(&mut parser.comments);
    let tokens = std::mem::take(&mut parser.tokens);
    one_a_line(map, session.errors, before);
    advice::advise(&text, base, &tokens, &mut session.errors[before..]);
    let mut pragmas = match name.starts_with('$') {
        // Of a standard package.
        true => Pragmas::default(),
        false => {
            let imports = |path: &str| file.imports.iter().any(|import| import.path_text == path);
            pragmas::pragmas(&text, &tokens, &comments, &imports)
        }
    };
    let syntax =
        |error: &Diagnostic| error.message.starts_with("syntax error") || error.code == Code::Nesting;
    let relocations = directives::relocations(&text, &name, &comments, &mut pragmas.errors);
    ParsedFile {
        file,
        broken: session.errors[before..].iter().any(syntax),
        broken_decls: broken,
        lost,
        relocations,
        pragmas,
        comments,
    }
}

/// Of syntax errors on one line the first is enough.
fn one_a_line(map: &SourceMap, errors: &mut Vec<Diagnostic>, from: usize) {
    let mut last = 0;
    let mut kept = errors.split_off(from);
    kept.retain(|error| {
        let line = map.locate(error.at).map_or(0, |(_, at)| at.line);
        let again = line == last;
        let syntax = error.message.starts_with("syntax error");
        if syntax {
            last = line;
        }
        !(syntax && again)
    });
    errors.append(&mut kept);
}

/// Parses a list of statements, as a script or a REPL line has it.
pub fn parse_stmts(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> Vec<Stmt> {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let mut parser = Parser::new(&text, base, map, session);
    let all = 0..parser.tokens.len();
    match parser.parse(Token::StartStmts, all.clone()) {
        Ok(Parsed::Stmts(stmts)) => stmts,
        _ => parser.recover(all, |reader| reader.statements()),
    }
}

/// Parses one expression.
pub fn parse_expr(map: &SourceMap, id: FileId, session: &mut Session<'_>) -> Expr {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let mut parser = Parser::new(&text, base, map, session);
    let all = 0..parser.tokens.len();
    match parser.parse(Token::StartExpr, all.clone()) {
        Ok(Parsed::Expr(expr)) => expr,
        _ => parser.recover(all, |reader| reader.expression()),
    }
}

/// Parses the part of a file between two offsets as one top-level declaration.
pub fn parse_decl(map: &SourceMap, id: FileId, range: Range<u32>, session: &mut Session<'_>) -> Vec<Decl> {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let part = &text[range.start as usize..range.end as usize];
    let mut parser = Parser::new(part, base + range.start, map, session);
    let all = 0..parser.tokens.len();
    match parser.parse(Token::StartDecls, all.clone()) {
        Ok(Parsed::Decls(decls)) => decls,
        _ => parser.recover(all, |reader| reader.declarations()),
    }
}

/// Parses the part of a file between two offsets, which begins and ends with a brace, as the body of a function.
pub fn parse_body(map: &SourceMap, id: FileId, range: Range<u32>, session: &mut Session<'_>) -> Block {
    let source = map.file(id);
    let (text, base) = (source.text.clone(), source.base);
    let inner = range.start + 1..range.end - 1;
    let part = &text[inner.start as usize..inner.end as usize];
    let mut parser = Parser::new(part, base + inner.start, map, session);
    let all = 0..parser.tokens.len();
    let stmts = match parser.parse(Token::StartStmts, all.clone()) {
        Ok(Parsed::Stmts(stmts)) => stmts,
        _ => parser.recover(all, |reader| reader.statements()),
    };
    Block { stmts, span: Span::new(base + range.start, base + range.end) }
}

/// The tokens of the declaration at an index, with its semicolon.
fn chunk(tokens: &[Spanned], start: usize) -> Range<usize> {
    let mut depth = 0usize;
    for (i, token) in tokens[start..].iter().enumerate() {
        match token.1 {
            Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
            Token::RParen | Token::RBrack | Token::RBrace => depth = depth.saturating_sub(1),
            Token::Semi | Token::Newline | Token::EofSemi if depth == 0 => return start..start + i + 1,
            _ => {}
        }
    }
    start..tokens.len()
}

struct Parser<'s, 'c, 'n> {
    text: &'s str,
    base: u32,
    map: &'s SourceMap,
    tokens: Vec<Spanned>,
    comments: Vec<Comment>,
    session: &'c mut Session<'n>,
    grammar: go::StartParser,
    /// The lexer found errors.
    bad_tokens: bool,
    /// Offsets of malformed literals.
    bad_literals: Arc<[u32]>,
}

/// The grammar does not accept it.
struct Refused;

impl<'s, 'c, 'n> Parser<'s, 'c, 'n> {
    fn new(text: &'s str, base: u32, map: &'s SourceMap, session: &'c mut Session<'n>) -> Parser<'s, 'c, 'n> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::with_capacity(text.len() / 4 + 16);
        tokens.extend(lexer.by_ref());
        for error in &lexer.errors {
            let span = Span::new(base + error.offset, base + error.offset + 1);
            session.errors.push(Diagnostic::error(Code::BadToken, span, error.message.clone()));
        }
        let bad_tokens = !lexer.errors.is_empty();
        let bad_literals = lexer.bad_literals.into();
        let (comments, grammar) = (lexer.comments, go::StartParser::new());
        Parser { text, base, map, tokens, comments, session, grammar, bad_tokens, bad_literals }
    }

    fn file(&mut self) -> Recovered {
        let all = 0..self.tokens.len();
        if self.report_nesting(all.clone()) {
            return Recovered { file: self.empty_file(), broken: Vec::new(), lost: Vec::new() };
        }
        match self.right_file() {
            Ok(file) => Recovered { file, broken: Vec::new(), lost: Vec::new() },
            Err(Refused) => self.recover(all, |reader| reader.file()),
        }
    }

    fn empty_file(&mut self) -> File {
        let span = Span::new(self.base, self.base + self.text.len() as u32);
        let package = self.ctx().blank(0);
        File { package, imports: Vec::new(), decls: Vec::new(), script: None, span }
    }

    fn ctx(&mut self) -> Ctx<'s, '_> {
        Ctx {
            text: self.text,
            base: self.base,
            names: &mut *self.session.names,
            next_id: &mut *self.session.next_id,
            errors: &mut *self.session.errors,
            refused: false,
            bad_literals: self.bad_literals.clone(),
        }
    }

    /// Reads tokens that the grammar refuses.
    fn recover<T>(&mut self, range: Range<usize>, read: impl FnOnce(Reader<'_, '_, '_>) -> T) -> T {
        let tokens = std::mem::take(&mut self.tokens);
        let (map, reported) = (self.map, self.bad_tokens);
        let result = read(Reader::new(self.ctx(), map, &tokens[range], reported));
        self.tokens = tokens;
        result
    }

    /// A file that has only what the grammar accepts, imports before all else.
    fn right_file(&mut self) -> Result<File, Refused> {
        let mut file = self.empty_file();
        let mut at = 0;
        while at < self.tokens.len() {
            let token = self.tokens[at];
            let chunk = chunk(&self.tokens, at);
            match token.1 {
                Token::Package if at == 0 => {}
                Token::Import if at > 0 && file.decls.is_empty() => {}
                Token::Const | Token::Var | Token::Type | Token::Func if at > 0 => {}
                _ => return Err(Refused),
            }
            at = chunk.end;
            match self.parse(Token::StartDecls, chunk)? {
                Parsed::Package(name) => file.package = name,
                Parsed::Import(imports) => file.imports.extend(imports),
                Parsed::Decls(decls) => file.decls.extend(decls),
                Parsed::Stmts(_) | Parsed::Expr(_) => unreachable!("the marker asks for a declaration"),
            }
        }
        if self.tokens.is_empty() { Err(Refused) } else { Ok(file) }
    }

    /// Parses a range of tokens as what the marker says.
    fn parse(&mut self, marker: Token, range: Range<usize>) -> Result<Parsed, Refused> {
        let tokens = std::mem::take(&mut self.tokens);
        let part = &tokens[range];
        let start = part.first().map_or(0, |token| token.0);
        let input = std::iter::once((start, marker, start)).chain(part.iter().copied());
        let mut ctx = Ctx {
            text: self.text,
            base: self.base,
            names: &mut *self.session.names,
            next_id: &mut *self.session.next_id,
            errors: &mut *self.session.errors,
            refused: false,
            bad_literals: self.bad_literals.clone(),
        };
        let result = match self.grammar.parse(&mut ctx, input) {
            Ok(parsed) if !ctx.refused => Ok(parsed),
            Ok(_) | Err(_) => Err(Refused),
        };
        self.tokens = tokens;
        result
    }

    /// Reports source that is nested too deeply, and tells whether it is.
    fn report_nesting(&mut self, range: Range<usize>) -> bool {
        let Some(token) = self.too_deep(range) else { return false };
        let span = Span::new(self.base + token.0, self.base + token.2);
        let message = "expression or block nested too deeply";
        self.session.errors.push(Diagnostic::error(Code::Nesting, span, message));
        true
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
                Token::Semi | Token::Newline | Token::Comma | Token::Assign | Token::Define | Token::Case => {
                    chain = 0
                }
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
                | Token::Interface
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
