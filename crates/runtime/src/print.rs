//! The built-in `print`, and how uncaught panic values are shown.
//!
//! Both write numbers the same way: integers in decimal, floats as `strconv` with `g` and the
//! shortest digits, addresses in hexadecimal, relative to the heap so that a run shows the same ones
//! each time.

use std::fmt::Write;

use golite_bytecode::{FuncIx, TypeIx, TypeKind};
use golite_gc::Addr;

use crate::native::NativeResult;
use crate::panic::PanicText;
use crate::slot;
use crate::state::Runtime;

/// Where the heap seems to begin in printed addresses: where Go's does.
const SHOWN_BASE: u64 = 0xc0_0000_0000;

/// A float as Go's `g` format with the shortest digits that give the number back.
#[must_use]
pub fn format_float(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_string();
    }
    from_scientific(&format!("{value:e}"))
}

/// A float32 in the same format: digits enough for its own precision.
#[must_use]
pub fn format_float32(value: f32) -> String {
    if !value.is_finite() {
        return format_float(f64::from(value));
    }
    from_scientific(&format!("{value:e}"))
}

/// From Rust's `1.25e-7` to Go's forms.
fn from_scientific(text: &str) -> String {
    let (digits, exponent) = text.split_once('e').expect("the format has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", digits),
    };
    if !(-4..6).contains(&exponent) {
        let mark = if exponent < 0 { '-' } else { '+' };
        return format!("{sign}{digits}e{mark}{:02}", exponent.abs());
    }
    let digits: String = digits.chars().filter(|&c| c != '.').collect();
    if exponent < 0 {
        return format!("{sign}0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}", "0".repeat(whole - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..whole], &digits[whole..])
}

/// A complex number: `(1+2i)`, each part in its own precision.
fn format_complex(real: &str, imaginary: &str) -> String {
    let sign = if imaginary.starts_with(['+', '-']) { "" } else { "+" };
    format!("({real}{sign}{imaginary}i)")
}

/// So many steps take about the time of a call of the system.
const WRITE_STEPS: u64 = 100;

/// So much of a long text is written before limits and interrupts are looked at: a terminal may be slow.
const WRITTEN_AT_ONCE: usize = 1 << 16;

impl Runtime {
    /// An address as programs see it printed.
    #[must_use]
    pub fn shown_address(&self, addr: Addr) -> u64 {
        if self.heap.contains(addr) { addr - self.heap.base() + SHOWN_BASE } else { addr }
    }

    /// The text that `print` writes for a value in slots.
    #[must_use]
    pub fn print_text(&self, ty: TypeIx, slots: &[u64]) -> Vec<u8> {
        let mut out = String::new();
        let rt_type = &self.types[ty];
        let address = |slot: u64| self.shown_address(slot);
        match &rt_type.def.kind {
            TypeKind::String => return self.string_bytes(slots[0], slots[1]).to_vec(),
            TypeKind::Slice(_) => {
                let _ = write!(out, "[{}/{}]{:#x}", slots[1], slots[2], address(slots[0]));
            }
            TypeKind::Interface(_) => {
                let data = if slots[0] & 1 != 0 { address(slots[1]) } else { slots[1] };
                let _ = write!(out, "({:#x},{data:#x})", slots[0]);
            }
            TypeKind::Pointer(_)
            | TypeKind::UnsafePointer
            | TypeKind::Map { .. }
            | TypeKind::Chan { .. }
            | TypeKind::Func { .. } => {
                let _ = write!(out, "{:#x}", address(slots[0]));
            }
            _ => out = self.scalar_text(ty, slots).unwrap_or_default(),
        }
        out.into_bytes()
    }

    /// The built-in `print` of one value: to standard error. A long text is written in parts.
    ///
    /// # Errors
    /// `Trap::Limit` when a limit is reached or the program is interrupted.
    ///
    /// # Safety
    /// `slots` points to the slots of a value of the type.
    #[expect(unsafe_code, reason = "the slots of a value in the frame")]
    pub unsafe fn print(&mut self, ty: TypeIx, slots: *const u64) -> NativeResult {
        let count = usize::from(self.types[ty].slots);
        let slots = match count {
            0 => &[][..],
            // SAFETY: the caller's promise.
            _ => unsafe { std::slice::from_raw_parts(slots, count) },
        };
        let made;
        let text = match self.types[ty].def.kind {
            // SAFETY: a string, by the crate's rule; nothing is freed before it is written.
            TypeKind::String => unsafe { slot::bytes(slots[0], slots[1]) },
            _ => {
                made = self.print_text(ty, slots);
                &made[..]
            }
        };
        // It is written at once: what a call of the system takes counts as steps.
        let (first, rest) = text.split_at(text.len().min(WRITTEN_AT_ONCE));
        self.charged = self.charged.saturating_add(WRITE_STEPS + (first.len() as u64 >> 3));
        // Nobody could be told of an error.
        let _ = self.host.write(2, first);
        for part in rest.chunks(WRITTEN_AT_ONCE) {
            self.charge(part.len() as u64 >> 3)?;
            self.look()?;
            let _ = self.host.write(2, part);
        }
        Ok(())
    }

