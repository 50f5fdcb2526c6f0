//! The checker's state and the way through a package.
//!
//! All packages of a session share one [`Checker`]: its tables are what the compiler reads. A package
//! is collected (names into scopes), its objects are declared on demand, then bodies are checked.
//! Packages of the standard library are read declaration by declaration when something refers to them.

use std::ops::Range;
use std::sync::Arc;

use golite_diag::{Code, Diagnostic};
use golite_source::{FileId, Interner, SourceMap, Span, Symbol, sym};
use golite_syntax::ast::{
    Block, Decl, Expr, ExprId, ExprKind, File, FuncDecl, FuncLit, Ident, LateBody, Script,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::info::Info;
use crate::init_order::InitStep;
use crate::lazy::{LazyDecl, LazyPackage};
use crate::object::{
    DeclRef, FuncLevel, ObjId, ObjKind, Object, Package, PkgId, Progress, Scope, ScopeId, VarFacts,
};
use crate::ty::{Basic, NamedId, TypeId, TypeTable};
use crate::typexpr::Signature;
use crate::version::Versions;

/// What an import path leads to.
#[derive(Debug)]
pub enum Loaded {
    /// Parsed files of a package of the user, and its name.
    Files(Vec<File>),
    /// Files of a standard package, read as needed; the words of their outline, if it was made before.
    Std(Vec<FileId>, Option<&'static [u32]>),
}

/// Where imported packages come from.
pub trait Loader: Send {
    /// Finds a package.
    ///
    /// # Errors
    /// When there is none or it cannot be read: Go's text for the import line.
    fn load(&mut self, path: &str, session: &mut Session) -> Result<Loaded, String>;

    /// Parses one declaration of a standard package. Bodies of functions may be left for later.
    fn parse_decl(&mut self, file: FileId, range: Range<u32>, session: &mut Session) -> Vec<Decl>;

    /// Parses the body of a function that was left for later.
    fn parse_body(&mut self, body: &LateBody, session: &mut Session) -> Block;

    /// The import path of the standard package that a script means by a name it does not import.
    fn std_named(&self, _name: &str) -> Option<String> {
        None
    }

    /// Whether real Go has that name in that package, for a kinder message.
    fn known_in_go(&self, path: &str, name: &str) -> bool;

    /// The standard packages with a name, by path.
    fn std_packages(&self, name: &str) -> Vec<&'static str>;

    /// The path of a package of that name that Go has and go-lite has not.
    fn missing_package(&self, name: &str) -> Option<&'static str>;

    /// Whether Go has a package of that path and go-lite has not.
    fn missing_path(&self, path: &str) -> bool;

    /// The standard package whose path or name is most like a text.
    fn near_package(&self, text: &str) -> Option<String>;
}

/// What parser and checker share.
#[derive(Debug)]
pub struct Session {
    /// The files.
    pub map: SourceMap,
    /// The names.
    pub names: Interner,
    /// The next free expression id.
    pub next_id: u32,
    /// What is wrong.
    pub errors: Vec<Diagnostic>,
    /// The language versions of the files.
    pub versions: Versions,
}

impl Default for Session {
    fn default() -> Session {
        Session {
            map: SourceMap::default(),
            names: Interner::default(),
            next_id: 1,
            errors: Vec::new(),
            versions: Versions::default(),
        }
    }
}

/// Where the checker stands.
#[derive(Clone, Debug)]
pub(crate) struct Env {
    pub pkg: PkgId,
    pub scope: ScopeId,
    pub level: FuncLevel,
    /// Result types of the function around.
    pub results: Vec<TypeId>,
    /// Result variables, when they have names.
    pub result_vars: Vec<ObjId>,
    pub iota: Option<u32>,
    /// The package-level object whose declaration is checked, for the order of initialisation.
    pub decl: Option<ObjId>,
    /// Type parameters of the functions around.
    pub hidden: Vec<TypeId>,
    /// A constant without own expression takes its error here.
    pub error_span: Option<Span>,
}

/// The state of all checking in a session.
pub struct Checker {
    /// Files, names, errors.
    pub session: Session,
    /// The types.
    pub types: TypeTable,
    /// The objects.
    pub objects: Vec<Object>,
    /// The scopes.
    pub scopes: Vec<Scope>,
    /// The packages.
    pub packages: Vec<Package>,
    /// Facts about expressions.
    pub info: Info,
    pub(crate) loader: Box<dyn Loader>,
    pub(crate) by_path: FxHashMap<Arc<str>, PkgId>,
    pub(crate) env: Env,
    /// Objects being declared, outermost first.
    pub(crate) path: Vec<ObjId>,
    /// Where the native stack stood when the outermost of them was declared.
    pub(crate) stack_start: usize,
    /// Actions put off until the declarations at hand are complete.
    pub(crate) later: Vec<Later>,
    pub(crate) lazy: FxHashMap<PkgId, LazyPackage>,
    /// Objects of package level each object refers to.
    pub(crate) deps: FxHashMap<ObjId, Vec<ObjId>>,
    /// Names of fields and methods declared, for the places of messages.
    pub(crate) field_spans: FxHashMap<(Symbol, TypeId), Span>,
    /// Bodies that have been checked.
    pub(crate) checked: FxHashSet<ObjId>,
    pub(crate) levels: u32,
    /// Imports by file scope, with whether they are used.
    pub(crate) imports: Vec<crate::imports::ImportUse>,
    /// Untyped expressions whose type is not final yet; marked if they are shifted at run time.
    pub(crate) untyped: FxHashMap<ExprId, bool>,
    /// A call or receive was checked; for constant lengths.
    pub(crate) has_call: bool,
    /// Instances to be verified when types are complete.
    pub(crate) pending_instances: Vec<crate::instance::PendingInstance>,
    /// What was instantiated with types that mention type parameters.
    pub(crate) edges: Vec<crate::mono::Edge>,
    pub(crate) error_type: TypeId,
    pub(crate) comparable_type: TypeId,
    /// Variables declared in the function being checked, to report the unused ones.
    pub(crate) locals: Vec<ObjId>,
    pub(crate) quiet: bool,
    /// What is wrong with the sizes of types.
    pub(crate) oversized: Vec<Diagnostic>,
    pub(crate) broken_files: bool,
    pub(crate) loading: Vec<PkgId>,
    /// Where each of those is imported.
    pub(crate) loading_at: Vec<Span>,
    /// Methods of types that are not declared yet.
    pub(crate) pending_methods: FxHashMap<ObjId, Vec<ObjId>>,
    /// The right sides of type definitions.
    pub(crate) right_sides: FxHashMap<NamedId, TypeId>,
    /// Definitions whose right side is a named type that is not resolved yet.
    pub(crate) forwards: Vec<(NamedId, TypeId)>,
    /// Definitions known not to contain themselves.
    pub(crate) finite: FxHashSet<NamedId>,
    /// Signatures of declared functions with the variables of their parameters.
    pub(crate) signatures: FxHashMap<ObjId, Arc<Signature>>,
    /// Declared functions of standard packages that have not been parsed.
    pub(crate) lazy_funcs: FxHashMap<ObjId, LazyDecl>,
    /// Package and index of the files of standard packages, by file scope.
    pub(crate) lazy_files: FxHashMap<ScopeId, (PkgId, usize)>,
    /// Signatures of generic methods of instances.
    pub(crate) method_types: FxHashMap<(ObjId, Vec<TypeId>), TypeId>,
    /// Where a package of the user first uses `unsafe.Pointer` or a function with pointers of package unsafe.
    pub unsafe_use: Option<Span>,
    /// Such a use is an error.
    pub unsafe_forbidden: bool,
    pub(crate) init_steps: FxHashMap<PkgId, Vec<InitStep>>,
    /// Where each instance of a generic type is written first.
    pub(crate) instance_places: FxHashMap<TypeId, Span>,
    /// A list of type parameters is being read.
    pub(crate) in_type_params: bool,
    /// Packages without package clause, with the scope of their imports (standard ones come by use).
    pub(crate) scripts: FxHashMap<PkgId, ScopeId>,
    /// The statements of a script are checked: what they declare in this scope belongs to the package.
    pub(crate) script_scope: Option<ScopeId>,
    /// An input of a session is checked: types that it gives methods, with those they had.
    pub(crate) session_types: Option<Vec<(NamedId, Vec<ObjId>)>>,
}

impl std::fmt::Debug for Checker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checker").field("packages", &self.packages.len()).finish_non_exhaustive()
    }
}

