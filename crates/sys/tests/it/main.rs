//! Slots and page maps against the running kernel.

#![expect(
    clippy::unwrap_used,
    reason = "tests: a failure to set up is a failure"
)]

mod slots;
