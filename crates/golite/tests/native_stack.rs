//! The interpreter takes no native stack: a long run on a small one.
//!
//! With dispatch by tail calls, a handler that does not end in a jump would leave a frame behind, and
//! soon there would be no stack left.

use std::sync::Arc;

use golite::load::{PackageFiles, SourceText};
use golite::{Host, Outcome, Permissions, Program, RunConfig, StdHost, check_files, find_std};

/// Calls, loops, allocations, closures, maps, strings, panics: about ten instructions a step.
const PROGRAM: &str = r#"package main

import "os"

type shape interface{ area() int }
type square struct{ side int }

func (s *square) area() int { return s.side * s.side }

func fib(n int) int {
	if n < 2 {
		return n
	}
	return fib(n-1) + fib(n-2)
}

func caught(n int) (r int) {
	defer func() {
		if recover() != nil {
			r = n
		}
	}()
	var none []int
	return none[n]
}

func main() {
	rounds := len(os.Args[1])
	sum := 0
	counts := map[int]int{}
	ch := make(chan int, 1)
	for range rounds {
		sum += fib(18)
		for i := range 1000 {
			var s shape = &square{i}
			add := func(x int) { sum += x }
			add(s.area())
			counts[i%7]++
			text := string(rune('a'+i%26)) + "x"
			sum += len(text) + int(text[0])
			ch <- i
			sum += <-ch
		}
		sum += caught(5)
	}
	if sum < 0 {
		os.Exit(1)
	}
	os.Exit(7)
}
"#;

#[test]
fn a_long_run_fits_a_small_native_stack() {
    // About 100 million instructions, or 1 million where the interpreter is not optimised.
    let rounds = if cfg!(debug_assertions) { 10 } else { 1000 };
    let text = PROGRAM.to_string();
    let file = SourceText { name: "a.go".into(), text: Arc::from(text), version: None };
    let files = PackageFiles { files: vec![file], folder: ".".into(), module: None, by_folder: false };
    let program = Program::new(check_files(&files, find_std)).expect("the program has no errors");
    let args = vec![b"a.go".to_vec(), vec![b'x'; rounds]];
    let host: Box<dyn Host> =
        Box::new(StdHost::new(args, Permissions::default()).expect("there are descriptors left"));
    let thread = std::thread::Builder::new().stack_size(SMALL);
    let run = thread.spawn(move || program.run_here(RunConfig::default(), host));
    let status = run.expect("the thread starts").join().expect("the interpreter does not panic");
    assert_eq!(status.map(|(outcome, _)| outcome), Ok(Outcome::Status(7)));
}

/// Unoptimised builds have large frames in the compiler, which runs on this stack too.
const SMALL: usize = if cfg!(debug_assertions) { 8 << 20 } else { 256 << 10 };
