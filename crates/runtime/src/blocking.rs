//! Reads that have to wait for the outside world.
//!
//! They are done by the host on another thread; only the goroutine that reads waits. What has come is
//! handed over when the scheduler looks (`look`), in the order in which it was asked for. Where the clock
//! is virtual nothing may come by chance: there the whole VM waits.
//!
//! Of each descriptor one read is under way at a time, the first in the list.

use golite_gc::{Addr, Tracer};

use crate::goroutine::{GoroutineIx, StackSlot, WaitReason};
use crate::host::{Fd, HostResult};
use crate::native::{Ctx, NativeResult};
use crate::sched;
use crate::slot;
use crate::state::Runtime;

/// The most bytes that are read at once.
const MOST: u64 = 1 << 20;

/// A read that waits.
#[derive(Clone, Copy, Debug)]
struct PendingRead {
    fd: Fd,
    goroutine: GoroutineIx,
    buffer: Addr,
    len: u64,
    /// Where the number of bytes goes; behind it the number of the error.
    result: StackSlot,
}

/// All reads that wait, in order.
#[derive(Default, Debug)]
pub struct PendingReads {
    list: Vec<PendingRead>,
}

/// A native reads up to `len` bytes into `buffer`. Result 0 is how many it was, result 1 the number of the
/// error.
///
/// # Errors
/// `Trap::Park`.
pub fn read(ctx: &mut Ctx<'_>, fd: Fd, buffer: Addr, len: u64) -> NativeResult {
    let len = len.min(MOST);
    let result = ctx.result_slot(0);
    let goroutine = ctx.goroutine();
    let rt = ctx.runtime();
    let busy = rt.reads.list.iter().any(|read| read.fd == fd);
    if !busy && let Some((count, errno)) = start(rt, fd, buffer, len) {
        ctx.set_uint(0, count);
        ctx.set_int(1, errno);
        return Ok(());
    }
    rt.reads.list.push(PendingRead { fd, goroutine, buffer, len, result });
    sched::expect_outside(rt);
    sched::park(rt, goroutine, WaitReason::IoWait, 0)
}

/// Reads if that need not wait: count and error. Else the host has begun.
fn start(rt: &mut Runtime, fd: Fd, buffer: Addr, len: u64) -> Option<(u64, i64)> {
    let mut bytes = vec![0; len as usize];
    let result = match rt.sched.config.virtual_clock {
        true => rt.host.read(fd, &mut bytes).map(Some),
        false => rt.host.read_or_wait(fd, &mut bytes),
    };
    match result {
        Ok(None) => None,
        Ok(Some(count)) => Some(deliver(rt, buffer, Ok(&bytes[..count]))),
        Err(error) => Some(deliver(rt, buffer, Err(error))),
    }
}

#[expect(unsafe_code, reason = "writes what was read into the buffer of a program")]
fn deliver(rt: &Runtime, buffer: Addr, result: HostResult<&[u8]>) -> (u64, i64) {
    match result {
        Ok(bytes) => {
            let len = bytes.len() as u64;
            if len > 0 {
                assert!(rt.heap.contains(buffer) && rt.heap.contains(buffer + (len - 1)));
                // SAFETY: a byte slice of the heap of at least that length, which the list keeps alive.
                unsafe { slot::bytes_mut(buffer, len) }.copy_from_slice(bytes);
            }
            (len, 0)
        }
        Err(error) => (0, i64::from(error.0)),
    }
}

/// Hands over what has come, and begins the reads that waited for their turn.
pub fn look(rt: &mut Runtime) {
    let mut at = 0;
    while at < rt.reads.list.len() {
        let read = rt.reads.list[at];
        let first = !rt.reads.list[..at].iter().any(|earlier| earlier.fd == read.fd);
        let come = if first { rt.host.take_read(read.fd) } else { None };
        let Some(result) = come else {
            at += 1;
            continue;
        };
        let outcome = deliver(rt, read.buffer, result.as_deref().map_err(|error| *error));
        finish(rt, at, outcome);
        start_next(rt, read.fd);
        at = 0;
    }
}

fn finish(rt: &mut Runtime, at: usize, (count, errno): (u64, i64)) {
    let read = rt.reads.list.remove(at);
    let stack = &mut rt.goroutines.get_mut(read.goroutine).stack;
    stack.set(read.result, count);
    stack.set(StackSlot(read.result.0 + 1), errno as u64);
    sched::outside_done(rt);
    sched::ready(rt, read.goroutine);
}

/// Begins the reads of the descriptor until one has to wait.
fn start_next(rt: &mut Runtime, fd: Fd) {
    while let Some(at) = rt.reads.list.iter().position(|read| read.fd == fd) {
        let read = rt.reads.list[at];
        match start(rt, fd, read.buffer, read.len) {
            Some(outcome) => finish(rt, at, outcome),
            None => return,
        }
    }
}

/// Marks the buffers: in every collection.
pub fn trace(reads: &PendingReads, tracer: &mut Tracer<'_>) {
    for read in &reads.list {
        tracer.mark(read.buffer);
    }
}
