//! Packages that the host makes of Rust functions and types.
//!
//! A package becomes Go source: each function has the Go types of its Rust parameters and results, and a body
//! that hands them over to one native of the package. So the checker sees an ordinary package, and the
//! native finds the type of every value in the interface that brings it.

use std::any::{Any, TypeId};
use std::fmt::{Display, Write as _};
use std::sync::Arc;

use super::convert::{FromValue, GoType, IntoValue, Mismatch, TypeNames};
use super::value::Value;

/// A function as the VM calls it.
pub(super) struct HostFunction {
    /// As programs call it: `geo.Distance`.
    pub name: String,
    /// Its last result is an error.
    pub fallible: bool,
    /// It runs on a thread of its own.
    pub blocking: bool,
    /// It gets functions of Go, to call them.
    pub calls_back: bool,
    pub call: Box<dyn Fn(Vec<Value>) -> Result<Vec<Value>, String> + Send + Sync>,
}

/// The Go types of a function.
#[derive(Debug)]
pub struct Signature {
    params: Vec<String>,
    results: Vec<String>,
    fallible: bool,
    /// Of parameters that the host can call: their own parameters and results.
    callbacks: Vec<Option<(Vec<String>, Vec<String>)>>,
}

/// A Rust function that can be registered: parameters and results have Go types.
///
/// Of `Result<T, E>` the error becomes Go's last result, an `error` with the text of `E`. A function without
/// it cannot fail, but may panic: the Go program panics then.
pub trait HostCallable<Marker>: Send + Sync + 'static {
    /// The Go types.
    ///
    /// # Errors
    /// The name of a Rust type that the package does not have.
    fn signature(names: &TypeNames) -> Result<Signature, String>;

    /// Calls it.
    ///
    /// # Errors
    /// The text of its error.
    fn call(&self, arguments: Vec<Value>) -> Result<Vec<Value>, String>;
}

/// What a registered function returns: nothing, a value, a tuple of them, or a `Result` of these.
pub trait HostResults {
    /// Adds the Go types of the results; tells whether the function can fail.
    ///
    /// # Errors
    /// The name of a Rust type that the package does not have.
    fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<bool, String>;

    /// The values.
    ///
    /// # Errors
    /// The text of the error.
    fn into_values(self) -> Result<Vec<Value>, String>;
}

impl<T: IntoValue + GoType> HostResults for T {
    fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<bool, String> {
        types.push(T::go_type(names)?);
        Ok(false)
    }

    fn into_values(self) -> Result<Vec<Value>, String> {
        Ok(vec![self.into_value()])
    }
}

impl HostResults for () {
    fn go_types(_: &TypeNames, _: &mut Vec<String>) -> Result<bool, String> {
        Ok(false)
    }

    fn into_values(self) -> Result<Vec<Value>, String> {
        Ok(Vec::new())
    }
}

impl<T: HostResults, E: Display> HostResults for Result<T, E> {
    fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<bool, String> {
        T::go_types(names, types)?;
        Ok(true)
    }

    fn into_values(self) -> Result<Vec<Value>, String> {
        self.map_err(|error| error.to_string())?.into_values()
    }
}

macro_rules! results {
    ($(($($name:ident),*);)*) => {$(
        impl<$($name: IntoValue + GoType),*> HostResults for ($($name,)*) {
            fn go_types(names: &TypeNames, types: &mut Vec<String>) -> Result<bool, String> {
                $(types.push($name::go_type(names)?);)*
                Ok(false)
            }

            #[allow(non_snake_case, reason = "the variables are named as their types")]
            fn into_values(self) -> Result<Vec<Value>, String> {
                let ($($name,)*) = self;
                Ok(vec![$($name.into_value()),*])
            }
        }
    )*};
}

results! {
    (A, B);
    (A, B, C);
    (A, B, C, D);
}

