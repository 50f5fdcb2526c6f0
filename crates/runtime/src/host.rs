//! The outside world: files, environment, clock, randomness.
//!
//! Everything that a program can see of its surroundings comes through a `Host`. The real one is in
//! `host_std`; embedders and tests bring their own. What a host does not have it refuses: every
//! method but the standard streams and the clock has a default that says "not permitted".
//!
//! Paths and environment are bytes, as in Go. Errors are the system's numbers (`errno`), which the
//! standard packages turn into Go's error values.

use crate::interrupt::Interrupt;

/// A file descriptor: 0, 1, 2 are the standard streams.
pub type Fd = i32;

/// Why the host refused: an `errno`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HostError(pub i32);

impl HostError {
    /// `EPERM`: the host does not allow it.
    pub const NOT_PERMITTED: HostError = HostError(1);
    /// `ENOENT`.
    pub const NOT_FOUND: HostError = HostError(2);
    /// `EBADF`.
    pub const BAD_DESCRIPTOR: HostError = HostError(9);
    /// `EAGAIN`: the call would have to wait, and has done nothing. `Host::watch` says when it is worth
    /// another try.
    pub const WOULD_WAIT: HostError = HostError(11);
    /// `EACCES`.
    pub const ACCESS: HostError = HostError(13);
    /// `EINVAL`.
    pub const INVALID: HostError = HostError(22);
    /// `EPIPE`.
    pub const BROKEN_PIPE: HostError = HostError(32);
}

/// What a host answers.
pub type HostResult<T> = Result<T, HostError>;

/// Flags of `Host::open`: the numbers of Go's `os.O_*` on Linux.
pub mod open_flags {
    /// Read only.
    pub const READ_ONLY: u32 = 0;
    /// Write only.
    pub const WRITE_ONLY: u32 = 1;
    /// Read and write.
    pub const READ_WRITE: u32 = 2;
    /// Create if it is not there.
    pub const CREATE: u32 = 0x40;
    /// With `CREATE`: it must not be there.
    pub const EXCLUSIVE: u32 = 0x80;
    /// Cut to length zero.
    pub const TRUNCATE: u32 = 0x200;
    /// Write at the end.
    pub const APPEND: u32 = 0x400;
    /// Write through.
    pub const SYNC: u32 = 0x10_1000;
}

/// What is known of a file: the numbers of `stat` on Linux.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct FileInfo {
    /// Type and permission bits (`st_mode`).
    pub mode: u32,
    /// Bytes.
    pub size: i64,
    /// Last modification: seconds since 1970.
    pub modified_seconds: i64,
    /// And nanoseconds.
    pub modified_nanos: i64,
    /// Device.
    pub device: u64,
    /// Number of the file on the device.
    pub inode: u64,
    /// How many names it has.
    pub links: u64,
    /// Owner.
    pub user: u32,
    /// Group.
    pub group: u32,
    /// Last access: seconds since 1970, nanoseconds.
    pub accessed: (i64, i64),
    /// Last change of what is known here: seconds since 1970, nanoseconds.
    pub changed: (i64, i64),
    /// The device that it is, if it is one.
    pub special_device: u64,
    /// Bytes that are best written at once.
    pub block_size: u64,
    /// How many blocks of 512 bytes it takes.
    pub blocks: u64,
}

/// An entry of a directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DirEntry {
    /// Its name, without directory.
    pub name: Vec<u8>,
    /// The type bits of `st_mode`.
    pub mode: u32,
}

/// From where `seek` counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whence {
    /// The beginning.
    Start,
    /// The current position.
    Current,
    /// The end.
    End,
}

/// Numbers of the process and its user.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProcessNumber {
    /// Process id.
    Pid,
    /// Parent's process id.
    ParentPid,
    /// User id.
    User,
    /// Effective user id.
    EffectiveUser,
    /// Group id.
    Group,
    /// Effective group id.
    EffectiveGroup,
    /// Bytes of a page of memory.
    PageSize,
    /// How many processors there are.
    Processors,
    /// The most bytes of memory that the process had at once.
    MaxRss,
}

