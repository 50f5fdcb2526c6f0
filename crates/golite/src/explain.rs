//! Why a program failed: the failing expression in its source line, the values that Go's text gives,
//! and for a deadlock who waits for what.
//!
//! Everything is found out from Go's own text, the places of the frames, and the source. What would be
//! a guess is not said.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use golite_diag::render::{self, Colour};
use golite_diag::{Code, Diagnostic, Edit};
use golite_source::{Span, sym};
use golite_syntax::ast::{BinaryOp, Decl, Expr, ExprKind, FuncDecl, Ident, Stmt, StmtKind};
use golite_syntax::walk::Node;
use golite_types::{Checker, DeclRef, ObjKind, PkgId, Type};
use golite_vm::{Failure, Site, Waiting};

/// Files of standard packages have names that begin so.
const STD_ROOT: char = '$';

/// The explanation, in whole lines, an empty one first.
pub(crate) fn explain(checker: &Checker, failure: &Failure) -> String {
    let mut out = String::from("\n");
    if failure.waiting.is_empty() {
        out += &explain_failure(checker, failure);
    } else {
        out += &explain_deadlock(checker, &failure.waiting);
    }
    let _ = writeln!(out, "seed: {} (--seed {} makes the same choices)", failure.seed, failure.seed);
    out
}

/// The first frame in the user's source.
fn own_site(sites: &[Site]) -> Option<&Site> {
    sites.iter().find(|site| !site.file.starts_with(STD_ROOT) && site.span.0 != 0)
}

fn span_of(site: &Site) -> Span {
    Span::new(site.span.0, site.span.1)
}

/// The declared function around a place.
fn function_around(checker: &Checker, span: Span) -> Option<Arc<FuncDecl>> {
    checker.objects.iter().find_map(|object| match &object.decl {
        DeclRef::Func(decl) if decl.span.start <= span.start && span.end <= decl.span.end => {
            Some(decl.clone())
        }
        _ => None,
    })
}

/// All expressions below a node within a span, the outermost first.
fn exprs_within<'a>(top: Node<'a>, span: Span) -> Vec<&'a Expr> {
    let mut found = Vec::new();
    top.each(&mut |node| {
        if let Node::Expr(expr) = node
            && span.start <= expr.span.start
            && expr.span.end <= span.end
        {
            found.push(expr);
        }
    });
    found.sort_by_key(|expr| (std::cmp::Reverse(expr.span.end - expr.span.start), expr.span.start));
    found
}

struct Why<'c> {
    checker: &'c Checker,
    text: &'c str,
    report: Diagnostic,
}

fn explain_failure(checker: &Checker, failure: &Failure) -> String {
    let Some(site) = own_site(&failure.sites) else { return String::new() };
    let span = span_of(site);
    let text = last_panic(&failure.text);
    let first = text.lines().next().unwrap_or_default();
    let title = first.split(" [recovered").next().unwrap_or(first);
    let mut why = Why { checker, text, report: Diagnostic::error(Code::Limit, span, title) };
    why.report.about("it failed here");
    if let Some(decl) = function_around(checker, span) {
        let decl = Decl::Func(decl);
        let top = Node::Decl(&decl);
        why.labels(top, failure);
    }
    render::explanation(&checker.session.map, &why.report, Colour::Off)
}

/// Go's text from the panic on that ended the program: those that it overtook stand before it.
fn last_panic(text: &str) -> &str {
    let head = text.split("\n\n").next().unwrap_or_default();
    let Some(mut rest) = head.strip_prefix("panic: ") else { return text };
    while let Some((_, later)) = rest.split_once("\n\tpanic: ") {
        rest = later;
    }
    &text[head.len() - rest.len()..]
}

