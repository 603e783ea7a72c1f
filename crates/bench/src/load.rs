//! A closed-loop HTTP/1.1 load generator: every connection sends its next request when the last was answered.
//!
//! Cheap, since it shares the cores with the server it measures: one thread, requests built beforehand, replies
//! compared byte for byte. Talks to loopback only; it is a measuring device and not a weapon.
//!
//! - Each of the `connections` workers walks its own share of the targets in turn, and the closed loop bounds
//!   requests in flight to one per worker. A worker keeps one connection open per *address* it visits: one
//!   where all targets are paths of one server, several where every target has its own port.
//! - A run ends after its duration or its number of requests, whichever comes first; requests then in flight
//!   are awaited, each for [`REPLY_TIMEOUT`] at most.
//! - A reply counts only with status 200 and the expected body. Anything else is an error, counted by kind,
//!   and never a latency sample.

mod connection;
mod report;
mod target;

pub use report::{ErrorCounts, LoadReport};
pub use target::{Target, TargetError};

use std::{
    cell::RefCell,
    collections::{HashMap, hash_map::Entry},
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes as Buffer;
use tokio::{runtime, task::LocalSet, time};

use crate::{memory::Pss, timings::Timings};
use connection::{Connection, ExchangeError};

/// How long one reply may take before it counts as an error.
pub const REPLY_TIMEOUT: Duration = Duration::from_secs(30);

/// After this many errors in a row a worker gives up: the server is gone.
const ERRORS_IN_A_ROW: u32 = 100;

/// What to send where, and for how long.
#[derive(Clone, Debug)]
pub struct LoadConfig {
    /// Where requests go; spread over the workers. Not empty.
    pub targets: Vec<Target>,
    /// Body of every request, sent as `application/json`.
    pub body: Buffer,
    /// Body of every reply; the first reply's where not given.
    pub expected: Option<Buffer>,
    /// Workers, each with one request in flight.
    pub connections: usize,
    /// Unmeasured time before, with errors counted like the rest.
    pub warm_up: Duration,
    /// Measured time.
    pub duration: Duration,
    /// Bound on measured requests.
    pub max_requests: u64,
    /// Server whose process tree's PSS is read at the end, while the connections are still open.
    pub server_pid: Option<u32>,
}

/// Runs the load and waits for its end. Blocks; must not be called on a tokio worker.
///
/// # Errors
///
/// The configuration cannot run, or the server's memory cannot be read. A failing server is no error of the run:
/// see [`LoadReport::errors`].
pub fn run(config: &LoadConfig) -> Result<LoadReport> {
    ensure!(
        config.connections > 0,
        "no connections to send on; give at least 1"
    );
    ensure!(
        !config.targets.is_empty(),
        "no target to send to; give at least one URL"
    );
    ensure!(config.connections <= 10_000, "at most 10000 connections");
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, drive(config))
}

async fn drive(config: &LoadConfig) -> Result<LoadReport> {
    let shared = Rc::new(RefCell::new(Shared::new(config)));
    let mut workers: Vec<Worker> = (0..config.connections)
        .map(|index| Worker::new(index, config, Rc::clone(&shared)))
        .collect();
    if !config.warm_up.is_zero() {
        shared.borrow_mut().begin(config.warm_up, u64::MAX);
        workers = run_all(workers).await?;
        shared.borrow_mut().keep_only_errors();
    }
    let begun = Instant::now();
    shared
        .borrow_mut()
        .begin(config.duration, config.max_requests);
    let workers = run_all(workers).await?;
    let elapsed = begun.elapsed();
    let pss = config.server_pid.map(Pss::of_tree).transpose();
    let pss = pss.context("cannot read the server's memory")?;
    // The server's memory was read with the connections open.
    drop(workers);
    let shared = shared.borrow();
    Ok(LoadReport::new(config, &shared, elapsed, pss))
}

async fn run_all(workers: Vec<Worker>) -> Result<Vec<Worker>> {
    let running: Vec<_> = workers
        .into_iter()
        .map(|worker| tokio::task::spawn_local(worker.run()))
        .collect();
    let mut rested = Vec::with_capacity(running.len());
    for worker in running {
        rested.push(worker.await.context("a load worker panicked")?);
    }
    Ok(rested)
}

