//! What is known when a program fails, for whoever explains it with the source at hand.

use golite_bytecode::{FuncIx, Op};
use golite_runtime::goroutine::{GoroutineIx, StackSlot, Status};
use golite_runtime::report;

use crate::operands;
use crate::trace::{TraceLine, line_at};
use crate::vm::Vm;

/// A place in a function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The function's name.
    pub function: String,
    /// The file as the module names it; those of standard packages begin with `$`.
    pub file: String,
    /// The line.
    pub line: u32,
    /// The source span, as global offsets; both 0 if it is not known.
    pub span: (u32, u32),
}

/// A goroutine that waits when all do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its number; main's is 1.
    pub id: u64,
    /// Why it waits, in Go's words.
    pub reason: &'static str,
    /// Its frames, innermost first.
    pub sites: Vec<Site>,
    /// The numbers of goroutines that wait on the same object.
    pub together: Vec<u64>,
    /// The numbers of other goroutines that have the channel in a variable or argument.
    pub holders: Vec<u64>,
}

/// How a program failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Go's text, without tracebacks.
    pub text: String,
    /// The frames of the goroutine that failed, innermost first.
    pub sites: Vec<Site>,
    /// Where the channel was closed, if the failure is about a closed one.
    pub closed: Option<Site>,
    /// The other side of a concurrent use of a map: the number of the goroutine that wrote to it before, and where
    /// that was stopped in the same time slice.
    pub writer: Option<(u64, Site)>,
    /// All goroutines that wait, if that is the failure.
    pub waiting: Vec<Waiting>,
    /// The seed of the run.
    pub seed: u64,
}

impl Vm {
    /// The explanation of a failure: empty unless it was asked for.
    pub(crate) fn explain(&self, text: &str, failed: Option<GoroutineIx>) -> String {
        if !self.config.explain {
            return String::new();
        }
        let sites = failed.map_or_else(Vec::new, |g| self.sites(g));
        let about_closed =
            text.contains("send on closed channel") || text.contains("close of closed channel");
        let failure = Failure {
            text: text.to_string(),
            sites,
            closed: if about_closed { self.close_of_operand() } else { None },
            writer: if text.contains("concurrent map") { self.other_writer() } else { None },
            waiting: if failed.is_none() { self.waiting() } else { Vec::new() },
            seed: self.config.runtime.seed,
        };
        self.loader.explain(&failure)
    }

    /// Who else wrote to the map that is used by two goroutines at once.
    fn other_writer(&self) -> Option<(u64, Site)> {
        let goroutine = self.rt.goroutines.living(self.rt.racing)?;
        let own = |site: &Site| !site.file.starts_with('$');
        self.sites(self.rt.racing).into_iter().find(own).map(|site| (goroutine.id, site))
    }

    /// Remembers where the running instruction closes a channel.
    pub(crate) fn note_close(&mut self, channel: u64) {
        if self.config.explain {
            let frame = self.running_frame();
            if let Some(func) = frame.func {
                self.closes.insert(channel, (func, frame.word));
            }
        }
    }

    /// Where the channel of the running instruction was closed.
    fn close_of_operand(&self) -> Option<Site> {
        let op = Op::from_number(self.instruction().first()?.op)?;
        let channel = match op {
            Op::ChanSend => self.get(self.operands::<operands::ChanSend>().ch),
            Op::ChanClose => self.get(self.operands::<operands::ChanClose>().ch),
            _ => return None,
        };
        let (func, word) = *self.closes.get(&channel)?;
        Some(self.site(func, word, None))
    }

    fn site(&self, func: FuncIx, word: u32, line: Option<u32>) -> Site {
        let module = self.loader.module();
        let function = &module.functions[func.index()];
        let entry = line_at(module, func, word);
        Site {
            function: function.name.to_string(),
            file: module.files.get(function.file as usize).map_or_else(String::new, ToString::to_string),
            line: line.or(entry.map(|entry| entry.line)).unwrap_or(function.line),
            span: entry.map_or((0, 0), |entry| (entry.start, entry.end)),
        }
    }

    fn sites(&self, g: GoroutineIx) -> Vec<Site> {
        let lines = self.trace_lines(g);
        let frames = lines.iter().enumerate().filter_map(|(i, line)| match line {
            TraceLine::Frame { func, line, offset } => {
                let word = if i == 0 { self.fault_word(*func, *offset) } else { *offset };
                Some(self.site(*func, word, Some(*line)))
            }
            TraceLine::Panic | TraceLine::Goexit => None,
        });
        frames.collect()
    }

    fn waiting(&self) -> Vec<Waiting> {
        let all = report::list(&self.rt);
        let waiting: Vec<_> =
            all.iter().filter(|info| !info.system && info.status == Status::Waiting).collect();
        let objects = |info: &report::GoroutineInfo| -> Vec<u64> {
            info.waits_on.iter().map(|waits| waits.object).collect()
        };
        waiting
            .iter()
            .map(|info| {
                let own = objects(info);
                let shares = |other: &report::GoroutineInfo| objects(other).iter().any(|o| own.contains(o));
                let others = || waiting.iter().filter(|other| other.id != info.id);
                let has = |other: &report::GoroutineInfo| {
                    let goroutine = self.rt.goroutines.get(other.index);
                    // What lies above its frames is left over.
                    let pc: *const golite_bytecode::Word =
                        std::ptr::with_exposed_provenance(goroutine.pc as usize);
                    let frame = self.frame_at(goroutine.base, self.code.call_place(pc));
                    let end = (frame.base.0 + self.frame_size(frame)).min(goroutine.stack.slots());
                    goroutine.pc != 0
                        && (0..end).any(|slot| {
                            let slot = StackSlot(slot);
                            own.contains(&goroutine.stack.get(slot))
                        })
                };
                Waiting {
                    id: info.id,
                    reason: info.reason.text(),
                    sites: self.sites(info.index),
                    together: others().filter(|other| shares(other)).map(|other| other.id).collect(),
                    holders: others()
                        .filter(|other| !shares(other) && has(other))
                        .map(|other| other.id)
                        .collect(),
                }
            })
            .collect()
    }
}
