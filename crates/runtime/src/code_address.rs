//! Code addresses: the `uintptr` by which programs name a place in code (`runtime.Callers`).
//!
//! The address of a call is what Go returns: where the call returns to. One less is inside of the call
//! and names the same place, as programs that subtract one expect. A place in inlined code is told from
//! the calls around it by the depth. No address is 0 or 1. A module has fewer than 2^27 functions.

use golite_bytecode::FuncIx;

/// A place in the code of a function.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CodeAddress {
    /// The function whose code it is.
    pub func: FuncIx,
    /// The word.
    pub pc: u32,
    /// Which of the calls inlined there: 0 is the innermost, at most `MAX_DEPTH`.
    pub depth: u8,
}

/// Stands for `runtime.goexit`, where a goroutine returns to at its end.
pub const GOEXIT: FuncIx = FuncIx((1 << 27) - 1);

/// Stands for `runtime.gopanic`, which calls what was deferred in Go.
pub const GOPANIC: FuncIx = FuncIx((1 << 27) - 2);

/// Stands for `runtime.Goexit` where it calls what was deferred.
pub const GOEXIT_CALL: FuncIx = FuncIx((1 << 27) - 3);

/// Stands for what a goroutine that receives from a channel waits in.
pub const CHAN_RECEIVE: FuncIx = FuncIx((1 << 27) - 4);

/// Stands for what a goroutine that sends to a channel waits in.
pub const CHAN_SEND: FuncIx = FuncIx((1 << 27) - 5);

/// Stands for what a goroutine in a `select` waits in.
pub const SELECT: FuncIx = FuncIx((1 << 27) - 6);

/// Stands for what all goroutines wait in.
pub const PARK: FuncIx = FuncIx((1 << 27) - 7);

/// Stands for what raises the panic of an access through nil.
pub const PANIC_MEMORY: FuncIx = FuncIx((1 << 27) - 8);

/// Stands for what Go calls when the processor has found such an access.
pub const SIGNAL_PANIC: FuncIx = FuncIx((1 << 27) - 9);

/// Stands for what raises the panic of a division by zero.
pub const PANIC_DIVIDE: FuncIx = FuncIx((1 << 27) - 10);

/// Stands for what raises the panic of a negative shift count.
pub const PANIC_SHIFT: FuncIx = FuncIx((1 << 27) - 11);

/// Stands for what raises the panic of an index or bound out of range.
pub const PANIC_BOUNDS: FuncIx = FuncIx((1 << 27) - 12);

/// Name and file of one of Go's own functions that these stand for.
#[must_use]
pub fn stand_in(func: FuncIx) -> Option<(&'static str, &'static str)> {
    match func {
        GOEXIT => Some(("runtime.goexit", "$GOROOT/src/runtime/asm.s")),
        GOPANIC => Some(("runtime.gopanic", "$GOROOT/src/runtime/panic.go")),
        CHAN_RECEIVE => Some(("runtime.chanrecv1", "$GOROOT/src/runtime/chan.go")),
        CHAN_SEND => Some(("runtime.chansend1", "$GOROOT/src/runtime/chan.go")),
        SELECT => Some(("runtime.selectgo", "$GOROOT/src/runtime/select.go")),
        PARK => Some(("runtime.gopark", "$GOROOT/src/runtime/proc.go")),
        PANIC_MEMORY => Some(("runtime.panicmem", "$GOROOT/src/runtime/panic.go")),
        SIGNAL_PANIC => Some(("runtime.sigpanic", "$GOROOT/src/runtime/signal_unix.go")),
        PANIC_DIVIDE => Some(("runtime.panicdivide", "$GOROOT/src/runtime/panic.go")),
        PANIC_SHIFT => Some(("runtime.panicshift", "$GOROOT/src/runtime/panic.go")),
        PANIC_BOUNDS => Some(("runtime.panicBounds", "$GOROOT/src/runtime/asm.s")),
        GOEXIT_CALL => Some(("runtime.Goexit", "$GOROOT/src/runtime/panic.go")),
        _ => None,
    }
}

/// The greatest depth that an address can tell.
pub const MAX_DEPTH: u8 = 7;

impl CodeAddress {
    /// The beginning of a function.
    #[must_use]
    pub fn entry(func: FuncIx) -> u64 {
        CodeAddress { func, pc: 0, depth: 0 }.to_word() - 1
    }

    /// The address of a call.
    #[must_use]
    pub fn to_word(self) -> u64 {
        let place = u64::from(self.pc) << 3 | u64::from(self.depth.min(MAX_DEPTH));
        (u64::from(self.func.0) + 1) << 36 | place << 1 | 1
    }

    /// The place of an address; whether the function exists is not known here.
    #[must_use]
    pub fn from_word(word: u64) -> Option<CodeAddress> {
        let func = u32::try_from((word >> 36).checked_sub(1)?).ok()?;
        let place = word >> 1 & ((1 << 35) - 1);
        Some(CodeAddress { func: FuncIx(func), pc: (place >> 3) as u32, depth: (place & 7) as u8 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_the_one_before_name_the_same_place() {
        for place in [
            CodeAddress { func: FuncIx(0), pc: 0, depth: 0 },
            CodeAddress { func: FuncIx((1 << 27) - 1), pc: u32::MAX, depth: MAX_DEPTH },
            CodeAddress { func: FuncIx(7), pc: 12, depth: 3 },
        ] {
            let word = place.to_word();
            assert_eq!(CodeAddress::from_word(word), Some(place));
            assert_eq!(CodeAddress::from_word(word - 1), Some(place));
        }
    }

    #[test]
    fn the_entry_is_in_the_function() {
        let entry = CodeAddress::entry(FuncIx(5));
        assert_eq!(CodeAddress::from_word(entry).map(|place| place.func), Some(FuncIx(5)));
        assert_eq!(CodeAddress::from_word(0), None);
        assert_eq!(CodeAddress::from_word(1), None);
    }
}
