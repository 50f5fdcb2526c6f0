//! Bad input of the command line: a clear message, and the exit status that says whose fault it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use golite_testkit::process::{End, Outcome, Run};

/// Wrong usage.
const USAGE: i32 = 64;

/// Files that cannot be read or hold no program.
const FAILED: i32 = 1;

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("golite-bad-input-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path.canonicalize().unwrap())
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Folder {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn golite(&self, args: &[&str], stdin: &str) -> Outcome {
        Run {
            program: Path::new(env!("CARGO_BIN_EXE_golite")),
            args: args.iter().map(ToString::to_string).collect(),
            folder: &self.0,
            stdin,
            env: Vec::new(),
            timeout: Duration::from_secs(60),
        }
        .run()
    }

    /// Nothing on standard output, exactly this on standard error.
    #[track_caller]
    fn says(&self, args: &[&str], status: i32, message: &str) {
        let outcome = self.golite(args, "");
        let message = message.replace("$DIR", &self.0.to_string_lossy());
        let got = (outcome.end, outcome.stdout.as_str(), outcome.stderr.trim_end());
        assert_eq!(got, (End::Exit(status), "", message.as_str()), "golite {args:?}");
    }

    /// The usage is wrong, and the message has these parts.
    #[track_caller]
    fn refuses(&self, args: &[&str], parts: &[&str]) {
        let outcome = self.golite(args, "");
        assert_eq!((outcome.end, outcome.stdout.as_str()), (End::Exit(USAGE), ""), "golite {args:?}");
        for part in parts {
            assert!(outcome.stderr.contains(part), "golite {args:?}: {part} is not in\n{}", outcome.stderr);
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const MAIN: &str = "package main\n\nfunc main() {}\n";

#[test]
fn a_missing_file_is_named() {
    let folder = Folder::new("missing");
    for command in ["run", "check", "dis"] {
        folder.says(&[command, "nope.go"], FAILED, "stat nope.go: no such file or directory");
        folder.says(&[command, "nope"], FAILED, "stat $DIR/nope: directory not found");
        folder.says(&[command, ""], FAILED, "stat $DIR/: directory not found");
    }
    folder.says(&["nope.go"], FAILED, "stat nope.go: no such file or directory");
}

#[test]
fn a_folder_without_program_is_named() {
    let folder = Folder::new("folder");
    folder.write("empty/readme.txt", "").write("lib/a.go", "package lib\n");
    folder.write("nomain/a.go", "package main\n").write("windows/a_windows.go", MAIN);
    folder.says(&["run", "empty"], FAILED, "no Go files in $DIR/empty");
    folder.says(&["run", "lib"], FAILED, "package command-line-arguments is not a main package");
    folder.says(&["run", "nomain"], FAILED, "function main is undeclared in the main package");
    let excluded = "package windows: build constraints exclude all Go files in $DIR/windows";
    folder.says(&["run", "windows"], FAILED, excluded);
    folder.says(&["check", "lib"], 0, "");
    folder.says(&["check", "nomain"], 0, "");
    folder.says(
        &["check", "lib/a.go", "lib"],
        FAILED,
        "lib is a directory; give either one directory or files",
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new("unreadable");
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("loop.go", folder.0.join("loop.go")).unwrap();
        folder.says(&["run", "loop.go"], FAILED, "stat loop.go: too many levels of symbolic links");
        use std::os::unix::fs::PermissionsExt;
        folder.write("secret.go", MAIN);
        let path = folder.0.join("secret.go");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
        // The superuser reads everything.
        if std::fs::read(&path).is_err() {
            folder.says(&["run", "secret.go"], FAILED, "open secret.go: permission denied");
        }
    }
    std::fs::create_dir(folder.0.join("dir.go")).unwrap();
    folder.says(&["run", "dir.go"], FAILED, "no Go files in $DIR/dir.go");
}

#[test]
fn text_that_is_no_source_is_refused_where_it_begins() {
    let folder = Folder::new("text");
    let bad = |name: &str, bytes: &[u8], message: &str| {
        let text = [b"package main\n\nfunc main() { println(\"", bytes, b"\") }\n"].concat();
        folder.write(name, text);
        folder.says(&["run", name], FAILED, &format!("{name}:3:24: {message}"));
    };
    bad("utf8.go", b"\xff", "invalid UTF-8 encoding");
    bad("nul.go", b"\0", "invalid NUL character");
    bad("bom.go", "\u{feff}".as_bytes(), "invalid BOM in the middle of the file");
    folder.write("empty.go", "").write("garbage.go", "\x7fELF\u{1}\u{1}");
    folder.says(&["run", "empty.go"], FAILED, "empty.go:1:1: syntax error: package statement must be first");
    let outcome = folder.golite(&["run", "garbage.go"], "");
    assert_eq!(outcome.end, End::Exit(FAILED));
    assert!(outcome.stderr.starts_with("garbage.go:1:1: "), "{}", outcome.stderr);
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let folder = Folder::new("huge");
    let file = std::fs::File::create(folder.0.join("huge.go")).unwrap();
    file.set_len((256 << 20) + 1).unwrap();
    folder.says(&["check", "huge.go"], FAILED, "huge.go: file too large (over 256 MiB)");
    if Path::new("/dev/zero").exists() {
        folder.says(&["check", "/dev/zero"], FAILED, "/dev/zero: file too large (over 256 MiB)");
    }
}

#[test]
fn a_large_file_is_checked() {
    let folder = Folder::new("large");
    let body: String = (0..100_000).map(|i| format!("\tx += {i} // a line as long as others\n")).collect();
    folder.write("large.go", format!("package main\n\nfunc main() {{\n\tx := 0\n{body}\t_ = x\n}}\n"));
    folder.says(&["check", "large.go"], 0, "");
}

#[test]
fn a_program_comes_from_standard_input() {
    let folder = Folder::new("stdin");
    let outcome = folder.golite(&["check", "-"], "package main\n\nfunc main() { x := 1 }\n");
    let expected = "<standard input>:3:15: declared and not used: x\n";
    assert_eq!((outcome.end, outcome.stdout.as_str()), (End::Exit(FAILED), expected));
}

/// What can be in itself: what stands before it, what opens it, what is innermost, what closes it. Types
/// begin with `var`, the others stand in a function.
const NESTED: &[(&str, &str, &str, &str)] = &[
    ("_ = ", "(", "1", ")"),
    ("_ = ", "- ", "n", ""),
    ("_ = ", "!", "true", ""),
    ("_ = ", "n + (", "n", ")"),
    ("_ = n", " + n", "", ""),
    ("_ = ", "1 << (", "n", ")"),
    ("_ = ", "f(", "1", ")"),
    ("_ = ", "int(", "n", ")"),
    ("_ = ", "any(", "n", ")"),
    ("_ = ", "xs[", "0", "]"),
    ("_ = xs", "[:]", "", ""),
    ("_ = t", ".next", "", ""),
    ("_ = t", ".m()", "", ""),
    ("_ = any(n)", ".(any)", "", ""),
    ("_ = list", "{", "", "}"),
    ("_ = ", "&tree{next: ", "nil", "}"),
    ("_ = ", "[]any{", "1", "}"),
    ("_ = ", "map[int]any{1: ", "1", "}"),
    ("_ = ", "func() any { return ", "1", "}"),
    ("_ = ", "same(", "1", ")"),
    ("", "func() { ", "", "}()"),
    ("", "defer func() { ", "", "}()"),
    ("", "go func() { ", "", "}()"),
    ("", "{", "", "}"),
    ("", "if n > 0 { ", "", "}"),
    ("if n > 0 {} ", "else if n > 0 {} ", "", ""),
    ("", "if n > 0 {} else { ", "", "}"),
    ("", "for n > 0 { ", "", "}"),
    ("", "for range xs { ", "", "}"),
    ("", "for range each { ", "", "}"),
    ("", "switch { case n > 0: ", "", "}"),
    ("", "switch any(n).(type) { case int: ", "", "}"),
    ("", "select { default: ", "", "}"),
    ("var _ ", "*", "int", ""),
    ("var _ ", "[]", "int", ""),
    ("var _ ", "[1]", "int", ""),
    ("var _ ", "map[int]", "int", ""),
    ("var _ ", "chan ", "int", ""),
    ("var _ ", "func(", "", ")"),
    ("var _ ", "func() ", "", ""),
    ("var _ ", "struct{ x ", "int", "}"),
    ("var _ ", "interface{ m() ", "int", "}"),
    ("var _ ", "interface{ ", "m()", "}"),
    ("var _ ", "box[", "int", "]"),
];

const AROUND_NESTED: &str = "type tree struct{ next *tree }\n\nfunc (t *tree) m() *tree { return t }\n\n\
    type list []list\n\ntype box[T any] struct{ x *T }\n\nfunc f(x int) int { return x }\n\n\
    func same[T any](x T) T { return x }\n\nfunc each(yield func() bool) {}\n\n\
    var (\n\tn = 1\n\txs []int\n\tt *tree\n)\n";

#[test]
fn whatever_is_nested_has_a_limit_and_does_not_crash() {
    let folder = Folder::new("deep");
    for (before, open, inside, close) in NESTED {
        let program = |depth: usize| {
            let text = format!("{before}{}{inside}{}", open.repeat(depth), close.repeat(depth));
            let is_type = before.starts_with("var");
            let (decl, body) = if is_type { (&*text, "") } else { ("", &*text) };
            format!("package main\n\n{AROUND_NESTED}\n{decl}\n\nfunc main() {{\n\t{body}\n}}\n")
        };
        folder.write("a.go", program(60_000));
        let outcome = folder.golite(&["check", "a.go"], "");
        assert_eq!(outcome.end, End::Exit(FAILED), "{open}: {}", outcome.stderr);
        assert!(outcome.stdout.contains("nested too deeply"), "{open}: {:.200}", outcome.stdout);
        folder.write("a.go", program(300));
        let outcome = folder.golite(&["dis", "a.go"], "");
        assert_eq!(outcome.end, End::Exit(0), "{open}: {:.200}", outcome.stderr);
    }
}

#[test]
fn cases_are_no_nesting() {
    let folder = Folder::new("cases");
    let cases: String = (0..60_000).map(|i| format!("\tcase {i}:\n")).collect();
    folder.write("a.go", format!("package main\n\nfunc main() {{\n\tswitch n := 1; n {{\n{cases}\t}}\n}}\n"));
    let outcome = folder.golite(&["check", "a.go"], "");
    assert_eq!((outcome.end, outcome.stdout.as_str()), (End::Exit(0), ""));
}

#[test]
fn wrong_usage_is_told_apart_from_failure() {
    let folder = Folder::new("usage");
    folder.write("a.go", MAIN);
    folder.refuses(&[], &["Usage: golite", "check"]);
    folder.refuses(&["run"], &["<PATH>"]);
    folder.refuses(&["check"], &["<PATH>"]);
    folder.refuses(&["run", "--wrong", "a.go"], &["unexpected argument '--wrong'"]);
    folder.refuses(&["--wrong", "a.go"], &["unexpected argument '--wrong'"]);
    folder.refuses(&["check", "--format", "yaml", "a.go"], &["yaml", "pretty, short, json"]);
    folder.refuses(&["run", "--max-memory", "lots", "a.go"], &["--max-memory", "a size looks like 64MiB"]);
    folder.refuses(&["run", "--timeout", "5", "a.go"], &["--timeout", "the units are"]);
    folder.refuses(&["run", "--max-steps", "0", "a.go"], &["at least 1"]);
    folder.refuses(&["run", "--max-stack", "1", "a.go"], &["--max-stack is at least 4096 bytes"]);
    folder.refuses(&["run", "--deny", "sleep", "a.go"], &["fs, env, net, exec"]);
    folder.refuses(&["run", "--allow-read=nope", "a.go"], &["--allow-read nope: no such file or directory"]);
    folder.refuses(&["explain", "nonsense"], &["there is no code nonsense"]);
    folder.refuses(&["debug"], &["golite debug: this version has no such command"]);
    folder.refuses(&["frob"], &["golite frob: no command and no file"]);
}

#[test]
fn help_and_version_are_no_errors() {
    let folder = Folder::new("help");
    for args in [&["--help"][..], &["run", "--help"], &["--version"], &["version"]] {
        let outcome = folder.golite(args, "");
        assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(0), ""), "golite {args:?}");
        assert!(outcome.stdout.to_lowercase().contains("golite"), "golite {args:?}: {}", outcome.stdout);
    }
}

#[test]
fn a_file_named_as_a_later_command_is_a_program() {
    let folder = Folder::new("named");
    folder.write("debug/main.go", "package main\n\nfunc main() { undefined() }\n");
    folder.says(&["debug"], FAILED, "debug/main.go:3:15: undefined: undefined");
}
