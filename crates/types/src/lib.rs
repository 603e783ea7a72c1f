//! Ids, units, function specs, limits and error codes: what every other crate agrees on.
//!
//! Pure data with serde. Does no I/O, reads no clock, draws no random number; anything that does belongs in
//! the crate that owns the resource.

#![forbid(unsafe_code)]

mod egress;
mod error_code;
mod function;
mod ids;
mod limits;
mod units;

pub use egress::{EgressPolicy, EgressRefusal};
pub use error_code::ErrorCode;
pub use function::{FunctionSpec, Reuse, Runtime, SpecError, SpecFields};
pub use ids::{FunctionName, NameError, RequestId};
pub use limits::Limits;
pub use units::Bytes;

use serde::{Deserialize, Serialize};

/// How an invocation got its sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StartKind {
    /// The function's image had to be built or fetched first.
    Cold,
    /// A new or reset sandbox was made from the function's image.
    Restored,
    /// A sandbox that had served before was waiting, with its state.
    Warm,
}

impl StartKind {
    /// The word used in headers, metrics and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cold => "cold",
            Self::Restored => "restored",
            Self::Warm => "warm",
        }
    }
}
