//! What the grammar's failures are called, in the words of Go's compiler.
//!
//! The parser tells which tokens could have followed; together with the innermost open bracket that
//! decides the wording.

use golite_source::Span;
use golite_syntax::lexer::Spanned;
use golite_syntax::token::Token;
use lalrpop_util::ParseError;

/// Where and how a parse failed.
pub(crate) struct Failure {
    /// The token, as an index into those of the declaration; their number at their end.
    pub index: usize,
    expected: Vec<String>,
}

impl Failure {
    pub(crate) fn new(error: ParseError<u32, Token, ()>, tokens: &[Spanned]) -> Failure {
        let (at, expected) = match error {
            ParseError::UnrecognizedToken { token, expected } => (Some(token), expected),
            ParseError::UnrecognizedEof { expected, .. } => (None, expected),
            ParseError::ExtraToken { token } => (Some(token), Vec::new()),
            ParseError::InvalidToken { .. } | ParseError::User { .. } => (None, Vec::new()),
        };
        let index = at.map_or(tokens.len(), |(start, kind, _)| {
            // Tokens lie in order; an inserted semicolon may share its offset with the one before.
            let from = tokens.partition_point(|token| token.0 < start);
            from + tokens[from..].iter().position(|token| token.1 == kind).unwrap_or(0)
        });
        Failure { index, expected }
    }

    fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|expected| expected.trim_matches('"') == terminal)
    }

    /// Place (offsets in the text) and message.
    pub(crate) fn explain(&self, text: &str, marker: Token, tokens: &[Spanned]) -> (Span, String) {
        let end = text.len() as u32;
        let token = tokens.get(self.index).copied().unwrap_or((end, Token::EofSemi, end));
        let place = if token.1 == Token::Newline { Span::at(token.0) } else { Span::new(token.0, token.2) };
        let shown = shown(text, token);
        let before = &tokens[..self.index.min(tokens.len())];
        if let Some(message) = self.special(before, token) {
            return (place, message);
        }
        let context = self.context(marker, before, token.1);
        let joined = if context.starts_with("expected") { ", " } else { " " };
        (place, format!("unexpected {shown}{joined}{context}"))
    }

    /// Mistakes that Go has sentences of their own for.
    fn special(&self, before: &[Spanned], token: Spanned) -> Option<String> {
        let last = before.last()?.1;
        let ends = matches!(token.1, Token::Semi | Token::Newline | Token::EofSemi);
        if last == Token::Else {
            return Some("else must be followed by if or statement block".into());
        }
        if last == Token::Var && ends {
            return None;
        }
        let header = before
            .iter()
            .rev()
            .take_while(|t| !matches!(t.1, Token::LBrace | Token::RBrace))
            .find(|t| matches!(t.1, Token::If | Token::For | Token::Switch | Token::Func));
        if token.1 == Token::LBrace
            && header.is_some_and(|t| t.1 == Token::For)
            && (self.expects(";") || self.expects("newline"))
        {
            return Some("expected for loop condition".into());
        }
        None
    }

    fn context(&self, marker: Token, before: &[Spanned], found: Token) -> String {
        let (opener, preceding) = innermost(before);
        let last = before.last().map(|token| token.1);
        let statement_end = self.expects("newline");
        if self.expects("}") && self.expects(",") && !statement_end {
            return "in composite literal; possibly missing comma or }".into();
        }
        if self.expects(",") && self.expects(")") && opener == Some(Token::LParen) {
            return if is_parameters(before, preceding) {
                "in parameter list; possibly missing comma or )".into()
            } else {
                "in argument list; possibly missing comma or )".into()
            };
        }
        if self.expects("]") && self.expects(",") && opener == Some(Token::LBrack) && !self.expects("int") {
            return "in type argument list; possibly missing comma or ]".into();
        }
        if statement_end && !self.expects("int") {
            return match (opener, preceding) {
                (None, _) if marker == Token::StartDecls => "after top level declaration".into(),
                (Some(Token::LBrace), Some(Token::Struct)) => {
                    "in struct type; possibly missing semicolon or newline or }".into()
                }
                (Some(Token::LBrace), Some(Token::Interface)) => {
                    "in interface type; possibly missing semicolon or newline or }".into()
                }
                (Some(Token::LParen), Some(Token::Import)) => {
                    "in import declaration; possibly missing semicolon or newline or )".into()
                }
                (Some(Token::LParen), Some(Token::Const)) => {
                    "in const declaration; possibly missing semicolon or newline or )".into()
                }
                (Some(Token::LParen), Some(Token::Var)) => {
                    "in var declaration; possibly missing semicolon or newline or )".into()
                }
                (Some(Token::LParen), Some(Token::Type)) => {
                    "in type declaration; possibly missing semicolon or newline or )".into()
                }
                _ => "at end of statement".into(),
            };
        }
        if self.expects("int") {
            return match found {
                Token::RBrace if statement_end => "expected }".into(),
                _ => "expected expression".into(),
            };
        }
        if self.expects("map") && self.expects("struct") {
            return "expected type".into();
        }
        if self.expects("case") && self.expects("default") {
            return "expected case or default or }".into();
        }
        if self.expects("{") {
            let keyword = before.iter().rev().map(|token| token.1).find(|token| {
                matches!(token, Token::If | Token::For | Token::Switch | Token::Select | Token::Func)
            });
            return match keyword {
                Some(Token::If) => "expected { after if clause".into(),
                Some(Token::For) => "expected { after for clause".into(),
                Some(Token::Switch) => "expected { after switch clause".into(),
                Some(Token::Select) => "expected { after select clause".into(),
                _ => "expected {".into(),
            };
        }
        if self.expects("name") {
            return match last {
                Some(Token::Dot) => "expected name or (".into(),
                _ => "expected name".into(),
            };
        }
        if self.expects("string") {
            return "missing import path; require quoted string".into();
        }
        if self.expects("(") {
            return "expected (".into();
        }
        for terminal in ["]", ")", "}", ":", ":=", "="] {
            if self.expects(terminal) {
                return format!("expected {terminal}");
            }
        }
        "at end of statement".into()
    }
}

