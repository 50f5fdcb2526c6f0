#![expect(unsafe_code, reason = "reads parameters and writes results in a call window")]
//! Native functions: what the standard packages are made of where Go source is not enough.
//!
//! A native is a leaf: it sees bytes and slots, allocates its results in the GC heap, and returns.
//! It never runs Go code and never collects: an address stays good until it returns. Nothing that
//! it does in vain (when an allocation fails) may be visible: it allocates before it changes things.
//!
//! Parameters and results are named by their slot, counted from 0 among the parameters (receiver
//! first) and among the results. A string takes two slots, a slice three, an interface two, a value
//! of more than eight words one (its address).

use golite_bytecode::{LINK_SLOTS, TypeDef, TypeIx};
use golite_gc::{Addr, OutOfMemory};

use crate::goroutine::{GoroutineIx, StackSlot};
use crate::host::Host;
use crate::panic::ErrorKind;
use crate::slot;
use crate::state::Runtime;

/// Why a function of the runtime, or a native, did not come to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trap {
    /// It panics: `Runtime::pending_panic` has the value.
    Panic,
    /// The goroutine waits; who wakes it has written the results into their slots.
    Park,
    /// The goroutine waits for the outside world, and calls the native again when it is woken. Only from
    /// `outside::wait`.
    Wait,
    /// Another goroutine may run: `runtime.Gosched`. The results are written.
    Yield,
    /// `runtime.Goexit`.
    Goexit,
    /// `os.Exit`.
    Exit(i32),
    /// The program ends as if by this signal: a write to a closed pipe.
    Signal(i32),
    /// `Runtime::fatal` says why the program ends.
    Fatal,
    /// No memory: the caller collects and tries once more, then it is fatal.
    OutOfMemory,
    /// The limit of steps is reached, or the program is interrupted.
    Limit,
    /// The native has come to its end and wants something of the interpreter before its caller goes
    /// on.
    Request(Request),
}

/// Which profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProfileKind {
    /// That of the CPU, which ends with that.
    Cpu,
    /// Memory in use.
    Memory,
    /// Memory allocated.
    Allocations,
    /// Waiting.
    Block,
    /// Making others wait.
    Mutex,
    /// Goroutines.
    Goroutine,
    /// Goroutines that can never go on; collects first.
    GoroutineLeak,
    /// Threads.
    ThreadCreate,
    /// A program's own.
    Custom {
        /// Address and length of its name.
        name: (Addr, u64),
        /// Address and number of the words of its stacks, a 0 after each.
        words: (Addr, u64),
    },
}

/// What is wanted of the trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TraceRequest {
    /// To begin; result 0: whether there was none.
    Start,
    /// To end.
    Stop,
    /// The next bytes, as a slice: results 0 to 2; nil if there are none.
    Read,
    /// To keep the last part of what happens; result 0: whether nobody did.
    StartFlight {
        /// How many nanoseconds of it at least.
        age: i64,
        /// How many bytes of it at most, about.
        bytes: u64,
    },
    /// To keep it no longer.
    StopFlight,
    /// What is kept, as a slice: results 0 to 2.
    ReadFlight,
}

/// The bytes of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProfileRequest {
    /// Which.
    pub kind: ProfileKind,
    /// For people, not for `go tool pprof`.
    pub text: bool,
}

