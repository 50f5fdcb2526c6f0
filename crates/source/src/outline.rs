//! Outlines of the files of a standard package: where which declaration is, found without parsing.
//!
//! Their sources are gofmt'd: every declaration begins in column 0 with its keyword and ends before
//! the next one, and the names of a group stand behind one tab. A scan that knows only comments and
//! literals finds them.
//!
//! The outlines of the packages that are built into go-lite are made when go-lite is built: a program
//! that prints a line uses a dozen packages, and scanning them took nearly half of its time. So an outline
//! is a row of numbers without addresses, which takes no work when a process starts: names are given by
//! their places in the sources, and sorted, so that a search finds them.

use std::borrow::Cow;
use std::ops::Range;

/// The declarations of a package.
#[derive(Clone, Debug)]
pub struct Outline {
    /// How many names, how many methods; then the names, the methods, and the imports to the end. See
    /// `NAME`, `METHOD`, `IMPORT`.
    words: Cow<'static, [u32]>,
}

/// Words of a name: where it stands, its length and file, begin and end of its declaration.
const NAME: usize = 4;

/// Words of a method: place, length and file of its receiver's type; place and length (with the mark of a
/// pointer receiver) of its name; begin and end of its declaration. Sorted by type.
const METHOD: usize = 6;

/// Words of an import: place, length and file of its name; place and length of its path. Sorted by file.
const IMPORT: usize = 4;

/// The bit that marks a pointer receiver.
const POINTER: u32 = 1 << 31;

/// A declaration: the index of its file in the package, and its range in the file.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Which file.
    pub file: usize,
    /// Its bytes.
    pub range: Range<u32>,
}

/// A method as its first line shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method<'t> {
    /// Its name.
    pub name: &'t str,
    /// Its receiver is a pointer.
    pub pointer: bool,
    /// Its declaration.
    pub place: Place,
}

impl Outline {
    /// The outline of a package with these files.
    ///
    /// # Panics
    /// When there are 65,536 files, or a name has as many bytes.
    #[must_use]
    pub fn of(texts: &[&str]) -> Outline {
        let (mut names, mut methods, mut imports) = (Vec::new(), Vec::new(), Vec::new());
        for (file, text) in texts.iter().enumerate() {
            let at = |part: &str| {
                let len = u16::try_from(part.len()).expect("names are short");
                let file = u16::try_from(file).expect("packages have few files");
                [(part.as_ptr().addr() - text.as_ptr().addr()) as u32, u32::from(len) | u32::from(file) << 16]
            };
            for (range, chunk) in scan(text) {
                match chunk {
                    Chunk::Import(lines) => {
                        imports.extend(import_names(lines).map(|(name, path)| (at(name), at(path))));
                    }
                    Chunk::Func { name } => names.push((name, at(name), range)),
                    Chunk::Names(all) => {
                        names.extend(all.into_iter().map(|name| (name, at(name), range.clone())));
                    }
                    Chunk::Method { base, pointer, name } => {
                        let [place, len] = at(name);
                        let mark = if pointer { POINTER } else { 0 };
                        methods.push((base, at(base), [place, (len & 0xffff) | mark], range));
                    }
                }
            }
        }
        names.sort_by_key(|(name, ..)| *name);
        methods.sort_by_key(|(base, ..)| *base);
        let mut words = vec![names.len() as u32, methods.len() as u32];
        for (_, name, range) in names {
            words.extend(name);
            words.extend([range.start, range.end]);
        }
        for (_, base, name, range) in methods {
            words.extend(base);
            words.extend(name);
            words.extend([range.start, range.end]);
        }
        for (name, path) in imports {
            words.extend(name);
            words.extend([path[0], path[1] & 0xffff]);
        }
        Outline { words: words.into() }
    }

    /// An outline that was made before.
    #[must_use]
    pub fn from_words(words: &'static [u32]) -> Outline {
        Outline { words: words.into() }
    }

    /// The outline as numbers.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// Names, methods, imports.
    fn parts(&self) -> (&[u32], &[u32], &[u32]) {
        let names = self.words[0] as usize * NAME;
        let methods = self.words[1] as usize * METHOD;
        let (names, rest) = self.words[2..].split_at(names);
        let (methods, imports) = rest.split_at(methods);
        (names, methods, imports)
    }

