//! Programs made from texts.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::check::{Checked, check_with};
use crate::load::{PackageFiles, SourceText, source_text};
use crate::loader::{Extra, PackageLoader, find_std, is_script};

use super::error::{CompileError, Error};
use super::package::{HostPackage, PackageBuilder};
use super::vm::{Options, Vm};

/// A program without errors. Any number of VMs can be made of it, by several threads.
#[derive(Clone, Debug)]
pub struct Program {
    shared: Arc<Shared>,
}

struct Shared {
    files: PackageFiles,
    extra: Arc<Extra>,
    packages: Vec<HostPackage>,
    /// The program as it was checked, until the first VM takes it.
    checked: Mutex<Option<Checked>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("files", &self.files.files.len()).finish_non_exhaustive()
    }
}

/// The parts of a program.
#[derive(Debug, Default)]
pub struct ProgramBuilder {
    files: Vec<SourceText>,
    packages: HashMap<String, Vec<SourceText>>,
    hosts: Vec<PackageBuilder>,
}

impl ProgramBuilder {
    /// Adds a file of the program. One file without package clause, whose name does not end in `.go`, is a
    /// script; several files are one package, whose name need not be main.
    #[must_use]
    pub fn file(mut self, name: &str, text: &str) -> ProgramBuilder {
        self.files.push(source_text(name.to_string(), text));
        self
    }

    /// Adds a file of a package that the program can import by this path.
    #[must_use]
    pub fn package(mut self, path: &str, name: &str, text: &str) -> ProgramBuilder {
        self.packages.entry(path.to_string()).or_default().push(source_text(name.to_string(), text));
        self
    }

    /// Adds a package of Rust functions, which the program can import by its path.
    #[must_use]
    pub fn host(mut self, package: PackageBuilder) -> ProgramBuilder {
        self.hosts.push(package);
        self
    }

    /// Checks the program.
    ///
    /// # Errors
    /// `Error::Compile` if it has errors, `Error::Setup` if there are no files or a package of the host
    /// cannot be made.
    pub fn compile(self) -> Result<Program, Error> {
        if self.files.is_empty() {
            return Err(Error::Setup("the program has no files".into()));
        }
        let mut packages: Vec<HostPackage> = Vec::new();
        for host in self.hosts {
            let first = packages.iter().map(|package| package.functions.len()).sum();
            let package = host.build(first).map_err(Error::Setup)?;
            if packages.iter().any(|other| other.path == package.path) {
                return Err(Error::Setup(format!("host package {}: there are two", package.path)));
            }
            packages.push(package);
        }
        let host = packages.iter().map(|package| (package.path.clone(), package.text.clone())).collect();
        let extra = Arc::new(Extra { host, packages: self.packages });
        let files =
            PackageFiles { files: self.files, folder: PathBuf::new(), module: None, by_folder: false };
        let checked = Mutex::new(Some(check(&files, &extra)?));
        Ok(Program { shared: Arc::new(Shared { files, extra, packages, checked }) })
    }
}

fn check(files: &PackageFiles, extra: &Arc<Extra>) -> Result<Checked, Error> {
    let loader = PackageLoader::new(None, find_std).with_extra(extra.clone());
    let mut checked = check_with(files, loader, &mut |_, _| {});
    checked.check_runnable();
    if checked.has_errors() || checked.broken {
        let session = &mut checked.checker.session;
        let map = std::mem::take(&mut session.map);
        let diagnostics = std::mem::take(&mut session.errors);
        return Err(Error::Compile(CompileError { map, diagnostics }));
    }
    Ok(checked)
}

impl Program {
    /// A program of several parts.
    #[must_use]
    pub fn builder() -> ProgramBuilder {
        ProgramBuilder::default()
    }

    /// Checks a program of one file.
    ///
    /// # Errors
    /// As `ProgramBuilder::compile`.
    pub fn compile(name: &str, text: &str) -> Result<Program, Error> {
        Program::builder().file(name, text).compile()
    }

    /// Makes a VM for the program. Nothing of it runs yet.
    ///
    /// # Errors
    /// `Error::Setup` if there is no memory for it, or the program needs what the options do not allow.
    pub fn vm(&self, options: Options) -> Result<Vm, Error> {
        let shared = &self.shared;
        let checked = shared.checked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let checked = match checked {
            Some(checked) => checked,
            None => check(&shared.files, &shared.extra)?,
        };
        let is_script = matches!(&shared.files.files[..], [file] if is_script(file));
        Vm::new(checked, is_script, &shared.packages, options)
    }
}
