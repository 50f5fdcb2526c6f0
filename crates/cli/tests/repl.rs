//! `golite repl` without a terminal: inputs come through a pipe, and what comes of them is compared.

use std::io::Write;
use std::process::{Command, Stdio};

const GOLITE: &str = env!("CARGO_BIN_EXE_golite");

/// Runs a session; gives its exit status and both its streams in the order they were written.
fn session_with(args: &str, input: &str) -> (i32, String) {
    let line = format!("exec \"$0\" repl {args} 2>&1");
    let mut child = Command::new("/bin/sh")
        .args(["-c", &line, GOLITE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), without_offsets(&String::from_utf8(output.stdout).unwrap()))
}

/// Tracebacks without the offsets of code.
fn without_offsets(text: &str) -> String {
    let line = |line: &str| match line.find(" +0x") {
        Some(at) if line.starts_with('\t') => line[..at].to_string(),
        _ => line.to_string(),
    };
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\n")
}

/// A session in which everything is right.
#[track_caller]
fn prints(input: &str, expected: &str) {
    assert_eq!(session_with("", input), (0, expected.to_string()), "{input}");
}

/// A session in which something is wrong.
#[track_caller]
fn complains(input: &str, expected: &str) {
    assert_eq!(session_with("", input), (1, expected.to_string()), "{input}");
}

#[test]
fn values_are_shown_with_their_types() {
    prints("1 + 2\n", "3 : int\n");
    prints("\"a\\n\"\n", "\"a\\n\" : string\n");
    prints("[]string{\"a\"}\n", "[]string{\"a\"} : []string\n");
    prints("map[string]int{\"b\": 2, \"a\": 1}\n", "map[string]int{\"a\": 1, \"b\": 2} : map[string]int\n");
    prints(
        "&struct{ A int; b *int }{1, nil}\n",
        "&struct { A int; b *int }{A: 1, b: nil} : *struct{A int; b *int}\n",
    );
    prints("strconv.Atoi(\"12\")\n", "12, nil : (int, error)\n");
    prints("error(nil)\n", "nil : error\n");
    prints("errors.New(\"bad\")\n", "bad : error\n");
    prints("1500 * time.Millisecond\n", "1.5s : time.Duration\n");
    prints("[]byte(\"hi ß\")\n", "[]byte(\"hi ß\") : []byte\n");
    prints("[][]byte{{1}, []byte(\"a\")}\n", "[][]byte{{1}, []byte(\"a\")} : [][]byte\n");
    prints("any(1)\n", "1 : any\n");
    prints("fmt.Println(\"once\")\n", "once\n");
    prints("func() {}()\n", "");
}

#[test]
fn long_and_cyclic_values_are_cut() {
    let (_, text) = session_with("", "make([]int, 1000)\n");
    assert!(text.ends_with("0, ... (950 more items)} : []int\n"), "{text}");
    let (_, text) = session_with("", "strings.Repeat(\"x\", 5000)\n");
    assert!(text.ends_with("... (4000 more bytes) : string\n"), "{text}");
    let (_, text) = session_with("", ":full strings.Repeat(\"x\", 5000)\n");
    assert_eq!(text.len(), 5000 + 2 + " : string\n".len());
    let cyclic = "type node struct { next *node }\nn := &node{}\nn.next = n\nn\n";
    let (status, text) = session_with("", cyclic);
    assert!(status == 0 && text.contains("&node{next: (*node)(0x"), "{text}");
    let (status, text) = session_with("", "s := []any{1}\ns[0] = s\ns\n");
    assert!(status == 0 && text.contains("{...}"), "{text}");
}

