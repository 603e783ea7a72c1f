//! Several parts in one payload: for each its length as 32 bits, little-endian, then its bytes.

use crate::{Answer, ComputeError, Result};

/// No operation has more parts than this.
const MOST: usize = 8;

/// The parts of a payload; what is not there is an error of the caller.
pub(crate) struct Parts<'a>(Vec<&'a [u8]>);

impl<'a> Parts<'a> {
    pub(crate) fn read(mut given: &'a [u8]) -> Result<Self> {
        let mut found = Vec::with_capacity(MOST);
        while !given.is_empty() {
            let part = given.split_first_chunk::<4>().and_then(|(length, rest)| {
                rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)
            });
            let (Some((part, rest)), true) = (part, found.len() < MOST) else {
                return Err(ComputeError::type_error("the payload is not made of parts"));
            };
            found.push(part);
            given = rest;
        }
        Ok(Self(found))
    }

    pub(crate) fn bytes(&self, index: usize) -> Result<&'a [u8]> {
        let missing =
            || ComputeError::type_error(format_args!("part {index} of the payload is missing"));
        self.0.get(index).copied().ok_or_else(missing)
    }

    pub(crate) fn text(&self, index: usize) -> Result<&'a str> {
        text(self.bytes(index)?)
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, index: usize) -> Result<T> {
        let text = self.text(index)?;
        text.parse().map_err(|_| {
            ComputeError::range(format_args!(
                "part {index} is no number that fits: {text:.40}"
            ))
        })
    }
}

pub(crate) fn text(given: &[u8]) -> Result<&str> {
    std::str::from_utf8(given).map_err(|_| ComputeError::type_error("the text is not UTF-8"))
}

/// Several parts as one answer.
pub(crate) fn pack(parts: &[&[u8]]) -> Result<Answer> {
    let mut out = Vec::with_capacity(parts.iter().map(|part| part.len() + 4).sum());
    for part in parts {
        let length =
            u32::try_from(part.len()).map_err(|_| ComputeError::range("the answer is too long"))?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(part);
    }
    Ok(Answer::Bytes(out))
}
