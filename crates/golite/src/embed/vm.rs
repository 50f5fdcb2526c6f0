//! A VM and the calls of its functions.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use golite_bytecode::{FuncIx, TypeIx, TypeKind};
use golite_compiler::FuncKey;
use golite_runtime::host_std::{Permissions, StdHost};
use golite_types::{Basic, ObjId, ObjKind, PkgId, Type};
use golite_vm::CallEnd;

use crate::check::Checked;
use crate::loader::HOST_HELPER;
use crate::program::Program;
use crate::run::RunConfig;
use crate::stack::on_deep_stack;

use super::convert::{Arguments, Results};
use super::error::{Error, Failure, Limit};
use super::host_data::HostData;
use super::memory::{Natural, Problem, Reader, write};
use super::outside::{Output, Outside, Shared};
use super::package::HostPackage;
use super::value::Value;

/// Address space for the heap of a VM without limit of memory.
const RESERVE: u64 = 16 << 30;

/// The least address space, and how much more than the limit of memory is taken: objects do not move, and
/// so leave gaps.
const LEAST_RESERVE: u64 = 256 << 20;
const RESERVE_FACTOR: u64 = 4;

/// Bytes of captured output that a VM holds.
const MAX_OUTPUT: u64 = 16 << 20;

/// What a VM may use and where its streams lead. Without more it has no files and no environment, reads
/// nothing, keeps what it writes, and has no limits but those of Go.
#[derive(Debug, Default)]
pub struct Options {
    config: RunConfig,
    args: Vec<String>,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    stdout: Output,
    stderr: Output,
    max_output: Option<u64>,
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
}

impl Options {
    /// The options without more.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Bytes that heap and stacks may take. Over it the call ends with `Limit::Memory`.
    #[must_use]
    pub fn max_memory(mut self, bytes: u64) -> Options {
        self.config.max_memory = Some(bytes);
        self
    }

    /// Steps that the VM may take in its life: calls of functions, rounds of loops, and what natives
    /// charge for their work.
    #[must_use]
    pub fn max_steps(mut self, steps: u64) -> Options {
        self.config.max_steps = Some(steps);
        self
    }

    /// How many goroutines may be alive at once.
    #[must_use]
    pub fn max_goroutines(mut self, goroutines: u64) -> Options {
        self.config.max_goroutines = Some(goroutines);
        self
    }

    /// Bytes of the stack of one goroutine.
    #[must_use]
    pub fn max_stack(mut self, bytes: u64) -> Options {
        self.config.max_stack = Some(bytes);
        self
    }

    /// How long each call may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Options {
        self.config.timeout = Some(nanoseconds(timeout));
        self
    }

    /// Bytes of output that are kept until they are taken; 16 MiB if nothing is said.
    #[must_use]
    pub fn max_output(mut self, bytes: u64) -> Options {
        self.max_output = Some(bytes);
        self
    }

    /// The seed of every choice of the runtime.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Options {
        self.config.seed = seed;
        self
    }

    /// The program may use pointers of package unsafe: limits and permissions do not hold for one that
    /// does, and it can end the process.
    #[must_use]
    pub fn allow_unsafe(mut self) -> Options {
        self.config.allow_unsafe = true;
        self
    }

    /// `os.Args`: the name of the program first.
    #[must_use]
    pub fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Options {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a variable to the program's environment, which is empty otherwise. Of several with one name the last
    /// holds.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Options {
        self.env.retain(|(known, _)| known != name);
        self.env.push((name.to_string(), value.to_string()));
        self
    }

    /// What the program reads from standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Options {
        self.stdin = bytes.into();
        self
    }

    /// Where standard output goes.
    #[must_use]
    pub fn stdout(mut self, output: Output) -> Options {
        self.stdout = output;
        self
    }

    /// Where standard error goes.
    #[must_use]
    pub fn stderr(mut self, output: Output) -> Options {
        self.stderr = output;
        self
    }

    /// The program may read files in this folder and below.
    #[must_use]
    pub fn allow_read(mut self, folder: impl Into<PathBuf>) -> Options {
        self.read.push(folder.into());
        self
    }

    /// The program may write files in this folder and below.
    #[must_use]
    pub fn allow_write(mut self, folder: impl Into<PathBuf>) -> Options {
        self.write.push(folder.into());
        self
    }
}

fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// Ends what a VM is doing, from any thread.
#[derive(Clone, Debug)]
pub struct InterruptHandle {
    shared: Arc<Shared>,
}

impl InterruptHandle {
    /// The call that runs ends with `Error::Interrupted`; if none does, the next one.
    pub fn interrupt(&self) {
        self.shared.interrupt();
    }
}

/// A function that can be called.
#[derive(Debug)]
struct Callable {
    func: FuncIx,
    params: Vec<TypeIx>,
    variadic: bool,
    results: Vec<TypeIx>,
    /// The last result is an `error`, which is not in `results`.
    fallible: bool,
}

/// A VM with one program. Calls run on the thread that makes them; the VM may move between threads.
pub struct Vm {
    vm: Box<golite_vm::Vm>,
    shared: Arc<Shared>,
    package: PkgId,
    max_output: u64,
    functions: HashMap<String, Arc<Callable>>,
    error_text: FuncIx,
    initialised: bool,
    is_script: bool,
}

impl std::fmt::Debug for Vm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vm").field("steps", &self.steps()).finish_non_exhaustive()
    }
}

const _: () = {
    const fn is_send<T: Send>() {}
    const fn is_shared<T: Send + Sync>() {}
    is_send::<Vm>();
    is_shared::<InterruptHandle>();
    is_shared::<super::Program>();
    is_shared::<Error>();
};

impl Vm {
    pub(super) fn new(
        checked: Checked,
        is_script: bool,
        packages: &[HostPackage],
        options: Options,
    ) -> Result<Vm, Error> {
        let shared = Arc::new(Shared::default());
        let max_output = options.max_output.unwrap_or(MAX_OUTPUT);
        let made = on_deep_stack(|| prepare(checked, packages));
        let Prepared { program, natural, pointers, error_text } = made.map_err(Error::Setup)?;
        let mut data = HostData::new(natural, packages, shared.clone());
        for (ty, pointer) in pointers {
            data.set_pointer_type(ty, pointer);
        }
        let host = Outside {
            shared: shared.clone(),
            stdin: options.stdin,
            read: 0,
            streams: [options.stdout, options.stderr],
            max_output,
            args: options.args.into_iter().map(String::into_bytes).collect(),
            env: options.env.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            files: files(options.read, options.write).map_err(|error| Error::Setup(error.to_string()))?,
            started: Instant::now(),
        };
        host.connect();
        let package = program.package;
        let setup = |text: String| Error::Setup(text.trim_end().to_string());
        let mut config = options.config.to_vm(&host, &program).map_err(setup)?;
        config.calls = true;
        config.runtime.heap.reserve = match options.config.max_memory {
            Some(bytes) => bytes.saturating_mul(RESERVE_FACTOR).clamp(LEAST_RESERVE, 64 << 30),
            None => RESERVE,
        } as usize;
        let vm = golite_vm::Vm::new(config, Box::new(host), Box::new(program));
        let mut vm = vm.map_err(|error| Error::Setup(error.to_string()))?;
        vm.begin_calls().map_err(setup)?;
        vm.rt.host_data = Some(Box::new(data));
        let functions = HashMap::new();
        Ok(Vm { vm, shared, package, max_output, functions, error_text, initialised: false, is_script })
    }

    /// Runs the program: its packages are initialised if they were not, then `main` is called, or the
    /// statements of a script are run. Goroutines that are left when it returns go on during the next call.
    ///
    /// # Errors
    /// How it failed. `os.Exit(0)` is no error.
    pub fn run(&mut self) -> Result<(), Error> {
        let ended =
            if self.is_script && !self.initialised { self.initialise() } else { self.call("main", ()) };
        match ended {
            Err(Error::Exit(0)) => Ok(()),
            ended => ended,
        }
    }

    /// Initialises the packages of the program: their variables, then their `init` functions; of a script
    /// all its statements. Calls do it themselves when it has not been done; what failed is not tried again.
    ///
    /// # Errors
    /// How it failed.
    pub fn initialise(&mut self) -> Result<(), Error> {
        if self.initialised {
            return Ok(());
        }
        self.initialised = true;
        let package = self.package;
        let func = self.program().compiler.func_ix(FuncKey::Initialise(package));
        self.vm.take_over().map_err(Error::Setup)?;
        let vm = &mut self.vm;
        let end = on_deep_stack(|| vm.call(func, &[]));
        self.returned(end)?;
        if self.is_script { self.call("main", ()) } else { Ok(()) }
    }

