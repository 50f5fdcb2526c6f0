//! Developer tasks: generated files, checks, stress runs.

fn main() {}
