//! Watching over a program from another thread of the process.
//!
//! The VM looks for signals and limits where it can: between time slices, when natives charge steps, after
//! a sleep. What it cannot do in the middle of something long is done here: output that waits is written
//! out, the limit of time is announced, and a program that does not end when it should is found.

use std::thread;
use std::time::{Duration, Instant};

use golite_runtime::host_std::{Output, Waker};
use golite_runtime::interrupt::Cause;
use golite_runtime::report;

/// How often the watcher looks.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long the VM may take to notice that the program is to end.
const GRACE: Duration = Duration::from_millis(300);

/// How long it may take to end it then: whoever is to get the output may not take it.
const PATIENCE: Duration = Duration::from_secs(2);

/// A program that is watched over.
#[derive(Debug)]
pub struct Watch {
    waker: Waker,
    output: Output,
    timeout: Option<Duration>,
}

/// How the process is to end with a program that cannot be ended properly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stuck {
    /// By this signal.
    Signal(i32),
    /// With this text on standard error, as a failure.
    Failure(String),
}

impl Watch {
    /// Watches over the program of a host.
    #[must_use]
    pub fn new(host: &golite_runtime::host_std::StdHost, timeout: Option<Duration>) -> Watch {
        Watch { waker: host.waker(), output: host.output(), timeout }
    }

    /// Watches until the program should have ended but has not. Whoever runs it ends the process when it
    /// ends.
    #[must_use]
    pub fn until_stuck(&self) -> Stuck {
        // A time that cannot be told is never over.
        let deadline = self.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let cause = loop {
            self.pause(deadline);
            if let Some(address) = golite_gc::native_memory::fault() {
                self.output.look();
                return Stuck::Failure(report::fault(address));
            }
            if let Some(cause) = self.waker.interrupt().asked() {
                self.waker.wake();
                break cause;
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                self.waker.end(Cause::TimeLimit);
            }
        };
        self.pause_until(Instant::now() + GRACE);
        if self.waker.interrupt().claim() {
            return self.stuck(cause);
        }
        self.pause_until(Instant::now() + PATIENCE);
        match cause {
            Cause::Signal(number) if report::dumping_signal(number).is_none() => Stuck::Signal(number),
            Cause::Signal(_) | Cause::TimeLimit => Stuck::Failure(String::new()),
        }
    }

    fn pause_until(&self, end: Instant) {
        while Instant::now() < end {
            self.pause(Some(end));
        }
    }

    /// Sleeps for the interval, or until a moment before that; then looks at the output.
    fn pause(&self, end: Option<Instant>) {
        let left = end.map_or(INTERVAL, |end| end.saturating_duration_since(Instant::now()));
        thread::sleep(left.min(INTERVAL));
        self.output.look();
    }

    fn stuck(&self, cause: Cause) -> Stuck {
        // Output that was there the last time is written out if that is possible without waiting.
        self.output.look();
        match cause {
            Cause::TimeLimit => Stuck::Failure(report::time_limit(self.timeout.unwrap_or_default())),
            Cause::Signal(number) => match report::dumping_signal(number) {
                Some(name) => Stuck::Failure(format!(
                    "{name}\nPC=0x0 m=0 sigcode=0\n\ngolite: the goroutines cannot be shown in the middle of a long operation\n"
                )),
                None => Stuck::Signal(number),
            },
        }
    }
}
