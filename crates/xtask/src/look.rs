//! Draws the picture in the README.

use std::path::PathBuf;

use golite_testkit::look;

use crate::{Outcome, golite};

/// Runs golite (that of `binary`, or a new build) and writes `docs/look.svg`.
pub(crate) fn run(binary: Option<&str>) -> Outcome {
    let golite = match binary {
        Some(path) => PathBuf::from(path).canonicalize().map_err(|error| format!("{path}: {error}"))?,
        None => golite::build()?,
    };
    let path = look::path();
    std::fs::write(&path, look::draw(&golite)?).map_err(|error| format!("{}: {error}", path.display()))
}
