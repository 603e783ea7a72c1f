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

use hydra_types::Bytes;
use wasm_encoder::{Encode, Module as Encoder, RawSection, SectionId};
use wasmparser::{
    ConstExpr, DataKind, ExternalKind, Operator, Parser, Payload, TypeRef, Validator, WasmFeatures,
};

/// The export under which a module's start function is called.
pub(crate) const START_EXPORT: &str = "hydra:start";

/// The export under which mutable global `index` is saved and put back.
pub(crate) fn global_export(index: u32) -> String {
    format!("hydra:global:{index}")
}

/// Bytes in a page of linear memory.
pub(crate) const WASM_PAGE_BYTES: u64 = 65_536;

/// How far into memory data may lie: the image reaches as far.
const MAX_DATA_END: usize = 256 << 20;

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
        wasm: encode(wasm, &facts, additions)?,
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

/// What is learned of a module in one pass.
#[derive(Default)]
struct Facts<'a> {
    memory_limit: Bytes,
    memory_bytes: u64,
    memories: usize,
    types: Vec<wasmparser::FuncType>,
    /// Type index of every function, imported ones first.
    functions: Vec<u32>,
    type_count: u32,
    imported_functions: u32,
    table_count: u32,
    first_table_elements: u64,
    mutable_globals: Vec<u32>,
    exports: Vec<wasmparser::Export<'a>>,
    start: Option<u32>,
    data: Vec<u8>,
    data_segments: Vec<DataKindOnly<'a>>,
    state_outside_memory: Option<&'static str>,
}

enum DataKindOnly<'a> {
    Active,
    Passive(&'a [u8]),
}

impl<'a> Facts<'a> {
    fn gather(wasm: &'a [u8], memory_limit: Bytes) -> Result<Self, SplitError> {
        let mut facts = Self {
            memory_limit,
            ..Self::default()
        };
        for payload in Parser::new(0).parse_all(wasm) {
            facts.payload(payload?)?;
        }
        match facts.memories {
            1 => Ok(facts),
            0 => Err(SplitError::Memory {
                reason: "it defines none",
            }),
            _ => Err(SplitError::Memory {
                reason: "it defines several",
            }),
        }
    }

