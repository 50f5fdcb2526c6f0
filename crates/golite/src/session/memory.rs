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
//! *Plain* inputs declare functions and constants, and methods that their types have already, and nothing else.
//! One of them is *overtaken* when its names stand for other things and nothing that counts uses what they stood
//! for. When more have been overtaken than have not, all of them are taken away, and those that count are declared
//! anew, in their order: they mean the same, since nothing else was declared meanwhile.
//!
//! Functions that replaced each other, since their types are the same, are one thing: who uses one of them uses the
//! last.
//!
//! Anything else that is declared stays, and so does what was there before it.
//!
//! Values of inputs are in a few variables of each type, which are used in turn.

use std::collections::HashMap;
use std::ops::Range;

use golite_bytecode::FuncIx;
use golite_compiler::FuncKey;
use golite_source::Symbol;
use golite_syntax::ast::ExprId;
use golite_types::{CheckedInput, NamedId, ObjId, ObjKind};
use golite_vm::CodeHeld;

use super::input::Last;
use super::{KEPT_VALUES, Session};

/// So many objects of the heap are walked through without hesitation for each input that may be taken away
/// thereby.
const OBJECTS_EACH: u64 = 512;

/// So many inputs wait for what holds them.
const LONG: u64 = 32;

/// Overtaken inputs that are not worth the work.
const FEW: usize = 8;

/// A moment of a session.
#[derive(Clone, Copy, Debug)]
struct Moment {
    compiler: golite_compiler::Mark,
    vm: golite_vm::Mark,
    /// The first function that was compiled since, by number.
    lowest: FuncIx,
    /// How often types had got methods.
    fills: usize,
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

/// Plain inputs since a moment.
#[derive(Debug)]
pub(super) struct PlainInputs {
    since: Moment,
    /// What the names stood for at that moment.
    before: Vec<(Symbol, Option<ObjId>)>,
    /// The methods that types had at that moment.
    methods: Vec<(NamedId, Vec<ObjId>)>,
    /// The first of the functions that replaced each other; there is none for it itself.
    firsts: HashMap<ObjId, ObjId>,
    /// In which input the last of them is, by the first.
    lasts: HashMap<ObjId, u32>,
    list: Vec<PlainInput>,
    /// There have to be so many before they are looked at.
    next: usize,
}

#[derive(Debug)]
struct PlainInput {
    number: u32,
    text: String,
    /// The names that stand for what it declares.
    names: Vec<Symbol>,
    /// Methods that nothing replaced.
    methods: Vec<(NamedId, Symbol)>,
    /// Its objects, by number.
    objects: Range<usize>,
    /// What it uses of others; of functions that replaced each other, the first.
    uses: Vec<ObjId>,
}

impl PlainInputs {
    fn first(&self, obj: ObjId) -> ObjId {
        self.firsts.get(&obj).copied().unwrap_or(obj)
    }

    /// Which of the inputs count, by index.
    fn count(&self) -> Vec<bool> {
        let old = self.since.compiler.checker.objects;
        let index = |number: u32| self.list.binary_search_by_key(&number, |one| one.number).ok();
        let mut counts = vec![false; self.list.len()];
        let declared = |one: &PlainInput| !one.names.is_empty() || !one.methods.is_empty();
        let mut left: Vec<usize> = (0..self.list.len()).filter(|i| declared(&self.list[*i])).collect();
        // What was there before calls the last.
        left.extend(
            self.lasts.iter().filter(|(first, _)| first.0 < old as u32).filter_map(|(_, n)| index(*n)),
        );
        while let Some(at) = left.pop() {
            if std::mem::replace(&mut counts[at], true) {
                continue;
            }
            for obj in &self.list[at].uses {
                left.extend(self.lasts.get(obj).and_then(|number| index(*number)));
                let place = obj.0 as usize;
                let declares = self.list.partition_point(|one| one.objects.end <= place);
                if self.list.get(declares).is_some_and(|one| one.objects.contains(&place)) {
                    left.push(declares);
                }
            }
        }
        counts
    }
}

/// What a plain input declares.
#[derive(Default)]
struct Plain {
    names: Vec<(Symbol, ObjId)>,
    methods: Vec<(NamedId, Symbol)>,
    /// Functions and methods, with those that they replace.
    replaced: Vec<(ObjId, ObjId)>,
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
        Some(Moment { compiler, vm, lowest: FuncIx(u32::MAX), fills: self.fills() })
    }