#[test]
fn what_has_no_value_to_keep_is_described() {
    let input = "type T int\nT\n[]T\nnil\n1 << 70\nmath.MaxUint64\n1e400\nlen\ntype S[E any] struct{ v E }\nS\n\
                 func g[E any](x E) E { return x }\ng\n:type g\n:type T\n:type nil\n:type 1 << 70\n:types\n";
    prints(
        input,
        "type T\ntype T int\ntype []T\nnil : untyped nil\n1180591620717411303424 : untyped int\n\
         18446744073709551615 : untyped int\n1e+400 : untyped float\nlen : func(v Type) int\ntype S\n\
         type S[E any] struct{ v E }\ng : func[E any](x E) E\ng : func[E any](x E) E\nfunc[E any](x E) E\ntype T int\n\
         untyped nil\nuntyped int\ntype S[E any] struct{v E}\ntype T int\n",
    );
    complains(
        "x := 1 << 70\n",
        "<1>:1:6: cannot use 1 << 70 (untyped int constant 1180591620717411303424) as int value in assignment (overflows)\n",
    );
}

#[test]
fn declarations_accumulate() {
    prints(
        "x := 5\nfunc f(n int) int { return n * x }\nf(3)\nx = 6\nf(3)\n",
        "x : int\nf : func(n int) int\n15 : int\n18 : int\n",
    );
    prints(
        "type point struct{ X, Y int }\nfunc (p point) sum() int { return p.X + p.Y }\npoint{1, 2}.sum()\n",
        "type point\npoint.sum : func() int\n3 : int\n",
    );
    prints(
        "func first[T any](list []T) T { return list[0] }\nfirst([]string{\"a\"})\n",
        "first : func[T any](list []T) T\n\"a\" : string\n",
    );
    prints("const (\n\ta = iota\n\tb\n)\nb\n", "a : untyped int\nb : untyped int\n1 : int\n");
    prints("import str \"strings\"\nstr.ToUpper(\"a\")\n:imports\n", "\"A\" : string\nstr \"strings\"\n");
}

#[test]
fn an_input_goes_on_until_it_is_complete() {
    prints("if true {\n\tfmt.Println(\n\t\t1)\n}\n", "1\n");
    prints("`a\nb`\n", "\"a\\nb\" : string\n");
    prints("1 +\n2\n", "3 : int\n");
    prints("/* a\nb */ 1\n", "1 : int\n");
    complains("func f() {\n", "<1>:2:1: syntax error: unexpected EOF, expected }\n");
}

#[test]
fn several_expressions_are_shown_together() {
    prints(
        "x, y := 1, \"a\"\nx, y\nans\nif x > 0 { x++ }; x, -x, []int{x}\nz := 3; z,\n4\n",
        "x : int\ny : string\n1, \"a\" : (int, string)\n1 : int\n2, -2, []int{2} : (int, int, []int)\n3, 4 : (int, int)\nz : int\n",
    );
    complains(
        "1, f\nprintln(), 2\n1, 2 := 3\nfor { 1, 2 }\n",
        "<1>:1:4: undefined: f\n<2>:1:1: println() (no value) used as value\n<3>:1:1: non-name 1 on left side of :=\n\
         <3>:1:4: non-name 2 on left side of :=\n<3>:1:9: assignment mismatch: 2 variables but 1 value\n\
         <4>:1:12: syntax error: unexpected }, expected := or = or comma\n",
    );
}

#[test]
fn names_can_be_declared_again() {
    prints(
        "func f() int { return 1 }\nfunc g() int { return f() }\ng()\nfunc f() int { return 2 }\ng()\n",
        "f : func() int\ng : func() int\n1 : int\nf : func() int\n2 : int\n",
    );
    prints(
        "x := 1\nfunc get() int { return x }\nx := 2\nget()\nx := \"s\"\nget()\nx\n",
        "x : int\nget : func() int\nx : int\n2 : int\nx : string\n\
         note: x is a new variable: functions from before use the old one, of type int\n2 : int\n\"s\" : string\n",
    );
    prints(
        "func f() int { return 1 }\nfunc g() int { return f() }\nfunc f() string { return \"\" }\ng()\n",
        "f : func() int\ng : func() int\nf : func() string\nnote: functions from before call the old f\n1 : int\n",
    );
    complains(
        "const c = 1\nconst c = c + 1\nconst (a = b; b = a)\nc\nx := c\n",
        "c : untyped int\n<2>:1:7: initialization cycle: c refers to itself\n\
         <3>:1:8: initialization cycle for a\n\t<3>:1:8: a refers to b\n\t<3>:1:15: b refers to a\n1 : int\nx : int\n",
    );
    complains(
        "type T struct{ A int }\nt := T{1}\ntype T struct{ B string }\nT{\"b\"}\nt\nt = T{}\n",
        "type T\nt : T\ntype T\nnote: values of the old type T keep it; it is shown as T·1\nT{B: \"b\"} : T\n\
         T{A: 1} : T·1\n<6>:1:5: cannot use T{} (value of struct type T) as T·1 value in assignment\n",
    );
}