impl Why<'_> {
    fn source(&self, span: Span) -> &str {
        self.checker.session.map.text(span)
    }

    fn labels(&mut self, top: Node<'_>, failure: &Failure) {
        let text = self.text;
        let exprs = exprs_within(top, self.report.span);
        if text.contains("index out of range [") {
            self.index(top, &exprs);
        } else if text.contains("slice bounds out of range") {
            self.bounds();
        } else if text.contains("nil pointer dereference") {
            self.nil(top, &exprs);
        } else if text.contains("assignment to entry in nil map") {
            self.nil_map(&exprs);
        } else if text.contains("integer divide by zero") {
            self.divide(top);
        } else if text.contains("send on closed channel") || text.contains("close of closed channel") {
            self.closed(failure);
        } else if text.contains("concurrent map") {
            self.concurrent(failure);
        } else if text.contains("interface conversion: ") {
            self.assertion(&exprs);
        } else if text.contains("stack overflow") {
            self.recursion(top, &failure.sites, &exprs);
        }
    }

    /// The numbers in `[3] with length 3`.
    fn index_numbers(&self) -> Option<(String, String)> {
        let rest = self.text.split_once("index out of range [")?.1;
        let (index, rest) = rest.split_once(']')?;
        let length = rest.strip_prefix(" with length ").unwrap_or_default();
        let length: String = length.chars().take_while(char::is_ascii_digit).collect();
        Some((index.to_string(), length))
    }

    fn index(&mut self, top: Node<'_>, exprs: &[&Expr]) {
        let Some((index, length)) = self.index_numbers() else { return };
        let found = exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Index(base, args) if args.len() == 1 => Some((*expr, &**base, &args[0])),
            _ => None,
        });
        let Some((whole, base, arg)) = found else { return };
        let (base_text, arg_text) = (self.source(base.span).to_string(), self.source(arg.span).to_string());
        self.report.span = arg.span;
        let value = if arg_text == index { "this".into() } else { format!("{arg_text} is {index}") };
        let length_text = match length.parse::<u64>() {
            Ok(0) => format!("{base_text} is empty"),
            Ok(length) => format!("{base_text} has {length}, the last is {base_text}[{}]", length - 1),
            Err(_) => String::new(),
        };
        self.report.about(value);
        if !length_text.is_empty() {
            self.report.also(base.span, length_text);
        }
        // `i <= len(xs)` in the loop around.
        let mut wrong = None;
        top.each(&mut |node| {
            if let Node::Stmt(stmt) = node
                && let StmtKind::For(loop_stmt) = &stmt.kind
                && stmt.span.start <= whole.span.start
                && whole.span.end <= stmt.span.end
                && let Some(Expr { kind: ExprKind::Binary(binary), .. }) = &loop_stmt.cond
                && binary.op == BinaryOp::Le
            {
                let bound = self.source(binary.right.span);
                if self.source(binary.left.span) == arg_text && bound == format!("len({base_text})") {
                    wrong = Some(binary.op_span);
                }
            }
        });
        if let Some(op) = wrong {
            let op = Span::new(op.start, op.start + 2);
            self.report.also(op, format!("<= lets {arg_text} reach len({base_text})"));
            self.report.mend("stop before it", vec![Edit::replace(op, "<")]);
        } else {
            self.last_set(top, arg);
        }
    }

    fn bounds(&mut self) {
        if let Some(rest) = self.text.split_once("slice bounds out of range ") {
            let detail = rest.1.lines().next().unwrap_or_default().to_string();
            self.report.about(detail);
        }
        self.report.note("s[low:high] needs 0 <= low <= high, and high at most the capacity (of strings and arrays the length)");
    }

    /// Labels the last assignment to a variable before the failure, in the same function.
    fn last_set(&mut self, top: Node<'_>, value: &Expr) {
        let Some(ident) = value.unparen().as_ident() else { return };
        let Some(obj) = self.checker.info.object(ident.id) else { return };
        let before = value.span.start;
        let mut found: Option<Span> = None;
        top.each(&mut |node| {
            let Node::Stmt(stmt) = node else { return };
            let sets = match &stmt.kind {
                StmtKind::Assign(left, ..) | StmtKind::Define(left, ..) => left.iter().any(|left| {
                    left.as_ident().and_then(|ident| self.checker.info.object(ident.id)) == Some(obj)
                }),
                StmtKind::OpAssign(binary) => {
                    binary.left.as_ident().and_then(|ident| self.checker.info.object(ident.id)) == Some(obj)
                }
                _ => false,
            };
            if sets && stmt.span.end <= before && found.is_none_or(|other| other.start < stmt.span.start) {
                found = Some(stmt.span);
            }
        });
        if let Some(span) = found {
            let name = self.source(ident.span).to_string();
            self.report.also(span, format!("{name} was set here"));
        }
    }

    /// The expression that is nil: the base of the innermost thing that reads through a pointer.
    fn nil(&mut self, top: Node<'_>, exprs: &[&Expr]) {
        let through = exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Selector(base, name) => {
                let ty = self.checker.info.fact(base.id).ty;
                let nilable = matches!(
                    self.checker.types.get(self.checker.types.peek_underlying(ty)),
                    Type::Pointer(_) | Type::Interface(_)
                );
                nilable.then_some((&**base, Some(name.span)))
            }
            ExprKind::Star(base) => Some((&**base, None)),
            ExprKind::Index(base, _) => {
                let ty = self.checker.types.peek_underlying(self.checker.info.fact(base.id).ty);
                matches!(self.checker.types.get(ty), Type::Pointer(_)).then_some((&**base, None))
            }
            ExprKind::Call(call) => {
                let is_value = matches!(call.func.kind, ExprKind::Ident(_))
                    && call
                        .func
                        .as_ident()
                        .and_then(|ident| self.checker.info.object(ident.id))
                        .is_some_and(|obj| matches!(self.checker.object(obj).kind, ObjKind::Var(_)));
                is_value.then_some((&*call.func, None))
            }
            _ => None,
        });
        let Some((base, _)) = through else { return };
        let text = self.source(base.span).to_string();
        self.report.span = base.span;
        self.report.about(format!("{text} is nil"));
        self.last_set(top, base);
        if let ExprKind::Selector(_, field) = &base.unparen().kind {
            self.label_field(*field);
            let name = self.source(field.span).to_string();
            self.report.note(format!("the field {name} was never set, or set to nil"));
        }
    }

    fn nil_map(&mut self, exprs: &[&Expr]) {
        let base = exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::Index(base, _) => Some(&**base),
            _ => None,
        });
        let Some(base) = base else { return };
        let text = self.source(base.span).to_string();
        let ty = self.checker.info.fact(base.id).ty;
        self.report.span = base.span;
        self.report.about(format!("{text} is nil: it was never made"));
        let declared = base.unparen().as_ident().and_then(|ident| self.checker.info.object(ident.id));
        if let Some(obj) = declared {
            self.report.also(self.checker.object(obj).span, "declared here");
        } else if let ExprKind::Selector(_, field) = &base.unparen().kind {
            self.label_field(*field);
        }
        let shown = self.checker.show_in(ty, PkgId(0)).replace("main.", "");
        self.report.help(format!("make it before: {text} = {shown}{{}}"));
    }

    /// Labels the declaration of a field, if only one type of the program has one of that name.
    fn label_field(&mut self, field: Ident) {
        let mut found: Vec<Span> = Vec::new();
        for object in &self.checker.objects {
            if let DeclRef::Type(spec) = &object.decl
                && !self.checker.package(object.pkg).std
                && let ExprKind::Struct(ty) = &spec.ty.kind
            {
                found.extend(
                    ty.fields
                        .iter()
                        .map(|own| own.name)
                        .filter(|own| own.name == field.name)
                        .map(|own| own.span),
                );
            }
        }
        if let [only] = found.as_slice() {
            self.report.also(*only, "declared here");
        }
    }

    fn divide(&mut self, top: Node<'_>) {
        // The place is the division or its divisor.
        let (place, mut divisor) = (self.report.span, None);
        top.each(&mut |node| {
            let binary = match node {
                Node::Expr(Expr { kind: ExprKind::Binary(binary), .. }) => binary,
                Node::Stmt(Stmt { kind: StmtKind::OpAssign(binary), .. }) => &**binary,
                _ => return,
            };
            let whole = Span::new(binary.left.span.start, binary.right.span.end);
            if matches!(binary.op, BinaryOp::Div | BinaryOp::Rem)
                && (binary.right.span == place || whole == place || binary.op_span.start == place.start)
            {
                divisor = Some(&*binary.right);
            }
        });
        let Some(divisor) = divisor else { return };
        let text = self.source(divisor.span).to_string();
        self.report.span = divisor.span;
        self.report.about(format!("{text} is 0"));
        self.last_set(top, divisor);
    }

    fn closed(&mut self, failure: &Failure) {
        self.report.about("the channel is closed");
        if let Some(site) = &failure.closed {
            self.report.also(span_of(site), format!("it was closed here, by {}", site.function));
        }
        self.report.note("a channel is closed once, by the side that sends, after the last send");
    }

    fn concurrent(&mut self, failure: &Failure) {
        self.report.about("this goroutine uses the map");
        if let Some((id, site)) = &failure.writer {
            let text = format!("goroutine {id} wrote to it and was stopped here, in {}", site.function);
            self.report.also(span_of(site), text);
        }
        self.report.note("nothing orders the two: a lock, or a channel that hands the map over, would");
    }

    fn assertion(&mut self, exprs: &[&Expr]) {
        let found = exprs.iter().find_map(|expr| match &expr.kind {
            ExprKind::TypeAssert(base, Some(ty)) => Some((base.span, ty.span)),
            _ => None,
        });
        let Some((base, ty)) = found else { return };
        let (base_text, ty_text) = (self.source(base).to_string(), self.source(ty).to_string());
        let held = self
            .text
            .split_once(" is ")
            .map(|(_, rest)| rest.split([',', ':']).next().unwrap_or(rest).to_string());
        self.report.span = ty;
        self.report.about("this type was asked for");
        if let Some(held) = held {
            self.report.also(base, format!("it holds: {}", held.trim()));
        }
        self.report.help(format!("test it: v, ok := {base_text}.({ty_text})"));
    }

    /// How often the functions on the stack repeat.
    fn recursion(&mut self, top: Node<'_>, sites: &[Site], exprs: &[&Expr]) {
        let Some(first) = own_site(sites) else { return };
        let again = sites.iter().skip(1).position(|site| site.function == first.function).map(|at| at + 1);
        let Some(length) = again else { return };
        let turns = sites.iter().filter(|site| site.function == first.function).count();
        let others = sites[1..length].iter().map(|site| site.function.as_str()).collect::<Vec<_>>();
        let through =
            if others.is_empty() { String::new() } else { format!(", through {}", others.join(", ")) };
        let name = &first.function;
        self.report.note(format!("{name} called itself {} times{through}", turns.saturating_sub(1)));
        if let (Node::Decl(Decl::Func(decl)), true) = (top, others.is_empty()) {
            let call = exprs.iter().find_map(|expr| match &expr.kind {
                ExprKind::Call(call) => Some(call),
                _ => None,
            });
            self.report.about("it calls itself here");
            let (Some(call), Some(_)) = (call, decl.body()) else { return };
            for (field, arg) in decl.ty.params.iter().zip(&call.args) {
                let Some(param) = field.name.filter(|name| name.name != sym::BLANK) else { continue };
                if arg.as_ident().is_some_and(|ident| ident.name == param.name) {
                    let text = self.source(param.span).to_string();
                    self.report.also(arg.span, format!("{text} stays the same"));
                }
            }
        }
    }
}

