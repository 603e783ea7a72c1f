//! Drops sandboxes, on one thread, off the invocation path: those that ended, those idle for too long, the oldest
//! idle ones when memory is short. Also tells programs that have had no sandbox for the keep-alive that they are
//! idle.
//!
//! A function is in each of two orders at most once, however many sandboxes it has: by the age of its oldest idle
//! sandbox, and by how long it has had none. Entries may be stale (the sandbox was used since); a stale entry is put
//! right when its turn comes, so an invocation normally touches neither order.
//!
//! The thread sleeps until the first entry is due, and for good where there is none. When an instance-wide bound is
//! in the way of a new sandbox, the thread that wants one does the dropping itself ([`Janitor::reclaim`]).
//!
//! Locks: the janitor's own is never held while a function's is taken, nor while a sandbox is dropped.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    io,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    thread,
    time::{Duration, Instant},
};

use crate::{
    caught::caught,
    function::{Aged, Function, Listing},
    held::{Held, Ledger},
    lock::lock,
};

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
}

#[derive(Default)]
struct Chores {
    graves: Vec<Held>,
    /// Sandboxes that the thread is dropping at this moment.
    burying: usize,
    idle: BinaryHeap<Reverse<Entry>>,
    quiet: BinaryHeap<Reverse<Entry>>,
    /// Drop idle sandboxes until the memory budget holds.
    pressed: bool,
    stopping: bool,
}

/// A function, ordered by how long it has been in the state that its order is about.
struct Entry {
    since: Instant,
    function: Weak<Function>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.since == other.since
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.since.cmp(&other.since)
    }
}

impl Janitor {
    pub(crate) fn start(keep_alive: Duration, ledger: Arc<Ledger>) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            chores: Mutex::default(),
            work: Condvar::new(),
            buried: Condvar::new(),
            keep_alive,
            ledger,
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

impl Chores {
    fn order(&mut self, listing: Listing) -> &mut BinaryHeap<Reverse<Entry>> {
        match listing {
            Listing::Idle => &mut self.idle,
            Listing::Quiet => &mut self.quiet,
        }
    }

    /// When the first entry of either order is due.
    fn next_due(&self, keep_alive: Duration) -> Option<Instant> {
        let first = |heap: &BinaryHeap<Reverse<Entry>>| heap.peek().map(|entry| entry.0.since);
        let firsts = [first(&self.idle), first(&self.quiet)];
        firsts.into_iter().flatten().min().map(|at| at + keep_alive)
    }

    fn take_due(&mut self, now: Instant, keep_alive: Duration) -> Option<(Listing, Entry)> {
        [Listing::Idle, Listing::Quiet]
            .into_iter()
            .find_map(|listing| {
                let order = self.order(listing);
                let due = order
                    .peek()
                    .is_some_and(|entry| entry.0.since + keep_alive <= now);
                let entry = due.then(|| order.pop()).flatten()?;
                Some((listing, entry.0))
            })
    }
}

impl Shared {
    fn list(&self, listing: Listing, function: Weak<Function>, since: Instant) {
        let mut chores = lock(&self.chores);
        let due_before = chores.next_due(self.keep_alive);
        let entry = Entry { since, function };
        chores.order(listing).push(Reverse(entry));
        // The thread sleeps until the first entry is due: wake it only for an earlier one.
        if due_before.is_none_or(|due| since + self.keep_alive < due) {
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
            } else if let Some((listing, entry)) = chores.take_due(Instant::now(), self.keep_alive)
            {
                drop(chores);
                self.age(listing, &entry);
                chores = lock(&self.chores);
            } else {
                chores = self.sleep(chores);
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
        chores.burying = 0;
        self.buried.notify_all();
        chores
    }

    fn sleep<'a>(&'a self, chores: MutexGuard<'a, Chores>) -> MutexGuard<'a, Chores> {
        match chores.next_due(self.keep_alive) {
            None => self
                .work
                .wait(chores)
                .unwrap_or_else(PoisonError::into_inner),
            Some(due) => {
                let wait = due.saturating_duration_since(Instant::now());
                let woken = self.work.wait_timeout(chores, wait);
                woken.unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    fn age(&self, listing: Listing, entry: &Entry) {
        let Some(function) = entry.function.upgrade() else {
            return;
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
        self.carry_out(aged, entry);
    }

    /// Puts the function where it belongs next and drops the sandboxes taken from it. Returns how many.
    fn carry_out(&self, aged: Aged, entry: &Entry) -> usize {
        if let Some((listing, since)) = aged.again {
            self.list(listing, Weak::clone(&entry.function), since);
        }
        let dropped = aged.expired.len();
        for held in aged.expired {
            drop_caught(held);
        }
        dropped
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
            let Some(Reverse(entry)) = lock(&self.chores).idle.pop() else {
                return false;
            };
            let Some(function) = entry.function.upgrade() else {
                continue;
            };
            let aged = function.evict(entry.since, Instant::now());
            if self.carry_out(aged, &entry) > 0 {
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
