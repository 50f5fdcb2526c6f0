//! The heap of go-lite: memory, allocation and the collector. It knows pointer maps, not Go.

/// An address in the heap's range; 0 is nil.
pub type Addr = u64;

/// A registered layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LayoutId(pub u32);

/// Words of memory that the collector looks at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum LayoutWord {
    /// A pointer at this offset.
    Ptr(u32),
    /// Type word and data word of an interface: the data is a pointer iff bit 0 of the type word is set.
    Iface(u32),
    /// `count` values of another layout, its size apart.
    Repeat {
        /// Where the first one is.
        offset: u32,
        /// Their layout.
        elem: LayoutId,
        /// How many.
        count: u64,
    },
}

/// Size and pointer words of a kind of object.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Layout {
    /// Bytes.
    pub size: u64,
    /// Words, ascending; none means free of pointers.
    pub words: Vec<LayoutWord>,
}

/// What a heap is made with.
#[derive(Clone, Copy, Debug)]
pub struct HeapConfig {
    /// Bytes of address space to ask for (halved until it succeeds).
    pub reserve: usize,
    /// Bytes over which allocations fail.
    pub hard_limit: Option<u64>,
    /// `GOGC`, negative is off.
    pub gogc: i32,
    /// `GOMEMLIMIT`.
    pub soft_limit: Option<u64>,
    /// Collect at every allocation and poison what is freed.
    pub stress: bool,
}

impl Default for HeapConfig {
    fn default() -> Self {
        HeapConfig { reserve: 64 << 30, hard_limit: None, gogc: 100, soft_limit: None, stress: false }
    }
}

/// The address range could not be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeapError;

/// An allocation failed. `Heap::failure` says why. The caller collects and tries once more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutOfMemory;

/// Which collection asks for roots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// Only objects allocated since the last collection.
    Minor,
    /// All objects.
    Major,
}

/// Finds and marks what the owner's roots point at.
pub struct Tracer<'a> {
    heap: &'a mut Heap,
}

impl Tracer<'_> {
    /// A root. Nil, interior and immortal pointers and numbers are allowed.
    pub fn mark(&mut self, addr: Addr) {
        let _ = (addr, &self.heap);
        unimplemented!()
    }
    /// An interface as root.
    pub fn mark_iface(&mut self, type_word: u64, data: u64) {
        let _ = (type_word, data);
        unimplemented!()
    }
    /// Whether the object is known to be live so far (true for nil, immortal and foreign addresses).
    #[must_use]
    pub fn is_marked(&self, addr: Addr) -> bool {
        let _ = addr;
        unimplemented!()
    }
    /// Which collection this is.
    #[must_use]
    pub fn cycle(&self) -> Cycle {
        unimplemented!()
    }
}

/// The owner's roots.
pub trait Roots {
    /// Marks all roots but what only waiting goroutines hold. May be called several times in a cycle;
    /// each call starts the owner's bookkeeping for `trace_waiting` anew.
    fn trace(&mut self, cycle: Cycle, tracer: &mut Tracer<'_>);
    /// Majors only, to a fixpoint: marks the stacks of waiting goroutines whose wait object
    /// `tracer.is_marked`. Returns whether any was traced.
    fn trace_waiting(&mut self, tracer: &mut Tracer<'_>) -> bool {
        let _ = tracer;
        false
    }
    /// Majors only, after the fixpoint: the goroutines left are leaks; marks their stacks.
    fn trace_leaked(&mut self, tracer: &mut Tracer<'_>) {
        let _ = tracer;
    }
}

/// A cleanup.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CleanupId(pub u64);

/// What the owner has to run after a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ready {
    /// The object became unreachable; it is alive once more.
    Finalizer {
        /// The object.
        object: Addr,
        /// The owner's token.
        token: u64,
    },
    /// The object is gone.
    Cleanup {
        /// The owner's token.
        token: u64,
    },
}

/// Why a finalizer, cleanup or weak pointer was not attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttachError {
    /// Not the address of an object (nil, foreign or freed).
    NotAnObject,
    /// Inside an object, not at its beginning (finalizers only).
    Interior,
    /// The object has a finalizer already.
    Duplicate,
    /// No memory for it.
    OutOfMemory,
}

/// An object as found in the heap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Object {
    /// Its first byte.
    pub base: Addr,
    /// Its layout, or its elements'.
    pub layout: LayoutId,
    /// How many elements its memory holds (capacity of the cell for arrays), 1 if not an array.
    pub count: u64,
    /// Allocated as array.
    pub is_array: bool,
    /// Bytes of its cell.
    pub bytes: u64,
    /// Never freed.
    pub immortal: bool,
}

