//! The `stdlib` part of go-lite.

pub mod math;
pub mod math_rand;
pub mod math_rand_v2;
