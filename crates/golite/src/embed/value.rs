//! Values on their way between Go and Rust.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::Arc;

/// A value of any Go type, copied out of a VM or to be copied into one.
///
/// Pointers are followed: a nil pointer is `Nil`, another one the value it points to.
#[derive(Clone, PartialEq, Debug, Default)]
#[non_exhaustive]
pub enum Value {
    /// A nil pointer, slice, map or interface.
    #[default]
    Nil,
    /// A bool.
    Bool(bool),
    /// A signed integer of any size.
    Int(i64),
    /// An unsigned integer of any size.
    Uint(u64),
    /// A floating-point number of either size.
    Float(f64),
    /// A complex number of either size: real and imaginary part.
    Complex(f64, f64),
    /// A string.
    String(String),
    /// A slice of bytes, or a string that is not UTF-8.
    Bytes(Vec<u8>),
    /// A slice or an array.
    List(Vec<Value>),
    /// A map, in no order.
    Map(Vec<(Value, Value)>),
    /// The fields of a struct, in order. Those that are missing on the way to Go are zero.
    Struct(Vec<(String, Value)>),
    /// A value of a Rust type that the host has registered.
    Object(Object),
    /// An error, on the way to Go.
    Error(String),
    /// What has no form in Rust, a channel or a function: its Go type.
    Other(String),
}

impl Value {
    /// The field of a struct.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Struct(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// What it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Nil => "nil",
            Value::Bool(_) => "a bool",
            Value::Int(_) => "a signed integer",
            Value::Uint(_) => "an unsigned integer",
            Value::Float(_) => "a floating-point number",
            Value::Complex(..) => "a complex number",
            Value::String(_) => "a string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Struct(_) => "a struct",
            Value::Object(object) => object.name,
            Value::Error(_) => "an error",
            Value::Other(_) => "a value without a form in Rust",
        }
    }
}

/// A value of a Rust type, as Go programs hold it.
#[derive(Clone)]
pub struct Object {
    pub(super) value: Arc<dyn Any + Send + Sync>,
    pub(super) ty: TypeId,
    pub(super) name: &'static str,
}

impl Object {
    pub(super) fn new<T: Any + Send + Sync>(value: Arc<T>) -> Object {
        Object { value, ty: TypeId::of::<T>(), name: std::any::type_name::<T>() }
    }

    /// The Rust value, if it is of that type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.value.clone().downcast().ok()
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        Arc::ptr_eq(&self.value, &other.value)
    }
}

impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.name).finish()
    }
}
