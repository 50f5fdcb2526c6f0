//! The lines that `GODEBUG` asks for: `gctrace`, `gentrace`, `checkfinalizers`, `schedtrace`, `inittrace`.
//!
//! Go's lines have Go's form. Full collections are numbered and shown, as `MemStats.NumGC` counts them;
//! `gentrace=1` is go-lite's own and shows minor ones too. The collector stops the program while it works:
//! what Go shows of its work beside the program is the time from the beginning of a collection to its end
//! (clock), and of assists (cpu) the slices of it.
//!
//! `inittrace=1` shows the packages of the program, each after its last initialisation. Functions are compiled when
//! they are first called, which is how the initialisation of a package is noticed, and counts in its time; so do
//! the variables of the standard library, which are initialised when something needs them.

use std::fmt::Write;

use golite_bytecode::FuncIx;
use golite_runtime::goroutine::Status;
use golite_runtime::{report, timer};

use crate::frame::link_slots;
use crate::vm::Vm;

/// Which lines were shown, and when the next is due.
#[derive(Debug)]
pub(crate) struct DebugLines {
    /// By the collector's clock.
    began: u64,
    majors: u64,
    minors: u64,
    /// By the monotonic clock; `i64::MAX` if there are none.
    pub(crate) next_sched: i64,
    sched_began: i64,
    /// When the program began, by the monotonic clock.
    program_began: i64,
    /// The package that is being initialised.
    init: Option<Initialisation>,
}

/// The initialisation of a package, that has begun.
#[derive(Debug)]
struct Initialisation {
    path: String,
    began: i64,
    /// Bytes and objects allocated before.
    allocated: [u64; 2],
}

impl Default for DebugLines {
    fn default() -> DebugLines {
        DebugLines {
            began: 0,
            majors: 0,
            minors: 0,
            next_sched: i64::MAX,
            sched_began: 0,
            program_began: 0,
            init: None,
        }
    }
}

/// Nanoseconds as milliseconds with two digits.
fn milliseconds(nanoseconds: u64) -> String {
    if nanoseconds >= 10_000_000 {
        return (nanoseconds / 1_000_000).to_string();
    }
    match nanoseconds / 1000 {
        0 => "0".to_string(),
        micros @ 1..=99 => format!("0.{micros:03}"),
        micros @ 100..=999 => format!("0.{:02}", micros / 10),
        micros => format!("{}.{}", micros / 1000, micros % 1000 / 100),
    }
}

/// The package whose variables a function initialises, or whose `init` it is.
fn package_initialised_by(name: &str) -> Option<&str> {
    let (path, last) = name.rsplit_once('.')?;
    match last {
        "init" => Some(path),
        _ if last.bytes().all(|byte| byte.is_ascii_digit()) => path.strip_suffix(".init"),
        _ => None,
    }
}

impl Vm {
    pub(crate) fn begin_debug_lines(&mut self) {
        self.debug_lines.began = self.rt.heap.clock_now();
        if self.rt.settings.debug.inittrace {
            self.debug_lines.program_began = timer::glance(&mut self.rt);
        }
        if self.rt.settings.debug.schedtrace > 0 {
            let now = self.rt.host.monotonic();
            self.debug_lines.sched_began = now;
            self.show_sched(now);
        }
    }

    /// A function is called for the first time. If that is by the function with which the program begins, a package is
    /// being initialised, or all are.
    #[cold]
    pub(crate) fn trace_init(&mut self, func: FuncIx) {
        let base = self.frame_slot();
        let by_entry = self.rt.running_id == 1
            && link_slots(self.rt.goroutines.get(self.rt.running).link(base)) == base.0 as usize
            && base.0 > 0;
        if !by_entry {
            return;
        }
        let path = package_initialised_by(&self.loader.module().functions[func.index()].name);
        if path.is_some() && path == self.debug_lines.init.as_ref().map(|init| &*init.path) {
            return;
        }
        let path = path.map(str::to_string);
        let now = timer::glance(&mut self.rt);
        let stats = self.rt.heap.stats();
        let allocated = [stats.total_alloc, stats.mallocs];
        if let Some(init) = self.debug_lines.init.take() {
            let since = |from: i64, to: i64| milliseconds(u64::try_from(to - from).unwrap_or(0));
            let text = format!(
                "init {} @{} ms, {} ms clock, {} bytes, {} allocs\n",
                init.path,
                since(self.debug_lines.program_began, init.began),
                since(init.began, now),
                allocated[0] - init.allocated[0],
                allocated[1] - init.allocated[1],
            );
            self.write_error(text.as_bytes());
        }
        self.debug_lines.init = path.map(|path| Initialisation { path, began: now, allocated });
    }

