//! Package `math/rand/v2`: PCG in Go source, the blocks of ChaCha8 here.

use golite_runtime::native::{Ctx, Native, NativeResult, Package};

use crate::math_rand::runtime_random;

fn native_chacha_blocks(ctx: &mut Ctx<'_>) -> NativeResult {
    let (seed, out) = (ctx.raw(0), ctx.raw(1));
    let blocks = chacha_blocks([0, 8, 16, 24].map(|offset| ctx.read_u64(seed + offset)), ctx.uint(2) as u32);
    for (at, word) in (out..).step_by(8).zip(blocks) {
        ctx.write_u64(at, word);
    }
    Ok(())
}

/// The package.
pub static PACKAGE: Package = Package {
    path: "math/rand/v2",
    files: &[
        ("rand.go-lite", source!("rand.go-lite")),
        ("source.go-lite", source!("source.go-lite")),
        ("zipf.go-lite", source!("zipf.go-lite")),
    ],
    natives: &[
        Native { name: "chachaBlocks", func: native_chacha_blocks },
        Native { name: "runtimeRandom", func: runtime_random },
    ],
};

/// Four interleaved ChaCha blocks of eight rounds, with the key added to the key rows only; word k of
/// block b is the 32-bit word 4 k + b of the result.
pub fn chacha_blocks(seed: [u64; 4], counter: u32) -> [u64; 32] {
    let mut out = [0u64; 32];
    for block in 0..4 {
        let mut start = [0u32; 16];
        start[..4].copy_from_slice(&[0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]);
        for (i, word) in seed.into_iter().enumerate() {
            start[4 + 2 * i] = word as u32;
            start[5 + 2 * i] = (word >> 32) as u32;
        }
        start[12] = counter.wrapping_add(block as u32);
        let mut state = start;
        for _ in 0..4 {
            for i in 0..4 {
                quarter_round(&mut state, [i, 4 + i, 8 + i, 12 + i]);
            }
            for i in 0..4 {
                quarter_round(&mut state, [i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4]);
            }
        }
        for (i, word) in state.into_iter().enumerate() {
            let word = if (4..12).contains(&i) { word.wrapping_add(start[i]) } else { word };
            out[2 * i + block / 2] |= u64::from(word) << (32 * (block % 2));
        }
    }
    out
}

fn quarter_round(state: &mut [u32; 16], [a, b, c, d]: [usize; 4]) {
    for (first, second) in [(16, 12), (8, 7)] {
        state[a] = state[a].wrapping_add(state[b]);
        state[d] = (state[d] ^ state[a]).rotate_left(first);
        state[c] = state[c].wrapping_add(state[d]);
        state[b] = (state[b] ^ state[c]).rotate_left(second);
    }
}

#[cfg(test)]
mod tests {
    use super::chacha_blocks;

    #[test]
    fn blocks_are_those_of_real_go() {
        // rand.NewChaCha8([32]byte("chacha8 needs a seed of 32 bytes")).Uint64(), the first four.
        let words: Vec<u64> = b"chacha8 needs a seed of 32 bytes"
            .chunks_exact(8)
            .map(|chunk| chunk.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte)))
            .collect();
        let blocks = chacha_blocks([words[0], words[1], words[2], words[3]], 0);
        assert_eq!(
            blocks[..4],
            [0xaad845be3366a768, 0x2a463bf16efdbc47, 0x5f9df66b6b39be74, 0x32534351b96169d6]
        );
    }
}
