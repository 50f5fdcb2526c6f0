//! The VM's own code: what runs at places that no module has code for.

use super::call::native_of_stub;
use crate::operands;
use crate::regs::{Flow, Regs};
use crate::vm::Vm;

flow! {
    stub_compile(_s, _o: StubCompile) { Flow::Slow(|vm| vm.compile_and_go()) }
    stub_exit(_s, _o: StubExit) { Flow::Slow(|vm| vm.goroutine_ends()) }
    stub_unwind(_s, _o: StubUnwind) { Flow::Slow(|vm| vm.deferred_returned()) }
    stub_barrier(_s, _o: StubBarrier) { Flow::Slow(|vm| vm.return_past_barrier()) }
    stub_native(_s, _o: StubNative) { Flow::Call(call_native_of_stub) }
}

#[inline(never)]
fn call_native_of_stub(vm: &mut Vm) -> bool {
    let func = vm.operands::<operands::StubNative>().func;
    native_of_stub(vm, func)
}