/// Something to be checked when the types it is about are complete.
#[derive(Debug)]
pub(crate) enum Later {
    /// A map key must be comparable.
    MapKey(TypeId, Span),
    /// An embedded type must not be a pointer to an interface and the like.
    Embedded(TypeId, Span),
    /// An array or struct must fit into memory.
    Size(TypeId, Span),
    /// What goes through a channel must be small.
    ChanElem(TypeId, Span),
    /// Type arguments must satisfy their constraints: name, parameters, arguments, places of both.
    Instance(ObjId, Vec<TypeId>, Vec<TypeId>, Span, Vec<Span>),
    /// The elements of an interface.
    Interface(TypeId),
    /// The terms of a union, and where each stands.
    Union(TypeId, Vec<Span>),
    /// A type must not contain itself; fields and methods must not have the same name.
    Defined(ObjId),
    /// A type must be fit for a receiver of a method in a package.
    Receiver(TypeId, Span, PkgId),
    /// A variable's type must not be a constraint.
    VarType(TypeId, Span),
    /// The body of a function literal, in its surroundings.
    Literal(Arc<Signature>, Arc<FuncLit>, Box<Env>),
}

impl Checker {
    /// A checker for a new session.
    #[must_use]
    pub fn new(loader: Box<dyn Loader>) -> Checker {
        let universe = ScopeId(0);
        let mut checker = Checker {
            session: Session::default(),
            types: TypeTable::default(),
            objects: Vec::with_capacity(Object::FIRST),
            scopes: vec![Scope::default()],
            packages: Vec::new(),
            info: Info::default(),
            loader,
            by_path: FxHashMap::default(),
            env: Env {
                pkg: PkgId(0),
                scope: universe,
                level: FuncLevel(0),
                results: Vec::new(),
                result_vars: Vec::new(),
                iota: None,
                decl: None,
                hidden: Vec::new(),
                error_span: None,
            },
            path: Vec::new(),
            stack_start: 0,
            later: Vec::new(),
            lazy: FxHashMap::default(),
            deps: FxHashMap::default(),
            field_spans: FxHashMap::default(),
            checked: FxHashSet::default(),
            levels: 0,
            imports: Vec::new(),
            untyped: FxHashMap::default(),
            has_call: false,
            pending_instances: Vec::new(),
            edges: Vec::new(),
            error_type: Basic::Invalid.id(),
            comparable_type: Basic::Invalid.id(),
            locals: Vec::new(),
            quiet: false,
            oversized: Vec::new(),
            broken_files: false,
            loading: Vec::new(),
            loading_at: Vec::new(),
            pending_methods: FxHashMap::default(),
            right_sides: FxHashMap::default(),
            forwards: Vec::new(),
            finite: FxHashSet::default(),
            signatures: FxHashMap::default(),
            lazy_funcs: FxHashMap::default(),
            lazy_files: FxHashMap::default(),
            method_types: FxHashMap::default(),
            unsafe_use: None,
            unsafe_forbidden: false,
            init_steps: FxHashMap::default(),
            instance_places: FxHashMap::default(),
            in_type_params: false,
            scripts: FxHashMap::default(),
            script_scope: None,
            session_types: None,
        };
        checker.declare_universe();
        checker
    }

