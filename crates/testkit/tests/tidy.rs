//! What holds for all files of the repository.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use golite_testkit::workspace::{files_below, root};

/// What may lie at the top of the repository, dot-files apart.
const TOP_LEVEL: [&str; 12] = [
    "fuzz",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "crates",
    "docs",
    "examples",
    "lang-tests",
    "rustfmt.toml",
];

/// Crates whose files may opt into unsafe code.
const UNSAFE_ALLOWED: [&str; 3] = ["gc", "runtime", "vm"];

/// Crates for developers: they may use all others.
const DEVELOPERS: [&str; 2] = ["testkit", "xtask"];

/// Above this many lines a file says in its header why it is long.
const LONG_FILE: usize = 800;

/// What a long file's header says.
const REASON: &str = "Long because";

/// The complaints, one a line; none is wanted.
#[track_caller]
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

/// All files that are text, with their paths from the top.
fn text_files() -> Vec<(PathBuf, String)> {
    let endings = [".rs", ".go", ".go-lite", ".lalrpop", ".md", ".toml", ".sh", "run", ".gitignore"];
    let root = root();
    let mut paths = files_below(&root, &endings);
    paths.push(root.join(".ci/run"));
    let relative = |path: &Path| path.strip_prefix(&root).unwrap_or(path).to_path_buf();
    paths.iter().map(|path| (relative(path), std::fs::read_to_string(path).unwrap_or_default())).collect()
}

fn rust_files() -> Vec<(PathBuf, String)> {
    text_files().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "rs")).collect()
}

/// The crate that a file belongs to.
fn crate_of(path: &Path) -> String {
    path.iter().nth(1).unwrap_or_default().to_string_lossy().into_owned()
}

/// The header of a Rust file: its inner doc comment, after inner attributes.
fn header(text: &str) -> String {
    let mut lines = text.lines().peekable();
    while lines.peek().is_some_and(|line| line.starts_with("#![")) {
        // An attribute may take several lines.
        for line in lines.by_ref() {
            if line.ends_with(']') {
                break;
            }
        }
        while lines.peek().is_some_and(|line| line.is_empty()) {
            lines.next();
        }
    }
    lines.take_while(|line| line.starts_with("//!")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_top_level_holds_what_is_listed() {
    let entries = std::fs::read_dir(root()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let build_output = |name: &str| name == "target" || name.starts_with("target-");
    let stray = names
        .filter(|name| !name.starts_with('.') && !build_output(name) && !TOP_LEVEL.contains(&name.as_str()));
    none(stray.map(|name| format!("{name} does not belong to the top level")).collect());
}

#[test]
fn every_rust_file_begins_with_a_header() {
    let files = rust_files().into_iter();
    none(
        files
            .filter(|(_, text)| header(text).is_empty())
            .map(|(path, _)| path.display().to_string())
            .collect(),
    );
}

#[test]
fn a_long_file_gives_its_reason() {
    let long = rust_files()
        .into_iter()
        .filter(|(_, text)| text.lines().count() >= LONG_FILE && !header(text).contains(REASON));
    none(long.map(|(path, text)| format!("{}: {} lines", path.display(), text.lines().count())).collect());
}

#[test]
fn nothing_is_left_for_later() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    let mut found = Vec::new();
    for (path, text) in text_files() {
        for (number, line) in text.lines().enumerate() {
            // Package context has a function of that name.
            let line = line.replace(concat!("context.TO", "DO"), "").replace(concat!("func TO", "DO()"), "");
            let line = line.replace(concat!("// TO", "DO returns an empty context"), "");
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    none(found);
}

#[test]
fn unsafe_code_is_where_it_may_be() {
    let marks = ["unsafe {", "unsafe fn", "unsafe impl", "unsafe trait", "unsafe extern", "unsafe_code"];
    let mut found = Vec::new();
    for (path, text) in rust_files() {
        if UNSAFE_ALLOWED.contains(&crate_of(&path).as_str()) || path.ends_with("tidy.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if marks.iter().any(|mark| code.contains(mark)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    none(found);
}

/// The rows of the table of crates in `docs/ARCHITECTURE.md`: name, and what it may use.
fn table_of_crates() -> BTreeMap<String, Vec<String>> {
    let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| Crate |")).skip(2);
    rows.take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let [name, _, uses] = cells[..] else { panic!("not a row of three cells: {row}") };
            let uses = uses.split_whitespace().filter(|word| *word != "–").map(str::to_string);
            (name.trim_matches('`').to_string(), uses.collect())
        })
        .collect()
}

/// What the crates of the workspace use of it, without what only their tests use.
fn used_crates() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let value: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = value["packages"].as_array().expect("packages are a list");
    let short = |value: &serde_json::Value| {
        let name = value["name"].as_str().expect("a name is a string");
        if name == "golite" {
            Some(name.to_string())
        } else {
            name.strip_prefix("golite-").map(str::to_string)
        }
    };
    packages
        .iter()
        .map(|package| {
            let name = short(package)
                .unwrap_or_else(|| panic!("a crate x is package golite-x: {}", package["name"]));
            let folder = format!("crates/{name}/Cargo.toml");
            let path = package["manifest_path"].as_str().expect("a path is a string");
            assert!(path.ends_with(&folder), "package {name} does not lie in {folder}");
            let dependencies = package["dependencies"].as_array().expect("dependencies are a list");
            let normal = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
            (name, normal.filter_map(short).collect())
        })
        .collect()
}

#[test]
fn crates_use_what_the_table_allows() {
    let (table, used) = (table_of_crates(), used_crates());
    let names = |crates: Vec<&String>| crates.into_iter().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        names(table.keys().collect()),
        names(used.keys().collect()),
        "the table lists the crates there are"
    );
    let mut wrong = Vec::new();
    for (name, uses) in &used {
        for other in uses {
            let allowed = &table[name];
            if DEVELOPERS.contains(&other.as_str()) && !DEVELOPERS.contains(&name.as_str()) {
                wrong.push(format!("{name} uses {other}, which is for developers"));
            } else if !allowed.contains(other) && allowed != &["any"] {
                wrong.push(format!("{name} may not use {other}"));
            }
        }
    }
    none(wrong);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for (path, text) in
        text_files().into_iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "md"))
    {
        let folder = root().join(path.parent().unwrap_or(Path::new("")));
        // Every second part between fences is code.
        let text: String = text.split("\n```").step_by(2).collect();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let outside = target.contains("://") || target.is_empty();
            if !outside && !folder.join(target).exists() {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    none(broken);
}