// ---- deadlocks

fn who(id: u64) -> String {
    if id == 1 { "goroutine 1 (main)".into() } else { format!("goroutine {id}") }
}

/// A file without folders and a line of it.
fn short_place(site: &Site) -> String {
    let file = site.file.rsplit('/').next().unwrap_or(&site.file);
    format!("{file}:{}", site.line)
}

/// A place as it is told beside another one.
fn place_near(site: &Site, other: Option<&Site>) -> String {
    match other.is_some_and(|other| other.file == site.file) {
        true => format!("in line {}", site.line),
        false => format!("at {}", short_place(site)),
    }
}

/// What a goroutine does where it waits, as its source says it.
fn waits_at(checker: &Checker, waiting: &Waiting) -> (String, Option<Site>) {
    let Some(site) = own_site(&waiting.sites) else { return (String::new(), None) };
    let span = span_of(site);
    let text = checker.session.map.text(span).lines().next().unwrap_or_default();
    let statement = function_around(checker, span).and_then(|decl| {
        let decl = Decl::Func(decl);
        let exprs = exprs_within(Node::Decl(&decl), span);
        exprs.first().map(|expr| checker.session.map.text(expr.span).to_string())
    });
    let shown = if text.len() <= 40 { text.to_string() } else { statement.unwrap_or_default() };
    let shown = if shown.len() > 40 { String::new() } else { shown };
    (shown, Some(site.clone()))
}

