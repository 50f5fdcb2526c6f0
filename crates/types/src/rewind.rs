//! Going back: what an input of a session added to the tables is taken away again, if nothing that was there
//! before refers to it.
//!
//! An input that made the first use of a declaration of the library, or of a package, stays. Types go with the
//! inputs that were the first to mention them; what was found out about older ones by means of them is found out
//! again.

use golite_syntax::ast::ExprId;

use crate::check::Checker;
use crate::object::{ObjId, PkgId};
use crate::ty::{TypeCounts, TypeId};

/// How much of everything there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Objects.
    pub objects: usize,
    scopes: usize,
    packages: usize,
    types: TypeCounts,
    /// Bodies that have been checked.
    checked: usize,
    /// Files.
    pub files: usize,
    next_id: u32,
}

impl Checker {
    /// How much of everything there is.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            objects: self.objects.len(),
            scopes: self.scopes.len(),
            packages: self.packages.len(),
            types: self.types.counts(),
            checked: self.checked.len(),
            files: self.session.map.files().len(),
            next_id: self.session.next_id,
        }
    }

    /// Whether all that was added since belongs to inputs of the package alone.
    #[must_use]
    pub fn can_rewind(&self, mark: &Mark, pkg: PkgId) -> bool {
        let new_objects = (mark.objects..self.objects.len()).map(|i| ObjId(i as u32));
        let checked = new_objects.filter(|id| self.checked.contains(id)).count();
        self.packages.len() == mark.packages
            // Bodies of the library stay checked.
            && self.checked.len() == mark.checked + checked
            && self.objects[mark.objects..].iter().all(|object| object.pkg == pkg)
            && (self.types.counts() == mark.types || self.can_rewind_types(mark))
    }

    /// Whether nothing older has got a type since.
    fn can_rewind_types(&self, mark: &Mark) -> bool {
        let new = |id: TypeId| id.0 as usize >= mark.types.types;
        self.types.can_rewind(mark.types)
            && self.objects[..mark.objects]
                .iter()
                .all(|object| !new(object.ty) && !object.receiver.is_some_and(new))
    }

    /// Whether a type was there at that moment.
    #[must_use]
    pub fn is_type_before(&self, ty: TypeId, mark: &Mark) -> bool {
        (ty.0 as usize) < mark.types.types
    }

    /// Takes away all that was added since. The inputs have been dropped, and `can_rewind` was asked.
    pub fn rewind(&mut self, mark: &Mark) {
        for id in (mark.objects..self.objects.len()).map(|i| ObjId(i as u32)) {
            self.deps.remove(&id);
            self.checked.remove(&id);
            self.signatures.remove(&id);
            self.pending_methods.remove(&id);
            self.lazy_funcs.remove(&id);
        }
        self.objects.truncate(mark.objects);
        self.scopes.truncate(mark.scopes);
        let ids = (mark.next_id..self.session.next_id).map(ExprId);
        self.info.forget(ids);
        self.session.next_id = mark.next_id;
        for file in self.session.map.truncate(mark.files) {
            self.session.versions.remove(file);
        }
        self.forget(Vec::new());
        if self.types.counts() == mark.types {
            return;
        }
        let old = |id: &TypeId| (id.0 as usize) < mark.types.types;
        self.method_types
            .retain(|(obj, args), ty| (obj.0 as usize) < mark.objects && args.iter().all(old) && old(ty));
        self.field_spans.retain(|(_, ty), _| old(ty));
        self.instance_places.retain(|ty, _| old(ty));
        self.right_sides.retain(|named, ty| (named.0 as usize) < mark.types.named && old(ty));
        self.finite.retain(|named| (named.0 as usize) < mark.types.named);
        self.types.rewind(mark.types);
    }
}
