//! Dispatch by tail calls.

use golite_bytecode::{Word, for_each_instruction};

use super::step;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

/// A handler: program counter, frame pointer, VM, budget.
type Handler = unsafe extern "sysv64-unwind" fn(*const Word, *mut u64, *mut Vm, u64);

/// Jumps to the handler of the instruction at `$pc`.
macro_rules! dispatch {
    ($pc:expr, $fp:expr, $vm:expr, $budget:expr) => {{
        let pc: *const Word = $pc;
        // SAFETY: `pc` points to an instruction, whose opcode is one of the table's; the registers
        // are passed on as they are.
        unsafe {
            let handler: Handler = *HANDLERS.get_unchecked(usize::from((*pc).op));
            return handler(pc, $fp, $vm, $budget);
        }
    }};
}

macro_rules! define_handlers {
    ($($(#[doc = $doc:literal])* $name:ident => $variant:ident = $text:literal
        { $($operand:ident: $class:ident),* } [$($effect:ident)*])*) => {
        static HANDLERS: &[Handler] = &[$(handler::$name),*];

        mod handler {
            use super::*;
            $(
                pub(super) unsafe extern "sysv64-unwind" fn $name(
                    pc: *const Word, fp: *mut u64, vm: *mut Vm, budget: u64,
                ) {
                    let mut regs = Regs { pc, fp, vm, budget };
                    match step::$name(&mut regs) {
                        Flow::Next | Flow::At => dispatch!(regs.pc, regs.fp, regs.vm, regs.budget),
                        // SAFETY: the registers are passed on.
                        Flow::Slow(function) => unsafe {
                            return slow(regs.pc, regs.fp, regs.vm, regs.budget, function);
                        },
                        Flow::Call(function) => {
                            // SAFETY: the loop has the VM to itself.
                            let state = unsafe { &mut *regs.vm };
                            state.save(&regs);
                            if function(state) {
                                dispatch!(state.pc, state.fp, regs.vm, state.budget);
                            }
                        }
                    }
                }
            )*
        }
    };
}

for_each_instruction!(define_handlers);

/// Runs what is rare, then goes on.
///
/// # Safety
/// As for a handler.
#[cold]
#[inline(never)]
#[allow(improper_ctypes_definitions, reason = "both sides are ours: the convention is for its registers")]
unsafe extern "sysv64-unwind" fn slow(
    pc: *const Word,
    fp: *mut u64,
    vm: *mut Vm,
    budget: u64,
    function: fn(&mut Vm) -> bool,
) {
    // SAFETY: the loop has the VM to itself.
    let state = unsafe { &mut *vm };
    state.save(&Regs { pc, fp, vm, budget });
    if function(state) {
        dispatch!(state.pc, state.fp, vm, state.budget);
    }
}

/// See `super::run`.
pub(super) fn run(vm: &mut Vm) {
    let (pc, fp, budget) = (vm.pc, vm.fp, vm.budget);
    dispatch!(pc, fp, std::ptr::from_mut(vm), budget);
}
