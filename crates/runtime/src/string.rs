#![expect(unsafe_code, reason = "reads and fills strings by address")]
//! Strings: making, joining, comparing, converting.
//!
//! A string is an address and a length; its bytes never change. Strings share memory with what
//! they were cut from. Those of one byte come from a table.

use std::cmp::Ordering;

use golite_gc::{Addr, size_class_bytes};

use crate::native::{NativeResult, Trap};
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::{MUCH, PART, Runtime};

/// What stands for invalid UTF-8.
pub const RUNE_ERROR: u32 = 0xFFFD;

/// The bytes of a string or byte slice.
///
/// # Safety
/// As `slot::bytes`.
#[must_use]
#[inline(always)]
pub unsafe fn view<'a>(addr: Addr, len: u64) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { slot::bytes(addr, len) }
}

/// Whether two strings are equal. Only for short ones: see `Runtime::equal_strings`.
#[must_use]
#[inline(always)]
pub(crate) fn equal(a: (Addr, u64), b: (Addr, u64)) -> bool {
    // SAFETY: strings point to as many bytes as their length says, by the crate's rule.
    a.1 == b.1 && (a.0 == b.0 || unsafe { view(a.0, a.1) == view(b.0, b.1) })
}

/// The rune that begins at `bytes[at]` and its length; invalid bytes are `RUNE_ERROR`, one long.
///
/// # Panics
/// If `at` is not below the length.
#[must_use]
#[inline]
pub fn decode_rune(bytes: &[u8], at: usize) -> (u32, usize) {
    let first = bytes[at];
    if first < 0x80 {
        return (u32::from(first), 1);
    }
    decode_long(&bytes[at..])
}

fn decode_long(bytes: &[u8]) -> (u32, usize) {
    let rest = |i: usize, low: u8, high: u8| {
        bytes.get(i).filter(|&&byte| (low..=high).contains(&byte)).map(|&byte| u32::from(byte & 0x3F))
    };
    // Second bytes have narrower ranges after some first ones: no overlong forms, surrogates, or
    // anything above U+10FFFF.
    let (len, low, high) = match bytes[0] {
        0xC2..=0xDF => (2, 0x80, 0xBF),
        0xE0 => (3, 0xA0, 0xBF),
        0xED => (3, 0x80, 0x9F),
        0xE1..=0xEF => (3, 0x80, 0xBF),
        0xF0 => (4, 0x90, 0xBF),
        0xF1..=0xF3 => (4, 0x80, 0xBF),
        0xF4 => (4, 0x80, 0x8F),
        _ => return (RUNE_ERROR, 1),
    };
    let Some(second) = rest(1, low, high) else { return (RUNE_ERROR, 1) };
    let mut rune = u32::from(bytes[0]) & (0x7F >> len);
    rune = rune << 6 | second;
    for i in 2..len {
        let Some(next) = rest(i, 0x80, 0xBF) else { return (RUNE_ERROR, 1) };
        rune = rune << 6 | next;
    }
    (rune, len)
}

/// The UTF-8 of a rune; invalid ones are `RUNE_ERROR`.
#[must_use]
pub fn encode_rune(rune: u32, buffer: &mut [u8; 4]) -> usize {
    char::from_u32(rune).unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(buffer).len()
}

/// Fills the table of strings of one byte.
pub(crate) fn fill_byte_strings(addr: Addr) {
    // SAFETY: the table was allocated with 256 bytes just now.
    let table = unsafe { slot::bytes_mut(addr, 256) };
    for (i, byte) in table.iter_mut().enumerate() {
        *byte = i as u8;
    }
}

/// Consecutive ranges of a long way, between which limits and interrupts are looked at.
fn parts(len: u64) -> impl Iterator<Item = std::ops::Range<u64>> {
    (0..len).step_by(PART as usize).map(move |start| start..len.min(start + PART))
}

impl Runtime {
    /// Before each part of a long way; the first was looked at already.
    #[inline]
    fn look_after(&mut self, start: u64) -> NativeResult {
        if start == 0 { Ok(()) } else { self.look() }
    }

    /// Whether two strings of one length are equal; long ones are compared in parts.
    ///
    /// # Errors
    /// `Trap::Limit` when a limit is reached or the program is interrupted.
    #[inline(always)]
    pub fn equal_strings(&mut self, a: (Addr, u64), b: (Addr, u64)) -> Result<bool, Trap> {
        debug_assert_eq!(a.1, b.1);
        if a.1 >= MUCH {
            return self.compare_long(a, b).map(Ordering::is_eq);
        }
        // SAFETY: strings point to as many bytes as their length says, by the crate's rule.
        Ok(unsafe { view(a.0, a.1) == view(b.0, a.1) })
    }