/// Exact counters.
#[derive(Clone, Default, Debug)]
pub struct HeapStats {
    /// Objects ever allocated.
    pub mallocs: u64,
    /// Objects freed.
    pub frees: u64,
    /// Bytes in objects.
    pub heap_alloc: u64,
    /// Objects not yet freed: `mallocs - frees`.
    pub heap_objects: u64,
    /// Bytes ever allocated.
    pub total_alloc: u64,
    /// Bytes of address space in use by the heap (committed).
    pub heap_sys: u64,
    /// Bytes in blocks that hold objects.
    pub heap_inuse: u64,
    /// Bytes in free blocks.
    pub heap_idle: u64,
    /// Bytes given back to the system.
    pub heap_released: u64,
    /// Bytes of the collector's own tables.
    pub gc_sys: u64,
    /// Bytes of immortal objects.
    pub immortal: u64,
    /// Bytes charged by the owner.
    pub external: u64,
    /// Heap size at which the next major starts.
    pub next_gc: u64,
    /// Major collections finished.
    pub num_major: u64,
    /// Majors asked for by `collect_major`.
    pub num_forced: u64,
    /// Minor collections.
    pub num_minor: u64,
    /// Sum of all pauses in nanoseconds.
    pub pause_total_ns: u64,
    /// The last pauses of majors, newest last, at most 256: when each ended, its nanoseconds.
    pub pauses: Vec<(u64, u64)>,
    /// Per size class: bytes, allocated, freed.
    pub by_size: Vec<(u32, u64, u64)>,
}

/// Go's `roundupsize`: the usable bytes of the cell that an allocation of `bytes` gets.
#[must_use]
pub fn size_class_bytes(bytes: usize, noscan: bool) -> usize {
    let _ = (bytes, noscan);
    unimplemented!()
}

/// A heap.
pub struct Heap {
    wants: bool,
}

