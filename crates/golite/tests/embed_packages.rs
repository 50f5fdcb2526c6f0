//! Packages of Rust functions and types: what the checker says of them, waiting, errors and panics.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use golite::embed::{Error, Opaque, Options, PackageBuilder, Program, Value, Vm};

fn vm(package: PackageBuilder, text: &str) -> Vm {
    let program = Program::builder().file("main.go-lite", text).host(package).compile();
    program.expect("the program is right").vm(Options::new()).expect("a VM")
}

#[test]
fn functions_take_and_give_values_of_many_types() {
    let package = PackageBuilder::new("host/all")
        .function("Mix", |a: i8, b: u16, c: f32, d: bool, e: String| format!("{a} {b} {c} {d} {e}"))
        .function("Sum", |list: Vec<isize>| list.iter().sum::<isize>())
        .function("Bytes", |bytes: Vec<u8>| bytes.into_iter().rev().collect::<Vec<u8>>())
        .function("Count", |map: std::collections::BTreeMap<String, i64>| map.values().sum::<i64>())
        .function("Half", |n: Option<isize>| n.map(|n| n / 2))
        .function("Pair", || (1isize, "two"))
        .function("Nothing", || ())
        .function("Any", |value: Value| format!("{value:?}"))
        .function("Same", |value: Value| value);
    let mut vm = vm(
        package,
        r#"
import "host/all"
type P struct { X int; s []string }
func Test() []string {
	h := all.Half(nil)
	n := 9
	a, b := all.Pair()
	all.Nothing()
	m := all.Same(map[string]any{"k": []int{1}}).(map[string]any)
	return []string{
		all.Mix(-1, 2, 1.5, true, "x"), fmt.Sprint(all.Sum([]int{1, 2, 3})), string(all.Bytes([]byte("abc"))),
		fmt.Sprint(all.Count(map[string]int64{"a": 1, "b": 2})), fmt.Sprint(h == nil, *all.Half(&n)),
		fmt.Sprint(a, b), all.Any(P{1, []string{"y"}}), fmt.Sprint(m["k"]),
	}
}
"#,
    );
    let found: Vec<String> = vm.call("Test", ()).unwrap();
    let any = "Struct([(\"X\", Int(1)), (\"s\", List([String(\"y\")]))])";
    assert_eq!(found, ["-1 2 1.5 true x", "6", "cba", "3", "true 4", "1two", any, "[1]"]);
}

#[test]
fn the_checker_knows_the_types() {
    let package = || PackageBuilder::new("host/geo").function("Area", |a: f64, b: f64| a * b);
    let check = |text: &str| {
        let error = Program::builder().file("a.go-lite", text).host(package()).compile().unwrap_err();
        error.to_string()
    };
    let text = check("import \"host/geo\"\ngeo.Area(1, \"x\")");
    assert!(
        text.contains("cannot use \"x\" (untyped string constant) as float64 value in argument to geo.Area"),
        "{text}"
    );
    assert!(check("import \"host/geo\"\ngeo.Volume(1)").contains("undefined: geo.Volume"));
    let text = check("import \"host/geo\"\ngeo.call(1, nil, nil)");
    assert!(text.contains("name call not exported by package geo"), "{text}");
}

#[test]
fn wrong_packages_are_refused() {
    struct Unknown;
    let refused =
        |package: PackageBuilder| match Program::builder().file("a.go-lite", "").host(package).compile() {
            Err(Error::Setup(text)) => text,
            other => panic!("{other:?}"),
        };
    assert!(refused(PackageBuilder::new("fmt")).contains("a standard package has this path"));
    assert!(refused(PackageBuilder::new("a b")).contains("no import path"));
    assert!(refused(PackageBuilder::new("p").function("lower", || ())).contains("lower is no name"));
    assert!(
        refused(PackageBuilder::new("p").function("F", |_: Opaque<Unknown>| ())).contains("not registered")
    );
    let twice = Program::builder()
        .file("a.go-lite", "")
        .host(PackageBuilder::new("p"))
        .host(PackageBuilder::new("p"))
        .compile();
    assert!(matches!(twice, Err(Error::Setup(text)) if text.contains("there are two")));
}

