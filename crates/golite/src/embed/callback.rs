//! Functions of Go that Rust calls: what a blocking host function gets for a parameter of a function type.
//!
//! A host function runs on a thread of its own while its goroutine waits. To call a function of Go it asks the
//! goroutine, which calls it, hands the results over, and waits again. So calls nest as in one program: the Go
//! function may call host functions itself, and when it panics, the panic goes through the host function's call.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::convert::{Arguments, FromValue, GoType, Mismatch, Results, TypeNames};
use super::outside::Shared;
use super::value::Value;

const ENDED: &str = "the call that got this function has ended";

/// How a Rust function did not return results.
#[derive(Clone)]
pub(super) enum Ended {
    /// With this error.
    Error(String),
    /// It panicked.
    Panicked(String),
}

/// How far a call of a Rust function is.
pub(super) enum State {
    /// The Rust function runs.
    Running,
    /// It wants the function that is its argument of this number to be called.
    Asks(usize, Vec<Value>),
    /// The goroutine calls it.
    Called,
    /// The results.
    Answer(Vec<Value>),
    /// The Rust function has returned.
    Ended(Result<Vec<Value>, Ended>),
    /// Nobody waits for it any more, for this reason.
    Closed(&'static str),
}

/// A call of a Rust function.
pub(super) struct Job {
    /// What the goroutine waits for, by its number: each wait has a new one.
    pub wait: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
    /// Who calls back: one thread at a time.
    turn: Mutex<()>,
}

impl Job {
    pub(super) fn new(wait: u64) -> Job {
        let (state, changed, turn) = (Mutex::new(State::Running), Condvar::new(), Mutex::new(()));
        Job { wait: AtomicU64::new(wait), state, changed, turn }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The Rust function has returned, or the goroutine has results for it.
    pub(super) fn set(&self, new: State) {
        let mut state = self.state();
        if !matches!(*state, State::Closed(_)) {
            *state = new;
        }
        self.changed.notify_all();
    }
}

/// A call that a goroutine waits for. When it does so no more, whoever calls back is told.
pub(super) struct Held(pub Arc<Job>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.set(State::Closed(ENDED));
    }
}

/// A function that an argument of a call is.
pub(super) struct Caller {
    pub job: Arc<Job>,
    pub shared: Arc<Shared>,
    /// The number of the argument.
    pub index: usize,
}

impl Caller {
    fn call(&self, arguments: Vec<Value>) -> Result<Vec<Value>, CallbackError> {
        let ended = |why: &str| CallbackError(why.to_string());
        let _turn = self.job.turn.lock().unwrap_or_else(PoisonError::into_inner);
        {
            let mut state = self.job.state();
            match *state {
                State::Running => *state = State::Asks(self.index, arguments),
                State::Closed(why) => return Err(ended(why)),
                _ => return Err(ended(ENDED)),
            }
        }
        self.shared.job_done(self.job.wait.load(Ordering::SeqCst));
        let mut state = self.job.state();
        loop {
            match std::mem::replace(&mut *state, State::Running) {
                State::Answer(values) => return Ok(values),
                State::Closed(why) => {
                    *state = State::Closed(why);
                    return Err(ended(why));
                }
                other => *state = other,
            }
            state = self.job.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A function of Go, as a [`blocking`](super::PackageBuilder::blocking) host function gets it: `A` are its parameters,
/// `R` its results, nothing, one or tuples of them.
///
/// It can be called until the host function returns, from any thread; calls come one after the other.
///
/// ```
/// use golite::embed::{Callback, CallbackError, Options, PackageBuilder, Program};
///
/// let package = PackageBuilder::new("host/lists").blocking(
///     "Map",
///     |list: Vec<i64>, f: Callback<(i64,), i64>| -> Result<Vec<i64>, CallbackError> {
///         list.into_iter().map(|n| f.call((n,))).collect()
///     },
/// );
/// let text = "func Use() ([]int64, error) { n := int64(10); return lists.Map([]int64{1, 2}, func(x int64) int64 { return n * x }) }";
/// let program = Program::builder().file("use.go-lite", text).host(package).compile()?;
/// let list: Vec<i64> = program.vm(Options::new())?.call("Use", ())?;
/// assert_eq!(list, [10, 20]);
/// # Ok::<(), golite::embed::Error>(())
/// ```
pub struct Callback<A, R> {
    caller: Arc<Caller>,
    types: PhantomData<fn(A) -> R>,
}

impl<A, R> Clone for Callback<A, R> {
    fn clone(&self) -> Callback<A, R> {
        Callback { caller: self.caller.clone(), types: PhantomData }
    }
}

impl<A, R> fmt::Debug for Callback<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

impl<A: Arguments, R: Results> Callback<A, R> {
    /// Calls the function and waits for its results.
    ///
    /// # Errors
    /// When it panicked, or the host function's call has ended.
    pub fn call(&self, arguments: A) -> Result<R, CallbackError> {
        let values = self.caller.call(arguments.into_values())?;
        R::from_values(values).map_err(|error| CallbackError(error.text))
    }
}

/// Why a function of Go gave no results.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CallbackError(String);

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CallbackError {}

/// Types in the parameter or result list of a function of Go: none, one, or a tuple.
pub trait GoTypes {
    /// Adds the Go types.
    ///
    /// # Errors
    /// The name of a Rust type that the package does not have.
    fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<(), String>;
}

impl<T: GoType> GoTypes for T {
    fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<(), String> {
        types.push(T::go_type(names)?);
        Ok(())
    }
}

macro_rules! tuples {
    ($(($($name:ident),*);)*) => {$(
        impl<$($name: GoType),*> GoTypes for ($($name,)*) {
            #[allow(unused_variables, reason = "there may be none")]
            fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<(), String> {
                $(types.push($name::go_type(names)?);)*
                Ok(())
            }
        }
    )*};
}

tuples! {
    ();
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
}

impl<A: GoTypes, R: GoTypes> GoType for Callback<A, R> {
    fn go_type(names: &TypeNames) -> Result<String, String> {
        let (params, results) = Self::callback(names)?.unwrap_or_default();
        Ok(format!("func({}) ({})", params.join(", "), results.join(", ")))
    }

    fn callback(names: &TypeNames) -> Result<Option<(Vec<String>, Vec<String>)>, String> {
        let (mut params, mut results) = (Vec::new(), Vec::new());
        A::go_types(names, &mut params)?;
        R::go_types(names, &mut results)?;
        Ok(Some((params, results)))
    }
}

impl<A, R> FromValue for Callback<A, R> {
    fn from_value(value: Value) -> Result<Callback<A, R>, Mismatch> {
        match &value {
            Value::Object(object) if let Some(caller) = object.get::<Caller>() => {
                Ok(Callback { caller, types: PhantomData })
            }
            other => Err(Mismatch::new("a function", other)),
        }
    }
}
