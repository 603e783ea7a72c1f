//! CPU time of one sandbox's running call.
//!
//! A call runs in slices (polls of its future), on whichever thread polls. Each slice's thread time is added up;
//! the epoch callback, which runs inside a slice, asks for the total so far.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use hydra_sys::process::thread_cpu_time;

/// Adds up slices. One slice at a time runs, so relaxed atomics do: the executor orders the slices.
#[derive(Default)]
pub(crate) struct Meter {
    past_ns: AtomicU64,
    slice_began_ns: AtomicU64,
}

impl Meter {
    pub(crate) fn reset(&self) {
        self.past_ns.store(0, Relaxed);
    }

    /// CPU time of the slices that have ended.
    pub(crate) fn past(&self) -> Duration {
        Duration::from_nanos(self.past_ns.load(Relaxed))
    }

    /// CPU time up to now; called from inside a slice.
    pub(crate) fn now(&self) -> Duration {
        let slice_ns = nanos(thread_cpu_time()).saturating_sub(self.slice_began_ns.load(Relaxed));
        Duration::from_nanos(self.past_ns.load(Relaxed) + slice_ns)
    }

    /// Runs `future`, counting its slices.
    pub(crate) async fn count<F: Future>(self: Arc<Self>, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            let began_ns = nanos(thread_cpu_time());
            self.slice_began_ns.store(began_ns, Relaxed);
            let polled = future.as_mut().poll(context);
            self.past_ns
                .fetch_add(nanos(thread_cpu_time()).saturating_sub(began_ns), Relaxed);
            polled
        })
        .await
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
