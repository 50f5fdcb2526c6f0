//! Declaring anew the inputs that count, after all inputs since a moment have been taken away.
//!
//! Their texts are checked again, each among the names of its time; nothing runs. What they had made lives on: a
//! variable keeps its memory, and closures become closures of the functions that are made anew of the same texts.

use std::collections::HashMap;
use std::sync::Arc;

use golite_bytecode::{FuncIx, TypeIx};
use golite_compiler::{FuncKey, Wrapper};
use golite_gc::Addr;
use golite_source::Symbol;
use golite_syntax::ast::ChanDir;
use golite_types::{FieldInfo, ObjId, ObjKind, Type, TypeId};

use super::memory::{Past, PastInputs};
use super::{Done, Session};

/// By what a function is found again.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Origin {
    /// A declared function, with type arguments.
    Decl(ObjId, Vec<Form>),
    /// One of the functions inside another one.
    Inside(Box<Origin>, usize),
    /// A method value, and how many slots its receiver takes.
    Bound(Box<Origin>, u16),
    /// Another function that the compiler makes, without anything that is made anew.
    Wrapper(Wrapper),
}

impl Origin {
    /// The declared functions and types that it is made of.
    fn add_owners(&self, out: &mut Vec<ObjId>) {
        match self {
            Origin::Decl(obj, args) => {
                out.push(*obj);
                args.iter().for_each(|arg| arg.add_owners(out));
            }
            Origin::Inside(around, _) => around.add_owners(out),
            Origin::Bound(method, _) => method.add_owners(out),
            Origin::Wrapper(_) => {}
        }
    }
}

/// By what a type is found again.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Form {
    /// It is not made anew.
    Old(TypeId),
    /// A declared type.
    Named(ObjId),
    /// An instance of a declared type.
    Instance(ObjId, Vec<Form>),
    Pointer(Box<Form>),
    Slice(Box<Form>),
    Array(i64, Box<Form>),
    Map(Box<Form>, Box<Form>),
    Chan(ChanDir, Box<Form>),
    /// With the types of the fields.
    Struct(Arc<[FieldInfo]>, Vec<Form>),
    /// Parameters, results, and whether the last parameter is variadic.
    Func(Vec<Form>, Vec<Form>, bool),
}

impl Form {
    /// The declared types that it is made of.
    fn add_owners(&self, out: &mut Vec<ObjId>) {
        match self {
            Form::Old(_) => {}
            Form::Named(obj) => out.push(*obj),
            Form::Instance(obj, args) => {
                out.push(*obj);
                args.iter().for_each(|arg| arg.add_owners(out));
            }
            Form::Pointer(elem) | Form::Slice(elem) | Form::Array(_, elem) | Form::Chan(_, elem) => {
                elem.add_owners(out);
            }
            Form::Map(key, value) => {
                key.add_owners(out);
                value.add_owners(out);
            }
            Form::Struct(_, fields) => fields.iter().for_each(|field| field.add_owners(out)),
            Form::Func(params, results, _) => {
                params.iter().chain(results).for_each(|part| part.add_owners(out));
            }
        }
    }
}

/// What is left of inputs in the heap: closures with where their functions come from, and types of values.
#[derive(Default)]
pub(super) struct Left {
    closures: Vec<(Addr, Origin)>,
    types: Vec<(TypeIx, Form)>,
}

impl Left {
    /// The declared functions and types that it is made of.
    pub(super) fn owners(&self) -> Vec<ObjId> {
        let mut owners = Vec::new();
        self.closures.iter().for_each(|(_, origin)| origin.add_owners(&mut owners));
        self.types.iter().for_each(|(_, form)| form.add_owners(&mut owners));
        owners.sort();
        owners.dedup();
        owners
    }
}

/// What has been declared anew.
struct Anew {
    /// How many objects there were before.
    old: usize,
    /// New objects by those that they were, and the other way around.
    objects: HashMap<ObjId, ObjId>,
    originals: HashMap<ObjId, ObjId>,
    /// As in `PastInputs`.
    firsts: HashMap<ObjId, ObjId>,
    /// The memory of variables, by what they were.
    memory: HashMap<ObjId, Addr>,
}

impl Anew {
    fn object(&self, obj: ObjId) -> Option<ObjId> {
        if (obj.0 as usize) < self.old { Some(obj) } else { self.objects.get(&obj).copied() }
    }

    fn add(&mut self, old: ObjId, new: ObjId) {
        self.objects.insert(old, new);
        self.originals.insert(new, old);
    }

