//! Tracebacks, as Go prints them.
//!
//! Frames of the compiler's own functions are not shown. Arguments are shown as `...`; the number behind
//! the line is the distance in words from the start of the function's code.

use std::fmt::Write;

use golite_bytecode::{Body, FuncIx, LineEntry, Module};
use golite_runtime::code_address::CodeAddress;
use golite_runtime::goroutine::{GoroutineIx, StackSlot, Status, WaitReason};
use golite_runtime::panic::ErrorKind;
use golite_runtime::report;

use crate::unwind::FrameAt;
use crate::vm::Vm;

/// Frames shown at each end of a deep stack.
const SHOWN: usize = 50;

/// The frame above that of who has raised a fatal error of the runtime's own kind.
pub(crate) const THROW: &str = "runtime.throw({0x0?, 0x0?})\n\t$GOROOT/src/runtime/panic.go:1 +0x0\n";

/// How much a traceback shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TraceStyle {
    /// The functions of the program.
    User,
    /// The runtime's own too, and where in the stack each frame is: `GOTRACEBACK=system`.
    System,
}

/// A line of a traceback: a function and a place in it.
#[derive(Clone, Debug)]
pub(crate) enum TraceLine {
    /// A function of the program.
    Frame {
        /// Which.
        func: FuncIx,
        /// Its frame's slot 0.
        base: StackSlot,
        /// The file, of `Module::files`.
        file: u32,
        /// The line.
        line: u32,
        /// Words from the start of its code.
        offset: u32,
    },
    /// The deferred call above ran because of a panic: of the program, or an error of the runtime.
    Panic(Option<ErrorKind>),
    /// The deferred call above ran because of `runtime.Goexit`.
    Goexit,
}

/// The position of a word of a function's code.
pub(crate) fn line_at(module: &Module, func: FuncIx, word: u32) -> Option<LineEntry> {
    let Body::Code(code) = &module.functions[func.index()].body else { return None };
    let after = code.lines.partition_point(|entry| entry.pc <= word);
    // What the compiler has made by itself has no line.
    after.checked_sub(1).map(|index| code.lines[index]).filter(|entry| entry.line > 0)
}

/// File and line of a word of a function's code; those of the function if it has none.
pub(crate) fn file_line_at(module: &Module, func: FuncIx, word: u32) -> (u32, u32) {
    let function = &module.functions[func.index()];
    let entry = line_at(module, func, word);
    entry.map_or((function.file, function.line), |entry| (entry.file_in(function.file), entry.line))
}

impl Vm {
    /// Which bounds of the running index or slice expression are of unsigned types.
    pub(crate) fn unsigned_bounds(&self) -> u8 {
        let frame = self.running_frame();
        let Some(func) = frame.func else { return 0 };
        let module = self.loader.module();
        let word = self.fault_word(func, frame.word);
        let (Body::Code(code), Some(line)) =
            (&module.functions[func.index()].body, line_at(module, func, word))
        else {
            return 0;
        };
        let found = code.unsigned.iter().find(|at| (at.start, at.end) == (line.start, line.end));
        found.map_or(0, |at| at.which)
    }

    /// The word whose position is that of what failed in the instruction at `word`: instructions with two indices have
    /// the position of the one that is looked at first in their second word.
    pub(crate) fn fault_word(&self, func: FuncIx, word: u32) -> u32 {
        if self.first_index_failed == Some((func, word)) { word + 1 } else { word }
    }

    /// The frames of a goroutine, innermost first. The running one must be saved in its record.
    pub(crate) fn trace_lines(&self, g: GoroutineIx) -> Vec<TraceLine> {
        self.trace_lines_up_to(g, usize::MAX)
    }

    /// As `trace_lines`, at most so many (and one for a panic) of the innermost.
    pub(crate) fn trace_lines_up_to(&self, g: GoroutineIx, most: usize) -> Vec<TraceLine> {
        let goroutine = self.rt.goroutines.get(g);
        let mut lines = Vec::new();
        if goroutine.pc == 0 {
            if goroutine.entry != 0 {
                let func = golite_runtime::Runtime::func_of_closure(goroutine.entry);
                self.push_frame(FrameAt::entry(func), &mut lines);
            }
            return lines;
        }
        // A goroutine that waits is behind the instruction that made it wait, unless it will do it again.
        let pc: *const golite_bytecode::Word = std::ptr::with_exposed_provenance(goroutine.pc as usize);
        let place = match goroutine.status {
            Status::Waiting if goroutine.reason == WaitReason::IoWait => self.code.place(pc),
            Status::Waiting => self.code.call_place(pc),
            Status::Runnable | Status::Running | Status::Dead => self.code.place(pc),
        };
        let mut frame = self.frame_at(goroutine.base, place);
        loop {
            self.push_frame(frame, &mut lines);
            if lines.len() >= most {
                return lines;
            }
            let Some((caller, by_panic)) = self.caller(g, frame) else { return lines };
            if by_panic {
                let panics = self.rt.goroutines.get(g).panics();
                let record = panics.iter().rev().find(|panic| panic.deferred == frame.base);
                lines.push(match record.is_some_and(|panic| panic.goexit) {
                    true => TraceLine::Goexit,
                    false => TraceLine::Panic(record.and_then(|panic| panic.error)),
                });
            }
            frame = caller;
        }
    }

