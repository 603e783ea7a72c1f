//! Names of the headers that carry what the body has no room for.

/// The invocation's id, also in logs and errors.
pub const REQUEST_ID: &str = "x-hydra-request-id";
/// `cold`, `restored` or `warm`.
pub const START: &str = "x-hydra-start";
/// Microseconds from arrival until a sandbox was looked for.
pub const QUEUE_US: &str = "x-hydra-queue-us";
/// Microseconds spent getting the sandbox.
pub const RESTORE_US: &str = "x-hydra-restore-us";
/// Microseconds the call ran.
pub const RUN_US: &str = "x-hydra-run-us";
/// On a request: `tail` asks for [`LOG_TAIL`].
pub const LOG: &str = "x-hydra-log";
/// The last 4 KiB of the invocation's log, base64.
pub const LOG_TAIL: &str = "x-hydra-log-tail";
