//! Every native function that works on its input in proportion, driven with large inputs without end: each
//! limit stops it, soon, and the process stays.
//!
//! The list is held against the table of natives: one that is neither driven here nor said to be short is an
//! error of this test.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use golite::embed::{Error, Limit, Options, Output, Program};

/// Packages whose natives look at numbers only, or at one value.
const SHORT_PACKAGES: &[&str] = &[
    "math",
    "math/bits",
    "sync/atomic",
    "unicode",
    "math/rand",
    "math/rand/v2",
    "weak",
    "internal/sema",
    "sync",
];

/// Natives that do not work in proportion to their input, with the reason.
const SHORT: &[(&str, &[&str], &str)] = &[
    ("internal/bytealg", &["String", "Bytes"], "nothing is copied"),
    ("strconv", &["Itoa", "FormatInt", "FormatUint"], "at most 64 digits"),
    ("strconv", &["quoteRune", "IsPrint", "IsGraphic", "unquoteChar"], "one rune"),
    (
        "unicode/utf8",
        &["fullBytes", "fullString", "decodeBytes", "decodeString", "decodeLastBytes", "decodeLastString"],
        "one rune",
    ),
    ("fmt", &["quickInt"], "one number"),
    (
        "internal/rtype",
        &[
            "TypeOf",
            "Kind.String",
            "Type.Kind",
            "Type.String",
            "Type.Name",
            "Type.PkgPath",
            "Type.Size",
            "Type.Align",
            "Type.Comparable",
            "Type.HasMethods",
            "Type.Implements",
            "Type.AssignableTo",
            "Type.Elem",
            "Type.Key",
            "Type.Len",
            "Type.ChanDir",
            "Type.NumField",
            "Type.FieldName",
            "Type.FieldPkgPath",
            "Type.FieldType",
            "Type.FieldTag",
            "Type.FieldOffset",
            "Type.FieldExported",
            "Type.FieldEmbedded",
            "Type.NumIn",
            "Type.NumOut",
            "Type.In",
            "Type.Out",
            "Type.IsVariadic",
        ],
        "a description that is there",
    ),
    (
        "internal/rtype",
        &[
            "BoolOf",
            "IntOf",
            "UintOf",
            "FloatOf",
            "ComplexOf",
            "StringOf",
            "Len",
            "IsNil",
            "Address",
            "SetBool",
            "SetInt",
            "SetUint",
            "SetFloat",
            "SetComplex",
            "SetString",
            "SetBytes",
            "Convert",
            "Overlap",
        ],
        "a few words",
    ),
    ("syscall", &["errorText", "signalText"], "a text that is there"),
    ("time", &["now", "Sleep", "newTimer", "stopTimer", "resetTimer", "getenv"], "one timer"),
    (
        "os",
        &[
            "Exit",
            "changeDir",
            "changeDirTo",
            "changeMode",
            "changeOwner",
            "changeTimes",
            "closeFile",
            "executable",
            "hardLink",
            "hostname",
            "makeDir",
            "open",
            "processNumber",
            "readLink",
            "removeDir",
            "removeFile",
            "rename",
            "seek",
            "setLen",
            "setOwner",
            "setPermissions",
            "stat",
            "statFile",
            "symbolicLink",
            "syncFile",
            "workingDir",
            "lookupEnv",
            "setEnv",
            "args",
        ],
        "one call of the system, or a name",
    ),
    (
        "os",
        &["readDir", "readAt", "read", "writeAt"],
        "files, that this test does not have; a chunk at a time",
    ),
    ("time", &["readFile"], "a file of time zones"),
    (
        "runtime",
        &[
            "BlockProfile",
            "Breakpoint",
            "GOMAXPROCS",
            "GOROOT",
            "Goexit",
            "Gosched",
            "KeepAlive",
            "LockOSThread",
            "MutexProfile",
            "NumCPU",
            "NumGoroutine",
            "SetBlockProfileRate",
            "SetDefaultGOMAXPROCS",
            "SetGCPercent",
            "SetMaxThreads",
            "SetMutexProfileFraction",
            "StopTrace",
            "UnlockOSThread",
            "Version",
            "addCleanup",
            "callers",
            "callersOf",
            "firstProfileRate",
            "memProfile",
            "position",
            "readTrace",
            "removeCleanup",
            "runCleanup",
            "runFinalizer",
            "setFinalizer",
            "startCPU",
            "startTrace",
            "stopCPU",
            "threads",
            "tracing",
            "waitCleanup",
            "waitFinalizer",
        ],
        "a number, one record, or what profiles have",
    ),
    (
        "runtime/debug",
        &[
            "SetGCPercent",
            "SetMaxStack",
            "SetMaxThreads",
            "SetMemoryLimit",
            "SetPanicOnFault",
            "SetTraceback",
            "mainModule",
            "mainPackage",
            "release",
        ],
        "a number",
    ),
    ("runtime/metrics", &["readMemStats", "readNumbers"], "as many numbers as there are metrics"),
    (
        "runtime/pprof",
        &["encode", "encodeStacks", "leaks", "maxRSS", "setLabels", "startCPU", "stopCPU"],
        "what profiles have",
    ),
    ("runtime/trace", &["regionBegin", "regionEnd", "taskBegin", "taskEnd"], "one record"),
    ("golite/inspect", &["read"], "one record"),
    ("runtime/debug", &["WriteHeapDump", "setCrashOutput"], "files, that this test does not have"),
    (
        "runtime/trace",
        &["flightRead", "flightStart", "flightStop", "takePart", "waitPart"],
        "what the trace has",
    ),
];

