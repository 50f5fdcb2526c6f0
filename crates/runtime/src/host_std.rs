//! The real outside world: the process's streams, files, environment and clocks.
//!
//! Standard output is buffered. It is written out when the buffer is full, before anything goes to
//! standard error, before a read that waits and a sleep, 100 ms after the first byte that waits (`tick`),
//! and at the end of the run. Descriptors are numbers of our own, so that a program cannot close or use
//! what belongs to the host; the standard streams are duplicates. The environment and the working
//! directory are copies: setting them changes nothing for other VMs of the process.
//!
//! Calls that could take for ever are refused, and watched: see `watch`.

#![allow(clippy::disallowed_methods, reason = "this is the host")]

mod clock;
mod diversion;
mod files;
mod output;
mod permit;
mod watch;

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{
    DirBuilderExt, FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown, lchown,
};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::poll::PollFlags;

use clock::{TickClock, monotonic_clock};
pub use diversion::Diversion;
use files::{OpenFile, info, type_bits};
pub use output::Output;
use output::{PORTION, Patience, Way, is_ready, write_some};
pub use watch::Waker;
use watch::{Awaited, Opening, PendingOpen};

use crate::environment::Environment;
use crate::host::{DirEntry, Fd, FileInfo, Host, HostError, HostResult, ProcessNumber, Whence, open_flags};
use crate::interrupt::Interrupt;

/// `O_NONBLOCK` on Linux: opening a named pipe does not wait.
const NO_WAIT: u32 = 0x800;

/// Which parts of the world a program may use.
#[derive(Clone, Debug)]
pub struct Permissions {
    /// Directories (and all below) that may be read; `None` is all.
    pub read: Option<Vec<PathBuf>>,
    /// Directories (and all below) that may be written; `None` is all.
    pub write: Option<Vec<PathBuf>>,
    /// The environment may be seen.
    pub env: bool,
}

impl Default for Permissions {
    fn default() -> Permissions {
        Permissions { read: None, write: None, env: true }
    }
}

/// The host of a program that runs in this process.
pub struct StdHost {
    args: Vec<Vec<u8>>,
    env: Environment,
    directory: PathBuf,
    permissions: Permissions,
    files: Vec<Option<OpenFile>>,
    /// Numbers of files that were closed while somebody waited for them: not used again.
    retired: Vec<usize>,
    output: Output,
    diversion: Diversion,
    /// When it was made, in nanoseconds of the system's monotonic clock.
    started: i64,
    ticks: TickClock,
    /// A byte comes when the host is to wake up.
    wakeups: UnixStream,
    waker: Waker,
    /// See `Host::set_patient`.
    patient: bool,
    /// What the call needs that was refused last.
    refused: Option<Awaited>,
    watched: Vec<(u64, Awaited)>,
    pending_opens: Vec<PendingOpen>,
    /// Where the trace of the run goes.
    trace: Option<File>,
    /// See `when_it_lasts`.
    when_it_lasts: Option<Box<dyn FnOnce() + Send>>,
}

impl std::fmt::Debug for StdHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StdHost").field("args", &self.args.len()).finish_non_exhaustive()
    }
}

fn error(error: &io::Error) -> HostError {
    HostError(error.raw_os_error().unwrap_or(match error.kind() {
        io::ErrorKind::NotFound => 2,
        io::ErrorKind::PermissionDenied => 13,
        io::ErrorKind::AlreadyExists => 17,
        io::ErrorKind::InvalidInput => 22,
        io::ErrorKind::BrokenPipe => 32,
        _ => 5,
    }))
}

fn done<T>(result: io::Result<T>) -> HostResult<T> {
    result.map_err(|e| error(&e))
}

/// Fills a buffer with random bytes of the system.
///
/// # Errors
/// If there are none.
pub fn system_random(buffer: &mut [u8]) -> HostResult<()> {
    done(File::open("/dev/urandom").and_then(|mut file| file.read_exact(buffer)))
}

