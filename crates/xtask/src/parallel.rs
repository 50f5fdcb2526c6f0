//! Doing something with many items, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The results of a function on all items, in their order.
///
/// # Panics
/// When the function panics.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], function: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results: Mutex<Vec<Option<R>>> = Mutex::new(items.iter().map(|_| None).collect());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(at) else { return };
                    let result = function(item);
                    results.lock().expect("no thread panics with the lock")[at] = Some(result);
                }
            });
        }
    });
    let results = results.into_inner().expect("no thread panics with the lock");
    results.into_iter().map(|result| result.expect("every item was taken by a thread")).collect()
}