    /// The order of two strings, bytewise; long ones are compared in parts.
    ///
    /// # Errors
    /// As `equal_strings`.
    #[inline(always)]
    pub fn compare_strings(&mut self, a: (Addr, u64), b: (Addr, u64)) -> Result<Ordering, Trap> {
        if a.1.min(b.1) >= MUCH {
            return self.compare_long(a, b);
        }
        // SAFETY: as for `equal_strings`.
        Ok(unsafe { view(a.0, a.1).cmp(view(b.0, b.1)) })
    }

    #[cold]
    #[inline(never)]
    fn compare_long(&mut self, a: (Addr, u64), b: (Addr, u64)) -> Result<Ordering, Trap> {
        if a.0 != b.0 {
            for part in parts(a.1.min(b.1)) {
                let len = part.end - part.start;
                self.charge(len >> 6)?;
                // SAFETY: as for `equal_strings`.
                let order = unsafe { view(a.0 + part.start, len).cmp(view(b.0 + part.start, len)) };
                if order.is_ne() {
                    return Ok(order);
                }
            }
        }
        Ok(a.1.cmp(&b.1))
    }

    /// Copies bytes to memory that was made for them; many are copied in parts.
    #[inline]
    pub(crate) fn fill_from(&mut self, from: Addr, to: Addr, len: u64) -> NativeResult {
        // SAFETY: bytes of the heap by the crate's rule; nothing writes to them meanwhile.
        self.fill(to, unsafe { view(from, len) })
    }

    /// The same for bytes that may be outside of the heap.
    #[inline]
    pub(crate) fn fill(&mut self, to: Addr, bytes: &[u8]) -> NativeResult {
        let len = bytes.len() as u64;
        if len > PART {
            return self.fill_in_parts(to, bytes);
        }
        if len > 0 {
            // SAFETY: memory of that length, to which nobody else has a reference.
            unsafe { slot::bytes_mut(to, len) }.copy_from_slice(bytes);
        }
        Ok(())
    }

    #[cold]
    fn fill_in_parts(&mut self, to: Addr, bytes: &[u8]) -> NativeResult {
        let mut at = to;
        for part in bytes.chunks(PART as usize) {
            self.look()?;
            // SAFETY: as above.
            unsafe { slot::bytes_mut(at, part.len() as u64) }.copy_from_slice(part);
            at += part.len() as u64;
        }
        Ok(())
    }