macro_rules! callables {
    ($(($($name:ident),*);)*) => {$(
        impl<Function, Result_, $($name),*> HostCallable<fn($($name),*) -> Result_> for Function
        where
            Function: Fn($($name),*) -> Result_ + Send + Sync + 'static,
            Result_: HostResults,
            $($name: FromValue + GoType,)*
        {
            #[allow(unused_variables, reason = "there may be no parameters")]
            fn signature(names: &TypeNames) -> Result<Signature, String> {
                let mut results = Vec::new();
                let fallible = Result_::go_types(names, &mut results)?;
                let callbacks = vec![$($name::callback(names)?),*];
                Ok(Signature { params: vec![$($name::go_type(names)?),*], results, fallible, callbacks })
            }

            #[allow(unused_mut, unused_variables, unused_assignments, non_snake_case, reason = "as above")]
            fn call(&self, arguments: Vec<Value>) -> Result<Vec<Value>, String> {
                let mut arguments = arguments.into_iter();
                let mut number = 0;
                $(
                    number += 1;
                    let $name = $name::from_value(arguments.next().unwrap_or_default())
                        .map_err(|error: Mismatch| format!("argument {number}: {error}"))?;
                )*
                self($($name),*).into_values()
            }
        }
    )*};
}

callables! {
    ();
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, F);
}

/// How a function came to the package, until its text is made.
struct Registered {
    /// The Rust type and the name of a method's receiver.
    receiver: Option<(TypeId, &'static str)>,
    name: String,
    comment: String,
    signature: fn(&TypeNames) -> Result<Signature, String>,
    blocking: bool,
    call: Box<dyn Fn(Vec<Value>) -> Result<Vec<Value>, String> + Send + Sync>,
}

/// A package of Rust functions and types, for Go programs to import.
///
/// ```
/// use golite::embed::{PackageBuilder, Program};
///
/// let geo = PackageBuilder::new("host/geo").function("Area", |width: f64, height: f64| width * height);
/// let text = r#"
///     package main
///     import "host/geo"
///     func Twice(side float64) float64 { return 2 * geo.Area(side, side) }
/// "#;
/// let program = Program::builder().file("main.go", text).host(geo).compile()?;
/// let area: f64 = program.vm(Default::default())?.call("Twice", (3.0,))?;
/// assert_eq!(area, 18.0);
/// # Ok::<(), golite::embed::Error>(())
/// ```
pub struct PackageBuilder {
    path: String,
    types: TypeNames,
    order: Vec<(String, TypeId)>,
    functions: Vec<Registered>,
    problem: Option<String>,
}

impl std::fmt::Debug for PackageBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PackageBuilder").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Whether Go programs can name it from other packages.
fn is_exported(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_uppercase())
        && chars.all(|char| char.is_ascii_alphanumeric() || char == '_')
}

impl PackageBuilder {
    /// A package with that import path; its name is the part after the last slash.
    #[must_use]
    pub fn new(path: impl Into<String>) -> PackageBuilder {
        PackageBuilder {
            path: path.into(),
            types: TypeNames::default(),
            order: Vec::new(),
            functions: Vec::new(),
            problem: None,
        }
    }

    /// Adds a function that returns soon: nothing else of the VM runs meanwhile.
    #[must_use]
    pub fn function<M, F: HostCallable<M>>(self, name: &str, function: F) -> PackageBuilder {
        self.add(None, name, false, function)
    }

    /// Adds a function that may wait: it runs on a thread of its own, and only the goroutine that called
    /// it waits. A call that is interrupted leaves the thread to come to its end alone.
    #[must_use]
    pub fn blocking<M, F: HostCallable<M>>(self, name: &str, function: F) -> PackageBuilder {
        self.add(None, name, true, function)
    }

    /// Adds a Rust type: programs hold pointers to it, which functions get as `Opaque<T>`. A value is
    /// dropped when the program has lost it, at the latest with the VM.
    #[must_use]
    pub fn ty<T: Any + Send + Sync>(mut self, name: &str) -> PackageBuilder {
        if !is_exported(name) {
            self.fail(format!("{name} is no name of a type that other packages can use"));
        }
        if self.types.0.insert(TypeId::of::<T>(), name.to_string()).is_some() {
            self.fail(format!("the Rust type of {name} is registered twice"));
        }
        self.order.push((name.to_string(), TypeId::of::<T>()));
        self
    }

