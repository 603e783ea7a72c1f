//! What is particular to WebAssembly modules.

mod accepted;
mod real;
mod refused;

use std::sync::Arc;

use hydra_sandbox::{LoadError, Program};
use hydra_types::{Runtime, SpecFields};

use crate::harness;

fn load(code: &[u8]) -> Arc<dyn Program> {
    harness::load(Runtime::Wasm, SpecFields::default(), code)
}

/// Why `code` does not load.
fn refusal(code: &[u8]) -> LoadError {
    harness::try_load(Runtime::Wasm, SpecFields::default(), code)
        .err()
        .expect("should not load")
}
