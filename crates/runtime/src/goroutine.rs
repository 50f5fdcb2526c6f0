//! Goroutines (G) and their stacks.
//!
//! A goroutine is a record of at most 200 bytes and a contiguous stack of 64-bit slots that begins
//! with 512 bytes, doubles, and may move: nothing points into a stack. Whoever means a slot of a
//! goroutine names it by goroutine and `StackSlot`.
//!
//! Status, who owns the goroutine, what may come next:
//! - `Runnable`: in the run queue. Next: `Running`.
//! - `Running`: the interpreter's; there is at most one. Next: any other.
//! - `Waiting`: whoever holds its wait records, timer or ticket; they make it `Runnable` again by
//!   `sched::ready`, after they wrote what it waited for into its slots.
//! - `Dead`: in the pool, to be used again under another id.
//!
//! Stacks are zeroed where they were never written, so that every slot may be read. The bytes of
//! all stacks are counted in `Goroutines::stack_bytes`; the scheduler charges them to the heap.

use golite_gc::OutOfMemory;

use golite_bytecode::FuncIx;

use crate::panic::ErrorKind;
pub use crate::stack::{FIRST_STACK_SLOTS, Stack, StackError, StackSlot};
use crate::wait::NO_RECORD;

/// The index of a goroutine in the table of goroutines. Used again after its end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct GoroutineIx(pub u32);

impl GoroutineIx {
    /// Stands for "no goroutine".
    pub const NONE: GoroutineIx = GoroutineIx(u32::MAX);

    /// The index as a `usize`.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Lists of this many deferred calls are not charged against limits.
const SHORT_DEFERS: usize = 64;

fn defer_bytes(count: usize) -> u64 {
    (count * size_of::<DeferRecord>()) as u64
}

/// What a goroutine is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// In the run queue.
    Runnable,
    /// Being run.
    Running,
    /// Waiting for something: `Goroutine::reason` says what.
    Waiting,
    /// Ended.
    Dead,
}

macro_rules! wait_reasons {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why a goroutine waits. The texts are Go's.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum WaitReason {
            $($(#[$doc])* $name,)*
        }

        impl WaitReason {
            /// All of them, in order.
            pub const ALL: &[WaitReason] = &[$(WaitReason::$name,)*];

            /// As tracebacks print it.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self {
                    $(WaitReason::$name => $text,)*
                }
            }
        }
    };
}

wait_reasons! {
    /// Not waiting.
    None = "",
    /// `<-ch`.
    ChanReceive = "chan receive",
    /// `ch <- v`.
    ChanSend = "chan send",
    /// `<-ch` of a nil channel: for ever.
    ChanReceiveNil = "chan receive (nil chan)",
    /// `ch <- v` of a nil channel: for ever.
    ChanSendNil = "chan send (nil chan)",
    /// `select` with more than one case.
    Select = "select",
    /// `select {}`: for ever.
    SelectNoCases = "select (no cases)",
    /// `time.Sleep`.
    Sleep = "sleep",
    /// A semaphore without a name of its own.
    Semacquire = "semacquire",
    /// `sync.Mutex.Lock`.
    MutexLock = "sync.Mutex.Lock",
    /// `sync.RWMutex.RLock`.
    RwMutexRLock = "sync.RWMutex.RLock",
    /// `sync.RWMutex.Lock`.
    RwMutexLock = "sync.RWMutex.Lock",
    /// `sync.WaitGroup.Wait`.
    WaitGroupWait = "sync.WaitGroup.Wait",
    /// `sync.Cond.Wait`.
    CondWait = "sync.Cond.Wait",
    /// A blocking native on a helper thread.
    IoWait = "IO wait",
    /// The other side of `iter.Pull`.
    Coroutine = "coroutine",
    /// The goroutine of finalizers, without work.
    FinalizerWait = "finalizer wait",
    /// The goroutine of cleanups, without work.
    CleanupWait = "cleanup wait",
    /// The goroutine that writes a trace, without a part of it.
    TraceReader = "trace reader (blocked)",
    /// Stopped by the debugger or the host.
    DebugCall = "debug call",
}

