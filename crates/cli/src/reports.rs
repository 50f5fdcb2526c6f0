//! The files that `golite run` records in: profiles and traces.
//!
//! All are made before the program runs, so that nobody runs a long program for a file that cannot be written. A trace
//! goes to its file while the program runs; one for Perfetto, and profiles, are written when it has ended.

use std::fs::{File, Metadata};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use golite::load::io_text;
use golite::{HostError, ProfileKind, Reports, StdHost};
use golite_source::SourceMap;

use crate::args::RunFlags;
use crate::report::{fail, to_stderr};

/// A file to be written.
struct ReportFile {
    path: PathBuf,
    file: File,
}

impl ReportFile {
    /// Makes a file that is asked for. `Err` if that fails: the reason is told.
    fn create(path: &Option<PathBuf>) -> Result<Option<ReportFile>, ()> {
        let Some(path) = path else { return Ok(None) };
        match File::create(path) {
            Ok(file) => Ok(Some(ReportFile { path: path.clone(), file })),
            Err(error) => {
                tell(path, &error);
                Err(())
            }
        }
    }

    /// Writes the whole file; false, and the reason is told, if that fails.
    fn write(&mut self, bytes: &[u8]) -> bool {
        let written = self.file.write_all(bytes);
        if let Err(error) = &written {
            tell(&self.path, error);
        }
        written.is_ok()
    }
}

fn tell(path: &Path, error: &std::io::Error) {
    fail(&format!("golite: {}: {}", path.display(), io_text(error)));
}

/// Whether a trace of that name is one for Perfetto and Chrome.
pub(crate) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "json")
}

/// The name of a file that is to be written for two purposes. A device may be.
fn twice<'a>(files: &[&'a Option<ReportFile>]) -> Option<&'a Path> {
    let mut seen = Vec::new();
    files.iter().filter_map(|file| file.as_ref()).find_map(|made| {
        let identity = made.file.metadata().ok().as_ref().and_then(identity)?;
        if seen.contains(&identity) {
            return Some(&*made.path);
        }
        seen.push(identity);
        None
    })
}

/// Which file on this machine a path leads to, if it is one with contents: a device has none.
fn identity(meta: &Metadata) -> Option<(u64, u64)> {
    meta.is_file().then(|| (meta.dev(), meta.ino()))
}

/// Whether no record would go into a source file of the program; if one would, that is told.
pub(crate) fn spare_sources(flags: &RunFlags, sources: &SourceMap) -> bool {
    let identity_of = |path: &Path| std::fs::metadata(path).ok().as_ref().and_then(identity);
    let all = [&flags.cpuprofile, &flags.memprofile, &flags.blockprofile, &flags.mutexprofile, &flags.trace];
    for path in all.into_iter().flatten() {
        let Some(there) = identity_of(path) else { continue };
        if sources.files().iter().any(|file| identity_of(Path::new(&*file.name)) == Some(there)) {
            fail(&format!(
                "golite: {}: a record would overwrite this source file of the program",
                path.display()
            ));
            return false;
        }
    }
    true
}

/// All files to be written.
pub(crate) struct ReportFiles {
    cpu: Option<ReportFile>,
    memory: Option<ReportFile>,
    block: Option<ReportFile>,
    mutex: Option<ReportFile>,
    /// A trace that is kept until the end.
    json: Option<ReportFile>,
    /// Where the host writes the trace.
    trace: Option<PathBuf>,
}

impl ReportFiles {
    /// Makes the files that are asked for; the host gets that of a trace. `None`, and the reason is told, if one
    /// cannot be made.
    pub(crate) fn create(flags: &RunFlags, host: &mut StdHost) -> Option<ReportFiles> {
        let create = |path| ReportFile::create(path).ok();
        let mut files = ReportFiles {
            cpu: create(&flags.cpuprofile)?,
            memory: create(&flags.memprofile)?,
            block: create(&flags.blockprofile)?,
            mutex: create(&flags.mutexprofile)?,
            json: None,
            trace: None,
        };
        let trace = create(&flags.trace)?;
        let made = [&files.cpu, &files.memory, &files.block, &files.mutex, &trace];
        if let Some(path) = twice(&made) {
            fail(&format!("golite: {}: each record needs a file of its own", path.display()));
            return None;
        }
        match trace {
            Some(file) if !is_json(&file.path) => {
                host.trace_into(file.file);
                files.trace = Some(file.path);
            }
            other => files.json = other,
        }
        Some(files)
    }

    /// Writes what was recorded; false if that failed.
    pub(crate) fn write(mut self, reports: &Reports) -> bool {
        let mut all = true;
        if let Some(stats) = &reports.stats {
            to_stderr(&stats.to_string());
        }
        for (kind, bytes) in &reports.profiles {
            let file = match kind {
                ProfileKind::Cpu => &mut self.cpu,
                ProfileKind::Block => &mut self.block,
                ProfileKind::Mutex => &mut self.mutex,
                _ => &mut self.memory,
            };
            if let Some(file) = file {
                all &= file.write(bytes);
            }
        }
        match (&reports.trace, &mut self.json, &self.trace) {
            (Ok(Some(parts)), Some(file), _) => {
                let text = golite_tools::trace::json(&parts.concat())
                    .unwrap_or_else(|error| unreachable!("go-lite reads its own traces: {error}"));
                all &= file.write(text.as_bytes());
            }
            (Err(HostError(number)), _, Some(path)) => {
                tell(path, &std::io::Error::from_raw_os_error(*number));
                all = false;
            }
            _ => {}
        }
        all
    }
}
