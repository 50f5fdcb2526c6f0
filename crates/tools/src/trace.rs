//! Traces: read back, and shown as a summary or as JSON for Perfetto and Chrome.
//!
//! Only what go-lite writes is understood (version 2 as of Go 1.26, one thread).

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use golite_runtime::trace::{HEADER, kind};

/// A function and a line of it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
struct Frame {
    function: String,
    file: String,
    line: u64,
}

/// An event: when, its kind, its numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Event {
    time: u64,
    kind: u8,
    args: Vec<u64>,
    generation: usize,
}

/// The tables of a generation.
#[derive(Default, Debug)]
struct Tables {
    strings: HashMap<u64, String>,
    stacks: HashMap<u64, Vec<Frame>>,
}

/// A trace.
#[derive(Default, Debug)]
struct Trace {
    events: Vec<Event>,
    tables: Vec<Tables>,
}

/// Bytes to be read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Result<u8, String> {
        let (&byte, rest) = self.0.split_first().ok_or("the trace ends too early")?;
        self.0 = rest;
        Ok(byte)
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number is too long".into())
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8], String> {
        let len = usize::try_from(len).ok().filter(|len| *len <= self.0.len());
        let (taken, rest) = self.0.split_at(len.ok_or("the trace ends too early")?);
        self.0 = rest;
        Ok(taken)
    }
}

/// How many numbers an event has after its time.
fn arguments(kind: u8) -> Result<usize, String> {
    Ok(match kind {
        kind::PROC_STOP | kind::GO_DESTROY | kind::STW_END => 0,
        kind::GC_END | kind::HEAP_ALLOC | kind::HEAP_GOAL => 1,
        kind::PROCS_CHANGE
        | kind::PROC_START
        | kind::PROC_STATUS
        | kind::GO_START
        | kind::GO_STOP
        | kind::GO_BLOCK
        | kind::STW_BEGIN
        | kind::GC_BEGIN
        | kind::TASK_END => 2,
        kind::GO_CREATE | kind::GO_UNBLOCK | kind::GO_STATUS | kind::REGION_BEGIN | kind::REGION_END => 3,
        kind::TASK_BEGIN | kind::LOG => 4,
        other => return Err(format!("an event of kind {other} is not go-lite's")),
    })
}

impl Trace {
    fn read(bytes: &[u8]) -> Result<Trace, String> {
        let Some(rest) = bytes.strip_prefix(HEADER) else {
            return Err("not a trace that go-lite made".into());
        };
        let mut bytes = Bytes(rest);
        let mut trace = Trace::default();
        let mut tables = Tables::default();
        while !bytes.0.is_empty() {
            match bytes.byte()? {
                kind::END => trace.tables.push(std::mem::take(&mut tables)),
                kind::BATCH => {
                    let (_generation, _thread) = (bytes.number()?, bytes.number()?);
                    let base = bytes.number()?;
                    let len = bytes.number()?;
                    let payload = Bytes(bytes.take(len)?);
                    trace.read_batch(payload, base, &mut tables)?;
                }
                other => return Err(format!("a batch cannot begin with {other}")),
            }
        }
        Ok(trace)
    }

    fn read_batch(&mut self, mut payload: Bytes<'_>, base: u64, tables: &mut Tables) -> Result<(), String> {
        let generation = self.tables.len();
        match payload.0.first() {
            Some(&kind::SYNC) | None => return Ok(()),
            Some(&kind::STRINGS) => {
                payload.byte()?;
                while !payload.0.is_empty() {
                    payload.byte()?;
                    let (number, len) = (payload.number()?, payload.number()?);
                    let text = String::from_utf8_lossy(payload.take(len)?).into_owned();
                    tables.strings.insert(number, text);
                }
                return Ok(());
            }
            Some(&kind::STACKS) => {
                payload.byte()?;
                while !payload.0.is_empty() {
                    payload.byte()?;
                    let (number, count) = (payload.number()?, payload.number()?);
                    let mut frames = Vec::new();
                    for _ in 0..count {
                        let [_, function, file, line] =
                            [payload.number()?, payload.number()?, payload.number()?, payload.number()?];
                        // The strings come later: their numbers stand for them until then.
                        let number = |number: u64| format!("{number}");
                        frames.push(Frame { function: number(function), file: number(file), line });
                    }
                    tables.stacks.insert(number, frames);
                }
                return Ok(());
            }
            Some(_) => {}
        }
        let mut time = base;
        while !payload.0.is_empty() {
            let kind = payload.byte()?;
            time = time.checked_add(payload.number()?).ok_or("a time is too large")?;
            let args = (0..arguments(kind)?).map(|_| payload.number()).collect::<Result<_, _>>()?;
            self.events.push(Event { time, kind, args, generation });
        }
        Ok(())
    }