/// A program that works a native without end: its package, names, variables, the work.
struct Driven {
    package: &'static str,
    natives: &'static [&'static str],
    setup: &'static str,
    work: &'static str,
}

const fn driven(
    package: &'static str,
    natives: &'static [&'static str],
    setup: &'static str,
    work: &'static str,
) -> Driven {
    Driven { package, natives, setup, work }
}

/// A text of 8 MiB, and the same as bytes.
const TEXT: &str = "var text = strings.Repeat(\"ab cdef\\n\", 1<<20)";
const BYTES: &str = "var text = bytes.Repeat([]byte(\"ab cdef\\n\"), 1<<20)";
const TWO: &str = "var text = strings.Repeat(\"ab cdef\\n\", 1<<20)\nvar other = strings.Clone(text)";
const TWO_BYTES: &str =
    "var text = bytes.Repeat([]byte(\"ab cdef\\n\"), 1<<20)\nvar other = bytes.Clone(text)";
const LONG_KEY: &str = "var n bool\nvar m = map[string]int{}\nvar text, other = strings.Repeat(\"a\", 1<<21), strings.Repeat(\"a\", 1<<21)";
const LARGE_VALUES: &str = "type A [1<<14]int\nvar m = map[int]A{}\nvar p = new(A)";
const ARRAY: &str = "type A [1<<20]int\nvar list = make([]A, 2)";

