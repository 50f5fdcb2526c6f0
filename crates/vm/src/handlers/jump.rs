//! Jumps. A backward one counts a step of the time slice, and gives way when it was the last.

use super::arith::rest;
use super::call::preempt;
use crate::frame::Targets;
use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

/// Goes on at an earlier instruction.
#[inline(always)]
fn back(s: &mut Regs, words: usize) -> Flow {
    s.back(words);
    s.budget -= 1;
    if s.budget == 0 { Flow::Slow(preempt) } else { Flow::At }
}

#[inline(always)]
fn forward(s: &mut Regs, words: usize) -> Flow {
    s.forward(words);
    Flow::At
}

flow! {
    jump(s, o: Jump) { forward(s, o.to as usize) }
    loop_back(s, o: LoopBack) { back(s, o.to as usize) }
    jump_nz(s, o: JumpNz) { if s.get(o.src) != 0 { forward(s, usize::from(o.to)) } else { Flow::Next } }
    jump_rem_z(s, o: JumpRemZ) {
        if rest(s.get(o.lhs), i64::from(o.imm) as u64) == 0 { forward(s, usize::from(o.to)) } else { Flow::Next }
    }
    jump_rem_nz(s, o: JumpRemNz) {
        if rest(s.get(o.lhs), i64::from(o.imm) as u64) != 0 { forward(s, usize::from(o.to)) } else { Flow::Next }
    }
    jump_and_z(s, o: JumpAndZ) { if s.int(o.lhs) & i64::from(o.mask) == 0 { forward(s, usize::from(o.to)) } else { Flow::Next } }
    jump_and_nz(s, o: JumpAndNz) { if s.int(o.lhs) & i64::from(o.mask) != 0 { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_nz(s, o: LoopNz) { if s.get(o.src) != 0 { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_z(s, o: JumpZ) { if s.get(o.src) == 0 { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_z(s, o: LoopZ) { if s.get(o.src) == 0 { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_eq(s, o: JumpEq) { if s.get(o.lhs) == s.get(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_eq(s, o: LoopEq) { if s.get(o.lhs) == s.get(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_ne(s, o: JumpNe) { if s.get(o.lhs) != s.get(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_ne(s, o: LoopNe) { if s.get(o.lhs) != s.get(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_lt(s, o: JumpLt) { if s.int(o.lhs) < s.int(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_lt(s, o: LoopLt) { if s.int(o.lhs) < s.int(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_le(s, o: JumpLe) { if s.int(o.lhs) <= s.int(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_le(s, o: LoopLe) { if s.int(o.lhs) <= s.int(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_lt_u(s, o: JumpLtU) { if s.get(o.lhs) < s.get(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_lt_u(s, o: LoopLtU) { if s.get(o.lhs) < s.get(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_le_u(s, o: JumpLeU) { if s.get(o.lhs) <= s.get(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_le_u(s, o: LoopLeU) { if s.get(o.lhs) <= s.get(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_eq_imm(s, o: JumpEqImm) { if s.int(o.lhs) == i64::from(o.imm) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_eq_imm(s, o: LoopEqImm) { if s.int(o.lhs) == i64::from(o.imm) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_ne_imm(s, o: JumpNeImm) { if s.int(o.lhs) != i64::from(o.imm) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_ne_imm(s, o: LoopNeImm) { if s.int(o.lhs) != i64::from(o.imm) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_lt_imm(s, o: JumpLtImm) { if s.int(o.lhs) < i64::from(o.imm) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_lt_imm(s, o: LoopLtImm) { if s.int(o.lhs) < i64::from(o.imm) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_le_imm(s, o: JumpLeImm) { if s.int(o.lhs) <= i64::from(o.imm) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_le_imm(s, o: LoopLeImm) { if s.int(o.lhs) <= i64::from(o.imm) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_gt_imm(s, o: JumpGtImm) { if s.int(o.lhs) > i64::from(o.imm) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_gt_imm(s, o: LoopGtImm) { if s.int(o.lhs) > i64::from(o.imm) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_ge_imm(s, o: JumpGeImm) { if s.int(o.lhs) >= i64::from(o.imm) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    loop_ge_imm(s, o: LoopGeImm) { if s.int(o.lhs) >= i64::from(o.imm) { back(s, usize::from(o.to)) } else { Flow::Next } }
    jump_eq_f64(s, o: JumpEqF64) { if s.f64(o.lhs) == s.f64(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    jump_ne_f64(s, o: JumpNeF64) { if s.f64(o.lhs) != s.f64(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    jump_lt_f64(s, o: JumpLtF64) { if s.f64(o.lhs) < s.f64(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    jump_le_f64(s, o: JumpLeF64) { if s.f64(o.lhs) <= s.f64(o.rhs) { forward(s, usize::from(o.to)) } else { Flow::Next } }
    jump_nlt_f64(s, o: JumpNltF64) { if s.f64(o.lhs) < s.f64(o.rhs) { Flow::Next } else { forward(s, usize::from(o.to)) } }
    jump_nle_f64(s, o: JumpNleF64) { if s.f64(o.lhs) <= s.f64(o.rhs) { Flow::Next } else { forward(s, usize::from(o.to)) } }
    loop_lt_f64(s, o: LoopLtF64) { if s.f64(o.lhs) < s.f64(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    loop_le_f64(s, o: LoopLeF64) { if s.f64(o.lhs) <= s.f64(o.rhs) { back(s, usize::from(o.to)) } else { Flow::Next } }
    loop_inc_lt(s, o: LoopIncLt) {
        let (next, limit) = (s.int(o.counter).wrapping_add(1), s.int(o.limit));
        s.set(o.counter, next as u64);
        if next < limit { back(s, usize::from(o.to)) } else { Flow::Next }
    }
    loop_inc_lt_imm(s, o: LoopIncLtImm) {
        let next = s.int(o.counter).wrapping_add(1);
        s.set(o.counter, next as u64);
        if next < i64::from(o.limit) { back(s, usize::from(o.to)) } else { Flow::Next }
    }
    jump_eq_str(s, o: JumpEqStr) {
        let (lhs, rhs) = (s.pair(o.lhs), s.pair(o.rhs));
        if lhs.1 != rhs.1 {
            return Flow::Next;
        }
        if lhs.0 == rhs.0 { forward(s, usize::from(o.to)) } else { Flow::Slow(jump_if_equal) }
    }
    jump_ne_str(s, o: JumpNeStr) {
        let (lhs, rhs) = (s.pair(o.lhs), s.pair(o.rhs));
        if lhs.1 != rhs.1 {
            return forward(s, usize::from(o.to));
        }
        if lhs.0 == rhs.0 { Flow::Next } else { Flow::Slow(jump_if_different) }
    }
    jump_is_type(s, o: JumpIsType) {
        if s.get(o.src) >> 1 == u64::from(o.ty.0) { forward(s, usize::from(o.to)) } else { Flow::Next }
    }
    jump_not_type(s, o: JumpNotType) {
        if s.get(o.src) >> 1 == u64::from(o.ty.0) { Flow::Next } else { forward(s, usize::from(o.to)) }
    }
    jump_implements(_s, _o: JumpImplements) { Flow::Call(jump_if_implements) }
    switch_int(_s, _o: SwitchInt) { Flow::Call(switch_by_int) }
    switch_str(_s, _o: SwitchStr) { Flow::Call(switch_by_str) }
}

fn jump_if_equal(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::JumpEqStr>();
    let (lhs, rhs) = (vm.pair(o.lhs), vm.pair(o.rhs));
    match vm.rt.equal_strings(lhs, rhs) {
        Ok(true) => vm.go_forward(usize::from(o.to)),
        Ok(false) => vm.advance::<operands::JumpEqStr>(),
        Err(trap) => vm.trap(trap),
    }
}

fn jump_if_different(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::JumpNeStr>();
    let (lhs, rhs) = (vm.pair(o.lhs), vm.pair(o.rhs));
    match vm.rt.equal_strings(lhs, rhs) {
        Ok(false) => vm.go_forward(usize::from(o.to)),
        Ok(true) => vm.advance::<operands::JumpNeStr>(),
        Err(trap) => vm.trap(trap),
    }
}

#[inline(never)]
fn jump_if_implements(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::JumpImplements>();
    match vm.implements(vm.get(o.src), o.ty) {
        true => vm.go_forward(usize::from(o.to)),
        false => vm.advance::<operands::JumpImplements>(),
    }
}

#[inline(never)]
fn switch_by_int(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::SwitchInt>();
    let value = vm.get(o.src) as i64;
    vm.pc = match vm.targets(o.table) {
        Targets::Int { first, targets, default } => {
            let index = value.wrapping_sub(*first) as u64;
            targets.get(index as usize).copied().unwrap_or(*default)
        }
        Targets::Str { default, .. } => *default,
    };
    true
}

#[inline(never)]
fn switch_by_str(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::SwitchStr>();
    let (addr, len) = vm.pair(o.src);
    vm.pc = match vm.targets(o.table) {
        Targets::Str { longest, default, .. } if len > *longest => *default,
        Targets::Str { targets, default, .. } => {
            targets.get(vm.rt.string_bytes(addr, len)).copied().unwrap_or(*default)
        }
        Targets::Int { default, .. } => *default,
    };
    true
}
