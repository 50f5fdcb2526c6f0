//! Changes of one field of a module, chosen by a seed.

use golite_bytecode::code::{decode, get_cells, set_cells};
use golite_bytecode::{
    Body, Code, Effect, FieldDef, FuncIx, Function, JumpTable, Kind, LeafKind, MethodIx, Module, Op,
    PointerWord, Reg, Repr, SelectTable, Shape, SigIx, StringIx, TypeDef, TypeIx, TypeKind,
};

use crate::random::Random;
use crate::run::has_code;

/// Sets a field and tells its old and new value.
macro_rules! set {
    ($field:expr, $value:expr) => {{
        let value = $value;
        let text = format!("{:?} -> {value:?}", $field);
        $field = value;
        text
    }};
}

/// A change that was made.
pub struct Changed {
    /// In words.
    pub what: String,
    /// The function whose body was changed, if that is what was.
    pub function: Option<FuncIx>,
    place: Place,
}

/// What was changed.
#[derive(Clone, Copy)]
enum Place {
    Function(usize),
    Signature(usize),
    Type(usize),
    Method(usize),
    Global(usize),
    Text(usize),
    Filled,
}

impl Changed {
    /// Puts the field back to what it is in the unchanged module.
    pub fn undo(&self, module: &mut Module, unchanged: &Module) {
        match self.place {
            Place::Function(i) => module.functions[i] = unchanged.functions[i].clone(),
            Place::Signature(i) => module.signatures[i] = unchanged.signatures[i].clone(),
            Place::Type(i) => module.types[i] = unchanged.types[i].clone(),
            Place::Method(i) => module.methods[i] = unchanged.methods[i].clone(),
            Place::Global(i) => module.globals[i] = unchanged.globals[i].clone(),
            Place::Text(i) => module.strings[i] = unchanged.strings[i].clone(),
            Place::Filled => module.methods_filled = unchanged.methods_filled.clone(),
        }
    }
}

/// How many there are of what indices name, for choosing other ones.
#[derive(Clone, Copy)]
struct Sizes {
    types: usize,
    functions: usize,
    globals: usize,
    strings: usize,
    signatures: usize,
    methods: usize,
}

/// Changes one field. Functions that run are chosen more often than others.
pub fn change(random: &mut Random, module: &mut Module, ran: &[FuncIx]) -> Changed {
    let sizes = Sizes {
        types: module.types.len(),
        functions: module.functions.len(),
        globals: module.globals.len(),
        strings: module.strings.len(),
        signatures: module.signatures.len(),
        methods: module.methods.len(),
    };
    match random.below(100) {
        0..80 => {
            let func = any_function(random, module, ran);
            let function = &mut module.functions[func.index()];
            let name = function.name.to_string();
            let Body::Code(code) = &mut function.body else { unreachable!("a function with code") };
            let what = change_code(random, code, sizes);
            Changed {
                what: format!("{name}: {what}"),
                function: Some(func),
                place: Place::Function(func.index()),
            }
        }
        80..84 => {
            let func = any_function(random, module, ran);
            let what = change_function(random, &mut module.functions[func.index()], sizes);
            let what = format!("{}: {what}", module.functions[func.index()].name);
            Changed { what, function: Some(func), place: Place::Function(func.index()) }
        }
        84..88 => {
            let i = random.below(sizes.signatures);
            let signature = &mut module.signatures[i];
            let list = if random.percent(50) { &mut signature.results } else { &mut signature.params };
            let what = change_kinds(random, list);
            Changed { what: format!("signature {i}: {what}"), function: None, place: Place::Signature(i) }
        }
        88..96 => {
            let i = random.below(sizes.types);
            let name = module.types[i].name.to_string();
            let what = change_type(random, &mut module.types[i], sizes);
            Changed { what: format!("type {i} {name}: {what}"), function: None, place: Place::Type(i) }
        }
        96 => {
            let i = random.below(sizes.methods.max(1));
            let Some(method) = module.methods.get_mut(i) else { return change(random, module, ran) };
            let what = match random.below(2) {
                0 => {
                    let ty = TypeIx(index(random, method.ty.0, sizes.types));
                    format!("type {}", set!(method.ty, ty))
                }
                _ => {
                    method.name = "Error".into();
                    "name".to_string()
                }
            };
            Changed { what: format!("method {i}: {what}"), function: None, place: Place::Method(i) }
        }
        97 => {
            let i = random.below(sizes.globals);
            let Some(global) = module.globals.get_mut(i) else { return change(random, module, ran) };
            let ty = TypeIx(index(random, global.ty.0, sizes.types));
            let what = format!("variable {}: type {}", global.name, set!(global.ty, ty));
            Changed { what, function: None, place: Place::Global(i) }
        }
        98 => {
            let i = random.below(sizes.strings);
            let Some(text) = module.strings.get_mut(i) else { return change(random, module, ran) };
            let length = random.below(64);
            *text = (0..length).map(|_| random.next() as u8).collect();
            Changed { what: format!("string {i}"), function: None, place: Place::Text(i) }
        }
        _ => {
            let i = random.below(module.methods_filled.len());
            let ty = TypeIx(random.below(sizes.types) as u32);
            match module.methods_filled.get_mut(i) {
                Some(filled) => *filled = ty,
                None => module.methods_filled.push(ty),
            }
            Changed { what: format!("filled methods {i}"), function: None, place: Place::Filled }
        }
    }
}

