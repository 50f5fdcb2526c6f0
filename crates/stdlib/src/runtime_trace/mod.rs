//! Package `runtime/trace`: what a program adds to a trace.

use golite_runtime::native::{Ctx, NativeResult, Package, Request, TraceRequest, Trap};
use golite_runtime::timer;
use golite_runtime::trace::{Told, What, native_take_part, native_wait_part};

use crate::internal_bytealg::room_for;

/// The package.
pub static PACKAGE: Package = package!(
    "runtime/trace",
    ".",
    ["flight.go-lite", "trace.go-lite"],
    natives![
        "flightRead" => |_| Err(Trap::Request(Request::Trace(TraceRequest::ReadFlight))),
        "flightStart" => |ctx| {
            let (age, bytes) = (ctx.int(0), ctx.uint(1));
            Err(Trap::Request(Request::Trace(TraceRequest::StartFlight { age, bytes })))
        },
        "flightStop" => |_| Err(Trap::Request(Request::Trace(TraceRequest::StopFlight))),
        "log" => |ctx| {
            let (category, message) = (text(ctx, 1)?, text(ctx, 3)?);
            record(ctx, |task| What::Told(Box::new(Told::Log(task, category, message))))
        },
        "regionBegin" => |ctx| {
            let name = text(ctx, 1)?;
            record(ctx, |task| What::Told(Box::new(Told::RegionBegin(task, name))))
        },
        "regionEnd" => |ctx| {
            let name = text(ctx, 1)?;
            record(ctx, |task| What::Told(Box::new(Told::RegionEnd(task, name))))
        },
        "takePart" => native_take_part,
        "taskBegin" => |ctx| {
            let (parent, name) = (ctx.uint(1), text(ctx, 2)?);
            record(ctx, |task| What::Told(Box::new(Told::TaskBegin(task, parent, name))))
        },
        "taskEnd" => |ctx| record(ctx, What::TaskEnd),
        "waitPart" => native_wait_part,
    ]
);

fn text(ctx: &mut Ctx<'_>, slot: u16) -> Result<String, Trap> {
    let bytes = ctx.bytes(slot);
    ctx.charge(bytes.len() as u64 / 8)?;
    room_for(ctx, bytes.len() as u64)?;
    Ok(String::from_utf8_lossy(bytes).into_owned())
}

/// Records something about the task of the first parameter, if there is a trace.
fn record(ctx: &mut Ctx<'_>, what: impl FnOnce(u64) -> What) -> NativeResult {
    let task = ctx.uint(0);
    let rt = ctx.runtime();
    let now = timer::glance(rt);
    if let Some(log) = &mut rt.sched.events.log {
        log.add_with_stack(now, what(task));
        rt.heap.request_attention();
    }
    Ok(())
}
