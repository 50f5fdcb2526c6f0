//! Frames, links, and the table of code.
//!
//! Slot 0 of a frame is its link: the address where to return to in the low 48 bits, and by how many
//! slots the caller's frame is below in the high 16. User-space addresses fit 48 bits on x86-64 and
//! aarch64 as systems map them by default; `CodeTable` looks when it takes code.
//!
//! The VM has a copy of all code, in which tables of jumps and selects are numbered through. A
//! function that is not compiled yet has a stub as code.

use std::collections::BTreeMap;

use golite_bytecode::{Body, Code, FuncIx, JumpTable, Module, Op, Reg, SelectTable, Shape, Word, code};
use golite_runtime::native::NativeFn;
use rustc_hash::FxHashMap;

const PC_BITS: u32 = 48;
const PC_MASK: u64 = (1 << PC_BITS) - 1;

/// The link of a frame that is `base` slots above its caller's.
#[inline(always)]
pub(crate) fn pack_link(base: Reg, pc: *const Word) -> u64 {
    u64::from(base.0) << PC_BITS | pc as u64
}

/// Where a link returns to.
#[inline(always)]
pub(crate) fn link_pc(link: u64) -> *const Word {
    std::ptr::with_exposed_provenance((link & PC_MASK) as usize)
}

/// By how many slots the caller's frame is below.
#[inline(always)]
pub(crate) fn link_slots(link: u64) -> usize {
    (link >> PC_BITS) as usize
}

/// What a call needs to know of a function.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Entry {
    /// Where its code begins.
    pub(crate) code: *const Word,
    /// How many slots its frame has.
    pub(crate) slots: u32,
}

/// What a call of a native function needs to know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NativeEntry {
    /// The function; none if it is not native, or missing.
    pub(crate) function: Option<NativeFn>,
    /// Result slots.
    pub(crate) results: u16,
    /// Parameter slots.
    pub(crate) params: u16,
}

/// A jump table with addresses.
#[derive(Debug)]
pub(crate) enum Targets {
    /// `first + i` goes to `targets[i]`.
    Int {
        /// The lowest value.
        first: i64,
        /// The targets.
        targets: Box<[*const Word]>,
        /// Where other values go.
        default: *const Word,
    },
    /// Strings by their text.
    Str {
        /// The targets.
        targets: FxHashMap<Box<[u8]>, *const Word>,
        /// The length of the longest: longer ones need not be looked up.
        longest: u64,
        /// Where other strings go.
        default: *const Word,
    },
}

/// What a code address belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Place {
    /// Code of the function, this many words in.
    Code(FuncIx, u32),
    /// The stub of a function not compiled, or of a native one.
    Stub(FuncIx),
    /// Where the first function of a goroutine returns to.
    Exit,
    /// Where a deferred call made by the runtime returns to.
    Unwind,
}

/// What an instruction called last whose callee is found out when it runs: an inline cache, in a table by the
/// address of the instruction. That the callee is still the same is a branch, which the processor predicts; where
/// its code is does then not wait for the closure or the interface to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallSite {
    /// The instruction; nil for none.
    pub(crate) pc: *const Word,
    /// The function, or the type of the receiver.
    pub(crate) key: u64,
    /// What is called.
    pub(crate) entry: Entry,
}

impl CallSite {
    const NONE: CallSite =
        CallSite { pc: std::ptr::null(), key: 0, entry: Entry { code: std::ptr::null(), slots: 0 } };
}

/// How many instructions are remembered at a time; a power of two. So many that the table is mapped by itself:
/// pages nobody touches cost nothing.
const CALL_SITES: usize = 4096;

/// The place of an instruction in the table of call_sites.
#[inline(always)]
pub(crate) fn call_site_of(pc: *const Word) -> usize {
    (pc.addr() / size_of::<Word>()) % CALL_SITES
}

/// All code.
#[derive(Debug)]
pub(crate) struct CodeTable {
    /// Inline caches, by `call_site_of`.
    pub(crate) call_sites: Box<[CallSite]>,
    /// By function.
    pub(crate) entries: Vec<Entry>,
    /// The functions' own code, also of those whose calls run another one by now: frames may still be in it.
    own: Vec<Entry>,
    /// By function.
    pub(crate) natives: Vec<NativeEntry>,
    /// Where functions begin: their code, or the stub.
    stubs: Vec<*const Word>,
    pub(crate) jump_tables: Vec<Targets>,
    pub(crate) select_tables: Vec<SelectTable>,
    /// By the address where a piece of code begins.
    pieces: BTreeMap<usize, Piece>,
    /// Where the pieces begin, in the order in which they were added.
    order: Vec<usize>,
    /// Stubs, in pieces that stay where they are.
    exit: Box<[Word]>,
    unwind: Box<[Word]>,
    barrier: Box<[Word]>,
}

