//! Package `math`: the bits of real Go on amd64 for every function and argument.
//!
//! The functions are natives over the modules here; what is a loop of unbounded length (`Jn`, `Yn`)
//! is Go source.

pub mod bessel;
mod bessel_tables;
pub mod exact;
pub mod explog;
pub mod gamma;
pub mod trig;

#[cfg(test)]
mod tests;
