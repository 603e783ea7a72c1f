//! What is particular to JavaScript functions.

mod archives;
mod console;
mod errors;
mod exchanges;
mod exchanges_left;
mod handlers;
mod hostile;
mod hostile_packages;
mod loading;
mod memory;
mod packages;
mod places;
mod timers;
mod values;

use std::sync::Arc;

use hydra_sandbox::{Failure, LoadError, Outcome, Program};
use hydra_types::{Runtime, SpecFields};

use crate::harness;

fn js(code: &str) -> Arc<dyn Program> {
    harness::load(Runtime::JavaScript, SpecFields::default(), code.as_bytes())
}

fn outcome(code: &str, event: &str) -> Outcome {
    harness::invoke(&mut *js(code).restore().unwrap(), event)
}

/// The reply of `code` to `null`.
fn reply(code: &str) -> String {
    let outcome = outcome(code, "null");
    let payload = outcome
        .result
        .unwrap_or_else(|failure| panic!("failed: {failure:?}\nin {code}"));
    harness::text(&payload)
}

/// The function in a zip of these files.
fn package(entries: &[(&str, &str)]) -> Arc<dyn Program> {
    harness::load(Runtime::JavaScript, SpecFields::default(), &zipped(entries))
}

fn zipped(entries: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    archives::files(&entries)
}

/// The failure of `code`, called with `null`.
fn failure(code: &str) -> Failure {
    match outcome(code, "null").result {
        Err(failure) => failure,
        Ok(reply) => panic!("the call should have failed, it replied {reply:?}\nin {code}"),
    }
}

/// Why `code` does not load.
fn refusal(code: &[u8]) -> LoadError {
    match harness::try_load(Runtime::JavaScript, SpecFields::default(), code) {
        Err(error) => error,
        Ok(_) => panic!("should not load: {}", String::from_utf8_lossy(code)),
    }
}

/// The body of an async handler.
fn body(statements: &str) -> String {
    format!("export async function handler(event, context) {{ {statements} }}")
}
