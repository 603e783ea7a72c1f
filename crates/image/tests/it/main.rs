//! Tests of the image crate through its public face: real files in a temporary store.

#![expect(
    clippy::unwrap_used,
    reason = "the configured exception knows test functions only, not what they call"
)]

mod examine;
mod fixture;
mod hostile;
mod kill;
mod publication;
mod round_trip;
