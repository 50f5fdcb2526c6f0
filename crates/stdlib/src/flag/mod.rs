//! Package `flag`: all Go source.

use golite_runtime::native::Package;

/// The package.
pub static PACKAGE: Package = Package {
    path: "flag",
    files: &[
        ("flag.go-lite", include_str!("flag.go-lite")),
        ("value.go-lite", include_str!("value.go-lite")),
    ],
    natives: &[],
};
