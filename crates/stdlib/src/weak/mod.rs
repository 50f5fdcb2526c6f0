//! Package `weak`: the heap has one handle for each pointer, which it clears when the object dies.

use golite_runtime::finalizer;
use golite_runtime::native::{Native, Package};

/// The package.
pub static PACKAGE: Package = Package {
    path: "weak",
    files: &[("weak.go-lite", source!("weak.go-lite"))],
    natives: &[
        Native { name: "makeHandle", func: finalizer::native_make_weak },
        Native { name: "value", func: finalizer::native_weak_value },
    ],
};
