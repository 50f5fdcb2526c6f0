//! What instructions name besides registers: it exists and is of the kind that the instruction wants.

use super::types::is_signature;
use crate::flow::{operand_bits, slot_kinds};
use crate::module::{Body, Code, JumpTable, Module, RuntimeErrorCode, SelectCase, SelectTable};
use crate::op::{Effect, Op, OpInfo};
use crate::operand::{FuncIx, Kind, MethodIx, Reg, Shape, SigIx};
use crate::types::{LeafKind, Repr, TypeDef, TypeKind};

/// The operands of an instruction that are indices, as far as it has them.
#[derive(Default)]
struct Named<'m> {
    /// The first type.
    ty: Option<&'m TypeDef>,
    func: Option<FuncIx>,
    sig: Option<SigIx>,
    method: Option<MethodIx>,
    table: Option<&'m JumpTable>,
    select: Option<&'m SelectTable>,
    /// The type of the variable.
    global: Option<&'m TypeDef>,
}

/// Checks one instruction.
///
/// # Errors
/// With what is wrong.
pub(super) fn check(module: &Module, code: &Code, at: usize, op: Op, info: &OpInfo) -> Result<(), String> {
    if info.has(Effect::Internal) {
        return Err(format!("{} belongs to the runtime", info.text));
    }
    let mut named = Named::default();
    for (index, operand) in info.operands.iter().enumerate() {
        let shape = operand.shape;
        if matches!(shape, Shape::Register { .. } | Shape::Signed | Shape::Unsigned | Shape::Count) {
            continue;
        }
        let bits = operand_bits(&code.words, at, info, index);
        let limit = match shape {
            Shape::Forward if bits == 0 => return Err("a forward jump to itself".into()),
            Shape::Type => module.types.len(),
            Shape::Func | Shape::Native => module.functions.len(),
            Shape::Global => module.globals.len(),
            Shape::String => module.strings.len(),
            Shape::Sig => module.signatures.len(),
            Shape::Method => module.methods.len(),
            Shape::Table => code.tables.len(),
            Shape::Select => code.selects.len(),
            Shape::Forward
            | Shape::Backward
            | Shape::Register { .. }
            | Shape::Signed
            | Shape::Unsigned
            | Shape::Count => continue,
        };
        if bits >= limit as u64 {
            return Err(format!("{} {bits} does not exist", operand.name));
        }
        let number = bits as usize;
        match shape {
            Shape::Type => {
                let ty = &module.types[number];
                if matches!(ty.kind, TypeKind::Incomplete) {
                    return Err(format!("type {bits} is not complete"));
                }
                named.ty = named.ty.or(Some(ty));
            }
            Shape::Func | Shape::Native => named.func = Some(FuncIx(bits as u32)),
            Shape::Sig => named.sig = Some(SigIx(bits as u32)),
            Shape::Method => named.method = Some(MethodIx(bits as u32)),
            Shape::Table => named.table = Some(&code.tables[number]),
            Shape::Select => named.select = Some(&code.selects[number]),
            Shape::Global => named.global = module.types.get(module.globals[number].ty.index()),
            _ => {}
        }
    }
    check_row(module, code, at, op, &named)
}

