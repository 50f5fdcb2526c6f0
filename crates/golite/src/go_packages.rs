//! What Go's standard library has and go-lite's has not, for messages only.
//!
//! The names of packages are those of Go 1.27.

/// Packages of Go that go-lite does not have.
const MISSING: &[&str] = &[
    "archive/tar",
    "archive/zip",
    "compress/bzip2",
    "compress/flate",
    "compress/gzip",
    "compress/lzw",
    "compress/zlib",
    "crypto",
    "crypto/aes",
    "crypto/cipher",
    "crypto/des",
    "crypto/dsa",
    "crypto/ecdh",
    "crypto/ecdsa",
    "crypto/ed25519",
    "crypto/elliptic",
    "crypto/fips140",
    "crypto/hkdf",
    "crypto/hmac",
    "crypto/hpke",
    "crypto/md5",
    "crypto/mldsa",
    "crypto/mlkem",
    "crypto/mlkem/mlkemtest",
    "crypto/pbkdf2",
    "crypto/rand",
    "crypto/rc4",
    "crypto/rsa",
    "crypto/sha1",
    "crypto/sha256",
    "crypto/sha3",
    "crypto/sha512",
    "crypto/subtle",
    "crypto/tls",
    "crypto/x509",
    "crypto/x509/pkix",
    "database/sql",
    "database/sql/driver",
    "debug/buildinfo",
    "debug/dwarf",
    "debug/elf",
    "debug/gosym",
    "debug/macho",
    "debug/pe",
    "debug/plan9obj",
    "embed",
    "encoding/ascii85",
    "encoding/asn1",
    "encoding/base32",
    "encoding/base64",
    "encoding/binary",
    "encoding/csv",
    "encoding/gob",
    "encoding/hex",
    "encoding/json",
    "encoding/json/jsontext",
    "encoding/json/v2",
    "encoding/pem",
    "encoding/xml",
    "expvar",
    "go/ast",
    "go/build",
    "go/build/constraint",
    "go/constant",
    "go/doc",
    "go/doc/comment",
    "go/format",
    "go/importer",
    "go/parser",
    "go/printer",
    "go/scanner",
    "go/token",
    "go/types",
    "go/version",
    "hash",
    "hash/adler32",
    "hash/crc32",
    "hash/crc64",
    "hash/fnv",
    "hash/maphash",
    "html",
    "html/template",
    "image",
    "image/color",
    "image/color/palette",
    "image/draw",
    "image/gif",
    "image/jpeg",
    "image/png",
    "index/suffixarray",
    "io/ioutil",
    "log/slog",
    "log/syslog",
    "math/big",
    "math/cmplx",
    "mime",
    "mime/multipart",
    "mime/quotedprintable",
    "net",
    "net/http",
    "net/http/cgi",
    "net/http/cookiejar",
    "net/http/fcgi",
    "net/http/httptest",
    "net/http/httptrace",
    "net/http/httputil",
    "net/http/pprof",
    "net/mail",
    "net/netip",
    "net/rpc",
    "net/rpc/jsonrpc",
    "net/smtp",
    "net/textproto",
    "net/url",
    "os/exec",
    "os/signal",
    "os/user",
    "path/filepath",
    "plugin",
    "reflect",
    "regexp",
    "regexp/syntax",
    "runtime/cgo",
    "runtime/coverage",
    "runtime/race",
    "structs",
    "testing/cryptotest",
    "testing/fstest",
    "testing/iotest",
    "testing/quick",
    "testing/slogtest",
    "testing/synctest",
    "text/scanner",
    "text/tabwriter",
    "text/template",
    "text/template/parse",
    "time/tzdata",
    "unicode/utf16",
    "uuid",
];

/// Exported names that go-lite's version of a package lacks.
const MISSING_NAMES: &[(&str, &[&str])] = &[
    (
        "os",
        &[
            "ErrNoHandle",
            "FindProcess",
            "Getgroups",
            "OpenInRoot",
            "OpenRoot",
            "ProcAttr",
            "Process",
            "ProcessState",
            "Root",
            "StartProcess",
        ],
    ),
    ("runtime", &["SetCgoTraceback"]),
    ("testing", &["Cover", "CoverBlock", "F", "InternalFuzzTarget", "M", "MainStart", "RegisterCover"]),
];

fn last(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((before, version)) if version.starts_with('v') && version[1..].parse::<u32>().is_ok() => {
            last(before)
        }
        Some((_, last)) => last,
        None => path,
    }
}

/// The packages that programs may import.
fn present() -> impl Iterator<Item = &'static str> {
    golite_stdlib::PACKAGES.iter().map(|package| package.path).filter(|path| !path.starts_with("internal/"))
}

/// The packages of a name that go-lite has, the shortest path first.
pub(crate) fn with_name(name: &str) -> Vec<&'static str> {
    // It has no files, and no script imports it by use.
    if name == "unsafe" {
        return vec!["unsafe"];
    }
    let mut found: Vec<&str> = present().filter(|path| last(path) == name).collect();
    found.sort_by_key(|path| path.len());
    found
}

/// The package of a name that only Go has.
pub(crate) fn missing_with_name(name: &str) -> Option<&'static str> {
    let meant = golite_stdlib::meant_by(name).filter(|path| is_missing(path));
    meant.or_else(|| MISSING.iter().copied().find(|path| last(path) == name))
}

/// Whether only Go has a package.
pub(crate) fn is_missing(path: &str) -> bool {
    MISSING.contains(&path)
}

/// Whether only Go's version of a package has a name. Of `syscall` go-lite has little, which its
/// documentation lists.
pub(crate) fn is_missing_name(path: &str, name: &str) -> bool {
    MISSING_NAMES.iter().any(|(other, names)| *other == path && names.contains(&name))
}

/// The package whose path, or the last part of it, is most like a text.
pub(crate) fn nearest(text: &str) -> Option<String> {
    let paths: Vec<&str> = present().collect();
    let by_path = golite_diag::similar::nearest(text, paths.iter().copied());
    let by_name = || {
        let names: Vec<&str> = paths.iter().map(|path| last(path)).collect();
        let name = match names.contains(&text) {
            true => Some(text),
            false => golite_diag::similar::nearest(text, names.iter().copied()),
        };
        name.and_then(|name| with_name(name).first().copied())
    };
    by_path.or_else(by_name).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_present_is_not_called_missing() {
        for path in present() {
            assert!(!is_missing(path), "{path}");
        }
    }

    #[test]
    fn names_that_are_present_are_not_called_missing() {
        for (path, names) in MISSING_NAMES {
            for name in *names {
                assert!(crate::doc::find_text(&format!("{path}.{name}")).is_err(), "{path}.{name}");
            }
        }
    }

    #[test]
    fn packages_are_found_by_name() {
        assert_eq!(with_name("rand"), ["math/rand", "math/rand/v2"]);
        assert_eq!(nearest("string").as_deref(), Some("strings"));
        assert_eq!(nearest("mth").as_deref(), Some("math"));
        assert_eq!(nearest("utf8").as_deref(), Some("unicode/utf8"));
        assert_eq!(nearest("quaternion"), None);
    }
}
