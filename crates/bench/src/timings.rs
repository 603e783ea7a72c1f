//! A histogram of durations, and the few numbers of it that get published.
//!
//! Recorded in nanoseconds with three significant digits, reported in microseconds. Nothing is averaged: the
//! mean of a latency says little.

use std::{fmt, time::Duration};

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// Largest recorded duration; anything longer counts as this long.
const LONGEST_NS: u64 = 600_000_000_000;

/// Durations of one operation.
#[derive(Clone, Debug)]
pub struct Timings(Histogram<u64>);

/// Percentiles of [`Timings`], in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Half of the samples took at most this long.
    pub p50: f64,
    /// 99 of 100 samples took at most this long.
    pub p99: f64,
    /// How many samples there are.
    pub count: u64,
}

impl Timings {
    /// No samples yet.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "the bounds are constants that a histogram accepts"
    )]
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, LONGEST_NS, 3).expect("constant bounds are valid"))
    }

    /// Adds a sample.
    pub fn record(&mut self, sample: Duration) {
        let ns = u64::try_from(sample.as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record(ns.max(1));
    }

    /// Adds all samples of `other`.
    pub fn merge(&mut self, other: &Self) {
        // Fails only where the bounds differ, and they are one constant.
        let added = self.0.add(&other.0);
        debug_assert!(added.is_ok());
    }

    /// The duration that a share `quantile` of the samples does not pass, in microseconds.
    #[must_use]
    pub fn quantile_us(&self, quantile: f64) -> f64 {
        microseconds(self.0.value_at_quantile(quantile))
    }

    /// The longest sample, in microseconds.
    #[must_use]
    pub fn max_us(&self) -> f64 {
        microseconds(self.0.max())
    }

    /// How many samples there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The published numbers.
    #[must_use]
    pub fn summary(&self) -> Summary {
        Summary {
            p50: self.quantile_us(0.5),
            p99: self.quantile_us(0.99),
            count: self.count(),
        }
    }
}

impl Default for Timings {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>10.1} {:>10.1} {:>8}", self.p50, self.p99, self.count)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "below 2^53 ns, which is 104 days"
)]
fn microseconds(ns: u64) -> f64 {
    ns as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(samples_us: impl IntoIterator<Item = u64>) -> Timings {
        let mut timings = Timings::new();
        for us in samples_us {
            timings.record(Duration::from_micros(us));
        }
        timings
    }

    /// Three significant digits are kept.
    fn assert_close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() <= expected / 500.0,
            "{found} is not about {expected}"
        );
    }

    #[test]
    fn percentiles_come_out_in_microseconds() {
        let summary = recorded(1..=100).summary();
        assert_close(summary.p50, 50.0);
        assert_close(summary.p99, 99.0);
        assert_eq!(summary.count, 100);
    }

    #[test]
    fn samples_under_a_microsecond_keep_their_fraction() {
        let mut timings = Timings::new();
        timings.record(Duration::from_nanos(250));
        assert_close(timings.summary().p50, 0.25);
    }

    #[test]
    fn merging_counts_both_sides() {
        let mut both = recorded(1..=50);
        both.merge(&recorded(51..=100));
        assert_eq!(both.summary(), recorded(1..=100).summary());
    }

    #[test]
    fn a_sample_past_the_bound_is_kept_as_the_longest() {
        let timings = recorded([1, u64::MAX / 1000]);
        assert_eq!(timings.count(), 2);
        assert!(timings.max_us() >= 600e6);
    }
}
