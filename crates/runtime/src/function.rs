//! One function version: who runs, who waits, which sandboxes are idle.
//!
//! Re-registration makes a new [`Function`]; whatever the old one has accepted, running or queued, ends on the old
//! one. So one `Function` is one version, and its program never changes.
//!
//! ```text
//!           running < concurrency
//! accept ──────────────────────────► Turn ──serve──► finish ──► idle list, or janitor
//!    │                                 ▲                │
//!    │ queue has room                  └── next job ◄───┘
//!    ├──────────────► waiting ─────────────────┘
//!    └ full ► refused
//! ```
//!
//! Invariants, under the lock:
//! - `running <= concurrency`, `measuring <= settling <= running`;
//! - a job waits only while `running == concurrency`, or for a sandbox that is being measured;
//! - a retired function has no idle sandbox and accepts nothing;
//! - the client of every running job waits in [`runs`], and the function is listed for [`Listing::Running`] while
//!   one does;
//! - a function with idle sandboxes is listed for [`Listing::Idle`], one without sandboxes for [`Listing::Quiet`]
//!   unless its program has been told that it is idle, or it is retired.
//!
//! Does no I/O, reads no clock, never runs a sandbox.

mod runs;
mod state;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime},
};

use hydra_sandbox::{ImageUse, Program};
use hydra_types::{Bytes, FunctionSpec};

use crate::{
    FunctionStatus, FunctionSummary,
    held::Held,
    job::{Client, Job, Started},
    lock::lock,
};
pub(crate) use runs::{OVERDUE_AFTER, RunKey};
use state::State;
pub(crate) use state::{Aged, Finished, Listing, Listings, REST_AFTER};

/// First guess of a sandbox's private memory, before any has been measured: a small JavaScript function's.
const PRIVATE_BYTES_GUESS: u64 = 128 << 10;

pub(crate) struct Function {
    pub(crate) spec: FunctionSpec,
    pub(crate) version: u64,
    /// Orders registrations by when they began; a checkpoint has its function's.
    pub(crate) order: u64,
    pub(crate) program: Arc<dyn Program>,
    pub(crate) image: ImageUse,
    pub(crate) registered_at: SystemTime,
    pub(crate) counts: Arc<Counts>,
    private_bytes_estimate: AtomicU64,
    state: Mutex<State>,
}

/// Counts that outlive a version.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    invocations: AtomicU64,
    errors: AtomicU64,
}

/// What is done to a sandbox after its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settling {
    /// It is reset, which takes as long as what the invocation wrote.
    Reset,
    /// Its memory is measured, which takes microseconds.
    Measured,
}

/// The end of a job, as its function sees it.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    /// The sandbox that may serve again.
    pub(crate) held: Option<Held>,
    /// The job's key, unless [`Function::settle`] has taken it.
    pub(crate) key: Option<RunKey>,
    /// How long the job ran, where it did.
    pub(crate) ran: Option<Duration>,
    /// What was done since the answer; ends what [`Function::settle`] began.
    pub(crate) settled: Option<Settling>,
}

/// How an invocation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    InReply,
    InError,
}

/// What is in a function at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occupancy {
    /// Idle sandboxes.
    pub(crate) idle: usize,
    /// Running jobs.
    pub(crate) running: usize,
    /// Waiting jobs.
    pub(crate) queued: usize,
}

/// A job whose time has come, with a sandbox if one was idle.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) job: Started,
    pub(crate) held: Option<Held>,
}

/// What became of a job offered to a function.
#[derive(Debug)]
pub(crate) enum Accepted {
    /// Run it now; list the function for [`Listing::Running`] by the deadline in `watch`.
    Run { turn: Turn, watch: Option<Instant> },
    /// It waits for its turn, until then at most.
    Queued { until: Instant },
    /// The queue is full; trying again makes sense after `wait`.
    Full { job: Job, wait: Duration },
    /// The function has left the table: look its name up again.
    Retired { job: Job },
}

/// What makes a function besides its live state.
pub(crate) struct Parts {
    pub(crate) spec: FunctionSpec,
    pub(crate) version: u64,
    pub(crate) order: u64,
    pub(crate) program: Arc<dyn Program>,
    pub(crate) image: ImageUse,
    pub(crate) counts: Arc<Counts>,
}

impl Function {
    pub(crate) fn new(parts: Parts, now: Instant) -> Arc<Self> {
        Arc::new(Self {
            spec: parts.spec,
            version: parts.version,
            order: parts.order,
            program: parts.program,
            image: parts.image,
            registered_at: SystemTime::now(),
            counts: parts.counts,
            private_bytes_estimate: AtomicU64::new(PRIVATE_BYTES_GUESS),
            state: Mutex::new(State::new(now)),
        })
    }

    pub(crate) fn accept(&self, job: Job) -> Accepted {
        lock(&self.state).accept(job, &self.spec.limits)
    }

    /// Gives back a concurrency slot, or hands it to the next job.
    pub(crate) fn finish(&self, ending: Ending, now: Instant) -> Finished {
        lock(&self.state).finish(ending, now)
    }

