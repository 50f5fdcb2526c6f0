//! Programs as modules: compiled once, with all that a run needs.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex};

use golite::{Program, check_paths, on_deep_stack};
use golite_bytecode::code::decode;
use golite_bytecode::{Body, Effect, FuncIx, Module, Op, TypeIx};
use golite_runtime::native::NativeFn;
use golite_runtime::panic::ErrorKind;
use golite_vm::{Loader, Vm};
use libtest_mimic::Failed;

use crate::run::{Collections, Silent, config};

/// Programs that are changed, from the top of the repository.
pub const PROGRAMS: &[&str] = &[
    "crates/golite/tests/mutations/numbers.go-lite",
    "crates/golite/tests/mutations/memory.go-lite",
    "crates/golite/tests/mutations/calls.go-lite",
    "crates/golite/tests/mutations/goroutines.go-lite",
    "crates/golite/tests/mutations/packages.go-lite",
    "examples/concurrency/squares.go-lite",
    "lang-tests/code/small_functions_have_no_calls.go-lite",
    "lang-tests/gc/objects_survive_while_reachable.go-lite",
    "lang-tests/run/closures/closures_of_closures_capture_through_levels.go-lite",
    "lang-tests/run/control/control_flow_leaves_range_over_function_bodies.go-lite",
    "lang-tests/run/control/switches_of_every_density.go-lite",
    "lang-tests/run/defer/every_runtime_error_can_be_recovered.go-lite",
    "lang-tests/run/defer/recovery_resumes_in_the_caller_of_the_frame.go-lite",
    "lang-tests/run/generics/generic_code_handles_every_shape_of_type.go-lite",
    "lang-tests/run/maps/keys_of_every_comparable_type.go-lite",
    "lang-tests/run/structs/large_structs_copy_completely.go-lite",
    "lang-tests/sched/pipelines_fan_out_and_in.go-lite",
    "lang-tests/sched/select_with_many_cases_and_operations.go-lite",
    "lang-tests/std/exports/time.go-lite",
];

/// The steps that a run of the unchanged program may take.
const MOST_STEPS: u64 = 2_000_000;

/// A function that was compiled: what has to run before it.
type Initialisers = Vec<FuncIx>;

/// A compiled program.
pub struct Compiled {
    /// All code that the program can reach.
    pub module: Module,
    /// Its first function.
    pub entry: FuncIx,
    /// Functions that ran, in the order of their first calls.
    pub ran: Vec<FuncIx>,
    /// Steps of the unchanged program.
    pub steps: u64,
    /// What has to run before functions that were compiled.
    pub before: Arc<HashMap<FuncIx, Initialisers>>,
    /// Types of the values that the runtime panics with.
    pub error_types: Arc<HashMap<(String, String), TypeIx>>,
}

/// Lets a program run and remembers what it compiled.
struct Recorder {
    program: Option<Program>,
    log: Vec<(FuncIx, Initialisers)>,
    result: Arc<Mutex<Option<(Program, Vec<(FuncIx, Initialisers)>)>>>,
}

impl Recorder {
    fn program(&mut self) -> &mut Program {
        self.program.as_mut().expect("taken away only at the end")
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(program) = self.program.take() {
            *self.result.lock().expect("nobody panics") = Some((program, std::mem::take(&mut self.log)));
        }
    }
}

impl Loader for Recorder {
    fn module(&self) -> &Module {
        self.program.as_ref().expect("taken away only at the end").module()
    }

    fn compile(&mut self, func: FuncIx) -> Result<Initialisers, String> {
        let first = Loader::compile(self.program(), func)?;
        self.log.push((func, first.clone()));
        Ok(first)
    }

    fn native(&self, package: &str, name: &str) -> Option<NativeFn> {
        golite_stdlib::find(package)?.native(name)
    }

    fn error_type(&mut self, package: &str, name: &str, pointer: bool) -> Result<TypeIx, String> {
        self.program().error_type(package, name, pointer)
    }
}

const ERRORS: [ErrorKind; 10] = [
    ErrorKind::Error,
    ErrorKind::Memory,
    ErrorKind::Divide,
    ErrorKind::Shift,
    ErrorKind::Bounds,
    ErrorKind::Plain,
    ErrorKind::TypeAssertion,
    ErrorKind::Nil,
    ErrorKind::Unhashable,
    ErrorKind::String,
];

/// Compiles one of the programs: what it runs in the order of the run, then the rest.
pub fn compile(number: usize) -> Compiled {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(PROGRAMS[number]).to_str().expect("paths are UTF-8").to_string();
    let checked = check_paths(std::slice::from_ref(&path)).expect("the program can be read");
    let errors: Vec<_> = checked.diagnostics().iter().map(|error| error.message.clone()).collect();
    let program = Program::new(checked).unwrap_or_else(|_| panic!("{path} is wrong: {errors:?}"));
    let entry = program.entry();
    let result = Arc::new(Mutex::new(None));
    on_deep_stack(|| {
        let recorder = Recorder { program: Some(program), log: Vec::new(), result: Arc::clone(&result) };
        let config = config(MOST_STEPS, 0, Collections::Rare);
        let mut vm = Vm::new(config, Box::<Silent>::default(), Box::new(recorder)).expect("there is room");
        let outcome = vm.run(entry);
        assert_eq!(outcome, golite_vm::Outcome::Status(0), "{path} ends well");
        let steps = vm.rt.sched.steps;
        drop(vm);
        let (mut program, log) = result.lock().expect("nobody panics").take().expect("the VM has ended");
        let mut error_types = HashMap::new();
        for kind in ERRORS {
            let (package, name) = kind.type_name();
            let pointer = matches!(kind, ErrorKind::TypeAssertion | ErrorKind::Nil);
            let ty = program.error_type(package, name, pointer).expect("the runtime has its types");
            error_types.insert((package.to_string(), name.to_string()), ty);
        }
        let ran: Vec<FuncIx> = log.iter().map(|(func, _)| *func).collect();
        let mut before: HashMap<FuncIx, Initialisers> = log.into_iter().collect();
        let mut next = 0;
        while next < program.module().functions.len() {
            let func = FuncIx(next as u32);
            if !before.contains_key(&func)
                && let Ok(first) = Loader::compile(&mut program, func)
            {
                before.insert(func, first);
            }
            next += 1;
        }
        let module = program.module().clone();
        Compiled { module, entry, ran, steps, before: Arc::new(before), error_types: Arc::new(error_types) }
    })
}

/// Instructions in code that runs.
fn used(compiled: &Compiled, used: &mut BTreeSet<&'static str>) {
    for func in &compiled.ran {
        let Body::Code(code) = &compiled.module.functions[func.index()].body else { continue };
        let mut at = 0;
        while at < code.words.len() {
            let info = decode(&code.words, at).expect("code is made of instructions");
            used.insert(info.text);
            at += usize::from(info.words);
        }
    }
}

/// Instructions that the compiler does not emit (so far).
const NOT_EMITTED: [&str; 2] = ["jump.not.type", "zero.mem"];

/// The programs have every instruction in functions that run.
pub fn check_coverage() -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    (0..PROGRAMS.len()).for_each(|number| used(&compile(number), &mut seen));
    let missing: Vec<_> = Op::ALL
        .iter()
        .map(|op| op.info())
        .filter(|info| !info.has(Effect::Internal) && !seen.contains(info.text))
        .map(|info| info.text)
        .filter(|text| !NOT_EMITTED.contains(text))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(format!("no program has {}", missing.join(", ")).into())
}
