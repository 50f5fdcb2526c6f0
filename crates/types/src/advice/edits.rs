//! Edits of source text: whole lines, imports, conversions.

use golite_diag::Edit;
use golite_source::{SourceFile, Span};
use golite_syntax::ast::File;

use crate::check::Checker;
use crate::object::ObjId;
use crate::ty::TypeId;

impl Checker {
    fn source_of(&self, offset: u32) -> Option<&SourceFile> {
        Some(self.session.map.file(self.session.map.file_of(offset)?))
    }

    /// The number of the line of a span.
    pub(crate) fn line_number(&self, span: Span) -> u32 {
        self.session.map.place(span.start).map_or(0, |(_, line, _)| line)
    }

    /// White space at the start of a line.
    pub(crate) fn indent(&self, offset: u32) -> String {
        let Some((file, at)) = self.session.map.locate(offset) else { return String::new() };
        let line = file.line_text(at.line);
        line[..line.len() - line.trim_start().len()].to_string()
    }

    /// The lines of a span with the last one's end, if nothing else stands on them.
    pub(crate) fn whole_lines(&self, span: Span) -> Option<Span> {
        let file = self.source_of(span.start)?;
        let (start, end) = ((span.start - file.base) as usize, (span.end - file.base) as usize);
        let line_start = file.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = file.text[end..].find('\n').map_or(file.text.len(), |at| end + at + 1);
        let (before, after) = (&file.text[line_start..start], &file.text[end..line_end]);
        let after = after.trim();
        let alone = before.trim().is_empty() && (after.is_empty() || after == ";" || after.starts_with("//"));
        alone.then(|| Span::new(file.base + line_start as u32, file.base + line_end as u32))
    }

    /// The edit that adds an import to a file.
    pub(crate) fn import_edit(&self, tree: &File, path: &str) -> Option<Edit> {
        if tree.imports.iter().any(|import| import.path_text == path) {
            return None;
        }
        let file = self.source_of(tree.span.start.max(tree.package.span.start))?;
        let line_bounds = |span: Span| {
            let at = (span.start - file.base) as usize;
            let start = file.text[..at].rfind('\n').map_or(0, |at| at + 1);
            let end = file.text[at..].find('\n').map_or(file.text.len(), |end| at + end + 1);
            (start, end)
        };
        let global = |offset: usize| file.base + offset as u32;
        let Some(last) = tree.imports.last() else {
            if tree.script.is_some() {
                let first = if file.text.starts_with("#!") { line_bounds(Span::at(file.base)).1 } else { 0 };
                return Some(Edit::insert(global(first), format!("import \"{path}\"\n")));
            }
            let end = tree.package.span.end;
            return Some(Edit::insert(end, format!("\n\nimport \"{path}\"")));
        };
        let (start, _) = line_bounds(last.path);
        if file.text[start..].trim_start().starts_with("import") {
            let (_, end) = line_bounds(last.path);
            return Some(Edit::insert(global(end), format!("import \"{path}\"\n")));
        }
        let follows = tree.imports.iter().find(|import| import.path_text.as_str() > path);
        let at = match follows {
            Some(import) => {
                let (start, _) = line_bounds(import.path);
                if file.text[start..].trim_start().starts_with("import") {
                    return None;
                }
                start
            }
            None => line_bounds(last.path).1,
        };
        Some(Edit::insert(global(at), format!("\t\"{path}\"\n")))
    }

    /// Whether a file imports a path under its usual name.
    pub(crate) fn imports_path(&self, tree: &File, path: &str) -> bool {
        // Scripts import standard packages by use.
        tree.script.is_some()
            || tree.imports.iter().any(|import| import.path_text == path && import.name.is_none())
    }

    /// A type's name as the file may write it; none if it names a package that is not imported.
    pub(crate) fn type_in(&self, tree: &File, ty: TypeId) -> Option<String> {
        let text = self.show_in(ty, self.env.pkg);
        let qualified = text.split(|char: char| !(char.is_alphanumeric() || char == '.' || char == '_'));
        for word in qualified {
            if let Some((package, _)) = word.split_once('.')
                && !package.is_empty()
                && tree.script.is_none()
                && !tree.imports.iter().any(|import| {
                    import.name.is_none() && import.path_text.rsplit('/').next() == Some(package)
                })
            {
                return None;
            }
        }
        Some(text)
    }

    /// The edits that put text around a span.
    pub(crate) fn around(span: Span, before: impl Into<String>, after: &str) -> Vec<Edit> {
        vec![Edit::insert(span.start, before), Edit::insert(span.end, after)]
    }

    /// The edits that make `value` an argument of a function of a standard package.
    pub(crate) fn call_around(&self, tree: &File, span: Span, path: &str, func: &str) -> Option<Vec<Edit>> {
        let mut edits = Checker::around(span, format!("{func}("), ")");
        if !self.imports_path(tree, path) {
            edits.push(self.import_edit(tree, path)?);
        }
        Some(edits)
    }

    /// Whether an object is declared in the user's source.
    pub(crate) fn is_in_source(&self, obj: ObjId) -> bool {
        let object = self.object(obj);
        !object.span.is_none() && !self.package(object.pkg).std
    }
}
