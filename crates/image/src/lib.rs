//! Images: the format on disk, deltas over a base, and the store that keeps them.
//!
//! ```text
//!  Snapshot ──diff over base──► encoded file ──ImageStore::publish──► BaseImage / FunctionImage
//!  (memory, globals, meta)                                             │ file, offsets, patched pages
//!                                                                      ▼
//!                                                            sandbox-wasm maps and copies
//! ```
//!
//! Knows nothing of Wasm engines and maps no memory: whoever restores a sandbox gets the open file, offsets that
//! are multiples of a page, and the content of patched pages.
//!
//! Invariants:
//! - An image that this crate hands out was verified: every byte of its file is covered by a checksum.
//! - A published image never changes; new content is a new [`ImageId`].
//! - What a file says about sizes is checked against hard limits and the file's length before memory is allocated.

#![forbid(unsafe_code)]

mod delta;
mod encode;
mod error;
mod id;
mod image;
pub mod parse;
mod prefix;
mod snapshot;
mod store;

pub use delta::{LINE_BYTES, MAX_RUNS, MIN_RUN_PAGES, Patch, PatchedPages};
pub use error::{FileRange, ImageError};
pub use id::{GuestId, IdError, ImageId};
pub use image::{BaseImage, FunctionImage, Image, Run};
pub use prefix::{FORMAT_VERSION, MAX_GLOBALS, MAX_HEAD_BYTES, MAX_MEMORY_BYTES, MAX_META_BYTES};
pub use snapshot::{GlobalValue, Snapshot};
pub use store::{ImageStore, StoreLimits};

/// Bytes in a page: the unit of change, of mapping, and of alignment in a file.
///
/// Fixed at 4 KiB because the format is; a host with larger pages cannot map the files.
pub const PAGE_BYTES: usize = 4096;
