//! `runtime = "javascript"`: functions over the QuickJS guest.
//!
//! ```text
//! guest.wasm ─ split ─ compile ─► code          once per guest
//! code + prelude ─ initialise ─► base image     once per guest and prelude
//! base + user's source ─ load ─► function image once per function
//! function image ─ restore ─► sandbox           microseconds
//! ```
//!
//! [`base`] makes the second step, [`load`] the third, [`sandbox`] runs calls. [`shim`] and the prelude are the two
//! halves of the interface between interpreter and host; [`ops`] is the host's side of it.

mod base;
mod compiler;
mod files;
mod frozen;
mod guest;
mod headroom;
mod load;
mod modules;
mod names;
mod operations;
mod ops;
mod refusal;
mod sandbox;
mod shim;
mod workplace;

use std::{path::Path, sync::Arc};

use hydra_sandbox::{Backend, LoadError, Program};
use hydra_types::{FunctionSpec, Runtime};

pub(crate) use ops::Turn;

use crate::core::{Core, StartError};

/// Makes programs from JavaScript source.
pub(crate) struct JavaScript {
    core: Arc<Core>,
    base: Arc<base::Base>,
}

impl JavaScript {
    /// Opens the guest at `path`; makes its base image where there is none yet.
    pub(crate) fn start(core: &Arc<Core>, path: &Path) -> Result<Self, StartError> {
        Ok(Self {
            core: Arc::clone(core),
            base: Arc::new(base::Base::open(core, path)?),
        })
    }
}

impl Backend for JavaScript {
    fn runtime(&self) -> Runtime {
        Runtime::JavaScript
    }

    fn load(&self, spec: &FunctionSpec, code: &[u8]) -> Result<Arc<dyn Program>, LoadError> {
        load::load(&self.core, &self.base, spec, code)
    }
}
