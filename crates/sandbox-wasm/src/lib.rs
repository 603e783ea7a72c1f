//! Sandboxes that are WebAssembly instances over copy-on-write images.
//!
//! ```text
//! module ─ split ─┬─ code ─ compile once ─► cache, mapped by all processes      [split] [code_cache]
//!                 └─ data ─► base image ─ load user code ─► function image      [blank] [javascript] [module]
//!
//! image ─ show in a slot ─► memory ┐
//! code ─ instantiate ─► instance   ├─► sandbox                                  [slots] [instance] [body]
//! ```
//!
//! [`core`] holds what the process shares; [`state`] what the host keeps per sandbox, and its limits; [`wasi`] the
//! system calls; [`glue`] is the only file with `unsafe`.
//!
//! Knows nothing of queues, pools of idle sandboxes or HTTP: see `hydra-runtime`.

mod archive;
mod blank;
mod block_on;
mod body;
mod claims;
mod code_cache;
mod core;
mod engine;
mod glue;
mod instance;
mod javascript;
mod memory_image;
mod meter;
mod module;
mod own_images;
mod slots;
mod split;
mod state;
mod stored_point;
mod ticker;
mod wasi;

pub use code_cache::CodeError;
pub use core::{StartError, WasmConfig};
pub use engine::{Rebuilt, WasmEngine};

/// Doors for fuzz targets to the parsers of what users upload. Not for anything else.
#[doc(hidden)]
pub mod fuzzing {
    use crate::{archive, split};

    const LIMIT: hydra_types::Bytes = hydra_types::Bytes::mib(128);

    /// Splits a module, as at registration. Whatever is accepted must be valid again.
    pub fn split_module(bytes: &[u8]) {
        let Ok(module) = split::split(bytes, &split::Additions::default(), LIMIT) else {
            return;
        };
        let again = split::split(&module.wasm, &split::Additions::default(), LIMIT);
        assert!(
            again.is_ok(),
            "what was split does not split: {:?}",
            again.err()
        );
    }

    /// Finds the module in a zip.
    pub fn read_archive(bytes: &[u8]) {
        let _ = archive::main_file(bytes, &["wasm"], 1 << 20);
    }
}