impl WaitReason {
    /// Whether another goroutine has to do something with the object it waits on: a channel, a lock.
    #[must_use]
    pub fn is_on_object(self) -> bool {
        match self {
            WaitReason::ChanReceive
            | WaitReason::ChanSend
            | WaitReason::Select
            | WaitReason::Semacquire
            | WaitReason::MutexLock
            | WaitReason::RwMutexRLock
            | WaitReason::RwMutexLock
            | WaitReason::WaitGroupWait
            | WaitReason::CondWait => true,
            WaitReason::None
            | WaitReason::ChanReceiveNil
            | WaitReason::ChanSendNil
            | WaitReason::SelectNoCases
            | WaitReason::Sleep
            | WaitReason::IoWait
            | WaitReason::Coroutine
            | WaitReason::FinalizerWait
            | WaitReason::CleanupWait
            | WaitReason::TraceReader
            | WaitReason::DebugCall => false,
        }
    }

    /// Whether nothing can end it.
    #[must_use]
    pub fn is_for_ever(self) -> bool {
        matches!(self, WaitReason::ChanReceiveNil | WaitReason::ChanSendNil | WaitReason::SelectNoCases)
    }

    /// Whether it is for a mutex of either kind.
    #[must_use]
    pub fn is_lock(self) -> bool {
        matches!(self, WaitReason::MutexLock | WaitReason::RwMutexLock | WaitReason::RwMutexRLock)
    }
}

/// A deferred call: a func value without parameters, and the frame it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DeferRecord {
    /// The closure; nil panics when it is run.
    pub closure: u64,
    /// The base of the frame that deferred it.
    pub frame: StackSlot,
}

/// A panic or `Goexit` on its way through the frames; the newest is last in the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PanicRecord {
    /// The value: type word.
    pub type_word: u64,
    /// The value: data word.
    pub data: u64,
    /// The base of the frame whose deferred calls run at the moment.
    pub frame: StackSlot,
    /// The base of the deferred call's own frame: `recover` works directly in it.
    pub deferred: StackSlot,
    /// The code position where it was raised, for the traceback.
    pub pc: u64,
    /// A deferred call recovered it.
    pub recovered: bool,
    /// A newer panic has overtaken it.
    pub aborted: bool,
    /// It is `runtime.Goexit`, not a panic.
    pub goexit: bool,
    /// It was raised again with the value that was recovered just before.
    pub repanicked: bool,
    /// Which error of the runtime it is; `None` for a panic of the program.
    pub error: Option<ErrorKind>,
}

/// Where a goroutine was started: for `created by`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Creation {
    /// The function that started it; `None` for the main goroutine and the runtime's own.
    pub func: Option<FuncIx>,
    /// The word of that function's code.
    pub pc: u32,
    /// The goroutine that started it; 0 where Go names none.
    pub parent: u64,
}

impl Creation {
    /// Started by the runtime.
    pub const RUNTIME: Creation = Creation { func: None, pc: 0, parent: 0 };
    /// Started by a timer: `created by time.goFunc`.
    pub const TIMER: Creation = Creation { func: None, pc: 1, parent: 0 };

    /// Whether a timer started it.
    #[must_use]
    pub fn is_timer(&self) -> bool {
        *self == Creation::TIMER
    }
}

