//! What a session takes: time to start, to answer, to be interrupted, and memory. The numbers are printed
//! (`--nocapture`); what is asked of them is asked of optimised builds, others have a multiple of it. To
//! measure: `cargo test --profile fast -p golite-cli --test repl_numbers -- --nocapture --test-threads 1`, with
//! `GOLITE_INPUTS=1000000` for a long session.

mod terminal;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use terminal::Terminal;

/// The tests are built as the program is.
const OPTIMISED: bool = !cfg!(debug_assertions);

/// Prints what was measured, and checks it: others may be using the machine, so that a multiple is allowed
/// where the build has checks.
#[track_caller]
fn check(what: &str, time: Duration, most: Duration) {
    println!("{what}: {time:.2?}, at most {most:?}");
    let allowed = if OPTIMISED { most } else { most * 40 };
    assert!(time <= allowed, "{what} took {time:?}");
}

#[test]
fn a_session_starts_at_once() {
    let times = (0..20).map(|_| {
        let start = Instant::now();
        let terminal = Terminal::quiet(&["repl", "--no-init"]);
        let time = start.elapsed();
        terminal.ends();
        time
    });
    check("start", times.min().unwrap(), Duration::from_millis(10));
}

#[test]
fn an_input_after_a_thousand_definitions_is_answered_at_once() {
    let path = std::env::temp_dir().join(format!("golite-thousand-{}.go-lite", std::process::id()));
    let definitions: String =
        (0..1000).map(|n| format!("func f{n}(a int) int {{ return a + {n} }}\n")).collect();
    std::fs::write(&path, definitions).unwrap();
    let mut terminal = Terminal::with(&["repl", "--no-history"], None, |command| {
        command.env("GOLITE_INIT", &path);
    });
    terminal.line("f999(1)", "1000 : int");
    let mut times: Vec<Duration> = (0..21)
        .map(|_| {
            terminal.keys("1+1");
            terminal.wait_for("1+1");
            let start = Instant::now();
            terminal.typed("\r", "2 : int");
            start.elapsed()
        })
        .collect();
    times.sort();
    check("Enter to prompt", times[10], Duration::from_millis(5));
    terminal.ends();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn an_interrupt_is_answered_at_once() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys("go func() { for { time.Sleep(time.Second) } }()\r");
    terminal.wait_for("golite(1)> ");
    terminal.keys("text, word := strings.Repeat(\"a\", 1<<26), strings.Repeat(\"a\", 1<<20) + \"b\"\r");
    terminal.wait_for("word : string");
    terminal.keys("raw := []byte(text)\r");
    terminal.wait_for("raw : []byte");
    terminal.keys("same := strings.Repeat(\"a\", 1<<26)\r");
    terminal.wait_for("same : string");
    terminal.keys("array, other := new([1<<23]int), new([1<<23]int)\r");
    terminal.wait_for("other : *[8388608]int");
    terminal.keys("counts := map[string]int{text: 1}\r");
    terminal.wait_for("counts : map[string]int");
    terminal.keys("numbers := rand.Perm(1<<20)\r");
    terminal.wait_for("numbers : []int");
    for (what, line) in [
        ("a tight loop", "fmt.Println(\"on\"); for {}"),
        ("a native call", "fmt.Println(\"on\"); for { strings.Index(text, word) }"),
        ("[]rune", "fmt.Println(\"on\"); for { _ = []rune(text) }"),
        ("%x", "fmt.Println(\"on\"); for { _ = fmt.Sprintf(\"%x\", text) }"),
        ("%q", "fmt.Println(\"on\"); for { _ = fmt.Sprintf(\"%q\", text) }"),
        ("%v of bytes", "fmt.Println(\"on\"); for { _ = fmt.Sprint(raw) }"),
        ("Fields", "fmt.Println(\"on\"); for { _ = strings.Fields(text) }"),
        ("ToUpper", "fmt.Println(\"on\"); for { _ = strings.ToUpper(text) }"),
        ("ParseFloat", "fmt.Println(\"on\"); for { _, _ = strconv.ParseFloat(text[:1<<20]+\"1\", 64) }"),
        ("concatenation", "fmt.Println(\"on\"); for { _ = text + text + text }"),
        ("Join", "fmt.Println(\"on\"); for { _ = strings.Join([]string{text, text, text, text}, \",\") }"),
        ("bytes.Join", "fmt.Println(\"on\"); for { _ = bytes.Join([][]byte{raw, raw, raw}, nil) }"),
        ("make", "fmt.Println(\"on\"); for { _ = make([]int, 1<<26) }"),
        ("copy", "fmt.Println(\"on\"); for { copy(make([]byte, 1<<26), text) }"),
        ("copy that overlaps", "fmt.Println(\"on\"); for { copy(raw[1:], raw) }"),
        ("copies of arrays", "fmt.Println(\"on\"); for { *array = *other; *other = [1<<23]int{} }"),
        ("== of arrays", "fmt.Println(\"on\"); for { _ = *array == *other }"),
        ("== of texts", "fmt.Println(\"on\"); for { _ = text == same }"),
        ("< of texts", "fmt.Println(\"on\"); for { _ = text < same }"),
        ("long keys of a map", "fmt.Println(\"on\"); for { counts[same]++ }"),
        ("clear", "fmt.Println(\"on\"); for { clear(raw) }"),
        ("sort.Ints", "fmt.Println(\"on\"); for { sort.Ints(slices.Clone(numbers)) }"),
        ("a blocked receive", "fmt.Println(\"on\"); <-make(chan int)"),
    ] {
        terminal.keys(&format!("{line}\r"));
        terminal.wait_for("\non\r\n");
        std::thread::sleep(Duration::from_millis(50));
        let start = Instant::now();
        terminal.keys("\x03");
        terminal.wait_for("interrupted");
        terminal.wait_for("golite(1)> ");
        check(&format!("Ctrl-C in {what}"), start.elapsed(), Duration::from_millis(100));
    }
    terminal.keys("\x04");
    terminal.has_ended();
}

