//! Safe wrappers over the Linux calls Hydra lives on.
//!
//! - [`slot`]: a reserved range of address space with an image mapped into its start.
//! - [`mapping`]: read-only views of files.
//! - [`pagemap`]: which pages of a range are private.
//! - [`process`]: what this process, or another, costs: PSS, CPU time, descriptors.
//! - [`stack`]: stacks for fibers.
//!
//! Knows nothing of WebAssembly, images or functions. Imports none of our crates. `unsafe` lives here, each use
//! with the reason why it is sound.

pub mod mapping;
pub mod pagemap;
pub mod process;
pub mod slot;
pub mod stack;

/// The size of a page. Hydra runs on x86-64 and on arm64 kernels with 4 KiB pages; [`check_page_size`] says so
/// at start where a kernel has others.
pub const PAGE_BYTES: usize = 4096;

/// Whether the kernel's pages have [`PAGE_BYTES`].
#[must_use]
pub fn check_page_size() -> bool {
    rustix::param::page_size() == PAGE_BYTES
}
