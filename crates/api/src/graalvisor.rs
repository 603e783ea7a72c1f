//! The dialect of Graalvisor, the runtime of the published Hydra system, so that its clients find their routes.
//!
//! ```text
//! POST /register?name=&language=&entryPoint=   code        -> text  Function NAME registered!
//! POST /                    {"name","arguments"}           -> {"result": text, "process time (us)": n}
//! POST /warmup?concurrency=&requests=  {"name","arguments"} -> the same, of the last of the invocations
//! POST /deregister          {"name"} or ?name=             -> text  Function NAME removed!
//! ```
//!
//! Differences, on purpose: errors carry a status and Hydra's envelope (Graalvisor answers 200 with a text), a
//! second registration replaces the first, parameters that choose a Graalvisor sandbox are accepted and ignored.
//!
//! Source: `RuntimeProxy.java` of the published Graalvisor.

use hydra_types::{FunctionName, FunctionSpec, NameError, Runtime, SpecError, SpecFields};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// The query of `/register`. Parameters that are not named here are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RegisterQuery {
    /// The function's name.
    pub name: Option<String>,
    /// The language as Graalvisor calls it; see [`runtime_of_language`].
    pub language: Option<String>,
    /// The handler.
    #[serde(rename = "entryPoint")]
    pub entry_point: Option<String>,
}

/// Why a request in this dialect means nothing to Hydra.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DialectError {
    /// A parameter is missing.
    #[error("the {name:?} parameter is missing")]
    Missing {
        /// Which.
        name: &'static str,
    },
    /// The function's name is none.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Hydra has no such language.
    #[error(
        "unknown language {found:?}; javascript, js or nodejs for JavaScript, wasm, rust, c or go for a WebAssembly module"
    )]
    Language {
        /// What was typed.
        found: String,
    },
    /// The rest of the spec is wrong.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

/// The runtime that runs `language`.
#[must_use]
pub fn runtime_of_language(language: &str) -> Option<Runtime> {
    match language.to_ascii_lowercase().as_str() {
        "javascript" | "js" | "nodejs" => Some(Runtime::JavaScript),
        "wasm" | "rust" | "c" | "go" => Some(Runtime::Wasm),
        _ => None,
    }
}

impl RegisterQuery {
    /// The spec that is meant.
    ///
    /// # Errors
    ///
    /// The first parameter that is missing or wrong.
    pub fn into_spec(self) -> Result<FunctionSpec, DialectError> {
        let name: FunctionName = self
            .name
            .ok_or(DialectError::Missing { name: "name" })?
            .parse()?;
        let language = self
            .language
            .ok_or(DialectError::Missing { name: "language" })?;
        let runtime =
            runtime_of_language(&language).ok_or(DialectError::Language { found: language })?;
        let fields = SpecFields {
            runtime: Some(runtime.as_str().to_owned()),
            handler: self.entry_point.filter(|handler| !handler.is_empty()),
            ..SpecFields::default()
        };
        Ok(fields.into_spec(name)?)
    }
}

/// The body of `/`, `/warmup` and `/deregister`. Fields that are not named here are ignored.
#[derive(Debug, Deserialize)]
pub struct Request<'a> {
    /// The function's name.
    pub name: String,
    /// The event: a string holding a JSON text, or any other JSON value as it stands.
    #[serde(borrow, default)]
    pub arguments: Option<&'a RawValue>,
}

impl Request<'_> {
    /// The event as a JSON text; empty stands for `null`.
    ///
    /// A string whose text is JSON means that JSON (so Graalvisor's clients send it); any other string is itself.
    #[must_use]
    pub fn event(&self) -> Vec<u8> {
        let Some(arguments) = self.arguments.map(RawValue::get) else {
            return Vec::new();
        };
        match serde_json::from_str::<String>(arguments) {
            Ok(text) if text.is_empty() => Vec::new(),
            Ok(text) if serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok() => {
                text.into_bytes()
            }
            _ => arguments.as_bytes().to_vec(),
        }
    }
}

/// The query of `/warmup`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct WarmUpQuery {
    /// Invocations at once.
    pub concurrency: u32,
    /// Invocations in all.
    pub requests: u32,
}

impl Default for WarmUpQuery {
    fn default() -> Self {
        Self {
            concurrency: 1,
            requests: 1,
        }
    }
}

/// The query of `/deregister`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct NameQuery {
    /// The function's name.
    pub name: Option<String>,
}

/// The reply to `/` and `/warmup`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The function's reply as text.
    pub result: String,
    /// Microseconds from acceptance to the reply.
    #[serde(rename = "process time (us)")]
    pub process_time_us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_query;

    fn spec(query: &str) -> Result<FunctionSpec, DialectError> {
        parse_query::<RegisterQuery>(Some(query))
            .unwrap()
            .into_spec()
    }

    #[test]
    fn languages_map_to_runtimes() {
        let check = |language: &str, expected: Option<Runtime>| {
            assert_eq!(runtime_of_language(language), expected, "{language}");
        };
        check("javascript", Some(Runtime::JavaScript));
        check("JS", Some(Runtime::JavaScript));
        check("nodejs", Some(Runtime::JavaScript));
        check("rust", Some(Runtime::Wasm));
        check("wasm", Some(Runtime::Wasm));
        check("java", None);
        check("", None);
    }

    #[test]
    fn registrations_carry_name_language_and_entry_point_and_ignore_the_rest() {
        let spec = spec("name=hw&language=nodejs&entryPoint=main&sandbox=context&svmid=1").unwrap();
        assert_eq!(spec.name.as_str(), "hw");
        assert_eq!(spec.runtime, Runtime::JavaScript);
        assert_eq!(spec.handler.as_deref(), Some("main"));
    }

    #[test]
    fn registrations_that_mean_nothing_say_why() {
        assert_eq!(
            spec("language=js"),
            Err(DialectError::Missing { name: "name" })
        );
        assert_eq!(
            spec("name=f"),
            Err(DialectError::Missing { name: "language" })
        );
        let language = spec("name=f&language=java").unwrap_err();
        assert!(language.to_string().contains("\"java\""), "{language}");
        assert!(matches!(
            spec("name=..&language=js"),
            Err(DialectError::Name(_))
        ));
        assert!(matches!(
            spec("name=f&language=js&entryPoint=a%3Bb"),
            Err(DialectError::Spec(_))
        ));
    }

    #[test]
    fn arguments_are_json_however_they_are_wrapped() {
        let check = |json: &str, expected: &str| {
            let request: Request<'_> = serde_json::from_str(json).unwrap();
            assert_eq!(
                String::from_utf8(request.event()).unwrap(),
                expected,
                "{json}"
            );
        };
        check(r#"{"name":"f"}"#, "");
        check(r#"{"name":"f","arguments":""}"#, "");
        check(r#"{"name":"f","arguments":"{\"a\":1}"}"#, r#"{"a":1}"#);
        check(r#"{"name":"f","arguments":{"a": 1}}"#, r#"{"a": 1}"#);
        check(
            r#"{"name":"f","arguments":"plain words","async":"false"}"#,
            r#""plain words""#,
        );
        check(r#"{"name":"f","arguments":[1,2]}"#, "[1,2]");
    }

    #[test]
    fn replies_spell_the_time_as_graalvisor_does() {
        let reply = Reply {
            result: "{\"a\":1}".into(),
            process_time_us: 7,
        };
        assert_eq!(
            serde_json::to_string(&reply).unwrap(),
            r#"{"result":"{\"a\":1}","process time (us)":7}"#
        );
    }
}
