//! Calls from Go to Rust: the natives behind the functions of host packages.
//!
//! A call is a job: what the function returned is kept until its results are in the program's memory. So a
//! native that is called again, because it has waited or because there was no memory, does not call the
//! Rust function twice.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use golite_bytecode::TypeKind;
use golite_runtime::{Ctx, NativeFn, NativeResult, Trap, outside, slot};

use super::host_data::HostData;
use super::memory::{Problem, Reader, write};
use super::package::HostFunction;
use super::value::Value;

/// Bytes of an interface in a slice.
const INTERFACE: u64 = 16;

/// A call of a Rust function.
pub(super) struct Job {
    id: u64,
    result: Mutex<Option<Result<Vec<Value>, Ended>>>,
}

/// How a Rust function did not return results.
#[derive(Clone)]
enum Ended {
    /// With this error.
    Error(String),
    /// It panicked.
    Panicked(String),
}

/// The natives of host packages.
pub(crate) fn find(name: &str) -> Option<NativeFn> {
    match name {
        "call" => Some(call),
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

/// `func call(function int, arguments, results []any)`
fn call(ctx: &mut Ctx<'_>) -> NativeResult {
    with_data(ctx, |ctx, data| {
        let goroutine = ctx.rt().running_id;
        let number = usize::try_from(ctx.int(0)).unwrap_or(usize::MAX);
        let Some(function) = data.functions.get(number).cloned() else {
            return Err(ctx.fatal("the host has no such function"));
        };
        let job = match data.jobs.get(&goroutine) {
            Some(job) => job.clone(),
            None => start(ctx, data, goroutine, &function)?,
        };
        let result = job.result.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(result) = result else {
            data.shared.refuse(job.id);
            return outside::wait(ctx.runtime());
        };
        match finish(ctx, data, &function, result) {
            Err(Trap::OutOfMemory) => Err(Trap::OutOfMemory),
            done => {
                data.jobs.remove(&goroutine);
                done
            }
        }
    })
}

/// Calls the function, or has a thread call it.
fn start(
    ctx: &mut Ctx<'_>,
    data: &mut HostData,
    goroutine: u64,
    function: &Arc<HostFunction>,
) -> Result<Arc<Job>, Trap> {
    let (addr, len, _) = ctx.slice(1);
    let mut arguments = Vec::with_capacity(len as usize);
    for i in 0..len {
        let at = addr + i * INTERFACE;
        let (type_word, word) = (ctx.read_u64(at), ctx.read_u64(at + 8));
        if type_word == 0 {
            arguments.push(Value::Nil);
            continue;
        }
        let held = ctx.iface_slots(type_word, word);
        let read = Reader::new(ctx.runtime(), data).read(slot::type_of_word(type_word), &held, 0);
        match read {
            Ok(value) => arguments.push(value),
            Err(Problem::Memory) => return Err(Trap::OutOfMemory),
            Err(Problem::Wrong(text)) => {
                return Err(ctx.panic_string(format!("{}: argument {}: {text}", function.name, i + 1)));
            }
        }
    }
    data.last_job += 1;
    let job = Arc::new(Job { id: data.last_job, result: Mutex::new(None) });
    data.jobs.insert(goroutine, job.clone());
    if !function.blocking {
        run(function, arguments, &job);
        return Ok(job);
    }
    let shared = data.shared.clone();
    let work = {
        let (function, job) = (function.clone(), job.clone());
        move || {
            run(&function, arguments, &job);
            shared.job_done(job.id);
        }
    };
    if thread::Builder::new().name("golite host function".into()).spawn(work).is_err() {
        data.jobs.remove(&goroutine);
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
    *job.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(ended);
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
            (0..).zip(values).collect()
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
    for (i, value) in values {
        let at = addr + i * INTERFACE;
        let (type_word, place) = (ctx.read_u64(at), ctx.read_u64(at + 8));
        let TypeKind::Pointer(ty) = ctx.type_def(slot::type_of_word(type_word)).kind else {
            unreachable!("places of results are pointers");
        };
        match write(ctx.runtime(), data, ty, &value) {
            Ok(slots) => ctx.store_slots(place, ty, &slots),
            Err(Problem::Memory) => return Err(Trap::OutOfMemory),
            Err(Problem::Wrong(text)) => {
                return Err(ctx.panic_string(format!("{}: result {}: {text}", function.name, i + 1)));
            }
        }
    }
    Ok(())
}
