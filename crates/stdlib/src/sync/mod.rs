//! Package `sync`: Go source over internal/sema and sync/atomic.

use golite_runtime::native::{Native, Package};

/// The package.
pub static PACKAGE: Package = Package {
    path: "sync",
    files: &[
        ("mutex.go-lite", source!("mutex.go-lite")),
        ("waitgroup.go-lite", source!("waitgroup.go-lite")),
        ("once.go-lite", source!("once.go-lite")),
        ("map.go-lite", source!("map.go-lite")),
        ("pool.go-lite", source!("pool.go-lite")),
    ],
    natives: &[Native {
        name: "collections",
        func: |ctx| {
            let majors = ctx.rt().heap.majors();
            ctx.set_uint(0, majors);
            Ok(())
        },
    }],
};
