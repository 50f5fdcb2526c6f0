#![expect(unsafe_code, reason = "register access: ranges are proved by the verifier")]
//! The registers of the machine, and how handlers reach slots and memory.
//!
//! What always holds while code runs:
//! - `pc` points to an instruction of verified code, or to a stub of the VM;
//! - `fp` points to slot 0 of the running frame, and the stack has as many slots from there on as the
//!   function says (`enter` looks before it makes a frame);
//! - a register that an instruction names is below that number, and holds what the instruction
//!   wants: the verifier refuses everything else;
//! - a pointer in a register is nil or in a live object, since it is in the frame's safepoint maps as
//!   long as it may be read.
//!
//! The functions here are what rests on that. They are safe to call for handlers, which get their
//! operands from the instruction at `pc` and nothing else; handlers contain no `unsafe` of their own.

use golite_bytecode::{Reg, Word};
use golite_runtime::golite_gc::Addr;
use golite_runtime::slot;

use crate::vm::Vm;

/// What checked builds say of an access that the verifier should have refused.
pub(crate) const OUTSIDE: &str = "a checked access outside of the stack";

/// What runs after a handler.
#[derive(Clone, Copy)]
pub(crate) enum Flow {
    /// The next instruction.
    Next,
    /// The instruction at `pc`, which the handler has set.
    At,
    /// Something rare: the function sees to it and sets the VM's registers. False leaves the loop.
    Slow(fn(&mut Vm) -> bool),
    /// As `Slow`, for what the instruction always does.
    Call(fn(&mut Vm) -> bool),
}

/// The state that the dispatch loop keeps in machine registers.
pub(crate) struct Regs {
    /// The instruction that runs.
    pub(crate) pc: *const Word,
    /// Slot 0 of its frame.
    pub(crate) fp: *mut u64,
    /// The VM.
    pub(crate) vm: *mut Vm,
    /// Steps left in the time slice; never 0 when an instruction begins.
    pub(crate) budget: u64,
}

impl Regs {
    /// The VM. Nobody else has a reference to it while a handler runs.
    #[inline(always)]
    pub(crate) fn vm(&mut self) -> &mut Vm {
        // SAFETY: the loop was entered with an exclusive borrow of the VM, which it keeps to itself.
        unsafe { &mut *self.vm }
    }

    /// In checked builds: looks that slots from the frame's first on are on the stack.
    #[inline(always)]
    fn check(&self, slots: usize) {
        // SAFETY: as for `vm`; the field alone is read.
        debug_assert!(self.fp.wrapping_add(slots) <= unsafe { (*self.vm).stack_end }, "{OUTSIDE}");
    }

    /// The address of a register.
    #[inline(always)]
    pub(crate) fn slot(&self, reg: Reg) -> *mut u64 {
        self.check(usize::from(reg.0) + 1);
        // SAFETY: the register is in the frame.
        unsafe { self.fp.add(usize::from(reg.0)) }
    }

    /// A register's bits.
    #[inline(always)]
    pub(crate) fn get(&self, reg: Reg) -> u64 {
        // SAFETY: the register is in the frame; stacks are initialised throughout.
        unsafe { self.slot(reg).read() }
    }

    /// The bits of the register `n` above.
    #[inline(always)]
    fn get_at(&self, reg: Reg, n: usize) -> u64 {
        self.check(usize::from(reg.0) + n + 1);
        // SAFETY: the instruction reads so many registers, all in the frame.
        unsafe { self.fp.add(usize::from(reg.0) + n).read() }
    }

    /// Sets the register `n` above.
    #[inline(always)]
    fn set_at(&mut self, reg: Reg, n: usize, value: u64) {
        self.check(usize::from(reg.0) + n + 1);
        // SAFETY: the instruction writes so many registers, all in the frame.
        unsafe { self.fp.add(usize::from(reg.0) + n).write(value) }
    }

