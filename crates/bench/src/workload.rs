//! The functions that get measured, their events, and the replies they must give.
//!
//! A reply counts as right when it is the expected JSON value: key order and spacing are the function's business.

use anyhow::{Context, Result, bail};
use bytes::Bytes as Buffer;
use hydra_sandbox::{Outcome, Payload};
use hydra_types::{FunctionSpec, Runtime, SpecFields};
use serde_json::{Value, json};

/// The JavaScript function of all hello measurements.
pub const HELLO_SOURCE: &str =
    "export function handler(event) { return { message: \"Hello, \" + event.name + \"!\" } }\n";

/// Leaves some 300 KB of garbage per call, a quarter of it alive at once: in four batches 600 objects, arrays and
/// strings, a JSON round trip, a built string.
const ALLOCATING_SOURCE: &str = r#"
export function handler(event) {
  let rows = 0, characters = 0;
  for (let batch = 0; batch < 4; batch++) {
    const made = [];
    for (let i = 0; i < 75; i++) made.push({ id: i, name: event.name + i, tags: ["a" + i, "b" + i] });
    const back = JSON.parse(JSON.stringify(made));
    let line = "";
    for (const row of back) line += row.name + ";";
    rows += back.length;
    characters += line.length;
  }
  return { rows, characters };
}
"#;

/// The hello event.
pub const HELLO_EVENT: &str = r#"{"name":"Ada"}"#;

/// The hello reply, byte for byte as JavaScript's `JSON.stringify` writes it.
pub const HELLO_REPLY: &str = r#"{"message":"Hello, Ada!"}"#;

/// A function with one event and the reply it must give.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The function's spec.
    pub spec: FunctionSpec,
    /// Its code.
    pub code: Vec<u8>,
    event: Buffer,
    expected: Value,
}

impl Workload {
    /// JavaScript hello.
    ///
    /// # Errors
    ///
    /// None in practice; names and specs are checked like a user's.
    pub fn hello() -> Result<Self> {
        Self::javascript("bench-hello", HELLO_SOURCE, hello_reply("Ada"))
    }

    /// JavaScript that leaves some 300 KB of garbage per call.
    ///
    /// # Errors
    ///
    /// As [`Workload::hello`].
    pub fn allocating() -> Result<Self> {
        let expected = json!({"rows": 300, "characters": 1760});
        Self::javascript("bench-allocating", ALLOCATING_SOURCE, expected)
    }

    /// JavaScript hello number `index`: source, name and image differ from every other number's.
    ///
    /// # Errors
    ///
    /// As [`Workload::hello`].
    pub fn numbered_hello(index: usize) -> Result<Self> {
        let source = format!("export const number = {index};\n{HELLO_SOURCE}");
        Self::javascript(&format!("bench-hello-{index}"), &source, hello_reply("Ada"))
    }

    /// Hello of a WebAssembly module that answers as the JavaScript one does.
    ///
    /// # Errors
    ///
    /// As [`Workload::hello`].
    pub fn wasm_hello(module: Vec<u8>) -> Result<Self> {
        Self::wasm("bench-hello", module, "Ada")
    }

    /// The same module with a name of 64 KiB, so that reading, parsing and building the reply allocate.
    ///
    /// # Errors
    ///
    /// As [`Workload::hello`].
    pub fn wasm_allocating(module: Vec<u8>) -> Result<Self> {
        Self::wasm("bench-allocating", module, &"Ada ".repeat(16 << 10))
    }

    /// The event, as the sandbox gets it.
    #[must_use]
    pub fn event(&self) -> Payload {
        Payload::Json(self.event.clone())
    }

    /// Refuses a reply that is not the expected one.
    ///
    /// # Errors
    ///
    /// The failure, or the reply beside the expected one.
    pub fn check(&self, outcome: Outcome) -> Result<()> {
        let reply = outcome
            .result
            .with_context(|| format!("{} failed", self.spec.name))?;
        self.check_reply(&reply)
    }

    /// As [`Workload::check`], for a bare reply.
    ///
    /// # Errors
    ///
    /// The reply beside the expected one.
    pub fn check_reply(&self, reply: &Payload) -> Result<()> {
        let found: Option<Value> = serde_json::from_slice(reply.bytes()).ok();
        if found.as_ref() != Some(&self.expected) {
            bail!(
                "{} replied {:?} to {:?}, expected {}",
                self.spec.name,
                excerpt(reply.bytes()),
                excerpt(&self.event),
                excerpt(self.expected.to_string().as_bytes()),
            );
        }
        Ok(())
    }

    fn javascript(name: &str, source: &str, expected: Value) -> Result<Self> {
        Ok(Self {
            spec: spec(name, Runtime::JavaScript)?,
            code: source.as_bytes().to_vec(),
            event: Buffer::from_static(HELLO_EVENT.as_bytes()),
            expected,
        })
    }

    fn wasm(name: &str, module: Vec<u8>, who: &str) -> Result<Self> {
        Ok(Self {
            spec: spec(name, Runtime::Wasm)?,
            code: module,
            event: json!({ "name": who }).to_string().into(),
            expected: hello_reply(who),
        })
    }
}

fn hello_reply(name: &str) -> Value {
    json!({ "message": format!("Hello, {name}!") })
}

fn spec(name: &str, runtime: Runtime) -> Result<FunctionSpec> {
    let fields = SpecFields {
        runtime: Some(runtime.as_str().to_owned()),
        ..SpecFields::default()
    };
    Ok(fields.into_spec(name.parse()?)?)
}

/// The first 200 bytes as text, for messages.
fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(text: &'static str) -> Payload {
        Payload::Raw(Buffer::from_static(text.as_bytes()))
    }

    #[test]
    fn right_replies_pass_and_wrong_ones_do_not() {
        let hello = Workload::hello().unwrap();
        let check = |text, expected| {
            assert_eq!(
                hello.check_reply(&reply(text)).is_ok(),
                expected,
                "{text:?}"
            )
        };
        check(HELLO_REPLY, true);
        check("{ \"message\": \"Hello, Ada!\" }\n", true);
        check(r#"{"message":"Hello, Bob!"}"#, false);
        check(r#"{"message":"Hello, Ada!","more":1}"#, false);
        check("", false);
        check("Hello, Ada!", false);
    }

    #[test]
    fn numbered_functions_differ_in_name_and_source() {
        let (a, b) = (
            Workload::numbered_hello(1).unwrap(),
            Workload::numbered_hello(2).unwrap(),
        );
        assert_ne!(a.spec.name, b.spec.name);
        assert_ne!(a.code, b.code);
    }
}
