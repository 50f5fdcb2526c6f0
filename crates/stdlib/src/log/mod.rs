//! Package `log`: all Go source.

use golite_runtime::native::Package;

/// The package.
pub static PACKAGE: Package =
    Package { path: "log", files: &[("log.go-lite", source!("log.go-lite"))], natives: &[] };