fn any_function(random: &mut Random, module: &Module, ran: &[FuncIx]) -> FuncIx {
    loop {
        let func = match random.pick(ran) {
            Some(func) if random.percent(90) => func,
            _ => FuncIx(random.below(module.functions.len()) as u32),
        };
        if has_code(module, func) {
            return func;
        }
    }
}

/// Another index: mostly one that exists.
fn index(random: &mut Random, old: u32, limit: usize) -> u32 {
    match random.below(100) {
        0..70 => random.below(limit) as u32,
        70..80 => old.wrapping_add(1),
        80..90 => old.wrapping_sub(1),
        90..94 => limit as u32,
        94..97 => 0,
        _ => random.next() as u32,
    }
}

/// Another number of so many bits.
fn number(random: &mut Random, old: u64, bits: u32) -> u64 {
    let mask = if bits >= 64 { u64::MAX } else { (1 << bits) - 1 };
    let value = match random.below(8) {
        0 => old.wrapping_add(1),
        1 => old.wrapping_sub(1),
        2 => old.wrapping_add(8),
        3 => old.wrapping_sub(8),
        4 => random.next(),
        5 => 0,
        6 => mask,
        _ => old ^ 1 << random.below(bits as usize),
    };
    value & mask
}

fn change_code(random: &mut Random, code: &mut Code, sizes: Sizes) -> String {
    let slots = code.frame_slots;
    match random.below(100) {
        0..86 => change_instruction(random, code, sizes),
        86..90 => {
            let new = number(random, u64::from(slots), 16) as u16;
            format!("frame slots {}", set!(code.frame_slots, new))
        }
        90..93 => {
            let new = random.percent(70).then(|| random.below(code.words.len() + 1) as u32);
            format!("recovery {}", set!(code.recovery, new))
        }
        93..96 if !code.tables.is_empty() => {
            let (i, words) = (random.below(code.tables.len()), code.words.len());
            let what = change_table(random, &mut code.tables[i], words, sizes.strings);
            format!("jump table {i}: {what}")
        }
        96..99 if !code.selects.is_empty() => {
            let i = random.below(code.selects.len());
            let what = change_select(random, &mut code.selects[i], slots, sizes.types);
            format!("select table {i}: {what}")
        }
        99 if !code.lines.is_empty() => {
            let i = random.below(code.lines.len());
            match random.below(2) {
                0 => code.lines[i].pc = random.next() as u32,
                _ => code.lines[i].inlined = random.below(3) as u32,
            }
            format!("line {i}")
        }
        _ => change_instruction(random, code, sizes),
    }
}

/// Where instructions begin.
fn starts(code: &Code) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(info) = decode(&code.words, at) {
        starts.push(at);
        at += usize::from(info.words);
    }
    starts
}

