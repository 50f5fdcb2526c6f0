//! The listing of a function, made to be read: what the frame holds, the source line above the code
//! that came from it, each instruction with its operands spelled out, and at every safepoint the
//! pointers that the collector would follow there.

use std::fmt::Write;

use crate::analysis::FrameMaps;
use crate::code::{Word, decode};
use crate::flow::operand_bits;
use crate::module::{Body, Code, Function, JumpTable, LINK_SLOTS, Module};
use crate::op::{Effect, OpInfo};
use crate::operand::{FuncIx, Kind, Reg, Shape};

/// Prints a function. `source_line(file, line)` gives the text of a source line, if it is known.
#[must_use]
pub fn print_function(
    module: &Module,
    func: FuncIx,
    source_line: &dyn Fn(u32, u32) -> Option<String>,
) -> String {
    let function = &module.functions[func.index()];
    let mut out = String::new();
    let place = module.files.get(function.file as usize).map_or("", |file| file);
    let _ = writeln!(out, "func {}    {place}:{}", function.name, function.line);
    match &function.body {
        Body::Pending => out.push_str("  not compiled\n"),
        Body::Native { package, name } => {
            let _ = writeln!(out, "  native {package}.{name}");
        }
        Body::Code(code) => print_code(module, function, code, source_line, &mut out),
    }
    out
}

fn print_code(
    module: &Module,
    function: &Function,
    code: &Code,
    source_line: &dyn Fn(u32, u32) -> Option<String>,
    out: &mut String,
) {
    let signature = &module.signatures[function.signature.index()];
    let first_param = signature.first_param();
    let _ = write!(out, "  frame: {} slots; r0 link", code.frame_slots);
    if function.captures.is_empty() {
        out.push_str(", r1 unused");
    } else {
        let _ = write!(out, ", r1 closure ({})", kinds(&function.captures));
    }
    if !signature.results.is_empty() {
        let _ = write!(out, ", results r{LINK_SLOTS} ({})", kinds(&signature.results));
    }
    if !signature.params.is_empty() {
        let _ = write!(out, ", parameters r{} ({})", first_param.0, kinds(&signature.params));
    }
    out.push('\n');
    for variable in &code.variables {
        let boxed = if variable.boxed { ", in a box" } else { "" };
        let ty = &module.types[variable.ty.index()].name;
        let (name, reg, from, to) = (&variable.name, variable.reg.0, variable.from, variable.to);
        let _ = writeln!(out, "  {name} {ty}: r{reg}{boxed}, from {from} to {to}");
    }
    let maps = FrameMaps::new(module, function, code);
    let mut lines = code.lines.iter().peekable();
    let mut shown = 0;
    let mut at = 0;
    while at < code.words.len() {
        while let Some(line) = lines.next_if(|line| line.pc as usize <= at) {
            if line.line != shown && line.line != 0 {
                shown = line.line;
                let text = source_line(function.file, line.line).unwrap_or_default();
                let _ = writeln!(out, "{:>6} | {}", line.line, text.trim_end());
            }
        }
        if code.recovery == Some(at as u32) {
            out.push_str("       ; a recovered panic resumes here\n");
        }
        let Some(info) = decode(&code.words, at) else {
            let _ = writeln!(out, "  {at:>5}  ??? {:#06x}", code.words[at].op);
            at += 1;
            continue;
        };
        let mut text = format!("  {at:>5}  {:<16} {}", info.text, operands(module, code, at, info));
        if info.has(Effect::Safepoint)
            && let Ok(maps) = &maps
        {
            let live = pointers(&maps.live_in(module, function, code, at as u32));
            if !live.is_empty() {
                let _ = write!(text, "{:pad$} ; live: {live}", "", pad = 56usize.saturating_sub(text.len()));
            }
        }
        out.push_str(text.trim_end());
        out.push('\n');
        at += usize::from(info.words);
    }
    if let Err(error) = maps {
        let _ = writeln!(out, "  not valid: at {}: {}", error.pc, error.reason);
    }
}

fn kinds(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind_name(*kind)).collect::<Vec<_>>().join(" ")
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Unset => "unset",
        Kind::Num => "num",
        Kind::Ptr => "ptr",
        Kind::Type => "type",
        Kind::Data => "data",
    }
}

