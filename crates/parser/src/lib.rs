//! The `parser` part of go-lite.
