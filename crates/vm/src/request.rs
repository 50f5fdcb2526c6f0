//! What natives ask of the interpreter: see `golite_runtime::Request`.

use golite_bytecode::{Body, FuncIx, LINK_SLOTS, Op, Reg};
use golite_runtime::code_address::{CodeAddress, GOEXIT, GOEXIT_CALL, GOPANIC, stand_in};
use golite_runtime::goroutine::GoroutineIx;
use golite_runtime::latency::stood_still;
use golite_runtime::panic::ErrorKind;
use golite_runtime::{NativeResult, Request, Runtime, timer};

use crate::access::first_param;
use crate::frame::{Entry, pack_link};
use crate::operands::{CallNative, StubNative};
use crate::regs::store;
use crate::run::Exit;
use crate::trace::{TraceLine, TraceStyle, file_line_at};
use crate::vm::Vm;

impl Vm {
    /// The window of the native call that runs.
    fn native_window(&self) -> (Reg, FuncIx) {
        if self.instruction()[0].op == Op::StubNative as u16 {
            return (Reg(0), self.operands::<StubNative>().func);
        }
        let operands = self.operands::<CallNative>();
        (operands.base, operands.func)
    }

    pub(crate) fn set_native_result(&mut self, slot: u16, value: u64) {
        let (base, _) = self.native_window();
        self.set(base.plus(LINK_SLOTS + slot), value);
    }

    /// Sets results 0 to 2 to a new slice of these bytes.
    pub(crate) fn set_native_bytes(&mut self, bytes: &[u8]) -> NativeResult {
        let addr = self.rt.alloc_bytes(bytes.len() as u64)?;
        for (i, byte) in bytes.iter().enumerate() {
            store(addr + i as u64, *byte);
        }
        for (slot, value) in [addr, bytes.len() as u64, bytes.len() as u64].into_iter().enumerate() {
            self.set_native_result(slot as u16, value);
        }
        Ok(())
    }

    /// Does what a native asked for, then goes on behind its call.
    pub(crate) fn serve(&mut self, request: Request) -> bool {
        match request {
            Request::Collect => {
                if self.initialising > 0 {
                    self.collect_all();
                } else if !self.collect_in_parts() {
                    // The call is made again when the others had their turn.
                    return self.leave(Exit::Yielded);
                }
                // Others run while a collection is waited for, as in Go: the time slice is over.
                self.budget = self.budget.min(1);
                self.cut_short = true;
            }
            Request::Traceback { all, buffer, len } => {
                let began = timer::glance(&mut self.rt);
                let text = self.stack_text(all);
                if all {
                    stood_still(&mut self.rt, "all goroutines stack trace", began);
                }
                // Each line is found out anew.
                self.rt.charged += text.len() as u64;
                let count = text.len().min(len as usize);
                for (i, byte) in text.as_bytes()[..count].iter().enumerate() {
                    store(buffer + i as u64, *byte);
                }
                self.set_native_result(0, count as u64);
            }
            Request::Callers { goroutine, skip, buffer, len } => {
                let addresses = self.addresses(goroutine);
                self.rt.charged += addresses.len() as u64;
                let wanted = addresses.iter().skip(skip as usize).take(len as usize);
                let mut count = 0;
                for address in wanted {
                    store(buffer + 8 * count, *address);
                    count += 1;
                }
                self.set_native_result(0, count);
            }
            Request::Position { address } => {
                if let Err(trap) = self.describe_position(address) {
                    return self.trap(trap);
                }
            }
            Request::Profile(request) => {
                if let Err(trap) = self.serve_profile(request) {
                    return self.trap(trap);
                }
            }
            Request::Trace(request) => {
                if let Err(trap) = self.serve_trace(request) {
                    return self.trap(trap);
                }
            }
            Request::Leaks => {
                let bytes = self.leaks_as_bytes();
                // It collects.
                self.budget = self.budget.min(1);
                self.cut_short = true;
                if let Err(trap) = self.set_native_bytes(&bytes) {
                    return self.trap(trap);
                }
            }
            Request::HeapDump { fd } => {
                let began = timer::glance(&mut self.rt);
                self.dump_heap(fd);
                stood_still(&mut self.rt, "write heap dump", began);
                // As long as a collection.
                self.budget = self.budget.min(1);
                self.cut_short = true;
            }
            Request::Breakpoint => return self.leave(Exit::Breakpoint),
            Request::Call { closure, params, count } => {
                return self.call_instead(closure, &params[..usize::from(count)]);
            }
        }
        let length = self.instruction().len();
        self.go_forward(length)
    }

