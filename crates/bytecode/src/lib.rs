//! Bytecode: the instruction table, modules, and all that follows from the table alone.
//!
//! The language between the front half (compiler) and the back half (VM). It holds no addresses:
//! it is the same for every backend, can be printed, and is checked before it runs.

pub mod analysis;
pub mod code;
pub mod flow;
mod instructions;
pub mod module;
pub mod op;
pub mod operand;
pub mod print;
pub mod types;
pub mod verify;

pub use analysis::{FlowError, FrameMaps};
pub use code::{CodeBuilder, Word};
pub use module::*;
pub use op::{Effect, Op, OpInfo, OperandInfo};
pub use operand::{
    Access, FuncIx, GlobalIx, Kind, MethodIx, Reg, SelectIx, Shape, SigIx, StringIx, TableIx, TypeIx,
};
pub use types::*;
pub use verify::{Verifier, VerifyError, verify_function, verify_module};
