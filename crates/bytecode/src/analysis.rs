//! Safepoint maps: which registers are live at an instruction, and what they hold.
//!
//! Two data-flow analyses over the basic blocks of a function, both from the bytecode alone: kinds
//! forward (a register holds what the last write put there; different kinds on different paths make
//! it unusable), liveness backward. A register is in the map of a pc iff it may be read before it
//! is written on some path from there: a dead register keeps nothing alive.
//!
//! An instruction that may panic, in a function with a recovery point, has an edge to that point.
//! Computed when the collector first meets a frame of the function.

use crate::code::decode;
use crate::flow::{BadOperand, Step, Written, instruction_starts, may_panic, step_of, successors};
use crate::module::{CONTEXT, Code, Function, LINK_SLOTS, Module};
use crate::op::{Effect, Op};
use crate::operand::{Kind, Reg};

/// Live registers and their kinds, for every pc of one function.
#[derive(Debug)]
pub struct FrameMaps {
    blocks: Vec<Block>,
    /// Slots of the frame.
    slots: usize,
}

#[derive(Debug)]
struct Block {
    start: u32,
    end: u32,
    successors: Vec<u32>,
    /// Kinds of all slots at the start; empty if no path leads here.
    kinds: Vec<Kind>,
    /// One bit a slot: live at the end.
    live_out: Vec<u64>,
}

/// Why a function cannot be analysed: where, and what is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FlowError {
    /// The instruction's word index.
    pub pc: u32,
    /// The reason in words.
    pub reason: String,
}

fn at_pc(pc: usize) -> impl Fn(BadOperand) -> FlowError {
    move |bad| FlowError { pc: pc as u32, reason: bad.0 }
}

impl FrameMaps {
    /// Analyses a function.
    ///
    /// # Errors
    /// As `check`.
    pub fn new(module: &Module, function: &Function, code: &Code) -> Result<FrameMaps, FlowError> {
        let starts = instruction_starts(&code.words)
            .map_err(|pc| FlowError { pc: pc as u32, reason: "not an instruction".into() })?;
        let mut maps = FrameMaps::split(code, &starts)?;
        maps.flow_kinds(module, function, code)?;
        maps.flow_liveness(module, function, code)?;
        Ok(maps)
    }

    fn split(code: &Code, starts: &[u32]) -> Result<FrameMaps, FlowError> {
        Ok(FrameMaps { blocks: split_blocks(code, starts)?, slots: usize::from(code.frame_slots) })
    }

    /// The verifier's data-flow part, for a function whose instructions start at `starts`.
    ///
    /// # Errors
    /// When an operand does not exist, a jump leads between instructions or out of the code, a slot is
    /// outside the frame or in its link, or one is read that holds another kind than the instruction
    /// wants.
    pub(crate) fn check(
        module: &Module,
        function: &Function,
        code: &Code,
        starts: &[u32],
    ) -> Result<(), FlowError> {
        FrameMaps::split(code, starts)?.flow_kinds(module, function, code)
    }

    /// The registers live into the instruction at `pc`, ascending, with their kinds.
    ///
    /// # Panics
    /// When the arguments are not the ones `new` was called with, or `pc` is not an instruction.
    #[must_use]
    pub fn live_in(&self, module: &Module, function: &Function, code: &Code, pc: u32) -> Vec<(Reg, Kind)> {
        let index = self.blocks.partition_point(|block| block.start <= pc) - 1;
        let block = &self.blocks[index];
        let mut kinds = block.kinds.clone();
        if kinds.is_empty() {
            return Vec::new();
        }
        let mut step = Step::default();
        let mut behind = Vec::new();
        let mut at = block.start as usize;
        while at < block.end as usize {
            let info = decode(&code.words, at).expect("analysed code decodes");
            step_of(module, function, code, at, info, &mut step).expect("analysed code has good operands");
            if at < pc as usize {
                apply_kinds(&step, &mut kinds);
            } else {
                behind.push(at);
            }
            at += usize::from(info.words);
        }
        let mut live = block.live_out.clone();
        for at in behind.into_iter().rev() {
            let info = decode(&code.words, at).expect("analysed code decodes");
            step_of(module, function, code, at, info, &mut step).expect("analysed code has good operands");
            apply_liveness(&step, &mut live);
            if let Some(recovery) = code.recovery.filter(|_| may_panic(info)) {
                self.add_live_in(module, function, code, recovery, &mut live);
            }
        }
        let slots = 0..code.frame_slots;
        slots.filter(|slot| bit(&live, *slot)).map(|slot| (Reg(slot), kinds[usize::from(slot)])).collect()
    }

