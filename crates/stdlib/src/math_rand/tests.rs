//! The warmed-up state computed anew.

use super::source::{LENGTH, TAP, next_seed};
use super::warmed_up::WARMED_UP;

/// A polynomial over the integers modulo 2^64, modulo t^607 - t^334 - 1.
type Polynomial = Vec<u64>;

fn reduce(mut p: Polynomial) -> Polynomial {
    for i in (LENGTH..p.len()).rev() {
        let coefficient = p[i];
        p[i - LENGTH] = p[i - LENGTH].wrapping_add(coefficient);
        p[i - TAP] = p[i - TAP].wrapping_add(coefficient);
    }
    p.truncate(LENGTH);
    p
}

fn square(p: &[u64]) -> Polynomial {
    let mut product = vec![0u64; 2 * LENGTH];
    for (i, &x) in p.iter().enumerate() {
        for (j, &y) in p.iter().enumerate() {
            product[i + j] = product[i + j].wrapping_add(x.wrapping_mul(y));
        }
    }
    reduce(product)
}

fn times_t(p: &[u64]) -> Polynomial {
    let mut shifted = vec![0u64];
    shifted.extend_from_slice(p);
    reduce(shifted)
}

/// Step k of the generator writes this position; steps before the first stand for the initial state.
fn position(step: i64) -> usize {
    (333 - step).rem_euclid(LENGTH as i64) as usize
}

fn warmed_up() -> Vec<u64> {
    let mut x = 1;
    for _ in 0..20 {
        x = next_seed(x);
    }
    let mut state = Vec::new();
    for _ in 0..LENGTH {
        let mut word = 0u64;
        for shift in [20, 10, 0] {
            x = next_seed(x);
            word ^= (x as u64) << shift;
        }
        state.push(word);
    }
    let steps = 7_800_000_000_000u64;
    let mut power: Polynomial = vec![0; LENGTH];
    power[0] = 1;
    for bit in (0..64).rev() {
        power = square(&power);
        if steps >> bit & 1 == 1 {
            power = times_t(&power);
        }
    }
    let mut result = vec![0u64; LENGTH];
    for k in 0..LENGTH as i64 {
        let word = (0..LENGTH).fold(0u64, |sum, i| {
            sum.wrapping_add(power[i].wrapping_mul(state[position(i as i64 - LENGTH as i64)]))
        });
        result[position(steps as i64 - LENGTH as i64 + k)] = word;
        power = times_t(&power);
    }
    result
}

#[test]
fn the_table_is_the_state_after_its_steps() {
    assert_eq!(warmed_up(), WARMED_UP);
}
