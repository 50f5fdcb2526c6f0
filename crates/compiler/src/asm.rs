//! The code of one function while it is written: registers, labels, lines.
//!
//! Registers are handed out like a stack: variables and temporaries go up, scopes and expressions
//! reset to a mark. A call window always begins at the top, so nothing live is ever above it.
//!
//! Forward jumps are patched when their label is bound. Short jumps have 16 bits; a function in
//! which one does not fit is compiled again with `wide` set, where every conditional jump is short
//! to a long one next to it.

mod fuse;

use golite_bytecode::code::{decode, get_cells, set_cells};
use golite_bytecode::{
    Code, CodeBuilder, GlobalIx, JumpTable, LineEntry, Op, Reg, SelectIx, SelectTable, Shape, TableIx,
    UnsignedBounds,
};
use golite_source::Span;

use crate::tails;

/// A place in the code that jumps go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label(u32);

/// Why a function cannot be written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Overflow {
    /// A jump is too long: compile again with wide jumps.
    ShortJump,
    /// More than 65,000 slots in one frame.
    Registers,
}

/// A position recorded per instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// The source span.
    pub span: Span,
    /// Line, from 1; 0 for none.
    pub line: u32,
    /// See `LineEntry::file`.
    pub file: u32,
    /// Index + 1 of the inlined call, 0 for the function itself.
    pub inlined: u32,
}

/// The code of one function.
#[derive(Default, Debug)]
pub struct Asm {
    /// The instructions.
    pub b: CodeBuilder,
    labels: Vec<LabelState>,
    top: u16,
    high: u16,
    overflow: Option<Overflow>,
    wide: bool,
    lines: Vec<LineEntry>,
    unsigned: Vec<UnsignedBounds>,
    position: Position,
    /// Where the last instruction begins, if it was written alone.
    last: usize,
    /// The instruction whose result the next one alone uses: see `fuse`.
    temporary: usize,
    tables: Vec<(JumpTable, Vec<Label>)>,
    selects: Vec<SelectTable>,
    invariants: Option<Invariants>,
}

/// The constants of a loop that is being written, and of the loops in it: they are loaded once, before it.
/// Which ones it needs is known at its end; the loads are then put in front.
#[derive(Debug)]
struct Invariants {
    /// Where the loop begins, and how many labels there were.
    start: usize,
    labels: usize,
    /// The first of their registers.
    first: Reg,
    constants: Vec<Constant>,
    /// The largest frame before the loop, and how many tables of cases.
    high: u16,
    selects: usize,
    /// Backward jumps to before the loop.
    leaving: Vec<usize>,
}

/// What does not change in a loop.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constant {
    /// A number.
    Number(i64),
    /// The address of a package-level variable.
    Address(GlobalIx),
}

/// More constants are loaded where they are used.
const MAX_INVARIANTS: u16 = 8;

#[derive(Default, Debug)]
struct LabelState {
    bound: Option<usize>,
    /// Forward jumps to it: instruction and operand index.
    waiting: Vec<(usize, usize)>,
}

/// The highest register that may be used; leaves room for operands of several slots.
const MAX_REGISTER: u16 = 65_000;

/// A state of the register stack to return to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark(u16);

impl Asm {
    /// An empty function; `wide` as the module's documentation says.
    #[must_use]
    pub fn new(wide: bool) -> Asm {
        Asm { wide, ..Asm::default() }
    }

    // ---- registers

    /// Takes `slots` registers at the top. Values without slots get the top itself.
    pub fn take(&mut self, slots: u16) -> Reg {
        let reg = Reg(self.top);
        if usize::from(self.top) + usize::from(slots) > usize::from(MAX_REGISTER) {
            self.overflow = Some(Overflow::Registers);
            return Reg(self.top.saturating_sub(slots));
        }
        self.top += slots;
        self.high = self.high.max(self.top);
        reg
    }

