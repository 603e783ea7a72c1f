//! Reads image files, which are hostile until checked. Pure functions over bytes; the file is `crate::image`'s.
//!
//! Order of trust: the prefix is bounded before anything is allocated, the head's own hash holds before its tables
//! are read, and every rule of the format is checked even then, since whoever can write the file can write the hash.
//!
//! Refused: pages out of order, twice, or beyond the memory; patches without lines; values with more than one
//! spelling; a file shorter or longer than its counts say.

use crate::{
    FileRange, GlobalValue, GuestId, ImageError, ImageId, PAGE_BYTES, Patch, PatchedPages, Run,
    delta::{Span, materialise},
    prefix::{
        DATA_RANGE_BYTES, GLOBAL_BYTES, HASH_BYTES, Kind, PATCH_BYTES, Prefix, RUN_BYTES,
        check_length,
    },
};

#[doc(hidden)]
pub use crate::encode::reseal;

/// The verified head of an image.
#[derive(Debug)]
pub struct Header {
    /// The image's name.
    pub id: ImageId,
    /// The guest that made it.
    pub guest: GuestId,
    /// Size of the whole linear memory.
    pub memory_bytes: u64,
    /// The mutable globals, in the backend's order.
    pub globals: Vec<GlobalValue>,
    /// The backend's own.
    pub meta: Vec<u8>,
    /// What differs by kind.
    pub content: Content,
    /// Size of the head in the file.
    pub head_bytes: u64,
    /// Size of the file.
    pub file_bytes: u64,
    pub(crate) ranges: Vec<Range>,
}

/// What differs between the kinds of image.
#[derive(Debug)]
pub enum Content {
    /// A base image.
    Base {
        /// Where its memory begins in the file; a multiple of a page.
        data_offset: u64,
        /// Bytes of memory in the file; a multiple of a page.
        data_bytes: u64,
    },
    /// A function image.
    Function {
        /// The base that it is a delta over.
        base: ImageId,
        /// Runs, ascending.
        runs: Vec<Run>,
        /// Patches, ascending.
        patches: Vec<Patch>,
    },
}

/// A part of the file under one checksum.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) name: FileRange,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
    pub(crate) hash: [u8; 32],
}

impl Header {
    /// Bytes of changed lines.
    #[must_use]
    pub fn line_bytes(&self) -> u64 {
        match &self.content {
            Content::Base { .. } => 0,
            Content::Function { patches, .. } => line_bytes(patches),
        }
    }
}

/// Bytes of the head of a file of `file_bytes` that begins with `bytes`: what [`header`] needs.
///
/// # Errors
///
/// As [`header`].
pub fn head_bytes(bytes: &[u8], file_bytes: u64) -> Result<u64, ImageError> {
    Ok(Prefix::decode(bytes, file_bytes)?.head_bytes())
}

/// Parses and checks the head of a file of `file_bytes`, of which `bytes` are the first.
///
/// Does not look past the head: the ranges' checksums are still to be compared.
///
/// # Errors
///
/// [`ImageError`] without a path; never panics, and allocates no more than a small multiple of the head.
pub fn header(bytes: &[u8], file_bytes: u64) -> Result<Header, ImageError> {
    let prefix = Prefix::decode(bytes, file_bytes)?;
    let head_bytes = prefix.head_bytes();
    check_length(head_bytes, bytes.len() as u64)?;
    let mut tables = Tables(&bytes[..as_usize(head_bytes - HASH_BYTES)]);
    let id = ImageId::of(tables.0);
    if bytes[tables.0.len()..][..32] != id.as_bytes()[..] {
        return Err(ImageError::header("checksum differs"));
    }
    tables.take(Prefix::BYTES as u64)?;
    let globals = tables
        .records(prefix.globals)?
        .map(decode_global)
        .collect::<Result<_, _>>()?;
    let meta = tables.take(prefix.meta_bytes.into())?.to_vec();
    let (runs, patches) = match prefix.kind {
        Kind::Base { .. } => (0, 0),
        Kind::Function { runs, patches, .. } => (runs, patches),
    };
    let runs: Vec<Span> = tables.records(runs)?.map(decode_run).collect();
    let patches: Vec<Patch> = tables.records(patches)?.map(decode_patch).collect();
    check_pages(&runs, &patches, prefix.memory_bytes)?;
    let ranges = ranges(&prefix, &runs, line_bytes(&patches), &mut tables)?;
    let end = ranges
        .last()
        .map_or(head_bytes, |range| range.offset + range.bytes);
    check_length(end, file_bytes)?;
    if file_bytes > end {
        return Err(ImageError::Corrupt {
            range: FileRange::Tail,
            fault: "bytes after the end of the image",
        });
    }
    Ok(Header {
        id,
        guest: prefix.guest,
        memory_bytes: prefix.memory_bytes,
        globals,
        meta,
        content: content(&prefix, &runs, patches, &ranges),
        head_bytes,
        file_bytes,
        ranges,
    })
}

