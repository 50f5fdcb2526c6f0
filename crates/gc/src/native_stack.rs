#![expect(unsafe_code, reason = "the native stack is switched")]
//! A native stack of any size for a part of a thread's work.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::reserve::{Reservation, addresses_are_limited};
use crate::size_class::BLOCK;

/// Runs the function on a stack of its own of about `bytes`: pages nobody touches cost nothing.
/// Below the stack lies memory that cannot be accessed.
///
/// # Errors
/// The function, if the system has no room for the stack and `spare` bytes, or nobody knows how to switch to it there.
///
/// # Panics
/// When the function panics.
pub fn on_native_stack<R, F: FnOnce() -> R>(bytes: u64, spare: u64, run: F) -> Result<R, F> {
    psm::psm_stack_manipulation! {
        yes {
            let bytes = bytes.max(2 * BLOCK).next_multiple_of(BLOCK);
            let has_room = !addresses_are_limited() || Reservation::new(bytes.saturating_add(spare)).is_some();
            let range = has_room
                .then(|| Reservation::new(bytes))
                .flatten()
                .filter(|range| range.commit(BLOCK, bytes - BLOCK));
            let Some(range) = range else { return Err(run) };
            let base = std::ptr::with_exposed_provenance_mut((range.base() + BLOCK) as usize);
            // SAFETY: the memory is readable and writable, nobody else's, and stays until the function has come back;
            // its ends are aligned to 64 KiB; the function does not unwind.
            let result = unsafe {
                psm::on_stack(base, (bytes - BLOCK) as usize, || catch_unwind(AssertUnwindSafe(run)))
            };
            drop(range);
            Ok(result.unwrap_or_else(|panic| resume_unwind(panic)))
        }
        no {
            let _ = (bytes, spare);
            Err(run)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::on_native_stack;

    const BYTES: u64 = 256 << 20;

    fn depth(n: u64, frame: &[u64; 64]) -> u64 {
        if n == 0 { 0 } else { depth(n - 1, std::hint::black_box(&frame.clone())) + 1 }
    }

    #[test]
    fn the_stack_is_as_deep_as_asked_for() {
        if let Ok(found) = on_native_stack(BYTES, 0, || depth(100_000, &[0; 64])) {
            assert_eq!(found, 100_000);
        }
    }

    #[test]
    fn any_size_will_do() {
        for bytes in [0, 1, 100_001] {
            assert_eq!(on_native_stack(bytes, 0, || 7).unwrap_or_else(|run| run()), 7);
        }
    }

    #[test]
    fn a_panic_comes_through() {
        let caught =
            std::panic::catch_unwind(|| on_native_stack(BYTES, 0, || std::panic::panic_any(7)).is_ok());
        match caught {
            Err(panic) => assert_eq!(panic.downcast_ref(), Some(&7)),
            Ok(ran) => assert!(!ran),
        }
    }

    #[test]
    fn without_room_the_function_comes_back() {
        let run = || 7;
        let Err(run) = on_native_stack(1 << 59, 1 << 59, run) else { panic!("there is no room for that") };
        assert_eq!(run(), 7);
    }
}
