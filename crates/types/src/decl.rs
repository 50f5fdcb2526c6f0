//! Declarations.

use crate::check::{Checker, Later};
use crate::object::ObjId;

impl Checker {
    /// Declares an object if that is not done yet; finds cycles.
    pub(crate) fn declare_object(&mut self, _obj: ObjId) {
        unimplemented!()
    }

    /// Checks the body of a function or method, if that is not done yet.
    pub fn check_body(&mut self, _obj: ObjId) {
        unimplemented!()
    }

    pub(crate) fn perform(&mut self, _action: Later) {
        unimplemented!()
    }
}
