//! When the allocator's free memory goes back to the kernel: after many sandboxes have been dropped.
//!
//! Sandboxes keep their memory in slots, which is returned as they go; what is left of a burst of them is the heap
//! that the host used beside. Pure: the clock is an argument.

use std::time::{Duration, Instant};

/// Sandboxes dropped since the last time that are worth the milliseconds.
const BURIALS: usize = 256;

/// The least time between two times: others wait for the allocator meanwhile.
const PAUSE: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
pub(super) struct Trim {
    buried: usize,
    last: Option<Instant>,
}

impl Trim {
    /// Notes sandboxes that were dropped.
    pub(super) const fn note(&mut self, buried: usize) {
        self.buried += buried;
    }

    /// How long until it is time; `None` while it is not worth while.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        if self.buried < BURIALS {
            return None;
        }
        let next = self.last.map(|last| last + PAUSE);
        Some(next.map_or(Duration::ZERO, |next| next.saturating_duration_since(now)))
    }

    /// Notes that it was done.
    pub(super) const fn done(&mut self, now: Instant) {
        self.buried = 0;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_returned_after_a_burst_and_not_again_at_once() {
        let mut trim = Trim::default();
        let start = Instant::now();
        trim.note(BURIALS - 1);
        assert_eq!(trim.wait(start), None);
        trim.note(1);
        assert_eq!(trim.wait(start), Some(Duration::ZERO));
        trim.done(start);
        assert_eq!(trim.wait(start), None);
        trim.note(BURIALS);
        assert_eq!(trim.wait(start), Some(PAUSE));
        assert_eq!(trim.wait(start + PAUSE), Some(Duration::ZERO));
    }
}
