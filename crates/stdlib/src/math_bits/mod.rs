//! Package `math/bits`: five counting functions and 128-bit products and quotients are natives.

use golite_runtime::native::{Native, Package};

/// The package.
pub static PACKAGE: Package = Package {
    path: "math/bits",
    files: &[("bits.go-lite", source!("bits.go-lite"))],
    natives: &[
        Native {
            name: "LeadingZeros64",
            func: |ctx| {
                ctx.set_int(0, i64::from(ctx.uint(0).leading_zeros()));
                Ok(())
            },
        },
        Native {
            name: "TrailingZeros64",
            func: |ctx| {
                ctx.set_int(0, i64::from(ctx.uint(0).trailing_zeros()));
                Ok(())
            },
        },
        Native {
            name: "OnesCount64",
            func: |ctx| {
                ctx.set_int(0, i64::from(ctx.uint(0).count_ones()));
                Ok(())
            },
        },
        Native {
            name: "Reverse64",
            func: |ctx| {
                ctx.set_uint(0, ctx.uint(0).reverse_bits());
                Ok(())
            },
        },
        Native {
            name: "ReverseBytes64",
            func: |ctx| {
                ctx.set_uint(0, ctx.uint(0).swap_bytes());
                Ok(())
            },
        },
        Native {
            name: "Mul64",
            func: |ctx| {
                let product = u128::from(ctx.uint(0)) * u128::from(ctx.uint(1));
                ctx.set_uint(0, (product >> 64) as u64);
                ctx.set_uint(1, product as u64);
                Ok(())
            },
        },
        Native {
            name: "divide",
            func: |ctx| {
                // The source has checked that the divisor is above the high word.
                let dividend = u128::from(ctx.uint(0)) << 64 | u128::from(ctx.uint(1));
                let divisor = u128::from(ctx.uint(2).max(1));
                ctx.set_uint(0, (dividend / divisor) as u64);
                ctx.set_uint(1, (dividend % divisor) as u64);
                Ok(())
            },
        },
        Native { name: "panicOverflow", func: |ctx| Err(ctx.panic_error("integer overflow")) },
    ],
};