    /// Calls a function of the program with Rust values, and gives its results as Rust values. If the last
    /// result is an `error` it is not among them: nil is left out, another one is `Error::Returned`.
    ///
    /// # Errors
    /// `Error::NoFunction`, `Error::Types` if arguments or results do not fit, and how the call failed.
    pub fn call<R: Results>(&mut self, name: &str, arguments: impl Arguments) -> Result<R, Error> {
        let results = self.call_values(name, arguments.into_values())?;
        R::from_values(results).map_err(|error| Error::Types(format!("{name}: {error}")))
    }

    /// Whether the program has a function of that name that can be called.
    pub fn has_function(&mut self, name: &str) -> bool {
        self.callable(name).is_ok()
    }

    /// What ends a call from another thread.
    #[must_use]
    pub fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle { shared: self.shared.clone() }
    }

    /// Takes what the program has written to standard output since the last time, if that is captured.
    pub fn take_stdout(&mut self) -> Vec<u8> {
        self.shared.take(0)
    }

    /// Takes what the program has written to standard error since the last time, if that is captured.
    pub fn take_stderr(&mut self) -> Vec<u8> {
        self.shared.take(1)
    }

    /// The steps that the VM has taken.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.vm.rt.sched.steps
    }

    /// Sets how many steps the VM may take in its life, those it has taken included.
    pub fn set_max_steps(&mut self, steps: Option<u64>) {
        self.vm.rt.limits.max_steps = steps;
        self.vm.rt.charge_limit = u64::MAX;
    }

    /// Sets how long each call from now on may take.
    pub fn set_timeout(&mut self, timeout: Option<Duration>) {
        self.vm.set_timeout(timeout.map(nanoseconds));
    }

    /// Bytes of the objects in the heap: those in use, and those that no collection has found yet.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.vm.rt.heap.stats().heap_alloc
    }

    /// Collects everything that nothing refers to.
    pub fn collect_garbage(&mut self) {
        self.vm.collect_garbage();
    }

    // ---- calls

    fn program(&mut self) -> &mut Program {
        program_of(&mut self.vm)
    }

    fn call_values(&mut self, name: &str, arguments: Vec<Value>) -> Result<Vec<Value>, Error> {
        self.initialise()?;
        let is_new = !self.functions.contains_key(name);
        let callable = self.callable(name)?;
        let slots = self.slots(name, &callable, arguments)?;
        let vm = &mut self.vm;
        let end = match is_new {
            // Much will be compiled.
            true => on_deep_stack(|| vm.call(callable.func, &slots)),
            false => vm.call(callable.func, &slots),
        };
        let results = self.returned(end)?;
        self.results(name, &callable, &results)
    }

    fn callable(&mut self, name: &str) -> Result<Arc<Callable>, Error> {
        if let Some(known) = self.functions.get(name) {
            return Ok(known.clone());
        }
        let package = self.package;
        let program = self.program();
        let found = on_deep_stack(|| find(program, package, name));
        let found = Arc::new(found.ok_or_else(|| Error::NoFunction(name.to_string()))?);
        self.vm.take_over().map_err(Error::Setup)?;
        self.functions.insert(name.to_string(), found.clone());
        Ok(found)
    }

    /// The slots of the arguments. If there is no memory for them, garbage is collected first.
    fn slots(&mut self, name: &str, callable: &Callable, mut values: Vec<Value>) -> Result<Vec<u64>, Error> {
        let wanted = callable.params.len();
        let fixed = if callable.variadic { wanted - 1 } else { wanted };
        if callable.variadic && values.len() >= fixed {
            let rest = values.split_off(fixed);
            values.push(if rest.is_empty() { Value::Nil } else { Value::List(rest) });
        }
        if values.len() != wanted {
            let least = if callable.variadic { "at least " } else { "" };
            let text = format!("{name}: {least}{fixed} arguments are wanted, not {}", values.len());
            return Err(Error::Types(text));
        }
        for last in [false, true] {
            match self.write_all(name, callable, &values) {
                Err(Error::Limit(Limit::Memory, _)) if !last => self.vm.collect_garbage(),
                other => return other,
            }
        }
        unreachable!("the second attempt is the last")
    }

    fn write_all(&mut self, name: &str, callable: &Callable, values: &[Value]) -> Result<Vec<u64>, Error> {
        let rt = &mut self.vm.rt;
        let mut kept = rt.host_data.take();
        let data = kept.as_mut().and_then(|kept| kept.downcast_mut::<HostData>());
        let data = data.expect("the VM was made with the host's data");
        let mut slots = Vec::new();
        let mut problem = None;
        for (i, (ty, value)) in callable.params.iter().zip(values).enumerate() {
            match write(rt, data, *ty, value) {
                Ok(written) => slots.extend(written),
                Err(found) => {
                    problem = Some((i, found));
                    break;
                }
            }
        }
        rt.host_data = kept;
        match problem {
            None => Ok(slots),
            Some((i, Problem::Wrong(text))) => {
                Err(Error::Types(format!("{name}: argument {}: {text}", i + 1)))
            }
            Some((_, Problem::Memory | Problem::Stopped)) => Err(self.no_memory_or_interrupted()),
        }
    }

    /// Why values were not made between calls: no other limit holds there. An interrupt stops large allocations.
    fn no_memory_or_interrupted(&mut self) -> Error {
        if self.vm.rt.interrupt.is_asked() {
            self.vm.rt.interrupt.forget();
            return Error::Interrupted;
        }
        let text = format!("fatal error: runtime: out of memory: {}", self.vm.rt.heap.failure());
        Error::Limit(Limit::Memory, Failure { text, traceback: String::new() })
    }

    /// The slots of the results, or how the call failed.
    fn returned(&mut self, end: CallEnd) -> Result<Vec<u64>, Error> {
        // The program may have asked for a stream's error by a later write only: nobody is left to ask.
        let _ = self.vm.rt.host.flush();
        let too_much = self.shared.wrote_too_much();
        if !matches!(end, CallEnd::Returned(_)) {
            self.end_lost_jobs();
        }
        match end {
            CallEnd::Returned(slots) => Ok(slots),
            CallEnd::Goexit => Err(Error::Goexit),
            CallEnd::Failed(report) => Err(Error::of_report(&report)),
            CallEnd::Exit(status) => Err(Error::Exit(status)),
            CallEnd::Interrupted if too_much => {
                let text = format!("golite: limit reached: more than {} bytes of output", self.max_output);
                Err(Error::Limit(Limit::Output, Failure { text, traceback: String::new() }))
            }
            CallEnd::Interrupted => Err(Error::Interrupted),
        }
    }

    /// Calls of goroutines that were ended are waited for by nobody.
    fn end_lost_jobs(&mut self) {
        let kept = self.vm.kept_goroutines();
        let living: Vec<u64> =
            kept.into_iter().map(|goroutine| self.vm.rt.goroutines.get(goroutine).id).collect();
        let data = self.vm.rt.host_data.as_mut().and_then(|data| data.downcast_mut::<HostData>());
        if let Some(data) = data {
            data.jobs.retain(|goroutine, _| living.contains(goroutine));
        }
    }

    fn results(&mut self, name: &str, callable: &Callable, slots: &[u64]) -> Result<Vec<Value>, Error> {
        if callable.fallible {
            let [.., type_word, data] = *slots else { unreachable!("an error has two slots") };
            if type_word != 0 {
                return Err(self.error_text(type_word, data));
            }
        }
        let rt = &mut self.vm.rt;
        let mut kept = rt.host_data.take();
        let data = kept.as_mut().and_then(|kept| kept.downcast_mut::<HostData>());
        let data = data.expect("the VM was made with the host's data");
        let mut values = Vec::new();
        let mut problem = None;
        let mut first = 0;
        for (i, ty) in callable.results.iter().enumerate() {
            let count = usize::from(rt.types[*ty].slots);
            match Reader::new(rt, data).read(*ty, &slots[first..first + count], 0) {
                Ok(value) => values.push(value),
                Err(found) => {
                    problem = Some((i, found));
                    break;
                }
            }
            first += count;
        }
        rt.host_data = kept;
        match problem {
            None => Ok(values),
            Some((i, Problem::Wrong(text))) => Err(Error::Types(format!("{name}: result {}: {text}", i + 1))),
            Some((_, Problem::Memory | Problem::Stopped)) => Err(self.no_memory_or_interrupted()),
        }
    }

    /// The error that a function has returned: its method has the text.
    fn error_text(&mut self, type_word: u64, data: u64) -> Error {
        let (vm, func) = (&mut self.vm, self.error_text);
        let end = on_deep_stack(|| vm.call(func, &[type_word, data]));
        match self.returned(end) {
            Ok(slots) => {
                let text = self.vm.rt.copy_bytes(slots[0], slots[1]);
                Error::Returned(String::from_utf8_lossy(&text).into_owned())
            }
            Err(error) => error,
        }
    }
}