#[test]
fn names_may_be_declared_later() {
    prints(
        "func f() int { return g() + h }\nfunc g() int { return 1 }\nh := 2\nf()\n",
        "f : waits for g, h\ng : func() int\nh : int\nf : func() int\n3 : int\n",
    );
    prints(
        "func even(n int) bool { return n == 0 || odd(n-1) }\nfunc odd(n int) bool { return n != 0 && even(n-1) }\nodd(3)\n",
        "even : waits for odd\neven : func(n int) bool\nodd : func(n int) bool\ntrue : bool\n",
    );
    prints(
        "type list struct { first *item }\ntype item struct { next *item; owner *list }\nlist{}\n",
        "list : waits for item\ntype list\ntype item\nlist{first: nil} : list\n",
    );
    complains(
        "func f() int { return g() }\nf()\nfunc g() string { return \"\" }\nf()\n",
        "f : waits for g\n<2>:1:1: undefined: f\n\tf waits for g\ng : func() string\n\
         note: f: cannot use g() (value of type string) as int value in return statement\n<5>:1:1: undefined: f\n",
    );
    complains("func f() { g() }\n", "f : waits for g\nf : waits for g, which was never declared\n");
    // One that is given up.
    prints(
        "func f() { g() }\nfunc f() int { return 1 }\nf()\n",
        "f : waits for g\nf : func() int\n1 : int\n",
    );
}

#[test]
fn types_get_methods_later() {
    prints(
        "type T int\nvar s any = T(1)\nT(7)\nfunc (t T) String() string { return \"T!\" }\nT(7)\ns\n\
         func (t T) String() string { return \"other\" }\ns\n",
        "type T\ns : any\n7 : T\nT.String : func() string\nT! : T\nT! : any\nT.String : func() string\nother : any\n",
    );
    // A method of an input that fails is no method.
    complains(
        "type T int\nfunc (t T) String() string { return \"T!\" }; panic(1)\nT(7)\n",
        "type T\npanic: 1\n\ngoroutine 3 [running]:\nmain.<input>()\n\t<2>:1\n7 : T\n",
    );
}

#[test]
fn the_last_values_have_names() {
    prints(
        "1 + 1\n\"b\"\nans\n_2\n_3\n",
        "2 : int\n\"b\" : string\n\"b\" : string\n\"b\" : string\n\"b\" : string\n",
    );
    prints("40\nans + 2\n", "40 : int\n42 : int\n");
}

#[test]
fn errors_leave_everything_as_it_was() {
    complains(
        "x := 1\ny := x + z\ny\nx\n",
        "x : int\n<2>:1:10: undefined: z\n<3>:1:1: undefined: y\n1 : int\n",
    );
    complains("x := 1\nfunc f() { x = 2 }; x := 3; bad\nx\n", "x : int\n<2>:1:29: undefined: bad\n1 : int\n");
    complains(
        "x := 1\nx := func() int { panic(\"no\") }()\nx\n",
        "x : int\npanic: no\n\ngoroutine 3 [running]:\nmain.<input>.func1()\n\t<2>:1\nmain.<input>()\n\t<2>:1\n1 : int\n",
    );
    complains(
        "init := 1\nfunc init() {}\n",
        "<1>:1:1: cannot declare init - must be func\n<2>:1:6: nothing calls init in a session\n",
    );
    complains("a, b := 1\n2\n", "<1>:1:9: assignment mismatch: 2 variables but 1 value\n2 : int\n");
}