macro_rules! refused {
    ($($arg:ident),*) => {{
        $(let _ = $arg;)*
        Err(HostError::NOT_PERMITTED)
    }};
}

/// The outside world of one VM.
pub trait Host: Send {
    /// Writes to a descriptor what it takes, at least one byte if there is one; returns how many bytes.
    /// Standard output may be buffered; writing to standard error flushes it first.
    ///
    /// # Errors
    /// As the system says; of buffered output perhaps only at a later write, or at `flush`.
    fn write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize>;

    /// Writes as `write`, but does not wait for others to take what is written.
    ///
    /// # Errors
    /// As for `write`, and `WOULD_WAIT`.
    fn try_write(&mut self, fd: Fd, bytes: &[u8]) -> HostResult<usize> {
        self.write(fd, bytes)
    }

    /// Reads from a descriptor into `buffer`; 0 is the end. Flushes standard output before it waits.
    ///
    /// # Errors
    /// As the system says; `WOULD_WAIT` if there is nothing to read yet and the host can watch for it.
    fn read(&mut self, fd: Fd, buffer: &mut [u8]) -> HostResult<usize>;

    /// Writes out what is buffered of standard output.
    ///
    /// # Errors
    /// As the system says.
    fn flush(&mut self) -> HostResult<()>;

    /// To be called now and then while a program runs, with the monotonic clock: writes out what has
    /// been in the buffer for 100 ms.
    ///
    /// # Errors
    /// As for `flush`.
    fn tick(&mut self, now: i64) -> HostResult<()> {
        let _ = now;
        Ok(())
    }

    /// The program is not a short one: it has done much work, however little of it shows. May be called often.
    fn lasts(&mut self) {}

    /// The wall clock: seconds since 1970 UTC and nanoseconds.
    fn wall_clock(&mut self) -> (i64, i32);

    /// The monotonic clock in nanoseconds from some beginning.
    fn monotonic(&mut self) -> i64;

    /// The monotonic clock for what happens very often: as `monotonic`, read in less time, and less than a
    /// microsecond off.
    fn stamp(&mut self) -> i64 {
        self.monotonic()
    }

    /// A clock of its own for the collector: nanoseconds since 1970. Without one its pauses take no time.
    fn pause_clock(&self) -> Option<Box<dyn FnMut() -> u64 + Send>> {
        None
    }

    /// Sleeps for that many nanoseconds, until something that is watched happens, or until another
    /// thread wakes the host; flushes first.
    ///
    /// # Errors
    /// As for `flush`; it need not sleep then.
    fn sleep(&mut self, nanos: i64) -> HostResult<()>;

    /// Whether a call is refused must not depend on how fast others are: every one that could have to wait
    /// is refused with `WOULD_WAIT` until `happened` has named it.
    fn set_patient(&mut self) {}

    /// The call that was refused last with `WOULD_WAIT` is to be watched: `happened` will name the
    /// token once it is worth another try.
    fn watch(&mut self, token: u64) {
        let _ = token;
    }

    /// Tokens of what was watched and has happened since the last call, in the order of `watch`. Does
    /// not wait.
    fn happened(&mut self) -> Vec<u64> {
        Vec::new()
    }

    /// How other threads end this host's program before its time, if they can.
    fn interrupt(&self) -> Option<Interrupt> {
        None
    }

    /// Takes the next part of the trace of the whole run, while the program runs: only if the VM was made so.
    ///
    /// # Errors
    /// As the system says; no more parts come then.
    fn record_trace(&mut self, part: &[u8]) -> HostResult<()> {
        refused!(part)
    }

    /// Fills the buffer with random bytes from the system.
    ///
    /// # Errors
    /// If it has none.
    fn random(&mut self, buffer: &mut [u8]) -> HostResult<()>;

    /// The program's name and arguments: `os.Args`.
    fn args(&self) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// A variable of the environment.
    fn env(&self, name: &[u8]) -> Option<Vec<u8>> {
        let _ = name;
        None
    }

