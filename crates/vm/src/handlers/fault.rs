//! What goes wrong in handlers that have no room for it: the panics of nil, bounds, division.
//!
//! The cold functions find the operands by their names in the instruction table.

use golite_bytecode::{Op, Reg, code, operand};
use golite_runtime::Trap;

use super::memory::load_pair;
use crate::vm::Vm;

/// The bits of an operand of the instruction at the VM's `pc`, by its name.
fn operand(vm: &Vm, name: &str) -> Option<u64> {
    let words = vm.instruction();
    let info = Op::from_number(words[0].op)?.info();
    let operand = info.operands.iter().find(|operand| operand.name == name)?;
    Some(code::get_cells(words, 0, operand.cell, operand.cells))
}

fn register(vm: &Vm, name: &str) -> Option<operand::Reg> {
    operand(vm, name).map(|bits| Reg(bits as u16))
}

/// A nil pointer was followed.
pub(super) fn nil(vm: &mut Vm) -> bool {
    let offset = operand(vm, "offset").unwrap_or(0);
    let trap = vm.rt.raise_nil(offset);
    vm.trap(trap)
}

/// An index out of range of a slice, a string or an array.
pub(super) fn index(vm: &mut Vm) -> bool {
    index_of(vm, "idx")
}

fn index_of(vm: &mut Vm, name: &str) -> bool {
    let index = register(vm, name).map_or(0, |reg| vm.get(reg));
    let len = match register(vm, "s") {
        Some(view) => vm.get(view.plus(1)),
        None => operand(vm, "len").unwrap_or(0),
    };
    raise_index(vm, index, len)
}

/// Notes which index of an instruction with two is out of range: each has its position.
fn note_which(vm: &mut Vm, first: bool) {
    let frame = vm.running_frame();
    vm.first_index_failed = if first { frame.func.map(|func| (func, frame.word)) } else { None };
}

/// The first index of an exchange is out of range.
pub(super) fn first_index(vm: &mut Vm) -> bool {
    note_which(vm, true);
    index_of(vm, "idx")
}

/// The second index of an exchange is out of range.
pub(super) fn other_index(vm: &mut Vm) -> bool {
    note_which(vm, false);
    index_of(vm, "other")
}

/// The first index of an element of a slice of slices is out of range.
pub(super) fn row(vm: &mut Vm) -> bool {
    note_which(vm, true);
    index_of(vm, "row")
}

/// The second index of an element of a slice of slices is out of range.
pub(super) fn row_index(vm: &mut Vm) -> bool {
    note_which(vm, false);
    let value = |vm: &Vm, name| register(vm, name).map_or(0, |reg| vm.get(reg));
    let (rows, row, index) = (value(vm, "s"), value(vm, "row"), value(vm, "idx"));
    let (_, len) = load_pair(rows + row * 24);
    raise_index(vm, index, len)
}

fn raise_index(vm: &mut Vm, index: u64, len: u64) -> bool {
    let trap = match vm.unsigned_bounds() {
        0 => vm.rt.raise_index(index, len),
        _ => vm.rt.raise_index_unsigned(index, len),
    };
    vm.trap(trap)
}

/// `check.index` failed.
pub(super) fn check_index(vm: &mut Vm) -> bool {
    let value = |vm: &Vm, name| register(vm, name).map_or(0, |reg| vm.get(reg));
    let (index, len) = (value(vm, "idx"), value(vm, "len"));
    raise_index(vm, index, len)
}

/// An integer was divided by zero.
pub(super) fn divide(vm: &mut Vm) -> bool {
    let trap = vm.rt.raise_divide();
    vm.trap(trap)
}

/// A shift count is negative.
pub(super) fn shift(vm: &mut Vm) -> bool {
    let trap: Trap = vm.rt.raise_shift();
    vm.trap(trap)
}
