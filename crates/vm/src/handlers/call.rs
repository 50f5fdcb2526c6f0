//! Calls, deferred calls, panics.
//!
//! A call makes a frame of the window at `base`: its slot 0 gets the link (where to return to, and how
//! far the caller's frame is below), `fp` moves up. Returning undoes that.

use golite_bytecode::{CONTEXT, FuncIx, LINK_SLOTS, Op, Reg};
use golite_gc::native_memory::faults_are_caught;
use golite_runtime::goroutine::StackSlot;
use golite_runtime::{NativeResult, Runtime, slot};

use super::fault;
use crate::frame::{Entry, link_pc, link_slots, pack_link};
use crate::operands::{self, Decode};
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

/// Where a process can have memory. An access below or above is a fault.
const MAPPED: std::ops::Range<u64> = 1 << 16..1 << 47;

/// Makes a frame of the window at `base` and goes on in it. `words` is the length of the calling
/// instruction.
#[inline(always)]
fn enter(s: &mut Regs, base: Reg, entry: Entry, words: usize) -> Flow {
    let window = s.slot(base);
    if window.wrapping_add(entry.slots as usize) > s.vm().stack_end {
        return Flow::Slow(grow_stack);
    }
    let link = pack_link(base, s.pc.wrapping_add(words));
    s.set(base, link);
    s.fp = window;
    s.pc = entry.code;
    s.budget -= 1;
    if s.budget == 0 { Flow::Slow(preempt) } else { Flow::At }
}

/// The slot of the first result in a frame.
const FIRST_RESULT: Reg = Reg(LINK_SLOTS);

/// Goes back to the caller.
#[inline(always)]
fn leave(s: &mut Regs) -> Flow {
    let link = s.get(Reg(0));
    s.pc = link_pc(link);
    s.fp = s.fp.wrapping_sub(link_slots(link));
    Flow::At
}

/// The time slice is over; the goroutine goes on later at `pc`.
pub(super) fn preempt(vm: &mut Vm) -> bool {
    vm.preempt()
}

/// The stack is too small for the frame of a call: it grows, and the call is done once more.
fn grow_stack(vm: &mut Vm) -> bool {
    let op = vm.instruction()[0].op;
    let (base, func) = if op == Op::Call as u16 {
        let o = vm.operands::<operands::Call>();
        (o.base, Some(o.func))
    } else if op == Op::CallClosure as u16 {
        let o = vm.operands::<operands::CallClosure>();
        (o.base, Some(Runtime::func_of_closure(vm.get(o.callee))))
    } else {
        let o = vm.operands::<operands::CallIface>();
        (o.base, vm.rt.method_for(slot::type_of_word(vm.get(o.recv)), o.method))
    };
    let slots = func.map_or(0, |func| vm.entry(func).slots);
    vm.reserve(u32::from(base.0) + slots).unwrap_or(true)
}

flow! {
    call(s, o: Call) {
        let entry = s.vm().entry(o.func);
        enter(s, o.base, entry, <operands::Call as Decode>::WORDS)
    }
    call_closure(s, o: CallClosure) {
        let closure = s.get(o.callee);
        if closure == 0 {
            return Flow::Slow(fault::nil);
        }
        let func = Runtime::func_of_closure(closure);
        debug_assert!(s.vm().fits(func, o.sig), "a checked call of a func value of another type");
        let pc = s.pc;
        let entry = match s.vm().call_site(pc, u64::from(func.0)) {
            Some(entry) => entry,
            None if is_remembered(s) => return Flow::Slow(call_closure_and_remember),
            None => {
                Regs::branch();
                s.vm().entry(func)
            }
        };
        s.set(o.base.plus(CONTEXT.0), closure);
        enter(s, o.base, entry, <operands::CallClosure as Decode>::WORDS)
    }
    call_iface(s, o: CallIface) {
        let (word, data) = s.pair(o.recv);
        if word == 0 {
            return Flow::Slow(fault::nil);
        }
        let results = s.vm().result_slots(o.sig);
        s.set(o.base.plus(LINK_SLOTS + results), data);
        let pc = s.pc;
        let entry = match s.vm().call_site(pc, word) {
            Some(entry) => entry,
            None => {
                Regs::branch();
                match s.vm().rt.types.cached_method(slot::type_of_word(word), o.method) {
                    Some(func) if !is_remembered(s) => s.vm().entry(func),
                    _ => return Flow::Slow(call_method_and_remember),
                }
            }
        };
        enter(s, o.base, entry, <operands::CallIface as Decode>::WORDS)
    }
    call_native(_s, _o: CallNative) { Flow::Call(call_native_function) }
    ret(s, _o: Ret) { leave(s) }
    ret_1(s, o: Ret1) {
        s.set(FIRST_RESULT, s.get(o.src));
        leave(s)
    }
    ret_2(s, o: Ret2) {
        s.set_pair(FIRST_RESULT, s.pair(o.src));
        leave(s)
    }
    ret_3(s, o: Ret3) {
        s.set_triple(FIRST_RESULT, s.triple(o.src));
        leave(s)
    }
    ret_i32(s, o: RetI32) {
        s.set(FIRST_RESULT, i64::from(o.value) as u64);
        leave(s)
    }
    run_defers(_s, _o: RunDefers) { Flow::Call(Vm::run_defers) }
    go(_s, _o: Go) { Flow::Call(Vm::start_goroutine) }
    panic(_s, _o: Panic) { Flow::Slow(raise_value) }
    panic_runtime(_s, _o: PanicRuntime) { Flow::Slow(raise_runtime_error) }
}