    /// A register as signed integer.
    #[inline(always)]
    pub(crate) fn int(&self, reg: Reg) -> i64 {
        self.get(reg) as i64
    }

    /// A register as float64.
    #[inline(always)]
    pub(crate) fn f64(&self, reg: Reg) -> f64 {
        f64::from_bits(self.get(reg))
    }

    /// A register as float32.
    #[inline(always)]
    pub(crate) fn f32(&self, reg: Reg) -> f32 {
        f32::from_bits(self.get(reg) as u32)
    }

    /// Two registers.
    #[inline(always)]
    pub(crate) fn pair(&self, reg: Reg) -> (u64, u64) {
        (self.get_at(reg, 0), self.get_at(reg, 1))
    }

    /// Three registers.
    #[inline(always)]
    pub(crate) fn triple(&self, reg: Reg) -> (u64, u64, u64) {
        (self.get_at(reg, 0), self.get_at(reg, 1), self.get_at(reg, 2))
    }

    /// Sets a register.
    #[inline(always)]
    pub(crate) fn set(&mut self, reg: Reg, value: u64) {
        // SAFETY: the register is in the frame.
        unsafe { self.slot(reg).write(value) }
    }

    /// Sets a register to a float64.
    #[inline(always)]
    pub(crate) fn set_f64(&mut self, reg: Reg, value: f64) {
        self.set(reg, value.to_bits());
    }

    /// Sets a register to a float32.
    #[inline(always)]
    pub(crate) fn set_f32(&mut self, reg: Reg, value: f32) {
        self.set(reg, u64::from(value.to_bits()));
    }

    /// Sets two registers.
    #[inline(always)]
    pub(crate) fn set_pair(&mut self, reg: Reg, value: (u64, u64)) {
        self.set_at(reg, 0, value.0);
        self.set_at(reg, 1, value.1);
    }

    /// Sets three registers.
    #[inline(always)]
    pub(crate) fn set_triple(&mut self, reg: Reg, value: (u64, u64, u64)) {
        self.set_at(reg, 0, value.0);
        self.set_at(reg, 1, value.1);
        self.set_at(reg, 2, value.2);
    }

    /// Copies registers; the ranges may overlap.
    #[inline(always)]
    pub(crate) fn copy(&mut self, dst: Reg, src: Reg, count: u16) {
        self.check(usize::from(src.0.max(dst.0)) + usize::from(count));
        // SAFETY: both ranges are in the frame.
        unsafe { self.slot(src).copy_to(self.slot(dst), usize::from(count)) }
    }

    /// Makes the choice to come here a branch of the processor, which it predicts. With a conditional move, all that
    /// follows would wait for what is compared.
    #[inline(always)]
    pub(crate) fn branch() {
        // SAFETY: no instruction, no effect; but not to be done where nobody goes.
        unsafe { std::arch::asm!("", options(nomem, nostack, preserves_flags)) };
    }

    /// Goes forward from the instruction's first word.
    #[inline(always)]
    pub(crate) fn forward(&mut self, words: usize) {
        Regs::branch();
        // SAFETY: the verifier has looked that an instruction begins there.
        self.pc = unsafe { self.pc.add(words) };
    }

    /// Goes back from the instruction's first word.
    #[inline(always)]
    pub(crate) fn back(&mut self, words: usize) {
        // SAFETY: as for `forward`.
        self.pc = unsafe { self.pc.sub(words) };
    }
}

/// Reads memory at an address from a register that is not nil.
#[inline(always)]
pub(crate) fn load<T: Copy>(addr: Addr) -> T {
    // SAFETY: the register holds the address of a live object, and the instruction was made for the
    // type of what is there.
    unsafe { slot::read(addr) }
}

/// Writes memory at an address from a register that is not nil.
#[inline(always)]
pub(crate) fn store<T: Copy>(addr: Addr, value: T) {
    // SAFETY: as for `load`.
    unsafe { slot::write(addr, value) }
}