/// Parses and verifies a whole file in memory.
///
/// # Errors
///
/// As [`header`], and [`ImageError::Corrupt`] where a range's checksum differs.
pub fn image(file: &[u8]) -> Result<Header, ImageError> {
    let header = header(file, file.len() as u64)?;
    for range in &header.ranges {
        let content = slice(file, range.offset, range.bytes);
        check_range(range, &blake3::hash(content))?;
    }
    Ok(header)
}

/// The patched pages of a whole file in memory, over a base that reads as zero beyond its end.
#[must_use]
pub fn patched_pages(file: &[u8], header: &Header, base: &[u8]) -> PatchedPages {
    match &header.content {
        Content::Base { .. } => PatchedPages::default(),
        Content::Function { patches, .. } => {
            let lines = slice(file, header.head_bytes, header.line_bytes());
            materialise(patches, lines, base)
        }
    }
}

pub(crate) fn check_range(range: &Range, found: &blake3::Hash) -> Result<(), ImageError> {
    if *found == range.hash {
        return Ok(());
    }
    Err(ImageError::Corrupt {
        range: range.name,
        fault: "checksum differs",
    })
}

fn content(prefix: &Prefix, runs: &[Span], patches: Vec<Patch>, ranges: &[Range]) -> Content {
    match prefix.kind {
        Kind::Base { data_pages } => Content::Base {
            data_offset: prefix.data_offset(0),
            data_bytes: u64::from(data_pages) * PAGE_BYTES as u64,
        },
        Kind::Function { base, .. } => Content::Function {
            base,
            runs: runs
                .iter()
                .zip(&ranges[1..])
                .map(|(run, range)| Run {
                    page: run.page,
                    pages: run.pages,
                    file_offset: range.offset,
                })
                .collect(),
            patches,
        },
    }
}

/// Every run and patch lies within the memory, comes after the one before it, and no page is in both.
fn check_pages(runs: &[Span], patches: &[Patch], memory_bytes: u64) -> Result<(), ImageError> {
    let memory_pages = memory_bytes / PAGE_BYTES as u64;
    let mut end = 0;
    for (index, run) in runs.iter().enumerate() {
        if run.pages == 0 || u64::from(run.page) + u64::from(run.pages) > memory_pages {
            return Err(ImageError::header("a run is empty or beyond the memory"));
        }
        if index > 0 && run.page < end {
            return Err(ImageError::header("runs overlap or are out of order"));
        }
        end = run.end();
    }
    let mut later_runs = runs.iter().copied().peekable();
    let mut previous = None;
    for patch in patches {
        if patch.lines == 0 || u64::from(patch.page) >= memory_pages {
            return Err(ImageError::header("a patch is empty or beyond the memory"));
        }
        if previous.is_some_and(|page| patch.page <= page) {
            return Err(ImageError::header("patches are out of order"));
        }
        previous = Some(patch.page);
        while later_runs.next_if(|run| run.end() <= patch.page).is_some() {}
        if later_runs.peek().is_some_and(|run| run.page <= patch.page) {
            return Err(ImageError::header("a page is both in a run and patched"));
        }
    }
    Ok(())
}

