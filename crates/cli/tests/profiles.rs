//! Profiles and traces of whole runs: the files are what they should be, for `golite pprof` and `golite trace` and,
//! where it is installed, for the tools of real Go.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = r#"package main

import "sync"

func short(n int) (x int) {
	for i := range n {
		x ^= i
	}
	return x
}

func long(n int) (x int) {
	for i := range 3 * n {
		x ^= i
	}
	return x
}

var keep [][]byte

func allocate() {
	for range 1000 {
		keep = append(keep, make([]byte, 10_000))
	}
}

func main() {
	for range 100 {
		short(100_000)
		long(100_000)
	}
	allocate()
	var mu sync.Mutex
	ch := make(chan int)
	mu.Lock()
	go func() {
		mu.Lock()
		ch <- 1
	}()
	for range 100 {
		short(10_000)
	}
	mu.Unlock()
	<-ch
}
"#;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("golite-profiles-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("p.go"), PROGRAM).unwrap();
        Folder(path)
    }

    /// Runs golite; its standard output.
    fn golite(&self, args: &[&str]) -> String {
        let output = self.start(env!("CARGO_BIN_EXE_golite"), args).expect("golite starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {} {errors}", output.status);
        String::from_utf8(output.stdout).unwrap()
    }

    fn start(&self, program: &str, args: &[&str]) -> Option<Output> {
        Command::new(program).args(args).current_dir(&self.0).output().ok()
    }

    /// What a tool of real Go says of a file, if Go is installed.
    fn go_tool(&self, args: &[&str]) -> Option<String> {
        let output = self.start("go", &[&["tool"], args].concat())?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr);
        // Some installations lack the tools.
        if errors.contains("no such tool") {
            return None;
        }
        assert!(output.status.success(), "{args:?}: {errors}");
        Some(text)
    }

    fn has(&self, file: &str) -> bool {
        Path::new(&self.0).join(file).metadata().is_ok_and(|data| data.len() > 0)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The percentage that a function did itself, in the list that `golite pprof` prints.
fn share(list: &str, function: &str) -> f64 {
    let line = list.lines().find(|line| line.ends_with(&format!("  {function}")));
    let line = line.unwrap_or_else(|| panic!("{function} is not in {list}"));
    let percent = line.split_whitespace().nth(1).and_then(|word| word.strip_suffix('%'));
    percent.and_then(|number| number.parse().ok()).expect("a percentage")
}

#[test]
fn the_processor_profile_has_the_shares_of_functions() {
    let folder = Folder::new("cpu");
    folder.golite(&["run", "--seed", "1", "--cpuprofile", "cpu.pb", "p.go"]);
    let list = folder.golite(&["pprof", "cpu.pb"]);
    let (short, long) = (share(&list, "main.short"), share(&list, "main.long"));
    assert!((65.0..85.0).contains(&long) && (15.0..35.0).contains(&short), "{list}");
    if let Some(text) = folder.go_tool(&["pprof", "-top", "cpu.pb"]) {
        assert!(text.contains("main.long") && text.contains("Type: cpu"), "{text}");
    }
    // With the same seed it is the same file.
    folder.golite(&["run", "--seed", "1", "--cpuprofile", "again.pb", "p.go"]);
    let read = |name| std::fs::read(folder.0.join(name)).unwrap();
    assert!(read("cpu.pb") == read("again.pb"));
}

#[test]
fn memory_waits_and_locks_are_profiled() {
    let folder = Folder::new("others");
    let files = ["--memprofile", "mem.pb", "--blockprofile", "block.pb", "--mutexprofile", "mutex.pb"];
    folder.golite(&[&["run"], &files[..], &["p.go"]].concat());
    let list = folder.golite(&["pprof", "--sample", "alloc_space", "mem.pb"]);
    assert!(share(&list, "main.allocate") > 80.0, "{list}");
    let list = folder.golite(&["pprof", "block.pb"]);
    assert!(share(&list, "sync.(*Mutex).Lock") > 0.0, "{list}");
    let list = folder.golite(&["pprof", "mutex.pb"]);
    assert!(share(&list, "sync.(*Mutex).Unlock") > 99.0, "{list}");
    for (file, name) in [("mem.pb", "inuse_space"), ("block.pb", "delay"), ("mutex.pb", "delay")] {
        if let Some(text) = folder.go_tool(&["pprof", "-top", file]) {
            assert!(text.contains(&format!("Type: {name}")), "{text}");
        }
    }
}

#[test]
fn a_trace_tells_what_goroutines_did() {
    let folder = Folder::new("trace");
    folder.golite(&["run", "--trace", "t.out", "p.go"]);
    let text = folder.golite(&["trace", "t.out"]);
    assert!(text.contains("2 goroutines") && text.contains("longest waits"), "{text}");
    assert!(text.contains("in main.main.func1") && text.contains("[sync]"), "{text}");
    if let Some(text) = folder.go_tool(&["trace", "-d=parsed", "t.out"]) {
        assert!(text.matches("NotExist->Runnable").count() == 2, "{text}");
    }
    folder.golite(&["run", "--trace", "t.json", "p.go"]);
    let json = std::fs::read_to_string(folder.0.join("t.json")).unwrap();
    assert!(json.starts_with("{\"displayTimeUnit\"") && json.contains("G2 main.main.func1"), "{json}");
}

const WORKERS: &str = r#"package main

import (
	"os"
	"runtime"
	"runtime/trace"
)

func worker(done chan int, n int) { done <- n }

func main() {
	f, _ := os.Create("own.out")
	trace.Start(f)
	done := make(chan int)
	go worker(done, 1)
	<-done
	runtime.ReadMemStats(new(runtime.MemStats))
	runtime.GOMAXPROCS(3)
	runtime.Stack(make([]byte, 100), true)
	trace.Stop()
	f.Close()
}
"#;

#[test]
fn a_trace_names_goroutines_and_stops_as_go_does() {
    let folder = Folder::new("names");
    std::fs::write(folder.0.join("w.go"), WORKERS).unwrap();
    folder.golite(&["run", "w.go"]);
    let text = folder.golite(&["trace", "own.out"]);
    assert!(text.contains("3 main.worker") && text.contains("1 main.main"), "{text}");
    if let Some(text) = folder.go_tool(&["trace", "-d=parsed", "own.out"]) {
        for stop in ["start trace", "read mem stats", "GOMAXPROCS", "all goroutines stack trace"] {
            assert!(text.contains(&format!("stop-the-world ({stop})")), "{stop}: {text}");
        }
    }
}

const EXCHANGE: &str = r#"package main

import (
	"fmt"
	"os"
)

func main() {
	ch := make(chan int)
	go func() {
		for i := range 100_000 {
			ch <- i
		}
		close(ch)
	}()
	for range ch {
	}
	for _, name := range os.Args[1:] {
		if info, err := os.Stat(name); err == nil {
			fmt.Println(info.Size() > 500_000)
		}
	}
}
"#;

#[test]
fn a_trace_is_written_while_the_program_runs() {
    let folder = Folder::new("during");
    std::fs::write(folder.0.join("x.go"), EXCHANGE).unwrap();
    assert_eq!(folder.golite(&["run", "--trace", "t.out", "x.go", "t.out"]), "true\n");
    let text = folder.golite(&["trace", "t.out"]);
    let events: u64 = text.split(' ').next().unwrap().parse().unwrap();
    assert!((200_000..1_000_000).contains(&events) && text.contains("2 goroutines"), "{text}");
    if let Some(text) = folder.go_tool(&["trace", "-d=parsed", "t.out"]) {
        assert!(text.contains("main.main.func1") && text.matches("NotExist->Runnable").count() == 2);
    }
    // That for Perfetto is made when the program has ended.
    assert_eq!(folder.golite(&["run", "--trace", "t.json", "x.go", "t.json"]), "false\n");
}

#[test]
fn a_full_disk_is_told_when_the_program_has_ended() {
    let folder = Folder::new("full");
    std::fs::write(folder.0.join("x.go"), EXCHANGE).unwrap();
    std::fs::write(folder.0.join("small"), "").unwrap();
    for flag in ["--trace", "--cpuprofile", "--memprofile", "--blockprofile", "--mutexprofile"] {
        let args = ["run", flag, "/dev/full", "x.go", "small"];
        let output = folder.start(env!("CARGO_BIN_EXE_golite"), &args).unwrap();
        assert_eq!(output.status.code(), Some(1), "{flag}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told, "golite: /dev/full: no space left on device\n", "{flag}");
        assert_eq!(output.stdout, b"false\n", "{flag}");
    }
}

#[test]
fn no_profile_has_what_goroutines_return_to() {
    let folder = Folder::new("bottom");
    let files = ["--cpuprofile", "cpu.pb", "--memprofile", "mem.pb", "--blockprofile", "block.pb"];
    folder.golite(&[&["run", "--seed", "1"], &files[..], &["p.go"]].concat());
    for file in ["cpu.pb", "mem.pb", "block.pb"] {
        let text = folder.golite(&["pprof", "--least", "0", file]);
        assert!(!text.contains("runtime.goexit") && text.contains("runtime.main"), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_written_is_a_failure() {
    let folder = Folder::new("failure");
    let args = ["run", "--cpuprofile", "no/such/folder/cpu.pb", "p.go"];
    let output = folder.start(env!("CARGO_BIN_EXE_golite"), &args).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such file or directory"));
    assert!(!folder.has("cpu.pb"));
    let args = ["run", "--trace", "one", "--memprofile", "./one", "p.go"];
    let output = folder.start(env!("CARGO_BIN_EXE_golite"), &args).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told, "golite: one: each record needs a file of its own\n");
    // The program has not run.
    std::fs::write(folder.0.join("x.go"), EXCHANGE).unwrap();
    std::fs::write(folder.0.join("small"), "").unwrap();
    for flag in ["--trace", "--cpuprofile", "--memprofile", "--blockprofile", "--mutexprofile"] {
        let args = ["run", flag, "no/such/folder/file", "x.go", "small"];
        let output = folder.start(env!("CARGO_BIN_EXE_golite"), &args).unwrap();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{flag}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told, "golite: no/such/folder/file: no such file or directory\n", "{flag}");
    }
}

#[test]
fn no_record_overwrites_a_source_file() {
    let folder = Folder::new("sources");
    std::fs::write(folder.0.join("go.mod"), "module m\n\ngo 1.27\n").unwrap();
    std::fs::create_dir_all(folder.0.join("inner")).unwrap();
    let sources = [
        ("main.go", "package main\n\nimport \"m/inner\"\n\nfunc main() { println(two(), inner.Three()) }\n"),
        ("util.go", "package main\n\nfunc two() int { return 2 }\n"),
        ("inner/inner.go", "package inner\n\nfunc Three() int { return 3 }\n"),
    ];
    for (name, text) in sources {
        std::fs::write(folder.0.join(name), text).unwrap();
    }
    std::os::unix::fs::symlink("util.go", folder.0.join("link.pb")).unwrap();
    let flags = ["--trace", "--cpuprofile", "--memprofile", "--blockprofile", "--mutexprofile"];
    for flag in flags {
        for record in ["main.go", "./util.go", "inner/inner.go", "link.pb"] {
            // Nor is a file made for another record.
            let args = ["run", "--cpuprofile", "new.pb", flag, record, "main.go", "util.go"];
            let args = if flag == "--cpuprofile" { [&args[..1], &args[3..]].concat() } else { args.to_vec() };
            let output = folder.start(env!("CARGO_BIN_EXE_golite"), &args).unwrap();
            assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{args:?}");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            let expected =
                format!("golite: {record}: a record would overwrite this source file of the program\n");
            assert_eq!(told, expected, "{args:?}");
            assert!(!folder.0.join("new.pb").exists(), "{args:?}");
            for (name, text) in sources {
                assert_eq!(std::fs::read_to_string(folder.0.join(name)).unwrap(), text, "{args:?}");
            }
        }
    }
    // Other files that are there are written anew.
    std::fs::write(folder.0.join("old.pb"), "old").unwrap();
    folder.golite(&["run", "--cpuprofile", "old.pb", "main.go", "util.go"]);
    assert_ne!(std::fs::read(folder.0.join("old.pb")).unwrap(), b"old");
}
