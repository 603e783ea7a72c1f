//! What the binary sees: start the engine, get its backends, rebuild its code.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hydra_sandbox::Backend;

use crate::{
    code_cache::{CodeCache, CodeError},
    core::{self, Core, StartError, WasmConfig},
    javascript::JavaScript,
    module::Modules,
};

/// File name of the JavaScript guest in the guests directory.
const JAVASCRIPT_GUEST: &str = "quickjs.wasm";

/// File name of the library that is evaluated into the guest's base image.
const JAVASCRIPT_LIBRARY: &str = "library.js";

/// The WebAssembly engine with all that its sandboxes share.
pub struct WasmEngine {
    backends: Vec<Arc<dyn Backend>>,
}

/// A module that was compiled again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The module's hash.
    pub id: String,
    /// Bytes of its machine code.
    pub code_bytes: u64,
}

impl WasmEngine {
    /// Starts the engine. Milliseconds where code and images are cached; seconds where a guest must be compiled.
    ///
    /// Where the JavaScript guest is missing, the engine starts without it; see [`Self::missing_guest`].
    ///
    /// # Errors
    ///
    /// Directories that cannot be used, a kernel that refuses, a guest that is not the one this build knows.
    pub fn start(config: &WasmConfig) -> Result<Self, StartError> {
        let core = Core::start(config)?;
        let mut backends: Vec<Arc<dyn Backend>> = Vec::new();
        let guest = config.guests_dir.join(JAVASCRIPT_GUEST);
        if Self::missing_guest(&config.guests_dir).is_none() {
            backends.push(Arc::new(JavaScript::start(&core, &guest)?));
        }
        backends.push(Arc::new(Modules::start(&core).map_err(StartError::Engine)?));
        Ok(Self { backends })
    }

    /// One backend per runtime that can be had.
    #[must_use]
    pub fn backends(&self) -> Vec<Arc<dyn Backend>> {
        self.backends.clone()
    }

    /// The file of the JavaScript guest that is not there, if one is not.
    #[must_use]
    pub fn missing_guest(guests_dir: &Path) -> Option<PathBuf> {
        [JAVASCRIPT_GUEST, JAVASCRIPT_LIBRARY]
            .into_iter()
            .map(|name| guests_dir.join(name))
            .find(|file| !file.exists())
    }

    /// Compiles every cached module again, as after a compiler advisory.
    ///
    /// # Errors
    ///
    /// The cache cannot be used, or a module does not compile any more.
    pub fn rebuild_guests(guests_dir: &Path) -> Result<Vec<Rebuilt>, StartError> {
        let engine = core::engine().map_err(StartError::Engine)?;
        let cache = CodeCache::open(&guests_dir.join("code"), &engine)?;
        let rebuilt = cache
            .rebuild(&engine)
            .map_err(|error: CodeError| StartError::Code(error))?;
        Ok(rebuilt
            .into_iter()
            .map(|(id, code_bytes)| Rebuilt {
                id: id.to_string(),
                code_bytes,
            })
            .collect())
    }
}
