//! Package `internal/bytealg`: strings and byte slices without copies, and searching for both.

use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult, Trap};

/// The package.
pub static PACKAGE: Package = package!(
    "internal/bytealg",
    ".",
    ["bytealg.go-lite"],
    natives!["String" => string, "Bytes" => bytes, "MakeNoZero" => make]
);

fn string(ctx: &mut Ctx<'_>) -> NativeResult {
    let (addr, len, _) = ctx.slice(0);
    ctx.set_string_at(0, if len == 0 { 0 } else { addr }, len);
    Ok(())
}

fn bytes(ctx: &mut Ctx<'_>) -> NativeResult {
    let (addr, len) = (ctx.raw(0), ctx.uint(1));
    ctx.set_slice(0, addr, len, len);
    Ok(())
}

fn make(ctx: &mut Ctx<'_>) -> NativeResult {
    let Ok(len) = u64::try_from(ctx.int(0)) else {
        return Err(ctx.panic_error("makeslice: len out of range"));
    };
    let (addr, cap) = new_buffer(ctx, len)?;
    ctx.set_slice(0, addr, len, cap);
    Ok(())
}

/// More bytes than this are not tried: `make` panics, as in Go, where the address space ends.
pub const LONGEST: u64 = 1 << 47;

/// Scratch memory of natives that is not worth a check.
pub const SMALL: u64 = 1 << 16;

/// Whether there is room for scratch memory of a native, which it gives back before it returns: natives
/// work under the limit of the program's memory.
pub fn room_for(ctx: &mut Ctx<'_>, bytes: u64) -> NativeResult {
    if bytes <= SMALL {
        return Ok(());
    }
    if bytes > LONGEST {
        return Err(Trap::OutOfMemory);
    }
    let heap = &mut ctx.runtime().heap;
    heap.try_charge_external(bytes)?;
    heap.charge_external(-(bytes as i64));
    Ok(())
}

/// Bytes for a slice that grows: the capacity is the whole size class.
pub fn new_buffer(ctx: &mut Ctx<'_>, len: u64) -> Result<(u64, u64), golite_runtime::Trap> {
    if len > LONGEST {
        return Err(ctx.panic_error("makeslice: len out of range"));
    }
    let cap = golite_runtime::golite_gc::size_class_bytes(len as usize, true) as u64;
    Ok((ctx.new_bytes(cap)?, cap))
}

/// Appends `text` to the slice in parameters `param` to `param + 2` and sets it as result: in place if
/// there is room, as the statement `append` does, else in new memory with room to grow.
pub fn append_to(ctx: &mut Ctx<'_>, param: u16, result: u16, text: &[u8]) -> NativeResult {
    let (addr, len, cap) = ctx.slice(param);
    let added = text.len() as u64;
    ctx.charge(added / 8)?;
    if added <= cap - len {
        if added > 0 {
            ctx.fill(addr + len, text)?;
        }
        ctx.set_slice(result, addr, len + added, cap);
        return Ok(());
    }
    let (new, new_cap) = new_buffer(ctx, (len + added).max(2 * cap.min(1 << 20)).max(16))?;
    let old = ctx.bytes_at(addr, len);
    ctx.fill(new, old)?;
    ctx.fill(new + len, text)?;
    ctx.set_slice(result, new, len + added, new_cap);
    Ok(())
}

/// The first `needle` in `text`.
pub fn index(text: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(0),
        [byte] => memchr::memchr(*byte, text),
        _ => memchr::memmem::find(text, needle),
    }
}

/// The last `needle` in `text`.
pub fn last_index(text: &[u8], needle: &[u8]) -> Option<usize> {
    match needle {
        [] => Some(text.len()),
        [byte] => memchr::memrchr(*byte, text),
        _ => memchr::memmem::rfind(text, needle),
    }
}

/// How often `needle` is in `text` without overlaps; the empty one is before each rune and at the end.
pub fn count(text: &[u8], needle: &[u8]) -> usize {
    match needle {
        [] => crate::unicode_utf8::count(text) + 1,
        [byte] => memchr::memchr_iter(*byte, text).count(),
        _ => memchr::memmem::find_iter(text, needle).count(),
    }
}

/// Bytes that are searched between two looks at the limits.
const CHUNK: usize = 1 << 20;

/// The first `needle` in `text`, with steps for what is looked at. Long texts are searched in parts, which
/// overlap where a needle could lie across.
pub fn find(ctx: &mut Ctx<'_>, text: &[u8], needle: &[u8]) -> Result<Option<usize>, Trap> {
    let (chunk, overlap) = (CHUNK.max(4 * needle.len()), needle.len().saturating_sub(1));
    let mut start = 0;
    loop {
        let part = &text[start..text.len().min(start + chunk + overlap)];
        let found = index(part, needle);
        ctx.charge(found.unwrap_or(part.len()) as u64 / 8)?;
        match found {
            Some(at) => return Ok(Some(start + at)),
            None if text.len() - start <= chunk + overlap => return Ok(None),
            None => start += chunk,
        }
    }
}

/// The last `needle` in `text`, as `find`.
pub fn find_last(ctx: &mut Ctx<'_>, text: &[u8], needle: &[u8]) -> Result<Option<usize>, Trap> {
    let (chunk, overlap) = (CHUNK.max(4 * needle.len()), needle.len().saturating_sub(1));
    let mut end = text.len();
    loop {
        let start = end.saturating_sub(chunk + overlap);
        ctx.charge((end - start) as u64 / 8)?;
        match last_index(&text[start..end], needle) {
            Some(at) => return Ok(Some(start + at)),
            None if start == 0 => return Ok(None),
            None => end -= chunk,
        }
    }
}

