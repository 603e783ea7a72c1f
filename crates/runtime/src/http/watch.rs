//! What a connection is waiting for, and since when.
//!
//! hyper's own head timeout would set up and cancel a timer for every request, and would close idle connections as
//! if they were slow. Here a connection notes its state in a few atomics, and its one timer is set again only when
//! something falls due earlier than the timer would ring.
//!
//! ```text
//!          first byte               head complete
//!  Idle ───────────────► Head ────────────────────► Busy ──(body_due while a body is awaited)──┐
//!   ▲                                                                                          │
//!   └───────────────────────────── reply written ──────────────────────────────────────────────┘
//!  write_blocked: set beside any of them while the client takes no bytes
//! ```
//!
//! All of a connection's code runs in one task, one thread at a time; `Relaxed` is enough.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::HttpConfig;

/// Never.
pub(super) const NEVER: Millis = Millis(u64::MAX);

/// Milliseconds since the process first asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Millis(u64);

fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

impl Millis {
    pub(super) fn now() -> Self {
        Self(whole_millis(epoch().elapsed()))
    }

    pub(super) const fn value(self) -> u64 {
        self.0
    }

    pub(super) const fn after(self, time: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(time)))
    }

    pub(super) fn instant(self) -> Instant {
        // Bounded, because an `Instant` far enough away cannot be represented.
        let a_day_ms = 86_400_000;
        epoch() + Duration::from_millis(self.0.min(Self::now().0.saturating_add(a_day_ms)))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "2^64 milliseconds are half a billion years; `try_from` is not const"
)]
const fn whole_millis(time: Duration) -> u64 {
    time.as_millis() as u64
}

/// The state of one connection.
#[derive(Debug)]
pub(super) struct Watch {
    /// When the present phase falls due; `NEVER` while the server has the word.
    phase_due: AtomicU64,
    /// 1 while no byte of the next request has been seen.
    idle: AtomicU64,
    body_due: AtomicU64,
    write_due: AtomicU64,
    idle_timeout: Duration,
    head_timeout: Duration,
    write_timeout: Duration,
}

impl Watch {
    pub(super) fn new(config: &HttpConfig) -> Self {
        Self {
            // A client that connects and says nothing is slow, not idle.
            phase_due: AtomicU64::new(Millis::now().after(config.head_timeout).0),
            idle: AtomicU64::new(0),
            body_due: AtomicU64::new(NEVER.0),
            write_due: AtomicU64::new(NEVER.0),
            idle_timeout: config.idle_timeout,
            head_timeout: config.head_timeout,
            write_timeout: config.write_timeout,
        }
    }

    /// Bytes have come in.
    pub(super) fn bytes_read(&self) {
        if self.idle.swap(0, Relaxed) == 1 {
            self.phase_due
                .store(Millis::now().after(self.head_timeout).0, Relaxed);
        }
    }

    /// A head is complete: the server has the word.
    pub(super) fn request_begins(&self) {
        self.idle.store(0, Relaxed);
        self.phase_due.store(NEVER.0, Relaxed);
    }

    /// The reply is made; the client has the word once it has taken it, see [`Watch::write_flows`].
    pub(super) fn request_ends(&self) {
        self.body_due.store(NEVER.0, Relaxed);
        self.idle.store(1, Relaxed);
    }

    /// A body is awaited until `due`; whoever awaits it answers when it is late.
    pub(super) fn body_awaited(&self, due: Millis) {
        self.body_due.store(due.0, Relaxed);
    }

    /// The body is complete or given up.
    pub(super) fn body_done(&self) {
        self.body_due.store(NEVER.0, Relaxed);
    }

    /// The client takes no bytes.
    pub(super) fn write_blocked(&self) {
        if self.write_due.load(Relaxed) == NEVER.0 {
            self.write_due
                .store(Millis::now().after(self.write_timeout).0, Relaxed);
        }
    }

    /// The client has taken bytes.
    pub(super) fn write_flows(&self) {
        // A load is cheaper than a store, and this is the usual case.
        if self.write_due.load(Relaxed) != NEVER.0 {
            self.write_due.store(NEVER.0, Relaxed);
        }
        if self.idle.load(Relaxed) == 1 {
            self.phase_due
                .store(Millis::now().after(self.idle_timeout).0, Relaxed);
        }
    }

    /// When the connection must be looked at next.
    pub(super) fn due(&self) -> Millis {
        Millis(self.body_due.load(Relaxed)).min(self.dead_at())
    }

    /// When the connection must be closed unless something happens.
    pub(super) fn dead_at(&self) -> Millis {
        Millis(
            self.phase_due
                .load(Relaxed)
                .min(self.write_due.load(Relaxed)),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch::new(&HttpConfig {
            idle_timeout: Duration::from_secs(1000),
            head_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(20),
            ..HttpConfig::default()
        })
    }

    fn due_in_s(watch: &Watch) -> u64 {
        (watch.due().0.saturating_sub(Millis::now().0)).div_ceil(1000)
    }

    #[test]
    fn each_phase_has_its_own_bound() {
        let watch = watch();
        assert_eq!(due_in_s(&watch), 10, "a new connection must speak");
        watch.request_begins();
        assert_eq!(watch.due(), NEVER, "the server has the word");
        watch.request_ends();
        assert_eq!(watch.due(), NEVER, "the reply has not left");
        watch.write_flows();
        assert_eq!(due_in_s(&watch), 1000, "idle");
        watch.bytes_read();
        assert_eq!(due_in_s(&watch), 10, "a head has begun");
        watch.bytes_read();
        assert!(due_in_s(&watch) <= 10, "trickling does not prolong it");
    }

    #[test]
    fn a_blocked_write_falls_due_whatever_the_phase() {
        let watch = watch();
        watch.request_begins();
        watch.write_blocked();
        assert_eq!(due_in_s(&watch), 20);
        watch.write_flows();
        assert_eq!(watch.due(), NEVER);
    }

    #[test]
    fn an_awaited_body_wakes_the_connection_and_does_not_kill_it() {
        let watch = watch();
        watch.request_begins();
        watch.body_awaited(Millis::now().after(Duration::from_secs(30)));
        assert_eq!(due_in_s(&watch), 30);
        assert_eq!(watch.dead_at(), NEVER);
        watch.body_done();
        assert_eq!(watch.due(), NEVER);
    }
}
