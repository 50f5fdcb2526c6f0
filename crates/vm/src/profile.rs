//! Profiles: stacks for what the runtime has noted, and the files.
//!
//! What a profile shows of a stack are the functions of the program and of the standard packages. Frames of
//! internal packages, and of unexported functions of package sync, are left out at the top: a wait is shown at
//! `sync.(*Mutex).Lock`, as Go does.
//!
//! The CPU is sampled between short parts of a time slice, by the time that has passed (with a virtual
//! clock: by steps), so that the order in which goroutines run does not depend on it.

use std::collections::HashMap;
use std::fmt::Write;

use golite_runtime::goroutine::{GoroutineIx, Status, WaitReason};
use golite_runtime::native::{ProfileKind, ProfileRequest};
use golite_runtime::pprof::{LabelValue, Place, Profile, Sample};
use golite_runtime::profile::{CpuProfile, Labels, MAX_FRAMES};
use golite_runtime::{NativeResult, code_address, timer};

use crate::dispatch;
use crate::run::Exit;
use crate::vm::Vm;

/// Nanoseconds between samples of the CPU: 100 a second.
const CPU_PERIOD: i64 = 10_000_000;

/// Steps between two looks at the clock while the CPU is profiled.
const SAMPLED_STEPS: u64 = 4000;

impl Vm {
    // ---- samples

    /// Files what the instruction that runs has given to be sampled.
    #[cold]
    #[inline(never)]
    pub(crate) fn attend(&mut self) {
        self.rt.heap.attended();
        if self.rt.running != GoroutineIx::NONE {
            self.save_goroutine();
            self.stack_records(self.rt.running);
        }
        if !self.rt.heap.has_samples() && self.rt.profiles.unlocks.is_empty() {
            return;
        }
        let samples = self.rt.heap.take_samples();
        let unlocks = std::mem::take(&mut self.rt.profiles.unlocks);
        if self.rt.running == GoroutineIx::NONE {
            return;
        }
        self.save_goroutine();
        let mut stack = self.addresses_of(self.rt.running, MAX_FRAMES);
        let profiles = &mut self.rt.profiles;
        for (object, bytes) in samples {
            let bucket = profiles.memory.bucket(stack.clone(), bytes, None);
            profiles.memory.add(bucket, [1, bytes as i64, 0, 0]);
            self.rt.heap.number_sample(object, bucket as u64);
        }
        if !unlocks.is_empty() {
            self.trim(&mut stack);
        }
        let profiles = &mut self.rt.profiles;
        for nanoseconds in unlocks {
            let weight = profiles.mutex_fraction.max(1);
            let bucket = profiles.mutex.bucket(stack.clone(), 0, None);
            profiles.mutex.add(bucket, [weight, nanoseconds.saturating_mul(weight)]);
        }
    }

    /// Counts the sampled objects that a collection has found to be gone.
    pub(crate) fn count_freed(&mut self) {
        for bucket in self.rt.heap.take_freed_samples() {
            let memory = &mut self.rt.profiles.memory;
            let bytes = memory.buckets()[bucket as usize].size as i64;
            memory.add(bucket as usize, [0, 0, 1, bytes]);
        }
    }

    /// A goroutine that has waited goes on: files how long.
    #[cold]
    pub(crate) fn sample_wait(&mut self, g: GoroutineIx) {
        let id = self.rt.goroutines.get(g).id;
        let Some((reason, values)) = self.rt.profiles.waited(id) else { return };
        // It is behind the instruction that made it wait.
        self.rt.goroutines.get_mut(g).status = Status::Waiting;
        let mut stack = self.addresses_of(g, MAX_FRAMES);
        self.rt.goroutines.get_mut(g).status = Status::Running;
        self.trim(&mut stack);
        let leaf = match reason {
            WaitReason::ChanReceive => Some(code_address::CHAN_RECEIVE),
            WaitReason::ChanSend => Some(code_address::CHAN_SEND),
            WaitReason::Select => Some(code_address::SELECT),
            _ => None,
        };
        if let Some(leaf) = leaf {
            stack.insert(0, code_address::CodeAddress { func: leaf, pc: 0, depth: 0 }.to_word());
        }
        stack.truncate(MAX_FRAMES);
        let block = &mut self.rt.profiles.block;
        let bucket = block.bucket(stack, 0, None);
        block.add(bucket, values);
    }