    fn payload(&mut self, payload: Payload<'a>) -> Result<(), SplitError> {
        match payload {
            Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    self.types.push(ty?);
                }
                self.type_count = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(import?)?;
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    if table.ty.initial > MAX_TABLE_ELEMENTS {
                        let (index, elements) = (self.table_count, table.ty.initial);
                        return Err(SplitError::Table { index, elements });
                    }
                    if self.table_count == 0 {
                        self.first_table_elements = table.ty.initial;
                    }
                    self.table_count += 1;
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memory(memory?)?;
                }
            }
            Payload::GlobalSection(section) => {
                for (index, global) in (0_u32..).zip(section) {
                    self.global(index, &global?)?;
                }
            }
            Payload::ExportSection(section) => {
                self.exports = section.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::DataSection(section) => {
                for (index, segment) in (0_u32..).zip(section) {
                    self.segment(index, segment?)?;
                }
            }
            Payload::CodeSectionEntry(body) => self.code(&body)?,
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wasmparser::Import<'a>) -> Result<(), SplitError> {
        let kind = match import.ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => {
                self.functions.push(ty);
                self.imported_functions += 1;
                return Ok(());
            }
            TypeRef::Memory(_) => "memory",
            TypeRef::Table(_) => "table",
            TypeRef::Global(_) => "global",
            TypeRef::Tag(_) => "tag",
        };
        Err(SplitError::Import {
            kind,
            module: import.module.to_owned(),
            name: import.name.to_owned(),
        })
    }

    fn memory(&mut self, memory: wasmparser::MemoryType) -> Result<(), SplitError> {
        self.memories += 1;
        self.memory_bytes = memory.initial.saturating_mul(WASM_PAGE_BYTES);
        match memory {
            wasmparser::MemoryType { memory64: true, .. } => Err(SplitError::Memory {
                reason: "its memory is 64-bit",
            }),
            wasmparser::MemoryType { shared: true, .. } => Err(SplitError::Memory {
                reason: "its memory is shared",
            }),
            _ if self.memory_bytes > self.memory_limit.0 => Err(SplitError::TooLarge {
                needs: Bytes(self.memory_bytes),
                has: self.memory_limit,
            }),
            _ => Ok(()),
        }
    }

    fn global(&mut self, index: u32, global: &wasmparser::Global<'a>) -> Result<(), SplitError> {
        use wasmparser::ValType;
        match global.ty.content_type {
            _ if !global.ty.mutable => return Ok(()),
            ValType::I32 | ValType::I64 | ValType::F32 | ValType::F64 => {}
            other => {
                let ty = other.to_string();
                return Err(SplitError::Global { index, ty });
            }
        }
        self.mutable_globals.push(index);
        Ok(())
    }

    fn segment(&mut self, index: u32, segment: wasmparser::Data<'a>) -> Result<(), SplitError> {
        let DataKind::Active { offset_expr, .. } = segment.kind else {
            self.data_segments.push(DataKindOnly::Passive(segment.data));
            return Ok(());
        };
        let offset = constant(&offset_expr).ok_or(SplitError::Data {
            index,
            reason: "is placed at an offset that is not a plain constant",
        })?;
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = start
            .checked_add(segment.data.len())
            .filter(|&end| end as u64 <= self.memory_bytes);
        let end = end.ok_or(SplitError::Data {
            index,
            reason: "does not fit into the memory",
        })?;
        if end > MAX_DATA_END {
            let reason = "lies beyond 256 MiB, further than Hydra images data";
            return Err(SplitError::Data { index, reason });
        }
        if self.data.len() < end {
            self.data.resize(end, 0);
        }
        self.data[start..end].copy_from_slice(segment.data);
        self.data_segments.push(DataKindOnly::Active);
        Ok(())
    }

    fn code(&mut self, body: &wasmparser::FunctionBody<'a>) -> Result<(), SplitError> {
        if self.state_outside_memory.is_some() {
            return Ok(());
        }
        for operator in body.get_operators_reader()? {
            self.state_outside_memory = match operator? {
                Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. }
                | Operator::ElemDrop { .. } => Some("the module changes its tables"),
                Operator::DataDrop { .. } => Some("the module drops data segments"),
                _ => continue,
            };
            break;
        }
        Ok(())
    }

    /// Exported functions of type `() -> ()` or `() -> i32`.
    fn entry_points(&self) -> Vec<String> {
        let fits = |export: &&wasmparser::Export<'_>| {
            let ty = self
                .functions
                .get(export.index as usize)
                .and_then(|&ty| self.types.get(ty as usize));
            let fits = |ty: &wasmparser::FuncType| {
                ty.params().is_empty() && matches!(ty.results(), [] | [wasmparser::ValType::I32])
            };
            matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact)
                && ty.is_some_and(fits)
        };
        self.exports
            .iter()
            .filter(fits)
            .map(|export| export.name.to_owned())
            .collect()
    }
}

/// The value of `i32.const n end`.
fn constant(expr: &ConstExpr<'_>) -> Option<u32> {
    let mut operators = expr.get_operators_reader();
    let Operator::I32Const { value } = operators.read().ok()? else {
        return None;
    };
    matches!(operators.read().ok()?, Operator::End).then_some(value.cast_unsigned())
}

fn encode(wasm: &[u8], facts: &Facts<'_>, additions: &Additions) -> Result<Vec<u8>, SplitError> {
    let mut out = Encoder::new();
    let added = u32::try_from(additions.functions.len()).unwrap_or(u32::MAX);
    let mut exports_done = false;
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        let Some((id, range)) = payload.as_section() else {
            continue;
        };
        // Sections come in their fixed order; exports go in even where the module has none of its own.
        if !exports_done
            && id != SectionId::Custom as u8
            && id > SectionId::Export as u8
            && id != SectionId::Tag as u8
        {
            out.section(&exports(facts, additions));
            exports_done = true;
        }
        let data = &wasm[range];
        match payload {
            Payload::TypeSection(_) => append(
                &mut out,
                id,
                data,
                additions.types.iter().map(Vec::as_slice),
            )?,
            Payload::FunctionSection(_) => {
                let types = additions
                    .functions
                    .iter()
                    .map(|f| leb(facts.type_count + f.type_index));
                append(
                    &mut out,
                    id,
                    data,
                    types.collect::<Vec<_>>().iter().map(Vec::as_slice),
                )?;
            }
            Payload::TableSection(section) if added > 0 => {
                out.section(&grown_tables(section, added)?);
            }
            Payload::ElementSection(_) if added > 0 => {
                append(
                    &mut out,
                    id,
                    data,
                    std::iter::once(added_elements(facts, added).as_slice()),
                )?;
            }
            Payload::CodeSectionStart { .. } => {
                let bodies = additions.functions.iter().map(|f| {
                    let mut body = leb(u32::try_from(f.body.len()).unwrap_or(u32::MAX));
                    body.extend_from_slice(&f.body);
                    body
                });
                append(
                    &mut out,
                    id,
                    data,
                    bodies.collect::<Vec<_>>().iter().map(Vec::as_slice),
                )?;
            }
            Payload::ExportSection(_) => {
                out.section(&exports(facts, additions));
                exports_done = true;
            }
            Payload::StartSection { .. } => {}
            Payload::DataSection(_) => {
                out.section(&passive_only(facts));
            }
            Payload::CustomSection(section) if section.name() != "name" => {}
            _ => {
                out.section(&RawSection { id, data });
            }
        }
    }
    if !exports_done {
        out.section(&exports(facts, additions));
    }
    Ok(out.finish())
}

