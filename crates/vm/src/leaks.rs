//! Goroutines that can never go on, explained.
//!
//! A major collection finds them: what they wait on is reachable from no goroutine that can run, from no
//! variable of a package, and from no timer. Here is told what each waits for, with the source of the
//! operation, where the channel was made, who holds the lock, who else has the channel, and who waits for whom
//! in a circle.
//!
//! Where channels were made and who holds locks is known only if it was asked for from the start.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use golite_bytecode::FuncIx;
use golite_runtime::golite_gc::Addr;
use golite_runtime::goroutine::{GoroutineIx, Status, WaitReason};
use golite_runtime::report::{self, GoroutineInfo};
use golite_runtime::wait::Side;

use crate::trace::{TraceLine, file_line_at, line_at};
use crate::vm::Vm;

/// Most goroutines that are explained one by one.
pub(crate) const EXPLAINED: usize = 100;

/// Most objects that are looked at to find out whether a goroutine has a channel.
const LOOKED_AT: usize = 20_000;

/// From `RWMutex.readerSem` back to the semaphore of its mutex, `RWMutex.w`.
const READERS_TO_MUTEX: u64 = 8;

/// From `RWMutex.writerSem` to `RWMutex.readerSem`.
const WRITER_TO_READERS: u64 = 4;

/// A place in the source.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Site {
    pub(crate) function: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

impl Site {
    fn text(&self) -> String {
        format!("{}:{} in {}", self.file, self.line, self.function)
    }
}

/// A goroutine that can never go on.
#[derive(Clone, Default, Debug)]
pub(crate) struct Leak {
    pub(crate) id: u64,
    pub(crate) state: String,
    /// The source of what it waits in.
    pub(crate) operation: String,
    pub(crate) at: Site,
    pub(crate) created: Site,
    pub(crate) creator: u64,
    /// Where the channel was made.
    pub(crate) made: Option<Site>,
    /// Who holds the lock; the first if several hold it for reading.
    pub(crate) holder: Option<u64>,
    /// Who holds the lock for reading.
    readers: Vec<u64>,
    /// Who has what it waits on.
    pub(crate) others: Vec<u64>,
    /// Who waits on it too, and so wakes nobody.
    rivals: Vec<u64>,
    /// The variable of a package by which what it waits on is reachable.
    pub(crate) variable: Option<String>,
    channel: bool,
}

impl Leak {
    /// Who has what it waits on, and could wake it.
    fn wakers(&self) -> Vec<u64> {
        self.others.iter().copied().filter(|id| !self.rivals.contains(id)).collect()
    }
}

