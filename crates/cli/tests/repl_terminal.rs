//! `golite repl` on a real pseudo-terminal: keys are typed, and what appears is read.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ptyprocess::{PtyProcess, WaitStatus};

const GOLITE: &str = env!("CARGO_BIN_EXE_golite");

/// How long something may take to appear, on a busy machine with a development build.
const PATIENCE: Duration = Duration::from_secs(30);

/// A session at a terminal.
struct Terminal {
    process: PtyProcess,
    keys: std::fs::File,
    bytes: Receiver<Vec<u8>>,
    /// What has appeared, without escape sequences.
    seen: String,
}

impl Terminal {
    fn start(args: &[&str], history: Option<&PathBuf>) -> Terminal {
        let mut command = Command::new(GOLITE);
        command.args(args).env("TERM", "xterm").env("NO_COLOR", "1").current_dir(std::env::temp_dir());
        match history {
            Some(path) => command.env("GOLITE_HISTORY", path),
            None => command.env("GOLITE_HISTORY", std::env::temp_dir().join("golite-no-history")),
        };
        let mut process = PtyProcess::spawn(command).unwrap();
        process.set_window_size(200, 50).unwrap();
        let keys = process.get_raw_handle().unwrap();
        let mut screen = process.get_raw_handle().unwrap();
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count) = screen.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut terminal = Terminal { process, keys, bytes, seen: String::new() };
        terminal.wait_for("golite> ");
        terminal
    }

    fn quiet(args: &[&str]) -> Terminal {
        Terminal::start(&[args, &["--no-history"]].concat(), None)
    }

    fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads until the text has appeared since the last call.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.seen += &without_escapes(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("{text:?} did not appear; there is {:?}", self.seen),
            }
        }
    }

    /// Types a line and waits for what comes of it, and for the prompt.
    #[track_caller]
    fn line(&mut self, line: &str, result: &str) {
        self.typed(&format!("{line}\r"), result);
    }

    /// Types keys that end an input; see `line`.
    #[track_caller]
    fn typed(&mut self, keys: &str, result: &str) {
        self.keys(keys);
        self.wait_for(result);
        self.wait_for("golite> ");
    }

    #[track_caller]
    fn ends(mut self) {
        self.keys("\x04");
        self.has_ended();
    }

    #[track_caller]
    fn has_ended(self) {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            match self.process.status().unwrap() {
                WaitStatus::StillAlive => {}
                status => break status,
            }
            assert!(Instant::now() < end, "the session did not end; there is {:?}", self.seen);
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(matches!(status, WaitStatus::Exited(_, 0)), "{status:?}");
    }
}

/// Text without the sequences that move the cursor and the like.
fn without_escapes(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\x1b' if chars.peek() == Some(&'[') => {
                chars.next();
                while chars.next().is_some_and(|char| !('@'..='~').contains(&char)) {}
            }
            '\x1b' => {
                chars.next();
            }
            char => out.push(char),
        }
    }
    out
}

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
    terminal.keys(&format!("{line}\r"));
    terminal.wait_for("\n");
    std::thread::sleep(Duration::from_millis(300));
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
    ] {
        let time = interrupt(&mut terminal, line);
        assert!(time < Duration::from_secs(5), "{line}: {time:?}");
    }
    terminal.keys("\x03");
    terminal.wait_for("Ctrl-D ends");
    terminal.wait_for("golite> ");
    terminal.line("kept", "1 : int");
    terminal.ends();
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
    terminal.keys("var word string; fmt.Scanln(&word); word + \"!\"\r");
    terminal.wait_for("\n");
    std::thread::sleep(Duration::from_millis(300));
    terminal.keys("hello\r");
    terminal.wait_for("\"hello!\" : string");
    terminal.wait_for("golite> ");
    terminal.line("os.Exit(4)", "exit status 4; the session goes on");
    terminal.line("word", "\"hello\" : string");
    terminal.ends();
}
