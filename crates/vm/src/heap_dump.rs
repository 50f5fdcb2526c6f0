//! The heap as a file, in the form of `debug.WriteHeapDump` (version 1.7 of Go's): a row of records, each a
//! number that says what it is and then numbers and strings.
//!
//! A goroutine's stack is written as one frame, and a slot of it is shown as a pointer if what it holds is the
//! address of an object: a frame of the interpreter has no layout that the form could tell.

use golite_runtime::golite_gc::Addr;
use golite_runtime::goroutine::{Goroutine, GoroutineIx, StackSlot, Status};
use golite_runtime::host::{Fd, ProcessNumber};
use golite_runtime::pprof::varint;
use golite_runtime::report;

use crate::regs::load;
use crate::vm::Vm;

/// The first bytes.
const HEADER: &[u8] = b"go1.7 heap dump\n";

/// Bytes that are written at a time.
const PART: usize = 1 << 20;

/// What a record is.
mod tag {
    pub(super) const END: u64 = 0;
    pub(super) const OBJECT: u64 = 1;
    pub(super) const OTHER_ROOT: u64 = 2;
    pub(super) const GOROUTINE: u64 = 4;
    pub(super) const STACK_FRAME: u64 = 5;
    pub(super) const PARAMS: u64 = 6;
    pub(super) const THREAD: u64 = 9;
    pub(super) const MEM_STATS: u64 = 10;
}

/// A field of an object: a pointer, or no more fields.
const FIELD_POINTER: u64 = 1;
const FIELDS_END: u64 = 0;

struct Dump {
    out: Vec<u8>,
}

impl Dump {
    fn number(&mut self, number: u64) {
        varint(&mut self.out, number);
    }

    fn numbers(&mut self, numbers: &[u64]) {
        numbers.iter().for_each(|&number| self.number(number));
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.out.extend_from_slice(bytes);
    }

    /// Where the pointers are.
    fn fields(&mut self, offsets: &[u64]) {
        for &offset in offsets {
            self.numbers(&[FIELD_POINTER, offset]);
        }
        self.number(FIELDS_END);
    }
}

impl Vm {
    /// Writes the heap to a descriptor.
    pub(crate) fn dump_heap(&mut self, fd: Fd) {
        self.save_goroutine();
        let mut dump = Dump { out: HEADER.to_vec() };
        self.dump_params(&mut dump);
        self.dump_objects(&mut dump, fd);
        let all: Vec<GoroutineIx> = self.rt.goroutines.iter().map(|(index, _)| index).collect();
        for index in all {
            self.dump_goroutine(&mut dump, index);
            self.hand_on(&mut dump, fd, PART);
        }
        dump.numbers(&[tag::THREAD, 0, 0, 0]);
        for (index, global) in self.loader.module().globals.iter().enumerate() {
            let Some(&addr) = self.rt.program.globals.get(index) else { continue };
            dump.number(tag::OTHER_ROOT);
            dump.bytes(global.name.as_bytes());
            dump.number(addr);
        }
        self.dump_stats(&mut dump);
        dump.number(tag::END);
        self.hand_on(&mut dump, fd, 0);
    }

    /// Writes what there is, if it is more than so many bytes.
    fn hand_on(&mut self, dump: &mut Dump, fd: Fd, most: usize) {
        if dump.out.len() > most {
            let out = std::mem::take(&mut dump.out);
            self.write_all(fd, &out);
        }
    }

    fn dump_params(&mut self, dump: &mut Dump) {
        let base = self.rt.heap.base();
        let processors = self.rt.host.process_number(ProcessNumber::Processors);
        dump.numbers(&[tag::PARAMS, 0, 8, base, base + self.rt.heap.stats().heap_sys]);
        dump.bytes(std::env::consts::ARCH.replace("x86_64", "amd64").replace("aarch64", "arm64").as_bytes());
        dump.bytes(b"golite");
        dump.number(processors.unsigned_abs());
    }

