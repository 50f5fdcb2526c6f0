//! Running an input instruction by instruction, for somebody who watches.
//!
//! The loop of `match_loop` is there twice: the one that calls `before_instruction` runs only while there is
//! a `Stepper`. Instructions of the goroutine of the input are shown, as far as they belong to functions of
//! the user; a call of anything else is one step.

use golite_bytecode::flow::{Step as Transfer, Written, step_of};
use golite_bytecode::print::print_instruction;
use golite_bytecode::{Body, FuncIx, GlobalIx, Kind, Op, Reg, Shape};
use golite_runtime::goroutine::StackSlot;
use golite_runtime::interrupt::Cause;
use golite_runtime::print::format_float;
use golite_runtime::slot;

use crate::frame::Place;
use crate::trace::{file_line_at, line_at};
use crate::vm::Vm;

/// Bytes of a string that are shown.
const TEXT: u64 = 30;

/// SIGINT.
const INTERRUPT: i32 = 2;

/// Somebody who watches.
pub trait Watcher: Send {
    /// An instruction of the last one's frame has been executed: what it wrote.
    fn wrote(&mut self, depth: usize, registers: &[String]);
    /// An instruction is about to be executed.
    fn next(&mut self, step: &Step) -> Answer;
}

/// An instruction that is about to be executed.
#[derive(Clone, Debug)]
pub struct Step {
    /// The function.
    pub function: String,
    /// File and line.
    pub place: String,
    /// The source text of that line.
    pub source: String,
    /// The first instruction of another line, or of another frame, than the one before.
    pub new_line: bool,
    /// How many frames of the user are around.
    pub depth: usize,
    /// The word of the function's code.
    pub pc: u32,
    /// The instruction as listings show it.
    pub text: String,
    /// The registers it reads.
    pub reads: Vec<String>,
}

/// What is to be done next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// One instruction.
    Step,
    /// Up to the next instruction of this frame, or of one around it.
    Over,
    /// All that is left.
    Go,
    /// Nothing: the input ends.
    Stop,
}

/// What is known between two steps.
pub(crate) struct Stepper {
    goroutine: u64,
    watcher: Box<dyn Watcher>,
    /// Frames of the user, the outermost first: where each begins and what its instruction that is under
    /// way writes.
    frames: Vec<(StackSlot, Vec<(u16, Option<Kind>)>)>,
    /// The line that was shown last, and the function and frame.
    shown: (FuncIx, StackSlot, u32),
    /// Nothing is shown while there are more frames.
    deepest: usize,
    /// When this variable has been written, all that is to be shown has been.
    result: Option<GlobalIx>,
    written: bool,
}

impl std::fmt::Debug for Stepper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stepper").field("goroutine", &self.goroutine).finish_non_exhaustive()
    }
}

impl Vm {
    /// The goroutine of an input is watched from now on, until it has written the
    /// variable that gets its result.
    pub fn watch(&mut self, input: crate::Input, result: Option<GlobalIx>, watcher: Box<dyn Watcher>) {
        self.stepper = Some(Box::new(Stepper {
            goroutine: input.id,
            watcher,
            frames: Vec::new(),
            shown: (FuncIx(u32::MAX), StackSlot(0), 0),
            deepest: usize::MAX,
            result,
            written: false,
        }));
    }

    /// Nobody watches any more.
    pub fn unwatch(&mut self) {
        self.stepper = None;
    }

    /// The loop is about to execute the instruction at the VM's `pc`.
    #[cold]
    #[inline(never)]
    pub(crate) fn before_instruction(&mut self) {
        let Some(mut stepper) = self.stepper.take() else { return };
        if stepper.goroutine != self.rt.running_id || !self.show_step(&mut stepper) {
            self.stepper = Some(stepper);
        }
    }