    fn string(&self, event: &Event, arg: usize) -> &str {
        let number = event.args.get(arg).copied().unwrap_or(0);
        self.text(event.generation, number)
    }

    fn text(&self, generation: usize, number: u64) -> &str {
        self.tables.get(generation).and_then(|tables| tables.strings.get(&number)).map_or("", |text| text)
    }

    /// The innermost frame of the program's own functions, or else the innermost.
    fn place(&self, event: &Event, arg: usize) -> Option<Frame> {
        let number = event.args.get(arg)?;
        let frames = self.tables.get(event.generation)?.stacks.get(number)?;
        let named = |frame: &Frame| Frame {
            function: self.text(event.generation, frame.function.parse().unwrap_or(0)).to_string(),
            file: self.text(event.generation, frame.file.parse().unwrap_or(0)).to_string(),
            line: frame.line,
        };
        let frames: Vec<Frame> = frames.iter().map(named).collect();
        frames.iter().find(|frame| !frame.file.starts_with('$')).or(frames.first()).cloned()
    }
}

/// What a goroutine does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Runs,
    CanRun,
    Waits,
    Ended,
}

/// A goroutine over the whole trace.
#[derive(Clone, Debug)]
struct Goroutine {
    name: String,
    state: State,
    since: u64,
    /// Nanoseconds in the states that can be left.
    ran: u64,
    could_run: u64,
    waited: u64,
    reason: String,
    at: Option<Frame>,
}

/// A wait that has ended, or has not.
struct Wait {
    goroutine: u64,
    length: u64,
    reason: String,
    at: Option<Frame>,
    ended: bool,
}

/// A span of time for the JSON form.
struct Span {
    goroutine: u64,
    from: u64,
    to: u64,
}

/// What is found out about a trace.
#[derive(Default)]
struct Story {
    goroutines: BTreeMap<u64, Goroutine>,
    waits: Vec<Wait>,
    spans: Vec<Span>,
    /// Why the program stopped, when, and for how long.
    stops: Vec<(String, u64, u64)>,
    begin: u64,
    end: u64,
}

impl Story {
    fn goroutine(&mut self, id: u64, time: u64, state: State) -> &mut Goroutine {
        self.goroutines.entry(id).or_insert_with(|| Goroutine {
            // Of the others it is known where they were started.
            name: if id == 1 { "main.main".to_string() } else { String::new() },
            state,
            since: time,
            ran: 0,
            could_run: 0,
            waited: 0,
            reason: String::new(),
            at: None,
        })
    }

    /// The goroutine does something else from now on.
    fn change(&mut self, id: u64, time: u64, state: State, reason: &str, at: Option<Frame>) {
        let goroutine = self.goroutine(id, time, state);
        let passed = time.saturating_sub(goroutine.since);
        let (before, since) = (goroutine.state, goroutine.since);
        match before {
            State::Runs => add(&mut goroutine.ran, passed),
            State::CanRun => add(&mut goroutine.could_run, passed),
            State::Waits => add(&mut goroutine.waited, passed),
            State::Ended => {}
        }
        let was = std::mem::replace(&mut goroutine.reason, reason.to_string());
        let was_at = std::mem::replace(&mut goroutine.at, at);
        (goroutine.state, goroutine.since) = (state, time);
        if before == State::Waits && !was.is_empty() {
            let ended = state != State::Waits;
            self.waits.push(Wait { goroutine: id, length: passed, reason: was, at: was_at, ended });
        }
        if before == State::Runs && passed > 0 {
            self.spans.push(Span { goroutine: id, from: since, to: time });
        }
    }

