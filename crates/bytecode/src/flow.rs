//! Instructions as transfers: what each reads and writes, and where it goes next.
//!
//! Liveness, kinds and the verifier all see an instruction through `Step`; nothing else knows which
//! slots an operand class stands for.

use crate::code::{Word, decode, get_cells};
use crate::module::{Code, Function, JumpTable, LINK_SLOTS, Module, Signature};
use crate::op::{Effect, Op, OpInfo};
use crate::operand::{Access, FuncIx, Kind, Reg, SelectIx, Shape, SigIx, TableIx, TypeIx};
use crate::types::{Repr, TypeDef, TypeKind};

/// What an instruction does to the frame, in terms of single slots.
#[derive(Default, Debug)]
pub struct Step {
    /// Slots read, with the kind each must have; `None` for any kind that is set.
    pub reads: Vec<(u16, Option<Kind>)>,
    /// Slots written, with their new kind.
    pub writes: Vec<(u16, Written)>,
    /// All slots from here on lose their contents before the writes happen.
    pub clobbers_from: Option<u16>,
}

/// The kind of a slot after a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Written {
    /// This kind.
    Kind(Kind),
    /// The kind that this slot had before the instruction.
    CopyOf(u16),
}

/// An operand that does not fit its module or function: the reason in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadOperand(pub String);

impl Step {
    /// Clears it for another use.
    fn reset(&mut self) {
        self.reads.clear();
        self.writes.clear();
        self.clobbers_from = None;
    }

    fn read(&mut self, first: u16, kinds: impl IntoIterator<Item = Kind>) {
        self.reads.extend((first..).zip(kinds).map(|(slot, kind)| (slot, Some(kind))));
    }

    fn write(&mut self, first: u16, kinds: impl IntoIterator<Item = Kind>) {
        self.writes.extend((first..).zip(kinds).map(|(slot, kind)| (slot, Written::Kind(kind))));
    }
}

/// The kinds of the slots of a value of the type.
pub fn slot_kinds(ty: &TypeDef) -> impl Iterator<Item = Kind> + '_ {
    let (leaves, memory) = match &ty.repr {
        Repr::Slots(leaves) => (leaves.as_slice(), None),
        Repr::Memory => (&[][..], Some(Kind::Ptr)),
    };
    leaves.iter().map(|leaf| leaf.kind.kind()).chain(memory)
}

/// The bits of operand `index` of the instruction at `at`.
#[must_use]
pub fn operand_bits(code: &[Word], at: usize, info: &OpInfo, index: usize) -> u64 {
    let operand = &info.operands[index];
    get_cells(code, at, operand.cell, operand.cells)
}

fn operand_of(code: &[Word], at: usize, info: &OpInfo, want: fn(Shape) -> bool) -> Option<u64> {
    let index = info.operands.iter().position(|operand| want(operand.shape))?;
    Some(operand_bits(code, at, info, index))
}

/// The type operand of the instruction, if it has one.
fn type_operand<'m>(
    module: &'m Module,
    code: &[Word],
    at: usize,
    info: &OpInfo,
) -> Result<&'m TypeDef, BadOperand> {
    let bits = operand_of(code, at, info, |shape| shape == Shape::Type);
    let index = bits.ok_or_else(|| BadOperand("no type operand".into()))? as u32;
    type_at(module, TypeIx(index))
}

fn type_at(module: &Module, index: TypeIx) -> Result<&TypeDef, BadOperand> {
    module.types.get(index.index()).ok_or_else(|| BadOperand(format!("no type {}", index.0)))
}

/// The signature by which a call instruction calls, if it is one.
pub fn call_signature<'m>(
    module: &'m Module,
    code: &[Word],
    at: usize,
    info: &OpInfo,
) -> Result<Option<&'m Signature>, BadOperand> {
    if !info.has(Effect::Call) {
        return Ok(None);
    }
    let by_func = operand_of(code, at, info, |shape| matches!(shape, Shape::Func | Shape::Native));
    let sig = match by_func {
        Some(func) => {
            let func = FuncIx(func as u32);
            let function = module.functions.get(func.index());
            Some(function.ok_or_else(|| BadOperand(format!("no function {}", func.0)))?.signature)
        }
        None => operand_of(code, at, info, |shape| shape == Shape::Sig).map(|sig| SigIx(sig as u32)),
    };
    match sig {
        None => Ok(None),
        Some(sig) => {
            let found = module.signatures.get(sig.index());
            found.map(Some).ok_or_else(|| BadOperand(format!("no signature {}", sig.0)))
        }
    }
}

