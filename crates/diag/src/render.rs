//! The three forms of a diagnostic: `pretty` for people, `short` as Go prints it, `json` for tools.

use std::fmt::Write as _;

use ariadne::{CharSet, Color, Config, IndexType, Report, ReportKind, sources};
use golite_source::{SourceFile, SourceMap, Span};

use crate::{Diagnostic, Severity};

/// The forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// Drawn with source lines.
    Pretty,
    /// `path:line:col: message`
    Short,
    /// One JSON object a line.
    Json,
}

/// Colours, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    /// With colours.
    On,
    /// Without.
    Off,
}

/// Source lines longer than this are cut around what is marked in them, in characters.
const LONGEST_LINE: usize = 160;

/// Characters left on each side of a mark in a line that is cut.
const AROUND: usize = 50;

/// The longest mark in a line that is cut.
const LONGEST_MARK: usize = 100;

/// `path:line:col: message`, with Go's byte columns.
#[must_use]
pub fn short(map: &SourceMap, diagnostic: &Diagnostic) -> String {
    match map.place_text(diagnostic.at) {
        Some(place) => format!("{place}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// Which errors the short form has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repetitions {
    /// All.
    Shown,
    /// As from `go build`, none that says the same of the same line as the one before.
    LeftOut,
}

/// Errors in the short form, a line or more each.
#[must_use]
pub fn short_errors(map: &SourceMap, diagnostics: &[Diagnostic], repetitions: Repetitions) -> String {
    let mut out = String::new();
    let mut before = None;
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error) {
        let line = map.place(diagnostic.at).map(|(name, line, _)| (name, line));
        let same = Some((line, &diagnostic.message));
        if repetitions == Repetitions::Shown || line.is_none() || same != before {
            out += &short(map, diagnostic);
            out.push('\n');
        }
        before = same;
    }
    out
}

/// A file as it is drawn: marks are on one line each, long lines with marks are cut.
struct View<'f> {
    file: &'f SourceFile,
    text: String,
    /// Offset in the file, and what an offset from there on is moved by.
    moves: Vec<(usize, isize)>,
    /// Parts of the file that are left out.
    gaps: Vec<std::ops::Range<usize>>,
}

