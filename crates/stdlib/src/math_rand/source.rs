//! The additive lagged Fibonacci generator of Mitchell and Reeds, x[n] = x[n-607] + x[n-273].

use super::warmed_up::WARMED_UP;

/// Words of state.
pub const LENGTH: usize = 607;
/// The shorter lag.
pub const TAP: usize = 273;

/// The minimal standard generator: 48271 x mod 2^31-1.
pub fn next_seed(x: i64) -> i64 {
    x * 48271 % 0x7FFF_FFFF
}

/// The state that belongs to a seed in [1, 2^31-1).
pub fn seeded(seed: i64) -> impl Iterator<Item = u64> {
    let mut x = seed;
    for _ in 0..20 {
        x = next_seed(x);
    }
    WARMED_UP.iter().map(move |&warm| {
        let mut word = warm;
        for shift in [40, 20, 0] {
            x = next_seed(x);
            word ^= (x as u64) << shift;
        }
        word
    })
}