    /// The declaration of a name, given the texts of the files.
    #[must_use]
    pub fn find<'t>(&self, name: &str, texts: impl Fn(usize) -> &'t str) -> Option<Place> {
        let (names, ..) = self.parts();
        let (names, _) = names.as_chunks::<NAME>();
        let first = names.partition_point(|entry| text_of(entry, &texts) < name);
        let entry = names.get(first).filter(|entry| text_of(*entry, &texts) == name)?;
        Some(Place { file: file_of(entry), range: entry[2]..entry[3] })
    }

    /// All names, in order.
    pub fn names<'t>(&self, texts: impl Fn(usize) -> &'t str) -> impl Iterator<Item = &'t str> {
        let (names, ..) = self.parts();
        names.as_chunks::<NAME>().0.iter().map(move |entry| text_of(entry, &texts))
    }

    /// The methods of a type, in the order of the sources.
    pub fn methods<'t>(&self, base: &str, texts: impl Fn(usize) -> &'t str) -> Vec<Method<'t>> {
        let (_, methods, _) = self.parts();
        let (methods, _) = methods.as_chunks::<METHOD>();
        let first = methods.partition_point(|entry| text_of(entry, &texts) < base);
        let of_type = methods[first..].iter().take_while(|entry| text_of(*entry, &texts) == base);
        of_type
            .map(|entry| {
                let file = file_of(entry);
                let start = entry[2] as usize;
                Method {
                    name: &texts(file)[start..start + (entry[3] & !POINTER) as usize],
                    pointer: entry[3] & POINTER != 0,
                    place: Place { file, range: entry[4]..entry[5] },
                }
            })
            .collect()
    }

    /// The imports of a file: name and path.
    pub fn imports<'t>(&self, file: usize, text: &'t str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let (.., imports) = self.parts();
        let (imports, _) = imports.as_chunks::<IMPORT>();
        let first = imports.partition_point(|entry| file_of(entry) < file);
        let of_file = imports[first..].iter().take_while(move |entry| file_of(*entry) == file);
        of_file.map(move |entry| {
            let path = entry[2] as usize;
            (text_of(entry, &|_| text), &text[path..path + entry[3] as usize])
        })
    }
}

fn file_of(entry: &[u32]) -> usize {
    (entry[1] >> 16) as usize
}

/// The text that the first two words of an entry name.
fn text_of<'t>(entry: &[u32], texts: &impl Fn(usize) -> &'t str) -> &'t str {
    let start = entry[0] as usize;
    &texts(file_of(entry))[start..start + (entry[1] & 0xffff) as usize]
}

/// The name of the package of an import path, which for standard packages is its last part.
#[must_use]
pub fn package_name(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let version = last.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if version && last.len() > 1 { parts.next().unwrap_or(last) } else { last }
}

/// A declaration as the scan sees it.
#[derive(Debug, PartialEq, Eq)]
enum Chunk<'t> {
    Import(&'t str),
    Func { name: &'t str },
    Method { base: &'t str, pointer: bool, name: &'t str },
    Names(Vec<&'t str>),
}

/// All declarations of a file with their places.
fn scan(text: &str) -> Vec<(Range<u32>, Chunk<'_>)> {
    let starts = line_starts(text);
    let keywords = ["func ", "type ", "var ", "const ", "import "];
    let is_start = |at: usize| keywords.iter().any(|keyword| text[at..].starts_with(keyword));
    let decls: Vec<usize> = (0..starts.len()).filter(|i| is_start(starts[*i])).collect();
    let mut chunks = Vec::with_capacity(decls.len());
    for (i, first) in decls.iter().enumerate() {
        let start = starts[*first];
        let (end, end_line) = match decls.get(i + 1) {
            Some(next) => (starts[*next], *next),
            None => (text.len(), starts.len()),
        };
        let body = &text[start..end];
        let (keyword, rest) = body.split_once(' ').unwrap_or((body, ""));
        let chunk = match keyword {
            "import" => Chunk::Import(body),
            "func" => match func_names(rest) {
                Some(chunk) => chunk,
                None => continue,
            },
            _ if rest.starts_with('(') => {
                let lines = starts[*first + 1..end_line].iter().map(|at| &text[*at..end]);
                Chunk::Names(
                    lines
                        .filter_map(|line| line.strip_prefix('\t'))
                        .flat_map(|line| spec_names(line))
                        .collect(),
                )
            }
            _ => Chunk::Names(spec_names(rest)),
        };
        chunks.push((start as u32..end as u32, chunk));
    }
    chunks
}

/// Where the body of a function stands in its declaration, with its braces; `None` if it has none, or if the
/// declaration is of something else.
#[must_use]
pub fn body_of(decl: &str) -> Option<Range<u32>> {
    if !decl.starts_with("func ") {
        return None;
    }
    let bytes = decl.as_bytes();
    let (mut at, mut depth, mut word) = (0, 0usize, 0..0);
    let start = loop {
        match *bytes.get(at)? {
            byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => {
                if word.end != at {
                    word.start = at;
                }
                word.end = at + 1;
            }
            b'{' if depth == 0 && !matches!(decl[word.clone()].trim(), "struct" | "interface") => break at,
            b'(' | b'[' | b'{' => {
                depth += 1;
                word = 0..0;
            }
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                word = 0..0;
            }
            b'\n' if depth == 0 => return None,
            // What could hide a brace is not looked into.
            b'"' | b'`' | b'/' => return None,
            _ => {}
        }
        at += 1;
    };
    let rest = &decl[start..];
    let end = match rest.as_bytes().get(1)? {
        b'\n' => rest.find("\n}")? + 2,
        _ => rest.lines().next()?.rfind('}')? + 1,
    };
    Some(start as u32..(start + end) as u32)
}

/// Offsets of the lines that do not begin inside a comment or literal.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        at += match rest[0] {
            b'\n' => {
                starts.push(at + 1);
                1
            }
            b'/' if rest.starts_with(b"//") => {
                rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
            }
            b'/' if rest.starts_with(b"/*") => {
                rest.windows(2).skip(2).position(|pair| pair == b"*/").map_or(rest.len(), |end| end + 4)
            }
            b'`' => rest[1..].iter().position(|byte| *byte == b'`').map_or(rest.len(), |end| end + 2),
            quote @ (b'"' | b'\'') => {
                let mut len = 1;
                while len < rest.len() && rest[len] != quote && rest[len] != b'\n' {
                    len += if rest[len] == b'\\' { 2 } else { 1 };
                }
                (len + 1).min(rest.len())
            }
            _ => 1,
        };
    }
    starts.retain(|start| *start < text.len());
    starts
}

