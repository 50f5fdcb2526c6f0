//! From the paths of a command line to the files of a package.
//!
//! Texts are Go's own where the `go` command has one.

mod constraint;
mod gomod;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use golite_runtime::settings::MainPackage;
use golite_types::FileVersion;

pub use constraint::{FileConstraint, GO_MINOR, debug_settings, file_constraint, name_matches};
pub use gomod::GoModule;

/// The largest source file that is read. A device can be read without end.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// A file of a package, as read.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// The name shown in messages.
    pub name: String,
    /// The text.
    pub text: Arc<str>,
    /// The language version, if it need not be the newest.
    pub version: Option<FileVersion>,
}

/// The files of one package.
#[derive(Clone, Debug)]
pub struct PackageFiles {
    /// The files in name order (as given, for files given by name).
    pub files: Vec<SourceText>,
    /// The folder that holds them, by which imports are resolved.
    pub folder: PathBuf,
    /// The module they belong to.
    pub module: Option<GoModule>,
    /// They are the files of the folder, not some that were named.
    pub by_folder: bool,
}

impl PackageFiles {
    /// The import path of the package and the path of its module, if it is one of a module.
    #[must_use]
    pub fn main_package(&self) -> Option<MainPackage> {
        let module = self.module.as_ref().filter(|_| self.by_folder)?;
        let folder = self.folder.canonicalize().ok()?;
        let below = folder.strip_prefix(&module.root).ok()?.to_str()?;
        let path = match below {
            "" => module.path.clone(),
            below => format!("{}/{below}", module.path),
        };
        Some(MainPackage { path, module: module.path.clone() })
    }
}

/// A path that cannot be used: the message, without position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadError(pub String);

/// Whether a name is that of a source file.
#[must_use]
pub fn is_source_name(name: &str) -> bool {
    name.ends_with(".go") || name.ends_with(".go-lite")
}

/// Reads the files that the paths name: `-` for standard input, files of one package, or a folder.
///
/// # Errors
/// When a path does not exist, cannot be read, is not text, or holds no program.
pub fn load_paths(paths: &[String]) -> Result<PackageFiles, LoadError> {
    match paths {
        [] => Err(LoadError("no go files listed".into())),
        [only] if only == "-" => {
            let name = "<standard input>";
            let bytes = read_all(std::io::stdin().lock(), name).map_err(|error| match error {
                ReadError::Io(error) => LoadError(format!("reading standard input: {}", io_text(&error))),
                ReadError::TooLarge(error) => error,
            })?;
            let file = to_text(name.into(), bytes)?;
            let folder = PathBuf::from(".");
            Ok(PackageFiles {
                files: vec![file],
                module: GoModule::of_folder(&folder)?,
                folder,
                by_folder: false,
            })
        }
        [only] if Path::new(only).is_dir() => load_folder(Path::new(only)),
        [only] if !is_source_name(only) && !Path::new(only).exists() => {
            let full = std::env::current_dir().unwrap_or_default().join(only);
            Err(LoadError(format!("stat {}: directory not found", full.display())))
        }
        _ => {
            let mut files = Vec::new();
            for path in paths {
                if paths.len() > 1 && Path::new(path).is_dir() {
                    return Err(LoadError(format!(
                        "{path} is a directory; give either one directory or files"
                    )));
                }
                files.push(read_file(Path::new(path), path.clone())?);
            }
            let parent = Path::new(&paths[0]).parent().filter(|folder| !folder.as_os_str().is_empty());
            let folder = parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
            Ok(PackageFiles { files, module: GoModule::of_folder(&folder)?, folder, by_folder: false })
        }
    }
}

/// Code that stands in no file, as the only file of a program in the working directory.
///
/// # Errors
/// When the working directory is in a module whose `go.mod` is wrong.
pub fn code_text(name: &str, code: &str) -> Result<PackageFiles, LoadError> {
    let file = source_text(name.into(), code);
    let folder = PathBuf::from(".");
    Ok(PackageFiles { files: vec![file], module: GoModule::of_folder(&folder)?, folder, by_folder: false })
}

