//! The text after a mend.

use std::fmt::Write as _;

use golite_source::SourceFile;

use crate::{Edit, Mend};

/// More lines than these of one place are not shown.
const MOST_LINES: usize = 6;

/// The text of a file after edits, which are those of one mend; edits of other files are left out.
#[must_use]
pub fn apply(file: &SourceFile, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(file.text.len() + 64);
    let mut at = 0;
    for edit in edits.iter().filter(|edit| belongs(file, edit)) {
        let (start, end) = range(file, edit);
        out += &file.text[at..start.max(at)];
        out += &edit.text;
        at = end.max(at);
    }
    out + &file.text[at..]
}

fn belongs(file: &SourceFile, edit: &Edit) -> bool {
    file.base <= edit.span.start && edit.span.start as usize <= file.base as usize + file.text.len()
}

fn range(file: &SourceFile, edit: &Edit) -> (usize, usize) {
    let start = (edit.span.start - file.base) as usize;
    let end = (edit.span.end.saturating_sub(file.base) as usize).min(file.text.len());
    (start, end.max(start))
}

/// What a mend does and the lines as they are after it, with their numbers then.
pub(crate) fn show(file: &SourceFile, mend: &Mend) -> String {
    let mut out = mend.text.clone();
    let mended = apply(file, &mend.edits);
    let lines: Vec<&str> = mended.lines().collect();
    // How far the text has moved before each edit.
    let mut moved = 0isize;
    let mut last_shown = 0;
    for edit in mend.edits.iter().filter(|edit| belongs(file, edit)) {
        let (start, end) = range(file, edit);
        let new_start = start.saturating_add_signed(moved);
        let line_of = |offset: usize| mended[..offset.min(mended.len())].matches('\n').count() + 1;
        // New text that begins or ends with a line end belongs to the lines in between.
        let lead = edit.text.len() - edit.text.trim_start_matches('\n').len();
        let tail = edit.text.len() - edit.text.trim_end_matches('\n').len();
        let first = line_of(new_start + lead);
        let new_end = new_start + edit.text.len().saturating_sub(tail).max(lead);
        let last = line_of(new_end);
        moved += edit.text.len() as isize - (end - start) as isize;
        if edit.text.is_empty() && file.text[start..end].ends_with('\n') {
            let number = file.line_of(start as u32);
            let _ = write!(out, "\n{number:>4} │ (without this line)");
            continue;
        }
        for number in first.max(last_shown + 1)..=last.min(first + MOST_LINES) {
            let line = lines.get(number - 1).copied().unwrap_or_default().trim_end_matches('\r');
            let _ = write!(out, "\n{number:>4} │ {}", line.replace('\t', "    "));
            last_shown = number;
        }
    }
    out
}
