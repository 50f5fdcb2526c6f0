//! What is said beside a syntax error: habits from other languages, braces and commas in the wrong
//! place.
//!
//! The tokens around the place of the error are looked at, nothing is parsed again. Advice is given
//! for mistakes that are certain from these; all other errors keep Go's words alone.

use golite_diag::{Code, Diagnostic, Edit};
use golite_source::Span;
use golite_syntax::lexer::Spanned;
use golite_syntax::token::Token;

/// The tokens of a file and its text.
struct Source<'t> {
    text: &'t str,
    base: u32,
    tokens: &'t [Spanned],
}

/// Names of types that a declaration in other languages begins with, and Go's.
const TYPES: &[(&str, &str)] = &[
    ("int", "int"),
    ("string", "string"),
    ("bool", "bool"),
    ("byte", "byte"),
    ("float64", "float64"),
    ("float32", "float32"),
    ("int64", "int64"),
    ("int32", "int32"),
    ("uint", "uint"),
    ("float", "float64"),
    ("double", "float64"),
    ("char", "rune"),
    ("long", "int64"),
    ("boolean", "bool"),
    ("String", "string"),
];

/// Adds advice to syntax errors.
pub(crate) fn advise(text: &str, base: u32, tokens: &[Spanned], errors: &mut [Diagnostic]) {
    let source = Source { text, base, tokens };
    for error in errors {
        match error.code {
            Code::Syntax => source.syntax(error),
            Code::BadToken => source.bad_token(error),
            _ => {}
        }
    }
}

