//! The runtime of go-lite: all that compiled code needs while it runs, the interpreter apart.
//!
//! Two halves over one `Runtime`: data (`types`, `memory`, `slice`, `string`, `map`, `iface`, `equal`,
//! `hash`, `panic`, `print`) and scheduling (`goroutine` and all about waiting).
//!
//! The rule about addresses: an address that a function of this crate is given as that of a value
//! of some type (or as a map, a string, a slice) is one. Verified bytecode and the collector see to
//! that; nil is allowed where Go allows it and said so. Addresses stay good until the next safepoint
//! without a root, so no function here collects.

pub mod chan;
pub mod code_address;
pub mod environment;
pub mod equal;
pub mod event;
pub mod finalizer;
pub mod goroutine;
pub mod hash;
pub mod host;
pub mod host_std;
pub mod iface;
pub mod interrupt;
pub mod latency;
mod lookout;
pub mod map;
mod map_grow;
pub mod map_iter;
mod map_key;
mod map_table;
pub mod memory;
pub mod native;
pub mod outside;
pub mod panic;
pub mod pprof;
pub mod print;
pub mod profile;
pub mod program;
pub mod random;
pub mod report;
pub mod roots;
pub mod sched;
#[cfg(test)]
mod sched_tests;
pub mod select;
pub mod sema;
pub mod settings;
pub mod slice;
pub mod slot;
mod stack;
pub mod state;
pub mod string;
pub mod timer;
pub mod timer_heap;
#[cfg(test)]
mod timer_tests;
pub mod trace;
pub mod types;
pub mod wait;

pub use golite_bytecode;
pub use golite_gc;
pub use native::{Ctx, Native, NativeFn, NativeResult, Package, Request, Trap};
pub use state::{Limits, Runtime, RuntimeConfig};
