//! What was uploaded, as a tree of files: one source file, or a zip with several files and `node_modules`.
//!
//! [`Package`] reads the tree, resolves module specifiers in it as Node does, finds the entry and gives the text of a
//! module with its TypeScript types blanked. [`PackageStore`] keeps uploads on disk, so that one nobody uses costs no
//! memory. [`pack_folder`] makes the zip of a folder.
//!
//! Runs nothing, knows no engine, and reads no file but the ones that it is told to. Uploads are hostile: sizes,
//! counts, depths and names are bounded, and what is inflated is counted as it comes out.

mod blob;
mod directory;
mod entry;
mod error;
mod index;
mod kind;
mod pack;
mod package;
mod package_json;
mod path;
mod resolve;
mod store;
mod strip;
mod text;

pub use entry::Entry;
pub use error::PackageError;
pub use kind::Kind;
pub use pack::{PackReport, pack_folder};
pub use package::{Metadata, Package};
pub use resolve::{How, ResolveError, Resolved};
pub use store::{PackageStore, StoredPackage};
pub use strip::{SyntaxProblem, strip_types};
pub use text::SourceError;
