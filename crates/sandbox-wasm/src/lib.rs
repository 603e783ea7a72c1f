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
mod slots;
mod split;
mod state;
mod stored_point;
mod ticker;
mod wasi;

pub use code_cache::CodeError;
pub use core::{StartError, WasmConfig};
pub use engine::{Rebuilt, WasmEngine};
