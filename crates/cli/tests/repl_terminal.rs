//! `golite repl` on a real pseudo-terminal: keys are typed, and what appears is read.

mod terminal;

use std::time::{Duration, Instant};

use terminal::Terminal;

#[test]
fn lines_are_read_and_values_shown() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("1 + 2", "3 : int");
    terminal.line("x := 5", "x : int");
    terminal.line("x * x", "25 : int");
    terminal.line("x + nothing", "undefined: nothing");
    terminal.line("panic(\"no\")", "panic: no");
    terminal.line("x", "5 : int");
    terminal.ends();
}

#[test]
fn golite_alone_on_a_terminal_is_a_session() {
    let mut terminal = Terminal::start(&[], None);
    terminal.line("40 + 2", "42 : int");
    terminal.keys(":quit\r");
    terminal.has_ended();
}

#[test]
fn an_input_of_several_lines_is_edited_as_one() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys("func f(n int) int {\r");
    terminal.keys("return n * 2\r");
    terminal.line("}", "f : func(n int) int");
    terminal.line("f(21)", "42 : int");
    terminal.ends();
}

#[test]
fn earlier_lines_come_back() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("n := 7", "n : int");
    terminal.line("n++", "");
    terminal.line("n", "8 : int");
    terminal.typed("\x1b[A\x1b[A\r", "\n");
    terminal.line("n", "9 : int");
    // Ctrl-R finds what contains the text.
    terminal.keys("\x12:=");
    terminal.wait_for("n := 7");
    terminal.typed("\r", "n : int");
    terminal.line("n", "7 : int");
    terminal.ends();
}

#[test]
fn history_is_kept_for_later_sessions() {
    let path = std::env::temp_dir().join(format!("golite-history-{}", std::process::id()));
    let mut terminal = Terminal::start(&["repl"], Some(&path));
    terminal.line("6 * 7", "42 : int");
    terminal.ends();
    let mut terminal = Terminal::start(&["repl"], Some(&path));
    terminal.typed("\x1b[A\r", "42 : int");
    terminal.ends();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "6 * 7\n");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn names_fields_and_commands_are_completed() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys("strings.Fie\t");
    terminal.wait_for("strings.Fields");
    terminal.typed("(\"a b\")[1]\r", "\"b\" : string");
    terminal.line("value := struct{ Alpha, Beta int }{1, 2}", "value : struct");
    terminal.typed("value.Be\t\r", "2 : int");
    terminal.typed("val\t.Al\t\r", "1 : int");
    terminal.typed(":goro\t\r", "none");
    terminal.ends();
}

/// Runs a line that has no end of its own, interrupts it, and gives the time to the prompt.
#[track_caller]
fn interrupt(terminal: &mut Terminal, line: &str) -> Duration {
    terminal.keys(&format!("fmt.Println(\"it\" + \" runs\"); {line}\r"));
    terminal.wait_for("it runs\r\n");
    let start = Instant::now();
    terminal.keys("\x03");
    terminal.wait_for("interrupted");
    terminal.wait_for("golite> ");
    start.elapsed()
}

#[test]
fn ctrl_c_interrupts_the_input_and_not_the_session() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("kept := 1", "kept : int");
    for line in [
        "for {}",
        "time.Sleep(time.Hour)",
        "<-time.After(time.Hour)",
        "for { strings.Repeat(\"ab\", 1<<20) }",
        "var word string; fmt.Scanln(&word)",
    ] {
        let time = interrupt(&mut terminal, line);
        assert!(time < Duration::from_secs(5), "{line}: {time:?}");
    }
    terminal.cancel();
    terminal.line("kept", "1 : int");
    // What somebody may still send is waited for.
    terminal.keys("go time.Sleep(time.Hour)\r");
    terminal.wait_for("golite(1)> ");
    terminal.keys("fmt.Println(\"it\" + \" waits\"); <-make(chan int)\r");
    terminal.wait_for("it waits\r\n");
    terminal.keys("\x03");
    terminal.wait_for("interrupted while it waited: chan receive");
    terminal.wait_for("golite(1)> ");
    terminal.keys("\x04");
    terminal.has_ended();
}

#[test]
fn the_prompt_counts_goroutines_that_go_on() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("n := 0", "n : int");
    terminal.keys("stop := make(chan bool); go func() { for { select { case <-stop: return; default: n++; time.Sleep(time.Millisecond) } } }()\r");
    terminal.wait_for("golite(1)> ");
    terminal.keys("before := n; time.Sleep(50 * time.Millisecond); n > before\r");
    terminal.wait_for("true : bool");
    terminal.wait_for("golite(1)> ");
    terminal.keys(":goroutines\r");
    terminal.wait_for("main.<input>.func1");
    terminal.wait_for("golite(1)> ");
    terminal.typed("stop <- true; time.Sleep(10 * time.Millisecond)\r", "\n");
    terminal.ends();
}

#[test]
fn a_deadlock_is_reported_and_the_prompt_returns() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("<-make(chan int)", "all goroutines are asleep - deadlock!");
    terminal.line("1", "1 : int");
    terminal.ends();
}

