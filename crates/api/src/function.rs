//! Shapes of the native API: registering, describing and preparing functions.
//!
//! Times are Unix milliseconds or microseconds, sizes are bytes or as [`SpecFields`] spells them; each name says
//! which.

use std::{borrow::Cow, collections::BTreeMap};

use base64::{Engine, engine::general_purpose::STANDARD};
use hydra_types::{FunctionSpec, Limits, SpecFields};
use serde::{Deserialize, Serialize};

/// The JSON body of `PUT /v1/functions/{name}`: for everything that a query cannot say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutFunction<'a> {
    /// What was typed of the spec.
    #[serde(default)]
    pub spec: SpecFields,
    /// The code as text. Exactly one of this and `code_base64`.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'a, str>>,
    /// The code as base64 (RFC 4648, padded), for archives and modules.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub code_base64: Option<Cow<'a, str>>,
}

/// Why a [`PutFunction`] has no code.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CodeError {
    /// Neither field is there, or both are.
    #[error("give the code in exactly one of \"code\" (text) and \"code_base64\"")]
    NotOne,
    /// The base64 is none.
    #[error("code_base64 is not base64: {reason}")]
    Base64 {
        /// The decoder's words, with the position.
        reason: String,
    },
}

impl PutFunction<'_> {
    /// The code's bytes.
    ///
    /// # Errors
    ///
    /// [`CodeError`]: not exactly one field, or bad base64.
    pub fn code_bytes(&self) -> Result<Vec<u8>, CodeError> {
        match (&self.code, &self.code_base64) {
            (Some(text), None) => Ok(text.as_bytes().to_vec()),
            (None, Some(text)) => {
                STANDARD
                    .decode(text.as_bytes())
                    .map_err(|error| CodeError::Base64 {
                        reason: error.to_string(),
                    })
            }
            _ => Err(CodeError::NotOne),
        }
    }
}

/// The reply to `PUT /v1/functions/{name}` and to a checkpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutReply {
    /// Microseconds from code to image.
    pub load_us: u64,
    /// Whether a version was there before.
    pub replaced: bool,
    /// The function as it is now.
    pub function: FunctionReply,
}

/// The reply to a checkpoint: the function has a new image.
pub type CheckpointReply = PutReply;

/// One function, with its live state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FunctionReply {
    /// Its name.
    pub name: String,
    /// Its version; grows with every registration and checkpoint.
    pub version: u64,
    /// Its runtime.
    pub runtime: String,
    /// Its handler, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// `warm` or `fresh`.
    pub reuse: hydra_types::Reuse,
    /// Names of its environment variables. Values are not shown: they are often secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env_names: Vec<String>,
    /// Where it may connect to.
    #[serde(default)]
    pub egress: Vec<String>,
    /// Its bounds.
    pub limits: LimitsReply,
    /// When this version was registered, in Unix milliseconds.
    pub registered_unix_ms: u64,
    /// What it has done and is doing.
    pub counts: Counts,
    /// What its sandboxes share.
    pub image: ImageReply,
    /// Memory that its idle sandboxes hold and nobody shares; an estimate.
    pub idle_private_bytes: u64,
}

/// What a function has done and is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Invocations that were accepted.
    pub invocations: u64,
    /// Of them, those that ended in an error.
    pub errors: u64,
    /// Sandboxes alive.
    pub live: u64,
    /// Of them, those waiting for work.
    pub idle: u64,
    /// Invocations running.
    pub running: u64,
    /// Invocations waiting for their turn.
    pub queued: u64,
}

/// Sizes of what a function's sandboxes share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageReply {
    /// Machine code, shared with every function over the same guest or module.
    pub code_bytes: u64,
    /// The base image, likewise shared.
    pub base_bytes: u64,
    /// The function's own image.
    pub function_bytes: u64,
}

/// A function's bounds, spelled as in [`SpecFields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "each is the field of `SpecFields` with its name"
)]
pub struct LimitsReply {
    pub memory_mb: u64,
    pub timeout_ms: u64,
    pub cpu_ms: u64,
    pub stack_kb: u64,
    pub input_kb: u64,
    pub output_kb: u64,
    pub log_kb: u64,
    pub tmp_mb: u64,
    pub concurrency: u32,
    pub queue: u32,
}

impl From<&Limits> for LimitsReply {
    fn from(limits: &Limits) -> Self {
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Self {
            memory_mb: limits.memory.0 >> 20,
            timeout_ms: millis(limits.timeout),
            cpu_ms: millis(limits.cpu_time),
            stack_kb: limits.stack.0 >> 10,
            input_kb: limits.input.0 >> 10,
            output_kb: limits.output.0 >> 10,
            log_kb: limits.log.0 >> 10,
            tmp_mb: limits.tmp.0 >> 20,
            concurrency: limits.concurrency,
            queue: limits.queue,
        }
    }
}

