//! Calls from Rust: values there and back, errors as values, limits, streams.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use golite::embed::{Error, Limit, Options, Output, Program, Value, Values, Vm};

fn vm(text: &str) -> Vm {
    vm_with(text, Options::new())
}

fn vm_with(text: &str, options: Options) -> Vm {
    Program::compile("main.go-lite", text).expect("the program is right").vm(options).expect("a VM")
}

#[test]
fn numbers_and_strings_go_there_and_back() {
    let mut vm = vm(r#"
func Add(a, b int) int { return a + b }
func Small(a int8, b uint16) (int32, uint8) { return int32(a) * 2, uint8(b) }
func Half(x float32) float64 { return float64(x) / 2 }
func Not(b bool) bool { return !b }
func Greet(name string) string { return "hello " + name }
func Turn(c complex128) complex128 { return c * 1i }
"#);
    assert_eq!(vm.call::<i64>("Add", (20, 22)).unwrap(), 42);
    assert_eq!(vm.call::<(i32, u8)>("Small", (-5, 200)).unwrap(), (-10, 200));
    assert_eq!(vm.call::<f64>("Half", (3.0,)).unwrap(), 1.5);
    assert!(vm.call::<bool>("Not", (false,)).unwrap());
    assert_eq!(vm.call::<String>("Greet", ("you",)).unwrap(), "hello you");
    assert_eq!(vm.call::<Value>("Turn", (Value::Complex(1.0, 2.0),)).unwrap(), Value::Complex(-2.0, 1.0));
}

#[test]
fn lists_maps_and_structs_go_there_and_back() {
    let mut vm = vm(r#"
type Point struct { X, Y int }
type Big struct { A, B, C, D, E string; P Point; next *Big }
func Double(list []int) []int { for i := range list { list[i] *= 2 }; return list }
func Reverse(b []byte) []byte { for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 { b[i], b[j] = b[j], b[i] }; return b }
func Invert(m map[string]int) map[int]string { r := map[int]string{}; for k, v := range m { r[v] = k }; return r }
func Move(p Point, by *Point) *Point { if by == nil { return nil }; p.X += by.X; p.Y += by.Y; return &p }
func Name(b Big) Big { b.E = b.A + b.B; b.next = &Big{A: "next"}; return b }
func Three() [3]int16 { return [3]int16{1, 2, 3} }
func One(a [1]string) [1]string { a[0] += "!"; return a }
func Any(x any) any { if n, ok := x.(int); ok { return n + 1 }; return x }
func Sum(first int, rest ...int) int { for _, n := range rest { first += n }; return first }
func Nothing() {}
"#);
    assert_eq!(vm.call::<Vec<i64>>("Double", (vec![1, 2, 3],)).unwrap(), [2, 4, 6]);
    assert_eq!(vm.call::<Vec<u8>>("Reverse", (b"abc".to_vec(),)).unwrap(), b"cba");
    assert_eq!(vm.call::<Vec<i64>>("Double", (Value::Nil,)).unwrap(), []);
    let map = HashMap::from([("one", 1), ("two", 2)]);
    let back: BTreeMap<i64, String> = vm.call("Invert", (map,)).unwrap();
    assert_eq!(back, BTreeMap::from([(1, "one".into()), (2, "two".into())]));
    let point = |x, y| Value::Struct(vec![("X".into(), Value::Int(x)), ("Y".into(), Value::Int(y))]);
    assert_eq!(vm.call::<Value>("Move", (point(1, 2), point(10, 20))).unwrap(), point(11, 22));
    assert_eq!(vm.call::<Option<Value>>("Move", (point(1, 2), Value::Nil)).unwrap(), None);
    let big = Value::Struct(vec![
        ("A".into(), "a".to_string().into_value_()),
        ("B".into(), Value::String("b".into())),
    ]);
    let named: Value = vm.call("Name", (big,)).unwrap();
    assert_eq!(named.field("E"), Some(&Value::String("ab".into())));
    assert_eq!(named.field("P"), Some(&point(0, 0)));
    assert_eq!(named.field("next").and_then(|next| next.field("A")), Some(&Value::String("next".into())));
    assert_eq!(vm.call::<Vec<i16>>("Three", ()).unwrap(), [1, 2, 3]);
    assert_eq!(vm.call::<Vec<String>>("One", (vec!["x"],)).unwrap(), ["x!"]);
    assert_eq!(vm.call::<i64>("Any", (1,)).unwrap(), 2);
    assert_eq!(
        vm.call::<Value>("Any", (vec![Value::Bool(true), Value::Nil],)).unwrap(),
        Value::List(vec![Value::Bool(true), Value::Nil])
    );
    assert_eq!(vm.call::<i64>("Sum", (1,)).unwrap(), 1);
    assert_eq!(vm.call::<i64>("Sum", (1, 2, 3)).unwrap(), 6);
    vm.call::<()>("Nothing", ()).unwrap();
    assert_eq!(vm.call::<Values>("Nothing", ()).unwrap(), Values(Vec::new()));
}

trait IntoValue_ {
    fn into_value_(self) -> Value;
}

impl IntoValue_ for String {
    fn into_value_(self) -> Value {
        golite::embed::IntoValue::into_value(self)
    }
}

#[test]
fn wrong_types_are_told() {
    let mut vm = vm(r#"
type Point struct { X, Y int }
func F(a int8, b string) int { return 300 }
func G(p Point) {}
func H[T any](x T) {}
func I(e error) {}
"#);
    let text = |result: Result<Value, Error>| match result {
        Err(Error::Types(text)) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(text(vm.call("F", ("x", "y"))), "F: argument 1: int8 is wanted, not a string");
    assert_eq!(text(vm.call("F", (300, "y"))), "F: argument 1: 300 does not fit into int8");
    assert_eq!(text(vm.call("F", (3,))), "F: 2 arguments are wanted, not 1");
    let unknown = Value::Struct(vec![("Z".into(), Value::Int(1))]);
    assert_eq!(text(vm.call("G", (unknown,))), "G: argument 1: main.Point has no field Z");
    let wrong = Value::Struct(vec![("X".into(), Value::Bool(true))]);
    assert_eq!(text(vm.call("G", (wrong,))), "G: argument 1: field X: int is wanted, not a bool");
    assert_eq!(text(vm.call("I", (1,))), "I: argument 1: error is wanted, not a signed integer");
    let result: Result<u8, Error> = vm.call("F", (1, ""));
    assert_eq!(result.unwrap_err().to_string(), "F: result 1: 300 does not fit into u8");
    let result: Result<String, Error> = vm.call("F", (1, ""));
    assert_eq!(result.unwrap_err().to_string(), "F: result 1: a string is wanted, not a signed integer");
    let result: Result<(i64, i64), Error> = vm.call("F", (1, ""));
    assert_eq!(result.unwrap_err().to_string(), "F: 2 results are wanted, the function has 1");
    assert!(matches!(vm.call::<()>("H", (1,)), Err(Error::NoFunction(_))));
    assert!(matches!(vm.call::<()>("Nope", ()), Err(Error::NoFunction(_))));
    assert!(!vm.has_function("Point") && vm.has_function("G"));
}

#[test]
fn errors_and_panics_are_values() {
    let mut vm = vm(r#"
import "errors"
type E struct { code int }
func (e E) Error() string { return "code " + string(rune('0'+e.code)) }
func Fail(n int) (int, error) { if n == 0 { return 1, nil }; if n == 1 { return 0, errors.New("one") }; return 0, E{n} }
func Panic(x any) { panic(x) }
func Index(list []int, i int) int { return list[i] }
func Other() { done := make(chan bool); go func() { panic("in a goroutine") }(); <-done }
func Exit() { os.Exit(3) }
func Deadlock() { select {} }
func Goexit() { runtime.Goexit() }
func Takes(err error) string { return err.Error() }
var count int
func Count() int { count++; return count }
"#);
    assert_eq!(vm.call::<i64>("Fail", (0,)).unwrap(), 1);
    for (n, text) in [(1, "one"), (7, "code 7")] {
        match vm.call::<i64>("Fail", (n,)) {
            Err(Error::Returned(found)) => assert_eq!(found, text),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(vm.call::<String>("Takes", (Value::Error("given".into()),)).unwrap(), "given");
    match vm.call::<()>("Panic", ("boom",)) {
        Err(Error::Panic(failure)) => {
            assert_eq!(failure.text, "panic: boom");
            assert!(failure.traceback.starts_with("goroutine "), "{}", failure.traceback);
            assert!(failure.traceback.contains("main.Panic("), "{}", failure.traceback);
        }
        other => panic!("{other:?}"),
    }
    match vm.call::<i64>("Index", (vec![1], 5)) {
        Err(Error::Panic(failure)) => {
            assert!(failure.text.starts_with("panic: runtime error: index out of range [5] with length 1"));
        }
        other => panic!("{other:?}"),
    }
    match vm.call::<()>("Other", ()) {
        Err(Error::Panic(failure)) => assert_eq!(failure.text, "panic: in a goroutine"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(vm.call::<()>("Exit", ()), Err(Error::Exit(3))));
    match vm.call::<()>("Deadlock", ()) {
        Err(Error::Fatal(failure)) => {
            assert_eq!(failure.text, "fatal error: all goroutines are asleep - deadlock!");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(vm.call::<()>("Goexit", ()), Err(Error::Goexit)));
    assert_eq!(vm.call::<i64>("Count", ()).unwrap(), 1);
    assert_eq!(vm.call::<i64>("Count", ()).unwrap(), 2);
    assert_eq!(vm.take_stderr(), b"");
}

#[test]
fn wrong_programs_are_values() {
    let error =
        Program::compile("bad.go", "package main\n\nfunc main() {\n\tx := 1\n\ty()\n}\n").unwrap_err();
    let Error::Compile(error) = error else { panic!("{error:?}") };
    assert_eq!(error.to_string(), "bad.go:4:2: declared and not used: x\nbad.go:5:2: undefined: y");
    let messages = error.messages();
    assert_eq!((messages[0].line, messages[0].column, messages[0].code), (4, 2, "unused-variable"));
    assert!(error.pretty(false).contains("y()"));
    let error = Program::compile("broken.go-lite", "func {").unwrap_err();
    assert!(matches!(error, Error::Compile(_)));
    let error = Program::compile("u.go-lite", "import \"unsafe\"\nvar x int\nvar p = unsafe.Pointer(&x)")
        .unwrap()
        .vm(Options::new());
    assert!(matches!(error, Err(Error::Setup(_))));
}

#[test]
fn programs_have_files_packages_and_streams() {
    let program = Program::builder()
        .file("a.go", "package main\nimport (\"fmt\"; \"os\"; \"example/words\"; \"bufio\")\nvar ready = start()\nfunc main() { s := bufio.NewScanner(os.Stdin); for s.Scan() { fmt.Println(words.Loud(s.Text()), os.Args[1], os.Getenv(\"HOME\"), ready) }; fmt.Fprint(os.Stderr, \"done\") }")
        .file("b.go", "package main\nfunc start() string { return \"ready\" }")
        .package("example/words", "words.go", "package words\nimport \"strings\"\nfunc Loud(s string) string { return strings.ToUpper(s) }")
        .compile()
        .unwrap();
    for _ in 0..2 {
        let options = Options::new().stdin("one\ntwo\n").args(["prog", "arg"]).env("HOME", "/here");
        let mut vm = program.vm(options).unwrap();
        vm.run().unwrap();
        assert_eq!(
            String::from_utf8(vm.take_stdout()).unwrap(),
            "ONE arg /here ready\nTWO arg /here ready\n"
        );
        assert_eq!(vm.take_stderr(), b"done");
        assert_eq!(vm.take_stdout(), b"");
    }
}

#[test]
fn a_vm_has_no_files_and_no_environment_unless_allowed() {
    let text = r#"
func Read(name string) (string, error) { b, err := os.ReadFile(name); return string(b), err }
func Write(name string) error { return os.WriteFile(name, []byte("x"), 0o600) }
func Env() []string { return os.Environ() }
"#;
    let folder = std::env::temp_dir().join(format!("golite-embed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let name = folder.join("a.txt").display().to_string();
    std::fs::write(&name, "text").unwrap();
    let mut closed = vm(text);
    assert!(
        matches!(closed.call::<String>("Read", (&*name,)), Err(Error::Returned(text)) if text.contains("not permitted"))
    );
    assert_eq!(closed.call::<Vec<String>>("Env", ()).unwrap(), [""; 0]);
    let mut open = vm_with(text, Options::new().allow_read(&folder));
    assert_eq!(open.call::<String>("Read", (&*name,)).unwrap(), "text");
    assert!(matches!(open.call::<String>("Read", ("/etc/hostname",)), Err(Error::Returned(_))));
    assert!(matches!(open.call::<()>("Write", (&*name,)), Err(Error::Returned(_))));
    let mut writes = vm_with(text, Options::new().allow_write(&folder));
    writes.call::<()>("Write", (&*name,)).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn scripts_run_and_keep_their_variables() {
    let mut vm = vm(
        "total := 0\nfor i := range 5 { total += i }\nfmt.Println(total)\nfunc Total() int { return total }",
    );
    vm.run().unwrap();
    assert_eq!(vm.take_stdout(), b"10\n");
    assert_eq!(vm.call::<i64>("Total", ()).unwrap(), 10);
}

#[test]
fn goroutines_go_on_during_the_next_call() {
    let mut vm = vm(r#"
var sum int
var in, out = make(chan int), make(chan int)
func Start() { go func() { for n := range in { sum += n; out <- sum } }() }
func Add(n int) int { in <- n; return <-out }
"#);
    vm.call::<()>("Start", ()).unwrap();
    assert_eq!(vm.call::<i64>("Add", (1,)).unwrap(), 1);
    vm.collect_garbage();
    assert_eq!(vm.call::<i64>("Add", (5,)).unwrap(), 6);
}

fn limit_of(text: &str, options: Options) -> Limit {
    let mut vm = vm_with(text, options);
    match vm.run() {
        Err(Error::Limit(limit, failure)) => {
            assert!(!failure.text.is_empty());
            limit
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn limits_end_calls() {
    let spin = "for {}";
    assert_eq!(limit_of(spin, Options::new().max_steps(1_000_000)), Limit::Steps);
    assert_eq!(limit_of(spin, Options::new().timeout(Duration::from_millis(50))), Limit::Time);
    let eat = "var all [][]byte\nfor { all = append(all, make([]byte, 1000)) }";
    assert_eq!(limit_of(eat, Options::new().max_memory(32 << 20)), Limit::Memory);
    let deep = "var f func(int) int\nf = func(n int) int { return f(n+1) + 1 }\nf(0)";
    assert_eq!(limit_of(deep, Options::new().max_stack(1 << 20)), Limit::Stack);
    let many = "c := make(chan int)\nfor { go func() { <-c }() }";
    assert_eq!(limit_of(many, Options::new().max_goroutines(100)), Limit::Goroutines);
    let print = "for { fmt.Println(\"a line of output\") }";
    assert_eq!(limit_of(print, Options::new().max_output(100_000)), Limit::Output);
    let sleep = "time.Sleep(time.Hour)";
    assert_eq!(limit_of(sleep, Options::new().timeout(Duration::from_millis(50))), Limit::Time);
    let native = "x := strings.Repeat(\"a\", 1<<20)\nfor { strings.Count(x, \"b\") }";
    assert_eq!(limit_of(native, Options::new().timeout(Duration::from_millis(50))), Limit::Time);
}

#[test]
fn output_goes_where_it_is_to_go() {
    #[derive(Clone, Default)]
    struct Sink(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let sink = Sink::default();
    let options = Options::new().stdout(Output::Writer(Box::new(sink.clone()))).stderr(Output::Discard);
    let mut vm = vm_with("fmt.Println(1)\nprintln(2)", options);
    vm.run().unwrap();
    assert_eq!(*sink.0.lock().unwrap(), b"1\n");
    assert_eq!(vm.take_stderr(), b"");
}

#[test]
fn a_map_that_an_ended_call_wrote_can_be_used() {
    let text = "var m = map[int]int{}\nfunc Fill() { for i := 0; ; i++ { m[i%100] = i } }\nfunc Size() int { m[100] = 1; return len(m) }";
    let mut vm = vm_with(text, Options::new().timeout(Duration::from_millis(100)));
    for _ in 0..3 {
        assert!(matches!(vm.call::<()>("Fill", ()), Err(Error::Limit(Limit::Time, _))));
        assert_eq!(vm.call::<i64>("Size", ()).unwrap(), 101);
    }
}
