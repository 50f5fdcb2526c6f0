//! Package `sync`: Go source over internal/sema and sync/atomic.

use golite_runtime::native::{Native, Package};

/// The package.
pub static PACKAGE: Package = Package {
    path: "sync",
    files: &[
        ("mutex.go-lite", include_str!("mutex.go-lite")),
        ("waitgroup.go-lite", include_str!("waitgroup.go-lite")),
        ("once.go-lite", include_str!("once.go-lite")),
        ("map.go-lite", include_str!("map.go-lite")),
        ("pool.go-lite", include_str!("pool.go-lite")),
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
