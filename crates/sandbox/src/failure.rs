//! Why a call got no reply, a function did not load, or a sandbox could not be made.

use std::time::Duration;

use hydra_types::{Bytes, ErrorCode};

/// Why an invocation has no reply. Each text names the limit and its value where one was passed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// The handler threw or rejected.
    #[error("{error_type}: {message}")]
    Handler {
        /// The error's class, `Error` where it has none.
        error_type: String,
        /// The error's message.
        message: String,
        /// Stack frames, innermost first, in source coordinates.
        stack: Vec<String>,
    },
    /// The handler left a promise that nothing can settle: no timer and no host operation is pending.
    #[error(
        "the handler returned a promise that never settles: nothing is pending that could settle it"
    )]
    NeverSettles,
    /// A WebAssembly command exited with a failure, or any guest exited before replying.
    #[error("the function exited with status {status} before it replied")]
    Exit {
        /// The status.
        status: u32,
    },
    /// The guest trapped.
    #[error("the guest trapped: {reason}")]
    Trap {
        /// The engine's words for it.
        reason: String,
        /// Wasm frames, innermost first.
        stack: Vec<String>,
    },
    /// Wall time ran out.
    #[error("timed out after {} ms, the function's timeout_ms", limit.as_millis())]
    Timeout {
        /// The limit.
        limit: Duration,
    },
    /// CPU time ran out.
    #[error("used up {} ms of CPU time, the function's cpu_ms", limit.as_millis())]
    CpuLimit {
        /// The limit.
        limit: Duration,
    },
    /// Linear memory ran out.
    #[error("needed more than {limit} of memory, the function's memory_mb")]
    MemoryLimit {
        /// The limit.
        limit: Bytes,
    },
    /// The stack overflowed.
    #[error("overflowed the stack of {limit}")]
    StackLimit {
        /// The limit.
        limit: Bytes,
    },
    /// The event is too large.
    #[error("the event has {found} bytes, the function takes {limit}")]
    InputTooLarge {
        /// Bytes in the event.
        found: u64,
        /// The limit.
        limit: Bytes,
    },
    /// The reply is too large.
    #[error("the reply has more than {limit}, the function's output limit")]
    OutputTooLarge {
        /// The limit.
        limit: Bytes,
    },
    /// Hydra failed, not the function.
    #[error("internal failure: {reason}")]
    Internal {
        /// What failed.
        reason: String,
    },
}

impl Failure {
    /// The stable code of this failure.
    #[must_use]
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Handler { .. } | Self::NeverSettles | Self::Exit { .. } => {
                ErrorCode::HandlerError
            }
            Self::Trap { .. } => ErrorCode::Trap,
            Self::Timeout { .. } => ErrorCode::Timeout,
            Self::CpuLimit { .. } => ErrorCode::CpuLimit,
            Self::MemoryLimit { .. } => ErrorCode::MemoryLimit,
            Self::StackLimit { .. } => ErrorCode::StackLimit,
            Self::InputTooLarge { .. } => ErrorCode::InputTooLarge,
            Self::OutputTooLarge { .. } => ErrorCode::OutputTooLarge,
            Self::Internal { .. } => ErrorCode::Internal,
        }
    }

    /// Stack frames, innermost first; empty where the failure has none.
    #[must_use]
    pub fn stack(&self) -> &[String] {
        match self {
            Self::Handler { stack, .. } | Self::Trap { stack, .. } => stack,
            _ => &[],
        }
    }
}

/// Why a spec and its code became no program.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The code is wrong; the text says what and where.
    #[error("{message}")]
    Code {
        /// What is wrong, where.
        message: String,
        /// What to do next, where there is something to say.
        hint: Option<String>,
    },
    /// The user's top-level code failed while it was loaded.
    #[error("the code failed while loading: {0}")]
    TopLevel(Failure),
    /// Hydra failed: disk, memory, kernel.
    #[error("cannot load the function")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a sandbox could not be made, reset or saved.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// All slots are taken.
    #[error("all {slots} sandbox slots are taken")]
    Exhausted {
        /// How many there are.
        slots: usize,
    },
    /// Part of the state lives where an image cannot hold it.
    #[error("the sandbox cannot be checkpointed: {reason}")]
    NotCheckpointable {
        /// Which part.
        reason: String,
    },
    /// The program's image on disk is gone or damaged.
    #[error("the function's image cannot be used")]
    Image {
        /// What is wrong with it.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kernel or the engine refused.
    #[error("{doing}")]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
