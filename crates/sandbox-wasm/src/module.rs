//! `runtime = "wasm"`: any `wasm32-wasip1` module is a function.
//!
//! | form | exports | an invocation |
//! |---|---|---|
//! | command | `_start` | runs it from a fresh state; it is over when `_start` returns or exits with 0 |
//! | reactor | no `_start`, the handler, maybe `_initialize` | calls the handler, `() -> ()` or `() -> i32`; globals persist |
//!
//! Either reads the event from standard input and writes the reply to standard output; standard error is the log.
//! What a module does before it can serve (its start function, `_initialize`) is run once, and what that leaves is
//! the function's image.

mod load;
mod sandbox;

use std::sync::Arc;

use hydra_sandbox::{Backend, LoadError, Program};
use hydra_types::{FunctionSpec, Runtime};
use wasmtime::Linker;

use crate::{archive, core::Core, state::State, wasi};

/// Largest module.
const MAX_MODULE_BYTES: u64 = 64 << 20;

/// Makes programs from WebAssembly modules.
pub(crate) struct Modules {
    core: Arc<Core>,
    linker: Linker<State>,
}

impl Modules {
    pub(crate) fn start(core: &Arc<Core>) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&core.engine);
        wasi::add_to_linker(&mut linker)?;
        Ok(Self {
            core: Arc::clone(core),
            linker,
        })
    }
}

impl Backend for Modules {
    fn runtime(&self) -> Runtime {
        Runtime::Wasm
    }

    fn load(&self, spec: &FunctionSpec, code: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
        if archive::is_zip(code) {
            let module = archive::main_file(code, &["wasm"], MAX_MODULE_BYTES)?;
            return load::load(&self.core, &self.linker, spec, &module);
        }
        load::load(&self.core, &self.linker, spec, code)
    }
}
