//! What a run came to: instructions by kind, memory, goroutines.

use std::fmt;

use golite_bytecode::{Effect, Op};

use crate::vm::Vm;

/// Kinds of instructions that the text names; the others are one line.
const SHOWN: usize = 20;

/// How often each instruction was executed, by opcode.
pub(crate) type Counts = Box<[u64]>;

/// No instruction was executed.
pub(crate) fn no_counts() -> Counts {
    vec![0; Op::ALL.len()].into_boxed_slice()
}

/// What a run came to, from its beginning to its end. The text is for people.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Instructions that were executed, by their printed names, the most frequent first.
    pub instructions: Vec<(&'static str, u64)>,
    /// Objects allocated.
    pub objects: u64,
    /// Bytes allocated.
    pub bytes: u64,
    /// Minor collections and their pauses in nanoseconds.
    pub minors: (u64, u64),
    /// Major collections and their pauses in nanoseconds.
    pub majors: (u64, u64),
    /// Goroutines started.
    pub goroutines: u64,
    /// How often a goroutine was given the processor.
    pub switches: u64,
    /// Methods that calls through interfaces did not find in the cache of methods.
    pub method_misses: u64,
}

impl Vm {
    /// What the run came to, if `VmConfig::stats` asked for it.
    #[must_use]
    pub fn stats(&self) -> Option<Stats> {
        let counts = self.counts.as_ref()?;
        let mut instructions: Vec<_> = Op::ALL
            .iter()
            .map(|op| (op.info(), counts[*op as usize]))
            .filter(|(info, count)| *count > 0 && !info.has(Effect::Internal))
            .map(|(info, count)| (info.text, count))
            .collect();
        instructions.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
        let heap = self.rt.heap.stats();
        Some(Stats {
            instructions,
            objects: heap.mallocs,
            bytes: heap.total_alloc,
            minors: (heap.num_minor, heap.minor_pause_total_ns),
            majors: (heap.num_major, heap.pause_total_ns),
            goroutines: self.rt.goroutines.started(),
            switches: self.rt.sched.switches(),
            method_misses: self.rt.types.method_misses(),
        })
    }
}

impl Stats {
    /// How often an instruction was executed, by its printed name.
    fn count(&self, name: &str) -> u64 {
        self.instructions.iter().find(|(text, _)| *text == name).map_or(0, |(_, count)| *count)
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total: u64 = self.instructions.iter().map(|(_, count)| count).sum();
        let mut line = |count: u64, name: &str| {
            let percent = count as f64 * 100.0 / (total.max(1)) as f64;
            writeln!(f, "{count:>16}  {percent:5.1} %  {name}")
        };
        line(total, "instructions")?;
        let (shown, rest) = self.instructions.split_at(self.instructions.len().min(SHOWN));
        for (name, count) in shown {
            line(*count, name)?;
        }
        if !rest.is_empty() {
            line(rest.iter().map(|(_, count)| count).sum(), &format!("{} other kinds", rest.len()))?;
        }
        let calls = self.count("call") + self.count("call.closure") + self.count("call.iface");
        writeln!(
            f,
            "calls: {calls}, {} of them through interfaces ({} methods looked up); {} of native functions",
            self.count("call.iface"),
            self.method_misses,
            self.count("call.native"),
        )?;
        writeln!(f, "allocated: {} objects, {} bytes", self.objects, self.bytes)?;
        let milliseconds = |nanoseconds: u64| nanoseconds as f64 / 1e6;
        writeln!(
            f,
            "collections: {} minor ({:.3} ms), {} major ({:.3} ms)",
            self.minors.0,
            milliseconds(self.minors.1),
            self.majors.0,
            milliseconds(self.majors.1),
        )?;
        writeln!(f, "goroutines: {} started, {} switches", self.goroutines, self.switches)
    }
}
