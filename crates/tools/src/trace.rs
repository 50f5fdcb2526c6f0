//! Traces: read back, and shown as a summary or as JSON for Perfetto and Chrome.
//!
//! Only what go-lite writes is understood (version 2 as of Go 1.26, one thread). A trace is looked at one generation
//! after the other: it may be much longer than what is said about it.

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

/// The most numbers that an event has.
const MOST_ARGS: usize = 4;

/// An event: when, its kind, its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Event {
    time: u64,
    kind: u8,
    args: [u64; MOST_ARGS],
}

/// A frame of a stack: the numbers of its texts.
#[derive(Clone, Copy, Debug)]
struct FrameNumbers {
    function: u64,
    file: u64,
    line: u64,
}

/// A part of a trace that is understood without the others.
#[derive(Default, Debug)]
struct Generation {
    events: Vec<Event>,
    strings: HashMap<u64, String>,
    stacks: HashMap<u64, Vec<FrameNumbers>>,
    /// When it ended.
    end: u64,
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

/// Reads a trace, one generation after the other.
fn read(bytes: &[u8], mut each: impl FnMut(&Generation)) -> Result<(), String> {
    let Some(rest) = bytes.strip_prefix(HEADER) else {
        return Err("not a trace that go-lite made".into());
    };
    let mut bytes = Bytes(rest);
    let mut generation = Generation::default();
    while !bytes.0.is_empty() {
        match bytes.byte()? {
            // The last one may be without its end: the program was killed.
            kind::END => {
                each(&generation);
                generation.clear();
            }
            kind::BATCH => {
                let (_generation, _thread) = (bytes.number()?, bytes.number()?);
                let base = bytes.number()?;
                let len = bytes.number()?;
                generation.read_batch(Bytes(bytes.take(len)?), base)?;
            }
            other => return Err(format!("a batch cannot begin with {other}")),
        }
    }
    if !generation.events.is_empty() {
        each(&generation);
    }
    Ok(())
}

impl Generation {
    fn clear(&mut self) {
        self.events.clear();
        self.strings.clear();
        self.stacks.clear();
        self.end = 0;
    }

    fn read_batch(&mut self, mut payload: Bytes<'_>, base: u64) -> Result<(), String> {
        match payload.0.first() {
            None => return Ok(()),
            Some(&kind::SYNC) => {
                let [_, _, _frequency] = [payload.number()?, payload.number()?, payload.number()?];
                payload.byte()?;
                self.end = base.checked_add(payload.number()?).ok_or("a time is too large")?;
                return Ok(());
            }
            Some(&kind::STRINGS) => {
                payload.byte()?;
                while !payload.0.is_empty() {
                    payload.byte()?;
                    let (number, len) = (payload.number()?, payload.number()?);
                    let text = String::from_utf8_lossy(payload.take(len)?).into_owned();
                    self.strings.insert(number, text);
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
                        frames.push(FrameNumbers { function, file, line });
                    }
                    self.stacks.insert(number, frames);
                }
                return Ok(());
            }
            Some(_) => {}
        }
        let mut time = base;
        while !payload.0.is_empty() {
            let kind = payload.byte()?;
            time = time.checked_add(payload.number()?).ok_or("a time is too large")?;
            let mut args = [0; MOST_ARGS];
            for arg in &mut args[..arguments(kind)?] {
                *arg = payload.number()?;
            }
            self.events.push(Event { time, kind, args });
        }
        Ok(())
    }

    fn string(&self, event: &Event, arg: usize) -> &str {
        self.text(event.args[arg])
    }

    fn text(&self, number: u64) -> &str {
        self.strings.get(&number).map_or("", |text| text)
    }

