//! Imports: packages are loaded when the first file names them. Spec: Import declarations.

use golite_diag::{Code, Diagnostic};
use golite_source::{Span, Symbol, sym};

use crate::check::{Checker, Loaded, Session};
use crate::object::{DeclRef, ObjId, ObjKind, PkgId, ScopeId};
use crate::ty::{Basic, TypeId};

/// An import and whether something refers to it.
#[derive(Debug)]
pub(crate) struct ImportUse {
    pub obj: Option<ObjId>,
    pub pkg: PkgId,
    pub span: Span,
    pub name: Option<Symbol>,
    pub used: bool,
    pub dot_scope: Option<ScopeId>,
    pub owner: PkgId,
}

impl Checker {
    pub(crate) fn import(&mut self, pkg: PkgId, scope: ScopeId, import: &golite_syntax::ast::ImportSpec) {
        if import.bad {
            return;
        }
        let path = import.path_text.as_str();
        if path == "C" {
            self.error(Code::Unsupported, import.path, "could not import C (go-lite has no cgo)");
            return;
        }
        if path.is_empty() {
            self.error(Code::BadImport, import.path, "invalid import path (empty string)");
            return;
        }
        if let Some(message) = invalid_path(path) {
            self.error(Code::BadImport, import.path, message);
            return;
        }
        let imported = match self.load_package(path, import.path) {
            Ok(imported) => imported,
            Err(message) => {
                let cycle = self.import_cycle(path, import.path);
                let code = if cycle.is_empty() { Code::BadImport } else { Code::ImportCycle };
                let message = format!("could not import {path} ({message})");
                let span = self.env.error_span.unwrap_or(import.path);
                let mut error = Diagnostic::error(code, span, message);
                self.explain_cycle(&mut error, &cycle);
                self.report(error);
                let fake = self.new_package(path, sym::BLANK, true);
                let last = path.rsplit('/').next().unwrap_or(path).to_string();
                let name = self.session.names.intern(&last);
                self.packages[fake.0 as usize].name = name;
                self.packages[fake.0 as usize].fake = true;
                fake
            }
        };
        if !self.package(pkg).imports.contains(&imported) {
            self.packages[pkg.0 as usize].imports.push(imported);
        }
        if self.package(imported).name == sym::MAIN && !self.package(imported).std {
            let message = format!("import \"{path}\" is a program, not an importable package");
            self.error(Code::BadImport, import.path, message);
        }
        let name = import.name.map_or(self.package(imported).name, |name| name.name);
        let span = import.name.map_or(import.path, |name| name.span);
        let fake = self.package(imported).fake;
        let mut record = ImportUse {
            obj: None,
            pkg: imported,
            span: import.name.map_or(import.path, |name| name.span.to(import.path)),
            name: import.name.map(|name| name.name),
            used: fake,
            dot_scope: None,
            owner: pkg,
        };
        if name == sym::INIT {
            self.error(Code::BadImport, span, "cannot import package as init - init must be a func");
            return;
        }
        if name == sym::BLANK {
            return;
        }
        if name == sym::DOT {
            record.dot_scope = Some(scope);
            if self.package(imported).name == sym::UNSAFE {
                self.note_unsafe(name, span);
            }
            let members: Vec<(Symbol, ObjId)> = self.exported_members(imported).into_iter().collect();
            let mut clash = None;
            for (name, obj) in members {
                match self.scopes[scope.0 as usize].names.get(&name) {
                    Some(other) if *other != obj => clash = clash.or(Some((name, *other))),
                    _ => {
                        self.scopes[scope.0 as usize].names.insert(name, obj);
                    }
                }
            }
            // One clash is enough to be told.
            if let Some((name, other)) = clash {
                let text = self.owned_name(name);
                let place = self.other_declaration(self.object(other).span, &text);
                self.error(Code::Redeclared, span, format!("{text} redeclared in this block{place}"));
            }
            self.imports.push(record);
            return;
        }
        let mut object = self.plain_object(name, span, Basic::Invalid.id(), ObjKind::PkgName(imported));
        object.pkg = pkg;
        object.scope = scope;
        let obj = self.new_object(object);
        record.obj = Some(obj);
        self.imports.push(record);
        self.declare_in(scope, name, obj);
    }

