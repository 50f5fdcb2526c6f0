//! Looking into a VM between inputs: what is in the heap by type, what an object holds and who holds it,
//! one goroutine, records that are switched on and off.

use std::collections::{BTreeMap, HashMap, HashSet};

use golite_bytecode::{TypeIx, TypeKind};
use golite_runtime::golite_gc::{Addr, BYTES, LayoutId, Object};
use golite_runtime::goroutine::{StackSlot, Status};
use golite_runtime::native::ProfileKind;
use golite_runtime::report;

use crate::trace::TraceStyle;
use crate::vm::Vm;

/// The heap as a whole.
#[derive(Clone, Default, Debug)]
pub struct HeapView {
    /// Objects and bytes that no collection has met yet.
    pub young: (u64, u64),
    /// Those that survived one.
    pub old: (u64, u64),
    /// Those that are never freed: constants, variables of packages.
    pub immortal: (u64, u64),
    /// What there is of each type, without immortal objects, those with most bytes first.
    pub types: Vec<TypeUse>,
}

/// Objects of one type.
#[derive(Clone, Debug)]
pub struct TypeUse {
    /// The type, as Go prints it.
    pub name: String,
    /// How many.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What a variable holds, and who holds that.
#[derive(Clone, Default, Debug)]
pub struct ObjectView {
    /// The objects that the variable points to.
    pub held: Vec<Held>,
    /// Objects and bytes that are reachable from it.
    pub reaches: (u64, u64),
}

/// An object that a variable points to.
#[derive(Clone, Debug)]
pub struct Held {
    /// By which part of the variable.
    pub path: String,
    /// The object.
    pub object: ObjectLine,
    /// The objects it points to, with the parts that do.
    pub holds: Vec<(String, ObjectLine)>,
    /// Who points to it.
    pub holders: Vec<String>,
}

/// An object, in short.
#[derive(Clone, Debug)]
pub struct ObjectLine {
    /// Its type.
    pub name: String,
    /// Its address, as programs see it.
    pub address: u64,
    /// Bytes of its cell.
    pub bytes: u64,
    /// `young`, `old` or `immortal`.
    pub generation: &'static str,
}

/// Most pointers of an object that are told.
const MOST: usize = 20;

/// The names of layouts.
struct Names<'v> {
    vm: &'v Vm,
    types: HashMap<LayoutId, TypeIx>,
    groups: HashMap<LayoutId, TypeIx>,
    closures: HashSet<LayoutId>,
    globals: HashMap<Addr, usize>,
}

