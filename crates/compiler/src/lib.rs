//! The compiler: from the checked syntax tree to bytecode.

pub mod arith;
pub mod asm;
