//! What the host refuses a guest, on its way to becoming an error there.

use bytes::Bytes as Buffer;
use hydra_compute::ComputeError;
use serde_json::{Map, Value};

/// An error for the guest to throw: a class, a message, and what else its properties are.
#[derive(Debug)]
pub(super) struct Refusal(Map<String, Value>);

impl Refusal {
    /// `name` is a built-in error's class, or the name of a `DOMException`.
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        let mut fields = Map::new();
        fields.insert("name".to_owned(), name.into());
        fields.insert("message".to_owned(), message.into().into());
        Self(fields)
    }

    /// The error that `fields`, an object, describes.
    pub(super) fn of(fields: Value) -> Self {
        match fields {
            Value::Object(fields) => Self(fields),
            other => Self::new("Error", other.to_string()),
        }
    }

    pub(super) fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.0.insert(field.to_owned(), value.into());
        self
    }

    pub(super) fn code(self, code: &str) -> Self {
        self.with("code", code)
    }

    pub(super) fn message(&self) -> &str {
        self.0
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether it says that a text is no program.
    pub(super) fn is_syntax(&self) -> bool {
        self.0.get("name").and_then(Value::as_str) == Some("SyntaxError")
    }

    pub(super) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    pub(super) fn to_json(&self) -> Buffer {
        self.to_value().to_string().into()
    }
}

impl From<ComputeError> for Refusal {
    fn from(error: ComputeError) -> Self {
        let refusal = Self::new(error.name, error.message);
        match error.code {
            Some(code) => refusal.code(code),
            None => refusal,
        }
    }
}
