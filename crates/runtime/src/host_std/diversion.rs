//! Output that is taken aside: while somebody types a line, nothing may write to the terminal or read keys
//! but the editor of that line.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::StdHost;
use crate::host::Fd;

/// A switch, and what was written to the standard streams while it was on.
#[derive(Clone, Default, Debug)]
pub struct Diversion {
    on: Arc<AtomicBool>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Diversion {
    /// Whether output is taken aside, and standard input left alone, from now on.
    pub fn set(&self, on: bool) {
        self.on.store(on, Ordering::SeqCst);
    }

    /// What has been taken aside so far.
    #[must_use]
    pub fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many bytes wait to be taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether none do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Takes output of the standard streams aside, if that is wanted.
    pub(super) fn takes(&self, fd: Fd, bytes: &[u8]) -> bool {
        let taken = matches!(fd, 1 | 2) && self.is_on();
        if taken {
            self.bytes.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        }
        taken
    }
}

impl StdHost {
    /// Takes output aside while somebody else has the terminal.
    #[must_use]
    pub fn diversion(&self) -> Diversion {
        self.diversion.clone()
    }
}
