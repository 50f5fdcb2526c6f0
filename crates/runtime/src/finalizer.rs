//! Finalizers and cleanups: what runs when an object has become unreachable.
//!
//! The heap knows which objects have one and says after a collection which are ready; here is what is
//! to be run. It is run by goroutines of the runtime, one for finalizers and one for cleanups, whose
//! loops are Go source in package `runtime`. Such a goroutine is started when there is something to run
//! for the first time, and waits between. If it ends (`runtime.Goexit`) nothing is run any more, as in Go.
//!
//! The functions are roots (`trace`) from the moment they are attached until they have been called.

use std::collections::VecDeque;

use golite_bytecode::{TypeDef, TypeIx, TypeKind};
use golite_gc::{Addr, Tracer};
use golite_gc::{AttachError, CleanupId, Ready};

use crate::goroutine::{Creation, GoroutineIx, WaitReason};
use crate::native::{Ctx, NativeResult, Request, Trap};
use crate::sched;
use crate::state::Runtime;

/// A call to be made.
#[derive(Clone, Copy, Debug)]
struct Call {
    closure: Addr,
    params: [u64; 2],
    count: u16,
}

/// Which of the two goroutines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Which {
    Finalizers,
    Cleanups,
}

/// One of the two goroutines, and what it has to do.
#[derive(Default, Debug)]
struct Runner {
    /// Its loop, 0 as long as nothing was attached.
    body: Addr,
    goroutine: Option<GoroutineIx>,
    waiting: bool,
    /// Calls, and the object that a finalizer keeps.
    ready: VecDeque<(Call, Addr)>,
    /// How many were ready so far.
    queued: u64,
}

/// All that is attached or ready.
#[derive(Default, Debug)]
pub struct Finalizers {
    /// By token; free places are linked through `free`.
    attached: Vec<Option<Call>>,
    free: Vec<usize>,
    finalizers: Runner,
    cleanups: Runner,
}

impl Finalizers {
    /// How many finalizers, and how many cleanups, were ready so far, and how many of them were called.
    #[must_use]
    pub fn counts(&self) -> [[u64; 2]; 2] {
        [&self.finalizers, &self.cleanups]
            .map(|runner| [runner.queued, runner.queued - runner.ready.len() as u64])
    }

    fn runner(&mut self, which: Which) -> &mut Runner {
        match which {
            Which::Finalizers => &mut self.finalizers,
            Which::Cleanups => &mut self.cleanups,
        }
    }

    fn place(&mut self, call: Call) -> u64 {
        match self.free.pop() {
            Some(place) => {
                self.attached[place] = Some(call);
                place as u64
            }
            None => {
                self.attached.push(Some(call));
                self.attached.len() as u64 - 1
            }
        }
    }

    fn take(&mut self, token: u64) -> Option<Call> {
        let call = self.attached.get_mut(token as usize)?.take();
        if call.is_some() {
            self.free.push(token as usize);
        }
        call
    }
}

/// About what an attached call takes outside of the heap, here and beside the heap's objects.
const ATTACHED: u64 = 256;

/// Keeps a call under a token. Its memory counts until `detach`.
fn attach(rt: &mut Runtime, call: Call) -> Result<u64, Trap> {
    rt.heap.try_charge_external(ATTACHED)?;
    Ok(rt.finalizers.place(call))
}

fn detach(rt: &mut Runtime, token: u64) -> Option<Call> {
    let call = rt.finalizers.take(token);
    if call.is_some() {
        rt.heap.charge_external(-(ATTACHED as i64));
    }
    call
}

/// Marks the functions and the objects that are to be passed to them: in every collection.
pub fn trace(finalizers: &Finalizers, tracer: &mut Tracer<'_>) {
    for call in finalizers.attached.iter().flatten() {
        // The parameter is the object itself: it is not kept by what waits for its end.
        tracer.mark(call.closure);
    }
    for runner in [&finalizers.finalizers, &finalizers.cleanups] {
        tracer.mark(runner.body);
        for (call, object) in &runner.ready {
            tracer.mark(call.closure);
            tracer.mark(*object);
        }
    }
}

