//! The part of `go.mod` that a run needs: the module's path and language version.

use std::path::{Path, PathBuf};

/// A module: where it is and what its `go.mod` says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoModule {
    /// The folder of `go.mod`.
    pub root: PathBuf,
    /// The module path.
    pub path: String,
    /// The `N` of `go 1.N`, if there is a `go` line.
    pub minor: Option<u32>,
}

impl GoModule {
    /// Finds the module that a folder belongs to.
    #[must_use]
    pub fn of_folder(folder: &Path) -> Option<GoModule> {
        let folder = folder.canonicalize().ok()?;
        folder.ancestors().find_map(|root| {
            let text = std::fs::read_to_string(root.join("go.mod")).ok()?;
            let (path, minor) = parse(&text)?;
            Some(GoModule { root: root.to_path_buf(), path, minor })
        })
    }

    /// The folder of a package of this module, if the import path belongs to it.
    #[must_use]
    pub fn folder_of(&self, import_path: &str) -> Option<PathBuf> {
        if import_path == self.path {
            return Some(self.root.clone());
        }
        let rest = import_path.strip_prefix(&self.path)?.strip_prefix('/')?;
        let plain = rest.split('/').all(|part| !part.is_empty() && part != "." && part != "..");
        plain.then(|| self.root.join(rest))
    }
}

/// The module path and the minor version of the `go` line.
fn parse(text: &str) -> Option<(String, Option<u32>)> {
    let mut path = None;
    let mut minor = None;
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default();
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("module"), Some(word)) => path = Some(word.trim_matches(['"', '`']).to_string()),
            (Some("go"), Some(version)) => {
                minor = version.strip_prefix("1.").and_then(|rest| {
                    let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
                    digits.parse().ok()
                });
            }
            _ => {}
        }
    }
    Some((path?, minor))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn module_and_version_are_read() {
        let text = "// a comment\nmodule \"example.com/a\" // b\n\ngo 1.21.3\nrequire x v1\n";
        assert_eq!(parse(text), Some(("example.com/a".into(), Some(21))));
        assert_eq!(parse("go 1.21\n"), None);
    }
}
