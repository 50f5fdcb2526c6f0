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
use crate::operand::{Kind, Reg};

/// Live registers and their kinds, for every pc of one function.
#[derive(Debug)]
pub struct FrameMaps {
    blocks: Vec<Block>,
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
    /// When an instruction cannot be decoded, an operand does not exist, a jump leads between
    /// instructions or out of the code, a slot is outside the frame, or one is read that holds
    /// another kind than the instruction wants. This is the verifier's data-flow part.
    pub fn new(module: &Module, function: &Function, code: &Code) -> Result<FrameMaps, FlowError> {
        let mut maps = FrameMaps { blocks: split_blocks(code)? };
        maps.flow_kinds(module, function, code)?;
        maps.flow_liveness(module, function, code)?;
        Ok(maps)
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
                check_reads(&step, &kinds, at)?;
                if let Some(target) = recovery.filter(|_| may_panic(info))
                    && self.merge_kinds(target, &kinds)
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

    /// Merges the kinds of one more way into a block; true if that changed anything.
    fn merge_kinds(&mut self, target: usize, kinds: &[Kind]) -> bool {
        let into = &mut self.blocks[target].kinds;
        if into.is_empty() {
            into.extend_from_slice(kinds);
            return true;
        }
        let mut changed = false;
        for (into, from) in into.iter_mut().zip(kinds) {
            if *into != *from && *into != Kind::Unset {
                *into = Kind::Unset;
                changed = true;
            }
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

fn check_reads(step: &Step, kinds: &[Kind], at: usize) -> Result<(), FlowError> {
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
    }
    for (slot, _) in &step.writes {
        if usize::from(*slot) >= kinds.len() {
            return error(format!("r{slot} is outside the frame"));
        }
    }
    match step.clobbers_from {
        Some(base) if usize::from(base) + usize::from(LINK_SLOTS) > kinds.len() => {
            error(format!("the window at r{base} is outside the frame"))
        }
        _ => Ok(()),
    }
}

fn apply_kinds(step: &Step, kinds: &mut [Kind]) {
    let new = step.writes.iter().map(|(slot, written)| match written {
        Written::Kind(kind) => (*slot, *kind),
        Written::CopyOf(from) => (*slot, kinds[usize::from(*from)]),
    });
    let new: smallvec::SmallVec<[(u16, Kind); 8]> = new.collect();
    if let Some(base) = step.clobbers_from {
        kinds[usize::from(base)..].fill(Kind::Unset);
    }
    for (slot, kind) in new {
        let slot = usize::from(slot);
        // Half of an interface overwritten: the other half is no longer one.
        if kinds[slot] == Kind::Type
            && kind != Kind::Type
            && slot + 1 < kinds.len()
            && kinds[slot + 1] == Kind::Data
        {
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

fn split_blocks(code: &Code) -> Result<Vec<Block>, FlowError> {
    let starts = instruction_starts(&code.words)
        .map_err(|pc| FlowError { pc: pc as u32, reason: "not an instruction".into() })?;
    let mut is_start = vec![false; code.words.len()];
    starts.iter().for_each(|pc| is_start[*pc as usize] = true);
    let mut leader = vec![false; code.words.len()];
    if let Some(first) = leader.first_mut() {
        *first = true;
    }
    let mut mark = |from: usize, to: usize| match is_start.get(to) {
        Some(true) => {
            leader[to] = true;
            Ok(())
        }
        _ => Err(FlowError { pc: from as u32, reason: format!("goes to {to}, which is no instruction") }),
    };
    if let Some(recovery) = code.recovery {
        mark(recovery as usize, recovery as usize)?;
    }
    let mut next = Vec::new();
    let mut all_next = Vec::with_capacity(starts.len());
    for pc in &starts {
        let at = *pc as usize;
        let info = decode(&code.words, at).expect("starts are instructions");
        next.clear();
        successors(code, at, info, |to| next.push(to as u32)).map_err(at_pc(at))?;
        let falls = next.len() == 1 && next[0] as usize == at + usize::from(info.words);
        if falls {
            if !is_start.get(next[0] as usize).copied().unwrap_or(false) {
                return Err(FlowError { pc: *pc, reason: "runs off the end of the code".into() });
            }
        } else {
            for to in &next {
                mark(at, *to as usize)?;
            }
            if let Some(leader) =
                (at + usize::from(info.words) < code.words.len()).then_some(at + usize::from(info.words))
            {
                mark(at, leader)?;
            }
        }
        all_next.push(next.clone());
    }
    let mut blocks: Vec<Block> = Vec::new();
    for (pc, next) in starts.iter().zip(all_next) {
        if leader[*pc as usize] {
            if let Some(last) = blocks.last_mut() {
                last.end = *pc;
            }
            blocks.push(Block {
                start: *pc,
                end: 0,
                successors: Vec::new(),
                kinds: Vec::new(),
                live_out: Vec::new(),
            });
        }
        if let Some(last) = blocks.last_mut() {
            last.successors = next;
        }
    }
    if let Some(last) = blocks.last_mut() {
        last.end = code.words.len() as u32;
    }
    Ok(blocks)
}
