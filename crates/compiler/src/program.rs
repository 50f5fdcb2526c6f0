//! The functions of a session and the order in which variables get their values.
//!
//! A function of the module is pending until the VM calls it. What it is made from is remembered
//! beside it: a declaration with type arguments, a wrapper, an initialiser. Function literals are
//! compiled with the function around them.
//!
//! Packages of the user are initialised as the language says, before `main`. A variable of a
//! standard package gets its value before the first function that mentions it runs.

use std::sync::Arc;

use golite_bytecode::{
    Body, Code, FuncIx, Function, Global, GlobalIx, Kind, MethodIx, MethodName, Module, SigIx, Signature,
    StringIx, TypeDef, TypeIx, TypeKind,
};
use golite_source::{Span, Symbol};
use golite_syntax::ast::VarSpec;
use golite_types::{Checker, DeclRef, MethodEntry, ObjId, ObjKind, PkgId, Subst, Type, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::func::FuncCompiler;
use crate::lower::Shape;
use crate::wrapper::Wrapper;

/// What a function is made from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum FuncKey {
    /// A declared function or method with the arguments for its type parameters (the receiver's
    /// first).
    Decl(ObjId, Vec<TypeId>),
    /// Code that the compiler makes itself.
    Wrapper(Wrapper),
    /// Everything before `main.main`, and it.
    Entry(PkgId),
    /// Everything before `main.main`, without it.
    Initialise(PkgId),
    /// The variables and `init` functions of a package of the user.
    PackageInit(PkgId),
    /// The variables of one line of a standard package.
    VarInit(PkgId, Vec<ObjId>),
    /// A function literal; compiled with the function around it.
    Literal(u32),
}

/// The compiler of a session.
#[derive(Debug)]
pub struct Compiler {
    /// What is known about the source.
    pub checker: Checker,
    /// What has been compiled.
    pub module: Module,
    pub(crate) type_ids: FxHashMap<TypeId, TypeIx>,
    pub(crate) ids_of_types: Vec<TypeId>,
    pub(crate) types_by_name: FxHashMap<Box<str>, Vec<(TypeId, TypeIx, u64)>>,
    pub(crate) shapes: FxHashMap<TypeId, Shape>,
    pub(crate) method_ids: FxHashMap<MethodName, MethodIx>,
    pub(crate) dynamic: FxHashSet<TypeIx>,
    /// Names of methods that interfaces have, and those among them that types were not asked for yet.
    pub(crate) wanted: FxHashSet<Symbol>,
    pub(crate) newly_wanted: Vec<Symbol>,
    /// Dynamic types by the names of methods that no interface has.
    pub(crate) unfilled: FxHashMap<Symbol, Vec<TypeIx>>,
    pub(crate) funcs: FxHashMap<FuncKey, FuncIx>,
    pub(crate) keys: Vec<FuncKey>,
    pub(crate) strings: FxHashMap<Box<[u8]>, StringIx>,
    signatures: FxHashMap<Signature, SigIx>,
    pub(crate) globals: FxHashMap<ObjId, GlobalIx>,
    /// Lines of variables of standard packages, by variable.
    pub(crate) initialisers: FxHashMap<ObjId, (PkgId, Vec<ObjId>, Arc<VarSpec>)>,
    lines_known: FxHashMap<PkgId, usize>,
    /// Variables of standard packages that have no initialiser.
    pub(crate) plain_vars: FxHashSet<ObjId>,
    /// Initialisers that the function being compiled needs.
    pub(crate) needed: Vec<FuncIx>,
    pub(crate) files: FxHashMap<Box<str>, u32>,
    literals: u32,
    /// Variables that the compiler made for itself.
    pub(crate) own_vars: u32,
    /// Instances made; a program without end is stopped.
    pub(crate) instances: usize,
    /// The first reason why something cannot be compiled.
    pub(crate) error: Option<String>,
    /// Functions of the user may be replaced while the program runs: they are not inlined.
    pub replaceable: bool,
    /// Functions that may be inlined, with their sizes; `None` for those that are not.
    pub(crate) inlinable: FxHashMap<ObjId, Option<u32>>,
    /// The first function, by number, that was compiled since a mark was made.
    pub(crate) lowest_compiled: FuncIx,
    /// How functions inside a function are counted: `main.f.func1`.
    pub(crate) literal_counts: FxHashMap<(FuncIx, Inner), u32>,
    /// Of each function inside a function the one around it, in a session.
    pub(crate) functions_around: FxHashMap<FuncIx, FuncIx>,
}