/// What a row promises of its operands.
fn check_row(module: &Module, code: &Code, at: usize, op: Op, named: &Named<'_>) -> Result<(), String> {
    let word = code.words[at];
    let want = |holds: bool, reason: &str| if holds { Ok(()) } else { Err(reason.to_string()) };
    let below = |limit: u16| want(word.c < limit, "shift count too large");
    let is = |fits: fn(&TypeKind) -> bool| {
        want(named.ty.is_some_and(|ty| fits(&ty.kind)), "a type of the wrong kind")
    };
    let boxed = |fits: fn(&TypeDef) -> bool| {
        let fits = |ty: &TypeDef| !matches!(ty.kind, TypeKind::Interface(_)) && fits(ty);
        want(named.ty.is_some_and(fits), "a type of the wrong kind")
    };
    let elem = |size, leaves: &[LeafKind]| {
        let fits = named.ty.is_some_and(|ty| ty.size == size && has_kinds(ty, leaves));
        want(fits, "an element of another size or kind")
    };
    let global = |leaves: &[LeafKind]| {
        let fits = named.global.is_some_and(|ty| has_leaves(ty, leaves));
        want(fits, "a variable of another kind")
    };
    let number = |size| {
        let fits = named.global.and_then(only_number).is_some_and(|leaf| leaf.size() == size);
        want(fits, "a variable of another kind")
    };
    let function = named.func.map(|func| &module.functions[func.index()]);
    let captures_nothing = || {
        want(function.is_some_and(|function| function.captures.is_empty()), "a function that needs a closure")
    };
    match op {
        Op::ShlImm | Op::ShrImm | Op::ShrUImm | Op::RotlU64Imm => below(64),
        Op::ShlU32Imm | Op::RotlU32Imm => below(32),
        Op::DivImm | Op::RemImm => want(word.c != 0 && word.c != u16::MAX, "divisor out of range"),
        Op::PanicRuntime => {
            want(word.a <= RuntimeErrorCode::UnsafeStringNil as u16, "no such error of the runtime")
        }
        Op::MakeMap | Op::MapGet | Op::MapGetOk | Op::MapSet | Op::MapDelete | Op::MapClear | Op::MapIter => {
            is(|kind| matches!(kind, TypeKind::Map { .. }))
        }
        Op::MakeChan => is(|kind| matches!(kind, TypeKind::Chan { .. })),
        Op::SliceArray => is(|kind| matches!(kind, TypeKind::Array { .. })),
        Op::AssertIface | Op::Implements | Op::JumpImplements => {
            is(|kind| matches!(kind, TypeKind::Interface(_)))
        }
        Op::IfaceNum => boxed(|ty| !ty.data_is_pointer()),
        Op::IfacePtr => boxed(|ty| {
            ty.data_is_pointer() && (!ty.is_direct() || slot_kinds(ty).all(|kind| kind == Kind::Ptr))
        }),
        Op::IfaceBox => boxed(|ty| !ty.is_direct()),
        Op::Append8 => elem(1, &[LeafKind::W64]),
        Op::Append32 => elem(4, &[LeafKind::W64]),
        Op::Append64 => elem(8, &[LeafKind::W64]),
        Op::AppendPtr => elem(8, &[LeafKind::Ptr]),
        Op::AppendStr => elem(16, &[LeafKind::Ptr, LeafKind::W64]),
        Op::AppendIface => elem(16, &[LeafKind::Type, LeafKind::Data]),
        Op::LoadGlobalI32 => global(&[LeafKind::I32]),
        Op::LoadGlobalU8 => global(&[LeafKind::U8]),
        Op::LoadGlobalU32 => global(&[LeafKind::U32]),
        Op::LoadGlobal64 => global(&[LeafKind::W64]),
        Op::StoreGlobal8 => number(1),
        Op::StoreGlobal32 => number(4),
        Op::StoreGlobal64 => number(8),
        Op::LoadGlobalPtr | Op::StoreGlobalPtr => global(&[LeafKind::Ptr]),
        Op::LoadGlobalStr | Op::StoreGlobalStr => global(&[LeafKind::Ptr, LeafKind::W64]),
        Op::LoadGlobalSlice | Op::StoreGlobalSlice => global(&[LeafKind::Ptr, LeafKind::W64, LeafKind::W64]),
        Op::LoadGlobalIface | Op::StoreGlobalIface => global(&[LeafKind::Type, LeafKind::Data]),
        Op::Call | Op::FuncValue => captures_nothing(),
        Op::CallNative => want(
            function.is_some_and(|function| matches!(function.body, Body::Native { .. })),
            "a function that is not native",
        ),
        Op::CallClosure => {
            let first = named.sig.and_then(|sig| module.signatures[sig.index()].params.first());
            want(first != Some(&Kind::Data), "half of an interface as first parameter")
        }
        Op::CallIface => {
            let fits = named.sig.zip(named.method).is_some_and(|(sig, method)| {
                let (signature, ty) = (&module.signatures[sig.index()], module.methods[method.index()].ty);
                is_signature(module, signature, Kind::Data, ty)
            });
            want(fits, "a method of another type")
        }
        Op::Defer => want(code.recovery.is_some(), "a deferred call without recovery point"),
        Op::Select => {
            let receives = |case: &SelectCase| {
                let slots = module.types.get(case.elem.index()).map_or(0, TypeDef::slots);
                let value = case.value != Reg::NONE
                    && (case.value.0..case.value.0.saturating_add(slots)).contains(&word.a);
                !case.send && (value || case.ok.0 == word.a)
            };
            let apart = named.select.is_some_and(|table| !table.cases.iter().any(receives));
            want(apart, "a case writes the slot of the chosen one")
        }
        Op::SwapNum => want(matches!(code.words[at + 1].op, 1 | 2 | 4 | 8), "no such size of a number"),
        Op::SwitchInt => want(matches!(named.table, Some(JumpTable::Int { .. })), "a table of strings"),
        Op::SwitchStr => want(matches!(named.table, Some(JumpTable::Str { .. })), "a table of integers"),
        _ => Ok(()),
    }
}

/// Whether a value lies in slots of the same kinds, in a row from its start in memory.
fn has_kinds(ty: &TypeDef, want: &[LeafKind]) -> bool {
    let Repr::Slots(leaves) = &ty.repr else { return false };
    leaves.len() == want.len()
        && (0u32..)
            .zip(leaves.iter().zip(want))
            .all(|(i, (leaf, want))| leaf.offset == 8 * i && leaf.kind.kind() == want.kind())
}

/// Whether a value is these leaves, in a row from its start in memory.
fn has_leaves(ty: &TypeDef, want: &[LeafKind]) -> bool {
    let Repr::Slots(leaves) = &ty.repr else { return false };
    has_kinds(ty, want) && leaves.iter().zip(want).all(|(leaf, want)| leaf.kind == *want)
}

/// The number that a value is, at its start in memory.
fn only_number(ty: &TypeDef) -> Option<LeafKind> {
    match &ty.repr {
        Repr::Slots(leaves) => match leaves[..] {
            [leaf] if leaf.offset == 0 && leaf.kind.kind() == Kind::Num => Some(leaf.kind),
            _ => None,
        },
        Repr::Memory => None,
    }
}