#[test]
fn errors_become_errors_and_panics_do_not_kill_the_process() {
    let package = PackageBuilder::new("host/fail")
        .function("Error", |n: isize| if n > 0 { Ok(n) } else { Err(format!("{n} is not positive")) })
        .function("Panic", |text: String| -> isize { panic!("{text}") })
        .function("Caught", |text: String| -> Result<isize, String> { panic!("{text}") })
        .blocking("Thread", |text: String| -> Result<isize, String> { panic!("{text}") });
    let mut vm = vm(
        package,
        r#"
import "host/fail"
func Error(n int) string { n, err := fail.Error(n); return fmt.Sprint(n, err) }
func Panic() int { return fail.Panic("oh") }
func Recover() (text string) { defer func() { text = fmt.Sprint(recover()) }(); fail.Panic("no"); return "" }
func Caught() (int, error) { return fail.Caught("well") }
func Thread() (int, error) { return fail.Thread("there") }
"#,
    );
    assert_eq!(vm.call::<String>("Error", (5,)).unwrap(), "5 <nil>");
    assert_eq!(vm.call::<String>("Error", (-5,)).unwrap(), "0 -5 is not positive");
    match vm.call::<i64>("Panic", ()) {
        Err(Error::Panic(failure)) => {
            assert_eq!(failure.text, "panic: host function fail.Panic panicked: oh");
            assert!(failure.traceback.contains("main.Panic("), "{}", failure.traceback);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(vm.call::<String>("Recover", ()).unwrap(), "host function fail.Panic panicked: no");
    for name in ["Caught", "Thread"] {
        match vm.call::<i64>(name, ()) {
            Err(Error::Returned(text)) => assert!(text.starts_with("host function fail."), "{text}"),
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Default)]
struct Counter {
    count: Mutex<i64>,
    dropped: Arc<AtomicUsize>,
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

fn counters(dropped: &Arc<AtomicUsize>) -> PackageBuilder {
    let dropped = dropped.clone();
    PackageBuilder::new("host/counters")
        .ty::<Counter>("Counter")
        .function("New", move |start: i64| {
            Opaque::new(Counter { count: Mutex::new(start), dropped: dropped.clone() })
        })
        .method::<Counter, _, _>("Add", |counter: Opaque<Counter>, n: i64| {
            let mut count = counter.count.lock().unwrap();
            *count += n;
            *count
        })
        .comment("Add adds a number and gives the sum.")
        .blocking_method::<Counter, _, _>("Slow", |counter: Opaque<Counter>| *counter.count.lock().unwrap())
        .function("Same", |a: Opaque<Counter>, b: Opaque<Counter>| a.is_same(&b))
}

const COUNTERS: &str = r#"
import "host/counters"
var kept = counters.New(0)
type Adder interface { Add(n int64) int64 }
func Use() int64 {
	c := counters.New(10)
	var a Adder = c
	a.Add(5)
	if counters.Same(c, kept) || !counters.Same(c, c) { return -1 }
	return c.Slow()
}
func Give() *counters.Counter { kept.Add(1); return kept }
func Take(c *counters.Counter) int64 { return c.Add(100) }
func Lose() { for range 100 { counters.New(1).Add(1) } }
func Collect() { for range 5 { runtime.GC(); time.Sleep(time.Millisecond) } }
func Nil() { var c *counters.Counter; c.Add(1) }
func Forge() int64 { return new(counters.Counter).Add(1) }
"#;

#[test]
fn rust_values_have_methods() {
    let dropped = Arc::new(AtomicUsize::new(0));
    let mut vm = vm(counters(&dropped), COUNTERS);
    assert_eq!(vm.call::<i64>("Use", ()).unwrap(), 15);
    let kept: Opaque<Counter> = vm.call("Give", ()).unwrap();
    assert_eq!(*kept.count.lock().unwrap(), 1);
    assert_eq!(vm.call::<i64>("Take", (kept.clone(),)).unwrap(), 101);
    assert!(matches!(vm.call::<()>("Nil", ()), Err(Error::Panic(_))));
    assert!(matches!(vm.call::<i64>("Forge", ()), Err(Error::Panic(_))));
    vm.call::<()>("Lose", ()).unwrap();
    vm.call::<()>("Collect", ()).unwrap();
    assert!(dropped.load(Ordering::SeqCst) >= 90, "{}", dropped.load(Ordering::SeqCst));
    drop(vm);
    drop(kept);
    assert_eq!(dropped.load(Ordering::SeqCst), 102);
}

#[test]
fn scripts_import_host_packages_by_use() {
    let package =
        PackageBuilder::new("host/greetings").function("Hello", |name: String| format!("hello {name}"));
    let mut vm = vm(package, "func Use() string { return greetings.Hello(\"Ada\") }\n");
    assert_eq!(vm.call::<String>("Use", ()).unwrap(), "hello Ada");
    // Standard packages go first.
    let package =
        PackageBuilder::new("host/strings").function("Hello", |name: String| format!("hello {name}"));
    let text =
        "import host \"host/strings\"\nfunc Use() string { return strings.ToUpper(host.Hello(\"b\")) }\n";
    assert_eq!(self::vm(package, text).call::<String>("Use", ()).unwrap(), "HELLO B");
}

#[test]
fn a_function_that_waits_stops_its_goroutine_only() {
    let package = PackageBuilder::new("host/slow").blocking("Wait", |milliseconds: u64| {
        std::thread::sleep(Duration::from_millis(milliseconds));
        milliseconds
    });
    let mut vm = vm(
        package,
        r#"
import "host/slow"
func Both() (uint64, int) {
	done := make(chan uint64)
	for range 10 { go func() { done <- slow.Wait(200) }() }
	ticks := 0
	for ticks < 20 { time.Sleep(time.Millisecond); ticks++ }
	var sum uint64
	for range 10 { sum += <-done }
	return sum, ticks
}
"#,
    );
    let start = Instant::now();
    assert_eq!(vm.call::<(u64, i64)>("Both", ()).unwrap(), (2000, 20));
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}

#[test]
fn a_call_is_not_made_twice_when_there_is_no_memory_for_its_results() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = calls.clone();
    let package = PackageBuilder::new("host/big").function("Bytes", move |n: usize| {
        counted.fetch_add(1, Ordering::SeqCst);
        vec![7u8; n]
    });
    let text = "import \"host/big\"\nfunc Fill(n int) int { sum := 0; for range n { sum += len(big.Bytes(1<<20)) }; return sum }";
    let program = Program::builder().file("main.go-lite", text).host(package).compile().unwrap();
    let mut vm = program.vm(Options::new().max_memory(16 << 20)).unwrap();
    assert_eq!(vm.call::<i64>("Fill", (100,)).unwrap(), 100 << 20);
    assert_eq!(calls.load(Ordering::SeqCst), 100);
}