impl Finalizers {
    /// The highest type word of an interface among the parameters of calls.
    #[must_use]
    pub fn highest_type_word(&self) -> u64 {
        let ready = [&self.finalizers, &self.cleanups].into_iter().flat_map(|runner| &runner.ready);
        let calls = self.attached.iter().flatten().chain(ready.map(|(call, _)| call));
        calls.filter(|call| call.count == 2).map(|call| call.params[0]).max().unwrap_or(0)
    }
}

/// To be called after each collection: hands what has become ready to the goroutines that run it.
pub fn after_collection(rt: &mut Runtime) {
    if !rt.heap.has_ready() {
        return;
    }
    for ready in rt.heap.take_ready() {
        let (which, token, object) = match ready {
            Ready::Finalizer { object, token } => (Which::Finalizers, token, object),
            Ready::Cleanup { token, .. } => (Which::Cleanups, token, 0),
        };
        if let Some(call) = detach(rt, token) {
            let runner = rt.finalizers.runner(which);
            runner.ready.push_back((call, object));
            runner.queued += 1;
        }
    }
    start(rt, Which::Finalizers);
    start(rt, Which::Cleanups);
}

/// Starts or wakes the goroutine if it has something to do. Without memory for a goroutine the next
/// collection tries again.
fn start(rt: &mut Runtime, which: Which) {
    let runner = rt.finalizers.runner(which);
    if runner.ready.is_empty() {
        return;
    }
    match runner.goroutine {
        Some(goroutine) => {
            if std::mem::take(&mut runner.waiting) {
                sched::ready(rt, goroutine);
            }
        }
        None => {
            let body = runner.body;
            if let Ok(goroutine) = sched::spawn(rt, body, Creation::RUNTIME) {
                rt.goroutines.get_mut(goroutine).system = true;
                rt.finalizers.runner(which).goroutine = Some(goroutine);
            }
        }
    }
}

// ---- natives of package runtime

fn throw(ctx: &mut Ctx<'_>, text: &str) -> NativeResult {
    Err(ctx.runtime().raise_throw(format!("runtime.SetFinalizer: {text}")))
}

/// The parameters by which a finalizer of the function type is given a pointer; `Err` says why not.
fn finalizer_params(
    rt: &mut Runtime,
    pointer: (TypeIx, u64, Addr),
    func: TypeIx,
) -> Result<([u64; 2], u16), String> {
    let (ty, type_word, addr) = pointer;
    let refuse = |rt: &Runtime, why: &str| {
        Err(format!("cannot pass {} to finalizer {}{why}", rt.types.name(ty), rt.types.name(func)))
    };
    let TypeKind::Func { params, variadic, .. } = &rt.types[func].def.kind else {
        return Err(format!("second argument is {}, not a function", rt.types.name(func)));
    };
    let [param] = params[..] else { return refuse(rt, "") };
    if *variadic {
        return refuse(rt, " because dotdotdot");
    }
    let (from, to) = (&rt.types[ty].def, &rt.types[param].def);
    let fits = match (&from.kind, &to.kind) {
        _ if ty == param => true,
        (TypeKind::Pointer(a), TypeKind::Pointer(b)) => {
            // As in Go, a pointer type with methods counts as one with a name.
            let named =
                |this: &TypeDef, other: &TypeDef| !this.bare_name.is_empty() || other.elem_has_methods;
            a == b && !(named(from, to) && named(to, from))
        }
        (_, TypeKind::Interface(_)) => {
            return match rt.types.implements(ty, param) {
                true => Ok(([type_word, addr], 2)),
                false => refuse(rt, ""),
            };
        }
        _ => false,
    };
    if fits { Ok(([addr, 0], 1)) } else { refuse(rt, "") }
}

