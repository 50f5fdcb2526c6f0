//! What a VM keeps for its host: registered functions, values of Rust types that Go programs hold, calls that
//! other threads work on.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::Arc;

use golite_bytecode::{TypeIx, TypeKind};
use golite_runtime::Runtime;
use golite_runtime::golite_gc::Addr;

use super::callback::Held;
use super::memory::Natural;
use super::outside::Shared;
use super::package::{HostFunction, HostPackage};
use super::value::Object;

/// See the module.
pub(super) struct HostData {
    pub natural: Natural,
    /// All functions of all packages, by number.
    pub functions: Vec<Arc<HostFunction>>,
    /// The Rust types, by package and name in Go.
    types: HashMap<(String, String), TypeId>,
    /// The Go types that hold them.
    pointers: HashMap<TypeId, TypeIx>,
    objects: HashMap<u64, Object>,
    last_object: u64,
    /// Calls that wait for Rust functions, by goroutine: each runs within a callback of the one before.
    pub jobs: HashMap<u64, Vec<Held>>,
    pub last_job: u64,
    pub shared: Arc<Shared>,
}

impl HostData {
    pub(super) fn new(natural: Natural, packages: &[HostPackage], shared: Arc<Shared>) -> HostData {
        let types = packages.iter().flat_map(|package| {
            package.types.0.iter().map(|(ty, name)| ((package.path.clone(), name.clone()), *ty))
        });
        HostData {
            natural,
            functions: packages.iter().flat_map(|package| package.functions.iter().cloned()).collect(),
            types: types.collect(),
            pointers: HashMap::new(),
            objects: HashMap::new(),
            last_object: 0,
            jobs: HashMap::new(),
            last_job: 0,
            shared,
        }
    }

    /// The Rust type that a Go type holds.
    pub(super) fn object_type(&self, rt: &Runtime, ty: TypeIx) -> Option<TypeId> {
        if self.types.is_empty() {
            return None;
        }
        let def = &rt.types[ty].def;
        if !matches!(def.kind, TypeKind::Struct(_)) {
            return None;
        }
        self.types.get(&(def.package.to_string(), def.bare_name.to_string())).copied()
    }

    /// The pointer type for values of a Rust type, if the program uses it.
    pub(super) fn pointer_type(&self, ty: TypeId) -> Option<TypeIx> {
        self.pointers.get(&ty).copied()
    }

    pub(super) fn set_pointer_type(&mut self, ty: TypeId, pointer: TypeIx) {
        self.pointers.insert(ty, pointer);
    }

    /// The Rust value that an object of a Go type stands for.
    pub(super) fn object_at(&self, rt: &Runtime, ty: TypeIx, addr: Addr) -> Option<Object> {
        self.object_type(rt, ty)?;
        let id = rt.load_slots(addr, ty).first().copied()?;
        self.objects.get(&id).cloned()
    }

    /// The innermost call of a goroutine has ended.
    pub(super) fn end_job(&mut self, goroutine: u64) {
        if let Some(jobs) = self.jobs.get_mut(&goroutine) {
            jobs.pop();
            if jobs.is_empty() {
                self.jobs.remove(&goroutine);
            }
        }
    }

    /// Keeps a Rust value; gives its number.
    pub(super) fn keep_object(&mut self, object: Object) -> u64 {
        self.last_object += 1;
        self.objects.insert(self.last_object, object);
        self.last_object
    }

    pub(super) fn release_object(&mut self, id: u64) {
        self.objects.remove(&id);
    }
}