    /// A new string: address and length.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn new_string(&mut self, bytes: &[u8]) -> Result<(Addr, u64), Trap> {
        match *bytes {
            [] => Ok((0, 0)),
            [byte] => Ok((self.byte_strings + u64::from(byte), 1)),
            _ => {
                let len = bytes.len() as u64;
                self.spend(len);
                let addr = self.heap.alloc_noscan(len)?;
                self.fill(addr, bytes)?;
                Ok((addr, len))
            }
        }
    }

    /// `a + b`.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`, or the panic of a length that overflows.
    #[inline]
    pub fn concat_two(&mut self, a: (Addr, u64), b: (Addr, u64)) -> Result<(Addr, u64), Trap> {
        if a.1 == 0 {
            return Ok(b);
        }
        if b.1 == 0 {
            return Ok(a);
        }
        // Both are in the heap, so the sum of the lengths does not overflow.
        let len = a.1 + b.1;
        self.spend(len);
        let addr = self.heap.alloc_noscan(len)?;
        self.fill_from(a.0, addr, a.1)?;
        self.fill_from(b.0, addr + a.1, b.1)?;
        Ok((addr, len))
    }

    /// Joins strings that lie in consecutive pairs of slots.
    ///
    /// # Errors
    /// As `concat_two`.
    ///
    /// # Safety
    /// `strings` points to `count` strings.
    #[inline]
    pub unsafe fn concat(&mut self, strings: *const u64, count: usize) -> Result<(Addr, u64), Trap> {
        // SAFETY: the caller's promise.
        let at = |i: usize| unsafe { (strings.add(2 * i).read(), strings.add(2 * i + 1).read()) };
        if count == 2 {
            return self.concat_two(at(0), at(1));
        }
        let mut total: u64 = 0;
        let mut filled = 0;
        let mut last = (0, 0);
        for i in 0..count {
            let string = at(i);
            if string.1 != 0 {
                filled += 1;
                last = string;
                total = match total.checked_add(string.1).filter(|&total| total < 1 << 62) {
                    Some(total) => total,
                    None => return Err(self.raise(ErrorKind::Error, "string concatenation too long")),
                };
            }
        }
        if filled < 2 {
            return Ok(last);
        }
        self.spend(total);
        let addr = self.heap.alloc_noscan(total)?;
        let mut to = addr;
        for i in 0..count {
            let (from, len) = at(i);
            self.fill_from(from, to, len)?;
            to += len;
        }
        Ok((addr, total))
    }

    /// `string(bytes)`.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn string_from_bytes(&mut self, addr: Addr, len: u64) -> Result<(Addr, u64), Trap> {
        // SAFETY: a byte slice by the crate's rule; nothing writes to it meanwhile.
        self.new_string(unsafe { view(addr, len) })
    }

    /// `[]byte(s)`: address, length, capacity. Never nil.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn bytes_from_string(&mut self, addr: Addr, len: u64) -> Result<(Addr, u64, u64), Trap> {
        if len == 0 {
            return Ok((self.heap.zero_base(), 0, 0));
        }
        let cap = size_class_bytes(len as usize, true) as u64;
        self.spend(len);
        let bytes = self.heap.alloc_noscan(cap)?;
        self.fill_from(addr, bytes, len)?;
        Ok((bytes, len, cap))
    }

    /// `string(runes)`.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn string_from_runes(&mut self, addr: Addr, len: u64) -> Result<(Addr, u64), Trap> {
        let mut buffer = [0; 4];
        // SAFETY: a slice of int32 of that length, by the crate's rule.
        let rune = |i: u64| unsafe { slot::read::<u32>(addr + 4 * i) };
        let mut total = 0;
        for part in parts(len) {
            self.look_after(part.start)?;
            total += part.map(|i| encode_rune(rune(i), &mut buffer) as u64).sum::<u64>();
        }
        if total == 0 {
            return Ok((0, 0));
        }
        self.spend(8 * len);
        let string = self.heap.alloc_noscan(total)?;
        // SAFETY: fresh memory of that length.
        let bytes = unsafe { slot::bytes_mut(string, total) };
        let mut at = 0;
        for part in parts(len) {
            self.look_after(part.start)?;
            for i in part {
                let size = encode_rune(rune(i), &mut buffer);
                bytes[at..at + size].copy_from_slice(&buffer[..size]);
                at += size;
            }
        }
        Ok((string, total))
    }

    /// `string(rune)` of an integer of any size.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn string_from_rune(&mut self, value: u64) -> Result<(Addr, u64), Trap> {
        let mut buffer = [0; 4];
        let size = encode_rune(u32::try_from(value).unwrap_or(RUNE_ERROR), &mut buffer);
        self.new_string(&buffer[..size])
    }

    /// `[]rune(s)`: address, length, capacity. Never nil.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn runes_from_string(&mut self, addr: Addr, len: u64) -> Result<(Addr, u64, u64), Trap> {
        // SAFETY: a string, by the crate's rule.
        let bytes = unsafe { view(addr, len) };
        self.spend(8 * len);
        let (mut count, mut at) = (0u64, 0);
        for part in parts(len) {
            self.look_after(part.start)?;
            while at < part.end as usize {
                at += decode_rune(bytes, at).1;
                count += 1;
            }
        }
        if count == 0 {
            return Ok((self.heap.zero_base(), 0, 0));
        }
        let cap = size_class_bytes(4 * count as usize, true) as u64 / 4;
        let runes = self.heap.alloc_noscan(4 * cap)?;
        let mut at = 0;
        for part in parts(count) {
            self.look_after(part.start)?;
            for i in part {
                let (rune, size) = decode_rune(bytes, at);
                // SAFETY: fresh memory of `cap` runes, and `count` is not above that.
                unsafe { slot::write(runes + 4 * i, rune) };
                at += size;
            }
        }
        Ok((runes, count, cap))
    }

    /// The rune that begins at byte `at` of a string, and the index after it: one step of `range`.
    #[must_use]
    #[inline(always)]
    pub fn next_rune(addr: Addr, len: u64, at: u64) -> (i32, u64) {
        // SAFETY: a string, by the crate's rule.
        let (rune, size) = decode_rune(unsafe { view(addr, len) }, at as usize);
        (rune as i32, at + size as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runes_are_decoded_as_utf8_demands() {
        for rune in (0..0x11_0000).step_by(7).chain([0x7F, 0x80, 0x7FF, 0x800, 0xFFFF, 0x1_0000, 0x10_FFFF]) {
            let mut buffer = [0; 4];
            let size = encode_rune(rune, &mut buffer);
            let expected = if (0xD800..0xE000).contains(&rune) { RUNE_ERROR } else { rune };
            assert_eq!(decode_rune(&buffer[..size], 0), (expected, size));
        }
        for bad in [
            &[0x80][..],
            &[0xC0, 0x80],
            &[0xE0, 0x80, 0x80],
            &[0xED, 0xA0, 0x80],
            &[0xF4, 0x90, 0x80, 0x80],
            &[0xE2, 0x82],
            &[0xFF],
        ] {
            assert_eq!(decode_rune(bad, 0), (RUNE_ERROR, 1), "{bad:x?}");
        }
    }
}