/// A goroutine.
#[derive(Debug)]
pub struct Goroutine {
    /// Its number, as tracebacks print it; never used again.
    pub id: u64,
    /// Its stack.
    pub stack: Stack,
    /// Where it goes on when it is not running: the interpreter's own encoding.
    pub pc: u64,
    /// The frame it goes on in.
    pub base: StackSlot,
    /// The first slot above all that is in use while it is suspended.
    pub top: StackSlot,
    /// The frame whose link is the return barrier, `NONE` if there is none: frames below it did not run
    /// since the last minor collection.
    pub barrier: StackSlot,
    /// That frame's own link.
    pub barrier_link: u64,
    /// Frames below this one did not run since the major under way looked at them; 0 if it did not yet.
    pub steady: StackSlot,
    /// The closure it was started with; a root until its first call has begun.
    pub entry: u64,
    /// What it deferred, oldest first.
    pub defers: Vec<DeferRecord>,
    /// Panics on their way, oldest first. Absent is empty.
    pub panics: Option<Box<Vec<PanicRecord>>>,
    /// Where it was started.
    pub creation: Creation,
    /// How many releasing operations it did: send, receive, close, unlock, atomics, `go`. Two
    /// accesses to a map by different goroutines race only if this count did not change between.
    pub releases: u64,
    /// When a major collection first found it waiting: nanoseconds of the monotonic clock; 0 if none
    /// did. Tracebacks count the minutes from there, as Go's do.
    pub since: i64,
    /// Where a woken select finds the index of its case, else unused.
    pub chosen: StackSlot,
    /// The first of its wait records, `NO_RECORD` if none.
    pub(crate) records: u32,
    /// Where its timer is in the heap of timers while it sleeps, else unused.
    pub(crate) timer: u32,
    /// What it is doing.
    pub status: Status,
    /// Why it waits, while it waits.
    pub reason: WaitReason,
    /// It ran, or a slot of it was written, since the last minor collection: see `Goroutines::touch`.
    ran: bool,
    /// It was woken by the close of the channel it sends on, and panics when it goes on.
    pub wake_panic: bool,
    /// It belongs to the runtime: not in listings, does not keep the program from a deadlock.
    pub system: bool,
    /// How often it called `runtime.LockOSThread` without unlocking.
    pub thread_locks: u32,
    /// `debug.SetPanicOnFault` is on for it.
    pub panic_on_fault: bool,
    /// It was found waiting for what nobody can reach.
    pub leaked: bool,
}

const _: () = assert!(size_of::<Goroutine>() <= 200);

impl Goroutine {
    fn new(stack: Stack) -> Goroutine {
        Goroutine {
            id: 0,
            stack,
            pc: 0,
            base: StackSlot(0),
            top: StackSlot(0),
            barrier: StackSlot::NONE,
            barrier_link: 0,
            steady: StackSlot(0),
            entry: 0,
            defers: Vec::new(),
            panics: None,
            creation: Creation::RUNTIME,
            releases: 0,
            since: 0,
            chosen: StackSlot::NONE,
            records: NO_RECORD,
            timer: NO_RECORD,
            status: Status::Dead,
            reason: WaitReason::None,
            ran: false,
            wake_panic: false,
            system: false,
            thread_locks: 0,
            panic_on_fault: false,
            leaked: false,
        }
    }

    /// How many bytes one more deferred call takes that are charged: short lists are not.
    #[must_use]
    pub fn growth_by_defer(&self) -> u64 {
        let len = self.defers.len();
        if len < self.defers.capacity() || len < SHORT_DEFERS { 0 } else { defer_bytes(len) }
    }

    /// Makes a pooled record a new goroutine.
    fn renew(&mut self, id: u64, entry: u64, creation: Creation) {
        self.id = id;
        self.pc = 0;
        self.base = StackSlot(0);
        self.top = StackSlot(0);
        self.barrier = StackSlot::NONE;
        self.entry = entry;
        self.defers.clear();
        self.panics = None;
        self.creation = creation;
        self.releases = 0;
        self.since = 0;
        self.chosen = StackSlot::NONE;
        self.records = NO_RECORD;
        self.timer = NO_RECORD;
        self.status = Status::Runnable;
        self.reason = WaitReason::None;
        self.steady = StackSlot(0);
        self.wake_panic = false;
        self.system = false;
        self.thread_locks = 0;
        self.panic_on_fault = false;
        self.leaked = false;
    }