/// Whether an instruction that calls something else than what is remembered has that remembered from now on. Soon,
/// if nothing is; rarely, if it is something else: with callees that alternate, the processor learns when it is which.
#[inline(always)]
fn is_remembered(s: &mut Regs) -> bool {
    let pc = s.pc;
    let every = if s.vm().calls_other(pc) { 4096 } else { 16 };
    s.budget & (every - 1) == 0
}

/// Makes a frame of the window at `base` and goes on in it, as `enter`, from the runtime's side.
fn enter_slowly(vm: &mut Vm, base: Reg, entry: Entry, words: usize, (at, value): (u16, u64)) -> bool {
    let window = u32::from(base.0);
    if let Some(ended) = vm.reserve(window + entry.slots) {
        return ended;
    }
    vm.set_window_slot(window, at, value);
    let link = pack_link(base, vm.pc.wrapping_add(words));
    vm.enter_window(window, link, entry.code)
}

fn call_closure_and_remember(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::CallClosure>();
    let closure = vm.get(o.callee);
    let func = Runtime::func_of_closure(closure);
    let entry = vm.remember_call(u64::from(func.0), func);
    enter_slowly(vm, o.base, entry, <operands::CallClosure as Decode>::WORDS, (CONTEXT.0, closure))
}

/// A method that is not in the caches: looked up.
fn call_method_and_remember(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::CallIface>();
    let (word, data) = vm.pair(o.recv);
    let Some(func) = vm.rt.method_for(slot::type_of_word(word), o.method) else {
        let trap = vm.rt.raise_fatal("a method of an interface is missing");
        return vm.trap(trap);
    };
    let receiver = LINK_SLOTS + vm.result_slots(o.sig);
    let entry = vm.remember_call(word, func);
    enter_slowly(vm, o.base, entry, <operands::CallIface as Decode>::WORDS, (receiver, data))
}

#[inline(never)]
fn call_native_function(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::CallNative>();
    vm.safepoint();
    match vm.call_native(o.base, o.func) {
        Ok(()) => vm.advance::<operands::CallNative>(),
        Err(trap) => vm.trap(trap),
    }
}

fn raise_value(vm: &mut Vm) -> bool {
    let (word, data) = vm.pair(vm.operands::<operands::Panic>().value);
    let trap = vm.rt.raise_value(word, data);
    vm.trap(trap)
}

fn raise_runtime_error(vm: &mut Vm) -> bool {
    let o = vm.operands::<operands::PanicRuntime>();
    let trap = vm.raise_runtime_code(o.code);
    vm.trap(trap)
}

plain! {
    num_from_ptr(s, o: NumFromPtr) { s.set(o.dst, s.get(o.src)); }
}

warm! {
    defer(vm, o: Defer) {
        let closure = vm.get(o.callee);
        vm.push_defer(closure, vm.frame_slot())?;
    }
    defer_outer(vm, o: DeferOuter) {
        let (closure, token) = (vm.get(o.callee), vm.get(o.token));
        vm.push_defer(closure, StackSlot(token as u32))?;
    }
    frame_token(vm, o: FrameToken) {
        let token = u64::from(vm.frame_slot().0);
        vm.set(o.dst, token);
    }
    recover(vm, o: Recover) {
        let value = vm.recover();
        vm.set_pair(o.dst, value);
    }
    print(vm, o: Print) { vm.print(o.src, o.ty)?; }
    ptr_from_num(vm, o: PtrFromNum) {
        let value = vm.get(o.src);
        let harmless = value == 0 || vm.rt.heap.contains(value) || faults_are_caught() && !MAPPED.contains(&value);
        if !harmless {
            return Err(vm.rt.raise_fatal("a number that is no address was made a pointer"));
        }
        vm.set(o.dst, value);
    }
}

/// The function of a call by name, for the handlers of stubs.
pub(super) fn native_of_stub(vm: &mut Vm, func: FuncIx) -> bool {
    vm.safepoint();
    match vm.call_native(Reg(0), func) {
        Ok(()) => vm.advance::<operands::StubNative>(),
        Err(trap) => vm.trap(trap),
    }
}
