//! The real outside world: the process's streams, files, environment and clocks.
//!
//! Standard output is buffered. It is written out when the buffer is full, before anything goes to
//! standard error, before a read from standard input and a sleep, 100 ms after the first byte that
//! waits (`tick`), and at the end of the run. Descriptors are numbers of our own, so that a program
//! cannot close or use what belongs to the host; the standard streams are duplicates. The environment and
//! the working directory are copies: setting them changes nothing for other VMs of the process.
//!
//! As with any Go program, writing to standard output or error when the reader has gone away ends the
//! process by SIGPIPE.

#![allow(clippy::disallowed_methods, reason = "this is the host")]
#![expect(unsafe_code, reason = "a signal ends the process")]

use std::ffi::{OsStr, OsString};
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{
    DirBuilderExt, FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt, chown, fchown, lchown,
};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::host::{DirEntry, Fd, FileInfo, Host, HostError, HostResult, ProcessNumber, Whence, open_flags};

/// Bytes of standard output that wait at most.
const BUFFER: usize = 64 * 1024;

/// Nanoseconds that output waits at most while a program runs.
const PATIENCE: i64 = 100_000_000;

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

/// Wakes a sleeping host from another thread.
#[derive(Clone, Debug)]
pub struct Waker(Sender<()>);

impl Waker {
    /// Ends the host's sleep, or its next one.
    pub fn wake(&self) {
        // A host that is gone sleeps no more.
        let _ = self.0.send(());
    }
}

/// The host of a program that runs in this process.
pub struct StdHost {
    args: Vec<Vec<u8>>,
    /// In order, as the system gave it and as it was added to.
    env: Vec<(Vec<u8>, Vec<u8>)>,
    directory: PathBuf,
    permissions: Permissions,
    files: Vec<Option<OpenFile>>,
    output: Vec<u8>,
    /// When the first byte that waits was written, if anybody has looked at the clock since.
    waiting_since: Option<i64>,
    started: Instant,
    wakeups: Receiver<()>,
    waker: Sender<()>,
}

/// An open file.
#[derive(Debug)]
struct OpenFile {
    file: File,
    /// As it was opened; empty for the standard streams.
    path: PathBuf,
    /// What reads it where that may take long.
    reader: Option<Reader>,
}

/// A thread that reads a file, each time it is asked to.
#[derive(Debug)]
struct Reader {
    requests: Sender<usize>,
    results: Receiver<HostResult<Vec<u8>>>,
}

impl Reader {
    /// Starts the thread. It ends when the file is closed, but not while it waits for the system.
    fn start(file: &File, waker: Sender<()>) -> HostResult<Reader> {
        let mut file = done(file.try_clone())?;
        let (requests, wanted) = channel();
        let (answers, results) = channel();
        let thread = std::thread::Builder::new().name("golite-read".into());
        done(thread.spawn(move || {
            while let Ok(len) = wanted.recv() {
                let mut buffer = vec![0; len];
                let result = retry(|| file.read(&mut buffer)).map(|count| {
                    buffer.truncate(count);
                    buffer
                });
                if answers.send(result).is_err() || waker.send(()).is_err() {
                    return;
                }
            }
        }))?;
        Ok(Reader { requests, results })
    }
}

impl OpenFile {
    /// A duplicate of a standard stream, if the process has it.
    fn stream(stream: impl AsFd) -> Option<OpenFile> {
        let file = File::from(stream.as_fd().try_clone_to_owned().ok()?);
        Some(OpenFile { file, path: PathBuf::new(), reader: None })
    }
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

/// Ends the process if the reader has gone away, as a Go program ends. Rust ignores the signal, so it is
/// given its old meaning first.
fn end_on_broken_pipe<T>(result: HostResult<T>) -> HostResult<T> {
    if result.as_ref().err() == Some(&HostError(libc::EPIPE)) {
        // SAFETY: both calls have no requirements; the default action of the signal needs no memory of
        // this process.
        unsafe {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::raise(libc::SIGPIPE);
        }
    }
    result
}

fn info(meta: &fs::Metadata) -> FileInfo {
    FileInfo {
        mode: meta.mode(),
        size: meta.size() as i64,
        modified_seconds: meta.mtime(),
        modified_nanos: meta.mtime_nsec(),
        device: meta.dev(),
        inode: meta.ino(),
        links: meta.nlink(),
        user: meta.uid(),
        group: meta.gid(),
        accessed: (meta.atime(), meta.atime_nsec()),
        changed: (meta.ctime(), meta.ctime_nsec()),
        special_device: meta.rdev(),
        block_size: meta.blksize(),
        blocks: meta.blocks(),
    }
}

fn type_bits(kind: fs::FileType) -> u32 {
    if kind.is_dir() {
        0o040_000
    } else if kind.is_symlink() {
        0o120_000
    } else if kind.is_fifo() {
        0o010_000
    } else if kind.is_socket() {
        0o140_000
    } else if kind.is_char_device() {
        0o020_000
    } else if kind.is_block_device() {
        0o060_000
    } else {
        0o100_000
    }
}

impl StdHost {
    /// A host with the process's environment and working directory; `args` is `os.Args`.
    #[must_use]
    pub fn new(args: Vec<Vec<u8>>, permissions: Permissions) -> StdHost {
        let env = match permissions.env {
            true => std::env::vars_os().map(|(name, value)| (name.into_vec(), value.into_vec())).collect(),
            false => Vec::new(),
        };
        let (waker, wakeups) = channel();
        StdHost {
            args,
            env,
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            permissions,
            files: vec![
                OpenFile::stream(io::stdin()),
                OpenFile::stream(io::stdout()),
                OpenFile::stream(io::stderr()),
            ],
            output: Vec::with_capacity(BUFFER),
            waiting_since: None,
            started: Instant::now(),
            wakeups,
            waker,
        }
    }