fn program_of(vm: &mut golite_vm::Vm) -> &mut Program {
    vm.loader().as_any().and_then(|loader| loader.downcast_mut()).expect("the VM was made with a program")
}

/// The files that a VM may use.
fn files(read: Vec<PathBuf>, write: Vec<PathBuf>) -> io::Result<Option<StdHost>> {
    if read.is_empty() && write.is_empty() {
        return Ok(None);
    }
    let permissions = Permissions { read: Some(read), write: Some(write), env: false };
    StdHost::new(Vec::new(), permissions).map(Some)
}

/// A program with what every VM of it needs.
struct Prepared {
    program: Program,
    natural: Natural,
    /// The Go types that hold Rust types, of the packages that the program imports.
    pointers: Vec<(std::any::TypeId, TypeIx)>,
    error_text: FuncIx,
}

fn prepare(checked: Checked, packages: &[HostPackage]) -> Result<Prepared, String> {
    let mut program = Program::of_host(checked);
    let compiler = &mut program.compiler;
    let types = &mut compiler.checker.types;
    let any = types.any();
    let (bytes, list) = (types.slice(Basic::Uint8.id()), types.slice(any));
    let map = types.intern(Type::Map(Basic::String.id(), any));
    let any_map = types.intern(Type::Map(any, any));
    let error = compiler.dynamic_type("errors", "errorString", true)?;
    let natural = Natural {
        bool: compiler.type_of_host(Basic::Bool.id()),
        int: compiler.type_of_host(Basic::Int.id()),
        uint64: compiler.type_of_host(Basic::Uint64.id()),
        float: compiler.type_of_host(Basic::Float64.id()),
        complex: compiler.type_of_host(Basic::Complex128.id()),
        string: compiler.type_of_host(Basic::String.id()),
        bytes: compiler.type_of_host(bytes),
        list: compiler.type_of_host(list),
        map: compiler.type_of_host(map),
        any_map: compiler.type_of_host(any_map),
        error,
    };
    let mut pointers = Vec::new();
    for package in packages {
        if compiler.checker.packages.iter().any(|known| *known.path == *package.path) {
            for (name, ty) in &package.order {
                pointers.push((*ty, compiler.dynamic_type(&package.path, name, true)?));
            }
        }
    }
    let func = compiler.checker.named_object(HOST_HELPER, "ErrorText")?;
    let error_text = compiler.func_ix(FuncKey::Decl(func, Vec::new()));
    Ok(Prepared { program, natural, pointers, error_text })
}

