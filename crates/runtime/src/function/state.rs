//! The part of a function that its lock guards, and every change it can undergo. No side effects.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use hydra_types::{Limits, StartKind};

use super::{Accepted, Ending, RunKey, Settling, Turn, runs::Runs};
use crate::{
    held::Held,
    job::{Client, Job},
};

/// Shortest wait that a refused client is told.
const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
/// A sandbox that has been idle for this long is put to rest.
pub(crate) const REST_AFTER: Duration = Duration::from_secs(1);

/// Sandboxes put to rest under the function's lock at a time; each takes some 20 µs.
const RESTED_AT_ONCE: usize = 4;

/// Longest wait that a refused client is told.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct State {
    pub(super) running: u32,
    /// Running jobs that are answered already; each lends the queue one more entry, so that a client that calls
    /// again at once is not refused because its own sandbox is still being reset.
    pub(super) settling: u32,
    /// Those among them whose sandbox is merely measured, and so will be idle in microseconds. A job waits for it
    /// rather than have another sandbox made: a client that calls again at once finds its sandbox.
    pub(super) measuring: u32,
    /// Who waits for the running jobs.
    runs: Runs,
    pub(super) waiting: VecDeque<Job>,
    /// Waiting jobs whose client has gone; an upper bound, since a job may have left the queue just before.
    abandoned: usize,
    /// Oldest in front.
    pub(super) idle: VecDeque<Held>,
    retired: bool,
    /// The program has been told that it is idle.
    pub(super) unloaded: bool,
    listed_idle: bool,
    listed_awake: bool,
    listed_quiet: bool,
    listed_running: bool,
    /// When a job last ended or a sandbox was last dropped.
    touched: Instant,
    /// Moving average of how long jobs run.
    recent_run: Duration,
}

/// Which of the janitor's orders a function is to enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    /// By the age of its oldest idle sandbox.
    Idle,
    /// By the age of its oldest idle sandbox that has not been put to rest.
    Awake,
    /// By how long it has had no sandbox.
    Quiet,
    /// By the first deadline of its running jobs.
    Running,
}

/// The orders to enter.
pub(crate) type Listings = [Option<Listing>; 2];

/// What to do after a job has ended.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    /// Whom to answer, unless that has been done.
    pub(crate) client: Option<Client>,
    /// Serve this next, in the same concurrency slot.
    pub(crate) next: Option<Turn>,
    /// Drop this.
    pub(crate) unwanted: Option<Held>,
    /// Tell the janitor.
    pub(crate) listings: Listings,
    /// Tell the janitor of this deadline.
    pub(crate) watch: Option<Instant>,
}

/// What to do with a function whose turn has come in one of the janitor's orders.
#[derive(Debug, Default)]
pub(crate) struct Aged {
    /// Sandboxes to drop.
    pub(crate) expired: Vec<Held>,
    /// Where the function goes next, by which age.
    pub(crate) again: Option<(Listing, Instant)>,
    /// Whether to tell the program that it is idle.
    pub(crate) unload: bool,
    /// Clients of jobs whose sandbox has ignored its deadline.
    pub(crate) overdue: Vec<Client>,
}

