//! Package `flag`: all Go source.

use golite_runtime::native::Package;

/// The package.
pub static PACKAGE: Package = Package {
    path: "flag",
    files: &[("flag.go-lite", source!("flag.go-lite")), ("value.go-lite", source!("value.go-lite"))],
    natives: &[],
};