    /// What wakes this host from other threads.
    #[must_use]
    pub fn waker(&self) -> Waker {
        Waker(self.waker.clone())
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
        allowed(self.permissions.read.as_deref(), self.resolve(path)?)
    }

    fn writable(&self, path: &[u8]) -> HostResult<PathBuf> {
        allowed(self.permissions.write.as_deref(), self.resolve(path)?)
    }

    fn open_file(&mut self, fd: Fd) -> HostResult<&mut OpenFile> {
        let file = usize::try_from(fd).ok().and_then(|index| self.files.get_mut(index)?.as_mut());
        file.ok_or(HostError::BAD_DESCRIPTOR)
    }

    fn file(&mut self, fd: Fd) -> HostResult<&mut File> {
        Ok(&mut self.open_file(fd)?.file)
    }
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

/// The path if it is below one of the directories, symbolic links followed as far as it exists.
fn allowed(directories: Option<&[PathBuf]>, path: PathBuf) -> HostResult<PathBuf> {
    let Some(directories) = directories else { return Ok(path) };
    let real = real_path(&path).ok_or(HostError::NOT_PERMITTED)?;
    let inside = directories
        .iter()
        .any(|directory| fs::canonicalize(directory).is_ok_and(|directory| real.starts_with(directory)));
    if inside { Ok(path) } else { Err(HostError::NOT_PERMITTED) }
}

/// The path without symbolic links; the last parts need not exist but may not go up.
fn real_path(path: &Path) -> Option<PathBuf> {
    if let Ok(real) = fs::canonicalize(path) {
        return Some(real);
    }
    if fs::symlink_metadata(path).is_ok() {
        // A link to what is not there: where it leads cannot be told.
        return None;
    }
    let name = path.file_name()?;
    Some(real_path(path.parent()?)?.join(name))
}

impl Drop for StdHost {
    fn drop(&mut self) {
        // Nobody is left to be told of an error.
        let _ = self.flush();
    }
}

impl Host for StdHost {
    fn write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        match fd {
            1 => {
                self.file(fd)?;
                if self.output.len() + bytes.len() > BUFFER {
                    self.flush()?;
                }
                if bytes.len() < BUFFER {
                    self.output.extend_from_slice(bytes);
                    return Ok(bytes.len());
                }
            }
            2 => {
                // What cannot be written to standard output is not standard error's business.
                let _ = self.flush();
            }
            _ => {}
        }
        let file = self.file(fd)?;
        let written = retry(|| file.write(bytes));
        if matches!(fd, 1 | 2) { end_on_broken_pipe(written) } else { written }
    }

