//! From the checked tree to bytecode.
//!
//! A [`Compiler`] owns the checker of a session and the module it fills. Functions are compiled one
//! at a time, when the VM first calls them (or all at once for a listing): `compile` turns a pending
//! function into code and names the initialisers of standard packages that must run before it.
//!
//! Code generation is destination-driven and goes straight into registers. Generics are
//! monomorphised: a function is compiled per list of type arguments, with a substitution at hand
//! that turns every type of the tree into a concrete one.

pub mod arith;
pub mod asm;
mod assign;
mod binary;
mod builtins;
mod call;
mod capture;
mod cond;
mod convert;
mod equal;
mod expr;
mod func;
mod index;
mod inline;
mod literal;
mod loops;
mod lower;
mod method;
mod order;
mod place;
mod program;
mod range_func;
mod rewind;
mod select;
mod stmt;
mod switch;
mod tails;
mod update;
mod value;
mod wrapper;

pub use lower::{Form, Shape};
pub use program::{Compiler, FuncKey};
pub use rewind::Mark;
pub use wrapper::Wrapper;
