//! The guest's memory as the calls see it: checked, never trusted.
//!
//! A pointer and a length are 32 bits each and come from the guest; every access checks their sum against the
//! memory's present size and answers `EFAULT`. Nothing here keeps a pointer from one call to the next.

use super::{
    MAX_TRANSFER_BYTES,
    abi::{Errno, Refusal},
};

/// Most buffers in one scatter or gather list, as Linux has it (`IOV_MAX`).
const MAX_BUFFERS: u32 = 1024;

/// The guest's linear memory during one call.
pub(super) struct Guest<'a>(&'a mut [u8]);

impl<'a> Guest<'a> {
    pub(super) fn new(memory: &'a mut [u8]) -> Self {
        Self(memory)
    }

    pub(super) fn bytes(&self, at: u32, length: u32) -> Result<&[u8], Errno> {
        let (start, length) = (index(at)?, index(length)?);
        let end = start.checked_add(length).ok_or(Errno::FAULT)?;
        self.0.get(start..end).ok_or(Errno::FAULT)
    }

    pub(super) fn bytes_mut(&mut self, at: u32, length: u32) -> Result<&mut [u8], Errno> {
        let (start, length) = (index(at)?, index(length)?);
        let end = start.checked_add(length).ok_or(Errno::FAULT)?;
        self.0.get_mut(start..end).ok_or(Errno::FAULT)
    }

    /// A fixed-size record.
    pub(super) fn record<const N: usize>(&self, at: u32) -> Result<[u8; N], Errno> {
        let start = index(at)?;
        let rest = self.0.get(start..).ok_or(Errno::FAULT)?;
        rest.first_chunk().copied().ok_or(Errno::FAULT)
    }

