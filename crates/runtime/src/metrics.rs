//! What an instance counts, in the text format of Prometheus (OpenMetrics).
//!
//! Counters and histograms are recorded as invocations end (some 100 ns each); gauges are worked out when somebody
//! asks, by a walk over the functions, so that they cost an invocation nothing. No label depends on what users send.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use hydra_types::{ErrorCode, Runtime, StartKind};
use prometheus_client::{
    encoding::text::encode,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{Times, held::Ledger, table::Table};

/// Upper bounds in seconds.
const BUCKETS: [f64; 24] = [
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2,
    5e-2, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

const STARTS: [StartKind; 3] = [StartKind::Cold, StartKind::Restored, StartKind::Warm];

type Labels = [(&'static str, &'static str); 1];
type Count = Gauge<u64, AtomicU64>;

/// Counters, histograms and gauges of one instance.
pub struct Metrics {
    registry: Registry,
    invocations: [Counter; Runtime::ALL.len()],
    errors: [Counter; ErrorCode::ALL.len()],
    starts: [Counter; STARTS.len()],
    queue: Histogram,
    restore: Histogram,
    run: Histogram,
    gauges: Gauges,
    table: Arc<Table>,
    ledger: Arc<Ledger>,
}

struct Gauges {
    functions: Count,
    idle: Count,
    running: Count,
    queued: Count,
    private: Count,
    shared: Count,
}

impl Metrics {
    pub(crate) fn new(table: Arc<Table>, ledger: Arc<Ledger>) -> Self {
        let mut registry = Registry::default();
        Self {
            invocations: counters(
                &mut registry,
                ("hydra_invocations", "Invocations that ended"),
                Runtime::ALL.map(|runtime| ("runtime", runtime.as_str())),
            ),
            errors: counters(
                &mut registry,
                (
                    "hydra_errors",
                    "Invocations that ended in an error, refused ones included",
                ),
                ErrorCode::ALL.map(|code| ("code", code.as_str())),
            ),
            starts: counters(
                &mut registry,
                ("hydra_starts", "Invocations that got a sandbox, by how"),
                STARTS.map(|start| ("kind", start.as_str())),
            ),
            queue: histogram(
                &mut registry,
                "hydra_queue_seconds",
                "Arrival until a guest thread took the invocation",
            ),
            restore: histogram(
                &mut registry,
                "hydra_restore_seconds",
                "Making a sandbox, where none was idle",
            ),
            run: histogram(&mut registry, "hydra_run_seconds", "Time in the sandbox"),
            gauges: Gauges::register(&mut registry),
            registry,
            table,
            ledger,
        }
    }

    /// All metrics as text. Walks over every function: some 100 ns each.
    #[must_use]
    pub fn encode(&self) -> String {
        self.take_census();
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            // Writing to a string does not fail; half a page would be worse than none.
            Err(fmt::Error) => String::new(),
        }
    }

    /// Records an invocation that got a sandbox.
    pub(crate) fn record_run(&self, runtime: Runtime, start: StartKind, times: &Times) {
        self.invocations[runtime as usize].inc();
        self.starts[start as usize].inc();
        self.queue.observe(times.queue.as_secs_f64());
        if times.restore > Duration::ZERO {
            self.restore.observe(times.restore.as_secs_f64());
        }
        self.run.observe(times.run.as_secs_f64());
    }

    /// Records an invocation that ended in an error, wherever.
    pub(crate) fn record_error(&self, code: ErrorCode) {
        self.errors[code as usize].inc();
    }

    /// Code and base image are shared by the programs of a guest or module; programs of one runtime with the same
    /// two sizes are taken to share them.
    fn take_census(&self) {
        let functions = self.table.all();
        let (mut idle, mut running, mut queued, mut shared) = (0, 0, 0, 0);
        let mut bases = HashSet::new();
        for function in &functions {
            let occupancy = function.occupancy();
            idle += occupancy.idle as u64;
            running += occupancy.running as u64;
            queued += occupancy.queued as u64;
            let image = function.image;
            shared += image.function.0;
            if bases.insert((function.spec.runtime, image.code, image.base)) {
                shared += image.code.0 + image.base.0;
            }
        }
        self.gauges.functions.set(functions.len() as u64);
        self.gauges.idle.set(idle);
        self.gauges.running.set(running);
        self.gauges.queued.set(queued);
        self.gauges.private.set(self.ledger.private_bytes());
        self.gauges.shared.set(shared);
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Gauges {
    fn register(registry: &mut Registry) -> Self {
        let sandboxes = Family::<Labels, Count>::default();
        registry.register(
            "hydra_sandboxes",
            "Sandboxes by what they do",
            sandboxes.clone(),
        );
        let state = |state| sandboxes.get_or_create_owned(&[("state", state)]);
        let (idle, running) = (state("idle"), state("running"));
        let mut gauge = |name: &str, help: &str| {
            let gauge = Count::default();
            registry.register(name, help, gauge.clone());
            gauge
        };
        Self {
            functions: gauge("hydra_functions", "Registered functions"),
            idle,
            running,
            queued: gauge("hydra_queued", "Invocations that wait for their turn"),
            private: gauge(
                "hydra_private_bytes",
                "Private memory of all sandboxes, estimated",
            ),
            shared: gauge(
                "hydra_shared_bytes",
                "Machine code and images that sandboxes share",
            ),
        }
    }
}

/// Registers a family with one label and makes all its members, so that each shows from the start.
fn counters<const N: usize>(
    registry: &mut Registry,
    (name, help): (&str, &str),
    labels: [(&'static str, &'static str); N],
) -> [Counter; N] {
    let family = Family::<Labels, Counter>::default();
    registry.register(name, help, family.clone());
    labels.map(|label| family.get_or_create_owned(&[label]))
}

fn histogram(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let histogram = Histogram::new(BUCKETS);
    registry.register(name, help, histogram.clone());
    histogram
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discriminants_are_positions_in_the_label_tables() {
        for (at, code) in ErrorCode::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, at);
        }
        for (at, runtime) in Runtime::ALL.into_iter().enumerate() {
            assert_eq!(runtime as usize, at);
        }
        for (at, start) in STARTS.into_iter().enumerate() {
            assert_eq!(start as usize, at);
        }
    }
}
