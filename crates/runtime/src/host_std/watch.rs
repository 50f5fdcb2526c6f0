//! What the host watches for goroutines, and what ends its sleep.
//!
//! Input and room for output are watched by asking the system (`poll`), so that no thread is needed for
//! them. Opening a named pipe has no such question: a thread waits in the call, and is left alone when
//! nobody wants to know any more.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;

use super::output::has_answer;
use crate::host::Fd;
use crate::interrupt::{Cause, Interrupt};

/// Wakes a sleeping host from another thread, and ends its program.
#[derive(Clone, Debug)]
pub struct Waker {
    stream: Arc<UnixStream>,
    interrupt: Interrupt,
}

impl Waker {
    pub(super) fn new(stream: UnixStream) -> Waker {
        Waker { stream: Arc::new(stream), interrupt: Interrupt::new() }
    }

    /// Ends the host's sleep, or its next one.
    pub fn wake(&self) {
        // A stream that is full wakes as well, and a host that is gone sleeps no more.
        let _ = (&*self.stream).write(&[0]);
    }

    /// Ends the program.
    pub fn end(&self, cause: Cause) {
        self.interrupt.ask(cause);
        self.wake();
    }

    /// The word by which the program is ended.
    #[must_use]
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// A stream to which a byte may be written to wake the host: for signal handlers.
    ///
    /// # Errors
    /// If the process has no descriptor left.
    pub fn stream(&self) -> io::Result<UnixStream> {
        self.stream.try_clone()
    }
}

/// Takes all bytes out of the stream by which the host is woken.
pub(super) fn drain(mut stream: &UnixStream) {
    let mut buffer = [0; 64];
    while matches!(stream.read(&mut buffer), Ok(count) if count == buffer.len()) {}
}

/// What a call that would have to wait needs.
#[derive(Clone, Debug)]
pub(super) enum Awaited {
    /// Something to read.
    Input(Fd),
    /// Room for something to write.
    Room(Fd),
    /// A file that a thread opens.
    Opened(Opening),
}

/// A file that a thread opens.
#[derive(Clone, Debug)]
pub(super) struct Opening(Arc<Mutex<Option<io::Result<File>>>>);

impl Opening {
    /// Starts a thread that opens a file and then wakes the host.
    pub(super) fn start(
        open: impl FnOnce() -> io::Result<File> + Send + 'static,
        waker: Waker,
    ) -> io::Result<Opening> {
        let opening = Opening(Arc::new(Mutex::new(None)));
        let result = opening.0.clone();
        let work = move || {
            let opened = open();
            *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
            waker.wake();
        };
        thread::Builder::new().name("open".to_string()).stack_size(64 << 10).spawn(work)?;
        Ok(opening)
    }

    pub(super) fn is_done(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// What came of it, if it has ended.
    pub(super) fn take(&self) -> Option<io::Result<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// A file that is being opened, for the call that asks again.
#[derive(Debug)]
pub(super) struct PendingOpen {
    pub(super) path: PathBuf,
    pub(super) flags: u32,
    pub(super) permissions: u32,
    pub(super) opening: Opening,
}

/// Asks the system about files until one is ready; gives which are. `None` if the host is woken, or at
/// the end of the time.
pub(super) fn wait(
    wakeups: &UnixStream,
    files: &[(Arc<File>, PollFlags)],
    end: Option<Instant>,
) -> Option<Vec<usize>> {
    let mut asked = vec![PollFd::new(wakeups.as_fd(), PollFlags::POLLIN)];
    asked.extend(files.iter().map(|(file, what)| PollFd::new(file.as_fd(), *what)));
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.map(TimeSpec::from_duration);
        match ppoll(&mut asked, left, None) {
            // A signal that ends nothing came in between.
            Err(Errno::EINTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
    let ready: Vec<usize> = (0..files.len()).filter(|i| has_answer(&asked[i + 1])).collect();
    let woken = has_answer(&asked[0]);
    drain(wakeups);
    (!woken && !ready.is_empty()).then_some(ready)
}
