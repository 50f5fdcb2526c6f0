//! go-lite inside of a Rust program.
//!
//! ```
//! use golite::embed::{Options, Program};
//!
//! let program = Program::compile("double.go-lite", "func Double(n int) int { return 2 * n }")?;
//! let mut vm = program.vm(Options::new())?;
//! let n: i64 = vm.call("Double", (21,))?;
//! assert_eq!(n, 42);
//! # Ok::<(), golite::embed::Error>(())
//! ```
//!
//! - A [`Program`] is compiled from texts; what is wrong with them is an [`Error`].
//! - A [`Vm`] runs it: alone, with what its [`Options`] allow and no more. There is no state that VMs share,
//!   and each may move to another thread.
//! - [`Vm::call`] takes and gives Rust values; [`IntoValue`] and [`FromValue`] say which, [`Value`] is any of
//!   them.
//! - A [`PackageBuilder`] makes a package of Rust functions and types.
//! - An [`InterruptHandle`] ends a call from another thread.
//!
//! A panic in Go, a limit, `os.Exit` end a call with an error. The VM can be used on: what the program's
//! variables held stays, goroutines that the call did not end go on during the next one.

mod callback;
mod convert;
mod error;
mod host_data;
mod memory;
mod native;
mod outside;
mod package;
mod program;
mod value;
mod vm;

pub use callback::{Callback, CallbackError, GoTypes};
pub use convert::{Arguments, FromValue, GoType, IntoValue, Mismatch, Opaque, Results, TypeNames, Values};
pub use error::{CompileError, Error, Failure, Limit, Message};
pub use outside::Output;
pub use package::{HostCallable, HostResults, PackageBuilder, Signature};
pub use program::{Program, ProgramBuilder};
pub use value::{Object, Value};
pub use vm::{InterruptHandle, Options, Vm};

pub(crate) use native::find as find_native;