    fn push_frame(&self, frame: FrameAt, lines: &mut Vec<TraceLine>) {
        let module = self.loader.module();
        let Some(func) = frame.func else { return };
        let function = &module.functions[func.index()];
        if function.wrapper {
            return;
        }
        let (file, line) = match frame.stub {
            true => (function.file, function.line),
            false => file_line_at(module, func, frame.word),
        };
        lines.push(TraceLine::Frame { func, base: frame.base, file, line, offset: frame.word });
    }

    /// The name of a source file as tracebacks show it: absolute.
    pub(crate) fn shown_file(&self, file: u32) -> String {
        let module = self.loader.module();
        let name = module.files.get(file as usize).map_or("?", |name| name);
        if name.is_empty() {
            // A directive gives none.
            return "??".to_string();
        }
        if name.starts_with(['/', '$', '<']) || name == "?" || self.working_dir.is_empty() {
            // Of a package, of go-lite itself, or of no file at all.
            return name.to_string();
        }
        format!("{}/{}", self.working_dir, name.strip_prefix("./").unwrap_or(name))
    }

    /// How tracebacks of a crash are written.
    pub(crate) fn crash_style(&self) -> TraceStyle {
        if self.rt.settings.traceback.level >= 2 { TraceStyle::System } else { TraceStyle::User }
    }

    /// The header and the frames of a goroutine.
    pub(crate) fn trace_text(&self, g: GoroutineIx, style: TraceStyle) -> String {
        let info = report::describe(&self.rt, g);
        let mut out = match style {
            TraceStyle::User => info.header(),
            TraceStyle::System => info.system_header(),
        };
        out.push('\n');
        self.write_frames(&self.trace_lines(g), style, &mut out);
        if style == TraceStyle::System {
            let main = (info.id == 1).then_some("runtime.main()\n\t$GOROOT/src/runtime/proc.go:1 +0x0\n");
            out.push_str(main.unwrap_or_default());
            out.push_str("runtime.goexit({})\n\t$GOROOT/src/runtime/asm.s:1 +0x0\n");
        }
        let creator = info.creation.func;
        let module = self.loader.module();
        let name = creator.map(|func| &*module.functions[func.index()].name);
        if let Some(line) = info.created_by(name) {
            out.push_str(&line);
            out.push('\n');
            match creator {
                Some(func) => {
                    let own = module.functions[func.index()].file;
                    let entry = line_at(module, func, info.creation.pc);
                    let file = self.shown_file(entry.map_or(own, |entry| entry.file_in(own)));
                    let line = entry.map_or(0, |entry| entry.line);
                    let _ = writeln!(out, "\t{file}:{line} +{:#x}", info.creation.pc);
                }
                None => out.push_str("\t$GOROOT/src/time/sleep.go:1\n"),
            }
        }
        out
    }

    /// Frames as lines, the middle of a deep stack left out.
    fn write_frames(&self, lines: &[TraceLine], style: TraceStyle, out: &mut String) {
        let module = self.loader.module();
        let elided = lines.len().saturating_sub(2 * SHOWN);
        for (i, line) in lines.iter().enumerate() {
            if elided > 0 && i == SHOWN {
                let _ = writeln!(out, "...{elided} frames elided...");
            }
            if elided > 0 && (SHOWN..SHOWN + elided).contains(&i) {
                continue;
            }
            match line {
                &TraceLine::Frame { func, base, file, line, offset } => {
                    let function = &module.functions[func.index()];
                    let no_params = module.signature_of(func).params.is_empty();
                    let args = if no_params { "()" } else { "(...)" };
                    let file = self.shown_file(file);
                    let _ = write!(out, "{}{args}\n\t{file}:{line} +{offset:#x}", function.name);
                    if style == TraceStyle::System {
                        // Bytes from the bottom of the stack.
                        let place = FrameAt { base, func: Some(func), word: offset, stub: false };
                        let end = base.0 + self.frame_size(place);
                        let pc = CodeAddress { func, pc: offset, depth: 0 }.to_word();
                        let _ = write!(out, " fp={:#x} sp={:#x} pc={pc:#x}", 8 * end, 8 * base.0);
                    }
                    out.push('\n');
                }
                TraceLine::Panic(_) => {
                    out.push_str("panic({0x0?, 0x0?})\n\t$GOROOT/src/runtime/panic.go:1 +0x0\n")
                }
                TraceLine::Goexit => {
                    out.push_str("runtime.Goexit()\n\t$GOROOT/src/runtime/panic.go:1 +0x0\n");
                }
            }
        }
    }

    /// All goroutines of the program, the given one first, with an empty line between.
    pub(crate) fn trace_all(&self, first: Option<GoroutineIx>, style: TraceStyle) -> String {
        let all = report::list(&self.rt);
        let shown = all.iter().filter(|info| !info.system || style == TraceStyle::System);
        let others = shown.map(|info| info.index).filter(|index| Some(*index) != first);
        let texts: Vec<_> = first.into_iter().chain(others).map(|g| self.trace_text(g, style)).collect();
        texts.join("\n")
    }
}
