//! `poll_oneoff`: the only call that waits.
//!
//! ```text
//! plan ──something is ready──────────────────────────► collect ─► events
//!   └────nothing is──► sleep until the first time-out ──►┘
//!                        └─ past the deadline ─► Stop::DeadlinePassed, at the deadline
//! ```
//!
//! Streams and files are always ready, so only clocks make it wait. The guest cannot run meanwhile, so its
//! subscriptions are read twice instead of kept.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use wasmtime::Caller;

use super::{
    Stop, Wasi,
    abi::{Errno, Refusal, rights},
    clock::Clock,
    data_calls::readable_bytes,
    guest::Guest,
    linker::{HasWasi, enter, settle},
};

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;

/// Most subscriptions in one call, as many as there can be descriptors.
const MAX_SUBSCRIPTIONS: u32 = 1024;

/// Where the guest has its subscriptions and wants its events.
#[derive(Clone, Copy)]
pub(super) struct Poll {
    pub(super) subscriptions: u32,
    pub(super) events: u32,
    pub(super) count: u32,
    pub(super) count_out: u32,
}

/// What to do before the events can be collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    Now,
    SleepUntil(Instant),
    Fail(Instant),
}

/// One subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Subscription {
    user_data: u64,
    event_type: u8,
    of: Subject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    /// `None` lies further ahead than the host can tell.
    Clock(Result<Option<Instant>, Errno>),
    Read(u32),
    Write(u32),
}

/// Answers `poll_oneoff`.
pub(super) async fn poll_oneoff<T: HasWasi>(
    mut caller: Caller<'_, T>,
    poll: Poll,
) -> wasmtime::Result<u32> {
    let started = Instant::now();
    let mut plan = Plan::Now;
    let mut host = None;
    let planned = enter(&mut caller, |guest, wasi| {
        plan = poll.plan(guest, wasi, started)?;
        if plan != Plan::Now {
            host = Some(Arc::clone(&wasi.config.host));
        }
        Ok(())
    });
    if planned != Ok(()) {
        return settle(planned);
    }
    let now = match (plan, host) {
        (Plan::SleepUntil(wake), Some(host)) => {
            host.sleep_until(wake).await;
            wake.max(Instant::now())
        }
        (Plan::Fail(deadline), Some(host)) => {
            host.sleep_until(deadline).await;
            return Err(Stop::DeadlinePassed.into());
        }
        _ => started,
    };
    settle(enter(&mut caller, |guest, wasi| {
        poll.collect(guest, wasi, started, now)
    }))
}

impl Poll {
    fn plan(self, guest: &Guest<'_>, wasi: &Wasi, started: Instant) -> Result<Plan, Refusal> {
        if self.count == 0 || self.count > MAX_SUBSCRIPTIONS {
            return Err(Errno::INVAL.into());
        }
        let mut first: Option<Instant> = None;
        for at in 0..self.count {
            match self.subscription(guest, wasi, at, started)?.of {
                Subject::Clock(Ok(Some(wake))) if wake > started => {
                    first = Some(first.map_or(wake, |first| first.min(wake)));
                }
                Subject::Clock(Ok(None)) => {}
                _ => return Ok(Plan::Now),
            }
        }
        // Outside an invocation there is no deadline, and no time to wait either.
        let deadline = wasi.deadline.ok_or(Stop::DeadlinePassed)?;
        Ok(match first {
            Some(wake) if wake < deadline => Plan::SleepUntil(wake),
            _ => Plan::Fail(deadline),
        })
    }

    /// Writes an event for each subscription that is ready at `now`.
    fn collect(
        self,
        guest: &mut Guest<'_>,
        wasi: &mut Wasi,
        started: Instant,
        now: Instant,
    ) -> Result<(), Refusal> {
        let mut written = 0;
        for at in 0..self.count {
            let subscription = self.subscription(guest, wasi, at, started)?;
            let Some(result) = subscription.ready(wasi, now) else {
                continue;
            };
            let place = element(self.events, written, EVENT_BYTES)?;
            guest.write(place, &subscription.event(result))?;
            written += 1;
        }
        Ok(guest.write_u32(self.count_out, written)?)
    }

    /// Layout: user data, tag at 8; then at 16 a descriptor, or clock id, time-out at 24, precision, flags at 40.
    fn subscription(
        self,
        guest: &Guest<'_>,
        wasi: &Wasi,
        at: u32,
        started: Instant,
    ) -> Result<Subscription, Errno> {
        let base = element(self.subscriptions, at, SUBSCRIPTION_BYTES)?;
        let field = |offset| base.checked_add(offset).ok_or(Errno::FAULT);
        let [event_type] = guest.record(field(8)?)?;
        let id = u32::from_le_bytes(guest.record(field(16)?)?);
        let of = match event_type {
            0 => {
                let timeout_ns = u64::from_le_bytes(guest.record(field(24)?)?);
                let flags = u16::from_le_bytes(guest.record(field(40)?)?);
                Subject::Clock(wake(wasi, id, timeout_ns, flags, started))
            }
            1 => Subject::Read(id),
            2 => Subject::Write(id),
            _ => return Err(Errno::INVAL),
        };
        Ok(Subscription {
            user_data: u64::from_le_bytes(guest.record(base)?),
            event_type,
            of,
        })
    }
}

impl Subscription {
    /// `None` while there is nothing to tell; else how many bytes can move, or what is wrong.
    fn ready(&self, wasi: &mut Wasi, now: Instant) -> Option<Result<u64, Errno>> {
        match self.of {
            Subject::Clock(Ok(Some(wake))) if wake <= now => Some(Ok(0)),
            Subject::Clock(Ok(_)) => None,
            Subject::Clock(Err(errno)) => Some(Err(errno)),
            Subject::Read(fd) => Some(readable_bytes(wasi, fd)),
            Subject::Write(fd) => Some(writable(wasi, fd)),
        }
    }

    fn event(&self, result: Result<u64, Errno>) -> [u8; 32] {
        let (errno, bytes) = match result {
            Ok(bytes) => (0, bytes),
            Err(Errno(errno)) => (errno, 0),
        };
        let mut event = [0; 32];
        event[0..8].copy_from_slice(&self.user_data.to_le_bytes());
        event[8..10].copy_from_slice(&errno.to_le_bytes());
        event[10] = self.event_type;
        event[16..24].copy_from_slice(&bytes.to_le_bytes());
        event
    }
}

/// When a clock subscription is due.
fn wake(
    wasi: &Wasi,
    clock: u32,
    timeout_ns: u64,
    flags: u16,
    started: Instant,
) -> Result<Option<Instant>, Errno> {
    let clock = Clock::from_number(clock)?;
    let ahead_ns = match flags {
        0 => timeout_ns,
        1 => timeout_ns.saturating_sub(clock.read_ns(wasi, started)),
        _ => return Err(Errno::INVAL),
    };
    Ok(started.checked_add(Duration::from_nanos(ahead_ns)))
}

/// Streams and files take bytes at any time; how many is not known ahead.
fn writable(wasi: &Wasi, fd: u32) -> Result<u64, Errno> {
    wasi.descriptors.get(fd)?.require(rights::FD_WRITE)?;
    Ok(0)
}

fn element(base: u32, at: u32, size_bytes: u32) -> Result<u32, Errno> {
    at.checked_mul(size_bytes)
        .and_then(|offset| base.checked_add(offset))
        .ok_or(Errno::FAULT)
}
