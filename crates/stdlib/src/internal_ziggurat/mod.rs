//! Package `internal/ziggurat`: all Go source.

use golite_runtime::native::Package;

/// The package.
pub static PACKAGE: Package = Package {
    path: "internal/ziggurat",
    files: &[("ziggurat.go-lite", source!("ziggurat.go-lite"))],
    natives: &[],
};
