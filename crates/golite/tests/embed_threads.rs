//! VMs side by side, and ending calls from other threads.

use std::thread;
use std::time::{Duration, Instant};

use golite::embed::{Error, Options, PackageBuilder, Program};

#[test]
fn vms_run_side_by_side() {
    let program = Program::compile(
        "side.go-lite",
        "var n = 0\nfunc Next(by int) int { for range 1000 { n += by }; return n }",
    )
    .unwrap();
    let threads: Vec<_> = (1..=4i64)
        .map(|by| {
            let mut vm = program.vm(Options::new()).unwrap();
            thread::spawn(move || {
                let last = (0..50).map(|_| vm.call::<i64>("Next", (by,)).unwrap()).last();
                (by, last.unwrap(), vm)
            })
        })
        .collect();
    for thread in threads {
        let (by, last, mut vm) = thread.join().unwrap();
        assert_eq!(last, by * 50_000);
        // A VM goes on in another thread.
        assert_eq!(vm.call::<i64>("Next", (0,)).unwrap(), last);
    }
}

/// Interrupts a call after a while; gives how long it took to end.
fn interrupted(text: &str) -> Duration {
    let package = PackageBuilder::new("host/wait")
        .blocking("Long", |milliseconds: u64| thread::sleep(Duration::from_millis(milliseconds)));
    let program = Program::builder().file("main.go-lite", text).host(package).compile().unwrap();
    let mut vm = program.vm(Options::new()).unwrap();
    vm.initialise().unwrap();
    let handle = vm.interrupt_handle();
    let asks = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        let asked = Instant::now();
        handle.interrupt();
        asked
    });
    assert!(matches!(vm.call::<()>("Run", ()), Err(Error::Interrupted)));
    let ended = Instant::now();
    // It can be used on.
    vm.call::<()>("Short", ()).unwrap();
    ended.duration_since(asks.join().unwrap())
}

#[test]
fn a_call_is_interrupted_whatever_it_does() {
    let programs = [
        ("a loop", "func Run() { for {} }"),
        ("a loop of calls", "func f(n int) int { return n + 1 }\nfunc Run() { for n := 0; ; n = f(n) {} }"),
        (
            "a long native call",
            "var text = strings.Repeat(\"a\", 1<<27)\nfunc Run() { for { strings.Count(text, \"ab\") } }",
        ),
        ("a copy that overlaps", "var b = make([]byte, 1<<27)\nfunc Run() { for { copy(b[1:], b) } }"),
        (
            "copies of arrays",
            "type A [1<<24]int\nvar p, q = new(A), new(A)\nfunc Run() { for { *p = *q; *p = A{} } }",
        ),
        (
            "comparisons of arrays",
            "type A [1<<24]int\nvar p, q = new(A), new(A)\nfunc Run() { for { if *p != *q { panic(1) } } }",
        ),
        (
            "comparisons of texts",
            "var a, b = strings.Repeat(\"a\", 1<<27), strings.Repeat(\"a\", 1<<27)\nvar n int\nfunc Run() { for { if a < b { n++ }; if a != b { n++ } } }",
        ),
        (
            "long keys of a map",
            "var a, b = strings.Repeat(\"a\", 1<<27), strings.Repeat(\"a\", 1<<27)\nvar m = map[string]int{}\nfunc Run() { for { m[a]++; delete(m, b) } }",
        ),
        ("a blocked receive", "func Run() { go time.Sleep(time.Hour); <-make(chan int) }"),
        ("a function of the host", "import \"host/wait\"\nfunc Run() { wait.Long(2000) }"),
        (
            "a sort",
            "func Run() { for { list := make([]int, 1<<20); for i := range list { list[i] = i * 7919 % 1000003 }; slices.Sort(list) } }",
        ),
    ];
    for (what, text) in programs {
        let took = interrupted(&format!("{text}\nfunc Short() {{}}"));
        println!("{what}: {took:?}");
        // A build without optimisation, on a machine that does other things.
        let most = if cfg!(debug_assertions) { 1_000 } else { 100 };
        assert!(took < Duration::from_millis(most), "{what}: {took:?}");
    }
}

#[test]
fn what_ended_a_call_does_not_hold_for_the_arguments_of_the_next() {
    let program = Program::compile(
        "arguments.go-lite",
        "func Run() { for {} }\nfunc Len(s string) int { return len(s) }",
    )
    .unwrap();
    let mut vm = program.vm(Options::new().timeout(Duration::from_millis(20))).unwrap();
    assert!(matches!(vm.call::<()>("Run", ()), Err(Error::Limit(_, _))));
    vm.set_timeout(None);
    let text = "a".repeat(5 << 20);
    assert_eq!(vm.call::<i64>("Len", (text.as_str(),)).unwrap(), 5 << 20);
    // An interrupt between calls ends the next one, also while its arguments are made.
    vm.interrupt_handle().interrupt();
    assert!(matches!(vm.call::<i64>("Len", (text.as_str(),)), Err(Error::Interrupted)));
    assert_eq!(vm.call::<i64>("Len", (text.as_str(),)).unwrap(), 5 << 20);
}
