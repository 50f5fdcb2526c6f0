//! Reading and checking one input: how its last statement is taken, and what is added to show its value.

use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_parser::{ParsedFile, has_package_clause, parse_input};
use golite_source::{FileId, Span, Symbol, sym};
use golite_syntax::ast::{CallExpr, Decl, Expr, ExprId, ExprKind, File, Ident, Stmt, StmtKind};
use golite_syntax::lexer::Lexer;
use golite_syntax::token::Token;
use golite_types::{CheckedInput, Checker, InputPackage};

use super::INPUT_NAME;
use crate::loader::parsing;
use crate::script::{LIST, is_printer};

/// How the last statement of an input is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Last {
    /// As an expression with so many values.
    Values(usize),
    /// As it stands.
    Statement,
}

/// An input without errors, and how its last statement was taken.
pub(super) struct CheckedText {
    pub(super) input: CheckedInput,
    pub(super) count: usize,
    /// The last statement is an expression, perhaps without value.
    pub(super) is_value: bool,
    /// How it was taken in the end.
    pub(super) last: Last,
    pub(super) decls: Vec<Decl>,
}

/// How the value of an input is shown.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Show {
    /// Long values are cut.
    #[default]
    Cut,
    /// All of it.
    Full,
    /// Not at all.
    Not,
}

/// An input with errors.
pub(super) struct WrongText {
    pub(super) errors: Vec<Diagnostic>,
    /// What it declares, if it does nothing else and can be read.
    pub(super) only_declares: Option<Vec<Decl>>,
}

/// Parses and checks an input; its last statement is taken as `last` says, or as the errors tell.
pub(super) fn check_file(
    checker: &mut Checker,
    package: InputPackage,
    id: FileId,
    mut last: Last,
    show: Show,
) -> Result<CheckedText, WrongText> {
    loop {
        let parsed = parse(checker, id, last, show);
        let (file, values) = parsed.map_err(|errors| WrongText { errors, only_declares: None })?;
        let decls = file.decls.clone();
        let main = file.script.as_ref().and_then(|script| script.main.as_ref()?.body.as_ref());
        let only_declares = main.is_none_or(|body| body.stmts.is_empty());
        let errors = match checker.check_input(package, file) {
            Ok(input) => {
                let (count, is_value) = (values.unwrap_or(0), values.is_some());
                return Ok(CheckedText { input, count, is_value, last, decls });
            }
            Err(mut errors) => {
                golite_diag::sort(&mut errors);
                errors
            }
        };
        match retry(&errors, last) {
            // Several expressions are taken in one way only.
            Some(next) if values.is_some_and(|count| last == Last::Values(count)) => last = next,
            _ => return Err(WrongText { errors, only_declares: only_declares.then_some(decls) }),
        }
    }
}

/// Parses an input; its last statement is taken as `last` says. If that is an expression, or several, tells how many
/// values are kept.
pub(super) fn parse(
    checker: &mut Checker,
    id: FileId,
    last: Last,
    show: Show,
) -> Result<(File, Option<usize>), Vec<Diagnostic>> {
    let (map, mut session) = parsing(&mut checker.session);
    let ParsedFile { mut file, .. } = parse_input(map, id, &mut session);
    let mut errors = std::mem::take(&mut checker.session.errors);
    let mut is_list = false;
    if matches!(last, Last::Values(_))
        && errors.iter().any(|error| error.message.ends_with(LIST))
        && let Some(with_list) = parse_list(checker, id)
    {
        (file, is_list) = (with_list, true);
        errors.clear();
    }
    let is_init = |decl: &&Decl| matches!(decl, Decl::Func(func) if func.receiver.is_none() && func.name.name == sym::INIT);
    if let Some(Decl::Func(init)) = file.decls.iter().find(is_init) {
        let message = "nothing calls init in a session";
        errors.push(Diagnostic::error(Code::BadMain, init.name.span, message));
    }
    if !errors.is_empty() {
        golite_diag::sort(&mut errors);
        return Err(errors);
    }
    let session = &mut checker.session;
    let main = file.script.as_mut().and_then(|script| script.main.as_mut()).and_then(Arc::get_mut);
    let Some(main) = main else { return Ok((file, None)) };
    main.name.name = session.names.intern(INPUT_NAME);
    let Some(body) = &mut main.body else { return Ok((file, None)) };
    let at = body.stmts.iter().rposition(|stmt| !matches!(stmt.kind, StmtKind::Empty));
    let Some(at) = at else { return Ok((file, None)) };
    let (values, count) = match &mut body.stmts[at].kind {
        StmtKind::Assign(left, ..) if is_list => (std::mem::take(left), None),
        StmtKind::Expr(expr) => {
            let Last::Values(count) = last else { return Ok((file, Some(0))) };
            if matches!(&expr.unparen().kind, ExprKind::Call(call) if is_printer(call, &session.names)) {
                return Ok((file, None));
            }
            let bad = Expr { id: ExprId(0), span: expr.span, kind: ExprKind::Bad };
            (vec![std::mem::replace(expr, bad)], Some(count))
        }
        _ => return Ok((file, None)),
    };
    let count = count.unwrap_or(values.len());
    let print = if show == Show::Full { "Full" } else { "Print" };
    let (define, call) = shown(values, count, print, session);
    body.stmts[at].kind = define;
    if show != Show::Not {
        // Nothing is there: advice looks for what stands at the place of an error.
        let end = body.stmts[at].span.end;
        body.stmts.insert(at + 1, Stmt { span: Span::new(end, end), kind: call });
    }
    Ok((file, Some(count)))
}

