//! Formats and their operands.

use golite_diag::{Code, Diagnostic, Edit};
use golite_source::Span;
use golite_syntax::ast::{CallExpr, Expr, ExprKind, LitKind};

use crate::check::Checker;
use crate::constant::Const;
use crate::ty::{Basic, Type, TypeId};

/// A verb of a format, with the operands it takes before its own (`*`).
struct Verb {
    letter: char,
    stars: usize,
    /// Its text, for messages.
    text: String,
}

/// The index of the format among the arguments of a standard function.
fn format_index(path: &str, name: &str) -> Option<usize> {
    match (path, name) {
        ("fmt", "Printf" | "Sprintf" | "Errorf") | ("log", "Printf" | "Fatalf" | "Panicf") => Some(0),
        ("fmt", "Fprintf" | "Appendf") => Some(1),
        _ => None,
    }
}

/// Whether a function prints its operands without a format, and where they begin.
fn plain_index(path: &str, name: &str) -> Option<usize> {
    match (path, name) {
        ("fmt", "Print" | "Println" | "Sprint" | "Sprintln")
        | ("log", "Print" | "Println" | "Fatal" | "Fatalln") => Some(0),
        ("fmt", "Fprint" | "Fprintln") => Some(1),
        _ => None,
    }
}

/// The verbs of a format; none if it has explicit indices, which are rare and have rules of their own.
fn verbs(format: &str) -> Option<Vec<Verb>> {
    let mut found = Vec::new();
    let mut chars = format.chars().peekable();
    while let Some(char) = chars.next() {
        if char != '%' {
            continue;
        }
        let (mut text, mut stars) = (String::from("%"), 0);
        loop {
            let next = chars.next()?;
            text.push(next);
            match next {
                '[' => return None,
                '*' => stars += 1,
                '+' | '-' | '#' | ' ' | '0'..='9' | '.' => {}
                '%' => break,
                letter => {
                    found.push(Verb { letter, stars, text });
                    break;
                }
            }
        }
    }
    Some(found)
}

impl Checker {
    pub(super) fn warn_format(&mut self, call: &CallExpr, found: &mut Vec<Diagnostic>) {
        let Some((path, name)) = self.std_func(call) else { return };
        if let Some(first) = plain_index(&path, &name) {
            self.warn_plain(call, &format!("{path}.{name}"), &name, first, found);
            return;
        }
        let Some(index) = format_index(&path, &name) else { return };
        let (Some(format), None) = (call.args.get(index), call.ellipsis) else { return };
        let Some(Const::Str(bytes)) = self.info.value(format.id) else { return };
        let Some(verbs) = String::from_utf8(bytes.to_vec()).ok().and_then(|text| verbs(&text)) else {
            return;
        };
        let shown = format!("{path}.{name}");
        let args = &call.args[index + 1..];
        let mut next = 0;
        for verb in &verbs {
            next += verb.stars;
            let Some(arg) = args.get(next) else {
                let message = format!(
                    "{shown} format {} reads arg #{}, but call has {}",
                    verb.text,
                    next + 1,
                    count(args.len())
                );
                let mut warning = Diagnostic::warning(Code::Printf, format.span, message);
                warning.about(format!("{} has no operand", verb.text));
                found.push(warning);
                return;
            };
            self.warn_verb(verb, arg, &shown, format, found);
            next += 1;
        }
        if next < args.len() {
            let message = format!("{shown} call needs {} but has {}", count(next), count(args.len()));
            let span = Span::new(args[next].span.start, args[args.len() - 1].span.end);
            let mut warning = Diagnostic::warning(Code::Printf, span, message);
            warning.about("no verb prints this");
            warning.also(format.span, "the format");
            found.push(warning);
        }
    }

