//! Output of goroutines while a line is typed: it appears above the line.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};

use golite::Diversion;

/// Bytes that wait to be shown before those who write have to wait.
const MOST: usize = 64 << 10;

/// Prints above the line that is typed. A thread of its own waits for the editor.
pub(crate) struct Printer {
    texts: Sender<String>,
    busy: Arc<AtomicBool>,
    /// The beginning of a character that is not complete.
    rest: Vec<u8>,
}

impl Printer {
    pub(crate) fn new(mut print: impl FnMut(String) + Send + 'static) -> Printer {
        let (texts, receiver) = channel();
        let busy = Arc::new(AtomicBool::new(false));
        let flag = busy.clone();
        std::thread::spawn(move || {
            for text in receiver {
                print(text);
                flag.store(false, Ordering::SeqCst);
            }
        });
        Printer { texts, busy, rest: Vec::new() }
    }

    /// Gives what waits to the editor, if that has shown what it got before. False if too much waits.
    pub(crate) fn hand_on(&mut self, diversion: &Diversion) -> bool {
        if self.busy.load(Ordering::SeqCst) {
            return diversion.len() < MOST;
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend(diversion.take());
        if let Err(error) = std::str::from_utf8(&bytes)
            && error.error_len().is_none()
        {
            self.rest = bytes.split_off(error.valid_up_to());
        }
        if !bytes.is_empty() {
            self.busy.store(true, Ordering::SeqCst);
            // The thread lives as long as this side.
            let _ = self.texts.send(String::from_utf8_lossy(&bytes).into_owned());
        }
        true
    }
}
