//! What goes into a sandbox and what comes out.

use std::time::{Duration, Instant};

use bytes::Bytes as Buffer;
use hydra_types::{Bytes, RequestId};

use crate::{Failure, Log, SandboxError};

/// One invocation as a sandbox sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// Names the invocation in logs and in the guest's context.
    pub request_id: RequestId,
    /// The event.
    pub event: Payload,
    /// When the sandbox must have answered.
    pub deadline: Instant,
}

/// An event or a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A JSON text. On the way in it has been checked; empty stands for `null`.
    Json(Buffer),
    /// Any bytes.
    Raw(Buffer),
}

impl Payload {
    /// The bytes, whatever they mean.
    #[must_use]
    pub fn bytes(&self) -> &Buffer {
        match self {
            Self::Json(bytes) | Self::Raw(bytes) => bytes,
        }
    }
}

/// What an invocation came to.
#[derive(Debug)]
pub struct Outcome {
    /// The reply, or why there is none.
    pub result: Result<Payload, Failure>,
    /// What the guest wrote to its log.
    pub log: Log,
    /// What it used.
    pub usage: Usage,
    /// Whether the sandbox may serve again.
    pub after: After,
}

impl Outcome {
    /// A call that was refused before the sandbox did anything.
    #[must_use]
    pub fn refused(failure: Failure) -> Self {
        Self {
            result: Err(failure),
            log: Log::default(),
            usage: Usage::default(),
            after: After::Reusable,
        }
    }

    /// A call to a sandbox that cannot serve any more.
    #[must_use]
    pub fn lost(error: &SandboxError) -> Self {
        let failure = Failure::Internal {
            reason: error.to_string(),
        };
        Self {
            after: After::Spent,
            ..Self::refused(failure)
        }
    }
}

/// What an invocation used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time on a core.
    pub cpu_time: Duration,
    /// Linear memory at its largest, without what a language's base image holds.
    pub memory: Bytes,
}

/// Whether a sandbox may serve again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// With its state as the invocation left it.
    Reusable,
    /// Only after [`crate::Sandbox::reset`]: a command has run to its end.
    NeedsReset,
    /// No more: its state is undefined. Drop it.
    Spent,
}
