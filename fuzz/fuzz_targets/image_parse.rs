//! Feeds arbitrary bytes to the image parser: head, tables, checksums and patched pages.
//!
//! The rules that must hold are the ones of the crate's own mutation test; the same file is included here. Seeds
//! are any published images. Does not touch the disk.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/image/tests/it/examine.rs"]
mod examine;

fuzz_target!(|file: &[u8]| {
    examine::examine(file);
});
