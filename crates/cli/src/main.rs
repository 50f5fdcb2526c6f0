//! The command line of go-lite.

fn main() {}
