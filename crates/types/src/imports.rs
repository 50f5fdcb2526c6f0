//! Imports: packages are loaded when the first file names them. Spec: Import declarations.

use golite_diag::Code;
use golite_source::{Span, Symbol, sym};

use crate::check::{Checker, Loaded};
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
        let path = import.path_text.as_str();
        if path == "C" {
            self.error(Code::Unsupported, import.path, "could not import C (go-lite has no cgo)");
            return;
        }
        if path.is_empty() {
            self.error(Code::BadImport, import.path, "invalid import path (empty string)");
            return;
        }
        let imported = match self.load_package(path, import.path) {
            Ok(imported) => imported,
            Err(message) => {
                self.error(Code::BadImport, import.path, message);
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
            let members: Vec<(Symbol, ObjId)> = self.exported_members(imported).into_iter().collect();
            for (name, obj) in members {
                self.declare_in(scope, name, obj);
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

    fn exported_members(&mut self, pkg: PkgId) -> Vec<(Symbol, ObjId)> {
        if let Some(lazy) = self.lazy.get(&pkg) {
            let mut names: Vec<Symbol> = lazy.decls.keys().copied().collect();
            names.sort();
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
        let pkg = self.load_package(path, Span::default())?;
        let symbol = self.session.names.intern(name);
        let obj = self.lazy_member(pkg, symbol).ok_or_else(|| format!("package {path} has no {name}"))?;
        let top = self.later.len();
        self.declare_object(obj);
        self.run_later_from(top);
        Ok(self.object(obj).ty)
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
        let _ = span;
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
                self.fill_package(id, &files);
                self.loading.pop();
                Ok(id)
            }
            Loaded::Std(files) => {
                let name = self.session.names.intern(crate::lazy::package_name(path));
                let id = self.new_package(path, name, true);
                self.by_path.insert(path.into(), id);
                self.index_std(id, &files);
                Ok(id)
            }
        }
    }

    /// Functions without body, which only standard packages have; said when nothing else is wrong.
    pub(crate) fn report_missing_bodies(&mut self, pkg: PkgId) {
        if !self.session.errors.is_empty() {
            return;
        }
        for func in self.package(pkg).funcs.clone() {
            if let DeclRef::Func(decl) = self.object(func).decl.clone()
                && decl.body.is_none()
            {
                self.error(Code::MissingBody, decl.name.span, "missing function body");
            }
        }
    }

    pub(crate) fn report_unused_imports(&mut self, pkg: PkgId) {
        let mut unused = Vec::new();
        for import in self.imports.iter().filter(|import| import.owner == pkg && !import.used) {
            let path = &self.package(import.pkg).path;
            let package_name = self.name(self.package(import.pkg).name);
            let last = path.rsplit('/').next().unwrap_or(path);
            let name = import.name.filter(|name| *name != sym::DOT).map(|name| self.name(name));
            let message = match name {
                Some(name) if name != package_name || last != package_name => {
                    format!("\"{path}\" imported as {name} and not used")
                }
                None if last != package_name && import.name.is_none() => {
                    format!("\"{path}\" imported as {package_name} and not used")
                }
                _ => format!("\"{path}\" imported and not used"),
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
