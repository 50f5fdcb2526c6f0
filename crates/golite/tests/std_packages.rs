//! The standard packages compile: all that the programs in `lang-tests/std/exports` name, which is each
//! exported function and method, and everything that these call.

use std::path::Path;

use golite::{Program, check_paths};

#[test]
fn everything_in_standard_packages_compiles_and_is_verified() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lang-tests/std/exports");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder is there").map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut problems = Vec::new();
    for path in files {
        let path = path.to_str().expect("names are ASCII").to_string();
        let checked = check_paths(std::slice::from_ref(&path)).expect("the file can be read");
        problems.extend(checked.diagnostics().iter().map(|error| format!("{path}: {}", error.message)));
        if let Ok(mut program) = Program::new(checked) {
            problems.extend(program.compile_reachable().into_iter().map(|line| format!("{path}: {line}")));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