fn change_instruction(random: &mut Random, code: &mut Code, sizes: Sizes) -> String {
    let at = random.pick(&starts(code)).expect("a function has instructions");
    let info = decode(&code.words, at).expect("instructions start here");
    if info.operands.is_empty() || random.percent(15) {
        let length = info.words;
        let op = loop {
            let op = Op::ALL[random.below(Op::ALL.len())];
            let internal = op.info().has(Effect::Internal);
            if !internal && (op.info().words == length || random.percent(20)) || random.percent(1) {
                break op;
            }
        };
        let number = if random.percent(3) { random.next() as u16 } else { op as u16 };
        code.words[at].op = number;
        return format!("at {at}: {} becomes {number} {}", info.text, op.info().text);
    }
    let operand = info.operands[random.below(info.operands.len())];
    let old = get_cells(&code.words, at, operand.cell, operand.cells);
    let new = match operand.shape {
        Shape::Register { .. } => register(random, old as u16, code.frame_slots),
        Shape::Type => u64::from(index(random, old as u32, sizes.types)),
        Shape::Func | Shape::Native => u64::from(index(random, old as u32, sizes.functions)),
        Shape::Global => u64::from(index(random, old as u32, sizes.globals)),
        Shape::String => u64::from(index(random, old as u32, sizes.strings)),
        Shape::Sig => u64::from(index(random, old as u32, sizes.signatures)),
        Shape::Method => u64::from(index(random, old as u32, sizes.methods)),
        Shape::Table => u64::from(index(random, old as u32, code.tables.len())),
        Shape::Select => u64::from(index(random, old as u32, code.selects.len())),
        Shape::Forward | Shape::Backward if random.percent(60) => random.below(code.words.len()) as u64,
        Shape::Forward | Shape::Backward | Shape::Signed | Shape::Unsigned | Shape::Count => {
            number(random, old, 16 * u32::from(operand.cells))
        }
    };
    set_cells(&mut code.words, at, operand.cell, operand.cells, new);
    format!("at {at}: {} of {}: {old} -> {new}", operand.name, info.text)
}

fn register(random: &mut Random, old: u16, slots: u16) -> u64 {
    u64::from(match random.below(100) {
        0..60 => random.below(usize::from(slots)) as u16,
        60..70 => old.wrapping_add(1),
        70..80 => old.wrapping_sub(1),
        80..85 => random.below(4) as u16,
        85..90 => slots,
        90..95 => Reg::NONE.0,
        _ => random.next() as u16,
    })
}

fn change_table(random: &mut Random, table: &mut JumpTable, words: usize, strings: usize) -> String {
    let target = random.below(words + 2) as u32;
    match table {
        JumpTable::Int { first, targets, default } => match random.below(4) {
            0 => format!("first {}", set!(*first, number(random, *first as u64, 64) as i64)),
            1 => format!("default {}", set!(*default, target)),
            _ => match random.pick(&(0..targets.len()).collect::<Vec<_>>()) {
                Some(i) => format!("target {i} {}", set!(targets[i], target)),
                None => format!("default {}", set!(*default, target)),
            },
        },
        JumpTable::Str { cases, default } => {
            let i = random.below(cases.len());
            match (random.below(3), cases.get_mut(i)) {
                (0, Some((text, _))) => {
                    format!("case {i} {}", set!(*text, StringIx(index(random, text.0, strings))))
                }
                (1, Some((_, to))) => format!("target {i} {}", set!(*to, target)),
                _ => format!("default {}", set!(*default, target)),
            }
        }
    }
}

fn change_select(random: &mut Random, table: &mut SelectTable, slots: u16, types: usize) -> String {
    let i = random.below(table.cases.len());
    let Some(case) = table.cases.get_mut(i).filter(|_| random.percent(90)) else {
        return format!("default {}", set!(table.default, !table.default));
    };
    let mut other = |reg: Reg| Reg(register(random, reg.0, slots) as u16);
    let what = match other(Reg(0)).0 % 5 {
        0 => format!("channel {}", set!(case.channel, other(case.channel))),
        1 => format!("value {}", set!(case.value, other(case.value))),
        2 => format!("ok {}", set!(case.ok, other(case.ok))),
        3 => format!("send {}", set!(case.send, !case.send)),
        _ => {
            let elem = TypeIx(index(random, case.elem.0, types));
            format!("element {}", set!(case.elem, elem))
        }
    };
    format!("case {i}: {what}")
}