/// What a function inside another one is. Each sort is counted by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Inner {
    Literal,
    /// The body of a loop over a function.
    RangeBody,
}

/// Names of methods that natives look for: those of what formats itself, and of errors.
const NATIVES_ASK: [&str; 4] = ["Error", "String", "Format", "GoString"];

/// More instances than any program of sense has.
const MAX_INSTANCES: usize = 200_000;

impl Compiler {
    /// A compiler for what the checker has checked and will check.
    #[must_use]
    pub fn new(mut checker: Checker) -> Compiler {
        let wanted = NATIVES_ASK.iter().map(|name| checker.session.names.intern(name)).collect();
        let mut compiler = Compiler {
            checker,
            module: Module::default(),
            type_ids: FxHashMap::default(),
            ids_of_types: Vec::new(),
            types_by_name: FxHashMap::default(),
            shapes: FxHashMap::default(),
            method_ids: FxHashMap::default(),
            dynamic: FxHashSet::default(),
            wanted,
            newly_wanted: Vec::new(),
            unfilled: FxHashMap::default(),
            funcs: FxHashMap::default(),
            keys: Vec::new(),
            strings: FxHashMap::default(),
            signatures: FxHashMap::default(),
            globals: FxHashMap::default(),
            initialisers: FxHashMap::default(),
            lines_known: FxHashMap::default(),
            plain_vars: FxHashSet::default(),
            needed: Vec::new(),
            files: FxHashMap::default(),
            literals: 0,
            own_vars: 0,
            instances: 0,
            error: None,
            literal_counts: FxHashMap::default(),
            functions_around: FxHashMap::default(),
            replaceable: false,
            lowest_compiled: FuncIx(u32::MAX),
            inlinable: FxHashMap::default(),
        };
        compiler.module.types.push(TypeDef {
            name: "".into(),
            package: "".into(),
            bare_name: "".into(),
            kind: TypeKind::Incomplete,
            size: 0,
            align: 1,
            repr: golite_bytecode::Repr::Slots(Vec::new()),
            pointers: Vec::new(),
            comparable: false,
            plain: false,
            elem_has_methods: false,
            methods: Vec::new(),
        });
        compiler.ids_of_types.push(Basic::Invalid.id());
        compiler
    }

    // ---- tables

    /// The checker's type behind a run-time type.
    #[must_use]
    pub fn type_id(&self, ix: TypeIx) -> TypeId {
        self.ids_of_types[ix.index()]
    }

    /// The index of a string constant.
    pub fn string_ix(&mut self, bytes: &[u8]) -> StringIx {
        if let Some(ix) = self.strings.get(bytes) {
            return *ix;
        }
        let ix = StringIx(self.module.strings.len() as u32);
        self.module.strings.push(bytes.into());
        self.strings.insert(bytes.into(), ix);
        ix
    }

    /// The index of a call signature.
    pub fn sig_ix(&mut self, signature: Signature) -> SigIx {
        if let Some(ix) = self.signatures.get(&signature) {
            return *ix;
        }
        let ix = SigIx(self.module.signatures.len() as u32);
        self.module.signatures.push(signature.clone());
        self.signatures.insert(signature, ix);
        ix
    }

    /// The slots of a function type's results and parameters, after those of a receiver.
    pub fn signature(&mut self, receiver: &[Kind], ty: TypeId) -> Signature {
        let mut signature = Signature { results: Vec::new(), params: receiver.to_vec() };
        if let Type::Signature(sig) = self.checker.types.under(ty) {
            for result in &sig.results {
                signature.results.extend(self.shape(*result).kinds());
            }
            for param in &sig.params {
                signature.params.extend(self.shape(*param).kinds());
            }
        }
        signature
    }

    /// The package-level variable; notes that its initialiser must run if it is a standard one.
    pub fn global_ix(&mut self, obj: ObjId) -> GlobalIx {
        self.need_initialised(obj);
        if let Some(ix) = self.globals.get(&obj) {
            return *ix;
        }
        let object = self.checker.object(obj);
        let (pkg, name, ty) = (object.pkg, object.name, object.ty);
        let name = format!("{}.{}", self.checker.package(pkg).path, self.checker.name(name));
        let ty = self.type_ix(ty);
        let ix = GlobalIx(self.module.globals.len() as u32);
        self.module.globals.push(Global { name: name.into(), ty });
        self.globals.insert(obj, ix);
        ix
    }

