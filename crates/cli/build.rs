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

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=RUSTC_LINKER");
    let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        // At a fixed address nothing has to be relocated at the start: a quarter of the pages that a small
        // program touches would be touched for that alone.
        println!("cargo:rustc-link-arg-bin=golite=-no-pie");
        link_static();
    }
}

/// Links the C library into the program if its archives are installed: to find and map three shared
/// libraries takes half a millisecond of every start.
///
/// The target feature `crt-static` does the same, but for build scripts too, and fails where there are no
/// archives. So the linker finds scripts with the names of the shared libraries that lead to the archives.
fn link_static() {
    let own_linker = env::var_os("RUSTC_LINKER").is_some();
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    let cross = env::var_os("HOST") != env::var_os("TARGET");
    if own_linker || cross || flags.contains("crt-static") || flags.contains("link") {
        return;
    }
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
