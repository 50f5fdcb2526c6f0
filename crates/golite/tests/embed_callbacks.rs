//! Functions of Go that host functions call.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use golite::embed::{Callback, CallbackError, Error, Options, PackageBuilder, Program, Value, Vm};

fn lists() -> PackageBuilder {
    PackageBuilder::new("host/lists")
        .blocking("Map", |list: Vec<i64>, f: Callback<(i64,), i64>| -> Result<Vec<i64>, CallbackError> {
            list.into_iter().map(|n| f.call((n,))).collect()
        })
        .blocking("Each", |list: Vec<String>, f: Callback<(i64, String), ()>| -> Result<(), CallbackError> {
            (0..).zip(list).try_for_each(|(i, text)| f.call((i, text)))
        })
        .blocking("Both", |a: Callback<(), (i64, String)>, b: Callback<(Value,), f64>| {
            let (n, text) = a.call(()).unwrap();
            format!("{n} {text} {}", b.call((Value::List(vec![Value::Int(1)]),)).unwrap())
        })
        .blocking("Twice", |f: Callback<(), ()>| f.call(()).is_ok() && f.call(()).is_ok())
}

#[track_caller]
fn vm(package: PackageBuilder, text: &str) -> Vm {
    let program = Program::builder().host(package).file("main.go-lite", text).compile();
    let options = Options::new().timeout(Duration::from_secs(20));
    program.unwrap_or_else(|error| panic!("{error}")).vm(options).unwrap()
}

#[test]
fn functions_of_go_are_called() {
    let text = r#"
func Use() ([]int64, string, string) {
	base := int64(100)
	mapped, err := lists.Map([]int64{1, 2, 3}, func(n int64) int64 { return base + n })
	if err != nil { panic(err) }
	seen := ""
	lists.Each([]string{"a", "b"}, func(i int64, s string) { seen += fmt.Sprint(i, s, ";") })
	both := lists.Both(func() (int64, string) { return 7, "x" }, func(v any) float64 { return float64(len(v.([]any))) / 2 })
	return mapped, seen, both
}
"#;
    let found: (Vec<i64>, String, String) = vm(lists(), text).call("Use", ()).unwrap();
    assert_eq!(found, (vec![101, 102, 103], "0a;1b;".to_string(), "7 x 0.5".to_string()));
}

#[test]
fn calls_nest() {
    let text = r#"
func fact(n int64) int64 {
	if n == 0 { return 1 }
	list, err := lists.Map([]int64{n}, func(n int64) int64 { return n * fact(n-1) })
	if err != nil { panic(err) }
	return list[0]
}
func Use() int64 { return fact(10) }
"#;
    assert_eq!(vm(lists(), text).call::<i64>("Use", ()).unwrap(), 3_628_800);
}

#[test]
fn a_panic_goes_through_the_call() {
    let text = r#"
func try(f func()) (caught any) {
	defer func() { caught = recover() }()
	f()
	return nil
}
func Use() string {
	inner := any(nil)
	outer := try(func() {
		lists.Map([]int64{1}, func(int64) int64 {
			inner = try(func() { lists.Twice(func() { panic("in") }) })
			panic("out")
		})
	})
	again, _ := lists.Map([]int64{1}, func(n int64) int64 { return n + 1 })
	return fmt.Sprint(inner, outer, again)
}
func Ends() { lists.Twice(func() { panic("at last") }) }
"#;
    let mut vm = vm(lists(), text);
    assert_eq!(vm.call::<String>("Use", ()).unwrap(), "inout[2]");
    let Err(Error::Panic(failure)) = vm.call::<()>("Ends", ()) else { panic!("it panics") };
    assert_eq!(failure.text.lines().next(), Some("panic: at last"));
    assert_eq!(vm.call::<String>("Use", ()).unwrap(), "inout[2]");
}

#[test]
fn other_goroutines_run_meanwhile() {
    let text = r#"
func Use() int64 {
	ch := make(chan int64)
	total := int64(0)
	for i := range int64(10) {
		go lists.Map([]int64{i, i}, func(n int64) int64 { ch <- n; return n })
	}
	for range 20 { total += <-ch }
	return total
}
"#;
    assert_eq!(vm(lists(), text).call::<i64>("Use", ()).unwrap(), 90);
}

#[test]
fn functions_can_be_called_until_the_call_ends() {
    let kept: Arc<Mutex<Option<Callback<(i64,), i64>>>> = Arc::default();
    let keeper = kept.clone();
    let package = lists().blocking("Keep", move |f: Callback<(i64,), i64>| *keeper.lock().unwrap() = Some(f));
    let text =
        "func Use() { lists.Keep(func(n int64) int64 { return n }) }\nfunc Nil() { lists.Keep(nil) }\n";
    let mut vm = vm(package, text);
    vm.call::<()>("Use", ()).unwrap();
    let late = kept.lock().unwrap().take().unwrap().call((1,)).unwrap_err();
    assert_eq!(late.to_string(), "the call that got this function has ended");
    let Err(Error::Panic(failure)) = vm.call::<()>("Nil", ()) else { panic!("it panics") };
    assert!(failure.text.contains("a function is wanted, not nil"), "{}", failure.text);
}

#[test]
fn who_waits_for_an_answer_is_told_when_nobody_gives_it() {
    let (sender, told) = channel();
    let package = lists().blocking("Ask", move |f: Callback<(), i64>| {
        let _ = sender.send(f.call(()));
    });
    let text = "func Use() { lists.Ask(func() int64 { select {} }) }\nfunc Spin() { lists.Ask(func() int64 { for {} }) }\nfunc Fine() int { return 1 }\n";
    let program = Program::builder().host(package).file("main.go-lite", text).compile().unwrap();
    let mut vm = program.vm(Options::new().timeout(Duration::from_millis(100))).unwrap();
    for name in ["Spin", "Use"] {
        assert!(vm.call::<()>(name, ()).is_err());
        assert!(told.recv_timeout(Duration::from_secs(10)).unwrap().is_err(), "{name}");
        assert_eq!(vm.call::<i64>("Fine", ()).unwrap(), 1);
    }
    // The VM is dropped while a goroutine still waits.
    let text = "func Use() { go lists.Ask(func() int64 { select {} }); time.Sleep(20*time.Millisecond) }\n";
    let (sender, told) = channel();
    let package = PackageBuilder::new("host/lists").blocking("Ask", move |f: Callback<(), i64>| {
        let _ = sender.send(f.call(()));
    });
    let mut vm = self::vm(package, text);
    vm.call::<()>("Use", ()).unwrap();
    drop(vm);
    assert!(told.recv_timeout(Duration::from_secs(10)).unwrap().is_err());
}

#[test]
fn who_calls_back_has_to_be_blocking() {
    let package = PackageBuilder::new("host/lists").function("Now", |f: Callback<(), ()>| drop(f));
    let Err(Error::Setup(text)) = Program::builder().host(package).file("main.go-lite", "x := 1").compile()
    else {
        panic!("it is refused")
    };
    assert!(text.ends_with("Now: who calls functions of Go has to be blocking"), "{text}");
}