    /// How often types have got methods.
    fn fills(&mut self) -> usize {
        self.fills_taken + self.program().compiler.module.methods_filled.len()
    }

    /// Notes for all moments that count which functions were compiled.
    fn note_compiled(&mut self) {
        let lowest = self.program().compiler.lowest_compiled();
        if let Some(passing) = &mut self.passing {
            passing.since.lowest = passing.since.lowest.min(lowest);
        }
        if let Some(inputs) = &mut self.plain_inputs {
            inputs.since.lowest = inputs.since.lowest.min(lowest);
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
        let plain = text.and_then(|_| self.plain(input));
        let (Some(text), Some(plain), Some(passing)) = (text, plain, passing) else {
            self.plain_inputs = None;
            return;
        };
        let package = self.package;
        let checker = self.checker();
        let before: Vec<_> =
            plain.names.iter().map(|(name, _)| (*name, checker.session_name(package, *name))).collect();
        let last_object = checker.mark().objects;
        let objects = self.first_object..last_object;
        let ids = self.first_id..self.checker().session.next_id;
        let inputs = self.plain_inputs.get_or_insert_with(|| PlainInputs {
            since: passing.since,
            before: Vec::new(),
            methods: Vec::new(),
            firsts: HashMap::new(),
            lasts: HashMap::new(),
            list: Vec::new(),
            next: FEW,
        });
        for (name, obj) in before {
            if !inputs.before.iter().any(|(known, _)| *known == name) {
                inputs.before.push((name, obj));
            }
        }
        for (named, methods) in input.changed() {
            if !inputs.methods.iter().any(|(known, _)| known == named) {
                inputs.methods.push((*named, methods.clone()));
            }
        }
        let number = self.inputs;
        for (new, old) in plain.replaced {
            let first = inputs.first(old);
            inputs.firsts.insert(new, first);
            inputs.lasts.insert(first, number);
        }
        let old = inputs.since.compiler.checker.objects;
        let info = &self.program().compiler.checker.info;
        let mut uses: Vec<ObjId> = ids.filter_map(|id| info.object(ExprId(id))).collect();
        uses.retain(|obj| obj.0 as usize >= old && !objects.contains(&(obj.0 as usize)));
        uses.sort();
        uses.dedup();
        let Some(inputs) = &mut self.plain_inputs else { return };
        for used in &mut uses {
            *used = inputs.first(*used);
        }
        let names: Vec<Symbol> = plain.names.into_iter().map(|(name, _)| name).collect();
        for older in &mut inputs.list {
            older.names.retain(|name| !names.contains(name));
            older.methods.retain(|method| !plain.methods.contains(method));
        }
        let text = text.to_string();
        inputs.list.push(PlainInput { number, text, names, methods: plain.methods, objects, uses });
    }

    /// What an input declares, if it is a plain one.
    fn plain(&mut self, input: &CheckedInput) -> Option<Plain> {
        let package = self.package;
        let program = self.program();
        let checker = &mut program.compiler.checker;
        if input.imports_something(checker, package) {
            return None;
        }
        let golite_types::DeclRef::Func(main) = checker.object(input.main).decl.clone() else { return None };
        if main.body.as_ref().is_some_and(|body| !body.stmts.is_empty()) {
            return None;
        }
        let mut plain = Plain { names: input.names.clone(), ..Plain::default() };
        for (name, obj) in &input.names {
            let old = program.compiler.checker.session_name(package, *name);
            match &program.compiler.checker.object(*obj).kind {
                ObjKind::Const(_) => {}
                ObjKind::Func if program.is_generic(*obj) => return None,
                ObjKind::Func => plain
                    .replaced
                    .extend(old.filter(|old| program.replaces(*obj, *old)).map(|old| (*obj, old))),
                _ => return None,
            }
        }
        for method in &input.methods {
            let checker = &mut program.compiler.checker;
            let object = checker.object(*method);
            let (name, pointer) = (object.name, object.pointer_receiver);
            let named = object.receiver.and_then(|ty| checker.types.as_named(ty))?;
            let before = input.changed().find(|(changed, _)| *changed == named)?;
            let old = *before.1.iter().find(|old| checker.object(**old).name == name)?;
            if checker.object(old).pointer_receiver != pointer || !program.replaces(*method, old) {
                return None;
            }
            plain.replaced.push((*method, old));
            plain.methods.push((named, name));
        }
        Some(plain)
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

    /// Takes away plain inputs, if enough have been overtaken and nothing refers to them, and declares those that
    /// count anew.
    pub(super) fn tidy_plain_inputs(&mut self) {
        self.note_compiled();
        let objects = self.vm.rt.heap.stats().heap_objects;
        let Some(inputs) = &mut self.plain_inputs else { return };
        let all = inputs.list.len();
        if all < inputs.next {
            return;
        }
        let counts = inputs.count();
        let overtaken = counts.iter().filter(|counts| !**counts).count();
        if overtaken < FEW.max(all / 2) || (overtaken as u64) < objects / OBJECTS_EACH {
            inputs.next = all + FEW.max(all / 2 - (overtaken / 2).min(all / 2));
            return;
        }
        let Some(mut inputs) = self.plain_inputs.take() else { return };
        match self.fate(&inputs.since, true) {
            Fate::Free => {}
            Fate::Held if (overtaken as u64) < LONG => {
                inputs.next = all * 2;
                self.plain_inputs = Some(inputs);
                return;
            }
            Fate::Held | Fate::Bound => return,
        }
        self.passing = None;
        // Older functions run those that will be declared anew; until then nothing runs.
        let (package, old) = (self.package, inputs.since.compiler.checker.objects as u32);
        let functions = inputs.since.compiler.functions;
        for (name, obj) in &inputs.before {
            match obj {
                Some(obj) => self.checker().bind_session_name(package, *name, *obj),
                None => self.checker().unbind_session_name(package, *name),
            }
        }
        for (named, methods) in std::mem::take(&mut inputs.methods) {
            self.checker().set_methods(named, methods);
        }
        let replaced: Vec<(ObjId, Vec<FuncIx>)> = self.replaced.extract_if(|obj, _| obj.0 >= old).collect();
        self.go_back(&inputs.since);
        for (obj, mut all) in replaced {
            let first = inputs.first(obj);
            if first.0 < old {
                // The old one itself is added when it is replaced.
                let own = self.program().compiler.func_ix(FuncKey::Decl(first, Vec::new()));
                all.retain(|func| func.index() < functions && *func != own);
                self.replaced.insert(first, all);
            }
        }
        let count = self.inputs;
        let those = inputs.list.into_iter().zip(counts).filter(|(_, counts)| *counts);
        for (one, _) in those {
            self.inputs = one.number - 1;
            self.input_begins();
            let checked = self.check_text(&one.text, Last::Statement);
            let checked = checked.expect("it had no errors, and means the same");
            self.keep(checked.input, 0, Some(&one.text));
        }
        self.inputs = count;
        self.refill_methods();
        if let Some(inputs) = &mut self.plain_inputs {
            inputs.next = FEW.max(2 * inputs.list.len());
        }
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
        let refill = self.fills() != to.fills;
        let program = self.program();
        program.compiler.rewind(&to.compiler);
        program.shrunk();
        if refill {
            // Methods that were filled in since may be functions that are gone.
            program.compiler.refill_methods();
            if self.vm.takes_methods() {
                self.fills_taken += self.program().compiler.methods_taken();
            }
        }
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
