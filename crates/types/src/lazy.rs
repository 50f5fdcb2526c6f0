//! Standard packages, read declaration by declaration.
//!
//! An outline says where which declaration is; the parser sees it when something refers to its name.

use golite_source::outline::Place;
use golite_source::{FileId, Outline, SourceMap, Span, Symbol};
use golite_syntax::ast::{Decl, FuncDecl};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::check::{Checker, Session};
use crate::object::{DeclRef, ObjId, ObjKind, Object, PkgId, Progress, Scope, ScopeId};
use crate::ty::Basic;

/// A declaration of a standard package.
#[derive(Clone, Debug)]
pub(crate) struct LazyDecl {
    pub file: FileId,
    pub range: std::ops::Range<u32>,
    pub scope: ScopeId,
}

/// A standard package: what has been read of it, and where the rest is.
#[derive(Debug)]
pub(crate) struct LazyPackage {
    outline: Outline,
    /// The files in the order of the outline, with their scopes.
    files: Vec<(FileId, ScopeId)>,
    /// Declarations that have been parsed.
    parsed: FxHashSet<Place>,
    /// Names that are no member's: most names of a body are asked for here first.
    absent: FxHashSet<Symbol>,
    /// Types whose methods are known.
    with_methods: FxHashSet<Symbol>,
}

impl LazyPackage {
    /// All names that it declares, in order.
    pub(crate) fn names<'m>(&self, map: &'m SourceMap) -> impl Iterator<Item = &'m str> {
        self.outline.names(|file| &*map.file(self.files[file].0).text)
    }

    fn decl(&self, place: &Place) -> LazyDecl {
        let (file, scope) = self.files[place.file];
        LazyDecl { file, range: place.range.clone(), scope }
    }
}

impl Checker {
    /// The member of a package, if it has it; declarations of standard packages are parsed here.
    pub fn lazy_member(&mut self, pkg: PkgId, name: Symbol) -> Option<ObjId> {
        let scope = self.package(pkg).scope;
        if let Some(obj) = self.scopes[scope.0 as usize].names.get(&name) {
            return Some(*obj);
        }
        let lazy = self.lazy.get_mut(&pkg)?;
        if lazy.absent.contains(&name) {
            return None;
        }
        let Session { map, names, .. } = &self.session;
        let place = lazy.outline.find(names.name(name), |file| &*map.file(lazy.files[file].0).text);
        let Some(place) = place else {
            lazy.absent.insert(name);
            return None;
        };
        let decl = lazy.decl(&place);
        if !lazy.parsed.insert(place) {
            return None;
        }
        let outer = self.enter(pkg, decl.scope, None);
        let decls = self.loader.parse_decl(decl.file, decl.range.clone(), &mut self.session);
        let (mut objects, mut methods) = (Vec::new(), Vec::new());
        for tree in &decls {
            self.collect_decl(pkg, decl.scope, tree, &mut objects, &mut methods);
        }
        self.env = outer;
        self.scopes[scope.0 as usize].names.get(&name).copied()
    }

    /// The name of an import in a file of a standard package.
    pub(crate) fn lazy_import(&mut self, scope: ScopeId, name: Symbol) -> Option<ObjId> {
        let (pkg, file) = *self.lazy_files.get(&scope)?;
        let lazy = &self.lazy[&pkg];
        let text = &self.session.map.file(lazy.files[file].0).text;
        let wanted = self.session.names.name(name);
        let (_, path) = lazy.outline.imports(file, text).find(|(name, _)| *name == wanted)?;
        let path = path.to_string();
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

    /// Makes the declarations of a standard package known, given the outline of its files.
    pub(crate) fn index_std(&mut self, pkg: PkgId, files: &[FileId], outline: Option<&'static [u32]>) {
        let parent = Some(self.package(pkg).scope);
        let map = &self.session.map;
        let outline = match outline {
            Some(words) => Outline::from_words(words),
            None => {
                let texts: Vec<&str> = files.iter().map(|file| &*map.file(*file).text).collect();
                Outline::of(&texts)
            }
        };
        let mut with_scopes = Vec::with_capacity(files.len());
        for (index, file) in files.iter().enumerate() {
            self.scopes.push(Scope { parent, names: FxHashMap::default() });
            let scope = ScopeId(self.scopes.len() as u32 - 1);
            self.lazy_files.insert(scope, (pkg, index));
            with_scopes.push((*file, scope));
        }
        self.lazy.insert(
            pkg,
            LazyPackage {
                outline,
                files: with_scopes,
                parsed: FxHashSet::default(),
                absent: FxHashSet::default(),
                with_methods: FxHashSet::default(),
            },
        );
    }

    /// Makes the methods of a type of a standard package known; they are parsed when declared.
    pub(crate) fn lazy_methods(&mut self, obj: ObjId) {
        let (pkg, name) = (self.object(obj).pkg, self.object(obj).name);
        if self.object(obj).decl_is_local() {
            return;
        }
        let Some(lazy) = self.lazy.get_mut(&pkg) else { return };
        if !lazy.with_methods.insert(name) {
            return;
        }
        let Session { map, names, .. } = &mut self.session;
        let base = names.name(name).to_string();
        let methods = lazy.outline.methods(&base, |file| &*map.file(lazy.files[file].0).text);
        let methods: Vec<_> = methods
            .into_iter()
            .map(|method| (names.intern(method.name), method.pointer, lazy.decl(&method.place)))
            .collect();
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

    /// Reads the body of a function, if that was left for later.
    pub fn read_body(&mut self, decl: &FuncDecl) {
        if let Some(late) = &decl.late
            && late.block.get().is_none()
        {
            let block = self.loader.parse_body(late, &mut self.session);
            late.block.set(block).expect("nobody else reads it meanwhile");
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
