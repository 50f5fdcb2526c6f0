//! Statements.

use std::sync::Arc;

use golite_syntax::ast::{Block, FuncLit};

use crate::check::Checker;
use crate::object::ObjId;
use crate::typexpr::Signature;

impl Checker {
    /// The body of a function literal is checked when the statement around it is complete.
    pub(crate) fn check_func_literal_body(&mut self, _sig: Signature, _lit: Arc<FuncLit>) {
        unimplemented!()
    }

    pub(crate) fn func_body(&mut self, _sig: &Signature, _body: &Block) {
        unimplemented!()
    }

    /// Notes that a variable is read, and whether by a function literal inside its function.
    pub(crate) fn use_var(&mut self, _obj: ObjId) {
        unimplemented!()
    }
}
