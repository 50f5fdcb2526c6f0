//! Standard output and its buffer.
//!
//! Shared by the host and the thread that watches over the program (`Output::look`). What the buffer
//! does is not to be seen: it is written out before the program waits, and where an error is to be
//! expected there is none (devices such as /dev/full).
//!
//! Writing to a pipe, a terminal or a socket can take for ever. So it is done in portions that the
//! system takes at once, unless the caller wants to wait: what is left stays in the buffer.
//!
//! Invariant: an error is told once, to the next write if the failing one had been answered already.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::error;
use crate::host::{HostError, HostResult};

/// Bytes of standard output that wait at most, unless one write has more.
const BUFFER: usize = 64 * 1024;

/// Nanoseconds that output waits at most while a program runs.
const PATIENCE: i64 = 100_000_000;

/// What a pipe takes at once if it takes anything: PIPE_BUF, which is a page.
pub(super) const PORTION: usize = 4096;

/// Device number of /dev/null on Linux.
const NULL_DEVICE: u64 = 1 << 8 | 3;

/// How a file takes what is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// A regular file, a directory, a disk, /dev/null: never waits.
    Quick,
    /// Others have to take it: a pipe, a terminal, a socket.
    Slow,
    /// Any other device.
    Device,
}

impl Way {
    pub(super) fn of(file: &File) -> Way {
        let Ok(meta) = file.metadata() else { return Way::Quick };
        let kind = meta.file_type();
        if kind.is_fifo() || kind.is_socket() {
            Way::Slow
        } else if !kind.is_char_device() || meta.rdev() == NULL_DEVICE {
            Way::Quick
        } else if file.is_terminal() {
            Way::Slow
        } else {
            Way::Device
        }
    }
}

/// Whether the system had something to say of that file: that it is ready, or of no use.
pub(super) fn has_answer(asked: &PollFd<'_>) -> bool {
    asked.revents().is_none_or(|events| !events.is_empty())
}

/// Whether the file is ready for that now.
pub(super) fn is_ready(file: &File, what: PollFlags) -> bool {
    let mut asked = [PollFd::new(file.as_fd(), what)];
    // What cannot be asked is tried.
    poll(&mut asked, PollTimeout::ZERO).is_err() || has_answer(&asked[0])
}

/// Waits until the file is ready for that.
pub(super) fn wait_for(file: &File, what: PollFlags) {
    // An error shows when the file is used.
    let _ = poll(&mut [PollFd::new(file.as_fd(), what)], PollTimeout::NONE);
}

/// Standard output.
#[derive(Clone, Debug)]
pub struct Output(Arc<Mutex<Buffer>>);

#[derive(Debug)]
struct Buffer {
    /// `None` if it is closed.
    file: Option<Arc<File>>,
    /// `None` before the first write.
    way: Option<Way>,
    bytes: Vec<u8>,
    /// When the first byte that waits was written, if anybody has looked at the clock since.
    waiting_since: Option<i64>,
    /// `look` has seen what waits.
    seen: bool,
    /// An error that no write has told.
    failed: Option<HostError>,
}

/// Whether the caller wants to wait until all is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Patience {
    /// It does.
    Waits,
    /// Only what the system takes at once is written.
    Refuses,
}

