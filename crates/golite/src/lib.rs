//! go-lite as a library: from source to a running program.

pub mod load;

mod check;
mod loader;

pub use check::{Checked, check_files, check_paths};
pub use loader::{FindStd, PackageLoader, StdFiles, find_std, parse_package};
