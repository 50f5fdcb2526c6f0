//! What inputs leave behind is taken away when nothing refers to it: a session of a million inputs does not
//! grow by them.
//!
//! Everything that an input adds to the tables stands behind what was there before, so the last inputs can be
//! taken away as a whole. What may refer to them is looked at first: goroutines that are in their code,
//! closures of their functions, older functions that they were the first to call.
//!
//! *Passing* inputs leave nothing: expressions, statements, variables declared again with their types, errors.
//! They are taken away when the next one begins, or as soon after as nothing refers to them.
//!
//! *Redefinitions* declare functions again with their types, and nothing else. When more of them have been
//! overtaken by others than have not, all of them are taken away, and those that count are declared anew: they
//! mean the same, since nothing else was declared meanwhile.
//!
//! Anything else that is declared stays, and so does what was there before it.
//!
//! Values of inputs are in a few variables of each type, which are used in turn.

use golite_bytecode::FuncIx;
use golite_compiler::FuncKey;
use golite_source::Symbol;
use golite_types::{CheckedInput, ObjId, ObjKind};
use golite_vm::CodeHeld;

use super::input::Last;
use super::{KEPT_VALUES, Session};

/// So many objects of the heap are walked through without hesitation for each input that may be taken away
/// thereby.
const OBJECTS_EACH: u64 = 512;

/// So many inputs wait for what holds them.
const LONG: u64 = 32;

/// Overtaken redefinitions that are not worth the work.
const FEW: usize = 8;

/// A moment of a session.
#[derive(Clone, Copy, Debug)]
struct Moment {
    compiler: golite_compiler::Mark,
    vm: golite_vm::Mark,
    /// The first function that was compiled since, by number.
    lowest: FuncIx,
}

/// Inputs that leave nothing, since a moment.
#[derive(Debug)]
pub(super) struct Passing {
    since: Moment,
    /// The functions that run their statements.
    mains: Vec<FuncIx>,
    /// How many there were, and at how many to look again whether they can go.
    inputs: u64,
    next: u64,
}

/// Redefinitions since a moment.
#[derive(Debug)]
pub(super) struct Redefinitions {
    since: Moment,
    /// What the names stood for at that moment.
    before: Vec<(Symbol, ObjId)>,
    list: Vec<Redefinition>,
    /// So many have to be overtaken before they are looked at again.
    next: usize,
}

#[derive(Debug)]
struct Redefinition {
    number: u32,
    text: String,
    names: Vec<Symbol>,
    overtaken: bool,
}

/// Whether inputs can be taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    Free,
    /// Later, perhaps.
    Held,
    /// They stay.
    Bound,
}

impl Session {
    /// An input is about to be checked.
    pub(super) fn input_begins(&mut self) {
        self.take_passing();
        if self.passing.is_none()
            && let Some(since) = self.moment()
        {
            self.passing = Some(Passing { since, mains: Vec::new(), inputs: 0, next: 1 });
        }
        if let Some(passing) = &mut self.passing {
            passing.inputs += 1;
        }
    }

    /// The present. Without memory for what was compiled there is none: the next input tells.
    fn moment(&mut self) -> Option<Moment> {
        self.note_compiled();
        let vm = self.vm.mark().ok()?;
        let compiler = self.program().compiler.mark();
        Some(Moment { compiler, vm, lowest: FuncIx(u32::MAX) })
    }

    /// Notes for all moments that count which functions were compiled.
    fn note_compiled(&mut self) {
        let lowest = self.program().compiler.lowest_compiled();
        if let Some(passing) = &mut self.passing {
            passing.since.lowest = passing.since.lowest.min(lowest);
        }
        if let Some(redefinitions) = &mut self.redefinitions {
            redefinitions.since.lowest = redefinitions.since.lowest.min(lowest);
        }
    }

    /// The function of an input that runs its statements.
    pub(super) fn input_runs(&mut self, main: FuncIx) {
        if let Some(passing) = &mut self.passing {
            passing.mains.push(main);
        }
    }

