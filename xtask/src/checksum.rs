//! Checksums of fetched files, in the two notations that package pins use.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256, Sha512};

use crate::tools::Advice;

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// SHA-512 as npm writes it: `sha512-` and base64.
pub(crate) fn integrity(bytes: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(bytes)))
}

/// Fails naming both checksums unless they are equal.
pub(crate) fn expect_equal(what: &str, pinned: &str, found: &str, pin_file: &str) -> Result<()> {
    if pinned == found {
        return Ok(());
    }
    Err(Advice::error(
        format!("{what} has checksum {found}, but {pin_file} pins {pinned}"),
        "do not use the file; a mirror or proxy may serve something else under this name and version",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            integrity(b"abc"),
            "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
        );
    }

    #[test]
    fn a_mismatch_names_both_checksums_and_the_file_that_pins() {
        let text = expect_equal("it", "aa", "bb", "pins.toml")
            .unwrap_err()
            .to_string();
        assert_eq!(text, "it has checksum bb, but pins.toml pins aa");
    }
}
