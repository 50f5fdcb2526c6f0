//! The `types` part of go-lite.
