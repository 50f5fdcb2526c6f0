//! The `compiler` part of go-lite.