/// Memory of a process in KiB.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The names that inputs declare again.
const BEFORE: &[u8] = b"x := 0
func f(n int) int { return n }
func g() int { return 1 }
type T struct{}
const c = 0
func (t T) F() int { return c }
func (t T) String() string { return \"\" }
";

#[test]
fn many_inputs_take_no_more_memory_than_few() {
    let most: u64 = std::env::var("GOLITE_INPUTS").ok().and_then(|text| text.parse().ok()).unwrap_or(6000);
    let input = |i: u64| match i % 38 {
        0 => "1 + 1\n".to_string(),
        1 => "x = x + 1\n".to_string(),
        2 => format!("x := {i}\n"),
        3 => format!("func f(n int) int {{ return n + {} }}\n", i % 1000),
        4 => "f(x)\n".to_string(),
        5 => "undeclared\n".to_string(),
        6 => "panic(\"no\")\n".to_string(),
        7 => "for i := range 3 { x += i }\n".to_string(),
        8 => format!("fmt.Sprintf(\"%d %d\", x, {i})\n"),
        9 => "go func() { x++ }()\n".to_string(),
        10 => format!("\"a text {i}\"\n"),
        11 => "func() { defer func() { recover() }(); panic(1) }()\n".to_string(),
        12 => "func g() int { return f(1) }\n".to_string(),
        13 => format!("const c = {i}\n"),
        14 => "func h() int { return c + g() }\n".to_string(),
        15 => format!("func (t T) F() int {{ return {i} + c }}\n"),
        16 => format!("func (t T) String() string {{ return \"{i}\" }}\n"),
        17 => "T{}\n".to_string(),
        18 => "func k() string { return \"\" }\n".to_string(),
        19 => "func k() int { return 0 }\n".to_string(),
        20 => format!("type S struct {{ a{} int }}\n", i % 5),
        21 => "v := S{}\n".to_string(),
        22 => "S{}\n".to_string(),
        23 => format!("func (s S) String() string {{ return \"{i}\" }}\n"),
        24 => "held := any(S{})\n".to_string(),
        25 => "list := []any{S{}, &S{}, map[string]S{}}\n".to_string(),
        26 => "func double[A ~int | ~string](a A) A { return a + a }\n".to_string(),
        27 => format!("double({i})\n"),
        28 => "double(\"a\")\n".to_string(),
        29 => "type L[A any] struct { value A; next *L[A] }\n".to_string(),
        30 => format!("l := &L[int]{{value: {i}}}\n"),
        31 => format!("y := {i}\n"),
        32 => "y := \"a\"\n".to_string(),
        33 => "p := &y\n".to_string(),
        34 => format!("var closure = func() int {{ return {i} + x }}\n"),
        35 => format!("z := {i}; closure = func() int {{ return z }}; z++\n"),
        36 => "closure()\n".to_string(),
        _ => format!("len([{}]int{{}})\n", i + 1),
    };
    let mut child = Command::new(env!("CARGO_BIN_EXE_golite"))
        .arg("repl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdin.write_all(BEFORE).unwrap();
    let mut sizes = Vec::new();
    let mut line = String::new();
    for i in 0..most {
        stdin.write_all(input(i).as_bytes()).unwrap();
        if (i + 1) % (most / 4) == 0 || i % 500 == 499 {
            stdin.write_all(b"fmt.Println(\"mark\")\n").unwrap();
            stdin.flush().unwrap();
            while line != "mark\n" {
                line.clear();
                assert!(stdout.read_line(&mut line).unwrap() > 0, "the session has ended");
            }
            line.clear();
        }
        if (i + 1) % (most / 4) == 0 {
            sizes.push(resident(child.id()));
        }
    }
    drop(stdin);
    child.wait().unwrap();
    println!("memory after each quarter of {most} inputs, in KiB: {sizes:?}");
    // The last inputs are kept to be saved: up to ten thousand.
    let kept = (most / 4 * 3).min(10_000) / 4 + 512;
    assert!(sizes[3] < sizes[0] + kept, "{sizes:?}");
}
