//! The `diag` part of go-lite.
