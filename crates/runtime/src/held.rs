//! A sandbox together with what the instance accounts for it.
//!
//! Invariant: [`Ledger::live`] is the number of [`Held`] plus the number of [`Place`]s on their way to one;
//! [`Ledger::private_bytes`] is the sum of their charges. Dropping gives both back, wherever it happens.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{
            AtomicU64, AtomicUsize,
            Ordering::{AcqRel, Acquire, Relaxed},
        },
    },
    time::Instant,
};

use hydra_sandbox::Sandbox;
use hydra_types::StartKind;

use crate::caught::caught;

/// Instance-wide counts of sandboxes and of their private memory.
#[derive(Debug)]
pub(crate) struct Ledger {
    live: AtomicUsize,
    /// Sandboxes whose invocation has been answered and which are not back in their place yet.
    settling: AtomicUsize,
    max_live: usize,
    private_bytes: AtomicU64,
    budget_bytes: u64,
}

/// The right to one live sandbox, charged with an estimate of its private memory.
#[derive(Debug)]
pub(crate) struct Place {
    ledger: Arc<Ledger>,
    charged_bytes: u64,
}

/// Which bound of the instance a further sandbox would pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    Sandboxes,
    Memory,
}

impl Bound {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Sandboxes => "the instance's max_sandboxes are in use",
            Self::Memory => "the instance's memory budget is in use",
        }
    }
}

impl Ledger {
    pub(crate) fn new(max_live: usize, budget_bytes: u64) -> Arc<Self> {
        Arc::new(Self {
            live: AtomicUsize::new(0),
            settling: AtomicUsize::new(0),
            max_live,
            private_bytes: AtomicU64::new(0),
            budget_bytes,
        })
    }

    pub(crate) fn live(&self) -> usize {
        self.live.load(Acquire)
    }

    pub(crate) fn private_bytes(&self) -> u64 {
        self.private_bytes.load(Relaxed)
    }

    pub(crate) fn is_over_budget(&self) -> bool {
        self.private_bytes() > self.budget_bytes
    }

    /// Whether some sandbox will be idle, or gone, in a moment.
    pub(crate) fn is_settling(&self) -> bool {
        self.settling.load(Acquire) > 0
    }

    /// Announces a sandbox that will be idle, or gone, when the guard is dropped.
    pub(crate) fn begin_settling(&self) -> Settling<'_> {
        self.settling.fetch_add(1, AcqRel);
        Settling(self)
    }

    /// Takes a place for a sandbox that is expected to need `bytes`.
    ///
    /// The memory budget is soft: the only sandbox of an instance may pass it, and threads that ask at once may
    /// pass it together.
    ///
    /// # Errors
    ///
    /// The bound that is in the way.
    pub(crate) fn place(self: &Arc<Self>, bytes: u64) -> Result<Place, Bound> {
        if self.private_bytes().saturating_add(bytes) > self.budget_bytes && self.live() > 0 {
            return Err(Bound::Memory);
        }
        let more = |live| (live < self.max_live).then_some(live + 1);
        self.live
            .fetch_update(AcqRel, Acquire, more)
            .map_err(|_| Bound::Sandboxes)?;
        self.private_bytes.fetch_add(bytes, Relaxed);
        Ok(Place {
            ledger: Arc::clone(self),
            charged_bytes: bytes,
        })
    }
}

/// See [`Ledger::begin_settling`].
#[derive(Debug)]
pub(crate) struct Settling<'a>(&'a Ledger);

impl Drop for Settling<'_> {
    fn drop(&mut self) {
        self.0.settling.fetch_sub(1, AcqRel);
    }
}

impl Place {
    fn charge(&mut self, bytes: u64) {
        self.ledger.private_bytes.fetch_add(bytes, Relaxed);
        self.ledger
            .private_bytes
            .fetch_sub(self.charged_bytes, Relaxed);
        self.charged_bytes = bytes;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.ledger
            .private_bytes
            .fetch_sub(self.charged_bytes, Relaxed);
        self.ledger.live.fetch_sub(1, AcqRel);
    }
}

/// A sandbox and its place. Fields drop in order: the place is free once the sandbox is gone.
pub(crate) struct Held {
    pub(crate) sandbox: Box<dyn Sandbox>,
    /// How the next invocation in it starts.
    pub(crate) start: StartKind,
    /// Invocations it has served.
    pub(crate) served: u64,
    /// When it last became idle.
    pub(crate) since: Instant,
    /// It has given back what it does not need while it waits.
    pub(crate) rests: bool,
    place: Place,
}

impl Held {
    pub(crate) fn new(
        sandbox: Box<dyn Sandbox>,
        start: StartKind,
        since: Instant,
        place: Place,
    ) -> Self {
        Self {
            sandbox,
            start,
            served: 0,
            since,
            rests: false,
            place,
        }
    }

    /// Lets it give back what it does not need while it waits. A panic of its backend is logged and ends there.
    pub(crate) fn rest(&mut self) {
        self.rests = true;
        let sandbox = &mut self.sandbox;
        if let Err(panic) = caught(|| sandbox.rest()) {
            tracing::error!(panic, "a sandbox panicked while it was put to rest");
        }
    }

    /// Measures its private memory and accounts for it from now on. Costs a system call.
    pub(crate) fn measure(&mut self) -> u64 {
        let bytes = self.sandbox.private_memory().0;
        self.place.charge(bytes);
        bytes
    }

    /// What it is accounted for.
    pub(crate) const fn charged_bytes(&self) -> u64 {
        self.place.charged_bytes
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held")
            .field("start", &self.start)
            .field("served", &self.served)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}