/// How much code there was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CodeMark {
    pub(crate) functions: usize,
    pieces: usize,
    jump_tables: usize,
    select_tables: usize,
}

#[derive(Debug)]
struct Piece {
    words: Box<[Word]>,
    kind: PieceKind,
}

#[derive(Clone, Copy, Debug)]
enum PieceKind {
    Function(FuncIx),
    /// `STUB_WORDS` a function, from this one on.
    Stubs(FuncIx),
}

/// A stub to compile is there twice: initialisers return to the second, so that the word before a
/// return address always belongs to the caller. A native one is a call and a return.
const STUB_WORDS: usize = 3;

fn stub(op: Op, func: FuncIx) -> Word {
    Word { op: op as u16, a: 0, b: func.0 as u16, c: (func.0 >> 16) as u16 }
}

impl CodeTable {
    /// No functions yet.
    pub(crate) fn new() -> CodeTable {
        let one = |op| vec![stub(op, FuncIx(0))].into_boxed_slice();
        CodeTable {
            call_sites: vec![CallSite::NONE; CALL_SITES].into_boxed_slice(),
            entries: Vec::new(),
            own: Vec::new(),
            natives: Vec::new(),
            stubs: Vec::new(),
            jump_tables: Vec::new(),
            select_tables: Vec::new(),
            pieces: BTreeMap::new(),
            order: Vec::new(),
            exit: one(Op::StubExit),
            unwind: one(Op::StubUnwind),
            barrier: one(Op::StubBarrier),
        }
    }

    /// Where the first function of a goroutine returns to.
    pub(crate) fn exit(&self) -> *const Word {
        self.exit.as_ptr()
    }

    /// Where a deferred call made by the runtime returns to.
    pub(crate) fn unwind(&self) -> *const Word {
        self.unwind.as_ptr()
    }

    /// The link of a frame that returns to the barrier, given its own.
    pub(crate) fn barrier_link(&self, own: u64) -> u64 {
        pack_link(Reg(link_slots(own) as u16), self.barrier.as_ptr())
    }

    fn keep(&mut self, words: Vec<Word>, kind: PieceKind) -> *const Word {
        let words = words.into_boxed_slice();
        let start = words.as_ptr();
        let end = start.wrapping_add(words.len()).expose_provenance();
        assert!(end as u64 <= PC_MASK, "addresses of code fit a link");
        self.order.push(start.addr());
        self.pieces.insert(start.addr(), Piece { words, kind });
        start
    }

    /// Gives each function of the module that is new a stub as code.
    pub(crate) fn sync(&mut self, module: &Module, find: impl Fn(&str, &str) -> Option<NativeFn>) {
        let first = self.entries.len();
        if first == module.functions.len() {
            return;
        }
        let mut words = Vec::with_capacity(STUB_WORDS * (module.functions.len() - first));
        for (i, function) in module.functions.iter().enumerate().skip(first) {
            let native = matches!(function.body, Body::Native { .. });
            let func = FuncIx(i as u32);
            words.extend(match native {
                true => [stub(Op::StubNative, func), stub(Op::Ret, func), stub(Op::Ret, func)],
                false => [stub(Op::StubCompile, func), stub(Op::StubCompile, func), stub(Op::Ret, func)],
            });
        }
        let start = self.keep(words, PieceKind::Stubs(FuncIx(first as u32)));
        for (i, function) in module.functions.iter().enumerate().skip(first) {
            let signature = &module.signatures[function.signature.index()];
            let slots = u32::from(signature.first_local().0);
            let code = start.wrapping_add(STUB_WORDS * (i - first));
            self.entries.push(Entry { code, slots });
            self.own.push(Entry { code, slots });
            self.stubs.push(code);
            self.natives.push(NativeEntry {
                function: match &function.body {
                    Body::Native { package, name } => find(package, name),
                    Body::Pending | Body::Code(_) => None,
                },
                results: signature.results.len() as u16,
                params: signature.params.len() as u16,
            });
        }
    }

    /// Whether the function has no code yet.
    pub(crate) fn is_stub(&self, func: FuncIx) -> bool {
        self.own[func.index()].code == self.stubs[func.index()]
    }

    /// Where the function's own code begins.
    pub(crate) fn start(&self, func: FuncIx) -> *const Word {
        self.own[func.index()].code
    }

    /// How many slots its frame has.
    pub(crate) fn slots(&self, func: FuncIx) -> u32 {
        self.own[func.index()].slots
    }

    /// Where the initialisers that a function needs return to.
    pub(crate) fn second_stub(&self, func: FuncIx) -> *const Word {
        self.stubs[func.index()].wrapping_add(1)
    }

