//! Names and ids, checked where they enter so that nothing downstream has to.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize};

/// The name of a function within its tenant: 1 to 128 of `A-Z a-z 0-9 - _ .`, beginning with a letter or digit.
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionName(Arc<str>);

/// Why a text is no [`FunctionName`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NameError {
    /// Empty, or longer than 128 bytes.
    #[error("a function name has 1 to 128 characters, this has {length}")]
    Length {
        /// Bytes in the text.
        length: usize,
    },
    /// A character outside the allowed set, or a first one that is no letter or digit.
    #[error(
        "a function name is made of A-Z a-z 0-9 - _ . and begins with a letter or digit; found {found:?} at {at}"
    )]
    Character {
        /// The character.
        found: char,
        /// Its byte offset.
        at: usize,
    },
}

impl FunctionName {
    /// The longest name, in bytes.
    pub const MAX_BYTES: usize = 128;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FunctionName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        if text.is_empty() || text.len() > Self::MAX_BYTES {
            return Err(NameError::Length { length: text.len() });
        }
        let allowed = |at: usize, c: char| {
            c.is_ascii_alphanumeric() || (at > 0 && matches!(c, '-' | '_' | '.'))
        };
        match text.char_indices().find(|&(at, c)| !allowed(at, c)) {
            Some((at, found)) => Err(NameError::Character { found, at }),
            None => Ok(Self(text.into())),
        }
    }
}

impl TryFrom<String> for FunctionName {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

impl From<FunctionName> for String {
    fn from(name: FunctionName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifies one invocation everywhere it shows: reply header, logs, errors. Printed as a UUID.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId(u128);

impl RequestId {
    /// An id from 128 random bits, which the caller draws.
    #[must_use]
    pub const fn from_random_bits(bits: u128) -> Self {
        // Version 4, variant 1 (RFC 9562, section 5.4).
        let version = (bits & !(0xf << 76)) | (4 << 76);
        Self((version & !(0b11 << 62)) | (0b10 << 62))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b = self.0;
        let (a, m, v, s, n) = (
            b >> 96,
            (b >> 80) & 0xffff,
            (b >> 64) & 0xffff,
            (b >> 48) & 0xffff,
            b & 0xffff_ffff_ffff,
        );
        write!(f, "{a:08x}-{m:04x}-{v:04x}-{s:04x}-{n:012x}")
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_names_are_checked_at_the_door() {
        let check = |text: &str, expected: bool| {
            assert_eq!(text.parse::<FunctionName>().is_ok(), expected, "{text:?}")
        };
        check("hello", true);
        check("a-b_c.d9", true);
        check(&"x".repeat(128), true);
        check(&"x".repeat(129), false);
        check("", false);
        check(".hidden", false);
        check("../etc", false);
        check("a/b", false);
        check("naïve", false);
        check("nul\0", false);
    }

    #[test]
    fn request_ids_print_as_version_4_uuids() {
        assert_eq!(
            RequestId::from_random_bits(0).to_string(),
            "00000000-0000-4000-8000-000000000000"
        );
        assert_eq!(
            RequestId::from_random_bits(u128::MAX).to_string(),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
    }
}
