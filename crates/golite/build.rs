//! Makes the outlines of the standard packages: see `golite_source::outline`.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use golite_source::Outline;

/// Where the standard packages are.
const STDLIB: &str = "../stdlib/src";

/// Ends of the names of files that are for one system or one kind of processor: Go's name and Rust's.
const SYSTEMS: [(&str, &str); 7] = [
    ("os_linux", "linux"),
    ("os_darwin", "macos"),
    ("os_freebsd", "freebsd"),
    ("os_js", "unknown"),
    ("arch_amd64", "x86_64"),
    ("arch_arm64", "aarch64"),
    ("arch_wasm", "wasm32"),
];

fn main() {
    println!("cargo::rerun-if-changed={STDLIB}");
    let mut out = String::from("&[\n");
    for folder in sorted(Path::new(STDLIB)) {
        let path = Path::new(STDLIB).join(&folder);
        if !path.is_dir() {
            continue;
        }
        let names: Vec<_> = sorted(&path).into_iter().filter(|name| is_used(name)).collect();
        let texts: Vec<_> = names
            .iter()
            .map(|name| fs::read_to_string(path.join(name)).expect("sources can be read"))
            .collect();
        let outline = Outline::of(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        writeln!(out, "({folder:?}, &{names:?}, &{:?}),", outline.words()).expect("strings grow");
    }
    out.push_str("]\n");
    let target = std::env::var("OUT_DIR").expect("cargo says where");
    fs::write(Path::new(&target).join("outlines.rs"), out).expect("the outlines can be written");
}

/// The names in a folder.
fn sorted(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("a folder can be read").file_name());
    let mut names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
    names.sort();
    names
}

/// Whether a file is a source for the target of the build.
fn is_used(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".go-lite") else { return false };
    let target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    let known = SYSTEMS.iter().find(|(end, _)| *end == stem);
    known.is_none_or(|(_, rust)| target("OS") == *rust || target("ARCH") == *rust)
}
