//! Counts the invocations that were accepted and have no answer yet, and stops taking new ones.
//!
//! ```text
//! open ──drain──► draining ──last permit dropped──► drained
//! ```
//!
//! Invariant: a [`Permit`] is given out only while open and below the limit, and is dropped exactly when its
//! invocation has been answered or its client is known to be gone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    time::Instant,
};

use tokio::sync::Notify;

use crate::InvokeError;

#[derive(Debug)]
pub(crate) struct Admission {
    pending: AtomicUsize,
    limit: usize,
    draining: AtomicBool,
    drained: Notify,
}

/// One accepted invocation.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Admission>);

impl Admission {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            pending: AtomicUsize::new(0),
            limit,
            draining: AtomicBool::new(false),
            drained: Notify::new(),
        })
    }

    /// Accepts one invocation.
    ///
    /// # Errors
    ///
    /// `Overloaded` at the limit, `Draining` while draining.
    pub(crate) fn enter(self: &Arc<Self>) -> Result<Permit, InvokeError> {
        // Counted before the flag is read, and the drain sets the flag before it reads the count: one of the two
        // sees the other.
        let before = self.pending.fetch_add(1, SeqCst);
        let permit = Permit(Arc::clone(self));
        if self.is_draining() {
            return Err(InvokeError::draining());
        }
        if before >= self.limit {
            return Err(InvokeError::too_much_pending(self.limit));
        }
        Ok(permit)
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(SeqCst)
    }

    /// Accepts nothing more and waits until everything accepted is answered, or `deadline`. Returns how many
    /// are left.
    pub(crate) async fn drain(&self, deadline: Instant) -> usize {
        self.draining.store(true, SeqCst);
        loop {
            let drained = self.drained.notified();
            tokio::pin!(drained);
            drained.as_mut().enable();
            let pending = self.pending.load(SeqCst);
            if pending == 0 {
                return 0;
            }
            if tokio::time::timeout_at(deadline.into(), drained)
                .await
                .is_err()
            {
                return self.pending.load(SeqCst);
            }
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.0.pending.fetch_sub(1, SeqCst) == 1 && self.0.is_draining() {
            self.0.drained.notify_waiters();
        }
    }
}
