//! The parts of a trace that were recorded and not taken yet, and the goroutine that waits for them.
//!
//! Package `runtime/trace` has such a goroutine, which writes each part as soon as it is there: so a long trace takes
//! no more memory than a short one. Others ask for what there is.

use std::collections::VecDeque;

use crate::goroutine::{GoroutineIx, WaitReason};
use crate::native::{Ctx, NativeResult};
use crate::sched;
use crate::state::Runtime;

/// Parts in order.
#[derive(Default, Debug)]
pub struct TraceParts {
    parts: VecDeque<Vec<u8>>,
    bytes: u64,
    /// Who waits for the next, or for the end of the trace.
    reader: Option<GoroutineIx>,
}

impl TraceParts {
    /// Adds one.
    pub fn push(&mut self, part: Vec<u8>) {
        self.bytes += part.len() as u64;
        self.parts.push_back(part);
    }

    /// The next.
    #[must_use]
    pub fn first(&self) -> Option<&[u8]> {
        self.parts.front().map(Vec::as_slice)
    }

    /// Takes the next.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        let part = self.parts.pop_front()?;
        self.bytes -= part.len() as u64;
        Some(part)
    }

    /// Takes all of them.
    pub fn take(&mut self) -> Vec<Vec<u8>> {
        self.bytes = 0;
        self.parts.drain(..).collect()
    }

    /// Bytes in all of them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// To be called when there is a part, or when the trace has ended: whoever waits for that goes on.
pub fn wake_reader(rt: &mut Runtime) {
    if let Some(reader) = rt.trace_parts.reader.take() {
        sched::ready_in_turn(rt, reader);
    }
}

/// `waitPart()` of package `runtime/trace`: returns when there is a part of the trace, or no trace.
///
/// # Errors
/// `Trap::Park`.
pub fn native_wait_part(ctx: &mut Ctx<'_>) -> NativeResult {
    let goroutine = ctx.goroutine();
    let rt = ctx.runtime();
    if rt.trace_parts.bytes > 0 || !rt.tracing {
        return Ok(());
    }
    rt.trace_parts.reader = Some(goroutine);
    sched::park(rt, goroutine, WaitReason::TraceReader, 0)
}

/// `takePart() []byte` of package `runtime/trace`: the next part; nil if there is none.
///
/// # Errors
/// When the memory is used up.
pub fn native_take_part(ctx: &mut Ctx<'_>) -> NativeResult {
    let Some(part) = ctx.runtime().trace_parts.pop() else {
        (0..3).for_each(|slot| ctx.set_raw(slot, 0));
        return Ok(());
    };
    let result = ctx.set_bytes(0, &part);
    if result.is_err() {
        let parts = &mut ctx.runtime().trace_parts;
        parts.bytes += part.len() as u64;
        parts.parts.push_front(part);
    }
    result
}
