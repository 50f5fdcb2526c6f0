//! Who is there and what they wait for: tracebacks' headers, deadlock reports, listings.
//!
//! The frames of a goroutine are the interpreter's to print; the lines around them are made here.
//! Texts are Go's.

use std::time::Duration;

use golite_gc::Addr;

use crate::goroutine::{Creation, Goroutine, GoroutineIx, Status, WaitReason};
use crate::profile::Labels;
use crate::sched::Deadlock;
use crate::settings::debug_number;
use crate::state::Runtime;
use crate::wait::Side;

/// What is known of a goroutine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoroutineInfo {
    /// Its index.
    pub index: GoroutineIx,
    /// Its number.
    pub id: u64,
    /// What it is doing.
    pub status: Status,
    /// Why it waits.
    pub reason: WaitReason,
    /// For how many whole minutes it is known to wait.
    pub minutes: i64,
    /// It called `runtime.LockOSThread`.
    pub locked: bool,
    /// It belongs to the runtime.
    pub system: bool,
    /// Nobody can wake it.
    pub leaked: bool,
    /// Where it was started.
    pub creation: Creation,
    /// What it waits on.
    pub waits_on: Vec<WaitsOn>,
    /// What its samples are labelled with: `pprof.Do`.
    pub labels: Option<Labels>,
}

/// Something that a goroutine waits on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitsOn {
    /// The address of a channel, a semaphore, a notify list.
    pub object: Addr,
    /// On which side of it.
    pub side: Side,
}

/// What Go says of a signal that makes a program show all goroutines and end, if it is such.
#[must_use]
pub fn dumping_signal(number: i32) -> Option<&'static str> {
    Some(match number {
        3 => "SIGQUIT: quit",
        5 => "SIGTRAP: trace trap",
        6 => "SIGABRT: abort",
        16 => "SIGSTKFLT: stack fault",
        31 => "SIGSYS: bad system call",
        _ => return None,
    })
}

/// What is said of a program that has taken all its time.
#[must_use]
pub fn time_limit(timeout: Duration) -> String {
    format!("golite: limit reached: {} seconds (--timeout)\n", timeout.as_secs_f64())
}

/// What is said of a program that has accessed memory which is not there.
#[must_use]
pub fn fault(address: u64) -> String {
    format!(
        "unexpected fault address {address:#x}\nfatal error: fault\n[signal SIGSEGV: segmentation violation code=0x1 addr={address:#x} pc=0x0]\n"
    )
}

/// Whether `GODEBUG` lets tracebacks show labels: programs change that while they run.
fn shows_labels(rt: &Runtime) -> bool {
    let settings = rt.host.env(b"GODEBUG").unwrap_or_default();
    debug_number(&String::from_utf8_lossy(&settings), "tracebacklabels").is_none_or(|value| value == 1)
}

/// A text as Go writes labels: between quotes unless it is a word.
fn quoted(text: &str) -> String {
    match !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c)) {
        true => text.to_string(),
        false => format!("\"{}\"", text.chars().map(escaped).collect::<String>()),
    }
}

/// A character between quotes, as Go's runtime writes it.
fn escaped(c: char) -> String {
    match c {
        '\n' => "\\n".to_string(),
        '\r' => "\\r".to_string(),
        '\t' => "\\t".to_string(),
        '\\' | '"' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        '\0'..='\x7e' => format!("\\x{:02x}", u32::from(c)),
        '\x7f'..='\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
        _ => format!("\\U{:08x}", u32::from(c)),
    }
}

const MINUTE: i64 = 60_000_000_000;

impl GoroutineInfo {
    fn new(rt: &Runtime, index: GoroutineIx, goroutine: &Goroutine) -> GoroutineInfo {
        let waits_on = rt
            .sched
            .waits
            .siblings(goroutine.records)
            .map(|record| WaitsOn { object: record.object, side: record.side })
            .collect();
        let waited = rt.sched.clock.last() - goroutine.since;
        GoroutineInfo {
            index,
            id: goroutine.id,
            status: goroutine.status,
            reason: goroutine.reason,
            minutes: if goroutine.since == 0 { 0 } else { waited / MINUTE },
            locked: goroutine.thread_locks > 0,
            system: goroutine.system,
            leaked: goroutine.leaked,
            creation: goroutine.creation,
            waits_on,
            labels: rt.profiles.labels(goroutine.id).filter(|_| shows_labels(rt)),
        }
    }

    /// What it is doing, in a word.
    #[must_use]
    pub fn state(&self) -> &'static str {
        match self.status {
            Status::Runnable => "runnable",
            Status::Running => "running",
            Status::Waiting => self.reason.text(),
            Status::Dead => "dead",
        }
    }

    /// `goroutine 18 [chan receive, 2 minutes]:`, without end of line.
    #[must_use]
    pub fn header(&self) -> String {
        self.header_with("")
    }

    /// As `header`, with the goroutine's descriptor, for which its number stands, and the thread that runs it.
    #[must_use]
    pub fn system_header(&self) -> String {
        let thread = if self.status == Status::Running { "m=0 mp=0x0" } else { "m=nil" };
        self.header_with(&format!("gp={:#x} {thread} ", self.id))
    }

    fn header_with(&self, place: &str) -> String {
        let mut out = format!("goroutine {} {place}[{}", self.id, self.state());
        if self.status == Status::Waiting && self.minutes >= 1 {
            out.push_str(&format!(", {} minutes", self.minutes));
        }
        if self.locked {
            out.push_str(", locked to thread");
        }
        out.push(']');
        if let Some(labels) = &self.labels {
            let texts: Vec<String> =
                labels.iter().map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect();
            out.push_str(&format!(" {{{}}}", texts.join(", ")));
        }
        out.push(':');
        out
    }

    /// The line above the position where it was started, without end of line, given the name of the
    /// function that did it. `None` for the main goroutine.
    #[must_use]
    pub fn created_by(&self, function: Option<&str>) -> Option<String> {
        if self.creation.is_timer() {
            return Some("created by time.goFunc".to_string());
        }
        let function = function?;
        Some(match self.creation.parent {
            0 => format!("created by {function}"),
            parent => format!("created by {function} in goroutine {parent}"),
        })
    }
}

/// All goroutines in order of their numbers: main, which is the first, comes first.
#[must_use]
pub fn list(rt: &Runtime) -> Vec<GoroutineInfo> {
    let mut all: Vec<_> = rt.goroutines.iter().map(|(index, g)| GoroutineInfo::new(rt, index, g)).collect();
    all.sort_by_key(|info| info.id);
    all
}

/// One goroutine.
#[must_use]
pub fn describe(rt: &Runtime, index: GoroutineIx) -> GoroutineInfo {
    GoroutineInfo::new(rt, index, rt.goroutines.get(index))
}

/// The text after `fatal error: `. After `AllAsleep` come an empty line and all goroutines that are
/// not the runtime's; after `NoGoroutines` nothing.
#[must_use]
pub fn deadlock_text(deadlock: Deadlock) -> &'static str {
    match deadlock {
        Deadlock::AllAsleep => "all goroutines are asleep - deadlock!",
        Deadlock::NoGoroutines => "no goroutines (main called runtime.Goexit) - deadlock!",
    }
}
