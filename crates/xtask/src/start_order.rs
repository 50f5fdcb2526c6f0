//! `cargo xtask start-order`: writes `crates/cli/start-order.txt`, the functions that a start runs.
//!
//! The linker puts them next to each other (`crates/cli/build.rs`): a start then touches a third of the
//! pages of code that it would touch if they lay where the compiler left them, and each page touched
//! costs about as much as two thousand instructions.
//!
//! Needs valgrind, nm, and an optimised `golite` with its symbols.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::Outcome;

/// Programs whose functions are listed, the one that everybody measures first.
const PROGRAMS: &[(&str, &str)] = &[
    ("hello.go", "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"hello, world\")\n}\n"),
    (
        "small.go-lite",
        r#"
type shape interface{ area() float64 }
type square struct{ side float64 }

func (s square) area() float64 { return s.side * s.side }

words := map[string]int{}
for _, word := range strings.Fields("a script is a small program") {
	words[word]++
}
keys := []string{}
for key := range words {
	keys = append(keys, key)
}
sort.Strings(keys)
var builder strings.Builder
for i, key := range keys {
	fmt.Fprintf(&builder, "%d %-8s %v\n", i, key, words[key])
}
fmt.Print(builder.String())
results := make(chan float64)
go func() {
	defer close(results)
	for _, s := range []shape{square{2}, square{3}} {
		results <- s.area()
	}
}()
for area := range results {
	fmt.Println(area, strconv.Itoa(int(area)))
}
if _, err := strconv.Atoi("none"); err != nil {
	fmt.Fprintln(os.Stderr, "error:", err)
}
"#,
    ),
];

/// The archives of the C library from which functions come when the program is linked statically.
const ARCHIVES: &[&str] = &["libc.a", "libm.a"];

/// What a start runs without valgrind's seeing it: what has no name that lasts, what comes before the program
/// has a stack, and the functions that other processors have instead of those of valgrind's.
const UNSEEN: &[&str] = &[
    "*crt1.o(.text)",
    "*crtbegin*.o(.text)",
    "*(.text.main)",
    "*psm*.o(.text .text.*)",
    "*(.text.*__udivti3*)",
    "*(.text.ceil)",
    "*libgcc_eh*.a:unwind-dw2-fde-dip.o(.text .text.*)",
    "*libc*.a:dl-object.o(.text .text.*)",
    "*libc*.a:dl-setup_hash.o(.text .text.*)",
    "*libc*.a:dl-lookup.o(.text .text.*)",
    "*libc*.a:strcmp-avx2.o(.text .text.*)",
    "*libc*.a:*-evex.o(.text .text.*)",
];

/// Writes the list from what `binary` runs.
pub(crate) fn run(binary: &str) -> Outcome {
    let objects = objects()?;
    let mut seen = HashSet::new();
    let mut lines = vec![
        "# Sections of the functions that a start of golite runs, program by program, in the order of names."
            .to_string(),
        "# Written by `cargo xtask start-order`.".to_string(),
    ];
    for (name, source) in PROGRAMS {
        lines.push(format!("# {name}"));
        let mut sections = BTreeSet::new();
        for function in functions(binary, name, source)? {
            match (pattern(&function), objects.get(&function)) {
                (Some(pattern), _) => sections.insert(format!("*(.text.{pattern} .text.unlikely.{pattern})")),
                (None, Some(object)) => sections.insert(format!("*{object}(.text .text.*)")),
                (None, None) => false,
            };
        }
        sections.extend(UNSEEN.iter().map(|section| section.to_string()));
        lines.extend(sections.into_iter().filter(|section| seen.insert(section.clone())));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/start-order.txt");
    fs::write(&path, lines.join("\n") + "\n").map_err(|error| format!("{}: {error}", path.display()))
}

/// The functions that a run of the program calls, by their symbols.
fn functions(binary: &str, name: &str, source: &str) -> Result<Vec<String>, String> {
    let folder = env::temp_dir().join(format!("golite-start-order-{}", std::process::id()));
    let calls = folder.join("calls");
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    fs::create_dir_all(&folder).map_err(told)?;
    fs::write(folder.join(name), source).map_err(told)?;
    let status = Command::new("valgrind")
        .args(["--quiet", "--tool=callgrind", "--demangle=no", "--compress-strings=no"])
        .arg(format!("--callgrind-out-file={}", calls.display()))
        .args([binary, "run"])
        .arg(folder.join(name))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("valgrind: {error}"))?;
    let text = fs::read_to_string(&calls).map_err(told)?;
    fs::remove_dir_all(&folder).map_err(told)?;
    if !status.success() {
        return Err(format!("{binary} ends with {status} under valgrind"));
    }
    let names = text.lines().filter_map(|line| line.strip_prefix("fn=").or(line.strip_prefix("cfn=")));
    // A name that recurses has a number of the cycle behind it.
    Ok(names.map(|name| name.split('\'').next().unwrap_or(name).to_string()).collect())
}

