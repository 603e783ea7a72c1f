//! What is learned of a module in one pass over it, and what keeps Hydra from hosting it.

use hydra_types::Bytes;
use wasmparser::{ConstExpr, DataKind, ExternalKind, Operator, Parser, Payload, TypeRef};

use super::{MAX_TABLE_ELEMENTS, SplitError, WASM_PAGE_BYTES};

/// How far into memory data may lie: the image reaches as far.
const MAX_DATA_END: usize = 256 << 20;

/// What is learned of a module in one pass.
#[derive(Default)]
pub(super) struct Facts<'a> {
    pub(super) memory_limit: Bytes,
    pub(super) memory_bytes: u64,
    pub(super) memories: usize,
    pub(super) types: Vec<wasmparser::FuncType>,
    /// Type index of every function, imported ones first.
    pub(super) functions: Vec<u32>,
    pub(super) type_count: u32,
    pub(super) imported_functions: u32,
    pub(super) table_count: u32,
    pub(super) first_table_elements: u64,
    pub(super) mutable_globals: Vec<u32>,
    pub(super) exports: Vec<wasmparser::Export<'a>>,
    pub(super) start: Option<u32>,
    pub(super) data: Vec<u8>,
    pub(super) data_segments: Vec<DataKindOnly<'a>>,
    pub(super) state_outside_memory: Option<&'static str>,
}

pub(super) enum DataKindOnly<'a> {
    Active,
    Passive(&'a [u8]),
}

impl<'a> Facts<'a> {
    pub(super) fn gather(wasm: &'a [u8], memory_limit: Bytes) -> Result<Self, SplitError> {
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
    pub(super) fn entry_points(&self) -> Vec<String> {
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
