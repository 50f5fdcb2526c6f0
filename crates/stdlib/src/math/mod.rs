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

use golite_runtime::native::{Native, Package};

macro_rules! natives {
    (unary { $($name:literal => $unary:expr,)* } binary { $($name2:literal => $binary:expr,)* } rest { $($native:expr,)* }) => {
        &[
            $(Native { name: $name, func: |ctx| {
                let function: fn(f64) -> f64 = $unary;
                ctx.set_float(0, function(ctx.float(0)));
                Ok(())
            } },)*
            $(Native { name: $name2, func: |ctx| {
                let function: fn(f64, f64) -> f64 = $binary;
                ctx.set_float(0, function(ctx.float(0), ctx.float(1)));
                Ok(())
            } },)*
            $($native,)*
        ]
    };
}

static NATIVES: &[Native] = natives! {
    unary {
        "Acos" => trig::acos,
        "Acosh" => explog::acosh,
        "Asin" => trig::asin,
        "Asinh" => explog::asinh,
        "Atan" => trig::atan,
        "Atanh" => explog::atanh,
        "Cbrt" => explog::cbrt,
        "Ceil" => f64::ceil,
        "Cos" => trig::cos,
        "Cosh" => explog::cosh,
        "Erf" => gamma::erf,
        "Erfc" => gamma::erfc,
        "Erfcinv" => gamma::erfcinv,
        "Erfinv" => gamma::erfinv,
        "Exp" => explog::exp,
        "Exp2" => explog::exp2,
        "Expm1" => explog::expm1,
        "Floor" => f64::floor,
        "Gamma" => gamma::gamma,
        "J0" => bessel::j0,
        "J1" => bessel::j1,
        "Log" => explog::log,
        "Log10" => explog::log10,
        "Log1p" => explog::log1p,
        "Log2" => explog::log2,
        "Logb" => exact::logb,
        "Round" => f64::round,
        "RoundToEven" => f64::round_ties_even,
        "Sin" => trig::sin,
        "Sinh" => explog::sinh,
        "Sqrt" => f64::sqrt,
        "Tan" => trig::tan,
        "Tanh" => explog::tanh,
        "Trunc" => f64::trunc,
        "Y0" => bessel::y0,
        "Y1" => bessel::y1,
        "Abs" => f64::abs,
    }
    binary {
        "Atan2" => trig::atan2,
        "Copysign" => f64::copysign,
        "Dim" => exact::dim,
        "Hypot" => exact::hypot,
        "Max" => exact::max,
        "Min" => exact::min,
        "Mod" => exact::fmod,
        "Nextafter" => exact::nextafter,
        "Pow" => explog::pow,
        "Remainder" => exact::remainder,
    }
    rest {
        Native { name: "Float64bits", func: |ctx| { ctx.set_uint(0, ctx.uint(0)); Ok(()) } },
        Native { name: "Float64frombits", func: |ctx| { ctx.set_uint(0, ctx.uint(0)); Ok(()) } },
        Native { name: "Float32bits", func: |ctx| { ctx.set_uint(0, ctx.uint(0)); Ok(()) } },
        Native { name: "Float32frombits", func: |ctx| { ctx.set_uint(0, ctx.uint(0)); Ok(()) } },
        Native { name: "FMA", func: |ctx| { ctx.set_float(0, ctx.float(0).mul_add(ctx.float(1), ctx.float(2))); Ok(()) } },
        Native { name: "Frexp", func: |ctx| { let (fraction, exponent) = exact::frexp(ctx.float(0)); ctx.set_float(0, fraction); ctx.set_int(1, exponent); Ok(()) } },
        Native { name: "Ilogb", func: |ctx| { ctx.set_int(0, exact::ilogb(ctx.float(0))); Ok(()) } },
        Native { name: "Ldexp", func: |ctx| { ctx.set_float(0, exact::ldexp(ctx.float(0), ctx.int(1))); Ok(()) } },
        Native { name: "Lgamma", func: |ctx| { let (value, sign) = gamma::lgamma(ctx.float(0)); ctx.set_float(0, value); ctx.set_int(1, sign); Ok(()) } },
        Native { name: "Modf", func: |ctx| { let (integer, fraction) = exact::modf(ctx.float(0)); ctx.set_float(0, integer); ctx.set_float(1, fraction); Ok(()) } },
        Native { name: "Nextafter32", func: |ctx| { ctx.set_float32(0, exact::nextafter32(ctx.float32(0), ctx.float32(1))); Ok(()) } },
        Native { name: "Pow10", func: |ctx| { ctx.set_float(0, explog::pow10(ctx.int(0))); Ok(()) } },
        Native { name: "Sincos", func: |ctx| { let (sin, cos) = trig::sincos(ctx.float(0)); ctx.set_float(0, sin); ctx.set_float(1, cos); Ok(()) } },
    }
};

/// The package.
pub static PACKAGE: Package = Package {
    path: "math",
    files: &[("math.go-lite", source!("math.go-lite")), ("bessel.go-lite", source!("bessel.go-lite"))],
    natives: NATIVES,
};