impl<'v> Names<'v> {
    fn new(vm: &'v Vm) -> Names<'v> {
        let types = vm.rt.types.iter().map(|(ix, ty)| (ty.layout, ix)).collect();
        let groups = vm.rt.types.iter().filter_map(|(ix, ty)| Some((ty.map.as_ref()?.group, ix))).collect();
        let closures = vm.rt.program.closure_layouts().collect();
        let globals = vm.rt.program.globals.iter().enumerate().map(|(i, addr)| (*addr, i)).collect();
        Names { vm, types, groups, closures, globals }
    }

    /// The object at an address; variables of a session count as immortal.
    fn object_at(&self, addr: Addr) -> Option<Object> {
        self.vm.rt.heap.object_at(addr).map(|object| self.with_variables(object))
    }

    fn with_variables(&self, object: Object) -> Object {
        Object { immortal: object.immortal || self.globals.contains_key(&object.base), ..object }
    }

    /// What an object is.
    fn of(&self, object: &Object) -> String {
        if let Some(global) = self.globals.get(&object.base) {
            let name = short(&self.vm.loader.module().globals[*global].name);
            return match name.starts_with('·') {
                true => "the value of an input (ans, _1, _2, _3)".into(),
                false => format!("variable {name}"),
            };
        }
        if object.layout == BYTES {
            return "bytes".into();
        }
        if let Some(map) = self.groups.get(&object.layout) {
            return format!("entries of {}", short(self.vm.rt.types.name(*map)));
        }
        if self.closures.contains(&object.layout) {
            let func = golite_runtime::Runtime::func_of_closure(object.base);
            let name = self.vm.loader.module().functions.get(func.index()).map(|func| &*func.name);
            return format!("closure {}", short(name.unwrap_or("?")));
        }
        match self.types.get(&object.layout) {
            Some(ty) if object.is_array => {
                format!("{} × {}", object.count, short(self.vm.rt.types.name(*ty)))
            }
            Some(ty) => short(self.vm.rt.types.name(*ty)).to_string(),
            None => "of the runtime".into(),
        }
    }

    /// What an object is, for sums: without counts and names of its own.
    fn kind(&self, object: &Object) -> String {
        if object.layout == BYTES {
            return "bytes of strings and the like".into();
        }
        if self.closures.contains(&object.layout) {
            return "closures".into();
        }
        match self.types.get(&object.layout) {
            Some(ty) if object.is_array => format!("arrays of {}", short(self.vm.rt.types.name(*ty))),
            _ => self.of(object),
        }
    }

    fn line(&self, object: &Object) -> ObjectLine {
        ObjectLine {
            name: self.of(object),
            address: self.vm.rt.shown_address(object.base),
            bytes: object.bytes,
            generation: match (object.immortal, object.old) {
                (true, _) => "immortal",
                (false, true) => "old",
                (false, false) => "young",
            },
        }
    }

    /// The part of an object at an offset.
    fn path_in(&self, object: &Object, offset: u64) -> String {
        let Some(ty) = self.types.get(&object.layout) else { return format!("at {offset}") };
        if !object.is_array {
            return self.path(*ty, offset);
        }
        let size = self.vm.rt.types[*ty].size.max(1);
        format!("[{}]{}", offset / size, self.path(*ty, offset % size))
    }

    /// The part of a value at an offset: `.next`, `.list[3].name`.
    fn path(&self, ty: TypeIx, offset: u64) -> String {
        let types = &self.vm.rt.types;
        match &types[ty].def.kind {
            TypeKind::Struct(fields) => {
                let at = fields.iter().rev().find(|field| field.offset <= offset && types[field.ty].size > 0);
                at.map_or_else(String::new, |field| {
                    format!(".{}{}", field.name, self.path(field.ty, offset - field.offset))
                })
            }
            TypeKind::Array { elem, .. } => {
                let size = types[*elem].size.max(1);
                format!("[{}]{}", offset / size, self.path(*elem, offset % size))
            }
            _ => String::new(),
        }
    }
}

/// A name without that of the session's own package.
fn short(name: &str) -> &str {
    name.strip_prefix("main.").unwrap_or(name)
}

impl Vm {
    /// The heap by generation and by type.
    pub fn heap_view(&mut self) -> HeapView {
        let mut objects = Vec::new();
        self.rt.heap.for_each_object(&mut |object| objects.push(object));
        let names = Names::new(self);
        let mut view = HeapView::default();
        let mut layouts: HashMap<(LayoutId, bool), (Object, u64, u64)> = HashMap::new();
        for object in objects.into_iter().map(|object| names.with_variables(object)) {
            let sum = match (object.immortal, object.old) {
                (true, _) => &mut view.immortal,
                (false, true) => &mut view.old,
                (false, false) => &mut view.young,
            };
            *sum = (sum.0 + 1, sum.1 + object.bytes);
            if !object.immortal {
                let (_, count, bytes) =
                    layouts.entry((object.layout, object.is_array)).or_insert((object, 0, 0));
                *count += 1;
                *bytes += object.bytes;
            }
        }
        let mut types: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for (object, count, bytes) in layouts.into_values() {
            let sum = types.entry(names.kind(&object)).or_default();
            *sum = (sum.0 + count, sum.1 + bytes);
        }
        let uses = types.into_iter().map(|(name, (objects, bytes))| TypeUse { name, objects, bytes });
        view.types = uses.collect();
        view.types.sort_by_key(|ty| std::cmp::Reverse(ty.bytes));
        view
    }

    /// What the variable of a package at an address holds, and who else holds that.
    pub fn object_view(&mut self, variable: Addr, ty: TypeIx) -> ObjectView {
        let Some(own) = self.rt.heap.object_at(variable) else { return ObjectView::default() };
        let mut objects = Vec::new();
        self.rt.heap.for_each_object(&mut |object| objects.push(object));
        let names = Names::new(self);
        let heap = &self.rt.heap;
        let pointers = |object: &Object| {
            let mut found = Vec::new();
            heap.for_each_pointer(object, &mut |offset, value| found.push((offset, value)));
            found
        };
        let mut held: Vec<(u64, Object)> = Vec::new();
        for (offset, value) in pointers(&own) {
            if let Some(object) = names.object_at(value)
                && !held.iter().any(|(_, other)| other.base == object.base)
            {
                held.push((offset, object));
            }
        }
        held.truncate(MOST);
        let mut holders: HashMap<Addr, Vec<String>> = HashMap::new();
        let objects = objects.into_iter().map(|object| names.with_variables(object));
        for object in &objects.filter(|object| object.base != own.base).collect::<Vec<_>>() {
            for (offset, value) in pointers(object) {
                let Some((_, target)) = held.iter().find(|(_, target)| within(target, value)) else {
                    continue;
                };
                let line = names.line(object);
                let path = names.path_in(object, offset);
                let text = match object.immortal {
                    true => format!("{}{path}", line.name),
                    false => format!("{:#x} {}{}", line.address, line.name, spaced(&path)),
                };
                holders.entry(target.base).or_default().push(text);
            }
        }
        for (index, goroutine) in self.rt.goroutines.iter().filter(|(_, g)| !g.system && g.pc != 0) {
            let slots = self.stack_in_use(goroutine).min(goroutine.stack.slots());
            for (_, target) in &held {
                if (0..slots).any(|slot| within(target, goroutine.stack.get(StackSlot(slot)))) {
                    let id = report::describe(&self.rt, index).id;
                    holders.entry(target.base).or_default().push(format!("the stack of goroutine {id}"));
                }
            }
        }
        let reaches = self.reaches(&names, held.iter().map(|(_, object)| *object).collect());
        let held = held.into_iter().map(|(offset, object)| Held {
            path: names.path(ty, offset),
            object: names.line(&object),
            holds: pointers(&object)
                .into_iter()
                .filter_map(|(offset, value)| Some((offset, names.object_at(value)?)))
                .take(MOST)
                .map(|(offset, other)| (names.path_in(&object, offset), names.line(&other)))
                .collect(),
            holders: holders.remove(&object.base).unwrap_or_default().into_iter().take(MOST).collect(),
        });
        ObjectView { held: held.collect(), reaches }
    }

