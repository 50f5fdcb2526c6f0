//! Sorting in parts, between which interrupts and limits are looked at.
//!
//! Many numbers are first divided among buckets by a sample of them (a samplesort in place), then each bucket is
//! sorted at once: nothing takes longer than a part. Texts that are many or long are merged: a comparison of two of
//! them may be long itself, and can be left in the middle.
//!
//! An error leaves numbers in some order, and strings in the order that they had.

use std::cmp::Ordering;
use std::ops::Range;

use golite_runtime::golite_gc::Addr;
use golite_runtime::{Ctx, NativeResult, Trap};

use crate::internal_bytealg::room_for;

/// So many elements are looked at or moved between two looks, and sorted at once if there are no more of them.
const AT_ONCE: usize = 1 << 16;

/// A bucket with so many elements is divided again: to sort it at once takes some 30 ms.
const LARGE: usize = 1 << 20;

/// Values that divide the buckets: each has a bucket for what equals it, so that all numbers fit a byte.
const BOUNDS: usize = 127;
/// Elements of the sample for each of them.
const SAMPLE: usize = 16;

/// Bytes of texts that are compared between two looks.
const COMPARED_AT_ONCE: u64 = 1 << 20;

/// Runs of so many texts are sorted by insertion.
const RUN: usize = 8;

/// Numbers of `N` bytes each in the heap.
#[derive(Clone, Copy)]
pub(super) struct Numbers<const N: usize> {
    pub(super) addr: Addr,
    pub(super) len: usize,
}

impl<const N: usize> Numbers<N> {
    pub(super) fn all<'c>(&self, ctx: &'c mut Ctx<'_>) -> &'c mut [[u8; N]] {
        ctx.bytes_at_mut(self.addr, (self.len * N) as u64).as_chunks_mut().0
    }

    fn part(&self, range: Range<usize>) -> Numbers<N> {
        Numbers { addr: self.addr + (range.start * N) as u64, len: range.len() }
    }
}

/// Ranges of at most `AT_ONCE` that make up `0..len`.
pub(super) fn parts(len: usize) -> impl Iterator<Item = Range<usize>> {
    (0..len).step_by(AT_ONCE).map(move |start| start..len.min(start + AT_ONCE))
}

/// Sorts numbers; equal ones cannot be told apart.
///
/// # Errors
/// `Trap::Limit` when it is to stop, `Trap::OutOfMemory`.
pub(super) fn sort_numbers<const N: usize>(
    ctx: &mut Ctx<'_>,
    numbers: Numbers<N>,
    compare: impl Fn(&[u8; N], &[u8; N]) -> Ordering + Copy,
) -> NativeResult {
    if numbers.len <= AT_ONCE {
        numbers.all(ctx).sort_unstable_by(compare);
        return Ok(());
    }
    if is_sorted(ctx, numbers, |a, b| compare(a, b) != Ordering::Greater)? {
        return Ok(());
    }
    if is_sorted(ctx, numbers, |a, b| compare(a, b) == Ordering::Greater)? {
        return reverse(ctx, numbers);
    }
    let buckets = divide(ctx, numbers, compare)?;
    // Every second one has equal elements only.
    for bucket in buckets.into_iter().step_by(2) {
        let part = numbers.part(bucket);
        // A sample that was so bad says nothing of the next one.
        if part.len > LARGE && part.len <= numbers.len / 2 {
            sort_numbers(ctx, part, compare)?;
        } else {
            ctx.look()?;
            part.all(ctx).sort_unstable_by(compare);
        }
    }
    Ok(())
}

/// Whether all neighbours are in an order.
fn is_sorted<const N: usize>(
    ctx: &mut Ctx<'_>,
    numbers: Numbers<N>,
    ordered: impl Fn(&[u8; N], &[u8; N]) -> bool,
) -> Result<bool, Trap> {
    for part in parts(numbers.len - 1) {
        ctx.look()?;
        // Of each part the neighbour behind it, too.
        let part = &numbers.all(ctx)[part.start..=part.end];
        if !part.windows(2).all(|pair| ordered(&pair[0], &pair[1])) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn reverse<const N: usize>(ctx: &mut Ctx<'_>, numbers: Numbers<N>) -> NativeResult {
    for part in parts(numbers.len / 2) {
        ctx.look()?;
        let all = numbers.all(ctx);
        for at in part {
            all.swap(at, numbers.len - 1 - at);
        }
    }
    Ok(())
}

/// Brings the elements into buckets that are in order. The buckets are by turns those between bounds and those of
/// what equals a bound.
fn divide<const N: usize>(
    ctx: &mut Ctx<'_>,
    numbers: Numbers<N>,
    compare: impl Fn(&[u8; N], &[u8; N]) -> Ordering + Copy,
) -> Result<Vec<Range<usize>>, Trap> {
    let bounds = bounds(numbers.all(ctx), compare);
    let bucket_of = |value: &[u8; N]| {
        let bound = bounds.partition_point(|bound| compare(bound, value) == Ordering::Less);
        let equal = bounds.get(bound).is_some_and(|bound| compare(bound, value) == Ordering::Equal);
        2 * bound + usize::from(equal)
    };
    room_for(ctx, numbers.len as u64)?;
    let mut bucket: Vec<u8> = Vec::with_capacity(numbers.len);
    let mut counts = vec![0; 2 * bounds.len() + 1];
    for part in parts(numbers.len) {
        ctx.look()?;
        for value in &numbers.all(ctx)[part] {
            let found = bucket_of(value);
            bucket.push(found as u8);
            counts[found] += 1;
        }
    }
    let mut start = 0;
    let buckets = counts.into_iter().map(|count| {
        start += count;
        start - count..start
    });
    let buckets: Vec<Range<usize>> = buckets.collect();
    // What is not there yet of each.
    let mut left = buckets.clone();
    let mut moves = 0;
    for home in 0..left.len() {
        while !left[home].is_empty() {
            ctx.look()?;
            let all = numbers.all(ctx);
            while !left[home].is_empty() && moves < AT_ONCE {
                moves += 1;
                let at = left[home].start;
                let own = usize::from(bucket[at]);
                if own != home {
                    let place = left[own].start;
                    all.swap(at, place);
                    bucket.swap(at, place);
                }
                left[own].start += 1;
            }
            moves %= AT_ONCE;
        }
    }
    Ok(buckets)
}

/// What divides the values into buckets of about the same size, in order.
fn bounds<const N: usize>(
    values: &[[u8; N]],
    compare: impl Fn(&[u8; N], &[u8; N]) -> Ordering,
) -> Vec<[u8; N]> {
    // The places are far from any pattern of the values, and the same for each run.
    let mut random: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut sample: Vec<[u8; N]> = (0..(BOUNDS + 1) * SAMPLE)
        .map(|_| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            values[(random % values.len() as u64) as usize]
        })
        .collect();
    sample.sort_unstable_by(&compare);
    let mut bounds: Vec<[u8; N]> = sample.into_iter().skip(SAMPLE).step_by(SAMPLE).collect();
    bounds.dedup_by(|a, b| compare(a, b) == Ordering::Equal);
    bounds
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
