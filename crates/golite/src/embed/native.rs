//! Calls from Go to Rust: the natives behind the functions of host packages.
//!
//! A call is a job: what the function returned is kept until its results are in the program's memory. So a
//! native that is called again, because it has waited or because there was no memory, does not call the
//! Rust function twice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use golite_bytecode::TypeKind;
use golite_runtime::{Ctx, NativeFn, NativeResult, Trap, outside, slot};

use super::callback::{Caller, Ended, Held, Job, State};
use super::host_data::HostData;
use super::memory::{Problem, Reader, write};
use super::package::HostFunction;
use super::value::{Object, Value};

/// Bytes of an interface in a slice.
const INTERFACE: u64 = 16;

/// The natives of host packages.
pub(crate) fn find(name: &str) -> Option<NativeFn> {
    match name {
        "call" => Some(call),
        "depth" => Some(depth),
        "abandon" => Some(abandon),
        "take" => Some(take),
        "give" => Some(give),
        "release" => Some(release),
        _ => None,
    }
}

/// Runs a native with what the VM keeps for the host.
fn with_data(
    ctx: &mut Ctx<'_>,
    run: impl FnOnce(&mut Ctx<'_>, &mut HostData) -> NativeResult,
) -> NativeResult {
    let mut kept = ctx.runtime().host_data.take();
    let result = match kept.as_mut().and_then(|kept| kept.downcast_mut()) {
        Some(data) => run(ctx, data),
        None => Err(ctx.fatal("the VM has no host")),
    };
    ctx.runtime().host_data = kept;
    result
}

/// `func release(id int)`
fn release(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        data.release_object(ctx.uint(0));
        Ok(())
    })
}

/// `func call(function int, arguments, results []any) int`: 0 when the function has returned, else the number of the
/// argument that is to be called, counted from 1.
fn call(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        let goroutine = ctx.rt().running_id;
        let number = usize::try_from(ctx.int(0)).unwrap_or(usize::MAX);
        let Some(function) = data.functions.get(number).cloned() else {
            return Err(ctx.fatal("the host has no such function"));
        };
        let last = data.jobs.get(&goroutine).and_then(|jobs| jobs.last()).map(|held| held.0.clone());
        // One whose function is being called back is the call around this one.
        let job = match last.filter(|job| !matches!(*job.state(), State::Called)) {
            Some(job) => job,
            None => start(ctx, data, goroutine, &function)?,
        };
        let result = match &*job.state() {
            State::Asks(index, _) => {
                ctx.set_int(0, *index as i64 + 1);
                return Ok(());
            }
            State::Ended(result) => Some(result.clone()),
            State::Running | State::Called | State::Answer(_) | State::Closed(_) => None,
        };
        let wait = job.wait.load(Ordering::SeqCst);
        let Some(result) = result else {
            data.shared.refuse(wait);
            return outside::wait(ctx.runtime());
        };
        match finish(ctx, data, &function, result) {
            Err(Trap::OutOfMemory) => Err(Trap::OutOfMemory),
            done => {
                data.shared.forget(wait);
                data.end_job(goroutine);
                ctx.set_int(0, 0);
                done
            }
        }
    })
}

/// `func depth() int`: how many calls of the goroutine wait for each other.
fn depth(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        let depth = data.jobs.get(&ctx.rt().running_id).map_or(0, Vec::len);
        ctx.set_int(0, depth as i64);
        Ok(())
    })
}

/// `func abandon(depth int)`: a function that was called back has panicked, through the calls that are deeper.
fn abandon(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        let goroutine = ctx.rt().running_id;
        let depth = ctx.uint(0) as usize;
        while data.jobs.get(&goroutine).is_some_and(|jobs| jobs.len() > depth) {
            if let Some(held) = data.jobs.get(&goroutine).and_then(|jobs| jobs.last()) {
                held.0.set(State::Closed("the function of Go panicked"));
            }
            data.end_job(goroutine);
        }
        Ok(())
    })
}

/// The call whose function is called back.
fn calling(ctx: &Ctx<'_>, data: &HostData) -> Result<Arc<Job>, Trap> {
    let jobs = data.jobs.get(&ctx.rt().running_id);
    Ok(jobs.and_then(|jobs| jobs.last()).expect("there is one: the glue asked").0.clone())
}

/// `func take(places []any)`: the arguments for a function that is to be called.
fn take(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        let job = calling(ctx, data)?;
        let (addr, len, _) = ctx.slice(0);
        let values = match &*job.state() {
            State::Asks(_, values) => values.clone(),
            _ => return Err(ctx.fatal("the host has not asked for a call")),
        };
        if values.len() as u64 != len {
            return Err(ctx.panic_string("a function is called back with another number of arguments"));
        }
        store(ctx, data, addr, (0..).zip(values), "a function called back: argument")?;
        job.set(State::Called);
        Ok(())
    })
}

/// `func give(values []any)`: the results of a function that was called.
fn give(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        let job = calling(ctx, data)?;
        let (addr, len, _) = ctx.slice(0);
        let mut values = Vec::with_capacity(len as usize);
        for i in 0..len {
            match read_any(ctx, data, addr + i * INTERFACE) {
                Ok(value) => values.push(value),
                Err(Problem::Memory) => return Err(Trap::OutOfMemory),
                Err(Problem::Stopped) => return Err(Trap::Limit),
                Err(Problem::Wrong(text)) => {
                    return Err(ctx.panic_string(format!("a function called back: result {}: {text}", i + 1)));
                }
            }
        }
        data.last_job += 1;
        data.shared.forget(job.wait.swap(data.last_job, Ordering::SeqCst));
        job.set(State::Answer(values));
        Ok(())
    })
}

