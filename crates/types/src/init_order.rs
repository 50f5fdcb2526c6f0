//! The order of initialisation. Spec: Package initialization.

use std::sync::Arc;

use golite_syntax::ast::VarSpec;

use crate::check::Checker;
use crate::object::{ObjId, PkgId};

/// One step of a package's initialisation.
#[derive(Clone, Debug)]
pub struct InitStep {
    /// The variables, in the order of the specification's names.
    pub vars: Vec<ObjId>,
    /// The specification: one value a variable, or one for all.
    pub spec: Arc<VarSpec>,
}

impl Checker {
    /// The steps of a package's initialisation, in order.
    #[must_use]
    pub fn init_order(&self, _pkg: PkgId) -> &[InitStep] {
        unimplemented!()
    }

    pub(crate) fn check_init_order(&mut self, _pkg: PkgId) {
        unimplemented!()
    }
}
