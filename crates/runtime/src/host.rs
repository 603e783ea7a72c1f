//! The [`Host`] of a process that runs tokio: timers for guests, which run on threads of their own.
//!
//! Not used by this crate: a binary hands it to its backends.

use std::time::Instant;

use hydra_sandbox::{BoxFuture, Host};
use tokio::runtime::Handle;

/// Lends tokio's timers to sandboxes.
#[derive(Clone, Debug)]
pub struct TokioHost(Handle);

impl TokioHost {
    /// The host over `runtime`, whose timers must be enabled.
    #[must_use]
    pub fn new(runtime: Handle) -> Self {
        Self(runtime)
    }
}

impl Host for TokioHost {
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        // A timer finds its runtime when it is made, and guest threads are in none.
        let _context = self.0.enter();
        Box::pin(tokio::time::sleep_until(at.into()))
    }
}