    /// The packages of a cycle that an import would close, each with the place where it imports the
    /// next one; the last imports the first.
    fn import_cycle(&self, path: &str, at: Span) -> Vec<(PkgId, Span)> {
        let first = self.by_path.get(path).and_then(|id| self.loading.iter().position(|other| other == id));
        let Some(first) = first else { return Vec::new() };
        let places = self.loading_at[first + 1..].iter().copied().chain([at]);
        self.loading[first..].iter().copied().zip(places).collect()
    }

    /// Labels the imports of a cycle, and says which of them needs the least.
    fn explain_cycle(&self, error: &mut Diagnostic, cycle: &[(PkgId, Span)]) {
        let path = |at: usize| self.package(cycle[at % cycle.len()].0).path.to_string();
        let mut least: Option<(usize, Vec<String>)> = None;
        for (index, (_, span)) in cycle.iter().enumerate() {
            let text = format!("{} imports {}", path(index), path(index + 1));
            if *span == error.span {
                error.about(format!("{text}, which closes the ring"));
            } else {
                error.also(*span, text);
            }
            let imported = self.package(cycle[(index + 1) % cycle.len()].0);
            let used = self.names_after(*span, self.name(imported.name));
            if !used.is_empty() && least.as_ref().is_none_or(|(_, other)| used.len() < other.len()) {
                least = Some((index, used));
            }
        }
        if let Some((index, names)) = least {
            let ring: Vec<String> = (0..=cycle.len()).map(path).collect();
            error.note(format!("the ring: {}", ring.join(" → ")));
            let (from, to) = (path(index), path(index + 1));
            error.help(format!(
                "{from} uses only {} of {to}: move that, or what both need, into a package of its own",
                names.join(", ")
            ));
        }
    }

    /// The exported names that a file takes from a package.
    fn names_after(&self, import: Span, package: &str) -> Vec<String> {
        let Some(file) = self.session.map.file_of(import.start) else { return Vec::new() };
        let text = &self.session.map.file(file).text;
        let dotted = format!("{package}.");
        let word = |char: char| char.is_alphanumeric() || char == '_';
        let mut names: Vec<String> = text
            .match_indices(&dotted)
            .filter(|(at, _)| !text[..*at].ends_with(|char| word(char) || char == '.' || char == '/'))
            .map(|(at, _)| &text[at + dotted.len()..])
            .filter(|rest| rest.starts_with(char::is_uppercase))
            .map(|rest| format!("{dotted}{}", rest.split(|char| !word(char)).next().unwrap_or_default()))
            .collect();
        names.sort();
        names.dedup();
        names
    }

    fn exported_members(&mut self, pkg: PkgId) -> Vec<(Symbol, ObjId)> {
        if let Some(lazy) = self.lazy.get(&pkg) {
            let Session { map, names, .. } = &mut self.session;
            let names: Vec<Symbol> = lazy.names(map).map(|name| names.intern(name)).collect();
            for name in names {
                if self.session.names.is_exported(name) {
                    self.lazy_member(pkg, name);
                }
            }
        }
        let scope = self.package(pkg).scope;
        let mut members: Vec<(Symbol, ObjId)> = self.scopes[scope.0 as usize]
            .names
            .iter()
            .filter(|(name, _)| self.session.names.is_exported(**name))
            .map(|(name, obj)| (*name, *obj))
            .collect();
        members.sort();
        members
    }

    /// The type of that name in a package, which is loaded for it.
    ///
    /// # Errors
    /// Why there is none.
    pub fn named_type(&mut self, path: &str, name: &str) -> Result<TypeId, String> {
        self.named_object(path, name).map(|obj| self.object(obj).ty)
    }

    /// The object of that name in a standard package, which is loaded for it.
    ///
    /// # Errors
    /// Why there is none.
    pub fn named_object(&mut self, path: &str, name: &str) -> Result<ObjId, String> {
        let pkg = self.load_package(path, Span::default())?;
        let symbol = self.session.names.intern(name);
        let obj = self.lazy_member(pkg, symbol).ok_or_else(|| format!("package {path} has no {name}"))?;
        let top = self.later.len();
        self.declare_object(obj);
        self.run_later_from(top);
        Ok(obj)
    }

