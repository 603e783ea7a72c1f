//! What a registration comes to.

use std::time::Duration;

use hydra_sandbox::{ImageUse, LoadError};
use hydra_types::{ErrorCode, FunctionName, Runtime};

/// A function that is in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Counts from 1 under one name, without gaps, until the name is deregistered.
    pub version: u64,
    /// Time it took to turn the code into a program.
    pub load_time: Duration,
    /// Whether the name was taken.
    pub placement: Placement,
    /// Sizes of the program's image.
    pub image: ImageUse,
}

/// Whether a registration made a function or replaced one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// The name was free.
    New,
    /// The name held an older version.
    Replaced,
}

/// Why a registration did not happen. The name keeps what it had.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The instance has no backend for the spec's runtime.
    #[error("this instance has no runtime {found}; it has: {}", words(available))]
    UnknownRuntime {
        /// What the spec asks for.
        found: Runtime,
        /// What there is.
        available: Vec<Runtime>,
    },
    /// The table is full.
    #[error("the instance already holds {limit} functions, its limit")]
    TooManyFunctions {
        /// The limit.
        limit: usize,
    },
    /// The instance is stopping.
    #[error("the instance is stopping and takes no new work")]
    Draining,
    /// A registration of the same name that began later is already in place.
    #[error("a registration of {name} that began later is already in place")]
    Superseded {
        /// The name.
        name: FunctionName,
    },
    /// The backend refused the code, or failed.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The backend panicked.
    #[error("loading the function panicked: {reason}")]
    Panicked {
        /// The panic's message.
        reason: String,
    },
}

fn words(runtimes: &[Runtime]) -> String {
    let words: Vec<_> = runtimes.iter().map(|runtime| runtime.as_str()).collect();
    if words.is_empty() {
        "none".to_owned()
    } else {
        words.join(", ")
    }
}

impl RegisterError {
    /// The stable code of this error.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownRuntime { .. } => ErrorCode::BadRequest,
            Self::TooManyFunctions { .. } => ErrorCode::Overloaded,
            Self::Draining => ErrorCode::Draining,
            Self::Superseded { .. } => ErrorCode::Conflict,
            Self::Load(LoadError::Code { .. } | LoadError::TopLevel(_)) => ErrorCode::CodeInvalid,
            Self::Load(LoadError::Internal(_)) | Self::Panicked { .. } => ErrorCode::Internal,
        }
    }

    /// What to do next, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let fixed = match self {
            Self::Load(LoadError::Code { hint, .. }) => return hint.clone(),
            Self::Load(LoadError::TopLevel(_)) => {
                "run the code on its own: its top level must finish without the event"
            }
            Self::UnknownRuntime { .. } => {
                "start the instance with that runtime's guest in place, or use one it has"
            }
            Self::TooManyFunctions { .. } => {
                "deregister functions that are not needed, or raise the limit"
            }
            Self::Draining => {
                "send the registration to another instance, or to this one after its restart"
            }
            Self::Superseded { .. } => {
                "register again if this code is the one that should be in place"
            }
            Self::Load(LoadError::Internal(_)) | Self::Panicked { .. } => {
                "this is a failure of Hydra or its machine (disk, memory, kernel); its log has more"
            }
        };
        Some(fixed.to_owned())
    }
}

/// No function of that name is registered.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("no function {:?} is registered", name.as_str())]
pub struct UnknownFunction {
    /// The name.
    pub name: FunctionName,
}

/// What making sandboxes from a function's image came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Sandboxes made.
    pub count: u32,
    /// Time it took to make them.
    pub time: Duration,
}

/// What a drain came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Accepted invocations that had no answer at the deadline.
    pub unfinished: usize,
}