    /// A variable of package level is the same as another, of the same type, that was declared before.
    pub fn share_global(&mut self, obj: ObjId, with: ObjId) {
        let ix = self.global_ix(with);
        self.globals.insert(obj, ix);
    }

    /// The name of a declared function or method as Go prints it.
    #[must_use]
    pub fn declared_name_of(&self, obj: ObjId) -> String {
        self.declared_name(obj, !self.type_params(obj).is_empty())
    }

    fn need_initialised(&mut self, obj: ObjId) {
        let object = self.checker.object(obj);
        let pkg = object.pkg;
        if !self.checker.package(pkg).std || self.plain_vars.contains(&obj) {
            return;
        }
        let known = self.lines_known.get(&pkg).copied().unwrap_or(0);
        let lines = self.checker.package(pkg).vars[known..].to_vec();
        self.lines_known.insert(pkg, known + lines.len());
        for (spec, vars) in lines {
            // `var a, b = 1, 2` is two lines in effect.
            if spec.values.len() == vars.len() {
                for var in &vars {
                    self.initialisers.insert(*var, (pkg, vec![*var], spec.clone()));
                }
            } else if !spec.values.is_empty() {
                for var in &vars {
                    self.initialisers.insert(*var, (pkg, vars.clone(), spec.clone()));
                }
            }
        }
        let Some((pkg, vars, _)) = self.initialisers.get(&obj).cloned() else {
            self.plain_vars.insert(obj);
            return;
        };
        // Also if another function needs it: that one may not have begun to run it.
        let func = self.func_ix(FuncKey::VarInit(pkg, vars));
        if !self.needed.contains(&func) {
            self.needed.push(func);
        }
    }

    /// The line that gives a variable of a standard package its value.
    pub(crate) fn initialiser(&self, obj: ObjId) -> Option<Arc<VarSpec>> {
        self.initialisers.get(&obj).map(|(_, _, spec)| spec.clone())
    }

    /// File and line of a place in the source.
    pub(crate) fn file_line(&mut self, span: Span) -> (u32, u32) {
        let Some((name, line, _)) = self.checker.session.map.place(span.start) else { return (0, 0) };
        let name = name.to_string();
        (self.file_ix(&name), line)
    }

    /// The number of a file.
    pub(crate) fn file_ix(&mut self, name: &str) -> u32 {
        if let Some(ix) = self.files.get(name) {
            return *ix;
        }
        let ix = self.module.files.len() as u32;
        self.module.files.push(name.into());
        self.files.insert(name.into(), ix);
        ix
    }

    // ---- functions

    /// The function made from a key, pending if it is new.
    pub fn func_ix(&mut self, key: FuncKey) -> FuncIx {
        if let Some(ix) = self.funcs.get(&key) {
            return *ix;
        }
        let function = match &key {
            FuncKey::Decl(obj, args) => self.declared(*obj, args),
            FuncKey::Wrapper(wrapper) => self.wrapper_function(&wrapper.clone()),
            FuncKey::Entry(_) | FuncKey::Initialise(_) => {
                let file = self.file_ix("$GOROOT/src/runtime/proc.go");
                Function { file, line: 1, ..self.plain_function("runtime.main".into(), true) }
            }
            FuncKey::PackageInit(pkg) => {
                let name = format!("{}.init", self.checker.package(*pkg).path);
                self.plain_function(name, false)
            }
            FuncKey::VarInit(pkg, _) => {
                let name = format!("{}.init", self.checker.package(*pkg).path);
                self.plain_function(name, false)
            }
            FuncKey::Literal(_) => self.plain_function(String::new(), false),
        };
        let ix = self.push_function(key.clone(), function);
        self.funcs.insert(key, ix);
        ix
    }

    fn push_function(&mut self, key: FuncKey, function: Function) -> FuncIx {
        let ix = FuncIx(self.module.functions.len() as u32);
        self.module.functions.push(function);
        self.keys.push(key);
        ix
    }

    /// A function literal's place in the table; the caller fills it in.
    pub(crate) fn new_literal(&mut self, function: Function) -> FuncIx {
        self.literals += 1;
        self.push_function(FuncKey::Literal(self.literals), function)
    }

    fn plain_function(&mut self, name: String, wrapper: bool) -> Function {
        let signature = self.sig_ix(Signature::default());
        Function {
            name: name.into(),
            signature,
            body: Body::Pending,
            captures: Vec::new(),
            wrapper,
            file: 0,
            line: 0,
        }
    }

