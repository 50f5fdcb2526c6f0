//! Dispatch by a loop.

use golite_bytecode::{Op, for_each_instruction};

use super::step;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

macro_rules! define_loop {
    ($($(#[doc = $doc:literal])* $name:ident => $variant:ident = $text:literal
        { $($operand:ident: $class:ident),* } [$($effect:ident)*])*) => {
        /// Runs the handler of an opcode.
        fn execute(op: u16, regs: &mut Regs) -> Flow {
            $(#[allow(non_upper_case_globals)]
            const $variant: u16 = Op::$variant as u16;)*
            match op {
                $($variant => step::$name(regs),)*
                _ => unreachable!("the verifier refuses what is not in the table"),
            }
        }
    };
}

for_each_instruction!(define_loop);

/// See `super::run`.
pub(super) fn run(vm: &mut Vm) {
    match vm.stepper {
        None => run_until_left::<false>(vm),
        Some(_) => run_until_left::<true>(vm),
    }
}

fn run_until_left<const WATCHED: bool>(vm: &mut Vm) {
    let mut regs = Regs { pc: vm.pc, fp: vm.fp, vm: std::ptr::from_mut(vm), budget: vm.budget };
    loop {
        if WATCHED {
            // SAFETY: the loop has the VM to itself.
            let state = unsafe { &mut *regs.vm };
            state.save(&regs);
            state.before_instruction();
            regs.budget = state.budget;
        }
        // SAFETY: `pc` points to an instruction.
        let op = unsafe { (*regs.pc).op };
        // SAFETY: the loop has the VM to itself.
        if let Some(counts) = unsafe { &mut (*regs.vm).counts } {
            counts[usize::from(op)] += 1;
        }
        match execute(op, &mut regs) {
            Flow::Next | Flow::At => {}
            Flow::Slow(function) | Flow::Call(function) => {
                // SAFETY: the loop has the VM to itself.
                let state = unsafe { &mut *regs.vm };
                state.save(&regs);
                if !function(state) {
                    return;
                }
                (regs.pc, regs.fp, regs.budget) = (state.pc, state.fp, state.budget);
            }
        }
    }
}