/// For each goroutine, which others wait on something that it waits on.
pub(crate) fn rivals(infos: &[GoroutineInfo]) -> Vec<Vec<u64>> {
    let mut waiters: HashMap<Addr, Vec<u64>> = HashMap::new();
    for info in infos {
        for wait in &info.waits_on {
            waiters.entry(wait.object).or_default().push(info.id);
        }
    }
    let of = |info: &GoroutineInfo| {
        let mut ids: Vec<u64> =
            info.waits_on.iter().flat_map(|wait| &waiters[&wait.object]).copied().collect();
        ids.retain(|id| *id != info.id);
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    infos.iter().map(of).collect()
}

impl Vm {
    /// Remembers where a channel is made.
    #[cold]
    pub(crate) fn note_made(&mut self, channel: Addr) {
        let frame = self.running_frame();
        if let Some(func) = frame.func {
            self.made.insert(channel, (func, frame.word));
        }
    }

    /// After a major collection: forgets channels that are gone.
    pub(crate) fn forget_made(&mut self) {
        let heap = &self.rt.heap;
        self.made.retain(|channel, _| heap.object_at(*channel).is_some_and(|object| object.base == *channel));
    }

    /// Collects, and explains the goroutines that can never go on. The text is empty if there are none.
    pub(crate) fn leak_report(&mut self) -> String {
        let leaks = self.find_leaks();
        if leaks.is_empty() {
            return String::new();
        }
        explain("can never go on", &leaks)
    }

    /// Collects, and tells which goroutines can never go on.
    pub(crate) fn find_leaks(&mut self) -> Vec<Leak> {
        self.collect_all();
        let all: Vec<GoroutineIx> = self
            .rt
            .goroutines
            .iter()
            .filter(|(_, g)| g.leaked && !g.system)
            .map(|(index, _)| index)
            .collect();
        self.look_at(&all)
    }

    /// Explains a total deadlock, in which all goroutines wait.
    pub(crate) fn deadlock_report(&mut self) -> String {
        let waits = |(index, g): (GoroutineIx, &golite_runtime::goroutine::Goroutine)| {
            (g.status == Status::Waiting && !g.system).then_some(index)
        };
        let all: Vec<GoroutineIx> = self.rt.goroutines.iter().filter_map(waits).collect();
        explain("wait for each other or for nobody", &self.look_at(&all))
    }

    fn look_at(&self, goroutines: &[GoroutineIx]) -> Vec<Leak> {
        let mut infos: Vec<GoroutineInfo> =
            goroutines.iter().map(|&index| report::describe(&self.rt, index)).collect();
        infos.sort_by_key(|info| info.id);
        let graph = infos.len() <= EXPLAINED;
        let reach: Vec<(u64, HashSet<Addr>)> = match graph {
            true => infos.iter().map(|info| (info.id, self.reachable(info.index))).collect(),
            false => Vec::new(),
        };
        let rivals = rivals(&infos);
        let leaks = infos.iter().map(|info| self.look_at_one(info, &reach));
        leaks.zip(rivals).map(|(leak, rivals)| Leak { rivals, ..leak }).collect()
    }

    fn look_at_one(&self, info: &GoroutineInfo, reach: &[(u64, HashSet<Addr>)]) -> Leak {
        let mut leak = Leak { id: info.id, state: info.state().to_string(), ..Leak::default() };
        let lines = self.trace_lines(info.index);
        let own = lines.iter().find_map(|line| match line {
            TraceLine::Frame { func, offset, .. } if !self.is_std(*func) => Some((*func, *offset)),
            _ => None,
        });
        if let Some((func, word)) = own {
            leak.at = self.leak_site(func, word);
            if let Some(entry) = line_at(self.loader.module(), func, word) {
                leak.operation = self.loader.source(entry.start, entry.end);
            }
        }
        if let Some(func) = info.creation.func {
            leak.created = self.leak_site(func, info.creation.pc);
            leak.creator = info.creation.parent;
        }
        for wait in &info.waits_on {
            leak.channel |= matches!(wait.side, Side::Send | Side::Receive);
            if let Some(&(func, word)) = self.made.get(&wait.object) {
                leak.made.get_or_insert_with(|| self.leak_site(func, word));
            }
            let lock = match info.reason {
                WaitReason::RwMutexRLock => wait.object - READERS_TO_MUTEX,
                _ => wait.object,
            };
            leak.holder = leak.holder.or(self.rt.holders.get(&lock).copied());
            if info.reason == WaitReason::RwMutexLock
                && let Some(readers) = self.rt.readers.get(&(wait.object + WRITER_TO_READERS))
            {
                leak.readers.clone_from(readers);
                leak.readers.sort_unstable();
                leak.readers.dedup();
                leak.holder = leak.readers.first().copied();
            }
            let Some(object) = self.rt.heap.object_at(wait.object) else { continue };
            leak.variable = self.variable_at(object.base);
            for (id, reached) in reach {
                if *id != info.id && reached.contains(&object.base) && !leak.others.contains(id) {
                    leak.others.push(*id);
                }
            }
        }
        leak
    }

    fn is_std(&self, func: FuncIx) -> bool {
        let module = self.loader.module();
        let file = module.functions[func.index()].file as usize;
        module.files.get(file).is_none_or(|name| name.starts_with('$'))
    }

    fn leak_site(&self, func: FuncIx, word: u32) -> Site {
        let function = &self.loader.module().functions[func.index()];
        let (file, line) = file_line_at(self.loader.module(), func, word);
        Site { function: function.name.to_string(), file: self.shown_file(file), line }
    }

    /// The variable of a package that lies in an object.
    fn variable_at(&self, base: Addr) -> Option<String> {
        let at = self.rt.program.globals.iter().position(|&addr| addr == base)?;
        self.loader.module().globals.get(at).map(|global| global.name.to_string())
    }

    /// The objects that a goroutine can reach from its stack, those of variables of packages left out.
    pub(crate) fn reachable(&self, g: GoroutineIx) -> HashSet<Addr> {
        let goroutine = self.rt.goroutines.get(g);
        let heap = &self.rt.heap;
        let mut seen = HashSet::new();
        let mut left = Vec::new();
        let variables: HashSet<Addr> = self.rt.program.held_globals().iter().copied().collect();
        let mut add = |addr: Addr, left: &mut Vec<_>| {
            if heap.contains(addr)
                && let Some(object) = heap.object_at(addr)
                && !object.immortal
                && !variables.contains(&object.base)
                && seen.len() < LOOKED_AT
                && seen.insert(object.base)
            {
                left.push(object);
            }
        };
        // What is on the stack by chance is taken for an address too: this is for a report.
        for slot in 0..self.stack_in_use(goroutine).min(goroutine.stack.slots()) {
            add(goroutine.stack.get(golite_runtime::goroutine::StackSlot(slot)), &mut left);
        }
        for record in &goroutine.defers {
            add(record.closure, &mut left);
        }
        while let Some(object) = left.pop() {
            heap.for_each_pointer(&object, &mut |_, value| add(value, &mut left));
        }
        seen
    }

    /// The leaks as texts, for package `golite/inspect`: fields end with a 0, goroutines with a 1.
    pub(crate) fn leaks_as_bytes(&mut self) -> Vec<u8> {
        let mut out = String::new();
        for leak in self.find_leaks() {
            let site = |site: &Site| [site.function.clone(), site.file.clone(), site.line.to_string()];
            let mut fields = vec![leak.id.to_string(), leak.state.clone(), leak.operation.clone()];
            fields.extend(site(&leak.at));
            fields.extend(site(&leak.created));
            fields.extend(site(&leak.made.clone().unwrap_or_default()));
            fields.push(leak.creator.to_string());
            fields.push(leak.holder.unwrap_or(0).to_string());
            let others: Vec<String> = leak.others.iter().map(u64::to_string).collect();
            fields.push(others.join(","));
            for field in fields {
                out.push_str(&field.replace(['\0', '\x01'], " "));
                out.push('\0');
            }
            out.push('\x01');
        }
        out.into_bytes()
    }
}

/// The report about goroutines.
fn explain(what: &str, leaks: &[Leak]) -> String {
    let count = leaks.len();
    let mut out = match count {
        1 => format!("golite: 1 goroutine {}\n", what.replace("wait for each other or for", "waits for")),
        _ => format!("golite: {count} goroutines {what}\n"),
    };
    for leak in leaks.iter().take(EXPLAINED) {
        let _ = writeln!(out, "\ngoroutine {} [{}]: {}", leak.id, leak.state, leak.operation);
        let _ = writeln!(out, "\tat {}", leak.at.text());
        if !leak.created.function.is_empty() {
            let _ = writeln!(out, "\tcreated at {}, goroutine {}", leak.created.text(), leak.creator);
        }
        if let Some(made) = &leak.made {
            let _ = writeln!(out, "\tthe channel was made at {}", made.text());
        }
        let list = |ids: &[u64]| {
            let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
            format!("goroutine{} {}", if ids.len() == 1 { "" } else { "s" }, ids.join(", "))
        };
        let object = if leak.channel { "the channel" } else { "what it waits on" };
        let wakers = leak.wakers();
        match (leak.holder, &leak.variable, wakers.is_empty()) {
            (Some(_), ..) if !leak.readers.is_empty() => {
                let _ = writeln!(out, "\tthe lock is held for reading by {}", list(&leak.readers));
            }
            (Some(holder), ..) if holder == leak.id => {
                out.push_str("\tit holds the lock itself\n");
            }
            (Some(holder), ..) => {
                let _ = writeln!(out, "\tthe lock is held by goroutine {holder}");
            }
            (None, Some(variable), _) => {
                let _ = writeln!(out, "\t{object} is in the variable {variable}");
            }
            (None, None, true) => {
                let _ = writeln!(out, "\tno other goroutine has {object}");
            }
            (None, None, false) => {
                let verb = if wakers.len() == 1 { "has" } else { "have" };
                let _ = writeln!(out, "\t{} {verb} {object} too", list(&wakers));
            }
        }
        if !leak.rivals.is_empty() && leak.holder.is_none() {
            let verb = if leak.rivals.len() == 1 { "waits" } else { "wait" };
            let _ = writeln!(out, "\t{} {verb} on it too", list(&leak.rivals));
        }
    }
    if count > EXPLAINED {
        let _ = writeln!(out, "\nand {} more", count - EXPLAINED);
    }
    let next = leaks.iter().filter_map(|leak| match (leak.holder, &leak.wakers()[..]) {
        (Some(holder), _) => Some((leak.id, holder)),
        (None, [only]) => Some((leak.id, *only)),
        (None, _) => None,
    });
    for circle in circles(&next.collect::<Vec<_>>()) {
        let _ = writeln!(out, "\n{circle}");
    }
    out
}

/// The circles in which goroutines wait for each other, as lines of a report. Each waits for who holds the lock, or for
/// the only other one that has the channel: given is who waits for whom.
#[must_use]
pub fn circles(waits: &[(u64, u64)]) -> Vec<String> {
    let line = |circle: Vec<u64>| {
        let text: Vec<String> = circle.iter().map(u64::to_string).collect();
        format!("circle: goroutine {} waits for {}", text[0], text[1..].join(", which waits for "))
    };
    paths(waits).into_iter().map(line).collect()
}

/// The circles, the first goroutine of each named again at the end.
fn paths(waits: &[(u64, u64)]) -> Vec<Vec<u64>> {
    let next: HashMap<u64, u64> = waits.iter().copied().collect();
    let mut found: Vec<Vec<u64>> = Vec::new();
    for &(first, _) in waits {
        if found.iter().any(|circle| circle.contains(&first)) {
            continue;
        }
        let mut path = vec![first];
        while let Some(&id) = next.get(path.last().expect("it is not empty")) {
            if id == first {
                path.push(id);
                found.push(path);
                break;
            }
            if path.contains(&id) {
                break;
            }
            path.push(id);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn circles_are_found_once() {
        let check = |waits: &[(u64, u64)], expected: &[&[u64]]| assert_eq!(paths(waits), expected);
        check(&[(1, 2), (2, 1)], &[&[1, 2, 1]]);
        check(&[(1, 1)], &[&[1, 1]]);
        check(&[(1, 2), (2, 3), (3, 2)], &[&[2, 3, 2]]);
        check(&[(1, 2), (2, 3)], &[]);
    }
}