    /// The link of the frame at `base`.
    #[must_use]
    #[inline]
    pub fn link(&self, base: StackSlot) -> u64 {
        if base == self.barrier { self.barrier_link } else { self.stack.get(base) }
    }

    /// Makes the frame at `base` return to the barrier by the link `stub`. There is none yet.
    pub fn set_barrier(&mut self, base: StackSlot, stub: u64) {
        debug_assert_eq!(self.barrier, StackSlot::NONE);
        self.barrier_link = self.stack.get(base);
        self.barrier = base;
        self.stack.set(base, stub);
    }

    /// Gives the frame that returns to the barrier its own link back; all frames may run then.
    pub fn clear_barrier(&mut self) {
        self.put_barrier_back();
        self.steady = StackSlot(0);
    }

    /// Gives the frame that returns to the barrier its own link back, before another one is given the barrier.
    pub fn put_barrier_back(&mut self) {
        if self.barrier != StackSlot::NONE {
            self.stack.set(self.barrier, self.barrier_link);
            self.barrier = StackSlot::NONE;
        }
    }

    /// Adds a panic to those on their way.
    pub fn push_panic(&mut self, record: PanicRecord) {
        self.panics.get_or_insert_default().push(record);
    }

    /// Takes away the newest panic.
    pub fn pop_panic(&mut self) -> Option<PanicRecord> {
        let panics = self.panics.as_mut()?;
        let last = panics.pop();
        if panics.is_empty() {
            self.panics = None;
        }
        last
    }

    /// The panics on their way, oldest first.
    #[must_use]
    #[inline]
    pub fn panics(&self) -> &[PanicRecord] {
        self.panics.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The newest panic.
    pub fn last_panic(&mut self) -> Option<&mut PanicRecord> {
        self.panics.as_mut()?.last_mut()
    }

    /// Whether it must panic with "send on closed channel" when it goes on.
    #[must_use]
    #[inline]
    pub fn wakes_to_panic(&self) -> bool {
        self.wake_panic
    }

    /// Whether it must panic with "send on closed channel" now that it goes on; asked once.
    #[inline]
    pub fn take_wake_panic(&mut self) -> bool {
        std::mem::take(&mut self.wake_panic)
    }
}

/// Ended goroutines that are kept, with their stacks, to be used again.
const POOL: usize = 1024;

/// All goroutines.
#[derive(Debug)]
pub struct Goroutines {
    slots: Vec<Option<Box<Goroutine>>>,
    /// Indices without a goroutine.
    vacant: Vec<u32>,
    /// Indices of ended goroutines that are kept.
    pool: Vec<u32>,
    next_id: u64,
    live: usize,
    stack_bytes: u64,
    /// Bytes of long lists of deferred calls.
    defer_bytes: u64,
    /// Those that ran since the last minor collection, so that it need not look for them.
    touched: Vec<GoroutineIx>,
}

impl Default for Goroutines {
    fn default() -> Goroutines {
        Goroutines::new()
    }
}

impl Goroutines {
    /// None yet; the first has the id 1.
    #[must_use]
    pub fn new() -> Goroutines {
        Goroutines {
            slots: Vec::new(),
            vacant: Vec::new(),
            pool: Vec::new(),
            next_id: 1,
            live: 0,
            stack_bytes: 0,
            defer_bytes: 0,
            touched: Vec::new(),
        }
    }

    /// A new goroutine, not yet in a run queue.
    ///
    /// # Errors
    /// When there is no memory.
    pub fn spawn(&mut self, entry: u64, creation: Creation) -> Result<GoroutineIx, StackError> {
        let index = match self.pool.pop() {
            Some(index) => index,
            None => self.allocate()?,
        };
        let id = self.next_id;
        self.next_id += 1;
        self.live += 1;
        let goroutine = self.slots[index as usize].as_mut().expect("pooled and new indices have a record");
        goroutine.renew(id, entry, creation);
        self.touch(GoroutineIx(index));
        Ok(GoroutineIx(index))
    }

