//! Going back: what an input of a session added to the tables is taken away again, if nothing that was there
//! before refers to it.
//!
//! Types are never taken away: those without names are shared by all that mean the same. So an input that
//! made the first use of a type, of a declaration of the library, or of a package stays.

use golite_syntax::ast::ExprId;

use crate::check::Checker;
use crate::object::{ObjId, ObjKind, PkgId};

/// How much of everything there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Objects.
    pub objects: usize,
    scopes: usize,
    packages: usize,
    types: usize,
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
            types: self.types.count(),
            files: self.session.map.files().len(),
            next_id: self.session.next_id,
        }
    }

    /// Whether all that was added since belongs to inputs of the package alone.
    #[must_use]
    pub fn can_rewind(&self, mark: &Mark, pkg: PkgId) -> bool {
        self.packages.len() == mark.packages
            && self.types.count() == mark.types
            && self.objects[mark.objects..].iter().all(|object| object.pkg == pkg)
    }

    /// The variables of package level since then whose addresses nobody can have.
    pub fn private_variables(&self, mark: &Mark) -> impl Iterator<Item = ObjId> + '_ {
        (mark.objects..self.objects.len()).map(|i| ObjId(i as u32)).filter(|id| {
            matches!(self.object(*id).kind, ObjKind::Var(facts) if facts.global && !facts.addressed && !facts.captured)
        })
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
    }
}