    fn of(trace: &Trace) -> Story {
        let mut story = Story {
            begin: trace.events.first().map_or(0, |event| event.time),
            end: trace.events.last().map_or(0, |event| event.time),
            ..Story::default()
        };
        let mut running = 0;
        let mut stop: Option<(String, u64)> = None;
        for event in &trace.events {
            let time = event.time;
            let first = event.args.first().copied().unwrap_or(0);
            match event.kind {
                kind::GO_STATUS => {
                    let state = match event.args[2] {
                        2 => State::Runs,
                        4 => State::Waits,
                        _ => State::CanRun,
                    };
                    if state == State::Runs {
                        running = first;
                    }
                    story.goroutine(first, time, state);
                }
                kind::GO_CREATE => {
                    let name = trace.place(event, 1).map_or(String::new(), |frame| frame.function);
                    story.goroutine(first, time, State::CanRun).name = name;
                }
                kind::GO_START => {
                    story.change(first, time, State::Runs, "", None);
                    running = first;
                }
                kind::GO_STOP => story.change(running, time, State::CanRun, "", None),
                kind::GO_BLOCK => {
                    let (reason, at) = (trace.string(event, 0).to_string(), trace.place(event, 1));
                    story.change(running, time, State::Waits, &reason, at);
                }
                kind::GO_UNBLOCK => story.change(first, time, State::CanRun, "", None),
                kind::GO_DESTROY => story.change(running, time, State::Ended, "", None),
                kind::STW_BEGIN => stop = Some((trace.string(event, 0).to_string(), time)),
                kind::STW_END => {
                    if let Some((why, from)) = stop.take() {
                        story.stops.push((why, from, time.saturating_sub(from)));
                    }
                }
                _ => {}
            }
        }
        let (end, open): (u64, Vec<u64>) = (story.end, story.goroutines.keys().copied().collect());
        for id in open {
            let goroutine = &story.goroutines[&id];
            let (state, reason, at) = (goroutine.state, goroutine.reason.clone(), goroutine.at.clone());
            if state != State::Ended {
                story.change(id, end, state, &reason, at);
            }
        }
        story
    }
}

/// Times of a broken file may add up to more than there can be.
fn add(sum: &mut u64, time: u64) {
    *sum = sum.saturating_add(time);
}

/// Nanoseconds in a unit that fits.
fn duration(nanoseconds: u64) -> String {
    let value = nanoseconds as f64;
    match nanoseconds {
        0..1_000 => format!("{nanoseconds}ns"),
        1_000..1_000_000 => format!("{:.1}us", value / 1e3),
        1_000_000..1_000_000_000 => format!("{:.2}ms", value / 1e6),
        _ => format!("{:.3}s", value / 1e9),
    }
}

/// The summary of a trace.
///
/// # Errors
/// If it is none, or not go-lite's.
pub fn summary(bytes: &[u8], most: usize) -> Result<String, String> {
    let trace = Trace::read(bytes)?;
    let mut story = Story::of(&trace);
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} events in {}, {} goroutines\n",
        trace.events.len(),
        duration(story.end.saturating_sub(story.begin)),
        story.goroutines.len()
    );
    let _ = writeln!(out, "{:>10} {:>10} {:>10}  goroutine", "running", "runnable", "waiting");
    let mut all: Vec<(&u64, &Goroutine)> = story.goroutines.iter().collect();
    all.sort_by_key(|(id, goroutine)| (std::cmp::Reverse(goroutine.ran), **id));
    for (id, goroutine) in all.iter().take(most) {
        let [ran, could_run, waited] = [goroutine.ran, goroutine.could_run, goroutine.waited].map(duration);
        let _ = writeln!(out, "{ran:>10} {could_run:>10} {waited:>10}  {id} {}", goroutine.name);
    }
    if all.len() > most {
        let _ = writeln!(out, "and {} goroutines more", all.len() - most);
    }
    story.waits.sort_by_key(|wait| std::cmp::Reverse(wait.length));
    if !story.waits.is_empty() {
        out.push_str("\nlongest waits\n");
    }
    for wait in story.waits.iter().take(most) {
        let place = wait.at.as_ref().map_or(String::new(), |frame| {
            format!(" at {}:{} in {}", frame.file, frame.line, frame.function)
        });
        let _ = writeln!(
            out,
            "{:>10}  goroutine {} [{}]{place}{}",
            duration(wait.length),
            wait.goroutine,
            wait.reason,
            if wait.ended { "" } else { ", not ended" }
        );
    }
    if !story.stops.is_empty() {
        let mut total = 0;
        story.stops.iter().for_each(|(.., length)| add(&mut total, *length));
        let longest = story.stops.iter().map(|(.., length)| *length).max().unwrap_or(0);
        let _ = writeln!(
            out,
            "\n{} pauses, {} together, the longest {}",
            story.stops.len(),
            duration(total),
            duration(longest)
        );
    }
    Ok(out)
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out + "\""
}