    pub(super) fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Errno> {
        let start = index(at)?;
        let end = start.checked_add(bytes.len()).ok_or(Errno::FAULT)?;
        let place = self.0.get_mut(start..end).ok_or(Errno::FAULT)?;
        place.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn write_u32(&mut self, at: u32, value: u32) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    pub(super) fn write_u64(&mut self, at: u32, value: u64) -> Result<(), Errno> {
        self.write(at, &value.to_le_bytes())
    }

    /// Writes a count of bytes or entries; what the calls count always fits.
    pub(super) fn write_size(&mut self, at: u32, value: usize) -> Result<(), Errno> {
        self.write_u32(at, u32::try_from(value).map_err(|_| Errno::INVAL)?)
    }

    /// Hands each buffer of an iovec array to `step`, which says how many bytes it moved; stops at the first that
    /// it moved only in part, and tells the sum.
    ///
    /// A refusal after some bytes have moved ends the list instead, so that no byte is lost; a stop always counts.
    pub(super) fn each_buffer(
        &mut self,
        list: u32,
        count: u32,
        mut step: impl FnMut(&mut [u8]) -> Result<usize, Refusal>,
    ) -> Result<usize, Refusal> {
        if count > MAX_BUFFERS {
            return Err(Errno::INVAL.into());
        }
        let mut moved = 0;
        for at in 0..count {
            let done = self
                .buffer(list, at, MAX_TRANSFER_BYTES - moved)
                .map_err(Refusal::from)
                .and_then(|(buffer, whole)| Ok((step(buffer)?, whole)));
            match done {
                Ok((bytes, whole)) => {
                    moved += bytes;
                    if bytes < whole {
                        break;
                    }
                }
                Err(Refusal::Errno(_)) if moved > 0 => break,
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(moved)
    }

    /// Buffer `at` of an iovec array, cut to `room` bytes, and its whole length.
    fn buffer(&mut self, list: u32, at: u32, room: usize) -> Result<(&mut [u8], usize), Errno> {
        let entry = at
            .checked_mul(8)
            .and_then(|offset| list.checked_add(offset))
            .ok_or(Errno::FAULT)?;
        let [p0, p1, p2, p3, l0, l1, l2, l3] = self.record(entry)?;
        let length = u32::from_le_bytes([l0, l1, l2, l3]);
        let buffer = self.bytes_mut(u32::from_le_bytes([p0, p1, p2, p3]), length)?;
        let whole = buffer.len();
        Ok((&mut buffer[..whole.min(room)], whole))
    }
}

fn index(value: u32) -> Result<usize, Errno> {
    usize::try_from(value).map_err(|_| Errno::FAULT)
}

/// Arguments or environment, laid out as the guest will see them: each text followed by a NUL.
#[derive(Debug, Default)]
pub(super) struct Strings {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl Strings {
    /// Lays out texts, each given in parts.
    pub(super) fn new<'a, const PARTS: usize>(
        texts: impl Iterator<Item = [&'a str; PARTS]>,
    ) -> Self {
        let mut strings = Self::default();
        for parts in texts {
            strings.push(&parts);
        }
        strings
    }

    /// Texts past 4 GiB, which no spec allows, are left out.
    fn push(&mut self, parts: &[&str]) {
        let Ok(start) = u32::try_from(self.bytes.len()) else {
            return;
        };
        self.starts.push(start);
        for part in parts {
            self.bytes.extend_from_slice(part.as_bytes());
        }
        self.bytes.push(0);
    }

    /// Answers `args_get` and `environ_get`: pointers to `table`, texts to `texts`.
    pub(super) fn write(&self, guest: &mut Guest<'_>, table: u32, texts: u32) -> Result<(), Errno> {
        guest.write(texts, &self.bytes)?;
        let mut slot = table;
        for start in &self.starts {
            let text = texts.checked_add(*start).ok_or(Errno::FAULT)?;
            guest.write_u32(slot, text)?;
            slot = slot.checked_add(4).ok_or(Errno::FAULT)?;
        }
        Ok(())
    }

    /// Answers `args_sizes_get` and `environ_sizes_get`.
    pub(super) fn write_sizes(
        &self,
        guest: &mut Guest<'_>,
        count: u32,
        bytes: u32,
    ) -> Result<(), Errno> {
        guest.write_size(count, self.starts.len())?;
        guest.write_size(bytes, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accesses_outside_memory_are_faults() {
        let check = |at: u32, length: u32, expected: bool| {
            let mut memory = [0; 64];
            let mut guest = Guest::new(&mut memory);
            assert_eq!(guest.bytes(at, length).is_ok(), expected, "{at}+{length}");
            assert_eq!(
                guest.bytes_mut(at, length).is_ok(),
                expected,
                "{at}+{length}"
            );
        };
        check(0, 64, true);
        check(64, 0, true);
        check(0, 65, false);
        check(65, 0, false);
        check(u32::MAX, u32::MAX, false);
        check(u32::MAX, 0, false);
        let mut memory = [0; 64];
        let mut guest = Guest::new(&mut memory);
        assert_eq!(guest.record::<8>(57), Err(Errno::FAULT));
        assert_eq!(guest.write_u64(57, 1), Err(Errno::FAULT));
        assert_eq!(guest.write_u64(56, 1), Ok(()));
    }

    /// Memory with iovecs at 0 and data from 32 on.
    fn memory(buffers: &[(u32, u32)]) -> Vec<u8> {
        let mut memory = vec![0; 32];
        for (at, (pointer, length)) in buffers.iter().enumerate() {
            memory[at * 8..at * 8 + 4].copy_from_slice(&pointer.to_le_bytes());
            memory[at * 8 + 4..at * 8 + 8].copy_from_slice(&length.to_le_bytes());
        }
        memory.extend(b"abcdefgh");
        memory
    }

    #[test]
    fn buffers_are_walked_until_one_moves_in_part_or_fails() {
        let check = |buffers: &[(u32, u32)], room: usize, expected: Result<&[u8], Errno>| {
            let mut memory = memory(buffers);
            let mut seen = Vec::new();
            let count = u32::try_from(buffers.len()).unwrap();
            let moved = Guest::new(&mut memory).each_buffer(0, count, |buffer| {
                let count = buffer.len().min(room - seen.len());
                seen.extend_from_slice(&buffer[..count]);
                Ok(count)
            });
            match expected {
                Ok(bytes) => assert_eq!((moved, &*seen), (Ok(bytes.len()), bytes)),
                Err(errno) => assert_eq!(moved, Err(errno.into())),
            }
        };
        check(&[], 9, Ok(b""));
        check(&[(32, 2), (36, 3)], 9, Ok(b"abefg"));
        check(&[(32, 2), (36, 3)], 4, Ok(b"abef"));
        check(&[(32, 0), (36, 3)], 9, Ok(b"efg"));
        check(&[(32, 2), (39, 3)], 9, Ok(b"ab"));
        check(&[(39, 3), (32, 2)], 9, Err(Errno::FAULT));
    }

    #[test]
    fn buffer_lists_are_bounded_and_checked() {
        let check = |list: u32, count: u32, expected: Errno| {
            let mut memory = vec![0; 16];
            let moved = Guest::new(&mut memory).each_buffer(list, count, |_| Ok(0));
            assert_eq!(moved, Err(expected.into()));
        };
        check(0, 1025, Errno::INVAL);
        check(0, u32::MAX, Errno::INVAL);
        check(u32::MAX, 1, Errno::FAULT);
        check(12, 1, Errno::FAULT);
    }

    #[test]
    fn strings_end_in_nul_and_their_table_points_at_them() {
        let strings = Strings::new([["A", "=", "1"], ["BC", "=", ""]].into_iter());
        let mut memory = [0xff; 32];
        let mut guest = Guest::new(&mut memory);
        strings.write_sizes(&mut guest, 24, 28).unwrap();
        strings.write(&mut guest, 0, 8).unwrap();
        assert_eq!(memory[..8], [8, 0, 0, 0, 12, 0, 0, 0]);
        assert_eq!(&memory[8..16], b"A=1\0BC=\0");
        assert_eq!(memory[24..], [2, 0, 0, 0, 8, 0, 0, 0]);
    }
}
