//! Source files and positions in them.
//!
//! A [`Span`] is global: each file has a base, and a span's offsets count from the base of the first
//! file. Offset 0 belongs to no file, so the default span means "no position".

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

#[cfg(not(target_arch = "x86_64"))]
use memchr::arch::all::memchr::One;
#[cfg(target_arch = "x86_64")]
use memchr::arch::x86_64::sse2::memchr::One;

/// A range of source bytes, global over all files of a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// From one offset to another.
    #[must_use]
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// An empty span at an offset.
    #[must_use]
    pub fn at(offset: u32) -> Span {
        Span { start: offset, end: offset }
    }

    /// From the start of this one to the end of the other.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start, end: other.end.max(self.start) }
    }

    /// No position at all.
    #[must_use]
    pub fn is_none(self) -> bool {
        self.start == 0 && self.end == 0
    }
}

/// A file of a session.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FileId(pub u32);

/// Line and columns of a position, all from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineColumn {
    /// The line.
    pub line: u32,
    /// The column in bytes, as Go counts.
    pub column: u32,
}

/// From an offset on, a file's text comes from elsewhere: a `//line` directive says so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Relocation {
    /// The offset in the file.
    pub from: u32,
    /// The name of the file it comes from.
    pub name: Arc<str>,
    /// The line there.
    pub line: u32,
    /// The column there, if it is given.
    pub column: Option<u32>,
}

/// The text of a file, cheap to clone: read, or built into the program.
#[derive(Clone, Debug)]
pub enum Text {
    /// Part of the program.
    Static(&'static str),
    /// Read.
    Shared(Arc<str>),
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Text::Static(text) => text,
            Text::Shared(text) => text,
        }
    }
}

impl From<Arc<str>> for Text {
    fn from(text: Arc<str>) -> Text {
        Text::Shared(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text::Shared(text.into())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text::Shared(text.into())
    }
}

/// What searches for ends of lines. The best that every processor has: memchr's own choice asks the processor what
/// it can do, and the first time that takes as long as to search a file.
fn newline() -> One {
    #[cfg(target_arch = "x86_64")]
    return One::new(b'\n').expect("every x86-64 has SSE2");
    #[cfg(not(target_arch = "x86_64"))]
    One::new(b'\n')
}

/// A source file.
#[derive(Debug)]
pub struct SourceFile {
    /// The name shown to the user.
    pub name: Arc<str>,
    /// The text.
    pub text: Text,
    /// The global offset of its first byte.
    pub base: u32,
    lines: OnceLock<Vec<u32>>,
    /// Where parts of the text come from, in order.
    relocations: Vec<Relocation>,
}

impl SourceFile {
    fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            starts.extend(newline().iter(self.text.as_bytes()).map(|at| at as u32 + 1));
            starts
        })
    }

    /// The line, from 1, of an offset within the file.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts().partition_point(|start| *start <= offset) as u32
    }

    /// Line and columns of an offset within the file.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> LineColumn {
        let line = self.line_of(offset);
        let start = self.line_starts()[line as usize - 1];
        LineColumn { line, column: offset - start + 1 }
    }

    /// The column, from 1, of an offset within the file in UTF-16 units, as editors count. Takes time in
    /// proportion to it.
    #[must_use]
    pub fn utf16_column(&self, offset: u32) -> u32 {
        let start = self.line_starts()[self.line_of(offset) as usize - 1];
        let end = (offset as usize).min(self.text.len());
        let before = self.text.get(start as usize..end).unwrap_or_default();
        before.encode_utf16().count() as u32 + 1
    }

    /// The text of a line, from 1, without its end.
    #[must_use]
    pub fn line_text(&self, line: u32) -> &str {
        let starts = self.line_starts();
        let Some(start) = starts.get((line as usize).wrapping_sub(1)) else { return "" };
        let end = starts.get(line as usize).map_or(self.text.len(), |next| *next as usize);
        self.text[*start as usize..end].trim_end_matches(['\n', '\r'])
    }
}

