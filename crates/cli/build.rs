//! How the program is linked.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The libraries that rustc links with, and the archives that do for each.
const ARCHIVES: [(&str, &[&str]); 7] = [
    ("gcc_s", &["libgcc_eh.a", "libgcc.a", "libc.a"]),
    ("util", &["libutil.a"]),
    ("rt", &["librt.a"]),
    ("pthread", &["libpthread.a"]),
    ("m", &["libm.a"]),
    ("dl", &["libdl.a"]),
    ("c", &["libc.a", "libgcc_eh.a", "libgcc.a"]),
];

/// The sections of sources, those of the packages first that nearly every program uses.
const SOURCES: [&str; 3] =
    ["*(.rodata.*3fmt*6SOURCE17h*)", "*(.rodata.*2os*6SOURCE17h*)", "*(.rodata.*6SOURCE17h*)"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // At a fixed address nothing has to be relocated at the start: a quarter of the pages that a small
        // program touches would be touched for that alone.
        println!("cargo:rustc-link-arg-bin=golite=-no-pie");
        if is_usual() {
            link_static();
            order_functions();
        }
    }
}

/// Whether the program is linked in the usual way, by the C compiler's linker or the one that rustc brings
/// along: we know what they understand.
fn is_usual() -> bool {
    let own_linker = env::var_os("RUSTC_LINKER").is_some();
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let cross = env::var_os("HOST") != env::var_os("TARGET");
    !own_linker && !cross && !flags.contains("crt-static") && !flags.contains("link")
}

/// Links the C library into the program if its archives are installed: to find and map three shared
/// libraries takes half a millisecond of every start.
///
/// The target feature `crt-static` does the same, but for build scripts too, and fails where there are no
/// archives. So the linker finds scripts with the names of the shared libraries that lead to the archives.
fn link_static() {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    for (library, archives) in ARCHIVES {
        let mut paths = Vec::new();
        for name in archives {
            let Some(path) = installed(name) else { return };
            paths.push(path);
        }
        let script = format!("GROUP ( {} )\n", paths.join(" "));
        if fs::write(Path::new(&out).join(format!("lib{library}.so")), script).is_err() {
            return;
        }
    }
    println!("cargo:rustc-link-arg-bin=golite=-static");
    println!("cargo:rustc-link-arg-bin=golite=-L{out}");
}

/// Where the C compiler finds an archive.
fn installed(name: &str) -> Option<String> {
    let output = Command::new("cc").arg(format!("-print-file-name={name}")).output().ok()?;
    let path = String::from_utf8(output.stdout).ok()?.trim().to_string();
    let usable = path.starts_with('/') && !path.contains(char::is_whitespace) && Path::new(&path).is_file();
    usable.then_some(path)
}

/// Puts the functions that a start runs next to each other: they are a fifth of the code, and lie
/// everywhere in it.
///
/// Only in release builds: the linker looks at every function with every pattern of the list. A list that
/// is of another compiler, or stale, matches less and does no harm.
fn order_functions() {
    println!("cargo:rerun-if-changed=start-order.txt");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    // target/PROFILE/build/PACKAGE/out: nothing else tells the profile's name.
    let profile = Path::new(&out).ancestors().nth(3).and_then(Path::file_name);
    if profile.is_none_or(|name| name != "release") {
        return;
    }
    let Ok(list) = fs::read_to_string("start-order.txt") else { return };
    let sections: String =
        list.lines().filter(|line| !line.starts_with('#')).flat_map(|line| ["    ", line, "\n"]).collect();
    let mut script = format!("SECTIONS {{\n  .text.start : {{\n{sections}  }}\n}}\nINSERT BEFORE .text;\n");
    // The sources of the standard packages lie between constants that every start reads, and few are read.
    let sources: String = SOURCES.iter().flat_map(|section| ["    ", section, "\n"]).collect();
    script += &format!("SECTIONS {{\n  .rodata.sources : {{\n{sources}  }}\n}}\nINSERT AFTER .rodata;\n");
    let path = Path::new(&out).join("start-order.ld");
    let argument = format!("-Wl,-T,{}", path.display());
    if fs::write(&path, script).is_ok() && links_with(&argument, Path::new(&out)) {
        println!("cargo:rustc-link-arg-bin=golite={argument}");
    }
}

/// Whether a program links with the argument: there are linkers that understand fewer scripts.
fn links_with(argument: &str, out: &Path) -> bool {
    let source = out.join("trial.rs");
    let compiler = env::var_os("RUSTC").expect("cargo sets it");
    fs::write(&source, "fn main() {}").is_ok()
        && Command::new(compiler)
            .arg(source)
            .args(["-C", &format!("link-arg={argument}"), "-o"])
            .arg(out.join("trial"))
            .output()
            .is_ok_and(|output| output.status.success())
}
