//! Strings: joining, runes, conversions.

use golite_runtime::{NativeResult, Runtime};

use crate::operands;
use crate::regs::{Flow, Regs, load};
use crate::vm::Vm;

flow! {
    next_rune(s, o: NextRune) {
        let ((addr, _), at) = (s.pair(o.s), s.get(o.idx));
        let byte: u8 = load(addr + at);
        if byte < 0x80 {
            s.set_pair(o.dst, (u64::from(byte), at + 1));
            return Flow::Next;
        }
        Flow::Slow(next_wide_rune)
    }
}

fn next_wide_rune(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::NextRune>();
    let ((addr, len), at) = (vm.pair(o.s), vm.get(o.idx));
    let (rune, next) = Runtime::next_rune(addr, len, at);
    vm.set_pair(o.dst, (i64::from(rune) as u64, next));
    vm.advance::<operands::NextRune>()
}

warm! {
    concat(vm, o: Concat) {
        vm.safepoint();
        let text = vm.concat(o.first, o.count)?;
        vm.set_pair(o.dst, text);
    }
    str_from_bytes(vm, o: StrFromBytes) {
        vm.safepoint();
        let (addr, len) = vm.pair(o.s);
        let text = vm.rt.string_from_bytes(addr, len)?;
        vm.set_pair(o.dst, text);
    }
    str_from_runes(vm, o: StrFromRunes) {
        vm.safepoint();
        let (addr, len) = vm.pair(o.s);
        let text = vm.rt.string_from_runes(addr, len)?;
        vm.set_pair(o.dst, text);
    }
    str_from_rune(vm, o: StrFromRune) {
        vm.safepoint();
        let text = vm.rt.string_from_rune(vm.get(o.src))?;
        vm.set_pair(o.dst, text);
    }
    bytes_from_str(vm, o: BytesFromStr) {
        vm.safepoint();
        let (addr, len) = vm.pair(o.s);
        let slice = vm.rt.bytes_from_string(addr, len)?;
        vm.set_triple(o.dst, slice);
    }
    runes_from_str(vm, o: RunesFromStr) {
        vm.safepoint();
        let (addr, len) = vm.pair(o.s);
        let slice = vm.rt.runes_from_string(addr, len)?;
        vm.set_triple(o.dst, slice);
    }
}
