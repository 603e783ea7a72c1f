//! Turns a snapshot into the bytes of an image file, ready to be written.
//!
//! Raw pages stay borrowed from the snapshot's memory; only the head and the changed lines are copied.
//! Writes nothing to disk. The layout is drawn in [`crate::prefix`].

use std::io::{self, Write};

use crate::{
    GlobalValue, ImageError, ImageId, PAGE_BYTES, Snapshot,
    delta::{Delta, diff},
    prefix::{DATA_RANGE_BYTES, HASH_BYTES, Kind, Prefix},
};

/// An image file in pieces, in the order of the file.
#[derive(Debug)]
pub(crate) struct Encoded<'a> {
    pub(crate) id: ImageId,
    head: Vec<u8>,
    /// Changed lines and padding.
    lines: Vec<u8>,
    data: Vec<&'a [u8]>,
}

impl<'a> Encoded<'a> {
    /// A base image: memory up to its last page that is not zero.
    pub(crate) fn base(snapshot: &Snapshot<'a>) -> Result<Self, ImageError> {
        snapshot.check()?;
        let used_bytes = snapshot
            .memory
            .iter()
            .rposition(|&byte| byte != 0)
            .map_or(0, |last| (last + 1).next_multiple_of(PAGE_BYTES));
        let data = &snapshot.memory[..used_bytes];
        let prefix = prefix(
            snapshot,
            Kind::Base {
                data_pages: count(data.len() / PAGE_BYTES)?,
            },
        )?;
        let range_bytes = usize::try_from(DATA_RANGE_BYTES).unwrap_or(usize::MAX);
        let data = data.chunks(range_bytes).collect();
        Ok(Self::assemble(&prefix, snapshot, &Delta::default(), data))
    }

    /// A function image: what differs from the base's `base_data`.
    pub(crate) fn function(
        snapshot: &Snapshot<'a>,
        base: ImageId,
        base_data: &[u8],
    ) -> Result<Self, ImageError> {
        snapshot.check()?;
        let delta = diff(snapshot.memory, base_data);
        let prefix = prefix(
            snapshot,
            Kind::Function {
                base,
                runs: count(delta.runs.len())?,
                patches: count(delta.patches.len())?,
            },
        )?;
        let runs = delta
            .runs
            .iter()
            .map(|run| run.of(snapshot.memory))
            .collect();
        Ok(Self::assemble(&prefix, snapshot, &delta, runs))
    }

    /// Size of the file.
    pub(crate) fn file_bytes(&self) -> u64 {
        let data: usize = self.data.iter().map(|range| range.len()).sum();
        (self.head.len() + self.lines.len() + data) as u64
    }

    pub(crate) fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&self.head)?;
        out.write_all(&self.lines)?;
        self.data.iter().try_for_each(|range| out.write_all(range))
    }

    fn assemble(
        prefix: &Prefix,
        snapshot: &Snapshot<'_>,
        delta: &Delta,
        data: Vec<&'a [u8]>,
    ) -> Self {
        let padding = prefix.data_offset(delta.lines.len() as u64)
            - prefix.head_bytes()
            - delta.lines.len() as u64;
        let mut lines = delta.lines.clone();
        lines.extend((0..padding).map(|_| 0));

        let mut head = Vec::new();
        prefix.encode(&mut head);
        for &global in snapshot.globals {
            encode_global(global, &mut head);
        }
        head.extend_from_slice(snapshot.meta);
        for run in &delta.runs {
            head.extend_from_slice(&run.page.to_le_bytes());
            head.extend_from_slice(&run.pages.to_le_bytes());
        }
        for patch in &delta.patches {
            head.extend_from_slice(&patch.page.to_le_bytes());
            head.extend_from_slice(&patch.lines.to_le_bytes());
        }
        for range in std::iter::once(lines.as_slice()).chain(data.iter().copied()) {
            head.extend_from_slice(blake3::hash(range).as_bytes());
        }
        let id = ImageId::of(&head);
        head.extend_from_slice(id.as_bytes());
        debug_assert_eq!(head.len() as u64, prefix.head_bytes());
        Self {
            id,
            head,
            lines,
            data,
        }
    }
}

/// Makes the stored id fit the head of an image file that was tampered with.
///
/// Only for tests and fuzzing: without it random changes never get past the checksum to the rules behind it.
#[doc(hidden)]
pub fn reseal(file: &mut [u8]) {
    let Ok(prefix) = Prefix::decode(file, file.len() as u64) else {
        return;
    };
    let end = usize::try_from(prefix.head_bytes()).unwrap_or(usize::MAX);
    let Some(head) = file.get_mut(..end) else {
        return;
    };
    let hash_bytes = usize::try_from(HASH_BYTES).unwrap_or(usize::MAX);
    let (content, id) = head.split_at_mut(end - hash_bytes);
    id.copy_from_slice(blake3::hash(content).as_bytes());
}

fn prefix(snapshot: &Snapshot<'_>, kind: Kind) -> Result<Prefix, ImageError> {
    Ok(Prefix {
        kind,
        guest: snapshot.guest,
        memory_bytes: snapshot.memory.len() as u64,
        globals: count(snapshot.globals.len())?,
        meta_bytes: count(snapshot.meta.len())?,
    })
}

/// [`Snapshot::check`] bounds everything that is counted, far below 2^32.
fn count(n: usize) -> Result<u32, ImageError> {
    u32::try_from(n).map_err(|_| ImageError::TooLarge {
        what: "a count",
        limit: u32::MAX.into(),
        found: n as u64,
    })
}

/// One byte for the type, eight for the value; the upper half of a 32-bit value is zero.
fn encode_global(global: GlobalValue, out: &mut Vec<u8>) {
    let (tag, bits) = match global {
        GlobalValue::I32(value) => (0, u64::from(value.cast_unsigned())),
        GlobalValue::I64(value) => (1, value.cast_unsigned()),
        GlobalValue::F32(bits) => (2, u64::from(bits)),
        GlobalValue::F64(bits) => (3, bits),
    };
    out.push(tag);
    out.extend_from_slice(&bits.to_le_bytes());
}