impl FunctionReply {
    /// The part of a description that comes from the spec; live state is zero.
    #[must_use]
    pub fn of_spec(spec: &FunctionSpec) -> Self {
        Self {
            name: spec.name.as_str().to_owned(),
            version: 0,
            runtime: spec.runtime.as_str().to_owned(),
            handler: spec.handler.clone(),
            reuse: spec.reuse,
            env_names: names(&spec.env),
            egress: spec.egress.entries(),
            limits: LimitsReply::from(&spec.limits),
            registered_unix_ms: 0,
            counts: Counts::default(),
            image: ImageReply::default(),
            idle_private_bytes: 0,
        }
    }
}

fn names(env: &BTreeMap<String, String>) -> Vec<String> {
    env.keys().cloned().collect()
}

/// One line of `GET /v1/functions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionSummary {
    /// Its name.
    pub name: String,
    /// Its runtime.
    pub runtime: String,
    /// Its version.
    pub version: u64,
    /// Invocations that were accepted.
    pub invocations: u64,
}

/// The reply to `GET /v1/functions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionsReply {
    /// All functions, by name.
    pub functions: Vec<FunctionSummary>,
}

/// The reply to a warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WarmUpReply {
    /// Idle sandboxes the function has now.
    pub idle: u32,
}

/// The reply to a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreReply {
    /// Sandboxes made.
    pub count: u32,
    /// Microseconds for all of them.
    pub restore_us: u64,
}

/// The reply to `GET /healthz`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReply {
    /// `ok`, or `draining` with status 503.
    pub status: Cow<'static, str>,
    /// The server's version.
    pub version: Cow<'static, str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(json: &str) -> Result<Vec<u8>, CodeError> {
        serde_json::from_str::<PutFunction<'_>>(json)
            .unwrap()
            .code_bytes()
    }

    #[test]
    fn code_comes_as_text_or_base64_and_never_both() {
        assert_eq!(code(r#"{"code":"a\nb"}"#), Ok(b"a\nb".to_vec()));
        assert_eq!(code(r#"{"code_base64":"AGFzbQ=="}"#), Ok(b"\0asm".to_vec()));
        assert_eq!(code("{}"), Err(CodeError::NotOne));
        assert_eq!(
            code(r#"{"code":"","code_base64":""}"#),
            Err(CodeError::NotOne)
        );
        assert!(matches!(
            code(r#"{"code_base64":"*"}"#),
            Err(CodeError::Base64 { .. })
        ));
    }

    #[test]
    fn unknown_fields_are_refused_so_that_typos_show() {
        let check = |json: &str| {
            assert!(
                serde_json::from_str::<PutFunction<'_>>(json).is_err(),
                "{json}"
            );
        };
        check(r#"{"codes":""}"#);
        check(r#"{"spec":{"memory":1},"code":""}"#);
    }

    #[test]
    fn egress_lists_are_arrays_or_texts_and_shown_as_arrays() {
        let check = |json: &str, expected: &str| {
            let fields: SpecFields = serde_json::from_str(json).unwrap();
            let spec = fields.into_spec("f".parse().unwrap()).unwrap();
            let shown = FunctionReply::of_spec(&spec).egress;
            assert_eq!(serde_json::to_string(&shown).unwrap(), expected, "{json}");
        };
        check(r#"{"runtime":"wasm"}"#, r#"["*"]"#);
        check(r#"{"runtime":"wasm","egress":null}"#, r#"["*"]"#);
        check(r#"{"runtime":"wasm","egress":[]}"#, r#"["none"]"#);
        check(r#"{"runtime":"wasm","egress":"none"}"#, r#"["none"]"#);
        let expected = r#"["a.example:80","10.0.0.0/8"]"#;
        check(
            r#"{"runtime":"wasm","egress":["A.example:80","10.0.0.0/8"]}"#,
            expected,
        );
        check(
            r#"{"runtime":"wasm","egress":"a.example:80, 10.0.0.0/8"}"#,
            expected,
        );
        let refused =
            |json: &str| assert!(serde_json::from_str::<SpecFields>(json).is_err(), "{json}");
        refused(r#"{"egress":1}"#);
        refused(r#"{"egress":[1]}"#);
        refused(&format!(r#"{{"egress":[{}"a"]}}"#, r#""a","#.repeat(256)));
    }

    #[test]
    fn descriptions_show_names_of_variables_and_no_values() {
        let fields = SpecFields {
            runtime: Some("wasm".into()),
            env: BTreeMap::from([("KEY".to_owned(), "s3cret".to_owned())]),
            ..SpecFields::default()
        };
        let spec = fields.into_spec("f".parse().unwrap()).unwrap();
        let json = serde_json::to_string(&FunctionReply::of_spec(&spec)).unwrap();
        assert!(json.contains("KEY") && !json.contains("s3cret"), "{json}");
        assert!(json.contains(r#""memory_mb":128"#), "{json}");
    }
}