/// How many slots of the results an instruction that returns gives itself; `None` for the others.
fn returned_slots(op: u16) -> Option<usize> {
    match Op::from_number(op)? {
        Op::Ret => Some(0),
        Op::Ret1 | Op::RetI32 => Some(1),
        Op::Ret2 => Some(2),
        Op::Ret3 => Some(3),
        _ => None,
    }
}

/// Fills `step` with what the instruction at `at` reads and writes.
///
/// # Errors
/// When an operand refers to something that does not exist.
pub fn step_of(
    module: &Module,
    function: &Function,
    code: &Code,
    at: usize,
    info: &OpInfo,
    step: &mut Step,
) -> Result<(), BadOperand> {
    step.reset();
    let words = &code.words[..];
    let op = words[at].op;
    let count = operand_of(words, at, info, |shape| shape == Shape::Count).unwrap_or(0) as u16;
    let mut copied_from = 0;
    for (index, operand) in info.operands.iter().enumerate() {
        if let Access::ReadAny(_) = operand.access {
            copied_from = operand_bits(words, at, info, index) as u16;
        }
    }
    for (index, operand) in info.operands.iter().enumerate() {
        let Shape::Register { optional } = operand.shape else {
            continue;
        };
        let first = operand_bits(words, at, info, index) as u16;
        if optional && first == Reg::NONE.0 {
            continue;
        }
        if first > u16::MAX - 16 {
            return Err(BadOperand(format!("register {first} out of range")));
        }
        match operand.access {
            Access::None => {}
            Access::Read(kinds) => step.read(first, kinds.iter().copied()),
            Access::Write(kinds) => step.write(first, kinds.iter().copied()),
            Access::Update => {
                step.read(first, [Kind::Num]);
                step.write(first, [Kind::Num]);
            }
            Access::ReadAny(n) => {
                let n = if n == 0 { count } else { n };
                let end = first.checked_add(n).ok_or_else(|| BadOperand("slots out of range".into()))?;
                step.reads.extend((first..end).map(|slot| (slot, None)));
            }
            Access::WriteCopied(n) => {
                let n = if n == 0 { count } else { n };
                let in_range = first.checked_add(n).is_some() && copied_from.checked_add(n).is_some();
                if !in_range {
                    return Err(BadOperand("slots out of range".into()));
                }
                step.writes.extend((0..n).map(|i| (first + i, Written::CopyOf(copied_from + i))));
            }
            Access::ReadValue => step.read(first, slot_kinds(type_operand(module, words, at, info)?)),
            Access::WriteValue => step.write(first, slot_kinds(type_operand(module, words, at, info)?)),
            Access::ReadKey => match type_operand(module, words, at, info)?.kind {
                TypeKind::Map { key, .. } => step.read(first, slot_kinds(type_at(module, key)?)),
                _ => return Err(BadOperand("not a map type".into())),
            },
            Access::ReadStrings => {
                let end = u32::from(first) + 2 * u32::from(count);
                if end > u32::from(u16::MAX) {
                    return Err(BadOperand("slots out of range".into()));
                }
                for i in 0..count {
                    step.read(first + 2 * i, [Kind::Ptr, Kind::Num]);
                }
            }
            Access::Window => step.clobbers_from = Some(first),
        }
    }
    if let Some(signature) = call_signature(module, words, at, info)? {
        let base = step.clobbers_from.unwrap_or(0);
        let size = usize::from(LINK_SLOTS) + signature.results.len() + signature.params.len();
        if usize::from(base) + size > usize::from(u16::MAX) {
            return Err(BadOperand("call window out of range".into()));
        }
        let results = base + LINK_SLOTS;
        let params = results + signature.results.len() as u16;
        // `call.iface` writes the receiver itself.
        let skip = usize::from(op == Op::CallIface as u16);
        step.read(params + skip as u16, signature.params.iter().copied().skip(skip));
        step.write(results, signature.results.iter().copied());
    }
    if let Some(given) = returned_slots(op) {
        let signature = module
            .signatures
            .get(function.signature.index())
            .ok_or_else(|| BadOperand("the function has no signature".into()))?;
        let Some((first, rest)) = signature.results.split_at_checked(given) else {
            return Err(BadOperand("more results than the function has".into()));
        };
        match operand_of(words, at, info, |shape| matches!(shape, Shape::Register { .. })) {
            Some(src) => step.read(src as u16, first.iter().copied()),
            None if first.iter().all(|kind| *kind == Kind::Num) => {}
            None => return Err(BadOperand("a number for a result of another kind".into())),
        }
        step.read(LINK_SLOTS + given as u16, rest.iter().copied());
    }
    if op == Op::Select as u16 {
        let table = operand_of(words, at, info, |shape| shape == Shape::Select).unwrap_or(0) as u32;
        let table = code.selects.get(SelectIx(table).index());
        for case in &table.ok_or_else(|| BadOperand("no such select table".into()))?.cases {
            let elem = type_at(module, case.elem)?;
            step.read(case.channel.0, [Kind::Ptr]);
            let last = usize::from(elem.slots()) + 1;
            if [case.channel, case.value, case.ok]
                .iter()
                .any(|reg| *reg != Reg::NONE && usize::from(reg.0) + last > usize::from(u16::MAX))
            {
                return Err(BadOperand("register out of range".into()));
            }
            if case.value != Reg::NONE {
                if case.send {
                    step.read(case.value.0, slot_kinds(elem));
                } else {
                    step.write(case.value.0, slot_kinds(elem));
                }
            }
            if case.ok != Reg::NONE && !case.send {
                step.write(case.ok.0, [Kind::Num]);
            }
        }
    }
    Ok(())
}

