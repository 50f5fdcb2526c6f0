//! Scripts: files without package clause.
//!
//! The statements are the body of `main`, and what they declare outside of any block belongs to the
//! package: they are checked in its scope, before the bodies of functions, which see all of it. A
//! statement sees what is declared above it, as in a function. Imports stand in a scope around that of
//! the package, so that every name of the script hides a package of that name; a standard package that
//! is not imported is, when it is first selected from.

use std::sync::Arc;

use golite_source::{Span, Symbol};
use golite_syntax::ast::{Decl, File, FuncDecl, Ident, Script};
use rustc_hash::FxHashSet;

use crate::check::Checker;
use crate::imports::ImportUse;
use crate::object::{ObjId, ObjKind, PkgId, Scope, ScopeId, VarFacts};
use crate::ty::{Basic, Type, TypeId};

impl Checker {
    /// Enters the names that a script declares, but for those of its statements.
    pub(crate) fn collect_script(
        &mut self,
        pkg: PkgId,
        file: &File,
        script: &Script,
        objects: &mut Vec<ObjId>,
        methods: &mut Vec<(ObjId, Ident, bool)>,
    ) {
        let scope = self.package(pkg).scope;
        let around = self.scopes[scope.0 as usize].parent;
        self.scopes.push(Scope { parent: around, names: Default::default() });
        let imports = ScopeId(self.scopes.len() as u32 - 1);
        self.scopes[scope.0 as usize].parent = Some(imports);
        self.scripts.insert(pkg, imports);
        for import in &file.imports {
            self.import(pkg, imports, import);
        }
        for decl in &file.decls {
            self.collect_decl(pkg, scope, decl, objects, methods);
        }
        if let Some(main) = &script.main {
            self.collect_decl(pkg, scope, &Decl::Func(main.clone()), objects, methods);
        }
    }

    /// Checks the statements of a script.
    pub(crate) fn check_script_main(&mut self, pkg: PkgId, main: &FuncDecl) {
        let Some(obj) = self.info.object(main.name.id) else { return };
        let Some(sig) = self.signatures.get(&obj).cloned() else { return };
        let scope = self.package(pkg).scope;
        let mut sig = (*sig).clone();
        sig.scope = scope;
        self.signatures.insert(obj, Arc::new(sig));
        let outer = self.script_scope.replace(scope);
        self.check_body(obj);
        self.script_scope = outer;
        self.check_file_scopes(pkg);
    }

    /// What is known about a variable that a statement is about to declare.
    pub(crate) fn new_var_facts(&self) -> VarFacts {
        let global = self.script_scope == Some(self.env.scope);
        VarFacts { global, used: global, ..VarFacts::default() }
    }

    /// What stands before a dot: a name, or a standard package that a script does not import.
    pub(crate) fn lookup_base(&mut self, name: Symbol) -> Option<ObjId> {
        match self.lookup(name) {
            Some((obj, _)) => Some(obj),
            None => self.import_by_use(name),
        }
    }

    /// The packages that a script imports by use.
    #[must_use]
    pub fn imported_by_use(&self, pkg: PkgId) -> Vec<PkgId> {
        let own = self.imports.iter().filter(|import| import.owner == pkg && import.span.is_none());
        own.map(|import| import.pkg).collect()
    }

    /// The named types that have to be written where a type is, those within its arguments too.
    #[must_use]
    pub fn names_in_type(&self, ty: TypeId) -> Vec<ObjId> {
        let (mut names, mut seen) = (Vec::new(), FxHashSet::default());
        let mut work = vec![ty];
        while let Some(ty) = work.pop() {
            if !seen.insert(ty) {
                continue;
            }
            // It is written by the alias's name.
            if let Some(alias) = self.types.as_alias(ty) {
                names.push(alias.obj);
                work.extend(alias.args.iter());
                continue;
            }
            match self.types.get(ty) {
                Type::Basic(_) | Type::Param(_) => {}
                Type::Named(named) => {
                    let info = self.types.named_info(*named);
                    names.push(info.obj);
                    work.extend(info.origin.iter().flat_map(|(_, args)| args));
                }
                Type::Pointer(elem) | Type::Slice(elem) | Type::Array(_, elem) | Type::Chan(_, elem) => {
                    work.push(*elem);
                }
                Type::Map(key, value) => work.extend([*key, *value]),
                Type::Struct(fields) => work.extend(fields.iter().map(|field| field.ty)),
                Type::Tuple(types) => work.extend(types.iter()),
                Type::Signature(sig) => work.extend(sig.params.iter().chain(&sig.results)),
                Type::Interface(info) => {
                    work.extend(info.embeds.iter().map(|(ty, _)| *ty));
                    work.extend(info.methods.iter().map(|method| method.sig));
                }
                Type::Union(terms) => work.extend(terms.iter().map(|term| term.ty)),
            }
        }
        names
    }

    fn import_by_use(&mut self, name: Symbol) -> Option<ObjId> {
        let pkg = self.env.pkg;
        let scope = *self.scripts.get(&pkg)?;
        let path = self.loader.std_named(self.session.names.name(name))?;
        let imported = self.load_package(&path, Span::default()).ok()?;
        if !self.package(pkg).imports.contains(&imported) {
            self.packages[pkg.0 as usize].imports.push(imported);
        }
        let mut object =
            self.plain_object(name, Span::default(), Basic::Invalid.id(), ObjKind::PkgName(imported));
        (object.pkg, object.scope) = (pkg, scope);
        let obj = self.new_object(object);
        let (span, dot_scope) = (Span::default(), None);
        let record =
            ImportUse { obj: Some(obj), pkg: imported, span, name: None, used: true, dot_scope, owner: pkg };
        self.imports.push(record);
        self.scopes[scope.0 as usize].names.insert(name, obj);
        Some(obj)
    }
}
