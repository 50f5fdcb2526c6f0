//! What is known when a program fails, for whoever explains it with the source at hand.

use std::collections::HashSet;

use golite_bytecode::{FuncIx, Op};
use golite_runtime::goroutine::{GoroutineIx, Status};
use golite_runtime::report::{self, GoroutineInfo};

use crate::leaks::{EXPLAINED, rivals};
use crate::operands;
use crate::trace::{TraceLine, file_line_at, line_at};
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
    /// The numbers of other goroutines that can reach what it waits on.
    pub holders: Vec<u64>,
    /// It waits for a lock.
    pub lock: bool,
    /// Where the channel was made.
    pub made: Option<Site>,
    /// By whom and where it was started.
    pub created: Option<(u64, Site)>,
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

    fn site(&self, func: FuncIx, word: u32, at: Option<(u32, u32)>) -> Site {
        let module = self.loader.module();
        let function = &module.functions[func.index()];
        let entry = line_at(module, func, word);
        let (file, line) = at.unwrap_or_else(|| file_line_at(module, func, word));
        Site {
            function: function.name.to_string(),
            file: module.files.get(file as usize).map_or_else(String::new, ToString::to_string),
            line,
            span: entry.map_or((0, 0), |entry| (entry.start, entry.end)),
        }
    }

    fn sites(&self, g: GoroutineIx) -> Vec<Site> {
        let lines = self.trace_lines(g);
        let frames = lines.iter().enumerate().filter_map(|(i, line)| match line {
            TraceLine::Frame { func, file, line, offset, .. } => {
                let word = if i == 0 { self.fault_word(*func, *offset) } else { *offset };
                Some(self.site(*func, word, Some((*file, *line))))
            }
            TraceLine::Panic(_) | TraceLine::Goexit => None,
        });
        frames.collect()
    }

    fn waiting(&self) -> Vec<Waiting> {
        let all = report::list(&self.rt).into_iter();
        let waiting: Vec<_> = all.filter(|info| !info.system && info.status == Status::Waiting).collect();
        // Of very many it would take too long.
        let looked_at = if waiting.len() <= EXPLAINED { &waiting[..] } else { &[] };
        let reach: Vec<_> = looked_at.iter().map(|info| (info.id, self.reachable(info.index))).collect();
        let rivals = rivals(&waiting);
        let describe = |(info, together): (&GoroutineInfo, Vec<u64>)| {
            let base = |object| self.rt.heap.object_at(object).map(|object| object.base);
            let own: Vec<_> = info.waits_on.iter().filter_map(|wait| base(wait.object)).collect();
            let has = |(id, reached): &&(u64, _)| {
                *id != info.id
                    && !together.contains(id)
                    && own.iter().any(|base| HashSet::contains(reached, base))
            };
            let made = info.waits_on.iter().find_map(|wait| self.made.get(&wait.object));
            let creation = info.creation;
            Waiting {
                id: info.id,
                reason: info.reason.text(),
                lock: info.reason.is_lock(),
                sites: self.sites(info.index),
                holders: reach.iter().filter(has).map(|(id, _)| *id).collect(),
                made: made.map(|&(func, word)| self.site(func, word, None)),
                created: creation.func.map(|func| (creation.parent, self.site(func, creation.pc, None))),
                together,
            }
        };
        waiting.iter().zip(rivals).map(describe).collect()
    }
}