    /// Adds a method to a registered type: its first parameter is `Opaque<T>`. It returns soon.
    #[must_use]
    pub fn method<T: Any, M, F: HostCallable<M>>(self, name: &str, method: F) -> PackageBuilder {
        self.add(Some((TypeId::of::<T>(), std::any::type_name::<T>())), name, false, method)
    }

    /// Adds a method that may wait: see `blocking`.
    #[must_use]
    pub fn blocking_method<T: Any, M, F: HostCallable<M>>(self, name: &str, method: F) -> PackageBuilder {
        self.add(Some((TypeId::of::<T>(), std::any::type_name::<T>())), name, true, method)
    }

    /// The comment of the function or method that was added last, for `golite doc` and readers.
    #[must_use]
    pub fn comment(mut self, text: &str) -> PackageBuilder {
        if let Some(last) = self.functions.last_mut() {
            last.comment = text.to_string();
        }
        self
    }

    fn fail(&mut self, problem: String) {
        self.problem.get_or_insert(problem);
    }

    fn add<M, F: HostCallable<M>>(
        mut self,
        receiver: Option<(TypeId, &'static str)>,
        name: &str,
        blocking: bool,
        function: F,
    ) -> PackageBuilder {
        if !is_exported(name) {
            self.fail(format!("{name} is no name of a function that other packages can call"));
        }
        self.functions.push(Registered {
            receiver,
            name: name.to_string(),
            comment: String::new(),
            signature: F::signature,
            blocking,
            call: Box::new(move |arguments| function.call(arguments)),
        });
        self
    }

    /// The package; its functions have numbers from `first` on.
    pub(super) fn build(self, first: usize) -> Result<HostPackage, String> {
        let path = self.path;
        let wrong = |problem: String| format!("host package {path}: {problem}");
        if let Some(problem) = self.problem {
            return Err(wrong(problem));
        }
        let name = golite_source::outline::package_name(&path).to_string();
        let is_word = |part: &str| {
            !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric() || "_-.".contains(char))
        };
        if !path.split('/').all(is_word) || !name.starts_with(|char: char| char.is_ascii_alphabetic()) {
            return Err(wrong("this is no import path".into()));
        }
        if golite_stdlib::find(&path).is_some() || path.split('/').any(|part| part == "internal") {
            return Err(wrong("a standard package has this path".into()));
        }
        let mut text = format!("package {name}\n\n");
        if !self.order.is_empty() {
            text += "import \"runtime\"\n\n";
        }
        text += "func call(function int, arguments, results []any) int\n\nfunc release(id int)\n\n";
        text += "func depth() int\n\nfunc abandon(depth int)\n\nfunc take(places []any)\n\nfunc give(values []any)\n\n";
        for (ty, _) in &self.order {
            let _ = write!(
                text,
                "type {ty} struct {{\n\tid int\n}}\n\nfunc release{ty}(x *{ty}) {{\n\trelease(x.id)\n}}\n\nfunc keep{ty}(x *{ty}) {{\n\tif x != nil {{\n\t\truntime.SetFinalizer(x, release{ty})\n\t}}\n}}\n\n"
            );
        }
        let mut functions = Vec::new();
        for (number, registered) in (first..).zip(self.functions) {
            let Registered { receiver, name: own, comment, signature, blocking, call } = registered;
            let signature =
                signature(&self.types).map_err(|ty| wrong(format!("{own}: {ty} is not registered")))?;
            let receiver = match receiver {
                None => None,
                Some((ty, rust)) => match self.types.0.get(&ty) {
                    Some(ty) if signature.params.first() == Some(&format!("*{ty}")) => Some(ty.as_str()),
                    Some(ty) => {
                        return Err(wrong(format!("{ty}.{own}: the first parameter is not Opaque<{rust}>")));
                    }
                    None => return Err(wrong(format!("{own}: {rust} is not registered"))),
                },
            };
            let calls_back = signature.callbacks.iter().any(Option::is_some);
            if calls_back && !blocking {
                return Err(wrong(format!("{own}: who calls functions of Go has to be blocking")));
            }
            text += &function_text(&own, receiver, &comment, number, &signature);
            let full = match receiver {
                Some(ty) => format!("{name}.{ty}.{own}"),
                None => format!("{name}.{own}"),
            };
            let fallible = signature.fallible;
            functions.push(Arc::new(HostFunction { name: full, fallible, blocking, calls_back, call }));
        }
        Ok(HostPackage { path, types: self.types, order: self.order, text: text.into(), functions })
    }
}

