//! The `gc` part of go-lite.