impl Heap {
    /// A new heap.
    ///
    /// # Errors
    /// If no address range of at least 64 MiB can be reserved.
    pub fn new(config: HeapConfig) -> Result<Heap, HeapError> {
        let _ = config;
        unimplemented!()
    }
    /// First address of the range.
    #[must_use]
    pub fn base(&self) -> Addr {
        unimplemented!()
    }
    /// Whether the address is in the range in use.
    #[must_use]
    pub fn contains(&self, addr: Addr) -> bool {
        let _ = addr;
        unimplemented!()
    }
    /// Registers a layout; equal layouts get ids of their own.
    pub fn register_layout(&mut self, layout: Layout) -> LayoutId {
        let _ = layout;
        unimplemented!()
    }
    /// Whether values of the layout hold no pointers.
    #[must_use]
    pub fn is_noscan(&self, layout: LayoutId) -> bool {
        let _ = layout;
        unimplemented!()
    }
    /// Allocates a zeroed object. Never collects.
    ///
    /// # Errors
    /// Over the hard limit or out of addresses.
    #[inline(always)]
    pub fn alloc(&mut self, layout: LayoutId) -> Result<Addr, OutOfMemory> {
        let _ = layout;
        unimplemented!()
    }
    /// Allocates a zeroed array.
    ///
    /// # Errors
    /// As `alloc`.
    pub fn alloc_array(&mut self, layout: LayoutId, count: u64) -> Result<Addr, OutOfMemory> {
        let _ = (layout, count);
        unimplemented!()
    }
    /// Allocates zeroed bytes without pointers.
    ///
    /// # Errors
    /// As `alloc`.
    pub fn alloc_noscan(&mut self, bytes: u64) -> Result<Addr, OutOfMemory> {
        let _ = bytes;
        unimplemented!()
    }
    /// Allocates objects that are never freed.
    ///
    /// # Errors
    /// As `alloc`.
    pub fn alloc_immortal(&mut self, layout: LayoutId, count: u64) -> Result<Addr, OutOfMemory> {
        let _ = (layout, count);
        unimplemented!()
    }
    /// The address of objects of size zero.
    #[must_use]
    pub fn zero_base(&self) -> Addr {
        unimplemented!()
    }
    /// Why the last allocation failed, in words for the out-of-memory error.
    #[must_use]
    pub fn failure(&self) -> String {
        unimplemented!()
    }
    /// To be called after a pointer was stored at `slot` (in an object of this heap).
    #[inline(always)]
    pub fn write_barrier(&self, slot: Addr) {
        let _ = slot;
        unimplemented!()
    }
    /// To be called after pointers were stored anywhere in `[addr, addr + bytes)`.
    pub fn write_barrier_range(&self, addr: Addr, bytes: u64) {
        let _ = (addr, bytes);
        unimplemented!()
    }
    /// Whether `collect` should be called at the next safepoint.
    #[inline(always)]
    #[must_use]
    pub fn wants_collection(&self) -> bool {
        self.wants
    }
    /// Does what is due: a minor, and a start, slice or end of a major.
    pub fn collect(&mut self, roots: &mut dyn Roots) {
        let _ = roots;
        unimplemented!()
    }
    /// A minor collection.
    pub fn collect_minor(&mut self, roots: &mut dyn Roots) {
        let _ = roots;
        unimplemented!()
    }
    /// A whole precise major collection, swept (`runtime.GC`).
    pub fn collect_major(&mut self, roots: &mut dyn Roots) {
        let _ = roots;
        unimplemented!()
    }
    /// Starts an incremental major.
    pub fn start_major(&mut self, roots: &mut dyn Roots) {
        let _ = roots;
        unimplemented!()
    }
    /// Marks about `budget` bytes of the incremental major; true when it is done.
    pub fn step_major(&mut self, roots: &mut dyn Roots, budget: u64) -> bool {
        let _ = (roots, budget);
        unimplemented!()
    }
    /// A finalizer for the object at `object`. Immortal objects never run theirs.
    ///
    /// # Errors
    /// If the address is not the beginning of an object, or has one.
    pub fn set_finalizer(&mut self, object: Addr, token: u64) -> Result<(), AttachError> {
        let _ = (object, token);
        unimplemented!()
    }
    /// Removes the finalizer; its token if there was one.
    pub fn clear_finalizer(&mut self, object: Addr) -> Option<u64> {
        let _ = object;
        unimplemented!()
    }
    /// A cleanup for the object that `addr` points into.
    ///
    /// # Errors
    /// If there is no object.
    pub fn add_cleanup(&mut self, addr: Addr, token: u64) -> Result<CleanupId, AttachError> {
        let _ = (addr, token);
        unimplemented!()
    }
    /// Removes a cleanup that is not ready yet; its token if it was there.
    pub fn remove_cleanup(&mut self, id: CleanupId) -> Option<u64> {
        let _ = id;
        unimplemented!()
    }
    /// The weak handle of a pointer: itself an object (8 bytes, no pointers to the collector), the same
    /// one for the same pointer as long as the handle lives. A weak pointer holds the handle's address.
    ///
    /// # Errors
    /// If there is no object, or no memory.
    pub fn make_weak(&mut self, addr: Addr) -> Result<Addr, AttachError> {
        let _ = addr;
        unimplemented!()
    }
    /// The pointer that a weak handle was made from, 0 once its object is gone.
    #[must_use]
    pub fn weak_get(&self, handle: Addr) -> Addr {
        let _ = handle;
        unimplemented!()
    }
    /// Finalizers and cleanups that became ready, in order. From here on the caller keeps the objects alive.
    pub fn take_ready(&mut self) -> Vec<Ready> {
        unimplemented!()
    }
    /// Whether `take_ready` has something.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        unimplemented!()
    }
    /// Charges (or gives back) bytes that the owner holds outside of the heap.
    pub fn charge_external(&mut self, bytes: i64) {
        let _ = bytes;
        unimplemented!()
    }
    /// As `charge_external` for growth, refused over the hard limit.
    ///
    /// # Errors
    /// Over the hard limit; nothing is charged then.
    pub fn try_charge_external(&mut self, bytes: u64) -> Result<(), OutOfMemory> {
        let _ = bytes;
        unimplemented!()
    }
    /// The counters.
    #[must_use]
    pub fn stats(&self) -> HeapStats {
        unimplemented!()
    }
    /// Sets `GOGC` (negative: off); returns the old one.
    pub fn set_gogc(&mut self, percent: i32) -> i32 {
        let _ = percent;
        unimplemented!()
    }
    /// Sets the soft limit; returns the old one.
    pub fn set_soft_limit(&mut self, bytes: Option<u64>) -> Option<u64> {
        let _ = bytes;
        unimplemented!()
    }
    /// The clock for pauses in nanoseconds; without one all pauses are 0.
    pub fn set_clock(&mut self, clock: Box<dyn FnMut() -> u64 + Send>) {
        let _ = clock;
        unimplemented!()
    }
    /// Gives free memory back to the system.
    pub fn release_free(&mut self) {
        unimplemented!()
    }
    /// The object that the address points into.
    #[must_use]
    pub fn object_at(&self, addr: Addr) -> Option<Object> {
        let _ = addr;
        unimplemented!()
    }
    /// Every object not known to be dead.
    pub fn for_each_object(&mut self, visit: &mut dyn FnMut(Object)) {
        let _ = visit;
        unimplemented!()
    }
    /// The pointers that an object holds: offset and value, nil left out.
    pub fn for_each_pointer(&self, object: &Object, visit: &mut dyn FnMut(u64, Addr)) {
        let _ = (object, visit);
        unimplemented!()
    }
}