/// What all workers of a run add to. One thread, so a cell will do.
#[derive(Debug)]
struct Shared {
    latencies: Timings,
    errors: ErrorCounts,
    first_error: Option<String>,
    expected: Option<Buffer>,
    visited: Vec<bool>,
    until: Instant,
    requests_left: u64,
}

impl Shared {
    fn new(config: &LoadConfig) -> Self {
        Self {
            latencies: Timings::new(),
            errors: ErrorCounts::default(),
            first_error: None,
            expected: config.expected.clone(),
            visited: vec![false; config.targets.len()],
            until: Instant::now(),
            requests_left: 0,
        }
    }

    fn begin(&mut self, duration: Duration, max_requests: u64) {
        self.until = Instant::now() + duration;
        self.requests_left = max_requests;
    }

    fn keep_only_errors(&mut self) {
        self.latencies = Timings::new();
    }

    /// Whether one more request may start.
    fn take_turn(&mut self) -> bool {
        if self.requests_left == 0 || Instant::now() >= self.until {
            return false;
        }
        self.requests_left -= 1;
        true
    }

    fn succeeded(&mut self, target: usize, latency: Duration) {
        self.latencies.record(latency);
        self.visited[target] = true;
    }

    fn failed(&mut self, url: &str, error: &ExchangeError) {
        self.errors.count(error);
        self.first_error
            .get_or_insert_with(|| format!("{url}: {error}"));
    }

    fn is_expected(&mut self, body: &[u8]) -> bool {
        match &self.expected {
            Some(expected) => expected == body,
            None => {
                self.expected = Some(Buffer::copy_from_slice(body));
                true
            }
        }
    }
}

/// One loop with one request in flight.
struct Worker {
    /// Its share of the targets: index among all, the target, the request's bytes.
    share: Vec<(usize, Target, Vec<u8>)>,
    next: usize,
    connections: HashMap<SocketAddr, Connection>,
    shared: Rc<RefCell<Shared>>,
}

impl Worker {
    fn new(index: usize, config: &LoadConfig, shared: Rc<RefCell<Shared>>) -> Self {
        let requests =
            |(at, target): (usize, &Target)| (at, target.clone(), target.request(&config.body));
        let targets = config.targets.iter().enumerate();
        let share: Vec<_> = if config.targets.len() < config.connections {
            // Fewer targets than workers: all walk all of them, from different places.
            targets.map(requests).collect()
        } else {
            targets
                .skip(index)
                .step_by(config.connections)
                .map(requests)
                .collect()
        };
        Self {
            next: index % share.len(),
            share,
            connections: HashMap::new(),
            shared,
        }
    }

    async fn run(mut self) -> Self {
        let mut errors_in_a_row = 0;
        while errors_in_a_row < ERRORS_IN_A_ROW && self.shared.borrow_mut().take_turn() {
            let (at, target, request) = &self.share[self.next];
            self.next = (self.next + 1) % self.share.len();
            let sent = Instant::now();
            let exchange = exchange(&mut self.connections, target, request, &self.shared);
            let result = time::timeout(REPLY_TIMEOUT, exchange)
                .await
                .unwrap_or(Err(ExchangeError::TimedOut));
            let mut shared = self.shared.borrow_mut();
            match result {
                Ok(()) => {
                    shared.succeeded(*at, sent.elapsed());
                    errors_in_a_row = 0;
                }
                Err(error) => {
                    shared.failed(&target.to_string(), &error);
                    // Whatever is left of the reply must not be taken for the next one's.
                    self.connections.remove(&target.address);
                    errors_in_a_row += 1;
                }
            }
        }
        self
    }
}

async fn exchange(
    connections: &mut HashMap<SocketAddr, Connection>,
    target: &Target,
    request: &[u8],
    shared: &RefCell<Shared>,
) -> Result<(), ExchangeError> {
    let connection = match connections.entry(target.address) {
        Entry::Occupied(open) => open.into_mut(),
        Entry::Vacant(place) => place.insert(Connection::open(target.address).await?),
    };
    let reply = connection.exchange(request).await?;
    if reply.status != 200 {
        return Err(ExchangeError::status(reply.status, reply.body));
    }
    if !shared.borrow_mut().is_expected(reply.body) {
        return Err(ExchangeError::body(reply.body));
    }
    if reply.closes {
        connections.remove(&target.address);
    }
    Ok(())
}
