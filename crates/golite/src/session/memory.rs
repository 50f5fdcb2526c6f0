//! What inputs leave behind is taken away when nothing refers to it: a session of a million inputs does not
//! grow by them.
//!
//! Everything that an input adds to the tables stands behind what was there before, so the last inputs can be
//! taken away as a whole. What may refer to them is looked at first: goroutines that are in their code,
//! closures of their functions, values that tell a type of theirs, older functions that they were the first to call.
//!
//! *Passing* inputs leave nothing: expressions, statements, variables declared again with their types, errors.
//! They are taken away when the next one begins, or as soon after as nothing refers to them.
//!
//! Inputs that leave something are *past*, those that pass and have closures left too. One of them *counts* while one
//! of its names stands for what it declared, or something that counts uses that, or a closure of its functions is left.
//! When more have been overtaken than count, all of them are taken away, and those that count are declared anew, in
//! their order (`anew`): they mean the same, since nothing else was declared meanwhile.
//!
//! Functions that replaced each other, since their types are the same, are one thing: who uses one of them uses the
//! last.
//!
//! What is the first to use a package or a declaration of the library stays, and so does what was there before it.
//!
//! Values of inputs are in a few variables of each type, which are used in turn.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use golite_bytecode::FuncIx;
use golite_compiler::FuncKey;
use golite_source::Symbol;
use golite_syntax::ast::ExprId;
use golite_types::{CheckedInput, NamedId, ObjId, ObjKind};
use golite_vm::CodeHeld;

use super::anew::Left;
use super::input::{Last, Show};
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
pub(super) struct Moment {
    pub(super) compiler: golite_compiler::Mark,
    pub(super) vm: golite_vm::Mark,
    /// The first function that was compiled since, by number.
    lowest: FuncIx,
    /// How often types had got methods.
    fills: usize,
}

/// Inputs that leave nothing, since a moment.
#[derive(Debug)]
pub(super) struct Passing {
    since: Moment,
    /// Those that have run.
    list: Vec<Past>,
    /// The functions that run their statements.
    mains: Vec<FuncIx>,
    /// How many there were, and at how many to look again whether they can go.
    inputs: u64,
    next: u64,
}

/// Past inputs since a moment.
#[derive(Debug)]
pub(super) struct PastInputs {
    pub(super) since: Moment,
    /// What the names stood for at that moment.
    pub(super) before: Vec<Before>,
    /// The methods that types had at that moment.
    pub(super) methods: Vec<(NamedId, Vec<ObjId>)>,
    /// The first of the functions that replaced each other; there is none for it itself.
    firsts: HashMap<ObjId, ObjId>,
    /// In which input the last of them is, by the first.
    lasts: HashMap<ObjId, u32>,
    list: Vec<Past>,
    /// There have to be so many before they are looked at.
    next: usize,
}

/// What a name stood for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    pub(super) name: Symbol,
    pub(super) obj: Option<ObjId>,
    /// How messages called that.
    pub(super) shown: Symbol,
    /// How often types of that name had been declared again.
    pub(super) version: Option<u32>,
}

/// How an input was read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) number: u32,
    pub(super) text: String,
    pub(super) last: Last,
    pub(super) show: Show,
    /// The first object and the first expression, by number.
    first_object: usize,
    first_id: u32,
}

/// An input that has run.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) reading: Reading,
    /// The function of its statements, what it declares, results too, and its methods.
    pub(super) main: ObjId,
    pub(super) declared: Vec<(Symbol, ObjId)>,
    pub(super) declared_methods: Vec<ObjId>,
    /// What the names stood for before.
    pub(super) stood_for: Vec<(Symbol, Option<ObjId>)>,
    /// Its objects and expressions, by number.
    objects: Range<usize>,
    ids: Range<u32>,
    /// The values of inputs before it.
    pub(super) values: Vec<ObjId>,
    /// What it uses of others; of functions that replaced each other, the first.
    uses: Vec<ObjId>,
    /// What the session keeps of it.
    pub(super) kept: Option<Kept>,
}