#[test]
fn goroutines_go_on_between_inputs() {
    prints(
        "ch := make(chan int)\ngo func() { for i := range 3 { ch <- i } }()\n<-ch\n<-ch\n:goroutines\n<-ch\n:goroutines\n",
        "ch : chan int\n0 : int\n1 : int\ngoroutine 4 [chan send]:\nmain.<input>.func1()\n\t<2>:1\n\
         created by main.<input> in goroutine 3\n\t<2>:1\n2 : int\nnone\n",
    );
    prints(
        "done := false\ngo func() { time.Sleep(time.Millisecond); done = true }()\ntime.Sleep(50 * time.Millisecond)\ndone\n",
        "done : bool\ntrue : bool\n",
    );
}

#[test]
fn a_panic_elsewhere_ends_only_its_goroutine() {
    let (status, text) = session_with("", "go panic(\"far\")\ntime.Sleep(10 * time.Millisecond)\n1\n");
    assert_eq!(status, 0);
    assert!(text.contains("panic: far\n") && text.ends_with("1 : int\n"), "{text}");
}

#[test]
fn what_ends_a_program_ends_the_input() {
    complains("os.Exit(3)\n1\n", "the input ended with exit status 3; the session goes on\n1 : int\n");
    let (status, text) = session_with("", "log.Fatal(\"x\")\n1\n");
    assert!(status == 1 && text.ends_with("status 1; the session goes on\n1 : int\n"), "{text}");
    let (status, text) = session_with("", "<-make(chan int)\n1\n");
    assert!(
        status == 1 && text.starts_with("fatal error: all goroutines are asleep - deadlock!\n"),
        "{text}"
    );
    assert!(text.ends_with("1 : int\n"), "{text}");
    let (status, text) = session_with("", "func f(n int) int { return f(n) + 1 }\nf(1)\n1\n");
    assert!(status == 1 && text.contains("stack overflow") && text.ends_with("1 : int\n"), "{text}");
    let (status, text) = session_with("", "m := map[int]int{}\nvar n map[int]int\nn[1] = 1\nm[1]++\nm\n");
    assert!(status == 1 && text.contains("assignment to entry in nil map"), "{text}");
    assert!(text.ends_with("map[int]int{1: 1} : map[int]int\n"), "{text}");
}

#[test]
fn limits_hold_for_each_input() {
    let (status, text) = session_with("--timeout 300ms", "for {}\n1\n");
    assert!(status == 1 && text.contains("limit reached") && text.ends_with("1 : int\n"), "{text}");
    let (status, text) = session_with("--max-memory 64MiB", "x := make([]byte, 1<<30)\n1\n:limits\n");
    assert!(
        status == 1 && text.contains("out of memory") && text.contains("\n1 : int\nmemory      64 MiB\n"),
        "{text}"
    );
}

#[test]
fn deferred_calls_run_at_the_end_of_the_session() {
    let note = "note: the deferred call runs when the session ends or begins again\n";
    let notes = "note: the deferred calls run when the session ends or begins again\n";
    prints(
        "x := 1\ndefer fmt.Println(\"deferred\", x)\nfor i := range 2 { defer fmt.Println(\"loop\", i) }\nx = 2\nx\n",
        &format!("x : int\n{note}{notes}2 : int\nloop 1\nloop 0\ndeferred 1\n"),
    );
    prints("defer fmt.Println(\"d\")\n:reset\n1\n", &format!("{note}d\nthe session begins again\n1 : int\n"));
    prints("defer fmt.Println(\"d\"); return\n:q\n", &format!("{note}d\n"));
    // Functions, and inputs that panic, run theirs at once.
    prints("func f() { defer fmt.Println(\"in f\") }\nf()\n1\n", "f : func()\nin f\n1 : int\n");
    prints("defer func() { fmt.Println(recover()) }(); panic(\"no\")\n1\n", "no\n1 : int\n");
    let (status, shown) = session_with("", "defer fmt.Println(\"d\"); panic(\"no\")\n1\n");
    assert!(status == 1 && shown.starts_with("d\npanic: no\n") && shown.ends_with("1 : int\n"), "{shown}");
    // One that fails is told; those before it run nonetheless.
    let (status, shown) =
        session_with("", "defer fmt.Println(\"d\")\ndefer panic(\"late\")\ndefer os.Exit(3)\n");
    let end = "the input ended with exit status 3; the session goes on\npanic: late\n";
    assert!(status == 1 && shown.contains(end) && shown.ends_with("d\n"), "{shown}");
    // What they refer to stays.
    let many: String = (0..200).map(|n| format!("func g{n}() {{}}; _ = {n}\nruntime.GC()\n")).collect();
    let (status, shown) = session_with(
        "",
        &format!(
            "p := &[]string{{\"kept\"}}\ndefer func(p *[]string) {{ fmt.Println(*p) }}(p)\np = nil\n{many}"
        ),
    );
    assert!(status == 0 && shown.ends_with("[kept]\n"), "{shown}");
}

