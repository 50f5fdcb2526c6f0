//! The way through a format string.
//!
//! Text and operands of basic kinds are written here; at an operand that needs Go code (it may have
//! methods, or is composite) the way stops, and is taken up behind it by the next call. It also stops
//! when the text has become long, and at operands whose text may be: no step needs much memory that
//! the program's limit does not see.

use super::format::{
    MINUS, Operand, PLUS, PLUS_V, PREC, SHARP, SHARP_V, SPACE, Spec, WIDTH, ZERO, append_operand, longest,
};
use crate::internal_bytealg::{PART, SMALL};
use crate::strconv::quote::append_rune;
use crate::unicode_utf8::decode;

/// The operands of a call.
pub trait Operands {
    /// How many there are.
    fn count(&self) -> usize;
    /// Operand `index` and the name of its type, if it is of a basic kind and has no methods.
    fn basic(&self, index: usize) -> Option<(Operand<'_>, &str)>;
    /// The name of the type of operand `index`, if it is not nil.
    fn type_name(&self, index: usize) -> Option<&str>;
    /// Operand `index` as a width or precision, if it is an integer.
    fn integer(&self, index: usize) -> Option<i64>;
}

/// Where the way is.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct State {
    /// The offset in the format.
    pub at: usize,
    /// The operand that is next.
    pub arg: usize,
    /// An operand was named by its number.
    pub reordered: bool,
}

/// Why the way stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// All is written.
    Done,
    /// The format is at its end, and operands are left over.
    Extra,
    /// The text so far is to be taken: it has become long.
    More,
    /// Operand `state.arg` is to be written by Go code.
    Operand {
        /// The verb.
        verb: char,
        /// Flags, width and precision.
        spec: Spec,
    },
}

const LARGEST: i64 = 1_000_000;

/// A number at `at`: its value if there is one and it is not too large, and where it ends.
fn number(format: &[u8], mut at: usize, end: usize) -> (Option<usize>, usize) {
    let (mut value, start) = (0_i64, at);
    while at < end && format[at].is_ascii_digit() {
        if value > LARGEST {
            return (None, end);
        }
        value = value * 10 + i64::from(format[at] - b'0');
        at += 1;
    }
    ((at > start).then_some(value as usize), at)
}

/// What follows a bracket: the index (from 0), the length, whether it is well formed.
fn bracket(format: &[u8]) -> (Option<i64>, usize, bool) {
    if format.len() < 3 {
        return (None, 1, false);
    }
    let Some(close) = format[1..].iter().position(|&c| c == b']').map(|i| i + 1) else {
        return (None, 1, false);
    };
    match number(format, 1, close) {
        (Some(value), end) if end == close => (Some(value as i64 - 1), close + 1, true),
        _ => (None, close + 1, false),
    }
}

struct Walk<'a> {
    format: &'a [u8],
    operands: &'a dyn Operands,
    state: &'a mut State,
    /// All numbers of operands of this verb are valid.
    good: bool,
}

impl Walk<'_> {
    /// Reads `[n]` if there is one; reports whether there was a well-formed one.
    fn index(&mut self) -> bool {
        let rest = &self.format[self.state.at.min(self.format.len())..];
        if rest.first() != Some(&b'[') {
            return false;
        }
        self.state.reordered = true;
        let (index, length, well_formed) = bracket(rest);
        self.state.at += length;
        if let Some(index) = index.and_then(|index| usize::try_from(index).ok())
            && index < self.operands.count()
        {
            self.state.arg = index;
            return true;
        }
        self.good = false;
        well_formed
    }

    /// Takes a width or precision from the operands.
    fn take_operand_number(&mut self) -> Option<i64> {
        self.state.at += 1;
        let index = self.state.arg;
        if index >= self.operands.count() {
            return None;
        }
        self.state.arg += 1;
        self.operands.integer(index).filter(|value| (-LARGEST..=LARGEST).contains(value))
    }

    fn peek(&self) -> Option<u8> {
        self.format.get(self.state.at).copied()
    }
}

