//! A thread with a deep native stack.
//!
//! Parser, checker and compiler recurse over the nesting of the source, which is limited to 10,000
//! levels. They run on a thread whose stack is reserved for that; untouched pages cost nothing.

/// Bytes reserved, largest first: a system that limits address space gives less.
const STACK_BYTES: [usize; 3] = [1 << 30, 512 << 20, 256 << 20];

/// Runs the function on a thread of its own with a deep stack, and waits for it.
///
/// # Panics
/// When the function panics, or no thread can be started.
pub fn on_deep_stack<R: Send>(run: impl FnOnce() -> R + Send) -> R {
    let mut run = Some(run);
    std::thread::scope(|scope| {
        for bytes in STACK_BYTES {
            // The function is handed over through a channel: a thread that does not start would
            // drop it.
            let (sender, receiver) = std::sync::mpsc::channel();
            let wait = move || receiver.recv().map(call);
            let Ok(thread) = std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, wait) else {
                continue;
            };
            let run = run.take().expect("only the first thread that starts gets the function");
            sender.send(run).expect("the thread waits for the function");
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
}
