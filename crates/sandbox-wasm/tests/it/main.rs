//! The Wasm backends through the sandbox contract, with the real guests.

#![allow(missing_docs, reason = "tests")]

mod harness;
mod javascript;
