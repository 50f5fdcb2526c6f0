//! The `source` part of go-lite.