    /// The input leaves something.
    pub(super) fn input_stays(&mut self, input: &CheckedInput, text: Option<&str>) {
        self.note_compiled();
        let passing = self.passing.take();
        let names = text.and_then(|_| self.redefined(input));
        let (Some(text), Some(names), Some(passing)) = (text, names, passing) else {
            self.redefinitions = None;
            return;
        };
        let number = self.inputs;
        let checker = self.package;
        let before: Vec<(Symbol, ObjId)> = names
            .iter()
            .filter_map(|name| Some((*name, self.checker().session_name(checker, *name)?)))
            .collect();
        let redefinitions = self.redefinitions.get_or_insert_with(|| Redefinitions {
            since: passing.since,
            before: Vec::new(),
            list: Vec::new(),
            next: FEW,
        });
        for (name, obj) in before {
            if !redefinitions.before.iter().any(|(known, _)| *known == name) {
                redefinitions.before.push((name, obj));
            }
        }
        for older in &mut redefinitions.list {
            older.names.retain(|name| !names.contains(name));
            older.overtaken |= older.names.is_empty();
        }
        redefinitions.list.push(Redefinition { number, text: text.to_string(), names, overtaken: false });
    }

    /// The names of an input that does nothing but declare functions again with their types.
    fn redefined(&mut self, input: &CheckedInput) -> Option<Vec<Symbol>> {
        let package = self.package;
        let program = self.program();
        let checker = &mut program.compiler.checker;
        if !input.methods.is_empty() || input.imports_something(checker, package) {
            return None;
        }
        let golite_types::DeclRef::Func(main) = checker.object(input.main).decl.clone() else { return None };
        if main.body.as_ref().is_some_and(|body| !body.stmts.is_empty()) {
            return None;
        }
        let names: Vec<(Symbol, ObjId)> = input.names.clone();
        for (name, obj) in &names {
            let old = program.compiler.checker.session_name(package, *name)?;
            let checker = &mut program.compiler.checker;
            let is_func = |obj: ObjId| matches!(checker.object(obj).kind, ObjKind::Func);
            let types = (checker.object(*obj).ty, checker.object(old).ty);
            if !is_func(*obj)
                || !is_func(old)
                || !checker.types.identical(types.0, types.1)
                || program.is_generic(*obj)
                || program.is_generic(old)
            {
                return None;
            }
        }
        Some(names.into_iter().map(|(name, _)| name).collect())
    }

    /// Takes away passing inputs, if nothing refers to them.
    fn take_passing(&mut self) {
        self.note_compiled();
        let Some(mut passing) = self.passing.take() else { return };
        if passing.inputs < passing.next {
            self.passing = Some(passing);
            return;
        }
        let walked = self.may_be_closures(&passing);
        if walked && passing.inputs < self.vm.rt.heap.stats().heap_objects / OBJECTS_EACH {
            self.passing = Some(passing);
            return;
        }
        match self.fate(&passing.since, walked) {
            Fate::Free => self.go_back(&passing.since),
            Fate::Held if passing.inputs < LONG => {
                passing.next = passing.inputs * 2;
                self.passing = Some(passing);
            }
            // What holds them may do so for ever: those that follow are not to wait for it.
            Fate::Held | Fate::Bound => {}
        }
    }

