//! The standard packages: Go source embedded in the binary, and natives beside it.
//!
//! A folder is a package, its name the import path with `/` as `_`. A function that the source
//! declares without a body is a native of that name in the package's table.

pub mod context;
pub mod flag;
pub mod internal_sema;
pub mod internal_ziggurat;
pub mod log;
pub mod math;
pub mod math_bits;
pub mod math_rand;
pub mod math_rand_v2;
pub mod sync;
pub mod sync_atomic;
pub mod time;

use golite_runtime::native::Package;

/// All packages, by path.
pub static PACKAGES: &[&Package] = &[
    &context::PACKAGE,
    &flag::PACKAGE,
    &internal_sema::PACKAGE,
    &internal_ziggurat::PACKAGE,
    &log::PACKAGE,
    &math::PACKAGE,
    &math_bits::PACKAGE,
    &math_rand::PACKAGE,
    &math_rand_v2::PACKAGE,
    &sync::PACKAGE,
    &sync_atomic::PACKAGE,
    &time::PACKAGE,
];

/// The package of that import path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Package> {
    PACKAGES.iter().copied().find(|package| package.path == path)
}