    fn add_live_in(&self, module: &Module, function: &Function, code: &Code, pc: u32, live: &mut [u64]) {
        let block = &self.blocks[self.blocks.partition_point(|block| block.start <= pc) - 1];
        let at_start = self.block_live_in(module, function, code, block);
        live.iter_mut().zip(at_start).for_each(|(word, more)| *word |= more);
    }

    /// Live slots at a block's start. The recovery block itself has no panic edge to itself that
    /// could add anything: what it needs is what it needs.
    fn block_live_in(&self, module: &Module, function: &Function, code: &Code, block: &Block) -> Vec<u64> {
        let mut live = block.live_out.clone();
        let mut step = Step::default();
        for at in block_starts(code, block).into_iter().rev() {
            let info = decode(&code.words, at).expect("analysed code decodes");
            if step_of(module, function, code, at, info, &mut step).is_ok() {
                apply_liveness(&step, &mut live);
            }
        }
        live
    }

    fn index_of(&self, pc: u32) -> usize {
        self.blocks.partition_point(|block| block.start <= pc) - 1
    }

    fn flow_kinds(&mut self, module: &Module, function: &Function, code: &Code) -> Result<(), FlowError> {
        let signature = module
            .signatures
            .get(function.signature.index())
            .ok_or_else(|| FlowError { pc: 0, reason: "the function has no signature".into() })?;
        let slots = usize::from(code.frame_slots);
        if slots < usize::from(signature.first_local().0) {
            return Err(FlowError { pc: 0, reason: "the frame is smaller than its parameters".into() });
        }
        let mut entry = vec![Kind::Unset; slots];
        if !function.captures.is_empty() {
            entry[usize::from(CONTEXT.0)] = Kind::Ptr;
        }
        let first = usize::from(LINK_SLOTS) + signature.results.len();
        entry[first..first + signature.params.len()].copy_from_slice(&signature.params);
        if self.blocks.is_empty() {
            return Err(FlowError { pc: 0, reason: "no code".into() });
        }
        self.blocks[0].kinds = entry;
        let recovery = code.recovery.map(|pc| self.index_of(pc));
        let mut work = vec![0];
        let mut queued = vec![false; self.blocks.len()];
        let mut step = Step::default();
        while let Some(index) = work.pop() {
            queued[index] = false;
            let mut kinds = self.blocks[index].kinds.clone();
            let (mut at, end) = (self.blocks[index].start as usize, self.blocks[index].end as usize);
            while at < end {
                let info = decode(&code.words, at).expect("blocks are made of instructions");
                step_of(module, function, code, at, info, &mut step).map_err(at_pc(at))?;
                check_step(function, code, &step, &kinds, at)?;
                // What a callee may have overwritten when it panics is lost.
                let kept = step.clobbers_from.map_or(slots, usize::from);
                if let Some(target) = recovery.filter(|_| may_panic(info))
                    && self.merge_kinds(target, &kinds[..kept])
                    && !queued[target]
                {
                    queued[target] = true;
                    work.push(target);
                }
                apply_kinds(&step, &mut kinds);
                at += usize::from(info.words);
            }
            for i in 0..self.blocks[index].successors.len() {
                let target = self.index_of(self.blocks[index].successors[i]);
                if self.merge_kinds(target, &kinds) && !queued[target] {
                    queued[target] = true;
                    work.push(target);
                }
            }
        }
        Ok(())
    }

    /// Merges the kinds of one more way into a block; true if that changed anything. Slots after those
    /// given are unset.
    fn merge_kinds(&mut self, target: usize, kinds: &[Kind]) -> bool {
        let slots = self.slots;
        let into = &mut self.blocks[target].kinds;
        if into.is_empty() {
            into.extend_from_slice(kinds);
            into.resize(slots, Kind::Unset);
            return true;
        }
        let mut changed = false;
        for (into, from) in into.iter_mut().zip(kinds) {
            if *into != *from && *into != Kind::Unset {
                *into = Kind::Unset;
                changed = true;
            }
        }
        for into in &mut into[kinds.len()..] {
            changed |= *into != Kind::Unset;
            *into = Kind::Unset;
        }
        changed
    }