    /// Whether what a name stands for now is what it stood for, or one of the functions that replaced each other and
    /// were that.
    fn is_same(&self, now: ObjId, then: ObjId) -> bool {
        let original = self.originals.get(&now).copied().unwrap_or(now);
        let first = |obj: ObjId| self.firsts.get(&obj).copied().unwrap_or(obj);
        first(original) == first(then)
    }
}

impl Session {
    /// What is left in the heap of functions and types since then; `None` if something cannot be found again.
    pub(super) fn left_in_heap(&mut self, inputs: &PastInputs) -> Option<Left> {
        let closures = self.vm.closures_since(&inputs.since.vm);
        let mut known: HashMap<FuncIx, Origin> = HashMap::new();
        let mut left = Left::default();
        for (closure, func) in closures {
            let origin = match known.get(&func) {
                Some(origin) => origin.clone(),
                None => {
                    let origin = self.origin(inputs, func)?;
                    known.insert(func, origin.clone());
                    origin
                }
            };
            left.closures.push((closure, origin));
        }
        if self.vm.has_types_since(&inputs.since.vm) {
            for ty in self.vm.types_of_values_since(&inputs.since.vm)? {
                let id = self.program().compiler.type_id(ty);
                left.types.push((ty, self.form(inputs, id)?));
            }
        }
        Some(left)
    }

    fn form(&mut self, inputs: &PastInputs, ty: TypeId) -> Option<Form> {
        let checker = self.checker();
        if checker.is_type_before(ty, &inputs.since.compiler.checker) {
            return Some(Form::Old(ty));
        }
        let boxed = |session: &mut Session, ty: TypeId| session.form(inputs, ty).map(Box::new);
        Some(match checker.types.get(ty).clone() {
            Type::Named(named) => {
                let info = checker.types.named_info(named).clone();
                let old = (info.obj.0 as usize) < inputs.since.compiler.checker.objects;
                // Types inside functions are not found by their names.
                if !info.hidden.is_empty() || !(old || inputs.declares_name(info.obj)) {
                    return None;
                }
                match info.origin {
                    None => Form::Named(info.obj),
                    Some((_, args)) => Form::Instance(info.obj, self.forms(inputs, &args)?),
                }
            }
            Type::Pointer(elem) => Form::Pointer(boxed(self, elem)?),
            Type::Slice(elem) => Form::Slice(boxed(self, elem)?),
            Type::Array(len, elem) => Form::Array(len, boxed(self, elem)?),
            Type::Map(key, value) => Form::Map(boxed(self, key)?, boxed(self, value)?),
            Type::Chan(dir, elem) => Form::Chan(dir, boxed(self, elem)?),
            Type::Struct(fields) => {
                let types: Vec<TypeId> = fields.iter().map(|field| field.ty).collect();
                Form::Struct(fields, self.forms(inputs, &types)?)
            }
            Type::Signature(sig) => {
                Form::Func(self.forms(inputs, &sig.params)?, self.forms(inputs, &sig.results)?, sig.variadic)
            }
            Type::Basic(_) | Type::Tuple(_) | Type::Interface(_) | Type::Union(_) | Type::Param(_) => {
                return None;
            }
        })
    }

    fn forms(&mut self, inputs: &PastInputs, types: &[TypeId]) -> Option<Vec<Form>> {
        types.iter().map(|ty| self.form(inputs, *ty)).collect()
    }

    fn origin(&mut self, inputs: &PastInputs, func: FuncIx) -> Option<Origin> {
        let mark = &inputs.since.compiler;
        let compiler = &self.program().compiler;
        match compiler.key(func).clone() {
            FuncKey::Decl(obj, args) => {
                let known = (obj.0 as usize) < mark.checker.objects || inputs.declares(obj).is_some();
                if known { Some(Origin::Decl(obj, self.forms(inputs, &args)?)) } else { None }
            }
            FuncKey::Literal(_) => {
                let (around, number) = compiler.literal_place(func)?;
                Some(Origin::Inside(Box::new(self.origin(inputs, around)?), number))
            }
            FuncKey::Wrapper(Wrapper::Bound { func, receiver }) => {
                Some(Origin::Bound(Box::new(self.origin(inputs, func)?), receiver))
            }
            FuncKey::Wrapper(wrapper) => {
                let old = match &wrapper {
                    Wrapper::BoundIface { method, .. } => method.index() < mark.methods,
                    Wrapper::Dynamic { ty, .. } => compiler.are_types_before(&[*ty], mark),
                    Wrapper::Expr { ty, args, .. } => {
                        compiler.are_types_before(&[*ty], mark) && compiler.are_types_before(args, mark)
                    }
                    Wrapper::Bound { .. } | Wrapper::Later(_) | Wrapper::Builtin(..) => false,
                };
                old.then_some(Origin::Wrapper(wrapper))
            }
            FuncKey::Entry(_) | FuncKey::Initialise(_) | FuncKey::PackageInit(_) | FuncKey::VarInit(..) => {
                None
            }
        }
    }

