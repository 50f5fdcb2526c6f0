//! Signals: what ends a Go program ends the script, by the signal or with a dump of all goroutines; what a
//! Go program does not care about does nothing.
//!
//! Handlers only store the signal's number and wake the host; the VM does the rest. They are installed when the program
//! turns out to last longer than it would take to install them: until then a signal does what it does to any process.
//! Only the one that comes from writing to a file is seen to from the start.

use std::fs::File;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use golite::Waker;
use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSYS, SIGTERM, SIGTRAP, SIGUSR1, SIGUSR2,
    SIGVTALRM, SIGXCPU, SIGXFSZ,
};
use signal_hook::{flag, low_level};

/// They end the program.
const ENDING: [i32; 7] = [SIGHUP, SIGINT, SIGQUIT, SIGTRAP, SIGABRT, SIGSYS, SIGTERM];

/// They end other programs, but not those of Go.
const WITHOUT_EFFECT: [i32; 7] = [SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGIO];

/// Makes the signal of a file that grows over the limit of the process one without effect: the write fails.
pub(crate) fn install_first() -> io::Result<()> {
    flag::register(SIGXFSZ, Arc::default()).map(drop)
}

/// Installs the handlers for the program that the waker ends.
pub(crate) fn install(waker: &Waker) -> io::Result<()> {
    let ignored = ignored_at_start();
    for signal in ENDING {
        // Who starts a program with these ignored wants it to go on (nohup).
        if (signal == SIGHUP || signal == SIGINT) && ignored & (1 << (signal - 1)) != 0 {
            continue;
        }
        flag::register_usize(signal, waker.interrupt().word(), signal as usize)?;
        // Without a descriptor left the thread that watches wakes the host.
        if let Ok(stream) = waker.stream() {
            low_level::pipe::register(signal, stream)?;
        }
    }
    let nobody_looks = Arc::new(AtomicBool::new(false));
    for signal in WITHOUT_EFFECT {
        flag::register(signal, nobody_looks.clone())?;
    }
    Ok(())
}

/// The signals that this process was started with ignored, a bit each; none if that cannot be told.
fn ignored_at_start() -> u64 {
    // The file has less, and is made anew for each part that is read.
    let mut status = [0; 8192];
    let read = File::open("/proc/self/status").and_then(|mut file| file.read(&mut status)).unwrap_or(0);
    let line = String::from_utf8_lossy(&status[..read]);
    let line = line.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Ends the process as the signal ends one that does nothing about it.
pub(crate) fn die(signal: i32) -> ! {
    // It returns if the signal ends nothing.
    let _ = low_level::emulate_default_handler(signal);
    std::process::exit(128 + signal)
}