#[test]
fn a_program_gets_the_terminal_until_it_returns() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys("var word string; fmt.Print(\"name\" + \"? \"); fmt.Scanln(&word); word + \"!\"\r");
    terminal.wait_for("name? ");
    terminal.keys("hello\r");
    terminal.wait_for("\"hello!\" : string");
    terminal.wait_for("golite> ");
    terminal.line("os.Exit(4)", "exit status 4; the session goes on");
    terminal.line("word", "\"hello\" : string");
    terminal.ends();
}

#[test]
fn everything_that_can_be_declared_is_declared() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("type point struct{ X, Y int }", "type point");
    terminal.line("func (p point) sum() int { return p.X + p.Y }", "point.sum : func() int");
    terminal.line("point{1, 2}.sum()", "3 : int");
    terminal.line("func first[T any](list []T) T { return list[0] }", "first : func[T any](list []T) T");
    terminal.line("first([]string{\"a\"})", "\"a\" : string");
    terminal.line("import str \"strings\"", "uses strings");
    terminal.line("str.ToUpper(\"a\")", "\"A\" : string");
    terminal.line("unused := 1", "unused : int");
    terminal.line("strconv.Atoi(\"12\")", "12, nil : (int, error)");
    terminal.line("_1 + 1", "13 : int");
    terminal.line("const c = 2", "c : untyped int");
    terminal.line("for i := range c { fmt.Println(\"turn\", i) }", "turn 1");
    terminal.ends();
}

#[test]
fn values_are_cut_sorted_and_safe() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal
        .line("map[string]int{\"b\": 2, \"a\": 1}", "map[string]int{\"a\": 1, \"b\": 2} : map[string]int");
    terminal.line("make([]int, 1000)", "(950 more items)} : []int");
    terminal.line(":full make([]bool, 60)", "false, false} : []bool");
    terminal.line("type node struct { next *node }; n := &node{}; n.next = n", "n : *node");
    terminal.line("n", "&node{next: (*node)(0x");
    terminal.ends();
}

#[test]
fn names_are_declared_again() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("func f() int { return 1 }", "f : func() int");
    terminal.line("func g() int { return f() }", "g : func() int");
    terminal.line("func f() int { return 2 }", "f : func() int");
    terminal.line("g()", "2 : int");
    terminal.line("x := 1", "x : int");
    terminal.line("x := \"s\"", "x : string");
    terminal.line("type T int", "type T");
    terminal.line("var t T = 1", "t : T");
    terminal.line("type T string", "it is shown as T·1");
    terminal.line("t", "1 : T·1");
    terminal.ends();
}

#[test]
fn names_may_be_declared_later() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("func even(n int) bool { return n == 0 || odd(n-1) }", "even : waits for odd");
    terminal.line("even(2)", "even waits for odd");
    terminal.line("func odd(n int) bool { return n != 0 && even(n-1) }", "odd : func(n int) bool");
    terminal.line("even(10)", "true : bool");
    terminal.ends();
}

#[test]
fn advice_knows_the_names_of_all_inputs() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("width := 3", "width : int");
    terminal.line("widht * 2", "did you mean width?");
    terminal.line("strings.ToUper(\"a\")", "did you mean ToUpper?");
    terminal.line("help", ":quit");
    terminal.ends();
}

#[test]
fn errors_show_the_line_and_leave_everything_as_it_was() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("x := 1", "x : int");
    terminal.keys("x := 2; x + nothing\r");
    // The line, and a mark below it.
    terminal.wait_for("undefined: nothing");
    terminal.wait_for("x := 2; x + nothing");
    terminal.wait_for("───");
    terminal.wait_for("golite> ");
    terminal.line("x", "1 : int");
    terminal.line("y := []int{1}[x]", "index out of range [1] with length 1");
    terminal.line("y", "undefined: y");
    terminal.ends();
}

#[test]
fn what_ends_a_program_ends_the_input() {
    let mut terminal = Terminal::quiet(&["repl", "--max-stack", "1MiB"]);
    terminal.line("os.Exit(3)", "exit status 3; the session goes on");
    terminal.line("log.Fatal(\"bad\")", "exit status 1; the session goes on");
    terminal.line("func f(n int) int { return f(n) + 1 }", "f : func");
    terminal.line("f(1)", "stack overflow");
    terminal.line("1", "1 : int");
    terminal.keys("quit\r");
    terminal.has_ended();
}

#[test]
fn deferred_calls_run_when_the_session_ends() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("defer fmt.Println(\"much\" + \" later\")", "the deferred call runs when the session ends");
    terminal.line("1", "1 : int");
    terminal.line(":reset", "much later");
    terminal.line("defer fmt.Println(\"at the\" + \" end\")", "the deferred call runs when the session ends");
    terminal.keys("\x04");
    terminal.wait_for("at the end");
    terminal.has_ended();
}