/// What a session keeps of an input.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The names that stand for what it declares.
    names: Vec<Symbol>,
    /// Methods that nothing replaced, with the types they belong to.
    methods: Vec<(NamedId, Symbol, ObjId)>,
    /// The variable of its value, if it was the first of that type.
    pub(super) value: Option<ObjId>,
}

impl PastInputs {
    /// None, since a moment.
    pub(super) fn new(since: Moment) -> PastInputs {
        PastInputs {
            since,
            before: Vec::new(),
            methods: Vec::new(),
            firsts: HashMap::new(),
            lasts: HashMap::new(),
            list: Vec::new(),
            next: FEW,
        }
    }

    pub(super) fn first(&self, obj: ObjId) -> ObjId {
        self.firsts.get(&obj).copied().unwrap_or(obj)
    }

    /// The first of the functions that replaced each other, for all but those.
    pub(super) fn firsts(&self) -> HashMap<ObjId, ObjId> {
        self.firsts.clone()
    }

    /// In which of the inputs, by index, an object is.
    pub(super) fn declares(&self, obj: ObjId) -> Option<usize> {
        let place = obj.0 as usize;
        let at = self.list.partition_point(|one| one.objects.end <= place);
        self.list.get(at).filter(|one| one.objects.contains(&place)).map(|_| at)
    }

    /// Whether an object has a name in one of the inputs, outside of functions.
    pub(super) fn declares_name(&self, obj: ObjId) -> bool {
        let past = self.declares(obj).map(|at| &self.list[at]);
        past.is_some_and(|past| past.declared.iter().any(|(_, declared)| *declared == obj))
    }