/// The value in an interface.
fn read_any(ctx: &mut Ctx<'_>, data: &HostData, at: u64) -> Result<Value, Problem> {
    let (type_word, word) = (ctx.read_u64(at), ctx.read_u64(at + 8));
    if type_word == 0 {
        return Ok(Value::Nil);
    }
    let held = ctx.iface_slots(type_word, word);
    Reader::new(ctx.runtime(), data).read(slot::type_of_word(type_word), &held, 0)
}

/// Calls the function, or has a thread call it.
fn start(
    ctx: &mut Ctx<'_>,
    data: &mut HostData,
    goroutine: u64,
    function: &Arc<HostFunction>,
) -> Result<Arc<Job>, Trap> {
    let (addr, len, _) = ctx.slice(1);
    let job = Arc::new(Job::new(data.last_job + 1));
    let mut arguments = Vec::with_capacity(len as usize);
    for i in 0..len {
        let at = addr + i * INTERFACE;
        let (type_word, word) = (ctx.read_u64(at), ctx.read_u64(at + 8));
        let is_func = type_word != 0
            && matches!(ctx.type_def(slot::type_of_word(type_word)).kind, TypeKind::Func { .. });
        if is_func && function.calls_back && word == 0 {
            arguments.push(Value::Nil);
            continue;
        }
        if is_func && function.calls_back {
            let caller = Caller { job: job.clone(), shared: data.shared.clone(), index: i as usize };
            arguments.push(Value::Object(Object::new(Arc::new(caller))));
            continue;
        }
        match read_any(ctx, data, at) {
            Ok(value) => arguments.push(value),
            Err(Problem::Memory) => return Err(Trap::OutOfMemory),
            Err(Problem::Stopped) => return Err(Trap::Limit),
            Err(Problem::Wrong(text)) => {
                return Err(ctx.panic_string(format!("{}: argument {}: {text}", function.name, i + 1)));
            }
        }
    }
    data.last_job += 1;
    data.jobs.entry(goroutine).or_default().push(Held(job.clone()));
    if !function.blocking {
        run(function, arguments, &job);
        return Ok(job);
    }
    let shared = data.shared.clone();
    let work = {
        let (function, job) = (function.clone(), job.clone());
        move || {
            run(&function, arguments, &job);
            shared.job_done(job.wait.load(Ordering::SeqCst));
        }
    };
    if thread::Builder::new().name("golite host function".into()).spawn(work).is_err() {
        data.end_job(goroutine);
        return Err(ctx.panic_string(format!("{}: no thread can be started", function.name)));
    }
    Ok(job)
}

fn run(function: &HostFunction, arguments: Vec<Value>, job: &Job) {
    let ended = match catch_unwind(AssertUnwindSafe(|| (function.call)(arguments))) {
        Ok(result) => result.map_err(Ended::Error),
        Err(panic) => {
            let text = match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
                (Some(text), _) => (*text).to_string(),
                (None, Some(text)) => text.clone(),
                (None, None) => "a value without text".into(),
            };
            Err(Ended::Panicked(text))
        }
    };
    job.set(State::Ended(ended));
}

/// Puts the results where the program wants them.
fn finish(
    ctx: &mut Ctx<'_>,
    data: &mut HostData,
    function: &HostFunction,
    result: Result<Vec<Value>, Ended>,
) -> NativeResult {
    let values = match result {
        Ok(mut values) => {
            if function.fallible {
                values.push(Value::Nil);
            }
            (0..).zip(values).collect::<Vec<_>>()
        }
        Err(ended) => {
            let text = match ended {
                Ended::Error(text) => text,
                Ended::Panicked(text) => format!("host function {} panicked: {text}", function.name),
            };
            if !function.fallible {
                return Err(ctx.panic_string(text));
            }
            let (_, places, _) = ctx.slice(4);
            vec![(places - 1, Value::Error(text))]
        }
    };
    let (addr, _, _) = ctx.slice(4);
    store(ctx, data, addr, values.into_iter(), &format!("{}: result", function.name))
}

/// Stores values where the pointers in interfaces say, by number.
fn store(
    ctx: &mut Ctx<'_>,
    data: &mut HostData,
    addr: u64,
    values: impl Iterator<Item = (u64, Value)>,
    what: &str,
) -> NativeResult {
    for (i, value) in values {
        let at = addr + i * INTERFACE;
        let (type_word, place) = (ctx.read_u64(at), ctx.read_u64(at + 8));
        let TypeKind::Pointer(ty) = ctx.type_def(slot::type_of_word(type_word)).kind else {
            unreachable!("places of results are pointers");
        };
        match write(ctx.runtime(), data, ty, &value) {
            Ok(slots) => ctx.store_slots(place, ty, &slots)?,
            Err(Problem::Memory) => return Err(Trap::OutOfMemory),
            Err(Problem::Stopped) => return Err(Trap::Limit),
            Err(Problem::Wrong(text)) => return Err(ctx.panic_string(format!("{what} {}: {text}", i + 1))),
        }
    }
    Ok(())
}
