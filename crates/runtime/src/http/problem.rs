//! Everything that is answered with an error, and how it looks on the wire.

use std::{error::Error, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hydra_api::{ErrorBody, retry_after_s, status};
use hydra_sandbox::{Failure, LoadError, Log};
use hydra_types::{ErrorCode, FunctionName, RequestId, Runtime, StartKind};
use hyper::{
    Response,
    header::{ALLOW, CONNECTION, HeaderValue, RETRY_AFTER},
};

use super::reply;
use crate::{InvokeError, RegisterError, Times, UnknownFunction};

/// What to do where an instance runs without the JavaScript guest.
const GET_GUESTS: &str = "the JavaScript guest is missing: fetch it with `cargo xtask guests`, then start the instance again";

/// An error on its way to the client.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) code: ErrorCode,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) stack: Vec<String>,
    pub(super) request_id: RequestId,
    pub(super) log: Option<Log>,
    start: Option<StartKind>,
    times: Option<Times>,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
    connection: Connection,
}

/// What becomes of the connection after the error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    KeepAlive,
    Close,
}

impl Problem {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            code,
            message: message.into(),
            hint: None,
            stack: Vec::new(),
            request_id: new_request_id(),
            log: None,
            start: None,
            times: None,
            retry_after: retry_after_s(code).map(Duration::from_secs),
            allow: None,
            connection: match code {
                ErrorCode::Draining => Connection::Close,
                _ => Connection::KeepAlive,
            },
        })
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Box<Self> {
        Self::new(ErrorCode::BadRequest, message)
    }

    pub(super) fn function_not_found(name: &FunctionName) -> Box<Self> {
        UnknownFunction { name: name.clone() }.into()
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Box<Self> {
        let mut problem = Self::new(
            ErrorCode::MethodNotAllowed,
            format!("the path does not take this method; it takes {allow}"),
        );
        problem.allow = Some(allow);
        problem
    }

    pub(super) fn slow_body(waited: Duration) -> Box<Self> {
        let message = format!("the body did not arrive within {} s", waited.as_secs_f32());
        let mut problem = Self::new(ErrorCode::RequestTimeout, message)
            .hint("send faster, or split what is sent; a steady 64 KiB/s is never too slow");
        problem.connection = Connection::Close;
        problem
    }

    pub(super) fn broken_body(error: &hyper::Error) -> Box<Self> {
        let mut problem = Self::bad_request(format!("the body cannot be read: {}", chain(error)));
        problem.connection = Connection::Close;
        problem
    }

    #[must_use]
    pub(super) fn hint(mut self: Box<Self>, hint: impl Into<String>) -> Box<Self> {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn into_response(
        self: Box<Self>,
        log_tail: Option<HeaderValue>,
    ) -> Response<Full<Bytes>> {
        let body = ErrorBody {
            code: self.code,
            message: self.message,
            request_id: self.request_id.to_string(),
            hint: self.hint,
            stack: self.stack,
        };
        let mut response = reply::json(status(self.code), &body);
        let headers = response.headers_mut();
        reply::trace_headers(
            headers,
            self.request_id,
            self.start,
            self.times.as_ref(),
            log_tail,
        );
        if let Some(wait) = self.retry_after {
            // Whole seconds; rounding down would invite the client too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(allow) = self.allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        if self.connection == Connection::Close {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// An id for a request that reached no function.
fn new_request_id() -> RequestId {
    RequestId::from_random_bits(uuid::Uuid::new_v4().as_u128())
}

/// An error and its sources, each once.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let part = error.to_string();
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        source = error.source();
    }
    text
}

impl From<UnknownFunction> for Box<Problem> {
    fn from(error: UnknownFunction) -> Self {
        Problem::new(ErrorCode::FunctionNotFound, error.to_string())
    }
}

impl From<InvokeError> for Box<Problem> {
    fn from(error: InvokeError) -> Self {
        let mut problem = Problem::new(error.code, error.message);
        problem.hint = error.hint;
        problem.stack = error
            .failure
            .as_ref()
            .map_or_else(Vec::new, |failure| failure.stack().to_vec());
        problem.request_id = error.request_id.unwrap_or(problem.request_id);
        problem.start = error.start;
        problem.times = error.times;
        problem.log = error.log;
        problem.retry_after = error.retry_after.or(problem.retry_after);
        problem
    }
}

impl From<RegisterError> for Box<Problem> {
    fn from(error: RegisterError) -> Self {
        let mut problem = Problem::new(error.code(), chain(&error));
        problem.hint = match &error {
            RegisterError::UnknownRuntime {
                found: Runtime::JavaScript,
                ..
            } => Some(GET_GUESTS.to_owned()),
            _ => error.hint(),
        };
        if let RegisterError::Load(LoadError::TopLevel(failure)) = &error {
            problem.stack = Failure::stack(failure).to_vec();
        }
        problem
    }
}

impl From<hydra_types::NameError> for Box<Problem> {
    fn from(error: hydra_types::NameError) -> Self {
        Problem::bad_request(error.to_string())
    }
}

impl From<hydra_types::SpecError> for Box<Problem> {
    fn from(error: hydra_types::SpecError) -> Self {
        Problem::bad_request(error.to_string())
    }
}

impl From<hydra_api::QueryError> for Box<Problem> {
    fn from(error: hydra_api::QueryError) -> Self {
        Problem::bad_request(error.to_string())
    }
}

impl From<hydra_api::CodeError> for Box<Problem> {
    fn from(error: hydra_api::CodeError) -> Self {
        Problem::bad_request(error.to_string())
    }
}

impl From<hydra_api::graalvisor::DialectError> for Box<Problem> {
    fn from(error: hydra_api::graalvisor::DialectError) -> Self {
        Problem::bad_request(error.to_string())
    }
}
