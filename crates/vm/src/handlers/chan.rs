//! Channels and `select`. Any of them may park the goroutine; whoever wakes it has then written what
//! it gets into its registers.

use golite_runtime::goroutine::StackSlot;
use golite_runtime::select::{self, Otherwise};
use golite_runtime::{NativeResult, chan};

use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

plain! {
    chan_len(s, o: ChanLen) { s.set(o.dst, chan::len(s.get(o.ch))); }
    chan_cap(s, o: ChanCap) { s.set(o.dst, chan::cap(s.get(o.ch))); }
}

warm! {
    chan_send(vm, o: ChanSend) {
        vm.safepoint();
        let (g, ch) = (vm.rt.running, vm.get(o.ch));
        if chan::takes_words(ch) {
            let value = vm.get(o.src);
            return chan::send_word(&mut vm.rt, g, ch, value);
        }
        let (value, count) = vm.value_slots(o.src, o.elem);
        chan::send(&mut vm.rt, g, ch, &value[..count])?;
    }
    chan_recv(vm, o: ChanRecv) {
        vm.safepoint();
        let (g, ch) = (vm.rt.running, vm.get(o.ch));
        if !chan::takes_words(ch) {
            let dst = vm.stack_slot(o.dst);
            return chan::recv(&mut vm.rt, g, ch, dst, StackSlot::NONE);
        }
        match chan::receive_word(&mut vm.rt, g, ch) {
            None => {
                let dst = vm.stack_slot(o.dst);
                return chan::wait_for_word(&mut vm.rt, g, ch, dst, StackSlot::NONE);
            }
            Some(value) => vm.set_wanted(o.dst, value),
        }
    }
    chan_recv_ok(vm, o: ChanRecvOk) {
        vm.safepoint();
        let (g, ch) = (vm.rt.running, vm.get(o.ch));
        if !chan::takes_words(ch) {
            let (dst, ok) = (vm.stack_slot(o.dst), vm.stack_slot(o.ok));
            return chan::recv(&mut vm.rt, g, ch, dst, ok);
        }
        match chan::receive_word(&mut vm.rt, g, ch) {
            None => {
                let (dst, ok) = (vm.stack_slot(o.dst), vm.stack_slot(o.ok));
                return chan::wait_for_word(&mut vm.rt, g, ch, dst, ok);
            }
            Some(value) => {
                vm.set_wanted(o.dst, value);
                vm.set_wanted(o.ok, 1);
            }
        }
    }
    chan_close(vm, o: ChanClose) {
        let (g, ch) = (vm.rt.running, vm.get(o.ch));
        chan::close(&mut vm.rt, g, ch)?;
        vm.note_close(ch);
    }
    select(vm, o: Select) {
        vm.safepoint();
        let mut cases = smallvec::SmallVec::new();
        let default = vm.select_cases(o.table, &mut cases);
        vm.clear_received(&cases);
        let otherwise = if default { Otherwise::Default } else { Otherwise::Wait };
        let (g, dst) = (vm.rt.running, vm.stack_slot(o.dst));
        select::select(&mut vm.rt, g, &cases, otherwise, dst)?;
    }
}