/// `setFinalizer(object, finalizer any, body func())`.
///
/// # Errors
/// Misuse is fatal.
pub fn native_set_finalizer(ctx: &mut Ctx<'_>) -> NativeResult {
    let (type_word, addr) = ctx.iface(0);
    let (func_word, closure) = ctx.iface(2);
    let Some(ty) = ctx.type_of(type_word) else { return throw(ctx, "first argument is nil") };
    let TypeKind::Pointer(target) = ctx.type_def(ty).kind else {
        let text = format!("first argument is {}, not pointer", ctx.type_def(ty).name);
        return throw(ctx, &text);
    };
    let (size, noscan) = (ctx.rt().types[target].size, ctx.rt().types[target].noscan);
    if size == 0 && addr == ctx.rt().heap.zero_base() {
        return Ok(());
    }
    let Some(object) = ctx.rt().heap.object_at(addr) else {
        return throw(ctx, "pointer not in allocated block");
    };
    if object.immortal {
        return Ok(());
    }
    if object.base != addr && (!noscan || size >= 16) {
        return throw(ctx, "pointer not at beginning of allocated block");
    }
    let Some(func) = ctx.type_of(func_word) else {
        let rt = ctx.runtime();
        if let Some(token) = rt.heap.clear_finalizer(object.base) {
            detach(rt, token);
        }
        return Ok(());
    };
    let (params, count) = match finalizer_params(ctx.runtime(), (ty, type_word, addr), func) {
        Ok(params) => params,
        Err(text) => return throw(ctx, &text),
    };
    let body = ctx.raw(4);
    let rt = ctx.runtime();
    rt.finalizers.finalizers.body = body;
    let token = attach(rt, Call { closure, params, count })?;
    match rt.heap.set_finalizer(object.base, token) {
        Ok(()) => Ok(()),
        Err(error) => {
            detach(rt, token);
            match error {
                AttachError::Duplicate => throw(ctx, "finalizer already set"),
                AttachError::OutOfMemory => Err(Trap::OutOfMemory),
                AttachError::NotAnObject | AttachError::Interior => {
                    unreachable!("the object was found before")
                }
            }
        }
    }
}

/// `addCleanup(pointer, cleanup, arg any, call, body func()) uint64`: the number of the cleanup.
/// `cleanup` is the function of the program, `arg` its argument if that is a pointer; neither may keep the
/// object.
///
/// # Errors
/// Panics if they do. A pointer to what is no object is fatal.
pub fn native_add_cleanup(ctx: &mut Ctx<'_>) -> NativeResult {
    let (_, addr) = ctx.iface(0);
    let (_, cleanup) = ctx.iface(2);
    let (_, arg) = ctx.iface(4);
    let (closure, body) = (ctx.raw(6), ctx.raw(7));
    if arg == addr {
        return Err(ctx.panic_string("runtime.AddCleanup: ptr is equal to arg, cleanup will never run"));
    }
    let heap = &ctx.rt().heap;
    if let Some(object) = heap.object_at(addr) {
        let within = |pointer: Addr| pointer.wrapping_sub(object.base) < object.bytes;
        let mut closes_over = false;
        if let Some(closure) = heap.object_at(cleanup) {
            heap.for_each_pointer(&closure, &mut |_, pointer| closes_over |= within(pointer));
        }
        if within(arg) {
            return Err(ctx.panic_string("runtime.AddCleanup: ptr is within arg, cleanup will never run"));
        }
        if closes_over {
            let text = "runtime.AddCleanup: cleanup function closes over ptr, cleanup will never run";
            return Err(ctx.panic_string(text));
        }
    }
    let rt = ctx.runtime();
    if addr == rt.heap.zero_base() {
        ctx.set_uint(0, 0);
        return Ok(());
    }
    rt.finalizers.cleanups.body = body;
    let token = attach(rt, Call { closure, params: [0; 2], count: 0 })?;
    match rt.heap.add_cleanup(addr, token) {
        Ok(CleanupId(id)) => {
            ctx.set_uint(0, id);
            Ok(())
        }
        Err(error) => {
            detach(rt, token);
            match error {
                AttachError::OutOfMemory => Err(Trap::OutOfMemory),
                AttachError::NotAnObject | AttachError::Interior | AttachError::Duplicate => {
                    Err(rt.raise_throw("runtime.AddCleanup: ptr not in allocated block"))
                }
            }
        }
    }
}

