//! The outside world of an embedded VM: streams in memory, and of the rest what the host allows.

#![allow(clippy::disallowed_methods, reason = "this is the host")]

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use golite_runtime::environment::Environment;
use golite_runtime::host::{DirEntry, Fd, FileInfo, Host, HostError, HostResult, ProcessNumber, Whence};
use golite_runtime::host_std::{StdHost, Waker, system_random};
use golite_runtime::interrupt::{Cause, Interrupt};

/// What ends a call from outside: Go's number of `SIGINT`.
const INTERRUPTED: i32 = 2;

/// What ends a call that has written too much: the number of `SIGXFSZ`.
const OUTPUT_LIMIT: i32 = 25;

/// `EFBIG`: a file is too large.
const TOO_LARGE: HostError = HostError(27);

/// Where what a program writes goes.
#[derive(Default)]
#[non_exhaustive]
pub enum Output {
    /// It is kept for `Vm::take_stdout`, `Vm::take_stderr`.
    #[default]
    Capture,
    /// It is thrown away.
    Discard,
    /// To the stream of the process.
    Inherit,
    /// To a writer.
    Writer(Box<dyn Write + Send>),
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Output::Capture => "Capture",
            Output::Discard => "Discard",
            Output::Inherit => "Inherit",
            Output::Writer(_) => "Writer",
        })
    }
}

/// What other threads and the VM's own natives share with its outside world.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    bell: Condvar,
    pub(super) interrupt: Interrupt,
    output: Mutex<[Vec<u8>; 2]>,
    too_much: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    /// The next sleep, or the one that is on, ends.
    woken: bool,
    /// What wakes the host that has files.
    waker: Option<Waker>,
    /// The job whose native was refused last.
    refused: Option<u64>,
    /// Tokens of natives that wait for jobs, in order.
    watched: Vec<(u64, u64)>,
    done: HashSet<u64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Ends the call that runs, or the next one.
    pub(super) fn interrupt(&self) {
        self.interrupt.ask(Cause::Signal(INTERRUPTED));
        self.wake();
    }

    fn wake(&self) {
        let mut state = lock(&self.state);
        state.woken = true;
        if let Some(waker) = &state.waker {
            waker.wake();
        }
        self.bell.notify_all();
    }

    /// A native is about to wait for a job.
    pub(super) fn refuse(&self, job: u64) {
        lock(&self.state).refused = Some(job);
    }

    /// A job has been done.
    pub(super) fn job_done(&self, job: u64) {
        lock(&self.state).done.insert(job);
        self.wake();
    }

    /// Nobody waits for a job.
    pub(super) fn forget(&self, job: u64) {
        lock(&self.state).done.remove(&job);
    }

    /// Takes what was written to standard output (0) or standard error (1).
    pub(super) fn take(&self, stream: usize) -> Vec<u8> {
        std::mem::take(&mut lock(&self.output)[stream])
    }

    /// Whether the call ended because it wrote too much; forgets it.
    pub(super) fn wrote_too_much(&self) -> bool {
        self.too_much.swap(false, Ordering::SeqCst)
    }
}

/// See the module.
pub(super) struct Outside {
    pub(super) shared: Arc<Shared>,
    pub(super) stdin: Vec<u8>,
    pub(super) read: usize,
    /// Standard output and standard error.
    pub(super) streams: [Output; 2],
    pub(super) max_output: u64,
    pub(super) args: Vec<Vec<u8>>,
    pub(super) env: Environment,
    /// Files, if there are to be any.
    pub(super) files: Option<StdHost>,
    pub(super) started: Instant,
}

impl Outside {
    /// Lets other threads wake the host that has the files.
    pub(super) fn connect(&self) {
        lock(&self.shared.state).waker = self.files.as_ref().map(StdHost::waker);
    }

    fn files(&mut self) -> HostResult<&mut StdHost> {
        self.files.as_mut().ok_or(HostError::NOT_PERMITTED)
    }

    fn write_stream(&mut self, stream: usize, bytes: &[u8]) -> HostResult<usize> {
        let written = match &mut self.streams[stream] {
            Output::Capture => return self.capture(stream, bytes),
            Output::Discard => Ok(()),
            Output::Inherit if stream == 0 => std::io::stdout().write_all(bytes),
            Output::Inherit => std::io::stderr().write_all(bytes),
            Output::Writer(writer) => writer.write_all(bytes),
        };
        match written {
            Ok(()) => Ok(bytes.len()),
            Err(error) => Err(HostError(error.raw_os_error().unwrap_or(5))),
        }
    }

    fn capture(&mut self, stream: usize, bytes: &[u8]) -> HostResult<usize> {
        let mut output = lock(&self.shared.output);
        let held = output.iter().map(Vec::len).sum::<usize>() as u64;
        if held + bytes.len() as u64 > self.max_output {
            self.shared.too_much.store(true, Ordering::SeqCst);
            self.shared.interrupt.ask(Cause::Signal(OUTPUT_LIMIT));
            return Err(TOO_LARGE);
        }
        output[stream].extend_from_slice(bytes);
        Ok(bytes.len())
    }
}

/// Methods that only files have.
macro_rules! files {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $result:ty;)*) => {$(
        fn $name(&mut self, $($arg: $ty),*) -> HostResult<$result> {
            self.files()?.$name($($arg),*)
        }
    )*};
}