    // ---- tables

    /// The object.
    #[must_use]
    pub fn object(&self, id: ObjId) -> &Object {
        &self.objects[id.0 as usize]
    }

    pub(crate) fn object_mut(&mut self, id: ObjId) -> &mut Object {
        &mut self.objects[id.0 as usize]
    }

    /// The package.
    #[must_use]
    pub fn package(&self, id: PkgId) -> &Package {
        &self.packages[id.0 as usize]
    }

    /// The text of a name.
    #[must_use]
    pub fn name(&self, symbol: Symbol) -> &str {
        self.session.names.name(symbol)
    }

    /// The source text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.session.map.text(span)
    }

    pub(crate) fn new_object(&mut self, object: Object) -> ObjId {
        self.objects.push(object);
        ObjId(self.objects.len() as u32 - 1)
    }

    pub(crate) fn plain_object(&self, name: Symbol, span: Span, ty: TypeId, kind: ObjKind) -> Object {
        Object {
            name,
            pkg: self.env.pkg,
            span,
            ty,
            kind,
            decl: DeclRef::None,
            scope: self.env.scope,
            progress: Progress::Done,
            level: self.env.level,
            receiver: None,
            pointer_receiver: false,
            type_params: Vec::new(),
            alias: false,
        }
    }

    pub(crate) fn new_var(&mut self, name: Symbol, span: Span, ty: TypeId, facts: VarFacts) -> ObjId {
        let object = self.plain_object(name, span, ty, ObjKind::Var(facts));
        self.new_object(object)
    }

    /// Facts about a variable.
    #[must_use]
    pub fn var_facts(&self, id: ObjId) -> VarFacts {
        match &self.object(id).kind {
            ObjKind::Var(facts) => *facts,
            _ => VarFacts::default(),
        }
    }

    pub(crate) fn with_var(&mut self, id: ObjId, change: impl FnOnce(&mut VarFacts)) {
        if let ObjKind::Var(facts) = &mut self.object_mut(id).kind {
            change(facts);
        }
    }

    // ---- scopes

    pub(crate) fn open_scope(&mut self) -> ScopeId {
        let outer = self.env.scope;
        self.scopes.push(Scope { parent: Some(outer), names: FxHashMap::default() });
        self.env.scope = ScopeId(self.scopes.len() as u32 - 1);
        outer
    }

    pub(crate) fn close_scope(&mut self, outer: ScopeId) {
        self.env.scope = outer;
    }

    /// Enters a name into a scope and tells whether it did; reports a second declaration.
    pub(crate) fn declare_in(&mut self, scope: ScopeId, name: Symbol, obj: ObjId) -> bool {
        if name == sym::BLANK || name == sym::EMPTY {
            return false;
        }
        if let Some(other) = self.scopes[scope.0 as usize].names.get(&name).copied() {
            let (span, first) = (self.object(obj).span, self.object(other).span);
            let text = self.name(name).to_string();
            let message = format!("{text} redeclared in this block{}", self.other_declaration(first, &text));
            let mut error = Diagnostic::error(Code::Redeclared, span, message);
            if !first.is_none() {
                error = error.label(first, "first declared here");
            }
            self.report(error);
            return false;
        }
        self.scopes[scope.0 as usize].names.insert(name, obj);
        true
    }

    /// The line that tells where the other declaration is.
    pub(crate) fn other_declaration(&self, span: Span, name: &str) -> String {
        if span.is_none() {
            return String::new();
        }
        format!("\n\t{}: other declaration of {name}", self.place(span))
    }

    /// File, line and column of a span, for the further lines of messages.
    pub(crate) fn place(&self, span: Span) -> String {
        self.session.map.place_text(span.start).unwrap_or_default()
    }

    pub(crate) fn declare(&mut self, name: Symbol, obj: ObjId) -> bool {
        self.declare_in(self.env.scope, name, obj)
    }

    /// Finds a name from the current scope outwards.
    pub(crate) fn lookup(&mut self, name: Symbol) -> Option<(ObjId, ScopeId)> {
        let mut scope = Some(self.env.scope);
        while let Some(id) = scope {
            if let Some(obj) = self.scopes[id.0 as usize].names.get(&name).copied() {
                return Some((obj, id));
            }
            if self.package(self.env.pkg).std {
                if let Some(obj) = self.lazy_import(id, name) {
                    return Some((obj, id));
                }
                if self.package(self.env.pkg).scope == id
                    && let Some(obj) = self.lazy_member(self.env.pkg, name)
                {
                    return Some((obj, id));
                }
            }
            scope = self.scopes[id.0 as usize].parent;
        }
        None
    }

    // ---- messages

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        if self.quiet {
            return;
        }
        // Follow-on errors mention what is already known to be wrong.
        if diagnostic.message.contains("invalid type") && !diagnostic.message.contains("invalid type cycle") {
            return;
        }
        self.session.errors.push(diagnostic);
    }

    pub(crate) fn error(&mut self, code: Code, span: Span, message: impl Into<String>) {
        let span = self.env.error_span.unwrap_or(span);
        self.report(Diagnostic::error(code, span, message));
    }

    // ---- packages

    /// Adds a package of the user: collects, declares and checks everything, and reports what is
    /// wrong. `broken`: some file had syntax errors, so nothing is reported as unused.
    pub fn check_package(&mut self, path: &str, files: &[File], broken: bool) -> PkgId {
        let pkg = self.new_package(path, files.first().map_or(sym::BLANK, |file| file.package.name), false);
        self.broken_files |= broken;
        self.fill_package(pkg, files);
        pkg
    }

    pub(crate) fn new_package(&mut self, path: &str, name: Symbol, std: bool) -> PkgId {
        let id = PkgId(self.packages.len() as u32);
        self.scopes.push(Scope { parent: Some(ScopeId(0)), names: FxHashMap::default() });
        let scope = ScopeId(self.scopes.len() as u32 - 1);
        self.packages.push(Package {
            path: path.into(),
            name,
            scope,
            imports: Vec::new(),
            vars: Vec::new(),
            funcs: Vec::new(),
            inits: Vec::new(),
            std,
            fake: false,
        });
        id
    }

    pub(crate) fn fill_package(&mut self, pkg: PkgId, files: &[File]) {
        let outer = self.env.clone();
        self.env = Env {
            pkg,
            scope: self.package(pkg).scope,
            level: FuncLevel(0),
            results: Vec::new(),
            result_vars: Vec::new(),
            iota: None,
            decl: None,
            hidden: Vec::new(),
            error_span: None,
        };
        let before = self.session.errors.len();
        let objects = self.collect(pkg, files);
        // Aliases come after the definitions they may refer to, values after all types.
        let phase = |checker: &Checker, obj: ObjId| match &checker.object(obj).decl {
            DeclRef::Type(spec) if !spec.alias => 0,
            DeclRef::Type(_) => 1,
            _ => 2,
        };
        for now in 0..3 {
            if now == 2 {
                self.check_defined_types();
            }
            for obj in &objects {
                if phase(self, *obj) == now {
                    self.declare_object(*obj);
                }
            }
        }
        self.run_later();
        for file in files {
            if let Some(Script { main: Some(main) }) = &file.script {
                self.check_script_main(pkg, main);
            }
        }
        let funcs = self.package(pkg).funcs.clone();
        for func in funcs {
            self.check_body(func);
        }
        self.run_later();
        // An invalid type may look like one that grows.
        if self.session.errors.is_empty() {
            self.check_instance_cycles(pkg);
        }
        // In a session there are only statements, and what is imported may be used later.
        let session = self.session_types.is_some();
        if !session {
            self.check_init_order(pkg);
        }
        self.report_oversized(files);
        if !self.broken_files && !session {
            self.report_unused_imports(pkg);
        }
        self.advise(files, before);
        self.env = outer;
    }

    /// Types are known to be finite before values of them are looked at.
    fn check_defined_types(&mut self) {
        for i in 0..self.later.len() {
            if let Later::Defined(obj) = self.later[i] {
                let ty = self.object(obj).ty;
                self.valid_type(ty);
            }
        }
    }

    /// Enters all names of the files; returns the objects in source order.
    fn collect(&mut self, pkg: PkgId, files: &[File]) -> Vec<ObjId> {
        let mut objects = Vec::new();
        let mut methods: Vec<(ObjId, Ident, bool)> = Vec::new();
        let package_scope = self.package(pkg).scope;
        for file in files {
            self.env.scope = package_scope;
            if let Some(script) = &file.script {
                self.collect_script(pkg, file, script, &mut objects, &mut methods);
                continue;
            }
            self.open_scope();
            let scope = self.env.scope;
            self.check_file_version(file.package.span);
            for import in &file.imports {
                self.import(pkg, scope, import);
            }
            for decl in &file.decls {
                self.collect_decl(pkg, scope, decl, &mut objects, &mut methods);
            }
        }
        self.env.scope = package_scope;
        self.attach_methods(pkg, methods);
        self.check_file_scopes(pkg);
        objects
    }

    /// A name of the package must not be one of an import, in any file.
    pub(crate) fn check_file_scopes(&mut self, pkg: PkgId) {
        let mut clashes = Vec::new();
        let package_names = &self.scopes[self.package(pkg).scope.0 as usize].names;
        // What could not be imported is an error of its own.
        let known =
            |import: &&crate::imports::ImportUse| import.owner == pkg && !self.package(import.pkg).fake;
        for import in self.imports.iter().filter(known) {
            match (import.obj, import.dot_scope) {
                (Some(obj), _) => {
                    if let Some(other) = package_names.get(&self.object(obj).name) {
                        clashes.push((*other, obj, import.pkg, "import"));
                    }
                }
                (None, Some(scope)) => {
                    for (name, obj) in &self.scopes[scope.0 as usize].names {
                        if self.object(*obj).pkg == import.pkg
                            && let Some(other) = package_names.get(name)
                        {
                            clashes.push((*other, *obj, import.pkg, "dot-import"));
                        }
                    }
                }
                (None, None) => {}
            }
        }
        for (other, obj, imported, how) in clashes {
            let name = self.owned_name(self.object(obj).name);
            let (path, package) = (self.package(imported).path.clone(), self.package(imported).name);
            let package = self.name(package);
            let more = self.other_declaration(self.object(obj).span, &name);
            let message =
                format!("{name} already declared through {how} of package {package} (\"{path}\"){more}");
            self.error(Code::Redeclared, self.object(other).span, message);
        }
    }

    pub(crate) fn collect_decl(
        &mut self,
        pkg: PkgId,
        scope: ScopeId,
        decl: &Decl,
        objects: &mut Vec<ObjId>,
        methods: &mut Vec<(ObjId, Ident, bool)>,
    ) {
        let package_scope = self.package(pkg).scope;
        let mut new = |checker: &mut Checker, name: &Ident, kind: ObjKind, decl: DeclRef| {
            let object = Object {
                name: name.name,
                pkg,
                span: name.span,
                ty: Basic::Invalid.id(),
                kind,
                decl,
                scope,
                progress: Progress::New,
                level: FuncLevel(0),
                receiver: None,
                pointer_receiver: false,
                type_params: Vec::new(),
                alias: false,
            };
            let id = checker.new_object(object);
            checker.info.set_object(name.id, id);
            objects.push(id);
            id
        };
        match decl {
            Decl::Const(spec) => {
                self.check_arity(&spec.names, &spec.values, true, spec.implicit, spec.span);
                for (i, name) in spec.names.iter().enumerate() {
                    let obj = new(self, name, ObjKind::Const(None), DeclRef::Const(spec.clone(), i));
                    self.declare_package_name(package_scope, name, obj);
                }
            }
            Decl::Var(spec) => {
                if spec.ty.is_none() || !spec.values.is_empty() {
                    self.check_arity(&spec.names, &spec.values, false, false, spec.span);
                }
                let mut vars = Vec::new();
                for (i, name) in spec.names.iter().enumerate() {
                    let facts = VarFacts { global: true, used: true, ..VarFacts::default() };
                    let obj = new(self, name, ObjKind::Var(facts), DeclRef::Var(spec.clone(), i));
                    vars.push(obj);
                    self.declare_package_name(package_scope, name, obj);
                }
                self.packages[pkg.0 as usize].vars.push((spec.clone(), vars));
            }
            Decl::Type(spec) => {
                let obj = new(self, &spec.name, ObjKind::TypeName, DeclRef::Type(spec.clone()));
                self.declare_package_name(package_scope, &spec.name, obj);
            }
            Decl::Func(func) => {
                let obj = new(self, &func.name, ObjKind::Func, DeclRef::Func(func.clone()));
                self.packages[pkg.0 as usize].funcs.push(obj);
                if func.receiver.is_some() {
                    if let Some((base, pointer)) = receiver_base(func) {
                        self.object_mut(obj).pointer_receiver = pointer;
                        if func.name.name != sym::BLANK {
                            methods.push((obj, base, pointer));
                        }
                    }
                    return;
                }
                let special = func.name.name == sym::INIT
                    || (func.name.name == sym::MAIN && self.package(pkg).name == sym::MAIN);
                if special {
                    let name = self.name(func.name.name).to_string();
                    let code = Code::BadMain;
                    if let Some(param) = func.type_params.first() {
                        self.error(code, param.span, format!("func {name} must have no type parameters"));
                    }
                    if !func.ty.params.is_empty() || !func.ty.results.is_empty() {
                        let message = format!("func {name} must have no arguments and no return values");
                        self.error(code, func.name.span, message);
                    }
                }
                if func.name.name == sym::INIT {
                    self.packages[pkg.0 as usize].inits.push(obj);
                    if !func.has_body() {
                        self.error(Code::MissingBody, func.name.span, "func init must have a body");
                    }
                } else {
                    self.declare_package_name(package_scope, &func.name, obj);
                }
            }
        }
    }

    fn declare_package_name(&mut self, scope: ScopeId, name: &Ident, obj: ObjId) {
        if name.name == sym::INIT {
            self.error(Code::BadMain, name.span, "cannot declare init - must be func");
            return;
        }
        if name.name == sym::MAIN
            && self.package(self.env.pkg).name == sym::MAIN
            && !matches!(self.object(obj).kind, ObjKind::Func)
        {
            self.error(Code::BadMain, name.span, "cannot declare main - must be func");
            return;
        }
        self.declare_in(scope, name.name, obj);
    }

    /// Gives each type its methods.
    pub(crate) fn attach_methods(&mut self, pkg: PkgId, methods: Vec<(ObjId, Ident, bool)>) {
        let scope = self.package(pkg).scope;
        for (method, base, written_pointer) in methods {
            // The base may be an alias, also of a pointer.
            let mut name = base.name;
            let mut is_pointer = written_pointer;
            for _ in 0..100 {
                let Some((obj, earlier)) = self.receiver_base_object(scope, name) else { break };
                let alias = match &self.object(obj).decl {
                    DeclRef::Type(spec) if spec.alias && spec.type_params.is_empty() => {
                        alias_target(&spec.ty)
                    }
                    DeclRef::Type(_) if earlier => {
                        self.attach_to_earlier(obj, method);
                        break;
                    }
                    DeclRef::Type(spec) if !spec.alias => {
                        self.pending_methods.entry(obj).or_default().push(method);
                        break;
                    }
                    _ => break,
                };
                let Some((target, pointer)) = alias else { break };
                // A receiver that is a pointer to a pointer is in error; the type has no such method.
                if pointer && is_pointer {
                    break;
                }
                is_pointer |= pointer;
                self.object_mut(method).pointer_receiver |= pointer;
                name = target;
            }
        }
    }
}

/// The base type's name of a receiver, and whether the receiver is a pointer.
fn receiver_base(func: &FuncDecl) -> Option<(Ident, bool)> {
    let field = func.receiver.as_ref()?.first()?;
    let mut expr = &*field.ty;
    let mut pointer = false;
    loop {
        match &expr.kind {
            ExprKind::Paren(inner) => expr = inner,
            ExprKind::Star(inner) => {
                pointer = true;
                expr = inner;
            }
            ExprKind::Index(base, _) => expr = base,
            ExprKind::Ident(_) => return expr.as_ident().map(|ident| (ident, pointer)),
            _ => return None,
        }
    }
}

/// The name an alias stands for, and whether for a pointer to it.
fn alias_target(expr: &Expr) -> Option<(Symbol, bool)> {
    match &expr.unparen().kind {
        ExprKind::Ident(name) => Some((*name, false)),
        ExprKind::Star(inner) => alias_target(inner).map(|(name, _)| (name, true)),
        _ => None,
    }
}
