//! The `vm` part of go-lite.