    fn read(&mut self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize> {
        if fd == 0 {
            let _ = self.flush();
        }
        let file = self.file(fd)?;
        retry(|| file.read(buffer))
    }

    fn read_or_wait(&mut self, fd: Fd, buffer: &mut [u8]) -> HostResult<Option<usize>> {
        let waker = self.waker.clone();
        let open = self.open_file(fd)?;
        let kind = done(open.file.metadata())?.file_type();
        if buffer.is_empty() || !(kind.is_fifo() || kind.is_socket() || open.file.is_terminal()) {
            return self.read(fd, buffer).map(Some);
        }
        let reader = match open.reader.take() {
            Some(reader) => reader,
            None => Reader::start(&open.file, waker)?,
        };
        let asked = reader.requests.send(buffer.len());
        open.reader = Some(reader);
        let _ = self.flush();
        // The thread ends only with the reader.
        asked.map(|()| None).map_err(|_| HostError::BAD_DESCRIPTOR)
    }

    fn take_read(&mut self, fd: Fd) -> Option<HostResult<Vec<u8>>> {
        match self.open_file(fd) {
            Ok(open) => open.reader.as_ref()?.results.try_recv().ok(),
            Err(error) => Some(Err(error)),
        }
    }

    fn flush(&mut self) -> HostResult<()> {
        self.waiting_since = None;
        if self.output.is_empty() {
            return Ok(());
        }
        let result = match self.files.get_mut(1) {
            Some(Some(stdout)) => end_on_broken_pipe(done(stdout.file.write_all(&self.output))),
            _ => Err(HostError::BAD_DESCRIPTOR),
        };
        self.output.clear();
        result
    }

    fn tick(&mut self, now: i64) {
        if self.output.is_empty() {
            return;
        }
        let since = *self.waiting_since.get_or_insert(now);
        if now - since >= PATIENCE {
            let _ = self.flush();
        }
    }

    fn wall_clock(&mut self) -> (i64, i32) {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => (since.as_secs() as i64, since.subsec_nanos() as i32),
            Err(before) => {
                let nanos = -(before.duration().as_nanos() as i128);
                (nanos.div_euclid(1_000_000_000) as i64, nanos.rem_euclid(1_000_000_000) as i32)
            }
        }
    }

    fn monotonic(&mut self) -> i64 {
        self.started.elapsed().as_nanos() as i64
    }

    fn pause_clock(&self) -> Option<Box<dyn FnMut() -> u64 + Send>> {
        Some(Box::new(|| {
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
        }))
    }

    fn sleep(&mut self, nanos: i64) {
        let _ = self.flush();
        if nanos <= 0 {
            return;
        }
        match self.wakeups.recv_timeout(Duration::from_nanos(nanos as u64)) {
            Ok(()) => while self.wakeups.try_recv().is_ok() {},
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }

    fn random(&mut self, buffer: &mut [u8]) -> HostResult<()> {
        done(File::open("/dev/urandom").and_then(|mut file| file.read_exact(buffer)))
    }

    fn args(&self) -> Vec<Vec<u8>> {
        self.args.clone()
    }

    fn env(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.env.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    fn environ(&self) -> Vec<Vec<u8>> {
        self.env.iter().map(|(name, value)| [name, &b"="[..], value].concat()).collect()
    }

    fn set_env(&mut self, name: &[u8], value: Option<&[u8]>) -> HostResult<()> {
        if name.is_empty() || name.contains(&b'=') || name.contains(&0) {
            return Err(HostError::INVALID);
        }
        let known = self.env.iter().position(|(known, _)| known == name);
        match (value, known) {
            (Some(value), _) if value.contains(&0) => return Err(HostError::INVALID),
            (Some(value), Some(known)) => self.env[known].1 = value.to_vec(),
            (Some(value), None) => self.env.push((name.to_vec(), value.to_vec())),
            (None, Some(known)) => {
                self.env.remove(known);
            }
            (None, None) => {}
        }
        Ok(())
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
        let append = flags & open_flags::APPEND != 0;
        let mut options = OpenOptions::new();
        options
            .read(access != open_flags::WRITE_ONLY)
            .write(access != open_flags::READ_ONLY)
            .append(append && access != open_flags::READ_ONLY)
            .mode(permissions & 0o7777);
        // The rest as it is: the standard library refuses combinations that the system knows.
        options.custom_flags((flags & !3 & !open_flags::APPEND) as i32);
        let file = done(options.open(&path))?;
        let index = match self.files.iter().skip(3).position(Option::is_none) {
            Some(index) => index + 3,
            None => {
                self.files.push(None);
                self.files.len() - 1
            }
        };
        self.files[index] = Some(OpenFile { file, path, reader: None });
        Ok(index as Fd)
    }

    fn close(&mut self, fd: Fd) -> HostResult<()> {
        self.file(fd)?;
        let flushed = if fd == 1 { self.flush() } else { Ok(()) };
        self.files[fd as usize] = None;
        flushed
    }

    fn read_at(&mut self, fd: Fd, buffer: &mut [u8], offset: u64) -> HostResult<usize> {
        let file = self.file(fd)?;
        retry(|| file.read_at(buffer, offset))
    }

    fn write_at(&mut self, fd: Fd, bytes: &[u8], offset: u64) -> HostResult<usize> {
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
        done(self.file(fd)?.seek(to)).map(|at| at as i64)
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
            ProcessNumber::Processors => std::thread::available_parallelism().map_or(1, |n| n.get() as i64),
        }
    }
}