    /// The package of an import path, loaded if it was not.
    ///
    /// # Errors
    /// Go's text when there is no such package.
    pub fn load_package(&mut self, path: &str, span: Span) -> Result<PkgId, String> {
        if let Some(id) = self.by_path.get(path).copied() {
            if self.loading.contains(&id) {
                return Err("import cycle not allowed".into());
            }
            return Ok(id);
        }
        if path == "unsafe" {
            return Ok(self.unsafe_package());
        }
        let before = self.session.errors.len();
        let loaded = self.loader.load(path, &mut self.session)?;
        // A package with syntax errors is not complete.
        self.broken_files |= self.session.errors.len() > before;
        match loaded {
            Loaded::Files(files) => {
                let name = files.first().map_or(sym::BLANK, |file| file.package.name);
                let id = self.new_package(path, name, false);
                self.by_path.insert(path.into(), id);
                self.loading.push(id);
                self.loading_at.push(span);
                self.fill_package(id, &files);
                self.loading.pop();
                self.loading_at.pop();
                Ok(id)
            }
            Loaded::Std(files, outline) => {
                let name = self.session.names.intern(golite_source::outline::package_name(path));
                let id = self.new_package(path, name, true);
                self.by_path.insert(path.into(), id);
                self.index_std(id, &files, outline);
                Ok(id)
            }
        }
    }

    /// Reports functions without body. Go's compiler takes them, since another language may implement
    /// them; a program that is to run cannot have any.
    pub fn report_missing_bodies(&mut self) {
        let user = self.packages.iter().filter(|package| !package.std && !package.fake);
        let funcs: Vec<ObjId> = user.flat_map(|package| package.funcs.clone()).collect();
        for func in funcs {
            if let DeclRef::Func(decl) = self.object(func).decl.clone()
                && !decl.has_body()
            {
                self.error(Code::MissingBody, decl.name.span, "missing function body");
            }
        }
    }

    pub(crate) fn report_unused_imports(&mut self, pkg: PkgId) {
        let mut unused = Vec::new();
        for import in self.imports.iter().filter(|import| import.owner == pkg && !import.used) {
            let path = &self.package(import.pkg).path;
            let last = path.rsplit('/').next().unwrap_or(path);
            let name = import.name.unwrap_or(self.package(import.pkg).name);
            let message = match self.name(name) {
                name if name == "." || name == last => format!("\"{path}\" imported and not used"),
                name => format!("\"{path}\" imported as {name} and not used"),
            };
            unused.push((import.span, message));
        }
        for (span, message) in unused {
            self.error(Code::UnusedImport, span, message);
        }
    }

    /// Marks an imported package as used.
    pub(crate) fn use_import(&mut self, obj: ObjId) {
        if let Some(import) = self.imports.iter_mut().find(|import| import.obj == Some(obj)) {
            import.used = true;
        }
    }

    /// Marks a dot import as used, through which a name came into a file's scope.
    pub(crate) fn use_dot_import(&mut self, scope: ScopeId, obj: ObjId) {
        let pkg = self.object(obj).pkg;
        if let Some(import) =
            self.imports.iter_mut().find(|import| import.dot_scope == Some(scope) && import.pkg == pkg)
        {
            import.used = true;
        }
    }
}

/// Characters that an import path cannot have. Spec: Import declarations.
const FORBIDDEN: &str = "!\"#$%&'()*,:;<=>?[\\]^`{|}\u{fffd}";

/// What is wrong with the text of an import path.
fn invalid_path(path: &str) -> Option<String> {
    let forbidden = |char: &char| char.is_control() || char.is_whitespace() || FORBIDDEN.contains(*char);
    if let Some(char) = path.chars().find(forbidden) {
        let number = format!("U+{:04X}", u32::from(char));
        let shown = if char.is_control() { number } else { format!("{number} '{char}'") };
        return Some(format!("invalid import path (invalid character {shown})"));
    }
    if path.starts_with('/') {
        return Some(format!("could not import {path} (import path cannot be absolute path)"));
    }
    let relative = path.starts_with("./") || path.starts_with("../");
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let clean = parts.join("/");
    (!relative && clean != path).then(|| {
        format!("could not import {path} (non-canonical import path {path:?} (should be {clean:?}))")
    })
}
