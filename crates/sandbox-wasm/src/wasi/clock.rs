//! The clocks a guest can read.
//!
//! `MONOTONIC` counts from the Unix epoch as this process saw it when it first asked: an image made by one process
//! and restored by another, or after a reboot, so does not see time run backwards by more than clocks were set.
//! The CPU-time clocks give wall time since the invocation began; the engine meters CPU time elsewhere.

use std::{
    sync::OnceLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use super::{
    Wasi,
    abi::{Answer, Errno},
    guest::Guest,
};

/// Nanoseconds between two readings that can differ.
const RESOLUTION_NS: u64 = 1;

/// A clock by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    Realtime,
    Monotonic,
    /// Of the process or the thread: a sandbox has one of each.
    Cpu,
}

impl Clock {
    pub(super) fn from_number(number: u32) -> Result<Self, Errno> {
        match number {
            0 => Ok(Self::Realtime),
            1 => Ok(Self::Monotonic),
            2 | 3 => Ok(Self::Cpu),
            _ => Err(Errno::INVAL),
        }
    }

    /// What the clock shows at `now`.
    pub(super) fn read_ns(self, wasi: &Wasi, now: Instant) -> u64 {
        match self {
            Self::Realtime => realtime_ns(),
            Self::Monotonic => monotonic_ns(now),
            Self::Cpu => wasi
                .began
                .map_or(0, |began| nanoseconds(now.saturating_duration_since(began))),
        }
    }
}

/// Nanoseconds since the Unix epoch; 0 where the host's clock is set before it.
pub(super) fn realtime_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    nanoseconds(since.unwrap_or_default())
}

fn monotonic_ns(now: Instant) -> u64 {
    static ORIGIN: OnceLock<(Instant, u64)> = OnceLock::new();
    let (origin, origin_ns) = ORIGIN.get_or_init(|| (now, realtime_ns()));
    // `now` may have been read before another thread set the origin.
    match now.checked_duration_since(*origin) {
        Some(later) => origin_ns.saturating_add(nanoseconds(later)),
        None => origin_ns.saturating_sub(nanoseconds(origin.duration_since(now))),
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn res_get(guest: &mut Guest<'_>, _: &mut Wasi, clock: u32, into: u32) -> Answer {
    Clock::from_number(clock)?;
    Ok(guest.write_u64(into, RESOLUTION_NS)?)
}

pub(super) fn time_get(
    guest: &mut Guest<'_>,
    wasi: &mut Wasi,
    clock: u32,
    _precision_ns: u64,
    into: u32,
) -> Answer {
    let clock = Clock::from_number(clock)?;
    Ok(guest.write_u64(into, clock.read_ns(wasi, Instant::now()))?)
}