/// What a native wants of the interpreter, which alone knows frames, code and roots.
///
/// The interpreter does it when the native has returned, writes results into the native's result
/// slots, and goes on behind the call. Addresses are of live objects that the native's parameters
/// keep alive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// A full collection, swept, with what finalizers and cleanups are ready handed on
    /// (`finalizer::after_collection`): `runtime.GC`. No results.
    Collect,
    /// The text of a traceback as in a crash: `runtime.Stack`. The running goroutine from the native's
    /// caller on; with `all` the others that are not the runtime's after it, an empty line before
    /// each. What does not fit in `len` bytes at `buffer` is cut off. Result 0: bytes written.
    Traceback {
        /// The other goroutines too.
        all: bool,
        /// Where to.
        buffer: Addr,
        /// How many bytes there are.
        len: u64,
    },
    /// The code addresses (`code_address`) of a goroutine's frames, innermost first, one for each
    /// function that the user has written, inlined ones included: `runtime.Callers`. Of the running
    /// goroutine, the native's caller is the first. At the bottom are `runtime.main` (of the main
    /// goroutine) and `runtime.goexit`, where the interpreter has functions for them. Result 0: how
    /// many were written.
    Callers {
        /// Whose frames.
        goroutine: GoroutineIx,
        /// How many of the innermost are left out.
        skip: u64,
        /// Where to: eight bytes for each.
        buffer: Addr,
        /// For how many there is room.
        len: u64,
    },
    /// What stands at a code address: `runtime.FuncForPC`, `Frames.Next`. Results 0 and 1: the name of
    /// the function; 2 and 3: the file; 4: the line; 5: the line of the function's declaration; 6: the
    /// code address of its entry. All zero if there is no such address.
    Position {
        /// The code address.
        address: u64,
    },
    /// Something about the trace.
    Trace(TraceRequest),
    /// Goroutines that can never go on, after a collection: as bytes, results 0 to 2.
    Leaks,
    /// The heap is written to a descriptor: `debug.WriteHeapDump`. No results.
    HeapDump {
        /// Whereto.
        fd: crate::host::Fd,
    },
    /// The bytes of a profile, as a slice: results 0 to 2.
    Profile(ProfileRequest),
    /// `runtime.Breakpoint`: stops in the debugger if there is one, else ends the program with Go's text
    /// for the signal (`SIGTRAP: trace trap`), the goroutine and status 2.
    Breakpoint,
    /// Runs a closure in place of the native: in its window, with these words as parameters. Its
    /// results are dropped; the native has none.
    Call {
        /// The closure, not nil.
        closure: Addr,
        /// Its parameters.
        params: [u64; 2],
        /// How many of them it has.
        count: u16,
    },
}

impl From<OutOfMemory> for Trap {
    fn from(_: OutOfMemory) -> Trap {
        Trap::OutOfMemory
    }
}

/// How a native ends.
pub type NativeResult = Result<(), Trap>;

/// A native function.
pub type NativeFn = fn(&mut Ctx<'_>) -> NativeResult;

/// An entry of a package's table of natives.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// `Sqrt`, or `Type.Method`.
    pub name: &'static str,
    /// What runs.
    pub func: NativeFn,
}

/// A standard package.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// The import path.
    pub path: &'static str,
    /// Names (`name.go-lite`) and texts of its files.
    pub files: &'static [(&'static str, &'static str)],
    /// Bodies of the functions that are declared without one.
    pub natives: &'static [Native],
}

impl Package {
    /// The native of that name.
    #[must_use]
    pub fn native(&self, name: &str) -> Option<NativeFn> {
        self.natives.iter().find(|native| native.name == name).map(|native| native.func)
    }
}

/// One call of a native: its window and the runtime.
pub struct Ctx<'a> {
    rt: &'a mut Runtime,
    results: *mut u64,
    params: *mut u64,
    window: StackSlot,
    result_count: u16,
    param_count: u16,
}

impl std::fmt::Debug for Ctx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx").field("window", &self.window).finish()
    }
}

