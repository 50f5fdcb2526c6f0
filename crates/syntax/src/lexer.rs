//! From text to tokens.
//!
//! `logos` recognises raw tokens; [`Lexer`] inserts semicolons by Go's rule, keeps comments as
//! trivia and reports malformed text with Go's words. It never fails: what is no token is reported
//! and left out, so that the parser sees as much of the file as possible.

use logos::Logos;

use crate::literal;
use crate::token::Token;

/// A token with its place: byte offsets in the text.
pub type Spanned = (u32, Token, u32);

/// A problem in the text: place and message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LexError {
    /// The byte offset at which Go reports it.
    pub offset: u32,
    /// Go's message.
    pub message: String,
}

/// A comment: its place, markers included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comment {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
#[logos(skip r"[ \t\r\x00\u{feff}]+")]
enum Raw {
    /// Characters beyond ASCII are checked later: like Go, all of them are taken into the name.
    #[regex(r"[A-Za-z_\u{80}-\u{fefe}\u{ff00}-\u{10ffff}][0-9A-Za-z_\u{80}-\u{fefe}\u{ff00}-\u{10ffff}]*")]
    Ident,
    #[regex(r"[0-9]", number)]
    #[regex(r"\.[0-9]", number)]
    Number,
    #[token("'", char_literal)]
    Char,
    #[token("\"", string)]
    String,
    #[token("`", raw_string)]
    Backquoted,
    #[token("\n")]
    Newline,
    #[regex(r"//[^\n]*", allow_greedy = true)]
    LineComment,
    #[token("/*", block_comment)]
    BlockComment,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    #[token("&")]
    Amp,
    #[token("|")]
    Pipe,
    #[token("^")]
    Caret,
    #[token("<<")]
    Shl,
    #[token(">>")]
    Shr,
    #[token("&^")]
    AmpCaret,
    #[token("+=")]
    PlusAssign,
    #[token("-=")]
    MinusAssign,
    #[token("*=")]
    StarAssign,
    #[token("/=")]
    SlashAssign,
    #[token("%=")]
    PercentAssign,
    #[token("&=")]
    AmpAssign,
    #[token("|=")]
    PipeAssign,
    #[token("^=")]
    CaretAssign,
    #[token("<<=")]
    ShlAssign,
    #[token(">>=")]
    ShrAssign,
    #[token("&^=")]
    AmpCaretAssign,
    #[token("&&")]
    AndAnd,
    #[token("||")]
    OrOr,
    #[token("<-")]
    Arrow,
    #[token("++")]
    Inc,
    #[token("--")]
    Dec,
    #[token("==")]
    EqEq,
    #[token("<")]
    Less,
    #[token(">")]
    Greater,
    #[token("=")]
    Assign,
    #[token("!")]
    Not,
    #[token("~")]
    Tilde,
    #[token("!=")]
    NotEq,
    #[token("<=")]
    LessEq,
    #[token(">=")]
    GreaterEq,
    #[token(":=")]
    Define,
    #[token("...")]
    Ellipsis,
    #[token("(")]
    LParen,
    #[token("[")]
    LBrack,
    #[token("{")]
    LBrace,
    #[token(",")]
    Comma,
    #[token(".")]
    Dot,
    #[token(")")]
    RParen,
    #[token("]")]
    RBrack,
    #[token("}")]
    RBrace,
    #[token(";")]
    Semi,
    #[token(":")]
    Colon,
}

/// What a character is in a name.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug)]
enum NamePart {
    #[regex(r"\p{L}")]
    Letter,
    #[regex(r"\p{Nd}")]
    Digit,
}

/// Takes the rest of a number: everything that could belong to one, checked later.
fn number(lexer: &mut logos::Lexer<'_, Raw>) {
    let bytes = lexer.remainder().as_bytes();
    let start = lexer.slice().as_bytes();
    let hex = start == b"0" && matches!(bytes.first(), Some(b'x' | b'X'));
    let mut seen_dot = start[0] == b'.';
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'0'..=b'9' | b'_' => {}
            b'.' if !seen_dot => seen_dot = true,
            b'+' | b'-' => {
                let before = if i == 0 { 0 } else { bytes[i - 1] };
                let exponent =
                    if hex { matches!(before, b'p' | b'P') } else { matches!(before, b'e' | b'E') };
                if !exponent {
                    break;
                }
            }
            b'x' | b'X' | b'b' | b'B' | b'o' | b'O' if i == 0 && start == b"0" => {}
            b'e' | b'E' | b'p' | b'P' | b'i' => {
                if *byte == b'i' {
                    i += 1;
                    break;
                }
            }
            b'a'..=b'f' | b'A'..=b'F' if hex => {}
            _ => break,
        }
        i += 1;
    }
    lexer.bump(i);
}