    fn flow_liveness(&mut self, module: &Module, function: &Function, code: &Code) -> Result<(), FlowError> {
        let words = usize::from(code.frame_slots).div_ceil(64);
        for block in &mut self.blocks {
            block.live_out = vec![0; words];
        }
        let recovery = code.recovery.map(|pc| self.index_of(pc));
        let mut step = Step::default();
        let mut live_in = vec![vec![0u64; words]; self.blocks.len()];
        let mut changed = true;
        while changed {
            changed = false;
            for index in (0..self.blocks.len()).rev() {
                let mut live = vec![0; words];
                for i in 0..self.blocks[index].successors.len() {
                    let target = self.index_of(self.blocks[index].successors[i]);
                    live.iter_mut().zip(&live_in[target]).for_each(|(word, more)| *word |= more);
                }
                self.blocks[index].live_out.copy_from_slice(&live);
                for at in block_starts(code, &self.blocks[index]).into_iter().rev() {
                    let info = decode(&code.words, at).expect("blocks are made of instructions");
                    step_of(module, function, code, at, info, &mut step).map_err(at_pc(at))?;
                    apply_liveness(&step, &mut live);
                    if let Some(target) = recovery.filter(|_| may_panic(info)) {
                        live.iter_mut().zip(&live_in[target]).for_each(|(word, more)| *word |= more);
                    }
                }
                if live_in[index] != live {
                    live_in[index] = live;
                    changed = true;
                }
            }
        }
        Ok(())
    }
}

fn bit(set: &[u64], slot: u16) -> bool {
    set[usize::from(slot) / 64] >> (slot % 64) & 1 != 0
}

fn block_starts(code: &Code, block: &Block) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = block.start as usize;
    while at < block.end as usize {
        starts.push(at);
        at += decode(&code.words, at).map_or(1, |info| usize::from(info.words));
    }
    starts
}

/// Looks whether an instruction may do what it does to slots of these kinds.
fn check_step(
    function: &Function,
    code: &Code,
    step: &Step,
    kinds: &[Kind],
    at: usize,
) -> Result<(), FlowError> {
    let error = |reason| Err(FlowError { pc: at as u32, reason });
    for (slot, want) in &step.reads {
        let have = match kinds.get(usize::from(*slot)) {
            Some(have) => *have,
            None => return error(format!("r{slot} is outside the frame")),
        };
        let fits = match want {
            Some(Kind::Data) => {
                have == Kind::Data && *slot > 0 && kinds[usize::from(*slot) - 1] == Kind::Type
            }
            Some(want) => have == *want,
            None => have != Kind::Unset,
        };
        if !fits {
            return error(format!("r{slot} is read as {want:?} but holds {have:?}"));
        }
        if *slot == CONTEXT.0 && !loads_captured(function, code, at) {
            return error("the closure is read as something that it does not hold".into());
        }
    }
    for (slot, written) in &step.writes {
        if usize::from(*slot) >= kinds.len() {
            return error(format!("r{slot} is outside the frame"));
        }
        if *slot < LINK_SLOTS {
            return error(format!("r{slot} belongs to the link"));
        }
        // The collector looks at the word behind a type word.
        if let Written::CopyOf(from) = written
            && kinds[usize::from(*from)] == Kind::Type
            && usize::from(*slot) + 1 == kinds.len()
        {
            return error(format!("r{slot} is the last slot and gets half of an interface"));
        }
    }
    match step.clobbers_from {
        Some(base) if usize::from(base) + usize::from(LINK_SLOTS) > kinds.len() => {
            error(format!("the window at r{base} is outside the frame"))
        }
        Some(base) if base < LINK_SLOTS => error(format!("the window at r{base} covers the link")),
        _ => Ok(()),
    }
}

/// Whether the instruction, which reads the closure being run, loads words that it captured.
fn loads_captured(function: &Function, code: &Code, at: usize) -> bool {
    let word = code.words[at];
    let mut offset = word.c;
    let kinds: &[Kind] = match Op::from_number(word.op) {
        Some(Op::Load64) => &[Kind::Num],
        Some(Op::AddLoad | Op::SubLoad | Op::AddLoadF64 | Op::SubLoadF64 | Op::MulLoadF64) => {
            offset = code.words[at + 1].op;
            &[Kind::Num]
        }
        Some(Op::LoadPtr) => &[Kind::Ptr],
        Some(Op::LoadStr) => &[Kind::Ptr, Kind::Num],
        Some(Op::LoadSlice) => &[Kind::Ptr, Kind::Num, Kind::Num],
        Some(Op::LoadIface) => &[Kind::Type, Kind::Data],
        _ => return false,
    };
    let Some(first) = usize::from(offset).checked_sub(8).filter(|offset| offset.is_multiple_of(8)) else {
        return false;
    };
    function.captures.get(first / 8..).is_some_and(|captures| captures.starts_with(kinds))
}