/// The trace as JSON: a lane for each goroutine, the pauses, the size of the heap, regions.
///
/// # Errors
/// As `summary`.
pub fn json(bytes: &[u8]) -> Result<String, String> {
    let trace = Trace::read(bytes)?;
    let story = Story::of(&trace);
    let micros = |time: u64| time.saturating_sub(story.begin) as f64 / 1e3;
    let mut events: Vec<String> = Vec::new();
    let mut lane = |id: u64, name: &str| {
        events.push(format!(
            "{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":0,\"tid\":{id},\"args\":{{\"name\":{}}}}}",
            quoted(name)
        ));
    };
    lane(0, "pauses");
    for (id, goroutine) in &story.goroutines {
        lane(*id, &format!("G{id} {}", goroutine.name));
    }
    for span in &story.spans {
        events.push(format!(
            "{{\"name\":\"running\",\"ph\":\"X\",\"pid\":0,\"tid\":{},\"ts\":{:.3},\"dur\":{:.3}}}",
            span.goroutine,
            micros(span.from),
            (span.to - span.from) as f64 / 1e3
        ));
    }
    for (why, from, length) in &story.stops {
        events.push(format!(
            "{{\"name\":{},\"ph\":\"X\",\"pid\":0,\"tid\":0,\"ts\":{:.3},\"dur\":{:.3}}}",
            quoted(why),
            micros(*from),
            *length as f64 / 1e3
        ));
    }
    let mut running = 0;
    for event in &trace.events {
        let time = micros(event.time);
        let text = |arg| quoted(trace.string(event, arg));
        match event.kind {
            kind::GO_STATUS if event.args[2] == 2 => running = event.args[0],
            kind::GO_START => running = event.args[0],
            kind::HEAP_ALLOC => events.push(format!(
                "{{\"name\":\"Heap\",\"ph\":\"C\",\"pid\":0,\"ts\":{time:.3},\"args\":{{\"Allocated\":{}}}}}",
                event.args[0]
            )),
            kind::REGION_BEGIN | kind::REGION_END => {
                let phase = if event.kind == kind::REGION_BEGIN { "B" } else { "E" };
                events.push(format!(
                    "{{\"name\":{},\"ph\":\"{phase}\",\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
                    text(1)
                ));
            }
            kind::TASK_BEGIN => events.push(format!(
                "{{\"name\":{},\"cat\":\"task\",\"ph\":\"b\",\"id\":{},\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
                text(2),
                event.args[0]
            )),
            kind::TASK_END => events.push(format!(
                "{{\"name\":\"\",\"cat\":\"task\",\"ph\":\"e\",\"id\":{},\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
                event.args[0]
            )),
            kind::LOG => events.push(format!(
                "{{\"name\":{},\"ph\":\"I\",\"s\":\"t\",\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
                text(2)
            )),
            _ => {}
        }
    }
    Ok(format!("{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{}\n]}}\n", events.join(",\n")))
}

#[cfg(test)]
mod tests {
    use golite_runtime::goroutine::WaitReason;
    use golite_runtime::pprof::Place;
    use golite_runtime::trace::{GoStatus, TraceLog, What};

