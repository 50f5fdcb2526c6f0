//! The verifier: a module that passes cannot make the interpreter leave its frames and tables.
//!
//! It proves, for every function: each word belongs to a known instruction that modules may use;
//! operands refer to existing types, functions, variables, strings, signatures, methods and tables;
//! jumps land on instructions; registers and call windows lie in the frame; no slot is read that
//! holds something else than the instruction wants; constants satisfy what their rows promise
//! (shift counts, divisors). The interpreter relies on exactly this, and on nothing the compiler says.
//!
//! What it cannot see, the interpreter checks: nil, bounds, offsets against the object they reach.

use crate::analysis::{FlowError, FrameMaps};
use crate::code::{Word, decode};
use crate::flow::{instruction_starts, operand_bits};
use crate::module::{Body, Code, Function, JumpTable, Module};
use crate::op::{Effect, Op, OpInfo};
use crate::operand::{FuncIx, Kind, Shape, TypeIx};
use crate::types::{LeafKind, MAX_SLOTS, PointerWord, Repr, TypeDef, TypeKind};

/// Why a module is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The function, or the type for errors of the type table.
    pub place: String,
    /// The instruction's word index, for errors in code.
    pub pc: Option<u32>,
    /// The reason in words.
    pub reason: String,
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
    verify_types(module, 0)?;
    for index in 0..module.functions.len() {
        verify_function(module, FuncIx(index as u32))?;
    }
    for global in &module.globals {
        if global.ty.index() >= module.types.len() {
            return Err(VerifyError {
                place: global.name.to_string(),
                pc: None,
                reason: "no such type".into(),
            });
        }
    }
    Ok(())
}

/// Checks the types from index `from` on.
///
/// # Errors
/// With the first thing found wrong.
pub fn verify_types(module: &Module, from: usize) -> Result<(), VerifyError> {
    for ty in module.types.iter().skip(from.max(1)) {
        let error =
            |reason: &str| VerifyError { place: ty.name.to_string(), pc: None, reason: reason.into() };
        if let Repr::Slots(leaves) = &ty.repr {
            if leaves.len() > MAX_SLOTS {
                return Err(error("too many slots"));
            }
            for (i, leaf) in leaves.iter().enumerate() {
                let after = leaves.get(i + 1).map(|next| next.kind);
                if u64::from(leaf.offset) + u64::from(leaf.kind.size()) > ty.size {
                    return Err(error("a leaf lies outside the value"));
                }
                if (leaf.kind == LeafKind::Type) != (after == Some(LeafKind::Data)) {
                    return Err(error("half of an interface"));
                }
            }
        }
        for word in &ty.pointers {
            let (end, elem) = match *word {
                PointerWord::Ptr(offset) => (Some(u64::from(offset) + 8), None),
                PointerWord::Iface(offset) => (Some(u64::from(offset) + 16), None),
                PointerWord::Repeat { offset, elem, count } => {
                    let size = module.types.get(elem.index()).map_or(0, |elem| elem.size);
                    (
                        size.checked_mul(count).and_then(|bytes| bytes.checked_add(u64::from(offset))),
                        Some(elem),
                    )
                }
            };
            if end.is_none_or(|end| end > ty.size)
                || elem.is_some_and(|elem| elem.index() >= module.types.len())
            {
                return Err(error("a pointer word lies outside the value"));
            }
        }
        if !parts_exist(module, ty) {
            return Err(error("made of types that do not exist"));
        }
    }
    Ok(())
}

fn parts_exist(module: &Module, ty: &TypeDef) -> bool {
    let ok = |ix: &TypeIx| ix.index() < module.types.len();
    let methods = ty.methods.iter().all(|method| {
        method.method.index() < module.methods.len() && method.func.index() < module.functions.len()
    });
    methods
        && match &ty.kind {
            TypeKind::Pointer(elem)
            | TypeKind::Slice(elem)
            | TypeKind::Array { elem, .. }
            | TypeKind::Chan { elem, .. } => ok(elem),
            TypeKind::Map { key, value } => ok(key) && ok(value),
            TypeKind::Func { params, results, .. } => params.iter().chain(results).all(ok),
            TypeKind::Struct(fields) => fields.iter().all(|field| ok(&field.ty) && field.offset <= ty.size),
            TypeKind::Interface(methods) => {
                methods.iter().all(|method| method.index() < module.methods.len())
            }
            TypeKind::Bool
            | TypeKind::Int { .. }
            | TypeKind::Uint { .. }
            | TypeKind::Float
            | TypeKind::Complex
            | TypeKind::String
            | TypeKind::UnsafePointer
            | TypeKind::Incomplete => true,
        }
}

