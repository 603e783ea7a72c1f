//! A function's spec: what its owner asked for, apart from any live state.
//!
//! What was typed ([`SpecFields`]: every field optional, flat, the same in a query string and in JSON) becomes
//! what is meant ([`FunctionSpec`]: complete, checked) in one step.

use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Bytes, EgressPolicy, FunctionName, Limits};

/// The language of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runtime {
    /// JavaScript source over the QuickJS guest.
    JavaScript,
    /// A `wasm32-wasip1` module.
    Wasm,
}

impl Runtime {
    /// Every runtime, in the order they are listed to users.
    pub const ALL: [Self; 2] = [Self::JavaScript, Self::Wasm];

    /// The word used in specs, headers and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::Wasm => "wasm",
        }
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Runtime {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::ALL
            .into_iter()
            .find(|runtime| runtime.as_str() == text)
            .ok_or_else(|| SpecError::Runtime {
                found: text.to_owned(),
            })
    }
}

/// What a sandbox remembers from one invocation to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reuse {
    /// Globals survive between the invocations of one sandbox.
    #[default]
    Warm,
    /// Every invocation sees the function's image.
    Fresh,
}

/// Everything that makes a function besides its code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionSpec {
    /// The function's name.
    pub name: FunctionName,
    /// The language of its code.
    pub runtime: Runtime,
    /// Which of the code's functions answers; `None` lets the runtime look for its usual names.
    pub handler: Option<String>,
    /// What the one file is called that was uploaded; its ending tells TypeScript and kinds of modules apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Sandbox reuse policy.
    pub reuse: Reuse,
    /// Environment variables.
    pub env: BTreeMap<String, String>,
    /// Where it may connect to.
    #[serde(default)]
    pub egress: EgressPolicy,
    /// Bounds.
    pub limits: Limits,
}

/// A spec as typed by a user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SpecFields {
    /// See [`FunctionSpec::runtime`].
    pub runtime: Option<String>,
    /// See [`FunctionSpec::handler`].
    pub handler: Option<String>,
    /// See [`FunctionSpec::file`].
    pub file: Option<String>,
    /// See [`FunctionSpec::reuse`].
    pub reuse: Option<Reuse>,
    /// See [`FunctionSpec::env`].
    pub env: BTreeMap<String, String>,
    /// See [`FunctionSpec::egress`]: a list, or one text with commas.
    #[serde(deserialize_with = "crate::egress::typed")]
    pub egress: Option<Vec<String>>,
    /// See [`Limits::memory`]: 1 to 4096 MiB.
    pub memory_mb: Option<u64>,
    /// See [`Limits::timeout`]: 1 to 900,000 ms.
    pub timeout_ms: Option<u64>,
    /// See [`Limits::cpu_time`]: 1 to 900,000 ms; the timeout where not given.
    pub cpu_ms: Option<u64>,
    /// See [`Limits::stack`]: 16 to 512 KiB.
    pub stack_kb: Option<u64>,
    /// See [`Limits::input`]: at most 64 MiB.
    pub input_kb: Option<u64>,
    /// See [`Limits::output`]: at most 64 MiB.
    pub output_kb: Option<u64>,
    /// See [`Limits::log`]: at most 16 MiB.
    pub log_kb: Option<u64>,
    /// See [`Limits::tmp`]: at most 512 MiB.
    pub tmp_mb: Option<u64>,
    /// See [`Limits::concurrency`]: 1 to 100,000.
    pub concurrency: Option<u64>,
    /// See [`Limits::queue`]: at most 100,000.
    pub queue: Option<u64>,
}

/// Why what was typed is no spec.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SpecError {
    /// No runtime was given.
    #[error("no runtime given; one of javascript, wasm")]
    NoRuntime,
    /// The runtime is none that Hydra has.
    #[error("unknown runtime {found:?}; one of javascript, wasm")]
    Runtime {
        /// What was typed.
        found: String,
    },
    /// A number is out of its range.
    #[error("{field} = {found} is out of range; {min} to {max}")]
    Range {
        /// The field as typed.
        field: &'static str,
        /// The value as typed.
        found: u64,
        /// Smallest allowed.
        min: u64,
        /// Largest allowed.
        max: u64,
    },
    /// An environment variable cannot exist.
    #[error(
        "environment variable {name:?} is not allowed: a name is 1 to 256 characters without '=' or NUL, a value is without NUL, all together at most 32 KiB"
    )]
    Env {
        /// The offending name, or `*` for the total size.
        name: String,
    },
    /// The handler's name cannot be one.
    #[error(
        "handler {found:?} is not a name; use letters, digits, '_', '$', '.' and '/', at most 256 characters"
    )]
    Handler {
        /// What was typed.
        found: String,
    },
    /// The file's name cannot be one.
    #[error(
        "file {file:?} is not allowed: a name like index.ts, of 1 to 255 letters, digits, '.', '_' and '-'"
    )]
    File {
        /// What was typed.
        file: String,
    },
    /// An entry of the egress list is none.
    #[error("egress entry {entry:?} is not allowed: {reason}")]
    Egress {
        /// The entry as typed.
        entry: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The egress list is too long.
    #[error("egress has {found} entries; at most 256")]
    EgressCount {
        /// Entries in the list.
        found: usize,
    },
}

