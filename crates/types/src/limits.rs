//! What one invocation, and one function, may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Bytes;

/// Bounds on one function. Passing one ends the offending sandbox only, with an error that names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Linear memory of one sandbox.
    pub memory: Bytes,
    /// Wall time of one invocation, waiting included.
    pub timeout: Duration,
    /// Time on a core of one invocation.
    pub cpu_time: Duration,
    /// Stack of the guest language. For `javascript` the interpreter throws `RangeError` past it; for `wasm` the
    /// module's own shadow stack is its linker's, and the native stack is the instance's.
    pub stack: Bytes,
    /// The event.
    pub input: Bytes,
    /// The reply.
    pub output: Bytes,
    /// Log text kept of one invocation; what comes after is dropped and counted.
    pub log: Bytes,
    /// Private in-memory `/tmp` of one sandbox.
    pub tmp: Bytes,
    /// Invocations of the function that run at once.
    pub concurrency: u32,
    /// Invocations of the function that wait for their turn; one more is refused.
    pub queue: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: Bytes::mib(128),
            timeout: Duration::from_secs(30),
            cpu_time: Duration::from_secs(30),
            stack: Bytes::kib(256),
            input: Bytes::mib(6),
            output: Bytes::mib(6),
            log: Bytes::kib(256),
            tmp: Bytes::mib(16),
            concurrency: 1000,
            queue: 1000,
        }
    }
}
