//! What is open, by number. A number is used once, so that a stale one never means something else.

use std::collections::BTreeMap;

use crate::press::{Compressor, Decompressor};
use crate::text::Decoder;
use crate::{ComputeError, Result, hash};

/// How much may be open at once. Most things count once, those with large tables more.
const MOST: usize = 64;

/// Something that stays open between calls.
pub(crate) enum Open {
    Hasher(hash::Blake2),
    Decoder(Decoder),
    Compressor(Compressor),
    Decompressor(Decompressor),
}

impl Open {
    /// Of [`MOST`]. A Brotli window is up to 16 MiB.
    fn weight(&self) -> usize {
        match self {
            Self::Compressor(Compressor::Brotli(_))
            | Self::Decompressor(Decompressor::Brotli(_)) => 16,
            _ => 1,
        }
    }
}

#[derive(Default)]
pub(crate) struct Handles {
    open: BTreeMap<i32, Open>,
    last: i32,
}

impl Handles {
    pub(crate) fn add(&mut self, open: Open) -> Result<i32> {
        let taken: usize = self.open.values().map(Open::weight).sum();
        if taken + open.weight() > MOST {
            return Err(ComputeError::operation(format_args!(
                "too many compressors, text decoders and BLAKE2 hashers are open ({MOST} at once, Brotli counts 16); \
                 finish or close some"
            )));
        }
        let next = self
            .last
            .checked_add(1)
            .ok_or_else(|| ComputeError::operation("no handle is left"))?;
        self.last = next;
        self.open.insert(next, open);
        Ok(next)
    }

    pub(crate) fn get(&mut self, handle: i32) -> Result<&mut Open> {
        self.open.get_mut(&handle).ok_or_else(|| closed(handle))
    }

    pub(crate) fn take(&mut self, handle: i32) -> Result<Open> {
        self.open.remove(&handle).ok_or_else(|| closed(handle))
    }

    /// Closes what is open under the handle, if anything is.
    pub(crate) fn close(&mut self, handle: i32) {
        self.open.remove(&handle);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.open.clear();
    }
}

/// The error for a handle that is not open, or is something else than the operation takes.
pub(crate) fn closed(handle: i32) -> ComputeError {
    ComputeError::new(
        "InvalidStateError",
        format_args!("handle {handle} is not open for this"),
    )
}