    /// Takes away all inputs since a moment, and declares those that count anew.
    pub(super) fn declare_anew(&mut self, inputs: PastInputs, counted: Vec<Past>, left: Left) {
        self.passing = None;
        let since = inputs.since;
        let old = since.compiler.checker.objects;
        let is_old = |obj: ObjId| (obj.0 as usize) < old;
        let memory = self.memory_of(&counted);
        let (objects, originals) = Default::default();
        let mut anew = Anew { old, objects, originals, firsts: inputs.firsts(), memory };
        // Older functions run those that will be declared anew; until then nothing runs.
        let package = self.package;
        for before in &inputs.before {
            match before.version {
                Some(version) => self.type_versions.insert(before.name, version),
                None => self.type_versions.remove(&before.name),
            };
            let checker = self.checker();
            match before.obj {
                Some(obj) => {
                    checker.bind_session_name(package, before.name, obj);
                    checker.set_name(obj, before.shown);
                }
                None => checker.unbind_session_name(package, before.name),
            }
        }
        for (named, methods) in &inputs.methods {
            self.checker().set_methods(*named, methods.clone());
        }
        let functions = since.compiler.functions;
        let replaced: Vec<(ObjId, Vec<FuncIx>)> = self.replaced.extract_if(|obj, _| !is_old(*obj)).collect();
        self.go_back(&since);
        for (obj, mut all) in replaced {
            let first = inputs.first(obj);
            if is_old(first) {
                // The old one itself is added when it is replaced.
                let own = self.program().compiler.func_ix(FuncKey::Decl(first, Vec::new()));
                all.retain(|func| func.index() < functions && *func != own);
                self.replaced.insert(first, all);
            }
        }
        self.past = self.moment().map(PastInputs::new);
        let count = self.inputs;
        for past in counted {
            self.declare_one_anew(past, &mut anew);
        }
        self.inputs = count;
        let values = self.values.iter().filter_map(|value| anew.object(*value));
        self.values = values.collect();
        self.bind_values();
        self.refill_methods();
        let mut functions: HashMap<Origin, FuncIx> = HashMap::new();
        for (closure, origin) in left.closures {
            let func = match functions.get(&origin) {
                Some(func) => *func,
                None => {
                    let func = self.function_anew(&origin, &anew);
                    functions.insert(origin, func);
                    func
                }
            };
            self.vm.set_closure_function(closure, func);
        }
        let mut types = HashMap::new();
        for (old, form) in &left.types {
            let ty = self.type_anew(form, &anew);
            types.insert(*old, self.program().compiler.type_of_host(ty));
        }
        if !types.is_empty() {
            self.vm.replace_types_of_values(&types);
        }
    }

    /// The memory of the variables that inputs declared.
    fn memory_of(&mut self, counted: &[Past]) -> HashMap<ObjId, Addr> {
        let mut memory = HashMap::new();
        for (_, obj) in counted.iter().flat_map(|past| &past.declared) {
            if let Some(global) = self.program().compiler.global_of(*obj)
                && let Some(addr) = self.vm.global_address(global)
            {
                memory.insert(*obj, addr);
            }
        }
        memory
    }