impl StdHost {
    /// A host with the process's environment and working directory; `args` is `os.Args`.
    ///
    /// # Errors
    /// When the process has no descriptors left.
    pub fn new(args: Vec<Vec<u8>>, permissions: Permissions) -> io::Result<StdHost> {
        let env = match permissions.env {
            true => std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect(),
            false => Environment::default(),
        };
        let (wakeups, stream) = UnixStream::pair()?;
        for end in [&wakeups, &stream] {
            end.set_nonblocking(true)?;
        }
        let files = vec![
            OpenFile::stream(io::stdin())?,
            OpenFile::stream(io::stdout())?,
            OpenFile::stream(io::stderr())?,
        ];
        let stdout = files[1].as_ref().map(|open| open.file.clone());
        Ok(StdHost {
            args,
            env,
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            permissions,
            files,
            retired: Vec::new(),
            output: Output::new(stdout),
            diversion: Diversion::default(),
            started: monotonic_clock(),
            ticks: TickClock::default(),
            wakeups,
            waker: Waker::new(stream),
            patient: false,
            refused: None,
            watched: Vec::new(),
            pending_opens: Vec::new(),
            trace: None,
            when_it_lasts: None,
        })
    }

    /// What is to be done when the program turns out not to be a short one: before it waits, asks for input or
    /// writes to standard error, at the end of its first time slice, in a native that takes long.
    pub fn when_it_lasts(&mut self, begin: impl FnOnce() + Send + 'static) {
        self.when_it_lasts = Some(Box::new(begin));
    }

    /// Where the trace of the run is to go.
    pub fn trace_into(&mut self, file: File) {
        self.trace = Some(file);
    }

    /// What wakes this host from other threads.
    #[must_use]
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Standard output, for a thread that watches over the program.
    #[must_use]
    pub fn output(&self) -> Output {
        self.output.clone()
    }

    fn refuse<T>(&mut self, awaited: Awaited) -> HostResult<T> {
        self.lasts();
        self.refused = Some(awaited);
        Err(HostError::WOULD_WAIT)
    }

    /// How calls write that may be refused.
    fn patience(&self) -> Patience {
        if self.patient { Patience::Waits } else { Patience::Refuses }
    }

    fn has_happened(&mut self, awaited: &Awaited) -> bool {
        match awaited {
            // Of a file that has been closed there is an error to be got.
            Awaited::Input(0) if self.diversion.is_on() => false,
            Awaited::Input(fd) => self.open_file(*fd).map_or(true, |open| {
                let ready = is_ready(&open.file, PollFlags::POLLIN);
                open.granted |= ready;
                ready
            }),
            Awaited::Room(fd) => self.file(*fd).map_or(true, |file| is_ready(file, PollFlags::POLLOUT)),
            Awaited::Opened(opening) => opening.is_done(),
        }
    }

    /// Opens a file, or begins to.
    fn open_now(&mut self, path: &Path, flags: u32, permissions: u32) -> HostResult<File> {
        let access = flags & 3;
        let append = flags & open_flags::APPEND != 0;
        let mut options = OpenOptions::new();
        options
            .read(access != open_flags::WRITE_ONLY)
            .write(access != open_flags::READ_ONLY)
            .append(append && access != open_flags::READ_ONLY)
            .mode(permissions & 0o7777);
        // The rest as it is: the standard library refuses combinations that the system knows.
        options.custom_flags((flags & !3 & !open_flags::APPEND) as i32);
        let waits = access != open_flags::READ_WRITE
            && flags & NO_WAIT == 0
            && fs::metadata(path).is_ok_and(|meta| meta.file_type().is_fifo());
        if !waits {
            return done(options.open(path));
        }
        let known = self.pending_opens.iter().position(|pending| {
            pending.opening.is_done()
                && (pending.flags, pending.permissions) == (flags, permissions)
                && pending.path == path
        });
        if let Some(known) = known {
            let pending = self.pending_opens.remove(known);
            return done(pending.opening.take().expect("it is done, and taken once"));
        }
        let path = path.to_path_buf();
        let open = {
            let path = path.clone();
            move || options.open(path)
        };
        let opening = done(Opening::start(open, self.waker.clone()))?;
        self.pending_opens.push(PendingOpen { path, flags, permissions, opening: opening.clone() });
        self.refuse(Awaited::Opened(opening))
    }

