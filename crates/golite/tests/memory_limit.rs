//! Programs that take memory without end, each in another way: the limit stops them, and the process has not
//! much more than that. Alone in its process, whose memory it measures.

use std::time::Duration;

use golite::embed::{Error, Limit, Options, Output, Program};

/// Programs that want more memory than there is, by what they use: variables, work.
const HUNGRY: &[(&str, &str, &str)] = &[
    ("strings.Repeat", "", "_ = strings.Repeat(\"ab\", 1<<28)"),
    (
        "strings.Join",
        "var list = make([]string, 1<<10)\nvar part = strings.Repeat(\"a\", 1<<17)",
        "_ = strings.Join(list, part)",
    ),
    (
        "strings.ReplaceAll",
        "var text = strings.Repeat(\"a\", 1<<20)",
        "_ = strings.ReplaceAll(text, \"a\", \"0123456789abcdef0123456789abcdef0123456789\")",
    ),
    ("strings.ToUpper", "var text = strings.Repeat(\"a\", 20<<20)", "_ = strings.ToUpper(text)"),
    (
        "strings.ToLower of other letters",
        "var text = strings.Repeat(\"Ä\", 10<<20)",
        "_ = strings.ToLower(text)",
    ),
    ("strings.Fields", "var text = strings.Repeat(\"a \", 5<<20)", "_ = strings.Fields(text)"),
    ("strings.Split", "var text = strings.Repeat(\"a \", 5<<20)", "_ = strings.Split(text, \" \")"),
    (
        "strings.Builder",
        "var b strings.Builder",
        "for { b.WriteString(\"0123456789abcdef0123456789abcdef\") }",
    ),
    ("bytes.ToUpper", "var text = bytes.Repeat([]byte(\"a\"), 20<<20)", "_ = bytes.ToUpper(text)"),
    ("bytes.Buffer", "var b bytes.Buffer", "for { b.WriteString(\"0123456789abcdef0123456789abcdef\") }"),
    ("strconv.Quote", "var text = strings.Repeat(\"\\x00\", 8<<20)", "_ = strconv.Quote(text)"),
    ("strconv.FormatFloat", "", "_ = strconv.FormatFloat(1.0/3, 'f', 1<<28, 64)"),
    (
        "strconv.Unquote",
        "var text = \"\\\"\" + strings.Repeat(\"\\\\n\", 9<<20) + \"\\\"\"",
        "s, _ := strconv.Unquote(text); list = append(list, s)\n}\nvar list []string\nfunc unused() {",
    ),
    ("fmt.Sprintf of a text", "var text = strings.Repeat(\"a\", 12<<20)", "_ = fmt.Sprintf(\"%x\", text)"),
    (
        "fmt.Sprintf of a format",
        "var format = strings.Repeat(\"%%\", 9<<20)",
        "for { list = append(list, fmt.Sprintf(format)) }\n}\nvar list []string\nfunc unused() {",
    ),
    (
        "fmt.Sprint of much",
        "var list = make([]any, 1<<20)",
        "for { kept = append(kept, fmt.Sprint(list...)) }\n}\nvar kept []string\nfunc unused() {",
    ),
    (
        "fmt.Sprint of a map",
        "var m = map[int]int{}",
        "for i := 0; ; i++ { m[i] = i; if i%100000 == 0 { _ = fmt.Sprint(m) } }",
    ),
    ("slices.Sort", "var list = make([]string, 1<<20)", "list[0] = \"a\"; slices.Sort(list)"),
    (
        "bufio.Scanner",
        "type endless struct{}\nfunc (endless) Read(p []byte) (int, error) { for i := range p { p[i] = 'a' }; return len(p), nil }",
        "s := bufio.NewScanner(endless{}); s.Buffer(nil, 1<<40); s.Scan(); panic(s.Err())",
    ),
    (
        "io.ReadAll",
        "type endless struct{}\nfunc (endless) Read(p []byte) (int, error) { for i := range p { p[i] = 'a' }; return len(p), nil }",
        "io.ReadAll(endless{})",
    ),
    (
        "os.Setenv",
        "var big = strings.Repeat(\"a\", 1<<16)",
        "for i := 0; ; i++ { os.Setenv(fmt.Sprint(\"V\", i), big) }",
    ),
    (
        "os.Environ",
        "var _ = os.Setenv(\"V\", strings.Repeat(\"a\", 4<<20))\nvar kept [][]string",
        "for { kept = append(kept, os.Environ()) }",
    ),
    (
        "runtime.Stack",
        "var kept [][]byte",
        "for { b := make([]byte, 1<<16); runtime.Stack(b, true); kept = append(kept, b) }",
    ),
    (
        "runtime.StartTrace",
        "",
        "runtime.StartTrace(); c := make(chan int); go func() { for { c <- 1 } }(); for { <-c }",
    ),
    (
        "trace.FlightRecorder",
        "var recorder = trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: time.Hour, MaxBytes: 1 << 40})",
        "recorder.Start(); c := make(chan int); go func() { for { c <- 1 } }(); for { <-c }",
    ),
    ("+ of texts", "var text = \"ab\"", "for { text += text }"),
    (
        "+ of one letter",
        "var list []string\nvar text string",
        "for { text += \"a\"; list = append(list, text) }",
    ),
    ("[]byte(s)", "var text = strings.Repeat(\"a\", 20<<20)", "b := []byte(text); b[0]++"),
    ("[]rune(s)", "var text = strings.Repeat(\"a\", 12<<20)", "r := []rune(text); r[0]++"),
    (
        "string(runes)",
        "var r = make([]rune, 5<<20)\nvar kept []string",
        "for i := range r { r[i] = 'ä' }; for { kept = append(kept, string(r)) }",
    ),
    ("append", "var list []int", "for { list = append(list, 1) }"),
    ("append of much", "var list = []int{1}", "for { list = append(list, list...) }"),
    ("make", "var n = 1 << 26", "_ = make([]int, n)"),
    (
        "make of a map",
        "var n = 1 << 26\nvar kept []map[int]int",
        "for { kept = append(kept, make(map[int]int, n)) }",
    ),
    ("make of a channel", "var n = 1 << 26", "_ = make(chan int, n)"),
    ("map of numbers", "var m = map[int]int{}", "for i := 0; ; i++ { m[i] = i }"),
    ("map of texts", "var m = map[string]bool{}", "for i := 0; ; i++ { m[fmt.Sprint(i)] = true }"),
    ("goroutines", "", "for { go func() { select {} }() }"),
    ("timers", "", "for { time.AfterFunc(time.Hour, func() {}) }"),
    (
        "closures",
        "var list []func() int",
        "for i := 0; ; i++ { list = append(list, func() int { return i }) }",
    ),
    ("recursion", "func deep(n int) int { return deep(n+1) + 1 }", "deep(0)"),
    ("recursion with defer", "func deep(n int) { defer func() { _ = n }(); deep(n + 1) }", "deep(0)"),
    ("deferred calls", "", "for { defer func() {}() }"),
    ("interfaces", "var list []any", "for i := 0; ; i++ { list = append(list, [4]int{i}) }"),
    (
        "finalizers",
        "",
        "for { p := new([64]byte); runtime.SetFinalizer(p, func(*[64]byte) {}); kept = append(kept, p) }\n}\nvar kept []*[64]byte\nfunc unused() {",
    ),
    ("context", "var ctx = context.Background()", "for { ctx = context.WithValue(ctx, \"k\", 1) }"),
    ("channels of channels", "var c chan any", "for { d := make(chan any, 1); d <- c; c = d }"),
];

