//! Package `internal/sema`: the semaphores of the runtime.

use golite_runtime::native::Package;
use golite_runtime::sema;

/// The package.
pub static PACKAGE: Package = Package {
    path: "internal/sema",
    files: &[("sema.go-lite", source!("sema.go-lite"))],
    natives: sema::NATIVES,
};