/// Goes on through `format` from `state`.
pub fn run(out: &mut Vec<u8>, format: &[u8], operands: &dyn Operands, state: &mut State) -> Stop {
    let mut walk = Walk { format, operands, state, good: true };
    loop {
        let start = walk.state.at;
        if start >= format.len() {
            break;
        }
        if out.len() as u64 >= SMALL {
            return Stop::More;
        }
        let part = &format[start..format.len().min(start + PART)];
        let text = part.iter().position(|&c| c == b'%').unwrap_or(part.len());
        out.extend_from_slice(&part[..text]);
        walk.state.at += text;
        if text == part.len() {
            continue;
        }
        walk.state.at += 1;
        walk.good = true;
        if let Some(stop) = directive(&mut walk, out) {
            return stop;
        }
    }
    if !walk.state.reordered && walk.state.arg < operands.count() { Stop::Extra } else { Stop::Done }
}

/// One verb with what stands before it.
fn directive(walk: &mut Walk<'_>, out: &mut Vec<u8>) -> Option<Stop> {
    let mut spec = Spec::default();
    while let Some(c) = walk.peek() {
        spec.flags |= match c {
            b'#' => SHARP,
            b'0' => ZERO,
            b'+' => PLUS,
            b'-' => MINUS,
            b' ' => SPACE,
            _ => break,
        };
        walk.state.at += 1;
    }
    let simple =
        walk.peek().is_some_and(|c| c.is_ascii_lowercase()) && walk.state.arg < walk.operands.count();
    if !simple {
        let mut after_index = walk.index();
        if walk.peek() == Some(b'*') {
            match walk.take_operand_number() {
                Some(width) => {
                    spec.flags |= WIDTH;
                    spec.width = width.unsigned_abs() as usize;
                    if width < 0 {
                        spec.flags = spec.flags & !ZERO | MINUS;
                    }
                }
                None => out.extend_from_slice(b"%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            let (width, end) = number(walk.format, walk.state.at, walk.format.len());
            walk.state.at = end;
            if let Some(width) = width {
                spec.flags |= WIDTH;
                spec.width = width;
                if after_index {
                    walk.good = false; // %[3]2d
                }
            }
        }
        if walk.peek() == Some(b'.') {
            walk.state.at += 1;
            if after_index {
                walk.good = false; // %[3].2d
            }
            after_index = walk.index();
            if walk.peek() == Some(b'*') {
                match walk.take_operand_number() {
                    Some(prec) if prec >= 0 => {
                        spec.flags |= PREC;
                        spec.prec = prec as usize;
                    }
                    _ => out.extend_from_slice(b"%!(BADPREC)"),
                }
                after_index = false;
            } else {
                let (prec, end) = number(walk.format, walk.state.at, walk.format.len());
                walk.state.at = end;
                spec.flags |= PREC;
                spec.prec = prec.unwrap_or(0);
            }
        }
        if !after_index {
            walk.index();
        }
    }
    if walk.state.at >= walk.format.len() {
        out.extend_from_slice(b"%!(NOVERB)");
        return None;
    }
    let (verb, width) = decode(&walk.format[walk.state.at..]);
    walk.state.at += width;
    let verb = u32::try_from(verb).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER);
    let problem = if verb == '%' {
        out.push(b'%');
        return None;
    } else if !walk.good {
        "(BADINDEX)"
    } else if walk.state.arg >= walk.operands.count() {
        "(MISSING)"
    } else {
        return operand(walk, out, verb, spec);
    };
    out.extend_from_slice(b"%!");
    append_rune(out, verb as i32);
    out.extend_from_slice(problem.as_bytes());
    None
}

fn operand(walk: &mut Walk<'_>, out: &mut Vec<u8>, verb: char, mut spec: Spec) -> Option<Stop> {
    if matches!(verb, 'v' | 'w') {
        if spec.flags & SHARP != 0 {
            spec.flags = spec.flags & !SHARP | SHARP_V;
        }
        if spec.flags & PLUS != 0 {
            spec.flags = spec.flags & !PLUS | PLUS_V;
        }
    }
    let index = walk.state.arg;
    if verb == 'T'
        && let Some(name) = walk.operands.type_name(index)
    {
        append_operand(out, spec, 's', Operand::Text(name.as_bytes()), "string");
        walk.state.arg += 1;
        return None;
    }
    match walk.operands.basic(index) {
        Some((operand, name))
            if (!matches!(verb, 'w' | 'p') || matches!(operand, Operand::Nil) && verb == 'p')
                && longest(spec, verb, operand) <= SMALL =>
        {
            append_operand(out, spec, verb, operand, name);
            walk.state.arg += 1;
            None
        }
        _ => Some(Stop::Operand { verb, spec }),
    }
}