fn apply_kinds(step: &Step, kinds: &mut [Kind]) {
    let mut new: smallvec::SmallVec<[(u16, Kind); 8]> = smallvec::SmallVec::new();
    let mut before = None;
    for &(slot, written) in &step.writes {
        let kind = match written {
            Written::Kind(kind) => kind,
            Written::CopyOf(from) => match kinds[usize::from(from)] {
                // A data word is one only behind its own type word.
                Kind::Data if before != Some((slot - 1, Written::CopyOf(from - 1))) => Kind::Unset,
                kind => kind,
            },
        };
        before = Some((slot, written));
        new.push((slot, kind));
    }
    if let Some(base) = step.clobbers_from {
        kinds[usize::from(base)..].fill(Kind::Unset);
    }
    for (slot, kind) in new {
        let slot = usize::from(slot);
        // Half of an interface overwritten: the other half is no longer one.
        if (kinds[slot] == Kind::Type || kind == Kind::Type) && kinds.get(slot + 1) == Some(&Kind::Data) {
            kinds[slot + 1] = Kind::Unset;
        }
        kinds[slot] = kind;
    }
}

fn apply_liveness(step: &Step, live: &mut [u64]) {
    for (slot, _) in &step.writes {
        live[usize::from(*slot) / 64] &= !(1 << (slot % 64));
    }
    if let Some(base) = step.clobbers_from {
        for slot in usize::from(base)..live.len() * 64 {
            live[slot / 64] &= !(1 << (slot % 64));
        }
    }
    for (slot, want) in &step.reads {
        live[usize::from(*slot) / 64] |= 1 << (slot % 64);
        if *want == Some(Kind::Data) && *slot > 0 {
            live[(usize::from(*slot) - 1) / 64] |= 1 << ((slot - 1) % 64);
        }
    }
}

/// A word begins an instruction.
const START: u8 = 1;

/// An instruction begins a block.
const LEADER: u8 = 2;

fn split_blocks(code: &Code, starts: &[u32]) -> Result<Vec<Block>, FlowError> {
    let length = code.words.len();
    let mut flags = vec![0u8; length];
    starts.iter().for_each(|pc| flags[*pc as usize] = START);
    if let Some(first) = flags.first_mut() {
        *first |= LEADER;
    }
    let mark = |flags: &mut [u8], from: usize, to: usize| match flags.get_mut(to) {
        Some(flag) if *flag & START != 0 => {
            *flag |= LEADER;
            Ok(())
        }
        _ => Err(FlowError { pc: from as u32, reason: format!("goes to {to}, which is no instruction") }),
    };
    if let Some(recovery) = code.recovery {
        mark(&mut flags, recovery as usize, recovery as usize)?;
    }
    let mut next: Vec<usize> = Vec::new();
    for pc in starts {
        let at = *pc as usize;
        let info = decode(&code.words, at).expect("starts are instructions");
        let after = at + usize::from(info.words);
        if info.has(Effect::Branch) {
            next.clear();
            successors(code, at, info, |to| next.push(to)).map_err(at_pc(at))?;
            next.iter().try_for_each(|to| mark(&mut flags, at, *to))?;
        } else if !info.has(Effect::End) && after == length {
            return Err(FlowError { pc: *pc, reason: "runs off the end of the code".into() });
        }
        if after < length && (info.has(Effect::Branch) || info.has(Effect::End)) {
            mark(&mut flags, at, after)?;
        }
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (i, pc) in starts.iter().enumerate() {
        if flags[*pc as usize] & LEADER != 0 {
            blocks.push(Block {
                start: *pc,
                end: 0,
                successors: Vec::new(),
                kinds: Vec::new(),
                live_out: Vec::new(),
            });
        }
        let end = starts.get(i + 1).map_or(length, |next| *next as usize);
        if end == length || flags[end] & LEADER != 0 {
            let at = *pc as usize;
            let info = decode(&code.words, at).expect("starts are instructions");
            let last = blocks.last_mut().expect("the first instruction begins a block");
            last.end = end as u32;
            successors(code, at, info, |to| last.successors.push(to as u32)).map_err(at_pc(at))?;
        }
    }
    Ok(blocks)
}
