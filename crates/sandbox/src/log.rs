//! The bounded log of one invocation.

use hydra_types::Bytes;

/// Text a guest logged, up to a limit; what comes after is dropped and counted.
///
/// Not necessarily UTF-8: a guest writes what it likes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Log {
    text: Vec<u8>,
    dropped_bytes: u64,
    limit_bytes: usize,
}

impl Log {
    /// An empty log that keeps up to `limit`.
    #[must_use]
    pub fn with_limit(limit: Bytes) -> Self {
        Self {
            text: Vec::new(),
            dropped_bytes: 0,
            limit_bytes: limit.as_usize(),
        }
    }

    /// Appends as much of `text` as still fits.
    pub fn write(&mut self, text: &[u8]) {
        let kept = text
            .len()
            .min(self.limit_bytes.saturating_sub(self.text.len()));
        self.text.extend_from_slice(&text[..kept]);
        self.dropped_bytes += (text.len() - kept) as u64;
    }

    /// What was kept.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// How many bytes were dropped.
    #[must_use]
    pub const fn dropped_bytes(&self) -> u64 {
        self.dropped_bytes
    }

    /// Whether nothing was logged.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty() && self.dropped_bytes == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_keeps_its_limit_and_counts_the_rest() {
        let mut log = Log::with_limit(Bytes(5));
        log.write(b"abc");
        log.write(b"defg");
        log.write(b"h");
        assert_eq!(log.text(), b"abcde");
        assert_eq!(log.dropped_bytes(), 3);
    }
}
