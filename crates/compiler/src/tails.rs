//! Jumps to a few instructions that end in a branch: the instructions take the place of the jump.
//!
//! At the end of an arm of an `if` in a loop, that is an instruction less in every round; and the processor, which
//! predicts a branch by where it is, can tell the arms apart.

use golite_bytecode::code::{decode, get_cells, set_cells};
use golite_bytecode::{Code, Effect, JumpTable, LineEntry, Op, OpInfo, Shape, Word};

/// More words before the branch are not repeated.
const MOST_WORDS: usize = 4;

/// What takes the place of a jump.
struct Tail {
    /// The first instruction.
    start: usize,
    /// The branch, and where it ends.
    branch: usize,
    end: usize,
    /// It may fall through.
    falls: bool,
}

/// Repeats what is worth it in a function's code.
pub(crate) fn repeat(code: &mut Code) {
    let tails = find(code);
    if !tails.is_empty()
        && let Some(changed) = rewrite(code, &tails)
    {
        *code = changed;
    }
}

fn info_at(words: &[Word], at: usize) -> Option<(Op, &'static OpInfo)> {
    Some((Op::from_number(words.get(at)?.op)?, decode(words, at)?))
}

/// The operand that says how far an instruction jumps, and whether backward.
fn distance_operand(info: &OpInfo) -> Option<(usize, bool)> {
    info.operands.iter().enumerate().find_map(|(index, operand)| match operand.shape {
        Shape::Forward => Some((index, false)),
        Shape::Backward => Some((index, true)),
        _ => None,
    })
}

fn distance(words: &[Word], at: usize, info: &OpInfo, index: usize) -> usize {
    let operand = &info.operands[index];
    get_cells(words, at, operand.cell, operand.cells) as usize
}

/// The jumps to be replaced, in ascending order.
fn find(code: &Code) -> Vec<(usize, Tail)> {
    let words = &code.words;
    let mut jumps = Vec::new();
    // Jumps back: from where to where.
    let mut loops = Vec::new();
    let mut at = 0;
    while let Some((op, info)) = info_at(words, at) {
        if op == Op::Jump {
            jumps.push(at);
        } else if let Some((index, true)) = distance_operand(info) {
            loops.push((at, at - distance(words, at, info, index)));
        }
        at += usize::from(info.words);
    }
    // In ascending order of where from: to where that one or a later one leads at most.
    for i in (1..loops.len()).rev() {
        loops[i - 1].1 = loops[i - 1].1.min(loops[i].1);
    }
    let mut room = 16 + words.len() / 4;
    let mut found = Vec::new();
    for at in jumps {
        let Some(tail) = tail(words, at, &loops) else { continue };
        let more = tail.end - tail.start - 1 + usize::from(tail.falls);
        if more <= room {
            room -= more;
            found.push((at, tail));
        }
    }
    found
}

fn tail(words: &[Word], jump: usize, loops: &[(usize, usize)]) -> Option<Tail> {
    let (_, info) = info_at(words, jump)?;
    let start = jump + distance(words, jump, info, 0);
    let mut at = start;
    loop {
        let (op, info) = info_at(words, at)?;
        let end = at + usize::from(info.words);
        let returns = matches!(op, Op::Ret | Op::Ret1 | Op::Ret2 | Op::Ret3 | Op::RetI32);
        if returns || info.has(Effect::Branch) {
            let tail = Tail { start, branch: at, end, falls: !info.has(Effect::End) };
            return (returns || (op != Op::Jump && in_loop(words, jump, &tail, loops))).then_some(tail);
        }
        let plain = [Effect::End, Effect::Call, Effect::Safepoint, Effect::Internal];
        if plain.iter().any(|effect| info.has(*effect)) || end - start > MOST_WORDS {
            return None;
        }
        at = end;
    }
}