#[test]
fn a_program_reads_what_follows_its_line() {
    prints(
        "in := bufio.NewReader(os.Stdin)\nin.ReadString('\\n')\nhello\n",
        "in : *bufio.Reader\n\"hello\\n\", nil : (string, error)\n",
    );
}

#[test]
fn a_whole_program_is_accepted() {
    prints(
        "package main\n\nimport \"fmt\"\n\nvar n = 2\n\nfunc main() { fmt.Println(\"main\", n) }\n\nmain()\n",
        "n : int\nmain : func()\nmain 2\n",
    );
}

#[test]
fn commands_are_understood() {
    prints(":type 1 << 3\n:type strings.Fields\n", "int\nfunc(s string) []string\n");
    complains(":type nothing\n", "<1>:1:1: undefined: nothing\n");
    complains(":nothing\n", "there is no command :nothing; :help lists all\n");
    complains(":gc 1\n", ":gc takes nothing\n");
    complains(":type\n", ":type needs EXPR\n");
    complains(":l f\n", ":l may be :load or :limits\n");
    prints("x := 1\n:reset\n:vars\n:q\nx\n", "x : int\nthe session begins again\n");
    prints("exit\n1\n", "");
    prints(
        "x := 1\nconst c = \"s\"\nfunc f(int) {}\ntype T []int\n:vars\n:funcs\n:types\n",
        "x : int\nc : untyped string\nf : func(int)\ntype T\nconst c untyped string\nx int\nfunc f(int)\ntype T []int\n",
    );
    let (_, text) = session_with("", ":help\n:heap\n:gcstats\n:gc\n:time 1\n:version\n");
    for part in [":dis NAME", "objects of", "major collections", " before, ", "1 : int\n", " steps, ", "0.1"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    let (status, text) = session_with("", "func f(n int) int { return n + 1 }\n:dis f\n:dis g\n");
    assert!(status == 1 && text.contains("func main.f") && text.contains("add.imm"), "{text}");
    assert!(text.ends_with("there is no function g\n"), "{text}");
    prints(
        ":doc cmp.Less\n",
        "func Less[T Ordered](x, y T) bool\n    Less reports whether x is less than y; a NaN is less than any number.\n",
    );
}

#[test]
fn the_same_seed_gives_the_same_choices() {
    let once = session_with("", ":seed 7\nrand.Int63()\n").1;
    assert_eq!(once, session_with("", ":seed 7\nrand.Int63()\n").1);
    assert_ne!(once, session_with("", ":seed 8\nrand.Int63()\n").1.replace("seed 8", "seed 7"));
}

#[test]
fn a_saved_session_is_a_script() {
    let folder = std::env::temp_dir().join(format!("golite-repl-save-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("saved.go-lite");
    let path = file.display();
    let (_, text) = session_with(
        "",
        &format!("x := 20\nfunc f() int {{ return x + 1 }}\nbad\nfmt.Println(f())\n:save {path}\n"),
    );
    assert!(text.ends_with(&format!("3 inputs in {path}\n")), "{text}");
    let output = Command::new(GOLITE).arg(&file).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "21\n");
    prints(&format!(":load {path}\nx\n"), "21\nx : int\nf : func() int\n20 : int\n");
    // What is left in the folder of temporary files does no harm.
    let _ = std::fs::remove_dir_all(&folder);
}

/// Saves a session, and runs what was saved as a script and as an input.
#[track_caller]
fn saves(name: &str, inputs: &str, script: &str, output: &str) {
    let file = std::env::temp_dir().join(format!("golite-repl-{name}-{}.go-lite", std::process::id()));
    let path = file.display();
    let (status, shown) = session_with("", &format!("{inputs}:save {path}\n"));
    assert_eq!((status, shown.ends_with(&format!(" in {path}\n"))), (0, true), "{shown}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), script);
    let run = Command::new(GOLITE).arg(&file).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&run.stderr), "");
    assert_eq!(String::from_utf8_lossy(&run.stdout), output);
    let (status, loaded) = session_with("", &format!(":load {path}\n"));
    assert_eq!((status, loaded.starts_with(output)), (0, true), "{loaded}");
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn values_are_printed_by_a_saved_session() {
    saves(
        "values",
        "1 + 1\nx := 3\nx // three\nans + 1\n_1 + _2\nstrconv.Atoi(\"5\")\n_1 + 1\nfmt.Print(\"p\\n\")\nx++; x\nfunc() {}()\n",
        "fmt.Println(1 + 1)\nx := 3\nans_1 := x\nfmt.Println(ans_1) // three\nans_2 := ans_1 + 1\nfmt.Println(ans_2)\n\
         fmt.Println(ans_2 + ans_1)\nans_3, ans_3_2 := strconv.Atoi(\"5\")\nfmt.Println(ans_3, ans_3_2)\n\
         fmt.Println(ans_3 + 1)\nfmt.Print(\"p\\n\")\nx++; fmt.Println(x)\nfunc() {}()\n",
        "2\n3\n4\n7\n5 <nil>\n6\np\n4\n",
    );
}

#[test]
fn several_expressions_are_in_a_saved_session() {
    saves(
        "several",
        "x, y := 1, \"a\"\nx, y\nans * 2\nx + 2, y\n",
        "x, y := 1, \"a\"\nans_1, ans_1_2 := x, y\nfmt.Println(ans_1, ans_1_2)\nfmt.Println(ans_1 * 2)\nfmt.Println(x + 2, y)\n",
        "1 a\n2\n3 a\n",
    );
}

#[test]
fn what_was_declared_again_is_in_a_saved_session() {
    saves(
        "again",
        "x := 1\nx := 2\nvar x int\nf := func() int { return x }\nx := \"s\"\nf()\nvar (x = \"t\"; y = 5)\nx\n\
         const c = 1\nconst c = \"c\"\nc\ntype T struct{ next *T }\nfunc (t *T) M() int { return 1 }\n\
         t := &T{}\nfunc (t *T) M() int { return 2 }\ntype T int\nfunc (t T) M() int { return 3 }\n\
         t.M() + T(1).M()\n",
        "x_1 := 1\nx_1 = 2\nx_1 = *new(int)\nf := func() int { return x_1 }\nx := \"s\"\nfmt.Println(f())\nx = \"t\"\n\
         var y = 5\nfmt.Println(x)\nconst c_1 = 1\nconst c = \"c\"\nfmt.Println(c)\ntype T_1 struct{ next *T_1 }\n\
         t := &T_1{}\nfunc (t *T_1) M() int { return 2 }\ntype T int\nfunc (t T) M() int { return 3 }\n\
         fmt.Println(t.M() + T(1).M())\n",
        "0\nt\nc\n5\n",
    );
    saves(
        "functions",
        "func f(n int) int { return n }\nfunc g() int { return f(1) }\nfunc f(n int) int { return 10 * n }\n\
         func f(s string) string { return s }\nfmt.Println(g(), f(\"s\"))\nfunc even(n int) bool { return n == 0 || odd(n-1) }\n\
         func odd(n int) bool { return n != 0 && even(n-1) }\neven(4)\n",
        "func g() int { return f_1(1) }\nfunc f_1(n int) int { return 10 * n }\nfunc f(s string) string { return s }\n\
         fmt.Println(g(), f(\"s\"))\nfunc even(n int) bool { return n == 0 || odd(n-1) }\n\
         func odd(n int) bool { return n != 0 && even(n-1) }\nfmt.Println(even(4))\n",
        "10 s\ntrue\n",
    );
}

#[test]
fn inputs_that_a_script_has_only_once_are_in_a_saved_session() {
    saves(
        "once",
        "import \"strings\"\nimport str \"strings\"\nimport str \"strings\"\nstr.ToUpper(\"a\")\n\
         for i := range 3 { if i == 1 { return }; fmt.Println(i) }\nreturn\n\
         L: for { break L }\nL: for { break L }\n\
         package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"main\") }\nmain()\n",
        "import str \"strings\"\nimport \"fmt\"\nfmt.Println(str.ToUpper(\"a\"))\n\
         func() {\nfor i := range 3 { if i == 1 { return }; fmt.Println(i) }\n}()\n\
         func() {\nL: for { break L }\n}()\nfunc() {\nL: for { break L }\n}()\n\
         func main_1() { fmt.Println(\"main\") }\nmain_1()\n",
        "A\n0\nmain\n",
    );
}

#[test]
fn many_definitions_do_not_slow_an_input_down() {
    let mut input: String =
        (0..1000).map(|n| format!("func f{n}(a int) int {{ return a + {n} }}\n")).collect();
    input += "start := time.Now()\n1 + 1\nelapsed := time.Since(start)\nelapsed < 500*time.Millisecond\n";
    let (status, text) = session_with("", &input);
    assert!(status == 0 && text.ends_with("true : bool\n"), "{text}");
}

#[test]
fn pointers_of_unsafe_need_a_permission() {
    let input = "import \"unsafe\"\nx := 5\n*(*int)(unsafe.Pointer(&x))\nunsafe.Sizeof(x)\n";
    let refused = "<3>:1:9: pointers of package unsafe are not allowed (--allow-unsafe allows them)";
    let (status, shown) = session_with("", input);
    assert_eq!((status, shown.lines().any(|line| line == refused)), (1, true), "{shown}");
    assert!(shown.ends_with("8 : uintptr\n"), "{shown}");
    let (status, shown) = session_with("--allow-unsafe", input);
    assert!(status == 0 && shown.contains("5 : int\n"), "{shown}");
}

#[test]
fn functions_declared_again_while_they_run_go_on_in_their_own_code() {
    // Where it goes on after a recovered panic.
    prints(
        "hold := make(chan int)\n\
         func f() { defer func() { fmt.Println(recover()) }(); defer func() { <-hold }(); a, b := []int{1}, \"x\"; \
         defer func() { _ = a; _ = b }(); panic(7) }\n\
         go func() { f(); fmt.Println(\"after f\") }()\n\
         1\n\
         func f() {}\n\
         hold <- 1\n\
         2\n",
        "hold : chan int\nf : func()\n1 : int\nf : func()\n7\nafter f\n2 : int\n",
    );
    // Where it was when it is woken to panic.
    prints(
        "c := make(chan int)\n\
         func f() { defer func() { fmt.Println(recover()) }(); a := []int{1}; c <- a[0] }\n\
         go f()\n\
         1\n\
         func f() {}\n\
         close(c)\n\
         2\n",
        "c : chan int\nf : func()\n1 : int\nf : func()\nsend on closed channel\n2 : int\n",
    );
    // How much of its stack it uses.
    let names: Vec<String> = (0..200).map(|i| format!("v{i}")).collect();
    let values: Vec<String> = (0..200).map(|i| format!("boxed({i})")).collect();
    let (names, values) = (names.join(", "), values.join(", "));
    prints(
        &format!(
            "hold := make(chan int)\n\
             func boxed(n int) *int {{ return &n }}\n\
             func deep(n int) int {{ if n == 0 {{ return 0 }}; return 1 + deep(n-1) }}\n\
             func f() {{ deep(20000); {names} := {values}; <-hold; sum := 0; \
             for _, p := range []*int{{{names}}} {{ sum += *p }}; fmt.Println(sum) }}\n\
             go f()\n\
             1\n\
             func f() {{}}\n\
             for range 40 {{ runtime.GC() }}\n\
             hold <- 1\n\
             2\n"
        ),
        "hold : chan int\nboxed : func(n int) *int\ndeep : func(n int) int\nf : func()\n1 : int\nf : func()\n19900\n2 : int\n",
    );
}
