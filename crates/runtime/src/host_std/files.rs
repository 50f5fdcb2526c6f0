//! Open files, and what is known of files.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::output::Way;
use crate::host::{FileInfo, HostError};

/// An open file.
#[derive(Debug)]
pub(super) struct OpenFile {
    pub(super) file: Arc<File>,
    /// As it was opened; empty for the standard streams.
    pub(super) path: PathBuf,
    /// What was found out when it was first used.
    pub(super) nature: Option<Nature>,
    /// `happened` has named it.
    pub(super) granted: bool,
}

/// What a file is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nature {
    pub(super) way: Way,
    pub(super) readable: bool,
    pub(super) writable: bool,
}

impl OpenFile {
    /// A duplicate of a standard stream, if the process has it.
    pub(super) fn stream(stream: impl AsFd) -> io::Result<Option<OpenFile>> {
        match stream.as_fd().try_clone_to_owned() {
            Ok(file) => Ok(Some(OpenFile::new(File::from(file), PathBuf::new()))),
            Err(error) if error.raw_os_error() == Some(HostError::BAD_DESCRIPTOR.0) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn new(file: File, path: PathBuf) -> OpenFile {
        OpenFile { file: Arc::new(file), path, nature: None, granted: false }
    }

    pub(super) fn nature(&mut self) -> Nature {
        *self.nature.get_or_insert_with(|| {
            let mode = fcntl(&*self.file, FcntlArg::F_GETFL)
                .map_or(OFlag::O_RDWR, |flags| OFlag::from_bits_retain(flags) & OFlag::O_ACCMODE);
            Nature {
                way: Way::of(&self.file),
                readable: mode != OFlag::O_WRONLY,
                writable: mode != OFlag::O_RDONLY,
            }
        })
    }
}

/// What the system knows of a file.
pub(super) fn info(meta: &fs::Metadata) -> FileInfo {
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

/// The bits of a file's mode that say what it is.
pub(super) fn type_bits(kind: fs::FileType) -> u32 {
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
