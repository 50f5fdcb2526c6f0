//! Every mend that is offered removes its error and makes no other.

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{Checked, check_files, find_std};
use golite_diag::{Diagnostic, apply};
use golite_testkit::workspace::{files_below, root};

fn check(text: &str) -> Checked {
    let file = SourceText { name: "main.go".into(), text: Arc::from(text), version: None };
    let files = PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false };
    let mut checked = check_files(&files, find_std);
    checked.warn();
    checked
}

/// Errors by code and first line, without the places in it.
fn messages(checked: &Checked) -> Vec<(&'static str, String)> {
    let message = |error: &Diagnostic| {
        let line = error.message.lines().next().unwrap_or_default();
        line.split(" at main.go:").next().unwrap_or_default().to_string()
    };
    checked.diagnostics().iter().map(|error| (error.code.text(), message(error))).collect()
}

#[test]
fn mends_leave_no_error_behind() {
    let tests = root().join("lang-tests");
    let folders = ["check", "parse", "lex", "fixed"];
    let files = folders.iter().flat_map(|folder| files_below(&tests.join(folder), &[".go-lite"]));
    let (mut mends, mut wrong) = (0, Vec::new());
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let checked = check(&text);
        let file = checked.sources().files()[0].name.clone();
        for error in checked.diagnostics() {
            let Some(mend) = &error.mend else { continue };
            let source = checked.sources().files().iter().find(|other| other.name == file).unwrap();
            let mended = apply(source, &mend.edits);
            mends += 1;
            let mut before = messages(&checked);
            let first = error.message.lines().next().unwrap_or_default();
            let first = first.split(" at main.go:").next().unwrap_or_default();
            let at = before.iter().position(|(code, text)| *code == error.code.text() && text == first);
            before.remove(at.unwrap());
            for (code, text) in messages(&check(&mended)) {
                // A syntax error hides what the checker would say about its surroundings.
                let hidden = matches!(error.code.text(), "syntax" | "bad-token");
                match before.iter().position(|(other, old)| *other == code && *old == text) {
                    Some(at) => drop(before.remove(at)),
                    None if hidden && !matches!(code, "syntax" | "bad-token") => {}
                    None => wrong.push(format!("{}: {first}: {}: {code} {text}", path.display(), mend.text)),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(mends > 60, "only {mends} mends were looked at");
}