    /// Numbers and booleans.
    fn scalar_text(&self, ty: TypeIx, slots: &[u64]) -> Option<String> {
        let rt_type = &self.types[ty];
        let float = |i: usize| format_float(f64::from_bits(slots[i]));
        let float32 = |i: usize| format_float32(f32::from_bits(slots[i] as u32));
        Some(match rt_type.def.kind {
            TypeKind::Bool => (slots[0] != 0).to_string(),
            TypeKind::Int { .. } => (slots[0] as i64).to_string(),
            TypeKind::Uint { .. } => slots[0].to_string(),
            TypeKind::Float if rt_type.size == 4 => float32(0),
            TypeKind::Float => float(0),
            TypeKind::Complex if rt_type.size == 8 => format_complex(&float32(0), &float32(1)),
            TypeKind::Complex => format_complex(&float(0), &float(1)),
            _ => return None,
        })
    }

    /// The bytes of a string.
    #[must_use]
    #[expect(unsafe_code, reason = "strings are addresses")]
    pub fn string_bytes(&self, addr: Addr, len: u64) -> &[u8] {
        // SAFETY: strings point to as many live bytes as their length says, by the crate's rule; the
        // borrow of the runtime keeps the collector away.
        unsafe { slot::bytes(addr, len) }
    }

    /// The method that gives the text of a panic value: `Error`, else `String`, without parameters and
    /// with a string as result. Whoever prints a panic calls it, with the data word as receiver.
    #[must_use]
    pub fn panic_text_method(&self, type_word: u64) -> Option<FuncIx> {
        let rt_type = self.types.get(slot::type_of_word(type_word))?;
        ["Error", "String"].iter().find_map(|name| {
            rt_type.def.methods.iter().find_map(|method| {
                let identity = &self.program.methods[method.method.index()];
                let fits = &*identity.name == *name && self.types.name(identity.ty) == "func() string";
                fits.then_some(method.func)
            })
        })
    }

    /// How an uncaught panic shows a value that has no such method.
    #[must_use]
    pub fn panic_value_text(&self, type_word: u64, data: u64) -> PanicText {
        if type_word == 0 {
            return b"nil".to_vec().into();
        }
        let ty = slot::type_of_word(type_word);
        let def = &self.types[ty].def;
        let slots = self.iface_slots(type_word, data);
        // Defined types have a dot or a bare name of their own; the basic ones are their kind's name.
        let defined = !def.package.is_empty();
        if let TypeKind::String = def.kind {
            let string = (slots[0], slots[1]);
            return match defined {
                true => PanicText { before: format!("{}(\"", def.name).into_bytes(), string, after: b"\")" },
                false => PanicText { string, ..PanicText::default() },
            };
        }
        match self.scalar_text(ty, &slots) {
            Some(text) if defined && text.starts_with('(') => format!("{}{text}", def.name),
            Some(text) if defined => format!("{}({text})", def.name),
            Some(text) => text,
            None => {
                let address = if type_word & 1 != 0 { self.shown_address(data) } else { data };
                format!("({}) {address:#x}", def.name)
            }
        }
        .into_bytes()
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_printed_as_go_prints_them() {
        let cases = [
            (1.0, "1"),
            (2.5, "2.5"),
            (1e100, "1e+100"),
            (-0.5, "-0.5"),
            (1e20, "1e+20"),
            (123_456_789.0, "1.23456789e+08"),
            (100_000.0, "100000"),
            (1e6, "1e+06"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (12_345_678_901_234_567_890.0, "1.2345678901234567e+19"),
            (123.456, "123.456"),
            (0.0, "0"),
            (-0.0, "-0"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, text) in cases {
            assert_eq!(format_float(value), text);
        }
        assert_eq!(format_float32(0.1), "0.1");
        assert_eq!(format_complex("1", "2"), "(1+2i)");
        assert_eq!(format_complex("0.5", "-1"), "(0.5-1i)");
        assert_eq!(format_complex("NaN", "+Inf"), "(NaN+Infi)");
    }
}
