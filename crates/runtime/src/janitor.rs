//! Drops sandboxes, on one thread, off the invocation path: those that ended, those idle for too long, the oldest
//! idle ones when memory is short. Also tells programs that have had no sandbox for the keep-alive that they are
//! idle, and answers for sandboxes that ignore their deadline.
//!
//! A function is in each of four [`orders`] at most once, however many sandboxes it has: by the age of its oldest
//! idle sandbox, by that of the oldest which has not been put to rest, by how long it has had none, and by the first
//! deadline of its running jobs. Entries may be stale
//! (the sandbox was used since, the job has ended); a stale entry is put right when its turn comes, so an invocation
//! normally touches no order.
//!
//! A sandbox that ignores its deadline keeps its concurrency slot and its place until its future ends: nothing can
//! stop it from outside. Its client has the answer all the same.
//!
//! The thread sleeps until the first entry is due, and for good where there is none. When an instance-wide bound is
//! in the way of a new sandbox, the thread that wants one does the dropping itself ([`Janitor::reclaim`]).
//!
//! Locks: the janitor's own is never held while a function's is taken, nor while a sandbox is dropped.

mod orders;
mod trim;

use std::{
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use crate::{
    InvokeError, Metrics,
    caught::caught,
    function::{Aged, Function, Listing},
    held::{Held, Ledger},
    job::Client,
    lock::lock,
    serve::refuse,
};
use orders::{Entry, Orders};
use trim::Trim;

/// Sandboxes dropped between two looks at the clock.
const BURIALS_AT_ONCE: usize = 64;

/// The handle; dropping it ends the thread.
pub(crate) struct Janitor(Arc<Shared>);

struct Shared {
    chores: Mutex<Chores>,
    /// Something for the thread to do.
    work: Condvar,
    /// The thread has dropped what it had taken.
    buried: Condvar,
    keep_alive: Duration,
    ledger: Arc<Ledger>,
    metrics: Arc<Metrics>,
}

struct Chores {
    graves: Vec<Held>,
    /// Sandboxes that the thread is dropping at this moment.
    burying: usize,
    orders: Orders,
    trim: Trim,
    /// Drop idle sandboxes until the memory budget holds.
    pressed: bool,
    stopping: bool,
}

impl Janitor {
    pub(crate) fn start(
        keep_alive: Duration,
        ledger: Arc<Ledger>,
        metrics: Arc<Metrics>,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            chores: Mutex::new(Chores {
                graves: Vec::new(),
                burying: 0,
                orders: Orders::new(keep_alive),
                trim: Trim::default(),
                pressed: false,
                stopping: false,
            }),
            work: Condvar::new(),
            buried: Condvar::new(),
            keep_alive,
            ledger,
            metrics,
        });
        let thread_shared = Arc::clone(&shared);
        thread::Builder::new()
            .name("janitor".to_owned())
            .spawn(move || thread_shared.work())?;
        Ok(Self(shared))
    }

    /// Enters `function` into an order.
    pub(crate) fn list(&self, listing: Listing, function: &Arc<Function>, since: Instant) {
        self.0.list(listing, Arc::downgrade(function), since);
    }

    /// Drops `sandboxes` soon.
    pub(crate) fn bury(&self, sandboxes: impl IntoIterator<Item = Held>) {
        let mut chores = lock(&self.0.chores);
        let before = chores.graves.len();
        chores.graves.extend(sandboxes);
        if before == 0 && !chores.graves.is_empty() {
            drop(chores);
            self.0.work.notify_one();
        }
    }

    /// Drops idle sandboxes soon, oldest first, until the memory budget holds.
    pub(crate) fn press(&self) {
        let mut chores = lock(&self.0.chores);
        if !std::mem::replace(&mut chores.pressed, true) {
            drop(chores);
            self.0.work.notify_one();
        }
    }

    /// Drops at least one sandbox that nobody uses before it returns, the oldest. `false` where there is none.
    pub(crate) fn reclaim(&self) -> bool {
        self.0.reclaim()
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        lock(&self.0.chores).stopping = true;
        self.0.work.notify_one();
    }
}

impl Shared {
    fn list(&self, listing: Listing, function: Weak<Function>, since: Instant) {
        let mut chores = lock(&self.chores);
        // The thread sleeps until the first entry is due: wake it only for an earlier one.
        if chores.orders.push(listing, Entry { since, function }) {
            drop(chores);
            self.work.notify_one();
        }
    }

