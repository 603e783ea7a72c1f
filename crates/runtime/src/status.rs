//! What an instance tells about its functions. Snapshots: true when taken, stale at once.

use std::time::SystemTime;

use hydra_sandbox::ImageUse;
use hydra_types::{Bytes, FunctionName, FunctionSpec, Runtime};

/// Everything about one function.
#[derive(Clone, Debug)]
pub struct FunctionStatus {
    /// What its owner asked for.
    pub spec: FunctionSpec,
    /// See [`crate::Registered::version`].
    pub version: u64,
    /// When this version came into place.
    pub registered_at: SystemTime,
    /// Invocations that ended, over all versions since the name was registered.
    pub invocations: u64,
    /// Those among them that ended in an error.
    pub errors: u64,
    /// Sandboxes that wait for work.
    pub idle: usize,
    /// Invocations in a sandbox, or on their way into one.
    pub running: usize,
    /// Invocations that wait for their turn.
    pub queued: usize,
    /// Sizes of its image.
    pub image: ImageUse,
    /// Private memory of its idle sandboxes, as last measured.
    pub idle_private: Bytes,
}

/// What a list shows of one function.
#[derive(Clone, Debug)]
pub struct FunctionSummary {
    /// Its name.
    pub name: FunctionName,
    /// Its language.
    pub runtime: Runtime,
    /// See [`crate::Registered::version`].
    pub version: u64,
    /// See [`FunctionStatus::invocations`].
    pub invocations: u64,
    /// See [`FunctionStatus::idle`].
    pub idle: usize,
    /// See [`FunctionStatus::running`].
    pub running: usize,
}