impl SpecFields {
    /// Turns what was typed into what is meant.
    ///
    /// # Errors
    ///
    /// The first field that is missing or out of its range.
    pub fn into_spec(self, name: FunctionName) -> Result<FunctionSpec, SpecError> {
        let runtime: Runtime = self
            .runtime
            .as_deref()
            .ok_or(SpecError::NoRuntime)?
            .parse()?;
        let limits = self.limits()?;
        check_env(&self.env)?;
        if let Some(handler) = &self.handler {
            check_handler(handler)?;
        }
        if let Some(file) = &self.file {
            check_file(file)?;
        }
        let egress = match &self.egress {
            Some(entries) => EgressPolicy::parse(entries)?,
            None => EgressPolicy::default(),
        };
        Ok(FunctionSpec {
            name,
            runtime,
            handler: self.handler,
            file: self.file,
            reuse: self.reuse.unwrap_or_default(),
            env: self.env,
            egress,
            limits,
        })
    }

    fn limits(&self) -> Result<Limits, SpecError> {
        let default = Limits::default();
        let within =
            |field, typed: Option<u64>, default: u64, min, max| match typed.unwrap_or(default) {
                found if (min..=max).contains(&found) => Ok(found),
                found => Err(SpecError::Range {
                    field,
                    found,
                    min,
                    max,
                }),
            };
        let timeout_ms = within("timeout_ms", self.timeout_ms, 30_000, 1, 900_000)?;
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        Ok(Limits {
            memory: Bytes::mib(within(
                "memory_mb",
                self.memory_mb,
                default.memory.0 >> 20,
                1,
                4096,
            )?),
            timeout: Duration::from_millis(timeout_ms),
            cpu_time: Duration::from_millis(within("cpu_ms", self.cpu_ms, timeout_ms, 1, 900_000)?),
            stack: Bytes::kib(within(
                "stack_kb",
                self.stack_kb,
                default.stack.0 >> 10,
                16,
                512,
            )?),
            input: Bytes::kib(within(
                "input_kb",
                self.input_kb,
                default.input.0 >> 10,
                0,
                64 << 10,
            )?),
            output: Bytes::kib(within(
                "output_kb",
                self.output_kb,
                default.output.0 >> 10,
                1,
                64 << 10,
            )?),
            log: Bytes::kib(within(
                "log_kb",
                self.log_kb,
                default.log.0 >> 10,
                0,
                16 << 10,
            )?),
            tmp: Bytes::mib(within("tmp_mb", self.tmp_mb, default.tmp.0 >> 20, 0, 512)?),
            concurrency: count(within(
                "concurrency",
                self.concurrency,
                default.concurrency.into(),
                1,
                100_000,
            )?),
            queue: count(within(
                "queue",
                self.queue,
                default.queue.into(),
                0,
                100_000,
            )?),
        })
    }
}

fn check_env(env: &BTreeMap<String, String>) -> Result<(), SpecError> {
    let bad_name = |name: &str| name.is_empty() || name.len() > 256 || name.contains(['=', '\0']);
    if let Some((name, _)) = env
        .iter()
        .find(|(name, value)| bad_name(name) || value.contains('\0'))
    {
        return Err(SpecError::Env { name: name.clone() });
    }
    let total: usize = env
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if total > 32 << 10 {
        return Err(SpecError::Env {
            name: "*".to_owned(),
        });
    }
    Ok(())
}

fn check_file(file: &str) -> Result<(), SpecError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if file.is_empty() || file.len() > 255 || file.starts_with('.') || !file.chars().all(allowed) {
        return Err(SpecError::File {
            file: file.to_owned(),
        });
    }
    Ok(())
}

fn check_handler(handler: &str) -> Result<(), SpecError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '/' | '-');
    if handler.is_empty() || handler.len() > 256 || !handler.chars().all(allowed) {
        return Err(SpecError::Handler {
            found: handler.to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> SpecFields {
        SpecFields {
            runtime: Some("javascript".to_owned()),
            ..SpecFields::default()
        }
    }

    fn spec(fields: SpecFields) -> Result<FunctionSpec, SpecError> {
        fields.into_spec("f".parse().unwrap())
    }

    #[test]
    fn an_empty_spec_gets_the_defaults() {
        let spec = spec(fields()).unwrap();
        assert_eq!(spec.limits, Limits::default());
        assert_eq!(spec.reuse, Reuse::Warm);
        assert_eq!(spec.egress.entries(), ["*"]);
    }

    #[test]
    fn cpu_time_follows_the_timeout_unless_given() {
        let spec = spec(SpecFields {
            timeout_ms: Some(50),
            ..fields()
        })
        .unwrap();
        assert_eq!(spec.limits.cpu_time, Duration::from_millis(50));
    }

    #[test]
    fn out_of_range_numbers_name_field_value_and_range() {
        let error = spec(SpecFields {
            memory_mb: Some(5000),
            ..fields()
        })
        .unwrap_err();
        assert_eq!(
            error.to_string(),
            "memory_mb = 5000 is out of range; 1 to 4096"
        );
    }

    #[test]
    fn unknown_runtimes_and_handlers_are_refused() {
        assert_eq!(spec(SpecFields::default()), Err(SpecError::NoRuntime));
        assert!(matches!(
            spec(SpecFields {
                runtime: Some("cobol".into()),
                ..fields()
            }),
            Err(SpecError::Runtime { .. })
        ));
        assert!(matches!(
            spec(SpecFields {
                handler: Some("a;b".into()),
                ..fields()
            }),
            Err(SpecError::Handler { .. })
        ));
    }

    #[test]
    fn environments_that_cannot_exist_are_refused() {
        let env = BTreeMap::from([("A=B".to_owned(), String::new())]);
        assert!(matches!(
            spec(SpecFields { env, ..fields() }),
            Err(SpecError::Env { .. })
        ));
        let env = BTreeMap::from([("A".to_owned(), "x".repeat(33 << 10))]);
        assert!(matches!(
            spec(SpecFields { env, ..fields() }),
            Err(SpecError::Env { .. })
        ));
    }
}
