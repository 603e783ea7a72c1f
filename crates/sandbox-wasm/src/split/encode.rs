//! Writes the module that is compiled: without data and start function, with what the host adds.

use wasm_encoder::{Encode, Module as Encoder, RawSection, SectionId};
use wasmparser::{ExternalKind, Parser, Payload};

use super::{
    Additions, START_EXPORT, SplitError,
    facts::{DataKindOnly, Facts},
    global_export,
};

pub(super) fn encode(
    wasm: &[u8],
    facts: &Facts<'_>,
    additions: &Additions,
) -> Result<Vec<u8>, SplitError> {
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
