//! The bytes of an upload, in memory or in a file, and a reader over them that can be copied.
//!
//! A file is read in blocks with `pread`: readers of one file do not share a position.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::FileExt,
    sync::Arc,
};

use bytes::Bytes;

/// Bytes of a file read at once.
const BLOCK: usize = 16 << 10;

#[derive(Clone, Debug)]
pub(crate) enum Blob {
    Memory(Bytes),
    File { file: Arc<File>, len: u64 },
}

impl Blob {
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { len, .. } => *len,
        }
    }

    /// All of it. Costs its size in memory where it is a file.
    pub(crate) fn read_all(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::File { file, len } => {
                let len = usize::try_from(*len).map_err(io::Error::other)?;
                let mut bytes = vec![0; len];
                file.read_exact_at(&mut bytes, 0)?;
                Ok(bytes.into())
            }
        }
    }

    /// The first bytes, as many as there are up to `N`.
    pub(crate) fn head<const N: usize>(&self) -> io::Result<[u8; N]> {
        let mut head = [0; N];
        let mut reader = Reader::new(self.clone());
        let mut filled = 0;
        while filled < N {
            match reader.read(&mut head[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        Ok(head)
    }
}

/// Reads a blob from any place.
#[derive(Debug)]
pub(crate) struct Reader {
    blob: Blob,
    at: u64,
    block: Vec<u8>,
    block_at: u64,
}

impl Reader {
    pub(crate) fn new(blob: Blob) -> Self {
        Self {
            blob,
            at: 0,
            block: Vec::new(),
            block_at: 0,
        }
    }

    /// Fills the block with what lies at the position, unless it is there.
    fn fill(&mut self) -> io::Result<()> {
        let Blob::File { file, len } = &self.blob else {
            return Ok(());
        };
        let inside = self.at.checked_sub(self.block_at);
        if inside.is_some_and(|offset| offset < self.block.len() as u64) {
            return Ok(());
        }
        let wanted = len.saturating_sub(self.at).min(BLOCK as u64);
        self.block
            .resize(usize::try_from(wanted).unwrap_or(BLOCK), 0);
        self.block_at = self.at;
        if let Err(error) = file.read_exact_at(&mut self.block, self.at) {
            self.block.clear();
            return Err(error);
        }
        Ok(())
    }
}

/// The copy starts at the beginning, with no block of its own.
impl Clone for Reader {
    fn clone(&self) -> Self {
        Self::new(self.blob.clone())
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.fill()?;
        let (bytes, start) = match &self.blob {
            Blob::Memory(bytes) => (&bytes[..], 0),
            Blob::File { .. } => (&self.block[..], self.block_at),
        };
        let offset = usize::try_from(self.at.saturating_sub(start)).unwrap_or(usize::MAX);
        let rest = bytes.get(offset..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Reader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.blob.len().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| {
            io::Error::new(
                io::ErrorKind::InvalidInput,
                "a position outside of the file",
            )
        })?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_file_and_memory_read_the_same_from_every_place() {
        let bytes: Vec<u8> = (0..50_000_u32).map(|n| (n % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        let on_disk = Blob::File {
            file: Arc::new(file),
            len: bytes.len() as u64,
        };
        assert_eq!(on_disk.read_all().unwrap(), bytes);
        let mut readers = [on_disk, Blob::Memory(bytes.clone().into())].map(Reader::new);
        for reader in &mut readers {
            for at in [
                0_usize, 1, 16_383, 16_384, 40_000, 3, 49_990, 50_000, 60_000,
            ] {
                reader.seek(SeekFrom::Start(at as u64)).unwrap();
                let mut read = Vec::new();
                reader.take(20_000).read_to_end(&mut read).unwrap();
                let from = at.min(bytes.len());
                assert_eq!(read, bytes[from..(from + 20_000).min(bytes.len())], "{at}");
            }
            assert!(reader.seek(SeekFrom::End(-60_000)).is_err());
        }
    }
}
