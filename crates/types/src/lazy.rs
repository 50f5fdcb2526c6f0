//! Standard packages, read declaration by declaration.

use golite_source::{FileId, Symbol};

use crate::check::Checker;
use crate::object::{ObjId, PkgId};

impl Checker {
    /// The member of a package, if it has it; declarations of standard packages are parsed here.
    pub fn lazy_member(&mut self, _pkg: PkgId, _name: Symbol) -> Option<ObjId> {
        unimplemented!()
    }

    pub(crate) fn index_std(&mut self, _pkg: PkgId, _files: &[FileId]) {
        unimplemented!()
    }
}
