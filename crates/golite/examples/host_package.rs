//! A package of Rust functions: a store with methods, which Go programs hold, and a function that waits
//! while other goroutines go on.
//!
//! `cargo run -p golite --example host_package`

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use golite::embed::{Error, Opaque, Options, PackageBuilder, Program};

/// A store of texts by key. Methods may run on several threads.
#[derive(Default)]
struct Store(Mutex<BTreeMap<String, String>>);

impl Store {
    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.0.lock().expect("no method panics")
    }
}

fn package() -> PackageBuilder {
    PackageBuilder::new("host/store")
        .ty::<Store>("Store")
        .function("Open", || Opaque::new(Store::default()))
        .comment("Open makes an empty store.")
        .method::<Store, _, _>("Set", |store: Opaque<Store>, key: String, text: String| {
            store.entries().insert(key, text);
        })
        .method::<Store, _, _>("Get", |store: Opaque<Store>, key: String| {
            store.entries().get(&key).cloned().ok_or(format!("there is no {key}"))
        })
        .blocking("Fetch", |name: String| {
            // As a request to a server would.
            std::thread::sleep(Duration::from_millis(20));
            format!("the text of {name}")
        })
        .comment("Fetch takes its time; other goroutines go on.")
}

const PROGRAM: &str = r#"
package main

import (
	"fmt"
	"sync"

	"host/store"
)

func main() {
	s := store.Open()
	var wait sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		wait.Add(1)
		go func() {
			defer wait.Done()
			s.Set(name, store.Fetch(name))
		}()
	}
	wait.Wait()
	for _, name := range []string{"a", "c", "d"} {
		text, err := s.Get(name)
		fmt.Println(text, err)
	}
}
"#;

/// Runs the program; gives what it wrote.
pub fn run() -> Result<String, Error> {
    let program = Program::builder().file("main.go", PROGRAM).host(package()).compile()?;
    let mut vm = program.vm(Options::new())?;
    vm.run()?;
    Ok(String::from_utf8_lossy(&vm.take_stdout()).into_owned())
}

/// What `run` gives.
pub const TOLD: &str = "the text of a <nil>\nthe text of c <nil>\n there is no d\n";

#[allow(dead_code, reason = "tests call `run`")]
fn main() -> Result<(), Error> {
    print!("{}", run()?);
    Ok(())
}