    /// Takes away redefinitions, if enough have been overtaken and nothing refers to them, and declares those
    /// that count anew.
    pub(super) fn tidy_redefinitions(&mut self) {
        self.note_compiled();
        let Some(redefinitions) = &self.redefinitions else { return };
        let overtaken = redefinitions.list.iter().filter(|one| one.overtaken).count();
        let enough = redefinitions.next.max(redefinitions.list.len() / 2);
        let objects = self.vm.rt.heap.stats().heap_objects;
        if overtaken < enough || (overtaken as u64) < objects / OBJECTS_EACH {
            return;
        }
        let Some(mut redefinitions) = self.redefinitions.take() else { return };
        match self.fate(&redefinitions.since, true) {
            Fate::Free => {}
            Fate::Held if (overtaken as u64) < LONG => {
                redefinitions.next = overtaken * 2;
                self.redefinitions = Some(redefinitions);
                return;
            }
            Fate::Held | Fate::Bound => return,
        }
        self.passing = None;
        // Older functions run those that will be declared anew; until then nothing runs.
        let first = redefinitions.since.compiler.functions;
        let mut replaced: Vec<(Symbol, Vec<FuncIx>)> = Vec::new();
        for (name, old) in &redefinitions.before {
            let package = self.package;
            let now = self.checker().session_name(package, *name);
            let mut all = now.and_then(|now| self.replaced.remove(&now)).unwrap_or_default();
            all.retain(|func| func.index() < first);
            self.checker().bind_session_name(package, *name, *old);
            replaced.push((*name, all));
        }
        self.go_back(&redefinitions.since);
        for (name, all) in replaced {
            let package = self.package;
            if let Some(old) = self.checker().session_name(package, name) {
                let own = self.program().compiler.func_ix(FuncKey::Decl(old, Vec::new()));
                // The old one itself is added when it is replaced.
                self.replaced.insert(old, all.into_iter().filter(|func| *func != own).collect());
            }
        }
        let count = self.inputs;
        for one in redefinitions.list.into_iter().filter(|one| !one.overtaken) {
            self.inputs = one.number - 1;
            self.input_begins();
            let checked = self.check_text(&one.text, Last::Statement);
            let checked = checked.expect("it had no errors, and means the same");
            self.keep(checked.input, 0, Some(&one.text));
        }
        self.inputs = count;
    }

    /// Whether all since a moment can be taken away; `walk`: closures of it are looked for.
    fn fate(&mut self, since: &Moment, walk: bool) -> Fate {
        let pkg = self.package.pkg;
        if !self.program().compiler.can_rewind(&since.compiler, since.lowest, pkg) {
            return Fate::Bound;
        }
        match self.vm.can_rewind(&since.vm) {
            Ok(()) if walk && self.vm.has_closures_since(&since.vm) => Fate::Held,
            Ok(()) => Fate::Free,
            Err(CodeHeld::Always) => Fate::Bound,
            Err(CodeHeld::ByGoroutine) => Fate::Held,
        }
    }

    fn go_back(&mut self, to: &Moment) {
        let private = self.program().compiler.private_globals(&to.compiler);
        self.vm.rewind(&to.vm, &private);
        let program = self.program();
        program.compiler.rewind(&to.compiler);
        program.shrunk();
    }

    /// Whether there may be func values of functions that were added, other than those of `go` and `defer`
    /// statements.
    fn may_be_closures(&mut self, passing: &Passing) -> bool {
        let compiler = &self.program().compiler;
        (passing.since.compiler.functions..compiler.module.functions.len()).any(|i| {
            let func = FuncIx(i as u32);
            match compiler.key(func) {
                FuncKey::Decl(..) => !passing.mains.contains(&func),
                FuncKey::Wrapper(wrapper) => !wrapper.is_statement(),
                FuncKey::Entry(_)
                | FuncKey::Initialise(_)
                | FuncKey::PackageInit(_)
                | FuncKey::VarInit(..)
                | FuncKey::Literal(_) => true,
            }
        })
    }

    /// The first value of an input gets one of the variables for values of its type, if one is free.
    pub(super) fn prepare_value(&mut self, input: &CheckedInput) {
        self.value = None;
        let Some(obj) = self.first_value(input) else { return };
        let values = self.values.clone();
        let spare = self.spare.clone();
        let compiler = &mut self.program().compiler;
        let ty = compiler.checker.object(obj).ty;
        let fits = |spare: &ObjId| compiler.checker.object(*spare).ty == ty && !values.contains(spare);
        if let Some(found) = spare.into_iter().find(|spare| fits(spare)) {
            compiler.share_global(obj, found);
            self.value = Some(found);
        }
    }

    /// The variable that keeps the first value of an input; true if it was there before.
    pub(super) fn value_variable(&mut self, obj: ObjId) -> (ObjId, bool) {
        if let Some(value) = self.value.take() {
            return (value, true);
        }
        let spare = self.spare.clone();
        let checker = self.checker();
        let ty = checker.object(obj).ty;
        let count = spare.iter().filter(|spare| checker.object(**spare).ty == ty).count();
        debug_assert!(count <= KEPT_VALUES, "one of more is free");
        self.spare.push(obj);
        (obj, false)
    }
}
