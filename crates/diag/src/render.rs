//! The three forms of a diagnostic: `pretty` for people, `short` as Go prints it, `json` for tools.

use std::fmt::Write as _;

use ariadne::{CharSet, Color, Config, IndexType, Report, ReportKind, sources};
use golite_source::{SourceMap, Span};

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

/// The longest source line that is drawn whole, in bytes.
const LONGEST_LINE: usize = 400;

/// `path:line:col: message`, with Go's byte columns.
#[must_use]
pub fn short(map: &SourceMap, diagnostic: &Diagnostic) -> String {
    match map.place(diagnostic.at) {
        Some((name, line, column)) => format!("{name}:{line}:{column}: {}", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}

/// Drawn by ariadne, ending in a line end.
#[must_use]
pub fn pretty(map: &SourceMap, diagnostic: &Diagnostic, colour: Colour) -> String {
    let Some((file, at)) = map.locate(diagnostic.at) else {
        return format!("error: {}\n", diagnostic.message);
    };
    let too_long = |span: Span| {
        map.locate(span.start).is_none_or(|(file, at)| file.line_text(at.line).len() > LONGEST_LINE)
    };
    if too_long(diagnostic.span) || diagnostic.labels.iter().any(|label| too_long(label.span)) {
        return plain(map, diagnostic, file.line_text(at.line), at.column as usize - 1);
    }
    let place = |span: Span| -> (String, std::ops::Range<usize>) {
        let Some((file, _)) = map.locate(span.start) else { return (String::new(), 0..0) };
        let start = (span.start - file.base) as usize;
        let end = (span.end.saturating_sub(file.base) as usize).clamp(start, file.text.len());
        (file.name.to_string(), start..end)
    };
    let (kind, color) = match diagnostic.severity {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    let config = Config::default()
        .with_color(colour == Colour::On)
        .with_index_type(IndexType::Byte)
        .with_char_set(CharSet::Unicode);
    let mut report = Report::build(kind, place(diagnostic.span))
        .with_config(config)
        .with_code(diagnostic.code.text())
        .with_message(&diagnostic.message)
        .with_label(ariadne::Label::new(place(diagnostic.span)).with_color(color).with_message("here"));
    for label in &diagnostic.labels {
        report = report.with_label(
            ariadne::Label::new(place(label.span)).with_color(Color::Blue).with_message(&label.text),
        );
    }
    for note in &diagnostic.notes {
        report = report.with_note(note);
    }
    for help in &diagnostic.help {
        report = report.with_help(help);
    }
    let mut names: Vec<(String, String)> = Vec::new();
    for span in std::iter::once(diagnostic.span).chain(diagnostic.labels.iter().map(|label| label.span)) {
        if let Some((file, _)) = map.locate(span.start)
            && !names.iter().any(|(name, _)| **name == *file.name)
        {
            names.push((file.name.to_string(), file.text.to_string()));
        }
    }
    let mut out = Vec::new();
    // Writing to memory cannot fail.
    let _ = report.finish().write(sources(names), &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// For lines too long to draw: the part around the place.
fn plain(map: &SourceMap, diagnostic: &Diagnostic, line: &str, column: usize) -> String {
    let from = line.floor_char_boundary(column.saturating_sub(60));
    let to = line.floor_char_boundary((column + 60).min(line.len()));
    let mut out = short(map, diagnostic);
    let _ = write!(out, "\n  … {} …\n", &line[from..to.max(from)]);
    for note in &diagnostic.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    for help in &diagnostic.help {
        let _ = writeln!(out, "  help: {help}");
    }
    out
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
        "{{\"code\":\"{}\",\"severity\":\"{severity}\",\"message\":{},\"at\":{},\"span\":{},\"labels\":[",
        diagnostic.code.text(),
        quote(&diagnostic.message),
        json_span(map, Span::at(diagnostic.at)),
        json_span(map, diagnostic.span),
    );
    for (i, label) in diagnostic.labels.iter().enumerate() {
        let comma = if i == 0 { "" } else { "," };
        let _ =
            write!(out, "{comma}{{\"span\":{},\"text\":{}}}", json_span(map, label.span), quote(&label.text));
    }
    let texts = |texts: &[String]| texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(",");
    let _ = write!(
        out,
        "],\"notes\":[{}],\"help\":[{}],\"edits\":[",
        texts(&diagnostic.notes),
        texts(&diagnostic.help)
    );
    for (i, edit) in diagnostic.edits.iter().enumerate() {
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
