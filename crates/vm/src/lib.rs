//! The virtual machine: loader, interpreter loop, and how goroutines, panics and the collector meet
//! in it.
//!
//! - `operands`, `regs`, `handlers`, `dispatch`: the interpreter. It runs one goroutine for a budget and
//!   says how it stopped.
//! - `frame`: frames and the table of code. `code`: taking over what the compiler made, on demand.
//! - `unwind`: panics, recover, Goexit. `trace`: tracebacks and reports. `failure`: facts for explanations.
//! - `profile`: samples and profiles. `debug_lines`: what `GODEBUG` shows.
//! - `record`: traces. `leaks`: goroutines that can never go on. `look`: what a session shows of the heap.
//! - `step`: instructions one by one. `rewind`: taking code away again.
//! - `collect`: the roots of a collection. `run`: the scheduler's caller.
//! - `session`: a VM that goes on after the function that it was given. `call`: functions that a host calls.
//!
//! Unsafe code is in `regs`, `operands`, `dispatch` and `vm` (register and memory access, justified by the
//! verifier and the collector's maps); handlers have none.

mod access;
mod call;
mod code;
mod collect;
mod debug_lines;
mod dispatch;
mod failure;
mod frame;
mod handlers;
mod heap_dump;
mod leaks;
mod look;
mod operands;
mod profile;
mod record;
mod regs;
mod request;
mod rewind;
mod run;
mod session;
mod stats;
mod step;
mod trace;
mod unwind;
mod vm;

pub use call::{CallEnd, FailureKind, Report};
pub use code::Loader;
pub use failure::{Failure, Site, Waiting};
pub use leaks::circles;
pub use look::{HeapView, Held, ObjectLine, ObjectView, TypeUse};
pub use rewind::{Held as CodeHeld, Mark};
pub use run::Outcome;
pub use session::{Background, Input, InputEnd};
pub use stats::Stats;
pub use step::{Answer, Step, Watcher};
pub use vm::{LeakCheck, ProfileSet, TraceTo, Vm, VmConfig};
