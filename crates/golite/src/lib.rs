//! The `golite` part of go-lite.