/// A pattern for a Rust function's symbol in which what differs from build to build is left open: the
/// hash of the old mangling, the crates' hashes of the new one. `None` for a function of C.
fn pattern(symbol: &str) -> Option<String> {
    let pattern = if symbol.starts_with("_ZN") {
        let (name, _) = symbol.rsplit_once("17h")?;
        format!("{name}17h*")
    } else if symbol.starts_with("_R") {
        let mut parts = symbol.split("Cs");
        let mut open = parts.next()?.to_string();
        for part in parts {
            let hash =
                part.find('_').filter(|end| part[..*end].bytes().all(|byte| byte.is_ascii_alphanumeric()));
            open += &hash.map_or_else(|| format!("Cs{part}"), |end| format!("Cs*{}", &part[end..]));
        }
        // Copies that the optimiser makes have a number behind the name.
        open.split('.').next()?.to_string() + "*"
    } else {
        return None;
    };
    // `$` means something to linkers.
    Some(pattern.replace('$', "?"))
}

/// Which member of which archive of the C library defines a function.
fn objects() -> Result<HashMap<String, String>, String> {
    let mut objects = HashMap::new();
    for archive in ARCHIVES {
        let mut names = vec![archive_path(archive)?];
        // It may be a script that names the archives.
        let text = fs::read(&names[0]).unwrap_or_default();
        if let Some(group) = str::from_utf8(&text).ok().and_then(|text| text.split_once("GROUP")) {
            names =
                group.1.split_whitespace().filter(|word| word.ends_with(".a")).map(str::to_string).collect();
        }
        for name in names {
            let output = Command::new("nm").args(["-A", "--defined-only", &name]).output();
            let output = output.map_err(|error| format!("nm: {error}"))?;
            for line in String::from_utf8_lossy(&output.stdout).lines() {
                let mut parts = line.rsplitn(3, ' ');
                let (Some(symbol), Some(kind), Some(rest)) = (parts.next(), parts.next(), parts.next())
                else {
                    continue;
                };
                let member = rest.split(':').nth(1).filter(|_| "tTwWi".contains(kind));
                if let Some(member) = member {
                    let stem = archive.trim_end_matches(".a");
                    objects.entry(symbol.to_string()).or_insert(format!("{stem}*.a:{member}"));
                }
            }
        }
    }
    Ok(objects)
}

/// Where the C compiler finds an archive.
fn archive_path(name: &str) -> Result<String, String> {
    let output = Command::new("cc").arg(format!("-print-file-name={name}")).output();
    let output = output.map_err(|error| format!("cc: {error}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_string())
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn hashes_are_left_open() {
        assert_eq!(
            pattern("_ZN9golite_gc4heap3run17h0123456789abcdefE").unwrap(),
            "_ZN9golite_gc4heap3run17h*"
        );
        assert_eq!(
            pattern(
                "_ZN60_$LT$alloc..string..String$u20$as$u20$core..fmt..Display$GT$3fmt17h0123456789abcdefE.12"
            )
            .unwrap(),
            "_ZN60_?LT?alloc..string..String?u20?as?u20?core..fmt..Display?GT?3fmt17h*"
        );
        assert_eq!(
            pattern("_RNvXsZ_NtCslNYArtu3iFV_5alloc6stringNtB5_6StringNtNtCsgEmfK2I1SDS_4core3fmt5Write9write_str.14")
                .unwrap(),
            "_RNvXsZ_NtCs*_5alloc6stringNtB5_6StringNtNtCs*_4core3fmt5Write9write_str*"
        );
        assert_eq!(pattern("malloc"), None);
    }
}