/// Locks that a goroutine has taken before the place where it waits, in the same function, and not
/// given back: their texts and places.
fn locks_held(checker: &Checker, site: &Site) -> Vec<(String, Span)> {
    let span = span_of(site);
    let Some(decl) = function_around(checker, span) else { return Vec::new() };
    let decl = Decl::Func(decl);
    // Within a function literal only its own statements count.
    let mut top = Node::Decl(&decl);
    Node::Decl(&decl).each(&mut |node| {
        if let Node::Expr(Expr { kind: ExprKind::FuncLit(_), .. }) = node
            && node.contains(span)
            && node.span().start > top.span().start
        {
            top = node;
        }
    });
    let mut calls: Vec<(String, bool, Span)> = Vec::new();
    let mut waiting: Vec<Node<'_>> = Vec::new();
    top.children(&mut waiting);
    while let Some(node) = waiting.pop() {
        if let Node::Stmt(stmt) = node
            && let StmtKind::Expr(Expr { kind: ExprKind::Call(call), .. }) = &stmt.kind
            && let ExprKind::Selector(base, name) = &call.func.kind
            && stmt.span.end <= span.start
        {
            let method = checker.session.map.text(name.span);
            let text = checker.session.map.text(base.span).to_string();
            match method {
                "Lock" | "RLock" => calls.push((text, true, stmt.span)),
                "Unlock" | "RUnlock" => calls.push((text, false, stmt.span)),
                _ => {}
            }
        }
        let literal = matches!(node, Node::Expr(Expr { kind: ExprKind::FuncLit(_), .. }));
        if !literal {
            node.children(&mut waiting);
        }
    }
    calls.sort_by_key(|(_, _, span)| span.start);
    let mut held: Vec<(String, Span)> = Vec::new();
    for (text, takes, span) in calls {
        if takes {
            held.push((text, span));
        } else {
            held.retain(|(other, _)| *other != text);
        }
    }
    held
}