    fn allocate(&mut self) -> Result<u32, StackError> {
        let goroutine = Box::new(Goroutine::new(Stack::new()?));
        self.stack_bytes += goroutine.stack.bytes();
        if let Some(index) = self.vacant.pop() {
            self.slots[index as usize] = Some(goroutine);
            return Ok(index);
        }
        let index = u32::try_from(self.slots.len()).ok().filter(|&i| i != u32::MAX);
        let index = index.ok_or(StackError::OutOfMemory)?;
        self.slots.try_reserve(1).map_err(|_| StackError::OutOfMemory)?;
        self.slots.push(Some(goroutine));
        Ok(index)
    }

    /// Ends a goroutine: its stack is kept for the next one, or given back.
    ///
    /// # Panics
    /// When there is no such goroutine.
    pub fn end(&mut self, index: GoroutineIx) {
        let goroutine = self.slots[index.index()].as_mut().expect("a goroutine ends once");
        debug_assert!(goroutine.status != Status::Dead && goroutine.records == NO_RECORD);
        goroutine.status = Status::Dead;
        goroutine.defers.clear();
        let capacity = goroutine.defers.capacity();
        if capacity > SHORT_DEFERS {
            goroutine.defers = Vec::new();
            self.defer_bytes -= defer_bytes(capacity - SHORT_DEFERS);
        }
        goroutine.panics = None;
        goroutine.entry = 0;
        self.live -= 1;
        if self.pool.len() < POOL && goroutine.stack.slots() <= 4 * FIRST_STACK_SLOTS {
            self.pool.push(index.0);
        } else {
            self.stack_bytes -= goroutine.stack.bytes();
            self.slots[index.index()] = None;
            self.vacant.push(index.0);
        }
    }

    /// Makes room for as many deferred calls as there are; `bytes` is what `growth_by_defer` said.
    ///
    /// # Errors
    /// When there is no memory; nothing has changed then.
    pub fn grow_defers(&mut self, index: GoroutineIx, bytes: u64) -> Result<(), OutOfMemory> {
        let defers = &mut self.get_mut(index).defers;
        defers.try_reserve_exact(defers.len()).map_err(|_| OutOfMemory)?;
        self.defer_bytes += bytes;
        Ok(())
    }

    /// Undoes `spawn` of a goroutine that nobody knows of yet. Its id is not given again.
    pub fn take_back(&mut self, index: GoroutineIx) {
        let goroutine = self.get_mut(index);
        goroutine.status = Status::Dead;
        goroutine.entry = 0;
        let bytes = goroutine.stack.bytes();
        self.live -= 1;
        self.stack_bytes -= bytes;
        self.slots[index.index()] = None;
        self.vacant.push(index.0);
    }

    /// Grows the goroutine's stack to at least `slots`, within `limit` bytes.
    ///
    /// # Errors
    /// See `Stack::grow`.
    pub fn grow_stack(&mut self, index: GoroutineIx, slots: u64, limit: u64) -> Result<(), StackError> {
        let goroutine = self.slots[index.index()].as_mut().expect("a live goroutine");
        let before = goroutine.stack.bytes();
        goroutine.stack.grow(slots, limit)?;
        self.stack_bytes += goroutine.stack.bytes() - before;
        Ok(())
    }

    /// Shrinks the stack of a goroutine that is not running; `live` slots stay.
    pub fn shrink_stack(&mut self, index: GoroutineIx, live: u32) {
        let goroutine = self.slots[index.index()].as_mut().expect("a live goroutine");
        debug_assert!(goroutine.status != Status::Running);
        let before = goroutine.stack.bytes();
        goroutine.stack.shrink(live);
        self.stack_bytes -= before - goroutine.stack.bytes();
    }