    fn dump_objects(&mut self, dump: &mut Dump, fd: Fd) {
        let mut objects = Vec::new();
        self.rt.heap.for_each_object(&mut |object| objects.push(object));
        for object in objects {
            let mut offsets = Vec::new();
            self.rt.heap.for_each_pointer(&object, &mut |offset, _| offsets.push(offset));
            dump.numbers(&[tag::OBJECT, object.base]);
            dump.number(object.bytes);
            let words = (object.base..object.base + object.bytes).step_by(8);
            let words = words.flat_map(|addr: Addr| load::<u64>(addr).to_le_bytes());
            dump.out.extend(words.take(object.bytes as usize));
            dump.fields(&offsets);
            self.hand_on(dump, fd, PART);
        }
    }

    fn dump_goroutine(&self, dump: &mut Dump, index: GoroutineIx) {
        let goroutine = self.rt.goroutines.get(index);
        let info = report::describe(&self.rt, index);
        let status = match goroutine.status {
            Status::Runnable => 1,
            Status::Running => 2,
            Status::Waiting => 4,
            Status::Dead => 6,
        };
        let name = std::ptr::from_ref::<Goroutine>(goroutine).addr() as u64;
        dump.numbers(&[tag::GOROUTINE, name, 0, goroutine.id, 0, status]);
        dump.numbers(&[u64::from(goroutine.system), 0, goroutine.since.unsigned_abs()]);
        dump.bytes(info.reason.text().as_bytes());
        dump.numbers(&[goroutine.entry, 0, 0, 0]);
        if goroutine.pc == 0 {
            return;
        }
        let count = self.stack_in_use(goroutine).min(goroutine.stack.slots());
        let slots = (0..count).map(|slot| goroutine.stack.get(StackSlot(slot)));
        let offsets: Vec<u64> = (0u64..)
            .zip(slots.clone())
            .filter(|(_, slot)| self.rt.heap.object_at(*slot).is_some())
            .map(|(place, _)| 8 * place)
            .collect();
        dump.numbers(&[tag::STACK_FRAME, name, 0, 0]);
        dump.bytes(&slots.flat_map(u64::to_le_bytes).collect::<Vec<u8>>());
        dump.numbers(&[0, goroutine.pc, goroutine.pc]);
        let function = self.place_of_goroutine(index);
        dump.bytes(function.as_bytes());
        dump.fields(&offsets);
    }

    /// The function that a goroutine is in.
    fn place_of_goroutine(&self, index: GoroutineIx) -> String {
        match self.addresses_of(index, 1).first() {
            Some(&address) => self.place(address).function,
            None => "unknown function".to_string(),
        }
    }

    fn dump_stats(&self, dump: &mut Dump) {
        let stats = self.rt.heap.stats();
        let stacks = self.rt.goroutines.bytes();
        dump.numbers(&[tag::MEM_STATS, stats.heap_alloc, stats.total_alloc, stats.heap_sys + stacks, 0]);
        dump.numbers(&[stats.mallocs, stats.frees, stats.heap_alloc, stats.heap_sys]);
        dump.numbers(&[stats.heap_idle, stats.heap_inuse, stats.heap_released, stats.heap_objects]);
        dump.numbers(&[stacks, stacks, stats.block_sys, stats.block_sys]);
        dump.numbers(&[stats.cache_sys, stats.cache_sys, self.rt.profiles.bytes(), stats.gc_sys, 0]);
        let last = stats.pauses.last().map_or(0, |(end, _)| *end);
        dump.numbers(&[stats.next_gc, last, stats.pause_total_ns + stats.minor_pause_total_ns]);
        let mut pauses = [0; 256];
        let oldest = stats.num_major - stats.pauses.len() as u64;
        for (number, (_, pause)) in (oldest..).zip(&stats.pauses) {
            pauses[number as usize % 256] = *pause;
        }
        dump.numbers(&pauses);
        dump.number(stats.num_major);
    }
}
