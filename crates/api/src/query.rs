//! Query strings of the native API.

use serde::{Deserialize, de::DeserializeOwned};

/// Why a query string is none of ours.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("bad query string: {reason}")]
pub struct QueryError {
    /// Which parameter, and why.
    pub reason: String,
}

/// Parses a query string; no query is an empty one.
///
/// # Errors
///
/// Unknown, repeated or malformed parameters, by name.
pub fn parse_query<T: DeserializeOwned>(query: Option<&str>) -> Result<T, QueryError> {
    let pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let deserializer = serde_urlencoded::Deserializer::new(pairs);
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let path = error.path().to_string();
        let reason = error.into_inner().to_string();
        // Unknown and repeated parameters are named by the reason itself.
        let reason = if path == "." || reason.contains(&path) {
            reason
        } else {
            format!("{path}: {reason}")
        };
        QueryError { reason }
    })
}

/// The query of a warm-up and of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountQuery {
    /// How many sandboxes; 1 where not given, at most [`crate::MAX_COUNT`].
    #[serde(default = "one")]
    pub count: u32,
}

const fn one() -> u32 {
    1
}

/// Whether the caller wants the log's end with the reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogWish {
    /// Leave it out.
    #[default]
    None,
    /// The last 4 KiB, in [`crate::header::LOG_TAIL`].
    Tail,
}

/// The query of an invocation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct InvokeQuery {
    /// What to do with the log.
    pub log: LogWish,
}

#[cfg(test)]
mod tests {
    use hydra_types::{Reuse, SpecFields};

    use super::*;

    #[test]
    fn every_field_of_a_spec_but_the_environment_fits_a_query() {
        let query = "runtime=wasm&handler=a.b&reuse=fresh&memory_mb=1&timeout_ms=2&cpu_ms=3&stack_kb=4\
                     &input_kb=5&output_kb=6&log_kb=7&tmp_mb=8&concurrency=9&queue=10\
                     &egress=a.example:443,%5B::1%5D:80";
        let fields: SpecFields = parse_query(Some(query)).unwrap();
        assert_eq!(fields.runtime.as_deref(), Some("wasm"));
        assert_eq!(fields.handler.as_deref(), Some("a.b"));
        assert_eq!(fields.reuse, Some(Reuse::Fresh));
        assert_eq!((fields.memory_mb, fields.queue), (Some(1), Some(10)));
        let egress = fields.egress.as_deref().unwrap_or_default();
        assert_eq!(egress, ["a.example:443", "[::1]:80"]);
    }

    #[test]
    fn bad_parameters_are_refused() {
        let check = |query: &str| {
            assert!(parse_query::<SpecFields>(Some(query)).is_err(), "{query}");
        };
        check("memory_mb=-1");
        check("memory_mb=");
        check("memory_mb=1&memory_mb=2");
        check("memory=1");
        check("reuse=sometimes");
    }

    #[test]
    fn counts_and_log_wishes_have_defaults() {
        assert_eq!(parse_query::<CountQuery>(None).unwrap().count, 1);
        assert_eq!(parse_query::<CountQuery>(Some("count=7")).unwrap().count, 7);
        assert!(parse_query::<CountQuery>(Some("count=-7")).is_err());
        assert_eq!(parse_query::<InvokeQuery>(None).unwrap().log, LogWish::None);
        let tail = parse_query::<InvokeQuery>(Some("log=tail")).unwrap();
        assert_eq!(tail.log, LogWish::Tail);
    }
}