    fn declare_one_anew(&mut self, past: Past, anew: &mut Anew) {
        let package = self.package;
        for (i, value) in past.values.iter().enumerate() {
            if let Some(value) = anew.object(*value) {
                self.bind_value(i, value);
            }
        }
        self.inputs = past.reading.number - 1;
        self.show = past.reading.show;
        let checked = self.check_text(&past.reading.text, past.reading.last);
        let mut input = checked.expect("it had no errors, and means the same").input;
        let names: Vec<Symbol> = past.stood_for.iter().map(|(name, _)| *name).collect();
        self.note_before(&names);
        let mut unbound = Vec::new();
        // Variables and functions between two of a name may be missing now: these are not one thing because of that.
        for (name, then) in &past.stood_for {
            let checker = self.checker();
            let Some(now) = checker.session_name(package, *name) else { continue };
            let is_type = matches!(checker.object(now).kind, ObjKind::TypeName);
            if !is_type && !then.is_some_and(|then| anew.is_same(now, then)) {
                checker.unbind_session_name(package, *name);
                unbound.push((*name, now));
            }
        }
        self.prepare(&input);
        let mut new = self.as_past(&input).expect("it has been read");
        // The values of its time are those of what was there before now.
        new.values = past.values.iter().filter_map(|value| anew.object(*value)).collect();
        let pairs = past.declared.iter().map(|(_, obj)| *obj).zip(new.declared.iter().map(|(_, obj)| *obj));
        let methods = past.declared_methods.iter().copied().zip(new.declared_methods.iter().copied());
        let pairs: Vec<(ObjId, ObjId)> = pairs.collect();
        for (old, new) in pairs.iter().copied().chain(methods).chain([(past.main, new.main)]) {
            anew.add(old, new);
        }
        for (old, new) in pairs {
            if let Some(addr) = anew.memory.get(&old)
                && matches!(self.checker().object(new).kind, ObjKind::Var(_))
            {
                let global = self.program().compiler.global_ix(new);
                self.vm.adopt_global(global, *addr);
            }
        }
        self.add_past(new);
        let Some(kept) = past.kept else {
            let checker = self.checker();
            checker.drop_input(input);
            for (name, now) in unbound {
                checker.bind_session_name(package, name, now);
            }
            return;
        };
        let value = kept.value.and_then(|value| anew.object(value));
        self.spare.extend(value);
        self.take_results(&mut input);
        let mut done = Done::default();
        self.keep_variables(&mut input, &mut done);
        let replaced = self.may_pass(&input).unwrap_or_default();
        self.note_kept(&input, value, replaced);
        self.keep_names(input, &mut done);
    }

    /// The function that was made of the same text anew.
    fn function_anew(&mut self, origin: &Origin, anew: &Anew) -> FuncIx {
        match origin {
            Origin::Decl(obj, args) => {
                let obj = anew.object(*obj).expect("it counts, since a closure of it is left");
                let args = args.iter().map(|arg| self.type_anew(arg, anew)).collect();
                self.program().compiler.func_ix(FuncKey::Decl(obj, args))
            }
            Origin::Inside(around, number) => {
                let around = self.function_anew(around, anew);
                let program = self.program();
                program.compile(around).expect("it has been compiled before");
                let func = program.compiler.literal_at(around, *number);
                func.expect("the same text has as many functions in it")
            }
            Origin::Bound(method, receiver) => {
                let func = self.function_anew(method, anew);
                let key = FuncKey::Wrapper(Wrapper::Bound { func, receiver: *receiver });
                self.program().compiler.func_ix(key)
            }
            Origin::Wrapper(wrapper) => self.program().compiler.func_ix(FuncKey::Wrapper(wrapper.clone())),
        }
    }

    /// The type that is made of the same anew.
    fn type_anew(&mut self, form: &Form, anew: &Anew) -> TypeId {
        let all = |session: &mut Session, forms: &[Form]| -> Vec<TypeId> {
            forms.iter().map(|form| session.type_anew(form, anew)).collect()
        };
        let declared = |session: &mut Session, obj: &ObjId| {
            let obj = anew.object(*obj).expect("it counts, since a value of it is left");
            session.checker().object(obj).ty
        };
        let ty = match form {
            Form::Old(ty) => return *ty,
            Form::Named(obj) => return declared(self, obj),
            Form::Instance(obj, args) => {
                let (generic, args) = (declared(self, obj), all(self, args));
                let types = &mut self.checker().types;
                let generic = types.as_named(generic).expect("it was generic before");
                return types.instance(generic, args);
            }
            Form::Func(params, results, variadic) => {
                let (params, results) = (all(self, params), all(self, results));
                return self.checker().types.func(&params, &results, *variadic);
            }
            Form::Pointer(elem) => Type::Pointer(self.type_anew(elem, anew)),
            Form::Slice(elem) => Type::Slice(self.type_anew(elem, anew)),
            Form::Array(len, elem) => Type::Array(*len, self.type_anew(elem, anew)),
            Form::Chan(dir, elem) => Type::Chan(*dir, self.type_anew(elem, anew)),
            Form::Map(key, value) => Type::Map(self.type_anew(key, anew), self.type_anew(value, anew)),
            Form::Struct(fields, types) => {
                let types = all(self, types).into_iter();
                Type::Struct(
                    fields.iter().zip(types).map(|(field, ty)| FieldInfo { ty, ..field.clone() }).collect(),
                )
            }
        };
        self.checker().types.intern(ty)
    }
}
