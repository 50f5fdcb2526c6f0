//! Programs of strangers: each in a VM of its own, on threads side by side, within limits, and ended when
//! somebody has waited long enough.
//!
//! `cargo run -p golite --example sandbox`

use std::thread;
use std::time::Duration;

use golite::embed::{Error, Options, Program};

/// What they send.
const PROGRAMS: [(&str, &str); 6] = [
    ("polite", "fmt.Println(\"hello\")"),
    ("wrong", "fmt.Println(hello)"),
    ("hungry", "var all [][]byte\nfor { all = append(all, make([]byte, 1<<16)) }"),
    ("endless", "for {}"),
    ("curious", "text, err := os.ReadFile(\"/etc/passwd\")\nfmt.Println(len(text), err)"),
    ("waiting", "time.Sleep(time.Hour)"),
];

/// Runs one of them; gives what came of it.
fn judge(text: &str) -> String {
    let options = Options::new()
        .max_memory(16 << 20)
        .max_steps(20_000_000)
        .max_goroutines(100)
        .max_output(1 << 16)
        .timeout(Duration::from_secs(20));
    let vm = Program::compile("sent.go-lite", text).and_then(|program| program.vm(options));
    let mut vm = match vm {
        Ok(vm) => vm,
        Err(error) => return error.to_string(),
    };
    let handle = vm.interrupt_handle();
    let impatient = thread::spawn(move || {
        thread::sleep(Duration::from_secs(5));
        handle.interrupt();
    });
    let ended = vm.run();
    drop(impatient);
    match ended {
        Ok(()) => String::from_utf8_lossy(&vm.take_stdout()).trim_end().to_string(),
        Err(Error::Interrupted) => "interrupted".into(),
        Err(Error::Limit(limit, _)) => format!("over the limit: {limit:?}"),
        Err(error) => error.to_string(),
    }
}

/// Runs all of them at once; gives what came of them.
pub fn run() -> Result<String, Error> {
    let started = PROGRAMS.map(|(name, text)| (name, thread::spawn(move || judge(text))));
    let lines = started.map(|(name, thread)| {
        let result = thread.join().unwrap_or_else(|_| "a defect of go-lite".into());
        format!("{name}: {result}\n")
    });
    Ok(lines.concat())
}

/// What `run` gives.
pub const TOLD: &str = "polite: hello
wrong: sent.go-lite:1:13: undefined: hello
hungry: over the limit: Memory
endless: over the limit: Steps
curious: 0 open /etc/passwd: operation not permitted
waiting: interrupted
";

#[allow(dead_code, reason = "tests call `run`")]
fn main() -> Result<(), Error> {
    print!("{}", run()?);
    Ok(())
}