    /// The goroutine.
    ///
    /// # Panics
    /// When there is no such goroutine.
    #[must_use]
    #[inline]
    pub fn get(&self, index: GoroutineIx) -> &Goroutine {
        self.slots[index.index()].as_ref().expect("a live goroutine")
    }

    /// The goroutine, to be changed.
    ///
    /// # Panics
    /// When there is no such goroutine.
    #[inline]
    pub fn get_mut(&mut self, index: GoroutineIx) -> &mut Goroutine {
        self.slots[index.index()].as_mut().expect("a live goroutine")
    }

    /// The goroutine, which runs from here on or has a slot written: the next minor collection looks at it.
    ///
    /// # Panics
    /// When there is no such goroutine.
    #[inline]
    pub fn touch(&mut self, index: GoroutineIx) -> &mut Goroutine {
        let goroutine = self.slots[index.index()].as_mut().expect("a live goroutine");
        if !std::mem::replace(&mut goroutine.ran, true) {
            self.touched.push(index);
        }
        goroutine
    }

    /// Those that were touched since `take_touched`; some may have ended.
    #[must_use]
    pub fn touched(&self) -> &[GoroutineIx] {
        &self.touched
    }

    /// Those that were touched since the last call and have not ended, each once. The one that runs counts as
    /// touched from the start.
    pub fn take_touched(&mut self) -> Vec<GoroutineIx> {
        let mut found = std::mem::take(&mut self.touched);
        found.retain(|&index| {
            let Some(goroutine) = self.slots[index.index()].as_deref_mut() else { return false };
            std::mem::replace(&mut goroutine.ran, false) && goroutine.status != Status::Dead
        });
        for &index in &found {
            if self.get(index).status == Status::Running {
                self.touch(index);
            }
        }
        found
    }

    /// The goroutine, if there is one that has not ended.
    #[must_use]
    pub fn living(&self, index: GoroutineIx) -> Option<&Goroutine> {
        self.slots.get(index.index())?.as_deref().filter(|goroutine| goroutine.status != Status::Dead)
    }

    /// The goroutine of that id, if it is still at that index and has not ended.
    #[must_use]
    pub fn find(&self, index: GoroutineIx, id: u64) -> Option<&Goroutine> {
        let goroutine = self.slots.get(index.index())?.as_deref()?;
        (goroutine.id == id && goroutine.status != Status::Dead).then_some(goroutine)
    }

    /// The goroutine's address, which holds until it ends: for the interpreter.
    #[inline]
    pub fn pointer(&mut self, index: GoroutineIx) -> *mut Goroutine {
        self.get_mut(index)
    }

    /// All that have not ended, in order of their index.
    pub fn iter(&self) -> impl Iterator<Item = (GoroutineIx, &Goroutine)> {
        self.slots.iter().enumerate().filter_map(|(i, slot)| {
            let goroutine = slot.as_deref().filter(|g| g.status != Status::Dead)?;
            Some((GoroutineIx(i as u32), goroutine))
        })
    }

    /// All that have not ended, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (GoroutineIx, &mut Goroutine)> {
        self.slots.iter_mut().enumerate().filter_map(|(i, slot)| {
            let goroutine = slot.as_deref_mut().filter(|g| g.status != Status::Dead)?;
            Some((GoroutineIx(i as u32), goroutine))
        })
    }

    /// How many have not ended, the runtime's own included.
    #[must_use]
    pub fn live(&self) -> usize {
        self.live
    }

    /// How many were ever started.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.next_id - 1
    }

    /// Indices below this may be in use.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The bytes of all stacks and records: what is charged against limits.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let records = self.slots.len() - self.vacant.len();
        self.stack_bytes
            + self.defer_bytes
            + (records * size_of::<Goroutine>()) as u64
            + 8 * self.slots.len() as u64
    }
}