/// `removeCleanup(number uint64)`.
///
/// # Errors
/// None.
pub fn native_remove_cleanup(ctx: &mut Ctx<'_>) -> NativeResult {
    let id = CleanupId(ctx.uint(0));
    let rt = ctx.runtime();
    if let Some(token) = rt.heap.remove_cleanup(id) {
        detach(rt, token);
    }
    Ok(())
}

fn wait(ctx: &mut Ctx<'_>, which: Which, reason: WaitReason) -> NativeResult {
    let goroutine = ctx.goroutine();
    let rt = ctx.runtime();
    let runner = rt.finalizers.runner(which);
    if !runner.ready.is_empty() {
        return Ok(());
    }
    runner.waiting = true;
    sched::park(rt, goroutine, reason, 0)
}

/// `waitFinalizer()`: returns when there is a finalizer to be run.
///
/// # Errors
/// `Trap::Park`.
pub fn native_wait_finalizer(ctx: &mut Ctx<'_>) -> NativeResult {
    wait(ctx, Which::Finalizers, WaitReason::FinalizerWait)
}

/// `waitCleanup()`: returns when there is a cleanup to be run.
///
/// # Errors
/// `Trap::Park`.
pub fn native_wait_cleanup(ctx: &mut Ctx<'_>) -> NativeResult {
    wait(ctx, Which::Cleanups, WaitReason::CleanupWait)
}

fn run(ctx: &mut Ctx<'_>, which: Which) -> NativeResult {
    let rt = ctx.runtime();
    let Some((call, _)) = rt.finalizers.runner(which).ready.pop_front() else { return Ok(()) };
    if call.closure == 0 {
        return Err(rt.raise_nil(0));
    }
    let Call { closure, params, count } = call;
    Err(Trap::Request(Request::Call { closure, params, count }))
}

/// `runFinalizer()`: runs the first that is ready.
///
/// # Errors
/// `Trap::Request`.
pub fn native_run_finalizer(ctx: &mut Ctx<'_>) -> NativeResult {
    run(ctx, Which::Finalizers)
}

/// `runCleanup()`: runs the first that is ready.
///
/// # Errors
/// `Trap::Request`.
pub fn native_run_cleanup(ctx: &mut Ctx<'_>) -> NativeResult {
    run(ctx, Which::Cleanups)
}

/// `makeHandle(ptr unsafe.Pointer) unsafe.Pointer` of package `weak`; the pointer is not nil.
///
/// # Errors
/// `Trap::OutOfMemory`.
pub fn native_make_weak(ctx: &mut Ctx<'_>) -> NativeResult {
    let addr = ctx.raw(0);
    match ctx.runtime().heap.make_weak(addr) {
        Ok(handle) => {
            ctx.set_raw(0, handle);
            Ok(())
        }
        Err(AttachError::OutOfMemory) => Err(Trap::OutOfMemory),
        Err(AttachError::NotAnObject | AttachError::Interior | AttachError::Duplicate) => {
            Err(ctx.runtime().raise_nil(0))
        }
    }
}

/// `value(handle unsafe.Pointer) unsafe.Pointer` of package `weak`.
///
/// # Errors
/// None.
pub fn native_weak_value(ctx: &mut Ctx<'_>) -> NativeResult {
    let handle = ctx.raw(0);
    let addr = ctx.rt().heap.weak_get(handle);
    ctx.set_raw(0, addr);
    Ok(())
}
