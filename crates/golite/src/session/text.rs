//! The text of inputs: whether it is complete, and its parts for colours.

use golite_syntax::lexer::Lexer;
use golite_syntax::token::Token;

/// Whether more text has to follow: a bracket is open, a literal or comment has no end, or the last line
/// ends in an operator.
#[must_use]
pub fn is_incomplete(text: &str) -> bool {
    let mut lexer = Lexer::new(text);
    let mut depth = 0i64;
    let mut last = None;
    for (_, token, _) in lexer.by_ref() {
        match token {
            Token::LParen | Token::LBrack | Token::LBrace => depth += 1,
            Token::RParen | Token::RBrack | Token::RBrace => depth -= 1,
            _ => {}
        }
        last = Some(token);
    }
    let open = |message: &str| {
        message.contains("comment not terminated")
            || (message.contains("string not terminated") && text.matches('`').count() % 2 == 1)
    };
    if lexer.errors.iter().any(|error| open(&error.message)) {
        return true;
    }
    let ended = matches!(last, None | Some(Token::EofSemi | Token::Newline | Token::Semi));
    depth > 0 || !ended
}

/// The paths of the packages that can be imported.
pub fn package_paths() -> impl Iterator<Item = &'static str> {
    let paths = golite_stdlib::PACKAGES.iter().map(|package| package.path);
    paths.filter(|path| !path.starts_with("internal/"))
}

pub(crate) const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

pub(crate) const PREDECLARED: &[&str] = &[
    "any",
    "append",
    "bool",
    "byte",
    "cap",
    "clear",
    "close",
    "comparable",
    "complex",
    "complex128",
    "complex64",
    "copy",
    "delete",
    "error",
    "false",
    "float32",
    "float64",
    "imag",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "iota",
    "len",
    "make",
    "max",
    "min",
    "new",
    "nil",
    "panic",
    "print",
    "println",
    "real",
    "recover",
    "rune",
    "string",
    "true",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
];

/// A part of a text, for colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// A keyword.
    Keyword,
    /// A string or rune.
    Text,
    /// A number.
    Number,
    /// A comment.
    Comment,
    /// Anything else.
    Other,
}

/// The parts of a text in order.
#[must_use]
pub fn parts(text: &str) -> Vec<(std::ops::Range<usize>, Part)> {
    let mut lexer = Lexer::new(text);
    let mut found = Vec::new();
    for (start, token, end) in lexer.by_ref() {
        let part = match token {
            Token::Semi | Token::Newline | Token::EofSemi | Token::Eof => continue,
            Token::Int | Token::Float | Token::Imag => Part::Number,
            Token::Char | Token::String => Part::Text,
            _ if KEYWORDS.contains(&&text[start as usize..end as usize]) => Part::Keyword,
            _ => Part::Other,
        };
        found.push((start as usize..end as usize, part));
    }
    found.extend(
        lexer.comments.iter().map(|comment| (comment.start as usize..comment.end as usize, Part::Comment)),
    );
    found.sort_by_key(|(range, _)| range.start);
    found
}