/// Takes the rest of a literal in quotes, up to the quote, the line's end or the text's end.
fn quoted(lexer: &mut logos::Lexer<'_, Raw>, quote: u8) {
    let bytes = lexer.remainder().as_bytes();
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        match *byte {
            b'\n' => break,
            b'\\' if bytes.get(i + 1).is_some_and(|next| *next != b'\n') => i += 1,
            byte if byte == quote => {
                i += 1;
                break;
            }
            _ => {}
        }
        i += 1;
    }
    // An escape may have ended inside a character of several bytes.
    let text = lexer.remainder();
    while !text.is_char_boundary(i.min(text.len())) {
        i += 1;
    }
    lexer.bump(i.min(text.len()));
}

fn string(lexer: &mut logos::Lexer<'_, Raw>) {
    quoted(lexer, b'"');
}

fn char_literal(lexer: &mut logos::Lexer<'_, Raw>) {
    quoted(lexer, b'\'');
}

fn raw_string(lexer: &mut logos::Lexer<'_, Raw>) {
    let rest = lexer.remainder();
    lexer.bump(memchr::memchr(b'`', rest.as_bytes()).map_or(rest.len(), |at| at + 1));
}

fn block_comment(lexer: &mut logos::Lexer<'_, Raw>) {
    let rest = lexer.remainder();
    lexer.bump(memchr::memmem::find(rest.as_bytes(), b"*/").map_or(rest.len(), |at| at + 2));
}

/// The tokens of a text, semicolons inserted.
pub struct Lexer<'s> {
    raw: logos::Lexer<'s, Raw>,
    text: &'s str,
    /// The last token ends a statement if the line ends.
    ends_statement: bool,
    /// A token held back behind an inserted semicolon.
    pending: Option<Spanned>,
    done: bool,
    /// What is wrong with the text.
    pub errors: Vec<LexError>,
    /// Offsets of malformed literals, in order.
    pub bad_literals: Vec<u32>,
    /// The comments, in order.
    pub comments: Vec<Comment>,
}

impl<'s> Lexer<'s> {
    /// Over a whole text. A `#!` line at its start is passed over.
    #[must_use]
    pub fn new(text: &'s str) -> Lexer<'s> {
        let mut raw = Raw::lexer(text);
        if text.starts_with('\u{feff}') {
            raw.bump('\u{feff}'.len_utf8());
        } else if text.starts_with("#!") {
            raw.bump(memchr::memchr(b'\n', text.as_bytes()).unwrap_or(text.len()));
        }
        let mut lexer = Lexer {
            raw,
            text,
            ends_statement: false,
            pending: None,
            done: false,
            errors: Vec::new(),
            bad_literals: Vec::new(),
            comments: Vec::new(),
        };
        lexer.find_forbidden();
        lexer
    }

    /// NUL bytes and byte order marks are wrong wherever they stand, also in comments and literals;
    /// between tokens they are passed over.
    fn find_forbidden(&mut self) {
        if self.text.contains('\0') {
            for at in memchr::memchr_iter(0, self.text.as_bytes()) {
                self.error(at, "invalid NUL character");
            }
        }
        if self.text.contains('\u{feff}') {
            for at in memchr::memmem::find_iter(self.text.as_bytes(), "\u{feff}").filter(|at| *at > 0) {
                self.error(at, "invalid BOM in the middle of the file");
            }
        }
    }

    /// Checks the characters of a name that are not ASCII.
    fn check_name(&mut self, start: usize, name: &str) {
        for (at, char) in name.char_indices().filter(|(_, char)| !char.is_ascii()) {
            let shown = show_char(char);
            match NamePart::lexer(&name[at..at + char.len_utf8()]).next() {
                Some(Ok(NamePart::Letter)) => {}
                Some(Ok(NamePart::Digit)) if at > 0 => {}
                Some(Ok(NamePart::Digit)) => {
                    self.error(start, format!("identifier cannot begin with digit {shown}"));
                }
                _ => self.error(start + at, format!("invalid character {shown} in identifier")),
            }
        }
    }

    fn error(&mut self, offset: usize, message: impl Into<String>) {
        self.errors.push(LexError { offset: offset as u32, message: message.into() });
    }

    fn token(&mut self, token: Token, start: usize, end: usize) -> Option<Spanned> {
        self.ends_statement = token.ends_statement();
        Some((start as u32, token, end as u32))
    }

    fn line_end(&mut self, at: usize) -> Option<Spanned> {
        if !self.ends_statement {
            return None;
        }
        self.ends_statement = false;
        Some((at as u32, Token::Newline, at as u32 + 1))
    }

    fn bad_text(&mut self, start: usize, text: &str) {
        if let Some(char) = text.chars().next() {
            self.error(start, format!("invalid character {}", show_char(char)));
        }
    }

    fn bad_literal(&mut self, start: usize, at: usize, message: String) {
        self.error(start + at, message);
        if self.bad_literals.last() != Some(&(start as u32)) {
            self.bad_literals.push(start as u32);
        }
    }
}

/// A character as Go's `%#U` shows it.
fn show_char(char: char) -> String {
    let number = format!("U+{:04X}", u32::from(char));
    if char.is_control() { number } else { format!("{number} '{char}'") }
}

impl Iterator for Lexer<'_> {
    type Item = Spanned;

