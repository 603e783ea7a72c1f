//! The bytes of one in-memory file, in blocks.
//!
//! Blocks, and not one vector, so that growing never copies or doubles a large file and memory is what the account
//! says. A block nobody wrote is not there and reads as zeros. Knows no limit: [`super::files`] charges first.
//!
//! Invariant: bytes past the size are zero in every block, so that growing again shows zeros.

/// Bytes in a block.
pub(super) const BLOCK_BYTES: u64 = 4096;
const BLOCK: usize = 4096;

/// A file's bytes.
#[derive(Debug, Default)]
pub(super) struct Content {
    blocks: Vec<Option<Box<[u8]>>>,
    size_bytes: u64,
}

impl Content {
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Copies bytes from `offset` on; none at or past the end.
    pub(super) fn read_at(&self, offset: u64, into: &mut [u8]) -> usize {
        let left = self.size_bytes.saturating_sub(offset);
        let count = into.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let mut offset = offset;
        let mut rest = &mut into[..count];
        while !rest.is_empty() {
            let (block, start) = position(offset);
            let (part, later) = rest.split_at_mut(rest.len().min(BLOCK - start));
            match self.blocks.get(block) {
                Some(Some(bytes)) => part.copy_from_slice(&bytes[start..start + part.len()]),
                _ => part.fill(0),
            }
            offset += part.len() as u64;
            rest = later;
        }
        count
    }

    /// Writes all of `from`, growing as needed. `offset + from.len()` must have been charged.
    pub(super) fn write_at(&mut self, offset: u64, from: &[u8]) {
        let end = offset + from.len() as u64;
        if end > self.size_bytes {
            self.set_size(end);
        }
        let mut offset = offset;
        let mut rest = from;
        while !rest.is_empty() {
            let (block, start) = position(offset);
            let (part, later) = rest.split_at(rest.len().min(BLOCK - start));
            let bytes = self.blocks[block].get_or_insert_with(|| vec![0; BLOCK].into());
            bytes[start..start + part.len()].copy_from_slice(part);
            offset += part.len() as u64;
            rest = later;
        }
    }

    /// Cuts off, or grows with zeros. `size_bytes` must have been charged.
    pub(super) fn set_size(&mut self, size_bytes: u64) {
        let (last, start) = position(size_bytes);
        if size_bytes < self.size_bytes
            && let Some(Some(bytes)) = self.blocks.get_mut(last)
        {
            bytes[start..].fill(0);
        }
        self.blocks
            .resize_with(last + usize::from(start > 0), || None);
        self.size_bytes = size_bytes;
    }
}

/// Blocks that `size_bytes` bytes take.
pub(super) fn blocks_for(size_bytes: u64) -> u64 {
    size_bytes.div_ceil(BLOCK_BYTES)
}

/// Block and offset in it. Offsets have been charged against a limit, so they fit.
fn position(offset: u64) -> (usize, usize) {
    let block = usize::try_from(offset / BLOCK_BYTES).unwrap_or(usize::MAX);
    let start = usize::try_from(offset % BLOCK_BYTES).unwrap_or(0);
    (block, start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Write(u64, Vec<u8>),
        Resize(u64),
        Read(u64, usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        let offset = prop_oneof![0..64u64, 4000..4200u64, 0..20_000u64];
        prop_oneof![
            (offset.clone(), 0..9000usize, any::<u8>())
                .prop_map(|(offset, length, byte)| Step::Write(offset, vec![byte; length])),
            offset.clone().prop_map(Step::Resize),
            (offset, 0..9000usize).prop_map(|(offset, length)| Step::Read(offset, length)),
        ]
    }

    proptest! {
        #[test]
        fn blocks_behave_like_one_vector(steps in prop::collection::vec(step(), 1..40)) {
            let mut content = Content::default();
            let mut model = Vec::new();
            for step in steps {
                match step {
                    Step::Write(offset, bytes) => {
                        content.write_at(offset, &bytes);
                        let end = usize::try_from(offset).unwrap() + bytes.len();
                        model.resize(model.len().max(end), 0);
                        model[end - bytes.len()..end].copy_from_slice(&bytes);
                    }
                    Step::Resize(size) => {
                        content.set_size(size);
                        model.resize(usize::try_from(size).unwrap(), 0);
                    }
                    Step::Read(offset, length) => {
                        let mut found = vec![7; length];
                        let count = content.read_at(offset, &mut found);
                        let start = usize::try_from(offset).unwrap().min(model.len());
                        let end = (start + length).min(model.len());
                        prop_assert_eq!(&found[..count], &model[start..end]);
                    }
                }
                prop_assert_eq!(content.size_bytes(), model.len() as u64);
                prop_assert_eq!(content.blocks.len() as u64, blocks_for(content.size_bytes()));
            }
        }
    }
}
