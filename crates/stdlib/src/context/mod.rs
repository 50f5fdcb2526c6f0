//! Package `context`: all Go source.

use golite_runtime::native::Package;

/// The package.
pub static PACKAGE: Package =
    Package { path: "context", files: &[("context.go-lite", source!("context.go-lite"))], natives: &[] };