    /// The innermost frame of the program's own functions, or else the innermost.
    fn place(&self, event: &Event, arg: usize) -> Option<Frame> {
        let frames = self.stacks.get(&event.args[arg])?;
        let own = frames.iter().find(|frame| !self.text(frame.file).starts_with('$'));
        own.or(frames.first()).map(|frame| Frame {
            function: self.text(frame.function).to_string(),
            file: self.text(frame.file).to_string(),
            line: frame.line,
        })
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

/// Why the program stopped, when, and for how long.
struct Stop {
    why: String,
    from: u64,
    length: u64,
}

/// What is found out about a trace.
#[derive(Default)]
struct Story {
    events: u64,
    goroutines: BTreeMap<u64, Goroutine>,
    /// How many waits are of interest.
    most: usize,
    /// The longest of them so far, and a few more.
    waits: Vec<Wait>,
    /// Where goroutines ran, in the last generation.
    spans: Vec<Span>,
    /// Where the program stopped, in the last generation.
    stops: Vec<Stop>,
    /// How often it stopped, for how long in all and at most.
    stopped: (u64, u64, u64),
    begin: Option<u64>,
    end: u64,
    /// Who runs.
    running: u64,
    /// Why the program stands still, and since when.
    stop: Option<(String, u64)>,
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
            if self.waits.len() >= self.most.saturating_mul(2).max(1000) {
                self.keep_longest();
            }
        }
        if before == State::Runs && passed > 0 {
            self.spans.push(Span { goroutine: id, from: since, to: time });
        }
    }

    /// Keeps those waits that are of interest.
    fn keep_longest(&mut self) {
        self.waits.sort_by_key(|wait| std::cmp::Reverse(wait.length));
        self.waits.truncate(self.most);
    }

    /// Goes on with the next generation.
    fn hear(&mut self, generation: &Generation) {
        self.spans.clear();
        self.stops.clear();
        self.events += generation.events.len() as u64;
        for event in &generation.events {
            let time = event.time;
            self.begin.get_or_insert(time);
            self.end = time;
            let first = event.args[0];
            match event.kind {
                kind::GO_STATUS => {
                    let state = match event.args[2] {
                        2 => State::Runs,
                        4 => State::Waits,
                        _ => State::CanRun,
                    };
                    if state == State::Runs {
                        self.running = first;
                    }
                    self.goroutine(first, time, state);
                }
                kind::GO_CREATE => {
                    let name = generation.place(event, 1).map_or(String::new(), |frame| frame.function);
                    self.goroutine(first, time, State::CanRun).name = name;
                }
                kind::GO_START => {
                    self.change(first, time, State::Runs, "", None);
                    self.running = first;
                }
                kind::GO_STOP => self.change(self.running, time, State::CanRun, "", None),
                kind::GO_BLOCK => {
                    let (reason, at) = (generation.string(event, 0), generation.place(event, 1));
                    self.change(self.running, time, State::Waits, reason, at);
                }
                kind::GO_UNBLOCK => self.change(first, time, State::CanRun, "", None),
                kind::GO_DESTROY => self.change(self.running, time, State::Ended, "", None),
                kind::STW_BEGIN => self.stop = Some((generation.string(event, 0).to_string(), time)),
                kind::STW_END => {
                    if let Some((why, from)) = self.stop.take() {
                        let length = time.saturating_sub(from);
                        let (count, all, longest) = &mut self.stopped;
                        *count += 1;
                        add(all, length);
                        *longest = length.max(*longest);
                        self.stops.push(Stop { why, from, length });
                    }
                }
                _ => {}
            }
        }
        self.end = self.end.max(generation.end);
    }

