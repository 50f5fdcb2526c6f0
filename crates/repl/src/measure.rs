//! What a run of an input took: `:time`, `:bench`.

use std::time::{Duration, Instant};

use golite::session::{Reply, Session, Usage};

use crate::After;
use crate::commands::counted;
use crate::engine::State;

/// The state before a run.
pub(crate) struct Start {
    time: Instant,
    usage: Usage,
}

impl Start {
    pub(crate) fn now(session: &mut Session) -> Start {
        Start { usage: session.usage(), time: Instant::now() }
    }

    /// What the run took, in a line.
    pub(crate) fn line(&self, session: &mut Session) -> String {
        let time = self.time.elapsed();
        let usage = session.usage();
        format!(
            "{}, {}, {} of {} allocated, {}",
            duration(time),
            counted(usage.steps - self.usage.steps, "step"),
            counted(usage.objects - self.usage.objects, "object"),
            bytes(usage.bytes - self.usage.bytes),
            counted(usage.collections - self.usage.collections, "collection"),
        )
    }
}

/// A time with three digits and a unit.
pub(crate) fn duration(time: Duration) -> String {
    let nanos = time.as_nanos();
    match nanos {
        0..1_000 => format!("{nanos} ns"),
        1_000..1_000_000 => format!("{:.1} µs", time.as_secs_f64() * 1e6),
        1_000_000..1_000_000_000 => format!("{:.1} ms", time.as_secs_f64() * 1e3),
        _ => format!("{:.2} s", time.as_secs_f64()),
    }
}

/// A number of bytes with a unit.
pub(crate) fn bytes(count: u64) -> String {
    match count {
        0..10_240 => format!("{count} B"),
        10_240..10_485_760 => format!("{} KiB", count >> 10),
        _ => format!("{} MiB", count >> 20),
    }
}

/// Nanoseconds that `:bench` runs for at least.
const BENCH: u128 = 500_000_000;

/// Most runs in a row.
const MOST_RUNS: u64 = 1_000_000_000;

/// `:bench EXPR`
pub(crate) fn bench(state: &mut State, text: &str) -> After {
    let blank = match state.session.value_count(text) {
        Err(errors) => return state.show_errors(&errors),
        Ok(None) => return state.complain(":bench needs an expression"),
        Ok(Some(0)) => String::new(),
        Ok(Some(count)) => format!("{} = ", vec!["_"; count].join(", ")),
    };
    let mut runs = 1;
    loop {
        let start = Start::now(&mut state.session);
        let input = format!("for range {runs} {{ {blank}{text} }}");
        match state.session.eval(&input) {
            Reply::Done(_) => {}
            reply => return state.show("", reply),
        }
        let time = start.time.elapsed().as_nanos();
        if time >= BENCH || runs >= MOST_RUNS {
            let usage = state.session.usage();
            let each = |now: u64, before: u64| (now - before) as f64 / runs as f64;
            let line = format!(
                "{runs} runs, {} each: {} steps, {} objects of {} bytes",
                duration(Duration::from_nanos((time / u128::from(runs)) as u64)),
                rounded(each(usage.steps, start.usage.steps)),
                rounded(each(usage.objects, start.usage.objects)),
                rounded(each(usage.bytes, start.usage.bytes)),
            );
            return state.tell(&line);
        }
        // As many as should take the time, but not too many more at once.
        let wanted = u128::from(runs) * BENCH * 6 / 5 / time.max(1);
        runs = u64::try_from(wanted).unwrap_or(MOST_RUNS).clamp(runs + 1, runs * 100).min(MOST_RUNS);
    }
}

/// A number with two digits behind the point, none if they would be 0.
fn rounded(value: f64) -> String {
    let text = format!("{value:.2}");
    text.strip_suffix(".00").map_or(text.clone(), str::to_string)
}
