//! The heap of go-lite: memory, allocation and the collector. It knows pointer maps, not Go.
//!
//! - non-moving: an address stays an object's for its life, and pointers may be interior;
//! - generational: an object that survives one collection is old, minors look at young objects only;
//! - precise: layouts say which words are pointers; an interface's type word says it of its data word;
//! - incremental: a major marks in slices between which the owner runs.
//!
//! How the parts fit: `size_class` (cells), `reserve` (pages), `block` (bits beside 64 KiB), `space`
//! (blocks, cards, address to object), `layout` (pointer maps), `alloc`, `mark`, `sweep`, `special` (weak
//! handles, finalizers, cleanups), `collect` (the order of all that), `pace` (when), `sample`, `stats`, `inspect`,
//! `checked` (what builds with debug assertions look at).
//!
//! What the owner owes:
//! - every pointer into the heap that it holds at a safepoint is named by `Roots::trace`;
//! - a pointer store into an object is followed by the write barrier, before the next collection, unless
//!   the object was allocated since the last safepoint and is not immortal;
//! - no pointer points one past the end of an object.

mod alloc;
mod block;
pub mod checked;
mod collect;
mod heap;
mod inspect;
mod layout;
mod mark;
pub mod native_memory;
mod native_stack;
mod pace;
mod reserve;
mod sample;
mod size_class;
mod space;
mod special;
mod stats;
mod sweep;
#[cfg(test)]
mod tests;

pub use alloc::Allocation;
pub use heap::{Heap, HeapConfig, HeapError};
pub use inspect::Object;
pub use layout::{BYTES, Layout, LayoutId, LayoutWord};
pub use mark::{Cycle, Roots, Tracer};
pub use native_stack::on_native_stack;
pub use sample::DEFAULT_RATE;
pub use size_class::size_class_bytes;
pub use special::{AttachError, CleanupId, Ready};
pub use stats::{BUCKETS, HeapStats, Histogram, MajorRecord, MinorRecord, count_pause};

/// An address in the heap's range; 0 is nil.
pub type Addr = u64;

/// An allocation failed; `Heap::failure` says why. The caller collects and tries once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<Heap>();
};
