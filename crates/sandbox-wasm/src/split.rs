//! Splits a module into code, which is compiled once and shared, and data, which belongs to an image.
//!
//! What leaves the module is what would run or write memory at every instantiation; what joins it are exports,
//! so that the host can save and put back what an image cannot hold in memory.
//!
//! | part | becomes |
//! |---|---|
//! | active data segments | [`SplitModule::data`], the first state of the memory; empty passive segments stay in their places so that indices hold |
//! | start section | the export [`START_EXPORT`], called once while the base image is made |
//! | each mutable global | the export [`global_export`] |
//! | custom sections but `name` | nothing |
//!
//! Refused: what Hydra cannot snapshot or does not host (imported memories, tables and globals, more than one
//! memory, 64-bit or shared memories, data at computed places). A module that changes its tables or drops data
//! segments runs, but cannot be checkpointed: [`SplitModule::state_outside_memory`] says why.
//!
//! Input is hostile. It is validated by the engine's own parser before anything is read from it.

mod encode;
mod facts;

use hydra_types::Bytes;
use wasmparser::{Parser, Validator, WasmFeatures};

use facts::Facts;

/// The export under which a module's start function is called.
pub(crate) const START_EXPORT: &str = "hydra:start";

/// The export under which mutable global `index` is saved and put back.
pub(crate) fn global_export(index: u32) -> String {
    format!("hydra:global:{index}")
}

/// Bytes in a page of linear memory.
pub(crate) const WASM_PAGE_BYTES: u64 = 65_536;

/// Elements that a table may have, at the start and later: function pointers of a large program are tens of
/// thousands.
pub(crate) const MAX_TABLE_ELEMENTS: u64 = 1 << 20;

/// What came of a module.
pub(crate) struct SplitModule {
    /// The module to compile.
    pub(crate) wasm: Vec<u8>,
    /// First content of the memory, up to the last byte that a data segment sets.
    pub(crate) data: Vec<u8>,
    /// First size of the memory.
    pub(crate) memory_bytes: u64,
    /// Indices of the mutable globals, each exported as [`global_export`].
    pub(crate) mutable_globals: Vec<u32>,
    /// Names of exported functions that take nothing and return nothing or one `i32`.
    pub(crate) entry_points: Vec<String>,
    /// Whether [`START_EXPORT`] exists.
    pub(crate) start: Start,
    /// What state the module may have that lies neither in memory nor in globals.
    pub(crate) state_outside_memory: Option<&'static str>,
}

/// Whether a module has a start function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// None.
    None,
    /// Exported as [`START_EXPORT`].
    Exported,
}

/// Why a module cannot be split.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum SplitError {
    /// Not WebAssembly, or not valid.
    #[error("not a valid WebAssembly module: {reason} (at offset {offset:#x})")]
    Invalid { reason: String, offset: u64 },
    /// A component.
    #[error("this is a WebAssembly component; Hydra runs core modules")]
    Component,
    /// An import that is not a function.
    #[error("the module imports the {kind} {module:?} {name:?}; Hydra provides functions only")]
    Import {
        kind: &'static str,
        module: String,
        name: String,
    },
    /// No memory, or several, or one that cannot be imaged.
    #[error("the module must define exactly one 32-bit memory that is not shared: {reason}")]
    Memory { reason: &'static str },
    /// More memory than it may have.
    #[error("the module starts with {needs} of memory, the function has {has}; raise memory_mb")]
    TooLarge { needs: Bytes, has: Bytes },
    /// A global that an image cannot hold.
    #[error("mutable global {index} of type {ty} cannot be snapshotted; Hydra images numbers only")]
    Global { index: u32, ty: String },
    /// A table larger than any program needs.
    #[error(
        "table {index} starts with {elements} elements, Hydra hosts up to {MAX_TABLE_ELEMENTS}"
    )]
    Table { index: u32, elements: u64 },
    /// A data segment that cannot be placed.
    #[error("data segment {index} {reason}")]
    Data { index: u32, reason: &'static str },
}

impl From<wasmparser::BinaryReaderError> for SplitError {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self::Invalid {
            reason: error.message().to_owned(),
            offset: error.offset() as u64,
        }
    }
}

/// Sections that were gathered from additions, to be appended to the module's own.
#[derive(Default)]
pub(crate) struct Additions {
    /// Only these exports are kept; `None` keeps all.
    pub(crate) keep_exports: Option<&'static [&'static str]>,
    /// Function types, encoded, appended to the type section.
    pub(crate) types: Vec<Vec<u8>>,
    /// Functions: an index into `types`, an export name, and the encoded body.
    pub(crate) functions: Vec<AddedFunction>,
}

/// A function that joins the module.
pub(crate) struct AddedFunction {
    /// Index into [`Additions::types`].
    pub(crate) type_index: u32,
    /// Exported under this name; also placed at the end of the first table, in order.
    pub(crate) export: &'static str,
    /// Body with locals and `end`, without its length.
    pub(crate) body: Vec<u8>,
}

/// The features that Hydra's engine is configured for.
pub(crate) fn features() -> WasmFeatures {
    WasmFeatures::WASM1
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::SIMD
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
}

/// Splits `wasm`.
///
/// # Errors
///
/// The first thing that keeps Hydra from hosting the module.
pub(crate) fn split(
    wasm: &[u8],
    additions: &Additions,
    memory_limit: Bytes,
) -> Result<SplitModule, SplitError> {
    if Parser::is_component(wasm) {
        return Err(SplitError::Component);
    }
    Validator::new_with_features(features()).validate_all(wasm)?;
    let facts = Facts::gather(wasm, memory_limit)?;
    Ok(SplitModule {
        wasm: encode::encode(wasm, &facts, additions)?,
        entry_points: facts.entry_points(),
        start: if facts.start.is_some() {
            Start::Exported
        } else {
            Start::None
        },
        data: facts.data,
        memory_bytes: facts.memory_bytes,
        mutable_globals: facts.mutable_globals,
        state_outside_memory: facts.state_outside_memory,
    })
}