/// Whether the jump and the tail are in one loop (`loops` as `find` makes it), and the branch leads to where it can from the jump too.
fn in_loop(words: &[Word], jump: usize, tail: &Tail, loops: &[(usize, usize)]) -> bool {
    let Some((_, info)) = info_at(words, tail.branch) else { return false };
    match distance_operand(info) {
        Some((index, true)) => tail.branch - distance(words, tail.branch, info, index) <= jump,
        Some((_, false)) => {
            let first = loops.partition_point(|(from, _)| *from < tail.start);
            loops.get(first).is_some_and(|(_, to)| *to <= jump)
        }
        None => false,
    }
}

/// The new code while it is written.
struct Output<'c> {
    old: &'c Code,
    words: Vec<Word>,
    lines: Vec<LineEntry>,
    /// Instructions that jump, and the places in the old code where they jump to.
    jumps: Vec<(usize, usize)>,
}

impl Output<'_> {
    fn line(&mut self, entry: LineEntry) {
        let same = |last: &LineEntry| LineEntry { pc: entry.pc, ..*last } == entry;
        if !self.lines.last().is_some_and(same) {
            self.lines.push(entry);
        }
    }

    /// Copies the instruction at `at`, with its positions; returns where it ends.
    fn copy(&mut self, at: usize) -> Option<usize> {
        let (_, info) = info_at(&self.old.words, at)?;
        let end = at + usize::from(info.words);
        let here = self.words.len();
        for word in at..end {
            let after = self.old.lines.partition_point(|entry| entry.pc as usize <= word);
            if let Some(entry) = after.checked_sub(1).map(|index| self.old.lines[index]) {
                self.line(LineEntry { pc: (here + word - at) as u32, ..entry });
            }
        }
        self.words.extend_from_slice(&self.old.words[at..end]);
        if let Some((index, back)) = distance_operand(info) {
            let by = distance(&self.old.words, at, info, index);
            self.jumps.push((here, if back { at - by } else { at + by }));
        }
        Some(end)
    }
}

/// The code with its tails; `None` if a jump would become too long.
fn rewrite(code: &Code, tails: &[(usize, Tail)]) -> Option<Code> {
    let mut out = Output {
        old: code,
        words: Vec::with_capacity(code.words.len() + 32),
        lines: Vec::with_capacity(code.lines.len() + 8),
        jumps: Vec::new(),
    };
    let mut moved = vec![0; code.words.len() + 1];
    let mut tails = tails.iter().peekable();
    let mut at = 0;
    while at < code.words.len() {
        moved[at] = out.words.len();
        let Some((_, tail)) = tails.next_if(|(jump, _)| *jump == at) else {
            at = out.copy(at)?;
            continue;
        };
        let mut from = tail.start;
        while from < tail.end {
            from = out.copy(from)?;
        }
        if tail.falls {
            // The jump itself, to where the branch falls through.
            out.copy(at)?;
            if let Some((_, target)) = out.jumps.last_mut() {
                *target = tail.end;
            }
        }
        at += usize::from(info_at(&code.words, at)?.1.words);
    }
    moved[code.words.len()] = out.words.len();
    for (at, target) in std::mem::take(&mut out.jumps) {
        let (_, info) = info_at(&out.words, at)?;
        let (index, back) = distance_operand(info)?;
        let target = moved[target];
        let by = if back { at.checked_sub(target)? } else { target.checked_sub(at)? };
        let operand = &info.operands[index];
        if operand.cells == 1 && by > usize::from(u16::MAX) {
            return None;
        }
        set_cells(&mut out.words, at, operand.cell, operand.cells, by as u64);
    }
    let place = |pc: u32| moved[pc as usize] as u32;
    let tables = code.tables.iter().map(|table| match table {
        JumpTable::Int { first, targets, default } => JumpTable::Int {
            first: *first,
            targets: targets.iter().copied().map(place).collect(),
            default: place(*default),
        },
        JumpTable::Str { cases, default } => JumpTable::Str {
            cases: cases.iter().map(|(string, to)| (*string, place(*to))).collect(),
            default: place(*default),
        },
    });
    Some(Code {
        tables: tables.collect(),
        recovery: code.recovery.map(place),
        words: out.words,
        lines: out.lines,
        ..code.clone()
    })
}
