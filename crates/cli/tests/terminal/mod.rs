//! A session at a pseudo-terminal, for tests: keys are typed, and what appears is read.

#![allow(dead_code, reason = "each test file uses a part")]

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ptyprocess::{PtyProcess, WaitStatus};

const GOLITE: &str = env!("CARGO_BIN_EXE_golite");

/// How long something may take to appear, on a busy machine with a development build.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A session at a terminal.
pub(crate) struct Terminal {
    process: PtyProcess,
    keys: std::fs::File,
    bytes: Receiver<Vec<u8>>,
    /// What has appeared, without escape sequences.
    seen: String,
    /// The same with them.
    raw: String,
}

impl Terminal {
    pub(crate) fn start(args: &[&str], history: Option<&PathBuf>) -> Terminal {
        Terminal::with(args, history, |_| {})
    }

    /// A session whose process is changed before it starts.
    pub(crate) fn with(
        args: &[&str],
        history: Option<&PathBuf>,
        change: impl FnOnce(&mut Command),
    ) -> Terminal {
        let mut command = Command::new(GOLITE);
        command.args(args).env("TERM", "xterm").env("NO_COLOR", "1").current_dir(std::env::temp_dir());
        command.env("GOLITE_INIT", std::env::temp_dir().join("golite-no-init"));
        match history {
            Some(path) => command.env("GOLITE_HISTORY", path),
            None => command.env("GOLITE_HISTORY", std::env::temp_dir().join("golite-no-history")),
        };
        change(&mut command);
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
        let mut terminal = Terminal { process, keys, bytes, seen: String::new(), raw: String::new() };
        terminal.wait_for("golite> ");
        terminal
    }

    pub(crate) fn quiet(args: &[&str]) -> Terminal {
        Terminal::start(&[args, &["--no-history"]].concat(), None)
    }

    pub(crate) fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads until the text has appeared since the last call.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("{text:?} did not appear; there is {:?}", self.seen),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        self.raw += &text;
        self.seen += &without_escapes(&text);
    }

    /// Reads until the text has appeared, escape sequences included, since the last call.
    #[track_caller]
    pub(crate) fn wait_for_raw(&mut self, text: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.raw.find(text) {
                self.raw.drain(..at + text.len());
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("{text:?} did not appear; there is {:?}", self.raw),
            }
        }
    }

    /// Types a line and waits for what comes of it, and for the prompt.
    #[track_caller]
    pub(crate) fn line(&mut self, line: &str, result: &str) {
        self.typed(&format!("{line}\r"), result);
    }

    /// Types keys that end an input; see `line`.
    #[track_caller]
    pub(crate) fn typed(&mut self, keys: &str, result: &str) {
        self.keys(keys);
        self.wait_for(result);
        self.wait_for("golite> ");
    }

    /// Gives up the line that is typed.
    #[track_caller]
    pub(crate) fn cancel(&mut self) {
        self.typed("\x03", "(Ctrl-D ends the session)");
    }

    #[track_caller]
    pub(crate) fn ends(mut self) {
        self.keys("\x04");
        self.has_ended();
    }

    #[track_caller]
    pub(crate) fn has_ended(self) {
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
