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
            if is_release() {
                order_functions();
                write_at_once();
            }
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
/// Not in other builds than releases: the linker looks at every function with every pattern of the list. A list that
/// is of another compiler, or stale, matches less and does no harm.
fn order_functions() {
    println!("cargo:rerun-if-changed=start-order.txt");
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let Ok(list) = fs::read_to_string("start-order.txt") else { return };
    let sections: String =
        list.lines().filter(|line| !line.starts_with('#')).flat_map(|line| ["    ", line, "\n"]).collect();
    let mut script = format!("SECTIONS {{\n  .text.start : {{\n{sections}  }}\n}}\nINSERT BEFORE .text;\n");
    // The sources of the standard packages lie between constants that every start reads, and few are read.
    let sources: String = SOURCES.iter().flat_map(|section| ["    ", section, "\n"]).collect();
    script += &format!("SECTIONS {{\n  .rodata.sources : {{\n{sources}  }}\n}}\nINSERT AFTER .rodata;\n");
    let path = Path::new(&out).join("start-order.ld");
    if fs::write(&path, script).is_ok() {
        link_with(&[&format!("-Wl,-T,{}", path.display())], Path::new(&out));
    }
}

/// What runs instead of the linker: it, then a copy of what it wrote.
const LINK_AND_COPY: &str = r#""$@" || exit
while [ $# -gt 1 ]; do
    if [ "$1" = -o ] && cp "$2" "$2.copy"; then
        mv -f "$2.copy" "$2" || exit
    fi
    shift
done
exit 0
"#;

/// Has the program written to its file by few large writes, as a copy of it is.
///
/// Linkers map the file and fill it page by page, and in such pages Linux keeps it afterwards: to map them one by one
/// takes a fifth of every start.
fn write_at_once() {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    let path = Path::new(&out).join("link-and-copy.sh");
    // Commas separate the arguments of the option.
    if !out.contains(',') && fs::write(&path, LINK_AND_COPY).is_ok() {
        link_with(&["-wrapper", &format!("sh,{}", path.display())], Path::new(&out));
    }
}

/// Whether this is a release build: `target/PROFILE/build/PACKAGE/out`, nothing else tells the profile's name.
fn is_release() -> bool {
    let out = env::var("OUT_DIR").expect("cargo sets it");
    Path::new(&out).ancestors().nth(3).and_then(Path::file_name).is_some_and(|name| name == "release")
}

/// Links with the arguments if a program links with them: there are compilers that know fewer options, and linkers
/// that understand fewer scripts.
fn link_with(arguments: &[&str], out: &Path) {
    let source = out.join("trial.rs");
    let compiler = env::var_os("RUSTC").expect("cargo sets it");
    let options = arguments.iter().flat_map(|argument| ["-C".into(), format!("link-arg={argument}")]);
    let links = fs::write(&source, "fn main() {}").is_ok()
        && Command::new(compiler)
            .arg(source)
            .args(options)
            .arg("-o")
            .arg(out.join("trial"))
            .output()
            .is_ok_and(|output| output.status.success());
    if links {
        for argument in arguments {
            println!("cargo:rustc-link-arg-bin=golite={argument}");
        }
    }
}