    /// Takes the code of a function; the stub stays for those who are in it.
    pub(crate) fn install(&mut self, module: &Module, func: FuncIx, code: &Code) {
        let mut words = code.words.clone();
        self.number_tables(code, &mut words);
        let start = self.keep(words, PieceKind::Function(func));
        let target = |index: u32| start.wrapping_add(index as usize);
        for table in &code.tables {
            self.jump_tables.push(match table {
                JumpTable::Int { first, targets, default } => Targets::Int {
                    first: *first,
                    targets: targets.iter().map(|index| target(*index)).collect(),
                    default: target(*default),
                },
                JumpTable::Str { cases, default } => Targets::Str {
                    longest: cases
                        .iter()
                        .map(|(text, _)| module.strings[text.index()].len() as u64)
                        .max()
                        .unwrap_or(0),
                    targets: cases
                        .iter()
                        .map(|(text, index)| (module.strings[text.index()].clone(), target(*index)))
                        .collect(),
                    default: target(*default),
                },
            });
        }
        self.select_tables.extend(code.selects.iter().cloned());
        if !self.is_stub(func) {
            self.forget_call_sites();
        }
        let entry = Entry { code: start, slots: u32::from(code.frame_slots) };
        let own = std::mem::replace(&mut self.own[func.index()], entry);
        // Calls that run another function keep to it.
        if self.entries[func.index()].code == own.code {
            self.entries[func.index()] = entry;
        }
    }

    /// Forgets what instructions called: functions have other code now, or instructions are no more.
    fn forget_call_sites(&mut self) {
        self.call_sites.fill(CallSite::NONE);
    }

    /// How much of everything there is.
    pub(crate) fn mark(&self) -> CodeMark {
        CodeMark {
            functions: self.entries.len(),
            pieces: self.order.len(),
            jump_tables: self.jump_tables.len(),
            select_tables: self.select_tables.len(),
        }
    }

    /// Takes away all code that was added since. Gives the addresses where it was.
    pub(crate) fn rewind(&mut self, mark: &CodeMark) -> Vec<std::ops::Range<usize>> {
        self.entries.truncate(mark.functions);
        self.own.truncate(mark.functions);
        self.natives.truncate(mark.functions);
        self.stubs.truncate(mark.functions);
        self.jump_tables.truncate(mark.jump_tables);
        self.select_tables.truncate(mark.select_tables);
        self.forget_call_sites();
        let mut gone = Vec::new();
        for start in self.order.drain(mark.pieces..) {
            if let Some(piece) = self.pieces.remove(&start) {
                gone.push(start..start + size_of_val(&*piece.words));
            }
        }
        gone
    }

    /// Calls of functions run another one of the same signature. Frames of theirs stay in their own code.
    pub(crate) fn redirect(&mut self, from: &[FuncIx], to: FuncIx) {
        for from in from {
            self.entries[from.index()] = self.entries[to.index()];
        }
        self.forget_call_sites();
    }

    /// Replaces the function's own numbers of tables by those that hold for all code.
    fn number_tables(&self, code: &Code, words: &mut [Word]) {
        if code.tables.is_empty() && code.selects.is_empty() {
            return;
        }
        let mut at = 0;
        while at < words.len() {
            let info = code::decode(words, at).expect("installed code is verified");
            for operand in info.operands {
                let first = match operand.shape {
                    Shape::Table => self.jump_tables.len(),
                    Shape::Select => self.select_tables.len(),
                    _ => continue,
                };
                let own = code::get_cells(words, at, operand.cell, operand.cells);
                code::set_cells(words, at, operand.cell, operand.cells, own + first as u64);
            }
            at += usize::from(info.words);
        }
    }

    /// What a return address belongs to: the call before it, by its last word.
    pub(crate) fn call_place(&self, return_to: *const Word) -> Place {
        if return_to == self.exit() || return_to == self.unwind() {
            return self.place(return_to);
        }
        self.place(return_to.wrapping_sub(1))
    }

    /// The opcode at an address of a function's code.
    pub(crate) fn op_at(&self, pc: *const Word) -> u16 {
        let (start, piece) = self.pieces.range(..=pc.addr()).next_back().expect("an address of code");
        piece.words[(pc.addr() - start) / size_of::<Word>()].op
    }

    /// What an address belongs to.
    ///
    /// # Panics
    /// If it is none of code.
    pub(crate) fn place(&self, pc: *const Word) -> Place {
        if pc == self.exit() {
            return Place::Exit;
        }
        if pc == self.unwind() {
            return Place::Unwind;
        }
        let (start, piece) = self.pieces.range(..=pc.addr()).next_back().expect("an address of code");
        let index = (pc.addr() - start) / size_of::<Word>();
        assert!(index < piece.words.len(), "an address of code");
        match piece.kind {
            PieceKind::Function(func) => Place::Code(func, index as u32),
            PieceKind::Stubs(first) => Place::Stub(FuncIx(first.0 + (index / STUB_WORDS) as u32)),
        }
    }
}
