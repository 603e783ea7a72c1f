//! Fetches from real servers on loopback, polled on threads that are in no tokio runtime.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions only, and these have helpers"
)]

mod crowd;
mod encodings;
mod harness;
mod limits;
mod policies;
mod redirects;
mod streaming;
mod tls;
