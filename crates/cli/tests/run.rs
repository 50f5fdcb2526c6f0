//! `golite run`: arguments, streams, exit statuses, seeds, packages of several files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use golite_testkit::process::{End, Outcome, Run};

const GOLITE: &str = env!("CARGO_BIN_EXE_golite");

/// A folder of its own for one test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("golite-run-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path.canonicalize().unwrap())
    }

    fn write(&self, name: &str, content: &str) -> &Folder {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    fn run(&self, program: &str, args: &[&str], stdin: &str, env: &[(&str, &str)]) -> Outcome {
        Run {
            program: Path::new(program),
            args: args.iter().map(ToString::to_string).collect(),
            folder: &self.0,
            stdin,
            env: env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
            timeout: Duration::from_secs(120),
        }
        .run()
    }

    fn golite(&self, args: &[&str], stdin: &str) -> Outcome {
        self.run(GOLITE, args, stdin, &[])
    }

    /// A line of the shell, with the binary as `$0`.
    fn shell(&self, line: &str) -> Outcome {
        self.run("/bin/sh", &["-c", line, GOLITE], "", &[])
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the folder of temporary files does no harm.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[track_caller]
fn ends(outcome: &Outcome, end: End, stdout: &str, stderr: &str) {
    assert_eq!((outcome.end, outcome.stdout.as_str(), outcome.stderr.as_str()), (end, stdout, stderr));
}

const ARGS: &str = r#"package main

import (
	"fmt"
	"os"
)

func main() { fmt.Printf("%q\n", os.Args[1:]) }
"#;

#[test]
fn what_follows_the_path_belongs_to_the_script() {
    let folder = Folder::new("args");
    folder.write("a.go", ARGS);
    let check = |args: &[&str], shown: &str| ends(&folder.golite(args, ""), End::Exit(0), shown, "");
    check(&["run", "a.go"], "[]\n");
    check(
        &["run", "a.go", "x", "-y", "--seed", "--", "b.txt"],
        "[\"x\" \"-y\" \"--seed\" \"--\" \"b.txt\"]\n",
    );
    check(&["a.go", "x"], "[\"x\"]\n");
    check(&["run", "--seed=1", "--", "a.go", "x"], "[\"x\"]\n");
}

#[test]
fn a_program_comes_from_standard_input() {
    let folder = Folder::new("stdin");
    let outcome = folder.golite(&["run", "-", "x"], ARGS);
    ends(&outcome, End::Exit(0), "[\"x\"]\n", "");
}

#[test]
fn the_first_line_may_name_an_interpreter() {
    let folder = Folder::new("shebang");
    folder.write("a.go-lite", &format!("#!/usr/bin/env golite\n{ARGS}"));
    ends(&folder.golite(&["a.go-lite", "x"], ""), End::Exit(0), "[\"x\"]\n", "");
}

#[test]
fn the_exit_status_is_that_of_the_script() {
    let folder = Folder::new("status");
    let check = |body: &str, end: End, stderr: &str| {
        let text = format!(
            "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc main() {{\n\tfmt.Print(\"out\")\n\tif len(os.Args) > 9 {{\n\t\treturn\n\t}}\n\t{body}\n}}\n"
        );
        folder.write("a.go", &text);
        let outcome = folder.golite(&["run", "a.go"], "");
        assert_eq!((outcome.end, outcome.stdout.as_str()), (end, "out"), "{body}");
        assert!(outcome.stderr.starts_with(stderr), "{body}: {}", outcome.stderr);
    };
    check("", End::Exit(0), "");
    check("os.Exit(0)", End::Exit(0), "");
    check("os.Exit(3)", End::Exit(3), "");
    check("os.Exit(256 + 7)", End::Exit(7), "");
    check("panic(\"boom\")", End::Exit(2), "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n\t");
    check(
        "select {}",
        End::Exit(2),
        "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\n",
    );
}

#[test]
fn a_program_with_errors_does_not_start() {
    let folder = Folder::new("errors");
    folder.write(
        "a.go",
        "package main\n\nfunc init() { println(\"never\") }\n\nfunc main() {\n\tx := 1\n\ty := 2\n}\n",
    );
    let messages = "a.go:6:2: declared and not used: x\na.go:7:2: declared and not used: y\n";
    ends(&folder.golite(&["run", "a.go"], ""), End::Exit(1), "", messages);
}

#[test]
fn output_comes_in_the_order_of_the_program() {
    let folder = Folder::new("order");
    folder.write(
        "a.go",
        "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Print(\"a\")\n\tprint(\"b\")\n\tfmt.Print(\"c\")\n\tpanic(\"d\")\n}\n",
    );
    let outcome = folder.shell("\"$0\" run a.go 2>&1");
    assert!(outcome.stdout.starts_with("abcpanic: d\n"), "{}", outcome.stdout);
}

#[test]
fn standard_input_belongs_to_the_script() {
    let folder = Folder::new("input");
    folder.write(
        "a.go",
        r#"package main

import (
	"bufio"
	"fmt"
	"os"
)

func main() {
	scanner := bufio.NewScanner(os.Stdin)
	sum := 0
	for scanner.Scan() {
		var n int
		fmt.Sscan(scanner.Text(), &n)
		sum += n
	}
	fmt.Println(sum)
}
"#,
    );
    ends(&folder.golite(&["run", "a.go"], "1\n20\n300"), End::Exit(0), "321\n", "");
}

/// Everything in it hangs on the choices of the runtime.
const CHOICES: &str = r#"package main

import (
	"fmt"
	"math/rand"
	"time"
)

func main() {
	m := map[int]bool{}
	for i := range 50 {
		m[i] = true
	}
	for key := range m {
		fmt.Print(key, " ")
	}
	a, b := make(chan int, 100), make(chan int, 100)
	for i := range 100 {
		a <- i
		b <- -i
	}
	for range 100 {
		select {
		case x := <-a:
			fmt.Print(x, " ")
		case x := <-b:
			fmt.Print(x, " ")
		}
	}
	start := time.Now()
	time.Sleep(time.Hour)
	fmt.Println(rand.Int(), start.UnixNano(), time.Since(start))
	fmt.Printf("%p\n", new([4]int))
}
"#;

#[test]
fn the_same_seed_gives_the_same_run() {
    let folder = Folder::new("seed");
    folder.write("a.go", CHOICES);
    let run = |seed: &str| {
        let outcome = folder.golite(&["run", "--seed", seed, "a.go"], "");
        assert_eq!((outcome.end, outcome.stderr.as_str()), (End::Exit(0), ""));
        outcome.stdout
    };
    let first = run("1");
    assert_eq!(first, run("1"));
    assert_ne!(first, run("2"));
}

#[test]
fn a_folder_is_a_package_and_go_mod_names_its_neighbours() {
    let folder = Folder::new("module");
    folder
        .write("go.mod", "module example.com/shop\n\ngo 1.27\n")
        .write(
            "main.go",
            "package main\n\nimport \"example.com/shop/price\"\n\nfunc main() { show(price.Of(3)) }\n",
        )
        .write("show.go-lite", "package main\n\nimport \"fmt\"\n\nfunc show(n int) { fmt.Println(n) }\n")
        .write("price/price.go", "package price\n\nfunc Of(n int) int { return n * factor }\n")
        .write("price/factor.go", "package price\n\nconst factor = 7\n")
        .write("price/price_test.go", "package price\n\nthis is not read\n")
        .write("other_windows.go", "package main\n\nfunc show(n int) {}\n");
    ends(&folder.golite(&["run", "."], ""), End::Exit(0), "21\n", "");
    ends(&folder.golite(&["run", "main.go", "show.go-lite", "x"], ""), End::Exit(0), "21\n", "");
    let alone = folder.golite(&["run", "main.go"], "");
    ends(&alone, End::Exit(1), "", "main.go:5:15: undefined: show\n");
}

/// Functions that show the variable of the loop that made them.
const LOOPS: &str = "package main

import \"fmt\"

func main() {
	var shows []func()
	for i := 0; i < 2; i++ {
		shows = append(shows, func() { fmt.Print(i, \" \") })
	}
	for k, v := range []string{\"a\", \"b\"} {
		shows = append(shows, func() { fmt.Print(k, v, \" \") })
	}
	for _, show := range shows {
		show()
	}
	fmt.Println()
}
";

#[test]
fn the_go_line_of_a_module_chooses_the_language() {
    let folder = Folder::new("go-line");
    let (own, shared) = ("0 1 0a 1b \n", "2 2 1b 1b \n");
    folder.write("go.mod", "module example.com/a\n\ngo 1.21\n").write("main.go", LOOPS);
    ends(&folder.golite(&["run", "."], ""), End::Exit(0), shared, "");
    // Files given by name do not belong to the module, as in Go.
    ends(&folder.golite(&["run", "main.go"], ""), End::Exit(0), own, "");
    folder.write("main.go", &format!("//go:build go1.22\n\n{LOOPS}"));
    ends(&folder.golite(&["run", "."], ""), End::Exit(0), own, "");
    folder.write("go.mod", "module example.com/a\n\ngo 1.22\n").write("main.go", LOOPS);
    ends(&folder.golite(&["run", "."], ""), End::Exit(0), own, "");
    folder.write("main.go", &format!("//go:build go1.21\n\n{LOOPS}"));
    ends(&folder.golite(&["run", "."], ""), End::Exit(0), shared, "");
}

#[test]
fn what_came_after_the_language_version_is_an_error() {
    let folder = Folder::new("language-version");
    folder.write("go.mod", "module example.com/a\n\ngo 1.17\n").write(
        "main.go",
        "package main\n\nfunc f[T any](x T) {}\n\nfunc main() {\n\tfor range 3 {\n\t}\n\tf(min(1, 2))\n}\n",
    );
    let tail = "(-lang was set to go1.17; check go.mod)";
    let lines = [
        "main.go:3:8: type parameter requires go1.18 or later",
        "main.go:3:10: predeclared any requires go1.18 or later",
        "main.go:6:12: cannot range over 3 (untyped int constant): requires go1.22 or later",
        "main.go:8:2: implicit function instantiation requires go1.18 or later",
        "main.go:8:4: built-in min requires go1.21 or later",
    ];
    let expected: String = lines.iter().map(|line| format!("{line} {tail}\n")).collect();
    ends(&folder.golite(&["check", "--format", "short", "."], ""), End::Exit(1), &expected, "");
    folder.write("go.mod", "module example.com/a\n\ngo 1.28\n");
    let message = "go.mod requires go >= 1.28 (go-lite runs Go 1.27)\n";
    ends(&folder.golite(&["run", "."], ""), End::Exit(1), "", message);
    folder.write("go.mod", "module example.com/a\n\ngo abc\n");
    let message = "errors parsing go.mod:\ngo.mod:3: invalid go version 'abc': must match format 1.23.0\n";
    ends(&folder.golite(&["run", "."], ""), End::Exit(1), "", message);
}

#[test]
fn what_generics_learned_after_their_first_version_is_an_error_there() {
    let folder = Folder::new("generics-version");
    let check = |minor: u32, text: &str, lines: &[&str]| {
        folder.write("go.mod", &format!("module example.com/a\n\ngo 1.{minor}\n")).write("main.go", text);
        let tail = format!("(-lang was set to go1.{minor}; check go.mod)");
        let expected: String = lines.iter().map(|line| format!("main.go:{line} {tail}\n")).collect();
        ends(&folder.golite(&["check", "--format", "short", "."], ""), End::Exit(1), &expected, "");
    };
    check(
        18,
        "package main\n\nfunc f[T comparable](x T) {}\n\nfunc g[A, B any](a A) (b B) { return }\n\nvar v any\nvar h func(int) string = g[int]\n\nfunc main() { f(v) }\n",
        &[
            "8:27: partially instantiated function in assignment requires go1.21 or later",
            "10:16: any to satisfy comparable requires go1.20 or later",
        ],
    );
    // A name that is not known yet has no consequences.
    check(
        17,
        "package main\n\ntype n interface {\n\tint\n\tcomparable\n}\n\nvar x interface{ comparable }\n\nfunc main() {}\n",
        &[
            "4:2: embedding non-interface type int requires go1.18 or later",
            "5:2: predeclared comparable requires go1.18 or later",
            "8:18: predeclared comparable requires go1.18 or later",
        ],
    );
}

#[test]
fn packages_of_one_name_are_shown_by_their_paths() {
    let folder = Folder::new("twins");
    folder.write("go.mod", "module m\n\ngo 1.27\n");
    folder.write("x/x.go", "package x\n\ntype T struct{ A int }\n");
    folder.write("y/x/x.go", "package x\n\ntype T struct{ A int }\n");
    folder.write(
        "main.go",
        "package main\n\nimport (\n\t\"m/x\"\n\ty \"m/y/x\"\n\t\"sync\"\n)\n\nvar a x.T\nvar b y.T = a\nvar c *sync.Mutex = &b\nvar d int = c\n\nfunc main() {}\n",
    );
    let expected = "main.go:10:13: cannot use a (variable of struct type \"m/x\".T) as \"m/y/x\".T value in variable declaration\n\
        main.go:11:21: cannot use &b (value of type *\"m/y/x\".T) as *\"sync\".Mutex value in variable declaration\n\
        main.go:12:13: cannot use c (variable of type *\"sync\".Mutex) as int value in variable declaration\n";
    ends(&folder.golite(&["check", "--format", "short", "."], ""), End::Exit(1), expected, "");
}

#[test]
fn what_is_wrong_twice_in_a_line_is_said_once_by_run() {
    let folder = Folder::new("twice");
    folder.write("a.go", "package main\n\nfunc main() {\n\t_, _, _ = a+a, b, a\n\t_ = a\n}\n");
    let expected =
        "a.go:4:12: undefined: a\na.go:4:17: undefined: b\na.go:4:20: undefined: a\na.go:5:6: undefined: a\n";
    ends(&folder.golite(&["run", "--format", "short", "a.go"], ""), End::Exit(1), "", expected);
    for format in ["short", "json"] {
        let checked = folder.golite(&["check", "--format", format, "a.go"], "");
        assert_eq!(checked.stdout.lines().count(), 5, "{}", checked.stdout);
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_program() {
    let folder = Folder::new("pipe");
    folder.write(
        "a.go",
        "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfor i := 0; ; i++ {\n\t\tfmt.Println(i)\n\t}\n}\n",
    );
    let outcome = folder.shell("(\"$0\" run a.go; echo $? >status) | head -2; cat status");
    // 128 + SIGPIPE, as a Go program ends.
    ends(&outcome, End::Exit(0), "0\n1\n141\n", "");
}

#[test]
fn the_environment_is_that_of_go() {
    let folder = Folder::new("environment");
    folder.write("a.go", "package main\n\nimport \"runtime/debug\"\n\nfunc main() {\n\tprintln(debug.SetGCPercent(1), debug.SetMemoryLimit(-1))\n}\n");
    let run = |name: &str, value: &str| folder.run(GOLITE, &["run", "a.go"], "", &[(name, value)]);
    ends(&run("GOGC", "50"), End::Exit(0), "", "50 9223372036854775807\n");
    ends(&run("GOGC", "off"), End::Exit(0), "", "-1 9223372036854775807\n");
    ends(&run("GOMEMLIMIT", "64MiB"), End::Exit(0), "", "100 67108864\n");
    let malformed = run("GOMEMLIMIT", "lots");
    assert_eq!(malformed.end, End::Exit(2));
    assert!(malformed.stderr.contains("malformed GOMEMLIMIT"), "{}", malformed.stderr);
}

#[test]
fn pointers_of_unsafe_need_a_permission_beside_limits() {
    let folder = Folder::new("unsafe");
    let text = "package main\n\nimport \"unsafe\"\n\nfunc main() {\n\tprint(unsafe.Sizeof(0), \" \")\n\tx := 0x41414141410\n\tprintln(**(**int)(unsafe.Pointer(&x)))\n}\n";
    folder
        .write("a.go", text)
        .write("b.go", &text.replace("println(**(**int)(unsafe.Pointer(&x)))", "_ = x"));
    let fault = "8 unexpected fault address 0x41414141410\nfatal error: fault\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x41414141410 pc=0x0]\n";
    ends(&folder.golite(&["run", "a.go"], ""), End::Exit(2), "", fault);
    ends(
        &folder.golite(&["run", "--max-memory", "64MiB", "--allow-unsafe", "a.go"], ""),
        End::Exit(2),
        "",
        fault,
    );
    // The last address there is.
    folder.write("c.go", &text.replace("0x41414141410", "^uintptr(0)").replace("**int)", "**byte)"));
    let outcome = folder.golite(&["run", "c.go"], "");
    assert!(
        outcome.end == End::Exit(2) && outcome.stderr.contains("\nfatal error: fault\n"),
        "{}",
        outcome.stderr
    );
    let refused = "a.go:8:20: the program uses pointers of package unsafe: limits and permissions would not hold (--allow-unsafe runs it)\n";
    ends(&folder.golite(&["run", "--max-memory", "64MiB", "a.go"], ""), End::Exit(2), "", refused);
    ends(&folder.golite(&["run", "--deny", "fs", "b.go"], ""), End::Exit(0), "", "8 ");
}

#[test]
fn output_of_commands_that_cannot_be_written_is_a_failure() {
    let folder = Folder::new("full");
    folder.write("a.go", "package main\n\nfunc main() {}\n");
    for command in ["help", "dis a.go", "version"] {
        let outcome = folder.shell(&format!("$0 {command} >/dev/full"));
        let text = "golite: write to standard output: no space left on device\n";
        ends(&outcome, End::Exit(1), "", text);
    }
    let help = folder.golite(&["help", "run"], "");
    assert!(help.end == End::Exit(0) && help.stdout.contains("--max-memory"), "{}", help.stdout);
}

#[test]
fn statistics_count_what_the_program_did() {
    let folder = Folder::new("stats");
    folder.write(
        "x.go",
        r#"package main

import "os"

type shape interface{ area() int }

type square int

func (s square) area() int { return int(s * s) }

func main() {
	var s shape = square(2)
	sum := 0
	for i := 0; i < 1000; i++ {
		sum += s.area()
	}
	done := make(chan int)
	go func() { done <- sum }()
	println(<-done)
	os.Exit(3)
}
"#,
    );
    let outcome = folder.golite(&["run", "--stats", "x.go"], "");
    assert_eq!(outcome.end, End::Exit(3));
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines[0], "4000");
    let count = |name: &str| {
        let line = lines.iter().find(|line| line.ends_with(&format!(" %  {name}")));
        line.and_then(|line| line.split_whitespace().next()).and_then(|count| count.parse::<u64>().ok())
    };
    assert_eq!(count("call.iface"), Some(1000));
    assert_eq!(count("loop.inc.lt.imm").map(|count| count >= 999), Some(true));
    let all = count("instructions").unwrap();
    assert!((4_000..40_000).contains(&all), "{all}");
    let line = |start: &str| lines.iter().find(|line| line.starts_with(start)).copied().unwrap_or_default();
    assert!(line("calls: ").contains("1000 of them through interfaces (1 methods looked up)"), "{lines:?}");
    assert!(line("allocated: ").contains(" objects, "), "{lines:?}");
    assert!(line("collections: ").contains("0 major"), "{lines:?}");
    assert!(line("goroutines: ").starts_with("goroutines: 2 started, "), "{lines:?}");
    // Without it, nothing is said.
    assert_eq!(folder.golite(&["run", "x.go"], "").stderr, "4000\n");
}

#[test]
fn a_crash_may_end_by_the_signal_that_leaves_a_core_dump() {
    let folder = Folder::new("crash");
    folder.write("a.go", "package main\n\nfunc main() { panic(\"end\") }\n");
    let outcome = folder.run(GOLITE, &["run", "a.go"], "", &[("GOTRACEBACK", "crash")]);
    assert_eq!(outcome.end, End::Signal(6));
    assert!(outcome.stderr.starts_with("panic: end\n\ngoroutine 1 gp="), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("runtime.main()\n"), "{}", outcome.stderr);
}
