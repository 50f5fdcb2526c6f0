#![expect(unsafe_code, reason = "a VM may move to another thread")]
//! The VM: the runtime, the code, and the registers of the goroutine that runs.

use std::collections::VecDeque;

use golite_bytecode::{FuncIx, Word};
use golite_runtime::golite_gc::{Addr, Allocation, HeapError};
use golite_runtime::goroutine::StackSlot;
use golite_runtime::host::{Host, HostError};
use golite_runtime::program::RtFunction;
use golite_runtime::{Runtime, RuntimeConfig};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::call::{Call, Report};
use crate::code::Loader;
use crate::collect::Maps;
use crate::debug_lines::DebugLines;
use crate::frame::{CallSite, CodeTable, Entry};
use crate::regs::Regs;
use crate::run::Exit;
use crate::stats::{Counts, no_counts};
use crate::unwind::{Printing, Starved};

/// Where a trace of the whole run goes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum TraceTo {
    /// There is none.
    #[default]
    Nowhere,
    /// It is kept in memory to the end.
    Memory,
    /// The host takes it while the program runs.
    Host,
}

/// What a VM is made with.
#[derive(Clone, Copy, Debug, Default)]
pub struct VmConfig {
    /// The runtime.
    pub runtime: RuntimeConfig,
    /// Nanoseconds after which the program is ended.
    pub timeout: Option<i64>,
    /// Failures are explained.
    pub explain: bool,
    /// Profiles of the whole run.
    pub profiles: ProfileSet,
    /// A trace of the whole run.
    pub trace: TraceTo,
    /// Remember where channels are made.
    pub origins: bool,
    /// At the end of the program, explain the goroutines that can never go on.
    pub leaks: LeakCheck,
    /// The host calls functions: see `call`.
    pub calls: bool,
    /// Count the instructions. The program is several times slower.
    pub stats: bool,
}

/// What is done about goroutines that can never go on, at the end of a program.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum LeakCheck {
    /// Nothing.
    #[default]
    Off,
    /// They are shown.
    Show,
    /// They are shown, and a program that ended without failure has failed.
    Fail,
}

/// Which profiles are made of a whole run.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ProfileSet {
    /// The CPU.
    pub cpu: bool,
    /// Memory.
    pub memory: bool,
    /// Waiting.
    pub block: bool,
    /// Making others wait.
    pub mutex: bool,
}

/// A virtual machine with one program.
///
/// The first fields are those that handlers look at.
#[repr(C)]
pub struct Vm {
    /// One past the running goroutine's stack.
    pub(crate) stack_end: *mut u64,
    /// `code.entries`.
    pub(crate) entries: *const Entry,
    /// `code.call_sites`.
    pub(crate) call_sites: *const CallSite,
    /// Addresses of package-level variables.
    pub(crate) globals: *const Addr,
    /// Address and length of string constants.
    pub(crate) strings: *const (Addr, u64),
    /// Where values of types are allocated from.
    pub(crate) allocations: *const Allocation,
    /// Functions as the runtime knows them.
    pub(crate) functions: *const RtFunction,
    /// How many result slots signatures have.
    pub(crate) results: Vec<u16>,
    /// Registers while something other than the loop runs.
    pub(crate) pc: *const Word,
    /// See `Regs`.
    pub(crate) fp: *mut u64,
    /// See `Regs`.
    pub(crate) budget: u64,
    /// The runtime.
    pub rt: Runtime,
    pub(crate) code: CodeTable,
    pub(crate) loader: Box<dyn Loader>,
    pub(crate) maps: Maps,
    /// Why the loop was left.
    pub(crate) exit: Exit,
    /// Initialisers of standard variables that run before a function does.
    pub(crate) initialisers: FxHashMap<FuncIx, VecDeque<FuncIx>>,
    /// Those that have begun to run; each runs once.
    pub(crate) initialised: FxHashSet<FuncIx>,
    /// How many of them are running: they are not preempted, so that nobody sees half of it.
    pub(crate) initialising: u32,
    /// The texts of the panic that ends the program are being made.
    pub(crate) printing: Option<Box<Printing>>,
    /// Where the frame that panicked is while a method makes its text.
    pub(crate) printing_pc: *const Word,
    /// The last memory fault: the panic's value, and the address.
    pub(crate) fault: Option<((u64, u64), u64)>,
    /// The last instruction with two indices of which one was out of range, if it was the one looked at first.
    pub(crate) first_index_failed: Option<(FuncIx, u32)>,
    /// When an instruction last found no memory.
    pub(crate) starved: Option<Starved>,
    pub(crate) debug_lines: DebugLines,
    /// Where each channel was made, if `VmConfig::origins`.
    pub(crate) made: FxHashMap<Addr, (FuncIx, u32)>,
    /// Goroutines may follow each other within the loop: nobody asks after each time slice whose it was, as sessions and
    /// hosts that call functions do.
    pub(crate) whole_program: bool,
    /// The time slice ends with the part of it that runs: see `profile`.
    pub(crate) cut_short: bool,
    /// The last part of what happens is kept.
    pub(crate) flight: Option<Box<crate::record::Flight>>,
    /// The program has asked for a trace: its bytes are the program's memory.
    pub(crate) program_traces: bool,
    /// Why the host takes no more of the trace.
    pub(crate) trace_failed: Option<HostError>,
    /// So many bytes of traces are counted.
    pub(crate) trace_charged: u64,
    /// Goroutines that wait for a full collection, and for the end of which major.
    pub(crate) collecting: Vec<(u64, u64)>,
    /// `runtime.main`, which calls main.
    pub(crate) main: Option<FuncIx>,
    /// The program has ended with a report.
    pub(crate) crashed: bool,
    pub(crate) config: VmConfig,
    /// The working directory at the start, by which names of files are shown.
    pub(crate) working_dir: String,
    /// Where channels were closed last, if failures are explained.
    pub(crate) closes: FxHashMap<u64, (FuncIx, u32)>,
    /// The last end of the program was a failure, not one that the program asked for.
    pub(crate) failed: bool,
    /// Goroutines of inputs that were ended while they waited.
    pub(crate) ended: FxHashSet<u64>,
    /// What inputs deferred.
    pub(crate) deferred: crate::session::Deferred,
    /// The call of a host that is under way.
    pub(crate) call: Call,
    /// Why the program ended last, if the host wants to know it instead of it being written.
    pub(crate) report: Option<Report>,
    /// How often each instruction was executed, if `VmConfig::stats`.
    pub(crate) counts: Option<Counts>,
    /// A goroutine failed that no input of a session waits for.
    pub(crate) others_failed: bool,
    /// Somebody watches each instruction of a goroutine.
    pub(crate) stepper: Option<Box<crate::step::Stepper>>,
}

