//! Which paths a program may use.

use std::fs;
use std::path::{Path, PathBuf};

use crate::host::{HostError, HostResult};

/// The path if it is below one of the directories, symbolic links followed as far as it exists.
pub(super) fn allowed(directories: Option<&[PathBuf]>, path: PathBuf) -> HostResult<PathBuf> {
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