    /// Visits the names and values of the environment, in the order in which they were set first.
    fn each_variable(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        let _ = visit;
    }

    /// Sets (or with `None` removes) a variable, for this VM only.
    ///
    /// # Errors
    /// `EINVAL` for an empty name, or one with `=` or a zero byte.
    fn set_env(&mut self, name: &[u8], value: Option<&[u8]>) -> HostResult<()> {
        refused!(name, value)
    }

    /// Whether the descriptor is a terminal.
    fn is_terminal(&self, fd: Fd) -> bool {
        let _ = fd;
        false
    }

    /// Opens a file; flags of `open_flags`.
    ///
    /// # Errors
    /// As the system says; `WOULD_WAIT` if the file can be opened only together with another process
    /// and the host can watch for it: the same call is to be made again then.
    fn open(&mut self, path: &[u8], flags: u32, permissions: u32) -> HostResult<Fd> {
        refused!(path, flags, permissions)
    }

    /// Closes a file.
    ///
    /// # Errors
    /// `EBADF`.
    fn close(&mut self, fd: Fd) -> HostResult<()> {
        refused!(fd)
    }

    /// Another descriptor of an open file, which stays open when that is closed.
    ///
    /// # Errors
    /// As the system says.
    fn duplicate(&mut self, fd: Fd) -> HostResult<Fd> {
        refused!(fd)
    }

    /// Reads at an offset, without moving the position.
    ///
    /// # Errors
    /// As the system says.
    fn read_at(&mut self, fd: Fd, buffer: &mut [u8], offset: u64) -> HostResult<usize> {
        refused!(fd, buffer, offset)
    }

    /// Writes at an offset what the file takes, without moving the position.
    ///
    /// # Errors
    /// As the system says.
    fn write_at(&mut self, fd: Fd, bytes: &[u8], offset: u64) -> HostResult<usize> {
        refused!(fd, bytes, offset)
    }

    /// Moves the position; returns the new one.
    ///
    /// # Errors
    /// As the system says.
    fn seek(&mut self, fd: Fd, offset: i64, whence: Whence) -> HostResult<i64> {
        refused!(fd, offset, whence)
    }

    /// Sets the length of an open file.
    ///
    /// # Errors
    /// As the system says.
    fn set_len(&mut self, fd: Fd, len: u64) -> HostResult<()> {
        refused!(fd, len)
    }

    /// Makes sure that what was written is stored.
    ///
    /// # Errors
    /// As the system says.
    fn sync(&mut self, fd: Fd) -> HostResult<()> {
        refused!(fd)
    }

    /// What is known of an open file.
    ///
    /// # Errors
    /// As the system says.
    fn stat_fd(&mut self, fd: Fd) -> HostResult<FileInfo> {
        refused!(fd)
    }

    /// What is known of a file; `follow` symbolic links or not.
    ///
    /// # Errors
    /// As the system says.
    fn stat(&mut self, path: &[u8], follow: bool) -> HostResult<FileInfo> {
        refused!(path, follow)
    }

    /// The entries of a directory, without `.` and `..`, in the system's order.
    ///
    /// # Errors
    /// As the system says.
    fn read_dir(&mut self, path: &[u8]) -> HostResult<Vec<DirEntry>> {
        refused!(path)
    }