/// The function of that name, with its types.
fn find(program: &mut Program, package: PkgId, name: &str) -> Option<Callable> {
    let checker = &mut program.compiler.checker;
    let symbol = checker.session.names.intern(name);
    let scope = checker.package(package).scope;
    let obj: ObjId = checker.scopes[scope.0 as usize].names.get(&symbol).copied()?;
    if !matches!(checker.object(obj).kind, ObjKind::Func) || program.is_generic(obj) {
        return None;
    }
    let compiler = &mut program.compiler;
    let ty = compiler.checker.object(obj).ty;
    let Type::Signature(signature) = compiler.checker.types.under(ty) else { return None };
    let error = compiler.checker.error_type();
    let mut results = signature.results.clone();
    let fallible = results.last() == Some(&error);
    if fallible {
        results.pop();
    }
    let callable = Callable {
        func: compiler.func_ix(FuncKey::Decl(obj, Vec::new())),
        params: signature.params.iter().map(|ty| compiler.type_ix(*ty)).collect(),
        variadic: signature.variadic,
        results: results.iter().map(|ty| compiler.type_ix(*ty)).collect(),
        fallible,
    };
    let incomplete = |ty: &TypeIx| matches!(compiler.module.types[ty.index()].kind, TypeKind::Incomplete);
    let open = callable.params.iter().chain(&callable.results).any(incomplete);
    (!open).then_some(callable)
}
