//! The commands of `golite repl`, typed at a pseudo-terminal.

mod terminal;

use std::path::PathBuf;

use terminal::Terminal;

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("golite-repl-{}-{name}", std::process::id()))
}

#[test]
fn help_tells_of_commands_and_topics() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line(":help", ":help TOPIC runs an example of");
    terminal.line(":help step", "run code instruction by instruction");
    terminal.line(":help closures", "2 : int");
    terminal.line(":help nothing", "there is no topic nothing");
    terminal.line(":hepl", "did you mean :help?");
    terminal.ends();
}

#[test]
fn every_topic_runs() {
    let mut terminal = Terminal::quiet(&["repl"]);
    for (topic, last) in [
        ("channels", "0 false"),
        ("closures", "2 : int"),
        ("defer", "caught: no"),
        ("errors", "true : bool"),
        ("generics", "pair[string,int]{key: \"a\", value: 1}"),
        ("goroutines", "goroutine 2"),
        ("maps", "map[string]int{\"Ada\": 36}"),
        ("redeclaring", "20 : int"),
        ("select", "x\r\n"),
        ("slices", "[]int{20, 3, 5, 6} : []int"),
        ("types", "21.0 °C"),
    ] {
        terminal.line(&format!(":help {topic}"), last);
    }
    // Names of topics do not get into the session.
    terminal.line("ages", "undefined: ages");
    terminal.ends();
}

#[test]
fn types_documents_and_sources_are_told() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line(":type 1 << 3", "int\r\n");
    terminal.line(":type strconv.Atoi(\"1\")", "(int, error)");
    terminal.line(":doc cmp.Less", "Less reports whether");
    terminal.line("func twice(n int) int { return 2 * n }", "twice : func");
    terminal.line(":doc twice", "func twice(n int) int { return 2 * n }");
    terminal.line(":doc nothing", "there is no package nothing");
    terminal.line(":doc append", "append adds elements");
    terminal.line(":doc strings.Cut", "golite> strings.Cut(\"key=value\", \"=\")");
    terminal.line("type pair[K, V any] struct { key K; value V }", "type pair");
    terminal.line("pair", "type pair[K, V any] struct { key K; value V }");
    terminal.line(":type pair", "type pair[K, V any]");
    terminal.line("1 << 70", "1180591620717411303424 : untyped int");
    terminal.line("nil", "nil : untyped nil");
    terminal.line(":types", "type pair[K, V any] struct{key K; value V}");
    terminal.ends();
}

#[test]
fn code_is_shown_as_tokens_tree_and_bytecode() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("x := 2", "x : int");
    terminal.keys(":tokens x := 'a'\r");
    terminal.wait_for("1:3     Define        :=");
    terminal.wait_for("1:6     Char          'a'");
    terminal.wait_for("; for the end of the input");
    terminal.line(":tokens \"x", "1:1: ");
    terminal.keys(":ast x*(x+1)\r");
    terminal.wait_for("Binary * : int\r\n  Ident x : int\r\n  Paren : int\r\n    Binary + : int\r\n");
    terminal.wait_for("      Literal 1 : int");
    terminal.line(":ast y + 1", "Ident y");
    terminal.line(":ast 1 +", "syntax error");
    terminal.line("func f(n int) int { return n + 1 }", "f : func");
    terminal.keys(":dis f\r");
    terminal.wait_for("func main.f");
    terminal.wait_for("func f(n int) int { return n + 1 }");
    terminal.wait_for("add.imm");
    terminal.line(":dis g", "there is no function g");
    terminal.keys(":dis strings.Builder.WriteByte\r");
    terminal.wait_for("func strings.(*Builder).WriteByte");
    terminal.wait_for("b.buf = append(b.buf, c)");
    terminal.wait_for("golite> ");
    terminal.line(":dis strings.Index", "is part of go-lite itself: it has no bytecode");
    terminal.line(":dis slices.Sort", "slices.Sort is generic");
    terminal.line(":dis strings.Nothing", "there is no function strings.Nothing");
    terminal.ends();
}

#[test]
fn code_is_executed_step_by_step() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("x := 20", "x : int");
    terminal.line("func f(n int) int { defer func() {}(); return n * 2 }", "f : func");
    terminal.keys(":step x + 1\r");
    terminal.wait_for("main.<input> <3>:1   x + 1");
    terminal.wait_for("load.global.64");
    terminal.keys("\r");
    terminal.wait_for("-> r");
    terminal.wait_for(" = 20");
    terminal.wait_for("add.imm");
    terminal.typed("c\r", "21 : int");
    // Into a call, and over one.
    terminal.keys(":step f(x)\r");
    terminal.wait_for("load.global.64");
    terminal.keys("\r");
    terminal.wait_for("call");
    terminal.keys("\r");
    terminal.wait_for("main.f <2>:1");
    terminal.typed("c\r", "40 : int");
    terminal.keys(":step f(x)\r");
    terminal.wait_for("load.global.64");
    terminal.keys("\r");
    terminal.wait_for("call");
    terminal.keys("o\r");
    terminal.wait_for("-> r");
    terminal.wait_for(" = 40");
    terminal.typed("q\r", "interrupted");
    // A key that means nothing, and Ctrl-C.
    terminal.keys(":step x\r");
    terminal.wait_for("load.global.64");
    terminal.keys("z\r");
    terminal.wait_for("Enter, o, c or q");
    terminal.typed("\x03", "interrupted");
    terminal.line("x", "20 : int");
    terminal.ends();
}

