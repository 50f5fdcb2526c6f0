//! Standard packages, read declaration by declaration.
//!
//! Their sources are gofmt'd: every declaration begins in column 0 with its keyword and ends before
//! the next one, and the names of a group stand behind one tab. A scan that knows only comments and
//! literals finds them; the parser sees a declaration when something refers to its name.

use std::ops::Range;
use std::sync::Arc;

use golite_source::{FileId, Span, Symbol};
use golite_syntax::ast::Decl;
use rustc_hash::FxHashMap;

use crate::check::{Checker, LazyDecl, LazyPackage};
use crate::object::{DeclRef, ObjId, ObjKind, Object, PkgId, Progress, Scope, ScopeId};
use crate::ty::Basic;

/// A declaration as the scan sees it.
#[derive(Debug, PartialEq, Eq)]
enum Chunk<'t> {
    Import(&'t str),
    Func { name: &'t str },
    Method { base: &'t str, pointer: bool, name: &'t str },
    Names(Vec<&'t str>),
}

impl Checker {
    /// The member of a package, if it has it; declarations of standard packages are parsed here.
    pub fn lazy_member(&mut self, pkg: PkgId, name: Symbol) -> Option<ObjId> {
        let scope = self.package(pkg).scope;
        if let Some(obj) = self.scopes[scope.0 as usize].names.get(&name) {
            return Some(*obj);
        }
        let decl = self.lazy.get_mut(&pkg)?.decls.remove(&name)?;
        let outer = self.enter(pkg, decl.scope, None);
        let decls = self.loader.parse_decl(decl.file, decl.range.clone(), &mut self.session);
        // The other names of a group came with it.
        if let Some(lazy) = self.lazy.get_mut(&pkg) {
            lazy.decls.retain(|_, other| other.file != decl.file || other.range != decl.range);
        }
        let (mut objects, mut methods) = (Vec::new(), Vec::new());
        for tree in &decls {
            self.collect_decl(pkg, decl.scope, tree, &mut objects, &mut methods);
        }
        self.env = outer;
        self.scopes[scope.0 as usize].names.get(&name).copied()
    }

    /// The name of an import in a file of a standard package.
    pub(crate) fn lazy_import(&mut self, scope: ScopeId, name: Symbol) -> Option<ObjId> {
        let path = self.lazy_imports.remove(&(scope, name))?;
        let imported = match self.load_package(&path, Span::default()) {
            Ok(imported) => imported,
            Err(_) => {
                let fake = self.new_package(&path, name, true);
                self.packages[fake.0 as usize].fake = true;
                fake
            }
        };
        let mut object =
            self.plain_object(name, Span::default(), Basic::Invalid.id(), ObjKind::PkgName(imported));
        object.scope = scope;
        let obj = self.new_object(object);
        self.scopes[scope.0 as usize].names.insert(name, obj);
        let pkg = self.env.pkg;
        if !self.package(pkg).imports.contains(&imported) {
            self.packages[pkg.0 as usize].imports.push(imported);
        }
        Some(obj)
    }

    /// Finds the declarations of a standard package.
    pub(crate) fn index_std(&mut self, pkg: PkgId, files: &[FileId]) {
        let package_scope = self.package(pkg).scope;
        let mut lazy = LazyPackage::default();
        for file in files {
            self.scopes.push(Scope { parent: Some(package_scope), names: FxHashMap::default() });
            let scope = ScopeId(self.scopes.len() as u32 - 1);
            let text = self.session.map.file(*file).text.clone();
            for (range, chunk) in scan(&text) {
                let decl = LazyDecl { file: *file, range, scope };
                match chunk {
                    Chunk::Import(lines) => self.index_imports(scope, lines),
                    Chunk::Func { name } => {
                        let name = self.session.names.intern(name);
                        lazy.decls.insert(name, decl);
                    }
                    Chunk::Method { base, pointer, name } => {
                        let (base, name) = (self.session.names.intern(base), self.session.names.intern(name));
                        lazy.methods.entry(base).or_default().push((name, pointer, decl));
                    }
                    Chunk::Names(names) => {
                        for name in names {
                            let name = self.session.names.intern(name);
                            lazy.decls.insert(name, decl.clone());
                        }
                    }
                }
            }
        }
        self.lazy.insert(pkg, lazy);
    }

    fn index_imports(&mut self, scope: ScopeId, lines: &str) {
        for line in lines.lines() {
            let line = line.trim().trim_start_matches("import ").trim_start_matches('(');
            let Some((before, rest)) = line.split_once('"') else { continue };
            let Some((path, _)) = rest.split_once('"') else { continue };
            let name = match before.trim() {
                "" => package_name(path),
                "_" => continue,
                name => name,
            };
            let name = self.session.names.intern(name);
            self.lazy_imports.insert((scope, name), Arc::from(path));
        }
    }

    /// Makes the methods of a type of a standard package known; they are parsed when declared.
    pub(crate) fn lazy_methods(&mut self, obj: ObjId) {
        let (pkg, name) = (self.object(obj).pkg, self.object(obj).name);
        if self.object(obj).decl_is_local() {
            return;
        }
        let Some(methods) = self.lazy.get_mut(&pkg).and_then(|lazy| lazy.methods.remove(&name)) else {
            return;
        };
        for (name, pointer_receiver, decl) in methods {
            let base = self.session.map.file(decl.file).base;
            let span = Span::new(base + decl.range.start, base + decl.range.start + 4);
            let method = self.new_object(Object {
                name,
                pkg,
                span,
                ty: Basic::Invalid.id(),
                kind: ObjKind::Func,
                decl: DeclRef::None,
                scope: decl.scope,
                progress: Progress::New,
                level: crate::object::FuncLevel(0),
                receiver: None,
                pointer_receiver,
                type_params: Vec::new(),
                alias: false,
            });
            self.lazy_funcs.insert(method, decl);
            self.pending_methods.entry(obj).or_default().push(method);
        }
    }

    /// Parses a method of a standard package that is about to be declared.
    pub(crate) fn parse_lazy_func(&mut self, obj: ObjId) {
        let Some(decl) = self.lazy_funcs.remove(&obj) else { return };
        let decls = self.loader.parse_decl(decl.file, decl.range, &mut self.session);
        if let Some(Decl::Func(func)) = decls.into_iter().next() {
            self.info.set_object(func.name.id, obj);
            let object = self.object_mut(obj);
            object.span = func.name.span;
            object.decl = DeclRef::Func(func);
        }
    }
}

/// The name of the package of an import path, which for standard packages is its last part.
pub(crate) fn package_name(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let version = last.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    if version && last.len() > 1 { parts.next().unwrap_or(last) } else { last }
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

#[cfg(test)]
mod tests {
    use super::{Chunk, package_name, scan};

    #[test]
    fn declarations_are_found_by_their_first_line() {
        let text = "package p\n\nimport (\n\t\"fmt\"\n)\n\n// F is f.\nfunc F[T any](x T) {\n\tvar s = `\nfunc no\n`\n}\n\nfunc (r *R[T]) M() int { return 1 }\n\nconst (\n\tA, B = iota, 2\n\tC\n)\n\nvar x, y = 1, '\"'\n\ntype T struct {\n\ta int\n}\n";
        let chunks: Vec<Chunk<'_>> = scan(text).into_iter().map(|(_, chunk)| chunk).collect();
        assert_eq!(
            chunks[1..],
            [
                Chunk::Func { name: "F" },
                Chunk::Method { base: "R", pointer: true, name: "M" },
                Chunk::Names(vec!["A", "B", "C"]),
                Chunk::Names(vec!["x", "y"]),
                Chunk::Names(vec!["T"]),
            ]
        );
        assert_eq!((package_name("math/rand/v2"), package_name("a/vet")), ("rand", "vet"));
    }
}
