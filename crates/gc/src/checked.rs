//! Checked builds (those with debug assertions): which addresses are memory of a heap.
//!
//! Pointers in registers and in memory have no types, so the verifier cannot prove that an offset lies
//! in the object that a pointer leads to. Checked builds look at every access instead: it must lie in
//! the part of a heap's range that is in use. What does not is a panic, never a fault of the processor.
//!
//! All heaps of the process are in one list behind a lock, because an access names an address and no
//! heap; each thread remembers where its last access was. This is the only state of the process that
//! the runtime has, and optimised builds do not have it.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Ranges that may be accessed: first address, and the one after the last.
static RANGES: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());

/// How often a range was taken away: what threads remember from before may be wrong.
static REMOVALS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// The range of the last access, and the removals until then.
    static LAST: Cell<(u64, u64, u64)> = const { Cell::new((0, 0, 0)) };
}

fn ranges() -> MutexGuard<'static, Vec<(u64, u64)>> {
    RANGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Allows access to `[start, end)`, or moves the end of the range that begins at `start`.
pub fn allow(start: u64, end: u64) {
    let mut ranges = ranges();
    match ranges.iter_mut().find(|range| range.0 == start) {
        Some(range) => range.1 = end,
        None => ranges.push((start, end)),
    }
}

/// Takes the range that begins at `start` away.
pub fn forbid(start: u64) {
    ranges().retain(|range| range.0 != start);
    REMOVALS.fetch_add(1, Ordering::Relaxed);
}

/// Looks that `[addr, addr + len)` lies in one range and that `addr` is a multiple of `align`.
///
/// # Panics
/// If not.
#[inline]
pub fn check_access(addr: u64, len: u64, align: u64) {
    let (start, end, removals) = LAST.get();
    let known = addr >= start && addr < end && len <= end - addr;
    if !known || removals != REMOVALS.load(Ordering::Relaxed) {
        look_up(addr, len);
    }
    assert!(addr.is_multiple_of(align), "a checked access that is not aligned: {addr:#x}");
}

#[cold]
fn look_up(addr: u64, len: u64) {
    let removals = REMOVALS.load(Ordering::Relaxed);
    let found =
        ranges().iter().copied().find(|&(start, end)| addr >= start && addr < end && len <= end - addr);
    match found {
        Some((start, end)) => LAST.set((start, end, removals)),
        None if crate::native_memory::faults_are_caught() => {}
        None => panic!("a checked access outside of the heap: {len} bytes at {addr:#x}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{allow, check_access, forbid};

    fn passes(addr: u64, len: u64, align: u64) -> bool {
        std::panic::catch_unwind(|| check_access(addr, len, align)).is_ok()
    }

    #[test]
    fn accesses_lie_in_one_range() {
        // Addresses that no heap can have.
        let base = 0xF000_0000_0000_0000;
        assert!(!passes(base, 8, 8));
        allow(base, base + 64);
        allow(base + 64, base + 128);
        for (addr, len, align, answer) in [
            (base, 8, 8, true),
            (base + 56, 8, 8, true),
            (base + 57, 1, 1, true),
            (base + 57, 8, 1, false),
            (base + 57, 4, 4, false),
            (base + 60, 8, 4, false),
            (base + 64, 64, 8, true),
            (base + 128, 0, 1, false),
            (base, u64::MAX, 8, false),
            (0, 8, 8, false),
        ] {
            assert_eq!(passes(addr, len, align), answer, "{len} bytes at {addr:#x}");
        }
        allow(base + 64, base + 256);
        assert!(passes(base + 248, 8, 8));
        forbid(base + 64);
        assert!(!passes(base + 248, 8, 8));
        forbid(base);
        assert!(!passes(base, 8, 8));
    }
}
