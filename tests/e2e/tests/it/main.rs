//! Drives the built binary as its users do: by its command line, signals, files and HTTP.
//!
//! Knows nothing of the crates inside: what is checked here is what `docs/api.md` and `--help` promise. Tests run one
//! at a time ([`harness::site::Site`]), since they measure time and memory.

#![expect(
    clippy::unwrap_used,
    reason = "clippy allows it in test functions only, and these have helpers"
)]

mod corpora;
mod density;
mod fairness;
mod faults;
mod fetch;
mod functions;
mod harness;
mod isolation;
mod kills;
mod life;
mod packages;
mod repair;