    /// True if nothing is to be shown any more.
    fn show_step(&mut self, stepper: &mut Stepper) -> bool {
        let Place::Code(func, word) = self.code.place(self.pc) else { return false };
        let module = self.loader.module();
        let function = &module.functions[func.index()];
        let own = module.files.get(function.file as usize).is_some_and(|file| !file.starts_with('$'));
        let Body::Code(code) = &function.body else { return false };
        if !own || function.wrapper {
            return false;
        }
        let base = self.frame_slot();
        while stepper.frames.last().is_some_and(|(frame, _)| *frame > base) {
            stepper.frames.pop();
        }
        if stepper.frames.last().is_none_or(|(frame, _)| *frame < base) {
            stepper.frames.push((base, Vec::new()));
        }
        let depth = stepper.frames.len() - 1;
        if depth > stepper.deepest {
            return false;
        }
        stepper.deepest = usize::MAX;
        // What the program has written comes before what is shown.
        let _ = self.rt.host.flush();
        let (_, written) = stepper.frames.last_mut().expect("it was pushed");
        let written = std::mem::take(written);
        if !written.is_empty() {
            stepper.watcher.wrote(depth, &self.registers(&written));
        }
        let at = word as usize;
        let Some(info) = golite_bytecode::code::decode(&code.words, at) else { return false };
        let mut transfer = Transfer::default();
        if step_of(module, function, code, at, info, &mut transfer).is_err() {
            return false;
        }
        let uses_result = info.operands.iter().any(|operand| {
            let bits = || golite_bytecode::code::get_cells(&code.words, at, operand.cell, operand.cells);
            operand.shape == Shape::Global && stepper.result == Some(GlobalIx(bits() as u32))
        });
        if stepper.written && !uses_result {
            return true;
        }
        stepper.written = uses_result;
        let entry = line_at(module, func, word);
        let (file, line) = file_line_at(module, func, word);
        let shown = (func, base, line);
        let file = self.shown_file(file);
        let step = Step {
            function: function.name.to_string(),
            place: format!("{file}:{line}"),
            source: entry.map_or_else(String::new, |entry| self.loader.source(entry.start, entry.end)),
            new_line: std::mem::replace(&mut stepper.shown, shown) != shown,
            depth,
            pc: word,
            text: print_instruction(module, code, at),
            reads: self.registers(&transfer.reads),
        };
        let writes = transfer.writes.iter().map(|(slot, written)| match written {
            Written::Kind(kind) => (*slot, Some(*kind)),
            Written::CopyOf(_) => (*slot, None),
        });
        let returns = code.words[at].op == Op::Ret as u16;
        stepper.frames.last_mut().expect("it was pushed").1 =
            if returns { Vec::new() } else { writes.collect() };
        match stepper.watcher.next(&step) {
            Answer::Step => false,
            Answer::Over => {
                stepper.deepest = depth;
                false
            }
            Answer::Go => true,
            Answer::Stop => {
                self.rt.interrupt.ask(Cause::Signal(INTERRUPT));
                // The time slice ends at the next call or jump back.
                self.budget = 1;
                true
            }
        }
    }

    /// Registers with their contents: strings and interfaces together.
    fn registers(&self, slots: &[(u16, Option<Kind>)]) -> Vec<String> {
        let mut out = Vec::new();
        let mut at = 0;
        while let Some(&(slot, kind)) = slots.get(at) {
            let bits = self.get(Reg(slot));
            let next = slots.get(at + 1).filter(|(next, _)| *next == slot + 1);
            let (text, count) = match (kind, next) {
                (Some(Kind::Ptr), Some((_, Some(Kind::Num)))) => {
                    let len = self.get(Reg(slot + 1));
                    let third = slots
                        .get(at + 2)
                        .filter(|(third, kind)| *third == slot + 2 && *kind == Some(Kind::Num));
                    match third {
                        Some(_) => {
                            let cap = self.get(Reg(slot + 2));
                            (format!("{} len {len} cap {cap}", self.pointer(bits)), 3)
                        }
                        None => (self.view(bits, len), 2),
                    }
                }
                (Some(Kind::Type), Some(_)) => {
                    let data = self.get(Reg(slot + 1));
                    let ty = slot::type_of_word(bits);
                    let name = match bits {
                        0 => "nil",
                        _ => self.rt.types.name(ty),
                    };
                    (format!("{name} {}", self.number_or_pointer(data)), 2)
                }
                (Some(Kind::Ptr), _) => (self.pointer(bits), 1),
                (Some(Kind::Num | Kind::Unset), _) => (number(bits), 1),
                (Some(Kind::Type | Kind::Data) | None, _) => (self.number_or_pointer(bits), 1),
            };
            out.push(format!("r{slot} = {text}"));
            at += count;
        }
        out
    }

    fn number_or_pointer(&self, bits: u64) -> String {
        if self.rt.heap.contains(bits) { self.pointer(bits) } else { number(bits) }
    }

    fn pointer(&self, bits: u64) -> String {
        if bits == 0 { "nil".into() } else { format!("{:#x}", self.rt.shown_address(bits)) }
    }

    /// Pointer and length: the text, if that is in one object.
    fn view(&self, addr: u64, len: u64) -> String {
        let inside = |object: &golite_runtime::golite_gc::Object| {
            len <= object.bytes && addr + len <= object.base + object.bytes
        };
        if len == 0 {
            return "\"\"".into();
        }
        if self.rt.heap.object_at(addr).as_ref().is_some_and(inside) {
            let text = self.rt.copy_bytes(addr, len.min(TEXT));
            let dots = if len > TEXT { "..." } else { "" };
            return format!("\"{}\"{dots} len {len}", text.escape_ascii());
        }
        format!("{} len {len}", self.pointer(addr))
    }
}

/// A number; of what looks like a float both readings.
fn number(bits: u64) -> String {
    let float = f64::from_bits(bits);
    if (bits as i64).unsigned_abs() >> 40 != 0 && (1e-9..1e15).contains(&float.abs()) {
        return format!("{} ({})", bits as i64, format_float(float));
    }
    (bits as i64).to_string()
}