    /// The path as the system is to see it: relative to this VM's working directory.
    fn resolve(&self, path: &[u8]) -> HostResult<PathBuf> {
        if path.is_empty() {
            return Err(HostError::NOT_FOUND);
        }
        if path.contains(&0) {
            return Err(HostError::INVALID);
        }
        Ok(self.directory.join(OsStr::from_bytes(path)))
    }

    fn readable(&self, path: &[u8]) -> HostResult<PathBuf> {
        permit::allowed(self.permissions.read.as_deref(), self.resolve(path)?)
    }

    fn writable(&self, path: &[u8]) -> HostResult<PathBuf> {
        permit::allowed(self.permissions.write.as_deref(), self.resolve(path)?)
    }

    fn open_file(&mut self, fd: Fd) -> HostResult<&mut OpenFile> {
        let file = usize::try_from(fd).ok().and_then(|index| self.files.get_mut(index)?.as_mut());
        file.ok_or(HostError::BAD_DESCRIPTOR)
    }

    fn add_file(&mut self, file: OpenFile) -> Fd {
        let free = |index: &usize| self.files[*index].is_none() && !self.retired.contains(index);
        let index = match (3..self.files.len()).find(free) {
            Some(index) => index,
            None => {
                self.files.push(None);
                self.files.len() - 1
            }
        };
        self.files[index] = Some(file);
        index as Fd
    }

    fn file(&mut self, fd: Fd) -> HostResult<&File> {
        Ok(&self.open_file(fd)?.file)
    }
}

/// Whether two open files are the same.
fn same(one: &File, other: &File) -> bool {
    let id = |file: &File| file.metadata().map(|meta| (meta.dev(), meta.ino())).ok();
    id(one).is_some_and(|one| id(other) == Some(one))
}

/// Does it again as long as a signal comes in between.
fn retry<T>(mut run: impl FnMut() -> io::Result<T>) -> HostResult<T> {
    loop {
        match run() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return done(result),
        }
    }
}

fn entries(path: &Path) -> HostResult<Vec<DirEntry>> {
    let mut entries = Vec::new();
    for entry in done(fs::read_dir(path))? {
        let entry = done(entry)?;
        // An entry that vanished meanwhile is left out.
        let Ok(kind) = entry.file_type() else { continue };
        entries.push(DirEntry { name: entry.file_name().into_vec(), mode: type_bits(kind) });
    }
    Ok(entries)
}

impl Drop for StdHost {
    fn drop(&mut self) {
        // Nobody is left to be told of an error.
        let _ = self.flush();
    }
}