const DRIVEN: &[Driven] = &[
    driven("strings", &["Index"], TEXT, "strings.Index(text, \"zz\")"),
    driven("strings", &["LastIndex"], TEXT, "strings.LastIndex(text, \"zz\")"),
    driven("strings", &["IndexByte"], TEXT, "strings.IndexByte(text, 'z')"),
    driven("strings", &["LastIndexByte"], TEXT, "strings.LastIndexByte(text, 'z')"),
    driven("strings", &["Count"], TEXT, "strings.Count(text, \"b \")"),
    driven("strings", &["Compare"], TWO, "strings.Compare(text, other)"),
    driven("strings", &["nextField"], "var text = strings.Repeat(\"a\", 1<<23)", "strings.Fields(text)"),
    driven("strings", &["Count"], TEXT, "strings.Count(text, \"\")"),
    driven("strings", &["ToLower"], TEXT, "strings.ToLower(text)"),
    driven("strings", &["nextField", "countFields"], TEXT, "strings.Fields(text)"),
    driven("strings", &["nextField"], "var text = strings.Repeat(\" \", 1<<23)", "strings.Fields(text)"),
    driven("strings", &["Join"], "var list = make([]string, 1<<20)", "strings.Join(list, \"abcdefgh\")"),
    driven("strings", &["repeat"], "", "strings.Repeat(\"ab\", 1<<22)"),
    driven("strings", &["replace"], TEXT, "strings.ReplaceAll(text, \"b\", \"cc\")"),
    driven("strings", &["ToUpper"], TEXT, "strings.ToUpper(text)"),
    driven("strings", &["ToLower"], "var text = strings.Repeat(\"ÄB\", 1<<20)", "strings.ToLower(text)"),
    driven("bytes", &["Index"], BYTES, "bytes.Index(text, []byte(\"zz\"))"),
    driven("bytes", &["LastIndex"], BYTES, "bytes.LastIndex(text, []byte(\"zz\"))"),
    driven("bytes", &["IndexByte"], BYTES, "bytes.IndexByte(text, 'z')"),
    driven("bytes", &["LastIndexByte"], BYTES, "bytes.LastIndexByte(text, 'z')"),
    driven("bytes", &["Count"], BYTES, "bytes.Count(text, []byte(\"b \"))"),
    driven("bytes", &["Compare"], TWO_BYTES, "bytes.Compare(text, other)"),
    driven("bytes", &["Equal"], TWO_BYTES, "bytes.Equal(text, other)"),
    driven("bytes", &["nextField", "countFields"], BYTES, "bytes.Fields(text)"),
    driven("bytes", &["ToUpper"], BYTES, "bytes.ToUpper(text)"),
    driven("bytes", &["ToLower"], BYTES, "bytes.ToLower(text)"),
    driven(
        "bufio",
        &["nextWord"],
        "var text = strings.Repeat(\"a\", 1<<20)",
        "s := bufio.NewScanner(strings.NewReader(text)); s.Buffer(nil, 1<<22); s.Split(bufio.ScanWords); for s.Scan() {}",
    ),
    driven("internal/bytealg", &["MakeNoZero"], "", "var b strings.Builder; b.Grow(1<<22)"),
    driven("unicode/utf8", &["RuneCount"], BYTES, "utf8.RuneCount(text)"),
    driven("unicode/utf8", &["RuneCountInString"], TEXT, "utf8.RuneCountInString(text)"),
    driven("unicode/utf8", &["Valid"], BYTES, "utf8.Valid(text)"),
    driven("unicode/utf8", &["ValidString"], TEXT, "utf8.ValidString(text)"),
    driven(
        "strconv",
        &["parseInt"],
        "var text = strings.Repeat(\"0\", 1<<23)",
        "strconv.ParseInt(text, 10, 64)",
    ),
    driven(
        "strconv",
        &["parseUint"],
        "var text = strings.Repeat(\"0\", 1<<23)",
        "strconv.ParseUint(text, 10, 64)",
    ),
    driven(
        "strconv",
        &["parseFloat"],
        "var text = \"1.\" + strings.Repeat(\"7\", 1<<20)",
        "strconv.ParseFloat(text, 64)",
    ),
    driven("strconv", &["formatFloat"], "", "strconv.FormatFloat(1.0/3, 'f', 1<<22, 64)"),
    driven(
        "strconv",
        &["parseFloat"],
        "var text = strings.Repeat(\"0\", 1<<22) + \"1e1\" + strings.Repeat(\"0\", 1<<22)",
        "strconv.ParseFloat(text, 64)",
    ),
    driven("strconv", &["formatFloat"], "", "strconv.FormatFloat(1.0/3, 'e', 1<<22, 64)"),
    driven("strconv", &["quote"], TEXT, "strconv.Quote(text)"),
    driven(
        "strconv",
        &["CanBackquote"],
        "var text = strings.Repeat(\"ab cdefg\", 1<<20)",
        "strconv.CanBackquote(text)",
    ),
    driven(
        "strconv",
        &["unquotePrefix"],
        "var text = strconv.Quote(strings.Repeat(\"ab \\n\", 1<<20))",
        "strconv.Unquote(text)",
    ),
    driven(
        "slices",
        &["sortOrdered"],
        "var list = make([]int, 1<<19)",
        "for i := range list { list[i] = i * 7919 % 100003 }; slices.Sort(list)",
    ),
    driven(
        "slices",
        &["sortOrdered"],
        "var list = strings.Split(strings.Repeat(\"abc,bc,c,\", 1<<16), \",\")",
        "slices.Sort(list); slices.Reverse(list)",
    ),
    driven("fmt", &["formatNext"], "var format = strings.Repeat(\"%%\", 1<<20)", "_ = fmt.Sprintf(format)"),
    driven(
        "fmt",
        &["printNext"],
        "var list = make([]any, 1<<18)\nvar _ = func() int { for i := range list { list[i] = i }; return 0 }()",
        "_ = fmt.Sprint(list...)",
    ),
    driven("fmt", &["appendBasic"], TEXT, "_ = fmt.Sprintf(\"%x\", text)"),
    driven("fmt", &["appendBasic"], TEXT, "_ = fmt.Sprintf(\"%q\", text)"),
    driven("fmt", &["appendBasic"], BYTES, "_ = fmt.Sprintf(\"%d\", text[:1<<20])"),
    driven("fmt", &["formatNext"], TEXT, "_ = fmt.Sprintf(text)"),
    driven(
        "fmt",
        &["quickWord"],
        "var s, text = \"\", strings.Repeat(\"a\", 1<<20)",
        "fmt.Fscan(bufio.NewReader(strings.NewReader(text)), &s)",
    ),
    driven("fmt", &["appendBasic"], "", "_ = fmt.Sprintf(\"%1000000d\", 7)"),
    driven(
        "internal/rtype",
        &["mapEntries"],
        "var m = map[int]int{}\nvar _ = func() int { for i := range 1 << 14 { m[i] = i }; return 0 }()",
        "_ = fmt.Sprint(m)",
    ),
    driven("internal/rtype", &["BytesOf"], "var a [1 << 22]byte", "_ = fmt.Sprintf(\"%x\", a)"),
    driven(
        "internal/rtype",
        &["Swap"],
        ARRAY,
        "sort.Slice(list, func(i, j int) bool { return j < i || i < j })",
    ),
    driven(
        "internal/rtype",
        &["Index", "Field", "Elem", "Zero", "New", "Set"],
        "type A [1<<20]int\ntype S struct { a, b A }\nvar s S\nvar list = []*S{&s}",
        "_ = fmt.Sprintf(\"%T %v\", list, len(list))",
    ),
    driven("os", &["write"], TEXT, "os.Stdout.WriteString(text)"),
    driven("os", &["random"], "", "os.CreateTemp(\"\", \"x\")"),
    driven("os", &["environ"], "var _ = os.Setenv(\"A\", strings.Repeat(\"a\", 1<<22))", "os.Environ()"),
    driven(
        "runtime",
        &["GC"],
        "var list = make([]*int, 1<<16)\nvar _ = func() int { for i := range list { list[i] = new(int) }; return 0 }()",
        "runtime.GC()",
    ),
    driven(
        "runtime",
        &["Stack"],
        "var b = make([]byte, 1<<20)\nvar _ = func() int { for range 1000 { go func() { select {} }() }; return 0 }()",
        "runtime.Stack(b, true)",
    ),
    driven(
        "runtime",
        &["goroutineIDs"],
        "var list = make([]runtime.StackRecord, 2000)\nvar _ = func() int { for range 1000 { go func() { select {} }() }; return 0 }()",
        "runtime.GoroutineProfile(list)",
    ),
    driven("runtime", &["readMemStats"], "var m runtime.MemStats", "runtime.ReadMemStats(&m)"),
    driven("runtime/trace", &["log"], TEXT, "trace.Log(context.Background(), \"a\", text)"),
    driven("golite/inspect", &["findLeaks"], "var list = make([]*int, 1<<16)", "inspect.Leaks()"),
    // Instructions that work in proportion to their operands.
    driven("", &["=="], TWO, "if text != other { panic(1) }"),
    driven("", &["<"], TWO, "if text < other { panic(1) }"),
    driven("", &["+"], TEXT, "_ = text + \"!\""),
    driven("", &["[]byte(s)"], TEXT, "b := []byte(text); b[0] = 1"),
    driven("", &["string(b)"], BYTES, "_ = string(text)"),
    driven("", &["[]rune(s)"], TEXT, "_ = []rune(text)"),
    driven("", &["string(runes)"], "var r = make([]rune, 1<<21)", "_ = string(r)"),
    driven("", &["copy"], TWO_BYTES, "copy(text, other)"),
    driven("", &["append"], BYTES, "_ = append([]byte(nil), text...)"),
    driven("", &["append in place"], BYTES, "text = append(text[:0], text...)"),
    driven("", &["clear"], BYTES, "clear(text)"),
    driven(
        "",
        &["clear of a map"],
        "var m = map[int]int{}\nvar _ = func() int { for i := range 1 << 16 { m[i] = i }; return 0 }()",
        "clear(m); m[1] = 1",
    ),
    driven("", &["make"], "var n = 1 << 23", "_ = make([]byte, n)"),
    driven("", &["make of a map"], "var n = 1 << 18", "_ = make(map[int]int, n)"),
    driven("", &["make of a channel"], "var n = 1 << 20", "_ = make(chan int, n)"),
    driven("", &["array copy"], "type A [1<<20]int\nvar a, b A\nvar p, q = &a, &b", "*p = *q"),
    driven("", &["array =="], "type A [1<<20]int\nvar a, b A\nvar p, q = &a, &b", "if *p != *q { panic(1) }"),
    driven("", &["interface =="], "type A [1<<20]int\nvar a, b any = A{}, A{}", "if a != b { panic(1) }"),
    driven("", &["copy that overlaps"], BYTES, "copy(text[1:], text)"),
    driven("", &["append that overlaps"], BYTES, "_ = append(text[:1], text[3:]...)"),
    driven("", &["<="], TWO, "if !(text <= other) { panic(1) }"),
    driven("", &["text in an interface =="], TWO, "if any(text) != any(other) { panic(1) }"),
    driven("", &["switch"], TWO, "switch text { case other: default: panic(1) }"),
    driven("", &["array zeroed"], "type A [1<<20]int\nvar a A\nvar p = &a", "*p = A{}"),
    driven(
        "",
        &["array passed"],
        "type A [1<<20]int\nvar a A\nvar p = &a\nfunc f(a A, n int) int { a[n] = n; return a[n/2] }",
        "f(*p, 2)",
    ),
    driven("", &["array in an interface"], "type A [1<<20]int\nvar a A\nvar p, i = &a, any(1)", "i = *p"),
    driven(
        "",
        &["array of an interface"],
        "type A [1<<20]int\nvar a A\nvar p, i = &a, any(A{})",
        "*p = i.(A)",
    ),
    driven(
        "",
        &["append of an array"],
        "type A [1<<20]int\nvar list = make([]A, 1)\nvar p = &list[0]",
        "list = append(list[:0], *p)",
    ),
    driven(
        "",
        &["slice to array"],
        "type A [1<<20]int\nvar a A\nvar p, list = &a, make([]int, 1<<20)",
        "*p = A(list)",
    ),
    driven("", &["array of pointers copied"], "type A [1<<20]*int\nvar a, b A\nvar p, q = &a, &b", "*p = *q"),
    driven(
        "",
        &["array of floats =="],
        "type A [1<<20]float64\nvar a, b A\nvar p, q = &a, &b",
        "if *p != *q { panic(1) }",
    ),
    driven(
        "",
        &["array of texts =="],
        "type A [1<<17]string\nvar a, b A\nvar p, q = &a, &b",
        "if *p != *q { panic(1) }",
    ),
    driven("", &["map key"], LONG_KEY, "m[text]++"),
    driven("", &["map key that is set"], LONG_KEY, "m[text] = 1"),
    driven("", &["map key that is looked for"], LONG_KEY, "m[text] = 1; _, ok := m[other]; n = ok"),
    driven("", &["map key that is deleted"], LONG_KEY, "m[text] = 1; delete(m, other)"),
    driven(
        "",
        &["map keys that are moved"],
        LONG_KEY,
        "m = map[string]int{}; for i := range 20 { m[text[i:]] = i }",
    ),
    driven(
        "",
        &["map key in an interface"],
        "var m = map[any]int{}\nvar text = strings.Repeat(\"a\", 1<<23)",
        "m[text]++",
    ),
    driven("", &["array key"], "type A [1<<18]int\nvar m = map[A]int{}\nvar a A\nvar p = &a", "m[*p]++"),
    driven(
        "",
        &["key of floats"],
        "type A [1<<18]float64\nvar m = map[A]int{}\nvar a A\nvar p = &a",
        "m[*p]++",
    ),
    driven(
        "",
        &["large values of a map"],
        LARGE_VALUES,
        "m = map[int]A{}; for i := range 20 { m[i] = *p }; delete(m, 7); clear(m)",
    ),
    driven(
        "",
        &["range of a map without entries"],
        "var m = map[int]int{}\nvar _ = func() int { for i := range 1 << 16 { m[i] = i }; for i := range 1<<16 - 1 { delete(m, i) }; return 0 }()",
        "for range m {}",
    ),
];

