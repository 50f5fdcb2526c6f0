//! Package `fmt`: text, verbs and operands of basic kinds. Composite values and methods are Go source.

pub mod format;
pub mod printf;
mod scan;

use format::{Operand, Spec, append_operand, longest};
use golite_runtime::golite_bytecode::{TypeDef, TypeKind};
use golite_runtime::native::Package;
use golite_runtime::{Ctx, NativeResult};
use printf::{Operands, State, Stop};

use crate::internal_bytealg::{PART, SMALL, append_to, room_for};

/// The package.
pub static PACKAGE: Package = package!(
    "fmt",
    ".",
    [
        "errors.go-lite",
        "print.go-lite",
        "scan.go-lite",
        "scanformat.go-lite",
        "scanstate.go-lite",
        "scanvalue.go-lite",
        "sort.go-lite",
    ],
    natives!["formatNext" => format_next, "printNext" => print_next, "appendBasic" => append_basic,
        "quickInt" => scan::quick_int, "quickWord" => scan::quick_word]
);

/// The value in an interface, if its type is of a basic kind or a byte slice.
fn basic<'a>(ctx: &Ctx<'a>, def: &TypeDef, data: u64) -> Option<Operand<'a>> {
    let float = |addr: u64, size: u64| match size {
        4 => f64::from(f32::from_bits(ctx.read_u32(addr))),
        _ => f64::from_bits(ctx.read_u64(addr)),
    };
    Some(match def.kind {
        TypeKind::Bool => Operand::Bool(data != 0),
        TypeKind::Int { .. } => Operand::Int(data as i64),
        TypeKind::Uint { .. } => Operand::Uint(data),
        TypeKind::Float if def.size == 4 => Operand::Float(f64::from(f32::from_bits(data as u32)), 32),
        TypeKind::Float => Operand::Float(f64::from_bits(data), 64),
        TypeKind::Complex => {
            let part = def.size / 2;
            Operand::Complex(float(data, part), float(data + part, part), 8 * part as u32)
        }
        TypeKind::String => Operand::Text(ctx.string_at(data)),
        TypeKind::Slice(element) if is_byte(ctx.type_def(element)) => {
            let addr = ctx.read_u64(data);
            Operand::Bytes(ctx.bytes_at(addr, ctx.read_u64(data + 8)), addr == 0)
        }
        _ => return None,
    })
}

fn is_byte(def: &TypeDef) -> bool {
    def.size == 1 && matches!(def.kind, TypeKind::Uint { .. })
}

/// The operands of a call: a slice of `any`.
struct Arguments<'c, 'a> {
    ctx: &'c Ctx<'a>,
    addr: u64,
    count: usize,
}

impl Arguments<'_, '_> {
    fn at(&self, index: usize) -> (Option<&TypeDef>, u64) {
        let addr = self.addr + 16 * index as u64;
        let ty = self.ctx.type_of(self.ctx.read_u64(addr));
        (ty.map(|ty| self.ctx.type_def(ty)), self.ctx.read_u64(addr + 8))
    }
}

impl Operands for Arguments<'_, '_> {
    fn count(&self) -> usize {
        self.count
    }

    fn basic(&self, index: usize) -> Option<(Operand<'_>, &str)> {
        let (def, data) = self.at(index);
        let Some(def) = def else { return Some((Operand::Nil, "")) };
        if !def.methods.is_empty() || matches!(def.kind, TypeKind::Slice(_)) && &*def.name != "[]uint8" {
            return None;
        }
        Some((basic(self.ctx, def, data)?, &def.name))
    }

    fn type_name(&self, index: usize) -> Option<&str> {
        self.at(index).0.map(|def| &*def.name)
    }

    fn integer(&self, index: usize) -> Option<i64> {
        let (def, data) = self.at(index);
        match def?.kind {
            TypeKind::Int { .. } => Some(data as i64),
            TypeKind::Uint { .. } => i64::try_from(data).ok(),
            _ => None,
        }
    }
}

fn format_next(ctx: &mut Ctx<'_>) -> NativeResult {
    let format = ctx.bytes(3);
    let mut state = State { at: ctx.uint(5) as usize, arg: ctx.uint(6) as usize, reordered: ctx.bool(7) };
    let (addr, count, _) = ctx.slice(8);
    let rest = format.len().saturating_sub(state.at).min(PART);
    ctx.charge(rest as u64 / 16 + count)?;
    room_for(ctx, rest as u64 + 16 * count)?;
    let mut out = Vec::with_capacity(rest + 16 * count as usize);
    let arguments = Arguments { ctx, addr, count: count as usize };
    let stop = printf::run(&mut out, format, &arguments, &mut state);
    let (verb, spec) = match stop {
        Stop::Done => (-1, Spec::default()),
        Stop::Extra => (-2, Spec::default()),
        Stop::More => (-3, Spec::default()),
        Stop::Operand { verb, spec } => (i64::from(u32::from(verb)), spec),
    };
    ctx.charge(out.len() as u64 / 16)?;
    append_to(ctx, 0, 0, &out)?;
    ctx.set_uint(3, state.at as u64);
    ctx.set_uint(4, state.arg as u64);
    ctx.set_bool(5, state.reordered);
    ctx.set_int(6, verb);
    ctx.set_uint(7, u64::from(spec.flags));
    ctx.set_uint(8, spec.width as u64);
    ctx.set_uint(9, spec.prec as u64);
    Ok(())
}

fn print_next(ctx: &mut Ctx<'_>) -> NativeResult {
    let mut index = ctx.uint(3) as usize;
    let line = ctx.bool(4);
    let (addr, count, _) = ctx.slice(5);
    ctx.charge(count)?;
    room_for(ctx, 16 * count)?;
    let mut out = Vec::with_capacity(16 * count as usize + 16);
    let arguments = Arguments { ctx, addr, count: count as usize };
    let is_string =
        |index: usize| matches!(arguments.at(index).0.map(|def| &def.kind), Some(TypeKind::String));
    while index < arguments.count {
        let Some((operand, name)) = arguments.basic(index) else { break };
        if longest(Spec::default(), 'v', operand) > SMALL || out.len() >= PART {
            break;
        }
        if index > 0 && (line || !is_string(index - 1) && !is_string(index)) {
            out.push(b' ');
        }
        append_operand(&mut out, Spec::default(), 'v', operand, name);
        index += 1;
    }
    if line && index >= arguments.count {
        out.push(b'\n');
    }
    ctx.charge(out.len() as u64 / 16)?;
    append_to(ctx, 0, 0, &out)?;
    ctx.set_uint(3, index as u64);
    Ok(())
}

fn append_basic(ctx: &mut Ctx<'_>) -> NativeResult {
    let (type_word, data) = ctx.iface(3);
    let verb = char::from_u32(ctx.uint(5) as u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let spec = Spec { flags: ctx.uint(6) as u32, width: ctx.uint(7) as usize, prec: ctx.uint(8) as usize };
    let Some(ty) = ctx.type_of(type_word) else { return append_to(ctx, 0, 0, &[]) };
    if let Some(operand) = basic(ctx, ctx.type_def(ty), data) {
        let bytes = longest(spec, verb, operand);
        room_for(ctx, bytes)?;
    }
    let mut out = Vec::with_capacity(32);
    let def = ctx.type_def(ty);
    if let Some(operand) = basic(ctx, def, data) {
        let name = def.name.clone();
        format::append_large(&mut out, spec, verb, operand, &name, &mut |part| ctx.charge(part as u64 / 4))?;
    }
    ctx.charge(out.len() as u64 / 16)?;
    append_to(ctx, 0, 0, &out)
}
