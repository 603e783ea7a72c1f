//! The stable codes of everything that can go wrong with a request.

use serde::{Deserialize, Serialize};

/// A stable, documented code: clients branch on it, texts may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The request is malformed: path, query, header or spec.
    BadRequest,
    /// The event is announced as JSON and is not.
    BadJson,
    /// The body of the request came too slowly.
    RequestTimeout,
    /// No function of that name is registered.
    FunctionNotFound,
    /// No such path.
    RouteNotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The code cannot become a function: syntax, imports, archive, format.
    CodeInvalid,
    /// The operation does not apply to the function as it is now.
    Conflict,
    /// The event is larger than the function's input limit.
    InputTooLarge,
    /// The reply is larger than the function's output limit.
    OutputTooLarge,
    /// The handler threw, rejected, or exited with a failure.
    HandlerError,
    /// The guest trapped.
    Trap,
    /// The invocation passed its wall-time limit.
    Timeout,
    /// The invocation passed its CPU-time limit.
    CpuLimit,
    /// The sandbox passed its memory limit.
    MemoryLimit,
    /// The guest's stack overflowed.
    StackLimit,
    /// The function's queue, or the instance, is full.
    Overloaded,
    /// The invocation waited in the queue until its deadline.
    QueueTimeout,
    /// The instance is stopping and takes no new work.
    Draining,
    /// Hydra itself failed.
    Internal,
}

impl ErrorCode {
    /// Every code, for tables and metrics.
    pub const ALL: [Self; 20] = [
        Self::BadRequest,
        Self::BadJson,
        Self::RequestTimeout,
        Self::FunctionNotFound,
        Self::RouteNotFound,
        Self::MethodNotAllowed,
        Self::CodeInvalid,
        Self::Conflict,
        Self::InputTooLarge,
        Self::OutputTooLarge,
        Self::HandlerError,
        Self::Trap,
        Self::Timeout,
        Self::CpuLimit,
        Self::MemoryLimit,
        Self::StackLimit,
        Self::Overloaded,
        Self::QueueTimeout,
        Self::Draining,
        Self::Internal,
    ];

    /// The code as it appears in replies and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::BadJson => "bad_json",
            Self::RequestTimeout => "request_timeout",
            Self::FunctionNotFound => "function_not_found",
            Self::RouteNotFound => "route_not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::CodeInvalid => "code_invalid",
            Self::Conflict => "conflict",
            Self::InputTooLarge => "input_too_large",
            Self::OutputTooLarge => "output_too_large",
            Self::HandlerError => "handler_error",
            Self::Trap => "trap",
            Self::Timeout => "timeout",
            Self::CpuLimit => "cpu_limit",
            Self::MemoryLimit => "memory_limit",
            Self::StackLimit => "stack_limit",
            Self::Overloaded => "overloaded",
            Self::QueueTimeout => "queue_timeout",
            Self::Draining => "draining",
            Self::Internal => "internal",
        }
    }
}