fn program(driven: &Driven) -> String {
    let imports = if driven.package == "golite/inspect" { "import \"golite/inspect\"\n" } else { "" };
    let imports = if driven.package == "runtime/trace" { "import \"runtime/trace\"\n" } else { imports };
    format!(
        "{imports}{}\nfunc Work() {{ for {{ {} }} }}\nfunc Once() {{ {} }}\n",
        driven.setup, driven.work, driven.work
    )
}

fn options() -> Options {
    Options::new().stdout(Output::Discard).max_memory(128 << 20)
}

/// Everything of the table is driven, or known to be short.
#[test]
fn every_native_is_accounted_for() {
    let mut open = BTreeSet::new();
    let mut known = BTreeSet::new();
    for package in golite_stdlib::PACKAGES.iter().filter(|package| !SHORT_PACKAGES.contains(&package.path)) {
        for native in package.natives {
            known.insert((package.path, native.name));
            let short =
                SHORT.iter().any(|(path, names, _)| *path == package.path && names.contains(&native.name));
            let driven = DRIVEN
                .iter()
                .any(|driven| driven.package == package.path && driven.natives.contains(&native.name));
            if short == driven {
                open.insert(format!("{}.{}", package.path, native.name));
            }
        }
    }
    assert!(open.is_empty(), "neither or both: {open:?}");
    let named = SHORT.iter().flat_map(|(path, names, _)| names.iter().map(move |name| (*path, *name)));
    let named = named
        .chain(DRIVEN.iter().flat_map(|driven| driven.natives.iter().map(|name| (driven.package, *name))));
    let gone: Vec<_> =
        named.filter(|(path, name)| !path.is_empty() && !known.contains(&(*path, *name))).collect();
    assert!(gone.is_empty(), "there are no such natives: {gone:?}");
}

