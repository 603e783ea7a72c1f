//! The measurements against a scripted backend, and the load generator against small servers of its own.

#![expect(
    clippy::unwrap_used,
    reason = "in a test a panic is the report; clippy knows only functions marked #[test]"
)]

mod fake;
mod load;
mod sandbox_bench;
mod server;
