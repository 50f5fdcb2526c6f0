//! go-lite as a library: from source to a running program.

pub mod load;