    /// `Println("%d", n)`
    fn warn_plain(
        &mut self,
        call: &CallExpr,
        shown: &str,
        name: &str,
        first: usize,
        found: &mut Vec<Diagnostic>,
    ) {
        let Some(arg) = call.args.get(first) else { return };
        let Some(Const::Str(bytes)) = self.info.value(arg.id) else { return };
        let Ok(text) = String::from_utf8(bytes.to_vec()) else { return };
        let Some(verbs) = verbs(&text) else { return };
        let Some(verb) =
            verbs.iter().find(|verb| matches!(verb.letter, 'd' | 's' | 'v' | 'f' | 'q' | 'T' | 'x'))
        else {
            return;
        };
        // "100% done" is a text, and so is a format that is only shown.
        if verb.text.contains(' ') || call.args.len() <= first + 1 {
            return;
        }
        let message = format!("{shown} call has possible formatting directive {}", verb.text);
        let mut warning = Diagnostic::warning(Code::Printf, arg.span, message);
        warning.about(format!("{name} prints this as it is"));
        if let (ExprKind::Selector(_, member), ExprKind::BasicLit(LitKind::String)) =
            (&call.func.kind, &arg.kind)
            && verbs.len() == call.args.len() - first - 1
        {
            let with_format = format!("{}f", name.trim_end_matches("ln"));
            let mut edits = vec![Edit::replace(member.span, with_format.as_str())];
            if name.ends_with("ln") && self.text(arg.span).starts_with('"') && !text.ends_with('\n') {
                edits.push(Edit::insert(arg.span.end - 1, "\\n"));
            }
            warning.mend(format!("did you mean {with_format}?"), edits);
        }
        found.push(warning);
    }

    fn warn_verb(
        &mut self,
        verb: &Verb,
        arg: &Expr,
        shown: &str,
        format: &Expr,
        found: &mut Vec<Diagnostic>,
    ) {
        let ty = self.info.fact(arg.id).ty;
        if verb.letter == 'w' && shown.ends_with("Errorf")
            || matches!(verb.letter, 'v' | 'T' | 'p' | 'x' | 'X' | 'w')
        {
            return;
        }
        let Some(fits) = self.verb_fits(verb.letter, ty) else { return };
        if fits {
            return;
        }
        let (text, type_text) = (self.expr_text(arg), self.show(ty));
        let message = format!("{shown} format {} has arg {text} of wrong type {type_text}", verb.text);
        let mut warning = Diagnostic::warning(Code::Printf, arg.span, message);
        warning.about(format!("this is of type {type_text}"));
        warning.also(format.span, format!("{} prints {}", verb.text, kinds(verb.letter)));
        let right = if self.is_basic(ty, Basic::is_string) {
            "%s"
        } else if self.is_basic(ty, Basic::is_integer) {
            "%d"
        } else if self.is_basic(ty, Basic::is_boolean) {
            "%t"
        } else if self.is_basic(ty, Basic::is_numeric) {
            "%g"
        } else {
            "%v"
        };
        let source = self.text(format.span).to_string();
        if source.matches(verb.text.as_str()).count() == 1
            && verb.text.len() == 2
            && let Some(at) = source.find(verb.text.as_str())
        {
            let start = format.span.start + at as u32;
            warning
                .mend(format!("{right} prints it"), vec![Edit::replace(Span::new(start, start + 2), right)]);
        } else {
            warning.help(format!("{right} prints it"));
        }
        found.push(warning);
    }

    /// Whether a verb prints values of a type; none if only the run can tell.
    fn verb_fits(&mut self, letter: char, ty: TypeId) -> Option<bool> {
        // Types with methods may format themselves, and what is in an interface is not known.
        if self.types.as_named(ty).is_some() && !self.method_set(ty).is_empty() {
            return None;
        }
        let (basic, under) = (self.types.basic(ty), self.types.under(ty));
        if let Type::Pointer(base) = under
            && !self.method_set(ty).is_empty()
        {
            let _ = base;
            return None;
        }
        let Some(basic) = basic else {
            // Elements are printed with the verb; only functions and channels are certain.
            return matches!(under, Type::Signature(_)).then_some(false);
        };
        Some(match letter {
            'd' | 'b' | 'o' | 'O' | 'c' | 'U' => basic.is_integer() || letter == 'b' && basic.is_numeric(),
            's' => basic.is_string(),
            'q' => basic.is_string() || basic.is_integer(),
            't' => basic.is_boolean(),
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => basic.is_numeric() && !basic.is_integer(),
            _ => return None,
        })
    }
}

fn kinds(letter: char) -> &'static str {
    match letter {
        'd' | 'b' | 'o' | 'O' | 'c' | 'U' => "whole numbers",
        's' | 'q' => "strings",
        't' => "true and false",
        _ => "numbers with fractions",
    }
}

fn count(number: usize) -> String {
    format!("{number} arg{}", if number == 1 { "" } else { "s" })
}