    /// Which of the inputs count, by index; `held` are those that do in any case, `values` variables of values.
    fn count(&self, held: &HashSet<usize>, values: &[ObjId]) -> Vec<bool> {
        let old = self.since.compiler.checker.objects as u32;
        let index = |number: u32| self.list.binary_search_by_key(&number, |one| one.reading.number).ok();
        let mut counts = vec![false; self.list.len()];
        let mut left: Vec<usize> = held.iter().copied().collect();
        // Methods count with their types.
        let mut of_types: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, kept) in self.list.iter().enumerate().filter_map(|(at, one)| Some((at, one.kept.as_ref()?)))
        {
            if !kept.names.is_empty() || kept.value.is_some_and(|value| values.contains(&value)) {
                left.push(at);
            }
            for (_, _, ty) in &kept.methods {
                match self.declares(*ty) {
                    Some(declares) => of_types.entry(declares).or_default().push(at),
                    None => left.push(at),
                }
            }
        }
        // What was there before calls the last.
        left.extend(self.lasts.iter().filter(|(first, _)| first.0 < old).filter_map(|(_, n)| index(*n)));
        while let Some(at) = left.pop() {
            if std::mem::replace(&mut counts[at], true) {
                continue;
            }
            left.extend(of_types.get(&at).into_iter().flatten());
            for obj in &self.list[at].uses {
                left.extend(self.lasts.get(obj).and_then(|number| index(*number)));
                left.extend(self.declares(*obj));
            }
        }
        counts
    }
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
            self.passing = Some(Passing { since, list: Vec::new(), mains: Vec::new(), inputs: 0, next: 1 });
        }
        if let Some(passing) = &mut self.passing {
            passing.inputs += 1;
        }
    }

    /// The present. Without memory for what was compiled there is none: the next input tells.
    pub(super) fn moment(&mut self) -> Option<Moment> {
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
        if let Some(inputs) = &mut self.past {
            inputs.since.lowest = inputs.since.lowest.min(lowest);
        }
    }

    /// An input is about to be read.
    pub(super) fn reading_begins(&mut self, text: &str, show: Show) {
        let checker = self.checker();
        let (first_object, first_id) = (checker.mark().objects, checker.session.next_id);
        let (number, text) = (self.inputs, text.to_string());
        self.reading = Some(Reading { number, text, last: Last::Statement, show, first_object, first_id });
    }

    /// The input that has been read, as one that has run.
    pub(super) fn as_past(&mut self, input: &CheckedInput) -> Option<Past> {
        let reading = self.reading.take()?;
        let package = self.package;
        let checker = self.checker();
        let objects = reading.first_object..checker.mark().objects;
        let ids = reading.first_id..checker.session.next_id;
        let mut declared = input.names.clone();
        declared.sort_by_key(|(_, obj)| *obj);
        let stood_for = declared.iter().map(|(name, _)| (*name, checker.session_name(package, *name)));
        Some(Past {
            stood_for: stood_for.collect(),
            reading,
            main: input.main,
            declared,
            declared_methods: input.methods.clone(),
            objects,
            ids,
            values: self.values.clone(),
            uses: Vec::new(),
            kept: None,
        })
    }

    /// An input begins to run: its statements are this function.
    pub(super) fn input_runs(&mut self, input: &CheckedInput, main: FuncIx) {
        let past = self.as_past(input);
        if let Some(passing) = &mut self.passing {
            passing.mains.push(main);
            passing.list.extend(past);
        }
    }

    /// The input that has run leaves something: names, methods, a variable for values.
    pub(super) fn input_stays(&mut self, input: &CheckedInput, value: Option<ObjId>) {
        self.note_compiled();
        let Some(passing) = self.passing.take() else {
            self.past = None;
            return;
        };
        let Some(replaced) = self.may_pass(input) else {
            self.past = None;
            return;
        };
        self.join(passing);
        self.note_kept(input, value, replaced);
    }

    /// Notes what names stand for which an input declares.
    pub(super) fn note_before(&mut self, names: &[Symbol]) {
        let package = self.package;
        for name in names.iter().copied() {
            let known =
                self.past.as_ref().is_none_or(|inputs| inputs.before.iter().any(|one| one.name == name));
            if known {
                continue;
            }
            let version = self.type_versions.get(&name).copied();
            let checker = self.checker();
            let obj = checker.session_name(package, name);
            let shown = obj.map_or(name, |obj| checker.object(obj).name);
            if let Some(inputs) = &mut self.past {
                inputs.before.push(Before { name, obj, shown, version });
            }
        }
    }

    /// Notes what the session is to keep of the last of the past inputs.
    pub(super) fn note_kept(
        &mut self,
        input: &CheckedInput,
        value: Option<ObjId>,
        replaced: Vec<(ObjId, ObjId)>,
    ) {
        let names: Vec<Symbol> = input.names.iter().map(|(name, _)| *name).collect();
        self.note_before(&names);
        let checker = self.checker();
        let methods = input.methods.iter().filter_map(|method| {
            let object = checker.object(*method);
            let named = object.receiver.and_then(|ty| checker.types.as_named(ty))?;
            Some((named, object.name, checker.types.named_info(named).obj))
        });
        let methods: Vec<(NamedId, Symbol, ObjId)> = methods.collect();
        let Some(inputs) = &mut self.past else { return };
        for (named, methods) in input.changed() {
            if !inputs.methods.iter().any(|(known, _)| known == named) {
                inputs.methods.push((*named, methods.clone()));
            }
        }
        let Some(number) = inputs.list.last().map(|one| one.reading.number) else { return };
        for (new, old) in replaced {
            let first = inputs.first(old);
            inputs.firsts.insert(new, first);
            inputs.lasts.insert(first, number);
        }
        for older in inputs.list.iter_mut().filter_map(|one| one.kept.as_mut()) {
            older.names.retain(|name| !names.contains(name));
            older.methods.retain(|(named, name, _)| {
                !methods.iter().any(|(other, method, _)| (other, method) == (named, name))
            });
        }
        if let Some(last) = inputs.list.last_mut() {
            last.kept = Some(Kept { names, methods, value });
        }
    }

    /// Passing inputs are past ones from now on.
    fn join(&mut self, passing: Passing) {
        let Passing { since, list, .. } = passing;
        self.past.get_or_insert_with(|| PastInputs::new(since));
        for past in list {
            self.add_past(past);
        }
    }

    /// Adds an input to the past ones.
    pub(super) fn add_past(&mut self, mut past: Past) {
        let Some(mut inputs) = self.past.take() else { return };
        let old = inputs.since.compiler.checker.objects;
        let info = &self.program().compiler.checker.info;
        let methods = past.ids.clone().filter_map(|id| info.selections.get(&ExprId(id))?.method);
        let mut uses: Vec<ObjId> = past.ids.clone().filter_map(|id| info.object(ExprId(id))).collect();
        uses.extend(methods);
        uses.retain(|obj| obj.0 as usize >= old && !past.objects.contains(&(obj.0 as usize)));
        for used in &mut uses {
            *used = inputs.first(*used);
        }
        uses.sort();
        uses.dedup();
        past.uses = uses;
        inputs.list.push(past);
        self.past = Some(inputs);
    }

    /// The functions and methods that an input replaces, with those that they replace; `None` if the input cannot be
    /// declared anew.
    pub(super) fn may_pass(&mut self, input: &CheckedInput) -> Option<Vec<(ObjId, ObjId)>> {
        let package = self.package;
        let program = self.program();
        if input.imports_something(&program.compiler.checker, package) {
            return None;
        }
        let mut replaced = Vec::new();
        for (name, obj) in &input.names {
            let checker = &program.compiler.checker;
            let old = checker.session_name(package, *name);
            if matches!(checker.object(*obj).kind, ObjKind::Func)
                && let Some(old) = old.filter(|old| program.replaces(*obj, *old))
            {
                replaced.push((*obj, old));
            }
        }
        for method in &input.methods {
            let checker = &mut program.compiler.checker;
            let object = checker.object(*method);
            let (name, pointer) = (object.name, object.pointer_receiver);
            let named = object.receiver.and_then(|ty| checker.types.as_named(ty))?;
            // A type that is declared with its methods had none before.
            let Some(before) = input.changed().find(|(changed, _)| *changed == named) else { continue };
            let Some(old) = before.1.iter().copied().find(|old| checker.object(*old).name == name) else {
                continue;
            };
            if checker.object(old).pointer_receiver != pointer || !program.replaces(*method, old) {
                return None;
            }
            replaced.push((*method, old));
        }
        Some(replaced)
    }

    /// Takes away passing inputs, if nothing refers to them.
    fn take_passing(&mut self) {
        self.note_compiled();
        let Some(mut passing) = self.passing.take() else { return };
        if passing.inputs < passing.next {
            self.passing = Some(passing);
            return;
        }
        let closures = self.may_be_closures(&passing);
        if closures && self.past.is_some() {
            self.join(passing);
            self.tidy_past();
            return;
        }
        let walked = closures || self.vm.has_types_since(&passing.since.vm);
        if walked && passing.inputs < self.vm.rt.heap.stats().heap_objects / OBJECTS_EACH {
            self.passing = Some(passing);
            return;
        }
        let mut fate = self.fate(&passing.since);
        if walked && fate == Fate::Free {
            let mut used = !self.vm.closures_since(&passing.since.vm).is_empty();
            if !used && self.vm.has_types_since(&passing.since.vm) {
                match self.vm.types_of_values_since(&passing.since.vm) {
                    Some(types) => used = !types.is_empty(),
                    None => fate = Fate::Held,
                }
            }
            if used {
                self.join(passing);
                self.tidy_past();
                return;
            }
        }
        match fate {
            Fate::Free => self.go_back(&passing.since),
            Fate::Held if passing.inputs < LONG => {
                passing.next = passing.inputs * 2;
                self.passing = Some(passing);
            }
            Fate::Held if self.past.is_some() => self.join(passing),
            // What holds them may do so for ever: those that follow are not to wait for it.
            Fate::Held | Fate::Bound => {}
        }
    }

    /// Takes away past inputs, if enough have been overtaken and nothing refers to them, and declares those that
    /// count anew.
    pub(super) fn tidy_past(&mut self) {
        self.note_compiled();
        let objects = self.vm.rt.heap.stats().heap_objects;
        let values = self.values.clone();
        let enough = |inputs: &mut PastInputs, held: &HashSet<usize>| {
            let all = inputs.list.len();
            let counts = inputs.count(held, &values);
            let overtaken = counts.iter().filter(|counts| !**counts).count();
            let enough = overtaken >= FEW.max(all / 2) && (overtaken as u64) >= objects / OBJECTS_EACH;
            if !enough {
                inputs.next = all + FEW.max(all / 2 - (overtaken / 2).min(all / 2));
            }
            enough.then_some((counts, overtaken as u64))
        };
        let Some(inputs) = &mut self.past else { return };
        if inputs.list.len() < inputs.next || enough(inputs, &HashSet::new()).is_none() {
            return;
        }
        if let Some(passing) = self.passing.take() {
            self.join(passing);
        }
        let Some(mut inputs) = self.past.take() else { return };
        let overtaken = enough(&mut inputs, &HashSet::new()).map_or(0, |(_, overtaken)| overtaken);
        let mut fate = self.fate(&inputs.since);
        let mut left = Left::default();
        if fate == Fate::Free {
            match self.left_in_heap(&inputs) {
                Some(found) => left = found,
                None => fate = Fate::Held,
            }
        }
        match fate {
            Fate::Free => {}
            Fate::Held if overtaken < LONG => {
                inputs.next = inputs.list.len() * 2;
                self.past = Some(inputs);
                return;
            }
            Fate::Held | Fate::Bound => return,
        }
        let held = left.owners().into_iter().filter_map(|obj| inputs.declares(obj)).collect();
        let Some((counts, _)) = enough(&mut inputs, &held) else {
            self.past = Some(inputs);
            return;
        };
        let all = std::mem::take(&mut inputs.list);
        let counted = all.into_iter().zip(counts).filter_map(|(one, counts)| counts.then_some(one));
        let counted = counted.collect();
        self.declare_anew(inputs, counted, left);
        if let Some(inputs) = &mut self.past {
            inputs.next = FEW.max(2 * inputs.list.len());
        }
    }

    /// Whether all since a moment can be taken away, closures and values apart.
    fn fate(&mut self, since: &Moment) -> Fate {
        let pkg = self.package.pkg;
        if !self.program().compiler.can_rewind(&since.compiler, since.lowest, pkg) {
            return Fate::Bound;
        }
        match self.vm.can_rewind(&since.vm) {
            // What the VM has not taken over of the module would be taken for something else afterwards.
            Ok(()) if !self.vm.takes_methods() => Fate::Held,
            Ok(()) => {
                self.fills_taken += self.program().compiler.methods_taken();
                Fate::Free
            }
            Err(CodeHeld::Always) => Fate::Bound,
            Err(CodeHeld::ByGoroutine) => Fate::Held,
        }
    }

    pub(super) fn go_back(&mut self, to: &Moment) {
        self.vm.rewind(&to.vm);
        let refill = self.fills() != to.fills;
        let program = self.program();
        program.compiler.rewind(&to.compiler);
        program.shrunk();
        let first = to.compiler.checker.objects as u32;
        self.spare.retain(|obj| obj.0 < first);
        if refill {
            // Methods that were filled in since may be functions that are gone.
            self.refill_methods();
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