    /// Leaves out the frames that a profile does not show at the top.
    fn trim(&self, stack: &mut Vec<u64>) {
        let hidden = |address: &u64| {
            let name = self.place(*address).function;
            let own =
                name.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_lowercase()));
            name.starts_with("internal/") || (name.starts_with("sync.") && own)
        };
        let count = stack.iter().take_while(|address| hidden(address)).count();
        stack.drain(..count);
    }

    /// Runs the goroutine for its budget, looking at the clock now and then: not in every slice, since many are
    /// shorter than a look takes. The clock stands still while nothing runs.
    pub(crate) fn run_sampled(&mut self) {
        let mut rest = self.budget;
        let granted = rest;
        self.cut_short = false;
        if self.rt.profiles.cpu.as_ref().is_some_and(|cpu| cpu.looked.is_none()) {
            let now = self.cpu_time(0);
            self.look(now);
        }
        loop {
            let pending = self.rt.profiles.cpu.as_ref().map_or(0, |cpu| cpu.steps);
            let part = rest.min(SAMPLED_STEPS.saturating_sub(pending).max(1));
            rest -= part;
            self.budget = part;
            let steps = self.rt.sched.steps;
            dispatch::run(self);
            // What a native charged beyond the part belongs to the rest.
            let over = (self.rt.sched.steps - steps).min(rest);
            self.rt.sched.steps -= over;
            rest -= over;
            let left = self.budget.min(part);
            if let Some(cpu) = &mut self.rt.profiles.cpu {
                cpu.steps += part - left + over;
                if cpu.steps >= SAMPLED_STEPS {
                    let now = self.cpu_time(granted - rest - left);
                    self.look(now);
                }
            }
            let more = matches!(self.exit, Exit::Preempted) && rest > 0 && !self.cut_short;
            if !more {
                if self.cut_short {
                    rest = 0;
                }
                self.budget += rest;
                return;
            }
            self.exit = Exit::None;
        }
    }

    /// The clock of the CPU profile says `now`.
    fn look(&mut self, now: i64) {
        let Some(cpu) = &mut self.rt.profiles.cpu else { return };
        cpu.steps = 0;
        let before = cpu.looked.replace(now).unwrap_or(now);
        self.sample_cpu(now - before);
    }

    /// What the CPU is measured by, after so many steps of the slice.
    fn cpu_time(&mut self, used: u64) -> i64 {
        match self.rt.sched.clock.is_virtual() {
            true => (self.rt.sched.steps + used) as i64 * timer::STEP,
            false => self.rt.host.cpu_time(),
        }
    }

    /// So much time has passed in the running goroutine.
    fn sample_cpu(&mut self, passed: i64) {
        let profiles = &mut self.rt.profiles;
        let Some(cpu) = &mut profiles.cpu else { return };
        cpu.left -= passed;
        // Of a goroutine that has ended nothing is left to be seen: the next one gets the sample.
        if cpu.left > 0 || matches!(self.exit, Exit::Finished) {
            return;
        }
        let mut count = 0;
        while cpu.left <= 0 {
            count += 1;
            // Steps pass so evenly that samples at even distances would always hit the same part of a loop.
            cpu.left += cpu.period / 2 + profiles.random.below(cpu.period as u64) as i64;
        }
        self.save_goroutine();
        let stack = self.addresses_of(self.rt.running, MAX_FRAMES);
        let profiles = &mut self.rt.profiles;
        let labels = profiles.labels(self.rt.running_id);
        if let Some(cpu) = &mut profiles.cpu {
            let bucket = cpu.table.bucket(stack, 0, labels);
            cpu.table.add(bucket, [count]);
        }
    }

    // ---- files

    /// What stands at a code address.
    pub(crate) fn place(&self, address: u64) -> Place {
        use golite_runtime::code_address::{CodeAddress, stand_in};
        let Some(place) = CodeAddress::from_word(address) else { return Place::default() };
        if let Some((name, file)) = stand_in(place.func) {
            return Place { function: name.into(), file: file.into(), line: 1, start_line: 1 };
        }
        let Some(function) = self.loader.module().functions.get(place.func.index()) else {
            return Place::default();
        };
        let (file, line) = crate::trace::file_line_at(self.loader.module(), place.func, place.pc);
        let name: &str = &function.name;
        Place {
            function: if function.wrapper { name.strip_suffix(".gowrap").unwrap_or(name) } else { name }
                .into(),
            file: self.shown_file(file),
            line: i64::from(line),
            start_line: i64::from(function.line),
        }
    }

    /// The bytes that a program asks for.
    pub(crate) fn serve_profile(&mut self, request: ProfileRequest) -> NativeResult {
        if request.kind == ProfileKind::GoroutineLeak {
            self.collect_all();
        }
        let mut profile = match (request.kind, request.text) {
            // The text form has what was sampled; the tools scale it up by the rate at its beginning.
            (ProfileKind::Memory | ProfileKind::Allocations, true) => {
                self.memory_profile("", |_, value| value)
            }
            (kind, _) => self.make_profile(kind),
        };
        if let ProfileKind::Custom { name, words } = request.kind {
            let rt = &self.rt;
            let name = String::from_utf8_lossy(&rt.copy_bytes(name.0, name.1)).into_owned();
            profile = self.counted(&name, self.custom_stacks(words));
        }
        let bytes = match request.text {
            false => self.finish_profile(profile).to_file(),
            true => self.profile_text(request.kind, &profile).into_bytes(),
        };
        self.set_native_bytes(&bytes)
    }

    /// Begins the profiles of the whole run.
    pub(crate) fn begin_profiles(&mut self) {
        let set = self.config.profiles;
        if set.cpu {
            self.begin_cpu_profile();
        }
        self.rt.profiles.block_rate = i64::from(set.block);
        self.rt.profiles.mutex_fraction = i64::from(set.mutex);
    }

    pub(crate) fn begin_cpu_profile(&mut self) {
        let (seconds, nanoseconds) = self.rt.wall_clock();
        let time = seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(nanoseconds));
        let began = timer::glance(&mut self.rt);
        self.rt.profiles.cpu = Some(CpuProfile::new(CPU_PERIOD, began, time));
    }

    /// The profiles of the whole run as files, at its end.
    pub fn profile_files(&mut self) -> Vec<(ProfileKind, Vec<u8>)> {
        let set = self.config.profiles;
        let kinds = [
            (set.cpu, ProfileKind::Cpu),
            (set.memory, ProfileKind::Memory),
            (set.block, ProfileKind::Block),
            (set.mutex, ProfileKind::Mutex),
        ];
        let wanted = kinds.into_iter().filter(|(wanted, _)| *wanted);
        wanted.map(|(_, kind)| (kind, self.profile_file(kind))).collect()
    }

    pub(crate) fn profile_file(&mut self, kind: ProfileKind) -> Vec<u8> {
        if kind == ProfileKind::Memory {
            self.count_freed();
        }
        let profile = self.make_profile(kind);
        self.finish_profile(profile).to_file()
    }

    fn custom_stacks(&self, (addr, count): (u64, u64)) -> Vec<(Vec<u64>, Option<Labels>)> {
        let mut stacks = vec![(Vec::new(), None)];
        for i in 0..count {
            match crate::regs::load::<u64>(addr + 8 * i) {
                0 => stacks.push((Vec::new(), None)),
                word => stacks.last_mut().expect("there is one").0.push(word),
            }
        }
        stacks.pop();
        stacks
    }

    /// Adds what is the same for all: the places and the time. As in Go, where goroutines return to is left out.
    fn finish_profile(&mut self, mut profile: Profile) -> Profile {
        for sample in &mut profile.samples {
            sample.stack.pop_if(|address| is_goexit(*address));
        }
        let mut places = HashMap::new();
        for &address in profile.samples.iter().flat_map(|sample| &sample.stack) {
            places.entry(address).or_insert_with(|| self.place(address));
        }
        profile.places = places;
        if profile.time == 0 {
            let (seconds, nanoseconds) = self.rt.wall_clock();
            profile.time = seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(nanoseconds));
        }
        profile
    }

    fn make_profile(&mut self, kind: ProfileKind) -> Profile {
        match kind {
            ProfileKind::Cpu => self.cpu_profile(),
            ProfileKind::Memory => self.memory_profile("", scaled_up),
            ProfileKind::Allocations => self.memory_profile("alloc_space", scaled_up),
            ProfileKind::Block => contentions(self.rt.profiles.block.buckets()),
            ProfileKind::Mutex => contentions(self.rt.profiles.mutex.buckets()),
            ProfileKind::Goroutine => {
                let stacks = self.goroutine_stacks(false);
                self.counted("goroutine", stacks)
            }
            ProfileKind::GoroutineLeak => {
                let stacks = self.goroutine_stacks(true);
                self.counted("goroutineleak", stacks)
            }
            ProfileKind::ThreadCreate => {
                let main = self.rt.goroutines.iter().map(|(_, g)| g.id).min();
                let locked =
                    self.rt.goroutines.iter().filter(|(_, g)| g.thread_locks > 0 && Some(g.id) != main);
                let stacks = vec![(Vec::new(), None); 1 + locked.count()];
                self.counted("threadcreate", stacks)
            }
            ProfileKind::Custom { .. } => Profile::default(),
        }
    }

    fn cpu_profile(&mut self) -> Profile {
        let cpu = self.rt.profiles.cpu.take().unwrap_or_default();
        let samples = cpu.table.buckets().iter().map(|bucket| Sample {
            stack: bucket.stack.to_vec(),
            values: vec![bucket.values[0], bucket.values[0] * cpu.period],
            labels: text_labels(bucket.labels.as_ref()),
        });
        Profile {
            types: vec![named("samples", "count"), named("cpu", "nanoseconds")],
            period_type: named("cpu", "nanoseconds"),
            period: cpu.period,
            time: cpu.time,
            duration: (timer::glance(&mut self.rt) - cpu.began).max(0),
            samples: samples.collect(),
            ..Profile::default()
        }
    }

    /// The memory profile, with `scale` applied to the values of objects that were sampled with that probability.
    fn memory_profile(&mut self, default_type: &str, scale: fn(f64, i64) -> i64) -> Profile {
        let rate = self.rt.heap.sampling_rate();
        let samples = self.rt.profiles.memory.buckets().iter().map(|bucket| {
            let [objects, bytes, freed, freed_bytes] = bucket.values;
            let part = match rate {
                ..=1 => 1.0,
                _ => 1.0 - (-(bucket.size as f64) / rate as f64).exp(),
            };
            let scale = |value| scale(part, value);
            Sample {
                stack: bucket.stack.to_vec(),
                values: vec![
                    scale(objects),
                    scale(bytes),
                    scale(objects - freed),
                    scale(bytes - freed_bytes),
                ],
                labels: vec![("bytes".into(), LabelValue::Bytes(bucket.size as i64))],
            }
        });
        Profile {
            types: vec![
                named("alloc_objects", "count"),
                named("alloc_space", "bytes"),
                named("inuse_objects", "count"),
                named("inuse_space", "bytes"),
            ],
            period_type: named("space", "bytes"),
            period: rate,
            default_type: default_type.into(),
            samples: samples.collect(),
            ..Profile::default()
        }
    }

    /// The stacks of the goroutines of the program, or of those that can never go on.
    fn goroutine_stacks(&mut self, leaked: bool) -> Vec<(Vec<u64>, Option<Labels>)> {
        self.save_goroutine();
        let all: Vec<(GoroutineIx, u64)> = self
            .rt
            .goroutines
            .iter()
            .filter(|(_, g)| !g.system && (!leaked || g.leaked))
            .map(|(index, g)| (index, g.id))
            .collect();
        let mut stacks = Vec::new();
        for (g, id) in all {
            let mut stack = self.addresses_of(g, MAX_FRAMES);
            if self.rt.goroutines.get(g).status == Status::Waiting {
                let park = code_address::CodeAddress { func: code_address::PARK, pc: 0, depth: 0 };
                stack.insert(0, park.to_word());
            }
            stack.truncate(MAX_FRAMES);
            stacks.push((stack, self.rt.profiles.labels(id)));
        }
        stacks
    }

    /// A profile of stacks that counts them.
    fn counted(&self, name: &str, stacks: Vec<(Vec<u64>, Option<Labels>)>) -> Profile {
        let mut order: Vec<((Vec<u64>, Option<Labels>), i64)> = Vec::new();
        let mut numbers: HashMap<(Vec<u64>, Option<Labels>), usize> = HashMap::new();
        for stack in stacks {
            let number = *numbers.entry(stack.clone()).or_insert_with(|| {
                order.push((stack, 0));
                order.len() - 1
            });
            order[number].1 += 1;
        }
        // The most frequent first.
        order.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let samples = order.into_iter().map(|((stack, labels), count)| Sample {
            stack,
            values: vec![count],
            labels: text_labels(labels.as_ref()),
        });
        Profile {
            types: vec![named(name, "count")],
            period_type: named(name, "count"),
            period: 1,
            samples: samples.collect(),
            ..Profile::default()
        }
    }

    // ---- texts

    /// The profile in Go's older form, for people: `WriteTo(w, 1)`.
    fn profile_text(&self, kind: ProfileKind, profile: &Profile) -> String {
        let total = |i: usize| profile.samples.iter().map(|sample| sample.values[i]).sum::<i64>();
        let mut out = String::new();
        let samples = profile.samples.iter();
        match kind {
            ProfileKind::Cpu => {}
            ProfileKind::Memory | ProfileKind::Allocations => {
                let record =
                    |values: &[i64]| format!("{}: {} [{}: {}]", values[2], values[3], values[0], values[1]);
                let totals: Vec<i64> = (0..4).map(total).collect();
                let rate = 2 * profile.period;
                let _ = writeln!(out, "heap profile: {} @ heap/{rate}", record(&totals));
                for sample in samples {
                    self.write_stack(&record(&sample.values), &sample.stack, &mut out);
                }
            }
            ProfileKind::Block | ProfileKind::Mutex => {
                let mutex = kind == ProfileKind::Mutex;
                out.push_str(if mutex { "--- mutex:\n" } else { "--- contention:\n" });
                out.push_str("cycles/second=1000000000\n");
                if mutex {
                    let _ = writeln!(out, "sampling period={}", self.rt.profiles.mutex_fraction);
                }
                let mut sorted: Vec<&Sample> = samples.collect();
                sorted.sort_by_key(|sample| std::cmp::Reverse(sample.values[1]));
                for sample in sorted {
                    let record = format!("{} {}", sample.values[1], sample.values[0]);
                    self.write_stack(&record, &sample.stack, &mut out);
                }
            }
            ProfileKind::Goroutine
            | ProfileKind::GoroutineLeak
            | ProfileKind::ThreadCreate
            | ProfileKind::Custom { .. } => {
                let _ = writeln!(out, "{} profile: total {}", profile.types[0].0, total(0));
                for sample in samples {
                    let mut labels = String::new();
                    if !sample.labels.is_empty() {
                        let texts = sample.labels.iter().map(|(key, value)| match value {
                            LabelValue::Text(text) => format!("{key:?}:{text:?}"),
                            LabelValue::Bytes(bytes) => format!("{key:?}:{bytes}"),
                        });
                        labels = format!("# labels: {{{}}}\n", texts.collect::<Vec<_>>().join(", "));
                    }
                    self.write_labelled_stack(
                        &sample.values[0].to_string(),
                        &sample.stack,
                        &labels,
                        &mut out,
                    );
                }
            }
        }
        out
    }

    fn write_stack(&self, record: &str, stack: &[u64], out: &mut String) {
        self.write_labelled_stack(record, stack, "", out);
    }

    fn write_labelled_stack(&self, record: &str, stack: &[u64], labels: &str, out: &mut String) {
        let _ = write!(out, "{record} @");
        for address in stack {
            let _ = write!(out, " {address:#x}");
        }
        let _ = write!(out, "\n{labels}");
        // The runtime's own functions are shown only where it is called by the program.
        let hidden =
            stack.iter().take_while(|address| self.place(**address).function.starts_with("runtime."));
        let hidden = hidden.count();
        let lines: Vec<[String; 3]> = stack[if hidden == stack.len() { 0 } else { hidden }..]
            .iter()
            .filter_map(|&address| {
                if is_goexit(address) {
                    return None;
                }
                let place = self.place(address);
                let at = code_address::CodeAddress::from_word(address)?;
                (!place.function.is_empty()).then(|| {
                    [
                        format!("{address:#x}"),
                        format!("{}+{:#x}", place.function, at.pc),
                        format!("{}:{}", place.file, place.line),
                    ]
                })
            })
            .collect();
        // Columns are as wide as the widest cell, in steps of eight.
        let width = |column: usize| lines.iter().map(|line| line[column].len() / 8 + 1).max().unwrap_or(0);
        let (first, second) = (width(0), width(1));
        for [address, function, position] in &lines {
            let tabs = |text: &str, width: usize| "\t".repeat(width - text.len() / 8);
            let _ = writeln!(
                out,
                "#\t{address}{}{function}{}{position}",
                tabs(address, first),
                tabs(function, second)
            );
        }
        out.push('\n');
    }
}

fn is_goexit(address: u64) -> bool {
    let place = code_address::CodeAddress::from_word(address);
    place.is_some_and(|place| place.func == code_address::GOEXIT)
}

/// How many there were of what was sampled with a probability.
fn scaled_up(part: f64, value: i64) -> i64 {
    if part < 1.0 { (value as f64 / part) as i64 } else { value }
}

fn named(name: &str, unit: &str) -> (String, String) {
    (name.to_string(), unit.to_string())
}

fn text_labels(labels: Option<&Labels>) -> Vec<(String, LabelValue)> {
    let labels = labels.into_iter().flat_map(|labels| labels.iter());
    labels.map(|(key, value)| (key.clone(), LabelValue::Text(value.clone()))).collect()
}

fn contentions(buckets: &[golite_runtime::profile::Bucket<2>]) -> Profile {
    let samples = buckets.iter().map(|bucket| Sample {
        stack: bucket.stack.to_vec(),
        values: bucket.values.to_vec(),
        labels: Vec::new(),
    });
    Profile {
        types: vec![named("contentions", "count"), named("delay", "nanoseconds")],
        period_type: named("contentions", "count"),
        period: 1,
        samples: samples.collect(),
        ..Profile::default()
    }
}