#[test]
fn what_is_declared_is_listed() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("x, s := 1, strings.ToUpper(\"a\")", "s : string");
    terminal.line("const c = 2", "c : untyped int");
    terminal.line("func f(int) {}", "f : func(int)");
    terminal.line("type T []int", "type T");
    terminal.line(":vars", "const c untyped int\r\ns string\r\nx int");
    terminal.line(":funcs", "func f(int)");
    terminal.line(":types", "type T []int");
    terminal.line(":imports", "strings \"strings\"");
    terminal.line(":limits", "memory      none");
    terminal.ends();
}

#[test]
fn goroutines_and_their_stacks_are_shown() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("ch := make(chan int)", "ch : chan int");
    terminal.keys("go func() { ch <- 1 }()\r");
    terminal.wait_for("golite(1)> ");
    terminal.keys(":goroutines\r");
    terminal.wait_for("goroutine 4 [chan send]:");
    terminal.wait_for("golite(1)> ");
    terminal.keys(":stack 4\r");
    terminal.wait_for("main.<input>.func1()");
    terminal.wait_for("stack: ");
    terminal.wait_for("in variable ch");
    terminal.wait_for("golite(1)> ");
    terminal.keys(":stack 99\r");
    terminal.wait_for("there is no goroutine 99");
    terminal.keys(":stack x\r");
    terminal.wait_for("needs the number");
    terminal.typed("<-ch\r", "1 : int");
    terminal.line(":goroutines", "none");
    terminal.ends();
}

#[test]
fn the_heap_is_shown() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("type node struct{ next *node; n int }", "type node");
    terminal.line("list := &node{&node{nil, 2}, 1}", "list : *node");
    terminal.line("other := list.next", "other : *node");
    terminal.keys(":heap\r");
    terminal.wait_for("generations");
    terminal.wait_for("young");
    terminal.wait_for("size classes");
    terminal.wait_for("largest types");
    terminal.wait_for("  node\r\n");
    terminal.wait_for("golite> ");
    terminal.keys(":heap list\r");
    terminal.wait_for("list : *node reaches 2 objects of 32 B");
    terminal.wait_for(" node, 16 B, young");
    terminal.wait_for(".next -> ");
    terminal.wait_for("held by");
    terminal.wait_for("variable list");
    terminal.wait_for("golite> ");
    terminal.keys(":heap list.next\r");
    terminal.wait_for("held by");
    terminal.wait_for("variable other");
    terminal.wait_for("golite> ");
    terminal.line(":gc", " after");
    terminal.line(":heap list", ", old");
    terminal.line(":heap 1", "holds nothing of the heap");
    terminal.line(":heap x := 1", "needs an expression");
    terminal.line(":gcstats", "1 major collection (1 asked for)");
    terminal.ends();
}

#[test]
fn traces_and_profiles_are_recorded() {
    let (trace, json, profile) = (file("trace"), file("trace.json"), file("profile"));
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line(":trace", ":trace needs on|off|save FILE");
    terminal.line(":trace off", "no trace is being made");
    terminal.line(":trace save x", "there is no trace");
    terminal.line(":trace on", "is recorded until :trace off");
    terminal.line(":trace on", "is being made already");
    terminal.line("time.Sleep(time.Millisecond)", "");
    terminal.line(":trace off", "longest waits");
    terminal.line(&format!(":trace save {}", trace.display()), "golite trace shows it");
    terminal.line(&format!(":trace save {}", json.display()), "for Perfetto");
    terminal.line(":profile on", "is recorded until :profile off");
    terminal.line("n := 0; for range 3000000 { n++ }", "n : int");
    terminal.line(":profile off", "cpu: ");
    terminal.line(&format!(":profile save {}", profile.display()), "golite pprof shows it");
    terminal.line(":profile save /nowhere/x", "/nowhere/x: no such file or directory");
    terminal.ends();
    assert!(std::fs::read(&trace).unwrap().starts_with(b"go 1."));
    assert!(std::fs::read_to_string(&json).unwrap().contains("traceEvents"));
    assert!(std::fs::read(&profile).unwrap().starts_with(&[0x1f, 0x8b]));
    for path in [trace, json, profile] {
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn time_is_measured() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys(":time strings.Repeat(\"x\", 3)\r");
    terminal.wait_for("\"xxx\" : string");
    terminal.wait_for(" steps, ");
    terminal.wait_for("golite> ");
    terminal.line(":bench strings.Repeat(\"x\", 100)", "1 objects of 112 bytes");
    terminal.line(":bench strconv.Atoi(\"12\")", " each: ");
    terminal.line(":bench x := 1", ":bench needs an expression");
    terminal.line(":bench nothing", "undefined: nothing");
    terminal.keys(":bench time.Sleep(time.Hour)\r");
    terminal.wait_for("\n");
    terminal.typed("\x03", "interrupted");
    terminal.ends();
}

#[test]
fn a_session_is_saved_loaded_and_begun_again() {
    let path = file("saved.go-lite");
    let shown = path.display();
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("x := 20", "x : int");
    terminal.line("func f() int { return x + 1 }", "f : func() int");
    terminal.line("f() * 2", "42 : int");
    terminal.line("ans + 1", "43 : int");
    terminal.line(&format!(":save {shown}"), "4 inputs in ");
    terminal.line(":reset", "the session begins again");
    terminal.line("x", "undefined: x");
    terminal.line(&format!(":load {shown}"), "42\r\n43\r\nx : int\r\nf : func() int");
    terminal.line("f()", "21 : int");
    terminal.line(":load /nowhere", "/nowhere: no such file or directory");
    terminal.line(":seed 7", "begins again with seed 7");
    terminal.line(":seed x", ":seed needs a number");
    terminal.line(":version", "0.");
    terminal.keys(":q\r");
    terminal.has_ended();
    std::fs::remove_file(path).unwrap();
}