/// The most memory that the process had in use since `forget_peak`, and what it has now.
fn resident(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("it has that line");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") << 10
}

fn forget_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("the process may forget its own peak");
}

/// The deepest stack that a program may want is over the limit of memory.
#[test]
fn memory_stops_every_program() {
    const LIMIT: u64 = 32 << 20;
    let mut wrong = Vec::new();
    for (name, setup, work) in HUNGRY {
        let text = format!("{setup}\nfunc Work() {{ {work} }}\n");
        let program =
            Program::compile("work.go-lite", &text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let options =
            Options::new().stdout(Output::Discard).max_memory(LIMIT).timeout(Duration::from_secs(20));
        let mut vm = program.vm(options).unwrap();
        let before = resident("VmRSS:");
        forget_peak();
        let ended = vm.initialise().and_then(|()| vm.call::<()>("Work", ()));
        let most = resident("VmHWM:").saturating_sub(before);
        println!("{name}: {} KiB", most >> 10);
        match ended {
            Err(Error::Limit(Limit::Memory, failure)) if failure.text.contains("out of memory") => {}
            other => wrong.push(format!("{name}: {other:?}")),
        }
        // What is compiled meanwhile, and tables beside many small objects, are not counted: the process has more
        // than the limit by them.
        if most > LIMIT / 4 * 5 {
            wrong.push(format!("{name}: {} KiB", most >> 10));
        }
        // The host goes on, and so does the VM.
        let again = program.vm(Options::new()).map(|mut vm| vm.has_function("Work"));
        assert!(matches!(again, Ok(true)), "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
