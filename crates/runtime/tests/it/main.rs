//! Drives an instance through its public API, over sandboxes that do what a test tells them.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions only, and these have helpers"
)]

mod accounting;
mod draining;
mod fake;
mod http;
mod invoking;
mod overdue;
mod pooling;
mod queueing;
mod registering;
mod throughput;
mod warming;