impl<'f> View<'f> {
    fn new(file: &'f SourceFile, spans: &[Span]) -> View<'f> {
        let mut view = View { file, text: String::new(), moves: vec![(0, 0)], gaps: Vec::new() };
        let mut lines: Vec<u32> = spans.iter().map(|span| file.line_of(span.start - file.base)).collect();
        lines.sort_unstable();
        lines.dedup();
        for number in lines {
            let line = file.line_text(number);
            if line.chars().count() > LONGEST_LINE {
                view.cut_line(number, line, spans);
            }
        }
        let mut at = 0;
        for gap in view.gaps.clone() {
            view.text += &file.text[at..gap.start];
            view.text.push('…');
            at = gap.end;
            let moved = view.text.len() as isize - at as isize;
            view.moves.push((at, moved));
        }
        view.text += &file.text[at..];
        view
    }

    /// Leaves out of a line what is far from its marks.
    fn cut_line(&mut self, number: u32, line: &str, spans: &[Span]) {
        let start = line.as_ptr() as usize - self.file.text.as_ptr() as usize;
        let end = start + line.len();
        let mut kept: Vec<(usize, usize)> = spans
            .iter()
            .filter(|span| self.file.line_of(span.start - self.file.base) == number)
            .map(|span| {
                let (from, to) = self.within_line(*span);
                let before: usize = line[..from - start].chars().rev().take(AROUND).map(char::len_utf8).sum();
                let marked: usize =
                    line[from - start..to - start].chars().take(LONGEST_MARK).map(char::len_utf8).sum();
                let after: usize =
                    line[from + marked - start..].chars().take(AROUND).map(char::len_utf8).sum();
                (from - before, from + marked + after)
            })
            .collect();
        kept.sort_unstable();
        let mut at = start;
        for (from, to) in kept {
            if from > at {
                self.gaps.push(at..from);
            }
            at = at.max(to);
        }
        if at < end {
            self.gaps.push(at..end);
        }
    }

    /// A span as offsets in the file, without what is on further lines.
    fn within_line(&self, span: Span) -> (usize, usize) {
        let text = &self.file.text;
        let start =
            text.floor_char_boundary((span.start.saturating_sub(self.file.base) as usize).min(text.len()));
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line_end = start + text[start..line_end].trim_end_matches('\r').len();
        let end = (span.end.saturating_sub(self.file.base) as usize).clamp(start, line_end.max(start));
        (start, text.ceil_char_boundary(end))
    }

    /// Where a span is in the text that is drawn.
    fn place(&self, span: Span) -> std::ops::Range<usize> {
        let (start, end) = self.within_line(span);
        let moved = |offset: usize| {
            let inside = self.gaps.iter().find(|gap| gap.start < offset && offset < gap.end);
            let offset = inside.map_or(offset, |gap| gap.start);
            let last = self.moves.partition_point(|(from, _)| *from <= offset) - 1;
            offset.saturating_add_signed(self.moves[last].1)
        };
        let (start, end) = (moved(start), moved(end));
        start..end.max(start)
    }
}

/// Drawn by ariadne, ending in a line end.
#[must_use]
pub fn pretty(map: &SourceMap, diagnostic: &Diagnostic, colour: Colour) -> String {
    let kind = match diagnostic.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    draw(map, diagnostic, colour, kind, Some(diagnostic.code.text()))
}

/// As [`pretty`], for the explanation of a failure: its code does not count.
#[must_use]
pub fn explanation(map: &SourceMap, diagnostic: &Diagnostic, colour: Colour) -> String {
    let text = draw(map, diagnostic, colour, (ReportKind::Custom("Why", Color::Cyan), Color::Red), None);
    // The kind is coloured whatever the configuration says.
    match (colour, text.strip_prefix("\u{1b}[36mWhy:\u{1b}[0m")) {
        (Colour::Off, Some(rest)) => format!("Why:{rest}"),
        _ => text,
    }
}

fn draw(
    map: &SourceMap,
    diagnostic: &Diagnostic,
    colour: Colour,
    (kind, color): (ReportKind<'static>, Color),
    code: Option<&str>,
) -> String {
    let Some((file, _)) = map.locate(diagnostic.at) else {
        return format!("error: {}\n", diagnostic.message);
    };
    let mut views: Vec<View<'_>> = Vec::new();
    let all: Vec<Span> = std::iter::once(diagnostic.span)
        .chain(diagnostic.labels.iter().map(|label| label.span))
        .filter(|span| map.locate(span.start).is_some())
        .collect();
    for span in &all {
        let Some((file, _)) = map.locate(span.start) else { continue };
        if views.iter().any(|view| view.file.base == file.base) {
            continue;
        }
        let here = |span: &&Span| map.locate(span.start).is_some_and(|(other, _)| other.base == file.base);
        let spans: Vec<Span> = all.iter().filter(here).copied().collect();
        views.push(View::new(file, &spans));
    }
    let place = |span: Span| -> (String, std::ops::Range<usize>) {
        let view = map
            .locate(span.start)
            .and_then(|(file, _)| views.iter().find(|view| view.file.base == file.base));
        view.map_or_else(|| (String::new(), 0..0), |view| (view.file.name.to_string(), view.place(span)))
    };
    let config = Config::default()
        .with_color(colour == Colour::On)
        .with_index_type(IndexType::Byte)
        .with_char_set(CharSet::Unicode);
    let label = if diagnostic.label.is_empty() { "here" } else { &diagnostic.label };
    let mut report = Report::build(kind, place(diagnostic.span))
        .with_config(config)
        .with_message(&diagnostic.message)
        .with_label(
            ariadne::Label::new(place(diagnostic.span))
                .with_color(color)
                .with_message(label)
                .with_priority(1),
        );
    if let Some(code) = code {
        report = report.with_code(code);
    }
    for label in &diagnostic.labels {
        report = report.with_label(
            ariadne::Label::new(place(label.span)).with_color(Color::Blue).with_message(&label.text),
        );
    }
    for note in &diagnostic.notes {
        report = report.with_note(note);
    }
    if let Some(mend) = &diagnostic.mend {
        report = report.with_help(crate::mended::show(file, mend));
    }
    for help in &diagnostic.help {
        report = report.with_help(help);
    }
    let texts: Vec<(String, String)> =
        views.iter().map(|view| (view.file.name.to_string(), view.text.clone())).collect();
    let mut out = Vec::new();
    // Writing to memory cannot fail.
    let _ = report.finish().write(sources(texts), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// One JSON object, without a line end. Columns are given in bytes and in UTF-16 units, from 1;
/// offsets in bytes of the file.
#[must_use]
pub fn json(map: &SourceMap, diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut out = format!(
        "{{\"code\":\"{}\",\"severity\":\"{severity}\",\"message\":{},\"at\":{},\"span\":{},\"label\":{},\"labels\":[",
        diagnostic.code.text(),
        quote(&diagnostic.message),
        json_span(map, Span::at(diagnostic.at)),
        json_span(map, diagnostic.span),
        quote(&diagnostic.label),
    );
    for (i, label) in diagnostic.labels.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ =
            write!(out, "{comma}{{\"span\":{},\"text\":{}}}", json_span(map, label.span), quote(&label.text));
    }
    let texts = |texts: &[&String]| texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(",");
    let mend = diagnostic.mend.as_ref();
    let help: Vec<&String> = mend.map(|mend| &mend.text).into_iter().chain(&diagnostic.help).collect();
    let _ = write!(
        out,
        "],\"notes\":[{}],\"help\":[{}],\"repeats\":{},\"edits\":[",
        texts(&diagnostic.notes.iter().collect::<Vec<_>>()),
        texts(&help),
        diagnostic.repeats,
    );
    for (i, edit) in mend.into_iter().flat_map(|mend| &mend.edits).enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ =
            write!(out, "{comma}{{\"span\":{},\"text\":{}}}", json_span(map, edit.span), quote(&edit.text));
    }
    out + "]}"
}

fn json_span(map: &SourceMap, span: Span) -> String {
    let Some((file, start)) = map.locate(span.start) else { return "null".into() };
    let base = file.base;
    let end_offset = span.end.saturating_sub(base).max(span.start - base);
    let end = file.line_column(end_offset);
    format!(
        "{{\"file\":{},\"start\":{},\"end\":{},\"line\":{},\"column\":{},\"utf16\":{},\"end_line\":{},\"end_column\":{},\"end_utf16\":{}}}",
        quote(&file.name),
        span.start - base,
        end_offset,
        start.line,
        start.column,
        file.utf16_column(span.start - base),
        end.line,
        end.column,
        file.utf16_column(end_offset),
    )
}

fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\t' => out += "\\t",
            '\r' => out += "\\r",
            char if u32::from(char) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}
