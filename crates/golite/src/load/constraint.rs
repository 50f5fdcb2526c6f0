//! Build constraints: which files of a folder belong to a build for linux/amd64.
//!
//! A file is left out by its name (`_test`, `_GOOS`, `_GOARCH`, `_GOOS_GOARCH`) or by a `//go:build`
//! line above the package clause. Source: `go help buildconstraint`.

/// The newest version of the language whose `go1.N` tag is set.
pub const GO_MINOR: u32 = golite_types::NEWEST;

const SYSTEMS: &[&str] = &[
    "aix",
    "android",
    "darwin",
    "dragonfly",
    "freebsd",
    "hurd",
    "illumos",
    "ios",
    "js",
    "linux",
    "nacl",
    "netbsd",
    "openbsd",
    "plan9",
    "solaris",
    "wasip1",
    "windows",
    "zos",
];

const MACHINES: &[&str] = &[
    "386",
    "amd64",
    "amd64p32",
    "arm",
    "armbe",
    "arm64",
    "arm64be",
    "loong64",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "mips64p32",
    "mips64p32le",
    "ppc",
    "ppc64",
    "ppc64le",
    "riscv",
    "riscv64",
    "s390",
    "s390x",
    "sparc",
    "sparc64",
    "wasm",
];

/// Whether a tag is set.
fn tag_is_set(tag: &str) -> bool {
    if let Some(minor) = tag.strip_prefix("go1.") {
        return minor.parse::<u32>().is_ok_and(|minor| minor <= GO_MINOR);
    }
    matches!(tag, "linux" | "amd64" | "unix" | "gc")
}

/// Whether a file of this name (without folder) belongs to the build. `_test` files do not.
#[must_use]
pub fn name_matches(name: &str) -> bool {
    let stem = name.strip_suffix(".go-lite").or_else(|| name.strip_suffix(".go")).unwrap_or(name);
    if stem.ends_with("_test") || name.starts_with('_') || name.starts_with('.') {
        return false;
    }
    // What stands before the first underscore is never a tag.
    let Some((_, tags)) = stem.split_once('_') else { return true };
    let parts: Vec<&str> = tags.split('_').collect();
    match parts[..] {
        [.., system, machine] if SYSTEMS.contains(&system) && MACHINES.contains(&machine) => {
            system == "linux" && machine == "amd64"
        }
        [.., last] if SYSTEMS.contains(&last) => last == "linux",
        [.., last] if MACHINES.contains(&last) => last == "amd64",
        _ => true,
    }
}

/// What a file's `//go:build` line says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileConstraint {
    /// The file belongs to the build.
    pub included: bool,
    /// The language version `go1.N` that the line implies, if any: it holds for this file.
    pub minor: Option<u32>,
}

/// The line comments above the package clause of a file, without blanks around them.
fn header_comments(text: &str) -> impl Iterator<Item = &str> {
    let mut in_comment = false;
    let header = text.lines().map(str::trim).take_while(move |line| {
        if in_comment || line.starts_with("/*") {
            in_comment = !line.contains("*/");
            return true;
        }
        line.is_empty() || line.starts_with("//") || line.starts_with("#!")
    });
    header.filter(|line| line.starts_with("//"))
}

/// Reads the `//go:build` line of a file, if it has one above the package clause.
#[must_use]
pub fn file_constraint(text: &str) -> FileConstraint {
    let whole = FileConstraint { included: true, minor: None };
    let Some(expression) = header_comments(text).find_map(|line| line.strip_prefix("//go:build ")) else {
        return whole;
    };
    let mut parser = Parser { rest: expression };
    match parser.or() {
        Some(value) if parser.rest.trim().is_empty() => {
            FileConstraint { included: value.holds, minor: value.minor }
        }
        // A malformed line is ignored, as go/build does for files given by name.
        _ => whole,
    }
}

/// The settings of the `//go:debug` lines above the package clause of a file: name and value.
pub fn debug_settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = header_comments(text).filter_map(|line| line.strip_prefix("//go:debug"));
    lines.filter(|rest| rest.starts_with([' ', '\t'])).filter_map(|rest| rest.trim().split_once('='))
}

/// The value of a constraint expression, and the least version that every way to true implies.
struct Value {
    holds: bool,
    minor: Option<u32>,
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn or(&mut self) -> Option<Value> {
        let mut value = self.and()?;
        while self.eat("||") {
            let right = self.and()?;
            let minor = value.minor.zip(right.minor).map(|(left, right)| left.min(right));
            value = Value { holds: value.holds || right.holds, minor };
        }
        Some(value)
    }

    fn and(&mut self) -> Option<Value> {
        let mut value = self.not(0)?;
        while self.eat("&&") {
            let right = self.not(0)?;
            value = Value { holds: value.holds && right.holds, minor: value.minor.max(right.minor) };
        }
        Some(value)
    }

    fn not(&mut self, depth: u32) -> Option<Value> {
        if depth > 100 {
            return None;
        }
        if self.eat("!") {
            let value = self.not(depth + 1)?;
            return Some(Value { holds: !value.holds, minor: None });
        }
        if self.eat("(") {
            // Nesting is bounded by the length of one line; a line of parentheses is no constraint.
            if self.rest.bytes().filter(|byte| *byte == b'(').count() > 100 {
                return None;
            }
            let value = self.or()?;
            return self.eat(")").then_some(value);
        }
        self.rest = self.rest.trim_start();
        let end = self
            .rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
            .unwrap_or(self.rest.len());
        let (tag, rest) = self.rest.split_at(end);
        self.rest = rest;
        let minor = tag.strip_prefix("go1.").and_then(|minor| minor.parse().ok());
        (!tag.is_empty()).then(|| Value { holds: tag_is_set(tag), minor })
    }
}

#[cfg(test)]
mod tests {
    use super::{FileConstraint, file_constraint, name_matches};

    #[test]
    fn names_select_by_system_and_machine() {
        for (name, matches) in [
            ("a.go", true),
            ("a_linux.go", true),
            ("a_windows.go", false),
            ("a_linux_arm64.go", false),
            ("a_linux_amd64.go-lite", true),
            ("linux.go", true),
            ("windows.go", true),
            ("a_test.go", false),
            ("_a.go", false),
            ("a_unix.go", true),
        ] {
            assert_eq!(name_matches(name), matches, "{name}");
        }
    }

    #[test]
    fn build_lines_select() {
        for (text, included, minor) in [
            ("package a", true, None),
            ("// hello\n\n//go:build linux && !windows\n\npackage a", true, None),
            ("//go:build ignore\npackage a", false, None),
            ("//go:build !(linux || darwin)\npackage a", false, None),
            ("//go:build go1.21\npackage a", true, Some(21)),
            ("//go:build go1.99\npackage a", false, Some(99)),
            ("package a\n//go:build ignore", true, None),
            ("/* x\n*/\n//go:build !gc\npackage a", false, None),
            ("//go:build ((\npackage a", true, None),
        ] {
            assert_eq!(file_constraint(text), FileConstraint { included, minor }, "{text}");
        }
    }
}