fn explain_deadlock(checker: &Checker, waiting: &[Waiting]) -> String {
    let map = &checker.session.map;
    let mut rows: Vec<[String; 5]> = Vec::new();
    let mut marks: Vec<(Span, String)> = Vec::new();
    let places: Vec<(String, Option<Site>)> = waiting.iter().map(|one| waits_at(checker, one)).collect();
    let held: HashMap<u64, Vec<(String, Span)>> = waiting
        .iter()
        .zip(&places)
        .map(|(one, (_, site))| {
            (one.id, site.as_ref().map_or_else(Vec::new, |site| locks_held(checker, site)))
        })
        .collect();
    for (one, (what, site)) in waiting.iter().zip(&places) {
        let place = site.as_ref().map_or_else(String::new, short_place);
        let mut facts: Vec<String> = Vec::new();
        if let Some(site) = site {
            for (lock, span) in held[&one.id].iter().cloned() {
                let line = map.locate(span.start).map_or(0, |(_, at)| at.line);
                facts.push(format!("has taken {lock} in line {line}"));
                marks.push((span, format!("{} takes {lock} here and still has it", who(one.id))));
            }
            marks.push((span_of(site), format!("{} waits here", who(one.id))));
        }
        if let Some(made) = &one.made {
            facts.push(format!("made {}", place_near(made, site.as_ref())));
        }
        let list = |ids: &[u64]| ids.iter().map(|id| who(*id)).collect::<Vec<_>>().join(", ");
        if !one.together.is_empty() {
            facts.push(format!("so does {}", list(&one.together)));
        }
        if !one.holders.is_empty() {
            facts.push(format!("{} has it too", list(&one.holders)));
        }
        if let Some((creator, start)) = &one.created {
            facts.push(format!("started by {} {}", who(*creator), place_near(start, site.as_ref())));
        }
        rows.push([who(one.id), one.reason.to_string(), what.clone(), place, facts.join("; ")]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3)];
    let mut out = String::from("who waits for what:\n");
    for row in &rows {
        let line = format!(
            "  {:a$}  {:b$}  {:c$}  {:d$}  {}",
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3]
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    // A goroutine waits for the only other one that has the channel, or has the lock and holds one.
    let waits = waiting.iter().filter_map(|one| {
        let holds = |id: &&u64| !one.lock || held.get(id).is_some_and(|locks| !locks.is_empty());
        match one.holders.iter().filter(holds).collect::<Vec<_>>()[..] {
            [only] => Some((one.id, *only)),
            _ => None,
        }
    });
    for circle in golite_vm::circles(&waits.collect::<Vec<_>>()) {
        let _ = writeln!(out, "{circle}");
    }
    // The first places, drawn in the source.
    marks.sort_by_key(|(span, _)| span.start);
    marks.dedup_by_key(|(span, _)| *span);
    if let Some((first, text)) = marks.first().cloned() {
        let mut report = Diagnostic::error(Code::Limit, first, "all goroutines are asleep - deadlock!");
        report.about(text);
        for (span, text) in marks.into_iter().skip(1).take(7) {
            report.also(span, text);
        }
        out += &render::explanation(map, &report, Colour::Off);
    }
    out
}
