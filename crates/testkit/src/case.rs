//! Finding the tests below a folder.

use std::path::{Path, PathBuf};

use crate::workspace::files_below;

/// Endings of source files.
const SOURCES: [&str; 2] = [".go-lite", ".go"];

/// The file that makes a folder one program.
const MAIN: &str = "main.go-lite";

/// One test: a file, or a folder that is a program of several files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Case {
    /// Its path relative to the folder of all tests, without ending.
    pub name: String,
    /// What is given to `golite`.
    pub path: PathBuf,
    /// The file with the expectations; errors may be expected in the others too.
    pub main: PathBuf,
    /// All source files, the main one included.
    pub files: Vec<PathBuf>,
}

impl Case {
    /// The folder in which it runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        if self.path.is_dir() { &self.path } else { self.path.parent().expect("a file lies in a folder") }
    }

    /// What is given to `golite`, seen from that folder.
    #[must_use]
    pub fn argument(&self) -> String {
        if self.path.is_dir() {
            ".".into()
        } else {
            self.path.file_name().expect("a file has a name").to_string_lossy().into_owned()
        }
    }
}

/// All tests below a folder, in order of their names; none if there is no such folder.
#[must_use]
pub fn cases_below(folder: &Path) -> Vec<Case> {
    if !folder.is_dir() {
        return Vec::new();
    }
    let files = files_below(folder, &SOURCES);
    let programs: Vec<&Path> =
        files.iter().filter(|file| file.ends_with(MAIN)).filter_map(|file| file.parent()).collect();
    let mut cases = Vec::new();
    for file in &files {
        match programs.iter().find(|program| file.starts_with(program)) {
            None => cases.push(Case {
                name: name_of(folder, &file.with_extension("")),
                path: file.clone(),
                main: file.clone(),
                files: vec![file.clone()],
            }),
            Some(program) if **program == *file.parent().unwrap_or(file) && file.ends_with(MAIN) => {
                cases.push(Case {
                    name: name_of(folder, program),
                    path: program.to_path_buf(),
                    main: file.clone(),
                    files: files.iter().filter(|file| file.starts_with(program)).cloned().collect(),
                });
            }
            Some(_) => {}
        }
    }
    cases.sort();
    cases
}

fn name_of(folder: &Path, path: &Path) -> String {
    path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned()
}
