//! The layout of an image file, and its first, fixed part. Shared by the writer and the reader.
//!
//! ```text
//! ┌──────────────────────── head: 172 bytes and up, at most 16 MiB ───────────────────────┐
//! │ prefix (108) │ globals (9 each) │ meta │ runs (8 each) │ patches (12 each)             │
//! │ checksum of each range below (32 each) │ image id (32) = BLAKE3 of all before          │
//! ├───────────────────────────────────────────────────────────────────────────────────────┤
//! │ range 0: changed lines (64 each), then zeroes up to a page where raw pages follow      │
//! │ ranges 1..: base: data in ranges of 1 MiB │ function: one range per run, page aligned  │
//! └───────────────────────────────────────────────────────────────────────────────────────┘
//!
//! prefix: magic 8 │ version u32 │ kind u32 │ guest 32 │ base 32 │ memory bytes u64 │ data pages u32
//!         │ globals u32 │ meta bytes u32 │ runs u32 │ patches u32            (all little-endian)
//! ```
//!
//! Offsets are not stored but follow from the counts, so a file cannot make two parts overlap. The id covers the
//! checksums, and those the rest: one hash identifies and protects the whole file, and equal content has an equal
//! id. That is also why checksums are whole hashes and not shorter.

use crate::{GuestId, ImageError, ImageId, MAX_RUNS, PAGE_BYTES, snapshot::check_limit};

/// The format version written here, and the newest that is read.
pub const FORMAT_VERSION: u32 = 1;
/// Most bytes before the first range: a patch for each page of 4 GiB takes 12 MiB.
pub const MAX_HEAD_BYTES: u64 = 16 << 20;
/// Most bytes of a backend's own.
pub const MAX_META_BYTES: u64 = 64 << 10;
/// Most mutable globals.
pub const MAX_GLOBALS: u64 = 1024;
/// Largest linear memory: all that a 32-bit address reaches.
pub const MAX_MEMORY_BYTES: u64 = 4 << 30;

/// Linear memory comes in units of 64 KiB. Source: WebAssembly core specification, memory instances.
pub(crate) const MEMORY_UNIT_BYTES: u64 = 64 << 10;
/// Bytes of a base image's memory under one checksum.
pub(crate) const DATA_RANGE_BYTES: u64 = 1 << 20;

pub(crate) const MAGIC: &[u8; 8] = b"HYDRAIMG";
pub(crate) const GLOBAL_BYTES: usize = 9;
pub(crate) const RUN_BYTES: usize = 8;
pub(crate) const PATCH_BYTES: usize = 12;
pub(crate) const HASH_BYTES: u64 = 32;
const PAGE: u64 = PAGE_BYTES as u64;
const KIND_BASE: u32 = 1;
const KIND_FUNCTION: u32 = 2;