    /// The entry for a declared function or method.
    fn declared(&mut self, obj: ObjId, args: &[TypeId]) -> Function {
        if !args.is_empty() {
            self.instances += 1;
            if self.instances > MAX_INSTANCES {
                self.fail(format!("too many instances of generic functions (more than {MAX_INSTANCES})"));
            }
        }
        let env = self.env_of(obj, args);
        let object = self.checker.object(obj).clone();
        let ty = self.checker.types.subst(object.ty, &env);
        let receiver = match self.receiver_type(obj) {
            Some(ty) => {
                let ty = self.checker.types.subst(ty, &env);
                self.shape(ty).kinds().collect()
            }
            None => Vec::new(),
        };
        let signature = self.signature(&receiver, ty);
        let signature = self.sig_ix(signature);
        let name = self.declared_name(obj, !args.is_empty());
        let (file, line) = self.file_line(object.span);
        let has_body = matches!(&object.decl, DeclRef::Func(decl) if decl.has_body());
        let body = if has_body { Body::Pending } else { self.native_body(obj) };
        Function { name: name.into(), signature, body, captures: Vec::new(), wrapper: false, file, line }
    }

    fn native_body(&self, obj: ObjId) -> Body {
        let object = self.checker.object(obj);
        let name = self.checker.name(object.name);
        let name = match object.receiver {
            Some(receiver) => {
                let base = self
                    .checker
                    .types
                    .as_named(receiver)
                    .map(|named| self.checker.types.named_info(named).obj);
                let base = base.map_or("", |obj| self.checker.name_at_run_time(obj));
                format!("{base}.{name}")
            }
            None => name.to_string(),
        };
        Body::Native { package: self.checker.package(object.pkg).path.as_ref().into(), name: name.into() }
    }

    /// The type of a method's receiver parameter.
    pub(crate) fn receiver_type(&mut self, obj: ObjId) -> Option<TypeId> {
        let object = self.checker.object(obj);
        let receiver = object.receiver?;
        Some(if object.pointer_receiver { self.checker.types.pointer(receiver) } else { receiver })
    }

    /// A function's name as Go prints it.
    pub(crate) fn declared_name(&self, obj: ObjId, generic: bool) -> String {
        let object = self.checker.object(obj);
        let package = &self.checker.package(object.pkg).path;
        let name = self.checker.name(object.name);
        let dots = if generic { "[...]" } else { "" };
        match object.receiver {
            None => match self.checker.package(object.pkg).inits.iter().position(|init| *init == obj) {
                // A package may have many.
                Some(number) => format!("{package}.{name}.{number}"),
                None => format!("{package}.{name}{dots}"),
            },
            Some(receiver) => {
                let base = self
                    .checker
                    .types
                    .as_named(receiver)
                    .map(|named| self.checker.types.named_info(named).obj);
                let base = base.map_or("", |obj| self.checker.name_at_run_time(obj));
                // Type parameters of the receiver and of the method itself.
                let of_type = if object.type_params.is_empty() { "" } else { dots };
                let own = match self.checker.types.get(object.ty) {
                    Type::Signature(sig) if !sig.type_params.is_empty() => dots,
                    _ => "",
                };
                if object.pointer_receiver {
                    format!("{package}.(*{base}{of_type}).{name}{own}")
                } else {
                    format!("{package}.{base}{of_type}.{name}{own}")
                }
            }
        }
    }

    /// What stands for the type parameters of a function or method.
    pub(crate) fn env_of(&self, obj: ObjId, args: &[TypeId]) -> Subst {
        self.type_params(obj).into_iter().zip(args.iter().copied()).collect()
    }

    /// The type parameters of a function: the receiver's, then its own.
    pub(crate) fn type_params(&self, obj: ObjId) -> Vec<TypeId> {
        let object = self.checker.object(obj);
        let mut params = object.type_params.clone();
        if let Type::Signature(sig) = self.checker.types.get(object.ty) {
            for param in &sig.type_params {
                if !params.contains(param) {
                    params.push(*param);
                }
            }
        }
        params
    }

    pub(crate) fn fail(&mut self, message: String) {
        self.error.get_or_insert(message);
    }

    // ---- compiling

    /// The function that initialises the packages of the user and runs `main.main`.
    pub fn add_program(&mut self, main: PkgId) -> FuncIx {
        self.func_ix(FuncKey::Entry(main))
    }

    /// What a function is made from.
    #[must_use]
    pub fn key(&self, func: FuncIx) -> &FuncKey {
        &self.keys[func.index()]
    }

