//! What an invocation comes to: a reply, or an error that says what, where and what next.

use std::{fmt, time::Duration};

use hydra_sandbox::{Failure, Log, Payload, Usage};
use hydra_types::{Bytes, ErrorCode, FunctionName, RequestId, StartKind};

/// The answer of an invocation that worked.
#[derive(Debug)]
pub struct Reply {
    /// What the handler returned.
    pub payload: Payload,
    /// How the invocation got its sandbox.
    pub start: StartKind,
    /// Where its time went.
    pub times: Times,
    /// Its id.
    pub request_id: RequestId,
    /// What it logged.
    pub log: Log,
    /// What it used.
    pub usage: Usage,
}

/// Where an invocation's time went. The three do not overlap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// From arrival until a guest thread began to get it a sandbox.
    pub queue: Duration,
    /// Getting the sandbox; zero where one was waiting.
    pub restore: Duration,
    /// In the sandbox.
    pub run: Duration,
}

/// The answer of an invocation, or of an operation on a function, that did not work.
#[derive(Clone, Debug)]
pub struct InvokeError {
    /// What kind of error; clients branch on it.
    pub code: ErrorCode,
    /// What went wrong, for people.
    pub message: String,
    /// What to do next, where there is something to say.
    pub hint: Option<String>,
    /// The invocation's id, where it got one.
    pub request_id: Option<RequestId>,
    /// What happened in the sandbox, where it got that far.
    pub failure: Option<Failure>,
    /// How it got its sandbox, where it did.
    pub start: Option<StartKind>,
    /// Where its time went, where it ran.
    pub times: Option<Times>,
    /// What it logged, where it ran.
    pub log: Option<Log>,
    /// When trying again makes sense, where it does.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for InvokeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for InvokeError {}

impl InvokeError {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: None,
            request_id: None,
            failure: None,
            start: None,
            times: None,
            log: None,
            retry_after: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn of_request(mut self, request_id: RequestId) -> Self {
        self.request_id = Some(request_id);
        self
    }

    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    pub(crate) fn function_not_found(name: &FunctionName) -> Self {
        Self::new(
            ErrorCode::FunctionNotFound,
            format!("no function {:?} is registered", name.as_str()),
        )
        .hint("register it first, or list the registered functions to find its name")
    }

    pub(crate) fn draining() -> Self {
        Self::new(
            ErrorCode::Draining,
            "the instance is stopping and takes no new work",
        )
        .hint("send the request again; another instance or the next one will take it")
        .retry_after(Duration::from_secs(1))
    }

    pub(crate) fn too_much_pending(limit: usize) -> Self {
        Self::new(
            ErrorCode::Overloaded,
            format!("the instance already holds {limit} unanswered invocations, its limit"),
        )
        .hint("slow down and try again after the given time")
        .retry_after(Duration::from_secs(1))
    }

    pub(crate) fn queue_full(name: &FunctionName, queue: u32, wait: Duration) -> Self {
        Self::new(
            ErrorCode::Overloaded,
            format!(
                "function {:?} already has {queue} invocations waiting, its queue limit",
                name.as_str()
            ),
        )
        .hint("try again after the given time, or raise the function's concurrency or queue")
        .retry_after(wait)
    }

    pub(crate) fn queue_timeout(name: &FunctionName, waited: Duration) -> Self {
        Self::new(
            ErrorCode::QueueTimeout,
            format!(
                "the invocation of {:?} waited {} ms in the queue, until its deadline, and never ran",
                name.as_str(),
                waited.as_millis()
            ),
        )
        .hint("raise the function's concurrency or timeout_ms, or send less")
        .retry_after(Duration::from_secs(1))
    }

    pub(crate) fn overdue(limit: Duration) -> Self {
        Self::from_failure(Failure::Timeout { limit }).hint(
            "its sandbox did not stop by itself; the instance's log has more under the request id",
        )
    }

    pub(crate) fn no_sandbox(reason: &str) -> Self {
        Self::new(
            ErrorCode::Overloaded,
            format!("no sandbox can be made now: {reason} and none is idle"),
        )
        .hint("try again after the given time, or give the instance more sandboxes or memory")
        .retry_after(Duration::from_secs(1))
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
            .hint("this is a defect in Hydra; its log has more under the request id")
    }

    pub(crate) fn input_too_large(found: u64, limit: Bytes) -> Self {
        Self::from_failure(Failure::InputTooLarge { found, limit })
    }

    pub(crate) fn from_failure(failure: Failure) -> Self {
        let mut error = Self::new(failure.code(), failure.to_string());
        error.failure = Some(failure);
        error
    }
}
