//! The `syntax` part of go-lite.