impl Output {
    pub(super) fn new(file: Option<Arc<File>>) -> Output {
        Output(Arc::new(Mutex::new(Buffer {
            file,
            way: None,
            bytes: Vec::new(),
            waiting_since: None,
            seen: false,
            failed: None,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes bytes; says how many: all, unless the file took them directly.
    pub(super) fn write(&self, bytes: &[u8], patience: Patience) -> HostResult<usize> {
        self.lock().take(bytes, patience)
    }

    /// Writes out what waits. An error is told again to the next write.
    pub(super) fn flush(&self, patience: Patience) -> HostResult<()> {
        let mut buffer = self.lock();
        if buffer.failed.is_none() {
            buffer.failed = buffer.push_out(patience).err();
        }
        buffer.failed.map_or(Ok(()), Err)
    }

    /// Writes out what has been waiting for too long.
    pub(super) fn tick(&self, now: i64) -> HostResult<()> {
        let mut buffer = self.lock();
        if !buffer.bytes.is_empty() && now - *buffer.waiting_since.get_or_insert(now) >= PATIENCE {
            drop(buffer);
            return self.flush(Patience::Refuses);
        }
        buffer.failed.map_or(Ok(()), Err)
    }

    /// Of another thread, now and then: writes out what was there the last time too. False if the host
    /// is busy writing.
    pub fn look(&self) -> bool {
        let mut buffer = match self.0.try_lock() {
            Ok(buffer) => buffer,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        if std::mem::replace(&mut buffer.seen, true) && !buffer.bytes.is_empty() && buffer.failed.is_none() {
            buffer.failed = buffer.push_out(Patience::Refuses).err();
        }
        true
    }

    /// The file, if there is output that it has not taken.
    pub(super) fn pending(&self) -> Option<Arc<File>> {
        let buffer = self.lock();
        if buffer.bytes.is_empty() { None } else { buffer.file.clone() }
    }

    /// Writes out what waits, and writes no more.
    pub(super) fn close(&self) -> HostResult<()> {
        let mut buffer = self.lock();
        let result = match buffer.failed.take() {
            None => buffer.push_out(Patience::Waits),
            Some(error) => Err(error),
        };
        buffer.file = None;
        result
    }
}

impl Buffer {
    fn take(&mut self, bytes: &[u8], patience: Patience) -> HostResult<usize> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let file = self.file.clone().ok_or(HostError::BAD_DESCRIPTOR)?;
        let way = *self.way.get_or_insert_with(|| Way::of(&file));
        if way == Way::Device {
            return write_some(&file, bytes);
        }
        if self.bytes.len() + bytes.len() > BUFFER {
            self.push_out(patience)?;
            if way == Way::Quick && bytes.len() >= BUFFER {
                return write_some(&file, bytes);
            }
        }
        // All or nothing, so that what two goroutines write is not mixed.
        if self.bytes.len() + bytes.len() > BUFFER && !self.bytes.is_empty() {
            return Err(HostError::WOULD_WAIT);
        }
        if self.bytes.is_empty() {
            self.seen = false;
            self.bytes.reserve(BUFFER);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// Writes out what waits. What cannot be written because of an error is dropped.
    fn push_out(&mut self, patience: Patience) -> HostResult<()> {
        let Some(file) = self.file.clone() else {
            return if self.bytes.is_empty() { Ok(()) } else { Err(HostError::BAD_DESCRIPTOR) };
        };
        let in_portions = patience == Patience::Refuses && self.way != Some(Way::Quick);
        let mut done = 0;
        let mut result = Ok(());
        while done < self.bytes.len() {
            if in_portions && !is_ready(&file, PollFlags::POLLOUT) {
                break;
            }
            let end = if in_portions { self.bytes.len().min(done + PORTION) } else { self.bytes.len() };
            match (&*file).write(&self.bytes[done..end]) {
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => match patience {
                    Patience::Waits => wait_for(&file, PollFlags::POLLOUT),
                    Patience::Refuses => break,
                },
                Err(failure) => {
                    done = self.bytes.len();
                    result = Err(error(&failure));
                }
            }
        }
        self.bytes.drain(..done);
        if self.bytes.is_empty() {
            self.waiting_since = None;
        }
        result
    }
}

/// Writes at least one byte.
pub(super) fn write_some(file: &File, bytes: &[u8]) -> HostResult<usize> {
    loop {
        match (&*file).write(bytes) {
            Ok(count) => return Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => wait_for(file, PollFlags::POLLOUT),
            Err(failure) => return Err(error(&failure)),
        }
    }
}