const KINDS: [Kind; 5] = [Kind::Num, Kind::Ptr, Kind::Type, Kind::Data, Kind::Unset];

fn change_kinds(random: &mut Random, kinds: &mut Vec<Kind>) -> String {
    let kind = KINDS[random.below(KINDS.len())];
    let i = random.below(kinds.len());
    match random.below(4) {
        0 => {
            kinds.push(kind);
            format!("one more: {kind:?}")
        }
        1 if !kinds.is_empty() => format!("one less: {:?}", kinds.remove(i)),
        _ => match kinds.get_mut(i) {
            Some(place) => format!("kind {i} {}", set!(*place, kind)),
            None => {
                kinds.push(kind);
                format!("one more: {kind:?}")
            }
        },
    }
}

fn change_function(random: &mut Random, function: &mut Function, sizes: Sizes) -> String {
    match random.below(6) {
        0 | 1 => {
            let new = SigIx(index(random, function.signature.0, sizes.signatures));
            format!("signature {}", set!(function.signature, new))
        }
        2 | 3 => format!("captures: {}", change_kinds(random, &mut function.captures)),
        4 => {
            function.body = match random.below(3) {
                0 => Body::Pending,
                1 => Body::Native { package: "strings".into(), name: "Index".into() },
                _ => Body::Native { package: "math".into(), name: "Floor".into() },
            };
            "another body".to_string()
        }
        _ => match random.below(2) {
            0 => format!("wrapper {}", set!(function.wrapper, !function.wrapper)),
            _ => format!("file {}", set!(function.file, random.next() as u32)),
        },
    }
}

const LEAVES: [LeafKind; 10] = [
    LeafKind::I8,
    LeafKind::I16,
    LeafKind::I32,
    LeafKind::U8,
    LeafKind::U16,
    LeafKind::U32,
    LeafKind::W64,
    LeafKind::Ptr,
    LeafKind::Type,
    LeafKind::Data,
];

fn change_type(random: &mut Random, def: &mut TypeDef, sizes: Sizes) -> String {
    match random.below(12) {
        0 => format!("size {}", set!(def.size, number(random, def.size, 64))),
        1 => format!("alignment {}", set!(def.align, number(random, u64::from(def.align), 32) as u32)),
        2 | 3 => change_repr(random, &mut def.repr),
        4 => change_pointers(random, &mut def.pointers, sizes.types),
        5 => format!("comparable {}", set!(def.comparable, !def.comparable)),
        6 => format!("plain {}", set!(def.plain, !def.plain)),
        7 | 8 => match random.pick(&(0..def.methods.len()).collect::<Vec<_>>()) {
            Some(i) if random.percent(50) => {
                let func = FuncIx(index(random, def.methods[i].func.0, sizes.functions));
                format!("method {i}: function {}", set!(def.methods[i].func, func))
            }
            Some(i) => {
                let method = MethodIx(index(random, def.methods[i].method.0, sizes.methods));
                format!("method {i}: {}", set!(def.methods[i].method, method))
            }
            None => change_kind(random, def, sizes),
        },
        _ => change_kind(random, def, sizes),
    }
}

fn change_repr(random: &mut Random, repr: &mut Repr) -> String {
    let Repr::Slots(leaves) = repr else {
        *repr = Repr::Slots(Vec::new());
        return "in no slots".into();
    };
    let i = random.below(leaves.len());
    match random.below(5) {
        0 => {
            *repr = Repr::Memory;
            "in memory".into()
        }
        1 if !leaves.is_empty() => format!("without {:?}", leaves.remove(i)),
        _ => match leaves.get_mut(i) {
            Some(leaf) if random.percent(50) => {
                let offset = number(random, u64::from(leaf.offset), 32) as u32;
                format!("leaf {i}: offset {}", set!(leaf.offset, offset))
            }
            Some(leaf) => {
                let kind = LEAVES[random.below(LEAVES.len())];
                format!("leaf {i}: {}", set!(leaf.kind, kind))
            }
            None => {
                leaves.push(golite_bytecode::Leaf { offset: 0, kind: LeafKind::Ptr });
                "a leaf more".into()
            }
        },
    }
}