impl Host for Outside {
    fn write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        match fd {
            1 => self.write_stream(0, bytes),
            2 => self.write_stream(1, bytes),
            _ => self.files.as_mut().ok_or(HostError::BAD_DESCRIPTOR)?.write(fd, bytes),
        }
    }

    fn try_write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        match fd {
            1 | 2 => self.write(fd, bytes),
            _ => self.files.as_mut().ok_or(HostError::BAD_DESCRIPTOR)?.try_write(fd, bytes),
        }
    }

    fn read(&mut self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        if fd != 0 {
            return self.files.as_mut().ok_or(HostError::BAD_DESCRIPTOR)?.read(fd, buffer);
        }
        let rest = &self.stdin[self.read..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        Ok(count)
    }

    fn flush(&mut self) -> HostResult<()> {
        for (stream, output) in self.streams.iter_mut().enumerate() {
            let flushed = match output {
                Output::Writer(writer) => writer.flush(),
                Output::Inherit if stream == 0 => std::io::stdout().flush(),
                Output::Inherit | Output::Capture | Output::Discard => Ok(()),
            };
            flushed.map_err(|error| HostError(error.raw_os_error().unwrap_or(5)))?;
        }
        Ok(())
    }

    fn wall_clock(&mut self) -> (i64, i32) {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(time) => (time.as_secs() as i64, time.subsec_nanos() as i32),
            Err(_) => (0, 0),
        }
    }

    fn monotonic(&mut self) -> i64 {
        self.started.elapsed().as_nanos() as i64
    }

    fn sleep(&mut self, nanos: i64) -> HostResult<()> {
        self.flush()?;
        let mut state = lock(&self.shared.state);
        if std::mem::take(&mut state.woken) {
            return Ok(());
        }
        if let Some(files) = &mut self.files {
            drop(state);
            let slept = files.sleep(nanos);
            lock(&self.shared.state).woken = false;
            return slept;
        }
        let time = Duration::from_nanos(nanos.max(0).unsigned_abs());
        let wait = self.shared.bell.wait_timeout_while(state, time, |state| !state.woken);
        wait.unwrap_or_else(PoisonError::into_inner).0.woken = false;
        Ok(())
    }

    fn watch(&mut self, token: u64) {
        let mut state = lock(&self.shared.state);
        match state.refused.take() {
            Some(job) => state.watched.push((token, job)),
            None => {
                drop(state);
                if let Some(files) = &mut self.files {
                    files.watch(token);
                }
            }
        }
    }

    fn happened(&mut self) -> Vec<u64> {
        let mut tokens = self.files.as_mut().map(Host::happened).unwrap_or_default();
        let mut state = lock(&self.shared.state);
        let State { watched, done, .. } = &mut *state;
        watched.retain(|(token, job)| {
            let is_done = done.remove(job);
            if is_done {
                tokens.push(*token);
            }
            !is_done
        });
        tokens
    }

    fn interrupt(&self) -> Option<Interrupt> {
        Some(self.shared.interrupt.clone())
    }

    fn random(&mut self, buffer: &mut [u8]) -> HostResult<()> {
        system_random(buffer)
    }

    fn args(&self) -> Vec<Vec<u8>> {
        self.args.clone()
    }

    fn env(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.env.get(name)
    }

    fn each_variable(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.env.each(visit);
    }

    fn set_env(&mut self, name: &[u8], value: Option<&[u8]>) -> HostResult<()> {
        self.env.set(name, value)
    }

    files! {
        fn open(path: &[u8], flags: u32, permissions: u32) -> Fd;
        fn read_at(fd: Fd, buffer: &mut [u8], offset: u64) -> usize;
        fn write_at(fd: Fd, bytes: &[u8], offset: u64) -> usize;
        fn seek(fd: Fd, offset: i64, whence: Whence) -> i64;
        fn set_len(fd: Fd, len: u64) -> ();
        fn sync(fd: Fd) -> ();
        fn stat_fd(fd: Fd) -> FileInfo;
        fn stat(path: &[u8], follow: bool) -> FileInfo;
        fn read_dir(path: &[u8]) -> Vec<DirEntry>;
        fn read_dir_fd(fd: Fd) -> Vec<DirEntry>;
        fn make_dir(path: &[u8], permissions: u32) -> ();
        fn remove_file(path: &[u8]) -> ();
        fn remove_dir(path: &[u8]) -> ();
        fn rename(from: &[u8], to: &[u8]) -> ();
        fn hard_link(from: &[u8], to: &[u8]) -> ();
        fn symlink(from: &[u8], to: &[u8]) -> ();
        fn read_link(path: &[u8]) -> Vec<u8>;
        fn set_permissions(path: &[u8], permissions: u32) -> ();
        fn set_permissions_fd(fd: Fd, permissions: u32) -> ();
        fn set_owner(path: &[u8], user: Option<u32>, group: Option<u32>, follow: bool) -> ();
        fn set_owner_fd(fd: Fd, user: Option<u32>, group: Option<u32>) -> ();
        fn set_times(path: &[u8], access: Option<i128>, modified: Option<i128>) -> ();
        fn working_dir() -> Vec<u8>;
        fn change_dir(path: &[u8]) -> ();
        fn change_dir_fd(fd: Fd) -> ();
    }

    fn close(&mut self, fd: Fd) -> HostResult<()> {
        match fd {
            0..=2 => Ok(()),
            _ => self.files.as_mut().ok_or(HostError::BAD_DESCRIPTOR)?.close(fd),
        }
    }

    fn process_number(&mut self, which: ProcessNumber) -> i64 {
        match which {
            ProcessNumber::PageSize => 4096,
            ProcessNumber::MaxRss => 0,
            ProcessNumber::Processors
            | ProcessNumber::Pid
            | ProcessNumber::ParentPid
            | ProcessNumber::User
            | ProcessNumber::EffectiveUser
            | ProcessNumber::Group
            | ProcessNumber::EffectiveGroup => 1,
        }
    }
}
