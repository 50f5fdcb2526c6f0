//! `cargo xtask handlers`: reads the handlers in the disassembly of an optimised `golite`.
//!
//! With tail-call dispatch a handler must end in a jump and may not call anything on its way: a call
//! means a stack frame, and a frame that is not taken down before the jump grows the native stack with
//! every instruction. Handlers that hand their work to the runtime call it and come back; the table says
//! which they are. Conditional jumps must be branches of the processor, not conditional moves.

use std::collections::BTreeMap;
use std::process::Command;

use golite_bytecode::{Effect, Op, OpInfo};

use crate::Outcome;

/// Rows that call a function although they are no safepoints.
const CALL: &[&str] = &[
    "mov_n",
    "div_c128",
    "lt_str",
    "le_str",
    "eq_iface",
    "eq_mem",
    "jump_implements",
    "switch_int",
    "switch_str",
    "load_val",
    "store_val",
    "copy_mem",
    "zero_mem",
    "func_value",
    "slice_array",
    "copy_slice",
    "clear_slice",
    "map_get",
    "map_get_ok",
    "map_delete",
    "map_clear",
    "chan_close",
    "assert_iface",
    "implements",
    "frame_token",
    "recover",
    "print",
    "ptr_from_num",
];

/// Safepoints whose usual way is short all the same.
const SHORT: &[&str] = &[
    "call",
    "call_closure",
    "call_iface",
    "alloc",
    "closure",
    "append_8",
    "append_32",
    "append_64",
    "append_ptr",
    "append_str",
    "append_iface",
];

fn may_call(row: &OpInfo) -> bool {
    let short = SHORT.contains(&row.handler) || row.has(Effect::Branch);
    CALL.contains(&row.handler) || (row.has(Effect::Safepoint) && !short)
}

/// What is to be said against a handler.
#[derive(Default)]
struct Handler {
    calls: Vec<String>,
    conditional_moves: Vec<String>,
    returns: bool,
}

/// The handlers of a listing by `objdump -d`, by their rows' names.
fn handlers(listing: &str) -> BTreeMap<String, Handler> {
    let mut found: BTreeMap<String, Handler> = BTreeMap::new();
    let mut current = None;
    for line in listing.lines() {
        if line.ends_with(">:") {
            current = handler_name(line);
            if let Some(name) = &current {
                found.entry(name.clone()).or_default();
            }
            continue;
        }
        let Some(handler) = current.as_ref().and_then(|name| found.get_mut(name)) else { continue };
        let code = line.split('\t').next_back().unwrap_or_default();
        match code.split_whitespace().next() {
            Some("call") => handler.calls.push(code.to_string()),
            Some("ret") => handler.returns = true,
            Some(name) if name.starts_with("cmov") => handler.conditional_moves.push(code.to_string()),
            _ => {}
        }
    }
    found
}

/// The row of a mangled symbol `...dispatch4tail7handler3add17h...`.
fn handler_name(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("dispatch4tail7handler")?;
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let length: usize = rest[..digits].parse().ok()?;
    rest[digits..].get(..length).map(str::to_string)
}

/// Looks at all handlers of the binary.
///
/// # Errors
/// When it cannot be read, has no handlers, or a handler calls something that it should not.
pub(crate) fn run(binary: &str) -> Outcome {
    let output = Command::new("objdump").args(["-d", "--no-show-raw-insn", binary]).output();
    let output = output.map_err(|error| format!("objdump cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let found = handlers(&String::from_utf8_lossy(&output.stdout));
    if found.is_empty() {
        return Err(format!("{binary} has no handlers: is it an optimised build for x86-64?"));
    }
    let mut wrong = Vec::new();
    // The table of handlers is read with an index: nothing else is called like that.
    for (name, handler) in &found {
        let goes_on = handler.calls.iter().filter(|call| call.contains('*') && call.ends_with(",8)"));
        wrong.extend(goes_on.map(|call| format!("{name}: goes on by a call, not a jump: {call}")));
    }
    for row in Op::INFO.iter().filter(|row| !may_call(row) && !row.has(Effect::Internal)) {
        if let Some(handler) = found.get(row.handler) {
            wrong.extend(handler.calls.iter().map(|call| format!("{}: {call}", row.handler)));
            if handler.returns {
                wrong.push(format!("{}: returns", row.handler));
            }
        }
    }
    // What is compared must not be waited for: see `Regs::forward`.
    for row in Op::INFO.iter().filter(|row| row.has(Effect::Branch)) {
        if let Some(handler) = found.get(row.handler) {
            wrong.extend(handler.conditional_moves.iter().map(|code| format!("{}: {code}", row.handler)));
        }
    }
    if !wrong.is_empty() {
        return Err(format!(
            "handlers that should not call, return, or choose by conditional moves:\n{}",
            wrong.join("\n")
        ));
    }
    println!("{} handlers", found.len());
    Ok(())
}