    /// The trace has ended: so has what goroutines did then.
    fn finish(&mut self) {
        self.spans.clear();
        self.stops.clear();
        let open: Vec<u64> = self.goroutines.keys().copied().collect();
        for id in open {
            let goroutine = &self.goroutines[&id];
            let (state, reason, at) = (goroutine.state, goroutine.reason.clone(), goroutine.at.clone());
            if state != State::Ended {
                self.change(id, self.end, state, &reason, at);
            }
        }
        self.keep_longest();
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
    let mut story = Story { most, ..Story::default() };
    read(bytes, |generation| story.hear(generation))?;
    story.finish();
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{} events in {}, {} goroutines\n",
        story.events,
        duration(story.end.saturating_sub(story.begin.unwrap_or(story.end))),
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
    if !story.waits.is_empty() {
        out.push_str("\nlongest waits\n");
    }
    for wait in &story.waits {
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
    if let (count @ 1.., total, longest) = story.stopped {
        let [total, longest] = [total, longest].map(duration);
        let _ = writeln!(out, "\n{count} pauses, {total} together, the longest {longest}");
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
    let mut story = Story::default();
    let mut events = Lines::default();
    let mut running = 0;
    read(bytes, |generation| {
        story.hear(generation);
        let begin = story.begin.unwrap_or(0);
        write_spans(&story, &mut events);
        for event in &generation.events {
            running = write_event(generation, event, begin, running, &mut events);
        }
    })?;
    story.finish();
    write_spans(&story, &mut events);
    let mut lane = |id: u64, name: &str| {
        let name = quoted(name);
        events.add(format_args!(
            "{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":0,\"tid\":{id},\"args\":{{\"name\":{name}}}}}"
        ));
    };
    lane(0, "pauses");
    for (id, goroutine) in &story.goroutines {
        lane(*id, &format!("G{id} {}", goroutine.name));
    }
    Ok(format!("{{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n{}\n]}}\n", events.0))
}

/// Values of a list, one a line.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, line: std::fmt::Arguments<'_>) {
        if !self.0.is_empty() {
            self.0.push_str(",\n");
        }
        let _ = self.0.write_fmt(line);
    }
}

/// Microseconds since the trace began.
fn micros(begin: u64, time: u64) -> f64 {
    time.saturating_sub(begin) as f64 / 1e3
}

/// Where goroutines ran and where the program stopped, in the last generation.
fn write_spans(story: &Story, events: &mut Lines) {
    let begin = story.begin.unwrap_or(0);
    for span in &story.spans {
        events.add(format_args!(
            "{{\"name\":\"running\",\"ph\":\"X\",\"pid\":0,\"tid\":{},\"ts\":{:.3},\"dur\":{:.3}}}",
            span.goroutine,
            micros(begin, span.from),
            (span.to - span.from) as f64 / 1e3
        ));
    }
    for Stop { why, from, length } in &story.stops {
        events.add(format_args!(
            "{{\"name\":{},\"ph\":\"X\",\"pid\":0,\"tid\":0,\"ts\":{:.3},\"dur\":{:.3}}}",
            quoted(why),
            micros(begin, *from),
            *length as f64 / 1e3
        ));
    }
}

/// An event that is more than the change of what a goroutine does. Returns who runs after it.
fn write_event(generation: &Generation, event: &Event, begin: u64, running: u64, events: &mut Lines) -> u64 {
    let time = micros(begin, event.time);
    let text = |arg| quoted(generation.string(event, arg));
    let first = event.args[0];
    match event.kind {
        kind::GO_STATUS if event.args[2] == 2 => return first,
        kind::GO_START => return first,
        kind::HEAP_ALLOC => events.add(format_args!(
            "{{\"name\":\"Heap\",\"ph\":\"C\",\"pid\":0,\"ts\":{time:.3},\"args\":{{\"Allocated\":{first}}}}}"
        )),
        kind::REGION_BEGIN | kind::REGION_END => {
            let phase = if event.kind == kind::REGION_BEGIN { "B" } else { "E" };
            events.add(format_args!(
                "{{\"name\":{},\"ph\":\"{phase}\",\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
                text(1)
            ));
        }
        kind::TASK_BEGIN => events.add(format_args!(
            "{{\"name\":{},\"cat\":\"task\",\"ph\":\"b\",\"id\":{first},\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
            text(2)
        )),
        kind::TASK_END => events.add(format_args!(
            "{{\"name\":\"\",\"cat\":\"task\",\"ph\":\"e\",\"id\":{first},\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}"
        )),
        kind::LOG => events.add(format_args!(
            "{{\"name\":{},\"ph\":\"I\",\"s\":\"t\",\"pid\":0,\"tid\":{running},\"ts\":{time:.3}}}",
            text(2)
        )),
        _ => {}
    }
    running
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
12 events in 19.0us, 2 goroutines

   running   runnable    waiting  goroutine
    11.0us      4.0us        0ns  2 
     6.0us      2.0us     11.0us  1 main.main

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
        let mut woken = 0;
        read(&bytes, |generation| {
            for event in generation.events.iter().filter(|event| event.kind == kind::GO_UNBLOCK) {
                let place = generation.place(event, 2).map(|frame| frame.function);
                assert_eq!(place.as_deref(), (woken / count < 2).then_some("inner"), "event {woken}");
                woken += 1;
            }
        })
        .unwrap();
        assert_eq!(woken, 3 * count);
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
