//! What a load run came to.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{LoadConfig, Shared, connection::ExchangeError};
use crate::{machine::Machine, memory::Pss};

/// Errors of a run, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCounts {
    /// The server took no connection.
    pub connect: u64,
    /// The connection broke, or what came over it was no HTTP reply.
    pub connection: u64,
    /// The status was not 200.
    pub status: u64,
    /// The body was not the expected one.
    pub body: u64,
    /// No reply in time.
    pub timeout: u64,
}

impl ErrorCounts {
    /// All errors.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.connect + self.connection + self.status + self.body + self.timeout
    }

    pub(super) fn count(&mut self, error: &ExchangeError) {
        let counter = match error {
            ExchangeError::Connect(_) => &mut self.connect,
            ExchangeError::Io(_) | ExchangeError::Closed | ExchangeError::Protocol(_) => {
                &mut self.connection
            }
            ExchangeError::Status { .. } => &mut self.status,
            ExchangeError::Body { .. } => &mut self.body,
            ExchangeError::TimedOut => &mut self.timeout,
        };
        *counter += 1;
    }
}

/// What a load run came to. Only right replies count as requests; latencies are request out to reply in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadReport {
    /// What it ran on.
    pub machine: Machine,
    /// The first URL.
    pub url: String,
    /// How many URLs there were.
    pub targets: usize,
    /// How many of them gave at least one right reply, warm-up included.
    pub targets_answered: usize,
    /// Requests in flight at any time.
    pub connections: usize,
    /// Length of the measured part.
    pub seconds: f64,
    /// Right replies in the measured part.
    pub requests: u64,
    /// Those per second.
    pub requests_per_second: f64,
    /// Median latency, µs.
    pub p50_us: f64,
    /// 90th percentile of latency, µs.
    pub p90_us: f64,
    /// 99th percentile of latency, µs.
    pub p99_us: f64,
    /// 99.9th percentile of latency, µs.
    pub p999_us: f64,
    /// Longest latency, µs.
    pub max_us: f64,
    /// Everything that was not a right reply, warm-up included.
    pub errors: ErrorCounts,
    /// The first of them, for people.
    pub first_error: Option<String>,
    /// Memory of the server's process tree right after the last reply, connections open.
    pub server_pss: Option<Pss>,
}

impl LoadReport {
    pub(super) fn new(
        config: &LoadConfig,
        shared: &Shared,
        elapsed: Duration,
        pss: Option<Pss>,
    ) -> Self {
        let latencies = &shared.latencies;
        let seconds = elapsed.as_secs_f64();
        Self {
            machine: Machine::here(),
            url: config.targets[0].to_string(),
            targets: config.targets.len(),
            targets_answered: shared.visited.iter().filter(|visited| **visited).count(),
            connections: config.connections,
            seconds,
            requests: latencies.count(),
            requests_per_second: per_second(latencies.count(), seconds),
            p50_us: latencies.quantile_us(0.5),
            p90_us: latencies.quantile_us(0.9),
            p99_us: latencies.quantile_us(0.99),
            p999_us: latencies.quantile_us(0.999),
            max_us: latencies.max_us(),
            errors: shared.errors,
            first_error: shared.first_error.clone(),
            server_pss: pss,
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "request counts stay far below 2^53"
)]
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 {
        count as f64 / seconds
    } else {
        0.0
    }
}

impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.machine)?;
        writeln!(
            f,
            "{} ({} targets, {} answered)",
            self.url, self.targets, self.targets_answered
        )?;
        writeln!(
            f,
            "{} requests in {:.2} s over {} connections: {:.0} requests/s",
            self.requests, self.seconds, self.connections, self.requests_per_second
        )?;
        writeln!(
            f,
            "latency µs: p50 {:.0}, p90 {:.0}, p99 {:.0}, p99.9 {:.0}, max {:.0}",
            self.p50_us, self.p90_us, self.p99_us, self.p999_us, self.max_us
        )?;
        if let Some(pss) = self.server_pss {
            writeln!(
                f,
                "server PSS {} KiB, of that anonymous {} KiB",
                pss.total_kib, pss.anon_kib
            )?;
        }
        write!(f, "errors: {}", self.errors.total())?;
        self.first_error
            .as_ref()
            .map_or(Ok(()), |error| write!(f, " (first: {error})"))
    }
}
