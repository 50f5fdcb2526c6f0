//! The `testkit` part of go-lite.
