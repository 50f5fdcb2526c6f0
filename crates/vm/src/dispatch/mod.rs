#![expect(unsafe_code, reason = "runs verified code")]
//! The interpreter loop, in two forms made from the instruction table.
//!
//! - *Tail calls* (optimised builds on x86-64): a handler ends by jumping to the next one. All state is
//!   in the four argument registers; handlers return nothing. What is rare is a jump to one cold
//!   function of the same signature, so that no handler on the fast path saves a register.
//! - *A loop with a match*: everywhere else. Without optimisation the jumps would be calls and the
//!   native stack would grow with every instruction. It also counts instructions, or shows each to somebody who
//!   watches, where that is asked for.
//!
//! For whoever edits handlers: no calls to functions that are not inlined, except through
//! `Flow::Slow` and `Flow::Call`; nothing whose address is taken. Both would bring stack frames into
//! the handlers and break the jumps. `xtask handlers` reads the disassembly for that.

use crate::operands::{self, Decode};
use crate::regs::{Flow, Regs};
use crate::vm::Vm;
use golite_bytecode::for_each_instruction;

mod match_loop;
#[cfg(golite_tail_calls)]
mod tail;

/// Runs from the VM's registers on, until something leaves the loop. `Vm::exit` says what.
pub(crate) fn run(vm: &mut Vm) {
    #[cfg(golite_tail_calls)]
    if vm.counts.is_none() && vm.stepper.is_none() {
        return tail::run(vm);
    }
    match_loop::run(vm);
}

/// Decodes and runs the handler of each row: `step::mov(&mut regs)`. The registers are then at the
/// next instruction, unless the flow says otherwise.
pub(crate) mod step {
    use super::{Decode, Flow, Regs, for_each_instruction, operands};

    macro_rules! define_steps {
        ($($(#[doc = $doc:literal])* $name:ident => $variant:ident = $text:literal
            { $($operand:ident: $class:ident),* } [$($effect:ident)*])*) => {$(
            #[inline(always)]
            pub(crate) fn $name(regs: &mut Regs) -> Flow {
                // SAFETY: dispatch goes by the opcode at `pc`, so the instruction is of this row.
                let operands = unsafe { operands::$variant::decode(regs.pc) };
                let flow = crate::handlers::$name(regs, operands);
                if let Flow::Next = flow {
                    regs.forward(<operands::$variant as Decode>::WORDS);
                }
                flow
            }
        )*};
    }

    for_each_instruction!(define_steps);
}