fn pointers(live: &[(Reg, Kind)]) -> String {
    let names = live.iter().filter_map(|(reg, kind)| match kind {
        Kind::Ptr => Some(format!("r{}", reg.0)),
        Kind::Data => Some(format!("r{} (interface)", reg.0)),
        Kind::Unset | Kind::Num | Kind::Type => None,
    });
    names.collect::<Vec<_>>().join(", ")
}

fn operands(module: &Module, code: &Code, at: usize, info: &OpInfo) -> String {
    let texts = info.operands.iter().enumerate().map(|(index, operand)| {
        let bits = operand_bits(&code.words, at, info, index);
        let index = bits as usize;
        match operand.shape {
            Shape::Register { optional: true } if bits == u64::from(Reg::NONE.0) => "-".to_string(),
            Shape::Register { .. } => format!("r{bits}"),
            Shape::Signed if operand.cells == 1 => (bits as i16).to_string(),
            Shape::Signed => (bits as i32).to_string(),
            Shape::Unsigned if operand.cells == 4 => wide(bits),
            Shape::Unsigned | Shape::Count => bits.to_string(),
            Shape::Forward => format!("-> {}", at + index),
            Shape::Backward => format!("-> {}", at.saturating_sub(index)),
            Shape::Type => module.types.get(index).map_or("?".into(), |ty| ty.name.to_string()),
            Shape::Func | Shape::Native => {
                module.functions.get(index).map_or("?".into(), |func| func.name.to_string())
            }
            Shape::Global => module.globals.get(index).map_or("?".into(), |global| global.name.to_string()),
            Shape::String => module.strings.get(index).map_or("?".into(), |string| quote(string)),
            Shape::Sig => module.signatures.get(index).map_or("?".into(), |signature| {
                format!("({}) -> ({})", kinds(&signature.params), kinds(&signature.results))
            }),
            Shape::Method => module.methods.get(index).map_or("?".into(), |method| method.name.to_string()),
            Shape::Table => code.tables.get(index).map_or("?".into(), |table| print_table(module, table)),
            Shape::Select => code.selects.get(index).map_or("?".into(), |table| {
                let cases = table.cases.iter().map(|case| {
                    let (channel, value) = (case.channel.0, case.value);
                    match (case.send, value == Reg::NONE) {
                        (true, _) => format!("r{channel} <- r{}", value.0),
                        (false, true) => format!("<-r{channel}"),
                        (false, false) => format!("r{} = <-r{channel}", value.0),
                    }
                });
                let cases = cases.chain(table.default.then(|| "default".to_string()));
                format!("{{{}}}", cases.collect::<Vec<_>>().join("; "))
            }),
        }
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn wide(bits: u64) -> String {
    let float = f64::from_bits(bits);
    let magnitude = float.abs();
    if (bits as i64).unsigned_abs() >> 32 != 0 && (1e-9..1e15).contains(&magnitude) {
        format!("{bits:#x} ({float})")
    } else {
        (bits as i64).to_string()
    }
}

fn print_table(module: &Module, table: &JumpTable) -> String {
    match table {
        JumpTable::Int { first, targets, default } => {
            let cases =
                targets.iter().enumerate().map(|(i, to)| format!("{} -> {to}", first.wrapping_add(i as i64)));
            format!("{{{}; else -> {default}}}", cases.collect::<Vec<_>>().join("; "))
        }
        JumpTable::Str { cases, default } => {
            let cases = cases.iter().map(|(string, to)| {
                format!(
                    "{} -> {to}",
                    module.strings.get(string.index()).map_or("?".into(), |text| quote(text))
                )
            });
            format!("{{{}; else -> {default}}}", cases.collect::<Vec<_>>().join("; "))
        }
    }
}

/// A string constant in quotes, cut to forty bytes.
fn quote(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(40)];
    let dots = if bytes.len() > 40 { "..." } else { "" };
    format!("\"{}\"{dots}", cut.escape_ascii())
}

/// The instruction at `at`, alone: for traces and messages.
#[must_use]
pub fn print_instruction(module: &Module, code: &Code, at: usize) -> String {
    decode(&code.words, at).map_or_else(
        || bad_word(code.words.get(at)),
        |info| format!("{} {}", info.text, operands(module, code, at, info)),
    )
}

fn bad_word(word: Option<&Word>) -> String {
    word.map_or_else(|| "past the end".to_string(), |word| format!("??? {:#06x}", word.op))
}