/// The innermost open bracket and the token before it.
fn innermost(before: &[Spanned]) -> (Option<Token>, Option<Token>) {
    let mut open: Vec<usize> = Vec::new();
    for (i, token) in before.iter().enumerate() {
        match token.1 {
            Token::LParen | Token::LBrack | Token::LBrace => open.push(i),
            Token::RParen | Token::RBrack | Token::RBrace => {
                open.pop();
            }
            _ => {}
        }
    }
    match open.last() {
        Some(i) => (Some(before[*i].1), i.checked_sub(1).map(|i| before[i].1)),
        None => (None, None),
    }
}

/// Whether the innermost open parenthesis holds parameters: it follows `func`, or the name of a
/// function that is being declared.
fn is_parameters(before: &[Spanned], preceding: Option<Token>) -> bool {
    if preceding == Some(Token::Func) {
        return true;
    }
    let depth = before.iter().fold(0i32, |depth, token| match token.1 {
        Token::LParen | Token::LBrack | Token::LBrace => depth + 1,
        Token::RParen | Token::RBrack | Token::RBrace => depth - 1,
        _ => depth,
    });
    depth == 1 && before.first().is_some_and(|token| token.1 == Token::Func)
}

/// A token as Go's messages name it.
fn shown(text: &str, (start, token, end): Spanned) -> String {
    let source = text.get(start as usize..end as usize).unwrap_or_default();
    match token {
        Token::Ident => format!("name {source}"),
        Token::Int | Token::Float | Token::Imag | Token::Char | Token::String => format!("literal {source}"),
        _ => token.text().to_string(),
    }
}