    fn next(&mut self) -> Option<Spanned> {
        if let Some(token) = self.pending.take() {
            self.ends_statement = token.1.ends_statement();
            return Some(token);
        }
        loop {
            let Some(raw) = self.raw.next() else {
                if self.done {
                    return None;
                }
                self.done = true;
                if self.ends_statement {
                    self.ends_statement = false;
                    let end = self.text.len() as u32;
                    return Some((end, Token::EofSemi, end));
                }
                return None;
            };
            let span = self.raw.span();
            let (start, end) = (span.start, span.end);
            let slice = &self.text[start..end];
            let token = match raw {
                Err(()) => {
                    self.bad_text(start, slice);
                    continue;
                }
                Ok(Raw::Newline) => match self.line_end(start) {
                    Some(token) => return Some(token),
                    None => continue,
                },
                Ok(Raw::LineComment) => {
                    self.comments.push(Comment { start: start as u32, end: end as u32 });
                    continue;
                }
                Ok(Raw::BlockComment) => {
                    self.comments.push(Comment { start: start as u32, end: end as u32 });
                    if slice.len() < 4 || !slice.ends_with("*/") {
                        self.error(start, "comment not terminated");
                    }
                    if slice.contains('\n')
                        && let Some(token) = self.line_end(start)
                    {
                        return Some(token);
                    }
                    continue;
                }
                Ok(Raw::Ident) => {
                    if !slice.is_ascii() {
                        self.check_name(start, slice);
                    }
                    keyword(slice).unwrap_or(Token::Ident)
                }
                Ok(Raw::Number) => {
                    let (token, error) = literal::check_number(slice);
                    if let Some((at, message)) = error {
                        self.bad_literal(start, at, message);
                    }
                    token
                }
                Ok(Raw::Char) => {
                    if let Some((at, message)) =
                        literal::check_char(slice, self.text[end..].starts_with('\n'))
                    {
                        self.bad_literal(start, at, message);
                    }
                    Token::Char
                }
                Ok(Raw::String) => {
                    for (at, message) in literal::check_string(slice, self.text[end..].starts_with('\n')) {
                        self.bad_literal(start, at, message);
                    }
                    Token::String
                }
                Ok(Raw::Backquoted) => {
                    if slice.len() < 2 || !slice.ends_with('`') {
                        self.bad_literal(start, 0, "string not terminated".into());
                    }
                    Token::String
                }
                Ok(raw) => operator(raw),
            };
            return self.token(token, start, end);
        }
    }
}

fn operator(raw: Raw) -> Token {
    match raw {
        Raw::Plus => Token::Plus,
        Raw::Minus => Token::Minus,
        Raw::Star => Token::Star,
        Raw::Slash => Token::Slash,
        Raw::Percent => Token::Percent,
        Raw::Amp => Token::Amp,
        Raw::Pipe => Token::Pipe,
        Raw::Caret => Token::Caret,
        Raw::Shl => Token::Shl,
        Raw::Shr => Token::Shr,
        Raw::AmpCaret => Token::AmpCaret,
        Raw::PlusAssign => Token::PlusAssign,
        Raw::MinusAssign => Token::MinusAssign,
        Raw::StarAssign => Token::StarAssign,
        Raw::SlashAssign => Token::SlashAssign,
        Raw::PercentAssign => Token::PercentAssign,
        Raw::AmpAssign => Token::AmpAssign,
        Raw::PipeAssign => Token::PipeAssign,
        Raw::CaretAssign => Token::CaretAssign,
        Raw::ShlAssign => Token::ShlAssign,
        Raw::ShrAssign => Token::ShrAssign,
        Raw::AmpCaretAssign => Token::AmpCaretAssign,
        Raw::AndAnd => Token::AndAnd,
        Raw::OrOr => Token::OrOr,
        Raw::Arrow => Token::Arrow,
        Raw::Inc => Token::Inc,
        Raw::Dec => Token::Dec,
        Raw::EqEq => Token::EqEq,
        Raw::Less => Token::Less,
        Raw::Greater => Token::Greater,
        Raw::Assign => Token::Assign,
        Raw::Not => Token::Not,
        Raw::Tilde => Token::Tilde,
        Raw::NotEq => Token::NotEq,
        Raw::LessEq => Token::LessEq,
        Raw::GreaterEq => Token::GreaterEq,
        Raw::Define => Token::Define,
        Raw::Ellipsis => Token::Ellipsis,
        Raw::LParen => Token::LParen,
        Raw::LBrack => Token::LBrack,
        Raw::LBrace => Token::LBrace,
        Raw::Comma => Token::Comma,
        Raw::Dot => Token::Dot,
        Raw::RParen => Token::RParen,
        Raw::RBrack => Token::RBrack,
        Raw::RBrace => Token::RBrace,
        Raw::Semi => Token::Semi,
        Raw::Colon => Token::Colon,
        Raw::Ident
        | Raw::Number
        | Raw::Char
        | Raw::String
        | Raw::Backquoted
        | Raw::Newline
        | Raw::LineComment
        | Raw::BlockComment => unreachable!("handled by the caller"),
    }
}