/// What an image holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Base {
        data_pages: u32,
    },
    Function {
        base: ImageId,
        runs: u32,
        patches: u32,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Prefix {
    pub(crate) kind: Kind,
    pub(crate) guest: GuestId,
    pub(crate) memory_bytes: u64,
    pub(crate) globals: u32,
    pub(crate) meta_bytes: u32,
}

impl Prefix {
    pub(crate) const BYTES: usize = 108;

    /// Number of checksummed ranges after the head.
    pub(crate) fn ranges(&self) -> u64 {
        1 + match self.kind {
            Kind::Base { data_pages } => (u64::from(data_pages) * PAGE).div_ceil(DATA_RANGE_BYTES),
            Kind::Function { runs, .. } => u64::from(runs),
        }
    }

    /// Bytes of the head, which follow from the counts. Cannot overflow: counts are 32 bits wide.
    pub(crate) fn head_bytes(&self) -> u64 {
        let tables = match self.kind {
            Kind::Base { .. } => 0,
            Kind::Function { runs, patches, .. } => {
                u64::from(runs) * RUN_BYTES as u64 + u64::from(patches) * PATCH_BYTES as u64
            }
        };
        Self::BYTES as u64
            + u64::from(self.globals) * GLOBAL_BYTES as u64
            + u64::from(self.meta_bytes)
            + tables
            + (self.ranges() + 1) * HASH_BYTES
    }

    /// Where the raw pages begin, or would: page aligned where there are any.
    pub(crate) fn data_offset(&self, line_bytes: u64) -> u64 {
        let end = self.head_bytes() + line_bytes;
        match self.kind {
            Kind::Base { data_pages: 0 } | Kind::Function { runs: 0, .. } => end,
            _ => end.next_multiple_of(PAGE),
        }
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let (kind, base, data_pages, runs, patches) = match self.kind {
            Kind::Base { data_pages } => (KIND_BASE, [0; 32], data_pages, 0, 0),
            Kind::Function {
                base,
                runs,
                patches,
            } => (KIND_FUNCTION, *base.as_bytes(), 0, runs, patches),
        };
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(self.guest.as_bytes());
        out.extend_from_slice(&base);
        out.extend_from_slice(&self.memory_bytes.to_le_bytes());
        for count in [data_pages, self.globals, self.meta_bytes, runs, patches] {
            out.extend_from_slice(&count.to_le_bytes());
        }
    }

    /// Reads and bounds the prefix of a file of `file_bytes`. Trusts nothing; needs no more than [`Self::BYTES`].
    pub(crate) fn decode(bytes: &[u8], file_bytes: u64) -> Result<Self, ImageError> {
        let known = bytes.len().min(MAGIC.len());
        if bytes[..known] != MAGIC[..known] {
            return Err(ImageError::NotAnImage);
        }
        let mut fields = Fields(bytes);
        fields.take::<8>(file_bytes)?;
        match fields.u32(file_bytes)? {
            FORMAT_VERSION => {}
            0 => return Err(ImageError::header("there is no format version 0")),
            found => {
                return Err(ImageError::NewerFormat {
                    found,
                    known: FORMAT_VERSION,
                });
            }
        }
        let kind = fields.u32(file_bytes)?;
        let guest = GuestId::from_bytes(fields.take(file_bytes)?);
        let base = ImageId::from_bytes(fields.take(file_bytes)?);
        let memory_bytes = u64::from_le_bytes(fields.take(file_bytes)?);
        let data_pages = fields.u32(file_bytes)?;
        let globals = fields.u32(file_bytes)?;
        let meta_bytes = fields.u32(file_bytes)?;
        let runs = fields.u32(file_bytes)?;
        let patches = fields.u32(file_bytes)?;
        let kind = match kind {
            KIND_BASE if runs == 0 && patches == 0 && base.as_bytes() == &[0; 32] => {
                Kind::Base { data_pages }
            }
            KIND_FUNCTION if data_pages == 0 => Kind::Function {
                base,
                runs,
                patches,
            },
            KIND_BASE | KIND_FUNCTION => {
                return Err(ImageError::header(
                    "a field of the other kind of image is set",
                ));
            }
            _ => return Err(ImageError::header("neither a base nor a function image")),
        };
        let prefix = Self {
            kind,
            guest,
            memory_bytes,
            globals,
            meta_bytes,
        };
        prefix.check(file_bytes)?;
        Ok(prefix)
    }

    fn check(&self, file_bytes: u64) -> Result<(), ImageError> {
        check_limit("memory bytes", self.memory_bytes, MAX_MEMORY_BYTES)?;
        check_limit("globals", self.globals.into(), MAX_GLOBALS)?;
        check_limit("meta bytes", self.meta_bytes.into(), MAX_META_BYTES)?;
        if !self.memory_bytes.is_multiple_of(MEMORY_UNIT_BYTES) {
            return Err(ImageError::header("memory is no multiple of 64 KiB"));
        }
        let memory_pages = self.memory_bytes / PAGE;
        match self.kind {
            Kind::Base { data_pages } => {
                check_limit("data pages", data_pages.into(), memory_pages)?;
            }
            Kind::Function { runs, patches, .. } => {
                check_limit("runs", runs.into(), MAX_RUNS as u64)?;
                check_limit("patched pages", patches.into(), memory_pages)?;
            }
        }
        check_limit("head bytes", self.head_bytes(), MAX_HEAD_BYTES)?;
        check_length(self.head_bytes(), file_bytes)
    }
}

pub(crate) fn check_length(expected: u64, found: u64) -> Result<(), ImageError> {
    if found < expected {
        return Err(ImageError::Truncated { expected, found });
    }
    Ok(())
}

struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self, file_bytes: u64) -> Result<[u8; N], ImageError> {
        let (field, rest) = self.0.split_first_chunk().ok_or(ImageError::Truncated {
            expected: Prefix::BYTES as u64,
            found: file_bytes.min(Prefix::BYTES as u64 - 1),
        })?;
        self.0 = rest;
        Ok(*field)
    }

    fn u32(&mut self, file_bytes: u64) -> Result<u32, ImageError> {
        self.take(file_bytes).map(u32::from_le_bytes)
    }
}
