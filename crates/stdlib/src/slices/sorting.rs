//! Sorting in parts, between which interrupts and limits are looked at.
//!
//! Many numbers are first divided among buckets by a sample of them, then each bucket is sorted at once: nothing
//! takes longer than a part, and the whole no longer than one sort of all. Texts that are many or long are merged:
//! a comparison of two of them may be long itself, and can be left in the middle.
//!
//! An error leaves the slice as it was.

use std::cmp::Ordering;

use golite_runtime::{Ctx, NativeResult, Trap};

use crate::internal_bytealg::room_for;

/// So many elements are sorted at once: in 5 ms.
const AT_ONCE: usize = 1 << 16;

/// How many buckets there are, and how many elements of the sample for each.
const BUCKETS: usize = 256;
const SAMPLE: usize = 16;

/// Bytes of texts that are compared between two looks.
const COMPARED_AT_ONCE: u64 = 1 << 20;

/// Runs of so many texts are sorted by insertion.
const RUN: usize = 8;

/// Sorts numbers; equal ones cannot be told apart.
///
/// # Errors
/// `Trap::Limit` when it is to stop, `Trap::OutOfMemory`.
pub(super) fn sort_numbers<T: Copy>(
    ctx: &mut Ctx<'_>,
    values: &mut Vec<T>,
    compare: impl Fn(&T, &T) -> Ordering + Copy,
) -> NativeResult {
    if values.len() <= AT_ONCE {
        values.sort_unstable_by(compare);
        return Ok(());
    }
    if is_sorted(ctx, values, |a, b| compare(a, b) != Ordering::Greater)? {
        return Ok(());
    }
    if is_sorted(ctx, values, |a, b| compare(a, b) == Ordering::Greater)? {
        values.reverse();
        return Ok(());
    }
    room_for(ctx, values.len() as u64 * (size_of::<T>() as u64 + 1))?;
    let bounds = bounds(values, compare);
    let bucket_of = |value: &T| bounds.partition_point(|bound| compare(bound, value) == Ordering::Less);
    let mut buckets: Vec<u8> = Vec::with_capacity(values.len());
    let mut counts = [0; BUCKETS];
    for part in values.chunks(AT_ONCE) {
        ctx.look()?;
        for value in part {
            let bucket = bucket_of(value);
            buckets.push(bucket as u8);
            counts[bucket] += 1;
        }
    }
    let mut next = [0; BUCKETS];
    let mut start = 0;
    for (place, count) in next.iter_mut().zip(counts) {
        *place = start;
        start += count;
    }
    // Filled with something: every place is written below.
    let mut sorted: Vec<T> = Vec::with_capacity(values.len());
    for part in values.chunks(AT_ONCE) {
        ctx.look()?;
        sorted.extend_from_slice(part);
    }
    for (part, buckets) in values.chunks(AT_ONCE).zip(buckets.chunks(AT_ONCE)) {
        ctx.look()?;
        for (value, bucket) in part.iter().zip(buckets) {
            let place = &mut next[usize::from(*bucket)];
            sorted[*place] = *value;
            *place += 1;
        }
    }
    let mut start = 0;
    for count in counts {
        ctx.look()?;
        sorted[start..start + count].sort_unstable_by(compare);
        start += count;
    }
    *values = sorted;
    Ok(())
}

/// Whether all neighbours are in an order.
fn is_sorted<T>(ctx: &mut Ctx<'_>, values: &[T], ordered: impl Fn(&T, &T) -> bool) -> Result<bool, Trap> {
    for (number, pair) in values.windows(2).enumerate() {
        if number.is_multiple_of(AT_ONCE) {
            ctx.look()?;
        }
        if !ordered(&pair[0], &pair[1]) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What divides the values into buckets of about the same size.
fn bounds<T: Copy>(values: &[T], compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    // The places are far from any pattern of the values, and the same for each run.
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sample: Vec<T> = (0..BUCKETS * SAMPLE)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            values[(random % values.len() as u64) as usize]
        })
        .collect();
    sample.sort_unstable_by(compare);
    sample.into_iter().skip(SAMPLE).step_by(SAMPLE).collect()
}

/// Sorts strings, given as addresses and lengths.
///
/// # Errors
/// As `sort_numbers`.
pub(super) fn sort_strings(ctx: &mut Ctx<'_>, strings: &mut Vec<(u64, u64)>) -> NativeResult {
    let bytes = strings.iter().fold(0, |sum: u64, (_, len)| sum.saturating_add(*len));
    if strings.len() <= AT_ONCE && bytes <= COMPARED_AT_ONCE {
        strings.sort_unstable_by(|a, b| ctx.bytes_at(a.0, a.1).cmp(ctx.bytes_at(b.0, b.1)));
        return Ok(());
    }
    room_for(ctx, strings.len() as u64 * 16)?;
    let mut compared = 0;
    let mut less = |a: &(u64, u64), b: &(u64, u64)| -> Result<bool, Trap> {
        // Each comparison is some work, of short texts too.
        compared += a.1.min(b.1) + 16;
        if compared >= COMPARED_AT_ONCE {
            compared = 0;
            ctx.look()?;
        }
        Ok(compare_in_parts(ctx, *a, *b)? == Ordering::Less)
    };
    for run in strings.chunks_mut(RUN) {
        for end in 1..run.len() {
            let mut at = end;
            while at > 0 && less(&run[at], &run[at - 1])? {
                run.swap(at, at - 1);
                at -= 1;
            }
        }
    }
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(strings.len());
    let mut width = RUN;
    while width < strings.len() {
        merged.clear();
        for pair in strings.chunks(2 * width) {
            let (mut left, mut right) = pair.split_at(width.min(pair.len()));
            while let ([first, ..], [second, ..]) = (left, right) {
                if less(second, first)? {
                    merged.push(*second);
                    right = &right[1..];
                } else {
                    merged.push(*first);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        std::mem::swap(strings, &mut merged);
        width *= 2;
    }
    Ok(())
}

fn compare_in_parts(ctx: &mut Ctx<'_>, a: (u64, u64), b: (u64, u64)) -> Result<Ordering, Trap> {
    let both = a.1.min(b.1);
    let mut start = 0;
    while both - start > COMPARED_AT_ONCE {
        let part = |text: (u64, u64)| ctx.bytes_at(text.0 + start, COMPARED_AT_ONCE);
        let ordering = part(a).cmp(part(b));
        if ordering != Ordering::Equal {
            return Ok(ordering);
        }
        start += COMPARED_AT_ONCE;
        ctx.look()?;
    }
    Ok(ctx.bytes_at(a.0 + start, a.1 - start).cmp(ctx.bytes_at(b.0 + start, b.1 - start)))
}
