//! Instructions that do the work of two: the one just written is taken back, and one for both is written.
//!
//! That is right as long as nothing jumps between the two, and nobody else needs what the first one writes: a move
//! of a variable is not taken back, but made to move more; all others write temporaries, as their users say.

use golite_bytecode::code::decode;
use golite_bytecode::{CodeBuilder, LINK_SLOTS, LineEntry, Op, Reg};

use golite_source::Span;

use super::{Asm, Position};

/// An instruction that was taken back.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// What it does.
    pub op: Op,
    /// The bits of its operands, the destination left out.
    pub operands: [u64; 3],
    /// Its position.
    position: Position,
}

impl Taken {
    /// An operand that is a register.
    #[must_use]
    pub fn reg(&self, index: usize) -> Reg {
        Reg(self.operands[index] as u16)
    }
}

impl Asm {
    /// The instruction just written, if it was written alone and nothing jumps behind it.
    fn last_op(&self) -> Option<Op> {
        let info = decode(&self.b.code, self.last)?;
        let is_last = self.last + usize::from(info.words) == self.b.code.len();
        if is_last { Op::from_number(self.b.code[self.last].op) } else { None }
    }

    /// The position of the instruction just written.
    fn last_position(&self) -> Position {
        let position = |entry: &LineEntry| Position {
            span: Span { start: entry.start, end: entry.end },
            line: entry.line,
            file: entry.file,
            inlined: entry.inlined,
        };
        self.lines.last().map(position).unwrap_or_default()
    }

    /// Takes back the instruction just written, if it is one of `ops` and writes to `dst`, which nobody else reads.
    pub fn take_back(&mut self, dst: Reg, ops: &[Op]) -> Option<Taken> {
        let op = self.last_op().filter(|op| ops.contains(op))?;
        if Reg(self.operand(self.last, 0) as u16) != dst {
            return None;
        }
        let count = op.info().operands.len().min(4);
        let mut operands = [0; 3];
        for index in 1..count {
            operands[index - 1] = self.operand(self.last, index);
        }
        let position = self.last_position();
        self.b.code.truncate(self.last);
        self.lines.pop_if(|entry| entry.pc as usize == self.last);
        (self.last, self.temporary) = (usize::MAX, usize::MAX);
        Some(Taken { op, operands, position })
    }

    /// As `take_back` for the row of an element of a slice of slices, whose index is evaluated already. It must be
    /// on the same line: a traceback shows one.
    pub fn take_back_row(&mut self, view: Reg) -> Option<Taken> {
        let last = self.last_position();
        if self.temporary != self.last || (last.line, last.file) != (self.position.line, self.position.file) {
            return None;
        }
        self.take_back(view, &[Op::IndexSlice])
    }

    /// Notes that what the instruction just written writes is used once, by the instruction that follows.
    pub fn note_temporary(&mut self) {
        self.temporary = self.last;
    }

    /// Whether the instruction just written was noted.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.temporary == self.last && self.last_op().is_some()
    }

    /// What was noted is used more than once.
    pub fn keep_temporary(&mut self) {
        self.temporary = usize::MAX;
    }

    /// To be called before an instruction that stands for one that was taken back, and can fail as that one.
    pub fn line_of(&mut self, taken: &Taken) -> &mut CodeBuilder {
        let position = std::mem::replace(&mut self.position, taken.position);
        self.line();
        self.position = position;
        &mut self.b
    }

    /// Gives the second word of the instruction just written a position of its own: that of the index that is
    /// looked at first.
    pub fn note_first(&mut self, position: Position) {
        let Position { span, line, file, inlined } = position;
        self.lines.push(LineEntry {
            pc: self.last as u32 + 1,
            start: span.start,
            end: span.end,
            line,
            file,
            inlined,
        });
    }

    /// As `note_first`, with the position of what was taken back.
    pub fn note_taken(&mut self, taken: &Taken) {
        self.note_first(taken.position);
    }

    /// `dst = src`, one slot; together with moves of neighbouring registers before it, if nobody can tell.
    pub fn mov(&mut self, dst: Reg, src: Reg) {
        let count = match self.last_op() {
            Some(Op::Mov) => 1,
            Some(Op::Mov2) => 2,
            _ => 0,
        };
        if count > 0 {
            let [to, from] = [0, 1].map(|index| self.operand(self.last, index) as u16);
            let read_before = !(to..to + count).contains(&src.0);
            let below = dst.0 + 1 == to && src.0 + 1 == from;
            let above = dst.0 == to + count && src.0 == from + count;
            if read_before && (below || above) {
                let (to, from) = if below { (dst, src) } else { (Reg(to), Reg(from)) };
                self.b.code.truncate(self.last);
                if count == 1 {
                    self.b.mov_2(to, from)
                } else {
                    self.b.mov_3(to, from)
                };
                return;
            }
        }
        self.line().mov(dst, src);
    }

    /// Returns from a function with so many slots of results, which have their values.
    pub fn ret(&mut self, results: u16) {
        let Some(op) = self.last_op() else {
            self.line().ret();
            return;
        };
        let slots = match op {
            Op::Mov | Op::ConstI32 => 1,
            Op::Mov2 => 2,
            Op::Mov3 => 3,
            _ => 0,
        };
        if slots == 0 || slots > results || self.operand(self.last, 0) as u16 != LINK_SLOTS {
            self.line().ret();
            return;
        }
        let value = self.operand(self.last, 1);
        self.b.code.truncate(self.last);
        let src = Reg(value as u16);
        match op {
            Op::ConstI32 => self.b.ret_i32(value as i32),
            Op::Mov => self.b.ret_1(src),
            Op::Mov2 => self.b.ret_2(src),
            _ => self.b.ret_3(src),
        };
    }
}