/// Parses an input whose last statement is several expressions: as the left side of an assignment. Its text is what
/// it was afterwards, and the places are right. `None` if it is something else that is wrong.
fn parse_list(checker: &mut Checker, id: FileId) -> Option<File> {
    let (name, text) = {
        let file = checker.session.map.file(id);
        (file.name.clone(), file.text.to_string())
    };
    let files = checker.session.map.files().len();
    debug_assert_eq!(id.0 as usize + 1, files, "it is the last");
    let set_text = |checker: &mut Checker, text: String| {
        drop(checker.session.map.truncate(files - 1));
        checker.session.map.add(name.clone(), text);
    };
    set_text(checker, format!("{} = _", text.trim_end()));
    let (map, mut session) = parsing(&mut checker.session);
    let ParsedFile { file, .. } = parse_input(map, id, &mut session);
    let right = std::mem::take(&mut checker.session.errors).is_empty();
    set_text(checker, text);
    right.then_some(file)
}

/// `·1, ·2 := value; show.Print(·1, ·2)`, or several values
fn shown(
    values: Vec<Expr>,
    count: usize,
    print: &str,
    session: &mut golite_types::Session,
) -> (StmtKind, StmtKind) {
    let start = values.first().map_or(0, |value| value.span.start);
    let span = Span::new(start, values.last().map_or(0, |value| value.span.end));
    let at = Span::new(span.start, span.start);
    let mut id = || {
        session.next_id += 1;
        ExprId(session.next_id - 1)
    };
    let names: Vec<Symbol> = (1..=count).map(|number| session.names.intern(&format!("·{number}"))).collect();
    let (show, print) = (session.names.intern("·show"), session.names.intern(print));
    let mut list = || -> Vec<Expr> {
        names.iter().map(|name| Expr { id: id(), span: at, kind: ExprKind::Ident(*name) }).collect()
    };
    let (left, args) = (list(), list());
    let base = Expr { id: id(), span: at, kind: ExprKind::Ident(show) };
    let name = Ident { name: print, span: at, id: id() };
    let func = Box::new(Expr { id: id(), span: at, kind: ExprKind::Selector(Box::new(base), name) });
    let call = CallExpr { func, args, ellipsis: None, rparen: Span::new(span.end, span.end) };
    let call = Expr { id: id(), span, kind: ExprKind::Call(call) };
    (StmtKind::Define(left, values, at), StmtKind::Expr(call))
}

/// How to take the last statement instead, if the errors are about how it was taken.
fn retry(errors: &[Diagnostic], last: Last) -> Option<Last> {
    let Last::Values(count) = last else { return None };
    let of = errors.iter().find_map(|error| {
        if error.message.ends_with("(no value) used as value") {
            return Some(Last::Statement);
        }
        let rest = error.message.strip_prefix("assignment mismatch: 1 variable but ")?;
        let number = rest.split_once(" returns ")?.1.split_once(" value")?.0;
        number.parse().ok().map(|count| if count == 0 { Last::Statement } else { Last::Values(count) })
    });
    of.filter(|next| *next != Last::Values(count))
}

/// The text of an input without package clause, everything at its place.
pub(super) fn without_clause(text: &str) -> String {
    if !has_package_clause(text) {
        return text.to_string();
    }
    let mut tokens = Lexer::new(text);
    let (start, end) = match (tokens.next(), tokens.next()) {
        (Some((start, Token::Package, _)), Some((_, Token::Ident, end))) => (start as usize, end as usize),
        _ => return text.to_string(),
    };
    format!("{}{}{}", &text[..start], " ".repeat(end - start), &text[end..])
}
