//! The `stdlib` part of go-lite.
