//! What a sandbox is at a quiescent point, as borrowed from it.
//!
//! Does not take the snapshot; the backend does, between calls.

use crate::{
    GuestId, ImageError,
    prefix::{MAX_GLOBALS, MAX_MEMORY_BYTES, MAX_META_BYTES, MEMORY_UNIT_BYTES},
};

/// The value of a mutable global. Floats travel as bits: a NaN keeps its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalValue {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// The bits of an `f32`.
    F32(u32),
    /// The bits of an `f64`.
    F64(u64),
}

/// What a sandbox is at a quiescent point.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot<'a> {
    /// The guest that runs in it.
    pub guest: GuestId,
    /// The whole linear memory: a multiple of 64 KiB, at most 4 GiB.
    pub memory: &'a [u8],
    /// The mutable globals in the backend's order, at most 1024.
    pub globals: &'a [GlobalValue],
    /// The backend's own, at most 64 KiB.
    pub meta: &'a [u8],
}

impl Snapshot<'_> {
    /// Refuses what the format cannot hold.
    pub(crate) fn check(&self) -> Result<(), ImageError> {
        let memory_bytes = self.memory.len() as u64;
        if !memory_bytes.is_multiple_of(MEMORY_UNIT_BYTES) {
            return Err(ImageError::BadSnapshot {
                fault: "memory is no multiple of 64 KiB; pass the whole linear memory",
            });
        }
        check_limit("memory bytes", memory_bytes, MAX_MEMORY_BYTES)?;
        check_limit("globals", self.globals.len() as u64, MAX_GLOBALS)?;
        check_limit("meta bytes", self.meta.len() as u64, MAX_META_BYTES)
    }
}

pub(crate) fn check_limit(what: &'static str, found: u64, limit: u64) -> Result<(), ImageError> {
    if found > limit {
        return Err(ImageError::TooLarge { what, limit, found });
    }
    Ok(())
}