    /// Compiles a pending function. Gives the initialisers of the standard variables that it uses, in
    /// order: those that have not begun to run must run before it does.
    ///
    /// # Errors
    /// What is wrong with it: errors of standard packages, or limits of the instruction set.
    pub fn compile(&mut self, func: FuncIx) -> Result<Vec<FuncIx>, String> {
        // A literal is compiled with the function around it; the VM takes it when it asks for it.
        self.lowest_compiled = self.lowest_compiled.min(func);
        if !matches!(self.module.functions[func.index()].body, Body::Pending) {
            return Ok(Vec::new());
        }
        self.error = None;
        self.needed.clear();
        let key = self.keys[func.index()].clone();
        let errors = self.checker.session.errors.len();
        if let FuncKey::Decl(obj, _) = &key {
            self.checker.check_body(*obj);
        }
        if let Some(error) = self.checker.session.errors.get(errors) {
            return Err(format!("{}: {}", self.module.functions[func.index()].name, error.message));
        }
        let mut code = FuncCompiler::compile(self, func, &key, false);
        if matches!(code, Err(crate::asm::Overflow::ShortJump)) {
            code = FuncCompiler::compile(self, func, &key, true);
        }
        let name = self.module.functions[func.index()].name.clone();
        if let Some(error) = self.error.take() {
            return Err(format!("{name}: {error}"));
        }
        let code: Code =
            code.map_err(|_| format!("{}{name}: the function is too large", self.place_of(&key)))?;
        self.module.functions[func.index()].body = Body::Code(Box::new(code));
        self.fill_wanted();
        Ok(std::mem::take(&mut self.needed))
    }

    /// Where a function is declared, for the beginning of a message; nothing for what has no name.
    fn place_of(&self, key: &FuncKey) -> String {
        let FuncKey::Decl(obj, _) = key else { return String::new() };
        let place = self.checker.session.map.place(self.checker.object(*obj).span.start);
        place.map_or_else(String::new, |(file, line, column)| format!("{file}:{line}:{column}: "))
    }

    /// Packages of the user in the order of their initialisation: imported ones first.
    pub(crate) fn user_packages(&self, main: PkgId) -> Vec<PkgId> {
        fn visit(compiler: &Compiler, pkg: PkgId, seen: &mut FxHashSet<PkgId>, out: &mut Vec<PkgId>) {
            if !seen.insert(pkg) {
                return;
            }
            let package = compiler.checker.package(pkg);
            if package.std {
                return;
            }
            // Go initialises imported packages in the order of their paths.
            let mut imports = package.imports.clone();
            imports.sort_by_key(|import| compiler.checker.package(*import).path.clone());
            for import in imports {
                visit(compiler, import, seen, out);
            }
            out.push(pkg);
        }
        let mut out = Vec::new();
        visit(self, main, &mut FxHashSet::default(), &mut out);
        out
    }

    /// The function of a method, called with the data word of an interface that holds a `ty`.
    pub(crate) fn interface_method(&mut self, ty: TypeId, entry: &MethodEntry) -> FuncIx {
        let slots = self.shape(ty).slots;
        if let Some(obj) = entry.func
            && entry.path.is_empty()
            && slots == 1
            && !self.shape(ty).is_memory()
        {
            let pointer = matches!(self.checker.types.get(ty), Type::Pointer(_));
            if pointer == self.checker.object(obj).pointer_receiver {
                let args = self.receiver_args(ty);
                return self.func_ix(FuncKey::Decl(obj, args));
            }
        }
        self.func_ix(FuncKey::Wrapper(Wrapper::Dynamic { ty, name: entry.name, pkg: entry.pkg }))
    }

    /// The type arguments of a receiver type, behind a pointer too.
    pub(crate) fn receiver_args(&self, ty: TypeId) -> Vec<TypeId> {
        let ty = match self.checker.types.get(ty) {
            Type::Pointer(elem) => *elem,
            _ => ty,
        };
        let Some(named) = self.checker.types.as_named(ty) else { return Vec::new() };
        self.checker.types.named_info(named).origin.as_ref().map_or_else(Vec::new, |(_, args)| args.clone())
    }

    /// Whether the object is a package-level variable.
    pub(crate) fn is_global(&self, obj: ObjId) -> bool {
        matches!(&self.checker.object(obj).kind, ObjKind::Var(facts) if facts.global)
    }
}

use golite_types::Basic;
