//! The `runtime` part of go-lite.