    fn work(&self) {
        let mut chores = lock(&self.chores);
        loop {
            if !chores.graves.is_empty() {
                let kept = chores.graves.len().saturating_sub(BURIALS_AT_ONCE);
                let batch = chores.graves.split_off(kept);
                chores = self.bury_unlocked(chores, batch);
            } else if chores.stopping {
                return;
            } else if chores.pressed {
                drop(chores);
                let relieved = !self.ledger.is_over_budget() || !self.evict_oldest();
                chores = lock(&self.chores);
                chores.pressed = !relieved;
            } else if let Some((listing, entry)) = chores.orders.take_due(Instant::now()) {
                drop(chores);
                let dropped = self.age(listing, &entry);
                chores = lock(&self.chores);
                chores.trim.note(dropped);
            } else {
                chores = self.rest(chores);
            }
        }
    }

    /// Drops `batch` without the lock, and tells those who wait for that.
    fn bury_unlocked<'a>(
        &'a self,
        mut chores: MutexGuard<'a, Chores>,
        batch: Vec<Held>,
    ) -> MutexGuard<'a, Chores> {
        chores.burying = batch.len();
        drop(chores);
        for held in batch {
            drop_caught(held);
        }
        chores = lock(&self.chores);
        let buried = std::mem::take(&mut chores.burying);
        chores.trim.note(buried);
        self.buried.notify_all();
        chores
    }

    /// Returns free memory where that is due; sleeps until something else is, otherwise.
    fn rest<'a>(&'a self, mut chores: MutexGuard<'a, Chores>) -> MutexGuard<'a, Chores> {
        let now = Instant::now();
        let trim = chores.trim.wait(now);
        if trim == Some(Duration::ZERO) {
            chores.trim.done(now);
            drop(chores);
            hydra_sys::process::return_free_memory();
            return lock(&self.chores);
        }
        let due = chores.orders.next_due();
        let due = due.map(|due| due.saturating_duration_since(now));
        match [trim, due].into_iter().flatten().min() {
            None => self
                .work
                .wait(chores)
                .unwrap_or_else(PoisonError::into_inner),
            Some(wait) => {
                let woken = self.work.wait_timeout(chores, wait);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// Does what is due for a function. Returns how many sandboxes it dropped.
    fn age(&self, listing: Listing, entry: &Entry) -> usize {
        let Some(function) = entry.function.upgrade() else {
            return 0;
        };
        let aged = function.age(listing, Instant::now(), self.keep_alive);
        if aged.unload
            && let Err(panic) = caught(|| function.program.idle())
        {
            let name = function.spec.name.as_str();
            tracing::error!(
                function = name,
                panic,
                "a program panicked while going idle"
            );
        }
        self.carry_out(aged, entry, &function)
    }

    /// Puts the function where it belongs next and drops the sandboxes taken from it. Returns how many.
    fn carry_out(&self, aged: Aged, entry: &Entry, function: &Function) -> usize {
        for client in aged.overdue {
            self.answer_overdue(client, function);
        }
        if let Some((listing, since)) = aged.again {
            self.list(listing, Weak::clone(&entry.function), since);
        }
        let dropped = aged.expired.len();
        for held in aged.expired {
            drop_caught(held);
        }
        dropped
    }

    fn answer_overdue(&self, client: Client, function: &Function) {
        let name = function.spec.name.as_str();
        let request_id = client.request_id();
        tracing::error!(function = name, %request_id, "a sandbox ignores its deadline; its client is answered");
        let error = InvokeError::overdue(function.spec.limits.timeout);
        refuse(&self.metrics, client, error);
    }

    fn reclaim(&self) -> bool {
        let mut chores = lock(&self.chores);
        if let Some(held) = chores.graves.pop() {
            drop(chores);
            drop_caught(held);
            return true;
        }
        if chores.burying > 0 {
            while chores.burying > 0 {
                chores = self
                    .buried
                    .wait(chores)
                    .unwrap_or_else(PoisonError::into_inner);
            }
            return true;
        }
        drop(chores);
        self.evict_oldest()
    }

    /// Drops the oldest idle sandbox of the instance. `false` where there is none.
    fn evict_oldest(&self) -> bool {
        loop {
            let Some(entry) = lock(&self.chores).orders.take_oldest_idle() else {
                return false;
            };
            let Some(function) = entry.function.upgrade() else {
                continue;
            };
            let aged = function.evict(entry.since, Instant::now());
            if self.carry_out(aged, &entry, &function) > 0 {
                return true;
            }
        }
    }
}

/// Drops a sandbox; a panic of its backend is logged and ends there.
pub(crate) fn drop_caught(held: Held) {
    if let Err(panic) = caught(|| drop(held)) {
        tracing::error!(panic, "a sandbox panicked while it was dropped");
    }
}