fn ranges(
    prefix: &Prefix,
    runs: &[Span],
    line_bytes: u64,
    tables: &mut Tables<'_>,
) -> Result<Vec<Range>, ImageError> {
    let data_offset = prefix.data_offset(line_bytes);
    let mut parts = vec![(FileRange::Lines, data_offset - prefix.head_bytes())];
    match prefix.kind {
        Kind::Base { data_pages } => {
            let mut left = u64::from(data_pages) * PAGE_BYTES as u64;
            while left > 0 {
                let index = parts.len() - 1;
                parts.push((FileRange::Data { index }, left.min(DATA_RANGE_BYTES)));
                left = left.saturating_sub(DATA_RANGE_BYTES);
            }
        }
        Kind::Function { .. } => parts.extend(runs.iter().enumerate().map(|(index, run)| {
            let bytes = u64::from(run.pages) * PAGE_BYTES as u64;
            (FileRange::Run { index }, bytes)
        })),
    }
    let mut offset = prefix.head_bytes();
    parts
        .into_iter()
        .map(|(name, bytes)| {
            let mut hash = [0; 32];
            hash.copy_from_slice(tables.take(HASH_BYTES)?);
            let range = Range {
                name,
                offset,
                bytes,
                hash,
            };
            offset += bytes;
            Ok(range)
        })
        .collect()
}

/// What is left of the head.
struct Tables<'a>(&'a [u8]);

impl<'a> Tables<'a> {
    fn take(&mut self, bytes: u64) -> Result<&'a [u8], ImageError> {
        let (taken, rest) = self
            .0
            .split_at_checked(as_usize(bytes))
            .ok_or(ImageError::header("the tables are longer than the head"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn records<const N: usize>(
        &mut self,
        count: u32,
    ) -> Result<impl Iterator<Item = &'a [u8; N]> + use<'a, N>, ImageError> {
        let table = self.take(u64::from(count) * N as u64)?;
        let (records, _) = table.as_chunks::<N>();
        Ok(records.iter())
    }
}

fn decode_global(record: &[u8; GLOBAL_BYTES]) -> Result<GlobalValue, ImageError> {
    let [tag, a, b, c, d, e, f, g, h] = *record;
    let wide = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    let narrow = u32::from_le_bytes([a, b, c, d]);
    let is_narrow = wide == u64::from(narrow);
    match tag {
        0 if is_narrow => Ok(GlobalValue::I32(narrow.cast_signed())),
        1 => Ok(GlobalValue::I64(wide.cast_signed())),
        2 if is_narrow => Ok(GlobalValue::F32(narrow)),
        3 => Ok(GlobalValue::F64(wide)),
        _ => Err(ImageError::header(
            "a global has no known type or too wide a value",
        )),
    }
}

fn decode_run(record: &[u8; RUN_BYTES]) -> Span {
    let [a, b, c, d, e, f, g, h] = *record;
    Span {
        page: u32::from_le_bytes([a, b, c, d]),
        pages: u32::from_le_bytes([e, f, g, h]),
    }
}

fn decode_patch(record: &[u8; PATCH_BYTES]) -> Patch {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *record;
    Patch {
        page: u32::from_le_bytes([a, b, c, d]),
        lines: u64::from_le_bytes([e, f, g, h, i, j, k, l]),
    }
}

fn line_bytes(patches: &[Patch]) -> u64 {
    patches.iter().map(|patch| patch.line_bytes() as u64).sum()
}

/// Offsets inside bytes that are in memory: no wider than a `usize`.
fn as_usize(n: u64) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// Empty where it would reach past the file, which a checked header rules out.
fn slice(file: &[u8], offset: u64, bytes: u64) -> &[u8] {
    file.get(as_usize(offset)..as_usize(offset + bytes))
        .unwrap_or_default()
}