impl Source<'_> {
    fn span(&self, token: Spanned) -> Span {
        Span::new(self.base + token.0, self.base + token.2)
    }

    fn word(&self, token: Spanned) -> &str {
        &self.text[token.0 as usize..token.2.max(token.0) as usize]
    }

    fn token(&self, index: usize) -> Spanned {
        let end = self.text.len() as u32;
        self.tokens.get(index).copied().unwrap_or((end, Token::Eof, end))
    }

    /// The index of the first token at or after an offset.
    fn index_at(&self, offset: u32) -> usize {
        self.tokens.partition_point(|token| token.0 < offset)
    }

    /// The index of the first token of the line of a token.
    fn line_start(&self, index: usize) -> usize {
        let at = self.token(index).0 as usize;
        let start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        self.index_at(start as u32)
    }

    fn indent(&self, offset: u32) -> &str {
        let start = self.text[..offset as usize].rfind('\n').map_or(0, |at| at + 1);
        let line = &self.text[start..];
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    fn bad_token(&self, error: &mut Diagnostic) {
        let at = error.at - self.base;
        if error.message == "more than one character in rune literal" {
            let token = self.token(self.index_at(at));
            let word = self.word(token);
            let inner = word.get(1..word.len().saturating_sub(1)).unwrap_or_default();
            error.span = self.span(token);
            error.about("single quotes hold one character");
            if !inner.contains(['"', '\\', '\'']) {
                error.mend(
                    "a string stands in double quotes",
                    vec![Edit::replace(error.span, format!("\"{inner}\""))],
                );
            }
        } else if error.message.starts_with("invalid character U+003F") {
            error.about("Go has no ?: operator");
            error.help("use an if statement: if … { x = a } else { x = b }");
        } else if error.message.starts_with("invalid character U+201C")
            || error.message.starts_with("invalid character U+201D")
        {
            error.mend("use straight quotes", vec![Edit::replace(Span::new(error.at, error.at + 3), "\"")]);
        }
    }

    fn syntax(&self, error: &mut Diagnostic) {
        let index = self.index_at(error.at - self.base);
        let message = error.message.strip_prefix("syntax error: ").unwrap_or(&error.message).to_string();
        let token = self.token(index);
        if message == "non-declaration statement outside function body" {
            self.outside(error, index);
        } else if let Some(rest) = message.strip_prefix("cannot use ") {
            self.statement_as_value(error, index, rest);
        } else if message.starts_with("unexpected semicolon or newline before {")
            || message.starts_with("unexpected newline, expected { after")
            || message.starts_with("else must be followed by")
        {
            self.brace_on_next_line(error, index);
        } else if message.starts_with("unexpected keyword else") || message.starts_with("unexpected else") {
            self.else_on_next_line(error, index);
        } else if message.starts_with("unexpected name") && message.ends_with("expected (") {
            self.function_in_function(error, index);
        } else if message.starts_with("unexpected EOF, expected }") {
            self.missing_brace(error, self.tokens.len());
        } else if message.starts_with("unexpected newline in") && (message.contains("possibly missing comma"))
        {
            let last = self.token(index.saturating_sub(1));
            if self.block_of_another_language(error, index) {
                return;
            }
            let closes = matches!(self.token(index + 1).1, Token::RParen | Token::RBrace | Token::RBrack);
            if closes && token.1 == Token::Newline {
                error.about("a comma is needed before the line ends");
                error.mend("end the line with a comma", vec![Edit::insert(self.base + last.2, ",")]);
            }
        } else if message.starts_with("unexpected ++") || message.starts_with("unexpected --") {
            self.increment(error, index);
        } else if message.contains("at end of statement")
            || message.contains("expected {")
            || message.contains("after top level declaration")
        {
            self.other_languages(error, index);
        }
    }

    /// Statements between declarations.
    fn outside(&self, error: &mut Diagnostic, index: usize) {
        let (first, second) = (self.token(index), self.token(index + 1));
        if first.1 == Token::Ident && second.1 == Token::Define {
            error.about(":= works only inside functions");
            let edits =
                vec![Edit::insert(self.base + first.0, "var "), Edit::replace(self.span(second), "=")];
            error.mend("declare it with var", edits);
        } else if first.1 == Token::Ident
            && second.1 == Token::Ident
            && matches!(self.word(first), "function" | "fn" | "def" | "fun")
        {
            error.mend("functions begin with func", vec![Edit::replace(self.span(first), "func")]);
        } else if first.1 == Token::Ident
            && matches!(self.word(first), "class" | "struct" | "interface" | "enum")
        {
            error.help("types are declared with type: type Name struct { … }");
        } else if first.1 == Token::RBrace {
            error.about("nothing is open here");
        } else {
            error.about("this is outside of every function");
            error.help("statements belong into a function: func main() { … }");
        }
    }

    /// `if a = 3 {`
    fn statement_as_value(&self, error: &mut Diagnostic, index: usize, rest: &str) {
        // The operator is on this line, before a brace.
        let mut at = index.saturating_sub(8);
        let line = self.line_start(index);
        at = at.max(line);
        while at < self.tokens.len() && !matches!(self.token(at).1, Token::LBrace | Token::Newline) {
            let token = self.token(at);
            if token.1 == Token::Assign && rest.starts_with("assignment ") {
                error.span = self.span(token);
                error.about("= assigns");
                error.mend("compare with ==", vec![Edit::replace(self.span(token), "==")]);
                return;
            }
            if token.1 == Token::Define {
                error.span = self.span(token);
                error.about("this declares a variable, it is no condition");
                error.help("a condition follows after a semicolon: if x := f(); x > 0 { … }");
                return;
            }
            at += 1;
        }
    }

    /// `{` on a line of its own.
    fn brace_on_next_line(&self, error: &mut Diagnostic, index: usize) {
        let mut at = index.saturating_sub(1);
        while at < self.tokens.len() && self.token(at).1 != Token::LBrace {
            if at > index + 2 {
                return;
            }
            at += 1;
        }
        let brace = self.token(at);
        let Some(before) = (0..at).rev().map(|at| self.token(at)).find(|token| token.1 != Token::Newline)
        else {
            return;
        };
        let between = &self.text[before.2 as usize..brace.0 as usize];
        if brace.1 != Token::LBrace || !between.contains('\n') {
            return;
        }
        error.span = self.span(brace);
        error.about("the line before ended the statement");
        if between.trim().is_empty() {
            let span = Span::new(self.base + before.2, self.base + brace.0);
            error.mend("move { to the end of the line before", vec![Edit::replace(span, " ")]);
        }
    }

    /// `else` on a line after `}`.
    fn else_on_next_line(&self, error: &mut Diagnostic, index: usize) {
        let token = self.token(index);
        let Some(before) = (0..index).rev().map(|at| self.token(at)).find(|token| token.1 != Token::Newline)
        else {
            return;
        };
        let between = &self.text[before.2 as usize..token.0 as usize];
        let next_line = between.trim().is_empty() && between.contains('\n');
        if token.1 == Token::Else && before.1 == Token::RBrace && next_line {
            error.about("the line before ended the if statement");
            let span = Span::new(self.base + before.2, self.base + token.0);
            error.mend("put else behind the brace", vec![Edit::replace(span, " ")]);
        }
    }

    /// `func name` within a function: mostly a brace is missing before it.
    fn function_in_function(&self, error: &mut Diagnostic, index: usize) {
        let func = self.token(index.saturating_sub(1));
        if func.1 != Token::Func {
            return;
        }
        if self.indent(func.0).is_empty() {
            self.missing_brace(error, index - 1);
        } else {
            error.about("functions within functions have no name");
            error.help("give it to a variable: name := func() { … }");
        }
    }

    /// Finds by the indentation which brace before a token was not closed.
    fn missing_brace(&self, error: &mut Diagnostic, end: usize) {
        // From the last declaration that begins a line.
        let start = (0..end).rev().find(|at| {
            let token = self.token(*at);
            matches!(token.1, Token::Func | Token::Type | Token::Var | Token::Const | Token::Import)
                && self.indent(token.0).is_empty()
                && self.line_start(*at) == *at
        });
        let Some(start) = start else { return };
        let mut open: Vec<Spanned> = Vec::new();
        for at in start..end {
            let token = self.token(at);
            match token.1 {
                Token::LBrace => open.push(token),
                Token::RBrace => {
                    let begins_line = self.line_start(at) == at;
                    let Some(opener) = open.last().copied() else { return };
                    let wider = self.indent(token.0).len() < self.indent(opener.0).len();
                    if begins_line && wider && open.len() > 1 {
                        let line = self.text[..token.0 as usize].rfind('\n').map_or(0, |at| at + 1);
                        self.not_closed(error, opener, line as u32);
                        return;
                    }
                    open.pop();
                }
                _ => {}
            }
        }
        let Some(opener) = open.last().copied() else { return };
        let line = match self.tokens.get(end) {
            Some(token) => self.text[..token.0 as usize].rfind('\n').map_or(0, |at| at + 1),
            None => self.text.len(),
        };
        self.not_closed(error, opener, line as u32);
    }

    fn not_closed(&self, error: &mut Diagnostic, opener: Spanned, line: u32) {
        error.also(self.span(opener), "this { is not closed");
        let indent = self.indent(opener.0);
        let at_line = line == 0 || self.text[..line as usize].ends_with('\n');
        let before = if at_line { "" } else { "\n" };
        error.mend("close it", vec![Edit::insert(self.base + line, format!("{before}{indent}}}\n"))]);
    }

    /// `try {`: the block is taken for a composite literal.
    fn block_of_another_language(&self, error: &mut Diagnostic, index: usize) -> bool {
        let mut depth = 0;
        let brace = (0..index).rev().find(|at| {
            match self.token(*at).1 {
                Token::RBrace => depth += 1,
                Token::LBrace if depth == 0 => return true,
                Token::LBrace => depth -= 1,
                _ => {}
            }
            false
        });
        let Some(word) = brace.and_then(|brace| brace.checked_sub(1)).map(|at| self.token(at)) else {
            return false;
        };
        let help = match self.word(word) {
            "try" => "Go has no exceptions: functions return an error, test it with if err != nil",
            "do" | "loop" | "forever" => "Go's loops all begin with for",
            _ => return false,
        };
        error.also(self.span(word), "Go has no such statement");
        error.help(help);
        true
    }

    /// `++` where a value is needed.
    fn increment(&self, error: &mut Diagnostic, index: usize) {
        let token = self.token(index);
        error.span = self.span(token);
        error.about("this is a statement, it gives no value");
        let (name, after) = (self.token(index + 1), self.token(index + 2));
        let first = self.line_start(index) == index;
        if first && name.1 == Token::Ident && matches!(after.1, Token::Newline | Token::Semi | Token::EofSemi)
        {
            let operator = self.word(token).to_string();
            let edits = vec![Edit::delete(self.span(token)), Edit::insert(self.base + name.2, operator)];
            error.mend("the operator follows the variable", edits);
        } else {
            error.help("write it on a line of its own");
        }
    }

    /// What the line begins with tells which habit it comes from.
    fn other_languages(&self, error: &mut Diagnostic, index: usize) {
        let start = self.line_start(index);
        let (first, second, third) = (self.token(start), self.token(start + 1), self.token(start + 2));
        let word = self.word(first);
        let go_type = TYPES.iter().find(|(other, _)| *other == word).map(|(_, go)| *go);
        match word {
            "while" => {
                error.mend("Go's loops all begin with for", vec![Edit::replace(self.span(first), "for")])
            }
            "elif" | "elsif" | "elseif" => {
                error.help("write } else if … { on the line of the closing brace");
            }
            "let" | "auto" | "val" | "const" if second.1 == Token::Ident && third.1 == Token::Assign => {
                let edits = vec![
                    Edit::delete(Span::new(self.base + first.0, self.base + second.0)),
                    Edit::replace(self.span(third), ":="),
                ];
                error.mend("declare it with :=", edits);
            }
            "try" => {
                error.help("Go has no exceptions: functions return an error, test it with if err != nil")
            }
            "throw" | "raise" => error.help("return an error, or call panic"),
            "function" | "fn" | "def" => error.help("functions begin with func"),
            _ if go_type.is_some()
                && second.1 == Token::Ident
                && matches!(third.1, Token::Assign | Token::Newline) =>
            {
                let go = go_type.unwrap_or_default();
                let name = self.word(second);
                let span = Span::new(self.base + first.0, self.base + second.2);
                error.about("the name comes before the type");
                error.mend("declare it with var", vec![Edit::replace(span, format!("var {name} {go}"))]);
            }
            _ if self.number_in_name(error, index) => {}
            _ if first.1 == Token::If && error.message.contains("expected {") => {
                error.about("the body of an if stands in braces");
            }
            _ => {}
        }
    }

    /// `0s.Exit`: a digit where a letter was meant.
    fn number_in_name(&self, error: &mut Diagnostic, index: usize) -> bool {
        let (before, name) = (self.token(index.wrapping_sub(1)), self.token(index));
        if before.1 != Token::Int || name.1 != Token::Ident || before.2 != name.0 {
            return false;
        }
        let written = &self.text[before.0 as usize..name.2 as usize];
        let span = Span::new(self.base + before.0, self.base + name.2);
        error.span = span;
        error.about("a name cannot begin with a digit");
        let meant = written.replace('0', "o").replace('1', "l");
        let import = format!("\"{meant}\"");
        if self.tokens.iter().any(|token| token.1 == Token::String && self.word(*token) == import) {
            error.mend(format!("did you mean {meant}?"), vec![Edit::replace(span, meant)]);
        }
        true
    }
}
