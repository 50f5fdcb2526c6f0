//! Sessions: inputs that are checked one after the other, each against all before it.
//!
//! All inputs belong to one package. Its scope is, while an input is checked, one for that input alone,
//! within that of the session. If the input is wrong, or fails when it runs, that scope is dropped and
//! nothing of it is left; if not, its names go to the session, where they hide older ones.
//!
//! A method of a type that an earlier input declared joins that type at once; `drop_input` takes it away.

use golite_diag::Diagnostic;
use golite_source::{Span, Symbol, sym};
use golite_syntax::ast::File;

use crate::check::Checker;
use crate::object::{DeclRef, ObjId, ObjKind, PkgId, Scope, ScopeId};
use crate::ty::{NamedId, Type, TypeId};

/// The package of a session.
#[derive(Clone, Copy, Debug)]
pub struct InputPackage {
    /// The package.
    pub pkg: PkgId,
    /// The names of all inputs so far.
    scope: ScopeId,
    /// The packages that they import.
    imports: ScopeId,
}

/// An input that has no errors.
#[derive(Debug)]
pub struct CheckedInput {
    /// The function that runs its statements.
    pub main: ObjId,
    /// What it declares.
    pub names: Vec<(Symbol, ObjId)>,
    /// Methods that it declares.
    pub methods: Vec<ObjId>,
    imports: Vec<(Symbol, ObjId)>,
    /// Types that got methods, with those they had.
    changed: Vec<(NamedId, Vec<ObjId>)>,
}

impl CheckedInput {
    /// What it imports that the session had not imported by that name.
    fn new_imports(&self, checker: &Checker, package: InputPackage) -> Vec<(Symbol, ObjId)> {
        let known = &checker.scopes[package.imports.0 as usize].names;
        let same = |(name, obj): &&(Symbol, ObjId)| {
            let pkg = |obj: ObjId| match checker.object(obj).kind {
                ObjKind::PkgName(pkg) => Some(pkg),
                _ => None,
            };
            known.get(name).is_some_and(|old| pkg(*old).is_some() && pkg(*old) == pkg(*obj))
        };
        self.imports.iter().filter(|import| !same(import)).copied().collect()
    }

    /// Whether it imports what the session had not imported by that name.
    #[must_use]
    pub fn imports_something(&self, checker: &Checker, package: InputPackage) -> bool {
        !self.new_imports(checker, package).is_empty()
    }

    /// The paths of the packages that it imports and the session had not imported by those names.
    #[must_use]
    pub fn imported(&self, checker: &Checker, package: InputPackage) -> Vec<String> {
        let path = |(_, obj): &(Symbol, ObjId)| match checker.object(*obj).kind {
            ObjKind::PkgName(pkg) => Some(checker.package(pkg).path.to_string()),
            _ => None,
        };
        self.new_imports(checker, package).iter().filter_map(path).collect()
    }

    /// Whether it leaves anything to the session that is to keep it.
    #[must_use]
    pub fn leaves_something(&self, checker: &Checker, package: InputPackage) -> bool {
        !self.names.is_empty()
            || !self.methods.is_empty()
            || !self.changed.is_empty()
            || self.imports_something(checker, package)
    }

    /// The types that got methods, with those they had before.
    pub fn changed(&self) -> impl Iterator<Item = &(NamedId, Vec<ObjId>)> {
        self.changed.iter()
    }
}

impl Checker {
    /// The package for a session, without names.
    pub fn begin_inputs(&mut self) -> InputPackage {
        let pkg = self.new_package("main", sym::MAIN, false);
        let scope = self.package(pkg).scope;
        let parent = self.scopes[scope.0 as usize].parent;
        let imports = self.new_scope(parent);
        self.scopes[scope.0 as usize].parent = Some(imports);
        InputPackage { pkg, scope, imports }
    }

    fn new_scope(&mut self, parent: Option<ScopeId>) -> ScopeId {
        self.scopes.push(Scope { parent, ..Scope::default() });
        ScopeId(self.scopes.len() as u32 - 1)
    }

