//! Language versions. A file may be written in an older version of the language than the newest: what
//! came later is an error there, in Go's words.
//!
//! Only files with an older version are listed; in all others everything is allowed, at no cost.

use golite_diag::{Code, Diagnostic};
use golite_source::{FileId, Span};
use rustc_hash::FxHashMap;

use crate::check::{Checker, Session};

/// The `N` of the newest language version `1.N`.
pub const NEWEST: u32 = 27;

/// The version since which each iteration of a loop has variables of its own.
pub const ITERATION_VARIABLES: u32 = 22;

/// The first version that a `//go:build` line can choose for its file.
const FIRST_PER_FILE: u32 = 21;

/// The language version of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileVersion {
    /// The `N` of `1.N` that its `//go:build` line asks for, if it has one.
    pub declared: Option<u32>,
    /// That of its module.
    pub module: u32,
}

impl FileVersion {
    /// The `N` of the version `1.N` that holds.
    #[must_use]
    pub fn minor(self) -> u32 {
        self.declared.map_or(self.module, |minor| minor.max(FIRST_PER_FILE))
    }
}

/// The versions of files that do not have the newest.
#[derive(Debug, Default)]
pub struct Versions(FxHashMap<FileId, FileVersion>);

impl Versions {
    /// A file is gone.
    pub(crate) fn remove(&mut self, file: FileId) {
        self.0.remove(&file);
    }
}

impl Session {
    /// Notes the language version of a file.
    pub fn set_version(&mut self, file: FileId, version: FileVersion) {
        if version.minor() != NEWEST {
            self.versions.0.insert(file, version);
        }
    }
}

impl Checker {
    fn version_at(&self, at: Span) -> Option<FileVersion> {
        if self.session.versions.0.is_empty() {
            return None;
        }
        self.session.versions.0.get(&self.session.map.file_of(at.start)?).copied()
    }

    /// Whether the file around a place has at least that language version.
    #[must_use]
    pub fn allows(&self, at: Span, minor: u32) -> bool {
        self.version_at(at).is_none_or(|version| version.minor() >= minor)
    }

    /// As [`Checker::allows`]; reports what needs the version.
    pub(crate) fn require_version(&mut self, at: Span, minor: u32, what: &str) -> bool {
        if self.allows(at, minor) {
            return true;
        }
        let tail = self.version_tail(at);
        self.error(Code::LanguageVersion, at, format!("{what} requires go1.{minor} or later{tail}"));
        false
    }

    /// What stands behind a message about a version: where the file's version comes from.
    pub(crate) fn version_tail(&self, at: Span) -> String {
        match self.version_at(at) {
            None => String::new(),
            Some(FileVersion { declared: Some(declared), .. }) if declared >= FIRST_PER_FILE => {
                format!(" (file declares //go:build go1.{declared})")
            }
            Some(FileVersion { module, .. }) => format!(" (-lang was set to go1.{module}; check go.mod)"),
        }
    }

    /// A file must not ask for a version that there is not yet.
    pub(crate) fn check_file_version(&mut self, clause: Span) {
        let Some(declared) = self.version_at(clause).and_then(|version| version.declared) else { return };
        if declared > NEWEST {
            let message = format!("file requires newer Go version go1.{declared}");
            self.report(Diagnostic::error(Code::LanguageVersion, clause, message));
        }
    }
}