    /// To be called after a collection.
    pub(crate) fn show_collections(&mut self) {
        let debug = self.rt.settings.debug;
        if !debug.gctrace && !debug.gentrace && !debug.check_finalizers {
            return;
        }
        let mut out = String::new();
        let procs = self.rt.max_procs();
        let heap = &self.rt.heap;
        let seconds = |end: u64| end.saturating_sub(self.debug_lines.began) as f64 / 1e9;
        let (minors, majors) = (self.debug_lines.minors, self.debug_lines.majors);
        if debug.gentrace {
            for minor in heap.minor_records().filter(|minor| minor.number > minors && minor.young > 0) {
                let (bytes, objects) = minor.survived;
                let _ = writeln!(
                    out,
                    "gen minor {} @{:.3}s: {} ms, {}->{} KB young, {objects} objects promoted, {} cards",
                    minor.number,
                    seconds(minor.end),
                    milliseconds(minor.pause),
                    minor.young >> 10,
                    bytes >> 10,
                    minor.cards,
                );
            }
        }
        let stats = heap.stats();
        for major in heap.major_records().filter(|major| major.number > majors) {
            let [start, slices, end] = major.stopped;
            let [before, after, marked] = major.bytes;
            if debug.gentrace {
                let _ = writeln!(
                    out,
                    "gen major {} @{:.3}s: {}+{}+{} ms stopped, {}->{}->{} KB",
                    major.number,
                    seconds(major.end),
                    milliseconds(start),
                    milliseconds(slices),
                    milliseconds(end),
                    before >> 10,
                    after >> 10,
                    marked >> 10,
                );
            }
            if debug.check_finalizers {
                let [finalizers, cleanups] =
                    self.rt.finalizers.counts().map(|[queued, run]| queued.saturating_sub(run));
                let _ =
                    writeln!(out, "checkfinalizers: queue: {finalizers} finalizers + {cleanups} cleanups");
            }
            if !debug.gctrace {
                continue;
            }
            let elapsed = major.end.saturating_sub(self.debug_lines.began).max(1);
            let percent = (stats.pause_total_ns + stats.minor_pause_total_ns).saturating_mul(100) / elapsed;
            let beside = major.wall.saturating_sub(start + end);
            let _ = writeln!(
                out,
                "gc {} @{:.3}s {}%: {}+{}+{} ms clock, {}+{}/0/0+{} ms cpu, {}->{}->{} MB, {} MB goal, \
                 {} MB stacks, {} MB globals, {} P{}",
                major.number,
                seconds(major.end.saturating_sub(major.wall)),
                percent.min(100),
                milliseconds(start),
                milliseconds(beside),
                milliseconds(end),
                milliseconds(start),
                milliseconds(slices),
                milliseconds(end),
                before >> 20,
                after >> 20,
                marked >> 20,
                major.goal >> 20,
                self.rt.goroutines.bytes() >> 20,
                stats.immortal >> 20,
                procs,
                if major.forced { " (forced)" } else { "" },
            );
        }
        self.debug_lines.minors = stats.num_minor;
        self.debug_lines.majors = stats.num_major;
        if !out.is_empty() {
            self.write_error(out.as_bytes());
        }
    }

    /// Shows the scheduler's line; the next is due after the interval.
    #[cold]
    pub(crate) fn show_sched(&mut self, now: i64) {
        let debug = self.rt.settings.debug;
        let interval = debug.schedtrace.saturating_mul(1_000_000);
        self.debug_lines.next_sched = now.saturating_add(interval);
        let since = (now - self.debug_lines.sched_began) / 1_000_000;
        let procs = self.rt.max_procs();
        let all = report::list(&self.rt);
        let threads = 1 + all.iter().filter(|info| info.locked && info.id != 1).count();
        let queued = self.rt.sched.runnable();
        let busy = i64::from(queued > 0 || all.iter().any(|info| info.status == Status::Running));
        let switches = self.rt.sched.switches();
        // Goroutines run on the first processor only.
        let row = |first: u64| {
            let rest = (1..procs.min(1024)).map(|_| " 0");
            format!("[ {first}{} ]", rest.collect::<String>())
        };
        let mut out = format!(
            "SCHED {since}ms: gomaxprocs={procs} idleprocs={} threads={threads} spinningthreads=0 \
             needspinning=0 idlethreads=0 runqueue=0",
            procs - busy
        );
        if !debug.scheddetail {
            let _ = writeln!(out, " {} schedticks={}", row(queued as u64), row(switches));
            self.write_error(out.as_bytes());
            return;
        }
        out.push_str(" gcwaiting=false nmidlelocked=0 stopwait=0 sysmonwait=false\n");
        for p in 0..procs.min(1024) {
            let first = p == 0;
            let _ = writeln!(
                out,
                "  P{p}: status={} schedtick={} syscalltick=0 m={} runqsize={} gfreecnt=0 timerslen={}",
                i64::from(first && busy > 0),
                if first { switches } else { 0 },
                if first && busy > 0 { "0" } else { "nil" },
                if first { queued } else { 0 },
                if first { self.rt.sched.timers.len() } else { 0 },
            );
        }
        let running = all.iter().find(|info| info.status == Status::Running);
        let current = running.map_or("nil".to_string(), |info| info.id.to_string());
        let _ = writeln!(
            out,
            "  M0: p={} curg={current} mallocing=0 throwing=0 preemptoff= locks=0 dying=0 spinning=false \
             blocked={} lockedg=nil",
            if busy > 0 { "0" } else { "nil" },
            busy == 0,
        );
        for info in &all {
            // Go's numbers of the states.
            let status = match info.status {
                Status::Runnable => 1,
                Status::Running => 2,
                Status::Waiting => 4,
                Status::Dead => 6,
            };
            let why = if info.status == Status::Waiting { info.reason.text() } else { "" };
            let m = if info.status == Status::Running { "0" } else { "nil" };
            let _ = writeln!(out, "  G{}: status={status}({why}) m={m} lockedm=nil", info.id);
        }
        self.write_error(out.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn milliseconds_have_two_digits() {
        for (nanoseconds, text) in [
            (0, "0"),
            (999, "0"),
            (25_000, "0.025"),
            (66_999, "0.066"),
            (123_456, "0.12"),
            (1_270_000, "1.2"),
            (9_999_999, "9.9"),
            (10_000_000, "10"),
            (123_000_000, "123"),
        ] {
            assert_eq!(milliseconds(nanoseconds), text);
        }
    }
}