    /// Checks an input, a script. Give the result to `keep_input` or `drop_input`.
    ///
    /// # Errors
    /// What is wrong with it; nothing of it is left then.
    pub fn check_input(
        &mut self,
        package: InputPackage,
        file: File,
    ) -> Result<CheckedInput, Vec<Diagnostic>> {
        let InputPackage { pkg, scope, .. } = package;
        let input_scope = self.new_scope(Some(scope));
        let state = &mut self.packages[pkg.0 as usize];
        state.scope = input_scope;
        state.vars.clear();
        state.funcs.clear();
        state.inits.clear();
        self.session_types = Some(Vec::new());
        let main = file.script.as_ref().and_then(|script| script.main.as_ref()).map(|main| main.name);
        self.fill_package(pkg, std::slice::from_ref(&file));
        let changed = self.session_types.take().unwrap_or_default();
        let funcs = std::mem::take(&mut self.packages[pkg.0 as usize].funcs);
        self.packages[pkg.0 as usize].scope = scope;
        let main_obj = main.and_then(|main| self.info.object(main.id));
        let names: Vec<(Symbol, ObjId)> = {
            let names = &self.scopes[input_scope.0 as usize].names;
            let own = |(name, obj): (&Symbol, &ObjId)| {
                (Some(*name) != main.map(|main| main.name)).then_some((*name, *obj))
            };
            names.iter().filter_map(own).collect()
        };
        // Variables are set by statements; constants have an order of their own.
        let mut objects: Vec<ObjId> = names.iter().map(|(_, obj)| *obj).collect();
        objects.sort();
        self.check_constant_cycles(pkg, &objects);
        let imports = match self.scopes[input_scope.0 as usize].parent {
            Some(own) if own != scope => {
                self.scopes[own.0 as usize].names.iter().map(|(name, obj)| (*name, *obj)).collect()
            }
            _ => Vec::new(),
        };
        let methods: Vec<ObjId> =
            funcs.into_iter().filter(|func| self.object(*func).receiver.is_some()).collect();
        self.imports.retain(|import| import.owner != pkg);
        let errors = std::mem::take(&mut self.session.errors);
        match main_obj {
            Some(main) if errors.is_empty() => Ok(CheckedInput { main, names, methods, imports, changed }),
            _ => {
                self.forget(changed);
                Err(errors)
            }
        }
    }

    /// Makes what an input declares part of the session. Gives each name with what it stood for before.
    pub fn keep_input(
        &mut self,
        package: InputPackage,
        input: CheckedInput,
    ) -> Vec<(Symbol, ObjId, Option<ObjId>)> {
        for (name, obj) in input.new_imports(self, package) {
            self.scopes[package.imports.0 as usize].names.insert(name, obj);
        }
        let names = &mut self.scopes[package.scope.0 as usize].names;
        input.names.into_iter().map(|(name, obj)| (name, obj, names.insert(name, obj))).collect()
    }

    /// Takes away what is left of an input that failed.
    pub fn drop_input(&mut self, input: CheckedInput) {
        self.forget(input.changed);
    }

    /// What a name stands for in a session.
    #[must_use]
    pub fn session_name(&self, package: InputPackage, name: Symbol) -> Option<ObjId> {
        self.scopes[package.scope.0 as usize].names.get(&name).copied()
    }

    /// All names of a session.
    #[must_use]
    pub fn session_names(&self, package: InputPackage) -> Vec<(Symbol, ObjId)> {
        self.scopes[package.scope.0 as usize].names.iter().map(|(name, obj)| (*name, *obj)).collect()
    }

    /// The packages that a session has imported, by the names they have there.
    #[must_use]
    pub fn session_imports(&self, package: InputPackage) -> Vec<(Symbol, PkgId)> {
        let names = &self.scopes[package.imports.0 as usize].names;
        let pkg = |obj: ObjId| match self.object(obj).kind {
            ObjKind::PkgName(pkg) => Some(pkg),
            _ => None,
        };
        names.iter().filter_map(|(name, obj)| Some((*name, pkg(*obj)?))).collect()
    }

    /// Makes a name of a session stand for something.
    pub fn bind_session_name(&mut self, package: InputPackage, name: Symbol, obj: ObjId) {
        self.scopes[package.scope.0 as usize].names.insert(name, obj);
    }

    /// Makes a name of a session stand for nothing.
    pub fn unbind_session_name(&mut self, package: InputPackage, name: Symbol) {
        self.scopes[package.scope.0 as usize].names.remove(&name);
    }

    /// Makes these the methods of a named type.
    pub fn set_methods(&mut self, named: NamedId, methods: Vec<ObjId>) {
        self.types.named[named.0 as usize].methods = methods;
    }