    /// The frames of the running goroutine from the native's caller on, and of the others.
    fn stack_text(&mut self, all: bool) -> String {
        self.save_goroutine();
        let (running, style) = (self.rt.running, TraceStyle::User);
        if all { self.trace_all(Some(running), style) } else { self.trace_text(running, style) }
    }

    /// Code addresses of a goroutine's frames, innermost first; at the bottom Go's own two.
    pub(crate) fn addresses(&mut self, g: GoroutineIx) -> Vec<u64> {
        self.save_goroutine();
        self.addresses_of(g, usize::MAX)
    }

    /// As `addresses`, of a goroutine whose record is up to date; at most so many.
    pub(crate) fn addresses_of(&self, g: GoroutineIx, most: usize) -> Vec<u64> {
        let main = self.main.filter(|_| self.rt.goroutines.get(g).id == 1);
        let bottom = main.into_iter().chain([GOEXIT]);
        let bottom = bottom.map(|func| CodeAddress { func, pc: 0, depth: 0 }.to_word());
        let word = |func, pc| CodeAddress { func, pc, depth: 0 }.to_word();
        let mut frames = Vec::new();
        for line in self.trace_lines_up_to(g, most) {
            match line {
                TraceLine::Frame { func, offset, .. } => frames.push(word(func, offset)),
                TraceLine::Panic(error) => {
                    let raised_by = error.map_or(&[][..], ErrorKind::raised_by);
                    frames.extend([GOPANIC].iter().chain(raised_by).map(|&func| word(func, 0)));
                }
                TraceLine::Goexit => frames.push(word(GOEXIT_CALL, 0)),
            }
        }
        frames.into_iter().chain(bottom).take(most).collect()
    }

    fn describe_position(&mut self, address: u64) -> NativeResult {
        let place = CodeAddress::from_word(address);
        if let Some((func, (name, file))) =
            place.and_then(|place| stand_in(place.func).map(|texts| (place.func, texts)))
        {
            let name = self.rt.new_string(name.as_bytes())?;
            let file = self.rt.new_string(file.as_bytes())?;
            let entry = CodeAddress::entry(func);
            for (slot, value) in [name.0, name.1, file.0, file.1, 1, 1, entry].into_iter().enumerate() {
                self.set_native_result(slot as u16, value);
            }
            return Ok(());
        }
        let module = self.loader.module();
        // Behind the code of a function there is none.
        let place = place.filter(|place| match module.functions.get(place.func.index()).map(|f| &f.body) {
            Some(Body::Code(code)) => place.pc as usize <= code.words.len(),
            body => body.is_some(),
        });
        let Some(place) = place else {
            for slot in 0..7 {
                self.set_native_result(slot, 0);
            }
            return Ok(());
        };
        let function = &module.functions[place.func.index()];
        let (file, line) = file_line_at(module, place.func, place.pc);
        let (name, declared) = (function.name.to_string(), function.line);
        let file = self.shown_file(file);
        let name = self.rt.new_string(name.as_bytes())?;
        let file = self.rt.new_string(file.as_bytes())?;
        let entry = CodeAddress::entry(place.func);
        let results = [name.0, name.1, file.0, file.1, u64::from(line), u64::from(declared), entry];
        for (slot, value) in results.into_iter().enumerate() {
            self.set_native_result(slot as u16, value);
        }
        Ok(())
    }

    /// Calls a closure in the window of the native that asked for it, above what it had.
    fn call_instead(&mut self, closure: u64, params: &[u64]) -> bool {
        let (base, native) = self.native_window();
        let func = Runtime::func_of_closure(closure);
        let module = self.loader.module();
        let results = module.signature_of(func).results.len() as u16;
        let native_slots = module.signature_of(native).first_local().0;
        let Entry { slots, .. } = self.entry(func);
        let window = u32::from(base.0) + u32::from(native_slots);
        if let Some(ended) = self.reserve(window + slots) {
            return ended;
        }
        let length = self.instruction().len();
        let link = pack_link(Reg(window as u16), self.pc.wrapping_add(length));
        self.set_window_slot(window, 0, link);
        self.set_window_slot(window, golite_bytecode::CONTEXT.0, closure);
        for (i, param) in params.iter().enumerate() {
            self.set_window_slot(window, first_param(results) + i as u16, *param);
        }
        self.fp = self.fp.wrapping_add(window as usize);
        self.pc = self.entry(func).code;
        true
    }
}
