//! The sandbox contract: what every kind of sandbox does, without saying how.
//!
//! ```text
//!            load                restore               invoke (many, one at a time)
//! spec+code ──────► Program ───────────────► Sandbox ◄──────┐
//!                     ▲                        │ ├──────────┘
//!                     │      checkpoint        │ ├── reset ──► Sandbox, pristine
//!                     └────────────────────────┘ └── drop ───► gone, memory returned
//! ```
//!
//! - A [`Backend`] turns a spec and its code into a [`Program`], once per version.
//! - A [`Program`] makes [`Sandbox`]es, each from the same image.
//! - A [`Sandbox`] serves one [`Call`] at a time and says after each whether it may serve again.
//!
//! The runtime crate drives these traits and knows no backend; a backend knows neither queues nor HTTP.
//! Here is no clock, no randomness, no executor: deadlines arrive as values, waiting goes through [`Host`].

#![forbid(unsafe_code)]

mod call;
mod failure;
mod http;
mod log;

pub use call::{After, Call, Outcome, Payload, Usage};
pub use failure::{Failure, LoadError, SandboxError};
pub use http::{Encoding, HttpBody, HttpError, HttpRequest, HttpResponse, Redirect};
pub use log::Log;

use std::{
    future::{self, Future},
    pin::Pin,
    sync::Arc,
    time::Instant,
};

use hydra_types::{Bytes, FunctionSpec, Runtime};

/// A future that may move between threads while it is not running.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a backend asks of the process it lives in.
pub trait Host: Send + Sync {
    /// Completes at or soon after `at`. May be polled on any thread.
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()>;

    /// Does one HTTP exchange, as far as the head of the response. May be polled on any thread; dropping the future
    /// ends the exchange. Checks `request.policy` against every address before it connects there.
    ///
    /// # Errors
    ///
    /// [`HttpError`] says why there is no response. A host without a network refuses everything.
    fn fetch(&self, request: HttpRequest) -> BoxFuture<'static, Result<HttpResponse, HttpError>> {
        let reason = format!("cannot fetch {}: this host has no network", request.url);
        Box::pin(future::ready(Err(HttpError::Unavailable { reason })))
    }
}

/// Makes programs of one runtime.
pub trait Backend: Send + Sync {
    /// The runtime that specs name to get this backend.
    fn runtime(&self) -> Runtime;

    /// Turns a spec and its code into a program.
    ///
    /// Blocks, for seconds where code must be compiled, and may run the user's top-level code under the spec's
    /// limits; call it where blocking is allowed.
    ///
    /// # Errors
    ///
    /// [`LoadError`] splits the user's mistakes from Hydra's own failures.
    fn load(&self, spec: &FunctionSpec, code: &[u8]) -> Result<Arc<dyn Program>, LoadError>;
}

/// A loaded function version: immutable, shared, ready to make sandboxes.
pub trait Program: Send + Sync {
    /// Makes a sandbox whose state is the program's image. Takes microseconds and never runs user code.
    ///
    /// # Errors
    ///
    /// [`SandboxError::Exhausted`] where no slot is free; the caller frees one and tries again.
    fn restore(&self) -> Result<Box<dyn Sandbox>, SandboxError>;

    /// Sizes of what the program's sandboxes share.
    fn image_use(&self) -> ImageUse;

    /// Drops what can be read again from disk. Called when no sandbox of the program has lived for the
    /// keep-alive; the next [`Program::restore`] pays for reading it back.
    fn idle(&self) {}
}

/// One isolated place that executes one invocation at a time.
///
/// Dropping it, even while an invocation's future is suspended, destroys it and returns its memory.
pub trait Sandbox: Send {
    /// Serves one call. Never fails outside [`Outcome::result`], never outlives the call's deadline by more than
    /// a scheduling tick, and yields to others while the guest computes.
    fn invoke(&mut self, call: Call) -> BoxFuture<'_, Outcome>;

    /// Puts the sandbox's state back to its image, in place.
    ///
    /// # Errors
    ///
    /// The sandbox must be dropped: its state is undefined.
    fn reset(&mut self) -> Result<(), SandboxError>;

    /// Saves the sandbox's present state as a new program, whose sandboxes start from it.
    ///
    /// # Errors
    ///
    /// [`SandboxError::NotCheckpointable`] where the state is not all in the image; the sandbox is unchanged.
    fn checkpoint(&mut self) -> Result<Arc<dyn Program>, SandboxError>;

    /// Gives back what a sandbox that waits for long does not need; the next call gets it again. Called when the
    /// sandbox has waited for about a second.
    fn rest(&mut self) {}

    /// Bytes of memory that only this sandbox holds. Costs a system call.
    fn private_memory(&self) -> Bytes;
}

/// Sizes of what the sandboxes of one program share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImageUse {
    /// Machine code, shared with every program over the same guest or module.
    pub code: Bytes,
    /// The base image, likewise shared.
    pub base: Bytes,
    /// The function's own image on disk.
    pub function: Bytes,
}