#[test]
fn time_and_steps_stop_every_native() {
    let mut late = Vec::new();
    // `GOLITE_NATIVE=strings` drives those of a package alone.
    let only = std::env::var("GOLITE_NATIVE").ok();
    for driven in DRIVEN.iter().filter(|driven| only.as_deref().is_none_or(|only| only == driven.package)) {
        let name = format!("{}.{}", driven.package, driven.natives.join(", "));
        let text = program(driven);
        let program =
            Program::compile("work.go-lite", &text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut vm = program.vm(options()).unwrap();
        vm.initialise().unwrap_or_else(|error| panic!("{name}: {error}"));
        let (start, steps) = (Instant::now(), vm.steps());
        vm.call::<()>("Once", ()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let (once, steps_once) = (start.elapsed(), vm.steps() - steps);
        let limit = Duration::from_millis(200);
        vm.set_timeout(Some(limit));
        let start = Instant::now();
        match vm.call::<()>("Work", ()) {
            Err(Error::Limit(Limit::Time, failure)) => assert!(failure.text.contains("seconds"), "{name}"),
            other => late.push(format!("{name}: {other:?}")),
        }
        let took = start.elapsed();
        println!("{name}: once {once:?}, all {took:?}");
        // A build without optimisation may take long for one operation.
        let slack = if cfg!(debug_assertions) { Duration::from_millis(800) + 2 * once } else { limit / 10 };
        if took > limit + slack {
            late.push(format!("{name}: {took:?}, once {once:?}"));
        }
        vm.set_timeout(Some(Duration::from_secs(20)));
        let steps = vm.steps();
        vm.set_max_steps(Some(steps + 4_000_000));
        match vm.call::<()>("Work", ()) {
            Err(Error::Limit(Limit::Steps, _)) => {}
            other => late.push(format!("{name}: {other:?}")),
        }
        let taken = vm.steps() - steps;
        // One operation is not divided.
        if taken > 4_400_000.max(4_000_000 + steps_once) {
            late.push(format!("{name}: {taken} steps"));
        }
    }
    assert!(late.is_empty(), "{}", late.join("\n"));
}

/// Instructions, each on 64 MiB: a limit of few steps ends them before they are done.
#[test]
fn steps_stop_instructions_in_the_middle() {
    const ARRAYS: &str = "type A [1<<23]int\nvar p, q = new(A), new(A)";
    const TEXTS: &str = "var text, other = strings.Repeat(\"a\", 1<<26), strings.Repeat(\"a\", 1<<26)\nvar m = map[string]int{text: 1}\nvar n = map[any]int{text: 1}\nvar yes bool";
    const BYTES: &str = "var text = make([]byte, 1<<26)";
    let instructions = [
        (BYTES, "copy(text[1:], text)"),
        (BYTES, "copy(text, text[1:])"),
        (BYTES, "clear(text)"),
        (ARRAYS, "*p = *q"),
        ("type A [1<<23]*int\nvar p, q = new(A), new(A)", "*p = *q"),
        (ARRAYS, "if *p != *q { panic(1) }"),
        ("type A [1<<23]float64\nvar p, q = new(A), new(A)", "if *p != *q { panic(1) }"),
        (TEXTS, "print(text[:1<<23])"),
        (TEXTS, "yes = text == other"),
        (TEXTS, "if text != other { panic(1) }"),
        (TEXTS, "yes = text < other"),
        (TEXTS, "yes = any(text) == any(other)"),
        (TEXTS, "_, yes = m[other]"),
        (TEXTS, "m[other] = 2"),
        (TEXTS, "delete(m, other)"),
        (TEXTS, "_, yes = n[other]"),
        (TEXTS, "n[other] = 2"),
        (TEXTS, "delete(n, other)"),
        ("type A [1<<23]int\nvar m = map[int]A{1: {}}", "delete(m, 1)"),
        ("type A [1<<23]int\nvar m = map[int]A{1: {}}", "clear(m)"),
    ];
    for (setup, work) in instructions {
        let text = format!("{setup}\nfunc Work() {{ {work} }}\nfunc Short() {{}}\n");
        let program =
            Program::compile("work.go-lite", &text).unwrap_or_else(|error| panic!("{work}: {error}"));
        let mut vm = program.vm(Options::new()).unwrap();
        vm.initialise().unwrap_or_else(|error| panic!("{work}: {error}"));
        let steps = vm.steps();
        vm.set_max_steps(Some(steps + 100_000));
        match vm.call::<()>("Work", ()) {
            Err(Error::Limit(Limit::Steps, _)) => {}
            other => panic!("{work}: {other:?}"),
        }
        // All of it are a million steps; the slice in which it is stopped counts as a whole.
        let taken = vm.steps() - steps;
        assert!(taken < 500_000, "{work}: {taken} steps");
        vm.set_max_steps(None);
        vm.call::<()>("Short", ()).unwrap_or_else(|error| panic!("{work}: {error}"));
        vm.call::<()>("Work", ()).unwrap_or_else(|error| panic!("{work}: {error}"));
    }
}

/// Operations on maps that are stopped at any moment leave a map in which every key is found that it has.
#[test]
fn a_map_stays_whole_when_its_operations_are_stopped() {
    let text = r#"
type A [1<<17]int

var a A
var p = &a
var arrays, values = map[A]int{}, map[int]A{}
var keys = map[string]int{}
var text = strings.Repeat("a", 1<<22)

func Fill() {
    clear(arrays)
    clear(values)
    clear(keys)
    for i := range 9 {
        p[i] = i
        arrays[*p] = i
        values[i] = *p
        keys[text[i:]] = i
    }
}

func Empty() {
    for i := range 9 {
        delete(arrays, *p)
        delete(values, i)
        delete(keys, text[i:])
    }
    clear(arrays)
    clear(values)
    clear(keys)
}

func Check() {
    n := 0
    for key := range arrays {
        if _, ok := arrays[key]; !ok { panic("an array is lost") }
        n++
    }
    if n != len(arrays) { panic("not as many arrays") }
    n = 0
    for key := range values {
        if _, ok := values[key]; !ok { panic("a value is lost") }
        n++
    }
    if n != len(values) { panic("not as many values") }
    n = 0
    for key := range keys {
        if _, ok := keys[key]; !ok { panic("a text is lost") }
        n++
    }
    if n != len(keys) { panic("not as many texts") }
    *p = A{}
    delete(values, 3)
    if values[3] != a { panic("a new value is not zero") }
    arrays[*p]++
    delete(arrays, *p)
    if arrays[*p] != 0 { panic("a deleted array is there") }
}
"#;
    let program = Program::compile("maps.go-lite", text).unwrap();
    let mut vm = program.vm(Options::new()).unwrap();
    vm.initialise().unwrap();
    for work in ["Fill", "Empty"] {
        let mut stopped = 0;
        for most in (20_000..).step_by(90_000) {
            vm.set_max_steps(None);
            if work == "Empty" {
                vm.call::<()>("Fill", ()).unwrap();
            }
            vm.set_max_steps(Some(vm.steps() + most));
            let done = vm.call::<()>(work, ()).is_ok();
            vm.set_max_steps(None);
            vm.call::<()>("Check", ()).unwrap_or_else(|error| panic!("{work}, {most}: {error}"));
            if done {
                break;
            }
            stopped += 1;
        }
        assert!(stopped > 10, "{work} was stopped {stopped} times");
    }
}