/// Checks one function, compiled or not.
///
/// # Errors
/// With the first thing found wrong.
pub fn verify_function(module: &Module, func: FuncIx) -> Result<(), VerifyError> {
    let Some(function) = module.functions.get(func.index()) else {
        return Err(VerifyError {
            place: format!("function {}", func.0),
            pc: None,
            reason: "does not exist".into(),
        });
    };
    if function.signature.index() >= module.signatures.len() {
        return Err(VerifyError {
            place: function.name.to_string(),
            pc: None,
            reason: "no such signature".into(),
        });
    }
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
        let bad = |reason: String| FlowError { pc: *pc, reason };
        if info.has(Effect::Internal) {
            return Err(bad(format!("{} belongs to the runtime", info.text)));
        }
        for (index, operand) in info.operands.iter().enumerate() {
            let bits = operand_bits(&code.words, at, info, index);
            let limit = match operand.shape {
                Shape::Register { .. } | Shape::Signed | Shape::Unsigned | Shape::Count => continue,
                Shape::Forward if bits == 0 => return Err(bad("a forward jump to itself".into())),
                Shape::Forward => continue,
                Shape::Backward => continue,
                Shape::Type => module.types.len(),
                Shape::Func | Shape::Native => module.functions.len(),
                Shape::Global => module.globals.len(),
                Shape::String => module.strings.len(),
                Shape::Sig => module.signatures.len(),
                Shape::Method => module.methods.len(),
                Shape::Table => code.tables.len(),
                Shape::Select => code.selects.len(),
            };
            let zero_type = operand.shape == Shape::Type && bits == 0;
            if bits >= limit as u64 || zero_type {
                return Err(bad(format!("{} {bits} does not exist", operand.name)));
            }
        }
        check_constants(module, &code.words, at, info).map_err(bad)?;
    }
    for table in &code.tables {
        if let JumpTable::Str { cases, .. } = table
            && cases.iter().any(|(string, _)| string.index() >= module.strings.len())
        {
            return Err(FlowError { pc: 0, reason: "a case's string does not exist".into() });
        }
    }
    for table in &code.selects {
        if table.cases.len() > usize::from(u16::MAX) {
            return Err(FlowError { pc: 0, reason: "too many cases".into() });
        }
    }
    let lines_ascend = code.lines.windows(2).all(|pair| pair[0].pc <= pair[1].pc);
    let inlined_exist = code.lines.iter().all(|line| line.inlined as usize <= code.inlined.len());
    let calls_exist = code
        .inlined
        .iter()
        .enumerate()
        .all(|(i, call)| call.parent as usize <= i && call.function.index() < module.functions.len());
    if !lines_ascend || !inlined_exist || !calls_exist {
        return Err(FlowError { pc: 0, reason: "the line table is out of order".into() });
    }
    FrameMaps::new(module, function, code).map(drop)
}

/// What rows promise of their immediate operands and of the kinds of the types they name.
fn check_constants(module: &Module, words: &[Word], at: usize, info: &OpInfo) -> Result<(), String> {
    let word = words[at];
    let op = Op::from_number(word.op).expect("decoded");
    let below = |count: u16, limit: u16| {
        if count < limit { Ok(()) } else { Err("shift count too large".into()) }
    };
    let ty = || {
        let index = info.operands.iter().position(|operand| operand.shape == Shape::Type);
        index.map(|index| &module.types[operand_bits(words, at, info, index) as usize])
    };
    let leaves = |want: &[LeafKind]| {
        let fits = ty().is_some_and(|ty| matches!(&ty.repr, Repr::Slots(leaves)
            if leaves.len() == want.len() && leaves.iter().zip(want).all(|(leaf, want)| leaf.kind.kind() == want.kind() && leaf.kind.size() == want.size())));
        if fits { Ok(()) } else { Err("an element of another size or kind".to_string()) }
    };
    let is = |matches: bool| {
        if matches { Ok(()) } else { Err("a type of the wrong kind".to_string()) }
    };
    match op {
        Op::ShlImm | Op::ShrImm | Op::ShrUImm | Op::RotlU64Imm => below(word.c, 64),
        Op::ShlU32Imm | Op::RotlU32Imm => below(word.c, 32),
        Op::DivImm | Op::RemImm if word.c == 0 || word.c == u16::MAX => Err("divisor out of range".into()),
        Op::MakeMap | Op::MapGet | Op::MapGetOk | Op::MapSet | Op::MapDelete | Op::MapClear | Op::MapIter => {
            is(ty().is_some_and(|ty| matches!(ty.kind, TypeKind::Map { .. })))
        }
        Op::MakeChan => is(ty().is_some_and(|ty| matches!(ty.kind, TypeKind::Chan { .. }))),
        Op::SliceArray => is(ty().is_some_and(|ty| matches!(ty.kind, TypeKind::Array { .. }))),
        Op::AssertIface | Op::Implements | Op::JumpImplements => {
            is(ty().is_some_and(|ty| matches!(ty.kind, TypeKind::Interface(_))))
        }
        Op::IfaceNum => is(ty().is_some_and(|ty| !ty.data_is_pointer())),
        Op::IfacePtr => is(ty().is_some_and(|ty| {
            ty.data_is_pointer()
                && (!ty.is_direct() || crate::flow::slot_kinds(ty).all(|kind| kind == Kind::Ptr))
        })),
        Op::IfaceBox => is(ty().is_some_and(|ty| !ty.is_direct() || ty.repr == Repr::Memory)),
        Op::Append8 => leaves(&[LeafKind::U8]),
        Op::Append32 => leaves(&[LeafKind::U32]),
        Op::Append64 => leaves(&[LeafKind::W64]),
        Op::AppendPtr => leaves(&[LeafKind::Ptr]),
        Op::AppendStr => leaves(&[LeafKind::Ptr, LeafKind::W64]),
        Op::AppendIface => leaves(&[LeafKind::Type, LeafKind::Data]),
        _ => Ok(()),
    }
}