    /// Notes that a running job is about to be answered and its sandbox is being put in order. Gives back whom to
    /// answer, unless that has been done.
    pub(crate) fn settle(&self, settling: Settling, key: RunKey) -> Option<Client> {
        lock(&self.state).settle(settling, key)
    }

    /// Adds a sandbox that no invocation is in. Gives it back where the function is retired.
    pub(crate) fn put_idle(&self, held: Held, now: Instant) -> (Listings, Option<Held>) {
        lock(&self.state).put_idle(held, now)
    }

    /// Takes the youngest idle sandbox that has served since it was made or reset.
    pub(crate) fn take_warm(&self) -> Option<Held> {
        lock(&self.state).take_warm()
    }

    /// Takes every idle sandbox.
    pub(crate) fn take_idle(&self) -> Vec<Held> {
        lock(&self.state).idle.drain(..).collect()
    }

    /// Ends the function's time in the table; gives back its idle sandboxes. What it has accepted goes on.
    pub(crate) fn retire(&self) -> Vec<Held> {
        lock(&self.state).retire()
    }

    /// Notes that the client of a job that may still wait has gone.
    pub(crate) fn abandon(&self) {
        lock(&self.state).abandon();
    }

    /// Takes the waiting jobs whose deadline has passed.
    pub(crate) fn take_expired_jobs(&self, now: Instant) -> Vec<Job> {
        lock(&self.state).take_expired_jobs(now)
    }

    /// Does what is due at the function's turn in the order `listing`.
    pub(crate) fn age(&self, listing: Listing, now: Instant, keep_alive: Duration) -> Aged {
        let mut state = lock(&self.state);
        match listing {
            Listing::Idle => state.age_idle(now, keep_alive),
            Listing::Awake => state.age_awake(now),
            Listing::Quiet => state.age_quiet(now, keep_alive),
            Listing::Running => state.age_running(now),
        }
    }

    /// Takes the oldest idle sandbox out if it has been idle since `since` at least.
    pub(crate) fn evict(&self, since: Instant, now: Instant) -> Aged {
        lock(&self.state).evict(since, now)
    }

    /// Whether the program had been told that it is idle, which the caller's restore has ended.
    pub(crate) fn end_unloaded(&self) -> bool {
        std::mem::take(&mut lock(&self.state).unloaded)
    }

    /// What a further sandbox is expected to need.
    pub(crate) fn private_bytes_estimate(&self) -> u64 {
        self.private_bytes_estimate.load(Relaxed)
    }

    /// Takes a measurement into the estimate: a quarter of the way, the first one whole.
    pub(crate) fn note_private_bytes(&self, measured: u64) {
        let old = self.private_bytes_estimate();
        let new = if old == PRIVATE_BYTES_GUESS {
            measured
        } else {
            old / 4 * 3 + measured / 4
        };
        self.private_bytes_estimate.store(new, Relaxed);
    }

    pub(crate) fn status(&self) -> FunctionStatus {
        let state = lock(&self.state);
        FunctionStatus {
            spec: self.spec.clone(),
            version: self.version,
            registered_at: self.registered_at,
            invocations: self.counts.invocations.load(Relaxed),
            errors: self.counts.errors.load(Relaxed),
            idle: state.idle.len(),
            running: state.running as usize,
            queued: state.waiting.len(),
            image: self.image,
            idle_private: Bytes(state.idle.iter().map(Held::charged_bytes).sum()),
        }
    }

    pub(crate) fn summary(&self) -> FunctionSummary {
        let state = lock(&self.state);
        FunctionSummary {
            name: self.spec.name.clone(),
            runtime: self.spec.runtime,
            version: self.version,
            invocations: self.counts.invocations.load(Relaxed),
            idle: state.idle.len(),
            running: state.running as usize,
        }
    }

    pub(crate) fn occupancy(&self) -> Occupancy {
        let state = lock(&self.state);
        Occupancy {
            idle: state.idle.len(),
            running: state.running as usize,
            queued: state.waiting.len(),
        }
    }
}

impl Ending {
    /// The job did not run.
    pub(crate) fn unused(key: RunKey, held: Option<Held>) -> Self {
        Self {
            held,
            key: Some(key),
            ..Self::default()
        }
    }

    /// The job ran and its sandbox may serve again.
    pub(crate) fn kept(key: RunKey, held: Held, ran: Duration) -> Self {
        Self {
            held: Some(held),
            key: Some(key),
            ran: Some(ran),
            settled: None,
        }
    }

    /// The job ran and its sandbox may not serve again.
    pub(crate) fn dropped(key: RunKey, ran: Duration) -> Self {
        Self {
            key: Some(key),
            ran: Some(ran),
            ..Self::default()
        }
    }
}

impl Counts {
    pub(crate) fn note(&self, answer: Ended) {
        self.invocations.fetch_add(1, Relaxed);
        if answer == Ended::InError {
            self.errors.fetch_add(1, Relaxed);
        }
    }
}