// SAFETY: the pointers are into memory that the VM owns, stacks and tables; nothing else has them. What is behind
// its boxes can be sent: `Host` and `Loader` ask for it.
unsafe impl Send for Vm {}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vm").field("rt", &self.rt).finish_non_exhaustive()
    }
}

impl Vm {
    /// A VM for the code that `loader` has.
    ///
    /// # Errors
    /// If the heap's address range cannot be reserved.
    pub fn new(config: VmConfig, host: Box<dyn Host>, loader: Box<dyn Loader>) -> Result<Box<Vm>, HeapError> {
        let rt = Runtime::new(config.runtime, host)?;
        Ok(Box::new(Vm {
            stack_end: std::ptr::null_mut(),
            entries: std::ptr::null(),
            call_sites: std::ptr::null(),
            globals: std::ptr::null(),
            strings: std::ptr::null(),
            allocations: std::ptr::null(),
            functions: std::ptr::null(),
            results: Vec::new(),
            pc: std::ptr::null(),
            fp: std::ptr::null_mut(),
            budget: 0,
            rt,
            code: CodeTable::new(),
            loader,
            maps: Maps::default(),
            exit: Exit::None,
            initialisers: FxHashMap::default(),
            initialised: FxHashSet::default(),
            initialising: 0,
            printing: None,
            printing_pc: std::ptr::null(),
            fault: None,
            first_index_failed: None,
            starved: None,
            debug_lines: DebugLines::default(),
            made: FxHashMap::default(),
            whole_program: false,
            cut_short: false,
            flight: None,
            program_traces: false,
            trace_failed: None,
            trace_charged: 0,
            collecting: Vec::new(),
            main: None,
            crashed: false,
            counts: config.stats.then(no_counts),
            config,
            working_dir: String::new(),
            closes: FxHashMap::default(),
            failed: false,
            ended: FxHashSet::default(),
            deferred: crate::session::Deferred::default(),
            call: Call::default(),
            report: None,
            others_failed: false,
            stepper: None,
        }))
    }

    /// Takes the registers over from the loop.
    #[inline(always)]
    pub(crate) fn save(&mut self, regs: &Regs) {
        self.pc = regs.pc;
        self.fp = regs.fp;
        self.budget = regs.budget;
    }

    /// The running frame's slot 0 as a slot of the stack.
    pub(crate) fn frame_slot(&self) -> StackSlot {
        let base = self.rt.goroutines.get(self.rt.running).stack.base();
        StackSlot(((self.fp.addr() - base.addr()) / size_of::<u64>()) as u32)
    }

    /// Makes the frame at a slot of the running goroutine's stack the running one.
    pub(crate) fn set_frame(&mut self, frame: StackSlot) {
        let stack = &self.rt.goroutines.get(self.rt.running).stack;
        self.stack_end = stack.base().wrapping_add(stack.slots() as usize);
        self.fp = stack.base().wrapping_add(frame.0 as usize);
    }
}
