//! Conversions between Rust types and values, and the Go types that Rust types stand for.
//!
//! | Rust | Go |
//! |---|---|
//! | `i8`…`i64`, `u8`…`u64`, `isize`, `usize` | `int8`…`int64`, `uint8`…`uint64`, `int`, `uint` |
//! | `f32`, `f64`, `bool`, `String`, `&str` | `float32`, `float64`, `bool`, `string` |
//! | `Vec<T>`, `&[T]` | `[]T` |
//! | `HashMap<K, V>`, `BTreeMap<K, V>` | `map[K]V` |
//! | `Option<T>` | `*T` |
//! | `Opaque<T>` | a pointer to the type that was registered for `T` |
//! | `Value` | `any` |
//!
//! A function that the host calls may have other types: an integer is taken for every integer type that it
//! fits into, a struct is a `Value::Struct`.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::ops::Deref;
use std::sync::Arc;

use super::value::{Object, Value};

/// A Rust type whose values can be given to Go.
pub trait IntoValue: Sized {
    /// The value.
    fn into_value(self) -> Value;

    /// A list of values. Bytes have a form of their own.
    #[doc(hidden)]
    fn list_into_value(list: Vec<Self>) -> Value {
        Value::List(list.into_iter().map(IntoValue::into_value).collect())
    }
}

/// A Rust type that Go values can become.
pub trait FromValue: Sized {
    /// The Rust value.
    ///
    /// # Errors
    /// What is wanted, such as `a bool`, when the value is something else.
    fn from_value(value: Value) -> Result<Self, Mismatch>;

    /// A list of values. Bytes have a form of their own.
    #[doc(hidden)]
    fn list_from_value(value: Value) -> Result<Vec<Self>, Mismatch> {
        match value {
            Value::Nil => Ok(Vec::new()),
            Value::List(items) => items.into_iter().map(Self::from_value).collect(),
            Value::Bytes(bytes) => {
                bytes.into_iter().map(|byte| Self::from_value(Value::Uint(u64::from(byte)))).collect()
            }
            other => Err(Mismatch::new("a list", &other)),
        }
    }
}

/// A Rust type that stands for a Go type in the signatures of registered functions.
pub trait GoType {
    /// The Go type as it is written in a package that has these types.
    ///
    /// # Errors
    /// The name of a Rust type that the package does not have.
    fn go_type(names: &TypeNames) -> Result<String, String>;

    /// Parameters and results of a function that the host can call.
    #[doc(hidden)]
    fn callback(_: &TypeNames) -> Result<Option<(Vec<String>, Vec<String>)>, String> {
        Ok(None)
    }
}

/// The Go names of the Rust types of a package.
#[derive(Debug, Default)]
pub struct TypeNames(pub(super) HashMap<TypeId, String>);

/// A value is not what was wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mismatch {
    pub(super) text: String,
}

impl Mismatch {
    /// The value is something else than what is wanted, for example `a bool`.
    #[must_use]
    pub fn new(wanted: &str, value: &Value) -> Mismatch {
        Mismatch { text: format!("{wanted} is wanted, not {}", value.kind()) }
    }
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Mismatch {}

macro_rules! go_type {
    ($($ty:ty => $name:literal),* $(,)?) => {$(
        impl GoType for $ty {
            fn go_type(_: &TypeNames) -> Result<String, String> {
                Ok($name.to_string())
            }
        }
    )*};
}

go_type! {
    i8 => "int8", i16 => "int16", i32 => "int32", i64 => "int64", isize => "int",
    u8 => "uint8", u16 => "uint16", u32 => "uint32", u64 => "uint64", usize => "uint",
    f32 => "float32", f64 => "float64", bool => "bool", String => "string", &str => "string",
    Value => "any",
}

/// An integer of a type that has room for it.
fn integer<T: TryFrom<i64> + TryFrom<u64>>(value: &Value, name: &str) -> Result<T, Mismatch> {
    let (found, shown) = match value {
        Value::Int(number) => (T::try_from(*number).ok(), number.to_string()),
        Value::Uint(number) => (T::try_from(*number).ok(), number.to_string()),
        other => return Err(Mismatch::new("an integer", other)),
    };
    found.ok_or_else(|| Mismatch { text: format!("{shown} does not fit into {name}") })
}

macro_rules! integers {
    ($($ty:ident $variant:ident $wide:ty),*) => {$(
        impl IntoValue for $ty {
            fn into_value(self) -> Value {
                Value::$variant(self as $wide)
            }
        }

        impl FromValue for $ty {
            fn from_value(value: Value) -> Result<$ty, Mismatch> {
                integer(&value, stringify!($ty))
            }
        }
    )*};
}

integers! {
    i8 Int i64, i16 Int i64, i32 Int i64, i64 Int i64, isize Int i64,
    u16 Uint u64, u32 Uint u64, u64 Uint u64, usize Uint u64
}

impl IntoValue for u8 {
    fn into_value(self) -> Value {
        Value::Uint(u64::from(self))
    }