fn identifier(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    text.split_at(end)
}

/// The names at the start of a specification: `a, b = ...`.
fn spec_names(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = line;
    loop {
        let (name, after) = identifier(rest);
        if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
            break;
        }
        names.push(name);
        match after.strip_prefix(", ") {
            Some(after) => rest = after,
            None => break,
        }
    }
    names
}

/// The names in `Name(...)` and `(r *Base[T]) Name(...)`.
fn func_names(rest: &str) -> Option<Chunk<'_>> {
    let Some(receiver) = rest.strip_prefix('(') else {
        let (name, _) = identifier(rest);
        return (!name.is_empty()).then_some(Chunk::Func { name });
    };
    let (receiver, after) = receiver.split_once(')')?;
    let ty = receiver.split_once(' ').map_or(receiver, |(_, ty)| ty);
    let pointer = ty.starts_with('*');
    let (base, _) = identifier(ty.trim_start_matches('*'));
    let (name, _) = identifier(after.trim_start());
    Some(Chunk::Method { base, pointer, name })
}

/// Names and paths of an import declaration.
fn import_names(lines: &str) -> impl Iterator<Item = (&str, &str)> {
    lines.lines().filter_map(|line| {
        let line = line.trim().trim_start_matches("import ").trim_start_matches('(');
        let (before, rest) = line.split_once('"')?;
        let (path, _) = rest.split_once('"')?;
        match before.trim() {
            "" => Some((package_name(path), path)),
            "_" => None,
            name => Some((name, path)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::{Outline, package_name};

    const ONE: &str = "package p\n\nimport (\n\t\"fmt\"\n\tr \"math/rand/v2\"\n)\n\n// F is f.\nfunc F[T any](x T) {\n\tvar s = `\nfunc no\n`\n}\n\nfunc (r *R[T]) M() int { return 1 }\n\nconst (\n\tA, B = iota, 2\n\tC\n)\n\nvar x, y = 1, '\"'\n";
    const TWO: &str = "package p\n\nimport \"os\"\n\ntype R struct {\n\ta int\n}\n\nfunc (R) N() {}\n";

    fn text(file: usize) -> &'static str {
        [ONE, TWO][file]
    }

    #[test]
    fn declarations_are_found_by_name() {
        let outline = Outline::of(&[ONE, TWO]);
        let names: Vec<_> = outline.names(text).collect();
        assert_eq!(names, ["A", "B", "C", "F", "R", "x", "y"]);
        let first_line = |name: &str| {
            let place = outline.find(name, text)?;
            text(place.file)[place.range.start as usize..place.range.end as usize].lines().next()
        };
        assert_eq!(first_line("F"), Some("func F[T any](x T) {"));
        assert_eq!(first_line("C"), Some("const ("));
        assert_eq!(first_line("y"), Some("var x, y = 1, '\"'"));
        assert_eq!(first_line("R"), Some("type R struct {"));
        assert_eq!([first_line("no"), first_line("a"), first_line("M")], [None; 3]);
    }

    #[test]
    fn methods_are_found_by_their_type() {
        let outline = Outline::of(&[ONE, TWO]);
        let methods = outline.methods("R", text);
        let shown: Vec<_> = methods.iter().map(|m| (m.name, m.pointer, m.place.file)).collect();
        assert_eq!(shown, [("M", true, 0), ("N", false, 1)]);
        assert!(outline.methods("F", text).is_empty());
    }

    #[test]
    fn imports_are_found_by_file() {
        let outline = Outline::of(&[ONE, TWO]);
        let imports: Vec<_> = outline.imports(0, ONE).collect();
        assert_eq!(imports, [("fmt", "fmt"), ("r", "math/rand/v2")]);
        assert_eq!(outline.imports(1, TWO).collect::<Vec<_>>(), [("os", "os")]);
        assert_eq!((package_name("math/rand/v2"), package_name("a/vet")), ("rand", "vet"));
    }
}