impl State {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            running: 0,
            settling: 0,
            measuring: 0,
            runs: Runs::default(),
            waiting: VecDeque::new(),
            abandoned: 0,
            idle: VecDeque::new(),
            retired: false,
            unloaded: false,
            listed_idle: false,
            listed_awake: false,
            // Whoever makes a function lists it: it may never be invoked.
            listed_quiet: true,
            listed_running: false,
            touched: now,
            recent_run: Duration::ZERO,
        }
    }

    pub(super) fn accept(&mut self, mut job: Job, limits: &Limits) -> Accepted {
        if self.retired {
            return Accepted::Retired { job };
        }
        let idle_soon = self.idle.is_empty() && self.measuring as usize > self.waiting.len();
        if self.running < limits.concurrency && !idle_soon {
            self.running += 1;
            let held = self.idle.pop_back();
            let (turn, watch) = self.start(job, held);
            return Accepted::Run { turn, watch };
        }
        let room = (limits.queue as usize).saturating_add(self.settling as usize);
        if self.waiting.len() >= room && self.abandoned > 0 {
            self.sweep();
        }
        if self.waiting.len() >= room {
            let wait = self.wait_estimate(limits.concurrency);
            return Accepted::Full { job, wait };
        }
        // Clocks are read before the lock is taken; the queue's deadlines stay in order all the same.
        if let Some(last) = self.waiting.back() {
            job.deadline = job.deadline.max(last.deadline);
        }
        let until = job.deadline;
        self.waiting.push_back(job);
        Accepted::Queued { until }
    }

    /// A job's turn has come. Gives back its deadline where the function must be listed by it.
    fn start(&mut self, job: Job, held: Option<Held>) -> (Turn, Option<Instant>) {
        let job = job.start(|deadline, client| self.runs.begin(deadline, client));
        let listed = std::mem::replace(&mut self.listed_running, true);
        let watch = (!listed).then_some(job.deadline);
        (Turn { job, held }, watch)
    }

    /// Takes note of a client that has gone, and takes such jobs out once they are half of the queue: each leave
    /// costs the same on average, and they hold neither memory nor the instance's permits for long.
    pub(super) fn abandon(&mut self) {
        self.abandoned += 1;
        if self.abandoned * 2 > self.waiting.len() {
            self.sweep();
        }
    }

    fn sweep(&mut self) {
        self.abandoned = 0;
        self.waiting.retain(|job| !job.client.is_gone());
    }

    /// How long the queue takes to drain, by what jobs took of late.
    fn wait_estimate(&self, concurrency: u32) -> Duration {
        let jobs = u32::try_from(self.waiting.len()).unwrap_or(u32::MAX);
        let work = self.recent_run.saturating_mul(jobs.saturating_add(1));
        (work / concurrency.max(1)).clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX)
    }

    pub(super) fn settle(&mut self, settling: Settling, key: RunKey) -> Option<Client> {
        self.settling += 1;
        self.measuring += u32::from(settling == Settling::Measured);
        self.runs.end(key)
    }

    pub(super) fn finish(&mut self, ending: Ending, now: Instant) -> Finished {
        let Ending {
            held,
            key,
            ran,
            settled,
        } = ending;
        let client = key.and_then(|key| self.runs.end(key));
        if let Some(settled) = settled {
            self.settling -= 1;
            self.measuring -= u32::from(settled == Settling::Measured);
        }
        if let Some(ran) = ran {
            self.recent_run = (self.recent_run * 7 + ran) / 8;
        }
        while let Some(job) = self.waiting.pop_front() {
            if !job.client.is_gone() {
                let held = held.or_else(|| self.idle.pop_back());
                let (turn, watch) = self.start(job, held);
                return Finished {
                    client,
                    next: Some(turn),
                    watch,
                    ..Finished::default()
                };
            }
            self.abandoned = self.abandoned.saturating_sub(1);
        }
        self.running -= 1;
        self.touched = now;
        let (listings, unwanted) = match held {
            Some(held) => self.put_idle(held, now),
            None => ([self.list_quiet(), None], None),
        };
        Finished {
            client,
            unwanted,
            listings,
            ..Finished::default()
        }
    }

    pub(super) fn put_idle(&mut self, mut held: Held, now: Instant) -> (Listings, Option<Held>) {
        if self.retired {
            return ([None; 2], Some(held));
        }
        held.rests = false;
        // As for deadlines: the list's ages stay in order.
        held.since = self
            .idle
            .back()
            .map_or(now, |youngest| youngest.since.max(now));
        self.idle.push_back(held);
        let listed = std::mem::replace(&mut self.listed_idle, true);
        let awake = std::mem::replace(&mut self.listed_awake, true);
        let listings = [
            (!listed).then_some(Listing::Idle),
            (!awake).then_some(Listing::Awake),
        ];
        (listings, None)
    }

    fn has_sandbox(&self) -> bool {
        self.running > 0 || !self.idle.is_empty()
    }

    /// Lists a function that has no sandbox, unless that has been done or no longer matters.
    fn list_quiet(&mut self) -> Option<Listing> {
        if self.has_sandbox() || self.retired || self.unloaded || self.listed_quiet {
            return None;
        }
        self.listed_quiet = true;
        Some(Listing::Quiet)
    }

    pub(super) fn take_warm(&mut self) -> Option<Held> {
        let at = self
            .idle
            .iter()
            .rposition(|held| held.start == StartKind::Warm)?;
        self.idle.remove(at)
    }

    pub(super) fn retire(&mut self) -> Vec<Held> {
        self.retired = true;
        self.idle.drain(..).collect()
    }

    pub(super) fn take_expired_jobs(&mut self, now: Instant) -> Vec<Job> {
        let expired = self
            .waiting
            .iter()
            .take_while(|job| job.deadline <= now)
            .count();
        self.waiting.drain(..expired).collect()
    }

    /// Drops the idle sandboxes past their keep-alive.
    pub(super) fn age_idle(&mut self, now: Instant, keep_alive: Duration) -> Aged {
        let too_old = self
            .idle
            .iter()
            .take_while(|held| held.since + keep_alive <= now)
            .count();
        Aged {
            expired: self.idle.drain(..too_old).collect(),
            again: self.list_again(now),
            ..Aged::default()
        }
    }

    /// Puts idle sandboxes to rest that have waited for [`REST_AFTER`], a few at a time.
    pub(super) fn age_awake(&mut self, now: Instant) -> Aged {
        let is_due = |held: &&mut Held| !held.rests && held.since + REST_AFTER <= now;
        for held in self.idle.iter_mut().filter(is_due).take(RESTED_AT_ONCE) {
            held.rest();
        }
        let next = self.idle.iter().find(|held| !held.rests);
        self.listed_awake = next.is_some();
        Aged {
            again: next.map(|held| (Listing::Awake, held.since)),
            ..Aged::default()
        }
    }

    /// Drops the oldest idle sandbox if it has been idle since `since` at least.
    pub(super) fn evict(&mut self, since: Instant, now: Instant) -> Aged {
        let old_enough = self
            .idle
            .front()
            .is_some_and(|oldest| oldest.since <= since);
        Aged {
            expired: self.idle.drain(..usize::from(old_enough)).collect(),
            again: self.list_again(now),
            ..Aged::default()
        }
    }

    /// Where a function that has just left the idle order goes next.
    fn list_again(&mut self, now: Instant) -> Option<(Listing, Instant)> {
        if let Some(oldest) = self.idle.front() {
            return Some((Listing::Idle, oldest.since));
        }
        self.listed_idle = false;
        self.touched = self.touched.max(now);
        self.list_quiet().map(|listing| (listing, self.touched))
    }

    /// Finds the jobs whose sandbox has ignored its deadline.
    pub(super) fn age_running(&mut self, now: Instant) -> Aged {
        let overdue = self.runs.take_overdue(now);
        let first = self.runs.first_deadline();
        self.listed_running = first.is_some();
        Aged {
            again: first.map(|deadline| (Listing::Running, deadline)),
            overdue,
            ..Aged::default()
        }
    }

    /// Finds out whether the function has had no sandbox for the keep-alive.
    pub(super) fn age_quiet(&mut self, now: Instant, keep_alive: Duration) -> Aged {
        let mut aged = Aged::default();
        if !self.has_sandbox() && !self.retired && !self.unloaded {
            if self.touched + keep_alive > now {
                aged.again = Some((Listing::Quiet, self.touched));
                return aged;
            }
            self.unloaded = true;
            aged.unload = true;
            self.waiting.shrink_to_fit();
            self.idle.shrink_to_fit();
            self.runs.shrink();
        }
        self.listed_quiet = false;
        aged
    }
}
