//! Packages that are Go source throughout.

use golite_runtime::native::Package;

/// Package `cmp`.
pub static CMP: Package = package!("cmp", "cmp", ["cmp.go-lite"], &[]);
/// Package `container/heap`.
pub static CONTAINER_HEAP: Package = package!("container/heap", "container_heap", ["heap.go-lite"], &[]);
/// Package `container/list`.
pub static CONTAINER_LIST: Package = package!("container/list", "container_list", ["list.go-lite"], &[]);
/// Package `container/ring`.
pub static CONTAINER_RING: Package = package!("container/ring", "container_ring", ["ring.go-lite"], &[]);
/// Package `encoding`.
pub static ENCODING: Package = package!("encoding", "encoding", ["encoding.go-lite"], &[]);
/// Package `errors`.
pub static ERRORS: Package = package!("errors", "errors", ["errors.go-lite"], &[]);
/// Package `internal/runtime/maps`.
pub static INTERNAL_RUNTIME_MAPS: Package =
    package!("internal/runtime/maps", "internal_runtime_maps", ["maps.go-lite"], &[]);
/// Package `internal/oserror`.
pub static INTERNAL_OSERROR: Package =
    package!("internal/oserror", "internal_oserror", ["oserror.go-lite"], &[]);
/// Package `internal/show`.
pub static INTERNAL_SHOW: Package = package!("internal/show", "internal_show", ["show.go-lite"], &[]);
/// Package `io`.
pub static IO: Package =
    package!("io", "io", ["io.go-lite", "multi.go-lite", "pipe.go-lite", "section.go-lite"], &[]);
/// Package `io/fs`.
pub static IO_FS: Package = package!("io/fs", "io_fs", ["fs.go-lite", "sub.go-lite", "walk.go-lite"], &[]);
/// Package `iter`.
pub static ITER: Package = package!("iter", "iter", ["iter.go-lite"], &[]);
/// Package `maps`.
pub static MAPS: Package = package!("maps", "maps", ["maps.go-lite"], &[]);
/// Package `path`.
pub static PATH: Package = package!("path", "path", ["match.go-lite", "path.go-lite"], &[]);
/// Package `sort`.
pub static SORT: Package =
    package!("sort", "sort", ["quick.go-lite", "search.go-lite", "sort.go-lite", "stable.go-lite"], &[]);
/// Package `testing`.
pub static TESTING: Package =
    package!("testing", "testing", ["benchmark.go-lite", "main.go-lite", "testing.go-lite"], &[]);
/// Package `unique`.
pub static UNIQUE: Package = package!("unique", "unique", ["unique.go-lite"], &[]);
