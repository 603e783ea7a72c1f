//! What travels over HTTP: request and reply shapes, the error envelope, the Graalvisor dialect.
//!
//! Pure data with serde: parses and prints, opens no socket, starts no task, reads no clock. The server
//! (`hydra-runtime`) and the command line share these types, so that neither can drift from the other.
//! `docs/api.md` is the same contract in prose.

#![forbid(unsafe_code)]

mod error;
mod function;
pub mod graalvisor;
pub mod header;
mod query;

pub use error::{ErrorBody, retry_after_s, status};
pub use function::{
    CheckpointReply, CodeError, Counts, FunctionReply, FunctionSummary, FunctionsReply,
    HealthReply, ImageReply, LimitsReply, PutFunction, PutReply, RestoreReply, WarmUpReply,
};
pub use query::{CountQuery, InvokeQuery, LogWish, QueryError, parse_query};

use hydra_types::Bytes;

/// The largest code (source, archive or module) a function may have.
pub const MAX_CODE: Bytes = Bytes::mib(64);

/// The most sandboxes one warm-up or restore may ask for, and the most invocations of one Graalvisor warm-up.
pub const MAX_COUNT: u32 = 10_000;
