//! How many entries a zip says it has, looked at before anything reserves memory for them.
//!
//! The library that reads zips believes the count within wide bounds, and tries every record that could be the end of
//! the directory. So every such record is checked here, not only the one that it will take.
//!
//! Source: PKWARE APPNOTE 6.3, sections 4.3.14 to 4.3.16.

use crate::{PackageError, index::MAX_ENTRIES};

const END: &[u8] = b"PK\x05\x06";
const END_LOCATOR_64: &[u8] = b"PK\x06\x07";
const END_64: &[u8] = b"PK\x06\x06";
/// Bytes of a locator, which lies right before the end record.
const LOCATOR_BYTES: usize = 20;
/// How far from the end of the file an end record can begin, with some to spare: its own 22 bytes and a comment.
const TAIL_BYTES: usize = (64 << 10) + 64;
/// A count that stands in the 64-bit record.
const ELSEWHERE: u64 = 0xffff;

pub(crate) fn check_counts(zip: &[u8]) -> Result<(), PackageError> {
    let tail = zip.len().saturating_sub(TAIL_BYTES);
    let mut has_64 = false;
    for at in places(zip, tail, END) {
        let is_64 = at
            .checked_sub(LOCATOR_BYTES)
            .is_some_and(|locator| zip[locator..].starts_with(END_LOCATOR_64));
        has_64 |= is_64;
        for count in [number(zip, at + 8, 2), number(zip, at + 10, 2)] {
            if !(is_64 && count == ELSEWHERE) {
                check(count)?;
            }
        }
    }
    if has_64 {
        for at in places(zip, 0, END_64) {
            check(number(zip, at + 24, 8))?;
            check(number(zip, at + 32, 8))?;
        }
    }
    Ok(())
}

pub(crate) fn too_many() -> PackageError {
    PackageError::refused(
        format!("the zip has more than {MAX_ENTRIES} entries"),
        "leave out what the function does not need, such as development dependencies",
    )
}

fn check(count: u64) -> Result<(), PackageError> {
    if count > MAX_ENTRIES as u64 {
        return Err(too_many());
    }
    Ok(())
}

fn places<'zip>(
    zip: &'zip [u8],
    from: usize,
    signature: &'static [u8],
) -> impl Iterator<Item = usize> + 'zip {
    zip[from..]
        .windows(signature.len())
        .enumerate()
        .filter(move |(_, window)| *window == signature)
        .map(move |(at, _)| from + at)
}

/// A little-endian number; 0 where the file ends before it does.
fn number(zip: &[u8], at: usize, bytes: usize) -> u64 {
    let bytes = zip.get(at..at + bytes).unwrap_or_default();
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}