/// How often `needle` is in `text`, as `count`, with steps for what is looked at.
pub fn count_in(ctx: &mut Ctx<'_>, text: &[u8], needle: &[u8]) -> Result<usize, Trap> {
    if text.len() <= CHUNK {
        ctx.charge(text.len() as u64 / 8)?;
        return Ok(count(text, needle));
    }
    if needle.is_empty() {
        let mut runes = 0;
        for part in crate::unicode_utf8::parts(text) {
            ctx.charge(part.len() as u64 / 8)?;
            runes += crate::unicode_utf8::count(part);
        }
        return Ok(runes + 1);
    }
    let (mut found, mut start) = (0, 0);
    let chunk = CHUNK.max(4 * needle.len());
    while start < text.len() {
        let part = &text[start..text.len().min(start + chunk)];
        ctx.charge(part.len() as u64 / 8)?;
        found += count(part, needle);
        // Behind the last one found in this part; one may lie across its end.
        let last = if needle.len() == 1 { part.len() } else { behind_last(part, needle) };
        start += match text.len() - start <= chunk {
            true => part.len(),
            false => last.max(part.len() - (needle.len() - 1)),
        };
    }
    Ok(found)
}

/// The end of the last of the parts that `count` counts; 0 if there are none.
fn behind_last(text: &[u8], needle: &[u8]) -> usize {
    memchr::memmem::find_iter(text, needle).last().map_or(0, |at| at + needle.len())
}

/// Where the first part between white space is. Each `PART` of a long way costs steps; what is left does not.
pub fn next_field(ctx: &mut Ctx<'_>, text: &[u8]) -> Result<(usize, usize), Trap> {
    let start = skip(ctx, text, 0, true)?;
    Ok((start, skip(ctx, text, start, false)?))
}

/// The end of what is white space, or of what is not, from a place on.
fn skip(ctx: &mut Ctx<'_>, text: &[u8], mut at: usize, spaces: bool) -> Result<usize, Trap> {
    loop {
        let stop = text.len().min(at + PART);
        while at < stop {
            let byte = text[at];
            let (space, width) = if byte < 0x80 {
                (matches!(byte, 9..=13 | 32), 1)
            } else {
                let (r, width) = crate::unicode_utf8::decode(&text[at..]);
                (crate::unicode::tables::is_space(r as u32), width)
            };
            if space != spaces {
                return Ok(at);
            }
            at += width;
        }
        if at >= text.len() {
            return Ok(at);
        }
        ctx.charge(PART as u64 / 4)?;
    }
}

/// How many parts there are between white space.
pub fn count_fields(ctx: &mut Ctx<'_>, text: &[u8]) -> Result<usize, Trap> {
    let (mut rest, mut fields) = (text, 0);
    let mut told = usize::MAX;
    loop {
        if told > rest.len() {
            ctx.charge(rest.len().min(PART) as u64 / 4)?;
            told = rest.len().saturating_sub(PART);
        }
        let (start, end) = next_field(ctx, rest)?;
        if start == end {
            return Ok(fields);
        }
        fields += 1;
        rest = &rest[end..];
    }
}

/// Whether two texts are equal, or which is first.
pub fn compare(ctx: &mut Ctx<'_>, text: &[u8], other: &[u8]) -> Result<std::cmp::Ordering, Trap> {
    for (part, other) in text.chunks(PART).zip(other.chunks(PART)) {
        let both = part.len().min(other.len());
        ctx.charge(both as u64 / 64)?;
        let order = part[..both].cmp(&other[..both]);
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(text.len().cmp(&other.len()))
}

/// So much of a long text is worked on before limits and interrupts are looked at.
pub const PART: usize = 1 << 20;

/// A text of ASCII in the case that was asked for.
pub enum Cased {
    /// It is that already.
    Same,
    /// New bytes.
    New(u64),
    /// The text has other bytes.
    NotAscii,
}

/// A text of ASCII in upper (0) or lower (1) case.
///
/// # Errors
/// Limits.
pub fn ascii_case(ctx: &mut Ctx<'_>, text: &[u8], case: i64) -> Result<Cased, Trap> {
    let changes = |byte: &u8| if case == 0 { byte.is_ascii_lowercase() } else { byte.is_ascii_uppercase() };
    let mut changed = false;
    for part in text.chunks(PART) {
        ctx.look()?;
        if !part.is_ascii() {
            return Ok(Cased::NotAscii);
        }
        changed |= part.iter().any(changes);
    }
    if !changed {
        ctx.charge(text.len() as u64 / 64)?;
        return Ok(Cased::Same);
    }
    let len = text.len() as u64;
    let new = ctx.new_bytes(len)?;
    for (i, part) in text.chunks(PART).enumerate() {
        ctx.charge(part.len() as u64 / 8)?;
        let out = &mut ctx.bytes_at_mut(new, len)[i * PART..][..part.len()];
        out.copy_from_slice(part);
        if case == 0 {
            out.make_ascii_uppercase();
        } else {
            out.make_ascii_lowercase();
        }
    }
    Ok(Cased::New(new))
}

/// `text` in upper (0) or lower (1) case.
///
/// # Errors
/// Limits.
pub fn change_case(ctx: &mut Ctx<'_>, text: &[u8], case: i64) -> Result<Vec<u8>, Trap> {
    let mut out = Vec::with_capacity(text.len() + 4);
    for part in crate::unicode_utf8::parts(text) {
        ctx.charge(part.len() as u64 / 8)?;
        let mut at = 0;
        while at < part.len() {
            let (r, width) = crate::unicode_utf8::decode(&part[at..]);
            crate::strconv::quote::append_rune(&mut out, crate::unicode::tables::to_case(case, r));
            at += width;
        }
    }
    Ok(out)
}