#[test]
fn a_pasted_program_can_be_run_at_once() {
    let program =
        "package main\n\nimport \"fmt\"\n\nvar n = 2\n\nfunc main() {\n\tfmt.Println(\"main\", n)\n}\n";
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys(&format!("\x1b[200~{program}\x1b[201~\r"));
    terminal.wait_for("main : func()");
    terminal.wait_for("run main()? [Y/n] ");
    terminal.typed("\r", "main 2\r\n");
    terminal.line("n", "2 : int");
    terminal.keys(&format!("\x1b[200~{program}\x1b[201~\r"));
    terminal.wait_for("run main()? [Y/n] ");
    terminal.typed("n\r", "");
    terminal.ends();
}

#[test]
fn output_of_goroutines_appears_above_the_line_that_is_typed() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys("start := make(chan bool); go func() { <-start; fmt.Println(\"from afar\") }()\r");
    terminal.wait_for("golite(1)> ");
    terminal.keys("go func() { time.Sleep(300 * time.Millisecond); start <- true }()\r");
    terminal.wait_for("golite(2)> ");
    terminal.keys("40 +");
    terminal.wait_for("40 +");
    terminal.wait_for("from afar");
    // The line is there again, below.
    terminal.wait_for("golite(2)> 40 +");
    terminal.keys(" 2\r");
    terminal.wait_for("42 : int");
    terminal.wait_for("golite> ");
    terminal.ends();
}

#[test]
fn a_panic_of_a_goroutine_ends_it_alone() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("kept := 5", "kept : int");
    terminal.keys("go func() { time.Sleep(50 * time.Millisecond); panic(\"far\") }()\r");
    terminal.wait_for("panic: far");
    terminal.wait_for("note: this would end a program; in a session it ends the goroutine alone");
    terminal.line("kept", "5 : int");
    terminal.ends();
}

#[test]
fn the_init_file_begins_a_session() {
    let path = std::env::temp_dir().join(format!("golite-init-{}.go-lite", std::process::id()));
    std::fs::write(&path, "limit := 12\nfunc twice(n int) int {\n\treturn 2 * n\n}\nbad +\n").unwrap();
    let mut terminal = Terminal::with(&["repl", "--no-history"], None, |command| {
        command.env("GOLITE_INIT", &path);
    });
    terminal.line("twice(limit)", "24 : int");
    terminal.ends();
    let mut terminal = Terminal::with(&["repl", "--no-history", "--no-init"], None, |command| {
        command.env("GOLITE_INIT", &path);
    });
    terminal.line("limit", "undefined: limit");
    terminal.ends();
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_line_that_begins_with_a_space_is_not_kept() {
    let path = std::env::temp_dir().join(format!("golite-history-space-{}", std::process::id()));
    let mut terminal = Terminal::start(&["repl"], Some(&path));
    terminal.line(" 6 * 7", "42 : int");
    terminal.line("1 + 1", "2 : int");
    terminal.line("1 + 1", "2 : int");
    terminal.line("func f() {\r}", "f : func()");
    terminal.ends();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "1 + 1\nfunc f() {\\n}\n");
    std::fs::remove_file(&path).unwrap();
}

/// A session with colours.
fn coloured() -> Terminal {
    Terminal::with(&["repl", "--no-history"], None, |command| {
        command.env_remove("NO_COLOR");
    })
}

#[test]
fn code_is_coloured_and_brackets_match() {
    let mut terminal = coloured();
    terminal.keys("for range 3 { f(\"x\")");
    terminal.wait_for_raw("\x1b[35mfor\x1b[0m");
    terminal.wait_for_raw("\x1b[36m3\x1b[0m");
    // The bracket that the cursor is behind, and its other half.
    terminal.wait_for_raw("\x1b[1;34m(\x1b[0m\x1b[32m\"x\"\x1b[0m)");
    terminal.cancel();
    terminal.ends();
}

#[test]
fn hints_show_parameters_and_earlier_lines() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.line("value := 12345", "value : int");
    // The rest of the earlier line is taken over by the right arrow.
    terminal.keys("val");
    terminal.wait_for("ue := 12345");
    terminal.typed("\x1b[C\r", "value : int");
    terminal.keys("strings.Repeat(");
    terminal.wait_for("s string, count int) string");
    terminal.typed("\"ab\", 2)\r", "\"abab\" : string");
    terminal.ends();
}

#[test]
fn completion_shows_signatures_packages_and_paths() {
    let mut terminal = Terminal::quiet(&["repl"]);
    terminal.keys("strings.Cut\t\t");
    terminal.wait_for("func Cut(s, sep string)");
    terminal.wait_for("func CutPrefix(");
    terminal.cancel();
    terminal.keys("import \"unicode/u\t");
    terminal.wait_for("unicode/utf8");
    terminal.typed("\"\r", "");
    terminal.keys(":help chan\t");
    terminal.wait_for(":help channels");
    terminal.cancel();
    let folder = std::env::temp_dir().join(format!("golite-complete-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("program.go-lite"), "loaded := 77\n").unwrap();
    terminal.keys(&format!(":load {}/pro\t", folder.display()));
    terminal.wait_for("program.go-lite");
    terminal.typed("\r", "loaded : int");
    terminal.ends();
    std::fs::remove_dir_all(&folder).unwrap();
}
