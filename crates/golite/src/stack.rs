//! A thread with a deep native stack.
//!
//! Parser, checker and compiler recurse over the nesting of the source, which is limited to 10,000
//! levels. They run on a thread whose stack is reserved for that; untouched pages cost nothing. Whoever
//! is on such a thread already stays there.

use std::cell::Cell;

thread_local! {
    /// This thread's stack is deep.
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

/// Bytes reserved, largest first: a system that limits address space gives less.
const STACK_BYTES: [usize; 3] = [1 << 30, 512 << 20, 256 << 20];

/// Runs the function on a thread with a deep stack, and waits for it.
///
/// # Panics
/// When the function panics, or no thread can be started.
pub fn on_deep_stack<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    if IS_DEEP.get() { run() } else { beside_deep_stack(run, || {}) }
}

/// Runs the function on a thread of its own with a deep stack, another function meanwhile on this one,
/// and waits for both.
///
/// # Panics
/// When one of them panics, or no thread can be started.
pub fn beside_deep_stack<R: Send>(run: impl FnOnce() -> R + Send, meanwhile: impl FnOnce()) -> R {
    std::thread::scope(|scope| {
        for bytes in STACK_BYTES {
            // The function is handed over through a channel: a thread that does not start would
            // drop it.
            let (sender, receiver) = std::sync::mpsc::channel();
            let wait = move || {
                IS_DEEP.set(true);
                receiver.recv().map(call)
            };
            let Ok(thread) = std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, wait) else {
                continue;
            };
            sender.send(run).expect("the thread waits for the function");
            meanwhile();
            let result = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            return result.expect("the function was sent");
        }
        panic!("no thread with a stack of {} bytes can be started", STACK_BYTES[STACK_BYTES.len() - 1])
    })
}

fn call<R>(run: impl FnOnce() -> R) -> R {
    run()
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
    }
}
