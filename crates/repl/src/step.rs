//! `:step`: an input instruction by instruction. At a terminal each waits for a key line; elsewhere all are
//! shown, up to a number.

use std::io::Write;
use std::os::fd::AsFd;

use golite::session::{Answer, Step, Watcher};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::After;
use crate::engine::State;

/// Most instructions that are shown without a terminal.
const MOST: usize = 1000;

/// The column at which registers are shown.
const COLUMN: usize = 46;

/// `:step CODE`
pub(crate) fn run(state: &mut State, text: &str) -> After {
    if state.terminal {
        state.say("Enter executes an instruction, o a call as one, c all that is left; q ends the input");
    }
    let watcher = Shown { waker: state.signals.waker.clone(), terminal: state.terminal, count: 0 };
    state.session.flush();
    let reply = state.session.step(text, Box::new(watcher));
    state.show(text, reply)
}

struct Shown {
    waker: golite::Waker,
    terminal: bool,
    count: usize,
}

impl Shown {
    fn say(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        // Who does not read it does not want it.
        let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    }

    /// What is typed; nothing if the input is interrupted meanwhile.
    fn key_line(&self) -> Option<String> {
        let mut line = Vec::new();
        loop {
            if self.waker.interrupt().is_asked() {
                return None;
            }
            let stdin = std::io::stdin();
            let mut wait = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
            match poll(&mut wait, PollTimeout::from(50u8)) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => continue,
                Ok(_) => {}
                Err(_) => return None,
            }
            let mut byte = [0];
            match nix::unistd::read(stdin.as_fd(), &mut byte) {
                Ok(1) if byte[0] == b'\n' => return Some(String::from_utf8_lossy(&line).trim().to_string()),
                Ok(1) => line.push(byte[0]),
                Err(nix::errno::Errno::EINTR) => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }
}

fn indent(depth: usize) -> String {
    "    ".repeat(depth)
}

impl Watcher for Shown {
    fn wrote(&mut self, depth: usize, registers: &[String]) {
        let gap = COLUMN.saturating_sub(4 * depth);
        self.say(&format!("{}{:gap$}-> {}\n", indent(depth), "", registers.join(", ")));
    }

    fn next(&mut self, step: &Step) -> Answer {
        let before = indent(step.depth);
        if step.new_line {
            self.say(&format!("{before}{} {}   {}\n", step.function, step.place, step.source));
        }
        let mut line = format!("{before}{:>6}  {}", step.pc, step.text);
        if !step.reads.is_empty() {
            line = format!("{line:COLUMN$} {}", step.reads.join(", "));
        }
        self.count += 1;
        if !self.terminal {
            self.say(&format!("{line}\n"));
            if self.count < MOST {
                return Answer::Step;
            }
            self.say(&format!("{MOST} instructions have been shown; the rest runs without\n"));
            return Answer::Go;
        }
        self.say(&format!("{line} "));
        loop {
            match self.key_line().as_deref() {
                None => {
                    self.say("\n");
                    return Answer::Stop;
                }
                Some("") => return Answer::Step,
                Some("o") => return Answer::Over,
                Some("c") => return Answer::Go,
                Some("q") => return Answer::Stop,
                Some(_) => self.say("Enter, o, c or q "),
            }
        }
    }
}