    /// Objects and bytes that are reachable from some, those included; immortal ones are not.
    fn reaches(&self, names: &Names<'_>, from: Vec<Object>) -> (u64, u64) {
        let heap = &self.rt.heap;
        let mut seen = HashSet::new();
        let mut left = from;
        left.retain(|object| !object.immortal && seen.insert(object.base));
        let mut bytes = 0;
        while let Some(object) = left.pop() {
            bytes += object.bytes;
            heap.for_each_pointer(&object, &mut |_, value| {
                if let Some(next) = names.object_at(value)
                    && !next.immortal
                    && seen.insert(next.base)
                {
                    left.push(next);
                }
            });
        }
        (seen.len() as u64, bytes)
    }

    /// The stack of a goroutine that has neither ended nor been ended, and what it waits on.
    #[must_use]
    pub fn goroutine_text(&self, id: u64) -> Option<String> {
        let index =
            self.kept_goroutines().into_iter().find(|index| self.rt.goroutines.get(*index).id == id)?;
        let goroutine = self.rt.goroutines.get(index);
        let mut text = self.trace_text(index, TraceStyle::User);
        let used = if goroutine.pc == 0 { 0 } else { self.stack_in_use(goroutine) };
        text += &format!("stack: {} of {} bytes in use\n", 8 * used, 8 * goroutine.stack.slots());
        if goroutine.status == Status::Waiting {
            let names = Names::new(self);
            for waits in report::describe(&self.rt, index).waits_on {
                let object = self.rt.heap.object_at(waits.object);
                let variables: Vec<String> = self.variables_with(waits.object, &names);
                let what = object.map_or_else(|| "something".into(), |object| names.of(&object));
                let address = self.rt.shown_address(waits.object);
                text += &format!(
                    "waits on {what} at {address:#x}{}\n",
                    match &variables[..] {
                        [] => String::new(),
                        names => format!(", in {}", names.join(", ")),
                    }
                );
            }
        }
        Some(text)
    }

    /// The variables of packages that point to an address themselves.
    fn variables_with(&self, addr: Addr, names: &Names<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for base in &self.rt.program.globals {
            let Some(object) = self.rt.heap.object_at(*base) else { continue };
            let mut holds = false;
            self.rt.heap.for_each_pointer(&object, &mut |_, value| holds |= value == addr);
            if holds {
                found.push(names.of(&object));
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// Begins a trace; what an earlier one recorded is forgotten. False if one is being made.
    pub fn trace_on(&mut self) -> bool {
        if self.rt.tracing {
            return false;
        }
        self.rt.trace_parts.take();
        self.program_traces = false;
        self.begin_trace();
        true
    }

    /// Ends the trace and gives its bytes, if one is being made.
    pub fn trace_off(&mut self) -> Option<Vec<u8>> {
        if !self.rt.tracing {
            return None;
        }
        self.end_trace();
        Some(self.rt.trace_parts.take().concat())
    }

    /// Begins a profile of the CPU. False if one is being made.
    pub fn profile_on(&mut self) -> bool {
        if self.rt.profiles.cpu.is_some() {
            return false;
        }
        self.begin_cpu_profile();
        true
    }

    /// Ends the profile of the CPU and gives its bytes, if one is being made.
    pub fn profile_off(&mut self) -> Option<Vec<u8>> {
        self.rt.profiles.cpu.as_ref()?;
        Some(self.profile_file(ProfileKind::Cpu))
    }
}

/// Whether an address is in an object.
fn within(object: &Object, addr: Addr) -> bool {
    (object.base..object.base + object.bytes.max(1)).contains(&addr)
}

fn spaced(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" {path}") }
}