    /// The entries of an open directory, as `read_dir` has them.
    ///
    /// # Errors
    /// As the system says.
    fn read_dir_fd(&mut self, fd: Fd) -> HostResult<Vec<DirEntry>> {
        refused!(fd)
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// As the system says.
    fn make_dir(&mut self, path: &[u8], permissions: u32) -> HostResult<()> {
        refused!(path, permissions)
    }

    /// Removes a file.
    ///
    /// # Errors
    /// As the system says.
    fn remove_file(&mut self, path: &[u8]) -> HostResult<()> {
        refused!(path)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As the system says.
    fn remove_dir(&mut self, path: &[u8]) -> HostResult<()> {
        refused!(path)
    }

    /// Renames.
    ///
    /// # Errors
    /// As the system says.
    fn rename(&mut self, from: &[u8], to: &[u8]) -> HostResult<()> {
        refused!(from, to)
    }

    /// Makes another name for a file.
    ///
    /// # Errors
    /// As the system says.
    fn hard_link(&mut self, from: &[u8], to: &[u8]) -> HostResult<()> {
        refused!(from, to)
    }

    /// Makes a symbolic link at `to` with the text `from`.
    ///
    /// # Errors
    /// As the system says.
    fn symlink(&mut self, from: &[u8], to: &[u8]) -> HostResult<()> {
        refused!(from, to)
    }

    /// The text of a symbolic link.
    ///
    /// # Errors
    /// As the system says.
    fn read_link(&mut self, path: &[u8]) -> HostResult<Vec<u8>> {
        refused!(path)
    }

    /// Changes permissions.
    ///
    /// # Errors
    /// As the system says.
    fn set_permissions(&mut self, path: &[u8], permissions: u32) -> HostResult<()> {
        refused!(path, permissions)
    }

    /// Changes permissions of an open file.
    ///
    /// # Errors
    /// As the system says.
    fn set_permissions_fd(&mut self, fd: Fd, permissions: u32) -> HostResult<()> {
        refused!(fd, permissions)
    }

    /// Changes owner and group, `None` leaves one; `follow` a symbolic link or not.
    ///
    /// # Errors
    /// As the system says.
    fn set_owner(
        &mut self,
        path: &[u8],
        user: Option<u32>,
        group: Option<u32>,
        follow: bool,
    ) -> HostResult<()> {
        refused!(path, user, group, follow)
    }

    /// Changes owner and group of an open file.
    ///
    /// # Errors
    /// As the system says.
    fn set_owner_fd(&mut self, fd: Fd, user: Option<u32>, group: Option<u32>) -> HostResult<()> {
        refused!(fd, user, group)
    }

    /// Sets the times of last access and modification: nanoseconds since 1970, `None` leaves one.
    ///
    /// # Errors
    /// As the system says.
    fn set_times(&mut self, path: &[u8], access: Option<i128>, modified: Option<i128>) -> HostResult<()> {
        refused!(path, access, modified)
    }

    /// The working directory.
    ///
    /// # Errors
    /// As the system says.
    fn working_dir(&mut self) -> HostResult<Vec<u8>> {
        Err(HostError::NOT_PERMITTED)
    }

    /// Changes the working directory, for this VM only.
    ///
    /// # Errors
    /// As the system says.
    fn change_dir(&mut self, path: &[u8]) -> HostResult<()> {
        refused!(path)
    }

    /// Makes an open directory the working directory, for this VM only.
    ///
    /// # Errors
    /// As the system says.
    fn change_dir_fd(&mut self, fd: Fd) -> HostResult<()> {
        refused!(fd)
    }

    /// The machine's name.
    ///
    /// # Errors
    /// If it is not to be known.
    fn hostname(&mut self) -> HostResult<Vec<u8>> {
        Err(HostError::NOT_PERMITTED)
    }

    /// The path of the program: `os.Executable`.
    ///
    /// # Errors
    /// If there is none.
    fn executable(&mut self) -> HostResult<Vec<u8>> {
        Err(HostError::NOT_PERMITTED)
    }

    /// Nanoseconds of processor time that this thread has used; where nobody knows, those of `monotonic`.
    fn cpu_time(&mut self) -> i64 {
        self.monotonic()
    }

    /// A number of the process.
    fn process_number(&mut self, which: ProcessNumber) -> i64 {
        match which {
            ProcessNumber::PageSize => 4096,
            ProcessNumber::MaxRss => 0,
            ProcessNumber::Processors => 1,
            ProcessNumber::Pid
            | ProcessNumber::ParentPid
            | ProcessNumber::User
            | ProcessNumber::EffectiveUser
            | ProcessNumber::Group
            | ProcessNumber::EffectiveGroup => 1,
        }
    }
}