/// Calls `visit` with each place the instruction at `at` may go to, the next instruction included,
/// the recovery point excluded.
///
/// # Errors
/// When a table does not exist or leads back, or a jump leaves the range of indices.
pub fn successors(
    code: &Code,
    at: usize,
    info: &OpInfo,
    mut visit: impl FnMut(usize),
) -> Result<(), BadOperand> {
    if !info.has(Effect::End) && !is_switch(code.words[at].op) {
        visit(at + usize::from(info.words));
    }
    for (index, operand) in info.operands.iter().enumerate() {
        let bits = operand_bits(&code.words, at, info, index) as usize;
        match operand.shape {
            Shape::Forward => visit(at + bits),
            Shape::Backward => {
                visit(at.checked_sub(bits).ok_or_else(|| BadOperand("jump before the code".into()))?);
            }
            Shape::Table => {
                let mut back = false;
                let mut ahead = |to: u32| {
                    back |= to as usize <= at;
                    visit(to as usize);
                };
                match code.tables.get(TableIx(bits as u32).index()) {
                    None => return Err(BadOperand("no such jump table".into())),
                    Some(JumpTable::Int { targets, default, .. }) => {
                        targets.iter().chain([default]).for_each(|to| ahead(*to));
                    }
                    Some(JumpTable::Str { cases, default }) => {
                        cases.iter().map(|(_, to)| to).chain([default]).for_each(|to| ahead(*to));
                    }
                }
                // Going back would be a loop that counts no steps.
                if back {
                    return Err(BadOperand("a jump table that leads back".into()));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_switch(op: u16) -> bool {
    op == Op::SwitchInt as u16 || op == Op::SwitchStr as u16
}

/// Whether a panic in this instruction may resume at the function's recovery point.
#[must_use]
pub fn may_panic(info: &OpInfo) -> bool {
    info.has(Effect::Panic) || info.has(Effect::Call) || info.has(Effect::Safepoint)
}

/// The starts of all instructions, or the position of the first word that is none.
///
/// # Errors
/// With that position.
pub fn instruction_starts(words: &[Word]) -> Result<Vec<u32>, usize> {
    let mut starts = Vec::with_capacity(words.len());
    let mut at = 0;
    while at < words.len() {
        let info = decode(words, at).ok_or(at)?;
        starts.push(at as u32);
        at += usize::from(info.words);
    }
    Ok(starts)
}
