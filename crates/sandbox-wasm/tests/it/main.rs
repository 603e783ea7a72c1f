//! The Wasm backends through the sandbox contract, with the real guests.
//!
//! [`conformance`] holds what every kind of sandbox must do, and runs each case on all of them; [`javascript`] and
//! [`modules`] hold what is particular to one; [`network`] is what functions fetch from; [`reset`] holds the property tests of restore and reset.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod conformance;
mod harness;
mod javascript;
mod modules;
mod network;
mod reset;
mod wat;
