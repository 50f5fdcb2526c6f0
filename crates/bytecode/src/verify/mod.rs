//! The verifier: a module that passes cannot make the interpreter leave its frames and tables.
//!
//! It proves, for every function: each word belongs to a known instruction that modules may use;
//! operands refer to existing types, functions, variables, strings, signatures, methods and tables of
//! the kind that the instruction wants; jumps land on instructions, those that count no step ahead;
//! registers and call windows lie in the frame and leave its link alone; no slot is read that holds
//! something else than the instruction wants; constants satisfy what their rows promise (shift counts,
//! divisors). And for the tables: the layout of every type is the one that follows from what it is made
//! of, and methods are functions that callers by interface can call. The interpreter relies on exactly
//! this, and on nothing the compiler says.
//!
//! What it cannot see: to what a pointer points, so whether an offset or a length fits the object, and
//! which function a func value runs. Nil, bounds and the like are the interpreter's business; the rest
//! is right if the compiler is, and is looked at in checked builds only (`docs/verifier.md`).
//!
//! Functions are verified when they are first called, tables as they grow: what was looked at once is
//! not looked at again.

mod operands;
mod tables;
mod types;

pub use tables::Verifier;

use crate::analysis::{FlowError, FrameMaps};
use crate::code::decode;
use crate::flow::{instruction_starts, slot_kinds};
use crate::module::{Body, Code, Function, JumpTable, Module, SelectTable};
use crate::op::Op;
use crate::operand::{FuncIx, Kind, Reg};
use crate::types::TypeKind;

/// Why a module is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The function, or what else it is about.
    pub place: String,
    /// The instruction's word index, for errors in code.
    pub pc: Option<u32>,
    /// The reason in words.
    pub reason: String,
}

impl VerifyError {
    fn new(place: &str, reason: impl Into<String>) -> VerifyError {
        VerifyError { place: place.to_string(), pc: None, reason: reason.into() }
    }
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pc {
            Some(pc) => write!(f, "{} at {pc}: {}", self.place, self.reason),
            None => write!(f, "{}: {}", self.place, self.reason),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Checks a whole module.
///
/// # Errors
/// With the first thing found wrong.
pub fn verify_module(module: &Module) -> Result<(), VerifyError> {
    Verifier::new().verify_tables(module)?;
    (0..module.functions.len()).try_for_each(|index| verify_function(module, FuncIx(index as u32)))
}

/// Checks one function, compiled or not, of a module whose tables are right.
///
/// # Errors
/// With the first thing found wrong.
pub fn verify_function(module: &Module, func: FuncIx) -> Result<(), VerifyError> {
    let Some(function) = module.functions.get(func.index()) else {
        return Err(VerifyError::new(&format!("function {}", func.0), "does not exist"));
    };
    match &function.body {
        Body::Pending | Body::Native { .. } => Ok(()),
        Body::Code(code) => verify_code(module, function, code).map_err(|error| VerifyError {
            place: function.name.to_string(),
            pc: Some(error.pc),
            reason: error.reason,
        }),
    }
}

fn verify_code(module: &Module, function: &Function, code: &Code) -> Result<(), FlowError> {
    let starts = instruction_starts(&code.words)
        .map_err(|pc| FlowError { pc: pc as u32, reason: "not an instruction".into() })?;
    for pc in &starts {
        let at = *pc as usize;
        let info = decode(&code.words, at).expect("starts are instructions");
        let op = Op::from_number(code.words[at].op).expect("starts are instructions");
        operands::check(module, code, at, op, info).map_err(|reason| FlowError { pc: *pc, reason })?;
    }
    check_tables(module, code).map_err(|reason| FlowError { pc: 0, reason: reason.into() })?;
    FrameMaps::check(module, function, code, &starts)
}

/// The tables of a function, where that does not depend on the instruction that uses them.
fn check_tables(module: &Module, code: &Code) -> Result<(), &'static str> {
    for table in &code.tables {
        if let JumpTable::Str { cases, .. } = table
            && cases.iter().any(|(string, _)| string.index() >= module.strings.len())
        {
            return Err("a case's string does not exist");
        }
    }
    code.selects.iter().try_for_each(|table| check_select(module, table))?;
    let lines_ascend = code.lines.windows(2).all(|pair| pair[0].pc <= pair[1].pc);
    let inlined_exist = code.lines.iter().all(|line| line.inlined as usize <= code.inlined.len());
    let calls_exist = code
        .inlined
        .iter()
        .enumerate()
        .all(|(i, call)| call.parent as usize <= i && call.function.index() < module.functions.len());
    if !lines_ascend || !inlined_exist || !calls_exist {
        return Err("the line table is out of order");
    }
    let variables_exist = code
        .variables
        .iter()
        .all(|variable| variable.ty.index() < module.types.len() && variable.reg.0 < code.frame_slots);
    if variables_exist { Ok(()) } else { Err("a variable lies outside the frame") }
}

/// A case that is not chosen writes nothing: its slots are zero then, which fits every kind. So no slot
/// may be written as two kinds, and none that another case sends.
fn check_select(module: &Module, table: &SelectTable) -> Result<(), &'static str> {
    if table.cases.len() > usize::from(u16::MAX) {
        return Err("too many cases");
    }
    let mut sent: Vec<u16> = Vec::new();
    let mut received: Vec<(u16, Kind)> = Vec::new();
    for case in &table.cases {
        let Some(elem) = module.types.get(case.elem.index()) else {
            return Err("a case's element type does not exist");
        };
        if matches!(elem.kind, TypeKind::Incomplete) {
            return Err("a case's element type is not complete");
        }
        let slots = (0u16..).map(|i| case.value.0.saturating_add(i)).zip(slot_kinds(elem));
        match case.send {
            true if case.value == Reg::NONE && elem.slots() > 0 => return Err("a case sends nothing"),
            true => sent.extend(slots.map(|(slot, _)| slot)),
            false if case.value == Reg::NONE => {}
            false => received.extend(slots),
        }
        if !case.send && case.ok != Reg::NONE {
            received.push((case.ok.0, Kind::Num));
        }
    }
    received.sort_unstable_by_key(|(slot, _)| *slot);
    if received.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1) {
        return Err("cases write a slot as two kinds");
    }
    let overwritten = |slot: &u16| received.binary_search_by_key(slot, |(slot, _)| *slot).is_ok();
    if sent.iter().any(overwritten) { Err("a case sends what another writes") } else { Ok(()) }
}