fn keyword(text: &str) -> Option<Token> {
    Some(match text {
        "break" => Token::Break,
        "case" => Token::Case,
        "chan" => Token::Chan,
        "const" => Token::Const,
        "continue" => Token::Continue,
        "default" => Token::Default,
        "defer" => Token::Defer,
        "else" => Token::Else,
        "fallthrough" => Token::Fallthrough,
        "for" => Token::For,
        "func" => Token::Func,
        "go" => Token::Go,
        "goto" => Token::Goto,
        "if" => Token::If,
        "import" => Token::Import,
        "interface" => Token::Interface,
        "map" => Token::Map,
        "package" => Token::Package,
        "range" => Token::Range,
        "return" => Token::Return,
        "select" => Token::Select,
        "struct" => Token::Struct,
        "switch" => Token::Switch,
        "type" => Token::Type,
        "var" => Token::Var,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Lexer, Token};

    fn check(text: &str, expected: &str) {
        let mut lexer = Lexer::new(text);
        let tokens: Vec<String> = lexer
            .by_ref()
            .map(|(start, token, end)| match token {
                Token::Newline => "NL".into(),
                Token::EofSemi => "EOF".into(),
                _ => text[start as usize..end as usize].to_string(),
            })
            .collect();
        let mut shown = tokens.join(" ");
        for error in lexer.errors {
            shown += &format!(" !{}:{}", error.offset, error.message);
        }
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn semicolons_are_inserted_at_line_ends() {
        check("a := 1\nb++\n", "a := 1 NL b ++ NL");
        check("f(\n1,\n)", "f ( 1 , ) EOF");
        check("x // c\ny /* a\nb */ z", "x NL y NL z EOF");
        check("return /* a */\n}", "return NL } EOF");
        check("#!/usr/bin/env golite\nx", "x EOF");
        check("a; b", "a ; b EOF");
    }

    #[test]
    fn numbers_end_where_go_ends_them() {
        check("1.5e+3+2 0x1p-2-1 07 1_000 2i .5 1...", "1.5e+3 + 2 0x1p-2 - 1 07 1_000 2i .5 1. . .");
        check("0xe+1", "0xe + 1 EOF");
        check("x.y[1:2]", "x . y [ 1 : 2 ] EOF");
    }

    #[test]
    fn malformed_text_is_reported_with_gos_words() {
        check("a @ b", "a b EOF !2:invalid character U+0040 '@'");
        check("'' x", "'' x EOF !1:empty rune literal or unescaped '");
        check("\"a", "\"a EOF !0:string not terminated");
        check("\"a\nb", "\"a NL b EOF !2:newline in string");
        check("/* x", " !0:comment not terminated");
        check("08", "08 EOF !1:invalid digit '8' in octal literal");
        check("0x", "0x EOF !2:hexadecimal literal has no digits");
        check("1_", "1_ EOF !1:'_' must separate successive digits");
        check("'ab'", "'ab' EOF !0:more than one character in rune literal");
        check("\"\\q\"", "\"\\q\" EOF !2:unknown escape");
        check("\"\\x4\n", "\"\\x4 NL !4:invalid character '\\n' in hexadecimal escape !4:newline in string");
        check("\"\\x4", "\"\\x4 EOF !0:string not terminated");
        check("'\\x4\n", "'\\x4 NL !4:invalid character '\\n' in hexadecimal escape");
    }
}
