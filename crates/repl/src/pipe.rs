//! Inputs that come from anything but a terminal.
//!
//! Bytes are read one at a time from the descriptor itself: a program that reads standard input gets
//! what follows the line that runs it.

use golite::session::is_incomplete;

use crate::engine::Engine;
use crate::{After, is_command};

/// Reads inputs to the end. Gives the exit status.
pub(crate) fn read(engine: &Engine) -> i32 {
    let mut status = 0;
    let mut input = String::new();
    while let Some(line) = next_line() {
        if input.is_empty() && is_command(&line) {
            match engine.line(&line) {
                After::Right | After::Main => {}
                After::Wrong => status = 1,
                After::Quit => return status,
            }
            continue;
        }
        input += &line;
        if is_incomplete(&input) {
            continue;
        }
        let text = std::mem::take(&mut input);
        if text.trim().is_empty() {
            continue;
        }
        match engine.line(&text) {
            After::Right | After::Main => {}
            After::Wrong => status = 1,
            After::Quit => return status,
        }
    }
    if !input.trim().is_empty() && engine.line(&input) == After::Wrong {
        status = 1;
    }
    // What still waits for names at the end was wrong.
    for line in engine.waiting() {
        eprintln!("{line}, which was never declared");
        status = 1;
    }
    status
}

/// The next line with its end; `None` at the end of the input.
fn next_line() -> Option<String> {
    let mut bytes = Vec::new();
    let mut byte = [0u8];
    loop {
        match nix::unistd::read(std::io::stdin(), &mut byte) {
            Ok(0) if bytes.is_empty() => return None,
            Ok(1) if byte[0] != b'\n' => bytes.push(byte[0]),
            Ok(1) => {
                bytes.push(b'\n');
                return Some(String::from_utf8_lossy(&bytes).into_owned());
            }
            Err(nix::errno::Errno::EINTR) => {}
            Ok(_) => return Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(_) => return None,
        }
    }
}
