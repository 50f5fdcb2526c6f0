//! go-lite as a library: from source to a running program.
//!
//! [`check_paths`] reads and checks a package, [`Program::new`] makes a program of it.

pub mod embed;
pub mod load;

pub mod doc;
pub mod session;

mod check;
mod explain;
mod go_packages;
mod loader;
mod program;
mod run;
mod script;
mod stack;
mod watch;

pub use check::{Checked, check_files, check_paths, check_paths_traced};
pub use golite_gc::native_memory::{catch_faults, use_one_arena};
pub use golite_runtime::host::{Host, HostError};
pub use golite_runtime::host_std::{Diversion, Permissions, StdHost, Waker};
pub use golite_runtime::interrupt::Cause;
pub use loader::{
    FindStd, PackageLoader, ParsedPackage, StdPackage, find_std, find_std_traced, is_script, parse_package,
    parse_program,
};
pub use program::{NotRunnable, Program};
pub use run::{LeakCheck, Outcome, ProfileKind, ProfileSet, Reports, RunConfig, Stats, TraceTo};
pub use script::{NoProgram, check_eval, eval_constant, script_to_go};
pub use stack::{NoDeepStack, beside_deep_stack, on_deep_stack, try_on_deep_stack};
pub use watch::{Stuck, Watch};

#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct EmbeddingPage;