/// All files of a session.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file.
    ///
    /// # Panics
    /// When all files together have 4 GiB or more.
    pub fn add(&mut self, name: impl Into<Arc<str>>, text: impl Into<Text>) -> FileId {
        let (name, text) = (name.into(), text.into());
        let base = self.files.last().map_or(1, |last| last.base + last.text.len() as u32 + 1);
        let end = u32::try_from(text.len()).ok().and_then(|len| base.checked_add(len + 1));
        assert!(end.is_some(), "source files of a session are limited to 4 GiB");
        self.files.push(SourceFile { name, text, base, lines: OnceLock::new(), relocations: Vec::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// Takes the last files away, all but so many. Gives those that are gone.
    pub fn truncate(&mut self, count: usize) -> impl Iterator<Item = FileId> + use<> {
        let gone = count as u32..self.files.len() as u32;
        self.files.truncate(count);
        gone.map(FileId)
    }

    /// Makes parts of a file appear to come from elsewhere in messages.
    pub fn relocate(&mut self, id: FileId, relocations: Vec<Relocation>) {
        self.files[id.0 as usize].relocations = relocations;
    }

    /// The file.
    #[must_use]
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// All files in order.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The file that a global offset belongs to.
    #[must_use]
    pub fn file_of(&self, offset: u32) -> Option<FileId> {
        let index = self.files.partition_point(|file| file.base <= offset);
        index.checked_sub(1).map(|index| FileId(index as u32))
    }

    /// File, line and columns of a global offset.
    #[must_use]
    pub fn locate(&self, offset: u32) -> Option<(&SourceFile, LineColumn)> {
        let file = self.file(self.file_of(offset)?);
        Some((file, file.line_column(offset - file.base)))
    }

    /// Whether the file of a global offset has `//line` directives.
    #[must_use]
    pub fn is_relocated(&self, offset: u32) -> bool {
        self.file_of(offset).is_some_and(|id| !self.file(id).relocations.is_empty())
    }

    /// The global offset of the token at or after one: blanks and comments are passed over.
    #[must_use]
    pub fn token_from(&self, offset: u32) -> u32 {
        let Some((file, _)) = self.locate(offset) else { return offset };
        let Some(mut rest) = file.text.get((offset - file.base) as usize..) else { return offset };
        let whole = rest.len();
        loop {
            rest = rest.trim_start_matches([' ', '\t', '\r', '\n']);
            rest = match (rest.strip_prefix("/*"), rest.strip_prefix("//")) {
                (Some(comment), _) => comment.split_once("*/").map_or("", |(_, rest)| rest),
                (_, Some(comment)) => comment.split_once('\n').map_or("", |(_, rest)| rest),
                _ => return offset + (whole - rest.len()) as u32,
            };
        }
    }

    /// `name:line:column` of a global offset as messages give it.
    #[must_use]
    pub fn place_text(&self, offset: u32) -> Option<String> {
        let (name, line, column) = self.place(offset)?;
        Some(if column == 0 { format!("{name}:{line}") } else { format!("{name}:{line}:{column}") })
    }

    /// File name, line and byte column of a global offset as messages give them: `//line`
    /// directives count. The column is 0 behind a directive that gives none.
    #[must_use]
    pub fn place(&self, offset: u32) -> Option<(&str, u32, u32)> {
        let (file, at) = self.locate(offset)?;
        let offset = offset - file.base;
        let before = file.relocations.partition_point(|relocation| relocation.from <= offset);
        let Some(relocation) = before.checked_sub(1).map(|last| &file.relocations[last]) else {
            return Some((&file.name, at.line, at.column));
        };
        let start = file.line_of(relocation.from);
        let column = match relocation.column {
            None => 0,
            Some(column) if start == at.line => column + (offset - relocation.from),
            _ => at.column,
        };
        Some((&relocation.name, relocation.line + (at.line - start), column))
    }

    /// The source text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        let Some(id) = self.file_of(span.start) else { return "" };
        let file = self.file(id);
        let range = (span.start - file.base) as usize..(span.end.saturating_sub(file.base)) as usize;
        file.text.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceMap, Span};

    #[test]
    fn offsets_find_their_file_line_and_columns() {
        let mut map = SourceMap::default();
        map.add("a", "x\ny");
        let b = map.add("b", "\u{1f600}ä b\r\nc\n");
        let base = map.file(b).base;
        let (file, at) = map.locate(base + 7).expect("in b");
        assert_eq!((&*file.name, at.line, at.column, file.utf16_column(7)), ("b", 1, 8, 5));
        assert_eq!(map.locate(base + 10).map(|(_, at)| (at.line, at.column)), Some((2, 1)));
        assert_eq!(map.text(Span::new(base + 7, base + 8)), "b");
        assert_eq!(file.line_text(1), "\u{1f600}ä b");
    }

    #[test]
    fn line_directives_change_the_places_in_messages() {
        let mut map = SourceMap::default();
        let a = map.add("a.go", "x\n//line b.go:10\ny\n/*line c.go:5:3*/z w\n");
        let relocation =
            |from, name: &str, line, column| super::Relocation { from, name: name.into(), line, column };
        map.relocate(a, vec![relocation(17, "b.go", 10, None), relocation(36, "c.go", 5, Some(3))]);
        let base = map.file(a).base;
        assert_eq!(map.place(base), Some(("a.go", 1, 1)));
        assert_eq!(map.place(base + 17), Some(("b.go", 10, 0)));
        assert_eq!(map.place(base + 38), Some(("c.go", 5, 5)));
        assert_eq!(map.locate(base + 17).map(|(_, at)| at.line), Some(3));
        assert_eq!((map.token_from(base + 1), map.token_from(base + 19)), (base + 17, base + 36));
    }
}
