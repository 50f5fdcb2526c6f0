//! Ending a program from outside: a signal, the limit of time.
//!
//! One word, shared by the VM and whoever may end its program: another thread, or a signal handler. The
//! VM looks at it at the end of each time slice, when natives charge steps, and after each sleep. It
//! is set once; the first cause stays. A VM that is in the middle of something long may be too late: who
//! watches over the program then ends it instead. Either claims the end before it says anything.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Stands for the limit of time; signals have smaller numbers.
const TIME_LIMIT: usize = 1 << 16;

/// Why a program is to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A signal arrived.
    Signal(i32),
    /// It has taken all the time it may take.
    TimeLimit,
}

/// Asks the VM of one host to end its program.
#[derive(Clone, Default, Debug)]
pub struct Interrupt {
    word: Arc<AtomicUsize>,
    claimed: Arc<AtomicBool>,
}

impl Interrupt {
    /// Nobody has asked.
    #[must_use]
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    /// Asks, unless somebody has asked before. A sleeping host must be woken apart from this.
    pub fn ask(&self, cause: Cause) {
        let word = match cause {
            Cause::Signal(number) => number as usize,
            Cause::TimeLimit => TIME_LIMIT,
        };
        // Whoever comes second finds the program ending already.
        let _ = self.word.compare_exchange(0, word, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Why the program is to end, if somebody has asked.
    #[must_use]
    #[inline]
    pub fn asked(&self) -> Option<Cause> {
        match self.word.load(Ordering::Relaxed) {
            0 => None,
            TIME_LIMIT => Some(Cause::TimeLimit),
            number => Some(Cause::Signal(number as i32)),
        }
    }

    /// The signal that asks, if it is one.
    #[must_use]
    pub fn signal(&self) -> Option<i32> {
        match self.asked()? {
            Cause::Signal(number) => Some(number),
            Cause::TimeLimit => None,
        }
    }

    /// Whether somebody has asked.
    #[must_use]
    #[inline(always)]
    pub fn is_asked(&self) -> bool {
        self.word.load(Ordering::Relaxed) != 0
    }

    /// Whoever asks first is the one to end the program.
    #[must_use]
    pub fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::SeqCst)
    }

    /// Forgets who asked, and who claimed the end: what was asked for has been done, and something else
    /// begins.
    pub fn forget(&self) {
        self.word.store(0, Ordering::SeqCst);
        self.claimed.store(false, Ordering::SeqCst);
    }

    /// The word, for a signal handler that stores the signal's number in it.
    #[must_use]
    pub fn word(&self) -> Arc<AtomicUsize> {
        self.word.clone()
    }
}
