//! The standard packages: Go source embedded in the binary, and natives beside it.
//!
//! A folder is a package, its name the import path with `/` as `_`. A function that the source
//! declares without a body is a native of that name in the package's table.

/// The text of a source file. It is a static of that name so that the linker can put the sources next to each
/// other, away from what every program reads (`crates/cli/build.rs`).
macro_rules! source {
    ($file:expr) => {{
        static SOURCE: [u8; include_bytes!($file).len()] = *include_bytes!($file);
        match std::str::from_utf8(&SOURCE) {
            Ok(text) => text,
            Err(_) => panic!("the sources are UTF-8"),
        }
    }};
}

/// A package whose sources are in the folder `dir`: import path, folder, files, natives.
macro_rules! package {
    ($path:literal, $dir:literal, [$($file:literal),* $(,)?], $natives:expr) => {
        golite_runtime::native::Package {
            path: $path,
            files: &[$(($file, source!(concat!($dir, "/", $file)))),*],
            natives: $natives,
        }
    };
}

/// A table of natives: name in Go, function.
macro_rules! natives {
    [$($name:literal => $func:expr),* $(,)?] => {
        &[$(golite_runtime::native::Native { name: $name, func: $func }),*]
    };
}

pub mod bufio;
pub mod bytes;
pub mod context;
pub mod flag;
pub mod fmt;
pub mod golite_inspect;
pub mod internal_bytealg;
pub mod internal_rtype;
pub mod internal_sema;
pub mod internal_ziggurat;
pub mod log;
pub mod math;
pub mod math_bits;
pub mod math_rand;
pub mod math_rand_v2;
pub mod os;
pub mod runtime;
pub mod runtime_debug;
pub mod runtime_metrics;
pub mod runtime_pprof;
pub mod runtime_trace;
pub mod slices;
pub mod source_only;
pub mod strconv;
pub mod strings;
pub mod sync;
pub mod sync_atomic;
pub mod syscall;
pub mod time;
pub mod unicode;
pub mod unicode_utf8;
pub mod weak;

#[cfg(test)]
mod tests;

use golite_runtime::native::Package;

/// All packages, by path.
pub static PACKAGES: &[&Package] = &[
    &bufio::PACKAGE,
    &bytes::PACKAGE,
    &source_only::CMP,
    &source_only::CONTAINER_HEAP,
    &source_only::CONTAINER_LIST,
    &source_only::CONTAINER_RING,
    &context::PACKAGE,
    &source_only::ENCODING,
    &source_only::ERRORS,
    &flag::PACKAGE,
    &fmt::PACKAGE,
    &golite_inspect::PACKAGE,
    &internal_bytealg::PACKAGE,
    &source_only::INTERNAL_OSERROR,
    &internal_rtype::PACKAGE,
    &source_only::INTERNAL_RUNTIME_MAPS,
    &internal_sema::PACKAGE,
    &source_only::INTERNAL_SHOW,
    &internal_ziggurat::PACKAGE,
    &source_only::IO,
    &source_only::IO_FS,
    &source_only::ITER,
    &log::PACKAGE,
    &source_only::MAPS,
    &math::PACKAGE,
    &math_bits::PACKAGE,
    &math_rand::PACKAGE,
    &math_rand_v2::PACKAGE,
    &os::PACKAGE,
    &source_only::PATH,
    &runtime::PACKAGE,
    &runtime_debug::PACKAGE,
    &runtime_metrics::PACKAGE,
    &runtime_pprof::PACKAGE,
    &runtime_trace::PACKAGE,
    &slices::PACKAGE,
    &source_only::SORT,
    &strconv::PACKAGE,
    &strings::PACKAGE,
    &sync::PACKAGE,
    &sync_atomic::PACKAGE,
    &syscall::PACKAGE,
    &source_only::TESTING,
    &time::PACKAGE,
    &unicode::PACKAGE,
    &unicode_utf8::PACKAGE,
    &source_only::UNIQUE,
    &weak::PACKAGE,
];

/// The package of that import path.
#[must_use]
pub fn find(path: &str) -> Option<&'static Package> {
    PACKAGES.iter().copied().find(|package| package.path == path)
}

/// The packages that scripts mean by names which several packages of Go have.
static AMBIGUOUS: &[(&str, &str)] = &[
    ("debug", "runtime/debug"),
    ("list", "container/list"),
    ("pprof", "runtime/pprof"),
    ("rand", "math/rand"),
    ("ring", "container/ring"),
    ("scanner", "text/scanner"),
    ("template", "text/template"),
    ("trace", "runtime/trace"),
];

/// The path that a script means by a name that several of Go's packages have.
#[must_use]
pub fn meant_by(name: &str) -> Option<&'static str> {
    AMBIGUOUS.iter().find(|(ambiguous, _)| *ambiguous == name).map(|(_, path)| *path)
}

/// The package that a script means by a name that it does not import.
#[must_use]
pub fn find_by_name(name: &str) -> Option<&'static Package> {
    if let Some(path) = meant_by(name) {
        return find(path);
    }
    let last = |path: &'static str| path.rsplit('/').next();
    PACKAGES
        .iter()
        .copied()
        .find(|package| !package.path.starts_with("internal/") && last(package.path) == Some(name))
}