    pub(crate) fn forget(&mut self, changed: Vec<(NamedId, Vec<ObjId>)>) {
        for (named, methods) in changed.into_iter().rev() {
            self.types.named[named.0 as usize].methods = methods;
        }
        self.later.clear();
        self.path.clear();
        self.forwards.clear();
        self.pending_instances.clear();
        self.pending_methods.clear();
        self.untyped.clear();
        self.locals.clear();
        self.edges.clear();
        self.broken_files = false;
    }

    /// A method of a type that an earlier input declared.
    pub(crate) fn attach_to_earlier(&mut self, base: ObjId, method: ObjId) {
        let named = match (&self.object(base).decl, self.types.as_named(self.object(base).ty)) {
            (DeclRef::Type(_), Some(named)) => named,
            _ => return,
        };
        let methods = self.types.named_info(named).methods.clone();
        if let Some(changed) = &mut self.session_types
            && !changed.iter().any(|(other, _)| *other == named)
        {
            changed.push((named, methods.clone()));
        }
        let name = self.object(method).name;
        let mut kept: Vec<ObjId> =
            methods.into_iter().filter(|other| self.object(*other).name != name).collect();
        kept.push(method);
        self.types.named[named.0 as usize].methods = kept;
    }

    /// The object that a name of a receiver's type stands for: in the package, or in a session before.
    pub(crate) fn receiver_base_object(&self, scope: ScopeId, name: Symbol) -> Option<(ObjId, bool)> {
        let here = &self.scopes[scope.0 as usize];
        if let Some(obj) = here.names.get(&name) {
            return Some((*obj, false));
        }
        self.session_types.as_ref()?;
        let mut around = here.parent;
        while let Some(scope) = around {
            if let Some(obj) = self.scopes[scope.0 as usize].names.get(&name) {
                return Some((*obj, true));
            }
            around = self.scopes[scope.0 as usize].parent;
        }
        None
    }

    /// Gives an object another name, by which messages call it.
    pub fn rename(&mut self, obj: ObjId, name: &str) {
        let name = self.session.names.intern(name);
        self.object_mut(obj).name = name;
    }

    /// The same, by a name that it had.
    pub fn set_name(&mut self, obj: ObjId, name: Symbol) {
        self.object_mut(obj).name = name;
    }

    /// The method that is declared for a named type.
    #[must_use]
    pub fn declared_method(&self, ty: TypeId, name: Symbol) -> Option<ObjId> {
        let named = self.types.as_named(ty)?;
        self.methods_of(named).into_iter().find(|method| self.object(*method).name == name)
    }

    /// What can be selected from a value of a type: names and types, sorted.
    pub fn selectable(&mut self, ty: TypeId, pkg: PkgId) -> Vec<(String, String)> {
        let pointed = match self.types.under(ty) {
            Type::Pointer(elem) => elem,
            _ => ty,
        };
        let mut found = Vec::new();
        if let Type::Struct(fields) = self.types.under(pointed) {
            for field in fields.iter() {
                found.push((self.owned_name(field.name), self.show_in(field.ty, pkg)));
            }
        }
        let is_interface = matches!(self.types.under(pointed), Type::Interface(_));
        let with_methods = if is_interface { pointed } else { self.types.pointer(pointed) };
        for entry in self.method_set(with_methods) {
            found.push((self.owned_name(entry.name), self.show_in(entry.ty, pkg)));
        }
        found.sort();
        found.dedup_by(|a, b| a.0 == b.0);
        found
    }

    /// The exported names of a package that a session knows by a name, or would import by use.
    pub fn members_by_name(&mut self, package: InputPackage, name: &str) -> Option<Vec<String>> {
        let symbol = self.session.names.intern(name);
        let pkg = self.package_by_name(package, symbol)?;
        Some(self.member_names(pkg))
    }

    /// The package that a session knows by a name, or would import by use.
    pub fn package_by_name(&mut self, package: InputPackage, name: Symbol) -> Option<PkgId> {
        if self.session_name(package, name).is_some() {
            return None;
        }
        let imported = self.session_imports(package).into_iter().find(|(other, _)| *other == name);
        match imported {
            Some((_, pkg)) => Some(pkg),
            None => {
                let path = self.loader.std_named(self.session.names.name(name))?;
                self.load_package(&path, Span::default()).ok()
            }
        }
    }
}
