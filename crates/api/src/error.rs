//! The error envelope, and the HTTP status of every code.

use hydra_types::ErrorCode;
use serde::{Deserialize, Serialize};

/// The body of every reply that is no success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong, for programs.
    pub code: ErrorCode,
    /// What went wrong and where, for people.
    pub message: String,
    /// Names the request in logs.
    pub request_id: String,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The guest's stack frames, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<String>,
}

/// The HTTP status that carries `code`.
#[must_use]
pub const fn status(code: ErrorCode) -> u16 {
    match code {
        ErrorCode::BadRequest | ErrorCode::BadJson | ErrorCode::CodeInvalid => 400,
        ErrorCode::FunctionNotFound | ErrorCode::RouteNotFound => 404,
        ErrorCode::MethodNotAllowed => 405,
        ErrorCode::RequestTimeout => 408,
        ErrorCode::Conflict => 409,
        ErrorCode::InputTooLarge => 413,
        ErrorCode::Overloaded | ErrorCode::QueueTimeout => 429,
        ErrorCode::HandlerError
        | ErrorCode::Trap
        | ErrorCode::OutputTooLarge
        | ErrorCode::CpuLimit
        | ErrorCode::MemoryLimit
        | ErrorCode::StackLimit
        | ErrorCode::Internal => 500,
        ErrorCode::Draining => 503,
        ErrorCode::Timeout => 504,
    }
}

/// Seconds after which it makes sense to try again; `None` where trying again changes nothing.
#[must_use]
pub const fn retry_after_s(code: ErrorCode) -> Option<u64> {
    match code {
        ErrorCode::Overloaded | ErrorCode::QueueTimeout => Some(1),
        // The process is going away; whoever supervises it needs a moment.
        ErrorCode::Draining => Some(5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_error_status_and_its_word_in_json() {
        for code in ErrorCode::ALL {
            assert!((400..600).contains(&status(code)), "{code:?}");
            let json = serde_json::to_string(&code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.as_str()));
        }
    }

    #[test]
    fn codes_travel_in_the_status_the_api_promises() {
        let check = |code: ErrorCode, expected: u16| assert_eq!(status(code), expected, "{code:?}");
        check(ErrorCode::BadJson, 400);
        check(ErrorCode::CodeInvalid, 400);
        check(ErrorCode::FunctionNotFound, 404);
        check(ErrorCode::MethodNotAllowed, 405);
        check(ErrorCode::RequestTimeout, 408);
        check(ErrorCode::Conflict, 409);
        check(ErrorCode::InputTooLarge, 413);
        check(ErrorCode::QueueTimeout, 429);
        check(ErrorCode::HandlerError, 500);
        check(ErrorCode::MemoryLimit, 500);
        check(ErrorCode::Draining, 503);
        check(ErrorCode::Timeout, 504);
    }

    #[test]
    fn retry_after_goes_exactly_with_429_and_503() {
        for code in ErrorCode::ALL {
            assert_eq!(
                retry_after_s(code).is_some(),
                matches!(status(code), 429 | 503),
                "{code:?}"
            );
        }
    }

    #[test]
    fn empty_parts_of_an_error_are_left_out() {
        let body = ErrorBody {
            code: ErrorCode::Trap,
            message: "m".into(),
            request_id: "r".into(),
            hint: None,
            stack: Vec::new(),
        };
        let json = serde_json::to_string(&body).unwrap();
        assert_eq!(json, r#"{"code":"trap","message":"m","request_id":"r"}"#);
        assert_eq!(serde_json::from_str::<ErrorBody>(&json).unwrap(), body);
    }
}