    fn list_into_value(list: Vec<u8>) -> Value {
        Value::Bytes(list)
    }
}

impl FromValue for u8 {
    fn from_value(value: Value) -> Result<u8, Mismatch> {
        integer(&value, "u8")
    }

    fn list_from_value(value: Value) -> Result<Vec<u8>, Mismatch> {
        match value {
            Value::Nil => Ok(Vec::new()),
            Value::Bytes(bytes) => Ok(bytes),
            Value::String(text) => Ok(text.into_bytes()),
            Value::List(items) => items.into_iter().map(u8::from_value).collect(),
            other => Err(Mismatch::new("bytes", &other)),
        }
    }
}

impl IntoValue for f64 {
    fn into_value(self) -> Value {
        Value::Float(self)
    }
}

impl FromValue for f64 {
    fn from_value(value: Value) -> Result<f64, Mismatch> {
        match value {
            Value::Float(number) => Ok(number),
            other => Err(Mismatch::new("a floating-point number", &other)),
        }
    }
}

impl IntoValue for f32 {
    fn into_value(self) -> Value {
        Value::Float(f64::from(self))
    }
}

impl FromValue for f32 {
    fn from_value(value: Value) -> Result<f32, Mismatch> {
        f64::from_value(value).map(|number| number as f32)
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl FromValue for bool {
    fn from_value(value: Value) -> Result<bool, Mismatch> {
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(Mismatch::new("a bool", &other)),
        }
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::String(self)
    }
}

impl IntoValue for &str {
    fn into_value(self) -> Value {
        Value::String(self.to_string())
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Result<String, Mismatch> {
        match value {
            Value::String(text) => Ok(text),
            Value::Bytes(_) => Err(Mismatch { text: "a string in UTF-8 is wanted, not bytes".into() }),
            other => Err(Mismatch::new("a string", &other)),
        }
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl FromValue for Value {
    fn from_value(value: Value) -> Result<Value, Mismatch> {
        Ok(value)
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        T::list_into_value(self)
    }
}

impl<T: IntoValue + Clone> IntoValue for &[T] {
    fn into_value(self) -> Value {
        T::list_into_value(self.to_vec())
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: Value) -> Result<Vec<T>, Mismatch> {
        T::list_from_value(value)
    }
}

impl<T: GoType> GoType for Vec<T> {
    fn go_type(names: &TypeNames) -> Result<String, String> {
        Ok(format!("[]{}", T::go_type(names)?))
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Nil, IntoValue::into_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Result<Option<T>, Mismatch> {
        match value {
            Value::Nil => Ok(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl<T: GoType> GoType for Option<T> {
    fn go_type(names: &TypeNames) -> Result<String, String> {
        Ok(format!("*{}", T::go_type(names)?))
    }
}

fn entries<K: FromValue, V: FromValue, M: FromIterator<(K, V)>>(value: Value) -> Result<M, Mismatch> {
    match value {
        Value::Nil => Ok(std::iter::empty().collect()),
        Value::Map(entries) => {
            entries.into_iter().map(|(key, value)| Ok((K::from_value(key)?, V::from_value(value)?))).collect()
        }
        other => Err(Mismatch::new("a map", &other)),
    }
}

macro_rules! maps {
    ($($map:ident: $($bound:ident +)*;)*) => {$(
        impl<K: IntoValue, V: IntoValue> IntoValue for $map<K, V> {
            fn into_value(self) -> Value {
                Value::Map(self.into_iter().map(|(key, value)| (key.into_value(), value.into_value())).collect())
            }
        }

        impl<K: FromValue $(+ $bound)*, V: FromValue> FromValue for $map<K, V> {
            fn from_value(value: Value) -> Result<$map<K, V>, Mismatch> {
                entries(value)
            }
        }

        impl<K: GoType, V: GoType> GoType for $map<K, V> {
            fn go_type(names: &TypeNames) -> Result<String, String> {
                Ok(format!("map[{}]{}", K::go_type(names)?, V::go_type(names)?))
            }
        }
    )*};
}

maps! {
    HashMap: Eq + Hash +;
    BTreeMap: Ord +;
}

/// A value of a Rust type that Go programs hold without seeing into it. What changes in it needs a lock:
/// its methods may run on several threads.
#[derive(Debug)]
pub struct Opaque<T> {
    value: Arc<T>,
}

impl<T> Opaque<T> {
    /// Makes one.
    #[must_use]
    pub fn new(value: T) -> Opaque<T> {
        Opaque { value: Arc::new(value) }
    }

    /// Whether both are the same value.
    #[must_use]
    pub fn is_same(&self, other: &Opaque<T>) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }
}

impl<T> From<Arc<T>> for Opaque<T> {
    fn from(value: Arc<T>) -> Opaque<T> {
        Opaque { value }
    }
}

impl<T> From<Opaque<T>> for Arc<T> {
    fn from(opaque: Opaque<T>) -> Arc<T> {
        opaque.value
    }
}

impl<T> Clone for Opaque<T> {
    fn clone(&self) -> Opaque<T> {
        Opaque { value: self.value.clone() }
    }
}

impl<T> Deref for Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Any + Send + Sync> IntoValue for Opaque<T> {
    fn into_value(self) -> Value {
        Value::Object(Object::new(self.value))
    }
}

impl<T: Any + Send + Sync> FromValue for Opaque<T> {
    fn from_value(value: Value) -> Result<Opaque<T>, Mismatch> {
        let name = std::any::type_name::<T>();
        match value {
            Value::Object(object) => match object.get() {
                Some(value) => Ok(Opaque { value }),
                None => Err(Mismatch::new(name, &Value::Object(object))),
            },
            other => Err(Mismatch::new(name, &other)),
        }
    }
}

impl<T: Any> GoType for Opaque<T> {
    fn go_type(names: &TypeNames) -> Result<String, String> {
        match names.0.get(&TypeId::of::<T>()) {
            Some(name) => Ok(format!("*{name}")),
            None => Err(std::any::type_name::<T>().to_string()),
        }
    }
}

/// The arguments of a call: a tuple, or a list of values.
pub trait Arguments {
    /// The values.
    fn into_values(self) -> Vec<Value>;
}

impl Arguments for Vec<Value> {
    fn into_values(self) -> Vec<Value> {
        self
    }
}

/// The results of a call: nothing, one value, a tuple, or a list of values. A last result of type `error` is
/// not among them.
pub trait Results: Sized {
    /// The Rust values.
    ///
    /// # Errors
    /// When there are more or fewer, or they are of other types.
    fn from_values(values: Vec<Value>) -> Result<Self, Mismatch>;
}

fn count(wanted: usize, values: &[Value]) -> Result<(), Mismatch> {
    let found = values.len();
    if found == wanted {
        return Ok(());
    }
    Err(Mismatch { text: format!("{wanted} results are wanted, the function has {found}") })
}

impl<T: FromValue> Results for T {
    fn from_values(mut values: Vec<Value>) -> Result<T, Mismatch> {
        count(1, &values)?;
        T::from_value(values.remove(0)).map_err(|error| Mismatch { text: format!("result 1: {error}") })
    }
}

/// All results, whatever they are.
#[derive(Clone, PartialEq, Debug)]
pub struct Values(pub Vec<Value>);

impl Results for Values {
    fn from_values(values: Vec<Value>) -> Result<Values, Mismatch> {
        Ok(Values(values))
    }
}

macro_rules! tuples {
    ($(($($name:ident $number:literal),*);)*) => {$(
        impl<$($name: IntoValue),*> Arguments for ($($name,)*) {
            #[allow(non_snake_case, reason = "the variables are named as their types")]
            fn into_values(self) -> Vec<Value> {
                let ($($name,)*) = self;
                vec![$($name.into_value()),*]
            }
        }

        impl<$($name: FromValue),*> Results for ($($name,)*) {
            #[allow(unused_mut, unused_variables, reason = "there may be none")]
            fn from_values(values: Vec<Value>) -> Result<Self, Mismatch> {
                count([$($number),*].len(), &values)?;
                let mut values = values.into_iter();
                Ok(($(
                    $name::from_value(values.next().unwrap_or_default())
                        .map_err(|error| Mismatch { text: format!("result {}: {error}", $number) })?,
                )*))
            }
        }
    )*};
}

impl Arguments for () {
    fn into_values(self) -> Vec<Value> {
        Vec::new()
    }
}

impl Results for () {
    fn from_values(values: Vec<Value>) -> Result<(), Mismatch> {
        count(0, &values)
    }
}

tuples! {
    (A 1);
    (A 1, B 2);
    (A 1, B 2, C 3);
    (A 1, B 2, C 3, D 4);
    (A 1, B 2, C 3, D 4, E 5);
    (A 1, B 2, C 3, D 4, E 5, F 6);
    (A 1, B 2, C 3, D 4, E 5, F 6, G 7);
    (A 1, B 2, C 3, D 4, E 5, F 6, G 7, H 8);
}