    /// The state of the register stack.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark(self.top)
    }

    /// Gives back all registers taken since the mark.
    pub fn reset(&mut self, mark: Mark) {
        self.top = mark.0;
    }

    /// The next register that would be taken.
    #[must_use]
    pub fn top(&self) -> Reg {
        Reg(self.top)
    }

    /// Whether a register lies at or above the mark: a temporary taken since.
    #[must_use]
    pub fn is_above(&self, reg: Reg, mark: Mark) -> bool {
        reg.0 >= mark.0
    }

    /// Gives back all registers from this one on.
    pub fn cut(&mut self, top: Reg) {
        debug_assert!(top.0 <= self.top, "registers are cut off, not added");
        self.top = top.0;
    }

    /// Notes that something inside does not fit.
    pub fn overflow(&mut self, overflow: Overflow) {
        self.overflow = self.overflow.or(Some(overflow));
    }

    /// Adds a table of cases and returns its index.
    pub fn add_select(&mut self, table: SelectTable) -> SelectIx {
        self.selects.push(table);
        SelectIx(self.selects.len() as u32 - 1)
    }

    /// Makes the frame at least so large.
    pub fn need_slots(&mut self, slots: u16) {
        self.high = self.high.max(slots);
    }

    // ---- constants of loops

    /// Begins a loop. False, if it is inside another one, whose constants are its own.
    pub fn begin_loop(&mut self) -> bool {
        if self.invariants.is_some() {
            return false;
        }
        let high = self.high;
        self.last = usize::MAX;
        let first = self.take(MAX_INVARIANTS);
        self.high = self.top;
        self.invariants = Some(Invariants {
            start: self.pc(),
            labels: self.labels.len(),
            first,
            constants: Vec::new(),
            high,
            selects: self.selects.len(),
            leaving: Vec::new(),
        });
        true
    }

    /// The register that has the constant in the loop being written; `None` outside of loops, and if there are
    /// too many. Nobody may write to it.
    pub fn invariant(&mut self, value: Constant) -> Option<Reg> {
        let Invariants { first, constants, .. } = self.invariants.as_mut()?;
        let index = match constants.iter().position(|constant| *constant == value) {
            Some(index) => index,
            None if constants.len() == usize::from(MAX_INVARIANTS) => return None,
            None => {
                constants.push(value);
                constants.len() - 1
            }
        };
        Some(first.plus(index as u16))
    }

    /// Ends the loop that `begin_loop` began: the loads of its constants go before it.
    pub fn end_loop(&mut self) {
        let Some(loop_) = self.invariants.take() else { return };
        let Invariants { start, labels, first, constants, high, selects, leaving } = loop_;
        self.close_gap(start, selects, first.plus(MAX_INVARIANTS), MAX_INVARIANTS - constants.len() as u16);
        self.high = self.high.max(high);
        let mut loads = CodeBuilder::default();
        for (i, value) in constants.iter().enumerate() {
            let dst = first.plus(i as u16);
            match value {
                Constant::Number(value) => loads.constant(dst, *value),
                Constant::Address(global) => loads.global_addr(dst, *global),
            };
        }
        let moved = loads.code.len();
        if moved == 0 {
            return;
        }
        self.b.code.splice(start..start, loads.code);
        // Nothing was written alone since.
        self.last = usize::MAX;
        for (i, state) in self.labels.iter_mut().enumerate() {
            // A label that was there before the loop, and stands at its beginning, leads to the loads.
            let inside = |at: usize| at > start || (at == start && i >= labels);
            if let Some(bound) = &mut state.bound
                && inside(*bound)
            {
                *bound += moved;
            }
            state.waiting.iter_mut().filter(|(at, _)| *at >= start).for_each(|(at, _)| *at += moved);
        }
        for at in leaving {
            let distance = self.operand(at + moved, 0) as usize;
            self.patch(at + moved, 0, distance + moved);
        }
        let index = self.lines.partition_point(|entry| (entry.pc as usize) < start);
        let first = self.lines.get(index).copied().filter(|entry| entry.pc as usize == start);
        self.lines[index..].iter_mut().for_each(|entry| entry.pc += moved as u32);
        // The loads have the position of what comes first in the loop.
        if let Some(first) = first {
            self.lines.insert(index, first);
        }
    }

    /// Moves the registers from `from` on down by `gap`, in the instructions from `start` on and the tables of
    /// cases from `selects` on.
    fn close_gap(&mut self, start: usize, selects: usize, from: Reg, gap: u16) {
        let moved = |reg: Reg| if reg == Reg::NONE || reg < from { reg } else { Reg(reg.0 - gap) };
        let mut at = start;
        while let Some(info) = decode(&self.b.code, at) {
            for operand in
                info.operands.iter().filter(|operand| matches!(operand.shape, Shape::Register { .. }))
            {
                let reg = Reg(get_cells(&self.b.code, at, operand.cell, operand.cells) as u16);
                set_cells(&mut self.b.code, at, operand.cell, operand.cells, u64::from(moved(reg).0));
            }
            at += usize::from(info.words);
        }
        for case in self.selects[selects..].iter_mut().flat_map(|table| &mut table.cases) {
            (case.channel, case.value, case.ok) = (moved(case.channel), moved(case.value), moved(case.ok));
        }
        self.high -= gap;
    }

    // ---- positions

    /// The source position of the instructions that follow.
    pub fn set_position(&mut self, position: Position) {
        self.position = position;
    }

    /// The current source position.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// Notes which bounds of an index or slice expression are of unsigned types.
    pub fn note_unsigned(&mut self, span: Span, which: u8) {
        let noted = UnsignedBounds { start: span.start, end: span.end, which };
        if which != 0 && !self.unsigned.contains(&noted) {
            self.unsigned.push(noted);
        }
    }

    /// Where the next instruction goes.
    #[must_use]
    pub fn pc(&self) -> usize {
        self.b.code.len()
    }

    /// To be called before each instruction: records the position if it changed.
    pub fn line(&mut self) -> &mut CodeBuilder {
        self.last = self.b.code.len();
        let pc = self.b.code.len() as u32;
        let Position { span, line, file, inlined } = self.position;
        let entry = LineEntry { pc, start: span.start, end: span.end, line, file, inlined };
        match self.lines.last_mut() {
            Some(last) if last.pc == pc => *last = entry,
            Some(last) if LineEntry { pc, ..*last } == entry => {}
            _ => self.lines.push(entry),
        }
        &mut self.b
    }

    // ---- labels

    /// A new label, not bound yet.
    pub fn label(&mut self) -> Label {
        self.labels.push(LabelState::default());
        Label(self.labels.len() as u32 - 1)
    }

    /// A label for the place that the next instruction takes.
    pub fn here(&mut self) -> Label {
        let label = self.label();
        self.bind(label);
        label
    }

    /// Binds a label to the place that the next instruction takes.
    pub fn bind(&mut self, label: Label) {
        let here = self.pc();
        // What is written before may not be changed for what comes from elsewhere.
        self.last = usize::MAX;
        let state = &mut self.labels[label.0 as usize];
        state.bound = Some(here);
        for (at, operand) in std::mem::take(&mut state.waiting) {
            self.patch(at, operand, here - at);
        }
    }

    /// Whether something jumps forward to the label, or it is bound.
    #[must_use]
    pub fn is_used(&self, label: Label) -> bool {
        let state = &self.labels[label.0 as usize];
        state.bound.is_some() || !state.waiting.is_empty()
    }

    /// Where the label is bound, if it is: then only backward jumps can reach it.
    #[must_use]
    pub fn bound(&self, label: Label) -> Option<usize> {
        self.labels[label.0 as usize].bound
    }

    fn patch(&mut self, at: usize, operand: usize, distance: usize) {
        let info = Op::from_number(self.b.code[at].op).expect("emitted").info();
        let place = &info.operands[operand];
        if place.cells == 1 && distance > usize::from(u16::MAX) {
            self.overflow = self.overflow.or(Some(Overflow::ShortJump));
        }
        set_cells(&mut self.b.code, at, place.cell, place.cells, distance as u64);
    }

    /// Jumps to a label, forward or backward.
    pub fn jump(&mut self, to: Label) {
        match self.bound(to) {
            Some(target) => {
                let distance = (self.pc() - target) as u32;
                let at = self.line().loop_back(distance);
                if let Some(Invariants { start, labels, leaving, .. }) = &mut self.invariants
                    && (target < *start || (target == *start && (to.0 as usize) < *labels))
                {
                    leaving.push(at);
                }
            }
            None => {
                let at = self.line().jump(0);
                self.labels[to.0 as usize].waiting.push((at, 0));
            }
        }
    }

    /// A conditional jump to a label not bound yet. `emit` writes the short jump with distance 0.
    pub fn branch(&mut self, to: Label, emit: impl FnOnce(&mut CodeBuilder) -> usize) {
        let at = emit(self.line());
        let info = Op::from_number(self.b.code[at].op).expect("emitted").info();
        let operand = info.operands.iter().position(|operand| operand.shape == Shape::Forward);
        let operand = operand.expect("a conditional jump");
        if !self.wide {
            self.labels[to.0 as usize].waiting.push((at, operand));
            return;
        }
        // Taken: over the jump that skips, to the long jump.
        let skip = self.line().jump(0);
        let here = self.pc();
        self.patch(at, operand, here - at);
        self.jump(to);
        let here = self.pc();
        self.patch(skip, 0, here - skip);
    }

    /// The short distance back to a bound label from an instruction written next, if it fits.
    #[must_use]
    pub fn back_distance(&self, to: Label) -> Option<u16> {
        if self.wide {
            return None;
        }
        u16::try_from(self.pc() - self.bound(to)?).ok()
    }

    /// Writes a switch over a table; `targets` are the cases' labels, then the default's.
    pub fn switch(
        &mut self,
        table: JumpTable,
        targets: Vec<Label>,
        emit: impl FnOnce(&mut CodeBuilder, TableIx),
    ) {
        let index = TableIx(self.tables.len() as u32);
        emit(self.line(), index);
        self.tables.push((table, targets));
    }

    /// The finished code; `recovery` is a bound label.
    ///
    /// # Errors
    /// When a jump or the frame does not fit.
    pub fn finish(self, recovery: Option<Label>) -> Result<Code, Overflow> {
        if let Some(overflow) = self.overflow {
            return Err(overflow);
        }
        let target = |label: &Label| {
            self.labels[label.0 as usize].bound.expect("every label is bound at the end") as u32
        };
        let mut tables = Vec::with_capacity(self.tables.len());
        for (table, labels) in &self.tables {
            let (last, cases) = labels.split_last().expect("a default");
            tables.push(match table {
                JumpTable::Int { first, .. } => JumpTable::Int {
                    first: *first,
                    targets: cases.iter().map(target).collect(),
                    default: target(last),
                },
                JumpTable::Str { cases: strings, .. } => JumpTable::Str {
                    cases: strings.iter().map(|(string, _)| *string).zip(cases.iter().map(target)).collect(),
                    default: target(last),
                },
            });
        }
        let recovery = recovery.as_ref().map(target);
        let mut code = Code {
            words: self.b.code,
            frame_slots: self.high,
            recovery,
            tables,
            selects: self.selects,
            lines: self.lines,
            unsigned: self.unsigned,
            ..Code::default()
        };
        tails::repeat(&mut code);
        Ok(code)
    }

    /// The value of operand `index` of the instruction at `at`.
    #[must_use]
    pub fn operand(&self, at: usize, index: usize) -> u64 {
        let info = Op::from_number(self.b.code[at].op).expect("emitted").info();
        let place = &info.operands[index];
        get_cells(&self.b.code, at, place.cell, place.cells)
    }
}
