//! The `runtime` part of go-lite.

pub mod event;
pub mod goroutine;
pub mod random;
pub mod timer_heap;
pub mod wait;