fn change_pointers(random: &mut Random, pointers: &mut Vec<PointerWord>, types: usize) -> String {
    let i = random.below(pointers.len());
    if random.percent(30) && !pointers.is_empty() {
        return format!("without pointer {:?}", pointers.remove(i));
    }
    let offset = (random.below(8) * 8) as u32;
    let word = match random.below(3) {
        0 => PointerWord::Ptr(offset),
        1 => PointerWord::Iface(offset),
        _ => PointerWord::Repeat {
            offset,
            elem: TypeIx(random.below(types) as u32),
            count: number(random, 3, 64),
        },
    };
    match pointers.get_mut(i) {
        Some(place) if random.percent(50) => format!("pointer {i} {}", set!(*place, word)),
        _ => {
            pointers.push(word);
            format!("one more pointer {word:?}")
        }
    }
}

fn change_kind(random: &mut Random, def: &mut TypeDef, sizes: Sizes) -> String {
    let mut other = |ty: TypeIx| TypeIx(index(random, ty.0, sizes.types));
    match &mut def.kind {
        TypeKind::Pointer(elem) | TypeKind::Slice(elem) | TypeKind::Chan { elem, .. } => {
            format!("element {}", set!(*elem, other(*elem)))
        }
        TypeKind::Array { elem, len } => match elem.0 % 2 {
            0 => format!("element {}", set!(*elem, other(*elem))),
            _ => format!("length {}", set!(*len, number(random, *len, 64))),
        },
        TypeKind::Map { key, value } => match key.0 % 2 {
            0 => format!("key {}", set!(*key, other(*key))),
            _ => format!("value {}", set!(*value, other(*value))),
        },
        TypeKind::Func { params, results, .. } => {
            let list = if random.percent(50) { params } else { results };
            let i = random.below(list.len());
            let new = TypeIx(random.below(sizes.types) as u32);
            match list.get_mut(i) {
                Some(ty) => format!("parameter or result {i} {}", set!(*ty, new)),
                None => {
                    list.push(new);
                    format!("one parameter or result more: {new:?}")
                }
            }
        }
        TypeKind::Struct(fields) => change_field(random, fields, sizes),
        TypeKind::Interface(methods) => {
            let new = MethodIx(random.below(sizes.methods + 1) as u32);
            methods.push(new);
            format!("one method more: {new:?}")
        }
        _ => {
            let kind = match random.below(6) {
                0 => TypeKind::Bool,
                1 => TypeKind::String,
                2 => TypeKind::Float,
                3 => TypeKind::Slice(TypeIx(1)),
                4 => TypeKind::Pointer(TypeIx(1)),
                _ => TypeKind::Incomplete,
            };
            format!("kind {}", set!(def.kind, kind))
        }
    }
}

fn change_field(random: &mut Random, fields: &mut Vec<FieldDef>, sizes: Sizes) -> String {
    let i = random.below(fields.len());
    if fields.is_empty() {
        let field = FieldDef {
            name: "f".into(),
            package: "".into(),
            ty: TypeIx(random.below(sizes.types) as u32),
            offset: 0,
            embedded: false,
            tag: "".into(),
        };
        fields.push(field);
        return "a field more".into();
    }
    let field = &mut fields[i];
    match random.below(4) {
        0 => format!("field {i}: offset {}", set!(field.offset, number(random, field.offset, 64))),
        1 => {
            field.name = "_".into();
            format!("field {i}: blank")
        }
        2 => format!("without field {:?}", fields.remove(i).name),
        _ => {
            let ty = TypeIx(index(random, field.ty.0, sizes.types));
            format!("field {i}: type {}", set!(field.ty, ty))
        }
    }
}
