//! Tokens.

/// Kinds of tokens. `Semi` is written or inserted; the start markers choose what the grammar parses.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Token {
    Ident,
    Int,
    Float,
    Imag,
    Char,
    String,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Amp,
    Pipe,
    Caret,
    Shl,
    Shr,
    AmpCaret,
    PlusAssign,
    MinusAssign,
    StarAssign,
    SlashAssign,
    PercentAssign,
    AmpAssign,
    PipeAssign,
    CaretAssign,
    ShlAssign,
    ShrAssign,
    AmpCaretAssign,
    AndAnd,
    OrOr,
    Arrow,
    Inc,
    Dec,
    EqEq,
    Less,
    Greater,
    Assign,
    Not,
    Tilde,
    NotEq,
    LessEq,
    GreaterEq,
    Define,
    Ellipsis,
    LParen,
    LBrack,
    LBrace,
    Comma,
    Dot,
    RParen,
    RBrack,
    RBrace,
    /// `;` as written.
    Semi,
    /// A semicolon that a line end stands for.
    Newline,
    /// A semicolon that the end of the file stands for.
    EofSemi,
    Colon,
    Break,
    Case,
    Chan,
    Const,
    Continue,
    Default,
    Defer,
    Else,
    Fallthrough,
    For,
    Func,
    Go,
    Goto,
    If,
    Import,
    Interface,
    Map,
    Package,
    Range,
    Return,
    Select,
    Struct,
    Switch,
    Type,
    Var,
    /// The end of the file, for parsers that need a token there.
    Eof,
    /// Parse declarations only.
    StartDecls,
    /// Parse a list of statements.
    StartStmts,
    /// Parse one expression.
    StartExpr,
}

impl Token {
    /// Whether a line end after this token is a semicolon. Spec: Semicolons.
    #[must_use]
    pub fn ends_statement(self) -> bool {
        matches!(
            self,
            Token::Ident
                | Token::Int
                | Token::Float
                | Token::Imag
                | Token::Char
                | Token::String
                | Token::Break
                | Token::Continue
                | Token::Fallthrough
                | Token::Return
                | Token::Inc
                | Token::Dec
                | Token::RParen
                | Token::RBrack
                | Token::RBrace
        )
    }

    /// As Go's compiler names it in messages; names and literals are shown with their text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Token::Ident => "name",
            Token::Int | Token::Float | Token::Imag | Token::Char | Token::String => "literal",
            Token::Plus => "+",
            Token::Minus => "-",
            Token::Star => "*",
            Token::Slash => "/",
            Token::Percent => "%",
            Token::Amp => "&",
            Token::Pipe => "|",
            Token::Caret => "^",
            Token::Shl => "<<",
            Token::Shr => ">>",
            Token::AmpCaret => "&^",
            Token::PlusAssign => "+=",
            Token::MinusAssign => "-=",
            Token::StarAssign => "*=",
            Token::SlashAssign => "/=",
            Token::PercentAssign => "%=",
            Token::AmpAssign => "&=",
            Token::PipeAssign => "|=",
            Token::CaretAssign => "^=",
            Token::ShlAssign => "<<=",
            Token::ShrAssign => ">>=",
            Token::AmpCaretAssign => "&^=",
            Token::AndAnd => "&&",
            Token::OrOr => "||",
            Token::Arrow => "<-",
            Token::Inc => "++",
            Token::Dec => "--",
            Token::EqEq => "==",
            Token::Less => "<",
            Token::Greater => ">",
            Token::Assign => "=",
            Token::Not => "!",
            Token::Tilde => "~",
            Token::NotEq => "!=",
            Token::LessEq => "<=",
            Token::GreaterEq => ">=",
            Token::Define => ":=",
            Token::Ellipsis => "...",
            Token::LParen => "(",
            Token::LBrack => "[",
            Token::LBrace => "{",
            Token::Comma => "comma",
            Token::Dot => ".",
            Token::RParen => ")",
            Token::RBrack => "]",
            Token::RBrace => "}",
            Token::Semi => "semicolon",
            Token::Newline => "newline",
            Token::EofSemi | Token::Eof | Token::StartDecls | Token::StartStmts | Token::StartExpr => "EOF",
            Token::Colon => ":",
            Token::Break => "keyword break",
            Token::Case => "keyword case",
            Token::Chan => "keyword chan",
            Token::Const => "keyword const",
            Token::Continue => "keyword continue",
            Token::Default => "keyword default",
            Token::Defer => "keyword defer",
            Token::Else => "keyword else",
            Token::Fallthrough => "keyword fallthrough",
            Token::For => "keyword for",
            Token::Func => "keyword func",
            Token::Go => "keyword go",
            Token::Goto => "keyword goto",
            Token::If => "keyword if",
            Token::Import => "keyword import",
            Token::Interface => "keyword interface",
            Token::Map => "keyword map",
            Token::Package => "keyword package",
            Token::Range => "keyword range",
            Token::Return => "keyword return",
            Token::Select => "keyword select",
            Token::Struct => "keyword struct",
            Token::Switch => "keyword switch",
            Token::Type => "keyword type",
            Token::Var => "keyword var",
        }
    }
}
