//! `//go:` directives: comments for the compiler. go-lite does what none of them asks for, but says of those that are
//! out of place, or not for programs, what gc says. `cmd/compile`: Compiler Directives.
//!
//! gc gathers directives as it reads tokens. A declaration takes those that were gathered when its first token
//! after the keyword is there; at the end of a statement or declaration, and at the parenthesis of a group, those that
//! nobody took are out of place.

use golite_syntax::lexer::{Comment, Spanned};
use golite_syntax::token::Token;

/// A message about a directive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PragmaError {
    /// Offset of the text after `//` in the file.
    pub at: u32,
    /// Offset after the directive.
    pub end: u32,
    /// The message.
    pub message: String,
    /// gc says it only of programs that have no other errors.
    pub late: bool,
}

/// A `//go:linkname`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Linkname {
    /// Offset of the text after `//` in the file.
    pub at: u32,
    /// Offset after the directive.
    pub end: u32,
    /// The name of the function or variable here.
    pub local: String,
}

/// What the directives of a file say.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Pragmas {
    /// What is wrong with them.
    pub errors: Vec<PragmaError>,
    /// Those whose names have to be declared.
    pub linknames: Vec<Linkname>,
    /// Where functions begin, behind the keyword, that are to have no body.
    pub bodiless: Vec<u32>,
}

/// Where gathered directives go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Event {
    Func,
    Var,
    /// Another declaration, which none of them is for.
    Other,
    /// Nobody has taken them.
    Clear,
}

/// They say something of a function.
const OF_FUNCTIONS: [&str; 7] = [
    "go:noescape",
    "go:norace",
    "go:nosplit",
    "go:noinline",
    "go:nocheckptr",
    "go:uintptrescapes",
    "go:registerparams",
];

/// As `OF_FUNCTIONS`, in Go's package runtime.
const OF_RUNTIME: [&str; 4] =
    ["go:systemstack", "go:nowritebarrier", "go:nowritebarrierrec", "go:yeswritebarrierrec"];

/// Where the directives of a file are gathered and taken, in order: each takes what begins before its offset.
fn events(tokens: &[Spanned], end: u32) -> Vec<(u32, Event)> {
    let mut events = Vec::new();
    let at = |index: usize| tokens.get(index).map_or((end, Token::Eof), |&(start, token, _)| (start, token));
    let mut depth = 0_u32;
    // The depth in the parentheses of a group of declarations, and what they are.
    let mut group: Option<(u32, Event)> = None;
    let mut begins = true;
    for (index, &(start, token, _)) in tokens.iter().enumerate() {
        let began = std::mem::replace(&mut begins, false);
        if let Some((inside, event)) = group
            && inside == depth
            && began
            && token != Token::RParen
        {
            events.push((start, event));
        }
        match token {
            Token::Semi | Token::Newline | Token::EofSemi => {
                // Between the lines of a group the next one takes them.
                if group.is_none_or(|(inside, _)| inside != depth) {
                    events.push((start, Event::Clear));
                }
                begins = true;
            }
            Token::LBrace => {
                depth += 1;
                begins = true;
            }
            Token::LParen | Token::LBrack => depth += 1,
            Token::RParen | Token::RBrack | Token::RBrace => {
                depth = depth.saturating_sub(1);
                if group.is_some_and(|(inside, _)| inside > depth) {
                    group = None;
                }
            }
            Token::Package if index == 0 => events.push((start, Event::Other)),
            Token::Func if began && depth == 0 => events.push((at(index + 1).0, Event::Func)),
            Token::Import | Token::Const | Token::Var | Token::Type => {
                let event = if token == Token::Var { Event::Var } else { Event::Other };
                match at(index + 1) {
                    // Of a type switch.
                    (_, Token::RParen) => {}
                    (next, Token::LParen) => {
                        events.push((next, Event::Clear));
                        group = Some((depth + 1, event));
                        begins = false;
                    }
                    (next, _) => events.push((next, event)),
                }
            }
            _ => {}
        }
        // The first line of a group.
        if token == Token::LParen && group.is_some_and(|(inside, _)| inside == depth) {
            begins = true;
        }
    }
    events.push((end, Event::Clear));
    events
}

/// Reads the directives of a file. `imports` tells whether it imports a package.
pub(crate) fn pragmas(
    text: &str,
    tokens: &[Spanned],
    comments: &[Comment],
    imports: &dyn Fn(&str) -> bool,
) -> Pragmas {
    let mut found = Pragmas::default();
    let directives: Vec<_> =
        comments.iter().filter(|comment| text[comment.start as usize..].starts_with("//go:")).collect();
    if directives.is_empty() {
        return found;
    }
    let events = events(tokens, text.len() as u32 + 1);
    for comment in directives {
        let (at, end) = (comment.start + 2, comment.end);
        let body = text[at as usize..end as usize].trim_end_matches(['\r', '\n']);
        let taken = events.partition_point(|(offset, _)| *offset <= comment.start);
        let event = events.get(taken).map_or(Event::Clear, |(_, event)| *event);
        let mut error = |late: bool, message: String| {
            found.errors.push(PragmaError { at, end, message, late });
        };
        let line = text[..comment.start as usize].rsplit('\n').next().unwrap_or_default();
        if !line.trim_ascii().is_empty() {
            error(false, "misplaced compiler directive".into());
            continue;
        }
        let (verb, rest) = body.split_once(' ').unwrap_or((body, ""));
        let rest = rest.split_ascii_whitespace().count();
        match verb {
            "go:linkname" => match rest {
                0 => {}
                1 | 2 => {
                    let local = body.split_ascii_whitespace().nth(1).unwrap_or_default().to_string();
                    found.linknames.push(Linkname { at, end, local });
                }
                _ => error(false, "usage: //go:linkname localname [linkname]".into()),
            },
            "go:embed" if rest == 0 => error(false, "usage: //go:embed pattern...".into()),
            "go:embed" if event != Event::Var => {
                error(event != Event::Clear, "misplaced go:embed directive".into());
            }
            "go:embed" if !imports("embed") => error(
                true,
                "go:embed requires import \"embed\" (or import _ \"embed\", if package is not used)".into(),
            ),
            "go:uintptrkeepalive" => {
                error(false, format!("//{verb} is only allowed in the standard library"));
            }
            "go:cgo_import_dynamic" if rest >= 3 => {}
            _ if verb.starts_with("go:cgo_") => {
                error(false, format!("//{body} only allowed in cgo-generated code"));
            }
            _ if OF_RUNTIME.contains(&verb) => error(false, format!("//{verb} only allowed in runtime")),
            _ if OF_FUNCTIONS.contains(&verb) && event != Event::Func
                || verb == "go:build" && tokens.first().is_some_and(|first| first.0 < comment.start) =>
            {
                error(event != Event::Clear, "misplaced compiler directive".into());
            }
            "go:noescape" => found.bodiless.extend(events.get(taken).map(|(offset, _)| *offset)),
            _ => {}
        }
    }
    found
}