impl Host for StdHost {
    fn write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        if self.diversion.takes(fd, bytes) {
            return Ok(bytes.len());
        }
        match fd {
            1 => return self.output.write(bytes, Patience::Waits),
            2 => {
                self.lasts();
                // What cannot be written to standard output is not standard error's business.
                let _ = self.output.flush(Patience::Waits);
            }
            _ => {}
        }
        write_some(self.file(fd)?, bytes)
    }

    fn try_write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        if self.patient || self.diversion.is_on() {
            return self.write(fd, bytes);
        }
        if fd == 1 {
            return match self.output.write(bytes, Patience::Refuses) {
                Err(HostError::WOULD_WAIT) => self.refuse(Awaited::Room(1)),
                result => result,
            };
        }
        if fd == 2 {
            self.lasts();
            let _ = self.output.flush(Patience::Refuses);
            // What goes to the same place must keep its order; elsewhere nobody has to wait for the other.
            if self.output.pending().is_some_and(|stdout| self.file(2).is_ok_and(|file| same(&stdout, file)))
            {
                return self.refuse(Awaited::Room(1));
            }
        }
        let open = self.open_file(fd)?;
        let nature = open.nature();
        if nature.way != Way::Slow || !nature.writable {
            return write_some(&open.file, bytes);
        }
        if !is_ready(&open.file, PollFlags::POLLOUT) {
            return self.refuse(Awaited::Room(fd));
        }
        write_some(&open.file, &bytes[..bytes.len().min(PORTION)])
    }

    fn read(&mut self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        self.lasts();
        let patient = self.patient || (fd == 0 && self.diversion.is_on());
        let open = self.open_file(fd)?;
        let nature = open.nature();
        let granted = std::mem::take(&mut open.granted);
        if nature.way == Way::Quick || !nature.readable {
            let file = &*open.file;
            return retry(|| (&*file).read(buffer));
        }
        let file = open.file.clone();
        if (patient && !granted) || !is_ready(&file, PollFlags::POLLIN) {
            return self.refuse(Awaited::Input(fd));
        }
        if fd == 0 {
            // The question before the answer, even if that was typed ahead.
            let _ = self.output.flush(self.patience());
        }
        match retry(|| (&*file).read(buffer)) {
            Err(HostError::WOULD_WAIT) => self.refuse(Awaited::Input(fd)),
            result => result,
        }
    }

    fn flush(&mut self) -> HostResult<()> {
        self.output.flush(Patience::Waits)
    }

    fn tick(&mut self, now: i64) -> HostResult<()> {
        self.lasts();
        self.output.tick(now)
    }

    fn lasts(&mut self) {
        if let Some(begin) = self.when_it_lasts.take() {
            begin();
        }
    }

    fn set_patient(&mut self) {
        self.patient = true;
    }

    fn watch(&mut self, token: u64) {
        if let Some(awaited) = self.refused.take() {
            self.watched.push((token, awaited));
        }
    }

    fn record_trace(&mut self, part: &[u8]) -> HostResult<()> {
        match &mut self.trace {
            Some(file) => done(file.write_all(part)),
            None => Err(HostError::BAD_DESCRIPTOR),
        }
    }

    fn happened(&mut self) -> Vec<u64> {
        let watched = std::mem::take(&mut self.watched);
        let mut tokens = Vec::new();
        for (token, awaited) in watched {
            match self.has_happened(&awaited) {
                true => tokens.push(token),
                false => self.watched.push((token, awaited)),
            }
        }
        tokens
    }

    fn interrupt(&self) -> Option<Interrupt> {
        Some(self.waker.interrupt().clone())
    }

    fn wall_clock(&mut self) -> (i64, i32) {
        clock::wall_clock()
    }

    fn monotonic(&mut self) -> i64 {
        monotonic_clock() - self.started
    }

    fn stamp(&mut self) -> i64 {
        self.ticks.read() - self.started
    }

    fn cpu_time(&mut self) -> i64 {
        clock::thread_time().unwrap_or_else(|| self.monotonic())
    }

    fn pause_clock(&self) -> Option<Box<dyn FnMut() -> u64 + Send>> {
        Some(Box::new(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
        }))
    }

    fn sleep(&mut self, nanos: i64) -> HostResult<()> {
        self.lasts();
        let end = Instant::now().checked_add(Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)));
        loop {
            let flushed = self.output.flush(self.patience());
            if flushed == Err(HostError::BROKEN_PIPE) {
                return flushed;
            }
            let pending = self.output.pending();
            let mut files: Vec<_> = pending.iter().map(|file| (file.clone(), PollFlags::POLLOUT)).collect();
            for (_, awaited) in &self.watched {
                let (fd, what) = match awaited {
                    Awaited::Input(fd) => (*fd, PollFlags::POLLIN),
                    Awaited::Room(fd) => (*fd, PollFlags::POLLOUT),
                    Awaited::Opened(opening) if opening.is_done() => return flushed,
                    Awaited::Opened(_) => continue,
                };
                match self.files.get(fd as usize) {
                    Some(Some(open)) => files.push((open.file.clone(), what)),
                    _ => return flushed,
                }
            }
            // Room for output that waits is no reason to wake up.
            match watch::wait(&self.wakeups, &files, end) {
                Some(ready) if pending.is_some() && ready == [0] => {}
                _ => return flushed,
            }
        }
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

    fn is_terminal(&self, fd: Fd) -> bool {
        let file = usize::try_from(fd).ok().and_then(|index| self.files.get(index)?.as_ref());
        file.is_some_and(|open| open.file.is_terminal())
    }

    fn open(&mut self, path: &[u8], flags: u32, permissions: u32) -> HostResult<Fd> {
        let access = flags & 3;
        let writes =
            access != open_flags::READ_ONLY || flags & (open_flags::CREATE | open_flags::TRUNCATE) != 0;
        let path = if writes { self.writable(path)? } else { self.readable(path)? };
        let file = self.open_now(&path, flags, permissions)?;
        Ok(self.add_file(OpenFile::new(file, path)))
    }

    fn duplicate(&mut self, fd: Fd) -> HostResult<Fd> {
        let file = Arc::clone(&self.open_file(fd)?.file);
        let path = self.files[fd as usize].as_ref().map(|file| file.path.clone()).unwrap_or_default();
        Ok(self.add_file(OpenFile { file, path, nature: None, granted: false }))
    }

    fn close(&mut self, fd: Fd) -> HostResult<()> {
        self.file(fd)?;
        self.files[fd as usize] = None;
        let is_it = |awaited: &Awaited| matches!(awaited, Awaited::Input(known) | Awaited::Room(known) if *known == fd);
        if self.watched.iter().any(|(_, awaited)| is_it(awaited)) {
            self.retired.push(fd as usize);
            self.waker.wake();
        }
        if fd == 1 { self.output.close() } else { Ok(()) }
    }

    fn read_at(&mut self, fd: Fd, buffer: &mut [u8], offset: u64) -> HostResult<usize> {
        let file = self.file(fd)?;
        retry(|| file.read_at(buffer, offset))
    }

    fn write_at(&mut self, fd: Fd, bytes: &[u8], offset: u64) -> HostResult<usize> {
        if fd == 1 {
            self.flush()?;
        }
        let file = self.file(fd)?;
        retry(|| file.write_at(bytes, offset))
    }

    fn seek(&mut self, fd: Fd, offset: i64, whence: Whence) -> HostResult<i64> {
        if fd == 1 {
            self.flush()?;
        }
        let to = match whence {
            Whence::Start => SeekFrom::Start(u64::try_from(offset).map_err(|_| HostError::INVALID)?),
            Whence::Current => SeekFrom::Current(offset),
            Whence::End => SeekFrom::End(offset),
        };
        let mut file = self.file(fd)?;
        done(file.seek(to)).map(|at| at as i64)
    }

    fn set_len(&mut self, fd: Fd, len: u64) -> HostResult<()> {
        done(self.file(fd)?.set_len(len))
    }

    fn sync(&mut self, fd: Fd) -> HostResult<()> {
        if fd == 1 {
            self.flush()?;
        }
        done(self.file(fd)?.sync_all())
    }

    fn stat_fd(&mut self, fd: Fd) -> HostResult<FileInfo> {
        if fd == 1 {
            self.flush()?;
        }
        done(self.file(fd)?.metadata()).map(|meta| info(&meta))
    }

    fn stat(&mut self, path: &[u8], follow: bool) -> HostResult<FileInfo> {
        let path = self.readable(path)?;
        let meta = if follow { fs::metadata(path) } else { fs::symlink_metadata(path) };
        done(meta).map(|meta| info(&meta))
    }

    fn read_dir(&mut self, path: &[u8]) -> HostResult<Vec<DirEntry>> {
        entries(&self.readable(path)?)
    }

    fn read_dir_fd(&mut self, fd: Fd) -> HostResult<Vec<DirEntry>> {
        entries(&self.open_file(fd)?.path)
    }

    fn make_dir(&mut self, path: &[u8], permissions: u32) -> HostResult<()> {
        done(fs::DirBuilder::new().mode(permissions & 0o7777).create(self.writable(path)?))
    }

    fn remove_file(&mut self, path: &[u8]) -> HostResult<()> {
        done(fs::remove_file(self.writable(path)?))
    }

    fn remove_dir(&mut self, path: &[u8]) -> HostResult<()> {
        done(fs::remove_dir(self.writable(path)?))
    }

    fn rename(&mut self, from: &[u8], to: &[u8]) -> HostResult<()> {
        done(fs::rename(self.writable(from)?, self.writable(to)?))
    }

    fn hard_link(&mut self, from: &[u8], to: &[u8]) -> HostResult<()> {
        self.readable(from)?;
        done(fs::hard_link(self.writable(from)?, self.writable(to)?))
    }

    fn symlink(&mut self, from: &[u8], to: &[u8]) -> HostResult<()> {
        // The text may say anything: what it leads to is checked when it is followed.
        done(std::os::unix::fs::symlink(OsStr::from_bytes(from), self.writable(to)?))
    }

    fn read_link(&mut self, path: &[u8]) -> HostResult<Vec<u8>> {
        done(fs::read_link(self.readable(path)?)).map(|path| path.into_os_string().into_vec())
    }

    fn set_permissions(&mut self, path: &[u8], permissions: u32) -> HostResult<()> {
        done(fs::set_permissions(self.writable(path)?, fs::Permissions::from_mode(permissions & 0o7777)))
    }

    fn set_permissions_fd(&mut self, fd: Fd, permissions: u32) -> HostResult<()> {
        done(self.file(fd)?.set_permissions(fs::Permissions::from_mode(permissions & 0o7777)))
    }

    fn set_owner(
        &mut self,
        path: &[u8],
        user: Option<u32>,
        group: Option<u32>,
        follow: bool,
    ) -> HostResult<()> {
        let path = self.writable(path)?;
        done(match follow {
            true => chown(path, user, group),
            false => lchown(path, user, group),
        })
    }

    fn set_owner_fd(&mut self, fd: Fd, user: Option<u32>, group: Option<u32>) -> HostResult<()> {
        done(fchown(self.file(fd)?, user, group))
    }

    fn set_times(&mut self, path: &[u8], access: Option<i128>, modified: Option<i128>) -> HostResult<()> {
        let time = |nanos: i128| {
            let distance = Duration::from_nanos(u64::try_from(nanos.unsigned_abs()).unwrap_or(u64::MAX));
            if nanos < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
        };
        let mut times = fs::FileTimes::new();
        if let Some(access) = access {
            times = times.set_accessed(time(access));
        }
        if let Some(modified) = modified {
            times = times.set_modified(time(modified));
        }
        done(File::open(self.writable(path)?).and_then(|file| file.set_times(times)))
    }

    fn working_dir(&mut self) -> HostResult<Vec<u8>> {
        Ok(self.directory.clone().into_os_string().into_vec())
    }

    fn change_dir(&mut self, path: &[u8]) -> HostResult<()> {
        let path = self.readable(path)?;
        if !done(fs::metadata(&path))?.is_dir() {
            return Err(HostError(20));
        }
        self.directory = done(fs::canonicalize(path))?;
        Ok(())
    }

    fn change_dir_fd(&mut self, fd: Fd) -> HostResult<()> {
        let open = self.open_file(fd)?;
        if !done(open.file.metadata())?.is_dir() {
            return Err(HostError(20));
        }
        let path = open.path.clone();
        self.directory = done(fs::canonicalize(path))?;
        Ok(())
    }

    fn hostname(&mut self) -> HostResult<Vec<u8>> {
        let mut name = done(fs::read("/proc/sys/kernel/hostname"))?;
        name.truncate(name.trim_ascii_end().len());
        Ok(name)
    }

    fn executable(&mut self) -> HostResult<Vec<u8>> {
        done(std::env::current_exe()).map(|path| OsString::from(path).into_vec())
    }

    fn process_number(&mut self, which: ProcessNumber) -> i64 {
        let owner = || fs::metadata("/proc/self").ok();
        match which {
            ProcessNumber::Pid => i64::from(std::process::id()),
            ProcessNumber::ParentPid => i64::from(std::os::unix::process::parent_id()),
            ProcessNumber::User | ProcessNumber::EffectiveUser => {
                owner().map_or(-1, |meta| i64::from(meta.uid()))
            }
            ProcessNumber::Group | ProcessNumber::EffectiveGroup => {
                owner().map_or(-1, |meta| i64::from(meta.gid()))
            }
            ProcessNumber::PageSize => 4096,
            ProcessNumber::MaxRss => max_rss().unwrap_or(0),
            ProcessNumber::Processors => std::thread::available_parallelism().map_or(1, |n| n.get() as i64),
        }
    }
}

/// The most memory that the process had at once, where the system tells.
fn max_rss() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<i64>().ok().map(|kilobytes| kilobytes << 10)
}
