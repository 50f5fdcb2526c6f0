//! The `bytecode` part of go-lite.