    use super::*;

    /// The bytes of a generation, which ends.
    fn generation(log: &mut TraceLog, places: &HashMap<u64, Place>, now: i64) -> Vec<u8> {
        let rest = log.encode(places, (0, 0), now);
        let mut bytes: Vec<u8> = log.take_batches().iter().flat_map(|batch| batch.bytes().to_vec()).collect();
        bytes.extend(rest);
        bytes
    }

    fn example() -> Vec<u8> {
        let mut log = TraceLog::default();
        log.add(1_000, What::Known(1, GoStatus::Running));
        log.add(2_000, What::Create(2, 0));
        log.add(5_000, What::Block(1, WaitReason::ChanReceive));
        log.add(6_000, What::Start(2));
        log.add(16_000, What::Unblock(1));
        log.add(17_000, What::End(2));
        let mut bytes = HEADER.to_vec();
        bytes.extend(generation(&mut log, &HashMap::new(), 17_000));
        log.add(18_000, What::Start(1));
        log.add(18_500, What::StopWorld("minor collection"));
        log.add(18_600, What::StartWorld);
        bytes.extend(generation(&mut log, &HashMap::new(), 20_000));
        bytes
    }

    #[test]
    fn the_times_in_each_state_are_summed_up() {
        let text = summary(&example(), 10).unwrap();
        let expected = "\
12 events in 17.6us, 2 goroutines

   running   runnable    waiting  goroutine
    11.0us      4.0us        0ns  2 
     4.6us      2.0us     11.0us  1 main.main

longest waits
    11.0us  goroutine 1 [chan receive]

1 pauses, 100ns together, the longest 100ns
";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_json_form_has_a_lane_for_each_goroutine() {
        let text = json(&example()).unwrap();
        assert!(text.contains("\"args\":{\"name\":\"G2 \"}"), "{text}");
        assert!(text.contains("\"ph\":\"X\",\"pid\":0,\"tid\":2,\"ts\":5.000,\"dur\":11.000}"), "{text}");
    }

    #[test]
    fn events_have_the_stack_that_they_waited_for_also_in_batches_that_were_taken_before() {
        let mut log = TraceLog::default();
        log.add(1, What::Known(1, GoStatus::Running));
        let count = 20_000;
        let mut bytes = HEADER.to_vec();
        // The stack that comes late is a new one, then one that is known, then there is none.
        for round in 0..3 {
            for other in 0..count {
                log.add_with_stack(2, What::Unblock(2 + other));
            }
            let batches = log.take_batches();
            assert!(!batches.is_empty() && log.wants_stack());
            for batch in batches {
                bytes.extend_from_slice(batch.bytes());
                log.give_back(batch);
            }
            log.give_stack(if round < 2 { vec![7, 8] } else { Vec::new() }, None);
            assert!(!log.wants_stack());
        }
        let place = |function: &str| Place { function: function.to_string(), ..Place::default() };
        let places = HashMap::from([(7, place("inner")), (8, place("outer"))]);
        bytes.extend(generation(&mut log, &places, 3));
        let trace = Trace::read(&bytes).unwrap();
        let woken: Vec<&Event> = trace.events.iter().filter(|event| event.kind == kind::GO_UNBLOCK).collect();
        assert_eq!(woken.len() as u64, 3 * count);
        for (i, event) in woken.iter().enumerate() {
            let place = trace.place(event, 2).map(|frame| frame.function);
            assert_eq!(place.as_deref(), (i as u64 / count < 2).then_some("inner"), "event {i}");
        }
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        assert!(summary(b"", 1).is_err() && summary(b"go 1.22 trace\0\0\0", 1).is_err());
        let mut bytes = example();
        bytes.truncate(60);
        assert!(summary(&bytes, 1).is_err());
        // A batch whose second event comes after the end of time.
        let mut late = vec![kind::BATCH, 1, 0];
        late.extend([0xff; 9]);
        late.extend([1, 4, kind::PROC_STOP, 0, kind::PROC_STOP, 1]);
        assert_eq!(summary(&[HEADER, &late[..]].concat(), 1), Err("a time is too large".to_string()));
    }
}
