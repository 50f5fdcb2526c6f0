//! What each instruction does: one function a row of the instruction table, named as the row.
//!
//! A handler gets the registers and its decoded operands, does its work and says what runs next
//! (`Flow`). It is inlined into the dispatch: it must be small, and everything rare goes through
//! `Flow::Slow`. Handlers that always need the runtime are made with `warm!`: their body runs out of line
//! with the registers saved in the VM.
//!
//! What `Flow::Call` names is never inlined: with its temporaries on the native stack the handler could not
//! go on by a tail call, and the stack would grow with every instruction.
//!
//! All operands are read before anything is written: sources and destinations may overlap.

/// Handlers that end in the next instruction.
macro_rules! plain {
    ($($name:ident($regs:ident, $o:ident: $op:ident) $body:block)*) => {$(
        #[inline(always)]
        pub(crate) fn $name($regs: &mut Regs, $o: operands::$op) -> Flow {
            $body
            Flow::Next
        }
    )*};
}

/// Handlers that say themselves what comes next.
macro_rules! flow {
    ($($name:ident($regs:ident, $o:ident: $op:ident) $body:block)*) => {$(
        #[inline(always)]
        pub(crate) fn $name($regs: &mut Regs, $o: operands::$op) -> Flow $body
    )*};
}

/// Handlers whose work is done by the runtime; the body may fail with a `Trap`, and is then undone or
/// done once more.
macro_rules! warm {
    ($($name:ident($vm:ident, $o:ident: $op:ident) $body:block)*) => {$(
        #[inline(always)]
        pub(crate) fn $name(_: &mut Regs, _: operands::$op) -> Flow {
            #[inline(never)]
            fn run(vm: &mut Vm) -> bool {
                #[inline(always)]
                fn body($vm: &mut Vm, $o: operands::$op) -> NativeResult {
                    $body
                    Ok(())
                }
                let operands = vm.operands::<operands::$op>();
                match body(vm, operands) {
                    Ok(()) => vm.advance::<operands::$op>(),
                    Err(trap) => vm.trap(trap),
                }
            }
            Flow::Call(run)
        }
    )*};
}

mod alloc;
mod arith;
mod call;
mod chan;
mod compare;
mod fault;
mod float;
mod global;
mod iface;
mod index;
mod jump;
mod map;
mod memory;
mod moves;
mod slice;
mod string;
mod stub;

pub(crate) use alloc::*;
pub(crate) use arith::*;
pub(crate) use call::*;
pub(crate) use chan::*;
pub(crate) use compare::*;
pub(crate) use float::*;
pub(crate) use global::*;
pub(crate) use iface::*;
pub(crate) use index::*;
pub(crate) use jump::*;
pub(crate) use map::*;
pub(crate) use memory::*;
pub(crate) use moves::*;
pub(crate) use slice::*;
pub(crate) use string::*;
pub(crate) use stub::*;