impl<'a> Ctx<'a> {
    /// A call whose window begins at `base`; `window` is the same place as a slot of the running
    /// goroutine's stack.
    ///
    /// # Safety
    /// From `base` on there are the link slots and as many slots as the counts say; they stay where
    /// they are until the call ends.
    #[must_use]
    #[inline(always)]
    pub unsafe fn new(
        rt: &'a mut Runtime,
        base: *mut u64,
        window: StackSlot,
        result_count: u16,
        param_count: u16,
    ) -> Ctx<'a> {
        // SAFETY: the caller's promise.
        let results = unsafe { base.add(usize::from(LINK_SLOTS)) };
        // SAFETY: as above.
        let params = unsafe { results.add(usize::from(result_count)) };
        Ctx { rt, results, params, window, result_count, param_count }
    }

    #[inline(always)]
    fn param(&self, slot: u16) -> u64 {
        assert!(slot < self.param_count, "the native was declared with fewer parameters");
        // SAFETY: the window has that many parameters.
        unsafe { self.params.add(usize::from(slot)).read() }
    }

    #[inline(always)]
    fn set_result(&mut self, slot: u16, value: u64) {
        assert!(slot < self.result_count, "the native was declared with fewer results");
        // SAFETY: the window has that many results.
        unsafe { self.results.add(usize::from(slot)).write(value) }
    }

    // ---- parameters

    /// A signed integer.
    #[must_use]
    #[inline(always)]
    pub fn int(&self, slot: u16) -> i64 {
        self.param(slot) as i64
    }

    /// An unsigned integer.
    #[must_use]
    #[inline(always)]
    pub fn uint(&self, slot: u16) -> u64 {
        self.param(slot)
    }

    /// A float64.
    #[must_use]
    #[inline(always)]
    pub fn float(&self, slot: u16) -> f64 {
        f64::from_bits(self.param(slot))
    }

    /// A float32.
    #[must_use]
    #[inline(always)]
    pub fn float32(&self, slot: u16) -> f32 {
        f32::from_bits(self.param(slot) as u32)
    }

    /// A bool.
    #[must_use]
    #[inline(always)]
    pub fn bool(&self, slot: u16) -> bool {
        self.param(slot) != 0
    }

    /// A pointer, map, channel or func value.
    #[must_use]
    #[inline(always)]
    pub fn raw(&self, slot: u16) -> u64 {
        self.param(slot)
    }

    /// The bytes of a string or byte slice. They stay where they are for the whole call; do not keep
    /// them while writing the same memory.
    #[must_use]
    #[inline(always)]
    pub fn bytes(&self, slot: u16) -> &'a [u8] {
        // SAFETY: strings and slices point to as many live bytes as their length says, and nothing is
        // freed during a native call.
        unsafe { slot::bytes(self.param(slot), self.param(slot + 1)) }
    }

    /// The bytes of a byte slice, to be written.
    #[must_use]
    #[inline(always)]
    pub fn bytes_param_mut(&mut self, slot: u16) -> &mut [u8] {
        // SAFETY: as for `bytes`; the borrow of the context keeps other writers away.
        unsafe { slot::bytes_mut(self.param(slot), self.param(slot + 1)) }
    }

    /// Address, length and capacity of a slice.
    #[must_use]
    #[inline(always)]
    pub fn slice(&self, slot: u16) -> (Addr, u64, u64) {
        (self.param(slot), self.param(slot + 1), self.param(slot + 2))
    }

    /// Type word and data word of an interface.
    #[must_use]
    #[inline(always)]
    pub fn iface(&self, slot: u16) -> (u64, u64) {
        (self.param(slot), self.param(slot + 1))
    }

    // ---- results

    /// Sets a signed integer (extended to 64 bits).
    #[inline(always)]
    pub fn set_int(&mut self, slot: u16, value: i64) {
        self.set_result(slot, value as u64);
    }

    /// Sets an unsigned integer.
    #[inline(always)]
    pub fn set_uint(&mut self, slot: u16, value: u64) {
        self.set_result(slot, value);
    }

    /// Sets a float64.
    #[inline(always)]
    pub fn set_float(&mut self, slot: u16, value: f64) {
        self.set_result(slot, value.to_bits());
    }

    /// Sets a float32.
    #[inline(always)]
    pub fn set_float32(&mut self, slot: u16, value: f32) {
        self.set_result(slot, u64::from(value.to_bits()));
    }

    /// Sets a bool.
    #[inline(always)]
    pub fn set_bool(&mut self, slot: u16, value: bool) {
        self.set_result(slot, u64::from(value));
    }

    /// Sets a pointer, map, channel or func value.
    #[inline(always)]
    pub fn set_raw(&mut self, slot: u16, value: u64) {
        self.set_result(slot, value);
    }

    /// Sets a string: a copy of the bytes.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    #[inline]
    pub fn set_string(&mut self, slot: u16, bytes: &[u8]) -> NativeResult {
        let (addr, len) = self.rt.new_string(bytes)?;
        self.set_string_at(slot, addr, len);
        Ok(())
    }

    /// Sets a string that is in the heap already.
    #[inline(always)]
    pub fn set_string_at(&mut self, slot: u16, addr: Addr, len: u64) {
        self.set_result(slot, addr);
        self.set_result(slot + 1, len);
    }

    /// Sets a byte slice: a copy of the bytes, capacity equal to length. Never nil.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn set_bytes(&mut self, slot: u16, bytes: &[u8]) -> NativeResult {
        let addr = self.new_bytes_of(bytes)?;
        self.set_slice(slot, addr, bytes.len() as u64, bytes.len() as u64);
        Ok(())
    }

    /// Sets a slice.
    #[inline(always)]
    pub fn set_slice(&mut self, slot: u16, addr: Addr, len: u64, cap: u64) {
        self.set_result(slot, addr);
        self.set_result(slot + 1, len);
        self.set_result(slot + 2, cap);
    }

    /// Sets an interface.
    #[inline(always)]
    pub fn set_iface(&mut self, slot: u16, type_word: u64, data: u64) {
        self.set_result(slot, type_word);
        self.set_result(slot + 1, data);
    }

    /// The place of a result in the running goroutine's stack: for who wakes the goroutine after the
    /// native has parked it.
    #[must_use]
    pub fn result_slot(&self, slot: u16) -> StackSlot {
        StackSlot(self.window.0 + u32::from(LINK_SLOTS) + u32::from(slot))
    }

    /// The running goroutine.
    #[must_use]
    pub fn goroutine(&self) -> GoroutineIx {
        self.rt.running
    }

    // ---- memory

    /// Checks that a range is in the heap: natives get addresses from programs that may use `unsafe`.
    #[inline(always)]
    fn check(&self, addr: Addr, len: u64) {
        let inside = len == 0
            || (self.rt.heap.contains(addr)
                && len <= u64::MAX - addr
                && self.rt.heap.contains(addr + (len - 1)));
        assert!(inside, "a native was given an address outside of the heap");
    }

    /// Reads one byte.
    #[must_use]
    #[inline(always)]
    pub fn read_u8(&self, addr: Addr) -> u8 {
        self.check(addr, 1);
        // SAFETY: checked.
        unsafe { slot::read(addr) }
    }

    /// Reads four bytes.
    #[must_use]
    #[inline(always)]
    pub fn read_u32(&self, addr: Addr) -> u32 {
        self.check(addr, 4);
        // SAFETY: checked; Go's layouts keep alignment.
        unsafe { slot::read(addr) }
    }

    /// Reads eight bytes.
    #[must_use]
    #[inline(always)]
    pub fn read_u64(&self, addr: Addr) -> u64 {
        self.check(addr, 8);
        // SAFETY: as above.
        unsafe { slot::read(addr) }
    }

    /// Writes one byte.
    #[inline(always)]
    pub fn write_u8(&mut self, addr: Addr, value: u8) {
        self.check(addr, 1);
        // SAFETY: as above.
        unsafe { slot::write(addr, value) }
    }

    /// Writes four bytes.
    #[inline(always)]
    pub fn write_u32(&mut self, addr: Addr, value: u32) {
        self.check(addr, 4);
        // SAFETY: as above.
        unsafe { slot::write(addr, value) }
    }

    /// Writes eight bytes that are no pointer.
    #[inline(always)]
    pub fn write_u64(&mut self, addr: Addr, value: u64) {
        self.check(addr, 8);
        // SAFETY: as above.
        unsafe { slot::write(addr, value) }
    }

    /// Writes a pointer, with the write barrier.
    #[inline(always)]
    pub fn write_pointer(&mut self, addr: Addr, value: Addr) {
        self.write_u64(addr, value);
        self.rt.heap.write_barrier(addr);
    }

    /// Writes type word and data word of an interface, with the write barrier.
    #[inline(always)]
    pub fn write_iface(&mut self, addr: Addr, type_word: u64, data: u64) {
        self.write_u64(addr, type_word);
        self.write_u64(addr + 8, data);
        self.rt.heap.write_barrier(addr);
    }

    /// Writes address and length of a string, with the write barrier.
    #[inline(always)]
    pub fn write_string(&mut self, addr: Addr, string: Addr, len: u64) {
        self.write_u64(addr, string);
        self.write_u64(addr + 8, len);
        self.rt.heap.write_barrier(addr);
    }

    /// Bytes of the heap.
    #[must_use]
    #[inline(always)]
    pub fn bytes_at(&self, addr: Addr, len: u64) -> &'a [u8] {
        self.check(addr, len);
        // SAFETY: checked; nothing is freed during the call.
        unsafe { slot::bytes(addr, len) }
    }

    /// Bytes of the heap, to be written; no pointers.
    #[must_use]
    #[inline(always)]
    pub fn bytes_at_mut(&mut self, addr: Addr, len: u64) -> &mut [u8] {
        self.check(addr, len);
        // SAFETY: checked; the borrow of the context keeps other writers away.
        unsafe { slot::bytes_mut(addr, len) }
    }

    /// The bytes of the string whose address and length are stored at `addr`.
    #[must_use]
    pub fn string_at(&self, addr: Addr) -> &'a [u8] {
        self.bytes_at(self.read_u64(addr), self.read_u64(addr + 8))
    }

    /// Copies `count` values of a type, with the write barrier; the ranges may overlap.
    ///
    /// # Errors
    /// `Trap::Limit`.
    pub fn copy_values(&mut self, from: Addr, to: Addr, ty: TypeIx, count: u64) -> NativeResult {
        let len = self.rt.types[ty].size.saturating_mul(count);
        self.check(from, len);
        self.check(to, len);
        self.rt.copy_memory(from, to, ty, count)
    }

    /// New zeroed bytes.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_bytes(&mut self, len: u64) -> Result<Addr, Trap> {
        self.rt.alloc_bytes(len)
    }

    /// Copies bytes to memory that was made for them; many are copied in parts.
    ///
    /// # Errors
    /// `Trap::Limit`.
    pub fn fill(&mut self, to: Addr, bytes: &[u8]) -> NativeResult {
        self.check(to, bytes.len() as u64);
        self.rt.fill(to, bytes)
    }

    /// New bytes with that content.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_bytes_of(&mut self, bytes: &[u8]) -> Result<Addr, Trap> {
        let addr = self.rt.alloc_bytes(bytes.len() as u64)?;
        self.fill(addr, bytes)?;
        Ok(addr)
    }

    /// A new string: address and length.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_string(&mut self, bytes: &[u8]) -> Result<(Addr, u64), Trap> {
        self.rt.new_string(bytes)
    }

    /// The environment as a new string: `name=value`, a zero byte behind each. It is made in its place, since it
    /// may be large.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_environment(&mut self) -> Result<(Addr, u64), Trap> {
        let mut len = 0;
        self.rt.host.each_variable(&mut |name, value| len += name.len() + value.len() + 2);
        let addr = self.rt.alloc_bytes(len as u64)?;
        // SAFETY: fresh memory of that length.
        let out = unsafe { slot::bytes_mut(addr, len as u64) };
        let mut at = 0;
        self.rt.host.each_variable(&mut |name, value| {
            for part in [name, b"=", value, b"\0"] {
                out[at..at + part.len()].copy_from_slice(part);
                at += part.len();
            }
        });
        Ok((addr, len as u64))
    }

    /// A new zeroed value of a type.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_value(&mut self, ty: TypeIx) -> Result<Addr, Trap> {
        self.rt.alloc(ty)
    }

    /// New zeroed values of a type in a row: the memory of a slice.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_values(&mut self, ty: TypeIx, count: u64) -> Result<Addr, Trap> {
        let layout = self.rt.types[ty].layout;
        self.rt.alloc_array(layout, count)
    }

    /// A new box with a string in it.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn new_string_value(&mut self, ty: TypeIx, bytes: &[u8]) -> Result<(u64, u64), Trap> {
        self.rt.string_value(ty, bytes)
    }

    // ---- types and values

    /// The description of a type.
    #[must_use]
    pub fn type_def(&self, ty: TypeIx) -> &TypeDef {
        &self.rt.types[ty].def
    }

    /// The dynamic type that a type word names; `None` for nil.
    #[must_use]
    pub fn type_of(&self, type_word: u64) -> Option<TypeIx> {
        (type_word != 0).then(|| slot::type_of_word(type_word))
    }

    /// The address of the value that an interface holds, if it is in a box.
    #[must_use]
    pub fn box_of(&self, type_word: u64, data: u64) -> Option<Addr> {
        let ty = slot::type_of_word(type_word);
        (type_word != 0 && !self.rt.types[ty].def.is_direct()).then_some(data)
    }

    /// The slots of a value in memory.
    #[must_use]
    pub fn load_slots(&self, addr: Addr, ty: TypeIx) -> Vec<u64> {
        self.check(addr, self.rt.types[ty].size);
        self.rt.load_slots(addr, ty)
    }

    /// Writes the slots of a value to memory, with the write barrier.
    ///
    /// # Errors
    /// `Trap::Limit`.
    pub fn store_slots(&mut self, addr: Addr, ty: TypeIx, slots: &[u64]) -> NativeResult {
        self.check(addr, self.rt.types[ty].size);
        self.rt.store_slots(addr, ty, slots)
    }

    /// The slots of the value that an interface of that dynamic type holds.
    #[must_use]
    pub fn iface_slots(&self, type_word: u64, data: u64) -> Vec<u64> {
        self.rt.iface_slots(type_word, data)
    }

    /// An interface with the value that is at `addr`: a copy.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn make_iface_from_memory(&mut self, ty: TypeIx, addr: Addr) -> Result<(u64, u64), Trap> {
        self.rt.iface_from_memory(ty, addr)
    }

    /// An interface with the value in these slots.
    ///
    /// # Errors
    /// `Trap::OutOfMemory`.
    pub fn box_value(&mut self, ty: TypeIx, slots: &[u64]) -> Result<(u64, u64), Trap> {
        self.rt.iface_from_slots(ty, slots)
    }

    /// Writes the value that an interface holds to memory of its dynamic type, with the write barrier.
    ///
    /// # Errors
    /// `Trap::Limit`.
    pub fn store_iface_value(&mut self, addr: Addr, type_word: u64, data: u64) -> NativeResult {
        self.check(addr, self.rt.types[slot::type_of_word(type_word)].size);
        self.rt.store_iface_value(addr, type_word, data)
    }

    /// Whether two interfaces are equal.
    ///
    /// # Errors
    /// Panics if their values are of one type that cannot be compared.
    pub fn equal_ifaces(&mut self, a: (u64, u64), b: (u64, u64)) -> Result<bool, Trap> {
        self.rt.equal_ifaces(a, b)
    }

    // ---- the rest of the world

    /// Charges steps for work: about one for 8 bytes looked at. Call it before each chunk of a long
    /// loop, so that limits and interrupts hold.
    ///
    /// # Errors
    /// `Trap::Limit`; pass it on.
    #[inline]
    pub fn charge(&mut self, steps: u64) -> NativeResult {
        self.rt.charge(steps)
    }

    /// Between parts of long work whose steps are counted elsewhere.
    ///
    /// # Errors
    /// As `charge`.
    pub fn look(&mut self) -> NativeResult {
        self.rt.look()
    }

    /// Panics with a runtime error (`runtime.Error`); the text without `runtime error: `.
    #[must_use]
    #[cold]
    pub fn panic_error(&mut self, text: impl Into<String>) -> Trap {
        self.rt.raise(ErrorKind::Error, text)
    }

    /// Panics with a string.
    #[must_use]
    #[cold]
    pub fn panic_string(&mut self, text: impl Into<String>) -> Trap {
        self.rt.raise(ErrorKind::String, text)
    }

    /// Panics with a value.
    #[must_use]
    #[cold]
    pub fn panic_iface(&mut self, type_word: u64, data: u64) -> Trap {
        self.rt.raise_value(type_word, data)
    }

    /// Ends the program with `fatal error: ` and the text.
    #[must_use]
    #[cold]
    pub fn fatal(&mut self, text: impl Into<String>) -> Trap {
        self.rt.raise_fatal(text)
    }

    /// The outside world.
    #[must_use]
    pub fn host(&mut self) -> &mut dyn Host {
        &mut *self.rt.host
    }

    /// The runtime.
    #[must_use]
    #[inline(always)]
    pub fn runtime(&mut self) -> &mut Runtime {
        self.rt
    }

    /// The runtime, to look at.
    #[must_use]
    #[inline(always)]
    pub fn rt(&self) -> &Runtime {
        self.rt
    }
}