fn exports(facts: &Facts<'_>, additions: &Additions) -> wasm_encoder::ExportSection {
    use wasm_encoder::ExportKind;
    let mut section = wasm_encoder::ExportSection::new();
    let kept = |name: &str| {
        additions
            .keep_exports
            .is_none_or(|keep| keep.contains(&name))
    };
    for export in facts.exports.iter().filter(|export| kept(export.name)) {
        let kind = match export.kind {
            ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
            ExternalKind::Table => ExportKind::Table,
            ExternalKind::Memory => ExportKind::Memory,
            ExternalKind::Global => ExportKind::Global,
            ExternalKind::Tag => ExportKind::Tag,
        };
        section.export(export.name, kind, export.index);
    }
    if let Some(start) = facts.start {
        section.export(START_EXPORT, ExportKind::Func, start);
    }
    for &index in &facts.mutable_globals {
        section.export(&global_export(index), ExportKind::Global, index);
    }
    if !facts
        .exports
        .iter()
        .any(|export| export.name == "memory" && kept(export.name))
    {
        section.export("memory", ExportKind::Memory, 0);
    }
    let first = u32::try_from(facts.functions.len()).unwrap_or(u32::MAX);
    for (index, function) in (first..).zip(&additions.functions) {
        section.export(function.export, ExportKind::Func, index);
    }
    section
}

fn passive_only(facts: &Facts<'_>) -> wasm_encoder::DataSection {
    let mut section = wasm_encoder::DataSection::new();
    for segment in &facts.data_segments {
        match segment {
            DataKindOnly::Active => section.passive([]),
            DataKindOnly::Passive(bytes) => section.passive(bytes.iter().copied()),
        };
    }
    section
}

/// The tables, the first with room for `added` more.
fn grown_tables(
    tables: wasmparser::TableSectionReader<'_>,
    added: u32,
) -> Result<wasm_encoder::TableSection, SplitError> {
    let mut section = wasm_encoder::TableSection::new();
    for (index, table) in tables.into_iter().enumerate() {
        let table = table?;
        let more = if index == 0 { u64::from(added) } else { 0 };
        section.table(wasm_encoder::TableType {
            element_type: wasm_encoder::RefType::FUNCREF,
            minimum: table.ty.initial + more,
            maximum: table.ty.maximum.map(|maximum| maximum + more),
            table64: false,
            shared: false,
        });
    }
    Ok(section)
}

/// One active element segment that puts the added functions behind the first table's own elements.
fn added_elements(facts: &Facts<'_>, added: u32) -> Vec<u8> {
    let first = u32::try_from(facts.functions.len()).unwrap_or(u32::MAX);
    let indices: Vec<u32> = (first..first + added).collect();
    let mut section = wasm_encoder::ElementSection::new();
    let offset = i32::try_from(facts.first_table_elements).unwrap_or(i32::MAX);
    section.active(
        None,
        &wasm_encoder::ConstExpr::i32_const(offset),
        wasm_encoder::Elements::Functions(indices.as_slice().into()),
    );
    let mut encoded = Vec::new();
    section.encode(&mut encoded);
    // Section length and item count, one byte each for a segment this small, come before the item.
    encoded.split_off(2)
}

/// Writes the vector section `data` with `items` appended.
fn append<'a>(
    out: &mut Encoder,
    id: u8,
    data: &[u8],
    items: impl ExactSizeIterator<Item = &'a [u8]>,
) -> Result<(), SplitError> {
    let mut reader = wasmparser::BinaryReader::new(data, 0);
    let count = reader.read_var_u32()?;
    let mut section = leb(count + u32::try_from(items.len()).unwrap_or(u32::MAX));
    section.extend_from_slice(&data[reader.original_position()..]);
    items.for_each(|item| section.extend_from_slice(item));
    out.section(&RawSection { id, data: &section });
    Ok(())
}

fn leb(n: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    n.encode(&mut bytes);
    bytes
}
