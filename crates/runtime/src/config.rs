//! What an instance is told when it starts.

use std::{num::NonZero, thread, time::Duration};

use hydra_types::Bytes;

/// Bounds and sizes of one instance. Every bound is instance-wide; a function's own are in its spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstanceConfig {
    /// Threads that run guests; at least 1.
    pub guest_threads: usize,
    /// How long a sandbox waits for its next invocation before it is dropped; a year at most.
    pub keep_alive: Duration,
    /// Soft limit on the private memory of all sandboxes: past it the oldest idle ones are dropped.
    pub memory_budget: Bytes,
    /// Sandboxes alive at once.
    pub max_sandboxes: usize,
    /// Invocations accepted and not yet answered.
    pub max_pending: usize,
    /// Registered functions.
    pub max_functions: usize,
    /// Registrations and checkpoints that load at once; at least 1.
    pub max_loads: usize,
}

impl Default for InstanceConfig {
    /// One guest thread and one load per core, 10 s keep-alive. The memory budget is 1 GiB: this crate does not
    /// look at the machine, the binary does.
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            guest_threads: cores,
            keep_alive: Duration::from_secs(10),
            memory_budget: Bytes::mib(1024),
            max_sandboxes: 20_000,
            max_pending: 100_000,
            max_functions: 100_000,
            max_loads: cores,
        }
    }
}