/// Reads the files of the package in a folder.
///
/// # Errors
/// When the folder cannot be read or has no source file for this build.
pub fn load_folder(folder: &Path) -> Result<PackageFiles, LoadError> {
    let shown = folder.display();
    let entries =
        std::fs::read_dir(folder).map_err(|error| LoadError(format!("open {shown}: {}", io_text(&error))))?;
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| is_source_name(name))
        .collect();
    names.sort();
    let full = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    if names.is_empty() {
        return Err(LoadError(format!("no Go files in {}", full.display())));
    }
    let module = GoModule::of_folder(folder)?;
    let mut files = Vec::new();
    for name in names.iter().filter(|name| name_matches(name)) {
        let path = folder.join(name);
        let shown = if folder == Path::new(".") { name.clone() } else { path.display().to_string() };
        let mut file = read_file(&path, shown)?;
        let FileConstraint { included, minor: declared } = file_constraint(&file.text);
        if included {
            let module = module.as_ref().map_or(GO_MINOR, |module| module.minor);
            file.version = Some(FileVersion { declared, module });
            files.push(file);
        }
    }
    if files.is_empty() {
        let text = format!("package {}: build constraints exclude all Go files in {}", shown, full.display());
        return Err(LoadError(text));
    }
    Ok(PackageFiles { files, module, folder: folder.to_path_buf(), by_folder: true })
}

fn read_file(path: &Path, shown: String) -> Result<SourceText, LoadError> {
    let failed =
        |verb: &str, error: &std::io::Error| LoadError(format!("{verb} {shown}: {}", io_text(error)));
    let file = std::fs::File::open(path).map_err(|error| match std::fs::metadata(path) {
        Ok(_) => failed("open", &error),
        Err(error) => failed("stat", &error),
    })?;
    let bytes = read_all(file, &shown).map_err(|error| match error {
        ReadError::Io(error) => failed("read", &error),
        ReadError::TooLarge(error) => error,
    })?;
    to_text(shown, bytes)
}

enum ReadError {
    Io(std::io::Error),
    TooLarge(LoadError),
}

/// Reads to the end, but not more than the largest source file.
fn read_all(stream: impl Read, shown: &str) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    stream.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(ReadError::Io)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let text = format!("{shown}: file too large (over {} MiB)", MAX_FILE_BYTES >> 20);
        return Err(ReadError::TooLarge(LoadError(text)));
    }
    Ok(bytes)
}

/// A file given by name: it has the newest language version, as in Go, but for a line of its own.
pub(crate) fn source_text(name: String, text: &str) -> SourceText {
    let declared = file_constraint(text).minor;
    let version = declared.map(|_| FileVersion { declared, module: GO_MINOR });
    SourceText { name, text: text.into(), version }
}

/// Source text: UTF-8 is checked with Go's message; NUL bytes and byte order marks are the lexer's business.
fn to_text(name: String, bytes: Vec<u8>) -> Result<SourceText, LoadError> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(source_text(name, &text)),
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            let column = valid.iter().rev().take_while(|byte| **byte != b'\n').count() + 1;
            Err(LoadError(format!("{name}:{line}:{column}: invalid UTF-8 encoding")))
        }
    }
}

/// An I/O error as Go words it.
#[must_use]
pub fn io_text(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".into(),
        std::io::ErrorKind::PermissionDenied => "permission denied".into(),
        std::io::ErrorKind::IsADirectory => "is a directory".into(),
        _ => {
            let text = error.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            text[..end].to_lowercase()
        }
    }
}

/// A path as seen from the working directory, if it lies below.
pub(crate) fn relative(path: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    path.strip_prefix(&here).map_or_else(|_| path.to_path_buf(), Path::to_path_buf)
}
