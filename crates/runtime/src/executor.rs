//! Runs guests on threads of their own, as many as there are cores to give them.
//!
//! A shared run queue under one mutex; threads with nothing to do are parked on a condition variable, and neither
//! poll nor spin. A wake-up costs microseconds, so a push wakes a thread only if one is parked that nobody has woken
//! yet, and a task that reschedules itself wakes nobody: its thread is about to look at the queue anyway.
//!
//! Knows nothing of invocations. Tasks move between threads from one poll to the next.
//!
//! Invariant: while a task is queued, some thread is running or has been woken and not yet looked.

mod lanes;

use std::{
    future::{Future, poll_fn},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
    task::Poll,
    thread,
    time::Instant,
};

use async_task::{Runnable, ScheduleInfo, WithInfo};

use crate::{caught::message, lock::lock};
use lanes::{Lane, Lanes, Share};

/// The guest threads. Dropping it ends them once the queue is empty.
pub(crate) struct Executor(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
}

struct Queue {
    lanes: Lanes<Runnable>,
    /// Threads in [`Condvar::wait`].
    parked: usize,
    /// Those among them that have been notified. An upper bound: a spurious wake-up may take another's place.
    notified: usize,
    stopping: bool,
}

impl Executor {
    /// Starts `threads` guest threads, at least one.
    pub(crate) fn start(threads: usize) -> io::Result<Self> {
        let executor = Self(Arc::new(Shared {
            queue: Mutex::new(Queue {
                lanes: Lanes::new(),
                parked: 0,
                notified: 0,
                stopping: false,
            }),
            work: Condvar::new(),
        }));
        for n in 0..threads.max(1) {
            let shared = Arc::clone(&executor.0);
            thread::Builder::new()
                .name(format!("guest-{n}"))
                .spawn(move || shared.work())?;
        }
        Ok(executor)
    }

    /// Queues `future` as a fresh task. It runs to its end whatever happens to the caller.
    pub(crate) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let shared = Arc::clone(&self.0);
        let schedule = move |runnable, info: ScheduleInfo| shared.push(runnable, info);
        let (runnable, task) = async_task::spawn(future, WithInfo(schedule));
        task.detach();
        runnable.schedule();
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        lock(&self.0.queue).stopping = true;
        self.0.work.notify_all();
    }
}

impl Shared {
    fn push(&self, runnable: Runnable, info: ScheduleInfo) {
        let mut queue = lock(&self.queue);
        if info.woken_while_running {
            queue.lanes.push(Lane::Yielded, runnable);
            return;
        }
        queue.lanes.push(Lane::Fresh, runnable);
        if queue.parked > queue.notified {
            queue.notified += 1;
            drop(queue);
            self.work.notify_one();
        }
    }

    fn work(&self) {
        let mut share = Share::default();
        while let Some(runnable) = self.next(&mut share) {
            // Invocations catch their guests' panics themselves; what ends here is a defect of this crate.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| runnable.run())) {
                tracing::error!(panic = message(&*panic), "a guest task panicked");
            }
        }
    }

    /// The next task, as soon as there is one; `None` when the executor has stopped.
    fn next(&self, share: &mut Share) -> Option<Runnable> {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(runnable) = queue.lanes.pop(share, Instant::now) {
                return Some(runnable);
            }
            if queue.stopping {
                return None;
            }
            queue.parked += 1;
            queue = self
                .work
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
            queue.parked -= 1;
            queue.notified = queue.notified.saturating_sub(1);
        }
    }
}

/// Lets other tasks of the executor run.
pub(crate) async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[cfg(test)]
mod tests;