/// The Go text of a function.
fn function_text(
    name: &str,
    receiver: Option<&str>,
    comment: &str,
    number: usize,
    signature: &Signature,
) -> String {
    let Signature { params, results, fallible, callbacks } = signature;
    let mut text = String::new();
    for line in comment.lines() {
        let _ = writeln!(text, "// {line}");
    }
    let own = usize::from(receiver.is_some());
    let receiver = receiver.map_or(String::new(), |ty| format!("(a0 *{ty}) "));
    let list: Vec<String> = params.iter().enumerate().skip(own).map(|(i, ty)| format!("a{i} {ty}")).collect();
    let mut returns: Vec<String> = results.iter().enumerate().map(|(i, ty)| format!("r{i} {ty}")).collect();
    let mut places: Vec<String> = (0..results.len()).map(|i| format!("&r{i}")).collect();
    if *fallible {
        returns.push("err error".into());
        places.push("&err".into());
    }
    let arguments: Vec<String> = (0..params.len()).map(|i| format!("a{i}")).collect();
    let _ = writeln!(text, "func {receiver}{name}({}) ({}) {{", list.join(", "), returns.join(", "));
    let call = format!("call({number}, []any{{{}}}, []any{{{}}})", arguments.join(", "), places.join(", "));
    if callbacks.iter().any(Option::is_some) {
        text += &callbacks_text(&call, callbacks);
    } else {
        let _ = writeln!(text, "\t{call}");
    }
    for (i, ty) in results.iter().enumerate() {
        if let Some(ty) = ty.strip_prefix('*').filter(|ty| is_exported(ty)) {
            let _ = writeln!(text, "\tkeep{ty}(r{i})");
        }
    }
    text + "\treturn\n}\n\n"
}

/// The call of a function that calls back: until it has returned, what it asks for is called.
fn callbacks_text(call: &str, callbacks: &[Option<(Vec<String>, Vec<String>)>]) -> String {
    let mut text = format!(
        "\tdefer abandon(depth())\n\tfor next := {call}; next != 0; next = {call} {{\n\t\tswitch next {{\n"
    );
    for (i, callback) in callbacks.iter().enumerate() {
        let Some((params, results)) = callback else { continue };
        let _ = writeln!(text, "\t\tcase {}:", i + 1);
        for (n, ty) in params.iter().enumerate() {
            let _ = writeln!(text, "\t\t\tvar p{n} {ty}");
        }
        let names = |letter: &str, count: usize| {
            (0..count).map(|n| format!("{letter}{n}")).collect::<Vec<_>>().join(", ")
        };
        let given = names("p", params.len());
        let _ = writeln!(text, "\t\t\ttake([]any{{{}}})", names("&p", params.len()));
        let got = names("q", results.len());
        let assign = if got.is_empty() { String::new() } else { format!("{got} := ") };
        let _ = writeln!(text, "\t\t\t{assign}a{i}({given})\n\t\t\tgive([]any{{{got}}})");
    }
    text + "\t\t}\n\t}\n"
}

/// A package that has been made.
pub(super) struct HostPackage {
    pub path: String,
    pub types: TypeNames,
    /// The registered types by name.
    pub order: Vec<(String, TypeId)>,
    /// Its Go source.
    pub text: Arc<str>,
    pub functions: Vec<Arc<HostFunction>>,
}
