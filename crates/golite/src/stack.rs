//! A deep native stack.
//!
//! Parser, checker and compiler recurse over the nesting of the source, which is limited to 10,000
//! levels. They run on a stack that is reserved for that; untouched pages cost nothing. Whoever is on such a stack
//! already stays there. A thread changes to it for as long as they run: another thread would have to be woken, for
//! a tenth of a millisecond on an idle machine and several on a busy one.

use std::cell::Cell;
use std::sync::Mutex;

use golite_gc::on_native_stack;

thread_local! {
    /// This thread is on a deep stack.
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Bytes reserved, largest first: a system that limits address space gives less.
const STACK_BYTES: [usize; 3] = [1 << 30, 512 << 20, 256 << 20];

/// There is no room for a deep stack: the system limits addresses or memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoDeepStack;

impl std::fmt::Display for NoDeepStack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let least = STACK_BYTES[STACK_BYTES.len() - 1] >> 20;
        write!(
            f,
            "no room for a native stack of {least} MiB: the system limits addresses (ulimit -v) or threads"
        )
    }
}

impl std::error::Error for NoDeepStack {}

/// While it is there, this thread is on a deep stack.
struct Deep;

impl Deep {
    fn begin() -> Deep {
        IS_DEEP.set(true);
        Deep
    }
}

impl Drop for Deep {
    fn drop(&mut self) {
        IS_DEEP.set(false);
    }
}

/// Runs the function on a deep stack: of this thread, or of another one where that cannot be.
///
/// # Panics
/// When the function panics, or there is no room for a stack.
pub fn on_deep_stack<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    try_on_deep_stack(run).unwrap_or_else(|error| panic!("{error}"))
}

/// As `on_deep_stack`, where there may be no room.
///
/// # Errors
/// If there is none: the function was not called.
///
/// # Panics
/// When the function panics.
pub fn try_on_deep_stack<R: Send>(run: impl FnOnce() -> R + Send) -> Result<R, NoDeepStack> {
    if IS_DEEP.get() {
        return Ok(run());
    }
    let mut run = move || {
        let _deep = Deep::begin();
        run()
    };
    // Where addresses are limited, as much is left to the heap and others, or what there is.
    let least = STACK_BYTES[STACK_BYTES.len() - 1];
    for (bytes, spare) in STACK_BYTES.map(|bytes| (bytes, bytes)).into_iter().chain([(least, 0)]) {
        match on_native_stack(bytes as u64, spare as u64, run) {
            Ok(result) => return Ok(result),
            Err(again) => run = again,
        }
    }
    beside_deep_stack(run, || {})
}

/// Runs the function on a thread of its own with a deep stack, another function meanwhile on this one,
/// and waits for both.
///
/// # Errors
/// If no thread can be started: neither was called.
///
/// # Panics
/// When one of them panics.
pub fn beside_deep_stack<R: Send>(
    run: impl FnOnce() -> R + Send,
    meanwhile: impl FnOnce(),
) -> Result<R, NoDeepStack> {
    // A thread that does not start would drop the function if it had it.
    let (run, result) = (Mutex::new(Some(run)), Mutex::new(None));
    let on_thread = || {
        IS_DEEP.set(true);
        let run = run.lock().expect("nobody panics with it").take().expect("one thread has started");
        *result.lock().expect("nobody panics with it") = Some(run());
    };
    std::thread::scope(|scope| {
        let start = |&bytes: &usize| {
            std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, on_thread).ok()
        };
        let thread = STACK_BYTES.iter().find_map(start).ok_or(NoDeepStack)?;
        meanwhile();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok(())
    })?;
    let result = result.into_inner().expect("nobody panics with it").expect("the thread has ended");
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::on_deep_stack;

    #[test]
    fn a_deep_recursion_fits() {
        fn depth(n: u64, frame: &[u64; 64]) -> u64 {
            if n == 0 { 0 } else { depth(n - 1, std::hint::black_box(&frame.clone())) + 1 }
        }
        assert_eq!(on_deep_stack(|| depth(100_000, &[0; 64])), 100_000);
    }

    #[test]
    fn a_deep_stack_is_used_again() {
        let id = || std::thread::current().id();
        let (outer, inner) = on_deep_stack(|| (id(), on_deep_stack(id)));
        assert_eq!(outer, inner);
        assert!(!super::IS_DEEP.get());
    }
}
